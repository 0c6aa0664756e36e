//! What the commands print: the only place that writes to standard output and
//! error. A closed pipe is no reason to panic.

use std::io::Write;

use crate::fault::Code;

/// A line (or several) of output.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A line (or several) on standard error.
pub(super) fn complain(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
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
