//! The breadth of the PKCS#11 adapter on SoftHSM2: every algorithm, PINs, keys
//! that want a login for each signature, tokens that go and come back, several at
//! once. SoftHSM's object files are edited from outside where a pitfall needs an
//! object that nobody can order.

mod laboratory;

use std::path::{Path, PathBuf};

use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyOrder, OperationId, PinState,
};
use crate::base::{Algorithm, Digest, Id, Payload, Purpose, Secret};
use crate::signer::pkcs11::Pkcs11Provider;
use crate::signer::worker::WorkerCommand;
use crate::signer::{Grant, KeyMade, KeyRef, Provider, Secrets, Token};

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const PIN: &str = "correct horse 7";
const SO_PIN: &str = "87654321";

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes()).unwrap()
}

fn order(name: &str, algorithm: Algorithm, attempt: u32) -> KeyOrder {
    let name = Id::parse(name).unwrap();
    KeyOrder {
        operation: OperationId::new(&Digest::of(b"ceremony"), &name, attempt),
        name,
        algorithm,
    }
}

fn reference(order: &KeyOrder, made: &KeyMade) -> KeyRef {
    KeyRef {
        name: order.name.clone(),
        operation: order.operation,
        public: made.public.clone(),
    }
}

fn sign(token: &mut dyn Token, key: &KeyRef, message: &[u8]) -> Result<Vec<u8>, DeviceFault> {
    token.sign(Grant {
        key: key.clone(),
        payload: Payload::mint(Purpose::TufMetadata, message),
    })
}

fn unlock(token: &mut dyn Token, pin: &str) -> Result<(), DeviceFault> {
    token.unlock(Credential::UserPin, &secret(pin))
}

fn set_up(token: &mut dyn Token, label: &str, so_pin: &str, pin: &str) -> Result<DeviceCard, DeviceFault> {
    let secrets = Secrets::new()
        .with(Credential::SoPin, secret(so_pin))
        .with(Credential::UserPin, secret(pin));
    let label = Id::parse(label).unwrap();
    token.provisioning().unwrap().initialise(&label, &secrets)
}

fn worker() -> WorkerCommand {
    let me = std::env::current_exe().unwrap();
    let path = me
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples/worker");
    assert!(path.is_file(), "cargo build --example worker first");
    WorkerCommand::new(&path)
}

/// A folder of SoftHSM tokens.
struct SoftHsm {
    temp: tempfile::TempDir,
    module: PathBuf,
}

impl SoftHsm {
    /// `None`, said aloud, where SoftHSM2 is not installed.
    fn new() -> Option<SoftHsm> {
        if !Path::new(SOFTHSM).is_file() {
            assert!(
                std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_none_or(|v| v != "1"),
                "softhsm2 is required and not installed"
            );
            #[allow(clippy::print_stdout, reason = "a skipped suite must be seen")]
            {
                println!("SKIPPED: softhsm2 not installed");
            }
            return None;
        }
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("tokens")).unwrap();
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n",
            temp.path().join("tokens").display()
        );
        std::fs::write(temp.path().join("softhsm2.conf"), text).unwrap();
        Some(SoftHsm {
            temp,
            module: SOFTHSM.into(),
        })
    }

    fn provider(&self) -> Pkcs11Provider {
        let command = worker().env("SOFTHSM2_CONF", self.temp.path().join("softhsm2.conf"));
        Pkcs11Provider::new(command, &self.module)
    }

    /// A new token that is set up; nobody is logged in.
    fn token(&self, label: &str) -> (DeviceCard, Box<dyn Token>) {
        let mut token = self.provider().open("").unwrap();
        let card = set_up(token.as_mut(), label, SO_PIN, PIN).unwrap();
        (card, token)
    }

    /// A token with one key, unlocked.
    fn with_key(&self, algorithm: Algorithm) -> (DeviceCard, Box<dyn Token>, KeyRef) {
        let (card, mut token) = self.token("token-a");
        unlock(token.as_mut(), PIN).unwrap();
        let order = order("root-a", algorithm, 1);
        let made = token.generate(&order).unwrap();
        let key = reference(&order, &made);
        (card, token, key)
    }

    /// The files of SoftHSM's objects of a class (CKA_CLASS: 2 public, 3 private).
    fn objects(&self, class: u8) -> Vec<PathBuf> {
        let mut found = Vec::new();
        for token in std::fs::read_dir(self.temp.path().join("tokens")).unwrap() {
            for file in std::fs::read_dir(token.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                let is_object = path.extension().is_some_and(|e| e == "object");
                if is_object && path.file_stem().is_some_and(|s| s != "token") {
                    let bytes = std::fs::read(&path).unwrap();
                    // Attribute type, kind (2: a number), value: 8 bytes each.
                    let head = [[0u8; 8], [0, 0, 0, 0, 0, 0, 0, 2], [0, 0, 0, 0, 0, 0, 0, class]];
                    if bytes.windows(24).any(|w| w == head.concat()) {
                        found.push(path);
                    }
                }
            }
        }
        found
    }

    /// Makes a mechanism the only one in an object's CKA_ALLOWED_MECHANISMS, which
    /// SoftHSM keeps last: attribute type, kind (5: a set), how many, which.
    fn allow_only(object: &Path, mechanism: u64) {
        let mut bytes = std::fs::read(object).unwrap();
        let head = [0, 0, 0, 0, 0x40, 0, 6, 0, 0, 0, 0, 0, 0, 0, 0, 5];
        let at = bytes.windows(16).rposition(|w| w == head).unwrap();
        bytes.truncate(at.saturating_add(16));
        bytes.extend(1u64.to_be_bytes());
        bytes.extend(mechanism.to_be_bytes());
        std::fs::write(object, bytes).unwrap();
    }

    /// Sets a boolean attribute in an object's file.
    fn set_flag(object: &Path, attribute: u16, to: bool) {
        let mut bytes = std::fs::read(object).unwrap();
        let mut head = [0u8; 16]; // attribute type, kind (1: a boolean)
        head[6..8].copy_from_slice(&attribute.to_be_bytes());
        head[15] = 1;
        let at = bytes.windows(16).position(|w| w == head).unwrap();
        bytes[at.saturating_add(16)] = if to { 0xff } else { 0 };
        std::fs::write(object, bytes).unwrap();
    }
}

#[test]
fn every_algorithm_is_made_and_signs() {
    let Some(hsm) = SoftHsm::new() else { return };
    let (card, mut token) = hsm.token("token-a");
    assert_eq!((card.quirks.as_str(), card.pin_pad), ("softhsm2", false));
    unlock(token.as_mut(), PIN).unwrap();
    for algorithm in Algorithm::ALL {
        if *algorithm == Algorithm::RsaPss4096 && std::env::var_os("TUF_CEREMONY_SLOW").is_none() {
            continue; // made by laboratory runs: its prime search takes up to half a minute
        }
        let order = order("root-a", *algorithm, 1);
        let order = KeyOrder {
            operation: OperationId::new(&Digest::of(algorithm.name().as_bytes()), &order.name, 1),
            ..order
        };
        let made = token.generate(&order).unwrap();
        assert_eq!(made.public.algorithm(), *algorithm);
        made.public.check_sound().unwrap();
        assert_eq!(made.attributes.other_uses, Some(false), "{algorithm:?}");
        assert_eq!(made.attributes.never_extractable, Some(true));
        assert_eq!(made.attributes.always_authenticate, Some(false));
        let key = reference(&order, &made);
        for message in [vec![], b"signed".to_vec(), vec![b'm'; 70_001]] {
            let signature = sign(token.as_mut(), &key, &message).unwrap();
            assert!(made.public.verifies(&message, &signature), "{algorithm:?}");
            assert!(!made.public.verifies(b"another", &signature));
        }
        let twice = token.generate(&order).unwrap_err();
        assert_eq!((twice.code, twice.changed), (DeviceCode::KeyExists, Changed::No));
        let found = token.keys().unwrap();
        assert!(found.iter().any(|k| k.public.as_ref() == Some(&made.public)));
    }
}

#[test]
fn rsa_pss_is_signed_over_the_digest_where_the_token_does_not_hash() {
    let Some(hsm) = SoftHsm::new() else { return };
    let (card, token, key) = hsm.with_key(Algorithm::RsaPss2048);
    drop(token);
    let object = hsm.objects(3).remove(0);
    let message = vec![b'm'; 70_001];
    // CKM_RSA_PKCS_PSS alone, then a mechanism that has nothing to do with it.
    for (mechanism, signs) in [(0x0d, true), (0x1041, false)] {
        SoftHsm::allow_only(&object, mechanism);
        let mut token = hsm.provider().open(&card.serial).unwrap();
        unlock(token.as_mut(), PIN).unwrap();
        match sign(token.as_mut(), &key, &message) {
            Ok(signature) => assert!(signs && key.public.verifies(&message, &signature)),
            Err(fault) => {
                assert!(!signs, "{fault}");
                assert_eq!(
                    (fault.code, fault.changed),
                    (DeviceCode::Unsupported, Changed::No)
                );
            }
        }
    }
}

#[test]
fn pins_are_changed_and_unblocked_and_the_keys_stay() {
    let Some(hsm) = SoftHsm::new() else { return };
    let (_, mut token, key) = hsm.with_key(Algorithm::EcdsaP256);
    let change = |token: &mut Box<dyn Token>, which, old: &str, new: &str| {
        token.pins().unwrap().change(which, &secret(old), &secret(new))
    };
    // Forms first: no try is spent.
    for (old, new) in [(PIN, "123"), ("123", PIN), (PIN, ""), ("", PIN)] {
        let form = change(&mut token, Credential::UserPin, old, new).unwrap_err();
        assert_eq!((form.code, form.changed), (DeviceCode::PinForm, Changed::No));
        assert_eq!(token.identity().unwrap().pin, PinState::Ready);
    }
    let form = token
        .pins()
        .unwrap()
        .unblock(&secret("1"), &secret(PIN))
        .unwrap_err();
    assert_eq!(form.code, DeviceCode::PinForm);
    let other = change(&mut token, Credential::Passphrase, PIN, "another one").unwrap_err();
    assert_eq!(
        (other.code, other.changed),
        (DeviceCode::Unsupported, Changed::No)
    );

    // A change ends the login; the new PIN opens, the old one does not.
    change(&mut token, Credential::UserPin, PIN, "battery staple").unwrap();
    assert_eq!(
        sign(token.as_mut(), &key, b"x").unwrap_err().code,
        DeviceCode::NotUnlocked
    );
    unlock(token.as_mut(), "battery staple").unwrap();
    assert!(
        key.public
            .verifies(b"x", &sign(token.as_mut(), &key, b"x").unwrap())
    );
    assert_eq!(
        unlock(token.as_mut(), PIN).unwrap_err().code,
        DeviceCode::PinWrong
    );

    // A wrong old PIN spends one try and changes nothing.
    unlock(token.as_mut(), "battery staple").unwrap();
    assert_eq!(token.identity().unwrap().pin, PinState::Ready);
    let wrong = change(&mut token, Credential::UserPin, "wrong horse", PIN).unwrap_err();
    assert_eq!((wrong.code, wrong.changed), (DeviceCode::PinWrong, Changed::Yes));
    assert_eq!(token.identity().unwrap().pin, PinState::Low);
    unlock(token.as_mut(), "battery staple").unwrap();

    // The SO's PIN, while the user is logged in: the login ends, nothing else does.
    change(&mut token, Credential::SoPin, SO_PIN, "12345678").unwrap();
    let old = token
        .pins()
        .unwrap()
        .unblock(&secret(SO_PIN), &secret(PIN))
        .unwrap_err();
    assert_eq!((old.code, old.changed), (DeviceCode::PinWrong, Changed::Yes));
    assert!(
        unlock(token.as_mut(), "battery staple").is_ok(),
        "the user PIN is as it was"
    );
    token
        .pins()
        .unwrap()
        .unblock(&secret("12345678"), &secret("a third one"))
        .unwrap();
    unlock(token.as_mut(), "a third one").unwrap();
    assert!(sign(token.as_mut(), &key, b"x").is_ok(), "the key is still there");
}

#[test]
fn a_key_that_always_authenticates_gets_one_login_for_each_signature() {
    let Some(hsm) = SoftHsm::new() else { return };
    for algorithm in [Algorithm::EcdsaP256, Algorithm::Ed25519, Algorithm::RsaPss2048] {
        let (card, token, key) = hsm.with_key(algorithm);
        drop(token);
        for object in hsm.objects(3) {
            SoftHsm::set_flag(&object, 0x202, true);
        }
        let mut token = hsm.provider().open(&card.serial).unwrap();
        unlock(token.as_mut(), PIN).unwrap();
        let told = token.keys().unwrap();
        assert_eq!(told[0].attributes.always_authenticate, Some(true));
        for message in [&b"one"[..], b"two"] {
            let signature = sign(token.as_mut(), &key, message).unwrap();
            assert!(key.public.verifies(message, &signature), "{algorithm:?}");
        }
        std::fs::remove_dir_all(hsm.temp.path().join("tokens")).unwrap();
        std::fs::create_dir(hsm.temp.path().join("tokens")).unwrap();
    }
}

#[test]
fn a_key_without_its_public_object_still_signs() {
    let Some(hsm) = SoftHsm::new() else { return };
    for algorithm in [Algorithm::EcdsaP256, Algorithm::RsaPss2048] {
        let (card, token, key) = hsm.with_key(algorithm);
        drop(token);
        for object in hsm.objects(2) {
            std::fs::remove_file(object).unwrap();
        }
        let mut token = hsm.provider().open(&card.serial).unwrap();
        unlock(token.as_mut(), PIN).unwrap();
        assert_eq!(token.keys().unwrap().len(), 1);
        let signature = sign(token.as_mut(), &key, b"x").unwrap();
        assert!(key.public.verifies(b"x", &signature));
        std::fs::remove_dir_all(hsm.temp.path().join("tokens")).unwrap();
        std::fs::create_dir(hsm.temp.path().join("tokens")).unwrap();
    }
}

#[test]
fn a_second_private_key_under_the_same_id_and_label_is_never_chosen_from() {
    let Some(hsm) = SoftHsm::new() else { return };
    let (card, token, key) = hsm.with_key(Algorithm::EcdsaP256);
    drop(token);
    let object = hsm.objects(3).remove(0);
    std::fs::copy(&object, object.with_file_name("6a0b4a5c-twin.object")).unwrap();
    let mut token = hsm.provider().open(&card.serial).unwrap();
    unlock(token.as_mut(), PIN).unwrap();
    let twin = sign(token.as_mut(), &key, b"x").unwrap_err();
    assert_eq!((twin.code, twin.changed), (DeviceCode::KeyNotUnique, Changed::No));
}

#[test]
fn a_token_that_went_away_is_found_when_it_is_back() {
    let Some(hsm) = SoftHsm::new() else { return };
    let (card, mut token, key) = hsm.with_key(Algorithm::EcdsaP256);
    let (here, away) = (hsm.temp.path().join("tokens"), hsm.temp.path().join("away"));
    std::fs::rename(&here, &away).unwrap();
    std::fs::create_dir(&here).unwrap();
    let gone = sign(token.as_mut(), &key, b"x").unwrap_err();
    assert!(
        matches!(gone.code, DeviceCode::Removed | DeviceCode::DeviceError),
        "not: no such key: {gone}"
    );
    let gone = unlock(token.as_mut(), PIN).unwrap_err();
    assert_eq!(gone.code, DeviceCode::Removed);
    assert!(
        gone.meaning.contains(&format!("pkcs11:serial={}", card.serial)),
        "{gone}"
    );
    std::fs::remove_dir(&here).unwrap();
    std::fs::rename(&away, &here).unwrap();
    // The same handle, the same worker: it was found again, a person logs in again.
    assert_eq!(token.identity().unwrap(), card);
    let locked = sign(token.as_mut(), &key, b"x").unwrap_err();
    assert_eq!(locked.code, DeviceCode::NotUnlocked);
    unlock(token.as_mut(), PIN).unwrap();
    assert!(sign(token.as_mut(), &key, b"x").is_ok());
}

#[test]
fn several_tokens_and_modules_are_open_at_once() {
    let (Some(one), Some(other)) = (SoftHsm::new(), SoftHsm::new()) else {
        return;
    };
    // Another file of the same module stands for another vendor's.
    let copy = other.temp.path().join("libother.so");
    std::fs::copy(SOFTHSM, &copy).unwrap();
    let other = SoftHsm {
        module: copy,
        ..other
    };
    let mut open = Vec::new();
    for (hsm, label) in [(&one, "token-a"), (&one, "token-b"), (&other, "token-a")] {
        let (card, mut token) = hsm.token(label);
        unlock(token.as_mut(), PIN).unwrap();
        let order = order("root-a", Algorithm::EcdsaP256, 1);
        let made = token.generate(&order).unwrap();
        open.push((card, token, reference(&order, &made)));
    }
    for turn in 0..2 {
        for (_, token, key) in &mut open {
            let message = [turn];
            assert!(
                key.public
                    .verifies(&message, &sign(token.as_mut(), key, &message).unwrap())
            );
        }
    }
    let mut serials: Vec<&str> = open.iter().map(|(card, _, _)| card.serial.as_str()).collect();
    serials.dedup();
    assert_eq!(serials.len(), 3);
    assert_eq!(
        one.provider()
            .list()
            .unwrap()
            .iter()
            .filter(|c| c.initialised)
            .count(),
        2
    );
    // A key is on the token it was made on, and on no other.
    let key = open[0].2.clone();
    let differs = sign(open[1].1.as_mut(), &key, b"x").unwrap_err();
    assert_eq!(differs.code, DeviceCode::KeyDiffers);
}
