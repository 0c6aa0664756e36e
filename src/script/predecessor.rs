//! `predecessor`: the closing checkpoint of the site's last ceremony, or
//! `"genesis"` where there was none. It stands in the first record, so that a
//! whole ceremony that is left out shows (facts/security.md 4.6). Production
//! always says which.

use super::reader::{Faults, Table};
use super::trust::{TrustFile, file};
use super::{Diagnostic, Kind};

/// What came before this ceremony at its site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predecessor {
    /// Nothing.
    Genesis,
    /// The signed note of a checkpoint: `checkpoint` of the last bundle.
    Checkpoint {
        /// The note.
        file: TrustFile,
        /// Line and column in the script.
        at: (usize, usize),
    },
}

impl Predecessor {
    /// The file that it names.
    #[must_use]
    pub fn file(&self) -> Option<&TrustFile> {
        match self {
            Predecessor::Genesis => None,
            Predecessor::Checkpoint { file, .. } => Some(file),
        }
    }
}

/// `predecessor = "genesis"` or `{ file, sha256 }`; a rehearsal may leave it out.
pub(super) fn read(top: &mut Table, faults: &mut Faults, kind: Option<Kind>) -> Option<Predecessor> {
    if !top.has(FIELD) && kind != Some(Kind::Production) {
        return Some(Predecessor::Genesis);
    }
    if !top.has_table(FIELD) {
        return top
            .word(faults, FIELD, &[("genesis", ())])
            .map(|()| Predecessor::Genesis);
    }
    let at = faults.place(&top.span_of(FIELD));
    let file = file(top, faults, FIELD, "predecessor")?;
    Some(Predecessor::Checkpoint { file, at })
}

const FIELD: &str = "predecessor";

impl Predecessor {
    /// A fault of the named checkpoint, where the script names it.
    #[must_use]
    pub fn fault(&self, code: &'static str, message: String, help: &str) -> Diagnostic {
        let at = match self {
            Predecessor::Genesis => (1, 1),
            Predecessor::Checkpoint { at, .. } => *at,
        };
        Diagnostic::at(at, code, message, help)
    }
}
