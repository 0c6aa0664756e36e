//! The crate's errors as faults: what the device said where it said something,
//! and whether anything may have changed. A code that the device gives inside
//! the secure channel is its own word; an answer outside of it, a cut
//! connection or a wrong MAC tells nothing about what the device did.

use yubihsm::device::ErrorKind as Device;
use yubihsm::{client, connector};

use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation};
use crate::signer::fault::{asks, fault};

/// The fault for an error of a command in a session.
pub(super) fn of(operation: Operation, error: &client::Error) -> DeviceFault {
    let (code, changed, text) = match error.device_error() {
        Some(kind) => {
            let (code, changed) = said(operation, kind);
            (code, changed, format!("the device answered: {kind}"))
        }
        None => unsaid(operation, error),
    };
    fault(
        operation,
        code,
        if asks(operation) { Changed::No } else { changed },
        &text,
    )
}

/// The fault for an error of the connection itself.
pub(super) fn of_connector(operation: Operation, error: &connector::Error) -> DeviceFault {
    fault(
        operation,
        DeviceCode::Removed,
        if asks(operation) {
            Changed::No
        } else {
            Changed::Unknown
        },
        &format!("the device does not answer: {error}"),
    )
}

/// Whether the session can be used after this error: only when the device
/// itself refused the command.
pub(super) fn session_survives(error: &client::Error) -> bool {
    !matches!(
        error.device_error(),
        None | Some(Device::InvalidSession | Device::SessionFailed | Device::AuthenticationFailed)
    )
}

/// What a device's own error code means for a call.
pub(super) fn said(operation: Operation, kind: Device) -> (DeviceCode, Changed) {
    match kind {
        Device::LogFull => (DeviceCode::LogFull, Changed::No),
        Device::SessionsFull => (DeviceCode::SessionsFull, Changed::No),
        Device::InsufficientPermissions | Device::InvalidSession => (DeviceCode::NotUnlocked, Changed::No),
        Device::AuthenticationFailed => (DeviceCode::PinWrong, Changed::No),
        Device::InvalidCommand => (DeviceCode::Unsupported, Changed::No),
        Device::ObjectExists => (DeviceCode::KeyExists, Changed::No),
        Device::ObjectNotFound => (DeviceCode::KeyNotUnique, Changed::No),
        Device::StorageFailed if makes(operation) => (DeviceCode::Full, Changed::Unknown),
        // Whether a key was made is asked afterwards, never concluded from an error.
        _ if makes(operation) => (DeviceCode::DeviceError, Changed::Unknown),
        _ => (DeviceCode::DeviceError, Changed::No),
    }
}

fn makes(operation: Operation) -> bool {
    matches!(
        operation,
        Operation::Generate | Operation::Initialise | Operation::Retire | Operation::ClearLog
    )
}

fn unsaid(operation: Operation, error: &client::Error) -> (DeviceCode, Changed, String) {
    let text = error.to_string();
    match error.kind() {
        // Gone, or silent: 15 s over HTTP, 30 s over USB.
        kind if *kind == client::ErrorKind::ConnectorError || from_connector(error) => (
            DeviceCode::Removed,
            Changed::Unknown,
            format!("the device does not answer: {text}"),
        ),
        // No credentials are kept, so the crate cannot open a new session by itself.
        client::ErrorKind::ClosedSessionError | client::ErrorKind::AuthenticationError
            if operation != Operation::Unlock =>
        {
            (
                DeviceCode::NotUnlocked,
                Changed::No,
                "the session has ended".to_owned(),
            )
        }
        client::ErrorKind::AuthenticationError if text.contains("auth key not found") => (
            DeviceCode::NotInitialised,
            Changed::No,
            "the device has no such authentication key".to_owned(),
        ),
        // A YubiHSM 2 counts no wrong passwords: nothing was spent.
        client::ErrorKind::AuthenticationError => (
            DeviceCode::PinWrong,
            Changed::No,
            "the password is wrong".to_owned(),
        ),
        // The crate's words for a refusal outside of the secure channel: the
        // device did not look at the command.
        client::ErrorKind::ResponseError if text.contains("HSM error (session") => (
            DeviceCode::NotUnlocked,
            Changed::No,
            "the device has ended the session".to_owned(),
        ),
        _ => (
            DeviceCode::AnswerRefused,
            Changed::Unknown,
            format!("the answer cannot be used: {text}"),
        ),
    }
}

/// Whether the connection is what failed, below the session.
fn from_connector(error: &client::Error) -> bool {
    let mut cause = std::error::Error::source(error);
    while let Some(below) = cause {
        if below.is::<connector::Error>() {
            return true;
        }
        cause = below.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_refuses_to_make_a_key_may_have_made_it() {
        for kind in [
            Device::StorageFailed,
            Device::GenericError,
            Device::Unknown { code: 0x77 },
        ] {
            assert_eq!(said(Operation::Generate, kind).1, Changed::Unknown, "{kind:?}");
            assert_eq!(said(Operation::Sign, kind).1, Changed::No);
        }
        assert_eq!(said(Operation::Sign, Device::LogFull).0, DeviceCode::LogFull);
        assert_eq!(
            said(Operation::Unlock, Device::SessionsFull).0,
            DeviceCode::SessionsFull
        );
    }
}
