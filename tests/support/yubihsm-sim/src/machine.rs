//! What is behind a device's handle: the session layer, the audit log and the
//! faults meet here. What a command does is in [`crate::commands`].

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use crate::codes::{Code, algorithm, command};
use crate::commands::Context;
use crate::device::{Answer, NO_KEY, Seen};
use crate::faults::{Fault, Faults};
use crate::frame;
use crate::log::{CAPACITY, Event};
use crate::session::{Rights, Sessions};
use crate::state::State;

/// The device behind a handle.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) state: State,
    pub(crate) path: Option<PathBuf>,
    pub(crate) control: Option<(PathBuf, String)>,
    pub(crate) sessions: Sessions,
    pub(crate) faults: Faults,
    pub(crate) seen: Vec<Seen>,
    pub(crate) tick: u32,
    pub(crate) announce: bool,
    pub(crate) part_number: String,
    pub(crate) eddsa_limit: usize,
    pub(crate) more_algorithms: Vec<u8>,
    pub(crate) killer: Option<Killer>,
}

/// How the application is killed.
pub(crate) struct Killer(pub(crate) Box<dyn Fn() + Send>);

impl std::fmt::Debug for Killer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Killer")
    }
}

/// What became of one command.
struct Outcome {
    result: Result<Vec<u8>, Code>,
    acted: bool,
}

impl Machine {
    pub(crate) fn save(&self) -> io::Result<()> {
        self.path.as_deref().map_or(Ok(()), |path| self.state.save(path))
    }

    pub(crate) fn boot(&mut self) {
        self.sessions.clear();
        self.tick = 0;
        if self.state.force_audit != 0 && self.state.log.is_full() {
            self.state.log.unlogged_boots = self.state.log.unlogged_boots.saturating_add(1);
        } else {
            self.state.log.record_boot();
        }
    }

    pub(crate) fn record(
        &mut self,
        code: u8,
        length: u16,
        session_key: u16,
        (target, second): (u16, u16),
        result: u8,
    ) {
        self.tick = self.tick.wrapping_add(7);
        let tick = self.tick;
        self.state.log.record(Event {
            command: code,
            length,
            session_key,
            target,
            second,
            result,
            tick,
        });
    }

    /// A line for every rule that struck since; whether anyone reads it is no matter.
    fn announce_from(&self, struck: usize) {
        let mut out = io::stdout().lock();
        for rule in &self.faults.struck()[struck..] {
            drop(writeln!(out, "struck {rule:?}"));
        }
        drop(out.flush());
    }

    /// New rules from the control file, where its text changed.
    fn read_control(&mut self) {
        let Some((path, known)) = &mut self.control else {
            return;
        };
        let text = std::fs::read_to_string(&*path).unwrap_or_default();
        if text != *known {
            self.faults.disarm();
            match crate::faults::rules(&text) {
                Ok(rules) => rules.into_iter().for_each(|rule| self.faults.arm(rule)),
                Err(error) => eprintln!("yubihsm-sim: {}: {error}", path.display()),
            }
            *known = text;
        }
    }

    pub(crate) fn transceive(&mut self, request: &[u8]) -> Answer {
        self.read_control();
        self.sessions.expire();
        let answer = self.exchange(request);
        self.save().expect("the state file can be written");
        answer
    }

    fn exchange(&mut self, request: &[u8]) -> Answer {
        let (code, data) = match frame::split(request) {
            Ok(_) if request.len() > frame::max_frame(self.state.firmware) => {
                return reply(frame::error(Code::WrongLength as u8));
            }
            Ok(parts) => parts,
            Err(code) => return reply(frame::error(code as u8)),
        };
        if code != command::SESSION_MESSAGE {
            return self.command(code, data, None);
        }
        match self.sessions.open(data) {
            Ok((sid, rights, inner)) => match frame::split(&inner) {
                Ok((code, data)) => self.command(code, data, Some((sid, rights))),
                Err(code) => self.sealed(sid, &frame::error(code as u8), &[]),
            },
            Err(code) => reply(frame::error(code as u8)),
        }
    }

    fn sealed(&mut self, sid: u8, inner: &[u8], faults: &[Fault]) -> Answer {
        let Ok(session) = self.sessions.get(sid) else {
            return reply(frame::error(Code::InvalidSession as u8));
        };
        let mut bytes = session.channel.seal(sid, inner);
        if let (true, Some(last)) = (faults.contains(&Fault::WrongMac), bytes.last_mut()) {
            *last ^= 1;
        }
        reply(bytes)
    }

    fn command(&mut self, code: u8, data: &[u8], session: Option<(u8, Rights)>) -> Answer {
        let struck = self.faults.struck().len();
        let faults = self.faults.hits(code);
        if self.announce {
            self.announce_from(struck);
        }
        if let Some(answer) = self.before(code, session, &faults) {
            return answer;
        }
        let mut outcome = self.run(code, data, session, &faults);
        let shown = outcome
            .result
            .as_ref()
            .map_or_else(|code| *code as u8, |_| code | 0x80);
        let session_key = session.map_or(NO_KEY, |(_, rights)| rights.key);
        self.seen.push(Seen {
            command: code,
            session_key,
            result: outcome.acted.then_some(shown),
        });
        for fault in &faults {
            match (fault, &mut outcome.result) {
                (Fault::Deny(code), result) => {
                    *result = Err(Code::from_byte(*code).unwrap_or(Code::InvalidData));
                }
                (Fault::Flip, Ok(data)) => data.iter_mut().last().into_iter().for_each(|last| *last ^= 1),
                (Fault::Short(length), Ok(data)) => data.truncate(*length),
                _ => {}
            }
        }
        let inner = match outcome.result {
            Ok(data) => frame::join(code | 0x80, &data),
            Err(code) => frame::error(code as u8),
        };
        let answer = match session {
            None => reply(inner),
            Some((sid, _)) => {
                let answer = self.sealed(sid, &inner, &faults);
                if code == command::CLOSE_SESSION {
                    self.sessions.close(sid);
                } else if code == command::RESET_DEVICE && outcome.acted {
                    self.sessions.clear();
                }
                answer
            }
        };
        if faults.contains(&Fault::KillAfter) {
            return self.kill();
        }
        after(answer, &faults)
    }

    /// The application is dead, as far as this test has said how, when this returns.
    fn kill(&self) -> Answer {
        if let Some(Killer(kill)) = &self.killer {
            kill();
        }
        Answer::Drop
    }

    /// Faults that keep the device from acting.
    fn before(&mut self, code: u8, session: Option<(u8, Rights)>, faults: &[Fault]) -> Option<Answer> {
        let session_key = session.map_or(NO_KEY, |(_, rights)| rights.key);
        let unseen = Seen {
            command: code,
            session_key,
            result: None,
        };
        for fault in faults {
            if let (
                Fault::DropBefore | Fault::HangBefore | Fault::KillBefore | Fault::Http(_),
                Some((sid, _)),
            ) = (fault, session)
            {
                self.sessions.rewind(sid);
            }
            let answer = match fault {
                Fault::DropBefore => Answer::Drop,
                Fault::HangBefore => Answer::Hang,
                Fault::KillBefore => self.kill(),
                Fault::Http(status) => Answer::Status(*status),
                Fault::Reboot => {
                    self.boot();
                    Answer::Drop
                }
                Fault::Swap(serial) => {
                    self.state.serial = *serial;
                    self.boot();
                    Answer::Drop
                }
                Fault::CloseSession => {
                    if let Some((sid, _)) = session {
                        self.sessions.close(sid);
                    }
                    reply(frame::error(Code::InvalidSession as u8))
                }
                Fault::Refuse(error) => match session {
                    Some((sid, _)) => self.sealed(sid, &frame::error(*error), faults),
                    None => reply(frame::error(*error)),
                },
                _ => continue,
            };
            self.seen.push(unseen);
            return Some(after(answer, faults));
        }
        if faults.contains(&Fault::UnknownLogEntry) {
            self.record(0xf0, 0, NO_KEY, (NO_KEY, NO_KEY), 0x70);
        }
        None
    }

    /// Acts, and logs it where it is audited.
    fn run(&mut self, code: u8, data: &[u8], session: Option<(u8, Rights)>, faults: &[Fault]) -> Outcome {
        let audited = self.state.audit_of(code) != 0;
        let blocked = self.state.force_audit != 0 && self.state.log.is_full();
        // The ways out of a full log stay open, and so do sessions; those are counted instead.
        let exempt = matches!(
            code,
            command::CREATE_SESSION
                | command::AUTHENTICATE_SESSION
                | command::CLOSE_SESSION
                | command::SET_LOG_INDEX
        );
        if audited && blocked && !exempt {
            return Outcome {
                result: Err(Code::LogFull),
                acted: false,
            };
        }
        let (mut target, mut second) = (NO_KEY, NO_KEY);
        let result = match session {
            None => self.outer(code, data, &mut target),
            Some((_, rights)) => {
                let room = frame::max_inner_data(self.state.firmware);
                let eddsa = self.eddsa_limit.min(room - 2);
                let state = &mut self.state;
                let reset = false;
                let mut context = Context {
                    state,
                    rights,
                    faults,
                    target,
                    second,
                    room,
                    eddsa,
                    reset,
                };
                let result = match code {
                    command::DEVICE_INFO => None,
                    _ => Some(context.run(code, data)),
                };
                (target, second) = (context.target, context.second);
                if context.reset {
                    // The log begins anew with the reset itself.
                    self.tick = 0;
                    return Outcome {
                        result: Ok(Vec::new()),
                        acted: true,
                    };
                }
                result.unwrap_or_else(|| self.device_info(data))
            }
        };
        if audited {
            if self.state.force_audit != 0 && self.state.log.is_full() {
                if code == command::AUTHENTICATE_SESSION {
                    self.state.log.unlogged_auths = self.state.log.unlogged_auths.saturating_add(1);
                }
            } else {
                let length = u16::try_from(data.len()).unwrap_or(u16::MAX);
                let session_key = session.map_or(NO_KEY, |(_, rights)| rights.key);
                let shown = result.as_ref().map_or_else(|code| *code as u8, |_| code | 0x80);
                self.record(code, length, session_key, (target, second), shown);
            }
        }
        Outcome { result, acted: true }
    }

    /// Commands outside a session.
    fn outer(&mut self, code: u8, data: &[u8], target: &mut u16) -> Result<Vec<u8>, Code> {
        match code {
            command::ECHO => Ok(data.to_vec()),
            command::DEVICE_INFO => self.device_info(data),
            command::CREATE_SESSION => self.sessions.create(&self.state, data, target),
            command::AUTHENTICATE_SESSION => self.sessions.authenticate(data, target),
            command::DEVICE_PUBLIC_KEY if self.state.has_command(code) => {
                let curve = crate::curve::curve(algorithm::EC_P256).ok_or(Code::InvalidData)?;
                Ok([
                    &[algorithm::EC_P256_AUTH],
                    &curve.public(&self.state.device_key)?[..],
                ]
                .concat())
            }
            _ => Err(Code::InvalidCommand),
        }
    }

    /// Page 1 is version, serial, log size and use, algorithms; page 2 (firmware 2.4) the part number.
    fn device_info(&self, data: &[u8]) -> Result<Vec<u8>, Code> {
        let state = &self.state;
        match data {
            [] | [0] => {
                let (major, minor, patch) = state.firmware;
                let mut out = vec![major, minor, patch];
                out.extend_from_slice(&state.serial.to_be_bytes());
                let used = u8::try_from(state.log.entries().len()).unwrap_or(u8::MAX);
                out.extend_from_slice(&[u8::try_from(CAPACITY).unwrap_or(u8::MAX), used]);
                out.extend(state.algorithms());
                out.extend_from_slice(&self.more_algorithms);
                Ok(out)
            }
            [1] if state.firmware >= (2, 4, 0) => Ok(self.part_number.clone().into_bytes()),
            [_] => Err(Code::InvalidData),
            _ => Err(Code::WrongLength),
        }
    }
}

fn reply(bytes: Vec<u8>) -> Answer {
    Answer::Reply {
        bytes,
        split: false,
        delay: Duration::ZERO,
    }
}

/// Faults on the way back.
fn after(mut answer: Answer, faults: &[Fault]) -> Answer {
    for fault in faults {
        match (fault, &mut answer) {
            (Fault::DropAfter, _) => return Answer::Drop,
            (Fault::HangAfter, _) => return Answer::Hang,
            (Fault::HttpAfter(status), _) => return Answer::Status(*status),
            (Fault::Split, Answer::Reply { split, .. }) => *split = true,
            (Fault::Cut(length), Answer::Reply { bytes, .. }) => bytes.truncate(*length),
            (Fault::Unsealed, Answer::Reply { bytes, .. }) => bytes[0] = 0x80 | command::CREATE_SESSION,
            (Fault::Slow(time), Answer::Reply { delay, .. }) => *delay = *time,
            _ => {}
        }
    }
    answer
}
