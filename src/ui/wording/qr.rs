//! What stands beside a QR code: what it is, what it is for, which digest that is,
//! and how much room it needs where it has none.

/// The bytes that are read, or about to be signed.
#[must_use]
pub fn payload(file: &str) -> String {
    format!("The payload of {file}")
}

/// What it is for.
pub const PAYLOAD: &str =
    "The code holds the SHA-256 of the bytes to be signed, for a machine that has the same draft.";
/// Title.
pub const CHECKPOINT_TITLE: &str = "The newest checkpoint";
/// What it is for.
pub const CHECKPOINT: &str = "The code holds the signed note: record, size, Merkle root, the log's signature. Whoever keeps it can show later that nothing before it was changed.";
/// Title.
pub const REQUEST_TITLE: &str = "What a witness is asked";
/// What it is for.
pub const REQUEST: &str = "The code holds a request to cosign the newest checkpoint, for a witness that has seen nothing of this record yet. For another witness run: tuf-ceremony witness request";
/// What it is for.
pub const HEAD: &str =
    "The code holds the SHA-256 of the record's last line. It names all lines before it, too.";

/// Title.
#[must_use]
pub fn head(lines: u64) -> String {
    format!("The record's last line: line {lines}")
}

/// Above the digest.
pub const OF_PAYLOAD: &str = "SHA-256 of the bytes to be signed, and its 32 words:";
/// Above the digest.
pub const OF_ROOT: &str = "The checkpoint's Merkle root, and its 32 words:";
/// Above the digest.
pub const OF_LINE: &str = "SHA-256 of the line, and its 32 words:";

/// Above what the code holds, letter by letter.
pub const AS_TEXT: &str = "The same as text:";

/// A word of a digest with its number, as paper and questions have it.
#[must_use]
pub fn numbered(words: &[&str]) -> String {
    let each = (1usize..).zip(words);
    // No blank between them: a line must not end in a number.
    let each: Vec<String> = each.map(|(number, word)| format!("{number}.{word}")).collect();
    each.join(" ")
}

/// Nothing may be shown.
pub const NOTHING: &str = "There is no code now.";

/// Below.
#[must_use]
pub fn which(number: usize, of: usize) -> String {
    format!("Code {number} of {of}.")
}

/// The terminal is too small.
#[must_use]
pub fn no_room(columns: usize, rows: usize, size: (u16, u16)) -> String {
    if columns == 0 {
        return "No QR code holds so many bytes.".to_owned();
    }
    format!(
        "No room for this QR code: it needs {columns} x {rows}, this terminal has {} x {}. A smaller font gives more.",
        size.0, size.1
    )
}
