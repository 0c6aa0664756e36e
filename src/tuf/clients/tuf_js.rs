//! tuf-js 5.0.1 with @tufjs/models 4.1.1. Sources by file under `packages/`:
//! `models/src/base.ts`, `root.ts`, `role.ts`, `metadata.ts`, `delegations.ts`,
//! `utils/key.ts` (key), `canonical-json/lib/index.js`, `client/src/config.ts`.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::{Algorithm, shown};

use super::bytes::{Bytes, Numbers, Order};
use super::keys::{How, KeyUse, Verifier, hex, is_rsa, pem};
use super::python_tuf::{kind_of, lower_and_known};
use super::read::{Limits, Rules, array, object, shape, text, two_or_three_numbers};
use super::stamp::Stamp;
use super::value::Value;
use super::{Check, Kind, refuse};

pub(super) struct TufJs;

impl Rules for TufJs {
    /// `client/src/config.ts`
    fn limits(&self) -> Limits {
        Limits {
            root: 512_000,
            timestamp: 16_384,
            snapshot: 2_000_000,
            targets: 5_000_000,
            rotations: Some(256),
        }
    }

    /// `canonical-json/lib/index.js`: JavaScript's sort and numbers.
    fn bytes(&self) -> Bytes {
        Bytes {
            order: Order::Utf16,
            escapes_controls: false,
            nfc: false,
            numbers: Numbers::Double,
        }
    }

    /// `base.ts: Signed` constructor
    fn spec_version(&self, spec_version: Option<&Value>) -> Check {
        two_or_three_numbers(spec_version)
    }

    /// `base.ts: isExpired`: any text is kept as it is; what is no date never expires.
    fn expires(&self, _stamp: &Stamp) -> Result<(), &'static str> {
        Ok(())
    }

    fn fields(&self, kind: Kind, signed: &BTreeMap<String, Value>) -> Check {
        match kind {
            Kind::Root => {
                // `root.ts: fromJSON`
                if !matches!(signed.get("consistent_snapshot"), Some(Value::Bool(_))) {
                    let got = signed.get("consistent_snapshot");
                    return Err(shape("signed.consistent_snapshot", "true or false", got));
                }
                let roles = object("signed.roles", signed.get("roles"))?;
                for name in ["root", "snapshot", "targets", "timestamp"] {
                    if !roles.contains_key(name) {
                        return Err(refuse(
                            "ROLES",
                            "signed.roles",
                            format!("no {name}"),
                            "list the four roles",
                        ));
                    }
                }
                Ok(())
            }
            Kind::Timestamp | Kind::Snapshot => Ok(()),
            Kind::Targets => delegations(signed),
        }
    }

    /// key `getPublicKey`; always verified with SHA-256, so no P-384 signature verifies.
    fn key_use(&self, key: &Value) -> KeyUse {
        let public = key
            .get("keyval")
            .and_then(|v| v.get("public"))
            .and_then(Value::text)
            .unwrap_or_default();
        let either = |algorithm| match pem(public).or_else(|| hex(public, algorithm)) {
            Some(key) if key.algorithm() == algorithm => Verifier::plain(key),
            _ => KeyUse::Never,
        };
        match kind_of(key) {
            ("ed25519", _) => either(Algorithm::Ed25519),
            ("ecdsa" | "ecdsa-sha2-nistp256" | "ecdsa-sha2-nistp384", _) => either(Algorithm::EcdsaP256),
            ("rsa", "rsassa-pss-sha256") => match pem(public) {
                Some(public) if is_rsa(&public) => KeyUse::Verify(Verifier {
                    public,
                    how: How::AnySalt,
                }),
                Some(_) => KeyUse::Never,
                None if !public.starts_with("-----BEGIN PUBLIC KEY-----") => KeyUse::Never,
                None => KeyUse::Unsure("an RSA key of another size or exponent"),
            },
            _ => KeyUse::Never,
        }
    }

    /// `timestamp.ts: toJSON`: only `snapshot.json` is written again.
    fn view(&self, kind: Kind, signed: &mut BTreeMap<String, Value>) {
        if kind == Kind::Timestamp
            && let Some(Value::Object(meta)) = signed.get_mut("meta")
        {
            meta.retain(|name, _| name == "snapshot.json");
        }
    }

    /// `file.ts: verifyHashes` compares text; facts/clients.md 4, target path.
    fn target(&self, path: &str, hashes: &BTreeMap<String, Value>) -> Check {
        if path.contains('\\') {
            return Err(refuse(
                "TARGET_PATH",
                "",
                "a backslash is read as a slash",
                "name targets without it",
            ));
        }
        lower_and_known(hashes)
    }
}

/// `delegations.ts`, and the order of members in a JavaScript object.
fn delegations(signed: &BTreeMap<String, Value>) -> Check {
    let Some(delegations) = signed.get("delegations") else {
        return Ok(());
    };
    let at = "signed.delegations";
    let mut names: Vec<&str> = Vec::new();
    let mut seen = BTreeSet::new();
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
        if !seen.insert(name) {
            return Err(refuse(
                "ROLE_TWICE",
                at,
                "one role name twice",
                "name each role once",
            ));
        }
        names.push(name);
        if !matches!(role.get("terminating"), Some(Value::Bool(_))) {
            return Err(shape(at, "terminating", role.get("terminating")));
        }
        if role.get("paths").is_some() && role.get("path_hash_prefixes").is_some() {
            return Err(refuse(
                "DELEGATIONS",
                at,
                "paths and path_hash_prefixes",
                "write one of them",
            ));
        }
    }
    // facts/tuf.md 2.1: names that look like array indices come first, in their order as numbers.
    let index = |name: &str| name.parse::<u32>().ok().filter(|n| n.to_string() == name);
    let mut sorted = names.clone();
    sorted.sort_by_key(|name| index(name).map_or((1, 0), |n| (0, n)));
    if sorted != names {
        let first = names.iter().find(|n| index(n).is_some()).map_or("", |n| n);
        let why = format!("the role name {} changes the order of roles", shown(first, 40));
        return Err(refuse("ROLE_NAME", at, why, "use no role names made of digits"));
    }
    Ok(())
}
