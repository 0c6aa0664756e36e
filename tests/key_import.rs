//! Keys of the online side through the shipped binary: each form that `openssl`
//! and people write, proofs made beforehand, and every refusal by its code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/program.rs"]
mod program;

use std::path::Path;
use std::process::Command;

use data_encoding::{BASE64, HEXLOWER};
use ed25519_dalek::{Signer as _, SigningKey};
use program::{Ran, ran, root, run};
use tuf_ceremony::base::{Algorithm, Digest, PublicKey};
use tuf_ceremony::tuf::Key;

const WAIVED: &str = "\"waived\"";

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Bench {
        Bench(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn put(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        std::fs::write(self.path().join(name), &bytes).unwrap();
        Digest::of(bytes.as_ref()).to_string()
    }

    fn get(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path().join(name)).unwrap()
    }

    /// The template with another online key.
    fn script(&self, public: &str, proof: &str) -> String {
        let text =
            std::fs::read_to_string(root().join("ceremony-scripts/templates/root-keygen.toml")).unwrap();
        let start = text.find("public              = {").unwrap();
        let end = start + text[start..].find("[[result]]").unwrap();
        let key = format!("public = {public}\nproof_of_possession = {proof}\n\n");
        let text = [&text[..start], &key, &text[end..]].concat();
        std::fs::write(self.path().join("script.toml"), &text).unwrap();
        self.path().join("script.toml").to_str().unwrap().to_owned()
    }

    /// `check` of the template with this key file and proof.
    fn check(&self, bytes: &[u8], form: &str, more: &str, proof: &str) -> Ran {
        let sha256 = self.put("online.key", bytes);
        let public = format!("{{ file = \"online.key\", sha256 = \"{sha256}\"{form}{more} }}");
        run(&["check", &self.script(&public, proof)])
    }

    /// `openssl ARGS` in the folder; `None`, visibly, where it is not installed.
    fn openssl(&self, args: &str) -> Option<()> {
        let Ok(done) = Command::new("openssl")
            .args(args.split(' '))
            .current_dir(self.path())
            .output()
        else {
            println!("SKIPPED: openssl is not installed");
            return None;
        };
        assert!(
            done.status.success(),
            "{args}: {}",
            String::from_utf8_lossy(&done.stderr)
        );
        Some(())
    }
}

fn refused(ran: &Ran, code: &str) {
    assert_eq!(ran.code, 2, "{code}: {ran:?}");
    assert!(ran.err.contains(&format!("[{code}]")), "{code}: {}", ran.err);
}

fn signer() -> SigningKey {
    SigningKey::from_bytes(&[21; 32])
}

fn public() -> PublicKey {
    PublicKey::from_raw(Algorithm::Ed25519, signer().verifying_key().as_bytes()).unwrap()
}

#[test]
fn a_script_takes_each_form_and_nothing_that_only_resembles_it() {
    let bench = Bench::new();
    let key = public();
    let hex = HEXLOWER.encode(key.raw());
    let jwk = format!(
        r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
        data_encoding::BASE64URL_NOPAD.encode(key.raw())
    );
    let object = Key::of(&key).to_json().line();
    for (form, bytes) in [
        ("", key.to_pem().into_bytes()),
        ("pem", key.to_pem().into_bytes()),
        ("der", key.to_spki_der()),
        ("hex-ed25519", hex.clone().into_bytes()),
        ("jwk", jwk.clone().into_bytes()),
        ("tuf", object.into_bytes()),
    ] {
        let named = if form.is_empty() {
            String::new()
        } else {
            format!(", form = \"{form}\"")
        };
        let good = format!(", fingerprint = \"{}\"", key.fingerprint());
        let ran = bench.check(&bytes, &named, &good, WAIVED);
        assert_eq!(ran.code, 0, "{form}: {ran:?}");
        let bad = format!(", fingerprint = \"{}\"", Digest::of(b"another key"));
        refused(&bench.check(&bytes, &named, &bad, WAIVED), "input-fingerprint");
        if !matches!(form, "" | "pem") {
            refused(&bench.check(&bytes, "", "", WAIVED), "input-not-a-key");
        }
        // One fingerprint, whatever the form, through `key show`.
        let path = bench.path().join("online.key");
        let mut args = vec!["key", "show", path.to_str().unwrap()];
        if form == "hex-ed25519" {
            refused(&run(&args), "input-hex-unnamed");
            args.extend(["--form", form]);
        }
        let shown = run(&args);
        assert_eq!(shown.code, 0, "{shown:?}");
        let (print, id) = (key.fingerprint().to_string(), Key::of(&key).keyid().to_string());
        assert!(
            shown.out.contains(&print) && shown.out.contains(&id),
            "{}",
            shown.out
        );
    }
    let secret = jwk.replace('}', r#","d":"AAAA"}"#);
    let ran = bench.check(secret.as_bytes(), ", form = \"jwk\"", "", WAIVED);
    refused(&ran, "input-private-key");
    assert!(
        ran.err.contains("this file holds a private key (the member d)"),
        "{}",
        ran.err
    );
    assert!(!ran.err.contains("AAAA"), "a secret was repeated: {}", ran.err);
    refused(
        &bench.check(b"", ", form = \"p12\"", "", WAIVED),
        "script-wrong-value",
    );
    refused(
        &bench.check(b"", ", since = \"x\"", "", WAIVED),
        "script-unknown-field",
    );
}

#[test]
fn keys_that_are_never_produced_are_refused_by_name() {
    let bench = Bench::new();
    let form = ", form = \"tuf\"";
    for (text, name) in [
        (
            r#"{"keytype":"sigstore-oidc","scheme":"Fulcio","keyval":{"identity":"a","issuer":"b"}}"#,
            "sigstore-oidc",
        ),
        (
            r#"{"keytype":"ml-dsa","scheme":"ml-dsa-65/1","keyval":{"public":"x"}}"#,
            "ML-DSA-65",
        ),
    ] {
        let ran = bench.check(text.as_bytes(), form, "", WAIVED);
        refused(&ran, "input-key-never-produced");
        assert!(ran.err.contains(name), "{}", ran.err);
    }
}

/// What the program prints for the online key of the script that stands there.
fn challenge(bench: &Bench) -> Vec<u8> {
    let script = bench.path().join("script.toml");
    let (script, to) = (script.to_str().unwrap(), bench.path().join("challenge"));
    let printed = run(&["key", "challenge", script, "online"]);
    assert_eq!(printed.code, 0, "{printed:?}");
    let _ = std::fs::remove_file(&to);
    let written = run(&[
        "key",
        "challenge",
        script,
        "online",
        "--out",
        to.to_str().unwrap(),
    ]);
    assert_eq!(written.code, 0, "{written:?}");
    assert_eq!(std::fs::read(&to).unwrap(), printed.out.as_bytes());
    let again = run(&[
        "key",
        "challenge",
        script,
        "online",
        "--out",
        to.to_str().unwrap(),
    ]);
    assert_eq!(again.code, 2, "an existing file was overwritten");
    printed.out.into_bytes()
}

#[test]
fn a_proof_made_beforehand_holds_for_this_key_and_this_ceremony_alone() {
    let bench = Bench::new();
    let pem = public().to_pem();
    assert_eq!(bench.check(pem.as_bytes(), "", "", WAIVED).code, 0);
    let text = challenge(&bench);
    assert_eq!(
        String::from_utf8(text.clone()).unwrap(),
        format!(
            "tuf-ceremony possession of a key elsewhere v1\norganisation example\nsite vienna\nceremony root-2027-1\nkey online\nfingerprint {}\n",
            public().fingerprint()
        )
    );
    let with = |signature: &[u8]| {
        let sha256 = bench.put("online.proof", signature);
        let proof = format!("{{ file = \"online.proof\", sha256 = \"{sha256}\" }}");
        bench.check(pem.as_bytes(), "", "", &proof)
    };
    let signature = signer().sign(&text).to_bytes();
    for good in [
        signature.to_vec(),
        BASE64.encode(&signature).into_bytes(),
        (BASE64.encode(&signature) + "\n").into_bytes(),
    ] {
        let ran = with(&good);
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let plan = run(&["plan", bench.path().join("script.toml").to_str().unwrap()]);
    assert!(
        plan.out.contains("its holder signed the challenge beforehand"),
        "{}",
        plan.out
    );
    assert!(!plan.out.contains("WAIVED"), "{}", plan.out);
    for (from, to) in [
        ("organisation example", "organisation other"),
        ("site vienna", "site graz"),
        ("root-2027-1", "root-2028-1"),
        ("key online", "key offline"),
        ("elsewhere v1", "elsewhere v2"),
    ] {
        let other = String::from_utf8(text.clone()).unwrap().replace(from, to);
        refused(&with(&signer().sign(other.as_bytes()).to_bytes()), "input-proof");
    }
    let stranger = SigningKey::from_bytes(&[22; 32]);
    refused(&with(&stranger.sign(&text).to_bytes()), "input-proof");
    refused(&with(b""), "input-proof");
    let mut long = signature.to_vec();
    long.push(0);
    refused(&with(&long), "input-proof");
    let absent = format!("{{ file = \"gone.proof\", sha256 = \"{}\" }}", Digest::of(b""));
    refused(&bench.check(pem.as_bytes(), "", "", &absent), "input-missing");
    bench.put("online.proof", signature);
    let swapped = format!("{{ file = \"online.proof\", sha256 = \"{}\" }}", Digest::of(b""));
    refused(&bench.check(pem.as_bytes(), "", "", &swapped), "input-digest");
    let plan = {
        bench.check(pem.as_bytes(), "", "", WAIVED);
        run(&["plan", bench.path().join("script.toml").to_str().unwrap()])
    };
    assert!(plan.out.contains("PROOF OF POSSESSION WAIVED"), "{}", plan.out);
    refused(
        &bench.check(pem.as_bytes(), "", "", "\"maybe\""),
        "script-wrong-value",
    );
}

#[test]
fn what_the_documentation_tells_an_operator_to_run_works() {
    for (make, sign) in [
        (
            "genpkey -algorithm ed25519 -out online.pem",
            "pkeyutl -sign -rawin -inkey online.pem -in challenge -out online.proof",
        ),
        (
            "genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out online.pem",
            "dgst -sha256 -sign online.pem -out online.proof challenge",
        ),
        (
            "genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out online.pem",
            "dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32 -sign online.pem -out online.proof challenge",
        ),
    ] {
        let bench = Bench::new();
        if bench.openssl(make).is_none() {
            return;
        }
        bench.openssl("pkey -in online.pem -pubout -out online.pub");
        bench.openssl("pkey -in online.pem -pubout -outform DER -out online.der");
        let public = PublicKey::from_spki_der(&bench.get("online.der")).unwrap();
        for (name, form) in [("online.pub", ""), ("online.der", ", form = \"der\"")] {
            let bytes = bench.get(name);
            assert_eq!(bench.check(&bytes, form, "", WAIVED).code, 0, "{make}");
            challenge(&bench);
            bench.openssl(sign);
            let sha256 = Digest::of(&bench.get("online.proof"));
            let proof = format!("{{ file = \"online.proof\", sha256 = \"{sha256}\" }}");
            let print = format!(", fingerprint = \"{}\"", public.fingerprint());
            let ran = bench.check(&bytes, form, &print, &proof);
            assert_eq!(ran.code, 0, "{sign}: {ran:?}");
        }
        // The private half instead of the public one, in PEM and in DER.
        bench.openssl("pkey -in online.pem -outform DER -out secret.der");
        refused(
            &bench.check(&bench.get("online.pem"), "", "", WAIVED),
            "input-private-key",
        );
        let ran = bench.check(&bench.get("secret.der"), ", form = \"der\"", "", WAIVED);
        refused(&ran, "input-private-key");
        let path = bench.path().join("secret.der");
        let shown = ran_show(&path);
        refused(&shown, "input-private-key");
        assert!(shown.out.is_empty());
    }
}

fn ran_show(path: &Path) -> Ran {
    ran(Command::new(&*program::BINARY).args(["key", "show"]).arg(path))
}
