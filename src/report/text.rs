//! The page as plain text: ASCII, 100 columns, nothing cut. Values that do not
//! fit beside their name stand below it; digests and words keep their lines.

use crate::audit::story::Story;
use crate::base::Digest;
use crate::transcript::words;

use super::page::{Block, Card, Cell, Cover, Face, Form, Line, Row, Table};

/// Columns.
pub(super) const WIDTH: usize = 100;
/// Where values begin.
const INDENT: usize = 18;
/// Between columns.
const GAP: usize = 2;

/// The story as plain text; equal stories give equal bytes.
#[must_use]
pub fn text(story: &Story) -> String {
    let page = super::page(story);
    let mut out = Out(String::new());
    head(&page.cover, &mut out);
    blocks(&page.blocks, page.cover.banner.0, &mut out);
    out.0
}

/// The blocks of a page; `mark` stands at every heading.
pub(super) fn blocks(all: &[Block], mark: &str, out: &mut Out) {
    for block in all {
        match block {
            Block::Section(title) => {
                out.line("");
                out.line(&"=".repeat(WIDTH));
                // The kind stands at every heading: a page may be read alone.
                let room = WIDTH.saturating_sub(title.len());
                out.line(&format!("{title}{:>room$}", mark));
                out.line(&"=".repeat(WIDTH));
            }
            Block::Sub(title) => {
                out.line("");
                out.line(title);
                out.line(&"-".repeat(title.len().min(WIDTH)));
            }
            Block::Para(text) => {
                out.line("");
                out.wrapped(text, 0, "");
            }
            Block::Facts(rows) => facts(rows, out),
            Block::Table(of) => table(of, out),
            Block::Page => {}
            Block::Card(of) => card(of, out),
            Block::Form(of) => form(of, out),
            Block::Blanks(caption) => blanks(caption, out),
            Block::Digest(of) => {
                out.line("");
                out.line(of.name);
                out.wrapped(&of.what, 2, "");
                spoken(&of.digest, out);
            }
            Block::Lines(lines) => {
                for line in lines {
                    out.wrapped(line, 2, "    ");
                }
            }
        }
    }
}

fn head(cover: &Cover, out: &mut Out) {
    let frame = "#".repeat(WIDTH);
    out.line(&frame);
    out.line(&format!("#  {}", cover.banner.0));
    out.wrapped(&cover.banner.1, 3, "   ");
    out.line(&frame);
    out.line("");
    out.line("Report of a key ceremony");
    out.wrapped(&cover.title, 0, "");
    out.line("");
    out.line(&format!("VERDICT: {}", cover.verdict.0));
    out.wrapped(&cover.verdict.1, 9, "");
    for because in &cover.because {
        out.wrapped(because, 9, "  ");
    }
    facts(&cover.facts, out);
    for head in &cover.heads {
        out.line("");
        out.wrapped(&format!("{}: {}", head.name, head.what), 0, "  ");
        spoken(&head.digest, out);
    }
    out.line("");
    for text in &cover.standing {
        out.wrapped(text, 0, "");
    }
    out.line("");
    out.line("How to verify");
    for (what, command) in &cover.verify {
        out.line(&format!("  {command}"));
        out.wrapped(what, 6, "");
    }
    out.line("");
    out.line("What each fact stands on");
    for (class, meaning) in &cover.classes {
        out.line(&format!("  {:<14} {meaning}", class.as_str()));
    }
    out.line("#12 is the record with seq 12, line 13 of ceremony.jsonl. QR codes are in the HTML page.");
}

pub(super) fn spoken(digest: &Digest, out: &mut Out) {
    out.line(&format!("  {}", digest.grouped()));
    let words = words::words(digest);
    for (row, four) in words.chunks(4).enumerate() {
        let first = row.saturating_mul(4).saturating_add(1);
        let line: Vec<String> = four
            .iter()
            .zip(first..)
            .map(|(word, n)| format!("{n:>2} {word:<12}"))
            .collect();
        out.line(&format!("  {}", line.join("  ")));
    }
}

pub(super) fn facts(rows: &[Row], out: &mut Out) {
    out.line("");
    for row in rows {
        let mut behind = String::new();
        if let Some(class) = row.class {
            behind = format!("  [{}", class.as_str());
            if let Some(record) = row.record {
                behind.push_str(&format!(", #{record}"));
            }
            behind.push(']');
        }
        let name = format!("  {:<w$}", row.name, w = INDENT.saturating_sub(2));
        out.hanging(&name, &format!("{}{behind}", value(&row.cell)));
    }
}

/// A table; columns are as wide as their longest text, as long as there is room,
/// and the widest gives way first.
fn table(of: &Table, out: &mut Out) {
    let mut widths: Vec<usize> = of.columns.iter().map(|(name, _)| name.len()).collect();
    for line in &of.rows {
        let Line::Cells(cells) = line else { continue };
        for (width, cell) in widths.iter_mut().zip(cells) {
            let longest = value(cell).split('\n').map(str::len).max().unwrap_or(0);
            *width = longest.max(*width);
        }
    }
    let gaps = GAP.saturating_mul(widths.len());
    while widths.iter().sum::<usize>().saturating_add(gaps) > WIDTH {
        match widths.iter_mut().max() {
            Some(widest) if *widest > 8 => *widest = widest.saturating_sub(1),
            _ => break,
        }
    }
    out.line("");
    let names: Vec<String> = of.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    cells(&names, &widths, out);
    let rules: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    cells(&rules, &widths, out);
    for line in &of.rows {
        match line {
            Line::Group(text) => out.line(&format!("  {text}")),
            Line::Words(root) => spoken(root, out),
            Line::Cells(row) => cells(&row.iter().map(value).collect::<Vec<_>>(), &widths, out),
        }
    }
}

/// One row, in as many lines as its longest cell needs.
fn cells(texts: &[String], widths: &[usize], out: &mut Out) {
    let columns: Vec<Vec<String>> = texts
        .iter()
        .zip(widths)
        .map(|(text, width)| text.split('\n').flat_map(|part| wrap(part, *width)).collect())
        .collect();
    let height = columns.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..height {
        let mut line = String::new();
        for (column, width) in columns.iter().zip(widths) {
            let text = column.get(at).map_or("", String::as_str);
            line.push_str(&format!("{:GAP$}{text:<width$}", ""));
        }
        out.line(&line);
    }
}

/// A step: a box to tick, blanks for the clock and for initials.
fn card(card: &Card, out: &mut Out) {
    out.line("");
    out.wrapped(
        &format!("[ ] {}  {}   ({})", card.id, card.headline, card.who),
        0,
        "    ",
    );
    out.line(&format!(
        "    {:<22} planned ______  begun ______  done ______  initials ______",
        card.minutes
    ));
    for (name, text) in &card.facts {
        let name = format!("    {name:<w$}", w = INDENT.saturating_sub(5));
        out.hanging(&name, text);
    }
    for (text, word) in &card.ticks {
        out.wrapped(&format!("[ ] {text} ({word})  initials ______"), 4, "    ");
    }
    for text in &card.numbers {
        out.wrapped(
            &format!("{text}: number ____________________  initials ______"),
            4,
            "    ",
        );
    }
    if let Some(caption) = &card.words {
        blanks(caption, out);
    }
}

fn blanks(caption: &str, out: &mut Out) {
    out.wrapped(caption, 4, "");
    for row in 0..8usize {
        let first = row.saturating_mul(4).saturating_add(1);
        let places: Vec<String> = (first..first.saturating_add(4))
            .map(|n| format!("{n:>2} _________________"))
            .collect();
        out.line(&format!("    {}", places.join("  ")));
    }
}

/// A table to be filled in by hand: rules between the columns, room between the rows.
fn form(of: &Form, out: &mut Out) {
    let room = WIDTH.saturating_sub(of.columns.len().saturating_mul(3));
    let widths: Vec<usize> = of
        .columns
        .iter()
        .map(|(_, share)| room.saturating_mul(usize::from(*share)).div_euclid(100).max(3))
        .collect();
    let names: Vec<String> = of.columns.iter().map(|(name, _)| (*name).to_owned()).collect();
    let rules: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
    out.line("");
    cells(&names, &widths, out);
    cells(&rules, &widths, out);
    for row in &of.rows {
        cells(row, &widths, out);
        let blank: Vec<String> = widths.iter().map(|w| "_".repeat(*w)).collect();
        for _ in 0..if of.tall { 3 } else { 1 } {
            cells(&blank, &widths, out);
        }
    }
}

fn value(cell: &Cell) -> String {
    match cell.face {
        Face::Class(_) => format!("[{}]", cell.text),
        _ => cell.text.clone(),
    }
}

pub(super) struct Out(pub(super) String);

impl Out {
    pub(super) fn line(&mut self, text: &str) {
        // The story's texts are printable ASCII; a stray one must not reach a terminal raw.
        for c in text.trim_end().chars() {
            match c {
                ' '..='~' => self.0.push(c),
                _ => self.0.push_str(&format!("\\u{{{:04x}}}", u32::from(c))),
            }
        }
        self.0.push('\n');
    }

    /// A name, and a value that wraps beside it.
    pub(super) fn hanging(&mut self, name: &str, text: &str) {
        let mut name = if name.ends_with(' ') {
            name.to_owned()
        } else {
            format!("{name} ")
        };
        for part in text.split('\n') {
            for line in wrap(part, WIDTH.saturating_sub(INDENT)) {
                self.line(&format!("{name}{line}"));
                name = " ".repeat(INDENT);
            }
        }
    }

    /// Lines from column `at`, later ones further in.
    pub(super) fn wrapped(&mut self, text: &str, at: usize, more: &str) {
        let lead = " ".repeat(at);
        let room = WIDTH.saturating_sub(at).saturating_sub(more.len());
        for (n, line) in wrap(text, room).into_iter().enumerate() {
            let more = if n == 0 { "" } else { more };
            self.line(&format!("{lead}{more}{line}"));
        }
    }
}

/// Breaks at spaces; a word that is longer than a line is broken, never cut.
fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split(' ') {
        let mut word: String = word.to_owned();
        let wanted = line.len().saturating_add(word.len()).saturating_add(1);
        if !line.is_empty() && wanted > width {
            lines.push(std::mem::take(&mut line));
        } else if !line.is_empty() {
            line.push(' ');
        }
        while word.chars().count() > width {
            let rest: String = word.chars().skip(width).collect();
            lines.push(word.chars().take(width).collect());
            word = rest;
        }
        line.push_str(&word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrapping_loses_no_character() {
        let text = format!("one two {} three", "x".repeat(205));
        let lines = wrap(&text, 82);
        assert!(lines.iter().all(|l| l.len() <= 82));
        let back: String = lines.concat();
        assert_eq!(back.replace(' ', ""), text.replace(' ', ""));
    }
}
