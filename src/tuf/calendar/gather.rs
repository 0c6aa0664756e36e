//! Which file of each role counts: the newest that enough of its keys signed,
//! for clients follow no other; without one the newest, and that is said. Keys
//! come from the newest root that counts, and from whoever delegates.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Calendar, Entry, NotACalendar, Options, Signer, before};
use crate::base::{Digest, Instant, Json, shown};
use crate::tuf::delegations::{Delegated, Delegations};
use crate::tuf::key::{Key, KeyId};
use crate::tuf::layout::Tree;
use crate::tuf::metadata::{Metadata, Signed};
use crate::tuf::role::{Role, RoleName};
use crate::tuf::root::Root;
use crate::tuf::show::show;
use crate::tuf::threshold::{Meter, meter};

/// Unfinished versions of a role that are looked behind for a finished one.
const MAX_BEHIND: usize = 32;
/// Fewer equal files of delegated roles are told one by one.
const ALIKE: usize = 4;
/// Names of what is not counted, told one by one.
const MAX_NAMES: usize = 20;
/// What a key's object may say of its owner or its place (facts/tuf.md 3.4, 3.5).
const LABELS: [&str; 3] = ["x-tuf-on-ci-keyowner", "x-tuf-on-ci-online-uri", "name"];

/// The calendar of a repository, or of a chain of roots alone.
///
/// # Errors
/// [`NotACalendar`]: `CALENDAR_NO_ROOT` without a root, `CALENDAR_EXPIRY` where the
/// newest file of a role has no expiry that can be read.
pub fn calendar(tree: &Tree, options: &Options) -> Result<Calendar, NotACalendar> {
    let mut notes = Vec::new();
    let origin = origin(tree)?;
    let root = newest(tree, "root", None)?.ok_or_else(no_root)?;
    let trusted = match root.metadata.as_ref().map(|m| &m.signed) {
        Some(Signed::Root(root)) => Some(root.clone()),
        _ => None,
    };
    let online = trusted.as_ref().and_then(|r| r.roles.get(&RoleName::Timestamp));
    let online: BTreeSet<KeyId> = online
        .map(|r| r.keyids.iter().copied().collect())
        .unwrap_or_default();
    let mut entries = vec![entry("root", None, &root, &online, options)];
    let mut open = VecDeque::new();
    for role in [RoleName::Targets, RoleName::Snapshot, RoleName::Timestamp] {
        let may = trusted.as_ref().and_then(|r| May::of_root(r, role));
        match newest(tree, role.as_str(), may.as_ref())? {
            Some(found) => {
                entries.push(entry(role.as_str(), None, &found, &online, options));
                if role == RoleName::Targets {
                    open.push_back((role.as_str().to_owned(), found));
                }
            }
            None => notes.push(format!("no {role} here: when it expires is not known")),
        }
    }
    let mut seen: BTreeSet<String> = RoleName::ALL.iter().map(|r| r.as_str().to_owned()).collect();
    let here: BTreeSet<&str> = tree.files.keys().map(|(role, _)| role.as_str()).collect();
    while let Some((parent, found)) = open.pop_front() {
        let Some(delegations) = found.delegations() else {
            continue;
        };
        for (name, role) in delegated(delegations, &here) {
            if !seen.insert(name.to_owned()) {
                continue; // who is asked first counts; a top-level role is nobody's
            }
            let may = May {
                keys: &delegations.keys,
                role,
            };
            if let Some(found) = newest(tree, name, Some(&may))? {
                entries.push(entry(name, Some(&parent), &found, &online, options));
                open.push_back((name.to_owned(), found));
            }
        }
    }
    let strangers: Vec<&&str> = here.iter().filter(|name| !seen.contains(**name)).collect();
    for name in strangers.iter().take(MAX_NAMES) {
        notes.push(format!(
            "{}: nobody delegates to it, not counted",
            shown(name, 80)
        ));
    }
    if let Some(more) = strangers.len().checked_sub(MAX_NAMES).filter(|n| *n > 0) {
        notes.push(format!("{more} more that nobody delegates to, not counted"));
    }
    let mut entries = alike(entries);
    entries.sort_by(|a, b| (a.expires, &a.role).cmp(&(b.expires, &b.role)));
    Ok(Calendar {
        origin,
        at: options.at,
        profile: options.preset.map(|p| p.name),
        lead: options.lead(),
        lead_given: options.lead_days.is_some(),
        clock: clock(&entries, options),
        entries,
        notes,
    })
}

fn no_root() -> NotACalendar {
    NotACalendar {
        code: "CALENDAR_NO_ROOT",
        why: "expected a root, got none".to_owned(),
    }
}

/// The oldest root: a repository keeps it when it gets new files.
fn origin(tree: &Tree) -> Result<Digest, NotACalendar> {
    let oldest = tree.files.iter().find(|((role, _), _)| role == "root");
    let (_, bytes) = oldest.ok_or_else(no_root)?;
    // Other white space or other signatures are no other root.
    let signed = Json::parse(bytes)
        .ok()
        .and_then(|json| json.get("signed").cloned());
    Ok(signed.map_or_else(
        || Digest::of(bytes),
        |s| Digest::of(&crate::tuf::canonical::canonical(&s)),
    ))
}

/// Who may sign a role's file.
struct May<'a> {
    keys: &'a BTreeMap<KeyId, Key>,
    role: &'a Role,
}

impl<'a> May<'a> {
    fn of_root(root: &'a Root, role: RoleName) -> Option<May<'a>> {
        let keys = &root.keys;
        root.roles.get(&role).map(|role| May { keys, role })
    }

    fn count(&self, file: &Metadata) -> Meter {
        let (ids, threshold) = (&self.role.keyids, self.role.threshold);
        meter(self.keys, ids, threshold, &file.canonical(), &file.signatures)
    }

    fn signers(&self, count: &Meter) -> Vec<Signer> {
        let label = |id: &KeyId| {
            let rest = &self.keys.get(id)?.unrecognized;
            let text = LABELS.iter().find_map(|name| rest.get(*name)?.as_str());
            text.map(|text| shown(text, 120))
        };
        let one = |id: &KeyId| Signer {
            keyid: id.to_string(),
            label: label(id),
            signed: count.signed.contains(id),
        };
        self.role.keyids.iter().map(one).collect()
    }
}

/// A role's file that counts.
struct Found {
    version: u64,
    expires: Instant,
    metadata: Option<Metadata>,
    threshold: Option<u64>,
    keyids: Vec<KeyId>,
    signers: Vec<Signer>,
    distinct: usize,
    notes: Vec<String>,
}

impl Found {
    fn delegations(&self) -> Option<&Delegations> {
        match &self.metadata.as_ref()?.signed {
            Signed::Targets(targets) => targets.delegations.as_ref(),
            _ => None,
        }
    }
}

/// The newest version that enough keys signed, else the newest. A root is
/// judged by its own keys, whatever `may` is.
fn newest(tree: &Tree, role: &str, may: Option<&May<'_>>) -> Result<Option<Found>, NotACalendar> {
    let versions = tree
        .files
        .range((role.to_owned(), 0)..=(role.to_owned(), u64::MAX))
        .rev();
    let mut first = None;
    for ((_, version), bytes) in versions.take(MAX_BEHIND) {
        let found = match look(role, *version, bytes, may) {
            Ok(found) => found,
            Err(why) if first.is_none() => return Err(why),
            Err(_) => continue,
        };
        let complete = found
            .threshold
            .is_none_or(|t| u64::try_from(found.distinct).is_ok_and(|n| t > 0 && n >= t));
        let Some((newer, _)) = first.as_ref().map(|f: &Found| (f.version, ())) else {
            if complete {
                return Ok(Some(found));
            }
            first = Some(found);
            continue;
        };
        // What we cannot judge takes nobody's place.
        if complete && found.threshold.is_some() {
            let mut found = found;
            found.notes.push(format!(
                "version {newer} is here, and too few keys have signed it: not counted"
            ));
            return Ok(Some(found));
        }
    }
    if let Some(found) = &mut first {
        found
            .notes
            .push("too few keys have signed it: clients do not take it".to_owned());
    }
    Ok(first)
}

fn look(role: &str, version: u64, bytes: &[u8], may: Option<&May<'_>>) -> Result<Found, NotACalendar> {
    let mut found = Found {
        version,
        expires: Instant::EPOCH,
        metadata: None,
        threshold: None,
        keyids: Vec::new(),
        signers: Vec::new(),
        distinct: 0,
        notes: Vec::new(),
    };
    match Metadata::parse(bytes) {
        Ok(file) => {
            found.expires = file.signed.expires();
            let own = match &file.signed {
                Signed::Root(root) => May::of_root(root, RoleName::Root),
                _ => None,
            };
            if let Some(may) = own.as_ref().or(may) {
                let count = may.count(&file);
                found.threshold = Some(may.role.threshold);
                found.keyids.clone_from(&may.role.keyids);
                found.signers = may.signers(&count);
                found.distinct = count.distinct;
            } else {
                found.notes.push("who may sign it is not known".to_owned());
            }
            found.metadata = Some(file);
        }
        // History has dates and keys that today's rules refuse; the date still counts.
        Err(refused) => {
            let expires = show(bytes).ok().and_then(|s| s.expires.1);
            found.expires = expires.ok_or_else(|| NotACalendar {
                code: "CALENDAR_EXPIRY",
                why: format!("{} {version}: [{}] {refused}", shown(role, 80), refused.code()),
            })?;
            found.notes.push(format!(
                "today's parser refuses it [{}]: who signed it is not known",
                refused.code()
            ));
        }
    }
    Ok(found)
}

fn entry(
    role: &str,
    parent: Option<&str>,
    found: &Found,
    online: &BTreeSet<KeyId>,
    options: &Options,
) -> Entry {
    // What is signed every few days is signed by a machine, and so is whatever its key signs.
    let offline = !matches!(role, "snapshot" | "timestamp")
        && !found
            .keyids
            .iter()
            .any(|id| online.contains(id) && role != "root");
    let preset_role = RoleName::parse(role)
        .filter(|_| parent.is_none())
        .unwrap_or(RoleName::Targets);
    let window = options.preset.map(|p| p.window(preset_role));
    let lead = options.lead();
    // The preset's shortest life is its signing lead: then a new file is due.
    let opens = window.map(|w| before(found.expires, w.min.max(lead)));
    Entry {
        role: role.to_owned(),
        also: Vec::new(),
        parent: parent.map(str::to_owned),
        version: found.version,
        expires: found.expires,
        offline,
        threshold: found.threshold,
        distinct: found.distinct,
        signers: found.signers.clone(),
        by: offline.then(|| before(found.expires, lead)),
        opens: opens.filter(|_| offline),
        window,
        notes: found.notes.clone(),
    }
}

/// Roles of these delegations that have a file here, in their order.
fn delegated<'a>(delegations: &'a Delegations, here: &BTreeSet<&'a str>) -> Vec<(&'a str, &'a Role)> {
    match &delegations.roles {
        Delegated::Roles(roles) => roles
            .iter()
            .map(|r| (r.name.as_str(), &r.role))
            .filter(|(name, _)| here.contains(name))
            .collect(),
        Delegated::Succinct(set) => here
            .iter()
            .filter(|name| set.index_of(name).is_some())
            .map(|name| (*name, &set.role))
            .collect(),
    }
}

/// Many files that say the same are told once: a set of bins is signed in one go.
fn alike(entries: Vec<Entry>) -> Vec<Entry> {
    type Same = (Option<String>, u64, Instant, Vec<(String, bool)>, Vec<String>);
    let mut groups: BTreeMap<Same, Vec<Entry>> = BTreeMap::new();
    let mut out = Vec::new();
    for entry in entries {
        if entry.parent.is_none() {
            out.push(entry);
            continue;
        }
        let signers = entry.signers.iter().map(|s| (s.keyid.clone(), s.signed));
        let same = (
            entry.parent.clone(),
            entry.version,
            entry.expires,
            signers.collect(),
            entry.notes.clone(),
        );
        groups.entry(same).or_default().push(entry);
    }
    for mut group in groups.into_values() {
        if group.len() <= ALIKE {
            out.append(&mut group);
            continue;
        }
        let mut members = group.into_iter();
        if let Some(mut first) = members.next() {
            first.also = members.map(|e| e.role).collect();
            out.push(first);
        }
    }
    out
}

/// Metadata does not say when it was signed. A profile says how long it lives at
/// most, and so when it cannot have existed yet; without one nothing is said.
fn clock(entries: &[Entry], options: &Options) -> Vec<String> {
    let Some(preset) = options.preset else {
        return Vec::new();
    };
    let one = |e: &Entry| {
        let earliest = before(e.expires, e.window?.max);
        (options.at < earliest).then(|| {
            format!(
                "{} {} lives longer than {} allows, or the time is wrong: by its window it was signed at {earliest} or later, and this is {}",
                shown(&e.role, 80),
                e.version,
                preset.name,
                options.at
            )
        })
    };
    entries.iter().filter_map(one).collect()
}
