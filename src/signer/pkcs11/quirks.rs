//! What is known of each PKCS#11 module, as one table: where backends differ, the
//! difference stands here and the code asks. A profile is found by what library
//! and token say of themselves; one that nobody knows is `generic`, about which
//! nothing is promised. `docs/tokens.md` shows the same table (a test compares).
//! Sources: what modules answered here (facts/hsm.md 1.3, 2.1); where none was at
//! hand, documents about it, tried with nothing. No row rests on real hardware.

use crate::base::device::DeviceCard;

/// How a backend differs from the standard or from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirks {
    /// The profile's name, as on [`DeviceCard::quirks`].
    pub name: &'static str,
    /// Which devices and modules these are.
    pub of: &'static str,
    /// Keys in software: for tests and rehearsals, not for production keys (V32).
    /// The engine refuses them by `base::device::SOFTWARE_PROFILES`; a test compares.
    pub software: bool,
    /// When the user PIN locks.
    pub pin_lock: PinLock,
    /// What an SO PIN looks like.
    pub so_pin: SoPinForm,
    /// The device may wait for a touch before it signs: seconds until it gives up.
    pub touch_seconds: Option<u64>,
    /// Set up with this instead of C_InitToken and C_InitPIN.
    pub set_up_with: Option<&'static str>,
    /// C_InitToken works once: a token that is set up is never set up anew.
    pub set_up_once: bool,
    /// Every C_InitToken gives the token another serial.
    pub serial_anew: bool,
    /// What the module appends to the label that C_InitToken was given.
    pub label_suffix: &'static str,
    /// The label of a slot that is no token: the module's own functions.
    pub no_token: &'static str,
    /// CKA_LOCAL is false even for keys that were made on the token: not told.
    pub local_is_false: bool,
    /// CKR_GENERAL_ERROR of a generation is how it says that the id is taken.
    pub taken_is_general_error: bool,
    /// RSA-PSS is made by raw decryption: a key that may only sign does not sign,
    /// and one that may decrypt is refused (V31). So no RSA keys are made there.
    pub pss_by_decrypting: bool,
    /// CKA_ALWAYS_AUTHENTICATE: whether it holds what it says.
    pub always_authenticate: AlwaysAuthenticate,
    /// Whatever else a person should know.
    pub note: &'static str,
}

/// After how many wrong user PINs in a row a token locks. Never a promise of how
/// many are left: a count may have begun before we came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PinLock {
    /// It never does.
    Never,
    /// The wrong PIN of this number locks it.
    At(u8),
    /// Not known.
    Unknown,
}

/// What an SO PIN looks like; looked at before a try is spent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SoPinForm {
    /// Text within the token's limits.
    Text,
    /// Exactly 16 hexadecimal digits.
    Hex16,
    /// No security officer whom this program could ask.
    None,
}

/// What CKA_ALWAYS_AUTHENTICATE is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AlwaysAuthenticate {
    /// The key signs only after a context login.
    Enforced,
    /// The attribute says so and the key signs without: no context login is tried.
    Ignored,
    /// Not known; taken at its word.
    Unknown,
}

impl Quirks {
    /// Whether a text has the form of the SO PINs.
    #[must_use]
    pub fn takes_so_pin(&self, pin: &[u8]) -> bool {
        match self.so_pin {
            SoPinForm::Text => true,
            SoPinForm::Hex16 => pin.len() == 16 && pin.iter().all(u8::is_ascii_hexdigit),
            SoPinForm::None => false,
        }
    }
}

const GENERIC: Quirks = Quirks {
    name: "generic",
    of: "any other module",
    software: false,
    pin_lock: PinLock::Unknown,
    so_pin: SoPinForm::Text,
    touch_seconds: None,
    set_up_with: None,
    set_up_once: false,
    serial_anew: false,
    label_suffix: "",
    no_token: "",
    local_is_false: false,
    taken_is_general_error: false,
    pss_by_decrypting: false,
    always_authenticate: AlwaysAuthenticate::Unknown,
    note: "nothing is known: rehearse with the very device",
};

/// Every profile; the last one is for what nobody knows.
pub const ALL: [Quirks; 8] = [
    Quirks {
        name: "softhsm2",
        of: "SoftHSM 2",
        software: true,
        pin_lock: PinLock::Never,
        always_authenticate: AlwaysAuthenticate::Enforced,
        note: "says that tries are low after one wrong PIN; no CKM_ECDSA_SHA256; gets its serial at C_InitToken",
        ..GENERIC
    },
    Quirks {
        name: "kryoptic",
        of: "kryoptic",
        software: true,
        pin_lock: PinLock::At(10),
        serial_anew: true,
        always_authenticate: AlwaysAuthenticate::Enforced,
        note: "says that tries are low from the 7th wrong PIN on; Ed25519 points are raw bytes; gets its serial at C_InitToken, another one each time",
        ..GENERIC
    },
    Quirks {
        name: "nss",
        of: "NSS softokn",
        software: true,
        pin_lock: PinLock::Never,
        so_pin: SoPinForm::None,
        set_up_with: Some("certutil -N"),
        no_token: "NSS Generic Crypto Services",
        local_is_false: true,
        always_authenticate: AlwaysAuthenticate::Ignored,
        note: "its folder is named in NSS_LIB_PARAMS; no Ed25519; all databases have one serial",
        ..GENERIC
    },
    Quirks {
        name: "tpm2-pkcs11",
        of: "a TPM 2.0 through tpm2-pkcs11",
        pin_lock: PinLock::At(3),
        set_up_once: true,
        pss_by_decrypting: true,
        always_authenticate: AlwaysAuthenticate::Enforced,
        note: "the lock is the TPM's own and holds off the right PIN too; all its tokens have one serial; \
               no Ed25519; prints every error to stderr; is set up once",
        ..GENERIC
    },
    Quirks {
        name: "opensc-sc-hsm",
        of: "SmartCard-HSM, Nitrokey HSM 2 through OpenSC",
        pin_lock: PinLock::At(3),
        so_pin: SoPinForm::Hex16,
        label_suffix: " (UserPIN)",
        taken_is_general_error: true,
        always_authenticate: AlwaysAuthenticate::Ignored,
        note: "the session that made a key tells wrong attributes; the SO PIN has 15 tries and no way back; \
               no Ed25519",
        ..GENERIC
    },
    Quirks {
        name: "yubihsm-pkcs11",
        of: "YubiHSM 2 through yubihsm_pkcs11",
        so_pin: SoPinForm::None,
        set_up_with: Some("yubihsm-shell"),
        note: "the PIN is four hexadecimal digits of the authentication key's id, then its password; shows no \
               key before login; Ed25519 signs at most 2019 bytes; refuses CKA_ALWAYS_AUTHENTICATE; module 2.4.1 or \
               newer (YSA-2023-01)",
        ..GENERIC
    },
    Quirks {
        name: "ykcs11",
        of: "YubiKey PIV through ykcs11",
        pin_lock: PinLock::At(3),
        so_pin: SoPinForm::None,
        touch_seconds: Some(15),
        set_up_with: Some("ykman piv"),
        always_authenticate: AlwaysAuthenticate::Enforced,
        note: "a login and, by its policy, a touch before each signature; the lock's count is the factory's and \
               can be changed; makes no keys under our ids",
        ..GENERIC
    },
    GENERIC,
];

/// What a module says of itself in C_GetInfo.
#[derive(Debug, Clone, Default)]
pub(super) struct Library {
    pub(super) manufacturer: String,
    pub(super) description: String,
}

/// The profile for a token of this library.
pub(super) fn find(library: &Library, vendor: &str, model: &str) -> &'static Quirks {
    let [library_vendor, description] = [&library.manufacturer, &library.description];
    let name = if vendor.starts_with("SoftHSM") {
        "softhsm2"
    } else if library_vendor.starts_with("Kryoptic") {
        "kryoptic"
    } else if library_vendor.starts_with("Mozilla") {
        "nss"
    } else if library_vendor.contains("tpm2-software") {
        "tpm2-pkcs11"
    } else if library_vendor.starts_with("OpenSC") && is_sc_hsm(vendor, model) {
        "opensc-sc-hsm"
    } else if library_vendor.starts_with("Yubico") && description.contains("YubiHSM") {
        "yubihsm-pkcs11"
    } else if library_vendor.starts_with("Yubico") && description.contains("PIV") {
        "ykcs11"
    } else {
        "generic"
    };
    named(name)
}

/// OpenSC's driver for them gives the vendor's address; others are plain PIV or PKCS#15 cards.
fn is_sc_hsm(vendor: &str, model: &str) -> bool {
    vendor.contains("CardContact") || model.contains("SmartCard-HSM")
}

fn named(name: &str) -> &'static Quirks {
    ALL.iter().find(|q| q.name == name).unwrap_or(&GENERIC)
}

/// The profile that a card names; `generic` where it names none. It tells a
/// screen what to announce: a touch, a form of PIN.
#[must_use]
pub fn profile(card: &DeviceCard) -> &'static Quirks {
    named(&card.quirks)
}

/// The variable with the text that a module wants through C_Initialize's reserved
/// pointer, by the module's file name: it can be asked nothing before. Others
/// must refuse a pointer there (v3.1 5.4.1).
pub(super) fn reserved_variable(file_name: &str) -> Option<&'static str> {
    file_name.starts_with("libsoftokn3.").then_some("NSS_LIB_PARAMS")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(q: &Quirks) -> String {
        let lock = match q.pin_lock {
            PinLock::Never => "never".to_owned(),
            PinLock::At(n) => format!("at wrong PIN {n}"),
            PinLock::Unknown => "not known".to_owned(),
        };
        let so_pin = match q.so_pin {
            SoPinForm::Text => "text",
            SoPinForm::Hex16 => "16 hex digits",
            SoPinForm::None => "none",
        };
        let always = match q.always_authenticate {
            AlwaysAuthenticate::Enforced => "enforced",
            AlwaysAuthenticate::Ignored => "ignored",
            AlwaysAuthenticate::Unknown => "not known",
        };
        let mut more = vec![q.note.to_owned()];
        if let Some(seconds) = q.touch_seconds {
            more.push(format!("waits {seconds} s for a touch"));
        }
        if !q.label_suffix.is_empty() {
            more.push(format!("appends `{}` to labels", q.label_suffix));
        }
        if q.local_is_false {
            more.push("CKA_LOCAL is never true: read as not told".to_owned());
        }
        if q.taken_is_general_error {
            more.push("answers CKR_GENERAL_ERROR where an id is taken".to_owned());
        }
        if q.pss_by_decrypting {
            more.push("its RSA-PSS wants keys that may decrypt: no RSA keys are made".to_owned());
        }
        if !q.no_token.is_empty() {
            more.push(format!("its slot `{}` is left out", q.no_token));
        }
        if q.software {
            more.push("software".to_owned());
        }
        format!(
            "| `{}` | {} | {lock} | {so_pin} | {} | {always} | {} |",
            q.name,
            q.of,
            q.set_up_with
                .map_or("this program".to_owned(), |w| format!("`{w}`")),
            more.join("; ")
        )
    }

    #[test]
    fn the_manual_shows_this_table() {
        let manual = include_str!("../../../docs/tokens.md");
        let missing: Vec<String> = ALL.iter().map(row).filter(|row| !manual.contains(row)).collect();
        assert!(
            missing.is_empty(),
            "expected in docs/tokens.md:\n{}",
            missing.join("\n")
        );
        let rows = manual
            .lines()
            .filter(|l| l.starts_with("| `") && l.matches('|').count() == 8);
        assert_eq!(rows.count(), ALL.len(), "a row of a profile that is no more");
    }

    #[test]
    fn screens_announce_the_touches_of_this_table() {
        for quirks in ALL {
            let told = crate::base::device::touch_seconds(quirks.name);
            assert_eq!(told, quirks.touch_seconds, "{}", quirks.name);
        }
    }

    #[test]
    fn what_is_software_is_the_same_list_on_every_card() {
        use crate::base::device::SOFTWARE_PROFILES;
        let software: Vec<&str> = ALL.iter().filter(|q| q.software).map(|q| q.name).collect();
        assert_eq!(software, SOFTWARE_PROFILES);
    }

    #[test]
    fn profiles_are_found_by_what_library_and_token_say() {
        for (library, description, vendor, model, name) in [
            (
                "SoftHSM",
                "Implementation of PKCS11",
                "SoftHSM project",
                "SoftHSM v2",
                "softhsm2",
            ),
            (
                "Kryoptic",
                "Kryoptic PKCS11 Module",
                "Kryoptic Project",
                "v1",
                "kryoptic",
            ),
            (
                "Mozilla Foundation",
                "NSS Internal Crypto Services",
                "Mozilla Foundation",
                "NSS 3",
                "nss",
            ),
            (
                "tpm2-software.github.io",
                "TPM2.0 Cryptoki",
                "IBM",
                "SW   TPM",
                "tpm2-pkcs11",
            ),
            (
                "OpenSC Project",
                "OpenSC smartcard framework",
                "www.CardContact.de",
                "PKCS#15 emulated",
                "opensc-sc-hsm",
            ),
            (
                "OpenSC Project",
                "OpenSC smartcard framework",
                "piv_II",
                "PKCS#15 emulated",
                "generic",
            ),
            (
                "Yubico (www.yubico.com)",
                "YubiHSM PKCS#11 Library",
                "Yubico",
                "YubiHSM",
                "yubihsm-pkcs11",
            ),
            (
                "Yubico (www.yubico.com)",
                "PKCS#11 PIV Library (SP-800-73)",
                "Yubico (www.yubico.com)",
                "YubiKey YK5",
                "ykcs11",
            ),
            ("", "", "", "", "generic"),
        ] {
            let library = Library {
                manufacturer: library.to_owned(),
                description: description.to_owned(),
            };
            assert_eq!(find(&library, vendor, model).name, name);
        }
        assert_eq!(reserved_variable("libsoftokn3.so"), Some("NSS_LIB_PARAMS"));
        assert_eq!(reserved_variable("libsofthsm2.so"), None);
    }

    #[test]
    fn a_wrong_form_of_so_pin_is_seen_before_it_is_sent() {
        let hsm = named("opensc-sc-hsm");
        assert!(hsm.takes_so_pin(b"3537363231383830"));
        for bad in [&b"57621880"[..], b"353736323138383", b"353736323138383x", b""] {
            assert!(!hsm.takes_so_pin(bad));
        }
        assert!(named("softhsm2").takes_so_pin(b"87654321"));
        assert!(!named("nss").takes_so_pin(b"87654321"));
        assert_eq!(named("ykcs11").touch_seconds, Some(15));
    }
}
