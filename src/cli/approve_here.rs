//! `approve --key`: a person approves at this machine. They read what the plan
//! comes to, then type words of the script's digest from their own copy, which
//! this screen does not show (law 9), then the passphrase of their key file.

use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use rand_core::{OsRng, RngCore};

use super::typed::Typist;
use super::{Exit, approve, check, harden, import_key, out};
use crate::base::device::DeviceCode;
use crate::base::{Digest, PublicKey, shown};
use crate::fault::Code;
use crate::note::{Line, Note};
use crate::plan::{Plan, summary};
use crate::script::NotApproved;
use crate::signer::file::FileProvider;
use crate::transcript::words;

/// Words that are asked for, and how often they may be wrong.
const ASKED: usize = 4;
const TRIES: usize = 3;

/// The approver's line, once they have compared and typed.
pub(super) fn sign(plan: &Plan, key: &Path) -> Result<Line, Exit> {
    let script = plan.script();
    let text = script.approval_text();
    let said = summary(plan);
    let (public, signature) = by_hand(key, &text, &said, &script.sha256, COMPARE)?;
    let mut keys = script.approvals.iter().flat_map(|a| &a.keys);
    let vkey = keys.find(|k| *k.key() == public).ok_or_else(|| {
        let key = format!("a key with fingerprint {}", public.fingerprint().hex());
        approve::refuse(&NotApproved::NotListed(key))
    })?;
    // Law 8: verified by other code than the one that signed.
    Note::sign_line(&text, vkey, &signature)
        .map_err(|_| approve::refuse(&NotApproved::Wrong(shown(vkey.name(), 80))))
}

const COMPARE: &str = "\nTo approve, read words of the script's SHA-256 from your own copy: the paper script, or\n\
     `tuf-ceremony words SCRIPT` on another computer, where you read the script. Enter alone approves nothing.";

/// A signature over `text` by the key file of a person who has read what is `said`,
/// typed words of `digest` from another source, as `compare` asks, and a passphrase.
/// Whose key it is the caller judges.
pub(super) fn by_hand(
    key: &Path,
    text: &str,
    said: &[String],
    digest: &Digest,
    compare: &str,
) -> Result<(PublicKey, Vec<u8>), Exit> {
    harden::harden()?;
    let pem = import_key::read(key).map_err(|e| {
        out::complain(&format!("{}: {e}", check::name(key)));
        Exit::Usage
    })?;
    for line in said {
        out::say(line);
    }
    self::compare(digest, compare)?;
    let passphrase = Typist::open()
        .and_then(|mut typist| typist.ask("Passphrase of your key file (not shown): "))
        .map_err(|e| no_terminal(&e))?
        .ok_or(Exit::Person)?;
    FileProvider::approve(&pem, &passphrase, text).map_err(|fault| {
        out::complain(&format!("not signed: {}", fault.meaning));
        match fault.code {
            DeviceCode::PinWrong => Exit::Person,
            DeviceCode::DeviceError => Exit::Fault,
            _ => Exit::Usage,
        }
    })
}

/// Words at positions that nobody can know before, read from another copy.
fn compare(digest: &Digest, asks: &str) -> Result<(), Exit> {
    let mut drawn = [0u8; 32];
    OsRng.try_fill_bytes(&mut drawn).map_err(|_| {
        out::card(Code::Internal, "the system gives no random bytes");
        Exit::Fault
    })?;
    let positions = words::positions(&Digest::of(&drawn), ASKED);
    let expected = words::words(digest);
    let mut terminal = File::options()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|e| no_terminal(&e))?;
    let mut typed = BufReader::new(terminal.try_clone().map_err(|e| no_terminal(&e))?);
    out::say(asks);
    for _ in 0..TRIES {
        let mut all = true;
        for at in &positions {
            let mut line = String::new();
            write!(terminal, "word {}: ", at.saturating_add(1)).map_err(|e| no_terminal(&e))?;
            if typed.read_line(&mut line).map_err(|e| no_terminal(&e))? == 0 {
                return Err(Exit::Person);
            }
            let word = expected.get(*at).copied().unwrap_or_default();
            all &= words::matches(&line, word);
        }
        if all {
            return Ok(());
        }
        out::complain("these are not the words of these bytes");
    }
    out::complain("not signed: the two copies differ, or the words were read from elsewhere");
    Err(Exit::Person)
}

fn no_terminal(e: &std::io::Error) -> Exit {
    out::card(Code::NotATerminal, &e.to_string());
    Exit::of(Code::NotATerminal)
}
