//! Whether a bundle may be published over a live repository (DESIGN 7): a
//! production ceremony that is known from outside, whose root follows the live
//! one. A client below a bad root is lost, so this is asked before, not after.

use crate::bundle::Place;
use crate::tuf::{Metadata, RoleName, Root, Signed, meter};

use super::case::Case;
use super::level::{Decided, Level};

/// The newest root of the repository over which the bundle is to be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LiveRoot {
    /// Nothing is published yet.
    None,
    /// The bytes of the newest `N.root.json`.
    Bytes(Vec<u8>),
}

/// Whether it may be published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publish {
    /// Each reason why not; empty: it may be.
    pub refused: Vec<String>,
    /// One sentence about the succession.
    pub what: String,
}

pub(super) fn judge(case: &Case<'_>, live: &LiveRoot, decided: &Decided) -> Publish {
    let mut refused = Vec::new();
    if case.kind() != Some("production") {
        refused.push("kind: expected production".to_owned());
    }
    // The quorum of witnesses counts where the auditor, or the record, asks for one.
    let anchors = case.options.anchors.as_ref();
    let asks =
        anchors.is_some_and(|a| a.quorum.is_some() || !a.witnesses.is_empty()) || case.asks_witnesses();
    let least = if asks {
        Level::Witnessed
    } else {
        Level::Unwitnessed
    };
    if decided.level < least {
        refused.push(format!(
            "verdict: expected at least {}, got {}",
            least.as_str(),
            decided.level.as_str()
        ));
    }
    let what = match succession(case, live) {
        Ok(what) => what,
        Err(why) => {
            refused.push(format!("succession: {why}"));
            "the root does not follow the live one".to_owned()
        }
    };
    Publish { refused, what }
}

fn succession(case: &Case<'_>, live: &LiveRoot) -> Result<String, String> {
    let live = match live {
        LiveRoot::None => None,
        LiveRoot::Bytes(bytes) => {
            let file = Metadata::parse(bytes).map_err(|e| format!("the live root: {e}"))?;
            Some(root_of(&file).ok_or("the live root is no root")?.clone())
        }
    };
    let mut roots: Vec<Metadata> = Vec::new();
    for (path, bytes) in case.files.at(Place::Metadata) {
        let file = Metadata::parse(bytes).map_err(|e| format!("{path}: {e}"))?;
        if root_of(&file).is_some() {
            roots.push(file);
        }
    }
    roots.sort_by_key(|file| file.signed.version());
    let Some(last) = roots.last() else {
        // A ceremony that makes no root stands on the one that it was given.
        let trusted = case.plan.as_ref().ok().and_then(|p| p.trusted());
        let trusted = trusted.ok_or("the bundle has no root, and names none that it stands on")?;
        let live = live.ok_or("the bundle has no root, and none is live")?;
        if trusted.root != live {
            return Err(format!(
                "the bundle stands on root {}, and root {} is live",
                trusted.root.common.version, live.common.version
            ));
        }
        return Ok(format!("no new root; root {} stays", live.common.version));
    };
    let mut before = live;
    let from = before.as_ref().map_or(0, |r| r.common.version);
    for file in &roots {
        let root = root_of(file).ok_or("no root")?;
        let expected = before.as_ref().map_or(1, |r| r.common.version.saturating_add(1));
        if root.common.version != expected {
            // TUF 5.3.5: exactly the next version.
            return Err(format!(
                "expected root {expected} next, got root {}",
                root.common.version
            ));
        }
        // TUF 5.3.4: the threshold of the root before it.
        if let Some(before) = &before {
            let role = before
                .roles
                .get(&RoleName::Root)
                .ok_or("the live root names no root role")?;
            let keys = (&before.keys, &role.keyids);
            let meter = meter(
                keys.0,
                keys.1,
                role.threshold,
                &file.canonical(),
                &file.signatures,
            );
            if !meter.complete() {
                return Err(format!(
                    "root {expected} has {} of {} signatures by the keys of root {}",
                    meter.distinct, meter.threshold, before.common.version
                ));
            }
        }
        before = Some(root.clone());
    }
    let to = last.signed.version();
    Ok(match from {
        0 => format!("root {to}, the first; nothing is live"),
        from => format!("root {to} follows the live root {from}"),
    })
}

fn root_of(file: &Metadata) -> Option<&Root> {
    match &file.signed {
        Signed::Root(root) => Some(root),
        _ => None,
    }
}
