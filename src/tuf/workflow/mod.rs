//! Our own client workflow (TUF 5.3-5.6) over a set of files, stricter than any
//! real client: the smallest limit of each (facts/tuf.md 2.10), exact versions,
//! both thresholds. It is the gate before the first PIN and before export; it
//! starts from `1.root.json`, as a client does that was shipped on day one.

mod delegated;
mod limits;
mod refused;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha512};

use super::in_place::Document;
use super::metadata::{Metadata, Signature, Signed};
use super::role::RoleName;
use super::root::Root;
use super::snapshot::{MetaFile, Snapshot};
use super::targets::Targets;
use super::threshold::{Keyring, Meter, Tally};
use crate::base::{Digest, Instant, shown};

pub use limits::{Limits, MAX_DEPTH, MAX_ROOT, MAX_ROTATIONS, MAX_SNAPSHOT, MAX_TARGETS, MAX_TIMESTAMP};
pub use refused::Refused;

/// What was checked, and what was not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The last root.
    pub root: Checked,
    /// Targets, if there is one.
    pub targets: Option<Checked>,
    /// Delegated roles, in preorder; a role under two parents once for each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delegated: Vec<Checked>,
    /// Snapshot, if there is one.
    pub snapshot: Option<Checked>,
    /// Timestamp, if there is one.
    pub timestamp: Option<Checked>,
    /// Absent roles and files that no client step reaches; never silent.
    pub not_checked: Vec<String>,
}

/// One accepted file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// Its name.
    pub file: String,
    /// Its version.
    pub version: u64,
    /// Its expiry.
    pub expires: Instant,
    /// Who signed it, by its own role.
    pub meter: Meter,
}

/// Runs the workflow over `files` (name to bytes) at the instant `at`.
///
/// Timestamp and snapshot may be absent, as long as the online side has not
/// added them; the summary says so. What is there must be right.
///
/// # Errors
/// [`Refused`] with the first step that fails.
pub fn check_repository(files: &BTreeMap<String, Vec<u8>>, at: Instant) -> Result<Summary, Refused> {
    check_repository_from(files, 1, at)
}

/// [`check_repository`] as a client that was shipped with root version `from`.
///
/// # Errors
/// [`Refused`] with the first step that fails.
pub fn check_repository_from(
    files: &BTreeMap<String, Vec<u8>>,
    from: u64,
    at: Instant,
) -> Result<Summary, Refused> {
    check_repository_within(files, from, at, &Limits::default())
}

/// The same within other limits.
///
/// # Errors
/// [`Refused`] with the first step that fails.
pub fn check_repository_within(
    files: &BTreeMap<String, Vec<u8>>,
    from: u64,
    at: Instant,
    limits: &Limits,
) -> Result<Summary, Refused> {
    let walk = Walk {
        files,
        from,
        at,
        limits: *limits,
    };
    let (root, mut roots) = walk.roots()?;
    let mut reached = vec![];
    let timestamp = walk.timestamp(&root)?;
    let snapshot = walk.snapshot(&root, timestamp.as_ref())?;
    let targets = walk.targets(&root, snapshot.as_ref())?;
    let (targets, delegated, notes) = match targets {
        Some((checked, metadata)) => {
            let (delegated, notes) = delegated::check(&walk, &root, snapshot.as_ref(), &metadata)?;
            (Some(checked), delegated, notes)
        }
        None => (None, Vec::new(), Vec::new()),
    };
    let last = roots.pop().ok_or(Refused::NoTrustedRoot)?;
    reached.extend(roots.iter().map(|c| c.file.clone()));
    reached.push(last.file.clone());

    let mut not_checked = Vec::new();
    let timestamp = timestamp.map(|(c, _)| c);
    let snapshot = snapshot.map(|(c, _)| c);
    for (role, checked) in [
        (RoleName::Targets, &targets),
        (RoleName::Snapshot, &snapshot),
        (RoleName::Timestamp, &timestamp),
    ] {
        match checked {
            Some(checked) => reached.push(checked.file.clone()),
            None => not_checked.push(format!("{role}: there is none")),
        }
    }
    reached.extend(delegated.iter().map(|c| c.file.clone()));
    let reached: BTreeSet<String> = reached.into_iter().collect();
    not_checked.extend(notes);
    for name in files.keys().filter(|n| !reached.contains(*n)) {
        not_checked.push(format!("{}: no client step reaches it", shown(name, 120)));
    }
    Ok(Summary {
        root: last,
        targets,
        delegated,
        snapshot,
        timestamp,
        not_checked,
    })
}

struct Walk<'a> {
    files: &'a BTreeMap<String, Vec<u8>>,
    /// The version of the root that is trusted as it stands.
    from: u64,
    at: Instant,
    limits: Limits,
}

impl Walk<'_> {
    /// TUF 5.3: from the trusted version one step at a time; expiry only of the last.
    fn roots(&self) -> Result<(Root, Vec<Checked>), Refused> {
        let mut checked = Vec::new();
        let mut trusted: Option<Root> = None;
        let mut keyring = Keyring::default();
        for version in self.from..=u64::MAX {
            let file = format!("{version}.root.json");
            if !self.files.contains_key(&file) {
                break;
            }
            let rotations = version.saturating_sub(self.from);
            if rotations > self.limits.rotations {
                return Err(Refused::TooManyRoots {
                    limit: self.limits.rotations,
                    got: rotations,
                });
            }
            let metadata = self.read(&file, RoleName::Root, Some(version))?;
            let Signed::Root(next) = &metadata.signed else {
                return Err(other_role(&file, RoleName::Root, metadata.signed.role()));
            };
            let message = metadata.canonical();
            let mut tally = Tally::new(&mut keyring, &message);
            if let Some(old) = &trusted {
                // TUF 5.3.4: by a threshold of the keys of the trusted root ...
                let meter = count(old, RoleName::Root, &mut tally, &metadata.signatures, &file)?;
                if !meter.complete() {
                    let meter = Box::new(meter);
                    return Err(Refused::OldThreshold { file, meter });
                }
            }
            // ... and by a threshold of its own.
            checked.push(Checked {
                meter: complete(next, RoleName::Root, &mut tally, &metadata.signatures, &file)?,
                file,
                version,
                expires: next.common.expires,
            });
            let Signed::Root(next) = metadata.signed else {
                continue;
            };
            trusted = Some(next);
        }
        let last = trusted.ok_or(Refused::NoTrustedRoot)?;
        self.no_gap(last.common.version)?;
        if let Some(checked) = checked.last() {
            self.fresh(checked)?; // TUF 5.3.10
        }
        Ok((last, checked))
    }

    /// facts/tuf.md 2.7: a root behind a gap is a root that nobody gets.
    fn no_gap(&self, last: u64) -> Result<(), Refused> {
        match self.numbered(RoleName::Root).into_iter().find(|v| *v > last) {
            Some(beyond) => Err(Refused::RootGap {
                expected: format!("{}.root.json", last.saturating_add(1)),
                got: format!("{beyond}.root.json"),
            }),
            None => Ok(()),
        }
    }

    /// TUF 5.4.
    fn timestamp(&self, root: &Root) -> Result<Option<(Checked, MetaFile)>, Refused> {
        let file = "timestamp.json".to_owned();
        if !self.files.contains_key(&file) {
            return Ok(None);
        }
        let metadata = self.read(&file, RoleName::Timestamp, None)?;
        let Signed::Timestamp(timestamp) = &metadata.signed else {
            return Err(other_role(&file, RoleName::Timestamp, metadata.signed.role()));
        };
        let checked = vouched(root, RoleName::Timestamp, &metadata, file)?; // TUF 5.4.2
        self.fresh(&checked)?; // TUF 5.4.4
        Ok(Some((checked, timestamp.snapshot.clone())))
    }

    /// TUF 5.5. Without a timestamp, the newest snapshot there is.
    fn snapshot(
        &self,
        root: &Root,
        timestamp: Option<&(Checked, MetaFile)>,
    ) -> Result<Option<(Checked, Snapshot)>, Refused> {
        let entry = match timestamp {
            Some((_, entry)) => entry.clone(),
            None => match self.newest(root, RoleName::Snapshot)? {
                Some(version) => MetaFile::of_version(version),
                None => return Ok(None),
            },
        };
        let file = versioned(root, RoleName::Snapshot, entry.version);
        self.stated(&file, "timestamp.json", &entry)?; // TUF 5.5.2
        let metadata = self.read(&file, RoleName::Snapshot, Some(entry.version))?; // TUF 5.5.4
        let Signed::Snapshot(snapshot) = &metadata.signed else {
            return Err(other_role(&file, RoleName::Snapshot, metadata.signed.role()));
        };
        let checked = vouched(root, RoleName::Snapshot, &metadata, file.clone())?; // TUF 5.5.3
        self.no_rollback(root, &file, snapshot)?;
        self.fresh(&checked)?; // TUF 5.5.6
        Ok(Some((checked, snapshot.clone())))
    }

    /// TUF 5.5.5: no entry of an earlier snapshot is dropped or goes back.
    fn no_rollback(&self, root: &Root, file: &str, new: &Snapshot) -> Result<(), Refused> {
        if !root.consistent_snapshot {
            return Ok(()); // there is only one file
        }
        for version in self.numbered(RoleName::Snapshot) {
            if version >= new.common.version {
                continue;
            }
            let before = versioned(root, RoleName::Snapshot, version);
            let metadata = self.read(&before, RoleName::Snapshot, Some(version))?;
            let Signed::Snapshot(old) = &metadata.signed else {
                return Err(other_role(&before, RoleName::Snapshot, metadata.signed.role()));
            };
            for (name, was) in &old.meta {
                let entry = shown(name, 120);
                let (file, before) = (file.to_owned(), before.clone());
                match new.meta.get(name) {
                    None => return Err(Refused::SnapshotDropped { file, entry, before }),
                    Some(now) if now.version < was.version => {
                        return Err(Refused::SnapshotRollback {
                            file,
                            entry,
                            before,
                            expected: was.version,
                            got: now.version,
                        });
                    }
                    Some(_) => {}
                }
            }
        }
        Ok(())
    }

    /// TUF 5.6. Without a snapshot, the newest targets there is.
    fn targets(
        &self,
        root: &Root,
        snapshot: Option<&(Checked, Snapshot)>,
    ) -> Result<Option<(Checked, Targets)>, Refused> {
        let listed = snapshot.and_then(|(c, s)| Some((c.file.as_str(), s.meta.get("targets.json")?)));
        let (by, entry) = match listed {
            Some((by, entry)) => (by, entry.clone()),
            None => match self.newest(root, RoleName::Targets)? {
                Some(version) => ("", MetaFile::of_version(version)),
                None => return Ok(None),
            },
        };
        let file = versioned(root, RoleName::Targets, entry.version);
        self.stated(&file, by, &entry)?; // TUF 5.6.2
        let (checked, targets) = self.big(root, file, entry.version)?; // TUF 5.6.3, 5.6.4
        self.fresh(&checked)?; // TUF 5.6.5
        Ok(Some((checked, targets)))
    }

    /// A targets file, which may be large: read in place, never as a tree. The model
    /// comes without its target files (`TargetsView::rest`).
    fn big(&self, root: &Root, file: String, version: u64) -> Result<(Checked, Targets), Refused> {
        let parsed = |source| Refused::NotParsed {
            file: file.clone(),
            source,
        };
        let document = Document::read(self.sized(&file, RoleName::Targets)?).map_err(parsed)?;
        let role = document.role().map_err(parsed)?;
        if role != RoleName::Targets {
            // What else it breaks comes first, as for every other role.
            Metadata::parse(self.bytes(&file, "the workflow")?).map_err(parsed)?;
            return Err(other_role(&file, RoleName::Targets, role));
        }
        let targets = document.targets().map_err(parsed)?.rest;
        let common = &targets.common;
        if common.version != version {
            return Err(Refused::OtherVersion {
                file,
                expected: version,
                got: common.version,
            });
        }
        let message = document.canonical().map_err(parsed)?;
        let mut keyring = Keyring::default();
        let mut tally = Tally::new(&mut keyring, &message);
        let meter = complete(root, RoleName::Targets, &mut tally, &document.signatures, &file)?;
        let checked = Checked {
            file,
            version,
            expires: common.expires,
            meter,
        };
        Ok((checked, targets))
    }

    fn sized(&self, file: &str, role: RoleName) -> Result<&[u8], Refused> {
        let bytes = self.bytes(file, "the workflow")?;
        let limit = self.limits.bytes(role);
        if bytes.len() > limit {
            return Err(Refused::TooLarge {
                file: file.to_owned(),
                limit,
                got: bytes.len(),
            });
        }
        Ok(bytes)
    }

    fn read(&self, file: &str, role: RoleName, version: Option<u64>) -> Result<Metadata, Refused> {
        let bytes = self.sized(file, role)?;
        let metadata = Metadata::parse(bytes).map_err(|source| Refused::NotParsed {
            file: file.to_owned(),
            source,
        })?;
        if metadata.signed.role() != role {
            return Err(other_role(file, role, metadata.signed.role()));
        }
        match version {
            // TUF 5.3.5: exactly N + 1; a name and its content may not differ (CVE-2025-2885).
            Some(expected) if expected != metadata.signed.version() => Err(Refused::OtherVersion {
                file: file.to_owned(),
                expected,
                got: metadata.signed.version(),
            }),
            _ => Ok(metadata),
        }
    }

    fn bytes(&self, file: &str, by: &str) -> Result<&[u8], Refused> {
        self.files
            .get(file)
            .map(Vec::as_slice)
            .ok_or_else(|| Refused::FileMissing {
                expected: file.to_owned(),
                by: by.to_owned(),
            })
    }

    /// Length and hashes, where they are stated, are the file's.
    fn stated(&self, file: &str, by: &str, entry: &MetaFile) -> Result<(), Refused> {
        let bytes = self.bytes(file, by)?;
        if let Some(expected) = entry.length
            && u64::try_from(bytes.len()) != Ok(expected)
        {
            return Err(Refused::OtherLength {
                file: file.to_owned(),
                expected,
                got: bytes.len(),
            });
        }
        for (algorithm, expected) in entry.hashes.iter().flatten() {
            let got = match algorithm.as_str() {
                "sha256" => Digest::of(bytes).hex(),
                "sha512" => data_encoding::HEXLOWER.encode(&Sha512::digest(bytes)),
                other => {
                    return Err(Refused::HashUnknown {
                        file: file.to_owned(),
                        algorithm: shown(other, 40),
                    });
                }
            };
            if got != *expected {
                return Err(Refused::OtherHash {
                    file: file.to_owned(),
                    algorithm: algorithm.clone(),
                    expected: expected.clone(),
                });
            }
        }
        Ok(())
    }

    /// TUF 5.3.10 and its like: the expiry must be after the start of the update.
    fn fresh(&self, checked: &Checked) -> Result<(), Refused> {
        if checked.expires > self.at {
            return Ok(());
        }
        Err(Refused::Expired {
            file: checked.file.clone(),
            at: self.at,
            expires: checked.expires,
        })
    }

    /// The highest version of a role's file, by its name.
    fn newest(&self, root: &Root, role: RoleName) -> Result<Option<u64>, Refused> {
        if root.consistent_snapshot {
            return Ok(self.numbered(role).into_iter().max());
        }
        let file = format!("{role}.json");
        if !self.files.contains_key(&file) {
            return Ok(None);
        }
        Ok(Some(self.read(&file, role, None)?.signed.version()))
    }

    fn numbered(&self, role: RoleName) -> Vec<u64> {
        let suffix = format!(".{role}.json");
        self.files
            .keys()
            .filter_map(|name| {
                let digits = name.strip_suffix(&suffix)?;
                // One number has one spelling: no sign, no leading zero.
                digits.parse().ok().filter(|n: &u64| n.to_string() == digits)
            })
            .collect()
    }
}

fn count(
    root: &Root,
    role: RoleName,
    tally: &mut Tally<'_>,
    signatures: &[Signature],
    file: &str,
) -> Result<Meter, Refused> {
    let of = root.role(role).map_err(|source| Refused::NotParsed {
        file: file.to_owned(),
        source,
    })?;
    Ok(tally.meter(&root.keys, &of.keyids, of.threshold, signatures))
}

fn complete(
    root: &Root,
    role: RoleName,
    tally: &mut Tally<'_>,
    signatures: &[Signature],
    file: &str,
) -> Result<Meter, Refused> {
    let meter = count(root, role, tally, signatures, file)?;
    if !meter.complete() {
        return Err(Refused::Threshold {
            file: file.to_owned(),
            meter: Box::new(meter),
        });
    }
    Ok(meter)
}

fn vouched(root: &Root, role: RoleName, metadata: &Metadata, file: String) -> Result<Checked, Refused> {
    let (mut keyring, message) = (Keyring::default(), metadata.canonical());
    let mut tally = Tally::new(&mut keyring, &message);
    Ok(Checked {
        meter: complete(root, role, &mut tally, &metadata.signatures, &file)?,
        file,
        version: metadata.signed.version(),
        expires: metadata.signed.expires(),
    })
}

/// TUF 6.2: with consistent snapshots the version stands before the name.
fn versioned(root: &Root, role: RoleName, version: u64) -> String {
    if root.consistent_snapshot {
        super::compose::file_name(role, version)
    } else {
        format!("{role}.json")
    }
}

fn other_role(file: &str, expected: RoleName, got: RoleName) -> Refused {
    Refused::OtherRole {
        file: file.to_owned(),
        expected,
        got,
    }
}
