//! A frame: `command u8 | length u16 | data`, big endian; a response carries
//! `command | 0x80`, an error is `7F 00 01 code`. And the reader of a
//! command's arguments, which says `wrong length` where they end too soon.

use crate::codes::Code;

/// The largest frame of this firmware, in bytes.
#[must_use]
pub fn max_frame(firmware: (u8, u8, u8)) -> usize {
    if firmware >= (2, 4, 0) { 3136 } else { 2048 }
}

/// The longest data of a command inside a session: what is left of a frame less
/// its header, session, padding and MAC.
#[must_use]
pub fn max_inner_data(firmware: (u8, u8, u8)) -> usize {
    max_frame(firmware) - 27
}

/// Splits a frame into its command and data.
///
/// # Errors
/// `WrongLength` where the length field and the bytes disagree.
pub fn split(frame: &[u8]) -> Result<(u8, &[u8]), Code> {
    let [command, high, low, data @ ..] = frame else {
        return Err(Code::WrongLength);
    };
    if usize::from(u16::from_be_bytes([*high, *low])) != data.len() {
        return Err(Code::WrongLength);
    }
    Ok((*command, data))
}

/// A frame of `command` (already with 0x80 for a response).
#[must_use]
pub fn join(command: u8, data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
    let mut frame = vec![command];
    frame.extend_from_slice(&length.to_be_bytes());
    frame.extend_from_slice(data);
    frame
}

/// An error frame.
#[must_use]
pub fn error(code: u8) -> Vec<u8> {
    vec![0x7f, 0, 1, code]
}

/// The arguments of a command, read from the front.
#[derive(Debug, Clone, Copy)]
pub struct Args<'a>(pub &'a [u8]);

impl<'a> Args<'a> {
    /// The next `length` bytes.
    ///
    /// # Errors
    /// `WrongLength` where fewer are left; so for all readers here.
    pub fn take(&mut self, length: usize) -> Result<&'a [u8], Code> {
        let (head, tail) = self.0.split_at_checked(length).ok_or(Code::WrongLength)?;
        self.0 = tail;
        Ok(head)
    }

    /// The next `N` bytes as an array.
    ///
    /// # Errors
    /// See [`Args::take`].
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], Code> {
        self.take(N)?.try_into().map_err(|_| Code::WrongLength)
    }

    /// One byte.
    ///
    /// # Errors
    /// See [`Args::take`].
    pub fn u8(&mut self) -> Result<u8, Code> {
        Ok(self.array::<1>()?[0])
    }

    /// A big-endian 16-bit number.
    ///
    /// # Errors
    /// See [`Args::take`].
    pub fn u16(&mut self) -> Result<u16, Code> {
        Ok(u16::from_be_bytes(self.array()?))
    }

    /// A big-endian 64-bit number.
    ///
    /// # Errors
    /// See [`Args::take`].
    pub fn u64(&mut self) -> Result<u64, Code> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    /// All that is left.
    pub fn rest(&mut self) -> &'a [u8] {
        std::mem::take(&mut self.0)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// `WrongLength` where something is.
    pub fn end(self) -> Result<(), Code> {
        if self.0.is_empty() {
            Ok(())
        } else {
            Err(Code::WrongLength)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_survives_its_round_trip_and_a_lying_length_does_not() {
        let frame = join(0x56, b"abc");
        assert_eq!(frame, [0x56, 0, 3, b'a', b'b', b'c']);
        assert_eq!(split(&frame), Ok((0x56, &b"abc"[..])));
        assert_eq!(split(&frame[..5]), Err(Code::WrongLength));
        assert_eq!(split(&[0x56, 0]), Err(Code::WrongLength));
    }

    #[test]
    fn the_session_limit_is_the_documented_eddsa_limit_plus_the_key_id() {
        assert_eq!(max_inner_data((2, 2, 0)), 2019 + 2);
        assert!(max_inner_data((2, 4, 0)) > 3000);
    }
}
