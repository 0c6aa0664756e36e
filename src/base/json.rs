//! Strict JSON: what two parsers could read differently does not parse here.
//! No duplicate keys at any level, no floats, exponents or `-0`, integers
//! within 2^53 - 1, at most [`MAX_DEPTH`] levels (bad-bundle classes J01-J07).
//! Two writers: one ASCII line (the record) and indent 1 (metadata files),
//! both byte for byte what Python's `json.dumps` gives with sorted keys.

mod cursor;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

pub use cursor::{Cursor, Kind, Text};

/// The deepest nesting that parses.
pub const MAX_DEPTH: usize = 32;
/// The largest magnitude of an integer: 2^53 - 1, exact in every client's language.
pub const MAX_INTEGER: i64 = 9_007_199_254_740_991;

/// A JSON value of the strict kind. Object keys are kept sorted by code point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer, at most [`MAX_INTEGER`] in magnitude.
    Int(i64),
    /// A string.
    Str(String),
    /// An array.
    Array(Vec<Json>),
    /// An object; a `BTreeMap` over UTF-8 sorts by code point.
    Object(BTreeMap<String, Json>),
}

/// Why bytes are not strict JSON.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not strict JSON: {0}")]
pub struct NotJson(String);

impl Json {
    /// Parses a whole document. It is judged to its end before anything is built.
    ///
    /// # Errors
    /// [`NotJson`] says what and where (line and column).
    pub fn parse(bytes: &[u8]) -> Result<Json, NotJson> {
        let text = text(bytes)?;
        let mut judge = Cursor::new(text);
        judge.skip()?;
        judge.end()?;
        Json::next(&mut Cursor::new(text))
    }

    /// Builds the value that stands next.
    ///
    /// # Errors
    /// [`NotJson`] where it is not strict.
    pub fn next(cursor: &mut Cursor<'_>) -> Result<Json, NotJson> {
        Ok(match cursor.kind()? {
            Kind::Null => {
                cursor.null()?;
                Json::Null
            }
            Kind::Bool => Json::Bool(cursor.boolean()?),
            Kind::Int => Json::Int(cursor.integer()?),
            Kind::Str => Json::Str(cursor.string()?.decoded().into_owned()),
            Kind::Array => {
                cursor.array()?;
                let mut items = Vec::new();
                while cursor.item()? {
                    items.push(Json::next(cursor)?);
                }
                Json::Array(items)
            }
            Kind::Object => {
                cursor.object()?;
                let mut members = Vec::new();
                while let Some(key) = cursor.key()? {
                    members.push((key.decoded().into_owned(), Json::next(cursor)?));
                }
                Json::Object(members.into_iter().collect())
            }
        })
    }

    /// The strict value of a plain data type.
    ///
    /// # Errors
    /// [`NotJson`] when the type holds a float or an integer that is too large.
    pub fn of<T: serde::Serialize>(value: &T) -> Result<Json, NotJson> {
        let text = serde_json::to_vec(value).map_err(|e| NotJson(e.to_string()))?;
        Json::parse(&text)
    }

    /// Reads a plain data type out of the value.
    ///
    /// # Errors
    /// [`NotJson`] with serde's reason.
    pub fn read<T: de::DeserializeOwned>(&self) -> Result<T, NotJson> {
        serde_json::from_str(&self.line()).map_err(|e| NotJson(e.to_string()))
    }

    /// An object from pairs.
    #[must_use]
    pub fn object<'k>(pairs: impl IntoIterator<Item = (&'k str, Json)>) -> Json {
        Json::Object(pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect())
    }

    /// The member of an object.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Json> {
        match self {
            Json::Object(map) => map.get(key),
            _ => None,
        }
    }

    /// The text of a string.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Json::Str(s) => Some(s),
            _ => None,
        }
    }

    /// The value of an integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Json::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// The items of an array.
    #[must_use]
    pub fn as_array(&self) -> Option<&[Json]> {
        match self {
            Json::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members of an object.
    #[must_use]
    pub fn as_object(&self) -> Option<&BTreeMap<String, Json>> {
        match self {
            Json::Object(map) => Some(map),
            _ => None,
        }
    }

    /// One ASCII line without its end, as
    /// `json.dumps(x, sort_keys=True, separators=(",", ":"))`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, None);
        out
    }

    /// Indented by one space a level, as
    /// `json.dumps(x, indent=1, separators=(",", ": "), sort_keys=True)`:
    /// python-tuf's and tuf-on-ci's file form. No final newline.
    #[must_use]
    pub fn indented(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, Some(0));
        out
    }

    /// The text of an object whose members stay where they are, in the order given:
    /// as [`Json::indented`] or [`Json::line`], without a copy of a large member.
    #[must_use]
    pub fn object_text<const N: usize>(members: [(&str, &Json); N], indented: bool) -> String {
        let mut out = String::new();
        let indent = indented.then_some(0);
        write_all(&mut out, indent, ('{', '}'), members.into_iter(), write_member);
        out
    }

    fn write(&self, out: &mut String, indent: Option<usize>) {
        match self {
            Json::Null => out.push_str("null"),
            Json::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
            Json::Int(n) => out.push_str(&n.to_string()),
            Json::Str(s) => write_string(out, s),
            Json::Array(items) => write_all(out, indent, ('[', ']'), items.iter(), |out, item, inner| {
                item.write(out, inner);
            }),
            Json::Object(map) => {
                let members = map.iter().map(|(key, value)| (key.as_str(), value));
                write_all(out, indent, ('{', '}'), members, write_member);
            }
        }
    }
}

/// The text of a document: UTF-8 to the last byte.
///
/// # Errors
/// [`NotJson`] with the place of the first byte that is not.
pub fn text(bytes: &[u8]) -> Result<&str, NotJson> {
    std::str::from_utf8(bytes).map_err(|e| NotJson(format!("not UTF-8 from byte {}", e.valid_up_to())))
}

fn write_all<T>(
    out: &mut String,
    indent: Option<usize>,
    (open, close): (char, char),
    items: impl ExactSizeIterator<Item = T>,
    each: impl Fn(&mut String, T, Option<usize>),
) {
    out.push(open);
    if items.len() > 0 {
        let inner = indent.map(|level| level.saturating_add(1));
        for (i, item) in items.enumerate() {
            if i > 0 {
                out.push(',');
            }
            new_line(out, inner);
            each(out, item, inner);
        }
        new_line(out, indent);
    }
    out.push(close);
}

fn write_member(out: &mut String, (key, value): (&str, &Json), inner: Option<usize>) {
    write_string(out, key);
    out.push_str(if inner.is_some() { ": " } else { ":" });
    value.write(out, inner);
}

fn new_line(out: &mut String, level: Option<usize>) {
    if let Some(level) = level {
        out.push('\n');
        for _ in 0..level {
            out.push(' ');
        }
    }
}

fn write_string(out: &mut String, text: &str) {
    out.push('"');
    // Nearly every text is plain: looked through as a whole, written as a whole.
    let plain = |good, b| good & matches!(b, b' '..=b'~') & (b != b'"') & (b != b'\\');
    if text.bytes().fold(true, plain) {
        out.push_str(text);
        out.push('"');
        return;
    }
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            ' '..='~' => out.push(c),
            _ => {
                let mut units = [0u16; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
}

/// Builds a [`Json`] for a serde type that holds one; a visitor of our own because `serde_json`'s
/// map keeps the last of two equal keys in silence.
struct Strict {
    depth: usize,
}

impl Strict {
    fn inner<E: de::Error>(&self) -> Result<usize, E> {
        let depth = self.depth.saturating_add(1);
        if depth > MAX_DEPTH {
            return Err(E::custom(format_args!("nested deeper than {MAX_DEPTH} levels")));
        }
        Ok(depth)
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Json;
    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> Result<Json, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("null, a boolean, an integer, a string, an array or an object")
    }
    fn visit_unit<E: de::Error>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }
    fn visit_bool<E: de::Error>(self, b: bool) -> Result<Json, E> {
        Ok(Json::Bool(b))
    }
    fn visit_i64<E: de::Error>(self, n: i64) -> Result<Json, E> {
        if n.unsigned_abs() > MAX_INTEGER.unsigned_abs() {
            return Err(E::custom("an integer beyond 2^53 - 1"));
        }
        Ok(Json::Int(n))
    }
    fn visit_u64<E: de::Error>(self, n: u64) -> Result<Json, E> {
        i64::try_from(n)
            .map_err(|_| E::custom("an integer beyond 2^53 - 1"))
            .and_then(|n| self.visit_i64(n))
    }
    fn visit_f64<E: de::Error>(self, _: f64) -> Result<Json, E> {
        Err(E::custom(
            "a float, an exponent, -0 or an integer beyond 2^53 - 1",
        ))
    }
    fn visit_str<E: de::Error>(self, s: &str) -> Result<Json, E> {
        Ok(Json::Str(s.to_owned()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Json, A::Error> {
        let depth = self.inner()?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Strict { depth })? {
            items.push(item);
        }
        Ok(Json::Array(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Json, A::Error> {
        let depth = self.inner()?;
        let mut map = BTreeMap::new();
        while let Some(key) = access.next_key::<String>()? {
            if map.contains_key(&key) {
                let key = crate::base::shown(&key, 60);
                return Err(de::Error::custom(format_args!("the key \"{key}\" stands twice")));
            }
            let value = access.next_value_seed(Strict { depth })?;
            map.insert(key, value);
        }
        Ok(Json::Object(map))
    }
}

impl From<&str> for Json {
    fn from(s: &str) -> Json {
        Json::Str(s.to_owned())
    }
}

impl From<String> for Json {
    fn from(s: String) -> Json {
        Json::Str(s)
    }
}

impl serde::Serialize for Json {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        match self {
            Json::Null => s.serialize_unit(),
            Json::Bool(b) => s.serialize_bool(*b),
            Json::Int(n) => s.serialize_i64(*n),
            Json::Str(t) => s.serialize_str(t),
            Json::Array(items) => s.collect_seq(items),
            Json::Object(map) => s.collect_map(map),
        }
    }
}

impl<'de> serde::Deserialize<'de> for Json {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        Strict { depth: 0 }.deserialize(d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_two_parsers_read_differently() {
        for (sin, text) in [
            ("duplicate", r#"{"a":1,"a":2}"#),
            ("duplicate after unescaping", r#"{"a":1,"\u0061":2}"#),
            ("nested duplicate", r#"[{"b":{"a":1,"a":1}}]"#),
            ("float", "1.0"),
            ("exponent", "1e2"),
            ("negative zero", "-0"),
            ("too large", "9007199254740992"),
            ("far too large", "123456789012345678901234567890"),
            ("trailing data", "{} {}"),
            ("byte order mark", "\u{feff}{}"),
            ("lone surrogate", r#""\ud800""#),
            ("raw control character", "\"\n\""),
            ("depth", &("[".repeat(33) + &"]".repeat(33))),
            ("great depth", &"[".repeat(100_000)),
            ("empty", ""),
        ] {
            assert!(Json::parse(text.as_bytes()).is_err(), "{sin}");
        }
        assert!(Json::parse(b"\"\xff\"").is_err(), "invalid UTF-8");
    }

    #[test]
    fn accepts_the_edges() {
        assert_eq!(Json::parse(b"9007199254740991").unwrap(), Json::Int(MAX_INTEGER));
        let deep = "[".repeat(32) + &"]".repeat(32);
        assert_eq!(Json::parse(deep.as_bytes()).unwrap().line(), deep);
    }

    #[test]
    fn writes_what_python_writes() {
        // python3 -c 'import json;print(json.dumps({"b":[1,True,None,[],{}],"a":"\"\\\n\t\x7fé\U0001F600/"},sort_keys=True,separators=(",",":")))'
        let v =
            Json::parse("{\"b\":[1,true,null,[],{}],\"a\":\"\\\"\\\\\\n\\t\u{7f}é\u{1F600}/\"}".as_bytes())
                .unwrap();
        assert_eq!(
            v.line(),
            r#"{"a":"\"\\\n\t\u007f\u00e9\ud83d\ude00/","b":[1,true,null,[],{}]}"#
        );
        assert_eq!(
            v.get("b").unwrap().indented(),
            "[\n 1,\n true,\n null,\n [],\n {}\n]"
        );
        assert_eq!(Json::parse(v.line().as_bytes()).unwrap(), v);
        assert_eq!(Json::parse(v.indented().as_bytes()).unwrap(), v);
    }
}
