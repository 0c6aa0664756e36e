//! `witness log`: a person tells the witness of a record, or of the log key
//! of its next run. The key comes from a stick, so it is compared by words that
//! another screen shows: this one does not show them. A new key ends the one
//! before it, and what was cosigned last is shown first.

use std::fs::OpenOptions;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;

use clap::Args;

use super::key::random;
use super::new::no_terminal;
use super::state::Folder;
use super::{Exit, digest_of, out, read, refused, show, unusable};
use crate::base::{Digest, shown};
use crate::note::Vkey;
use crate::transcript::words;

/// How many of the 32 words are asked for.
const ASKED: usize = 6;

/// What the witness is told.
#[derive(Debug, Args)]
pub(in crate::cli) struct Asked {
    /// The witness's folder.
    #[arg(long, value_name = "DIR")]
    pub(in crate::cli) state: PathBuf,
    /// The log key.
    #[arg(long, value_name = "VKEY", required_unless_present = "vkey_file")]
    pub(in crate::cli) vkey: Option<String>,
    /// A file with the log key, as witness request --log-key writes it.
    #[arg(long, value_name = "FILE", conflicts_with = "vkey")]
    pub(in crate::cli) vkey_file: Option<PathBuf>,
}

pub(super) fn log(asked: &Asked) -> Result<(), Exit> {
    let Asked {
        state,
        vkey,
        vkey_file,
    } = asked;
    let folder = Folder::open(state)?;
    let memory = folder.load()?;
    let text = match (vkey, vkey_file) {
        (_, Some(path)) => {
            let bytes = read(path, 4096)?;
            String::from_utf8(bytes).map_err(|_| unusable(path, "expected a log key as text"))?
        }
        (text, None) => text.clone().unwrap_or_default(),
    };
    let vkey = Vkey::parse(text.trim_end_matches('\n')).map_err(|e| {
        out::complain(&format!("the log key: {e}"));
        Exit::Usage
    })?;
    let next = memory
        .told(vkey.clone())
        .map_err(|e| refused("log-key", &e.to_string()))?;
    let origin = vkey.name().to_owned();
    match memory.log(&origin) {
        None => {
            out::say(&format!("A NEW RECORD\nrecord    {}", shown(&origin, 255)));
            if origin.starts_with("rehearsal/") {
                out::say("kind      REHEARSAL");
            }
        }
        Some(log) => {
            out::say("ANOTHER LOG KEY OF A RECORD THAT THIS WITNESS KNOWS");
            show::record(&origin, log);
            out::say("\nA resumed ceremony has a new log key. From now on only the new one signs.");
        }
    }
    out::say(&format!("new key   {vkey}\n"));
    out::say("Compare it: the ceremony's side shows 32 words of this key (witness request, or words FILE).");
    compare(&digest_of(&vkey))?;
    folder.save(&next)?;
    out::say("The witness knows the key.");
    Ok(())
}

/// Words at drawn positions, typed from another screen.
fn compare(digest: &Digest) -> Result<(), Exit> {
    let mut nonce = [0u8; 32];
    random(&mut nonce).map_err(|e| {
        out::complain(&e.to_string());
        Exit::Fault
    })?;
    let expected = words::words(digest);
    for position in words::positions(&Digest::from_bytes(nonce), ASKED) {
        let number = position.saturating_add(1);
        let question = format!("Word {number} there: ");
        let word = expected.get(position).copied().unwrap_or_default();
        let mut tries = 3usize;
        while !words::matches(&line(&question)?, word) {
            tries = tries.saturating_sub(1);
            if tries == 0 {
                return Err(refused(
                    "words-differ",
                    &format!("expected word {number} of this key, got another one: it may be another key"),
                ));
            }
            out::say("That is not the word of the key that came here. Once more, from the other screen.");
        }
    }
    Ok(())
}

/// One line from the terminal; a person who stops ends the call.
fn line(question: &str) -> Result<String, Exit> {
    let tty = OpenOptions::new().read(true).write(true).open("/dev/tty");
    let mut tty = tty.map_err(|e| no_terminal(&e))?;
    tty.write_all(question.as_bytes()).map_err(|e| no_terminal(&e))?;
    let mut bytes = Vec::new();
    loop {
        let mut byte = [0u8; 1];
        match tty.read(&mut byte) {
            Ok(0) => return Err(Exit::Person),
            Ok(_) if byte == [b'\n'] => break,
            Ok(_) if bytes.len() < 256 => bytes.extend_from_slice(&byte),
            Ok(_) => {}
            Err(e) => return Err(no_terminal(&e)),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
