//! `token.json`: what a token in a folder knows of itself. Strict JSON, no
//! secret in it; replaced as a whole, flushed before anything depends on it.

use serde::{Serialize, de::DeserializeOwned};

use super::folder::Folder;
use super::keystore::storage;
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation};
use crate::base::{Json, shown};
use crate::signer::fault::fault;

/// The file's name in the token's folder.
pub(crate) const STATE: &str = "token.json";

/// Reads the state.
pub(crate) fn read<T: DeserializeOwned>(operation: Operation, folder: &Folder) -> Result<T, DeviceFault> {
    let bytes = folder
        .read(STATE)
        .map_err(storage(operation, Changed::No, folder))?;
    Json::parse(&bytes).and_then(|json| json.read()).map_err(|error| {
        fault(
            operation,
            DeviceCode::AnswerRefused,
            Changed::No,
            &format!("{}: {STATE}: {error}", folder.path().display()),
        )
    })
}

/// Replaces the state, durably. The caller holds the lock.
pub(crate) fn write<T: Serialize>(
    operation: Operation,
    folder: &Folder,
    state: &T,
) -> Result<(), DeviceFault> {
    let failed = storage(operation, Changed::Unknown, folder);
    let text = Json::of(state)
        .map_err(|error| failed(std::io::Error::other(error.to_string())))?
        .indented();
    folder.write_part(STATE, text.as_bytes()).map_err(&failed)?;
    folder.commit_over(STATE).map_err(&failed)
}

/// A serial becomes a folder's name: letters, digits, `.`, `_`, `-`, at most 32,
/// a letter or digit first, so that it never leaves the base folder.
pub(crate) fn check_serial(operation: Operation, serial: &str) -> Result<(), DeviceFault> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let ok = serial.len() <= 32
        && serial.starts_with(|c: char| c.is_ascii_alphanumeric())
        && serial.chars().all(plain);
    if ok {
        Ok(())
    } else {
        Err(fault(
            operation,
            DeviceCode::NotFound,
            Changed::No,
            &format!(
                "\"{}\" cannot be the serial of a token in a folder",
                shown(serial, 40)
            ),
        ))
    }
}
