//! Rotations whose keys stand on tokens of real modules: a first ceremony makes
//! keys on SoftHSM2 tokens, and a second one, whose script is written from the first one's bundle, enrols them
//! there by the first one's record, admits a new key and signs root 2. Then
//! everything that must not be enrolled.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "pkcs11")]

#[path = "support/program.rs"]
mod program;
#[path = "support/rotation.rs"]
mod rotation;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::LazyLock;

use program::{Ran, Room, SOFTHSM, clients_accept, closed, lines, ran, run, script, verifiers_accept};
use rotation::{Rotation, copy, refused, serial_of};
use tuf_ceremony::base::{Digest, Json};
use tuf_ceremony::transcript::{self, Kind, Record, Writer};

/// The first ceremony, run once; tests work on copies of its tokens.
struct First {
    room: Room,
}

static FIRST: LazyLock<Option<First>> = LazyLock::new(|| {
    let room = Room::new();
    let conf = room.softhsm()?;
    let done = ran(room
        .command("run")
        .env("SOFTHSM2_CONF", conf)
        .arg(script("root-keygen-softhsm.toml"))
        .arg("--answers")
        .arg(script("root-keygen-softhsm.answers.toml"))
        .arg("--module")
        .arg(format!("softhsm={SOFTHSM}")));
    closed(&done);
    Some(First { room })
});

/// The room of a rotation: the tokens of the first ceremony, and a blank one.
struct Lab {
    room: Room,
    conf: PathBuf,
    module: PathBuf,
    rotation: Rotation,
}

impl Lab {
    fn new() -> Option<Lab> {
        let first = FIRST.as_ref()?;
        let room = Room::new();
        let tokens = room.dir.path().join("softhsm");
        copy(&first.room.dir.path().join("softhsm"), &tokens);
        let conf = room.dir.path().join("softhsm2.conf");
        std::fs::write(
            &conf,
            format!(
                "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\nslots.removable = true\n",
                tokens.display()
            ),
        )
        .unwrap();
        softhsm(
            &conf,
            &[
                "--init-token",
                "--free",
                "--label",
                "blank-d",
                "--so-pin",
                "87654321",
                "--pin",
                "99999999",
            ],
        );
        let rotation = Rotation::of(&first.room.bundle(), "pkcs11\"\nmodule = \"softhsm");
        Some(Lab {
            room,
            conf,
            module: PathBuf::from(SOFTHSM),
            rotation,
        })
    }

    /// The same, behind the module that misbehaves as the rule says.
    fn faulty(rule: &str) -> Option<Lab> {
        let me = std::env::current_exe().unwrap();
        let built = me.parent()?.parent()?.join("libpkcs11_fault.so");
        if !built.is_file() {
            println!("SKIPPED: the misbehaving module is not built: cargo build -p pkcs11-fault");
            return None;
        }
        let mut lab = Lab::new()?;
        let place = lab.room.dir.path().join("module");
        std::fs::create_dir(&place).unwrap();
        lab.module = place.join("pkcs11-fault.so");
        std::fs::copy(built, &lab.module).unwrap();
        lab.rule(rule);
        Some(lab)
    }

    fn rule(&self, rule: &str) {
        let path = self.module.with_extension("conf");
        std::fs::write(path, format!("module {SOFTHSM}\n{rule}\n")).unwrap();
    }

    /// How often a function of the module was called, over every process.
    fn calls(&self, function: &str) -> usize {
        let log = std::fs::read_to_string(self.module.with_extension("log")).unwrap_or_default();
        let mark = format!(" {function} ");
        log.lines()
            .filter(|l| l.contains(&mark) && l.ends_with(" enter"))
            .count()
    }

    fn go(&self, verb: &str, answers: &str) -> Ran {
        let mut command = self.room.command(verb);
        if verb == "run" {
            command.arg(self.rotation.write(self.room.dir.path()));
        }
        let path = self.room.dir.path().join("answers.toml");
        std::fs::write(&path, answers).unwrap();
        ran(command
            .env("SOFTHSM2_CONF", &self.conf)
            .arg("--answers")
            .arg(path)
            .arg("--module")
            .arg(format!("softhsm={}", self.module.display())))
    }

    fn run(&self) -> Ran {
        self.go("run", &self.answers())
    }

    fn answers(&self) -> String {
        let mut text = rotation::ANSWERS.to_owned();
        for letter in ["a", "b"] {
            text += &format!(
                "\n[[token]]\nid = \"token-{letter}\"\nserial = \"{}\"\npin = \"12345678\"\n",
                serial_of(&self.rotation.record, &format!("token-{letter}"))
            );
        }
        text + "\n[[token]]\nid = \"token-d\"\nlabel = \"blank-d\"\nso_pin = \"87654321\"\npin = \"12345678\"\n"
    }

    fn of_kind(&self, kind: &str) -> Vec<String> {
        let kind = format!("\"type\":\"{kind}\"");
        let lines = lines(&self.room.record());
        lines.into_iter().filter(|l| l.contains(&kind)).collect()
    }

    /// It stopped, before any signature, and the record says why.
    fn stopped(&self, got: &Ran, says: &str) {
        assert!(got.code == 4 || got.code == 3, "{}{}", got.out, got.err);
        let record = lines(&self.room.record()).join("\n");
        assert!(
            record.contains(says) || got.err.contains(says),
            "{says}: {}\n{record}",
            got.err
        );
        assert!(self.of_kind("signed").is_empty(), "{says}");
    }
}

fn softhsm(conf: &Path, args: &[&str]) {
    let status = Command::new("softhsm2-util")
        .env("SOFTHSM2_CONF", conf)
        .args(args)
        .stdout(std::process::Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
}

#[test]
fn a_rotation_enrols_on_the_tokens_of_the_first_ceremony() {
    let Some(lab) = Lab::new() else { return };
    let done = lab.run();
    if done.code != 0 {
        println!("{}", lines(&lab.room.record()).join("\n"));
    }
    closed(&done);
    let bundle = lab.room.bundle();
    verifiers_accept(&bundle);
    let enrolled: Vec<String> = lab
        .of_kind("key")
        .into_iter()
        .filter(|l| l.contains("\"enrolled\":true"))
        .collect();
    assert_eq!(enrolled.len(), 2);
    let whole = lab.rotation.published(&bundle, lab.room.dir.path());
    clients_accept(&whole, lab.room.dir.path(), true);
    // The record that vouched leaves with the bundle, by its digest.
    let named = Digest::of(&lab.rotation.record);
    assert!(bundle.join(format!("blobs/{named}")).is_file());
}

/// A record with some of its records changed, and its chain made anew.
fn rewritten(record: &[u8], change: impl Fn(&mut Record)) -> Vec<u8> {
    let chain = transcript::read(record);
    let mut writer = Writer::new();
    let mut out = String::new();
    for (line, _) in chain.lines {
        let mut record = line.record;
        change(&mut record);
        out += &writer.next(&record, &line.boot, line.at).unwrap();
        out.push('\n');
    }
    out.into_bytes()
}

fn with_text(record: &mut Record, from: &str, to: &str) {
    let line = record.body.line();
    record.body = Json::parse(line.replace(from, to).as_bytes()).unwrap();
}

#[test]
fn a_record_that_does_not_vouch_is_refused_by_name() {
    let Some(first) = FIRST.as_ref() else { return };
    let rotation = || Rotation::of(&first.room.bundle(), "pkcs11\"\nmodule = \"softhsm");
    let good = rotation();
    let dir = tempfile::tempdir().unwrap();
    let path = good.write(dir.path());
    assert_eq!(run(&["check", path.to_str().unwrap()]).code, 0);

    let mut none = rotation();
    none.text = none.text.replace("record = {", "# record = {");
    refused(&none, "a rehearsal would sign a root with a real key on token-a");

    let other = Room::new();
    closed(&other.run(&script("root-keygen.toml"), &script("root-keygen.answers.toml")));
    let mut elsewhere = rotation();
    elsewhere.record = std::fs::read(other.bundle().join("ceremony.jsonl")).unwrap();
    refused(&elsewhere, "the named record did not make root-a");

    let whole: Vec<&[u8]> = good.record.split_inclusive(|b| *b == b'\n').collect();
    let mut open = rotation();
    open.record = whole[..whole.len() - 1].concat();
    refused(&open, "the record is not closed");
    let mut gap = rotation();
    gap.record = [&whole[..40], &whole[41..]].concat().concat();
    refused(&gap, "the record is not intact");
    let mut torn = rotation();
    torn.record.truncate(good.record.len() / 2);
    refused(&torn, "the record is not closed");
    let mut huge = rotation();
    huge.record = vec![b'x'; (4 << 20) + 1];
    refused(&huge, "the limit is 4194304");

    // A production ceremony's record says that it is one; whoever changes that
    // gives the ceremony another id, and its keys no longer follow from it.
    let mut production = rotation();
    production.record = rewritten(&good.record, |r| {
        if r.kind == Kind::Open {
            with_text(r, "\"kind\":\"rehearsal\"", "\"kind\":\"production\"");
        }
    });
    refused(&production, "expected the record of a rehearsal, got production");
    let mut relabelled = rotation();
    relabelled.record = rewritten(&good.record, |r| {
        if r.kind == Kind::Open {
            with_text(r, "\"site\":\"training-room\"", "\"site\":\"vienna\"");
        }
    });
    refused(&relabelled, "no key that this ceremony made");

    // What was enrolled there was made elsewhere.
    let mut adopted = rotation();
    adopted.record = rewritten(&good.record, |r| {
        if r.kind == Kind::Key {
            with_text(r, "\"accepted\":true", "\"accepted\":true,\"enrolled\":true");
        }
    });
    refused(&adopted, "the named record did not make root-a");

    let mut serial = rotation();
    let known = serial_of(&good.record, "token-a");
    serial.text = serial.text.replace(&known, "0123456789abcdef");
    refused(&serial, "the named record made root-a on");

    let mut real = rotation();
    real.text = real.text.replace(
        "kind = \"rehearsal\"",
        "kind = \"production\"\npredecessor = \"genesis\"",
    );
    refused(&real, "expected the record of a production, got rehearsal");
}

/// The files of a SoftHSM2 token's objects, by the token's serial.
fn empty_token(lab: &Lab, serial: &str) {
    let folder = std::fs::read_dir(lab.room.dir.path().join("softhsm"))
        .unwrap()
        .map(|e| e.unwrap().path())
        .find(|p| {
            // SoftHSM2 names the folder after the serial, in groups.
            let name = p.file_name().unwrap().to_str().unwrap().replace('-', "");
            name.ends_with(serial)
        })
        .unwrap();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name != "token.object" && name.contains(".object") {
            std::fs::remove_file(path).unwrap();
        }
    }
}

#[test]
fn a_token_without_the_key_enrols_nothing() {
    let Some(lab) = Lab::new() else { return };
    empty_token(&lab, &serial_of(&lab.rotation.record, "token-a"));
    let got = lab.run();
    lab.stopped(&got, "the device holds no key with the public key of root-a");
}

#[test]
fn a_key_that_was_replaced_on_its_token_is_not_enrolled() {
    let Some(lab) = Lab::new() else { return };
    let serial = serial_of(&lab.rotation.record, "token-a");
    empty_token(&lab, &serial);
    // Another key, under the id and the label of the old one.
    let key = rotation::made(&lab.rotation.record, "root-a");
    let pem = lab.room.dir.path().join("other.pem");
    let made = Command::new("openssl")
        .args([
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
            "-out",
        ])
        .arg(&pem)
        .output()
        .unwrap();
    assert!(made.status.success());
    let bytes = data_encoding::BASE32_NOPAD
        .decode(key.to_ascii_uppercase().as_bytes())
        .unwrap();
    let id = data_encoding::HEXLOWER.encode(&bytes);
    let label = format!("root-a:{key}");
    let pem = pem.to_str().unwrap();
    softhsm(
        &lab.conf,
        &[
            "--import", pem, "--serial", &serial, "--label", &label, "--id", &id, "--pin", "12345678",
        ],
    );
    let got = lab.run();
    lab.stopped(&got, "the device holds no key with the public key of root-a");
    assert!(lines(&lab.room.record()).join("").contains("(keys on it: 1)"));
}

#[test]
fn a_wrong_pin_at_the_enrolment_counts_and_is_asked_again() {
    let Some(lab) = Lab::new() else { return };
    let answers = lab.answers().replacen(
        "pin = \"12345678\"",
        "pin = \"12345678\"\nwrong = [\"00000000\"]",
        1,
    );
    closed(&lab.go("run", &answers));
    let wrong: Vec<String> = lab
        .of_kind("outcome")
        .into_iter()
        .filter(|l| l.contains("\"code\":\"pin-wrong\""))
        .collect();
    assert_eq!(wrong.len(), 1);
    assert!(wrong[0].contains("\"step\":\"all.4\""), "{}", wrong[0]);
    let tries = lab
        .of_kind("intended")
        .iter()
        .filter(|l| l.contains("\"step\":\"all.4\"") && l.contains("\"unlock\""))
        .count();
    assert_eq!(tries, 2, "one try for each PIN that was typed");
}

#[test]
fn a_token_that_is_pulled_at_the_enrolment_is_enrolled_when_it_is_back() {
    let Some(lab) = Lab::faulty("C_FindObjectsInit *@C_Login before return CKR_DEVICE_REMOVED") else {
        return;
    };
    let got = lab.run();
    lab.stopped(&got, "\"code\":\"removed\"");
    lab.rule("");
    closed(&lab.go("resume", &lab.answers()));
    verifiers_accept(&lab.room.bundle());
}

/// A device of somebody else is not even unlocked.
#[test]
fn another_device_is_refused_before_its_pin_is_asked() {
    let Some(mut lab) = Lab::faulty("") else { return };
    let (a, c) = (
        serial_of(&lab.rotation.record, "token-a"),
        serial_of(&lab.rotation.record, "token-c"),
    );
    lab.rotation.text = lab.rotation.text.replace(&a, "at-inventory");
    let got = lab.go("run", &lab.answers().replace(&a, &c));
    lab.stopped(&got, "the named record made root-a on");
    assert_eq!(lab.calls("C_Login"), 0);
}

/// Killed while root A's signature is made: before the token acted, and after.
#[test]
fn killed_between_enrolment_and_signature_nothing_is_signed_twice_in_silence() {
    for point in ["before", "after"] {
        // The first signature proves the new key.
        let Some(lab) = Lab::faulty(&format!("C_Sign 2 {point} kill-both")) else {
            return;
        };
        let killed = lab.run();
        assert_eq!(killed.code, -1, "{}{}", killed.out, killed.err);
        let before = lines(&lab.room.record());
        assert!(before.last().unwrap().contains("\"type\":\"intended\""));
        closed(&lab.go("resume", &lab.answers()));
        verifiers_accept(&lab.room.bundle());
        assert_eq!(lab.of_kind("recovered").len(), 1, "{point}: it is said");
        assert_eq!(lab.of_kind("signed").len(), 3);
        // Proof, A once more, B, D.
        assert_eq!(lab.calls("C_Sign"), 5, "{point}");
        let orders = lab
            .of_kind("intended")
            .iter()
            .filter(|l| l.contains("\"sign\""))
            .count();
        assert_eq!(orders, 5, "{point}: each call was ordered in the record");
        let whole = lab.rotation.published(&lab.room.bundle(), lab.room.dir.path());
        clients_accept(&whole, lab.room.dir.path(), true);
    }
}

/// One public key under two ids: one device operation, and the signature stands under both.
#[test]
fn a_re_keyed_key_on_a_real_token_signs_once_for_both_ids() {
    let Some(mut lab) = Lab::faulty("") else { return };
    let first = FIRST.as_ref().unwrap();
    lab.rotation = Rotation::re_key(&first.room.bundle(), "pkcs11\"\nmodule = \"softhsm");
    let answers = lab.answers();
    let answers = &answers[..answers.find("\n[[token]]\nid = \"token-d\"").unwrap()];
    let done = lab.go("run", answers);
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    assert_eq!(lab.calls("C_Sign"), 2, "A once, B once");
    let of_b: Vec<String> = lab
        .of_kind("signed")
        .into_iter()
        .filter(|l| l.contains("\"step\":\"all.14\""))
        .collect();
    let bundle = lab.room.bundle();
    verifiers_accept(&bundle);
    let bytes = std::fs::read(bundle.join("metadata/2.root.json")).unwrap();
    let metadata = tuf_ceremony::tuf::Metadata::parse(&bytes).unwrap();
    let mut ids: Vec<_> = metadata.signatures.iter().map(|s| s.keyid).collect();
    let mut texts: Vec<_> = metadata.signatures.iter().map(|s| s.sig.clone()).collect();
    assert_eq!(ids.len(), 3, "A, and B under its old and its new id: {of_b:?}");
    ids.sort();
    ids.dedup();
    texts.sort();
    texts.dedup();
    assert_eq!((ids.len(), texts.len()), (3, 2));
    let whole = lab.rotation.published(&bundle, lab.room.dir.path());
    clients_accept(&whole, lab.room.dir.path(), true);
}
