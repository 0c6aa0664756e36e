//! Attacks on successions: chains, scripts, devices and bundles made to get a
//! root through that real clients refuse, or that trusts what nobody approved.
//! Each is refused, by name. Needs no cargo feature.
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

use audit::{forged, judge, python_on, set, summed};
use rehearsal::{Key as Pair, Map, Room};
use successions::{acts, at, build, model};
use tuf_ceremony::base::device::{KeyAttributes, KeyFound};
use tuf_ceremony::base::{Algorithm, Digest, Id, Json, veteran};
use tuf_ceremony::engine::{Answer, Expect, InputKind, Outcome, Phase, Question, What, expects};
use tuf_ceremony::transcript::Kind;
use tuf_ceremony::tuf::{Draft, Key, KeyId, RoleName, Root, successor, successor::SuccessorInputs};

fn pair(name: &str) -> Pair {
    Pair::new(name, Algorithm::Ed25519)
}

/// A key in our spelling, or, where the name ends with `'`, the same key in another.
fn key(name: &str) -> Key {
    let mut key = Key::of(&pair(name.trim_end_matches('\'')).public());
    if name.ends_with('\'') {
        key.unrecognized.insert("x-owner".to_owned(), "@olga".into());
    }
    key
}

fn signed(draft: &Draft, names: &[&str]) -> Vec<u8> {
    let signatures: Vec<(KeyId, Vec<u8>)> = names
        .iter()
        .map(|n| {
            let private = pair(n.trim_end_matches('\''));
            (key(n).keyid(), private.sign(&draft.canonical))
        })
        .collect();
    draft.assemble(&signatures)
}

/// The root after `before`; version 1 follows a root 0 that nobody has.
fn root(before: Option<&Root>, root_keys: &[&str], threshold: u64) -> Draft {
    let of = |names: &[&str]| names.iter().map(|n| key(n)).collect::<Vec<_>>();
    let roles = BTreeMap::from([
        (RoleName::Root, (threshold, of(root_keys))),
        (RoleName::Targets, (1, of(&["targets-a", "targets-b"]))),
        (RoleName::Snapshot, (1, of(&["live"]))),
        (RoleName::Timestamp, (1, of(&["live"]))),
    ]);
    let now = at("2025-01-01T00:00:00Z");
    let zero = || {
        let publics = roles.iter().map(|(role, (threshold, keys))| {
            let mut publics: Vec<_> = keys.iter().map(|k| k.to_public().unwrap()).collect();
            publics.dedup();
            (*role, ((*threshold).min(publics.len() as u64), publics))
        });
        let inputs = tuf_ceremony::tuf::RootInputs {
            version: 1,
            expires: at("2030-01-01T00:00:00Z"),
            roles: publics.collect(),
        };
        let mut zero = model(&tuf_ceremony::tuf::compose::root(&inputs, now).unwrap());
        zero.common.version = 0;
        zero
    };
    let before = before.cloned().unwrap_or_else(zero);
    let inputs = SuccessorInputs {
        version: before.common.version + 1,
        expires: at("2028-01-01T00:00:00Z"),
        roles,
    };
    successor::root(&before, &inputs, now).unwrap()
}

/// The root with one more key in `keys`, and in the role where one is said;
/// signed by A and B. The composers refuse to make such a root.
fn patched(draft: &Draft, name: &str, listed: Option<&str>) -> Vec<u8> {
    let mut whole = draft.signed.clone();
    let keyid = key(name).keyid().to_string();
    // The object as a composer writes it, from a root that may list it.
    let donor = root(None, &[name, "root-y"], 1).signed;
    let object = donor.get("keys").unwrap().get(&keyid).unwrap().clone();
    let mut keys = whole.get("keys").unwrap().clone();
    if let Json::Object(map) = &mut keys {
        map.insert(keyid.clone(), object);
    }
    set(&mut whole, &["keys"], keys);
    if let Some(role) = listed {
        let mut ids = whole
            .get("roles")
            .and_then(|r| r.get(role)?.get("keyids"))
            .unwrap()
            .clone();
        if let Json::Array(ids) = &mut ids {
            ids.push(keyid.into());
        }
        set(&mut whole, &["roles", role, "keyids"], ids);
    }
    let canonical = tuf_ceremony::tuf::canonical(&whole);
    let signatures: Vec<String> = ["root-a", "root-b"]
        .iter()
        .map(|n| {
            let sig = data_encoding::HEXLOWER.encode(&pair(n).sign(&canonical));
            format!("{{\"keyid\":\"{}\",\"sig\":\"{sig}\"}}", key(n).keyid())
        })
        .collect();
    format!(
        "{{\"signatures\":[{}],\"signed\":{}}}",
        signatures.join(","),
        whole.line()
    )
    .into_bytes()
}

/// A script for root 3, and the files beside it.
struct World {
    files: Map,
    first: u64,
    /// Names in the script of keys of root 2.
    keys: Vec<(&'static str, KeyId)>,
    changes: String,
    results: Vec<&'static str>,
    targets: Vec<&'static str>,
    threshold: u64,
    more: String,
}

impl World {
    fn of(one: Vec<u8>, two: Vec<u8>) -> World {
        let named = |n: &'static str| (n, key(n).keyid());
        World {
            files: Map::from([
                ("chain/1.root.json".to_owned(), one),
                ("chain/2.root.json".to_owned(), two),
            ]),
            first: 1,
            keys: ["root-a", "root-b", "root-c", "targets-a", "targets-b", "live"]
                .map(named)
                .to_vec(),
            changes: "\n[[change]]\ndo = \"revoke-key\"\nrole = \"root\"\nkey = \"root-c\"\nreason = \"lost\"\n\n[[change]]\ndo = \"add-key\"\nrole = \"root\"\nkey = \"root-d\"\n".to_owned(),
            results: vec!["root-a", "root-b", "root-d"],
            targets: vec!["targets-a", "targets-b"],
            threshold: 2,
            more: String::new(),
        }
    }

    /// Root 1 with a key X that root 2 drops.
    fn good() -> World {
        let one = root(None, &["root-a", "root-b", "root-x"], 2);
        let two = root(Some(&model(&one)), &["root-a", "root-b", "root-c"], 2);
        let signers = ["root-a", "root-b"];
        World::of(signed(&one, &signers), signed(&two, &signers))
    }

    fn text(&self) -> String {
        let sha = |name: &str| Digest::of(&self.files[name]);
        let earlier = match self.first {
            1 => format!("earlier = [\"{}\"]\n", sha("chain/1.root.json")),
            _ => String::new(),
        };
        let mut text = format!(
            "schema = 1\nkind = \"rehearsal\"\nprofile = \"hardware-default\"\norganisation = \"example\"\nsite = \"vienna\"\nceremony = \"root-3\"\ntitle = \"Root 3\"\n\n[trust]\nroot = {{ file = \"chain/2.root.json\", sha256 = \"{}\" }}\nfirst = {}\n{earlier}\n[[source]]\nid = \"second\"\nkind = \"simulated\"\n\n[[role]]\nid = \"officer\"\nseats = 3\nquorum = 2\n",
            sha("chain/2.root.json"),
            self.first
        );
        for letter in ["a", "b", "c"] {
            text += &format!(
                "\n[[token]]\nid = \"token-{letter}\"\nbackend = \"embedded\"\nserial = \"VETERAN-{letter}\"\n"
            );
        }
        for (name, keyid) in &self.keys {
            text += &format!("\n[[key]]\nid = \"{name}\"\ntrusted = \"{keyid}\"\n");
        }
        text += &self.more;
        text += &self.changes;
        let list = |names: &[&str]| {
            let quoted: Vec<String> = names.iter().map(|n| format!("\"{n}\"")).collect();
            quoted.join(", ")
        };
        text += &format!(
            "\n[[result]]\nmetadata = \"root\"\nmade = \"here\"\nversion = 3\nthreshold = {}\nkeys = [{}]\nexpires_in_days = 365\n",
            self.threshold,
            list(&self.results)
        );
        for (role, keys) in [
            ("targets", &self.targets[..]),
            ("snapshot", &["live"]),
            ("timestamp", &["live"]),
        ] {
            text += &format!(
                "\n[[result]]\nmetadata = \"{role}\"\nmade = \"elsewhere\"\nthreshold = 1\nkeys = [{}]\n",
                list(keys)
            );
        }
        text += &acts();
        text
    }

    fn room(self) -> Room {
        let plan = match build(&self.text(), &self.files) {
            Ok(plan) => plan,
            Err(found) => panic!("{:#?}", found.0),
        };
        let found = |name: &str| KeyFound {
            label: veteran::operation(&Id::parse(name).unwrap()).label(&Id::parse(name).unwrap()),
            id: data_encoding::HEXLOWER.encode(veteran::operation(&Id::parse(name).unwrap()).as_bytes()),
            public: Some(pair(name).public()),
            attributes: KeyAttributes::signs_only(),
        };
        let keys = BTreeMap::from([
            ("token-a".to_owned(), vec![found("root-a")]),
            ("token-b".to_owned(), vec![found("root-b")]),
        ]);
        Room::old(plan, self.files, keys)
    }

    /// No plan comes of it, and one of the faults is this.
    fn refused(&self, code: &str, says: &str) {
        refused(&self.text(), &self.files, code, says);
    }
}

fn refused(text: &str, files: &Map, code: &str, says: &str) {
    let faults = build(text, files).expect_err(says).0;
    assert!(
        faults.iter().any(|d| d.code == code && d.message.contains(says)),
        "{code} ({says}): {faults:#?}"
    );
}

fn closed() -> Room {
    let mut room = World::good().room();
    while room.go_on() {}
    assert_eq!(expects(&room.state), Expect::Closed);
    assert!(judge(&room.bundle()).good());
    room
}

#[test]
fn a_fork_of_the_chain_is_another_file() {
    // Two of root 1's keys sign another root 1 and another root 2: valid, not approved.
    let world = World::good();
    let one = root(None, &["root-a", "root-b", "root-y"], 1);
    let two = root(Some(&model(&one)), &["root-a", "root-b", "root-y"], 2);
    for (name, draft) in [("chain/1.root.json", &one), ("chain/2.root.json", &two)] {
        let mut files = world.files.clone();
        files.insert(name.to_owned(), signed(draft, &["root-a", "root-b"]));
        refused(&world.text(), &files, "input-digest", name);
    }
    // And approved, but root 2 does not follow root 1: X alone signed it.
    let stranger = root(None, &["root-x", "root-y", "root-z"], 2);
    let mut world = World::good();
    world.files.insert(
        "chain/1.root.json".to_owned(),
        signed(&stranger, &["root-x", "root-y"]),
    );
    world.refused("trust-chain", "2.root.json");
}

/// Root 2 has left X out of every role and kept its object in `keys`: no role
/// vouches for it, so it is a key that left, whatever it is called.
#[test]
fn a_removed_key_does_not_return_through_an_object_that_no_role_lists() {
    let one = root(None, &["root-a", "root-b", "root-x"], 2);
    let two = root(Some(&model(&one)), &["root-a", "root-b", "root-c"], 2);
    let two = patched(&two, "root-x", None);
    let mut world = World::of(signed(&one, &["root-a", "root-b"]), two);
    world.keys.push(("root-x", key("root-x").keyid()));
    world.results.push("root-x");
    world.changes += "\n[[change]]\ndo = \"add-key\"\nrole = \"root\"\nkey = \"root-x\"\n";
    world.refused("trust-chain", "KEY_UNUSED");
}

#[test]
fn a_removed_key_does_not_return_under_another_keyid() {
    // Root 1 spelled X in another way; the file beside the script spells it in ours.
    let one = root(None, &["root-a", "root-b", "root-x'"], 2);
    let two = root(Some(&model(&one)), &["root-a", "root-b", "root-c"], 2);
    let signers = ["root-a", "root-b"];
    let mut world = World::of(signed(&one, &signers), signed(&two, &signers));
    let pem = pair("root-x").public().to_pem().into_bytes();
    world.more = format!(
        "\n[[key]]\nid = \"fresh\"\npublic = {{ file = \"fresh.pem\", sha256 = \"{}\" }}\nproof_of_possession = \"waived\"\n",
        Digest::of(&pem)
    );
    world.files.insert("fresh.pem".to_owned(), pem);
    world.results.push("fresh");
    world.changes += "\n[[change]]\ndo = \"add-key\"\nrole = \"root\"\nkey = \"fresh\"\n";
    world.refused("plan-key-returns", "fresh");
}

/// A device that gives a key of an earlier root as the one that it just made.
#[test]
fn a_device_does_not_bring_a_removed_key_back() {
    let mut room = World::good().room();
    room.go_until(|s| matches!(&s.phase, Phase::Working(e) if matches!(e.what, What::Generate { .. })));
    let Phase::Working(effect) = room.state.phase.clone() else {
        panic!("an order")
    };
    let outcome = Outcome::Generated {
        public: pair("root-x").public(),
        attributes: KeyAttributes {
            sensitive: Some(true),
            extractable: Some(false),
            sign: Some(true),
            ..KeyAttributes::default()
        },
    };
    room.feed(InputKind::Outcome {
        effect: effect.id,
        outcome,
    })
    .unwrap();
    let Phase::Asking(Question::Trouble { trouble }) = &room.state.phase else {
        panic!("{:?}", room.state.phase)
    };
    assert!(format!("{trouble:?}").contains("left the chain"), "{trouble:?}");
    assert!(!room.state.keys.contains_key(&Id::parse("root-d").unwrap()));
}

/// Law 6: one public key under two ids is one key, however it is named.
#[test]
fn one_key_under_two_ids_reaches_no_threshold() {
    let one = root(None, &["root-a", "root-b", "root-c"], 2);
    let two = root(Some(&model(&one)), &["root-a", "root-b", "root-c"], 2);
    let two = patched(&two, "root-a'", Some("root"));
    let mut world = World::of(signed(&one, &["root-a", "root-b"]), two);
    world.keys.push(("root-e", key("root-a'").keyid()));
    world.results = vec!["root-a", "root-e", "root-d"];
    world.changes += "\n[[change]]\ndo = \"remove-key\"\nrole = \"root\"\nkey = \"root-b\"\n";
    world.refused("trust-chain", "KEY_ALIAS: root");
}

/// The same across roles: root lists A, targets lists A in another spelling, and
/// the script would have both in root, so that A alone is two of two.
#[test]
fn one_key_that_two_roles_spell_differently_is_not_two_keys_of_root() {
    let one = root(None, &["root-a", "root-b", "root-c"], 2);
    let two = root(Some(&model(&one)), &["root-a", "root-b", "root-c"], 2);
    let two = patched(&two, "root-a'", Some("targets"));
    let mut world = World::of(signed(&one, &["root-a", "root-b"]), two);
    world.keys.push(("root-e", key("root-a'").keyid()));
    world.results = vec!["root-a", "root-b", "root-d", "root-e"];
    world.changes += "\n[[change]]\ndo = \"add-key\"\nrole = \"root\"\nkey = \"root-e\"\n";
    world.more = String::new();
    world.targets.push("root-e");
    world.refused("policy-distinct-keys", "root-a and root-e are one public key");
}

#[test]
fn a_key_file_that_was_swapped_is_not_the_approved_one() {
    let mut world = World::good();
    let pem = |name: &str| pair(name).public().to_pem().into_bytes();
    world.more = format!(
        "\n[[key]]\nid = \"fresh\"\npublic = {{ file = \"fresh.pem\", sha256 = \"{}\" }}\nproof_of_possession = \"waived\"\n",
        Digest::of(&pem("fresh"))
    );
    world.results.push("fresh");
    world.changes += "\n[[change]]\ndo = \"add-key\"\nrole = \"root\"\nkey = \"fresh\"\n";
    world.files.insert("fresh.pem".to_owned(), pem("mallory"));
    world.refused("input-digest", "fresh.pem");
}

/// Whoever begins the chain late hides what was before; the approved bytes, the
/// review and the verdict then say where it begins.
#[test]
fn a_chain_that_begins_late_says_so() {
    let mut world = World::good();
    world.first = 2;
    world.files.remove("chain/1.root.json");
    let mut room = world.room();
    while room.go_on() {}
    let lines = judge(&room.bundle()).lines().join("\n");
    assert!(lines.contains("root 2, of a chain from root 2"), "{lines}");
}

#[test]
fn a_lower_threshold_needs_its_own_waiver_in_production() {
    let mut world = World::good();
    world.threshold = 1;
    world.refused("plan-change-undeclared", "set-threshold of root to 1");
    world.changes += "\n[[change]]\ndo = \"set-threshold\"\nrole = \"root\"\nthreshold = 1\n";
    let text = world.text().replace(
        "kind = \"rehearsal\"",
        "kind = \"production\"\npredecessor = \"genesis\"",
    );
    refused(&text, &world.files, "policy-root-threshold", "root");
    // Another claim's waiver, or another role's, does not cover it.
    for (claim, role, code) in [
        ("device-threshold", "root", "script-not-waivable"),
        ("root-threshold", "root", "script-not-waivable"),
        ("expiry-window", "root", "policy-root-threshold"),
    ] {
        let waiver = format!(
            "\n[[waiver]]\nclaim = \"{claim}\"\nrole = \"{role}\"\nreason = \"somebody asked for it\"\nby = \"officer\"\n\n[[act]]\n"
        );
        refused(&text.replace("\n[[act]]\n", &waiver), &world.files, code, "");
    }
}

#[test]
fn a_root_that_has_expired_is_not_made() {
    let world = World::good();
    let text = world
        .text()
        .replace("expires_in_days = 365", "expires = 2026-01-01T00:00:00Z");
    let plan = build(&text, &world.files);
    match plan {
        Err(found) => assert!(
            found.0.iter().any(|d| d.message.contains("expir")),
            "{:#?}",
            found.0
        ),
        Ok(plan) => {
            let keys = World::good().room().keys;
            let mut room = Room::old(plan, world.files, keys);
            room.go_until(|s| {
                assert!(s.files.is_empty(), "root was composed");
                matches!(s.phase, Phase::Asking(Question::Trouble { .. }))
            });
            let shown = format!("{:?}", room.state.phase);
            assert!(shown.contains("expir"), "{shown}");
        }
    }
}

/// A clock that is set back would let an old date look new.
#[test]
fn a_clock_that_differs_is_not_confirmed() {
    let mut room = World::good().room();
    room.go_until(|s| matches!(s.phase, Phase::Asking(Question::Clock { .. })));
    let typed = "2024-01-01 00:00".to_owned();
    let _ = room.feed(InputKind::Answer(Answer::Clock { typed, rtc: None }));
    assert!(room.state.clock.is_none());
    assert!(matches!(room.state.phase, Phase::Asking(Question::Clock { .. })));
}

#[test]
fn a_record_without_its_transition_does_not_verify() {
    let room = closed();
    let log = pair("log 1");
    for sin in ["removed", "edited", "reason"] {
        let files = forged(&room, &log, |lines| {
            let at = lines
                .iter()
                .position(|l| l.record.kind == Kind::Transition)
                .expect("a transition");
            match sin {
                "removed" => {
                    lines.remove(at);
                }
                "edited" => set(&mut lines[at].record.body, &["trusted"], Json::Int(1)),
                _ => set(&mut lines[at].record.body, &["changes"], Json::Array(Vec::new())),
            }
        });
        let judgement = judge(&files);
        let lines = judgement.lines().join("\n");
        assert!(!judgement.good(), "{sin}: {lines}");
        assert!(
            lines
                .lines()
                .any(|l| l.trim_start().starts_with("FAIL") && l.contains("replay")),
            "{sin}: {lines}"
        );
    }
}

/// The auditor's chain is the record's: another valid one does not stand in for it.
#[test]
fn blobs_of_another_valid_chain_do_not_verify() {
    let bundle = closed().bundle();
    let world = World::good();
    let one = root(None, &["root-a", "root-b", "root-y"], 2);
    let other = signed(&one, &["root-a", "root-b"]);
    let old = format!("blobs/{}", Digest::of(&world.files["chain/1.root.json"]));
    assert!(bundle.contains_key(&old));
    // Under the old name; under its own; with the script told to want it.
    let mut swapped = bundle.clone();
    swapped.insert(old.clone(), other.clone());
    let mut renamed = bundle.clone();
    renamed.remove(&old);
    renamed.insert(format!("blobs/{}", Digest::of(&other)), other.clone());
    let mut scripted = renamed.clone();
    let text = String::from_utf8(scripted["script.toml"].clone()).unwrap();
    let text = text.replace(
        &Digest::of(&world.files["chain/1.root.json"]).to_string(),
        &Digest::of(&other).to_string(),
    );
    scripted.insert("script.toml".to_owned(), text.into_bytes());
    let mut gone = bundle.clone();
    gone.remove(&old);
    for (sin, files) in [
        ("swapped", swapped),
        ("renamed", renamed),
        ("scripted", scripted),
        ("gone", gone),
    ] {
        let files = summed(files);
        let judgement = judge(&files);
        assert!(!judgement.good(), "{sin}: {}", judgement.lines().join("\n"));
        assert!(!python_on(&files).0, "{sin}");
    }
}
