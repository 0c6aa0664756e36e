//! The plan as text for people: the ordered outline that `plan` prints, with
//! what each step needs, makes and leaves as evidence.

use super::Plan;
use super::possession::Shown;
use super::trust::Trusted;
use crate::base::{Id, shown};
use crate::script::{AuditKey, Backend, Made, ResultSpec, Script, SerialSpec, Verb};
use crate::tuf::{KeyId, RoleName};

/// The plan in lines: acts, steps, who acts, minutes, what is true before and
/// after, what stays as evidence.
#[must_use]
pub fn outline(plan: &Plan) -> Vec<String> {
    let script = plan.script();
    let mut out = said(plan);
    let mut act = None;
    for (cursor, planned) in plan.steps().iter().enumerate() {
        if act != Some(planned.act) {
            act = Some(planned.act);
            if let Some(a) = script.acts.get(planned.act) {
                out.push(String::new());
                out.push(format!("Act {}: {}", a.id, a.title));
            }
        }
        let step = &planned.step;
        let says = step.verb.says();
        out.push(String::new());
        out.push(format!("  {}  {}", step.id, step.verb.headline()));
        out.push(format!("      who       {} ({} min)", step.by, step.minutes));
        out.push(format!("      before    {}", says.before));
        out.push(format!("      after     {}", says.after));
        out.push(format!("      evidence  {}", says.evidence));
        out.push(format!("      retry     {}", says.retry.words()));
        let lines = plan.lines(cursor).into_iter().enumerate();
        out.extend(lines.map(|(i, line)| format!("      line {:<4} {}", i.saturating_add(1), line.text)));
        for item in plan.numbered(cursor) {
            out.push(format!("      number    {item}: ____________________"));
        }
        if let Verb::Supersede(what) = &step.verb {
            out.push(format!("      earlier   {}", what.payload.grouped()));
            out.push(format!("      because   {}", what.reason));
        }
    }
    out.iter().map(|line| safe(line)).collect()
}

/// Titles, reasons and lines are the script's: printable ASCII, cut nowhere.
fn safe(line: &str) -> String {
    shown(line, usize::MAX)
}

/// What a plan comes to, in lines: what it starts from, who and what it needs, what
/// must be true at the end. Who approves a script reads these.
#[must_use]
pub fn summary(plan: &Plan) -> Vec<String> {
    said(plan).iter().map(|line| safe(line)).collect()
}

fn said(plan: &Plan) -> Vec<String> {
    let script = plan.script();
    let mut out = vec![
        script.title.clone(),
        format!(
            "{} / {} / {} ({})",
            script.organisation,
            script.site,
            script.ceremony,
            script.kind.name()
        ),
        format!("script SHA-256 {}", script.sha256.grouped()),
        format!("{} steps, about {} minutes", plan.steps().len(), plan.minutes()),
    ];
    out.extend(super::approvers::lines(script));
    if let Some(trusted) = plan.trusted() {
        let version = trusted.root.common.version;
        let digest = crate::base::Digest::of(&crate::tuf::canonical(&trusted.signed));
        let verb = if script.makes_root() {
            "succeeds"
        } else {
            "signs under"
        };
        out.push(format!(
            "{verb} root {version} (signed bytes SHA-256 {}), of a chain from root {}",
            digest.grouped(),
            trusted.first
        ));
        out.extend(script.changes.iter().map(|change| {
            let reason = change.reason.as_deref().map(|r| format!(", because: {r}"));
            format!("  changes: {}{}", change.what.words(), reason.unwrap_or_default())
        }));
    }
    if let Some(record) = plan.record() {
        let ended = if record.closed { "closed" } else { "not closed" };
        out.push(format!(
            "names the record of ceremony {}, {ended}",
            record.ceremony.grouped()
        ));
        out.extend(record.signed.iter().map(|m| {
            let payload = m.payload.grouped();
            format!("  it meant to sign {} {}: {payload}", m.metadata, m.version)
        }));
    }
    out.extend(plan.targets().values().flat_map(super::TargetsPlan::says));
    for (name, key) in plan.external() {
        let trusted = plan.trusted().and_then(|t| Some((t, t.keys.get(name)?)));
        let listed = trusted.is_some();
        let of_root = trusted.is_some_and(|(t, (keyid, _))| t.root.keys.contains_key(keyid));
        out.push(format!(
            "key {name}, {}: {}, fingerprint {}",
            if of_root {
                "of the trusted root, which vouches for it"
            } else if listed {
                "of a trusted delegation, which vouches for it"
            } else {
                "made elsewhere"
            },
            key.algorithm().name(),
            key.fingerprint().grouped()
        ));
        if listed {
            continue;
        }
        out.push(match plan.possession(name) {
            Some(Shown::Proven(file)) => format!("  its holder signed the challenge beforehand: {file}"),
            Some(Shown::Waived) | None => {
                "  PROOF OF POSSESSION WAIVED: nobody has shown to hold its private half".to_owned()
            }
        });
    }
    out.push(String::new());
    out.extend(room(script));
    out.push(String::new());
    out.extend(results(script));
    if script.makes_root() {
        out.extend(plan.trusted().map(old_threshold));
    }
    out.extend(plan.expiry_lines(None));
    out
}

/// Who and what must be in the room.
fn room(script: &Script) -> Vec<String> {
    let people = script.roles.iter().map(|role| {
        format!(
            "people {}: {} of {} seats must be filled",
            role.id, role.quorum, role.seats
        )
    });
    let devices = script.tokens.iter().map(|token| {
        let how = match &token.backend {
            Backend::Embedded => "a token that this program plays".to_owned(),
            Backend::File => "a folder of key files".to_owned(),
            Backend::Yubihsm => "a YubiHSM 2".to_owned(),
            Backend::Pkcs11 { module } => format!("through the PKCS#11 module {module}"),
        };
        let serial = match &token.serial {
            SerialSpec::Known(serial) => format!("serial {serial}"),
            SerialSpec::AtInventory => "its serial is typed at the inventory".to_owned(),
        };
        let waived = token.firmware_waiver.as_deref();
        let waived = waived.map(|why| format!("; FIRMWARE FLOOR WAIVED, because: {why}"));
        format!(
            "device {}: {how}, {serial}{}",
            token.id,
            waived.unwrap_or_default()
        )
    });
    let attesters = script.attesters.iter().map(|attester| {
        let key = match &attester.key {
            AuditKey::MadeHere => "made here".to_owned(),
            AuditKey::Known(vkey) => vkey.to_string(),
        };
        format!(
            "attester {}: {} {} countersigns with an audit key on {}, {key}",
            attester.id, attester.by, attester.seat, attester.on
        )
    });
    people.chain(devices).chain(attesters).collect()
}

/// Whose signatures the trusted root itself asks for on its successor (TUF 5.3.4).
fn old_threshold(trusted: &Trusted) -> String {
    let version = trusted.root.common.version;
    let Some(role) = trusted.root.roles.get(&RoleName::Root) else {
        return format!("for root {version}, which clients have: no role of root");
    };
    // Every key that the trusted root lists has a name in the script, or is shown by its id.
    let name = |id: &KeyId| {
        let named = trusted.keys.iter().find(|(_, (keyid, _))| keyid == id);
        named.map_or_else(|| id.to_string(), |(name, _)| name.to_string())
    };
    let names: Vec<String> = role.keyids.iter().map(name).collect();
    format!(
        "for root {version}, which clients have: {} of {} keys must sign root too: {}",
        role.threshold,
        names.len(),
        names.join(", ")
    )
}

/// What must be true at the end: whose signatures count, and how many must be there.
fn results(script: &Script) -> Vec<String> {
    let one = |result: &ResultSpec| {
        let keys: Vec<&str> = result.keys.iter().map(Id::as_str).collect();
        let made = match &result.made {
            Made::Here { version, .. } => format!("version {version}, made here"),
            Made::Elsewhere => "made elsewhere".to_owned(),
        };
        format!(
            "{}, {made}: {} of {} keys must sign: {}",
            result.metadata,
            result.threshold,
            keys.len(),
            keys.join(", ")
        )
    };
    script.results.iter().map(one).collect()
}
