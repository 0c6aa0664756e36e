//! RSA and P-384 keys, which only PKCS#11 tokens make in a rehearsal, through the
//! shipped binary: who reads what they sign, and who says so beforehand.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(all(feature = "yubihsm", feature = "pkcs11"))]

#[path = "support/devices.rs"]
mod devices;
#[path = "support/program.rs"]
mod program;

use std::process::Command;

use devices::Lab;
use program::{SOFTHSM, clients_accept, closed, ran, root, script, verifiers_accept};

/// Keys that only PKCS#11 tokens make here, and who reads what they sign.
#[test]
fn rsa_and_p384_keys_are_judged_by_every_verifier() {
    let rows = [
        ("rsa-pss-2048", ""),
        ("rsa-pss-3072", ""),
        ("ecdsa-p384", ", refused_by = [\"tough\", \"tuf-js\"]"),
    ];
    for (algorithm, more) in rows {
        let lab = Lab::with(Vec::new());
        let Some(conf) = lab.room.softhsm() else { return };
        let mut text = std::fs::read_to_string(script("root-keygen-softhsm.toml")).unwrap();
        let at = text.find("name = \"root-a\"").unwrap();
        let end = at + text[at..].find(" }").unwrap();
        let key = format!("name = \"root-a\", algorithm = \"{algorithm}\", extractable = false{more}");
        text.replace_range(at..end, &key);
        let path = lab.write("script.toml", &text);
        let done = ran(lab
            .room
            .command("run")
            .env("SOFTHSM2_CONF", conf)
            .arg(path)
            .arg("--answers")
            .arg(script("root-keygen-softhsm.answers.toml"))
            .arg("--module")
            .arg(format!("softhsm={SOFTHSM}")));
        closed(&done);
        let bundle = lab.room.bundle();
        verifiers_accept(&bundle);
        let text = std::fs::read_to_string(bundle.join("metadata/1.root.json")).unwrap();
        let scheme = if more.is_empty() {
            "rsassa-pss-sha256"
        } else {
            "ecdsa-sha2-nistp384"
        };
        assert!(text.contains(scheme), "{algorithm}");
        if more.is_empty() {
            clients_accept(&bundle, lab.room.dir.path(), true);
        } else {
            program::python_accepts_and_tough_refuses(&bundle, lab.room.dir.path());
        }
        // The second verifier looks at these signatures, too.
        let path = bundle.join("metadata/1.root.json");
        let at = text.find("\"sig\":").unwrap() + 40;
        let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
        let mut changed = text.clone();
        changed.replace_range(at..=at, other);
        std::fs::write(&path, changed).unwrap();
        let second = ran(Command::new("python3")
            .arg(root().join("src/bundle/verify.py"))
            .arg(&bundle));
        assert!(
            second.out.contains("FAIL  thresholds"),
            "{algorithm}: {}",
            second.out
        );
    }
}
