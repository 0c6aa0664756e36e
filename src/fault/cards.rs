//! The cards, by code. A code without a card cannot be written: both stand in
//! one table.

use super::Card;

macro_rules! cards {
    ($($variant:ident = $code:literal { $fact:literal, $meaning:literal, $changed:literal, $remedy:literal })*) => {
        /// A stable name for a kind of failure.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[allow(missing_docs, reason = "each variant is its card")]
        pub enum Code { $($variant,)* }

        impl Code {
            /// Every code, in the order of the table.
            pub const ALL: &[Code] = &[$(Code::$variant,)*];

            /// The stable word, as it stands in output and documents.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Code::$variant => $code,)* }
            }

            /// The card.
            #[must_use]
            pub fn card(self) -> Card {
                match self { $(Code::$variant => Card {
                    fact: $fact, meaning: $meaning, changed: $changed, remedy: $remedy,
                },)* }
            }
        }
    };
}

cards! {
    ScriptRefused = "script-refused" {
        "The script was refused.",
        "It breaks a rule of the script language, or a step needs what no earlier step makes.",
        "No.",
        "Correct the lines named above and check it again: tuf-ceremony check SCRIPT."
    }
    ScriptUnreadable = "script-unreadable" {
        "The script or a file that it names could not be read.",
        "The path is wrong, or the media is not mounted.",
        "No.",
        "Look at the path; insert and mount the media."
    }
    NoApprovals = "no-approvals" {
        "The script is not approved for this.",
        "Production runs only on bytes that a quorum of the script's approvers has signed; rehearsals need no approvals, but those that lie beside one must hold.",
        "No. Nothing was started.",
        "See who is missing: tuf-ceremony approve SCRIPT. A script that was edited is approved anew. To practise, rehearse a copy with kind = \"rehearsal\"."
    }
    RecordExists = "record-exists" {
        "The record folder is not empty.",
        "A record is never written over.",
        "No.",
        "Choose a new folder, or go on with the old one: tuf-ceremony resume --record DIR."
    }
    RecordMissing = "record-missing" {
        "There is no record in that folder.",
        "The path is wrong, or the media is not mounted.",
        "No.",
        "Look at the path; insert and mount the media."
    }
    RecordDamaged = "record-damaged" {
        "The record does not follow from itself.",
        "A line was changed, lost or added, or the script beside it is another.",
        "No. Nothing was written.",
        "Do not go on. Keep the folder as it is, take the other copy, and find out what happened: tuf-ceremony verify DIR."
    }
    RecordBusy = "record-busy" {
        "Another run of the program has this record open.",
        "Two writers would tear the record apart.",
        "No.",
        "End the other run first."
    }
    RecordForked = "record-forked" {
        "The record's two copies say different things.",
        "Each has lines that the other lacks: one of them was gone on with alone, or was changed.",
        "No. Neither copy was touched.",
        "Do not go on with both. Look at each (tuf-ceremony verify DIR), decide together which one holds what was really done, keep the other as evidence, and resume with --record alone."
    }
    RecordEmpty = "record-empty" {
        "The record has no line.",
        "The program stopped before the ceremony began; no device was touched.",
        "No.",
        "Start anew with a new folder: tuf-ceremony run SCRIPT --record DIR."
    }
    CopyFailed = "copy-failed" {
        "One copy of the record failed.",
        "It is not written any more. The ceremony goes on with the other copy, and the record says so.",
        "No. Everything that is on the screen is in the other copy.",
        "Keep the failed media. After a pause, resume from the good copy with a new --mirror; it is made from the record."
    }
    RecordNotOpen = "record-not-open" {
        "This ceremony is over.",
        "Its record is aborted; nothing can be added.",
        "No.",
        "Look at it: tuf-ceremony verify DIR. Start a new ceremony with a new record."
    }
    NeedsEngine = "needs-engine" {
        "This record was made by other rules.",
        "Its engine version is not one that this program has.",
        "No.",
        "Use the program version that the first record names."
    }
    StorageFull = "storage-full" {
        "There is no space left.",
        "The record's disk or the media is full.",
        "No. The line or file that did not fit does not count.",
        "Free space or use another disk, then resume."
    }
    StorageReadOnly = "storage-read-only" {
        "The disk cannot be written.",
        "It is mounted read-only, or its folder belongs to somebody else.",
        "No.",
        "Mount it writable or choose another folder, then try again."
    }
    StorageFailed = "storage-failed" {
        "The disk failed.",
        "Writing, syncing or reading back failed; what was synced before is intact.",
        "The last line may be torn; a torn line does not count.",
        "Do not use this disk again. Copy the record to another disk and resume there."
    }
    MirrorSameMedium = "mirror-same-medium" {
        "The record and its mirror would lie on one medium.",
        "What takes one copy away would take both: the second copy would be worth nothing.",
        "No. Nothing was written.",
        "Mount another disk or stick and name a folder on it: --mirror DIR."
    }
    DrillRefused = "drill-refused" {
        "This drill cannot be played.",
        "A fault on purpose is for rehearsals whose every token is embedded, at a step where it shows.",
        "No. Nothing was started.",
        "Rehearse the built-in script, or one with embedded tokens: tuf-ceremony rehearse --fault list."
    }
    MediaMissing = "media-missing" {
        "There is no media to export to.",
        "The program was started without --media, or the folder is gone.",
        "No.",
        "Insert and mount the media, then start or resume with --media DIR."
    }
    MediaOccupied = "media-occupied" {
        "The media already holds a finished bundle of this ceremony.",
        "A finished bundle is never written over.",
        "No.",
        "Use the bundle that is there: tuf-ceremony verify. For another copy use other media."
    }
    ModuleNotNamed = "module-not-named" {
        "The script names a PKCS#11 module and no path was given.",
        "A module is a program from a vendor; its path is yours to name.",
        "No.",
        "Start with --module NAME=PATH, once for each module."
    }
    ConnectorNotNamed = "connector-not-named" {
        "The script names a YubiHSM 2 and no way to it was given.",
        "It is reached by USB, or in rehearsals by a connector on this machine.",
        "No.",
        "Start with --yubihsm usb, or --yubihsm http://127.0.0.1:PORT once for each connector."
    }
    BundleRefused = "bundle-refused" {
        "The folder was not read.",
        "It is not a bundle or a record, or it holds links, special files, or more than a bundle may hold.",
        "No. Nothing of it was believed.",
        "Look at the path. If it is right, do not use what is in it."
    }
    AttestationUnreadable = "attestation-unreadable" {
        "An attestation file could not be read.",
        "The path is wrong, the media is not mounted, or the file holds no certificate of this kind.",
        "No. Nothing of it was believed.",
        "Look at the path and at --kind; docs/attestation.md says which files belong together."
    }
    MetadataUnreadable = "metadata-unreadable" {
        "TUF metadata could not be read.",
        "The path is wrong, or the file is too large or is not metadata of a kind that the command reads.",
        "No. Nothing of it was believed.",
        "Look at the path; docs/tuf.md explains the code in brackets."
    }
    EditRefused = "edit-refused" {
        "No draft was made.",
        "The operations cannot be read, do not fit the file, or would give metadata that breaks a rule.",
        "No. No file was written.",
        "Do what stands there for the code in brackets; docs/tuf.md lists the codes."
    }
    EditVoids = "edit-voids" {
        "The draft carries signatures that this edit would void.",
        "A signature is over the bytes of one draft; other bytes need it again, from the same people.",
        "No. No file was written.",
        "If that is wanted, say how many: --void N. Who signed has to sign again."
    }
    OutputExists = "output-exists" {
        "The file to be written exists.",
        "A file is never written over.",
        "No.",
        "Choose another name."
    }
    TerminalTooSmall = "terminal-too-small" {
        "The terminal has fewer than 80 columns or 24 rows.",
        "What does not fit could not be read, so nothing is shown.",
        "No. The ceremony waits.",
        "Make the window larger or the font smaller."
    }
    NotATerminal = "not-a-terminal" {
        "There is no terminal to draw on.",
        "Standard input or output is a file or a pipe.",
        "No.",
        "Start it in a terminal, or drive it with --answers FILE."
    }
    AnswersRefused = "answers-refused" {
        "The answers file cannot be used.",
        "It breaks a rule of its format, or it answers what only a person may answer.",
        "No.",
        "Correct the lines named above; see docs/script-reference.md."
    }
    AnswersExhausted = "answers-exhausted" {
        "The answers file has no answer for the open question.",
        "A machine must not make one up.",
        "No. The ceremony is paused and can be resumed.",
        "Add the answer, or resume in a terminal: tuf-ceremony resume --record DIR."
    }
    MachineNotReady = "machine-not-ready" {
        "The machine is not ready for a production ceremony.",
        "Something stands that could carry secrets away: a network, swap, core dumps, or what could not be looked at.",
        "No. The program only looked; no record was made or gone on with, and no device was touched.",
        "Do what stands at each finding, then look again: tuf-ceremony machine."
    }
    CannotHarden = "cannot-harden" {
        "The system does not let the program protect its memory.",
        "Core dumps could not be switched off, so a crash could write secrets to disk.",
        "No.",
        "Run it on a system where that is allowed."
    }
    Internal = "internal" {
        "The program broke one of its own rules.",
        "This is a defect of the program.",
        "No. Everything that the record says is on disk.",
        "Pause, keep the record, and report it with the words shown."
    }
}

/// All cards as the text of `docs/faults.md`.
#[must_use]
pub fn render_all() -> String {
    let mut out = String::from(
        "# Faults\n\nMade from `src/fault/`; do not edit. `UPDATE_GOLDEN=1 cargo test --test docs` writes it anew.\n\n## The program\n",
    );
    let mut push = |code: &str, card: Card| {
        out.push_str(&format!(
            "\n### {code}\n\n- **What happened.** {}\n- **What it means.** {}\n- **Was anything changed?** {}\n- **What to do.** {}\n",
            card.fact, card.meaning, card.changed, card.remedy
        ));
    };
    for code in Code::ALL {
        push(code.as_str(), code.card());
    }
    let mut devices = String::from("\n## Devices\n");
    for (code, card) in super::device::all() {
        devices.push_str(&format!(
            "\n### {code}\n\n- **What happened.** {}\n- **What it means.** {}\n- **Was anything changed?** {}\n- **What to do.** {}\n",
            card.fact, card.meaning, card.changed, card.remedy
        ));
    }
    let mut machine = String::from("\n## The machine\n");
    for (code, card) in super::machine::all() {
        machine.push_str(&format!(
            "\n### {code}\n\n- **What happened.** {}\n- **What it means.** {}\n- **Was anything changed?** {}\n- **What to do.** {}\n",
            card.fact, card.meaning, card.changed, card.remedy
        ));
    }
    out + &devices + &machine
}
