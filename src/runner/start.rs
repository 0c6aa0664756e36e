//! Starting a run: a new record, or an old one folded back into its state. What
//! was under way when the last run stopped is the engine's to recover: nothing
//! is done twice (law 3).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use super::clerk::{Clerk, new_log_key, public_of, random_digest};
use super::drill::{self, Drill, Stage};
use super::hands::Hands;
use super::{Bench, Clock, Failure, Handle, Msg, Snapshot, Vault, internal, seal};
use crate::engine::{
    self, CLIENTS, ENGINE, FileRef, FrontEnd, InputKind, Opening, Outcome, Phase, Program, Resumption,
    SecretsPath, State,
};
use crate::fault::Code;
use crate::plan::{Inputs, Plan};
use crate::script::Script;
use crate::store::{self, Journal};
use crate::transcript::{self, Tree, Writer};

/// What a run is made of, whoever drives it.
pub struct Ports {
    /// The devices, by token.
    pub bench: Bench,
    /// Removable media.
    pub media: Option<PathBuf>,
    /// The clock.
    pub clock: Box<dyn Clock>,
}

/// What the record says of the run.
#[derive(Debug, Clone)]
pub struct Run {
    /// The program.
    pub program: Program,
    /// Who drives.
    pub front_end: FrontEnd,
    /// Which way secrets take.
    pub secrets: SecretsPath,
    /// Vendor modules.
    pub modules: Vec<FileRef>,
    /// What fails on purpose; only a new record has one. A resumed run is an
    /// ordinary one: what failed is mended.
    pub drill: Option<Drill>,
}

/// A run that is under way.
#[derive(Debug)]
pub struct Running {
    /// To say something.
    pub handle: Handle,
    /// To hear.
    pub msgs: Receiver<Msg>,
    /// The state at the start.
    pub first: Arc<Snapshot>,
    threads: Vec<JoinHandle<()>>,
}

impl Running {
    /// The front end's ends of the channels, and what to wait for when it is done.
    #[must_use]
    pub fn split(self) -> (Handle, Receiver<Msg>, Arc<Snapshot>, Threads) {
        (self.handle, self.msgs, self.first, Threads(self.threads))
    }
}

/// The threads of a run.
#[derive(Debug)]
pub struct Threads(Vec<JoinHandle<()>>);

impl Threads {
    /// Waits until record and devices are let go of. The front end's handle
    /// must be gone, or the ceremony must rest.
    pub fn finish(self) {
        for thread in self.0 {
            let _ = thread.join();
        }
    }
}

/// Opens a new record for a plan and starts the run.
///
/// # Errors
/// [`Failure`]: the folder is not empty, the disk refuses, or a drill is asked
/// for that this plan may not have.
pub fn open(plan: Plan, record: &Path, ports: Ports, run: &Run) -> Result<Running, Failure> {
    let (ports, stage) = match &run.drill {
        None => (ports, None),
        Some(drill) => {
            let (ports, stage) = drill::rig(drill, &plan, ports)?;
            (ports, Some(stage))
        }
    };
    let journal = Journal::create(record)?;
    store::write_new(record, "script.toml", plan.script().text.as_bytes(), 0o600)?;
    let blobs = record.join("blobs");
    if !plan.files().is_empty() {
        store::new_folder(&blobs)?;
        for file in plan.files() {
            store::write_new(&blobs, &file.sha256.hex(), &file.bytes, 0o600)?;
        }
    }
    let log_key = new_log_key()?;
    let script = plan.script();
    let opening = Opening {
        boot: boot_id()?,
        engine: ENGINE,
        clients: CLIENTS,
        kind: script.kind.name().to_owned(),
        organisation: script.organisation.to_string(),
        site: script.site.to_string(),
        name: script.ceremony.to_string(),
        script: FileRef::of("script.toml", script.text.as_bytes()),
        inputs: plan
            .files()
            .iter()
            .map(|f| FileRef::of(&f.name, &f.bytes))
            .collect(),
        program: run.program.clone(),
        verifier: FileRef::of("verify.py", crate::bundle::VERIFY_PY),
        front_end: run.front_end,
        secrets: run.secrets,
        modules: run.modules.clone(),
        predecessor: "genesis".to_owned(),
        log_key: public_of(&log_key)?,
        drill: stage.as_ref().map(Stage::word),
    };
    let clerk = ClerkParts {
        plan: Arc::new(plan),
        state: State::new(),
        writer: Writer::new(),
        tree: Tree::new(),
        journal,
        lines: String::new(),
        notes: BTreeMap::new(),
        log_keys: Vec::new(),
        stage,
    };
    go(clerk, log_key, ports, InputKind::Open(Box::new(opening)))
}

/// What came of a resumption.
#[derive(Debug)]
pub enum Resumed {
    /// The ceremony goes on.
    Running(Box<Running>),
    /// The record was closed and its seal was missing: it is written now.
    Sealed {
        /// The bundle's folder.
        place: PathBuf,
    },
}

/// Folds an existing record and goes on with it.
///
/// # Errors
/// [`Failure`] for records that are damaged, aborted or of other rules.
pub fn resume(record: &Path, ports: Ports, run: &Run) -> Result<Resumed, Failure> {
    let (mut journal, bytes) = Journal::open(record)?;
    let chain = transcript::read(&bytes);
    let torn = quarantine(&mut journal, &bytes, chain.tail.clone())?;
    let whole = bytes.get(..chain.tail.start).unwrap_or(&bytes);
    let chain = transcript::read(whole);
    if let Some(problem) = chain.problems.first() {
        return Err(damaged(&format!(
            "line {}: {}: expected {}, got {}",
            problem.line,
            problem.code.as_str(),
            problem.expected,
            problem.got
        )));
    }
    let plan = stored_plan(record)?;
    let mut notes = BTreeMap::new();
    let mut log_keys = Vec::new();
    let lines: Vec<_> = chain.lines.iter().map(|(line, _)| line.clone()).collect();
    let mut engine_of_record = ENGINE;
    let state = engine::replay(&plan, &lines, |input, _, _| match &input.kind {
        InputKind::Open(opening) => {
            engine_of_record = opening.engine;
            log_keys.push(opening.log_key.clone());
        }
        InputKind::Resume(resumption) => log_keys.push(resumption.log_key.clone()),
        InputKind::Outcome {
            outcome: Outcome::Checkpoint { size, note, .. },
            ..
        } => {
            notes.insert(*size, note.clone());
        }
        _ => {}
    })
    .map_err(|e| damaged(&e.to_string()))?;
    if state.phase == Phase::Closed {
        return seal::write(&seal::Closed {
            plan: &plan,
            state: &state,
            record,
            lines: whole,
            log_keys: &log_keys,
            notes: &notes,
            media: ports.media.as_deref(),
        })
        .map(|place| Resumed::Sealed { place });
    }
    if state.phase == Phase::Aborted {
        return Err(Failure {
            code: Code::RecordNotOpen,
            meaning: "the record's last line aborts the ceremony".to_owned(),
        });
    }
    let writer = Writer::after(&chain).ok_or_else(|| damaged("the chain has no end"))?;
    let log_key = new_log_key()?;
    let resumption = Resumption {
        boot: boot_id()?,
        engine: ENGINE,
        program: run.program.clone(),
        front_end: run.front_end,
        secrets: run.secrets,
        log_key: public_of(&log_key)?,
        torn,
    };
    let parts = ClerkParts {
        plan: Arc::new(plan),
        state,
        writer,
        tree: chain.tree.clone(),
        journal,
        lines: String::from_utf8_lossy(whole).into_owned(),
        notes,
        log_keys,
        stage: None,
    };
    go(parts, log_key, ports, InputKind::Resume(resumption)).map(|r| Resumed::Running(Box::new(r)))
}

/// The plan of a record folder, from the script and blobs that it keeps.
///
/// # Errors
/// [`Failure`] when they are missing or no longer make a plan.
pub fn stored_plan(record: &Path) -> Result<Plan, Failure> {
    let text = store::read_file(&record.join("script.toml"))?;
    let script = Script::parse(&text).map_err(|e| damaged(&e.to_string()))?;
    let mut inputs = Inputs::default();
    for (file, sha256) in script.files() {
        let bytes = store::read_file(&record.join("blobs").join(sha256.hex()))?;
        inputs.0.insert(file.to_owned(), bytes.into());
    }
    Plan::build(script, &inputs).map_err(|e| damaged(&e.to_string()))
}

struct ClerkParts {
    plan: Arc<Plan>,
    state: State,
    writer: Writer,
    tree: Tree,
    journal: Journal,
    lines: String,
    notes: BTreeMap<u64, String>,
    log_keys: Vec<crate::base::PublicKey>,
    stage: Option<Stage>,
}

fn go(
    parts: ClerkParts,
    log_key: ed25519_dalek::SigningKey,
    ports: Ports,
    first: InputKind,
) -> Result<Running, Failure> {
    let vault = Arc::new(Vault::default());
    let (cmds, heard) = channel();
    let (msgs_out, msgs) = channel();
    let (jobs_out, jobs) = channel();
    let mut clerk = Clerk {
        plan: parts.plan,
        state: parts.state,
        writer: parts.writer,
        tree: parts.tree,
        journal: parts.journal,
        lines: parts.lines,
        notes: parts.notes,
        log_keys: parts.log_keys,
        log_key,
        clock: ports.clock,
        vault: vault.clone(),
        media: ports.media.clone(),
        jobs: jobs_out,
        msgs: msgs_out,
        stage: parts.stage.clone(),
    };
    // The first record is on disk before anybody sees a screen.
    clerk
        .accept(first)?
        .map_err(|refusal| internal(&refusal.to_string()))?;
    let snapshot = clerk.snapshot();
    let hands = Hands::new(ports.bench, vault.clone(), ports.media, parts.stage);
    let done = cmds.clone();
    let threads = vec![
        std::thread::spawn(move || hands.run(&jobs, &done)),
        std::thread::spawn(move || clerk.run(&heard)),
    ];
    Ok(Running {
        handle: Handle::new(cmds, vault),
        msgs,
        first: snapshot,
        threads,
    })
}

/// Keeps a copy of a torn tail under its digest, then cuts it off.
fn quarantine(
    journal: &mut Journal,
    bytes: &[u8],
    tail: std::ops::Range<usize>,
) -> Result<Vec<FileRef>, Failure> {
    let Some(torn) = bytes.get(tail.clone()).filter(|t| !t.is_empty()) else {
        return Ok(Vec::new());
    };
    let file = FileRef::of("torn", torn);
    let blobs = journal.folder().join("blobs");
    if !blobs.is_dir() {
        store::new_folder(&blobs)?;
    }
    let name = file.sha256.hex();
    if !blobs.join(&name).is_file() {
        store::write_new(&blobs, &name, torn, 0o600)?;
    }
    journal.cut(u64::try_from(tail.start).unwrap_or(0))?;
    Ok(vec![file])
}

fn boot_id() -> Result<String, Failure> {
    Ok(random_digest()?.hex().chars().take(32).collect())
}

fn damaged(meaning: &str) -> Failure {
    Failure {
        code: Code::RecordDamaged,
        meaning: crate::base::shown(meaning, 400),
    }
}
