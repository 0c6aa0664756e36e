//! Edits of metadata: named operations on a file give the next version as an
//! unsigned draft, with its review. Nothing here signs. Whatever no operation
//! names stays as it stood, unknown fields and odd key objects included, because
//! clients canonicalise all of it (facts/tuf.md 2.6); what comes out has passed
//! the producer rules, our own parser and the models of the profile's clients.

mod life;
mod online;
mod policy;
mod refused;
mod report;
mod root;
mod targets;
mod words;

use std::collections::BTreeMap;

pub use life::Voided;
pub use refused::{CODES, Class, NotEdited};
pub use report::Edited;
pub use words::parse;

use super::bins::Style;
use super::clients::{Profile, Verdict, lint_file};
use super::compare::compare;
use super::compose::{Draft, Form, NotComposed};
use super::delegations::{DelegatedName, Scope};
use super::diff::review;
use super::import::read_public;
use super::manifest::Others;
use super::metadata::{Metadata, Signed};
use super::role::RoleName;
use crate::base::{Instant, PublicKey};

/// For how many signatures a draft must have room below the clients' limit.
const ROOM: usize = 8;

/// One change to metadata.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Operation {
    /// A role gets a key.
    AddKey {
        /// The role.
        role: RoleName,
        /// The key.
        key: KeyRef,
    },
    /// A role loses a key.
    RemoveKey {
        /// The role.
        role: RoleName,
        /// At least the first 8 characters of its keyid.
        keyid: String,
        /// Why, when the key is revoked: shown with the review, never written.
        reason: Option<String>,
    },
    /// How many keys of a role must sign.
    SetThreshold {
        /// The role.
        role: RoleName,
        /// At least 1.
        threshold: u64,
    },
    /// The same public key as the object that we write, hence under another keyid.
    ReKey {
        /// At least the first 8 characters of its keyid.
        keyid: String,
    },
    /// A new expiry.
    SetExpires(Instant),
    /// An expiry in whole days from the instant of the edit.
    ExpiresIn(u32),
    /// Nothing but the next version.
    BumpVersion,
    /// A new target file.
    AddTarget(Target),
    /// Another content of a target file; `custom` and unknown fields stay.
    ChangeTarget(Target),
    /// A target file goes.
    RemoveTarget {
        /// Its path.
        path: String,
    },
    /// Target files as a hash manifest measured them.
    FromManifest {
        /// The name under which [`Request::files`] has its bytes.
        file: String,
        /// What becomes of the files that it does not name.
        others: Others,
    },
    /// One more delegated role, the last in order.
    AddRole {
        /// Its name.
        name: DelegatedName,
        /// At least 1.
        threshold: u64,
        /// Whether the search ends with it.
        terminating: bool,
        /// What it may sign for.
        scope: Scope,
        /// Its keys.
        keys: Vec<KeyRef>,
    },
    /// Delegates no more.
    RemoveRole {
        /// The role.
        name: String,
    },
    /// A delegated role gets a key.
    DelegationKey {
        /// The role.
        name: String,
        /// The key.
        key: KeyRef,
    },
    /// A delegated role loses a key.
    DropDelegationKey {
        /// The role.
        name: String,
        /// At least the first 8 characters of its keyid.
        keyid: String,
    },
    /// How many keys of a delegated role must sign.
    DelegationThreshold {
        /// The role.
        name: String,
        /// At least 1.
        threshold: u64,
    },
    /// Whether the search ends with a delegated role.
    DelegationTerminating {
        /// The role.
        name: String,
        /// The new value.
        terminating: bool,
    },
    /// What a delegated role may sign for, as a whole.
    DelegationPaths {
        /// The role.
        name: String,
        /// The new scope.
        scope: Scope,
    },
    /// Another order of delegated roles, which is their priority.
    DelegationOrder {
        /// Every role once.
        names: Vec<String>,
    },
    /// A set of hash bins instead of whatever is delegated.
    Bins {
        /// 1 to 16: there are 2^bits bins.
        bits: u8,
        /// How the set is written down.
        style: Style,
        /// At least 1.
        threshold: u64,
        /// The keys of every bin.
        keys: Vec<KeyRef>,
    },
    /// The version of a metadata file that snapshot or timestamp names.
    SetMeta {
        /// Its name without version: `targets.json`.
        file: String,
        /// One later than the trusted one.
        version: u64,
    },
}

/// Which key is added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyRef {
    /// A key that another role has, by at least the first 8 characters of its keyid.
    Known(String),
    /// The public key in a file, by the name under which [`Request::files`] has its bytes.
    File(String),
}

/// A target file (TUF 4.5).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Relative, without `..`.
    pub path: String,
    /// In bytes.
    pub length: u64,
    /// Lowercase hexadecimal digests by algorithm.
    pub hashes: BTreeMap<String, String>,
}

/// What an edit starts from.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The file: the last trusted version, or a draft that follows `from`.
    pub file: &'a [u8],
    /// The last trusted version, when the file is a draft.
    pub from: Option<&'a [u8]>,
    /// In this order.
    pub operations: &'a [Operation],
    /// The bytes of the key files and manifests that the operations name.
    pub files: &'a BTreeMap<String, Vec<u8>>,
    /// The delegated role whose file it is; `None` for the four top-level roles.
    pub name: Option<&'a DelegatedName>,
    /// The targets metadata that delegates to it, if that is at hand.
    pub parent: Option<&'a [u8]>,
    /// The instant of the edit: expiry is judged and counted from it.
    pub at: Instant,
    /// How many signatures the caller knows to be voided.
    pub void: Option<usize>,
    /// Whose clients must be able to read the draft.
    pub profile: &'a Profile,
}

/// The files that hold keys to be added.
#[must_use]
pub fn key_files(operations: &[Operation]) -> Vec<&str> {
    let mut files = Vec::new();
    for operation in operations {
        let keys = match operation {
            Operation::AddKey { key, .. } | Operation::DelegationKey { key, .. } => std::slice::from_ref(key),
            Operation::AddRole { keys, .. } | Operation::Bins { keys, .. } => keys.as_slice(),
            _ => &[],
        };
        files.extend(keys.iter().filter_map(|key| match key {
            KeyRef::File(name) => Some(name.as_str()),
            KeyRef::Known(_) => None,
        }));
    }
    files
}

/// The hash manifests that the operations name.
#[must_use]
pub fn manifests(operations: &[Operation]) -> Vec<&str> {
    let found = operations.iter().filter_map(|operation| match operation {
        Operation::FromManifest { file, .. } => Some(file.as_str()),
        _ => None,
    });
    found.collect()
}

/// Applies the operations in their order and judges what comes out.
///
/// # Errors
/// [`NotEdited`] with a stable code: the input is not what an edit starts from,
/// an operation does not fit it, the draft breaks a rule, or signatures would be
/// voided that the caller has not counted. In this order.
pub fn edit(request: &Request<'_>) -> Result<Edited, NotEdited> {
    let file = Metadata::parse(request.file).map_err(|e| NotEdited::of_refused("FILE", &e))?;
    let from = match request.from {
        Some(bytes) => Some(Metadata::parse(bytes).map_err(|e| NotEdited::of_refused("OLD", &e))?),
        None => None,
    };
    let life = life::of(&file, from.as_ref())?;
    let mut signed = file.signed.clone();
    let mut done = Vec::with_capacity(request.operations.len());
    let mut changes = Changes::default();
    for operation in request.operations {
        done.push(apply(&mut signed, operation, request, &mut changes)?);
    }
    let mut notes = life.notes.clone();
    let mut form = Form::default();
    match &mut signed {
        Signed::Root(root) => root::finish(root, request, &mut notes)?,
        Signed::Targets(targets) => {
            form = changes.targets.form(targets, request.file);
            changes.targets.finish(targets, request, form, &mut notes)?;
        }
        Signed::Snapshot(_) | Signed::Timestamp(_) => {
            changes.online.finish(&mut signed, from.as_ref(), request)?;
        }
    }
    common(&mut signed).version = life.version;
    // TUF 5.3.10: a client refuses what expires at or before its start time.
    let expires = signed.expires();
    if expires <= request.at {
        let now = request.at;
        return Err(NotComposed::Expired { now, expires }.into());
    }
    let draft = Draft::of(signed.to_json())?.in_form(form);
    let draft = targets::named(draft, request.name)?;
    draft.check_size(ROOM).map_err(NotComposed::from)?;
    // `bump-version` alone changes the version of a finished file, and nothing of a draft.
    if draft.canonical.as_ref() == file.canonical() {
        return Err(NotEdited::new(
            "NOTHING_CHANGED",
            "the draft has the same bytes as FILE",
        ));
    }
    let bytes = draft.assemble(&[]);
    readable(&draft, &bytes, request.profile)?;
    life.check_void(request.void)?;
    let trusted = if life.keeps_version {
        request.from
    } else {
        Some(request.file)
    };
    let comparison = match trusted {
        Some(trusted) => {
            Some(compare(trusted, &bytes).map_err(|(which, e)| NotEdited::of_refused(which, &e))?)
        }
        None => None,
    };
    Ok(Edited {
        review: if comparison.is_none() {
            review(&draft.signed, None)
        } else {
            Vec::new()
        },
        file_version: file.signed.version(),
        signatures: file.signatures.iter().filter(|s| !s.sig.is_empty()).count(),
        keeps_version: life.keeps_version,
        voided: life.voided,
        policy: policy::findings(&signed, request.name, request.profile, request.at),
        at: request.at,
        profile: request.profile.name,
        draft,
        bytes,
        done,
        notes,
        comparison,
    })
}

/// What operations ask for that is made at once, when all of them are read.
#[derive(Debug, Default)]
struct Changes {
    targets: targets::Changes,
    online: online::Changes,
}

/// The public key of a key file. The one place that knows what such a file may hold.
fn read_key(bytes: &[u8], name: &str) -> Result<PublicKey, NotEdited> {
    let unread = |why: &str| NotEdited::new("KEY_FILE", format!("{}: {why}", crate::base::shown(name, 200)));
    let (_, key) = read_public(bytes, None).map_err(|e| unread(&e.to_string()))?;
    key.check_sound()
        .map_err(|e| NotEdited::new("KEY_WEAK", format!("{}: {e}", crate::base::shown(name, 200))))?;
    Ok(key)
}

/// Applies one operation, or keeps it for the end; says what it does.
fn apply(
    signed: &mut Signed,
    operation: &Operation,
    request: &Request<'_>,
    changes: &mut Changes,
) -> Result<String, NotEdited> {
    match (operation, &mut *signed) {
        (Operation::SetExpires(instant), _) => set_expires(signed, *instant),
        (Operation::ExpiresIn(days), _) => {
            let instant = request.at.plus_days(*days).ok_or_else(|| {
                NotEdited::new("DAYS", format!("{days} days after {} is no date", request.at))
            })?;
            set_expires(signed, instant)
        }
        (Operation::BumpVersion, _) => Ok("bump-version".to_owned()),
        (
            Operation::AddKey { .. }
            | Operation::RemoveKey { .. }
            | Operation::SetThreshold { .. }
            | Operation::ReKey { .. },
            Signed::Root(root),
        ) => root::apply(root, operation, request),
        (
            Operation::AddKey { .. }
            | Operation::RemoveKey { .. }
            | Operation::SetThreshold { .. }
            | Operation::ReKey { .. },
            other,
        ) => Err(other_role("root", other)),
        (Operation::SetMeta { .. }, Signed::Snapshot(_) | Signed::Timestamp(_)) => {
            changes.online.take(operation)
        }
        (Operation::SetMeta { .. }, other) => Err(other_role("snapshot or timestamp", other)),
        (_, Signed::Targets(targets)) => changes.targets.take(targets, operation, request),
        (_, other) => Err(other_role("targets", other)),
    }
}

fn other_role(expected: &str, got: &Signed) -> NotEdited {
    let why = format!(
        "expected {expected} metadata for this operation, got {}",
        got.role()
    );
    NotEdited::new("OTHER_ROLE", why)
}

fn set_expires(signed: &mut Signed, instant: Instant) -> Result<String, NotEdited> {
    let was = std::mem::replace(&mut common(signed).expires, instant);
    if was == instant {
        return Err(NotEdited::new(
            "NOTHING_CHANGED",
            format!("it expires at {was} already"),
        ));
    }
    let days = instant.since(was).div_euclid(86_400);
    Ok(format!(
        "set-expires {was} -> {instant}, a {} ({days:+} days)",
        instant.weekday()
    ))
}

fn common(signed: &mut Signed) -> &mut super::metadata::Common {
    match signed {
        Signed::Root(root) => &mut root.common,
        Signed::Targets(targets) => &mut targets.common,
        Signed::Snapshot(snapshot) => &mut snapshot.common,
        Signed::Timestamp(timestamp) => &mut timestamp.common,
    }
}

/// facts/tuf.md 2.7: a version that some client cannot read blocks it for ever.
/// The signatures are not there yet: a threshold that is not reached is no fault here.
fn readable(draft: &Draft, bytes: &[u8], profile: &Profile) -> Result<(), NotEdited> {
    for client in profile.clients {
        let why = match lint_file(*client, draft.role.as_str(), bytes) {
            Verdict::Accepts => continue,
            Verdict::Refuses(r) if r.code == "SIGNATURES" => continue,
            verdict => verdict,
        };
        let name = profile.name;
        return Err(NotEdited::new(
            "CLIENT_REFUSES",
            format!(
                "{client} {}, which the profile {name} names: {why}",
                client.version()
            ),
        ));
    }
    Ok(())
}
