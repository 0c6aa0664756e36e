//! What a device says of itself and what can go wrong with it: the words that
//! `signer` (which asks devices), `engine` (which judges the answers) and `ui`
//! (which shows them) have in common. Every text here came from a device and
//! has passed [`shown`](super::shown); none of it is trusted (law 8).

use serde::{Deserialize, Serialize};

use super::{Algorithm, Digest, Id, PublicKey};

/// A device as it presents itself, before anybody has logged in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceCard {
    /// Manufacturer, as text that is safe to show.
    pub vendor: String,
    /// Model, as text that is safe to show.
    pub model: String,
    /// Serial number: how a device is found. Empty on some factory-new tokens.
    pub serial: String,
    /// Label given at initialisation; empty before.
    pub label: String,
    /// Firmware version, `?` where the device does not tell.
    pub firmware: String,
    /// Whether it has been initialised (has an SO PIN and a user PIN).
    pub initialised: bool,
    /// What is known of its user PIN.
    pub pin: PinState,
    /// The shortest and the longest PIN that it takes, in bytes; zeroes where it
    /// does not say.
    #[serde(default)]
    pub pin_limits: (u32, u32),
    /// The PIN is typed on the device itself: the program asks for none
    /// (CKF_PROTECTED_AUTHENTICATION_PATH).
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub pin_pad: bool,
    /// Which of our quirk profiles its answers are read by (`docs/tokens.md`).
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub quirks: String,
}

/// Longest message that a YubiHSM 2 signs with Ed25519, in bytes: it stands in one
/// frame (Yubico: 2019 for EdDSA). The policy counts with it, the adapter refuses more.
pub const YUBIHSM_ED25519_MAX: usize = 2019;

/// Profiles of modules that keep keys in software: rehearsals, never production (V32).
pub const SOFTWARE_PROFILES: &[&str] = &["softhsm2", "kryoptic", "nss"];

impl DeviceCard {
    /// The card of a device as it comes from the factory: no label, no PIN, and
    /// nothing known of its firmware. Texts are safe to show.
    #[must_use]
    pub fn factory_new(vendor: &str, model: &str, serial: &str) -> DeviceCard {
        DeviceCard {
            vendor: vendor.to_owned(),
            model: model.to_owned(),
            serial: serial.to_owned(),
            label: String::new(),
            firmware: "?".to_owned(),
            initialised: false,
            pin: PinState::Unset,
            pin_limits: (0, 0),
            pin_pad: false,
            quirks: String::new(),
        }
    }

    /// Whether the device says that it is software: by its profile, or a software
    /// TPM (swtpm's model is `SW   TPM`) behind the profile of real ones. What
    /// says nothing of the kind may still be software: people look at the device.
    #[must_use]
    pub fn is_software_module(&self) -> bool {
        SOFTWARE_PROFILES.contains(&self.quirks.as_str())
            || (self.quirks == "tpm2-pkcs11" && self.model.starts_with("SW"))
    }
}

/// A secret that a device takes, by the power that it gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Credential {
    /// PKCS#11: the security officer's PIN.
    SoPin,
    /// PKCS#11: the user PIN.
    UserPin,
    /// Key files: the passphrase.
    Passphrase,
    /// YubiHSM 2: the authentication key that makes and attests keys; it goes
    /// away when the device is set up.
    Provisioner,
    /// YubiHSM 2: the authentication key that signs.
    Signer,
    /// YubiHSM 2: the authentication key that reads options and log.
    Auditor,
}

impl Credential {
    /// The secrets of a PKCS#11 or rehearsal token, in the order they are set.
    pub const PINS: &[Credential] = &[Credential::SoPin, Credential::UserPin];
    /// The secret of a key-file token.
    pub const FILES: &[Credential] = &[Credential::Passphrase];
    /// The secrets of a YubiHSM 2.
    pub const YUBIHSM: &[Credential] = &[Credential::Provisioner, Credential::Signer, Credential::Auditor];

    /// The one of a device's secrets that gives the power to do `operation`.
    #[must_use]
    pub fn needed(of: &[Credential], operation: Operation) -> Credential {
        let wanted = match operation {
            Operation::Generate | Operation::Attest | Operation::Retire => Credential::Provisioner,
            Operation::ReadLog | Operation::ClearLog => Credential::Auditor,
            _ => Credential::Signer,
        };
        [wanted, Credential::Passphrase]
            .into_iter()
            .find(|c| of.contains(c))
            .unwrap_or(Credential::UserPin)
    }

    /// Its name in scripts, on screen and on paper.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Credential::SoPin => "SO PIN",
            Credential::UserPin => "PIN",
            Credential::Passphrase => "passphrase",
            Credential::Provisioner => "provisioner password",
            Credential::Signer => "signer password",
            Credential::Auditor => "auditor password",
        }
    }
}

/// Seconds that a device of this quirk profile waits for a touch before it signs;
/// `None`: it wants none, as far as is known. `signer` holds its table to this.
#[must_use]
pub fn touch_seconds(quirks: &str) -> Option<u64> {
    (quirks == "ykcs11").then_some(15)
}

/// A device's own statement about one of its keys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statement {
    /// What kind of chain it is.
    pub kind: StatementKind,
    /// The certificates as the device gave them, DER in lowercase hexadecimal,
    /// the key's first, the device's last.
    pub certificates: Vec<String>,
    /// The object's id on the device, as the device's list of objects tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub object: Option<u16>,
}

/// Kinds of statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StatementKind {
    /// YubiHSM 2: attestation certificate, device certificate (X.509).
    Yubihsm,
    /// YubiKey PIV: slot certificate, intermediate (X.509).
    Piv,
    /// SmartCard-HSM: certificate request signed by the device, its certificate (CV).
    Cvc,
}

/// What was read from a device's audit log.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogRead {
    /// Raw 32-byte entries, lowercase hexadecimal, oldest first.
    pub entries: Vec<String>,
    /// Boots that no longer fitted the log.
    pub unlogged_boots: u32,
    /// Logins that no longer fitted the log.
    pub unlogged_logins: u32,
}

/// What a device tells about its user PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PinState {
    /// No user PIN has been set.
    Unset,
    /// Set, and no failed try is known.
    Ready,
    /// Set; the device counts: this many tries are left.
    Left(u32),
    /// Set; the device says that tries have failed, not how many are left.
    Low,
    /// One more wrong PIN locks the device.
    Last,
    /// Locked.
    Locked,
}

/// The name that ties a key object to the step that ordered it:
/// SHA-256(ceremony id, slot, attempt) cut to 16 bytes. It is the CKA_ID where
/// a device has one, and part of the label.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OperationId([u8; 16]);

impl OperationId {
    /// The operation id of one attempt to fill one slot of one ceremony. A slot
    /// is a key's name in the script. Lengths are fixed or prefixed, so that no
    /// two triples give the same bytes.
    #[must_use]
    pub fn new(ceremony: &Digest, slot: &Id, attempt: u32) -> OperationId {
        let name = slot.as_str().as_bytes();
        let digest = Digest::of_parts(&[
            b"tuf-ceremony operation v1\0",
            ceremony.as_bytes(),
            &u32::try_from(name.len()).unwrap_or(u32::MAX).to_be_bytes(),
            name,
            &attempt.to_be_bytes(),
        ]);
        let mut id = [0; 16];
        for (to, from) in id.iter_mut().zip(digest.as_bytes()) {
            *to = *from;
        }
        OperationId(id)
    }

    /// From the 16 bytes that a device holds.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 16]) -> OperationId {
        OperationId(bytes)
    }

    /// The 16 bytes (CKA_ID).
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// 26 characters of lowercase base32 (RFC 4648, no padding).
    #[must_use]
    pub fn base32(&self) -> String {
        data_encoding::BASE32_NOPAD.encode(&self.0).to_ascii_lowercase()
    }

    /// The label of the key object: the key's name, a colon, 26 base32
    /// characters; at most 40 bytes, which is what a YubiHSM 2 holds.
    #[must_use]
    pub fn label(&self, name: &Id) -> String {
        format!("{name}:{}", self.base32())
    }
}

impl std::fmt::Debug for OperationId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.base32())
    }
}

impl Serialize for OperationId {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&self.base32())
    }
}

impl<'de> Deserialize<'de> for OperationId {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        data_encoding::BASE32_NOPAD
            .decode(text.to_ascii_uppercase().as_bytes())
            .ok()
            .and_then(|b| <[u8; 16]>::try_from(b).ok())
            .map(OperationId)
            .ok_or_else(|| serde::de::Error::custom("expected 26 base32 characters"))
    }
}

/// What to generate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyOrder {
    /// The key's name in the script, at most 13 characters.
    pub name: Id,
    /// Which attempt at which slot this is.
    pub operation: OperationId,
    /// Curve and signature scheme.
    pub algorithm: Algorithm,
}

/// A key that a device holds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyFound {
    /// The object's label, safe to show.
    pub label: String,
    /// The object's id (CKA_ID), lowercase hexadecimal; empty if none.
    pub id: String,
    /// The public key, where the device gives one of a kind that we use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub public: Option<PublicKey>,
    /// Attributes read back one at a time, in a session that did not make the key.
    pub attributes: KeyAttributes,
}

/// Security attributes of a private key object (PKCS#11 names). `None`: the
/// device did not say (and the record leaves it out: records hold no null).
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAttributes {
    /// CKA_SENSITIVE
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sensitive: Option<bool>,
    /// CKA_ALWAYS_SENSITIVE
    #[serde(skip_serializing_if = "Option::is_none")]
    pub always_sensitive: Option<bool>,
    /// CKA_EXTRACTABLE
    #[serde(skip_serializing_if = "Option::is_none")]
    pub extractable: Option<bool>,
    /// CKA_NEVER_EXTRACTABLE
    #[serde(skip_serializing_if = "Option::is_none")]
    pub never_extractable: Option<bool>,
    /// CKA_LOCAL
    #[serde(skip_serializing_if = "Option::is_none")]
    pub local: Option<bool>,
    /// CKA_SIGN
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sign: Option<bool>,
    /// CKA_ALWAYS_AUTHENTICATE: a login before each signature.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub always_authenticate: Option<bool>,
    /// Whether any of CKA_DECRYPT, CKA_UNWRAP, CKA_DERIVE, CKA_SIGN_RECOVER is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub other_uses: Option<bool>,
}

impl KeyAttributes {
    /// The least that is known of a key that signs and does nothing else.
    #[must_use]
    pub fn signs_only() -> KeyAttributes {
        KeyAttributes {
            sign: Some(true),
            other_uses: Some(false),
            ..KeyAttributes::default()
        }
    }
}

/// The call that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// Looking for devices.
    Find,
    /// Reading what a device says of itself.
    Identity,
    /// Listing keys.
    Keys,
    /// Setting up a device: SO PIN, label, user PIN.
    Initialise,
    /// Logging in.
    Unlock,
    /// Generating a key pair.
    Generate,
    /// Asking for an attestation.
    Attest,
    /// Signing.
    Sign,
    /// Logging out.
    Lock,
    /// Changing a PIN, or unblocking one.
    ChangePin,
    /// Reading the device's log.
    ReadLog,
    /// Telling the device that its log was read.
    ClearLog,
    /// Deleting the credential that makes keys.
    Retire,
}

/// What kind of failure it is; each has a card in `fault`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeviceCode {
    /// No device with that serial is there.
    NotFound,
    /// Two devices have that serial.
    TwoAlike,
    /// The vendor module is missing or is not a PKCS#11 module.
    ModuleUnusable,
    /// The vendor module's process crashed.
    ModuleCrashed,
    /// The vendor module did not answer in time.
    ModuleHangs,
    /// The answer is malformed, too long or not what was asked for.
    AnswerRefused,
    /// The PIN or passphrase is wrong.
    PinWrong,
    /// The device is locked.
    PinLocked,
    /// The PIN is too short, too long or has characters that the device refuses.
    PinForm,
    /// Nobody is logged in.
    NotUnlocked,
    /// The device was never initialised.
    NotInitialised,
    /// A key with that id or label is already there.
    KeyExists,
    /// No key, or more than one, has that id and label.
    KeyNotUnique,
    /// The key on the device is not the recorded one.
    KeyDiffers,
    /// The new key's attributes are not what the order asked for.
    AttributesRefused,
    /// The device cannot do this.
    Unsupported,
    /// The device went away.
    Removed,
    /// The device's memory is full.
    Full,
    /// The device's audit log is full: it refuses work until the log is read.
    LogFull,
    /// The device has no free session.
    SessionsFull,
    /// The device is not in the state that a set-up must begin or end with.
    NotClean,
    /// The device's statement about a key was refused.
    AttestationRefused,
    /// The device's firmware is below the floor, and nothing waives it.
    FirmwareOld,
    /// The device's log is broken, or holds what nobody ordered.
    LogUnexplained,
    /// Reading or writing the device's folder failed.
    Storage,
    /// The record has no room for the outcome; the device was not asked.
    NoSpace,
    /// The signature does not verify in software.
    SignatureWrong,
    /// Any other failure of the device.
    DeviceError,
}

/// Whether the failed call changed anything on the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Changed {
    /// Nothing was changed.
    No,
    /// Something was changed (a PIN try was spent, an object was made).
    Yes,
    /// It cannot be told without asking the device.
    Unknown,
}

/// Whether the call may be tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Retry {
    /// Trying again is safe.
    Safe,
    /// A person decides.
    AskHuman,
    /// Not with this device or this order.
    Never,
}

/// A failure of a device, ready to be recorded and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{operation:?}: {meaning}")]
pub struct DeviceFault {
    /// The call.
    pub operation: Operation,
    /// The kind.
    pub code: DeviceCode,
    /// One sentence, safe to show: what the device or module said.
    pub meaning: String,
    /// Whether anything was changed.
    pub changed: Changed,
    /// Whether to try again.
    pub retry: Retry,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_fits_a_yubihsm_and_names_its_operation() {
        let name = Id::parse("targets-abcde").unwrap();
        assert_eq!(name.as_str().len(), 13);
        let op = OperationId::new(&Digest::of(b"c"), &name, 1);
        let label = op.label(&name);
        assert_eq!(label.len(), 40);
        assert_ne!(op, OperationId::new(&Digest::of(b"c"), &name, 2));
        assert_ne!(op, OperationId::new(&Digest::of(b"d"), &name, 1));
        let text = serde_json::to_string(&op).unwrap();
        assert_eq!(serde_json::from_str::<OperationId>(&text).unwrap(), op);
    }
}
