//! The calendar as iCalendar (RFC 5545): one event for each expiry, one for the
//! date of each offline role's ceremony, alarms 30 and 7 days before. The same
//! repository gives the same identities, so that a later import replaces the
//! event of a version and adds none beside it.

use super::{Calendar, Entry};
use crate::base::{Digest, Instant, shown};

/// RFC 5545 3.1: a line has at most 75 octets without its line break.
const FOLD: usize = 75;
/// Days before an event on which a calendar speaks up.
const ALARMS: [u32; 2] = [30, 7];

/// What an event is about; part of its identity.
#[derive(Clone, Copy)]
enum Kind {
    Expiry,
    Ceremony,
}

impl Calendar {
    /// The file: CRLF, folded, printable ASCII alone.
    #[must_use]
    pub fn ics(&self) -> String {
        let mut out = Lines(String::new());
        out.line("BEGIN:VCALENDAR");
        out.line("VERSION:2.0");
        out.line("PRODID:-//tuf-ceremony//calendar 1//EN");
        out.line("CALSCALE:GREGORIAN");
        for entry in &self.entries {
            if let Some(by) = entry.by {
                self.event(entry, Kind::Ceremony, by, &mut out);
            }
            self.event(entry, Kind::Expiry, entry.expires, &mut out);
        }
        out.line("END:VCALENDAR");
        out.0
    }

    fn event(&self, entry: &Entry, kind: Kind, at: Instant, out: &mut Lines) {
        let (name, version) = (entry.name(), entry.version);
        let summary = match kind {
            Kind::Expiry => format!("TUF {name} version {version} expires"),
            Kind::Ceremony => format!("TUF {name}: last day for the ceremony after version {version}"),
        };
        let opens = entry.opens.map(|opens| format!("Signing window opens {opens}. "));
        let about = format!(
            "Expires {}, a {}. Then: {}. {}{}. Origin {}.",
            entry.expires,
            entry.expires.weekday(),
            entry.consequence(),
            opens.unwrap_or_default(),
            entry.signing(),
            self.origin
        );
        out.line("BEGIN:VEVENT");
        out.line(&format!("UID:{}", self.uid(entry, kind)));
        out.line(&format!("DTSTAMP:{}", basic(self.at)));
        out.line(&format!("DTSTART:{}", basic(at)));
        out.line(&format!("SUMMARY:{}", escaped(&summary)));
        out.line(&format!("DESCRIPTION:{}", escaped(&about)));
        // Nobody is busy because a file expires.
        out.line("TRANSP:TRANSPARENT");
        for days in ALARMS {
            out.line("BEGIN:VALARM");
            out.line("ACTION:DISPLAY");
            out.line(&format!("TRIGGER:-P{days}D"));
            out.line(&format!(
                "DESCRIPTION:{}",
                escaped(&format!("In {days} days: {summary}"))
            ));
            out.line("END:VALARM");
        }
        out.line("END:VEVENT");
    }

    /// From origin, role, version and kind; the role's name as it stands, so that
    /// no two names share an identity because they look alike.
    fn uid(&self, entry: &Entry, kind: Kind) -> String {
        let kind: &[u8] = match kind {
            Kind::Expiry => b"expiry",
            Kind::Ceremony => b"ceremony",
        };
        let version = entry.version.to_string();
        Digest::of_parts(&[
            b"tuf-ceremony calendar v1\0",
            self.origin.as_bytes(),
            kind,
            b"\0",
            version.as_bytes(),
            b"\0",
            // Last: nothing that a name holds can pass for another part.
            entry.role.as_bytes(),
        ])
        .hex()
    }
}

/// `20270601T000000Z` (RFC 5545 3.3.5, form 2).
fn basic(at: Instant) -> String {
    at.to_string().replace(['-', ':'], "")
}

/// RFC 5545 3.3.11. Names are escaped to printable ASCII before, and so hold no line break.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    // What is printable stays; a backslash of `shown` is escaped like any other.
    let safe = match text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        true => text.to_owned(),
        false => shown(text, text.len()),
    };
    for c in safe.chars() {
        if matches!(c, '\\' | ';' | ',') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

struct Lines(String);

impl Lines {
    /// One content line, folded: CRLF and a blank that does not count (RFC 5545 3.1).
    fn line(&mut self, text: &str) {
        let mut used = 0_usize;
        for c in text.chars() {
            if used.saturating_add(c.len_utf8()) > FOLD {
                self.0.push_str("\r\n ");
                used = 1;
            }
            self.0.push(c);
            used = used.saturating_add(c.len_utf8());
        }
        self.0.push_str("\r\n");
    }
}
