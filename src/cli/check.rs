//! `check SCRIPT`: everything that is wrong with a script, like a compiler.
//! Also how every other verb reads a script and the files beside it.

use std::path::Path;

use super::{Exit, out};
use crate::base::shown;
use crate::fault::Code;
use crate::plan::{Inputs, Plan};
use crate::script::{Diagnostics, MAX_BYTES, Script, disclosures};
use crate::tuf::policy::{Finding, Verdict};
use crate::tuf::workflow::MAX_TARGETS;

pub(super) fn check(path: &Path) -> Exit {
    match load(path) {
        Ok(plan) => {
            let script = plan.script();
            out::say(&format!(
                "{}: good: {} steps, about {} minutes, {}\nSHA-256 {}",
                name(path),
                plan.steps().len(),
                plan.minutes(),
                script.kind.name(),
                script.sha256
            ));
            if let Some(section) = &script.approvals {
                let of = section.keys.len();
                out::say(&format!(
                    "approvals: {} of {of} must; see tuf-ceremony approve",
                    section.quorum
                ));
            }
            for line in policy_lines(&plan) {
                out::say(&line);
            }
            for told in disclosures(script) {
                out::complain(&told.warning(&name(path)));
            }
            Exit::Good
        }
        Err(exit) => exit,
    }
}

/// What the policy found and did not refuse: each is said, none is silent.
fn policy_lines(plan: &Plan) -> Vec<String> {
    let said = |(finding, verdict): &(Finding, Verdict)| {
        let word = match verdict {
            Verdict::Rehearsed => "in production this is refused",
            other => other.as_str(),
        };
        format!("{word}: {}: {}", finding.claim, finding.what)
    };
    plan.policy_findings().iter().map(said).collect()
}

/// The plan of a script and the files beside it; what is wrong is printed.
pub(super) fn load(path: &Path) -> Result<Plan, Exit> {
    let bytes = read(path)?;
    let refuse = |faults: Diagnostics| {
        for fault in &faults.0 {
            out::complain(&fault.render(&name(path)));
        }
        out::card(Code::ScriptRefused, &faults.to_string());
        Exit::Usage
    };
    let script = Script::parse(&bytes).map_err(refuse)?;
    let mut inputs = Inputs::default();
    for file in Inputs::needed(&script) {
        // A missing file is the plan's to report, with its place in the script.
        if let Ok(bytes) = read_limited(&path.with_file_name(&file), MAX_TARGETS) {
            inputs.0.insert(file, bytes.into());
        }
    }
    Plan::build(script, &inputs).map_err(refuse)
}

fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    read_limited(path, MAX_BYTES).map_err(|e| {
        out::card(Code::ScriptUnreadable, &format!("{}: {e}", name(path)));
        Exit::Usage
    })
}

/// One byte more than a file may have: enough to see that it is too large.
pub(super) fn read_limited(path: &Path, most: usize) -> std::io::Result<Vec<u8>> {
    use std::io::Read;
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)?.take(limit).read_to_end(&mut bytes)?;
    Ok(bytes)
}

pub(super) fn name(path: &Path) -> String {
    shown(&path.display().to_string(), 200)
}
