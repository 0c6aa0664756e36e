//! Who may approve, held against the rest of the plan. A production script names
//! its approvers or is none (DESIGN 4); an approver's key signs notes and is no
//! key of the repository (DESIGN 5: root and targets keys never sign notes), nor
//! one whose private half everybody can make.

use super::inputs::place;
use super::{Plan, Trusted};
use crate::base::{Id, PublicKey, shown, veteran};
use crate::script::{Approved, Diagnostic, Kind, NotApproved, Script};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) fn check(
    script: &Script,
    external: &BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
    found: &mut Vec<Diagnostic>,
) {
    let production = script.kind == Kind::Production;
    let Some(section) = &script.approvals else {
        if production {
            found.push(Diagnostic::at(
                place(&script.text, "\"production\""),
                "plan-approvals",
                "a production script names nobody who may approve it".to_owned(),
                "add [approvals] with `quorum` and `keys`; docs/approval-format.md",
            ));
        }
        return;
    };
    let of_root = trusted.into_iter().flat_map(|t| t.root.keys.values());
    let of_root: Vec<PublicKey> = of_root.filter_map(|key| key.to_public().ok()).collect();
    for vkey in &section.keys {
        let at = place(&script.text, &vkey.to_string());
        let name = shown(vkey.name(), 60);
        let named = external.iter().find(|(_, key)| *key == vkey.key());
        let what = match named {
            Some((id, _)) => format!("the key {id} of this script"),
            None if of_root.contains(vkey.key()) => "a key of the trusted root".to_owned(),
            None => String::new(),
        };
        if !what.is_empty() {
            found.push(Diagnostic::at(
                at,
                "plan-approver-key",
                format!("{name} would approve with {what}"),
                "give the approver a key of their own: keys of a repository sign metadata, never notes",
            ));
        }
        if let Some((holder, key)) = veteran::known(&vkey.key().fingerprint()).filter(|_| production) {
            found.push(Diagnostic::at(
                at,
                "plan-approver-key",
                format!(
                    "{name} is the rehearsals' key {key} ({holder}), whose private half anybody can make"
                ),
                "give the approver a key of their own",
            ));
        }
    }
}

impl Plan {
    /// The same plan with the note of its approvals, unjudged: [`Plan::approved`] judges it.
    #[must_use]
    pub fn with_approvals(mut self, note: impl Into<Arc<[u8]>>) -> Plan {
        self.approvals = Some(note.into());
        self
    }

    /// The bytes of the note of approvals, where there is one.
    #[must_use]
    pub fn approvals(&self) -> Option<&[u8]> {
        self.approvals.as_deref()
    }

    /// Whether the plan may run: who approved it. A rehearsal needs no approvals
    /// (`None`), and one that brings some is held to them.
    ///
    /// # Errors
    /// [`NotApproved`]: what is missing or does not hold.
    pub fn approved(&self) -> Result<Option<Approved>, NotApproved> {
        if self.approvals.is_none() && !self.script.needs_approvals() {
            return Ok(None);
        }
        self.script.judge_approvals(self.approvals()).map(Some)
    }
}

/// What the printed plan says of its approvers.
pub(super) fn lines(script: &Script) -> Vec<String> {
    let Some(section) = &script.approvals else {
        return Vec::new();
    };
    let mut out = vec![format!(
        "runs once {} of {} have approved these bytes:",
        section.quorum,
        section.keys.len()
    )];
    out.extend(section.keys.iter().map(|vkey| {
        let key = vkey.key();
        let (name, print) = (shown(vkey.name(), 60), key.fingerprint().grouped());
        format!("  {name}: {}, fingerprint {print}", key.algorithm().name())
    }));
    out
}
