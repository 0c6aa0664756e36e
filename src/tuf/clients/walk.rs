//! The client workflow (TUF 5.3 to 5.6) as all five walk it, with the rules of
//! one of them: roots one by one from the trusted one, then timestamp,
//! snapshot, targets, delegated roles.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};
use sha2::{Digest as _, Sha512};

use crate::base::{Digest, Instant, shown};
use crate::tuf::MetadataName;

use super::keys::{KeyUse, Verified};
use super::loaded::{self, MAX_DEPTH};
use super::read::{AS_MADE, Body, Entry, File, Role, Rules, Trust, read};
use super::{Check, Client, Kind, Repository, Stop, refuse};

pub(super) struct Walk<'a> {
    rules: &'static dyn Rules,
    files: &'a BTreeMap<String, Vec<u8>>,
    at: Instant,
}

/// The versions of the roots among the files.
pub(super) fn roots(files: &BTreeMap<String, Vec<u8>>) -> impl Iterator<Item = u64> {
    files
        .keys()
        .filter_map(|name| name.strip_suffix(".root.json")?.parse().ok())
}

/// One file by itself.
pub(super) fn one(client: Client, kind: Kind, file: &str, bytes: &[u8]) -> Check {
    let rules = client.rules();
    let limits = rules.limits();
    let limit = match kind {
        Kind::Root => limits.root,
        Kind::Timestamp => limits.timestamp,
        Kind::Snapshot => limits.snapshot,
        Kind::Targets => limits.targets,
    };
    size(file, bytes, limit)?;
    let found = read(rules, kind, bytes).map_err(|e| e.within(file))?;
    match &found.body {
        Body::Root { trust, .. } => verified(rules, trust, "root", &found).map_err(|e| e.within(file)),
        _ => Ok(()),
    }
}

pub(super) fn walk(client: Client, repository: &Repository<'_>, at: Instant) -> Check {
    let walk = Walk {
        rules: client.rules(),
        files: repository.files,
        at,
    };
    let (root, consistent) = walk.root(repository.trusted)?;
    let snapshot = walk.timestamp(&root)?;
    let targets = walk.snapshot(&root, consistent, snapshot)?;
    walk.targets(&root, consistent, targets)
}

impl Walk<'_> {
    /// TUF 5.2, 5.3: the trusted root vouches for itself, each next one is
    /// vouched for by its predecessor and by itself; expiry of the last only.
    fn root(&self, trusted: u64) -> Result<(Trust, bool), Stop> {
        let newest = roots(self.files).max().unwrap_or(trusted);
        let first = format!("{trusted}.root.json");
        let bytes = self.bytes(&first)?;
        let mut name = first;
        let mut file = read(self.rules, Kind::Root, bytes).map_err(|e| e.within(&name))?;
        let mut followed: u64 = 0;
        loop {
            let Body::Root { trust, consistent } = &file.body else {
                return Err(refuse("TYPE", &name, "not a root", AS_MADE));
            };
            if followed == 0 {
                verified(self.rules, trust, "root", &file).map_err(|e| e.within(&name))?;
            }
            let next_version = file.version.saturating_add(1);
            let next_name = format!("{next_version}.root.json");
            let limited = self.rules.limits().rotations.is_some_and(|most| followed >= most);
            let next = self.files.get(&next_name).filter(|_| !limited);
            let Some(bytes) = next else {
                if file.version < newest {
                    let why = format!("the client stays on root {} of {newest}", file.version);
                    let remedy = "publish every root; ship clients a newer root before the limit";
                    return Err(refuse("STALE_ROOT", &next_name, why, remedy));
                }
                self.fresh(&name, file.unix)?; // TUF 5.3.10
                let consistent = *consistent;
                let Body::Root { trust, .. } = file.body else {
                    return Err(refuse("TYPE", &name, "not a root", AS_MADE));
                };
                return Ok((trust, consistent));
            };
            size(&next_name, bytes, self.rules.limits().root)?;
            let next = read(self.rules, Kind::Root, bytes).map_err(|e| e.within(&next_name))?;
            if next.version != next_version {
                return Err(other_version(&next_name, next_version, next.version)); // TUF 5.3.5
            }
            verified(self.rules, trust, "root", &next) // TUF 5.3.4
                .map_err(|e| e.within(&format!("{next_name} by root {}", file.version)))?;
            if let Body::Root { trust, .. } = &next.body {
                verified(self.rules, trust, "root", &next).map_err(|e| e.within(&next_name))?;
            }
            (file, name) = (next, next_name);
            followed = followed.saturating_add(1);
        }
    }

    /// TUF 5.4.
    fn timestamp(&self, root: &Trust) -> Result<Option<Entry>, Stop> {
        let name = "timestamp.json";
        let Some(bytes) = self.files.get(name) else {
            return Ok(None);
        };
        size(name, bytes, self.rules.limits().timestamp)?;
        let file = read(self.rules, Kind::Timestamp, bytes).map_err(|e| e.within(name))?;
        verified(self.rules, root, "timestamp", &file).map_err(|e| e.within(name))?;
        self.fresh(name, file.unix)?;
        let Body::Meta(mut meta) = file.body else {
            return Err(refuse("TYPE", name, "not a timestamp", AS_MADE));
        };
        match meta.remove("snapshot.json") {
            Some(entry) => Ok(Some(entry)),
            None => Err(refuse(
                "MISSING",
                "timestamp.json: signed.meta",
                "no snapshot.json",
                AS_MADE,
            )),
        }
    }

    /// TUF 5.5.
    fn snapshot(
        &self,
        root: &Trust,
        consistent: bool,
        entry: Option<Entry>,
    ) -> Result<Option<BTreeMap<String, Entry>>, Stop> {
        let Some(entry) = entry.or_else(|| self.newest("snapshot", consistent)) else {
            return Ok(None);
        };
        let name = file_name("snapshot", consistent, entry.version);
        let file = self.stated(&name, Kind::Snapshot, &entry, self.rules.limits().snapshot)?;
        verified(self.rules, root, "snapshot", &file).map_err(|e| e.within(&name))?;
        self.fresh(&name, file.unix)?;
        match file.body {
            Body::Meta(meta) => Ok(Some(meta)),
            _ => Err(refuse("TYPE", &name, "not a snapshot", AS_MADE)),
        }
    }

    /// TUF 5.6.
    fn targets(&self, root: &Trust, consistent: bool, meta: Option<BTreeMap<String, Entry>>) -> Check {
        let mut meta = match meta {
            Some(meta) => meta,
            None => match self.newest("targets", consistent) {
                Some(entry) => {
                    let mut meta = self.delegated_files(consistent);
                    meta.insert("targets.json".to_owned(), entry);
                    meta
                }
                None => return Ok(()),
            },
        };
        let Some(entry) = meta.remove("targets.json") else {
            return Err(refuse(
                "MISSING",
                "snapshot: signed.meta",
                "no targets.json",
                "list targets.json in snapshot",
            ));
        };
        let name = file_name("targets", consistent, entry.version);
        let file = self.stated(&name, Kind::Targets, &entry, self.rules.limits().targets)?;
        verified(self.rules, root, "targets", &file).map_err(|e| e.within(&name))?;
        self.fresh(&name, file.unix)?;
        if self.rules.walks_delegations()
            && let Body::Targets(Some(trust)) = &file.body
        {
            if self.rules.loads_delegations() {
                return loaded::check(self, &file.targets, trust, consistent, &meta);
            }
            let mut seen = BTreeSet::new();
            self.delegated(("targets", trust), consistent, &meta, &mut seen, &mut Vec::new())?;
        }
        Ok(())
    }

    /// TUF 5.6.7: all that are published, as a client meets them that looks for a
    /// target in each: a role is verified for each role that delegates to it, and
    /// not visited again below itself.
    fn delegated(
        &self,
        (parent, trust): (&str, &Trust),
        consistent: bool,
        meta: &BTreeMap<String, Entry>,
        seen: &mut BTreeSet<(String, String)>,
        above: &mut Vec<String>,
    ) -> Check {
        if above.len() > MAX_DEPTH as usize {
            return Err(Stop::Unsure(format!("delegations deeper than {MAX_DEPTH}")));
        }
        for (name, _) in &trust.roles {
            let Some(entry) = meta.get(&format!("{name}.json")) else {
                continue; // nobody can ask for it
            };
            if above.contains(name) || !seen.insert((parent.to_owned(), name.clone())) {
                continue;
            }
            let part = self.role_part(name)?;
            if !self
                .files
                .contains_key(&file_name(&part, consistent, entry.version))
            {
                continue;
            }
            let file = self.delegated_file(trust, name, consistent, entry)?;
            if let Body::Targets(Some(inner)) = &file.body {
                above.push(name.clone());
                self.delegated((name, inner), consistent, meta, seen, above)?;
                above.pop();
            }
        }
        Ok(())
    }

    /// How a delegated role stands in its file's name.
    fn role_part(&self, name: &str) -> Result<String, Stop> {
        self.rules.role_file(name).ok_or_else(|| {
            let why = format!("a role named {} cannot be fetched", shown(name, 80));
            refuse("ROLE_NAME", "delegations", why, "name roles in [A-Za-z0-9._-]")
        })
    }

    /// One delegated role, verified by the keys of the role that delegates to it.
    pub(super) fn delegated_file(
        &self,
        trust: &Trust,
        name: &str,
        consistent: bool,
        entry: &Entry,
    ) -> Result<File, Stop> {
        let file_name = file_name(&self.role_part(name)?, consistent, entry.version);
        let file = self.stated(&file_name, Kind::Targets, entry, self.rules.limits().targets)?;
        verified(self.rules, trust, name, &file).map_err(|e| e.within(&file_name))?;
        self.fresh(&file_name, file.unix)?;
        Ok(file)
    }

    fn bytes(&self, name: &str) -> Result<&[u8], Stop> {
        self.files
            .get(name)
            .map(Vec::as_slice)
            .ok_or_else(|| refuse("FILE_MISSING", name, "no such file", "publish the file"))
    }

    /// A file that another one names: length, hashes, form, version.
    fn stated(&self, name: &str, kind: Kind, entry: &Entry, limit: usize) -> Result<File, Stop> {
        let bytes = self.bytes(name)?;
        let stated = entry.length.and_then(|n| usize::try_from(n).ok());
        size(name, bytes, stated.unwrap_or(limit))?;
        if let Some(length) = stated
            && self.rules.exact_length()
            && bytes.len() != length
        {
            let why = format!("expected {length} bytes, got {}", bytes.len());
            return Err(refuse(
                "LENGTH",
                name,
                why,
                "state the length of the published bytes",
            ));
        }
        self.hashes(name, bytes, entry)?;
        let file = read(self.rules, kind, bytes).map_err(|e| e.within(name))?;
        if file.version != entry.version {
            return Err(other_version(name, entry.version, file.version));
        }
        Ok(file)
    }

    fn hashes(&self, name: &str, bytes: &[u8], entry: &Entry) -> Check {
        for (algorithm, expected) in &entry.hashes {
            let got = match algorithm.as_str() {
                "sha256" => Digest::of(bytes).hex(),
                _ if self.rules.sha256_alone() => continue,
                "sha512" => HEXLOWER.encode(&Sha512::digest(bytes)),
                other => return Err(unknown_hash(other).within(name)),
            };
            let same = got == *expected || (self.rules.sha256_alone() && got.eq_ignore_ascii_case(expected));
            if !same {
                let why = format!("the {} is another", shown(algorithm, 20));
                return Err(refuse(
                    "HASH",
                    name,
                    why,
                    "state the hash of the published bytes, in lower case",
                ));
            }
        }
        Ok(())
    }

    fn fresh(&self, name: &str, unix: i64) -> Check {
        let now = self.at.unix();
        if now < unix || (now == unix && self.rules.good_at_expiry()) {
            return Ok(());
        }
        Err(refuse(
            "EXPIRED",
            name,
            format!("expired at {}", self.at),
            "sign a newer version",
        ))
    }

    /// Without a snapshot: the newest file of each delegated role.
    fn delegated_files(&self, consistent: bool) -> BTreeMap<String, Entry> {
        let names = self.files.keys().filter(|_| consistent);
        let roles = names.filter_map(|file| MetadataName::of_file(file)?.0.delegated().cloned());
        roles
            .filter_map(|role| Some((format!("{role}.json"), self.newest(role.as_str(), consistent)?)))
            .collect()
    }

    /// Without a file that names it: the newest one there is.
    fn newest(&self, role: &str, consistent: bool) -> Option<Entry> {
        let version = if consistent {
            let suffix = format!(".{role}.json");
            self.files
                .keys()
                .filter_map(|n| n.strip_suffix(&suffix)?.parse().ok())
                .max()?
        } else {
            let bytes = self.files.get(&format!("{role}.json"))?;
            read(self.rules, Kind::of(role), bytes).ok()?.version
        };
        Some(Entry {
            version,
            length: None,
            hashes: BTreeMap::new(),
        })
    }
}

/// A hash algorithm that a client may or may not have.
pub(super) fn unknown_hash(algorithm: &str) -> Stop {
    if algorithm.starts_with("blake2") || algorithm.starts_with("sha") {
        return Stop::Unsure(format!("hash algorithm {}", shown(algorithm, 20)));
    }
    let why = format!("unknown hash algorithm {}", shown(algorithm, 20));
    refuse(
        "HASH_UNKNOWN",
        "",
        why,
        "use sha256, and sha512 beside it if wanted",
    )
}

fn file_name(role: &str, consistent: bool, version: u64) -> String {
    if consistent {
        format!("{version}.{role}.json")
    } else {
        format!("{role}.json")
    }
}

fn size(name: &str, bytes: &[u8], limit: usize) -> Check {
    if bytes.len() <= limit {
        return Ok(());
    }
    let why = format!("expected at most {limit} bytes, got {}", bytes.len());
    Err(refuse(
        "TOO_LARGE",
        name,
        why,
        "make it smaller, or state its length in the file that names it",
    ))
}

fn other_version(name: &str, expected: u64, got: u64) -> Stop {
    let why = format!("expected version {expected}, got {got}");
    refuse(
        "OTHER_VERSION",
        name,
        why,
        "a file's name and content state one version",
    )
}

/// Whether a threshold of a role's keys signed, as the client counts.
fn verified(rules: &dyn Rules, trust: &Trust, name: &str, file: &File) -> Check {
    let at = "signatures";
    let Some((_, role)) = trust.roles.iter().find(|(n, _)| n == name) else {
        return Err(refuse(
            "MISSING_ROLE",
            "signed.roles",
            format!("no role {name}"),
            AS_MADE,
        ));
    };
    let Role {
        keyids, threshold, ..
    } = role;
    if *threshold < 1 || keyids.is_empty() {
        return Err(refuse(
            "THRESHOLD",
            "signed.roles",
            format!("no usable threshold for {name}"),
            AS_MADE,
        ));
    }
    let mut counted = BTreeSet::new();
    let mut unsure: Option<&'static str> = None;
    let mut unsure_count = 0usize;
    for keyid in keyids.iter().collect::<BTreeSet<_>>() {
        let Some(key) = trust.keys.get(keyid) else {
            if rules.absent_key_is_fatal() {
                let why = format!("{name} names the key {}, which is not there", shown(keyid, 80));
                return Err(refuse(
                    "KEY_ABSENT",
                    "signed.keys",
                    why,
                    "list every key that a role names",
                ));
            }
            continue;
        };
        let sig = file.signatures.get(keyid).map_or("", String::as_str);
        let sig = HEXLOWER_PERMISSIVE.decode(sig.as_bytes()).unwrap_or_default();
        let (verdict, identity) = match rules.key_use(key) {
            KeyUse::Fatal(why) => {
                return Err(refuse(
                    "KEY_UNUSABLE",
                    "signed.keys",
                    why,
                    "use Ed25519 or ECDSA P-256 keys",
                ));
            }
            KeyUse::Never => continue,
            _ if sig.is_empty() => continue,
            KeyUse::Unsure(why) => (Verified::Unsure(why), keyid.clone()),
            KeyUse::Verify(verifier) => {
                let verdict = verifier.check(&file.message, &sig);
                let one = verifier.public.fingerprint().hex();
                (verdict, if rules.counts_keys() { one } else { keyid.clone() })
            }
        };
        match verdict {
            Verified::Yes => _ = counted.insert(identity),
            Verified::No => {}
            Verified::Unsure(why) => {
                unsure = Some(why);
                unsure_count = unsure_count.saturating_add(1);
            }
        }
    }
    let need = usize::try_from(*threshold).unwrap_or(usize::MAX);
    if counted.len() >= need {
        return Ok(());
    }
    match unsure {
        Some(why) if counted.len().saturating_add(unsure_count) >= need => Err(Stop::Unsure(why.to_owned())),
        _ => {
            let why = format!("{} of {threshold} signatures of {name} verify", counted.len());
            Err(refuse(
                "SIGNATURES",
                at,
                why,
                "sign with a threshold of keys that this client uses, over the bytes as it writes them",
            ))
        }
    }
}
