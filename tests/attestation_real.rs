//! Real attestations of real devices: the PSF's YubiHSM 2 ceremony of 2020 and
//! the YubiKeys behind sigstore's first root. They verify to the vendor's roots
//! and trip the firmware clause, as they must (YSA-2024-03). The files are not
//! part of this repository; without them each test prints a visible skip.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test: to panic is how it fails, and a skip must be visible"
)]

use std::path::Path;

use tuf_ceremony::attestation::{
    Outcome, Pin, Report, Verdict, Waiver, certificates, piv, public_key_der, yubihsm,
};
use tuf_ceremony::base::{Digest, Json};

#[path = "support/real_files.rs"]
mod real_files;
use real_files::{folder, read};

// ------------------------------------------------------------------- YubiHSM 2

/// One of the PSF's two devices.
struct Hsm {
    device: Vec<u8>,
    authorities: Vec<Vec<u8>>,
    statements: Vec<(Vec<u8>, yubihsm::Expected)>,
}

fn hsm(data: &Path, serial: u32) -> Hsm {
    let dir = data.join(format!("{serial:010}"));
    let file = |end: &str| read(dir.join(format!("{serial:010}_{end}")));
    let authorities = [
        "yubico-yubihsm2-sub-ca-6742036-E45DA5F3.pem",
        "yubico-yubihsm2-root-ca.pem",
    ]
    .iter()
    .flat_map(|name| certificates(&read(data.join(name))).unwrap())
    .collect();
    let statements = [("root", 3), ("targets", 4)]
        .into_iter()
        .map(|(role, id)| {
            let mut expected = yubihsm::Expected::new(Pin::Vendor);
            expected.serial = Some(serial);
            expected.object_id = Some(id);
            expected.label = Some(format!("tuf-{role}"));
            expected.domains = Some(1);
            expected.public_key = Some(public_key_der(&file(&format!("{role}_pubkey.pem"))).unwrap());
            (file(&format!("{role}_attestation.der")), expected)
        })
        .collect();
    Hsm {
        device: file("cert.der"),
        authorities,
        statements,
    }
}

fn judge(statement: &[u8], device: &[u8], authorities: &[Vec<u8>], expected: &yubihsm::Expected) -> Report {
    let authorities: Vec<&[u8]> = authorities.iter().map(Vec::as_slice).collect();
    let evidence = yubihsm::Evidence {
        attestation: statement,
        device,
        authorities: &authorities,
    };
    yubihsm::judge(&evidence, expected)
}

#[test]
fn the_psf_statements_verify_and_trip_the_firmware_clause_only() {
    let Some(data) = folder("yubihsm-attestation") else {
        return;
    };
    let mut seen = 0;
    for serial in [13_200_460, 13_200_461] {
        let hsm = hsm(&data, serial);
        for (statement, expected) in &hsm.statements {
            let report = judge(statement, &hsm.device, &hsm.authorities, expected);
            assert_eq!(report.names(Outcome::Fail), ["firmware"], "{:#?}", report.checks);
            assert_eq!(report.verdict(), Verdict::Refused);
            assert_eq!(report.check("firmware").unwrap().got, "2.1.2");
            // A recorded waiver covers exactly that, and stays visible.
            let mut waived = expected.clone();
            waived.firmware_waiver = Waiver::new("devices of 2020, replaced by the next ceremony");
            let report = judge(statement, &hsm.device, &hsm.authorities, &waived);
            assert_eq!(report.verdict(), Verdict::Good);
            assert_eq!(report.names(Outcome::Waived), ["firmware"]);
            assert_eq!(report.names(Outcome::Ask), [""; 0]);
            assert_eq!(report.public_key, expected.public_key);
            seen += 1;
        }
    }
    assert_eq!(seen, 4);
}

#[test]
fn without_expectations_a_person_is_asked() {
    let Some(data) = folder("yubihsm-attestation") else {
        return;
    };
    let hsm = hsm(&data, 13_200_461);
    let mut bare = yubihsm::Expected::new(Pin::Vendor);
    bare.firmware_waiver = Waiver::new("only to see what else is asked");
    let report = judge(&hsm.statements[0].0, &hsm.device, &hsm.authorities, &bare);
    assert_eq!(report.verdict(), Verdict::NeedsPerson);
    assert_eq!(
        report.names(Outcome::Ask),
        ["serial", "domains", "object-id", "label", "public-key"]
    );
}

#[test]
fn each_certificate_swapped_is_refused_by_name() {
    let Some(data) = folder("yubihsm-attestation") else {
        return;
    };
    let (a, b) = (hsm(&data, 13_200_460), hsm(&data, 13_200_461));
    let (statement, expected) = &a.statements[0];
    // The other device's chain.
    let report = judge(statement, &b.device, &a.authorities, expected);
    for name in ["signature-attestation", "serial-device"] {
        assert_eq!(report.check(name).unwrap().outcome, Outcome::Fail, "{name}");
    }
    // The other device's statement.
    let report = judge(&b.statements[0].0, &a.device, &a.authorities, expected);
    for name in ["signature-attestation", "serial", "public-key"] {
        assert_eq!(report.check(name).unwrap().outcome, Outcome::Fail, "{name}");
    }
    // The same device's statement about its other key: chain and serial hold.
    let report = judge(&a.statements[1].0, &a.device, &a.authorities, expected);
    assert_eq!(
        report.names(Outcome::Fail),
        ["firmware", "object-id", "label", "public-key"]
    );
    // No sub-authority, no root, and the sub-authority in the root's place.
    for (kept, name) in [
        (1..2, "signature-device"),
        (0..1, "signature-authorities"),
        (0..1, "root"),
    ] {
        let report = judge(statement, &a.device, &a.authorities[kept], expected);
        assert_eq!(report.check(name).unwrap().outcome, Outcome::Fail, "{name}");
    }
    // The device's certificate as the statement, and as its own authority.
    let report = judge(&a.device, &a.device, &a.authorities, expected);
    assert_eq!(
        report.check("signature-attestation").unwrap().outcome,
        Outcome::Fail
    );
    let report = judge(statement, statement, &a.authorities, expected);
    assert_eq!(report.check("may-issue").unwrap().outcome, Outcome::Fail);
}

#[test]
fn no_byte_of_a_genuine_statement_can_be_changed() {
    let Some(data) = folder("yubihsm-attestation") else {
        return;
    };
    let hsm = hsm(&data, 13_200_461);
    let (statement, expected) = &hsm.statements[0];
    let mut expected = expected.clone();
    expected.firmware_waiver = Waiver::new("so that nothing else hides a change");
    assert_eq!(
        judge(statement, &hsm.device, &hsm.authorities, &expected).verdict(),
        Verdict::Good
    );
    for at in 0..statement.len() {
        let mut bad = statement.clone();
        bad[at] ^= 1 << (at % 8);
        let report = judge(&bad, &hsm.device, &hsm.authorities, &expected);
        assert_eq!(report.verdict(), Verdict::Refused, "statement, byte {at}");
    }
    for at in 0..hsm.device.len() {
        let mut bad = hsm.device.clone();
        bad[at] ^= 1 << (at % 8);
        let report = judge(statement, &bad, &hsm.authorities, &expected);
        assert_eq!(report.verdict(), Verdict::Refused, "device, byte {at}");
    }
    for which in 0..2 {
        for at in (0..hsm.authorities[which].len()).step_by(7) {
            let mut bad = hsm.authorities.clone();
            bad[which][at] ^= 1 << (at % 8);
            let report = judge(statement, &hsm.device, &bad, &expected);
            assert_eq!(report.verdict(), Verdict::Refused, "authority {which}, byte {at}");
        }
    }
}

// ---------------------------------------------------------------- YubiKey, PIV

const YUBIKEYS: [u32; 4] = [13_078_778, 14_454_335, 14_470_876, 15_938_765];

struct Key {
    statement: Vec<u8>,
    device: Vec<u8>,
    expected: piv::Expected,
}

fn yubikey(data: &Path, serial: u32) -> Key {
    let file = |end: &str| read(data.join(serial.to_string()).join(format!("{serial}_{end}")));
    let one = |end: &str| certificates(&file(end)).unwrap().remove(0);
    let mut expected = piv::Expected::new(Pin::Vendor);
    expected.serial = Some(serial);
    expected.public_key = Some(public_key_der(&file("pubkey.pem")).unwrap());
    Key {
        statement: one("key_cert.pem"),
        device: one("device_cert.pem"),
        expected,
    }
}

fn judge_piv(key: &Key, authorities: &[Vec<u8>], expected: &piv::Expected) -> Report {
    let authorities: Vec<&[u8]> = authorities.iter().map(Vec::as_slice).collect();
    let evidence = piv::Evidence {
        attestation: &key.statement,
        device: &key.device,
        authorities: &authorities,
    };
    piv::judge(&evidence, expected)
}

fn piv_authorities(data: &Path) -> Vec<Vec<u8>> {
    [
        "yubico-piv-root-ca-263751.pem",
        "yubico-attestation-root-1.pem",
        "yubico-attestation-intermediates.pem",
    ]
    .iter()
    .flat_map(|name| certificates(&read(data.join(name))).unwrap())
    .collect()
}

#[test]
fn sigstores_first_root_keys_verify_and_trip_the_firmware_clause_only() {
    let Some(data) = folder("yubikey-piv-attestation") else {
        return;
    };
    let authorities = piv_authorities(&data);
    for serial in YUBIKEYS {
        let key = yubikey(&data, serial);
        let report = judge_piv(&key, &authorities, &key.expected);
        assert_eq!(report.names(Outcome::Fail), ["firmware"], "{:#?}", report.checks);
        let mut waived = key.expected.clone();
        waived.firmware_waiver = Waiver::new("a root of 2021, long rotated away");
        let report = judge_piv(&key, &authorities, &waived);
        assert_eq!(report.verdict(), Verdict::Good, "{:#?}", report.checks);
        // Slot, policies and serial count.
        waived.slot = 0x9a;
        waived.touch_policies = vec![piv::TouchPolicy::Cached];
        waived.pin_policies = vec![piv::PinPolicy::Never];
        waived.serial = Some(serial + 1);
        assert_eq!(
            judge_piv(&key, &authorities, &waived).names(Outcome::Fail),
            ["serial", "slot", "pin-policy", "touch-policy"]
        );
    }
}

#[test]
fn their_keys_stand_in_sigstores_first_root() {
    let (Some(data), Some(chain)) = (folder("yubikey-piv-attestation"), folder("sigstore-root-chain")) else {
        return;
    };
    let root = Json::parse(&read(chain.join("1.root.json"))).unwrap();
    let keys = root
        .get("signed")
        .and_then(|s| s.get("keys"))
        .and_then(Json::as_object)
        .unwrap();
    // By content: sigstore wrote the uncompressed point in hexadecimal.
    let public: Vec<String> = keys
        .values()
        .map(|k| {
            k.get("keyval")
                .and_then(|v| v.get("public"))
                .and_then(Json::as_str)
                .unwrap()
                .to_owned()
        })
        .collect();
    for serial in YUBIKEYS {
        let spki = yubikey(&data, serial).expected.public_key.unwrap();
        let point = data_encoding::HEXLOWER.encode(&spki[spki.len() - 65..]);
        let found = public
            .iter()
            .any(|p| *p == point || public_key_der(p.as_bytes()).is_ok_and(|der| der == spki));
        assert!(found, "{serial}: {point} is not among {public:?}");
    }
}

#[test]
fn a_yubikey_does_not_pass_for_another_or_for_a_yubihsm() {
    let Some(data) = folder("yubikey-piv-attestation") else {
        return;
    };
    let authorities = piv_authorities(&data);
    let (a, b) = (yubikey(&data, YUBIKEYS[0]), yubikey(&data, YUBIKEYS[1]));
    let swapped = Key {
        statement: a.statement.clone(),
        device: b.device,
        expected: a.expected.clone(),
    };
    let report = judge_piv(&swapped, &authorities, &swapped.expected);
    assert_eq!(
        report.check("signature-attestation").unwrap().outcome,
        Outcome::Fail
    );
    let hsm = yubihsm::Expected::new(Pin::Vendor);
    let report = judge(&a.statement, &a.device, &authorities, &hsm);
    assert_eq!(report.check("root").unwrap().outcome, Outcome::Fail);
}

#[test]
fn no_byte_of_a_genuine_piv_statement_can_be_changed() {
    let Some(data) = folder("yubikey-piv-attestation") else {
        return;
    };
    let authorities = piv_authorities(&data);
    let mut key = yubikey(&data, YUBIKEYS[0]);
    key.expected.firmware_waiver = Waiver::new("so that nothing else hides a change");
    assert_eq!(
        judge_piv(&key, &authorities, &key.expected).verdict(),
        Verdict::Good
    );
    for at in 0..key.statement.len() {
        key.statement[at] ^= 1 << (at % 8);
        let verdict = judge_piv(&key, &authorities, &key.expected).verdict();
        assert_eq!(verdict, Verdict::Refused, "byte {at}");
        key.statement[at] ^= 1 << (at % 8);
    }
}

#[test]
fn the_pinned_constants_are_the_files_that_the_vendor_published() {
    let (Some(hsm), Some(piv_data)) = (folder("yubihsm-attestation"), folder("yubikey-piv-attestation"))
    else {
        return;
    };
    let mut published: Vec<Digest> = piv_authorities(&piv_data)
        .iter()
        .map(|der| Digest::of(der))
        .collect();
    for name in [
        "yubico-yubihsm2-root-ca.pem",
        "yubico-yubihsm2-sub-ca-6742036-E45DA5F3.pem",
    ] {
        published.push(Digest::of(&certificates(&read(hsm.join(name))).unwrap()[0]));
    }
    for pinned in [yubihsm::ROOTS, yubihsm::AUTHORITIES, piv::ROOTS, piv::AUTHORITIES].concat() {
        assert!(published.contains(&pinned.digest()), "{}", pinned.name);
    }
}
