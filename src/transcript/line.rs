//! One line of the record: the envelope `v seq prev ceremony boot t_wall
//! t_mono_ms type step who body`, exactly as Python's `json.dumps` writes it
//! with sorted keys (`docs/transcript-format.md`). Parsing and canonical form
//! are two questions: a line is hashed as the bytes it is, never as the bytes
//! that it would be if we wrote it again.

use std::collections::BTreeMap;

use crate::base::json::{self, Cursor, NotJson};
use crate::base::{Digest, Instant, Json, Stamp, shown};

use super::record::{Kind, MAX_FIELD, Record};
use super::spelling;

/// The version of the format: 1, a draft until the first release. A reader knows no other.
pub const VERSION: i64 = 1;
/// The longest line in bytes, without LF (fits a tlog-tiles entry unchanged).
pub const MAX_BYTES: usize = 65_535;
/// The longest key of an object.
const MAX_KEY: usize = 32;
/// The envelope's keys, sorted.
const KEYS: [&str; 11] = [
    "body",
    "boot",
    "ceremony",
    "prev",
    "seq",
    "step",
    "t_mono_ms",
    "t_wall",
    "type",
    "v",
    "who",
];

/// A record in its envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Position in the record, from 0.
    pub seq: u64,
    /// SHA-256 of the line before, without LF; zeroes in the first.
    pub prev: Digest,
    /// SHA-256 of the first line, without LF; zeroes in the first.
    pub ceremony: Digest,
    /// Random id of the process that wrote the line: 32 hexadecimal characters.
    pub boot: String,
    /// When; a claim of the machine. Order never rests on it.
    pub at: Stamp,
    /// What.
    pub record: Record,
}

/// Why a record cannot become a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EncodeError {
    /// A value that the format has no place for.
    #[error(transparent)]
    Value(#[from] BadValue),
    /// A field of the envelope has another form.
    #[error("expected {expected} in `{field}`, got {got}")]
    Field {
        /// The envelope's key.
        field: &'static str,
        /// Its form.
        expected: &'static str,
        /// What was given.
        got: String,
    },
    /// The line would be too long.
    #[error("expected a line of at most {MAX_BYTES} bytes, got {0}")]
    TooLong(usize),
    /// `open` is the first record and no other, and nothing follows `close`.
    #[error("expected {expected} at line {seq}, got {got}")]
    Place {
        /// Where it would stand.
        seq: u64,
        /// What may stand there.
        expected: &'static str,
        /// The record's type.
        got: Kind,
    },
}

/// Why bytes are not a line.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineError {
    /// Too many bytes.
    #[error("expected a line of at most {MAX_BYTES} bytes, got {0}")]
    TooLong(usize),
    /// A byte outside 0x20 to 0x7e.
    #[error("expected printable ASCII, got byte 0x{byte:02x} at {at}")]
    NotAscii {
        /// The first such byte.
        byte: u8,
        /// Its offset in the line.
        at: usize,
    },
    /// Not strict JSON.
    #[error("{0}")]
    NotJson(String),
    /// Not an object with exactly the envelope's keys.
    #[error("expected exactly the envelope's keys, got {0}")]
    Keys(String),
    /// Another version of the format.
    #[error("expected v = {VERSION}, got {0}")]
    Version(String),
    /// A type that this program does not know.
    #[error("expected a known record type, got {0}")]
    Kind(String),
    /// A field of the envelope has another form.
    #[error("expected {expected} in `{field}`, got {got}")]
    Field {
        /// The envelope's key.
        field: &'static str,
        /// Its form.
        expected: &'static str,
        /// What the line has.
        got: String,
    },
    /// The body holds a value that the format has no place for.
    #[error(transparent)]
    Value(#[from] BadValue),
}

/// A value that must not stand in a record.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadValue {
    /// `null`: a field that does not apply is left out.
    #[error("expected no null, got one")]
    Null,
    /// An integer that some parser would round.
    #[error("expected an integer of at most 2^53 - 1, got {0}")]
    Integer(String),
    /// A key outside `[a-z0-9_]{1,32}`.
    #[error("expected keys of 1 to {MAX_KEY} characters a-z, 0-9 and _, got {0}")]
    Key(String),
    /// Too many levels.
    #[error("expected at most {} levels, got more", json::MAX_DEPTH)]
    Depth,
}

/// Writes a record as a line, without LF.
///
/// # Errors
/// [`EncodeError`]; nothing that [`parse_line`] would refuse is written.
pub fn encode(
    record: &Record,
    seq: u64,
    prev: Digest,
    ceremony: Digest,
    boot: &str,
    at: Stamp,
) -> Result<String, EncodeError> {
    let bad = |field, expected, got: &str| EncodeError::Field {
        field,
        expected,
        got: shown(got, 80),
    };
    for (field, text) in [("step", &record.step), ("who", &record.who)] {
        if !name_is_good(text) {
            return Err(bad(field, NAME, text));
        }
    }
    if !boot_is_good(boot) {
        return Err(bad("boot", BOOT, boot));
    }
    if record.body.as_object().is_none() {
        return Err(bad("body", OBJECT, &record.body.line()));
    }
    check(&record.body, 1)?;
    let count = |field, n: u64| integer(n).ok_or_else(|| bad(field, COUNT, &n.to_string()));
    let line = Json::object([
        ("v", Json::Int(VERSION)),
        ("seq", count("seq", seq)?),
        ("prev", prev.hex().into()),
        ("ceremony", ceremony.hex().into()),
        ("boot", boot.into()),
        ("t_wall", at.wall.to_string().into()),
        ("t_mono_ms", count("t_mono_ms", at.mono_ms)?),
        ("type", record.kind.as_str().into()),
        ("step", record.step.as_str().into()),
        ("who", record.who.as_str().into()),
        ("body", record.body.clone()),
    ])
    .line();
    if line.len() > MAX_BYTES {
        return Err(EncodeError::TooLong(line.len()));
    }
    Ok(line)
}

/// Reads a line, without LF. Whether it is in canonical form is
/// [`Line::is_canonical`]'s.
///
/// # Errors
/// [`LineError`].
pub fn parse_line(raw: &[u8]) -> Result<Line, LineError> {
    if raw.len() > MAX_BYTES {
        return Err(LineError::TooLong(raw.len()));
    }
    // Looked through as a whole first: nearly every line is plain.
    let plain = |good, b: &u8| good & matches!(b, b' '..=b'~');
    if !raw.iter().fold(true, plain)
        && let Some((at, &byte)) = raw.iter().enumerate().find(|(_, b)| !matches!(b, b' '..=b'~'))
    {
        return Err(LineError::NotAscii { byte, at });
    }
    let Json::Object(mut map) = value(raw).map_err(|e| LineError::NotJson(e.to_string()))? else {
        return Err(LineError::Keys("no object".to_owned()));
    };
    // The version first: another version may well have other keys.
    if map.get("v") != Some(&Json::Int(VERSION)) {
        let version = map.get("v").map_or_else(|| "none".to_owned(), Json::line);
        return Err(LineError::Version(shown(&version, 40)));
    }
    if !map.keys().map(String::as_str).eq(KEYS) {
        let got: Vec<&str> = map.keys().map(String::as_str).collect();
        return Err(LineError::Keys(shown(&got.join(" "), 200)));
    }
    let fields = Fields(&map);
    let kind = fields.text("type", "a word", |_| true)?;
    let kind = Kind::parse(kind).ok_or_else(|| LineError::Kind(shown(kind, 40)))?;
    let body = fields.get("body", OBJECT, |v| v.as_object().map(|_| v))?;
    check(body, 1)?;
    let mut line = Line {
        seq: fields.count("seq")?,
        prev: fields.digest("prev")?,
        ceremony: fields.digest("ceremony")?,
        boot: fields.text("boot", BOOT, boot_is_good)?.to_owned(),
        at: Stamp {
            wall: fields.get("t_wall", "YYYY-MM-DDTHH:MM:SSZ", |v| {
                Instant::parse(v.as_str()?).ok()
            })?,
            mono_ms: fields.count("t_mono_ms")?,
        },
        record: Record {
            kind,
            step: fields.text("step", NAME, name_is_good)?.to_owned(),
            who: fields.text("who", NAME, name_is_good)?.to_owned(),
            body: Json::Null,
        },
    };
    // Moved, not copied: the body is most of the line.
    if let Some(body) = map.remove("body") {
        line.record.body = body;
    }
    Ok(line)
}

/// Built in one pass, unlike [`Json::parse`], which judges a document of any length
/// before it builds: a line is short.
fn value(raw: &[u8]) -> Result<Json, NotJson> {
    let mut cursor = Cursor::new(json::text(raw)?);
    let value = Json::next(&mut cursor)?;
    cursor.end()?;
    Ok(value)
}

impl Line {
    /// The line as [`encode`] writes it, without LF.
    ///
    /// # Errors
    /// [`EncodeError`]; never for a line that [`parse_line`] gave, unless its
    /// canonical form is too long.
    pub fn encode(&self) -> Result<String, EncodeError> {
        encode(
            &self.record,
            self.seq,
            self.prev,
            self.ceremony,
            &self.boot,
            self.at,
        )
    }

    /// Whether `raw` is the one spelling of this line, so that no two parsers
    /// can read it differently.
    #[must_use]
    pub fn is_canonical(&self, raw: &[u8]) -> bool {
        self.encode().is_ok_and(|line| line.as_bytes() == raw)
    }

    /// The same for the bytes that this line was parsed from: seen from the bytes
    /// where that is certain, and by writing the line again where it is not.
    pub(super) fn is_spelled(&self, raw: &[u8]) -> bool {
        spelling::is_canonical(raw) || self.is_canonical(raw)
    }
}

const NAME: &str = "at most 64 printable ASCII characters without backslash";
const BOOT: &str = "32 lowercase hexadecimal characters";
const OBJECT: &str = "an object";
const COUNT: &str = "an integer from 0 to 2^53 - 1";

fn name_is_good(text: &str) -> bool {
    text.len() <= MAX_FIELD && crate::base::shown::is_plain(text)
}

fn boot_is_good(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

fn integer(n: u64) -> Option<Json> {
    let n = i64::try_from(n).ok()?;
    (n <= json::MAX_INTEGER).then_some(Json::Int(n))
}

/// The rules for values inside a body, which stands `depth` levels deep.
fn check(value: &Json, depth: usize) -> Result<(), BadValue> {
    // The value's own level, where it is an array or an object.
    let inner = depth.saturating_add(1);
    let deep = inner > json::MAX_DEPTH;
    match value {
        Json::Null => Err(BadValue::Null),
        Json::Int(n) if n.unsigned_abs() > json::MAX_INTEGER.unsigned_abs() => {
            Err(BadValue::Integer(n.to_string()))
        }
        Json::Bool(_) | Json::Int(_) | Json::Str(_) => Ok(()),
        Json::Array(_) | Json::Object(_) if deep => Err(BadValue::Depth),
        Json::Array(items) => items.iter().try_for_each(|item| check(item, inner)),
        Json::Object(map) => map.iter().try_for_each(|(key, item)| {
            if !key_is_good(key) {
                return Err(BadValue::Key(shown(key, 60)));
            }
            check(item, inner)
        }),
    }
}

fn key_is_good(key: &str) -> bool {
    (1..=MAX_KEY).contains(&key.len()) && key.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_'))
}

/// The envelope's members; all eleven are known to be there.
struct Fields<'a>(&'a BTreeMap<String, Json>);

impl<'a> Fields<'a> {
    fn get<T>(
        &self,
        field: &'static str,
        expected: &'static str,
        read: impl FnOnce(&'a Json) -> Option<T>,
    ) -> Result<T, LineError> {
        let value = self.0.get(field);
        value.and_then(read).ok_or_else(|| LineError::Field {
            field,
            expected,
            got: shown(&value.map_or_else(String::new, Json::line), 80),
        })
    }

    fn text(
        &self,
        field: &'static str,
        expected: &'static str,
        good: impl FnOnce(&str) -> bool,
    ) -> Result<&'a str, LineError> {
        self.get(field, expected, |v| v.as_str().filter(|t| good(t)))
    }

    fn count(&self, field: &'static str) -> Result<u64, LineError> {
        self.get(field, COUNT, |v| u64::try_from(v.as_int()?).ok())
    }

    fn digest(&self, field: &'static str) -> Result<Digest, LineError> {
        self.get(field, "64 lowercase hexadecimal characters", |v| {
            Digest::parse(v.as_str()?).ok()
        })
    }
}
