//! Storyboards: every screen of every shipped script that these devices can play, as
//! text in `docs/storyboards/`, so that a reviewer reads on paper what people will
//! see on the day. `UPDATE_GOLDEN=1` writes them anew; read the diff. The same walk
//! holds `plan`'s count of prompts to the questions that the engine really asks.

#![cfg(feature = "tui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails, and what is left out must be visible"
)]

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use player::{Frame, Player, SIZE, templates};
use tuf_ceremony::plan::pace;

#[path = "support/player.rs"]
mod player;
#[path = "support/scripts.rs"]
mod scripts;
#[path = "support/stage.rs"]
#[allow(dead_code)]
mod stage;

/// What cannot be played here, and why.
const LEFT_OUT: &[(&str, &str)] = &[(
    "rehearsal/pypi-mix.toml",
    "its YubiHSM 2 attest their keys, which only the simulator can (tests/terminal.rs plays it)",
)];

fn all() -> Vec<String> {
    let mut found = Vec::new();
    for folder in ["rehearsal", "templates"] {
        for entry in std::fs::read_dir(scripts::root().join("ceremony-scripts").join(folder)).unwrap() {
            let name = entry.unwrap().file_name().into_string().unwrap();
            if name.ends_with(".toml") && !name.ends_with(".answers.toml") {
                found.push(format!("{folder}/{name}"));
            }
        }
    }
    found.sort();
    found
}

/// A script that was played.
struct Board {
    name: String,
    title: String,
    frames: Vec<Frame>,
    asked: Vec<player::Asked>,
    foretold: Vec<player::Asked>,
}

/// Each script once, for all tests.
fn played() -> &'static [Board] {
    static ONCE: OnceLock<Vec<Board>> = OnceLock::new();
    ONCE.get_or_init(|| {
        let left_out: BTreeSet<&str> = LEFT_OUT.iter().map(|(name, _)| *name).collect();
        let all = all();
        for name in &left_out {
            assert!(all.iter().any(|n| n == name), "{name} is no shipped script");
        }
        let scripts = scripts::root().join("ceremony-scripts");
        // Nobody has the keys of the templates' chain; here somebody does.
        let templates = templates::copy();
        let one = |name: &String| {
            let path = match name.strip_prefix("templates/") {
                Some(template) => templates.path().join(template),
                None => scripts.join(name),
            };
            let player = Player::open(&path).play();
            let plan = &player.stage.plan;
            Board {
                name: name.clone(),
                title: plan.script().title.clone(),
                foretold: pace::prompts(plan).iter().map(|p| (p.cursor, p.what)).collect(),
                frames: player.frames,
                asked: player.asked,
            }
        };
        let names = all.iter().filter(|name| !left_out.contains(name.as_str()));
        // Every script that cannot be played is named, not only the first.
        let (good, bad): (Vec<_>, Vec<_>) = names
            .map(|name| (name, std::panic::catch_unwind(|| one(name))))
            .partition(|(_, played)| played.is_ok());
        let bad: Vec<&String> = bad.into_iter().map(|(name, _)| name).collect();
        assert!(bad.is_empty(), "cannot be played: {bad:?}");
        good.into_iter().filter_map(|(_, played)| played.ok()).collect()
    })
}

fn file(name: &str) -> PathBuf {
    let name = name.replace('/', "-").replace(".toml", ".txt");
    scripts::root().join("docs/storyboards").join(name)
}

fn page(board: &Board) -> String {
    let rule = "-".repeat(usize::from(SIZE.0));
    let mut out = format!(
        "{}\nceremony-scripts/{}, {} screens, {} questions\n\
         Drawn by tests/storyboards.rs from the real screens; devices, times and keys are made up.\n\
         A line under a screen says what the person types; (a secret) is never shown.\n",
        board.title,
        board.name,
        board.frames.len(),
        board.asked.len()
    );
    for (n, frame) in board.frames.iter().enumerate() {
        let Frame { step, text, does } = frame;
        out.push_str(&format!(
            "\nScreen {}, step {step}\n{rule}\n{text}{rule}\n",
            n + 1
        ));
        match does.as_str() {
            "" => out.push_str("waits\n"),
            does => out.push_str(&format!("types: {does}\n")),
        }
    }
    out
}

#[test]
fn every_script_has_its_storyboard() {
    let mut wrong = Vec::new();
    let mut expected = BTreeSet::from(["README.md".to_owned()]);
    for board in played() {
        let (name, text) = (&board.name, page(board));
        assert!(
            text.is_ascii()
                || text
                    .chars()
                    .all(|c| matches!(c, '\n' | ' '..='~' | '─' | '│' | '┌' | '┐' | '└' | '┘'))
        );
        println!(
            "{name}: {} screens, {} prompts, {} bytes",
            board.frames.len(),
            board.asked.len(),
            text.len()
        );
        let file = file(name);
        expected.insert(file.file_name().unwrap().to_str().unwrap().to_owned());
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::write(&file, &text).unwrap();
        } else if std::fs::read_to_string(&file).unwrap_or_default() != text {
            wrong.push(name);
        }
    }
    for (name, why) in LEFT_OUT {
        println!("LEFT OUT {name}: {why}");
    }
    assert!(
        wrong.is_empty(),
        "{wrong:?} differ; UPDATE_GOLDEN=1 writes them anew"
    );
    let found: BTreeSet<String> = std::fs::read_dir(scripts::root().join("docs/storyboards"))
        .unwrap()
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(
        found, expected,
        "a storyboard without a script, or the other way round"
    );
}

/// What `plan` foretells is what the engine asks: the same questions at the same
/// steps in the same order.
#[test]
fn the_plan_foretells_every_prompt() {
    for board in played() {
        assert_eq!(board.foretold, board.asked, "{}", board.name);
    }
}

#[test]
fn no_secret_is_on_a_storyboard() {
    for board in played() {
        for frame in &board.frames {
            // Stars stand for the secret, on its own page alone.
            let stars = frame.text.contains("****-****");
            assert!(
                !stars || frame.does.starts_with("writes it down"),
                "{}\n{}",
                board.name,
                frame.text
            );
        }
    }
}
