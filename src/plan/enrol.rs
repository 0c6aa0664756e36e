//! The part of the model that is about a succession: keys that stand on devices
//! since an earlier ceremony, and the threshold of the trusted root.

use super::room::{KeyModel, Room};
use crate::base::Id;
use crate::script::{Backend, Kind, Made, Step};
use crate::tuf::RoleName;

impl Room<'_> {
    pub(super) fn enrol(&mut self, step: &Step, on: &Id, key: &Id) {
        self.need_seen(step, on);
        self.used(step, on, 1);
        let trusted = self.trusted.is_some_and(|t| t.keys.contains_key(key));
        self.need(
            step,
            trusted,
            format!("{key} is no key of the trusted root"),
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
        // DESIGN 3: a rehearsal signs only with keys of rehearsals.
        let backend = self.script.token(on).map(|t| &t.backend);
        let harmless = self.script.kind == Kind::Production || backend == Some(&Backend::Embedded);
        self.need(
            step,
            harmless,
            format!("a rehearsal would sign a root with a real key on {on}"),
            "rehearse with embedded tokens whose serials are veterans",
        );
        if trusted {
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

    /// TUF 5.3.4: by a threshold of the trusted root's keys as well.
    pub(super) fn need_old_threshold(&mut self, step: &Step) {
        let Some(trusted) = self.trusted else { return };
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

    pub(super) fn made_elsewhere(&self, role: RoleName) -> bool {
        let result = self.script.result(role);
        result.is_some_and(|r| r.made == Made::Elsewhere)
    }
}
