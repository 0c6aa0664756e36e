//! The part of the model that is about a succession: keys that stand on devices
//! since an earlier ceremony, and the threshold of the trusted root.

use super::room::{KeyModel, Room};
use crate::base::{Id, PublicKey, shown};
use crate::script::{Backend, Kind, Made, SerialSpec, Step};
use crate::tuf::{MetadataName, RoleName};

impl Room<'_> {
    pub(super) fn enrol(&mut self, step: &Step, on: &Id, key: &Id) {
        self.need_seen(step, on);
        self.used(step, on, 1);
        let audit = self.script.attester(key).is_some();
        let trusted = self.trusted.is_some_and(|t| t.keys.contains_key(key));
        self.need(
            step,
            trusted || audit,
            format!("{key} is no key of the trusted root or of a trusted delegation"),
            "declare it in a [[key]] with `trusted = \"<keyid>\"`; new keys are generated",
        );
        let fresh = !self.set_up.contains(on);
        self.need(
            step,
            fresh,
            format!("{on} was set up in this ceremony, and holds nothing from before"),
            "delete the `provision` step: it would destroy the key",
        );
        let once = self.keys.get(key).is_none_or(|m| m.on.is_none());
        self.need(
            step,
            once,
            format!("{key} is enrolled twice"),
            "enrol each key once, on the device that signs",
        );
        if self.enrols_audit_key(step, on, key) {
            return;
        }
        let public = self
            .trusted
            .and_then(|t| t.keys.get(key))
            .and_then(|(_, object)| object.to_public().ok());
        self.need_rehearsal_key(step, on, key, public);
        if trusted {
            self.enrolled_on.insert(on.clone());
            self.keys.insert(
                key.clone(),
                KeyModel {
                    on: Some(on.clone()),
                    proven: true,
                    attested: true,
                },
            );
        }
    }

    /// DESIGN 3: a rehearsal signs only with keys that it, or a named rehearsal
    /// record, made. Veterans are known by their operation id when they are found.
    pub(super) fn need_rehearsal_key(&mut self, step: &Step, on: &Id, key: &Id, public: Option<PublicKey>) {
        let token = self.script.token(on);
        let backend = token.map(|t| &t.backend);
        if self.script.kind == Kind::Production {
            return;
        }
        let made = self
            .record
            .zip(public)
            .and_then(|(record, public)| record.made(&public));
        let (named, embedded) = (self.record.is_some(), backend == Some(&Backend::Embedded));
        let stopped = self.record.is_some_and(|r| !r.closed);
        let (message, help) = if stopped {
            (
                format!(
                    "the record is not closed and vouches for no key, neither for {key}: a rehearsal signs with no other real key"
                ),
                "an unfinished record only says which payloads were signed; enrol keys of embedded veterans",
            )
        } else if named {
            (
                format!("the named record did not make {key}, and a rehearsal signs with no other real key"),
                "name the record of the rehearsal that made it in `[trust] record`",
            )
        } else {
            (
                format!("a rehearsal would sign a root with a real key on {on}"),
                "name in `[trust] record` the rehearsal that made it; or use embedded tokens whose serials are veterans",
            )
        };
        self.need(step, embedded || made.is_some(), message, help);
        let serial = match token.map(|t| &t.serial) {
            Some(SerialSpec::Known(serial)) => Some(serial),
            _ => None,
        };
        if let (Some(serial), Some(made)) = (serial, made) {
            self.need(
                step,
                *serial == made.serial,
                format!(
                    "the named record made {key} on {}, not on {serial}",
                    shown(&made.serial, 40)
                ),
                "mend the token's `serial`, or `on`",
            );
        }
    }

    /// TUF 5.3.4: by a threshold of the trusted root's keys as well.
    pub(super) fn need_old_threshold(&mut self, step: &Step) {
        let Some(trusted) = self.trusted.filter(|_| self.script.makes_root()) else {
            return;
        };
        let threshold = trusted
            .root
            .roles
            .get(&RoleName::Root)
            .map_or(u64::MAX, |r| r.threshold);
        let have = self.root_signers(|key| trusted.lists(RoleName::Root, key));
        let enough = u64::try_from(have).is_ok_and(|n| n >= threshold);
        self.need(
            step,
            enough,
            format!(
                "root has {have} signature(s) by keys of the trusted root, whose threshold is {threshold}"
            ),
            "add `enrol-key` and `sign` steps for its keys; one that is removed may sign a last time",
        );
    }

    pub(super) fn made_elsewhere(&self, role: &MetadataName) -> bool {
        let result = self.script.result(role);
        // Without a result: where root stays, it names the keys.
        result.is_none_or(|r| r.made == Made::Elsewhere)
    }
}
