//! What the record says, with what stands behind each fact: a device's
//! signature, re-execution, or only this machine's word. A fact is no check:
//! that the program's digest is recorded does not mean that it ran.

use crate::base::{Digest, Id, shown};
use crate::bundle::VERIFY_PY;
use crate::bundle::layout::APPROVALS;
use crate::script::Script;
use crate::transcript::{Class, Kind};
use crate::tuf::Key;

use super::anchors::{Anchors, Predecessor};
use super::case::Case;
use super::{Anchor, Anchored, Fact, signers};

pub(super) fn gather(case: &Case<'_>) -> Vec<Fact> {
    let mut facts = Facts(Vec::new(), external(case));
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
    for (name, keys) in [
        ("approved-by", signers::approvers(case)),
        ("attested-by", signers::attesters(case)),
        ("witnessed-by", signers::witnesses(case)),
    ] {
        for key in keys {
            facts.add(name, key.to_string(), Class::PersonSigned, None);
        }
    }
    facts.0
}

/// The facts that an anchor from outside says too. (Who signed is counted with
/// keys from outside alone.)
fn external(case: &Case<'_>) -> Vec<&'static str> {
    let mut names = vec!["approved-by", "attested-by", "witnessed-by"];
    let (Some(anchors), Some(open)) = (&case.options.anchors, &case.opening) else {
        return names;
    };
    if anchors.verifier == Some(open.verifier.sha256) {
        names.push("verifier");
    }
    if anchors.program == Some(open.program.sha256) {
        names.push("program");
    }
    if anchors.predecessor.as_ref().map(Predecessor::to_string).as_ref() == Some(&open.predecessor) {
        names.push("predecessor");
    }
    if signers::head_is_known(case) || !signers::attesters(case).is_empty() {
        // The head binds every line, and the first line is the ceremony's id.
        names.extend(["ceremony", "origin", "root", "log-key"]);
    }
    names
}

/// Every kind of anchor, in the order of the anchors file.
pub(super) fn anchored(case: &Case<'_>) -> Vec<Anchored> {
    let none = Anchors::default();
    let anchors = case.options.anchors.as_ref().unwrap_or(&none);
    let open = case.opening.as_ref();
    let mut out = Vec::new();
    let mut add = |name, external: bool, what: String| {
        out.push(Anchored {
            name,
            anchor: if external {
                Anchor::External
            } else {
                Anchor::SelfAsserted
            },
            what: shown(&what, 300),
        });
    };
    let quorum = |n: Option<usize>| n.map_or("an unstated number".to_owned(), |n| n.to_string());
    let people = [
        (
            "approver",
            &anchors.approvers,
            signers::approvers(case),
            "approved",
        ),
        (
            "attester",
            &anchors.attesters,
            signers::attesters(case),
            "signed a last checkpoint",
        ),
        (
            "witness",
            &anchors.witnesses,
            signers::witnesses(case),
            "cosigned the final checkpoint",
        ),
    ];
    for (name, keys, signed, did) in people {
        let needed = match name {
            "approver" => format!("; {} needed", quorum(anchors.approvals)),
            "witness" => format!("; {} needed", quorum(anchors.quorum)),
            _ => String::new(),
        };
        let what = match keys.len() {
            0 => "no key was brought from outside; the bundle's own say nothing".to_owned(),
            known => format!("{} of {known} known keys {did}{needed}", signed.len()),
        };
        add(name, !keys.is_empty(), what);
    }
    match anchors.checkpoints.as_slice() {
        [] => add("checkpoint", false, "none was read elsewhere".to_owned()),
        all => {
            for checkpoint in all {
                add("checkpoint", true, checkpoint.in_line());
            }
        }
    }
    let said = open.map_or("nothing that can be read", |o| o.predecessor.as_str());
    let before = anchors.predecessor.as_ref();
    add(
        "predecessor",
        before.is_some(),
        before.map_or(said.to_owned(), Predecessor::to_string),
    );
    let digest = |from: Option<Digest>, own: Option<Digest>| {
        let own = own.map_or("nothing that can be read".to_owned(), |d| d.hex());
        (from.is_some(), from.map_or(own, |d| d.hex()))
    };
    let (external, what) = digest(anchors.verifier, open.map(|o| o.verifier.sha256));
    let is = open.is_some_and(|o| o.verifier.sha256 == Digest::of(VERIFY_PY));
    let release = if is {
        "this release's"
    } else {
        "NOT this release's: never run it"
    };
    add("verifier", external, format!("{what}, {release}"));
    let (external, what) = digest(anchors.program, open.map(|o| o.program.sha256));
    add("program", external, what);
    match anchors.attestation_roots.as_slice() {
        [] => add(
            "attestation-root",
            false,
            "the roots that this program pins".to_owned(),
        ),
        all => {
            for root in all {
                add("attestation-root", true, root.hex());
            }
        }
    }
    out
}

/// The facts, and the names of those that an anchor from outside says too.
struct Facts(Vec<Fact>, Vec<&'static str>);

impl Facts {
    fn add(&mut self, name: &'static str, value: impl Into<String>, class: Class, record: Option<u64>) {
        let external = self.1.contains(&name);
        self.0.push(Fact {
            name,
            value: shown(&value.into(), 300),
            class,
            anchor: if external {
                Anchor::External
            } else {
                Anchor::SelfAsserted
            },
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
    approvals(case, facts);
    if let Some(drill) = &open.drill {
        facts.add("drill", drill.clone(), Class::Claimed, Some(0));
    }
    for module in &open.modules {
        let value = format!("{} {}", module.path, module.sha256);
        facts.add("module", value, Class::Claimed, Some(0));
    }
}

/// Who approved, by signatures that verify over the script that is here.
fn approvals(case: &Case<'_>, facts: &mut Facts) {
    let (Ok(plan), Some(note)) = (&case.plan, case.files.get(APPROVALS)) else {
        return;
    };
    let Ok((_, approved)) = plan.script().read_approvals(note) else {
        return; // the check says why
    };
    for vkey in &approved.by {
        facts.add("approval", vkey.to_string(), Class::PersonSigned, Some(0));
    }
    let quorum = format!(
        "{} of {} must",
        approved.quorum,
        approved.by.len().saturating_add(approved.missing.len())
    );
    facts.add("approval-quorum", quorum, Class::Claimed, Some(0));
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
