//! From a script and its trusted inputs to a closed, ordered plan. The plan is
//! walked beforehand against a model of the room (who is here, which token is
//! set up, which keys exist, what is drafted), so that a script whose step 17
//! needs what step 12 does not make is refused before anybody travels. The
//! engine runs plans, never scripts.

mod approvers;
mod attesters;
mod changes;
mod custody;
mod delegated;
mod devices;
mod enrol;
mod fails;
pub mod glossary;
mod inputs;
pub mod pace;
mod paper;
mod policy;
pub mod possession;
mod predecessor;
mod quorum;
mod record;
mod room;
mod says;
mod staying;
mod supersede;
mod targets;
mod together;
mod trust;
mod veterans;

use std::collections::BTreeMap;

pub use custody::RECORD_MEDIA;
pub use fails::Fails;
pub use inputs::Inputs;
pub use paper::{outline, summary};
pub use quorum::Line;
pub use record::{EarlierRecord, MadeKey};
pub use says::{Retry, Says};
pub use supersede::Mark;
pub use targets::{TargetsPlan, TargetsPlans, delegation_changes, form, published};
pub use together::ON_ONE_PAGE;
pub use trust::{Trusted, keyids_of};

use crate::base::{Digest, Id, PublicKey};
use crate::script::{Diagnostics, Expires, Made, ResultSpec, Role, Script, Step, TokenSpec, Verb};
use crate::tuf::MetadataName;

/// A plan that the walk accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    script: Script,
    external: BTreeMap<Id, PublicKey>,
    shown: BTreeMap<Id, possession::Shown>,
    certificates: Vec<Vec<u8>>,
    predecessor: String,
    trusted: Option<Trusted>,
    record: Option<EarlierRecord>,
    targets: TargetsPlans,
    files: Vec<InputFile>,
    steps: Vec<PlannedStep>,
    approvals: Option<std::sync::Arc<[u8]>>,
}

/// A file that the script names, by digest and length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputFile {
    /// Its plain name beside the script.
    pub name: String,
    /// SHA-256 of its bytes, as the script demands.
    pub sha256: Digest,
    /// Its bytes.
    pub bytes: std::sync::Arc<[u8]>,
}

/// A step with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedStep {
    /// The step of the script.
    pub step: Step,
    /// The number of its act, from 0.
    pub act: usize,
}

impl Plan {
    /// Checks a script against its inputs and walks it.
    ///
    /// # Errors
    /// Every fault found, with its place in the script.
    pub fn build(script: Script, inputs: &Inputs) -> Result<Plan, Diagnostics> {
        let mut found = Vec::new();
        let mut read = inputs::read(&script, inputs, &mut found);
        let predecessor = predecessor::read(&script, &read.files, &mut found);
        let trusted = trust::read(&script, &read.files, &mut found);
        let record = record::read(&script, &read.files, &mut found);
        changes::check(&script, trusted.as_ref(), &read.external, &mut found);
        // The trusted root vouches for its keys: nobody proves them again.
        for (id, (_, key)) in trusted.iter().flat_map(|t| &t.keys) {
            if let Ok(public) = key.to_public() {
                read.external.insert(id.clone(), public);
            }
        }
        let targets = targets::read(&script, &read.files, &read.external, trusted.as_ref(), &mut found);
        attesters::check(&script, &read.external, trusted.as_ref(), &mut found);
        room::walk(
            &script,
            &read.external,
            trusted.as_ref(),
            record.as_ref(),
            &targets,
            &mut found,
        );
        policy::refuse(&script, &read.external, trusted.as_ref(), &mut found);
        veterans::refuse(&script, &read.external, &read.files, &mut found);
        approvers::check(&script, &read.external, trusted.as_ref(), &mut found);
        if !found.is_empty() {
            found.sort_by_key(|d| (d.line, d.column));
            return Err(Diagnostics(found));
        }
        let steps = script
            .acts
            .iter()
            .enumerate()
            .flat_map(|(act, a)| a.steps.iter().cloned().map(move |step| PlannedStep { step, act }))
            .collect();
        Ok(Plan {
            script,
            external: read.external,
            shown: read.shown,
            certificates: read.certificates,
            // `None` has left a fault above.
            predecessor: predecessor.unwrap_or_default(),
            trusted,
            record,
            targets,
            files: read.files,
            steps,
            approvals: None,
        })
    }

    /// The script.
    #[must_use]
    pub fn script(&self) -> &Script {
        &self.script
    }

    /// All steps in order.
    #[must_use]
    pub fn steps(&self) -> &[PlannedStep] {
        &self.steps
    }

    /// The step at a position; `None` after the last.
    #[must_use]
    pub fn step(&self, cursor: usize) -> Option<&PlannedStep> {
        self.steps.get(cursor)
    }

    /// The act's title and number of acts, for a position.
    #[must_use]
    pub fn act_of(&self, cursor: usize) -> Option<&crate::script::Act> {
        self.script.acts.get(self.step(cursor)?.act)
    }

    /// Keys that live elsewhere, and keys of the trusted root, by name.
    #[must_use]
    pub fn external(&self) -> &BTreeMap<Id, PublicKey> {
        &self.external
    }

    /// What a key that lives elsewhere has shown of its private half.
    #[must_use]
    pub fn possession(&self, key: &Id) -> Option<possession::Shown> {
        self.shown.get(key).copied()
    }

    /// Certificates that the script names, DER: what stands above devices' own.
    #[must_use]
    pub fn certificates(&self) -> &[Vec<u8>] {
        &self.certificates
    }

    /// What came before at this site, as the first record says it: `genesis`, or
    /// origin, size and root of the last ceremony's closing checkpoint.
    #[must_use]
    pub fn predecessor(&self) -> &str {
        &self.predecessor
    }

    /// What a succession starts from; `None` for a genesis.
    #[must_use]
    pub fn trusted(&self) -> Option<&Trusted> {
        self.trusted.as_ref()
    }

    /// The trusted root of a ceremony that makes none: it names whose signatures
    /// count, and clients keep it. `None` where the ceremony makes a root.
    #[must_use]
    pub fn staying(&self) -> Option<&Trusted> {
        self.trusted.as_ref().filter(|_| !self.script.makes_root())
    }

    /// The record of an earlier rehearsal, whose keys this one may sign with.
    #[must_use]
    pub fn record(&self) -> Option<&EarlierRecord> {
        self.record.as_ref()
    }

    /// What becomes of target files, by the role whose metadata lists them.
    #[must_use]
    pub fn targets(&self) -> &TargetsPlans {
        &self.targets
    }

    /// Files that the script names.
    #[must_use]
    pub fn files(&self) -> &[InputFile] {
        &self.files
    }

    /// The result that names a metadata file.
    #[must_use]
    pub fn result<N>(&self, role: N) -> Option<&ResultSpec>
    where
        MetadataName: PartialEq<N>,
    {
        self.script.result(role)
    }

    /// Version and expiry of a metadata file that is made here.
    #[must_use]
    pub fn made_here<N>(&self, role: N) -> Option<(u64, &Expires)>
    where
        MetadataName: PartialEq<N>,
    {
        match &self.result(role)?.made {
            Made::Here { version, expires } => Some((*version, expires)),
            Made::Elsewhere => None,
        }
    }

    /// The spec of a token.
    #[must_use]
    pub fn token(&self, id: &Id) -> Option<&TokenSpec> {
        self.script.token(id)
    }

    /// The role of people with this name.
    #[must_use]
    pub fn role(&self, id: &Id) -> Option<&Role> {
        self.script.roles.iter().find(|r| r.id == *id)
    }

    /// The step that generates a key.
    #[must_use]
    pub fn maker_of(&self, key: &Id) -> Option<&Verb> {
        self.steps
            .iter()
            .map(|s| &s.step.verb)
            .find(|v| matches!(v, Verb::GenerateKey { key: k, .. } if k == key))
    }

    /// Why no drill may be played with this plan: it is a production plan, or one
    /// of its tokens could be a real device. A key file is no device.
    #[must_use]
    pub fn refuses_drills(&self) -> Option<String> {
        use crate::script::{Backend, Kind};
        if self.script.kind != Kind::Rehearsal {
            return Some("the script is for production".to_owned());
        }
        let real = |t: &&TokenSpec| !matches!(t.backend, Backend::Embedded | Backend::File);
        let token = self.script.tokens.iter().find(real)?;
        Some(format!("{} is no embedded token", token.id))
    }

    /// How many clocks people read where the clock is confirmed; the most that a
    /// step of the script asks for.
    #[must_use]
    pub fn clock_sources(&self) -> u32 {
        let asked = self.steps.iter().filter_map(|s| match s.step.verb {
            Verb::Clock { sources } => Some(sources),
            _ => None,
        });
        asked.max().unwrap_or(1)
    }

    /// Minutes that the script allows for everything.
    #[must_use]
    pub fn minutes(&self) -> u32 {
        self.steps
            .iter()
            .fold(0, |sum, s| sum.saturating_add(s.step.minutes))
    }
}
