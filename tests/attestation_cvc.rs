//! Authenticated requests of SmartCard-HSMs, from cards of our own on P-256
//! (genuine ones use a curve that we cannot verify, and are refused by its name:
//! tested on real files where they are at hand, in the folder
//! `smartcard-hsm-attestation` of the data).
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::cast_possible_truncation,
    clippy::print_stdout,
    reason = "a test: to panic is how it fails, and a skip must be visible"
)]

use proptest::prelude::*;
use tuf_ceremony::attestation::{Outcome, Pin, Report, Verdict, cvc};
use tuf_ceremony::base::Digest;

#[path = "support/maker.rs"]
mod maker;
#[path = "support/real_files.rs"]
mod real_files;
use maker::{CvcChain, tlv};

fn expected(made: &[Vec<u8>; 4]) -> cvc::Expected {
    let mut expected = cvc::Expected::new(Pin::Rehearsal {
        name: "practice".to_owned(),
        sha256: Digest::of(&made[3]),
    });
    expected.serial = Some("XXKN0000001".to_owned());
    expected.public_key = Some(maker::spki(&maker::key(14)));
    expected.accepted_authorities = vec![Digest::of(&made[2])];
    expected
}

fn judge(made: &[Vec<u8>; 4], expected: &cvc::Expected) -> Report {
    let [request, device, issuer, root] = made;
    cvc::judge(
        &cvc::Evidence {
            request,
            device,
            authorities: &[issuer, root],
        },
        expected,
    )
}

fn after(change: impl Fn(&mut CvcChain)) -> Report {
    let mut chain = maker::cvc();
    change(&mut chain);
    let made = chain.sign();
    judge(&made, &expected(&made))
}

#[test]
fn a_practice_card_is_whole_and_never_good() {
    let report = after(|_| {});
    assert_eq!(report.verdict(), Verdict::Rehearsal, "{:#?}", report.checks);
    let made = maker::cvc().sign();
    let mut vendor = expected(&made);
    vendor.pin = Pin::Vendor;
    let report = judge(&made, &vendor);
    assert!(
        report.names(Outcome::Fail).contains(&"root"),
        "{:#?}",
        report.checks
    );
    // Without expectations a person is asked.
    let bare = cvc::Expected::new(expected(&made).pin);
    let report = judge(&made, &bare);
    assert_eq!(report.verdict(), Verdict::NeedsPerson);
    assert_eq!(
        report.names(Outcome::Ask),
        ["authorities-known", "serial", "public-key"]
    );
}

#[test]
fn each_thing_wrong_with_a_card_is_refused_by_its_name() {
    type Change = fn(&mut CvcChain);
    let cases: [(&[&str], Change); 11] = [
        (&["public-key"], |c| c.request.key = maker::key(15)),
        (&["serial", "signature-attestation"], |c| {
            c.device.holder = "XXKN000000200000".to_owned()
        }),
        (&["signature-attestation"], |c| {
            c.outer = "XXKN000000200000".to_owned()
        }),
        (
            &[
                "signature-device",
                "signature-authorities",
                "may-issue",
                "authorities-known",
            ],
            |c| {
                c.device.authority = "XXISSUER00002".to_owned();
            },
        ),
        (&["signature-authorities"], |c| {
            c.issuer.authority = "XXOTHER00001".to_owned()
        }),
        (&["may-issue"], |c| c.device.role = Some(0x80)),
        (&["may-issue"], |c| c.issuer.role = Some(0)),
        (&["may-issue"], |c| c.issuer.role = None),
        (&["may-issue"], |c| c.root.role = Some(0x80)),
        (&["proof-of-possession", "public-key"], |c| {
            c.request.parameters.clear()
        }),
        (&["signature-authorities"], |c| {
            c.root.algorithm = "0.4.0.127.0.7.2.2.2.2.1".to_owned()
        }),
    ];
    for (i, (names, change)) in cases.into_iter().enumerate() {
        let mut failed = after(change).names(Outcome::Fail);
        failed.sort_unstable();
        let mut names = names.to_vec();
        names.sort_unstable();
        assert_eq!(failed, names, "case {i}");
    }
}

#[test]
fn each_signature_by_another_key_is_refused_by_its_name() {
    let chain = maker::cvc();
    let good = chain.sign();
    let other = maker::key(99);
    let with = |place: usize, bytes: Vec<u8>| {
        let mut made = good.clone();
        made[place] = bytes;
        let mut expected = expected(&good);
        expected.accepted_authorities.push(Digest::of(&made[2]));
        judge(&made, &expected).names(Outcome::Fail)
    };
    let inner = chain.request.signed(&chain.request.key);
    assert_eq!(
        with(0, chain.authenticate(&inner, &other)),
        ["signature-attestation"]
    );
    let inner = chain.request.signed(&other);
    assert_eq!(
        with(0, chain.authenticate(&inner, &chain.device.key)),
        ["proof-of-possession"]
    );
    assert_eq!(with(1, chain.device.signed(&other)), ["signature-device"]);
    assert_eq!(with(2, chain.issuer.signed(&other)), ["signature-authorities"]);
    // A request nobody authenticated, and a certificate in its place.
    assert_eq!(with(0, inner), ["attestation-form"]);
    assert_eq!(with(0, good[1].clone()), ["attestation-form"]);
    assert_eq!(with(1, good[0].clone()), ["device-form"]);
}

#[test]
fn two_issuers_of_one_name_do_not_confuse_the_climb() {
    let chain = maker::cvc();
    let [request, device, issuer, root] = chain.sign();
    let mut decoy = chain.issuer.clone();
    decoy.key = maker::key(77);
    let decoy = decoy.signed(&chain.root.key);
    let expected = expected(&chain.sign());
    for authorities in [[&decoy[..], &issuer, &root], [&root[..], &issuer, &decoy]] {
        let evidence = cvc::Evidence {
            request: &request,
            device: &device,
            authorities: &authorities,
        };
        assert_eq!(cvc::judge(&evidence, &expected).verdict(), Verdict::Rehearsal);
    }
}

#[test]
fn a_curve_with_another_generator_is_not_p256() {
    // CVE-2020-0601: whoever chooses the generator signs for any public key.
    for at in 0..5 {
        let report = after(|c| *c.root.parameters[at].1.last_mut().unwrap() ^= 1);
        let got = &report.check("signature-authorities").unwrap().got;
        assert!(got.contains("curve not supported"), "{at}: {got}");
        let report = after(|c| *c.request.parameters[at].1.last_mut().unwrap() ^= 1);
        assert_eq!(
            report.check("proof-of-possession").unwrap().outcome,
            Outcome::Fail
        );
        assert_eq!(report.check("public-key").unwrap().outcome, Outcome::Fail);
    }
    // A parameter left out is not the issuer's.
    let report = after(|c| drop(c.request.parameters.remove(3)));
    assert_eq!(report.check("public-key").unwrap().outcome, Outcome::Fail);
}

#[test]
fn genuine_curves_are_refused_by_name() {
    let brainpool = |c: &mut CvcChain| {
        c.root.parameters[0].1 = data_encoding::HEXLOWER
            .decode(b"a9fb57dba1eea9bc3e660a909d838d726e3bf623d52620282013481d1f6e5377")
            .unwrap();
    };
    let report = after(brainpool);
    assert_eq!(
        report.names(Outcome::Fail),
        [
            "signature-attestation",
            "signature-device",
            "signature-authorities"
        ]
    );
    for name in report.names(Outcome::Fail) {
        let got = &report.check(name).unwrap().got;
        assert!(
            got.contains("curve not supported: brainpoolP256r1"),
            "{name}: {got}"
        );
    }
}

#[test]
fn a_genuine_card_is_read_and_refused_by_its_curve_only() {
    let Some(data) = real_files::folder("smartcard-hsm-attestation") else {
        return;
    };
    let read = |name: &str| real_files::read(data.join(name));
    let (request, card, root) = (read("ce03.cvc"), read("devaut.cvc"), read("srca.cvc"));
    let elements = cvc::elements(&card).unwrap();
    let mut expected = cvc::Expected::new(Pin::Vendor);
    expected.serial = Some("DENK0404144".to_owned());
    expected.accepted_authorities = vec![Digest::of(elements[1])];
    let report = cvc::judge(
        &cvc::Evidence {
            request: &request,
            device: elements[0],
            authorities: &[elements[1], &root],
        },
        &expected,
    );
    assert_eq!(
        report.names(Outcome::Fail),
        [
            "signature-attestation",
            "signature-device",
            "signature-authorities"
        ]
    );
    assert_eq!(report.names(Outcome::Ask), ["public-key"]);
    assert_eq!(report.check("root").unwrap().outcome, Outcome::Pass);
    assert_eq!(
        report.check("proof-of-possession").unwrap().outcome,
        Outcome::Pass
    );
}

#[test]
fn hostile_tlv_is_refused() {
    let good = maker::cvc().sign();
    let expected = expected(&good);
    let deep = (0..4000).fold(vec![0x42, 0x00], |inner, _| {
        if inner.len() > 16_000 {
            inner
        } else {
            tlv(0x7f21, &[&inner])
        }
    });
    let inner = &good[0][4..];
    let cases: Vec<Vec<u8>> = vec![
        vec![],
        vec![0x67],
        vec![0x7f],
        vec![0x67, 0x80, 0, 0],
        vec![0x67, 0x83, 1, 0, 0],
        vec![0x67, 0x84, 0xff, 0xff, 0xff, 0xff],
        vec![0x7f, 0xff, 0x21, 0x00],
        vec![0x67; 5 << 20],
        deep,
        [good[0].as_slice(), &[0]].concat(),
        // A length that is not the shortest.
        [&[0x67, 0x83, 0, good[0][2], good[0][3]], inner].concat(),
    ];
    for (i, bytes) in cases.iter().enumerate() {
        for place in 0..4 {
            let mut made = good.clone();
            made[place] = bytes.clone();
            assert_eq!(
                judge(&made, &expected).verdict(),
                Verdict::Refused,
                "case {i}, place {place}"
            );
        }
        let _ = cvc::elements(bytes);
    }
    // The same inside, in a part that no signature covers: 64 as 81 40 and as 82 00 40.
    let (signed, signature) = inner.split_at(inner.len() - 67);
    assert_eq!(signature[..3], [0x5f, 0x37, 64]);
    for long in [&[0x5f, 0x37, 0x81, 64][..], &[0x5f, 0x37, 0x82, 0, 64]] {
        let mut made = good.clone();
        made[0] = tlv(0x67, &[signed, long, &signature[3..]]);
        assert_eq!(judge(&made, &expected).names(Outcome::Fail), ["attestation-form"]);
    }
    assert!(cvc::elements(&[0x30, 0x00]).is_err());
    assert!(cvc::elements(&good[1].repeat(17)).is_err());
    assert_eq!(
        cvc::elements(&[good[1].clone(), good[2].clone()].concat())
            .unwrap()
            .len(),
        2
    );
}

#[test]
fn no_bit_of_a_request_or_a_certificate_can_be_changed() {
    let good = maker::cvc().sign();
    let expected = expected(&good);
    assert_eq!(judge(&good, &expected).verdict(), Verdict::Rehearsal);
    for place in 0..4 {
        for at in 0..good[place].len() {
            let mut made = good.clone();
            made[place][at] ^= 1 << (at % 8);
            let verdict = judge(&made, &expected).verdict();
            assert_eq!(verdict, Verdict::Refused, "element {place}, byte {at}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_mutation_of_a_request_verifies(at in 0_usize..2000, bits in 1_u8..=255, cut in any::<bool>()) {
        let mut made = maker::cvc().sign();
        let expected = expected(&made);
        let at = at % made[0].len();
        if cut {
            made[0].truncate(at);
        } else {
            made[0][at] ^= bits;
        }
        prop_assert_eq!(judge(&made, &expected).verdict(), Verdict::Refused);
    }

    #[test]
    fn random_bytes_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        let mut made = maker::cvc().sign();
        let expected = expected(&made);
        let _ = cvc::elements(&bytes);
        made[0] = bytes;
        prop_assert_eq!(judge(&made, &expected).verdict(), Verdict::Refused);
    }
}
