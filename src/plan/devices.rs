//! The part of the model that is about devices: which of them can make which
//! keys, which statements and logs they owe, and when they are done. Rules for
//! YubiHSM 2 stand in facts/hsm.md section 5.

use super::room::{KeyModel, Room};
use crate::base::{Algorithm, Id};
use crate::script::{Backend, Step};

/// Clients of the profile hardware-default that refuse P-384 (facts/clients.md).
const REFUSES_P384: &[&str] = &["tough", "tuf-js"];

/// Entries of a device's log between two readings: it holds 62, and a refused
/// command or a second try must find room as well (facts/hsm.md 5.2).
const LOG_BUDGET: usize = 40;
/// Entries of a set-up: reset, start, options, three credentials, the default
/// credential deleted.
pub(super) const SET_UP_ENTRIES: usize = 7;

impl Room<'_> {
    /// A device does something that its log will tell, in so many entries.
    pub(super) fn used(&mut self, step: &Step, on: &Id, entries: usize) {
        self.logged.remove(on);
        if !self.is_yubihsm(on) {
            return;
        }
        let count = self.entries.entry(on.clone()).or_default();
        *count = count.saturating_add(entries);
        let full = *count > LOG_BUDGET;
        self.need(
            step,
            !full,
            format!("the log of {on} would hold more than {LOG_BUDGET} entries, and stop it when it is full"),
            "add a `device-log` step for the device before",
        );
    }

    fn is_yubihsm(&self, on: &Id) -> bool {
        self.script
            .token(on)
            .is_some_and(|t| t.backend == Backend::Yubihsm)
    }

    fn need_yubihsm(&mut self, step: &Step, on: &Id, what: &str) {
        let is = self.is_yubihsm(on);
        self.need(
            step,
            is,
            format!("{on} is not a device that {what}"),
            "only tokens with the backend yubihsm do; delete the step",
        );
    }

    pub(super) fn attest(&mut self, step: &Step, on: &Id, key: &Id) {
        self.used(step, on, 1);
        self.need_yubihsm(
            step,
            on,
            "makes statements about its keys that this program can ask for",
        );
        let certified = !self.script.certificates.is_empty();
        self.need(
            step,
            certified,
            "the script names no [[certificate]] to judge the statement by".to_owned(),
            "name the vendor's root and authority, with their digests",
        );
        let retired = self.retired.contains(on);
        self.need(
            step,
            !retired,
            format!("{on} is retired: nobody may ask it for statements any more"),
            "attest before `retire-provisioner`",
        );
        let ed25519 = self.keys.get(key).is_some_and(|k| k.attested);
        self.need(
            step,
            !ed25519,
            format!("{key} needs no attestation, or has one already"),
            "a YubiHSM 2 attests no Ed25519 keys; delete the step",
        );
        if let Some(model) = self.keys.get_mut(key) {
            model.attested = true;
        }
    }

    pub(super) fn generate(
        &mut self,
        step: &Step,
        on: &Id,
        key: &Id,
        algorithm: Algorithm,
        refused_by: &[String],
    ) {
        self.used(step, on, 1);
        let retired = self.retired.contains(on);
        self.need(
            step,
            !retired,
            format!("{on} is retired: it makes no more keys"),
            "move the step before `retire-provisioner`",
        );
        let is_file = self
            .script
            .token(on)
            .is_some_and(|t| matches!(t.backend, Backend::File | Backend::Embedded));
        let soft_kind = matches!(algorithm, Algorithm::Ed25519 | Algorithm::EcdsaP256);
        let able = match (is_file, self.is_yubihsm(on)) {
            (true, _) => soft_kind,
            (_, true) => algorithm.modulus_bits().is_none(),
            _ => true,
        };
        self.need(
            step,
            able,
            format!("{on} cannot make {} keys", algorithm.name()),
            "use ecdsa-p256; RSA only on pkcs11 tokens",
        );
        let set_up = self.set_up.contains(on);
        self.need(
            step,
            set_up,
            format!("{on} was not set up"),
            "add a `provision` step before",
        );
        let new = !self.keys.contains_key(key);
        self.need(
            step,
            new,
            format!("there is already a key called {key}"),
            "give each key its own name",
        );
        // YubiHSM 2: no attestation of Ed25519 keys (facts/hsm.md 5.4).
        let attested = !self.is_yubihsm(on) || algorithm == Algorithm::Ed25519;
        if self.generates_audit_key(step, on, key, algorithm) {
            self.keys.insert(
                key.clone(),
                KeyModel {
                    on: Some(on.clone()),
                    proven: false,
                    attested,
                },
            );
            return;
        }
        // P-384 costs clients: the script must name them, in the approved bytes.
        let told = algorithm == Algorithm::EcdsaP384 && self.script.profile.name == "hardware-default";
        let allowed = if told {
            refused_by == REFUSES_P384
        } else {
            self.script.profile.allows(algorithm) && refused_by.is_empty()
        };
        let (message, help) = if told {
            (
                format!(
                    "a root that lists an ecdsa-p384 key cannot be read by {}",
                    REFUSES_P384.join(" and ")
                ),
                "use ecdsa-p256; or write refused_by = [\"tough\", \"tuf-js\"] in the key, and mean it",
            )
        } else {
            (
                format!(
                    "the profile {} does not allow {} here",
                    self.script.profile.name,
                    algorithm.name()
                ),
                "use a kind that the profile allows (docs/clients.md); refused_by is for ecdsa-p384 under hardware-default alone",
            )
        };
        self.need(step, allowed, message, help);
        let delegated = &self.script.targets.delegations;
        let named = self.script.results.iter().any(|r| r.keys.contains(key))
            || delegated.iter().any(|d| d.what.keys().contains(key));
        self.need(
            step,
            named,
            format!("no [[result]] names the key {key}"),
            "name it in the `keys` of a result, or do not make it",
        );
        self.keys.insert(
            key.clone(),
            KeyModel {
                on: Some(on.clone()),
                proven: false,
                attested,
            },
        );
    }

    pub(super) fn device_log(&mut self, step: &Step, on: &Id) {
        self.need_yubihsm(step, on, "keeps a log that can be read");
        // A device that holds a key from before was set up then: its log is judged
        // from what is read first (docs/tokens.md).
        let known = self.set_up.contains(on) || self.enrolled_on.contains(on);
        self.need(
            step,
            known,
            format!("{on} was not set up, and no key on it is enrolled"),
            "add a `provision` or an `enrol-key` step before",
        );
        self.logged.insert(on.clone());
        self.entries.remove(on);
    }

    pub(super) fn retire(&mut self, step: &Step, on: &Id) {
        self.used(step, on, 1);
        self.need_yubihsm(step, on, "has a provisioner");
        let new = self.set_up.contains(on) && !self.retired.contains(on);
        self.need(
            step,
            new,
            format!("{on} was not set up, or is retired already"),
            "write it once, after the last key of the device is attested",
        );
        self.retired.insert(on.clone());
    }

    /// Root names no key whose device could have vouched for it and was not asked.
    pub(super) fn need_attested(&mut self, step: &Step) {
        let missing: Vec<String> = self
            .keys
            .iter()
            // No root names an audit key.
            .filter(|(id, m)| !m.attested && self.script.attester(id).is_none())
            .map(|(id, _)| id.to_string())
            .collect();
        self.need(
            step,
            missing.is_empty(),
            format!(
                "keys whose device was not asked to attest them: {}",
                missing.join(", ")
            ),
            "add an `attest-key` step for each",
        );
    }

    /// Before anything leaves, a device that can make keys is made to stop, and
    /// its log is read after all else.
    pub(super) fn devices_done(&mut self, step: &Step) {
        let open: Vec<String> = self
            .script
            .tokens
            .iter()
            .filter(|t| t.backend == Backend::Yubihsm)
            .filter(|t| {
                let unretired = self.set_up.contains(&t.id) && !self.retired.contains(&t.id);
                let used = self.set_up.contains(&t.id) || self.enrolled_on.contains(&t.id);
                unretired || used && !self.logged.contains(&t.id)
            })
            .map(|t| t.id.to_string())
            .collect();
        self.need(
            step,
            open.is_empty(),
            format!(
                "not retired, or used after their log was read: {}",
                open.join(", ")
            ),
            "add `retire-provisioner` where the device was set up here, then as its last step `device-log`",
        );
    }
}
