//! Signed notes (C2SP signed-note): a text and lines of signatures under it,
//! all of it readable with `cat` and verifiable without this program.
//! Approvals and checkpoints are notes. Strict on purpose: a note that this
//! file would not have written itself is refused, so that one note has one
//! spelling. Lines of keys that a reader does not know are carried.

mod vkey;

use std::fmt;

use data_encoding::BASE64;

use crate::base::shown;

pub use vkey::{NotAVkey, SignatureType, Vkey, cosigned, name_is_good};

/// The longest note in bytes.
pub const MAX_BYTES: usize = 1 << 20;
/// The most signature lines; the specification asks for at least 16.
pub const MAX_SIGNATURES: usize = 64;
/// What a signature line starts with: an em dash and a space.
const DASH: &str = "\u{2014} ";

/// A text that ends with LF, and its signature lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<Line>,
}

/// One signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    name: String,
    key_id: [u8; 4],
    signature: Vec<u8>,
}

/// Why bytes are not a signed note, or why a line may not join one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Too many bytes.
    #[error("expected a note of at most {MAX_BYTES} bytes, got {0}")]
    TooLong(usize),
    /// Not UTF-8.
    #[error("expected UTF-8, got something else at byte {0}")]
    NotUtf8(usize),
    /// The text is empty, has no final LF or holds control characters.
    #[error("expected a text that ends with LF and has no other control character, got {0}")]
    Text(String),
    /// No blank line followed by signature lines.
    #[error("expected a text, a blank line and at least one signature line")]
    NoSignatures,
    /// Too many signature lines.
    #[error("expected at most {MAX_SIGNATURES} signature lines, got {0}")]
    TooManySignatures(usize),
    /// A line under the blank line has another form.
    #[error("expected `\u{2014} name base64(key id and signature)`, got {0}")]
    Line(String),
    /// Two lines of the same key.
    #[error("expected one signature line of {0}, got two")]
    Twice(String),
    /// The signature is not this key's over this text.
    #[error("expected a signature of {0} over this text, got one that does not verify")]
    Wrong(String),
}

impl Note {
    /// A note that nobody has signed yet.
    ///
    /// # Errors
    /// [`NoteError::Text`] or [`NoteError::TooLong`].
    pub fn new(text: &str) -> Result<Note, NoteError> {
        if text.len() > MAX_BYTES {
            return Err(NoteError::TooLong(text.len()));
        }
        // signed-note, Format: no control character below U+0020 but newline.
        let good = text.ends_with('\n') && text.chars().all(|c| c >= ' ' || c == '\n');
        if !good {
            return Err(NoteError::Text(shown(text, 60)));
        }
        Ok(Note {
            text: text.to_owned(),
            signatures: Vec::new(),
        })
    }

    /// A note with one signature, made by `sign` over the text's bytes.
    ///
    /// # Errors
    /// As [`Note::new`] and [`Note::sign_line`].
    pub fn signed(text: &str, vkey: &Vkey, sign: impl FnOnce(&[u8]) -> Vec<u8>) -> Result<Note, NoteError> {
        let mut note = Note::new(text)?;
        note.add(Note::sign_line(text, vkey, &sign(text.as_bytes()))?)?;
        Ok(note)
    }

    /// Reads a signed note.
    ///
    /// # Errors
    /// [`NoteError`]; also for a note in another spelling than [`Note`]'s own.
    pub fn parse(bytes: &[u8]) -> Result<Note, NoteError> {
        if bytes.len() > MAX_BYTES {
            return Err(NoteError::TooLong(bytes.len()));
        }
        let all = std::str::from_utf8(bytes).map_err(|e| NoteError::NotUtf8(e.valid_up_to()))?;
        // signed-note, Format: the last empty line parts the text from the signatures.
        let (head, lines) = all.rsplit_once("\n\n").ok_or(NoteError::NoSignatures)?;
        let mut note = Note::new(&format!("{head}\n"))?;
        let lines = lines.strip_suffix('\n').ok_or(NoteError::NoSignatures)?;
        for line in lines.split('\n') {
            note.add(Line::parse(line)?)?;
        }
        Ok(note)
    }

    /// The signature line of `vkey` over `text`, once it has been verified.
    ///
    /// # Errors
    /// [`NoteError::Wrong`] when the signature does not verify.
    pub fn sign_line(text: &str, vkey: &Vkey, signature: &[u8]) -> Result<Line, NoteError> {
        if !vkey.verifies(text, signature) {
            return Err(NoteError::Wrong(vkey.name().to_owned()));
        }
        Ok(Line {
            name: vkey.name().to_owned(),
            key_id: vkey.id(),
            signature: signature.to_vec(),
        })
    }

    /// Adds a signature line. The line is not verified here: a note carries
    /// lines of keys that its reader does not know.
    ///
    /// # Errors
    /// [`NoteError::Twice`] or [`NoteError::TooManySignatures`].
    pub fn add(&mut self, line: Line) -> Result<(), NoteError> {
        let twice = |l: &Line| l.name == line.name && l.key_id == line.key_id;
        if self.signatures.iter().any(twice) {
            return Err(NoteError::Twice(line.name));
        }
        if self.signatures.len() >= MAX_SIGNATURES {
            return Err(NoteError::TooManySignatures(
                self.signatures.len().saturating_add(1),
            ));
        }
        self.signatures.push(line);
        Ok(())
    }

    /// The line in the name of this key; whether it is the key's, only its
    /// signature shows.
    #[must_use]
    pub fn line_of(&self, vkey: &Vkey) -> Option<&Line> {
        // signed-note, Signatures: name and key id together name the key.
        let named = |l: &&Line| l.name == vkey.name() && l.key_id == vkey.id();
        self.signatures.iter().find(named)
    }

    /// Whether `vkey` signed this text. Lines of other keys say nothing.
    #[must_use]
    pub fn verified_by(&self, vkey: &Vkey) -> bool {
        self.line_of(vkey)
            .is_some_and(|l| vkey.verifies(&self.text, &l.signature))
    }

    /// The text, with its final LF: exactly what is signed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The signature lines, in order.
    #[must_use]
    pub fn signatures(&self) -> &[Line] {
        &self.signatures
    }
}

/// The note's one spelling. Without signatures: the text and a blank line,
/// which [`Note::parse`] refuses.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for line in &self.signatures {
            writeln!(f, "{line}")?;
        }
        Ok(())
    }
}

impl Line {
    /// Reads one signature line, without its LF: how a witness answers.
    ///
    /// # Errors
    /// [`NoteError::Line`].
    pub fn parse(text: &str) -> Result<Line, NoteError> {
        let wrong = || NoteError::Line(shown(text, 60));
        let (name, base64) = text
            .strip_prefix(DASH)
            .and_then(|rest| rest.split_once(' '))
            .ok_or_else(wrong)?;
        let blob = BASE64.decode(base64.as_bytes()).map_err(|_| wrong())?;
        let (key_id, signature) = blob.split_first_chunk::<4>().ok_or_else(wrong)?;
        if !name_is_good(name) || signature.is_empty() {
            return Err(wrong());
        }
        Ok(Line {
            name: name.to_owned(),
            key_id: *key_id,
            signature: signature.to_vec(),
        })
    }

    /// The key's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key's id: a hint, never a proof.
    #[must_use]
    pub fn key_id(&self) -> [u8; 4] {
        self.key_id
    }

    /// The signature's bytes, in the form of the key's type.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let blob = [self.key_id.as_slice(), &self.signature].concat();
        write!(f, "{DASH}{} {}", self.name, BASE64.encode(&blob))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of golang.org/x/mod/sumdb/note, which the specification grew from.
    const EXAMPLE: &str = include_str!("../../tests/vectors/note/peter-neumann.note");
    const VKEY: &str = include_str!("../../tests/vectors/note/peter-neumann.vkey");

    fn vkey() -> Vkey {
        Vkey::parse(VKEY.trim_end()).unwrap()
    }

    #[test]
    fn the_published_example_verifies_and_is_written_back() {
        let note = Note::parse(EXAMPLE.as_bytes()).unwrap();
        assert!(note.verified_by(&vkey()));
        assert_eq!(note.to_string(), EXAMPLE);
        let line = note.signatures().first().unwrap();
        let again = Note::signed(note.text(), &vkey(), |_| line.signature().to_vec()).unwrap();
        assert_eq!(again, note);
        let other = Note::signed("another text\n", &vkey(), |_| line.signature().to_vec());
        assert_eq!(other, Err(NoteError::Wrong("PeterNeumann".to_owned())));
    }

    #[test]
    fn openssl_signed_this_one() {
        // Made once with `openssl genpkey` and `openssl pkeyutl -sign -rawin`; see its .md.
        let note = Note::parse(include_bytes!("../../tests/vectors/note/openssl.note")).unwrap();
        let vkey = Vkey::parse(include_str!("../../tests/vectors/note/openssl.vkey").trim_end()).unwrap();
        assert!(note.verified_by(&vkey));
        assert!(note.text().contains("\n\n"), "an empty line in the text");
        assert!(!Note::parse(EXAMPLE.as_bytes()).unwrap().verified_by(&vkey));
    }

    #[test]
    fn every_changed_byte_is_refused_or_does_not_verify() {
        let vkey = vkey();
        for i in 0..EXAMPLE.len() {
            for mask in [1, 0x20, 0x80] {
                let mut bytes = EXAMPLE.as_bytes().to_vec();
                bytes[i] ^= mask;
                assert!(
                    !Note::parse(&bytes).is_ok_and(|n| n.verified_by(&vkey)),
                    "byte {i}"
                );
            }
            assert!(Note::parse(&EXAMPLE.as_bytes()[..i]).is_err(), "cut at {i}");
        }
    }

    #[test]
    fn refuses_what_it_would_not_write() {
        let line = EXAMPLE.lines().last().unwrap();
        let sig = line.rsplit(' ').next().unwrap();
        for (sin, text) in [
            ("no text", format!("\n{line}\n")),
            ("no signature", "text\n\n".to_owned()),
            ("no blank line", format!("text\n{line}\n")),
            ("no final LF", format!("text\n\n{line}")),
            ("a blank line at the end", format!("text\n\n{line}\n\n")),
            ("the same key twice", format!("text\n\n{line}\n{line}\n")),
            ("a tab", format!("te\txt\n\n{line}\n")),
            ("CRLF", format!("text\r\n\n{line}\n")),
            ("a hyphen", format!("text\n\n- PeterNeumann {sig}\n")),
            ("a plus in the name", format!("text\n\n\u{2014} Peter+N {sig}\n")),
            ("no name", format!("text\n\n\u{2014}  {sig}\n")),
            (
                "a name beyond ASCII",
                format!("text\n\n\u{2014} P\u{e9}ter {sig}\n"),
            ),
            ("a space at the end", format!("text\n\n{line} \n")),
            (
                "base64 without padding",
                format!("text\n\n{}\n", line.trim_end_matches('=')),
            ),
            ("a key id alone", "text\n\n\u{2014} Peter x08goA==\n".to_owned()),
        ] {
            assert!(Note::parse(text.as_bytes()).is_err(), "{sin}");
        }
        assert!(Note::parse(b"te\xffxt\n\n").is_err(), "not UTF-8");
        assert!(Note::parse(&vec![b'\n'; MAX_BYTES + 1]).is_err(), "too long");
    }

    #[test]
    fn the_same_name_with_another_id_says_nothing() {
        let mut note = Note::new("text\n").unwrap();
        for i in 0..u8::try_from(MAX_SIGNATURES).unwrap() {
            note.add(Line {
                name: "PeterNeumann".to_owned(),
                key_id: [0, 0, 0, i],
                signature: vec![1; 64],
            })
            .unwrap();
        }
        assert!(!note.verified_by(&vkey()));
        assert_eq!(Note::parse(note.to_string().as_bytes()).unwrap(), note);
        let more = Line {
            name: "x".to_owned(),
            key_id: [0; 4],
            signature: vec![1],
        };
        assert!(note.add(more).is_err());
    }
}
