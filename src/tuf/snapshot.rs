//! Snapshot metadata (TUF 4.4): the version of every targets metadata file,
//! so that no client can be shown a mixture.

use std::collections::BTreeMap;

use super::fields::{Fields, joined, number, path};
use super::metadata::Common;
use super::refused::Refused;
use super::role::RoleName;
use super::targets::{read_hashes, read_length, write_hashes};
use crate::base::Json;

/// The `signed` part of snapshot metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// `spec_version`, `version`, `expires`.
    pub common: Common,
    /// Entries by file name without version prefix: `targets.json`, ...
    pub meta: BTreeMap<String, MetaFile>,
    /// Other members.
    pub unrecognized: BTreeMap<String, Json>,
}

/// What snapshot or timestamp says of one metadata file (TUF 4.4, METAFILES).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MetaFile {
    /// Its version.
    pub version: u64,
    /// Its length in bytes, if stated.
    pub length: Option<u64>,
    /// Its digests, if stated.
    pub hashes: Option<BTreeMap<String, String>>,
    /// Other members.
    pub unrecognized: BTreeMap<String, Json>,
}

impl Snapshot {
    /// Reads the `signed` part.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(signed: &Json) -> Result<Snapshot, Refused> {
        let mut fields = Fields::of(signed, "signed")?;
        let common = Common::take(&mut fields, RoleName::Snapshot)?;
        let at = fields.path("meta");
        let mut meta = BTreeMap::new();
        for (name, value) in fields.object("meta")? {
            meta.insert(name.clone(), MetaFile::from_json(value, &path(&at, name))?);
        }
        // TUF 4.4: the top-level targets metadata MUST be listed.
        if !meta.contains_key("targets.json") {
            return Err(Refused::Missing {
                at: path(&at, "targets.json"),
            });
        }
        Ok(Snapshot {
            common,
            meta,
            unrecognized: fields.rest(),
        })
    }

    /// The `signed` part, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let meta = self.meta.iter().map(|(name, m)| (name.clone(), m.to_json()));
        let signed = joined(&self.unrecognized, [("meta", Json::Object(meta.collect()))]);
        self.common.write(signed, RoleName::Snapshot)
    }
}

impl MetaFile {
    /// An entry of a version alone: length and hashes are left out by default
    /// (facts/tuf.md 2.9).
    #[must_use]
    pub fn of_version(version: u64) -> MetaFile {
        MetaFile {
            version,
            length: None,
            hashes: None,
            unrecognized: BTreeMap::new(),
        }
    }

    pub(super) fn from_json(value: &Json, at: &str) -> Result<MetaFile, Refused> {
        let mut fields = Fields::of(value, at)?;
        let version = fields.version()?;
        let length = fields
            .optional("length")
            .map(|v| read_length(v, &fields.path("length")))
            .transpose()?;
        let hashes = fields
            .optional("hashes")
            .map(|v| read_hashes(v, &fields.path("hashes")))
            .transpose()?;
        Ok(MetaFile {
            version,
            length,
            hashes,
            unrecognized: fields.rest(),
        })
    }

    pub(super) fn to_json(&self) -> Json {
        let mut rest = self.unrecognized.clone();
        if let Some(length) = self.length {
            rest.insert("length".to_owned(), number(length));
        }
        if let Some(hashes) = &self.hashes {
            rest.insert("hashes".to_owned(), write_hashes(hashes));
        }
        joined(&rest, [("version", number(self.version))])
    }
}
