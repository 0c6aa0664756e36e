//! PINs and passphrases. A secret is born in a fixed buffer, never grows (a
//! growing `Vec` leaves copies behind), is wiped on drop, and cannot be
//! printed, cloned, compared or serialised. Limits stated honestly: the
//! terminal driver, the kernel's tty buffer and a vendor module keep copies of
//! their own.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// The longest secret in bytes.
pub const CAPACITY: usize = 128;

/// A secret of at most [`CAPACITY`] bytes of UTF-8.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Secret {
    bytes: Box<[u8; CAPACITY]>,
    len: usize,
}

/// The character would not fit; the secret is unchanged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret holds at most {CAPACITY} bytes")]
pub struct Full;

impl Secret {
    /// An empty secret, to be typed into.
    #[must_use]
    pub fn new() -> Secret {
        Secret {
            bytes: Box::new([0; CAPACITY]),
            len: 0,
        }
    }

    /// Copies `bytes` in; the caller wipes its own copy.
    ///
    /// # Errors
    /// [`Full`] above [`CAPACITY`].
    pub fn copy_of(bytes: &[u8]) -> Result<Secret, Full> {
        let mut secret = Secret::new();
        secret
            .bytes
            .get_mut(..bytes.len())
            .ok_or(Full)?
            .copy_from_slice(bytes);
        secret.len = bytes.len();
        Ok(secret)
    }

    /// Adds one typed character.
    ///
    /// # Errors
    /// [`Full`]; nothing is added then.
    pub fn push(&mut self, c: char) -> Result<(), Full> {
        let end = self.len.checked_add(c.len_utf8()).ok_or(Full)?;
        let room = self.bytes.get_mut(self.len..end).ok_or(Full)?;
        c.encode_utf8(room);
        self.len = end;
        Ok(())
    }

    /// Takes the last typed character back and wipes its bytes.
    pub fn backspace(&mut self) {
        while self.len > 0 {
            self.len = self.len.saturating_sub(1);
            let Some(byte) = self.bytes.get_mut(self.len) else {
                return;
            };
            let was = *byte;
            *byte = 0;
            if was & 0xc0 != 0x80 {
                return; // the first byte of a UTF-8 character
            }
        }
    }

    /// Wipes what was typed.
    pub fn clear(&mut self) {
        self.bytes.zeroize();
        self.len = 0;
    }

    /// Whether nothing was typed. (The length itself is never shown.)
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Length in bytes, for a token's own minimum and maximum.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// The bytes, for the one call that uses them up.
    #[must_use]
    pub fn expose(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or(&[])
    }

    /// Whether both hold the same bytes, in time that depends on neither.
    #[must_use]
    pub fn same_as(&self, other: &Secret) -> bool {
        let mut diff = self.len ^ other.len;
        for (a, b) in self.bytes.iter().zip(other.bytes.iter()) {
            diff |= usize::from(a ^ b);
        }
        diff == 0
    }
}

impl Default for Secret {
    fn default() -> Self {
        Secret::new()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(not shown)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn typing_and_taking_back_leaves_nothing() {
        let mut s = Secret::new();
        for c in "pié".chars() {
            s.push(c).unwrap();
        }
        assert_eq!(s.expose(), "pié".as_bytes());
        s.backspace();
        assert_eq!(s.expose(), b"pi");
        assert!(s.bytes.iter().skip(2).all(|b| *b == 0), "the é was wiped");
        assert_eq!(format!("{s:?}"), "Secret(not shown)");
        s.clear();
        assert!(s.is_empty());
    }

    #[test]
    fn a_full_secret_refuses_and_keeps_what_it_has() {
        let mut s = Secret::copy_of(&[b'x'; CAPACITY]).unwrap();
        assert_eq!(s.push('y'), Err(Full));
        assert_eq!(s.len(), CAPACITY);
        assert!(Secret::copy_of(&[0; CAPACITY + 1]).is_err());
        let same = Secret::copy_of(&[b'x'; CAPACITY]).unwrap();
        assert!(s.same_as(&same));
        s.backspace();
        assert!(!s.same_as(&same));
    }
}
