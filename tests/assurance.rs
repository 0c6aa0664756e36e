//! The assurance case and the threat model are joined with the tests that they
//! name: a claim without a test, a test that is no more, a file that has moved,
//! a check that no claim supports, a threat that answers to no claim fail here.
//! A document cannot say more than the sources do.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and says how many claims there are"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

#[path = "assurance/bad.rs"]
mod bad;

/// So many claims at least (facts/security.md, G01).
const FLOOR: usize = 70;
/// The section of what does not hold yet; nothing in it is a claim.
const NOT_YET: &str = "## Claims that do not hold yet";
/// What a test that runs only by hand must have beside it.
const BY_HAND: &str = " (by hand)";

#[test]
fn every_claim_names_its_tests() {
    let case = case(&read("docs/assurance-case.md"));
    let checks: BTreeSet<&str> = tuf_ceremony::audit::NAMES.iter().copied().collect();
    let found = problems(&case, &tests(), &checks, FLOOR, |path| root().join(path).exists());
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    println!("{} claims", case.claims.len());
}

#[test]
fn every_claim_that_a_check_supports_holds() {
    let case = case(&read("docs/assurance-case.md"));
    let ids: BTreeSet<&str> = case.claims.iter().map(|c| c.id.as_str()).collect();
    for name in tuf_ceremony::audit::NAMES {
        for claim in tuf_ceremony::audit::claims(name).unwrap() {
            assert!(
                ids.contains(claim),
                "{name} supports {claim}, which does not hold"
            );
        }
    }
}

#[test]
fn every_threat_has_an_answer() {
    let claims = case(&read("docs/assurance-case.md"));
    let found = unanswered(&read("docs/threat-model.md"), &claims);
    assert!(found.is_empty(), "\n{}\n", found.join("\n"));
}

// ------------------------------------------------------------ the documents

/// One claim, as it is written.
#[derive(Debug, Default)]
struct Claim {
    id: String,
    line: usize,
    fields: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct Case {
    claims: Vec<Claim>,
    /// Ids of claims that do not hold yet.
    not_yet: Vec<String>,
    problems: Vec<String>,
}

/// `**ID. Sentence.**`, then `- Field: text`, each with lines that go on below
/// it by two spaces.
fn case(text: &str) -> Case {
    let mut case = Case::default();
    let mut field: Option<String> = None;
    let mut holds = true;
    for (number, line) in (1..).zip(text.lines()) {
        if line.starts_with("## ") {
            holds = line != NOT_YET;
            field = None;
        } else if let Some(head) = line.strip_prefix("**") {
            field = None;
            let id = head.split(". ").next().unwrap_or_default().to_owned();
            if !id_is_good(&id) || !line.ends_with("**") {
                case.problems
                    .push(format!("line {number}: expected **ID. Sentence.**, got {line}"));
            } else if holds {
                let fields = BTreeMap::new();
                case.claims.push(Claim {
                    id,
                    line: number,
                    fields,
                });
            } else {
                case.not_yet.push(id);
            }
        } else if !holds {
            // Prose.
        } else if let Some((name, rest)) = line.strip_prefix("- ").and_then(|l| l.split_once(": ")) {
            let Some(claim) = case.claims.last_mut() else {
                continue;
            };
            if !["Why", "Rejects", "Accepts", "Check"].contains(&name)
                || claim.fields.insert(name.to_owned(), rest.to_owned()).is_some()
            {
                case.problems.push(format!(
                    "line {number}: {} has a field {name} that is unknown or stands twice",
                    claim.id
                ));
            }
            field = Some(name.to_owned());
        } else if let (Some(more), Some(name)) = (line.strip_prefix("  "), &field) {
            let claim = case.claims.last_mut().expect("a field belongs to a claim");
            let text = claim.fields.get_mut(name).expect("it was put there");
            text.push(' ');
            text.push_str(more);
        } else {
            field = None;
        }
    }
    case
}

/// `IMP-1`: capital letters, a hyphen, a number.
fn id_is_good(id: &str) -> bool {
    id.split_once('-').is_some_and(|(family, number)| {
        (2..=6).contains(&family.len())
            && family.bytes().all(|b| b.is_ascii_uppercase())
            && number
                .parse::<u32>()
                .is_ok_and(|n| n > 0 && n.to_string() == number)
    })
}

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// All that is wrong with the case.
fn problems(
    case: &Case,
    tests: &BTreeMap<String, bool>,
    checks: &BTreeSet<&str>,
    floor: usize,
    exists: impl Fn(&str) -> bool,
) -> Vec<String> {
    let mut found = case.problems.clone();
    let mut seen = BTreeSet::new();
    let ids = case.claims.iter().map(|c| &c.id).chain(&case.not_yet);
    for id in ids {
        if !seen.insert(id) {
            found.push(format!("{id} stands twice"));
        }
    }
    if case.claims.len() < floor {
        found.push(format!("{} claims, expected at least {floor}", case.claims.len()));
    }
    let mut supported = BTreeSet::new();
    for claim in &case.claims {
        let at = format!("line {}: {}", claim.line, claim.id);
        let field = |name: &str| claim.fields.get(name).map_or("", String::as_str);
        let files: Vec<&str> = quoted(field("Why")).filter(|t| is_path(t)).collect();
        if files.is_empty() {
            found.push(format!("{at} names no file that enforces it"));
        }
        for file in files.iter().filter(|f| !exists(f)) {
            found.push(format!("{at}: there is no file {file}"));
        }
        for name in ["Rejects", "Accepts"] {
            if let Some(why) = evidence(field(name), tests).err() {
                found.push(format!("{at}: {name}: {why}"));
            }
        }
        for check in quoted(field("Check")) {
            if !checks.contains(check) {
                found.push(format!("{at}: the auditor has no check {check}"));
            }
            supported.insert(check);
        }
    }
    let lonely = checks.iter().filter(|c| !supported.contains(*c));
    found.extend(lonely.map(|c| format!("no claim names the auditor's check {c}")));
    found
}

/// At least one test, all of them there, and one that runs by itself.
fn evidence(text: &str, tests: &BTreeMap<String, bool>) -> Result<(), String> {
    let named: Vec<&str> = quoted(text).collect();
    let mut runs = false;
    for name in &named {
        let by_hand = text.contains(&format!("`{name}`{BY_HAND}"));
        match tests.get(*name) {
            None => return Err(format!("there is no test {name}")),
            Some(ignored) if *ignored != by_hand => {
                return Err(format!(
                    "{name}: only a test that is ignored has{BY_HAND} beside it"
                ));
            }
            Some(ignored) => runs |= !ignored,
        }
    }
    if runs {
        Ok(())
    } else {
        Err("no test that runs by itself".to_owned())
    }
}

fn is_path(text: &str) -> bool {
    let known = [
        "src/",
        "docs/",
        "tests/",
        ".ci/",
        "ceremony-scripts/",
        "examples/",
    ];
    known.iter().any(|k| text.starts_with(k)) || ["deny.toml", "Cargo.toml", "clippy.toml"].contains(&text)
}

/// The threat model: each row of a table whose first cell is a threat's id has
/// a last cell of claim ids, `procedure` or `open`, apart by commas.
fn unanswered(text: &str, case: &Case) -> Vec<String> {
    let claims: BTreeSet<&str> = case.claims.iter().map(|c| c.id.as_str()).collect();
    let not_yet: BTreeSet<&str> = case.not_yet.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for line in text.lines() {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let Some(id) = cells.first().filter(|c| is_threat(c)) else {
            continue;
        };
        if !seen.insert((*id).to_owned()) {
            found.push(format!("{id} stands twice"));
        }
        let answers: Vec<&str> = cells[cells.len() - 1].split(", ").collect();
        if cells.len() != 4 || answers.iter().all(|a| a.is_empty()) {
            found.push(format!("{id}: expected threat, action and validation"));
        }
        for answer in answers {
            if ["procedure", "open"].contains(&answer) || claims.contains(answer) {
                continue;
            }
            let why = if not_yet.contains(answer) {
                "does not hold yet: write open"
            } else {
                "is no claim"
            };
            found.push(format!("{id}: {answer} {why}"));
        }
    }
    for n in 1..=20 {
        let id = format!("T{n:02}");
        if !seen.contains(&id) {
            found.push(format!("{id} is missing"));
        }
    }
    found
}

fn is_threat(cell: &str) -> bool {
    cell.len() == 3 && cell.starts_with('T') && cell[1..].bytes().all(|b| b.is_ascii_digit())
}

// ------------------------------------------------------------ the sources

/// Every test of the product by its name, and whether it is ignored:
/// `tests/file.rs::module::name`, `src/path.rs::module::name`.
fn tests() -> BTreeMap<String, bool> {
    let mut found = BTreeMap::new();
    for folder in ["src", "tests"] {
        for path in rust_files(&root().join(folder)) {
            let name = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
            // Test doubles have tests of their own, clients are other programs, and
            // this test has sources in its texts.
            if !["tests/support/", "tests/clients/", "tests/assurance/"]
                .iter()
                .any(|f| name.starts_with(f))
            {
                for (test, ignored) in tests_of(&std::fs::read_to_string(&path).unwrap()) {
                    found.insert(format!("{name}::{test}"), ignored);
                }
            }
        }
    }
    found
}

/// The `#[test]` functions of a formatted source, with their inline modules.
fn tests_of(text: &str) -> Vec<(String, bool)> {
    let mut modules: Vec<(usize, String)> = Vec::new();
    let mut found = Vec::new();
    let mut attributes: Vec<&str> = Vec::new();
    for line in text.lines() {
        let code = line.trim_start();
        let indent = line.len() - code.len();
        if code == "}" && modules.last().is_some_and(|(at, _)| *at == indent) {
            modules.pop();
        } else if code.starts_with("#[") || code.starts_with("///") {
            attributes.push(code);
            continue;
        } else if let Some(name) = code.strip_suffix(" {").and_then(|c| c.strip_prefix("mod ")) {
            modules.push((indent, name.to_owned()));
        } else if let Some(rest) = code.strip_prefix("fn ")
            && attributes.contains(&"#[test]")
        {
            let name = rest.split(['(', '<']).next().unwrap_or_default();
            let path: Vec<&str> = modules.iter().map(|(_, m)| m.as_str()).chain([name]).collect();
            let ignored = attributes.iter().any(|a| a.starts_with("#[ignore"));
            found.push((path.join("::"), ignored));
        }
        attributes.clear();
    }
    found
}

fn rust_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(rust_files(&path));
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(path);
        }
    }
    found
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap()
}
