//! What CK_TOKEN_INFO says, as a card, and PINs held against its limits: a PIN of
//! the wrong form must not cost a try. Flags only: no PKCS#11 token tells how many
//! tries are left, and SoftHSM says "low" after one and never locks.

use cryptoki::slot::TokenInfo;
use cryptoki::types::AuthPin;

use super::module::refuse;
use super::quirks::{self, Library, Quirks};
use crate::base::device::{DeviceCard, DeviceCode, DeviceFault, Operation, PinState};
use crate::base::{Secret, shown};

/// A token as it presents itself, by the profile that it has.
pub(super) fn card(library: &Library, info: &TokenInfo) -> DeviceCard {
    let (vendor, model) = (text(info.manufacturer_id()), text(info.model()));
    let quirks = quirks::find(library, &vendor, &model);
    let label = text(info.label());
    DeviceCard {
        vendor,
        model,
        serial: text(info.serial_number()),
        label: label
            .strip_suffix(quirks.label_suffix)
            .map_or(label.clone(), str::to_owned),
        firmware: info.firmware_version().to_string(),
        initialised: info.token_initialized() && info.user_pin_initialized(),
        pin: if !info.user_pin_initialized() {
            PinState::Unset
        } else if info.user_pin_locked() {
            PinState::Locked
        } else if info.user_pin_final_try() {
            PinState::Last
        } else if info.user_pin_count_low() {
            PinState::Low
        } else {
            PinState::Ready
        },
        pin_limits: (limit(info.min_pin_length()), limit(info.max_pin_length())),
        pin_pad: info.protected_authentication_path(),
        quirks: quirks.name.to_owned(),
    }
}

fn limit(characters: usize) -> u32 {
    u32::try_from(characters).unwrap_or(0)
}

/// A text of CK_TOKEN_INFO, at most 32 bytes, to be padded with blanks;
/// tpm2-pkcs11 pads with zero bytes.
pub(super) fn text(padded: &str) -> String {
    shown(padded.trim_end_matches(['\0', ' ']), 32)
}

/// A PIN as the token takes it: within its limits, or none where it has a PIN pad.
pub(super) fn checked<'p>(
    op: Operation,
    pin: &'p Secret,
    info: &TokenInfo,
) -> Result<Option<&'p Secret>, DeviceFault> {
    let form = |text: &str| refuse(op, DeviceCode::PinForm, text);
    if info.protected_authentication_path() {
        return match pin.expose() {
            [] => Ok(None),
            _ => Err(form("expected no PIN: it is typed on the device")),
        };
    }
    let (min, max) = (info.min_pin_length(), info.max_pin_length());
    std::str::from_utf8(pin.expose())
        .ok()
        .filter(|text| !text.is_empty() && text.len() >= min && (max == 0 || text.len() <= max))
        .map(|_| Some(pin))
        .ok_or_else(|| {
            let most = if max == 0 {
                "any number".to_owned()
            } else {
                max.to_string()
            };
            form(&format!("the token takes PINs of {min} to {most} bytes of UTF-8"))
        })
}

/// An SO PIN as the token takes it.
pub(super) fn checked_so<'p>(
    op: Operation,
    pin: &'p Secret,
    info: &TokenInfo,
    quirks: &Quirks,
) -> Result<Option<&'p Secret>, DeviceFault> {
    // A SoftHSM token that was never set up says that its SO PIN is locked.
    if info.token_initialized() && info.so_pin_locked() {
        return Err(refuse(
            op,
            DeviceCode::PinLocked,
            "the token says that its SO PIN is locked",
        ));
    }
    let pin = checked(op, pin, info)?;
    if pin.is_some_and(|pin| !quirks.takes_so_pin(pin.expose())) {
        let expected = match quirks.so_pin {
            quirks::SoPinForm::Hex16 => "the SO PIN of this device is 16 hexadecimal digits",
            _ => "no SO PIN is used with this device",
        };
        return Err(refuse(op, DeviceCode::PinForm, expected));
    }
    Ok(pin)
}

/// The PIN in the form that `cryptoki` takes; it wipes its copy.
pub(super) fn auth(pin: Option<&Secret>) -> Option<AuthPin> {
    pin.and_then(|pin| std::str::from_utf8(pin.expose()).ok())
        .map(AuthPin::from)
}

#[cfg(test)]
mod tests {
    use cryptoki_sys::{
        CK_FLAGS, CK_TOKEN_INFO, CKF_PROTECTED_AUTHENTICATION_PATH, CKF_SO_PIN_LOCKED, CKF_TOKEN_INITIALIZED,
        CKF_USER_PIN_COUNT_LOW, CKF_USER_PIN_FINAL_TRY, CKF_USER_PIN_INITIALIZED, CKF_USER_PIN_LOCKED,
    };

    use super::*;

    const SET_UP: CK_FLAGS = CKF_TOKEN_INITIALIZED | CKF_USER_PIN_INITIALIZED;

    fn info(flags: CK_FLAGS) -> TokenInfo {
        let mut label = [b' '; 32];
        label[..16].copy_from_slice(b"root-a (UserPIN)");
        let mut vendor = [0; 32];
        vendor[..18].copy_from_slice(b"www.CardContact.de");
        TokenInfo::try_from(CK_TOKEN_INFO {
            label,
            manufacturerID: vendor,
            serialNumber: *b"DENK\x1b[31m01     ",
            flags,
            ulMinPinLen: 6,
            ulMaxPinLen: 16,
            ..CK_TOKEN_INFO::default()
        })
        .unwrap()
    }

    fn opensc() -> Library {
        Library {
            manufacturer: "OpenSC Project".to_owned(),
            description: String::new(),
        }
    }

    #[test]
    fn flags_become_a_card_that_promises_no_number() {
        for (flags, pin) in [
            (0, PinState::Unset),
            (SET_UP, PinState::Ready),
            (SET_UP | CKF_USER_PIN_COUNT_LOW, PinState::Low),
            (
                SET_UP | CKF_USER_PIN_COUNT_LOW | CKF_USER_PIN_FINAL_TRY,
                PinState::Last,
            ),
            (
                SET_UP | CKF_USER_PIN_FINAL_TRY | CKF_USER_PIN_LOCKED,
                PinState::Locked,
            ),
        ] {
            assert_eq!(card(&opensc(), &info(flags)).pin, pin);
        }
        let hsm = card(&opensc(), &info(SET_UP | CKF_PROTECTED_AUTHENTICATION_PATH));
        assert_eq!(
            (hsm.label.as_str(), hsm.quirks.as_str()),
            ("root-a", "opensc-sc-hsm")
        );
        assert_eq!(hsm.vendor, "www.CardContact.de", "padded with zero bytes");
        assert!(hsm.pin_pad && hsm.initialised);
        assert!(!hsm.serial.contains('\x1b'), "{}", hsm.serial);
        let other = card(&Library::default(), &info(SET_UP));
        assert_eq!(other.label, "root-a (UserPIN)", "only where the profile says so");
    }

    #[test]
    fn a_pin_pad_takes_no_pin_and_another_token_none_of_a_wrong_length() {
        let secret = |text: &str| Secret::copy_of(text.as_bytes()).unwrap();
        let op = Operation::Unlock;
        let pad = info(SET_UP | CKF_PROTECTED_AUTHENTICATION_PATH);
        assert!(checked(op, &secret(""), &pad).unwrap().is_none());
        assert!(auth(None).is_none());
        assert_eq!(
            checked(op, &secret("648219"), &pad).unwrap_err().code,
            DeviceCode::PinForm
        );
        let plain = info(SET_UP);
        for bad in ["", "12345", "12345678901234567"] {
            let fault = checked(op, &secret(bad), &plain).unwrap_err();
            assert_eq!(fault.code, DeviceCode::PinForm);
            assert!(!fault.meaning.contains(bad) || bad.is_empty());
        }
        assert!(checked(op, &secret("648219"), &plain).unwrap().is_some());
        let hsm = quirks::find(&opensc(), "www.CardContact.de", "");
        let so = |pin: &str, info| checked_so(op, &secret(pin), info, hsm).map(|p| p.is_some());
        assert_eq!(so("57621880", &plain).unwrap_err().code, DeviceCode::PinForm);
        assert!(so("3537363231383830", &plain).unwrap());
        assert!(!so("", &pad).unwrap());
        let locked = info(SET_UP | CKF_SO_PIN_LOCKED);
        let fault = so("3537363231383830", &locked).unwrap_err();
        assert_eq!(fault.code, DeviceCode::PinLocked, "no try is spent on it");
    }
}
