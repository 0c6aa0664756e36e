//! Reads a root as its time wrote it: every defect is named, and what it says
//! is kept as far as it can be read. For looking only: what is read here can
//! become neither a [`crate::tuf::Root`] nor anything that a key signs.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::{BASE64, HEXLOWER, HEXLOWER_PERMISSIVE};

use super::defect::Defects;
use crate::base::key::NotAKey;
use crate::base::{Algorithm, Digest, Instant, Json, PublicKey, shown};
use crate::tuf::canonical::canonical;
use crate::tuf::fields::{Fields, shape};
use crate::tuf::key::{Key, KeyId, NotUsable};
use crate::tuf::metadata::{Signature, is_spec_1_0};
use crate::tuf::refused::Refused;
use crate::tuf::role::{Role, RoleName};
use crate::tuf::threshold::Keyring;
use crate::tuf::workflow::MAX_ROOT;

/// Keys and signatures of one root; sigstore's have 7 and 10. A bound on work.
const MAX_ENTRIES: usize = 512;

/// A root as it was found.
#[derive(Debug, Clone)]
pub(in crate::tuf) struct Found {
    pub(in crate::tuf) version: u64,
    pub(in crate::tuf) spec_version: String,
    pub(in crate::tuf) expires: Instant,
    pub(in crate::tuf) consistent_snapshot: Option<bool>,
    pub(in crate::tuf) keys: BTreeMap<KeyId, Key>,
    /// What the keys are, whatever their spelling; unusable kinds are absent.
    pub(in crate::tuf) publics: BTreeMap<KeyId, PublicKey>,
    pub(in crate::tuf) roles: BTreeMap<RoleName, Role>,
    /// Members of `signed` beyond the specification.
    pub(in crate::tuf) rest: BTreeMap<String, Json>,
    pub(in crate::tuf) signatures: Vec<Signature>,
    pub(in crate::tuf) canonical: Vec<u8>,
}

impl Found {
    /// SHA-256 of the signed bytes.
    pub(in crate::tuf) fn digest(&self) -> Digest {
        Digest::of(&self.canonical)
    }

    /// The keys in today's spelling under the ids of the file, for counting.
    pub(in crate::tuf) fn respelled(&self) -> BTreeMap<KeyId, Key> {
        self.publics.iter().map(|(id, p)| (*id, Key::of(p))).collect()
    }

    pub(in crate::tuf) fn root_role(&self) -> Option<&Role> {
        self.roles.get(&RoleName::Root)
    }
}

/// Reads a file; what is wrong with it goes to `defects`.
pub(in crate::tuf) fn read(bytes: &[u8], defects: &mut Defects) -> Option<Found> {
    read_with(bytes, &mut Keyring::default(), defects)
}

/// The same, with the keys that an earlier version has shown sound.
pub(super) fn read_with(bytes: &[u8], keyring: &mut Keyring, defects: &mut Defects) -> Option<Found> {
    if bytes.len() > MAX_ROOT {
        defects.push(
            "TOO_LARGE",
            format!("expected at most {MAX_ROOT} bytes, got more"),
        );
        return None;
    }
    match envelope(bytes, keyring, defects) {
        Ok(found) => found,
        Err(refused) => {
            defects.push(refused.code(), refused.to_string());
            None
        }
    }
}

fn envelope(bytes: &[u8], keyring: &mut Keyring, defects: &mut Defects) -> Result<Option<Found>, Refused> {
    let whole = Json::parse(bytes)?;
    let mut fields = Fields::of(&whole, "")?;
    let signed = fields.take("signed")?;
    let signatures = fields.array("signatures")?;
    extra_fields(&fields.rest(), "", defects);
    let mut fields = Fields::of(signed, "signed")?;
    let kind = fields.text("_type")?;
    if kind != "root" {
        let got = shown(&kind, 80);
        defects.push("OTHER_ROLE", format!("_type: expected root, got {got}"));
        return Ok(None);
    }
    let keys = fields.object("keys")?;
    if keys.len() > MAX_ENTRIES || signatures.len() > MAX_ENTRIES {
        defects.push("TOO_MANY_KEYS", format!("expected at most {MAX_ENTRIES} of each"));
        return Ok(None);
    }
    let spec_version = fields.text("spec_version")?;
    if !is_spec_1_0(&spec_version) {
        let got = shown(&spec_version, 40);
        defects.push("SPEC_VERSION", format!("expected 1.0 or 1.0.N, got {got}"));
    }
    let version = fields.version()?;
    let expires = expiry(&fields.text("expires")?, defects)?;
    let consistent_snapshot = match fields.optional("consistent_snapshot") {
        None => {
            defects.push("CONSISTENT_SNAPSHOT_MISSING", "tuf-js and tough refuse this");
            None
        }
        Some(Json::Bool(value)) => Some(*value),
        Some(other) => return Err(shape("signed.consistent_snapshot", "true or false", other)),
    };
    if consistent_snapshot == Some(false) {
        defects.push(
            "CONSISTENT_SNAPSHOT_FALSE",
            "a client can be served a mixture of versions",
        );
    }
    let mut publics = BTreeMap::new();
    let keys = read_keys(keys, keyring, &mut publics, defects)?;
    let roles = read_roles(fields.object("roles")?, &keys, defects)?;
    let used: BTreeSet<&KeyId> = roles.values().flat_map(|r| &r.keyids).collect();
    for keyid in keys.keys().filter(|id| !used.contains(id)) {
        defects.at(
            "KEY_UNUSED",
            "expected only keys that a role lists",
            keyid.to_string(),
        );
    }
    let rest = fields.rest();
    extra_fields(&rest, "signed.", defects);
    Ok(Some(Found {
        version,
        spec_version,
        expires,
        consistent_snapshot,
        keys,
        publics,
        roles,
        rest,
        signatures: read_signatures(signatures, defects)?,
        canonical: canonical(signed),
    }))
}

fn extra_fields(rest: &BTreeMap<String, Json>, at: &str, defects: &mut Defects) {
    for name in rest.keys() {
        let text = "fields that the specification does not have";
        defects.at("EXTRA_FIELD", text, format!("{at}{}", shown(name, 80)));
    }
}

/// RFC 3339 with fractions and offsets, as sigstore's first roots have it; the
/// instant is never later than what stands there.
pub(in crate::tuf) fn expiry(text: &str, defects: &mut Defects) -> Result<Instant, Refused> {
    let strict = Instant::parse(text);
    let Err(why) = strict.clone() else {
        return strict.map_err(Refused::Expires);
    };
    let read = || -> Option<(Instant, bool, bool)> {
        let (head, tail) = text.split_at_checked(19)?;
        let local = Instant::parse(&format!("{head}Z")).ok()?;
        let zone = tail.trim_start_matches(|c: char| c == '.' || c.is_ascii_digit());
        let fraction = tail.strip_suffix(zone)?;
        if !fraction.is_empty() {
            let digits = fraction.strip_prefix('.')?;
            if !(1..=9).contains(&digits.len()) || !digits.bytes().all(|b| b.is_ascii_digit()) {
                return None;
            }
        }
        let offset = offset(zone)?;
        let utc = Instant::from_unix(local.unix().checked_sub(offset)?).ok()?;
        Some((utc, !fraction.is_empty(), zone != "Z"))
    };
    let (utc, fraction, offset) = read().ok_or(Refused::Expires(why))?;
    if fraction {
        defects.at("EXPIRES_FRACTION", "expected whole seconds", shown(text, 40));
    }
    if offset {
        defects.at("EXPIRES_OFFSET", "expected Z, not an offset", shown(text, 40));
    }
    Ok(utc)
}

/// Seconds east of UTC: `Z`, `+HH:MM`, `-HH:MM`.
fn offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let (sign, rest) = match zone.split_at_checked(1)? {
        ("+", rest) => (1_i64, rest),
        ("-", rest) => (-1, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    let two = |text: &str, below: i64| -> Option<i64> {
        let digits = text.len() == 2 && text.bytes().all(|b| b.is_ascii_digit());
        text.parse().ok().filter(|n| digits && *n < below)
    };
    let seconds = two(hours, 24)?
        .checked_mul(3600)?
        .checked_add(two(minutes, 60)?.checked_mul(60)?)?;
    sign.checked_mul(seconds)
}

fn read_keys(
    map: &BTreeMap<String, Json>,
    keyring: &mut Keyring,
    publics: &mut BTreeMap<KeyId, PublicKey>,
    defects: &mut Defects,
) -> Result<BTreeMap<KeyId, Key>, Refused> {
    let mut keys = BTreeMap::new();
    for (id, value) in map {
        let keyid = KeyId::parse(id, "signed.keys")?;
        let at = format!("signed.keys.{keyid}");
        let key = Key::from_json(value, &at)?;
        let expected = key.keyid();
        if expected != keyid {
            let rule = key.foreign_rule(keyid);
            let text = format!("expected keyid {expected}{rule}");
            defects.at("KEYID_MISMATCH", &text, id.as_str());
        }
        // An identity has nothing but such members in its keyval, and they are its own.
        let inner = (!key.is_identity()).then_some(&key.keyval_unrecognized);
        for name in key
            .unrecognized
            .keys()
            .chain(inner.into_iter().flat_map(BTreeMap::keys))
        {
            if name == "keyid_hash_algorithms" {
                defects.at("KEYID_HASH_ALGORITHMS", "a field of the past", id.as_str());
            } else {
                let text = format!("the field {}", shown(name, 80));
                defects.at("KEY_EXTRA_FIELD", &text, id.as_str());
            }
        }
        if key.keytype.starts_with("ecdsa-sha2-") {
            let text = format!("keytype: expected ecdsa, got {}", shown(&key.keytype, 40));
            defects.at("KEYTYPE_LEGACY", &text, id.as_str());
        }
        let sound = keyring.public(&key);
        if let Some(public) = sound.or_else(|| public(&key, id, defects)) {
            publics.insert(keyid, public);
        }
        keys.insert(keyid, key);
    }
    Ok(keys)
}

/// The public key behind any spelling that a client of its time read.
pub(in crate::tuf) fn public(key: &Key, id: &str, defects: &mut Defects) -> Option<PublicKey> {
    let why = match key.to_public() {
        Ok(public) => return Some(public),
        Err(why) => why,
    };
    let (code, text, public) = match (&why, hex_point(key), loose_pem(key)) {
        (NotUsable::Identity, ..) => ("KEY_IDENTITY", why.to_string(), None),
        (NotUsable::PostQuantum(_), ..) => ("KEY_POST_QUANTUM", why.to_string(), None),
        (NotUsable::Kind { .. }, ..) => ("KEY_KIND", why.to_string(), None),
        (_, Some(public), _) => ("KEY_HEX_POINT", "expected PEM".to_owned(), Some(public)),
        (_, _, Some(public)) => (
            "KEY_PEM_FORM",
            "expected 64 columns, LF and a final newline".to_owned(),
            Some(public),
        ),
        (NotUsable::Form(NotAKey::Weak(_)), ..) => ("KEY_WEAK", why.to_string(), None),
        _ => ("KEY_FORM", why.to_string(), None),
    };
    if let Some(Err(weak)) = public.as_ref().map(PublicKey::check_sound) {
        defects.at("KEY_WEAK", &weak.to_string(), id);
        return None;
    }
    defects.at(code, &text, id);
    public
}

/// sigstore's roots 1 to 4, tough's `EcdsaFlex`.
fn hex_point(key: &Key) -> Option<PublicKey> {
    let raw = HEXLOWER.decode(key.public.as_bytes()).ok()?;
    let algorithm = match key.scheme.as_str() {
        "ecdsa-sha2-nistp256" => Algorithm::EcdsaP256,
        "ecdsa-sha2-nistp384" => Algorithm::EcdsaP384,
        _ => return None,
    };
    PublicKey::from_raw(algorithm, &raw).ok()
}

/// A PEM whose lines are not ours; keytype and scheme must still be its own.
fn loose_pem(key: &Key) -> Option<PublicKey> {
    let body: String = key
        .public
        .trim()
        .strip_prefix("-----BEGIN PUBLIC KEY-----")?
        .strip_suffix("-----END PUBLIC KEY-----")?
        .split_ascii_whitespace()
        .collect();
    let public = PublicKey::from_spki_der(&BASE64.decode(body.as_bytes()).ok()?).ok()?;
    let respelled = Key {
        public: public.to_pem(),
        ..key.clone()
    };
    respelled.to_public().ok()
}

fn read_roles(
    map: &BTreeMap<String, Json>,
    keys: &BTreeMap<KeyId, Key>,
    defects: &mut Defects,
) -> Result<BTreeMap<RoleName, Role>, Refused> {
    let mut roles = BTreeMap::new();
    for (name, value) in map {
        let Some(role) = RoleName::parse(name) else {
            let text = "expected root, targets, snapshot and timestamp";
            defects.at("EXTRA_ROLE", text, shown(name, 80));
            continue;
        };
        let read = Role::from_json(value, role.as_str())?;
        extra_fields(&read.unrecognized, &format!("signed.roles.{role}."), defects);
        let mut seen: BTreeMap<Vec<u8>, KeyId> = BTreeMap::new();
        for keyid in &read.keyids {
            match keys.get(keyid) {
                None => {
                    let text = format!("{role}: expected every keyid in keys");
                    defects.at("KEY_ABSENT", &text, keyid.to_string());
                }
                Some(key) => {
                    if let Some(one) = seen.insert(key.material(), *keyid) {
                        let text = format!("{role}: expected one keyid for each public key");
                        defects.at("KEY_ALIAS", &text, format!("{one} and {keyid}"));
                    }
                }
            }
        }
        roles.insert(role, read);
    }
    match RoleName::ALL.into_iter().find(|r| !roles.contains_key(r)) {
        Some(role) => Err(Refused::MissingRole { role }),
        None => Ok(roles),
    }
}

fn read_signatures(items: &[Json], defects: &mut Defects) -> Result<Vec<Signature>, Refused> {
    let mut seen = BTreeSet::new();
    let mut values: BTreeMap<Vec<u8>, KeyId> = BTreeMap::new();
    let mut signatures = Vec::with_capacity(items.len());
    for item in items {
        let mut fields = Fields::of(item, "signatures")?;
        let keyid = KeyId::parse(&fields.text("keyid")?, "signatures.keyid")?;
        let text = fields.text("sig")?;
        extra_fields(&fields.rest(), "signatures.", defects);
        let sig = match HEXLOWER.decode(text.as_bytes()) {
            Ok(sig) => sig,
            Err(_) => {
                let sig = HEXLOWER_PERMISSIVE
                    .decode(text.as_bytes())
                    .map_err(|_| shape("signatures.sig", "lowercase hexadecimal", &text.as_str().into()))?;
                defects.at("SIG_HEX_CASE", "rust-tuf refuses this", keyid.to_string());
                sig
            }
        };
        if !seen.insert(keyid) {
            return Err(Refused::SignatureTwice { keyid });
        }
        if sig.is_empty() {
            defects.at("SIG_EMPTY", "a placeholder", keyid.to_string());
        } else if let Some(one) = values.insert(sig.clone(), keyid) {
            defects.at("SIG_TWO_IDS", "one value", format!("{one} and {keyid}"));
        }
        signatures.push(Signature { keyid, sig });
    }
    Ok(signatures)
}
