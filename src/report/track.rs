//! What went otherwise than planned, and the whole course of the ceremony with
//! the words of each checkpoint, so that a recording can be matched.

use crate::audit::story::{Moment, Sort, Story};

use super::page::{Face, Line, Page, alarm, plain, seq, stands};

const COLUMNS: &[(&str, u8)] = &[
    ("time (UTC)", 10),
    ("record", 8),
    ("step", 12),
    ("who", 13),
    ("what", 43),
    ("stands on", 14),
];

pub(super) fn otherwise(story: &Story, page: &mut Page) {
    page.section("Not as planned");
    let parts = [
        (
            Sort::Deviation,
            "Deviations, exceptions and empty seats, with who decided",
        ),
        (Sort::Stop, "Stops, breaks and resumptions"),
        (Sort::Failure, "Failures of devices, clocks and comparisons"),
    ];
    if !sorts(story, page, &parts) {
        page.para("No deviation, no stop and no failure is in the record.");
    }
}

/// Bags and seals, the record's copies, the media.
pub(super) fn custody(story: &Story, page: &mut Page) {
    let parts = [
        (Sort::Custody, "Bags and seals"),
        (Sort::Storage, "The record's copies and the media"),
    ];
    if parts.iter().any(|(sort, _)| story.of(*sort).next().is_some()) {
        page.section("Custody and media");
        sorts(story, page, &parts);
    }
}

/// Whether there was anything to tell.
fn sorts(story: &Story, page: &mut Page, parts: &[(Sort, &'static str)]) -> bool {
    let mut any = false;
    for (sort, title) in parts {
        let moments: Vec<&Moment> = story.of(*sort).collect();
        if !moments.is_empty() {
            any = true;
            page.sub(*title);
            page.table(COLUMNS, rows(&moments));
        }
    }
    any
}

pub(super) fn timeline(story: &Story, page: &mut Page) {
    page.section("Timeline");
    page.para(
        "From the record; times are the machine's. Orders to devices and their plain answers are left out. \
         At each checkpoint stand the words of the root over all lines before it.",
    );
    let mut rows = Vec::new();
    let mut day = String::new();
    for moment in &story.timeline {
        let (date, _) = parts(moment);
        if date != day {
            rows.push(Line::Group(format!("{date}, a {}", moment.at.weekday())));
            day = date;
        }
        rows.push(row(moment, false));
        let gate = story.gates.iter().find(|g| g.record == moment.record);
        if let Some(root) = gate.and_then(|g| g.root) {
            rows.push(Line::Words(root));
        }
    }
    page.table(COLUMNS, rows);
}

fn rows(moments: &[&Moment]) -> Vec<Line> {
    let mut rows = Vec::new();
    let mut day = String::new();
    for moment in moments {
        let (date, _) = parts(moment);
        if date != day {
            rows.push(Line::Group(date.clone()));
            day = date;
        }
        rows.push(row(moment, true));
    }
    rows
}

fn row(moment: &Moment, calm: bool) -> Line {
    let (_, time) = parts(moment);
    let mut what = plain(moment.what.clone());
    what.face = match moment.sort {
        Sort::Step => Face::Strong,
        Sort::Deviation | Sort::Failure | Sort::Stop if !calm => alarm("").face,
        _ => Face::Plain,
    };
    // The engine's and the machine's own lines name nobody.
    let who = match moment.who.as_str() {
        "engine" | "machine" => "",
        who => who,
    };
    Line::Cells(vec![
        plain(time),
        seq(Some(moment.record)),
        plain(moment.step.clone()),
        plain(who),
        what,
        stands(moment.class),
    ])
}

/// Date and time of day.
fn parts(moment: &Moment) -> (String, String) {
    let text = moment.at.to_string();
    match text.split_once('T') {
        Some((date, time)) => (date.to_owned(), time.trim_end_matches('Z').to_owned()),
        None => (text, String::new()),
    }
}
