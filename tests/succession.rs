//! Successions in memory, on a chain of made-up keys: what devices may list and
//! may not, an expired trusted root, a key that comes back, a record that both
//! verifiers re-read. Needs no cargo feature.
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
#[path = "support/rehearsal.rs"]
mod rehearsal;
#[path = "support/successions.rs"]
mod successions;

use std::collections::BTreeMap;

use audit::{judge, python_on};
use rehearsal::{Key, Map, Room};
use successions::{acts, at, build, model};
use tuf_ceremony::audit::Level;
use tuf_ceremony::base::device::{KeyAttributes, KeyFound, OperationId};
use tuf_ceremony::base::{Algorithm, Digest, Id, Json, veteran};
use tuf_ceremony::engine::{Expect, Phase, Question, Trouble, What, expects, meter_lines, review_text};
use tuf_ceremony::plan::outline;
use tuf_ceremony::tuf::{Draft, KeyId, MetadataName, RoleName, Root, RootInputs, Signed, compose, successor};

const LETTERS: [&str; 3] = ["a", "b", "c"];

fn key(name: &str) -> Key {
    Key::new(name, Algorithm::Ed25519)
}

fn tuf_key(name: &str) -> tuf_ceremony::tuf::Key {
    tuf_ceremony::tuf::Key::of(&key(name).public())
}

fn signed(draft: &Draft, names: &[&str]) -> Vec<u8> {
    let signatures: Vec<(KeyId, Vec<u8>)> = names
        .iter()
        .map(|n| (tuf_key(n).keyid(), key(n).sign(&draft.canonical)))
        .collect();
    draft.assemble(&signatures)
}

fn roles(root: &[&str]) -> BTreeMap<RoleName, (u64, Vec<tuf_ceremony::tuf::Key>)> {
    let of = |names: &[&str]| names.iter().map(|n| tuf_key(n)).collect::<Vec<_>>();
    BTreeMap::from([
        (RoleName::Root, (2, of(root))),
        (RoleName::Targets, (1, of(&["targets-a", "targets-b"]))),
        (RoleName::Snapshot, (1, of(&["live"]))),
        (RoleName::Timestamp, (1, of(&["live"]))),
    ])
}

/// Root 1 with a key that root 2 drops, and root 2, which expires at `expires`.
fn chain(expires: &str) -> Map {
    chain_of("1.0.0", expires)
}

/// The same, of roots that follow this version of the specification.
fn chain_of(spec_version: &str, expires: &str) -> Map {
    let of = |draft: Draft| {
        let Json::Object(mut signed) = draft.signed else {
            panic!("an object")
        };
        signed.insert("spec_version".to_owned(), spec_version.into());
        Draft::of(Json::Object(signed)).unwrap()
    };
    let now = at("2025-01-01T00:00:00Z");
    let first = roles(&["root-a", "root-b", "root-x"]);
    let publics = |r: &BTreeMap<RoleName, (u64, Vec<tuf_ceremony::tuf::Key>)>| {
        r.iter()
            .map(|(n, (t, k))| (*n, (*t, k.iter().map(|k| k.to_public().unwrap()).collect())))
            .collect()
    };
    let one = compose::root(
        &RootInputs {
            version: 1,
            expires: at("2026-01-01T00:00:00Z"),
            roles: publics(&first),
        },
        now,
    )
    .unwrap();
    let inputs = successor::SuccessorInputs {
        version: 2,
        expires: at(expires),
        roles: roles(&["root-a", "root-b", "root-c"]),
    };
    let two = successor::root(&model(&one), &inputs, now).unwrap();
    let (one, two) = (of(one), of(two));
    Map::from([
        (
            "chain/1.root.json".to_owned(),
            signed(&one, &["root-a", "root-b"]),
        ),
        (
            "chain/2.root.json".to_owned(),
            signed(&two, &["root-a", "root-b"]),
        ),
        (
            "returning.pem".to_owned(),
            key("root-x").public().to_pem().into_bytes(),
        ),
    ])
}

/// Root 3: key C is revoked; A and B sign, and B is on a token where it has
/// another name.
fn script(files: &Map) -> String {
    let sha = |name: &str| Digest::of(&files[name]);
    let mut text = format!(
        r#"schema = 1
kind = "rehearsal"
profile = "hardware-default"
organisation = "example"
site = "vienna"
ceremony = "root-3"
title = "Revoke key C"

[trust]
root = {{ file = "chain/2.root.json", sha256 = "{}" }}
first = 1
earlier = ["{}"]

[[source]]
id = "second"
kind = "simulated"

[[role]]
id = "officer"
seats = 3
quorum = 2
"#,
        sha("chain/2.root.json"),
        sha("chain/1.root.json"),
    );
    for letter in LETTERS {
        text += &format!(
            "\n[[token]]\nid = \"token-{letter}\"\nbackend = \"embedded\"\nserial = \"VETERAN-{letter}\"\n"
        );
    }
    for name in ["root-a", "root-b", "root-c", "targets-a", "targets-b", "live"] {
        text += &format!(
            "\n[[key]]\nid = \"{name}\"\ntrusted = \"{}\"\n",
            tuf_key(name).keyid()
        );
    }
    text += r#"
[[change]]
do = "revoke-key"
role = "root"
key = "root-c"
reason = "lost"

[[change]]
do = "add-key"
role = "root"
key = "root-d"

[[result]]
metadata = "root"
made = "here"
version = 3
threshold = 2
keys = ["root-a", "root-b", "root-d"]
expires_in_days = 365

[[result]]
metadata = "targets"
made = "elsewhere"
threshold = 1
keys = ["targets-a", "targets-b"]
"#;
    for role in ["snapshot", "timestamp"] {
        text += &format!(
            "\n[[result]]\nmetadata = \"{role}\"\nmade = \"elsewhere\"\nthreshold = 1\nkeys = [\"live\"]\n"
        );
    }
    text += &acts();
    text
}

fn found(called: &str, public: &str, operation: &OperationId) -> KeyFound {
    KeyFound {
        label: operation.label(&Id::parse(called).unwrap()),
        id: data_encoding::HEXLOWER.encode(operation.as_bytes()),
        public: Some(key(public).public()),
        attributes: KeyAttributes::signs_only(),
    }
}

fn veteran_key(called: &str, public: &str) -> KeyFound {
    found(called, public, &veteran::operation(&Id::parse(called).unwrap()))
}

/// The tokens as they are, but what `token-a` lists.
fn room(expires: &str, listed: Vec<KeyFound>) -> Room {
    let files = chain(expires);
    let text = script(&files);
    room_of(&text, files, listed)
}

fn room_of(text: &str, mut files: Map, listed: Vec<KeyFound>) -> Room {
    let plan = match build(text, &files) {
        Ok(plan) => plan,
        Err(found) => panic!("{:#?}", found.0),
    };
    files.remove("returning.pem");
    let keys = BTreeMap::from([
        ("token-a".to_owned(), listed),
        ("token-b".to_owned(), vec![veteran_key("old-b", "root-b")]),
    ]);
    Room::old(plan, files, keys)
}

fn good_room(expires: &str) -> Room {
    room(
        expires,
        vec![
            veteran_key("root-a", "root-a"),
            veteran_key("targets-a", "targets-a"),
        ],
    )
}

#[test]
fn a_succession_is_judged_from_its_bundle_by_both_verifiers() {
    let mut room = good_room("2028-01-01T00:00:00Z");
    let mut called = Vec::new();
    loop {
        if let Expect::Outcome(effect) = expects(&room.state)
            && let What::Sign {
                key, called: name, ..
            } = &effect.what
        {
            called.push((key.to_string(), name.as_ref().map(ToString::to_string)));
        }
        if !room.go_on() {
            break;
        }
    }
    assert_eq!(expects(&room.state), Expect::Closed);
    // The port is asked by the name that the device knows.
    assert!(called.contains(&("root-b".to_owned(), Some("old-b".to_owned()))));
    assert!(called.contains(&("root-a".to_owned(), None)));
    let bundle = room.bundle();
    let judgement = judge(&bundle);
    let lines = judgement.lines().join("\n");
    assert_eq!(judgement.verdict, Level::Rehearsal, "{lines}");
    assert!(
        lines.contains("metadata/3.root.json: 2 of 2 by root 2"),
        "{lines}"
    );
    let (good, text) = python_on(&bundle);
    assert!(good, "{text}");
}

/// The paper says of a key who vouches for it, and never that its proof was waived.
#[test]
fn the_plan_says_that_the_trusted_root_vouches_for_its_keys() {
    let room = good_room("2028-01-01T00:00:00Z");
    let paper = outline(&room.plan).join("\n");
    assert!(paper.contains("key root-a, of the trusted root, which vouches for it: ed25519"));
    assert!(!paper.contains("WAIVED"), "{paper}");
}

/// Who reviews the paper sees both thresholds with their keys, the people and the devices.
#[test]
fn the_plan_says_who_must_sign_and_what_must_be_there() {
    let room = good_room("2028-01-01T00:00:00Z");
    let paper = outline(&room.plan).join("\n");
    for line in [
        "people officer: 2 of 3 seats must be filled",
        "device token-a: a token that this program plays, serial VETERAN-a",
        "root, version 3, made here: 2 of 3 keys must sign: root-a, root-b, root-d",
        "targets, made elsewhere: 1 of 2 keys must sign: targets-a, targets-b",
    ] {
        assert!(paper.contains(line), "{line}\n{paper}");
    }
    // The names stand in the order of the trusted root's keyids.
    let old = "for root 2, which clients have: 2 of 3 keys must sign root too: ";
    let rest = paper.split(old).nth(1).expect("the old threshold");
    let mut names: Vec<&str> = rest.lines().next().unwrap().split(", ").collect();
    names.sort_unstable();
    assert_eq!(names, ["root-a", "root-b", "root-c"]);
}

#[test]
fn both_meters_say_who_signed_and_who_is_missing() {
    let mut room = good_room("2028-01-01T00:00:00Z");
    room.go_until(|state| {
        state
            .files
            .get(&MetadataName::ROOT)
            .is_some_and(|f| f.signatures.len() == 1)
    });
    assert_eq!(
        meter_lines(&room.plan, &room.state),
        [
            "trusted root 2: 1 of 2 signed (root-a); needs 1 more of: root-c, root-b"
                .to_owned()
                .replace("root-c, root-b", &missing(&["root-b", "root-c"])),
            "new root 3: 1 of 2 signed (root-a); needs 1 more of: root-d, root-b"
                .to_owned()
                .replace("root-d, root-b", &missing(&["root-b", "root-d"])),
        ]
    );
}

/// Names in the order of their keyids, as the meter lists them.
fn missing(names: &[&str]) -> String {
    let mut of: Vec<_> = names.iter().map(|n| (tuf_key(n).keyid(), *n)).collect();
    of.sort();
    let names: Vec<&str> = of.iter().map(|(_, n)| *n).collect();
    names.join(", ")
}

#[test]
fn an_expired_root_is_succeeded_and_the_review_says_so() {
    // The room's clock says November 2026.
    let mut room = good_room("2026-06-01T00:00:00Z");
    room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Review { .. })));
    let file = &room.state.files[&MetadataName::ROOT];
    let text = review_text(&room.plan, &file.notes, &file.draft).join("\n");
    assert!(text.contains("expired on 2026-06-01T00:00:00Z"), "{text}");
    assert!(
        text.contains("approved: revoke-key root-c of root, because: lost"),
        "{text}"
    );
    assert!(text.contains("version 2 -> 3"), "{text}");
    while room.go_on() {}
    assert!(judge(&room.bundle()).good());
}

#[test]
fn what_a_device_must_not_list_enrols_nothing() {
    let name = |n: &str| Id::parse(n).unwrap();
    let real = OperationId::new(&Digest::of(b"a production ceremony"), &name("root-a"), 1);
    let mut foreign = veteran_key("root-a", "root-a");
    foreign.id = "02".to_owned();
    let mut relabelled = veteran_key("root-a", "root-a");
    relabelled.label = "my key".to_owned();
    let mut silent = veteran_key("root-a", "root-a");
    silent.public = None;
    let cases = [
        (vec![], "holds no key"),
        (vec![veteran_key("root-a", "root-b")], "holds no key"),
        (vec![silent], "holds no key"),
        (
            vec![veteran_key("root-a", "root-a"), veteran_key("root-z", "root-a")],
            "more than one key",
        ),
        (vec![foreign], "did not give it"),
        (vec![relabelled], "did not give it"),
        (vec![found("root-a", "root-a", &real)], "no rehearsal key"),
    ];
    for (listed, says) in cases {
        let mut room = room("2028-01-01T00:00:00Z", listed);
        room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Trouble { .. })));
        let Phase::Asking(Question::Trouble {
            trouble: Trouble::Device(fault),
        }) = &room.state.phase
        else {
            panic!("{:?}", room.state.phase)
        };
        assert!(fault.meaning.contains(says), "{says}: {}", fault.meaning);
        assert!(room.state.keys.is_empty());
    }
}

/// rust-tuf reads no root of another 1.0.N: under a profile that names it, its
/// clients stay below this chain for ever, and nobody is asked to sign.
#[test]
fn what_a_client_of_the_profile_refuses_is_never_signed() {
    let files = chain_of("1.0.31", "2028-01-01T00:00:00Z");
    let listed = || vec![veteran_key("root-a", "root-a")];
    let text = script(&files);
    let universal = text.replace("\"hardware-default\"", "\"universal\"");
    let mut room = room_of(&universal, files.clone(), listed());
    room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Trouble { .. })));
    let Phase::Asking(Question::Trouble {
        trouble: Trouble::Gate(why),
    }) = &room.state.phase
    else {
        panic!("{:?}", room.state.phase)
    };
    for part in ["CLIENT: rust-tuf", "from root 1", "spec_version", "remedy: "] {
        assert!(why.contains(part), "{part}: {why}");
    }
    assert!(room.state.files.is_empty(), "nothing was frozen");
    let record = String::from_utf8_lossy(&room.record).into_owned();
    for (kind, there) in [
        ("client-verdicts", true),
        ("gate-failed", true),
        ("composed", false),
        ("signed", false),
    ] {
        assert_eq!(record.contains(&format!("\"type\":\"{kind}\"")), there, "{kind}");
    }
    // A profile without that client goes on, and says what it would say.
    let mut room = room_of(&text, files, listed());
    room.go_until(|state| state.files.contains_key(&MetadataName::ROOT));
    let asked = &room.state.clients[&MetadataName::ROOT];
    let rust = asked.iter().find(|j| j.client.name() == "rust-tuf").unwrap();
    assert!(!rust.verdict.accepts());
}

#[test]
fn a_key_that_left_the_chain_does_not_come_back() {
    let files = chain("2028-01-01T00:00:00Z");
    let text = script(&files).replace(
        "\n[[change]]\ndo = \"revoke-key\"",
        &format!(
            "\n[[key]]\nid = \"returning\"\npublic = {{ file = \"returning.pem\", sha256 = \"{}\" }}\nproof_of_possession = \"waived\"\n\n[[change]]\ndo = \"revoke-key\"",
            Digest::of(&files["returning.pem"])
        ),
    );
    let faults = build(&text, &files).expect_err("a key comes back").0;
    assert!(
        faults
            .iter()
            .any(|d| d.code == "plan-key-returns" && d.message.contains("returning")),
        "{faults:#?}"
    );
}

/// A signature that was under way when the program stopped is asked for again.
#[test]
fn a_resumed_succession_comes_to_the_same_root() {
    let mut whole = good_room("2028-01-01T00:00:00Z");
    while whole.go_on() {}
    let mut cut = good_room("2028-01-01T00:00:00Z");
    cut.go_until(|state| matches!(&state.phase, Phase::Working(e) if matches!(e.what, What::Sign { .. })));
    let resumption = cut.resumption();
    cut.feed(resumption).unwrap();
    while cut.go_on() {}
    assert_eq!(expects(&cut.state), Expect::Closed);
    assert!(judge(&cut.bundle()).good());
    assert_eq!(cut.state.deviations, 1, "what was under way is a deviation");
    let signatures = |room: &Room| room.state.files[&MetadataName::ROOT].signatures.len();
    assert_eq!(signatures(&whole), signatures(&cut));
}

/// One moment of a ceremony as people see it, at both sizes, against `tests/golden/screens/`.
#[cfg(feature = "tui")]
fn golden(name: &str, room: &Room, keys: &[tuf_ceremony::ui::keymap::Intent]) {
    use ratatui::Terminal;
    use ratatui::backend::TestBackend;
    use tuf_ceremony::runner::Snapshot;
    use tuf_ceremony::ui::{Event, Model, Places, Theme, draw, update};

    for (columns, rows) in [(80, 24), (120, 40)] {
        let snapshot = Snapshot {
            plan: std::sync::Arc::new(room.plan.clone()),
            state: room.state.clone(),
            records: 70,
            head: Digest::of(b"line 70"),
            note: None,
        };
        let mut model = Model::new(
            std::sync::Arc::new(snapshot),
            room.state.last.unwrap(),
            (columns, rows),
            Theme::Mono,
            Places::default(),
        );
        for key in keys {
            update(&mut model, Event::Key(*key));
        }
        let mut terminal = Terminal::new(TestBackend::new(columns, rows)).unwrap();
        terminal.draw(|frame| draw(&model, frame)).unwrap();
        let buffer = terminal.backend().buffer().clone();
        let text: String = (0..rows)
            .map(|y| {
                let line: String = (0..columns).map(|x| buffer[(x, y)].symbol()).collect();
                format!("{}\n", line.trim_end())
            })
            .collect();
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join(format!("tests/golden/screens/{name}--{columns}x{rows}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(
            kept == text,
            "{name} differs; UPDATE_GOLDEN=1 rewrites it\n{text}"
        );
    }
}

/// The sign screen and the side column say how far both thresholds are.
#[cfg(feature = "tui")]
#[test]
fn the_screens_show_both_thresholds() {
    use tuf_ceremony::engine::Confirm;

    let mut room = good_room("2026-06-01T00:00:00Z");
    room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Review { .. })));
    golden("succession-review", &room, &[]);
    room.go_until(|state| {
        let one = state.files[&MetadataName::ROOT].signatures.len() == 1;
        one && matches!(
            state.phase,
            Phase::Asking(Question::Confirm { what: Confirm::Sign })
        )
    });
    golden("succession-sign", &room, &[]);
}

/// Enrolment asks for the PIN of the device that an earlier ceremony set up, and
/// says which key it looks for; a device without that key is told apart.
#[cfg(feature = "tui")]
#[test]
fn the_screens_show_an_enrolment() {
    use tuf_ceremony::ui::keymap::Intent;

    let mut room = good_room("2028-01-01T00:00:00Z");
    room.go_until(|state| matches!(state.phase, Phase::Asking(Question::Pin { .. })));
    golden("enrol", &room, &[]);
    golden("enrol-help", &room, &[Intent::Help]);
    room.go_until(|state| matches!(&state.phase, Phase::Working(e) if matches!(e.what, What::Keys { .. })));
    golden("enrol-looking", &room, &[]);
    let mut other = self::room(
        "2028-01-01T00:00:00Z",
        vec![veteran_key("targets-a", "targets-a")],
    );
    other.go_until(|state| matches!(state.phase, Phase::Asking(Question::Trouble { .. })));
    golden("enrol-other-token", &other, &[]);
}

/// What no word of `[[change]]` covers is a change all the same, and has a name.
#[test]
fn a_difference_without_a_word_is_never_silent() {
    use tuf_ceremony::tuf::{Change, Metadata, transition};
    let files = chain("2028-01-01T00:00:00Z");
    let old = match Metadata::parse(&files["chain/2.root.json"]).unwrap().signed {
        Signed::Root(root) => root,
        _ => panic!("a root"),
    };
    type Sin = (&'static str, fn(&mut Root));
    let sins: [Sin; 5] = [
        ("spec_version", |r| r.common.spec_version = "1.0.31".to_owned()),
        ("consistent_snapshot", |r| r.consistent_snapshot = false),
        ("an unknown field of root", |r| {
            r.unrecognized.insert("x-note".to_owned(), "hi".into());
        }),
        ("an unknown field of the role targets", |r| {
            let role = r.roles.get_mut(&RoleName::Targets).unwrap();
            role.unrecognized.insert("x-period".to_owned(), "30".into());
        }),
        ("the order of keys of root", |r| {
            r.roles.get_mut(&RoleName::Root).unwrap().keyids.swap(0, 2);
        }),
    ];
    for (what, sin) in sins {
        let mut new = old.clone();
        sin(&mut new);
        let found = transition(&old, &new);
        assert!(
            found
                .iter()
                .any(|c| matches!(c, Change::Other(text) if text.starts_with(what))),
            "{what}: {found:?}"
        );
        assert_eq!(found.len(), 1, "{what}");
    }
    assert!(transition(&old, &old).is_empty());
}
