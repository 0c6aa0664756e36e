//! The port's verbs for one device: checks that need no device here, the rest
//! on the device's thread. Three passwords open three authentication keys
//! (`roles`); a session holds none of them, so when it is lost a person logs in
//! anew.

use yubihsm::authentication::{Credentials, Key};

use super::desk::Desk;
use super::link::Link;
use super::roles::{PASSWORD_MIN, PROVISIONER_KEY, RIGHTS, key_id};
use super::{keys, log, setup};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyFound, KeyOrder, LogRead, Operation,
    Statement, StatementKind,
};
use crate::base::{Id, Secret};
use crate::signer::fault::fault;
use crate::signer::{DeviceLog, Grant, KeyMade, KeyRef, Provisioning, Retirement, Secrets, Token};

/// A device with its thread.
pub(super) struct YubihsmToken {
    desk: Desk,
}

impl YubihsmToken {
    pub(super) fn new(desk: Desk, card: &DeviceCard) -> Result<YubihsmToken, DeviceFault> {
        let (serial, firmware) = (card.serial.clone(), card.firmware.clone());
        desk.call(Operation::Find, move |link| {
            link.expect(&serial, &firmware);
            Ok(())
        })?;
        Ok(YubihsmToken { desk })
    }
}

impl Token for YubihsmToken {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        self.desk
            .call(Operation::Identity, |link| link.card(Operation::Identity))
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        self.desk.call(Operation::Keys, |link| {
            logged_in(link, Operation::Keys)?;
            link.check_same(Operation::Keys)?;
            keys::all(link)
        })
    }

    fn unlock(&mut self, role: Credential, secret: &Secret) -> Result<(), DeviceFault> {
        let operation = Operation::Unlock;
        let refuse = |code, text: &str| fault(operation, code, Changed::No, text);
        // Whatever comes of it, whoever was logged in is not any more.
        self.lock()?;
        let id = key_id(role).ok_or_else(|| {
            let text = format!("a YubiHSM 2 has no {}", role.name());
            refuse(DeviceCode::Unsupported, &text)
        })?;
        if secret.is_empty() {
            return Err(refuse(DeviceCode::PinForm, "no password was entered"));
        }
        let credentials = Credentials::new(id, Key::derive_from_password(secret.expose()));
        self.desk
            .call(operation, move |link| link.log_in(role, credentials))
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let order = order.clone();
        self.desk.call(Operation::Generate, move |link| {
            logged_in(link, Operation::Generate)?;
            keys::generate(link, &order)
        })
    }

    fn attest(&mut self, key: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        let key = key.clone();
        self.desk.call(Operation::Attest, move |link| {
            logged_in(link, Operation::Attest)?;
            keys::attest(link, &key)
        })
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        self.desk.call(Operation::Sign, move |link| {
            logged_in(link, Operation::Sign)?;
            keys::sign(link, &grant)
        })
    }

    /// Lets go of the session. The device keeps it for 30 s more: the library
    /// offers no way to close one.
    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.desk.call(Operation::Lock, |link| {
            link.discard();
            Ok(())
        })
    }

    fn attests(&self) -> Option<StatementKind> {
        Some(StatementKind::Yubihsm) // of its ECDSA keys
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }

    fn log(&mut self) -> Option<&mut dyn DeviceLog> {
        Some(self)
    }

    fn retirement(&mut self) -> Option<&mut dyn Retirement> {
        Some(self)
    }
}

fn logged_in(link: &Link, operation: Operation) -> Result<(), DeviceFault> {
    match link.role() {
        Some(_) => Ok(()),
        None => Err(fault(
            operation,
            DeviceCode::NotUnlocked,
            Changed::No,
            "nobody is logged in, or the session has ended",
        )),
    }
}

impl Provisioning for YubihsmToken {
    fn credentials(&self) -> &'static [Credential] {
        Credential::YUBIHSM
    }

    /// Takes a device whose default password still works; one that was set up
    /// before is first reset by hand (hold its rim for ten seconds while
    /// plugging it in). The card's label stays empty: a YubiHSM 2 has none, the
    /// label stands in the names of its authentication keys.
    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let passwords = passwords(secrets)?;
        let label = label.clone();
        self.desk.call(Operation::Initialise, move |link| {
            setup::set_up(link, &label, &passwords, &RIGHTS)?;
            link.card(Operation::Initialise)
        })
    }
}

/// The keys that the three passwords give, in the order of [`RIGHTS`].
fn passwords(secrets: &Secrets) -> Result<[Key; 3], DeviceFault> {
    let refuse = |text: &str| fault(Operation::Initialise, DeviceCode::PinForm, Changed::No, text);
    let [a, b, c] = RIGHTS.map(|r| secrets.get(r.role));
    let three = [a?, b?, c?];
    for (rights, secret) in RIGHTS.iter().zip(three) {
        if secret.len() < PASSWORD_MIN {
            return Err(refuse(&format!(
                "the {} needs at least {PASSWORD_MIN} characters",
                rights.role.name()
            )));
        }
    }
    let [a, b, c] = three;
    if a.same_as(b) || b.same_as(c) || a.same_as(c) {
        return Err(refuse("two of the three passwords are the same"));
    }
    Ok(three.map(|s| Key::derive_from_password(s.expose())))
}

impl DeviceLog for YubihsmToken {
    fn read(&mut self) -> Result<LogRead, DeviceFault> {
        self.desk.call(Operation::ReadLog, |link| {
            logged_in(link, Operation::ReadLog)?;
            log::read(link)
        })
    }

    fn clear(&mut self, last: u16) -> Result<(), DeviceFault> {
        self.desk.call(Operation::ClearLog, move |link| {
            logged_in(link, Operation::ClearLog)?;
            log::clear(link, last)
        })
    }
}

impl Retirement for YubihsmToken {
    fn retire(&mut self) -> Result<(), DeviceFault> {
        let operation = Operation::Retire;
        self.desk.call(operation, move |link| {
            // After a crash nobody can log in with what is gone already: whether it
            // is gone can be seen without a login.
            if link.role().is_none() && !link.has_auth_key(operation, PROVISIONER_KEY)? {
                return Ok(());
            }
            logged_in(link, operation)?;
            link.check_same(operation)?;
            setup::delete_auth_key(link, operation, PROVISIONER_KEY)?;
            link.discard();
            if link.has_auth_key(operation, PROVISIONER_KEY)? {
                return Err(fault(
                    operation,
                    DeviceCode::NotClean,
                    Changed::Unknown,
                    "the device said that the provisioner is deleted, and still knows it",
                ));
            }
            link.discard();
            Ok(())
        })
    }
}
