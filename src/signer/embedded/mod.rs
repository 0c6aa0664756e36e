//! Rehearsal tokens: folders that behave like hardware and outlive the process
//! (DESIGN.md section 3). Factory state, SO PIN and user PIN, a PIN counter that
//! goes down *before* the PIN is looked at and locks at zero, sticky login, no
//! second key for an operation. Only for rehearsals: a PIN of six digits
//! protects nothing on a disk, and the counter binds nobody who has the files.

pub mod veteran;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fault::{check_role, fault};
use super::file::{Folder, check_state, make_folder, open_folder, serials, sign_with, storage, store};
use super::{Grant, KeyMade, KeyRef, Provider, Provisioning, Secrets, Token};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation,
    PinState, Statement,
};
use crate::base::{Id, PublicKey, Secret};

/// Tries before a PIN is locked.
pub const TRIES: u32 = 3;
/// The shortest PIN, in bytes.
pub const PIN_MIN: usize = 6;
/// The longest PIN, in bytes.
pub const PIN_MAX: usize = 64;

const CHECK: &str = "check.pem";
const SO_CHECK: &str = "so-check.pem";

/// Rehearsal tokens below one folder.
#[derive(Debug)]
pub struct EmbeddedProvider {
    base: PathBuf,
}

impl EmbeddedProvider {
    /// The tokens in the subfolders of `base`; it need not be there yet.
    #[must_use]
    pub fn new(base: &Path) -> EmbeddedProvider {
        EmbeddedProvider {
            base: base.to_owned(),
        }
    }

    /// Makes a device, in factory state.
    ///
    /// # Errors
    /// A [`DeviceFault`]: `Storage` when there is one already.
    pub fn manufacture(&mut self, serial: &str) -> Result<DeviceCard, DeviceFault> {
        let state = State {
            v: 1,
            kind: Kind::Embedded,
            serial: serial.to_owned(),
            label: String::new(),
            initialised: false,
            tries: TRIES,
            so_tries: TRIES,
            check: None,
            so_check: None,
        };
        make_folder(&self.base, serial, &state)?;
        Ok(state.card())
    }
}

impl Provider for EmbeddedProvider {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        let mut cards = Vec::new();
        for serial in serials(&self.base)? {
            cards.push(EmbeddedToken::open(&self.base, &serial)?.identity()?);
        }
        Ok(cards)
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        let token = EmbeddedToken::open(&self.base, serial)?;
        token.state(Operation::Find)?;
        Ok(Box::new(token))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Embedded,
}

/// `token.json` of a rehearsal token: what a device would hold in its memory.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    v: u32,
    kind: Kind,
    serial: String,
    label: String,
    initialised: bool,
    /// Tries left for the user PIN.
    tries: u32,
    /// Tries left for the SO PIN.
    so_tries: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<PublicKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    so_check: Option<PublicKey>,
}

impl State {
    fn card(&self) -> DeviceCard {
        DeviceCard {
            vendor: "tuf-ceremony".to_owned(),
            model: "Rehearsal token".to_owned(),
            serial: self.serial.clone(),
            label: self.label.clone(),
            firmware: "1.0".to_owned(),
            initialised: self.initialised,
            pin: match (self.initialised, self.tries) {
                (false, _) => PinState::Unset,
                (true, 0) => PinState::Locked,
                (true, left) => PinState::Left(left),
            },
            pin_limits: (6, 64),
            pin_pad: false,
            quirks: "rehearsal".to_owned(),
        }
    }
}

/// What a well-behaved hardware token answers.
fn attributes() -> KeyAttributes {
    KeyAttributes {
        sensitive: Some(true),
        always_sensitive: Some(true),
        extractable: Some(false),
        never_extractable: Some(true),
        local: Some(true),
        sign: Some(true),
        always_authenticate: Some(false),
        other_uses: Some(false),
    }
}

/// One rehearsal token. Its "memory" holds the PIN from `unlock` to `lock`.
struct EmbeddedToken {
    folder: Folder,
    serial: String,
    login: Option<Login>,
}

/// A login holds for the PIN that was right then; a device that was initialised
/// since has ended it.
struct Login {
    pin: Secret,
    check: Option<PublicKey>,
}

impl EmbeddedToken {
    fn open(base: &Path, serial: &str) -> Result<EmbeddedToken, DeviceFault> {
        Ok(EmbeddedToken {
            folder: open_folder(base, serial)?,
            serial: serial.to_owned(),
            login: None,
        })
    }

    fn state(&self, operation: Operation) -> Result<State, DeviceFault> {
        let state: State = store::read(operation, &self.folder)?;
        check_state(operation, &self.serial, state.v, &state.serial)?;
        Ok(state)
    }

    fn unlocked(&self, op: Operation) -> Result<&Secret, DeviceFault> {
        let now = self.state(op)?.check;
        self.login
            .as_ref()
            .filter(|login| login.check == now)
            .map(|login| &login.pin)
            .ok_or_else(|| fault(op, DeviceCode::NotUnlocked, Changed::No, "nobody is logged in"))
    }

    /// Spends a try, durably, then looks at the PIN; a good one gives all tries
    /// back. The caller holds the lock.
    fn try_pin(&self, op: Operation, state: &mut State, who: Who, pin: &Secret) -> Result<(), DeviceFault> {
        let (file, check) = match who {
            Who::User => (CHECK, state.check.clone()),
            Who::Officer => (SO_CHECK, state.so_check.clone()),
        };
        let Some(check) = check else {
            return Err(fault(
                op,
                DeviceCode::NotInitialised,
                Changed::No,
                "the token was never initialised",
            ));
        };
        check_form(op, pin)?;
        let Some(left) = state.tries(who).checked_sub(1) else {
            return Err(fault(
                op,
                DeviceCode::PinLocked,
                Changed::No,
                &format!("the {} is locked", who.pin()),
            ));
        };
        *state.tries(who) = left;
        store::write(op, &self.folder, state)?;
        if store::opens_check(op, &self.folder, file, &check, pin)? {
            *state.tries(who) = TRIES;
            return store::write(op, &self.folder, state);
        }
        Err(if left == 0 {
            fault(
                op,
                DeviceCode::PinLocked,
                Changed::Yes,
                &format!("wrong {}; that was the last try, it is locked now", who.pin()),
            )
        } else {
            fault(
                op,
                DeviceCode::PinWrong,
                Changed::Yes,
                &format!("wrong {}; tries left: {left}", who.pin()),
            )
        })
    }
}

#[derive(Clone, Copy)]
enum Who {
    User,
    Officer,
}

impl Who {
    fn pin(self) -> &'static str {
        match self {
            Who::User => "PIN",
            Who::Officer => "SO PIN",
        }
    }
}

impl State {
    fn tries(&mut self, who: Who) -> &mut u32 {
        match who {
            Who::User => &mut self.tries,
            Who::Officer => &mut self.so_tries,
        }
    }
}

fn check_form(operation: Operation, pin: &Secret) -> Result<(), DeviceFault> {
    if !(PIN_MIN..=PIN_MAX).contains(&pin.len()) {
        return Err(fault(
            operation,
            DeviceCode::PinForm,
            Changed::No,
            &format!("a PIN has {PIN_MIN} to {PIN_MAX} characters"),
        ));
    }
    Ok(())
}

impl Token for EmbeddedToken {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        Ok(self.state(Operation::Identity)?.card())
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        store::list(&self.folder, &attributes())
    }

    /// A second `unlock` logs out first, so that `Ok` always means: this PIN is right.
    fn unlock(&mut self, role: Credential, pin: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::Unlock;
        self.login = None;
        check_role(op, role, Credential::UserPin)?;
        let held = self.folder.lock();
        let _held = held.map_err(storage(op, Changed::No, &self.folder))?;
        let mut state = self.state(op)?;
        self.try_pin(op, &mut state, Who::User, pin)?;
        let copy = Secret::copy_of(pin.expose());
        let pin = copy.map_err(|e| fault(op, DeviceCode::PinForm, Changed::No, &e.to_string()))?;
        let check = state.check;
        self.login = Some(Login { pin, check });
        Ok(())
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        let held = self.folder.lock();
        let _held = held.map_err(storage(op, Changed::No, &self.folder))?;
        let pin = self.unlocked(op)?;
        store::generate(&self.folder, order, pin, &attributes())
    }

    fn attest(&mut self, _key: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        Ok(None)
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        let pin = self.unlocked(Operation::Sign)?;
        sign_with(&self.folder, &grant, pin)
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.login = None;
        Ok(())
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }
}

impl Provisioning for EmbeddedToken {
    fn credentials(&self) -> &'static [Credential] {
        Credential::PINS
    }

    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        let (so_pin, pin) = (secrets.get(Credential::SoPin)?, secrets.get(Credential::UserPin)?);
        check_form(op, pin)?;
        check_form(op, so_pin)?;
        let held = self.folder.lock();
        let _held = held.map_err(storage(op, Changed::No, &self.folder))?;
        let mut state = self.state(op)?;
        if state.so_check.is_some() {
            self.try_pin(op, &mut state, Who::Officer, so_pin)?;
        }
        self.login = None;
        // From here on the old keys are void, whenever the power goes.
        state.initialised = false;
        state.check = None;
        state.label = String::new();
        store::write(op, &self.folder, &state)?;
        store::erase(&self.folder).map_err(storage(op, Changed::Yes, &self.folder))?;
        state.check = Some(store::write_check(&self.folder, CHECK, pin)?);
        if state.so_check.is_none() {
            state.so_check = Some(store::write_check(&self.folder, SO_CHECK, so_pin)?);
        }
        label.as_str().clone_into(&mut state.label);
        state.initialised = true;
        state.tries = TRIES;
        store::write(op, &self.folder, &state)?;
        Ok(state.card())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::device::OperationId;
    use crate::base::{Algorithm, Digest};

    fn secret(text: &str) -> Secret {
        Secret::copy_of(text.as_bytes()).unwrap()
    }

    fn secrets(so_pin: &str, pin: &str) -> Secrets {
        Secrets::new()
            .with(Credential::SoPin, secret(so_pin))
            .with(Credential::UserPin, secret(pin))
    }

    fn device(base: &Path) -> Box<dyn Token> {
        let mut provider = EmbeddedProvider::new(base);
        let card = provider.manufacture("REH-1").unwrap();
        assert_eq!(card.pin, PinState::Unset);
        let mut token = provider.open("REH-1").unwrap();
        token
            .provisioning()
            .unwrap()
            .initialise(&Id::parse("root-a").unwrap(), &secrets("87654321", "123456"))
            .unwrap();
        token
    }

    #[test]
    fn three_wrong_pins_lock_it_for_every_process() {
        let temp = tempfile::tempdir().unwrap();
        let mut token = device(temp.path());
        for left in [2, 1] {
            let wrong = token.unlock(Credential::UserPin, &secret("000000")).unwrap_err();
            assert_eq!((wrong.code, wrong.changed), (DeviceCode::PinWrong, Changed::Yes));
            assert!(wrong.meaning.contains(&format!("left: {left}")));
            assert_eq!(token.identity().unwrap().pin, PinState::Left(left));
        }
        let last = token.unlock(Credential::UserPin, &secret("000000")).unwrap_err();
        assert_eq!((last.code, last.changed), (DeviceCode::PinLocked, Changed::Yes));
        drop(token);
        let mut again = EmbeddedProvider::new(temp.path()).open("REH-1").unwrap();
        assert_eq!(again.identity().unwrap().pin, PinState::Locked);
        let locked = again.unlock(Credential::UserPin, &secret("123456")).unwrap_err();
        assert_eq!(
            (locked.code, locked.changed),
            (DeviceCode::PinLocked, Changed::No)
        );
        // The officer sets it up anew; a wrong SO PIN counts as well.
        let label = Id::parse("root-b").unwrap();
        let provisioning = again.provisioning().unwrap();
        let wrong = provisioning
            .initialise(&label, &secrets("11111111", "123456"))
            .unwrap_err();
        assert_eq!((wrong.code, wrong.changed), (DeviceCode::PinWrong, Changed::Yes));
        let card = provisioning
            .initialise(&label, &secrets("87654321", "654321"))
            .unwrap();
        assert_eq!((card.pin, card.label.as_str()), (PinState::Left(3), "root-b"));
        assert!(again.unlock(Credential::UserPin, &secret("654321")).is_ok());
    }

    #[test]
    fn a_try_is_spent_before_the_pin_is_looked_at() {
        let temp = tempfile::tempdir().unwrap();
        let mut token = device(temp.path());
        // Without the check file no PIN can be judged; the try is gone all the same.
        std::fs::remove_file(temp.path().join("REH-1/check.pem")).unwrap();
        assert_eq!(
            token
                .unlock(Credential::UserPin, &secret("123456"))
                .unwrap_err()
                .code,
            DeviceCode::Storage
        );
        assert_eq!(token.identity().unwrap().pin, PinState::Left(2));
    }

    #[test]
    fn initialising_ends_every_login_and_every_key() {
        let temp = tempfile::tempdir().unwrap();
        let mut token = device(temp.path());
        token.unlock(Credential::UserPin, &secret("123456")).unwrap();
        let name = Id::parse("root-a").unwrap();
        let order = KeyOrder {
            operation: OperationId::new(&Digest::of(b"c"), &name, 1),
            name: name.clone(),
            algorithm: Algorithm::Ed25519,
        };
        token.generate(&order).unwrap();
        let mut other = EmbeddedProvider::new(temp.path()).open("REH-1").unwrap();
        let provisioning = other.provisioning().unwrap();
        provisioning
            .initialise(&name, &secrets("87654321", "123456"))
            .unwrap();
        assert!(token.keys().unwrap().is_empty());
        assert_eq!(token.generate(&order).unwrap_err().code, DeviceCode::NotUnlocked);
        let mut names: Vec<_> = std::fs::read_dir(temp.path().join("REH-1"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["check.pem", "so-check.pem", "token.json"]);
    }

    #[test]
    fn a_pin_of_the_wrong_form_spends_no_try() {
        let temp = tempfile::tempdir().unwrap();
        let mut token = device(temp.path());
        assert_eq!(
            token
                .unlock(Credential::UserPin, &secret("12345"))
                .unwrap_err()
                .code,
            DeviceCode::PinForm
        );
        assert_eq!(token.identity().unwrap().pin, PinState::Left(3));
        assert!(
            EmbeddedProvider::new(temp.path()).manufacture("REH-1").is_err(),
            "no device is made twice"
        );
    }
}
