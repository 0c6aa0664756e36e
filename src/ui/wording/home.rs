//! Sentences of the home screen, where nothing has been started yet and
//! nothing can be harmed.

/// Title bar.
pub const TITLE: &str = "tuf-ceremony: offline key ceremonies for The Update Framework";
/// Instruction.
pub const SAY: &str = "What shall be done? Press a digit.";
/// Number, name, explanation.
pub const LIST: &[(&str, &str, &str)] = &[
    (
        "1",
        "Rehearse now",
        "One person, ten minutes, no device needed. Nothing that comes out is ever trusted.",
    ),
    (
        "2",
        "Run a script",
        "Hold a ceremony: you name the script, a new record folder and the media.",
    ),
    (
        "3",
        "Resume",
        "Go on with a ceremony that was paused or interrupted.",
    ),
    (
        "4",
        "Verify",
        "Judge a record or a bundle. Nothing in it is changed.",
    ),
    ("5", "Quit", "Leave the program."),
];
/// Another key was pressed.
pub const A_DIGIT: &str = "Press 1, 2, 3, 4 or 5.";
/// Fields of "run".
pub const RUN_FIELDS: &[&str] = &["Script file", "New record folder", "Media folder"];
/// Fields of "resume".
pub const RESUME_FIELDS: &[&str] = &["Record folder", "Media folder"];
/// Fields of "verify".
pub const VERIFY_FIELDS: &[&str] = &["Record or bundle folder"];
/// Instruction of "run".
pub const RUN_SAY: &str = "Type three paths.";
/// Explanation of "run".
pub const RUN_BODY: &str = "The script is checked before anything starts. The record folder must be new or empty: a record is never written over. The media folder is where the bundle goes at the end.";
/// Instruction of "resume".
pub const RESUME_SAY: &str = "Type two paths.";
/// Explanation of "resume".
pub const RESUME_BODY: &str = "The record is read and checked first. The present step starts again; nothing that was done on a device is done twice.";
/// Instruction of "verify".
pub const VERIFY_SAY: &str = "Type the path of a record or of a bundle.";
/// Explanation of "verify".
pub const VERIFY_BODY: &str =
    "Every check is named and its verdict printed. A bundle is judged with public data alone.";
/// Below the form.
pub const FORM_NEXT: &str = "Enter goes to the next path; after the last one it goes ahead. Esc goes back.";
/// Ctrl-C.
pub const KEY_QUIT: &str = "quit";
