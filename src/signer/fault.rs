//! Makes the faults of every adapter, so that "may it be tried again?" is
//! decided in one place (DESIGN.md section 3, Signer port). Texts that come from
//! a device or a module are made safe to show here (T18).

use crate::base::device::{Changed, Credential, DeviceCode, DeviceFault, KeyOrder, Operation, Retry};
use crate::base::{Id, shown};

/// Longest text of a fault, in characters.
const MEANING_MAX: usize = 300;

/// A fault whose `retry` follows from what it is.
#[must_use]
pub fn fault(operation: Operation, code: DeviceCode, changed: Changed, meaning: &str) -> DeviceFault {
    DeviceFault {
        operation,
        code,
        meaning: shown(meaning, MEANING_MAX),
        changed,
        retry: retry(operation, code, changed),
    }
}

/// The name of a key object is `name:26 characters` in at most 40 bytes, which
/// is all that a YubiHSM 2 holds; every backend keeps to it, so that a rehearsal
/// does not pass with a name that the hardware refuses.
///
/// # Errors
/// `Unsupported`, nothing changed.
pub fn check_order(order: &KeyOrder) -> Result<(), DeviceFault> {
    check_name(&order.name)
}

/// The part of [`check_order`] that a key without an order keeps to as well.
pub(crate) fn check_name(name: &Id) -> Result<(), DeviceFault> {
    if name.as_str().len() > 13 {
        return Err(fault(
            Operation::Generate,
            DeviceCode::Unsupported,
            Changed::No,
            &format!("a key's name has at most 13 characters, {name} has more"),
        ));
    }
    Ok(())
}

/// A device takes only the credentials that it has.
///
/// # Errors
/// `Unsupported`, nothing changed.
pub fn check_role(operation: Operation, got: Credential, expected: Credential) -> Result<(), DeviceFault> {
    if got == expected {
        return Ok(());
    }
    Err(fault(
        operation,
        DeviceCode::Unsupported,
        Changed::No,
        &format!("expected the {}, got the {}", expected.name(), got.name()),
    ))
}

fn retry(operation: Operation, code: DeviceCode, changed: Changed) -> Retry {
    match code {
        DeviceCode::PinLocked
        | DeviceCode::Unsupported
        | DeviceCode::KeyExists
        | DeviceCode::KeyNotUnique
        | DeviceCode::KeyDiffers
        | DeviceCode::AttributesRefused
        | DeviceCode::SignatureWrong
        | DeviceCode::Full
        | DeviceCode::NotClean => Retry::Never,
        DeviceCode::ModuleCrashed
        | DeviceCode::ModuleHangs
        | DeviceCode::AnswerRefused
        | DeviceCode::DeviceError
        | DeviceCode::Storage
            if changed == Changed::No && asks(operation) =>
        {
            Retry::Safe
        }
        _ => Retry::AskHuman,
    }
}

/// Calls that change nothing, by their nature.
pub(crate) fn asks(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Find
            | Operation::Identity
            | Operation::Keys
            | Operation::Attest
            | Operation::ReadLog
            | Operation::Lock
    )
}
