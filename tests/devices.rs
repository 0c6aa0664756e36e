//! Ceremonies with YubiHSM 2, simulated, through the shipped binary: the mix of
//! devices of PyPI's ceremony, and everything that such a device can do wrong.
//! Each failure has a name in the record, which stays a record that re-executes.
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

use std::path::Path;
use std::process::Command;

use devices::{Lab, PASSWORDS, SERIAL, answers, put, small};
use program::{Ran, SOFTHSM, clients_accept, ran, root, run, script};
use yubihsm_sim::codes::{Code, command};
use yubihsm_sim::{Config, Fault, Rule};

fn closed(ran: &Ran) {
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("closed and sealed"), "{}", ran.out);
}

fn verifiers_accept(bundle: &Path) {
    let ours = run(&["verify", bundle.to_str().unwrap()]);
    assert_eq!(ours.code, 0, "{}{}", ours.out, ours.err);
    let second = ran(Command::new("python3")
        .arg(root().join("src/bundle/verify.py"))
        .arg(bundle));
    assert_eq!(second.code, 0, "{}{}", second.out, second.err);
}

#[test]
fn one_yubihsm_of_any_firmware_that_may_make_keys() {
    for firmware in [(2, 4, 0), (2, 4, 1)] {
        let lab = Lab::new(firmware);
        closed(&lab.go("run", Some(&small()), &answers()));
        verifiers_accept(&lab.room.bundle());
        clients_accept(&lab.room.bundle(), lab.room.dir.path(), true);
        lab.no_key_twice("closed");
    }
}

/// Twelve keys on six devices of two makes.
#[test]
fn the_mix_of_pypi_from_blank_devices_to_a_bundle() {
    let lab = Lab::with(
        (0..3)
            .map(|n| Config {
                serial: SERIAL + n,
                ..Config::default()
            })
            .collect(),
    );
    let Some(conf) = lab.room.softhsm() else { return };
    let mut command = lab.room.command("run");
    command
        .env("SOFTHSM2_CONF", conf)
        .arg(script("pypi-mix.toml"))
        .arg("--answers")
        .arg(script("pypi-mix.answers.toml"))
        .arg("--module")
        .arg(format!("softhsm={SOFTHSM}"));
    for simulator in &lab.simulators {
        command.arg(format!("--yubihsm=http://127.0.0.1:{}", simulator.port()));
    }
    closed(&ran(&mut command));
    let bundle = lab.room.bundle();
    verifiers_accept(&bundle);
    clients_accept(&bundle, lab.room.dir.path(), true);
    lab.no_key_twice("the mix");
    let record = lab.record();
    let of = |kind: &str| -> Vec<&String> {
        let kind = format!("\"type\":\"{kind}\"");
        record.iter().filter(|l| l.contains(&kind)).collect()
    };
    assert_eq!(of("key").len(), 12);
    let attested = of("attested");
    assert_eq!(attested.len(), 6);
    assert!(attested.iter().all(|l| l.contains("\"failed\":\"\"") && l.contains("\"verdict\":\"rehearsal\"")), "{attested:#?}");
    assert_eq!(of("retired").len(), 3);
    // Three passwords of three devices and three user PINs, typed from paper.
    assert_eq!(of("credential").len(), 12);
    let logs = of("device-log");
    assert_eq!(logs.len(), 5);
    for log in logs {
        assert!(log.contains("\"unexplained\":\"\"") && log.contains("\"missing\":\"\""), "{log}");
    }
    let told = run(&["verify", bundle.to_str().unwrap()]).out;
    for n in 0..3 {
        assert!(told.contains("0 unexplained"), "{n}: {told}");
    }
    // Its keys are on the bench, never in what leaves or stays behind.
    assert!(!record.iter().any(|l| l.contains("87654321") || l.contains("315263421456")));
}

/// What a device does wrong, from the first command on.
#[test]
fn everything_that_a_yubihsm_can_do_wrong_has_a_name() {
    let refuse = |code: Code| Fault::Refuse(code as u8);
    let rows: Vec<(&str, Rule, &str)> = vec![
        ("attestation by another key", Rule::at(1, command::SIGN_ATTESTATION, Fault::AttestWrongKey), "attestation-refused"),
        ("attestation of another device", Rule::at(2, command::SIGN_ATTESTATION, Fault::AttestForeign(SERIAL + 9)), "attestation-refused"),
        ("a command that nobody knows", Rule::at(1, command::SIGN_EDDSA, Fault::UnknownLogEntry), "answer-refused"),
        ("full log", Rule::at(2, command::GENERATE_ASYMMETRIC_KEY, refuse(Code::LogFull)), "log-full"),
        ("full storage", Rule::at(2, command::GENERATE_ASYMMETRIC_KEY, refuse(Code::StorageFailed)), "full"),
        ("another device before a signature", Rule::at(2, command::SIGN_ECDSA, Fault::Swap(SERIAL + 1)), "removed"),
        ("connection that breaks", Rule::at(1, command::SIGN_ECDSA, Fault::DropBefore).and_later(), "removed"),
        ("wrong signature", Rule::at(1, command::SIGN_ECDSA, Fault::Flip), "signature-wrong"),
        ("signature by another key", Rule::at(2, command::SIGN_EDDSA, Fault::ForeignSignature), "signature-wrong"),
        ("answer that is cut", Rule::at(1, command::SIGN_ATTESTATION, Fault::Cut(9)), "answer-refused"),
        ("wrong MAC", Rule::at(1, command::SIGN_ECDSA, Fault::WrongMac), "answer-refused"),
        ("reset that does nothing", Rule::at(1, command::RESET_DEVICE, Fault::DropBefore), "not-clean"),
        ("session that ends", Rule::at(1, command::SIGN_ECDSA, Fault::CloseSession), "not-unlocked"),
    ];
    for (what, rule, code) in rows {
        let lab = Lab::new((2, 4, 0));
        lab.device().arm(rule);
        let got = lab.go("run", Some(&small()), &answers());
        refused(&lab, what, &got, 4, code);
        assert_eq!(lab.device().struck().len().min(1), 1, "{what}: the fault never struck");
    }
}

fn refused(lab: &Lab, what: &str, got: &Ran, exit: i32, code: &str) {
    assert_eq!(got.code, exit, "{what}: {}{}", got.out, got.err);
    let record = lab.record();
    let named = format!("\"code\":\"{code}\"");
    assert!(
        record.iter().any(|l| l.contains(&named)) || got.err.contains(code),
        "{what}: no {code} in {}\n{}",
        got.err,
        record[record.len() - 6..].join("\n")
    );
    lab.intact(what);
}
