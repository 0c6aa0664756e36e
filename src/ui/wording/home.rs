//! Sentences of the home screen, where nothing has been started yet and
//! nothing can be harmed.

/// Title bar.
pub const TITLE: &str = "tuf-ceremony: offline key ceremonies for The Update Framework";
/// Instruction.
pub const SAY: &str = "What do you want to do? Press a digit.";
/// Number, name, explanation.
pub const LIST: &[(&str, &str, &str)] = &[
    (
        "1",
        "Rehearse now",
        "One person, ten minutes, no device. Nothing is trusted.",
    ),
    (
        "2",
        "Run a ceremony",
        "From a script, with a new record folder and media.",
    ),
    (
        "3",
        "Resume",
        "Go on with a ceremony that was paused or interrupted.",
    ),
    (
        "4",
        "Verify",
        "Check a record or a bundle. Nothing in it is changed.",
    ),
    (
        "5",
        "Tokens",
        "Show every device. Changes nothing and tries no PIN.",
    ),
    (
        "6",
        "Replay",
        "A past ceremony, screen by screen. Changes nothing.",
    ),
    (
        "7",
        "Machine check",
        "Network, swap, devices: would production start here?",
    ),
    ("8", "Quit", "Leave the program."),
];
/// Another key was pressed.
pub const A_DIGIT: &str = "Press a digit from 1 to 8.";
/// Fields of "run".
pub const RUN_FIELDS: &[&str] = &["Script file", "New record folder", "Media folder"];
/// Fields of "resume".
pub const RESUME_FIELDS: &[&str] = &["Record folder", "Media folder"];
/// Fields of "verify".
pub const VERIFY_FIELDS: &[&str] = &["Record or bundle folder"];
/// Instruction of "run".
pub const RUN_SAY: &str = "Type three paths, one after the other.";
/// Explanation of "run".
pub const RUN_BODY: &str = "The script is checked before anything starts. The record folder must be new or empty: a record is never written over. The media folder is where the bundle goes at the end. For example: /media/script/root.toml, /ceremony/record, /media/stick";
/// Instruction of "resume".
pub const RESUME_SAY: &str = "Type two paths, one after the other.";
/// Explanation of "resume".
pub const RESUME_BODY: &str = "The record is read and checked first. The present step starts again; nothing that was done on a device is done twice. For example: /ceremony/record, /media/stick";
/// Instruction of "verify".
pub const VERIFY_SAY: &str = "Type the path of a record or of a bundle.";
/// Explanation of "verify".
pub const VERIFY_BODY: &str = "Every check is named and its verdict printed. A bundle is judged with public data alone. For example: /media/stick/root-keygen";
/// Fields of "review".
pub const REVIEW_FIELDS: &[&str] = &["Record or bundle folder"];
/// Instruction of "review".
pub const REVIEW_SAY: &str = "Type the path of a record or of a bundle.";
/// Explanation of "review".
pub const REVIEW_BODY: &str = "The ceremony is judged, then shown screen by screen as people saw it, with the evidence of each screen. Nothing can be changed, and no device is looked for.";
/// Fields of "tokens".
pub const TOKENS_FIELDS: &[&str] = &["Where to look"];
/// Instruction of "tokens".
pub const TOKENS_SAY: &str = "Type where the devices are.";
/// Explanation of "tokens".
pub const TOKENS_BODY: &str = "A PKCS#11 module as NAME=PATH, a YubiHSM 2 as usb or http://127.0.0.1:PORT, or the folder of devices beside a record. Several: with a space between them. For example: softhsm=/usr/lib/softhsm/libsofthsm2.so usb";
/// Title of the list of devices.
pub const TOKENS_FOUND: &str = "What every device says of itself, with nobody logged in.";
/// While it looks.
pub const TOKENS_LOOKING: &str =
    "Looking at every device. A module that does not answer is given up after ten seconds.";
/// Nothing there.
pub const TOKENS_NONE: &str = "no device";
/// Above a serial that two devices have.
pub const TOKENS_ALIKE: &str = "Two devices have the same serial: nobody can tell them apart. Unplug one:";
/// A device without keys to show.
pub const TOKENS_NO_KEYS: &str = "none can be seen without a login";
/// Look again.
pub const KEY_AGAIN: &str = "look again";
/// Scroll.
pub const KEY_SCROLL: &str = "more";
/// Scroll.
pub const KEY_SCROLL_UP: &str = "up";
/// Back to the list.
pub const KEY_HOME: &str = "back";
/// Below the form.
pub const FORM_NEXT: &str = "Enter goes on; after the last field it starts. Esc goes back.";
/// Ctrl-C.
pub const KEY_QUIT: &str = "quit";
