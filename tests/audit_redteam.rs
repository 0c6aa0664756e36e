//! A forger who has the whole source, the approved script, every approval and
//! signature that was ever published, and a machine of his own; but no seat's,
//! witness's or device's key. Nothing that he makes is more than consistent in
//! itself, before an auditor who knows the people. And each attack on a bundle
//! is caught by a code of its own.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/production.rs"]
mod production;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::sync::LazyLock;

use audit::{forged_files, judge, lines, set, summed};
use production::{ATTESTER, attest, begun, closed, closed_with, cosign, head, judge_with, known, witnessed};
use rehearsal::{Key, Map, Room, sign_note};
use tuf_ceremony::audit::{Judgement, Level, codes::CODES};
use tuf_ceremony::base::{Algorithm, Digest, Json};
use tuf_ceremony::engine::{FrontEnd, InputKind};
use tuf_ceremony::note::Note;
use tuf_ceremony::transcript::{Checkpoint, Kind, Line, Tree};

static ROOM: LazyLock<Room> = LazyLock::new(closed);
static WITNESSED: LazyLock<Map> = LazyLock::new(|| witnessed(&ROOM));

fn mallory() -> Key {
    Key::new("mallory", Algorithm::Ed25519)
}

/// The bundle rebuilt around changed lines, signed by the forger's log key.
fn rebuilt(log: &Key, opens: bool, change: impl FnMut(&mut Vec<Line>)) -> Map {
    forged_files(&WITNESSED, log, opens, change)
}

/// Every signature line that people and witnesses ever made for the real record,
/// carried over to a forged one.
fn with_their_lines(mut files: Map) -> Map {
    let real = Note::parse(&WITNESSED["checkpoint"]).unwrap();
    let mut note = Note::parse(&files["checkpoint"]).unwrap();
    for line in real.signatures().iter().skip(1) {
        note.add(line.clone()).unwrap();
    }
    files.insert("checkpoint".to_owned(), note.to_string().into_bytes());
    files
}

#[test]
fn the_real_one_is_witnessed_so_the_tries_below_can_fail() {
    let judgement = judge_with(&WITNESSED, &known());
    assert_eq!(
        judgement.verdict,
        Level::Witnessed,
        "{}",
        judgement.lines().join("\n")
    );
    // What the forger builds on: rebuilding alone breaks nothing.
    let own = rebuilt(&Key::new("log 1", Algorithm::Ed25519), true, |_| {});
    assert_eq!(own["ceremony.jsonl"], WITNESSED["ceremony.jsonl"]);
}

/// The tries. Each against an auditor with keys, without any, and with the head
/// that people wrote down.
#[test]
fn nothing_that_a_forger_makes_is_more_than_consistent_in_itself() {
    let no_change: fn(&mut Vec<Line>) = |_| {};
    // His own run of the approved script: keys, people, devices, all made up.
    let own_run = closed_with("mallory", FrontEnd::Tui, "genesis");
    let headless = closed_with("mallory", FrontEnd::Headless, "genesis");
    let mut own_verifier = begun_with_verifier(b"print('all good')\n");
    while own_verifier.go_on() {}
    let follows = format!("example/vienna/{} 7 {}", Digest::of(b"an earlier one"), BASE64);
    let dropped = closed_with("mallory", FrontEnd::Tui, &follows);
    let mut his_people = own_run.bundle();
    attest(&mut his_people, "checkpoint", "mallory.example");
    cosign(&mut his_people, "checkpoint", "mallory-w1.example");
    cosign(&mut his_people, "checkpoint", "mallory-w2.example");
    let tries: Vec<(&str, Map)> = vec![
        ("his own run of the approved script", own_run.bundle()),
        (
            "with all lines of the real people",
            with_their_lines(own_run.bundle()),
        ),
        ("with people and witnesses of his own", his_people),
        ("headless forgery of people", headless.bundle()),
        (
            "headless, and the record says a terminal",
            front_end_changed(&headless),
        ),
        (
            "re-signed by another log key",
            rebuilt(&mallory(), false, no_change),
        ),
        (
            "re-rooted: the first line is his",
            rebuilt(&mallory(), true, no_change),
        ),
        (
            "re-rooted, with the real lines",
            with_their_lines(rebuilt(&mallory(), true, no_change)),
        ),
        (
            "another person in the roll call",
            rebuilt(&mallory(), true, |lines| renamed(lines, "Mallory")),
        ),
        ("another verifier, pinned", own_verifier.bundle()),
        ("another predecessor", dropped.bundle()),
        (
            "as a rehearsal",
            rebuilt(&mallory(), true, |lines| {
                set(
                    &mut lines[0].record.body,
                    &["input", "open", "kind"],
                    "rehearsal".into(),
                );
            }),
        ),
    ];
    let heads = format!("{}checkpoint {}\n", known(), head(&WITNESSED));
    for (what, files) in &tries {
        for anchors in [known(), heads.clone()] {
            let judgement = judge_with(files, &anchors);
            let text = judgement.lines().join("\n");
            assert!(judgement.verdict <= Level::InternallyConsistent, "{what}: {text}");
            assert!(!judgement.meets(Level::Unwitnessed), "{what}");
            if anchors == heads {
                assert_eq!(judgement.verdict, Level::Refused, "{what}: {text}");
            }
        }
        assert!(judge(files).verdict <= Level::InternallyConsistent, "{what}");
    }
    // The first is what a liar with a machine of his own can always do.
    assert_eq!(judge(&tries[0].1).verdict, Level::InternallyConsistent);
}

const BASE64: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

fn begun_with_verifier(verifier: &[u8]) -> Room {
    let mut template = begun("mallory", FrontEnd::Tui, "genesis");
    let inputs = template.inputs.clone();
    let mut room = Room::old(template.plan.clone(), inputs, std::collections::BTreeMap::new());
    room.verifier = verifier.to_vec();
    room.log = std::mem::replace(&mut template.log, mallory());
    let mut opening = room.opening();
    opening.front_end = FrontEnd::Tui;
    room.feed(InputKind::Open(Box::new(opening))).unwrap();
    room
}

fn front_end_changed(headless: &Room) -> Map {
    forged_files(&headless.bundle(), &mallory(), true, |lines| {
        set(
            &mut lines[0].record.body,
            &["input", "open", "front_end"],
            "tui".into(),
        );
    })
}

fn renamed(lines: &mut [Line], name: &str) {
    let present = |l: &&mut Line| {
        let answer = l
            .record
            .body
            .get("input")
            .and_then(|i| i.get("answer")?.get("present").cloned());
        answer.is_some()
    };
    let line = lines.iter_mut().find(present).unwrap();
    set(
        &mut line.record.body,
        &["input", "answer", "present", "name"],
        name.into(),
    );
}

/// What is wrong with an attack's report, if anything.
fn lacks(judgement: &Judgement, code: &str, what: &str) -> Option<String> {
    let codes = judgement.codes();
    let told = judgement.lines().join("\n").contains(&format!("[{code}]"));
    let good = codes.contains(&code) && told && judgement.verdict == Level::Refused && !judgement.good();
    (!good).then(|| {
        format!(
            "{what}: expected {code} among {codes:?}, {}",
            judgement.verdict.as_str()
        )
    })
}

/// The record with some of its lines, sums mended.
fn with_lines(change: impl FnOnce(&mut Vec<Vec<u8>>)) -> Map {
    let mut files = WITNESSED.clone();
    let record = &files["ceremony.jsonl"];
    let mut lines: Vec<Vec<u8>> = record
        .split_inclusive(|b| *b == b'\n')
        .map(<[u8]>::to_vec)
        .collect();
    change(&mut lines);
    files.insert("ceremony.jsonl".to_owned(), lines.concat());
    summed(files)
}

/// Another number in the last line, in its one spelling.
fn edit_last(lines: &mut [Vec<u8>]) {
    let line = lines.last_mut().unwrap();
    let text = String::from_utf8(line.clone()).unwrap();
    let at = text.find("\"deviations\":").unwrap() + "\"deviations\":".len();
    line[at] = b'9';
}

/// A ceremony of three runs.
fn three_runs() -> Room {
    let mut room = begun("log 1", FrontEnd::Tui, "genesis");
    for keys in [1, 2] {
        room.go_until(|s| s.keys.len() == keys);
        room.feed(InputKind::Pause {
            why: "lunch".to_owned(),
        })
        .unwrap();
        let InputKind::Resume(mut resumption) = room.resumption() else {
            unreachable!()
        };
        resumption.front_end = FrontEnd::Tui;
        room.feed(InputKind::Resume(resumption)).unwrap();
    }
    while room.go_on() {}
    room
}

fn last(lines: &mut [Line], kind: Kind) -> &mut Line {
    lines.iter_mut().rfind(|l| l.record.kind == kind).unwrap()
}

/// Each attack of the issue, with the code that is its own: no other attack of
/// this list has it.
#[test]
fn each_attack_has_a_code_of_its_own() {
    let count = lines(&WITNESSED["ceremony.jsonl"]).len();
    let heads = format!("{}checkpoint {}\n", known(), head(&WITNESSED));
    let with = |files: &Map| judge_with(files, &heads);
    let gate = ROOM.gates.last().unwrap();
    let swap = |path: &str, bytes: &[u8]| {
        let mut files = WITNESSED.clone();
        assert!(files.insert(path.to_owned(), bytes.to_vec()).is_some(), "{path}");
        summed(files)
    };
    // A whole run is taken out of three, and the sums are mended.
    let runs = three_runs();
    let mut dropped_run = runs.bundle();
    let from: Vec<usize> = lines(&dropped_run["ceremony.jsonl"])
        .iter()
        .filter(|l| l.record.kind == Kind::Resume)
        .map(|l| usize::try_from(l.seq).unwrap())
        .collect();
    let kept: Vec<Vec<u8>> = dropped_run["ceremony.jsonl"]
        .split_inclusive(|b| *b == b'\n')
        .enumerate()
        .filter(|(n, _)| !(from[0]..from[1]).contains(n))
        .map(|(_, line)| line.to_vec())
        .collect();
    dropped_run.insert("ceremony.jsonl".to_owned(), kept.concat());
    let dropped_run = summed(dropped_run);
    // With the log key of the run, which he should not have: cut before the seal, closed again.
    let own = Key::new("log 1", Algorithm::Ed25519);
    let recut = rebuilt(&own, true, |lines| {
        let close = lines.pop().unwrap();
        let size = usize::try_from(gate.0).unwrap();
        lines.truncate(size - 3);
        lines.push(close);
    });
    // Two checkpoints of one size and one log key.
    let other = Checkpoint::new(&ROOM.state.origin, gate.0, Digest::of(b"another root")).unwrap();
    let mut two_heads = WITNESSED.clone();
    two_heads.insert(
        format!("checkpoints/{}", gate.0),
        sign_note(&other, &own).into_bytes(),
    );
    // The last line edited, and the root that follows from it under the old signature.
    let mut rerooted = with_lines(|l| edit_last(l));
    let record = &rerooted["ceremony.jsonl"];
    let tree: Tree = record.split(|b| *b == b'\n').take(count).collect();
    let fresh = Checkpoint::of(&ROOM.state.origin, &tree).unwrap();
    let old = Note::parse(&WITNESSED["checkpoint"]).unwrap();
    let mut note = Note::new(&fresh.to_string()).unwrap();
    note.add(old.signatures()[0].clone()).unwrap();
    rerooted.insert("checkpoint".to_owned(), note.to_string().into_bytes());
    let weak = {
        let policy = String::from_utf8(WITNESSED["policy"].clone()).unwrap();
        let name = policy.split('+').next().unwrap().strip_prefix("log ").unwrap();
        let zero = data_encoding::BASE64.encode(&[&[1u8][..], &[0; 32]].concat());
        format!("log {name}+00000000+{zero}\nquorum none\n")
    };
    let mut forged_name = WITNESSED.clone();
    let mut note = Note::new(Note::parse(&WITNESSED["checkpoint"]).unwrap().text()).unwrap();
    note.add(Note::parse(&WITNESSED["checkpoint"]).unwrap().signatures()[0].clone())
        .unwrap();
    let mut earlier = WITNESSED.clone();
    attest(&mut earlier, &format!("checkpoints/{}", gate.0), ATTESTER);
    let at_gate = Note::parse(&earlier[&format!("checkpoints/{}", gate.0)]).unwrap();
    // The attester's signature of an earlier head, under the last one.
    note.add(at_gate.signatures().last().unwrap().clone()).unwrap();
    forged_name.insert("checkpoint".to_owned(), note.to_string().into_bytes());
    let follows = format!(
        "predecessor example/vienna/{} 7 {BASE64}",
        Digest::of(b"an earlier one")
    );
    let not_genesis = known().replace("predecessor genesis", &follows);
    let other_program = known().replace(&Digest::of(b"program").hex(), &Digest::of(b"another").hex());
    let mut unknown_type = WITNESSED.clone();
    let record = String::from_utf8(unknown_type["ceremony.jsonl"].clone()).unwrap();
    let record = record.replacen("\"type\":\"gate\"", "\"type\":\"gift\"", 1);
    unknown_type.insert("ceremony.jsonl".to_owned(), record.into_bytes());

    let attacks: Vec<(&str, &str, Judgement)> = vec![
        (
            "truncated",
            "the end cut off",
            with(&with_lines(|l| l.truncate(count - 5))),
        ),
        (
            "line-edited",
            "the last line edited",
            judge(&with_lines(|l| edit_last(l))),
        ),
        (
            "line-dropped",
            "a line taken out",
            judge(&with_lines(|l| drop(l.remove(7)))),
        ),
        (
            "line-doubled",
            "a line doubled",
            judge(&with_lines(|l| l.insert(7, l[7].clone()))),
        ),
        (
            "lines-reordered",
            "two lines swapped",
            judge(&with_lines(|l| l.swap(7, 8))),
        ),
        ("session-dropped", "a run taken out", judge(&dropped_run)),
        ("forked", "two heads of one size", judge(&two_heads)),
        ("cut-and-reclosed", "cut and closed again", with(&recut)),
        (
            "ceremony-dropped",
            "another predecessor",
            judge_with(&WITNESSED, &not_genesis),
        ),
        (
            "other-ceremony",
            "re-rooted from the first line",
            with(&rebuilt(&mallory(), true, |_| {})),
        ),
        (
            "rerooted",
            "another root under the old signature",
            judge(&rerooted),
        ),
        (
            "resigned",
            "signed by another log key",
            judge(&rebuilt(&mallory(), false, |_| {})),
        ),
        (
            "key-refused",
            "a weak key in the policy",
            judge(&swap("policy", weak.as_bytes())),
        ),
        (
            "line-type",
            "a type that nobody knows",
            judge(&summed(unknown_type)),
        ),
        (
            "signature-forged",
            "a line moved to another head",
            judge_with(&forged_name, &known()),
        ),
        (
            "people-forged",
            "a file answered for people",
            judge(&closed_with("log 1", FrontEnd::Headless, "genesis").bundle()),
        ),
        (
            "metadata-swapped",
            "metadata changed",
            judge(&swap("metadata/1.root.json", b"{}")),
        ),
        (
            "verifier-swapped",
            "another verifier",
            judge(&swap("verify.py", b"print('all good')\n")),
        ),
        (
            "program-swapped",
            "another program",
            judge_with(&WITNESSED, &other_program),
        ),
        (
            "script-swapped",
            "another script",
            judge(&swap("script.toml", b"schema = 1\n")),
        ),
        (
            "replay-differs",
            "a derived record forged with the run's log key",
            judge(&rebuilt(&own, true, |lines| {
                set(
                    &mut last(lines, Kind::Close).record.body,
                    &["deviations"],
                    Json::Int(7),
                );
            })),
        ),
    ];
    // These say more than one attack does, or follow from another one.
    let shared = [
        "line-edited",
        "replay-differs",
        "truncated",
        "line-dropped",
        "forked",
    ];
    let mut wrong = Vec::new();
    for (code, what, judgement) in &attacks {
        wrong.extend(lacks(judgement, code, what));
        let known = CODES.iter().any(|(c, _)| c == code) || *code == "line-type";
        assert!(known, "{code} is not in the list of codes");
        for (other, sin, judged) in &attacks {
            let own = other == code || shared.contains(code);
            if !own && judged.codes().contains(code) {
                wrong.push(format!("{code} of `{what}` also at `{sin}`"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The codes that need no forger, only a broken or mixed-up copy.
#[test]
fn each_broken_copy_has_its_code() {
    let without = |path: &str| {
        let mut files = WITNESSED.clone();
        assert!(files.remove(path).is_some(), "{path}");
        judge(&files)
    };
    let with = |path: &str, bytes: &[u8]| {
        let mut files = WITNESSED.clone();
        files.insert(path.to_owned(), bytes.to_vec());
        judge(&files)
    };
    let size = ROOM.gates[0].0;
    let key = WITNESSED.keys().find(|p| p.starts_with("keys/")).unwrap();
    let stranger = sign_note(
        &Checkpoint::new(&ROOM.state.origin, 5, Digest::of(b"x")).unwrap(),
        &mallory(),
    );
    let mut unsigned = Note::parse(&WITNESSED["checkpoint"]).unwrap();
    let text = unsigned.text().to_owned();
    unsigned = Note::new(&text).unwrap();
    let real = Note::parse(&WITNESSED["checkpoint"]).unwrap();
    unsigned.add(real.signatures()[1].clone()).unwrap();
    let other = closed_with("another log", FrontEnd::Tui, "genesis").bundle();
    let mut swapped_gate = real.clone();
    swapped_gate = Note::new(swapped_gate.text()).unwrap();
    swapped_gate.add(real.signatures()[1].clone()).unwrap();
    let mut longer = WITNESSED.clone();
    longer
        .get_mut("ceremony.jsonl")
        .unwrap()
        .extend_from_slice(b"{}\n");
    let no_close = {
        let mut files = WITNESSED.clone();
        let record = files["ceremony.jsonl"].clone();
        let count = record.split_inclusive(|b| *b == b'\n').count();
        let cut: Vec<&[u8]> = record.split_inclusive(|b| *b == b'\n').take(count - 1).collect();
        files.insert("ceremony.jsonl".to_owned(), cut.concat());
        files
    };
    let cases: Vec<(&str, Judgement)> = vec![
        ("file-missing", without(key)),
        ("file-added", with("notes.txt", b"x")),
        ("file-swapped", with(key, b"x")),
        ("sum-mismatch", with(key, b"x")),
        ("checkpoint-missing", without("checkpoint")),
        ("checkpoint-missing", without(&format!("checkpoints/{size}"))),
        ("checkpoint-unknown", with("checkpoints/5", stranger.as_bytes())),
        (
            "checkpoint-swapped",
            with(
                &format!("checkpoints/{size}"),
                swapped_gate.to_string().as_bytes(),
            ),
        ),
        ("note-malformed", with("checkpoint", b"x")),
        ("unsigned", with("checkpoint", unsigned.to_string().as_bytes())),
        ("origin-mismatch", with("checkpoint", &other["checkpoint"])),
        ("policy-swapped", with("policy", &other["policy"])),
        ("extended", judge(&longer)),
        ("not-closed", judge(&no_close)),
        ("script-refused", with("script.toml", b"schema = 1\n")),
        ("not-replayed", with("script.toml", b"schema = 1\n")),
        ("root-mismatch", judge(&with_lines(|l| l.swap(7, 8)))),
        ("threshold-short", {
            let text = String::from_utf8(WITNESSED["metadata/1.root.json"].clone()).unwrap();
            let at = text.find("\"sig\": \"30").unwrap() + 60;
            let mut bytes = text.into_bytes();
            bytes[at] = if bytes[at] == b'0' { b'1' } else { b'0' };
            with("metadata/1.root.json", &bytes)
        }),
        ("client-refuses", without("metadata/1.root.json")),
        ("approvals-absent", without("approvals")),
        ("approvals-not-pinned", with("approvals", b"x")),
        ("approvals-form", with("approvals", b"x")),
        (
            "verdict-forged",
            judge(&rebuilt(&mallory(), true, |lines| {
                let line = last(lines, Kind::ClientVerdicts);
                set(&mut line.record.body, &["clients"], Json::Array(Vec::new()));
            })),
        ),
        (
            "kind-mismatch",
            judge(&rebuilt(&mallory(), true, |lines| {
                set(
                    &mut lines[0].record.body,
                    &["input", "open", "kind"],
                    "rehearsal".into(),
                );
            })),
        ),
        (
            "export-misplaced",
            judge(&rebuilt(&mallory(), true, |lines| {
                lines.retain(|l| l.record.kind != Kind::Exported);
            })),
        ),
    ];
    let wrong: Vec<String> = cases
        .iter()
        .filter_map(|(code, j)| lacks(j, code, code))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
