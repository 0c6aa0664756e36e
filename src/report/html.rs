//! The page as one HTML file: no script, no reference to anything outside,
//! every text escaped. The policy in its head forbids the rest even to a
//! browser that would like to (CSP). Looks are `style.css`'s.

use crate::audit::story::Story;
use crate::base::Digest;
use crate::transcript::{Class, words};

use super::page::{Block, Cell, Cover, Face, HeadOf, Line, Page, Row, Table};
use super::qr;

const STYLE: &str = include_str!("style.css");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:";

/// The story as one HTML page; equal stories give equal bytes.
#[must_use]
pub fn html(story: &Story) -> String {
    let page = super::page(story);
    let cover = &page.cover;
    let title = format!("{}: {}", cover.banner.0, cover.title);
    // The only text of the record that stands in the style: 64 hexadecimal characters.
    let running = format!(
        "@page{{@top-left{{content:\"{}\"}}@top-right{{content:\"verdict: {}\"}}\
         @bottom-left{{content:\"ceremony {}\"}}}}",
        cover.banner.0, cover.verdict.0, story.ceremony
    );
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <title>{}</title>\n<style>\n{STYLE}{running}\n</style>\n</head>\n<body class=\"{}\">\n",
        escape(&title),
        cover.kind
    );
    head(cover, &mut out);
    body(&page, &mut out);
    out.push_str("</main>\n</body>\n</html>\n");
    out
}

fn head(cover: &Cover, out: &mut String) {
    let judged = if cover.good { "good" } else { "bad" };
    out.push_str(&format!(
        "<header>\n<p class=\"banner\"><strong>{}</strong><span>{}</span></p>\n\
         <p class=\"kicker\">Report of a key ceremony</p>\n<h1>{}</h1>\n\
         <div class=\"verdict {judged}\"><p class=\"word\"><small>verdict</small>{}</p><p>{}</p>",
        escape(cover.banner.0),
        escape(&cover.banner.1),
        escape(&cover.title),
        escape(&cover.verdict.0),
        escape(&cover.verdict.1)
    ));
    for because in &cover.because {
        out.push_str(&format!("<p class=\"because\">{}</p>", escape(because)));
    }
    out.push_str("</div>\n");
    facts(&cover.facts, out);
    out.push_str("<div class=\"two\">\n<section>\n<h4>What this page is</h4>\n");
    for text in &cover.standing {
        out.push_str(&format!("<p>{}</p>\n", escape(text)));
    }
    out.push_str("<h4>How to verify</h4>\n<dl class=\"verify\">\n");
    for (what, command) in &cover.verify {
        out.push_str(&format!(
            "<dt>{}</dt><dd><code>{}</code></dd>\n",
            escape(what),
            escape(command)
        ));
    }
    out.push_str("</dl>\n</section>\n<section>\n<h4>What each fact stands on</h4>\n<dl class=\"classes\">\n");
    for (class, meaning) in &cover.classes {
        out.push_str(&format!(
            "<dt>{}</dt><dd>{}</dd>\n",
            stands(*class),
            escape(meaning)
        ));
    }
    out.push_str(
        "</dl>\n<p>#12 is the record with <code>seq</code> 12, line 13 of <code>ceremony.jsonl</code>.</p>\n\
         </section>\n</div>\n",
    );
    out.push_str("<div class=\"heads\">\n");
    for head in &cover.heads {
        digest(head, out);
    }
    out.push_str("</div>\n</header>\n<main>\n");
}

fn digest(head: &HeadOf, out: &mut String) {
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
fn spoken(digest: &Digest) -> String {
    let items: String = words::words(digest)
        .iter()
        .zip(1..)
        .map(|(word, n)| format!("<li><small>{n}</small>{word}</li>"))
        .collect();
    format!("<ol class=\"words\">{items}</ol>")
}

fn body(page: &Page, out: &mut String) {
    let mut open = false;
    for block in &page.blocks {
        match block {
            Block::Section(title) => {
                if open {
                    out.push_str("</section>\n");
                }
                open = true;
                out.push_str(&format!(
                    "<section>\n<h2>{}<span>{}</span></h2>\n",
                    escape(title),
                    escape(page.cover.banner.0)
                ));
            }
            Block::Sub(title) => out.push_str(&format!("<h3>{}</h3>\n", escape(title))),
            Block::Para(text) => out.push_str(&format!("<p>{}</p>\n", escape(text))),
            Block::Facts(rows) => facts(rows, out),
            Block::Table(of) => table(of, out),
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

fn facts(rows: &[Row], out: &mut String) {
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

fn table(of: &Table, out: &mut String) {
    out.push_str("<table class=\"rows\">\n<colgroup>");
    for (_, share) in &of.columns {
        out.push_str(&format!("<col style=\"width:{share}%\">"));
    }
    out.push_str("</colgroup>\n<thead><tr>");
    for (name, _) in &of.columns {
        out.push_str(&format!("<th scope=\"col\">{}</th>", escape(name)));
    }
    out.push_str("</tr></thead>\n<tbody>\n");
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

fn face(cell: &Cell) -> &'static str {
    match cell.face {
        Face::Plain => "",
        Face::Mono => " class=\"mono\"",
        Face::Strong => " class=\"strong\"",
        Face::Alarm => " class=\"alarm\"",
        Face::Class(_) => " class=\"by\"",
    }
}

fn content(cell: &Cell) -> String {
    match cell.face {
        Face::Class(class) => stands(class),
        _ => escape(&cell.text).replace('\n', "<br>"),
    }
}

/// A class as a label whose frame tells it apart in black and white.
fn stands(class: Class) -> String {
    let word = class.as_str();
    format!("<span class=\"class {word}\">{word}</span>")
}

/// Text that can do nothing in HTML: neither as content nor in a quoted
/// attribute. What is not printable ASCII is spelled out (base::shown's rule);
/// LF is the caller's own and becomes a break.
fn escape(text: &str) -> String {
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
