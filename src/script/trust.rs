//! `[trust]` and `[[change]]`: what a ceremony starts from and what it means to
//! change. Genesis and succession are two kinds of ceremony; neither is ever a
//! fallback of the other (DESIGN 2, law 7). Every file of the chain has its
//! digest in the approved bytes (docs/adr/0005-succession.md).

use super::reader::{Faults, Table};
use crate::base::{Digest, Id};
use crate::tuf::{KeyId, MetadataName, RoleName};

/// What must be trusted before anything starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trust {
    /// There is no earlier root.
    Genesis,
    /// There is one.
    Succession(Succession),
}

/// The trusted files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Succession {
    /// The version of the trusted root, from its file's name.
    pub version: u64,
    /// The first version that clients were shipped with.
    pub first: u64,
    /// Every root from `first` to `version`, in order.
    pub roots: Vec<TrustFile>,
    /// The published files of other roles, where they are known; of delegated
    /// roles too.
    pub predecessors: Vec<(MetadataName, TrustFile)>,
    /// The record of an earlier rehearsal, whose keys a rehearsal may enrol.
    pub record: Option<TrustFile>,
    /// Line and column in the script.
    pub at: (usize, usize),
}

/// A trusted file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustFile {
    /// Its path beside the script.
    pub file: String,
    /// SHA-256 of its bytes.
    pub sha256: Digest,
}

/// A key of the trusted root under a name of the script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TrustedKey {
    /// Its name in the script.
    pub id: Id,
    /// Its keyid in the trusted root.
    pub keyid: KeyId,
    /// Line and column in the script.
    pub at: (usize, usize),
}

/// One difference from the trusted root, as people approve it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSpec {
    /// What.
    pub what: Declared,
    /// Why, in words; always there for a revocation.
    pub reason: Option<String>,
    /// Line and column in the script.
    pub at: (usize, usize),
}

/// What a change does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Declared {
    /// The role gets a key.
    AddKey(RoleName, Id),
    /// The role loses a key, which may go on elsewhere.
    RemoveKey(RoleName, Id),
    /// The role loses a key, which nothing trusts any more.
    RevokeKey(RoleName, Id),
    /// The role gets another threshold.
    SetThreshold(RoleName, u32),
    /// The role lists the same public key under another keyid.
    ReKey(RoleName, Id),
    /// Nothing but version and expiry.
    Refresh,
}

impl Declared {
    /// The words of the script: `add-key root-d to root`.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Declared::AddKey(role, key) => format!("add-key {key} to {role}"),
            Declared::RemoveKey(role, key) => format!("remove-key {key} from {role}"),
            Declared::RevokeKey(role, key) => format!("revoke-key {key} of {role}"),
            Declared::SetThreshold(role, threshold) => format!("set-threshold of {role} to {threshold}"),
            Declared::ReKey(role, key) => format!("re-key {key} of {role}"),
            Declared::Refresh => "refresh".to_owned(),
        }
    }
}

/// The names of the published files, and the field that names each.
const PREDECESSORS: [(&str, RoleName); 3] = [
    ("targets", RoleName::Targets),
    ("snapshot", RoleName::Snapshot),
    ("timestamp", RoleName::Timestamp),
];

pub(super) fn read(trust: &mut Table, faults: &mut Faults) -> Option<Trust> {
    if !trust.has("root") {
        return trust.is_true(faults, "genesis").map(|()| Trust::Genesis);
    }
    let at = faults.place(&trust.span_of("root"));
    let root = file(trust, faults, "root", "`root`");
    let first = trust.number(faults, "first", 1..u32::MAX).map(u64::from);
    let mut predecessors = Vec::new();
    for (field, role) in PREDECESSORS {
        if trust.has(field)
            && let Some(found) = file(trust, faults, field, field)
        {
            predecessors.push((role.into(), found));
        }
    }
    delegated(trust, faults, &mut predecessors);
    let record = if trust.has("record") {
        Some(file(trust, faults, "record", "`record`")?)
    } else {
        None
    };
    let (root, first) = (root?, first?);
    let name = root.file.rsplit('/').next().unwrap_or_default();
    let Some(version) = crate::tuf::chain::version_of(name).filter(|v| *v >= first) else {
        faults.add(
            &trust.span_of("root"),
            "script-wrong-value",
            format!("`root` names {name}, expected N.root.json with N of at least `first`"),
            "name the newest root by its version, as clients ask for it",
        );
        return None;
    };
    // The trusted root does not vouch for the roots before it: who may choose these
    // could hide a client that the successor strands. So each has its digest here.
    let earlier = if version > first {
        trust.list(
            faults,
            "earlier",
            "a list of SHA-256 digests, of the roots before it from `first` on",
            |s| Digest::parse(s).ok(),
        )?
    } else {
        Vec::new()
    };
    let expected = version.saturating_sub(first);
    if u64::try_from(earlier.len()) != Ok(expected) {
        faults.add(
            &trust.span_of("earlier"),
            "script-wrong-value",
            format!("`earlier` has {} digests, expected {expected}", earlier.len()),
            "write one for each root from `first` to the one before the trusted root, in order",
        );
        return None;
    }
    let folder = root.file.strip_suffix(name).unwrap_or_default();
    let mut roots: Vec<TrustFile> = (first..version)
        .zip(earlier)
        .map(|(v, sha256)| TrustFile {
            file: format!("{folder}{v}.root.json"),
            sha256,
        })
        .collect();
    roots.push(root);
    Some(Trust::Succession(Succession {
        version,
        first,
        roots,
        predecessors,
        record,
        at,
    }))
}

/// `delegated`: published files of delegated roles. A file's name says whose it is,
/// as a root's says its version.
fn delegated(trust: &mut Table, faults: &mut Faults, out: &mut Vec<(MetadataName, TrustFile)>) {
    for mut inner in trust.tables(faults, "delegated", "`delegated`") {
        let span = inner.span_of("file");
        let Some(file) = fields(&mut inner, faults) else {
            continue;
        };
        let name = file.file.rsplit('/').next().unwrap_or_default();
        let named = MetadataName::of_file(name).map(|(role, _)| role);
        match named.filter(|role| role.delegated().is_some()) {
            Some(role) if out.iter().any(|(other, _)| *other == role) => faults.add(
                &span,
                "script-duplicate-id",
                format!("`delegated` names two files of {role}"),
                "name the newest one alone",
            ),
            Some(role) => out.push((role, file)),
            None => faults.add(
                &span,
                "script-wrong-value",
                format!("`delegated` names {name}, expected N.ROLE.json of a delegated role"),
                "name the file by its version and role, as clients ask for it",
            ),
        }
        inner.finish(faults);
    }
}

pub(super) fn file(
    table: &mut Table,
    faults: &mut Faults,
    field: &'static str,
    name: &'static str,
) -> Option<TrustFile> {
    let mut inner = table.table(faults, field, name)?;
    let file = fields(&mut inner, faults);
    inner.finish(faults);
    file
}

fn fields(inner: &mut Table, faults: &mut Faults) -> Option<TrustFile> {
    let file = inner.path(faults, "file");
    let sha256 = inner.digest(faults, "sha256");
    Some(TrustFile {
        file: file?,
        sha256: sha256?,
    })
}

/// The rest of a `[[key]]` that the trusted root lists.
pub(super) fn read_key(table: &mut Table, faults: &mut Faults, id: Id) -> Option<TrustedKey> {
    let at = faults.place(&table.span);
    let keyid = table.keyid(faults, "trusted")?;
    Some(TrustedKey { id, keyid, at })
}

pub(super) fn read_change(table: &mut Table, faults: &mut Faults) -> Option<ChangeSpec> {
    #[derive(Clone, Copy)]
    enum Word {
        Add,
        Remove,
        Revoke,
        Threshold,
        ReKey,
        Refresh,
    }
    let at = faults.place(&table.span);
    let word = table.word(
        faults,
        "do",
        &[
            ("add-key", Word::Add),
            ("remove-key", Word::Remove),
            ("revoke-key", Word::Revoke),
            ("set-threshold", Word::Threshold),
            ("re-key", Word::ReKey),
            ("refresh", Word::Refresh),
        ],
    )?;
    // Somebody will ask why, when those who knew are gone.
    let reason = if table.has("reason") || matches!(word, Word::Revoke) {
        Some(table.line(faults, "reason")?)
    } else {
        None
    };
    let what = match word {
        Word::Refresh => Declared::Refresh,
        Word::Threshold => {
            let (role, threshold) = (
                table.word(faults, "role", super::verb::METADATA),
                table.number(faults, "threshold", 1..1025),
            );
            Declared::SetThreshold(role?, threshold?)
        }
        _ => {
            let (role, key) = (
                table.word(faults, "role", super::verb::METADATA),
                table.id(faults, "key"),
            );
            match word {
                Word::Add => Declared::AddKey(role?, key?),
                Word::Remove => Declared::RemoveKey(role?, key?),
                Word::Revoke => Declared::RevokeKey(role?, key?),
                _ => Declared::ReKey(role?, key?),
            }
        }
    };
    Some(ChangeSpec { what, reason, at })
}
