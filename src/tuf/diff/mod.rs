//! The review text of a payload: what a person reads before approving it.
//! It is made here, independent of any screen's width and clock, and recorded
//! with the engine's version (DESIGN section 6). Two halves: what the change
//! means, then every value. The second half is total: different canonical
//! bytes give different lines (law 4, threats T01, V20, V21).

mod marks;
mod online;
mod root;
mod targets;
mod values;

pub use marks::review_marks;
pub use values::Value;
pub(super) use values::values;

use super::canonical::canonical;
use super::compose::{Draft, Form};
use super::delegations::Scope;
use super::metadata::{Common, Signed};
use super::warning::{Warning, warnings};
use crate::base::{Digest, Json};

/// The review text of `signed`, against the metadata it replaces, if there is
/// any. Lines of printable ASCII, of any length; `ui` wraps them.
#[must_use]
pub fn review(signed: &Json, trusted: Option<&Json>) -> Vec<String> {
    let mut lines = meaning(signed, trusted);
    let bytes = canonical(signed);
    lines.push(format!("bytes to sign: {}", bytes.len()));
    lines.push(format!("SHA-256 of them: {}", Digest::of(&bytes).grouped()));
    lines.push(String::new());
    lines.extend(values::section(signed, trusted));
    lines
}

/// The review text of a draft. Which delegated role a file is for stands in its
/// name alone, not in the bytes to sign, so it is said first; `parent` is what
/// the delegating role may sign for, if that is at hand.
#[must_use]
pub fn review_of(draft: &Draft, trusted: Option<&Json>, parent: Option<&Scope>) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(name) = &draft.name {
        lines.push(format!("delegated role {name}: file {}", draft.file_name()));
    }
    if draft.form == Form::Compact {
        lines.push("file without blanks; the bytes to sign are the same in any layout".to_owned());
    }
    if let (Some(parent), Ok(Signed::Targets(targets))) = (parent, Signed::from_json(&draft.signed)) {
        let found = targets.delegations.iter().flat_map(|d| warnings(d, Some(parent)));
        let found = found.filter(|w| matches!(w, Warning::Unreachable { .. }));
        lines.extend(found.map(|w| format!("NOTE [{}] {w}", w.code())));
    }
    lines.extend(review(&draft.signed, trusted));
    lines
}

fn meaning(signed: &Json, trusted: Option<&Json>) -> Vec<String> {
    let new = match Signed::from_json(signed) {
        Ok(new) => new,
        Err(refused) => return vec![format!("NOT ACCEPTABLE [{}]: {refused}", refused.code())],
    };
    let old = match trusted.map(Signed::from_json) {
        None => None,
        Some(Ok(old)) if old.role() == new.role() => Some(old),
        Some(Ok(old)) => {
            return vec![format!("NOT COMPARABLE: {} against {}", new.role(), old.role())];
        }
        Some(Err(refused)) => {
            return vec![format!(
                "NOT COMPARABLE: the trusted one is refused [{}]: {refused}",
                refused.code()
            )];
        }
    };
    let mut lines = vec![title(&new, old.as_ref())];
    lines.extend(common(new.common(), old.as_ref().map(Signed::common)));
    match (&new, &old) {
        (Signed::Root(new), Some(Signed::Root(old))) => root::lines(new, Some(old), &mut lines),
        (Signed::Root(new), _) => root::lines(new, None, &mut lines),
        (Signed::Targets(new), Some(Signed::Targets(old))) => targets::lines(new, Some(old), &mut lines),
        (Signed::Targets(new), _) => targets::lines(new, None, &mut lines),
        (Signed::Snapshot(new), old) => {
            let old = old.as_ref().and_then(|o| match o {
                Signed::Snapshot(old) => Some(old),
                _ => None,
            });
            online::extras(&new.unrecognized, old.map(|o| &o.unrecognized), &mut lines);
            online::entries(&new.meta, old.map(|o| &o.meta), &mut lines);
        }
        (Signed::Timestamp(new), old) => {
            let old = old.as_ref().and_then(|o| match o {
                Signed::Timestamp(old) => Some(old),
                _ => None,
            });
            online::extras(&new.unrecognized, old.map(|o| &o.unrecognized), &mut lines);
            online::entry(
                "snapshot.json",
                &new.snapshot,
                old.map(|o| &o.snapshot),
                &mut lines,
            );
        }
    }
    lines
}

fn title(new: &Signed, old: Option<&Signed>) -> String {
    match old {
        None => format!("{} metadata, version {}, new", new.role(), new.version()),
        Some(old) => {
            // TUF 5.3.5 and 5.4.3.1: a version never goes back; a root's never jumps.
            let note = match old.version().checked_add(1) {
                Some(next) if next == new.version() => "",
                Some(next) if next < new.version() => ", NOT THE NEXT VERSION",
                _ => ", NOT A LATER VERSION",
            };
            format!(
                "{} metadata, version {} -> {}{note}",
                new.role(),
                old.version(),
                new.version()
            )
        }
    }
}

fn common(new: &Common, old: Option<&Common>) -> Vec<String> {
    let mut expires = format!("expires {}, a {}", new.expires, new.expires.weekday());
    if let Some(old) = old {
        // Whole days between two written dates, not from today: there is no clock here.
        let days = new.expires.since(old.expires).div_euclid(86_400);
        expires.push_str(&format!(
            " (was {}, a {}; {days:+} days)",
            old.expires,
            old.expires.weekday()
        ));
    }
    let spec = change(
        "spec_version",
        new.spec_version.as_str(),
        old.map(|o| o.spec_version.as_str()),
    );
    vec![expires, spec]
}

/// `name now` or `name now (was before)`.
fn change<T: std::fmt::Display + PartialEq>(name: &str, new: T, old: Option<T>) -> String {
    match old {
        Some(old) if old != new => format!("{name} {new} (was {old})"),
        _ => format!("{name} {new}"),
    }
}
