//! The signing abstraction: seven verbs over whatever holds a key. Adapters
//! share nothing but this port; none of them decides anything (which key,
//! which payload, whether to try again), none retries a PIN, and nothing they
//! answer is believed before the engine has checked it (law 8).

pub mod embedded;
pub mod file;
#[cfg(feature = "pkcs11")]
pub mod pkcs11;
#[cfg(feature = "pkcs11")]
pub mod worker;

#[cfg(test)]
mod contract;
mod fault;

use crate::base::device::{DeviceCard, DeviceFault, KeyAttributes, KeyFound, KeyOrder, OperationId};
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

    /// Logs in. A wrong PIN is spent here and nowhere else.
    fn unlock(&mut self, pin: &Secret) -> Result<(), DeviceFault>;

    /// Generates a key pair on the device, sensitive and never extractable,
    /// and reads it back in a session that did not make it. Refuses when the
    /// id or label is taken.
    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault>;

    /// The device's own statement about a key; `None`: this device cannot make one.
    fn attest(&mut self, key: &KeyRef) -> Result<Option<Vec<u8>>, DeviceFault>;

    /// One signature: raw 64 bytes for Ed25519, ASN.1 DER for P-256. The grant
    /// is used up.
    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault>;

    /// Logs out. Logging out twice is no error.
    fn lock(&mut self) -> Result<(), DeviceFault>;

    /// The power to set up a new device, where it exists.
    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        None
    }
}

/// The power to initialise a device.
pub trait Provisioning {
    /// Whether the device has a security officer's PIN at all. Where it has
    /// none, nobody is asked for one and `initialise` takes an empty secret.
    fn has_so_pin(&self) -> bool {
        true
    }

    /// Initialises: SO PIN (the present one if the device already has one),
    /// label, user PIN. Destroys every key on the device. The card that comes
    /// back counts from now on: some devices get their serial here.
    ///
    /// # Errors
    /// A [`DeviceFault`].
    fn initialise(&mut self, label: &Id, so_pin: &Secret, pin: &Secret) -> Result<DeviceCard, DeviceFault>;
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
