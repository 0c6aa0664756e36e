//! `tuf edit --profile`: what a ceremony of the profile would refuse is said,
//! the draft is written, and the exit code is not that of a good draft.
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

#[path = "support/chains.rs"]
mod chains;
#[path = "support/desk.rs"]
mod desk;
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;
#[path = "support/real_files.rs"]
mod real_files;

use desk::Desk;
use program::Ran;
use tuf_ceremony::base::Json;

/// The claims that are said.
fn claims(ran: &Ran) -> Vec<String> {
    let line = |l: &str| {
        let (_, rest) = l.strip_prefix("policy: ")?.split_once(": ")?;
        Some(rest.split_once(": ")?.0.to_owned())
    };
    ran.out.lines().filter_map(line).collect()
}

/// A second key for targets, so that losing one loses nothing; then an expiry.
fn edited(days: &str, more: &[&str]) -> (Desk, Ran) {
    let desk = Desk::new();
    let words = [&["add-key", "targets", "6.pem", "expires-in", days], more].concat();
    let ran = desk.edit("1.root.json", &words);
    (desk, ran)
}

#[test]
fn an_expiry_outside_the_window_of_a_named_profile_ends_with_1() {
    let profile = ["--profile", "hardware-default"];
    for (days, code) in [("59", 1), ("60", 0), ("402", 0), ("403", 1)] {
        let (desk, ran) = edited(days, &profile);
        assert_eq!(ran.code, code, "{days}: {ran:?}");
        assert!(desk.exists(), "a draft is written either way");
        let expected: &[&str] = if code == 0 { &[] } else { &["expiry-window"] };
        assert_eq!(claims(&ran), expected, "{days}: {ran:?}");
        if code == 1 {
            assert!(
                ran.out
                    .contains("the window of hardware-default is 60 to 402 days"),
                "{ran:?}"
            );
        }
    }
}

#[test]
fn a_profile_that_nobody_named_is_said_and_decides_nothing() {
    let (desk, ran) = edited("403", &[]);
    assert!(ran.code == 0 && desk.exists(), "{ran:?}");
    assert_eq!(claims(&ran), ["expiry-window"], "{ran:?}");
}

#[test]
fn what_the_json_says_is_what_the_text_says() {
    let (_, ran) = edited("403", &["--profile", "hardware-default", "--json"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let json = Json::parse(ran.out.as_bytes()).unwrap();
    assert_eq!(json.get("refused"), Some(&Json::Null), "it is a draft");
    let policy = json.get("policy").unwrap().as_array().unwrap();
    assert_eq!(policy.len(), 1);
    assert_eq!(policy[0].get("claim"), Some(&"expiry-window".into()));
    let (_, good) = edited("365", &["--profile", "hardware-default", "--json"]);
    assert_eq!(good.code, 0, "{good:?}");
    let json = Json::parse(good.out.as_bytes()).unwrap();
    assert_eq!(json.get("policy"), Some(&Json::Array(Vec::new())));
}

#[test]
fn thresholds_and_keys_of_a_root_are_held_against_the_policy_too() {
    let desk = Desk::new();
    // Targets has one key of one; root falls to one signature.
    let words = ["set-threshold", "root", "1", "--profile", "hardware-default"];
    let ran = desk.edit("1.root.json", &words);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert_eq!(claims(&ran), ["root-threshold", "loss-tolerance"], "{ran:?}");
    // A file of another role shows its expiry and nothing else.
    let words = ["expires-in", "30", "--profile", "hardware-default"];
    let ran = Desk::new().edit("1.targets.json", &words);
    assert_eq!(
        (ran.code, claims(&ran)),
        (1, vec!["expiry-window".to_owned()]),
        "{ran:?}"
    );
    // A delegated role's file lives no longer than that of targets.
    let words = [
        "expires-in",
        "30",
        "--as",
        "docs",
        "--profile",
        "hardware-default",
    ];
    let ran = Desk::new().edit("1.targets.json", &words);
    assert_eq!(
        (ran.code, claims(&ran)),
        (1, vec!["expiry-window".to_owned()]),
        "{ran:?}"
    );
}

#[test]
fn sigstores_own_window() {
    let Some(folder) = real_files::folder("sigstore-root-chain") else {
        return;
    };
    let file = folder.join("15.root.json");
    for (days, code) in [("45", 1), ("182", 0), ("217", 0), ("218", 1)] {
        let desk = Desk::new();
        let words = ["expires-in", days, "--profile", "sigstore"];
        let call = [
            &["edit", file.to_str().unwrap()],
            &words[..],
            &["--out", "draft.json", "--at", "2026-11-01T00:00:00Z"],
        ]
        .concat();
        let ran = desk.call(&call);
        assert_eq!(ran.code, code, "{days}: {ran:?}");
        assert!(desk.exists());
    }
}
