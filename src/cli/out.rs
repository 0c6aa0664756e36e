//! What the commands print: the only place that writes to standard output and
//! error. A closed pipe is no reason to panic. Whoever builds a line escapes what is
//! others' in it (`base::shown`); this is the belt: what is not printable ASCII is
//! spelled out here at the latest, so that no text drives a terminal (threat T18).

use std::borrow::Cow;
use std::io::Write;

use crate::fault::Code;

/// A line (or several) of output.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{}", belt(text));
}

/// A text of the program's own making that has tabs, or is for another program.
pub(super) fn say_raw(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A signed note, for another program: its signature lines begin with a dash that is
/// not ASCII, and have to stay as they are.
pub(super) fn note(text: &str) {
    let plain = |line: &str| is_plain(line.strip_prefix('\u{2014}').unwrap_or(line));
    if text.lines().all(plain) {
        say_raw(text);
    } else {
        say(text);
    }
}

/// A line (or several) on standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{}", belt(text));
}

/// Nothing but printable ASCII and line ends.
fn is_plain(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'\n' | b' '..=b'~'))
}

fn belt(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\n' | ' '..='~' => out.push(c),
            _ => out.push_str(&format!("\\u{{{:04x}}}", u32::from(c))),
        }
    }
    Cow::Owned(out)
}

/// A card on standard error, with what was found.
pub(super) fn card(code: Code, found: &str) {
    card_with(code, found, code.card().remedy);
}

/// A card whose remedy is that of the case.
pub(super) fn card_with(code: Code, found: &str, remedy: &str) {
    let card = code.card();
    complain(&format!("error[{}]: {}", code.as_str(), card.fact));
    if !found.is_empty() {
        complain(&format!("  found     {found}"));
    }
    complain(&format!("  meaning   {}", card.meaning));
    complain(&format!("  changed?  {}", card.changed));
    complain(&format!("  do        {remedy}"));
}
