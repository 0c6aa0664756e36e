//! The shipped binary, driven through a whole short ceremony, is interfered with
//! at every storage call that it makes: killed instead of it, killed after half of
//! it, the call fails (EIO, ENOSPC, EROFS), the media is pulled. Each time the
//! ceremony is resumed, ends with one bundle that verifies, and no key or
//! signature is lost or doubled (level L3; facts/security.md 5.1, 5.6).
//! tests/support/interrupt.py does the interfering and counts over all threads.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    clippy::string_slice,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "ceremony")]

#[path = "support/storage/points.rs"]
mod points;
#[path = "support/program.rs"]
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use points::{Dice, called, each, faults, floor, kills, place, pulls, seed, thinned};
use program::{Ran, Room, lines, ran, root, verifiers_accept};

/// Keys that the script makes.
const KEYS: usize = 4;
/// Signatures in the bundle's metadata: two of root, one of each other role.
const SIGNATURES: usize = 5;
/// What the whole matrix has to come to at least; only ever raised.
const CUT: usize = 8;
const STATES: usize = 690;
const KILLS: usize = 500;
const TORN: usize = 150;
const TWICE: usize = 90;
const FAULTS: usize = 1220;
const YANKS: usize = 320;

static VERIFIED: AtomicUsize = AtomicUsize::new(0);

/// A file, as often as it is asked for.
fn short(ending: &str) -> PathBuf {
    root()
        .join("tests/support/storage")
        .join(format!("short.{ending}"))
}

/// One way to interfere, at one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Point {
    at: usize,
    how: &'static str,
    /// The folder of the room that a lasting fault or a pull is about.
    place: &'static str,
}

/// What a traced call of the program did.
struct Cut {
    ran: Ran,
    calls: Vec<String>,
}

fn trace(room: &Room, command: &Command, point: Point) -> Cut {
    let log = room.dir.path().with_extension("calls");
    let mut traced = Command::new("python3");
    traced
        .arg(root().join("tests/support/interrupt.py"))
        .arg("--under")
        .arg(room.dir.path())
        .arg("--place")
        .arg(room.dir.path().join(point.place))
        .args(["--at", &point.at.to_string(), "--how", point.how])
        .arg("--log")
        .arg(&log)
        .arg("--")
        .arg(command.get_program())
        .args(command.get_args());
    let ran = ran(&mut traced);
    let calls = std::fs::read_to_string(&log).unwrap_or_default();
    let _ = std::fs::remove_file(&log);
    Cut {
        ran,
        calls: calls.lines().map(str::to_owned).collect(),
    }
}

/// The ceremony's first run, its record under this name.
fn first(room: &Room, record: &str) -> Command {
    let mut command = Command::new(&*program::BINARY);
    command.arg("run").arg(short("toml"));
    with_places(&mut command, room, record);
    command
}

fn again(room: &Room) -> Command {
    let mut command = Command::new(&*program::BINARY);
    command.arg("resume");
    with_places(&mut command, room, "record");
    command
}

fn with_places(command: &mut Command, room: &Room, record: &str) {
    command
        .arg("--answers")
        .arg(short("answers.toml"))
        .arg("--record")
        .arg(room.dir.path().join(record))
        .arg("--media")
        .arg(room.media());
}

/// The storage calls of a ceremony that nobody disturbs; `None`, with a visible
/// skip, where programs cannot be traced.
fn undisturbed() -> Option<Vec<String>> {
    let room = Room::new();
    let count = Point {
        at: 0,
        how: "count",
        place: ".",
    };
    let cut = trace(&room, &first(&room, "record"), count);
    if cut.ran.code == 125 {
        println!(
            "SKIPPED: this system lets nobody trace a program: {}",
            cut.ran.err
        );
        return None;
    }
    assert_eq!(cut.ran.code, 0, "{}{}", cut.ran.out, cut.ran.err);
    complete(&room, "record", &[], "undisturbed");
    Some(cut.calls)
}

/// The record's whole lines; none where it did not come about.
fn acknowledged(room: &Room) -> Vec<String> {
    let text = std::fs::read(room.record().join("ceremony.jsonl")).unwrap_or_default();
    let text = String::from_utf8_lossy(&text).into_owned();
    text.split_inclusive('\n')
        .filter_map(|l| l.strip_suffix('\n'))
        .map(str::to_owned)
        .collect()
}

/// Without what a torn write brought: nobody had acted on it.
fn without(lines: &mut Vec<String>, torn: &str) {
    if let Some((path, len)) = torn.rsplit_once(' ')
        && path.ends_with("record/ceremony.jsonl")
    {
        let mut left: usize = len.parse().unwrap();
        lines.retain(|line| {
            let whole = left > line.len();
            left = left.saturating_sub(line.len() + 1);
            whole
        });
    }
}

/// Files below a folder that have their final name, by path.
fn named(folder: &Path, found: &mut BTreeMap<PathBuf, Vec<u8>>) {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return;
    };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.is_dir() {
            named(&path, found);
        } else if path.extension().is_none_or(|e| e != "part") {
            found.insert(path.clone(), std::fs::read(&path).unwrap());
        }
    }
}

/// I7: a bundle with its final name verifies at once; what has its final name in
/// a partial folder is what the finished bundle will have there.
fn nothing_half(media: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut inside = BTreeMap::new();
    for entry in std::fs::read_dir(media).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "part") {
            let mut files = BTreeMap::new();
            named(&path, &mut files);
            let files = files.into_iter();
            inside.extend(files.map(|(p, bytes)| (p.strip_prefix(&path).unwrap().to_owned(), bytes)));
        } else {
            verifiers_accept(&path);
        }
    }
    inside
}

/// One good bundle, and everything in it and on the devices once.
fn complete(room: &Room, record: &str, before: &[String], what: &str) -> PathBuf {
    let bundle = room.bundle();
    // The second verifier is slow; it has its say on each eighth.
    if VERIFIED.fetch_add(1, Ordering::Relaxed).is_multiple_of(8) {
        verifiers_accept(&bundle);
    } else {
        let ours = program::run(&["verify", bundle.to_str().unwrap()]);
        assert_eq!(ours.code, 0, "{what}: {}{}", ours.out, ours.err);
    }
    let after = lines(&room.dir.path().join(record));
    // I1, I2
    assert!(after.len() >= before.len(), "{what}: lines are lost");
    assert_eq!(after[..before.len()], before[..], "{what}: a line was changed");
    // I3, I4
    let made = after.iter().filter(|l| l.contains("\"type\":\"key\"")).count();
    assert_eq!(made, KEYS, "{what}: keys in the record");
    let mut files = BTreeMap::new();
    named(&room.dir.path().join(format!("{record}.devices")), &mut files);
    let keys: BTreeSet<String> = files
        .keys()
        .map(|p| p.file_name().unwrap().to_str().unwrap().to_owned())
        .filter(|n| n.matches('.').count() == 2 && n.ends_with(".pem"))
        .collect();
    assert_eq!(keys.len(), KEYS, "{what}: keys on the devices: {keys:?}");
    let slots: BTreeSet<&str> = keys.iter().map(|n| n.split('.').next().unwrap()).collect();
    assert_eq!(slots.len(), KEYS, "{what}: two keys for one slot: {keys:?}");
    let mut signatures = 0;
    for entry in std::fs::read_dir(bundle.join("metadata")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        signatures += text.matches("\"sig\"").count();
    }
    assert_eq!(signatures, SIGNATURES, "{what}: signatures");
    bundle
}

/// The fault is gone: the ceremony is resumed, or begun again where nothing was
/// ever written down.
fn finish(room: &Room, before: &[String], partial: &BTreeMap<PathBuf, Vec<u8>>, what: &str) {
    let resumed = ran(&mut again(room));
    if before.is_empty() {
        assert_ne!(resumed.code, 0, "{what}: nothing can be resumed");
        assert_ne!(resumed.code, 101, "{what}: {}", resumed.err);
        let anew = ran(&mut first(room, "second"));
        assert_eq!(anew.code, 0, "{what}: {}{}", anew.out, anew.err);
        complete(room, "second", &[], what);
        return;
    }
    assert_eq!(resumed.code, 0, "{what}: resume: {}{}", resumed.out, resumed.err);
    let bundle = complete(room, "record", before, what);
    for (path, bytes) in partial {
        let whole = std::fs::read(bundle.join(path)).unwrap_or_default();
        assert!(
            *bytes == whole,
            "{what}: {} had its name and was not whole",
            path.display()
        );
    }
}

/// Killed once; `None` when the ceremony made fewer calls and ended.
fn killed(point: Point) -> Option<()> {
    let room = Room::new();
    let cut = trace(&room, &first(&room, "record"), point);
    let what = format!("{point:?}: {:?}", cut.calls.get(point.at - 1));
    if cut.ran.code == 0 {
        assert!(cut.calls.len() < point.at, "{what}: lived through it");
        return None;
    }
    assert_eq!(cut.ran.code, 137, "{what}: {}{}", cut.ran.out, cut.ran.err);
    let mut before = acknowledged(&room);
    if point.how == "torn" {
        without(
            &mut before,
            cut.calls[point.at - 1].splitn(3, ' ').nth(2).unwrap(),
        );
    }
    let partial = nothing_half(&room.media());
    finish(&room, &before, &partial, &what);
    Some(())
}

/// Every state of the disk that a kill can leave, from one run, by its name: the
/// number of the call that was not made, `.torn` where half of a write was.
fn states(to: &Path) -> Option<(Vec<String>, usize)> {
    let room = Room::new();
    let mut copied = Command::new("python3");
    copied
        .arg(root().join("tests/support/interrupt.py"))
        .arg("--under")
        .arg(room.dir.path())
        .args(["--how", "copy", "--to"])
        .arg(to)
        .arg("--log")
        .arg(to.join("calls"))
        .arg("--");
    let command = first(&room, "record");
    let ran = ran(copied.arg(command.get_program()).args(command.get_args()));
    if ran.code == 125 {
        println!("SKIPPED: this system lets nobody trace a program: {}", ran.err);
        return None;
    }
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    let calls = std::fs::read_to_string(to.join("calls")).unwrap().lines().count();
    std::fs::remove_file(to.join("calls")).unwrap();
    let names = std::fs::read_dir(to).unwrap();
    let mut names: Vec<String> = names
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort_by_key(|n| n.trim_end_matches(".torn").parse::<usize>().unwrap());
    Some((names, calls))
}

/// A ceremony found in this state is resumed.
fn found(state: &Path) -> Option<()> {
    let room = Room::new();
    std::fs::remove_dir(room.media()).unwrap();
    let copied = ran(Command::new("cp")
        .arg("-a")
        .arg(state.join("."))
        .arg(room.dir.path()));
    assert_eq!(copied.code, 0, "{}", copied.err);
    let mut before = acknowledged(&room);
    if let Ok(torn) = std::fs::read_to_string(room.dir.path().join("torn")) {
        without(&mut before, &torn);
        std::fs::remove_file(room.dir.path().join("torn")).unwrap();
    }
    let partial = nothing_half(&room.media());
    finish(&room, &before, &partial, &format!("{}", state.display()));
    std::fs::remove_dir_all(state).unwrap();
    Some(())
}

/// Killed, resumed, killed while it recovers, resumed (I8).
fn killed_twice(at: usize, then: usize) -> Option<()> {
    let room = Room::new();
    let kill = |at, how| Point { at, how, place: "." };
    trace(&room, &first(&room, "record"), kill(at, "kill"));
    let before = acknowledged(&room);
    if before.is_empty() {
        return None;
    }
    nothing_half(&room.media());
    let cut = trace(&room, &again(&room), kill(then, "torn"));
    let what = format!("killed at {at}, and at {then} of the resumption");
    if cut.ran.code == 0 {
        complete(&room, "record", &before, &what);
        return None;
    }
    assert_eq!(cut.ran.code, 137, "{what}: {}{}", cut.ran.out, cut.ran.err);
    let mut between = acknowledged(&room);
    without(&mut between, cut.calls[then - 1].splitn(3, ' ').nth(2).unwrap());
    assert!(between.len() >= before.len(), "{what}: lines are lost");
    assert_eq!(between[..before.len()], before[..], "{what}");
    let partial = nothing_half(&room.media());
    finish(&room, &between, &partial, &what);
    Some(())
}

/// A call failed, once or for good: the program says so, the record is intact.
fn failed(point: Point) -> Option<()> {
    let room = Room::new();
    let cut = trace(&room, &first(&room, "record"), point);
    let call = cut.calls.get(point.at - 1)?.clone();
    let what = format!("{point:?}: {call}");
    let before = acknowledged(&room);
    if cut.ran.code == 0 {
        // Clearing what is not there, a folder that stands: nothing depends on it.
        let needless = ["unlink", "unlinkat", "mkdir", "mkdirat"];
        let name = call.split(' ').nth(1).unwrap();
        // A device that does not know whether it made the key is asked, and says so.
        let asked = before.iter().any(|l| l.contains("\"adopted\":true"));
        assert!(
            needless.contains(&name) || asked,
            "{what}: the fault was not noticed"
        );
        complete(&room, "record", &before, &what);
        return Some(());
    }
    assert_eq!(cut.ran.code, 4, "{what}: {}{}", cut.ran.out, cut.ran.err);
    let partial = nothing_half(&room.media());
    finish(&room, &before, &partial, &what);
    Some(())
}

/// The media is pulled; it comes back, or another one is there.
fn pulled(point: Point, another: bool) -> Option<()> {
    let room = Room::new();
    let cut = trace(&room, &first(&room, "record"), point);
    let call = cut.calls.get(point.at - 1)?.clone();
    let what = format!("{point:?}, another stick: {another}: {call}");
    let away = room.dir.path().join("media.pulled");
    let before = acknowledged(&room);
    let partial = nothing_half(&away);
    if cut.ran.code == 0 && point.at == cut.calls.len() {
        // A folder that moves away does not fail the last flush, as a stick would:
        // the bundle on it had its name before, and is whole.
        std::fs::rename(&away, room.media()).unwrap();
        complete(&room, "record", &before, &what);
        return Some(());
    }
    assert_eq!(cut.ran.code, 4, "{what}: {}{}", cut.ran.out, cut.ran.err);
    assert!(
        !room.media().exists(),
        "{what}: nothing is made where no stick is"
    );
    if another {
        std::fs::create_dir(room.media()).unwrap();
    } else {
        std::fs::rename(&away, room.media()).unwrap();
    }
    finish(&room, &before, &partial, &what);
    Some(())
}

/// Killed at calls of different kinds and places, and at the last of all; then a
/// few states from a seed.
#[test]
fn a_ceremony_survives_a_cut_of_its_storage_calls() {
    let Some(calls) = undisturbed() else { return };
    let mut kinds = BTreeSet::new();
    let mut cut: Vec<usize> = (1..calls.len())
        .filter(|at| {
            let line = &calls[at - 1];
            place(line) != "." && kinds.insert((called(line), place(line)))
        })
        .step_by(3)
        .collect();
    cut.push(calls.len());
    let points = kills(cut.iter().copied(), "kill");
    let survived = each(&points, |p| killed(*p));
    println!(
        "kill-points survived {survived}/{} (of {} calls)",
        points.len(),
        calls.len()
    );
    assert_eq!(survived, points.len());
    assert!(survived >= CUT, "{survived}");

    let to = tempfile::tempdir().unwrap();
    let Some((names, _)) = states(to.path()) else {
        return;
    };
    let mut dice = Dice(seed());
    let points: BTreeSet<PathBuf> = (0..10)
        .map(|_| to.path().join(&names[dice.below(names.len())]))
        .collect();
    let points: Vec<PathBuf> = points.into_iter().collect();
    let survived = each(&points, |p| found(p));
    println!(
        "kill-points survived {survived}/{} (of {} states)",
        points.len(),
        names.len()
    );
    assert_eq!(survived, points.len());
}

/// One fault of each kind in each place.
#[test]
fn a_ceremony_survives_a_cut_of_storage_faults() {
    let Some(calls) = undisturbed() else { return };
    let mut dice = Dice(seed());
    let mut points = Vec::new();
    let all = faults(&calls);
    for how in ["EIO", "ENOSPC", "EROFS+"] {
        for place_of in ["record.devices", "record", "media"] {
            let some: Vec<Point> = all
                .iter()
                .copied()
                .filter(|p| p.how == how && place(&calls[p.at - 1]) == place_of)
                .collect();
            points.push(some[dice.below(some.len())]);
        }
    }
    let survived = each(&points, |p| failed(*p));
    println!("kill-points survived {survived}/{} (faults)", points.len());
    let all = pulls(&calls);
    let points = [all[dice.below(all.len())], all[dice.below(all.len())]];
    let survived = each(&points, |(p, another)| pulled(*p, *another));
    println!("kill-points survived {survived}/{} (media pulled)", points.len());
}

/// As many processor seconds as the states, not the calls, of a ceremony cost: a
/// kill leaves what was written, so one run is copied at each call.
#[test]
#[ignore = "minutes: tests/kill-matrix"]
fn found_in_every_state_that_a_kill_leaves() {
    let to = tempfile::tempdir().unwrap();
    let Some((names, calls)) = states(to.path()) else {
        return;
    };
    let points = thinned(names.iter().map(|n| to.path().join(n)).collect());
    let torn = names.iter().filter(|n| n.ends_with(".torn")).count();
    let survived = each(&points, |p| found(p));
    let all = calls + torn;
    println!("kill-points survived {all}/{all} ({calls} calls and {torn} torn writes in {survived} states)");
    assert_eq!(survived, points.len());
    floor(all, STATES);
}

#[test]
#[ignore = "an hour: tests/kill-matrix"]
fn killed_at_every_storage_call() {
    let Some(calls) = undisturbed() else { return };
    // Some beyond the last: a run may make a few more, and then must survive.
    let points = thinned(kills(1..=calls.len() + 3, "kill"));
    let survived = each(&points, |p| killed(*p));
    println!("kill-points survived {survived}/{survived}");
    floor(survived, KILLS);
}

#[test]
#[ignore = "minutes: tests/kill-matrix"]
fn killed_after_half_of_every_write() {
    let Some(calls) = undisturbed() else { return };
    let writes = (1..=calls.len()).filter(|at| called(&calls[at - 1]) == "write");
    let survived = each(&thinned(kills(writes, "torn")), |p| killed(*p));
    println!("kill-points survived {survived}/{survived} (torn writes)");
    floor(survived, TORN);
}

#[test]
#[ignore = "minutes: tests/kill-matrix"]
fn killed_again_while_it_recovers() {
    let Some(calls) = undisturbed() else { return };
    let mut dice = Dice(seed());
    // Only kills that leave a record behind, and mostly early in the resumption.
    let from = calls.iter().position(|l| place(l) == "record").unwrap() + 12;
    let mut points = Vec::new();
    for _ in 0..TWICE + TWICE / 2 {
        let at = from + dice.below(calls.len() - from);
        let left = calls.len() - at + 2;
        let most = if dice.below(2) == 0 { left.min(12) } else { left };
        points.push((at, 1 + dice.below(most)));
    }
    let survived = each(&points, |(at, then)| killed_twice(*at, *then));
    println!("kill-points survived {survived}/{survived} (killed twice)");
    floor(survived, TWICE);
}

#[test]
#[ignore = "half an hour: tests/kill-matrix"]
fn every_write_and_sync_fails() {
    let Some(calls) = undisturbed() else { return };
    let survived = each(&thinned(faults(&calls)), |p| failed(*p));
    println!("kill-points survived {survived}/{survived} (faults)");
    floor(survived, FAULTS);
}

#[test]
#[ignore = "minutes: tests/kill-matrix"]
fn the_media_is_pulled_at_every_call() {
    let Some(calls) = undisturbed() else { return };
    let survived = each(&thinned(pulls(&calls)), |(p, another)| pulled(*p, *another));
    println!("kill-points survived {survived}/{survived} (media pulled)");
    floor(survived, YANKS);
}
