//! What the surroundings of the machine do to a ceremony (law 10). Each change
//! is an input and a record; a production ceremony neither starts nor goes on
//! while something stands that refuses, and goes on by itself when it is gone.
//! The auditor folds the same reports: a record in which a question was answered
//! while the ceremony was frozen does not follow from itself.

use serde::Serialize;

use super::effect::What;
use super::input::Acceptance;
use super::state::{Phase, Question, State};
use super::turn::Turn;
use super::{Refusal, steps};
use crate::base::machine::{Device, DeviceKind, Finding, Report};
use crate::base::{Id, Json, shown};
use crate::plan::Plan;
use crate::script::{Kind as ScriptKind, Verb};
use crate::transcript::Kind;

/// The code of the refusal to start on such a machine.
pub const NOT_READY: &str = "machine-not-ready";
/// The code of the refusal of an answer while the ceremony is frozen.
pub const FROZEN: &str = "frozen";

/// What the record knows of the machine's surroundings in this run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Surroundings {
    /// The last report; none before the first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
    /// The devices that may be there: those of the start, those that a step asked
    /// for, those that somebody accepted.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub listed: Vec<Device>,
    /// What was to be done next when the ceremony froze.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<What>,
}

/// One thing that stands against production.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Against<'a> {
    /// Something that no production ceremony runs beside.
    Found(&'a Finding),
    /// A device that was not there.
    Unlisted(&'a Device),
}

impl Surroundings {
    /// Everything that stands against production now.
    #[must_use]
    pub fn against(&self) -> Vec<Against<'_>> {
        let Some(report) = &self.report else {
            return Vec::new();
        };
        let found = report.refusing().map(Against::Found);
        found.chain(self.unlisted().map(Against::Unlisted)).collect()
    }

    /// The devices that were not there at the start, and that nothing asked for.
    pub fn unlisted(&self) -> impl Iterator<Item = &Device> {
        let devices = self.report.iter().flat_map(|r| &r.devices);
        devices.filter(|d| !self.listed.iter().any(|l| l.is(d)))
    }
}

impl Against<'_> {
    /// In one line, for records and refusals.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Against::Found(f) if f.about.is_empty() => f.code.word().to_owned(),
            Against::Found(f) => format!("{}: {}", f.code.word(), f.about),
            Against::Unlisted(d) => format!("unlisted-device: {}", d.line()),
        }
    }
}

/// Whether production waits for the machine. A run without any report waits too
/// (law 7); a rehearsal records and shows, and never waits.
#[must_use]
pub fn frozen(plan: &Plan, state: &State) -> bool {
    plan.script().kind == ScriptKind::Production
        && matches!(state.phase, Phase::Asking(_) | Phase::Working(_))
        && (state.machine.report.is_none() || !state.machine.against().is_empty())
}

/// A run begins beside this report. Its devices are the ones that may be there.
pub(super) fn begin(turn: &mut Turn, report: Option<&Report>) -> Result<(), Refusal> {
    let production = turn.plan.script().kind == ScriptKind::Production;
    let refusing = match report {
        Some(report) => {
            tidy(report)?;
            let lines: Vec<String> = report.refusing().map(|f| Against::Found(f).line()).collect();
            lines.join("; ")
        }
        None => "no report".to_owned(),
    };
    if production && !refusing.is_empty() {
        return Err(Refusal::new(
            NOT_READY,
            "a report of the machine with nothing that refuses",
            shown(&refusing, 300),
            "production starts on a quiet machine alone",
        ));
    }
    turn.state.machine = Surroundings {
        listed: report.map(|r| r.devices.clone()).unwrap_or_default(),
        report: report.cloned(),
        held: None,
    };
    Ok(())
}

/// Something around the machine has changed. Nothing else changes with it: what
/// a device is doing goes on, and its outcome is taken.
pub(super) fn report(turn: &mut Turn, report: &Report) -> Result<(), Refusal> {
    turn.check_open()?;
    tidy(report)?;
    if turn.state.machine.report.as_ref() == Some(report) {
        return Err(Refusal::new(
            "machine-same",
            "a report that differs from the last one",
            "the same",
            "only a change is recorded",
        ));
    }
    let before = frozen(turn.plan, &turn.state);
    turn.state.machine.report = Some(report.clone());
    expected(turn);
    turned(turn, before);
    Ok(())
}

/// A person of another role lets a device stay: a deviation.
pub(super) fn accept(turn: &mut Turn, accepted: &Acceptance) -> Result<(), Refusal> {
    turn.check_open()?;
    steps::check_text("why it may stay", &accepted.why)?;
    if !frozen(turn.plan, &turn.state) {
        return Err(Refusal::new(
            "not-frozen",
            "a ceremony that waits for a device to go",
            "one that does not",
            "there is nothing to accept",
        ));
    }
    other_role(turn, &accepted.by)?;
    let typed = accepted.device.trim();
    let named: Vec<Device> = turn
        .state
        .machine
        .unlisted()
        .filter(|d| d.id.eq_ignore_ascii_case(typed))
        .cloned()
        .collect();
    if named.is_empty() {
        return Err(Refusal::new(
            "device-unknown",
            "the name of a device that is listed here as new",
            shown(typed, 60),
            "no new device has this name",
        ));
    }
    turn.state.machine.listed.extend(named);
    turn.state.deviations = turn.state.deviations.saturating_add(1);
    turned(turn, true);
    Ok(())
}

/// The person sits in another role than the acting one, and in no seat of that.
fn other_role(turn: &Turn, by: &str) -> Result<(), Refusal> {
    let acting = turn.planned().map(|p| p.step.by.clone());
    let seats = seats(&turn.state, by);
    let sits_elsewhere = !seats.is_empty() && seats.iter().all(|role| Some(*role) != acting.as_ref());
    if sits_elsewhere {
        return Ok(());
    }
    Err(Refusal::new(
        "person-acts",
        match &acting {
            Some(role) => format!("a person of the roll call who is not of the role {role}"),
            None => "a person of the roll call".to_owned(),
        },
        shown(by.trim(), 60),
        "who acts does not decide alone which devices may be there",
    ))
}

/// The roles in which the roll call has this name.
pub(super) fn seats<'s>(state: &'s State, name: &str) -> Vec<&'s Id> {
    let is = |n: &str| n.trim().eq_ignore_ascii_case(name.trim());
    let people = state.people.iter();
    people
        .filter(|p| p.name.as_deref().is_some_and(is))
        .map(|p| &p.role)
        .collect()
}

/// The role that accepts, for the record.
pub(super) fn role_of(state: &State, name: &str) -> String {
    seats(state, name)
        .first()
        .map(|r| r.to_string())
        .unwrap_or_default()
}

/// What the present step asks people to plug in is no surprise: the media of an
/// export, and at an inventory, where the serial on each body is compared, a
/// token that can also type. A keyboard alone is never asked for.
fn expected(turn: &mut Turn) {
    let fits: fn(&Device) -> bool = match turn.verb() {
        Some(Verb::Export) if turn.state.begun => |d| d.kind == DeviceKind::Storage && !d.token,
        Some(Verb::Inventory { .. }) if turn.state.begun => |d| d.kind == DeviceKind::Input && d.token,
        _ => return,
    };
    let asked: Vec<Device> = turn
        .state
        .machine
        .unlisted()
        .filter(|d| fits(d))
        .cloned()
        .collect();
    turn.state.machine.listed.extend(asked);
}

/// Says in the record that the ceremony waits, or waits no more; then what was to
/// be done next is done.
fn turned(turn: &mut Turn, before: bool) {
    let now = frozen(turn.plan, &turn.state);
    if now && !before {
        let lines = turn.state.machine.against();
        let lines: Vec<Json> = lines.iter().map(|a| Json::Str(shown(&a.line(), 300))).collect();
        turn.derive(Kind::Halted, [("because", Json::Array(lines))]);
    }
    if before && !now {
        turn.derive(Kind::Thawed, []);
        if let Some(what) = turn.state.machine.held.take() {
            turn.work(what);
        }
    }
}

/// No answer counts while the ceremony is frozen.
pub(super) fn check_thawed(turn: &Turn) -> Result<(), Refusal> {
    if !frozen(turn.plan, &turn.state) {
        return Ok(());
    }
    let lines: Vec<String> = turn.state.machine.against().iter().map(Against::line).collect();
    Err(Refusal::new(
        FROZEN,
        "a machine beside which production runs",
        shown(&lines.join("; "), 300),
        "the ceremony is frozen; it goes on by itself when this is gone",
    ))
}

/// What may not be repeated does not begin while the ceremony is frozen, whatever
/// outcome led to it. `None`: it was kept for later.
pub(super) fn hold(turn: &mut Turn, what: What) -> Option<What> {
    // The phase that this outcome leaves behind is still open: `frozen` sees it.
    if !(what.is_act() && frozen(turn.plan, &turn.state)) {
        return Some(what);
    }
    turn.state.machine.held = Some(what);
    turn.ask(Question::Frozen);
    None
}

fn tidy(report: &Report) -> Result<(), Refusal> {
    if report.is_tidy() {
        return Ok(());
    }
    Err(Refusal::new(
        "machine-form",
        "a report in its one spelling",
        "another",
        "the report of the machine cannot be recorded",
    ))
}
