//! Timestamp metadata (TUF 4.6): which snapshot is current. Its `meta` has
//! exactly one entry (facts/tuf.md 2.9).

use std::collections::BTreeMap;

use super::fields::{Fields, joined, path};
use super::metadata::Common;
use super::refused::Refused;
use super::role::RoleName;
use super::snapshot::MetaFile;
use crate::base::{Json, shown};

/// The `signed` part of timestamp metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timestamp {
    /// `spec_version`, `version`, `expires`.
    pub common: Common,
    /// The entry `snapshot.json`.
    pub snapshot: MetaFile,
    /// Other members.
    pub unrecognized: BTreeMap<String, Json>,
}

impl Timestamp {
    /// Reads the `signed` part.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(signed: &Json) -> Result<Timestamp, Refused> {
        let mut fields = Fields::of(signed, "signed")?;
        let common = Common::take(&mut fields, RoleName::Timestamp)?;
        let at = fields.path("meta");
        let mut meta = fields.object("meta")?.clone();
        let here = path(&at, "snapshot.json");
        let entry = meta
            .remove("snapshot.json")
            .ok_or_else(|| Refused::Missing { at: here.clone() })?;
        if let Some(other) = meta.keys().next() {
            return Err(Refused::Shape {
                at,
                expected: "snapshot.json alone",
                got: shown(other, 80),
            });
        }
        Ok(Timestamp {
            common,
            snapshot: MetaFile::from_json(&entry, &here)?,
            unrecognized: fields.rest(),
        })
    }

    /// The `signed` part, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let meta = Json::object([("snapshot.json", self.snapshot.to_json())]);
        let signed = joined(&self.unrecognized, [("meta", meta)]);
        self.common.write(signed, RoleName::Timestamp)
    }
}
