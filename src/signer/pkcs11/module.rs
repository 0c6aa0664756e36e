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
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::session::{Session, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

use super::{error, objects, point};
use crate::base::device::{
    Changed, DeviceCard, DeviceCode, DeviceFault, KeyFound, KeyOrder, Operation, PinState,
};
use crate::base::{Algorithm, Id, Secret, shown};
use crate::signer::fault::{check_order, fault};
use crate::signer::worker::Served;
use crate::signer::{KeyMade, KeyRef};

/// A loaded and initialised module.
pub(super) struct Module {
    context: Pkcs11,
    open: Option<Opened>,
}

/// The token that this worker is for.
struct Opened {
    /// As shown on the card.
    serial: String,
    label: String,
    login: Option<Login>,
}

/// A read-only session in which the user is logged in.
struct Login {
    session: Session,
    pin: Secret,
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

    fn opened(&mut self, op: Operation) -> Result<&mut Opened, DeviceFault> {
        self.open
            .as_mut()
            .ok_or_else(|| refuse(op, DeviceCode::NotFound, "no token was opened"))
    }

    fn login(&self, op: Operation) -> Result<&Login, DeviceFault> {
        self.open
            .as_ref()
            .and_then(|o| o.login.as_ref())
            .ok_or_else(|| refuse(op, DeviceCode::NotUnlocked, "nobody is logged in"))
    }

    /// Every token that can be read. A slot whose token goes away meanwhile is skipped.
    fn tokens(&self, op: Operation) -> Result<Vec<(Slot, TokenInfo)>, DeviceFault> {
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

    /// The one token with this serial.
    fn by_serial(&self, op: Operation, serial: &str) -> Result<(Slot, TokenInfo), DeviceFault> {
        let mut hits = self.tokens(op)?;
        hits.retain(|(_, info)| card(info).serial == serial);
        let hit = hits
            .pop()
            .ok_or_else(|| refuse(op, DeviceCode::NotFound, "no token with that serial is there"))?;
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
    fn present(&mut self, op: Operation) -> Result<(Slot, TokenInfo), DeviceFault> {
        let opened = self.opened(op)?;
        let (serial, label) = (opened.serial.clone(), opened.label.clone());
        let (slot, info) = self.by_serial(op, &serial).map_err(|mut fault| {
            if fault.code == DeviceCode::NotFound {
                fault.code = DeviceCode::Removed;
            }
            fault
        })?;
        if card(&info).label != label {
            return Err(refuse(
                op,
                DeviceCode::Removed,
                "the token has another label than before",
            ));
        }
        Ok((slot, info))
    }

    /// Finalize and initialize: every session ends, every cache is dropped.
    fn restart(&mut self, op: Operation) -> Result<(), DeviceFault> {
        if let Some(opened) = &mut self.open {
            opened.login = None;
        }
        let failed = |e| error::of(op, &e);
        self.context.clone().finalize().map_err(failed)?;
        self.context.initialize(arguments()).map_err(failed)
    }

    /// A read-only session (enough for signing) in which `pin` is logged in.
    fn log_in(&mut self, op: Operation, pin: Secret) -> Result<(), DeviceFault> {
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

    /// Makes the pair; the first spelling of the parameters that is taken wins.
    fn make(&mut self, order: &KeyOrder) -> Result<(), DeviceFault> {
        let op = Operation::Generate;
        let failed = |e| error::of(op, &e);
        let (slot, _) = self.present(op)?;
        let session = self.context.open_rw_session(slot).map_err(failed)?;
        let mechanism = match order.algorithm {
            Algorithm::EcdsaP256 => Mechanism::EccKeyPairGen,
            Algorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        };
        let id = Attribute::Id(order.operation.as_bytes().to_vec());
        let label = Attribute::Label(order.operation.label(&order.name).into_bytes());
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            id.clone(),
            label.clone(),
        ];
        let nothing_else = [
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::SignRecover(false), // SoftHSM's default is true
        ];
        let strict = [private.as_slice(), &nothing_else].concat();
        let mut last = None;
        for params in point::params(order.algorithm) {
            let public = [
                Attribute::Token(true),
                Attribute::Private(false),
                Attribute::Verify(true),
                Attribute::EcParams(params.to_vec()),
                id.clone(),
                label.clone(),
            ];
            for template in [strict.as_slice(), &private] {
                // Also before the second spelling: a refusal that made a key is found here.
                if objects::is_taken(&session, order).map_err(failed)? {
                    return Err(refuse(
                        op,
                        DeviceCode::KeyExists,
                        "a key object with that id or label is already there",
                    ));
                }
                match session.generate_key_pair(&mechanism, &public, template) {
                    Ok(_) => return Ok(()),
                    Err(e) => {
                        let again = matches!(&e, Error::Pkcs11(rv, _) if error::refuses_template(*rv));
                        last = Some(error::of(op, &e));
                        if !again {
                            return Err(error::of(op, &e));
                        }
                    }
                }
            }
        }
        Err(last.unwrap_or_else(|| refuse(op, DeviceCode::Unsupported, "no such algorithm")))
    }

    /// Reads a new key in a session that had no part in making it.
    fn read_back(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        let pin = self.opened(op)?.login.take().map(|login| login.pin);
        self.restart(op)?;
        if let Some(pin) = pin {
            self.log_in(op, pin)?;
        }
        let session = &self.login(op)?.session;
        let failed = |e| error::of(op, &e);
        let find = |class| objects::named(session, class, &order.operation, &order.name).map_err(failed);
        let (private, public) = (find(ObjectClass::PRIVATE_KEY)?, find(ObjectClass::PUBLIC_KEY)?);
        let ([private], [public]) = (private.as_slice(), public.as_slice()) else {
            return Err(refuse(
                op,
                DeviceCode::KeyNotUnique,
                &format!(
                    "expected one private and one public object, got {} and {}",
                    private.len(),
                    public.len()
                ),
            ));
        };
        if !objects::type_fits(session, *private, order.algorithm).map_err(failed)? {
            return Err(refuse(
                op,
                DeviceCode::AnswerRefused,
                "the new key is of another type",
            ));
        }
        let public = objects::public(session, *public)
            .map_err(failed)?
            .filter(|key| key.algorithm() == order.algorithm)
            .ok_or_else(|| refuse(op, DeviceCode::AnswerRefused, "the public key cannot be read"))?;
        Ok(KeyMade {
            public,
            attributes: objects::attributes(session, *private).map_err(failed)?,
        })
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
            Algorithm::EcdsaP256 => Mechanism::Ecdsa,
            Algorithm::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        };
        session.sign(&mechanism, *handle, message).map_err(failed)
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

impl Served for Module {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        Ok(self
            .tokens(Operation::Find)?
            .iter()
            .map(|(_, info)| card(info))
            .collect())
    }

    fn open(&mut self, serial: &str) -> Result<DeviceCard, DeviceFault> {
        let (_, info) = self.by_serial(Operation::Find, serial)?;
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
    fn unlock(&mut self, pin: Secret) -> Result<(), DeviceFault> {
        self.lock()?;
        self.log_in(Operation::Unlock, pin)
    }

    fn initialise(&mut self, label: &Id, so_pin: &Secret, pin: &Secret) -> Result<DeviceCard, DeviceFault> {
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

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        check_order(order)?;
        self.login(Operation::Generate)?;
        self.make(order)?;
        self.read_back(order).map_err(now_changed)
    }

    fn sign(&mut self, key: &KeyRef, message: &[u8]) -> Result<Vec<u8>, DeviceFault> {
        let signed = self.sign_once(key, message);
        if signed.is_err() {
            // What a failed signature leaves behind differs from module to module.
            self.opened(Operation::Sign)?.login = None;
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

fn arguments() -> CInitializeArgs {
    CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)
}

fn refuse(op: Operation, code: DeviceCode, text: &str) -> DeviceFault {
    fault(op, code, Changed::No, text)
}

/// The device was changed before this went wrong; a person looks at it first.
fn now_changed(inner: DeviceFault) -> DeviceFault {
    fault(inner.operation, inner.code, Changed::Yes, &inner.meaning)
}

/// A PIN in the form that `cryptoki` takes (it wipes its copy), after the token's
/// own limits: a PIN of the wrong length must not cost a try.
fn auth_pin(op: Operation, pin: &Secret, info: &TokenInfo) -> Result<AuthPin, DeviceFault> {
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

fn card(info: &TokenInfo) -> DeviceCard {
    DeviceCard {
        vendor: shown(info.manufacturer_id(), 32),
        model: shown(info.model(), 16),
        serial: shown(info.serial_number(), 16),
        label: shown(info.label(), 32),
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
    }
}
