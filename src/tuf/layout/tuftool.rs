//! tuftool's layout (awslabs/tough): `root.json` is what `tuftool root` works
//! on, beside the folder that `tuftool update` and every client read. A
//! threshold of 1507 is tuftool's word for "not set yet": a file with one is
//! read, and never written, because nobody could ever sign it.

use super::{Laid, NotLaidOut, Tree, plain, refuse};
use crate::base::Json;

/// `tuftool root init` (facts/tuf.md 1.3).
const UNSET: i64 = 1507;

pub(super) fn lay(tree: &Tree) -> Result<Laid, NotLaidOut> {
    let (version, root) = tree.root()?;
    let value = Json::parse(root).map_err(|e| refuse("LAYOUT_FILE", "root", e.to_string()))?;
    let roles = value
        .get("signed")
        .and_then(|s| s.get("roles"))
        .and_then(Json::as_object);
    for (name, role) in roles.into_iter().flatten() {
        if role.get("threshold").and_then(Json::as_int) == Some(UNSET) {
            let why = format!("expected a threshold of {name}, got {UNSET}: tuftool's word for none yet");
            return Err(refuse("LAYOUT_UNSET_THRESHOLD", "root.json", why));
        }
    }
    let mut laid = Laid::default();
    plain::publish(tree, &mut laid)?;
    let published = laid.files.get(&format!("metadata/{version}.root.json"));
    if let Some(root) = published.cloned() {
        laid.files.insert("root.json".to_owned(), root);
    }
    Ok(laid)
}
