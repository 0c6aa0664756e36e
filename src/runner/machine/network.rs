//! Interfaces. Two lists of them are read, sysfs's and this process's own in
//! `/proc/net/dev`: one of them may have been covered by a mount or belong to
//! another network namespace, both hardly in the same way.

use super::tree::{Missing, Tree};
use super::{FindingCode, Look};

/// `IFF_UP` and `IFF_LOOPBACK` (linux/if.h).
const UP: u32 = 0x1;
const LOOPBACK: u32 = 0x8;
/// `ARPHRD_LOOPBACK` (linux/if_arp.h).
const TYPE_LOOPBACK: &str = "772";

/// Every interface with its flags.
pub(super) fn interfaces(tree: &Tree, look: &mut Look) {
    let (mut sys, mut own) = (listed(tree), names(tree, "proc/net/dev"));
    if sys != own {
        // An interface that comes or goes between two reads is no lie.
        (sys, own) = (listed(tree), names(tree, "proc/net/dev"));
    }
    let (Ok(sys), Ok(own)) = (&sys, &own) else {
        return look.unread("the list of network interfaces (sys/class/net, proc/net/dev)");
    };
    look.found(FindingCode::InterfacesDiffer, only_in_one(sys, own));
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for name in sys {
        match is_up(tree, name) {
            Some(Some(true)) => up.push(name.clone()),
            Some(Some(false)) => down.push(name.clone()),
            Some(None) => {} // loopback
            None => look.unread(&format!("the flags of interface {name}")),
        }
    }
    look.found(FindingCode::InterfaceUp, up);
    look.found(FindingCode::InterfaceDown, down);
    // Not every user may look there; who may, sees a network that was hidden.
    if let Ok(first) = names(tree, "proc/1/net/dev") {
        look.found(FindingCode::OtherNetwork, only_in_one(own, &first));
    }
}

/// Loopback (`None` inside), or whether it is up.
fn is_up(tree: &Tree, name: &str) -> Option<Option<bool>> {
    let flags = tree.text(&format!("sys/class/net/{name}/flags")).ok()?;
    let flags = u32::from_str_radix(flags.strip_prefix("0x")?, 16).ok()?;
    let kind = tree.text(&format!("sys/class/net/{name}/type")).ok()?;
    // By what it is, not by its name: any interface can be called lo.
    let loopback = flags & LOOPBACK != 0 && kind == TYPE_LOOPBACK;
    Some((!loopback).then_some(flags & UP != 0))
}

fn listed(tree: &Tree) -> Result<Vec<String>, Missing> {
    tree.folders("sys/class/net")
}

/// The names in a table like `/proc/net/dev`: two lines of headings, then
/// `name: numbers`.
fn names(tree: &Tree, path: &str) -> Result<Vec<String>, Missing> {
    let text = tree.text(path)?;
    let mut names = Vec::new();
    if text.lines().count() < 2 {
        return Err(Missing::Unread);
    }
    for line in text.lines().skip(2) {
        let (name, _) = line.split_once(':').ok_or(Missing::Unread)?;
        names.push(name.trim().to_owned());
    }
    names.sort();
    Ok(names)
}

fn only_in_one(one: &[String], other: &[String]) -> Vec<String> {
    let lacks = |list: &[String], name: &String| !list.contains(name);
    let first = one.iter().filter(|n| lacks(other, n));
    let second = other.iter().filter(|n| lacks(one, n));
    first.chain(second).cloned().collect()
}
