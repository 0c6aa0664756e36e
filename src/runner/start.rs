//! Starting a run: a new record, or an old one folded back into its state. What
//! was under way when the last run stopped is the engine's to recover: nothing
//! is done twice (law 3).

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;

use super::clerk::{Clerk, NO_SPACE, new_log_key, public_of, random_digest};
use super::drill::{self, Drill, Stage};
use super::fold;
use super::hands::Hands;
use super::machine::{self, Machine, ready};
use super::media::Media;
use super::seal::{self, Signed};
use super::{Bench, Clock, Failure, Handle, Msg, Sealed, Snapshot, Vault, internal};
use crate::engine::{
    APPROVALS, CLIENTS, ENGINE, FileRef, FrontEnd, InputKind, NOT_APPROVED, NOT_READY, Opening, Phase,
    Program, Resumption, SecretsPath, State,
};
use crate::fault::Code;
use crate::plan::Plan;
use crate::script::Kind;
use crate::store::{self, Disk, Record};
use crate::transcript::{Tree, Writer};

/// What a run is made of, whoever drives it.
pub struct Ports {
    /// The devices, by token.
    pub bench: Bench,
    /// The disk that record, mirror and media lie on.
    pub disk: Arc<dyn Disk>,
    /// The folder of the record's second copy, on another medium.
    pub mirror: Option<PathBuf>,
    /// Removable media.
    pub media: Option<PathBuf>,
    /// The clock.
    pub clock: Box<dyn Clock>,
    /// Who looks at the machine's surroundings.
    pub machine: Box<dyn Machine>,
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
pub fn open(plan: Plan, record: &Path, mut ports: Ports, run: &Run) -> Result<Running, Failure> {
    let surroundings = ready(&plan, ports.machine.look())?;
    let (ports, stage) = match &run.drill {
        None => (ports, None),
        Some(drill) => {
            let (ports, stage) = drill::rig(drill, &plan, record, ports)?;
            (ports, Some(stage))
        }
    };
    two_media(&ports, &plan, record)?;
    let mut copies = Record::create(ports.disk.clone(), record, ports.mirror.as_deref())?;
    keep(&mut copies, "script.toml", plan.script().text.as_bytes())?;
    if let Some(note) = plan.approvals() {
        keep(&mut copies, APPROVALS, note)?;
    }
    for file in plan.files() {
        let path = format!("{}/{}", store::BLOBS, file.sha256.hex());
        keep(&mut copies, &path, &file.bytes)?;
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
        approvals: plan.approvals().map(|note| FileRef::of(APPROVALS, note)),
        program: run.program.clone(),
        verifier: FileRef::of("verify.py", crate::bundle::VERIFY_PY),
        front_end: run.front_end,
        secrets: run.secrets,
        modules: run.modules.clone(),
        predecessor: plan.predecessor().to_owned(),
        log_key: public_of(&log_key)?,
        drill: stage.as_ref().map(Stage::word),
        mirror: copies.mirrored(),
        machine: Some(surroundings),
    };
    let clerk = ClerkParts {
        plan: Arc::new(plan),
        state: State::new(),
        writer: Writer::new(),
        tree: Tree::new(),
        record: copies,
        lines: String::new(),
        signed: Signed::default(),
        stage,
    };
    go(clerk, log_key, ports, InputKind::Open(Box::new(opening)))
}

/// In production a second copy lies on a second medium, or it is none. A
/// rehearsal may lie on one disk: nothing of it is worth two.
fn two_media(ports: &Ports, plan: &Plan, record: &Path) -> Result<(), Failure> {
    let Some(mirror) = ports.mirror.as_deref() else {
        return Ok(());
    };
    if plan.script().kind == Kind::Rehearsal {
        return Ok(());
    }
    let why = match ports.disk.one_medium(record, mirror) {
        Ok(false) => return Ok(()),
        Ok(true) => "--record and --mirror are folders of one file system".to_owned(),
        // What cannot be told is not trusted (law 7).
        Err(error) => format!("where --mirror lies cannot be told: {error}"),
    };
    Err(Failure {
        code: Code::MirrorSameMedium,
        meaning: why,
    })
}

/// What came of a resumption.
#[derive(Debug)]
pub enum Resumed {
    /// The ceremony goes on.
    Running(Box<Running>),
    /// The record was closed and its seal was missing: it is written now.
    Sealed(Sealed),
}

/// Folds an existing record and goes on with it.
///
/// # Errors
/// [`Failure`] for records that are damaged, forked, aborted or of other rules.
pub fn resume(record: &Path, mut ports: Ports, run: &Run) -> Result<Resumed, Failure> {
    let (mut copies, found, folded) = fold::read(&ports.disk, record, ports.mirror.as_deref())?;
    if folded.state.phase == Phase::Aborted {
        return Err(Failure {
            code: Code::RecordNotOpen,
            meaning: "the record's last line aborts the ceremony".to_owned(),
        });
    }
    two_media(&ports, &folded.plan, record)?;
    let closed = folded.state.phase == Phase::Closed;
    // Nothing secret is asked for the seal of a record that is closed.
    let surroundings = match ports.machine.look() {
        look if closed => look,
        look => ready(&folded.plan, look)?,
    };
    let (torn, mirror) = fold::settle(&mut copies, &found, &folded)?;
    if closed {
        return seal::write(&seal::Closed {
            disk: &*ports.disk,
            plan: &folded.plan,
            state: &folded.state,
            record: &copies,
            lines: &folded.lines,
            signed: &folded.signed,
            media: ports.media.as_deref(),
        })
        .map(Resumed::Sealed);
    }
    let writer = Writer::after(&folded.chain).ok_or_else(|| damaged("the chain has no end"))?;
    let log_key = new_log_key()?;
    let resumption = Resumption {
        boot: boot_id()?,
        engine: ENGINE,
        program: run.program.clone(),
        front_end: run.front_end,
        secrets: run.secrets,
        log_key: public_of(&log_key)?,
        torn,
        mirror,
        machine: Some(surroundings),
    };
    let parts = ClerkParts {
        plan: Arc::new(folded.plan),
        state: folded.state,
        writer,
        tree: folded.chain.tree,
        record: copies,
        lines: String::from_utf8_lossy(&folded.lines).into_owned(),
        signed: folded.signed,
        stage: None,
    };
    let first = InputKind::Resume(resumption);
    go(parts, log_key, ports, first).map(|r| Resumed::Running(Box::new(r)))
}

struct ClerkParts {
    plan: Arc<Plan>,
    state: State,
    writer: Writer,
    tree: Tree,
    record: Record,
    lines: String,
    signed: Signed,
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
    let (watched, stop) = channel();
    let home = parts.record.folder().to_owned();
    let mut clerk = Clerk {
        plan: parts.plan,
        state: parts.state,
        writer: parts.writer,
        tree: parts.tree,
        record: parts.record,
        disk: ports.disk.clone(),
        lines: parts.lines,
        signed: parts.signed,
        log_key,
        clock: ports.clock,
        vault: vault.clone(),
        media: ports.media.clone(),
        jobs: jobs_out,
        msgs: msgs_out,
        stage: parts.stage,
        _watched: watched,
    };
    // The first record is on disk before anybody sees a screen.
    clerk.accept(first)?.map_err(|refusal| match refusal.code {
        NO_SPACE => Failure {
            code: Code::StorageFull,
            meaning: refusal.got,
        },
        NOT_READY => Failure {
            code: Code::MachineNotReady,
            meaning: refusal.got,
        },
        NOT_APPROVED => Failure {
            code: Code::NoApprovals,
            meaning: refusal.got,
        },
        _ => internal(&refusal.to_string()),
    })?;
    let snapshot = clerk.snapshot();
    let media = Media::new(ports.disk, ports.media, home);
    let hands = Hands::new(ports.bench, vault.clone(), media);
    let (done, told) = (cmds.clone(), cmds.clone());
    let looker = ports.machine;
    let threads = vec![
        std::thread::spawn(move || hands.run(&jobs, &done)),
        std::thread::spawn(move || clerk.run(&heard)),
        std::thread::spawn(move || machine::watch(looker, &told, &stop)),
    ];
    Ok(Running {
        handle: Handle::new(cmds, vault),
        msgs,
        first: snapshot,
        threads,
    })
}

/// Nothing has begun: a copy that fails now stops the start.
fn keep(record: &mut Record, path: &str, bytes: &[u8]) -> Result<(), Failure> {
    match record.keep(path, bytes, 0o600)?.pop() {
        None => Ok(()),
        Some(lost) => Err(lost.error.into()),
    }
}

fn boot_id() -> Result<String, Failure> {
    Ok(random_digest()?.hex().chars().take(32).collect())
}

pub(super) fn damaged(meaning: &str) -> Failure {
    Failure {
        code: Code::RecordDamaged,
        meaning: crate::base::shown(meaning, 400),
    }
}
