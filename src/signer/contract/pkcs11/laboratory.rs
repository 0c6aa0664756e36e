//! The same powers on any other module: run by hand or by `tests/extended`, read
//! by a person, and never part of a plain `cargo test`, because a token is wiped.

use std::time::Instant;

use super::*;
use crate::base::device::{KeyAttributes, KeyFound};
use crate::signer::contract::support::{as_documented, payload};
use crate::signer::contract::{Candidate, Promises, SetUpAgain, run};
use crate::signer::pkcs11::quirks;

/// The laboratory: any module with a token that may be wiped, or one that was set
/// up by its own tool. Variables: `TUF_CEREMONY_TEST_MODULE`; `.._PIN` and
/// `.._SO_PIN` (defaults 648219 and 87654321); `.._READY=1`: no initialising;
/// `.._TRIES=n`: wrong PINs until it locks, at most n (it may stay locked).
#[test]
#[ignore = "wipes a token: TUF_CEREMONY_TEST_MODULE=PATH cargo test -- --ignored laboratory --nocapture"]
#[allow(clippy::print_stdout, reason = "a laboratory run is read by a person")]
fn any_module_in_the_laboratory() {
    let from = |name: &str, default: &str| {
        std::env::var(format!("TUF_CEREMONY_TEST_{name}")).unwrap_or(default.to_owned())
    };
    let (pin, so_pin) = (from("PIN", "648219"), from("SO_PIN", SO_PIN));
    let log = std::env::temp_dir().join("tuf-ceremony-laboratory.log"); // what the module prints
    let mut provider = Pkcs11Provider::new(worker().log(&log), Path::new(&from("MODULE", "")));
    let cards = provider.list().unwrap();
    let ready = from("READY", "") == "1";
    let found = cards.iter().find(|c| c.initialised == ready).unwrap();
    println!("{found:#?}");
    let mut token = provider.open(&found.serial).unwrap();
    let card = if ready {
        println!(
            "initialising: {:?}",
            set_up(token.as_mut(), "lab", &so_pin, &pin).map_err(brief)
        );
        found.clone()
    } else {
        set_up(token.as_mut(), "lab", &so_pin, &pin).unwrap()
    };
    let profile = quirks::profile(&card);
    println!(
        "profile {}, label {:?}, serial {:?}",
        profile.name, card.label, card.serial
    );
    println!(
        "wrong PIN: {:?}",
        unlock(token.as_mut(), "99999999").map_err(brief)
    );
    println!("then: {:?}", token.identity().unwrap().pin);
    unlock(token.as_mut(), &pin).unwrap();
    let mut keys = Vec::new();
    for algorithm in Algorithm::ALL {
        let order = order(algorithm.name().trim_start_matches("rsa-"), *algorithm, 1);
        let start = Instant::now();
        match token.generate(&order) {
            Err(fault) => println!("{}: {:?}", algorithm.name(), brief(fault)),
            Ok(made) => {
                let made_in = start.elapsed();
                made.public.check_sound().unwrap();
                let key = reference(&order, &made);
                let start = Instant::now();
                let signature = match sign(token.as_mut(), &key, b"lab") {
                    Ok(signature) => signature,
                    Err(fault) => {
                        println!("{} is made, and signs not: {:?}", algorithm.name(), brief(fault));
                        unlock(token.as_mut(), &pin).unwrap();
                        continue;
                    }
                };
                let signed_in = start.elapsed();
                assert!(made.public.verifies(b"lab", &signature));
                let long = sign(token.as_mut(), &key, &[b'm'; 20_000])
                    .map(|_| ())
                    .map_err(brief);
                println!(
                    "{}: made in {made_in:.2?}, signed in {signed_in:.2?}, 20 kB {long:?}\n  {:?}",
                    algorithm.name(),
                    made.attributes
                );
                if long.is_err() {
                    unlock(token.as_mut(), &pin).unwrap();
                }
                let twice = token.generate(&order).unwrap_err();
                assert_eq!(twice.code, DeviceCode::KeyExists);
                keys.push(key);
            }
        }
    }
    let seen = token.keys().unwrap();
    let known = |k: &KeyFound| keys.iter().any(|key| k.public.as_ref() == Some(&key.public));
    println!(
        "{} keys, {} of them ours with their public half",
        seen.len(),
        seen.iter().filter(|k| known(k)).count()
    );
    let pins = token.pins().unwrap();
    let other = format!("{pin}0");
    println!(
        "change: {:?}",
        pins.change(Credential::UserPin, &secret(&pin), &secret(&other))
            .map_err(brief)
    );
    println!(
        "back: {:?}",
        pins.change(Credential::UserPin, &secret(&other), &secret(&pin))
            .map_err(brief)
    );
    println!(
        "unblock: {:?}",
        pins.unblock(&secret(&so_pin), &secret(&pin)).map_err(brief)
    );
    println!("then: {:?}", unlock(token.as_mut(), &pin).map_err(brief));
    for (n, key) in keys.iter().enumerate() {
        println!(
            "signs again {n}: {:?}",
            sign(token.as_mut(), key, b"x").map(|s| s.len()).map_err(brief)
        );
    }
    for n in 1..=from("TRIES", "0").parse::<u32>().unwrap() {
        let fault = unlock(token.as_mut(), "99999999").unwrap_err();
        println!(
            "wrong {n}: {:?}, {:?}",
            brief(fault),
            token.identity().map(|c| c.pin)
        );
    }
    println!(
        "a second look: {:?}",
        provider.open(&card.serial).map(|_| ()).map_err(brief)
    );
}

/// The public suite on the module at hand. Its profile decides what is promised;
/// `.._COLUMN` names its column of the table in docs/tokens.md. It spends up to
/// four wrong PINs in a row: a token that locks sooner is told not to.
#[test]
#[ignore = "wipes a token: see tests/extended"]
#[allow(clippy::print_stdout, reason = "a laboratory run is read by a person")]
fn suite_in_the_laboratory() {
    let from = |name: &str, default: &str| {
        std::env::var(format!("TUF_CEREMONY_TEST_{name}")).unwrap_or(default.to_owned())
    };
    let module = PathBuf::from(from("MODULE", ""));
    let log = std::env::temp_dir().join("tuf-ceremony-laboratory.log");
    let provider = || Pkcs11Provider::new(worker().log(&log), &module);
    let ready = from("READY", "") == "1";
    let cards = provider().list().unwrap();
    let card = cards.iter().find(|c| c.initialised == ready).unwrap();
    // Whose profile it is does not show before the set-up everywhere: the module's name does.
    let name = from("COLUMN", "");
    println!("{name}: profile {:?}, serial {:?}", card.quirks, card.serial);
    let (pin, so_pin) = (from("PIN", "648219"), from("SO_PIN", SO_PIN));
    let report = run(&Candidate {
        provider: &|| Box::new(provider()),
        serial: &card.serial,
        secrets: &[(Credential::SoPin, &so_pin), (Credential::UserPin, &pin)],
        wrong: "incorrect horse",
        // tpm2-pkcs11 takes a PIN of one character.
        malformed: if name == "tpm2-pkcs11" { "" } else { "1" },
        payload: &payload,
        promises: promises(&name),
    });
    println!("{report}");
    assert!(report.is_good());
    as_documented(&name, &report);
}

/// What each of them promises here, where it differs from a good PKCS#11 token.
fn promises(of: &str) -> Promises {
    let rsa = [
        Algorithm::RsaPss2048,
        Algorithm::RsaPss3072,
        Algorithm::RsaPss4096,
    ];
    let curves = [Algorithm::EcdsaP256, Algorithm::EcdsaP384];
    let good = Promises {
        attributes: KeyAttributes {
            sensitive: Some(true),
            extractable: Some(false),
            never_extractable: Some(true),
            sign: Some(true),
            other_uses: Some(false),
            ..KeyAttributes::default()
        },
        counts: true,
        two_handles: true,
        pins: true,
        unblock: true,
        ..Promises::of(&[&curves[..], &rsa].concat())
    };
    match of {
        "kryoptic" => Promises {
            algorithms: [&curves[..], &rsa, &[Algorithm::Ed25519]].concat(),
            ..good
        },
        "NSS" => Promises {
            set_up: false, // by certutil
            unblock: false,
            set_up_again: SetUpAgain::Refused,
            ..good
        },
        "tpm2-pkcs11" => Promises {
            algorithms: curves.to_vec(),
            found_by_serial: false, // all its tokens have one
            two_handles: false,
            set_up_again: SetUpAgain::Refused,
            ..good
        },
        // As at every `cargo test`.
        _ => Promises {
            after_one_wrong: PinState::Low,
            algorithms: [&curves[..], &[Algorithm::Ed25519, Algorithm::RsaPss2048]].concat(),
            ..good
        },
    }
}

/// The laboratory, second part: a key that always authenticates, made with another
/// tool, since an order cannot ask for one: P-256, `CKA_ID` and label as printed.
#[test]
#[ignore = "wants a key that another tool has made: see tests/extended"]
#[allow(clippy::print_stdout, reason = "a laboratory run is read by a person")]
fn laboratory_key_that_always_authenticates() {
    let from = |name: &str| std::env::var(format!("TUF_CEREMONY_TEST_{name}")).unwrap_or_default();
    let order = order("always", Algorithm::EcdsaP256, 1);
    let id = data_encoding::HEXLOWER.encode(order.operation.as_bytes());
    let label = order.operation.label(&order.name);
    println!("id {id} label {label}");
    let mut provider = Pkcs11Provider::new(worker(), Path::new(&from("MODULE")));
    let cards = provider.list().unwrap();
    let card = cards.iter().find(|c| c.initialised).unwrap();
    let mut token = provider.open(&card.serial).unwrap();
    unlock(token.as_mut(), &from("PIN")).unwrap();
    let keys = token.keys().unwrap();
    let found = keys.iter().find(|k| k.id == id && k.label == label).unwrap();
    println!("{}: {:?}", card.quirks, found.attributes.always_authenticate);
    let key = KeyRef {
        public: found.public.clone().unwrap(),
        name: order.name.clone(),
        operation: order.operation,
    };
    for message in [&b"one"[..], b"two"] {
        let signature = sign(token.as_mut(), &key, message).unwrap();
        assert!(key.public.verifies(message, &signature));
    }
    println!("signed twice");
}

fn brief(fault: DeviceFault) -> (DeviceCode, Changed, String) {
    (fault.code, fault.changed, fault.meaning)
}
