//! What every page of paper is made of, as HTML: tables, facts, digests with
//! their words, steps with boxes, and the escape through which every text goes.
//! No script, no reference to anything outside. Looks are `style.css`'s.

use crate::base::Digest;
use crate::transcript::{Class, words};

use super::page::{Block, Card, Cell, Face, Form, HeadOf, Line, Row, Table};
use super::qr;

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The document up to its body. `more` is style of this kind of page; none of it may
/// hold text of others but digits.
pub(super) fn document(title: &str, class: &str, more: &str) -> String {
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}{more}\n</style>\n</head>\n<body class=\"{class}\">\n",
        escape(title)
    )
}

pub(super) fn digest(head: &HeadOf, out: &mut String) {
    out.push_str("<figure>\n");
    if let Some((width, path)) = head.code.as_deref().and_then(qr::path) {
        out.push_str(&format!(
            "<svg viewBox=\"0 0 {width} {width}\" role=\"img\" aria-label=\"QR code\" shape-rendering=\"crispEdges\">\
             <path d=\"{path}\"/></svg>\n"
        ));
    }
    out.push_str(&format!(
        "<figcaption><h4>{}</h4><p>{}</p><p class=\"hex\">{}</p>{}</figcaption>\n</figure>\n",
        escape(head.name),
        escape(&head.what),
        escape(&head.digest.grouped()),
        spoken(&head.digest)
    ));
}

/// The 32 words with their numbers, as people are asked for them.
pub(super) fn spoken(digest: &Digest) -> String {
    let items: String = words::words(digest)
        .iter()
        .zip(1..)
        .map(|(word, n)| format!("<li><small>{n}</small>{word}</li>"))
        .collect();
    format!("<ol class=\"words\">{items}</ol>")
}

pub(super) fn body(blocks: &[Block], mark: &str, out: &mut String) {
    let mut open = false;
    for block in blocks {
        match block {
            Block::Section(title) => {
                if open {
                    out.push_str("</section>\n");
                }
                open = true;
                out.push_str(&format!(
                    "<section>\n<h2>{}<span>{}</span></h2>\n",
                    escape(title),
                    escape(mark)
                ));
            }
            Block::Sub(title) => out.push_str(&format!("<h3>{}</h3>\n", escape(title))),
            Block::Para(text) => out.push_str(&format!("<p>{}</p>\n", escape(text))),
            Block::Facts(rows) => facts(rows, out),
            Block::Table(of) => table(of, out),
            Block::Page => out.push_str("<div class=\"sheet\"></div>\n"),
            Block::Card(of) => card(of, out),
            Block::Form(of) => form(of, out),
            Block::Blanks(caption) => blanks(caption, out),
            Block::Digest(of) => digest(of, out),
            Block::Lines(lines) => {
                out.push_str("<div class=\"lines\">\n");
                for line in lines {
                    let face = if line.starts_with("NOT") || line.starts_with("NOTE") {
                        " class=\"strong\""
                    } else {
                        ""
                    };
                    out.push_str(&format!("<p{face}>{}</p>\n", escape(line)));
                }
                out.push_str("</div>\n");
            }
        }
    }
    if open {
        out.push_str("</section>\n");
    }
}

pub(super) fn facts(rows: &[Row], out: &mut String) {
    out.push_str("<table class=\"facts\">\n<tbody>\n");
    for row in rows {
        let class = row.class.map(stands).unwrap_or_default();
        let record = row.record.map(|r| format!("#{r}")).unwrap_or_default();
        out.push_str(&format!(
            "<tr><th scope=\"row\">{}</th><td{}>{}</td><td class=\"by\">{class}</td><td class=\"seq\">{record}</td></tr>\n",
            escape(&row.name),
            face(&row.cell),
            content(&row.cell)
        ));
    }
    out.push_str("</tbody>\n</table>\n");
}

/// The beginning of a table: its columns and their names.
fn heads(class: &str, columns: &[(&'static str, u8)], out: &mut String) {
    out.push_str(&format!("<table class=\"{class}\">\n<colgroup>"));
    for (_, share) in columns {
        out.push_str(&format!("<col style=\"width:{share}%\">"));
    }
    out.push_str("</colgroup>\n<thead><tr>");
    for (name, _) in columns {
        out.push_str(&format!("<th scope=\"col\">{}</th>", escape(name)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
}

pub(super) fn table(of: &Table, out: &mut String) {
    heads("rows", &of.columns, out);
    let span = of.columns.len();
    for line in &of.rows {
        match line {
            Line::Group(text) => out.push_str(&format!(
                "<tr class=\"group\"><td colspan=\"{span}\">{}</td></tr>\n",
                escape(text)
            )),
            Line::Words(root) => out.push_str(&format!(
                "<tr class=\"gate\"><td colspan=\"{span}\"><p class=\"hex\">{}</p>{}</td></tr>\n",
                escape(&root.grouped()),
                spoken(root)
            )),
            Line::Cells(cells) => {
                // A row that would leave half a page empty may break.
                let long = cells.iter().any(|c| c.text.len() > 900);
                out.push_str(if long { "<tr class=\"long\">" } else { "<tr>" });
                for cell in cells {
                    out.push_str(&format!("<td{}>{}</td>", face(cell), content(cell)));
                }
                out.push_str("</tr>\n");
            }
        }
    }
    out.push_str("</tbody>\n</table>\n");
}

pub(super) fn face(cell: &Cell) -> &'static str {
    match cell.face {
        Face::Plain => "",
        Face::Mono => " class=\"mono\"",
        Face::Strong => " class=\"strong\"",
        Face::Alarm => " class=\"alarm\"",
        Face::Class(_) => " class=\"by\"",
    }
}

pub(super) fn content(cell: &Cell) -> String {
    match cell.face {
        Face::Class(class) => stands(class),
        _ => escape(&cell.text).replace('\n', "<br>"),
    }
}

/// A class as a label whose frame tells it apart in black and white.
pub(super) fn stands(class: Class) -> String {
    let word = class.as_str();
    format!("<span class=\"class {word}\">{word}</span>")
}

/// Text that can do nothing in HTML: neither as content nor in a quoted
/// attribute. What is not printable ASCII is spelled out (base::shown's rule);
/// LF is the caller's own and becomes a break.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | ' '..='~' => out.push(c),
            _ => out.push_str(&format!("\\u{{{:04x}}}", u32::from(c))),
        }
    }
    out
}

/// A step: a box to tick, who and when, what it does, blanks for what people read.
fn card(card: &Card, out: &mut String) {
    out.push_str(&format!(
        "<article class=\"step\">\n<h3><i class=\"box\"></i><b>{}</b> {}<span>{}</span></h3>\n\
         <p class=\"when\"><span>{}</span><span>planned <u></u></span><span>begun <u></u></span>\
         <span>done <u></u></span><span>initials <u></u></span></p>\n",
        escape(&card.id),
        escape(&card.headline),
        escape(&card.who),
        escape(&card.minutes)
    ));
    out.push_str("<dl>");
    for (name, text) in &card.facts {
        out.push_str(&format!("<dt>{}</dt><dd>{}</dd>", escape(name), escape(text)));
    }
    out.push_str("</dl>\n");
    for (text, word) in &card.ticks {
        out.push_str(&format!(
            "<p class=\"tick\"><i class=\"box\"></i><span>{}</span><small>{}</small><span class=\"initials\">initials <u></u></span></p>\n",
            escape(text),
            escape(word)
        ));
    }
    for text in &card.numbers {
        out.push_str(&format!(
            "<p class=\"tick\"><span>{}</span><span class=\"number\">number <u></u></span><span class=\"initials\">initials <u></u></span></p>\n",
            escape(text)
        ));
    }
    if let Some(caption) = &card.words {
        blanks(caption, out);
    }
    out.push_str("</article>\n");
}

/// 32 numbered places for the words of a digest, and its hexadecimal digits.
fn blanks(caption: &str, out: &mut String) {
    let items: String = (1..=words::COUNT)
        .map(|n| format!("<li><small>{n}</small><u></u></li>"))
        .collect();
    out.push_str(&format!(
        "<div class=\"blanks\"><p>{}</p><ol>{items}</ol></div>\n",
        escape(caption)
    ));
}

/// A table to be filled in by hand; an empty cell is a place to write.
fn form(of: &Form, out: &mut String) {
    heads("form", &of.columns, out);
    for row in &of.rows {
        out.push_str(if of.tall { "<tr class=\"tall\">" } else { "<tr>" });
        for cell in row {
            out.push_str(&format!("<td>{}</td>", escape(cell)));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</tbody>\n</table>\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_can_do_anything() {
        let hostile = "<script>alert('x')</script>&\"\u{202e}\u{1b}[2J\u{0}\u{feff}";
        let out = escape(hostile);
        assert!(
            !out.contains(['<', '>', '"', '\'', '\u{1b}', '\u{202e}']),
            "{out}"
        );
        assert!(out.is_ascii());
    }
}
