//! The record as a list of moments, each a sentence with the record that says
//! it. Orders to devices and their plain answers are left out; what people
//! decided, what failed, what was signed and where the ceremony rested is in.

use crate::audit::case::{Case, input};
use crate::base::machine::Report;
use crate::base::shown::counted;
use crate::base::{Instant, Json};
use crate::transcript::{Class, Kind, Line};

use super::{KeyTold, class, member, number, safe, split};

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The record that says it.
    pub record: u64,
    /// When: a claim of the machine.
    pub at: Instant,
    /// The script's step; empty where there is none.
    pub step: String,
    /// Who acted.
    pub who: String,
    /// What happened, in words.
    pub what: String,
    /// What kind of thing it is.
    pub sort: Sort,
    /// What stands behind it.
    pub class: Class,
}

/// Kinds of moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sort {
    /// A step of the script begins.
    Step,
    /// Something of the script was done.
    Done,
    /// It went otherwise than the script says, and people decided.
    Deviation,
    /// The ceremony stopped, rested, or went on.
    Stop,
    /// A device, a clock, a comparison or a client said no.
    Failure,
    /// A copy of the record, or the media.
    Storage,
    /// Bags, seals and their numbers.
    Custody,
    /// A checkpoint over all lines so far.
    Checkpoint,
}

pub(super) fn timeline(case: &Case<'_>, keys: &[KeyTold]) -> Vec<Moment> {
    let told = |line: &Line| {
        let (sort, what) = told(line, keys)?;
        Some(Moment {
            record: line.seq,
            at: line.at.wall,
            step: safe(&line.record.step),
            who: safe(&line.record.who),
            what,
            sort,
            class: class(case, line.record.kind),
        })
    };
    let mut written = None;
    let mut out: Vec<Moment> = Vec::new();
    for line in &case.lines {
        out.extend(told(line));
        if let Some(what) = other_media(line, &mut written) {
            out.push(Moment {
                record: line.seq,
                at: line.at.wall,
                step: safe(&line.record.step),
                who: safe(&line.record.who),
                what,
                sort: Sort::Deviation,
                class: class(case, line.record.kind),
            });
        }
    }
    out
}

/// The media that was put back held something else than what was written to it.
fn other_media<'l>(line: &'l Line, written: &mut Option<&'l Json>) -> Option<String> {
    let outcome = input(line, "outcome")?.get("outcome")?;
    if let Some(exported) = outcome.get("exported") {
        *written = exported.get("files");
    }
    let back = outcome.get("read_back")?.get("files")?;
    let wanted = (*written).filter(|wanted| *wanted != back)?;
    let list = |files: &'l Json| files.as_array().unwrap_or_default();
    let other = list(wanted).iter().find(|file| !list(back).contains(file));
    let name = other.map(|file| member(file, "path")).unwrap_or_default();
    Some(format!(
        "the media that was put back did not hold what was written: {name}"
    ))
}

/// What a report says, in its own words.
fn machine(line: &Line) -> Option<String> {
    let report: Report = input(line, "machine")?.read().ok()?;
    let findings = report
        .findings
        .iter()
        .map(|f| format!("{} {}", f.code.word(), f.about));
    let text = format!(
        "the machine reports {}; found: {}",
        counted(report.devices.len(), "device"),
        findings.collect::<Vec<_>>().join("; ")
    );
    Some(safe(text.trim_end_matches("; found: ")))
}

fn halted(body: &Json) -> String {
    let Some(Json::Array(lines)) = body.get("because") else {
        return String::new();
    };
    let lines: Vec<&str> = lines.iter().filter_map(Json::as_str).collect();
    safe(&lines.join("; "))
}

fn told(line: &Line, keys: &[KeyTold]) -> Option<(Sort, String)> {
    let body = &line.record.body;
    let of = |name: &str| member(body, name);
    let count = |name: &str| number(body, name).unwrap_or(0);
    let told = match line.record.kind {
        Kind::Open => (Sort::Done, "the record begins".to_owned()),
        Kind::Resume => (Sort::Stop, resumed(line)),
        Kind::Answer => return answer(line),
        Kind::Outcome => return outcome(line),
        Kind::Note => (Sort::Deviation, note(line)),
        Kind::Machine => (Sort::Done, machine(line)?),
        Kind::Accepted => {
            let accepted = input(line, "accept")?;
            let text = format!(
                "{} lets the device {} stay, because: {}",
                member(accepted, "by"),
                member(accepted, "device"),
                member(accepted, "why")
            );
            (Sort::Deviation, text)
        }
        Kind::Halted => (
            Sort::Stop,
            format!("frozen by the machine check: {}", halted(body)),
        ),
        Kind::Thawed => (
            Sort::Stop,
            "the machine check found nothing more that refuses; the ceremony went on".to_owned(),
        ),
        Kind::Storage => {
            let lost = input(line, "storage")?;
            let text = format!(
                "the {} copy of the record is not written any more: {} [{}]",
                member(lost, "copy"),
                member(lost, "meaning"),
                member(lost, "code")
            );
            (Sort::Storage, text)
        }
        Kind::Pause => (
            Sort::Stop,
            format!("paused: {}", input(line, "pause").map(|p| member(p, "why"))?),
        ),
        Kind::Abort => (
            Sort::Stop,
            format!("given up: {}", input(line, "abort").map(|p| member(p, "why"))?),
        ),
        Kind::Step => (Sort::Step, of("headline")),
        Kind::Intended => return None,
        Kind::Agreed => (
            Sort::Done,
            format!("agreed to on one page: {}, with {}", of("steps"), of("keys")),
        ),
        Kind::Recovered => {
            let text = format!(
                "the program had stopped during: {}; found: {}",
                of("was"),
                of("found")
            );
            (Sort::Deviation, text)
        }
        Kind::Key => (Sort::Done, key(body)),
        Kind::Credential => (
            Sort::Done,
            format!("new {} of {} typed from paper", of("credential"), of("token")),
        ),
        Kind::Recorded => {
            let with = match of("person") {
                person if person.is_empty() => String::new(),
                person => format!(", leaves with {person}"),
            };
            (
                Sort::Custody,
                format!("{}: number {}{with}", of("item"), of("number")),
            )
        }
        Kind::Differed => {
            let text = format!(
                "{}: number {} found, {} recorded; {} {} went on; because: {}",
                of("item"),
                of("found"),
                of("recorded"),
                count("quorum"),
                of("by"),
                of("because")
            );
            (Sort::Deviation, text)
        }
        Kind::Attester => (
            Sort::Done,
            format!(
                "{} {} enrols an audit key: {}",
                of("role"),
                count("seat"),
                of("vkey")
            ),
        ),
        Kind::Countersigned => (
            Sort::Done,
            format!("{} signs the first {} lines", of("attester"), count("size")),
        ),
        Kind::Declined => {
            let text = format!(
                "{} {} ({}) takes no part in: {}; because: {}",
                of("role"),
                count("seat"),
                of("attester"),
                of("what"),
                of("because")
            );
            (Sort::Deviation, text)
        }
        Kind::Break => (
            Sort::Stop,
            format!("formal break after {} lines{}", count("size"), taken(body)),
        ),
        Kind::Back => (
            Sort::Stop,
            format!("the formal break is over; {} people are back", count("people")),
        ),
        Kind::Superseded => {
            let text = format!(
                "{} {}: takes the place of the payload {}; {} {} decided; because: {}",
                of("metadata"),
                count("version"),
                of("earlier"),
                count("quorum"),
                of("by"),
                of("because")
            );
            (Sort::Deviation, text)
        }
        Kind::Waived => (Sort::Deviation, waived(body)),
        Kind::Attested => (
            Sort::Done,
            format!("the device's statement about {}: {}", of("key"), of("verdict")),
        ),
        Kind::DeviceLog => {
            let left = [of("missing"), of("unexplained")].join(" ");
            let found = match left.trim() {
                "" => "nothing missing, nothing unexplained".to_owned(),
                left => format!("left over: {left}"),
            };
            let text = format!(
                "log of {}: {} commands, {} entries; {found}",
                of("token"),
                count("commands"),
                count("entries")
            );
            (Sort::Done, text)
        }
        Kind::Retired => (Sort::Done, format!("{} can make no more keys", of("token"))),
        Kind::Composed => (
            Sort::Done,
            format!("{} composed; expires {}", of("metadata"), of("expires")),
        ),
        Kind::Transition => return None,
        Kind::Frozen => (
            Sort::Done,
            format!("{} frozen: payload {}", of("metadata"), of("payload")),
        ),
        Kind::Reviewed => (
            Sort::Done,
            format!("{} was read, from its first line to its last", of("metadata")),
        ),
        Kind::Compared => return Some(compared(body)),
        Kind::Locked => (
            Sort::Deviation,
            format!(
                "the comparison of {} is locked: {} wrong tries",
                of("what"),
                count("wrong")
            ),
        ),
        Kind::Proven => (Sort::Done, format!("{} proved that its holder has it", of("key"))),
        Kind::Signed => (Sort::Done, signed(body, keys)),
        Kind::Complete => (
            Sort::Done,
            format!("{} has all the signatures it needs", of("metadata")),
        ),
        Kind::ClientVerdicts => return None,
        Kind::Gate => (
            Sort::Done,
            format!("every client that the profile names accepts: {}", of("summary")),
        ),
        Kind::GateFailed => (Sort::Failure, format!("a client refuses: {}", plain(body))),
        Kind::Exported => {
            let files = body
                .get("files")
                .and_then(Json::as_array)
                .map_or(0, <[Json]>::len);
            let text = format!(
                "{files} files left and were read back (media {}, {}, read {})",
                of("released"),
                of("mounted"),
                of("read")
            );
            (Sort::Storage, text)
        }
        Kind::Close => (
            Sort::Done,
            format!(
                "closed: {} keys, {} files, {} deviations noted",
                count("keys"),
                count("files"),
                count("deviations")
            ),
        ),
    };
    Some(told)
}

fn answer(line: &Line) -> Option<(Sort, String)> {
    let answer = input(line, "answer")?;
    if let Some(present) = answer.get("present") {
        return Some((Sort::Done, format!("present: {}", member(present, "name"))));
    }
    if let Some(absent) = answer.get("absent") {
        return Some((
            Sort::Deviation,
            format!("a seat stays empty: {}", member(absent, "reason")),
        ));
    }
    if let Some(not_so) = answer.get("not_so") {
        let text = format!(
            "a line of the checklist does not hold; went on because: {}",
            member(not_so, "why")
        );
        return Some((Sort::Deviation, text));
    }
    if let Some(reopen) = answer.get("reopen") {
        let text = format!(
            "a locked comparison was opened again before {}: {}",
            member(reopen, "second"),
            member(reopen, "why")
        );
        return Some((Sort::Deviation, text));
    }
    let serial = answer.get("serial")?;
    Some((
        Sort::Done,
        format!("serial read from the body: {}", member(serial, "typed")),
    ))
}

fn outcome(line: &Line) -> Option<(Sort, String)> {
    let outcome = input(line, "outcome")?.get("outcome")?;
    if let Some(fault) = outcome.get("fault") {
        let text = format!(
            "{}: {} [{}]; changed anything: {}",
            member(fault, "operation"),
            member(fault, "meaning"),
            member(fault, "code"),
            member(fault, "changed")
        );
        return Some((Sort::Failure, text));
    }
    if let Some(fault) = outcome.get("media_fault") {
        return Some((Sort::Storage, format!("the media: {}", member(fault, "meaning"))));
    }
    let checkpoint = outcome.get("checkpoint")?;
    let size = number(checkpoint, "size").unwrap_or(0);
    Some((Sort::Checkpoint, format!("checkpoint over {size} lines")))
}

fn resumed(line: &Line) -> String {
    let Some(said) = input(line, "resume") else {
        return "goes on".to_owned();
    };
    let torn = said.get("torn").and_then(Json::as_array).map_or(0, <[Json]>::len);
    let mut text = "goes on in a new run of the program".to_owned();
    if torn > 0 {
        text.push_str(&format!(
            "; {} kept that never counted",
            counted(torn, "torn end")
        ));
    }
    if let Some(mirror) = said.get("mirror") {
        text.push_str(&format!("; second copy: {}", plain(mirror)));
    }
    text
}

fn note(line: &Line) -> String {
    let of = |name| input(line, "note").map(|n| member(n, name)).unwrap_or_default();
    format!(
        "expected: {}; happened: {}; decided: {}; by {}",
        of("expected"),
        of("happened"),
        of("decided"),
        of("by")
    )
}

fn key(body: &Json) -> String {
    let of = |name| member(body, name);
    let is = |name| body.get(name) == Some(&Json::Bool(true));
    let verb = match (is("accepted"), is("enrolled"), is("adopted")) {
        (false, _, _) => "a key was refused",
        (_, true, _) => "key enrolled",
        (_, _, true) => "key adopted after a stop",
        _ => "key generated",
    };
    format!(
        "{verb}: {} on {}, {}, fingerprint {}",
        of("name"),
        of("token"),
        of("algorithm"),
        of("fingerprint")
    )
}

fn taken(body: &Json) -> String {
    let items = body.get("items").and_then(Json::as_array).unwrap_or_default();
    let told: Vec<String> = items
        .iter()
        .map(|i| {
            let with = member(i, "person");
            let with = if with.is_empty() {
                String::new()
            } else {
                format!(" with {with}")
            };
            format!("{} ({}){with}", member(i, "item"), member(i, "number"))
        })
        .collect();
    match told.join(", ") {
        told if told.is_empty() => String::new(),
        told => format!("; leave: {told}"),
    }
}

fn waived(body: &Json) -> String {
    let about = [member(body, "token"), member(body, "role")].join(" ");
    let about = match about.trim() {
        "" => String::new(),
        about => format!(" for {about}"),
    };
    format!(
        "claim {} waived{about} by the script; because: {}",
        member(body, "claim"),
        member(body, "because")
    )
}

fn compared(body: &Json) -> (Sort, String) {
    let agrees = body.get("agrees") == Some(&Json::Bool(true));
    let sort = if agrees { Sort::Done } else { Sort::Failure };
    let verb = if agrees { "agrees" } else { "DOES NOT AGREE" };
    let text = match member(body, "what").as_str() {
        "clock" => format!(
            "clock {verb}: machine {}, read {}",
            member(body, "machine"),
            member(body, "typed")
        ),
        "number" => format!(
            "number of {} {verb}: typed {}",
            member(body, "item"),
            member(body, "typed")
        ),
        what => format!(
            "{} words of {what} {verb} with {}",
            number(body, "words").unwrap_or(0),
            member(body, "source")
        ),
    };
    (sort, text)
}

fn signed(body: &Json, keys: &[KeyTold]) -> String {
    let of = |name| number(body, name);
    let keyid = member(body, "keyid");
    let known = keys
        .iter()
        .find(|k| split(&keyid).iter().any(|id| k.keyids.contains(id)));
    let by = match known {
        Some(key) => format!("{}, keyid {keyid}", key.name),
        None => keyid,
    };
    let mut text = format!(
        "{} signed by {by}: {} of {}",
        member(body, "metadata"),
        of("have").unwrap_or(0),
        of("need").unwrap_or(0)
    );
    if let Some((have, need)) = of("old_have").zip(of("old_need")) {
        text.push_str(&format!("; for the root before {have} of {need}"));
    }
    text
}

/// Members as `name: value`, for records whose members are few.
fn plain(json: &Json) -> String {
    match json {
        Json::Str(text) => safe(text),
        Json::Int(n) => n.to_string(),
        Json::Bool(b) => b.to_string(),
        Json::Object(map) => map
            .iter()
            .map(|(name, value)| format!("{} {}", safe(name), plain(value)))
            .collect::<Vec<_>>()
            .join(", "),
        Json::Array(all) => all.iter().map(plain).collect::<Vec<_>>().join(" "),
        Json::Null => String::new(),
    }
}
