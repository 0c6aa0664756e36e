//! `device-log`: the device's own log is read, its chain recomputed, every entry
//! explained by what the record says was done, and only when that is on disk is
//! the device told that it may forget (L2; facts/hsm.md 5.2). A log that is not
//! read in time stops the device.

use data_encoding::HEXLOWER;

use crate::attestation::log::{Batch, ENTRY_BYTES, Entry, Sent, command_name, join, reconcile};
use crate::base::device::{Changed, DeviceCode, DeviceFault, LogRead, Operation, Retry};
use crate::base::{Id, Json};
use crate::engine::What;
use crate::engine::state::{LogState, Trouble};
use crate::engine::turn::Turn;
use crate::script::Verb;
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
    let before = turn.token(token).log.clone();
    let judged = match judge(&before, log) {
        Ok(judged) => judged,
        Err(why) => {
            stop(turn, &why);
            return;
        }
    };
    let number = |n: u64| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
    turn.derive(
        Kind::DeviceLog,
        [
            ("token", token.as_str().into()),
            ("commands", number(judged.commands)),
            ("entries", number(judged.entries)),
            ("boots", number(judged.boots)),
            ("unexplained", judged.unexplained.join("; ").into()),
            ("missing", judged.missing.join("; ").into()),
        ],
    );
    if let Some(first) = judged.unexplained.iter().chain(&judged.missing).next() {
        stop(turn, &format!("the log and the record differ, first in: {first}"));
        return;
    }
    turn.token(token).log = judged.after;
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
    unexplained: Vec<String>,
    missing: Vec<String>,
    last: u16,
    after: LogState,
}

fn judge(before: &LogState, log: &LogRead) -> Result<Judged, String> {
    let entries: Vec<Entry> = log
        .entries
        .iter()
        .map(|hex| entry(hex))
        .collect::<Result<_, _>>()?;
    let mut batches = Vec::new();
    if !before.last.is_empty() {
        batches.push(batch(0, 0, vec![entry(&before.last)?]));
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
    let sent: Vec<Sent> = log
        .sent
        .iter()
        .filter_map(|code| Sent::named(&command_name(*code)))
        .collect();
    let both = reconcile(&sent, &ordered);
    if both.too_long {
        return Err("the log is longer than any ceremony's".to_owned());
    }
    let counted = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
    let mut after = before.clone();
    after.last = HEXLOWER.encode(&last.bytes());
    after.entries = after.entries.saturating_add(counted(new.len()));
    after.commands = after.commands.saturating_add(counted(sent.len()));
    let signatures = ordered
        .iter()
        .filter(|e| SIGNS.contains(&e.command) && e.worked())
        .count();
    let generated = ordered
        .iter()
        .filter(|e| e.command == GENERATE && e.worked())
        .count();
    after.signatures_logged = after.signatures_logged.saturating_add(counted(signatures));
    after.keys_logged = after.keys_logged.saturating_add(counted(generated));
    let mut unexplained: Vec<String> = both.unexplained.iter().map(Entry::line).collect();
    // What the adapter says that it sent is a claim; what the engine ordered is not.
    for (what, logged, ordered) in [
        ("signatures", after.signatures_logged, after.signatures),
        ("keys", after.keys_logged, after.keys),
    ] {
        if logged != ordered {
            unexplained.push(format!("{what}: the record has {ordered}, the log has {logged}"));
        }
    }
    Ok(Judged {
        commands: counted(sent.len()),
        entries: counted(ordered.len()),
        boots: counted(new.iter().filter(|e| e.is_boot()).count()),
        unexplained,
        missing: both
            .missing
            .iter()
            .map(|s| format!("{} was sent and is not in the log", command_name(s.command)))
            .collect(),
        last: last.number,
        after,
    })
}

/// Commands sign-ecdsa, sign-eddsa.
const SIGNS: [u8; 2] = [0x56, 0x6a];
/// Command generate-asymmetric-key.
const GENERATE: u8 = 0x46;

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
