//! Keys that come in: kept once, opened by the token's passphrase only, and by
//! other programs.

use std::io::Write;
use std::process::{Command, Stdio};

use super::*;
use crate::base::device::Credential;
use crate::signer::{Provider, Secrets};

const PASS: &str = "correct horse battery";

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes()).unwrap()
}

fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

fn token(base: &std::path::Path) -> FileProvider {
    let mut files = FileProvider::new(base);
    files.create("F-1").unwrap();
    let secrets = Secrets::new().with(Credential::Passphrase, secret(PASS));
    let mut token = files.open("F-1").unwrap();
    token
        .provisioning()
        .unwrap()
        .initialise(&id("keys"), &secrets)
        .unwrap();
    files
}

fn made(algorithm: &[&str]) -> Vec<u8> {
    let out = Command::new("openssl")
        .arg("genpkey")
        .args(algorithm)
        .output()
        .unwrap();
    assert!(out.status.success());
    out.stdout
}

fn ed25519() -> Vec<u8> {
    made(&["-algorithm", "ed25519"])
}

fn p256() -> Vec<u8> {
    made(&["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"])
}

fn piped(mut command: Command, input: &[u8]) -> (bool, String) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let out = child.wait_with_output().unwrap();
    (out.status.success(), String::from_utf8(out.stdout).unwrap())
}

#[test]
fn an_imported_key_is_kept_once_and_other_programs_open_it() {
    let temp = tempfile::tempdir().unwrap();
    let mut files = token(temp.path());
    for (name, pem) in [("targets-a", ed25519()), ("targets-b", p256())] {
        let key = files.import("F-1", &id(name), &pem, None, &secret(PASS)).unwrap();
        let file = temp
            .path()
            .join(format!("F-1/{name}.{}.pem", imported(&key.public).base32()));
        let mut openssl = Command::new("openssl");
        openssl
            .args(["pkey", "-passin", "stdin", "-pubout", "-in"])
            .arg(&file);
        assert_eq!(
            piped(openssl, format!("{PASS}\n").as_bytes()),
            (true, key.public.to_pem())
        );
        let mut openssl = Command::new("openssl");
        openssl.args(["pkey", "-passin", "stdin", "-in"]).arg(&file);
        assert!(!piped(openssl, b"another passphrase\n").0);
        python_opens(&file, &key.public);
        // The same key again, under its name or another.
        for again in [name, "other"] {
            let error = files
                .import("F-1", &id(again), &pem, None, &secret(PASS))
                .unwrap_err();
            assert_eq!((error.code, error.changed), (DeviceCode::KeyExists, Changed::No));
        }
    }
    let mut open = files.open("F-1").unwrap();
    assert_eq!(open.keys().unwrap().len(), 2);
}

fn python_opens(file: &std::path::Path, public: &PublicKey) {
    let Some(python) = std::env::var_os("TUF_CLIENT_PYTHON") else {
        println!("SKIPPED: python-cryptography (TUF_CLIENT_PYTHON)");
        return;
    };
    const OPEN: &str = r"
import sys
from cryptography.hazmat.primitives import serialization as s
key = s.load_pem_private_key(open(sys.argv[1], 'rb').read(), sys.stdin.buffer.read())
print(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo).decode(), end='')
";
    let with = |pass: &[u8]| {
        let mut command = Command::new(&python);
        command.args(["-c", OPEN]).arg(file);
        piped(command, pass)
    };
    assert_eq!(with(PASS.as_bytes()), (true, public.to_pem()));
    assert!(!with(b"another passphrase").0);
}

#[test]
fn nothing_is_written_for_a_refused_import() {
    let temp = tempfile::tempdir().unwrap();
    let mut files = token(temp.path());
    let before = std::fs::read_dir(temp.path().join("F-1")).unwrap().count();
    let good = p256();
    let pass = secret(PASS);
    let mut refused = |serial: &str, name: &str, pem: &[u8], pass: &Secret| {
        let error = files.import(serial, &id(name), pem, None, pass).unwrap_err();
        assert_eq!(error.changed, Changed::No);
        error.code
    };
    let wrong = secret("a wrong passphrase");
    assert_eq!(refused("F-1", "a", &good, &wrong), DeviceCode::PinWrong);
    assert_eq!(refused("F-1", "a", &good, &secret("short")), DeviceCode::PinForm);
    assert_eq!(refused("F-2", "a", &good, &pass), DeviceCode::NotFound);
    assert_eq!(
        refused("F-1", "a-name-far-too-long", &good, &pass),
        DeviceCode::Unsupported
    );
    let rsa = made(&["-algorithm", "RSA"]);
    assert_eq!(refused("F-1", "a", &rsa, &pass), DeviceCode::Unsupported);
    assert_eq!(refused("F-1", "a", b"", &pass), DeviceCode::AnswerRefused);
    let mut fresh = FileProvider::new(temp.path());
    fresh.create("F-3").unwrap();
    assert_eq!(refused("F-3", "a", &good, &pass), DeviceCode::NotInitialised);
    assert_eq!(
        std::fs::read_dir(temp.path().join("F-1")).unwrap().count(),
        before
    );
}

#[test]
fn a_key_file_under_another_keys_name_is_not_used() {
    let temp = tempfile::tempdir().unwrap();
    let mut files = token(temp.path());
    let keys: Vec<PublicKey> = [p256(), p256()]
        .iter()
        .zip(["a", "b"])
        .map(|(pem, name)| {
            files
                .import("F-1", &id(name), pem, None, &secret(PASS))
                .unwrap()
                .public
        })
        .collect();
    let path = |name: &str, key: &PublicKey| {
        temp.path()
            .join(format!("F-1/{name}.{}.pem", imported(key).base32()))
    };
    std::fs::copy(path("a", &keys[0]), path("b", &keys[1])).unwrap();
    let folder = super::super::open_folder(temp.path(), "F-1").unwrap();
    let wanted = crate::signer::KeyRef {
        name: id("b"),
        operation: imported(&keys[1]),
        public: keys[1].clone(),
    };
    let error = keystore::load(&folder, &wanted, &secret(PASS)).err().unwrap();
    assert_eq!(error.code, DeviceCode::KeyDiffers);
    // Cut: refused, whatever is left of it.
    let whole = std::fs::read(path("a", &keys[0])).unwrap();
    std::fs::write(path("b", &keys[1]), &whole[..whole.len() / 2]).unwrap();
    let error = keystore::load(&folder, &wanted, &secret(PASS)).err().unwrap();
    assert_eq!(error.code, DeviceCode::AnswerRefused);
}
