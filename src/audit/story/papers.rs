//! Metadata files that the ceremony made: what changed, in the review's own
//! words (`tuf::diff`), who approved and signed which bytes, what clients say.

use crate::audit::case::Case;
use crate::base::{Digest, Instant, Json};
use crate::engine::{FileState, review_text};
use crate::plan::Plan;
use crate::transcript::{Class, Kind, Line};
use crate::tuf::{Metadata, MetadataName};

use super::{class, devices::about, member, number, safe, texts};

/// One metadata file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Paper {
    /// The role: `root`, `targets`, a delegated role's name.
    pub role: String,
    /// Its file's name.
    pub file: String,
    /// Its version.
    pub version: u64,
    /// The version that it follows; `None`: it is the first, or that is not known.
    pub follows: Option<u64>,
    /// When it expires.
    pub expires: Option<Instant>,
    /// SHA-256 of the bytes that were signed; `None`: they could not be made again.
    pub payload: Option<Digest>,
    /// The changes that were approved, with reasons and notes.
    pub changes: Vec<String>,
    /// The review: what it means.
    pub meaning: Vec<String>,
    /// The review: every value.
    pub values: Vec<String>,
    /// SHA-256 of the review text that people read.
    pub review: Option<Digest>,
    /// Who read it: role and record.
    pub read_by: Vec<(String, u64)>,
    /// Where its words were compared: source and record.
    pub compared: Vec<(String, u64)>,
    /// Signatures, in order.
    pub signatures: Vec<SignatureTold>,
    /// The record in which its threshold was reached.
    pub complete: Option<u64>,
    /// Each claim of the policy with what became of it.
    pub policy: Vec<String>,
    /// What stands behind its bytes.
    pub class: Class,
}

/// One signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureTold {
    /// The ids under which it stands.
    pub keyids: Vec<String>,
    /// Distinct keys that signed so far, and how many must.
    pub meter: (u64, u64),
    /// The same for the root before.
    pub old_meter: Option<(u64, u64)>,
    /// The record.
    pub record: u64,
    /// When.
    pub at: Instant,
    /// What stands behind it.
    pub class: Class,
}

/// What the model of one client said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientSaid {
    /// Its name and version.
    pub client: String,
    /// `accepts`, `refuses` or `unsure`.
    pub verdict: String,
    /// `named`, `acknowledged` or `asked`.
    pub stands: String,
    /// The root that it starts from.
    pub from: u64,
    /// Why, where it does not accept.
    pub why: String,
    /// The record.
    pub record: u64,
    /// What stands behind it.
    pub class: Class,
}

pub(super) fn papers(case: &Case<'_>) -> Vec<Paper> {
    match (case.state(), &case.plan) {
        (Ok(state), Ok(plan)) => state
            .files
            .iter()
            .map(|(name, file)| composed(case, plan, name, file))
            .collect(),
        _ => found(case),
    }
}

fn composed(case: &Case<'_>, plan: &Plan, name: &MetadataName, file: &FileState) -> Paper {
    let draft = &file.draft;
    let text: Vec<String> = review_text(plan, &file.notes, draft)
        .iter()
        .map(|l| safe(l))
        .collect();
    // `review` ends its first half with the payload's digest and an empty line.
    let half = text
        .iter()
        .position(|l| l.starts_with("SHA-256 of them: "))
        .map_or(text.len(), |at| at.saturating_add(1));
    let (meaning, values) = text.split_at(half);
    Paper {
        file: safe(&draft.file_name()),
        version: draft.version,
        follows: published(plan, name),
        expires: crate::tuf::Signed::from_json(&draft.signed)
            .ok()
            .map(|s| s.expires()),
        payload: Some(draft.digest),
        meaning: meaning.to_vec(),
        values: values.iter().filter(|l| !l.is_empty()).cloned().collect(),
        review: Some(file.review),
        class: class(case, Kind::Frozen),
        ..recorded(case, name.as_str())
    }
}

/// The version of the published file of this role.
fn published(plan: &Plan, name: &MetadataName) -> Option<u64> {
    let trusted = plan.trusted()?;
    if *name == MetadataName::ROOT {
        return Some(trusted.root.common.version);
    }
    trusted.predecessors.get(name).map(|m| m.signed.version())
}

/// Without a re-execution: the files as they lie there.
fn found(case: &Case<'_>) -> Vec<Paper> {
    let files = case.files.known.iter();
    let metadata = files.filter_map(|(path, bytes)| {
        let file = path.strip_prefix("metadata/")?;
        let (name, _) = MetadataName::of_file(file)?;
        let parsed = Metadata::parse(bytes).ok();
        Some(Paper {
            file: safe(file),
            version: parsed.as_ref().map_or(0, |m| m.signed.version()),
            expires: parsed.as_ref().map(|m| m.signed.expires()),
            payload: parsed.as_ref().map(|m| Digest::of(&m.canonical())),
            ..recorded(case, name.as_str())
        })
    });
    metadata.collect()
}

/// What the records say of a role's file.
fn recorded(case: &Case<'_>, role: &str) -> Paper {
    let records = |kind| about(case, kind, "metadata", role);
    let read = |line: &Line| {
        let answer = case.lines.iter().rfind(|l| l.seq < line.seq);
        (answer.map(|l| safe(&l.record.who)).unwrap_or_default(), line.seq)
    };
    let compared = about(case, Kind::Compared, "what", role);
    let agreed = compared.filter(|l| l.record.body.get("agrees") == Some(&Json::Bool(true)));
    Paper {
        role: safe(role),
        file: String::new(),
        version: 0,
        follows: None,
        expires: None,
        payload: None,
        changes: if role == "root" { changes(case) } else { Vec::new() },
        meaning: Vec::new(),
        values: Vec::new(),
        review: None,
        read_by: records(Kind::Reviewed).map(read).collect(),
        compared: agreed
            .map(|l| (member(&l.record.body, "source"), l.seq))
            .collect(),
        signatures: records(Kind::Signed).map(|l| signature(case, l)).collect(),
        complete: records(Kind::Complete).last().map(|l| l.seq),
        policy: records(Kind::Composed)
            .last()
            .map(|l| texts(&l.record.body, "policy"))
            .unwrap_or_default(),
        class: Class::Claimed,
    }
}

fn changes(case: &Case<'_>) -> Vec<String> {
    let lines = case.lines.iter();
    let Some(line) = lines.rev().find(|l| l.record.kind == Kind::Transition) else {
        return Vec::new();
    };
    let body = &line.record.body;
    let declared = body.get("changes").and_then(Json::as_array).unwrap_or_default();
    let mut out: Vec<String> = declared
        .iter()
        .map(|c| match member(c, "reason") {
            reason if reason.is_empty() => member(c, "change"),
            reason => format!("{}; because: {reason}", member(c, "change")),
        })
        .collect();
    out.extend(texts(body, "notes"));
    out
}

fn signature(case: &Case<'_>, line: &Line) -> SignatureTold {
    let body = &line.record.body;
    let of = |name| number(body, name);
    SignatureTold {
        keyids: super::split(&member(body, "keyid")),
        meter: (of("have").unwrap_or(0), of("need").unwrap_or(0)),
        old_meter: of("old_have").zip(of("old_need")),
        record: line.seq,
        at: line.at.wall,
        class: class(case, Kind::Signed),
    }
}

/// What each client said last: of the signed files where they were judged, else of a draft.
pub(super) fn clients(case: &Case<'_>) -> Vec<ClientSaid> {
    let said = || {
        case.lines
            .iter()
            .rev()
            .filter(|l| l.record.kind == Kind::ClientVerdicts)
    };
    let phase = |l: &&Line| member(&l.record.body, "phase") == "signed";
    let Some(line) = said().find(phase).or_else(|| said().next()) else {
        return Vec::new();
    };
    let all = line.record.body.get("clients").and_then(Json::as_array);
    let told = |c: &Json| ClientSaid {
        client: format!("{} {}", member(c, "client"), member(c, "version")),
        verdict: member(c, "verdict"),
        stands: member(c, "stands"),
        from: number(c, "from").unwrap_or(0),
        why: [member(c, "code"), member(c, "at"), member(c, "why")]
            .into_iter()
            .filter(|t| !t.is_empty())
            .collect::<Vec<_>>()
            .join(": "),
        record: line.seq,
        class: class(case, Kind::ClientVerdicts),
    };
    all.unwrap_or_default().iter().map(told).collect()
}
