//! Frames on the pipe between us and a worker: four bytes of length, most
//! significant first, then at most 64 KiB. A length is looked at before a byte
//! is reserved for it (V29, V30). Secrets have frames of their own, which are
//! read into a fixed buffer that is wiped.

use std::io::{self, Read, Write};

use zeroize::Zeroizing;

use crate::base::{Secret, secret};

/// Longest frame, in bytes.
pub(crate) const FRAME_MAX: usize = 64 * 1024;

/// Why no frame could be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Broken {
    /// The other side has closed the pipe, or the pipe broke.
    Ended,
    /// The other side announced more than a frame can hold.
    TooLong(u32),
}

/// Writes one frame.
pub(crate) fn write(out: &mut impl Write, body: &[u8]) -> io::Result<()> {
    let len = u32::try_from(body.len())
        .ok()
        .filter(|_| body.len() <= FRAME_MAX)
        .ok_or_else(|| io::Error::other("a frame would be too long"))?;
    out.write_all(&len.to_be_bytes())?;
    // Straight from its buffer to the pipe: a secret is copied nowhere on the way.
    out.write_all(body)?;
    out.flush()
}

/// Reads one frame.
pub(crate) fn read(input: &mut impl Read) -> Result<Vec<u8>, Broken> {
    let len = length(input, FRAME_MAX)?;
    let mut body = vec![0; len];
    input.read_exact(&mut body).map_err(|_| Broken::Ended)?;
    Ok(body)
}

/// Reads one frame that holds a secret.
pub(crate) fn read_secret(input: &mut impl Read) -> Result<Secret, Broken> {
    let len = length(input, secret::CAPACITY)?;
    let mut buffer = Zeroizing::new([0u8; secret::CAPACITY]);
    let room = buffer.get_mut(..len).ok_or(Broken::Ended)?;
    input.read_exact(room).map_err(|_| Broken::Ended)?;
    Secret::copy_of(room).map_err(|_| Broken::Ended)
}

fn length(input: &mut impl Read, max: usize) -> Result<usize, Broken> {
    let mut head = [0; 4];
    input.read_exact(&mut head).map_err(|_| Broken::Ended)?;
    let announced = u32::from_be_bytes(head);
    usize::try_from(announced)
        .ok()
        .filter(|len| *len <= max)
        .ok_or(Broken::TooLong(announced))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_comes_back_and_a_long_or_cut_one_does_not() {
        let mut pipe = Vec::new();
        write(&mut pipe, b"hello").unwrap();
        assert_eq!(read(&mut pipe.as_slice()).unwrap(), b"hello");
        for cut in 0..pipe.len() {
            assert_eq!(read(&mut &pipe[..cut]), Err(Broken::Ended));
        }
        assert_eq!(
            read(&mut [0, 1, 0, 1, 9].as_slice()),
            Err(Broken::TooLong(65_537))
        );
        assert_eq!(read(&mut [0xff; 9].as_slice()), Err(Broken::TooLong(u32::MAX)));
        assert!(write(&mut Vec::new(), &[0; FRAME_MAX + 1]).is_err());
        let mut pipe = Vec::new();
        write(&mut pipe, &[b'x'; 129]).unwrap();
        assert!(matches!(
            read_secret(&mut pipe.as_slice()),
            Err(Broken::TooLong(129))
        ));
    }
}
