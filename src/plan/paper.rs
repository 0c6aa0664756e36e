//! The plan as text for people: the ordered outline that `plan` prints, with
//! what each step needs, makes and leaves as evidence.

use super::Plan;
use super::possession::Shown;
use crate::script::Verb;

/// The plan in lines: acts, steps, who acts, minutes, what is true before and
/// after, what stays as evidence.
#[must_use]
pub fn outline(plan: &Plan) -> Vec<String> {
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
    if let Some(trusted) = plan.trusted() {
        let version = trusted.root.common.version;
        let digest = crate::base::Digest::of(&crate::tuf::canonical(&trusted.signed));
        out.push(format!(
            "succeeds root {version} (signed bytes SHA-256 {}), of a chain from root {}",
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
    out.extend(plan.targets().says());
    for (name, key) in plan.external() {
        let listed = plan.trusted().is_some_and(|t| t.keys.contains_key(name));
        out.push(format!(
            "key {name}, {}: {}, fingerprint {}",
            if listed {
                "of the trusted root, which vouches for it"
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
    out.extend(plan.expiry_lines(None));
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
        for item in plan.numbered(cursor) {
            out.push(format!("      number    {item}: ____________________"));
        }
        if let Verb::Supersede(what) = &step.verb {
            out.push(format!("      earlier   {}", what.payload.grouped()));
            out.push(format!("      because   {}", what.reason));
        }
    }
    out
}
