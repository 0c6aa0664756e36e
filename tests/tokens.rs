//! `tuf-ceremony tokens` through the shipped binary: what it shows, that it
//! touches nothing, and that one bad module hides no other device.
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use program::{BINARY, Ran, ran, root};
use tuf_ceremony::base::device::{Credential, KeyOrder, OperationId};
use tuf_ceremony::base::{Algorithm, Digest, Id, Secret};
use tuf_ceremony::signer::embedded::EmbeddedProvider;
use tuf_ceremony::signer::file::FileProvider;
use tuf_ceremony::signer::{Provider, Secrets};

#[path = "support/program.rs"]
mod program;

const PIN: &str = "correct horse 7";

/// Every file below a folder: its bytes, its mode and when it was changed.
fn snapshot(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32, std::time::SystemTime)> {
    use std::os::unix::fs::PermissionsExt;
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let about = std::fs::metadata(&path).unwrap();
        let bytes = if path.is_dir() {
            all.extend(snapshot(&path));
            Vec::new()
        } else {
            std::fs::read(&path).unwrap()
        };
        let mode = about.permissions().mode();
        all.insert(path, (bytes, mode, about.modified().unwrap()));
    }
    all
}

fn secrets() -> Secrets {
    let secret = || Secret::copy_of(PIN.as_bytes()).unwrap();
    Secrets::new()
        .with(Credential::SoPin, secret())
        .with(Credential::UserPin, secret())
        .with(Credential::Passphrase, secret())
}

/// Sets a device up; with a key if one is named. The key's fingerprint.
fn set_up(provider: &mut dyn Provider, serial: &str, label: &str, key: Option<&str>) -> String {
    let mut token = provider.open(serial).unwrap();
    let provisioning = token.provisioning().unwrap();
    let role = *provisioning.credentials().last().unwrap();
    provisioning
        .initialise(&Id::parse(label).unwrap(), &secrets())
        .unwrap();
    let Some(key) = key else {
        return String::new();
    };
    let name = Id::parse(key).unwrap();
    token
        .unlock(role, &Secret::copy_of(PIN.as_bytes()).unwrap())
        .unwrap();
    let made = token
        .generate(&KeyOrder {
            operation: OperationId::new(&Digest::of(b"c"), &name, 1),
            name,
            algorithm: Algorithm::EcdsaP256,
        })
        .unwrap();
    made.public.fingerprint().hex()
}

/// A folder with rehearsal tokens and key files, as a run makes it.
fn folder() -> tempfile::TempDir {
    let temp = tempfile::tempdir().unwrap();
    let devices = temp.path().join("devices");
    std::fs::create_dir(&devices).unwrap();
    EmbeddedProvider::new(&devices.join("embedded"))
        .manufacture("REH-1")
        .unwrap();
    FileProvider::new(&devices.join("files"))
        .create("FILE-1")
        .unwrap();
    temp
}

fn tokens(folder: &Path, args: &[&str]) -> Ran {
    ran(Command::new(&*BINARY)
        .arg("tokens")
        .args(args)
        .current_dir(folder))
}

fn json(ran: &Ran) -> serde_json::Value {
    assert_eq!(ran.out.lines().count(), 1, "{ran:?}");
    serde_json::from_str(&ran.out).unwrap()
}

#[test]
fn devices_are_shown_as_they_were() {
    let temp = folder();
    let devices = temp.path().join("devices");
    let mut rehearsal = EmbeddedProvider::new(&devices.join("embedded"));
    rehearsal.manufacture("REH-2").unwrap();
    set_up(&mut rehearsal, "REH-2", "root-a", None);
    let ran = tokens(
        temp.path(),
        &["--devices", "devices", "--module", "none=/nonexistent.so"],
    );
    assert_eq!((ran.code, ran.err.as_str()), (4, ""), "{ran:?}");
    golden("tokens.txt", &ran.out);
    let mut args = vec![
        "--devices",
        "devices",
        "--module",
        "none=/nonexistent.so",
        "--json",
    ];
    golden("tokens.json", &tokens(temp.path(), &args).out);
    args.extend(["--module", "none=/other.so"]);
    let ran = tokens(temp.path(), &args);
    assert_eq!(ran.code, 2, "one name, two modules: {ran:?}");
    assert!(ran.err.contains("none is given twice"), "{ran:?}");
}

fn golden(name: &str, text: &str) {
    let path = root().join("tests/golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    assert_eq!(text, std::fs::read_to_string(&path).unwrap(), "{name}");
}

#[test]
fn looking_changes_nothing_and_shows_the_keys() {
    let temp = folder();
    let devices = temp.path().join("devices");
    let mut rehearsal = EmbeddedProvider::new(&devices.join("embedded"));
    let fingerprint = set_up(&mut rehearsal, "REH-1", "root-a", Some("root-a"));
    let wrong = Secret::copy_of(b"incorrect horse").unwrap();
    let mut token = rehearsal.open("REH-1").unwrap();
    assert!(
        token.unlock(Credential::UserPin, &wrong).is_err(),
        "one try is spent"
    );
    let mut files = FileProvider::new(&devices.join("files"));
    set_up(&mut files, "FILE-1", "online", Some("snapshot"));

    let before = snapshot(temp.path());
    for _ in 0..2 {
        let ran = tokens(temp.path(), &["--devices", "devices", "--json"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        let found = json(&ran);
        assert_eq!((&found["v"], &found["good"]), (&1.into(), &true.into()));
        let device = &found["places"][0]["devices"][0];
        assert_eq!(device["card"]["serial"], "REH-1");
        assert_eq!(device["card"]["pin"]["left"], 2, "no try was given back or spent");
        assert_eq!(device["can"]["set_up"], true);
        assert!(device["can"].get("attest").is_none(), "{device}");
        let key = &device["keys"][0];
        assert!(key["label"].as_str().unwrap().starts_with("root-a:"));
        assert_eq!(key["id"].as_str().unwrap().len(), 32);
        assert_eq!(
            (&key["algorithm"], &key["fingerprint"]),
            (&"ecdsa-p256".into(), &fingerprint.as_str().into())
        );
        assert_eq!(found["places"][1]["devices"][0]["card"]["pin"], "ready");
        let ran = tokens(temp.path(), &["--devices", "devices"]);
        assert!(
            ran.out.contains("tries left, as the device counts: 2"),
            "{}",
            ran.out
        );
    }
    assert_eq!(before, snapshot(temp.path()));
}

#[test]
fn two_devices_with_one_serial_are_refused_by_name() {
    let temp = folder();
    let devices = temp.path().join("devices");
    FileProvider::new(&devices.join("files")).create("REH-1").unwrap();
    let ran = tokens(temp.path(), &["--devices", "devices"]);
    assert_eq!(ran.code, 4);
    assert!(
        ran.out
            .contains("REFUSED: Two devices have the same serial. Serial REH-1:"),
        "{}",
        ran.out
    );
    for model in ["Rehearsal token, label", "Encrypted key files, label"] {
        assert!(ran.out.contains(model), "{}", ran.out);
    }
    let found = json(&tokens(temp.path(), &["--devices", "devices", "--json"]));
    assert_eq!(
        (&found["alike"][0], &found["good"]),
        (&"REH-1".into(), &false.into())
    );
}

#[test]
fn what_cannot_be_looked_at_is_said_beforehand() {
    let temp = folder();
    for (args, why) in [
        (vec![], "nowhere to look"),
        (
            vec!["--devices", "."],
            "expected a folder with embedded/ or files/",
        ),
        (vec!["--devices", "absent"], "expected a folder"),
        (vec!["--module", "softhsm"], "module"),
        (
            vec!["--yubihsm", "http://10.0.0.1:12345"],
            "expected usb or http://127.0.0.1:PORT",
        ),
        (vec!["--yubihsm", "http://127.0.0.1:0"], "expected usb"),
        (vec!["--yubihsm", "https://127.0.0.1:1"], "expected usb"),
    ] {
        let ran = tokens(temp.path(), &args);
        assert_eq!(ran.code, 2, "{args:?} {ran:?}");
        assert!(ran.err.contains(why), "{args:?} {ran:?}");
        assert!(ran.out.is_empty());
    }
}

#[cfg(feature = "pkcs11")]
mod modules {
    use super::program::SOFTHSM;
    use super::*;

    /// Bytes and modes: SoftHSM writes its generation counter anew, with the same
    /// bytes, whenever a token is looked at.
    fn bytes(folder: &Path) -> BTreeMap<PathBuf, (Vec<u8>, u32)> {
        let all = snapshot(folder).into_iter();
        all.map(|(path, (bytes, mode, _))| (path, (bytes, mode)))
            .collect()
    }

    const LIBM: &str = "libm=/lib/x86_64-linux-gnu/libm.so.6";

    /// A SoftHSM folder with one token, and its configuration.
    fn softhsm(temp: &Path) -> Option<PathBuf> {
        if !Path::new(SOFTHSM).is_file() {
            println!("SKIPPED: softhsm2 not installed");
            return None;
        }
        let tokens = temp.join("tokens");
        std::fs::create_dir(&tokens).unwrap();
        let conf = temp.join("softhsm2.conf");
        let text = format!(
            "directories.tokendir = {}\nobjectstore.backend = file\n",
            tokens.display()
        );
        std::fs::write(&conf, text).unwrap();
        let made = Command::new("softhsm2-util")
            .args([
                "--init-token",
                "--free",
                "--label",
                "one",
                "--pin",
                "123456",
                "--so-pin",
                "12345678",
            ])
            .env("SOFTHSM2_CONF", &conf)
            .output()
            .unwrap();
        assert!(made.status.success(), "{made:?}");
        Some(conf)
    }

    fn look(temp: &Path, conf: &Path, args: &[&str]) -> Ran {
        let mut command = Command::new(&*BINARY);
        command
            .arg("tokens")
            .args(args)
            .env("SOFTHSM2_CONF", conf)
            .current_dir(temp);
        ran(&mut command)
    }

    #[test]
    fn a_softhsm_token_is_shown_and_not_touched() {
        let temp = folder();
        let Some(conf) = softhsm(temp.path()) else { return };
        let soft = format!("soft={SOFTHSM}");
        let before = bytes(temp.path());
        let ran = look(temp.path(), &conf, &["--module", &soft, "--json"]);
        assert_eq!((ran.code, ran.err.as_str()), (0, ""), "{ran:?}");
        let found = json(&ran);
        let devices = found["places"][0]["devices"].as_array().unwrap();
        assert_eq!(
            devices.len(),
            2,
            "the token, and the empty slot that SoftHSM always shows"
        );
        let one = devices.iter().find(|d| d["card"]["label"] == "one").unwrap();
        assert_eq!(one["card"]["pin"], "ready", "no number: the device gives none");
        assert!(!one["card"]["serial"].as_str().unwrap().is_empty());
        let new = devices
            .iter()
            .find(|d| d["card"]["initialised"] == false)
            .unwrap();
        assert_eq!(
            (&new["card"]["pin"], &new["card"]["serial"]),
            (&"unset".into(), &"".into())
        );
        assert_eq!(before, bytes(temp.path()));

        // Wrong modules are a card each; the others are still listed.
        let ran = look(
            temp.path(),
            &conf,
            &[
                "--module",
                LIBM,
                "--module",
                "no=/nonexistent.so",
                "--module",
                &soft,
                "--devices",
                "devices",
            ],
        );
        assert_eq!(ran.code, 4, "{ran:?}");
        assert_eq!(ran.out.matches("The vendor module cannot be used.").count(), 2);
        for shown in ["SoftHSM project", "REH-1", "FILE-1", "libm.so.6: not a usable"] {
            assert!(ran.out.contains(shown), "{shown}\n{}", ran.out);
        }

        // One token reached by two ways: the program could not tell it from two.
        let twice = format!("again={SOFTHSM}");
        let ran = look(temp.path(), &conf, &["--module", &soft, "--module", &twice]);
        assert_eq!(ran.code, 4);
        assert_eq!(
            ran.out.matches("SoftHSM v2, label \"one\", at module").count(),
            2,
            "{}",
            ran.out
        );
        assert_eq!(before, bytes(temp.path()));
    }

    /// Ten seconds long: that is a module's time limit.
    #[test]
    fn a_module_that_hangs_hides_no_other_device() {
        let temp = folder();
        let source = temp.path().join("hang.c");
        let module = temp.path().join("hang.so");
        let text = "#include <unistd.h>\n__attribute__((constructor)) static void hang(void) { for (;;) pause(); }\n";
        std::fs::write(&source, text).unwrap();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&module, &source])
            .status();
        if !built.is_ok_and(|status| status.success()) {
            println!("SKIPPED: no C compiler");
            return;
        }
        let named = format!("hang={}", module.display());
        let ran = tokens(temp.path(), &["--module", &named, "--devices", "devices"]);
        assert_eq!(ran.code, 4);
        assert!(ran.out.contains("The device does not answer."), "{}", ran.out);
        assert!(
            ran.out.contains("REH-1") && ran.out.contains("FILE-1"),
            "{}",
            ran.out
        );
    }
}
