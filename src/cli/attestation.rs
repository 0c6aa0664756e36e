//! `attestation verify`: judges what a device says about a key, from files, and
//! prints named checks, a verdict and what it does not prove. It decides
//! nothing: the checks are `attestation`'s, the exit code is the verdict.

use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::{Exit, check, out};
use crate::attestation::{
    Kind, NotACertificate, Pin, Report, Verdict, Waiver, certificates, cvc, piv, public_key_der, yubihsm,
};
use crate::base::{Digest, shown};
use crate::fault::Code;

/// The most that is read of one file. A file of all of a vendor's authorities
/// has 20 KiB.
const MAX_FILE: u64 = 256 * 1024;

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Judge what a device says about one of its keys.
    Verify(Box<Verify>),
}

#[derive(Debug, Args)]
pub(super) struct Verify {
    /// yubihsm, piv or cvc (SmartCard-HSM, Nitrokey HSM 2).
    #[arg(long, value_name = "KIND")]
    kind: String,
    /// The statement about the key, the device's certificate, then authorities
    /// in any order; DER, PEM, or card-verifiable certificates.
    #[arg(required = true, num_args = 1.., value_name = "FILE")]
    files: Vec<PathBuf>,
    /// More authorities: the root; it counts only if it is the pinned one.
    #[arg(long, value_name = "FILE")]
    root: Vec<PathBuf>,
    /// A root made for practice, pinned for this call; the verdict says so.
    #[arg(long, value_name = "FILE")]
    rehearsal_root: Option<PathBuf>,
    /// The serial printed on the device.
    #[arg(long)]
    serial: Option<String>,
    /// The public key that enters the metadata.
    #[arg(long, value_name = "PEM")]
    key: Option<PathBuf>,
    /// yubihsm: the object's label.
    #[arg(long)]
    label: Option<String>,
    /// yubihsm: the object's id, as 3 or 0x0003.
    #[arg(long)]
    id: Option<String>,
    /// yubihsm: the object's domains, as 1 or 1,2.
    #[arg(long)]
    domains: Option<String>,
    /// yubihsm: the object's capabilities, exactly; without it sign-ecdsa alone.
    #[arg(long, value_name = "NAME,..", value_delimiter = ',')]
    capabilities: Vec<String>,
    /// piv: PIN policies that are taken; without it any but never.
    #[arg(long, value_name = "POLICY,..", value_delimiter = ',')]
    pin_policy: Vec<String>,
    /// piv: touch policies that are taken; without it always.
    #[arg(long, value_name = "POLICY,..", value_delimiter = ',')]
    touch_policy: Vec<String>,
    /// piv: the slot; without it 9c.
    #[arg(long)]
    slot: Option<String>,
    /// An authority that people have decided to accept, by its SHA-256.
    #[arg(long, value_name = "SHA256")]
    accept_authority: Vec<String>,
    /// Accept firmware below the floor, for this reason.
    #[arg(long, value_name = "REASON")]
    waive_firmware: Option<String>,
    /// Stable JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn attestation(verb: &Verb) -> Exit {
    let Verb::Verify(args) = verb;
    let judged = match Kind::parse(&args.kind) {
        Some(kind) => judge(kind, args),
        None => Err(Refusal::Usage("--kind: expected yubihsm, piv or cvc".to_owned())),
    };
    match judged {
        Ok(report) => {
            if args.json {
                out::say(&report.json().line());
            } else {
                out::say(&report.lines().join("\n"));
            }
            match report.verdict() {
                Verdict::Good | Verdict::Rehearsal => Exit::Good,
                Verdict::NeedsPerson => Exit::Person,
                Verdict::Refused => Exit::Negative,
            }
        }
        Err(Refusal::Usage(words)) => {
            out::complain(&words);
            Exit::Usage
        }
        Err(Refusal::File(found)) => {
            out::card(Code::AttestationUnreadable, &found);
            Exit::of(Code::AttestationUnreadable)
        }
    }
}

enum Refusal {
    Usage(String),
    File(String),
}

fn judge(kind: Kind, args: &Verify) -> Result<Report, Refusal> {
    only_for(args.label.is_some(), "--label", kind, &[Kind::YubiHsm])?;
    only_for(args.id.is_some(), "--id", kind, &[Kind::YubiHsm])?;
    only_for(args.domains.is_some(), "--domains", kind, &[Kind::YubiHsm])?;
    only_for(
        !args.capabilities.is_empty(),
        "--capabilities",
        kind,
        &[Kind::YubiHsm],
    )?;
    only_for(args.slot.is_some(), "--slot", kind, &[Kind::Piv])?;
    only_for(!args.pin_policy.is_empty(), "--pin-policy", kind, &[Kind::Piv])?;
    only_for(
        !args.touch_policy.is_empty(),
        "--touch-policy",
        kind,
        &[Kind::Piv],
    )?;
    only_for(
        args.waive_firmware.is_some(),
        "--waive-firmware",
        kind,
        &[Kind::YubiHsm, Kind::Piv],
    )?;
    let mut parts = Vec::new();
    for path in args.files.iter().chain(&args.root) {
        parts.extend(split(kind, path)?);
    }
    let mut pin = Pin::Vendor;
    if let Some(path) = &args.rehearsal_root {
        let found = split(kind, path)?;
        if let [root] = found.as_slice() {
            pin = Pin::Rehearsal {
                name: check::name(path),
                sha256: Digest::of(root),
            };
        } else {
            return Err(Refusal::File(format!(
                "{}: expected one root, got {} certificates",
                check::name(path),
                found.len()
            )));
        }
        parts.extend(found);
    }
    let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
    let [statement, device, authorities @ ..] = parts.as_slice() else {
        return Err(Refusal::Usage(
            "expected the statement about the key and the device's certificate, then authorities".to_owned(),
        ));
    };
    let given = Given::read(args)?;
    Ok(match kind {
        Kind::YubiHsm => yubihsm::judge(
            &yubihsm::Evidence {
                attestation: statement,
                device,
                authorities,
            },
            &expected_yubihsm(args, given, pin)?,
        ),
        Kind::Piv => piv::judge(
            &piv::Evidence {
                attestation: statement,
                device,
                authorities,
            },
            &expected_piv(args, given, pin)?,
        ),
        Kind::Cvc => cvc::judge(
            &cvc::Evidence {
                request: statement,
                device,
                authorities,
            },
            &cvc::Expected {
                serial: args.serial.clone(),
                public_key: given.key,
                accepted_authorities: given.accepted,
                ..cvc::Expected::new(pin)
            },
        ),
    })
}

fn expected_yubihsm(args: &Verify, given: Given, pin: Pin) -> Result<yubihsm::Expected, Refusal> {
    let mut expected = yubihsm::Expected::new(pin);
    expected.serial = args.serial.as_deref().map(number).transpose()?;
    expected.public_key = given.key;
    expected.object_id = args.id.as_deref().map(id).transpose()?;
    expected.label.clone_from(&args.label);
    expected.domains = args.domains.as_deref().map(domains).transpose()?;
    if !args.capabilities.is_empty() {
        expected.capabilities = yubihsm::capabilities(args.capabilities.iter().map(String::as_str))
            .ok_or_else(|| {
                bad(
                    "--capabilities",
                    &args.capabilities.join(","),
                    "names such as sign-ecdsa",
                )
            })?;
    }
    expected.firmware_waiver = given.waiver;
    expected.accepted_authorities = given.accepted;
    Ok(expected)
}

fn expected_piv(args: &Verify, given: Given, pin: Pin) -> Result<piv::Expected, Refusal> {
    let mut expected = piv::Expected::new(pin);
    expected.serial = args.serial.as_deref().map(number).transpose()?;
    expected.public_key = given.key;
    expected.slot = args.slot.as_deref().map_or(Ok(piv::SIGNATURE_SLOT), slot)?;
    if !args.pin_policy.is_empty() {
        let words = "never, once, always, match-once or match-always";
        expected.pin_policies = words_of("--pin-policy", &args.pin_policy, piv::PinPolicy::parse, words)?;
    }
    if !args.touch_policy.is_empty() {
        let words = "never, always or cached";
        expected.touch_policies = words_of(
            "--touch-policy",
            &args.touch_policy,
            piv::TouchPolicy::parse,
            words,
        )?;
    }
    expected.firmware_waiver = given.waiver;
    expected.accepted_authorities = given.accepted;
    Ok(expected)
}

fn words_of<T>(
    option: &str,
    given: &[String],
    parse: fn(&str) -> Option<T>,
    expected: &str,
) -> Result<Vec<T>, Refusal> {
    given
        .iter()
        .map(|word| parse(word).ok_or_else(|| bad(option, word, expected)))
        .collect()
}

/// What the call gives to every kind.
struct Given {
    key: Option<Vec<u8>>,
    waiver: Option<Waiver>,
    accepted: Vec<Digest>,
}

impl Given {
    fn read(args: &Verify) -> Result<Given, Refusal> {
        let key = match &args.key {
            None => None,
            Some(path) => Some(public_key_der(&read(path)?).map_err(|e| not_read(path, &e))?),
        };
        let waiver = match &args.waive_firmware {
            None => None,
            Some(reason) => Some(Waiver::new(reason).ok_or_else(|| {
                Refusal::Usage(
                    "--waive-firmware: expected a reason of 8 to 400 printable ASCII characters".to_owned(),
                )
            })?),
        };
        let accepted = args
            .accept_authority
            .iter()
            .map(|text| Digest::parse(text).map_err(|e| Refusal::Usage(format!("--accept-authority: {e}"))))
            .collect::<Result<_, _>>()?;
        Ok(Given {
            key,
            waiver,
            accepted,
        })
    }
}

fn only_for(given: bool, option: &str, kind: Kind, kinds: &[Kind]) -> Result<(), Refusal> {
    if given && !kinds.contains(&kind) {
        return Err(Refusal::Usage(format!(
            "{option} says nothing for --kind {}",
            kind.as_str()
        )));
    }
    Ok(())
}

/// The certificates of a file, in the form of the kind.
fn split(kind: Kind, path: &Path) -> Result<Vec<Vec<u8>>, Refusal> {
    let bytes = read(path)?;
    match kind {
        Kind::YubiHsm | Kind::Piv => certificates(&bytes),
        Kind::Cvc => cvc::elements(&bytes).map(|all| all.into_iter().map(<[u8]>::to_vec).collect()),
    }
    .map_err(|e| not_read(path, &e))
}

fn not_read(path: &Path, e: &NotACertificate) -> Refusal {
    Refusal::File(format!("{}: {e}", check::name(path)))
}

fn read(path: &Path) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE.saturating_add(1)).read_to_end(&mut bytes))
        .map_err(|e| Refusal::File(format!("{}: {e}", check::name(path))))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAX_FILE {
        return Err(Refusal::File(format!(
            "{}: more than {MAX_FILE} bytes",
            check::name(path)
        )));
    }
    Ok(bytes)
}

/// A serial as it is printed: decimal digits, leading zeroes as they may be.
fn number(text: &str) -> Result<u32, Refusal> {
    text.parse()
        .map_err(|_| bad("--serial", text, "decimal digits, as printed on the device"))
}

fn id(text: &str) -> Result<u16, Refusal> {
    match text.strip_prefix("0x") {
        Some(hex) => u16::from_str_radix(hex, 16),
        None => text.parse(),
    }
    .map_err(|_| bad("--id", text, "an object id such as 3 or 0x0003"))
}

fn domains(text: &str) -> Result<u16, Refusal> {
    let wrong = || bad("--domains", text, "numbers from 1 to 16, as 1 or 1,2");
    text.split(',').try_fold(0_u16, |all, one| {
        let number: u32 = one.trim().parse().map_err(|_| wrong())?;
        let bit = number
            .checked_sub(1)
            .and_then(|n| 1_u16.checked_shl(n))
            .ok_or_else(wrong)?;
        Ok(all | bit)
    })
}

fn slot(text: &str) -> Result<u8, Refusal> {
    u8::from_str_radix(text, 16).map_err(|_| bad("--slot", text, "a slot such as 9c"))
}

fn bad(option: &str, got: &str, expected: &str) -> Refusal {
    Refusal::Usage(format!("{option} {}: expected {expected}", shown(got, 40)))
}
