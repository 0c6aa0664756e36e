//! The reader without a tree and the reader that builds one must agree: on what
//! is strict JSON (against the reader that stands on `serde_json`, kept for serde
//! types), on canonical bytes, and on which targets metadata is accepted.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

use std::borrow::Cow;

use proptest::prelude::*;
use tuf_ceremony::base::Json;
use tuf_ceremony::tuf::in_place::{MAX_SIGNATURES, canonical_text};
use tuf_ceremony::tuf::{
    Document, Limits, Metadata, Refused, Signed, Targets, TargetsView, canonical, check_producible,
};

/// The old reader: serde_json and a visitor.
fn by_serde(bytes: &[u8]) -> Option<Json> {
    serde_json::from_slice(bytes).ok()
}

/// Pieces of which texts are made that are nearly JSON.
fn piece() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => prop::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "\\", "\"a\"", "\"b\":", "\"\\u0061\":1", "\"a\":1,", "null", "true",
            "false", "0", "-", "-0", "1", "01", "1.0", "1e5", "9007199254740991", "9007199254740992", "-9007199254740992",
            "\\u", "\\ud83d\\ude00", "\\ud83d", "\\ude00", "\\n", "\\/", "\\x", " ", "\n", "\t", "\r", "\u{b}", "\u{0}",
            "\u{1f}", "\u{7f}", "\u{e9}", "e\u{301}", "\u{202e}", "\u{feff}", "nul", "\"\\u00e9\"", "{}", "[]", "\"12345678\"",
        ]).prop_map(str::to_owned),
        1 => "\\PC{0,12}",
    ]
}

fn value() -> impl Strategy<Value = Json> {
    let text = prop_oneof![
        "[a-z]{0,3}",
        "[ -~\\n\\t\u{e9}\u{1F600}\u{ffff}\"\\\\]{0,20}",
        "\\PC{0,12}",
    ];
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        (-9_007_199_254_740_991_i64..=9_007_199_254_740_991).prop_map(Json::Int),
        text.clone().prop_map(Json::Str),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Json::Array),
            prop::collection::btree_map(text.clone(), inner, 0..8).prop_map(Json::Object),
        ]
    })
}

/// Writes a value with its members in any order, and escapes and white space as they fall.
fn loosely(value: &Json, seed: &mut u64, out: &mut String) {
    let mut roll = |n: u64| {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (*seed >> 33) % n
    };
    let string = |text: &str, roll: &mut dyn FnMut(u64) -> u64, out: &mut String| match roll(3) {
        0 => out.push_str(&serde_json::to_string(text).unwrap()),
        1 => out.push_str(&Json::from(text).line()),
        _ => {
            out.push('"');
            for unit in text.encode_utf16() {
                out.push_str(&format!("\\u{unit:04X}"));
            }
            out.push('"');
        }
    };
    out.push_str(["", " ", "\n\t"][usize::try_from(roll(3)).unwrap()]);
    match value {
        Json::Str(text) => string(text, &mut roll, out),
        Json::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                out.push_str(if i > 0 { "," } else { "" });
                loosely(item, seed, out);
            }
            out.push(']');
        }
        Json::Object(map) => {
            let mut members: Vec<_> = map.iter().collect();
            for i in 0..members.len() {
                let other = usize::try_from(roll(members.len() as u64)).unwrap();
                members.swap(i, other);
            }
            if roll(2) == 0 {
                members.sort_by_key(|(key, _)| *key);
            }
            out.push('{');
            for (i, (key, value)) in members.into_iter().enumerate() {
                out.push_str(if i > 0 { " ," } else { "" });
                let mut roll = |n: u64| (*seed >> 40) % n;
                string(key, &mut roll, out);
                out.push(':');
                loosely(value, seed, out);
            }
            out.push('}');
        }
        other => out.push_str(&other.line()),
    }
}

fn same_verdict(bytes: &[u8]) {
    let new = Json::parse(bytes);
    let shown = String::from_utf8_lossy(bytes);
    assert_eq!(new.clone().ok(), by_serde(bytes), "{shown}");
    if let Ok(text) = std::str::from_utf8(bytes) {
        let streamed = canonical_text(text).map(Cow::into_owned);
        assert_eq!(streamed.ok(), new.ok().map(|v| canonical(&v)), "{shown}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn both_readers_judge_near_json_alike(pieces in prop::collection::vec(piece(), 0..14)) {
        same_verdict(pieces.concat().as_bytes());
    }

    #[test]
    fn both_readers_judge_damaged_json_alike(v in value(), seed: u64, at: prop::sample::Index, byte: u8) {
        let mut text = String::new();
        loosely(&v, &mut { seed }, &mut text);
        let mut bytes = text.into_bytes();
        let at = at.index(bytes.len());
        bytes[at] = byte;
        same_verdict(&bytes);
    }

    #[test]
    fn every_spelling_of_a_value_has_its_canonical_bytes(v in value(), seed: u64) {
        let mut text = String::new();
        loosely(&v, &mut { seed }, &mut text);
        prop_assert_eq!(Json::parse(text.as_bytes()).unwrap(), v.clone());
        prop_assert_eq!(&*canonical_text(&text).unwrap(), &canonical(&v)[..]);
        same_verdict(text.as_bytes());
    }
}

const FILE: &str =
    r#"{"hashes":{"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},"length":3}"#;

fn signed(targets: &str) -> String {
    format!(
        r#"{{"_type":"targets","expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31","targets":{targets},"version":1,"x":[1]}}"#
    )
}

#[test]
fn canonical_text_is_borrowed_where_it_is_canonical_already() {
    let text = signed(&format!(r#"{{"a":{FILE},"b":{FILE}}}"#));
    assert!(matches!(canonical_text(&text).unwrap(), Cow::Borrowed(_)));
    let other = text.replace(":1,", ": 1,");
    assert!(matches!(canonical_text(&other).unwrap(), Cow::Owned(_)));
    assert_eq!(canonical_text(&other).unwrap(), canonical_text(&text).unwrap());
}

#[test]
fn the_view_and_the_model_accept_and_refuse_alike() {
    let hash = &FILE[11..86];
    let mut accepted = 0;
    for entry in [
        FILE.to_owned(),
        FILE.replace("\"length\":3", "\"length\":0"),
        FILE.replace("\"length\":3", "\"length\":-1"),
        FILE.replace("\"length\":3", "\"length\":\"3\""),
        FILE.replace("\"length\":3", "\"len\":3"),
        FILE.replace("\"length\":3", "\"length\":3,\"custom\":{\"a\":[null]}"),
        FILE.replace("\"length\":3", "\"\\u006cength\":3"),
        FILE.replace("\"sha256\":\"b", "\"sha256\":\"B"),
        FILE.replace("\"sha256\":\"ba", "\"sha256\":\""),
        FILE.replace("\"sha256\":\"b", "\"sha256\":\"\\u0062"),
        FILE.replace("sha256", "sha512"),
        FILE.replace("sha256", "blake2b"),
        FILE.replace("sha256", "sha\\u0032256"),
        FILE.replace("\"sha256\":", "\"md5\":\"\",\"sha256\":"),
        FILE.replace("\"sha256\":", "\"md5\":\"00\",\"sha256\":"),
        r#"{"hashes":{},"length":3}"#.to_owned(),
        r#"{"hashes":[],"length":3}"#.to_owned(),
        format!(r#"{{"hashes":{{{hash}}}}}"#),
        "null".into(),
        "[]".into(),
        "{}".into(),
    ] {
        for path in [
            "a",
            "a/b",
            "",
            "/a",
            "a/../b",
            "..",
            "\\u002e.",
            "e\u{301}",
            "\u{202e}x",
        ] {
            let text = signed(&format!(r#"{{"{path}":{entry}}}"#));
            let model = Targets::from_json(&Json::parse(text.as_bytes()).unwrap());
            let view = TargetsView::read(&text);
            match (&model, &view) {
                (Ok(model), Ok(view)) => {
                    accepted += 1;
                    assert_eq!(view.len(), model.targets.len());
                    for (path, file) in &model.targets {
                        assert_eq!(view.get(path).as_ref(), Some(file), "{text}");
                    }
                    let mut whole = view.rest.clone();
                    whole.targets.clone_from(&model.targets);
                    assert_eq!(whole, *model);
                }
                (Err(model), Err(view)) => assert_eq!(model, view, "{text}"),
                _ => panic!("{text}: {model:?} {view:?}"),
            }
        }
    }
    assert!(accepted > 20, "{accepted}");
    for text in [
        "[]",
        "{}",
        "null",
        &signed("[]"),
        &signed("null"),
        &signed("{}").replace("\"version\":1", "\"version\":0"),
    ] {
        let model = Targets::from_json(&Json::parse(text.as_bytes()).unwrap()).unwrap_err();
        assert_eq!(TargetsView::read(text).unwrap_err(), model, "{text}");
    }
}

#[test]
fn entries_out_of_order_are_found() {
    let text = signed(&format!(r#"{{"b":{FILE},"\u0061":{FILE},"c/d":{FILE}}}"#));
    let view = TargetsView::read(&text).unwrap();
    assert_eq!(view.paths().collect::<Vec<_>>(), ["a", "b", "c/d"]);
    assert!(view.get("a").is_some() && view.get("c/d").is_some() && view.get("d").is_none());
}

#[test]
fn an_envelope_is_read_once_and_a_flood_of_signatures_is_not() {
    let sig = |i: usize| format!(r#"{{"keyid":"{i:064x}","sig":""}}"#);
    let file = |n: usize| {
        let sigs: Vec<_> = (0..n).map(sig).collect();
        format!(
            r#"{{"signatures":[{}],"signed":{}}}"#,
            sigs.join(","),
            signed("{}")
        )
    };
    let good = file(MAX_SIGNATURES);
    let document = Document::read(good.as_bytes()).unwrap();
    let metadata = Metadata::parse(good.as_bytes()).unwrap();
    assert_eq!(document.signatures, metadata.signatures);
    assert_eq!(*document.canonical().unwrap(), metadata.canonical()[..]);
    assert!(matches!(metadata.signed, Signed::Targets(_)));
    let flood = file(MAX_SIGNATURES + 1);
    assert!(matches!(
        Metadata::parse(flood.as_bytes()),
        Err(Refused::SignatureFlood { .. })
    ));
}

/// facts/security.md V18, V19. What each costs is `cargo bench --bench work`, `work bad`.
#[test]
fn bad_input_is_refused_by_a_stable_code() {
    let whole = |signed: &str| format!(r#"{{"signatures":[],"signed":{signed}}}"#);
    let code = |bytes: &[u8]| {
        let verdict = Metadata::parse_within(bytes, &Limits::default());
        verdict.map_or_else(|refused| refused.code(), |_| "ACCEPTED")
    };
    assert_eq!(code(whole(&signed("{}")).as_bytes()), "ACCEPTED");
    let deep = |open: &str| whole(&signed("{}").replace("[1]", &open.repeat(100_000)));
    let sigs = format!(
        r#"{{"signatures":[{}{{}}],"signed":{{}}}}"#,
        "{},".repeat(1_000_000)
    );
    for (sin, text, expected) in [
        (
            "duplicate key",
            whole(&signed("{}").replace("\"x\"", "\"version\"")),
            "NOT_JSON",
        ),
        (
            "duplicate by escape",
            whole(&signed("{}").replace("\"x\"", "\"\\u0076ersion\"")),
            "NOT_JSON",
        ),
        (
            "duplicate in the envelope",
            whole("{}").replace("\"signed\"", "\"signatures\""),
            "NOT_JSON",
        ),
        ("float", whole(&signed("{}").replace(":1,", ":1.0,")), "NOT_JSON"),
        (
            "exponent",
            whole(&signed("{}").replace(":1,", ":1e0,")),
            "NOT_JSON",
        ),
        ("depth 100,000 of arrays", deep("["), "NOT_JSON"),
        ("depth 100,000 of objects", deep("{\"a\":"), "NOT_JSON"),
        (
            "4.9 MB of digits",
            whole(&signed("{}").replace(":1,", &format!(":{},", "7".repeat(4_900_000)))),
            "NOT_JSON",
        ),
        (
            "5 MB of digits",
            whole(&signed("{}").replace(":1,", &format!(":{},", "7".repeat(5_000_000)))),
            "TOO_LARGE",
        ),
        ("a million signatures", sigs, "SIG_FLOOD"),
        ("cut off", whole(&signed("{}"))[..90].to_owned(), "NOT_JSON"),
        ("empty", String::new(), "NOT_JSON"),
        ("text", "targets".to_owned(), "NOT_JSON"),
        ("no object", "[]".to_owned(), "SHAPE"),
    ] {
        assert_eq!(code(text.as_bytes()), expected, "{sin}");
    }
    for bad in [
        &b"\xff"[..],
        b"\xc0\xaf",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xc3",
    ] {
        let at = whole(&signed("{}")).replace("1.0.31", "@");
        let (head, tail) = at.split_once('@').unwrap();
        assert_eq!(
            code(&[head.as_bytes(), bad, tail.as_bytes()].concat()),
            "NOT_JSON",
            "{bad:?}"
        );
    }
}

#[test]
fn a_wrong_type_in_any_field_is_refused_by_a_stable_code() {
    let good = Json::parse(
        format!(
            r#"{{"signatures":[{{"keyid":"{:064}","sig":"00"}}],"signed":{}}}"#,
            0,
            signed(&format!(r#"{{"a":{FILE}}}"#))
        )
        .as_bytes(),
    )
    .unwrap();
    let fields: [&[&str]; 10] = [
        &["signatures"],
        &["signed"],
        &["signed", "_type"],
        &["signed", "expires"],
        &["signed", "spec_version"],
        &["signed", "targets"],
        &["signed", "version"],
        &["signed", "targets", "a"],
        &["signed", "targets", "a", "length"],
        &["signed", "targets", "a", "hashes"],
    ];
    let values = ["null", "true", "-1", "[]", "{}", "\"\"", "[[]]", "{\"a\":null}"]
        .map(|t| Json::parse(t.as_bytes()).unwrap());
    let mut refused = 0;
    for path in fields {
        for value in values.iter().map(Some).chain([None]) {
            let mut bad = good.clone();
            let mut place = &mut bad;
            let (last, way) = path.split_last().unwrap();
            for step in way {
                let Json::Object(map) = place else { panic!() };
                place = map.get_mut(*step).unwrap();
            }
            let Json::Object(map) = place else { panic!() };
            match value {
                Some(value) => drop(map.insert((*last).to_owned(), value.clone())),
                None => drop(map.remove(*last)),
            }
            match Metadata::parse(bad.line().as_bytes()) {
                Ok(_) => assert!(
                    matches!(
                        (path, value),
                        (["signatures"], Some(Json::Array(_)))
                            | (["signed", "targets"] | ["signed", "targets", "a"], _)
                    ),
                    "{path:?} {value:?}"
                ),
                Err(why) => {
                    refused += 1;
                    let known = [
                        "SHAPE",
                        "MISSING_FIELD",
                        "TYPE",
                        "SPEC_VERSION",
                        "VERSION",
                        "EXPIRES_FORM",
                    ];
                    assert!(known.contains(&why.code()), "{path:?} {value:?}: {why}");
                }
            }
        }
    }
    assert!(refused > 80, "{refused}");
}

#[test]
fn nfd_and_bidi_names_are_never_made() {
    for name in ["e\u{301}.txt", "\u{202e}txt.exe", "\u{2066}a", "\u{e9}"] {
        let value = Json::parse(signed(&format!(r#"{{"{name}":{FILE}}}"#)).as_bytes()).unwrap();
        assert_eq!(check_producible(&value).unwrap_err().rule, "R6", "{name:?}");
    }
    let value = Json::parse(signed("{}").replace("[1]", "\"e\u{301}\"").as_bytes()).unwrap();
    assert_eq!(check_producible(&value).unwrap_err().rule, "R3");
}
