//! The map and the house cannot disagree: reads the table of allowed edges in
//! `docs/architecture.md` and every source file, and fails where a room knows
//! one that it may not know, or where one of the walls listed below the table
//! is breached. A text scan, not a compiler: it strips comments, literals and
//! unit tests, then looks at the paths that are left. Every rule is first
//! shown a made-up offender, so that a rule that can no longer fail is noticed.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use scan::{Name, Source};

#[path = "house/offenders.rs"]
mod offenders;
#[path = "house/scan.rs"]
mod scan;

const WALL: usize = 600;
const UNSAFE_WALL: usize = 200;
const UNSAFE_FILES: [&str; 2] = ["src/base/locked.rs", "src/signer/pkcs11/raw.rs"];
const PURE: [&str; 10] = [
    "base",
    "note",
    "tuf",
    "attestation",
    "transcript",
    "script",
    "plan",
    "engine",
    "audit",
    "report",
];
/// What a pure room may not name: consecutive segments of a path.
const IMPURE: [&[&str]; 15] = [
    &["std", "fs"],
    &["std", "env"],
    &["std", "thread"],
    &["std", "time"],
    &["std", "net"],
    &["std", "process"],
    &["Instant", "now"],
    &["SystemTime"],
    &["UtcDateTime", "now"],
    &["now_utc"],
    &["now_local"],
    &["OsRng"],
    &["thread_rng"],
    &["getrandom"],
    &["SystemRandom"],
];
const IMPURE_CRATES: [&str; 7] = [
    "ratatui",
    "crossterm",
    "cryptoki",
    "cryptoki_sys",
    "yubihsm",
    "rustix",
    "signal_hook",
];
/// A crate, and the only places that may name it.
const CONFINED: [(&str, &[&str]); 5] = [
    ("cryptoki", &["src/signer/pkcs11/"]),
    ("cryptoki_sys", &["src/signer/pkcs11/"]),
    ("yubihsm", &["src/signer/yubihsm/"]),
    ("crossterm", &["src/ui/terminal.rs", "src/ui/keymap.rs"]),
    ("toml", &["src/script/"]),
];
const MINTERS: [&str; 3] = ["src/tuf/", "src/transcript/", "src/base/payload.rs"];
const PRINTERS: [&str; 2] = ["src/cli/", "src/main.rs"];

// ---------------------------------------------------------------- the house

#[test]
fn every_edge_is_on_the_map() {
    let map = Map::read();
    report(sources().iter().flat_map(|source| edges(&map, source)).collect());
}

#[test]
fn the_map_has_no_way_back() {
    let map = Map::read();
    let mut above = BTreeSet::new();
    for room in &map.order {
        for imported in &map.rooms[room].may_import {
            assert!(
                above.contains(imported),
                "{room} may import {imported}, which does not stand above it"
            );
        }
        above.insert(room.clone());
    }
    for pure in PURE {
        assert!(map.rooms.contains_key(pure), "{pure} is missing from the map");
    }
}

#[test]
fn the_library_has_the_rooms_of_the_map() {
    let lib = fs::read_to_string(root().join("src/lib.rs")).unwrap();
    report(features(&Map::read(), &lib));
}

#[test]
fn pure_rooms_stay_pure() {
    report(sources().iter().flat_map(impurities).collect());
}

#[test]
fn the_contract_suite_keeps_its_tests_apart() {
    let module = fs::read_to_string(root().join("src/signer/contract/mod.rs")).unwrap();
    report(suite(&module));
}

#[test]
fn confined_names_stay_where_they_belong() {
    report(sources().iter().flat_map(confinement).collect());
}

#[test]
fn unsafe_stays_in_its_two_short_files() {
    report(sources().iter().flat_map(unsafety).collect());
}

#[test]
fn each_file_is_short_and_says_why_it_exists() {
    let mut problems: Vec<String> = sources()
        .iter()
        .filter_map(|s| header(&s.path, &s.text))
        .collect();
    for folder in ["src", "tests", "benches"] {
        for path in rust_files(&root().join(folder)) {
            problems.extend(wall(&relative(&path), &fs::read_to_string(&path).unwrap()));
        }
    }
    report(problems);
}

#[test]
fn no_tracked_file_names_the_machine_it_was_made_on() {
    if !root().join(".git").exists() {
        return; // a source archive: there is nothing tracked
    }
    let list = Command::new("git")
        .args(["-c", "safe.directory=*", "ls-files", "-z"])
        .current_dir(root())
        .output()
        .expect("git runs");
    assert!(
        list.status.success(),
        "git ls-files: {}",
        String::from_utf8_lossy(&list.stderr)
    );
    let names = String::from_utf8(list.stdout).unwrap();
    let problems = names.split('\0').filter(|name| !name.is_empty());
    let problems = problems.flat_map(|name| match fs::read(root().join(name)) {
        Ok(bytes) => machine_words(name, &String::from_utf8_lossy(&bytes)),
        Err(_) => Vec::new(), // deleted in the work tree, or a link that leads nowhere
    });
    report(problems.collect());
}

fn report(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}\n", problems.join("\n"));
}

// ---------------------------------------------------------------- the rules

fn edges(map: &Map, source: &Source) -> Vec<String> {
    let Some(here) = &source.room else {
        return Vec::new(); // main.rs and lib.rs
    };
    let Some(entry) = map.rooms.get(here) else {
        return vec![format!(
            "{}: room {here} is not in docs/architecture.md",
            source.path
        )];
    };
    let mut problems = Vec::new();
    for path in &source.product {
        let Some(there) = source.target(path) else {
            continue;
        };
        if there != *here && !entry.may_import.contains(&there) {
            let known = map.rooms.contains_key(&there);
            let why = if known {
                "may not import"
            } else {
                "names something that is no room:"
            };
            problems.push(format!(
                "{}: {here} {why} {there} ({})",
                source.at(path),
                path.text()
            ));
        }
    }
    problems
}

fn features(map: &Map, lib: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut feature = "always".to_owned();
    for line in lib.lines().map(str::trim) {
        if let Some(rest) = line.strip_prefix("#[cfg(feature = \"") {
            feature = rest.split('"').next().unwrap().to_owned();
        } else if let Some((_, room)) = line.strip_suffix(';').and_then(|l| l.split_once("mod ")) {
            match map.rooms.get(room) {
                None => problems.push(format!("src/lib.rs: {room} is not in docs/architecture.md")),
                Some(entry) if entry.feature != feature => problems.push(format!(
                    "src/lib.rs: {room} exists with {feature}; the map says {}",
                    entry.feature
                )),
                Some(_) => {}
            }
            feature = "always".to_owned();
        }
    }
    problems
}

fn impurities(source: &Source) -> Vec<String> {
    if !source.room.as_deref().is_some_and(|room| PURE.contains(&room)) {
        return Vec::new();
    }
    let named = |path: &&Name| {
        IMPURE.iter().any(|words| path.has(words))
            || IMPURE_CRATES.iter().any(|krate| source.names_crate(path, krate))
    };
    let found = source.product.iter().filter(named);
    found
        .map(|path| format!("{}: a pure room names {}", source.at(path), path.text()))
        .collect()
}

fn confinement(source: &Source) -> Vec<String> {
    let inside = |places: &[&str]| places.iter().any(|place| source.path.starts_with(place));
    let mut problems = Vec::new();
    for path in &source.product {
        for (krate, places) in CONFINED {
            if source.names_crate(path, krate) && !inside(places) {
                problems.push(format!("{}: {krate} belongs in {places:?}", source.at(path)));
            }
        }
        if path.has(&["Payload", "mint"]) && !inside(&MINTERS) {
            problems.push(format!(
                "{}: only tuf and transcript mint payloads",
                source.at(path)
            ));
        }
        let prints = ["print", "println", "eprint", "eprintln"]
            .iter()
            .any(|m| path.has(&[m]));
        if path.bang && prints && !inside(&PRINTERS) {
            problems.push(format!("{}: only cli prints ({}!)", source.at(path), path.text()));
        }
    }
    problems
}

/// What stands beside the public files of the contract suite is test code, and
/// free of the rules only because the compiler leaves it out of the product.
fn suite(module: &str) -> Vec<String> {
    let mut problems = Vec::new();
    let mut before = "";
    for line in module.lines() {
        let file = line.strip_suffix(';').and_then(|l| l.strip_prefix("mod "));
        if let Some(file) = file
            && !scan::CONTRACT.contains(&file)
            && before != "#[cfg(test)]"
        {
            problems.push(format!(
                "src/signer/contract/mod.rs: mod {file} is not under cfg(test)"
            ));
        }
        before = line;
    }
    problems
}

/// Test code is not exempt.
fn unsafety(source: &Source) -> Vec<String> {
    if UNSAFE_FILES.contains(&source.path.as_str()) {
        let lines = source.text.lines().count();
        return if lines > UNSAFE_WALL {
            vec![format!(
                "{}: {lines} lines; unsafe files have at most {UNSAFE_WALL}",
                source.path
            )]
        } else {
            Vec::new()
        };
    }
    let found = source.all.iter().filter(|path| path.has(&["unsafe"]));
    found
        .map(|path| format!("{}: unsafe belongs in {UNSAFE_FILES:?}", source.at(path)))
        .collect()
}

/// Two to ten lines are the convention, fourteen the limit. A file of a few
/// lines has less to explain.
fn header(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().take_while(|line| line.starts_with("//!")).count();
    let least = if text.lines().count() < 5 { 1 } else { 2 };
    (!(least..=14).contains(&lines))
        .then(|| format!("{path}: starts with {lines} lines of //!, expected {least} to 14"))
}

fn wall(path: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > WALL).then(|| format!("{path}: {lines} lines, the wall is at {WALL}"))
}

/// Paths of a build machine, its tools and its registries. Written in halves,
/// so that this file passes.
fn machine_words(path: &str, text: &str) -> Vec<String> {
    let words = [
        concat!("/wo", "rk/"),
        concat!("/fa", "rm/"),
        concat!("fa", "rm-"),
        concat!("/ro", "ot/."),
        concat!("bash_", "jobs"),
        concat!("arti", "factory"),
        concat!("py", "pi.org"),
        concat!("python", "hosted"),
        concat!("index.", "crates.io"),
        concat!("static.", "crates.io"),
        concat!("deb.", "debian.org"),
    ];
    let mut problems = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for word in words {
            let whole = |(at, _): (usize, &str)| !line[..at].ends_with(|c: char| c.is_alphanumeric());
            if line.match_indices(word).any(whole) {
                problems.push(format!("{path}:{}: names {word}", number + 1));
            }
        }
    }
    problems
}

// ---------------------------------------------------------------- the map

struct Map {
    order: Vec<String>,
    rooms: BTreeMap<String, Entry>,
}

struct Entry {
    may_import: BTreeSet<String>,
    feature: String,
}

impl Map {
    fn read() -> Map {
        Map::parse(&fs::read_to_string(root().join("docs/architecture.md")).unwrap())
    }

    fn parse(text: &str) -> Map {
        let mut map = Map {
            order: Vec::new(),
            rooms: BTreeMap::new(),
        };
        let table = text
            .lines()
            .skip_while(|line| !line.starts_with("| room | may import |"));
        for line in table.skip(2).take_while(|line| line.starts_with('|')) {
            let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
            assert_eq!(cells.len(), 3, "a row of the map has three cells: {line}");
            let words = |cell: &str| -> Vec<String> {
                cell.split_whitespace()
                    .map(|word| word.trim_matches('`').to_owned())
                    .collect()
            };
            let (room, feature) = (words(cells[0]).concat(), words(cells[2]).concat());
            let entry = Entry {
                may_import: words(cells[1]).into_iter().collect(),
                feature,
            };
            assert!(
                map.rooms.insert(room.clone(), entry).is_none(),
                "{room} stands twice on the map"
            );
            map.order.push(room);
        }
        assert!(
            !map.order.is_empty(),
            "docs/architecture.md: no table `| room | may import |`"
        );
        map
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root())
        .unwrap()
        .to_str()
        .unwrap()
        .replace('\\', "/")
}

fn sources() -> Vec<Source> {
    let files = rust_files(&root().join("src"));
    let read = |path: &PathBuf| Source::new(&relative(path), &fs::read_to_string(path).unwrap());
    files.iter().map(read).collect()
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut entries: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() && !path.ends_with("target") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}
