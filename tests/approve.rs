//! Approvals through the shipped program: each rule of the script's `[approvals]`,
//! of the note, of `approve` and of `run`, refused once and accepted once.
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/approvers.rs"]
mod approvers;
#[path = "support/program.rs"]
mod program;
#[path = "support/quiet.rs"]
mod quiet;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::process::Command;

use approvers::{Desk, mallory, named, noted, olga, otto, section, wim};
use data_encoding::BASE64;
use program::{BINARY, ran, root};
use rehearsal::Key;
use tuf_ceremony::base::{Algorithm, Digest, PublicKey};
use tuf_ceremony::note::Vkey;
use tuf_ceremony::script::Script;

#[test]
fn the_text_says_what_the_bytes_are() {
    let desk = Desk::new();
    let bytes = std::fs::read(desk.script()).unwrap();
    assert_eq!(
        desk.text(),
        format!(
            "tuf-ceremony approval v1\nscript {}\nlength {}\nceremony root-2027-1\nkind production\norigin example/vienna\n",
            Digest::of(&bytes),
            bytes.len()
        )
    );
    let file = desk.approve(&["--write-text", "text"]);
    assert_eq!(file.code, 0, "{file:?}");
    assert_eq!(
        std::fs::read(desk.path("text")).unwrap(),
        desk.text().into_bytes()
    );
    assert_eq!(
        desk.approve(&["--write-text", "text"]).code,
        2,
        "never written over"
    );
}

#[test]
fn people_add_their_lines_one_at_a_time_and_then_it_runs() {
    let desk = Desk::new();
    let none = desk.approve(&[]);
    assert_eq!(none.code, 1, "{none:?}");
    assert!(none.out.contains("NOT MET: 0 of 3, 2 must, 2 more"), "{none:?}");
    let words = ran(Command::new(&*BINARY).arg("words").arg(desk.script()));
    for line in words.out.lines().skip(1) {
        assert!(none.out.contains(line), "the digest in words: {line}");
    }
    desk.refused("no file", "approvals-absent");
    let text = desk.text();
    // Raw, as openssl writes it.
    desk.put("olga.sig", &olga().1.sign(text.as_bytes()));
    let one = desk.approve(&["--add", "olga.example", "--signature", "olga.sig"]);
    assert_eq!(one.code, 1, "{one:?}");
    assert!(one.out.contains("approved  olga.example (ed25519"), "{one:?}");
    assert!(one.out.contains("missing   otto.example"), "{one:?}");
    desk.refused("one of two", "approvals-too-few");
    // The same again adds nothing.
    let again = desk.approve(&["--add", "olga.example", "--signature", "olga.sig"]);
    assert_eq!(again.code, 2, "{again:?}");
    // In base64, from a card.
    let base64 = BASE64.encode(&wim().1.sign(text.as_bytes())) + "\n";
    desk.put("wim.sig", base64.as_bytes());
    let two = desk.approve(&["--add", &wim().0.to_string(), "--signature", "wim.sig"]);
    assert_eq!(two.code, 0, "{two:?}");
    assert!(two.out.contains("met: 2 of 3, 2 must"), "{two:?}");
    assert_eq!(desk.approve(&[]).code, 0);
    let json: serde_json::Value = serde_json::from_str(&desk.approve(&["--json"]).out).unwrap();
    assert_eq!(json["v"], 1);
    assert_eq!((&json["met"], &json["quorum"]), (&true.into(), &2.into()));
    assert_eq!(json["approved"][0]["vkey"], olga().0.to_string());
    assert_eq!(json["missing"][0]["name"], "otto.example");
    // It starts, and at once needs people.
    let quietly = |args: Vec<String>| {
        let args: Vec<&std::ffi::OsStr> = args.iter().map(std::ffi::OsStr::new).collect();
        Some(ran(quiet::command(&args)?.current_dir(desk.0.path())))
    };
    let Some(run) = quietly(desk.run_args()) else {
        return;
    };
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.err
            .contains("the briefing needs a person: no file answers for people in production"),
        "{run:?}"
    );
    let note = std::fs::read(desk.note()).unwrap();
    assert_eq!(std::fs::read(desk.path("record/approvals")).unwrap(), note);
    let record = std::fs::read_to_string(desk.path("record/ceremony.jsonl")).unwrap();
    let first = record.lines().next().unwrap();
    assert!(
        first.contains(&Digest::of(&note).hex()) && first.contains("\"secrets\":\"keyboard\""),
        "{first}"
    );
    // The record's own folder is judged, and is only unfinished.
    let judged = ran(Command::new(&*BINARY).arg("verify").arg(desk.path("record")));
    assert!(judged.out.contains("incomplete"), "{judged:?}");

    // It goes on, and only with the note that the first record pins.
    let resume = || quietly(desk.resume_args()).unwrap();
    let on = resume();
    assert_eq!(on.code, 3, "{on:?}");
    assert!(
        on.err.contains("no file answers for people in production"),
        "{on:?}"
    );
    std::fs::write(desk.path("record/approvals"), desk.signed(&[olga(), otto()])).unwrap();
    let other = resume();
    assert_eq!(other.code, 1, "another note, of enough people: {other:?}");
    assert!(other.err.contains("error[record-damaged]"), "{other:?}");
    std::fs::remove_file(desk.path("record/approvals")).unwrap();
    let gone = resume();
    assert_eq!(gone.code, 3, "{gone:?}");
    assert!(gone.err.contains("error[no-approvals]"), "{gone:?}");
}

#[test]
fn nothing_but_a_quorum_over_exactly_these_bytes_runs() {
    let good = Desk::new().signed(&[olga(), otto()]);
    let desk = Desk::new();
    let text = desk.text();
    let bad = |from: &str, to: &str| {
        assert!(good.contains(from), "{from}");
        good.replacen(from, to, 1)
    };
    let line = |of: &(Vkey, Key)| noted(&text, &[named(of.0.name(), Key::new("x", Algorithm::Ed25519))]);
    let mut flipped = good.clone().into_bytes();
    let at = good.rfind("otto.example ").unwrap() + 30;
    flipped[at] = if flipped[at] == b'A' { b'B' } else { b'A' };
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("empty", Vec::new(), "approvals-form"),
        ("text alone", format!("{text}\n").into_bytes(), "approvals-form"),
        (
            "one-of-two",
            desk.signed(&[wim()]).into_bytes(),
            "approvals-too-few",
        ),
        ("crlf", good.replace('\n', "\r\n").into_bytes(), "approvals-form"),
        (
            "cut",
            good.as_bytes()[..good.len() - 1].to_vec(),
            "approvals-form",
        ),
        (
            "olga-twice",
            (good.clone() + good.lines().nth(7).unwrap() + "\n").into_bytes(),
            "approvals-form",
        ),
        (
            "not-listed",
            desk.signed(&[olga(), otto(), mallory()]).into_bytes(),
            "approvals-not-listed",
        ),
        (
            "olga-by-another-key",
            line(&olga()).into_bytes(),
            "approvals-not-listed",
        ),
        ("flipped", flipped, "approvals-wrong-signature"),
        (
            "olga-signs-for-otto",
            {
                let (theirs, key) = (otto().0, olga().1);
                let hers = BASE64.encode(&[&theirs.id()[..], &key.sign(text.as_bytes())].concat());
                let note = desk.signed(&[olga()]);
                format!("{note}\u{2014} otto.example {hers}\n").into_bytes()
            },
            "approvals-wrong-signature",
        ),
        (
            "v2",
            bad("approval v1", "approval v2").into_bytes(),
            "approvals-other-script",
        ),
        (
            "rehearsal",
            bad("kind production", "kind rehearsal").into_bytes(),
            "approvals-other-script",
        ),
        (
            "other-length",
            bad("length ", "length 1").into_bytes(),
            "approvals-other-script",
        ),
        (
            "other-site",
            bad("example/vienna", "example/linz").into_bytes(),
            "approvals-other-script",
        ),
        (
            "more-text",
            bad("\n\n", "\nalso this\n\n").into_bytes(),
            "approvals-other-script",
        ),
        ("too-large", vec![b'x'; 20_000], "approvals-form"),
    ];
    for (sin, bytes, code) in cases {
        std::fs::write(desk.note(), bytes).unwrap();
        desk.refused(sin, code);
    }
    // A changed byte in the script after it was approved: a comment is enough.
    std::fs::write(desk.note(), &good).unwrap();
    assert_eq!(desk.approve(&[]).code, 0);
    desk.edit("# Template:", "# Template!");
    desk.refused("changed-script", "approvals-other-script");
}

/// In a rehearsal both copies may lie on one disk (tests/mirror.rs).
#[test]
fn production_keeps_no_second_copy_beside_the_first() {
    let desk = Desk::new();
    std::fs::write(desk.note(), desk.signed(&[olga(), otto()])).unwrap();
    let run = |mirror: &std::path::Path| {
        let args = desk.run_args();
        let args = args.iter().map(std::ffi::OsStr::new);
        let args: Vec<&std::ffi::OsStr> = args.chain(["--mirror".as_ref(), mirror.as_os_str()]).collect();
        Some(ran(quiet::command(&args)?.current_dir(desk.path("."))))
    };
    let Some(refused) = run(&desk.path("not/there/yet")) else {
        return;
    };
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("error[mirror-same-medium]"), "{refused:?}");
    assert!(!desk.path("record").exists() && !desk.path("not").exists());
    let Ok(other) = tempfile::tempdir_in("/dev/shm") else {
        println!("SKIPPED: no second file system at /dev/shm");
        return;
    };
    let mirror = other.path().join("mirror");
    let started = run(&mirror).unwrap();
    assert_eq!(started.code, 3, "{started:?}");
    let copies = [desk.path("record"), mirror].map(|f| std::fs::read(f.join("ceremony.jsonl")).unwrap());
    assert_eq!(copies[0], copies[1]);
}

#[test]
fn a_rehearsals_approvals_are_never_productions() {
    let desk = Desk::new();
    let production = std::fs::read_to_string(desk.script()).unwrap();
    desk.edit("kind         = \"production\"", "kind         = \"rehearsal\"");
    std::fs::write(desk.note(), desk.signed(&[olga(), otto()])).unwrap();
    assert_eq!(desk.approve(&[]).code, 0, "the rehearsal is approved");
    std::fs::write(desk.script(), production).unwrap();
    desk.refused("rehearsal's", "approvals-other-script");
    // And a production note does not let a rehearsal run that it lies beside.
    std::fs::write(desk.note(), desk.signed(&[olga(), otto()])).unwrap();
    assert_eq!(desk.approve(&[]).code, 0);
    desk.edit("kind         = \"production\"", "kind         = \"rehearsal\"");
    desk.refused("production's", "approvals-other-script");
}

#[test]
fn what_is_added_verifies_first_and_nothing_else_is_touched() {
    let desk = Desk::new();
    let text = desk.text();
    desk.put("wrong.sig", &otto().1.sign(text.as_bytes()));
    desk.put("other.sig", &olga().1.sign(b"another text\n"));
    desk.put("mallory.sig", &mallory().1.sign(text.as_bytes()));
    for (name, file, code) in [
        ("olga.example", "wrong.sig", "approvals-wrong-signature"),
        ("olga.example", "other.sig", "approvals-wrong-signature"),
        ("mallory.example", "mallory.sig", "approvals-not-listed"),
        ("wim.example", "wrong.sig", "approvals-wrong-signature"),
        ("olga.example", "absent.sig", "absent.sig"),
    ] {
        let refused = desk.approve(&["--add", name, "--signature", file]);
        assert_eq!(refused.code, 2, "{name} {file}: {refused:?}");
        assert!(refused.err.contains(code), "{name} {file}: {refused:?}");
        assert!(!desk.note().exists());
    }
    // A file that holds something else is never added to.
    std::fs::write(desk.note(), desk.signed(&[mallory()])).unwrap();
    let before = std::fs::read(desk.note()).unwrap();
    desk.put("olga.sig", &olga().1.sign(text.as_bytes()));
    let refused = desk.approve(&["--add", "olga.example", "--signature", "olga.sig"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert_eq!(std::fs::read(desk.note()).unwrap(), before);
    for args in [
        &["--add", "olga.example"][..],
        &["--write-text", "-", "--merge", "x"],
    ] {
        assert_eq!(desk.approve(args).code, 2, "{args:?}");
    }
}

#[test]
fn two_files_of_the_same_text_are_merged() {
    let desk = Desk::new();
    desk.put("theirs", desk.signed(&[otto(), olga()]).as_bytes());
    std::fs::write(desk.note(), desk.signed(&[olga()])).unwrap();
    let merged = desk.approve(&["--merge", "theirs"]);
    assert_eq!(merged.code, 0, "{merged:?}");
    let note = std::fs::read_to_string(desk.note()).unwrap();
    assert_eq!(note, desk.signed(&[olga(), otto()]), "ours first, each line once");
    let again = desk.approve(&["--merge", "theirs"]);
    assert_eq!(
        (again.code, std::fs::read_to_string(desk.note()).unwrap()),
        (0, note)
    );
    desk.put("bad", desk.signed(&[mallory()]).as_bytes());
    assert_eq!(desk.approve(&["--merge", "bad"]).code, 2);
    let other = Desk::new();
    other.edit("# Template:", "# Template!");
    desk.put("other", other.signed(&[wim()]).as_bytes());
    let refused = desk.approve(&["--merge", "other"]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(refused.err.contains("approvals-other-script"), "{refused:?}");
}

#[test]
fn check_refuses_what_is_no_set_of_approvers() {
    let [a, b, w] = [olga().0, otto().0, wim().0].map(|k| k.to_string());
    let witness = Vkey::cosigner("witness.example", olga().1.public())
        .unwrap()
        .to_string();
    let twin = Vkey::new("second.example", olga().1.public())
        .unwrap()
        .to_string();
    let namesake = Vkey::new("olga.example", otto().1.public()).unwrap().to_string();
    let card_twin = Vkey::new("card.example", wim().1.public()).unwrap().to_string();
    // The neutral element: a signature of it is anybody's.
    let weak = {
        let mut key = [0u8; 32];
        key[0] = 1;
        let id = Digest::of_parts(&[b"weak.example", b"\n", &[1], &key]).hex()[..8].to_owned();
        format!("weak.example+{id}+{}", BASE64.encode(&[&[1][..], &key].concat()))
    };
    let unknown = {
        let key = olga().1.public().raw().to_vec();
        let id = Digest::of_parts(&[b"olga.example", b"\n", &[5], &key]).hex()[..8].to_owned();
        format!("olga.example+{id}+{}", BASE64.encode(&[&[5][..], &key].concat()))
    };
    let online = PublicKey::from_pem(
        &std::fs::read_to_string(root().join("ceremony-scripts/templates/online.pub.pem")).unwrap(),
    )
    .unwrap();
    let online = Vkey::new("online.example", online).unwrap().to_string();
    let mangled = a.replacen("olga.example+", "olga.example+0", 1);
    let cases: Vec<(&str, String, &str, &str)> = vec![
        ("no-section", String::new(), "plan-approvals", "names nobody"),
        ("quorum-0", section("0", &[&a]), "script-wrong-value", "quorum"),
        (
            "quorum-above",
            section("3", &[&a, &b]),
            "script-quorum-above-seats",
            "2 approvers",
        ),
        (
            "no-quorum",
            section("1", &[&a]).replace("quorum = 1\n", ""),
            "script-missing-field",
            "quorum",
        ),
        ("no-keys", section("1", &[]), "script-wrong-value", "keys"),
        (
            "extra",
            section("1", &[&a]).replace("keys", "note = \"x\"\nkeys"),
            "script-unknown-field",
            "note",
        ),
        (
            "key-twice",
            section("2", &[&a, &a]),
            "script-duplicate-id",
            "one public key",
        ),
        (
            "two-names",
            section("2", &[&a, &twin]),
            "script-duplicate-id",
            "one public key",
        ),
        (
            "card-two-names",
            section("2", &[&w, &card_twin]),
            "script-duplicate-id",
            "one public key",
        ),
        (
            "one-name",
            section("2", &[&a, &namesake]),
            "script-duplicate-id",
            "one name",
        ),
        (
            "witness",
            section("1", &[&witness]),
            "script-wrong-value",
            "witness's key",
        ),
        ("weak", section("1", &[&weak]), "script-wrong-value", "sound key"),
        (
            "unknown-type",
            section("1", &[&unknown]),
            "script-wrong-value",
            "[approvals]",
        ),
        (
            "mangled-id",
            section("1", &[&mangled]),
            "script-wrong-value",
            "key id",
        ),
        (
            "no-vkey",
            section("1", &["olga"]),
            "script-wrong-value",
            "name+hex8+base64",
        ),
        (
            "tuf-key",
            section("1", &[&online]),
            "plan-approver-key",
            "the key online of this script",
        ),
    ];
    for (sin, text, code, says) in cases {
        let desk = Desk::with(&text);
        let refused = desk.call("check", &[]);
        assert_eq!(refused.code, 2, "{sin}: {refused:?}");
        let line = refused
            .err
            .lines()
            .find(|l| l.contains(&format!("error[{code}]")));
        let line = line.unwrap_or_else(|| panic!("{sin}: {refused:?}"));
        assert!(line.contains(says), "{sin}: {line}");
        // The place is that of the sin, not of the section.
        if matches!(sin, "two-names" | "witness" | "weak" | "tuf-key") {
            let script = std::fs::read_to_string(desk.script()).unwrap();
            let head = script[..script.find("[[key]]").unwrap()].lines().enumerate();
            let last = head
                .filter(|(_, l)| l.contains('+'))
                .map(|(at, _)| at)
                .last()
                .unwrap();
            assert!(line.contains(&format!(":{}:", last + 1)), "{sin}: {line}");
        }
    }
    for good in [section("1", &[&a]), section("3", &[&a, &b, &w])] {
        let desk = Desk::with(&good);
        let checked = desk.call("check", &[]);
        assert_eq!(checked.code, 0, "{checked:?}");
        assert!(checked.out.contains("approvals: "), "{checked:?}");
        let plan = desk.call("plan", &[]);
        assert!(
            plan.out.contains("have approved these bytes:") && plan.out.contains("  olga.example: ed25519")
        );
    }
    // A rehearsal needs none, and then nothing can be approved.
    let desk = Desk::with("");
    desk.edit("kind         = \"production\"", "kind         = \"rehearsal\"");
    assert_eq!(desk.call("check", &[]).code, 0);
    let nobody = desk.approve(&[]);
    assert_eq!(nobody.code, 2, "{nobody:?}");
    assert!(nobody.err.contains("approvals-nobody"), "{nobody:?}");
}

/// What Python made, judged by the name of each file.
#[test]
fn the_vectors_come_to_what_their_names_say() {
    let folder = root().join("tests/vectors/approval");
    let script = Script::parse(&std::fs::read(folder.join("script.toml")).unwrap()).unwrap();
    assert_eq!(
        script.approval_text(),
        std::fs::read_to_string(folder.join("text")).unwrap()
    );
    let mut seen = BTreeMap::new();
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let Some(stem) = name.strip_suffix(".approvals") else {
            continue;
        };
        let bytes = std::fs::read(&path).unwrap();
        let judged = script.judge_approvals(Some(&bytes));
        let word = judged.as_ref().map_or_else(|why| why.code(), |_| "good");
        let expected = stem.split("--").next().unwrap();
        assert_eq!(word, expected, "{name}: {judged:?}");
        *seen.entry(expected.to_owned()).or_insert(0) += 1;
    }
    assert!(seen.len() >= 6 && seen["good"] >= 3, "{seen:?}");
    assert_eq!(
        script.judge_approvals(None).unwrap_err().code(),
        "approvals-absent"
    );
}
