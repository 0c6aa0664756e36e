//! The names in a bundle, as a closed list, and its limits. What has no place
//! here does not belong in a bundle: a reader says so by name and reads
//! nothing of it (bad-bundle classes: path tricks, extra files, bombs).

use crate::tuf::{MetadataName, RoleName};

/// The record.
pub const RECORD: &str = "ceremony.jsonl";
/// Which log keys may sign.
pub const POLICY: &str = "policy";
/// The final checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Digests of everything but itself and the checkpoints.
pub const SUMS: &str = "SHA256SUMS";
/// The script's exact bytes.
pub const SCRIPT: &str = "script.toml";
/// The note of the people who approved the script.
pub const APPROVALS: &str = "approvals";
/// The second verifier.
pub const VERIFIER: &str = "verify.py";

/// The most files.
pub const MAX_FILES: usize = 256;
/// The largest file but the record, in bytes.
pub const MAX_FILE: u64 = 8 << 20;
/// The largest record, in bytes.
pub const MAX_RECORD: u64 = 64 << 20;
/// All files together, in bytes.
pub const MAX_TOTAL: u64 = 128 << 20;

/// The folders.
pub const FOLDERS: [&str; 4] = ["blobs", "checkpoints", "keys", "metadata"];

/// Where a file stands, and so what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Place {
    /// `ceremony.jsonl`
    Record,
    /// `policy`
    Policy,
    /// `checkpoint`
    Checkpoint,
    /// `SHA256SUMS`
    Sums,
    /// `script.toml`
    Script,
    /// `approvals`
    Approvals,
    /// `verify.py`
    Verifier,
    /// `metadata/<version>.<role>.json`, of a delegated role too, or `metadata/timestamp.json`
    Metadata,
    /// `keys/<id>.pub.pem`
    Key,
    /// `blobs/<sha256>`
    Blob,
    /// `checkpoints/<size>`
    Gate,
}

impl Place {
    /// The place of a path; `None`: it has none.
    #[must_use]
    pub fn of(path: &str) -> Option<Place> {
        let Some((folder, name)) = path.split_once('/') else {
            return match path {
                RECORD => Some(Place::Record),
                POLICY => Some(Place::Policy),
                CHECKPOINT => Some(Place::Checkpoint),
                SUMS => Some(Place::Sums),
                SCRIPT => Some(Place::Script),
                APPROVALS => Some(Place::Approvals),
                VERIFIER => Some(Place::Verifier),
                _ => None,
            };
        };
        let (place, fits) = match folder {
            "metadata" => (Place::Metadata, is_metadata(name)),
            "keys" => (Place::Key, name.strip_suffix(".pub.pem").is_some_and(is_name)),
            "blobs" => (Place::Blob, is_sha256(name)),
            "checkpoints" => (Place::Gate, is_number(name)),
            _ => return None,
        };
        fits.then_some(place)
    }

    /// Whether the file is listed in `SHA256SUMS`. The checkpoints are not, so
    /// that cosignatures can be added later.
    #[must_use]
    pub fn is_summed(self) -> bool {
        !matches!(self, Place::Sums | Place::Checkpoint | Place::Gate)
    }

    /// Whether the export writes the file and the record binds it by digest and
    /// length; the others are the seal, bound by their content.
    #[must_use]
    pub fn is_exported(self) -> bool {
        matches!(
            self,
            Place::Metadata | Place::Key | Place::Blob | Place::Script | Place::Approvals | Place::Verifier
        )
    }

    /// Whether the file may stand in the record's own folder.
    #[must_use]
    pub fn is_of_record(self) -> bool {
        matches!(
            self,
            Place::Record | Place::Script | Place::Approvals | Place::Blob | Place::Gate | Place::Checkpoint
        )
    }

    /// The largest size, in bytes.
    #[must_use]
    pub fn limit(self) -> u64 {
        if self == Place::Record {
            MAX_RECORD
        } else {
            MAX_FILE
        }
    }
}

/// `[a-z0-9][a-z0-9._-]*`, at most 80 characters.
fn is_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    name.len() <= 80
        && name.bytes().next().is_some_and(good)
        && name.bytes().all(|b| good(b) || matches!(b, b'.' | b'_' | b'-'))
}

fn is_sha256(name: &str) -> bool {
    crate::base::Digest::parse(name).is_ok()
}

/// A decimal number in its one spelling, from 1.
fn is_number(text: &str) -> bool {
    text.len() <= 16 && !text.starts_with('0') && text.parse::<u64>().is_ok_and(|n| n.to_string() == text)
}

/// TUF 6.2.1: names with consistent snapshots.
fn is_metadata(name: &str) -> bool {
    name == "timestamp.json"
        || name
            .strip_suffix(".json")
            .and_then(|rest| rest.split_once('.'))
            .is_some_and(|(version, role)| {
                is_number(version) && MetadataName::parse(role).is_ok_and(|n| n != RoleName::Timestamp)
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_has_one_place_and_no_other_has_any() {
        let sha = "a".repeat(64);
        for (path, place) in [
            ("ceremony.jsonl", Place::Record),
            ("policy", Place::Policy),
            ("checkpoint", Place::Checkpoint),
            ("SHA256SUMS", Place::Sums),
            ("script.toml", Place::Script),
            ("approvals", Place::Approvals),
            ("verify.py", Place::Verifier),
            ("metadata/1.root.json", Place::Metadata),
            ("metadata/timestamp.json", Place::Metadata),
            ("metadata/2.apps.json", Place::Metadata),
            ("metadata/2.Apps_x.v1.json", Place::Metadata),
            ("keys/root-a.pub.pem", Place::Key),
            (&format!("blobs/{sha}"), Place::Blob),
            ("checkpoints/17", Place::Gate),
        ] {
            assert_eq!(Place::of(path), Some(place), "{path}");
        }
        for path in [
            "",
            "/policy",
            "./policy",
            "../policy",
            "policy/",
            "Policy",
            "metadata",
            "metadata/",
            "metadata/root.json",
            "metadata/01.root.json",
            "metadata/0.root.json",
            "metadata/1.timestamp.json",
            "metadata/1.7.json",
            "metadata/1.Root.json",
            "metadata/1..apps.json",
            "metadata/1.%61pps.json",
            "metadata/a/1.root.json",
            "keys/.pub.pem",
            "keys/..pub.pem",
            "keys/A.pub.pem",
            "keys/a.pem",
            "blobs/aa",
            &format!("blobs/{}", sha.to_uppercase()),
            "checkpoints/0",
            "checkpoints/01",
            "checkpoints/+1",
            "checkpoints/1.note",
            "ceremony.jsonl.bak",
            "attic/policy",
        ] {
            assert_eq!(Place::of(path), None, "{path}");
        }
    }
}
