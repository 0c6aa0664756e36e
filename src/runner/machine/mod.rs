//! The machine check (law 10): who looks at the surroundings, and how often. The
//! look is a port, so that a ceremony can be tested beside any machine; the real
//! one reads `/sys` and `/proc` ([`System`]). What follows from a look is the
//! engine's to say, here nothing is judged.

mod devices;
mod memory;
mod network;
mod tree;

use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::{Cmd, Failure};
use crate::base::machine::{Finding, FindingCode, Report};
use crate::fault::Code;
use crate::plan::Plan;
use crate::script::Kind;
pub use memory::Core;
use tree::Tree;

/// Looks at the surroundings of the machine.
pub trait Machine: Send {
    /// Everything, as it is now.
    fn look(&mut self) -> Report;
}

/// The machine that the program runs on.
#[derive(Debug, Clone)]
pub struct System {
    tree: Tree,
    core: fn() -> Core,
    /// What the processor says, which never changes: a long file, read once.
    processor: Option<Vec<Finding>>,
}

impl System {
    /// The real one: `/sys` and `/proc`, and this process's own limits.
    #[must_use]
    pub fn new() -> System {
        System::at(Path::new("/"), memory::of_this_process)
    }

    /// One whose `sys` and `proc` lie below a folder: for tests of the reader.
    #[must_use]
    pub fn at(root: &Path, core: fn() -> Core) -> System {
        System {
            tree: Tree::at(PathBuf::from(root)),
            core,
            processor: None,
        }
    }
}

impl Default for System {
    fn default() -> Self {
        System::new()
    }
}

impl Machine for System {
    fn look(&mut self) -> Report {
        let mut look = Look::default();
        network::interfaces(&self.tree, &mut look);
        devices::buses(&self.tree, &mut look);
        memory::swap(&self.tree, &mut look);
        memory::core(&self.tree, (self.core)(), &mut look);
        let known = self.processor.get_or_insert_with(|| {
            let mut once = Look::default();
            memory::processor(&self.tree, &mut once);
            once.findings
        });
        look.findings.extend(known.iter().cloned());
        Report::new(look.findings, look.devices)
    }
}

/// What one look gathers.
#[derive(Debug, Default)]
struct Look {
    findings: Vec<Finding>,
    devices: Vec<crate::base::machine::Device>,
}

impl Look {
    /// About these names; none: nothing was found.
    fn found(&mut self, code: FindingCode, mut about: Vec<String>) {
        about.sort();
        about.dedup();
        if !about.is_empty() {
            self.findings.push(Finding::of(code, &about.join(", ")));
        }
    }

    /// Law 7: what cannot be read is a finding that refuses.
    fn unread(&mut self, what: &str) {
        self.findings.push(Finding::of(FindingCode::Unread, what));
    }
}

/// How often it is looked: often enough that a stick that was plugged in and out
/// is seen, seldom enough that nobody notices.
const EVERY: Duration = Duration::from_secs(1);

/// Says what it sees to the clerk, who writes each change down, until the other
/// end of `stop` is gone. What was said once and could not be written is said again.
pub(super) fn watch(mut machine: Box<dyn Machine>, cmds: &Sender<Cmd>, stop: &Receiver<()>) {
    while stop.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        if cmds.send(Cmd::Machine(machine.look())).is_err() {
            return;
        }
    }
}

/// Production is not even begun beside what refuses (law 10): no record, no device.
/// The engine says the same of the first record.
///
/// # Errors
/// [`Failure`] with every refusing finding and its remedy.
pub fn ready(plan: &Plan, report: Report) -> Result<Report, Failure> {
    let refusing: Vec<String> = report.refusing().map(refused).collect();
    if plan.script().kind == Kind::Rehearsal || refusing.is_empty() {
        return Ok(report);
    }
    Err(Failure {
        code: Code::MachineNotReady,
        meaning: refusing.join("\n            "),
    })
}

/// What stands against production, and what to do about it.
fn refused(finding: &Finding) -> String {
    let card = finding.code.card();
    let about = match finding.about.as_str() {
        "" => String::new(),
        about => format!(" ({about})"),
    };
    format!("{}{about}: {} {}", finding.code.word(), card.fact, card.remedy)
}
