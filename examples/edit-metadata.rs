//! Reads a metadata file, edits it, writes it as another; the signatures go, for
//! they were over other bytes. Fields that this program does not know stay.
//! `cargo run --no-default-features --example edit-metadata -- . \
//!     1.targets.json 2.targets.json --expires 2031-01-01T00:00:00Z --add docs/a.txt ./a.txt`

use std::error::Error;
use std::path::Path;

use tuf_ceremony::base::{Digest, Instant, Json};
use tuf_ceremony::folder::Folder;
use tuf_ceremony::tuf::repository::{Fetch as _, Storage as _};
use tuf_ceremony::tuf::{Limits, Metadata, compose::Draft};

fn main() -> Result<(), Box<dyn Error>> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    edit(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

/// Does the edits that the command line names.
pub fn edit(words: &[&str]) -> Result<(), Box<dyn Error>> {
    let &[folder, from, to, ref edits @ ..] = words else {
        return Err("usage: edit-metadata FOLDER FROM TO [--expires INSTANT] [--add PATH FILE]".into());
    };
    let mut folder = Folder::at(Path::new(folder));
    let bytes = folder.fetch(from, 5_000_000)?.ok_or("no such file")?;
    let metadata = Metadata::parse_within(&bytes, &Limits::default())?;

    // Every field that came in, known or not.
    let Json::Object(mut signed) = metadata.signed_json else {
        return Err("not an object".into());
    };
    let next = i64::try_from(metadata.signed.version())?.saturating_add(1);
    signed.insert("version".into(), Json::Int(next));
    let mut edits = edits;
    while let Some(option) = edits.first() {
        edits = match edits {
            ["--expires", at, rest @ ..] => {
                signed.insert("expires".into(), Instant::parse(at)?.to_string().into());
                rest
            }
            ["--add", path, file, rest @ ..] => {
                let content = std::fs::read(file)?;
                let hashes = Json::object([("sha256", Digest::of(&content).hex().into())]);
                let length = Json::Int(i64::try_from(content.len())?);
                let entry = Json::object([("hashes", hashes), ("length", length)]);
                match signed.get_mut("targets") {
                    Some(Json::Object(targets)) => targets.insert((*path).into(), entry),
                    _ => return Err("no targets metadata".into()),
                };
                rest
            }
            _ => return Err(format!("no such edit: {option}").into()),
        };
    }
    // A draft is refused if any client would read its bytes differently.
    let draft = Draft::of(Json::Object(signed))?;
    Ok(folder.create_new(to, &draft.assemble(&[]))?)
}
