//! The devices of the player: cards as their makes show them, and keys that follow
//! from fixed seeds, so that a storyboard is the same each time.

use ed25519_dalek::Signer as _;
use tuf_ceremony::base::device::{DeviceCard, KeyAttributes, KeyFound, PinState};
use tuf_ceremony::base::{Algorithm, Digest, Id, PublicKey, veteran};
use tuf_ceremony::script::{Backend, Kind};
use tuf_ceremony::signer::embedded::veteran as veterans;

#[derive(Clone)]
pub enum Pair {
    Ed25519(Box<ed25519_dalek::SigningKey>),
    P256(Box<p256::ecdsa::SigningKey>),
}

impl Pair {
    pub fn new(algorithm: Algorithm, seed: &Digest) -> Pair {
        match algorithm {
            Algorithm::Ed25519 => {
                Pair::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(seed.as_bytes())))
            }
            Algorithm::EcdsaP256 => Pair::P256(Box::new(
                p256::ecdsa::SigningKey::from_slice(seed.as_bytes()).unwrap(),
            )),
            other => panic!("no key of {}", other.name()),
        }
    }

    pub fn public(&self) -> PublicKey {
        match self {
            Pair::Ed25519(key) => {
                PublicKey::from_raw(Algorithm::Ed25519, key.verifying_key().as_bytes()).unwrap()
            }
            Pair::P256(key) => {
                let point = key.verifying_key().to_encoded_point(false);
                PublicKey::from_raw(Algorithm::EcdsaP256, point.as_bytes()).unwrap()
            }
        }
    }

    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        match self {
            Pair::Ed25519(key) => key.sign(message).to_bytes().to_vec(),
            // RFC 6979: the same signature each time.
            Pair::P256(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.to_der().as_bytes().to_vec()
            }
        }
    }
}

pub fn card(backend: &Backend, kind: Kind, serial: &str) -> DeviceCard {
    let old = veterans::of(serial).is_some();
    let (vendor, model, firmware, limits, quirks) = match (backend, kind) {
        (Backend::Embedded, _) => ("tuf-ceremony", "Rehearsal token", "1.0", (6, 64), "embedded"),
        (Backend::File, _) => ("tuf-ceremony", "Encrypted key files", "1.0", (12, 128), "files"),
        (Backend::Yubihsm, Kind::Rehearsal) => ("Yubico", "YubiHSM 2", "2.4.0", (8, 64), "yubihsm2-http"),
        (Backend::Yubihsm, _) => ("Yubico", "YubiHSM 2", "2.4.0", (8, 64), "yubihsm2-usb"),
        (Backend::Pkcs11 { .. }, Kind::Rehearsal) => {
            ("SoftHSM project", "SoftHSM v2", "2.6", (4, 255), "softhsm2")
        }
        (Backend::Pkcs11 { .. }, _) => (
            "www.CardContact.de",
            "SmartCard-HSM",
            "3.5",
            (6, 15),
            "smartcard-hsm",
        ),
    };
    DeviceCard {
        vendor: vendor.to_owned(),
        model: model.to_owned(),
        serial: serial.to_owned(),
        label: if old { "veteran" } else { "" }.to_owned(),
        firmware: firmware.to_owned(),
        initialised: old,
        pin: if old { PinState::Ready } else { PinState::Unset },
        pin_limits: limits,
        pin_pad: false,
        quirks: quirks.to_owned(),
    }
}

pub fn attributes() -> KeyAttributes {
    KeyAttributes {
        sensitive: Some(true),
        always_sensitive: Some(true),
        extractable: Some(false),
        never_extractable: Some(true),
        local: Some(true),
        sign: Some(true),
        always_authenticate: None,
        other_uses: Some(false),
    }
}

pub fn old_keys(veteran: &veterans::Veteran) -> Vec<(KeyFound, Pair)> {
    let one = |(name, algorithm): &(&str, Algorithm)| {
        let id = Id::parse(name).unwrap();
        let pair = Pair::new(*algorithm, &veteran::seed(veteran.serial, &id));
        let operation = veteran::operation(&id);
        let found = KeyFound {
            label: operation.label(&id),
            id: operation.hex(),
            public: Some(pair.public()),
            attributes: attributes(),
        };
        (found, pair)
    };
    veteran.keys.iter().map(one).collect()
}
