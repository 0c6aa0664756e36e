//! The part of the model that is about attesters: seats whose audit keys sign the
//! record's head. An audit key is a key of its own, of no role of TUF, on a token
//! of its seat: root and targets keys never sign notes, so that what their devices
//! count stays equal to TUF's signatures (facts/security.md, attesters).

use std::collections::BTreeSet;

use super::room::{KeyModel, Room};
use super::{Plan, Trusted};
use crate::base::{Algorithm, Id, PublicKey, veteran};
use crate::note::Vkey;
use crate::script::{AttesterSpec, AuditKey, Backend, Diagnostic, Kind, Script, Step, Verb};

/// What `[[attester]]`s say of seats, tokens and keys, before any step is walked.
pub(super) fn check(
    script: &Script,
    external: &std::collections::BTreeMap<Id, PublicKey>,
    trusted: Option<&Trusted>,
    found: &mut Vec<Diagnostic>,
) {
    let mut seats = BTreeSet::new();
    let mut tokens = BTreeSet::new();
    let mut keys: Vec<&PublicKey> = Vec::new();
    for attester in &script.attesters {
        let AttesterSpec { id, by, seat, on, .. } = attester;
        let mut fault = |holds: bool, message: String, help: &str| {
            if !holds {
                let message = format!("attester {id}: {message}");
                found.push(Diagnostic::at(attester.at, "plan-attester", message, help));
            }
        };
        let role = script.roles.iter().find(|r| r.id == *by);
        fault(
            role.is_some_and(|r| *seat <= r.seats),
            format!("there is no seat {seat} of {by}"),
            "name a [[role]] and one of its seats",
        );
        fault(
            seats.insert((by, seat)),
            format!("{by} {seat} has an attester already"),
            "a seat has one audit key",
        );
        fault(
            script.token(on).is_some(),
            format!("no [[token]] is called {on}"),
            "declare the token, or mend `on`",
        );
        fault(
            tokens.insert(on),
            format!("{on} holds another seat's audit key"),
            "each seat signs with a token of its own",
        );
        let signs = |s: &Step| s.verb == Verb::Countersign && s.by == *by;
        fault(
            steps(script).any(signs),
            format!("no `countersign` step is by {by}"),
            "add one, best as the last step before `seal`; or delete the attester",
        );
        // DESIGN 5: root and targets keys never sign notes.
        let of_role = roles_of(script, id);
        fault(
            of_role.is_empty(),
            format!("its key is a key of {}", of_role.join(", ")),
            "an audit key has no role of TUF: make another key for the role",
        );
        let AuditKey::Known(vkey) = &attester.key else {
            continue;
        };
        let public = vkey.key();
        let listed = |key: &crate::tuf::Key| key.to_public().as_ref() == Ok(public);
        let named = external.iter().find(|(_, key)| *key == public);
        fault(
            named.is_none(),
            format!("its key is {}", named.map_or("", |(name, _)| name.as_str())),
            "an audit key has no role of TUF: use another key",
        );
        fault(
            !trusted.is_some_and(|t| t.gone.contains(public) || t.root.keys.values().any(listed)),
            "its key is, or was, a key of the trusted root's chain".to_owned(),
            "an audit key has no role of TUF: use another key",
        );
        fault(
            !keys.contains(&public),
            "its key is another attester's as well".to_owned(),
            "two seats sign with two keys, or their signatures are one",
        );
        fault(
            script.kind == Kind::Rehearsal || veteran::known(&public.fingerprint()).is_none(),
            "its private half is known to everybody who has this program".to_owned(),
            "in production an audit key is one that a device made",
        );
        keys.push(public);
    }
}

/// Where a key is named as one of TUF's.
fn roles_of(script: &Script, id: &Id) -> Vec<String> {
    let results = script.results.iter().filter(|r| r.keys.contains(id));
    let delegations = script.targets.delegations.iter();
    let delegations = delegations.filter(|d| d.what.keys().contains(id));
    results
        .map(|r| r.metadata.to_string())
        .chain(delegations.map(|_| "a delegation".to_owned()))
        .collect()
}

fn steps(script: &Script) -> impl Iterator<Item = &Step> {
    script.acts.iter().flat_map(|a| &a.steps)
}

impl Room<'_> {
    /// Whether a step that makes a key makes an audit key; then it is judged here.
    pub(super) fn generates_audit_key(
        &mut self,
        step: &Step,
        on: &Id,
        key: &Id,
        algorithm: Algorithm,
    ) -> bool {
        let Some(attester) = self.script.attester(key).cloned() else {
            return false;
        };
        self.need_own_token(step, &attester, on);
        let made = attester.key == AuditKey::MadeHere;
        self.need(
            step,
            made,
            format!("{key} exists already, by its [[attester]]"),
            "enrol it with `enrol-key`; or write key = \"made-here\"",
        );
        // signed-note, Signature types: 0x01 and 0x02 alone.
        let signs = matches!(algorithm, Algorithm::Ed25519 | Algorithm::EcdsaP256);
        self.need(
            step,
            signs,
            format!("{} keys sign no notes", algorithm.name()),
            "use ecdsa-p256 or ed25519",
        );
        true
    }

    /// Whether a key to be found on a device is an audit key; then it is judged here.
    pub(super) fn enrols_audit_key(&mut self, step: &Step, on: &Id, key: &Id) -> bool {
        let Some(attester) = self.script.attester(key).cloned() else {
            return false;
        };
        self.need_own_token(step, &attester, on);
        let known = match &attester.key {
            AuditKey::Known(vkey) => Some(vkey.key().clone()),
            AuditKey::MadeHere => None,
        };
        self.need(
            step,
            known.is_some(),
            format!("{key} is made in this ceremony, by its [[attester]]"),
            "make it with `generate-key`; or write its verifier key",
        );
        self.need_rehearsal_key(step, on, key, known);
        self.enrolled_on.insert(on.clone());
        self.keys.insert(
            key.clone(),
            KeyModel {
                on: Some(on.clone()),
                proven: false,
                attested: true,
            },
        );
        true
    }

    fn need_own_token(&mut self, step: &Step, attester: &AttesterSpec, on: &Id) {
        self.need(
            step,
            attester.on == *on,
            format!(
                "the audit key {} is on {}, by its [[attester]]",
                attester.id, attester.on
            ),
            "mend one of the two",
        );
    }

    pub(super) fn countersign(&mut self, step: &Step) {
        let of_role = self.script.attesters.iter().filter(|a| a.by == step.by);
        let of_role: Vec<AttesterSpec> = of_role.cloned().collect();
        self.need(
            step,
            !of_role.is_empty(),
            format!("no seat of {} has an audit key", step.by),
            "declare [[attester]]s with `by` this role",
        );
        let unproven: Vec<&str> = of_role
            .iter()
            .filter(|a| !self.keys.get(&a.id).is_some_and(|k| k.proven))
            .map(|a| a.id.as_str())
            .collect();
        self.need(
            step,
            unproven.is_empty(),
            format!(
                "audit keys that do not exist or are not proven: {}",
                unproven.join(", ")
            ),
            "add `generate-key` or `enrol-key`, then `prove-possession` steps before",
        );
        for attester in &of_role {
            self.used(step, &attester.on, 1);
            // After the export nobody reads a device's log any more.
            let yubihsm = self.script.token(&attester.on).map(|t| &t.backend) == Some(&Backend::Yubihsm);
            let late = yubihsm && self.exported;
            self.need(
                step,
                !late,
                format!(
                    "{} would sign after its log was read for the last time",
                    attester.on
                ),
                "countersign with it before the export, or use another kind of token",
            );
        }
    }
}

impl Plan {
    /// The attesters of a role, in the order of the script.
    pub fn attesters_of(&self, by: &Id) -> impl Iterator<Item = &AttesterSpec> {
        let by = by.clone();
        self.script().attesters.iter().filter(move |a| a.by == by)
    }

    /// Audit keys that exist before the ceremony.
    pub fn known_audit_keys(&self) -> impl Iterator<Item = (&Id, &PublicKey)> {
        self.script().attesters.iter().filter_map(|a| match &a.key {
            AuditKey::Known(vkey) => Some((&a.id, vkey.key())),
            AuditKey::MadeHere => None,
        })
    }

    /// The attester with this name.
    #[must_use]
    pub fn attester(&self, id: &Id) -> Option<&AttesterSpec> {
        self.script().attester(id)
    }

    /// The attester without whom a step has no point: it makes, finds or proves the
    /// audit key, or prepares a token that holds nothing else.
    #[must_use]
    pub fn attester_of_step(&self, verb: &Verb) -> Option<&AttesterSpec> {
        match verb {
            Verb::GenerateKey { key, .. }
            | Verb::EnrolKey { key, .. }
            | Verb::AttestKey { key, .. }
            | Verb::ProvePossession { key, .. } => self.attester(key),
            _ => {
                let on = verb.token()?;
                let of_tuf = |v: &Verb| match v {
                    Verb::GenerateKey { on: at, key, .. } | Verb::EnrolKey { on: at, key } => {
                        at == on && self.attester(key).is_none()
                    }
                    _ => false,
                };
                let shared = self.steps().iter().any(|s| of_tuf(&s.step.verb));
                let mut all = self.script().attesters.iter();
                all.find(|a| a.on == *on).filter(|_| !shared)
            }
        }
    }

    /// The verifier key under which an audit key signs: the one that the script
    /// says; for a key that is made here, `<organisation>/<attester>`.
    ///
    /// # Errors
    /// Why this key signs no notes, or is not the one that the script says.
    pub fn audit_vkey(&self, attester: &AttesterSpec, public: &PublicKey) -> Result<Vkey, String> {
        match &attester.key {
            AuditKey::Known(vkey) if vkey.key() == public => Ok((**vkey).clone()),
            AuditKey::Known(vkey) => Err(format!("the key is not that of {vkey}")),
            AuditKey::MadeHere => {
                let name = format!("{}/{}", self.script().organisation, attester.id);
                Vkey::new(&name, public.clone()).map_err(|e| e.to_string())
            }
        }
    }
}
