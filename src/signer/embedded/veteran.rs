//! Veterans: rehearsal tokens that are born set up, with keys of "an earlier
//! ceremony", so that a succession can be rehearsed. Serials, names and PIN stand
//! here, and the private keys follow from them by a public rule
//! (`base/veteran.rs`): anybody has them. Only this backend makes them, and a
//! production script cannot name it.

use std::path::Path;

use super::super::file::store;
use super::{EmbeddedProvider, EmbeddedToken, Provisioning, attributes};
use crate::base::device::{Credential, DeviceCard, DeviceFault, Operation};
use crate::base::{Algorithm, Id, Secret, veteran};
use crate::signer::Secrets;
use crate::signer::fault::fault;

/// What a veteran holds.
pub struct Veteran {
    /// Its serial.
    pub serial: &'static str,
    /// Names and algorithms of its keys.
    pub keys: &'static [(&'static str, Algorithm)],
}

/// Every veteran; `ceremony-scripts/rehearsal/chain/` trusts the keys of the first three.
pub const VETERANS: &[Veteran] = &[
    Veteran {
        serial: "VETERAN-4101",
        keys: &[
            ("root-a", Algorithm::EcdsaP256),
            ("targets-a", Algorithm::EcdsaP256),
        ],
    },
    Veteran {
        serial: "VETERAN-4202",
        keys: &[
            ("root-b", Algorithm::EcdsaP256),
            ("targets-b", Algorithm::EcdsaP256),
        ],
    },
    Veteran {
        serial: "VETERAN-4303",
        keys: &[("root-c", Algorithm::Ed25519), ("targets-c", Algorithm::Ed25519)],
    },
];

/// The user PIN of every veteran.
pub const PIN: &str = "veteran-pin";
/// The SO PIN of every veteran.
pub const SO_PIN: &str = "veteran-so-pin";

/// The veteran with this serial.
#[must_use]
pub fn of(serial: &str) -> Option<&'static Veteran> {
    VETERANS.iter().find(|v| v.serial == serial)
}

impl EmbeddedProvider {
    /// Makes a veteran: set up, with its keys and the PINs above.
    ///
    /// # Errors
    /// A [`DeviceFault`]: `Storage` when there is a device with this serial already.
    pub fn enlist(&mut self, veteran: &Veteran) -> Result<DeviceCard, DeviceFault> {
        self.manufacture(veteran.serial)?;
        let made = fill(&self.base, veteran);
        if made.is_err() {
            // Half a veteran would never be completed.
            let _ = std::fs::remove_dir_all(self.base.join(veteran.serial));
        }
        made
    }
}

fn fill(base: &Path, of: &Veteran) -> Result<DeviceCard, DeviceFault> {
    let op = Operation::Initialise;
    let broken = |text: &str| {
        use crate::base::device::{Changed, DeviceCode};
        fault(op, DeviceCode::DeviceError, Changed::Yes, text)
    };
    let secret = |text: &str| Secret::copy_of(text.as_bytes()).map_err(|e| broken(&e.to_string()));
    let name = |text: &str| Id::parse(text).map_err(|e| broken(&e.to_string()));
    let mut token = EmbeddedToken::open(base, of.serial)?;
    let secrets = Secrets::new()
        .with(Credential::SoPin, secret(SO_PIN)?)
        .with(Credential::UserPin, secret(PIN)?);
    let card = token.initialise(&name("veteran")?, &secrets)?;
    for (key, algorithm) in of.keys {
        let key = name(key)?;
        let seed = veteran::seed(of.serial, &key);
        store::place_known(
            &token.folder,
            &key,
            &veteran::operation(&key),
            *algorithm,
            seed.as_bytes(),
            &secret(PIN)?,
            &attributes(),
        )?;
    }
    Ok(card)
}
