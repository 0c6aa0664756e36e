//! Can the suite fail? One device in memory, good unless told to commit one sin;
//! every sin is found, under the name of the obligation that it breaks.

#![allow(clippy::arithmetic_side_effects, reason = "a test's counters")]

use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};

use super::support::{SECRETS, payload};
use super::{Candidate, Obligation, Outcome, Promises, Report, SetUpAgain, run};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, LogRead,
    Operation, PinState, Statement, StatementKind,
};
use crate::base::{Algorithm, Digest, Id, PublicKey, Secret};
use crate::signer::fault::{check_order, fault};
use crate::signer::{
    DeviceLog, Grant, KeyMade, KeyRef, Pins, Provider, Provisioning, Retirement, Secrets, Token,
};

/// What the device does wrong; `None` keeps every promise.
type Sin = Option<Obligation>;

#[derive(Default)]
struct Memory {
    label: String,
    secrets: Vec<(Credential, Vec<u8>)>,
    tries: u32,
    keys: Vec<(KeyOrder, SigningKey)>,
    looks: usize,
    retired: bool,
    /// The log has an entry for each signature: these many, and forgotten up to there.
    signed: u16,
    cleared: u16,
    logins: usize,
}

#[derive(Clone)]
struct Device {
    memory: Arc<Mutex<Memory>>,
    sin: Sin,
    login: bool,
    /// Which of the device's logins this handle's is.
    number: usize,
    unblocks: bool,
}

const SERIAL: &str = "MEM-1";

fn no(op: Operation, code: DeviceCode) -> DeviceFault {
    fault(op, code, Changed::No, "refused")
}

impl Device {
    fn sins(&self, which: Obligation) -> bool {
        self.sin == Some(which)
    }

    fn memory<T>(&self, with: impl FnOnce(&mut Memory) -> T) -> T {
        with(&mut self.memory.lock().unwrap())
    }

    fn card(&self) -> DeviceCard {
        self.memory(|m| DeviceCard {
            vendor: "v".to_owned(),
            model: "m".to_owned(),
            serial: match m.label.is_empty() {
                false if self.sins(Obligation::SerialStable) => "MEM-2".to_owned(),
                _ => SERIAL.to_owned(),
            },
            label: m.label.clone(),
            firmware: "1".to_owned(),
            initialised: !m.label.is_empty(),
            pin: match (m.label.is_empty(), m.tries) {
                (true, _) if self.sins(Obligation::FactoryState) => PinState::Ready,
                (true, _) => PinState::Unset,
                (false, left) => PinState::Left(left),
            },
            pin_limits: (0, 0),
            pin_pad: false,
            quirks: String::new(),
        })
    }

    /// Whether the secret is the one for that role; a try is spent if not.
    fn try_secret(&mut self, op: Operation, role: Credential, given: &[u8]) -> Result<(), DeviceFault> {
        let costs = if op == Operation::Unlock && self.sins(Obligation::WrongSecret) {
            2
        } else {
            1
        };
        let good = self.memory(|m| {
            let good = m.secrets.contains(&(role, given.to_vec()));
            if !good && role == Credential::UserPin {
                m.tries = m.tries.saturating_sub(costs);
            }
            good
        });
        if good {
            let resets = !self.sins(Obligation::RightSecret);
            self.memory(|m| m.tries = if resets { 10 } else { m.tries });
            return Ok(());
        }
        let text = match self.sins(Obligation::PlainFaults) {
            true => format!("wrong: {}", String::from_utf8_lossy(given)),
            false => "wrong".to_owned(),
        };
        Err(fault(op, DeviceCode::PinWrong, Changed::Yes, &text))
    }

    fn found(&self) -> Vec<KeyFound> {
        let wrong_id = self.sins(Obligation::FoundAgain);
        let found = |(order, key): &(KeyOrder, SigningKey)| KeyFound {
            label: order.operation.label(&order.name),
            id: match wrong_id {
                true => "00".to_owned(),
                false => data_encoding::HEXLOWER.encode(order.operation.as_bytes()),
            },
            public: Some(public(key)),
            attributes: self.attributes(),
        };
        self.memory(|m| m.keys.iter().map(found).collect())
    }

    fn attributes(&self) -> KeyAttributes {
        KeyAttributes {
            extractable: Some(self.sins(Obligation::Attributes)),
            ..KeyAttributes::default()
        }
    }
}

fn public(key: &SigningKey) -> PublicKey {
    PublicKey::from_raw(Algorithm::Ed25519, key.verifying_key().as_bytes()).unwrap()
}

impl Provider for Device {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        let mut card = self.card();
        if self.sins(Obligation::ListedAfterSetUp) {
            card.label = String::new();
        }
        let twice = usize::from(self.sins(Obligation::Listed));
        Ok(vec![card; 1 + twice])
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        if serial != self.card().serial && !self.sins(Obligation::UnknownSerial) {
            return Err(no(Operation::Find, DeviceCode::NotFound));
        }
        let memory = if self.sins(Obligation::Reopened) && self.card().initialised {
            let (label, secrets) = self.memory(|m| (m.label.clone(), m.secrets.clone()));
            Arc::new(Mutex::new(Memory {
                label,
                secrets,
                tries: 10,
                ..Memory::default()
            }))
        } else {
            self.memory.clone()
        };
        Ok(Box::new(Device {
            memory,
            sin: self.sin,
            login: false,
            number: 0,
            unblocks: self.unblocks,
        }))
    }
}

impl Token for Device {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        let mut card = self.card();
        if self.sins(Obligation::LookingChangesNothing) {
            self.memory(|m| m.looks += 1);
            card.firmware = self.memory(|m| m.looks).to_string();
        }
        Ok(card)
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        Ok(self.found())
    }

    fn unlock(&mut self, role: Credential, secret: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::Unlock;
        let no = |code| Err(no(op, code));
        if role != Credential::UserPin && !self.sins(Obligation::WrongRole) {
            return no(DeviceCode::Unsupported);
        }
        if !self.card().initialised && !self.sins(Obligation::UnlockBeforeSetUp) {
            return no(DeviceCode::NotInitialised);
        }
        let before = self.login && self.sins(Obligation::WrongSecretEndsLogin);
        self.login = before;
        if secret.len() < 6 && !self.sins(Obligation::SecretForm) {
            return no(DeviceCode::PinForm);
        }
        self.try_secret(op, role, secret.expose())?;
        self.login = true;
        self.memory(|m| m.logins += 1);
        self.number = self.memory(|m| m.logins);
        Ok(())
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        if !self.login && !self.sins(Obligation::LoginNeeded) {
            return Err(no(op, DeviceCode::NotUnlocked));
        }
        if self.memory(|m| m.retired) && !self.sins(Obligation::Retire) {
            return Err(no(op, DeviceCode::Unsupported));
        }
        if !self.sins(Obligation::LongName) {
            check_order(order)?;
        }
        if order.algorithm != Algorithm::Ed25519 && !self.sins(Obligation::OtherAlgorithms) {
            return Err(no(op, DeviceCode::Unsupported));
        }
        let taken = self.memory(|m| m.keys.iter().any(|(other, _)| other.operation == order.operation));
        let attributes = self.attributes();
        if taken && !self.sins(Obligation::NoSecondKey) {
            if self.sins(Obligation::RefusalsMakeNoKeys) {
                self.memory(|m| m.keys.push((order.clone(), SigningKey::from_bytes(&[1; 32]))));
            }
            return Err(no(op, DeviceCode::KeyExists));
        }
        let key = SigningKey::from_bytes(Digest::of(order.operation.as_bytes()).as_bytes());
        let made = KeyMade {
            public: match self.sins(Obligation::Generate) {
                true => PublicKey::from_raw(Algorithm::Ed25519, &[0; 32]).unwrap(),
                false => public(&key),
            },
            attributes,
        };
        self.memory(|m| m.keys.push((order.clone(), key)));
        Ok(made)
    }

    fn attest(&mut self, _: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        let certificate = if self.sins(Obligation::Attest) {
            "DE AD"
        } else {
            "dead"
        };
        Ok(Some(Statement {
            kind: StatementKind::Piv,
            certificates: vec![certificate.to_owned()],
            object: None,
        }))
    }

    fn attests(&self) -> Option<StatementKind> {
        Some(StatementKind::Piv)
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        let ended = self.sins(Obligation::TwoHandles) && self.number != self.memory(|m| m.logins);
        if ended || (!self.login && !self.sins(Obligation::LockedSigns)) {
            return Err(no(op, DeviceCode::NotUnlocked));
        }
        let found = self.memory(|m| {
            let named = |(order, _): &&(KeyOrder, SigningKey)| order.operation == grant.key.operation;
            let fallback = m
                .keys
                .first()
                .filter(|_| self.sin == Some(Obligation::UnknownKey));
            m.keys.iter().find(named).or(fallback).map(|(_, key)| key.clone())
        });
        let key = found.ok_or_else(|| no(op, DeviceCode::KeyNotUnique))?;
        if public(&key) != grant.key.public && !self.sins(Obligation::OtherKey) {
            return Err(no(op, DeviceCode::KeyDiffers));
        }
        self.memory(|m| m.signed += 1);
        let bytes = grant.payload.bytes();
        // A device that hashes what it should sign, or cuts it.
        let cut = if self.sins(Obligation::Sign) {
            bytes.len().min(1000)
        } else {
            bytes.len()
        };
        Ok(key.sign(&bytes[..cut]).to_bytes().to_vec())
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        if !self.login && self.sins(Obligation::Lock) {
            return Err(no(Operation::Lock, DeviceCode::NotUnlocked));
        }
        self.login = false;
        Ok(())
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }

    fn pins(&mut self) -> Option<&mut dyn Pins> {
        Some(self)
    }

    fn log(&mut self) -> Option<&mut dyn DeviceLog> {
        Some(self)
    }

    fn retirement(&mut self) -> Option<&mut dyn Retirement> {
        Some(self)
    }
}

impl Provisioning for Device {
    fn credentials(&self) -> &'static [Credential] {
        Credential::PINS
    }

    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        let (so_pin, pin) = (secrets.get(Credential::SoPin)?, secrets.get(Credential::UserPin)?);
        if pin.len() < 6 && !self.sins(Obligation::SetUpForm) {
            return Err(no(op, DeviceCode::PinForm));
        }
        if self.card().initialised {
            self.try_secret(op, Credential::SoPin, so_pin.expose())?;
        }
        let keeps = self.sins(Obligation::SetUpAgain);
        let says = self.sins(Obligation::SetUp);
        self.memory(|m| {
            m.label = label.as_str().to_owned();
            m.tries = 10;
            m.secrets = vec![
                (Credential::SoPin, so_pin.expose().to_vec()),
                (Credential::UserPin, pin.expose().to_vec()),
            ];
            if !keeps {
                m.keys.clear();
            }
        });
        self.login = false;
        let mut card = self.card();
        if says {
            card.label = "another".to_owned();
        }
        Ok(card)
    }
}

impl Pins for Device {
    fn change(&mut self, which: Credential, old: &Secret, new: &Secret) -> Result<(), DeviceFault> {
        if !self.sins(Obligation::ChangePins) {
            self.try_secret(Operation::ChangePin, which, old.expose())?;
        }
        self.memory(|m| {
            m.secrets.retain(|(role, _)| *role != which);
            m.secrets.push((which, new.expose().to_vec()));
        });
        Ok(())
    }

    fn unblock(&mut self, so_pin: &Secret, new: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::ChangePin;
        if !self.unblocks {
            return Err(no(op, DeviceCode::Unsupported));
        }
        if !self.sins(Obligation::Unblock) {
            self.try_secret(op, Credential::SoPin, so_pin.expose())?;
        }
        self.memory(|m| {
            m.secrets.retain(|(role, _)| *role != Credential::UserPin);
            m.secrets.push((Credential::UserPin, new.expose().to_vec()));
        });
        Ok(())
    }
}

impl DeviceLog for Device {
    fn read(&mut self) -> Result<LogRead, DeviceFault> {
        let bytes = if self.sins(Obligation::ReadLog) { 31 } else { 32 };
        let kept = self.memory(|m| m.cleared..m.signed);
        Ok(LogRead {
            entries: kept
                .map(|n| format!("{:04x}{}", n + 1, "00".repeat(bytes - 2)))
                .collect(),
            ..LogRead::default()
        })
    }

    fn clear(&mut self, last: u16) -> Result<(), DeviceFault> {
        if last > self.memory(|m| m.signed) {
            return Err(no(Operation::ClearLog, DeviceCode::Unsupported));
        }
        let forgets = !self.sins(Obligation::ClearLog);
        self.memory(|m| m.cleared = if forgets { last } else { 0 });
        Ok(())
    }
}

impl Retirement for Device {
    fn retire(&mut self) -> Result<(), DeviceFault> {
        self.memory(|m| m.retired = true);
        Ok(())
    }
}

fn promises() -> Promises {
    Promises {
        algorithms: vec![Algorithm::Ed25519],
        attributes: KeyAttributes {
            extractable: Some(false),
            ..KeyAttributes::default()
        },
        set_up: true,
        labelled: true,
        found_by_serial: true,
        counts: true,
        after_one_wrong: PinState::Left(9),
        two_handles: true,
        statement: Some(StatementKind::Piv),
        unattested: Vec::new(),
        pins: true,
        unblock: true,
        log: true,
        retirement: true,
        set_up_again: SetUpAgain::Destroys,
    }
}

fn trial(sin: Sin, promises: Promises) -> Report {
    let memory = Arc::new(Mutex::new(Memory::default()));
    let device = Device {
        memory,
        sin,
        login: false,
        number: 0,
        unblocks: promises.unblock,
    };
    run(&Candidate {
        provider: &|| Box::new(device.clone()),
        serial: SERIAL,
        secrets: &SECRETS,
        wrong: "incorrect horse",
        malformed: "123",
        payload: &payload,
        promises,
    })
}

#[test]
fn a_device_without_sin_is_good() {
    let report = trial(None, promises());
    assert!(report.is_good(), "\n{report}");
    for check in report.checks() {
        assert_eq!(check.outcome, Outcome::Pass, "{report}");
    }
}

#[test]
fn every_sin_is_found_by_name() {
    for sin in Obligation::ALL {
        let report = trial(Some(*sin), promises());
        assert!(!report.is_good(), "{sin:?}");
        assert!(report.failed().any(|failed| failed == *sin), "{sin:?}\n{report}");
        let told = report.to_string();
        assert!(told.contains("FAIL") && told.contains("does not honour the port"));
        assert!(
            !told.contains("incorrect horse"),
            "the report repeats no secret\n{told}"
        );
    }
}

#[test]
fn what_is_offered_must_be_promised_and_the_other_way_round() {
    let powers = [Obligation::ChangePins, Obligation::ReadLog, Obligation::Retire];
    let fewer = Promises {
        pins: false,
        unblock: false,
        log: false,
        retirement: false,
        ..promises()
    };
    let report = trial(None, fewer);
    assert_eq!(report.failed().collect::<Vec<_>>(), powers);
    let none = Promises {
        algorithms: Vec::new(),
        ..promises()
    };
    let report = trial(None, none);
    assert!(!report.is_good(), "no algorithm at all is no promise");
    assert_eq!(report.outcome(Obligation::Sign), &Outcome::NotReached);
    let other = Promises {
        algorithms: vec![Algorithm::EcdsaP384],
        ..promises()
    };
    let report = trial(None, other);
    assert_eq!(report.failed().collect::<Vec<_>>(), [Obligation::Generate]);
    let names: std::collections::BTreeSet<_> = Obligation::ALL.iter().map(|o| o.name()).collect();
    assert_eq!(names.len(), Obligation::ALL.len());
}
