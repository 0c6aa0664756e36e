//! `plan SCRIPT [--paper FILE]`: the ordered plan, with what each step needs, makes
//! and leaves as evidence, how often people are asked and how long that takes; and
//! the same as paper to write on, HTML where the file's name ends in .html.

use std::path::Path;

use super::{Exit, check, new_file, out, own};
use crate::base::Digest;
use crate::bundle::VERIFY_PY;
use crate::plan::{outline, pace};
use crate::report::runbook::{self, Printer};

pub(super) fn plan(path: &Path, paper: Option<&Path>) -> Exit {
    if let Some(Err(exit)) = paper.map(new_file::absent) {
        return exit;
    }
    let plan = match check::load(path) {
        Ok(plan) => plan,
        Err(exit) => return exit,
    };
    let Some(to) = paper else {
        let mut lines = outline(&plan);
        lines.push(String::new());
        lines.extend(pace::lines(&plan));
        out::say(&lines.join("\n"));
        return Exit::Good;
    };
    let printer = Printer {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        sha256: own::digest_of_file(&own::executable()),
        verifier: Digest::of(VERIFY_PY),
    };
    let html = to.extension().is_some_and(|e| e.eq_ignore_ascii_case("html"));
    let page = if html {
        runbook::html(&plan, &printer)
    } else {
        runbook::text(&plan, &printer)
    };
    if let Err(exit) = new_file::write(to, page.as_bytes()) {
        return exit;
    }
    out::say(&format!(
        "paper {}\nscript SHA-256 {}",
        check::name(to),
        plan.script().sha256
    ));
    Exit::Good
}
