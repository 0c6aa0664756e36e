//! The witness through the shipped program: a whole ceremony is cosigned, every
//! fork and rollback is refused, a death between memory and answer loses nothing,
//! and both verifiers count the same witnesses. Passphrase and words are typed at
//! a pseudo terminal, as a person would.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;
#[path = "support/typist.rs"]
mod typist;

use std::path::{Path, PathBuf};

use audit::{forged_files, judge, python_on};
use program::{Ran, run};
use rehearsal::{Map, Room, script, write};
use tuf_ceremony::audit::Level;
use tuf_ceremony::base::Digest;
use tuf_ceremony::engine::{InputKind, Phase};
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::transcript::witness::{Memory, parse_answer};
use tuf_ceremony::transcript::{Kind, words};
use typist::typed;

const PASSPHRASE: &str = "correct horse battery";

/// A folder with witnesses and everything that goes to and fro.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        Desk(tempfile::tempdir().unwrap())
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.at(name).to_str().unwrap().to_owned()
    }

    /// A new witness; its key.
    fn witness(&self, state: &str, name: &str) -> Vkey {
        let args = ["witness", "new", "--state", &self.text(state), "--name", name];
        let made = typed(&args, |_, prompt| {
            prompt
                .contains("assphrase")
                .then(|| PASSPHRASE.to_owned())
                .or_else(|| prompt.contains("again").then(|| PASSPHRASE.to_owned()))
        });
        assert_eq!(made.code, 0, "{}", made.out);
        let memory = std::fs::read(self.at(state).join("state")).unwrap();
        let vkey = Memory::parse(&memory).unwrap().vkey().clone();
        assert!(made.out.contains(&vkey.to_string()), "{}", made.out);
        vkey
    }

    fn put(&self, name: &str, files: &Map) -> String {
        write(&self.at(name), files);
        self.text(name)
    }

    /// A request from a folder, into `out`; the log key into `out.key`.
    fn request(&self, folder: &str, out: &str, more: &[&str]) -> Ran {
        let (out, key) = (self.text(out), self.text(&format!("{out}.key")));
        let folder = self.text(folder);
        let mut args = vec!["witness", "request", &folder, "--out", &out, "--log-key", &key];
        args.extend(more);
        run(&args)
    }

    /// `witness log add`, the words typed as the other screen has them, but for `slips`.
    fn told(&self, state: &str, key: &str, slips: usize) -> Ran {
        let digest = Digest::of(&std::fs::read(self.at(key)).unwrap());
        let expected = words::words(&digest);
        let args = [
            "witness",
            "log",
            "add",
            "--state",
            &self.text(state),
            "--vkey-file",
            &self.text(key),
        ];
        typed(&args, move |nth, prompt| {
            let number = prompt.rsplit_once("Word ")?.1.strip_suffix(" there: ")?;
            let word = expected[number.parse::<usize>().ok()? - 1];
            Some(if nth < slips {
                "aardvark-not".to_owned()
            } else {
                word.to_owned()
            })
        })
    }

    fn sign_with(&self, passphrase: &str, state: &str, request: &str, out: &str) -> Ran {
        let args = [
            "witness",
            "sign",
            "--state",
            &self.text(state),
            &self.text(request),
            "--out",
            &self.text(out),
        ];
        typed(&args, |_, prompt| {
            prompt.contains("Passphrase").then(|| passphrase.to_owned())
        })
    }

    fn sign(&self, state: &str, request: &str, out: &str) -> Ran {
        self.sign_with(PASSPHRASE, state, request, out)
    }

    /// A request that must be refused, without a terminal: no passphrase is asked for.
    fn refused(&self, state: &str, request: &str, code: &str) -> String {
        let before = self.state(state);
        let args = [
            "witness",
            "sign",
            "--state",
            &self.text(state),
            &self.text(request),
            "--out",
            &self.text("none"),
        ];
        let ran = run(&args);
        assert_eq!(ran.code, 1, "{code}: {ran:?}");
        assert!(
            ran.err.contains(&format!("refused[{code}]")),
            "{code}: {}",
            ran.err
        );
        assert!(!self.at("none").exists());
        assert_eq!(self.state(state), before, "{code}: the memory is as it was");
        ran.err
    }

    fn state(&self, state: &str) -> Vec<u8> {
        std::fs::read(self.at(state).join("state")).unwrap()
    }

    fn merge(&self, bundle: &str, answer: &str) -> Ran {
        run(&["witness", "merge", &self.text(bundle), &self.text(answer)])
    }

    fn note(&self, bundle: &str, path: &str) -> Note {
        Note::parse(&std::fs::read(self.at(bundle).join(path)).unwrap()).unwrap()
    }
}

/// The rehearsal with these witnesses.
fn witnessed(quorum: usize, keys: &[&Vkey]) -> String {
    let keys: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
    let section = format!(
        "[witnesses]\nquorum = {quorum}\nkeys = [\n  {},  # two machines\n]\n\n[[result]]",
        keys.join(",\n  ")
    );
    script().replacen("[[result]]", &section, 1)
}

fn good(ran: &Ran) {
    assert_eq!(ran.code, 0, "{ran:?}");
}

fn quorum_of(files: &Map) -> (Level, String, Vec<&'static str>) {
    let judgement = judge(files);
    let check = judgement.check("quorum").unwrap();
    (
        judgement.verdict,
        format!("{}\n{}", check.what, check.found.join("\n")),
        judgement.failed(),
    )
}

fn files_of(folder: &Path) -> Map {
    tuf_ceremony::bundle::read(folder).unwrap().known
}

#[test]
fn a_ceremony_is_cosigned_and_both_verifiers_count_it() {
    let desk = Desk::new();
    let (one, two) = (desk.witness("w1", "w1.example"), desk.witness("w2", "w2.example"));
    let room = Room::closed(&witnessed(2, &[&one, &two]));
    let gate = room.gates[0].0.to_string();
    desk.put("bundle", &room.bundle());

    // Nobody yet: not a failure, and said.
    let files = files_of(&desk.at("bundle"));
    let (level, said, failed) = quorum_of(&files);
    assert_eq!((level, failed.as_slice()), (Level::Rehearsal, &[][..]), "{said}");
    assert!(
        said.starts_with("0 of 2 witnesses cosigned the final checkpoint; the quorum of 2 is missing"),
        "{said}"
    );

    // The first gate, then the end, by the first witness.
    good(&desk.request("bundle", "ask-gate", &["--size", &gate]));
    good(&desk.told("w1", "ask-gate.key", 1));
    good(&desk.sign("w1", "ask-gate", "answer-gate"));
    good(&desk.merge("bundle", "answer-gate"));
    assert!(
        desk.note("bundle", &format!("checkpoints/{gate}"))
            .verified_by(&one)
    );
    good(&desk.request("bundle", "ask", &["--old", &gate]));
    good(&desk.sign("w1", "ask", "answer"));
    good(&desk.merge("bundle", "answer"));
    assert!(desk.note("bundle", "checkpoint").verified_by(&one));
    let files = files_of(&desk.at("bundle"));
    let (level, said, _) = quorum_of(&files);
    assert_eq!(level, Level::Rehearsal);
    assert!(
        said.starts_with("1 of 2 witnesses cosigned the final checkpoint; the quorum of 2 is missing"),
        "{said}"
    );
    assert!(
        said.contains(&format!("checkpoints/{gate}: size {gate} cosigned by w1.example")),
        "{said}"
    );
    let (fine, text) = python_on(&files);
    assert!(
        fine && text.contains("ok    quorum: 1 of 2 witnesses cosigned; quorum 2"),
        "{text}"
    );

    // The second one comes late and sees only the end.
    good(&desk.request("bundle", "ask-2", &[]));
    good(&desk.told("w2", "ask-2.key", 0));
    good(&desk.sign("w2", "ask-2", "answer-2"));
    good(&desk.merge("bundle", "answer-2"));
    let again = desk.merge("bundle", "answer-2");
    assert!(again.code == 0 && again.out.contains("already"), "{again:?}");
    let files = files_of(&desk.at("bundle"));
    let (_, said, _) = quorum_of(&files);
    assert!(
        said.starts_with("2 of 2 witnesses cosigned the final checkpoint; the quorum of 2 is met"),
        "{said}"
    );
    let (fine, text) = python_on(&files);
    assert!(
        fine && text.contains("ok    quorum: 2 of 2 witnesses cosigned; quorum 2"),
        "{text}"
    );
    let verified = run(&["verify", &desk.text("bundle")]);
    assert!(
        verified.code == 0 && verified.out.contains("2 of 2 witnesses"),
        "{verified:?}"
    );

    // Each byte of a witness's signature counts, for both.
    let line = parse_answer(&std::fs::read(desk.at("answer-2")).unwrap())
        .unwrap()
        .remove(0);
    let text = String::from_utf8(files["checkpoint"].clone()).unwrap();
    let base64 = line.to_string().rsplit_once(' ').unwrap().1.to_owned();
    for (sin, at) in [("the time", 8), ("the signature", 40)] {
        let mut other = base64.clone().into_bytes();
        other[at] = if other[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(other).unwrap();
        let mut forged = files.clone();
        forged.insert(
            "checkpoint".to_owned(),
            text.replace(&base64, &other).into_bytes(),
        );
        let (level, said, failed) = quorum_of(&forged);
        assert_eq!(
            (level, failed.as_slice()),
            (Level::Refused, &["quorum"][..]),
            "{sin}: {said}"
        );
        assert!(
            said.contains("the line of the witness w2.example does not verify"),
            "{said}"
        );
        let (fine, text) = python_on(&forged);
        assert!(!fine && text.contains("FAIL  quorum"), "{sin}: {text}");
    }

    // A policy that asks for less than the script does is another one.
    for (sin, from, to) in [
        ("quorum", "group quorum 2", "group quorum 1"),
        ("a witness", "witness w2.example", "witness w3.example"),
    ] {
        let mut forged = files.clone();
        let policy = String::from_utf8(forged["policy"].clone())
            .unwrap()
            .replacen(from, to, 1);
        forged.insert("policy".to_owned(), policy.into_bytes());
        let forged = audit::summed(forged);
        let (level, _, failed) = quorum_of(&forged);
        assert!(
            level == Level::Refused && failed.contains(&"quorum"),
            "{sin}: {failed:?}"
        );
        assert!(!python_on(&forged).0, "{sin}");
    }
}

#[test]
fn forks_rollbacks_and_strangers_are_refused() {
    let desk = Desk::new();
    desk.witness("w1", "w1.example");
    let room = Room::closed(&script());
    let sizes: Vec<String> = room.gates.iter().map(|(size, _)| size.to_string()).collect();
    assert!(sizes.len() > 2, "{sizes:?}");
    desk.put("bundle", &room.bundle());
    good(&desk.request("bundle", "ask-1", &["--size", &sizes[1]]));
    desk.refused("w1", "ask-1", "unknown-origin");
    good(&desk.told("w1", "ask-1.key", 0));
    good(&desk.sign("w1", "ask-1", "answer-1"));
    assert!(
        run(&["witness", "show", "--state", &desk.text("w1")])
            .out
            .contains("REHEARSAL")
    );

    // Rollback, wrong old sizes.
    good(&desk.request("bundle", "ask-0", &["--size", &sizes[0]]));
    assert!(
        desk.refused("w1", "ask-0", "rollback")
            .contains("Keep the request")
    );
    for (name, old) in [
        ("ask-a", "0"),
        ("ask-b", sizes[0].as_str()),
        ("ask-c", sizes[2].as_str()),
    ] {
        good(&desk.request("bundle", name, &["--old", old]));
        assert!(
            desk.refused("w1", name, "old-size")
                .contains(&format!("--old {}", sizes[1]))
        );
    }

    // The log key itself signs another history: by an edit before what was cosigned.
    let edit = |before: u64| {
        forged_files(&room.bundle(), &room.log, false, |lines| {
            let line = lines
                .iter_mut()
                .find(|l| l.record.kind == Kind::Answer && l.seq >= before);
            let line = line.unwrap();
            line.record.who = "somebody-else".to_owned();
        })
    };
    desk.put("forked", &edit(1));
    good(&desk.request("forked", "fork-same", &["--size", &sizes[1]]));
    desk.refused("w1", "fork-same", "fork");
    good(&desk.request("forked", "fork-later", &["--old", &sizes[1]]));
    desk.refused("w1", "fork-later", "not-consistent");

    // A stranger's log key for the same record.
    let stranger = rehearsal::Key::new("stranger", tuf_ceremony::base::Algorithm::Ed25519);
    desk.put(
        "stranger",
        &forged_files(&room.bundle(), &stranger, false, |_| {}),
    );
    let asked = desk.request("stranger", "ask-s", &["--old", &sizes[1]]);
    assert_eq!(asked.code, 2, "the record names another log key: {asked:?}");
    let text = std::fs::read_to_string(desk.at("ask-a")).unwrap();
    let (head, _) = text.rsplit_once("\n\n").unwrap();
    let theirs = String::from_utf8(files_of(&desk.at("stranger"))["checkpoint"].clone()).unwrap();
    let (_, line) = theirs.rsplit_once("\n\n").unwrap();
    std::fs::write(desk.at("ask-t"), format!("{head}\n\n{line}")).unwrap();
    desk.refused("w1", "ask-t", "unknown-log-key");

    // The true record goes on; then its fork after that point is refused, too.
    good(&desk.request("bundle", "ask", &["--old", &sizes[1]]));
    good(&desk.sign("w1", "ask", "answer"));
    desk.put("late-fork", &edit(sizes[1].parse().unwrap()));
    good(&desk.request("late-fork", "late", &["--old", &sizes[1]]));
    desk.refused("w1", "late", "fork");

    // Every byte of the proof and head of a request.
    let good_text = std::fs::read(desk.at("ask")).unwrap();
    for i in (0..good_text.len()).step_by(41) {
        let mut bytes = good_text.clone();
        bytes[i] ^= 2;
        std::fs::write(desk.at("flipped"), bytes).unwrap();
        let ran = run(&[
            "witness",
            "sign",
            "--state",
            &desk.text("w1"),
            &desk.text("flipped"),
            "--out",
            &desk.text("none"),
        ]);
        // The proof alone may change where the checkpoint is the one that was cosigned:
        // then the old answer comes again, and nothing is signed.
        if ran.code == 0 {
            assert_eq!(
                std::fs::read(desk.at("none")).unwrap(),
                std::fs::read(desk.at("answer")).unwrap()
            );
            std::fs::remove_file(desk.at("none")).unwrap();
        }
    }
}

#[test]
fn a_death_between_memory_and_answer_loses_nothing() {
    let desk = Desk::new();
    let own = desk.witness("w1", "w1.example");
    let room = Room::closed(&script());
    desk.put("bundle", &room.bundle());
    good(&desk.request("bundle", "ask", &[]));
    good(&desk.told("w1", "ask.key", 0));

    // The answer's place is gone: the memory is ahead, and the answer comes again
    // without a terminal, a passphrase or a new signature.
    let before = desk.state("w1");
    let lost = desk.sign("w1", "ask", "no-such-folder/answer");
    assert_eq!(lost.code, 4, "{lost:?}");
    assert_ne!(desk.state("w1"), before);
    let after = desk.state("w1");
    for out in ["answer-1", "answer-2"] {
        let ran = run(&[
            "witness",
            "sign",
            "--state",
            &desk.text("w1"),
            &desk.text("ask"),
            "--out",
            &desk.text(out),
        ]);
        good(&ran);
    }
    assert_eq!(desk.state("w1"), after);
    let answer = std::fs::read(desk.at("answer-1")).unwrap();
    assert_eq!(answer, std::fs::read(desk.at("answer-2")).unwrap());
    let line = parse_answer(&answer).unwrap().remove(0);
    let mut note = desk.note("bundle", "checkpoint");
    note.add(line).unwrap();
    assert!(note.verified_by(&own));
    let twice = run(&[
        "witness",
        "sign",
        "--state",
        &desk.text("w1"),
        &desk.text("ask"),
        "--out",
        &desk.text("answer-1"),
    ]);
    assert_eq!(twice.code, 2, "an answer is never written over: {twice:?}");

    // Killed at many instants: the memory is the old or the new one, never less.
    for delay in 0..12u64 {
        std::fs::write(desk.at("w1/state"), &before).unwrap();
        let out = format!("killed-{delay}");
        let args = [
            "witness",
            "sign",
            "--state",
            &desk.text("w1"),
            &desk.text("ask"),
            "--out",
            &desk.text(&out),
        ];
        typist::killed(&args, PASSPHRASE, std::time::Duration::from_millis(delay * 60));
        let state = desk.state("w1");
        let memory = Memory::parse(&state).unwrap();
        let remembers = memory.log(room.state.origin.as_str()).unwrap().last().is_some();
        assert!(remembers || state == before);
        assert!(
            remembers || !desk.at(&out).exists(),
            "an answer left before the memory was durable"
        );
        if remembers {
            good(&run(&[
                "witness",
                "sign",
                "--state",
                &desk.text("w1"),
                &desk.text("ask"),
                "--out",
                &desk.text(&format!("again-{delay}")),
            ]));
        }
    }
}

#[test]
fn a_torn_memory_another_process_and_a_wrong_passphrase_sign_nothing() {
    let desk = Desk::new();
    desk.witness("w1", "w1.example");
    let room = Room::closed(&script());
    desk.put("bundle", &room.bundle());
    good(&desk.request("bundle", "ask", &[]));

    // Words from another key, three times.
    let other = desk.told("w1", "ask.key", 3);
    assert!(
        other.code == 1 && other.out.contains("refused[words-differ]"),
        "{other:?}"
    );
    desk.refused("w1", "ask", "unknown-origin");
    good(&desk.told("w1", "ask.key", 2));
    let twice = desk.told("w1", "ask.key", 0);
    assert!(
        twice.code == 1 && twice.out.contains("refused[log-key]"),
        "{twice:?}"
    );

    let state = desk.state("w1");
    let wrong = desk.sign_with("correct horse batterz", "w1", "ask", "answer");
    assert_eq!(wrong.code, 3, "{wrong:?}");
    assert!(!desk.at("answer").exists() && desk.state("w1") == state);
    let args = [
        "witness",
        "sign",
        "--state",
        &desk.text("w1"),
        &desk.text("ask"),
        "--out",
        &desk.text("answer"),
    ];

    // Another process holds the witness.
    let lock = std::fs::File::open(desk.at("w1/lock")).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    for args in [&args[..], &["witness", "show", "--state", &desk.text("w1")]] {
        let busy = run(args);
        assert!(busy.code == 3 && busy.err.contains("another process"), "{busy:?}");
    }
    drop(lock);

    // Torn, altered, gone: never taken for a new memory.
    for (sin, bytes) in [
        ("empty", Vec::new()),
        ("cut", state[..state.len() - 1].to_vec()),
        ("half", state[..state.len() / 2].to_vec()),
        (
            "altered",
            state.iter().map(|b| if *b == b'1' { b'2' } else { *b }).collect(),
        ),
    ] {
        std::fs::write(desk.at("w1/state"), &bytes).unwrap();
        let ran = run(&args);
        assert!(
            ran.code == 1 && ran.err.contains("must not sign again"),
            "{sin}: {ran:?}"
        );
        assert_eq!(desk.state("w1"), bytes);
    }
    std::fs::remove_file(desk.at("w1/state")).unwrap();
    assert_eq!(run(&args).code, 2);
    assert!(!desk.at("answer").exists());

    // A folder that is there is never made into a witness.
    let again = run(&[
        "witness",
        "new",
        "--state",
        &desk.text("w1"),
        "--name",
        "w1.example",
    ]);
    assert_eq!(again.code, 2, "{again:?}");
    let odd = run(&["witness", "new", "--state", &desk.text("w9"), "--name", "quorum"]);
    assert!(odd.code == 2 && !desk.at("w9").exists(), "{odd:?}");
}

#[test]
fn only_cosignatures_of_named_witnesses_over_these_checkpoints_are_merged() {
    let desk = Desk::new();
    let one = desk.witness("w1", "w1.example");
    let stranger = desk.witness("w2", "w2.example");
    let room = Room::closed(&witnessed(1, &[&one]));
    desk.put("bundle", &room.bundle());
    good(&desk.request("bundle", "ask", &[]));
    for state in ["w1", "w2"] {
        good(&desk.told(state, "ask.key", 0));
        good(&desk.sign(state, "ask", &format!("answer-{state}")));
    }
    let before = files_of(&desk.at("bundle"));
    let refused = |answer: &str, code: &str| {
        let ran = desk.merge("bundle", answer);
        assert!(
            ran.code == 1 && ran.err.contains(&format!("refused[{code}]")),
            "{answer}: {ran:?}"
        );
        assert_eq!(files_of(&desk.at("bundle")), before, "{answer}");
    };
    refused("answer-w2", "unknown-witness");
    // One good line beside a bad one: nothing is merged.
    let both = [
        std::fs::read(desk.at("answer-w1")).unwrap(),
        std::fs::read(desk.at("answer-w2")).unwrap(),
    ]
    .concat();
    std::fs::write(desk.at("both"), both).unwrap();
    refused("both", "unknown-witness");
    // A witness's line over another record.
    let other = Room::closed(&witnessed(1, &[&one]).replacen("site = \"", "site = \"x", 1));
    desk.put("other", &other.bundle());
    good(&desk.request("other", "ask-other", &[]));
    good(&desk.told("w1", "ask-other.key", 0));
    good(&desk.sign("w1", "ask-other", "answer-other"));
    refused("answer-other", "wrong-cosignature");
    // The log's own line, and no line at all.
    let log = std::fs::read_to_string(desk.at("bundle/checkpoint")).unwrap();
    std::fs::write(desk.at("log-line"), log.rsplit_once("\n\n").unwrap().1).unwrap();
    refused("log-line", "unknown-witness");
    std::fs::write(desk.at("empty"), "").unwrap();
    assert_eq!(desk.merge("bundle", "empty").code, 2);
    // What an interrupted merge left is cleared; a witness beyond the script is taken by its key.
    std::fs::write(desk.at("bundle/checkpoint.part"), "half").unwrap();
    good(&desk.merge("bundle", "answer-w1"));
    assert!(!desk.at("bundle/checkpoint.part").exists());
    let more = run(&[
        "witness",
        "merge",
        &desk.text("bundle"),
        &desk.text("answer-w2"),
        "--witness",
        &stranger.to_string(),
    ]);
    good(&more);
    let note = desk.note("bundle", "checkpoint");
    assert!(note.verified_by(&one) && note.verified_by(&stranger));
    let (level, said, failed) = quorum_of(&files_of(&desk.at("bundle")));
    assert!(
        level == Level::Rehearsal && said.starts_with("1 of 1"),
        "{said} {failed:?}"
    );
    assert!(python_on(&files_of(&desk.at("bundle"))).0);
}

#[test]
fn a_resumed_run_is_vouched_for_by_witnesses_that_were_told_of_its_key() {
    let desk = Desk::new();
    let one = desk.witness("w1", "w1.example");
    let mut room = Room::new(&witnessed(1, &[&one]));
    room.go_until(|s| s.cursor > 2);
    while room.gates.is_empty() {
        assert!(room.go_on());
    }
    // While the ceremony is under way: from the record's own folder.
    desk.put("record", &room.folder());
    good(&desk.request("record", "ask-1", &[]));
    good(&desk.told("w1", "ask-1.key", 0));
    good(&desk.sign("w1", "ask-1", "answer-1"));
    let size = room.gates.last().unwrap().0.to_string();
    room.go_until(|s| matches!(s.phase, Phase::Asking(_)));
    let why = "lunch".to_owned();
    room.feed(InputKind::Pause { why }).unwrap();
    let resumption = room.resumption();
    room.feed(resumption).unwrap();
    while room.go_on() {}
    desk.put("bundle", &room.bundle());
    let (_, said, _) = quorum_of(&files_of(&desk.at("bundle")));
    assert!(said.contains("unvouched epochs: 1 of 2 runs"), "{said}");
    good(&desk.request("bundle", "ask-2", &["--old", &size]));
    desk.refused("w1", "ask-2", "unknown-log-key");
    let told = desk.told("w1", "ask-2.key", 0);
    good(&told);
    assert!(
        told.out.contains(&format!("size {size}")),
        "the last checkpoint is shown: {}",
        told.out
    );
    good(&desk.sign("w1", "ask-2", "answer-2"));
    good(&desk.merge("bundle", "answer-1"));
    good(&desk.merge("bundle", "answer-2"));
    let (level, said, _) = quorum_of(&files_of(&desk.at("bundle")));
    assert!(level == Level::Rehearsal && !said.contains("unvouched"), "{said}");
    assert!(python_on(&files_of(&desk.at("bundle"))).0);
    let shown = run(&[
        "witness",
        "show",
        "--state",
        &desk.text("w1"),
        "--checkpoint",
        &room.state.origin,
    ]);
    let note = Note::parse(shown.out.as_bytes()).unwrap();
    assert!(note.verified_by(&one) && note.signatures().len() == 2);
}

#[test]
fn a_second_screen_shows_what_is_signed() {
    let desk = Desk::new();
    let room = Room::closed(&script());
    desk.put("bundle", &room.bundle());
    let root = desk.text("bundle/metadata/1.root.json");
    let shown = run(&["witness", "review", &root]);
    good(&shown);
    let frozen = room.record.split(|b| *b == b'\n').find_map(|line| {
        let line = tuf_ceremony::base::Json::parse(line).ok()?;
        let body = line.get("body")?;
        let is_root = line.get("type")?.as_str()? == "frozen" && body.get("metadata")?.as_str()? == "root";
        is_root.then(|| Digest::parse(body.get("payload")?.as_str()?).unwrap())
    });
    let digest = frozen.expect("the record says what was frozen");
    assert!(shown.out.contains(&digest.grouped()), "{}", shown.out);
    for word in words::words(&digest) {
        assert!(shown.out.contains(word), "{word}");
    }
    // The bytes to sign alone give the same text, and another byte another one.
    let metadata = tuf_ceremony::tuf::Metadata::parse(&std::fs::read(&root).unwrap()).unwrap();
    std::fs::write(desk.at("payload"), metadata.canonical()).unwrap();
    assert_eq!(run(&["witness", "review", &desk.text("payload")]).out, shown.out);
    let text = String::from_utf8(metadata.canonical()).unwrap();
    std::fs::write(
        desk.at("altered"),
        text.replacen("\"threshold\":2", "\"threshold\":1", 1),
    )
    .unwrap();
    let altered = run(&["witness", "review", &desk.text("altered"), "--trusted", &root]);
    assert!(
        altered.out.contains("threshold") && !altered.out.contains(&digest.grouped()),
        "{}",
        altered.out
    );
    std::fs::write(desk.at("nothing"), "{}").unwrap();
    assert_eq!(run(&["witness", "review", &desk.text("nothing")]).code, 2);
}
