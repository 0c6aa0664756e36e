//! A judged ceremony as something to read on paper: one page of HTML without
//! scripts or network, and plain text. Both are made from the same blocks, the
//! blocks from `audit`'s story. The page is generated from the record and is
//! never evidence (DESIGN 5); equal folders give equal bytes.

mod blocks;
mod checks;
mod cover;
mod html;
mod metadata;
mod page;
mod qr;
mod room;
pub mod runbook;
mod text;
mod track;

pub use html::html;
pub use text::text;

use crate::audit::story::Story;
use page::Page;

/// The whole page, before it is HTML or text.
fn page(story: &Story) -> Page {
    let mut page = Page::new(cover::cover(story));
    cover::glance(story, &mut page);
    checks::verdict(story, &mut page);
    track::otherwise(story, &mut page);
    room::people(story, &mut page);
    room::clock(story, &mut page);
    room::devices(story, &mut page);
    room::keys(story, &mut page);
    metadata::papers(story, &mut page);
    metadata::clients(story, &mut page);
    track::custody(story, &mut page);
    checks::vouchers(story, &mut page);
    track::timeline(story, &mut page);
    checks::files(story, &mut page);
    checks::runs(story, &mut page);
    checks::facts(story, &mut page);
    page
}
