//! A record that exists, read back: which bytes of its copies count, what they
//! fold to, and which of two copies goes on. What an interrupted run left after
//! the last whole input never counted; anything else that does not follow stops
//! here, and then no copy has been touched (facts 5.2, rule 4).

use std::path::Path;
use std::sync::Arc;

use super::seal::Signed;
use super::{Failure, start::damaged};
use crate::base::{CopyName, Digest, MirrorFound};
use crate::engine::{self, FileRef, FoldError, InputKind, State};
use crate::fault::Code;
use crate::plan::{Inputs, Plan};
use crate::script::Script;
use crate::store::{Disk, Found, Record, Settled, StoreError, read_file};
use crate::transcript::{self, Chain};

/// What a record says.
pub(super) struct Folded {
    pub(super) plan: Plan,
    pub(super) state: State,
    pub(super) chain: Chain,
    /// The lines that count.
    pub(super) lines: Vec<u8>,
    pub(super) signed: Signed,
    /// Torn bytes that runs before have described.
    described: Vec<Digest>,
}

/// Reads the copies and folds what they hold. Changes nothing.
pub(super) fn read(
    disk: &Arc<dyn Disk>,
    record: &Path,
    mirror: Option<&Path>,
) -> Result<(Record, Vec<Found>, Folded), Failure> {
    let (record, found) = Record::open(disk.clone(), record, mirror)?;
    let mut extents: Vec<(CopyName, &[u8], Chain)> = Vec::new();
    for found in &found {
        let Some(bytes) = &found.bytes else { continue };
        // Copies are the same most of the time: they are read once.
        if extents.iter().all(|(_, known, _)| known != bytes) {
            let (lines, chain) = chained(found.copy, bytes)?;
            extents.push((found.copy, lines, chain));
        }
    }
    extents.sort_by_key(|(_, lines, _)| lines.len());
    let Some((_, longest, chain)) = extents.pop().filter(|(_, lines, _)| !lines.is_empty()) else {
        return Err(empty());
    };
    let plan = plan(|path| record.read(path))?;
    let folded = fold(plan, longest, chain)?;
    for (copy, other, chain) in extents {
        // Lines of an input that was never whole do not make a fork.
        let counts = if longest.starts_with(other) {
            continue;
        } else {
            fold(folded.plan.clone(), other, chain)?.lines
        };
        if !folded.lines.starts_with(&counts) {
            return Err(forked(copy, &folded.lines, &counts));
        }
    }
    Ok((record, found, folded))
}

/// Brings all copies to the lines that count.
pub(super) fn settle(
    record: &mut Record,
    found: &[Found],
    folded: &Folded,
) -> Result<(Vec<FileRef>, Option<MirrorFound>), Failure> {
    let Settled { torn, mirror } = record.settle(&folded.lines, found)?;
    let mut files: Vec<FileRef> = Vec::new();
    for (copy, bytes) in torn {
        let path = match copy {
            CopyName::Record => "torn",
            CopyName::Mirror => "torn-mirror",
        };
        let file = FileRef::of(path, &bytes);
        if !files.iter().any(|f| f.sha256 == file.sha256) {
            files.push(file);
        }
    }
    // A run that was stopped between keeping torn bytes and saying so.
    for name in record.blobs() {
        let known = |d: &Digest| d.hex() == name;
        if folded.described.iter().any(known)
            || folded.plan.files().iter().any(|f| known(&f.sha256))
            || files.iter().any(|f| known(&f.sha256))
        {
            continue;
        }
        let bytes = record.read(&format!("{}/{name}", crate::store::BLOBS))?;
        files.push(FileRef::of("torn-before", &bytes));
    }
    Ok((files, mirror))
}

/// The lines from the start that follow from each other. What comes after them
/// is torn, or the record is damaged.
fn chained(copy: CopyName, bytes: &[u8]) -> Result<(&[u8], Chain), Failure> {
    let chain = transcript::read(bytes);
    let whole = bytes.get(..chain.tail.start).unwrap_or_default();
    let first = chain.problems.iter().find(|p| {
        use transcript::Code as C;
        !matches!(p.code, C::TornTail | C::MissingLf | C::Empty)
    });
    let Some(problem) = first else {
        let torn = !chain.problems.is_empty();
        return Ok((whole, if torn { transcript::read(whole) } else { chain }));
    };
    let before = problem.line.saturating_sub(1);
    let start: usize = bytes
        .split_inclusive(|b| *b == b'\n')
        .take(before)
        .map(<[u8]>::len)
        .fold(0, usize::saturating_add);
    let rest = whole.get(start..).unwrap_or_default();
    if half_written(rest) {
        let whole = bytes.get(..start).unwrap_or_default();
        return Ok((whole, transcript::read(whole)));
    }
    Err(damaged(&format!(
        "the {copy}, line {}: {}: expected {}, got {}",
        problem.line,
        problem.code.as_str(),
        problem.expected,
        problem.got
    )))
}

/// One write whose blocks did not all arrive: zeroes stand where they should be,
/// and no other input follows. (Zeroes never stand in a line, and a later input
/// would mean that these lines had counted.)
fn half_written(rest: &[u8]) -> bool {
    let mut lines = rest.split(|b| *b == b'\n').filter(|l| !l.is_empty());
    lines.next().is_some_and(|line| line.contains(&0))
        && lines.all(|line| match transcript::parse_line(line) {
            Ok(line) => line.record.kind.is_derived(),
            Err(_) => line.contains(&0),
        })
}

/// Folds lines; those of an input that is not there whole are left out.
fn fold(plan: Plan, lines: &[u8], chain: Chain) -> Result<Folded, Failure> {
    let mut folded = Folded {
        plan,
        state: State::new(),
        chain,
        lines: lines.to_vec(),
        signed: Signed::default(),
        described: Vec::new(),
    };
    let mut whole = 0usize;
    let parsed: Vec<_> = folded.chain.lines.iter().map(|(line, _)| line.clone()).collect();
    let result = engine::replay(&folded.plan, &parsed, |input, _, at| {
        whole = at;
        folded.signed.take(&input.kind);
        if let InputKind::Resume(resumption) = &input.kind {
            folded.described.extend(resumption.torn.iter().map(|f| f.sha256));
        }
    });
    match result {
        Ok(state) => {
            folded.state = state;
            Ok(folded)
        }
        Err(FoldError::CutShort { .. }) => {
            let end = whole.checked_sub(1).and_then(|last| folded.chain.lines.get(last));
            let Some((_, range)) = end else {
                return Err(empty());
            };
            let kept = lines.get(..range.end.saturating_add(1)).unwrap_or_default();
            fold(folded.plan, kept, transcript::read(kept))
        }
        Err(e) => Err(damaged(&e.to_string())),
    }
}

/// The plan of a record folder, from the script and blobs that it keeps.
///
/// # Errors
/// [`Failure`] when they are missing or no longer make a plan.
pub fn stored_plan(disk: &dyn Disk, record: &Path) -> Result<Plan, Failure> {
    plan(|path| read_file(disk, &record.join(path)))
}

fn plan(read: impl Fn(&str) -> Result<Vec<u8>, StoreError>) -> Result<Plan, Failure> {
    let script = Script::parse(&read("script.toml")?).map_err(|e| damaged(&e.to_string()))?;
    let mut inputs = Inputs::default();
    for (file, sha256) in script.files() {
        let bytes = read(&format!("{}/{}", crate::store::BLOBS, sha256.hex()))?;
        inputs.0.insert(file.to_owned(), bytes.into());
    }
    let plan = Plan::build(script, &inputs).map_err(|e| damaged(&e.to_string()))?;
    // One that is missing or another is the engine's to refuse: the first record pins it.
    Ok(match read(engine::APPROVALS) {
        Ok(note) => plan.with_approvals(note),
        Err(_) => plan,
    })
}

fn empty() -> Failure {
    Failure {
        code: Code::RecordEmpty,
        meaning: "the record has no whole line".to_owned(),
    }
}

fn forked(copy: CopyName, one: &[u8], other: &[u8]) -> Failure {
    let same = one.iter().zip(other).take_while(|(a, b)| a == b);
    let line = same.filter(|(a, _)| **a == b'\n').count().saturating_add(1);
    Failure {
        code: Code::RecordForked,
        meaning: format!("from line {line} on the {copy} says something else than the other copy"),
    }
}
