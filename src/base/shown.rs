//! Text that people see. Untrusted text (a label from a token, a name in a
//! file) must neither drive the terminal nor deceive the eye: printable ASCII
//! passes, everything else becomes `\u{XXXX}` (threats T18, V22-V24). ratatui
//! is not a sanitizer, so this is the one gate that screens and records use.

use std::fmt;

/// `text` as printable ASCII, at most `max` characters of the original; what
/// is cut is said, never dropped in silence.
#[must_use]
pub fn shown(text: &str, max: usize) -> String {
    let mut out = String::with_capacity(text.len());
    let total = text.chars().count();
    for c in text.chars().take(max) {
        push_shown(&mut out, c);
    }
    if total > max {
        out.push_str(&format!("... ({} more)", total.saturating_sub(max)));
    }
    out
}

/// A count in words: `1 file`, `2 files`.
#[must_use]
pub fn counted<N: fmt::Display + PartialEq + From<u8>>(count: N, one: &str) -> String {
    let end = if count == N::from(1) { "" } else { "s" };
    format!("{count} {one}{end}")
}

/// A text of the system without the folders of this machine, whose names are often a
/// user's: of each absolute path the last name is left.
#[must_use]
pub fn without_folders(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(c) = rest.chars().next() {
        let path = match c {
            '/' if !before.is_alphanumeric() && !matches!(before, '/' | ':' | '.' | '-' | '_') => {
                let end = rest.find(ENDS_A_PATH).unwrap_or(rest.len());
                rest.get(..end).unwrap_or_default()
            }
            _ => "",
        };
        if path.len() > 1 {
            let name = path.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
            out.push_str(".../");
            out.push_str(name);
            before = '/';
            rest = rest.get(path.len()..).unwrap_or_default();
        } else {
            out.push(c);
            before = c;
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
    }
    out
}

/// Where a path in a sentence is over; a name with a blank in it loses its end.
const ENDS_A_PATH: [char; 10] = [' ', '\t', '"', '\'', '`', ':', ';', ',', ')', '>'];

/// Bytes from a device: UTF-8 where it is, each stray byte as `\x..`.
#[must_use]
pub fn shown_bytes(bytes: &[u8], max: usize) -> String {
    let mut out = String::new();
    for chunk in bytes.utf8_chunks() {
        out.push_str(&shown(chunk.valid(), max));
        for byte in chunk.invalid() {
            out.push_str(&format!("\\x{byte:02x}"));
        }
    }
    out
}

/// The belt for a finished line, whose parts passed [`shown`] where they are others':
/// what is not printable ASCII is spelled out, line breaks too, and backslashes stay,
/// so that nothing is escaped twice.
#[must_use]
pub fn line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' => out.push(c),
            _ => push_shown(&mut out, c),
        }
    }
    out
}

/// Whether [`shown`] would leave the text as it is.
#[must_use]
pub fn is_plain(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' '..='~') && c != '\\')
}

fn push_shown(out: &mut String, c: char) {
    match c {
        '\\' => out.push_str("\\\\"),
        ' '..='~' => out.push(c),
        _ => out.push_str(&format!("\\u{{{:04x}}}", u32::from(c))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_printable_ascii_comes_out() {
        let hostile = "a\u{1b}[2Jb\u{9b}31m\u{202e}cba\u{200b}\u{7f}\r\né\u{e000}";
        let out = shown(hostile, 1000);
        assert!(out.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{out}");
        assert!(out.contains("\\u{001b}") && out.contains("\\u{202e}"));
        assert!(shown_bytes(&[0xff, b'a', 0x00], 10) == "\\xffa\\u{0000}");
    }

    #[test]
    fn a_finished_line_is_escaped_once() {
        let part = shown("a\u{202e}", 10);
        assert_eq!(line(&format!("got {part}")), "got a\\u{202e}");
        assert_eq!(line("one\ntwo\u{feff}"), "one\\u{000a}two\\u{feff}");
    }

    #[test]
    fn different_texts_never_look_the_same() {
        // The backslash is escaped too, so an escape cannot be forged in plain text.
        assert_ne!(shown("\u{1b}", 10), shown("\\u{001b}", 20));
        assert!(shown(&"x".repeat(50), 10).ends_with("(40 more)"));
    }
}
