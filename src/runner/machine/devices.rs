//! What is plugged in: PCI and USB by the class that the hardware names, whether
//! a driver is there or not (facts on the console, section 2), then inputs and
//! disks that the kernel made of other buses. The table of classes is here; a
//! class that is not in it can neither type, hold files, nor talk.

use std::collections::BTreeSet;
use std::path::Path;

use super::tree::{Missing, Tree};
use super::{FindingCode, Look};
use crate::base::machine::{Device, DeviceKind};

/// PCI: network controllers, and wireless ones.
const PCI_NETWORK: &str = "02";
const PCI_WIRELESS: &str = "0d";

/// `bInterfaceClass` of USB (usb.org, defined class codes): what it can do.
fn usb_kind(class: &str) -> Option<DeviceKind> {
    Some(match class {
        "03" => DeviceKind::Input,
        "08" => DeviceKind::Storage,
        // Communications and its data, wireless, miscellaneous (RNDIS).
        "02" | "0a" | "e0" | "ef" => DeviceKind::Network,
        _ => return None,
    })
}
/// A smart card reader.
const USB_SMART_CARD: &str = "0b";

pub(super) fn buses(tree: &Tree, look: &mut Look) {
    // A kernel without a bus cannot drive what is on it; no list of buses at all
    // means that sysfs is not there.
    match tree.folders("sys/bus") {
        Ok(buses) if !buses.is_empty() => {
            let has = |bus: &str| buses.iter().any(|b| b == bus);
            if has("pci") {
                pci(tree, look);
            }
            if has("usb") {
                usb(tree, look);
            }
        }
        _ => look.unread("sys/bus"),
    }
    if tree.folders("sys/class").is_err() {
        look.unread("sys/class");
    }
    inputs(tree, look);
    disks(tree, look);
}

fn pci(tree: &Tree, look: &mut Look) {
    let Ok(names) = tree.folders("sys/bus/pci/devices") else {
        return look.unread("sys/bus/pci/devices");
    };
    let (mut cards, mut driven) = (Vec::new(), Vec::new());
    for name in names {
        let at = format!("sys/bus/pci/devices/{name}");
        let class = match tree.text(&format!("{at}/class")) {
            Ok(class) => class,
            Err(Missing::Absent) if tree.real(&at).is_none() => continue, // unplugged meanwhile
            Err(_) => {
                look.unread(&format!("the class of PCI device {name}"));
                continue;
            }
        };
        let class = class.strip_prefix("0x").unwrap_or(&class);
        let driver = tree.link(&format!("{at}/driver"));
        match (class.get(..2), driver) {
            // A radio needs no interface; what an interface does is seen there.
            (Some(PCI_WIRELESS), Some(driver)) => driven.push(format!("PCI {name} ({driver})")),
            (Some(PCI_NETWORK | PCI_WIRELESS), driver) => {
                let driver = driver.unwrap_or_else(|| "no driver".to_owned());
                cards.push(format!("PCI {name} ({driver})"));
            }
            (Some(_), _) => {}
            (None, _) => look.unread(&format!("the class of PCI device {name}")),
        }
    }
    look.found(FindingCode::NetworkCard, cards);
    look.found(FindingCode::NetworkDriver, driven);
}

/// Interfaces are named `1-2:1.0`, after their device `1-2`.
fn usb(tree: &Tree, look: &mut Look) {
    let Ok(names) = tree.folders("sys/bus/usb/devices") else {
        return look.unread("sys/bus/usb/devices");
    };
    let mut found: BTreeSet<(String, DeviceKind)> = BTreeSet::new();
    let mut tokens = BTreeSet::new();
    let (mut idle, mut driven) = (Vec::new(), Vec::new());
    for name in names {
        let Some((device, _)) = name.split_once(':') else {
            continue;
        };
        let at = format!("sys/bus/usb/devices/{name}");
        let class = match tree.text(&format!("{at}/bInterfaceClass")) {
            Ok(class) => class.to_ascii_lowercase(),
            Err(Missing::Absent) if tree.real(&at).is_none() => continue,
            Err(_) => {
                look.unread(&format!("the class of USB interface {name}"));
                continue;
            }
        };
        if class == USB_SMART_CARD {
            tokens.insert(device.to_owned());
        }
        let Some(kind) = usb_kind(&class) else { continue };
        found.insert((device.to_owned(), kind));
        if kind == DeviceKind::Network {
            match tree.link(&format!("{at}/driver")) {
                Some(driver) => driven.push(format!("USB {device} ({driver})")),
                None => idle.push(format!("USB {device} (no driver)")),
            }
        }
    }
    look.found(FindingCode::NetworkUsb, idle);
    look.found(FindingCode::NetworkDriver, driven);
    for (device, kind) in found {
        look.devices
            .push(usb_device(tree, &device, kind, tokens.contains(&device)));
    }
}

fn usb_device(tree: &Tree, device: &str, kind: DeviceKind, token: bool) -> Device {
    let said = |what: &str| {
        let text = tree.text(&format!("sys/bus/usb/devices/{device}/{what}"));
        text.unwrap_or_default()
    };
    let names = [said("manufacturer"), said("product")];
    Device {
        kind,
        id: format!("{}:{}", said("idVendor"), said("idProduct")),
        place: format!("usb {device}"),
        name: names.join(" ").trim().to_owned(),
        token,
    }
}

/// The USB device that a place in sysfs belongs to: the last part of its path
/// that is named like one.
fn on_usb(real: &Path) -> bool {
    real.components()
        .any(|c| c.as_os_str().to_str().is_some_and(|c| c.starts_with("usb")))
}

/// Keyboards, pointers, buttons of other buses: the kernel has made inputs of them.
fn inputs(tree: &Tree, look: &mut Look) {
    let names = match tree.folders("sys/class/input") {
        Ok(names) => names,
        Err(Missing::Absent) => return, // the kernel has no inputs
        Err(Missing::Unread) => return look.unread("sys/class/input"),
    };
    for name in names.iter().filter(|n| is_numbered(n, "input")) {
        let at = format!("sys/class/input/{name}");
        let real = tree.real(&at);
        if real.as_deref().is_some_and(on_usb) {
            continue; // its interface is in the list of USB
        }
        let said = match tree.text(&format!("{at}/name")) {
            Ok(said) => said,
            Err(Missing::Absent) if real.is_none() => continue,
            Err(_) => {
                look.unread(&format!("the name of {name}"));
                continue;
            }
        };
        // A device of another bus keeps its parent's name, whatever its number.
        let parent = tree.link(&format!("{at}/device"));
        look.devices.push(Device {
            kind: DeviceKind::Input,
            id: parent.map_or_else(|| name.clone(), |p| unnumbered(&p)),
            place: place(&tree.text(&format!("{at}/phys")).unwrap_or_default()),
            name: said,
            token: false,
        });
    }
}

/// Of a radio's input this is an address, which is nobody's business: the record
/// is published.
fn place(phys: &str) -> String {
    let address = |word: &str| word.len() == 17 && word.matches(':').count() == 5;
    if phys.split('/').any(address) {
        return "bluetooth".to_owned();
    }
    phys.to_owned()
}

/// `0018:04F3:3087.0001` is the same device as `0018:04F3:3087.0002` after the
/// machine slept.
fn unnumbered(parent: &str) -> String {
    match parent.rsplit_once('.') {
        Some((head, tail)) if head.matches(':').count() == 2 && tail.len() == 4 => head.to_owned(),
        _ => parent.to_owned(),
    }
}

/// Disks with hardware behind them; loops, RAM disks and maps of others have none.
fn disks(tree: &Tree, look: &mut Look) {
    let names = match tree.folders("sys/block") {
        Ok(names) => names,
        Err(Missing::Absent) => return, // the kernel has no block devices
        Err(Missing::Unread) => return look.unread("sys/block"),
    };
    for name in names {
        let at = format!("sys/block/{name}");
        let Some(real) = tree.real(&at) else { continue };
        let virtual_one = real
            .components()
            .any(|c| c.as_os_str().to_str() == Some("virtual"));
        if virtual_one || on_usb(&real) && usb_lists(look, &real) {
            continue;
        }
        look.devices.push(Device {
            kind: DeviceKind::Storage,
            id: name.clone(),
            place: tree.link(&format!("{at}/device")).unwrap_or_default(),
            name: tree.text(&format!("{at}/device/model")).unwrap_or_default(),
            token: false,
        });
    }
}

/// Whether the USB device that a disk hangs on is listed as storage already; one
/// of a vendor's own class is not.
fn usb_lists(look: &Look, real: &Path) -> bool {
    look.devices.iter().any(|d| {
        d.kind == DeviceKind::Storage
            && d.place
                .strip_prefix("usb ")
                .is_some_and(|at| real.components().any(|c| c.as_os_str().to_str() == Some(at)))
    })
}

fn is_numbered(name: &str, stem: &str) -> bool {
    name.strip_prefix(stem)
        .is_some_and(|n| !n.is_empty() && n.bytes().all(|b| b.is_ascii_digit()))
}
