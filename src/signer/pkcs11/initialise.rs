//! Setting up a token (PKCS#11 v3.1 5.5.7 C_InitToken, 5.5.8 C_InitPIN). Some
//! tokens get their serial and their slot id only here, so the token is looked
//! for again in between; a token that is lost halfway says so.

use cryptoki::session::UserType;
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use super::error;
use super::module::{Module, auth_pin, card, now_changed, refuse};
use crate::base::device::{DeviceCard, DeviceCode, DeviceFault, Operation};
use crate::base::{Id, Secret};

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
        let (slot, info) = self.present(op)?;
        drop(auth_pin(op, pin, &info)?); // its form, before anything is destroyed
        let so = auth_pin(op, so_pin, &info)?;
        let before: Vec<String> = self
            .tokens(op)?
            .iter()
            .map(|(_, info)| card(info).serial)
            .collect();
        self.context
            .init_token(slot, &so, label.as_str())
            .map_err(|e| error::of(op, &e))?;
        self.set_pin(label, &so, pin, &before).map_err(now_changed)
    }

    /// The token that was just initialised. It may have got its serial only now.
    fn find_new(&self, old: &str, label: &Id, before: &[String]) -> Result<(Slot, TokenInfo), DeviceFault> {
        let op = Operation::Initialise;
        let mut hits = self.tokens(op)?;
        hits.retain(|(_, info)| {
            let card = card(info);
            let same = if old.is_empty() {
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

    /// After C_InitToken: finds the token again and gives it its user PIN.
    fn set_pin(
        &mut self,
        label: &Id,
        so_pin: &AuthPin,
        pin: &Secret,
        before: &[String],
    ) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        let failed = |e| error::of(op, &e);
        let old = self.opened(op)?.serial.clone();
        self.restart(op)?;
        let (slot, info) = self.find_new(&old, label, before)?;
        let auth = auth_pin(op, pin, &info)?;
        let session = self.context.open_rw_session(slot).map_err(failed)?;
        session.login(UserType::So, Some(so_pin)).map_err(failed)?;
        session.init_pin(&auth).map_err(failed)?;
        session.logout().map_err(failed)?;
        drop(session);
        let now = card(&self.context.get_token_info(slot).map_err(failed)?);
        let opened = self.opened(op)?;
        opened.serial.clone_from(&now.serial);
        opened.label.clone_from(&now.label);
        Ok(now)
    }
}
