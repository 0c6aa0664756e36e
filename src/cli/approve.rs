//! `approve SCRIPT`: who has approved a script's exact bytes, and who is missing.
//! Signatures come from anywhere: a smartcard and its own tool, another machine, a
//! key file here. Each is verified before it joins `SCRIPT.approvals`, and a file
//! that holds anything else is never added to. Format: docs/approval-format.md.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use data_encoding::BASE64;

use super::{Exit, check, new_file, out};
use crate::base::{Json, shown};
use crate::fault::Code;
use crate::note::{Note, SignatureType, Vkey};
use crate::plan::{Plan, summary};
use crate::script::{Approved, MAX_NOTE, NotApproved, Script};
use crate::transcript::words;

/// What was asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Asked {
    /// The script; its approvals lie beside it, in SCRIPT.approvals.
    script: PathBuf,
    /// Write exactly the bytes that an approver signs, to a new file or, for -, to standard output.
    #[arg(long, value_name = "FILE", group = "way")]
    write_text: Option<PathBuf>,
    /// Add a signature that was made elsewhere, of the approver with this name.
    #[arg(long, value_name = "NAME", requires = "signature", group = "way")]
    add: Option<String>,
    /// The signature to add: raw, DER, or either in base64 on one line.
    #[arg(long, value_name = "FILE", requires = "add")]
    signature: Option<PathBuf>,
    /// Add the approvals of another file over the same bytes.
    #[arg(long, value_name = "FILE", group = "way")]
    merge: Option<PathBuf>,
    /// Stable JSON instead of text.
    #[arg(long, conflicts_with = "write_text")]
    json: bool,
    /// Approve here, with an encrypted key file; its passphrase is typed.
    #[cfg(feature = "ceremony")]
    #[arg(long, value_name = "FILE", group = "way")]
    key: Option<PathBuf>,
}

pub(super) fn approve(asked: &Asked) -> Exit {
    match run(asked) {
        Ok(exit) | Err(exit) => exit,
    }
}

fn run(asked: &Asked) -> Result<Exit, Exit> {
    // Nobody approves what does not pass the check: everything that it names is here.
    let plan = check::load(&asked.script)?;
    let script = plan.script();
    if script.approvals.is_none() {
        return Err(refuse(&NotApproved::Nobody));
    }
    if let Some(to) = &asked.write_text {
        return write_text(&plan, &asked.script, to);
    }
    let file = beside_name(&asked.script);
    let mut note = stored(script, &file)?;
    if let (Some(name), Some(signature)) = (&asked.add, &asked.signature) {
        let bytes = read(signature)?;
        let vkey = approver(script, name)?;
        let line = signed(script, vkey, &bytes)?;
        add(&mut note, line)?;
        save(script, &file, &note)?;
    }
    if let Some(other) = &asked.merge {
        let (theirs, _) = script.read_approvals(&read(other)?).map_err(|why| {
            out::complain(&format!("{}: {why} [{}]", check::name(other), why.code()));
            Exit::Usage
        })?;
        let known: Vec<_> = note.signatures().to_vec();
        let new = |line: &&crate::note::Line| {
            known
                .iter()
                .all(|k| (k.name(), k.key_id()) != (line.name(), line.key_id()))
        };
        for line in theirs.signatures().iter().filter(new) {
            add(&mut note, line.clone())?;
        }
        if note.signatures().len() > known.len() {
            save(script, &file, &note)?;
        }
    }
    #[cfg(feature = "ceremony")]
    if let Some(key) = &asked.key {
        let line = super::approve_here::sign(&plan, key)?;
        add(&mut note, line)?;
        save(script, &file, &note)?;
    }
    Ok(show(&plan, &note, asked))
}

/// The plan with the note beside its script, where there is one. What is wrong is printed.
#[cfg(feature = "ceremony")]
pub(super) fn beside(plan: Plan, script: &Path) -> Result<Plan, Exit> {
    let file = beside_name(script);
    match check::read_limited(&file, MAX_NOTE) {
        Ok(bytes) => Ok(plan.with_approvals(bytes)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(plan),
        Err(e) => Err(unreadable(&file, &e)),
    }
}

/// `SCRIPT.approvals`.
fn beside_name(script: &Path) -> PathBuf {
    let mut name = script.as_os_str().to_owned();
    name.push(".approvals");
    PathBuf::from(name)
}

/// The note that is there, or one that nobody has signed yet.
fn stored(script: &Script, file: &Path) -> Result<Note, Exit> {
    match check::read_limited(file, MAX_NOTE) {
        Ok(bytes) => script
            .read_approvals(&bytes)
            .map(|(note, _)| note)
            .map_err(|why| {
                out::complain(&format!("{}: {why} [{}]", check::name(file), why.code()));
                out::complain("nothing was changed; move the file away to begin anew");
                Exit::Negative
            }),
        Err(e) if e.kind() == ErrorKind::NotFound => Note::new(&script.approval_text()).map_err(|e| {
            out::card(Code::Internal, &e.to_string());
            Exit::Fault
        }),
        Err(e) => Err(unreadable(file, &e)),
    }
}

fn write_text(plan: &Plan, script: &Path, to: &Path) -> Result<Exit, Exit> {
    let text = plan.script().approval_text();
    if to == Path::new("-") {
        out::say(text.trim_end_matches('\n'));
        return Ok(Exit::Good);
    }
    new_file::write(to, text.as_bytes())?;
    for line in said(plan) {
        out::say(&line);
    }
    let (script, to) = (check::name(script), check::name(to));
    out::say(&format!(
        "\nwrote {to}: the {} bytes to sign. Then: tuf-ceremony approve {script} --add NAME --signature FILE",
        text.len()
    ));
    Ok(Exit::Good)
}

/// What an approver reads before anything is signed, with the digest in words.
fn said(plan: &Plan) -> Vec<String> {
    let mut lines = summary(plan);
    lines.push(String::new());
    lines.push(format!("script SHA-256 {}", plan.script().sha256.hex()));
    lines.extend(words::numbered(&plan.script().sha256));
    lines
}

fn show(plan: &Plan, note: &Note, asked: &Asked) -> Exit {
    let script = plan.script();
    let approved = match script.read_approvals(note.to_string().as_bytes()) {
        Ok((_, approved)) => approved,
        // Nobody has signed yet: a note without lines is none.
        Err(_) => Approved {
            by: Vec::new(),
            missing: script.approvals.iter().flat_map(|a| a.keys.clone()).collect(),
            quorum: script.approvals.as_ref().map_or(0, |a| a.quorum),
        },
    };
    let met = if approved.met() {
        Exit::Good
    } else {
        Exit::Negative
    };
    if asked.json {
        out::say(&json(script, &approved).line());
        return met;
    }
    for line in said(plan) {
        out::say(&line);
    }
    out::say("");
    let line = |word: &str, vkey: &Vkey| {
        let key = vkey.key();
        let print = key.fingerprint().grouped();
        let name = shown(vkey.name(), 60);
        out::say(&format!(
            "{word}  {name} ({}, fingerprint {print})",
            key.algorithm().name()
        ));
    };
    approved.by.iter().for_each(|vkey| line("approved", vkey));
    approved.missing.iter().for_each(|vkey| line("missing ", vkey));
    let got = approved.by.len();
    let of = got.saturating_add(approved.missing.len());
    let file = check::name(&beside_name(&asked.script));
    if approved.met() {
        out::say(&format!("met: {got} of {of}, {} must; {file}", approved.quorum));
        return met;
    }
    let more = usize::try_from(approved.quorum)
        .unwrap_or(usize::MAX)
        .saturating_sub(got);
    out::say(&format!(
        "NOT MET: {got} of {of}, {} must, {more} more; {file}",
        approved.quorum
    ));
    met
}

/// docs/approval-format.md, JSON.
fn json(script: &Script, approved: &Approved) -> Json {
    let people = |vkeys: &[Vkey]| {
        let one = |vkey: &Vkey| {
            let key = vkey.key();
            Json::object([
                ("name", Json::from(shown(vkey.name(), 200).as_str())),
                ("vkey", Json::from(vkey.to_string())),
                ("algorithm", Json::from(key.algorithm().name())),
                ("fingerprint", Json::from(key.fingerprint().hex())),
            ])
        };
        Json::Array(vkeys.iter().map(one).collect())
    };
    Json::object([
        ("v", Json::Int(1)),
        ("script", Json::from(script.sha256.hex())),
        ("ceremony", Json::from(script.ceremony.to_string())),
        ("kind", Json::from(script.kind.name())),
        ("quorum", Json::Int(i64::from(approved.quorum))),
        ("met", Json::Bool(approved.met())),
        ("approved", people(&approved.by)),
        ("missing", people(&approved.missing)),
    ])
}

/// The approver of this name, or of this whole verifier key.
fn approver<'s>(script: &'s Script, name: &str) -> Result<&'s Vkey, Exit> {
    let keys = script.approvals.iter().flat_map(|a| &a.keys);
    Vkey::named(keys.clone(), name).ok_or_else(|| {
        let known: Vec<String> = keys.map(|k| shown(k.name(), 60)).collect();
        let known = known.join(", ");
        out::complain(&format!(
            "expected one of the script's approvers, {known}; got {}",
            shown(name, 80)
        ));
        refuse(&NotApproved::NotListed(shown(name, 80)))
    })
}

/// The line of a signature that was made elsewhere, once it verifies.
fn signed(script: &Script, vkey: &Vkey, bytes: &[u8]) -> Result<crate::note::Line, Exit> {
    line_of(&script.approval_text(), vkey, bytes)
        .ok_or_else(|| refuse(&NotApproved::Wrong(shown(vkey.name(), 80))))
}

/// The line of a signature over `text` in any form that a tool gives it, raw, DER or
/// base64, if it verifies.
pub(super) fn line_of(text: &str, vkey: &Vkey, bytes: &[u8]) -> Option<crate::note::Line> {
    let line = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let decoded = BASE64.decode(line).ok();
    let forms = [Some(bytes.to_vec()), decoded].into_iter().flatten();
    for form in forms {
        if let Ok(line) = Note::sign_line(text, vkey, &form) {
            return Some(line);
        }
        // Cards and pkcs11-tool give the two numbers of ECDSA bare; a note has them in DER.
        let bare = p256::ecdsa::Signature::from_slice(&form)
            .ok()
            .filter(|_| vkey.signs() == SignatureType::EcdsaP256);
        if let Some(Ok(line)) = bare.map(|s| Note::sign_line(text, vkey, s.to_der().as_bytes())) {
            return Some(line);
        }
    }
    None
}

fn add(note: &mut Note, line: crate::note::Line) -> Result<(), Exit> {
    note.add(line).map_err(|e| {
        out::complain(&format!("nothing was changed: {e}"));
        Exit::Usage
    })
}

/// Read back as `run` will read it before it takes the place of what was there.
fn save(script: &Script, file: &Path, note: &Note) -> Result<(), Exit> {
    let bytes = note.to_string().into_bytes();
    script.read_approvals(&bytes).map_err(|why| refuse(&why))?;
    new_file::replace(file, &bytes)
}

fn read(path: &Path) -> Result<Vec<u8>, Exit> {
    check::read_limited(path, MAX_NOTE).map_err(|e| unreadable(path, &e))
}

fn unreadable(path: &Path, e: &std::io::Error) -> Exit {
    out::complain(&format!("{}: {e}", check::name(path)));
    Exit::Usage
}

pub(super) fn refuse(why: &NotApproved) -> Exit {
    out::complain(&format!("nothing was changed: {why} [{}]", why.code()));
    Exit::Usage
}
