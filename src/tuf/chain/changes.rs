//! What changed from one root to the next, by content: a key is its public
//! key, whatever keyid or spelling it has (facts/tuf.md 5.3). So a re-key is
//! seen as one, and other content under a known keyid is not missed.

use std::collections::BTreeMap;

use super::found::Found;
use crate::base::{Digest, Json, shown};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::role::{Role, RoleName};

/// One change; what it is about depends on `what`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// `expires`, `spec-version`, `consistent-snapshot`, `threshold`, `key-added`,
    /// `key-removed`, `re-keyed`, `content-changed`, `key-order` or `field`.
    pub what: &'static str,
    /// The role, or the path of the field; safe to show.
    pub at: String,
    /// The key's id in the new root, or in the old one if it is gone.
    pub keyid: Option<KeyId>,
    /// SHA-256 of its SubjectPublicKeyInfo, if it is of a kind that we use.
    pub fingerprint: Option<Digest>,
    /// Before; safe to show.
    pub was: Option<String>,
    /// Now; safe to show.
    pub now: Option<String>,
}

impl Change {
    fn of(what: &'static str, at: impl Into<String>, was: Option<String>, now: Option<String>) -> Change {
        Change {
            what,
            at: at.into(),
            keyid: None,
            fingerprint: None,
            was,
            now,
        }
    }

    fn key(what: &'static str, role: RoleName, keyid: KeyId, root: &Found) -> Change {
        Change {
            keyid: Some(keyid),
            fingerprint: root.publics.get(&keyid).map(crate::base::PublicKey::fingerprint),
            ..Change::of(what, role.as_str(), None, None)
        }
    }

    /// One line of text.
    #[must_use]
    pub fn line(&self) -> String {
        let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "nothing".to_owned());
        let (was, now) = (value(&self.was), value(&self.now));
        let key = match (self.keyid, self.fingerprint) {
            (Some(id), Some(print)) => format!("keyid {id}, fingerprint {print}"),
            (Some(id), None) => format!("keyid {id}, NOT USABLE"),
            _ => String::new(),
        };
        let at = &self.at;
        match self.what {
            "key-added" => format!("{at}: key ADDED: {key}"),
            "key-removed" => format!("{at}: key REMOVED: {key}"),
            "re-keyed" => format!("{at}: RE-KEYED, the same public key: {key}; was keyid {was}; {now}"),
            "content-changed" => format!("{at}: CONTENT CHANGED under the same keyid: {key}; {now}"),
            "key-order" => format!("{at}: the same keys in another order"),
            "threshold" => format!("{at}: threshold {was} -> {now}"),
            _ => format!("{at}: {was} -> {now}"),
        }
    }

    /// The JSON of one change.
    #[must_use]
    pub fn json(&self) -> Json {
        let text = |v: Option<String>| v.map_or(Json::Null, Json::Str);
        Json::object([
            ("what", self.what.into()),
            ("at", self.at.as_str().into()),
            ("keyid", text(self.keyid.map(|id| id.to_string()))),
            ("fingerprint", text(self.fingerprint.map(|d| d.hex()))),
            ("was", text(self.was.clone())),
            ("now", text(self.now.clone())),
        ])
    }
}

/// Every change from `old` to `new` but the version.
pub(in crate::tuf) fn between(old: &Found, new: &Found) -> Vec<Change> {
    let mut out = Vec::new();
    let mut plain = |what, at: &str, was: Option<String>, now: Option<String>| {
        if was != now {
            out.push(Change::of(what, at, was, now));
        }
    };
    if old.expires != new.expires {
        // Whole days between two written dates, not from today.
        let days = new.expires.since(old.expires).div_euclid(86_400);
        let was = format!("{}, a {}", old.expires, old.expires.weekday());
        let now = format!("{}, a {} ({days:+} days)", new.expires, new.expires.weekday());
        plain("expires", "expires", Some(was), Some(now));
    }
    let spec = |f: &Found| Some(shown(&f.spec_version, 40));
    plain("spec-version", "spec_version", spec(old), spec(new));
    let consistent = |f: &Found| f.consistent_snapshot.map(|c| c.to_string());
    plain(
        "consistent-snapshot",
        "consistent_snapshot",
        consistent(old),
        consistent(new),
    );
    fields("signed", &old.rest, &new.rest, &mut out);
    for name in RoleName::ALL {
        if let (Some(was), Some(now)) = (old.roles.get(&name), new.roles.get(&name)) {
            role(name, (old, was), (new, now), &mut out);
        }
    }
    out
}

fn role(name: RoleName, (old, was): (&Found, &Role), (new, now): (&Found, &Role), out: &mut Vec<Change>) {
    if (was.threshold, was.keyids.len()) != (now.threshold, now.keyids.len()) {
        let size = |r: &Role| Some(format!("{} of {}", r.threshold, r.keyids.len()));
        out.push(Change::of("threshold", name.as_str(), size(was), size(now)));
    }
    fields(
        &format!("signed.roles.{name}"),
        &was.unrecognized,
        &now.unrecognized,
        out,
    );
    let material = |root: &Found, id: &KeyId| root.keys.get(id).map(Key::material);
    for keyid in &now.keyids {
        let (before, after) = (old.keys.get(keyid), new.keys.get(keyid));
        if was.keyids.contains(keyid) {
            if before != after {
                let note = match (before, after) {
                    (Some(b), Some(a)) if b.material() != a.material() => "ANOTHER PUBLIC KEY".to_owned(),
                    (Some(b), Some(a)) => differs(b, a),
                    _ => "the key object appeared or went".to_owned(),
                };
                out.push(Change {
                    now: Some(note),
                    ..Change::key("content-changed", name, *keyid, new)
                });
            }
            continue;
        }
        let mine = material(new, keyid);
        let same = was
            .keyids
            .iter()
            .find(|id| mine.is_some() && material(old, id) == mine);
        out.push(match same {
            Some(id) => Change {
                was: Some(id.to_string()),
                now: old.keys.get(id).zip(after).map(|(b, a)| differs(b, a)),
                ..Change::key("re-keyed", name, *keyid, new)
            },
            None => Change::key("key-added", name, *keyid, new),
        });
    }
    let kept: Vec<_> = now.keyids.iter().map(|id| material(new, id)).collect();
    for keyid in was.keyids.iter().filter(|id| !now.keyids.contains(id)) {
        let mine = material(old, keyid);
        if mine.is_none() || !kept.contains(&mine) {
            out.push(Change::key("key-removed", name, *keyid, old));
        }
    }
    let order = |a: &Role, b: &Role| -> Vec<KeyId> {
        a.keyids
            .iter()
            .filter(|id| b.keyids.contains(id))
            .copied()
            .collect()
    };
    if order(was, now) != order(now, was) {
        out.push(Change::of("key-order", name.as_str(), None, None));
    }
}

/// Which fields of a key object differ, by name.
fn differs(was: &Key, now: &Key) -> String {
    let (was, now) = (was.to_json(), now.to_json());
    let names: std::collections::BTreeSet<&String> = [&was, &now]
        .into_iter()
        .filter_map(Json::as_object)
        .flat_map(BTreeMap::keys)
        .filter(|name| was.get(name) != now.get(name))
        .collect();
    let names: Vec<_> = names.into_iter().map(|n| shown(n, 80)).collect();
    format!("differs in {}", names.join(", "))
}

fn fields(at: &str, was: &BTreeMap<String, Json>, now: &BTreeMap<String, Json>, out: &mut Vec<Change>) {
    let text = |v: Option<&Json>| v.map(|v| shown(&v.line(), 200));
    let mut names: Vec<_> = was.keys().chain(now.keys()).collect();
    names.sort();
    names.dedup();
    for name in names {
        if was.get(name) != now.get(name) {
            let at = format!("{at}.{}", shown(name, 80));
            out.push(Change::of("field", at, text(was.get(name)), text(now.get(name))));
        }
    }
}
