//! What the record says, with what stands behind each fact: a device's
//! signature, re-execution, or only this machine's word. A fact is no check:
//! that the program's digest is recorded does not mean that it ran.

use crate::base::{Id, shown};
use crate::script::Script;
use crate::transcript::{Class, Kind};
use crate::tuf::Key;

use super::case::Case;
use super::{Anchor, Fact};

pub(super) fn gather(case: &Case<'_>) -> Vec<Fact> {
    let mut facts = Facts(Vec::new());
    let ceremony = case.chain.ceremony;
    facts.add("ceremony", ceremony.hex(), Class::Derived, Some(0));
    if let Some(origin) = &case.origin {
        facts.add("origin", origin.clone(), Class::Derived, Some(0));
    }
    opening(case, &mut facts);
    for (seq, key) in &case.runs {
        facts.add("log-key", key.fingerprint().hex(), Class::Claimed, Some(*seq));
    }
    if let Ok(plan) = &case.plan {
        title(plan.script(), &mut facts);
    }
    state(case, &mut facts);
    if let Some(last) = case.lines.last() {
        facts.add(
            "last-record",
            last.record.kind.to_string(),
            Class::Claimed,
            Some(last.seq),
        );
    }
    let head = format!(
        "{} over {} records",
        case.chain.tree.root(),
        case.chain.tree.size()
    );
    facts.add("root", head, Class::Derived, None);
    facts.0
}

struct Facts(Vec<Fact>);

impl Facts {
    /// No anchors come from outside yet, so every fact is the bundle's own word.
    fn add(&mut self, name: &'static str, value: impl Into<String>, class: Class, record: Option<u64>) {
        self.0.push(Fact {
            name,
            value: shown(&value.into(), 300),
            class,
            anchor: Anchor::SelfAsserted,
            record,
        });
    }
}

fn opening(case: &Case<'_>, facts: &mut Facts) {
    let Some(open) = &case.opening else { return };
    let program = &open.program;
    for (name, value) in [
        ("kind", open.kind.clone()),
        ("engine", open.engine.to_string()),
        ("clients", open.clients.to_string()),
        ("script", open.script.sha256.hex()),
        ("program", format!("{} {}", program.version, program.sha256)),
        ("program-lock", program.lock.hex()),
        ("program-features", program.features.join(" ")),
        ("verifier", open.verifier.sha256.hex()),
        ("front-end", word(&open.front_end)),
        ("secrets", word(&open.secrets)),
        ("predecessor", open.predecessor.clone()),
    ] {
        facts.add(name, value, Class::Claimed, Some(0));
    }
    if let Some(drill) = &open.drill {
        facts.add("drill", drill.clone(), Class::Claimed, Some(0));
    }
    for module in &open.modules {
        let value = format!("{} {}", module.path, module.sha256);
        facts.add("module", value, Class::Claimed, Some(0));
    }
}

fn title(script: &Script, facts: &mut Facts) {
    facts.add("title", script.title.clone(), Class::Claimed, None);
    facts.add("profile", script.profile.name, Class::Claimed, None);
}

/// What only the re-executed ceremony can say.
fn state(case: &Case<'_>, facts: &mut Facts) {
    let Ok(state) = case.state() else { return };
    if let Some(clock) = state.clock {
        let value = format!("{}; a person read {}", clock.machine, clock.typed);
        facts.add("clock", value, Class::Claimed, None);
    }
    for person in &state.people {
        let value = match &person.name {
            Some(name) => format!("{} {}: {name}", person.role, person.seat),
            None => format!("{} {}: nobody ({})", person.role, person.seat, person.reason),
        };
        facts.add("person", value, Class::Claimed, None);
    }
    for (id, token) in &state.bench {
        let serial = token.serial.as_deref().unwrap_or("?");
        facts.add("token", format!("{id}: serial {serial}"), Class::Claimed, None);
    }
    for (id, key) in &state.keys {
        let record = find(case, Kind::Proven, "key", id);
        // The proof's signature was verified again by the re-execution.
        let class = if key.proven {
            Class::DeviceSigned
        } else {
            Class::Claimed
        };
        let value = format!(
            "{id} on {}: {} {}, keyid {}",
            key.token,
            key.algorithm.name(),
            key.public.fingerprint(),
            Key::of(&key.public).keyid()
        );
        facts.add("key", value, class, record);
        if let Some(verdict) = &key.attested {
            let record = find(case, Kind::Attested, "key", id);
            facts.add(
                "attested",
                format!("{id}: {verdict}"),
                Class::DeviceSigned,
                record,
            );
        }
    }
    for (id, token) in state.bench.iter().filter(|(_, t)| t.log.entries > 0) {
        // The log is not signed; that it is whole and explained was computed anew.
        let mut value = format!(
            "{id}: {} commands, {} entries, 0 unexplained",
            token.log.commands, token.log.entries
        );
        if !token.set_up {
            // The log before it is an earlier ceremony's, and was not read here.
            value.push_str(", from the first reading on, not from a reset");
        }
        facts.add(
            "device-log",
            value,
            Class::Claimed,
            find(case, Kind::DeviceLog, "token", id),
        );
    }
    if let Some(trusted) = case.plan.as_ref().ok().and_then(|p| p.trusted()) {
        let value = format!(
            "root {}, of a chain from root {}",
            trusted.root.common.version, trusted.first
        );
        facts.add("trusted", value, Class::Derived, None);
    }
    for (role, file) in &state.files {
        facts.add(
            "payload",
            format!("{role}: {}", file.draft.digest),
            Class::Derived,
            None,
        );
        for (keyid, _) in &file.signatures {
            facts.add("signature", format!("{role}: {keyid}"), Class::DeviceSigned, None);
        }
    }
    custody(case, facts);
    facts.add("deviations", state.deviations.to_string(), Class::Claimed, None);
}

/// Bags, seals and what a quorum decided, in the order of the record.
fn custody(case: &Case<'_>, facts: &mut Facts) {
    for line in &case.lines {
        let of = |member: &str| {
            let body = line.record.body.as_object();
            let found = body.and_then(|b| b.get(member)).and_then(|m| m.as_str());
            found.unwrap_or_default()
        };
        let (name, value) = match line.record.kind {
            Kind::Recorded if of("person").is_empty() => {
                ("number", format!("{}: {}", of("item"), of("number")))
            }
            Kind::Recorded => (
                "number",
                format!("{}: {}, left with {}", of("item"), of("number"), of("person")),
            ),
            Kind::Differed => (
                "number-differs",
                format!(
                    "{}: {}, and {} was recorded; because: {}",
                    of("item"),
                    of("found"),
                    of("recorded"),
                    of("because")
                ),
            ),
            Kind::Attester => (
                "attester",
                format!("{} {}: {}", of("role"), of("person"), of("vkey")),
            ),
            Kind::Countersigned => (
                "countersigned",
                format!("{}: root {}", of("attester"), of("root")),
            ),
            Kind::Declined if of("what") != "step" => (
                "declined",
                format!(
                    "{} ({}), {}; because: {}",
                    of("attester"),
                    of("role"),
                    of("what"),
                    of("because")
                ),
            ),
            Kind::Superseded => (
                "superseded",
                format!(
                    "{}: {} by {}; because: {}",
                    of("metadata"),
                    of("earlier"),
                    of("payload"),
                    of("because")
                ),
            ),
            _ => continue,
        };
        facts.add(name, value, Class::of(line.record.kind), Some(line.seq));
    }
}

/// The last record of a kind that names something.
fn find(case: &Case<'_>, kind: Kind, member: &str, name: &Id) -> Option<u64> {
    case.lines
        .iter()
        .rfind(|l| {
            l.record.kind == kind && l.record.body.get(member).and_then(|k| k.as_str()) == Some(name.as_str())
        })
        .map(|l| l.seq)
}

/// The word by which a record names a choice.
fn word<T: serde::Serialize>(choice: &T) -> String {
    crate::base::Json::of(choice)
        .ok()
        .and_then(|json| json.as_str().map(str::to_owned))
        .unwrap_or_default()
}
