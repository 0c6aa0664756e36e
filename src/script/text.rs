//! The text of a script before it is TOML: at most 64 KiB of UTF-8 with LF
//! lines and no character that the eye cannot see. People approve bytes by
//! reading them; what they cannot see must not be there (CVE-2021-42574).

use super::diagnostic::{Diagnostic, Diagnostics, position};

/// The largest script, in bytes.
pub const MAX_BYTES: usize = 64 * 1024;

/// The script as text, or what is wrong with its bytes.
pub(super) fn check(bytes: &[u8]) -> Result<&str, Diagnostics> {
    if bytes.len() > MAX_BYTES {
        return Err(one(
            1,
            1,
            "script-too-large",
            &format!("the script has {} bytes, the limit is {MAX_BYTES}", bytes.len()),
            "split the ceremony in two",
        ));
    }
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let good = bytes.get(..e.valid_up_to()).unwrap_or(&[]);
        let (line, column) = position(&String::from_utf8_lossy(good), good.len());
        one(
            line,
            column,
            "script-not-utf8",
            "a byte that is not UTF-8",
            "save the file as UTF-8",
        )
    })?;
    let found: Vec<Diagnostic> = text
        .char_indices()
        .filter(|(_, c)| is_hidden(*c))
        .map(|(offset, c)| {
            let (line, column) = position(text, offset);
            Diagnostic {
                line,
                column,
                code: "script-hidden-character",
                message: format!("U+{:04X} cannot be seen or reorders the text", u32::from(c)),
                help: if c == '\r' {
                    "save the file with LF line ends".to_owned()
                } else {
                    "delete the character".to_owned()
                },
            }
        })
        .collect();
    if found.is_empty() {
        Ok(text)
    } else {
        Err(Diagnostics(found))
    }
}

fn one(line: usize, column: usize, code: &'static str, message: &str, help: &str) -> Diagnostics {
    Diagnostics(vec![Diagnostic {
        line,
        column,
        code,
        message: message.to_owned(),
        help: help.to_owned(),
    }])
}

/// Controls (but LF), format and bidi characters, separators, private use,
/// variation selectors and tags.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202f}'
            | '\u{205f}'..='\u{206f}' | '\u{2000}'..='\u{200a}' | '\u{a0}' | '\u{3000}' | '\u{3164}'
            | '\u{e000}'..='\u{f8ff}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}'
            | '\u{fff0}'..='\u{ffff}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{10ffff}')
}
