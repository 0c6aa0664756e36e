//! The files that a script names, checked against the digests that people
//! approved, before any step runs: rite lost a whole run to an input that
//! turned out unusable at step 5.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::InputFile;
use crate::attestation::certificates;
use crate::base::{Digest, Id, PublicKey};
use crate::script::{Diagnostic, Script};

/// Bytes of the files beside the script, by plain name. Reading them is the
/// caller's; judging them is done here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inputs(pub BTreeMap<String, Arc<[u8]>>);

/// The names of the files that a script needs.
impl Inputs {
    /// Which files to read for a script.
    #[must_use]
    pub fn needed(script: &Script) -> Vec<String> {
        script.files().map(|(file, _)| file.to_owned()).collect()
    }
}

/// What the files came to.
#[derive(Default)]
pub(super) struct Read {
    /// Keys that live elsewhere.
    pub(super) external: BTreeMap<Id, PublicKey>,
    /// Certificates, DER: each file may hold several.
    pub(super) certificates: Vec<Vec<u8>>,
    /// Every file that was read.
    pub(super) files: Vec<InputFile>,
}

pub(super) fn read(script: &Script, inputs: &Inputs, found: &mut Vec<Diagnostic>) -> Read {
    let mut out = Read::default();
    let mut seen = BTreeSet::new();
    for (file, sha256) in script.files() {
        let (line, column) = place(&script.text, file);
        let at = |code: &'static str, message: String, help: &str| Diagnostic {
            line,
            column,
            code,
            message,
            help: help.to_owned(),
        };
        let Some(bytes) = inputs.0.get(file) else {
            found.push(at(
                "input-missing",
                format!("the file {file} is not beside the script"),
                "put it into the script's folder",
            ));
            continue;
        };
        let got = Digest::of(bytes);
        if got != *sha256 {
            found.push(at(
                "input-digest",
                format!("{file} has SHA-256 {got}, the script says {sha256}"),
                "find out which one was reviewed; never just copy the digest over",
            ));
            continue;
        }
        // One file may serve two entries, and then as both; it is kept once.
        if !seen.insert(file.to_owned()) {
            continue;
        }
        let before = found.len();
        let mut fault = |code: &'static str, message: String, help: &str| {
            found.push(at(code, message, help));
        };
        if let Some(key) = script.keys.iter().find(|k| k.file == file)
            && let Some(public) = external(script, bytes, file, &mut fault)
        {
            out.external.insert(key.id.clone(), public);
        }
        if script.certificates.iter().any(|c| c.file == file) {
            match certificates(bytes) {
                Ok(found) => out.certificates.extend(found),
                Err(why) => fault(
                    "input-not-a-certificate",
                    format!("{file}: {why}"),
                    "find the certificate that the vendor publishes, in PEM or DER",
                ),
            }
        }
        if found.len() == before {
            out.files.push(input(file, got, bytes));
        }
    }
    out
}

fn input(file: &str, sha256: Digest, bytes: &Arc<[u8]>) -> InputFile {
    InputFile {
        name: file.to_owned(),
        sha256,
        bytes: bytes.clone(),
    }
}

fn external(
    script: &Script,
    bytes: &[u8],
    file: &str,
    fault: &mut impl FnMut(&'static str, String, &str),
) -> Option<PublicKey> {
    let public = std::str::from_utf8(bytes)
        .map_err(|e| e.to_string())
        .and_then(|text| PublicKey::from_pem(text).map_err(|e| e.to_string()))
        .and_then(|k| k.check_sound().map(|()| k).map_err(|e| e.to_string()));
    match public {
        Ok(public) => {
            if !script.profile.allows(public.algorithm()) {
                fault(
                    "profile-algorithm",
                    format!(
                        "the profile {} does not allow {}",
                        script.profile.name,
                        public.algorithm().name()
                    ),
                    &format!("use a key of this kind: {}", script.profile.keys()),
                );
            }
            Some(public)
        }
        Err(why) => {
            fault(
                "input-not-a-key",
                format!("{file}: {why}"),
                "export it with: openssl pkey -pubin -in KEY -pubout",
            );
            None
        }
    }
}

/// Where the script speaks of a text first.
fn place(text: &str, what: &str) -> (usize, usize) {
    for (number, line) in text.lines().enumerate() {
        if let Some(at) = line.find(what) {
            return (number.saturating_add(1), at.saturating_add(1));
        }
    }
    (1, 1)
}
