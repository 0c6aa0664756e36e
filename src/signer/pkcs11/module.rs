//! The adapter itself, inside a worker: one loaded module, one open token. A
//! token is found again by serial and label for every login, never by slot id
//! (SoftHSM's changes when it is initialised). Two habits come from facts/hsm.md
//! 1.3: after any failed signature the session is dropped, and a new key is read
//! back after finalize, initialize and a new login, because OpenSC misreports
//! attributes in the session that made the key. For that the PIN stays in a
//! [`Secret`] of this process from login to logout.

use std::path::Path;

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::object::ObjectClass;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use super::{error, objects};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyFound, KeyOrder, Operation, PinState,
};
use crate::base::{Algorithm, Id, Secret, shown};
use crate::signer::fault::{check_order, check_role, fault};
use crate::signer::worker::Served;
use crate::signer::{KeyMade, KeyRef};

/// A loaded and initialised module.
pub(super) struct Module {
    pub(super) context: Pkcs11,
    open: Option<Opened>,
}

/// The token that this worker is for.
pub(super) struct Opened {
    /// As shown on the card.
    pub(super) serial: String,
    pub(super) label: String,
    pub(super) login: Option<Login>,
}

/// A read-only session in which the user is logged in.
pub(super) struct Login {
    pub(super) session: Session,
    pub(super) pin: Secret,
}

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
        let context = Pkcs11::new(path).map_err(|e| unusable(&e))?;
        context.initialize(arguments()).map_err(|e| unusable(&e))?;
        Ok(Module { context, open: None })
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

    /// Every token that can be read. A slot whose token goes away meanwhile is skipped.
    pub(super) fn tokens(&self, op: Operation) -> Result<Vec<(Slot, TokenInfo)>, DeviceFault> {
        let mut tokens = Vec::new();
        let slots = self.context.get_slots_with_token();
        for slot in slots.map_err(|e| error::of(op, &e))? {
            match self.context.get_token_info(slot) {
                Ok(info) => tokens.push((slot, info)),
                Err(e) if error::is_gone(&e) => {}
                Err(e) => return Err(error::of(op, &e)),
            }
        }
        Ok(tokens)
    }

    /// The one token with this serial and, once it is known, this label.
    fn find(
        &self,
        op: Operation,
        serial: &str,
        label: Option<&str>,
    ) -> Result<(Slot, TokenInfo), DeviceFault> {
        let mut hits = self.tokens(op)?;
        hits.retain(|(_, info)| {
            let card = card(info);
            card.serial == serial && label.is_none_or(|label| card.label == label)
        });
        let hit = hits.pop().ok_or_else(|| {
            refuse(
                op,
                DeviceCode::NotFound,
                "no token with that serial and label is there",
            )
        })?;
        if !hits.is_empty() {
            return Err(refuse(
                op,
                DeviceCode::TwoAlike,
                "more than one token has that serial",
            ));
        }
        Ok(hit)
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

    /// Finalize and initialize: every session ends, every cache is dropped.
    pub(super) fn restart(&mut self, op: Operation) -> Result<(), DeviceFault> {
        if let Some(opened) = &mut self.open {
            opened.login = None;
        }
        let failed = |e| error::of(op, &e);
        self.context.clone().finalize().map_err(failed)?;
        self.context.initialize(arguments()).map_err(failed)
    }

    /// A read-only session (enough for signing) in which `pin` is logged in.
    pub(super) fn log_in(&mut self, op: Operation, pin: Secret) -> Result<(), DeviceFault> {
        let (slot, info) = self.present(op)?;
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
        let auth = auth_pin(op, &pin, &info)?;
        let failed = |e| error::of(op, &e);
        let session = self.context.open_ro_session(slot).map_err(failed)?;
        session.login(UserType::User, Some(&auth)).map_err(failed)?;
        self.opened(op)?.login = Some(Login { session, pin });
        Ok(())
    }

    fn sign_once(&self, key: &KeyRef, message: &[u8]) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        let session = &self.login(op)?.session;
        let failed = |e| error::of(op, &e);
        let find = |class| objects::named(session, class, &key.operation, &key.name).map_err(failed);
        let private = find(ObjectClass::PRIVATE_KEY)?;
        let [handle] = private.as_slice() else {
            return Err(refuse(
                op,
                DeviceCode::KeyNotUnique,
                &format!(
                    "expected one private key with that id and label, got {}",
                    private.len()
                ),
            ));
        };
        // A public object that tells another key stops us; a missing one does not:
        // the signature decides.
        for public in find(ObjectClass::PUBLIC_KEY)? {
            let told = objects::public(session, public).map_err(failed)?;
            if told.is_some_and(|told| told != key.public) {
                return Err(refuse(
                    op,
                    DeviceCode::KeyDiffers,
                    "the token holds another key under that id and label",
                ));
            }
        }
        let mechanism = match key.public.algorithm() {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Mechanism::Ecdsa,
            Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
                return Err(refuse(op, DeviceCode::Unsupported, "RSA is not supported yet"));
            }
            Algorithm::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        };
        session.sign(&mechanism, *handle, message).map_err(failed)
    }
}

impl Served for Module {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        Ok(self
            .tokens(Operation::Find)?
            .iter()
            .map(|(_, info)| card(info))
            .collect())
    }

    fn open(&mut self, serial: &str) -> Result<DeviceCard, DeviceFault> {
        let (_, info) = self.find(Operation::Find, serial, None)?;
        let card = card(&info);
        self.open = Some(Opened {
            serial: card.serial.clone(),
            label: card.label.clone(),
            login: None,
        });
        Ok(card)
    }

    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        Ok(card(&self.present(Operation::Identity)?.1))
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        let op = Operation::Keys;
        let (slot, _) = self.present(op)?;
        let failed = |e| error::of(op, &e);
        if let Ok(login) = self.login(op) {
            return objects::all(&login.session).map_err(failed);
        }
        let session = self.context.open_ro_session(slot).map_err(failed)?;
        objects::all(&session).map_err(failed)
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

pub(super) fn arguments() -> CInitializeArgs {
    CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)
}

pub(super) fn refuse(op: Operation, code: DeviceCode, text: &str) -> DeviceFault {
    fault(op, code, Changed::No, text)
}

/// The device was changed before this went wrong; a person looks at it first.
pub(super) fn now_changed(inner: DeviceFault) -> DeviceFault {
    fault(inner.operation, inner.code, Changed::Yes, &inner.meaning)
}

/// A PIN in the form that `cryptoki` takes (it wipes its copy), after the token's
/// own limits: a PIN of the wrong length must not cost a try.
pub(super) fn auth_pin(op: Operation, pin: &Secret, info: &TokenInfo) -> Result<AuthPin, DeviceFault> {
    let (min, max) = (info.min_pin_length(), info.max_pin_length());
    let text = std::str::from_utf8(pin.expose())
        .ok()
        .filter(|text| !text.is_empty() && text.len() >= min && (max == 0 || text.len() <= max));
    text.map(AuthPin::from).ok_or_else(|| {
        refuse(
            op,
            DeviceCode::PinForm,
            &format!("the token takes PINs of {min} to {max} bytes of UTF-8"),
        )
    })
}

pub(super) fn card(info: &TokenInfo) -> DeviceCard {
    DeviceCard {
        vendor: text(info.manufacturer_id()),
        model: text(info.model()),
        serial: text(info.serial_number()),
        label: text(info.label()),
        firmware: info.firmware_version().to_string(),
        initialised: info.token_initialized() && info.user_pin_initialized(),
        // Flags only: no PKCS#11 token tells how many tries are left, and
        // SoftHSM says "low" after one and never locks.
        pin: if !info.user_pin_initialized() {
            PinState::Unset
        } else if info.user_pin_locked() {
            PinState::Locked
        } else if info.user_pin_final_try() {
            PinState::Last
        } else if info.user_pin_count_low() {
            PinState::Low
        } else {
            PinState::Ready
        },
        pin_limits: pin_limits(info),
        pin_pad: info.protected_authentication_path(),
        quirks: String::new(),
    }
}

fn pin_limits(info: &TokenInfo) -> (u32, u32) {
    let short = |n: usize| u32::try_from(n).unwrap_or(0);
    (short(info.min_pin_length()), short(info.max_pin_length()))
}

/// A text of CK_TOKEN_INFO, at most 32 bytes, to be padded with blanks;
/// tpm2-pkcs11 pads with zero bytes.
fn text(padded: &str) -> String {
    shown(padded.trim_end_matches(['\0', ' ']), 32)
}
