//! Documents that are made from the program stay what the program says, and
//! every relative link in a document leads somewhere.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Compares with a golden file, or writes it under `UPDATE_GOLDEN=1`.
fn golden(path: &Path, text: &str) {
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, text).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        stands == text,
        "{} is out of date: UPDATE_GOLDEN=1 cargo test --test docs",
        path.display()
    );
}

#[test]
fn the_page_of_faults_is_made_from_the_cards() {
    let text = tuf_ceremony::fault::render_all();
    golden(&root().join("docs/faults.md"), &text);
    for code in tuf_ceremony::fault::Code::ALL {
        let card = code.card();
        for part in [card.fact, card.meaning, card.changed, card.remedy] {
            assert!(part.ends_with('.') && part.len() > 2, "{}: {part}", code.as_str());
        }
    }
}

/// Prose before the marker is written by people, the table after it is not.
#[test]
fn the_table_of_claims_is_made_from_the_claims() {
    const MARKER: &str = "<!-- made from the program: UPDATE_GOLDEN=1 cargo test --test docs -->\n";
    let path = root().join("docs/policy.md");
    let text = std::fs::read_to_string(&path).unwrap();
    let (before, after) = text
        .split_once(MARKER)
        .expect("the marker stands before the table");
    let (_, rest) = after
        .split_once("\n\n")
        .expect("an empty line stands after the table");
    let table = tuf_ceremony::tuf::policy::render_all();
    golden(&path, &format!("{before}{MARKER}{table}\n{rest}"));
}

#[test]
fn the_dice_tables_are_made_from_the_program_s() {
    let text = tuf_ceremony::base::credential::tables();
    golden(&root().join("docs/dice.md"), &text);
}

/// A text without its line breaks and quotation marks of Markdown.
#[cfg(feature = "ceremony")]
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Each drill has its page, each page of a drill quotes what the screen says, and
/// the index leads to every page.
#[cfg(feature = "ceremony")]
#[test]
fn each_drill_has_a_page_that_quotes_its_cards() {
    use tuf_ceremony::runner::drill::{Fault, Shows};
    let folder = root().join("docs/runbooks");
    let index = flat(&std::fs::read_to_string(folder.join("README.md")).unwrap());
    let mut quoted = 0;
    for fault in Fault::ALL {
        let about = fault.about();
        let page = std::fs::read_to_string(folder.join(format!("{}.md", about.id)))
            .unwrap_or_else(|e| panic!("{}: {e}", about.id));
        let page = flat(&page);
        assert!(page.starts_with(&format!("# {}: ", about.id)), "{}", about.id);
        for part in [
            "## On the screen",
            "## What it means",
            "## Was anything changed?",
            "## What to do",
            "## What the record will show",
            "## Practise it",
            &format!("--fault {}", about.id),
        ] {
            assert!(page.contains(part), "{}: {part}", about.id);
        }
        for shows in about.shows {
            let texts = match shows {
                Shows::Device(code) => {
                    let card = code.card();
                    vec![card.fact, card.meaning, card.remedy]
                }
                Shows::Program(code) => vec![code.card().fact],
                Shows::Words(words) => vec![*words],
            };
            for text in texts {
                assert!(page.contains(&flat(text)), "{}: {text}", about.id);
                quoted += 1;
            }
        }
        let row = format!("[{0}]({0}.md)", about.id);
        assert!(index.contains(&row), "the index lacks {row}");
        assert!(
            index.contains(&flat(about.does)),
            "the index says otherwise: {}",
            about.does
        );
    }
    assert!(quoted > Fault::ALL.len());
    for page in std::fs::read_dir(&folder).unwrap() {
        let name = page.unwrap().file_name().into_string().unwrap();
        assert!(
            name == "README.md" || index.contains(&format!("({name})")),
            "the index lacks {name}"
        );
    }
}

fn markdown(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown(&path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut files = vec![root().join("README.md")];
    markdown(&root().join("docs"), &mut files);
    let mut links = 0;
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap().split('#').next().unwrap();
            if target.is_empty() || target.contains("://") {
                continue;
            }
            links += 1;
            let path = file.parent().unwrap().join(target);
            assert!(path.exists(), "{} links to {target}", file.display());
        }
    }
    assert!(links > 0);
}
