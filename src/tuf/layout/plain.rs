//! The plain layout: what a web server publishes (TUF 3.6, 6.2; facts/tuf.md
//! 2.9), with `SHA256SUMS` beside it. Placeholders of signatures are left out,
//! because a verifier that decodes eagerly may choke on them (facts/tuf.md
//! 1.1), unless another file pins the bytes.

use std::collections::BTreeMap;

use data_encoding::HEXLOWER;

use super::{Files, Laid, NotLaidOut, Tree, refuse, with_signatures};
use crate::base::{Digest, Json, shown};

pub(super) fn lay(tree: &Tree) -> Result<Laid, NotLaidOut> {
    let mut laid = Laid::default();
    publish(tree, &mut laid)?;
    laid.files.insert("SHA256SUMS".to_owned(), sums(&laid.files));
    Ok(laid)
}

/// `metadata/` with the names that clients ask for.
pub(super) fn publish(tree: &Tree, laid: &mut Laid) -> Result<(), NotLaidOut> {
    let (_, root) = tree.root()?;
    let consistent = Json::parse(root)
        .ok()
        .and_then(|v| v.get("signed")?.get("consistent_snapshot").cloned())
        == Some(Json::Bool(true));
    let newest = tree.newest();
    for ((role, version), bytes) in &tree.files {
        let name = match role.as_str() {
            // TUF 5.3.3: always with its version. TUF 5.4: never with one.
            "root" => format!("metadata/{version}.root.json"),
            "timestamp" => "metadata/timestamp.json".to_owned(),
            role if consistent => format!("metadata/{version}.{role}.json"),
            role => format!("metadata/{role}.json"),
        };
        let unversioned = role != "root" && (role == "timestamp" || !consistent);
        if unversioned && newest.get(role.as_str()).is_some_and(|(last, _)| last != version) {
            laid.notes.push(format!(
                "left out: {} {version}, an older one; its name has no version",
                shown(role, 80)
            ));
            continue;
        }
        let stripped = stripped(bytes);
        if stripped.is_some() {
            laid.notes
                .push(format!("{}: empty signatures left out", shown(&name, 120)));
        }
        laid.files.insert(name, stripped.unwrap_or_else(|| bytes.clone()));
    }
    pins(tree, &newest, &laid.files, consistent)
}

/// The file without its placeholders; `None` if it has none.
fn stripped(bytes: &[u8]) -> Option<Vec<u8>> {
    let envelope = Json::parse(bytes).ok()?;
    let signatures = envelope.get("signatures")?.as_array()?;
    let is_empty = |s: &Json| s.get("sig").and_then(Json::as_str) == Some("");
    if !signatures.iter().any(is_empty) {
        return None;
    }
    let kept = signatures.iter().filter(|s| !is_empty(s)).cloned().collect();
    Some(with_signatures(&envelope, kept).indented().into_bytes())
}

/// TUF 5.4.2, 5.5.2, 5.6.2: where the newest timestamp and snapshot pin length or hashes,
/// the files as laid out must have them.
fn pins(
    tree: &Tree,
    newest: &BTreeMap<&str, (u64, &[u8])>,
    files: &Files,
    consistent: bool,
) -> Result<(), NotLaidOut> {
    for holder in ["timestamp", "snapshot"] {
        let Some(value) = newest.get(holder).and_then(|(_, bytes)| Json::parse(bytes).ok()) else {
            continue;
        };
        let meta = value
            .get("signed")
            .and_then(|s| s.get("meta"))
            .and_then(Json::as_object);
        for (name, entry) in meta.into_iter().flatten() {
            let role = name.strip_suffix(".json").unwrap_or(name);
            let version = entry
                .get("version")
                .and_then(Json::as_int)
                .and_then(|v| u64::try_from(v).ok());
            let Some(version) = version else { continue };
            let path = if consistent {
                format!("metadata/{version}.{role}.json")
            } else {
                format!("metadata/{role}.json")
            };
            let is_here = tree.files.contains_key(&(role.to_owned(), version));
            let Some(bytes) = files.get(&path).filter(|_| is_here) else {
                continue;
            };
            if !fits(entry, bytes) {
                let why = format!("expected the length and hashes that {holder} pins, got others");
                return Err(refuse("LAYOUT_PINNED", &path, why));
            }
        }
    }
    Ok(())
}

fn fits(entry: &Json, bytes: &[u8]) -> bool {
    use sha2::Digest as _;
    let length = entry.get("length").and_then(Json::as_int);
    let hash = |name: &str| {
        entry
            .get("hashes")
            .and_then(|h| h.get(name))
            .and_then(Json::as_str)
    };
    length.is_none_or(|n| usize::try_from(n) == Ok(bytes.len()))
        && hash("sha256").is_none_or(|h| h == Digest::of(bytes).to_string())
        && hash("sha512").is_none_or(|h| h == HEXLOWER.encode(&sha2::Sha512::digest(bytes)))
}

/// The form that `sha256sum -c` reads.
fn sums(files: &Files) -> Vec<u8> {
    let lines = files
        .iter()
        .map(|(path, bytes)| format!("{}  {path}\n", Digest::of(bytes)));
    lines.collect::<String>().into_bytes()
}
