//! The numbers of the protocol: commands, error codes, object types,
//! algorithms, capabilities, options. One place, so that a test can name what
//! it asks for and a reader can compare with the vendor's tables.

/// Error codes of a device (one byte after `7F 00 01`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the vendor's own names")]
pub enum Code {
    InvalidCommand = 0x01,
    InvalidData = 0x02,
    InvalidSession = 0x03,
    AuthenticationFailed = 0x04,
    SessionsFull = 0x05,
    SessionFailed = 0x06,
    StorageFailed = 0x07,
    WrongLength = 0x08,
    InsufficientPermissions = 0x09,
    LogFull = 0x0a,
    ObjectNotFound = 0x0b,
    InvalidId = 0x0c,
    InvalidOtp = 0x0f,
    ObjectExists = 0x11,
    AlgorithmDisabled = 0x12,
}

impl Code {
    /// The code of this number, if the simulator knows it.
    #[must_use]
    pub fn from_byte(byte: u8) -> Option<Self> {
        const ALL: [Code; 15] = [
            Code::InvalidCommand,
            Code::InvalidData,
            Code::InvalidSession,
            Code::AuthenticationFailed,
            Code::SessionsFull,
            Code::SessionFailed,
            Code::StorageFailed,
            Code::WrongLength,
            Code::InsufficientPermissions,
            Code::LogFull,
            Code::ObjectNotFound,
            Code::InvalidId,
            Code::InvalidOtp,
            Code::ObjectExists,
            Code::AlgorithmDisabled,
        ];
        ALL.into_iter().find(|code| *code as u8 == byte)
    }
}

macro_rules! commands {
    ($($name:ident = $value:literal, $text:literal;)*) => {
        /// Command codes.
        #[allow(missing_docs, reason = "the vendor's own names")]
        pub mod command {
            $(pub const $name: u8 = $value;)*
            /// Every command with the name used in fault rules.
            pub const NAMES: &[(u8, &str)] = &[$(($value, $text)),*];
        }
    };
}

commands! {
    ECHO = 0x01, "echo";
    CREATE_SESSION = 0x03, "create-session";
    AUTHENTICATE_SESSION = 0x04, "authenticate-session";
    SESSION_MESSAGE = 0x05, "session-message";
    DEVICE_INFO = 0x06, "device-info";
    RESET_DEVICE = 0x08, "reset-device";
    DEVICE_PUBLIC_KEY = 0x0a, "device-public-key";
    CLOSE_SESSION = 0x40, "close-session";
    STORAGE_INFO = 0x41, "storage-info";
    PUT_OPAQUE = 0x42, "put-opaque";
    GET_OPAQUE = 0x43, "get-opaque";
    PUT_AUTHENTICATION_KEY = 0x44, "put-authentication-key";
    PUT_ASYMMETRIC_KEY = 0x45, "put-asymmetric-key";
    GENERATE_ASYMMETRIC_KEY = 0x46, "generate-asymmetric-key";
    SIGN_PKCS1 = 0x47, "sign-pkcs1";
    LIST_OBJECTS = 0x48, "list-objects";
    DECRYPT_PKCS1 = 0x49, "decrypt-pkcs1";
    EXPORT_WRAPPED = 0x4a, "export-wrapped";
    IMPORT_WRAPPED = 0x4b, "import-wrapped";
    PUT_WRAP_KEY = 0x4c, "put-wrap-key";
    GET_LOG_ENTRIES = 0x4d, "get-log-entries";
    GET_OBJECT_INFO = 0x4e, "get-object-info";
    SET_OPTION = 0x4f, "set-option";
    GET_OPTION = 0x50, "get-option";
    GET_PSEUDO_RANDOM = 0x51, "get-pseudo-random";
    PUT_HMAC_KEY = 0x52, "put-hmac-key";
    SIGN_HMAC = 0x53, "sign-hmac";
    GET_PUBLIC_KEY = 0x54, "get-public-key";
    SIGN_PSS = 0x55, "sign-pss";
    SIGN_ECDSA = 0x56, "sign-ecdsa";
    DERIVE_ECDH = 0x57, "derive-ecdh";
    DELETE_OBJECT = 0x58, "delete-object";
    DECRYPT_OAEP = 0x59, "decrypt-oaep";
    GENERATE_HMAC_KEY = 0x5a, "generate-hmac-key";
    GENERATE_WRAP_KEY = 0x5b, "generate-wrap-key";
    VERIFY_HMAC = 0x5c, "verify-hmac";
    SIGN_SSH_CERTIFICATE = 0x5d, "sign-ssh-certificate";
    PUT_TEMPLATE = 0x5e, "put-template";
    GET_TEMPLATE = 0x5f, "get-template";
    DECRYPT_OTP = 0x60, "decrypt-otp";
    CREATE_OTP_AEAD = 0x61, "create-otp-aead";
    RANDOMIZE_OTP_AEAD = 0x62, "randomize-otp-aead";
    REWRAP_OTP_AEAD = 0x63, "rewrap-otp-aead";
    SIGN_ATTESTATION = 0x64, "sign-attestation-certificate";
    PUT_OTP_AEAD_KEY = 0x65, "put-otp-aead-key";
    GENERATE_OTP_AEAD_KEY = 0x66, "generate-otp-aead-key";
    SET_LOG_INDEX = 0x67, "set-log-index";
    WRAP_DATA = 0x68, "wrap-data";
    UNWRAP_DATA = 0x69, "unwrap-data";
    SIGN_EDDSA = 0x6a, "sign-eddsa";
    BLINK_DEVICE = 0x6b, "blink-device";
    CHANGE_AUTHENTICATION_KEY = 0x6c, "change-authentication-key";
    PUT_SYMMETRIC_KEY = 0x6d, "put-symmetric-key";
    GENERATE_SYMMETRIC_KEY = 0x6e, "generate-symmetric-key";
    DECRYPT_ECB = 0x6f, "decrypt-ecb";
    ENCRYPT_ECB = 0x70, "encrypt-ecb";
    DECRYPT_CBC = 0x71, "decrypt-cbc";
    ENCRYPT_CBC = 0x72, "encrypt-cbc";
    PUT_PUBLIC_WRAP_KEY = 0x73, "put-public-wrap-key";
    WRAP_KEY_RSA = 0x74, "wrap-key-rsa";
    UNWRAP_KEY_RSA = 0x75, "unwrap-key-rsa";
    EXPORT_WRAPPED_RSA = 0x76, "export-wrapped-rsa";
    IMPORT_WRAPPED_RSA = 0x77, "import-wrapped-rsa";
}

/// The command called `text`: a name of [`command::NAMES`] or a number (`0x56`, `86`).
#[must_use]
pub fn command_named(text: &str) -> Option<u8> {
    if let Some((code, _)) = command::NAMES.iter().find(|(_, name)| *name == text) {
        return Some(*code);
    }
    match text.strip_prefix("0x") {
        Some(hex) => u8::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

/// Object types.
#[allow(missing_docs, reason = "the vendor's own names")]
pub mod object_type {
    pub const OPAQUE: u8 = 1;
    pub const AUTHENTICATION_KEY: u8 = 2;
    pub const ASYMMETRIC_KEY: u8 = 3;
    pub const WRAP_KEY: u8 = 4;
    pub const HMAC_KEY: u8 = 5;
    pub const TEMPLATE: u8 = 6;
    pub const OTP_AEAD_KEY: u8 = 7;
    pub const SYMMETRIC_KEY: u8 = 8;
    pub const PUBLIC_WRAP_KEY: u8 = 9;
}

/// Algorithms that the simulator acts on.
#[allow(missing_docs, reason = "the vendor's own names")]
pub mod algorithm {
    pub const RSA_2048: u8 = 9;
    pub const RSA_3072: u8 = 10;
    pub const RSA_4096: u8 = 11;
    pub const EC_P256: u8 = 12;
    pub const EC_P384: u8 = 13;
    pub const EC_P521: u8 = 14;
    pub const EC_K256: u8 = 15;
    pub const EC_BP256: u8 = 16;
    pub const EC_BP384: u8 = 17;
    pub const EC_BP512: u8 = 18;
    pub const HMAC_SHA1: u8 = 19;
    pub const HMAC_SHA256: u8 = 20;
    pub const HMAC_SHA384: u8 = 21;
    pub const HMAC_SHA512: u8 = 22;
    pub const AES128_CCM_WRAP: u8 = 29;
    pub const OPAQUE_DATA: u8 = 30;
    pub const OPAQUE_X509: u8 = 31;
    pub const MGF1_SHA1: u8 = 32;
    pub const MGF1_SHA256: u8 = 33;
    pub const MGF1_SHA384: u8 = 34;
    pub const MGF1_SHA512: u8 = 35;
    pub const AES128_OTP: u8 = 37;
    pub const AES128_AUTH: u8 = 38;
    pub const AES192_OTP: u8 = 39;
    pub const AES256_OTP: u8 = 40;
    pub const AES192_CCM_WRAP: u8 = 41;
    pub const AES256_CCM_WRAP: u8 = 42;
    pub const ED25519: u8 = 46;
    pub const EC_P224: u8 = 47;
    pub const EC_P256_AUTH: u8 = 49;
    pub const AES128: u8 = 50;
    pub const AES192: u8 = 51;
    pub const AES256: u8 = 52;
}

/// Capability bits.
#[allow(missing_docs, reason = "the vendor's own names")]
pub mod capability {
    pub const GET_OPAQUE: u64 = 1;
    pub const PUT_OPAQUE: u64 = 1 << 0x01;
    pub const PUT_AUTHENTICATION_KEY: u64 = 1 << 0x02;
    pub const PUT_ASYMMETRIC_KEY: u64 = 1 << 0x03;
    pub const GENERATE_ASYMMETRIC_KEY: u64 = 1 << 0x04;
    pub const SIGN_PKCS: u64 = 1 << 0x05;
    pub const SIGN_PSS: u64 = 1 << 0x06;
    pub const SIGN_ECDSA: u64 = 1 << 0x07;
    pub const SIGN_EDDSA: u64 = 1 << 0x08;
    pub const DECRYPT_PKCS: u64 = 1 << 0x09;
    pub const DECRYPT_OAEP: u64 = 1 << 0x0a;
    pub const DERIVE_ECDH: u64 = 1 << 0x0b;
    pub const EXPORT_WRAPPED: u64 = 1 << 0x0c;
    pub const IMPORT_WRAPPED: u64 = 1 << 0x0d;
    pub const PUT_WRAP_KEY: u64 = 1 << 0x0e;
    pub const GENERATE_WRAP_KEY: u64 = 1 << 0x0f;
    pub const EXPORTABLE_UNDER_WRAP: u64 = 1 << 0x10;
    pub const SET_OPTION: u64 = 1 << 0x11;
    pub const GET_OPTION: u64 = 1 << 0x12;
    pub const GET_PSEUDO_RANDOM: u64 = 1 << 0x13;
    pub const PUT_HMAC_KEY: u64 = 1 << 0x14;
    pub const GENERATE_HMAC_KEY: u64 = 1 << 0x15;
    pub const SIGN_HMAC: u64 = 1 << 0x16;
    pub const VERIFY_HMAC: u64 = 1 << 0x17;
    pub const GET_LOG_ENTRIES: u64 = 1 << 0x18;
    pub const RESET_DEVICE: u64 = 1 << 0x1c;
    pub const DECRYPT_OTP: u64 = 1 << 0x1d;
    pub const CREATE_OTP_AEAD: u64 = 1 << 0x1e;
    pub const RANDOMIZE_OTP_AEAD: u64 = 1 << 0x1f;
    pub const REWRAP_FROM_OTP_AEAD: u64 = 1 << 0x20;
    pub const REWRAP_TO_OTP_AEAD: u64 = 1 << 0x21;
    pub const SIGN_ATTESTATION: u64 = 1 << 0x22;
    pub const PUT_OTP_AEAD_KEY: u64 = 1 << 0x23;
    pub const GENERATE_OTP_AEAD_KEY: u64 = 1 << 0x24;
    pub const WRAP_DATA: u64 = 1 << 0x25;
    pub const UNWRAP_DATA: u64 = 1 << 0x26;
    pub const DELETE_OPAQUE: u64 = 1 << 0x27;
    pub const DELETE_AUTHENTICATION_KEY: u64 = 1 << 0x28;
    pub const DELETE_ASYMMETRIC_KEY: u64 = 1 << 0x29;
    pub const DELETE_WRAP_KEY: u64 = 1 << 0x2a;
    pub const DELETE_HMAC_KEY: u64 = 1 << 0x2b;
    pub const DELETE_TEMPLATE: u64 = 1 << 0x2c;
    pub const DELETE_OTP_AEAD_KEY: u64 = 1 << 0x2d;
    pub const CHANGE_AUTHENTICATION_KEY: u64 = 1 << 0x2e;
    pub const PUT_SYMMETRIC_KEY: u64 = 1 << 0x2f;
    pub const GENERATE_SYMMETRIC_KEY: u64 = 1 << 0x30;
    pub const DELETE_SYMMETRIC_KEY: u64 = 1 << 0x31;
    pub const DECRYPT_ECB: u64 = 1 << 0x32;
    pub const ENCRYPT_ECB: u64 = 1 << 0x33;
    pub const DECRYPT_CBC: u64 = 1 << 0x34;
    pub const ENCRYPT_CBC: u64 = 1 << 0x35;
    pub const PUT_PUBLIC_WRAP_KEY: u64 = 1 << 0x36;
    pub const DELETE_PUBLIC_WRAP_KEY: u64 = 1 << 0x37;
}

/// Origin bits of an object.
#[allow(missing_docs, reason = "the vendor's own names")]
pub mod origin {
    pub const GENERATED: u8 = 0x01;
    pub const IMPORTED: u8 = 0x02;
    pub const WRAPPED: u8 = 0x10;
}
