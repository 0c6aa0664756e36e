//! Bytes of a terminal to key presses, in one small buffer that is wiped as it
//! is used up. Not crossterm's reader: that one keeps the last keys that were
//! typed in three buffers of its own, PINs among them, for as long as the
//! program runs (facts/security.md G33). Sequences: ECMA-48 as xterm, the Linux
//! console and vt220 send them.

use zeroize::{Zeroize, ZeroizeOnDrop};

/// Bytes that may wait: a long sequence, and type-ahead.
const ROOM: usize = 64;

/// One key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Press {
    /// A printable character.
    Char(char),
    /// A letter with Ctrl.
    Control(char),
    /// Enter.
    Enter,
    /// Backspace.
    Backspace,
    /// Tab.
    Tab,
    /// Escape.
    Esc,
    /// An arrow, upwards.
    Up,
    /// An arrow, downwards.
    Down,
    /// An arrow, to the left.
    Left,
    /// An arrow, to the right.
    Right,
    /// A page up.
    PageUp,
    /// A page down.
    PageDown,
    /// Home.
    Home,
    /// End.
    End,
    /// A function key by its number.
    F(u8),
}

/// What has been read and not yet understood.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct Keys {
    bytes: Box<[u8; ROOM]>,
    len: usize,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(not shown)")
    }
}

impl Default for Keys {
    fn default() -> Keys {
        Keys {
            bytes: Box::new([0; ROOM]),
            len: 0,
        }
    }
}

impl Keys {
    /// Where the next bytes are read to; never empty after [`Keys::next`] gave `None`.
    pub fn room(&mut self) -> &mut [u8] {
        self.bytes.get_mut(self.len..).unwrap_or_default()
    }

    /// `n` bytes were read into [`Keys::room`].
    pub fn filled(&mut self, n: usize) {
        self.len = self.len.saturating_add(n).min(ROOM);
    }

    /// Whether bytes wait that are the beginning of something.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The next key; what means nothing here is skipped. With `last` nothing more
    /// will come soon: a lone escape is the key.
    pub fn next(&mut self, last: bool) -> Option<Press> {
        while self.len > 0 {
            let (used, press) = decode(self.bytes.get(..self.len).unwrap_or(&[]), last)?;
            self.use_up(used);
            if press.is_some() {
                return press;
            }
        }
        None
    }

    fn use_up(&mut self, used: usize) {
        let used = used.clamp(1, self.len.max(1));
        self.bytes.copy_within(used.min(ROOM).., 0);
        self.len = self.len.saturating_sub(used);
        if let Some(behind) = self.bytes.get_mut(self.len..) {
            behind.zeroize();
        }
    }
}

/// Bytes used and the key, if it is one of ours; `None`: more bytes are needed.
fn decode(bytes: &[u8], last: bool) -> Option<(usize, Option<Press>)> {
    let (first, rest) = bytes.split_first()?;
    let one = |press| Some((1, Some(press)));
    match *first {
        0x1b => escape(rest, last),
        b'\r' => one(Press::Enter),
        b'\t' => one(Press::Tab),
        0x08 | 0x7f => one(Press::Backspace),
        control @ 0x01..=0x1a => one(Press::Control(char::from(control | 0x60))),
        0x00..=0x1f => Some((1, None)),
        printable @ 0x20..=0x7e => one(Press::Char(char::from(printable))),
        _ => character(bytes, last),
    }
}

fn character(bytes: &[u8], last: bool) -> Option<(usize, Option<Press>)> {
    for end in 2..=4 {
        let Some(part) = bytes.get(..end) else {
            break;
        };
        if let Some(c) = std::str::from_utf8(part).ok().and_then(|s| s.chars().next()) {
            // C1 controls come as two bytes and are no text.
            return Some((end, (!c.is_control()).then_some(Press::Char(c))));
        }
    }
    let begun = std::str::from_utf8(bytes).is_err_and(|e| e.valid_up_to() == 0 && e.error_len().is_none());
    if begun && !last { None } else { Some((1, None)) }
}

fn escape(rest: &[u8], last: bool) -> Option<(usize, Option<Press>)> {
    match rest {
        [] if last => Some((1, Some(Press::Esc))),
        [] | [b'O'] | [b'[', b'['] if !last => None,
        [b'O', key, ..] => Some((3, ss3(*key))),
        // The Linux console's F1 to F5.
        [b'[', b'[', key, ..] => Some((4, key.checked_sub(b'A').filter(|n| *n < 5).map(function))),
        [b'[', sequence @ ..] => csi(sequence, last),
        [0x1b, ..] => Some((1, Some(Press::Esc))),
        // Alt and a key: nothing is bound to it.
        _ => Some((rest.len().saturating_add(1).min(2), None)),
    }
}

fn function(from_zero: u8) -> Press {
    Press::F(from_zero.saturating_add(1))
}

fn ss3(key: u8) -> Option<Press> {
    match key {
        b'P'..=b'S' => key.checked_sub(b'P').map(function),
        other => letter(other),
    }
}

fn letter(key: u8) -> Option<Press> {
    match key {
        b'A' => Some(Press::Up),
        b'B' => Some(Press::Down),
        b'C' => Some(Press::Right),
        b'D' => Some(Press::Left),
        b'H' => Some(Press::Home),
        b'F' => Some(Press::End),
        _ => None,
    }
}

/// `ESC [ parameters final`; a key with a modifier other than Shift is not ours.
fn csi(sequence: &[u8], last: bool) -> Option<(usize, Option<Press>)> {
    let Some(end) = sequence.iter().position(|b| (0x40..=0x7e).contains(b)) else {
        // Endless, or cut: thrown away as a whole, never typed into a field.
        let whole = sequence.len().saturating_add(2);
        return (last || whole >= ROOM).then_some((whole, None));
    };
    let used = end.saturating_add(3);
    let parameters = std::str::from_utf8(sequence.get(..end).unwrap_or(&[])).unwrap_or("?");
    let (number, modifier) = parameters.split_once(';').unwrap_or((parameters, "1"));
    if !matches!(modifier, "1" | "2") {
        return Some((used, None));
    }
    let press = match sequence.get(end) {
        Some(b'~') => match number.parse::<u8>().ok() {
            Some(1 | 7) => Some(Press::Home),
            Some(4 | 8) => Some(Press::End),
            Some(5) => Some(Press::PageUp),
            Some(6) => Some(Press::PageDown),
            Some(n @ 11..=15) => n.checked_sub(10).map(Press::F),
            Some(n @ 17..=21) => n.checked_sub(11).map(Press::F),
            Some(n @ 23..=24) => n.checked_sub(12).map(Press::F),
            _ => None,
        },
        Some(key @ b'P'..=b'S') if number == "1" => key.checked_sub(b'P').map(function),
        Some(key) if matches!(number, "" | "1") => letter(*key),
        _ => None,
    };
    Some((used, press))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn all(bytes: &[u8]) -> Vec<Press> {
        let mut keys = Keys::default();
        let mut pressed = Vec::new();
        for byte in bytes {
            keys.room()[0] = *byte;
            keys.filled(1);
            pressed.extend(std::iter::from_fn(|| keys.next(false)));
        }
        pressed.extend(std::iter::from_fn(|| keys.next(true)));
        assert!(keys.bytes.iter().all(|b| *b == 0), "nothing stays behind");
        pressed
    }

    #[test]
    fn every_spelling_of_a_key_is_that_key() {
        for (bytes, press) in [
            (&b"a"[..], Press::Char('a')),
            ("é".as_bytes(), Press::Char('é')),
            ("🔑".as_bytes(), Press::Char('🔑')),
            (b"\r", Press::Enter),
            (b"\t", Press::Tab),
            (b"\x7f", Press::Backspace),
            (b"\x08", Press::Backspace),
            (b"\x03", Press::Control('c')),
            (b"\x15", Press::Control('u')),
            (b"\x1b", Press::Esc),
            (b"\x1bOP", Press::F(1)),
            (b"\x1b[[E", Press::F(5)),
            (b"\x1b[11~", Press::F(1)),
            (b"\x1b[15~", Press::F(5)),
            (b"\x1b[17~", Press::F(6)),
            (b"\x1b[24~", Press::F(12)),
            (b"\x1b[1;2P", Press::F(1)),
            (b"\x1b[A", Press::Up),
            (b"\x1bOB", Press::Down),
            (b"\x1b[C", Press::Right),
            (b"\x1bOD", Press::Left),
            (b"\x1b[5~", Press::PageUp),
            (b"\x1b[6~", Press::PageDown),
            (b"\x1b[1~", Press::Home),
            (b"\x1b[4~", Press::End),
            (b"\x1b[H", Press::Home),
        ] {
            assert_eq!(all(bytes), [press], "{}", bytes.escape_ascii());
        }
    }

    #[test]
    fn what_is_no_key_is_never_typed() {
        for bytes in [
            &b"\x1bx"[..],
            b"\x1b[1;5A",
            b"\x1b[I",
            b"\x1b[?1;2c",
            b"\x1b[200~",
            b"\x1b[3~",
            b"\x00",
            b"\x1c",
            b"\xff",
            b"\xc3",
            b"\xc2\x9b",
            b"\x1b[1;",
        ] {
            assert_eq!(all(bytes), [], "{}", bytes.escape_ascii());
        }
        let endless = [b"\x1b[".as_slice(), &[b'1'; 61]].concat();
        assert_eq!(all(&endless), []);
        assert_eq!(all(b"\x1b\x1b"), [Press::Esc, Press::Esc]);
        assert_eq!(all(b"a\x1b[Ab"), [Press::Char('a'), Press::Up, Press::Char('b')]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_used_up_and_wiped(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            all(&bytes);
        }

        #[test]
        fn typed_text_comes_through(text in "\\PC{0,40}") {
            let pressed: String = all(text.as_bytes())
                .into_iter()
                .filter_map(|p| match p { Press::Char(c) => Some(c), _ => None })
                .collect();
            let plain: String = text.chars().filter(|c| !c.is_control()).collect();
            prop_assert_eq!(pressed, plain);
        }
    }
}
