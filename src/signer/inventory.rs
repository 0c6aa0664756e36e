//! One look at every device, through the verbs that change nothing: list, open,
//! identity, keys. No secret is asked for and nothing is unlocked. Each place is
//! looked at by a thread of its own, so that a module that hangs until its time
//! limit keeps nobody else waiting.

use super::Provider;
use super::fault::fault;
use crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, KeyFound, Operation};
use crate::base::inventory::{Device, Inventory, Place, Powers};
use crate::base::shown;

/// Looks at every place; a place that fails is a card of its own.
#[must_use]
pub fn look(places: Vec<(String, Box<dyn Provider>)>) -> Inventory {
    let threads: Vec<_> = places
        .into_iter()
        .map(|(name, mut provider)| {
            let look = move || devices(provider.as_mut());
            (name, std::thread::spawn(look))
        })
        .collect();
    let places = threads.into_iter().map(|(name, thread)| {
        let found = thread.join().unwrap_or_else(|_| Err(ended()));
        let (devices, fault) = match found {
            Ok(devices) => (devices, None),
            Err(fault) => (Vec::new(), Some(fault)),
        };
        Place {
            name: shown(&name, 300),
            devices,
            fault,
        }
    });
    Inventory {
        places: places.collect(),
    }
}

/// An adapter that panics is as bad as a module that crashes.
fn ended() -> DeviceFault {
    fault(
        Operation::Find,
        DeviceCode::DeviceError,
        Changed::Unknown,
        "the adapter stopped in the middle of the look",
    )
}

fn devices(provider: &mut dyn Provider) -> Result<Vec<Device>, DeviceFault> {
    let cards = provider.list()?;
    let serials: Vec<String> = cards.iter().map(|card| card.serial.clone()).collect();
    let look = |card: DeviceCard| {
        let alone = serials.iter().filter(|serial| **serial == card.serial).count() == 1;
        let inside = match (alone, card.serial.is_empty()) {
            (true, _) => inside(provider, &card),
            // New devices without a serial: which one would be opened is chance.
            (false, true) => Ok((Powers::default(), Vec::new())),
            (false, false) => Err(fault(
                Operation::Find,
                DeviceCode::TwoAlike,
                Changed::No,
                &format!("another device here has the serial {} too", card.serial),
            )),
        };
        let ((powers, keys), fault) = match inside {
            Ok(found) => (found, None),
            Err(fault) => ((Powers::default(), Vec::new()), Some(fault)),
        };
        Device {
            card,
            powers,
            keys,
            fault,
        }
    };
    Ok(cards.into_iter().map(look).collect())
}

fn inside(provider: &mut dyn Provider, card: &DeviceCard) -> Result<(Powers, Vec<KeyFound>), DeviceFault> {
    let mut token = provider.open(&card.serial)?;
    let keys = match token.keys() {
        // A device that is not set up has nothing to show, and some say so by an error.
        Err(_) if !card.initialised => Vec::new(),
        keys => keys?,
    };
    let powers = Powers {
        attests: token.attests(),
        set_up: token.provisioning().is_some(),
        pins: token.pins().is_some(),
        log: token.log().is_some(),
        retirement: token.retirement().is_some(),
    };
    Ok((powers, keys))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::device::PinState;
    use crate::signer::Token;

    /// Lists these serials; a device is never to be opened.
    struct Closed(Vec<&'static str>);

    impl Provider for Closed {
        fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
            let card = |serial: &&str| DeviceCard {
                vendor: "v".to_owned(),
                model: "m".to_owned(),
                serial: (*serial).to_owned(),
                label: "l".to_owned(),
                firmware: "1".to_owned(),
                initialised: true,
                pin: PinState::Ready,
                pin_limits: (0, 0),
                pin_pad: false,
                quirks: String::new(),
            };
            Ok(self.0.iter().map(card).collect())
        }

        fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
            panic!("{serial} was opened")
        }
    }

    #[test]
    fn devices_of_one_serial_are_shown_and_not_opened() {
        let found = look(vec![("p".to_owned(), Box::new(Closed(vec!["S", "S", "", ""])))]);
        let codes: Vec<_> = found
            .devices()
            .map(|(_, device)| device.fault.as_ref().map(|fault| fault.code))
            .collect();
        let alike = Some(DeviceCode::TwoAlike);
        assert_eq!(codes, [alike, alike, None, None]);
        assert_eq!(found.alike(), ["S"]);
    }

    #[test]
    fn an_adapter_that_panics_takes_nobody_with_it() {
        let found = look(vec![
            ("bad".to_owned(), Box::new(Closed(vec!["S"]))),
            ("good".to_owned(), Box::new(Closed(Vec::new()))),
        ]);
        let [bad, good] = found.places.as_slice() else {
            panic!("{found:?}")
        };
        assert!(bad.fault.is_some() && bad.devices.is_empty());
        assert!(good.fault.is_none());
        assert!(!found.is_good());
    }
}
