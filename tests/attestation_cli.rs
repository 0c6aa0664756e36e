//! `attestation verify` through the shipped program: what it prints and how it
//! ends. Practice chains are made here; real files are used where they are.
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

use std::path::Path;

use tuf_ceremony::base::Json;

#[cfg(feature = "ceremony")]
#[path = "support/maker.rs"]
mod maker;
#[path = "support/program.rs"]
mod program;
#[path = "support/real_files.rs"]
mod real_files;
use program::{Ran, run};

fn verify(kind: &str, args: &[&str]) -> Ran {
    run(&[&["attestation", "verify", "--kind", kind], args].concat())
}

fn verdict(ran: &Ran) -> String {
    let json = Json::parse(ran.out.trim_end().as_bytes()).unwrap();
    json.get("verdict").and_then(Json::as_str).unwrap().to_owned()
}

fn put(dir: &Path, name: &str, bytes: &[u8]) -> String {
    let path = dir.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

/// The options of a call as it stands in docs/attestation.md, for PSF device 0013200461.
fn psf(data: &Path) -> Vec<String> {
    let dir = data.join("0013200461");
    let file = |path: std::path::PathBuf| path.to_str().unwrap().to_owned();
    let mut out = vec![
        file(dir.join("0013200461_root_attestation.der")),
        file(dir.join("0013200461_cert.der")),
        file(data.join("yubico-yubihsm2-sub-ca-6742036-E45DA5F3.pem")),
        "--root".to_owned(),
        file(data.join("yubico-yubihsm2-root-ca.pem")),
        "--key".to_owned(),
        file(dir.join("0013200461_root_pubkey.pem")),
    ];
    let words = [
        "--serial",
        "0013200461",
        "--label",
        "tuf-root",
        "--id",
        "0x0003",
        "--domains",
        "1",
    ];
    out.extend(words.map(str::to_owned));
    out
}

#[test]
fn the_psf_statement_is_refused_for_its_firmware_and_good_with_a_waiver() {
    let Some(data) = real_files::folder("yubihsm-attestation") else {
        return;
    };
    let args = psf(&data);
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    let ran = verify("yubihsm", &args);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("FAIL    firmware               2.1.2\n"),
        "{}",
        ran.out
    );
    assert!(
        ran.out.contains("verdict: refused") && ran.out.contains("failed: firmware\n"),
        "{}",
        ran.out
    );
    args.extend(["--waive-firmware", "devices of 2020, replaced next year"]);
    let ran = verify("yubihsm", &args);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.out
            .contains("WAIVED  firmware               2.1.2; waived: devices of 2020"),
        "{}",
        ran.out
    );
    assert!(ran.out.contains("waived: firmware\n"), "{}", ran.out);
    assert!(
        ran.out.contains("what this does not prove\n  - when it was made"),
        "{}",
        ran.out
    );
    args.push("--json");
    let ran = verify(
        "yubihsm",
        &[&args[..], &["--capabilities", "sign-ecdsa,exportable-under-wrap"]].concat(),
    );
    assert_eq!((ran.code, verdict(&ran).as_str()), (1, "refused"));
    let ran = verify("yubihsm", &args);
    assert_eq!((ran.code, verdict(&ran).as_str()), (0, "good"));
    // Without what a person must know it is never good.
    let few = verify(
        "yubihsm",
        &[&args[..5], &["--waive-firmware", "only to look", "--json"]].concat(),
    );
    assert_eq!((few.code, verdict(&few).as_str()), (3, "needs-person"));
}

#[test]
fn a_yubikey_of_sigstores_first_root() {
    let Some(data) = real_files::folder("yubikey-piv-attestation") else {
        return;
    };
    let file = |name: &str| data.join(name).to_str().unwrap().to_owned();
    let args = [
        file("13078778/13078778_key_cert.pem"),
        file("13078778/13078778_device_cert.pem"),
        "--root".to_owned(),
        file("yubico-piv-root-ca-263751.pem"),
        "--key".to_owned(),
        file("13078778/13078778_pubkey.pem"),
    ];
    let mut args: Vec<&str> = args.iter().map(String::as_str).collect();
    args.extend(["--serial", "13078778"]);
    let ran = verify("piv", &args);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.out.contains("failed: firmware\n"), "{}", ran.out);
    args.extend(["--waive-firmware", "a root of 2021, long rotated", "--json"]);
    assert_eq!(
        (verify("piv", &args).code, verdict(&verify("piv", &args)).as_str()),
        (0, "good")
    );
    let ran = verify(
        "piv",
        &[
            &args[..],
            &["--pin-policy", "once,always", "--touch-policy", "always"],
        ]
        .concat(),
    );
    assert_eq!((ran.code, verdict(&ran).as_str()), (0, "good"));
    let ran = verify("piv", &[&args[..], &["--touch-policy", "cached,never"]].concat());
    assert_eq!((ran.code, verdict(&ran).as_str()), (1, "refused"));
    assert_eq!(
        verify("piv", &[&args[..], &["--touch-policy", "rarely"]].concat()).code,
        2
    );
    let ran = verify("piv", &[&args[..], &["--slot", "9a"]].concat());
    assert_eq!((ran.code, verdict(&ran).as_str()), (1, "refused"));
}

#[cfg(feature = "ceremony")]
#[test]
fn practice_chains_of_each_kind() {
    use tuf_ceremony::base::Digest;
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| put(dir.path(), name, bytes);
    for (kind, chain) in [("yubihsm", maker::yubihsm()), ("piv", maker::piv())] {
        let made = chain.sign();
        let files = [
            put("s.der", &made.statement),
            put("d.der", &made.device),
            put("a.der", &made.authorities[0]),
        ];
        let root = put("root.der", &made.authorities[1]);
        let key = put("key.pem", maker::public(&maker::key(4)).to_pem().as_bytes());
        let accept = Digest::of(&made.authorities[0]).hex();
        let mut args: Vec<&str> = files.iter().map(String::as_str).collect();
        args.extend([
            "--key",
            &key,
            "--serial",
            "12345678",
            "--accept-authority",
            &accept,
        ]);
        if kind == "yubihsm" {
            args.extend(["--label", "root-a", "--id", "3", "--domains", "1"]);
        }
        let ran = verify(kind, &[&args[..], &["--rehearsal-root", &root]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        assert!(
            ran.out.contains("verdict: rehearsal") && ran.out.contains("REHEARSAL ROOT"),
            "{}",
            ran.out
        );
        // As the vendor's root it is nothing.
        let ran = verify(kind, &[&args[..], &["--root", &root, "--json"]].concat());
        assert_eq!((ran.code, verdict(&ran).as_str()), (1, "refused"));
    }
    let [request, device, issuer, root] = maker::cvc().sign();
    let accept = Digest::of(&issuer).hex();
    let request = put("request.cvc", &request);
    // A card's own file holds two elements.
    let card = put("card.cvc", &[device, issuer].concat());
    let root = put("root.cvc", &root);
    let key = put("key.pem", maker::public(&maker::key(14)).to_pem().as_bytes());
    let args = [
        &request,
        &card,
        "--rehearsal-root",
        &root,
        "--serial",
        "XXKN0000001",
        "--key",
        &key,
        "--accept-authority",
        &accept,
    ];
    let ran = verify("cvc", &args);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("verdict: rehearsal"), "{}", ran.out);
}

#[test]
fn what_cannot_be_read_is_a_card_and_what_makes_no_sense_is_usage() {
    let dir = tempfile::tempdir().unwrap();
    let put = |name: &str, bytes: &[u8]| put(dir.path(), name, bytes);
    let some = put("some.der", &[0x30, 0]);
    let large = put("large.der", &vec![0x30; 5 << 20]);
    let text = put("text.pem", b"nothing here\n");
    for (kind, bad) in [
        ("yubihsm", "missing"),
        ("yubihsm", &large),
        ("piv", &text),
        ("cvc", &some),
    ] {
        let ran = verify(kind, &[bad, &some]);
        assert_eq!(ran.code, 2, "{kind} {bad}: {ran:?}");
        assert!(ran.err.contains("error[attestation-unreadable]"), "{}", ran.err);
    }
    let usage: [&[&str]; 10] = [
        &[&some, &some, "--capabilities", "sign-ecdsa,fly"],
        &[&some, &some, "--touch-policy", "never"],
        &[&some],
        &[],
        &[&some, &some, "--serial", "ABC"],
        &[&some, &some, "--id", "0x1ffff"],
        &[&some, &some, "--domains", "0"],
        &[&some, &some, "--waive-firmware", "no"],
        &[&some, &some, "--accept-authority", "abcd"],
        &[&some, &some, "--slot", "9c"],
    ];
    for args in usage {
        let ran = verify("yubihsm", args);
        assert_eq!(ran.code, 2, "{args:?}: {ran:?}");
        assert!(ran.out.is_empty() && !ran.err.is_empty(), "{args:?}: {ran:?}");
    }
    assert_eq!(verify("tpm", &[&some, &some]).code, 2);
    // Bytes that are no certificate are a judgement, and a negative one.
    let ran = verify("yubihsm", &[&some, &some]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.out.contains("failed: attestation-form, device-form"),
        "{}",
        ran.out
    );
}
