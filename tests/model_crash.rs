//! Levels L1 and L2 of the crash tests: a whole ceremony runs in process over a
//! disk in memory, the power goes at every operation, what was not synced
//! survives in every way that a disk knows, and the ceremony is resumed to its
//! end (facts 5.1: invariants I1 to I10; 5.6: the levels). The device outlives
//! the power. A quick cut runs always; the whole is in docs/contributing.md.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and what survived is told"
)]
#![cfg(feature = "ceremony")]

#[path = "support/power.rs"]
mod power;

use std::collections::{BTreeMap, BTreeSet};
use std::io::ErrorKind;
use std::path::Path;
use std::sync::{Arc, Mutex};

use power::{Device, FILES, KEYS, MEDIA, MIRROR, RECORD, SIGNATURES, World};
use tuf_ceremony::audit;
use tuf_ceremony::base::{Digest, Json};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::fault::Code;
use tuf_ceremony::headless::Ending;
use tuf_ceremony::store::{Fate, Memory};
use tuf_ceremony::transcript::{Kind, Line, read};

/// What the quick cuts survive at least. These may only grow.
const QUICK_CUTS: usize = 45;
const QUICK_TWICE: usize = 18;
const QUICK_FAULTS: usize = 12;
/// What the whole matrix survives at least.
const ALL_CUTS: usize = 2956;
const ALL_TWICE: usize = 3000;
const ALL_FAULTS: usize = 3468;

/// The whole matrices leave out moments where `MODEL_CRASH_STRIDE` says so; then
/// their floors do not count.
fn stride() -> usize {
    let given = std::env::var("MODEL_CRASH_STRIDE").ok();
    given.map_or(1, |n| n.parse().unwrap())
}

fn told(survived: usize, floor: usize, stride: usize) {
    println!("kill-points survived {survived}/{survived}");
    assert!(
        stride > 1 || survived >= floor,
        "{survived}: {floor} are committed"
    );
}

/// One moment: the disk and the device just before an operation.
struct Point {
    n: u64,
    disk: Memory,
    device: Device,
}

/// Every moment of a run at which the power can go, in order; moments between
/// which nothing changed count once.
fn points(world: &World, go: impl FnOnce(&World)) -> Vec<Point> {
    let seen: Arc<Mutex<Vec<Point>>> = Arc::default();
    let (to, device) = (seen.clone(), world.device.clone());
    world.disk.watch(move |n, disk| {
        let device = device.lock().unwrap().clone();
        to.lock().unwrap().push(Point { n, disk, device });
    });
    go(world);
    let last = Point {
        n: world.disk.operations(),
        disk: world.disk.kill(),
        device: world.device.lock().unwrap().clone(),
    };
    let mut all = std::mem::take(&mut *seen.lock().unwrap());
    all.push(last);
    all.dedup_by(|b, a| {
        a.device == b.device && a.disk.pending() == b.disk.pending() && a.disk.files() == b.disk.files()
    });
    all
}

/// Reproducible chance.
struct Random(u64);

impl Random {
    fn new() -> Random {
        let seed = std::env::var("MODEL_CRASH_SEED")
            .ok()
            .and_then(|s| s.parse().ok());
        let seed = seed.unwrap_or(0x7fb5_d329_728e_a185);
        println!("seed {seed} (MODEL_CRASH_SEED)");
        Random(seed)
    }

    fn below(&mut self, n: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(n).unwrap()).unwrap()
    }
}

/// The disks that a cut at this moment may leave: every fate of what was not
/// synced if there are at most `limit`, else that many drawn by chance; and the
/// disk as it is, where only the process was killed.
fn survivors(point: &Point, limit: usize, chance: &mut Random) -> Vec<Memory> {
    let pending = point.disk.pending();
    let product = pending
        .iter()
        .fold(1usize, |n, p| n.saturating_mul(p.fates.len()));
    let mut choices: Vec<Vec<Fate>> = Vec::new();
    if product <= limit {
        for mut at in 0..product {
            let mut choice = Vec::new();
            for one in &pending {
                choice.push(one.fates[at % one.fates.len()]);
                at /= one.fates.len();
            }
            choices.push(choice);
        }
    } else {
        choices.push(vec![Fate::Lost; pending.len()]);
        choices.push(vec![Fate::Kept; pending.len()]);
        while choices.len() < limit {
            let drawn = pending.iter().map(|p| p.fates[chance.below(p.fates.len())]);
            choices.push(drawn.collect());
        }
    }
    let mut known = BTreeSet::new();
    let mut disks: Vec<Memory> = choices.iter().map(|c| point.disk.crash(c)).collect();
    disks.retain(|d| known.insert(print(d)));
    if !pending.is_empty() {
        disks.push(point.disk.kill());
    }
    disks
}

/// One digest of all that is on a disk.
fn print(disk: &Memory) -> Digest {
    let mut all = Vec::new();
    for (path, bytes) in disk.files() {
        all.extend(path.as_bytes());
        all.extend(Digest::of(&bytes).as_bytes());
    }
    Digest::of(&all)
}

fn journal(folder: &str) -> String {
    format!("{folder}/ceremony.jsonl")
}

/// The lines that were durable in any copy that is still there: no more can have
/// been acknowledged, and none of these may go.
fn durable(world: &World, disk: &Memory) -> Vec<u8> {
    let files = disk.crash(&[]).files();
    let copies = [Some(world.record), world.mirror];
    let bytes = copies.iter().flatten().filter_map(|f| files.get(&journal(f)));
    let longest = bytes.max_by_key(|b| whole(b)).cloned().unwrap_or_default();
    longest[..whole(&longest)].to_vec()
}

fn resumptions(lines: &[u8]) -> usize {
    String::from_utf8_lossy(lines)
        .matches("\"type\":\"resume\"")
        .count()
}

/// Up to the end of the last whole line.
fn whole(bytes: &[u8]) -> usize {
    bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1)
}

/// The ceremony is gone on with until it is closed, and everything is looked at.
fn survives(what: &str, world: &World, acknowledged: &[u8]) {
    let before = world.disk.files();
    media_is_honest(what, world, &before);
    match world.resume() {
        Ok(Ending::Closed { .. }) => {}
        // Only the answer was lost: the bundle stands there.
        Err(failure) if failure.code == Code::MediaOccupied => {}
        Err(failure) if matches!(failure.code, Code::RecordEmpty | Code::RecordMissing) => {
            assert!(acknowledged.is_empty(), "{what}: a record is gone: {failure}");
            let device = world.device.lock().unwrap();
            assert_eq!(*device, Device::default(), "{what}: begun before it was written");
            return;
        }
        other => panic!("{what}: {other:?}"),
    }
    closed(what, world, acknowledged);
    nothing_is_thrown_away(what, world, &before);
}

/// I1 to I4, I6, I7: the record, the device and the bundle at the end.
fn closed(what: &str, world: &World, acknowledged: &[u8]) {
    let files = world.disk.files();
    let record = &files[&journal(world.record)];
    assert!(
        record.starts_with(acknowledged),
        "{what}: I1, I2: an acknowledged line is gone or changed"
    );
    if let Some(mirror) = world.mirror {
        assert_eq!(&files[&journal(mirror)], record, "{what}: the copies differ");
    }
    let chain = read(record);
    assert!(chain.is_intact() && chain.is_closed(), "{what}");
    let lines: Vec<&Line> = chain.lines.iter().map(|(line, _)| line).collect();
    let device = world.device.lock().unwrap();
    let held: BTreeSet<String> = device
        .keys
        .iter()
        .map(|k| k.public().fingerprint().hex())
        .collect();
    let recorded: BTreeSet<String> = texts(&lines, Kind::Key, "fingerprint").into_iter().collect();
    assert_eq!(held, recorded, "{what}: I4: device and record");
    assert_eq!(device.keys.len(), KEYS.len(), "{what}: I3: one key a slot");
    assert_eq!(device.destroyed, 0, "{what}: a set-up destroyed a key");
    let frozen = texts(&lines, Kind::Frozen, "payload");
    let distinct: BTreeSet<&String> = frozen.iter().collect();
    assert_eq!((frozen.len(), distinct.len()), (FILES, FILES), "{what}: I6");
    assert_eq!(texts(&lines, Kind::Signed, "keyid").len(), SIGNATURES, "{what}");
    let bundle = bundle(&files).unwrap_or_else(|| panic!("{what}: no bundle"));
    assert_eq!(&bundle["ceremony.jsonl"], record, "{what}");
    let judged = audit::judge(&Files::from_map(bundle), &audit::Options::default());
    assert!(judged.good(), "{what}: I7: {:?}", judged.lines());
    assert_eq!(judged.verdict, audit::Level::Rehearsal, "{what}");
}

fn texts(lines: &[&Line], kind: Kind, member: &str) -> Vec<String> {
    let of_kind = lines.iter().filter(|l| l.record.kind == kind);
    of_kind
        .map(|l| {
            let value = l.record.body.get(member);
            value.and_then(Json::as_str).unwrap().to_owned()
        })
        .collect()
}

/// The files of the one bundle with a final name.
fn bundle(files: &BTreeMap<String, Vec<u8>>) -> Option<BTreeMap<String, Vec<u8>>> {
    let mut found: BTreeMap<String, BTreeMap<String, Vec<u8>>> = BTreeMap::new();
    for (path, bytes) in files {
        let Some((folder, path)) = path
            .strip_prefix(MEDIA)
            .and_then(|p| p.strip_prefix('/')?.split_once('/'))
        else {
            continue;
        };
        if !folder.ends_with(".part") {
            let bundle = found.entry(folder.to_owned()).or_default();
            bundle.insert(path.to_owned(), bytes.clone());
        }
    }
    assert!(found.len() <= 1);
    found.into_values().next()
}

/// I5, I7: nothing leaves before the record says so, and what has a final name
/// is whole.
fn media_is_honest(what: &str, world: &World, files: &BTreeMap<String, Vec<u8>>) {
    let record = |folder: &str| files.get(&journal(folder)).cloned().unwrap_or_default();
    let mut all = record(world.record);
    all.extend(world.mirror.map(record).unwrap_or_default());
    let text = String::from_utf8_lossy(&all).into_owned();
    let says = |kind: &str, more: &str| {
        let kind = format!("\"type\":\"{kind}\"");
        text.lines().any(|l| l.contains(&kind) && l.contains(more))
    };
    let left = files
        .keys()
        .any(|p| p.starts_with(MEDIA) && p.matches('/').count() > 2);
    assert!(!left || says("intended", "\"export\""), "{what}: I5");
    if let Some(bundle) = bundle(files) {
        assert!(says("close", ""), "{what}: I5: a bundle before the close");
        let judged = audit::judge(&Files::from_map(bundle), &audit::Options::default());
        assert!(judged.good(), "{what}: I7: {:?}", judged.failed());
    }
}

/// I10: whatever a copy held that does not count now is kept and described.
fn nothing_is_thrown_away(what: &str, world: &World, before: &BTreeMap<String, Vec<u8>>) {
    let after = world.disk.files();
    let record = &after[&journal(world.record)];
    let described = String::from_utf8_lossy(record).into_owned();
    for folder in [Some(world.record), world.mirror].into_iter().flatten() {
        let Some(bytes) = before.get(&journal(folder)) else {
            continue;
        };
        let same = bytes.iter().zip(record).take_while(|(a, b)| a == b).count();
        let rest = &bytes[whole(&bytes[..same])..];
        // Of a closed record nothing more can be said.
        if rest.is_empty() || !described.contains("\"type\":\"resume\"") {
            continue;
        }
        let digest = Digest::of(rest).hex();
        let blob = format!("{}/blobs/{digest}", world.record);
        assert_eq!(after.get(&blob).map(Vec::as_slice), Some(rest), "{what}: I10");
        assert!(described.contains(&digest), "{what}: I10: not described");
    }
}

/// The run without a cut, moment by moment.
fn whole_run(world: &World) -> Vec<Point> {
    let points = points(world, |world| {
        let ending = world.run();
        assert!(matches!(ending, Ok(Ending::Closed { .. })), "{ending:?}");
    });
    closed("uncut", world, b"");
    points
}

/// A cut at every `stride`th moment of a ceremony; how many were survived.
fn cuts(stride: usize, limit: usize) -> usize {
    let mut chance = Random::new();
    let mut survived = 0;
    for mirror in [Some(MIRROR), None] {
        let room = World::new(mirror);
        let points = whole_run(&room);
        println!("{} moments, {} operations", points.len(), room.disk.operations());
        for point in points.iter().skip(stride / 2).step_by(stride) {
            for (i, disk) in survivors(point, limit, &mut chance).into_iter().enumerate() {
                let world = room.with(disk, point.device.clone());
                let acknowledged = durable(&world, &point.disk);
                survives(
                    &format!("mirror {mirror:?}, cut before operation {}, outcome {i}", point.n),
                    &world,
                    &acknowledged,
                );
                survived += 1;
            }
        }
    }
    survived
}

/// L1, a cut of it.
#[test]
fn a_ceremony_survives_power_cuts() {
    let survived = cuts(32, 3);
    told(survived, QUICK_CUTS, 1);
}

/// L1: `cargo test --release --test model_crash -- --ignored --nocapture`.
#[test]
#[ignore = "the whole matrix, see docs/contributing.md"]
fn a_ceremony_survives_a_power_cut_at_every_operation() {
    let survived = cuts(stride(), 256);
    told(survived, ALL_CUTS, stride());
}

/// The power goes, comes back, and goes again before the ceremony is where it
/// was: until two more inputs are durable.
fn cuts_twice(stride: usize, second: usize, limit: usize) -> usize {
    let mut chance = Random::new();
    let mut survived = 0;
    let room = World::new(Some(MIRROR));
    let firsts = whole_run(&room);
    for first in firsts.iter().skip(stride / 2).step_by(stride) {
        for disk in survivors(first, 3, &mut chance) {
            let world = room.with(disk, first.device.clone());
            let acknowledged = durable(&world, &first.disk);
            let start = acknowledged.iter().filter(|b| **b == b'\n').count();
            let mut seconds = points(&world, |world| {
                let _ = world.resume();
            });
            seconds.retain(|p| {
                let lines = durable(&world, &p.disk);
                lines.iter().filter(|b| **b == b'\n').count() <= start + 2
            });
            for point in seconds.iter().skip(second / 2).step_by(second) {
                for disk in survivors(point, limit, &mut chance) {
                    let again = world.with(disk, point.device.clone());
                    // Before its own first line a recovery acknowledges nothing; half
                    // an input that the first cut left may go.
                    let mut known = durable(&again, &point.disk);
                    if resumptions(&known) == resumptions(&acknowledged) {
                        known.clone_from(&acknowledged);
                    }
                    let what = format!(
                        "cut before operation {}, and before operation {} after it",
                        first.n, point.n
                    );
                    survives(&what, &again, &known);
                    survived += 1;
                }
            }
        }
    }
    survived
}

/// L2, a cut of it.
#[test]
fn a_recovery_survives_power_cuts() {
    let survived = cuts_twice(150, 8, 2);
    told(survived, QUICK_TWICE, 1);
}

/// L2: every operation, and every operation of its recovery; of what was not
/// synced, all lost, all kept and one by chance, at either cut.
#[test]
#[ignore = "the whole matrix, see docs/contributing.md"]
fn a_recovery_survives_a_power_cut_at_every_operation() {
    let survived = cuts_twice(stride(), 1, 3);
    told(survived, ALL_TWICE, stride());
}

const FAULTS: [ErrorKind; 3] = [
    ErrorKind::Other, // EIO has no kind of its own
    ErrorKind::StorageFull,
    ErrorKind::ReadOnlyFilesystem,
];

/// One operation of the disk fails, at every `stride`th place.
fn faults(stride: usize) -> usize {
    let mut survived = 0;
    for mirror in [Some(MIRROR), None] {
        let whole = World::new(mirror);
        whole_run(&whole);
        let all = usize::try_from(whole.disk.operations()).unwrap();
        for (count, n) in (0..all).step_by(stride).enumerate() {
            for (k, kind) in FAULTS.into_iter().enumerate() {
                if stride > 40 && k != count % FAULTS.len() {
                    continue;
                }
                let n = u64::try_from(n).unwrap();
                let room = World::new(mirror);
                let what = format!("mirror {mirror:?}, {kind:?} at operation {n}");
                room.disk.fail_at(room.disk.operations() + n, kind);
                let ending = room.run();
                let acknowledged = durable(&room, &room.disk);
                let device = room.device.lock().unwrap().clone();
                let world = room.with(room.disk.kill(), device);
                if let Ok(Ending::Closed { .. }) = ending {
                    // A copy that failed in the end is behind; all else is there.
                    assert!(bundle(&world.disk.files()).is_some(), "{what}");
                }
                survives(&what, &world, &acknowledged);
                survived += 1;
            }
        }
    }
    survived
}

/// EIO, ENOSPC and EROFS, a cut of it.
#[test]
fn a_ceremony_survives_a_disk_that_fails_once() {
    let survived = faults(97);
    told(survived, QUICK_FAULTS, 1);
}

/// EIO, ENOSPC and EROFS at every operation.
#[test]
#[ignore = "the whole matrix, see docs/contributing.md"]
fn a_ceremony_survives_a_disk_that_fails_at_every_operation() {
    let survived = faults(stride());
    told(survived, ALL_FAULTS, stride());
}

/// The record's medium is gone after the cut: the mirror alone has every line
/// that was acknowledged.
#[test]
fn each_copy_alone_survives_power_cuts() {
    let room = World::new(Some(MIRROR));
    let mut survived = 0;
    for point in whole_run(&room).iter().skip(30).step_by(90) {
        for record in [RECORD, MIRROR] {
            let world = World {
                record,
                mirror: None,
                ..room.with(point.disk.crash(&[]), point.device.clone())
            };
            // What followed from a line came after both copies had it.
            let files = world.disk.files();
            let both = [RECORD, MIRROR].map(|f| files.get(&journal(f)).map_or(0, |b| whole(b)));
            let acknowledged = files.get(&journal(MIRROR)).cloned().unwrap_or_default();
            assert!(both[0] >= both[1], "the record comes first");
            survives(
                &format!("{record} alone, before operation {}", point.n),
                &world,
                &acknowledged,
            );
            survived += 1;
        }
    }
    assert!(survived > 0);
}

fn storage_lines(world: &World, folder: &str) -> Vec<String> {
    let files = world.disk.files();
    let text = String::from_utf8(files[&journal(folder)].clone()).unwrap();
    let lines = text.lines().filter(|l| l.contains("\"type\":\"storage\""));
    lines.map(str::to_owned).collect()
}

/// Each of the sticks is pulled in the middle; the other has the whole ceremony,
/// says what happened, and both verifiers take it.
#[test]
fn a_ceremony_goes_on_with_the_copy_that_is_left() {
    for (gone, name, left) in [("/stick", "mirror", RECORD), ("/disk", "record", MIRROR)] {
        let probe = World::new(Some(MIRROR));
        whole_run(&probe);
        let middle = probe.disk.operations() / 2;
        let room = World::new(Some(MIRROR));
        let disk = room.disk.clone();
        let at = room.disk.operations() + middle;
        let handle = disk.clone();
        handle.break_from(at, Path::new(gone), ErrorKind::Other);
        let ending = room.run();
        assert!(matches!(ending, Ok(Ending::Closed { .. })), "{gone}: {ending:?}");
        let said = storage_lines(&room, left);
        assert_eq!(said.len(), 1, "{said:?}");
        assert!(said[0].contains(&format!("\"copy\":\"{name}\"")), "{said:?}");
        let files = room.disk.files();
        let bundle = bundle(&files).unwrap();
        assert_eq!(bundle["ceremony.jsonl"], files[&journal(left)]);
        let judged = audit::judge(&Files::from_map(bundle.clone()), &audit::Options::default());
        assert!(judged.good(), "{:?}", judged.lines());
        let folder = tempfile::tempdir().unwrap();
        for (path, bytes) in &bundle {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, bytes).unwrap();
        }
        let second = std::process::Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bundle/verify.py"))
            .arg(folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .output()
            .unwrap();
        assert!(
            second.status.success(),
            "{}",
            String::from_utf8_lossy(&second.stderr)
        );
    }
}

/// Facts 5.2, rule 5: nothing that cannot be repeated is begun without space for
/// its outcome, and it goes on where there is some again.
#[test]
fn nothing_begins_without_room_for_its_outcome() {
    let room = World::new(None);
    let points = whole_run(&room);
    let before = points
        .iter()
        .find(|p| String::from_utf8_lossy(&durable(&room, &p.disk)).contains("\"type\":\"resume\""));
    assert!(before.is_none());
    // The moment before the first key is ordered.
    let first = points
        .iter()
        .rfind(|p| {
            let lines = durable(&room, &p.disk);
            let text = String::from_utf8_lossy(&lines).into_owned();
            p.device.keys.is_empty() && !text.contains("\"generate\":{")
        })
        .unwrap();
    let world = room.with(first.disk.crash(&[]).unreserved(), first.device.clone());
    world.disk.fill();
    let ending = world.resume();
    match &ending {
        Ok(Ending::Trouble { why } | Ending::Paused { why }) => {
            assert!(why.contains("no-space") || why.contains("space"), "{why}");
        }
        Ok(Ending::Failed(failure)) | Err(failure) => assert_eq!(failure.code, Code::StorageFull),
        other => panic!("{other:?}"),
    }
    assert_eq!(
        *world.device.lock().unwrap(),
        first.device,
        "the device was not asked"
    );
    let acknowledged = durable(&world, &world.disk);
    let device = world.device.lock().unwrap().clone();
    let roomy = world.with(world.disk.kill(), device);
    survives("after the disk was full", &roomy, &acknowledged);
}
