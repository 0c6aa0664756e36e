//! Every value of a payload as `path = value`, marked against the trusted one.
//! Each line can be read back in one way only: names that are not plain words
//! are quoted, quotes and backslashes inside are escaped, texts are quoted and
//! numbers are not. So two payloads never share these lines.

use std::collections::BTreeMap;

use crate::base::{Json, shown};
use crate::tuf::bins::Bins;
use crate::tuf::delegations::Delegations;

/// Headed lines: two spaces in front of what is the same or has nothing to be
/// compared with, `+ ` added, `~ ` changed, `- ` gone.
pub(super) fn section(signed: &Json, trusted: Option<&Json>) -> Vec<String> {
    let new = leaves(signed);
    let Some(trusted) = trusted else {
        let mut lines = vec![format!(
            "every value ({}): all of it once more, so that nothing is hidden",
            new.len()
        )];
        lines.extend(new.iter().map(|(at, value)| format!("  {at} = {value}")));
        return lines;
    };
    let old: BTreeMap<_, _> = leaves(trusted).into_iter().collect();
    let mut lines = vec![format!("every value ({}; + added, ~ changed, - gone)", new.len())];
    for (at, value) in &new {
        lines.push(match old.get(at) {
            None => format!("+ {at} = {value}"),
            Some(before) if before == value => format!("  {at} = {value}"),
            Some(before) => format!("~ {at} = {value} (was {before})"),
        });
    }
    let now: BTreeMap<_, _> = new.into_iter().collect();
    for (at, value) in old.iter().filter(|(at, _)| !now.contains_key(*at)) {
        lines.push(format!("- {at} = {value}"));
    }
    lines
}

/// A value that differs, in the words of the review.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// Where, readable back in one way only.
    pub path: String,
    /// Before; `None` if it was not there.
    pub was: Option<String>,
    /// Now; `None` if it is gone.
    pub now: Option<String>,
}

/// Every value that differs between two signed parts, by path.
pub(in crate::tuf) fn values(signed: &Json, trusted: &Json) -> Vec<Value> {
    let (new, old): (BTreeMap<_, _>, BTreeMap<_, _>) = (
        leaves(signed).into_iter().collect(),
        leaves(trusted).into_iter().collect(),
    );
    let paths: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    let values = paths.into_iter().map(|path| Value {
        path: path.clone(),
        was: old.get(path).cloned(),
        now: new.get(path).cloned(),
    });
    values.filter(|v| v.was != v.now).collect()
}

/// Paths and values of all leaves; an empty object or array is a leaf.
fn leaves(value: &Json) -> Vec<(String, String)> {
    let mut out = Vec::new();
    walk(value, "signed", &mut out);
    out
}

/// A generated set of bins is one leaf: its parameters, which give all of it
/// again (DESIGN 6). No other value is written without quotes and in words, so
/// the line still stands for one value alone.
fn generated(value: &Json) -> Option<String> {
    // Cheap first: few files have delegations, and few of those a set.
    value.get("roles")?.as_array().filter(|roles| roles.len() > 1)?;
    let delegations = Delegations::from_json(value, "delegations").ok()?;
    Some(format!(
        "generated: {}",
        Bins::recognise(&delegations)?.describe()
    ))
}

fn walk(value: &Json, at: &str, out: &mut Vec<(String, String)>) {
    match value {
        Json::Object(map) if !map.is_empty() => {
            let bins = (at == "signed.delegations").then(|| generated(value)).flatten();
            for (key, value) in map {
                let at = format!("{at}{}", segment(key));
                match &bins {
                    Some(bins) if key == "roles" => out.push((at, bins.clone())),
                    _ => walk(value, &at, out),
                }
            }
        }
        Json::Array(items) if !items.is_empty() => {
            for (i, item) in items.iter().enumerate() {
                walk(item, &format!("{at}[{i}]"), out);
            }
        }
        Json::Str(text) => out.push((at.to_owned(), quoted(text))),
        plain => out.push((at.to_owned(), plain.line())),
    }
}

fn segment(key: &str) -> String {
    let plain = !key.is_empty()
        && key
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    if plain {
        format!(".{key}")
    } else {
        format!("[{}]", quoted(key))
    }
}

/// `shown` escapes the backslash, so `\"` can only be an escaped quote.
fn quoted(text: &str) -> String {
    format!("\"{}\"", shown(text, usize::MAX).replace('"', "\\\""))
}
