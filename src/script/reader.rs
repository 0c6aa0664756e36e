//! Walks TOML tables by hand, so that every fault has its place in the text
//! and an unknown field is a fault and not a field that nobody read.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, position};
use crate::base::{Digest, Id, Instant, Json, shown};
use crate::tuf::KeyId;

/// Collects faults while a script is read.
pub(super) struct Faults<'t> {
    text: &'t str,
    found: Vec<Diagnostic>,
}

impl<'t> Faults<'t> {
    pub(super) fn new(text: &'t str) -> Faults<'t> {
        Faults {
            text,
            found: Vec::new(),
        }
    }

    pub(super) fn add(&mut self, span: &Range<usize>, code: &'static str, message: String, help: &str) {
        let (line, column) = position(self.text, span.start);
        self.found.push(Diagnostic {
            line,
            column,
            code,
            message,
            help: help.to_owned(),
        });
    }

    pub(super) fn place(&self, span: &Range<usize>) -> (usize, usize) {
        position(self.text, span.start)
    }

    /// The faults in the order of the text.
    pub(super) fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.found.sort_by_key(|d| (d.line, d.column));
        self.found
    }
}

/// One table being read; what is left over at the end is unknown.
pub(super) struct Table<'a, 'i> {
    map: &'a DeTable<'i>,
    pub(super) span: Range<usize>,
    name: &'static str,
    read: BTreeSet<&'static str>,
    read_also: BTreeSet<String>,
    /// A field was missing or wrong, so others may be unread for that reason.
    broken: bool,
}

type Value<'a, 'i> = &'a Spanned<DeValue<'i>>;

impl<'a, 'i> Table<'a, 'i> {
    pub(super) fn new(map: &'a DeTable<'i>, span: Range<usize>, name: &'static str) -> Table<'a, 'i> {
        Table {
            map,
            span,
            name,
            read: BTreeSet::new(),
            read_also: BTreeSet::new(),
            broken: false,
        }
    }

    /// The fields that stand in the table.
    pub(super) fn names(&self) -> Vec<String> {
        self.map.keys().map(|k| k.get_ref().to_string()).collect()
    }

    /// A list of lines under a field whose name is not fixed (a role).
    pub(super) fn list_of(&mut self, faults: &mut Faults, field: &str) -> Option<Vec<String>> {
        self.read_also.insert(field.to_owned());
        let value = self.map.get(field)?;
        let items: Option<Vec<String>> = value.get_ref().as_array().and_then(|items| {
            items
                .iter()
                .map(|i| i.get_ref().as_str().map(str::to_owned))
                .collect()
        });
        if items.is_none() {
            self.broken = true;
            faults.add(
                &value.span(),
                "script-wrong-value",
                format!("`{}` of {} is not a list of texts", shown(field, 40), self.name),
                "write a list: [\"...\", \"...\"]",
            );
        }
        items
    }

    pub(super) fn has(&self, field: &str) -> bool {
        self.map.contains_key(field)
    }

    fn get(&mut self, field: &'static str) -> Option<Value<'a, 'i>> {
        self.read.insert(field);
        self.map.get(field)
    }

    fn need(&mut self, faults: &mut Faults, field: &'static str, what: &str) -> Option<Value<'a, 'i>> {
        let value = self.get(field);
        if value.is_none() {
            self.broken = true;
            faults.add(
                &self.span,
                "script-missing-field",
                format!("{} has no `{field}`", self.name),
                &format!("add `{field} = ` with {what}"),
            );
        }
        value
    }

    /// A required value of which `pick` makes something; `what` says what it must be.
    fn pick<T>(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        what: &str,
        pick: impl Fn(&DeValue<'i>) -> Option<T>,
    ) -> Option<T> {
        let value = self.need(faults, field, what)?;
        let picked = pick(value.get_ref());
        if picked.is_none() {
            self.broken = true;
            faults.add(
                &value.span(),
                "script-wrong-value",
                format!("`{field}` of {} is not {what}", self.name),
                &format!("write {what}"),
            );
        }
        picked
    }

    /// One line of text for people, 1 to 120 characters.
    pub(super) fn line(&mut self, faults: &mut Faults, field: &'static str) -> Option<String> {
        self.pick(faults, field, "a text of 1 to 120 characters on one line", |v| {
            v.as_str()
                .filter(|s| (1..=120).contains(&s.chars().count()) && !s.contains('\n'))
                .map(str::to_owned)
        })
    }

    pub(super) fn id(&mut self, faults: &mut Faults, field: &'static str) -> Option<Id> {
        self.pick(
            faults,
            field,
            "a name of 1 to 32 characters of a-z, 0-9, '.' and '-'",
            |v| v.as_str().and_then(|s| Id::parse(s).ok()),
        )
    }

    /// A text of which `pick` makes something; `what` says what it must be.
    pub(super) fn text<T>(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        what: &str,
        pick: impl Fn(&str) -> Option<T>,
    ) -> Option<T> {
        self.pick(faults, field, what, |v| v.as_str().and_then(&pick))
    }

    /// Whether a field is there and is a table.
    pub(super) fn has_table(&self, field: &str) -> bool {
        self.map
            .get(field)
            .is_some_and(|value| matches!(value.get_ref(), DeValue::Table(_)))
    }

    /// The place of a field's value, or of the table.
    pub(super) fn span_of(&self, field: &str) -> Range<usize> {
        self.map
            .get(field)
            .map_or_else(|| self.span.clone(), Spanned::span)
    }

    pub(super) fn number(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        range: Range<u32>,
    ) -> Option<u32> {
        let what = format!(
            "a whole number from {} to {}",
            range.start,
            range.end.saturating_sub(1)
        );
        self.pick(faults, field, &what, |v| {
            v.as_integer()
                .filter(|n| n.radix() == 10)
                .and_then(|n| n.as_str().parse().ok())
                .filter(|n| range.contains(n))
        })
    }

    /// A file's length in bytes: what a JSON integer can say everywhere.
    pub(super) fn length(&mut self, faults: &mut Faults, field: &'static str) -> Option<u64> {
        self.pick(faults, field, "a length in bytes, 0 to 2^53 - 1", |v| {
            v.as_integer()
                .filter(|n| n.radix() == 10)
                .and_then(|n| n.as_str().parse::<u64>().ok())
                .filter(|n| i64::try_from(*n).is_ok_and(|n| n <= crate::base::json::MAX_INTEGER))
        })
    }

    pub(super) fn is_true(&mut self, faults: &mut Faults, field: &'static str) -> Option<()> {
        self.pick(faults, field, "`true`", |v| {
            v.as_bool().filter(|b| *b).map(|_| ())
        })
    }

    pub(super) fn boolean(&mut self, faults: &mut Faults, field: &'static str) -> Option<bool> {
        self.pick(faults, field, "`true` or `false`", DeValue::as_bool)
    }

    /// A table that becomes a JSON object: texts, whole numbers, booleans, lists, tables.
    pub(super) fn json(&mut self, faults: &mut Faults, field: &'static str) -> Option<Json> {
        let what = "a table, not empty, of texts, whole numbers, booleans, lists and tables";
        self.pick(faults, field, what, |v| {
            let read = v.as_table().and_then(|_| json(v));
            read.filter(|j| j.as_object().is_some_and(|members| !members.is_empty()))
        })
    }

    /// One word of a closed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        words: &[(&str, T)],
    ) -> Option<T> {
        let list: Vec<&str> = words.iter().map(|(w, _)| *w).collect();
        let what = format!("one of: {}", list.join(", "));
        self.pick(faults, field, &what, |v| {
            v.as_str()
                .and_then(|s| words.iter().find(|(w, _)| *w == s))
                .map(|(_, t)| *t)
        })
    }

    pub(super) fn digest(&mut self, faults: &mut Faults, field: &'static str) -> Option<Digest> {
        self.pick(
            faults,
            field,
            "a SHA-256 digest (64 characters of 0-9, a-f)",
            |v| v.as_str().and_then(|s| Digest::parse(s).ok()),
        )
    }

    /// A date and time of UTC with `Z`, written without quotes.
    pub(super) fn instant(&mut self, faults: &mut Faults, field: &'static str) -> Option<Instant> {
        self.pick(
            faults,
            field,
            "a UTC date and time like 2028-03-01T00:00:00Z",
            |v| v.as_datetime().and_then(|d| Instant::parse(&d.to_string()).ok()),
        )
    }

    /// A plain file name beside the script.
    pub(super) fn file(&mut self, faults: &mut Faults, field: &'static str) -> Option<String> {
        self.pick(
            faults,
            field,
            "a plain file name (a-z, 0-9, '.', '-', '_'), no folder",
            |v| {
                v.as_str()
                    .filter(|s| {
                        s.len() <= 64
                            && !s.starts_with(['.', '-'])
                            && !s.is_empty()
                            && s.bytes()
                                .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
                    })
                    .map(str::to_owned)
            },
        )
    }

    /// A file beside the script or in a folder there: plain names, joined by '/'.
    pub(super) fn path(&mut self, faults: &mut Faults, field: &'static str) -> Option<String> {
        let plain = |part: &str| {
            part.len() <= 64
                && !part.is_empty()
                && !part.starts_with(['.', '-'])
                && part
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
        };
        let what = "a file beside the script or in a folder there (a-z, 0-9, '.', '-', '_', '/')";
        self.pick(faults, field, what, |v| {
            v.as_str()
                .filter(|s| s.len() <= 128 && s.split('/').all(plain))
                .map(str::to_owned)
        })
    }

    /// A keyid: 64 lowercase hexadecimal characters.
    pub(super) fn keyid(&mut self, faults: &mut Faults, field: &'static str) -> Option<KeyId> {
        self.pick(faults, field, "a keyid (64 characters of 0-9, a-f)", |v| {
            v.as_str().and_then(|s| KeyId::parse(s, "script").ok())
        })
    }

    /// A list of at least one item.
    pub(super) fn list<T>(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        what: &str,
        pick: impl Fn(&str) -> Option<T>,
    ) -> Option<Vec<T>> {
        self.pick(faults, field, what, |v| {
            let items: Option<Vec<T>> = v
                .as_array()?
                .iter()
                .map(|item| item.get_ref().as_str().and_then(&pick))
                .collect();
            items.filter(|i| !i.is_empty())
        })
    }

    /// A list of at least one text, each with its place: whoever reads them says what is wrong with which.
    pub(super) fn texts(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        what: &str,
    ) -> Option<Vec<(String, Range<usize>)>> {
        self.pick(faults, field, what, |v| {
            let texts: Option<Vec<_>> = v
                .as_array()?
                .iter()
                .map(|item| Some((item.get_ref().as_str()?.to_owned(), item.span())))
                .collect();
            texts.filter(|t| !t.is_empty())
        })
    }

    /// A table inside the table.
    pub(super) fn table(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        name: &'static str,
    ) -> Option<Table<'a, 'i>> {
        let value = self.need(faults, field, "a table")?;
        match value.get_ref() {
            DeValue::Table(map) => Some(Table::new(map, value.span(), name)),
            _ => {
                faults.add(
                    &value.span(),
                    "script-wrong-value",
                    format!("`{field}` of {} is not a table", self.name),
                    "write a table: { ... }",
                );
                None
            }
        }
    }

    /// `[[field]]` tables; absent means none.
    pub(super) fn tables(
        &mut self,
        faults: &mut Faults,
        field: &'static str,
        name: &'static str,
    ) -> Vec<Table<'a, 'i>> {
        let Some(value) = self.get(field) else {
            return Vec::new();
        };
        let items = value.get_ref().as_array().map(|a| a.iter().collect::<Vec<_>>());
        let Some(items) = items else {
            faults.add(
                &value.span(),
                "script-wrong-value",
                format!("`{field}` is not a list of tables"),
                &format!("write [[{field}]]"),
            );
            return Vec::new();
        };
        items
            .into_iter()
            .filter_map(|item| match item.get_ref() {
                DeValue::Table(map) => Some(Table::new(map, item.span(), name)),
                _ => {
                    faults.add(
                        &item.span(),
                        "script-wrong-value",
                        format!("an item of `{field}` is not a table"),
                        &format!("write [[{field}]]"),
                    );
                    None
                }
            })
            .collect()
    }

    /// Everything that was not read is unknown or does not apply. A table that
    /// already has a fault is left at that: its fields may be fine.
    pub(super) fn finish(self, faults: &mut Faults) {
        if self.broken {
            return;
        }
        for (key, _) in self.map {
            let name: &str = key.get_ref().as_ref();
            if !self.read.contains(name) && !self.read_also.contains(name) {
                let known: Vec<&str> = self.read.iter().copied().collect();
                faults.add(
                    &key.span(),
                    "script-unknown-field",
                    format!(
                        "`{}` is not a field of {}, or does not apply here",
                        shown(key.get_ref(), 40),
                        self.name
                    ),
                    &format!("delete it; fields that apply here: {}", known.join(", ")),
                );
            }
        }
    }
}

/// A value as JSON. No floats and no dates: TUF's canonical form has neither.
fn json(value: &DeValue<'_>) -> Option<Json> {
    Some(match value {
        DeValue::String(text) => Json::Str(text.to_string()),
        DeValue::Boolean(b) => Json::Bool(*b),
        DeValue::Integer(n) if n.radix() == 10 => Json::Int(n.as_str().parse().ok()?),
        DeValue::Array(items) => Json::Array(items.iter().map(|i| json(i.get_ref())).collect::<Option<_>>()?),
        DeValue::Table(map) => {
            let members = map.iter();
            let members = members.map(|(key, v)| Some((key.get_ref().to_string(), json(v.get_ref())?)));
            Json::Object(members.collect::<Option<_>>()?)
        }
        _ => return None,
    })
}
