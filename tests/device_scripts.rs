//! Scripts about devices: every sin against the rules for certificates, logs,
//! retirement and algorithms is refused by name, and its neighbour is accepted.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/scripts.rs"]
mod scripts;

use std::path::PathBuf;

use scripts::{build, root, with};

/// The script of six devices, with texts put in the place of others that stand
/// there once.
type Edit = (String, String);

fn e(from: &str, to: &str) -> Edit {
    (from.to_owned(), to.to_owned())
}

fn mix(edits: &[Edit]) -> Vec<u8> {
    let mut text = std::fs::read_to_string(root().join("ceremony-scripts/rehearsal/pypi-mix.toml")).unwrap();
    for (from, to) in edits {
        assert_eq!(text.matches(from.as_str()).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    text.into_bytes()
}

fn mix_folder() -> PathBuf {
    root().join("ceremony-scripts/rehearsal")
}

const ROOT_A: &str = r#"key     = { name = "root-a", algorithm = "ecdsa-p256", extractable = false }"#;
const ROOT_D: &str = r#"key     = { name = "root-d", algorithm = "ecdsa-p256", extractable = false }"#;
const ATTEST_ROOT_A: &str = r#"
[[act.step]]
id      = "yubi-a.5"
do      = "attest-key"
by      = "officer"
minutes = 1
on      = "yubi-a"
key     = "root-a"
"#;
const RETIRE_A: &str = r#"
[[act.step]]
id      = "yubi-a.7"
do      = "retire-provisioner"
by      = "officer"
minutes = 1
on      = "yubi-a"
"#;
const LAST_LOG_A: &str = r#"
[[act.step]]
id      = "sign.3"
do      = "device-log"
by      = "witness"
minutes = 1
on      = "yubi-a"
"#;
const PROVE_ROOT_A: &str = r#"[[act.step]]
id      = "yubi-a.8"
do      = "prove-possession"
by      = "officer"
minutes = 1
on      = "yubi-a"
key     = "root-a"
"#;
const YUBI_A: &str = "backend = \"yubihsm\"\nserial  = \"0013200460\"";
const NITRO_A: &str = "id      = \"nitro-a\"\nbackend = \"pkcs11\"\nmodule  = \"softhsm\"\n";
const YUBI_A_SECRETS: &str = "minutes = 4\non      = \"yubi-a\"\ncredentials = \"generated\"";
const ROOT_CERTIFICATE: &str = "of     = \"rehearsal-root\"\nfile   = \"simulated-yubihsm-root.pem\"\nsha256 = \"b91123f732a27f695e5951074a1241f939e0751551cb66d7f731441f8aa0808e\"";

fn algorithm(step: &str, name: &str) -> String {
    step.replace("\"ecdsa-p256\"", name)
}

/// Rules about devices: each script has one sin, and the text that differs from
/// a script that is accepted is the sin.
#[test]
fn every_sin_about_devices_is_refused_by_name() {
    let step = |id: &str, verb: &str, key: &str| {
        format!(
            "\n[[act.step]]\nid      = \"{id}\"\ndo      = \"{verb}\"\nby      = \"officer\"\nminutes = 1\non      = \"yubi-a\"\n{key}"
        )
    };
    let attest_late = RETIRE_A.to_owned() + ATTEST_ROOT_A;
    let generate_late = RETIRE_A.to_owned()
        + &step(
            "late.1",
            "generate-key",
            "key     = { name = \"root-late\", algorithm = \"ecdsa-p256\", extractable = false }\n",
        );
    let sign_after_log = LAST_LOG_A.to_owned() + &step("sign.late", "prove-possession", "key = \"root-a\"\n");
    let p384 = algorithm(ROOT_A, "\"ecdsa-p384\"");
    let p384_half = p384.replace(" }", ", refused_by = [\"tough\"] }");
    let p256_refused = ROOT_A.replace(" }", ", refused_by = [\"tough\"] }");
    let rsa_on_yubihsm = algorithm(ROOT_A, "\"rsa-pss-2048\"");
    let ed25519 = algorithm(ROOT_A, "\"ed25519\"");
    let typo = algorithm(ROOT_A, "\"rsa-pss-1024\"");
    let attest_twice = ATTEST_ROOT_A.to_owned() + &ATTEST_ROOT_A.replace("yubi-a.5", "yubi-a.5b");
    let retire_twice = RETIRE_A.to_owned() + &RETIRE_A.replace("yubi-a.7", "yubi-a.7b");
    let attest_softhsm = ATTEST_ROOT_A
        .replace("yubi-a.5", "nitro-a.0")
        .replace("yubi-a", "nitro-a")
        .replace("root-a", "root-d");
    let nitro_proof = "\n[[act.step]]\nid      = \"nitro-a.5\"";
    let pem = std::fs::read(mix_folder().join("online.pub.pem")).unwrap();
    let not_a_certificate = format!(
        "of     = \"rehearsal-root\"\nfile   = \"online.pub.pem\"\nsha256 = \"{}\"",
        tuf_ceremony::base::Digest::of(&pem)
    );
    let cases: Vec<(&str, &str, Vec<Edit>, &str)> = vec![
        (
            "attest-after-retire",
            "plan-precondition",
            vec![e(ATTEST_ROOT_A, ""), e(RETIRE_A, &attest_late)],
            "is retired",
        ),
        (
            "generate-after-retire",
            "plan-precondition",
            vec![e(RETIRE_A, &generate_late)],
            "makes no more keys",
        ),
        (
            "unattested-key",
            "plan-precondition",
            vec![e(ATTEST_ROOT_A, "")],
            "not asked to attest them: root-a",
        ),
        (
            "attested-twice",
            "plan-precondition",
            vec![e(ATTEST_ROOT_A, &attest_twice)],
            "has one already",
        ),
        (
            "attest-on-pkcs11",
            "plan-precondition",
            vec![e(nitro_proof, &format!("{attest_softhsm}{nitro_proof}"))],
            "not a device that makes statements",
        ),
        (
            "attest-ed25519",
            "plan-precondition",
            vec![e(ROOT_A, &ed25519)],
            "needs no attestation",
        ),
        (
            "never-retired",
            "plan-precondition",
            vec![e(RETIRE_A, "")],
            "not retired",
        ),
        (
            "retired-twice",
            "plan-precondition",
            vec![e(RETIRE_A, &retire_twice)],
            "retired already",
        ),
        (
            "log-not-read",
            "plan-precondition",
            vec![e(LAST_LOG_A, "")],
            "after their log was read: yubi-a",
        ),
        (
            "used-after-its-log",
            "plan-precondition",
            vec![e(LAST_LOG_A, &sign_after_log)],
            "after their log was read: yubi-a",
        ),
        (
            "p384-unsaid",
            "plan-precondition",
            vec![e(ROOT_A, &p384)],
            "cannot be read by tough and tuf-js",
        ),
        (
            "p384-half-said",
            "plan-precondition",
            vec![e(ROOT_A, &p384_half)],
            "cannot be read by tough and tuf-js",
        ),
        (
            "refused-by-for-p256",
            "plan-precondition",
            vec![e(ROOT_A, &p256_refused)],
            "does not allow ecdsa-p256",
        ),
        (
            "rsa-on-yubihsm",
            "plan-precondition",
            vec![e(ROOT_A, &rsa_on_yubihsm)],
            "cannot make rsa-pss-2048 keys",
        ),
        (
            "unknown-algorithm",
            "script-wrong-value",
            vec![e(ROOT_A, &typo)],
            "algorithm",
        ),
        (
            "waiver-on-pkcs11",
            "script-unknown-field",
            vec![e(
                NITRO_A,
                &format!("{NITRO_A}firmware_waiver = \"we know what we do\"\n"),
            )],
            "firmware_waiver",
        ),
        (
            "waiver-without-reason",
            "script-wrong-value",
            vec![e(YUBI_A, &format!("{YUBI_A}\nfirmware_waiver = \"because\""))],
            "8 to 400",
        ),
        (
            "unknown-origin-of-secrets",
            "script-wrong-value",
            vec![e(YUBI_A_SECRETS, &YUBI_A_SECRETS.replace("generated", "guessed"))],
            "credentials",
        ),
        (
            "no-origin-of-secrets",
            "script-missing-field",
            vec![e(YUBI_A_SECRETS, "minutes = 4\non      = \"yubi-a\"")],
            "credentials",
        ),
        (
            "certificate-that-is-a-key",
            "input-not-a-certificate",
            vec![e(ROOT_CERTIFICATE, &not_a_certificate)],
            "online.pub.pem",
        ),
        (
            "certificate-of-nobody",
            "script-wrong-value",
            vec![e("of     = \"vendor\"", "of     = \"anybody\"")],
            "of",
        ),
        (
            "certificate-twice",
            "script-duplicate-id",
            vec![e(
                "id     = \"simulated-authority\"",
                "id     = \"simulated-root\"",
            )],
            "simulated-root",
        ),
        (
            "certificate-missing",
            "input-missing",
            vec![e(
                "file   = \"simulated-yubihsm-authority.pem\"",
                "file   = \"nowhere.pem\"",
            )],
            "nowhere.pem",
        ),
        (
            "certificate-changed",
            "input-digest",
            vec![e("4aa1f731", "4aa1f732")],
            "simulated-yubihsm-authority.pem",
        ),
        (
            "rehearsal-root-in-production",
            "plan-rehearsal-root",
            vec![e(
                "kind         = \"rehearsal\"",
                "kind         = \"production\"\npredecessor  = \"genesis\"",
            )],
            "simulated-root",
        ),
    ];
    for (sin, code, edits, says) in cases {
        let faults = build(&mix(&edits), &mix_folder()).map(drop).expect_err(sin).0;
        assert!(
            faults.iter().any(|d| d.code == code && d.message.contains(says)),
            "{sin}: expected {code} ({says}), got {faults:#?}"
        );
    }
}

/// No `[[certificate]]` at all: nothing to judge statements by.
#[test]
fn attesting_without_certificates_is_refused() {
    let text = String::from_utf8(mix(&[])).unwrap();
    let start = text.find("[[certificate]]").unwrap();
    let end = text.find("[[key]]").unwrap();
    let faults = build(
        (text[..start].to_owned() + &text[end..]).as_bytes(),
        &mix_folder(),
    )
    .unwrap_err()
    .0;
    assert!(
        faults
            .iter()
            .all(|d| d.code == "plan-precondition" && d.message.contains("no [[certificate]]"))
    );
    assert_eq!(faults.len(), 6, "{faults:#?}");
}

/// RSA and P-384 on key files and embedded tokens, which make neither.
#[test]
fn soft_tokens_make_no_rsa_and_no_p384_keys() {
    for (name, more) in [
        ("rsa-pss-2048", ""),
        ("ecdsa-p384", ", refused_by = [\"tough\", \"tuf-js\"]"),
    ] {
        for (from, token) in [("online", "online-file"), ("root-a", "token-a")] {
            let text = String::from_utf8(with("zzz", "", 0)).unwrap();
            let at = text.find(&format!("name = \"{from}\"")).unwrap();
            let end = at + text[at..].find(" }").unwrap();
            let line = &text[at..end];
            let other = ["\"ecdsa-p256\"", "\"ed25519\""]
                .iter()
                .fold(line.to_owned(), |l, old| l.replace(old, &format!("\"{name}\"")));
            assert_ne!(line, other);
            let sin = text[..at].to_owned() + &other + more + &text[end..];
            let faults = build(sin.as_bytes(), &root()).map(drop).expect_err(name).0;
            let says = format!("{token} cannot make {name} keys");
            assert!(faults.iter().any(|d| d.message.contains(&says)), "{faults:#?}");
        }
    }
}

/// What lies beside each sin, and is none.
#[test]
fn the_neighbours_of_the_sins_are_accepted() {
    let both = ", refused_by = [\"tough\", \"tuf-js\"] }";
    let p384 = algorithm(ROOT_A, "\"ecdsa-p384\"").replace(" }", both);
    let p384_pkcs11 = algorithm(ROOT_D, "\"ecdsa-p384\"").replace(" }", both);
    // Targets only: a root of twelve keys is too long for it (policy: payload-limit).
    let targets_a = ROOT_A.replace("root-a", "targets-a");
    let ed25519 = algorithm(&targets_a, "\"ed25519\"");
    let attest_targets_a = ATTEST_ROOT_A
        .replace("yubi-a.5", "yubi-a.6")
        .replace("root-a", "targets-a");
    let rsa: Vec<String> = ["2048", "3072", "4096"]
        .iter()
        .map(|bits| algorithm(ROOT_D, &format!("\"rsa-pss-{bits}\"")))
        .collect();
    let waived = format!("{YUBI_A}\nfirmware_waiver = \"the drawer has no newer one\"");
    let dice = YUBI_A_SECRETS.replace("generated", "dice");
    let typed = YUBI_A_SECRETS.replace("generated", "typed");
    let attested_later = format!("{ATTEST_ROOT_A}{RETIRE_A}");
    let proven_twice = format!(
        "{PROVE_ROOT_A}\n{}",
        PROVE_ROOT_A.replace("yubi-a.8", "yubi-a.8b")
    );
    let cases: Vec<(&str, Vec<Edit>)> = vec![
        ("p384-said", vec![e(ROOT_A, &p384)]),
        ("p384-on-pkcs11", vec![e(ROOT_D, &p384_pkcs11)]),
        (
            "ed25519-not-attested",
            vec![e(&targets_a, &ed25519), e(&attest_targets_a, "")],
        ),
        ("rsa-2048-on-pkcs11", vec![e(ROOT_D, &rsa[0])]),
        ("rsa-3072-on-pkcs11", vec![e(ROOT_D, &rsa[1])]),
        ("rsa-4096-on-pkcs11", vec![e(ROOT_D, &rsa[2])]),
        ("waiver-with-reason", vec![e(YUBI_A, &waived)]),
        ("dice", vec![e(YUBI_A_SECRETS, &dice)]),
        ("typed", vec![e(YUBI_A_SECRETS, &typed)]),
        (
            "attested-before-retired",
            vec![e(ATTEST_ROOT_A, ""), e(RETIRE_A, &attested_later)],
        ),
        ("used-before-its-log", vec![e(PROVE_ROOT_A, &proven_twice)]),
    ];
    for (name, edits) in cases {
        if let Err(found) = build(&mix(&edits), &mix_folder()) {
            panic!("{name}: {:#?}", found.0);
        }
    }
}
