//! Cards for what the machine check finds, by [`FindingCode`], and for a device
//! that was not there when the run began. A warning has a card too: what it
//! means is what people decide by.

use super::Card;
use crate::base::machine::FindingCode;

/// Whatever is found, the program only looked.
const CHANGED: &str = "No. The program only looked; what the record says stands.";

impl FindingCode {
    /// The card.
    #[must_use]
    pub fn card(self) -> Card {
        let (fact, meaning, remedy) = match self {
            FindingCode::Unread => (
                "A part of the machine's surroundings cannot be read.",
                "What cannot be read may be anything, so it counts as the worst.",
                "Make sure that /sys and /proc are mounted whole and can be read, then look again.",
            ),
            FindingCode::TooMany => (
                "More was found than a report can hold.",
                "What does not fit would not be watched.",
                "Unplug what the ceremony does not need.",
            ),
            FindingCode::InterfaceUp => (
                "A network interface is up.",
                "The machine may be reached, or may send something out, while it holds secrets.",
                "Pull the cable out. Then switch the interface off on another console (ip link set NAME down).",
            ),
            FindingCode::InterfacesDiffer => (
                "Two lists of the network interfaces do not agree.",
                "One of them is covered up or belongs to another network; neither can be believed.",
                "Start the program outside of containers, or with /sys mounted anew inside.",
            ),
            FindingCode::NetworkDriver => (
                "A radio or a USB network device is in use by a driver.",
                "It may talk to other machines without an interface that could be seen.",
                "Unplug it. If it is built in, unload its driver (modprobe -r DRIVER) or switch it off in the firmware.",
            ),
            FindingCode::SwapOn => (
                "Swap is on.",
                "Memory with secrets may be written to a disk and stay there.",
                "Switch it off on another console (swapoff -a). Before the next ceremony take that disk out.",
            ),
            FindingCode::CoreDumps => (
                "A core dump of this program is possible.",
                "A crash could write its memory to a disk.",
                "Start it anew on a system that lets it switch core dumps off.",
            ),
            FindingCode::CoreHelper => (
                "Core dumps are handed to another program.",
                "It gets the memory of each program that crashes, whatever the limits say; the one that drives card readers holds PINs.",
                "Switch it off on another console (sysctl kernel.core_pattern=core).",
            ),
            FindingCode::InterfaceDown => (
                "A network interface exists and is down.",
                "Nothing can use it as it is. It takes one command to bring it up; then the ceremony freezes.",
                "Better: a system without its driver. Otherwise leave it down.",
            ),
            FindingCode::NetworkCard => (
                "A network card is fitted.",
                "The hardware is there, whether a driver is or not.",
                "Better: a machine without one. Otherwise see that no cable is in it.",
            ),
            FindingCode::NetworkUsb => (
                "A USB network device is plugged in or built in; no driver uses it.",
                "The hardware is there: a telephone, a stick, a radio.",
                "Unplug it if it can be unplugged.",
            ),
            FindingCode::OtherNetwork => (
                "This program sees another network than the machine's first process.",
                "It was started in a network of its own. The machine may have interfaces that no check here can see.",
                "Start it outside of containers.",
            ),
            FindingCode::Hypervisor => (
                "The machine is a virtual one.",
                "Whoever runs the machine around it can read its memory: there is no air gap.",
                "Hold ceremonies on a machine that people can touch. A virtual one is for rehearsals.",
            ),
        };
        Card {
            fact,
            meaning,
            changed: CHANGED,
            remedy,
        }
    }
}

/// The stable word of a device that was not there when the run began.
pub const UNLISTED_WORD: &str = "unlisted-device";

/// A device that was not there when the run began.
pub const UNLISTED: Card = Card {
    fact: "A device was plugged in that was not there at the start.",
    meaning: "A keyboard that nobody holds can type, a stick can carry something off, a network device can talk.",
    changed: CHANGED,
    remedy: "Unplug it, and ask who plugged it in. Only if it must stay: a person of another role than the acting one accepts it.",
};

/// Words and cards, in the order of the page.
pub(super) fn all() -> Vec<(&'static str, Card)> {
    let mut all: Vec<_> = FindingCode::ALL.iter().map(|c| (c.word(), c.card())).collect();
    all.push((UNLISTED_WORD, UNLISTED));
    all
}
