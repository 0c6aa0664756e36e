//! `plan --paper`: golden as text, harmless as HTML, the same bytes for the same
//! script, never over another file, and everything on it that people need in the
//! room. Works in the auditor's build.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and figures must be visible"
)]

#[path = "support/program.rs"]
mod program;
#[path = "support/scripts.rs"]
mod scripts;

use std::path::Path;

use program::{root, run, script};
use tuf_ceremony::base::Digest;
use tuf_ceremony::bundle::VERIFY_PY;
use tuf_ceremony::plan::{Plan, pace};
use tuf_ceremony::report::runbook::{Printer, html, text};
use tuf_ceremony::transcript::words;

fn plan(path: &Path) -> Plan {
    scripts::build(&std::fs::read(path).unwrap(), path.parent().unwrap()).unwrap_or_else(|e| panic!("{e:?}"))
}

fn printer() -> Printer {
    Printer {
        version: "0.0.0".to_owned(),
        sha256: Digest::of(b"program"),
        verifier: Digest::of(b"verifier"),
    }
}

#[test]
fn the_paper_is_golden_and_the_same_each_time() {
    for name in ["root-keygen", "root-keygen-break", "pypi-mix"] {
        let plan = plan(&script(&format!("{name}.toml")));
        let page = text(&plan, &printer());
        assert_eq!(page, text(&plan, &printer()));
        assert_eq!(html(&plan, &printer()), html(&plan, &printer()));
        assert!(
            page.lines().all(|l| l.is_ascii() && l.len() <= 100),
            "{name}: a line is too long"
        );
        let golden = root().join(format!("tests/golden/paper/{name}.txt"));
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&golden, &page).unwrap();
        }
        let kept = std::fs::read_to_string(&golden).unwrap_or_default();
        assert!(
            kept == page,
            "{} differs; UPDATE_GOLDEN=1 rewrites it",
            golden.display()
        );
    }
}

#[test]
fn every_step_line_and_number_has_its_place_in_both() {
    for folder in ["rehearsal", "templates"] {
        for entry in std::fs::read_dir(root().join("ceremony-scripts").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if !name.ends_with(".toml") || name.ends_with(".answers.toml") {
                continue;
            }
            let plan = plan(&path);
            let (html, text) = (html(&plan, &printer()), text(&plan, &printer()));
            let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
            let cards = plan.steps().len();
            assert_eq!(html.matches("<article class=\"step").count(), cards, "{name}");
            for (cursor, planned) in plan.steps().iter().enumerate() {
                let id = planned.step.id.as_str();
                assert!(html.contains(&format!("<b>{id}</b>")), "{name}: {id}");
                assert!(text.contains(&format!("[ ] {id}  ")), "{name}: {id}");
                for item in plan.numbered(cursor) {
                    assert!(flat.contains(&format!("{item}: number")), "{name}: {item}");
                }
            }
            let sha = plan.script().sha256;
            for word in words::words(&sha) {
                assert!(
                    html.contains(&format!("</small>{word}</li>")) && text.contains(word),
                    "{name}: {word}"
                );
            }
            for page in [&html, &text] {
                assert!(
                    page.contains(&sha.grouped()) && page.contains(&printer().sha256.grouped()),
                    "{name}"
                );
                assert!(page.contains(&printer().verifier.grouped()), "{name}");
            }
            assert!(
                !html.contains("<script") && !html.contains("http:") && !html.contains("https:"),
                "{name}"
            );
            assert!(
                !html.contains("size:A4}") && html.contains("size:auto"),
                "it fits A4 and Letter"
            );
        }
    }
}

#[test]
fn the_program_writes_it_once_and_by_its_name() {
    let desk = tempfile::tempdir().unwrap();
    let script = script("root-keygen.toml");
    let script = script.to_str().unwrap();
    for (name, begins) in [("paper.html", "<!DOCTYPE html>"), ("paper.txt", "####")] {
        let to = desk.path().join(name);
        let made = run(&["plan", script, "--paper", to.to_str().unwrap()]);
        assert_eq!((made.code, made.err.as_str()), (0, ""), "{made:?}");
        let page = std::fs::read_to_string(&to).unwrap();
        assert!(page.starts_with(begins), "{name}");
        assert!(page.contains(&Digest::of(VERIFY_PY).grouped()), "which verifier");
        let again = run(&["plan", script, "--paper", to.to_str().unwrap()]);
        assert_eq!(again.code, 2, "{again:?}");
        assert!(again.err.contains("error[output-exists]"), "{again:?}");
        assert_eq!(page, std::fs::read_to_string(&to).unwrap());
    }
    let refused = run(&[
        "plan",
        "absent.toml",
        "--paper",
        desk.path().join("x.html").to_str().unwrap(),
    ]);
    assert_eq!(refused.code, 2, "{refused:?}");
    assert!(
        !desk.path().join("x.html").exists(),
        "no paper of a script that is refused"
    );
}

/// The sums are of the same prompts, whichever way they are cut.
#[test]
fn prompts_and_minutes_add_up() {
    for name in [
        "root-keygen",
        "root-keygen-attested",
        "root-keygen-break",
        "pypi-mix",
    ] {
        let plan = plan(&script(&format!("{name}.toml")));
        let all = pace::total(&plan);
        for sums in [pace::by_token(&plan), pace::by_role(&plan)] {
            assert_eq!(
                sums.iter().map(|(_, t)| t.prompts).sum::<u32>(),
                all.prompts,
                "{name}"
            );
            assert_eq!(sums.iter().map(|(_, t)| t.ms).sum::<u64>(), all.ms, "{name}");
        }
        let prompts = pace::prompts(&plan);
        let steps = (0..plan.steps().len()).map(|n| pace::of_step(&prompts, n).prompts);
        assert_eq!(steps.sum::<u32>() + 1, all.prompts, "{name}: and the briefing");
        let said = run(&["plan", script(&format!("{name}.toml")).to_str().unwrap()]);
        assert!(
            said.out
                .contains(&format!("in all                   {}", all.words())),
            "{}",
            said.out
        );
        for measure in pace::TABLE {
            assert!(
                said.out.contains(measure.what) && !measure.source.is_empty(),
                "{}",
                measure.what
            );
        }
        println!("{name}: {}", all.words());
    }
}
