//! Cards for what devices answer, by [`DeviceCode`]. Whether anything was
//! changed is the fault's own word at run time; here stands the usual case.

use super::Card;
use crate::base::device::DeviceCode;

impl DeviceCode {
    /// Every code.
    pub const ALL: &[DeviceCode] = &[
        DeviceCode::NotFound,
        DeviceCode::TwoAlike,
        DeviceCode::ModuleUnusable,
        DeviceCode::ModuleCrashed,
        DeviceCode::ModuleHangs,
        DeviceCode::AnswerRefused,
        DeviceCode::PinWrong,
        DeviceCode::PinLocked,
        DeviceCode::PinForm,
        DeviceCode::NotUnlocked,
        DeviceCode::NotInitialised,
        DeviceCode::KeyExists,
        DeviceCode::KeyNotUnique,
        DeviceCode::KeyDiffers,
        DeviceCode::AttributesRefused,
        DeviceCode::Unsupported,
        DeviceCode::Removed,
        DeviceCode::Full,
        DeviceCode::LogFull,
        DeviceCode::SessionsFull,
        DeviceCode::NotClean,
        DeviceCode::AttestationRefused,
        DeviceCode::FirmwareOld,
        DeviceCode::LogUnexplained,
        DeviceCode::Storage,
        DeviceCode::NoSpace,
        DeviceCode::SignatureWrong,
        DeviceCode::DeviceError,
    ];

    /// Its stable word, as the record has it.
    #[must_use]
    pub fn word(self) -> String {
        crate::base::Json::of(&self)
            .ok()
            .and_then(|j| j.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// The card.
    #[must_use]
    pub fn card(self) -> Card {
        let (fact, meaning, changed, remedy) = match self {
            DeviceCode::NotFound => (
                "The device is not there.",
                "No device with the expected serial answers.",
                "No.",
                "Plug in the device with that serial on its body, wait a moment, then try again.",
            ),
            DeviceCode::TwoAlike => (
                "Two devices have the same serial.",
                "The program cannot tell them apart and touches neither.",
                "No.",
                "Unplug the one that does not belong here.",
            ),
            DeviceCode::ModuleUnusable => (
                "The vendor module cannot be used.",
                "The file is missing or is not a PKCS#11 module.",
                "No.",
                "Pause, and resume with the right --module NAME=PATH.",
            ),
            DeviceCode::ModuleCrashed => (
                "The vendor module crashed.",
                "It runs in a process of its own; the record is untouched.",
                "Unknown: the device may have done what was asked.",
                "Unplug and replug the device, then try again; the program asks the device what it holds.",
            ),
            DeviceCode::ModuleHangs => (
                "The device does not answer.",
                "The vendor module was stopped after its time limit.",
                "Unknown: the device may have done what was asked.",
                "Unplug and replug the device, then try again; the program asks the device what it holds.",
            ),
            DeviceCode::AnswerRefused => (
                "The device gave an answer that cannot be right.",
                "It was too long, malformed, or not what was asked for; it was thrown away.",
                "Unknown.",
                "Replug the device and try again. If it happens twice, use the spare.",
            ),
            DeviceCode::PinWrong => (
                "The PIN is wrong.",
                "It may have cost a try. Nothing tries again by itself.",
                "Perhaps: most devices count wrong tries.",
                "Check that this is the right device and the right paper before typing again.",
            ),
            DeviceCode::PinLocked => (
                "The PIN is blocked.",
                "Too many wrong PINs were tried. The keys are still on the device.",
                "No.",
                "Unblock it with the SO PIN outside this ceremony, or use the spare device.",
            ),
            DeviceCode::PinForm => (
                "The device does not take this PIN.",
                "It is too short, too long, or has characters that the device refuses.",
                "No.",
                "Type a PIN within the device's limits.",
            ),
            DeviceCode::NotUnlocked => (
                "Nobody is logged in to the device.",
                "It was unplugged or has logged out by itself.",
                "No.",
                "Try the step again; it asks for the PIN.",
            ),
            DeviceCode::NotInitialised => (
                "The device is not set up.",
                "It has no user PIN, though this record says that it was set up.",
                "Somebody or something reset it.",
                "Do not go on with this device. Note a deviation and use the spare.",
            ),
            DeviceCode::KeyExists => (
                "A key with this name or id is already on the device.",
                "Nothing is ever generated over it.",
                "No.",
                "Check that this is the right device. Keep the key until you know whose it is.",
            ),
            DeviceCode::KeyNotUnique => (
                "The device does not hold exactly one such key.",
                "None of its keys, or more than one, is the key that is looked for: by name and id, or at an enrolment by its public key.",
                "No.",
                "Compare the serial on its body. Another device? Plug the right one in and try again. The right one? Note a deviation and do not sign with it.",
            ),
            DeviceCode::KeyDiffers => (
                "The key on the device is not the recorded one.",
                "Its public key differs from the record's.",
                "No.",
                "Check that this is the right device. Do not sign with it.",
            ),
            DeviceCode::AttributesRefused => (
                "The new key is not what was ordered.",
                "It is of another kind, is not new, or the device does not say that it can never leave.",
                "Yes: the device holds a key that this ceremony will not use.",
                "Note a deviation. Another try makes another key; the refused one stays unused.",
            ),
            DeviceCode::Unsupported => (
                "This cannot be done here.",
                "The device, or the rule of this ceremony, does not allow it.",
                "No.",
                "Read the words below; a successor script with another device may be needed.",
            ),
            DeviceCode::Removed => (
                "The device went away.",
                "It was unplugged, lost power, or reset itself.",
                "Unknown: it may have done what was asked before.",
                "Plug it in again and try again; the program asks the device what it holds.",
            ),
            DeviceCode::Full => (
                "The device is full.",
                "It has no memory for another key.",
                "No.",
                "Use another device.",
            ),
            DeviceCode::LogFull => (
                "The device's log is full.",
                "The device refuses to work until its log is read and cleared.",
                "No.",
                "Note a deviation. The auditor reads and clears the log with the maker's tool and keeps what was read; then try again.",
            ),
            DeviceCode::SessionsFull => (
                "The device has no free session.",
                "Sessions that were not closed end by themselves after thirty seconds.",
                "No.",
                "Wait thirty seconds, then try again.",
            ),
            DeviceCode::NotClean => (
                "The device is not in the state that it must be in.",
                "Something is on it that the set-up did not put there, or something of the set-up is missing.",
                "Unknown.",
                "Do not use this device. Note a deviation and use the spare.",
            ),
            DeviceCode::AttestationRefused => (
                "The device's statement about the key was refused.",
                "A check of its attestation failed: another key, another device, other capabilities, or another maker's root certificate.",
                "No.",
                "Do not use this key; it stays on the device. Note a deviation, then pause and decide. The failed checks are named below.",
            ),
            DeviceCode::FirmwareOld => (
                "The device's firmware is too old.",
                "Whoever holds the device can read keys of this kind out of it (YSA-2024-03). It cannot be updated.",
                "No.",
                "Make no key on it. Use the spare that the script names, or abort. Only the approved script can accept old firmware.",
            ),
            DeviceCode::LogUnexplained => (
                "The device's log does not agree with the record.",
                "It holds an entry that this ceremony did not order, lacks one, or its chain is broken.",
                "No.",
                "Stop using it: somebody else may have. Note a deviation, seal it in a bag as evidence, and use the spare or abort.",
            ),
            DeviceCode::Storage => (
                "The device's folder cannot be read or written.",
                "The disk is full, read-only or gone.",
                "No.",
                "Free space on the disk or repair it, then try again.",
            ),
            DeviceCode::NoSpace => (
                "The record's disk has no room left.",
                "What cannot be repeated is begun only where its outcome can be written down; the device was not asked.",
                "No.",
                "Free 4 MiB on the disk that is named below, then try again.",
            ),
            DeviceCode::SignatureWrong => (
                "The signature does not verify.",
                "Software checked it with the recorded public key; it was thrown away.",
                "No.",
                "Try again. If it happens twice, do not use this device.",
            ),
            DeviceCode::DeviceError => (
                "The device reports a failure.",
                "Its own words stand below.",
                "Unknown.",
                "Replug the device and try again.",
            ),
        };
        Card {
            fact,
            meaning,
            changed,
            remedy,
        }
    }
}

/// Every device card with its stable word.
pub(super) fn all() -> Vec<(String, Card)> {
    DeviceCode::ALL
        .iter()
        .map(|code| (code.word(), code.card()))
        .collect()
}
