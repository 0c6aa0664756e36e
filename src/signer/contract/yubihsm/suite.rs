//! The public suite on a YubiHSM 2 (simulated, over a connector on loopback), as
//! an adapter from outside would be tried.

use super::*;
use crate::signer::contract::support::as_documented;
use crate::signer::contract::{Candidate, Promises, SetUpAgain, run};

const SECRETS: [(Credential, &str); 3] = [
    (Credential::Provisioner, PASSWORDS[0]),
    (Credential::Signer, PASSWORDS[1]),
    (Credential::Auditor, PASSWORDS[2]),
];

/// Nothing, something short, and as much as each algorithm takes.
fn payload(key: &KeyRef, n: usize) -> Payload {
    let longest = match key.public.algorithm() {
        Algorithm::Ed25519 => ED25519_MAX,
        _ => 70_001,
    };
    let message = match n {
        0 => Vec::new(),
        1 => b"signed".to_vec(),
        _ => vec![b'm'; longest],
    };
    Payload::mint(Purpose::TufMetadata, &message)
}

#[test]
fn yubihsm_tokens_honour_the_port() {
    let simulator = start();
    let promises = Promises {
        attributes: KeyAttributes {
            sensitive: Some(true),
            always_sensitive: Some(true),
            extractable: Some(false),
            never_extractable: Some(true),
            local: Some(true),
            sign: Some(true),
            always_authenticate: Some(false),
            other_uses: Some(false),
        },
        // A YubiHSM 2 has no label, counts no wrong passwords, and over USB has one handle.
        labelled: false,
        statement: Some(StatementKind::Yubihsm),
        unattested: vec![Algorithm::Ed25519],
        log: true,
        retirement: true,
        set_up_again: SetUpAgain::Refused,
        ..Promises::of(&[Algorithm::EcdsaP256, Algorithm::EcdsaP384, Algorithm::Ed25519])
    };
    let report = run(&Candidate {
        // The sixteen sessions of those who asked before would end in 30 s by themselves.
        provider: &|| {
            simulator.device().expire_sessions();
            Box::new(provider(&simulator))
        },
        serial: SERIAL,
        secrets: &SECRETS,
        wrong: "incorrect horse 0123456789",
        malformed: "nineteen-characters",
        payload: &payload,
        promises,
    });
    assert!(report.is_good(), "\n{report}");
    as_documented("YubiHSM 2", &report);
}

#[test]
fn an_operation_makes_one_key_whatever_its_name() {
    let (_simulator, mut token, key) = signing(Algorithm::EcdsaP256);
    unlock(token.as_mut(), Credential::Provisioner).unwrap();
    let renamed = KeyOrder {
        name: id("another"),
        operation: key.operation,
        algorithm: Algorithm::EcdsaP256,
    };
    let taken = token.generate(&renamed).unwrap_err();
    assert_eq!(kind(&taken), (DeviceCode::KeyExists, Changed::No));
    assert_eq!(token.keys().unwrap().len(), 1);
}
