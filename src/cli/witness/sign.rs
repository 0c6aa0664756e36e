//! `witness sign`: one request, one cosignature. Judged before a passphrase is
//! asked for; durable in the memory before the answer is written. An answer that
//! was lost is given again from the memory, without the key.

use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

use super::key::{Key, NoKey};
use super::new::{ask, typist};
use super::state::Folder;
use super::{Exit, harden, new_file, out, read, refused, unusable};
use crate::transcript::witness::{MAX_REQUEST, Memory, Refused, Request, Verdict, answer, judge};

pub(super) fn sign(state: &Path, path: &Path, place: &Path) -> Result<(), Exit> {
    new_file::absent(place)?;
    let request = Request::parse(&read(path, MAX_REQUEST)?).map_err(|e| unusable(path, &e.to_string()))?;
    // Held to the end: what is judged is what is replaced (tlog-witness, the race).
    let folder = Folder::open(state)?;
    let memory = folder.load()?;
    let line = match judge(&memory, &request).map_err(|why| no(&why))? {
        Verdict::Again(line) => {
            out::say("This checkpoint was cosigned already; the same cosignature again.");
            line
        }
        Verdict::Cosign(_) => {
            let key = open(&folder, &memory, &request)?;
            let answer = answer(&memory, &request, now()?, |bytes| key.sign(bytes));
            let answer = answer.map_err(|why| no(&why))?;
            folder.save(&answer.memory)?;
            answer.line
        }
    };
    new_file::write(place, format!("{line}\n").as_bytes())?;
    let checkpoint = request.checkpoint();
    out::say(&format!(
        "cosigned  size {} of {}\nroot      {}",
        checkpoint.size(),
        checkpoint.origin(),
        checkpoint.root().grouped()
    ));
    Ok(())
}

fn open(folder: &Folder, memory: &Memory, request: &Request) -> Result<Key, Exit> {
    harden::harden()?;
    let file = folder.key()?;
    let checkpoint = request.checkpoint();
    let kind = if checkpoint.is_rehearsal() {
        "REHEARSAL "
    } else {
        ""
    };
    out::say(&format!(
        "{kind}{}: size {}",
        checkpoint.origin(),
        checkpoint.size()
    ));
    let passphrase = ask(&mut typist()?, "Passphrase of the witness (not shown): ")?;
    Key::open(&file, memory.vkey(), &passphrase).map_err(|e| {
        out::complain(&format!("{e}. Nothing was changed."));
        match e {
            NoKey::Passphrase => Exit::Person,
            _ => Exit::Negative,
        }
    })
}

/// Unix seconds.
fn now() -> Result<u64, Exit> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map(|d| d.as_secs()).map_err(|_| {
        out::complain("this machine's clock stands before 1970: set it");
        Exit::Usage
    })
}

fn no(why: &Refused) -> Exit {
    let exit = refused(why.code(), &why.to_string());
    if why.is_evidence() {
        out::complain(
            "Keep the request: with this witness's last checkpoint (witness show --checkpoint ORIGIN) it may \
             prove that somebody keeps two records under one name. Tell the people of the ceremony.",
        );
    }
    exit
}
