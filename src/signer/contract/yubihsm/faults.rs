//! What can go wrong between this program and a YubiHSM 2: cut, split, forged
//! and lost answers, ended sessions, another device in the slot, none at all.

use super::*;

#[test]
fn an_ed25519_message_too_long_for_a_frame_is_never_sent() {
    let (simulator, mut token, key) = signing(Algorithm::Ed25519);
    let before = simulator.device().seen().len();
    let fault = token.sign(grant(&key, &vec![b'm'; 2020])).unwrap_err();
    assert_eq!(
        (fault.code, fault.changed, fault.retry),
        (DeviceCode::Unsupported, Changed::No, Retry::Never)
    );
    assert!(
        fault.meaning.contains("2019") && fault.meaning.contains("ECDSA"),
        "{}",
        fault.meaning
    );
    assert_eq!(simulator.device().seen().len(), before, "nothing was sent");
    assert!(token.sign(grant(&key, &vec![b'm'; 2019])).is_ok());
}

#[test]
fn answers_in_two_segments_are_whole() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    simulator.device().arm(Rule::at_any(1, Fault::Split).and_later());
    for message in [&b"x"[..], &[7; 500]] {
        let signature = token.sign(grant(&key, message)).unwrap();
        assert!(key.public.verifies(message, &signature));
    }
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    assert!(!token.log().unwrap().read().unwrap().entries.is_empty());
}

#[test]
fn lies_and_lost_answers_of_a_signature_are_told_apart() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    let cases = [
        (Fault::WrongMac, DeviceCode::AnswerRefused, Changed::Unknown),
        (Fault::DropBefore, DeviceCode::Removed, Changed::Unknown),
        (Fault::DropAfter, DeviceCode::Removed, Changed::Unknown),
        (Fault::CloseSession, DeviceCode::NotUnlocked, Changed::No),
        (Fault::Reboot, DeviceCode::Removed, Changed::Unknown),
        (Fault::ForeignSignature, DeviceCode::SignatureWrong, Changed::No),
        (Fault::Flip, DeviceCode::SignatureWrong, Changed::No),
        (Fault::Short(5), DeviceCode::SignatureWrong, Changed::No),
        (Fault::Refuse(0x0a), DeviceCode::LogFull, Changed::No),
        (Fault::Refuse(0x0b), DeviceCode::KeyNotUnique, Changed::No),
    ];
    for (fault, code, changed) in cases {
        simulator.device().disarm();
        unlock(token.as_mut(), Credential::Signer).unwrap();
        simulator
            .device()
            .arm(Rule::at(1, command::SIGN_ECDSA, fault.clone()));
        let told = token.sign(grant(&key, b"x")).unwrap_err();
        assert_eq!(kind(&told), (code, changed), "{fault:?}: {}", told.meaning);
        if !matches!(
            told.code,
            DeviceCode::SignatureWrong | DeviceCode::LogFull | DeviceCode::KeyNotUnique
        ) {
            // Nothing logs in again by itself.
            assert_eq!(
                token.sign(grant(&key, b"x")).unwrap_err().code,
                DeviceCode::NotUnlocked
            );
        }
    }
    simulator.device().disarm();
    unlock(token.as_mut(), Credential::Signer).unwrap();
    assert!(token.sign(grant(&key, b"x")).is_ok());
}

#[test]
fn a_key_whose_answer_was_lost_is_found_by_its_order() {
    for fault in [Fault::DropAfter, Fault::Deny(7), Fault::WrongMac] {
        let (simulator, mut token) = furnished();
        unlock(token.as_mut(), Credential::Provisioner).unwrap();
        simulator
            .device()
            .arm(Rule::at(1, command::GENERATE_ASYMMETRIC_KEY, fault.clone()));
        let order = order("root-a", Algorithm::EcdsaP256, 1);
        let told = token.generate(&order).unwrap_err();
        assert_eq!(told.changed, Changed::Unknown, "{fault:?}");
        unlock(token.as_mut(), Credential::Provisioner).unwrap();
        let keys = token.keys().unwrap();
        assert_eq!(keys.len(), 1);
        assert_eq!(
            keys[0].id,
            data_encoding::HEXLOWER.encode(order.operation.as_bytes())
        );
        assert_eq!(token.generate(&order).unwrap_err().code, DeviceCode::KeyExists);
    }
    let (simulator, mut token) = furnished();
    simulator.device().fill_storage();
    unlock(token.as_mut(), Credential::Provisioner).unwrap();
    let full = token
        .generate(&order("root-a", Algorithm::EcdsaP256, 1))
        .unwrap_err();
    assert_eq!(kind(&full), (DeviceCode::Full, Changed::Unknown));
}

#[test]
fn a_list_that_is_cut_is_refused() {
    let (simulator, mut token, _key) = signing(Algorithm::EcdsaP256);
    simulator
        .device()
        .arm(Rule::at(1, command::LIST_OBJECTS, Fault::Short(8)));
    let fault = token.keys().unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::AnswerRefused, Changed::No));
    assert_eq!(token.keys().unwrap().len(), 1);
}

#[test]
fn another_device_in_the_slot_is_noticed_before_it_signs() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    simulator.device().swap(99_000_002);
    let signatures = |s: &Simulator| {
        s.device()
            .seen()
            .iter()
            .filter(|c| c.command == command::SIGN_ECDSA)
            .count()
    };
    let fault = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::Removed, Changed::No));
    assert!(
        fault.meaning.contains(SERIAL) && fault.meaning.contains("0099000002"),
        "{}",
        fault.meaning
    );
    assert_eq!(signatures(&simulator), 0);
    assert_eq!(
        unlock(token.as_mut(), Credential::Signer).unwrap_err().code,
        DeviceCode::Removed
    );
    assert_eq!(token.identity().unwrap().serial, "0099000002");
}

#[test]
fn a_session_that_ended_needs_a_person() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    simulator.device().expire_sessions();
    let fault = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::NotUnlocked, Changed::No));
    unlock(token.as_mut(), Credential::Signer).unwrap();
    assert!(token.sign(grant(&key, b"x")).is_ok());
}

#[test]
fn sessions_that_others_hold_are_named() {
    let (simulator, mut token) = furnished();
    simulator
        .device()
        .arm(Rule::at(1, command::CREATE_SESSION, Fault::Refuse(5)));
    let told = unlock(token.as_mut(), Credential::Signer).unwrap_err();
    assert_eq!(kind(&told), (DeviceCode::SessionsFull, Changed::No));
    unlock(token.as_mut(), Credential::Signer).unwrap();
    // For real: sixteen that were begun and never ended.
    for _ in 0..16 {
        let frame = [&[command::CREATE_SESSION, 0, 10, 0, 3][..], &[7; 8]].concat();
        let _answer = simulator.device().transceive(&frame);
    }
    let told = unlock(token.as_mut(), Credential::Signer).unwrap_err();
    assert_eq!(kind(&told), (DeviceCode::SessionsFull, Changed::No));
}

#[test]
fn old_firmware_is_shown_and_can_be_set_up() {
    let config = Config {
        firmware: (2, 1, 2),
        ..Config::default()
    };
    let simulator = Simulator::start(config).unwrap();
    let card = provider(&simulator).list().unwrap().remove(0);
    assert_eq!(
        card.firmware, "2.1.2",
        "the engine's policy decides what that is good for"
    );
    // Its commands are all audited from the factory on: what reads and clears the log must not be.
    set_up_with(simulator.port(), &id("hsm-a"), PASSWORDS, &RIGHTS).unwrap();
    let mut token = open(&simulator);
    simulator.device().fill_log();
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    token.log().unwrap().read().unwrap();
    let last = simulator.device().log().last().unwrap().number;
    token.log().unwrap().clear(last).unwrap();
    assert!(simulator.device().log().is_empty(), "no soft lock");
}

#[test]
fn a_connector_that_is_gone_is_no_device() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    let mut provider = provider(&simulator);
    drop(simulator);
    let fault = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(fault.code, DeviceCode::Removed);
    assert_eq!(token.identity().unwrap_err().code, DeviceCode::Removed);
    token.lock().unwrap();
    assert!(provider.list().unwrap().is_empty());
    assert_eq!(provider.open(SERIAL).err().unwrap().code, DeviceCode::NotFound);
}

#[test]
fn two_devices_with_one_serial_are_neither() {
    let (one, two) = (start(), start());
    let other = Simulator::start(Config {
        serial: 7,
        ..Config::default()
    });
    let ports = [one.port(), two.port(), other.as_ref().unwrap().port()];
    let mut provider = YubihsmProvider::new(ports.map(|port| Connector::Http { port }).to_vec());
    assert_eq!(provider.list().unwrap().len(), 3);
    assert_eq!(provider.open(SERIAL).err().unwrap().code, DeviceCode::TwoAlike);
    assert!(provider.open("0000000007").is_ok());
    assert_eq!(
        provider.open("0000000008").err().unwrap().code,
        DeviceCode::NotFound
    );
    assert_eq!(
        provider.open("7").err().unwrap().code,
        DeviceCode::NotFound,
        "as printed"
    );
}

/// A device that somebody set up by hand: our keys, no audit options, and a key
/// of somebody's own in another domain perhaps.
fn set_up_by_hand(simulator: &Simulator, rogue: bool) {
    use ::yubihsm::Domain;
    use ::yubihsm::authentication::{Algorithm as Kind, Key};
    use ::yubihsm::{Client, Connector as Wire, Credentials, HttpConfig};
    let config = HttpConfig {
        port: simulator.port(),
        ..HttpConfig::default()
    };
    let client = Client::open(Wire::http(&config), Credentials::default(), false).unwrap();
    let theirs = Rights { id: 5, ..RIGHTS[1] };
    let theirs = rogue.then_some((theirs, "somebody's own password", Domain::DOM16));
    let ours = RIGHTS.into_iter().zip(PASSWORDS);
    let ours = ours.map(|(rights, password)| (rights, password, Domain::DOM1));
    for (rights, password, domain) in ours.chain(theirs) {
        let key = Key::derive_from_password(password.as_bytes());
        let Rights {
            id,
            capabilities,
            delegated,
            ..
        } = rights;
        let label = ::yubihsm::object::Label::default();
        client
            .put_authentication_key(id, label, domain, capabilities, delegated, Kind::YubicoAes, key)
            .unwrap();
    }
    let factory = ::yubihsm::object::Type::AuthenticationKey;
    client.delete_object(1, factory).unwrap();
}

#[test]
fn a_device_that_does_not_log_is_noticed_by_what_it_does() {
    let simulator = start();
    set_up_by_hand(&simulator, false);
    let mut token = open(&simulator);
    unlock(token.as_mut(), Credential::Provisioner).unwrap();
    let order = order("root-a", Algorithm::EcdsaP256, 1);
    let fault = token.generate(&order).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::NotClean, Changed::Yes));
    let key = KeyRef {
        name: order.name.clone(),
        operation: order.operation,
        public: token.keys().unwrap()[0].public.clone().unwrap(),
    };
    unlock(token.as_mut(), Credential::Signer).unwrap();
    let fault = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::NotClean, Changed::Yes));
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    let fault = token.log().unwrap().read().unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::NotClean, Changed::No));
}

#[test]
fn an_object_that_hides_in_another_domain_is_noticed() {
    let simulator = start();
    set_up_by_hand(&simulator, false);
    // The one record more is in no list that a session in domain 1 sees.
    let seen = |token: &mut dyn Token| {
        unlock(token, Credential::Provisioner).unwrap();
        token.keys().map(|keys| keys.len())
    };
    assert_eq!(seen(open(&simulator).as_mut()).unwrap(), 0);
    let simulator = start();
    set_up_by_hand(&simulator, true);
    let fault = seen(open(&simulator).as_mut()).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::AnswerRefused, Changed::No));
    assert!(
        fault.meaning.contains("4 objects and shows 3"),
        "{}",
        fault.meaning
    );
}

#[test]
fn a_log_with_a_changed_or_missing_entry_is_refused() {
    let (simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    let read = |token: &mut dyn Token| token.log().unwrap().read();
    unlock(token.as_mut(), Credential::Auditor).unwrap();
    simulator
        .device()
        .arm(Rule::at(1, command::GET_LOG_ENTRIES, Fault::Flip));
    let fault = read(token.as_mut()).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::AnswerRefused, Changed::No));
    assert!(fault.meaning.contains("digest"), "{}", fault.meaning);
    let log = read(token.as_mut()).unwrap();
    let last = u16::try_from(log.entries.len()).unwrap();
    token.log().unwrap().clear(last).unwrap();

    // Somebody else signs, reads and clears meanwhile: what was theirs is gone, and that shows.
    let mut theirs = open(&simulator);
    unlock(theirs.as_mut(), Credential::Signer).unwrap();
    theirs.sign(grant(&key, b"theirs")).unwrap();
    assert_eq!(read(theirs.as_mut()).unwrap().entries.len(), 1);
    theirs.log().unwrap().clear(last + 1).unwrap();
    unlock(token.as_mut(), Credential::Signer).unwrap();
    token.sign(grant(&key, b"ours")).unwrap();
    let fault = read(token.as_mut()).unwrap_err();
    assert_eq!(kind(&fault), (DeviceCode::AnswerRefused, Changed::No));
    assert!(fault.meaning.contains("missing"), "{}", fault.meaning);
}
