//! The places that are no screens: the report and the judgement of a record that
//! others wrote, metadata that others made, scripts that get past the parser, and
//! what the shipped program says about files with such names.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::process::Command;

use tuf_ceremony::audit::story::tell;
use tuf_ceremony::audit::{Options, judge};
use tuf_ceremony::base::{Algorithm, Digest, Json};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::engine::{Deviation, InputKind};
use tuf_ceremony::plan::{Plan, outline, pace};
use tuf_ceremony::report::{html, runbook, text};
use tuf_ceremony::script::Script;
use tuf_ceremony::tuf::{compare, compose, show};

use crate::audit::forged;
use crate::program::{BINARY, ran};
use crate::rehearsal::{Key, Map, Room, plan, script_small};
use crate::{calm, corpus, harmless, kit};

fn texts() -> Vec<String> {
    corpus::texts().into_iter().map(|(_, text)| text).collect()
}

/// The first characters: a line of a record has room for so many.
pub fn short(text: &str) -> String {
    text.chars().take(120).collect()
}

/// Judgement and both reports of a folder.
fn judged(place: &str, files: &Map) {
    let options = Options::default();
    let files = Files::from_map(files.clone());
    let judgement = judge(&files, &options);
    calm(&format!("{place}: verify"), &judgement.lines().join("\n"));
    assert!(judgement.json().line().is_ascii(), "{place}");
    let story = tell(&files, &options);
    harmless(&format!("{place}: report"), &html(&story));
    calm(&format!("{place}: report as text"), &text(&story));
}

/// Notes of these texts; how many the engine takes. Control characters and long texts
/// are refused at the door.
pub fn noted<'t>(room: &mut Room, texts: impl IntoIterator<Item = &'t String>) -> usize {
    let taken = texts.into_iter().filter(|text| {
        let note = InputKind::Note(Deviation {
            expected: (*text).clone(),
            happened: format!("so {text}"),
            decided: (*text).clone(),
            by: text.chars().take(60).collect(),
        });
        room.feed(note).is_ok()
    });
    taken.count()
}

/// What the engine lets people type.
#[test]
fn a_record_of_hostile_answers_is_told_calmly() {
    let mut room = Room::new(&script_small());
    room.go_until(|s| s.begun);
    let taken = noted(&mut room, &texts());
    while room.go_on() {}
    println!("hostile notes in one record: {taken}");
    assert!(taken > 400, "{taken}");
    judged("notes", &room.bundle());
}

/// A record that was written by another program: any text in any field.
#[test]
fn a_forged_record_is_told_calmly() {
    let room = Room::closed(&script_small());
    let key = Key::new("forger", Algorithm::Ed25519);
    let texts = texts();
    let rounds = 24;
    let mut fields = 0;
    for round in 0..rounds {
        let mut next = round * 97;
        let mut leaf = 0;
        let files = forged(&room, &key, |lines| {
            for line in lines.iter_mut() {
                spoil(&mut line.record.body, &mut |text| {
                    leaf += 1;
                    // Some rounds spoil much, some little: a reader gets as far as it can.
                    let dense = if round < 4 { 3 } else { 29 + round };
                    if leaf % dense == round % dense {
                        next += 1;
                        *text = short(&texts[next % texts.len()]);
                    }
                });
            }
        });
        fields += leaf;
        judged(&format!("round {round}"), &files);
    }
    println!("fields of forged records that could be spoilt: {fields}");
}

/// Every text of a value but the first record's log key, without which nothing reads on.
pub fn spoil(json: &mut Json, with: &mut impl FnMut(&mut String)) {
    match json {
        Json::Str(text) => with(text),
        Json::Array(all) => all.iter_mut().for_each(|j| spoil(j, with)),
        Json::Object(map) => {
            for (name, value) in map.iter_mut() {
                if name != "log_key" && name != "checkpoint" {
                    spoil(value, with);
                }
            }
        }
        _ => {}
    }
}

/// Names of files in a bundle, and lines that are no JSON.
#[test]
fn a_folder_of_hostile_files_is_told_calmly() {
    let room = Room::closed(&script_small());
    let texts = texts();
    for some in texts.chunks(40) {
        let mut files = room.bundle();
        let mut record = files["ceremony.jsonl"].clone();
        for text in some {
            files.insert(format!("metadata/{text}"), b"{}".to_vec());
            files.insert(text.clone(), text.clone().into_bytes());
            files.insert(format!("checkpoints/{text}"), text.clone().into_bytes());
            record.extend_from_slice(text.as_bytes());
            record.push(b'\n');
        }
        judged("names", &files);
        files.insert("ceremony.jsonl".to_owned(), record);
        files.insert("checkpoint".to_owned(), some.concat().into_bytes());
        files.insert("policy".to_owned(), some.concat().into_bytes());
        files.insert("SHA256SUMS".to_owned(), some.join("  x\n").into_bytes());
        judged("lines", &files);
    }
}

fn metadata(place: &str, bytes: &[u8]) {
    match show::show(bytes) {
        Ok(shown) => {
            calm(&format!("{place}: show"), &shown.lines().join("\n"));
            assert!(shown.json(&[]).line().is_ascii(), "{place}");
        }
        Err(why) => calm(&format!("{place}: show refuses"), &why.to_string()),
    }
    calm(place, &show::uncounted(bytes).join("\n"));
}

fn compared(place: &str, old: &[u8], new: &[u8]) {
    match compare::compare(old, new) {
        Ok(comparison) => {
            calm(&format!("{place}: diff"), &comparison.lines().join("\n"));
            assert!(comparison.json().line().is_ascii(), "{place}");
        }
        Err((_, why)) => calm(&format!("{place}: diff refuses"), &why.to_string()),
    }
}

/// Paths, `custom`, unknown fields, names of delegations, keyids, words of the format.
#[test]
fn metadata_of_others_is_shown_calmly() {
    let texts: Vec<String> = texts();
    let root = kit::root(1).signed;
    let targets = compose::targets(1, kit::later(), kit::now()).unwrap().signed;
    let (old_root, old_targets) = (kit::envelope(&root, &[1, 2]), kit::envelope(&targets, &[4]));
    let hash = Json::object([("sha256", Digest::of(b"x").hex().into())]);
    let file = |custom: &str| {
        Json::object([
            ("custom", Json::object([(custom, custom.into())])),
            ("hashes", hash.clone()),
            ("length", Json::Int(1)),
        ])
    };
    // All at once, as much as a review has room for.
    let all: BTreeMap<String, Json> = texts.iter().map(|t| (t.clone(), file(t))).collect();
    let many = kit::with(&targets, &["targets"], Some(Json::Object(all)));
    let unknown: BTreeMap<String, Json> = texts.iter().map(|t| (t.clone(), t.as_str().into())).collect();
    let unknown = kit::with(&targets, &["x-house"], Some(Json::Object(unknown)));
    for signed in [&many, &unknown] {
        let new = kit::envelope(signed, &[4]);
        metadata("targets", &new);
        compared("targets", &old_targets, &new);
        compared("targets back", &new, &old_targets);
    }
    // And one by one, where one bad field refuses the file.
    for (n, text) in texts.iter().enumerate() {
        let as_key = |json: &Json, path: &[&str]| kit::with(json, path, Some(text.as_str().into()));
        let mut key = match &root {
            Json::Object(map) => map["keys"].as_object().unwrap().values().next().unwrap().clone(),
            _ => panic!("an object"),
        };
        let keys = |key: Json| kit::with(&root, &["keys", text.as_str()], Some(key));
        let role = Json::object([
            ("keyids", Json::Array(vec![text.as_str().into()])),
            ("name", text.as_str().into()),
            ("paths", Json::Array(vec![text.as_str().into()])),
            ("terminating", Json::Bool(true)),
            ("threshold", Json::Int(1)),
        ]);
        let delegations = Json::object([
            ("keys", Json::object([(text.as_str(), key.clone())])),
            ("roles", Json::Array(vec![role])),
        ]);
        let mut spoilt = vec![
            keys(key.clone()),
            as_key(&root, &["spec_version"]),
            as_key(&root, &["expires"]),
            as_key(&root, &["_type"]),
            kit::with(&root, &["roles", text.as_str()], Some(Json::Int(1))),
            kit::with(
                &root,
                &["roles", "root", "keyids"],
                Some(Json::Array(vec![text.as_str().into()])),
            ),
            kit::with(&targets, &["delegations"], Some(delegations)),
            kit::with(
                &targets,
                &["targets"],
                Some(Json::object([(text.as_str(), file(text))])),
            ),
        ];
        key = kit::with(&key, &["keytype"], Some(text.as_str().into()));
        spoilt.push(keys(kit::with(&key, &["scheme"], Some(text.as_str().into()))));
        // Each field is shown, and compared every third time: a look is a look.
        for (field, signed) in spoilt.iter().enumerate() {
            let new = kit::envelope(signed, &[4]);
            metadata("one field", &new);
            if (n + field).is_multiple_of(3) {
                let old = if signed.get("targets").is_some() {
                    &old_targets
                } else {
                    &old_root
                };
                compared("one field", old, &new);
            }
        }
        metadata("no metadata", text.as_bytes());
        metadata("cut", format!("{{\"signed\":{{\"_type\":\"{text}").as_bytes());
    }
    for bytes in corpus::bytes() {
        metadata("bytes", &bytes);
    }
}

/// Titles, reasons and lines that the parser lets through, on paper and in the plan;
/// what it refuses, in its diagnostics.
#[test]
fn scripts_of_others_are_planned_calmly() {
    let printer = runbook::Printer {
        version: "0.0.0".to_owned(),
        sha256: Digest::of(b"program"),
        verifier: Digest::of(b"verifier"),
    };
    let base = script_small();
    let title = base.lines().find(|l| l.starts_with("title")).unwrap().to_owned();
    let acts: Vec<&str> = base.lines().filter(|l| l.starts_with("title")).collect();
    let last = (*acts.last().unwrap()).to_owned();
    let (mut taken, mut refused) = (0, 0);
    for text in texts() {
        let quoted = text.replace('\\', "\\\\").replace('"', "\\\"");
        // TOML has escapes: what may not stand in the file may still be meant by it.
        let meant: String = text
            .chars()
            .map(|c| match c {
                ' '..='~' if c != '\\' && c != '"' => c.to_string(),
                _ => format!("\\U{:08X}", u32::from(c)),
            })
            .collect();
        for (n, (line, quoted)) in [
            (&title, &quoted),
            (&last, &quoted),
            (&title, &meant),
            (&last, &meant),
        ]
        .into_iter()
        .enumerate()
        {
            let spoilt = base.replacen(line.as_str(), &format!("title = \"{quoted}\""), 1);
            match Script::parse(spoilt.as_bytes()) {
                Ok(_) => {
                    taken += 1;
                    let (plan, _): (Plan, Map) = plan(&spoilt);
                    calm("plan", &outline(&plan).join("\n"));
                    calm("pace", &pace::lines(&plan).join("\n"));
                    // A page is long: some of them each way.
                    if (taken + n) % 4 == 0 {
                        harmless("paper", &runbook::html(&plan, &printer));
                    } else if (taken + n) % 4 == 2 {
                        calm("paper as text", &runbook::text(&plan, &printer));
                    }
                }
                Err(found) => {
                    refused += 1;
                    for diagnostic in &found.0 {
                        calm("diagnostic", &diagnostic.render("script.toml"));
                    }
                }
            }
        }
        // Where a word is wanted.
        for wanted in ["schema", "kind", "profile", "organisation", "ceremony"] {
            let line = base.lines().find(|l| l.starts_with(wanted)).unwrap();
            let spoilt = base.replacen(line, &format!("{wanted} = \"{quoted}\""), 1);
            if let Err(found) = Script::parse(spoilt.as_bytes()) {
                for diagnostic in &found.0 {
                    calm("diagnostic", &diagnostic.render("script.toml"));
                }
            }
        }
        let unknown = format!("\"{quoted}\" = \"{quoted}\"\n{base}");
        if let Err(found) = Script::parse(unknown.as_bytes()) {
            for diagnostic in &found.0 {
                calm("unknown field", &diagnostic.render("script.toml"));
            }
        }
    }
    println!("hostile titles: {taken} past the parser, {refused} refused");
    assert!(taken > 200 && refused > 200);
}

/// The shipped program about files with such names and with such contents.
#[test]
fn the_program_speaks_calmly_of_hostile_files() {
    let desk = tempfile::tempdir().unwrap();
    let names: Vec<Vec<u8>> = texts()
        .into_iter()
        .map(String::into_bytes)
        .chain(corpus::bytes())
        .collect();
    let verbs: [&[&str]; 8] = [
        &["verify"],
        &["check"],
        &["tuf", "show"],
        &["tuf", "lint"],
        &["plan"],
        &["words"],
        &["report", "--out", "page.html"],
        &["verify", "--at"],
    ];
    let mut calls = 0;
    for (n, name) in names.iter().enumerate() {
        let usable = !name.is_empty() && name.len() <= 200 && !name.iter().any(|b| matches!(b, 0 | b'/'));
        if !usable {
            continue;
        }
        let name = OsStr::from_bytes(name);
        let path = desk.path().join(name);
        match n % 4 {
            0 => {}
            1 => {
                std::fs::create_dir(&path).unwrap();
                std::fs::write(path.join(name), name.as_bytes()).unwrap();
            }
            _ => std::fs::write(&path, name.as_bytes()).unwrap(),
        }
        let mut command = Command::new(&*BINARY);
        command
            .current_dir(desk.path())
            .args(verbs[n % verbs.len()])
            .arg("--")
            .arg(name);
        let ran = ran(&mut command);
        let place = format!("{:?} {name:?}", verbs[n % verbs.len()]);
        assert!(ran.code >= 0 && !ran.err.contains("panicked"), "{place}: {ran:?}");
        calm(&place, &ran.out);
        calm(&place, &ran.err);
        calls += 1;
        if path.is_dir() {
            std::fs::remove_dir_all(&path).unwrap();
        } else if path.exists() {
            std::fs::remove_file(&path).unwrap();
        }
        let page = desk.path().join("page.html");
        if page.exists() {
            harmless(&place, &std::fs::read_to_string(&page).unwrap());
            std::fs::remove_file(page).unwrap();
        }
    }
    println!("hostile names given to the program: {calls}");
    assert!(calls > 600);
}

/// Labels and serials of devices, as `tokens` lists them.
#[cfg(feature = "ceremony")]
#[test]
fn the_program_lists_hostile_devices_calmly() {
    use tuf_ceremony::signer::embedded::EmbeddedProvider;
    let desk = tempfile::tempdir().unwrap();
    let base = desk.path().join("devices/embedded");
    std::fs::create_dir_all(&base).unwrap();
    let mut provider = EmbeddedProvider::new(&base);
    let texts = texts();
    for n in 0..40 {
        provider.manufacture(&format!("REH-{n}")).unwrap();
    }
    let mut lists = 0;
    for some in texts.chunks(40) {
        for (n, text) in some.iter().enumerate() {
            let file = base.join(format!("REH-{n}/token.json"));
            let mut state = Json::parse(&std::fs::read(&file).unwrap()).unwrap();
            state = kit::with(&state, &["label"], Some(text.as_str().into()));
            if n % 5 == 4 {
                state = kit::with(&state, &["serial"], Some(text.as_str().into()));
            }
            std::fs::write(&file, state.indented()).unwrap();
        }
        for json in [false, true] {
            let mut command = Command::new(&*BINARY);
            command
                .current_dir(desk.path())
                .args(["tokens", "--devices", "devices"]);
            if json {
                command.arg("--json");
            }
            let ran = ran(&mut command);
            calm("tokens", &ran.out);
            calm("tokens", &ran.err);
            lists += 1;
        }
        for n in 0..some.len() {
            let file = base.join(format!("REH-{n}/token.json"));
            let mut state = Json::parse(&std::fs::read(&file).unwrap()).unwrap();
            for (field, value) in [("label", String::new()), ("serial", format!("REH-{n}"))] {
                state = kit::with(&state, &[field], Some(value.as_str().into()));
            }
            std::fs::write(&file, state.indented()).unwrap();
        }
    }
    println!("lists of hostile devices: {lists}");
}
