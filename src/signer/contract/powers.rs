//! Obligations of the optional powers: changing PINs, the device's own log,
//! giving up the power to make keys. A power that is not promised must not be
//! offered either: whoever finds it would believe it.

use super::Obligation;
use super::session::{Made, Session, Stop};
use crate::base::device::{Credential, DeviceCode, Operation};
use crate::signer::Token;

impl Session<'_> {
    /// Whether to go on: the power is promised and there.
    fn is_there(&mut self, of: Obligation, promised: bool, there: bool) -> bool {
        if !promised && !there {
            self.not_promised(of);
        } else {
            let text = |yes: bool| if yes { "the power" } else { "no such power" };
            self.holds(of, promised == there, text(promised), text(there));
        }
        promised && there
    }

    pub(super) fn pins_change(&mut self, token: &mut dyn Token) -> Result<(), Stop> {
        let of = Obligation::ChangePins;
        let op = Operation::ChangePin;
        let there = token.pins().is_some();
        if !self.is_there(of, self.candidate.promises.pins, there) {
            return Ok(());
        }
        let role = Credential::needed(self.roles, Operation::Sign);
        let old = self.right(role)?;
        let wrong = self.secret(self.candidate.wrong)?;
        // Of the same form as the old one: the same characters, the other way round.
        let turned: String = self
            .secrets
            .iter()
            .filter(|(r, _)| *r == role)
            .flat_map(|(_, text)| text.chars().rev())
            .collect();
        let new = self.secret(&turned)?;
        let got = token.pins().map(|pins| pins.change(role, &wrong, &new));
        if let Some(got) = got {
            self.refused(of, op, &[DeviceCode::PinWrong], None, got);
        }
        self.log_in(token, Operation::Sign)?;
        let got = token.pins().map(|pins| pins.change(role, &old, &new));
        if let Some(got) = got {
            self.must(of, op, got)?;
        }
        let got = token.unlock(role, &old);
        self.refused(of, Operation::Unlock, &[DeviceCode::PinWrong], None, got);
        for (r, text) in &mut self.secrets {
            if *r == role {
                turned.clone_into(text);
            }
        }
        self.log_in(token, Operation::Sign)
    }

    pub(super) fn log_is_read(&mut self, token: &mut dyn Token) -> Result<(), Stop> {
        let of = Obligation::ReadLog;
        let there = token.log().is_some();
        if !self.is_there(of, self.candidate.promises.log, there) {
            return Ok(());
        }
        self.log_in(token, Operation::ReadLog)?;
        let got = token.log().map(|log| log.read());
        let Some(got) = got else {
            return Ok(());
        };
        let read = self.must(of, Operation::ReadLog, got)?;
        let entry = |text: &String| {
            data_encoding::HEXLOWER
                .decode(text.as_bytes())
                .is_ok_and(|raw| raw.len() == 32)
        };
        self.holds(
            of,
            !read.entries.is_empty() && read.entries.iter().all(entry),
            "entries of 32 bytes in lowercase hexadecimal",
            &format!("{} entries", read.entries.len()),
        );
        Ok(())
    }

    pub(super) fn power_ends(&mut self, token: &mut dyn Token, all: &[Made]) -> Result<(), Stop> {
        let of = Obligation::Retire;
        let there = token.retirement().is_some();
        if !self.is_there(of, self.candidate.promises.retirement, there) {
            return Ok(());
        }
        self.log_in(token, Operation::Retire)?;
        let got = token.retirement().map(|retirement| retirement.retire());
        if let Some(got) = got {
            self.must(of, Operation::Retire, got)?;
        }
        let Some(first) = all.first() else {
            return Err(Stop);
        };
        let role = Credential::needed(self.roles, Operation::Generate);
        let secret = self.right(role)?;
        // Refused at the login or at the order; which of them is the device's matter.
        let order = self.order("late", first.order.algorithm, 1)?;
        let made = token.unlock(role, &secret).and_then(|()| token.generate(&order));
        self.holds(of, made.is_err(), "no more keys", "a key was made");
        self.log_in(token, Operation::Sign)?;
        self.signs(of, token, &first.key(), 0)
    }
}
