//! Drills through the shipped binary: each fault shows its card, turns the right
//! claim red, and the ceremony is then finished with every planned key and
//! signature, or cleanly aborted. And nothing but a rehearsal on embedded tokens
//! can be made to fail on purpose.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "ceremony")]

#[path = "support/program.rs"]
mod program;

use std::path::{Path, PathBuf};

use program::{Ran, Room, closed, lines, ran, root, run, script, verifiers_accept};
use tuf_ceremony::base::{Algorithm, Digest, Instant, PublicKey, Stamp};
use tuf_ceremony::engine::{
    self, CLIENTS, ENGINE, FileRef, FrontEnd, Input, InputKind, Opening, Program, SecretsPath, State,
};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::runner::drill::{Drill, Fault, Permit, Shows};
use tuf_ceremony::script::{Backend, Kind, Script};

/// Keys that the built-in rehearsal makes.
const KEYS: usize = 7;

fn answers(room: &Room, changes: &[(&str, &str)]) -> PathBuf {
    let mut text = std::fs::read_to_string(script("root-keygen.answers.toml")).unwrap();
    // The wrong PIN of the ordinary rehearsal is another lesson.
    for (from, to) in [("wrong  = [\"not-the-pin\"]", "")].iter().chain(changes) {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    let path = room.dir.path().join("answers.toml");
    std::fs::write(&path, text).unwrap();
    path
}

fn saying(room: &Room, trouble: &str) -> PathBuf {
    let to = format!("recover   = true\n{trouble} #");
    answers(room, &[("recover   = true", &to)])
}

fn rehearse(room: &Room, fault: &str, answers: &Path) -> Ran {
    ran(room
        .command("rehearse")
        .args(["--fault", fault, "--answers"])
        .arg(answers))
}

/// The record says which drill it was, and so does whoever judges it; nothing is
/// lost, doubled or left over.
fn finished(room: &Room, word: &str) -> Vec<String> {
    verifiers_accept(&room.bundle());
    let record = lines(&room.record());
    assert!(
        record[0].contains(&format!("\"drill\":\"{word}\"")),
        "{}",
        record[0]
    );
    let judged = run(&["verify", room.bundle().to_str().unwrap()]);
    assert!(
        judged.out.contains(&format!("a rehearsal with a drill: {word}")),
        "{}",
        judged.out
    );
    let keys = |l: &&String| l.contains("\"type\":\"key\"") && l.contains("\"accepted\":true");
    assert_eq!(record.iter().filter(keys).count(), KEYS);
    let signed = record
        .iter()
        .filter(|l| l.contains("\"type\":\"signed\""))
        .count();
    assert_eq!(signed, 6, "each planned signature once");
    record
}

/// The fault strikes, is tried again as the card says, and the ceremony ends well.
fn mended(fault: &str, word: &str, red: &str) -> Vec<String> {
    let room = Room::new();
    closed(&rehearse(&room, fault, &saying(&room, "again = 3")));
    let record = finished(&room, word);
    assert!(
        record.iter().any(|l| l.contains(red)),
        "{fault}: nothing says {red}"
    );
    record
}

/// The fault ends the run with its card; the ceremony is resumed and ends well.
fn resumed(fault: &str, code: i32, word: &str, card: &str) -> Vec<String> {
    let room = Room::new();
    let answers = answers(&room, &[]);
    let stopped = rehearse(&room, fault, &answers);
    assert_eq!(stopped.code, code, "{fault}: {}{}", stopped.out, stopped.err);
    assert!(stopped.err.contains(card), "{fault}: {}", stopped.err);
    closed(&room.resume(&answers));
    finished(&room, word)
}

#[test]
fn a_token_is_pulled_out() {
    mended("token-pulled", "token-pulled@root.4", "\"code\":\"removed\"");
    let record = mended(
        "token-pulled@keys.5",
        "token-pulled@keys.5",
        "\"code\":\"removed\"",
    );
    assert!(
        !record.iter().any(|l| l.contains("\"adopted\":true")),
        "no key had been made"
    );
    resumed("token-pulled", 4, "token-pulled@root.4", "removed: ");
}

#[test]
fn a_serial_is_lied_about() {
    resumed(
        "serial-lie",
        3,
        "serial-lie@tokens.1",
        "no device that answers has this serial",
    );
    mended("serial-lie", "serial-lie@tokens.1", "\"serial\":\"RHRSL-4710\"");
    mended(
        "serial-lie@root.4",
        "serial-lie@root.4",
        "\"serial\":\"RHRSL-4710\"",
    );
}

#[test]
fn a_signature_and_a_key_are_not_what_was_asked_for() {
    let thrown_away = |record: &[String]| {
        let signed = record.iter().filter(|l| l.contains("\"signature\":\"")).count();
        assert_eq!(
            signed, 14,
            "one more than the plan's proofs and signatures, and it counts nowhere"
        );
    };
    thrown_away(&mended(
        "bad-signature",
        "bad-signature@root.4",
        "\"type\":\"signed\"",
    ));
    thrown_away(&mended(
        "bad-signature@keys.2",
        "bad-signature@keys.2",
        "\"type\":\"proven\"",
    ));
    resumed("bad-signature", 4, "bad-signature@root.4", "signature-wrong: ");
    let record = mended(
        "other-key",
        "other-key@keys.3",
        "the device gave the public key of root-a again",
    );
    let refused = record.iter().filter(|l| l.contains("\"accepted\":false")).count();
    assert_eq!(refused, 1);
}

#[test]
fn a_reply_is_lost_and_nothing_is_made_twice() {
    let record = mended("reply-lost", "reply-lost@keys.1", "\"code\":\"module-hangs\"");
    let adopted = record.iter().filter(|l| l.contains("\"adopted\":true")).count();
    assert_eq!(adopted, 1, "the key that the token had made");
    mended(
        "reply-lost@root.4",
        "reply-lost@root.4",
        "\"code\":\"module-hangs\"",
    );
}

#[test]
fn a_log_is_full() {
    mended("log-full", "log-full@root.4", "\"code\":\"log-full\"");
}

#[test]
fn the_last_try_of_a_pin() {
    let record = mended("pin-last-try", "pin-last-try@keys.1", "\"pin\":{\"left\":1}");
    let restored = record.iter().rposition(|l| l.contains("\"pin\":{\"left\":3}"));
    let low = record.iter().position(|l| l.contains("\"pin\":{\"left\":1}"));
    assert!(low < restored, "the right PIN gives all tries back");
    // One more wrong PIN: locked, and only an abort is left.
    let room = Room::new();
    let wrong = [(
        "pin    = \"pin-for-a\"",
        "pin = \"pin-for-a\"\nwrong = [\"not-the-pin\"]",
    )];
    let stopped = rehearse(&room, "pin-last-try", &answers(&room, &wrong));
    assert_eq!(stopped.code, 4, "{}{}", stopped.out, stopped.err);
    assert!(stopped.err.contains("pin-locked: "), "{}", stopped.err);
    aborted(&room, &room.resume(&saying(&room, "abort = true")), "pin-locked");
}

#[test]
fn the_clock_jumps_back() {
    let record = resumed(
        "clock-back",
        3,
        "clock-back@open.2",
        "open.2 (Clock) needs a person",
    );
    let compared: Vec<&String> = record
        .iter()
        .filter(|l| l.contains("\"what\":\"clock\""))
        .collect();
    assert_eq!(compared.len(), 2);
    assert!(compared[0].contains("\"agrees\":false") && compared[0].contains("\"difference_s\":-108"));
    assert!(compared[1].contains("\"agrees\":true"));
    let room = Room::new();
    let stopped = rehearse(&room, "clock-back", &saying(&room, "abort = true"));
    aborted(&room, &stopped, "apart");
}

#[test]
fn the_media_fail() {
    for (fault, words) in [
        ("media-error", "Input/output error"),
        ("media-full", "No space left on device"),
    ] {
        mended(fault, &format!("{fault}@close.1"), words);
        resumed(fault, 4, &format!("{fault}@close.1"), words);
    }
}

/// The record's disk fails: the mirror has every line, and the failed copy is
/// brought up again by a resumption.
#[test]
fn the_record_s_disk_fails() {
    let room = Room::new();
    let mut text = std::fs::read_to_string(answers(&room, &[])).unwrap();
    text = text.replace("close     = true", "");
    let path = room.dir.path().join("open.toml");
    std::fs::write(&path, text).unwrap();
    let stopped = rehearse(&room, "record-copy-lost", &path);
    assert_eq!(stopped.code, 3, "{}{}", stopped.out, stopped.err);
    let mirror = room.dir.path().join("record.mirror");
    let (short, long) = (lines(&room.record()), lines(&mirror));
    assert!(short.len() < long.len() && long[..short.len()] == short[..]);
    let said = long.iter().find(|l| l.contains("\"type\":\"storage\"")).unwrap();
    assert!(
        said.contains("\"copy\":\"record\"") && said.contains("Input/output error"),
        "{said}"
    );
    closed(&ran(room
        .command("resume")
        .arg("--mirror")
        .arg(&mirror)
        .arg("--answers")
        .arg(answers(&room, &[]))));
    let record = finished(&room, "record-copy-lost@root.4");
    assert_eq!(record, lines(&mirror), "both copies are whole again");
    assert_eq!(record[..long.len()], long[..], "nothing is taken back");
}

#[test]
fn the_program_is_killed() {
    for (fault, word, dangling) in [
        ("kill-at:0", "kill-at:0", false),
        ("kill-at:77", "kill-at:77", false),
        ("kill-at", "kill-at@keys.1", true),
        ("kill-at@root.5", "kill-at@root.5", true),
        ("kill-at@close.1", "kill-at@close.1", true),
    ] {
        let room = Room::new();
        let answers = answers(&room, &[]);
        let killed = rehearse(&room, fault, &answers);
        assert_eq!(killed.code, -1, "{fault}: {}{}", killed.out, killed.err);
        let before = lines(&room.record());
        if let Some((_, record)) = fault.split_once(':') {
            let record: usize = record.parse().unwrap();
            assert!(
                (record + 1..record + 12).contains(&before.len()),
                "{fault}: {}",
                before.len()
            );
        }
        let last = before.last().unwrap();
        assert!(
            !dangling || last.contains("\"type\":\"intended\""),
            "{fault}: {last}"
        );
        closed(&room.resume(&answers));
        let after = finished(&room, word);
        assert_eq!(
            after[..before.len()],
            before[..],
            "{fault}: nothing is taken back"
        );
        let recovered = after.iter().any(|l| l.contains("\"type\":\"recovered\""));
        assert!(recovered || !dangling, "{fault}");
    }
}

#[test]
fn a_drill_can_be_aborted_and_its_record_says_so() {
    let room = Room::new();
    let stopped = rehearse(&room, "token-pulled", &saying(&room, "abort = true"));
    aborted(&room, &stopped, "removed");
}

fn aborted(room: &Room, ended: &Ran, why: &str) {
    assert_eq!(ended.code, 1, "{}{}", ended.out, ended.err);
    let record = lines(&room.record());
    let last = record.last().unwrap();
    assert!(
        last.contains("\"type\":\"abort\"") && last.contains(why),
        "{last}"
    );
    let judged = run(&["verify", room.record().to_str().unwrap()]);
    assert_eq!(judged.code, 1);
    assert!(judged.out.contains("incomplete"), "{}", judged.out);
    assert!(
        judged.out.contains("a rehearsal with a drill: "),
        "{}",
        judged.out
    );
    let again = room.resume(&script("root-keygen.answers.toml"));
    assert!(again.err.contains("error[record-not-open]"), "{}", again.err);
}

// ------------------------------------------------------- nobody else may

fn scripts(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            scripts(&path, found);
        } else if path.extension().is_some_and(|e| e == "toml")
            && !path.to_str().unwrap().contains(".answers.")
        {
            found.push(path);
        }
    }
}

fn plan(path: &Path) -> Option<Plan> {
    let script = Script::parse(&std::fs::read(path).unwrap()).ok()?;
    let mut inputs = Inputs::default();
    for (file, _) in script.files() {
        let bytes = std::fs::read(path.with_file_name(file)).unwrap();
        inputs.0.insert(file.to_owned(), bytes.into());
    }
    Plan::build(script, &inputs).ok()
}

/// Every script that there is: a permit only for rehearsals without a real device.
#[test]
fn only_rehearsals_on_embedded_tokens_give_a_permit() {
    let mut found = Vec::new();
    scripts(&root().join("ceremony-scripts"), &mut found);
    let (mut given, mut production, mut real) = (0, 0, 0);
    for path in found {
        let Some(plan) = plan(&path) else { continue };
        let real_device = plan
            .script()
            .tokens
            .iter()
            .any(|t| matches!(t.backend, Backend::Pkcs11 { .. } | Backend::Yubihsm));
        let harmless = plan.script().kind == Kind::Rehearsal && !real_device;
        assert_eq!(Permit::of(&plan).is_ok(), harmless, "{}", path.display());
        given += usize::from(harmless);
        production += usize::from(plan.script().kind == Kind::Production);
        real += usize::from(plan.script().kind == Kind::Rehearsal && real_device);
    }
    assert!(
        given > 0 && production > 0 && real > 0,
        "{given} {production} {real}"
    );
}

fn opening(plan: &Plan, drill: Option<&str>) -> InputKind {
    let script = plan.script();
    let digest = Digest::of(b"program");
    InputKind::Open(Box::new(Opening {
        boot: "0".repeat(32),
        engine: ENGINE,
        clients: CLIENTS,
        kind: script.kind.name().to_owned(),
        organisation: script.organisation.to_string(),
        site: script.site.to_string(),
        name: script.ceremony.to_string(),
        script: FileRef::of("script.toml", script.text.as_bytes()),
        inputs: plan
            .files()
            .iter()
            .map(|f| FileRef::of(&f.name, &f.bytes))
            .collect(),
        program: Program {
            version: "0".to_owned(),
            sha256: digest,
            lock: digest,
            released: None,
            features: Vec::new(),
        },
        approvals: plan.approvals().map(|n| FileRef::of("approvals", n)),
        verifier: FileRef::of("verify.py", b""),
        front_end: FrontEnd::Headless,
        secrets: SecretsPath::AnswersFile,
        modules: Vec::new(),
        predecessor: "genesis".to_owned(),
        log_key: PublicKey::from_raw(
            Algorithm::Ed25519,
            ed25519_dalek::SigningKey::from_bytes(&[7; 32])
                .verifying_key()
                .as_bytes(),
        )
        .unwrap(),
        drill: drill.map(str::to_owned),
        mirror: false,
        machine: Some(Default::default()),
    }))
}

/// Whoever re-executes a record refuses one that calls a real ceremony a drill.
#[test]
fn no_record_of_a_real_ceremony_can_be_a_drill() {
    let mut found = Vec::new();
    scripts(&root().join("ceremony-scripts"), &mut found);
    let mut refused = 0;
    for plan in found.iter().filter_map(|path| plan(path)) {
        let open = |drill: Option<&str>| {
            let input = Input {
                at: Stamp {
                    wall: Instant::EPOCH,
                    mono_ms: 0,
                },
                kind: opening(&plan, drill),
            };
            engine::step(&plan, &State::new(), &input)
        };
        match open(None) {
            Ok(ordinary) => {
                assert_eq!(ordinary.state.drill, None);
                assert!(
                    !ordinary.records[0].body.line().contains("drill"),
                    "as it always was"
                );
            }
            // A template that nobody has approved opens nothing, drill or not.
            Err(refusal) => {
                assert_eq!(refusal.code, engine::NOT_APPROVED);
                assert!(plan.approved().is_err());
            }
        }
        match open(Some("token-pulled@root.4")) {
            Ok(drilled) => {
                assert!(Permit::of(&plan).is_ok());
                assert_eq!(drilled.state.drill.as_deref(), Some("token-pulled@root.4"));
                for bad in ["", "No Drill", "a\u{1b}[2J", &"x".repeat(81)] {
                    assert_eq!(open(Some(bad)).unwrap_err().code, "drill-refused", "{bad}");
                }
            }
            Err(refusal) => {
                assert!(Permit::of(&plan).is_err());
                assert_eq!(refusal.code, "drill-refused");
                refused += 1;
            }
        }
    }
    assert!(refused > 1);
}

#[test]
fn the_binary_plays_no_drill_anywhere_else() {
    let room = Room::new();
    let given = script("root-keygen.answers.toml");
    let (softhsm, mix) = (script("root-keygen-softhsm.toml"), script("pypi-mix.toml"));
    let production = root().join("ceremony-scripts/templates/root-keygen.toml");
    for (verb, script, fault, code, says) in [
        (
            "rehearse",
            Some(&softhsm),
            "token-pulled",
            2,
            "token-a is no embedded token",
        ),
        ("rehearse", Some(&mix), "clock-back", 2, "is no embedded token"),
        (
            "rehearse",
            Some(&production),
            "media-error",
            3,
            "error[no-approvals]",
        ),
        ("run", Some(&softhsm), "token-pulled", 2, "--fault"),
        ("run", Some(&production), "token-pulled", 2, "--fault"),
        ("resume", None, "token-pulled", 2, "--fault"),
        ("rehearse", None, "fire", 2, "there is no drill fire"),
        ("rehearse", None, "kill-at:x", 2, "expected kill-at:RECORD"),
        ("rehearse", None, "token-pulled:7", 2, "expected kill-at:RECORD"),
        ("rehearse", None, "token-pulled@nowhere", 2, "no step nowhere"),
        ("rehearse", None, "token-pulled@open.1", 2, "another kind of step"),
        ("rehearse", None, "media-error@root.4", 2, "another kind of step"),
        (
            "rehearse",
            None,
            "bad-signature@snapshot.4",
            2,
            "no embedded token",
        ),
        (
            "rehearse",
            None,
            "other-key@keys.1",
            2,
            "no key is known before it",
        ),
        ("rehearse", None, "pin-last-try@keys.2", 2, "it asks for no PIN"),
    ] {
        let mut command = room.command(verb);
        command
            .args(script)
            .args(["--fault", fault, "--answers"])
            .arg(&given);
        let refused = ran(&mut command);
        assert_eq!(
            refused.code, code,
            "{verb} {fault}: {}{}",
            refused.out, refused.err
        );
        assert!(refused.err.contains(says), "{verb} {fault}: {}", refused.err);
        assert!(!room.record().exists(), "{verb} {fault}: nothing was started");
    }
    let listed = run(&["rehearse", "--fault", "list"]);
    let help = run(&["rehearse", "--help"]);
    for fault in Fault::ALL {
        let about = fault.about();
        assert!(
            listed.out.contains(about.id) && listed.out.contains(about.does),
            "{}",
            about.id
        );
        assert!(help.out.contains(about.id), "{}", help.out);
        assert!(!about.shows.is_empty() && Drill::parse(about.id).is_ok());
        assert!(about.shows.iter().all(|s| !matches!(s, Shows::Words(""))));
    }
    assert_eq!(listed.code, 0);
}
