//! `cryptoki`'s errors as faults: function and CKR name in our own few words
//! (the crate's texts are paragraphs), and whether the device was changed as far
//! as the code lets us know.

use cryptoki::error::{Error, RvError};

use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation};
use crate::signer::fault::{asks, fault};

/// The fault for an error of a call that belongs to `op`.
pub(super) fn of(op: Operation, error: &Error) -> DeviceFault {
    let (code, meaning) = match error {
        Error::Pkcs11(rv, function) => {
            let code = code(op, *rv);
            (code, format!("C_{function:?} answered {}", name(*rv)))
        }
        Error::NullFunctionPointer if op != Operation::Find => (
            DeviceCode::Unsupported,
            "the module has no such function".to_owned(),
        ),
        Error::LibraryLoading(_) | Error::MissingSymbol(_) | Error::NullFunctionPointer => (
            DeviceCode::ModuleUnusable,
            format!("not a usable PKCS#11 module: {error}"),
        ),
        other => (DeviceCode::AnswerRefused, format!("malformed answer: {other}")),
    };
    fault(op, code, changed(op, code), &meaning)
}

fn code(op: Operation, rv: RvError) -> DeviceCode {
    use RvError as R;
    match rv {
        R::PinIncorrect => DeviceCode::PinWrong,
        R::PinLocked => DeviceCode::PinLocked,
        R::PinInvalid | R::PinLenRange | R::PinTooWeak => DeviceCode::PinForm,
        R::UserNotLoggedIn => DeviceCode::NotUnlocked,
        R::UserPinNotInitialized => DeviceCode::NotInitialised,
        R::TokenNotPresent
        | R::TokenNotRecognized
        | R::DeviceRemoved
        | R::SlotIdInvalid
        | R::SessionClosed
        | R::SessionHandleInvalid => DeviceCode::Removed,
        R::DeviceMemory => DeviceCode::Full,
        R::MechanismInvalid
        | R::MechanismParamInvalid
        | R::FunctionNotSupported
        | R::CurveNotSupported
        | R::DomainParamsInvalid
        | R::DataLenRange
        | R::KeySizeRange
        | R::TokenWriteProtected => DeviceCode::Unsupported,
        rv if op == Operation::Generate && refuses_template(rv) => DeviceCode::Unsupported,
        _ => DeviceCode::DeviceError,
    }
}

/// Whether an error of key generation says "not with these parameters": nothing
/// was made, and another spelling may be tried.
pub(super) fn refuses_template(rv: RvError) -> bool {
    use RvError as R;
    matches!(
        rv,
        R::AttributeReadOnly
            | R::AttributeTypeInvalid
            | R::AttributeValueInvalid
            | R::TemplateIncomplete
            | R::TemplateInconsistent
            | R::DomainParamsInvalid
            | R::CurveNotSupported
            | R::MechanismParamInvalid
    )
}

/// Whether an error says that the device or the session is gone.
pub(super) fn is_gone(error: &Error) -> bool {
    matches!(error, Error::Pkcs11(rv, _) if code(Operation::Identity, *rv) == DeviceCode::Removed)
}

fn changed(op: Operation, code: DeviceCode) -> Changed {
    match code {
        _ if asks(op) => Changed::No,
        DeviceCode::PinWrong => Changed::Yes, // a try was spent
        DeviceCode::PinForm
        | DeviceCode::NotUnlocked
        | DeviceCode::NotInitialised
        | DeviceCode::Unsupported
        | DeviceCode::ModuleUnusable => Changed::No,
        _ => Changed::Unknown,
    }
}

/// `PinIncorrect` as `CKR_PIN_INCORRECT`.
fn name(rv: RvError) -> String {
    match rv {
        RvError::VendorDefined(code) => format!("CKR_VENDOR_DEFINED ({code:#x})"),
        RvError::UnknownErrorCode(code) => format!("an unknown code ({code:#x})"),
        other => {
            let mut out = String::from("CKR");
            for c in format!("{other:?}").chars() {
                if c.is_ascii_uppercase() {
                    out.push('_');
                }
                out.push(c.to_ascii_uppercase());
            }
            out
        }
    }
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;
    use crate::base::device::Retry;

    #[test]
    fn faults_say_what_changed_and_whether_to_try_again() {
        let f = |op, rv, function| of(op, &Error::Pkcs11(rv, function));
        let wrong = f(Operation::Unlock, RvError::PinIncorrect, Function::Login);
        assert_eq!(
            (wrong.code, wrong.changed, wrong.retry),
            (DeviceCode::PinWrong, Changed::Yes, Retry::AskHuman)
        );
        assert_eq!(wrong.meaning, "C_Login answered CKR_PIN_INCORRECT");
        let locked = f(Operation::Unlock, RvError::PinLocked, Function::Login);
        assert_eq!((locked.changed, locked.retry), (Changed::Unknown, Retry::Never));
        let broken = f(
            Operation::Generate,
            RvError::DeviceError,
            Function::GenerateKeyPair,
        );
        assert_eq!(
            (broken.changed, broken.retry),
            (Changed::Unknown, Retry::AskHuman)
        );
        let size = f(
            Operation::Generate,
            RvError::KeySizeRange,
            Function::GenerateKeyPair,
        );
        assert_eq!((size.code, size.changed), (DeviceCode::Unsupported, Changed::No));
        let none = of(Operation::ChangePin, &Error::NullFunctionPointer);
        assert_eq!((none.code, none.changed), (DeviceCode::Unsupported, Changed::No));
        let context = f(Operation::Sign, RvError::PinIncorrect, Function::Login);
        assert_eq!(
            (context.code, context.changed),
            (DeviceCode::PinWrong, Changed::Yes)
        );
        let keys = f(Operation::Keys, RvError::GeneralError, Function::FindObjects);
        assert_eq!((keys.changed, keys.retry), (Changed::No, Retry::Safe));
    }
}
