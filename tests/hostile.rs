//! Hostile text wherever text of others can come in, drawn and printed wherever
//! people read: every screen, the replay and the watching view through a terminal
//! model, both reports, the paper of a plan, `tuf show` and `diff`, and the shipped
//! program's own output. The cursor never leaves its place, no control byte leaves,
//! nothing invisible survives unescaped, no text becomes a tag. The number of texts
//! is printed; its floor is below.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and counts must be visible"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "hostile/corpus.rs"]
mod corpus;
#[cfg(feature = "tui")]
#[path = "hostile/desks.rs"]
mod desks;
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "hostile/places.rs"]
mod places;
#[path = "support/program.rs"]
mod program;
#[path = "support/rehearsal.rs"]
mod rehearsal;
#[cfg(feature = "tui")]
#[path = "hostile/screens.rs"]
mod screens;
#[cfg(feature = "tui")]
#[path = "screens/show.rs"]
#[allow(dead_code)]
mod show;
#[cfg(feature = "tui")]
#[path = "support/stage.rs"]
#[allow(dead_code)]
mod stage;

use std::collections::BTreeMap;

/// May only rise.
const FLOOR: usize = 800;

#[test]
fn the_corpus_is_large_and_of_every_family() {
    let mut families: BTreeMap<&str, usize> = BTreeMap::new();
    let texts = corpus::texts();
    for (family, _) in &texts {
        *families.entry(family).or_default() += 1;
    }
    for (family, count) in &families {
        println!("{family}: {count}");
    }
    let bytes = corpus::bytes().len();
    println!(
        "hostile texts: {} in {} families, and {bytes} that are no UTF-8",
        texts.len(),
        families.len()
    );
    assert!(
        families.len() >= 16 && families.values().all(|n| *n >= 10),
        "{families:?}"
    );
    assert!(texts.len() >= FLOOR, "{}", texts.len());
}

/// What a terminal must never be sent by a line of text: anything but printable
/// ASCII and LF. What was hidden behind a line break does not begin a line.
pub fn calm(place: &str, text: &str) {
    if let Some(c) = text.chars().find(|c| !matches!(c, ' '..='~' | '\n')) {
        let line = text.lines().find(|l| l.contains(c)).unwrap_or_default();
        panic!("{place}: U+{:04X} leaves unescaped in {line:?}", u32::from(c));
    }
    for line in text.lines() {
        assert!(!line.starts_with("FORGED"), "{place}: a forged line: {line}");
    }
}

/// A page of HTML in which no text became a tag or an attribute: each tag is one that
/// the program writes, attribute by attribute.
pub fn harmless(place: &str, page: &str) {
    calm(place, page);
    let (head, body) = page.split_once("</style>").unwrap();
    assert_eq!(head.matches("<style>").count(), 1, "{place}");
    let opened = head.split_once("<style>").unwrap();
    assert!(
        !opened.1.contains('<') && !opened.1.contains("url("),
        "{place}: the style"
    );
    for part in [opened.0, body] {
        for tag in part.split('<').skip(1) {
            let (tag, behind) = tag.split_once('>').unwrap_or_else(|| panic!("{place}: <{tag}"));
            assert!(
                !behind.contains('>'),
                "{place}: a bare > behind <{tag}>: {behind}"
            );
            let name: String = tag.chars().take_while(|c| !matches!(c, ' ' | '\n')).collect();
            assert!(TAGS.contains(&name.trim_start_matches('/')), "{place}: <{tag}>");
            let mut rest = tag[name.len()..].trim().trim_end_matches('/');
            if name == "!DOCTYPE" {
                assert_eq!(rest, "html");
                continue;
            }
            while !rest.is_empty() {
                let (attribute, value) = rest
                    .split_once("=\"")
                    .unwrap_or_else(|| panic!("{place}: <{tag}>"));
                let (value, more) = value
                    .split_once('"')
                    .unwrap_or_else(|| panic!("{place}: <{tag}>"));
                let known = ATTRIBUTES.iter().find(|(a, _)| *a == attribute.trim());
                let (_, wanted) = known.unwrap_or_else(|| panic!("{place}: <{tag}>"));
                assert!(
                    value
                        .chars()
                        .all(|c| c.is_ascii_alphanumeric() || wanted.contains(c)),
                    "{place}: <{tag}>"
                );
                rest = more.trim();
            }
        }
    }
}

const TAGS: [&str; 42] = [
    "!DOCTYPE",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "section",
    "article",
    "p",
    "strong",
    "b",
    "i",
    "u",
    "span",
    "small",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "colgroup",
    "col",
    "tr",
    "th",
    "td",
    "dl",
    "dt",
    "dd",
    "code",
    "figure",
    "figcaption",
    "svg",
    "path",
    "ol",
    "li",
    "br",
];

/// Attributes, and which characters their values have besides letters and digits.
const ATTRIBUTES: [(&str, &str); 16] = [
    ("class", " -"),
    ("style", ":%"),
    ("content", " ;:=-'"),
    ("name", "-"),
    ("http-equiv", "-"),
    ("charset", "-"),
    ("lang", ""),
    ("scope", ""),
    ("colspan", ""),
    ("viewBox", " "),
    ("role", ""),
    ("aria-label", " "),
    ("shape-rendering", ""),
    ("d", " -MhvzM"),
    ("start", ""),
    ("id", "-"),
];
