//! `rehearse`: the same program on rehearsal tokens. The built-in scripts are
//! two of `ceremony-scripts/rehearsal/`.

use std::path::{Path, PathBuf};

use super::{Exit, RehearsalPlaces, approve, check, out, places, run};
use crate::fault::Code;
use crate::plan::{Inputs, Plan};
use crate::runner::drill::{self, Drill, Fault, Permit};
use crate::runner::{Clock, SystemClock};
use crate::script::{Kind, Script};

/// Every kind of act once, alone, in ten minutes.
const FIRST: &str = include_str!("../../ceremony-scripts/rehearsal/first-rehearsal.toml");
/// As large as a real one; drills are about this.
const WHOLE: &str = include_str!("../../ceremony-scripts/rehearsal/root-keygen.toml");
/// The file that the first one names.
const ONLINE: (&str, &[u8]) = (
    "online.pub.pem",
    include_bytes!("../../ceremony-scripts/rehearsal/online.pub.pem"),
);

pub(super) fn rehearse(script: Option<&Path>, given: RehearsalPlaces) -> Exit {
    if given.fault.as_deref() == Some("list") {
        out::say(drill::help().trim_end());
        return Exit::Good;
    }
    let plan = match script {
        Some(path) => check::load(path).and_then(|plan| approve::beside(plan, path)),
        None if given.whole || given.fault.is_some() => built_in(WHOLE),
        None => built_in(FIRST),
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

fn built_in(script: &str) -> Result<Plan, Exit> {
    Script::parse(script.as_bytes())
        .and_then(|script| {
            let mut inputs = Inputs::default();
            let (name, bytes) = ONLINE;
            if Inputs::needed(&script).iter().any(|needed| needed == name) {
                inputs.0.insert(name.to_owned(), bytes.into());
            }
            Plan::build(script, &inputs)
        })
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
