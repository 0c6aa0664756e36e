//! Who may do what on a device that we set up: three authentication keys with
//! the fewest capabilities that their verbs need (facts/hsm.md 5.1, V28: taking
//! any one away breaks a test), and which commands the device must log. The
//! commands that read and clear the log are never audited: a full log could
//! then not be emptied any more (the soft lock of facts/security.md 4.7, T10).

use yubihsm::command::Code;
use yubihsm::{Capability, Domain};

use crate::base::device::Credential;

/// Object id of the default authentication key of a device from the factory.
pub(super) const FACTORY_KEY: u16 = 1;
/// Object id of the provisioner's authentication key.
pub const PROVISIONER_KEY: u16 = 2;
/// Object id of the signer's authentication key.
pub const SIGNER_KEY: u16 = 3;
/// Object id of the auditor's authentication key.
pub const AUDITOR_KEY: u16 = 4;

/// Shortest password, in bytes. Passwords become keys by 10,000 rounds of
/// PBKDF2 under a fixed salt, which slows nobody down: generate them.
pub const PASSWORD_MIN: usize = 20;

/// The only domain that is used.
pub(super) const DOMAIN: Domain = Domain::DOM1;

/// One authentication key.
#[derive(Debug, Clone, Copy)]
pub(in crate::signer) struct Rights {
    pub(in crate::signer) role: Credential,
    pub(in crate::signer) id: u16,
    pub(in crate::signer) capabilities: Capability,
    pub(in crate::signer) delegated: Capability,
}

/// What each role gets. Whoever makes keys cannot sign with them, and nobody
/// can make authentication keys, change options, reset, export or import.
pub(in crate::signer) const RIGHTS: [Rights; 3] = [
    Rights {
        role: Credential::Provisioner,
        id: PROVISIONER_KEY,
        capabilities: Capability::GENERATE_ASYMMETRIC_KEY
            .union(Capability::SIGN_ATTESTATION_CERTIFICATE)
            .union(Capability::GET_OPAQUE)
            .union(Capability::GET_LOG_ENTRIES)
            .union(Capability::DELETE_AUTHENTICATION_KEY),
        delegated: Capability::SIGN_ECDSA.union(Capability::SIGN_EDDSA),
    },
    Rights {
        role: Credential::Signer,
        id: SIGNER_KEY,
        capabilities: Capability::SIGN_ECDSA
            .union(Capability::SIGN_EDDSA)
            .union(Capability::SIGN_ATTESTATION_CERTIFICATE)
            .union(Capability::GET_OPAQUE)
            .union(Capability::GET_LOG_ENTRIES),
        delegated: Capability::empty(),
    },
    Rights {
        role: Credential::Auditor,
        id: AUDITOR_KEY,
        capabilities: Capability::GET_LOG_ENTRIES.union(Capability::GET_OPTION),
        delegated: Capability::empty(),
    },
];

/// The id of a role's authentication key; `None`: a YubiHSM 2 has no such secret.
pub(super) fn key_id(role: Credential) -> Option<u16> {
    RIGHTS.iter().find(|r| r.role == role).map(|r| r.id)
}

/// What the device logs, unchangeably (option `fix`) until a factory reset:
/// whatever makes, uses, moves or deletes keys, and changes of the options
/// (facts/security.md 4.7). `SetOption` stands last, so that on a new firmware
/// the set-up itself takes few of the 62 entries.
pub(super) const AUDITED: &[Code] = &[
    Code::ResetDevice,
    Code::PutAuthenticationKey,
    Code::PutAsymmetricKey,
    Code::GenerateAsymmetricKey,
    Code::SignPkcs1,
    Code::ExportWrapped,
    Code::ImportWrapped,
    Code::PutWrapKey,
    Code::SignPss,
    Code::SignEcdsa,
    Code::DeleteObject,
    Code::GenerateWrapKey,
    Code::SignAttestationCertificate,
    Code::SignEddsa,
    Code::SetOption,
];

/// Switched off where the firmware has it on: noise that would fill the log.
pub(super) const QUIET: &[Code] = &[
    Code::CreateSession,
    Code::AuthenticateSession,
    Code::GetStorageInfo,
    Code::GetOpaqueObject,
    Code::ListObjects,
    Code::GetObjectInfo,
    Code::GetOption,
    Code::GetPublicKey,
];

/// May never be audited: a full log could not be read or emptied any more.
pub(super) const NEVER: &[Code] = &[Code::SessionMessage, Code::GetLogEntries, Code::SetLogIndex];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_lock_commands_are_never_audited() {
        for code in NEVER {
            assert!(!AUDITED.contains(code), "{code:?}");
        }
        assert!(QUIET.iter().all(|code| !AUDITED.contains(code)));
        assert_eq!(AUDITED.last(), Some(&Code::SetOption));
    }

    #[test]
    fn no_role_can_widen_its_own_power() {
        let forbidden = Capability::PUT_AUTHENTICATION_KEY
            | Capability::CHANGE_AUTHENTICATION_KEY
            | Capability::PUT_OPTION
            | Capability::RESET_DEVICE
            | Capability::EXPORT_WRAPPED
            | Capability::IMPORT_WRAPPED
            | Capability::PUT_ASYMMETRIC_KEY
            | Capability::EXPORTABLE_UNDER_WRAP;
        for rights in RIGHTS {
            assert!(!rights.capabilities.intersects(forbidden));
            assert!(!rights.delegated.intersects(forbidden));
        }
        let makes = Capability::GENERATE_ASYMMETRIC_KEY;
        let signs = Capability::SIGN_ECDSA | Capability::SIGN_EDDSA;
        assert!(
            RIGHTS
                .iter()
                .all(|r| !(r.capabilities.intersects(makes) && r.capabilities.intersects(signs)))
        );
    }
}
