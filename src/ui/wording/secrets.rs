//! Sentences about PINs, passwords and passphrases: setting a device up, secrets
//! that are made here, unlocking.

use crate::base::device::Credential;

// ------------------------------------------------------------ set-up

/// Field.
pub const LAST_FOUR: &str = "Last 4 of the serial";
/// Before a device is emptied.
pub const SET_UP_DESTROYS: &str = "Whatever is on this device will be destroyed.";
/// About the two PINs.
pub const SET_UP_PINS: &str =
    "The SO PIN unblocks and resets the device; the user PIN signs. Write each on its own paper.";
/// About the three passwords.
pub const SET_UP_PASSWORDS: &str = "The provisioner makes keys and goes away; the signer signs; the auditor reads the log. Each: 20 characters or more, on its own paper.";
/// A device that was set up before keeps its SO PIN.
pub const SET_UP_SO_PIN: &str = "It was set up before and keeps its SO PIN: type the one on its paper. The new user PIN is on paper, too, and was typed back.";
/// A SmartCard-HSM's.
pub const SO_PIN_HEX: &str = "Its SO PIN is exactly 16 characters: digits and the letters a to f.";

/// Fields for an SO PIN that stays.
#[must_use]
pub fn present_so_pin() -> [String; 2] {
    ["SO PIN, present", "SO PIN, again"].map(str::to_owned)
}

/// They were made and compared before.
pub const SET_UP_MADE: &str = "Its new secrets are on paper and were typed back. The device gets them now.";
/// A PIN pad.
pub const SET_UP_PAD: &str = "The PINs are typed on the device's own keys, when it asks for them.";
/// About the passphrase.
pub const SET_UP_FILE: &str = "One passphrase encrypts the key files. F5 offers a strong one of ten words.";
/// Below the form.
pub const SET_UP_NEXT: &str = "Nothing is done before the last field is right.";
/// The entries differ.
pub const PAIR_DIFFERS: &str = "The two entries differ. Both were wiped: type them both again.";
/// The entries differ, found at the end.
pub const PAIR_DIFFERS_STILL: &str =
    "Two entries that must be equal differ. Go to them with Up, empty them with Ctrl-U, type both again.";

/// Instruction.
#[must_use]
pub fn set_up_say(token: &str, secrets: usize) -> String {
    if secrets == 0 {
        format!("Set up {token}. Take it in your hand and type the end of its serial.")
    } else {
        format!("Set up {token}. Type each field, then Enter. Nothing you type is shown.")
    }
}

/// Fields for a new secret, typed twice.
#[must_use]
pub fn new_secret(credential: Credential) -> [String; 2] {
    let name = secret(credential);
    [format!("{name}, new"), format!("{name}, again")]
}

/// A device's secret.
#[must_use]
pub fn secret(credential: Credential) -> &'static str {
    match credential {
        Credential::SoPin => "SO PIN",
        Credential::UserPin => "User PIN",
        Credential::Passphrase => "Passphrase",
        Credential::Provisioner => "Provisioner password",
        Credential::Signer => "Signer password",
        Credential::Auditor => "Auditor password",
    }
}

// ------------------------------------------------------------ made here

/// Below the form.
pub const COVER_NEXT: &str = "Next: each secret is made, shown after F5, typed back. Then it is set up.";
/// The list.
pub const COVER_BODY: &[&str] = &[
    "  - Secrets will stand here in plain letters: shut every camera, stop recording.",
    "  - Only the person who will keep a secret looks. The others turn away.",
    "  - Have a sheet of paper and a pen for each secret ready.",
    "  - Paper and device never go into one bag.",
];

/// Instruction.
#[must_use]
pub fn cover_say(token: &str) -> String {
    format!("Set up {token}: cover every camera, then type the end of its serial.")
}

/// Field.
pub const COPY_FIELD: &str = "From the paper";
/// Not shown yet.
pub const COPY_HIDDEN: &str = "F5 shows it. Is everybody but its keeper looking away?";
/// What it is for.
#[must_use]
pub fn copy_purpose(credential: Credential) -> &'static str {
    match credential {
        Credential::SoPin => "It resets the device and unblocks its user PIN. Keep it away from the device.",
        Credential::UserPin => "It lets the device make keys and sign.",
        Credential::Passphrase => "It opens the encrypted key files.",
        Credential::Provisioner => "It makes keys today. The device forgets it when it is retired.",
        Credential::Signer => "It lets the device sign.",
        Credential::Auditor => "It reads the device's log and options.",
    }
}
/// Below the box.
pub const COPY_RULES: &str =
    "Small letters and digits, none of which looks like another. The hyphens are only for the eye.";
/// Title of the box.
pub const COPY_TITLE: &str = "write this down";
/// Below the form.
pub const COPY_NEXT: &str = "Next: what you typed is compared with it. It is not shown.";
/// While it is on the screen.
pub const COPY_OPEN_NEXT: &str = "Esc hides it. Then type it from the paper.";
/// It is gone.
pub const COPY_GONE: &str = "It is not there any more. Nothing was done to the device. Pause with Ctrl-C and resume: the step makes new ones. Destroy the papers of this device.";
/// Footer.
pub const COPY_F5: &str = "show it";

/// Instruction, when it is gone.
#[must_use]
pub fn copy_gone_say(token: &str, credential: Credential) -> String {
    format!("The {} of {token} cannot be shown.", secret(credential))
}

/// Instruction.
#[must_use]
pub fn copy_say(token: &str, credential: Credential, open: bool) -> String {
    let name = secret(credential);
    if open {
        format!("Write the {name} of {token} on paper, with the name {token} beside it.")
    } else {
        format!("{name} of {token}: look with F5, write it down, hide it, type it from the paper.")
    }
}

/// What was typed differs.
#[must_use]
pub fn copy_wrong(wrong: u32) -> String {
    format!("What was typed is not what was shown. Compare the paper with F5. Times: {wrong}.")
}

/// Field.
pub const DICE_FIELD: &str = "Digits 1 to 6";
/// Explanation.
pub const DICE_BODY: &[&str] = &[
    "Roll real dice and type what they show, from left to right. Any order of",
    "reading is good if you fix it before you look.",
    "Nothing is shown while you type. Backspace takes one digit back.",
];
/// Below the form.
pub const DICE_NEXT: &str = "Next: the secret is made from them by a printed table, and shown after F5.";
/// They could not be used.
pub const DICE_WRONG: &str =
    "The digits could not be used: another number of them, or another character. Roll again, type again.";

/// Instruction.
#[must_use]
pub fn dice_say(token: &str, credential: Credential, rolls: u32) -> String {
    format!(
        "{} of {token}: roll {rolls} dice and type all their digits.",
        secret(credential)
    )
}

/// Footer.
pub const SHUTTER_F5: &str = "offer one";
/// Footer.
pub const SHUTTER_F5_SHOW: &str = "show it";
/// Footer.
pub const SHUTTER_ESC: &str = "back";
/// Footer.
pub const SHUTTER_HIDE: &str = "hide it";
/// Instruction.
pub const SHUTTER_SAY: &str = "Cover every camera now. Then press F5 to show the passphrase.";
/// The warning.
pub const SHUTTER_WARNING: &[&str] = &[
    "A passphrase of ten words will stand on this screen in plain letters.",
    "  - Close the shutter of every camera; stop the recording of this screen.",
    "  - Only the person who will keep it looks. The others turn away.",
    "  - Have paper and pen ready. It is shown once and never again.",
];
/// Below the warning.
pub const SHUTTER_NEXT: &str = "F5 shows it. Esc goes back without showing it.";
/// Title of the box.
pub const SHUTTER_TITLE: &str = "passphrase";
/// Instruction.
pub const SHUTTER_OPEN_SAY: &str = "Write down the ten words in order, with a - between them, no spaces.";
/// Below the words.
pub const SHUTTER_OPEN_NEXT: &str = "Esc hides it for good. Then type it twice from your paper.";
/// Another key was pressed.
pub const SHUTTER_KEYS: &str = "Use the keys that are named below.";
/// No randomness.
pub const SHUTTER_EMPTY_SAY: &str = "No passphrase could be made.";
/// No randomness.
pub const SHUTTER_EMPTY: &str = "The system gave no randomness. Think of a long passphrase, or pause.";
/// Back.
pub const SHUTTER_BACK: &str = "Esc goes back.";

// ------------------------------------------------------------ PIN

/// What is safe.
pub const PIN_BODY: &str = "Look at the device: is it the one on the card? What you type is not shown, not even its length. Nothing tries a PIN twice by itself.";
/// Why, where a key of the trusted root is enrolled.
#[must_use]
pub fn pin_enrol(key: &str) -> String {
    format!(
        "Then the device is asked for one key: {key}, by the public key that the trusted root lists. Nothing on it is changed."
    )
}

/// The last try.
pub const PIN_LAST: &str =
    "THIS IS THE LAST TRY. If you are not sure, pause with Ctrl-C and look at the paper first.";
/// Below the form.
pub const PIN_NEXT: &str = "Next: the device checks it. A wrong PIN spends one of its tries.";

/// Field, where the PIN is typed on the device.
pub const PAD_FIELD: &str = "Type ready";
/// The device has keys of its own.
pub const PAD_BODY: &str =
    "This device takes its PIN on its own keys. Type ready here, then type the PIN on the device.";
/// Another word was typed.
pub const PAD_WORD: &str = "Type ready, when the person with the PIN stands at the device.";

/// Instruction.
#[must_use]
pub fn pin_say(token: &str, credential: Credential, pad: bool) -> String {
    if pad {
        return format!("Unlock {token}: its PIN is typed on the device itself.");
    }
    let what = match credential {
        Credential::UserPin => "user PIN",
        other => other.name(),
    };
    format!("Unlock {token}: type its {what}.")
}

/// Wrong PINs in this ceremony.
#[must_use]
pub fn pin_wrong(wrong: u32) -> String {
    format!("Wrong PINs for this device in this ceremony so far: {wrong}. Each costs one of its tries.")
}
