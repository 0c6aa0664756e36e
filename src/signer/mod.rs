//! The signing abstraction: seven verbs over whatever holds a key. Adapters
//! share nothing but this port; none of them decides anything (which key,
//! which payload, whether to try again), none retries a PIN, and nothing they
//! answer is believed before the engine has checked it (law 8).

pub mod contract;
pub mod embedded;
pub mod fault;
pub mod file;
pub mod inventory;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
#[cfg(feature = "pkcs11")]
pub mod worker;
#[cfg(feature = "yubihsm")]
pub mod yubihsm;

use crate::base::device::{
    Credential, DeviceCard, DeviceFault, KeyAttributes, KeyFound, KeyOrder, LogRead, OperationId, Statement,
    StatementKind,
};
use crate::base::{Id, Payload, PublicKey, Secret};

/// A device that is present. The seven verbs; optional powers are accessors.
pub trait Token: Send {
    /// What the device says of itself. Changes nothing.
    ///
    /// # Errors
    /// A [`DeviceFault`]; so for every verb.
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault>;

    /// The keys that can be seen (some devices show none before login). Changes nothing.
    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault>;

    /// Logs in with one of the device's credentials ([`Credential::needed`]
    /// tells which). A wrong PIN is spent here and nowhere else. Where the card
    /// says `pin_pad`, the secret is empty and the PIN is typed on the device.
    fn unlock(&mut self, role: Credential, secret: &Secret) -> Result<(), DeviceFault>;

    /// Generates a key pair on the device, sensitive and never extractable,
    /// and reads it back in a session that did not make it. Refuses when the
    /// id or label is taken.
    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault>;

    /// The device's own statement about a key; `None`: this device cannot make one.
    fn attest(&mut self, key: &KeyRef) -> Result<Option<Statement>, DeviceFault>;

    /// One signature: raw bytes for Ed25519 and RSA, ASN.1 DER for ECDSA. The
    /// grant is used up.
    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault>;

    /// Logs out. Logging out twice is no error.
    fn lock(&mut self) -> Result<(), DeviceFault>;

    /// Which kind of statement the device can make about its keys; told without
    /// asking the device, so that it can be known before anybody logs in.
    fn attests(&self) -> Option<StatementKind> {
        None
    }

    /// The power to set up a new device, where it exists.
    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        None
    }

    /// The power to change and unblock PINs, where it exists.
    fn pins(&mut self) -> Option<&mut dyn Pins> {
        None
    }

    /// The device's own log, where it keeps one.
    fn log(&mut self) -> Option<&mut dyn DeviceLog> {
        None
    }

    /// The power to give up the power to make keys, where it exists.
    fn retirement(&mut self) -> Option<&mut dyn Retirement> {
        None
    }
}

/// The power to initialise a device.
pub trait Provisioning {
    /// Which secrets `initialise` takes, in the order people set them.
    fn credentials(&self) -> &'static [Credential];

    /// Initialises with a label and new secrets (the SO PIN is the present one
    /// if the device already has one). Destroys every key on the device. The
    /// card that comes back counts from now on: some devices get their serial
    /// here.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault>;
}

/// The power to change PINs on a device that is set up.
pub trait Pins {
    /// Sets a new secret in place of the old one (C_SetPIN). A wrong old secret
    /// spends a try.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn change(&mut self, which: Credential, old: &Secret, new: &Secret) -> Result<(), DeviceFault>;

    /// Gives a locked device a new user PIN by the SO PIN (C_InitPIN); keys stay.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn unblock(&mut self, so_pin: &Secret, new_pin: &Secret) -> Result<(), DeviceFault>;
}

/// A log that the device itself keeps.
pub trait DeviceLog {
    /// Reads every entry that is there. Changes nothing.
    ///
    /// # Errors
    /// A [`DeviceFault`]; `AnswerRefused` where entries are missing.
    fn read(&mut self) -> Result<LogRead, DeviceFault>;

    /// Tells the device that the entries up to number `last` are kept, so that
    /// it may forget them.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn clear(&mut self, last: u16) -> Result<(), DeviceFault>;
}

/// The end of provisioning: afterwards the device makes no more keys.
pub trait Retirement {
    /// Deletes the credential that makes keys, and looks whether it is gone. If
    /// it is gone already, that is no error, and needs no login.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn retire(&mut self) -> Result<(), DeviceFault>;
}

/// Secrets for a set-up, by what each of them opens.
#[derive(Debug, Default)]
pub struct Secrets(Vec<(Credential, Secret)>);

impl Secrets {
    /// None yet.
    #[must_use]
    pub fn new() -> Secrets {
        Secrets::default()
    }

    /// These and one more.
    #[must_use]
    pub fn with(mut self, role: Credential, secret: Secret) -> Secrets {
        self.0.push((role, secret));
        self
    }

    /// The secret for `role`.
    ///
    /// # Errors
    /// A `PinForm` fault when it is not there: nothing was sent to the device.
    pub fn get(&self, role: Credential) -> Result<&Secret, DeviceFault> {
        let found = self.0.iter().find(|(r, _)| *r == role).map(|(_, s)| s);
        found.ok_or_else(|| {
            fault::fault(
                crate::base::device::Operation::Initialise,
                crate::base::device::DeviceCode::PinForm,
                crate::base::device::Changed::No,
                &format!("the {} was not given", role.name()),
            )
        })
    }
}

/// Where tokens are found: a vendor module, a folder.
pub trait Provider: Send {
    /// Every device that is present now. Changes nothing.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault>;

    /// The one device with this serial.
    ///
    /// # Errors
    /// `NotFound` or `TwoAlike`, among others.
    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault>;
}

/// A new key, read back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyMade {
    /// The public key.
    pub public: PublicKey,
    /// The private object's attributes, read back.
    pub attributes: KeyAttributes,
}

/// Names one key on a device: by operation id and name, and by the public key
/// that the record holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRef {
    /// The key's name in the script.
    pub name: Id,
    /// The id that the key object carries.
    pub operation: OperationId,
    /// The recorded public key.
    pub public: PublicKey,
}

/// Permission for one signature over one payload under one key. It cannot be
/// cloned, and signing consumes it.
#[derive(Debug)]
pub struct Grant {
    /// The key.
    pub key: KeyRef,
    /// What is signed; only `tuf` and `transcript` can make one.
    pub payload: Payload,
}
