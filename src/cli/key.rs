//! `key ...`: the public half of a key that lives elsewhere. `show` says what a
//! file holds, in every word that people compare; `challenge` writes the bytes
//! that its holder signs before the ceremony. Neither signs, and a private key
//! is refused by name.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::{Exit, check, out};
use crate::base::{Digest, Id, PublicKey};
use crate::note::Vkey;
use crate::plan::possession::challenge;
use crate::script::{MAX_BYTES, Script};
use crate::tuf::Key;
use crate::tuf::import::{Form, MAX_KEY_FILE, read_public};

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Show a public key file: algorithm, fingerprint, TUF keyid, key object, PEM.
    Show {
        /// PEM, DER, hexadecimal, JWK or a TUF key object.
        file: PathBuf,
        /// pem, der, hex-ed25519, hex-p256, jwk or tuf; needed for hexadecimal alone.
        #[arg(long, value_name = "FORM")]
        form: Option<String>,
        /// Also as a verifier key of this name: how scripts and anchors list approvers.
        #[arg(long, value_name = "NAME")]
        vkey: Option<String>,
    },
    /// Print what the holder of a script's key signs to prove possession.
    Challenge {
        /// The ceremony script; proof_of_possession may still be "waived".
        script: PathBuf,
        /// The key's id in the script.
        key: String,
        /// A new file for the bytes, instead of printing them.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

pub(super) fn key(verb: &Verb) -> Exit {
    let done = match verb {
        Verb::Show { file, form, vkey } => show(file, form.as_deref(), vkey.as_deref()),
        Verb::Challenge { script, key, out } => write_challenge(script, key, out.as_deref()),
    };
    match done {
        Ok(text) => {
            out::say(text.trim_end());
            Exit::Good
        }
        Err(why) => {
            out::complain(&why);
            Exit::Usage
        }
    }
}

fn show(path: &Path, form: Option<&str>, vkey: Option<&str>) -> Result<String, String> {
    let form = form
        .map(|word| {
            Form::parse(word).ok_or_else(|| {
                let known = Form::ALL.map(Form::name).join(", ");
                format!("--form: expected one of: {known}")
            })
        })
        .transpose()?;
    let (form, public) = read_key(&read(path, MAX_KEY_FILE)?, form, &check::name(path))?;
    let key = Key::of(&public);
    let vkey = vkey
        .map(|name| Vkey::new(name, public.clone()).map(|vkey| format!("vkey        {vkey}\n")))
        .transpose()
        .map_err(|e| format!("--vkey: {e}"))?
        .unwrap_or_default();
    Ok(format!(
        "{vkey}form        {}\nalgorithm   {}\nfingerprint {}\nsha256      {}\nkeyid       {}\nkey         {}\n\n{}",
        form.name(),
        public.algorithm().name(),
        public.fingerprint().grouped(),
        public.fingerprint(),
        key.keyid(),
        key.to_json().line(),
        public.to_pem(),
    ))
}

fn write_challenge(path: &Path, key: &str, to: Option<&Path>) -> Result<String, String> {
    let text = read(path, MAX_BYTES)?;
    let script = Script::parse(&text).map_err(|faults| {
        let all: Vec<String> = faults.0.iter().map(|f| f.render(&check::name(path))).collect();
        all.join("\n")
    })?;
    let id = Id::parse(key).map_err(|e| format!("KEY: {e}"))?;
    let spec = script
        .keys
        .iter()
        .find(|k| k.id == id)
        .ok_or_else(|| format!("the script has no [[key]] with the id {id}"))?;
    let bytes = read(&path.with_file_name(&spec.file), MAX_KEY_FILE)?;
    let got = Digest::of(&bytes);
    if got != spec.sha256 {
        return Err(format!(
            "{}: has SHA-256 {got}, the script says {} [input-digest]",
            spec.file, spec.sha256
        ));
    }
    let (_, public) = read_key(&bytes, Some(spec.form), &spec.file)?;
    if let Some(expected) = spec.fingerprint.filter(|f| *f != public.fingerprint()) {
        return Err(format!(
            "{}: expected fingerprint {expected}, got {} [input-fingerprint]",
            spec.file,
            public.fingerprint()
        ));
    }
    let text = challenge(&script, &id, &public);
    let Some(to) = to else { return Ok(text) };
    std::fs::File::create_new(to)
        .and_then(|mut file| file.write_all(text.as_bytes()).and_then(|()| file.sync_all()))
        .map_err(|e| format!("{}: {e}", check::name(to)))?;
    Ok(format!(
        "wrote {} bytes, SHA-256 {}",
        text.len(),
        Digest::of(text.as_bytes())
    ))
}

fn read_key(bytes: &[u8], form: Option<Form>, name: &str) -> Result<(Form, PublicKey), String> {
    read_public(bytes, form).map_err(|why| format!("{name}: {why} [{}]", why.code()))
}

/// At most one byte more than `limit`: whoever reads the bytes sees that it is too much.
fn read(path: &Path, limit: usize) -> Result<Vec<u8>, String> {
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(most).read_to_end(&mut bytes))
        .map_err(|e| format!("{}: {e}", check::name(path)))?;
    Ok(bytes)
}
