//! The line codec against Python's `json.dumps` (a record made by
//! tests/vectors/transcript/make.py), and every way a line can be wrong,
//! each with its own code.

#![allow(clippy::unwrap_used, reason = "a test file: a panic is the finding")]

use proptest::prelude::*;
use tuf_ceremony::base::{Digest, Instant, Json, Stamp};
use tuf_ceremony::transcript::line::{BadValue, MAX_BYTES};
use tuf_ceremony::transcript::{
    Checkpoint, Class, Code, EncodeError, Kind, Record, Tree, Writer, encode, parse_line, read,
};

const PYTHON: &str = include_str!("vectors/transcript/python.jsonl");
const BOOT: &str = "00112233445566778899aabbccddeeff";

fn at(mono_ms: u64) -> Stamp {
    Stamp {
        wall: Instant::parse("2026-11-22T15:00:00Z").unwrap(),
        mono_ms,
    }
}

fn record(kind: Kind, body: Json) -> Record {
    Record {
        kind,
        step: "admit.1".to_owned(),
        who: String::new(),
        body,
    }
}

fn encoded(body: Json) -> Result<String, EncodeError> {
    encode(
        &record(Kind::Answer, body),
        1,
        Digest::ZERO,
        Digest::ZERO,
        BOOT,
        at(5),
    )
}

#[test]
fn we_write_every_line_as_python_does() {
    let mut writer = Writer::new();
    for raw in PYTHON.lines() {
        let line = parse_line(raw.as_bytes()).unwrap();
        assert!(line.is_canonical(raw.as_bytes()));
        assert_eq!(writer.next(&line.record, &line.boot, line.at).unwrap(), raw);
    }
}

#[test]
fn size_root_head_and_id_are_pythons() {
    let head: Vec<&str> = include_str!("vectors/transcript/python.head").lines().collect();
    let chain = read(PYTHON.as_bytes());
    assert!(chain.is_intact() && chain.is_closed(), "{:?}", chain.problems);
    let ours = [
        chain.tree.size().to_string(),
        chain.tree.root().hex(),
        chain.head.hex(),
        chain.ceremony.hex(),
    ];
    assert_eq!(ours.as_slice(), head);
    assert_eq!(PYTHON.lines().collect::<Tree>(), chain.tree);
    assert!(
        Writer::after(&chain)
            .unwrap()
            .next(&record(Kind::Note, Json::object([])), BOOT, at(9))
            .is_err()
    );
}

/// `what` in the first line of the vectors, changed; the code that it gives.
fn code_of(change: impl Fn(&str) -> Vec<u8>) -> Vec<&'static str> {
    let open = encode(
        &record(Kind::Open, Json::object([("n", Json::Int(1))])),
        0,
        Digest::ZERO,
        Digest::ZERO,
        BOOT,
        at(5),
    )
    .unwrap();
    read(&change(&format!("{open}\n")))
        .problems
        .iter()
        .map(|p| p.code.as_str())
        .collect()
}

#[test]
fn every_sin_has_its_code() {
    let swap = |from: &'static str, to: &'static str| {
        move |line: &str| {
            assert!(line.contains(from), "{from} in {line}");
            line.replacen(from, to, 1).into_bytes()
        }
    };
    assert!(code_of(|line| line.as_bytes().to_vec()).is_empty());
    let sins: &[(&str, &str, &str)] = &[
        (r#""v":1"#, r#""v":0"#, "line-version"),
        (r#""v":1"#, r#""v":2"#, "line-version"),
        (r#""v":1,"#, "", "line-version"),
        (r#""type":"open""#, r#""type":"refused""#, "line-type"),
        (r#""type":"open""#, r#""type":7"#, "line-field"),
        (r#""who":"""#, r#""whom":"""#, "line-keys"),
        (r#","who":"""#, "", "line-keys"),
        (r#","who":"""#, r#","who":"","x":1"#, "line-keys"),
        (r#","who":"""#, r#","who":"","who":"""#, "line-not-json"),
        (r#""n":1"#, r#""n":1.0"#, "line-not-json"),
        (r#""n":1"#, r#""n":9007199254740992"#, "line-not-json"),
        (r#""n":1"#, r#""n":null"#, "line-value"),
        (r#""n":1"#, r#""N":1"#, "line-value"),
        (r#""n":1"#, r#""":1"#, "line-value"),
        (r#"{"n":1}"#, "[1]", "line-field"),
        (r#""n":1"#, r#""n": 1"#, "line-not-canonical"),
        (r#""n":1"#, r#""\u006e":1"#, "line-not-canonical"),
        (r#""n":1"#, r#""z":1,"n":1"#, "line-not-canonical"),
        (r#""n":1"#, r#""n":"\/""#, "line-not-canonical"),
        (r#""n":1"#, "\"n\":\"\u{e9}\"", "line-not-ascii"),
        (r#""n":1"#, "\"n\":\t1", "line-not-ascii"),
        ("}\n", "}\r\n", "line-not-ascii"),
        ("0011", "001G", "line-field"),
        ("2026-11-22T", "2026-11-22 ", "line-field"),
        ("2026-11-22T", "2026-02-30T", "line-field"),
        (r#""t_mono_ms":5"#, r#""t_mono_ms":-5"#, "line-field"),
        (r#""step":"admit.1""#, r#""step":"a\\b""#, "line-field"),
        (r#""seq":0"#, r#""seq":2"#, "seq-gap"),
        (r#""prev":"0"#, r#""prev":"1"#, "prev-mismatch"),
        (r#""ceremony":"0"#, r#""ceremony":"1"#, "ceremony-mismatch"),
        (r#""type":"open""#, r#""type":"resume""#, "open-misplaced"),
    ];
    for (from, to, code) in sins {
        assert_eq!(code_of(swap(from, to)), [*code], "{from} -> {to}");
    }
    let long = |line: &str| line.replacen("\"n\":1", &format!("\"n\":\"{}\"", "x".repeat(MAX_BYTES)), 1);
    assert_eq!(code_of(|line| long(line).into_bytes()), ["line-too-long"]);
    assert_eq!(code_of(|_| Vec::new()), ["record-empty"]);
    assert_eq!(code_of(|_| b"\n".to_vec()), ["line-not-json"]);
    assert_eq!(
        code_of(|line| line.trim_end().as_bytes().to_vec()),
        ["missing-lf", "record-empty"]
    );
    assert_eq!(
        code_of(|line| line.as_bytes()[..40].to_vec()),
        ["torn-tail", "record-empty"]
    );
    assert_eq!(
        code_of(|line| line.replace("open", "close").repeat(2).into_bytes()),
        [
            "open-misplaced",
            "line-after-close",
            "seq-gap",
            "prev-mismatch",
            "ceremony-mismatch"
        ]
    );
    let mut texts: Vec<&str> = Code::ALL.iter().map(|c| c.as_str()).collect();
    texts.sort_unstable();
    texts.dedup();
    assert_eq!(texts.len(), Code::ALL.len(), "the codes differ");
}

#[test]
fn all_problems_are_reported_and_the_rest_is_read() {
    let lines: Vec<&str> = PYTHON.lines().collect();
    let mut bytes = Vec::new();
    for (i, line) in lines.iter().enumerate() {
        match i {
            3 => bytes.extend_from_slice(line.replacen("\"v\":1", "\"v\":9", 1).as_bytes()),
            7 => bytes.extend_from_slice(b"junk"),
            11 => continue,
            _ => bytes.extend_from_slice(line.as_bytes()),
        }
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(b"{\"torn");
    let chain = read(&bytes);
    let found: Vec<(usize, Code)> = chain.problems.iter().map(|p| (p.line, p.code)).collect();
    let expected = [
        (4, Code::Version),
        (5, Code::Prev),
        (8, Code::NotJson),
        (9, Code::Prev),
        (12, Code::Seq),
        (12, Code::Prev),
        (lines.len(), Code::TornTail),
    ];
    assert_eq!(found, expected);
    assert_eq!(chain.lines.len(), lines.len() - 3);
    assert_eq!(bytes.get(chain.tail.clone()).unwrap(), b"{\"torn");
    assert!(Writer::after(&chain).is_none());
}

#[test]
fn nothing_is_written_that_would_not_be_read() {
    let nested = |levels: usize| (1..levels).fold(Json::object([]), |inner, _| Json::object([("a", inner)]));
    assert!(parse_line(encoded(nested(31)).unwrap().as_bytes()).is_ok());
    assert_eq!(encoded(nested(32)), Err(EncodeError::Value(BadValue::Depth)));
    assert!(encoded(Json::object([("n", Json::Null)])).is_err());
    assert!(encoded(Json::object([("n", Json::Int(1 << 53))])).is_err());
    assert!(encoded(Json::object([("no-dash", Json::Int(1))])).is_err());
    assert!(encoded(Json::Array(Vec::new())).is_err());
    let room = MAX_BYTES - encoded(Json::object([("a", "".into())])).unwrap().len();
    let full = encoded(Json::object([("a", "x".repeat(room).into())])).unwrap();
    assert!(parse_line(full.as_bytes()).unwrap().is_canonical(full.as_bytes()));
    assert_eq!(
        encoded(Json::object([("a", "x".repeat(room + 1).into())])),
        Err(EncodeError::TooLong(MAX_BYTES + 1))
    );
    let mut writer = Writer::new();
    let before = writer.clone();
    let body = || Json::object([]);
    assert!(
        writer.next(&record(Kind::Note, body()), BOOT, at(0)).is_err(),
        "open first"
    );
    assert!(
        writer.next(&record(Kind::Open, body()), "boot", at(0)).is_err(),
        "boot id"
    );
    assert!(
        writer
            .next(&record(Kind::Open, body()), BOOT, at(1 << 53))
            .is_err(),
        "too late"
    );
    assert_eq!(writer, before, "a refusal leaves no trace");
    assert!(writer.next(&record(Kind::Open, body()), BOOT, at(0)).is_ok());
    assert!(
        writer.next(&record(Kind::Open, body()), BOOT, at(0)).is_err(),
        "open once"
    );
}

fn json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::Bool),
        (-9_007_199_254_740_991i64..=9_007_199_254_740_991).prop_map(Json::Int),
        any::<String>().prop_map(Json::Str),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map("[a-z0-9_]{1,32}", inner, 0..4).prop_map(Json::Object),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_reads_back_and_is_canonical(value in json(), seq in 0u64..1 << 53) {
        let record = record(Kind::Outcome, Json::object([("x", value)]));
        let text = encode(&record, seq, Digest::of(b"p"), Digest::of(b"c"), BOOT, at(seq)).unwrap();
        prop_assert!(text.bytes().all(|b| (0x20..=0x7e).contains(&b)));
        let line = parse_line(text.as_bytes()).unwrap();
        prop_assert!(line.is_canonical(text.as_bytes()));
        prop_assert_eq!(line.seq, seq);
        prop_assert_eq!(line.record, record);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        prop_assert!(!read(&bytes).is_intact());
    }
}

#[test]
fn the_document_names_every_type_code_and_class() {
    let doc = include_str!("../docs/transcript-format.md");
    for kind in Kind::ALL {
        let class = Class::of(*kind).as_str();
        let row = |l: &str| l.starts_with(&format!("| `{kind}` |")) && l.ends_with(&format!("| {class} |"));
        assert!(doc.lines().any(row), "{kind}, {class}");
    }
    for code in Code::ALL {
        assert!(doc.contains(&format!("| `{code}` |")), "{code}");
    }
    let chain = read(PYTHON.as_bytes());
    let checkpoint = Checkpoint::of(&format!("example/vienna/{}", chain.ceremony), &chain.tree).unwrap();
    assert!(doc.contains(&format!("```\n{checkpoint}```")), "{checkpoint}");
}
