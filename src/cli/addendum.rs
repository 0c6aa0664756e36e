//! `addendum BUNDLE FILE.. --out DIR`: evidence that came after the close (video,
//! photos, scanned paper), bound to the bundle's closing checkpoint and signed by
//! seats' audit keys, in a folder of its own. The bundle is read and never changed;
//! the evidence is read and never copied. Format: docs/addendum-format.md.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Mode, OFlags};

use super::{Exit, approve, check, new_file, out, verify};
use crate::audit::Options;
use crate::audit::addendum::{Beside, Closed, Judged, closed, judge};
use crate::base::{Digest, Running, shown, shown_bytes};
use crate::bundle;
use crate::fault::Code;
use crate::note::{Line, Note, Vkey};
use crate::transcript::addendum::{Bound, FILE, MAX_BYTES, MAX_FILES};
use crate::transcript::{Addendum, words};

/// What was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// The bundle's folder; it is never changed.
    path: PathBuf,
    /// The evidence that came after the close; without any, the addendum that is there.
    files: Vec<PathBuf>,
    /// The addendum's folder, beside the bundle and not in it; a new one where files are named.
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// What you know from outside of the bundle: seats' audit keys above all.
    #[arg(long, value_name = "FILE")]
    anchors: Option<PathBuf>,
    /// Write exactly the bytes that a seat signs, to a new file or, for -, to standard output.
    #[arg(long, value_name = "FILE", group = "way")]
    write_text: Option<PathBuf>,
    /// Add a signature that was made elsewhere, by the audit key of this name.
    #[arg(long, value_name = "NAME", requires = "signature", group = "way")]
    add: Option<String>,
    /// The signature to add: raw, DER, or either in base64 on one line.
    #[arg(long, value_name = "FILE", requires = "add")]
    signature: Option<PathBuf>,
    /// Add the signature lines of another copy of the same addendum.
    #[arg(long, value_name = "FILE", group = "way")]
    merge: Option<PathBuf>,
    /// Sign here, with an encrypted key file; its passphrase is typed.
    #[cfg(feature = "ceremony")]
    #[arg(long, value_name = "FILE", group = "way")]
    key: Option<PathBuf>,
}

pub(super) fn addendum(asked: &Asked) -> Exit {
    match run(asked) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn run(asked: &Asked) -> Result<Exit, Exit> {
    let anchors = asked.anchors.as_deref().map(verify::read_anchors).transpose()?;
    let options = Options {
        anchors,
        ..Options::default()
    };
    let files = bundle::read(&asked.path).map_err(|e| {
        out::card(Code::BundleRefused, &format!("{}: {e}", check::name(&asked.path)));
        Exit::of(Code::BundleRefused)
    })?;
    let closed = closed(&files, &options).map_err(|why| {
        refuse(&why);
        Exit::Negative
    })?;
    apart(&asked.path, &asked.out)?;
    if !asked.files.is_empty() {
        create(asked, &closed)?;
    }
    let (bytes, beside) = read(&asked.out)?;
    let (addendum, mut note) = Addendum::read(&bytes).map_err(|e| {
        refuse(&format!("{}: {e}", check::name(&asked.out)));
        Exit::Negative
    })?;
    let Some(adds) = wanted(asked, &closed, &addendum, &note)? else {
        return Ok(Exit::Good);
    };
    // Nothing is added to an addendum that is wrong in anything but who has signed.
    let judged = judge(&Ok(closed.clone()), &bytes, &beside);
    let wrong = judged
        .refused
        .iter()
        .find(|f| f.code != crate::audit::codes::ADDENDUM_UNSIGNED);
    if let Some(found) = wrong.filter(|_| !adds.is_empty()) {
        refuse(&format!("[{}] {}", found.code, found.text));
        return Err(Exit::Negative);
    }
    let added = !adds.is_empty();
    for line in adds {
        note.add(line).map_err(|e| usage(&e.to_string()))?;
    }
    let bytes = note_bytes(&note);
    if added {
        new_file::replace(&asked.out.join(FILE), &bytes)?;
    }
    Ok(show(&addendum, &judge(&Ok(closed), &bytes, &beside)))
}

/// The lines to add; `None`: the text was written, and that is all.
fn wanted(
    asked: &Asked,
    closed: &Closed,
    addendum: &Addendum,
    note: &Note,
) -> Result<Option<Vec<Line>>, Exit> {
    let text = addendum.to_string();
    if let Some(to) = &asked.write_text {
        if to == Path::new("-") {
            out::say(text.trim_end_matches('\n'));
        } else {
            new_file::write(to, text.as_bytes())?;
            out::say(&format!(
                "wrote {}: the {} bytes to sign",
                check::name(to),
                text.len()
            ));
        }
        return Ok(None);
    }
    let mut lines = Vec::new();
    if let (Some(name), Some(signature)) = (&asked.add, &asked.signature) {
        let bytes = small(signature)?;
        let vkey = seat(closed, name)?;
        let line = approve::line_of(&text, vkey, &bytes);
        let name = shown(vkey.name(), 80);
        lines.push(line.ok_or_else(|| usage(&format!("the signature of {name} does not verify")))?);
    }
    if let Some(other) = &asked.merge {
        let (_, theirs) = Addendum::read(&small(other)?).map_err(|e| usage(&e.to_string()))?;
        if theirs.text() != text {
            return Err(usage("the other copy is another addendum"));
        }
        let known = |line: &&Line| {
            let mut mine = note.signatures().iter();
            mine.any(|l| (l.name(), l.key_id()) == (line.name(), line.key_id()))
        };
        for line in theirs.signatures().iter().filter(|line| !known(line)) {
            let mut keys = closed.seats.iter().map(|s| &s.vkey);
            // Only what verifies under a key that is known here joins.
            if !keys.any(|vkey| theirs.line_of(vkey) == Some(line) && theirs.verified_by(vkey)) {
                let name = shown(line.name(), 80);
                return Err(usage(&format!(
                    "the line of {name} is of no seat, or does not verify"
                )));
            }
            lines.push(line.clone());
        }
    }
    #[cfg(feature = "ceremony")]
    if let Some(key) = &asked.key {
        lines.push(sign(key, closed, addendum)?);
    }
    Ok(Some(lines))
}

/// A seat signs at this machine, as an approver does (law 9).
#[cfg(feature = "ceremony")]
fn sign(key: &Path, closed: &Closed, addendum: &Addendum) -> Result<Line, Exit> {
    const COMPARE: &str = "\nTo sign, read words of the SHA-256 of these bytes from another computer, where you looked at\n\
         the files: addendum --write-text there, then words. Enter alone signs nothing.";
    let text = addendum.to_string();
    let said: Vec<String> = text.lines().map(str::to_owned).collect();
    let digest = Digest::of(text.as_bytes());
    let (public, signature) = super::approve_here::by_hand(key, &text, &said, &digest, COMPARE)?;
    let mut seats = closed.seats.iter().map(|s| &s.vkey);
    let vkey = seats.find(|vkey| *vkey.key() == public).ok_or_else(|| {
        let print = public.fingerprint().hex();
        usage(&format!(
            "expected a seat's audit key, got one with fingerprint {print}"
        ))
    })?;
    // Law 8: verified by other code than the one that signed.
    Note::sign_line(&text, vkey, &signature).map_err(|e| usage(&e.to_string()))
}

/// A new folder with the unsigned addendum: all is read and judged before it is made.
fn create(asked: &Asked, closed: &Closed) -> Result<(), Exit> {
    new_file::absent(&asked.out)?;
    if asked.files.len() > MAX_FILES {
        return Err(usage(&format!("expected at most {MAX_FILES} files")));
    }
    let mut files = Vec::new();
    for path in &asked.files {
        let wrong = |why: &str| usage(&format!("{}: {why}", check::name(path)));
        let name = path.file_name().ok_or_else(|| wrong("expected a file's name"))?;
        let name = name
            .to_str()
            .ok_or_else(|| wrong("expected a name in printable ASCII"))?;
        let (len, sha256) = digest(path).map_err(|why| wrong(&why))?;
        files.push(Bound {
            name: name.to_owned(),
            len,
            sha256,
        });
    }
    let addendum = Addendum::new(closed.checkpoint.clone(), files).map_err(|e| usage(&e.to_string()))?;
    let note = Note::new(&addendum.to_string()).map_err(|e| usage(&e.to_string()))?;
    std::fs::create_dir(&asked.out).map_err(|e| {
        out::card(Code::StorageFailed, &format!("{}: {e}", check::name(&asked.out)));
        Exit::of(Code::StorageFailed)
    })?;
    new_file::write(&asked.out.join(FILE), &note_bytes(&note)).inspect_err(|_| {
        // Made by this call, and empty.
        let _ = std::fs::remove_dir(&asked.out);
    })
}

/// The folder is beside the bundle: nothing is ever added to what was sealed.
fn apart(bundle: &Path, folder: &Path) -> Result<(), Exit> {
    let parent = folder.parent().filter(|p| !p.as_os_str().is_empty());
    let real = |path: &Path| {
        path.canonicalize()
            .map_err(|e| usage(&format!("{}: {e}", check::name(path))))
    };
    let inside = match folder.canonicalize() {
        Ok(folder) => folder,
        Err(_) => real(parent.unwrap_or(Path::new(".")))?,
    };
    if inside.starts_with(real(bundle)?) {
        return Err(usage("expected a folder that is not in the bundle"));
    }
    Ok(())
}

/// What is in an addendum's folder. What is wrong is printed.
pub(super) fn read(folder: &Path) -> Result<(Vec<u8>, Beside), Exit> {
    let unreadable = |path: &Path, why: &dyn std::fmt::Display| {
        out::complain(&format!("{}: {why}", check::name(path)));
        Exit::Usage
    };
    let note = folder.join(FILE);
    let bytes = small(&note)?;
    // Which files are looked at follows from the note, be it good or not.
    let named: BTreeSet<String> = Addendum::read(&bytes)
        .map(|(a, _)| a.files().iter().map(|f| f.name.clone()).collect())
        .unwrap_or_default();
    let mut beside = Beside::default();
    for entry in std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e))? {
        let entry = entry.map_err(|e| unreadable(folder, &e))?;
        let name = entry.file_name();
        if name == FILE {
            continue;
        }
        if beside.strangers.len() > MAX_FILES {
            break;
        }
        match name.to_str().filter(|name| named.contains(*name)) {
            Some(name) => match digest(&entry.path()) {
                Ok(found) => {
                    beside.files.insert(name.to_owned(), found);
                }
                Err(why) => beside.strangers.push(format!("{name}: {why}")),
            },
            None => beside.strangers.push(shown_bytes(name.as_encoded_bytes(), 120)),
        }
    }
    beside.strangers.sort();
    Ok((bytes, beside))
}

/// Length and digest of a regular file, read once and not kept: a video is larger
/// than memory. Links are not followed; one that changes meanwhile is refused.
fn digest(path: &Path) -> Result<(u64, Digest), String> {
    // Without waiting: opening a pipe that nobody writes to would never end.
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let mut file = File::from(opened.map_err(|e| e.to_string())?);
    let length = |file: &File| file.metadata().map_err(|e| e.to_string());
    let before = length(&file)?;
    if !before.is_file() {
        return Err("expected a regular file".to_owned());
    }
    let mut running = Running::new();
    let mut len = 0u64;
    let mut room = vec![0u8; 1 << 18];
    loop {
        let count = file.read(&mut room).map_err(|e| e.to_string())?;
        if count == 0 {
            break;
        }
        running.update(room.get(..count).unwrap_or_default());
        len = len.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
    if (len, len) != (before.len(), length(&file)?.len()) {
        return Err("expected a file at rest, got one that changes while it is read".to_owned());
    }
    Ok((len, running.end()))
}

fn show(addendum: &Addendum, judged: &Judged) -> Exit {
    out::say(&format!("checkpoint {}", addendum.checkpoint().in_line()));
    let digest = Digest::of(addendum.to_string().as_bytes());
    out::say(&format!("addendum text SHA-256 {digest}"));
    for line in words::numbered(&digest) {
        out::say(&line);
    }
    for line in judged.lines() {
        out::say(&line);
    }
    if judged.good() { Exit::Good } else { Exit::Negative }
}

fn note_bytes(note: &Note) -> Vec<u8> {
    note.to_string().into_bytes()
}

/// The seat's key of this name, or this whole verifier key.
fn seat<'c>(closed: &'c Closed, name: &str) -> Result<&'c Vkey, Exit> {
    let keys = closed.seats.iter().map(|s| &s.vkey);
    Vkey::named(keys.clone(), name).ok_or_else(|| {
        let known: Vec<String> = keys.map(|k| shown(k.name(), 60)).collect();
        usage(&format!(
            "expected an audit key of the record or the anchors, {}; got {}",
            known.join(", "),
            shown(name, 80)
        ))
    })
}

fn small(path: &Path) -> Result<Vec<u8>, Exit> {
    check::read_limited(path, MAX_BYTES).map_err(|e| {
        out::complain(&format!("{}: {e}", check::name(path)));
        Exit::Usage
    })
}

fn refuse(why: &str) {
    out::complain(&format!("nothing was changed: {why}"));
}

fn usage(why: &str) -> Exit {
    refuse(why);
    Exit::Usage
}
