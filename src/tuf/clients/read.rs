//! How a client takes one file apart. What the five share is here as the
//! common way; where a client differs, its own file says so through [`Rules`].

use std::collections::{BTreeMap, BTreeSet};

use crate::base::shown;

use super::bytes::{Bytes, NoBytes};
use super::keys::KeyUse;
use super::stamp::Stamp;
use super::value::{Document, Value};
use super::{Check, Kind, Stop, refuse};

pub(super) const AS_MADE: &str = "write the file as `tuf-ceremony` makes it";

type Map = BTreeMap<String, Value>;

/// Sizes in bytes, and how many new roots one update follows.
pub(super) struct Limits {
    pub(super) root: usize,
    pub(super) timestamp: usize,
    /// Without a length in timestamp.
    pub(super) snapshot: usize,
    /// Without a length in snapshot.
    pub(super) targets: usize,
    /// `None`: no limit.
    pub(super) rotations: Option<u64>,
}

/// Where one client differs from the others.
pub(super) trait Rules: Sync {
    fn limits(&self) -> Limits;
    /// How it canonicalises.
    fn bytes(&self) -> Bytes;
    /// What its JSON parser refuses beyond the others.
    fn document(&self, _document: &Document) -> Check {
        Ok(())
    }
    /// Which spellings of a keyid can be read.
    fn keyid(&self, _keyid: &str) -> Check {
        Ok(())
    }
    /// Under which name a keyid is looked up.
    fn lookup(&self, keyid: &str) -> String {
        keyid.to_owned()
    }
    /// Which spellings of a signature can be read; a wrong one elsewhere never verifies.
    fn signature(&self, _sig: &str) -> Check {
        Ok(())
    }
    /// Whether two signatures under one keyid end the reading; else the last counts.
    fn doubled_signature_refused(&self) -> bool {
        true
    }
    fn spec_version(&self, spec_version: Option<&Value>) -> Check;
    /// Why a date in RFC 3339 is refused, if it is.
    fn expires(&self, stamp: &Stamp) -> Result<(), &'static str>;
    /// Whether the very second of `expires` is still good.
    fn good_at_expiry(&self) -> bool {
        false
    }
    /// The fields of a role, after the common ones.
    fn fields(&self, kind: Kind, signed: &Map) -> Check;
    /// One key object, when its file is read.
    fn key(&self, _keyid: &str, _key: &Value) -> Check {
        Ok(())
    }
    /// Whether a key is kept after reading.
    fn keeps_key(&self, _keyid: &str, _key: &Value) -> bool {
        true
    }
    /// One key, when a role's signatures are counted.
    fn key_use(&self, key: &Value) -> KeyUse;
    /// Whether a role's keyid without a key ends the check.
    fn absent_key_is_fatal(&self) -> bool {
        false
    }
    /// Whether one key under two keyids counts once.
    fn counts_keys(&self) -> bool {
        false
    }
    /// Thresholds that are refused when a role is read.
    fn role(&self, at: &str, keyids: &[String], threshold: i128) -> Check {
        if threshold < 1 {
            return Err(refuse(
                "THRESHOLD",
                at,
                format!("a threshold of {threshold}"),
                "give the role a threshold of at least 1",
            ));
        }
        if keyids.iter().collect::<BTreeSet<_>>().len() != keyids.len() {
            return Err(refuse(
                "KEYID_TWICE",
                at,
                "one keyid twice",
                "list each keyid once",
            ));
        }
        Ok(())
    }
    /// How writing the parsed file again differs from the file; the signature is over this.
    fn view(&self, _kind: Kind, _signed: &mut Map) {}
    /// Whether a stated length is exact, or an upper limit.
    fn exact_length(&self) -> bool {
        true
    }
    /// Whether only sha256 is compared, in either case of hexadecimal.
    fn sha256_alone(&self) -> bool {
        false
    }
    /// One entry of `targets`, when the target is fetched.
    fn target(&self, _path: &str, _hashes: &Map) -> Check {
        Ok(())
    }
    /// Whether every delegated role is loaded at the start.
    fn loads_delegations(&self) -> bool {
        false
    }
    /// Whether delegated roles are within what the model covers.
    fn walks_delegations(&self) -> bool {
        true
    }
    /// How the name of a delegated role stands in its file name; `None`: it cannot be fetched.
    fn role_file(&self, name: &str) -> Option<String> {
        Some(name.to_owned())
    }
}

/// A file as a client sees it.
pub(super) struct File {
    pub(super) version: u64,
    pub(super) unix: i64,
    /// Looked-up keyid to signature text; the last of doubled ones.
    pub(super) signatures: BTreeMap<String, String>,
    /// What the signatures must be over.
    pub(super) message: Vec<u8>,
    pub(super) body: Body,
    /// The paths that a targets role lists, for a client that loads every role.
    pub(super) targets: BTreeSet<String>,
}

/// The part of a file that the walk needs.
pub(super) enum Body {
    Root { trust: Trust, consistent: bool },
    Meta(BTreeMap<String, Entry>),
    Targets(Option<Trust>),
}

/// Keys and the roles that they sign, in order.
pub(super) struct Trust {
    pub(super) keys: BTreeMap<String, Value>,
    pub(super) roles: Vec<(String, Role)>,
}

pub(super) struct Role {
    pub(super) keyids: Vec<String>,
    pub(super) threshold: i128,
    /// `paths` of a delegated role.
    pub(super) paths: Vec<String>,
    /// `path_hash_prefixes` of a delegated role.
    pub(super) prefixes: Vec<String>,
}

/// An entry of `meta`.
pub(super) struct Entry {
    pub(super) version: u64,
    pub(super) length: Option<u64>,
    pub(super) hashes: BTreeMap<String, String>,
}

/// Reads a file of the given kind.
pub(super) fn read(rules: &dyn Rules, kind: Kind, bytes: &[u8]) -> Result<File, Stop> {
    let document = Document::parse(bytes).map_err(|e| refuse("NOT_JSON", "", shown(&e, 120), AS_MADE))?;
    rules.document(&document)?;
    let envelope = object("", Some(&document.value))?;
    let signed = object("signed", envelope.get("signed"))?;
    let signatures = signatures(rules, envelope.get("signatures"))?;
    let found = text("signed._type", signed.get("_type"))?;
    if found != kind.name() {
        let why = format!("expected {}, got {}", kind.name(), shown(found, 40));
        return Err(refuse(
            "TYPE",
            "signed._type",
            why,
            "put each role into its own file",
        ));
    }
    rules.spec_version(signed.get("spec_version"))?;
    let version = version("signed.version", signed.get("version"))?;
    let expires = text("signed.expires", signed.get("expires"))?;
    let stamp = Stamp::parse(expires).ok_or_else(|| expires_form(expires, "no date of RFC 3339"))?;
    rules.expires(&stamp).map_err(|why| expires_form(expires, why))?;
    rules.fields(kind, signed)?;
    let body = match kind {
        Kind::Root => Body::Root {
            trust: root_trust(rules, signed)?,
            consistent: signed.get("consistent_snapshot") == Some(&Value::Bool(true)),
        },
        Kind::Timestamp | Kind::Snapshot => Body::Meta(meta(signed)?),
        Kind::Targets => Body::Targets(targets(rules, signed)?),
    };
    let targets = match signed.get("targets").and_then(Value::object) {
        Some(targets) if rules.loads_delegations() => targets.keys().cloned().collect(),
        _ => BTreeSet::new(),
    };
    // Nothing reads the document any more: what the client signs over is taken out of it, not copied.
    let mut seen = match document.value {
        Value::Object(mut envelope) => envelope.remove("signed"),
        _ => None,
    };
    if let Some(Value::Object(signed)) = &mut seen {
        rules.view(kind, signed);
    }
    let message = rules
        .bytes()
        .of(&seen.unwrap_or(Value::Null))
        .map_err(|e| match e {
            NoBytes::Refused(why) => refuse(
                "CANONICAL",
                "signed",
                why,
                "keep to whole numbers below 2^53 and to ASCII",
            ),
            NoBytes::Unsure(why) => Stop::Unsure(why.to_owned()),
        })?;
    Ok(File {
        version,
        unix: stamp.unix,
        signatures,
        message,
        body,
        targets,
    })
}

/// The refusal of a spelling of `expires`.
fn expires_form(got: &str, because: &str) -> Stop {
    let why = format!("got {}: {because}", shown(got, 40));
    refuse(
        "EXPIRES_FORM",
        "signed.expires",
        why,
        "write whole seconds: YYYY-MM-DDTHH:MM:SSZ",
    )
}

fn signatures(rules: &dyn Rules, value: Option<&Value>) -> Result<BTreeMap<String, String>, Stop> {
    let mut out = BTreeMap::new();
    for item in array("signatures", value)? {
        let keyid = text("signatures.keyid", item.get("keyid"))?;
        let sig = text("signatures.sig", item.get("sig"))?;
        rules.keyid(keyid).map_err(|e| e.within("signatures.keyid"))?;
        rules.signature(sig).map_err(|e| e.within("signatures.sig"))?;
        let before = out.insert(rules.lookup(keyid), sig.to_owned());
        if before.is_some() && rules.doubled_signature_refused() {
            let why = format!("two signatures under {}", shown(keyid, 80));
            return Err(refuse(
                "SIG_DUP_KEYID",
                "signatures",
                why,
                "keep one signature for each keyid",
            ));
        }
    }
    Ok(out)
}

fn keys(rules: &dyn Rules, at: &str, value: Option<&Value>) -> Result<BTreeMap<String, Value>, Stop> {
    let mut out = BTreeMap::new();
    for (keyid, key) in object(at, value)? {
        let at = format!("{at}.{}", shown(keyid, 80));
        rules.keyid(keyid).map_err(|e| e.within(&at))?;
        object(&at, Some(key))?;
        text(&format!("{at}.keytype"), key.get("keytype"))?;
        text(&format!("{at}.scheme"), key.get("scheme"))?;
        let keyval = object(&format!("{at}.keyval"), key.get("keyval"))?;
        text(&format!("{at}.keyval.public"), keyval.get("public"))?;
        rules.key(keyid, key).map_err(|e| e.within(&at))?;
        if rules.keeps_key(keyid, key) {
            out.insert(rules.lookup(keyid), key.clone());
        }
    }
    Ok(out)
}

fn role(rules: &dyn Rules, at: &str, value: &Value) -> Result<Role, Stop> {
    let mut keyids = Vec::new();
    for keyid in array(&format!("{at}.keyids"), value.get("keyids"))? {
        let keyid = text(&format!("{at}.keyids"), Some(keyid))?;
        rules.keyid(keyid).map_err(|e| e.within(at))?;
        keyids.push(rules.lookup(keyid));
    }
    let threshold = int(&format!("{at}.threshold"), value.get("threshold"))?;
    rules.role(at, &keyids, threshold)?;
    let texts = |name| {
        let found = value.get(name).and_then(Value::array).unwrap_or_default();
        let found = found.iter().filter_map(Value::text);
        found.map(str::to_owned).collect::<Vec<String>>()
    };
    Ok(Role {
        keyids,
        threshold,
        paths: texts("paths"),
        prefixes: texts("path_hash_prefixes"),
    })
}

fn root_trust(rules: &dyn Rules, signed: &Map) -> Result<Trust, Stop> {
    let keys = keys(rules, "signed.keys", signed.get("keys"))?;
    let mut roles = Vec::new();
    for (name, value) in object("signed.roles", signed.get("roles"))? {
        let at = format!("signed.roles.{}", shown(name, 40));
        roles.push((name.clone(), role(rules, &at, value)?));
    }
    Ok(Trust { keys, roles })
}

fn meta(signed: &Map) -> Result<BTreeMap<String, Entry>, Stop> {
    let mut out = BTreeMap::new();
    for (name, value) in object("signed.meta", signed.get("meta"))? {
        let at = format!("signed.meta.{}", shown(name, 80));
        let length = match value.get("length") {
            None => None,
            Some(length) => Some(count(&format!("{at}.length"), Some(length))?),
        };
        let mut hashes = BTreeMap::new();
        if let Some(found) = value.get("hashes") {
            for (algorithm, hash) in object(&format!("{at}.hashes"), Some(found))? {
                let hash = text(&format!("{at}.hashes"), Some(hash))?;
                hashes.insert(algorithm.clone(), hash.to_owned());
            }
        }
        let version = version(&format!("{at}.version"), value.get("version"))?;
        out.insert(
            name.clone(),
            Entry {
                version,
                length,
                hashes,
            },
        );
    }
    Ok(out)
}

fn targets(rules: &dyn Rules, signed: &Map) -> Result<Option<Trust>, Stop> {
    for (path, value) in object("signed.targets", signed.get("targets"))? {
        let at = format!("signed.targets.{}", shown(path, 80));
        count(&format!("{at}.length"), value.get("length"))?;
        let hashes = object(&format!("{at}.hashes"), value.get("hashes"))?;
        for hash in hashes.values() {
            text(&format!("{at}.hashes"), Some(hash))?;
        }
        rules.target(path, hashes).map_err(|e| e.within(&at))?;
    }
    let Some(delegations) = signed.get("delegations") else {
        return Ok(None);
    };
    let keys = keys(rules, "signed.delegations.keys", delegations.get("keys"))?;
    let mut roles = Vec::new();
    if let Some(list) = delegations.get("roles") {
        for (i, value) in array("signed.delegations.roles", Some(list))?.iter().enumerate() {
            let at = format!("signed.delegations.roles[{i}]");
            let name = text(&format!("{at}.name"), value.get("name"))?;
            roles.push((name.to_owned(), role(rules, &at, value)?));
        }
    }
    Ok(Some(Trust { keys, roles }))
}

pub(super) fn shape(at: &str, expected: &str, got: Option<&Value>) -> Stop {
    let got = got.map_or("nothing", Value::kind);
    refuse("SHAPE", at, format!("expected {expected}, got {got}"), AS_MADE)
}

pub(super) fn object<'a>(at: &str, value: Option<&'a Value>) -> Result<&'a Map, Stop> {
    value
        .and_then(Value::object)
        .ok_or_else(|| shape(at, "an object", value))
}

pub(super) fn array<'a>(at: &str, value: Option<&'a Value>) -> Result<&'a [Value], Stop> {
    value
        .and_then(Value::array)
        .ok_or_else(|| shape(at, "an array", value))
}

pub(super) fn text<'a>(at: &str, value: Option<&'a Value>) -> Result<&'a str, Stop> {
    value
        .and_then(Value::text)
        .ok_or_else(|| shape(at, "a string", value))
}

fn int(at: &str, value: Option<&Value>) -> Result<i128, Stop> {
    value
        .and_then(Value::int)
        .ok_or_else(|| shape(at, "an integer", value))
}

fn count(at: &str, value: Option<&Value>) -> Result<u64, Stop> {
    u64::try_from(int(at, value)?).map_err(|_| shape(at, "an integer of at least 0", value))
}

fn version(at: &str, value: Option<&Value>) -> Result<u64, Stop> {
    match count(at, value)? {
        0 => Err(shape(at, "a version of at least 1", value)),
        n => Ok(n),
    }
}

/// `spec_version` as python-tuf and tuf-js read it: two or three numbers, the first 1.
pub(super) fn two_or_three_numbers(value: Option<&Value>) -> Check {
    let found = text("signed.spec_version", value)?;
    let parts: Vec<&str> = found.split('.').collect();
    let numbers = parts
        .iter()
        .all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    if matches!(parts.len(), 2 | 3) && numbers && parts.first() == Some(&"1") {
        return Ok(());
    }
    Err(spec_version(found))
}

pub(super) fn spec_version(found: &str) -> Stop {
    let why = format!("spec_version {}", shown(found, 40));
    refuse(
        "SPEC_VERSION",
        "signed.spec_version",
        why,
        "write spec_version 1.0.0",
    )
}
