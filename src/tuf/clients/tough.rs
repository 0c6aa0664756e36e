//! tough 0.24.0 with olpc-cjson 0.1.4. Sources by file and name under
//! `tough/src`: `lib.rs` (lib), `schema/mod.rs` (schema), `schema/key.rs`,
//! `schema/de.rs`, `schema/verify.rs`, `schema/ser.rs`.

use std::collections::BTreeMap;

use data_encoding::{HEXLOWER, HEXLOWER_PERMISSIVE};

use crate::base::{Algorithm, Digest, PublicKey, shown};

use super::bytes::{Bytes, Numbers, Order};
use super::keys::{KeyUse, Verifier, hex, is_rsa, pem};
use super::python_tuf::kind_of;
use super::read::{AS_MADE, Limits, Rules, array, object, shape, text};
use super::stamp::{Stamp, Zone};
use super::value::{Document, Value};
use super::{Check, Kind, Stop, refuse};

pub(super) struct Tough;

/// jiff's largest timestamp, 9999-12-30T22:00:00Z.
const LATEST: i64 = 253_402_207_200;

impl Rules for Tough {
    /// lib `Limits::default`; `load_root` stops one short of `max_root_updates`.
    fn limits(&self) -> Limits {
        Limits {
            root: 1_048_576,
            timestamp: 1_048_576,
            snapshot: 1_048_576,
            targets: 10_485_760,
            rotations: Some(1_023),
        }
    }

    /// `olpc-cjson/src/lib.rs: CanonicalFormatter`.
    fn bytes(&self) -> Bytes {
        Bytes {
            order: Order::Written,
            escapes_controls: false,
            nfc: true,
            numbers: Numbers::SixtyFour,
        }
    }

    /// serde refuses a struct's field that comes twice.
    fn document(&self, document: &Document) -> Check {
        match &document.doubled {
            Some(name) => Err(refuse(
                "DOUBLED",
                "",
                format!("member {} twice", shown(name, 40)),
                AS_MADE,
            )),
            None => Ok(()),
        }
    }

    /// `schema/decoded.rs: Decoded<Hex>`.
    fn keyid(&self, keyid: &str) -> Check {
        hexadecimal(keyid, "KEYID_FORM")
    }

    fn signature(&self, sig: &str) -> Check {
        hexadecimal(sig, "SIG_FORM")
    }

    /// keyids are compared as bytes.
    fn lookup(&self, keyid: &str) -> String {
        keyid.to_ascii_lowercase()
    }

    /// schema: any string; nothing ever looks at it.
    fn spec_version(&self, spec_version: Option<&Value>) -> Check {
        text("signed.spec_version", spec_version).map(|_| ())
    }

    /// `jiff::Timestamp`, and `ser::serialize_timestamp` writes it again with 0, 3, 6 or 9 digits.
    fn expires(&self, stamp: &Stamp) -> Result<(), &'static str> {
        let fraction = stamp.fraction.as_deref().unwrap_or_default();
        let kept = match fraction.len() {
            0 => true,
            3 => fraction != "000",
            6 => !fraction.ends_with("000"),
            9 => !fraction.ends_with("000"),
            _ => false,
        };
        if stamp.zone != Zone::Z || stamp.leap || !kept || stamp.unix > LATEST {
            return Err(
                "it is written again in another spelling, so that no signature verifies, or it is after 9999-12-30T22:00:00Z",
            );
        }
        Ok(())
    }

    /// lib `check_expired`.
    fn good_at_expiry(&self) -> bool {
        true
    }

    fn fields(&self, kind: Kind, signed: &BTreeMap<String, Value>) -> Check {
        match kind {
            Kind::Root => {
                if !matches!(signed.get("consistent_snapshot"), Some(Value::Bool(_))) {
                    return Err(shape(
                        "signed.consistent_snapshot",
                        "true or false",
                        signed.get("consistent_snapshot"),
                    ));
                }
                // schema `RoleType`: an unknown role does not parse.
                for name in object("signed.roles", signed.get("roles"))?.keys() {
                    if !matches!(
                        name.as_str(),
                        "root" | "snapshot" | "targets" | "timestamp" | "delegated-targets"
                    ) {
                        let why = format!("unknown role {}", shown(name, 40));
                        return Err(refuse(
                            "ROLES",
                            "signed.roles",
                            why,
                            "list root, snapshot, targets, timestamp",
                        ));
                    }
                }
                Ok(())
            }
            Kind::Timestamp | Kind::Snapshot => {
                let meta = object("signed.meta", signed.get("meta"))?;
                // lib `load_timestamp`
                if kind == Kind::Timestamp && meta.len() != 1 {
                    return Err(refuse(
                        "META",
                        "signed.meta",
                        "expected snapshot.json alone",
                        AS_MADE,
                    ));
                }
                meta.values()
                    .filter_map(|e| e.get("hashes"))
                    .try_for_each(has_sha256)
            }
            Kind::Targets => targets(signed),
        }
    }

    /// `de::deserialize_keys` recomputes the keyid over every field;
    /// `key::Key`, `RsaScheme`, `EcdsaScheme` are closed.
    fn key(&self, keyid: &str, key: &Value) -> Check {
        let parsed = public(key).ok_or_else(|| {
            let (keytype, scheme) = kind_of(key);
            let why = format!(
                "cannot read keytype {} with scheme {}",
                shown(keytype, 40),
                shown(scheme, 40)
            );
            refuse(
                "KEY_KIND",
                "",
                why,
                "use Ed25519 or ECDSA P-256 keys, and no other even as a spare",
            )
        })?;
        if parsed.is_none() {
            return Err(Stop::Unsure("an RSA key of another size or exponent".to_owned()));
        }
        let bytes = self
            .bytes()
            .of(key)
            .map_err(|_| Stop::Unsure("the canonical form of a key".to_owned()))?;
        let expected = Digest::of(&bytes).hex();
        if keyid.eq_ignore_ascii_case(&expected) {
            return Ok(());
        }
        let why = format!("expected keyid {expected}, got {}", shown(keyid, 80));
        Err(refuse(
            "KEYID_MISMATCH",
            "",
            why,
            "recompute the keyid over the whole key object",
        ))
    }

    /// `key::Key::verify`.
    fn key_use(&self, key: &Value) -> KeyUse {
        match public(key) {
            Some(Some(public)) => Verifier::plain(public),
            Some(None) => KeyUse::Unsure("an RSA key of another size or exponent"),
            None => KeyUse::Never,
        }
    }

    /// schema `RoleKeys`: a keyid twice is read; `verify_role` counts each once.
    fn role(&self, at: &str, _keyids: &[String], threshold: i128) -> Check {
        if threshold < 1 {
            return Err(refuse(
                "THRESHOLD",
                at,
                format!("a threshold of {threshold}"),
                "give the role a threshold of at least 1",
            ));
        }
        Ok(())
    }

    /// schema: `Target.custom` is skipped when empty; `Delegations` and
    /// `DelegatedRole` have no place for other fields.
    fn view(&self, kind: Kind, signed: &mut BTreeMap<String, Value>) {
        if kind != Kind::Targets {
            return;
        }
        if let Some(Value::Object(targets)) = signed.get_mut("targets") {
            for target in targets.values_mut() {
                if let Value::Object(target) = target
                    && target
                        .get("custom")
                        .and_then(Value::object)
                        .is_some_and(BTreeMap::is_empty)
                {
                    target.remove("custom");
                }
            }
        }
        if let Some(Value::Object(delegations)) = signed.get_mut("delegations") {
            delegations.retain(|name, _| matches!(name.as_str(), "keys" | "roles"));
            if let Some(Value::Array(roles)) = delegations.get_mut("roles") {
                for role in roles {
                    if let Value::Object(role) = role {
                        let paths = role.contains_key("paths");
                        role.retain(|name, _| match name.as_str() {
                            "name" | "keyids" | "threshold" | "terminating" | "paths" => true,
                            "path_hash_prefixes" => !paths,
                            _ => false,
                        });
                    }
                }
            }
        }
    }

    /// lib `load_snapshot`, `load_targets`: the length bounds the download.
    fn exact_length(&self) -> bool {
        false
    }

    /// `fetch.rs: fetch_sha256`.
    fn sha256_alone(&self) -> bool {
        true
    }

    /// lib `load_delegations`.
    fn loads_delegations(&self) -> bool {
        true
    }

    /// lib `encode_filename`.
    fn role_file(&self, name: &str) -> Option<String> {
        let plain = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-' | b'~');
        let mut out = String::new();
        for byte in name.as_bytes() {
            if plain(byte) {
                out.push(char::from(*byte));
            } else {
                out.push_str(&format!("%{byte:02X}"));
            }
        }
        Some(out)
    }
}

/// `None`: does not parse. `Some(None)`: parses, and this model has no such key.
fn public(key: &Value) -> Option<Option<PublicKey>> {
    let public = key.get("keyval")?.get("public")?.text()?;
    match kind_of(key) {
        // any hexadecimal parses; a wrong length never verifies
        ("ed25519", "ed25519") => {
            HEXLOWER_PERMISSIVE.decode(public.as_bytes()).ok()?;
            Some(hex(public, Algorithm::Ed25519))
        }
        // `decoded.rs: EcdsaFlex`: hexadecimal, or PEM
        ("ecdsa" | "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256") => match pem(public) {
            Some(key) if key.algorithm() == Algorithm::EcdsaP256 => Some(Some(key)),
            Some(_) => None,
            None => Some(Some(hex(public, Algorithm::EcdsaP256)?)),
        },
        ("rsa", "rsassa-pss-sha256") => match pem(public) {
            Some(key) if is_rsa(&key) => Some(Some(key)),
            Some(_) => None,
            None => public.starts_with("-----BEGIN PUBLIC KEY-----").then_some(None),
        },
        _ => None,
    }
}

fn hexadecimal(text: &str, code: &'static str) -> Check {
    if text.len().is_multiple_of(2) && HEXLOWER.decode(text.to_ascii_lowercase().as_bytes()).is_ok() {
        return Ok(());
    }
    Err(refuse(
        code,
        "",
        format!("not hexadecimal: {}", shown(text, 40)),
        "write lower-case hexadecimal",
    ))
}

/// schema `Hashes`.
fn has_sha256(hashes: &Value) -> Check {
    match hashes.get("sha256").and_then(Value::text) {
        Some(hash) => hexadecimal(hash, "HASH_FORM"),
        None => Err(refuse(
            "HASH_SHA256",
            "hashes",
            "no sha256",
            "list sha256, and sha512 beside it if wanted",
        )),
    }
}

fn targets(signed: &BTreeMap<String, Value>) -> Check {
    for (path, target) in object("signed.targets", signed.get("targets"))? {
        let hashes = target
            .get("hashes")
            .ok_or_else(|| shape("hashes", "an object", None))?;
        has_sha256(hashes)?;
        // `target_name.rs: clean_name`
        if path.is_empty() || path == ".." {
            return Err(refuse(
                "TARGET_PATH",
                "signed.targets",
                "an unsafe path",
                "name targets by relative paths",
            ));
        }
        if let Some(custom) = target.get("custom")
            && custom.object().is_none()
        {
            return Err(shape("custom", "an object", Some(custom)));
        }
    }
    let Some(delegations) = signed.get("delegations") else {
        return Ok(());
    };
    let at = "signed.delegations.roles";
    if delegations.get("roles").is_none() && delegations.get("succinct_roles").is_some() {
        return Err(refuse(
            "HASH_BINS",
            "signed.delegations",
            "it reads no succinct_roles",
            "write the set as path_hash_prefixes, or name a profile without this client",
        ));
    }
    for role in array(at, delegations.get("roles"))? {
        if !matches!(role.get("terminating"), Some(Value::Bool(_))) {
            return Err(shape(at, "terminating", role.get("terminating")));
        }
        // schema `PathSet`
        if role.get("paths").is_none() && role.get("path_hash_prefixes").is_none() {
            return Err(refuse(
                "DELEGATIONS",
                at,
                "expected paths or path_hash_prefixes",
                "write one of them",
            ));
        }
        // schema `PathPattern::new`: globset's unclosed classes and alternates, a dangling escape.
        let paths = role.get("paths").and_then(Value::array).unwrap_or_default();
        for pattern in paths.iter().filter_map(Value::text) {
            let class = pattern.split_once('[');
            let plain = class.is_none() && !pattern.contains('\\');
            let braces = pattern.matches('{').count() != pattern.matches('}').count();
            if class.is_some_and(|(_, rest)| !rest.contains(']')) || (plain && braces) {
                let why = format!("cannot read the pattern {}", shown(pattern, 80));
                return Err(refuse("PATTERN", at, why, "write patterns of literals, * and ?"));
            }
        }
    }
    Ok(())
}
