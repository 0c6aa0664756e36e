//! What USB asks for: looking for devices *resets* every YubiHSM 2 on the bus
//! (crate 0.42.1, `Devices::detect`, also when one is opened), so one device at
//! a time is held in the whole process, and nobody looks while one is held.
//! Never tried on hardware: there was none.

use std::sync::{Mutex, MutexGuard, PoisonError};

use yubihsm::connector::usb::{Devices, UsbTimeout};
use yubihsm::device::SerialNumber;

use super::error::of_connector;
use crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, Operation};
use crate::signer::fault::fault;

static HELD: Mutex<Held> = Mutex::new(Held {
    taken: false,
    card: None,
});

struct Held {
    taken: bool,
    card: Option<DeviceCard>,
}

fn held() -> MutexGuard<'static, Held> {
    HELD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The right to use USB; given back when dropped.
#[derive(Debug)]
pub(super) struct Claim(());

impl Claim {
    /// Takes it.
    pub(super) fn take(operation: Operation) -> Result<Claim, DeviceFault> {
        let mut held = held();
        if held.taken {
            let open = held.card.as_ref().map_or("a YubiHSM 2", |c| c.serial.as_str());
            return Err(fault(
                operation,
                DeviceCode::SessionsFull,
                Changed::No,
                &format!("{open} is open over USB; opening another would reset it: lock it first"),
            ));
        }
        held.taken = true;
        Ok(Claim(()))
    }

    /// Says which device it is used for, for those who list meanwhile.
    pub(super) fn shows(&self, card: &DeviceCard) {
        held().card = Some(card.clone());
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut held = held();
        held.taken = false;
        held.card = None;
    }
}

/// The device that is open over USB, as it presented itself when it was opened.
pub(super) fn busy() -> Option<DeviceCard> {
    held().card.clone()
}

/// Serial numbers of all devices on the bus. Resets them.
pub(super) fn serials() -> Result<Vec<SerialNumber>, DeviceFault> {
    let _claim = Claim::take(Operation::Find)?;
    match Devices::detect(UsbTimeout::from_secs(2)) {
        Ok(devices) => Ok(devices.iter().map(|d| d.serial_number).collect()),
        // Without usbfs (a container, a kernel without USB) libusb says "Other
        // error": there is no device either way (facts/hsm.md 1.6).
        Err(error) if error.to_string().contains("Other error") => Ok(Vec::new()),
        Err(error) => Err(of_connector(Operation::Find, &error)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_usb_device_at_a_time_and_no_looking_meanwhile() {
        let claim = Claim::take(Operation::Unlock).unwrap();
        assert_eq!(
            Claim::take(Operation::Unlock).unwrap_err().code,
            DeviceCode::SessionsFull
        );
        assert_eq!(serials().unwrap_err().code, DeviceCode::SessionsFull);
        drop(claim);
        assert!(busy().is_none());
        drop(Claim::take(Operation::Unlock).unwrap());
    }
}
