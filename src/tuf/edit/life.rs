//! Where a file stands in the life of a payload (facts/tuf.md 5.1): a finished
//! version N is succeeded by N + 1 and keeps its signatures; a draft of N + 1
//! is changed in place, and every signature that it carries is void, because a
//! signature belongs to one payload's bytes.

use std::collections::BTreeMap;

use super::NotEdited;
use crate::base::Digest;
use crate::tuf::chain::{Defects, public};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::metadata::{Metadata, Signed};
use crate::tuf::root::Root;
use crate::tuf::threshold::{Meter, meter};

/// A signature that the edit voids.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voided {
    /// Under which keyid.
    pub keyid: KeyId,
    /// SHA-256 of the SubjectPublicKeyInfo; `None` where no root at hand has the key.
    pub fingerprint: Option<Digest>,
}

/// What the edit makes of the file.
#[derive(Debug, Clone)]
pub(super) struct Life {
    /// The version of the draft.
    pub(super) version: u64,
    /// The file is a draft and stays the same version.
    pub(super) keeps_version: bool,
    pub(super) voided: Vec<Voided>,
    pub(super) notes: Vec<String>,
}

/// Judges the file, against the last trusted version if the caller names one.
pub(super) fn of(file: &Metadata, from: Option<&Metadata>) -> Result<Life, NotEdited> {
    match from {
        Some(old) => draft_after(file, old),
        None => alone(file),
    }
}

fn draft_after(file: &Metadata, old: &Metadata) -> Result<Life, NotEdited> {
    let (role, version) = (file.signed.role(), file.signed.version());
    if old.signed.role() != role {
        let why = format!("expected {role} metadata as FILE is, got {}", old.signed.role());
        return Err(NotEdited::new("FROM_ROLE", why));
    }
    // TUF 5.3.5: the version after N is N + 1; other roles are held to it as well.
    let expected = old.signed.version().checked_add(1);
    if expected != Some(version) {
        let why = format!(
            "expected FILE to follow version {}, got {version}",
            old.signed.version()
        );
        return Err(NotEdited::new("FROM_VERSION", why));
    }
    if let (Signed::Root(new), Signed::Root(old)) = (&file.signed, &old.signed)
        && count(new, file).complete()
        && count(old, file).complete()
    {
        // facts/tuf.md 2.7: one version, two contents is a fork.
        let why = format!("both thresholds of version {version} are reached");
        return Err(NotEdited::new("FINISHED", why));
    }
    Ok(Life {
        version,
        keeps_version: true,
        voided: voided(file, Some(old)),
        notes: Vec::new(),
    })
}

fn alone(file: &Metadata) -> Result<Life, NotEdited> {
    let version = file.signed.version();
    let mut notes = Vec::new();
    let signed = file.signatures.iter().filter(|s| !s.sig.is_empty()).count();
    let (finished, why) = match &file.signed {
        Signed::Root(root) => {
            let own = count(root, file);
            if version > 1 && own.complete() {
                notes.push(format!(
                    "version {version} is taken as finished: its own threshold is reached; whether the version before it signed is not judged here (tuf verify-chain)"
                ));
            }
            let why = format!(
                "{} of {} needed keys of its own signed",
                own.distinct, own.threshold
            );
            (own.complete(), why)
        }
        other => {
            if signed > 0 {
                notes.push(format!(
                    "version {version} is taken as finished: only a root holds the keys that {} metadata is signed by",
                    other.role()
                ));
            }
            (signed > 0, "it has no signature".to_owned())
        }
    };
    if finished {
        let next = version.checked_add(1);
        return Ok(Life {
            version: next.ok_or_else(|| NotEdited::new("FROM_VERSION", "there is no next version"))?,
            keeps_version: false,
            voided: Vec::new(),
            notes,
        });
    }
    // The first version has no predecessor that could be named.
    if version == 1 {
        return Ok(Life {
            version,
            keeps_version: true,
            voided: voided(file, None),
            notes,
        });
    }
    Err(NotEdited::new("UNFINISHED", format!("version {version}: {why}")))
}

impl Life {
    /// What cannot be undone is said beforehand, and counted by who asks for it.
    pub(super) fn check_void(&self, void: Option<usize>) -> Result<(), NotEdited> {
        let count = self.voided.len();
        if void.unwrap_or(0) == count {
            return Ok(());
        }
        let list: Vec<_> = self.voided.iter().map(Voided::line).collect();
        let head = super::report::voids(count);
        let why = match void {
            Some(said) => format!("expected --void {count}, got --void {said}; {head}"),
            None => head,
        };
        let why = if list.is_empty() {
            why
        } else {
            format!("{why}: {}", list.join("; "))
        };
        Err(NotEdited::new("VOIDS_SIGNATURES", why))
    }
}

impl Voided {
    /// Keyid and fingerprint.
    pub(super) fn line(&self) -> String {
        match self.fingerprint {
            Some(print) => format!("keyid {}, fingerprint {print}", self.keyid),
            None => format!("keyid {}, of no key in these files", self.keyid),
        }
    }
}

/// Every signature with a value; an empty one is a placeholder and nobody's work.
fn voided(file: &Metadata, old: Option<&Metadata>) -> Vec<Voided> {
    let mut keys = BTreeMap::new();
    for metadata in old.into_iter().chain([file]) {
        if let Signed::Root(root) = &metadata.signed {
            keys.extend(respelled(root));
        }
    }
    let signatures = file.signatures.iter().filter(|s| !s.sig.is_empty());
    signatures
        .map(|s| Voided {
            keyid: s.keyid,
            fingerprint: keys
                .get(&s.keyid)
                .and_then(|key| key.to_public().ok())
                .map(|public| public.fingerprint()),
        })
        .collect()
}

/// How far the file is towards the threshold of a root's root role.
fn count(judge: &Root, file: &Metadata) -> Meter {
    let (keyids, threshold) = match judge.role(crate::tuf::role::RoleName::Root) {
        Ok(role) => (role.keyids.as_slice(), role.threshold),
        Err(_) => (&[][..], 1),
    };
    meter(
        &respelled(judge),
        keyids,
        threshold,
        &file.canonical(),
        &file.signatures,
    )
}

/// The keys in today's spelling under the ids of the file: old files are edited too.
fn respelled(root: &Root) -> BTreeMap<KeyId, Key> {
    let spelled = |(id, key): (&KeyId, &Key)| {
        let public = public(key, "", &mut Defects::default())?;
        Some((*id, Key::of(&public)))
    };
    root.keys.iter().filter_map(spelled).collect()
}
