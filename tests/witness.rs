//! The witness through the shipped program: every fork and rollback is refused, a
//! death between memory and answer loses nothing, a memory that is not whole signs
//! nothing. Passphrase and words are typed at a pseudo terminal, as people do.
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
#[path = "support/witnesses.rs"]
mod witnesses;

use audit::forged_files;
use program::run;
use rehearsal::{Room, script};
use tuf_ceremony::base::Digest;
use tuf_ceremony::transcript::witness::{Memory, parse_answer};
use tuf_ceremony::transcript::{Kind, words};
use witnesses::{Desk, PASSPHRASE, files_of, good};

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
        let payload = body.get("payload")?.as_str()?;
        is_root.then(|| Digest::parse(payload).unwrap())
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
