//! The names of a YubiHSM 2's commands, as they stand in its log: an entry that
//! nothing explains is shown to people by name, not by a number.

/// The name of a command, or `command 0x..` for one that we do not know.
#[must_use]
pub fn command_name(command: u8) -> String {
    NAMES.iter().find(|(code, _)| *code == command).map_or_else(
        || format!("command 0x{command:02x}"),
        |(_, name)| (*name).to_owned(),
    )
}

/// The code of a command's name.
#[must_use]
pub fn command_code(name: &str) -> Option<u8> {
    NAMES
        .iter()
        .find(|(_, known)| *known == name)
        .map(|(code, _)| *code)
}

const NAMES: [(u8, &str); 66] = [
    (0x00, "boot"),
    (0x01, "echo"),
    (0x03, "create-session"),
    (0x04, "authenticate-session"),
    (0x05, "session-message"),
    (0x06, "device-info"),
    (0x08, "reset-device"),
    (0x0a, "get-device-public-key"),
    (0x40, "close-session"),
    (0x41, "get-storage-info"),
    (0x42, "put-opaque"),
    (0x43, "get-opaque"),
    (0x44, "put-authentication-key"),
    (0x45, "put-asymmetric-key"),
    (0x46, "generate-asymmetric-key"),
    (0x47, "sign-pkcs1"),
    (0x48, "list-objects"),
    (0x49, "decrypt-pkcs1"),
    (0x4a, "export-wrapped"),
    (0x4b, "import-wrapped"),
    (0x4c, "put-wrap-key"),
    (0x4d, "get-log-entries"),
    (0x4e, "get-object-info"),
    (0x4f, "set-option"),
    (0x50, "get-option"),
    (0x51, "get-pseudo-random"),
    (0x52, "put-hmac-key"),
    (0x53, "sign-hmac"),
    (0x54, "get-public-key"),
    (0x55, "sign-pss"),
    (0x56, "sign-ecdsa"),
    (0x57, "derive-ecdh"),
    (0x58, "delete-object"),
    (0x59, "decrypt-oaep"),
    (0x5a, "generate-hmac-key"),
    (0x5b, "generate-wrap-key"),
    (0x5c, "verify-hmac"),
    (0x5d, "sign-ssh-certificate"),
    (0x5e, "put-template"),
    (0x5f, "get-template"),
    (0x60, "decrypt-otp"),
    (0x61, "create-otp-aead"),
    (0x62, "randomize-otp-aead"),
    (0x63, "rewrap-otp-aead"),
    (0x64, "sign-attestation-certificate"),
    (0x65, "put-otp-aead-key"),
    (0x66, "generate-otp-aead-key"),
    (0x67, "set-log-index"),
    (0x68, "wrap-data"),
    (0x69, "unwrap-data"),
    (0x6a, "sign-eddsa"),
    (0x6b, "blink-device"),
    (0x6c, "change-authentication-key"),
    (0x6d, "put-symmetric-key"),
    (0x6e, "generate-symmetric-key"),
    (0x6f, "decrypt-ecb"),
    (0x70, "encrypt-ecb"),
    (0x71, "decrypt-cbc"),
    (0x72, "encrypt-cbc"),
    (0x73, "put-public-wrap-key"),
    (0x74, "get-rsa-wrapped-key"),
    (0x75, "put-rsa-wrapped-key"),
    (0x76, "export-rsa-wrapped"),
    (0x77, "import-rsa-wrapped"),
    (0x7f, "error"),
    (0xff, "initialised"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_has_one_code_and_one_name() {
        let codes: std::collections::BTreeSet<u8> = NAMES.iter().map(|(code, _)| *code).collect();
        assert_eq!(codes.len(), NAMES.len());
        for (code, name) in NAMES {
            assert_eq!(command_name(code), name);
            assert_eq!(command_code(name), Some(code));
        }
        assert_eq!(command_name(0x99), "command 0x99");
    }
}
