//! Obligations of the optional powers: changing and unblocking PINs, the device's own log,
//! giving up the power to make keys. A power that is not promised must not be
//! offered either: whoever finds it would believe it.

use super::Obligation;
use super::session::{Made, Session, Stop};
use crate::base::device::{Changed, Credential, DeviceCode, LogRead, Operation};
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
        let turned = self.turned(role);
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
        self.now_in_force(role, &turned);
        self.log_in(token, Operation::Sign)
    }

    /// The secret in force, of the same form and another: the other way round.
    fn turned(&self, role: Credential) -> String {
        let of_role = self.secrets.iter().filter(|(r, _)| *r == role);
        of_role.flat_map(|(_, text)| text.chars().rev()).collect()
    }

    fn now_in_force(&mut self, role: Credential, new: &str) {
        for (r, text) in &mut self.secrets {
            if *r == role {
                new.clone_into(text);
            }
        }
    }

    pub(super) fn pin_is_unblocked(&mut self, token: &mut dyn Token) -> Result<(), Stop> {
        let of = Obligation::Unblock;
        let op = Operation::ChangePin;
        let role = Credential::needed(self.roles, Operation::Sign);
        let turned = self.turned(role);
        let new = self.secret(&turned)?;
        if !self.candidate.promises.unblock {
            self.not_promised(of);
            // The verb is there with `pins`: it refuses, and before it tries anything.
            if self.roles.contains(&Credential::SoPin) && token.pins().is_some() {
                let so_pin = self.right(Credential::SoPin)?;
                if let Some(got) = token.pins().map(|pins| pins.unblock(&so_pin, &new)) {
                    let codes = [DeviceCode::Unsupported];
                    self.refused(of, op, &codes, Some(Changed::No), got);
                    self.not_promised(of);
                }
                return self.log_in(token, Operation::Sign);
            }
            return Ok(());
        }
        let before = self.key_list(of, token)?;
        let so_pin = self.right(Credential::SoPin)?;
        let old = self.right(role)?;
        let wrong = self.secret(self.candidate.wrong)?;
        let got = token.pins().map(|pins| pins.unblock(&wrong, &new));
        let Some(got) = got else {
            self.holds(of, false, "the power", "no such power");
            return Ok(());
        };
        self.refused(of, op, &[DeviceCode::PinWrong], None, got);
        self.log_in(token, Operation::Sign)?;
        if let Some(got) = token.pins().map(|pins| pins.unblock(&so_pin, &new)) {
            self.must(of, op, got)?;
        }
        let got = token.unlock(role, &old);
        self.refused(of, Operation::Unlock, &[DeviceCode::PinWrong], None, got);
        self.now_in_force(role, &turned);
        self.log_in(token, Operation::Sign)?;
        let now = self.key_list(of, token)?;
        self.same(of, &before, &now);
        Ok(())
    }

    pub(super) fn log_is_read(&mut self, token: &mut dyn Token, all: &[Made]) -> Result<(), Stop> {
        let of = Obligation::ReadLog;
        let there = token.log().is_some();
        if !self.is_there(of, self.candidate.promises.log, there) {
            self.not_promised(Obligation::ClearLog);
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
        self.log_is_cleared(token, &read, all)
    }

    fn log_is_cleared(&mut self, token: &mut dyn Token, read: &LogRead, all: &[Made]) -> Result<(), Stop> {
        let of = Obligation::ClearLog;
        let op = Operation::ClearLog;
        // An entry begins with its number, as two bytes.
        let number = |entry: &String| u16::from_str_radix(entry.get(..4)?, 16).ok();
        let (Some(last), Some(first)) = (read.entries.last().and_then(number), all.first()) else {
            self.holds(of, false, "an entry with a number", "none");
            return Ok(());
        };
        if let Some(got) = token.log().map(|log| log.clear(last.wrapping_add(9))) {
            let codes = [DeviceCode::Unsupported];
            self.refused(of, op, &codes, Some(Changed::No), got);
        }
        if let Some(got) = token.log().map(|log| log.clear(last)) {
            self.must(of, op, got)?;
        }
        self.log_in(token, Operation::Sign)?;
        self.signs(of, token, &first.key(), 0)?;
        self.log_in(token, Operation::ReadLog)?;
        if let Some(got) = token.log().map(|log| log.read()) {
            let now = self.must(of, Operation::ReadLog, got)?;
            let numbers: Vec<Option<u16>> = now.entries.iter().map(number).collect();
            let next = numbers.first().copied().flatten() == Some(last.wrapping_add(1));
            let expected = format!("entries from number {} on", u32::from(last).saturating_add(1));
            self.holds(of, next, &expected, &format!("{numbers:?}"));
        }
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
