//! The record's second copy, through the shipped binary: both copies are the
//! same record, each is enough to go on with alone, the shorter one is brought
//! level, and two that say different things stop the ceremony untouched.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]
#![cfg(feature = "ceremony")]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use program::{Ran, Room, closed, lines, ran, run, script, verifiers_accept};

fn answers() -> PathBuf {
    script("root-keygen.answers.toml")
}

fn mirror(room: &Room) -> PathBuf {
    room.dir.path().join("stick/mirror")
}

fn go(room: &Room, verb: &str, answers: &Path) -> Ran {
    let mut command = room.command(verb);
    if verb == "run" {
        command.arg(script("root-keygen.toml"));
    }
    ran(command
        .arg("--mirror")
        .arg(mirror(room))
        .arg("--answers")
        .arg(answers))
}

/// A ceremony on two copies, paused before the review.
fn paused() -> Room {
    let room = Room::new();
    let text = std::fs::read_to_string(answers()).unwrap();
    let cut = text.replace("review    = true", "");
    assert_ne!(text, cut);
    let path = room.dir.path().join("short.answers.toml");
    std::fs::write(&path, cut).unwrap();
    let ran = go(&room, "run", &path);
    assert_eq!(ran.code, 3, "{}{}", ran.out, ran.err);
    room
}

/// Every file of a folder, by path.
fn files(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(files(&path));
        } else {
            all.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
    all
}

fn same_copies(room: &Room) {
    let below = |folder: PathBuf| -> BTreeMap<PathBuf, Vec<u8>> {
        let all = files(&folder).into_iter();
        all.map(|(p, b)| (p.strip_prefix(&folder).unwrap().to_owned(), b))
            .collect()
    };
    assert_eq!(below(room.record()), below(mirror(room)));
}

/// The body of the last resumption.
fn resumed(room: &Room) -> String {
    let lines = lines(&room.record());
    let resume = lines.iter().rfind(|l| l.contains("\"type\":\"resume\""));
    resume.unwrap().clone()
}

#[test]
fn both_copies_are_the_same_record_and_verify() {
    let room = Room::new();
    closed(&go(&room, "run", &answers()));
    same_copies(&room);
    assert!(lines(&mirror(&room))[0].contains("\"mirror\":true"));
    verifiers_accept(&room.bundle());
    let ours = run(&["verify", mirror(&room).to_str().unwrap()]);
    let first = run(&["verify", room.record().to_str().unwrap()]);
    assert_eq!((ours.code, &ours.out), (first.code, &first.out));
}

/// Another machine, with nothing but the stick and the devices.
#[test]
fn the_mirror_alone_is_enough_to_go_on() {
    let room = paused();
    let before = lines(&room.record());
    std::fs::remove_dir_all(room.record()).unwrap();
    std::fs::rename(mirror(&room), room.dir.path().join("elsewhere")).unwrap();
    std::fs::rename(
        room.dir.path().join("record.devices"),
        room.dir.path().join("elsewhere.devices"),
    )
    .unwrap();
    let elsewhere = room.dir.path().join("elsewhere");
    let record = elsewhere.to_str().unwrap().to_owned();
    let media = room.media().to_str().unwrap().to_owned();
    let answers = answers().to_str().unwrap().to_owned();
    let args = [
        "resume",
        "--record",
        &record,
        "--media",
        &media,
        "--answers",
        &answers,
    ];
    closed(&run(&args));
    assert_eq!(lines(&elsewhere)[..before.len()], before[..]);
    verifiers_accept(&room.bundle());
}

#[test]
fn a_mirror_that_ended_earlier_is_brought_level() {
    let room = paused();
    let path = mirror(&room).join("ceremony.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    let all: Vec<&str> = text.split_inclusive('\n').collect();
    // A whole line and half a line of an input that the other copy has whole.
    let half = all[..all.len() - 3].concat() + &all[all.len() - 3][..40];
    std::fs::write(&path, half).unwrap();
    closed(&go(&room, "resume", &answers()));
    same_copies(&room);
    let resume = resumed(&room);
    assert!(
        resume.contains("\"mirror\":{\"levelled\":{\"copy\":\"mirror\",\"lines\":3}}"),
        "{resume}"
    );
    assert!(resume.contains("\"path\":\"torn-mirror\""), "{resume}");
    verifiers_accept(&room.bundle());
}

/// The record's own disk lost its last lines: the mirror is the longer one.
#[test]
fn a_record_that_ended_earlier_is_brought_level() {
    let room = paused();
    let path = room.record().join("ceremony.jsonl");
    let before = lines(&room.record());
    std::fs::write(&path, before[..before.len() - 2].join("\n") + "\n").unwrap();
    closed(&go(&room, "resume", &answers()));
    same_copies(&room);
    assert_eq!(lines(&room.record())[..before.len()], before[..]);
    let resume = resumed(&room);
    assert!(resume.contains("{\"copy\":\"record\",\"lines\":2}"), "{resume}");
}

#[test]
fn a_mirror_that_is_missing_or_empty_is_made_anew() {
    for leave in ["nothing", "an empty folder", "an empty file"] {
        let room = paused();
        std::fs::remove_dir_all(mirror(&room)).unwrap();
        if leave != "nothing" {
            std::fs::create_dir(mirror(&room)).unwrap();
        }
        if leave == "an empty file" {
            std::fs::write(mirror(&room).join("ceremony.jsonl"), "").unwrap();
        }
        closed(&go(&room, "resume", &answers()));
        same_copies(&room);
        assert!(resumed(&room).contains("\"mirror\":\"made\""), "{leave}");
    }
}

#[test]
fn a_folder_with_other_things_does_not_become_a_mirror() {
    let room = paused();
    std::fs::remove_dir_all(mirror(&room)).unwrap();
    std::fs::create_dir(mirror(&room)).unwrap();
    std::fs::write(mirror(&room).join("letter.txt"), "dear").unwrap();
    let before = files(room.dir.path());
    let refused = go(&room, "resume", &answers());
    assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("letter.txt"), "{}", refused.err);
    assert_eq!(files(room.dir.path()), before);
}

/// Each copy was gone on with alone.
#[test]
fn two_copies_that_differ_stop_everything_and_stay_as_they_are() {
    let room = paused();
    let aside = room.dir.path().join("aside");
    std::fs::rename(mirror(&room), &aside).unwrap();
    // A pause at once: the record has a resumption that the mirror lacks.
    let none = room.dir.path().join("none.answers.toml");
    std::fs::copy(room.dir.path().join("short.answers.toml"), &none).unwrap();
    assert_eq!(room.resume(&none).code, 3);
    std::fs::rename(room.record(), room.dir.path().join("one")).unwrap();
    std::fs::rename(&aside, room.record()).unwrap();
    assert_eq!(room.resume(&none).code, 3);
    std::fs::rename(room.dir.path().join("one"), mirror(&room)).unwrap();
    let before = files(room.dir.path());
    let refused = go(&room, "resume", &answers());
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(
        refused.err.contains("two copies say different things"),
        "{}",
        refused.err
    );
    assert_eq!(files(room.dir.path()), before, "neither copy was touched");
}

/// A line that was changed after it counted is no torn tail.
#[test]
fn a_damaged_copy_stops_everything() {
    let room = paused();
    let path = mirror(&room).join("ceremony.jsonl");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.replacen("\"seq\":3", "\"seq\":4", 1)).unwrap();
    let before = files(room.dir.path());
    let refused = go(&room, "resume", &answers());
    assert_eq!(refused.code, 1, "{}{}", refused.out, refused.err);
    assert!(refused.err.contains("the mirror, line 4"), "{}", refused.err);
    assert_eq!(files(room.dir.path()), before);
}

/// A power cut wrote only the later blocks of the last line: zeroes before them.
#[test]
fn zeroes_of_a_half_written_input_are_kept_and_cut_off() {
    let room = paused();
    let path = room.record().join("ceremony.jsonl");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes.extend([0; 512]);
    bytes.extend(b"\"type\":\"pause\",\"v\":1,\"who\":\"\"}\n");
    std::fs::write(&path, bytes).unwrap();
    closed(&go(&room, "resume", &answers()));
    same_copies(&room);
    assert!(resumed(&room).contains("\"path\":\"torn\""));
    verifiers_accept(&room.bundle());
}

/// An input whose derived records are not all there never counted.
#[test]
fn half_an_input_with_its_records_is_kept_and_cut_off() {
    let second = Room::new();
    closed(&second.run(&script("root-keygen.toml"), &answers()));
    let all = lines(&second.record());
    let at = all
        .iter()
        .position(|l| l.contains("\"type\":\"intended\""))
        .unwrap();
    std::fs::write(
        second.record().join("ceremony.jsonl"),
        all[..at].join("\n") + "\n",
    )
    .unwrap();
    std::fs::remove_dir_all(second.media()).unwrap();
    std::fs::create_dir(second.media()).unwrap();
    std::fs::remove_dir_all(second.dir.path().join("record.devices")).unwrap();
    closed(&second.resume(&answers()));
    let after = lines(&second.record());
    assert!(after.len() > at);
    assert!(
        after
            .iter()
            .any(|l| l.contains("\"type\":\"resume\"") && l.contains("\"path\":\"torn\""))
    );
}

#[test]
fn each_copy_has_one_writer() {
    use rustix::fs::{FlockOperation, flock};
    for copy in ["record", "mirror"] {
        let room = paused();
        let folder = if copy == "record" {
            room.record()
        } else {
            mirror(&room)
        };
        let file = std::fs::File::open(folder.join("ceremony.jsonl")).unwrap();
        flock(&file, FlockOperation::NonBlockingLockExclusive).unwrap();
        let refused = go(&room, "resume", &answers());
        assert_eq!(refused.code, 3, "{}{}", refused.out, refused.err);
        assert!(
            refused.err.contains(&format!("the {copy} is locked")),
            "{}",
            refused.err
        );
        drop(file);
        closed(&go(&room, "resume", &answers()));
    }
}

/// `--mirror` that names the record itself is no second copy.
#[test]
fn a_record_is_not_its_own_mirror() {
    let room = Room::new();
    let mut command = room.command("run");
    command
        .arg(script("root-keygen.toml"))
        .arg("--answers")
        .arg(answers());
    let refused = ran(command.arg("--mirror").arg(room.record()));
    assert_eq!(refused.code, 2, "{}{}", refused.out, refused.err);
}
