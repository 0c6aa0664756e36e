//! The device's own log, read so that nothing in it is lost in silence: the
//! crate stops at the first entry that it does not know, remaps the result of
//! commands that failed, and says nothing (facts/hsm.md 3.3, points 4 and 5).
//! Entries are counted against the device's count and put back into the 32
//! bytes that the device hashed, which its digests confirm.

use yubihsm::AuditOption;
use yubihsm::command::Code;

use super::link::Link;
use crate::base::Digest;
use crate::base::device::{Changed, Credential, DeviceCode, DeviceFault, LogRead, Operation};
use crate::signer::fault::fault;

/// An entry in the device's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raw {
    pub(super) number: u16,
    pub(super) command: u8,
    head: [u8; 16],
    pub(super) digest: [u8; 16],
}

/// What one reading gave.
pub(super) struct Log {
    pub(super) entries: Vec<Raw>,
    unlogged_boots: u16,
    unlogged_logins: u16,
}

/// Reads the log in the session that is open.
pub(super) fn entries(link: &mut Link, operation: Operation) -> Result<Log, DeviceFault> {
    let refuse = |text: &str| fault(operation, DeviceCode::AnswerRefused, Changed::No, text);
    let told = link.tell(operation, Code::GetLogEntries, |c| c.get_log_entries())?;
    if usize::from(told.num_entries) != told.entries.len() {
        return Err(refuse(&format!(
            "the log has {} entries and {} can be read: one is of a command that this program does not know",
            told.num_entries,
            told.entries.len()
        )));
    }
    let mut entries: Vec<Raw> = Vec::new();
    for e in &told.entries {
        let raw = raw(
            [e.item, e.length, e.session_key, e.target_key, e.second_key],
            e.cmd.to_u8(),
            told_result(e.result.to_u8()),
            e.tick,
            e.digest.0,
        );
        let before = match entries.last() {
            Some(last) => Some((last.number, last.digest)),
            None => link.cleared,
        };
        if let Some((number, digest)) = before {
            if raw.number != number.wrapping_add(1) {
                return Err(refuse(&format!(
                    "after entry {number} of the log comes {}: entries are missing",
                    raw.number
                )));
            }
            if raw.digest_after(&digest) != raw.digest {
                return Err(refuse(&format!(
                    "the digest of entry {} of the log is wrong",
                    raw.number
                )));
            }
        }
        entries.push(raw);
    }
    Ok(Log {
        entries,
        unlogged_boots: told.unlogged_boot_events,
        unlogged_logins: told.unlogged_auth_events,
    })
}

/// For the record. Who may read options (the auditor) also sees that the device
/// still has to log.
pub(super) fn read(link: &mut Link) -> Result<LogRead, DeviceFault> {
    let operation = Operation::ReadLog;
    link.check_same(operation)?;
    if link.role() == Some(Credential::Auditor) {
        let force = link.tell(operation, Code::GetOption, |c| c.get_force_audit_option())?;
        if force != AuditOption::Fix {
            return Err(fault(
                operation,
                DeviceCode::NotClean,
                Changed::No,
                "the device works on when its log is full: it was not set up here, or was reset since",
            ));
        }
    }
    let log = entries(link, operation)?;
    link.read = log.entries.iter().map(|e| (e.number, e.digest)).collect();
    Ok(LogRead {
        entries: log.entries.iter().map(Raw::hex).collect(),
        unlogged_boots: log.unlogged_boots.into(),
        unlogged_logins: log.unlogged_logins.into(),
    })
}

/// Lets the device forget what was read and kept.
pub(super) fn clear(link: &mut Link, last: u16) -> Result<(), DeviceFault> {
    let operation = Operation::ClearLog;
    let known = link.read.iter().find(|(number, _)| *number == last).copied();
    if !link.read.is_empty() && known.is_none() {
        let text = format!("entry {last} was not among those that were read");
        return Err(fault(operation, DeviceCode::Unsupported, Changed::No, &text));
    }
    link.tell(operation, Code::SetLogIndex, |c| c.set_log_index(last))?;
    link.cleared = known;
    Ok(())
}

impl Raw {
    fn digest_after(&self, before: &[u8; 16]) -> [u8; 16] {
        let whole = Digest::of_parts(&[&self.head, before]);
        let mut digest = [0; 16];
        for (to, from) in digest.iter_mut().zip(whole.as_bytes()) {
            *to = *from;
        }
        digest
    }

    fn hex(&self) -> String {
        data_encoding::HEXLOWER.encode(&[self.head, self.digest].concat())
    }
}

/// `words`: number, length, session key, target, second.
fn raw(words: [u16; 5], command: u8, result: u8, tick: u32, digest: [u8; 16]) -> Raw {
    let [[n0, n1], [l0, l1], [k0, k1], [t0, t1], [s0, s1]] = words.map(u16::to_be_bytes);
    let [c0, c1, c2, c3] = tick.to_be_bytes();
    let [number, ..] = words;
    Raw {
        number,
        command,
        head: [
            n0, n1, command, l0, l1, k0, k1, t0, t1, s0, s1, result, c0, c1, c2, c3,
        ],
        digest,
    }
}

/// Undoes what the crate does to the result of a command that failed (and to
/// the 0 of a start): it keeps 0x75 less the device's byte.
fn told_result(byte: u8) -> u8 {
    match byte {
        0x60..=0x75 => 0x75_u8.saturating_sub(byte),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_codes_come_back_from_what_the_crate_makes_of_them() {
        for code in 0x00..=0x12_u8 {
            let remapped = yubihsm::response::Code::from_u8(0x75 - code).unwrap();
            assert_eq!(told_result(remapped.to_u8()), code);
        }
        // Success stays.
        for code in [0x56_u8, 0x46, 0x6a, 0x58] {
            assert_eq!(told_result(code | 0x80), code | 0x80);
        }
    }

    #[test]
    fn an_entry_has_the_bytes_of_the_device() {
        let init = raw([1, 0xffff, 0xffff, 0xffff, 0xffff], 0xff, 0xff, u32::MAX, [9; 16]);
        assert_eq!(init.hex(), format!("0001{}{}", "ff".repeat(14), "09".repeat(16)));
    }
}
