//! `device-log`: the device's own log is read, its chain recomputed, every entry
//! explained by what the record says was done, and only when that is on disk is
//! the device told that it may forget (L2; facts/hsm.md 5.2). A log that is not
//! read in time stops the device.

use data_encoding::HEXLOWER;

use super::sign;
use crate::attestation::log::{Batch, ENTRY_BYTES, Entry, Sent, command_name, join, reconcile};
use crate::base::device::{Changed, DeviceCode, DeviceFault, LogRead, Operation, Retry};
use crate::base::{Algorithm, Id, Json};
use crate::engine::What;
use crate::engine::state::{Done, LogState, Sure, Trouble};
use crate::engine::turn::Turn;
use crate::script::{Backend, Verb};
use crate::transcript::Kind;

pub(super) fn ready(turn: &mut Turn) {
    let Some(Verb::DeviceLog { on }) = turn.verb() else {
        return;
    };
    let what = What::ReadLog {
        token: on.clone(),
        serial: turn.serial(on),
    };
    turn.work(what);
}

pub(super) fn read(turn: &mut Turn, token: &Id, log: &LogRead) {
    let state = turn.token(token);
    let (before, set_up) = (state.log.clone(), state.set_up);
    let judged = match judge(&before, log, set_up) {
        Ok(judged) => judged,
        Err(why) => {
            stop(turn, &why);
            return;
        }
    };
    let number = |n: u64| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let body = [
        ("token", token.as_str().into()),
        ("commands", number(judged.commands)),
        ("entries", number(judged.entries)),
        ("boots", number(judged.boots)),
        ("unexplained", judged.unexplained.join("; ").into()),
        ("missing", judged.missing.join("; ").into()),
    ];
    match judged.earlier {
        None => turn.derive(Kind::DeviceLog, body),
        Some(earlier) => {
            // What was done before the first reading is nothing that this record knows.
            let [a, b, c, d, e, f] = body;
            let (g, h) = (("from_reset", Json::Bool(false)), ("earlier", number(earlier)));
            turn.derive(Kind::DeviceLog, [a, b, c, d, e, f, g, h]);
        }
    }
    if let Some(first) = judged.unexplained.iter().chain(&judged.missing).next() {
        stop(turn, &format!("the log and the record differ, first in: {first}"));
        return;
    }
    turn.token(token).log = judged.after;
    if log.entries.is_empty() {
        // It was told to forget, and its answer was lost.
        turn.finish(false);
        return;
    }
    let what = What::ClearLog {
        token: token.clone(),
        serial: turn.serial(token),
        last: judged.last,
    };
    turn.work(what);
}

struct Judged {
    commands: u64,
    entries: u64,
    boots: u64,
    /// Entries from before this ceremony; only where the device was not set up here.
    earlier: Option<u64>,
    unexplained: Vec<String>,
    missing: Vec<String>,
    last: u16,
    after: LogState,
}

fn judge(before: &LogState, log: &LogRead, set_up: bool) -> Result<Judged, String> {
    let entries: Vec<Entry> = log
        .entries
        .iter()
        .map(|hex| entry(hex))
        .collect::<Result<_, _>>()?;
    let mut batches = Vec::new();
    let mut entries = entries;
    if !before.last.is_empty() {
        let last = entry(&before.last)?;
        // A device that was not told to forget repeats what is kept, up to here.
        if let Some(at) = entries.iter().position(|e| *e == last) {
            join(&[batch(0, 0, entries.clone())]).map_err(|e| e.to_string())?;
            entries.drain(..at);
        }
        batches.push(batch(0, 0, vec![last]));
    }
    batches.push(batch(log.unlogged_boots, log.unlogged_logins, entries));
    let all = join(&batches).map_err(|e| e.to_string())?;
    let new = all.get(batches.len().saturating_sub(1)..).unwrap_or_default();
    let last = new.last().or(all.last()).ok_or("the log is empty")?;
    // Resets and power-ups are the device's own entries; all others answer a command.
    let ordered: Vec<Entry> = new
        .iter()
        .filter(|e| !e.is_initialised() && !e.is_boot())
        .copied()
        .collect();
    let both = reconcile(&sent(&before.done, |sure| sure == Sure::Done), &ordered);
    if both.too_long {
        return Err("the log is longer than any ceremony's".to_owned());
    }
    // What may have been done explains what is left over, and nothing else.
    let rest = reconcile(&sent(&before.done, |sure| sure != Sure::Done), &both.unexplained);
    // A device that was set up in an earlier ceremony: its chain starts from what is
    // read first, and what stands there before the first entry of ours is that
    // ceremony's to explain. Anything after it is still ours.
    let first_reading = before.last.is_empty() && !set_up;
    let earlier = if first_reading {
        let same = |(a, b): &(&Entry, &Entry)| a == b;
        ordered.iter().zip(&rest.unexplained).take_while(same).count()
    } else {
        0
    };
    let counted = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let commands = counted(before.done.iter().filter(|d| d.sure == Sure::Done).count());
    let after = LogState {
        last: HEXLOWER.encode(&last.bytes()),
        entries: before.entries.saturating_add(counted(ordered.len())),
        commands: before.commands.saturating_add(commands),
        done: Vec::new(),
    };
    Ok(Judged {
        commands,
        entries: counted(ordered.len()),
        boots: counted(new.iter().filter(|e| e.is_boot()).count()),
        earlier: first_reading.then(|| counted(earlier)),
        unexplained: rest.unexplained.iter().skip(earlier).map(Entry::line).collect(),
        missing: both
            .missing
            .iter()
            .map(|s| format!("{} was done and is not in the log", command_name(s.command)))
            .collect(),
        last: last.number,
        after,
    })
}

fn sent(done: &[Done], which: fn(Sure) -> bool) -> Vec<Sent> {
    done.iter()
        .filter(|d| which(d.sure))
        .map(|d| Sent {
            command: d.command,
            session_key: Some(d.by),
            target: d.about,
            worked: match d.sure {
                Sure::Done => Some(true),
                Sure::Perhaps => None,
                Sure::Refused => Some(false),
            },
            record: None,
        })
        .collect()
}

/// Remembers what was done on a device that keeps a log, so that its log can be
/// explained by the record alone, by anybody who has it.
pub(super) fn done(turn: &mut Turn, token: &Id, what: OnYubihsm, sure: Sure) {
    if !matches!(turn.plan.token(token).map(|t| &t.backend), Some(Backend::Yubihsm)) {
        return;
    }
    let log = &mut turn.token(token).log;
    for (command, by, about) in what.entries() {
        log.done.push(Done {
            command,
            by,
            about,
            sure,
        });
    }
}

/// An order has no good answer: it may stand in the log as done or as refused.
/// Not even a device that says that nothing was done is believed; a signature
/// that was thrown away was made all the same.
pub(in crate::engine) fn perhaps(turn: &mut Turn, what: &What) {
    match what {
        What::Sign { key, .. } => sign::signed_on_device(turn, key, Sure::Perhaps),
        What::Attest { token, .. } => done(turn, token, OnYubihsm::Attest(None), Sure::Perhaps),
        What::Retire { token, .. } => done(turn, token, OnYubihsm::Retire, Sure::Perhaps),
        // Whether the key is there is asked; if it is, it is adopted and was made.
        What::Generate { token, .. } => done(turn, token, OnYubihsm::Generate, Sure::Refused),
        _ => {}
    }
}

/// A device of a firmware before 2.3.1 logs everything until its set-up has told
/// it what not to log: the set-up's own commands, all by the default key, which
/// the set-up deletes.
pub(super) fn set_up_on_old_firmware(turn: &mut Turn, token: &Id) {
    let noise = [CREATE_SESSION, AUTHENTICATE_SESSION]
        .map(|command| (command, NOBODY, Some(FACTORY)))
        .into_iter()
        .chain([LIST_OBJECTS, GET_STORAGE_INFO, GET_OPTION].map(|command| (command, FACTORY, None)))
        .chain(std::iter::repeat_n((SET_OPTION, FACTORY, None), OPTIONS));
    let done = noise.map(|(command, by, about)| Done {
        command,
        by,
        about,
        sure: Sure::Perhaps,
    });
    turn.token(token).log.done.extend(done);
}

/// Whether the provisioner's end was ordered and not answered; it counts as
/// done from now on.
pub(super) fn retired_after_all(turn: &mut Turn, token: &Id) -> bool {
    let open = turn
        .token(token)
        .log
        .done
        .iter_mut()
        .rev()
        .find(|d| d.command == DELETE_OBJECT && d.about == Some(PROVISIONER) && d.sure == Sure::Perhaps);
    open.map(|d| d.sure = Sure::Done).is_some()
}

/// What is done on a YubiHSM 2, in the device's own terms (docs/tokens.md): the
/// commands that its set-up has it log, and with which authentication key.
#[derive(Debug, Clone, Copy)]
pub(super) enum OnYubihsm {
    /// Audit options, three authentication keys, the default key deleted.
    SetUp,
    /// A key pair.
    Generate,
    /// A statement about a key.
    Attest(Option<u16>),
    /// A signature.
    Sign(Algorithm, Option<u16>),
    /// The provisioner deleted.
    Retire,
}

/// No authentication key, in an entry.
const NOBODY: u16 = 0xffff;
/// As many options as a set-up sets at most.
const OPTIONS: usize = 32;
/// The default authentication key, and those of the three roles.
const FACTORY: u16 = 1;
const PROVISIONER: u16 = 2;
const SIGNER: u16 = 3;
const AUDITOR: u16 = 4;

impl OnYubihsm {
    fn entries(self) -> Vec<(u8, u16, Option<u16>)> {
        match self {
            OnYubihsm::SetUp => vec![
                (SET_OPTION, FACTORY, None),
                (PUT_AUTHENTICATION_KEY, FACTORY, Some(PROVISIONER)),
                (PUT_AUTHENTICATION_KEY, FACTORY, Some(SIGNER)),
                (PUT_AUTHENTICATION_KEY, FACTORY, Some(AUDITOR)),
                (DELETE_OBJECT, FACTORY, Some(FACTORY)),
            ],
            OnYubihsm::Generate => vec![(GENERATE, PROVISIONER, None)],
            OnYubihsm::Attest(object) => vec![(ATTEST, PROVISIONER, object)],
            OnYubihsm::Sign(Algorithm::Ed25519, object) => vec![(SIGN_EDDSA, SIGNER, object)],
            OnYubihsm::Sign(_, object) => vec![(SIGN_ECDSA, SIGNER, object)],
            OnYubihsm::Retire => vec![(DELETE_OBJECT, PROVISIONER, Some(PROVISIONER))],
        }
    }
}

// Command codes of the YubiHSM 2 (facts/hsm.md 3.1).
const CREATE_SESSION: u8 = 0x03;
const AUTHENTICATE_SESSION: u8 = 0x04;
const GET_STORAGE_INFO: u8 = 0x41;
const LIST_OBJECTS: u8 = 0x48;
const GET_OPTION: u8 = 0x50;
const PUT_AUTHENTICATION_KEY: u8 = 0x44;
const GENERATE: u8 = 0x46;
const SET_OPTION: u8 = 0x4f;
const SIGN_ECDSA: u8 = 0x56;
const DELETE_OBJECT: u8 = 0x58;
const ATTEST: u8 = 0x64;
const SIGN_EDDSA: u8 = 0x6a;

fn batch(boots: u32, logins: u32, entries: Vec<Entry>) -> Batch {
    let small = |n: u32| u16::try_from(n).unwrap_or(u16::MAX);
    Batch {
        unlogged_boots: small(boots),
        unlogged_sessions: small(logins),
        entries,
    }
}

fn entry(hex: &str) -> Result<Entry, String> {
    HEXLOWER
        .decode(hex.as_bytes())
        .ok()
        .and_then(|bytes| <[u8; ENTRY_BYTES]>::try_from(bytes).ok())
        .map(|bytes| Entry::parse(&bytes))
        .ok_or_else(|| "an entry of the log is not 32 bytes in hexadecimal".to_owned())
}

fn stop(turn: &mut Turn, meaning: &str) {
    super::trouble(
        turn,
        Trouble::Device(DeviceFault {
            operation: Operation::ReadLog,
            code: DeviceCode::LogUnexplained,
            meaning: crate::base::shown(meaning, 300),
            changed: Changed::No,
            retry: Retry::AskHuman,
        }),
    );
}
