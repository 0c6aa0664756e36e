//! Everything that several checks look at, read once: the chain, the runs and
//! their log keys, the gates, the plan, the re-execution. Reading judges
//! nothing; what cannot be read stands here as its reason.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::{Digest, Id, Instant, Json, PublicKey, shown};
use crate::bundle::layout::{APPROVALS, POLICY, RECORD, SCRIPT, SUMS};
use crate::bundle::{Files, Place, policy};
use crate::engine::{CLIENTS, ENGINE, FileRef, Opening, State, replay, repository};
use crate::note::Note;
use crate::plan::{Inputs, Plan};
use crate::script::Script;
use crate::transcript::{Chain, Kind, Line, Policy, Tree, attesters, checkpoint, read};

use super::Options;

/// What is being judged.
pub(super) struct Case<'a> {
    pub(super) files: &'a Files,
    pub(super) options: &'a Options,
    pub(super) is_bundle: bool,
    /// The record's bytes; empty where there is no record.
    pub(super) record: &'a [u8],
    pub(super) chain: Chain,
    /// The lines that parse, in order.
    pub(super) lines: Vec<Line>,
    /// `body.input.open` of the first record.
    pub(super) opening: Option<Opening>,
    /// Each run's log key, with the record that names it.
    pub(super) runs: Vec<(u64, PublicKey)>,
    /// The checkpoints in the outcome records.
    pub(super) gates: Vec<Gate>,
    /// Origin of this record's checkpoints.
    pub(super) origin: Option<String>,
    /// The policy that follows from record and script.
    pub(super) policy: Result<Policy, String>,
    /// The script and plan, or why there is none.
    pub(super) plan: Result<Plan, Vec<String>>,
    replayed: OnceCell<Result<State, NoState>>,
    /// The checkpoints that speak for the whole record (`signers.rs`).
    pub(super) last_notes: OnceCell<Vec<Note>>,
}

/// Why there is no re-executed state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NoState {
    /// This program does not have the rules that the record names.
    Needs(String),
    /// What it needs is missing; another check says why.
    Without(&'static str),
    /// The engine comes to something else.
    Differs(String),
}

/// A checkpoint as an outcome record holds it.
pub(super) struct Gate {
    /// The outcome record.
    pub(super) seq: u64,
    /// How many lines stand before it.
    pub(super) before: u64,
    pub(super) size: u64,
    pub(super) root: Option<Digest>,
    pub(super) note: String,
}

impl<'a> Case<'a> {
    pub(super) fn new(files: &'a Files, options: &'a Options) -> Case<'a> {
        let record = files.get(RECORD).unwrap_or_default();
        let chain = read(record);
        let (lines, before) = numbered(&chain, record);
        let opening = lines
            .first()
            .and_then(|line| input(line, "open"))
            .and_then(|json| json.read::<Opening>().ok());
        let runs = runs(&lines);
        let origin = opening.as_ref().and_then(|o| origin(o, &chain.ceremony));
        let keys: Vec<PublicKey> = runs.iter().map(|(_, key)| key.clone()).collect();
        // Whether it is the script of this record, `script` says.
        let script = files.get(SCRIPT).and_then(|bytes| Script::parse(bytes).ok());
        let policy = match &origin {
            Some(origin) => {
                let witnesses = script.as_ref().map_or((&[][..], 0), Script::witnesses);
                policy(origin, &keys, witnesses).map_err(|e| e.to_string())
            }
            None => Err("the first record gives no origin".to_owned()),
        };
        Case {
            is_bundle: files.known.contains_key(SUMS),
            gates: attested(gates(&lines, &before), &lines),
            plan: plan(files),
            options,
            files,
            record,
            chain,
            lines,
            opening,
            runs,
            origin,
            policy,
            replayed: OnceCell::new(),
            last_notes: OnceCell::new(),
        }
    }

    /// `production` or `rehearsal`, as the first record says.
    pub(super) fn kind(&self) -> Option<&str> {
        self.opening.as_ref().map(|o| o.kind.as_str())
    }

    /// The state after re-executing every record.
    pub(super) fn state(&self) -> Result<&State, &NoState> {
        self.replayed.get_or_init(|| self.replay()).as_ref()
    }

    fn replay(&self) -> Result<State, NoState> {
        if let Some(needs) = self.other_rules() {
            return Err(NoState::Needs(needs));
        }
        if self.lines.is_empty() || u64::try_from(self.lines.len()) != Ok(self.chain.tree.size()) {
            return Err(NoState::Without("the record's lines do not all parse"));
        }
        let plan = self
            .plan
            .as_ref()
            .map_err(|_| NoState::Without("there is no plan: see script"))?;
        replay(plan, &self.lines, |_, _, _| {}).map_err(|e| NoState::Differs(shown(&e.to_string(), 600)))
    }

    /// The rules that the record names and this program does not have.
    fn other_rules(&self) -> Option<String> {
        let names = |line: &Line, word: &str, field: &str| input(line, word)?.get(field)?.as_int();
        let opens = self.lines.iter().filter(|l| l.record.kind == Kind::Open);
        let resumes = self.lines.iter().filter(|l| l.record.kind == Kind::Resume);
        let engines = opens
            .filter_map(|l| names(l, "open", "engine"))
            .chain(resumes.filter_map(|l| names(l, "resume", "engine")));
        for engine in engines {
            if engine != i64::from(ENGINE) {
                return Some(format!("needs engine {engine}"));
            }
        }
        self.other_models()
    }

    /// The client models that the record pins and this program does not have.
    pub(super) fn other_models(&self) -> Option<String> {
        let first = self.lines.first().filter(|l| l.record.kind == Kind::Open)?;
        let pinned = input(first, "open")?.get("clients")?.as_int()?;
        (pinned != i64::from(CLIENTS)).then(|| format!("needs client models {pinned}"))
    }

    /// The metadata files, by their names without the folder.
    pub(super) fn metadata(&self) -> BTreeMap<String, Vec<u8>> {
        let files = self.files.at(Place::Metadata);
        let named = |(path, bytes): (&str, &[u8])| {
            let name = path.strip_prefix("metadata/")?;
            Some((name.to_owned(), bytes.to_vec()))
        };
        files.filter_map(named).collect()
    }

    /// The note of approvals, if it is over the script that is here.
    pub(super) fn approvals(&self) -> Option<Note> {
        let note = Note::parse(self.files.get(APPROVALS)?).ok()?;
        let plan = self.plan.as_ref().ok()?;
        (note.text() == plan.script().approval_text()).then_some(note)
    }

    /// Whether the bundle's own policy asks for witnesses.
    pub(super) fn asks_witnesses(&self) -> bool {
        let text = self.files.get(POLICY).map(String::from_utf8_lossy);
        text.is_some_and(|t| !t.ends_with("quorum none\n"))
    }

    /// The files that the last `exported` record binds, with its `seq`.
    pub(super) fn exported(&self) -> Option<(u64, Vec<FileRef>)> {
        let line = self.lines.iter().rfind(|l| l.record.kind == Kind::Exported)?;
        let files = line.record.body.get("files")?.as_array()?;
        let refs = files
            .iter()
            .map(|f| {
                Some(FileRef {
                    path: f.get("path")?.as_str()?.to_owned(),
                    sha256: Digest::parse(f.get("sha256")?.as_str()?).ok()?,
                    len: u64::try_from(f.get("length")?.as_int()?).ok()?,
                })
            })
            .collect::<Option<Vec<_>>>()?;
        Some((line.seq, refs))
    }

    /// The log key of the run that wrote the record `seq`.
    pub(super) fn log_key_at(&self, seq: u64) -> Option<&PublicKey> {
        self.runs.iter().rfind(|(at, _)| *at <= seq).map(|(_, key)| key)
    }

    /// When clients look: as asked, or the record's confirmed clock.
    pub(super) fn at(&self) -> Option<Instant> {
        self.options.at.or_else(|| self.recorded_clock())
    }

    /// The record's confirmed clock.
    pub(super) fn recorded_clock(&self) -> Option<Instant> {
        let replayed = self.state().ok().and_then(|s| s.clock);
        replayed.map(|c| c.machine).or_else(|| self.claimed_clock())
    }

    /// Where [`Case::at`] comes from.
    pub(super) fn at_from(&self) -> &'static str {
        match self.options.at {
            Some(_) => "--at",
            None => "the record's clock",
        }
    }

    /// The clock that people agreed to, as the record says without re-execution.
    fn claimed_clock(&self) -> Option<Instant> {
        let agreed = self.lines.iter().rfind(|l| {
            let body = &l.record.body;
            l.record.kind == Kind::Compared
                && body.get("what").and_then(Json::as_str) == Some("clock")
                && body.get("agrees") == Some(&Json::Bool(true))
        })?;
        Instant::parse(agreed.record.body.get("machine")?.as_str()?).ok()
    }

    /// The roots over the first `size` lines, for the sizes that are asked for.
    pub(super) fn roots(&self, sizes: &[u64]) -> BTreeMap<u64, Digest> {
        let mut roots = BTreeMap::new();
        let mut tree = Tree::new();
        for raw in self.record.split_inclusive(|b| *b == b'\n') {
            let Some(line) = raw.strip_suffix(b"\n") else {
                break;
            };
            tree.append(line);
            if sizes.contains(&tree.size()) {
                roots.insert(tree.size(), tree.root());
            }
        }
        roots
    }
}

/// What a client finds where this ceremony is published: its files, in a
/// succession with the chain and the published files that it starts from.
pub(super) struct Whole {
    pub(super) files: BTreeMap<String, Vec<u8>>,
    /// The version of the root that clients have.
    pub(super) first: u64,
    /// What is published and does not count any more, and why.
    pub(super) left_out: Vec<String>,
}

impl Whole {
    pub(super) fn of(case: &Case<'_>, files: &BTreeMap<String, Vec<u8>>, at: Instant) -> Whole {
        let Ok(plan) = &case.plan else {
            return Whole {
                files: files.clone(),
                first: 1,
                left_out: Vec::new(),
            };
        };
        let (files, left_out) = repository(plan, files, at);
        Whole {
            files,
            first: plan.trusted().map_or(1, |t| t.first),
            left_out,
        }
    }
}

/// The input of a record, under the word of its kind.
pub(super) fn input<'l>(line: &'l Line, word: &str) -> Option<&'l Json> {
    line.record.body.get("input")?.get(word)
}

fn numbered(chain: &Chain, record: &[u8]) -> (Vec<Line>, Vec<u64>) {
    let mut lines = Vec::with_capacity(chain.lines.len());
    let mut before = Vec::with_capacity(chain.lines.len());
    let (mut at, mut count) = (0usize, 0u64);
    for (line, range) in &chain.lines {
        let between = record.get(at..range.start).unwrap_or_default();
        let ends = between.iter().filter(|b| **b == b'\n').count();
        count = count.saturating_add(u64::try_from(ends).unwrap_or(0));
        at = range.start;
        lines.push(line.clone());
        before.push(count);
    }
    (lines, before)
}

fn runs(lines: &[Line]) -> Vec<(u64, PublicKey)> {
    lines
        .iter()
        .filter_map(|line| {
            let word = match line.record.kind {
                Kind::Open => "open",
                Kind::Resume => "resume",
                _ => return None,
            };
            let key = input(line, word)?.get("log_key")?.read().ok()?;
            Some((line.seq, key))
        })
        .collect()
}

fn gates(lines: &[Line], before: &[u64]) -> Vec<Gate> {
    lines
        .iter()
        .zip(before)
        .filter_map(|(line, before)| {
            let outcome = input(line, "outcome")?.get("outcome")?.get("checkpoint")?;
            let note = outcome.get("note")?.as_str()?.to_owned();
            Some(Gate {
                seq: line.seq,
                before: *before,
                size: u64::try_from(outcome.get("size")?.as_int()?).ok()?,
                root: outcome
                    .get("root")
                    .and_then(Json::as_str)
                    .and_then(|t| Digest::parse(t).ok()),
                note,
            })
        })
        .collect()
}

/// With the lines that attesters signed after the checkpoint was recorded: they are
/// recorded as well, and stand in the gate's note.
fn attested(mut gates: Vec<Gate>, lines: &[Line]) -> Vec<Gate> {
    let by_size = attesters::lines_by_size(lines);
    for gate in &mut gates {
        if let Some(more) = by_size.get(&gate.size) {
            gate.note = attesters::with_lines(&gate.note, more);
        }
    }
    gates
}

fn origin(opening: &Opening, ceremony: &Digest) -> Option<String> {
    let rehearsal = match opening.kind.as_str() {
        "rehearsal" => true,
        "production" => false,
        _ => return None,
    };
    let organisation = Id::parse(&opening.organisation).ok()?;
    let site = Id::parse(&opening.site).ok()?;
    Some(checkpoint::origin(rehearsal, &organisation, &site, ceremony))
}

/// The plan, built from the script and blobs that are here.
pub(super) fn plan(files: &Files) -> Result<Plan, Vec<String>> {
    let bytes = files
        .get(SCRIPT)
        .ok_or_else(|| vec![format!("there is no {SCRIPT}")])?;
    let say = |found: crate::script::Diagnostics| -> Vec<String> {
        found
            .0
            .iter()
            .map(|d| {
                let text = format!("{SCRIPT}:{}:{}: {}: {}", d.line, d.column, d.code, d.message);
                shown(&text, 300)
            })
            .collect()
    };
    let script = Script::parse(bytes).map_err(say)?;
    let inputs: BTreeMap<String, Arc<[u8]>> = script
        .files()
        .filter_map(|(name, sha256)| {
            let blob = files.get(&format!("blobs/{sha256}"))?;
            Some((name.to_owned(), Arc::from(blob)))
        })
        .collect();
    let plan = Plan::build(script, &Inputs(inputs)).map_err(say)?;
    Ok(match files.get(APPROVALS) {
        Some(note) => plan.with_approvals(note),
        None => plan,
    })
}
