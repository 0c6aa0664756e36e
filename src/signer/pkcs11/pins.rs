//! Changing and unblocking PINs (PKCS#11 v3.1 5.5.8 C_InitPIN, 5.5.9 C_SetPIN).
//! Every form is looked at before a try is spent, the old PIN is proven by one
//! login before it is replaced, the new one by one login after. On a PIN pad the
//! device asks for all of that itself. Afterwards nobody is logged in.

use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};

use super::module::{Access, Module, now_changed, refuse};
use super::quirks::SoPinForm;
use super::{card, error};
use crate::base::Secret;
use crate::base::device::{Credential, DeviceCode, DeviceFault, Operation};

const OP: Operation = Operation::ChangePin;

impl Module {
    /// C_SetPIN for the user or the security officer.
    pub(super) fn change_pin(
        &mut self,
        which: Credential,
        old: &Secret,
        new: &Secret,
    ) -> Result<(), DeviceFault> {
        let (slot, info) = self.alone()?;
        let quirks = self.opened(OP)?.quirks;
        let (user, old, new) = match which {
            Credential::UserPin => {
                usable(&info)?;
                let (old, new) = (card::checked(OP, old, &info)?, card::checked(OP, new, &info)?);
                (UserType::User, old, new)
            }
            Credential::SoPin => {
                let old = card::checked_so(OP, old, &info, quirks)?;
                let new = card::checked_so(OP, new, &info, quirks)?;
                (UserType::So, old, new)
            }
            other => {
                return Err(refuse(
                    OP,
                    DeviceCode::Unsupported,
                    &format!("expected the user PIN or the SO PIN, got the {}", other.name()),
                ));
            }
        };
        let failed = |e| error::of(OP, &e);
        let session = self.session(OP, slot, Access::Write)?;
        // A PIN pad's C_SetPIN asks for the user's old PIN by itself (5.5.9).
        if old.is_some() || which == Credential::SoPin {
            session.login(user, card::auth(old).as_ref()).map_err(failed)?;
        }
        let set = self.raw.set_pin(&session, old.zip(new)).map_err(failed);
        let out = logged_out(session);
        set?;
        out.and_then(|()| self.proven(slot, user, new))
            .map_err(now_changed)
    }

    /// C_InitPIN by the security officer.
    pub(super) fn unblock_pin(&mut self, so_pin: &Secret, new: &Secret) -> Result<(), DeviceFault> {
        let (slot, info) = self.alone()?;
        let quirks = self.opened(OP)?.quirks;
        if quirks.so_pin == SoPinForm::None {
            return Err(refuse(
                OP,
                DeviceCode::Unsupported,
                &format!(
                    "{} is unblocked with its own tool, not through PKCS#11",
                    quirks.of
                ),
            ));
        }
        let so_pin = card::checked_so(OP, so_pin, &info, quirks)?;
        let new = card::checked(OP, new, &info)?;
        let failed = |e| error::of(OP, &e);
        let session = self.session(OP, slot, Access::Write)?;
        session
            .login(UserType::So, card::auth(so_pin).as_ref())
            .map_err(failed)?;
        let set = self.raw.init_pin(&session, new).map_err(failed);
        let out = logged_out(session);
        set?;
        out.and_then(|()| self.proven(slot, UserType::User, new))
            .map_err(now_changed)
    }

    /// The token, with nobody logged in: an SO may not log in beside a read-only
    /// session (CKR_SESSION_READ_ONLY_EXISTS).
    fn alone(&mut self) -> Result<(Slot, TokenInfo), DeviceFault> {
        self.opened(OP)?.login = None;
        self.present_again(OP)
    }

    /// A new PIN that does not open the token must be known now, not at the next
    /// ceremony (V28). One login, in a session that does nothing else.
    fn proven(&self, slot: Slot, user: UserType, new: Option<&Secret>) -> Result<(), DeviceFault> {
        if new.is_none() {
            return Ok(()); // the device has asked for it twice
        }
        let failed = |e| error::of(OP, &e);
        let session = self.session(OP, slot, Access::Write)?;
        session.login(user, card::auth(new).as_ref()).map_err(failed)?;
        logged_out(session)
    }
}

/// Logs out and closes: login belongs to the token, not to the session.
fn logged_out(session: Session) -> Result<(), DeviceFault> {
    let out = session.logout().map_err(|e| error::of(OP, &e));
    drop(session);
    out
}

/// Whether there is a user PIN that can be tried.
fn usable(info: &TokenInfo) -> Result<(), DeviceFault> {
    if !info.user_pin_initialized() {
        let text = "the token has no user PIN";
        return Err(refuse(OP, DeviceCode::NotInitialised, text));
    }
    if info.user_pin_locked() {
        let text = "the token says that its PIN is locked";
        return Err(refuse(OP, DeviceCode::PinLocked, text));
    }
    Ok(())
}
