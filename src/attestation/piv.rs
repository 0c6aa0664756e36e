//! YubiKey PIV attestations: what slot f9 of a YubiKey says about a key that
//! was generated in another slot. Serial, firmware, slot, PIN and touch policy
//! and form factor stand in the extensions 1.3.6.1.4.1.41482.3.N; a YubiKey
//! refuses to attest an imported key. The key itself is compared (threat V27).

use der::asn1::ObjectIdentifier;

use crate::base::{Digest, shown};

pub use super::chain::Evidence;
use super::chain::{self, Route};
use super::pin::{Firmware, Pin, Root, Waiver};
use super::report::{Kind, Outcome, Report};
use super::x509::{Certificate, exactly};

/// The newer root of all Yubico devices.
pub(super) const YUBICO_ATTESTATION_ROOT_1: Root = Root {
    name: "Yubico Attestation Root 1",
    sha256: [
        0x62, 0x76, 0x0c, 0x6a, 0x6e, 0xf9, 0x16, 0x79, 0xf4, 0x54, 0xc8, 0x90, 0x2b, 0x80, 0xfd, 0x00, 0x98,
        0x25, 0xb3, 0xf2, 0x5d, 0xa9, 0x0f, 0x1f, 0xba, 0xce, 0x2e, 0xc6, 0x58, 0x6c, 0xd5, 0xa8,
    ],
};

/// An intermediate below it that stands above every kind of device.
pub(super) const YUBICO_INTERMEDIATE_B_1: Root = Root {
    name: "Yubico Attestation Intermediate B 1",
    sha256: [
        0xd4, 0xcc, 0x3f, 0x45, 0x6f, 0xda, 0xf4, 0xe7, 0x81, 0x2a, 0x21, 0xaa, 0xb1, 0xdf, 0xe9, 0xd8, 0xe2,
        0x7d, 0x24, 0xe2, 0xfd, 0x2d, 0x6f, 0x21, 0xc9, 0x94, 0x01, 0x09, 0xf0, 0xda, 0xa7, 0x54,
    ],
};

/// The vendor's roots.
pub const ROOTS: &[Root] = &[
    Root {
        name: "Yubico PIV Root CA Serial 263751",
        sha256: [
            0x63, 0xec, 0xe9, 0x14, 0xe5, 0x4d, 0xd8, 0x79, 0x15, 0xf3, 0x40, 0x33, 0xc8, 0x5a, 0xf4, 0xc0,
            0x69, 0x6b, 0xa1, 0x51, 0x2f, 0x8a, 0xdd, 0x66, 0xce, 0xd7, 0x38, 0x33, 0x12, 0x07, 0xb5, 0x46,
        ],
    },
    YUBICO_ATTESTATION_ROOT_1,
];

/// The authorities that are known to issue for PIV; under the same root others
/// issue for FIDO, OpenPGP and the security domain, and are not among them.
pub const AUTHORITIES: &[Root] = &[
    Root {
        name: "Yubico Attestation Intermediate A 1",
        sha256: [
            0x46, 0x98, 0xa1, 0xd3, 0x38, 0x9c, 0x3e, 0xc6, 0x00, 0x16, 0xc2, 0x16, 0x25, 0x0f, 0x1d, 0x04,
            0x39, 0x92, 0x28, 0x32, 0xd6, 0x51, 0x42, 0x32, 0x74, 0x36, 0x37, 0x6d, 0xc2, 0x94, 0x2b, 0x55,
        ],
    },
    YUBICO_INTERMEDIATE_B_1,
    Root {
        name: "Yubico PIV Attestation A 1",
        sha256: [
            0x6d, 0xe6, 0x93, 0xf0, 0x53, 0x76, 0xf5, 0xd8, 0xca, 0x29, 0x06, 0x92, 0x61, 0xe1, 0xc8, 0x62,
            0x6c, 0x75, 0xd5, 0x03, 0xbd, 0x2e, 0xdb, 0xfd, 0x75, 0x35, 0x4c, 0xad, 0x1f, 0x72, 0x28, 0x70,
        ],
    },
    Root {
        name: "Yubico PIV Attestation B 1",
        sha256: [
            0x2d, 0x55, 0xb7, 0x99, 0x8f, 0x4e, 0x42, 0x56, 0x9d, 0x6d, 0x8f, 0xa3, 0x82, 0xb6, 0xdc, 0x77,
            0xd1, 0xda, 0xcf, 0x07, 0x35, 0x8b, 0x19, 0x70, 0x11, 0x63, 0x89, 0x29, 0x22, 0xb1, 0x70, 0x52,
        ],
    },
    Root {
        name: "Yubico PIV Attestation B2 1",
        sha256: [
            0x0c, 0x90, 0xb7, 0xd1, 0x84, 0xa3, 0x6e, 0xdf, 0x50, 0xa3, 0x5f, 0x9b, 0xe9, 0x35, 0xf0, 0xc5,
            0x68, 0x9b, 0xfd, 0xcf, 0xe5, 0xbd, 0xd0, 0x73, 0x36, 0x6c, 0xaf, 0xb4, 0x90, 0x61, 0xa4, 0x40,
        ],
    },
];

/// The lowest firmware whose ECDSA does not leak (YSA-2024-03, CVE-2024-45678).
pub const FIRMWARE_FLOOR: Firmware = Firmware(5, 7, 0);

/// The slot for signatures, 9c.
pub const SIGNATURE_SLOT: u8 = 0x9c;

/// What not even a good verdict proves.
pub const DOES_NOT_PROVE: &[&str] = &[
    "when it was made: an attestation carries no nonce and no time, and its dates are fixed",
    "that this ceremony made the key: a YubiKey attests old keys too",
    "where the YubiKey is, and who holds it or knows its PIN",
    "that the PIN was changed from its default, or how many tries are left",
    "that no signature was made with the key besides those recorded: a YubiKey keeps no log",
    "that the maker's keys, chips and firmware are sound, or that a certificate was not revoked: nothing is published to check",
    "that the certificates are within their dates: no clock is asked",
];

/// When the PIN is asked for. The words are the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the vendor's five words")]
pub enum PinPolicy {
    Never = 1,
    Once = 2,
    Always = 3,
    MatchOnce = 4,
    MatchAlways = 5,
}

/// When a touch is asked for. The words are the vendor's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the vendor's three words")]
pub enum TouchPolicy {
    Never = 1,
    Always = 2,
    Cached = 3,
}

impl PinPolicy {
    const ALL: [(PinPolicy, &'static str); 5] = [
        (PinPolicy::Never, "never"),
        (PinPolicy::Once, "once"),
        (PinPolicy::Always, "always"),
        (PinPolicy::MatchOnce, "match-once"),
        (PinPolicy::MatchAlways, "match-always"),
    ];

    /// Reads the vendor's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<PinPolicy> {
        Self::ALL
            .into_iter()
            .find(|(_, word)| *word == text)
            .map(|(policy, _)| policy)
    }
}

impl TouchPolicy {
    const ALL: [(TouchPolicy, &'static str); 3] = [
        (TouchPolicy::Never, "never"),
        (TouchPolicy::Always, "always"),
        (TouchPolicy::Cached, "cached"),
    ];

    /// Reads the vendor's word.
    #[must_use]
    pub fn parse(text: &str) -> Option<TouchPolicy> {
        Self::ALL
            .into_iter()
            .find(|(_, word)| *word == text)
            .map(|(policy, _)| policy)
    }
}

/// What must be found. `None`: nobody said; the report then asks a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The root.
    pub pin: Pin,
    /// The serial printed on the YubiKey.
    pub serial: Option<u32>,
    /// The key that enters the metadata, SubjectPublicKeyInfo DER.
    pub public_key: Option<Vec<u8>>,
    /// The slot.
    pub slot: u8,
    /// PIN policies that are taken.
    pub pin_policies: Vec<PinPolicy>,
    /// Touch policies that are taken.
    pub touch_policies: Vec<TouchPolicy>,
    /// The form factor's byte, where one is expected; otherwise it is shown.
    pub form_factor: Option<u8>,
    /// The lowest firmware taken.
    pub firmware_floor: Firmware,
    /// A recorded decision to take a lower one.
    pub firmware_waiver: Option<Waiver>,
    /// Authorities that people decided to accept, by SHA-256.
    pub accepted_authorities: Vec<Digest>,
}

impl Expected {
    /// Nothing said but the root: slot 9c, a PIN at least once a session, a
    /// touch for each signature, firmware from [`FIRMWARE_FLOOR`].
    #[must_use]
    pub fn new(pin: Pin) -> Expected {
        Expected {
            pin,
            serial: None,
            public_key: None,
            slot: SIGNATURE_SLOT,
            pin_policies: vec![
                PinPolicy::Once,
                PinPolicy::Always,
                PinPolicy::MatchOnce,
                PinPolicy::MatchAlways,
            ],
            touch_policies: vec![TouchPolicy::Always],
            form_factor: None,
            firmware_floor: FIRMWARE_FLOOR,
            firmware_waiver: None,
            accepted_authorities: Vec::new(),
        }
    }
}

/// Judges one attestation. Reads no clock and no file: the same bytes and
/// expectations give the same report on any machine.
#[must_use]
pub fn judge(evidence: &Evidence<'_>, expected: &Expected) -> Report {
    let mut report = Report::new(Kind::Piv, expected.pin.is_rehearsal());
    let route = Route {
        pin: &expected.pin,
        vendor: ROOTS,
        known: AUTHORITIES,
        accepted: &expected.accepted_authorities,
    };
    let Some((leaf, device)) = chain::judge(&mut report, evidence, &route, &KNOWN) else {
        return report;
    };
    report.same(
        "serial",
        expected.serial.as_ref(),
        leaf.extension(&SERIAL).and_then(exactly::<u32>).as_ref(),
        u32::to_string,
    );
    let firmware = |c: &Certificate<'_>| c.extension(&FIRMWARE).and_then(Firmware::from_bytes);
    report.firmware(
        expected.firmware_floor,
        expected.firmware_waiver.as_ref(),
        firmware(&leaf),
    );
    // A YubiKey's firmware never changes: where its certificate says one, it is the same.
    match firmware(&device) {
        Some(of_device) => report.same(
            "firmware-device",
            Some(&of_device),
            firmware(&leaf).as_ref(),
            Firmware::to_string,
        ),
        None => report.push(
            "firmware-device",
            Outcome::NotApplicable,
            "the same firmware, where it is stated",
            "not stated",
        ),
    }
    let slot = format!("YubiKey PIV Attestation {:x}", expected.slot);
    report.same("slot", Some(&slot), leaf.common_name().as_ref(), |name| {
        shown(name, 100)
    });
    policies(&mut report, &leaf, expected);
    form_factor(&mut report, &leaf, expected.form_factor);
    report.key(expected.public_key.as_ref(), leaf.spki());
    report
}

const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.3");
const SERIAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.7");
const POLICIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.8");
const FORM_FACTOR: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.3.9");
const KNOWN: [ObjectIdentifier; 4] = [FIRMWARE, SERIAL, POLICIES, FORM_FACTOR];

/// Extension 8 is two bare bytes: the PIN policy and the touch policy.
fn policies(report: &mut Report, leaf: &Certificate<'_>, expected: &Expected) {
    let said = leaf
        .extension(&POLICIES)
        .and_then(|bytes| <[u8; 2]>::try_from(bytes).ok());
    let pin = said.and_then(|[pin, _]| PinPolicy::ALL.into_iter().find(|(p, _)| *p as u8 == pin));
    let touch = said.and_then(|[_, touch]| TouchPolicy::ALL.into_iter().find(|(t, _)| *t as u8 == touch));
    let pins = PinPolicy::ALL
        .into_iter()
        .filter(|(p, _)| expected.pin_policies.contains(p));
    let touches = TouchPolicy::ALL
        .into_iter()
        .filter(|(t, _)| expected.touch_policies.contains(t));
    one_of(
        report,
        "pin-policy",
        pins.map(|(_, word)| word).collect(),
        pin.map(|(_, word)| word),
    );
    one_of(
        report,
        "touch-policy",
        touches.map(|(_, word)| word).collect(),
        touch.map(|(_, word)| word),
    );
}

fn one_of(report: &mut Report, name: &'static str, taken: Vec<&str>, got: Option<&str>) {
    let got = match got {
        Some(word) if taken.contains(&word) => Ok(word.to_owned()),
        Some(word) => Err(word.to_owned()),
        None => Err("missing or unknown".to_owned()),
    };
    report.hold(name, taken.join(" or "), got);
}

/// Extension 9 is one bare byte; 0x80 marks a FIPS device.
fn form_factor(report: &mut Report, leaf: &Certificate<'_>, expected: Option<u8>) {
    let said = leaf
        .extension(&FORM_FACTOR)
        .and_then(|bytes| <[u8; 1]>::try_from(bytes).ok())
        .map(u8::from_be_bytes);
    let words = |byte: &u8| {
        let shape = match byte & 0x3f {
            1 => "USB-A keychain",
            2 => "USB-A nano",
            3 => "USB-C keychain",
            4 => "USB-C nano",
            5 => "USB-C and Lightning",
            6 => "USB-A biometric",
            7 => "USB-C biometric",
            _ => "unknown",
        };
        let fips = if byte & 0x80 == 0 { "" } else { ", FIPS" };
        format!("0x{byte:02x}, {shape}{fips}")
    };
    match (expected, said) {
        // Firmware before 5 has none; nothing depends on it unless it was asked for.
        (None, said) => report.push(
            "form-factor",
            Outcome::NotApplicable,
            "nothing in particular",
            said.as_ref().map_or_else(|| "not stated".to_owned(), words),
        ),
        (Some(_), _) => report.same("form-factor", expected.as_ref(), said.as_ref(), words),
    }
}
