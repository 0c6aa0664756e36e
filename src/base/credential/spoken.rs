//! A made credential on its way to paper and back: shown in groups of four,
//! typed back with or without the separators. Buffers are fixed and wiped.

use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::base::Secret;
use crate::base::secret::CAPACITY;

/// Characters in a group.
pub const GROUP: usize = 4;

/// A credential in groups, to be drawn and dropped.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Grouped {
    bytes: Box<[u8; CAPACITY * 2]>,
    len: usize,
}

impl Grouped {
    /// An empty buffer.
    #[must_use]
    pub fn new() -> Grouped {
        Grouped {
            bytes: Box::new([0; CAPACITY * 2]),
            len: 0,
        }
    }

    /// What is in it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.bytes.get(..self.len).unwrap_or(&[]);
        std::str::from_utf8(bytes).unwrap_or("")
    }

    fn push(&mut self, c: char) {
        let end = self.len.saturating_add(c.len_utf8());
        if let Some(room) = self.bytes.get_mut(self.len..end) {
            c.encode_utf8(room);
            self.len = end;
        }
    }
}

impl Default for Grouped {
    fn default() -> Grouped {
        Grouped::new()
    }
}

impl std::fmt::Debug for Grouped {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Grouped(not shown)")
    }
}

/// Writes a credential in groups of four with a hyphen between them. The hyphens
/// are for the eye and the voice: they are no part of the credential.
pub fn grouped(secret: &Secret, out: &mut Grouped) {
    out.zeroize();
    let text = std::str::from_utf8(secret.expose()).unwrap_or("");
    for (place, c) in text.chars().enumerate() {
        if place > 0 && place.is_multiple_of(GROUP) {
            out.push('-');
        }
        out.push(c);
    }
}

/// Whether what was typed back is the credential that was made. Blanks and
/// hyphens do not count, nor do capitals: the alphabets here have lower case
/// only. Only for made credentials, never for one that a person thought of. The
/// time depends on where separators are, not on what the characters are.
#[must_use]
pub fn same_as_typed(made: &Secret, typed: &Secret) -> bool {
    plain(made).same_as(&plain(typed))
}

/// A typed credential without blanks and hyphens, in lower case: what a device
/// gets when a made credential is typed in.
#[must_use]
pub fn plain(typed: &Secret) -> Secret {
    let mut bytes = Zeroizing::new([0u8; CAPACITY]);
    let mut len = 0usize;
    for byte in typed.expose() {
        let separator = matches!(byte, b' ' | b'-');
        // Written in any case and overwritten by the next: no branch on the character.
        if let Some(place) = bytes.get_mut(len) {
            *place = if separator { 0 } else { lower(*byte) };
        }
        len = len.saturating_add(usize::from(!separator));
    }
    // It is never longer than what was typed.
    Secret::copy_of(bytes.get(..len).unwrap_or(&[])).unwrap_or_default()
}

/// Lower case without a branch on the byte.
fn lower(byte: u8) -> u8 {
    byte | (u8::from(byte.is_ascii_uppercase()) << 5)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> Secret {
        Secret::copy_of(text.as_bytes()).unwrap()
    }

    #[test]
    fn groups_are_for_the_eye_only() {
        let mut out = Grouped::new();
        for (made, shown) in [
            ("", ""),
            ("abcd", "abcd"),
            ("abcde", "abcd-e"),
            ("abcdefgh3", "abcd-efgh-3"),
        ] {
            grouped(&secret(made), &mut out);
            assert_eq!(out.as_str(), shown);
        }
        assert_eq!(format!("{out:?}"), "Grouped(not shown)");
        grouped(&secret(&"x".repeat(CAPACITY)), &mut out);
        assert_eq!(out.as_str().len(), CAPACITY + CAPACITY / GROUP - 1);
        out.zeroize();
        assert!(out.bytes.iter().all(|b| *b == 0));
    }

    #[test]
    fn typing_back_forgives_groups_and_capitals_and_nothing_else() {
        let made = secret("abcdefgh3");
        for good in ["abcdefgh3", "abcd-efgh-3", "ABCD efgh 3", " abcd--efgh 3 "] {
            assert!(same_as_typed(&made, &secret(good)), "{good}");
        }
        for bad in [
            "abcdefgh4",
            "abcdefgh",
            "abcdefgh33",
            "",
            "abcd_efgh_3",
            "abcd.efgh.3",
        ] {
            assert!(!same_as_typed(&made, &secret(bad)), "{bad}");
        }
        assert_eq!(plain(&secret("KM-x 9É")).expose(), "kmx9É".as_bytes());
    }
}
