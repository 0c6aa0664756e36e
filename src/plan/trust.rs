//! The trusted chain of a succession, judged before any step runs: every root
//! from the first to the trusted one, in strict mode (TUF 5.3), and the
//! published files of other roles by the trusted root's keys. No clock: an
//! expired root can still be succeeded, for clients look at the expiry of the
//! last root alone (TUF 5.3.10).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::InputFile;
use crate::base::{Id, Instant, Json, PublicKey, shown};
use crate::script::{Diagnostic, Script, Succession, TrustFile};
use crate::tuf::chain::{self, Mode, Options};
use crate::tuf::workflow::{MAX_ROOT, MAX_SNAPSHOT, MAX_TARGETS, MAX_TIMESTAMP};
use crate::tuf::{
    Delegations, Key, KeyId, Metadata, MetadataName, Meter, RoleName, Root, Signed, file_name, meter,
};

/// Roots that a chain has at most: a bundle holds 256 files, and these are some of them.
const MAX_CHAIN: usize = 128;

/// What a succession starts from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trusted {
    /// The trusted root.
    pub root: Root,
    /// Its `signed` part, as it stands.
    pub signed: Json,
    /// The first version that clients were shipped with.
    pub first: u64,
    /// Every root from `first` on by the name that clients ask for.
    pub roots: BTreeMap<String, Arc<[u8]>>,
    /// The published files of other roles, delegated ones too.
    pub predecessors: BTreeMap<MetadataName, Metadata>,
    /// The script's names of keys that the trusted root, or a delegation of these
    /// files, lists, with their objects.
    pub keys: BTreeMap<Id, (KeyId, Key)>,
    /// Keys that an earlier root lists and the trusted one does not.
    pub gone: Vec<PublicKey>,
}

impl Trusted {
    /// Whether the trusted root's role lists this public key, and under which ids.
    #[must_use]
    pub fn keyids_of(&self, role: RoleName, public: &PublicKey) -> Vec<KeyId> {
        keyids_of(&self.root, role, public)
    }

    /// What a published file of targets metadata delegates.
    #[must_use]
    pub fn delegations(&self, role: &MetadataName) -> Option<&Delegations> {
        delegations(self.predecessors.get(role)?)
    }

    /// The version of a role's file that the published snapshot lists; `None` where
    /// that snapshot is not known.
    #[must_use]
    pub fn listed(&self, role: &MetadataName) -> Option<Option<u64>> {
        match &self.predecessors.get(&MetadataName::SNAPSHOT)?.signed {
            Signed::Snapshot(snapshot) => Some(snapshot.meta.get(&role.entry()).map(|e| e.version)),
            _ => None,
        }
    }

    /// Whether the trusted root's role lists the key of this name.
    #[must_use]
    pub fn lists(&self, role: RoleName, key: &Id) -> bool {
        let listed = self.root.roles.get(&role).map(|r| r.keyids.as_slice());
        self.keys
            .get(key)
            .is_some_and(|(keyid, _)| listed.unwrap_or_default().contains(keyid))
    }
}

/// The keyids under which a role of a root lists a public key.
#[must_use]
pub fn keyids_of(root: &Root, role: RoleName, public: &PublicKey) -> Vec<KeyId> {
    let role = root.roles.get(&role);
    role.map(|r| r.keyids_of(&root.keys, public)).unwrap_or_default()
}

fn delegations(metadata: &Metadata) -> Option<&Delegations> {
    match &metadata.signed {
        Signed::Targets(targets) => targets.delegations.as_ref(),
        _ => None,
    }
}

/// The trusted files, or the faults that they have.
pub(super) fn read(script: &Script, files: &[InputFile], found: &mut Vec<Diagnostic>) -> Option<Trusted> {
    let succession = script.succession()?;
    let at = succession.at;
    let mut fault = |code: &'static str, message: String, help: &str| {
        found.push(Diagnostic::at(at, code, message, help));
    };
    let bytes_of = |file: &TrustFile| {
        let found = files.iter().find(|f| f.name == file.file)?;
        Some(found.bytes.clone())
    };
    let mut roots = BTreeMap::new();
    for file in &succession.roots {
        // Its absence, or its digest, is a fault already.
        let name = file.file.rsplit('/').next().unwrap_or_default();
        roots.insert(name.to_owned(), bytes_of(file)?);
    }
    let trusted = judge(succession, &roots, &mut fault)?;
    let last = roots.get(&file_name(RoleName::Root, succession.version))?;
    let signed = Metadata::parse(last).ok()?.signed_json;
    let mut predecessors = BTreeMap::new();
    let mut open = Vec::new();
    for (role, file) in &succession.predecessors {
        open.push((role, file, bytes_of(file)?));
    }
    // Who delegates is judged before those it delegates to: in rounds, for the
    // script lists them in any order.
    while !open.is_empty() {
        let now =
            |role: &MetadataName| role.top().is_some() || delegates(&predecessors, role).next().is_some();
        let (ready, rest): (Vec<_>, Vec<_>) = open.into_iter().partition(|(role, ..)| now(role));
        let stuck = ready.is_empty();
        for (role, file, bytes) in if stuck { &rest } else { &ready } {
            match predecessor(&trusted, &predecessors, role, file, bytes) {
                Ok(metadata) => {
                    predecessors.insert((*role).clone(), metadata);
                }
                Err(why) => fault(
                    "trust-predecessor",
                    format!("{}: {why}", file.file),
                    "name the newest file that clients are served now",
                ),
            }
        }
        open = if stuck { Vec::new() } else { rest };
    }
    // Each was judged by who was known then; a second role may delegate to it too.
    for (role, metadata) in predecessors.iter().filter(|(role, _)| role.top().is_none()) {
        if let Err(why) = vouched(&trusted, &predecessors, role, metadata) {
            let (code, help) = (
                "trust-predecessor",
                "name the newest files that clients are served now",
            );
            fault(code, format!("{}: {why}", role.entry()), help);
        }
    }
    for (role, by) in [
        (MetadataName::TARGETS, MetadataName::SNAPSHOT),
        (MetadataName::SNAPSHOT, MetadataName::TIMESTAMP),
    ] {
        if let Err(why) = newest(&predecessors, &role, &by) {
            let help = "name the newest file that clients are served now";
            fault("trust-predecessor", why, help);
        }
    }
    let gone = gone(&roots, &trusted);
    let mut keys: BTreeMap<Id, (KeyId, Key)> = BTreeMap::new();
    for named in &script.trusted_keys {
        let delegated = predecessors.values().filter_map(delegations);
        let mut delegated = delegated.filter_map(|d| d.keys.get(&named.keyid));
        let Some(key) = trusted.keys.get(&named.keyid).or_else(|| delegated.next()) else {
            fault(
                "trust-key-unknown",
                format!(
                    "the trusted root lists no key {} ({}), and no trusted delegation does",
                    named.keyid, named.id
                ),
                "copy the keyid from: tuf-ceremony tuf show",
            );
            continue;
        };
        if let Some((other, _)) = keys.iter().find(|(_, (id, _))| *id == named.keyid) {
            let message = format!("{other} and {} are one key of the trusted root", named.id);
            fault("trust-key-twice", message, "give each key one name");
        }
        keys.insert(named.id.clone(), (named.keyid, key.clone()));
    }
    Some(Trusted {
        root: trusted,
        signed,
        first: succession.first,
        roots,
        predecessors,
        keys,
        gone,
    })
}

fn judge(
    succession: &Succession,
    roots: &BTreeMap<String, Arc<[u8]>>,
    fault: &mut impl FnMut(&'static str, String, &str),
) -> Option<Root> {
    let help = "run: tuf-ceremony tuf verify-chain, and find out what is wrong with the chain";
    if roots.len() > MAX_CHAIN {
        let message = format!("the chain has {} roots, the limit is {MAX_CHAIN}", roots.len());
        fault("trust-chain", message, "begin with a later `first`");
        return None;
    }
    if let Some((name, bytes)) = roots.iter().find(|(_, bytes)| bytes.len() > MAX_ROOT) {
        let message = format!("{name} has {} bytes, the limit is {MAX_ROOT}", bytes.len());
        fault("trust-chain", message, help);
        return None;
    }
    let files: BTreeMap<String, Vec<u8>> = roots.iter().map(|(n, b)| (n.clone(), b.to_vec())).collect();
    let options = Options {
        mode: Mode::Strict,
        // Only the verdict's word for an expired chain depends on it.
        at: Instant::from_unix(0).ok()?,
        from: succession.first,
    };
    let report = chain::verify(&files, &options);
    if let Some(root) = report.trusted_root() {
        return Some(root.clone());
    }
    let defects = report
        .steps
        .iter()
        .flat_map(|step| step.defects.iter().map(move |d| (Some(step.version), d)))
        .chain(report.defects.iter().map(|d| (None, d)))
        .filter(|(_, d)| chain::refuses(d, Mode::Strict));
    let mut any = false;
    for (version, defect) in defects {
        any = true;
        let place = version.map(|v| format!("{v}.root.json: ")).unwrap_or_default();
        let message = format!("{place}{}: {}", defect.code, shown(&defect.text, 300));
        fault("trust-chain", message, help);
    }
    if !any {
        let message = "the chain does not give a trusted root".to_owned();
        fault("trust-chain", message, help);
    }
    None
}

/// The roles among published files that delegate to a role, with what they delegate.
fn delegates<'a>(
    files: &'a BTreeMap<MetadataName, Metadata>,
    role: &'a MetadataName,
) -> impl Iterator<Item = (&'a MetadataName, &'a Delegations)> {
    let each = files.iter().filter(move |(name, _)| *name != role);
    let each = each.filter_map(|(name, file)| Some((name, delegations(file)?)));
    each.filter(move |(_, d)| d.role(role.as_str()).is_some())
}

/// A published file: of its role, by its own name, signed as the trusted root, or
/// each role that delegates to it, demands.
fn predecessor(
    root: &Root,
    before: &BTreeMap<MetadataName, Metadata>,
    role: &MetadataName,
    file: &TrustFile,
    bytes: &[u8],
) -> Result<Metadata, String> {
    let limit = match role.kind() {
        RoleName::Root => MAX_ROOT,
        RoleName::Targets => MAX_TARGETS,
        RoleName::Snapshot => MAX_SNAPSHOT,
        RoleName::Timestamp => MAX_TIMESTAMP,
    };
    if bytes.len() > limit {
        return Err(format!("it has {} bytes, the limit is {limit}", bytes.len()));
    }
    let metadata = Metadata::parse(bytes).map_err(|e| e.to_string())?;
    if metadata.signed.role() != role.kind() {
        return Err(format!(
            "expected {} metadata, got {}",
            role.kind(),
            metadata.signed.role()
        ));
    }
    let proper = role.file(metadata.signed.version());
    if file.file.rsplit('/').next() != Some(&proper) {
        return Err(format!("by its content it is {proper}"));
    }
    vouched(root, before, role, &metadata)?;
    match before.get(&MetadataName::SNAPSHOT).map(|m| &m.signed) {
        // An older file would be succeeded by a version that is published already.
        Some(Signed::Snapshot(s)) if role.top().is_none() => match s.meta.get(&role.entry()) {
            Some(entry) if entry.version != metadata.signed.version() => {
                Err(format!("the published snapshot lists version {}", entry.version))
            }
            _ => Ok(metadata),
        },
        _ => Ok(metadata),
    }
}

/// An older file than is published would be succeeded by a version that clients have
/// seen already (TUF 5.5.5); one that is not published yet is the newest.
fn newest(
    files: &BTreeMap<MetadataName, Metadata>,
    role: &MetadataName,
    by: &MetadataName,
) -> Result<(), String> {
    let (Some(file), Some(above)) = (files.get(role), files.get(by)) else {
        return Ok(());
    };
    let listed = match &above.signed {
        Signed::Snapshot(s) => s.meta.get(&role.entry()).map(|e| e.version),
        Signed::Timestamp(t) => Some(t.snapshot.version),
        _ => None,
    };
    match listed.filter(|v| *v > file.signed.version()) {
        Some(listed) => Err(format!("the published {by} lists version {listed} of {role}")),
        None => Ok(()),
    }
}

/// Whether everybody who must sign a file has: the trusted root's keys, or those of
/// each role that delegates to it.
fn vouched(
    root: &Root,
    before: &BTreeMap<MetadataName, Metadata>,
    role: &MetadataName,
    metadata: &Metadata,
) -> Result<(), String> {
    let counted: Vec<(String, Meter)> = match role.top() {
        Some(top) => {
            let of = root.role(top).map_err(|e| e.to_string())?;
            vec![(
                "the trusted root's keys".to_owned(),
                counted(&root.keys, of, metadata),
            )]
        }
        // TUF 5.6.3: by the keys of the role that delegates.
        None => delegates(before, role)
            .filter_map(|(name, d)| {
                let count = counted(&d.keys, d.role(role.as_str())?, metadata);
                Some((format!("the keys that {name} lists"), count))
            })
            .collect(),
    };
    if counted.is_empty() {
        return Err("no trusted file delegates to it".to_owned());
    }
    if let Some((by, count)) = counted.iter().find(|(_, count)| !count.complete()) {
        let (have, need) = (count.distinct, count.threshold);
        return Err(format!("{have} of {need} signatures by {by}"));
    }
    Ok(())
}

fn counted(keys: &BTreeMap<KeyId, Key>, role: &crate::tuf::Role, metadata: &Metadata) -> Meter {
    let bytes = metadata.canonical();
    meter(keys, &role.keyids, role.threshold, &bytes, &metadata.signatures)
}

/// Keys that earlier roots trusted. They left for a reason, and do not come back.
fn gone(roots: &BTreeMap<String, Arc<[u8]>>, trusted: &Root) -> Vec<PublicKey> {
    let publics =
        |root: &Root| -> Vec<PublicKey> { root.keys.values().filter_map(|k| k.to_public().ok()).collect() };
    let now = publics(trusted);
    let mut gone = Vec::new();
    for bytes in roots.values() {
        let Ok(Metadata {
            signed: crate::tuf::Signed::Root(root),
            ..
        }) = Metadata::parse(bytes)
        else {
            continue;
        };
        gone.extend(publics(&root).into_iter().filter(|key| !now.contains(key)));
    }
    gone
}
