//! Whose metadata file it is: one of the four top-level roles, or a delegated
//! targets role. Only the four are named by root; a delegated role's keys and
//! threshold stand in the file of the role that delegates to it (TUF 4.5), so
//! what asks for a signer must ask for this name and never for a kind of file.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::compose::file_name;
use super::delegations::{DelegatedName, NotAName};
use super::role::RoleName;

/// The role whose metadata a file is. In records and scripts it is the role's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum MetadataName {
    /// One of the four.
    Top(RoleName),
    /// A delegated targets role; its name is none of the four.
    Delegated(DelegatedName),
}

impl MetadataName {
    /// `root`
    pub const ROOT: MetadataName = MetadataName::Top(RoleName::Root);
    /// `targets`
    pub const TARGETS: MetadataName = MetadataName::Top(RoleName::Targets);
    /// `snapshot`
    pub const SNAPSHOT: MetadataName = MetadataName::Top(RoleName::Snapshot);
    /// `timestamp`
    pub const TIMESTAMP: MetadataName = MetadataName::Top(RoleName::Timestamp);

    /// Reads a role's name.
    ///
    /// # Errors
    /// [`NotAName`] with the rule for names of delegated roles.
    pub fn parse(text: &str) -> Result<MetadataName, NotAName> {
        match RoleName::parse(text) {
            Some(role) => Ok(MetadataName::Top(role)),
            None => DelegatedName::parse(text).map(MetadataName::Delegated),
        }
    }

    /// Role and version of a file by the name that clients ask for: `3.apps.json`
    /// (TUF 6.2). The timestamp has no version in its name, and none here.
    #[must_use]
    pub fn of_file(file: &str) -> Option<(MetadataName, Option<u64>)> {
        let stem = file.strip_suffix(".json")?;
        if stem == RoleName::Timestamp.as_str() {
            return Some((MetadataName::TIMESTAMP, None));
        }
        let (digits, role) = stem.split_once('.')?;
        // One number has one spelling: no sign, no leading zero.
        let version = digits.parse().ok().filter(|n: &u64| n.to_string() == digits)?;
        let name = MetadataName::parse(role)
            .ok()
            .filter(|n| *n != RoleName::Timestamp)?;
        Some((name, Some(version)))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            MetadataName::Top(role) => role.as_str(),
            MetadataName::Delegated(name) => name.as_str(),
        }
    }

    /// The top-level role, if it is one.
    #[must_use]
    pub fn top(&self) -> Option<RoleName> {
        match self {
            MetadataName::Top(role) => Some(*role),
            MetadataName::Delegated(_) => None,
        }
    }

    /// The delegated role, if it is one.
    #[must_use]
    pub fn delegated(&self) -> Option<&DelegatedName> {
        match self {
            MetadataName::Top(_) => None,
            MetadataName::Delegated(name) => Some(name),
        }
    }

    /// What kind of metadata it is: `_type`.
    #[must_use]
    pub fn kind(&self) -> RoleName {
        self.top().unwrap_or(RoleName::Targets)
    }

    /// Its file's name in consistent snapshots (TUF 6.2). A [`DelegatedName`] needs
    /// no escape in a URL, so all clients ask for the same.
    #[must_use]
    pub fn file(&self, version: u64) -> String {
        match self {
            MetadataName::Top(role) => file_name(*role, version),
            MetadataName::Delegated(name) => format!("{version}.{name}.json"),
        }
    }

    /// Its entry in snapshot (TUF 4.4).
    #[must_use]
    pub fn entry(&self) -> String {
        format!("{self}.json")
    }
}

impl fmt::Display for MetadataName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<RoleName> for MetadataName {
    fn from(role: RoleName) -> MetadataName {
        MetadataName::Top(role)
    }
}

impl TryFrom<String> for MetadataName {
    type Error = NotAName;
    fn try_from(text: String) -> Result<Self, NotAName> {
        MetadataName::parse(&text)
    }
}

impl From<MetadataName> for String {
    fn from(name: MetadataName) -> String {
        name.as_str().to_owned()
    }
}

impl PartialEq<RoleName> for MetadataName {
    fn eq(&self, role: &RoleName) -> bool {
        self.top() == Some(*role)
    }
}

impl PartialEq<&MetadataName> for MetadataName {
    fn eq(&self, other: &&MetadataName) -> bool {
        self == *other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_one_name_and_a_name_one_file() {
        for file in ["1.root.json", "7.apps.json", "2.apps.v1.json", "timestamp.json"] {
            let (name, version) = MetadataName::of_file(file).unwrap();
            assert_eq!(name.file(version.unwrap_or(1)), file);
        }
        for file in [
            "root.json",
            "01.apps.json",
            "+1.apps.json",
            "1.timestamp.json",
            "1.a b.json",
            "1.7.json",
        ] {
            assert_eq!(MetadataName::of_file(file), None, "{file}");
        }
        assert!(
            MetadataName::parse("Root").is_err(),
            "a disk may not tell case apart"
        );
    }

    #[test]
    fn it_is_written_as_the_role_alone() {
        let name = MetadataName::parse("apps").unwrap();
        assert_eq!(
            serde_json::to_string(&[name, MetadataName::ROOT]).unwrap(),
            r#"["apps","root"]"#
        );
    }
}
