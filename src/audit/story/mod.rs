//! What a reader wants to know of a ceremony: who, when, with which devices and
//! keys, what changed, what went otherwise than planned. Taken from the record
//! and, where it is re-executed, from the engine's state; free of presentation,
//! so that a page, a plain text and a walk through the screens share it. It
//! judges nothing: the verdict is [`judge`](super::judge)'s, and this is never
//! evidence (DESIGN 5).

mod devices;
mod keys;
mod papers;
mod people;
mod seal;
mod timeline;

use crate::base::{Digest, Instant, Json};
use crate::bundle::Files;
use crate::bundle::layout::SUMS;
use crate::transcript::{Checkpoint, Class, Kind, Line};

use super::case::{Case, NoState};
use super::{Judgement, Options, judge_case};

pub use devices::{Device, Statement};
pub use keys::{KeyTold, Use};
pub use papers::{ClientSaid, Paper, SignatureTold};
pub use people::{ClockRead, Seat};
pub use seal::{FileTold, GateTold, Standing, Voucher};
pub use timeline::{Moment, Sort};

/// A whole ceremony as a reader meets it. Every text is printable ASCII.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Story {
    /// Checks, facts and verdict.
    pub judgement: Judgement,
    /// The version of the program that tells this.
    pub teller: &'static str,
    /// `production` or `rehearsal`, as the first record says; `None`: it says neither.
    pub kind: Option<String>,
    /// The drill that was played.
    pub drill: Option<String>,
    /// One line for people, from the script; `None`: there is no usable script.
    pub title: Option<String>,
    /// Organisation, site and ceremony, as the first record says.
    pub place: Option<[String; 3]>,
    /// The profile whose clients must accept the result.
    pub profile: Option<&'static str>,
    /// The ceremony's id: SHA-256 of the record's first line.
    pub ceremony: Digest,
    /// Origin of the checkpoints.
    pub origin: Option<String>,
    /// The closing checkpoint that this ceremony names as the one before it, or `genesis`.
    pub predecessor: Option<String>,
    /// SHA-256 of the script.
    pub script: Option<Digest>,
    /// The first and the last record's time: claims of the machine.
    pub span: Option<(Instant, Instant)>,
    /// Whether the last record closes the ceremony.
    pub closed: bool,
    /// Why nothing could be re-executed; then every fact here is a claim.
    pub not_replayed: Option<String>,
    /// Each run of the program, in order.
    pub runs: Vec<Run>,
    /// The roll call.
    pub seats: Vec<Seat>,
    /// Each time that a clock was read.
    pub clocks: Vec<ClockRead>,
    /// Devices.
    pub devices: Vec<Device>,
    /// Keys: made here, enrolled, or living elsewhere.
    pub keys: Vec<KeyTold>,
    /// Metadata files that were made here.
    pub papers: Vec<Paper>,
    /// What each client model said last, before the export.
    pub clients: Vec<ClientSaid>,
    /// Whose signatures stand under the checkpoints.
    pub vouchers: Vec<Voucher>,
    /// Everything worth telling, in the order of the record.
    pub timeline: Vec<Moment>,
    /// The checkpoints that were taken on the way.
    pub gates: Vec<GateTold>,
    /// The files that left.
    pub files: Vec<FileTold>,
    /// How many lines the record has.
    pub size: u64,
    /// RFC 6962 root over them.
    pub root: Digest,
    /// The text of the checkpoint over all lines, computed here; `None`: the record gives no origin.
    pub checkpoint: Option<String>,
    /// SHA-256 of `SHA256SUMS`, which lists the bundle's files; `None`: it is no bundle.
    pub bundle: Option<Digest>,
}

/// One run of the program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The record that begins it.
    pub record: u64,
    /// When.
    pub at: Instant,
    /// Version and features of the program, as it says.
    pub program: String,
    /// SHA-256 of its file, as it says.
    pub sha256: String,
    /// `tui` or `headless`.
    pub front_end: String,
    /// `keyboard` or `answers_file`.
    pub secrets: String,
    /// Fingerprint of the log key that signs this run's checkpoints.
    pub log_key: Option<Digest>,
}

impl Story {
    /// Whether the ceremony was production; nothing else may look like it.
    #[must_use]
    pub fn is_production(&self) -> bool {
        self.kind.as_deref() == Some("production")
    }

    /// The moments of one sort, in the order of the record.
    pub fn of(&self, sort: Sort) -> impl Iterator<Item = &Moment> {
        self.timeline.iter().filter(move |m| m.sort == sort)
    }

    /// What a name in the record means for a keyid: the key's name, or nothing.
    #[must_use]
    pub fn key_of(&self, keyid: &str) -> Option<&KeyTold> {
        self.keys.iter().find(|k| k.keyids.iter().any(|id| id == keyid))
    }
}

/// Tells the story of the files of a folder, judged with the same options.
#[must_use]
pub fn tell(files: &Files, options: &Options) -> Story {
    let case = Case::new(files, options);
    let open = case.opening.as_ref();
    let head = case
        .origin
        .as_ref()
        .and_then(|o| Checkpoint::of(o, &case.chain.tree).ok());
    let script = case.plan.as_ref().ok().map(|p| p.script());
    let keys = keys::keys(&case);
    Story {
        judgement: spelled(judge_case(&case)),
        teller: env!("CARGO_PKG_VERSION"),
        kind: open.map(|o| safe(&o.kind)),
        drill: open.and_then(|o| o.drill.as_deref().map(safe)),
        title: script.map(|s| safe(&s.title)),
        place: open.map(|o| [safe(&o.organisation), safe(&o.site), safe(&o.name)]),
        profile: script.map(|s| s.profile.name),
        ceremony: case.chain.ceremony,
        origin: case.origin.as_deref().map(safe),
        predecessor: open.map(|o| safe(&o.predecessor)),
        script: open.map(|o| o.script.sha256),
        span: case.lines.first().zip(case.lines.last()).map(span),
        closed: case.chain.is_closed(),
        not_replayed: case.state().err().map(why_not),
        runs: runs(&case),
        seats: people::seats(&case),
        clocks: people::clocks(&case),
        devices: devices::devices(&case),
        papers: papers::papers(&case),
        clients: papers::clients(&case),
        vouchers: seal::vouchers(&case),
        timeline: timeline::timeline(&case, &keys),
        keys,
        gates: seal::gates(&case),
        files: seal::files(&case),
        size: case.chain.tree.size(),
        root: case.chain.tree.root(),
        checkpoint: head.map(|h| h.to_string()),
        bundle: files.get(SUMS).map(Digest::of),
    }
}

/// The same judgement, each text as printable ASCII: a check may quote a name of
/// the record, which is a stranger's.
fn spelled(mut judged: Judgement) -> Judgement {
    let each = |texts: &mut Vec<String>| texts.iter_mut().for_each(|t| *t = safe(t));
    each(&mut judged.because);
    for check in &mut judged.checks {
        check.what = safe(&check.what);
        check.found.iter_mut().for_each(|f| f.text = safe(&f.text));
    }
    for fact in &mut judged.facts {
        fact.value = safe(&fact.value);
    }
    judged
}

fn span((first, last): (&Line, &Line)) -> (Instant, Instant) {
    (first.at.wall, last.at.wall)
}

fn why_not(why: &NoState) -> String {
    match why {
        NoState::Needs(what) => format!("this program does not have the record's rules: it {what}"),
        NoState::Without(what) => (*what).to_owned(),
        NoState::Differs(what) => safe(what),
    }
}

fn runs(case: &Case<'_>) -> Vec<Run> {
    let of = |line: &Line| {
        let word = match line.record.kind {
            Kind::Open => "open",
            Kind::Resume => "resume",
            _ => return None,
        };
        let said = super::case::input(line, word)?;
        let features: Vec<&str> = said
            .get("program")
            .and_then(|p| p.get("features")?.as_array())
            .map(|all| all.iter().filter_map(Json::as_str).collect())
            .unwrap_or_default();
        let version = said
            .get("program")
            .map(|p| member(p, "version"))
            .unwrap_or_default();
        let log_key = case.runs.iter().find(|(seq, _)| *seq == line.seq);
        Some(Run {
            record: line.seq,
            at: line.at.wall,
            program: safe(&format!("{version} ({})", features.join(" "))),
            sha256: said
                .get("program")
                .map(|p| member(p, "sha256"))
                .unwrap_or_default(),
            front_end: member(said, "front_end"),
            secrets: member(said, "secrets"),
            log_key: log_key.map(|(_, key)| key.fingerprint()),
        })
    };
    case.lines.iter().filter_map(of).collect()
}

/// What stands behind a record of this kind. Without a re-execution nothing is
/// derived and no device's signature was looked at again: it is all claimed.
fn class(case: &Case<'_>, kind: Kind) -> Class {
    match case.state() {
        Ok(_) => Class::of(kind),
        Err(_) => Class::Claimed,
    }
}

/// Longest text of the record that is told whole, in characters.
const LONGEST: usize = 2_000;

/// A text as printable ASCII. Most texts of a record have passed
/// [`shown`](crate::base::shown) already, so a backslash is left alone here.
fn safe(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars().take(LONGEST) {
        match c {
            ' '..='~' => out.push(c),
            _ => out.push_str(&format!("\\u{{{:04x}}}", u32::from(c))),
        }
    }
    let more = text.chars().count().saturating_sub(LONGEST);
    if more > 0 {
        out.push_str(&format!("... ({more} more)"));
    }
    out
}

/// A text member, empty where there is none.
fn member(json: &Json, name: &str) -> String {
    json.get(name)
        .and_then(Json::as_str)
        .map(safe)
        .unwrap_or_default()
}

/// A number member.
fn number(json: &Json, name: &str) -> Option<u64> {
    json.get(name)
        .and_then(Json::as_int)
        .and_then(|n| u64::try_from(n).ok())
}

/// A list of texts.
fn texts(json: &Json, name: &str) -> Vec<String> {
    json.get(name)
        .and_then(Json::as_array)
        .map(|all| all.iter().filter_map(Json::as_str).map(safe).collect())
        .unwrap_or_default()
}

/// Words apart by spaces.
fn split(text: &str) -> Vec<String> {
    text.split_whitespace().map(safe).collect()
}
