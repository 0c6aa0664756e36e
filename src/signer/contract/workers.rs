//! The part of the suite that needs processes: SoftHSM2 behind a real worker,
//! and workers that hang, crash, lie and print, as shell scripts (T12, V29, V30).

use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::*;
use crate::signer::pkcs11::Pkcs11Provider;
use crate::signer::worker::{Limits, WorkerCommand};

pub(super) const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";
const NOT_PKCS11: &str = "/lib/x86_64-linux-gnu/libm.so.6";

pub(super) fn executable() -> PathBuf {
    let me = std::env::current_exe().unwrap();
    let path = me
        .parent()
        .and_then(Path::parent)
        .unwrap()
        .join("examples/worker");
    assert!(path.is_file(), "cargo build --example worker first");
    path
}

fn softhsm() -> Option<Backend> {
    if !Path::new(SOFTHSM).is_file() {
        assert!(
            std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_none_or(|v| v != "1"),
            "softhsm2 is required and not installed"
        );
        #[allow(clippy::print_stdout, reason = "a skipped suite must be seen")]
        {
            println!("SKIPPED: softhsm2 not installed");
        }
        return None;
    }
    let temp = tempfile::tempdir().unwrap();
    let tokens = temp.path().join("tokens");
    std::fs::create_dir(&tokens).unwrap();
    let conf = temp.path().join("softhsm2.conf");
    let text = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        tokens.display()
    );
    std::fs::write(&conf, text).unwrap();
    Some(Backend {
        provider: Box::new(move || {
            let command = WorkerCommand::new(&executable()).env("SOFTHSM2_CONF", &conf);
            Box::new(Pkcs11Provider::new(command, Path::new(SOFTHSM)))
        }),
        factory_serial: String::new(),
        counts: true,
        hardware_like: true,
        temp,
    })
}

#[test]
fn softhsm_tokens_honour_the_port() {
    let Some(backend) = softhsm() else { return };
    let mut promises = backend.promises();
    assert_eq!(promises.statement, None);
    promises.algorithms.push(Algorithm::EcdsaP384);
    promises.algorithms.push(Algorithm::RsaPss2048);
    let report = backend.on_trial(promises);
    assert!(report.is_good(), "\n{report}");
    no_pin_lies_around(backend.temp.path());
}

#[test]
fn softhsm_keys_are_made_here_and_seen_before_login() {
    let Some(backend) = softhsm() else { return };
    let (card, mut token) = backend.initialised();
    token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
    let order = order("root-a", Algorithm::EcdsaP256, 1);
    let made = token.generate(&order).unwrap();
    assert_eq!(made.attributes.local, Some(true));
    assert_eq!(made.attributes.always_sensitive, Some(true));
    let mut other = (backend.provider)().open(&card.serial).unwrap();
    let keys = other.keys().unwrap();
    assert_eq!(keys.len(), 1);
    assert_eq!(keys[0].public, Some(made.public));
    assert_eq!(
        keys[0].attributes.sensitive, None,
        "the private half is not seen yet"
    );
    // The SO PIN is asked for before anything is destroyed.
    let wrong = other
        .provisioning()
        .unwrap()
        .initialise(&id("b"), &secrets("00000000", PIN))
        .unwrap_err();
    assert_eq!((wrong.code, wrong.changed), (DeviceCode::PinWrong, Changed::Yes));
    assert_eq!(other.keys().unwrap().len(), 1);
    let gone = (backend.provider)().open("0123456789abcdef").err().unwrap();
    assert_eq!(gone.code, DeviceCode::NotFound);
}

#[test]
fn after_a_failed_signature_somebody_logs_in_again() {
    let Some(backend) = softhsm() else { return };
    let (_, mut token) = backend.initialised();
    token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
    let order = order("root-a", Algorithm::Ed25519, 1);
    let key = reference(&order, &token.generate(&order).unwrap());
    let tokens = backend.temp.path().join("tokens");
    std::fs::remove_dir_all(&tokens).unwrap();
    let gone = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(gone.code, DeviceCode::DeviceError, "not: no such key");
    assert!(token.keys().is_err(), "not: no keys");
    let locked = token.sign(grant(&key, b"x")).unwrap_err();
    assert_eq!(
        (locked.code, locked.changed),
        (DeviceCode::NotUnlocked, Changed::No)
    );
    assert!(token.unlock(Credential::UserPin, &secret(PIN)).is_err());
}

#[test]
fn a_module_that_is_none_is_named() {
    for path in ["/nonexistent/module.so", NOT_PKCS11, "/etc/hostname", "/etc"] {
        let command = WorkerCommand::new(&executable());
        let fault = Pkcs11Provider::new(command, Path::new(path)).list().unwrap_err();
        assert_eq!(fault.code, DeviceCode::ModuleUnusable, "{fault}");
        assert!(fault.meaning.contains(path), "{fault}");
        assert_eq!(fault.changed, Changed::No);
    }
}

/// A worker that is a shell script.
fn script(text: &str) -> (tempfile::TempDir, Pkcs11Provider) {
    let temp = tempfile::tempdir().unwrap();
    let path = temp.path().join("worker.sh");
    std::fs::write(&path, format!("#!/bin/sh\n{text}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = WorkerCommand::new(&path).limits(Limits {
        call: Duration::from_millis(700),
        ..Limits::default()
    });
    (temp, Pkcs11Provider::new(command, Path::new(NOT_PKCS11)))
}

/// A shell command that sends one frame.
fn sends(json: &str) -> String {
    format!("printf '\\000\\000\\000\\{:03o}%s' '{json}'", json.len())
}

/// The hello of a good worker, then whatever follows.
fn after_hello(then: &str) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let hello = format!(r#"{{"is":"hello","version":"tuf-ceremony worker 1, {version}"}}"#);
    format!("{}\n{then}", sends(&hello))
}

#[test]
fn a_bad_worker_is_ended_and_named() {
    let cases = [
        ("exec sleep 60".to_owned(), DeviceCode::ModuleHangs),
        // A grandchild keeps the pipe open; the worker is ended all the same.
        ("sleep 5".to_owned(), DeviceCode::ModuleHangs),
        ("echo garbage from a module".to_owned(), DeviceCode::AnswerRefused),
        (
            "printf '\\000\\000\\000\\002{}'".to_owned(),
            DeviceCode::AnswerRefused,
        ),
        (
            "printf '\\377\\377\\377\\377'; sleep 5".to_owned(),
            DeviceCode::AnswerRefused,
        ),
        ("exit 3".to_owned(), DeviceCode::ModuleCrashed),
        ("kill -SEGV $$".to_owned(), DeviceCode::ModuleCrashed),
        (
            "printf '\\000\\000\\000\\100cut'".to_owned(),
            DeviceCode::ModuleCrashed,
        ),
        (after_hello("exec sleep 60"), DeviceCode::ModuleHangs),
        (after_hello("exit 0"), DeviceCode::ModuleCrashed),
        (
            after_hello(&(sends(r#"{"is":"done"}"#) + "; exec sleep 5")),
            DeviceCode::AnswerRefused,
        ),
        (
            after_hello(&(sends(r#"{"is":"cards","cards":[1]}"#) + "; exec sleep 5")),
            DeviceCode::AnswerRefused,
        ),
        (
            after_hello(&(sends(r#"{"is":"cards","cards":[],"cards":[]}"#) + "; exec sleep 5")),
            DeviceCode::AnswerRefused,
        ),
    ];
    for (text, code) in cases {
        let (_temp, mut provider) = script(&text);
        let start = Instant::now();
        let fault = provider.list().unwrap_err();
        assert_eq!(fault.code, code, "{text}: {fault}");
        assert_eq!(fault.changed, Changed::No);
        assert!(start.elapsed() < Duration::from_secs(4), "{text}");
    }
}

#[test]
fn a_worker_that_dies_in_use_leaves_a_truthful_fault() {
    let card = concat!(
        r#"{"is":"card","card":{"vendor":"v","model":"m","serial":"S","label":"l","#,
        r#""firmware":"1","initialised":true,"pin":"ready"}}"#
    );
    let text = format!("{}; head -c 30 >/dev/null; exit 9", sends(card));
    let (_temp, mut provider) = script(&after_hello(&text));
    let mut token = provider.open("S").unwrap();
    let crashed = token.unlock(Credential::UserPin, &secret(PIN)).unwrap_err();
    assert_eq!(
        (crashed.code, crashed.changed),
        (DeviceCode::ModuleCrashed, Changed::Unknown)
    );
    let dead = token.unlock(Credential::UserPin, &secret(PIN)).unwrap_err();
    assert_eq!(
        (dead.code, dead.changed),
        (DeviceCode::ModuleCrashed, Changed::No)
    );
    assert!(dead.meaning.contains("open the device again"), "{dead}");
}

#[test]
fn a_worker_sees_a_closed_environment_and_no_secret() {
    let temp = tempfile::tempdir().unwrap();
    let out = temp.path().join("env");
    let path = temp.path().join("w.sh");
    std::fs::write(&path, format!("#!/bin/sh\nenv > {}; exit 1\n", out.display())).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    let command = WorkerCommand::new(&path)
        .env("SOFTHSM2_CONF", "/x")
        .env("LD_PRELOAD", "/evil.so");
    assert!(
        Pkcs11Provider::new(command, Path::new(NOT_PKCS11))
            .list()
            .is_err()
    );
    let seen = std::fs::read_to_string(&out).unwrap();
    let mut names: Vec<&str> = seen.lines().filter_map(|l| l.split('=').next()).collect();
    names.retain(|n| !["PWD", "OLDPWD", "SHLVL", "_"].contains(n)); // the shell's own
    names.sort_unstable();
    assert_eq!(names, ["LANG", "SOFTHSM2_CONF"]);
}
