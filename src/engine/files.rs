//! What the record makes: payloads, metadata files, the list of what leaves on
//! media. Everything here follows from plan and state alone, so the auditor's
//! machine makes the same bytes.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::effect::What;
use super::input::FileRef;
use super::state::{KeyState, State};
use super::{below_root, succession};
use crate::base::{Id, Instant, Payload, PublicKey, Purpose};
use crate::plan::Plan;
use crate::script::Expires;
use crate::transcript::{Checkpoint, proof};
use crate::tuf::{Draft, Key, KeyId, MetadataName, Meter, Role, RoleName, RootInputs, Signature, compose};

/// The public keys of a role, as the script's result names them. A key that
/// does not exist yet is left out.
#[must_use]
pub fn keys_of(plan: &Plan, state: &State, role: &MetadataName) -> Vec<PublicKey> {
    plan.result(role)
        .map(|result| {
            result
                .keys
                .iter()
                .filter_map(|id| public_of(plan, state, id))
                .collect()
        })
        .unwrap_or_default()
}

pub(super) fn public_of(plan: &Plan, state: &State, id: &Id) -> Option<PublicKey> {
    state
        .keys
        .get(id)
        .map(|k| k.public.clone())
        .or_else(|| plan.external().get(id).cloned())
}

/// Who has signed a file, who is missing, how many more: by distinct public keys.
#[must_use]
pub fn meter(plan: &Plan, state: &State, role: &MetadataName) -> Option<Meter> {
    let file = state.files.get(role)?;
    let (keys, of) = signers(plan, state, role)?;
    Some(crate::tuf::meter(
        &keys,
        &of.keyids,
        of.threshold,
        &file.draft.canonical,
        &signatures(state, role),
    ))
}

/// Whose signatures count for a file: as root says, which is composed first, or stays,
/// and names keys and thresholds of every role; of a delegated one, as the role says
/// that delegates to it. The plan has seen that all who delegate say the same.
pub(super) fn signers(
    plan: &Plan,
    state: &State,
    role: &MetadataName,
) -> Option<(BTreeMap<KeyId, Key>, Role)> {
    match role.top() {
        Some(top) => {
            let mut root = succession::judging(plan, state)?;
            let of = root.roles.remove(&top)?;
            Some((root.keys, of))
        }
        None => {
            let (_, delegations) = below_root::delegators(plan, state, role).into_iter().next()?;
            let of = delegations.role(role.as_str())?.clone();
            Some((delegations.keys, of))
        }
    }
}

pub(super) fn signatures(state: &State, role: &MetadataName) -> Vec<Signature> {
    state
        .files
        .get(role)
        .map(|file| {
            file.signatures
                .iter()
                .filter_map(|(keyid, sig)| {
                    Some(Signature {
                        keyid: KeyId::parse(keyid, "record").ok()?,
                        sig: HEXLOWER.decode(sig.as_bytes()).ok()?,
                    })
                })
                .collect()
        })
        .unwrap_or_default()
}

/// The finished metadata files by their names in consistent snapshots: exactly
/// the bytes that leave.
#[must_use]
pub fn metadata_files(state: &State) -> BTreeMap<String, Vec<u8>> {
    state
        .files
        .iter()
        .map(|(role, file)| {
            let signed: Vec<(KeyId, Vec<u8>)> = signatures(state, role)
                .into_iter()
                .map(|s| (s.keyid, s.sig))
                .collect();
            (file.draft.file_name(), file.draft.assemble(&signed))
        })
        .collect()
}

/// The payload that a signing effect is about, minted anew from the state. Whatever
/// asks for a signature gets the bytes here and nowhere else: an audit key gets no
/// metadata, and a key of TUF no checkpoint (DESIGN 5).
#[must_use]
pub fn payload(plan: &Plan, state: &State, what: &What) -> Option<Payload> {
    let What::Sign {
        key,
        purpose,
        payload: digest,
        ..
    } = what
    else {
        return None;
    };
    let payload = match purpose {
        Purpose::ProofOfPossession => challenge(state, key, state.keys.get(key)?),
        Purpose::Checkpoint => {
            let signing = state.countersigning.as_ref();
            let ours = signing.and_then(|c| c.now.as_ref()) == Some(key) && plan.attester(key).is_some();
            countersigned(state).filter(|_| ours)?
        }
        Purpose::TufMetadata if plan.attester(key).is_some() => return None,
        Purpose::TufMetadata => state
            .files
            .values()
            .map(|file| file.draft.payload())
            .find(|p| p.digest() == *digest)?,
    };
    (payload.digest() == *digest).then_some(payload)
}

/// The head that a `countersign` step is about, as the bytes that seats sign.
pub(super) fn countersigned(state: &State) -> Option<Payload> {
    let head = state.countersigning.as_ref()?.head;
    let checkpoint = Checkpoint::new(&state.origin, head.size, head.root).ok()?;
    Some(checkpoint.payload())
}

pub(super) fn challenge(state: &State, name: &Id, key: &KeyState) -> Payload {
    proof::challenge(&state.ceremony, &key.operation, name, &key.public)
}

/// The payload of one metadata file; the reason, in words, when there is none.
pub(super) fn compose(plan: &Plan, state: &State, role: &MetadataName) -> Result<Draft, String> {
    let (version, expires) = plan
        .made_here(role)
        .ok_or_else(|| format!("the script says that {} is made elsewhere", role.as_str()))?;
    let now = state.clock.ok_or("the clock was not confirmed")?.machine;
    succession::good(plan, now)?;
    let expires = expiry(expires, now)?;
    if *role != RoleName::Root {
        return below_root::compose(plan, state, role, version, expires, now);
    }
    if let Some(trusted) = plan.trusted() {
        return succession::root(plan, state, trusted, version, expires, now);
    }
    let mut roles = BTreeMap::new();
    for result in &plan.script().results {
        let Some(top) = result.metadata.top() else {
            continue; // root names the four alone (TUF 4.3)
        };
        let keys = keys_of(plan, state, &result.metadata);
        if keys.len() != result.keys.len() {
            return Err(format!("a key of {top} does not exist"));
        }
        roles.insert(top, (u64::from(result.threshold), keys));
    }
    let inputs = RootInputs {
        version,
        expires,
        roles,
    };
    compose::root(&inputs, now).map_err(|e| e.to_string())
}

fn expiry(expires: &Expires, now: Instant) -> Result<Instant, String> {
    match expires {
        Expires::At(instant) => Ok(*instant),
        Expires::InDays(days) => now
            .plus_days(*days)
            .ok_or_else(|| "the expiry leaves the calendar".to_owned()),
    }
}

/// What the export writes: path in the bundle, and bytes where the record makes
/// them. `None` is the second verifier, whose bytes the program brings.
#[must_use]
pub fn export_contents(plan: &Plan, state: &State) -> BTreeMap<String, Option<Vec<u8>>> {
    let mut out: BTreeMap<String, Option<Vec<u8>>> = BTreeMap::new();
    for (name, bytes) in metadata_files(state) {
        out.insert(format!("metadata/{name}"), Some(bytes));
    }
    for (id, key) in &state.keys {
        out.insert(
            format!("keys/{id}.pub.pem"),
            Some(key.public.to_pem().into_bytes()),
        );
    }
    for (id, key) in plan.external() {
        out.insert(format!("keys/{id}.pub.pem"), Some(key.to_pem().into_bytes()));
    }
    for file in plan.files() {
        out.insert(format!("blobs/{}", file.sha256), Some(file.bytes.to_vec()));
    }
    out.insert(
        "script.toml".to_owned(),
        Some(plan.script().text.as_bytes().to_vec()),
    );
    if let Some(note) = plan.approvals() {
        out.insert(super::APPROVALS.to_owned(), Some(note.to_vec()));
    }
    out.insert("verify.py".to_owned(), None);
    out
}

/// The export as references, in the order of their paths.
pub(super) fn export_list(plan: &Plan, state: &State) -> Vec<FileRef> {
    export_contents(plan, state)
        .into_iter()
        .filter_map(|(path, bytes)| match bytes {
            Some(bytes) => Some(FileRef::of(&path, &bytes)),
            None => state.verifier.as_ref().map(|v| FileRef {
                path,
                sha256: v.sha256,
                len: v.len,
            }),
        })
        .collect()
}
