//! Setting up a token (PKCS#11 v3.1 5.5.7 C_InitToken, 5.5.8 C_InitPIN). Some
//! tokens get their serial and their slot id only here, so the token is looked
//! for again in between; a token that is lost halfway says so.

use std::time::Duration;

use cryptoki::session::UserType;
use cryptoki::slot::{Slot, TokenInfo};

use super::module::{Access, Module, now_changed, refuse};
use super::{card, error};
use crate::base::device::{DeviceCard, DeviceCode, DeviceFault, Operation};
use crate::base::{Id, Secret};

/// Ten seconds, well within what an initialisation may take.
const LOOKS: u32 = 20;
const BETWEEN_LOOKS: Duration = Duration::from_millis(500);

impl Module {
    /// C_InitToken, then C_InitPIN as the security officer.
    pub(super) fn set_up(
        &mut self,
        label: &Id,
        so_pin: &Secret,
        pin: &Secret,
    ) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        // C_InitToken and the SO's login both want that no session is open.
        self.opened(op)?.login = None;
        let (slot, info) = self.present_again(op)?;
        let quirks = self.opened(op)?.quirks;
        if let Some(tool) = quirks.set_up_with {
            return Err(refuse(
                op,
                DeviceCode::Unsupported,
                &format!("{} is set up with {tool}, not through PKCS#11", quirks.of),
            ));
        }
        if quirks.set_up_once && info.token_initialized() {
            let text = format!("a token of {} is set up once, and this one is", quirks.of);
            return Err(refuse(op, DeviceCode::Unsupported, &text));
        }
        let room = 32usize.saturating_sub(quirks.label_suffix.len());
        if label.as_str().len() > room {
            let text = format!("the token has room for a label of {room} bytes");
            return Err(refuse(op, DeviceCode::Unsupported, &text));
        }
        // The PINs' forms, before anything is destroyed.
        card::checked(op, pin, &info)?;
        let so = card::checked_so(op, so_pin, &info, quirks)?;
        let before: Vec<String> = self
            .tokens(op)?
            .iter()
            .map(|(_, info)| self.card(info).serial)
            .collect();
        self.raw
            .init_token(slot, so, label.as_str())
            .map_err(|e| error::of(op, &e))?;
        self.set_pin(label, so_pin, pin, &before).map_err(now_changed)
    }

    /// The token that was just initialised. It may have got its serial only now.
    fn find_new(
        &self,
        old: &str,
        anew: bool,
        label: &Id,
        before: &[String],
    ) -> Result<(Slot, TokenInfo), DeviceFault> {
        let op = Operation::Initialise;
        let mut hits = self.tokens(op)?;
        hits.retain(|(_, info)| {
            let card = self.card(info);
            let same = if old.is_empty() || anew {
                !before.contains(&card.serial)
            } else {
                card.serial == old
            };
            same && info.token_initialized() && card.label == label.as_str()
        });
        match (hits.pop(), hits.is_empty()) {
            (Some(hit), true) => Ok(hit),
            _ => Err(refuse(
                op,
                DeviceCode::NotFound,
                "the token was not found again after initialising",
            )),
        }
    }

    /// Some devices leave the bus when they are initialised and come back by
    /// themselves (T29): looked for again for a while, in a new start each time.
    fn found_again(
        &mut self,
        old: &str,
        label: &Id,
        before: &[String],
    ) -> Result<(Slot, TokenInfo), DeviceFault> {
        let anew = self.opened(Operation::Initialise)?.quirks.serial_anew;
        let mut looks = 0u32;
        loop {
            self.restart(Operation::Initialise)?;
            looks = looks.saturating_add(1);
            match self.find_new(old, anew, label, before) {
                Err(fault) if fault.code == DeviceCode::NotFound && looks < LOOKS => {
                    std::thread::sleep(BETWEEN_LOOKS);
                }
                found => return found,
            }
        }
    }

    /// After C_InitToken: finds the token again and gives it its user PIN.
    fn set_pin(
        &mut self,
        label: &Id,
        so_pin: &Secret,
        pin: &Secret,
        before: &[String],
    ) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        let failed = |e| error::of(op, &e);
        let old = self.opened(op)?.serial.clone();
        let (slot, info) = self.found_again(&old, label, before)?;
        let new = card::checked(op, pin, &info)?;
        let so = card::auth(card::checked(op, so_pin, &info)?);
        let session = self.session(op, slot, Access::Write)?;
        session.login(UserType::So, so.as_ref()).map_err(failed)?;
        self.raw.init_pin(&session, new).map_err(failed)?;
        session.logout().map_err(failed)?;
        drop(session);
        let now = self.card(&self.context.get_token_info(slot).map_err(failed)?);
        let opened = self.opened(op)?;
        opened.serial.clone_from(&now.serial);
        opened.label.clone_from(&now.label);
        Ok(now)
    }
}
