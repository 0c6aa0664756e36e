//! Approvals through the shipped program: each rule of the script's `[approvals]`,
//! of the note, of `run` and of both verifiers, refused once and accepted once;
//! and a whole production ceremony from its approvals to its bundle.
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

#[path = "support/audit.rs"]
mod audit;
#[cfg(all(feature = "tui", feature = "pkcs11"))]
#[path = "support/operator.rs"]
mod operator;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use audit::{judge, python_on};
use data_encoding::BASE64;
use program::{BINARY, Ran, ran, root};
use rehearsal::{Key, Map, Room};
use tuf_ceremony::audit::{Level, Verdict};
use tuf_ceremony::base::{Algorithm, Digest, PublicKey};
use tuf_ceremony::engine::{Expect, FileRef, InputKind, NOT_APPROVED, expects};
use tuf_ceremony::note::{Note, Vkey};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;
use tuf_ceremony::transcript::Class;

fn olga() -> (Vkey, Key) {
    named("olga.example", Key::new("olga", Algorithm::Ed25519))
}

fn otto() -> (Vkey, Key) {
    named("otto.example", Key::new("otto", Algorithm::Ed25519))
}

/// Has a smartcard, which knows P-256 alone.
fn wim() -> (Vkey, Key) {
    named("wim.example", Key::new("wim", Algorithm::EcdsaP256))
}

/// Is nobody's approver.
fn mallory() -> (Vkey, Key) {
    named("mallory.example", Key::new("mallory", Algorithm::Ed25519))
}

fn named(name: &str, key: Key) -> (Vkey, Key) {
    (Vkey::new(name, key.public()).unwrap(), key)
}

fn section(quorum: &str, keys: &[&str]) -> String {
    let keys: Vec<String> = keys.iter().map(|k| format!("  \"{k}\",\n")).collect();
    format!("[approvals]\nquorum = {quorum}\nkeys = [\n{}]\n\n", keys.concat())
}

/// A folder with the template's script and files; the script names our approvers.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Desk {
        let [a, b, c] = [olga().0, otto().0, wim().0].map(|k| k.to_string());
        Desk::with(&section("2", &[&a, &b, &c]))
    }

    fn with(section: &str) -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        let templates = root().join("ceremony-scripts/templates");
        let text = std::fs::read_to_string(templates.join("root-keygen.toml")).unwrap();
        let start = text.find("[approvals]").unwrap();
        let end = start + text[start..].find("[[key]]").unwrap();
        std::fs::write(desk.script(), [&text[..start], section, &text[end..]].concat()).unwrap();
        std::fs::copy(templates.join("online.pub.pem"), desk.path("online.pub.pem")).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn script(&self) -> PathBuf {
        self.path("s.toml")
    }

    fn note(&self) -> PathBuf {
        self.path("s.toml.approvals")
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        std::fs::write(self.path(name), bytes).unwrap();
        self.path(name)
    }

    fn edit(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.script()).unwrap();
        assert!(text.contains(from), "{from}");
        std::fs::write(self.script(), text.replacen(from, to, 1)).unwrap();
    }

    fn call(&self, verb: &str, args: &[&str]) -> Ran {
        let mut command = Command::new(&*BINARY);
        ran(command
            .arg(verb)
            .arg(self.script())
            .args(args)
            .current_dir(self.0.path()))
    }

    fn approve(&self, args: &[&str]) -> Ran {
        self.call("approve", args)
    }

    /// The text as the program writes it.
    fn text(&self) -> String {
        let said = self.approve(&["--write-text", "-"]);
        assert_eq!(said.code, 0, "{said:?}");
        said.out
    }

    /// A note over the script as it is, by these people.
    fn signed(&self, by: &[(Vkey, Key)]) -> String {
        noted(
            &Script::parse(&std::fs::read(self.script()).unwrap())
                .unwrap()
                .approval_text(),
            by,
        )
    }

    /// `run` without a terminal; nobody answers for people in production.
    fn run(&self) -> Ran {
        let answers = self.put(
            "answers.toml",
            b"schema = 1\n[people]\n[confirm]\nbegin = true\nabort = true\n",
        );
        let module = format!("opensc={}", self.put("module.so", b"no module").display());
        let record = self.path("record");
        let args = [
            "--record",
            record.to_str().unwrap(),
            "--answers",
            answers.to_str().unwrap(),
        ];
        self.call("run", &[&args[..], &["--module", &module]].concat())
    }

    fn refused(&self, sin: &str, code: &str) {
        let run = self.run();
        assert_eq!(run.code, 3, "{sin}: {run:?}");
        assert!(
            run.err.contains("error[no-approvals]") && run.err.contains(code),
            "{sin}: {run:?}"
        );
        assert!(!self.path("record").exists(), "{sin}: nothing was started");
        let said = self.approve(&[]);
        assert_eq!(said.code, 1, "{sin}: {said:?}");
    }
}

fn noted(text: &str, by: &[(Vkey, Key)]) -> String {
    let mut note = Note::new(text).unwrap();
    for (vkey, key) in by {
        note.add(Note::sign_line(text, vkey, &key.sign(text.as_bytes())).unwrap())
            .unwrap();
    }
    note.to_string()
}

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
    // It starts, and at once needs people.
    let run = desk.run();
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
    let resume = || {
        let record = desk.path("record");
        let answers = desk.path("answers.toml");
        let module = format!("opensc={}", desk.path("module.so").display());
        ran(Command::new(&*BINARY)
            .args([
                "resume",
                "--record",
                record.to_str().unwrap(),
                "--module",
                &module,
            ])
            .args(["--answers", answers.to_str().unwrap()]))
    };
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

/// The plan of a desk, as the engine gets it.
fn plan(desk: &Desk) -> (Plan, Map) {
    let script = Script::parse(&std::fs::read(desk.script()).unwrap()).unwrap();
    let mut inputs = Map::new();
    for name in Inputs::needed(&script) {
        inputs.insert(name.clone(), std::fs::read(desk.path(&name)).unwrap());
    }
    let arcs = inputs.iter().map(|(n, b)| (n.clone(), Arc::from(b.as_slice())));
    let plan = Plan::build(script, &Inputs(arcs.collect())).unwrap();
    (plan, inputs)
}

fn room(desk: &Desk, note: Option<String>) -> Room {
    let (plan, inputs) = plan(desk);
    let plan = match note {
        Some(note) => plan.with_approvals(note.into_bytes()),
        None => plan,
    };
    Room::old(plan, inputs, BTreeMap::new())
}

#[test]
fn the_engine_opens_nothing_that_was_not_approved() {
    let desk = Desk::new();
    let good = desk.signed(&[olga(), wim()]);
    for note in [
        None,
        Some(desk.signed(&[olga()])),
        Some(good.replace("vienna", "linz")),
    ] {
        let mut room = room(&desk, note);
        let open = InputKind::Open(Box::new(room.opening()));
        assert_eq!(room.feed(open).unwrap_err().code, NOT_APPROVED);
    }
    let mut room = room(&desk, Some(good));
    for other in [None, Some(FileRef::of("approvals", b"others"))] {
        let mut opening = room.opening();
        opening.approvals = other;
        let refused = room.feed(InputKind::Open(Box::new(opening))).unwrap_err();
        assert_eq!(refused.code, "open-differs");
    }
    let opening = room.opening();
    room.feed(InputKind::Open(Box::new(opening))).unwrap();
}

#[test]
fn a_production_ceremony_goes_from_its_approvals_to_its_bundle() {
    let desk = Desk::new();
    let note = desk.signed(&[otto(), wim()]);
    let mut room = room(&desk, Some(note.clone()));
    while room.go_on() {}
    assert_eq!(expects(&room.state), Expect::Closed);
    let bundle = room.bundle();
    assert_eq!(bundle["approvals"], note.as_bytes());
    let judgement = judge(&bundle);
    let said = judgement.lines().join("\n");
    assert_eq!(judgement.verdict, Level::InternallyConsistent, "{said}");
    let check = judgement.check("approvals").unwrap();
    assert_eq!(check.verdict, Verdict::Pass, "{said}");
    assert!(
        check.what.contains("2 of 3") && check.what.contains("otto.example, wim.example"),
        "{said}"
    );
    let approved: Vec<&str> = judgement
        .facts
        .iter()
        .filter(|f| f.name == "approval")
        .map(|f| f.value.as_str())
        .collect();
    assert_eq!(approved, [otto().0.to_string(), wim().0.to_string()]);
    assert!(
        judgement
            .facts
            .iter()
            .filter(|f| f.name == "approval")
            .all(|f| f.class == Class::PersonSigned)
    );
    let (good, second) = python_on(&bundle);
    assert!(good && second.contains("ok    approvals"), "{second}");

    // Who swaps, drops or edits the note is caught by name, by both.
    let (a, b, c) = (olga(), otto(), wim());
    let drop_line = |n: usize| {
        let lines: Vec<&str> = note.lines().collect();
        let kept: Vec<&str> = lines
            .iter()
            .enumerate()
            .filter(|(i, _)| *i != n)
            .map(|(_, l)| *l)
            .collect();
        kept.join("\n") + "\n"
    };
    for (sin, bytes, reason) in [
        (
            "others-who-may",
            Some(desk.signed(&[a, b])),
            "approvals-not-pinned",
        ),
        ("one-dropped", Some(drop_line(7)), "approvals-too-few"),
        (
            "one-added",
            Some(desk.signed(&[c, mallory()])),
            "approvals-not-listed",
        ),
        ("dropped", None, "approvals-absent"),
    ] {
        let mut forged = bundle.clone();
        match bytes {
            Some(bytes) => forged.insert("approvals".to_owned(), bytes.into_bytes()),
            None => forged.remove("approvals"),
        };
        let forged = audit::summed(forged);
        let judgement = judge(&forged);
        let check = judgement.check("approvals").unwrap();
        assert_eq!(
            (judgement.verdict, check.verdict),
            (Level::Refused, Verdict::Fail),
            "{sin}"
        );
        assert!(
            check.found.iter().any(|f| f.contains(reason)),
            "{sin}: {:?}",
            check.found
        );
        let (good, second) = python_on(&forged);
        assert!(!good && second.contains("FAIL  approvals"), "{sin}: {second}");
    }
}

/// From the shipped program to the media: the note leaves with the bundle.
#[test]
fn a_rehearsal_practises_its_approvals_to_the_bundle() {
    let room = program::Room::new();
    let scripts = root().join("ceremony-scripts/rehearsal");
    let text = std::fs::read_to_string(scripts.join("root-keygen.toml")).unwrap();
    let [a, b] = [olga().0, wim().0].map(|k| k.to_string());
    let text = text.replacen(
        "\n[[result]]",
        &format!("\n{}[[result]]", section("2", &[&a, &b])),
        1,
    );
    let script = room.dir.path().join("s.toml");
    std::fs::write(&script, &text).unwrap();
    let note = noted(
        &Script::parse(text.as_bytes()).unwrap().approval_text(),
        &[olga(), wim()],
    );
    let beside = room.dir.path().join("s.toml.approvals");
    let answers = scripts.join("root-keygen.answers.toml");
    std::fs::write(&beside, note.replacen("olga", "otto", 1)).unwrap();
    let refused = room.run(&script, &answers);
    assert_eq!(refused.code, 3, "one that is there must hold: {refused:?}");
    assert!(refused.err.contains("approvals-not-listed"), "{refused:?}");
    std::fs::write(&beside, &note).unwrap();
    program::closed(&room.run(&script, &answers));
    assert_eq!(
        std::fs::read_to_string(room.bundle().join("approvals")).unwrap(),
        note
    );
    let sums = std::fs::read_to_string(room.bundle().join("SHA256SUMS")).unwrap();
    assert!(
        sums.contains(&format!("{}  approvals\n", Digest::of(note.as_bytes()))),
        "{sums}"
    );
    program::verifiers_accept(&room.bundle());
    let json = ran(Command::new(&*BINARY)
        .args(["verify", "--json"])
        .arg(room.bundle()));
    assert!(
        json.out
            .contains("2 of 2 have approved (2 must): olga.example, wim.example"),
        "{json:?}"
    );
    assert!(json.out.contains("person-signed"), "{json:?}");
}

/// The full screen, in production: people answer, up to a device that is none.
#[cfg(all(feature = "tui", feature = "pkcs11"))]
#[test]
fn an_approved_script_runs_in_a_terminal_and_takes_no_software_for_a_device() {
    let room = program::Room::new();
    let Some(conf) = room.softhsm() else { return };
    let desk = Desk::new();
    let serials = program::blank_serials(&conf);
    for (name, number) in [("a", "1"), ("b", "2"), ("c", "3")] {
        let (_, serial) = serials.iter().find(|(n, _)| n == name).unwrap();
        desk.edit(&format!("DENK010000{number}"), serial);
    }
    std::fs::write(desk.note(), desk.signed(&[olga(), otto()])).unwrap();
    let mut command = portable_pty::CommandBuilder::new(&*BINARY);
    command.args(["run", desk.script().to_str().unwrap(), "--record"]);
    command.arg(room.record());
    command.arg("--media");
    command.arg(room.media());
    command.args(["--module", &format!("opensc={}", program::SOFTHSM)]);
    command.env("SOFTHSM2_CONF", &conf);
    command.env("TERM", "xterm");
    let mut ada = operator::Operator::start(command, 80, 24);
    ada.wait_for("Type begin");
    assert!(ada.text().starts_with("## PRODUCTION"), "{}", ada.text());
    let mut token = String::new();
    loop {
        let text = ada.wait("a question", |t| t.lines().any(|l| l.starts_with(" > ")));
        if text.contains("keeps its keys in software") {
            break;
        }
        let prompt = text.lines().find(|l| l.starts_with(" > ")).unwrap().to_owned();
        if prompt.contains("UTC, as") {
            let clock = ran(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M"]));
            ada.enter(clock.out.trim());
        } else if prompt.contains("Serial on the body") {
            assert!(token.is_empty(), "asked twice: {text}");
            token = serials.iter().find(|(n, _)| n == "a").unwrap().1.clone();
            ada.enter(&token);
            ada.wait_for("keeps its keys in software");
            break;
        } else {
            ada.answer();
        }
        let before = text.clone();
        ada.wait("the next question", |t| {
            t != before && t.lines().any(|l| l.starts_with(" > "))
        });
    }
    let record = std::fs::read_to_string(room.record().join("ceremony.jsonl")).unwrap();
    assert!(record.contains("\"kind\":\"production\"") && record.contains("\"front_end\":\"tui\""));
    let judged = ran(Command::new(&*BINARY)
        .args(["verify", "--json"])
        .arg(room.record()));
    assert!(judged.out.contains("otto.example"), "{judged:?}");
}

/// A card signs by PKCS#11 with its own tool; its line joins like any other.
#[test]
fn a_card_approves_through_its_own_tool() {
    let module = Path::new(program::SOFTHSM);
    let tool = Command::new("pkcs11-tool").arg("--version").output().is_ok();
    if !module.exists() || !tool {
        println!("SKIPPED: softhsm2 or pkcs11-tool is not installed");
        return;
    }
    let room = program::Room::new();
    let conf = room.softhsm_tokens(&["card"]).unwrap();
    let pkcs11 = |args: &[&str]| {
        let done = ran(Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", &conf)
            .args(["--module", program::SOFTHSM, "--login", "--pin", "99999999"])
            .args(args)
            .current_dir(room.dir.path()));
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
    };
    pkcs11(&[
        "--keypairgen",
        "--key-type",
        "EC:prime256v1",
        "--label",
        "approver",
        "--id",
        "01",
        "--usage-sign",
    ]);
    pkcs11(&[
        "--read-object",
        "--type",
        "pubkey",
        "--id",
        "01",
        "--output-file",
        "card.der",
    ]);
    let der = std::fs::read(room.dir.path().join("card.der")).unwrap();
    let shown = ran(Command::new(&*BINARY)
        .args(["key", "show", "--vkey", "card.example"])
        .arg(room.dir.path().join("card.der")));
    assert_eq!(shown.code, 0, "{shown:?}");
    let card = Vkey::new("card.example", PublicKey::from_spki_der(&der).unwrap()).unwrap();
    assert!(shown.out.contains(&card.to_string()), "{shown:?}");
    let desk = Desk::with(&section("1", &[&card.to_string()]));
    let text = desk.approve(&["--write-text", room.dir.path().join("text").to_str().unwrap()]);
    assert_eq!(text.code, 0, "{text:?}");
    // SoftHSM2 signs digests alone: the bytes that openssl would hash.
    let bytes = std::fs::read(room.dir.path().join("text")).unwrap();
    std::fs::write(room.dir.path().join("digest"), Digest::of(&bytes).as_bytes()).unwrap();
    for form in ["openssl", "rs"] {
        let args = [
            "--sign",
            "--mechanism",
            "ECDSA",
            "--id",
            "01",
            "--input-file",
            "digest",
        ];
        pkcs11(&[&args[..], &["--signature-format", form, "--output-file", form]].concat());
        let signature = room.dir.path().join(form);
        let added = desk.approve(&[
            "--add",
            "card.example",
            "--signature",
            signature.to_str().unwrap(),
        ]);
        assert_eq!(added.code, 0, "{form}: {added:?}");
        std::fs::remove_file(desk.note()).unwrap();
    }
}

/// A person at a terminal: reads the plan, types words from their own copy, then the
/// passphrase of a key file that openssl made.
#[cfg(feature = "tui")]
#[test]
fn a_person_approves_with_a_key_file_and_their_own_copy_of_the_words() {
    const PASSPHRASE: &str = "correct-horse-battery";
    let made = Desk::new();
    let openssl = |args: &[&str]| {
        let done = ran(Command::new("openssl").args(args).current_dir(made.0.path()));
        assert_eq!(done.code, 0, "{args:?}: {done:?}");
    };
    openssl(&["genpkey", "-algorithm", "ed25519", "-out", "plain.pem"]);
    let pass = format!("pass:{PASSPHRASE}");
    let out = [
        "pkcs8",
        "-topk8",
        "-scrypt",
        "-passout",
        &pass,
        "-in",
        "plain.pem",
        "-out",
        "key.pem",
    ];
    openssl(&out);
    openssl(&["pkey", "-in", "plain.pem", "-pubout", "-out", "key.pub.pem"]);
    let public = std::fs::read_to_string(made.path("key.pub.pem")).unwrap();
    let vkey = Vkey::new("olga.example", PublicKey::from_pem(&public).unwrap()).unwrap();
    let desk = Desk::with(&section("1", &[&vkey.to_string()]));
    let copy = |name: &str| std::fs::copy(made.path(name), desk.path(name)).unwrap();
    copy("key.pem");
    copy("plain.pem");
    let digest = Digest::of(&std::fs::read(desk.script()).unwrap());
    let words = tuf_ceremony::transcript::words::words(&digest);

    // Enter alone, words of another script: nothing is signed.
    for typed in ["", "aardvark"] {
        let mut person = at_terminal(&desk, "key.pem");
        for _ in 0..12 {
            let _ = person.asked();
            person.type_line(typed);
        }
        assert_eq!(person.end(), 3);
        assert!(!person.seen().contains("Passphrase"), "{}", person.seen());
    }
    // The wrong passphrase, then a file that is not encrypted, then the right one.
    for (file, passphrase, code) in [
        ("key.pem", "correct-horse-batterz", 3),
        ("plain.pem", PASSPHRASE, 2),
        ("key.pem", PASSPHRASE, 0),
    ] {
        assert!(!desk.note().exists());
        let mut person = at_terminal(&desk, file);
        for _ in 0..4 {
            let at = person.asked();
            let shown = person.seen();
            assert!(
                !shown.contains(words[at - 1]),
                "the word that is asked for is not on the screen: {shown}"
            );
            person.type_line(words[at - 1]);
        }
        person.wait("Passphrase of your key file");
        person.type_line(passphrase);
        assert_eq!(person.end(), code, "{}", person.seen());
        assert!(!person.seen().contains(passphrase), "never shown");
    }
    assert_eq!(desk.approve(&[]).code, 0);
    // A key that the script does not list signs nothing that is kept.
    let other = Desk::new();
    std::fs::copy(made.path("key.pem"), other.path("key.pem")).unwrap();
    let digest = Digest::of(&std::fs::read(other.script()).unwrap());
    let words = tuf_ceremony::transcript::words::words(&digest);
    let mut person = at_terminal(&other, "key.pem");
    for _ in 0..4 {
        let at = person.asked();
        person.type_line(words[at - 1]);
    }
    person.wait("Passphrase of your key file");
    person.type_line(PASSPHRASE);
    assert_eq!(person.end(), 2);
    assert!(
        person.seen().contains("approvals-not-listed") && !other.note().exists(),
        "{}",
        person.seen()
    );
    // Without a terminal nobody approves.
    let no = ran(Command::new("setsid")
        .args(["-w", &BINARY, "approve"])
        .arg(other.script())
        .args(["--key", other.path("key.pem").to_str().unwrap()]));
    assert_eq!(no.code, 2, "{no:?}");
    assert!(no.err.contains("error[not-a-terminal]"), "{no:?}");
}

/// A pseudo-terminal with the program in it.
#[cfg(feature = "tui")]
struct Person {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    writer: Box<dyn std::io::Write + Send>,
    seen: Arc<std::sync::Mutex<Vec<u8>>>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    asked: usize,
}

#[cfg(feature = "tui")]
fn at_terminal(desk: &Desk, key: &str) -> Person {
    use std::io::Read as _;
    let size = portable_pty::PtySize {
        rows: 60,
        cols: 200,
        pixel_width: 0,
        pixel_height: 0,
    };
    let pair = portable_pty::native_pty_system().openpty(size).unwrap();
    let mut command = portable_pty::CommandBuilder::new(&*BINARY);
    command.args(["approve", desk.script().to_str().unwrap()]);
    command.args(["--key", desk.path(key).to_str().unwrap()]);
    let child = pair.slave.spawn_command(command).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let to = seen.clone();
    std::thread::spawn(move || {
        let mut bytes = [0u8; 1024];
        while let Ok(n) = reader.read(&mut bytes) {
            if n == 0 {
                break;
            }
            to.lock().unwrap().extend_from_slice(&bytes[..n]);
        }
    });
    Person {
        child,
        writer: pair.master.take_writer().unwrap(),
        seen,
        _master: pair.master,
        asked: 0,
    }
}

#[cfg(feature = "tui")]
impl Person {
    fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    /// A guard against hanging, not a measure.
    fn wait(&self, what: &str) {
        for _ in 0..6000 {
            if self.seen().contains(what) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("never came to {what}: {}", self.seen());
    }

    /// The number of the word that is asked for next.
    fn asked(&mut self) -> usize {
        self.asked += 1;
        for _ in 0..6000 {
            let seen = self.seen();
            if let Some(rest) = seen.split("word ").nth(self.asked)
                && let Some((number, _)) = rest.split_once(": ")
            {
                return number.parse().unwrap();
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("no word {} was asked: {}", self.asked, self.seen());
    }

    fn type_line(&mut self, text: &str) {
        self.writer.write_all(format!("{text}\r").as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    fn end(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }
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
