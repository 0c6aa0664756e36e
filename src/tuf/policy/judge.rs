//! Holds facts against the claims. Every claim is judged every time; what
//! cannot be known yet (an absolute expiry before the clock is confirmed) is
//! judged later by the same function, never skipped for good.

use std::collections::{BTreeMap, BTreeSet};

use super::{About, Claim, Custody, ED25519_MAX, Facts, Finding, KeyFacts, Life, Preset, RootShape};
use crate::base::{Algorithm, Id};
use crate::tuf::{MetadataName, RoleName};

const DAY: i64 = 86_400;
/// Shortest RSA modulus of an offline role, in bits (facts/security.md 6.6).
const RSA_MIN: usize = 3072;

/// Everything that does not hold, in the order of [`Claim::ALL`].
#[must_use]
pub fn judge(facts: &Facts) -> Vec<Finding> {
    let preset = Preset::of(facts.profile);
    let mut court = Court {
        facts,
        preset,
        found: Vec::new(),
    };
    // No arm for the rest: a new claim does not compile without its judgement.
    for claim in Claim::ALL {
        match claim {
            Claim::RootThreshold => court.root_threshold(),
            Claim::LossTolerance => court.loss_tolerance(),
            Claim::OneKeyADevice => court.one_key_a_device(),
            Claim::DeviceThreshold => court.device_threshold(),
            Claim::RoleSeparation => court.role_separation(),
            Claim::OneRoleAKey => court.one_role_a_key(),
            Claim::DistinctKeys => court.distinct_keys(),
            Claim::Possession => court.possession(),
            Claim::NotExtractable => court.not_extractable(),
            Claim::Algorithm => court.algorithm(),
            Claim::KeyStrength => court.key_strength(),
            Claim::ExpiryWindow => court.expiry_window(),
            Claim::ExpiryOrder => court.expiry_order(),
            Claim::PayloadLimit => court.payload_limit(),
            Claim::PeopleSpare => court.people_spare(),
            Claim::IndependentReview => court.independent_review(),
            Claim::Witness => court.witness(),
        }
    }
    court.found
}

struct Court<'f> {
    facts: &'f Facts,
    preset: Preset,
    found: Vec<Finding>,
}

impl<'f> Court<'f> {
    fn find(&mut self, claim: Claim, about: About, what: String) {
        self.found.push(Finding { claim, about, what });
    }

    /// Root, and targets where the profile keeps it offline.
    fn offline(&self) -> Vec<RoleName> {
        [RoleName::Root, RoleName::Targets]
            .into_iter()
            .filter(|r| self.preset.offline(*r))
            .collect()
    }

    fn keys_of(&self, role: RoleName) -> &'f [Id] {
        self.facts.roles.get(&role).map_or(&[], |r| r.keys.as_slice())
    }

    fn threshold(&self, role: RoleName) -> u64 {
        self.facts.roles.get(&role).map_or(0, |r| r.threshold)
    }

    /// Keys of a role of which something is true.
    fn keys_that(&self, role: RoleName, is: impl Fn(&KeyFacts) -> bool) -> Vec<Id> {
        self.keys_of(role)
            .iter()
            .filter(|k| self.facts.keys.get(k.as_str()).is_some_and(&is))
            .cloned()
            .collect()
    }

    /// For each device, the keys of a role that it holds.
    fn by_device(&self, role: RoleName) -> BTreeMap<Id, Vec<Id>> {
        let mut out: BTreeMap<Id, Vec<Id>> = BTreeMap::new();
        for key in self.keys_of(role) {
            if let Some(device) = self.facts.keys.get(key.as_str()).and_then(|k| k.device.clone()) {
                out.entry(device).or_default().push(key.clone());
            }
        }
        out
    }

    fn root_threshold(&mut self) {
        let threshold = self.threshold(RoleName::Root);
        if self.facts.roles.contains_key(&RoleName::Root) && threshold < 2 {
            let what = format!("root's threshold is {threshold}: one stolen key is enough");
            self.find(Claim::RootThreshold, About::Role(RoleName::Root), what);
        }
    }

    fn loss_tolerance(&mut self) {
        for role in self.offline() {
            let (keys, threshold) = (self.keys_of(role).len(), self.threshold(role));
            // A threshold above the keys is a fault of the script by itself.
            if keys > 0 && u64::try_from(keys).is_ok_and(|n| threshold >= n) {
                let what = format!(
                    "losing one key of {role} would lose the role: {keys} key(s), and a threshold of {threshold}"
                );
                self.find(Claim::LossTolerance, About::Role(role), what);
            }
        }
    }

    fn one_key_a_device(&mut self) {
        for role in self.offline() {
            for (device, keys) in self.by_device(role).into_iter().filter(|(_, k)| k.len() > 1) {
                let what = format!("{device} holds {} keys of {role}: {}", keys.len(), joined(&keys));
                self.find(Claim::OneKeyADevice, About::Role(role), what);
            }
        }
    }

    fn device_threshold(&mut self) {
        for role in self.offline() {
            let threshold = self.threshold(role);
            for (device, keys) in self.by_device(role) {
                if threshold > 1 && u64::try_from(keys.len()).is_ok_and(|n| n >= threshold) {
                    let what = format!(
                        "{device} alone can sign {role}: it holds {}, and the threshold is {threshold}",
                        joined(&keys)
                    );
                    self.find(Claim::DeviceThreshold, About::Role(role), what);
                }
            }
        }
    }

    fn role_separation(&mut self) {
        let preset = self.preset;
        for online in RoleName::ALL.into_iter().filter(|r| !preset.offline(*r)) {
            for role in self.offline() {
                let both = self.in_both(role, online);
                if !both.is_empty() {
                    let what = format!("a {role} key is also a key of {online}: {}", joined(&both));
                    self.find(Claim::RoleSeparation, About::Role(online), what);
                }
            }
        }
    }

    fn one_role_a_key(&mut self) {
        let both = self.in_both(RoleName::Root, RoleName::Targets);
        // Where targets is online, role-separation speaks.
        if !both.is_empty() && !self.preset.shares_keys && !self.preset.targets_online {
            let what = format!("keys of root are also keys of targets: {}", joined(&both));
            self.find(Claim::OneRoleAKey, About::Role(RoleName::Targets), what);
        }
    }

    /// Keys in two roles, by name or by what they are.
    fn in_both(&self, one: RoleName, other: RoleName) -> Vec<Id> {
        let print = |id: &Id| self.facts.keys.get(id.as_str()).and_then(|k| k.fingerprint);
        let there = self.keys_of(other);
        self.keys_of(one)
            .iter()
            .filter(|id| {
                there
                    .iter()
                    .any(|t| t == *id || (print(t).is_some() && print(t) == print(id)))
            })
            .cloned()
            .collect()
    }

    fn distinct_keys(&mut self) {
        let mut seen = BTreeMap::new();
        for (id, key) in &self.facts.keys {
            let Some(print) = key.fingerprint else { continue };
            if let Some(first) = seen.insert(print, id.clone()) {
                let what = format!("{first} and {id} are one public key, {print}");
                self.find(Claim::DistinctKeys, About::Named(id.clone()), what);
            }
        }
    }

    fn possession(&mut self) {
        for role in self.offline() {
            let elsewhere = self.keys_that(role, |k| k.custody == Custody::External);
            if !elsewhere.is_empty() {
                let what = format!(
                    "keys of {role} that no device in this room holds: {}",
                    joined(&elsewhere)
                );
                self.find(Claim::Possession, About::Role(role), what);
            }
        }
    }

    fn not_extractable(&mut self) {
        for role in self.offline() {
            let files = self.keys_that(role, |k| k.extractable || k.custody == Custody::File);
            if !files.is_empty() {
                let what = format!("keys of {role} that can be copied: {}", joined(&files));
                self.find(Claim::NotExtractable, About::Role(role), what);
            }
        }
    }

    fn algorithm(&mut self) {
        let Some(profile) = crate::tuf::clients::Profile::parse(self.facts.profile) else {
            return;
        };
        for (id, key) in &self.facts.keys {
            let Some(algorithm) = key.algorithm else { continue };
            // P-384 only where the key itself says what it costs (facts/clients.md 2).
            let told = algorithm == Algorithm::EcdsaP384 && key.acknowledged;
            if !profile.allows(algorithm) && !told {
                let what = format!(
                    "the profile {} has no place for {} (key {id})",
                    profile.name,
                    algorithm.name()
                );
                self.find(Claim::Algorithm, About::Named(id.clone()), what);
            }
        }
    }

    fn key_strength(&mut self) {
        for role in self.offline() {
            let short = self.keys_that(role, |k| {
                k.algorithm
                    .and_then(Algorithm::modulus_bits)
                    .is_some_and(|bits| bits < RSA_MIN)
            });
            if !short.is_empty() {
                let what = format!(
                    "RSA keys of {role} with fewer than {RSA_MIN} bits: {}",
                    joined(&short)
                );
                self.find(Claim::KeyStrength, About::Role(role), what);
            }
        }
    }

    fn expiry_window(&mut self) {
        // What a ceremony signs of a delegated role is offline metadata of targets.
        let delegated = self.facts.delegated.iter().filter_map(|(name, r)| {
            let about = About::Delegated(name.clone());
            Some((name.to_string(), RoleName::Targets, r.life?, about))
        });
        let lives = self.lives().into_iter();
        let lives = lives.map(|(role, life)| (role.to_string(), role, life, About::Role(role)));
        for (name, role, life, about) in lives.chain(delegated) {
            let window = self.preset.window(role);
            let Some(seconds) = self.facts.seconds(life) else {
                continue; // an absolute expiry waits for the confirmed clock
            };
            let (min, max) = (
                i64::from(window.min).saturating_mul(DAY),
                i64::from(window.max).saturating_mul(DAY),
            );
            if seconds < min || seconds > max {
                let what = format!(
                    "{name} expires {}; the window of {} is {} to {} days",
                    self.facts.shown(life),
                    self.preset.name,
                    window.min,
                    window.max
                );
                self.find(Claim::ExpiryWindow, about, what);
            }
        }
    }

    fn expiry_order(&mut self) {
        let mut lives: BTreeMap<RoleName, Life> = self.lives().into_iter().collect();
        let mut pairs = vec![
            (RoleName::Root, RoleName::Targets),
            (RoleName::Targets, RoleName::Snapshot),
            (RoleName::Snapshot, RoleName::Timestamp),
        ];
        // A root that stays vouches for whatever is made: nothing else in between need be.
        if let Some(staying) = self.facts.staying {
            lives.insert(RoleName::Root, Life::Until(staying));
            for below in [RoleName::Snapshot, RoleName::Timestamp] {
                pairs.push((RoleName::Root, below));
            }
        }
        for (above, below) in pairs {
            let long = above == RoleName::Root && self.preset.long_targets;
            let (Some(a), Some(b), false) = (lives.get(&above), lives.get(&below), long) else {
                continue;
            };
            let outlives = match (a, b) {
                (Life::Until(a), Life::Until(b)) => b > a,
                _ => match (self.facts.seconds(*a), self.facts.seconds(*b)) {
                    (Some(a), Some(b)) => b > a,
                    _ => false, // judged again with the confirmed clock
                },
            };
            if outlives {
                let what = format!(
                    "{below} expires {}, after {above}, which vouches for it ({})",
                    self.facts.shown(*b),
                    self.facts.shown(*a)
                );
                self.find(Claim::ExpiryOrder, About::Role(below), what);
            }
        }
    }

    fn lives(&self) -> Vec<(RoleName, Life)> {
        self.facts
            .roles
            .iter()
            .filter_map(|(role, r)| Some((*role, r.life?)))
            .collect()
    }

    fn payload_limit(&mut self) {
        let root = RoleName::Root;
        let signers = |role: RoleName| -> Vec<Id> {
            let keys = self.keys_of(role).iter();
            keys.filter(|k| self.signs_little(k)).cloned().collect()
        };
        let (root_keys, targets_keys) = (signers(root), signers(RoleName::Targets));
        if !root_keys.is_empty() {
            let shape = RootShape::of(self.facts);
            // The draft's own bytes, where they exist; else what they will be.
            let this = self
                .facts
                .payloads
                .get(&MetadataName::ROOT)
                .copied()
                .or_else(|| shape.as_ref()?.length());
            let next = shape.as_ref().and_then(RootShape::next).and_then(|s| s.length());
            for (which, length) in [("this root", this), ("the next root, with one key more,", next)] {
                if let Some(length) = length.filter(|l| *l > ED25519_MAX) {
                    let what = format!(
                        "{which} has {length} bytes; a YubiHSM 2 signs at most {ED25519_MAX} with Ed25519 ({})",
                        joined(&root_keys)
                    );
                    self.find(Claim::PayloadLimit, About::Role(root), what);
                }
            }
        }
        let facts = self.facts;
        let delegated = facts.delegated.iter().map(|(name, r)| {
            let keys = r.keys.iter().filter(|k| self.signs_little(k)).cloned().collect();
            let about = About::Delegated(name.clone());
            (MetadataName::Delegated(name.clone()), keys, about)
        });
        let targets = (
            MetadataName::TARGETS,
            targets_keys,
            About::Role(RoleName::Targets),
        );
        let files: Vec<(MetadataName, Vec<Id>, About)> = [targets].into_iter().chain(delegated).collect();
        for (name, keys, about) in files {
            let length = facts.payloads.get(&name).copied();
            if let (false, Some(length)) = (keys.is_empty(), length.filter(|l| *l > ED25519_MAX)) {
                let what = format!(
                    "{name} has {length} bytes; a YubiHSM 2 signs at most {ED25519_MAX} with Ed25519 ({})",
                    joined(&keys)
                );
                self.find(Claim::PayloadLimit, about, what);
            }
        }
    }

    /// Whether a key's device takes only short messages.
    fn signs_little(&self, key: &Id) -> bool {
        let key = self.facts.keys.get(key.as_str());
        key.is_some_and(|k| k.custody == Custody::Yubihsm && k.algorithm == Some(Algorithm::Ed25519))
    }

    fn people_spare(&mut self) {
        let facts = self.facts;
        for people in facts.people.iter().filter(|p| p.holds_devices) {
            if people.quorum >= people.seats {
                let what = format!(
                    "{} has {} seat(s) and needs {} of them: one late train stops the ceremony",
                    people.id, people.seats, people.quorum
                );
                self.find(Claim::PeopleSpare, About::Named(people.id.clone()), what);
            }
        }
    }

    fn independent_review(&mut self) {
        let facts = self.facts;
        for (file, steps) in &facts.files {
            let composers: BTreeSet<&Id> = steps.composed.iter().map(|(_, by)| by).collect();
            for (step, by) in steps.reviewed.iter().filter(|(_, by)| composers.contains(by)) {
                let what = format!("step {step}: {by} composes {file} and reviews it");
                self.find(Claim::IndependentReview, About::Step(step.clone()), what);
            }
        }
    }

    fn witness(&mut self) {
        let facts = self.facts;
        let compared = facts.files.values().flat_map(|f| &f.compared);
        for (step, by) in compared.chain(&facts.seals) {
            if facts.people.iter().any(|p| p.id == *by && p.holds_devices) {
                let what = format!("step {step}: {by} compares, and signs with devices");
                self.find(Claim::Witness, About::Step(step.clone()), what);
            }
        }
    }
}

fn joined(ids: &[Id]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tuf::policy::RoleFacts;

    /// Root and targets with n Ed25519 keys on one YubiHSM 2 each, one online key.
    fn facts(n: usize) -> Facts {
        let online = Id::parse("online").unwrap();
        let names: Vec<Id> = (0..n).map(|i| Id::parse(&format!("root-{i}")).unwrap()).collect();
        let key = |custody, device: Option<&Id>| KeyFacts {
            algorithm: Some(Algorithm::Ed25519),
            custody,
            device: device.cloned(),
            extractable: false,
            acknowledged: false,
            fingerprint: None,
        };
        let mut keys: BTreeMap<Id, KeyFacts> = names
            .iter()
            .map(|id| (id.clone(), key(Custody::Yubihsm, Some(id))))
            .collect();
        keys.insert(online.clone(), key(Custody::External, None));
        let role = |keys: &[Id]| RoleFacts {
            threshold: 1,
            keys: keys.to_vec(),
            life: None,
        };
        let mut roles: BTreeMap<RoleName, RoleFacts> = RoleName::ALL
            .map(|r| (r, role(std::slice::from_ref(&online))))
            .into();
        roles.insert(RoleName::Root, role(&names));
        roles.insert(RoleName::Targets, role(&names));
        Facts {
            production: true,
            profile: "sigstore",
            now: None,
            version: 1,
            staying: None,
            roles,
            keys,
            people: Vec::new(),
            delegated: BTreeMap::new(),
            files: BTreeMap::new(),
            seals: Vec::new(),
            payloads: BTreeMap::new(),
        }
    }

    fn limits(facts: &Facts) -> Vec<String> {
        judge(facts)
            .into_iter()
            .filter(|f| f.claim == Claim::PayloadLimit)
            .map(|f| f.what)
            .collect()
    }

    #[test]
    fn the_next_root_is_counted_before_this_one_is_too_long() {
        assert!(limits(&facts(3)).is_empty());
        // 1923 bytes fit; with the fifth key they will not.
        let four = limits(&facts(4));
        assert_eq!(four.len(), 1);
        assert!(
            four[0].starts_with("the next root, with one key more, has 2254 bytes"),
            "{four:?}"
        );
        assert_eq!(limits(&facts(5)).len(), 2);
        // A draft's own length counts, whatever was computed before.
        let mut long = facts(3);
        long.payloads = [
            (MetadataName::ROOT, ED25519_MAX),
            (MetadataName::TARGETS, ED25519_MAX),
        ]
        .into();
        assert!(limits(&long).is_empty());
        long.payloads = [(MetadataName::ROOT, 2020), (MetadataName::TARGETS, 2020)].into();
        assert_eq!(limits(&long).len(), 2);
    }

    #[test]
    fn an_absolute_expiry_is_judged_once_a_clock_says_the_day() {
        let at = |text: &str| crate::base::Instant::parse(text).unwrap();
        let mut facts = facts(3);
        let root = facts.roles.get_mut(&RoleName::Root).unwrap();
        root.life = Some(Life::Until(at("2027-11-20T00:00:00Z")));
        let found = |facts: &Facts| judge(facts).into_iter().find(|f| f.claim == Claim::ExpiryWindow);
        assert_eq!(found(&facts), None);
        facts.profile = "hardware-default";
        facts.now = Some(at("2026-11-20T00:00:00Z"));
        assert_eq!(found(&facts), None);
        facts.now = Some(at("2027-10-20T00:00:00Z"));
        assert_eq!(
            found(&facts).unwrap().what,
            "root expires 2027-11-20T00:00:00Z, a Saturday (nobody is at work), in 31 days; \
             the window of hardware-default is 60 to 402 days"
        );
    }

    #[test]
    fn two_names_of_one_key_are_found_when_the_keys_exist() {
        let mut facts = facts(3);
        for id in ["root-0", "root-2"] {
            facts.keys.get_mut(id).unwrap().fingerprint = Some(crate::base::Digest::of(b"one key"));
        }
        let claims: Vec<Claim> = judge(&facts).into_iter().map(|f| f.claim).collect();
        assert!(claims.contains(&Claim::DistinctKeys));
    }
}
