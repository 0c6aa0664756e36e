//! A chain of roots, `1.root.json` to `N.root.json`, judged version by version
//! (TUF 5.3): which keys, which thresholds, who signed by distinct public key,
//! what changed, and every defect by name. Strict mode has today's rules;
//! historic mode forgives what clients of the time accepted, and is for reading
//! history alone: only a chain that is good in strict mode gives a trusted root.

mod changes;
mod defect;
mod found;
mod report;

use std::collections::{BTreeMap, BTreeSet};

pub use changes::Change;
pub use defect::{CODES, Defect, Weight};

pub(super) use changes::between;
pub(super) use defect::Defects;
use found::read_with;
pub(super) use found::{Found, expiry, public, read};
pub(super) use report::meter_json;

use super::key::KeyId;
use super::metadata::{Metadata, Signed};
use super::role::{Role, RoleName};
use super::root::Root;
use super::threshold::{Keyring, Meter, Tally};
use super::workflow::MAX_ROTATIONS;
use crate::base::{Digest, Instant, shown};

/// Which rules a chain is held to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Today's: what [`super::check_repository`] refuses is refused here too.
    Strict,
    /// What clients accepted at the time.
    Historic,
}

impl Mode {
    /// The word in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Mode::Strict => "strict",
            Mode::Historic => "historic",
        }
    }
}

/// How to judge a chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// Which rules.
    pub mode: Mode,
    /// The instant of the judgement; the report says it.
    pub at: Instant,
    /// The version that is trusted as it stands, as a client that was shipped with it; 1 is the first.
    pub from: u64,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Every step holds, and the last root is not expired.
    Good,
    /// Every step holds; the last root is expired at the instant.
    Expired,
    /// A step does not hold.
    Refused,
}

impl Verdict {
    /// The word in reports.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Verdict::Good => "good",
            Verdict::Expired => "expired",
            Verdict::Refused => "refused",
        }
    }
}

/// The judgement of a chain.
#[derive(Debug, Clone)]
pub struct Report {
    /// How it was judged.
    pub options: Options,
    /// One for each version, in order.
    pub steps: Vec<Step>,
    /// Of the chain as a whole: gaps, forks, strangers.
    pub defects: Vec<Defect>,
    trusted: Option<Root>,
}

/// One version.
#[derive(Debug, Clone)]
pub struct Step {
    /// The version, from the file's name.
    pub version: u64,
    /// Bytes of the file.
    pub size: usize,
    /// SHA-256 of the file.
    pub sha256: Digest,
    /// What it says, if it can be read.
    pub says: Option<Says>,
    /// By the keys of the version before; `None` for the first, and after an unreadable one.
    pub old: Option<Meter>,
    /// By its own keys.
    pub new: Option<Meter>,
    /// Every key with a signature that verifies.
    pub signers: Vec<Signer>,
    /// From the version before.
    pub changes: Vec<Change>,
    /// What it is blamed for.
    pub defects: Vec<Defect>,
}

/// What a readable root says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Says {
    /// SHA-256 of the signed bytes.
    pub signed_sha256: Digest,
    /// `spec_version`, safe to show.
    pub spec_version: String,
    /// `expires`, rounded down to a whole second of UTC.
    pub expires: Instant,
    /// `consistent_snapshot`, if it is there.
    pub consistent_snapshot: Option<bool>,
    /// Threshold and keyids of each role.
    pub roles: BTreeMap<RoleName, (u64, usize)>,
}

/// A public key that signed, under one keyid or more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// SHA-256 of its SubjectPublicKeyInfo.
    pub fingerprint: Digest,
    /// The keyids of its signatures.
    pub keyids: BTreeSet<String>,
    /// Whether it counts for the version before.
    pub old: bool,
    /// Whether it counts for this version.
    pub new: bool,
}

impl Step {
    /// Whether nothing refuses it in this mode.
    #[must_use]
    pub fn accepted(&self, mode: Mode) -> bool {
        !self.defects.iter().any(|d| refuses(d, mode))
    }
}

/// Whether a defect refuses in this mode.
#[must_use]
pub fn refuses(defect: &Defect, mode: Mode) -> bool {
    match mode {
        Mode::Strict => defect.weight >= Weight::Historic,
        Mode::Historic => defect.weight == Weight::Fatal,
    }
}

impl Report {
    /// The verdict.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let mode = self.options.mode;
        let refused =
            self.defects.iter().any(|d| refuses(d, mode)) || self.steps.iter().any(|s| !s.accepted(mode));
        let last = self.steps.last().and_then(|s| s.says.as_ref());
        match last {
            Some(says) if !refused => {
                // TUF 5.3.10: the expiry counts for the last root alone.
                if says.expires > self.options.at {
                    Verdict::Good
                } else {
                    Verdict::Expired
                }
            }
            _ => Verdict::Refused,
        }
    }

    /// The last root, to be trusted by what follows: of a chain that holds in
    /// strict mode, expired or not (an expired root can still be succeeded, TUF
    /// 5.3). Historic mode never gives one.
    #[must_use]
    pub fn trusted_root(&self) -> Option<&Root> {
        match (self.options.mode, self.verdict()) {
            (Mode::Strict, Verdict::Good | Verdict::Expired) => self.trusted.as_ref(),
            _ => None,
        }
    }
}

/// Judges the files of a folder, by name.
#[must_use]
pub fn verify(files: &BTreeMap<String, Vec<u8>>, options: &Options) -> Report {
    verify_within(files, options, MAX_ROTATIONS)
}

/// The same, following `rotations` from the first version at most, for a caller
/// whose clients follow more or fewer than the default.
#[must_use]
pub fn verify_within(files: &BTreeMap<String, Vec<u8>>, options: &Options, rotations: u64) -> Report {
    let mut keyring = Keyring::default();
    let mut defects = Defects::default();
    let mut roots = BTreeMap::new();
    for (name, bytes) in files {
        match version_of(name) {
            Some(version) => {
                roots.insert(version, bytes);
            }
            None => defects.at("STRANGER", "expected N.root.json", shown(name, 120)),
        }
    }
    let mut report = Report {
        options: *options,
        steps: Vec::new(),
        defects: Vec::new(),
        trusted: None,
    };
    let mut before: Option<Found> = None;
    let mut digests = BTreeMap::new();
    for version in options.from..=u64::MAX {
        let Some(bytes) = roots.get(&version) else { break };
        // facts/tuf.md 2.7: python-tuf, go-tuf and tuf-js stop after 256.
        if version.saturating_sub(options.from) > rotations {
            let text = format!("expected at most {rotations} rotations");
            defects.push("TOO_MANY_ROOTS", text);
            break;
        }
        let first = report.steps.is_empty();
        let (step, found, root) = judge(version, bytes, before.as_ref(), first, options.mode, &mut keyring);
        digests.extend(found.as_ref().map(|f| (version, f.digest())));
        report.steps.push(step);
        report.trusted = root;
        before = found;
    }
    placement(&roots, options.from, &report.steps, &mut defects);
    forks(files, &digests, &mut defects);
    report.defects = defects.0;
    report
}

/// One version has one name: no sign, no leading zero.
#[must_use]
pub fn version_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(".root.json")?;
    digits
        .parse()
        .ok()
        .filter(|n: &u64| *n > 0 && n.to_string() == digits)
}

fn placement(roots: &BTreeMap<u64, &Vec<u8>>, from: u64, steps: &[Step], defects: &mut Defects) {
    for version in roots.range(..from).map(|(v, _)| v) {
        let text = format!("expected versions from {from}");
        defects.at("BEFORE_FROM", &text, format!("{version}.root.json"));
    }
    let Some(last) = steps.last() else {
        defects.push(
            "NO_TRUSTED_ROOT",
            format!("expected {from}.root.json, got no such file"),
        );
        return;
    };
    let cut = defects.0.iter().any(|d| d.code == "TOO_MANY_ROOTS");
    let next = last.version.saturating_add(1);
    for version in roots.range(next..).map(|(v, _)| v).filter(|_| !cut) {
        let text = format!("expected {next}.root.json, got no such file, but later ones");
        defects.at("ROOT_GAP", &text, format!("{version}.root.json"));
    }
}

/// facts/tuf.md 2.7: a version that was published is never issued again with
/// other content. Other names in the folder may hold such a one (`root.json`).
fn forks(files: &BTreeMap<String, Vec<u8>>, digests: &BTreeMap<u64, Digest>, defects: &mut Defects) {
    for (name, bytes) in files.iter().filter(|(n, _)| version_of(n).is_none()) {
        let Some(other) = read(bytes, &mut Defects::default()) else {
            continue;
        };
        let got = other.digest();
        if let Some(expected) = digests.get(&other.version).filter(|d| **d != got) {
            let version = other.version;
            let text = format!("expected one version {version}, with signed part {expected}, got also {got}");
            defects.at("FORK", &text, shown(name, 120));
        }
    }
}

fn judge(
    version: u64,
    bytes: &[u8],
    before: Option<&Found>,
    first: bool,
    mode: Mode,
    keyring: &mut Keyring,
) -> (Step, Option<Found>, Option<Root>) {
    let mut defects = Defects::default();
    let found = read_with(bytes, keyring, &mut defects);
    let mut step = Step {
        version,
        size: bytes.len(),
        sha256: Digest::of(bytes),
        says: None,
        old: None,
        new: None,
        signers: Vec::new(),
        changes: Vec::new(),
        defects: Vec::new(),
    };
    if let Some(found) = &found {
        step.says = Some(says(found));
        if found.version != version {
            // A name and its content may not differ (CVE-2025-2885).
            let text = format!("expected version {version}, got {}", found.version);
            defects.push("OTHER_VERSION", text);
        }
        if let Some(before) = before {
            step.changes = between(before, found);
            name_mismatches(before, found, &mut defects);
        }
        count(found, before, &mut step, mode, keyring, &mut defects);
    }
    if !first && before.is_none() {
        defects.push("PREVIOUS_UNREADABLE", "the version before cannot be read");
    }
    // The strict parser has the last word: what it refuses is refused.
    let parsed = Metadata::parse(bytes);
    let root = match parsed {
        Ok(Metadata {
            signed: Signed::Root(root),
            ..
        }) => Some(root),
        Ok(_) => None,
        Err(refused) => {
            if !defects.0.iter().any(|d| refuses(d, Mode::Strict)) {
                let defect = Defect {
                    weight: Weight::Historic,
                    ..Defect::new(refused.code(), refused.to_string())
                };
                defects.0.push(defect);
            }
            None
        }
    };
    defects.0.sort_by_key(|d| std::cmp::Reverse(d.weight));
    step.defects = defects.0;
    (step, found, root)
}

fn says(found: &Found) -> Says {
    let roles = found.roles.iter();
    Says {
        signed_sha256: found.digest(),
        spec_version: shown(&found.spec_version, 40),
        expires: found.expires,
        consistent_snapshot: found.consistent_snapshot,
        roles: roles.map(|(n, r)| (*n, (r.threshold, r.keyids.len()))).collect(),
    }
}

/// sigstore's root 11: the id of a key as it was one version before.
fn name_mismatches(before: &Found, found: &Found, defects: &mut Defects) {
    for defect in defects.0.iter_mut().filter(|d| d.code == "KEYID_MISMATCH") {
        let stale = found.keys.iter().any(|(id, key)| {
            let was = before
                .keys
                .get(id)
                .is_some_and(|was| was != key && was.keyid() == *id);
            was && defect.at.contains(&id.to_string())
        });
        if stale {
            defect
                .text
                .push_str(": the id of this key as it was in the version before");
        }
    }
}

/// TUF 5.3.4: by a threshold of the version before, and by one of its own.
fn count(
    found: &Found,
    before: Option<&Found>,
    step: &mut Step,
    mode: Mode,
    keyring: &mut Keyring,
    defects: &mut Defects,
) {
    let mut tally = Tally::new(keyring, &found.canonical);
    let keys = |root: &Found| match mode {
        Mode::Strict => root.keys.clone(),
        Mode::Historic => root.respelled(),
    };
    let mut of =
        |root: &Found, role: &Role| tally.meter(&keys(root), &role.keyids, role.threshold, &found.signatures);
    let mut meters = |root: &Found| root.root_role().map(|role| of(root, role));
    step.old = before.and_then(&mut meters);
    step.new = meters(found);
    for (meter, code, whose) in [
        (&step.old, "OLD_THRESHOLD", "of the version before"),
        (&step.new, "THRESHOLD", "of its own"),
    ] {
        let Some(meter) = meter else { continue };
        let have = u64::try_from(meter.distinct).unwrap_or(u64::MAX);
        if !meter.complete() {
            let needed = meter.threshold;
            defects.push(
                code,
                format!("expected {needed} distinct keys {whose}, got {have}"),
            );
        } else if have == meter.threshold {
            defects.at("NO_MARGIN", "exactly as many keys signed as had to", whose);
        }
    }
    signers(found, before, step, &mut tally, defects);
}

fn signers(
    found: &Found,
    before: Option<&Found>,
    step: &mut Step,
    tally: &mut Tally<'_>,
    defects: &mut Defects,
) {
    let counted = |meter: &Option<Meter>, id: &KeyId| meter.as_ref().is_some_and(|m| m.signed.contains(id));
    let mut signers: BTreeMap<Digest, Signer> = BTreeMap::new();
    for signature in found.signatures.iter().filter(|s| !s.sig.is_empty()) {
        let id = signature.keyid;
        let known = [Some(found), before].into_iter().flatten();
        let listed = known.clone().any(|root| {
            root.root_role()
                .is_some_and(|r| r.keyids.contains(&signature.keyid))
        });
        if !listed {
            let text = "a key of root neither here nor in the version before";
            defects.at("SIG_UNKNOWN_KEY", text, signature.keyid.to_string());
            continue;
        }
        let (new, old) = (counted(&step.new, &id), counted(&step.old, &id));
        let public = known
            .filter_map(|root| root.publics.get(&signature.keyid))
            .find(|p| tally.verifies(p, &signature.sig));
        match public {
            Some(public) => {
                let fingerprint = public.fingerprint();
                let signer = signers.entry(fingerprint).or_insert_with(|| Signer {
                    fingerprint,
                    keyids: BTreeSet::new(),
                    old: false,
                    new: false,
                });
                signer.keyids.insert(signature.keyid.to_string());
                signer.old |= old;
                signer.new |= new;
            }
            None => defects.at("SIG_INVALID", "does not verify", signature.keyid.to_string()),
        }
    }
    step.signers = signers.into_values().collect();
}
