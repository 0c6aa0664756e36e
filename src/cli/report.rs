//! `report PATH --out FILE`: a page about a ceremony, generated from its record
//! and judged like `verify`; the exit code is the verdict. The page is written
//! for a refused bundle, too, and says so: nobody is left with an older one.

use std::path::Path;

use super::{Exit, check, new_file, out, verify};
use crate::audit::{Options, story};
use crate::bundle;
use crate::fault::Code;
use crate::report as pages;

pub(super) fn report(path: &Path, to: &Path, text: bool, anchors: Option<&Path>) -> Exit {
    if let Err(exit) = new_file::absent(to) {
        return exit;
    }
    let anchors = match anchors.map(verify::read_anchors).transpose() {
        Ok(anchors) => anchors,
        Err(exit) => return exit,
    };
    let options = Options {
        anchors,
        ..Options::default()
    };
    let files = match bundle::read(path) {
        Ok(files) => files,
        Err(e) => {
            out::card(Code::BundleRefused, &format!("{}: {e}", check::name(path)));
            return Exit::of(Code::BundleRefused);
        }
    };
    let story = story::tell(&files, &options);
    let page = if text {
        pages::text(&story)
    } else {
        pages::html(&story)
    };
    if let Err(exit) = new_file::write(to, page.as_bytes()) {
        return exit;
    }
    let judged = &story.judgement;
    out::say(&format!(
        "verdict: {} ({})",
        judged.verdict.as_str(),
        judged.verdict.meaning()
    ));
    out::say(&format!("report {}", check::name(to)));
    if judged.good() { Exit::Good } else { Exit::Negative }
}
