//! Sentences about what a device says of its keys: the claims, the chain, and
//! what no such statement shows.

use crate::base::shown::counted;

/// Title.
pub const TITLE: &str = "What the devices say about their keys";
/// Footer.
pub const KEY_CLAIMS: &str = "claims";
/// In the list of all keys.
pub const KEY_MEANS: &str = "what the devices say about the keys that they made";
/// Instruction.
pub const SAY: &str = "Read what is vouched for, by whom, and what is not.";

/// Instruction, where one key is shown: its name stays in sight.
#[must_use]
pub fn say_of(key: &str, token: &str) -> String {
    format!(
        "{}: read what is vouched for, by whom, and what is not.",
        title(key, token)
    )
}
/// Before the first key.
pub const NO_KEYS: &str = "No key has been made or enrolled yet.";

/// A key and where it is.
#[must_use]
pub fn title(key: &str, token: &str) -> String {
    format!("{key} on {token}")
}

/// What the judgement came to.
#[must_use]
pub fn verdict(word: &str, meaning: &str) -> String {
    format!("Verdict: {}; {meaning}.", word.to_ascii_uppercase())
}

/// The bytes are in the record and cannot be judged now.
#[must_use]
pub fn unjudged(why: &str) -> String {
    format!("  The statement in the record cannot be read again: {why}.")
}

/// Group.
pub const BY_DEVICE: &str = "The device signed this statement";
/// Group.
pub const COMPUTED: &str = "Computed here from what is in the record";
/// Group.
pub const BY_MODULE: &str = "What the device's module answers; nobody signed it";
/// Group.
pub const PROVEN: &str = "The key signed its challenge: somebody here can use it";

/// Name of a fact.
pub const MADE: &str = "Made";
/// Name of a fact.
pub const LEAVES: &str = "Leaves it";
/// Name of a fact.
pub const MAY: &str = "May do";
/// Name of a fact.
pub const ALGORITHM: &str = "Algorithm";
/// Name of a fact.
pub const DOMAINS: &str = "Domains";
/// Name of a fact.
pub const FIRMWARE: &str = "Firmware";
/// Name of a fact.
pub const OBJECT: &str = "Object";
/// Name of a fact.
pub const CHAIN: &str = "Chain";
/// Name of a fact.
pub const ROOT: &str = "Maker's root";
/// Name of a fact.
pub const SERIAL: &str = "Serial";
/// Name of a fact.
pub const KEY: &str = "Key";
/// Name of a fact.
pub const WAIVED: &str = "WAIVED";

/// It may be taken out in a backup.
pub const EXPORTABLE: &str = "IT CAN: it may be exported under a wrap key";
/// It may not.
pub const STAYS: &str = "never: it may not be exported, not even encrypted";
/// There are no certificates.
pub const NO_CHAIN: &str = "none: no certificate leads from this key to a maker's root";

/// A value of the form `0x01, words` or `0x0001 (words)`: the words.
#[must_use]
pub fn after_hex(got: &str) -> &str {
    let rest = got.split_once([',', ' ']).map_or(got, |(_, rest)| rest);
    rest.trim().trim_start_matches('(').trim_end_matches(')')
}

/// In which of the device's domains it is.
#[must_use]
pub fn domains(got: &str) -> &str {
    after_hex(got).trim_start_matches("domains ")
}

/// What the key may do.
#[must_use]
pub fn capabilities(got: &str) -> String {
    match after_hex(got) {
        "" => "nothing".to_owned(),
        names => format!("{names}, and nothing else"),
    }
}

/// Which object, under which label.
#[must_use]
pub fn object(id: &str, label: &str) -> String {
    format!("{id}, labelled {label}")
}

/// From the key up to the root.
#[must_use]
pub fn chain(key: &str, above: &str) -> String {
    let above = above.replace(" <- ", ", signed by ");
    format!("{key}, signed by the device's own key, signed by {above}")
}

/// A certificate that the device gave.
#[must_use]
pub fn certificate(number: usize) -> String {
    match number {
        1 => "Statement".to_owned(),
        _ => "Device cert".to_owned(),
    }
}

/// What of a certificate is shown.
#[must_use]
pub fn certificate_digest(grouped: &str) -> String {
    format!("SHA-256 {grouped}")
}

/// The serial, whose end is never shown.
#[must_use]
pub fn serial(masked: &str, same: bool) -> String {
    if same {
        format!("{masked}, as typed from the body: the same in the statement and in the device's certificate")
    } else {
        format!("{masked} was typed from the body; the statement DIFFERS or does not say")
    }
}

/// The serial where no certificate has one.
#[must_use]
pub fn serial_claimed(masked: &str) -> String {
    format!("{masked}, as typed from the body and as the module answers")
}

/// The public key.
#[must_use]
pub fn key(same: bool, fingerprint: &str) -> String {
    let which = if same {
        "the one in this record"
    } else {
        "NOT the one in this record"
    };
    format!("{which}, fingerprint {fingerprint}")
}

/// A check that the script waives.
#[must_use]
pub fn waived(check: &str, got: &str) -> String {
    format!("{check}: {got}")
}

/// Where the key was made, as a module says it.
#[must_use]
pub fn made(local: Option<bool>) -> &'static str {
    match local {
        Some(true) => "generated in the device",
        Some(false) => "NOT in the device: it was imported",
        None => "the module does not say",
    }
}

/// Whether the key can leave, as a module says it.
#[must_use]
pub fn leaves(extractable: Option<bool>, never: Option<bool>) -> &'static str {
    match (extractable, never) {
        (Some(false), Some(true)) => "never: it may not leave, and never could",
        (Some(false), _) => "it may not leave now; whether it ever could, the module does not say",
        (Some(true), _) => "IT CAN: the key is extractable",
        (None, _) => "the module does not say",
    }
}

/// What the key may do, as a module says it.
#[must_use]
pub fn uses(sign: Option<bool>, other: Option<bool>) -> &'static str {
    match (sign, other) {
        (Some(true), Some(false)) => "sign, and nothing else",
        (Some(true), Some(true)) => "sign, and MORE: the module names other uses",
        (Some(true), None) => "sign; whether it may do more, the module does not say",
        _ => "the module does not say that it may sign",
    }
}

/// A YubiHSM whose statement the script has not asked for yet.
pub const NOT_ASKED: &str = "No statement yet: the device was not asked what it says about this key.";
/// A key file.
pub const KEY_FILE: &str = "NO ATTESTATION: an encrypted key file. It can be copied, and nobody can tell.";
/// A token of a rehearsal.
pub const EMBEDDED: &str =
    "NO ATTESTATION: a rehearsal's token is software of this program. It proves nothing about hardware.";
/// A key of an earlier ceremony.
pub const ENROLLED: &str = "NO ATTESTATION HERE: an earlier ceremony made the key; the trusted root lists it, and that is why it counts.";
/// Another token.
pub const NO_STATEMENT: &str = "NO ATTESTATION HERE: over PKCS#11 this program asks for no signed statement about a key. Whether the device can make one is not said.";
/// Heading.
pub const NOT_SHOWN: &str = "What a signed statement does NOT show";
/// Heading.
pub const NOT_SHOWN_CLAIMS: &str = "What a module's word does NOT show";

/// Keys that are not on this page.
#[must_use]
pub fn others(keys: usize) -> String {
    if keys == 1 {
        return "Not shown here: 1 key of another device. F9 shows it at that device's own steps, and all keys at a step without a device.".to_owned();
    }
    let keys = counted(keys, "key");
    format!(
        "Not shown here: {keys} of other devices. F9 shows each at its device's own steps, and all keys at a step without a device."
    )
}

/// Without a statement.
pub const CLAIMS_DO_NOT_SHOW: &[&str] = &[
    "that the key is in hardware: software can give the same answers",
    "that the key was made in this device, or that there is no copy of it",
    "which maker's device it is: a serial is what the device says of itself",
    "that the device holds no other keys, or that it has signed nothing else",
];
