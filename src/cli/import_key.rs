//! `import-key`: an existing private key comes into a file token. Passphrases are
//! typed, the key's file is read into one wiped buffer, and the old file is left
//! where it is: destroying it is for its owner, and is said.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::typed::Typist;
use super::{Exit, check, harden, out};
use crate::base::device::{DeviceCode, DeviceFault};
use crate::base::{Id, Secret};
use crate::fault::Code;
use crate::signer::file::{FileProvider, IMPORT_MAX, imported};

/// What was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Import {
    /// The folder of the file tokens.
    #[arg(long, value_name = "DIR")]
    devices: std::path::PathBuf,
    /// The token's serial: the name of its folder.
    #[arg(long, value_name = "SERIAL")]
    token: String,
    /// The key's name, at most 13 characters.
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The private key: PKCS#8, SEC1 or sigstore PEM, Ed25519 or P-256.
    #[arg(long, value_name = "FILE")]
    pem: std::path::PathBuf,
}

pub(super) fn import_key(asked: &Import) -> Exit {
    match run(asked) {
        Ok(()) => Exit::Good,
        Err(exit) => exit,
    }
}

fn run(asked: &Import) -> Result<(), Exit> {
    harden::harden()?;
    let name = Id::parse(&asked.name).map_err(|error| {
        out::complain(&format!("--name: {error}"));
        Exit::Usage
    })?;
    let pem = read(&asked.pem).map_err(|error| {
        out::complain(&format!("{}: {error}", check::name(&asked.pem)));
        Exit::Usage
    })?;
    let encrypted = FileProvider::is_encrypted(&pem).map_err(|fault| refused(&fault))?;
    let (old, passphrase) = ask(encrypted)?;
    let made = FileProvider::new(&asked.devices)
        .import(&asked.token, &name, &pem, old.as_ref(), &passphrase)
        .map_err(|fault| refused(&fault))?;
    out::say(&format!(
        "imported  {name} into {}\nalgorithm {}\nsha256    {}\nfile      {name}.{}.pem\n\n{}",
        asked.token,
        made.public.algorithm().name(),
        made.public.fingerprint(),
        imported(&made.public).base32(),
        made.public.to_pem().trim_end(),
    ));
    out::say("\nThe old file still holds the key. Its owner decides when it is destroyed.");
    Ok(())
}

/// One regular file into one buffer that does not grow.
pub(super) fn read(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    let mut file = File::open(path)?;
    let about = file.metadata()?;
    if !about.is_file() {
        return Err(std::io::Error::other("not a regular file"));
    }
    let mut bytes = Zeroizing::new(vec![0u8; IMPORT_MAX.saturating_add(1)]);
    let mut len = 0usize;
    while let Some(room) = bytes.get_mut(len..).filter(|room| !room.is_empty()) {
        match file.read(room)? {
            0 => break,
            n => len = len.saturating_add(n),
        }
    }
    if len > IMPORT_MAX {
        return Err(std::io::Error::other("longer than a key can be"));
    }
    bytes.truncate(len);
    Ok(bytes)
}

fn ask(encrypted: bool) -> Result<(Option<Secret>, Secret), Exit> {
    let failed = |error: std::io::Error| {
        out::card(Code::NotATerminal, &error.to_string());
        Exit::of(Code::NotATerminal)
    };
    let mut typist = Typist::open().map_err(failed)?;
    let mut one = |question: &str| typist.ask(question).map_err(failed)?.ok_or(Exit::Person);
    let old = encrypted
        .then(|| one("Old passphrase of the key (not shown): "))
        .transpose()?;
    let new = one("Passphrase of the token (not shown): ")?;
    Ok((old, new))
}

fn refused(fault: &DeviceFault) -> Exit {
    out::complain(&format!("not imported: {}", fault.meaning));
    match fault.code {
        DeviceCode::PinWrong => Exit::Person,
        DeviceCode::Storage | DeviceCode::DeviceError => Exit::Fault,
        _ => Exit::Usage,
    }
}
