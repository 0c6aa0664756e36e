//! `tuf convert` and `tuf merge`: metadata between the layouts of other tools,
//! and signatures from their files back into a draft. New files alone are
//! written, and nothing is signed.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::{Exit, MAX_FILE, check, out, read, unreadable};
use crate::base::{Digest, Json, shown};
use crate::tuf::layout::merge::merge;
use crate::tuf::layout::{Files, Layout, Tree};

/// The most files that are read of one folder.
const MAX_FILES: usize = 100_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct Convert {
    /// A folder of metadata in any of the layouts, or one file.
    input: PathBuf,
    /// tuf-on-ci, plain, tuftool or rstuf.
    #[arg(long, value_name = "NAME")]
    layout: String,
    /// A new folder.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// RSTUF's settings object, for the bootstrap with a first root.
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(in crate::cli) struct Merge {
    /// The metadata file that collects signatures.
    draft: PathBuf,
    /// Files that bring them: metadata, or RSTUF payloads.
    #[arg(required = true)]
    from: Vec<PathBuf>,
    /// The root that names the draft's keys; for a root, the version before.
    #[arg(long, value_name = "FILE")]
    root: Option<PathBuf>,
    /// A new file for the result.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
}

pub(super) fn convert(args: &Convert) -> Exit {
    done(laid(args))
}

pub(super) fn merged(args: &Merge) -> Exit {
    done(together(args))
}

fn done(result: Result<Exit, Exit>) -> Exit {
    match result {
        Ok(exit) | Err(exit) => exit,
    }
}

fn laid(args: &Convert) -> Result<Exit, Exit> {
    let layout = Layout::parse(&args.layout).ok_or_else(|| {
        let known = Layout::ALL.map(Layout::name).join(", ");
        out::complain(&format!(
            "--layout {}: expected one of: {known}",
            shown(&args.layout, 40)
        ));
        Exit::Usage
    })?;
    let settings = match &args.settings {
        Some(path) => {
            let bytes = read(path, MAX_FILE)?;
            Some(Json::parse(&bytes).map_err(|e| unreadable(path, &e.to_string()))?)
        }
        None => None,
    };
    let tree = Tree::read(&files(&args.input)?)
        .map_err(|why| unreadable(&args.input, &format!("[{}] {why}", why.code)))?;
    let laid = tree.lay(layout, settings.as_ref()).map_err(|why| {
        out::complain(&format!("refused [{}] {why}", why.code));
        Exit::Negative
    })?;
    std::fs::create_dir(&args.out).map_err(|e| unwritten(&args.out, &e))?;
    for (name, bytes) in &laid.files {
        let path = args.out.join(name);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|e| unwritten(folder, &e))?;
        }
        write_new(&path, bytes)?;
        out::say(&format!("wrote {} {}", Digest::of(bytes), shown(name, 200)));
    }
    for note in &laid.notes {
        out::say(&format!("note  {note}"));
    }
    Ok(Exit::Good)
}

fn together(args: &Merge) -> Result<Exit, Exit> {
    let mut draft = read(&args.draft, MAX_FILE)?;
    let root = args.root.as_ref().map(|path| read(path, MAX_FILE)).transpose()?;
    let mut exit = Exit::Good;
    for path in &args.from {
        let brought = read(path, MAX_FILE)?;
        let merged = merge(&draft, &brought, root.as_deref())
            .map_err(|why| unreadable(path, &format!("[{}] {why}", why.code())))?;
        out::say(&check::name(path));
        for (keyid, fate) in &merged.fates {
            out::say(&format!("  {keyid}: {}", fate.line()));
            if fate.dropped() {
                exit = Exit::Negative;
            }
        }
        draft = merged.bytes;
    }
    write_new(&args.out, &draft)?;
    out::say(&format!(
        "wrote {} {}",
        Digest::of(&draft),
        check::name(&args.out)
    ));
    Ok(exit)
}

/// The files of a folder, of its `metadata` and their `root_history`; or one file.
pub(in crate::cli) fn files(input: &Path) -> Result<Files, Exit> {
    let mut found = Files::new();
    if !input.is_dir() {
        let name = input.file_name().map(|n| n.to_string_lossy().into_owned());
        found.insert(name.unwrap_or_default(), read(input, MAX_FILE)?);
        return Ok(found);
    }
    for folder in ["", "metadata/", "root_history/", "metadata/root_history/"] {
        let path = input.join(folder);
        if !folder.is_empty() && !path.is_dir() {
            continue;
        }
        for entry in std::fs::read_dir(&path).map_err(|e| unreadable(&path, &e.to_string()))? {
            let entry = entry.map_err(|e| unreadable(&path, &e.to_string()))?;
            // A link could show anything under a trusted name: it is not followed.
            let regular = entry.file_type().is_ok_and(|kind| kind.is_file());
            let Some(name) = entry.file_name().to_str().map(str::to_owned).filter(|_| regular) else {
                continue;
            };
            if found.len() >= MAX_FILES {
                return Err(unreadable(input, &format!("more than {MAX_FILES} files")));
            }
            // What is no metadata is named by the tree; its bytes are not needed.
            let wanted =
                name == ".signing-event-state" || Path::new(&name).extension().is_some_and(|e| e == "json");
            let bytes = if wanted {
                read(&entry.path(), MAX_FILE)?
            } else {
                Vec::new()
            };
            found.insert(format!("{folder}{name}"), bytes);
        }
    }
    Ok(found)
}

fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Exit> {
    std::fs::File::create_new(path)
        .and_then(|mut file| file.write_all(bytes).and_then(|()| file.sync_all()))
        .map_err(|e| unwritten(path, &e))
}

fn unwritten(path: &Path, why: &std::io::Error) -> Exit {
    out::complain(&format!("{}: {why}", check::name(path)));
    Exit::Fault
}
