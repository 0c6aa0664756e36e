//! What happens when a step fails, and when somebody pulls the plug in it: two
//! sentences a verb, for paper, where no screen can say them. They repeat what
//! `engine/steps/` does; a change there changes them here.

use crate::script::Verb;

/// What people do when a step does not go as planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fails {
    /// It is not as the script says, or the device refuses.
    pub fails: &'static str,
    /// The machine stops in the middle of it.
    pub plug: &'static str,
}

const AGAIN: &str = "Nothing is lost. Resume; the step begins again.";
const LINES: &str = "Nothing is lost. Resume; the step begins again at its first line.";
const REFUSES: &str = "The screen says whether anything was changed. Correct it, and the step looks again.";

impl Verb {
    /// What happens when the step fails.
    #[must_use]
    pub fn fails(&self) -> Fails {
        let (fails, plug) = match self {
            Verb::RollCall => (
                "A role below its quorum is asked again from its first empty seat. Without the quorum: pause.",
                "Nothing is lost. Resume; every seat is named again.",
            ),
            Verb::Clock { .. } => (
                "The difference is shown. Mend the clock that is wrong, read again.",
                AGAIN,
            ),
            Verb::Checklist { .. } => (
                "Do not type the word. Mend it, or note a deviation (F2) with who decided.",
                LINES,
            ),
            Verb::Record { same_as: None, .. } => {
                ("Two entries that differ note nothing: read again.", LINES)
            }
            Verb::Record { .. } => (
                "A number that differs is read once more. Then a quorum decides, one by one, or the ceremony stops.",
                "Nothing is lost, and a difference stands. Resume; the numbers are asked again.",
            ),
            Verb::Break { .. } => (
                "A number that differs on the return is read once more; then a quorum decides. Wrong words lock the \
                 comparison after three tries.",
                "Nothing is lost. Resume; the half that was under way begins again: leaving, or coming back.",
            ),
            Verb::Waive { .. } | Verb::Supersede(_) => (
                "Whoever does not agree types nothing. Without the quorum the ceremony pauses or stops; silence agrees \
                 to nothing.",
                LINES,
            ),
            Verb::Inventory { .. } => (
                "Another serial, or none: nothing on any device was changed. Connect the right one; the step looks again.",
                AGAIN,
            ),
            Verb::Provision { .. } => (
                "The device may be emptied and not yet set up. The set-up begins anew; secrets written for it so far \
                 are void: strike them out.",
                "Resume and type recover: the set-up begins anew. Papers with its new secrets are void.",
            ),
            Verb::GenerateKey { .. } => (
                "The device is asked what it holds before anything is ordered again. A key that it will not describe \
                 is abandoned under its id.",
                "Resume and type recover: a key that was made is adopted, none is made twice.",
            ),
            Verb::Retire { .. } => (
                REFUSES,
                "Resume and type recover: the device is asked whether the credential is still there.",
            ),
            Verb::EnrolKey { .. } => (
                "The device does not hold exactly that key: is it another of the tokens? Nothing was changed.",
                AGAIN,
            ),
            Verb::AttestKey { .. } => (
                "The statement was refused: the key is not what the device should say. Stop and decide; do not sign \
                 with it.",
                AGAIN,
            ),
            Verb::DeviceLog { .. } => (
                "The log holds what the record does not explain. Stop and decide: somebody else used the device.",
                AGAIN,
            ),
            Verb::ProvePossession { .. } => (
                "A wrong PIN costs one try, and nothing tries twice by itself. A signature that does not verify is \
                 thrown away.",
                "Resume and type recover: a challenge may be signed again.",
            ),
            Verb::Sign { .. } => (
                "A wrong PIN costs one try, and nothing tries twice by itself. A signature that does not verify is \
                 thrown away.",
                "Resume and type recover: the same bytes may be signed again, and no other bytes.",
            ),
            Verb::Compose { .. } => (
                "A client or the policy refuses what would be signed. Nothing was signed. Stop; the script needs a \
                 successor.",
                AGAIN,
            ),
            Verb::Review { .. } => (
                "A line is not what was approved: do not type read. Stop; nothing was signed.",
                AGAIN,
            ),
            Verb::ReadBack { .. } => (
                "Three wrong tries lock it; a second person opens it again, a deviation. If the words truly differ, stop.",
                "Nothing is lost. Resume; new positions are drawn. A lock stays.",
            ),
            Verb::Countersign => (
                "A seat may decline or be empty, with its reason. A token that fails is asked again.",
                "Nothing is lost. Resume; a signature that is lost does no harm.",
            ),
            Verb::Export => (
                "What was read back is not what was written: take other media; the export begins anew.",
                "Resume and type recover: the export begins anew. Files on the media count only when they were read back.",
            ),
            Verb::Seal { .. } => (
                "Before close is typed: words that differ stop it. After it nothing can be added; an addendum is a \
                 paper of its own.",
                "Resume. If the record is closed, the seal is written again, the same bytes.",
            ),
        };
        Fails { fails, plug }
    }
}
