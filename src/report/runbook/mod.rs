//! The paper of a plan: what `plan --paper` prints for the people in the room. A
//! cover with the script's digest and words, people and devices with room to write,
//! every step with its boxes, what to do when it fails, pages for deviations and for
//! the close. It is a copy of the plan to write on: the record is the evidence.

mod ends;
mod steps;

use crate::base::Digest;
use crate::plan::Plan;
use crate::script::Kind;

use super::blocks::{body, document, escape};
use super::page::Block;
use super::text::{Out, blocks};

const STYLE: &str = include_str!("runbook.css");

/// What prints the paper: its own word about itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Printer {
    /// The program's version.
    pub version: String,
    /// SHA-256 of its executable; zero where it could not be read.
    pub sha256: Digest,
    /// SHA-256 of the second verifier that leaves with the bundle.
    pub verifier: Digest,
}

/// The cover's large words.
struct Face {
    class: &'static str,
    banner: &'static str,
    meaning: &'static str,
}

fn face(plan: &Plan) -> Face {
    match plan.script().kind {
        Kind::Production => Face {
            class: "production",
            banner: "PRODUCTION",
            meaning: "the real ceremony",
        },
        Kind::Rehearsal => Face {
            class: "rehearsal",
            banner: "REHEARSAL",
            meaning: "practice only: its keys must never be trusted",
        },
    }
}

/// The paper as one HTML file without scripts or references; equal plans give equal
/// bytes. It sets no paper size: A4 and Letter both fit.
#[must_use]
pub fn html(plan: &Plan, printer: &Printer) -> String {
    let face = face(plan);
    let script = plan.script();
    // The only text of the script that stands in the style: hexadecimal characters.
    let running = format!(
        "{STYLE}@page{{@top-left{{content:\"{}\"}}@top-right{{content:\"runbook\"}}\
         @bottom-left{{content:\"script {}\"}}}}",
        face.banner, script.sha256
    );
    let title = format!("{}: {}", face.banner, script.title);
    let mut out = document(&title, &format!("{} runbook", face.class), &running);
    out.push_str(&format!(
        "<header>\n<p class=\"banner\"><strong>{}</strong><span>{}</span></p>\n\
         <p class=\"kicker\">Runbook of a key ceremony</p>\n<h1>{}</h1>\n",
        face.banner,
        face.meaning,
        escape(&script.title)
    ));
    body(&ends::cover(plan, printer), face.banner, &mut out);
    out.push_str("</header>\n<main>\n");
    body(&inner(plan), face.banner, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

/// The paper as plain text: ASCII, 100 columns, nothing cut.
#[must_use]
pub fn text(plan: &Plan, printer: &Printer) -> String {
    let face = face(plan);
    let mut out = Out(String::new());
    let frame = "#".repeat(super::text::WIDTH);
    out.line(&frame);
    out.line(&format!("#  {}", face.banner));
    out.wrapped(face.meaning, 3, "");
    out.line(&frame);
    out.line("");
    out.line("Runbook of a key ceremony");
    out.wrapped(&plan.script().title, 0, "");
    blocks(&ends::cover(plan, printer), face.banner, &mut out);
    blocks(&inner(plan), face.banner, &mut out);
    out.0
}

/// Everything behind the cover.
fn inner(plan: &Plan) -> Vec<Block> {
    let mut all = Vec::new();
    ends::people(plan, &mut all);
    ends::devices(plan, &mut all);
    ends::purpose(plan, &mut all);
    steps::acts(plan, &mut all);
    ends::deviations(&mut all);
    ends::closing(plan, &mut all);
    ends::pace(plan, &mut all);
    ends::glossary(&mut all);
    all
}
