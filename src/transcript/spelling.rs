//! Whether a line's bytes are the one spelling of a value, seen in one pass and
//! without building it: what Python's `json.dumps` writes with sorted keys, no
//! spaces and ASCII alone. Writing the parsed line again and comparing answers the
//! same; this is the fast answer for a record of a million lines, and it says no
//! where it is not sure (`line.rs` then writes and compares). It judges spelling
//! alone: ranges, depth and which keys may stand there are the parser's.

use std::cmp::Ordering;

use crate::base::json::MAX_DEPTH;

/// Whether `raw` is JSON in its canonical spelling. Yes is certain; no may also
/// mean an escape in a key, or a value that is nested too deeply.
#[must_use]
pub fn is_canonical(raw: &[u8]) -> bool {
    value(raw, MAX_DEPTH).is_some_and(<[u8]>::is_empty)
}

/// What stands behind the value that `text` starts with; `None`: not canonical.
fn value(text: &[u8], depth: usize) -> Option<&[u8]> {
    match text {
        [b'"', rest @ ..] => string(rest).map(|(_, rest)| rest),
        [b'{', rest @ ..] => object(rest, depth.checked_sub(1)?),
        [b'[', rest @ ..] => array(rest, depth.checked_sub(1)?),
        [b't', b'r', b'u', b'e', rest @ ..]
        | [b'f', b'a', b'l', b's', b'e', rest @ ..]
        | [b'n', b'u', b'l', b'l', rest @ ..]
        | [b'0', rest @ ..] => Some(rest),
        [b'-', rest @ ..] => number(rest),
        _ => number(text),
    }
}

/// Digits that do not start with a zero.
fn number(text: &[u8]) -> Option<&[u8]> {
    let [b'1'..=b'9', rest @ ..] = text else {
        return None;
    };
    let end = rest
        .iter()
        .position(|b| !b.is_ascii_digit())
        .unwrap_or(rest.len());
    rest.get(end..)
}

fn array(text: &[u8], depth: usize) -> Option<&[u8]> {
    if let [b']', rest @ ..] = text {
        return Some(rest);
    }
    let mut rest = text;
    loop {
        match value(rest, depth)? {
            [b',', more @ ..] => rest = more,
            [b']', more @ ..] => return Some(more),
            _ => return None,
        }
    }
}

fn object(text: &[u8], depth: usize) -> Option<&[u8]> {
    if let [b'}', rest @ ..] = text {
        return Some(rest);
    }
    let mut rest = text;
    let mut last: Option<&[u8]> = None;
    loop {
        let [b'"', after @ ..] = rest else {
            return None;
        };
        let (key, after) = string(after)?;
        // Bytes sort as code points do, as long as none is escaped.
        let ascends = last.is_none_or(|before| before.cmp(key) == Ordering::Less);
        if key.contains(&b'\\') || !ascends {
            return None;
        }
        last = Some(key);
        let [b':', after @ ..] = after else {
            return None;
        };
        match value(after, depth)? {
            [b',', more @ ..] => rest = more,
            [b'}', more @ ..] => return Some(more),
            _ => return None,
        }
    }
}

/// A string behind its opening quote: as it stands, and what is behind its end.
fn string(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut rest = text;
    loop {
        let plain = |b: &u8| matches!(b, b' '..=b'~') && !matches!(b, b'"' | b'\\');
        let run = rest.iter().position(|b| !plain(b))?;
        match rest.get(run..)? {
            [b'"', behind @ ..] => {
                let length = text.len().checked_sub(behind.len())?.checked_sub(1)?;
                return Some((text.get(..length)?, behind));
            }
            [
                b'\\',
                b'"' | b'\\' | b'b' | b'f' | b'n' | b'r' | b't',
                behind @ ..,
            ] => rest = behind,
            [b'\\', b'u', behind @ ..] => rest = escape(behind)?,
            _ => return None,
        }
    }
}

/// Four hexadecimal digits, of a code that has no shorter spelling; two surrogates
/// together.
fn escape(text: &[u8]) -> Option<&[u8]> {
    let (unit, rest) = unit(text)?;
    match unit {
        // These have the short escapes.
        0x08 | 0x09 | 0x0a | 0x0c | 0x0d => None,
        0xd800..=0xdbff => match rest {
            [b'\\', b'u', low @ ..] => match self::unit(low)? {
                (0xdc00..=0xdfff, rest) => Some(rest),
                _ => None,
            },
            _ => None,
        },
        0xdc00..=0xdfff => None,
        0x00..=0x1f | 0x7f.. => Some(rest),
        _ => None,
    }
}

fn unit(text: &[u8]) -> Option<(u32, &[u8])> {
    let (digits, rest) = text.split_at_checked(4)?;
    if !digits.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
        return None;
    }
    let digits = std::str::from_utf8(digits).ok()?;
    Some((u32::from_str_radix(digits, 16).ok()?, rest))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Json;

    #[test]
    fn every_spelling_that_python_would_not_write_is_no() {
        for good in [
            r#"{"a":1,"b":[true,false,null,-7,0,{},[]],"c":"\"\\\n\r\t\b\f\u0000\u007f\u00e9\ud83d\ude00/"}"#,
            r#""""#,
            "9007199254740991",
        ] {
            assert!(is_canonical(good.as_bytes()), "{good}");
            assert_eq!(Json::parse(good.as_bytes()).unwrap().line(), good);
        }
        for (sin, text) in [
            ("a space", r#"{"a": 1}"#),
            ("a space in front", " 1"),
            ("a line end", "1\n"),
            ("unsorted", r#"{"b":1,"a":1}"#),
            ("twice", r#"{"a":1,"a":1}"#),
            ("a slash escaped", r#""\/""#),
            ("upper case", r#""\u00E9""#),
            ("a letter escaped", r#""\u0061""#),
            ("a long escape", r#""\u000a""#),
            ("a raw tab", "\"\t\""),
            ("raw UTF-8", "\"\u{e9}\""),
            ("half a pair", r#""\ud83d""#),
            ("the other half", r#""\ude00""#),
            ("a pair turned round", r#""\ude00\ud83d""#),
            ("minus zero", "-0"),
            ("a leading zero", "01"),
            ("a float", "1.5"),
            ("an exponent", "1e5"),
            ("a plus", "+1"),
            ("a comma too many", "[1,]"),
            ("a comma too few", "[1 2]"),
            ("no end", "[1"),
            ("more behind", "{}{}"),
            ("a capital", "True"),
            ("nothing", ""),
            ("an open string", "\"abc"),
            ("an open escape", "\"\\u00"),
            ("too deep", &("[".repeat(33) + &"]".repeat(33))),
        ] {
            assert!(!is_canonical(text.as_bytes()), "{sin}");
        }
    }

    /// The fast answer and the slow one over every byte of a text changed to every
    /// other: a fast yes is always a slow yes, and a slow yes is a fast one.
    #[test]
    fn the_fast_answer_is_the_slow_one() {
        let text = r#"{"a":[-10,{"b_1":"x\n\u00e9\ud83d\ude00\"\\","c":{}}],"d":true,"e":["",0]}"#;
        let slow = |bytes: &[u8]| Json::parse(bytes).is_ok_and(|v| v.line().as_bytes() == bytes);
        for at in 0..text.len() {
            for byte in 0..=u8::MAX {
                let mut bytes = text.as_bytes().to_vec();
                bytes[at] = byte;
                let fast = is_canonical(&bytes);
                // Only an escape in a key is left to the slow answer.
                let unsure = bytes.windows(2).any(|w| w == b"\\\"") && slow(&bytes) && !fast;
                assert!(
                    fast == slow(&bytes) || unsure,
                    "{}",
                    String::from_utf8_lossy(&bytes)
                );
            }
            let cut = &text.as_bytes()[..at];
            assert_eq!(is_canonical(cut), slow(cut));
        }
    }
}
