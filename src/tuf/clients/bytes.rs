//! The canonical bytes that each client computes over what it has parsed. They
//! differ in the order of members, in escapes, in Unicode forms and in numbers
//! (facts/tuf.md 2.1); where they differ from what was signed, the signature fails.

use super::value::Value;

/// How a client makes canonical bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes {
    /// The order of an object's members.
    pub(super) order: Order,
    /// Control characters as JSON escapes instead of raw.
    pub(super) escapes_controls: bool,
    /// Strings are brought to Unicode form NFC.
    pub(super) nfc: bool,
    /// What happens to numbers.
    pub(super) numbers: Numbers,
}

/// The order of an object's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    /// By code point, as the specification says.
    CodePoint,
    /// By UTF-16 code unit.
    Utf16,
    /// By the written member, closing quote and escapes included.
    Written,
}

/// What happens to numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Numbers {
    /// Integers of any size; floats are an error.
    Exact,
    /// Integers of 64 bits; everything else is an error.
    SixtyFour,
    /// Signed integers of 64 bits; everything else is an error.
    Signed,
    /// Doubles: integers beyond 2^53 are rounded.
    Double,
}

/// Why there are no bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoBytes {
    /// The client cannot write the value.
    Refused(&'static str),
    /// This model does not know.
    Unsure(&'static str),
}

impl Bytes {
    /// The canonical bytes of a value.
    pub(super) fn of(&self, value: &Value) -> Result<Vec<u8>, NoBytes> {
        let mut out = Vec::new();
        self.write(&mut out, value)?;
        Ok(out)
    }

    fn write(&self, out: &mut Vec<u8>, value: &Value) -> Result<(), NoBytes> {
        match value {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(b) => out.extend_from_slice(b.to_string().as_bytes()),
            Value::Int(n) => out.extend_from_slice(self.integer(*n)?.as_bytes()),
            Value::Float(n) => return self.float(*n),
            Value::Str(text) => out.extend_from_slice(&self.string(text)?),
            Value::Array(items) => {
                out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    self.write(out, item)?;
                }
                out.push(b']');
            }
            Value::Object(map) => {
                let mut members = Vec::with_capacity(map.len());
                for (key, value) in map {
                    members.push((key, self.string(key)?, value));
                }
                match self.order {
                    Order::CodePoint => {} // a BTreeMap over UTF-8
                    Order::Utf16 => members.sort_by(|a, b| a.0.encode_utf16().cmp(b.0.encode_utf16())),
                    Order::Written => members.sort_by(|a, b| a.1.cmp(&b.1)),
                }
                out.push(b'{');
                for (i, (_, written, value)) in members.iter().enumerate() {
                    if i > 0 {
                        out.push(b',');
                    }
                    out.extend_from_slice(written);
                    out.push(b':');
                    self.write(out, value)?;
                }
                out.push(b'}');
            }
        }
        Ok(())
    }

    fn integer(&self, n: i128) -> Result<String, NoBytes> {
        match self.numbers {
            Numbers::Double if n.unsigned_abs() > 1 << 53 => {
                Err(NoBytes::Refused("an integer beyond 2^53 is rounded"))
            }
            Numbers::Signed if i64::try_from(n).is_err() => {
                Err(NoBytes::Refused("an integer beyond 63 bits is refused"))
            }
            _ => Ok(n.to_string()),
        }
    }

    fn float(&self, n: f64) -> Result<(), NoBytes> {
        match self.numbers {
            Numbers::Exact if n.fract() == 0.0 && n.abs() >= 1e18 => {
                Err(NoBytes::Unsure("an integer beyond 64 bits"))
            }
            Numbers::Exact | Numbers::SixtyFour | Numbers::Signed => Err(NoBytes::Refused(
                "numbers that are no 64-bit integers are refused",
            )),
            Numbers::Double if n.fract() == 0.0 && n.abs() >= 1e18 => {
                Err(NoBytes::Refused("an integer beyond 2^53 is rounded"))
            }
            Numbers::Double => Err(NoBytes::Unsure("a number that is no integer of 53 bits")),
        }
    }

    fn string(&self, text: &str) -> Result<Vec<u8>, NoBytes> {
        // Plain ASCII is written alike by all: no escape, no other Unicode form.
        let plain = |good, b| good & matches!(b, b' '..=b'~') & (b != b'"') & (b != b'\\');
        if text.bytes().fold(true, plain) {
            return Ok([b"\"", text.as_bytes(), b"\""].concat());
        }
        let text = if self.nfc {
            composed(text)?
        } else {
            text.to_owned()
        };
        let mut out = vec![b'"'];
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => out.extend_from_slice(&[b'\\', byte]),
                b'\n' if self.escapes_controls => out.extend_from_slice(b"\\n"),
                b'\r' if self.escapes_controls => out.extend_from_slice(b"\\r"),
                b'\t' if self.escapes_controls => out.extend_from_slice(b"\\t"),
                0x08 if self.escapes_controls => out.extend_from_slice(b"\\b"),
                0x0c if self.escapes_controls => out.extend_from_slice(b"\\f"),
                ..0x20 if self.escapes_controls => {
                    out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
                }
                _ => out.push(byte),
            }
        }
        out.push(b'"');
        Ok(out)
    }
}

/// NFC without tables: text whose characters never change or join is its own
/// form; a Latin letter with a following accent is known to join; of the rest
/// this model is not sure.
fn composed(text: &str) -> Result<String, NoBytes> {
    let mut before = ' ';
    for c in text.chars() {
        let joins = matches!(
            c,
            '\u{300}'..='\u{304}' | '\u{308}' | '\u{30a}' | '\u{30c}' | '\u{327}'
        );
        if joins
            && matches!(
                before,
                'a' | 'c' | 'e' | 'i' | 'n' | 'o' | 'u' | 'A' | 'E' | 'I' | 'O' | 'U'
            )
        {
            return Err(NoBytes::Refused(
                "a letter and its accent are joined (Unicode NFC)",
            ));
        }
        let inert = matches!(c, '\0'..='\u{2ff}' | '\u{370}'..='\u{373}' | '\u{391}'..='\u{3a1}' | '\u{3b1}'..='\u{3c9}'
            | '\u{410}'..='\u{44f}' | '\u{3041}'..='\u{3098}' | '\u{4e00}'..='\u{9fa5}' | '\u{ac00}'..='\u{d7a3}'
            | '\u{ff01}'..='\u{ff5e}' | '\u{1f300}'..='\u{1faff}');
        if !inert {
            return Err(NoBytes::Unsure(
                "characters whose Unicode NFC form this model does not know",
            ));
        }
        before = c;
    }
    Ok(text.to_owned())
}
