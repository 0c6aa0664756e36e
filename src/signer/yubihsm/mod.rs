//! YubiHSM 2 through the crate `yubihsm` 0.42.1, whose known defects
//! (docs/tokens.md) are kept behind this adapter: one thread owns a device's
//! client, a panic costs that client and nothing else, sizes are checked before
//! a command is made, every list is counted, and no signature leaves unless it
//! verifies under the recorded key. A device is reached over USB or, for
//! rehearsals and tests, over a connector on loopback; never over a network.

mod desk;
mod error;
mod keys;
mod link;
mod log;
mod relay;
mod roles;
mod setup;
mod token;
mod usb;

use std::time::Duration;

use super::fault::fault;
use super::{Provider, Token};
use crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, Operation};
use desk::Desk;
use token::YubihsmToken;

pub use roles::{AUDITOR_KEY, PASSWORD_MIN, PROVISIONER_KEY, SIGNER_KEY};
#[cfg(test)]
pub(in crate::signer) use roles::{RIGHTS, Rights};
#[cfg(test)]
pub(in crate::signer) use setup::set_up_with;

pub use crate::base::device::YUBIHSM_ED25519_MAX as ED25519_MAX;

/// A way to a device. There is no host name in it: what is not on this machine
/// cannot be said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connector {
    /// USB; every YubiHSM 2 that is plugged in.
    Usb,
    /// A connector (or a simulator) on 127.0.0.1, with the one device behind it.
    Http {
        /// TCP port.
        port: u16,
    },
}

/// YubiHSM 2 devices behind some connectors.
#[derive(Debug)]
pub struct YubihsmProvider {
    connectors: Vec<Connector>,
    patience: Option<Duration>,
}

impl YubihsmProvider {
    /// Looks at these connectors, in this order.
    #[must_use]
    pub fn new(connectors: Vec<Connector>) -> YubihsmProvider {
        YubihsmProvider {
            connectors,
            patience: None,
        }
    }

    /// Gives up on a connector's answer after this long, at most 15 s: for
    /// rehearsals of a device that hangs. USB has its own limit of 30 s.
    #[must_use]
    pub fn patience(mut self, patience: Duration) -> YubihsmProvider {
        self.patience = Some(patience);
        self
    }

    /// Every device there is, with the thread that looked at it. Looking over
    /// USB resets devices (crate 0.42.1, `Devices::detect`), so while one is
    /// open no other is looked for.
    fn found(&self) -> Result<Vec<Found>, DeviceFault> {
        let mut found = Vec::new();
        for connector in &self.connectors {
            match connector {
                Connector::Http { port } => found.extend(look(link::Reach::Http(*port), self.patience)?),
                Connector::Usb => {
                    if let Some(card) = usb::busy() {
                        found.push(Found { card, desk: None });
                        continue;
                    }
                    for serial in usb::serials()? {
                        found.extend(look(link::Reach::Usb(serial), None)?);
                    }
                }
            }
        }
        Ok(found)
    }
}

/// A device that answered.
struct Found {
    card: DeviceCard,
    /// `None`: it is open elsewhere in this process.
    desk: Option<Desk>,
}

/// Asks what is there; a connector without a device behind it is no fault.
fn look(reach: link::Reach, patience: Option<Duration>) -> Result<Option<Found>, DeviceFault> {
    let desk = Desk::start(reach)?;
    if let Some(patience) = patience {
        desk.call(Operation::Find, move |link| {
            link.patience = patience;
            Ok(())
        })?;
    }
    match desk.call(Operation::Find, |link| link.card(Operation::Find)) {
        Ok(card) => Ok(Some(Found {
            card,
            desk: Some(desk),
        })),
        Err(gone) if gone.code == DeviceCode::Removed => Ok(None),
        Err(other) => Err(other),
    }
}

impl Provider for YubihsmProvider {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        Ok(self.found()?.into_iter().map(|f| f.card).collect())
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        let refuse = |code, text: &str| fault(Operation::Find, code, Changed::No, text);
        let mut found = self.found()?;
        found.retain(|f| f.card.serial == serial);
        if found.len() > 1 {
            let text = format!("{} devices say that their serial is {serial}", found.len());
            return Err(refuse(DeviceCode::TwoAlike, &text));
        }
        let Some(Found { card, desk }) = found.pop() else {
            let text = match usb::busy() {
                Some(open) => format!(
                    "no YubiHSM 2 with the serial {serial}; {} is open, and looking for others would reset it",
                    open.serial
                ),
                None => format!("no YubiHSM 2 with the serial {serial}"),
            };
            return Err(refuse(DeviceCode::NotFound, &text));
        };
        let Some(desk) = desk else {
            return Err(refuse(
                DeviceCode::SessionsFull,
                "the device is open already; one session at a time",
            ));
        };
        Ok(Box::new(YubihsmToken::new(desk, &card)?))
    }
}
