//! go-tuf 2.4.2. Sources by file and name: `metadata/metadata.go` (metadata),
//! `metadata/marshal.go`, `metadata/keys.go`, `metadata/config/config.go`,
//! `metadata/trustedmetadata/trustedmetadata.go`; go-securesystemslib `cjson`.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER_PERMISSIVE;

use crate::base::{Algorithm, shown};

use super::bytes::{Bytes, Numbers, Order};
use super::keys::{How, KeyUse, Verifier, hex, is_rsa, pem};
use super::python_tuf::kind_of;
use super::read::{Limits, Rules, array, text};
use super::stamp::{Stamp, Zone};
use super::value::Value;
use super::walk::unknown_hash;
use super::{Check, Kind, refuse};

pub(super) struct GoTuf;

impl Rules for GoTuf {
    /// `config.go`
    fn limits(&self) -> Limits {
        Limits {
            root: 512_000,
            timestamp: 16_384,
            snapshot: 2_000_000,
            targets: 5_000_000,
            rotations: Some(256),
        }
    }

    /// `cjson/canonicaljson.go: EncodeCanonical`: int64.
    fn bytes(&self) -> Bytes {
        Bytes {
            order: Order::CodePoint,
            escapes_controls: false,
            nfc: false,
            numbers: Numbers::Signed,
        }
    }

    /// metadata `HexBytes`: what is no hexadecimal ends the reading.
    fn signature(&self, sig: &str) -> Check {
        match HEXLOWER_PERMISSIVE.decode(sig.as_bytes()) {
            Ok(_) => Ok(()),
            Err(_) => Err(refuse(
                "SIG_FORM",
                "",
                "not hexadecimal",
                "write lower-case hexadecimal",
            )),
        }
    }

    /// Nothing looks at it (facts/clients.md 3).
    fn spec_version(&self, spec_version: Option<&Value>) -> Check {
        text("signed.spec_version", spec_version).map(|_| ())
    }

    /// `time.Time` reads RFC 3339 and writes it again without trailing zeros.
    fn expires(&self, stamp: &Stamp) -> Result<(), &'static str> {
        let kept = stamp
            .fraction
            .as_deref()
            .is_none_or(|f| f.len() <= 9 && !f.ends_with('0'));
        if stamp.zone == Zone::Z && !stamp.leap && kept {
            return Ok(());
        }
        Err("it is written again in another spelling, so that no signature verifies")
    }

    /// metadata `IsExpired`: after, not at.
    fn good_at_expiry(&self) -> bool {
        true
    }

    fn fields(&self, kind: Kind, signed: &BTreeMap<String, Value>) -> Check {
        if kind != Kind::Targets {
            return Ok(());
        }
        let Some(delegations) = signed.get("delegations") else {
            return Ok(());
        };
        let at = "signed.delegations";
        for role in delegations
            .get("roles")
            .map(|v| array(at, Some(v)))
            .transpose()?
            .unwrap_or_default()
        {
            let name = text(at, role.get("name"))?;
            if matches!(name, "root" | "snapshot" | "targets" | "timestamp") {
                return Err(refuse(
                    "ROLE_NAME",
                    at,
                    "a top-level name",
                    "give the role a name of its own",
                ));
            }
            // `marshal.go: DelegatedRole.UnmarshalJSON`
            if role.get("paths").is_some() && role.get("path_hash_prefixes").is_some() {
                return Err(refuse(
                    "DELEGATIONS",
                    at,
                    "paths and path_hash_prefixes",
                    "write one of them",
                ));
            }
            // facts/clients.md 3: prefixes are compared with base64 of the hash through 2.4.2.
            if role.get("path_hash_prefixes").is_some() {
                return Err(refuse(
                    "HASH_BINS",
                    at,
                    "path_hash_prefixes never match",
                    "delegate by paths",
                ));
            }
        }
        Ok(())
    }

    /// metadata `VerifyDelegate`: a key of the role that is no public key ends the
    /// check; the scheme only chooses the hash of ECDSA.
    fn key_use(&self, key: &Value) -> KeyUse {
        let public = key
            .get("keyval")
            .and_then(|v| v.get("public"))
            .and_then(Value::text)
            .unwrap_or_default();
        let unusable = |what: &str| KeyUse::Fatal(format!("a key of the role is not {what}"));
        match kind_of(key) {
            ("ed25519", _) if HEXLOWER_PERMISSIVE.decode(public.as_bytes()).is_err() => {
                unusable("hexadecimal")
            }
            ("ed25519", _) => hex(public, Algorithm::Ed25519).map_or(KeyUse::Never, Verifier::plain),
            ("ecdsa" | "ecdsa-sha2-nistp256", scheme) => match pem(public) {
                Some(public) => match (public.algorithm(), scheme) {
                    (Algorithm::EcdsaP256, "ecdsa-sha2-nistp384") => KeyUse::Never,
                    (Algorithm::EcdsaP256, _) => KeyUse::Verify(Verifier {
                        public,
                        how: How::OrRaw,
                    }),
                    (Algorithm::EcdsaP384, "ecdsa-sha2-nistp384") => Verifier::plain(public),
                    (Algorithm::EcdsaP384, _) => KeyUse::Never,
                    _ => unusable("an ECDSA key"),
                },
                None if scheme.ends_with("nistp521") => KeyUse::Never,
                None if !public.contains("-----BEGIN") => unusable("PEM"),
                None => KeyUse::Unsure("an ECDSA key in another form"),
            },
            ("rsa", scheme) => match pem(public) {
                Some(public) if is_rsa(&public) => KeyUse::Verify(Verifier {
                    public,
                    how: if scheme == "rsassa-pss-sha256" {
                        How::AnySalt
                    } else {
                        How::Plain
                    },
                }),
                Some(_) => unusable("an RSA key"),
                None => KeyUse::Unsure("an RSA key in another form or size"),
            },
            (keytype, _) => KeyUse::Fatal(format!(
                "a key of the role has the keytype {}",
                shown(keytype, 40)
            )),
        }
    }

    fn absent_key_is_fatal(&self) -> bool {
        true
    }

    /// metadata `VerifyDelegate`: by the fingerprint of the public key.
    fn counts_keys(&self) -> bool {
        true
    }

    /// metadata `VerifyDelegate` looks at the threshold when it counts, not before.
    fn role(&self, _at: &str, _keyids: &[String], _threshold: i128) -> Check {
        Ok(())
    }

    /// `types.go`: fields without `omitempty` come back, zero lengths go, hashes become lower case.
    fn view(&self, kind: Kind, signed: &mut BTreeMap<String, Value>) {
        match kind {
            Kind::Root => {
                signed
                    .entry("consistent_snapshot".to_owned())
                    .or_insert(Value::Bool(false));
            }
            Kind::Timestamp | Kind::Snapshot => {
                if let Some(Value::Object(meta)) = signed.get_mut("meta") {
                    for entry in meta.values_mut() {
                        if let Value::Object(entry) = entry {
                            entry.retain(|name, value| name != "length" || *value != Value::Int(0));
                            if let Some(hashes) = entry.get_mut("hashes") {
                                lower(hashes);
                            }
                        }
                    }
                }
            }
            Kind::Targets => {
                if let Some(Value::Object(targets)) = signed.get_mut("targets") {
                    for target in targets.values_mut() {
                        if let Value::Object(target) = target
                            && let Some(hashes) = target.get_mut("hashes")
                        {
                            lower(hashes);
                        }
                    }
                }
                if let Some(Value::Object(delegations)) = signed.get_mut("delegations")
                    && let Some(Value::Array(roles)) = delegations.get_mut("roles")
                {
                    for role in roles {
                        if let Value::Object(role) = role {
                            role.entry("terminating".to_owned()).or_insert(Value::Bool(false));
                        }
                    }
                }
            }
        }
    }

    /// metadata `verifyHashes`
    fn target(&self, _path: &str, hashes: &BTreeMap<String, Value>) -> Check {
        if hashes.is_empty() {
            return Err(refuse("HASHES_EMPTY", "hashes", "no hash", "list sha256"));
        }
        match hashes.keys().find(|a| !matches!(a.as_str(), "sha256" | "sha512")) {
            Some(other) if other.starts_with("blake2") => Err(refuse(
                "HASH_UNKNOWN",
                "hashes",
                "unknown hash algorithm",
                "use sha256 and sha512 only",
            )),
            Some(other) => Err(unknown_hash(other)),
            None => Ok(()),
        }
    }
}

fn lower(hashes: &mut Value) {
    if let Value::Object(hashes) = hashes {
        for hash in hashes.values_mut() {
            if let Value::Str(text) = hash {
                *text = text.to_ascii_lowercase();
            }
        }
    }
}
