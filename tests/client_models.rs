//! Holds the models of `tuf::clients` against the real clients: python-tuf and
//! tough judge every generated repository, and each disagreement must stand in
//! `tests/clients/disagreements.txt` with its reason. tuf-js, go-tuf and
//! rust-tuf are held against verdicts recorded elsewhere
//! (`tests/clients/recorded.txt`). Visible SKIPPED where a client is absent.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use tuf_ceremony::base::Instant;
use tuf_ceremony::tuf::clients::{Client, Repository, Verdict, judge};

fn here() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn present(variable: &str) -> Option<PathBuf> {
    let found = std::env::var_os(variable)
        .map(PathBuf::from)
        .filter(|p| p.is_file());
    if found.is_none() {
        println!("SKIPPED {variable} is not set: the models are not held against this client");
    }
    found
}

/// Generated once a run; `None` without the interpreter that has `cryptography`.
fn cases(python: &Path) -> &'static (PathBuf, Vec<String>) {
    static CASES: OnceLock<(PathBuf, Vec<String>)> = OnceLock::new();
    CASES.get_or_init(|| {
        let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("client-cases");
        let _ = std::fs::remove_dir_all(&out);
        let script = here().join("tests/clients/python/generate.py");
        let done = Command::new(python).arg(script).arg(&out).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        let listed =
            tuf_ceremony::base::Json::parse(&std::fs::read(out.join("cases.json")).unwrap()).unwrap();
        let names = listed.as_array().unwrap().iter();
        let names = names
            .map(|c| c.get("name").unwrap().as_str().unwrap().to_owned())
            .collect();
        (out, names)
    })
}

fn metadata(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = std::fs::read_dir(folder.join("metadata")).unwrap();
    entries
        .map(|e| {
            let e = e.unwrap();
            (
                e.file_name().into_string().unwrap(),
                std::fs::read(e.path()).unwrap(),
            )
        })
        .collect()
}

fn now() -> Instant {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    Instant::from_unix(i64::try_from(since.as_secs()).unwrap()).unwrap()
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Accepts => "accepts",
        Verdict::Refuses(_) => "refuses",
        Verdict::Unsure { .. } => "unsure",
    }
}

/// `client case model real reason`: those that are known, by client and case.
fn known(file: &str) -> BTreeMap<(String, String), Vec<String>> {
    let text = std::fs::read_to_string(here().join("tests/clients").join(file)).unwrap();
    text.lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        .map(|l| {
            let words: Vec<String> = l.split_whitespace().map(str::to_owned).collect();
            assert!(words.len() >= 3, "{file}: {l}");
            ((words[0].clone(), words[1].clone()), words[2..].to_vec())
        })
        .collect()
}

fn compare(client: Client, real: &BTreeMap<String, (String, String)>, cases: &Path) {
    let mut known: BTreeMap<_, _> = known("disagreements.txt")
        .into_iter()
        .filter(|((c, _), _)| c == client.name())
        .collect();
    let (mut wrong, mut unsure, mut accepted) = (Vec::new(), 0, 0);
    for (name, (says, reason)) in real {
        let files = metadata(&cases.join(name.replace('/', "_")));
        let repository = Repository {
            files: &files,
            trusted: 1,
        };
        let verdict = judge(client, &repository, now());
        let says = if says == "stale" { "refuses" } else { says.as_str() };
        accepted += usize::from(says == "accepts");
        match word(&verdict) {
            "unsure" => unsure += 1,
            model if model == says => {}
            model => {
                let listed = known.remove(&(client.name().to_owned(), name.clone()));
                if listed.is_none_or(|l| l[0] != model || l[1] != says) {
                    wrong.push(format!("{client} {name} model:{verdict} real:{says} ({reason})"));
                }
            }
        }
    }
    println!(
        "{client} {}: {} cases, {accepted} accepted, {unsure} where the model is unsure, {} not listed",
        client.version(),
        real.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(known.is_empty(), "listed, but the model agrees now: {known:?}");
    assert!(
        real.len() >= 300 && accepted >= 50,
        "too few cases to mean anything"
    );
    assert!(
        unsure * 10 < real.len(),
        "a model that is mostly unsure models nothing"
    );
}

/// Case to verdict and reason.
fn said(output: &[u8]) -> BTreeMap<String, (String, String)> {
    String::from_utf8_lossy(output)
        .lines()
        .map(|l| {
            let words: Vec<&str> = l.split('\t').collect();
            (words[0].to_owned(), (words[1].to_owned(), words[2].to_owned()))
        })
        .collect()
}

#[test]
fn python_tuf_and_its_model_agree() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let (cases, names) = cases(&python);
    let script = here().join("tests/clients/python/batch.py");
    let done = Command::new(&python).arg(script).arg(cases).output().unwrap();
    let real = said(&done.stdout);
    assert_eq!(
        real.len(),
        names.len(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    compare(Client::PythonTuf, &real, cases);
}

#[test]
fn tough_and_its_model_agree() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let Some(tough) = present("TUF_CLIENT_TOUGH") else {
        return;
    };
    let (cases, names) = cases(&python);
    let mut real = BTreeMap::new();
    for name in names {
        let folder = cases.join(name.replace('/', "_"));
        let done = Command::new(&tough).arg(&folder).output().unwrap();
        let says = match done.status.code() {
            Some(0) => "accepts",
            Some(1) => "refuses",
            other => panic!("{name}: {other:?}"),
        };
        // Beside python-tuf's "stale": a root that is older than the newest is no acceptance.
        let newest = metadata(&folder)
            .keys()
            .filter_map(|n| n.strip_suffix(".root.json")?.parse::<u64>().ok())
            .max();
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let stale = says == "accepts" && !said.contains(&format!(" root {} ", newest.unwrap()));
        let reason = String::from_utf8_lossy(&done.stderr).trim().to_owned();
        real.insert(
            name.clone(),
            (if stale { "stale" } else { says }.to_owned(), reason),
        );
    }
    compare(Client::Tough, &real, cases);
}

/// The extended run sets the variable to a `node_modules` that has tuf-js.
#[test]
fn tuf_js_and_its_model_agree() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let Some(modules) = std::env::var_os("TUF_CLIENT_JS") else {
        println!("SKIPPED TUF_CLIENT_JS is not set: tests/extended tuf-js sets it");
        return;
    };
    let (cases, names) = cases(&python);
    let script = here().join("tests/clients/js/batch.cjs");
    let mut node = Command::new("node");
    let done = node.arg(script).arg(cases).arg(modules).output().unwrap();
    let real = said(&done.stdout);
    assert_eq!(
        real.len(),
        names.len(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    compare(Client::TufJs, &real, cases);
}

#[test]
fn the_other_models_say_what_was_recorded() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let (cases, names) = cases(&python);
    let recorded = known("recorded.txt");
    let names: BTreeSet<&String> = names.iter().collect();
    let mut wrong = Vec::new();
    let mut asked = BTreeMap::<Client, usize>::new();
    let mut unsure = 0;
    for ((client, case), says) in &recorded {
        let client = *Client::ALL.iter().find(|c| c.name() == client).unwrap();
        assert!(names.contains(case), "{case} is not generated");
        let files = metadata(&cases.join(case.replace('/', "_")));
        let verdict = judge(
            client,
            &Repository {
                files: &files,
                trusted: 1,
            },
            now(),
        );
        *asked.entry(client).or_default() += 1;
        match word(&verdict) {
            "unsure" => unsure += 1,
            model if model == says[0] => {}
            _ => wrong.push(format!("{client} {case} model:{verdict} recorded:{}", says[0])),
        }
    }
    println!(
        "recorded verdicts: {asked:?}, {unsure} where the model is unsure, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(recorded.len() >= 150);
}

/// Rows of the measured matrices (facts/clients.md 4; facts/tuf.md by section), counted so that none is lost.
const SECTIONS: [(&str, usize); 6] = [
    ("clients", 202),
    ("tuf-2.6", 30),
    ("tuf-2.8", 21),
    ("tuf-6", 21),
    ("tuf-2.10", 14),
    ("tuf-2.7", 5),
];

/// A line of `tests/clients/rows.txt`.
struct Row {
    section: String,
    name: String,
    verdicts: Vec<String>,
    cases: Vec<String>,
    why: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(here().join("tests/clients/rows.txt")).unwrap();
    let lines = text
        .lines()
        .filter(|l| !l.starts_with('#') && !l.trim().is_empty());
    lines
        .map(|l| {
            let parts: Vec<&str> = l.split(" | ").map(str::trim).collect();
            let [section, name, verdicts, cases, why] = parts[..] else {
                panic!("rows.txt: {l}");
            };
            let words = |t: &str| t.split_whitespace().map(str::to_owned).collect();
            Row {
                section: section.to_owned(),
                name: name.to_owned(),
                verdicts: words(verdicts),
                cases: words(cases),
                why: why.trim_start_matches('-').to_owned(),
            }
        })
        .collect()
}

#[test]
fn every_row_of_the_matrices_is_listed_with_its_cases_or_a_reason() {
    let rows = rows();
    let mut seen = BTreeSet::new();
    for row in &rows {
        assert!(seen.insert((&row.section, &row.name)), "{} twice", row.name);
        let differs = row.verdicts.iter().any(|v| v.contains('/'));
        assert!(
            !row.cases.is_empty() || !row.why.is_empty(),
            "{}: neither",
            row.name
        );
        assert!(
            !differs || row.why.len() > 20,
            "{}: differs without a reason",
            row.name
        );
        assert_eq!(row.verdicts.len(), Client::ALL.len(), "{}", row.name);
    }
    for (section, count) in SECTIONS {
        assert_eq!(
            rows.iter().filter(|r| r.section == section).count(),
            count,
            "{section}"
        );
    }
}

/// `yes`, `no`, `stale`, `-` for a client that was not asked; `facts/model` where the two differ.
#[test]
fn the_models_say_what_the_matrices_say() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let (cases, names) = cases(&python);
    let (mut wrong, mut asked, mut differ) = (Vec::new(), 0, 0);
    let mut said = BTreeMap::<(Client, String), String>::new();
    for row in rows() {
        for case in &row.cases {
            assert!(names.contains(case), "{}: {case} is not generated", row.name);
            for (client, facts) in Client::ALL.iter().zip(&row.verdicts) {
                let (measured, expected) = facts.split_once('/').unwrap_or((facts, facts));
                let verdict = said.entry((*client, case.clone())).or_insert_with(|| {
                    let files = metadata(&cases.join(case.replace('/', "_")));
                    let repository = Repository {
                        files: &files,
                        trusted: 1,
                    };
                    judge(*client, &repository, now()).to_string()
                });
                let model = match verdict.split(' ').next().unwrap() {
                    "accepts" => "yes",
                    "unsure:" => "unsure",
                    _ if verdict.contains("STALE_ROOT") => "stale",
                    _ => "no",
                };
                if expected == "-" {
                    continue;
                }
                asked += 1;
                differ += usize::from(measured != expected);
                if model != expected {
                    wrong.push(format!(
                        "{} {} {case} {client} {facts}: {verdict}",
                        row.section, row.name
                    ));
                }
            }
        }
    }
    println!(
        "rows: {asked} verdicts asked, {differ} listed as different, {} wrong",
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
