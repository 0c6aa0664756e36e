//! `tuf verify-chain`, `tuf show` and `tuf diff` through the shipped program:
//! golden text and JSON of a self-made chain, exit codes, and hostile input.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    missing_docs,
    reason = "a test: to panic is how it fails"
)]

#[path = "support/chains.rs"]
mod chains;
#[path = "vectors/tuf/kit.rs"]
mod kit;
#[path = "support/program.rs"]
mod program;

use std::path::Path;

use program::{Ran, root, run};
use tuf_ceremony::base::Json;

const AT: &str = "2027-01-01T00:00:00Z";

fn golden(name: &str, text: &str) {
    let path = root().join("tests/golden/tuf").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        return;
    }
    let stands = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        stands == text,
        "{name} is out of date: UPDATE_GOLDEN=1 cargo test --test tuf_cli\n{text}"
    );
}

fn folder(files: &kit::Files) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        std::fs::write(dir.path().join(name), bytes).unwrap();
    }
    dir
}

fn tuf(verb: &str, paths: &[&Path], rest: &[&str]) -> Ran {
    let paths = paths.iter().map(|p| p.to_str().unwrap());
    let args: Vec<&str> = ["tuf", verb]
        .into_iter()
        .chain(paths)
        .chain(rest.iter().copied())
        .collect();
    run(&args)
}

#[test]
fn the_golden_chain() {
    let dir = folder(&chains::four_changes());
    let dir = dir.path();
    let text = tuf("verify-chain", &[dir], &["--at", AT]);
    assert_eq!(text.code, 0, "{text:?}");
    golden("chain.txt", &text.out);
    golden(
        "chain.json",
        &tuf("verify-chain", &[dir], &["--at", AT, "--json"]).out,
    );
    let last = dir.join("5.root.json");
    golden("show.txt", &tuf("show", &[&last], &[]).out);
    golden("show.json", &tuf("show", &[&last], &["--json"]).out);
    let before = dir.join("4.root.json");
    golden("diff.txt", &tuf("diff", &[&before, &last], &[]).out);
    golden("diff.json", &tuf("diff", &[&before, &last], &["--json"]).out);
    // The JSON is strict JSON, one line.
    for verb in ["chain.json", "show.json", "diff.json"] {
        let text = std::fs::read(root().join("tests/golden/tuf").join(verb)).unwrap();
        assert_eq!(
            Json::parse(&text).unwrap().get("v"),
            Some(&Json::Int(1)),
            "{verb}"
        );
    }
}

#[test]
fn exit_codes_and_the_time_that_was_used() {
    let dir = folder(&chains::four_changes());
    let dir = dir.path();
    let late = tuf("verify-chain", &[dir], &["--at", "2028-01-01T00:00:00Z"]);
    assert_eq!(late.code, 1);
    assert!(
        late.out
            .contains("judged at 2028-01-01T00:00:00Z, a Saturday (--at)"),
        "{}",
        late.out
    );
    assert!(late.out.contains("verdict: expired"), "{}", late.out);
    assert!(
        tuf("verify-chain", &[dir], &[])
            .out
            .contains("(this machine's clock)")
    );
    assert_eq!(tuf("verify-chain", &[dir], &["--at", "tomorrow"]).code, 2);
    assert_eq!(tuf("verify-chain", &[dir], &["--from", "0"]).code, 2);
    assert_eq!(tuf("verify-chain", &[&dir.join("nowhere")], &[]).code, 2);
    std::fs::remove_file(dir.join("2.root.json")).unwrap();
    assert_eq!(tuf("verify-chain", &[dir], &["--at", AT]).code, 1);
    let targets = kit::repository();
    let dir = folder(&targets);
    for name in targets.keys() {
        let ran = tuf("show", &[&dir.path().join(name)], &[]);
        assert_eq!(ran.code, 0, "{name}: {ran:?}");
    }
    let file = dir.path().join("1.targets.json");
    assert!(tuf("show", &[&file], &[]).out.contains(": not-judged"));
}

#[test]
fn hostile_files_are_refused_by_name() {
    let good = String::from_utf8(chains::four_changes()["1.root.json"].clone()).unwrap();
    let keyid = chains::id(1, None);
    let signature = format!(r#"{{"keyid":"{keyid}","sig":""}},"#);
    let table: Vec<(&str, Vec<u8>, &str)> = vec![
        (
            "a key twice",
            good.replacen("\"version\"", "\"version\":1,\"version\"", 1)
                .into(),
            "NOT_JSON",
        ),
        (
            "a float",
            good.replacen("\"version\": 1", "\"version\": 1.0", 1).into(),
            "NOT_JSON",
        ),
        ("depth", "[".repeat(100_000).into(), "NOT_JSON"),
        ("digits", "9".repeat(4_900_000).into(), "NOT_JSON"),
        ("too many digits", "9".repeat(5_000_001).into(), "TOO_LARGE"),
        (
            "a million signatures",
            format!(
                r#"{{"signatures":[{}],"signed":{{}}}}"#,
                signature.repeat(1_000_000)
            )
            .into(),
            "TOO_LARGE",
        ),
        (
            "wrong types",
            br#"{"signatures":{},"signed":[]}"#.to_vec(),
            "SHAPE",
        ),
        ("no envelope", b"{}".to_vec(), "MISSING_FIELD"),
        ("no UTF-8", b"{\"signed\":\"\xff\"}".to_vec(), "NOT_JSON"),
        ("nothing", b"".to_vec(), "NOT_JSON"),
    ];
    for (sin, bytes, code) in table {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("1.root.json");
        std::fs::write(&file, bytes).unwrap();
        let ran = tuf("show", &[&file], &[]);
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{sin}");
        assert!(ran.err.contains(&format!("[{code}]")), "{sin}: {}", ran.err);
        assert_eq!(tuf("diff", &[&file, &file], &[]).code, 2, "{sin}");
        for mode in [&["--at", AT][..], &["--at", AT, "--historic"]] {
            let ran = tuf("verify-chain", &[dir.path()], mode);
            assert_eq!(ran.code, 1, "{sin}");
            assert!(
                ran.out.contains("  REFUSED [") && ran.out.contains("verdict: refused"),
                "{sin}"
            );
        }
        // Nothing is kept.
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "{sin}");
    }
}

#[cfg(unix)]
#[test]
fn hostile_names_are_shown_escaped() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = folder(&chains::four_changes());
    for name in [
        &b"6.root.json\x1b[31m"[..],
        b"\xff.root.json",
        "6.root.json\u{202e}".as_bytes(),
    ] {
        std::fs::write(dir.path().join(std::ffi::OsStr::from_bytes(name)), b"x").unwrap();
    }
    std::fs::create_dir(dir.path().join("6.root.json")).unwrap();
    std::fs::remove_dir(dir.path().join("6.root.json")).unwrap();
    let ran = tuf("verify-chain", &[dir.path()], &["--at", AT]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.out.contains("6.root.json\\u{001b}[31m") && ran.out.contains("6.root.json\\u{202e}"));
    assert!(ran.out.contains("xff.root.json"), "{}", ran.out);
    assert!(ran.out.bytes().all(|b| b == b'\n' || (b' '..=b'~').contains(&b)));
    // What looks like the next root and is a folder is not passed over in silence.
    std::fs::create_dir(dir.path().join("6.root.json")).unwrap();
    assert_eq!(tuf("verify-chain", &[dir.path()], &["--at", AT]).code, 1);
}
