//! What is around the program on its machine, as one look found it: interfaces
//! that are up, network hardware, swap, core dumps, and which input, storage
//! and network devices are plugged in (DESIGN 2, law 10; facts on the console,
//! section 2). Data only: who looks is the runner, what follows from it is the
//! engine's, the words on cards are in `fault`. A look proves nothing about
//! firmware, radios without a bus, or a kernel that lies: it is a claim of this
//! machine and is shown as one.

use serde::{Deserialize, Serialize};

use super::shown;

/// Most findings that a report holds.
pub const FINDINGS_MAX: usize = 32;
/// Most devices that a report holds.
pub const DEVICES_MAX: usize = 96;
/// Longest `about`, in characters.
pub const ABOUT_MAX: usize = 200;
/// Longest `name`, in characters as shown.
pub const NAME_MAX: usize = 80;
/// Longest `id` and `place`, in characters.
pub const ID_MAX: usize = 48;

/// One look at the surroundings.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// What was found, sorted, none twice.
    pub findings: Vec<Finding>,
    /// Input, storage and network devices that can be plugged in, sorted.
    pub devices: Vec<Device>,
}

/// One thing that was found.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Finding {
    /// What kind of thing.
    pub code: FindingCode,
    /// Which ones: names, safe to show.
    pub about: String,
}

/// What a finding does to a production ceremony.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// It does not start, and freezes.
    Refuses,
    /// It is shown and recorded.
    Warns,
}

macro_rules! findings {
    ($($(#[$doc:meta])* $variant:ident = $word:literal $weight:ident,)*) => {
        /// Everything that a look can find; the table of law 10.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum FindingCode { $($(#[$doc])* $variant,)* }

        impl FindingCode {
            /// Every code, in the order of the table.
            pub const ALL: &[FindingCode] = &[$(FindingCode::$variant,)*];

            /// The stable word, as the record has it.
            #[must_use]
            pub fn word(self) -> &'static str {
                match self { $(FindingCode::$variant => $word,)* }
            }

            /// Whether production runs beside it.
            #[must_use]
            pub fn weight(self) -> Weight {
                match self { $(FindingCode::$variant => Weight::$weight,)* }
            }
        }
    };
}

findings! {
    /// A part of the surroundings could not be read (law 7: fail closed).
    Unread = "unread" Refuses,
    /// More was found than a report holds.
    TooMany = "too-many" Refuses,
    /// An interface other than loopback is up.
    InterfaceUp = "interface-up" Refuses,
    /// Two lists of the interfaces do not agree: one of them was covered up.
    InterfacesDiffer = "interfaces-differ" Refuses,
    /// A radio or a USB network device has a driver: it may talk without an interface.
    NetworkDriver = "network-driver" Refuses,
    /// Memory may be written to swap.
    SwapOn = "swap-on" Refuses,
    /// This process may be written to a core file.
    CoreDumps = "core-dumps" Refuses,
    /// Core dumps of every program are handed to another one, whatever their limit.
    CoreHelper = "core-helper" Refuses,
    /// An interface exists and is down.
    InterfaceDown = "interface-down" Warns,
    /// A network card is fitted.
    NetworkCard = "network-card" Warns,
    /// A USB network device without a driver.
    NetworkUsb = "network-usb" Warns,
    /// The first process of the machine sees interfaces that this one does not.
    OtherNetwork = "other-network" Warns,
    /// The processor says that it is not a real one.
    Hypervisor = "hypervisor" Warns,
}

/// What a device can do to a ceremony.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceKind {
    /// It can type, or point.
    Input,
    /// It can hold files.
    Storage,
    /// It can talk to other machines.
    Network,
}

impl DeviceKind {
    /// The stable word.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            DeviceKind::Input => "input",
            DeviceKind::Storage => "storage",
            DeviceKind::Network => "network",
        }
    }
}

/// One device. All that it says of itself is its own word.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Device {
    /// What it can do.
    pub kind: DeviceKind,
    /// What a person types to name it: `046d:c31c` of a USB device, the kernel's
    /// name of another one.
    pub id: String,
    /// Where it is plugged in: `usb 1-2`, or the bus.
    pub place: String,
    /// What it calls itself, safe to show; may be empty.
    pub name: String,
    /// It is a smart card reader too: a token that can also type, for example.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub token: bool,
}

impl Finding {
    /// A finding about these names.
    #[must_use]
    pub fn of(code: FindingCode, about: &str) -> Finding {
        Finding {
            code,
            about: cut(about, ABOUT_MAX),
        }
    }

    /// Whether production stops for it.
    #[must_use]
    pub fn refuses(&self) -> bool {
        self.code.weight() == Weight::Refuses
    }
}

impl Device {
    /// Whether it is the same device as one that was there before. A token may
    /// be put into another socket; anything else is another device there.
    #[must_use]
    pub fn is(&self, other: &Device) -> bool {
        let says = |d: &Device| (d.kind, d.id.clone(), d.name.clone(), d.token);
        says(self) == says(other) && (self.token || self.place == other.place)
    }

    /// In one line: `input 046d:c31c at usb 1-2 (a name)`.
    #[must_use]
    pub fn line(&self) -> String {
        let name = match self.name.as_str() {
            "" => String::new(),
            name => format!(" ({name})"),
        };
        format!("{} {} at {}{name}", self.kind.word(), self.id, self.place)
    }
}

impl Report {
    /// A report in its one spelling: sorted, none twice, everything safe to show.
    /// What does not fit is a finding of its own.
    #[must_use]
    pub fn new(findings: Vec<Finding>, devices: Vec<Device>) -> Report {
        let mut findings: Vec<Finding> = findings
            .into_iter()
            .map(|f| Finding::of(f.code, &f.about))
            .collect();
        let mut devices: Vec<Device> = devices
            .into_iter()
            .map(|d| Device {
                id: word(&d.id),
                place: cut(&d.place, ID_MAX),
                name: cut(&d.name, NAME_MAX),
                ..d
            })
            .collect();
        devices.sort();
        devices.dedup();
        if devices.len() > DEVICES_MAX {
            findings.push(Finding::of(
                FindingCode::TooMany,
                &format!("{} devices", devices.len()),
            ));
            devices.truncate(DEVICES_MAX);
        }
        findings.sort();
        findings.dedup();
        if findings.len() > FINDINGS_MAX {
            // The table begins with what refuses: a warning gives way first.
            findings.truncate(FINDINGS_MAX.saturating_sub(1));
            findings.push(Finding::of(FindingCode::TooMany, "findings"));
            findings.sort();
        }
        Report { findings, devices }
    }

    /// Whether it is in the one spelling that [`Report::new`] gives.
    #[must_use]
    pub fn is_tidy(&self) -> bool {
        *self == Report::new(self.findings.clone(), self.devices.clone())
            && self.findings.iter().all(|f| is_safe(&f.about))
            && self
                .devices
                .iter()
                .all(|d| is_safe(&d.place) && is_safe(&d.name) && !d.id.is_empty())
    }

    /// The findings for which production stops.
    pub fn refusing(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| f.refuses())
    }

    /// The findings that are only shown.
    pub fn warnings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|f| !f.refuses())
    }
}

/// Printable ASCII, at most so many characters, cut in sight. What is safe
/// already stays as it is, so that nothing is escaped twice.
fn cut(text: &str, max: usize) -> String {
    let safe = if is_safe(text) {
        text.to_owned()
    } else {
        shown(text, max)
    };
    if safe.len() <= max {
        return safe;
    }
    let mut short: String = safe.chars().take(max.saturating_sub(3)).collect();
    short.push_str("...");
    short
}

fn is_safe(text: &str) -> bool {
    text.chars().all(|c| matches!(c, ' '..='~'))
}

/// What can be typed on any keyboard.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '.' | '_' | '-');
    let word: String = text.chars().filter(|c| plain(*c)).take(ID_MAX).collect();
    if word.is_empty() {
        "unnamed".to_owned()
    } else {
        word
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(kind: DeviceKind, id: &str, place: &str) -> Device {
        Device {
            kind,
            id: id.to_owned(),
            place: place.to_owned(),
            name: "Keys".to_owned(),
            token: false,
        }
    }

    #[test]
    fn the_words_are_the_record_s_and_what_refuses_stands_first() {
        let mut warned = false;
        for code in FindingCode::ALL {
            let json = serde_json::to_string(code).unwrap();
            assert_eq!(json, format!("\"{}\"", code.word()));
            warned |= code.weight() == Weight::Warns;
            assert_eq!(warned, code.weight() == Weight::Warns, "{}", code.word());
        }
        // Law 10, word by word, and what would blind it (law 7).
        for code in [
            "interface-up",
            "swap-on",
            "core-dumps",
            "unread",
            "interfaces-differ",
        ] {
            let found = FindingCode::ALL.iter().find(|c| c.word() == code).unwrap();
            assert_eq!(found.weight(), Weight::Refuses, "{code}");
        }
    }

    #[test]
    fn a_report_has_one_spelling() {
        let up = Finding::of(FindingCode::InterfaceUp, "eth0");
        let keys = device(DeviceKind::Input, "046d:c31c", "usb 1-2");
        let one = Report::new(vec![up.clone(), up.clone()], vec![keys.clone(), keys.clone()]);
        assert_eq!((one.findings.len(), one.devices.len()), (1, 1));
        assert!(one.is_tidy());
        let twice = Report {
            findings: vec![up.clone(), up],
            devices: Vec::new(),
        };
        assert!(!twice.is_tidy());
        let mut hostile = keys.clone();
        hostile.name = "\u{1b}[2J\u{202e}".to_owned();
        hostile.id = "a b\u{7}".to_owned();
        let tidy = Report::new(Vec::new(), vec![hostile.clone()]);
        assert!(tidy.is_tidy() && tidy.devices[0].id == "ab", "{tidy:?}");
        let raw = Report {
            findings: Vec::new(),
            devices: vec![hostile],
        };
        assert!(!raw.is_tidy());
        let long = "x".repeat(3000);
        let many: Vec<Device> = (0..500)
            .map(|n| device(DeviceKind::Storage, &format!("d{n}"), &long))
            .collect();
        let full = Report::new(vec![Finding::of(FindingCode::Unread, &long)], many);
        assert!(full.is_tidy() && full.devices.len() == DEVICES_MAX);
        assert!(full.findings.iter().any(|f| f.code == FindingCode::TooMany));
        assert!(serde_json::to_string(&full).unwrap().len() < 40_000);
    }

    #[test]
    fn a_token_may_change_its_socket_and_nothing_else_may() {
        let here = device(DeviceKind::Input, "1050:0407", "usb 1-2");
        let there = device(DeviceKind::Input, "1050:0407", "usb 1-3");
        assert!(here.is(&here) && !here.is(&there));
        let token = |d: &Device| Device {
            token: true,
            ..d.clone()
        };
        assert!(token(&here).is(&token(&there)) && !token(&here).is(&there));
    }
}
