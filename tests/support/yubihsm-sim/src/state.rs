//! What a device keeps when its process ends: objects, log, options, who it is.
//! One JSON file, replaced whole (write beside, rename), so that a killed
//! simulator leaves either the state before a command or the state after it.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::codes::{algorithm, command, object_type as kind, origin};
use crate::keys::random;
use crate::log::Log;
use crate::objects::{Object, Store, hex_bytes};
use crate::scp03::password_keys;

/// Commands that cannot be audited: they would fill the log by reading it.
const UNAUDITABLE: [u8; 4] = [
    command::ECHO,
    command::SESSION_MESSAGE,
    command::DEVICE_INFO,
    command::GET_LOG_ENTRIES,
];

/// The kept state.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct State {
    /// Serial number.
    pub serial: u32,
    /// Firmware version.
    pub firmware: (u8, u8, u8),
    /// Objects.
    pub store: Store,
    /// Audit log.
    pub log: Log,
    /// Force-audit option: 0 off, 1 on, 2 fixed.
    pub force_audit: u8,
    /// Per-command audit, where it was set.
    pub audit: BTreeMap<u8, u8>,
    /// Algorithms switched off.
    pub disabled: Vec<u8>,
    /// The device's static P-256 key for asymmetric authentication.
    #[serde(with = "hex_bytes")]
    pub device_key: Vec<u8>,
}

impl State {
    /// A device as it leaves the factory (or a reset).
    #[must_use]
    pub fn fresh(serial: u32, firmware: (u8, u8, u8)) -> Self {
        let mut seed = [0; 32];
        seed.copy_from_slice(&random(32));
        let mut log = Log::fresh(seed);
        log.record_boot();
        let mut store = Store::default();
        let (enc, mac) = password_keys(b"password");
        let mut label = b"DEFAULT AUTHKEY CHANGE THIS ASAP".to_vec();
        label.resize(40, 0);
        let key = Object {
            id: 1,
            kind: kind::AUTHENTICATION_KEY,
            capabilities: u64::MAX,
            delegated: u64::MAX,
            domains: u16::MAX,
            algorithm: algorithm::AES128_AUTH,
            sequence: 0,
            origin: origin::IMPORTED,
            label,
            body: [enc, mac].concat(),
        };
        store.add(key).expect("an empty store");
        let device_key = crate::curve::curve(algorithm::EC_P256).expect("known").generate();
        let (audit, disabled) = (BTreeMap::new(), Vec::new());
        Self {
            serial,
            firmware,
            store,
            log,
            force_audit: 0,
            audit,
            disabled,
            device_key,
        }
    }

    /// Whether this firmware has the command at all.
    #[must_use]
    pub fn has_command(&self, code: u8) -> bool {
        let known = command::NAMES.iter().any(|(known, _)| *known == code);
        known
            && match code {
                command::DEVICE_PUBLIC_KEY | command::PUT_SYMMETRIC_KEY..=command::ENCRYPT_CBC => {
                    self.firmware >= (2, 3, 0)
                }
                command::PUT_PUBLIC_WRAP_KEY..=command::IMPORT_WRAPPED_RSA => self.firmware >= (2, 4, 0),
                _ => true,
            }
    }

    /// Commands whose audit can be set.
    pub fn auditable(&self) -> impl Iterator<Item = u8> + '_ {
        let codes = command::NAMES.iter().map(|(code, _)| *code);
        codes.filter(|code| self.has_command(*code) && !UNAUDITABLE.contains(code))
    }

    /// The audit setting of a command: from firmware 2.3.1 on off by default, before that on.
    #[must_use]
    pub fn audit_of(&self, code: u8) -> u8 {
        if UNAUDITABLE.contains(&code) {
            return 0;
        }
        let default = u8::from(self.firmware < (2, 3, 1));
        self.audit.get(&code).copied().unwrap_or(default)
    }

    /// Algorithms that device info lists.
    #[must_use]
    pub fn algorithms(&self) -> Vec<u8> {
        let last = match self.firmware {
            firmware if firmware < (2, 3, 0) => 47,
            firmware if firmware < (2, 4, 0) => 54,
            _ => 55,
        };
        (1..=last).collect()
    }

    /// Reads the file; None where there is none yet.
    ///
    /// # Errors
    /// Where it cannot be read or is no state.
    pub fn load(path: &Path) -> io::Result<Option<Self>> {
        match fs::read(path) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Replaces the file whole.
    ///
    /// # Errors
    /// Where it cannot be written.
    pub fn save(&self, path: &Path) -> io::Result<()> {
        let mut beside = PathBuf::from(path).into_os_string();
        beside.push(".new");
        fs::write(&beside, serde_json::to_vec(self)?)?;
        fs::rename(&beside, path)
    }
}
