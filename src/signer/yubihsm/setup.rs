//! A device from the factory becomes ours: reset, proof that nothing else is on
//! it, audit options, three authentication keys, a session with each of them,
//! and only then the end of the default key (V25, V28, T7, T8). Inspection is no
//! substitute for the reset: a key in another domain can hide from it. The
//! library swallows every error of the reset, so its effect is looked at.

use std::time::{Duration, Instant};

use yubihsm::authentication::{Algorithm as AuthAlgorithm, Credentials, Key};
use yubihsm::command::Code;
use yubihsm::device::ErrorKind;
use yubihsm::object::{Label, Type};
use yubihsm::{Algorithm, AuditOption, Client};

use super::link::Link;
use super::roles::{AUDITED, DOMAIN, FACTORY_KEY, NEVER, QUIET, Rights};
use super::{keys, log};
use crate::base::Id;
use crate::base::device::{Changed, Credential, DeviceCode, DeviceFault, Operation, Retry};
use crate::signer::fault::fault;

const OP: Operation = Operation::Initialise;
/// How long a device may take to start again.
const REBOOT: Duration = Duration::from_secs(15);
/// How long one that answers may go on as if nothing had happened.
const STALE: Duration = Duration::from_secs(3);
/// The log's first entry after a reset, and a start.
const LOG_RESET: u8 = 0xff;
const LOG_BOOT: u8 = 0x00;

/// Sets the device up; afterwards nobody is logged in.
pub(super) fn set_up(
    link: &mut Link,
    label: &Id,
    keys: &[Key; 3],
    rights: &[Rights; 3],
) -> Result<(), DeviceFault> {
    link.discard();
    link.check_same(OP)?;
    if !link.has_auth_key(OP, FACTORY_KEY)? {
        return Err(not_clean(
            "the device was set up before: reset it by hand (hold its rim for ten seconds while plugging it in)",
        ));
    }
    factory(link)?;
    // What cannot be read cannot be compared either; the reset is judged by more.
    let before = log::entries(link, OP)
        .ok()
        .and_then(|l| l.entries.first().map(|e| e.digest));
    let done = reset(link, before).and_then(|()| furnish(link, label, keys, rights));
    link.discard();
    done.map_err(|fault| DeviceFault {
        operation: OP,
        changed: Changed::Yes,
        retry: Retry::AskHuman,
        ..fault
    })
}

/// [`set_up`] with other rights, for the tests that take one away.
#[cfg(test)]
pub(in crate::signer) fn set_up_with(
    port: u16,
    label: &Id,
    passwords: [&str; 3],
    rights: &[Rights; 3],
) -> Result<(), DeviceFault> {
    let desk = super::desk::Desk::start(super::link::Reach::Http(port))?;
    let keys = passwords.map(|p| Key::derive_from_password(p.as_bytes()));
    let (label, rights) = (label.clone(), *rights);
    desk.call(OP, move |link| set_up(link, &label, &keys, &rights))
}

/// Logs in with the default password.
fn factory(link: &mut Link) -> Result<(), DeviceFault> {
    let client = link
        .open(Operation::Unlock, Credentials::default())
        .map_err(|told| match told.code {
            DeviceCode::PinWrong => {
                not_clean("the default password does not open the default key: reset the device by hand")
            }
            _ => DeviceFault {
                operation: OP,
                ..told
            },
        })?;
    link.keep(Credential::Provisioner, client);
    Ok(())
}

fn reset(link: &mut Link, before: Option<[u8; 16]>) -> Result<(), DeviceFault> {
    link.tell(OP, Code::ResetDevice, |c| c.reset_device())?;
    let started = Instant::now();
    let mut wait = Duration::from_millis(100);
    loop {
        link.discard();
        link.forget_past();
        std::thread::sleep(wait);
        wait = Duration::from_secs(1);
        let Err(told) = fresh(link, before) else {
            return Ok(());
        };
        let patience = if told.code == DeviceCode::Removed {
            REBOOT
        } else {
            STALE
        };
        if started.elapsed() > patience {
            return Err(told);
        }
    }
}

/// The proof that this is a device from the factory, reset just now.
fn fresh(link: &mut Link, before: Option<[u8; 16]>) -> Result<(), DeviceFault> {
    link.check_same(OP)?;
    factory(link)?;
    let objects = keys::listed(link, OP)?;
    let only_default = matches!(
        objects.as_slice(),
        [one] if one.object_id == FACTORY_KEY
            && one.object_type == Type::AuthenticationKey
            && one.sequence == 0
    );
    if !only_default {
        return Err(not_clean(
            "after its reset the device holds more than its default key, or that key was replaced",
        ));
    }
    let log = log::entries(link, OP)?.entries;
    let first = log.first().filter(|e| e.number == 1 && e.command == LOG_RESET);
    if first.is_none() || first.map(|e| e.digest) == before {
        return Err(not_clean("the device did not reset: its log goes on"));
    }
    let boots = log.iter().filter(|e| e.command == LOG_BOOT).count();
    if boots != 1 {
        return Err(not_clean(&format!(
            "the device started {boots} times since its reset, expected once"
        )));
    }
    Ok(())
}

fn furnish(link: &mut Link, label: &Id, keys: &[Key; 3], rights: &[Rights; 3]) -> Result<(), DeviceFault> {
    options(link)?;
    for (rights, key) in rights.iter().zip(keys) {
        put(link, label, rights, key)?;
    }
    let mut auditor = None;
    for (rights, key) in rights.iter().zip(keys) {
        let client = prove(link, rights, key)?;
        if rights.role == Credential::Auditor {
            auditor = Some(client);
        }
    }
    // Only now: each new key has opened a session (V28).
    delete_auth_key(link, OP, FACTORY_KEY)?;
    if link.has_auth_key(OP, FACTORY_KEY)? {
        return Err(not_clean("the default key was deleted and is still there"));
    }
    match link.open(Operation::Unlock, Credentials::default()) {
        Err(told) if told.code == DeviceCode::NotInitialised => {}
        Err(told) => return Err(told),
        Ok(_) => return Err(not_clean("the default password still opens the device")),
    }
    let auditor = auditor.ok_or_else(|| not_clean("there is no auditor"))?;
    link.keep(Credential::Auditor, auditor);
    proof(link, rights)
}

/// What the device must log, for good, and what it must not.
fn options(link: &mut Link) -> Result<(), DeviceFault> {
    let known = link.tell(OP, Code::GetOption, |c| c.get_commands_audit_options())?;
    let state = |code: Code| {
        known
            .iter()
            .find(|o| o.command_type() == code)
            .map(|o| o.audit_option())
    };
    for code in QUIET.iter().chain(NEVER).copied() {
        let off = |c: &Client| match c.set_command_audit_option(code, AuditOption::Off) {
            // The list may be cut (the library stops at a command that it does
            // not know); a command without the option cannot be audited either.
            Err(e) if state(code).is_none() && e.device_error() == Some(ErrorKind::InvalidData) => Ok(()),
            other => other,
        };
        if state(code) != Some(AuditOption::Off) {
            link.tell(OP, Code::SetOption, off)?;
        }
    }
    for code in AUDITED.iter().copied() {
        link.tell(OP, Code::SetOption, |c| {
            c.set_command_audit_option(code, AuditOption::Fix)
        })?;
    }
    // From here on each `SetOption` has its entry.
    link.tell(OP, Code::SetOption, |c| {
        c.set_force_audit_option(AuditOption::Fix)
    })?;
    let force = link.tell(OP, Code::GetOption, |c| c.get_force_audit_option())?;
    if force != AuditOption::Fix {
        return Err(not_clean(
            "the device does not say that it stops when its log is full",
        ));
    }
    let told = link.tell(OP, Code::GetOption, |c| c.get_commands_audit_options())?;
    for option in told {
        let (code, is) = (option.command_type(), option.audit_option());
        if AUDITED.contains(&code) && is != AuditOption::Fix
            || NEVER.contains(&code) && is != AuditOption::Off
        {
            let text = format!("the device says that its log of {code:?} is {is:?}");
            return Err(not_clean(&text));
        }
    }
    Ok(())
}

fn put(link: &mut Link, label: &Id, rights: &Rights, key: &Key) -> Result<(), DeviceFault> {
    // 12 characters at most, a colon, and up to 27 of the label.
    let name = rights.role.name().split(' ').next().unwrap_or_default();
    let text: String = format!("{name}:{label}").chars().take(40).collect();
    let name = Label::from_bytes(text.as_bytes()).map_err(|_| not_clean("a label of more than 40 bytes"))?;
    let (
        given,
        Rights {
            id,
            capabilities,
            delegated,
            ..
        },
    ) = (name.clone(), *rights);
    let key = key.clone();
    let made = link.tell(OP, Code::PutAuthenticationKey, |c| {
        c.put_authentication_key(
            id,
            given,
            DOMAIN,
            capabilities,
            delegated,
            AuthAlgorithm::YubicoAes,
            key,
        )
    })?;
    let info = link.tell(OP, Code::GetObjectInfo, |c| {
        c.get_object_info(id, Type::AuthenticationKey)
    })?;
    let as_ordered = made == id
        && info.object_id == id
        && info.object_type == Type::AuthenticationKey
        && info.algorithm == Algorithm::Authentication(AuthAlgorithm::YubicoAes)
        && info.capabilities == capabilities
        && info.delegated_capabilities == delegated
        && info.domains == DOMAIN
        && info.label == name;
    if as_ordered {
        Ok(())
    } else {
        Err(not_clean(&format!(
            "the device does not hold the key of {text} as it was put"
        )))
    }
}

/// A session with the new key, and a command in it.
fn prove(link: &mut Link, rights: &Rights, key: &Key) -> Result<Client, DeviceFault> {
    let client = link.open(Operation::Unlock, Credentials::new(rights.id, key.clone()))?;
    link.tell_by(OP, Code::DeviceInfo, &client, |c| c.device_info())?;
    Ok(client)
}

/// The end: exactly our keys, and a log that shows what was done.
fn proof(link: &mut Link, rights: &[Rights; 3]) -> Result<(), DeviceFault> {
    let objects = keys::listed(link, OP)?;
    let ours = objects.len() == rights.len()
        && rights.iter().all(|r| {
            objects
                .iter()
                .any(|o| o.object_id == r.id && o.object_type == Type::AuthenticationKey)
        });
    if !ours {
        return Err(not_clean("the device does not hold exactly the three new keys"));
    }
    let log = log::entries(link, OP)?.entries;
    let count = |code: Code| log.iter().filter(|e| e.command == code.to_u8()).count();
    if count(Code::PutAuthenticationKey) != rights.len() || count(Code::DeleteObject) != 1 {
        return Err(not_clean(
            "the log does not show the three new keys and the end of the default one",
        ));
    }
    Ok(())
}

/// Deletes one authentication key by the session that is open.
pub(super) fn delete_auth_key(link: &mut Link, operation: Operation, id: u16) -> Result<(), DeviceFault> {
    link.tell(operation, Code::DeleteObject, |c| {
        c.delete_object(id, Type::AuthenticationKey)
    })
}

fn not_clean(text: &str) -> DeviceFault {
    fault(OP, DeviceCode::NotClean, Changed::No, text)
}
