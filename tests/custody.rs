//! Bags, seals and formal breaks through the shipped binary: a ceremony that
//! everybody left goes on on another machine, a swapped seal is never passed in
//! silence, and what the script gets wrong is refused by name.
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

use program::{Ran, Room, clients_accept, closed, lines, ran, run, script, verifiers_accept};

fn text(name: &str) -> String {
    std::fs::read_to_string(script(name)).unwrap()
}

fn changed(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replace(from, to)
    })
}

/// The shipped answers with some texts changed, in a file of the room.
fn answers(room: &Room, changes: &[(&str, &str)]) -> PathBuf {
    let path = room.dir.path().join("answers.toml");
    std::fs::write(&path, changed(&text("root-keygen-break.answers.toml"), changes)).unwrap();
    path
}

/// The first day, to the break.
fn first_day(room: &Room) -> Ran {
    let day = room.run(
        &script("root-keygen-break.toml"),
        &script("root-keygen-break.answers.toml"),
    );
    assert_eq!(day.code, 3, "{}{}", day.out, day.err);
    assert!(day.err.contains("a formal break"), "{}", day.err);
    day
}

fn of_kind(room: &Room, kind: &str) -> Vec<String> {
    let wanted = format!("\"type\":\"{kind}\"");
    let mut found = lines(&room.record());
    found.retain(|l| l.contains(&wanted));
    found
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

/// Everybody leaves; the machine stays behind and is lost. On another one there
/// is a plain copy of the record folder, and the devices.
#[test]
fn a_break_ends_well_on_another_machine() {
    let here = Room::new();
    first_day(&here);
    let left = of_kind(&here, "break");
    assert_eq!(left.len(), 1);
    for part in [
        "\"number\":\"TEB 5102\"",
        "\"person\":\"Otto\"",
        "\"media with the record\"",
    ] {
        assert!(left[0].contains(part), "{part}: {}", left[0]);
    }
    assert_eq!(of_kind(&here, "recorded").len(), 7);
    let there = Room::new();
    copy(&here.record(), &there.record());
    let devices = |room: &Room| room.dir.path().join("record.devices");
    std::fs::rename(devices(&here), devices(&there)).unwrap();
    drop(here);
    let answers = script("root-keygen-break.answers.toml");
    closed(&there.resume(&answers));
    verifiers_accept(&there.bundle());
    clients_accept(&there.bundle(), there.dir.path(), false);
    let told = run(&["verify", there.bundle().to_str().unwrap()]).out;
    assert!(told.contains("token-b: TEB 5102, left with Otto"), "{told}");
    assert_eq!(of_kind(&there, "back").len(), 1);
    assert_eq!(of_kind(&there, "differed").len(), 0);
    let compared = of_kind(&there, "compared");
    let count = |what: &str| compared.iter().filter(|l| l.contains(what)).count();
    assert_eq!(
        count("\"what\":\"number\""),
        6,
        "five things of the break, one envelope"
    );
    assert_eq!(count("\"what\":\"break\""), 1);
    assert_eq!(count("\"what\":\"clock\""), 2, "confirmed anew");
    assert_eq!(count("\"agrees\":false"), 0);
    let last = lines(&there.record()).pop().unwrap();
    assert!(last.contains("\"deviations\":0"), "{last}");
    // The second signature of root stands after the break, by the token that left.
    let all = lines(&there.record());
    let at = |part: &str| all.iter().rposition(|l| l.contains(part)).unwrap();
    assert!(at("\"type\":\"back\"") < at("\"type\":\"signed\""));
}

/// Only a resumption goes on, and it begins with who is back.
#[test]
fn a_break_goes_on_with_people_first() {
    let room = Room::new();
    first_day(&room);
    let nobody = answers(
        &room,
        &[(
            "officer       = [\"Olga\", \"Otto\"",
            "officer = [\"Olga\", \"absent: ill\"",
        )],
    );
    let paused = room.resume(&nobody);
    assert_eq!(paused.code, 3, "{}{}", paused.out, paused.err);
    assert!(paused.err.contains("rest.1"), "{}", paused.err);
    assert_eq!(of_kind(&room, "back").len(), 0);
    closed(&room.resume(&script("root-keygen-break.answers.toml")));
    verifiers_accept(&room.bundle());
}

/// A seal that is another one after the night: nothing is passed, a person must
/// say why; with that and a quorum the ceremony goes on as a deviation.
#[test]
fn a_swapped_seal_is_a_deviation_that_a_quorum_decides() {
    let room = Room::new();
    first_day(&room);
    let swapped = ("person = \"Otto\"", "person = \"Otto\"\nback = \"TEB 6666\"");
    let silent = answers(&room, &[swapped]);
    for _ in 0..2 {
        let paused = room.resume(&silent);
        assert_eq!(paused.code, 3, "{}{}", paused.out, paused.err);
        assert!(
            paused.err.contains("rest.1 (Break) needs a person"),
            "{}",
            paused.err
        );
    }
    assert_eq!(of_kind(&room, "back").len(), 0);
    // Not even the right number takes it back.
    let right = room.resume(&script("root-keygen-break.answers.toml"));
    assert_eq!(right.code, 3, "{}{}", right.out, right.err);
    let decided = answers(
        &room,
        &[
            swapped,
            (
                "written   = true",
                "written = true\ndiffers = \"the bag tore on the way\"",
            ),
        ],
    );
    closed(&room.resume(&decided));
    verifiers_accept(&room.bundle());
    let differed = of_kind(&room, "differed");
    assert_eq!(differed.len(), 1, "{differed:?}");
    for part in [
        "\"item\":\"token-b\"",
        "\"recorded\":\"TEB 5102\"",
        "\"found\":\"TEB 6666\"",
        "\"because\":\"the bag tore on the way\"",
        "\"by\":\"officer\"",
        "\"quorum\":2",
    ] {
        assert!(differed[0].contains(part), "{part}: {}", differed[0]);
    }
    let said = lines(&room.record());
    let accepts = said
        .iter()
        .filter(|l| l.contains("\"done\":{\"typed\":\"accept\"}"))
        .count();
    assert_eq!(accepts, 2, "each of the quorum");
    assert!(said.last().unwrap().contains("\"deviations\":1"));
}

#[test]
fn a_number_that_must_be_the_same_is_never_passed_in_silence() {
    let room = Room::new();
    first_day(&room);
    let other = answers(
        &room,
        &[(
            "step   = \"rest.2\"\nitem   = \"envelope with the witness's copy of this script\"\nnumber = \"E-17\"",
            "step   = \"rest.2\"\nitem   = \"envelope with the witness's copy of this script\"\nnumber = \"E-18\"",
        )],
    );
    let paused = room.resume(&other);
    assert_eq!(paused.code, 3, "{}{}", paused.out, paused.err);
    assert!(paused.err.contains("rest.2 (Compare numbers"), "{}", paused.err);
    let compared = of_kind(&room, "compared");
    let wrong = |l: &&String| l.contains("\"typed\":\"E-18\"") && l.contains("\"agrees\":false");
    assert_eq!(
        compared.iter().filter(wrong).count(),
        2,
        "asked once more, then it stands"
    );
}

/// Someone forges the record's copy while everybody is away: it is no chain any more.
#[test]
fn a_copy_that_was_changed_during_the_break_is_not_gone_on_with() {
    let room = Room::new();
    first_day(&room);
    let path = room.record().join("ceremony.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replace("TEB 5102", "TEB 6666")).unwrap();
    let refused = room.resume(&script("root-keygen-break.answers.toml"));
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("record-damaged"), "{}", refused.err);
}

fn check(text: &str) -> Ran {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("case.toml");
    std::fs::write(&path, text).unwrap();
    run(&["check", path.to_str().unwrap()])
}

#[test]
fn what_a_script_gets_wrong_about_numbers_and_breaks_is_refused_by_name() {
    let script = text("root-keygen-break.toml");
    assert_eq!(check(&script).code, 0);
    let envelope = "items   = [\"envelope with the witness's copy of this script\"]";
    let second = "  \"envelope with the witness's copy of this script\",\n]";
    let rest = script.find("[[act]]\nid    = \"rest\"").unwrap();
    let after = script[rest..].find("[[act.step]]\nid      = \"rest.2\"").unwrap() + rest;
    let step = script[rest..after].to_owned();
    let seal = "[[act.step]]\nid      = \"close.2\"";
    let moved = script
        .replace(&step, "[[act]]\nid = \"rest\"\ntitle = \"Rest\"\n\n")
        .replace(
            seal,
            &format!("{}{seal}", &step[step.find("[[act.step]]").unwrap()..]),
        );
    let cases = [
        (
            "script-missing-field",
            changed(&script, &[(envelope, "")]),
            "items",
        ),
        (
            "script-wrong-value",
            changed(&script, &[(envelope, "items = []")]),
            "a list of lines",
        ),
        (
            "script-duplicate-id",
            changed(&script, &[(second, "  \"bag that the tokens came in\",\n]")]),
            "two lines of `items`",
        ),
        (
            "plan-precondition",
            changed(&script, &[("same_as = \"open.4\"", "same_as = \"open.9\"")]),
            "no earlier `record` step open.9",
        ),
        (
            "plan-precondition",
            changed(&script, &[(envelope, "items = [\"another envelope\"]")]),
            "open.4 notes no number of `another envelope`",
        ),
        (
            "plan-precondition",
            changed(
                &script,
                &[(
                    "minutes = 10\nsource  = \"second-machine\"",
                    "minutes = 10\nsource = \"paper\"",
                )],
            ),
            "no [[source]] is called paper",
        ),
        (
            "script-missing-field",
            changed(
                &script,
                &[("minutes = 10\nsource  = \"second-machine\"", "minutes = 10")],
            ),
            "source",
        ),
        (
            "script-unknown-field",
            changed(
                &script,
                &[("minutes = 10\n", "minutes = 10\nitems = [\"safe\"]\n")],
            ),
            "items",
        ),
        ("plan-precondition", moved, "a break after the export"),
        (
            "plan-precondition",
            changed(
                &script,
                &[
                    (
                        "kind         = \"rehearsal\"",
                        "kind         = \"production\"\npredecessor  = \"genesis\"",
                    ),
                    (
                        "by      = \"officer\"\nminutes = 10",
                        "by      = \"witness\"\nminutes = 10",
                    ),
                ],
            ),
            "step rest.1: one person of witness would decide alone",
        ),
    ];
    for (code, text, what) in cases {
        let refused = check(&text);
        assert_eq!(refused.code, 2, "{what}: {}{}", refused.out, refused.err);
        assert!(
            refused.err.contains(&format!("error[{code}]")) && refused.err.contains(what),
            "{what}: {}",
            refused.err
        );
    }
}

#[test]
fn the_printed_plan_has_a_line_for_every_number() {
    let script = script("root-keygen-break.toml");
    let plan = ran(std::process::Command::new(&*program::BINARY)
        .arg("plan")
        .arg(script));
    assert_eq!(plan.code, 0, "{}", plan.err);
    for item in [
        "token-c",
        "online-file",
        "media with the record",
        "bag that the tokens came in",
    ] {
        assert!(
            plan.out.contains(&format!("number    {item}: ____")),
            "{item}: {}",
            plan.out
        );
    }
}
