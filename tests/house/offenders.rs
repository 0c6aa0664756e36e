//! Made-up offenders: each rule of `tests/house.rs` refuses one and lets its
//! innocent twin pass, so that a rule that can no longer fail is noticed.

use super::*;

fn map() -> Map {
    Map::parse(
        "words\n| room | may import | exists with |\n|---|---|---|\n| `base` | | always |\n\
         | `tuf` | `base` | always |\n| `engine` | `base` `tuf` | always |\n\
         | `signer` | `base` | `ceremony` |\n| `cli` | `base` `tuf` | always |\n\nafter\n",
    )
}

/// How many problems a rule finds in a file with this path and code.
fn edge_count(path: &str, code: &str) -> usize {
    edges(&map(), &Source::new(path, code)).len()
}

fn refuses(rule: fn(&Source) -> Vec<String>, path: &str, code: &str) {
    let problems = rule(&Source::new(path, code));
    assert!(!problems.is_empty(), "let pass in {path}: {code}");
    assert!(
        problems.iter().all(|problem| problem.starts_with(path)),
        "{problems:?}"
    );
}

fn passes(rule: fn(&Source) -> Vec<String>, path: &str, code: &str) {
    let problems = rule(&Source::new(path, code));
    assert!(problems.is_empty(), "refused: {problems:?}");
}

#[test]
fn an_edge_that_is_not_on_the_map_is_refused() {
    for offender in [
        "use crate::engine::State;",
        "use crate::{base, engine::State};",
        "pub(crate) use crate::{\n    base::{self, Id},\n    signer as port,\n};",
        "fn f() { crate::engine::step(); }",
        "fn f(x: &crate :: engine :: State) {}",
        "use super::super::engine::State;",
        "use super::{super::signer::Token, key};",
        "fn f() -> super::super::engine::State { todo!() }",
        "macro_rules! m { () => { $crate::engine::step() } }",
        "use tuf_ceremony::engine;",
        "use crate::*;",
        "use crate::nowhere::Thing;",
        "let a = '\"'; use crate::engine::A; let b = '\"';",
        "fn f<'a>(x: &'a str) {} use crate::engine::A;",
        "#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::engine::A;",
        "#[cfg(test)]\nmod tests;\nuse crate::engine::A;",
        "#[cfg(any(test, feature = \"tui\"))]\nuse crate::engine::A;",
    ] {
        assert_eq!(edge_count("src/tuf/root.rs", offender), 1, "{offender}");
    }
    assert_eq!(
        edge_count("src/tuf/root.rs", "use crate::{engine, signer::{A, B}};"),
        3
    );
    assert_eq!(edge_count("src/tuf/mod.rs", "use super::engine::State;"), 1);
    assert_eq!(edge_count("src/tuf.rs", "use super::engine::State;"), 1);
    assert_eq!(
        edge_count("src/cli/run.rs", "use tuf_ceremony::engine::State;"),
        1
    );
    assert_eq!(
        edge_count("src/attic/old.rs", "fn f() {}"),
        1,
        "a room that is not on the map"
    );
}

#[test]
fn what_is_no_forbidden_edge_passes() {
    for innocent in [
        "use crate::base::{self, Id};\nuse crate::tuf::key::Key;",
        "use super::engine::Local; // a module of this room",
        "use super::{key, threshold::Meter};",
        "// use crate::engine::State;\n/* crate::engine /* crate::signer */ crate::engine */",
        "/// See [`crate::engine`].\nfn f() { let s = \"crate::engine::step \\\" crate::signer\"; }",
        "const S: &str = r#\"use crate::engine; \"quoted\" \"#;\nconst B: &[u8] = br\"crate::engine\";",
        "#[cfg(test)]\nmod tests {\n    use crate::engine::State;\n    fn f() { if true {} }\n}\n",
        "#[cfg(test)]\nuse crate::engine::State;\nuse crate::base::Id;",
        "#[cfg(all(test, feature = \"ceremony\"))]\nmod contract { use crate::signer::Token; }",
        "fn main() { let x = '\\''; let y = '\\u{7f}'; }",
        "pub(crate) fn f() {}\npub(in crate::tuf) fn g() {}",
    ] {
        assert_eq!(edge_count("src/tuf/root.rs", innocent), 0, "{innocent}");
    }
    assert_eq!(
        edge_count("src/tuf/root/tests.rs", "use crate::engine::State;"),
        0
    );
    assert_eq!(edge_count("src/main.rs", "use tuf_ceremony::engine;"), 0);
    assert_eq!(
        edge_count(
            "src/tuf/diff/mod.rs",
            "use super::engine::Local; use super::super::base::Id;"
        ),
        0
    );
}

#[test]
fn a_room_with_the_wrong_feature_is_refused() {
    let good = "pub mod base;\n#[cfg(feature = \"ceremony\")]\npub mod signer;\npub mod tuf;\n";
    assert!(features(&map(), good).is_empty());
    assert_eq!(features(&map(), "pub mod signer;").len(), 1);
    assert_eq!(
        features(&map(), "#[cfg(feature = \"tui\")]\npub mod tuf;").len(),
        1
    );
    assert_eq!(features(&map(), "mod attic;").len(), 1);
}

#[test]
fn an_impure_pure_room_is_refused() {
    for offender in [
        "use std::fs;",
        "use std::{collections::BTreeMap, fs::File};",
        "use ::std::env;",
        "fn f() { std::thread::sleep(d); }",
        "use std::time::Duration;",
        "fn f() { let t = SystemTime::now(); }",
        "fn f() { let t = Instant::now(); }",
        "fn f() { time::OffsetDateTime::now_utc(); }",
        "use rand_core::OsRng;",
        "fn f() { rand::thread_rng(); }",
        "fn f() { getrandom::fill(&mut b); }",
        "use ratatui::text::Line;",
        "fn f(k: crossterm::event::KeyCode) {}",
        "use yubihsm::Client;",
    ] {
        refuses(impurities, "src/engine/step.rs", offender);
        refuses(impurities, "src/audit/checks/chain.rs", offender);
        passes(impurities, "src/runner/step.rs", offender);
    }
    for innocent in [
        "use crate::base::Instant;\nuse std::fmt;",
        "mod yubihsm;\npub use yubihsm::Chain;",
        "use super::yubihsm;\nfn f() { yubihsm::parse(); }",
        "// std::fs\nconst S: &str = \"std::fs\";",
        "#[cfg(test)]\nmod tests { use std::fs; }",
        "const V: &str = env!(\"CARGO_PKG_VERSION\");",
    ] {
        passes(impurities, "src/attestation/mod.rs", innocent);
    }
}

#[test]
fn a_confined_name_elsewhere_is_refused() {
    refuses(
        confinement,
        "src/signer/file/mod.rs",
        "use cryptoki::context::Pkcs11;",
    );
    refuses(
        confinement,
        "src/runner/mod.rs",
        "fn f() -> cryptoki::error::Error { todo!() }",
    );
    passes(
        confinement,
        "src/signer/pkcs11/raw.rs",
        "use cryptoki::context::Pkcs11;",
    );
    refuses(confinement, "src/ui/view.rs", "use crossterm::event::KeyCode;");
    passes(confinement, "src/ui/keymap.rs", "use crossterm::event::KeyCode;");
    passes(confinement, "src/ui/terminal.rs", "use crossterm::terminal;");
    refuses(confinement, "src/plan/mod.rs", "use toml;");
    refuses(
        confinement,
        "src/headless/answers.rs",
        "fn f() { toml::from_str(s); }",
    );
    passes(confinement, "src/script/parse.rs", "use toml::Value;");
    passes(
        confinement,
        "src/plan/mod.rs",
        "fn f() { let toml = 1; g(toml); }",
    );
}

#[test]
fn a_payload_minted_elsewhere_is_refused() {
    refuses(
        confinement,
        "src/engine/sign.rs",
        "fn f() { Payload::mint(p, b); }",
    );
    refuses(
        confinement,
        "src/signer/file/mod.rs",
        "fn f() { crate::base::Payload::mint(p, b); }",
    );
    passes(
        confinement,
        "src/tuf/canonical.rs",
        "fn f() { Payload::mint(p, b); }",
    );
    passes(
        confinement,
        "src/transcript/proof.rs",
        "fn f() { Payload::mint(p, b); }",
    );
    passes(
        confinement,
        "src/signer/mod.rs",
        "#[cfg(test)]\nmod tests { fn f() { Payload::mint(p, b); } }",
    );
    passes(
        confinement,
        "src/signer/contract/support.rs",
        "fn f() { Payload::mint(p, b); }",
    );
    refuses(
        confinement,
        "src/signer/contract/session.rs",
        "fn f() { Payload::mint(p, b); }",
    );
    let declared =
        "mod keys;\n#[cfg(test)]\nmod support;\n#[cfg(feature = \"pkcs11\")]\n#[cfg(test)]\nmod workers;";
    assert!(super::suite(declared).is_empty());
    assert_eq!(super::suite("mod keys;\n\nmod support;").len(), 1);
    assert_eq!(
        super::suite("#[cfg(feature = \"pkcs11\")]\nmod workers;").len(),
        1
    );
}

#[test]
fn printing_outside_the_command_line_is_refused() {
    for word in ["print", "println", "eprint", "eprintln"] {
        let code = format!("fn f() {{ {word}!(\"x\"); }}");
        refuses(confinement, "src/runner/mod.rs", &code);
        refuses(
            confinement,
            "src/ui/app.rs",
            &format!("fn f() {{ std::{word}!(\"x\"); }}"),
        );
        passes(confinement, "src/cli/run.rs", &code);
        passes(confinement, "src/main.rs", &code);
    }
    passes(
        confinement,
        "src/ui/app.rs",
        "fn print() {}\nfn f() { print(); if print != 1 {} }",
    );
}

#[test]
fn unsafe_elsewhere_is_refused() {
    let code = "fn f() { unsafe { g() } }";
    refuses(unsafety, "src/base/secret.rs", code);
    refuses(
        unsafety,
        "src/base/secret.rs",
        "#[cfg(test)]\nmod tests { unsafe fn f() {} }",
    );
    refuses(unsafety, "src/lib.rs", "#[unsafe(no_mangle)]\nfn f() {}");
    passes(unsafety, "src/base/locked.rs", code);
    passes(unsafety, "src/signer/pkcs11/raw.rs", code);
    passes(
        unsafety,
        "src/base/secret.rs",
        "// unsafe\n#![forbid(unsafe_code)]",
    );
    refuses(unsafety, "src/base/locked.rs", &"\n".repeat(UNSAFE_WALL + 1));
}

#[test]
fn a_long_file_and_a_file_without_a_reason_are_refused() {
    assert!(wall("src/ui/view.rs", &"\n".repeat(WALL + 1)).is_some());
    assert!(wall("src/ui/view.rs", &"\n".repeat(WALL)).is_none());
    let file = |lines: usize| format!("{}\nfn f() {{}}\n\n\n\n", "//! x\n".repeat(lines));
    for (lines, good) in [(0, false), (1, false), (2, true), (14, true), (15, false)] {
        assert_eq!(
            header("src/ui/view.rs", &file(lines)).is_none(),
            good,
            "{lines} lines"
        );
    }
    assert!(header("src/main.rs", "//! x\nfn main() {}\n").is_none());
    assert!(header("src/main.rs", "fn main() {}\n").is_some());
}

#[test]
fn a_path_of_the_machine_is_refused() {
    for word in [
        concat!("/wo", "rk/main"),
        concat!("(fa", "rm-a)"),
        concat!("see /tmp/bash_", "jobs.0"),
    ] {
        assert_eq!(
            machine_words("README.md", &format!("fine\n{word}\n")).len(),
            1,
            "{word}"
        );
    }
    let innocent = concat!("net", "wo", "rk/x pre/paper", "wo", "rk/ serverfa", "rm-x");
    assert!(machine_words("README.md", innocent).is_empty());
    let problem = &machine_words("a.md", concat!("\n\n/wo", "rk/x"))[0];
    assert!(problem.starts_with("a.md:3: "), "{problem}");
}

#[test]
#[should_panic(expected = "no table")]
fn a_map_without_a_table_is_refused() {
    Map::parse("# no map\n");
}
