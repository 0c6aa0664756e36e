//! Secrets between the keyboard and the one call that uses them up. A ticket
//! is good for one withdrawal; what is not withdrawn is wiped with the vault.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use rand_core::{OsRng, RngCore};

use crate::base::{Secret, credential};
use crate::engine::Ticket;
use crate::transcript::words;

/// Holds secrets by ticket.
#[derive(Debug, Default)]
pub struct Vault {
    held: Mutex<Held>,
}

#[derive(Debug, Default)]
struct Held {
    last: u64,
    secrets: BTreeMap<Ticket, Secret>,
}

impl Vault {
    /// Takes a secret in.
    #[must_use]
    pub fn deposit(&self, secret: Secret) -> Ticket {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.last = held.last.saturating_add(1);
        let ticket = Ticket(held.last);
        held.secrets.insert(ticket, secret);
        ticket
    }

    /// Gives a secret out, once.
    #[must_use]
    pub fn withdraw(&self, ticket: Ticket) -> Option<Secret> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.secrets.remove(&ticket)
    }

    /// Wipes all but these: an answer was refused, a question went away.
    pub fn keep(&self, needed: &[Ticket]) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.secrets.retain(|ticket, _| needed.contains(ticket));
    }

    /// Whether what was typed from paper is the secret; false when one is gone.
    pub(super) fn same(&self, secret: Ticket, typed: Ticket) -> bool {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let same = match (held.secrets.get(&secret), held.secrets.get(&typed)) {
            (Some(a), Some(b)) => credential::same_as_typed(a, b),
            _ => false,
        };
        if same && let Some(typed) = held.secrets.get_mut(&typed) {
            // People type the gaps that they read; the device knows none.
            *typed = credential::plain(typed);
        }
        same
    }

    /// A copy for the one screen that shows it; the secret stays.
    pub(super) fn look(&self, ticket: Ticket) -> Option<Secret> {
        let held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        Secret::copy_of(held.secrets.get(&ticket)?.expose()).ok()
    }
}

/// Random bytes for one secret; they wipe themselves.
pub(super) fn random() -> Option<zeroize::Zeroizing<[u8; credential::RANDOM]>> {
    let mut random = zeroize::Zeroizing::new([0u8; credential::RANDOM]);
    OsRng.try_fill_bytes(random.as_mut_slice()).ok()?;
    Some(random)
}

/// Ten words of the PGP list, eight bits each, from the system's randomness.
pub(super) fn passphrase() -> Option<Secret> {
    credential::words(&*random()?, words::word).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ticket_is_good_once() {
        let vault = Vault::default();
        let ticket = vault.deposit(Secret::copy_of(b"1234").unwrap());
        assert_eq!(vault.withdraw(ticket).unwrap().expose(), b"1234");
        assert!(vault.withdraw(ticket).is_none());
        let other = vault.deposit(Secret::new());
        vault.keep(&[]);
        assert!(vault.withdraw(other).is_none());
    }

    #[test]
    fn passphrases_are_ten_words_and_differ() {
        let (a, b) = (passphrase().unwrap(), passphrase().unwrap());
        assert_eq!(a.expose().split(|b| *b == b'-').count(), 10);
        assert!(!a.same_as(&b));
    }
}
