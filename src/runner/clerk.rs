//! Writes everything down. One input at a time: step, append the records and
//! sync them, start the effects, and only then show the new state (law 3).
//! The clerk owns the journal and the run's log key; nobody else writes.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use ed25519_dalek::{Signer as _, SigningKey};
use rand_core::{OsRng, RngCore};

use super::hands::Job;
use super::media::Export;
use super::seal::Signed;
use super::{Clock, Cmd, Failure, Msg, Snapshot, Vault, internal};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, Retry};
use crate::base::machine::Report;
use crate::base::{Digest, PublicKey};
use crate::bundle;
use crate::engine::{
    self, Answer, CopyLost, Effect, Input, InputKind, Outcome, Phase, Refusal, State, Transition, What,
};
use crate::fault::Code;
use crate::note::{Note, Vkey};
use crate::plan::Plan;
use crate::store::{Disk, Lost, Record, Space, StoreError};
use crate::transcript::{Checkpoint, Tree, Writer};

/// Everything that a run holds.
pub(super) struct Clerk {
    pub(super) plan: Arc<Plan>,
    pub(super) state: State,
    pub(super) writer: Writer,
    pub(super) tree: Tree,
    pub(super) record: Record,
    pub(super) disk: Arc<dyn Disk>,
    /// All lines, for the seal: a record is small (thousands of lines).
    pub(super) lines: String,
    pub(super) signed: Signed,
    pub(super) log_key: SigningKey,
    pub(super) clock: Box<dyn Clock>,
    pub(super) vault: Arc<Vault>,
    pub(super) media: Option<PathBuf>,
    pub(super) jobs: Sender<Job>,
    pub(super) msgs: Sender<Msg>,
    /// A drill's; an ordinary ceremony has none.
    pub(super) stage: Option<super::drill::Stage>,
    /// The watch over the machine ends when this does.
    pub(super) _watched: Sender<()>,
}

/// Lines that are about to be written.
struct Draft {
    writer: Writer,
    tree: Tree,
    text: String,
}

/// The code of a refusal for want of space.
pub(super) const NO_SPACE: &str = "no-space";

impl Clerk {
    /// Works until the ceremony rests or the front end is gone.
    pub(super) fn run(mut self, cmds: &Receiver<Cmd>) {
        while let Ok(cmd) = cmds.recv() {
            if let Err(failure) = self.hear(cmd) {
                let _ = self.msgs.send(Msg::Failed(failure));
                return;
            }
            if matches!(self.state.phase, Phase::Paused | Phase::Aborted | Phase::Closed) {
                return;
            }
        }
    }

    fn hear(&mut self, cmd: Cmd) -> Result<(), Failure> {
        let kind = match cmd {
            Cmd::Submit(answer) => InputKind::Answer(answer),
            Cmd::Note(deviation) => InputKind::Note(deviation),
            Cmd::Accept(accepted) => InputKind::Accept(accepted),
            Cmd::Machine(report) => return self.surroundings(report),
            Cmd::Pause { why } => InputKind::Pause { why },
            Cmd::Abort { why, typed } => InputKind::Abort { why, typed },
            Cmd::Outcome { effect, outcome } => return self.outcome(effect, *outcome),
        };
        if let Err(refusal) = self.accept(kind)? {
            // Secrets that a refused answer quoted are not kept for later.
            self.vault.keep(&self.state.tickets());
            let _ = self.msgs.send(Msg::Refused(refusal));
        }
        Ok(())
    }

    /// A ceremony that rests has no more lines; the next run begins with a look.
    fn surroundings(&mut self, report: Report) -> Result<(), Failure> {
        if self.state.machine.report.as_ref() == Some(&report) {
            return Ok(());
        }
        match self.accept(InputKind::Machine(report))? {
            // Without room for an act that waited, the report comes again in a second.
            Err(refusal) if !matches!(refusal.code, "not-open" | NO_SPACE) => {
                Err(internal(&refusal.to_string()))
            }
            _ => Ok(()),
        }
    }

    /// A device's answer that the engine cannot take is a fault of the device.
    fn outcome(&mut self, effect: u64, outcome: Outcome) -> Result<(), Failure> {
        let Err(refusal) = self.accept(InputKind::Outcome { effect, outcome })? else {
            return Ok(());
        };
        if refusal.code == "stale-outcome" {
            return Ok(()); // the ceremony has gone on without it
        }
        let fault = Outcome::Fault(DeviceFault {
            operation: Operation::Find,
            code: DeviceCode::AnswerRefused,
            meaning: crate::base::shown(&refusal.to_string(), 300),
            changed: Changed::Unknown,
            retry: Retry::AskHuman,
        });
        match self.accept(InputKind::Outcome {
            effect,
            outcome: fault,
        })? {
            Ok(()) => Ok(()),
            Err(refusal) => Err(internal(&refusal.to_string())),
        }
    }

    /// Steps one input. `Err` inside: refused, and nothing happened.
    pub(super) fn accept(&mut self, kind: InputKind) -> Result<Result<(), Refusal>, Failure> {
        let mut input = Input {
            at: self.clock.now(),
            kind: kind.without_folders(),
        };
        // Whoever answers says what people read; the machine's part is read here.
        if let InputKind::Answer(Answer::Clock { rtc, .. }) = &mut input.kind {
            *rtc = self.clock.hardware();
        }
        loop {
            let transition = match engine::step(&self.plan, &self.state, &input) {
                Ok(transition) => transition,
                Err(refusal) => return Ok(Err(refusal)),
            };
            let draft = self.draft(&input, &transition)?;
            match self.prepare(&transition, &draft)? {
                Space::Short(error) => return self.no_space(input.kind, &error),
                Space::Enough(lost) if lost.is_empty() => {
                    self.commit(&input, transition, draft)?;
                    return Ok(Ok(()));
                }
                // What was lost is written down first, and then it is another state.
                Space::Enough(lost) => {
                    self.lose(lost)?;
                    input.at = self.clock.now();
                }
            }
        }
    }

    /// The lines of a transition, and chain and tree after them.
    fn draft(&self, input: &Input, transition: &Transition) -> Result<Draft, Failure> {
        let mut draft = Draft {
            writer: self.writer.clone(),
            tree: self.tree.clone(),
            text: String::new(),
        };
        for record in &transition.records {
            let line = draft
                .writer
                .next(record, &transition.state.boot, input.at)
                .map_err(|e| internal(&e.to_string()))?;
            draft.tree.append(line.as_bytes());
            draft.text.push_str(&line);
            draft.text.push('\n');
        }
        Ok(draft)
    }

    /// What must be on disk before the lines are.
    fn prepare(&mut self, transition: &Transition, draft: &Draft) -> Result<Space, Failure> {
        if transition.effects.iter().any(|e| e.what == What::Seal) {
            // The log key dies with this run: what it says of the closed record
            // is on disk before the record is closed. One that an interrupted
            // close left behind is of lines that never counted.
            let (_, note) = self.checkpoint(&draft.tree)?;
            let path = bundle::layout::CHECKPOINT;
            return Ok(Space::Enough(self.record.keep(path, note.as_bytes(), 0o644)?));
        }
        if transition.effects.iter().any(|e| e.what.is_act()) {
            // Facts 5.2, rule 5: before each intent, so that its outcome fits.
            return Ok(self.record.space()?);
        }
        Ok(Space::Enough(Vec::new()))
    }

    /// No act without room for its outcome: a person makes room and tries again.
    fn no_space(&mut self, kind: InputKind, error: &StoreError) -> Result<Result<(), Refusal>, Failure> {
        let InputKind::Outcome { effect, .. } = kind else {
            return Ok(Err(Refusal {
                code: NO_SPACE,
                expected: "4 MiB of space for the record, on each copy".to_owned(),
                got: error.meaning.clone(),
                because: Code::StorageFull.card().fact.to_owned(),
            }));
        };
        let outcome = Outcome::Fault(DeviceFault {
            operation: Operation::Find,
            code: DeviceCode::NoSpace,
            meaning: crate::base::shown(&error.meaning, 300),
            changed: Changed::No,
            retry: Retry::AskHuman,
        });
        match self.accept(InputKind::Outcome { effect, outcome })? {
            Ok(()) => Ok(Ok(())),
            Err(_) => Err(error.clone().into()),
        }
    }

    /// Writes down that copies failed. A ceremony that rests or is closed has no
    /// more lines: then it shows when the record is opened next.
    fn lose(&mut self, lost: Vec<Lost>) -> Result<(), Failure> {
        for lost in lost {
            let kind = InputKind::Storage(CopyLost {
                copy: lost.copy,
                code: lost.error.code.as_str().to_owned(),
                meaning: crate::base::shown(&lost.error.meaning, 250),
            });
            if let Err(refusal) = self.accept(kind)?
                && refusal.code != "not-open"
            {
                return Err(internal(&refusal.to_string()));
            }
        }
        Ok(())
    }

    fn commit(&mut self, input: &Input, transition: Transition, draft: Draft) -> Result<(), Failure> {
        let lost = self.record.append(&draft.text)?;
        self.tree = draft.tree;
        self.lines.push_str(&draft.text);
        self.writer = draft.writer;
        self.state = transition.state;
        if let Some(stage) = &self.stage {
            stage.saw(self.writer.seq(), &self.state);
        }
        self.signed.take(&input.kind);
        if matches!(input.kind, InputKind::Outcome { .. }) {
            // Nobody was asked while the effect was under way: what the state
            // does not name now is done with.
            self.vault.keep(&self.state.tickets());
        }
        self.lose(lost)?;
        self.show();
        for effect in transition.effects {
            self.start(effect)?;
        }
        Ok(())
    }

    /// What is on disk may be seen.
    fn show(&self) {
        let _ = self.msgs.send(Msg::Snapshot(self.snapshot()));
    }

    pub(super) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::new(Snapshot {
            plan: self.plan.clone(),
            state: self.state.clone(),
            records: self.writer.seq(),
            head: self.writer.head(),
            note: self.signed.newest().map(Arc::from),
        })
    }

    /// The clerk answers what is its own; all else is for the hands.
    pub(super) fn start(&mut self, effect: Effect) -> Result<(), Failure> {
        match &effect.what {
            What::Nonce => {
                let nonce = random_digest()?;
                self.outcome(effect.id, Outcome::Nonce(nonce))
            }
            What::Checkpoint => {
                let (checkpoint, note) = self.checkpoint(&self.tree)?;
                self.outcome(
                    effect.id,
                    Outcome::Checkpoint {
                        size: checkpoint.size(),
                        root: checkpoint.root(),
                        note,
                    },
                )
            }
            What::Seal => self.seal(),
            _ => {
                let job = self.job(effect)?;
                self.jobs
                    .send(job)
                    .map_err(|_| internal("the thread that works with devices is gone"))
            }
        }
    }

    fn job(&self, effect: Effect) -> Result<Job, Failure> {
        let payload = match &effect.what {
            What::Sign { .. } => Some(
                engine::payload(&self.plan, &self.state, &effect.what)
                    .ok_or_else(|| internal("a signature was ordered over an unknown payload"))?,
            ),
            _ => None,
        };
        let export = matches!(effect.what, What::Export { .. } | What::ReadBack { .. }).then(|| Export {
            name: super::seal::bundle_name(&self.plan, &self.state),
            files: super::seal::export_files(&self.plan, &self.state),
        });
        Ok(Job {
            effect: effect.id,
            what: effect.what,
            payload,
            export,
        })
    }

    /// A signed checkpoint over the lines of a tree.
    fn checkpoint(&self, tree: &Tree) -> Result<(Checkpoint, String), Failure> {
        let checkpoint = Checkpoint::of(&self.state.origin, tree).map_err(|e| internal(&e.to_string()))?;
        let public = public_of(&self.log_key)?;
        let vkey = Vkey::new(&self.state.origin, public).map_err(|e| internal(&e.to_string()))?;
        let note = Note::signed(&checkpoint.to_string(), &vkey, |bytes| {
            self.log_key.sign(bytes).to_bytes().to_vec()
        })
        .map_err(|e| internal(&e.to_string()))?;
        Ok((checkpoint, note.to_string()))
    }

    /// The seal follows the close; a failure leaves it to a later `resume`.
    fn seal(&mut self) -> Result<(), Failure> {
        let sealed = super::seal::write(&super::seal::Closed {
            disk: &*self.disk,
            plan: &self.plan,
            state: &self.state,
            record: &self.record,
            lines: self.lines.as_bytes(),
            signed: &self.signed,
            media: self.media.as_deref(),
        })?;
        let _ = self.msgs.send(Msg::Sealed(sealed));
        Ok(())
    }
}

/// A fresh Ed25519 log key, born in memory; it dies with the run.
pub(super) fn new_log_key() -> Result<SigningKey, Failure> {
    let mut seed = [0u8; 32];
    OsRng
        .try_fill_bytes(&mut seed)
        .map_err(|_| internal("the system gives no randomness"))?;
    let key = SigningKey::from_bytes(&seed);
    zeroize::Zeroize::zeroize(&mut seed);
    Ok(key)
}

pub(super) fn public_of(key: &SigningKey) -> Result<PublicKey, Failure> {
    PublicKey::from_raw(crate::base::Algorithm::Ed25519, key.verifying_key().as_bytes())
        .map_err(|e| internal(&e.to_string()))
}

pub(super) fn random_digest() -> Result<Digest, Failure> {
    let mut bytes = [0u8; 32];
    OsRng
        .try_fill_bytes(&mut bytes)
        .map_err(|_| internal("the system gives no randomness"))?;
    Ok(Digest::from_bytes(bytes))
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Failure {
        Failure {
            code: error.code,
            meaning: error.meaning,
        }
    }
}
