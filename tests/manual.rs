//! The manual pages and the completion scripts, as the shipped program makes
//! them: every verb and every flag that `--help` shows is in them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and a skip must be visible"
)]

#[path = "support/program.rs"]
mod program;

use std::collections::BTreeMap;
use std::process::Command;

use program::{ran, run};

/// What `--help` says of each verb: its path of words to its text.
fn helps() -> BTreeMap<Vec<String>, String> {
    let mut found = BTreeMap::new();
    let mut open = vec![Vec::<String>::new()];
    while let Some(words) = open.pop() {
        let mut args: Vec<&str> = words.iter().map(String::as_str).collect();
        args.push("--help");
        let help = run(&args);
        assert_eq!(help.code, 0, "{help:?}");
        let list = help.out.split("\nCommands:\n").nth(1).unwrap_or_default();
        for line in list.lines().take_while(|line| line.starts_with("  ")) {
            let name = line.split_whitespace().next().unwrap();
            open.push([&words[..], &[name.to_owned()]].concat());
        }
        found.insert(words, help.out);
    }
    found
}

/// The flags of a help text: `--json`, `--out`, ...
fn flags(help: &str) -> Vec<String> {
    let options = help.split("\nOptions:\n").nth(1).unwrap_or_default();
    options
        .lines()
        .take_while(|line| line.starts_with("  "))
        .flat_map(|line| line.split_whitespace())
        .filter(|word| word.starts_with("--"))
        .map(|word| word.trim_end_matches([',', '.', ':']).to_owned())
        .collect()
}

#[test]
fn every_verb_has_a_page_with_its_synopsis_and_its_flags() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("man/man1");
    let made = run(&["man", "--out", out.to_str().unwrap()]);
    assert_eq!(made.code, 0, "{made:?}");
    let helps = helps();
    assert!(helps.len() > 10 && helps.contains_key(&vec!["tuf".to_owned(), "edit".to_owned()]));
    let pages = std::fs::read_dir(&out).unwrap().count();
    assert_eq!(pages, helps.len(), "a page for each verb, and no other");
    for (words, help) in &helps {
        let name = [&["tuf-ceremony".to_owned()], &words[..]].concat();
        let page = std::fs::read_to_string(out.join(format!("{}.1", name.join("-")))).unwrap();
        // roff writes a hyphen as \- and a name in bold.
        let page = page.replace("\\-", "-");
        assert!(page.contains(".SH SYNOPSIS"), "{name:?}");
        assert!(
            page.contains(&format!("\\fB{}\\fR", name.join(" "))),
            "{name:?}: {page}"
        );
        for flag in flags(help) {
            assert!(page.contains(&flag), "{name:?}: {flag}");
        }
    }
    let twice = run(&["man", "--out", out.to_str().unwrap()]);
    assert!(
        twice.code == 2 && twice.err.contains("error[output-exists]"),
        "{twice:?}"
    );
    assert_eq!(run(&["man"]).code, 2);
}

#[test]
fn a_page_is_roff_that_man_can_show() {
    if ran(Command::new("sh").args(["-c", "command -v groff"])).code != 0 {
        println!("SKIPPED: groff is not installed");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(run(&["man", "--out", dir.path().to_str().unwrap()]).code, 0);
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let path = entry.unwrap().path();
        let shown = ran(Command::new("groff")
            .args(["-man", "-Tascii", "-ww", "-z"])
            .arg(&path));
        assert!(
            shown.code == 0 && shown.err.is_empty(),
            "{}: {shown:?}",
            path.display()
        );
    }
}

#[test]
fn every_shell_gets_a_script_that_knows_every_verb() {
    let helps = helps();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let made = run(&["completions", shell]);
        assert_eq!(made.code, 0, "{shell}: {made:?}");
        for (words, help) in &helps {
            for word in words.iter().cloned().chain(flags(help)) {
                // fish writes `-l json`.
                let word = if shell == "fish" {
                    word.trim_start_matches("--")
                } else {
                    &word
                };
                assert!(made.out.contains(word), "{shell}: {words:?} {word}");
            }
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("script");
        std::fs::write(&path, &made.out).unwrap();
        // The shells that are at hand read it without complaint.
        let parse: &[&str] = match shell {
            "bash" => &["bash", "-n"],
            "zsh" => &["zsh", "-n"],
            "fish" => &["fish", "--no-execute"],
            _ => continue,
        };
        if ran(Command::new("sh").args(["-c", &format!("command -v {shell}")])).code != 0 {
            println!("SKIPPED: {shell} is not installed");
            continue;
        }
        let read = ran(Command::new(parse[0]).arg(parse[1]).arg(&path));
        assert!(read.code == 0 && read.err.is_empty(), "{shell}: {read:?}");
    }
    assert_eq!(run(&["completions", "tcsh"]).code, 2);
}

#[test]
fn bash_completes_a_verb_and_a_flag() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("script");
    let script = run(&["completions", "bash"]).out;
    let name = script
        .split("complete -F ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    std::fs::write(&path, &script).unwrap();
    for (typed, expected) in [
        ("tuf-ceremony tuf ed", "edit"),
        ("tuf-ceremony tuf edit --pro", "--profile"),
    ] {
        let words = typed
            .split(' ')
            .map(|w| format!("'{w}'"))
            .collect::<Vec<_>>()
            .join(" ");
        let last = typed.split(' ').count() - 1;
        let (before, now) = (
            typed.split(' ').nth(last - 1).unwrap(),
            typed.split(' ').nth(last).unwrap(),
        );
        let command = format!(
            "source {}; COMP_WORDS=({words}); COMP_CWORD={last}; {name} tuf-ceremony '{now}' '{before}'; echo \"${{COMPREPLY[@]}}\"",
            path.display()
        );
        let done = ran(Command::new("bash").args(["--norc", "-c", &command]));
        assert!(
            done.out.split_whitespace().any(|w| w == expected),
            "{typed}: {done:?}"
        );
    }
}
