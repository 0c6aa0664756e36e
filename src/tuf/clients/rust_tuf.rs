//! rust-tuf 0.3.0-beta14. Sources by file and name under `tuf/src`:
//! `pouf/pouf1/shims.rs` (shims), `pouf/pouf1/mod.rs`, `crypto.rs`,
//! `metadata.rs`, `client.rs: Config`. Delegated roles are outside this model.

use std::collections::{BTreeMap, BTreeSet};

use data_encoding::HEXLOWER;

use crate::base::{Algorithm, Digest, shown};

use super::bytes::{Bytes, Numbers, Order};
use super::keys::{KeyUse, Verifier, hex};
use super::python_tuf::kind_of;
use super::read::{AS_MADE, Limits, Rules, array, object, shape, spec_version, text};
use super::stamp::Stamp;
use super::value::Value;
use super::{Check, Kind, refuse};

pub(super) struct RustTuf;

impl Rules for RustTuf {
    /// `client.rs: Config::default`: 500 KiB.
    fn limits(&self) -> Limits {
        Limits {
            root: 512_000,
            timestamp: 16_384,
            snapshot: 2_000_000,
            targets: 5_000_000,
            rotations: None,
        }
    }

    /// `pouf1/mod.rs: canonicalize`: of the file's own JSON; control characters as escapes.
    fn bytes(&self) -> Bytes {
        Bytes {
            order: Order::CodePoint,
            escapes_controls: true,
            nfc: false,
            numbers: Numbers::SixtyFour,
        }
    }

    /// `crypto.rs: KeyId::from_str`: 64 characters.
    fn keyid(&self, keyid: &str) -> Check {
        if keyid.len() == 64 {
            return Ok(());
        }
        let why = format!("expected 64 characters, got {}", shown(keyid, 80));
        Err(refuse(
            "KEYID_FORM",
            "",
            why,
            "recompute the keyid over the whole key object",
        ))
    }

    /// `crypto.rs: SignatureValue`: lower-case hexadecimal.
    fn signature(&self, sig: &str) -> Check {
        match HEXLOWER.decode(sig.as_bytes()) {
            Ok(_) => Ok(()),
            Err(_) => Err(refuse(
                "SIG_FORM",
                "",
                "not lower-case hexadecimal",
                "write lower-case hexadecimal",
            )),
        }
    }

    fn doubled_signature_refused(&self) -> bool {
        false
    }

    /// shims `valid_spec_version` of this release: two texts.
    fn spec_version(&self, value: Option<&Value>) -> Check {
        match text("signed.spec_version", value)? {
            "1.0" | "1.0.0" => Ok(()),
            other => Err(spec_version(other)),
        }
    }

    /// shims `parse_datetime`: RFC 3339, kept as text.
    fn expires(&self, _stamp: &Stamp) -> Result<(), &'static str> {
        Ok(())
    }

    fn fields(&self, kind: Kind, signed: &BTreeMap<String, Value>) -> Check {
        // `metadata.rs: MetadataVersion`: u32
        if signed
            .get("version")
            .and_then(Value::int)
            .is_some_and(|v| u32::try_from(v).is_err())
        {
            return Err(refuse(
                "VERSION",
                "signed.version",
                "beyond 32 bits",
                "keep versions small",
            ));
        }
        match kind {
            Kind::Root => {
                if !matches!(signed.get("consistent_snapshot"), Some(Value::Bool(_))) {
                    let got = signed.get("consistent_snapshot");
                    return Err(shape("signed.consistent_snapshot", "true or false", got));
                }
                Ok(())
            }
            Kind::Timestamp => {
                // shims `TimestampMeta`: no other entry
                if object("signed.meta", signed.get("meta"))?.len() != 1 {
                    return Err(refuse(
                        "META",
                        "signed.meta",
                        "expected snapshot.json alone",
                        AS_MADE,
                    ));
                }
                meta_hashes(signed)
            }
            Kind::Snapshot => {
                if object("signed.meta", signed.get("meta"))?
                    .keys()
                    .any(|name| !name.ends_with(".json"))
                {
                    return Err(refuse("META", "signed.meta", "a name without .json", AS_MADE));
                }
                meta_hashes(signed)
            }
            Kind::Targets => delegations(signed),
        }
    }

    /// shims `RootMetadata::try_into`: keys under another id are dropped.
    fn keeps_key(&self, keyid: &str, key: &Value) -> bool {
        let mut kept = BTreeMap::new();
        for name in ["keytype", "scheme", "keyid_hash_algorithms"] {
            if let Some(value) = key.get(name) {
                kept.insert(name.to_owned(), value.clone());
            }
        }
        let public = key
            .get("keyval")
            .and_then(|v| v.get("public"))
            .cloned()
            .unwrap_or(Value::Null);
        let keyval = BTreeMap::from([("public".to_owned(), public)]);
        kept.insert("keyval".to_owned(), Value::Object(keyval));
        self.bytes()
            .of(&Value::Object(kept))
            .is_ok_and(|bytes| Digest::of(&bytes).hex() == keyid)
    }

    /// `crypto.rs: PublicKey::verify`: Ed25519 alone.
    fn key_use(&self, key: &Value) -> KeyUse {
        let public = key
            .get("keyval")
            .and_then(|v| v.get("public"))
            .and_then(Value::text)
            .unwrap_or_default();
        match kind_of(key) {
            ("ed25519", "ed25519") => hex(public, Algorithm::Ed25519).map_or(KeyUse::Never, Verifier::plain),
            _ => KeyUse::Never,
        }
    }

    /// `metadata.rs: RoleDefinition::new`
    fn role(&self, at: &str, keyids: &[String], threshold: i128) -> Check {
        let distinct = keyids.iter().collect::<BTreeSet<_>>().len();
        if distinct != keyids.len() {
            return Err(refuse(
                "KEYID_TWICE",
                at,
                "one keyid twice",
                "list each keyid once",
            ));
        }
        if threshold < 1 || usize::try_from(threshold).is_ok_and(|t| t > distinct) {
            let why = format!("a threshold of {threshold} with {distinct} keys");
            return Err(refuse(
                "THRESHOLD",
                at,
                why,
                "give the role a threshold that its keys can reach",
            ));
        }
        Ok(())
    }

    fn exact_length(&self) -> bool {
        false
    }

    /// `metadata.rs: HashAlgorithm`, `TargetPath::new`.
    fn target(&self, path: &str, hashes: &BTreeMap<String, Value>) -> Check {
        let bad_segment = path.split('/').any(|s| matches!(s, "." | ".."));
        if path.is_empty() || path.starts_with('/') || path.contains([':', '\\']) || bad_segment {
            let why = format!("an unsafe path {}", shown(path, 80));
            return Err(refuse(
                "TARGET_PATH",
                "",
                why,
                "name targets by plain relative paths",
            ));
        }
        known(hashes)
    }

    fn walks_delegations(&self) -> bool {
        false
    }
}

fn meta_hashes(signed: &BTreeMap<String, Value>) -> Check {
    for entry in object("signed.meta", signed.get("meta"))?.values() {
        if let Some(hashes) = entry.get("hashes") {
            known(object("signed.meta.hashes", Some(hashes))?)?;
        }
    }
    Ok(())
}

fn known(hashes: &BTreeMap<String, Value>) -> Check {
    for (algorithm, hash) in hashes {
        if !matches!(algorithm.as_str(), "sha256" | "sha512") {
            let why = format!("unknown hash algorithm {}", shown(algorithm, 20));
            return Err(refuse(
                "HASH_UNKNOWN",
                "hashes",
                why,
                "use sha256 and sha512 only",
            ));
        }
        if HEXLOWER.decode(text("hashes", Some(hash))?.as_bytes()).is_err() {
            return Err(refuse(
                "HASH_CASE",
                "hashes",
                "not lower-case hexadecimal",
                "write hashes in lower case",
            ));
        }
    }
    if hashes.is_empty() {
        return Err(refuse("HASHES_EMPTY", "hashes", "no hash", "list sha256"));
    }
    Ok(())
}

/// shims `Delegation`: paths and terminating, nothing else.
fn delegations(signed: &BTreeMap<String, Value>) -> Check {
    let Some(delegations) = signed.get("delegations") else {
        return Ok(());
    };
    let at = "signed.delegations.roles";
    if delegations.get("roles").is_none() && delegations.get("succinct_roles").is_some() {
        return Err(refuse(
            "HASH_BINS",
            "signed.delegations",
            "it reads no succinct_roles",
            "delegate by paths, or name a profile without this client",
        ));
    }
    for role in array(at, delegations.get("roles"))? {
        if role.get("paths").is_none() && role.get("path_hash_prefixes").is_some() {
            return Err(refuse(
                "HASH_BINS",
                at,
                "it reads no path_hash_prefixes",
                "delegate by paths, or name a profile without this client",
            ));
        }
        if !matches!(role.get("terminating"), Some(Value::Bool(_))) {
            return Err(shape(at, "terminating", role.get("terminating")));
        }
        if array(at, role.get("paths"))?.is_empty() {
            return Err(refuse("DELEGATIONS", at, "no paths", "delegate by paths"));
        }
    }
    Ok(())
}
