//! The rehearsals' trusted chain, made anew by the veterans' own tokens through
//! the port: what is committed must be these bytes. Needs `ceremony`.
#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ed25519_dalek::Signer as _;
use tuf_ceremony::base::device::Credential;
use tuf_ceremony::base::{Digest, Id, Instant, Payload, PublicKey, Secret, veteran};
use tuf_ceremony::signer::embedded::EmbeddedProvider;
use tuf_ceremony::signer::embedded::veteran::{PIN, VETERANS};
use tuf_ceremony::signer::{Grant, KeyRef, Provider, Token};
use tuf_ceremony::tuf::compose::{Form, TargetsInputs, targets_with};
use tuf_ceremony::tuf::manifest::TargetChange;
use tuf_ceremony::tuf::successor::{self, SuccessorInputs};
use tuf_ceremony::tuf::{Draft, Key, KeyId, RoleName, RootInputs, Signed, TargetFile, compose};

pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Names that clients ask for, and bytes.
pub type Map = BTreeMap<String, Vec<u8>>;

/// All veterans, unlocked, on tokens below `base`.
pub struct Old {
    tokens: BTreeMap<&'static str, Box<dyn Token>>,
    pub publics: BTreeMap<String, PublicKey>,
}

impl Old {
    pub fn new(base: &Path) -> Old {
        let mut provider = EmbeddedProvider::new(base);
        let mut old = Old {
            tokens: BTreeMap::new(),
            publics: BTreeMap::new(),
        };
        for veteran in VETERANS {
            provider.enlist(veteran).unwrap();
            let mut token = provider.open(veteran.serial).unwrap();
            for found in token.keys().unwrap() {
                let name = found.label.split(':').next().unwrap().to_owned();
                old.publics.insert(name, found.public.unwrap());
            }
            let pin = Secret::copy_of(PIN.as_bytes()).unwrap();
            token.unlock(Credential::UserPin, &pin).unwrap();
            old.tokens.insert(veteran.serial, token);
        }
        old
    }

    pub fn sign(&mut self, name: &str, payload: Payload) -> Vec<u8> {
        let veteran = VETERANS
            .iter()
            .find(|v| v.keys.iter().any(|(key, _)| *key == name))
            .unwrap();
        let id = Id::parse(name).unwrap();
        let key = KeyRef {
            operation: veteran::operation(&id),
            name: id,
            public: self.publics[name].clone(),
        };
        let token = self.tokens.get_mut(veteran.serial).unwrap();
        token.sign(Grant { key, payload }).unwrap()
    }

    pub fn signed(&mut self, draft: &Draft, keys: &[(&str, KeyId)]) -> Vec<u8> {
        let signatures: Vec<(KeyId, Vec<u8>)> = keys
            .iter()
            .map(|(name, id)| (*id, self.sign(name, draft.payload())))
            .collect();
        draft.assemble(&signatures)
    }
}

/// The key that plays the online side in tests; public for everybody.
pub fn online() -> ed25519_dalek::SigningKey {
    let pem = std::fs::read_to_string(root().join("tests/clients/online-test-key.pem")).unwrap();
    let der = data_encoding::BASE64
        .decode(pem.lines().nth(1).unwrap().as_bytes())
        .unwrap();
    ed25519_dalek::SigningKey::from_bytes(der.last_chunk::<32>().unwrap())
}

pub fn online_public() -> PublicKey {
    let pem = std::fs::read_to_string(root().join("ceremony-scripts/rehearsal/online.pub.pem")).unwrap();
    PublicKey::from_pem(&pem).unwrap()
}

fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

/// `root-b` carries a field that its owner's tool once wrote, so that there is
/// something to re-key, and something to keep.
fn key_of(name: &str, public: &PublicKey) -> Key {
    let mut key = Key::of(public);
    if name == "root-b" {
        key.unrecognized
            .insert("x-tuf-on-ci-keyowner".to_owned(), "@olga".into());
    }
    key
}

/// Targets 1 with three files, whose digests are those of their paths.
fn published_targets(expires: Instant, now: Instant) -> Draft {
    let files = ["apps/tool-1.0.tar.gz", "apps/tool-1.1.tar.gz", "docs/manual.pdf"].map(|path| {
        let hashes = BTreeMap::from([("sha256".to_owned(), Digest::of(path.as_bytes()).to_string())]);
        let file = TargetFile {
            length: 1_000,
            hashes,
            unrecognized: BTreeMap::new(),
        };
        TargetChange::Add {
            path: path.to_owned(),
            file,
        }
    });
    let inputs = TargetsInputs {
        name: None,
        scope: None,
        previous: None,
        expires,
        files: &files,
        delegations: &[],
        form: Form::Indented,
    };
    targets_with(&inputs, now).unwrap()
}

/// Roots 1 and 2, targets 1, snapshot 1 and timestamp.
pub fn chain(base: &Path) -> Map {
    let mut old = Old::new(base);
    let now = at("2026-01-01T00:00:00Z");
    let far = at("2036-01-01T00:00:00Z");
    let publics = old.publics.clone();
    let of = |role: &str| -> Vec<(String, Key)> {
        ["a", "b", "c"]
            .iter()
            .map(|l| {
                let name = format!("{role}-{l}");
                let key = key_of(&name, &publics[&name]);
                (name, key)
            })
            .collect()
    };
    let (roots, targets) = (of("root"), of("targets"));
    let id = |keys: &[(String, Key)], n: usize| keys[n].1.keyid();
    let keys = |of: &[(String, Key)]| of.iter().map(|(_, k)| k.clone()).collect::<Vec<_>>();
    let online_key = Key::of(&online_public());
    let roles = BTreeMap::from([
        (RoleName::Root, (2, keys(&roots))),
        (RoleName::Targets, (2, keys(&targets))),
        (RoleName::Snapshot, (1, vec![online_key.clone()])),
        (RoleName::Timestamp, (1, vec![online_key.clone()])),
    ]);
    // The composer of a genesis writes keys in our spelling alone: root 1 is made as
    // the successor of a root 0 that nobody has.
    let zero = compose::root(
        &RootInputs {
            version: 1,
            expires: far,
            roles: roles
                .iter()
                .map(|(r, (t, k))| (*r, (*t, k.iter().map(|k| k.to_public().unwrap()).collect())))
                .collect(),
        },
        now,
    )
    .unwrap();
    let Signed::Root(mut before) = Signed::from_json(&zero.signed).unwrap() else {
        panic!("a root")
    };
    before.common.version = 0;
    let mut files = Map::new();
    for (version, expires) in [(1, "2027-01-01T00:00:00Z"), (2, "2036-01-01T00:00:00Z")] {
        let inputs = SuccessorInputs {
            version,
            expires: at(expires),
            roles: roles.clone(),
        };
        let draft = successor::root(&before, &inputs, now).unwrap();
        let signers = [("root-a", id(&roots, 0)), ("root-b", id(&roots, 1))];
        files.insert(draft.file_name(), old.signed(&draft, &signers));
        let Signed::Root(root) = Signed::from_json(&draft.signed).unwrap() else {
            panic!("a root")
        };
        before = root;
    }
    let draft = published_targets(far, now);
    let signers = [("targets-a", id(&targets, 0)), ("targets-c", id(&targets, 2))];
    files.insert(draft.file_name(), old.signed(&draft, &signers));
    for draft in [
        compose::snapshot(1, far, 1, now).unwrap(),
        compose::timestamp(1, far, 1, now).unwrap(),
    ] {
        let signature = online().sign(&draft.canonical).to_bytes().to_vec();
        files.insert(
            draft.file_name(),
            draft.assemble(&[(online_key.keyid(), signature)]),
        );
    }
    files
}
