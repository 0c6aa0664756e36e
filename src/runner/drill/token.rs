//! An embedded token that fails once, at the drill's place. What it does before
//! and after is the embedded token's own doing.

use super::{Fault, Permit, Stage};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyFound, KeyOrder, Operation, PinState,
    Statement, StatementKind,
};
use crate::base::{Id, Secret};
use crate::script::{SerialSpec, TokenSpec};
use crate::signer::fault::fault;
use crate::signer::{DeviceLog, Grant, KeyMade, KeyRef, Pins, Provider, Provisioning, Retirement, Token};

/// What nobody has as a PIN.
const WRONG: &[u8] = b"a PIN that somebody typed in a hurry";

pub(super) fn provider(
    _: &Permit,
    good: Box<dyn Provider>,
    stage: &Stage,
    token: &TokenSpec,
) -> Box<dyn Provider> {
    Box::new(Bad {
        good,
        stage: stage.clone(),
        id: token.id.clone(),
        serial: match &token.serial {
            SerialSpec::Known(serial) => Some(serial.clone()),
            SerialSpec::AtInventory => None,
        },
    })
}

struct Bad {
    good: Box<dyn Provider>,
    stage: Stage,
    id: Id,
    /// The serial on its body, where the script knows it.
    serial: Option<String>,
}

impl Provider for Bad {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        let mut cards = self.good.list()?;
        if self.stage.strikes(Fault::SerialLie, Some(&self.id)) {
            for card in &mut cards {
                if self.serial.as_ref().is_none_or(|serial| *serial == card.serial) {
                    card.serial = lie(&card.serial);
                }
            }
        }
        Ok(cards)
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        Ok(Box::new(BadToken {
            good: self.good.open(serial)?,
            stage: self.stage.clone(),
            id: self.id.clone(),
            gone: None,
        }))
    }
}

/// Another last character.
fn lie(serial: &str) -> String {
    let mut told = serial.to_owned();
    let last = if told.pop() == Some('0') { '8' } else { '0' };
    told.push(last);
    told
}

struct BadToken {
    good: Box<dyn Token>,
    stage: Stage,
    id: Id,
    /// This session is dead; another one must be opened.
    gone: Option<DeviceCode>,
}

impl BadToken {
    fn alive(&self, operation: Operation) -> Result<(), DeviceFault> {
        match self.gone {
            None => Ok(()),
            Some(code) => Err(fault(
                operation,
                code,
                Changed::No,
                "the device still does not answer",
            )),
        }
    }

    /// What goes wrong before the device does anything.
    fn before(&mut self, operation: Operation) -> Result<(), DeviceFault> {
        self.alive(operation)?;
        let on = Some(&self.id);
        if self.stage.strikes(Fault::TokenPulled, on) {
            self.gone = Some(DeviceCode::Removed);
            return Err(fault(
                operation,
                DeviceCode::Removed,
                Changed::Unknown,
                "the device was unplugged in the middle of the call",
            ));
        }
        if self.stage.strikes(Fault::LogFull, on) {
            return Err(fault(
                operation,
                DeviceCode::LogFull,
                Changed::No,
                "the log has no room for another entry",
            ));
        }
        Ok(())
    }

    /// What goes wrong after the device has done it.
    fn after(&mut self, operation: Operation) -> Result<(), DeviceFault> {
        if !self.stage.strikes(Fault::ReplyLost, Some(&self.id)) {
            return Ok(());
        }
        self.gone = Some(DeviceCode::ModuleHangs);
        Err(fault(
            operation,
            DeviceCode::ModuleHangs,
            Changed::Unknown,
            "no answer came within the time limit",
        ))
    }

    /// Somebody types wrong PINs until one try is left: real tries.
    fn spend(&mut self) -> Result<(), DeviceFault> {
        while let PinState::Left(2..) = self.good.identity()?.pin {
            let wrong = Secret::copy_of(WRONG).unwrap_or_default();
            if let Err(fault) = self.good.unlock(Credential::UserPin, &wrong)
                && fault.code != DeviceCode::PinWrong
            {
                return Err(fault);
            }
        }
        Ok(())
    }
}

impl Token for BadToken {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        self.alive(Operation::Identity)?;
        if self.stage.strikes_once(Fault::PinLastTry, Some(&self.id)) {
            self.spend()?;
        }
        let mut card = self.good.identity()?;
        if self.stage.strikes(Fault::SerialLie, Some(&self.id)) {
            card.serial = lie(&card.serial);
        }
        Ok(card)
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        self.alive(Operation::Keys)?;
        self.good.keys()
    }

    fn unlock(&mut self, role: Credential, secret: &Secret) -> Result<(), DeviceFault> {
        self.alive(Operation::Unlock)?;
        self.good.unlock(role, secret)
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        self.before(Operation::Generate)?;
        let mut made = self.good.generate(order)?;
        self.after(Operation::Generate)?;
        if self.stage.strikes(Fault::OtherKey, Some(&self.id)) {
            let known = self.stage.keys();
            let alike = known.iter().find(|key| key.algorithm() == order.algorithm);
            if let Some(other) = alike.or(known.first()) {
                made.public = other.clone();
            }
        }
        Ok(made)
    }

    fn attest(&mut self, key: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        self.alive(Operation::Attest)?;
        self.good.attest(key)
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        self.before(Operation::Sign)?;
        let mut signature = self.good.sign(grant)?;
        self.after(Operation::Sign)?;
        if let Some(last) = signature.last_mut()
            && self.stage.strikes(Fault::BadSignature, Some(&self.id))
        {
            *last ^= 1;
        }
        Ok(signature)
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.good.lock()
    }

    fn attests(&self) -> Option<StatementKind> {
        self.good.attests()
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        self.good.provisioning()
    }

    fn pins(&mut self) -> Option<&mut dyn Pins> {
        self.good.pins()
    }

    fn log(&mut self) -> Option<&mut dyn DeviceLog> {
        self.good.log()
    }

    fn retirement(&mut self) -> Option<&mut dyn Retirement> {
        self.good.retirement()
    }
}
