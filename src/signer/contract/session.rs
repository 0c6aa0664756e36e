//! The suite's memory during one run: the report so far, the secrets in force,
//! and how answers are judged. An answer that the rest depends on and that did
//! not come ends the run ([`Stop`]); any other broken obligation does not.

use std::fmt::Debug;

use super::{Candidate, Obligation, Report};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyOrder, Operation, OperationId,
};
use crate::base::{Algorithm, Digest, Id, Secret};
use crate::signer::{Grant, KeyMade, KeyRef, Token};

/// Longest fault text that a worker's protocol takes, in bytes.
const MEANING_MAX: usize = 2000;

/// The run cannot go on; why is in the report.
pub(super) struct Stop;

/// A key that the suite has ordered.
pub(super) struct Made {
    pub(super) order: KeyOrder,
    pub(super) made: KeyMade,
}

impl Made {
    pub(super) fn key(&self) -> KeyRef {
        KeyRef {
            name: self.order.name.clone(),
            operation: self.order.operation,
            public: self.made.public.clone(),
        }
    }
}

pub(super) struct Session<'c> {
    pub(super) candidate: &'c Candidate<'c>,
    report: Report,
    /// Changed when a PIN is changed.
    pub(super) secrets: Vec<(Credential, String)>,
    /// The device's credentials, once it has told.
    pub(super) roles: &'static [Credential],
}

impl<'c> Session<'c> {
    pub(super) fn new(candidate: &'c Candidate<'c>) -> Session<'c> {
        let owned = |(role, text): &(Credential, &str)| (*role, (*text).to_owned());
        Session {
            candidate,
            report: Report::new(),
            secrets: candidate.secrets.iter().map(owned).collect(),
            roles: &[],
        }
    }

    pub(super) fn report(self) -> Report {
        self.report
    }

    /// The whole trial, in the order of [`Obligation::ALL`].
    pub(super) fn trial(&mut self) -> Result<(), Stop> {
        let (card, mut token) = self.set_up()?;
        self.secrets_are_asked_for(token.as_mut())?;
        let made = self.keys_are_made(token.as_mut())?;
        self.keys_sign(token.as_mut(), &made)?;
        token = self.again_by_another_handle(token, &card, &made)?;
        self.pins_change(token.as_mut())?;
        self.pin_is_unblocked(token.as_mut())?;
        self.log_is_read(token.as_mut(), &made)?;
        self.power_ends(token.as_mut(), &made)?;
        self.set_up_again(token.as_mut(), &card)
    }

    // ------------------------------------------------------------ judging

    pub(super) fn not_promised(&mut self, obligation: Obligation) {
        self.report.not_promised(obligation);
    }

    /// Kept if `holds`.
    pub(super) fn holds(&mut self, obligation: Obligation, holds: bool, expected: &str, got: &str) {
        if holds {
            self.report.pass(obligation);
        } else {
            self.report.fail(obligation, expected, got);
        }
    }

    /// Kept if both are the same.
    pub(super) fn same<T: Debug + PartialEq>(&mut self, obligation: Obligation, expected: &T, got: &T) {
        self.holds(
            obligation,
            expected == got,
            &format!("{expected:?}"),
            &format!("{got:?}"),
        );
    }

    /// An answer that the rest depends on.
    pub(super) fn must<T>(
        &mut self,
        obligation: Obligation,
        op: Operation,
        got: Result<T, DeviceFault>,
    ) -> Result<T, Stop> {
        match got {
            Ok(value) => {
                self.report.pass(obligation);
                Ok(value)
            }
            Err(fault) => {
                self.heard(op, &fault);
                self.report
                    .fail(obligation, &format!("{op:?} to succeed"), &told(&fault));
                Err(Stop)
            }
        }
    }

    /// A refusal with one of these codes and, where given, this effect.
    pub(super) fn refused<T>(
        &mut self,
        obligation: Obligation,
        op: Operation,
        codes: &[DeviceCode],
        changed: Option<Changed>,
        got: Result<T, DeviceFault>,
    ) -> Option<DeviceFault> {
        let expected = format!(
            "a refusal {codes:?}{}",
            changed.map_or_else(String::new, |c| format!(", changed {c:?}"))
        );
        match got {
            Ok(_) => {
                self.report.fail(obligation, &expected, "it was done");
                None
            }
            Err(fault) => {
                self.heard(op, &fault);
                let right = codes.contains(&fault.code) && changed.is_none_or(|c| c == fault.changed);
                self.holds(obligation, right, &expected, &told(&fault));
                Some(fault)
            }
        }
    }

    /// Every fault is looked at, whichever check it belongs to.
    pub(super) fn heard(&mut self, op: Operation, fault: &DeviceFault) {
        let obligation = Obligation::PlainFaults;
        self.same(obligation, &op, &fault.operation);
        let plain =
            fault.meaning.len() <= MEANING_MAX && fault.meaning.bytes().all(|b| (0x20..=0x7e).contains(&b));
        self.holds(
            obligation,
            plain,
            "at most 2000 characters of printable ASCII",
            &fault.meaning,
        );
        let mut known: Vec<&str> = self.secrets.iter().map(|(_, text)| text.as_str()).collect();
        known.extend([self.candidate.wrong]);
        let quiet = !known
            .iter()
            .any(|text| !text.is_empty() && fault.meaning.contains(text));
        // Not shown here either: the report is as public as the fault.
        let got = format!("one in the text of {:?} {:?}", fault.operation, fault.code);
        self.holds(obligation, quiet, "no secret in a fault's text", &got);
    }

    // ------------------------------------------------------------ asking

    /// A secret in the form that tokens take.
    pub(super) fn secret(&mut self, text: &str) -> Result<Secret, Stop> {
        Secret::copy_of(text.as_bytes()).map_err(|error| {
            self.report
                .fail(Obligation::SetUp, "test secrets that fit", &error.to_string());
            Stop
        })
    }

    /// The secret in force for a credential.
    pub(super) fn right(&mut self, role: Credential) -> Result<Secret, Stop> {
        let found = self.secrets.iter().find(|(r, _)| *r == role);
        match found.map(|(_, text)| text.clone()) {
            Some(text) => self.secret(&text),
            None => {
                let expected = format!("a test secret for the {}", role.name());
                self.report.fail(Obligation::SetUp, &expected, "none");
                Err(Stop)
            }
        }
    }

    /// Logs in with the right secret of the credential that `op` needs.
    pub(super) fn log_in(&mut self, token: &mut dyn Token, op: Operation) -> Result<(), Stop> {
        let role = Credential::needed(self.roles, op);
        let secret = self.right(role)?;
        let got = token.unlock(role, &secret);
        self.must(Obligation::RightSecret, Operation::Unlock, got)
    }

    /// Tries to log in with some text, as what signs.
    pub(super) fn try_in(
        &mut self,
        token: &mut dyn Token,
        text: &str,
    ) -> Result<Result<(), DeviceFault>, Stop> {
        let secret = self.secret(text)?;
        Ok(token.unlock(Credential::needed(self.roles, Operation::Sign), &secret))
    }

    pub(super) fn identity(&mut self, of: Obligation, token: &mut dyn Token) -> Result<DeviceCard, Stop> {
        let got = token.identity();
        self.must(of, Operation::Identity, got)
    }

    pub(super) fn open(&mut self, of: Obligation, serial: &str) -> Result<Box<dyn Token>, Stop> {
        let got = (self.candidate.provider)().open(serial);
        self.must(of, Operation::Find, got)
    }

    /// The one card with that serial that a new provider lists.
    pub(super) fn listed(&mut self, of: Obligation, serial: &str) -> Result<DeviceCard, Stop> {
        let got = (self.candidate.provider)().list();
        let mut cards = self.must(of, Operation::Find, got)?;
        cards.retain(|card| card.serial == serial);
        match (cards.pop(), cards.len()) {
            (Some(card), 0) => Ok(card),
            (found, more) => {
                let got = more.saturating_add(usize::from(found.is_some()));
                self.holds(of, false, "one card with the serial", &got.to_string());
                Err(Stop)
            }
        }
    }

    pub(super) fn order(&mut self, name: &str, algorithm: Algorithm, attempt: u32) -> Result<KeyOrder, Stop> {
        let name = self.id(name)?;
        Ok(KeyOrder {
            operation: OperationId::new(&Digest::of(b"contract"), &name, attempt),
            name,
            algorithm,
        })
    }

    pub(super) fn id(&mut self, text: &str) -> Result<Id, Stop> {
        Id::parse(text).map_err(|error| {
            self.report.fail(Obligation::SetUp, "an id", &error.to_string());
            Stop
        })
    }

    pub(super) fn grant(&self, key: &KeyRef, n: usize) -> Grant {
        Grant {
            key: key.clone(),
            payload: (self.candidate.payload)(key, n),
        }
    }

    pub(super) fn sign_is_refused(
        &mut self,
        of: Obligation,
        token: &mut dyn Token,
        key: &KeyRef,
        code: DeviceCode,
    ) {
        let got = token.sign(self.grant(key, 0));
        self.refused(of, Operation::Sign, &[code], Some(Changed::No), got);
    }
}

fn told(fault: &DeviceFault) -> String {
    format!(
        "{:?} {:?}, changed {:?}: {}",
        fault.operation, fault.code, fault.changed, fault.meaning
    )
}
