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

    /// Wipes what nobody withdrew: an answer was refused, a question went away.
    pub fn clear(&self) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        held.secrets.clear();
    }
}

/// Ten words of the PGP list, eight bits each, from the system's randomness.
pub(super) fn passphrase() -> Option<Secret> {
    let mut random = zeroize::Zeroizing::new([0u8; credential::RANDOM]);
    OsRng.try_fill_bytes(random.as_mut_slice()).ok()?;
    credential::words(&random, words::word).ok()
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
        vault.clear();
        assert!(vault.withdraw(other).is_none());
    }

    #[test]
    fn passphrases_are_ten_words_and_differ() {
        let (a, b) = (passphrase().unwrap(), passphrase().unwrap());
        assert_eq!(a.expose().split(|b| *b == b'-').count(), 10);
        assert!(!a.same_as(&b));
    }
}
