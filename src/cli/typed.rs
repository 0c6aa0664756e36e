//! Secrets typed at the controlling terminal, outside the full screen: no echo,
//! no line editing in the kernel, one byte at a time into a fixed buffer. Never
//! from standard input, whose buffer would keep a copy, and never from arguments
//! or the environment (DESIGN 7).

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{Mode, OFlags};
use rustix::termios::{LocalModes, OptionalActions, SpecialCodeIndex, Termios, tcgetattr, tcsetattr};
use zeroize::Zeroizing;

use crate::base::Secret;

/// A terminal that does not echo, until it is dropped.
pub(super) struct Typist {
    terminal: OwnedFd,
    before: Termios,
}

impl Typist {
    /// Takes the controlling terminal; what was typed ahead is thrown away.
    ///
    /// # Errors
    /// What the system says: no terminal, above all.
    pub(super) fn open() -> io::Result<Typist> {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let terminal = rustix::fs::open("/dev/tty", flags, Mode::empty())?;
        let before = tcgetattr(&terminal)?;
        let mut quiet = before.clone();
        // Without ISIG, Ctrl-C comes as a byte: the terminal is given back first.
        quiet
            .local_modes
            .remove(LocalModes::ECHO | LocalModes::ECHONL | LocalModes::ICANON | LocalModes::ISIG);
        quiet.special_codes[SpecialCodeIndex::VMIN] = 1;
        quiet.special_codes[SpecialCodeIndex::VTIME] = 0;
        tcsetattr(&terminal, OptionalActions::Flush, &quiet)?;
        Ok(Typist { terminal, before })
    }

    /// Asks one question; `None` when the person stopped (Ctrl-C, Ctrl-D, hang-up).
    ///
    /// # Errors
    /// What the system says, and a text that is no UTF-8 or too long.
    pub(super) fn ask(&mut self, question: &str) -> io::Result<Option<Secret>> {
        self.say(question)?;
        let mut secret = Secret::new();
        let mut character = Zeroizing::new([0u8; 4]);
        let mut have = 0usize;
        loop {
            let mut byte = Zeroizing::new([0u8; 1]);
            if rustix::io::retry_on_intr(|| rustix::io::read(&self.terminal, byte.as_mut_slice()))? == 0 {
                return Ok(None);
            }
            let [value] = *byte;
            if have == 0 {
                match value {
                    b'\r' | b'\n' => {
                        self.say("\n")?;
                        return Ok(Some(secret));
                    }
                    0x03 | 0x04 | 0x1b => {
                        self.say("\n")?;
                        return Ok(None);
                    }
                    0x08 | 0x7f => {
                        secret.backspace();
                        continue;
                    }
                    0x15 => {
                        secret.clear();
                        continue;
                    }
                    _ => {}
                }
            }
            if let Some(place) = character.get_mut(have) {
                *place = value;
            }
            have = have.saturating_add(1);
            match std::str::from_utf8(character.get(..have).unwrap_or(&[])) {
                Ok(text) => {
                    for c in text.chars().filter(|c| !c.is_control()) {
                        secret.push(c).map_err(io::Error::other)?;
                    }
                    have = 0;
                }
                Err(error) if error.error_len().is_none() && have < 4 => {}
                Err(_) => return Err(io::Error::other("what was typed is not UTF-8")),
            }
        }
    }

    fn say(&self, text: &str) -> io::Result<()> {
        let mut rest = text.as_bytes();
        while !rest.is_empty() {
            let n = rustix::io::retry_on_intr(|| rustix::io::write(&self.terminal, rest))?;
            rest = rest.get(n..).unwrap_or(&[]);
        }
        Ok(())
    }
}

impl Drop for Typist {
    fn drop(&mut self) {
        // Nobody is left to tell about a failure.
        let _ = tcsetattr(&self.terminal, OptionalActions::Flush, &self.before);
    }
}
