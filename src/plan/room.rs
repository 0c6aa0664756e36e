//! The model of the room: the plan is walked step by step, and a step whose
//! precondition is not made by an earlier one is a fault of the script.
//! (Juicebox's printed protocol fails to build in the same spirit.)

use std::collections::{BTreeMap, BTreeSet};

use super::devices::SET_UP_ENTRIES;
use super::{EarlierRecord, TargetsPlans, Trusted};
use crate::base::{Digest, Id, PublicKey};
use crate::script::{Backend, Diagnostic, Kind, Made, Rank, Script, SourceKind, Step, Verb};
use crate::tuf::policy::Claim;
use crate::tuf::{MetadataName, RoleName};

pub(super) fn walk(
    script: &Script,
    external: &BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
    record: Option<&EarlierRecord>,
    targets: &TargetsPlans,
    found: &mut Vec<Diagnostic>,
) {
    let mut room = Room {
        script,
        trusted,
        record,
        targets,
        found,
        roll_called: false,
        clock: false,
        seen: BTreeSet::new(),
        numbered: BTreeMap::new(),
        set_up: BTreeSet::new(),
        enrolled_on: BTreeSet::new(),
        retired: BTreeSet::new(),
        logged: BTreeSet::new(),
        entries: BTreeMap::new(),
        keys: external
            .keys()
            .map(|k| {
                (
                    k.clone(),
                    KeyModel {
                        on: None,
                        proven: true,
                        attested: true,
                    },
                )
            })
            .collect(),
        waived: BTreeSet::new(),
        made: BTreeSet::new(),
        superseded: BTreeSet::new(),
        composed: BTreeSet::new(),
        reviewed: BTreeSet::new(),
        compared: BTreeSet::new(),
        signers: BTreeMap::new(),
        exported: false,
        sealed: false,
    };
    room.before_all();
    for step in script.acts.iter().flat_map(|a| &a.steps) {
        room.step(step);
    }
    room.after_all();
}

pub(super) struct KeyModel {
    /// The token that holds it; `None`: it lives elsewhere.
    pub(super) on: Option<Id>,
    pub(super) proven: bool,
    /// Its device's statement about it was judged, or there is none to judge.
    pub(super) attested: bool,
}

pub(super) struct Room<'a> {
    pub(super) script: &'a Script,
    pub(super) trusted: Option<&'a Trusted>,
    pub(super) record: Option<&'a EarlierRecord>,
    targets: &'a TargetsPlans,
    found: &'a mut Vec<Diagnostic>,
    roll_called: bool,
    clock: bool,
    seen: BTreeSet<Id>,
    /// Steps that note numbers, with their lines.
    pub(super) numbered: BTreeMap<Id, Vec<String>>,
    pub(super) set_up: BTreeSet<Id>,
    /// Devices that hold keys from before.
    pub(super) enrolled_on: BTreeSet<Id>,
    /// Devices that can make no more keys.
    pub(super) retired: BTreeSet<Id>,
    /// Devices whose log was read after everything else was done on them.
    pub(super) logged: BTreeSet<Id>,
    /// Entries of devices' logs since these were read.
    pub(super) entries: BTreeMap<Id, usize>,
    pub(super) keys: BTreeMap<Id, KeyModel>,
    /// Claims that people have waived in the room.
    pub(super) waived: BTreeSet<(Claim, Option<RoleName>)>,
    /// Keys that are generated in this ceremony.
    pub(super) made: BTreeSet<Id>,
    /// Earlier payloads that people have superseded in the room.
    pub(super) superseded: BTreeSet<Digest>,
    pub(super) composed: BTreeSet<MetadataName>,
    reviewed: BTreeSet<MetadataName>,
    compared: BTreeSet<MetadataName>,
    pub(super) signers: BTreeMap<MetadataName, BTreeSet<Id>>,
    pub(super) exported: bool,
    sealed: bool,
}

impl Room<'_> {
    pub(super) fn fault(&mut self, at: (usize, usize), code: &'static str, message: String, help: &str) {
        self.found.push(Diagnostic::at(at, code, message, help));
    }

    pub(super) fn need(&mut self, step: &Step, holds: bool, message: String, help: &str) {
        if !holds {
            let message = format!("step {}: {message}", step.id);
            self.fault(step.at, "plan-precondition", message, help);
        }
    }

    fn before_all(&mut self) {
        let script = self.script;
        let simulated = script.sources.iter().any(|s| s.kind == SourceKind::Simulated);
        if script.kind == Kind::Production {
            if simulated {
                self.fault(
                    (1, 1),
                    "plan-simulated-source",
                    "a production script names a simulated source".to_owned(),
                    "name paper, a second machine or the witness's machine",
                );
            }
            for certificate in script.certificates.iter().filter(|c| c.rank == Rank::Rehearsal) {
                self.fault(
                    certificate.at,
                    "plan-rehearsal-root",
                    format!(
                        "{} is a root of simulated devices, and the script is for production",
                        certificate.id
                    ),
                    "name the vendor's root",
                );
            }
            for token in &script.tokens {
                if token.backend == Backend::Embedded {
                    self.fault(
                        (1, 1),
                        "plan-embedded-token",
                        format!("token {} is embedded, and the script is for production", token.id),
                        "embedded tokens are for rehearsals; name a device",
                    );
                }
            }
        }
        super::staying::results(script, self.found);
    }

    fn step(&mut self, step: &Step) {
        let script = self.script;
        self.need(
            step,
            !self.sealed,
            "it stands after the seal".to_owned(),
            "make `seal` the last step",
        );
        if !script.roles.iter().any(|r| r.id == step.by) {
            self.need(
                step,
                false,
                format!("no [[role]] is called {}", step.by),
                "declare the role, or mend `by`",
            );
        }
        if let Some(token) = step.verb.token()
            && script.token(token).is_none()
        {
            self.need(
                step,
                false,
                format!("no [[token]] is called {token}"),
                "declare the token, or mend `on`",
            );
        }
        if step.verb != Verb::RollCall {
            self.need(
                step,
                self.roll_called,
                "people act before the roll call".to_owned(),
                "make `roll-call` the first step",
            );
        }
        match &step.verb {
            Verb::RollCall => {
                self.need(
                    step,
                    !self.roll_called,
                    "there is a second roll call".to_owned(),
                    "delete it",
                );
                self.roll_called = true;
            }
            Verb::Clock { sources } => {
                let rehearsal = self.script.kind == Kind::Rehearsal;
                self.need(
                    step,
                    rehearsal || *sources > 1,
                    "one clock is one person's word for the time".to_owned(),
                    "write `sources = 2`: two people read two clocks",
                );
                self.clock = true;
            }
            Verb::Checklist { .. } => {}
            Verb::Record { items, same_as } => self.record_numbers(step, items, same_as.as_ref()),
            Verb::Break { source } => self.formal_break(step, source),
            Verb::Waive { claim, role } => self.waive(step, *claim, *role),
            Verb::Inventory { on } => {
                self.seen.insert(on.clone());
            }
            Verb::Provision { on, .. } => {
                self.need_seen(step, on);
                let key_there = self.keys.values().any(|k| k.on.as_ref() == Some(on));
                self.need(
                    step,
                    !key_there,
                    format!("setting up {on} would destroy keys made on it"),
                    "set the device up before any key",
                );
                self.entries.remove(on);
                self.used(step, on, SET_UP_ENTRIES);
                self.set_up.insert(on.clone());
            }
            Verb::GenerateKey {
                on,
                key,
                algorithm,
                extractable,
                refused_by,
            } => {
                let is_file = script.token(on).is_some_and(|t| t.backend == Backend::File);
                self.need(
                    step,
                    *extractable == is_file,
                    format!(
                        "extractable is {extractable}, and {on} is {}",
                        if is_file { "a key file" } else { "a device" }
                    ),
                    "a key file's key can be copied (true); a device's must never leave (false)",
                );
                self.made.insert(key.clone());
                self.generate(step, on, key, *algorithm, refused_by);
            }
            Verb::EnrolKey { on, key } => self.enrol(step, on, key),
            Verb::AttestKey { on, key } => {
                self.need_key_on(step, key, on);
                self.attest(step, on, key);
            }
            Verb::DeviceLog { on } => self.device_log(step, on),
            Verb::Retire { on } => self.retire(step, on),
            Verb::ProvePossession { on, key } => {
                self.used(step, on, 1);
                self.need_key_on(step, key, on);
                if let Some(model) = self.keys.get_mut(key) {
                    model.proven = true;
                }
            }
            Verb::Compose { metadata } => self.compose(step, metadata),
            Verb::Review { metadata } => {
                let ok = self.composed.contains(metadata);
                self.need(
                    step,
                    ok,
                    format!("{} was not composed", metadata.as_str()),
                    "add a `compose` step before",
                );
                self.reviewed.insert(metadata.clone());
            }
            Verb::ReadBack { metadata, source } => {
                let ok = self.reviewed.contains(metadata);
                self.need(
                    step,
                    ok,
                    format!("{} was not reviewed", metadata.as_str()),
                    "add a `review` step before",
                );
                self.need_source(step, source);
                self.compared.insert(metadata.clone());
            }
            Verb::Supersede(what) => self.supersede(step, what),
            Verb::Sign { metadata, on, key } => self.sign(step, metadata, on, key),
            Verb::Countersign => self.countersign(step),
            Verb::Export => self.export(step),
            Verb::Seal { source } => {
                let exported = self.exported;
                self.need(
                    step,
                    exported,
                    "nothing was exported".to_owned(),
                    "add an `export` step before",
                );
                self.need_source(step, source);
                self.sealed = true;
            }
        }
    }

    fn compose(&mut self, step: &Step, role: &MetadataName) {
        self.need_waived(step);
        self.need_no_rollback(step, role);
        let clock = self.clock;
        self.need(
            step,
            clock,
            "the clock was not confirmed".to_owned(),
            "add a `clock` step before",
        );
        let twice = self.composed.contains(role);
        self.need(
            step,
            !twice,
            format!("{} is composed twice", role.as_str()),
            "compose each file once",
        );
        let here = self
            .script
            .result(role)
            .is_some_and(|r| r.made != Made::Elsewhere);
        self.need(
            step,
            here,
            format!("no [[result]] says that {} is made here", role.as_str()),
            "write made = \"here\" in its result",
        );
        // Root, where it is made, names the keys of every role; the online files name
        // versions of others.
        let delegated = |name: &&MetadataName| name.delegated().is_some();
        let mut needs = match role.top() {
            Some(RoleName::Root) => Vec::new(),
            Some(RoleName::Targets) | None => vec![MetadataName::ROOT],
            Some(RoleName::Snapshot) => vec![MetadataName::ROOT, MetadataName::TARGETS],
            Some(RoleName::Timestamp) => vec![MetadataName::ROOT, MetadataName::SNAPSHOT],
        };
        needs.retain(|need| self.script.makes_root() || *need != RoleName::Root);
        match role.top() {
            // Who delegates names the keys.
            None => needs.extend(
                self.targets
                    .get(role)
                    .into_iter()
                    .flat_map(|t| t.delegators.clone()),
            ),
            Some(RoleName::Snapshot) => needs.extend(self.targets.keys().filter(delegated).cloned()),
            Some(_) => {}
        }
        for need in &needs {
            // In a succession a file may name what is published already.
            let made = self.targets.contains_key(need);
            let published = self.trusted.is_some_and(|t| t.predecessors.contains_key(need))
                && (self.made_elsewhere(need) || need.delegated().is_some() && !made);
            let ok = self.composed.contains(need) || published;
            self.need(
                step,
                ok,
                format!("{} needs {} first", role.as_str(), need.as_str()),
                "change the order of the steps",
            );
        }
        // Keys are named in root, and in the delegations of targets.
        if *role == RoleName::Root || role.kind() == RoleName::Targets {
            let results = self.script.results.iter().flat_map(|r| &r.keys);
            let delegated = self.script.targets.delegations_of(role);
            let unproven: Vec<String> = results
                .chain(delegated.flat_map(|d| d.what.keys()))
                .filter(|k| !self.keys.get(k.as_str()).is_some_and(|m| m.proven))
                .map(ToString::to_string)
                .collect::<BTreeSet<_>>()
                .into_iter()
                .collect();
            self.need(
                step,
                unproven.is_empty(),
                format!(
                    "keys that do not exist or are not proven: {}",
                    unproven.join(", ")
                ),
                "add `generate-key` and `prove-possession` steps before, or a [[key]]",
            );
            self.need_attested(step);
        }
        self.composed.insert(role.clone());
    }

    fn sign(&mut self, step: &Step, role: &MetadataName, on: &Id, key: &Id) {
        let compared = self.compared.contains(role);
        self.need(
            step,
            compared,
            format!("{} was not read back", role.as_str()),
            "add a `read-back` step before: nothing is signed that was not compared",
        );
        self.need_superseded(step, role);
        self.used(step, on, 1);
        self.need_key_on(step, key, on);
        let listed = self.script.result(role).is_some_and(|r| r.keys.contains(key))
            // A root key that goes may still sign for the threshold of the trusted root.
            || *role == RoleName::Root && self.trusted.is_some_and(|t| t.lists(RoleName::Root, key));
        self.need(
            step,
            listed,
            format!("{key} is not a key of {}", role.as_str()),
            "sign with a key that its result names",
        );
        let new = self.signers.entry(role.clone()).or_default().insert(key.clone());
        self.need(
            step,
            new,
            format!("{key} signs {} twice", role.as_str()),
            "delete one of the two steps",
        );
    }

    fn export(&mut self, step: &Step) {
        for result in &self.script.results {
            if result.made == Made::Elsewhere {
                continue;
            }
            let have = self.signers.get(&result.metadata).map_or(0, |signers| {
                signers.iter().filter(|k| result.keys.contains(k)).count()
            });
            let enough = u32::try_from(have).is_ok_and(|n| n >= result.threshold);
            let message = format!(
                "{} has {have} signature(s), its threshold is {}",
                result.metadata.as_str(),
                result.threshold
            );
            self.need(step, enough, message, "add `sign` steps before");
        }
        self.need_old_threshold(step);
        self.devices_done(step);
        let twice = self.exported;
        self.need(
            step,
            !twice,
            "there is a second export".to_owned(),
            "export once; copies are made afterwards",
        );
        self.exported = true;
    }

    /// How many of root's signers are of a kind.
    pub(super) fn root_signers(&self, of: impl Fn(&Id) -> bool) -> usize {
        let signers = self.signers.get(&MetadataName::ROOT);
        signers.map_or(0, |s| s.iter().filter(|k| of(k)).count())
    }

    pub(super) fn need_seen(&mut self, step: &Step, on: &Id) {
        let seen = self.seen.contains(on);
        self.need(
            step,
            seen,
            format!("{on} was not inventoried"),
            "add an `inventory` step before",
        );
    }

    pub(super) fn need_key_on(&mut self, step: &Step, key: &Id, on: &Id) {
        let holder = self.keys.get(key).and_then(|m| m.on.clone());
        let ok = holder.as_ref() == Some(on);
        let message = match holder {
            Some(other) => format!("the key {key} is on {other}, not on {on}"),
            None => format!("no step makes a key {key} on {on}"),
        };
        self.need(
            step,
            ok,
            message,
            "mend `on` or `key`, or add a `generate-key` step before",
        );
    }

    pub(super) fn need_source(&mut self, step: &Step, source: &Id) {
        let known = self.script.source(source).is_some();
        self.need(
            step,
            known,
            format!("no [[source]] is called {source}"),
            "declare it: words are read from another source than the screen that asks",
        );
    }

    fn after_all(&mut self) {
        if !self.sealed {
            self.fault(
                (1, 1),
                "plan-no-seal",
                "the script does not end with `seal`".to_owned(),
                "add a `seal` step as the last one",
            );
        }
    }
}
