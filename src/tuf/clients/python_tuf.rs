//! python-tuf 7.0.1 with securesystemslib 1.6.0. Sources by module and name:
//! `tuf/api/_payload.py` (payload), `tuf/api/metadata.py`, `tuf/ngclient/config.py`,
//! `tuf/ngclient/_internal/trusted_metadata_set.py`, `securesystemslib/signer/_key.py` (key).

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Algorithm, shown};

use super::bytes::{Bytes, Numbers, Order};
use super::keys::{How, KeyUse, Verifier, hex, is_rsa, pem};
use super::read::{Limits, Rules, array, object, shape, text, two_or_three_numbers};
use super::stamp::Stamp;
use super::value::Value;
use super::walk::unknown_hash;
use super::{Check, Kind, refuse};

pub(super) struct PythonTuf;

/// `KEY_FOR_TYPE_AND_SCHEME` of `securesystemslib/signer/__init__.py`, without PGP.
const KINDS: &[(&str, &str)] = &[
    ("ed25519", "ed25519"),
    ("ecdsa", "ecdsa-sha2-nistp256"),
    ("ecdsa", "ecdsa-sha2-nistp384"),
    ("ecdsa", "ecdsa-sha2-nistp521"),
    ("ecdsa-sha2-nistp256", "ecdsa-sha2-nistp256"),
    ("ecdsa-sha2-nistp384", "ecdsa-sha2-nistp384"),
    ("ecdsa-sha2-nistp521", "ecdsa-sha2-nistp521"),
    ("rsa", "rsassa-pss-sha256"),
    ("rsa", "rsassa-pss-sha384"),
    ("rsa", "rsassa-pss-sha512"),
    ("rsa", "rsa-pkcs1v15-sha256"),
    ("rsa", "rsa-pkcs1v15-sha384"),
    ("rsa", "rsa-pkcs1v15-sha512"),
    ("ml-dsa", "ml-dsa-44/1"),
    ("ml-dsa", "ml-dsa-65/1"),
    ("ml-dsa", "ml-dsa-87/1"),
];

impl Rules for PythonTuf {
    /// `UpdaterConfig`.
    fn limits(&self) -> Limits {
        Limits {
            root: 512_000,
            timestamp: 16_384,
            snapshot: 2_000_000,
            targets: 5_000_000,
            rotations: Some(256),
        }
    }

    /// `securesystemslib/formats.py: encode_canonical`.
    fn bytes(&self) -> Bytes {
        Bytes {
            order: Order::CodePoint,
            escapes_controls: false,
            nfc: false,
            numbers: Numbers::Exact,
        }
    }

    /// payload `Signed.__init__`.
    fn spec_version(&self, spec_version: Option<&Value>) -> Check {
        two_or_three_numbers(spec_version)
    }

    /// payload `Signed._common_fields_from_dict`: `strptime` with one format.
    fn expires(&self, stamp: &Stamp) -> Result<(), &'static str> {
        if stamp.plain() {
            Ok(())
        } else {
            Err("whole seconds and Z alone can be read")
        }
    }

    fn fields(&self, kind: Kind, signed: &BTreeMap<String, Value>) -> Check {
        match kind {
            // payload `Root.__init__`: exactly the four roles.
            Kind::Root => four_roles(signed),
            Kind::Timestamp | Kind::Snapshot => hashes_not_empty(signed),
            Kind::Targets => delegations(signed),
        }
    }

    /// key `Key.from_dict`: a pair that is not in the table ends the reading of the file.
    fn key(&self, _keyid: &str, key: &Value) -> Check {
        let (keytype, scheme) = kind_of(key);
        if KINDS.contains(&(keytype, scheme)) {
            return Ok(());
        }
        let why = format!(
            "unknown keytype {} with scheme {}",
            shown(keytype, 40),
            shown(scheme, 40)
        );
        Err(refuse("KEY_KIND", "", why, "use Ed25519 or ECDSA P-256 keys"))
    }

    /// key `SSlibKey._verify` and `_crypto_key`.
    fn key_use(&self, key: &Value) -> KeyUse {
        let public = key
            .get("keyval")
            .and_then(|v| v.get("public"))
            .and_then(Value::text)
            .unwrap_or_default();
        let curve = |algorithm| match pem(public) {
            Some(key) if key.algorithm() == algorithm => Verifier::plain(key),
            _ => KeyUse::Never,
        };
        let rsa = |how| match pem(public) {
            Some(public) if is_rsa(&public) => KeyUse::Verify(Verifier { public, how }),
            Some(_) => KeyUse::Never,
            None => KeyUse::Unsure("an RSA key in another form or size"),
        };
        match kind_of(key) {
            // `bytes.fromhex`
            ("ed25519", _) => hex(public, Algorithm::Ed25519).map_or(KeyUse::Never, Verifier::plain),
            (_, "ecdsa-sha2-nistp256") => curve(Algorithm::EcdsaP256),
            (_, "ecdsa-sha2-nistp384") => curve(Algorithm::EcdsaP384),
            // `_get_rsa_padding`: PSS.AUTO
            (_, "rsassa-pss-sha256") => rsa(How::AnySalt),
            (_, "rsassa-pss-sha384") => rsa(How::Pss384),
            (_, "rsassa-pss-sha512") => rsa(How::Pss512),
            (_, "rsa-pkcs1v15-sha256") => rsa(How::Pkcs1Sha256),
            _ => KeyUse::Unsure("a kind of key that this model cannot verify with"),
        }
    }

    /// payload `Timestamp.to_dict`: only `snapshot.json` is written again.
    fn view(&self, kind: Kind, signed: &mut BTreeMap<String, Value>) {
        if kind == Kind::Timestamp
            && let Some(Value::Object(meta)) = signed.get_mut("meta")
        {
            meta.retain(|name, _| name == "snapshot.json");
        }
    }

    /// payload `BaseFile._verify_hashes`: every hash is compared as text, unknown ones are refused.
    fn target(&self, _path: &str, hashes: &BTreeMap<String, Value>) -> Check {
        lower_and_known(hashes)
    }
}

/// Keytype and scheme.
pub(super) fn kind_of(key: &Value) -> (&str, &str) {
    let field = |name| key.get(name).and_then(Value::text).unwrap_or_default();
    (field("keytype"), field("scheme"))
}

pub(super) fn four_roles(signed: &BTreeMap<String, Value>) -> Check {
    let roles = object("signed.roles", signed.get("roles"))?;
    let four = ["root", "snapshot", "targets", "timestamp"];
    if roles.len() == four.len() && four.iter().all(|r| roles.contains_key(*r)) {
        return Ok(());
    }
    Err(refuse(
        "ROLES",
        "signed.roles",
        "other roles than the four",
        "list root, snapshot, targets, timestamp",
    ))
}

fn hashes_not_empty(signed: &BTreeMap<String, Value>) -> Check {
    for (name, entry) in object("signed.meta", signed.get("meta"))? {
        if entry
            .get("hashes")
            .and_then(Value::object)
            .is_some_and(BTreeMap::is_empty)
        {
            let at = format!("signed.meta.{}.hashes", shown(name, 80));
            return Err(refuse(
                "HASHES_EMPTY",
                &at,
                "no hash",
                "leave hashes out, or list sha256",
            ));
        }
    }
    Ok(())
}

/// Hashes of a target, compared as lower-case text; an unknown algorithm is an error.
pub(super) fn lower_and_known(hashes: &BTreeMap<String, Value>) -> Check {
    if hashes.is_empty() {
        return Err(refuse("HASHES_EMPTY", "hashes", "no hash", "list sha256"));
    }
    for (algorithm, hash) in hashes {
        if !matches!(algorithm.as_str(), "sha256" | "sha512") {
            return Err(unknown_hash(algorithm));
        }
        if text("hashes", Some(hash))?
            .bytes()
            .any(|b| b.is_ascii_uppercase())
        {
            return Err(refuse(
                "HASH_CASE",
                "hashes",
                "upper-case hexadecimal",
                "write hashes in lower case",
            ));
        }
    }
    Ok(())
}

/// payload `DelegatedRole.__init__`, `Delegations.__init__` and `from_dict`.
fn delegations(signed: &BTreeMap<String, Value>) -> Check {
    let Some(delegations) = signed.get("delegations") else {
        return Ok(());
    };
    let at = "signed.delegations";
    if delegations.get("roles").is_some() == delegations.get("succinct_roles").is_some() {
        return Err(refuse(
            "DELEGATIONS",
            at,
            "expected roles or succinct_roles",
            "write roles",
        ));
    }
    let mut names = BTreeSet::new();
    for role in delegations
        .get("roles")
        .map(|v| array(at, Some(v)))
        .transpose()?
        .unwrap_or_default()
    {
        let name = text(at, role.get("name"))?;
        if name.is_empty() || matches!(name, "root" | "snapshot" | "targets" | "timestamp") {
            return Err(refuse(
                "ROLE_NAME",
                at,
                "an empty or a top-level name",
                "give the role a name of its own",
            ));
        }
        if !names.insert(name) {
            return Err(refuse(
                "ROLE_TWICE",
                at,
                "one role name twice",
                "name each role once",
            ));
        }
        if role.get("terminating").is_none() {
            return Err(shape(at, "terminating", None));
        }
        if role.get("paths").is_some() == role.get("path_hash_prefixes").is_some() {
            return Err(refuse(
                "DELEGATIONS",
                at,
                "expected paths or path_hash_prefixes",
                "write one of them",
            ));
        }
    }
    Ok(())
}
