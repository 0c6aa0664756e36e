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

use std::process::Command;

use devices::{Lab, PASSWORDS, SERIAL, answers, put, small};
use program::{Ran, SOFTHSM, clients_accept, closed, ran, run, script, verifiers_accept};
use yubihsm_sim::codes::{Code, command};
use yubihsm_sim::{Config, Fault, Rule};

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
    assert!(
        attested
            .iter()
            .all(|l| l.contains("\"failed\":\"\"") && l.contains("\"verdict\":\"rehearsal\"")),
        "{attested:#?}"
    );
    assert_eq!(of("retired").len(), 3);
    // Three passwords of three devices and three user PINs, typed from paper.
    assert_eq!(of("credential").len(), 12);
    let logs = of("device-log");
    assert_eq!(logs.len(), 5);
    for log in logs {
        assert!(
            log.contains("\"unexplained\":\"\"") && log.contains("\"missing\":\"\""),
            "{log}"
        );
    }
    let told = run(&["verify", bundle.to_str().unwrap()]).out;
    for n in 0..3 {
        assert!(told.contains("0 unexplained"), "{n}: {told}");
    }
    // Its keys are on the bench, never in what leaves or stays behind.
    assert!(
        !record
            .iter()
            .any(|l| l.contains("87654321") || l.contains("315263421456"))
    );
}

/// What becomes of the ceremony when the fault is mended and it is resumed.
#[derive(Clone, Copy)]
enum Then {
    /// It goes on to a good bundle, and no key was made twice.
    Closes,
    /// It stops again, with this code: a person has to decide something.
    Stops(&'static str),
}

/// What a device does wrong, from the first command on; and what happens when
/// it does no wrong any more.
#[test]
fn everything_that_a_yubihsm_can_do_wrong_has_a_name() {
    use Then::{Closes, Stops};
    let refuse = |code: Code| Fault::Refuse(code as u8);
    let at = Rule::at;
    let rows: Vec<(&str, Rule, &str, Then)> = vec![
        (
            "attestation by another key",
            at(1, command::SIGN_ATTESTATION, Fault::AttestWrongKey),
            "attestation-refused",
            Closes,
        ),
        (
            "attestation of another device",
            at(2, command::SIGN_ATTESTATION, Fault::AttestForeign(SERIAL + 9)),
            "attestation-refused",
            Closes,
        ),
        (
            "attestation that is cut",
            at(1, command::SIGN_ATTESTATION, Fault::Cut(9)),
            "answer-refused",
            Closes,
        ),
        (
            "attestation whose answer is lost",
            at(1, command::SIGN_ATTESTATION, Fault::DropAfter),
            "removed",
            Closes,
        ),
        (
            "command that nobody knows",
            at(1, command::SIGN_EDDSA, Fault::UnknownLogEntry),
            "answer-refused",
            Stops("answer-refused"),
        ),
        (
            "full log",
            at(2, command::GENERATE_ASYMMETRIC_KEY, refuse(Code::LogFull)),
            "log-full",
            Closes,
        ),
        (
            "full storage",
            at(2, command::GENERATE_ASYMMETRIC_KEY, refuse(Code::StorageFailed)),
            "device-error",
            Closes,
        ),
        (
            "key whose answer is lost",
            at(2, command::GENERATE_ASYMMETRIC_KEY, Fault::DropAfter),
            "\"adopted\":true",
            Closes,
        ),
        (
            "key that was never ordered",
            at(2, command::GENERATE_ASYMMETRIC_KEY, Fault::DropBefore),
            "device-error",
            Closes,
        ),
        (
            "key that it made and denies",
            at(
                2,
                command::GENERATE_ASYMMETRIC_KEY,
                Fault::Deny(Code::StorageFailed as u8),
            ),
            "\"adopted\":true",
            Closes,
        ),
        (
            "another device before a signature",
            at(2, command::SIGN_ECDSA, Fault::Swap(SERIAL + 1)),
            "removed",
            Stops("not-found"),
        ),
        (
            "connection that breaks",
            at(1, command::SIGN_ECDSA, Fault::DropBefore).and_later(),
            "removed",
            Closes,
        ),
        (
            "signature whose answer is lost",
            at(4, command::SIGN_ECDSA, Fault::DropAfter),
            "removed",
            Closes,
        ),
        (
            "signature that it made and denies",
            at(4, command::SIGN_ECDSA, Fault::Deny(Code::InvalidData as u8)),
            "device-error",
            Closes,
        ),
        (
            "wrong signature",
            at(1, command::SIGN_ECDSA, Fault::Flip),
            "signature-wrong",
            Closes,
        ),
        (
            "signature by another key",
            at(2, command::SIGN_EDDSA, Fault::ForeignSignature),
            "signature-wrong",
            Closes,
        ),
        (
            "wrong MAC",
            at(1, command::SIGN_ECDSA, Fault::WrongMac),
            "answer-refused",
            Closes,
        ),
        (
            "session that ends",
            at(1, command::SIGN_ECDSA, Fault::CloseSession),
            "not-unlocked",
            Closes,
        ),
        (
            "power cut",
            at(3, command::SIGN_ECDSA, Fault::Reboot),
            "removed",
            Closes,
        ),
        (
            "reset that does nothing",
            at(1, command::RESET_DEVICE, Fault::DropBefore),
            "not-clean",
            Closes,
        ),
        (
            "provisioner that stays",
            at(2, command::DELETE_OBJECT, Fault::DropBefore),
            "removed",
            Closes,
        ),
        (
            "provisioner that goes unsaid",
            at(2, command::DELETE_OBJECT, Fault::DropAfter),
            "removed",
            Closes,
        ),
        (
            "set-up that is cut",
            at(2, command::PUT_AUTHENTICATION_KEY, Fault::DropAfter),
            "removed",
            Closes,
        ),
        (
            "set-up that is cut at its end",
            at(1, command::DELETE_OBJECT, Fault::DropAfter),
            "removed",
            Stops("not-clean"),
        ),
        (
            "log that is not forgotten",
            at(1, command::SET_LOG_INDEX, Fault::DropBefore),
            "removed",
            Closes,
        ),
        (
            "log that is forgotten unsaid",
            at(1, command::SET_LOG_INDEX, Fault::DropAfter),
            "removed",
            Closes,
        ),
        (
            "log that is cut",
            at(1, command::GET_LOG_ENTRIES, Fault::Short(40)).and_later(),
            "answer-refused",
            Closes,
        ),
    ];
    let faults = each(rows, |(what, rule, code, then)| {
        let lab = Lab::new((2, 4, 0));
        lab.device().arm(rule);
        let got = lab.go("run", Some(&small()), &answers());
        assert!(
            !lab.device().struck().is_empty(),
            "{what}: the fault never struck: {}{}",
            got.out,
            got.err
        );
        if !code.contains("adopted") {
            refused(&lab, what, &got, 4, code);
            lab.device().disarm();
        }
        match then {
            Closes => {
                let done = if got.code == 0 {
                    got
                } else {
                    lab.go("resume", None, &answers())
                };
                assert_eq!(done.code, 0, "{what}: {}{}", done.out, done.err);
                lab.no_key_twice(what);
                verifiers_accept(&lab.room.bundle());
            }
            Stops(code) => refused(&lab, what, &lab.go("resume", None, &answers()), 4, code),
        }
        assert!(lab.record().iter().any(|l| l.contains(code)), "{what}: {code}");
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// Tries every row, several at a time: most of a row is waiting. What failed.
fn each<T: Send>(rows: Vec<T>, try_one: impl Fn(T) + Sync) -> Vec<String> {
    let rows = std::sync::Mutex::new(rows);
    let faults = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| {
                loop {
                    let Some(row) = rows.lock().unwrap().pop() else {
                        return;
                    };
                    let tried = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| try_one(row)));
                    if let Err(why) = tried {
                        let why = why.downcast_ref::<String>().cloned();
                        faults.lock().unwrap().push(why.unwrap_or_default());
                    }
                }
            });
        }
    });
    faults.into_inner().unwrap()
}

/// A failure: its exit code, its name in the record, and the record intact.
fn refused(lab: &Lab, what: &str, got: &Ran, exit: i32, code: &str) {
    assert_eq!(got.code, exit, "{what}: {}{}", got.out, got.err);
    let record = lab.record();
    assert!(
        record[record.len() - 1].contains(code),
        "{what}: no {code} in {}",
        got.err
    );
    lab.intact(what);
}

/// Answers that stop at the first review: the device waits in the safe.
fn until_review() -> String {
    put(&answers(), "review    = true\n", "")
}

/// What happens to a device between two runs of the program.
#[test]
fn what_happens_to_a_device_while_nobody_looks_is_found_out() {
    type Deed = fn(&mut Lab);
    let rows: Vec<(&str, Deed, &str)> = vec![
        (
            "somebody else signs",
            |lab| somebody_signs(lab),
            "log-unexplained",
        ),
        (
            "somebody else's command",
            |lab| lab.device().log_command(command::SIGN_ECDSA),
            "log-unexplained",
        ),
        ("a full log", |lab| lab.device().fill_log(), "log-full"),
        (
            "another device answers",
            |lab| lab.device().swap(SERIAL + 7),
            "not-found",
        ),
        ("the connector is gone", |lab| lab.simulators.clear(), "not-found"),
        (
            "its key is damaged",
            |lab| {
                let key = lab.keys_on_device()[0];
                lab.device().corrupt_key(key);
            },
            "key-differs",
        ),
    ];
    let faults = each(rows, |(what, deed, code)| {
        let mut lab = Lab::new((2, 4, 0));
        let paused = lab.go("run", Some(&small()), &until_review());
        assert_eq!(paused.code, 3, "{what}: {}{}", paused.out, paused.err);
        deed(&mut lab);
        refused(&lab, what, &lab.go("resume", None, &answers()), 4, code);
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// A second client that knows the signer's password.
fn somebody_signs(lab: &Lab) {
    use yubihsm::authentication::{Credentials, Key};
    let key = Key::derive_from_password(PASSWORDS[1].as_bytes());
    let client = lab.client(Credentials::new(3, key));
    client
        .sign_ecdsa_prehash_raw(lab.keys_on_device()[0], vec![7_u8; 32])
        .unwrap();
}

/// What is wrong before anything is done, in the script or on the bench.
#[test]
fn a_bench_that_is_wrong_from_the_start_is_refused() {
    let waiver = "serial  = \"0013200460\"\nfirmware_waiver = \"a rehearsal of the old drawer\"";
    let waived = put(&small(), "serial  = \"0013200460\"", waiver);
    let other = other_root();
    let other_root = small()
        .replace("simulated-yubihsm-root.pem", "other.pem")
        .replace(
            "b91123f732a27f695e5951074a1241f939e0751551cb66d7f731441f8aa0808e",
            &tuf_ceremony::base::Digest::of(other.as_bytes()).to_string(),
        );
    let vendor_alone = put(&small(), "of     = \"rehearsal-root\"", "of     = \"vendor\"");
    let device = |serial, firmware| Config {
        serial,
        firmware,
        ..Config::default()
    };
    let good = (2, 4, 0);
    let rows: Vec<(&str, String, Vec<Config>, i32, &str)> = vec![
        (
            "root of somebody else",
            other_root,
            vec![device(SERIAL, good)],
            4,
            "attestation-refused",
        ),
        (
            "rehearsal device, vendor's root",
            vendor_alone,
            vec![device(SERIAL, good)],
            4,
            "attestation-refused",
        ),
        (
            "firmware that leaks keys",
            small(),
            vec![device(SERIAL, (2, 1, 2))],
            4,
            "firmware-old",
        ),
        (
            "firmware of 2.2",
            small(),
            vec![device(SERIAL, (2, 2, 0))],
            4,
            "firmware-old",
        ),
        (
            "firmware that is waived",
            waived,
            vec![device(SERIAL, (2, 1, 2))],
            0,
            "\"type\":\"waived\"",
        ),
        (
            "another device",
            small(),
            vec![device(SERIAL + 1, good)],
            3,
            "no device that answers has this serial",
        ),
        ("nothing", small(), vec![], 2, "connector"),
        (
            "two with one serial",
            small(),
            vec![device(SERIAL, good), device(SERIAL, good)],
            3,
            "two devices have the same serial",
        ),
        (
            "one device among others",
            small(),
            vec![device(SERIAL + 1, good), device(SERIAL, good)],
            0,
            "\"type\":\"close\"",
        ),
    ];
    let faults = each(rows, |(what, text, configs, exit, code)| {
        let lab = Lab::with(configs);
        lab.write("other.pem", &other);
        let got = lab.go("run", Some(&text), &answers());
        match exit {
            0 => {
                assert_eq!(got.code, 0, "{what}: {}{}", got.out, got.err);
                assert!(lab.record().iter().any(|l| l.contains(code)), "{what}");
                verifiers_accept(&lab.room.bundle());
            }
            2 => assert!(
                got.code == 2 && got.err.contains(code),
                "{what}: {}{}",
                got.out,
                got.err
            ),
            _ => {
                refused(&lab, what, &got, exit, code);
                let made = lab.simulators.iter().flat_map(|s| s.device().seen());
                let made = made
                    .filter(|s| s.command == command::GENERATE_ASYMMETRIC_KEY)
                    .count();
                assert!(made == 0 || code == "attestation-refused", "{what}: {made} keys");
            }
        }
    });
    assert!(faults.is_empty(), "{}", faults.join("\n\n"));
}

/// A root that signed nothing.
fn other_root() -> String {
    let dir = tempfile::tempdir().unwrap();
    let key = dir.path().join("key");
    let made = Command::new("openssl")
        .args([
            "req",
            "-x509",
            "-newkey",
            "ec",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-nodes",
        ])
        .args(["-subj", "/CN=Somebody Else Root", "-keyout"])
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success());
    String::from_utf8(made.stdout).unwrap()
}

/// A device whose default password somebody has changed is not from the factory.
#[test]
fn a_device_that_somebody_had_before_is_not_clean() {
    use yubihsm::authentication::{Algorithm, Credentials, Key};
    use yubihsm::{Capability, Domain, object};
    let lab = Lab::new((2, 4, 0));
    let put = |by: Credentials, id: u16, password: &[u8]| {
        let client = lab.client(by);
        if id == 1 {
            client.delete_object(1, object::Type::AuthenticationKey).unwrap();
        }
        let all = Capability::all();
        client
            .put_authentication_key(
                id,
                object::Label::default(),
                Domain::all(),
                all,
                all,
                Algorithm::YubicoAes,
                Key::derive_from_password(password),
            )
            .unwrap();
    };
    put(Credentials::default(), 9, b"ours from now on, all of it");
    let nine = Credentials::new(9, Key::derive_from_password(b"ours from now on, all of it"));
    put(nine, 1, b"not the password");
    let got = lab.go("run", Some(&small()), &answers());
    refused(&lab, "changed default password", &got, 4, "not-clean");
    assert!(
        !lab.device()
            .seen()
            .iter()
            .any(|s| s.command == command::RESET_DEVICE)
    );
}
