//! `machine`: what stands around the program on this machine, and whether a
//! production ceremony would start here (law 10). It looks and changes nothing;
//! docs/machine.md describes the JSON.

use serde::Serialize;

use super::{Exit, harden, out};
use crate::base::machine::{Device, Finding, Report, Weight};
use crate::runner::{Machine as _, System};

pub(super) fn machine(json: bool) -> Exit {
    // As a run does before its first look: what is possible then counts.
    if let Err(exit) = harden::harden() {
        return exit;
    }
    let report = System::new().look();
    let ready = report.refusing().next().is_none();
    if json {
        match serde_json::to_string(&Json::of(&report)) {
            Ok(text) => out::say(&text),
            Err(error) => {
                out::complain(&error.to_string());
                return Exit::Fault;
            }
        }
    } else {
        out::say(&text(&report));
    }
    if ready { Exit::Good } else { Exit::Negative }
}

/// For the home screen: core dumps are as a run will have them.
#[cfg(feature = "tui")]
pub(super) fn looker() -> crate::ui::machine::Look {
    let core = || crate::runner::machine::Core {
        limited: true,
        undumpable: true,
    };
    let root = std::path::Path::new("/");
    std::sync::Arc::new(move || System::at(root, core).look())
}

fn text(report: &Report) -> String {
    let mut lines = Vec::new();
    for finding in &report.findings {
        let card = finding.code.card();
        let (word, about) = (finding.code.word(), &finding.about);
        lines.push(format!("{}: {word}: {about}", weight(finding)));
        lines.push(format!("  found     {}", card.fact));
        lines.push(format!("  meaning   {}", card.meaning));
        lines.push(format!("  do        {}", card.remedy));
        lines.push(String::new());
    }
    lines.push("input, storage and network devices:".to_owned());
    lines.extend(report.devices.iter().map(|d| format!("  {}", d.line())));
    if report.devices.is_empty() {
        lines.push("  none".to_owned());
    }
    lines.push(String::new());
    lines.push(if report.refusing().next().is_none() {
        "Production would start on this machine. All of this is the system's own word.".to_owned()
    } else {
        "Production would NOT start on this machine.".to_owned()
    });
    lines.join("\n")
}

fn weight(finding: &Finding) -> &'static str {
    match finding.code.weight() {
        Weight::Refuses => "refuses",
        Weight::Warns => "warns",
    }
}

#[derive(Serialize)]
struct Json<'r> {
    ready: bool,
    findings: Vec<Found<'r>>,
    devices: &'r [Device],
}

#[derive(Serialize)]
struct Found<'r> {
    code: &'static str,
    weight: &'static str,
    about: &'r str,
}

impl<'r> Json<'r> {
    fn of(report: &'r Report) -> Json<'r> {
        let found = |finding: &'r Finding| Found {
            code: finding.code.word(),
            weight: weight(finding),
            about: &finding.about,
        };
        Json {
            ready: report.refusing().next().is_none(),
            findings: report.findings.iter().map(found).collect(),
            devices: &report.devices,
        }
    }
}
