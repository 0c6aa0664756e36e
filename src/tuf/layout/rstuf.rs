//! What Repository Service for TUF takes (its API's `POST /bootstrap`,
//! `/metadata`, `/metadata/sign`, and the files of `rstuf admin --in`; facts/
//! tuf.md 1.2): the root inside `{"metadata":{"root":..}}`, one signature a
//! call. A signature that its key denies does not leave. How long the online side's own
//! files live is no business of a ceremony: that object comes in whole, is
//! checked for its shape, and goes out as it came.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::{Laid, NotLaidOut, Tree, merge, message, refuse, with_signatures};
use crate::base::{Json, shown};
use crate::tuf::key::{Key, KeyId};

/// Seconds that the command line waits for the bootstrap: its own default.
const TIMEOUT: i64 = 300;

/// The `metadata` object of a payload, of `rstuf admin metadata sign --in` too.
pub(super) fn metadata(value: &Json) -> Option<&Json> {
    let inner = value.get("data").unwrap_or(value).get("metadata")?;
    inner.get("root").map(|_| inner)
}

pub(super) fn lay(tree: &Tree, settings: Option<&Json>) -> Result<Laid, NotLaidOut> {
    let (version, bytes) = tree.root()?;
    let read = |bytes: &[u8]| Json::parse(bytes).map_err(|e| refuse("LAYOUT_FILE", "root", e.to_string()));
    let root = read(bytes)?;
    let before = version.checked_sub(1).map(|v| ("root".to_owned(), v));
    let trusted = before
        .and_then(|key| tree.files.get(&key))
        .map(|b| read(b))
        .transpose()?;
    let mut laid = Laid::default();
    let root = signatures(&root, trusted.as_ref(), &mut laid);
    let inside = |root: &Json| Json::object([("root", root.clone())]);
    if version == 1 {
        let settings = settings.ok_or_else(|| {
            let why = "expected RSTUF's settings object: a first root is a bootstrap";
            refuse("LAYOUT_SETTINGS", "settings", why)
        })?;
        check(settings)?;
        let payload = Json::object([
            ("settings", settings.clone()),
            ("metadata", inside(&root)),
            ("timeout", Json::Int(TIMEOUT)),
        ]);
        put(&mut laid, "bootstrap.json", &payload);
    } else if settings.is_some() {
        let why = "expected settings with a first root alone";
        return Err(refuse("LAYOUT_SETTINGS", "settings", why));
    } else {
        put(
            &mut laid,
            "update.json",
            &Json::object([("metadata", inside(&root))]),
        );
    }
    let mut both = BTreeMap::from([("root".to_owned(), root.clone())]);
    both.extend(
        trusted
            .clone()
            .map(|trusted| ("trusted_root".to_owned(), trusted)),
    );
    let pending = Json::object([("data", Json::object([("metadata", Json::Object(both))]))]);
    put(&mut laid, "sign-input.json", &pending);
    keyids(&root, &mut laid.notes);
    for name in tree.newest().keys().filter(|name| **name != "root") {
        let name = shown(name, 80);
        laid.notes
            .push(format!("not copied: {name}; RSTUF signs it by itself"));
    }
    Ok(laid)
}

fn put(laid: &mut Laid, name: &str, payload: &Json) {
    laid.files
        .insert(name.to_owned(), payload.indented().into_bytes());
}

/// `SignPayload`: one file for each signature that verifies. The root again, without
/// placeholders and without what its key denies; where RSTUF gave a key an id that is
/// not its own, nothing can be said here, and the signature stays.
fn signatures(root: &Json, trusted: Option<&Json>, laid: &mut Laid) -> Json {
    let bytes = message(root);
    let keys = merge::signers(root, trusted);
    let mut kept = Vec::new();
    for item in root
        .get("signatures")
        .and_then(Json::as_array)
        .unwrap_or_default()
    {
        let text = |name: &str| item.get(name).and_then(Json::as_str).unwrap_or_default();
        let (keyid, sig) = (text("keyid"), text("sig"));
        if sig.is_empty() {
            continue;
        }
        let raw = HEXLOWER.decode(sig.as_bytes()).ok();
        let key = KeyId::parse(keyid, "").ok().and_then(|id| keys.get(&id));
        match key.map(|key| raw.is_some_and(|raw| key.verifies(&bytes, &raw))) {
            Some(true) => {
                let signature = Json::object([("keyid", keyid.into()), ("sig", sig.into())]);
                let payload = Json::object([("role", "root".into()), ("signature", signature)]);
                put(laid, &format!("sign-{keyid}.json"), &payload);
            }
            Some(false) => {
                let keyid = shown(keyid, 80);
                laid.notes
                    .push(format!("signature by {keyid}: does not verify, left out"));
                continue;
            }
            None => {
                let keyid = shown(keyid, 80);
                laid.notes.push(format!(
                    "signature by {keyid}: no key of that id to judge it by; kept"
                ));
            }
        }
        kept.push(item.clone());
    }
    with_signatures(root, kept)
}

/// facts/tuf.md 1.2: RSTUF adds members to keys and leaves the three-field id,
/// which tough refuses.
fn keyids(root: &Json, notes: &mut Vec<String>) {
    let keys = root
        .get("signed")
        .and_then(|s| s.get("keys"))
        .and_then(Json::as_object);
    for (id, value) in keys.into_iter().flatten() {
        let Ok(key) = Key::from_json(value, "key") else {
            continue;
        };
        if key.keyid().to_string() != *id {
            let rule = KeyId::parse(id, "").map_or("", |foreign| key.foreign_rule(foreign));
            let id = shown(id, 80);
            notes.push(format!("key {id}: its id is {}{rule}", key.keyid()));
        }
    }
}

/// `Settings`: days for each role, and either hash bins or delegations.
fn check(settings: &Json) -> Result<(), NotLaidOut> {
    let bad = |why: String| refuse("LAYOUT_SETTINGS", "settings", why);
    let roles = settings
        .as_object()
        .filter(|map| map.len() == 1)
        .and_then(|map| map.get("roles"))
        .and_then(Json::as_object)
        .ok_or_else(|| bad("expected one member, roles".to_owned()))?;
    for name in ["root", "timestamp", "snapshot", "targets"] {
        let days = roles
            .get(name)
            .and_then(|r| r.get("expiration"))
            .and_then(Json::as_int);
        if days.is_none_or(|days| days < 1) {
            return Err(bad(format!("roles.{name}.expiration: expected days, at least 1")));
        }
    }
    if let Some(name) = roles.keys().find(|name| {
        !["root", "timestamp", "snapshot", "targets", "bins", "delegations"].contains(&name.as_str())
    }) {
        return Err(bad(format!("roles: expected no {}", shown(name, 40))));
    }
    match (roles.get("bins"), roles.get("delegations")) {
        (Some(bins), None) => {
            let days = bins.get("expiration").and_then(Json::as_int);
            let count = bins.get("number_of_delegated_bins").and_then(Json::as_int);
            // The API's bounds: more than 1, fewer than 16,385, a power of two (TAP 15).
            let fits = |n: i64| (2..=16_384).contains(&n) && n.count_ones() == 1;
            if days.is_some_and(|d| d >= 1) && count.is_some_and(fits) {
                Ok(())
            } else {
                Err(bad("roles.bins: expected expiration in days and number_of_delegated_bins, a power of two to 16384".to_owned()))
            }
        }
        (None, Some(_)) => Ok(()),
        _ => Err(bad("expected either roles.bins or roles.delegations".to_owned())),
    }
}
