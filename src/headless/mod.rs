//! Drives a ceremony without a terminal, from an answers file. The policy:
//! - a rehearsal takes any answer that the file gives;
//! - nothing is answered that the file does not answer: the ceremony is paused
//!   and the step is named;
//! - a wrong PIN is typed only where the file orders it, and never twice;
//! - a failed device or media ends the run, record intact;
//! - the record says that a file drove it, so it never verifies as witnessed.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

use crate::base::device::Credential;
use crate::base::{Id, Secret};
use crate::engine::{
    Answer, Expect, NewSecret, Phase, Question, Refusal, Trouble, confirm_wanted, expects, meter_lines,
    serial_tail, standing,
};
use crate::fault::Code;
use crate::runner::{Cmd, Failure, Handle, Msg, Snapshot};
use crate::script::{Answers, Named, SourceKind, Verb};
use crate::transcript::words;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Closed and sealed; where the bundle is.
    Closed {
        /// The bundle's folder.
        place: String,
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
    let mut driver = Driver {
        handle,
        answers,
        made: BTreeMap::new(),
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
                // A resumption may have gone on before anybody listened: what comes
                // late must not be answered again.
                if snapshot.records <= seen.records {
                    continue;
                }
                seen = snapshot;
                match seen.state.phase {
                    Phase::Paused => {
                        return driver.ending.unwrap_or(Ending::Paused {
                            why: "told to stop".to_owned(),
                        });
                    }
                    Phase::Aborted => return Ending::Aborted,
                    _ => driver.react(&seen),
                }
            }
            Ok(Msg::Refused(refusal)) => driver.refused(&refusal, &seen),
            Ok(Msg::Failed(failure)) => return Ending::Failed(failure),
            Ok(Msg::Sealed { place }) => {
                let clients = clients(&seen);
                return Ending::Closed { place, clients };
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
        if let Question::Trouble { trouble } = question {
            let why = match trouble {
                // The code leads to the card; the engine's own judgements say it here alone.
                Trouble::Device(fault) => format!("{}: {fault}", fault.code.word()),
                Trouble::Media(meaning) | Trouble::Gate(meaning) => meaning.clone(),
            };
            self.pause(&why.clone(), Ending::Trouble { why }, seen);
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
                let mut why = format!("{step} needs a person: the answers file has no answer");
                for line in meter_lines(&seen.plan, &seen.state) {
                    why.push_str("; ");
                    why.push_str(&line);
                }
                self.pause(&why.clone(), Ending::Paused { why }, seen);
            }
        }
    }

    /// A refused answer would be refused again: a person must look at it.
    fn refused(&mut self, refusal: &Refusal, seen: &Snapshot) {
        if self.ending.is_some() {
            return;
        }
        let why = refusal.to_string();
        self.pause(&why.clone(), Ending::Paused { why }, seen);
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
            Question::Clock { difference } => {
                let machine = seen.state.last?.wall.to_string();
                (a.clock_from_machine && difference.is_none()).then(|| Answer::Clock {
                    typed: machine.get(..16).unwrap_or("").replace('T', " "),
                })
            }
            Question::Item { index } => {
                let waives = matches!(
                    seen.plan.step(seen.state.cursor).map(|p| &p.step.verb),
                    Some(Verb::Waive { .. })
                );
                let allowed = if waives { a.waive } else { a.checklist };
                let line = seen.plan.lines(seen.state.cursor).into_iter().nth(*index)?;
                allowed.then_some(Answer::Done { typed: line.word })
            }
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
            Question::Cover { .. } => a.device.then(|| Answer::Covered {
                typed: "covered".to_owned(),
            }),
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
            Question::Recover { .. } => a.recover.then(|| Answer::Recover {
                typed: "recover".to_owned(),
            }),
            Question::Copy { .. }
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
