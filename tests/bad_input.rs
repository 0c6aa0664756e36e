//! Files that are no metadata, or that somebody made to hurt, through the shipped
//! program: `tuf show|lint|diff|verify-chain|edit`. Each is refused with a stable
//! code, a cause and what to do; no panic, nothing left behind. Time and memory of
//! the worst are printed, not asserted.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and measures must be visible"
)]

#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use program::{BINARY, Ran};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::{Metadata, compose};

const AT: &str = "2027-01-01T00:00:00Z";
/// Longer than any honest answer, for what would wait for ever: a pipe.
const HANG: Duration = Duration::from_secs(300);

/// What a call took.
struct Cost {
    time: Duration,
    /// The most that was resident, in KiB, as last seen by a poll of /proc.
    peak: u64,
}

fn call(folder: &Path, words: &[&str]) -> (Ran, Cost) {
    // Through files: a pipe that nobody empties would stop a large answer.
    let place = tempfile::tempdir().unwrap();
    let (out, err) = (place.path().join("out"), place.path().join("err"));
    let started = Instant::now();
    let mut child = Command::new(&*BINARY)
        .current_dir(folder)
        .env("RUST_BACKTRACE", "1")
        .arg("tuf")
        .args(words)
        .stdin(Stdio::null())
        .stdout(std::fs::File::create(&out).unwrap())
        .stderr(std::fs::File::create(&err).unwrap())
        .spawn()
        .unwrap();
    let status = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    let code = loop {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let line = text.lines().find_map(|l| l.strip_prefix("VmHWM:"));
        let now = line.and_then(|l| l.trim().trim_end_matches(" kB").trim().parse().ok());
        peak = peak.max(now.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status.code().unwrap_or(-1);
        }
        if started.elapsed() > HANG {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("{words:?} waits for ever");
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let text = |path| String::from_utf8_lossy(&std::fs::read(path).unwrap()).into_owned();
    let ran = Ran {
        code,
        out: text(out),
        err: text(err),
    };
    let time = started.elapsed();
    (ran, Cost { time, peak })
}

fn names(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect()
}

/// `[CODE]`, a client's `refuses CODE`, or the code of a defect in a chain.
fn has_code(text: &str) -> bool {
    const WORDS: [&str; 6] = [
        "REFUSED",
        "TODAY",
        "ACCEPTABLE",
        "COMPARABLE",
        "USABLE",
        "REACHED",
    ];
    let code = |word: &str| {
        let shape = word
            .bytes()
            .all(|b| matches!(b, b'A'..=b'Z' | b'_' | b'0'..=b'9'));
        let letter = word.bytes().any(|b| b.is_ascii_uppercase());
        word.len() >= 4 && shape && letter && !WORDS.contains(&word)
    };
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .any(code)
}

/// The laws of an answer to bad input.
fn refused(folder: &Path, words: &[&str]) -> Cost {
    let before = names(folder);
    let (ran, cost) = call(folder, words);
    let all = format!("{}{}", ran.out, ran.err);
    let short: String = all.chars().take(2_000).collect();
    assert!(matches!(ran.code, 1 | 2), "{words:?}: {}: {short}", ran.code);
    assert!(
        !all.contains("panicked") && !all.contains("backtrace"),
        "{words:?}: {short}"
    );
    assert!(has_code(&all), "{words:?}: no code: {short}");
    let action = ["\n  do  ", "do:", "remedy"].iter().any(|w| all.contains(w));
    assert!(action, "{words:?}: no next action: {short}");
    let plain = |c: char| c == '\n' || matches!(c, ' '..='~');
    assert!(all.chars().all(plain), "{words:?}: {short}");
    assert!(all.len() < 200_000, "{words:?}: {} bytes of answer", all.len());
    assert_eq!(names(folder), before, "{words:?}: something was left behind");
    cost
}

fn signed() -> Vec<(&'static str, Json)> {
    let targets = compose::targets(1, kit::later(), kit::now()).unwrap().signed;
    let file = format!(r#"{{"hashes":{{"sha256":"{}"}},"length":3}}"#, "ab".repeat(32));
    let file = Json::object([("a.txt", Json::parse(file.as_bytes()).unwrap())]);
    let targets = kit::with(&targets, &["targets"], Some(file));
    let key = tuf_ceremony::tuf::Key::of(&kit::public(6));
    let role = |scope: (&str, &str)| {
        Json::object([
            ("name", "a".into()),
            ("keyids", Json::Array(vec![key.keyid().to_string().into()])),
            ("threshold", Json::Int(1)),
            ("terminating", Json::Bool(true)),
            (scope.0, Json::Array(vec![scope.1.into()])),
        ])
    };
    let delegating = |name: &str, roles: Json| {
        let keys = Json::object([(key.keyid().to_string().as_str(), key.to_json())]);
        kit::with(
            &targets,
            &["delegations"],
            Some(Json::object([("keys", keys), (name, roles)])),
        )
    };
    let succinct = Json::object([
        ("bit_length", Json::Int(4)),
        ("name_prefix", "bin".into()),
        ("keyids", Json::Array(vec![key.keyid().to_string().into()])),
        ("threshold", Json::Int(1)),
    ]);
    let mut snapshot = compose::snapshot(1, kit::later(), 1, kit::now()).unwrap().signed;
    let entry = format!(
        r#"{{"hashes":{{"sha256":"{}"}},"length":3,"version":1}}"#,
        "ab".repeat(32)
    );
    let entry = Json::parse(entry.as_bytes()).unwrap();
    snapshot = kit::with(&snapshot, &["meta", "targets.json"], Some(entry));
    vec![
        ("root", kit::root(1).signed),
        (
            "targets",
            delegating("roles", Json::Array(vec![role(("paths", "a/*"))])),
        ),
        (
            "targets",
            delegating("roles", Json::Array(vec![role(("path_hash_prefixes", "0a"))])),
        ),
        ("targets", delegating("succinct_roles", succinct)),
        ("snapshot", snapshot),
        (
            "timestamp",
            compose::timestamp(1, kit::later(), 1, kit::now()).unwrap().signed,
        ),
    ]
}

/// Every place of a document, as the names and numbers that lead to it.
fn places(value: &Json, at: &[String], out: &mut Vec<Vec<String>>) {
    let children: Vec<(String, &Json)> = match value {
        Json::Object(map) => map.iter().map(|(k, v)| (k.clone(), v)).collect(),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .map(|(n, v)| (n.to_string(), v))
            .collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        let here = [at, &[name]].concat();
        places(child, &here, out);
        out.push(here);
    }
}

fn replaced(value: &Json, at: &[String], by: &Json) -> Json {
    let Some((first, rest)) = at.split_first() else {
        return by.clone();
    };
    match value {
        Json::Object(map) => {
            let mut map = map.clone();
            let child = replaced(&map[first], rest, by);
            map.insert(first.clone(), child);
            Json::Object(map)
        }
        Json::Array(items) => {
            let mut items = items.clone();
            let n: usize = first.parse().unwrap();
            items[n] = replaced(&items[n], rest, by);
            Json::Array(items)
        }
        _ => unreachable!(),
    }
}

fn get<'a>(value: &'a Json, at: &[String]) -> &'a Json {
    at.iter().fold(value, |v, name| match v {
        Json::Object(map) => &map[name],
        Json::Array(items) => &items[name.parse::<usize>().unwrap()],
        _ => unreachable!(),
    })
}

#[test]
fn every_member_of_every_role_in_every_other_json_type() {
    let types = [
        Json::Null,
        Json::Bool(true),
        Json::Int(7),
        Json::Str("x".to_owned()),
        Json::Array(Vec::new()),
        Json::Object(Default::default()),
    ];
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let (mut tried, mut through) = (0_u32, 0_u32);
    for (role, signed) in signed() {
        let good = kit::envelope(&signed, &[4]);
        assert!(
            Metadata::parse(&good).is_ok(),
            "{role}: {:?}",
            Metadata::parse(&good)
        );
        let whole = Json::parse(&good).unwrap();
        let name = format!("1.{role}.json");
        let mut all = Vec::new();
        places(&whole, &[], &mut all);
        for at in all {
            let was = std::mem::discriminant(get(&whole, &at));
            for by in types.iter().filter(|t| std::mem::discriminant(*t) != was) {
                let bad = replaced(&whole, &at, by).line();
                assert!(
                    Metadata::parse(bad.as_bytes()).is_err(),
                    "{role} {at:?} as {by:?} is taken"
                );
                std::fs::write(folder.join(&name), &bad).unwrap();
                refused(folder, &["show", &name]);
                refused(
                    folder,
                    &["edit", &name, "bump-version", "--out", "new", "--at", AT],
                );
                // The models say what real clients do, and some read more than we.
                let (ran, _) = call(folder, &["lint", &name]);
                assert!(matches!(ran.code, 0..=2), "{role} {at:?}: {}", ran.err);
                assert!(!ran.err.contains("panicked"), "{role} {at:?}: {}", ran.err);
                through += u32::from(ran.code == 0);
                // A diff shows both and says which one is refused, or why it cannot show them.
                std::fs::write(folder.join("good.json"), &good).unwrap();
                let diff = ["diff", "good.json", &name];
                refused(folder, &diff);
                let (ran, _) = call(folder, &diff);
                assert!(
                    (ran.code == 1 && ran.out.contains("new file: REFUSED TODAY [")) || ran.out.is_empty(),
                    "{role} {at:?} as {by:?}: {ran:?}"
                );
                assert_eq!(names(folder), [name.clone(), "good.json".to_owned()].into());
                std::fs::remove_file(folder.join("good.json")).unwrap();
                tried += 1;
            }
        }
        std::fs::remove_file(folder.join(&name)).unwrap();
    }
    println!("{tried} documents with one wrong type; the models of the default profile read {through}");
    assert!(tried > 400, "{tried}");
}

#[test]
fn what_is_made_to_hurt_is_refused_by_every_command() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    std::fs::write(
        folder.join("good.json"),
        kit::envelope(&kit::root(1).signed, &[1, 2]),
    )
    .unwrap();
    let root = String::from_utf8(kit::envelope(&kit::root(1).signed, &[1, 2])).unwrap();
    let line = Json::parse(root.as_bytes()).unwrap().line();
    let version = r#""version":1"#;
    assert!(line.contains(version));
    let with_version = |text: &str| line.replace(version, text).into_bytes();
    let flood = |n: usize| {
        let one = format!(r#"{{"keyid":"{}","sig":"00"}},"#, "ab".repeat(32));
        let all = one.repeat(n);
        line.replacen(r#""signatures":["#, &format!(r#""signatures":[{all}"#), 1)
            .into_bytes()
    };
    let tiny = format!(r#"{{"signatures":[{}0],"signed":{{}}}}"#, "0,".repeat(1_000_000));
    let sins: Vec<(&str, Vec<u8>)> = vec![
        ("duplicate-key", with_version(r#""version":1,"version":2"#)),
        (
            "duplicate-key-escaped",
            with_version(r#""version":1,"versio\u006e":2"#),
        ),
        ("float", with_version(r#""version":1.0"#)),
        ("exponent", with_version(r#""version":1e0"#)),
        ("minus-zero", with_version(r#""version":-0"#)),
        ("beyond-2-53", with_version(r#""version":9007199254740993"#)),
        ("nan", with_version(r#""version":NaN"#)),
        (
            "depth-100000",
            with_version(&format!(
                r#""version":{}{}"#,
                "[".repeat(100_000),
                "]".repeat(100_000)
            )),
        ),
        ("depth-open", "[".repeat(100_000).into_bytes()),
        ("depth-objects", r#"{"a":"#.repeat(100_000).into_bytes()),
        (
            "digits",
            with_version(&format!(r#""version":{}"#, "7".repeat(4_900_000))),
        ),
        ("digits-alone", "7".repeat(5_000_000).into_bytes()),
        ("signatures-30000", flood(30_000)),
        ("signatures-million", flood(1_000_000)),
        ("signatures-million-tiny", tiny.into_bytes()),
        (
            "not-utf8",
            [&b"{\"\xff\xfe\":1"[..], &line.as_bytes()[1..]].concat(),
        ),
        ("lone-surrogate", with_version(r#""version":1,"x":"\ud800""#)),
        ("nul", vec![0; 4_096]),
        ("bom", [&b"\xef\xbb\xbf"[..], line.as_bytes()].concat()),
        ("two-documents", [line.as_bytes(), line.as_bytes()].concat()),
        ("cut", line.as_bytes()[..line.len() / 2].to_vec()),
        ("empty", Vec::new()),
        ("blanks", vec![b' '; 5_000_000]),
        (
            "string-5mb",
            format!("\"{}\"", "a".repeat(4_999_990)).into_bytes(),
        ),
        (
            "escapes-5mb",
            format!("\"{}\"", r"\u0041".repeat(833_000)).into_bytes(),
        ),
        ("one-byte-too-many", {
            let mut text = line.clone();
            text.push_str(&" ".repeat(5_000_001 - text.len()));
            text.into_bytes()
        }),
    ];
    let mut worst = (Duration::ZERO, String::new());
    let mut largest = (0, String::new());
    let mut keep = |what: String, cost: Cost| {
        if cost.time > worst.0 {
            worst = (cost.time, what.clone());
        }
        if cost.peak > largest.0 {
            largest = (cost.peak, what);
        }
    };
    let commands = |name: &str| -> Vec<Vec<String>> {
        let words = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        vec![
            words(&["show", name]),
            words(&["show", name, "--json"]),
            words(&["lint", name]),
            words(&["diff", "good.json", name]),
            words(&["diff", name, "good.json"]),
            words(&["edit", name, "bump-version", "--out", "new", "--at", AT]),
            words(&[
                "edit",
                "good.json",
                "--from",
                name,
                "bump-version",
                "--out",
                "new",
                "--at",
                AT,
            ]),
        ]
    };
    for (sin, bytes) in &sins {
        let name = "2.root.json";
        std::fs::write(folder.join(name), bytes).unwrap();
        for words in commands(name) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            // Nothing but a look at one field that all limits let pass.
            let cost = refused(folder, &words);
            keep(format!("{sin}: {}", words.join(" ")), cost);
        }
        std::fs::remove_file(folder.join(name)).unwrap();
        let chain = folder.join("chain");
        std::fs::create_dir(&chain).unwrap();
        std::fs::write(chain.join("1.root.json"), bytes).unwrap();
        let cost = refused(folder, &["verify-chain", "chain", "--at", AT]);
        keep(format!("{sin}: verify-chain"), cost);
        let cost = refused(folder, &["lint", "--repository", "chain", "--at", AT]);
        keep(format!("{sin}: lint --repository"), cost);
        std::fs::remove_dir_all(chain).unwrap();
    }
    // What is no file.
    std::fs::create_dir(folder.join("folder.json")).unwrap();
    let pipe = Command::new("mkfifo").arg(folder.join("pipe.json")).status();
    assert!(pipe.unwrap().success());
    std::os::unix::fs::symlink("loop-b.json", folder.join("loop-a.json")).unwrap();
    std::os::unix::fs::symlink("loop-a.json", folder.join("loop-b.json")).unwrap();
    let long = "n".repeat(5_000);
    for name in [
        "folder.json",
        "pipe.json",
        "loop-a.json",
        "nowhere.json",
        "/dev/zero",
        &long,
    ] {
        for words in commands(name) {
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            let (ran, _) = call(folder, &words);
            assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{words:?}: {ran:?}");
            assert!(
                ran.err.starts_with("error[metadata-unreadable]"),
                "{words:?}: {ran:?}"
            );
            assert!(ran.err.contains("\n  do  "), "{words:?}: {ran:?}");
            assert!(!ran.err.contains("panicked") && !folder.join("new").exists());
        }
        for (words, code) in [
            (["add-key", "root", name], "KEY_FILE"),
            (["from-manifest", name, "stay"], "MANIFEST"),
        ] {
            let words = [&["edit", "good.json"], &words[..], &["--out", "new", "--at", AT]].concat();
            let (ran, _) = call(folder, &words);
            assert_eq!(ran.code, 2, "{words:?}: {ran:?}");
            assert!(ran.err.contains(&format!("[{code}]")), "{words:?}: {ran:?}");
        }
    }
    println!("{} sins; longest: {} in {:?}", sins.len(), worst.1, worst.0);
    println!("most memory: {} with {} KiB", largest.1, largest.0);
}

/// Clients accept such names, so they are shown, in ASCII; they are never made.
#[test]
fn names_that_look_like_others_are_shown_escaped_and_never_made() {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path();
    let file = format!(r#"{{"hashes":{{"sha256":"{}"}},"length":3}}"#, "ab".repeat(32));
    let file = Json::parse(file.as_bytes()).unwrap();
    for name in [
        "e\u{301}.txt",
        "a\u{202e}txt.exe",
        "a\u{200b}b",
        "\u{feff}a",
        "a\nb",
    ] {
        let targets = compose::targets(1, kit::later(), kit::now()).unwrap().signed;
        let map = Json::Object([(name.to_owned(), file.clone())].into());
        let targets = kit::with(&targets, &["targets"], Some(map));
        std::fs::write(folder.join("1.targets.json"), kit::envelope(&targets, &[4])).unwrap();
        for words in [
            &["show", "1.targets.json"][..],
            &["diff", "1.targets.json", "1.targets.json"],
        ] {
            let (ran, _) = call(folder, words);
            assert!(matches!(ran.code, 0 | 1), "{name:?}: {ran:?}");
            assert!(
                ran.out.chars().all(|c| c == '\n' || matches!(c, ' '..='~')),
                "{name:?}: {ran:?}"
            );
            assert!(!ran.out.contains("a\nb"), "{ran:?}");
        }
        refused(
            folder,
            &[
                "edit",
                "1.targets.json",
                "bump-version",
                "--out",
                "new",
                "--at",
                AT,
            ],
        );
        let hash = "ab".repeat(32);
        let words = [
            "edit",
            "1.targets.json",
            "add-target",
            name,
            "1",
            &hash,
            "--out",
            "new",
            "--at",
            AT,
        ];
        refused(folder, &words);
    }
}
