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
fn cases(python: &Path) -> (tempfile::TempDir, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("cases");
    let script = here().join("tests/clients/python/generate.py");
    let done = Command::new(python).arg(script).arg(&out).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let listed = tuf_ceremony::base::Json::parse(&std::fs::read(out.join("cases.json")).unwrap()).unwrap();
    let names = listed.as_array().unwrap().iter();
    let names = names
        .map(|c| c.get("name").unwrap().as_str().unwrap().to_owned())
        .collect();
    (folder, names)
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
    let (folder, names) = cases(&python);
    let cases = folder.path().join("cases");
    let script = here().join("tests/clients/python/batch.py");
    let done = Command::new(&python).arg(script).arg(&cases).output().unwrap();
    let real = said(&done.stdout);
    assert_eq!(
        real.len(),
        names.len(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    compare(Client::PythonTuf, &real, &cases);
}

#[test]
fn tough_and_its_model_agree() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let Some(tough) = present("TUF_CLIENT_TOUGH") else {
        return;
    };
    let (folder, names) = cases(&python);
    let cases = folder.path().join("cases");
    let mut real = BTreeMap::new();
    for name in &names {
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
    compare(Client::Tough, &real, &cases);
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
    let (folder, names) = cases(&python);
    let cases = folder.path().join("cases");
    let script = here().join("tests/clients/js/batch.cjs");
    let mut node = Command::new("node");
    let done = node.arg(script).arg(&cases).arg(modules).output().unwrap();
    let real = said(&done.stdout);
    assert_eq!(
        real.len(),
        names.len(),
        "{}",
        String::from_utf8_lossy(&done.stderr)
    );
    compare(Client::TufJs, &real, &cases);
}

#[test]
fn the_other_models_say_what_was_recorded() {
    let Some(python) = present("TUF_CLIENT_PYTHON") else {
        return;
    };
    let (folder, names) = cases(&python);
    let cases = folder.path().join("cases");
    let recorded = known("recorded.txt");
    let names: BTreeSet<String> = names.into_iter().collect();
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
