//! One look at every device, through the verbs that change nothing: list, open,
//! identity, keys. No secret is asked for and nothing is unlocked. Each place is
//! looked at by a thread of its own, so that a module that hangs until its time
//! limit keeps nobody else waiting.

use super::Provider;
use super::fault::fault;
use crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, Operation};
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
            (true, _) => inside(provider, &card.serial),
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

fn inside(
    provider: &mut dyn Provider,
    serial: &str,
) -> Result<(Powers, Vec<crate::base::device::KeyFound>), DeviceFault> {
    let mut token = provider.open(serial)?;
    let keys = token.keys()?;
    let powers = Powers {
        attests: token.attests(),
        set_up: token.provisioning().is_some(),
        pins: token.pins().is_some(),
        log: token.log().is_some(),
        retirement: token.retirement().is_some(),
    };
    Ok((powers, keys))
}
