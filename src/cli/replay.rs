//! `replay PATH`: judges a bundle or a record's folder like `verify`, then walks
//! the ceremony screen by screen. The exit code is the verdict. The room that
//! draws knows no judge, so the judgement is handed to it as plain data here.

use std::path::Path;

use super::Exit;

#[cfg(not(feature = "tui"))]
pub(super) fn replay(path: &Path, _: Option<&Path>) -> Exit {
    let name = super::check::name(path);
    super::out::complain(&format!(
        "this build has no full-screen front end: build it with the feature tui to walk {name}; verify and report read it here"
    ));
    Exit::Usage
}

#[cfg(feature = "tui")]
pub(super) fn replay(path: &Path, anchors: Option<&Path>) -> Exit {
    match walk(path, anchors) {
        Ok(exit) | Err(exit) => exit,
    }
}

/// As a person asks for it; an error has been said already.
#[cfg(feature = "tui")]
pub(super) fn walk(path: &Path, anchors: Option<&Path>) -> Result<Exit, Exit> {
    use super::{check, out, run, verify};
    use crate::audit;
    use crate::bundle;
    use crate::fault::Code;
    use crate::ui;

    let judged = audit::Options {
        anchors: anchors.map(verify::read_anchors).transpose()?,
        ..audit::Options::default()
    };
    run::needs_terminal()?;
    let files = bundle::read(path).map_err(|e| {
        out::card(Code::BundleRefused, &format!("{}: {e}", check::name(path)));
        Exit::of(Code::BundleRefused)
    })?;
    let options = ui::Options {
        stop: run::stop_flag()?,
        theme: super::theme::theme(),
        places: ui::Places::default(),
    };
    let past = told::past_with(check::name(path), &files, &judged).map_err(|why| refused(path, &why))?;
    let good = past.judged.good;
    let mut desk =
        ui::replay::Desk::new(past, ui::model::SMALLEST, options.theme).map_err(|why| refused(path, &why))?;
    ui::replay(&options, &mut desk).map_err(|error| {
        out::card(error.code(), &error.to_string());
        Exit::of(error.code())
    })?;
    Ok(if good { Exit::Good } else { Exit::Negative })
}

/// There is not one screen to show.
#[cfg(feature = "tui")]
fn refused(path: &Path, why: &str) -> Exit {
    let name = super::check::name(path);
    super::out::complain(&format!(
        "no screen of {name} can be shown: {why}\ntuf-ceremony verify {name} says what is wrong with it"
    ));
    Exit::Negative
}

/// A judgement as the data that a review is given.
#[cfg(feature = "tui")]
pub mod told {
    use std::sync::Arc;

    use crate::audit::{self, Options, Verdict, story};
    use crate::base::shown;
    use crate::bundle::Files;
    use crate::bundle::layout::RECORD;
    use crate::ui::replay::{Check, Fact, Holds, Judged, Past};

    /// The files of a folder as a past ceremony, judged with what the folder says itself.
    ///
    /// # Errors
    /// Why it makes no plan, in words.
    pub fn past(name: String, files: &Files) -> Result<Past, String> {
        past_with(name, files, &Options::default())
    }

    /// The same, judged with what is known from outside.
    ///
    /// # Errors
    /// Why it makes no plan, in words.
    pub fn past_with(name: String, files: &Files, options: &Options) -> Result<Past, String> {
        let record = files.get(RECORD).ok_or_else(|| format!("there is no {RECORD}"))?;
        let plan = audit::plan(files).map_err(|why| shown(&why.join("; "), 600))?;
        let story = story::tell(files, options);
        let mut judged = judged(&story.judgement);
        judged.told = story.timeline.into_iter().map(|m| (m.record, m.what)).collect();
        Ok(Past::new(name, Arc::new(plan), record, judged))
    }

    fn judged(said: &audit::Judgement) -> Judged {
        let check = |check: &audit::Check| Check {
            name: check.name.to_owned(),
            holds: match check.verdict {
                Verdict::Pass => Holds::Yes,
                Verdict::Fail => Holds::No,
                Verdict::NotApplicable => Holds::Neither,
            },
            what: check.what.clone(),
            found: check.found.iter().map(|f| f.text.clone()).collect(),
            rests_on: check.rests_on.to_owned(),
            records: check.records.clone(),
            every: check.rests_on.contains("every record"),
            falsified_by: check.falsified_by.to_owned(),
        };
        let fact = |fact: &audit::Fact| {
            Some(Fact {
                record: fact.record?,
                name: fact.name.to_owned(),
                value: fact.value.clone(),
                class: fact.class,
                anchor: fact.anchor.as_str().to_owned(),
            })
        };
        Judged {
            verdict: said.verdict_words(),
            meaning: said.verdict.meaning().to_owned(),
            good: said.good(),
            because: said.because.clone(),
            replayed: said.check("replay").is_some_and(|c| c.verdict == Verdict::Pass),
            sealed: said.is_bundle,
            checks: said.checks.iter().map(check).collect(),
            facts: said.facts.iter().filter_map(fact).collect(),
            told: std::collections::BTreeMap::new(),
        }
    }
}
