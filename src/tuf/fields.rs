//! Takes an object apart field by field and keeps what it does not know.
//! Clients canonicalise what they parsed, so a field that is dropped breaks the
//! signature (facts/tuf.md 2.6): whatever nobody takes stays in `rest`.

use std::collections::BTreeMap;

use super::refused::Refused;
use crate::base::json::MAX_INTEGER;
use crate::base::{Json, shown};

/// An object that is being read; `at` is its path, for errors.
/// The object is borrowed: a targets file may hold a million of them.
pub(super) struct Fields<'a> {
    at: String,
    map: &'a BTreeMap<String, Json>,
    taken: Vec<&'a str>,
}

impl<'a> Fields<'a> {
    pub(super) fn of(value: &'a Json, at: &str) -> Result<Fields<'a>, Refused> {
        match value {
            Json::Object(map) => Ok(Fields {
                at: at.to_owned(),
                map,
                taken: Vec::with_capacity(8),
            }),
            other => Err(shape(at, "an object", other)),
        }
    }

    /// The path of a field of this object.
    pub(super) fn path(&self, name: &str) -> String {
        path(&self.at, name)
    }

    /// Gives the object another path for the errors that follow; the one before comes back.
    pub(super) fn rename(&mut self, at: &str) -> String {
        std::mem::replace(&mut self.at, at.to_owned())
    }

    pub(super) fn optional(&mut self, name: &str) -> Option<&'a Json> {
        self.find(name)
    }

    pub(super) fn take(&mut self, name: &str) -> Result<&'a Json, Refused> {
        self.find(name)
            .ok_or_else(|| Refused::Missing { at: self.path(name) })
    }

    /// A field can be taken once.
    fn find(&mut self, name: &str) -> Option<&'a Json> {
        let (name, value) = self.map.get_key_value(name)?;
        if self.taken.contains(&name.as_str()) {
            return None;
        }
        self.taken.push(name);
        Some(value)
    }

    pub(super) fn text(&mut self, name: &str) -> Result<String, Refused> {
        match self.take(name)? {
            Json::Str(text) => Ok(text.clone()),
            other => Err(shape(&self.path(name), "a string", other)),
        }
    }

    pub(super) fn boolean(&mut self, name: &str) -> Result<bool, Refused> {
        match self.take(name)? {
            Json::Bool(b) => Ok(*b),
            other => Err(shape(&self.path(name), "true or false", other)),
        }
    }

    pub(super) fn integer(&mut self, name: &str) -> Result<i64, Refused> {
        match self.take(name)? {
            Json::Int(n) => Ok(*n),
            other => Err(shape(&self.path(name), "an integer", other)),
        }
    }

    /// A version: TUF 4.3 wants an integer above zero; strict JSON caps it at 2^53 - 1.
    pub(super) fn version(&mut self) -> Result<u64, Refused> {
        let got = self.integer("version")?;
        match u64::try_from(got) {
            Ok(version) if version > 0 && got <= MAX_INTEGER => Ok(version),
            _ => Err(Refused::Version {
                at: self.path("version"),
                got,
            }),
        }
    }

    pub(super) fn object(&mut self, name: &str) -> Result<&'a BTreeMap<String, Json>, Refused> {
        match self.take(name)? {
            Json::Object(map) => Ok(map),
            other => Err(shape(&self.path(name), "an object", other)),
        }
    }

    pub(super) fn array(&mut self, name: &str) -> Result<&'a [Json], Refused> {
        match self.take(name)? {
            Json::Array(items) => Ok(items),
            other => Err(shape(&self.path(name), "an array", other)),
        }
    }

    /// What nobody took.
    pub(super) fn rest(self) -> BTreeMap<String, Json> {
        let left = self.map.iter();
        left.filter(|(name, _)| !self.taken.contains(&name.as_str()))
            .map(|(name, value)| (name.clone(), value.clone()))
            .collect()
    }
}

/// The path of `name` below `at`, safe to show.
pub(super) fn path(at: &str, name: &str) -> String {
    let name = shown(name, 80);
    if at.is_empty() {
        name
    } else {
        format!("{at}.{name}")
    }
}

/// The refusal of a value of the wrong type or form.
pub(super) fn shape(at: &str, expected: &'static str, got: &Json) -> Refused {
    Refused::Shape {
        at: at.to_owned(),
        expected,
        got: shown(&got.line(), 60),
    }
}

/// An object of known members over the unrecognised ones.
pub(super) fn joined<const N: usize>(rest: &BTreeMap<String, Json>, known: [(&str, Json); N]) -> Json {
    let mut map = rest.clone();
    map.extend(known.into_iter().map(|(k, v)| (k.to_owned(), v)));
    Json::Object(map)
}

/// A count as JSON. Counts come from strict JSON, so the cap is never met.
pub(super) fn number(n: u64) -> Json {
    Json::Int(i64::try_from(n).unwrap_or(i64::MAX))
}
