//! The files that a script names, checked against the digests that people
//! approved, before any step runs: rite lost a whole run to an input that
//! turned out unusable at step 5.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::InputFile;
use super::possession::{self, Shown};
use crate::attestation::certificates;
use crate::base::{Digest, Id, PublicKey};
use crate::script::{Diagnostic, ExternalKey, Possession, Script};
use crate::tuf::import::{NotRead, read_public};

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
    /// What each of them has shown of its private half.
    pub(super) shown: BTreeMap<Id, Shown>,
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
        for key in script.keys.iter().filter(|k| k.file == file) {
            let Some(public) = external(script, bytes, key, &mut fault) else {
                continue;
            };
            // Law 6: two names for one key would count twice on paper.
            if let Some((other, _)) = out.external.iter().find(|(_, known)| **known == public) {
                fault(
                    "input-key-twice",
                    format!("{file}: {} and {other} are one public key", key.id),
                    "declare the key once and name it wherever it is used",
                );
            }
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
    for key in &script.keys {
        // A key or proof that could not be read has been named above.
        let Some(public) = out.external.get(&key.id) else {
            continue;
        };
        let shown = match &key.possession {
            Possession::Waived => Shown::Waived,
            Possession::Proof { file, sha256 } => {
                let Some(proof) = out.files.iter().find(|f| f.name == *file) else {
                    continue;
                };
                if !possession::proves(script, &key.id, public, &proof.bytes) {
                    let (line, column) = place(&script.text, file);
                    found.push(Diagnostic {
                        line,
                        column,
                        code: "input-proof",
                        message: format!(
                            "{file} is no signature by {} over the challenge of this ceremony, site and key",
                            key.id
                        ),
                        help: format!(
                            "let its holder sign what this prints: tuf-ceremony key challenge SCRIPT {}",
                            key.id
                        ),
                    });
                }
                Shown::Proven(*sha256)
            }
        };
        out.shown.insert(key.id.clone(), shown);
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
    key: &ExternalKey,
    fault: &mut impl FnMut(&'static str, String, &str),
) -> Option<PublicKey> {
    let file = &key.file;
    let public = match read_public(bytes, Some(key.form)) {
        Ok((_, public)) => public,
        Err(why) => {
            fault(why.code(), format!("{file}: {why}"), remedy(&why));
            return None;
        }
    };
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
    if let Some(expected) = key.fingerprint.filter(|f| *f != public.fingerprint()) {
        fault(
            "input-fingerprint",
            format!(
                "{file}: expected fingerprint {expected}, got {}",
                public.fingerprint()
            ),
            "ask the key's holder which key it is, by another way than the one the file came",
        );
    }
    Some(public)
}

fn remedy(why: &NotRead) -> &'static str {
    match why {
        NotRead::PrivateKey(_) => {
            "tell its holder that the key is no longer theirs alone; a new key is made elsewhere, and only its public half comes here"
        }
        NotRead::NeverProduced(_) => "use an Ed25519 or P-256 key",
        NotRead::Weak(_) => "make a new key; this one must not be used",
        NotRead::Other { .. } | NotRead::NoForm(_) | NotRead::HexUnnamed | NotRead::TooLarge(_) => {
            "export it with: openssl pkey -pubin -in KEY -pubout; or name its form"
        }
    }
}

/// Where the script speaks of a text first.
pub(super) fn place(text: &str, what: &str) -> (usize, usize) {
    for (number, line) in text.lines().enumerate() {
        if let Some(at) = line.find(what) {
            return (number.saturating_add(1), at.saturating_add(1));
        }
    }
    (1, 1)
}
