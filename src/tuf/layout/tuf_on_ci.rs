//! tuf-on-ci's tree (facts/tuf.md 1.1): one file a role under its bare name, all
//! roots in `root_history/`. Its tool compares and rewrites files byte for byte,
//! so every file keeps its bytes, placeholders of signatures too; snapshot and
//! timestamp belong to the online side and are only copied. Its own fields
//! (owners of keys, expiry and signing periods) are read and kept; what its tool
//! would stumble over is said, and never mended, because every mending changes
//! signed bytes.

use super::{Laid, NotLaidOut, Tree, refuse};
use crate::base::json::NotJson;
use crate::base::{Json, shown};

const OWNER: &str = "x-tuf-on-ci-keyowner";
const ONLINE: &str = "x-tuf-on-ci-online-uri";
const EXPIRY: &str = "x-tuf-on-ci-expiry-period";
const SIGNING: &str = "x-tuf-on-ci-signing-period";

/// The bytes that tuf-on-ci writes for a file: indent 1, sorted, ASCII, no final
/// newline. The signed part keeps its canonical bytes.
///
/// # Errors
/// [`NotJson`].
pub fn form(bytes: &[u8]) -> Result<Vec<u8>, NotJson> {
    Json::parse(bytes).map(|value| value.indented().into_bytes())
}

pub(super) fn lay(tree: &Tree) -> Result<Laid, NotLaidOut> {
    let (last, root) = tree.root()?;
    let mut laid = Laid::default();
    for ((role, version), bytes) in &tree.files {
        let newest = tree
            .newest()
            .get(role.as_str())
            .is_some_and(|(v, _)| v == version);
        if role == "root" {
            let name = format!("metadata/root_history/{version}.root.json");
            laid.files.insert(name, bytes.clone());
        }
        if newest {
            laid.files.insert(format!("metadata/{role}.json"), bytes.clone());
        } else if role != "root" {
            let role = shown(role, 80);
            laid.notes.push(format!(
                "left out: {role} {version}, an older one, which git keeps"
            ));
        }
    }
    if let Some(state) = &tree.state {
        laid.files
            .insert("metadata/.signing-event-state".to_owned(), state.clone());
    }
    let value = Json::parse(root).map_err(|e| refuse("LAYOUT_FILE", "root", e.to_string()))?;
    if form(root).ok().as_deref() != Some(root) {
        laid.notes.push(format!(
            "root {last}: not in tuf-on-ci's form; its tool will rewrite the file once it signs"
        ));
    }
    if let Some(signed) = value.get("signed") {
        judge(signed, &mut laid.notes);
    }
    for (role, (version, bytes)) in tree.newest() {
        let Ok(value) = Json::parse(bytes) else { continue };
        // `_signer_repository.py` reads both of every offline role.
        if !matches!(role, "snapshot" | "timestamp")
            && let Some(signed) = value.get("signed")
        {
            periods(signed, &format!("{} {version}", shown(role, 80)), &mut laid.notes);
        }
    }
    Ok(laid)
}

/// Owners of the root's keys and periods of the online roles.
fn judge(signed: &Json, notes: &mut Vec<String>) {
    let roles = signed.get("roles");
    let keys = signed.get("keys").and_then(Json::as_object);
    for name in ["snapshot", "timestamp"] {
        if let Some(role) = roles.and_then(|r| r.get(name)) {
            periods(role, &format!("root, roles.{name}"), notes);
        }
    }
    for (keyid, key) in keys.into_iter().flatten() {
        let offline = ["root", "targets"].iter().any(|name| lists(roles, name, keyid));
        let (field, known) = if offline {
            (OWNER, key.get(OWNER).and_then(Json::as_str))
        } else {
            (ONLINE, key.get(ONLINE).and_then(Json::as_str))
        };
        if known.is_none() {
            let keyid = shown(keyid, 80);
            notes.push(format!("key {keyid}: has no {field}; its tool cannot use it"));
        }
    }
}

fn lists(roles: Option<&Json>, name: &str, keyid: &str) -> bool {
    let role = roles.and_then(|r| r.get(name));
    let ids = role.and_then(|r| r.get("keyids")).and_then(Json::as_array);
    ids.is_some_and(|ids| ids.iter().any(|id| id.as_str() == Some(keyid)))
}

/// `_repository.py`: whole days, 1 <= signing < expiry.
fn periods(of: &Json, at: &str, notes: &mut Vec<String>) {
    let read = |name: &str| of.get(name).and_then(Json::as_int);
    // `get_online_config`: without a signing period, online roles take half the expiry.
    let half = read(EXPIRY)
        .filter(|_| of.get("keyids").is_some() && of.get(SIGNING).is_none())
        .and_then(|days| days.checked_div(2));
    match (read(SIGNING).or(half), read(EXPIRY)) {
        (Some(signing), Some(expiry)) if 1 <= signing && signing < expiry => {}
        (Some(signing), Some(expiry)) => notes.push(format!(
            "{at}: expected 1 <= signing period < expiry period, got {signing} and {expiry} days"
        )),
        _ => notes.push(format!(
            "{at}: has no {EXPIRY} and {SIGNING}; its tool cannot use it"
        )),
    }
}
