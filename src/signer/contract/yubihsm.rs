//! The YubiHSM 2 adapter against a simulated device (`tests/support/yubihsm-sim`,
//! over HTTP on loopback): what every backend promises, and what only this one
//! has to withstand. No physical device has been tried.

mod faults;
mod suite;

use yubihsm_sim::codes::{Code, command, object_type};
use yubihsm_sim::{Config, Fault, Rule, Simulator};

use crate::base::device::{
    Changed, Credential, DeviceCode, DeviceFault, KeyAttributes, KeyOrder, LogRead, OperationId, PinState,
    Retry, StatementKind,
};
use crate::base::{Algorithm, Digest, Id, Payload, Purpose, Secret};
use crate::signer::yubihsm::{Connector, ED25519_MAX, RIGHTS, Rights, YubihsmProvider, set_up_with};
use crate::signer::{Grant, KeyMade, KeyRef, Provider, Secrets, Token};
use ::yubihsm::Capability;

const PASSWORDS: [&str; 3] = [
    "provisioner 0123456789abcdef",
    "signer 0123456789abcdef",
    "auditor 0123456789abcdef",
];
const SERIAL: &str = "0099000001";

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes()).unwrap()
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn secrets(passwords: [&str; 3]) -> Secrets {
    let [provisioner, signer, auditor] = passwords.map(secret);
    Secrets::new()
        .with(Credential::Provisioner, provisioner)
        .with(Credential::Signer, signer)
        .with(Credential::Auditor, auditor)
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

fn start() -> Simulator {
    Simulator::start(Config::default()).unwrap()
}

fn provider(simulator: &Simulator) -> YubihsmProvider {
    YubihsmProvider::new(vec![Connector::Http {
        port: simulator.port(),
    }])
}

fn open(simulator: &Simulator) -> Box<dyn Token> {
    provider(simulator).open(SERIAL).unwrap()
}

/// A device that was set up, with nobody logged in.
fn furnished() -> (Simulator, Box<dyn Token>) {
    let simulator = start();
    set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap();
    let token = open(&simulator);
    (simulator, token)
}

fn unlock(token: &mut dyn Token, role: Credential) -> Result<(), DeviceFault> {
    let at = RIGHTS.iter().position(|r| r.role == role).unwrap();
    token.unlock(role, &secret(PASSWORDS[at]))
}

/// A device with one key, and the signer logged in.
fn signing(algorithm: Algorithm) -> (Simulator, Box<dyn Token>, KeyRef) {
    let (simulator, mut token) = furnished();
    unlock(token.as_mut(), Credential::Provisioner).unwrap();
    let order = order("root-a", algorithm, 1);
    let made = token.generate(&order).unwrap();
    unlock(token.as_mut(), Credential::Signer).unwrap();
    let key = reference(&order, &made);
    (simulator, token, key)
}

fn kind(fault: &DeviceFault) -> (DeviceCode, Changed) {
    (fault.code, fault.changed)
}

#[test]
fn a_yubihsm_honours_the_port() {
    let simulator = start();
    let mut token = open(&simulator);
    let before = token.identity().unwrap();
    assert!(!before.initialised);
    assert_eq!((before.pin, before.serial.as_str()), (PinState::Unset, SERIAL));
    assert_eq!(
        (before.model.as_str(), before.firmware.as_str()),
        ("YubiHSM 2", "2.4.0")
    );
    let early = unlock(token.as_mut(), Credential::Signer).unwrap_err();
    assert_eq!(kind(&early), (DeviceCode::NotInitialised, Changed::No));
    let none = token.unlock(Credential::UserPin, &secret("123456")).unwrap_err();
    assert_eq!(none.code, DeviceCode::Unsupported);

    let provisioning = token.provisioning().unwrap();
    assert_eq!(provisioning.credentials(), Credential::YUBIHSM);
    let [a, b, c] = PASSWORDS;
    for bad in [[a, b, "nineteen-characters"], [a, a, c], [a, b, b]] {
        let form = provisioning.initialise(&id("hsm-a"), &secrets(bad)).unwrap_err();
        assert_eq!(kind(&form), (DeviceCode::PinForm, Changed::No));
    }
    let card = provisioning
        .initialise(&id("hsm-a"), &secrets(PASSWORDS))
        .unwrap();
    assert!(card.initialised);
    assert_eq!((card.pin, card.serial.as_str()), (PinState::Ready, SERIAL));
    assert_eq!(token.identity().unwrap(), card);
    assert_eq!(provider(&simulator).list().unwrap(), [card]);

    // Set up once: another time needs a reset by hand.
    let again = token.provisioning().unwrap();
    let again = again.initialise(&id("hsm-a"), &secrets(PASSWORDS)).unwrap_err();
    assert_eq!(kind(&again), (DeviceCode::NotClean, Changed::No));

    let orders = [
        order("root-a", Algorithm::EcdsaP256, 1),
        order("root-b", Algorithm::EcdsaP384, 1),
        order("targets-abcde", Algorithm::Ed25519, 1),
    ];
    let locked = token.generate(&orders[0]).unwrap_err();
    assert_eq!(kind(&locked), (DeviceCode::NotUnlocked, Changed::No));
    assert_eq!(token.keys().unwrap_err().code, DeviceCode::NotUnlocked);
    wrong_passwords_are_told(token.as_mut());

    unlock(token.as_mut(), Credential::Provisioner).unwrap();
    let made: Vec<KeyMade> = orders.iter().map(|o| token.generate(o).unwrap()).collect();
    found_as_ordered(token.as_mut(), &orders, &made);
    orders_are_kept_apart(token.as_mut(), &orders);
    // Who makes keys cannot use them.
    let root = reference(&orders[0], &made[0]);
    let refused = token.sign(grant(&root, b"x")).unwrap_err();
    assert_eq!(kind(&refused), (DeviceCode::NotUnlocked, Changed::No));
    assert!(
        refused.meaning.contains("provisioner password"),
        "{}",
        refused.meaning
    );

    unlock(token.as_mut(), Credential::Signer).unwrap();
    for (order, made) in orders.iter().zip(&made) {
        let key = reference(order, made);
        for message in [vec![], b"signed".to_vec(), vec![b'm'; ED25519_MAX]] {
            let signature = token.sign(grant(&key, &message)).unwrap();
            assert!(made.public.verifies(&message, &signature));
        }
    }
    assert!(token.sign(grant(&root, &vec![b'm'; 70_001])).is_ok());
    other_keys_are_refused(token.as_mut(), &root, &made[1]);

    token.lock().unwrap();
    token.lock().unwrap();
    let locked = token.sign(grant(&root, b"x")).unwrap_err();
    assert_eq!(kind(&locked), (DeviceCode::NotUnlocked, Changed::No));
    drop(token);
    let mut again = open(&simulator);
    unlock(again.as_mut(), Credential::Signer).unwrap();
    assert_eq!(again.keys().unwrap().len(), 3);
    assert!(again.sign(grant(&root, b"again")).is_ok());
}

fn wrong_passwords_are_told(token: &mut dyn Token) {
    let form = token.unlock(Credential::Signer, &secret("")).unwrap_err();
    assert_eq!(kind(&form), (DeviceCode::PinForm, Changed::No));
    // The device counts nothing: nothing was spent. And one password is not another's.
    for wrong in ["incorrect horse battery", PASSWORDS[0]] {
        let fault = token.unlock(Credential::Signer, &secret(wrong)).unwrap_err();
        assert_eq!(kind(&fault), (DeviceCode::PinWrong, Changed::No));
        assert_eq!(fault.retry, Retry::AskHuman);
    }
    // A wrong password also ends a login that was there.
    unlock(token, Credential::Provisioner).unwrap();
    assert!(token.unlock(Credential::Signer, &secret("wrong")).is_err());
    let locked = token
        .generate(&order("root-a", Algorithm::EcdsaP256, 1))
        .unwrap_err();
    assert_eq!(locked.code, DeviceCode::NotUnlocked);
}

fn found_as_ordered(token: &mut dyn Token, orders: &[KeyOrder], made: &[KeyMade]) {
    let keys = token.keys().unwrap();
    assert_eq!(keys.len(), orders.len());
    for (order, made) in orders.iter().zip(made) {
        made.public.check_sound().unwrap();
        assert_eq!(made.public.algorithm(), order.algorithm);
        let expected = KeyAttributes {
            sensitive: Some(true),
            always_sensitive: Some(true),
            extractable: Some(false),
            never_extractable: Some(true),
            local: Some(true),
            sign: Some(true),
            always_authenticate: Some(false),
            other_uses: Some(false),
        };
        assert_eq!(made.attributes, expected);
        let label = order.operation.label(&order.name);
        let key = keys.iter().find(|k| k.label == label).unwrap();
        assert_eq!(key.id, data_encoding::HEXLOWER.encode(order.operation.as_bytes()));
        assert_eq!(key.public.as_ref(), Some(&made.public));
        assert_eq!(key.attributes, expected);
    }
}

fn orders_are_kept_apart(token: &mut dyn Token, orders: &[KeyOrder]) {
    for order in orders {
        let twice = token.generate(order).unwrap_err();
        assert_eq!(kind(&twice), (DeviceCode::KeyExists, Changed::No));
    }
    for refused in [
        order("targets-abcdef", Algorithm::EcdsaP256, 1),
        order("rsa", Algorithm::RsaPss3072, 1),
    ] {
        let fault = token.generate(&refused).unwrap_err();
        assert_eq!(kind(&fault), (DeviceCode::Unsupported, Changed::No));
    }
    assert_eq!(
        token.keys().unwrap().len(),
        orders.len(),
        "no refusal makes a key"
    );
}

fn other_keys_are_refused(token: &mut dyn Token, root: &KeyRef, other: &KeyMade) {
    let absent = KeyRef {
        operation: OperationId::new(&Digest::of(b"ceremony"), &root.name, 9),
        ..root.clone()
    };
    let fault = token.sign(grant(&absent, b"x")).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::KeyNotUnique, Changed::No));
    let mixed = KeyRef {
        public: other.public.clone(),
        ..root.clone()
    };
    let fault = token.sign(grant(&mixed, b"x")).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::KeyDiffers, Changed::No));
}

#[test]
fn the_default_key_goes_only_after_each_new_one_has_opened_a_session() {
    let (simulator, _) = furnished();
    let seen = simulator.device().seen();
    let at = |code: u8| seen.iter().position(|s| s.command == code).unwrap();
    let deleted = at(command::DELETE_OBJECT);
    assert!(at(command::RESET_DEVICE) < at(command::SET_OPTION));
    assert!(at(command::SET_OPTION) < at(command::PUT_AUTHENTICATION_KEY));
    for rights in RIGHTS {
        let proven = seen.iter().position(|s| s.session_key == rights.id).unwrap();
        assert!(
            proven < deleted,
            "{:?} was tried after the default key was gone",
            rights.role
        );
    }
    assert_eq!(
        seen.iter()
            .filter(|s| s.command == command::DELETE_OBJECT)
            .count(),
        1
    );
    let objects = simulator.device().objects();
    let held: Vec<(u8, u16)> = objects.iter().map(|o| (o.kind, o.id)).collect();
    assert_eq!(held, [2, 3, 4].map(|id| (object_type::AUTHENTICATION_KEY, id)));
    for (object, rights) in objects.iter().zip(RIGHTS) {
        assert_eq!(object.capabilities, rights.capabilities.bits());
        assert_eq!(object.delegated, rights.delegated.bits());
        assert_eq!(object.domains, 1);
    }
}

#[test]
fn a_key_that_fails_to_open_keeps_the_default_key_alive() {
    let simulator = start();
    // Sessions: the probe, before the reset, after it, three proofs: the last proof fails.
    simulator
        .device()
        .arm(Rule::at(5, command::AUTHENTICATE_SESSION, Fault::Refuse(4)));
    let fault = set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap_err();
    assert_eq!((fault.changed, fault.retry), (Changed::Yes, Retry::AskHuman));
    assert!(simulator.device().objects().iter().any(|o| o.id == 1));
    // And the set-up can be done again from the start.
    set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap();
}

#[test]
fn a_reset_that_did_nothing_is_noticed() {
    let simulator = start();
    simulator.device().arm(
        Rule::at(
            1,
            command::RESET_DEVICE,
            Fault::Refuse(Code::InsufficientPermissions as u8),
        )
        .and_later(),
    );
    let fault = set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap_err();
    assert_eq!(fault.code, DeviceCode::NotClean);
    assert!(fault.meaning.contains("did not reset"), "{}", fault.meaning);
    let simulator = start();
    simulator.device().log_command(command::BLINK_DEVICE);
    simulator.device().fill_storage();
    // What was there before is gone after a true reset.
    set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap();
    assert_eq!(simulator.device().objects().len(), 3);
}

#[test]
fn a_second_boot_after_the_reset_is_noticed() {
    let simulator = start();
    simulator
        .device()
        .arm(Rule::at(2, command::LIST_OBJECTS, Fault::Reboot));
    simulator
        .device()
        .arm(Rule::at(1, command::LIST_OBJECTS, Fault::Reboot));
    let fault = set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap_err();
    assert_eq!(fault.code, DeviceCode::NotClean);
    assert!(fault.meaning.contains("started"), "{}", fault.meaning);
}

/// Does everything that the port has; the name of the first verb that fails.
fn first_refusal(simulator: &Simulator) -> Option<&'static str> {
    let mut token = open(simulator);
    let p256 = order("root-a", Algorithm::EcdsaP256, 1);
    let ed25519 = order("root-b", Algorithm::Ed25519, 1);
    let token = token.as_mut();
    unlock(token, Credential::Provisioner).unwrap();
    let Ok(ecdsa) = token.generate(&p256) else {
        return Some("generate");
    };
    let Ok(eddsa) = token.generate(&ed25519) else {
        return Some("generate-ed25519");
    };
    let (ecdsa, eddsa) = (reference(&p256, &ecdsa), reference(&ed25519, &eddsa));
    if token.attest(&ecdsa).is_err() {
        return Some("attest");
    }
    if token.log().unwrap().read().is_err() {
        return Some("log");
    }
    unlock(token, Credential::Signer).unwrap();
    if token.sign(grant(&ecdsa, b"x")).is_err() {
        return Some("signer-ecdsa");
    }
    if token.sign(grant(&eddsa, b"x")).is_err() {
        return Some("signer-eddsa");
    }
    if token.attest(&ecdsa).is_err() {
        return Some("signer-attest");
    }
    if token.log().unwrap().read().is_err() {
        return Some("signer-log");
    }
    unlock(token, Credential::Auditor).unwrap();
    if token.log().unwrap().read().is_err() {
        return Some("auditor-log");
    }
    unlock(token, Credential::Provisioner).unwrap();
    if token.retirement().unwrap().retire().is_err() {
        return Some("retire");
    }
    None
}

/// V28: each capability is needed, and its absence shows at one named verb.
#[test]
fn taking_any_capability_away_breaks_a_verb() {
    let broken = |rights: &[Rights; 3]| {
        let simulator = start();
        match set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, rights) {
            Ok(()) => first_refusal(&simulator),
            Err(_) => Some("set-up"),
        }
    };
    assert_eq!(broken(&RIGHTS), None);
    let mut seen = Vec::new();
    for (at, rights) in RIGHTS.iter().enumerate() {
        for (name, _) in rights.capabilities.iter_names() {
            let mut less = RIGHTS;
            less[at].capabilities.remove(Capability::from_name(name).unwrap());
            seen.push((rights.role.name(), name, broken(&less).unwrap_or("NOTHING")));
        }
        for (name, _) in rights.delegated.iter_names() {
            let mut less = RIGHTS;
            less[at].delegated.remove(Capability::from_name(name).unwrap());
            seen.push(("delegated", name, broken(&less).unwrap_or("NOTHING")));
        }
    }
    seen.sort_unstable();
    let expected = [
        ("auditor password", "GET_LOG_ENTRIES", "set-up"),
        ("auditor password", "GET_OPTION", "auditor-log"),
        ("delegated", "SIGN_ECDSA", "generate"),
        ("delegated", "SIGN_EDDSA", "generate-ed25519"),
        ("provisioner password", "DELETE_AUTHENTICATION_KEY", "retire"),
        ("provisioner password", "GENERATE_ASYMMETRIC_KEY", "generate"),
        ("provisioner password", "GET_LOG_ENTRIES", "log"),
        ("provisioner password", "GET_OPAQUE", "attest"),
        ("provisioner password", "SIGN_ATTESTATION_CERTIFICATE", "attest"),
        ("signer password", "GET_LOG_ENTRIES", "signer-log"),
        ("signer password", "GET_OPAQUE", "signer-attest"),
        ("signer password", "SIGN_ATTESTATION_CERTIFICATE", "signer-attest"),
        ("signer password", "SIGN_ECDSA", "signer-ecdsa"),
        ("signer password", "SIGN_EDDSA", "signer-eddsa"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_retired_provisioner_is_gone_and_keys_stay() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    let refused = token.retirement().unwrap().retire().unwrap_err();
    assert_eq!(
        kind(&refused),
        (DeviceCode::NotUnlocked, Changed::No),
        "the signer may not"
    );
    unlock(token.as_mut(), Credential::Provisioner).unwrap();
    token.retirement().unwrap().retire().unwrap();
    let gone = unlock(token.as_mut(), Credential::Provisioner).unwrap_err();
    assert_eq!(kind(&gone), (DeviceCode::NotInitialised, Changed::No));
    assert!(
        simulator
            .device()
            .objects()
            .iter()
            .all(|o| o.id != 2 || o.kind != object_type::AUTHENTICATION_KEY)
    );
    unlock(token.as_mut(), Credential::Signer).unwrap();
    let more = token
        .generate(&order("root-b", Algorithm::EcdsaP256, 1))
        .unwrap_err();
    assert_eq!(more.code, DeviceCode::NotUnlocked);
    assert!(token.sign(grant(&key, b"x")).is_ok());
}

/// The command of each entry.
fn commands(log: &LogRead) -> Vec<u8> {
    log.entries
        .iter()
        .map(|hex| u8::from_str_radix(&hex[4..6], 16).unwrap())
        .collect()
}

#[test]
fn the_log_is_read_whole_and_matches_what_was_sent() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    token.sign(grant(&key, b"one")).unwrap();
    // A refused command has an entry too; its result byte is one that the crate remaps.
    assert!(token.generate(&order("root-b", Algorithm::EcdsaP256, 1)).is_err());
    token.attest(&key).unwrap();
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    let log = token.log().unwrap().read().unwrap();
    let raw: Vec<String> = simulator
        .device()
        .log()
        .iter()
        .map(|e| data_encoding::HEXLOWER.encode(e.bytes()))
        .collect();
    assert_eq!(log.entries, raw, "byte for byte what the device hashed");
    assert_eq!((log.unlogged_boots, log.unlogged_logins), (0, 0));
    let commands = commands(&log);
    assert_eq!(
        commands[commands.len() - 4..],
        [
            command::GENERATE_ASYMMETRIC_KEY,
            command::SIGN_ECDSA,
            command::GENERATE_ASYMMETRIC_KEY,
            command::SIGN_ATTESTATION
        ]
    );
    // Clearing goes up to what was read, and the next entry follows on.
    let last = u16::try_from(raw.len()).unwrap();
    let unknown = token.log().unwrap().clear(999).unwrap_err();
    assert_eq!(kind(&unknown), (DeviceCode::Unsupported, Changed::No));
    token.log().unwrap().clear(last).unwrap();
    let log = token.log().unwrap().read().unwrap();
    assert_eq!(log.entries.len(), 0);
    unlock(token.as_mut(), Credential::Signer).unwrap();
    token.sign(grant(&key, b"two")).unwrap();
    let log = token.log().unwrap().read().unwrap();
    assert_eq!(self::commands(&log), [command::SIGN_ECDSA]);
}

#[test]
fn the_set_up_leaves_room_in_the_log_and_says_what_was_done() {
    let simulator = start();
    let mut token = open(&simulator);
    let provisioning = token.provisioning().unwrap();
    provisioning
        .initialise(&id("hsm-a"), &secrets(PASSWORDS))
        .unwrap();
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    let log = token.log().unwrap().read().unwrap();
    let put = command::PUT_AUTHENTICATION_KEY;
    // What the engine expects of a set-up, after the entries of reset and start.
    assert_eq!(
        commands(&log),
        [
            0xff,
            0x00,
            command::SET_OPTION,
            put,
            put,
            put,
            command::DELETE_OBJECT
        ]
    );
    let told: Vec<u8> = simulator.device().log().iter().map(|e| e.command()).collect();
    assert_eq!(commands(&log), told);
}

#[test]
fn a_full_log_is_named_and_work_goes_on_once_it_was_cleared() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    simulator.device().fill_log();
    let full = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(kind(&full), (DeviceCode::LogFull, Changed::No));
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    let log = token.log().unwrap().read().unwrap();
    assert_eq!(log.entries.len(), 62);
    token.log().unwrap().clear(62).unwrap();
    unlock(token.as_mut(), Credential::Signer).unwrap();
    assert!(token.sign(grant(&key, b"x")).is_ok());
}

#[test]
fn an_entry_that_the_library_does_not_know_is_no_short_log() {
    let (simulator, mut token) = furnished();
    simulator.device().log_command(0x30);
    simulator.device().log_command(command::BLINK_DEVICE);
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    let fault = token.log().unwrap().read().unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::AnswerRefused, Changed::No));
    assert!(fault.meaning.contains("does not know"), "{}", fault.meaning);
}

#[test]
fn an_auditor_sees_that_a_device_need_not_log() {
    // Somebody reset the device and set it up without audit: simulated by the option's answer.
    let (simulator, mut token) = furnished();
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    simulator
        .device()
        .arm(Rule::at(1, command::GET_OPTION, Fault::Flip));
    let fault = token.log().unwrap().read().unwrap_err();
    assert!(matches!(
        fault.code,
        DeviceCode::NotClean | DeviceCode::AnswerRefused
    ));
}

#[test]
fn attestations_are_the_devices_own() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    let statement = token.attest(&key).unwrap().unwrap();
    assert_eq!(statement.kind, StatementKind::Yubihsm);
    let [own, device] = statement.certificates.as_slice() else {
        panic!("two certificates");
    };
    assert_eq!(
        *device,
        data_encoding::HEXLOWER.encode(&simulator.device().chain().device)
    );
    let raw = data_encoding::HEXLOWER.encode(key.public.raw());
    assert!(own.contains(&raw), "the certificate holds the key");
    let (_simulator, mut token, key) = signing(Algorithm::Ed25519);
    assert_eq!(token.attest(&key).unwrap(), None);
}
