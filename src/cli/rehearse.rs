//! `rehearse`: the same program on rehearsal tokens. The built-in script is
//! the one in `ceremony-scripts/rehearsal/`.

use std::path::{Path, PathBuf};

use super::{Exit, RehearsalPlaces, approve, check, out, places, run};
use crate::fault::Code;
use crate::plan::{Inputs, Plan};
use crate::runner::drill::{self, Drill, Fault, Permit};
use crate::runner::{Clock, SystemClock};
use crate::script::{Kind, Script};

const BUILT_IN: &str = include_str!("../../ceremony-scripts/rehearsal/root-keygen.toml");

pub(super) fn rehearse(script: Option<&Path>, given: RehearsalPlaces) -> Exit {
    if given.fault.as_deref() == Some("list") {
        out::say(drill::help().trim_end());
        return Exit::Good;
    }
    let plan = match script {
        Some(path) => check::load(path).and_then(|plan| approve::beside(plan, path)),
        None => built_in(),
    };
    let plan = match plan {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    if plan.script().kind != Kind::Rehearsal {
        out::card(
            Code::NoApprovals,
            "rehearse takes a script with kind = \"rehearsal\"",
        );
        return Exit::of(Code::NoApprovals);
    }
    let drill = match given.fault.as_deref().map(|text| asked(text, &plan)).transpose() {
        Ok(drill) => drill,
        Err(why) => {
            out::card(Code::DrillRefused, &why);
            return Exit::of(Code::DrillRefused);
        }
    };
    let record = given.record.unwrap_or_else(default_record);
    let mut ways = given.ways;
    if ways.media.is_none() {
        let media = places::beside(&record, ".media");
        if let Err(e) = std::fs::create_dir_all(&media) {
            out::card(Code::StorageReadOnly, &format!("{}: {e}", check::name(&media)));
            return Exit::Fault;
        }
        ways.media = Some(media);
    }
    if drill.as_ref().is_some_and(|d| d.fault() == Fault::RecordCopyLost) && ways.mirror.is_none() {
        ways.mirror = Some(places::beside(&record, ".mirror"));
    }
    run::start(plan, &record, &ways, drill)
}

/// The drill, judged before anything is made; the runner judges it again.
fn asked(text: &str, plan: &Plan) -> Result<Drill, String> {
    let drill = Drill::parse(text)?;
    Permit::of(plan)?;
    drill.place(plan)?;
    Ok(drill)
}

fn built_in() -> Result<Plan, Exit> {
    Script::parse(BUILT_IN.as_bytes())
        .and_then(|script| Plan::build(script, &Inputs::default()))
        .map_err(|faults| {
            out::card(Code::Internal, &faults.to_string());
            Exit::Fault
        })
}

/// `rehearsal-20261122-153000`, in the present folder.
fn default_record() -> PathBuf {
    let now = SystemClock.now().wall.to_string();
    let digits: String = now
        .chars()
        .filter_map(|c| match c {
            '0'..='9' => Some(c),
            'T' => Some('-'),
            _ => None,
        })
        .collect();
    PathBuf::from(format!("rehearsal-{digits}"))
}
