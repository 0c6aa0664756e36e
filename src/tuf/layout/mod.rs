//! How other tools lay metadata out: tuf-on-ci's git tree, RSTUF's payloads,
//! tuftool's folder, a plain consistent-snapshot folder (facts/tuf.md 1.1-1.3,
//! 2.2, 2.9, 5.2b). One file each. Reading makes one tree whatever the layout;
//! writing copies bytes and never re-serialises what somebody else may pin by
//! hash. Nothing here signs, and signatures are merged only once verified.

pub mod merge;
mod plain;
mod rstuf;
pub mod tuf_on_ci;
mod tuftool;

use std::collections::BTreeMap;

use super::canonical::canonical;
use crate::base::{Json, shown};

/// Files by their paths below the folder, `/` between the parts.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A layout that can be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// `metadata/ROLE.json`, `metadata/root_history/N.root.json`.
    TufOnCi,
    /// `metadata/N.ROLE.json` and digests, as TUF 3.6 publishes it.
    Plain,
    /// The same with `root.json`, which `tuftool root` works on.
    Tuftool,
    /// What RSTUF's API and command line take.
    Rstuf,
}

impl Layout {
    /// Every layout.
    pub const ALL: [Layout; 4] = [Layout::TufOnCi, Layout::Plain, Layout::Tuftool, Layout::Rstuf];

    /// The word of the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Layout::TufOnCi => "tuf-on-ci",
            Layout::Plain => "plain",
            Layout::Tuftool => "tuftool",
            Layout::Rstuf => "rstuf",
        }
    }

    /// Reads the word of the command line.
    #[must_use]
    pub fn parse(name: &str) -> Option<Layout> {
        Layout::ALL.into_iter().find(|layout| layout.name() == name)
    }
}

/// Why files are no tree, or a tree cannot have a layout.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{at}: {why}")]
pub struct NotLaidOut {
    /// The stable code.
    pub code: &'static str,
    /// The file, safe to show.
    pub at: String,
    /// Expected and got, safe to show.
    pub why: String,
}

/// Metadata files, whatever layout they came in.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tree {
    /// By role (the name without version and `.json`) and version: exact bytes.
    pub files: BTreeMap<(String, u64), Vec<u8>>,
    /// tuf-on-ci's `.signing-event-state`, byte for byte.
    pub state: Option<Vec<u8>>,
    /// Files that are none of these, safe to show; never copied.
    pub strangers: Vec<String>,
}

/// A layout, made.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Laid {
    /// What to write.
    pub files: Files,
    /// What the layout's own tool will stumble over, or what was left out.
    pub notes: Vec<String>,
}

impl Tree {
    /// Reads files of any of the layouts.
    ///
    /// # Errors
    /// [`NotLaidOut`]: `LAYOUT_FILE` for metadata that cannot be read, `LAYOUT_NAME` where
    /// name and content disagree, `LAYOUT_FORK` for two contents of one version.
    pub fn read(files: &Files) -> Result<Tree, NotLaidOut> {
        let mut tree = Tree::default();
        for (path, bytes) in files {
            let short = path.strip_prefix("metadata/").unwrap_or(path);
            let name = short.strip_prefix("root_history/").unwrap_or(short);
            if name == ".signing-event-state" {
                tree.state = Some(bytes.clone());
            } else if let Some(stem) = name.strip_suffix(".json").filter(|stem| !stem.contains('/')) {
                tree.add(path, stem, bytes)?;
            } else {
                tree.strangers.push(shown(path, 200));
            }
        }
        Ok(tree)
    }

    fn add(&mut self, path: &str, stem: &str, bytes: &[u8]) -> Result<(), NotLaidOut> {
        let value = Json::parse(bytes).map_err(|e| refuse("LAYOUT_FILE", path, e.to_string()))?;
        if let Some(inner) = rstuf::metadata(&value) {
            for name in ["trusted_root", "root"] {
                if let Some(root) = inner.get(name) {
                    let (kind, version) = about(path, root)?;
                    if kind != "root" {
                        let why = format!("expected root metadata under {name}, got {}", shown(&kind, 40));
                        return Err(refuse("LAYOUT_NAME", path, why));
                    }
                    self.insert(path, "root", version, root.indented().into_bytes())?;
                }
            }
            return Ok(());
        }
        let (kind, version) = about(path, &value)?;
        let (named, role) = split(stem);
        if named.is_some_and(|named| named != version) {
            let why = format!("expected version {version}, as its content says, in its name");
            return Err(refuse("LAYOUT_NAME", path, why));
        }
        // A delegated role's file holds targets metadata (TUF 4.5).
        let expected = match role {
            "root" | "snapshot" | "timestamp" => role,
            _ => "targets",
        };
        if kind != expected {
            let why = format!(
                "expected {expected} metadata under this name, got {}",
                shown(&kind, 40)
            );
            return Err(refuse("LAYOUT_NAME", path, why));
        }
        self.insert(path, role, version, bytes.to_vec())
    }

    fn insert(&mut self, path: &str, role: &str, version: u64, bytes: Vec<u8>) -> Result<(), NotLaidOut> {
        let key = (role.to_owned(), version);
        match self.files.get(&key) {
            // `root.json` beside `N.root.json`; other white space is no other content.
            Some(known) if *known != bytes && Json::parse(known) != Json::parse(&bytes) => {
                let why = format!(
                    "expected the one content of {} {version}, got another",
                    shown(role, 80)
                );
                Err(refuse("LAYOUT_FORK", path, why))
            }
            Some(_) => Ok(()),
            None => {
                self.files.insert(key, bytes);
                Ok(())
            }
        }
    }

    /// The newest file of each role.
    fn newest(&self) -> BTreeMap<&str, (u64, &[u8])> {
        // Versions ascend within a role, so the last one stays.
        self.files
            .iter()
            .map(|((role, version), bytes)| (role.as_str(), (*version, bytes.as_slice())))
            .collect()
    }

    fn root(&self) -> Result<(u64, &[u8]), NotLaidOut> {
        let newest = self.newest();
        let found = newest.get("root").copied();
        found.ok_or_else(|| refuse("LAYOUT_NO_ROOT", "root", "expected a root, got none"))
    }

    /// Lays the tree out. `settings` is RSTUF's `settings` object, for a bootstrap.
    ///
    /// # Errors
    /// [`NotLaidOut`] with the layout's reason; nothing is half made.
    pub fn lay(&self, layout: Layout, settings: Option<&Json>) -> Result<Laid, NotLaidOut> {
        if settings.is_some() && layout != Layout::Rstuf {
            let why = "expected settings with the layout rstuf alone";
            return Err(refuse("LAYOUT_SETTINGS", "settings", why));
        }
        let mut laid = match layout {
            Layout::TufOnCi => tuf_on_ci::lay(self),
            Layout::Plain => plain::lay(self),
            Layout::Tuftool => tuftool::lay(self),
            Layout::Rstuf => rstuf::lay(self, settings),
        }?;
        let strangers = self.strangers.iter();
        laid.notes
            .extend(strangers.map(|name| format!("not copied: {name}")));
        Ok(laid)
    }
}

fn refuse(code: &'static str, at: &str, why: impl Into<String>) -> NotLaidOut {
    NotLaidOut {
        code,
        at: shown(at, 200),
        why: why.into(),
    }
}

/// `_type` and `version` of an envelope.
fn about(path: &str, value: &Json) -> Result<(String, u64), NotLaidOut> {
    let signed = value.get("signed");
    let kind = signed.and_then(|s| s.get("_type")).and_then(Json::as_str);
    let version = signed.and_then(|s| s.get("version")).and_then(Json::as_int);
    let version = version.and_then(|v| u64::try_from(v).ok()).filter(|v| *v > 0);
    match (kind, version) {
        (Some(kind), Some(version)) if value.get("signatures").and_then(Json::as_array).is_some() => {
            Ok((kind.to_owned(), version))
        }
        _ => Err(refuse(
            "LAYOUT_FILE",
            path,
            "expected signatures and a signed part with _type and version",
        )),
    }
}

/// `3.targets` is version 3 of targets; `targets` has no version in its name.
fn split(stem: &str) -> (Option<u64>, &str) {
    match stem.split_once('.') {
        Some((digits, role)) if digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0') => {
            match digits.parse() {
                Ok(version) => (Some(version), role),
                Err(_) => (None, stem),
            }
        }
        _ => (None, stem),
    }
}

/// The same envelope with other signatures; the signed part keeps its canonical bytes.
fn with_signatures(envelope: &Json, signatures: Vec<Json>) -> Json {
    let mut map = envelope.as_object().cloned().unwrap_or_default();
    map.insert("signatures".to_owned(), Json::Array(signatures));
    Json::Object(map)
}

/// The bytes that signatures of an envelope are over.
fn message(envelope: &Json) -> Vec<u8> {
    envelope.get("signed").map(canonical).unwrap_or_default()
}
