//! `witness merge`: takes a witness's answer into a bundle. Each line is verified
//! with a key that the script names (or that is given here) over one of the
//! bundle's checkpoints, before any file is touched; a note is replaced whole,
//! under its name, never edited in place. `SHA256SUMS` leaves checkpoints out.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use super::{Exit, failed, out, read, refused, unusable};
use crate::base::shown;
use crate::bundle::layout::{CHECKPOINT, POLICY, SUMS};
use crate::bundle::{self, Files, Place};
use crate::note::{Line, Note, SignatureType, Vkey};
use crate::transcript::Policy;
use crate::transcript::witness::{MAX_REQUEST, parse_answer};

pub(super) fn merge(bundle: &Path, answer: &Path, more: &[String]) -> Result<(), Exit> {
    let lines = parse_answer(&read(answer, MAX_REQUEST)?).map_err(|e| unusable(answer, &e.to_string()))?;
    let files = bundle::read(bundle).map_err(|e| unusable(bundle, &e.to_string()))?;
    if files.get(SUMS).is_none() {
        return Err(unusable(
            bundle,
            "expected a bundle, got a folder without SHA256SUMS",
        ));
    }
    let witnesses = witnesses(bundle, &files, more)?;
    let mut notes = BTreeMap::new();
    for (path, bytes) in files.at(Place::Gate).chain(files.at(Place::Checkpoint)) {
        let note = Note::parse(bytes).map_err(|e| unusable(bundle, &format!("{path}: {e}")))?;
        notes.insert(path.to_owned(), (note, false));
    }
    for line in &lines {
        add(&mut notes, &witnesses, line)?;
    }
    for (path, (note, changed)) in &notes {
        if *changed {
            replace(bundle, path, note).map_err(|e| failed(&bundle.join(path), &e))?;
            out::say(&format!("{path}: {} signature lines", note.signatures().len()));
        }
    }
    Ok(())
}

/// The policy's witnesses, and those that are given.
fn witnesses(bundle: &Path, files: &Files, more: &[String]) -> Result<Vec<Vkey>, Exit> {
    let text = files.get(POLICY).and_then(|b| std::str::from_utf8(b).ok());
    let policy = Policy::parse(text.unwrap_or_default());
    let policy = policy.map_err(|e| unusable(bundle, &format!("{POLICY}: {e}")))?;
    let mut witnesses = policy.witnesses().to_vec();
    for text in more {
        let vkey = Vkey::parse(text).map_err(|e| {
            out::complain(&format!("--witness: {e}"));
            Exit::Usage
        })?;
        if vkey.signs() != SignatureType::Cosignature {
            out::complain("--witness: expected the key of a witness (0x04), got another one");
            return Err(Exit::Usage);
        }
        witnesses.push(vkey);
    }
    Ok(witnesses)
}

fn add(notes: &mut BTreeMap<String, (Note, bool)>, witnesses: &[Vkey], line: &Line) -> Result<(), Exit> {
    let name = shown(line.name(), 80);
    let named = |w: &&Vkey| w.name() == line.name() && w.id() == line.key_id();
    let Some(vkey) = witnesses.iter().find(named) else {
        let why = format!("expected a cosignature of a witness that the script names, got one of {name}");
        return Err(refused("unknown-witness", &why));
    };
    let over = |(note, _): &&mut (Note, bool)| vkey.verifies(note.text(), line.signature());
    let mut found = false;
    for (note, changed) in notes.values_mut().filter(over) {
        found = true;
        if note.verified_by(vkey) {
            out::say(&format!("{name} has cosigned it already"));
            continue;
        }
        note.add(line.clone())
            .map_err(|e| refused("damaged-checkpoint", &e.to_string()))?;
        *changed = true;
    }
    if found {
        return Ok(());
    }
    let why = format!(
        "expected a cosignature of {name} over a checkpoint of this bundle, got one of something else"
    );
    Err(refused("wrong-cosignature", &why))
}

/// Writes the note beside the old one, and gives it the name: the old note or the
/// new one stands there at any instant.
fn replace(bundle: &Path, path: &str, note: &Note) -> std::io::Result<()> {
    let place = bundle.join(path);
    // In the top folder for all, so that a try that was cut off is found again.
    let part = bundle.join(format!("{CHECKPOINT}.part"));
    match std::fs::remove_file(&part) {
        Err(e) if e.kind() != ErrorKind::NotFound => return Err(e),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).open(&part)?;
    file.write_all(note.to_string().as_bytes())?;
    file.sync_all()?;
    drop(file);
    std::fs::rename(&part, &place)?;
    for folder in [Some(bundle), place.parent()].into_iter().flatten() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
