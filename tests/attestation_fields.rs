//! Attestations from a root of our own, every signature holding: each statement
//! wrong by itself is refused by its own name, and nothing else is. Then what no
//! device would send: other chains, other algorithms, hostile DER.
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    reason = "a test: to panic is how it fails"
)]

use proptest::prelude::*;
use tuf_ceremony::attestation::{
    Firmware, MAX_CERTIFICATE, Outcome, Pin, Report, Verdict, Waiver, certificates, piv, yubihsm,
};
use tuf_ceremony::base::Digest;

#[path = "support/maker.rs"]
mod maker;
use maker::{Chain, Made, SERIAL, bit_string, integer, tlv};

fn pin(made: &Made) -> Pin {
    Pin::Rehearsal {
        name: "practice".to_owned(),
        sha256: Digest::of(&made.authorities[1]),
    }
}

fn expected_hsm(made: &Made) -> yubihsm::Expected {
    let mut expected = yubihsm::Expected::new(pin(made));
    expected.serial = Some(SERIAL);
    expected.device_info = Some(yubihsm::DeviceInfo {
        serial: SERIAL,
        firmware: Firmware(2, 4, 0),
    });
    expected.object_id = Some(3);
    expected.label = Some("root-a".to_owned());
    expected.domains = Some(1);
    expected.public_key = Some(maker::spki(&maker::key(4)));
    expected.accepted_authorities = vec![Digest::of(&made.authorities[0])];
    expected
}

fn judge_hsm(made: &Made, expected: &yubihsm::Expected) -> Report {
    let authorities: Vec<&[u8]> = made.authorities.iter().map(Vec::as_slice).collect();
    yubihsm::judge(
        &yubihsm::Evidence {
            attestation: &made.statement,
            device: &made.device,
            authorities: &authorities,
        },
        expected,
    )
}

fn expected_piv(made: &Made) -> piv::Expected {
    let mut expected = piv::Expected::new(pin(made));
    expected.serial = Some(SERIAL);
    expected.public_key = Some(maker::spki(&maker::key(4)));
    expected.accepted_authorities = vec![Digest::of(&made.authorities[0])];
    expected
}

fn judge_piv(made: &Made, expected: &piv::Expected) -> Report {
    let authorities: Vec<&[u8]> = made.authorities.iter().map(Vec::as_slice).collect();
    piv::judge(
        &piv::Evidence {
            attestation: &made.statement,
            device: &made.device,
            authorities: &authorities,
        },
        expected,
    )
}

/// The verdict of a chain after a change, against the expectations before it.
fn hsm_after(change: impl Fn(&mut Chain)) -> Report {
    let mut chain = maker::yubihsm();
    change(&mut chain);
    let made = chain.sign();
    judge_hsm(&made, &expected_hsm(&made))
}

fn piv_after(change: impl Fn(&mut Chain)) -> Report {
    let mut chain = maker::piv();
    change(&mut chain);
    let made = chain.sign();
    judge_piv(&made, &expected_piv(&made))
}

fn replace(chain: &mut Chain, end: &str, content: Vec<u8>) {
    let found = chain
        .statement
        .extensions
        .iter_mut()
        .find(|e| e.0.ends_with(end))
        .unwrap();
    found.2 = content;
}

#[test]
fn a_practice_chain_is_whole_and_never_good() {
    for report in [hsm_after(|_| {}), piv_after(|_| {})] {
        assert_eq!(report.verdict(), Verdict::Rehearsal, "{:#?}", report.checks);
        assert!(report.check("root").unwrap().got.contains("REHEARSAL ROOT"));
        assert!(report.lines().iter().any(|l| l.contains("REHEARSAL ROOT")));
        assert!(report.json().line().contains("\"rehearsal_root\":true"));
        assert!(!report.does_not_prove().is_empty());
    }
}

#[test]
fn a_practice_root_never_passes_for_the_vendors() {
    let made = maker::yubihsm().sign();
    let mut expected = expected_hsm(&made);
    expected.pin = Pin::Vendor;
    let report = judge_hsm(&made, &expected);
    assert_eq!(
        report.names(Outcome::Fail),
        ["signature-authorities", "root", "authorities-known"]
    );
    // Nor another practice root, though it has the same name and the same key.
    let mut other = maker::yubihsm();
    other
        .root
        .extensions
        .push(maker::extension("2.5.29.14", tlv(4, &[&[1]])));
    let mut expected = expected_hsm(&made);
    expected.pin = pin(&other.sign());
    assert_eq!(
        judge_hsm(&made, &expected).check("root").unwrap().outcome,
        Outcome::Fail
    );
}

#[test]
fn each_statement_of_a_yubihsm_is_compared() {
    type Change = fn(&mut Chain);
    let cases: [(&str, Change); 22] = [
        ("firmware", |c| replace(c, ".4.1", tlv(4, &[&[2, 3, 9]]))),
        ("firmware", |c| replace(c, ".4.1", tlv(4, &[&[2, 4]]))),
        ("serial", |c| replace(c, ".4.2", integer(u64::from(SERIAL) + 1))),
        ("serial-device", |c| {
            c.device.extensions[1].2 = integer(u64::from(SERIAL) + 1)
        }),
        ("serial-device", |c| drop(c.device.extensions.pop())),
        ("origin", |c| replace(c, ".4.3", bit_string(&[2]))),
        ("origin", |c| replace(c, ".4.3", bit_string(&[0x11]))),
        ("origin", |c| replace(c, ".4.3", bit_string(&[1, 0]))),
        ("origin", |c| replace(c, ".4.3", tlv(3, &[&[1], &[0]]))),
        ("domains", |c| replace(c, ".4.4", bit_string(&[0, 3]))),
        ("domains", |c| replace(c, ".4.4", bit_string(&[1]))),
        ("capabilities", |c| {
            replace(c, ".4.5", bit_string(&0x1_0080_u64.to_be_bytes()));
        }),
        ("capabilities", |c| {
            replace(c, ".4.5", bit_string(&0_u64.to_be_bytes()))
        }),
        ("object-id", |c| replace(c, ".4.6", integer(4))),
        ("object-id", |c| replace(c, ".4.6", integer(0x1_0003))),
        ("subject-object-id", |c| {
            c.statement.subject = "YubiHSM Attestation id:0x0004".to_owned()
        }),
        ("label", |c| replace(c, ".4.9", tlv(0x0c, &[b"root-b"]))),
        ("label", |c| replace(c, ".4.9", tlv(0x0c, &[b"root-a\0"]))),
        ("label", |c| drop(c.statement.extensions.pop())),
        ("public-key", |c| c.statement.key = maker::key(5)),
        ("extensions-understood", |c| {
            c.statement
                .extensions
                .push(("1.3.6.1.4.1.41482.4.77".to_owned(), true, vec![5, 0]));
        }),
        ("subject-serial", |c| {
            c.device.subject = "YubiHSM Attestation (1)".to_owned();
            c.statement.issuer = c.device.subject.clone();
        }),
    ];
    for (i, (name, change)) in cases.into_iter().enumerate() {
        let report = hsm_after(change);
        assert_eq!(report.verdict(), Verdict::Refused, "case {i}");
        let failed = report.names(Outcome::Fail);
        assert!(failed.contains(&name), "case {i}: {name} is not in {failed:?}");
        // What hangs together fails together, and nothing else does.
        let company = [
            "serial-device",
            "subject-serial",
            "subject-object-id",
            "device-info",
        ];
        let others: Vec<_> = failed
            .iter()
            .filter(|f| **f != name && !company.contains(f))
            .collect();
        assert!(others.is_empty(), "case {i}: {name} and {others:?}");
    }
}

#[test]
fn each_statement_of_a_yubikey_is_compared() {
    type Change = fn(&mut Chain);
    let cases: [(&str, Change); 11] = [
        ("firmware", |c| {
            replace(c, ".3.3", vec![5, 6, 9]);
            c.device.extensions[1].2 = vec![5, 6, 9];
        }),
        ("firmware-device", |c| c.device.extensions[1].2 = vec![5, 7, 2]),
        ("serial", |c| replace(c, ".3.7", integer(1))),
        ("serial", |c| replace(c, ".3.7", tlv(2, &[&[0, 1]]))),
        ("pin-policy", |c| replace(c, ".3.8", vec![1, 2])),
        ("touch-policy", |c| replace(c, ".3.8", vec![3, 1])),
        ("touch-policy", |c| replace(c, ".3.8", vec![3, 9])),
        ("pin-policy", |c| replace(c, ".3.8", vec![3])),
        ("slot", |c| {
            c.statement.subject = "YubiKey PIV Attestation 9a".to_owned()
        }),
        ("public-key", |c| c.statement.key = maker::key(5)),
        ("extensions-understood", |c| {
            c.device.extensions.push(("1.2.3.4".to_owned(), true, vec![5, 0]));
        }),
    ];
    for (i, (name, change)) in cases.into_iter().enumerate() {
        let failed = piv_after(change).names(Outcome::Fail);
        assert!(failed.contains(&name), "case {i}: {name} is not in {failed:?}");
        let company = ["touch-policy"];
        assert!(
            failed.iter().all(|f| *f == name || company.contains(f)),
            "case {i}: {failed:?}"
        );
    }
}

#[test]
fn names_of_a_form_never_seen_are_for_people_to_look_at() {
    let report = hsm_after(|c| {
        c.device.subject = "YubiHSM of the next generation".to_owned();
        c.statement.issuer = c.device.subject.clone();
        c.statement.subject = "object 3".to_owned();
    });
    assert_eq!(report.verdict(), Verdict::NeedsPerson);
    assert_eq!(
        report.names(Outcome::Ask),
        ["subject-serial", "subject-object-id"]
    );
    // A YubiKey whose certificate says no firmware: its statement says it.
    let report = piv_after(|c| drop(c.device.extensions.pop()));
    assert_eq!(report.verdict(), Verdict::Rehearsal);
    assert_eq!(
        report.check("firmware-device").unwrap().outcome,
        Outcome::NotApplicable
    );
}

#[test]
fn a_device_that_answers_otherwise_is_refused() {
    let made = maker::yubihsm().sign();
    for (serial, firmware) in [(SERIAL + 1, Firmware(2, 4, 0)), (SERIAL, Firmware(2, 4, 1))] {
        let mut expected = expected_hsm(&made);
        expected.device_info = Some(yubihsm::DeviceInfo { serial, firmware });
        assert_eq!(judge_hsm(&made, &expected).names(Outcome::Fail), ["device-info"]);
    }
}

#[test]
fn a_waiver_covers_old_firmware_and_nothing_else() {
    let mut chain = maker::yubihsm();
    replace(&mut chain, ".4.1", tlv(4, &[&[2, 1, 2]]));
    let made = chain.sign();
    let mut expected = expected_hsm(&made);
    expected.device_info = None;
    expected.firmware_waiver = Waiver::new("the spare of 2020, for one more year");
    let report = judge_hsm(&made, &expected);
    assert_eq!(report.verdict(), Verdict::Rehearsal);
    assert_eq!(report.names(Outcome::Waived), ["firmware"]);
    assert!(report.lines().iter().any(|l| l.contains("for one more year")));
    // A version that cannot be read is not one that people waived.
    replace(&mut chain, ".4.1", tlv(4, &[&[2]]));
    assert_eq!(
        judge_hsm(&chain.sign(), &expected).names(Outcome::Fail),
        ["firmware"]
    );
    for reason in ["", "short", "   x   ", "escape \u{1b}[2J", "two\nlines of text"] {
        assert_eq!(Waiver::new(reason), None, "{reason:?}");
    }
}

#[test]
fn an_unknown_authority_is_for_people_to_decide() {
    let made = maker::yubihsm().sign();
    let mut expected = expected_hsm(&made);
    expected.accepted_authorities.clear();
    let report = judge_hsm(&made, &expected);
    assert_eq!(report.verdict(), Verdict::NeedsPerson);
    assert_eq!(report.names(Outcome::Ask), ["authorities-known"]);
    let got = &report.check("authorities-known").unwrap().got;
    assert!(got.contains(&Digest::of(&made.authorities[0]).hex()), "{got}");
}

#[test]
fn the_chain_itself_is_held_to_its_rules() {
    let fails = |name: &str, change: fn(&mut Chain)| {
        let failed = hsm_after(change).names(Outcome::Fail);
        assert!(failed.contains(&name), "{name} is not in {failed:?}");
    };
    // Not authorities, or of too short a reach.
    fails("may-issue", |c| drop(c.device.extensions.remove(0)));
    fails("may-issue", |c| drop(c.sub.extensions.remove(0)));
    fails("may-issue", |c| c.sub.extensions[0] = maker::authority(0));
    fails("may-issue", |c| c.root.extensions[0] = maker::authority(1));
    fails("may-issue", |c| {
        c.device.extensions[0].2 = tlv(0x30, &[]); // cA defaults to false
    });
    // keyUsage without keyCertSign; bit 0 is digitalSignature.
    fails("may-issue", |c| {
        c.sub
            .extensions
            .push(("2.5.29.15".to_owned(), true, tlv(3, &[&[7, 0x80]])));
    });
    // Names that do not chain, though the signatures hold.
    fails("signature-attestation", |c| {
        c.statement.issuer = "YubiHSM Attestation (9)".to_owned()
    });
    fails("signature-device", |c| {
        c.device.issuer = "Another Sub-CA".to_owned()
    });
    fails("signature-authorities", |c| {
        c.sub.issuer = "Another Root".to_owned()
    });
    // SHA-1 is named, not only refused.
    let report = hsm_after(|c| c.device.algorithm = "1.2.840.10045.4.1".to_owned());
    assert!(report.check("signature-device").unwrap().got.contains("SHA-1"));
    // An extension twice: two readers could take two different ones.
    let report = hsm_after(|c| c.statement.extensions.push(c.statement.extensions[1].clone()));
    assert!(report.check("attestation-form").unwrap().got.contains("twice"));
}

#[test]
fn a_key_on_a_genuine_device_cannot_vouch_for_another_key() {
    // The holder of a real device has its key sign a "statement" about a key of
    // software: the genuine statement then stands where the device should.
    let genuine = maker::yubihsm();
    let made = genuine.sign();
    let mut forged = genuine.statement.clone();
    forged.issuer = genuine.statement.subject.clone();
    forged.key = maker::key(9);
    let mut expected = expected_hsm(&made);
    expected.public_key = Some(maker::spki(&maker::key(9)));
    let forged = Made {
        statement: forged.signed(&genuine.statement.key),
        device: made.statement.clone(),
        authorities: [made.authorities.clone(), vec![made.device.clone()]].concat(),
    };
    let report = judge_hsm(&forged, &expected);
    assert!(
        report.names(Outcome::Fail).contains(&"may-issue"),
        "{:#?}",
        report.checks
    );
}

#[test]
fn each_signature_by_another_key_is_refused_by_name() {
    let chain = maker::yubihsm();
    let (made, other) = (chain.sign(), maker::key(99));
    let expected = expected_hsm(&made);
    let with = |change: &dyn Fn(&mut Made)| {
        let mut made = chain.sign();
        change(&mut made);
        judge_hsm(&made, &expected).names(Outcome::Fail)
    };
    assert_eq!(
        with(&|m| m.statement = chain.statement.signed(&other)),
        ["signature-attestation"]
    );
    let failed = with(&|m| m.device = chain.device.signed(&other));
    assert!(failed.contains(&"signature-device"), "{failed:?}");
    let failed = with(&|m| m.authorities[0] = chain.sub.signed(&other));
    assert!(failed.contains(&"signature-authorities"), "{failed:?}");
}

#[test]
fn two_authorities_of_one_name_do_not_confuse_the_climb() {
    let chain = maker::yubihsm();
    let mut made = chain.sign();
    let expected = expected_hsm(&made);
    // A decoy with the right name and another key stands first.
    let mut decoy = chain.sub.clone();
    decoy.key = maker::key(77);
    made.authorities.insert(0, decoy.signed(&chain.root.key));
    assert_eq!(judge_hsm(&made, &expected).verdict(), Verdict::Rehearsal);
    // Two that name each other never end at a root, and the climb ends.
    let (mut x, mut y) = (chain.sub.clone(), chain.sub.clone());
    (x.subject, x.issuer) = ("X".to_owned(), "Y".to_owned());
    (y.subject, y.issuer) = ("Y".to_owned(), "X".to_owned());
    y.key = maker::key(78);
    let mut device = chain.device.clone();
    device.issuer = "X".to_owned();
    made.device = device.signed(&x.key);
    made.authorities = vec![x.signed(&y.key), y.signed(&x.key)];
    let failed = judge_hsm(&made, &expected).names(Outcome::Fail);
    assert!(failed.contains(&"root"), "{failed:?}");
}

// ------------------------------------------------------------------ hostile bytes

fn refuses(statement: &[u8]) {
    let good = maker::yubihsm().sign();
    let expected = expected_hsm(&good);
    for place in 0..3 {
        let mut made = maker::yubihsm().sign();
        match place {
            0 => made.statement = statement.to_vec(),
            1 => made.device = statement.to_vec(),
            _ => made.authorities.push(statement.to_vec()),
        }
        assert_eq!(
            judge_hsm(&made, &expected).verdict(),
            Verdict::Refused,
            "place {place}"
        );
    }
}

#[test]
fn hostile_der_is_refused() {
    refuses(&[]);
    refuses(&[0x30]);
    refuses(&[0x30, 0x80, 0, 0]); // indefinite length
    refuses(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff]);
    refuses(&[0x30, 0x88, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]);
    // Nested as deep as the cap allows, and five megabytes of it.
    let mut deep = vec![0x05, 0x00];
    while deep.len() < MAX_CERTIFICATE - 8 {
        deep = tlv(0x30, &[&deep]);
    }
    refuses(&deep);
    refuses(&[0x30; 8192]);
    refuses(&vec![0x30; 5 << 20]);
    let mut long = vec![0x30, 0x83, 0x50, 0x00, 0x00];
    long.resize(5 << 20, 0);
    refuses(&long);
    // A certificate with something behind it, and one whose length is not the shortest.
    let good = maker::yubihsm().sign().statement;
    refuses(&[good.as_slice(), &[0]].concat());
    let content = &good[4..];
    refuses(&[&[0x30, 0x83, 0, good[2], good[3]], content].concat());
}

#[test]
fn hostile_pem_is_refused() {
    for text in [
        "",
        "-----BEGIN CERTIFICATE-----\nMIIB\n",
        "-----BEGIN CERTIFICATE-----\n****\n-----END CERTIFICATE-----\n",
        "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
        "\u{feff}nothing",
    ] {
        assert!(certificates(text.as_bytes()).is_err(), "{text:?}");
    }
    assert!(certificates(&[0xff, 0xfe]).is_err());
    let huge = format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        "A".repeat(5 << 20)
    );
    assert!(certificates(huge.as_bytes()).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn no_mutation_of_a_statement_verifies(at in 0_usize..2000, bits in 1_u8..=255, cut in any::<bool>()) {
        let mut made = maker::yubihsm().sign();
        let expected = expected_hsm(&made);
        let at = at % made.statement.len();
        if cut {
            made.statement.truncate(at);
        } else {
            made.statement[at] ^= bits;
        }
        prop_assert_eq!(judge_hsm(&made, &expected).verdict(), Verdict::Refused);
    }

    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut made = maker::piv().sign();
        let expected = expected_piv(&made);
        made.statement = bytes;
        prop_assert_eq!(judge_piv(&made, &expected).verdict(), Verdict::Refused);
    }
}
