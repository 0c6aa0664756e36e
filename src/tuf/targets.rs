//! Targets metadata (TUF 4.5): target files with length and hashes, and
//! delegations. A delegated role's own file has the same form; its name stands
//! in its parent alone.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::delegations::Delegations;
use super::fields::{Fields, joined, number, path, shape};
use super::metadata::Common;
use super::refused::Refused;
use super::role::RoleName;
use crate::base::{Json, shown};

/// The `signed` part of targets metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Targets {
    /// `spec_version`, `version`, `expires`.
    pub common: Common,
    /// Target files by path.
    pub targets: BTreeMap<String, TargetFile>,
    /// Whom it delegates to, if there is such an object.
    pub delegations: Option<Delegations>,
    /// Other members.
    pub unrecognized: BTreeMap<String, Json>,
}

/// What targets metadata says of one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetFile {
    /// Length in bytes.
    pub length: u64,
    /// Lowercase hexadecimal digests by algorithm; at least one.
    pub hashes: BTreeMap<String, String>,
    /// `custom` and other members.
    pub unrecognized: BTreeMap<String, Json>,
}

impl Targets {
    /// Reads the `signed` part.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(signed: &Json) -> Result<Targets, Refused> {
        let mut fields = Fields::of(signed, "signed")?;
        let common = Common::take(&mut fields, RoleName::Targets)?;
        let at = fields.path("targets");
        let mut targets = BTreeMap::new();
        for (name, value) in fields.object("targets")? {
            check_path(name)?;
            targets.insert(name.clone(), TargetFile::from_json(value, &path(&at, name))?);
        }
        let delegations = fields
            .optional("delegations")
            .map(|d| Delegations::from_json(d, &fields.path("delegations")))
            .transpose()?;
        Ok(Targets {
            common,
            targets,
            delegations,
            unrecognized: fields.rest(),
        })
    }

    /// The `signed` part, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let targets = self.targets.iter().map(|(p, t)| (p.clone(), t.to_json()));
        let mut rest = self.unrecognized.clone();
        if let Some(delegations) = &self.delegations {
            rest.insert("delegations".to_owned(), delegations.to_json());
        }
        let signed = joined(&rest, [("targets", Json::Object(targets.collect()))]);
        self.common.write(signed, RoleName::Targets)
    }
}

impl TargetFile {
    pub(super) fn from_json(value: &Json, at: &str) -> Result<TargetFile, Refused> {
        let mut fields = Fields::of(value, at)?;
        let length = read_length(fields.take("length")?, &fields.path("length"))?;
        let hashes = read_hashes(fields.take("hashes")?, &fields.path("hashes"))?;
        Ok(TargetFile {
            length,
            hashes,
            unrecognized: fields.rest(),
        })
    }

    fn to_json(&self) -> Json {
        joined(
            &self.unrecognized,
            [
                ("length", number(self.length)),
                ("hashes", write_hashes(&self.hashes)),
            ],
        )
    }
}

/// A length in bytes: an integer that is not negative.
pub(super) fn read_length(value: &Json, at: &str) -> Result<u64, Refused> {
    value
        .as_int()
        .and_then(|n| u64::try_from(n).ok())
        .ok_or_else(|| shape(at, "an integer that is not negative", value))
}

/// Hashes: an object that is not empty, of lowercase hexadecimal digests
/// (facts/tuf.md 2.8: uppercase is refused by rust-tuf).
pub(super) fn read_hashes(value: &Json, at: &str) -> Result<BTreeMap<String, String>, Refused> {
    let map = value
        .as_object()
        .filter(|map| !map.is_empty())
        .ok_or_else(|| shape(at, "an object with at least one hash", value))?;
    let mut hashes = BTreeMap::new();
    for (algorithm, value) in map {
        let length_ok = |n: usize| match algorithm.as_str() {
            "sha256" => n == 32,
            "sha512" => n == 64,
            _ => n > 0,
        };
        let digest = value
            .as_str()
            .filter(|text| HEXLOWER.decode(text.as_bytes()).is_ok_and(|b| length_ok(b.len())))
            .ok_or_else(|| shape(&path(at, algorithm), "a lowercase hexadecimal digest", value))?;
        hashes.insert(algorithm.clone(), digest.to_owned());
    }
    Ok(hashes)
}

/// The object of [`read_hashes`].
pub(super) fn write_hashes(hashes: &BTreeMap<String, String>) -> Json {
    Json::Object(
        hashes
            .iter()
            .map(|(a, d)| (a.clone(), d.as_str().into()))
            .collect(),
    )
}

/// TUF 4.5: TARGETPATH is relative to the repository's base (facts/tuf.md 2.8).
pub(super) fn check_path(name: &str) -> Result<(), Refused> {
    let bad = name.is_empty() || name.starts_with('/') || name.split('/').any(|part| part == "..");
    if bad {
        return Err(Refused::TargetPath { got: shown(name, 80) });
    }
    Ok(())
}
