//! The adapter itself, inside a worker: one loaded module, one open token. A
//! token is found again by serial and label for every login, never by slot id
//! (SoftHSM's changes when it is initialised). Two habits come from facts/hsm.md
//! 1.3: after any failed signature the session is dropped, and a new key is read
//! back after finalize, initialize and a new login, because OpenSC misreports
//! attributes in the session that made the key. For that the PIN stays in a
//! [`Secret`] of this process from login to logout.

use std::ffi::CString;
use std::path::Path;

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};

use super::objects::Place;
use super::quirks::{self, Library, Quirks};
use super::raw::{self, Raw};
use super::uri::TokenUri;
use super::{card, error, objects};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyFound, KeyOrder, Operation,
};
use crate::base::{Id, Secret};
use crate::signer::fault::{check_order, check_role, fault};
use crate::signer::worker::Served;
use crate::signer::{KeyMade, KeyRef};

/// A loaded and initialised module.
pub(super) struct Module {
    pub(super) context: Pkcs11,
    pub(super) raw: Raw,
    library: Library,
    /// What C_Initialize's reserved pointer is to show, for the modules that read it.
    reserved: Option<CString>,
    open: Option<Opened>,
}

/// The token that this worker is for.
pub(super) struct Opened {
    /// As shown on the card.
    pub(super) serial: String,
    pub(super) label: String,
    pub(super) quirks: &'static Quirks,
    pub(super) login: Option<Login>,
}

/// A read-only session in which the user is logged in.
pub(super) struct Login {
    pub(super) session: Session,
    pub(super) pin: Secret,
}

/// What a session is opened for (v3.1 5.6.1).
#[derive(Clone, Copy)]
pub(super) enum Access {
    Read,
    Write,
}

/// The tokens that can be read, and the last slot's fault that cannot.
type Seen = (Vec<(Slot, TokenInfo)>, Option<DeviceFault>);

impl Module {
    /// Loads and initialises a module.
    pub(super) fn load(path: &Path) -> Result<Module, DeviceFault> {
        let unusable = |error: &Error| {
            let inner = error::of(Operation::Find, error);
            fault(
                Operation::Find,
                DeviceCode::ModuleUnusable,
                Changed::No,
                &format!("{}: {}", path.display(), inner.meaning),
            )
        };
        // By hand first: it looks whether there is a list of functions at all.
        let raw = Raw::load(path).map_err(|e| unusable(&e))?;
        let context = Pkcs11::new(path).map_err(|e| unusable(&e))?;
        let reserved = path
            .file_name()
            .and_then(|name| quirks::reserved_variable(name.to_str()?))
            .and_then(std::env::var_os)
            .and_then(|text| CString::new(text.into_encoded_bytes()).ok());
        raw::initialize(&context, reserved.as_deref()).map_err(|e| unusable(&e))?;
        // It only picks a profile: a module that does not tell gets the generic one.
        let library = context.get_library_info().map(|info| Library {
            manufacturer: card::text(info.manufacturer_id()),
            description: card::text(info.library_description()),
        });
        Ok(Module {
            context,
            raw,
            library: library.unwrap_or_default(),
            reserved,
            open: None,
        })
    }

    /// What a token says of itself.
    pub(super) fn card(&self, info: &TokenInfo) -> DeviceCard {
        card::card(&self.library, info)
    }

    pub(super) fn opened(&mut self, op: Operation) -> Result<&mut Opened, DeviceFault> {
        self.open
            .as_mut()
            .ok_or_else(|| refuse(op, DeviceCode::NotFound, "no token was opened"))
    }

    pub(super) fn login(&self, op: Operation) -> Result<&Login, DeviceFault> {
        self.open
            .as_ref()
            .and_then(|o| o.login.as_ref())
            .ok_or_else(|| refuse(op, DeviceCode::NotUnlocked, "nobody is logged in"))
    }

    /// Every token that can be read. A slot whose token goes away meanwhile is
    /// left out; one that answers with another error only stops who finds nothing else.
    pub(super) fn tokens(&self, op: Operation) -> Result<Vec<(Slot, TokenInfo)>, DeviceFault> {
        let (tokens, broken) = self.look(op)?;
        match broken {
            Some(fault) if tokens.is_empty() => Err(fault),
            _ => Ok(tokens),
        }
    }

    fn look(&self, op: Operation) -> Result<Seen, DeviceFault> {
        let (mut tokens, mut broken) = (Vec::new(), None);
        let slots = self.context.get_slots_with_token();
        for slot in slots.map_err(|e| error::of(op, &e))? {
            match self.context.get_token_info(slot) {
                Ok(info) if self.is_token(&info) => tokens.push((slot, info)),
                Ok(_) => {}
                Err(e) if error::is_gone(&e) => {}
                Err(e) => broken = Some(error::of(op, &e)),
            }
        }
        Ok((tokens, broken))
    }

    /// Not a slot of the module's own functions.
    fn is_token(&self, info: &TokenInfo) -> bool {
        let card = self.card(info);
        let own = quirks::profile(&card).no_token;
        own.is_empty() || card.label != own
    }

    /// The one token with this serial and, once it is known, this label.
    fn find(
        &self,
        op: Operation,
        serial: &str,
        label: Option<&str>,
    ) -> Result<(Slot, TokenInfo), DeviceFault> {
        let (mut hits, broken) = self.look(op)?;
        hits.retain(|(_, info)| {
            let card = self.card(info);
            card.serial == serial && label.is_none_or(|label| card.label == label)
        });
        if hits.len() > 1 {
            let names: Vec<String> = hits
                .iter()
                .map(|(_, info)| TokenUri::of(&self.card(info)).to_string())
                .collect();
            let text = format!("more than one token has that serial: {}", names.join(", "));
            return Err(refuse(op, DeviceCode::TwoAlike, &text));
        }
        match (hits.pop(), broken) {
            (Some(hit), _) => Ok(hit),
            (None, Some(fault)) => Err(fault),
            (None, None) => Err(refuse(
                op,
                DeviceCode::NotFound,
                &format!(
                    "no token with that serial and label is there: {}",
                    named(serial, label)
                ),
            )),
        }
    }

    /// The open token, looked for anew: some modules answer from a cache after
    /// their token was pulled, but none lists a slot for it.
    pub(super) fn present(&mut self, op: Operation) -> Result<(Slot, TokenInfo), DeviceFault> {
        let opened = self.opened(op)?;
        let (serial, label) = (opened.serial.clone(), opened.label.clone());
        self.find(op, &serial, Some(&label)).map_err(|mut fault| {
            if fault.code == DeviceCode::NotFound {
                fault.code = DeviceCode::Removed;
            }
            fault
        })
    }

    /// The same for calls that need no login: many modules see a token that came
    /// back only after a new start, and without a login a new start costs nothing.
    pub(super) fn present_again(&mut self, op: Operation) -> Result<(Slot, TokenInfo), DeviceFault> {
        match self.present(op) {
            Err(fault) if self.login(op).is_err() && fault.code != DeviceCode::TwoAlike => {
                self.restart(op).map_err(|_| fault)?;
                self.present(op)
            }
            found => found,
        }
    }

    /// Finalize and initialize: every session ends, every cache is dropped.
    pub(super) fn restart(&mut self, op: Operation) -> Result<(), DeviceFault> {
        if let Some(opened) = &mut self.open {
            opened.login = None;
        }
        let failed = |e| error::of(op, &e);
        self.context.clone().finalize().map_err(failed)?;
        raw::initialize(&self.context, self.reserved.as_deref()).map_err(failed)
    }

    /// A session with the token in `slot`, and with no other: a PIN is sent into
    /// sessions, and it must not reach another token than the one that was found.
    pub(super) fn session(&self, op: Operation, slot: Slot, access: Access) -> Result<Session, DeviceFault> {
        let failed = |e| error::of(op, &e);
        let session = match access {
            Access::Read => self.context.open_ro_session(slot),
            Access::Write => self.context.open_rw_session(slot),
        }
        .map_err(failed)?;
        if session.get_session_info().map_err(failed)?.slot_id() != slot {
            return Err(refuse(
                op,
                DeviceCode::AnswerRefused,
                "the module opened a session with another slot than it was asked for",
            ));
        }
        Ok(session)
    }

    /// The session with the calls by hand.
    pub(super) fn place<'s>(&'s self, session: &'s Session) -> Place<'s> {
        let raw = &self.raw;
        Place { raw, session }
    }

    /// A read-only session (enough for signing) in which `pin` is logged in.
    pub(super) fn log_in(&mut self, op: Operation, pin: Secret) -> Result<(), DeviceFault> {
        let (slot, info) = self.present_again(op)?;
        if !info.user_pin_initialized() {
            return Err(refuse(
                op,
                DeviceCode::NotInitialised,
                "the token has no user PIN",
            ));
        }
        if info.user_pin_locked() {
            return Err(refuse(
                op,
                DeviceCode::PinLocked,
                "the token says that its PIN is locked",
            ));
        }
        let auth = card::auth(card::checked(op, &pin, &info)?);
        let failed = |e| error::of(op, &e);
        let session = self.session(op, slot, Access::Read)?;
        session.login(UserType::User, auth.as_ref()).map_err(failed)?;
        self.opened(op)?.login = Some(Login { session, pin });
        Ok(())
    }
}

impl Served for Module {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        Ok(self
            .tokens(Operation::Find)?
            .iter()
            .map(|(_, info)| self.card(info))
            .collect())
    }

    fn open(&mut self, serial: &str) -> Result<DeviceCard, DeviceFault> {
        let (_, info) = self.find(Operation::Find, serial, None)?;
        let card = self.card(&info);
        self.open = Some(Opened {
            serial: card.serial.clone(),
            label: card.label.clone(),
            quirks: quirks::profile(&card),
            login: None,
        });
        Ok(card)
    }

    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        let (_, info) = self.present_again(Operation::Identity)?;
        Ok(self.card(&info))
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        let op = Operation::Keys;
        let (slot, _) = self.present_again(op)?;
        let quirks = self.opened(op)?.quirks;
        let failed = |e| error::of(op, &e);
        if let Ok(login) = self.login(op) {
            return objects::all(self.place(&login.session), quirks).map_err(failed);
        }
        let session = self.session(op, slot, Access::Read)?;
        objects::all(self.place(&session), quirks).map_err(failed)
    }

    /// A second `unlock` logs out first, so that `Ok` always means: this PIN is right.
    fn unlock(&mut self, role: Credential, pin: Secret) -> Result<(), DeviceFault> {
        check_role(Operation::Unlock, role, Credential::UserPin)?;
        self.lock()?;
        self.log_in(Operation::Unlock, pin)
    }

    fn initialise(&mut self, label: &Id, so_pin: &Secret, pin: &Secret) -> Result<DeviceCard, DeviceFault> {
        self.set_up(label, so_pin, pin)
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        check_order(order)?;
        self.login(Operation::Generate)?;
        self.make(order)?;
        self.read_back(order).map_err(now_changed)
    }

    fn sign(&mut self, key: &KeyRef, message: &[u8]) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        self.login(op)?;
        // A token that was pulled must not look like one that has lost a key:
        // SoftHSM without its files answers "no such object".
        let signed = self.present(op).and_then(|_| self.sign_once(key, message));
        let ours = [DeviceCode::KeyNotUnique, DeviceCode::KeyDiffers];
        if signed.as_ref().is_err_and(|fault| !ours.contains(&fault.code)) {
            // What a failed signature leaves behind differs from module to module.
            self.opened(op)?.login = None;
        }
        signed
    }

    fn change(&mut self, which: Credential, old: &Secret, new: &Secret) -> Result<(), DeviceFault> {
        self.change_pin(which, old, new)
    }

    fn unblock(&mut self, so_pin: &Secret, new: &Secret) -> Result<(), DeviceFault> {
        self.unblock_pin(so_pin, new)
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        if let Some(login) = self.opened(Operation::Lock)?.login.take() {
            match login.session.logout() {
                Ok(()) | Err(Error::Pkcs11(RvError::UserNotLoggedIn, _)) => {}
                Err(e) => return Err(error::of(Operation::Lock, &e)),
            }
        }
        Ok(())
    }
}

/// A token that is not there, by what is known of it.
fn named(serial: &str, label: Option<&str>) -> String {
    TokenUri {
        serial: Some(serial.to_owned()),
        token: label.map(str::to_owned),
        ..TokenUri::default()
    }
    .to_string()
}

pub(super) fn refuse(op: Operation, code: DeviceCode, text: &str) -> DeviceFault {
    fault(op, code, Changed::No, text)
}

/// The device was changed before this went wrong; a person looks at it first.
pub(super) fn now_changed(inner: DeviceFault) -> DeviceFault {
    fault(inner.operation, inner.code, Changed::Yes, &inner.meaning)
}
