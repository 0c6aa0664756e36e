//! `witness ...`: a second machine with a memory of its own (`docs/witness.md`).
//! It cosigns checkpoints that only grow, and shows what a payload says; on the
//! ceremony's side it writes requests and takes cosignatures into a bundle. The
//! rules are `transcript::witness`'s; here are files, clock, terminal and key.

mod key;
mod log;
mod merge;
mod new;
mod request;
mod review;
mod show;
mod sign;
mod state;

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Exit, check, harden, new_file, out, typed};
use crate::base::Digest;
use crate::fault::Code;
use crate::note::Vkey;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make a witness: its key, under a passphrase, and an empty memory.
    New {
        /// A new folder for key and memory.
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// The witness's name, like w1.example.
        #[arg(long, value_name = "NAME")]
        name: String,
    },
    /// Show the witness's key and what it remembers.
    Show {
        /// The witness's folder.
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// Print only the last checkpoint of this record, as a signed note.
        #[arg(long, value_name = "ORIGIN")]
        checkpoint: Option<String>,
    },
    /// Tell the witness of a record, or of its next log key, compared by words.
    Log(log::Asked),
    /// Cosign a checkpoint, if the record has only grown.
    Sign {
        /// The witness's folder.
        #[arg(long, value_name = "DIR")]
        state: PathBuf,
        /// The request: `old` size, proof, checkpoint.
        request: PathBuf,
        /// A new file for the cosignature.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show what a metadata file says and the digest of the bytes to sign, for a second screen.
    Review {
        /// The metadata file, or the bytes to sign.
        payload: PathBuf,
        /// The metadata that it takes the place of.
        #[arg(long, value_name = "FILE")]
        trusted: Option<PathBuf>,
    },
    /// Ask for a cosignature: write a request from a record's folder or a bundle.
    Request {
        /// The record's or bundle's folder.
        path: PathBuf,
        /// The size that the witness cosigned last.
        #[arg(long, value_name = "SIZE", default_value_t = 0)]
        old: u64,
        /// The checkpoint of this size; without it, the largest.
        #[arg(long, value_name = "SIZE")]
        size: Option<u64>,
        /// A new file for the request.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// A new file for the log key that signed it.
        #[arg(long, value_name = "FILE")]
        log_key: Option<PathBuf>,
    },
    /// Take cosignatures into a bundle's checkpoints, each verified before.
    Merge {
        /// The bundle's folder.
        bundle: PathBuf,
        /// What the witness answered.
        cosignature: PathBuf,
        /// The key of a witness that the script does not name.
        #[arg(long, value_name = "VKEY")]
        witness: Vec<String>,
    },
}

pub(super) fn witness(verb: &Verb) -> Exit {
    let done = match verb {
        Verb::New { state, name } => new::new(state, name),
        Verb::Show { state, checkpoint } => show::show(state, checkpoint.as_deref()),
        Verb::Log(asked) => log::log(asked),
        Verb::Sign { state, request, out } => sign::sign(state, request, out),
        Verb::Review { payload, trusted } => review::review(payload, trusted.as_deref()),
        Verb::Request {
            path,
            old,
            size,
            out,
            log_key,
        } => request::request(path, *old, *size, out, log_key.as_deref()),
        Verb::Merge {
            bundle,
            cosignature,
            witness,
        } => merge::merge(bundle, cosignature, witness),
    };
    done.err().unwrap_or(Exit::Good)
}

/// A file of at most `limit` bytes. What is wrong is printed.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, Exit> {
    use std::io::Read as _;
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    // To open a pipe is to wait for whoever writes into it.
    let read = std::fs::metadata(path).and_then(|about| {
        if !about.is_file() {
            return Err(std::io::Error::other("expected a file"));
        }
        std::fs::File::open(path)?.take(most).read_to_end(&mut bytes)
    });
    match read {
        Ok(_) if bytes.len() <= limit => Ok(bytes),
        Ok(_) => Err(unusable(path, &format!("more than {limit} bytes"))),
        Err(e) => Err(unusable(path, &e.to_string())),
    }
}

/// Input that cannot be used; nothing was changed.
fn unusable(path: &Path, why: &str) -> Exit {
    out::complain(&format!("{}: {why}", check::name(path)));
    Exit::Usage
}

/// A refusal by the rules; nothing was changed.
fn refused(code: &str, why: &str) -> Exit {
    out::complain(&format!("refused[{code}]: {why}\nNothing was changed."));
    Exit::Negative
}

/// A failure of the disk.
fn failed(path: &Path, why: &std::io::Error) -> Exit {
    out::card(Code::StorageFailed, &format!("{}: {why}", check::name(path)));
    Exit::of(Code::StorageFailed)
}

/// SHA-256 of a key's line with its LF: what `words FILE` shows of a file with it.
fn digest_of(vkey: &Vkey) -> Digest {
    Digest::of(format!("{vkey}\n").as_bytes())
}
