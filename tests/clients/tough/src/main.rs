//! `tough-accept DIR [--at INSTANT]`: would the tough client (the one of AWS's
//! update systems) take this repository? It starts from `DIR/metadata/1.root.json`
//! alone, over the file transport, with an empty datastore. It shares no code
//! with tuf-ceremony. Exit 0: accepted; 1: refused; 2: usage.
//!
//! tough reads the machine's clock and lets nobody set it. With `--at` its own
//! expiry checks are off, and the same comparison (`at <= expires`, every role)
//! is made here; without it tough's checks are in force.

use std::path::PathBuf;
use std::process::ExitCode;

use jiff::Timestamp;
use tough::{ExpirationEnforcement, FilesystemTransport, Repository, RepositoryLoader};
use url::Url;

const USAGE: &str = "usage: tough-accept DIR [--at YYYY-MM-DDTHH:MM:SSZ]";

struct Arguments {
    folder: PathBuf,
    at: Option<Timestamp>,
}

fn main() -> ExitCode {
    let arguments = match arguments() {
        Ok(found) => found,
        Err(reason) => {
            eprintln!("tough: {reason}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match accept(&arguments) {
        Ok(repository) => {
            println!(
                "tough: accepted: root {} timestamp {} snapshot {} targets {}",
                repository.root().signed.version,
                repository.timestamp().signed.version,
                repository.snapshot().signed.version,
                repository.targets().signed.version,
            );
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("tough: refused: {reason}");
            ExitCode::from(1)
        }
    }
}

fn arguments() -> Result<Arguments, String> {
    let mut words = std::env::args_os().skip(1);
    let mut folder = None;
    let mut at = None;
    while let Some(word) = words.next() {
        if word == "--at" {
            let text = words.next().ok_or("--at without an instant")?;
            let text = text.to_str().ok_or("--at: not text")?;
            at = Some(text.parse().map_err(|e| format!("--at {text}: {e}"))?);
        } else if word.to_string_lossy().starts_with("--") {
            return Err(format!("unknown option {}", word.to_string_lossy()));
        } else if folder.replace(PathBuf::from(word)).is_some() {
            return Err("more than one folder".to_owned());
        }
    }
    let folder = folder.ok_or("no folder")?;
    let folder = std::fs::canonicalize(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(Arguments { folder, at })
}

fn accept(arguments: &Arguments) -> Result<Repository, String> {
    let metadata = arguments.folder.join("metadata");
    let trusted = metadata.join("1.root.json");
    let root = std::fs::read(&trusted).map_err(|e| format!("{}: {e}", trusted.display()))?;
    let datastore = tempfile::tempdir().map_err(|e| e.to_string())?;
    let url =
        |path: PathBuf| Url::from_directory_path(&path).map_err(|()| format!("{}: no URL", path.display()));

    let enforcement = match arguments.at {
        Some(_) => ExpirationEnforcement::Unsafe,
        None => ExpirationEnforcement::Safe,
    };
    let loader = RepositoryLoader::new(&root, url(metadata)?, url(arguments.folder.join("targets"))?)
        .transport(FilesystemTransport)
        .datastore(datastore.path())
        .expiration_enforcement(enforcement);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .map_err(|e| e.to_string())?;
    let repository = runtime.block_on(loader.load()).map_err(|e| e.to_string())?;

    if let Some(at) = arguments.at {
        let expiries = [
            ("root", repository.root().signed.expires),
            ("timestamp", repository.timestamp().signed.expires),
            ("snapshot", repository.snapshot().signed.expires),
            ("targets", repository.targets().signed.expires),
        ];
        for (role, expires) in expiries {
            if at > expires {
                return Err(format!("{role} expired at {expires}, asked at {at}"));
            }
        }
    }
    Ok(repository)
}
