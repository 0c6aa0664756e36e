//! `[approvals]`: who may approve a script's exact bytes, how many must, and
//! what their note says (docs/approval-format.md). The people stand in the very
//! bytes that they approve, so nobody can add one afterwards. A note holds lines
//! of listed keys alone, each verified: whatever else lies in it would travel in
//! the bundle unjudged.

use std::collections::BTreeSet;

use super::reader::{Faults, Table};
use super::{Kind, Script};
use crate::base::{APPROVAL_HEADING, shown};
use crate::note::{Note, NoteError, SignatureType, Vkey};

/// The most people who may approve: fewer than a note's lines.
pub const MAX_APPROVERS: usize = 32;
/// The largest note, in bytes: every approver with the longest name and signature.
pub const MAX_NOTE: usize = 16 * 1024;

/// Who may approve, and how many must.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approvals {
    /// How many distinct public keys must sign; at least 1, at most all.
    pub quorum: u32,
    /// The keys that count; names and public keys are distinct.
    pub keys: Vec<Vkey>,
    /// Line and column in the script, for diagnostics.
    pub at: (usize, usize),
}

/// How far a script is approved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approved {
    /// Whose signatures verify, in the order of the script.
    pub by: Vec<Vkey>,
    /// Who has not signed, in the order of the script.
    pub missing: Vec<Vkey>,
    /// How many distinct public keys must sign.
    pub quorum: u32,
}

/// Why bytes do not approve a script.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotApproved {
    /// The script has no `[approvals]`.
    #[error("the script names nobody who may approve it: it has no [approvals]")]
    Nobody,
    /// There is no note.
    #[error("expected approvals of {quorum} of {of}, got no file of approvals")]
    None {
        /// How many must sign.
        quorum: u32,
        /// How many may.
        of: usize,
    },
    /// The bytes are no signed note.
    #[error("the file of approvals is no signed note: {0}")]
    Form(String),
    /// The note is about other bytes, another ceremony or another kind.
    #[error("the approvals are over another script: expected `{expected}`, got `{got}`")]
    OtherScript {
        /// The first line that differs, as it must be.
        expected: String,
        /// As it is, safe to show.
        got: String,
    },
    /// A line of a key that the script does not list.
    #[error("expected signatures of the script's approvers alone, got one of {0}")]
    NotListed(String),
    /// A line of a listed key that is no signature of it over this text.
    #[error("the signature of {0} does not verify over this script")]
    Wrong(String),
    /// Too few.
    #[error("expected approvals of {quorum}, got {got}; missing: {missing}")]
    TooFew {
        /// How many must sign.
        quorum: u32,
        /// How many did.
        got: usize,
        /// Who could still, by name.
        missing: String,
    },
}

impl NotApproved {
    /// The stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            NotApproved::Nobody => "approvals-nobody",
            NotApproved::None { .. } => "approvals-absent",
            NotApproved::Form(_) => "approvals-form",
            NotApproved::OtherScript { .. } => "approvals-other-script",
            NotApproved::NotListed(_) => "approvals-not-listed",
            NotApproved::Wrong(_) => "approvals-wrong-signature",
            NotApproved::TooFew { .. } => "approvals-too-few",
        }
    }
}

impl Approved {
    /// Whether enough distinct public keys have signed (law 6).
    #[must_use]
    pub fn met(&self) -> bool {
        let distinct: BTreeSet<_> = self.by.iter().map(Vkey::key).collect();
        usize::try_from(self.quorum).is_ok_and(|q| q > 0 && distinct.len() >= q)
    }

    /// `2 of 3: olga.example, otto.example`, for people.
    #[must_use]
    pub fn words(&self) -> String {
        let of = self.by.len().saturating_add(self.missing.len());
        format!(
            "{} of {of} have approved ({} must): {}",
            self.by.len(),
            self.quorum,
            names(&self.by)
        )
    }
}

/// Names for people, safe to show.
fn names(keys: &[Vkey]) -> String {
    if keys.is_empty() {
        return "nobody".to_owned();
    }
    let names: Vec<&str> = keys.iter().map(Vkey::name).collect();
    shown(&names.join(", "), 400)
}

impl Script {
    /// What an approver signs: the exact bytes by digest and length, and in words
    /// what they are. Every value has its own line, and none can hold an LF.
    #[must_use]
    pub fn approval_text(&self) -> String {
        format!(
            "{APPROVAL_HEADING}\nscript {}\nlength {}\nceremony {}\nkind {}\norigin {}/{}\n",
            self.sha256.hex(),
            self.text.len(),
            self.ceremony,
            self.kind.name(),
            self.organisation,
            self.site,
        )
    }

    /// Reads a note of approvals of this script: how far it is approved, be it
    /// enough or not.
    ///
    /// # Errors
    /// [`NotApproved`]: a note that holds anything else than verified lines of
    /// the script's approvers over the script's text.
    pub fn read_approvals(&self, bytes: &[u8]) -> Result<(Note, Approved), NotApproved> {
        let section = self.approvals.as_ref().ok_or(NotApproved::Nobody)?;
        if bytes.len() > MAX_NOTE {
            let many = format!("expected at most {MAX_NOTE} bytes, got {}", bytes.len());
            return Err(NotApproved::Form(many));
        }
        let note = Note::parse(bytes).map_err(|e| NotApproved::Form(form(&e, bytes)))?;
        let text = self.approval_text();
        if note.text() != text {
            return Err(other_script(&text, note.text()));
        }
        for line in note.signatures() {
            let of = |key: &&Vkey| key.name() == line.name() && key.id() == line.key_id();
            let key = section.keys.iter().find(of);
            let key = key.ok_or_else(|| NotApproved::NotListed(shown(line.name(), 80)))?;
            if !key.verifies(&text, line.signature()) {
                return Err(NotApproved::Wrong(shown(line.name(), 80)));
            }
        }
        let (by, missing) = section
            .keys
            .iter()
            .cloned()
            .partition(|key| note.verified_by(key));
        let approved = Approved {
            by,
            missing,
            quorum: section.quorum,
        };
        Ok((note, approved))
    }

    /// Judges the approvals of this script: enough of them, or the reason why not.
    ///
    /// # Errors
    /// [`NotApproved`].
    pub fn judge_approvals(&self, bytes: Option<&[u8]>) -> Result<Approved, NotApproved> {
        let section = self.approvals.as_ref().ok_or(NotApproved::Nobody)?;
        let bytes = bytes.ok_or(NotApproved::None {
            quorum: section.quorum,
            of: section.keys.len(),
        })?;
        let (_, approved) = self.read_approvals(bytes)?;
        if !approved.met() {
            return Err(NotApproved::TooFew {
                quorum: approved.quorum,
                got: approved.by.len(),
                missing: names(&approved.missing),
            });
        }
        Ok(approved)
    }

    /// Whether this script runs only with its approvals.
    #[must_use]
    pub fn needs_approvals(&self) -> bool {
        self.kind == Kind::Production
    }
}

fn form(error: &NoteError, bytes: &[u8]) -> String {
    if bytes.contains(&b'\r') {
        return "it has CRLF line ends; it was changed on its way".to_owned();
    }
    error.to_string()
}

/// The first line that differs tells what the note is about.
fn other_script(expected: &str, got: &str) -> NotApproved {
    let mut wanted = expected.lines();
    let mut lines = got.lines();
    loop {
        match (wanted.next(), lines.next()) {
            (Some(one), Some(other)) if one == other => {}
            (one, other) => {
                return NotApproved::OtherScript {
                    expected: one.unwrap_or("no more lines").to_owned(),
                    got: shown(other.unwrap_or("no more lines"), 120),
                };
            }
        }
    }
}

pub(super) fn read(table: &mut Table, faults: &mut Faults) -> Option<Approvals> {
    let at = faults.place(&table.span);
    let quorum = table.number(faults, "quorum", 1..33);
    let texts = table.texts(faults, "keys", "a list of verifier keys")?;
    let mut keys: Vec<Vkey> = Vec::new();
    let before = texts.len();
    for (text, span) in texts {
        let key = match Vkey::parse(&text) {
            Ok(key) => key,
            Err(why) => {
                faults.add(
                    &span,
                    "script-wrong-value",
                    format!("a key of [approvals]: {why}"),
                    VKEY_HELP,
                );
                continue;
            }
        };
        // 0x04 is a witness's: it signs checkpoints with a time, never a script.
        if key.signs() == SignatureType::Cosignature {
            faults.add(
                &span,
                "script-wrong-value",
                format!(
                    "{} is a witness's key (type 0x04), and no approver's",
                    shown(key.name(), 60)
                ),
                VKEY_HELP,
            );
            continue;
        }
        let twice = keys
            .iter()
            .find(|k| k.key() == key.key() || k.name() == key.name());
        if let Some(other) = twice {
            let what = if other.key() == key.key() {
                "have one public key: it would count once"
            } else {
                "have one name: nobody could tell who approved"
            };
            let (one, two) = (shown(other.name(), 60), shown(key.name(), 60));
            faults.add(
                &span,
                "script-duplicate-id",
                format!("two approvers, {one} and {two}, {what}"),
                "list each person once, with a key and a name of their own",
            );
            continue;
        }
        keys.push(key);
    }
    if before > MAX_APPROVERS {
        faults.add(
            &table.span_of("keys"),
            "script-wrong-value",
            format!("[approvals] lists {before} keys, at most {MAX_APPROVERS} are read"),
            "list fewer",
        );
        return None;
    }
    let quorum = quorum?;
    if usize::try_from(quorum).is_ok_and(|q| q > before) {
        faults.add(
            &table.span_of("quorum"),
            "script-quorum-above-seats",
            format!("a quorum of {quorum} cannot be met by {before} approvers"),
            "lower `quorum` or list more keys",
        );
    }
    (keys.len() == before).then_some(Approvals { quorum, keys, at })
}

const VKEY_HELP: &str = "write name+hex8+base64, of an Ed25519 (0x01) or P-256 (0x02) key; `tuf-ceremony key show --vkey NAME FILE` \
     prints it: docs/approval-format.md";
