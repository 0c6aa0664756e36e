//! YubiHSM 2 attestations: a certificate that the device made about one of its
//! keys, the device's own certificate, the vendor's authorities. The chain alone
//! says little: a foreign key, an imported key or an old device chain as well.
//! So every statement in the extensions 1.3.6.1.4.1.41482.4.N is compared, and
//! the key itself (threats V26, V27, V34).

use der::asn1::{ObjectIdentifier, Utf8StringRef};

use crate::base::{Digest, shown};

pub use super::chain::Evidence;
use super::chain::{self, Route};
use super::pin::{Firmware, Pin, Root, Waiver};
use super::report::{Kind, Outcome, Report};
use super::x509::{Certificate, bits, exactly, octets};

/// The vendor's roots. The second one is newer and stands above every kind of
/// Yubico device, so under it only [`AUTHORITIES`] are known to mean a YubiHSM.
pub const ROOTS: &[Root] = &[
    Root {
        name: "Yubico YubiHSM Root CA",
        sha256: [
            0x09, 0x4a, 0x3a, 0xc4, 0x93, 0xc2, 0xbd, 0xcd, 0x65, 0xa5, 0x4b, 0xdf, 0x40, 0x19, 0x0f, 0x52,
            0xbb, 0x03, 0xf7, 0x15, 0x63, 0x97, 0xa3, 0xfc, 0x69, 0xd8, 0xaa, 0x9a, 0x39, 0x2f, 0xb7, 0x24,
        ],
    },
    super::piv::YUBICO_ATTESTATION_ROOT_1,
];

/// The authorities between a root and a device that this program knows.
pub const AUTHORITIES: &[Root] = &[
    Root {
        name: "Yubico YubiHSM 6742036 Sub-CA",
        sha256: [
            0xd7, 0xc6, 0xd8, 0xf4, 0x52, 0x08, 0xe2, 0xa5, 0x39, 0x96, 0xfb, 0x5a, 0x8f, 0x4d, 0x63, 0x1b,
            0x33, 0xeb, 0xab, 0xb6, 0x49, 0x56, 0xb3, 0x7b, 0x2a, 0xc1, 0x51, 0xfb, 0xdb, 0xaf, 0x4a, 0xe9,
        ],
    },
    Root {
        name: "YubiHSM Attestation B2 1",
        sha256: [
            0x77, 0xd8, 0x8e, 0x63, 0x63, 0x14, 0x9a, 0xd6, 0xba, 0x58, 0xa2, 0xca, 0x1b, 0x8b, 0x40, 0x72,
            0x06, 0xec, 0x57, 0xe7, 0x53, 0x7c, 0x16, 0xce, 0xfb, 0xbc, 0x5e, 0xdc, 0x39, 0xef, 0xb8, 0xe1,
        ],
    },
    super::piv::YUBICO_INTERMEDIATE_B_1,
];

/// The lowest firmware whose ECDSA does not leak (YSA-2024-03, CVE-2024-45678).
/// There is no update for older devices.
pub const FIRMWARE_FLOOR: Firmware = Firmware(2, 4, 0);

/// What not even a good verdict proves.
pub const DOES_NOT_PROVE: &[&str] = &[
    "when it was made: an attestation carries no nonce and no time, and its dates are fixed (2017 to 2071)",
    "that this ceremony made the key: the device attests old keys too, and its attestation key outlives a reset; the label and the device's log must say that",
    "where the device is, and who holds it or its authentication keys",
    "that the device holds no other keys, objects or authentication keys: only a reset before and its log say that",
    "that no signature was made with the key besides those recorded: only the device's log says that",
    "that the maker's keys, chips and firmware are sound, or that a certificate was not revoked: nothing is published to check",
    "that the certificates are within their dates: no clock is asked",
];

/// Capabilities of an ECDSA key that may do nothing but sign.
pub const SIGN_ECDSA: u64 = 1 << 7;

/// `exportable-under-wrap`: a key with it can leave the device in a backup.
pub const EXPORTABLE_UNDER_WRAP: u64 = 1 << 16;

/// What the device answers about itself (command 0x06).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeviceInfo {
    /// Its serial.
    pub serial: u32,
    /// Its firmware.
    pub firmware: Firmware,
}

/// What must be found. `None`: nobody said; the report then asks a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The root.
    pub pin: Pin,
    /// The serial printed on the device's body.
    pub serial: Option<u32>,
    /// What the device answered; `None` where no device was at hand (an audit
    /// without the answer in the record): not compared, and not asked for.
    pub device_info: Option<DeviceInfo>,
    /// The key that enters the metadata, SubjectPublicKeyInfo DER.
    pub public_key: Option<Vec<u8>>,
    /// The object's id.
    pub object_id: Option<u16>,
    /// The object's label.
    pub label: Option<String>,
    /// The object's domains, bit 0 for domain 1.
    pub domains: Option<u16>,
    /// The object's capabilities, exactly; bits as in the device's protocol.
    pub capabilities: u64,
    /// The lowest firmware taken.
    pub firmware_floor: Firmware,
    /// A recorded decision to take a lower one.
    pub firmware_waiver: Option<Waiver>,
    /// Authorities that people decided to accept, by SHA-256.
    pub accepted_authorities: Vec<Digest>,
}

impl Expected {
    /// Nothing said but the root: the floor is [`FIRMWARE_FLOOR`], the
    /// capabilities exactly [`SIGN_ECDSA`].
    #[must_use]
    pub fn new(pin: Pin) -> Expected {
        Expected {
            pin,
            serial: None,
            device_info: None,
            public_key: None,
            object_id: None,
            label: None,
            domains: None,
            capabilities: SIGN_ECDSA,
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
    let mut report = Report::new(Kind::YubiHsm, expected.pin.is_rehearsal());
    let route = Route {
        pin: &expected.pin,
        vendor: ROOTS,
        known: AUTHORITIES,
        accepted: &expected.accepted_authorities,
    };
    let Some((leaf, device)) = chain::judge(&mut report, evidence, &route, &KNOWN) else {
        return report;
    };
    let said = Statement::read(&leaf);
    serials(&mut report, &said, &device, expected);
    report.firmware(
        expected.firmware_floor,
        expected.firmware_waiver.as_ref(),
        said.firmware,
    );
    device_info(&mut report, &said, expected.device_info.as_ref());
    // Exactly 1: made in this device. 2 is imported; 0x10 came under a wrap key.
    report.same("origin", Some(&GENERATED), said.origin.as_ref(), origin_words);
    report.same(
        "capabilities",
        Some(&expected.capabilities),
        said.capabilities.as_ref(),
        |c| capability_words(*c),
    );
    report.same(
        "domains",
        expected.domains.as_ref(),
        said.domains.as_ref(),
        domain_words,
    );
    report.same(
        "object-id",
        expected.object_id.as_ref(),
        said.object_id.as_ref(),
        |id| format!("0x{id:04x}"),
    );
    subject(
        &mut report,
        "subject-object-id",
        &leaf,
        "YubiHSM Attestation id:",
        said.object_id.map(|id| format!("0x{id:04x}")),
    );
    report.same("label", expected.label.as_ref(), said.label.as_ref(), |label| {
        shown(label, 60)
    });
    report.key(expected.public_key.as_ref(), leaf.spki());
    report
}

const GENERATED: u8 = 1;

const FIRMWARE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.1");
const SERIAL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.2");
const ORIGIN: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.3");
const DOMAINS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.4");
const CAPABILITIES: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.5");
const OBJECT_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.6");
const LABEL: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.41482.4.9");
const KNOWN: [ObjectIdentifier; 7] = [FIRMWARE, SERIAL, ORIGIN, DOMAINS, CAPABILITIES, OBJECT_ID, LABEL];

/// What the device says about itself and the key.
struct Statement {
    firmware: Option<Firmware>,
    serial: Option<u32>,
    origin: Option<u8>,
    domains: Option<u16>,
    capabilities: Option<u64>,
    object_id: Option<u16>,
    label: Option<String>,
}

impl Statement {
    fn read(leaf: &Certificate<'_>) -> Statement {
        Statement {
            firmware: leaf
                .extension(&FIRMWARE)
                .and_then(octets)
                .and_then(Firmware::from_bytes),
            serial: leaf.extension(&SERIAL).and_then(exactly::<u32>),
            origin: leaf
                .extension(&ORIGIN)
                .and_then(bits)
                .and_then(|b| <[u8; 1]>::try_from(b).ok())
                .map(u8::from_be_bytes),
            domains: leaf
                .extension(&DOMAINS)
                .and_then(bits)
                .and_then(|b| b.try_into().ok())
                .map(u16::from_be_bytes),
            capabilities: leaf
                .extension(&CAPABILITIES)
                .and_then(bits)
                .and_then(|b| b.try_into().ok())
                .map(u64::from_be_bytes),
            object_id: leaf.extension(&OBJECT_ID).and_then(exactly::<u16>),
            label: leaf
                .extension(&LABEL)
                .and_then(exactly::<Utf8StringRef<'_>>)
                .map(|text| text.as_str().to_owned()),
        }
    }
}

/// One serial in four places: the statement, the device's certificate (its
/// extension and its subject), and what people read on the body.
fn serials(report: &mut Report, said: &Statement, device: &Certificate<'_>, expected: &Expected) {
    let show = |serial: &u32| format!("{serial:010}");
    let of_device = device.extension(&SERIAL).and_then(exactly::<u32>);
    report.same("serial", expected.serial.as_ref(), said.serial.as_ref(), show);
    let wanted = said.serial.unwrap_or_default();
    report.same("serial-device", Some(&wanted), of_device.as_ref(), show);
    subject(
        report,
        "subject-serial",
        device,
        "YubiHSM Attestation (",
        of_device.map(|serial| format!("{serial})")),
    );
}

/// The name in a subject repeats what an extension says. A name of another form
/// (we have seen devices of one generation only) is for people to look at; one
/// of the known form with another number is a contradiction.
fn subject(
    report: &mut Report,
    check: &'static str,
    certificate: &Certificate<'_>,
    form: &str,
    wanted: Option<String>,
) {
    let name = certificate.name();
    let wanted = format!("{form}{}", wanted.unwrap_or_default());
    let outcome = match name.strip_prefix(form) {
        Some(_) if name == wanted => Outcome::Pass,
        Some(_) => Outcome::Fail,
        None => Outcome::Ask,
    };
    report.push(check, outcome, wanted, name);
}

fn device_info(report: &mut Report, said: &Statement, info: Option<&DeviceInfo>) {
    let wanted = "what the device itself answers: the same serial and firmware";
    match (info, said.serial, said.firmware) {
        (None, _, _) => report.push("device-info", Outcome::NotApplicable, wanted, "not given"),
        (Some(info), serial, firmware) => {
            let got = format!("{:010}, firmware {}", info.serial, info.firmware);
            let same = serial == Some(info.serial) && firmware == Some(info.firmware);
            report.hold("device-info", wanted, if same { Ok(got) } else { Err(got) });
        }
    }
}

fn origin_words(origin: &u8) -> String {
    let word = match origin {
        1 => "generated in the device",
        2 => "imported",
        0x11 => "generated, then imported under a wrap key",
        0x12 => "imported, then imported under a wrap key",
        _ => "unknown",
    };
    format!("0x{origin:02x}, {word}")
}

fn domain_words(domains: &u16) -> String {
    let names: Vec<String> = (0..16_u16)
        .filter(|bit| domains >> bit & 1 == 1)
        .map(|bit| bit.saturating_add(1).to_string())
        .collect();
    format!("0x{domains:04x} (domains {})", names.join(" "))
}

/// The names of capabilities, in the order of their bits.
#[must_use]
pub fn capability_words(capabilities: u64) -> String {
    let names: Vec<String> = (0..64_usize)
        .filter(|bit| capabilities >> bit & 1 == 1)
        .map(|bit| {
            CAPABILITY_NAMES
                .get(bit)
                .map_or_else(|| format!("bit {bit}"), |name| (*name).to_owned())
        })
        .collect();
    format!("0x{capabilities:016x} ({})", names.join(" "))
}

/// The bits of capabilities by name; `None` where a name is not one.
#[must_use]
pub fn capabilities<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<u64> {
    names.into_iter().try_fold(0_u64, |all, name| {
        let bit = CAPABILITY_NAMES.iter().position(|known| *known == name)?;
        Some(all | 1_u64.checked_shl(u32::try_from(bit).ok()?)?)
    })
}

const CAPABILITY_NAMES: [&str; 54] = [
    "get-opaque",
    "put-opaque",
    "put-authentication-key",
    "put-asymmetric-key",
    "generate-asymmetric-key",
    "sign-pkcs",
    "sign-pss",
    "sign-ecdsa",
    "sign-eddsa",
    "decrypt-pkcs",
    "decrypt-oaep",
    "derive-ecdh",
    "export-wrapped",
    "import-wrapped",
    "put-wrap-key",
    "generate-wrap-key",
    "exportable-under-wrap",
    "set-option",
    "get-option",
    "get-pseudo-random",
    "put-hmac-key",
    "generate-hmac-key",
    "sign-hmac",
    "verify-hmac",
    "get-log-entries",
    "sign-ssh-certificate",
    "get-template",
    "put-template",
    "reset-device",
    "decrypt-otp",
    "create-otp-aead",
    "randomize-otp-aead",
    "rewrap-from-otp-aead-key",
    "rewrap-to-otp-aead-key",
    "sign-attestation-certificate",
    "put-otp-aead-key",
    "generate-otp-aead-key",
    "wrap-data",
    "unwrap-data",
    "delete-opaque",
    "delete-authentication-key",
    "delete-asymmetric-key",
    "delete-wrap-key",
    "delete-hmac-key",
    "delete-template",
    "delete-otp-aead-key",
    "change-authentication-key",
    "put-symmetric-key",
    "generate-symmetric-key",
    "delete-symmetric-key",
    "decrypt-ecb",
    "encrypt-ecb",
    "decrypt-cbc",
    "encrypt-cbc",
];
