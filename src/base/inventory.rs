//! What one look at every device found, as `tokens` and the home screen show it:
//! cards, keys that can be seen before anybody logs in, and a fault for each
//! place that did not answer. Looking changes nothing and spends no try. All of
//! it is what devices say of themselves; none of it is trusted (law 8).

use super::device::{DeviceCard, DeviceFault, KeyFound, PinState, StatementKind};

/// One look at every place.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inventory {
    /// In the order in which they were looked at.
    pub places: Vec<Place>,
}

/// Where devices were looked for: a module, a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// What it is called, safe to show.
    pub name: String,
    /// Its devices.
    pub devices: Vec<Device>,
    /// Why it did not answer.
    pub fault: Option<DeviceFault>,
}

/// One device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What it says of itself.
    pub card: DeviceCard,
    /// What it can do beyond the port's seven verbs.
    pub powers: Powers,
    /// The keys that can be seen without a login.
    pub keys: Vec<KeyFound>,
    /// Why powers and keys are not known.
    pub fault: Option<DeviceFault>,
}

/// Optional powers of a device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Powers {
    /// The kind of statement that it can make about its keys.
    pub attests: Option<StatementKind>,
    /// It can be set up here.
    pub set_up: bool,
    /// Its PINs can be changed here.
    pub pins: bool,
    /// It keeps a log of its own.
    pub log: bool,
    /// It can give up the power to make keys.
    pub retirement: bool,
}

impl Inventory {
    /// The serials that more than one device has, sorted. Devices without a
    /// serial are new ones: they get theirs when they are set up.
    #[must_use]
    pub fn alike(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self
            .devices()
            .map(|(_, device)| device.card.serial.as_str())
            .filter(|serial| !serial.is_empty())
            .collect();
        all.sort_unstable();
        let mut twice: Vec<&str> = all
            .windows(2)
            .filter_map(|pair| match pair {
                [one, two] if one == two => Some(*one),
                _ => None,
            })
            .collect();
        twice.dedup();
        twice
    }

    /// Every device with its place.
    pub fn devices(&self) -> impl Iterator<Item = (&Place, &Device)> {
        let of = |place| move |device| (place, device);
        self.places
            .iter()
            .flat_map(move |place| place.devices.iter().map(of(place)))
    }

    /// Whether every place and device answered and no two devices look alike.
    #[must_use]
    pub fn is_good(&self) -> bool {
        let answered =
            |place: &Place| place.fault.is_none() && place.devices.iter().all(|d| d.fault.is_none());
        self.places.iter().all(answered) && self.alike().is_empty()
    }
}

impl Device {
    /// Its card in words: a heading and its text.
    #[must_use]
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let or = |text: &str, otherwise: &str| {
            let text = if text.is_empty() { otherwise } else { text };
            text.to_owned()
        };
        let card = &self.card;
        let state = if card.initialised { "set up" } else { "not set up" };
        let mut facts = vec![
            ("label", or(&card.label, "(none)")),
            ("serial", or(&card.serial, "(none before it is set up)")),
            ("vendor", or(&card.vendor, "(not told)")),
            ("model", or(&card.model, "(not told)")),
            ("firmware", or(&card.firmware, "?")),
            ("state", state.to_owned()),
            ("PIN", pin(card)),
            ("read as", or(&card.quirks, "(no profile: by the standard alone)")),
        ];
        if self.fault.is_none() {
            facts.push(("can", self.powers.text()));
        }
        facts
    }
}

/// What is known of the PIN; a number only where the device gives one.
fn pin(card: &DeviceCard) -> String {
    let text = match card.pin {
        PinState::Unset => "not set".to_owned(),
        PinState::Ready => "set; no wrong PIN known".to_owned(),
        PinState::Left(left) => format!("set; tries left, as the device counts: {left}"),
        PinState::Low => "set; tries have failed, the device does not say how many are left".to_owned(),
        PinState::Last => "set; ONE MORE WRONG PIN BLOCKS IT".to_owned(),
        PinState::Locked => "LOCKED".to_owned(),
    };
    if card.pin_pad {
        format!("{text}; typed on the device itself")
    } else {
        text
    }
}

impl Powers {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        let attests = match self.attests {
            Some(StatementKind::Yubihsm) => "vouch for its keys (YubiHSM 2)",
            Some(StatementKind::Piv) => "vouch for its keys (YubiKey PIV)",
            Some(StatementKind::Cvc) => "vouch for its keys (SmartCard-HSM)",
            None => "",
        };
        let all = [
            (self.set_up, "be set up here"),
            (self.pins, "change its PIN here"),
            (self.attests.is_some(), attests),
            (self.log, "show its log"),
            (self.retirement, "give up making keys"),
        ];
        let mut words: Vec<&str> = all
            .iter()
            .filter(|(can, _)| *can)
            .map(|(_, word)| *word)
            .collect();
        if self.attests.is_none() {
            words.push("NOT vouch for its keys");
        }
        words.join("; ")
    }
}

/// A key in words: label, id, algorithm, fingerprint.
#[must_use]
pub fn key_facts(key: &KeyFound) -> [(&'static str, String); 4] {
    let or = |text: &str| if text.is_empty() { "(none)" } else { text }.to_owned();
    let (algorithm, fingerprint) = key.public.as_ref().map_or_else(
        || {
            (
                "(not told before login, or not one of ours)".to_owned(),
                "-".to_owned(),
            )
        },
        |public| {
            (
                public.algorithm().name().to_owned(),
                public.fingerprint().grouped(),
            )
        },
    );
    [
        ("key", or(&key.label)),
        ("id", or(&key.id)),
        ("algorithm", algorithm),
        ("fingerprint", fingerprint),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(serial: &str, pin: PinState) -> Device {
        Device {
            card: DeviceCard {
                vendor: String::new(),
                model: "m".to_owned(),
                serial: serial.to_owned(),
                label: String::new(),
                firmware: "1".to_owned(),
                initialised: true,
                pin,
                pin_limits: (0, 0),
                pin_pad: false,
                quirks: String::new(),
            },
            powers: Powers::default(),
            keys: Vec::new(),
            fault: None,
        }
    }

    fn inventory(places: &[&[&str]]) -> Inventory {
        let place = |serials: &&[&str]| Place {
            name: "p".to_owned(),
            devices: serials.iter().map(|s| device(s, PinState::Ready)).collect(),
            fault: None,
        };
        Inventory {
            places: places.iter().map(place).collect(),
        }
    }

    #[test]
    fn two_of_one_serial_are_named_wherever_they_are() {
        assert!(inventory(&[&["a", "b"], &["c"]]).is_good());
        assert!(
            inventory(&[&["", ""]]).is_good(),
            "new devices have no serial yet"
        );
        for alike in [
            inventory(&[&["a", "b", "a"]]),
            inventory(&[&["a"], &["b"], &["a", "a"]]),
        ] {
            assert_eq!(alike.alike(), ["a"]);
            assert!(!alike.is_good());
        }
    }

    #[test]
    fn no_number_of_tries_is_shown_that_the_device_does_not_give() {
        for (state, number) in [
            (PinState::Unset, false),
            (PinState::Ready, false),
            (PinState::Left(7), true),
            (PinState::Low, false),
            (PinState::Last, false),
            (PinState::Locked, false),
        ] {
            let facts = device("a", state).facts();
            let text = &facts.iter().find(|(name, _)| *name == "PIN").unwrap().1;
            assert_eq!(text.contains(|c: char| c.is_ascii_digit()), number, "{text}");
        }
    }
}
