//! A token adapter written outside the crate, on its public API alone: one device in
//! memory that makes Ed25519 keys. `tests/outside_token.rs` puts it through the contract
//! suite. Its keys die with the process: a pattern (docs/token-adapter.md), no device.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ed25519_dalek::{Signer as _, SigningKey};
use tuf_ceremony::base::device::{
    Changed, Credential, DeviceCard, DeviceCode as Code, DeviceFault, KeyAttributes, KeyFound, KeyOrder,
    Operation as Op, PinState, Statement,
};
use tuf_ceremony::base::{Algorithm, Digest, Id, PublicKey, Secret};
use tuf_ceremony::signer::fault::{check_order, check_role, fault};
use tuf_ceremony::signer::{Grant, KeyMade, KeyRef, Provider, Provisioning, Secrets, Token};

type Answer<T> = Result<T, DeviceFault>;

/// What the device holds: its label, a digest of its passphrase, its keys.
#[derive(Default)]
struct Memory(Option<(Id, Digest)>, Vec<(KeyFound, SigningKey)>);

/// The provider, and (with a login of its own) a handle; all share one device.
#[derive(Clone, Default)]
pub struct Outside {
    memory: Arc<Mutex<Memory>>,
    unlocked: bool,
}

impl Outside {
    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A refusal. Nothing was changed: this device refuses before it acts.
fn no(op: Op, code: Code, why: &str) -> DeviceFault {
    fault(op, code, Changed::No, why)
}

fn allow(yes: bool, op: Op, code: Code, why: &str) -> Answer<()> {
    yes.then_some(()).ok_or_else(|| no(op, code, why))
}

impl Provider for Outside {
    fn list(&mut self) -> Answer<Vec<DeviceCard>> {
        Ok(vec![self.identity()?])
    }

    fn open(&mut self, serial: &str) -> Answer<Box<dyn Token>> {
        allow(serial == "OUTSIDE-1", Op::Find, Code::NotFound, "no such device")?;
        let mut handle = self.clone();
        handle.unlocked = false;
        Ok(Box::new(handle))
    }
}

impl Token for Outside {
    fn identity(&mut self) -> Answer<DeviceCard> {
        let label = self.memory().0.as_ref().map(|(label, _)| label.to_string());
        Ok(DeviceCard {
            initialised: label.is_some(),
            pin: label.as_ref().map_or(PinState::Unset, |_| PinState::Ready),
            label: label.unwrap_or_default(),
            ..DeviceCard::factory_new("an outsider", "Memory token", "OUTSIDE-1")
        })
    }

    fn keys(&mut self) -> Answer<Vec<KeyFound>> {
        Ok(self.memory().1.iter().map(|(key, _)| key.clone()).collect())
    }

    fn unlock(&mut self, role: Credential, secret: &Secret) -> Answer<()> {
        let op = Op::Unlock;
        self.unlocked = false;
        check_role(op, role, Credential::Passphrase)?;
        let known = self.memory().0.clone().map(|(_, digest)| digest);
        allow(known.is_some(), op, Code::NotInitialised, "not set up")?;
        allow(secret.len() >= 12, op, Code::PinForm, "at least 12 bytes")?;
        self.unlocked = known == Some(Digest::of(secret.expose()));
        allow(self.unlocked, op, Code::PinWrong, "the passphrase is wrong")
    }

    fn generate(&mut self, order: &KeyOrder) -> Answer<KeyMade> {
        let op = Op::Generate;
        allow(self.unlocked, op, Code::NotUnlocked, "nobody is logged in")?;
        check_order(order)?;
        let ed = order.algorithm == Algorithm::Ed25519;
        allow(ed, op, Code::Unsupported, "this device makes ed25519 keys")?;
        let id = data_encoding::HEXLOWER.encode(order.operation.as_bytes());
        let mut memory = self.memory();
        let free = memory.1.iter().all(|(key, _)| key.id != id);
        allow(free, op, Code::KeyExists, "there is a key with that id")?;
        let mut seed = zeroize::Zeroizing::new([0; 32]);
        rand_core::RngCore::fill_bytes(&mut rand_core::OsRng, &mut *seed);
        let key = SigningKey::from_bytes(&seed);
        let public = PublicKey::from_raw(Algorithm::Ed25519, key.verifying_key().as_bytes());
        let public = public.map_err(|e| no(op, Code::DeviceError, &e.to_string()))?;
        let attributes = KeyAttributes::signs_only();
        let found = KeyFound {
            label: order.operation.label(&order.name),
            id,
            public: Some(public.clone()),
            attributes: attributes.clone(),
        };
        memory.1.push((found, key));
        Ok(KeyMade { public, attributes })
    }

    fn attest(&mut self, _: &KeyRef) -> Answer<Option<Statement>> {
        Ok(None)
    }

    fn sign(&mut self, grant: Grant) -> Answer<Vec<u8>> {
        let op = Op::Sign;
        allow(self.unlocked, op, Code::NotUnlocked, "nobody is logged in")?;
        let label = grant.key.operation.label(&grant.key.name);
        let memory = self.memory();
        let found = memory.1.iter().find(|(key, _)| key.label == label);
        let (found, key) = found.ok_or_else(|| no(op, Code::KeyNotUnique, "no such key"))?;
        let recorded = found.public.as_ref() == Some(&grant.key.public);
        allow(recorded, op, Code::KeyDiffers, "another key has that name")?;
        Ok(key.sign(grant.payload.bytes()).to_vec())
    }

    fn lock(&mut self) -> Answer<()> {
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

    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Answer<DeviceCard> {
        let (op, secret) = (Op::Initialise, secrets.get(Credential::Passphrase)?);
        allow(secret.len() >= 12, op, Code::PinForm, "at least 12 bytes")?;
        self.unlocked = false;
        *self.memory() = Memory(Some((label.clone(), Digest::of(secret.expose()))), Vec::new());
        self.identity()
    }
}
