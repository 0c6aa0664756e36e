//! One metadata file as it stands, for reading: what it says, its keys with
//! their recomputed ids, its signatures, and every field that the
//! specification does not have. It judges nothing but what the file alone can
//! show, and shows a file that our parser refuses as well, with the refusal.

use std::collections::{BTreeMap, BTreeSet};

use super::bins::Bins;
use super::canonical::canonical;
use super::chain::{Defects, expiry, public};
use super::delegations::Delegations;
use super::fields::Fields;
use super::in_place::MAX_SIGNATURES;
use super::key::{Key, KeyId};
use super::metadata::{Metadata, Signature};
use super::policy::relative;
use super::refused::Refused;
use super::threshold::{Meter, meter};
use crate::base::{Digest, Instant, Json, PublicKey, shown};

/// A file, laid open.
#[derive(Debug, Clone)]
pub struct Shown {
    /// `_type`, safe to show.
    pub role: String,
    /// `version`, if it is an integer.
    pub version: Option<i64>,
    /// `expires` as it stands, safe to show, and what it means.
    pub expires: (String, Option<Instant>),
    /// `spec_version`, safe to show.
    pub spec_version: String,
    /// Why our parser refuses the file, if it does.
    pub refused: Option<Refused>,
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// SHA-256 of the signed bytes: what people compare.
    pub signed_sha256: Digest,
    /// Bytes of the signed part.
    pub signed_size: usize,
    /// In the order of their ids.
    pub keys: Vec<ShownKey>,
    /// Top-level roles, or delegated ones in their order.
    pub roles: Vec<ShownRole>,
    /// Target files or meta entries: name, and the entry as JSON; safe to show.
    pub entries: Vec<(String, String)>,
    /// Keyid and outcome: valid, invalid, empty, no-such-key, not-judged.
    pub signatures: Vec<(String, &'static str)>,
    /// How many signatures more than [`MAX_SIGNATURES`]: neither judged nor listed.
    pub signatures_more: usize,
    /// How far a root is by its own keys.
    pub meter: Option<Meter>,
    /// Paths of fields that the specification does not have, safe to show.
    pub unknown: Vec<String>,
}

/// A key of the file.
#[derive(Debug, Clone)]
pub struct ShownKey {
    /// The id that the file gives it, safe to show.
    pub keyid: String,
    /// The id that it has: SHA-256 of the canonical object.
    pub computed: Option<KeyId>,
    /// keytype/scheme, safe to show.
    pub kind: String,
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: Option<Digest>,
    /// What is wrong or unusual about it.
    pub notes: Vec<String>,
}

/// A role of the file.
#[derive(Debug, Clone)]
pub struct ShownRole {
    /// Its name, safe to show.
    pub name: String,
    /// Its threshold as it stands.
    pub threshold: String,
    /// Its keyids as they stand.
    pub keyids: Vec<String>,
    /// Delegations: paths, prefixes, terminating, as they stand.
    pub rest: Vec<String>,
}

/// More entries of one value in a row than these are one line: the bins of a snapshot.
const RUN: usize = 64;

/// What every `signed` part has (TUF 4.3).
const COMMON: [&str; 4] = ["_type", "spec_version", "version", "expires"];

/// Lays a file open.
///
/// # Errors
/// [`Refused`] when it is not strict JSON, or not an envelope at all.
pub fn show(bytes: &[u8]) -> Result<Shown, Refused> {
    let whole = Json::parse(bytes)?;
    let mut fields = Fields::of(&whole, "")?;
    let signed = fields.take("signed")?;
    let signatures = fields.array("signatures")?;
    let text = |name: &str, max| match signed.get(name) {
        Some(Json::Str(text)) => shown(text, max),
        Some(other) => shown(&other.line(), max),
        None => "(absent)".to_owned(),
    };
    let role = Fields::of(signed, "signed")?.text("_type")?;
    let mut unknown = Strangers::default();
    strangers(&Json::Object(fields.rest()), "", &[], &mut unknown);
    let known: Vec<&str> = match role.as_str() {
        "root" => [&COMMON[..], &["consistent_snapshot", "keys", "roles"]].concat(),
        "targets" => [&COMMON[..], &["targets", "delegations"]].concat(),
        _ => [&COMMON[..], &["meta"]].concat(),
    };
    strangers(signed, "signed.", &known, &mut unknown);
    let message = canonical(signed);
    let delegations = signed.get("delegations");
    let holder = delegations.unwrap_or(signed);
    let (keys, publics) = keys(holder.get("keys"), &mut unknown);
    let roles = roles(signed, delegations, &mut unknown);
    let instant = match signed.get("expires") {
        Some(Json::Str(text)) => expiry(text, &mut Defects::default()).ok(),
        _ => None,
    };
    let mut out = Shown {
        version: signed.get("version").and_then(Json::as_int),
        expires: (text("expires", 60), instant),
        spec_version: text("spec_version", 40),
        refused: Metadata::parse(bytes).err(),
        size: bytes.len(),
        sha256: Digest::of(bytes),
        signed_sha256: Digest::of(&message),
        signed_size: message.len(),
        keys,
        roles,
        entries: entries(signed, &mut unknown),
        signatures: Vec::new(),
        signatures_more: 0,
        meter: None,
        role: shown(&role, 80),
        unknown: Vec::new(),
    };
    let own = (role == "root").then_some((&publics, signed));
    out.judge(signatures, &message, own, &mut unknown);
    out.unknown = unknown.list;
    Ok(out)
}

/// The keys of a file that nobody here counts, by name: identities, ML-DSA and
/// kinds that are unknown; safe to show. Nothing for what is no metadata.
#[must_use]
pub fn uncounted(bytes: &[u8]) -> Vec<String> {
    const KEYTYPE: &[u8] = b"keytype";
    const CODES: [&str; 3] = ["[KEY_IDENTITY]", "[KEY_POST_QUANTUM]", "[KEY_KIND]"];
    // Most files of a repository hold no key at all: they are not read twice.
    if !bytes.windows(KEYTYPE.len()).any(|w| w == KEYTYPE) {
        return Vec::new();
    }
    let keys = show(bytes).map(|shown| shown.keys).unwrap_or_default();
    keys.iter()
        .flat_map(|key| key.notes.iter().map(move |note| (key, note)))
        .filter(|(_, note)| CODES.iter().any(|code| note.starts_with(code)))
        .map(|(key, note)| format!("{note}: key {}", key.keyid))
        .collect()
}

/// That a file is expired at an instant; `None` while it is not, and for what has no
/// date that can be read.
#[must_use]
pub fn expired(bytes: &[u8], at: Instant) -> Option<String> {
    let whole = Json::parse(bytes).ok()?;
    let text = whole.get("signed")?.get("expires")?.as_str()?;
    let end = expiry(text, &mut Defects::default()).ok()?;
    (end <= at).then(|| {
        format!(
            "[EXPIRED] since {end}, a {}, {}: as the newest version of its role clients refuse it",
            end.weekday(),
            relative(end, at)
        )
    })
}

type Own<'a> = Option<(&'a BTreeMap<KeyId, PublicKey>, &'a Json)>;

impl Shown {
    /// Only a root holds the keys that its own signatures are by.
    fn judge(&mut self, items: &[Json], message: &[u8], own: Own<'_>, unknown: &mut Strangers) {
        let mut signatures = Vec::new();
        for item in items {
            strangers(item, "signatures.", &["keyid", "sig"], unknown);
            if self.signatures.len() >= MAX_SIGNATURES {
                // A flood is refused above; a screen of it helps nobody (V18).
                self.signatures_more = items.len().saturating_sub(MAX_SIGNATURES);
                break;
            }
            let text = |name: &str| item.get(name).and_then(Json::as_str);
            let keyid = text("keyid").unwrap_or("(absent)");
            let sig = text("sig").and_then(|s| data_encoding::HEXLOWER_PERMISSIVE.decode(s.as_bytes()).ok());
            let id = KeyId::parse(keyid, "").ok();
            let outcome = match (&sig, own) {
                (Some(sig), _) if sig.is_empty() => "empty",
                (None, _) => "invalid",
                (_, None) => "not-judged",
                (Some(sig), Some((publics, _))) => match id.and_then(|id| publics.get(&id)) {
                    None => "no-such-key",
                    Some(public) if public.verifies(message, sig) => "valid",
                    Some(_) => "invalid",
                },
            };
            if let (Some(keyid), Some(sig)) = (id, sig) {
                signatures.push(Signature { keyid, sig });
            }
            self.signatures.push((shown(keyid, 80), outcome));
        }
        let Some((publics, signed)) = own else { return };
        let role = signed.get("roles").and_then(|r| r.get("root"));
        if let Some(Ok(role)) = role.map(|r| super::Role::from_json(r, "root")) {
            let keys = publics.iter().map(|(id, p)| (*id, Key::of(p))).collect();
            self.meter = Some(meter(&keys, &role.keyids, role.threshold, message, &signatures));
        }
    }
}

fn strangers(value: &Json, at: &str, known: &[&str], unknown: &mut Strangers) {
    for name in value.as_object().into_iter().flat_map(BTreeMap::keys) {
        let path = format!("{at}{}", shown(name, 80));
        if !known.contains(&name.as_str()) && unknown.seen.insert(path.clone()) {
            unknown.list.push(path);
        }
    }
}

/// Paths of unknown fields, each once, in the order of the file; a hostile file has 400,000.
#[derive(Default)]
struct Strangers {
    seen: BTreeSet<String>,
    list: Vec<String>,
}

fn keys(map: Option<&Json>, unknown: &mut Strangers) -> (Vec<ShownKey>, BTreeMap<KeyId, PublicKey>) {
    let mut out = Vec::new();
    let mut publics = BTreeMap::new();
    for (id, value) in map.and_then(Json::as_object).into_iter().flatten() {
        strangers(value, "keys.*.", &["keytype", "scheme", "keyval"], unknown);
        let mut shown_key = ShownKey {
            keyid: shown(id, 80),
            computed: None,
            kind: "?".to_owned(),
            fingerprint: None,
            notes: Vec::new(),
        };
        match Key::from_json(value, "key") {
            Err(refused) => shown_key.notes.push(format!("[{}] {refused}", refused.code())),
            Ok(key) => {
                let computed = key.keyid();
                shown_key.computed = Some(computed);
                shown_key.kind = format!("{}/{}", shown(&key.keytype, 40), shown(&key.scheme, 40));
                if computed.to_string() != *id {
                    let rule = KeyId::parse(id, "").map_or("", |foreign| key.foreign_rule(foreign));
                    shown_key
                        .notes
                        .push(format!("[KEYID_MISMATCH] the key's id is {computed}{rule}"));
                }
                let mut defects = Defects::default();
                let public = public(&key, id, &mut defects);
                shown_key.fingerprint = public.as_ref().map(PublicKey::fingerprint);
                let notes = defects.0.iter().map(|d| format!("[{}] {}", d.code, d.text));
                shown_key.notes.extend(notes);
                for (name, value) in key.unrecognized.iter().chain(key.identity()) {
                    let line = format!("{}: {}", shown(name, 80), shown(&value.line(), 200));
                    shown_key.notes.push(line);
                }
                if let (Ok(keyid), Some(public)) = (KeyId::parse(id, ""), public) {
                    publics.insert(keyid, public);
                }
            }
        }
        out.push(shown_key);
    }
    (out, publics)
}

fn roles(signed: &Json, delegations: Option<&Json>, unknown: &mut Strangers) -> Vec<ShownRole> {
    let mut out = Vec::new();
    if let Some(delegations) = delegations {
        let known = ["keys", "roles", "succinct_roles"];
        strangers(delegations, "signed.delegations.", &known, unknown);
        if let Some(bins) = bins(delegations) {
            return vec![bins];
        }
        for role in delegations
            .get("roles")
            .and_then(Json::as_array)
            .unwrap_or_default()
        {
            let name = role.get("name").map_or("(no name)".to_owned(), plain);
            let known = [
                "name",
                "keyids",
                "threshold",
                "terminating",
                "paths",
                "path_hash_prefixes",
            ];
            strangers(role, "signed.delegations.roles.*.", &known, unknown);
            out.push(one_role(name, role));
        }
        if let Some(role) = delegations.get("succinct_roles") {
            out.push(one_role("(succinct roles)".to_owned(), role));
        }
        return out;
    }
    for (name, role) in signed
        .get("roles")
        .and_then(Json::as_object)
        .into_iter()
        .flatten()
    {
        strangers(role, "signed.roles.*.", &["keyids", "threshold"], unknown);
        out.push(one_role(shown(name, 80), role));
    }
    out
}

/// A set of hash bins is its parameters, where they give every role again (DESIGN 6).
fn bins(delegations: &Json) -> Option<ShownRole> {
    let read = Delegations::from_json(delegations, "delegations").ok()?;
    let bins = Bins::recognise(&read)?;
    let role = read.role(&bins.name(0))?;
    Some(ShownRole {
        name: "(hash bins)".to_owned(),
        threshold: role.threshold.to_string(),
        keyids: role.keyids.iter().map(KeyId::to_string).collect(),
        rest: vec![format!("generated: {}", bins.describe())],
    })
}

fn plain(value: &Json) -> String {
    match value {
        Json::Str(text) => shown(text, 120),
        other => shown(&other.line(), 200),
    }
}

fn one_role(name: String, role: &Json) -> ShownRole {
    let keyids = role.get("keyids").and_then(Json::as_array).unwrap_or_default();
    let rest = role.as_object().into_iter().flatten();
    ShownRole {
        name,
        threshold: role.get("threshold").map_or("(absent)".to_owned(), plain),
        keyids: keyids.iter().map(plain).collect(),
        rest: rest
            .filter(|(k, _)| !["keyids", "threshold", "name"].contains(&k.as_str()))
            .map(|(k, v)| format!("{}: {}", shown(k, 80), shown(&v.line(), 2_000)))
            .collect(),
    }
}

fn entries(signed: &Json, unknown: &mut Strangers) -> Vec<(String, String)> {
    let mut out = Vec::new();
    for (at, known) in [
        ("targets", ["length", "hashes", "custom"]),
        ("meta", ["version", "length", "hashes"]),
    ] {
        for (name, value) in signed.get(at).and_then(Json::as_object).into_iter().flatten() {
            strangers(value, &format!("signed.{at}.*."), &known, unknown);
            out.push((shown(name, 400), shown(&value.line(), 1_000)));
        }
    }
    out
}

impl Shown {
    /// Text, one line each, without the words of the digest.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let version = self.version.map_or("(absent)".to_owned(), |v| v.to_string());
        let mut out = vec![format!("{} metadata, version {version}", self.role)];
        let (text, instant) = &self.expires;
        out.push(match instant {
            Some(at) if at.to_string() == *text => format!("expires {at}, a {}", at.weekday()),
            Some(at) => format!("expires {text}, which is {at}, a {}", at.weekday()),
            None => format!("expires {text}, WHICH IS NO INSTANT"),
        });
        out.push(format!("spec_version {}", self.spec_version));
        if let Some(refused) = &self.refused {
            out.push(format!("REFUSED TODAY [{}] {refused}", refused.code()));
            out.push(format!("  do: {}", refused.remedy()));
        }
        for role in &self.roles {
            out.push(format!(
                "role {}: {} of {} keys",
                role.name,
                role.threshold,
                role.keyids.len()
            ));
            out.extend(role.keyids.iter().map(|id| format!("  keyid {id}")));
            out.extend(role.rest.iter().map(|line| format!("  {line}")));
        }
        for key in &self.keys {
            let print = key.fingerprint.map_or("NOT USABLE".to_owned(), |d| d.grouped());
            out.push(format!("key {}", key.kind));
            out.push(format!("  keyid {}", key.keyid));
            out.push(format!("  fingerprint {print}"));
            out.extend(key.notes.iter().map(|note| format!("  {note}")));
        }
        for run in self.entries.chunk_by(|a, b| a.1 == b.1) {
            match run {
                [(first, value), .., (last, _)] if run.len() > RUN => out.push(format!(
                    "{} entries from {first} to {last}, each: {value}",
                    run.len()
                )),
                _ => out.extend(run.iter().map(|(name, value)| format!("entry {name}: {value}"))),
            }
        }
        for (keyid, outcome) in &self.signatures {
            out.push(format!("signature by {keyid}: {outcome}"));
        }
        if self.signatures_more > 0 {
            out.push(format!(
                "and {} signatures more, not judged",
                self.signatures_more
            ));
        }
        if let Some(meter) = &self.meter {
            out.push(format!(
                "by its own keys: {} signed, {} needed",
                meter.distinct, meter.threshold
            ));
        }
        for path in &self.unknown {
            out.push(format!("unknown field: {path}"));
        }
        out.push(format!("file: {} bytes, SHA-256 {}", self.size, self.sha256));
        out.push(format!("signed part: {} bytes, SHA-256", self.signed_size));
        out.push(self.signed_sha256.grouped());
        out
    }

    /// Stable JSON, described in docs/tuf.md; `words` are those of the signed part's digest.
    #[must_use]
    pub fn json(&self, words: &[&str]) -> Json {
        let texts = |all: &[String]| Json::Array(all.iter().map(|t| t.as_str().into()).collect());
        let maybe = |t: Option<String>| t.map_or(Json::Null, Json::Str);
        let size = |n: usize| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let keys = self.keys.iter().map(|key| {
            Json::object([
                ("keyid", key.keyid.as_str().into()),
                ("computed", maybe(key.computed.map(|id| id.to_string()))),
                ("kind", key.kind.as_str().into()),
                ("fingerprint", maybe(key.fingerprint.map(|d| d.hex()))),
                ("notes", texts(&key.notes)),
            ])
        });
        let roles = self.roles.iter().map(|role| {
            Json::object([
                ("name", role.name.as_str().into()),
                ("threshold", role.threshold.as_str().into()),
                ("keyids", texts(&role.keyids)),
                ("rest", texts(&role.rest)),
            ])
        });
        let pairs = |a: &'static str, b: &'static str, all: Vec<(String, String)>| {
            let pair = |(x, y): (String, String)| Json::object([(a, x.into()), (b, y.into())]);
            Json::Array(all.into_iter().map(pair).collect())
        };
        let signatures = self.signatures.iter().map(|(k, o)| (k.clone(), (*o).to_owned()));
        Json::object([
            ("v", Json::Int(1)),
            ("role", self.role.as_str().into()),
            ("version", self.version.map_or(Json::Null, Json::Int)),
            ("expires", self.expires.0.as_str().into()),
            ("expires_utc", maybe(self.expires.1.map(|at| at.to_string()))),
            ("weekday", maybe(self.expires.1.map(|at| at.weekday().to_owned()))),
            ("spec_version", self.spec_version.as_str().into()),
            (
                "refused",
                self.refused.as_ref().map_or(Json::Null, |r| r.code().into()),
            ),
            (
                "refused_why",
                maybe(self.refused.as_ref().map(ToString::to_string)),
            ),
            (
                "refused_remedy",
                self.refused.as_ref().map_or(Json::Null, |r| r.remedy().into()),
            ),
            ("bytes", size(self.size)),
            ("sha256", self.sha256.hex().into()),
            ("signed_bytes", size(self.signed_size)),
            ("signed_sha256", self.signed_sha256.hex().into()),
            (
                "words",
                Json::Array(words.iter().map(|w| Json::from(*w)).collect()),
            ),
            ("keys", Json::Array(keys.collect())),
            ("roles", Json::Array(roles.collect())),
            ("entries", pairs("name", "value", self.entries.clone())),
            ("signatures", pairs("keyid", "outcome", signatures.collect())),
            ("signatures_more", size(self.signatures_more)),
            (
                "meter",
                self.meter.as_ref().map_or(Json::Null, super::chain::meter_json),
            ),
            ("unknown_fields", texts(&self.unknown)),
        ])
    }
}
