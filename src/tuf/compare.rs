//! Two metadata files against each other, with their signatures: the review
//! that a person reads before signing ([`super::review`]), then what a root
//! changes by content and who signed it, by the old keys and by the new ones.
//! For looking only: files that today's rules refuse can be compared as well.

use super::chain::{Change, Defects, Found, between, meter_json, read};
use super::diff::{Value, review, values};
use super::fields::Fields;
use super::in_place::MAX_SIGNATURES;
use super::metadata::Metadata;
use super::refused::Refused;
use super::threshold::{Meter, meter};
use crate::base::{Digest, Json, shown};

/// A comparison of two files.
#[derive(Debug, Clone)]
pub struct Comparison {
    /// The review text of the new file against the old one.
    pub review: Vec<String>,
    /// Every value that differs.
    pub values: Vec<Value>,
    /// What a root changes by content; `None` unless both are readable roots.
    pub root: Option<RootChange>,
    /// `_type` of both, safe to show.
    pub roles: [String; 2],
    /// `version` of both, if they have one.
    pub versions: [Option<i64>; 2],
    /// Why today's parser refuses each, if it does: then the comparison is for looking only.
    pub refused: [Option<Refused>; 2],
    /// SHA-256 of the signed bytes of both.
    pub digests: [Digest; 2],
}

/// What a new root does to an old one.
#[derive(Debug, Clone)]
pub struct RootChange {
    /// By content.
    pub changes: Vec<Change>,
    /// The new file's signatures, by the old root's keys.
    pub old: Option<Meter>,
    /// The new file's signatures, by its own keys.
    pub new: Option<Meter>,
}

/// Compares `new` with `old`.
///
/// # Errors
/// [`Refused`] and which file it is when one is no envelope of strict JSON.
pub fn compare(old: &[u8], new: &[u8]) -> Result<Comparison, (&'static str, Refused)> {
    let before = signed(old).map_err(|e| ("old", e))?;
    let after = signed(new).map_err(|e| ("new", e))?;
    let root = || -> Option<RootChange> {
        let mut ignored = Defects::default();
        let (old, new) = (read(old, &mut ignored)?, read(new, &mut ignored)?);
        Some(RootChange {
            changes: between(&old, &new),
            old: count(&old, &new),
            new: count(&new, &new),
        })
    };
    let both = [&before, &after];
    Ok(Comparison {
        review: review(&after, Some(&before)),
        values: values(&after, &before),
        root: root(),
        roles: both.map(|s| match s.get("_type").and_then(Json::as_str) {
            Some(kind) => shown(kind, 80),
            None => "(absent)".to_owned(),
        }),
        versions: both.map(|s| s.get("version").and_then(Json::as_int)),
        refused: [old, new].map(|bytes| Metadata::parse(bytes).err()),
        digests: both.map(|s| Digest::of(&super::canonical(s))),
    })
}

fn signed(bytes: &[u8]) -> Result<Json, Refused> {
    let whole = Json::parse(bytes)?;
    let mut fields = Fields::of(&whole, "")?;
    let signed = fields.take("signed")?.clone();
    // The flood is refused here as everywhere (V18); nothing else of the envelope is judged.
    if fields.array("signatures")?.len() > MAX_SIGNATURES {
        let limit = MAX_SIGNATURES;
        return Err(Refused::SignatureFlood { limit });
    }
    Fields::of(&signed, "signed")?.text("_type")?;
    Ok(signed)
}

fn count(judge: &Found, file: &Found) -> Option<Meter> {
    let role = judge.root_role()?;
    let keys = judge.respelled();
    Some(meter(
        &keys,
        &role.keyids,
        role.threshold,
        &file.canonical,
        &file.signatures,
    ))
}

impl Comparison {
    /// Whether the two signed parts are the same bytes.
    #[must_use]
    pub fn same(&self) -> bool {
        let [old, new] = self.digests;
        old == new
    }

    /// Text, one line each.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut out = self.review.clone();
        for (which, refused) in ["old", "new"].into_iter().zip(&self.refused) {
            let Some(refused) = refused else { continue };
            out.push(format!(
                "{which} file: REFUSED TODAY [{}] {refused}",
                refused.code()
            ));
            out.push(format!("  do: {}", refused.remedy()));
        }
        let Some(root) = &self.root else { return out };
        out.push(String::new());
        out.push(format!("what changes, by content ({})", root.changes.len()));
        out.extend(root.changes.iter().map(|c| format!("  {}", c.line())));
        out.push(String::new());
        out.push("signatures of the new file".to_owned());
        for (whose, meter) in [("the old root", &root.old), ("its own", &root.new)] {
            let Some(meter) = meter else { continue };
            let word = if meter.complete() {
                "reached"
            } else {
                "NOT REACHED"
            };
            out.push(format!(
                "  by keys of {whose}: {} of {} needed, {word}",
                meter.distinct, meter.threshold
            ));
            for (word, ids) in [("missing", &meter.missing), ("INVALID", &meter.invalid)] {
                out.extend(ids.iter().map(|id| format!("    {word}: {id}")));
            }
        }
        out
    }

    /// Stable JSON, described in docs/tuf.md.
    #[must_use]
    pub fn json(&self) -> Json {
        let text = |v: &Option<String>| v.clone().map_or(Json::Null, Json::Str);
        let side = |role: &str, version: Option<i64>, digest: Digest, refused: &Option<Refused>| {
            let of = |text: fn(&Refused) -> String| refused.as_ref().map_or(Json::Null, |r| text(r).into());
            Json::object([
                ("refused", of(|r| r.code().to_owned())),
                ("refused_why", of(ToString::to_string)),
                ("refused_remedy", of(|r| r.remedy().to_owned())),
                ("role", role.into()),
                ("version", version.map_or(Json::Null, Json::Int)),
                ("signed_sha256", digest.hex().into()),
            ])
        };
        let [old_role, new_role] = &self.roles;
        let [old_version, new_version] = self.versions;
        let [old_digest, new_digest] = self.digests;
        let [old_refused, new_refused] = &self.refused;
        let values = self.values.iter().map(|value| {
            Json::object([
                ("path", value.path.as_str().into()),
                ("was", text(&value.was)),
                ("now", text(&value.now)),
            ])
        });
        let root = self.root.as_ref().map_or(Json::Null, |root| {
            let of = |m: &Option<Meter>| m.as_ref().map_or(Json::Null, meter_json);
            Json::object([
                (
                    "changes",
                    Json::Array(root.changes.iter().map(Change::json).collect()),
                ),
                ("old", of(&root.old)),
                ("new", of(&root.new)),
            ])
        });
        let review = self.review.iter().map(|line| line.as_str().into());
        Json::object([
            ("v", Json::Int(1)),
            ("old", side(old_role, old_version, old_digest, old_refused)),
            ("new", side(new_role, new_version, new_digest, new_refused)),
            ("same", Json::Bool(self.same())),
            ("review", Json::Array(review.collect())),
            ("values", Json::Array(values.collect())),
            ("root", root),
        ])
    }
}
