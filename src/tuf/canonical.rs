//! Canonical JSON in the OLPC flavour: the bytes that every TUF signature and
//! keyid is over (TUF 4.1; facts/tuf.md 2.1). Keys sorted by code point, only
//! `"` and `\` escaped, control characters raw, integers plain. The result is
//! not JSON once a string holds a control character; it is only ever hashed.
//! Beside it stand the producer rules R1-R9: five client families disagree on
//! the corners of this format, so what we make keeps clear of every corner.

use std::collections::BTreeMap;

use crate::base::json::MAX_INTEGER;
use crate::base::{Json, shown};

/// The canonical bytes of a value. Two different values never share them.
#[must_use]
pub fn canonical(value: &Json) -> Vec<u8> {
    let mut out = Vec::new();
    write(&mut out, value);
    out
}

/// Why a value must not be produced: some client would read or sort it
/// differently (facts/tuf.md 2.1, R1-R9).
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: expected {expected} (rule {rule}), got {got}")]
pub struct NotProducible {
    /// The rule: `R1` to `R7`.
    pub rule: &'static str,
    /// Where in the value, safe to show.
    pub at: String,
    /// What the rule asks for.
    pub expected: &'static str,
    /// What was found, safe to show.
    pub got: String,
}

/// Whether every client family canonicalises `value` to the same bytes.
///
/// R2 (floats), R8 (duplicate keys) and R9 (escapes) cannot be expressed in a
/// [`Json`]; R3 and R6 follow from "printable ASCII only".
///
/// # Errors
/// [`NotProducible`] with the first offence.
pub fn check_producible(value: &Json) -> Result<(), NotProducible> {
    check(value, &At::Top)
}

fn write(out: &mut Vec<u8>, value: &Json) {
    match value {
        Json::Null => out.extend_from_slice(b"null"),
        Json::Bool(true) => out.extend_from_slice(b"true"),
        Json::Bool(false) => out.extend_from_slice(b"false"),
        Json::Int(n) => out.extend_from_slice(n.to_string().as_bytes()),
        Json::Str(text) => write_string(out, text),
        Json::Array(items) => {
            out.push(b'[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write(out, item);
            }
            out.push(b']');
        }
        Json::Object(map) => {
            out.push(b'{');
            // A BTreeMap over UTF-8 already iterates in code point order.
            for (i, (key, value)) in map.iter().enumerate() {
                if i > 0 {
                    out.push(b',');
                }
                write_string(out, key);
                out.push(b':');
                write(out, value);
            }
            out.push(b'}');
        }
    }
}

pub(super) fn write_string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let escapes = text
        .bytes()
        .fold(false, |any, b| any | (b == b'"') | (b == b'\\'));
    if !escapes {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    for byte in text.bytes() {
        if byte == b'"' || byte == b'\\' {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

/// Where the check stands; a text is made of it only for a refusal.
enum At<'a> {
    Top,
    Item(&'a At<'a>, usize),
    Member(&'a At<'a>, &'a str),
}

impl std::fmt::Display for At<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            At::Top => f.write_str("signed"),
            At::Item(of, i) => write!(f, "{of}[{i}]"),
            At::Member(of, key) => write!(f, "{of}.{}", shown(key, 80)),
        }
    }
}

fn check(value: &Json, at: &At<'_>) -> Result<(), NotProducible> {
    match value {
        Json::Null | Json::Bool(_) => Ok(()),
        // R1: rust-tuf reads versions as u32 and lengths as u64; nobody needs a sign.
        Json::Int(n) if (0..=MAX_INTEGER).contains(n) => Ok(()),
        Json::Int(n) => Err(refuse("R1", at, "an integer from 0 to 2^53 - 1", &n.to_string())),
        Json::Str(text) => check_text(text, at),
        Json::Array(items) => items
            .iter()
            .enumerate()
            .try_for_each(|(i, item)| check(item, &At::Item(at, i))),
        Json::Object(map) => check_object(map, at),
    }
}

fn check_text(text: &str, at: &At<'_>) -> Result<(), NotProducible> {
    // R4: LF is needed inside PEM; anywhere else rust-tuf writes it as `\n`.
    let pem =
        text.starts_with("-----BEGIN PUBLIC KEY-----\n") && text.ends_with("\n-----END PUBLIC KEY-----\n");
    // R3: olpc-cjson normalises to NFC; ASCII is the same in every form.
    if text
        .bytes()
        .all(|b| matches!(b, b' '..=b'~') || (pem && b == b'\n'))
    {
        return Ok(());
    }
    let rule = if text.is_ascii() { "R4" } else { "R3" };
    Err(refuse(rule, at, "printable ASCII, LF only inside PEM", text))
}

fn check_object(map: &BTreeMap<String, Json>, at: &At<'_>) -> Result<(), NotProducible> {
    for (key, value) in map {
        // R6: tuf-js sorts by UTF-16 unit; R3 as above.
        if key.is_empty() || !key.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err(refuse("R6", at, "a key of printable ASCII", key));
        }
        // R5: olpc-cjson sorts by the escaped key with its closing quote.
        if key.contains(['"', '\\']) {
            return Err(refuse("R5", at, "a key without \" and \\", key));
        }
        // R7: a JavaScript object puts integer-like keys first.
        if is_numeric(key) {
            return Err(refuse("R7", at, "a key that is not a number", key));
        }
        check(value, &At::Member(at, key))?;
    }
    check_prefixes(map, at)?;
    // R7 again: a delegated role's name becomes a key of snapshot's `meta`.
    match map.get("name").and_then(Json::as_str) {
        Some(name) if is_numeric(name) => Err(refuse("R7", at, "a role name that is not a number", name)),
        _ => Ok(()),
    }
}

/// R5: `foo` and `foo bar` sort one way by code point and the other way in
/// olpc-cjson, which compares the closing quote (0x22) with the space (0x20).
fn check_prefixes(map: &BTreeMap<String, Json>, at: &At<'_>) -> Result<(), NotProducible> {
    for key in map.keys() {
        let collides = key
            .char_indices()
            .filter(|(_, c)| *c < '"')
            .filter_map(|(i, _)| key.get(..i))
            .any(|head| map.contains_key(head));
        if collides {
            return Err(refuse(
                "R5",
                at,
                "no key that is another key followed by a space or '!'",
                key,
            ));
        }
    }
    Ok(())
}

fn is_numeric(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

fn refuse(rule: &'static str, at: &At<'_>, expected: &'static str, got: &str) -> NotProducible {
    NotProducible {
        rule,
        at: at.to_string(),
        expected,
        got: shown(got, 80),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Json {
        Json::parse(text.as_bytes()).unwrap()
    }

    #[test]
    fn the_golden_example_of_the_facts() {
        // facts/tuf.md 2.4: LF raw, e-acute as c3 a9, slash as it is.
        let v = parse(r#"{"b":[1,true,null],"a":"\"\\\n\u00e9/"}"#);
        let expected = b"{\"a\":\"\\\"\\\\\n\xc3\xa9/\",\"b\":[1,true,null]}";
        assert_eq!(canonical(&v), expected);
    }

    #[test]
    fn keys_sort_by_code_point() {
        let v = parse(r#"{"foo#":1,"foo":2,"foo!":3,"foo bar":4,"foo\"q":5,"\uffff":6,"\ud83d\ude00":7}"#);
        assert_eq!(
            String::from_utf8(canonical(&v)).unwrap(),
            "{\"foo\":2,\"foo bar\":4,\"foo!\":3,\"foo\\\"q\":5,\"foo#\":1,\"\u{ffff}\":6,\"\u{1F600}\":7}"
        );
    }

    #[test]
    fn each_producer_rule_refuses_its_sin() {
        for (rule, text) in [
            ("R1", r#"{"version":-1}"#),
            ("R3", r#"{"a":"e\u0301"}"#),
            ("R4", r#"{"a":"x\ny"}"#),
            ("R4", r#"{"a":"\u007f"}"#),
            (
                "R4",
                r#"{"a":"-----BEGIN PUBLIC KEY-----\nA\r\n-----END PUBLIC KEY-----\n"}"#,
            ),
            ("R5", r#"{"foo":1,"foo bar":2}"#),
            ("R5", r#"{"foo":1,"foo!":2}"#),
            ("R5", r#"{"a\"b":1}"#),
            ("R5", r#"{"a\\b":1}"#),
            ("R6", r#"{"\ud83d\ude00":1}"#),
            ("R6", r#"{"":1}"#),
            ("R7", r#"{"targets":{"10":1}}"#),
            ("R7", r#"{"roles":[{"name":"2"}]}"#),
        ] {
            assert_eq!(check_producible(&parse(text)).unwrap_err().rule, rule, "{text}");
        }
        let good = r#"{"foo#":1,"foo":2,"a b":"x","p":"-----BEGIN PUBLIC KEY-----\nAA\n-----END PUBLIC KEY-----\n"}"#;
        assert_eq!(check_producible(&parse(good)), Ok(()));
    }
}
