//! What a ceremony's policy would say of a draft, as far as the file alone shows
//! it: windows, thresholds, keys in two roles. Who holds a key and who is in the
//! room is not in a file. A draft is not signed, and people may waive a claim
//! where they sign: so this is said and refuses no draft.

use std::collections::BTreeMap;

use crate::base::{Id, Instant};
use crate::tuf::DelegatedName;
use crate::tuf::clients::Profile;
use crate::tuf::key::KeyId;
use crate::tuf::metadata::Signed;
use crate::tuf::policy::{Claim, Custody, Facts, Finding, KeyFacts, Life, RoleFacts, judge};
use crate::tuf::role::RoleName;
use crate::tuf::root::Root;

/// The claims that one file can break by itself and that nothing else here refuses.
const SHOWN: [Claim; 6] = [
    Claim::RootThreshold,
    Claim::LossTolerance,
    Claim::RoleSeparation,
    Claim::OneRoleAKey,
    Claim::KeyStrength,
    Claim::ExpiryWindow,
];

/// What of the profile's policy does not hold. Of a delegated role's file that is
/// its life, which is bounded like that of targets.
pub(super) fn findings(
    signed: &Signed,
    delegated: Option<&DelegatedName>,
    profile: &Profile,
    at: Instant,
) -> Vec<Finding> {
    let mut facts = Facts {
        production: true,
        profile: profile.name,
        now: Some(at),
        version: signed.version(),
        roles: BTreeMap::new(),
        delegated: BTreeMap::new(),
        keys: BTreeMap::new(),
        people: Vec::new(),
        files: BTreeMap::new(),
        seals: Vec::new(),
        payloads: BTreeMap::new(),
        staying: None,
    };
    if let Signed::Root(root) = signed {
        of_root(root, &mut facts);
    }
    let life = Some(Life::Until(signed.expires()));
    let alone = || RoleFacts {
        threshold: 1,
        keys: Vec::new(),
        life: None,
    };
    match delegated {
        Some(name) => facts.delegated.entry(name.clone()).or_insert_with(alone).life = life,
        None => facts.roles.entry(signed.role()).or_insert_with(alone).life = life,
    }
    let mut found = judge(&facts);
    found.retain(|finding| SHOWN.contains(&finding.claim));
    found
}

fn of_root(root: &Root, facts: &mut Facts) {
    for (name, role) in RoleName::ALL
        .iter()
        .filter_map(|name| Some((name, root.roles.get(name)?)))
    {
        let ids = role.keyids.iter();
        let keys: Vec<Id> = ids.filter_map(named).collect();
        let threshold = role.threshold;
        let life = None;
        facts.roles.insert(
            *name,
            RoleFacts {
                threshold,
                keys,
                life,
            },
        );
    }
    for (id, key) in &root.keys {
        let Some(id) = named(id) else {
            continue;
        };
        let public = key.to_public().ok();
        let key = KeyFacts {
            algorithm: public.as_ref().map(crate::base::PublicKey::algorithm),
            // Of a file alone nobody can say who holds its keys.
            custody: Custody::Trusted,
            device: None,
            extractable: false,
            acknowledged: true,
            fingerprint: public.as_ref().map(crate::base::PublicKey::fingerprint),
        };
        facts.keys.insert(id, key);
    }
}

/// A key by the start of its keyid: a name has at most 32 characters.
fn named(id: &KeyId) -> Option<Id> {
    Id::parse(id.to_string().get(..32)?).ok()
}

/// One finding as it is said: what a ceremony would do, the claim, what is wrong.
pub(super) fn line(finding: &Finding) -> String {
    let word = if finding.claim.waivable() {
        "refused at a ceremony unless people waive it"
    } else {
        "refused at a ceremony"
    };
    format!("policy: {word}: {}: {}", finding.claim, finding.what)
}
