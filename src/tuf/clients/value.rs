//! JSON as clients read it, which is less strict than `base::json`: floats,
//! integers of any size and doubled members parse here, because the question
//! is what a *client* makes of them. Nothing that we produce goes this way.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, DeserializeSeed, MapAccess, SeqAccess, Visitor};

/// Deeper files are refused by every client's parser, or are an attack on it.
const MAX_DEPTH: usize = 100;

/// A JSON value. The last of doubled members counts, as in Python, JavaScript and Go.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// An integer of 64 bits, signed or not.
    Int(i128),
    /// A number with a point or an exponent, or beyond 64 bits.
    Float(f64),
    /// A string.
    Str(String),
    /// An array.
    Array(Vec<Value>),
    /// An object.
    Object(BTreeMap<String, Value>),
}

/// A document and what its parser noticed.
pub(super) struct Document {
    /// The value.
    pub(super) value: Value,
    /// The first member that came twice in one object.
    pub(super) doubled: Option<String>,
}

impl Document {
    /// Parses a whole file; the error is the parser's text with line and column.
    pub(super) fn parse(bytes: &[u8]) -> Result<Document, String> {
        let mut doubled = None;
        let mut d = serde_json::Deserializer::from_slice(bytes);
        let seed = Loose {
            depth: 0,
            doubled: &mut doubled,
        };
        let value = seed.deserialize(&mut d).map_err(|e| e.to_string())?;
        d.end().map_err(|e| e.to_string())?;
        Ok(Document { value, doubled })
    }
}

impl Value {
    pub(super) fn get(&self, key: &str) -> Option<&Value> {
        self.object()?.get(key)
    }

    pub(super) fn object(&self) -> Option<&BTreeMap<String, Value>> {
        match self {
            Value::Object(map) => Some(map),
            _ => None,
        }
    }

    pub(super) fn array(&self) -> Option<&[Value]> {
        match self {
            Value::Array(items) => Some(items),
            _ => None,
        }
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    pub(super) fn int(&self) -> Option<i128> {
        match self {
            Value::Int(n) => Some(*n),
            _ => None,
        }
    }

    /// What it is, for people.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Value::Null => "null",
            Value::Bool(_) => "true or false",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a number that is no 64-bit integer",
            Value::Str(_) => "a string",
            Value::Array(_) => "an array",
            Value::Object(_) => "an object",
        }
    }
}

struct Loose<'a> {
    depth: usize,
    doubled: &'a mut Option<String>,
}

impl<'de> DeserializeSeed<'de> for Loose<'_> {
    type Value = Value;

    fn deserialize<D: de::Deserializer<'de>>(self, d: D) -> Result<Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Loose<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, b: bool) -> Result<Value, E> {
        Ok(Value::Bool(b))
    }

    fn visit_i64<E>(self, n: i64) -> Result<Value, E> {
        Ok(Value::Int(n.into()))
    }

    fn visit_u64<E>(self, n: u64) -> Result<Value, E> {
        Ok(Value::Int(n.into()))
    }

    fn visit_f64<E>(self, n: f64) -> Result<Value, E> {
        Ok(Value::Float(n))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(Value::Str(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let depth = deeper(self.depth)?;
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Loose {
            depth,
            doubled: &mut *self.doubled,
        })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let depth = deeper(self.depth)?;
        let mut map = BTreeMap::new();
        while let Some(key) = members.next_key::<String>()? {
            let value = members.next_value_seed(Loose {
                depth,
                doubled: &mut *self.doubled,
            })?;
            if map.insert(key.clone(), value).is_some() {
                self.doubled.get_or_insert(key);
            }
        }
        Ok(Value::Object(map))
    }
}

fn deeper<E: de::Error>(depth: usize) -> Result<usize, E> {
    match depth.checked_add(1) {
        Some(depth) if depth <= MAX_DEPTH => Ok(depth),
        _ => Err(E::custom(format!("expected at most {MAX_DEPTH} levels"))),
    }
}
