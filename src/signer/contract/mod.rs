//! What every backend promises, as one suite: file tokens, rehearsal tokens and
//! SoftHSM2 behind a worker process. In the crate because only here can payloads
//! be minted. The worker's executable is `examples/worker.rs`, which `cargo test`
//! builds.

#[cfg(feature = "pkcs11")]
mod pkcs11;
#[cfg(feature = "pkcs11")]
mod workers;

use std::path::Path;

use super::embedded::EmbeddedProvider;
use super::file::FileProvider;
use super::{Grant, KeyMade, KeyRef, Provider, Secrets, Token};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyOrder, Operation, OperationId, PinState,
};
use crate::base::{Algorithm, Digest, Id, Payload, Purpose, Secret};

const PIN: &str = "correct horse 7";
const SO_PIN: &str = "87654321";

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes()).unwrap()
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// New secrets for any backend that has a main one and perhaps an SO PIN.
fn secrets(so_pin: &str, pin: &str) -> Secrets {
    Secrets::new()
        .with(Credential::SoPin, secret(so_pin))
        .with(Credential::UserPin, secret(pin))
        .with(Credential::Passphrase, secret(pin))
}

/// Logs in with the credential that signs.
fn open(token: &mut dyn Token, pin: &Secret) -> Result<(), DeviceFault> {
    let roles = token.provisioning().unwrap().credentials();
    token.unlock(Credential::needed(roles, Operation::Sign), pin)
}

fn order(name: &str, algorithm: Algorithm, attempt: u32) -> KeyOrder {
    KeyOrder {
        name: id(name),
        operation: OperationId::new(&Digest::of(b"ceremony"), &id(name), attempt),
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

fn grant(key: &KeyRef, message: &[u8]) -> Grant {
    Grant {
        key: key.clone(),
        payload: Payload::mint(Purpose::TufMetadata, message),
    }
}

/// One backend with one uninitialised device.
struct Backend {
    provider: Box<dyn Fn() -> Box<dyn Provider>>,
    factory_serial: String,
    /// Whether the device counts wrong PINs and tells.
    counts: bool,
    hardware_like: bool,
    temp: tempfile::TempDir,
}

impl Backend {
    fn initialised(&self) -> (DeviceCard, Box<dyn Token>) {
        let mut token = (self.provider)().open(&self.factory_serial).unwrap();
        let before = token.identity().unwrap();
        assert!(!before.initialised);
        assert_eq!(before.pin, PinState::Unset);
        let early = open(token.as_mut(), &secret(PIN)).unwrap_err();
        assert_eq!(
            (early.code, early.changed),
            (DeviceCode::NotInitialised, Changed::No)
        );
        let provisioning = token.provisioning().unwrap();
        let short = provisioning
            .initialise(&id("token-a"), &secrets(SO_PIN, "123"))
            .unwrap_err();
        assert_eq!((short.code, short.changed), (DeviceCode::PinForm, Changed::No));
        let card = provisioning
            .initialise(&id("token-a"), &secrets(SO_PIN, PIN))
            .unwrap();
        assert!(card.initialised && !card.serial.is_empty());
        assert_eq!(card.label, "token-a");
        assert_eq!(token.identity().unwrap(), card);
        (card, token)
    }

    fn listed(&self, serial: &str) -> DeviceCard {
        let mut cards = (self.provider)().list().unwrap();
        cards.retain(|card| card.serial == serial);
        assert_eq!(cards.len(), 1);
        cards.remove(0)
    }
}

fn honours_the_port(backend: &Backend) {
    let (card, mut token) = backend.initialised();
    assert_eq!(backend.listed(&card.serial), card);
    let orders = [
        order("root-a", Algorithm::EcdsaP256, 1),
        order("targets-abcde", Algorithm::Ed25519, 1),
    ];
    let locked = token.generate(&orders[0]).unwrap_err();
    assert_eq!(
        (locked.code, locked.changed),
        (DeviceCode::NotUnlocked, Changed::No)
    );

    wrong_pins_are_told(backend, &mut token);
    open(token.as_mut(), &secret(PIN)).unwrap();
    let made: Vec<KeyMade> = orders.iter().map(|o| token.generate(o).unwrap()).collect();
    for (order, made) in orders.iter().zip(&made) {
        made.public.check_sound().unwrap();
        assert_eq!(made.public.algorithm(), order.algorithm);
        let told = &made.attributes;
        assert_eq!((told.sensitive, told.sign), (Some(true), Some(true)));
        assert_eq!(told.other_uses, Some(false));
        let hardware = Some(backend.hardware_like);
        assert_eq!(told.never_extractable, hardware);
        assert_eq!(told.extractable, hardware.map(|h| !h));
    }

    // Found again, under exactly the name and id that were ordered.
    let keys = token.keys().unwrap();
    assert_eq!(keys.len(), 2);
    for (order, made) in orders.iter().zip(&made) {
        let label = order.operation.label(&order.name);
        let key = keys.iter().find(|k| k.label == label).unwrap();
        assert_eq!(key.id, data_encoding::HEXLOWER.encode(order.operation.as_bytes()));
        assert_eq!(key.public.as_ref(), Some(&made.public));
        assert_eq!(key.attributes, made.attributes);
    }
    keys_sign(&mut token, &orders, &made);
    orders_are_kept_apart(&mut token, &orders);

    // Out, in again by another handle: the same keys.
    token.lock().unwrap();
    token.lock().unwrap();
    let root = reference(&orders[0], &made[0]);
    let locked = token.sign(grant(&root, b"x")).unwrap_err();
    assert_eq!(
        (locked.code, locked.changed),
        (DeviceCode::NotUnlocked, Changed::No)
    );
    drop(token);
    let mut again = (backend.provider)().open(&card.serial).unwrap();
    open(again.as_mut(), &secret(PIN)).unwrap();
    let publics: Vec<_> = again.keys().unwrap().into_iter().map(|k| k.public).collect();
    assert_eq!(publics.len(), 2);
    for made in &made {
        assert!(publics.contains(&Some(made.public.clone())));
    }
    two_handles_at_once(backend, &card, again, &root);
    no_pin_lies_around(backend.temp.path());
}

/// No backend writes a PIN anywhere below its folder.
fn no_pin_lies_around(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_pin_lies_around(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for pin in [PIN, SO_PIN] {
            let found = bytes.windows(pin.len()).any(|w| w == pin.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}

fn wrong_pins_are_told(backend: &Backend, token: &mut Box<dyn Token>) {
    let form = open(token.as_mut(), &secret("")).unwrap_err();
    assert_eq!((form.code, form.changed), (DeviceCode::PinForm, Changed::No));
    let wrong = open(token.as_mut(), &secret("incorrect horse")).unwrap_err();
    assert_eq!(wrong.code, DeviceCode::PinWrong);
    assert_eq!(wrong.changed == Changed::Yes, backend.counts);
    assert_eq!(wrong.retry, crate::base::device::Retry::AskHuman);
    let pin = token.identity().unwrap().pin;
    // One try, spent once: nothing tried again by itself.
    let expected = match (backend.counts, backend.factory_serial.is_empty()) {
        (true, true) => PinState::Low, // SoftHSM
        (true, false) => PinState::Left(2),
        (false, _) => PinState::Ready,
    };
    assert_eq!(pin, expected);
    // A wrong PIN also ends a login that was there.
    open(token.as_mut(), &secret(PIN)).unwrap();
    assert!(open(token.as_mut(), &secret("incorrect horse")).is_err());
    let locked = token
        .generate(&order("root-a", Algorithm::EcdsaP256, 1))
        .unwrap_err();
    assert_eq!(locked.code, DeviceCode::NotUnlocked);
}

fn keys_sign(token: &mut Box<dyn Token>, orders: &[KeyOrder], made: &[KeyMade]) {
    for (order, made) in orders.iter().zip(made) {
        let key = reference(order, made);
        // Longer than a frame, longer than what a YubiHSM takes, and short.
        for message in [vec![], b"signed".to_vec(), vec![b'm'; 70_001]] {
            let signature = token.sign(grant(&key, &message)).unwrap();
            assert!(made.public.verifies(&message, &signature));
            assert!(!made.public.verifies(b"another", &signature));
        }
        assert_eq!(token.attest(&key).unwrap(), None);
    }
}

fn orders_are_kept_apart(token: &mut Box<dyn Token>, orders: &[KeyOrder]) {
    for order in orders {
        let twice = token.generate(order).unwrap_err();
        assert_eq!((twice.code, twice.changed), (DeviceCode::KeyExists, Changed::No));
    }
    let long = token
        .generate(&order("targets-abcdef", Algorithm::EcdsaP256, 1))
        .unwrap_err();
    assert_eq!((long.code, long.changed), (DeviceCode::Unsupported, Changed::No));
    assert_eq!(token.keys().unwrap().len(), 2, "no refusal makes a key");
}

fn two_handles_at_once(backend: &Backend, card: &DeviceCard, mut one: Box<dyn Token>, key: &KeyRef) {
    let mut two = (backend.provider)().open(&card.serial).unwrap();
    open(two.as_mut(), &secret(PIN)).unwrap();
    let theirs = key.clone();
    let other = std::thread::spawn(move || {
        for _ in 0..3 {
            let signature = two.sign(grant(&theirs, b"two")).unwrap();
            assert!(theirs.public.verifies(b"two", &signature));
        }
        two
    });
    for _ in 0..3 {
        let signature = one.sign(grant(key, b"one")).unwrap();
        assert!(key.public.verifies(b"one", &signature));
    }
    let mut two = other.join().unwrap();

    // No key: refused. Another key than the recorded one: refused.
    let absent = KeyRef {
        operation: OperationId::new(&Digest::of(b"ceremony"), &key.name, 9),
        ..key.clone()
    };
    assert_eq!(
        two.sign(grant(&absent, b"x")).unwrap_err().code,
        DeviceCode::KeyNotUnique
    );
    open(two.as_mut(), &secret(PIN)).unwrap();
    let made = two.generate(&order("root-a", Algorithm::EcdsaP256, 2)).unwrap();
    let mixed = KeyRef {
        public: made.public,
        ..key.clone()
    };
    let differs = two.sign(grant(&mixed, b"x")).unwrap_err();
    assert_eq!(
        (differs.code, differs.changed),
        (DeviceCode::KeyDiffers, Changed::No)
    );
    assert_eq!(one.keys().unwrap().len(), 3, "one sees what the other made");
}

#[test]
fn file_tokens_honour_the_port() {
    let temp = tempfile::tempdir().unwrap();
    let base = temp.path().join("tokens");
    FileProvider::new(&base).create("FILE-1").unwrap();
    assert!(FileProvider::new(&base).create("FILE-1").is_err());
    for bad in ["", "../x", "a/b", ".hidden", "-x"] {
        assert!(FileProvider::new(&base).create(bad).is_err(), "{bad}");
    }
    let backend = Backend {
        provider: Box::new(move || Box::new(FileProvider::new(&base))),
        factory_serial: "FILE-1".to_owned(),
        counts: false,
        hardware_like: false,
        temp,
    };
    honours_the_port(&backend);
    let mut token = (backend.provider)().open("FILE-1").unwrap();
    let again = token
        .provisioning()
        .unwrap()
        .initialise(&id("b"), &secrets("", PIN));
    assert_eq!(again.unwrap_err().code, DeviceCode::Unsupported);
    assert_eq!(
        (backend.provider)().open("FILE-2").err().unwrap().code,
        DeviceCode::NotFound
    );
}

#[test]
fn rehearsal_tokens_honour_the_port() {
    let temp = tempfile::tempdir().unwrap();
    let base = temp.path().join("tokens");
    EmbeddedProvider::new(&base).manufacture("REH-1").unwrap();
    honours_the_port(&Backend {
        provider: Box::new(move || Box::new(EmbeddedProvider::new(&base))),
        factory_serial: "REH-1".to_owned(),
        counts: true,
        hardware_like: true,
        temp,
    });
}

#[test]
fn a_changed_or_half_written_key_file_is_never_used() {
    let temp = tempfile::tempdir().unwrap();
    let base = temp.path().to_owned();
    let mut provider = FileProvider::new(&base);
    provider.create("F").unwrap();
    let mut token = provider.open("F").unwrap();
    let provisioning = token.provisioning().unwrap();
    provisioning.initialise(&id("a"), &secrets("", PIN)).unwrap();
    open(token.as_mut(), &secret(PIN)).unwrap();
    let order = order("root-a", Algorithm::EcdsaP256, 1);
    let stem = format!("root-a.{}", order.operation.base32());
    let file = |end: &str| base.join("F").join(format!("{stem}{end}"));
    // What a crash leaves: a cut temporary file and a public half without a key.
    std::fs::write(file(".pem.part"), "cut").unwrap();
    std::fs::write(file(".pub.pem"), "another").unwrap();
    assert!(token.keys().unwrap().is_empty());
    let made = token.generate(&order).unwrap();
    let key = reference(&order, &made);
    assert!(!file(".pem.part").exists());
    assert!(token.sign(grant(&key, b"x")).is_ok());
    let pem = std::fs::read_to_string(file(".pem")).unwrap();
    std::fs::write(file(".pem"), pem.replace('A', "B")).unwrap();
    assert!(token.sign(grant(&key, b"x")).is_err());
    std::fs::write(file(".pem"), &pem[..pem.len() / 2]).unwrap();
    assert_eq!(
        token.sign(grant(&key, b"x")).unwrap_err().code,
        DeviceCode::AnswerRefused
    );
}
