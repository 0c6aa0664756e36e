//! Key files as tokens: a folder per token, its keys in encrypted PKCS#8 files
//! that `openssl pkey` opens (facts/security.md 5.3; threats V39, V40). A file
//! token is honest about being one: whoever copies the folder and learns the
//! passphrase has the keys, so it reports its keys as extractable, and nothing
//! counts the tries at a passphrase.

mod approve;
mod folder;
mod foreign;
mod import;
mod keyfile;
mod keystore;
mod softkey;
mod state;

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::fault::{check_role, fault};
use super::{Grant, KeyMade, KeyRef, Provider, Provisioning, Secrets, Token};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation,
    PinState, Statement,
};
use crate::base::{Id, PublicKey, Secret};

pub(super) use folder::Folder;
pub use import::{IMPORT_MAX, imported};
pub(super) use keystore::storage;
pub(super) use state::{STATE, check_serial};

/// What rehearsal tokens use as well.
pub(super) mod store {
    pub(in crate::signer) use super::keystore::{
        erase, generate, list, load, opens_check, place_known, write_check,
    };
    pub(in crate::signer) use super::state::{read, write};
}

/// The shortest passphrase, in bytes: nothing but its length slows a thief down.
pub const PASSPHRASE_MIN: usize = 12;

const CHECK: &str = "check.pem";

/// File tokens below one folder.
#[derive(Debug)]
pub struct FileProvider {
    base: PathBuf,
}

impl FileProvider {
    /// The tokens in the subfolders of `base`; it need not be there yet.
    #[must_use]
    pub fn new(base: &Path) -> FileProvider {
        FileProvider {
            base: base.to_owned(),
        }
    }

    /// Makes the folder of a new token, in factory state: no label, no passphrase.
    ///
    /// # Errors
    /// A [`DeviceFault`]: `Storage` when there is a token already.
    pub fn create(&mut self, serial: &str) -> Result<DeviceCard, DeviceFault> {
        let state = State {
            v: 1,
            kind: Kind::File,
            serial: serial.to_owned(),
            label: String::new(),
            initialised: false,
            check: None,
        };
        make_folder(&self.base, serial, &state)?;
        Ok(state.card())
    }
}

/// Makes a token's folder with its first state in it. A folder that a crash has
/// left without a state is completed.
pub(super) fn make_folder<T: Serialize>(base: &Path, serial: &str, state: &T) -> Result<(), DeviceFault> {
    let op = Operation::Initialise;
    let failed = |error: std::io::Error| {
        fault(
            op,
            DeviceCode::Storage,
            Changed::Unknown,
            &format!("{}: {error}", base.display()),
        )
    };
    check_serial(op, serial)?;
    Folder::make(base).map_err(failed)?;
    let folder = Folder::make(&base.join(serial)).map_err(failed)?;
    let _held = folder.lock().map_err(failed)?;
    if folder.has(STATE).map_err(failed)? {
        return Err(fault(
            op,
            DeviceCode::Storage,
            Changed::No,
            &format!("a token with the serial {serial} is already there"),
        ));
    }
    store::write(op, &folder, state)
}

/// The subfolders of `base` that hold a token, sorted.
pub(super) fn serials(base: &Path) -> Result<Vec<String>, DeviceFault> {
    let failed = |error: std::io::Error| {
        fault(
            Operation::Find,
            DeviceCode::Storage,
            Changed::No,
            &format!("{}: {error}", base.display()),
        )
    };
    let folder = match Folder::open(base) {
        Ok(folder) => folder,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let names = folder.names().map_err(failed)?;
    Ok(names
        .into_iter()
        .filter(|name| base.join(name).join(STATE).is_file())
        .collect())
}

/// Opens the folder of the token with this serial.
pub(super) fn open_folder(base: &Path, serial: &str) -> Result<Folder, DeviceFault> {
    let op = Operation::Find;
    check_serial(op, serial)?;
    let missing = |_| {
        fault(
            op,
            DeviceCode::NotFound,
            Changed::No,
            &format!("no token with the serial {serial} in {}", base.display()),
        )
    };
    let folder = Folder::open(&base.join(serial)).map_err(missing)?;
    if !folder.has(STATE).map_err(missing)? {
        return Err(missing(std::io::ErrorKind::NotFound.into()));
    }
    Ok(folder)
}

/// A token's state is of the version that we write, and of the token asked for.
pub(super) fn check_state(
    operation: Operation,
    expected: &str,
    version: u32,
    serial: &str,
) -> Result<(), DeviceFault> {
    if version == 1 && serial == expected {
        return Ok(());
    }
    Err(fault(
        operation,
        DeviceCode::AnswerRefused,
        Changed::No,
        &format!("expected a version 1 token with the serial {expected}, got version {version} and {serial}"),
    ))
}

impl Provider for FileProvider {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        let mut cards = Vec::new();
        for serial in serials(&self.base)? {
            cards.push(FileToken::open(&self.base, &serial)?.identity()?);
        }
        Ok(cards)
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        let mut token = FileToken::open(&self.base, serial)?;
        token.state(Operation::Find)?;
        Ok(Box::new(token))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    File,
}

/// `token.json` of a file token.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    v: u32,
    kind: Kind,
    serial: String,
    label: String,
    initialised: bool,
    /// Public half of the check key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    check: Option<PublicKey>,
}

impl State {
    fn card(&self) -> DeviceCard {
        DeviceCard {
            vendor: "tuf-ceremony".to_owned(),
            model: "Encrypted key files".to_owned(),
            serial: self.serial.clone(),
            label: self.label.clone(),
            firmware: "1.0".to_owned(),
            initialised: self.initialised,
            pin: if self.initialised {
                PinState::Ready
            } else {
                PinState::Unset
            },
            pin_limits: (12, 128),
            pin_pad: false,
            quirks: "files".to_owned(),
        }
    }
}

/// In PKCS#11's words: never given out in the clear, but it can leave its token
/// in encrypted form. Where it was made, a file cannot tell.
fn attributes() -> KeyAttributes {
    KeyAttributes {
        sensitive: Some(true),
        always_sensitive: None,
        extractable: Some(true),
        never_extractable: Some(false),
        local: None,
        sign: Some(true),
        always_authenticate: Some(false),
        other_uses: Some(false),
    }
}

/// One file token. It holds the passphrase from `unlock` to `lock`.
struct FileToken {
    folder: Folder,
    serial: String,
    passphrase: Option<Secret>,
}

impl FileToken {
    fn open(base: &Path, serial: &str) -> Result<FileToken, DeviceFault> {
        Ok(FileToken {
            folder: open_folder(base, serial)?,
            serial: serial.to_owned(),
            passphrase: None,
        })
    }

    fn state(&mut self, operation: Operation) -> Result<State, DeviceFault> {
        let state: State = store::read(operation, &self.folder)?;
        check_state(operation, &self.serial, state.v, &state.serial)?;
        Ok(state)
    }

    fn unlocked(&self, operation: Operation) -> Result<&Secret, DeviceFault> {
        self.passphrase.as_ref().ok_or_else(|| {
            fault(
                operation,
                DeviceCode::NotUnlocked,
                Changed::No,
                "the passphrase was not entered",
            )
        })
    }
}

fn check_form(operation: Operation, passphrase: &Secret) -> Result<(), DeviceFault> {
    if passphrase.len() < PASSPHRASE_MIN {
        return Err(fault(
            operation,
            DeviceCode::PinForm,
            Changed::No,
            &format!("a passphrase of at least {PASSPHRASE_MIN} characters is needed"),
        ));
    }
    Ok(())
}

impl Token for FileToken {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        Ok(self.state(Operation::Identity)?.card())
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        store::list(&self.folder, &attributes())
    }

    fn unlock(&mut self, role: Credential, pin: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::Unlock;
        let refuse = |code, text: &str| fault(op, code, Changed::No, text);
        self.passphrase = None;
        check_role(op, role, Credential::Passphrase)?;
        let Some(check) = self.state(op)?.check else {
            return Err(refuse(
                DeviceCode::NotInitialised,
                "the token was never initialised",
            ));
        };
        check_form(op, pin)?;
        if !store::opens_check(op, &self.folder, CHECK, &check, pin)? {
            return Err(refuse(DeviceCode::PinWrong, "the passphrase is wrong"));
        }
        let held = Secret::copy_of(pin.expose());
        self.passphrase = Some(held.map_err(|e| refuse(DeviceCode::PinForm, &e.to_string()))?);
        Ok(())
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        let passphrase = self.unlocked(op)?;
        let _held = self
            .folder
            .lock()
            .map_err(storage(op, Changed::No, &self.folder))?;
        store::generate(&self.folder, order, passphrase, &attributes())
    }

    fn attest(&mut self, _key: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        Ok(None)
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        let passphrase = self.unlocked(Operation::Sign)?;
        sign_with(&self.folder, &grant, passphrase)
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.passphrase = None;
        Ok(())
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }
}

/// One signature with a key from the folder; the key lives as long as the call.
pub(super) fn sign_with(folder: &Folder, grant: &Grant, secret: &Secret) -> Result<Vec<u8>, DeviceFault> {
    let key = store::load(folder, &grant.key, secret)?;
    key.sign(grant.payload.bytes()).ok_or_else(|| {
        fault(
            Operation::Sign,
            DeviceCode::DeviceError,
            Changed::No,
            "the key did not sign",
        )
    })
}

impl Provisioning for FileToken {
    fn credentials(&self) -> &'static [Credential] {
        Credential::FILES
    }

    /// Never over keys: those in files are not destroyed by initialising again. A
    /// set-up that was cut short, or whose end nobody heard of, is done anew.
    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        let pin = secrets.get(Credential::Passphrase)?;
        check_form(op, pin)?;
        let held = self.folder.lock();
        let _held = held.map_err(storage(op, Changed::No, &self.folder))?;
        let mut state = self.state(op)?;
        let keys = store::list(&self.folder, &attributes())?;
        if state.initialised && !keys.is_empty() {
            return Err(fault(
                op,
                DeviceCode::Unsupported,
                Changed::No,
                "this file token is in use; make a new one instead",
            ));
        }
        state.check = Some(store::write_check(&self.folder, CHECK, pin)?);
        label.as_str().clone_into(&mut state.label);
        state.initialised = true;
        store::write(op, &self.folder, &state)?;
        Ok(state.card())
    }
}
