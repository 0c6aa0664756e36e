//! The files that a script names, checked against the digests that people
//! approved, before any step runs: rite lost a whole run to an input that
//! turned out unusable at step 5.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::InputFile;
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
        script.keys.iter().map(|k| k.file.clone()).collect()
    }
}

pub(super) fn read(
    script: &Script,
    inputs: &Inputs,
    found: &mut Vec<Diagnostic>,
) -> (BTreeMap<Id, PublicKey>, Vec<InputFile>) {
    let mut external = BTreeMap::new();
    let mut files: Vec<InputFile> = Vec::new();
    for key in &script.keys {
        let mut fault = |code: &'static str, message: String, help: &str| {
            let (line, column) = place(&script.text, &key.file);
            found.push(Diagnostic {
                line,
                column,
                code,
                message,
                help: help.to_owned(),
            });
        };
        let Some(bytes) = inputs.0.get(&key.file) else {
            fault(
                "input-missing",
                format!("the file {} is not beside the script", key.file),
                "put it into the script's folder",
            );
            continue;
        };
        let got = Digest::of(bytes);
        if got != key.sha256 {
            fault(
                "input-digest",
                format!("{} has SHA-256 {got}, the script says {}", key.file, key.sha256),
                "find out which one was reviewed; never just copy the digest over",
            );
            continue;
        }
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
                            script.profile.name(),
                            public.algorithm().name()
                        ),
                        "use an Ed25519 key, or the profile hardware-default",
                    );
                }
                external.insert(key.id.clone(), public);
                files.push(InputFile {
                    name: key.file.clone(),
                    sha256: got,
                    bytes: bytes.clone(),
                });
            }
            Err(why) => fault(
                "input-not-a-key",
                format!("{}: {why}", key.file),
                "export it with: openssl pkey -pubin -in KEY -pubout",
            ),
        }
    }
    (external, files)
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
