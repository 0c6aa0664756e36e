//! `calendar` through the shipped program: on a generated repository with a
//! delegated role, on a chain of roots, and on sigstore's.
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

#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "vectors/tuf/made.rs"]
mod made;
#[path = "support/program.rs"]
mod program;
#[path = "support/real_files.rs"]
mod real_files;

use std::path::Path;

use kit::{Files, envelope, with};
use program::{Ran, run};
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::bins::Style;
use tuf_ceremony::tuf::compose::DelegationChange as D;

fn put(dir: &Path, files: &Files) {
    std::fs::create_dir_all(dir).unwrap();
    for (name, bytes) in files {
        std::fs::write(dir.join(name), bytes).unwrap();
    }
}

/// A repository whose files expire one after another in 2027; the folder.
fn repository() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let mut files = made::repository();
    for (name, bytes) in &mut files {
        let (expires, seeds): (&str, &[u8]) = match name.as_str() {
            "1.root.json" => ("2027-12-01T00:00:00Z", &[1, 2]),
            "1.targets.json" => ("2027-10-01T00:00:00Z", &[4]),
            "1.snapshot.json" => ("2027-03-01T00:00:00Z", &[5]),
            "timestamp.json" => ("2027-02-01T00:00:00Z", &[5]),
            _ => continue, // delegated: 2028-01-01
        };
        let signed = Json::parse(bytes).unwrap().get("signed").unwrap().clone();
        let signed = with(&signed, &["expires"], Some(expires.into()));
        *bytes = envelope(&signed, seeds);
    }
    put(dir.path(), &files);
    dir
}

fn calendar(dir: &Path, words: &[&str]) -> Ran {
    run(&[&["calendar", dir.to_str().unwrap()], words].concat())
}

fn json(ran: &Ran) -> Json {
    Json::parse(ran.out.as_bytes()).unwrap()
}

fn roles(json: &Json) -> Vec<&Json> {
    json.get("roles").unwrap().as_array().unwrap().iter().collect()
}

fn text<'a>(of: &'a Json, name: &str) -> &'a str {
    of.get(name).unwrap().as_str().unwrap_or_default()
}

fn role<'a>(of: &'a Json, name: &str) -> &'a Json {
    let all = roles(of);
    all.into_iter()
        .find(|r| text(r, "role") == name)
        .unwrap_or_else(|| panic!("no {name}"))
}

#[test]
fn each_role_stands_in_the_order_of_its_expiry() {
    let dir = repository();
    let ran = calendar(dir.path(), &["--at", "2027-01-01T00:00:00Z", "--json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let all = json(&ran);
    assert_eq!(text(&all, "standing"), "good");
    let top: Vec<&str> = roles(&all).iter().map(|r| text(r, "role")).collect();
    assert_eq!(top[..4], ["timestamp", "snapshot", "targets", "root"]);
    assert!(top.len() > 4, "delegated roles are among them: {top:?}");
    let root = role(&all, "root");
    assert_eq!(text(root, "by"), "2027-11-01T00:00:00Z");
    assert_eq!(text(root, "weekday"), "Wednesday");
    assert_eq!(root.get("offline"), Some(&Json::Bool(true)));
    assert_eq!(root.get("distinct"), Some(&Json::Int(2)));
    assert_eq!(root.get("days"), Some(&Json::Null), "no profile, no window");
    let keys = root.get("keys").unwrap().as_array().unwrap();
    let signed = keys.iter().filter(|k| k.get("signed") == Some(&Json::Bool(true)));
    assert_eq!((keys.len(), signed.count()), (3, 2));
    for online in ["snapshot", "timestamp"] {
        assert_eq!(
            role(&all, online).get("by"),
            Some(&Json::Null),
            "a machine signs it"
        );
    }
    for delegated in roles(&all)
        .iter()
        .filter(|r| r.get("parent") != Some(&Json::Null))
    {
        assert!(
            text(delegated, "consequence").contains("whose search"),
            "{delegated:?}"
        );
    }
    let said = calendar(dir.path(), &["--at", "2027-01-01T00:00:00Z"]);
    assert!(
        said.out
            .contains("  next ceremony by 2027-11-01T00:00:00Z, a Monday, in 304 days\n"),
        "{said:?}"
    );
    assert!(
        said.out.contains("30 days before the expiry (the default"),
        "{said:?}"
    );
}

#[test]
fn a_date_that_is_past_and_a_file_that_is_expired_end_with_1() {
    let dir = repository();
    // timestamp expires on 1 February; targets' ceremony is to be over on 1 September.
    for (at, lead, code, standing) in [
        ("2027-01-31T23:59:59Z", "30", 0, "good"),
        ("2027-02-01T00:00:00Z", "30", 1, "expired"),
        ("2027-01-01T00:00:00Z", "273", 0, "good"),
        ("2027-01-01T00:00:01Z", "273", 1, "due"),
    ] {
        let ran = calendar(dir.path(), &["--at", at, "--lead-days", lead, "--json"]);
        assert_eq!(
            (ran.code, text(&json(&ran), "standing")),
            (code, standing),
            "{at}"
        );
    }
    let said = calendar(
        dir.path(),
        &["--at", "2027-01-02T00:00:00Z", "--lead-days", "300"],
    );
    assert!(said.out.contains(": PASSED"), "{said:?}");
    assert!(
        said.out.ends_with("DUE: the date of a ceremony is past\n"),
        "{said:?}"
    );
}

#[test]
fn a_profile_gives_windows_and_what_the_clock_cannot_be() {
    let dir = repository();
    let words = |at: &'static str| ["--at", at, "--profile", "hardware-default", "--json"];
    let ran = calendar(dir.path(), &words("2027-01-26T00:00:00Z"));
    let all = json(&ran);
    let root = role(&all, "root");
    // 60 days before the expiry (the preset's lead) to 30 days before.
    assert_eq!(text(root, "opens"), "2027-10-02T00:00:00Z");
    assert_eq!(text(root, "by"), "2027-11-01T00:00:00Z");
    assert_eq!(
        root.get("days"),
        Some(&Json::Array(vec![Json::Int(60), Json::Int(402)]))
    );
    assert_eq!(all.get("clock"), Some(&Json::Array(Vec::new())));
    // A timestamp of this profile lives 8 days: signed on 24 January or later.
    let ran = calendar(dir.path(), &words("2027-01-01T00:00:00Z"));
    assert_eq!(ran.code, 0, "said, and no verdict: {ran:?}");
    let all = json(&ran);
    let clock = all.get("clock").unwrap().as_array().unwrap();
    assert_eq!(clock.len(), 1, "{clock:?}");
    assert!(
        clock[0]
            .as_str()
            .unwrap()
            .contains("signed at 2027-01-24T00:00:00Z or later"),
        "{clock:?}"
    );
}

#[test]
fn a_version_that_too_few_keys_signed_does_not_count() {
    let dir = repository();
    let newer = with(
        &kit::root(2).signed,
        &["expires"],
        Some("2029-01-01T00:00:00Z".into()),
    );
    std::fs::write(dir.path().join("2.root.json"), envelope(&newer, &[1])).unwrap();
    let at = ["--at", "2027-01-01T00:00:00Z", "--json"];
    let all = json(&calendar(dir.path(), &at));
    let root = role(&all, "root");
    assert_eq!(text(root, "expires"), "2027-12-01T00:00:00Z");
    assert!(
        root.get("notes")
            .unwrap()
            .line()
            .contains("version 2 is here, and too few keys have signed it"),
        "{root:?}"
    );
    std::fs::write(dir.path().join("2.root.json"), envelope(&newer, &[1, 3])).unwrap();
    let all = json(&calendar(dir.path(), &at));
    assert_eq!(text(role(&all, "root"), "expires"), "2029-01-01T00:00:00Z");
}

#[test]
fn bins_that_agree_are_one_entry_and_what_timestamps_key_signs_is_online() {
    let name_prefix = "bin".to_owned();
    let succinct = made::bins(4, Style::Succinct { name_prefix });
    for set in [made::classic(4), succinct] {
        let dir = tempfile::tempdir().unwrap();
        let top = made::composed(None, &[], &[D::Bins(set.clone())]).unwrap();
        let mut files = Files::new();
        files.insert("1.root.json".into(), kit::sign(&kit::root(1), &[1, 2]));
        files.insert(top.file_name(), kit::sign(&top, &[4]));
        for index in 0..16 {
            let bin = made::delegated(&set.name(index), None, &[], &[]);
            // One that nobody has signed is told by itself.
            let by: &[u8] = if index == 9 { &[] } else { &[5] };
            files.insert(bin.file_name(), kit::sign(&bin, by));
        }
        put(dir.path(), &files);
        std::fs::write(dir.path().join("1.other.json"), &files[&top.file_name()]).unwrap();
        let ran = calendar(dir.path(), &["--at", "2027-01-01T00:00:00Z", "--json"]);
        assert_eq!(ran.code, 0, "{ran:?}");
        let all = json(&ran);
        assert_eq!(
            roles(&all).len(),
            4,
            "root, targets, the bins, the ninth: {ran:?}"
        );
        let first = role(&all, &set.name(0));
        assert_eq!(first.get("also").unwrap().as_array().unwrap().len(), 14);
        assert_eq!(first.get("offline"), Some(&Json::Bool(false)));
        assert_eq!(first.get("by"), Some(&Json::Null));
        let ninth = role(&all, &set.name(9)).get("notes").unwrap().line();
        assert!(ninth.contains("too few keys have signed it"), "{ninth}");
        assert!(
            all.get("notes")
                .unwrap()
                .line()
                .contains("other: nobody delegates to it"),
            "{ran:?}"
        );
    }
}

#[test]
fn the_ics_is_made_once_and_is_the_same_for_the_same_files() {
    let dir = repository();
    let out = tempfile::tempdir().unwrap();
    let (one, two) = (out.path().join("1.ics"), out.path().join("2.ics"));
    let at = ["--at", "2027-01-01T00:00:00Z", "--ics"];
    let ran = calendar(dir.path(), &[&at[..], &[one.to_str().unwrap()]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    let again = calendar(dir.path(), &[&at[..], &[two.to_str().unwrap()]].concat());
    assert_eq!(again.code, 0, "{again:?}");
    let bytes = std::fs::read(&one).unwrap();
    assert_eq!(bytes, std::fs::read(&two).unwrap());
    let text = String::from_utf8(bytes.clone()).unwrap();
    assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n") && text.ends_with("END:VCALENDAR\r\n"));
    assert!(
        text.split("\r\n")
            .all(|line| line.len() <= 75 && !line.contains('\n'))
    );
    assert!(text.contains("DTSTAMP:20270101T000000Z\r\n"));
    assert!(text.contains("DTSTART:20271101T000000Z\r\n"), "root's ceremony");
    assert!(
        text.contains("DTSTART:20270201T000000Z\r\n"),
        "timestamp's expiry"
    );
    assert!(text.contains("TRIGGER:-P30D\r\n") && text.contains("TRIGGER:-P7D\r\n"));
    let uids: std::collections::BTreeSet<&str> = text.lines().filter(|l| l.starts_with("UID:")).collect();
    assert_eq!(uids.len(), text.matches("BEGIN:VEVENT").count());
    // Never over another, also not when the verdict would be negative; nothing is printed then.
    let twice = calendar(dir.path(), &[&at[..], &[one.to_str().unwrap()]].concat());
    assert!(
        twice.code == 2 && twice.out.is_empty() && twice.err.contains("error[output-exists]"),
        "{twice:?}"
    );
    assert_eq!(std::fs::read(&one).unwrap(), bytes);
    // What is due is written as well.
    let three = out.path().join("3.ics");
    let late = ["--at", "2027-11-15T00:00:00Z", "--ics", three.to_str().unwrap()];
    assert_eq!(calendar(dir.path(), &late).code, 1);
    assert!(three.exists());
}

#[test]
fn other_layouts_and_a_chain_alone_are_read_too() {
    let dir = repository();
    let tree = tempfile::tempdir().unwrap();
    let out = tree.path().join("tree");
    let made = run(&[
        "tuf",
        "convert",
        "--layout",
        "tuf-on-ci",
        dir.path().to_str().unwrap(),
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(made.code, 0, "{made:?}");
    let at = ["--at", "2027-01-01T00:00:00Z", "--json"];
    let (flat, nested) = (json(&calendar(dir.path(), &at)), json(&calendar(&out, &at)));
    assert_eq!(flat.get("roles"), nested.get("roles"));
    assert_eq!(flat.get("origin"), nested.get("origin"));
    let chain = tree.path().join("chain");
    std::fs::create_dir(&chain).unwrap();
    std::fs::copy(dir.path().join("1.root.json"), chain.join("1.root.json")).unwrap();
    let alone = json(&calendar(&chain, &at));
    assert_eq!(roles(&alone).len(), 1);
    assert_eq!(
        alone.get("notes").unwrap().as_array().unwrap().len(),
        3,
        "what is not here is said"
    );
}

#[test]
fn what_is_no_repository_is_refused_with_2() {
    let dir = tempfile::tempdir().unwrap();
    let at = ["--at", "2027-01-01T00:00:00Z"];
    let empty = calendar(dir.path(), &at);
    assert!(
        empty.code == 2 && empty.err.contains("CALENDAR_NO_ROOT"),
        "{empty:?}"
    );
    assert_eq!(calendar(&dir.path().join("nowhere"), &at).code, 2);
    std::fs::write(dir.path().join("1.root.json"), b"{\"a\":1,\"a\":2}").unwrap();
    let twice = calendar(dir.path(), &at);
    assert!(twice.code == 2 && twice.err.contains("LAYOUT_FILE"), "{twice:?}");
    let dateless = br#"{"signatures":[],"signed":{"_type":"root","version":1,"expires":"soon"}}"#;
    std::fs::write(dir.path().join("1.root.json"), dateless).unwrap();
    let soon = calendar(dir.path(), &at);
    assert!(soon.code == 2 && soon.err.contains("CALENDAR_EXPIRY"), "{soon:?}");
    let good = repository();
    for bad in [
        &["--at", "tomorrow"][..],
        &["--lead-days", "-1"],
        &["--lead-days", "4000"],
        &["--profile", "nobody"],
    ] {
        assert_eq!(calendar(good.path(), bad).code, 2, "{bad:?}");
    }
}

#[test]
fn sigstores_chain() {
    let Some(folder) = real_files::folder("sigstore-root-chain") else {
        return;
    };
    let words = |at: &'static str| ["--at", at, "--profile", "sigstore", "--json"];
    let ran = calendar(&folder, &words("2026-10-21T13:58:18Z"));
    assert_eq!(ran.code, 0, "{ran:?}");
    let all = json(&ran);
    let root = role(&all, "root");
    assert_eq!(root.get("version"), Some(&Json::Int(15)));
    assert_eq!(text(root, "expires"), "2026-11-20T13:58:18Z");
    // tuf-on-ci's signing period of sigstore's root is 46 days.
    assert_eq!(text(root, "opens"), "2026-10-05T13:58:18Z");
    assert!(root.get("keys").unwrap().line().contains("@joshuagl"));
    assert_eq!(
        text(
            &json(&calendar(&folder, &words("2026-10-21T13:58:19Z"))),
            "standing"
        ),
        "due"
    );
    let expired = calendar(&folder, &words("2026-11-20T13:58:18Z"));
    assert_eq!((expired.code, text(&json(&expired), "standing")), (1, "expired"));
    // Its window is 217 days at most: no such root before 17 April.
    let slow = json(&calendar(&folder, &words("2026-04-17T13:58:17Z")));
    assert_eq!(slow.get("clock").unwrap().as_array().unwrap().len(), 1);
    let fine = json(&calendar(&folder, &words("2026-04-17T13:58:18Z")));
    assert_eq!(fine.get("clock").unwrap().as_array().unwrap().len(), 0);
}
