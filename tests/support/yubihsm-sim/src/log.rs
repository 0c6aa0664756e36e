//! The audit log: a ring of 62 entries of 32 bytes, chained by a truncated
//! SHA-256, and the counters of what could not be logged.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::objects::hex_bytes;

/// Entries that the log holds.
pub const CAPACITY: usize = 62;

/// One entry: 16 bytes of facts and 16 of digest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Number, from 1, modulo 2^16.
    pub number: u16,
    #[serde(with = "hex_bytes")]
    bytes: Vec<u8>,
}

impl Entry {
    /// The 32 bytes as the device sends them.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The command that was logged.
    #[must_use]
    pub fn command(&self) -> u8 {
        self.bytes[2]
    }

    /// The last 16 bytes.
    #[must_use]
    pub fn digest(&self) -> &[u8] {
        &self.bytes[16..]
    }
}

/// What an entry says, less its number and digest. Keys that play no part are 0xFFFF.
#[derive(Debug, Clone, Copy)]
#[allow(missing_docs, reason = "the vendor's own names")]
pub struct Event {
    pub command: u8,
    pub length: u16,
    pub session_key: u16,
    pub target: u16,
    pub second: u16,
    pub result: u8,
    pub tick: u32,
}

/// The log.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Log {
    entries: Vec<Entry>,
    number: u16,
    #[serde(with = "hex_bytes")]
    last: Vec<u8>,
    /// Boots that found no room.
    pub unlogged_boots: u16,
    /// Authentications that found no room.
    pub unlogged_auths: u16,
}

impl Log {
    /// The log after a factory reset: an entry of FF bytes, chained on 32 random bytes.
    #[must_use]
    pub fn fresh(seed: [u8; 32]) -> Self {
        let mut log = Self {
            last: seed.to_vec(),
            ..Self::default()
        };
        log.append(&[0xff; 14]);
        log
    }

    /// Whether no entry fits any more.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.entries.len() >= CAPACITY
    }

    /// Entries held.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    fn append(&mut self, facts: &[u8]) {
        self.number = self.number.wrapping_add(1);
        let mut bytes = self.number.to_be_bytes().to_vec();
        bytes.extend_from_slice(facts);
        let digest = Sha256::new()
            .chain_update(&bytes)
            .chain_update(&self.last)
            .finalize();
        self.last = digest[..16].to_vec();
        bytes.extend_from_slice(&self.last);
        if self.is_full() {
            self.entries.remove(0);
        }
        self.entries.push(Entry {
            number: self.number,
            bytes,
        });
    }

    /// Logs an event; the oldest entry gives way where the ring is full.
    pub fn record(&mut self, event: Event) {
        let mut facts = vec![event.command];
        for field in [event.length, event.session_key, event.target, event.second] {
            facts.extend_from_slice(&field.to_be_bytes());
        }
        facts.push(event.result);
        facts.extend_from_slice(&event.tick.to_be_bytes());
        self.append(&facts);
    }

    /// Logs the boot line.
    pub fn record_boot(&mut self) {
        let (session_key, result) = (0xffff, 0);
        self.record(Event {
            command: 0,
            length: 0,
            session_key,
            target: 0,
            second: 0,
            result,
            tick: 0,
        });
    }

    /// Lets go of all entries up to and including this number.
    ///
    /// Returns false where the log holds no such entry.
    pub fn clear_to(&mut self, number: u16) -> bool {
        let Some(at) = self.entries.iter().position(|entry| entry.number == number) else {
            return false;
        };
        self.entries.drain(..=at);
        (self.unlogged_boots, self.unlogged_auths) = (0, 0);
        true
    }

    /// The answer to get-log-entries: unlogged boots, unlogged authentications, count, entries.
    #[must_use]
    pub fn answer(&self) -> Vec<u8> {
        let mut out = self.unlogged_boots.to_be_bytes().to_vec();
        out.extend_from_slice(&self.unlogged_auths.to_be_bytes());
        out.push(u8::try_from(self.entries.len()).unwrap_or(u8::MAX));
        self.entries
            .iter()
            .for_each(|entry| out.extend_from_slice(&entry.bytes));
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn echo(tick: u32) -> Event {
        let (session_key, target, second) = (1, 0xffff, 0xffff);
        Event {
            command: 1,
            length: 5,
            session_key,
            target,
            second,
            result: 0x81,
            tick,
        }
    }

    #[test]
    fn the_first_entries_are_a_reset_and_a_boot_chained_on_the_seed() {
        let mut log = Log::fresh([7; 32]);
        log.record_boot();
        let [reset, boot] = log.entries() else {
            panic!("two entries")
        };
        assert_eq!(reset.bytes()[..16], [&[0, 1][..], &[0xff; 14]].concat()[..]);
        let chained = Sha256::digest([&reset.bytes()[..16], &[7; 32]].concat());
        assert_eq!(reset.digest(), &chained[..16]);
        assert_eq!(
            boot.bytes()[..16],
            [0, 2, 0, 0, 0, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        );
        let chained = Sha256::digest([&boot.bytes()[..16], reset.digest()].concat());
        assert_eq!(boot.digest(), &chained[..16]);
    }

    #[test]
    fn a_full_ring_drops_the_oldest_and_the_chain_holds() {
        let mut log = Log::fresh([0; 32]);
        for tick in 0..70 {
            log.record(echo(tick));
        }
        assert_eq!(log.entries().len(), CAPACITY);
        assert_eq!(log.entries()[0].number, 10);
        for pair in log.entries().windows(2) {
            let chained = Sha256::digest([&pair[1].bytes()[..16], pair[0].digest()].concat());
            assert_eq!(pair[1].digest(), &chained[..16]);
        }
    }

    #[test]
    fn the_index_frees_up_to_and_including_the_number_and_clears_the_counters() {
        let mut log = Log::fresh([0; 32]);
        (0..4).for_each(|tick| log.record(echo(tick)));
        log.unlogged_auths = 3;
        assert!(!log.clear_to(99));
        assert!(log.clear_to(4));
        assert_eq!(
            log.entries().iter().map(|entry| entry.number).collect::<Vec<_>>(),
            [5]
        );
        assert_eq!(log.answer()[..5], [0, 0, 0, 0, 1]);
    }
}
