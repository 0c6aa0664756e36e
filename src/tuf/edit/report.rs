//! What an edit did, for people and for programs: first what it does to
//! signatures, then the operations, then the review of the draft against the
//! last trusted version. The words are not those of a record: nothing is signed.

use super::{Voided, policy};
use crate::base::{Digest, Instant, Json};
use crate::tuf::compare::Comparison;
use crate::tuf::compose::{Draft, Form};
use crate::tuf::policy::Finding;

/// A draft, and what the edit did.
#[derive(Debug, Clone)]
pub struct Edited {
    /// The draft.
    pub draft: Draft,
    /// The draft's file: the envelope without signatures.
    pub bytes: Vec<u8>,
    /// The version of the file that was edited.
    pub file_version: u64,
    /// Signatures with a value that the file carries.
    pub signatures: usize,
    /// The file is a draft itself, and the version stays.
    pub keeps_version: bool,
    /// The file's signatures, when it is a draft: none of them is over the new bytes.
    pub voided: Vec<Voided>,
    /// What each operation did.
    pub done: Vec<String>,
    /// What a reviewer should know.
    pub notes: Vec<String>,
    /// Against the last trusted version; `None` for a draft of a first version.
    pub comparison: Option<Comparison>,
    /// The review of a draft that has nothing to be compared with; else empty.
    pub review: Vec<String>,
    /// What a ceremony of the profile would refuse, as far as the file shows it.
    pub policy: Vec<Finding>,
    /// The instant of the edit.
    pub at: Instant,
    /// The profile whose clients can read the draft.
    pub profile: &'static str,
}

/// `this edit voids 3 signatures`.
pub(super) fn voids(count: usize) -> String {
    match count {
        0 => "this edit voids no signature".to_owned(),
        1 => "this edit voids 1 signature".to_owned(),
        n => format!("this edit voids {n} signatures"),
    }
}

impl Edited {
    /// Text, one line each. `clock` says where the instant comes from.
    #[must_use]
    pub fn lines(&self, clock: &str) -> Vec<String> {
        let (role, version) = (self.draft.role_name(), self.draft.version);
        let mut out = vec![format!(
            "judged at {}, a {} ({clock})",
            self.at,
            self.at.weekday()
        )];
        out.push(if self.keeps_version {
            format!("draft of {role} version {version}, changed")
        } else {
            format!(
                "{role} version {} is succeeded by a draft of version {version}",
                self.file_version
            )
        });
        out.push(if self.keeps_version {
            voids(self.voided.len())
        } else {
            format!(
                "{}: version {} keeps the {} that it has",
                voids(0),
                self.file_version,
                self.signatures
            )
        });
        out.extend(self.voided.iter().map(|v| format!("  {}", v.line())));
        out.push(format!("operations ({})", self.done.len()));
        out.extend(self.done.iter().map(|line| format!("  {line}")));
        out.extend(self.notes.iter().map(|note| format!("note: {note}")));
        out.push(format!(
            "the clients of profile {} can read the draft",
            self.profile
        ));
        for finding in &self.policy {
            out.push(policy::line(finding));
            out.push(format!("  do: {}", finding.claim.remedy()));
        }
        out.push(format!(
            "its name in a repository: {}; it has no signature yet",
            self.draft.file_name()
        ));
        if self.draft.form == Form::Compact {
            out.push("file without blanks; the bytes to sign are the same in any layout".to_owned());
        }
        out.push(String::new());
        match &self.comparison {
            Some(comparison) => out.extend(comparison.lines()),
            None => out.extend(self.review.iter().cloned()),
        }
        out
    }

    /// Stable JSON, described in docs/tuf.md.
    #[must_use]
    pub fn json(&self, clock: &str) -> Json {
        let texts = |list: &[String]| Json::Array(list.iter().map(|t| t.as_str().into()).collect());
        let count = |n: usize| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
        let voided = self.voided.iter().map(|v| {
            let print = v.fingerprint.map_or(Json::Null, |f| f.hex().into());
            Json::object([("keyid", v.keyid.to_string().into()), ("fingerprint", print)])
        });
        let number = crate::tuf::fields::number;
        let claim = |f: &Finding| {
            Json::object([
                ("claim", f.claim.id().into()),
                ("what", f.what.as_str().into()),
                ("waivable", Json::Bool(f.claim.waivable())),
                ("remedy", f.claim.remedy().into()),
            ])
        };
        Json::object([
            ("v", Json::Int(1)),
            ("refused", Json::Null),
            ("at", self.at.to_string().into()),
            ("at_from", clock.into()),
            ("profile", self.profile.into()),
            ("role", self.draft.role_name().into()),
            ("file_version", number(self.file_version)),
            ("file_signatures", count(self.signatures)),
            ("version", number(self.draft.version)),
            ("voids", Json::Array(voided.collect())),
            ("operations", texts(&self.done)),
            ("notes", texts(&self.notes)),
            ("policy", Json::Array(self.policy.iter().map(claim).collect())),
            (
                "draft",
                Json::object([
                    ("name", self.draft.file_name().into()),
                    ("bytes", count(self.bytes.len())),
                    ("sha256", Digest::of(&self.bytes).hex().into()),
                    ("signed_bytes", count(self.draft.canonical.len())),
                    ("signed_sha256", self.draft.digest.hex().into()),
                ]),
            ),
            ("review", texts(&self.review)),
            (
                "diff",
                self.comparison.as_ref().map_or(Json::Null, Comparison::json),
            ),
        ])
    }
}
