//! `witness new`: a key and an empty memory. The passphrase is typed twice, never
//! an argument; the public key is printed for the script.

use std::path::Path;

use super::key::{Key, NoKey, PASSPHRASE_MIN};
use super::state::Folder;
use super::typed::Typist;
use super::{Exit, harden, out, show};
use crate::base::{Secret, shown};
use crate::fault::Code;
use crate::transcript::witness::Memory;

pub(super) fn new(state: &Path, name: &str) -> Result<(), Exit> {
    // The names that a policy and a script can hold.
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._/-".contains(&b);
    if name.is_empty() || name.len() > 64 || !name.bytes().all(plain) || ["none", "quorum"].contains(&name) {
        out::complain(&format!(
            "--name {}: expected 1 to 64 letters, digits, '.', '_', '/' and '-', like w1.example",
            shown(name, 80)
        ));
        return Err(Exit::Usage);
    }
    if std::fs::symlink_metadata(state).is_ok() {
        return Err(super::unusable(
            state,
            "expected a new folder, got one that exists",
        ));
    }
    harden::harden()?;
    let passphrase = passphrase()?;
    let key = Key::new().map_err(|e| internal(&e))?;
    let vkey = key.vkey(name).map_err(|e| internal(&e.into()))?;
    let file = key.seal(&vkey, &passphrase).map_err(|e| internal(&e))?;
    let memory = Memory::new(vkey).map_err(|e| {
        out::complain(&e.to_string());
        Exit::Fault
    })?;
    Folder::make(state, &file, &memory)?;
    show::key(memory.vkey());
    out::say("\nGive the key to whoever writes scripts; they compare the words with you.");
    Ok(())
}

fn passphrase() -> Result<Secret, Exit> {
    let mut typist = typist()?;
    let mut one = |question: &str| ask(&mut typist, question);
    let first = one("Passphrase of the new key, 12 bytes or more (not shown): ")?;
    if first.len() < PASSPHRASE_MIN {
        out::complain(&format!(
            "expected a passphrase of at least {PASSPHRASE_MIN} bytes, got {}. Nothing was made.",
            first.len()
        ));
        return Err(Exit::Usage);
    }
    if !one("The same again: ")?.same_as(&first) {
        out::complain("the two differ. Nothing was made.");
        return Err(Exit::Usage);
    }
    Ok(first)
}

/// The terminal, without echo.
pub(super) fn typist() -> Result<Typist, Exit> {
    Typist::open().map_err(|e| no_terminal(&e))
}

/// One secret; a person who stops ends the call.
pub(super) fn ask(typist: &mut Typist, question: &str) -> Result<Secret, Exit> {
    let answer = typist.ask(question).map_err(|e| no_terminal(&e))?;
    answer.ok_or(Exit::Person)
}

/// There is nobody to ask.
pub(super) fn no_terminal(e: &std::io::Error) -> Exit {
    out::card(Code::NotATerminal, &e.to_string());
    Exit::of(Code::NotATerminal)
}

fn internal(e: &NoKey) -> Exit {
    out::complain(&e.to_string());
    Exit::Fault
}
