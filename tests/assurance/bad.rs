//! Small documents and sources with one sin each: the join can fail, and says
//! at what.

use std::collections::{BTreeMap, BTreeSet};

use super::{case, problems, tests_of, unanswered};

const GOOD: &str = "\
# A head

## Family

**IMP-1. Something holds.**
- Why: `src/a.rs` sees to it,
  and `docs/b.md` says so.
- Rejects: `tests/t.rs::bad`, `tests/t.rs::slow` (by hand)
- Accepts: `tests/t.rs::good`
- Check: `sums`

## Claims that do not hold yet

**IMP-2. Something will hold.**
- Missing: all of it.
";

fn found(text: &str, floor: usize) -> Vec<String> {
    let tests = [("bad", false), ("good", false), ("slow", true)];
    let tests: BTreeMap<String, bool> = tests
        .iter()
        .map(|(name, ignored)| (format!("tests/t.rs::{name}"), *ignored))
        .collect();
    let exists = |path: &str| ["src/a.rs", "docs/b.md"].contains(&path);
    problems(&case(text), &tests, &BTreeSet::from(["sums"]), floor, exists)
}

#[test]
fn a_good_case_has_no_problem() {
    assert_eq!(found(GOOD, 1), [""; 0]);
    let case = case(GOOD);
    let why = "`src/a.rs` sees to it, and `docs/b.md` says so.";
    assert_eq!(case.claims[0].fields["Why"], why);
    assert_eq!(case.not_yet, ["IMP-2"]);
}

#[test]
fn each_sin_of_a_case_is_named() {
    for (from, to, says) in [
        (
            "- Rejects: `tests/t.rs::bad`, `tests/t.rs::slow` (by hand)\n",
            "",
            "Rejects: no test",
        ),
        ("- Accepts: `tests/t.rs::good`\n", "", "Accepts: no test"),
        ("t.rs::good", "t.rs::gone", "there is no test tests/t.rs::gone"),
        ("`tests/t.rs::bad`, ", "", "no test that runs by itself"),
        (" (by hand)", "", "only a test that is ignored"),
        (
            "t.rs::good`",
            "t.rs::good` (by hand)",
            "only a test that is ignored",
        ),
        ("`src/a.rs`", "`src/c.rs`", "there is no file src/c.rs"),
        (
            "`src/a.rs` sees to it,\n  and `docs/b.md` says so.",
            "it does.",
            "names no file",
        ),
        ("`sums`", "`sum`, `sums`", "no check sum"),
        ("- Check: `sums`\n", "", "no claim names the auditor's check sums"),
        ("- Check", "- Proof", "a field Proof that is unknown"),
        ("- Check", "- Accepts", "unknown or stands twice"),
        ("IMP-2", "IMP-1", "IMP-1 stands twice"),
        ("**IMP-2. ", "**IMP2. ", "expected **ID. Sentence.**"),
        (
            "**IMP-1. Something holds.**",
            "**IMP-01. Something holds.**",
            "expected **ID",
        ),
    ] {
        assert!(GOOD.contains(from), "{from}");
        let got = found(&GOOD.replacen(from, to, 1), 1);
        assert!(got[0].contains(says), "{from} -> {to}: {got:#?}");
    }
    let few = found(GOOD, 2);
    assert!(few[0].contains("1 claims, expected at least 2"), "{few:?}");
}

#[test]
fn each_sin_of_a_threat_model_is_named() {
    let claims = case(GOOD);
    let rows = |last: &str| {
        let rows: Vec<String> = (1..=20)
            .map(|n| {
                format!(
                    "| T{n:02} | a | b | {} |",
                    if n == 7 { last } else { "procedure" }
                )
            })
            .collect();
        unanswered(
            &format!("| id | threat | we do | validated by |\n{}\n", rows.join("\n")),
            &claims,
        )
    };
    for good in ["IMP-1", "IMP-1, procedure", "open"] {
        assert_eq!(rows(good), [""; 0], "{good}");
    }
    for (bad, says) in [
        ("IMP-9", "T07: IMP-9 is no claim"),
        ("IMP-2", "T07: IMP-2 does not hold yet: write open"),
        ("", "T07: expected threat, action and validation"),
        ("IMP-1 | x", "T07: expected threat"),
    ] {
        let got = rows(bad);
        assert!(got.iter().any(|p| p.starts_with(says)), "{bad}: {got:?}");
    }
    let missing = unanswered("| T01 | a | b | open |\n| T01 | a | b | open |\n", &claims);
    assert!(missing.contains(&"T01 stands twice".to_owned()));
    assert!(missing.contains(&"T20 is missing".to_owned()));
}

#[test]
fn tests_are_found_as_cargo_names_them() {
    let source = "\
/// Words.
#[test]
fn one() {
    if true {
    }
}

fn helper() {}

mod inner {
    #[cfg(feature = \"tui\")]
    #[test]
    #[ignore = \"an hour\"]
    fn two(at in 0..7) {
    }

    mod deep {
        #[test]
        fn three() {
        }
    }
}

#[test]
fn four() {
}
";
    let found = tests_of(source);
    let expected = [
        ("one", false),
        ("inner::two", true),
        ("inner::deep::three", false),
        ("four", false),
    ];
    assert_eq!(found, expected.map(|(n, i)| (n.to_owned(), i)));
}
