//! The page as one HTML file: no script, no reference to anything outside,
//! every text escaped. The policy in its head forbids the rest even to a
//! browser that would like to (CSP). Looks are `style.css`'s.

use super::blocks::{body, digest, document, escape, facts, stands};
use super::page::Cover;
use crate::audit::story::Story;

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
    let mut out = document(&title, cover.kind, &running);
    head(cover, &mut out);
    body(&page.blocks, cover.banner.0, &mut out);
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
