//! Sentences about PINs, passwords and passphrases: setting a device up, secrets
//! that are made here, unlocking.

use crate::base::device::Credential;

// ------------------------------------------------------------ set-up

/// Field.
pub const LAST_FOUR: &str = "Last 4 of the serial";
/// Before a device is emptied.
pub const SET_UP_DESTROYS: &str = "Everything on this device will be destroyed.";
/// About the two PINs.
pub const SET_UP_PINS: &str = "The SO PIN (security officer's) resets the device and its user PIN; the user PIN signs. Each on its own paper.";
/// About the three passwords.
pub const SET_UP_PASSWORDS: &str = "The provisioner makes keys until it is deleted; the signer signs; the auditor reads the log. Each: 20 characters or more, on its own paper.";
/// A device that was set up before keeps its SO PIN.
pub const SET_UP_SO_PIN: &str = "It was set up before and keeps its SO PIN: type the one that is on its paper. The new user PIN is on paper, too, and was typed back.";
/// A SmartCard-HSM's.
pub const SO_PIN_HEX: &str = "Its SO PIN is exactly 16 characters: digits and the letters a to f.";

/// What this device takes as its PINs, or as its user PIN; nothing where it does not say.
#[must_use]
pub fn pin_limits(min: u32, max: u32, both: bool) -> Option<String> {
    let what = if both { "two different PINs" } else { "a user PIN" };
    (max > 0).then(|| format!("This device takes {what} of {min} to {max} characters."))
}

/// A secret that the device would refuse: nothing was sent, no try was spent.
#[must_use]
pub fn too_short_or_long(min: u32, max: u32) -> String {
    format!("It has {min} to {max} characters here. Nothing was sent: type it anew.")
}

/// One secret twice.
pub const SAME_AS_ANOTHER: &str =
    "It is the same as another secret of this device. Both entries were wiped: choose another one.";

/// The device in few words, where a long form leaves no room for its box.
#[must_use]
pub fn set_up_device(token: &str, device: &str, serial: &str, state: &str) -> String {
    format!("{token}: {device}, serial {serial}, {state}")
}

/// Fields for an SO PIN that stays.
#[must_use]
pub fn present_so_pin() -> [String; 2] {
    ["SO PIN, present", "SO PIN, again"].map(str::to_owned)
}

/// They were made and compared before.
pub const SET_UP_MADE: &str =
    "Its new secrets are on paper and were typed back. The device gets them when the serial is right.";
/// A PIN pad.
pub const SET_UP_PAD: &str = "Afterwards the device asks for its PINs: type them on its own keys.";
/// About the passphrase.
pub const SET_UP_FILE: &str = "One passphrase encrypts the key files. F5 offers a strong one of ten words.";
/// Below the form.
pub const SET_UP_NEXT: &str = "Nothing is done before the last field is right.";
/// The same, where nothing else is typed.
pub const SET_UP_NEXT_ONE: &str = "Nothing is done until these 4 characters are right.";

/// The entries differ.
#[must_use]
pub fn pair_differs(credential: Credential) -> String {
    let name = in_text(credential);
    format!("The two {name} entries differ and were wiped: type both again.")
}

/// The entries differ, found at the end.
pub const PAIR_DIFFERS_STILL: &str =
    "Two entries that must be equal differ. Go to them with Up, empty them with Ctrl-U, type both again.";

/// Instruction.
#[must_use]
pub fn set_up_say(token: &str, secrets: usize) -> String {
    if secrets == 0 {
        format!(
            "Set up {token}. Leave it plugged in. Read the last 4 characters of its serial on its body and type them."
        )
    } else {
        format!("Set up {token}. Type each field, then Enter. Secrets are not shown.")
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

/// The same within a sentence.
#[must_use]
pub fn in_text(credential: Credential) -> &'static str {
    match credential {
        Credential::SoPin => "SO PIN",
        Credential::UserPin => "user PIN",
        Credential::Passphrase => "passphrase",
        Credential::Provisioner => "provisioner password",
        Credential::Signer => "signer password",
        Credential::Auditor => "auditor password",
    }
}

// ------------------------------------------------------------ made here

/// Below the form.
pub const COVER_NEXT: &str = "Next: each secret: F5 shows it, you write it down, you type it back.";
/// The list.
pub const COVER_BODY: &[&str] = &[
    "  - Secrets will stand here in plain letters: no camera, no recording.",
    "  - Only the person who will keep a secret looks. The others turn away.",
    "  - Have a sheet of paper and a pen for each secret ready.",
    "  - Paper and device never go into one bag.",
    "When the room is ready, type the last 4 characters of the serial on its body.",
];

/// Instruction.
#[must_use]
pub fn cover_say(token: &str) -> String {
    format!("Set up {token}: everything on it will be destroyed. Cover every camera first.")
}

/// Field.
pub const COPY_FIELD: &str = "From the paper";
/// Not shown yet.
pub const COPY_HIDDEN: &str = "Is everybody but its keeper looking away?";
/// What it is for.
#[must_use]
pub fn copy_purpose(credential: Credential) -> &'static str {
    match credential {
        Credential::SoPin => "It resets the device and unblocks its user PIN. Keep it away from the device.",
        Credential::UserPin => "It lets the device make keys and sign.",
        Credential::Passphrase => "It opens the encrypted key files.",
        Credential::Provisioner => {
            "With it keys are made today. It stops working when the provisioner is retired."
        }
        Credential::Signer => "It lets the device sign.",
        Credential::Auditor => "With it the device's log and options are read.",
    }
}
/// Below the box.
pub const COPY_RULES: &str = "Small letters and digits; no l and no o. Hyphens need not be typed.";
/// Title of the box.
pub const COPY_TITLE: &str = "write this down";
/// Below the form.
pub const COPY_NEXT: &str = "Next: what you typed is compared with it. It is not shown.";
/// While it is on the screen.
pub const COPY_OPEN_NEXT: &str = "Esc hides it. Then type it from the paper.";
/// A key was pressed while there is nothing to type.
pub const COPY_GONE_KEYS: &str = "There is nothing to type here. Press Ctrl-C and pause.";
/// Footer.
pub const COPY_F5: &str = "show it";

/// Instruction, when it is gone.
#[must_use]
pub fn copy_gone_say(token: &str, credential: Credential) -> String {
    format!(
        "Press Ctrl-C and pause: the new {} of {token} is lost.",
        in_text(credential)
    )
}

/// What that means.
#[must_use]
pub fn copy_gone(token: &str) -> String {
    format!(
        "Nothing was done to the device. After resume the step makes new secrets. Destroy every paper that was written for {token}."
    )
}

/// Instruction, before it was shown.
#[must_use]
pub fn copy_look(token: &str, credential: Credential) -> String {
    let name = in_text(credential);
    format!("Press F5 to see the {name} of {token}. Only its keeper looks.")
}

/// Instruction, while it is shown.
#[must_use]
pub fn copy_write(token: &str, credential: Credential) -> String {
    let name = in_text(credential);
    format!("Write the {name} of {token} on paper, with the name {token} beside it.")
}

/// Instruction, after it was shown.
#[must_use]
pub fn copy_type(token: &str, credential: Credential) -> String {
    let name = in_text(credential);
    format!("Type the {name} of {token} from the paper.")
}

/// What was typed differs.
#[must_use]
pub fn copy_wrong(wrong: u32) -> String {
    format!(
        "What was typed is not what was shown. Wrong entries: {wrong}; there is no limit. F5 shows it again: compare the paper."
    )
}

/// Field.
#[must_use]
pub fn dice_field(rolls: u32) -> String {
    format!("{rolls} digits, each 1 to 6")
}

/// Explanation.
pub const DICE_BODY: &[&str] = &[
    "Nobody else looks. Several dice at once: fix the order of reading before you",
    "look at them. The digits are not shown; their number is.",
    "Backspace takes the last digit back, Ctrl-U all of them.",
];

/// How many digits were typed; how many are wanted is no secret.
#[must_use]
pub fn dice_count(typed: usize, rolls: u32) -> String {
    format!("Typed so far: {typed} of {rolls}.")
}

/// Below the form.
pub const DICE_NEXT: &str = "Next: the secret is made from them by a printed table, and shown after F5.";

/// They could not be used.
#[must_use]
pub fn dice_wrong(rolls: u32) -> String {
    format!(
        "{rolls} digits from 1 to 6 are needed; something else was typed. It was wiped: roll and type all {rolls} again."
    )
}

/// Instruction.
#[must_use]
pub fn dice_say(token: &str, credential: Credential, rolls: u32) -> String {
    format!(
        "{} of {token}: roll a die {rolls} times. Type each number as it falls.",
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
    "  - The person who will keep it sits here alone. The others turn away.",
    "  - Have paper and pen ready. It is shown once and never again.",
];
/// Below the warning.
pub const SHUTTER_NEXT: &str = "F5 shows it. Esc goes back without showing it.";
/// Title of the box.
pub const SHUTTER_TITLE: &str = "passphrase";
/// Instruction.
pub const SHUTTER_OPEN_SAY: &str = "Write the ten words on paper in this order, joined like word-word-word.";
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
pub const PIN_BODY: &str = "It must be the device in the box above. What you type is not shown, not even its length. The program never sends it twice by itself.";
/// Why, where a key of the trusted root is enrolled.
#[must_use]
pub fn pin_enrol(key: &str) -> String {
    format!(
        "Then the device is asked for one key: {key}, by the public key that the trusted root lists. Nothing on the device is changed."
    )
}

/// The last try.
pub const PIN_LAST: &str = "A wrong PIN now blocks the device: its keys cannot sign until the SO PIN unblocks it, or never again. Look at the paper first.";

/// Below the form. A YubiHSM 2 and a key file count no wrong entries.
#[must_use]
pub fn pin_next(credential: Credential, last: bool) -> &'static str {
    match credential {
        Credential::UserPin | Credential::SoPin if last => {
            "Next: the device checks it. A wrong PIN blocks the device."
        }
        Credential::UserPin | Credential::SoPin => {
            "Next: the device checks it. A wrong PIN may use up one of its tries."
        }
        _ => "Next: it is checked. A wrong one is asked for again.",
    }
}

/// Field, where the PIN is typed on the device.
pub const PAD_FIELD: &str = "Type ready";
/// The device has keys of its own.
pub const PAD_BODY: &[&str] = &[
    "1. Type ready here.",
    "2. The device asks.",
    "3. Type the PIN on its own keys, not on this keyboard.",
];
/// Another word was typed.
pub const PAD_WORD: &str = "Type ready, when the person with the PIN stands at the device.";

/// Instruction.
#[must_use]
pub fn pin_say(token: &str, credential: Credential, pad: bool, last: bool) -> String {
    let what = in_text(credential);
    let ask = if pad {
        format!("Unlock {token}: its {what} is typed on the device.")
    } else {
        format!("Unlock {token}: type its {what}.")
    };
    if last {
        format!("LAST TRY. {ask} Not sure? Ctrl-C pauses.")
    } else {
        ask
    }
}

/// Just now.
#[must_use]
pub fn pin_refused(credential: Credential) -> String {
    format!(
        "The device refused this {}. Look at the paper, then type it again.",
        in_text(credential)
    )
}

/// Wrong PINs in this ceremony.
#[must_use]
pub fn pin_wrong(wrong: u32, credential: Credential) -> String {
    match credential {
        Credential::UserPin | Credential::SoPin => {
            format!("Wrong PINs in this ceremony so far: {wrong}. Each may cost one of the tries.")
        }
        _ => format!("Wrong entries in this ceremony so far: {wrong}."),
    }
}
