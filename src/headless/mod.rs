//! Drives a ceremony without a terminal, from an answers file. The policy:
//! - a rehearsal takes any answer that the file gives;
//! - production takes none that is a person's, and every question is, but a PIN
//!   that is typed on the device itself (DESIGN 7);
//! - nothing is answered that the file does not answer: the ceremony is paused
//!   and the step is named;
//! - a wrong PIN is typed only where the file orders it, and never twice;
//! - a failed device or media ends the run, record intact, unless the file orders
//!   the step to be tried again; a login never is, for it may spend a try (W3);
//!   or orders that the ceremony is aborted;
//! - the record says that a file drove it, so it never verifies as witnessed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::base::device::{Credential, Operation, Retry};
use crate::base::{Id, Secret};
use crate::engine::{
    Against, Answer, AttesterAct, Expect, NewSecret, NumberFor, Phase, Question, Refusal, Trouble,
    attester_wanted, confirm_wanted, expects, frozen, lines, meter_lines, serial_tail, standing,
};
use crate::fault::Code;
use crate::runner::{Cmd, Failure, Handle, Msg, Sealed, Snapshot};
use crate::script::{Answers, Kind, Named, SourceKind, Verb};
use crate::transcript::words;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Closed and sealed; where the bundle is.
    Closed {
        /// The bundle.
        sealed: Sealed,
        /// What each client model said of each payload before it was signed.
        clients: Vec<String>,
    },
    /// Aborted.
    Aborted,
    /// Paused: told to stop, or a person is needed.
    Paused {
        /// Why, for the person who reads the output.
        why: String,
    },
    /// A device or the media failed; paused.
    Trouble {
        /// What it said.
        why: String,
    },
    /// The record cannot be written.
    Failed(Failure),
}

/// Drives until the ceremony rests.
pub fn run(
    handle: Handle,
    msgs: &Receiver<Msg>,
    first: Arc<Snapshot>,
    answers: Answers,
    stop: &AtomicBool,
) -> Ending {
    let mut answers = answers;
    if first.plan.script().kind == Kind::Production {
        // What failed, people look at; and nothing but their word ends a ceremony.
        (answers.again, answers.abort) = (0, false);
    }
    let mut driver = Driver {
        handle,
        answers,
        made: BTreeMap::new(),
        again: 0,
        ending: None,
    };
    // The first snapshot came before anybody listened; later ones repeat it.
    let mut seen = first;
    driver.react(&seen);
    let mut asked_to_stop = false;
    loop {
        if stop.load(Ordering::Relaxed) && !asked_to_stop {
            asked_to_stop = driver.pause(
                "the program was told to stop",
                Ending::Paused {
                    why: "told to stop".to_owned(),
                },
                &seen,
            );
        }
        match msgs.recv_timeout(Duration::from_millis(50)) {
            Ok(Msg::Snapshot(snapshot)) => {
                // A run that starts with a gate's checkpoint has sent older ones than
                // the first: a question that comes by again is not asked again.
                if snapshot.records <= seen.records {
                    continue;
                }
                seen = snapshot;
                match seen.state.phase {
                    Phase::Paused => {
                        let why = if seen.state.on_break() {
                            "a formal break; it is resumed when people and things are back"
                        } else {
                            "told to stop"
                        };
                        return driver.ending.unwrap_or(Ending::Paused { why: why.to_owned() });
                    }
                    Phase::Aborted => return Ending::Aborted,
                    _ => driver.react(&seen),
                }
            }
            Ok(Msg::Refused(refusal)) => driver.refused(&refusal, &seen),
            Ok(Msg::Failed(failure)) => return Ending::Failed(failure),
            Ok(Msg::Sealed(sealed)) => {
                let clients = clients(&seen);
                return Ending::Closed { sealed, clients };
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                return Ending::Failed(Failure {
                    code: Code::Internal,
                    meaning: "the runner ended without a word".to_owned(),
                });
            }
        }
    }
}

/// One line for each client and file.
fn clients(seen: &Snapshot) -> Vec<String> {
    let judged = seen.state.clients.iter().flat_map(|(role, judged)| {
        judged.iter().map(move |one| {
            let stands = standing(&seen.plan, one.client).word();
            format!(
                "{role}: {} {} ({stands}) {}",
                one.client, one.version, one.verdict
            )
        })
    });
    judged.collect()
}

struct Driver {
    handle: Handle,
    answers: Answers,
    /// Secrets that the program made: there is no paper to read them from.
    made: BTreeMap<(Id, Credential), Secret>,
    /// Steps that were tried again in this run.
    again: u32,
    ending: Option<Ending>,
}

impl Driver {
    fn react(&mut self, seen: &Snapshot) {
        let Expect::Answer(question) = expects(&seen.state) else {
            return;
        };
        if self.ending.is_some() {
            return; // a pause is under way
        }
        if frozen(&seen.plan, &seen.state) {
            // Nobody here can look what was plugged in.
            let lines: Vec<String> = seen.state.machine.against().iter().map(Against::line).collect();
            let why = format!("frozen by the machine check: {}", lines.join("; "));
            self.pause(&why.clone(), Ending::Paused { why }, seen);
            return;
        }
        if let Question::Trouble { trouble } = question {
            if self.may_try_again(trouble) {
                self.try_again();
                return;
            }
            let why = match trouble {
                // The code leads to the card; the engine's own judgements say it here alone.
                Trouble::Device(fault) => format!("{}: {fault}", fault.code.word()),
                Trouble::Media(meaning) | Trouble::Gate(meaning) => meaning.clone(),
            };
            if !self.aborts(&why) {
                self.pause(&why.clone(), Ending::Trouble { why }, seen);
            }
            return;
        }
        if let Question::Clock {
            doubt: Some(doubt), ..
        } = question
            && self.aborts(&doubt.words())
        {
            return;
        }
        match self.answer(question, seen) {
            Some(answer) => self.handle.say(Cmd::Submit(answer)),
            None => {
                let step = seen
                    .plan
                    .step(seen.state.cursor)
                    .map(|p| format!("step {} ({})", p.step.id, p.step.verb.headline()))
                    .filter(|_| seen.state.begun)
                    .unwrap_or_else(|| "the briefing".to_owned());
                let mut why = format!("{step} needs a person: {}", self.lacks(seen));
                for line in meter_lines(&seen.plan, &seen.state) {
                    why.push_str("; ");
                    why.push_str(&line);
                }
                self.pause(&why.clone(), Ending::Paused { why }, seen);
            }
        }
    }

    fn lacks(&self, seen: &Snapshot) -> &'static str {
        match seen.plan.script().kind {
            Kind::Production => "no file answers for people in production; resume in a terminal",
            Kind::Rehearsal => "the answers file has no answer",
        }
    }

    /// A refused answer would be refused again: a person must look at it.
    fn refused(&mut self, refusal: &Refusal, seen: &Snapshot) {
        if self.ending.is_some() {
            return;
        }
        let why = refusal.to_string();
        if matches!(expects(&seen.state), Expect::Answer(Question::Serial { .. }))
            && self.again < self.answers.again
        {
            self.try_again(); // a device may say something else the next time
            return;
        }
        if self.aborts(&why) {
            return;
        }
        self.pause(&why.clone(), Ending::Paused { why }, seen);
    }

    /// Where the file orders it, a failure that is no final one, and no login's.
    fn may_try_again(&self, trouble: &Trouble) -> bool {
        self.again < self.answers.again
            && match trouble {
                Trouble::Device(fault) => fault.retry != Retry::Never && fault.operation != Operation::Unlock,
                Trouble::Media(_) => true,
                Trouble::Gate(_) => false,
            }
    }

    fn try_again(&mut self) {
        self.again = self.again.saturating_add(1);
        self.handle.say(Cmd::Submit(Answer::Again));
    }

    /// Where the file orders it, a failure ends the ceremony. Said once.
    fn aborts(&mut self, why: &str) -> bool {
        let aborts = std::mem::take(&mut self.answers.abort);
        if aborts {
            self.handle.say(Cmd::Abort {
                why: crate::base::shown(why, 200),
                typed: "abort".to_owned(),
            });
        }
        aborts
    }

    fn pause(&mut self, why: &str, ending: Ending, seen: &Snapshot) -> bool {
        if seen.state.dangling().is_some() {
            return false; // after the device's answer
        }
        self.ending = Some(ending);
        self.handle.say(Cmd::Pause {
            why: crate::base::shown(why, 200),
        });
        true
    }

    fn answer(&mut self, question: &Question, seen: &Snapshot) -> Option<Answer> {
        // A file that answers for people would forge each of them in a record that
        // others trust: presence, clock, review, words, and every PIN.
        let on_device = matches!(question, Question::Pin { pad: true, .. });
        if seen.plan.script().kind == Kind::Production && !on_device {
            return None;
        }
        let a = &self.answers;
        match question {
            Question::Begin => a.begin.then(|| Answer::Begin {
                typed: "begin".to_owned(),
            }),
            Question::Seat { role, seat, again } => {
                if *again {
                    return None; // the file's people miss a quorum
                }
                let index = usize::try_from(*seat).ok()?.checked_sub(1)?;
                let text = a.people.get(role)?.get(index)?;
                Some(match text.strip_prefix("absent:") {
                    Some(reason) => Answer::Absent {
                        reason: reason.trim().to_owned(),
                    },
                    None => Answer::Present { name: text.clone() },
                })
            }
            // A disagreement with its own clock cannot come about.
            Question::Clock { doubt, .. } => {
                let machine = seen.state.last?.wall.to_string();
                (a.clock_from_machine && doubt.is_none()).then(|| Answer::Clock {
                    rtc: None,
                    typed: machine.get(..16).unwrap_or("").replace('T', " "),
                })
            }
            Question::Item { index } => {
                let allowed = match seen.plan.step(seen.state.cursor).map(|p| &p.step.verb) {
                    _ if seen.state.differs.is_some() => a.differs.is_some(),
                    Some(Verb::Waive { .. }) => a.waive,
                    Some(Verb::Supersede(_)) => a.supersede,
                    _ => a.checklist,
                };
                let line = lines(&seen.plan, &seen.state).into_iter().nth(*index)?;
                allowed.then_some(Answer::Done { typed: line.word })
            }
            Question::Number { index, purpose, .. } => {
                let step = &seen.plan.step(seen.state.cursor)?.step.id;
                let item = seen.plan.numbered(seen.state.cursor).into_iter().nth(*index)?;
                let given = a.numbers.iter().find(|n| n.step == *step && n.item == item)?;
                let back = given.back.as_ref().filter(|_| *purpose == NumberFor::Returns);
                let leaves = *purpose == NumberFor::Leaves;
                Some(Answer::Number {
                    number: back.unwrap_or(&given.number).clone(),
                    again: (!purpose.compares()).then(|| given.number.clone()),
                    person: if leaves { Some(given.person.clone()?) } else { None },
                })
            }
            Question::Differs { .. } => a.differs.clone().map(|why| Answer::Differs { why }),
            Question::Serial { token, cards } => {
                let typed = match &a.tokens.get(token)?.named {
                    Named::Serial(serial) => serial.clone(),
                    Named::Label(label) => cards.iter().find(|c| c.label == *label)?.serial.clone(),
                };
                Some(Answer::Serial { typed })
            }
            Question::SetUp { token, credentials } => {
                let typed = tail(seen, token).filter(|_| a.device)?;
                let known = &a.tokens.get(token)?.secrets;
                let secrets = credentials
                    .iter()
                    .map(|credential| {
                        let secret = known.get(credential)?;
                        Some(NewSecret {
                            credential: *credential,
                            secret: self.handle.deposit(copy(secret)?),
                            again: self.handle.deposit(copy(secret)?),
                        })
                    })
                    .collect::<Option<Vec<NewSecret>>>()?;
                Some(Answer::NewSecrets { secrets, typed })
            }
            // Nobody reads paper here: what was made is typed back by looking
            // at it. A rehearsal only, and the record says who drove.
            Question::Cover { token } => {
                let typed = tail(seen, token).filter(|_| a.device)?;
                Some(Answer::Covered { typed })
            }
            Question::Copy {
                token,
                credential,
                secret,
                wrong: 0,
            } => {
                let made = self.handle.look(*secret)?;
                self.made.insert((token.clone(), *credential), copy(&made)?);
                Some(Answer::Copied {
                    typed: self.handle.deposit(made),
                })
            }
            Question::Dice { rolls, wrong: 0, .. } => {
                let mut all = Secret::new();
                let given = a.dice.as_ref()?.expose();
                for at in 0..usize::try_from(*rolls).ok()? {
                    let digit = given.get(at.checked_rem(given.len())?)?;
                    all.push(char::from(*digit)).ok()?;
                }
                Some(Answer::Dice {
                    rolls: self.handle.deposit(all),
                })
            }
            Question::Pin { pad: true, .. } => Some(Answer::Pin { secret: None }),
            Question::Pin {
                token,
                wrong,
                credential,
                ..
            } => {
                let token_answers = a.tokens.get(token)?;
                let right = match self.made.get(&(token.clone(), *credential)) {
                    Some(made) => made,
                    None => token_answers.secrets.get(credential)?,
                };
                let wrong = usize::try_from(*wrong).ok()?;
                let pin = match token_answers.wrong.get(wrong) {
                    Some(ordered) => ordered,
                    // After the wrong ones that the file orders, the right one;
                    // should the device refuse that, a person decides.
                    None if wrong == token_answers.wrong.len() => right,
                    None => return None,
                };
                Some(Answer::Pin {
                    secret: Some(self.handle.deposit(copy(pin)?)),
                })
            }
            Question::Confirm { .. } => {
                let allowed = match seen.plan.step(seen.state.cursor).map(|p| &p.step.verb) {
                    Some(Verb::Break { .. }) => a.written,
                    Some(Verb::Export) => a.export,
                    Some(Verb::Seal { .. }) => a.close,
                    _ => a.device,
                };
                let typed = confirm_wanted(&seen.plan, &seen.state).filter(|_| allowed)?;
                Some(Answer::Confirm { typed })
            }
            Question::Review { metadata } => {
                let digest = seen.state.files.get(metadata)?.draft.digest;
                a.review.then(|| Answer::Reviewed {
                    digest,
                    typed: "read".to_owned(),
                })
            }
            Question::Words {
                source,
                digest,
                positions,
                ..
            } => {
                let simulated = seen
                    .plan
                    .script()
                    .source(source)
                    .is_some_and(|s| s.kind == SourceKind::Simulated);
                let list = words::words(digest);
                let typed: Option<Vec<String>> = positions
                    .iter()
                    .map(|at| list.get(*at).map(|w| (*w).to_owned()))
                    .collect();
                typed
                    .filter(|_| simulated && a.words_from_simulated)
                    .map(|typed| Answer::Words { typed })
            }
            Question::Attester { attester, act } => match a.attesters.get(attester) {
                Some(seat) if *act == AttesterAct::Countersign || !seat.enrols => {
                    let reason = seat.reason.clone();
                    Some(if seat.absent {
                        Answer::Absent { reason }
                    } else {
                        Answer::Decline { reason }
                    })
                }
                _ => {
                    let typed = attester_wanted(&seen.plan, &seen.state).filter(|_| a.countersign)?;
                    Some(Answer::Attest { typed })
                }
            },
            Question::Recover { .. } => a.recover.then(|| Answer::Recover {
                typed: "recover".to_owned(),
            }),
            Question::Frozen
            | Question::Copy { .. }
            | Question::Dice { .. }
            | Question::Reopen { .. }
            | Question::Trouble { .. } => None,
        }
    }
}

fn copy(secret: &Secret) -> Option<Secret> {
    Secret::copy_of(secret.expose()).ok()
}

/// The end of a device's serial, as the engine asks for it.
fn tail(seen: &Snapshot, token: &Id) -> Option<String> {
    Some(serial_tail(seen.state.bench.get(token)?.serial.as_deref()?))
}
