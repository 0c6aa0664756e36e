//! A token adapter written outside the crate, on its public API alone: one
//! device in memory that makes Ed25519 keys. It passes the contract suite; its
//! keys die with the process, so it is a pattern (docs/token-adapter.md), not a
//! device for ceremonies. `cargo run --example outside-token` prints the report.

#![allow(clippy::print_stdout, reason = "an example shows what it found")]

use std::process::ExitCode;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::{OsRng, RngCore as _};
use tuf_ceremony::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation,
    PinState, Statement,
};
use tuf_ceremony::base::{Algorithm, Digest, Id, PublicKey, Secret};
use tuf_ceremony::signer::contract::{Candidate, Promises, Report, run};
use tuf_ceremony::signer::fault::{check_order, check_role, fault};
use tuf_ceremony::signer::{Grant, KeyMade, KeyRef, Provider, Provisioning, Secrets, Token};
use tuf_ceremony::transcript::proof;

const SERIAL: &str = "OUTSIDE-1";

/// What the device holds; every handle on it shares this.
#[derive(Default)]
struct Memory {
    label: Option<Id>,
    /// Kept as a digest: the device never has to give the passphrase back.
    passphrase: Option<Digest>,
    keys: Vec<(KeyFound, SigningKey)>,
}

/// The provider, and (with its own login) a handle.
#[derive(Clone, Default)]
struct Outside {
    memory: Arc<Mutex<Memory>>,
    unlocked: bool,
}

impl Outside {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn card(&self) -> DeviceCard {
        let label = self.memory().label.clone();
        DeviceCard {
            vendor: "an outsider".into(),
            model: "Memory token".into(),
            serial: SERIAL.into(),
            label: label.as_ref().map(Id::to_string).unwrap_or_default(),
            firmware: "?".into(),
            initialised: label.is_some(),
            pin: label.map_or(PinState::Unset, |_| PinState::Ready),
            pin_limits: (0, 0),
            pin_pad: false,
            quirks: String::new(),
        }
    }

    fn needs_login(&self, op: Operation) -> Result<(), DeviceFault> {
        let locked = || no(op, DeviceCode::NotUnlocked, "the passphrase was not entered");
        self.unlocked.then_some(()).ok_or_else(locked)
    }
}

/// Nothing was changed: this device refuses before it acts.
fn no(op: Operation, code: DeviceCode, why: &str) -> DeviceFault {
    fault(op, code, Changed::No, why)
}

fn form(op: Operation, secret: &Secret) -> Result<(), DeviceFault> {
    let short = || no(op, DeviceCode::PinForm, "a passphrase has at least 12 bytes");
    (secret.len() >= 12).then_some(()).ok_or_else(short)
}

impl Provider for Outside {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        Ok(vec![self.card()])
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        if serial != SERIAL {
            return Err(no(Operation::Find, DeviceCode::NotFound, "no such device"));
        }
        let memory = self.memory.clone();
        let unlocked = false;
        Ok(Box::new(Outside { memory, unlocked }))
    }
}

impl Token for Outside {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        Ok(self.card())
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        Ok(self.memory().keys.iter().map(|(key, _)| key.clone()).collect())
    }

    fn unlock(&mut self, role: Credential, secret: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::Unlock;
        self.unlocked = false;
        check_role(op, role, Credential::Passphrase)?;
        let known = self.memory().passphrase;
        let known = known.ok_or_else(|| no(op, DeviceCode::NotInitialised, "not set up"))?;
        form(op, secret)?;
        if Digest::of(secret.expose()) != known {
            return Err(no(op, DeviceCode::PinWrong, "the passphrase is wrong"));
        }
        self.unlocked = true;
        Ok(())
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        self.needs_login(op)?;
        check_order(order)?;
        if order.algorithm != Algorithm::Ed25519 {
            return Err(no(op, DeviceCode::Unsupported, "this device makes ed25519 keys"));
        }
        let id = data_encoding::HEXLOWER.encode(order.operation.as_bytes());
        let mut memory = self.memory();
        if memory.keys.iter().any(|(key, _)| key.id == id) {
            return Err(no(op, DeviceCode::KeyExists, "there is a key with that id"));
        }
        let mut seed = [0; 32];
        OsRng.fill_bytes(&mut seed);
        let key = SigningKey::from_bytes(&seed);
        let public = PublicKey::from_raw(Algorithm::Ed25519, key.verifying_key().as_bytes())
            .map_err(|e| no(op, DeviceCode::DeviceError, &e.to_string()))?;
        let attributes = KeyAttributes {
            sign: Some(true),
            other_uses: Some(false),
            ..KeyAttributes::default()
        };
        let label = order.operation.label(&order.name);
        let found = KeyFound {
            label,
            id,
            public: Some(public.clone()),
            attributes: attributes.clone(),
        };
        memory.keys.push((found, key));
        Ok(KeyMade { public, attributes })
    }

    fn attest(&mut self, _: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        Ok(None)
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        self.needs_login(op)?;
        let label = grant.key.operation.label(&grant.key.name);
        let memory = self.memory();
        let found = memory.keys.iter().find(|(key, _)| key.label == label);
        let (found, key) = found.ok_or_else(|| no(op, DeviceCode::KeyNotUnique, "no such key"))?;
        if found.public.as_ref() != Some(&grant.key.public) {
            return Err(no(op, DeviceCode::KeyDiffers, "another key has that name"));
        }
        Ok(key.sign(grant.payload.bytes()).to_bytes().to_vec())
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.unlocked = false;
        Ok(())
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }
}

impl Provisioning for Outside {
    fn credentials(&self) -> &'static [Credential] {
        Credential::FILES
    }

    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let secret = secrets.get(Credential::Passphrase)?;
        form(Operation::Initialise, secret)?;
        self.unlocked = false;
        *self.memory() = Memory {
            label: Some(label.clone()),
            passphrase: Some(Digest::of(secret.expose())),
            keys: Vec::new(),
        };
        Ok(self.card())
    }
}

/// The device on trial.
pub fn trial() -> Report {
    let device = Outside::default();
    run(&Candidate {
        provider: &|| Box::new(device.clone()),
        serial: SERIAL,
        secrets: &[(Credential::Passphrase, "correct horse 7")],
        wrong: "incorrect horse",
        malformed: "short",
        // An outsider cannot sign bytes of his own choice: only what the ceremony signs.
        payload: &|key, n| {
            proof::challenge(
                &Digest::of(&[u8::try_from(n).unwrap_or(0)]),
                &key.operation,
                &key.name,
                &key.public,
            )
        },
        promises: Promises {
            two_handles: true,
            ..Promises::of(&[Algorithm::Ed25519])
        },
    })
}

fn main() -> ExitCode {
    let report = trial();
    print!("{report}");
    ExitCode::from(u8::from(!report.is_good()))
}
