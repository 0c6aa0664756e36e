//! `tuf edit FILE OPERATION.. --out DRAFT`: an unsigned draft, written once, and
//! its review. It never signs. What it would void is said before it is done, and
//! has to be counted by whoever asks for it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::{Exit, check, new_file, out};
use super::{MAX_FILE, instant, profile, read};
use crate::base::Json;
use crate::fault::Code;
use crate::tuf::delegations::DelegatedName;
use crate::tuf::edit::{self, Class, Edited, NotEdited, Request};

/// The most that is read of a key file: an RSA key of 4096 bits in PEM has 800 bytes.
const MAX_KEY: usize = 65_536;

/// The profile that nobody named.
const DEFAULT: &str = "hardware-default";

const OPERATIONS: &str = "\
Operations, one after another, applied in this order:
  add-key ROLE KEYFILE          a public key; or 8 and more characters of a keyid that FILE has
  remove-key ROLE KEYID         8 and more characters of the keyid
  revoke-key ROLE KEYID         the same; takes one --reason, which is shown with the review
  set-threshold ROLE N          how many keys of the role must sign
  re-key KEYID                  the same public key as a canonical object, under its new keyid
  set-expires INSTANT           YYYY-MM-DDTHH:MM:SSZ
  expires-in DAYS               whole days from --at
  bump-version                  the next version and nothing else
  add-target PATH LENGTH SHA256 [SHA512]
  change-target PATH LENGTH SHA256 [SHA512]
  remove-target PATH
  from-manifest FILE stay|go    a hash manifest; the files that it does not name stay or go
  add-role NAME THRESHOLD terminating|not-terminating PATHS KEYFILES
  remove-role NAME
  delegation-key NAME KEYFILE
  drop-delegation-key NAME KEYID
  delegation-threshold NAME N
  delegation-terminating NAME terminating|not-terminating
  delegation-paths NAME PATHS
  delegation-order NAMES        every delegated role once, the first is asked first
  bins BITS prefixes|succinct NAME_PREFIX THRESHOLD KEYFILES
                                2^BITS hash bins; - for no NAME_PREFIX
  set-meta FILE VERSION         in snapshot or timestamp, one later than the trusted version

PATHS, NAMES and KEYFILES: commas between; path_hash_prefixes=00,01 in place of PATHS.
FILE of version N gives a draft of version N + 1. A draft that has to be changed once more keeps
its version; name the last trusted one with --from.";

#[derive(Debug, Args)]
#[command(after_help = OPERATIONS)]
pub(in crate::cli) struct Edit {
    /// The last trusted version; or a draft that follows the one named by --from.
    file: PathBuf,
    /// Named operations with their words, one after another; see below.
    #[arg(required = true, value_name = "OPERATION")]
    operations: Vec<String>,
    /// The draft: a new file, never written over another.
    #[arg(long, value_name = "DRAFT")]
    out: PathBuf,
    /// The last trusted version, when FILE is a draft that follows it.
    #[arg(long, value_name = "OLD")]
    from: Option<PathBuf>,
    /// FILE is targets metadata of this delegated role.
    #[arg(long = "as", value_name = "NAME")]
    name: Option<String>,
    /// The targets metadata that delegates to the role named by --as.
    #[arg(long, value_name = "PARENT")]
    parent: Option<PathBuf>,
    /// Why a key is revoked; once for each revoke-key, in their order.
    #[arg(long, value_name = "TEXT")]
    reason: Vec<String>,
    /// How many signatures of a draft this edit may void: exactly as many as it carries.
    #[arg(long, value_name = "N")]
    void: Option<usize>,
    /// Whose clients must be able to read the draft, and whose policy decides the exit code: universal, hardware-default, tuf-on-ci, rstuf, pypi-pep458, sigstore. Without it hardware-default, whose policy is said and decides nothing.
    #[arg(long, value_name = "NAME")]
    profile: Option<String>,
    /// The instant of the edit, for expiry, YYYY-MM-DDTHH:MM:SSZ; without it this machine's clock.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Stable JSON instead of text.
    #[arg(long)]
    json: bool,
}

pub(super) fn edit(args: &Edit) -> Exit {
    run(args).unwrap_or_else(|exit| exit)
}

fn run(args: &Edit) -> Result<Exit, Exit> {
    let profile = profile(args.profile.as_deref().unwrap_or(DEFAULT))?;
    let (at, clock) = instant(args.at.as_deref())?;
    let refused = |e: NotEdited| refuse(&e, args.json);
    let operations = edit::parse(&args.operations, &args.reason).map_err(refused)?;
    new_file::absent(&args.out)?;
    let file = read(&args.file, MAX_FILE)?;
    let from = args.from.as_deref().map(|old| read(old, MAX_FILE)).transpose()?;
    let parent = args.parent.as_deref().map(|p| read(p, MAX_FILE)).transpose()?;
    let name = args.name.as_deref().map(DelegatedName::parse).transpose();
    let name = name.map_err(|e| NotEdited {
        code: "ROLE_NAME",
        why: format!("--as: {e}"),
    });
    let name = name.map_err(refused)?;
    let mut files = BTreeMap::new();
    for name in edit::key_files(&operations) {
        let bytes = read_named(name, MAX_KEY, "KEY_FILE").map_err(refused)?;
        files.insert(name.to_owned(), bytes);
    }
    for name in edit::manifests(&operations) {
        let bytes = read_named(name, MAX_FILE, "MANIFEST").map_err(refused)?;
        files.insert(name.to_owned(), bytes);
    }
    let edited = edit::edit(&Request {
        file: &file,
        from: from.as_deref(),
        operations: &operations,
        files: &files,
        name: name.as_ref(),
        parent: parent.as_deref(),
        at,
        void: args.void,
        profile: &profile,
    })
    .map_err(refused)?;
    new_file::write(&args.out, &edited.bytes)?;
    say(&edited, args, clock);
    // The draft is there either way: people may waive a claim where they sign, and
    // whoever named the profile must not go on in silence.
    Ok(if args.profile.is_some() && !edited.policy.is_empty() {
        Exit::Negative
    } else {
        Exit::Good
    })
}

fn say(edited: &Edited, args: &Edit, clock: &str) {
    if args.json {
        out::say(&edited.json(clock).line());
        return;
    }
    out::say(&edited.lines(clock).join("\n"));
    out::say(&format!(
        "\nwritten: {}, {} bytes, not signed",
        check::name(&args.out),
        edited.bytes.len()
    ));
}

fn read_named(name: &str, limit: usize, code: &'static str) -> Result<Vec<u8>, NotEdited> {
    let path = Path::new(name);
    let refused = |why: String| NotEdited {
        code,
        why: format!("{}: {why}", check::name(path)),
    };
    let bytes = super::read_up_to(path, limit).map_err(|e| refused(e.to_string()))?;
    if bytes.len() > limit {
        return Err(refused(format!("more than {limit} bytes")));
    }
    Ok(bytes)
}

/// The refusal, its remedy, and the exit code of its class.
fn refuse(e: &NotEdited, json: bool) -> Exit {
    if json {
        let refused = Json::object([
            ("code", e.code.into()),
            ("why", e.why.as_str().into()),
            ("remedy", e.remedy().into()),
        ]);
        out::say(&Json::object([("v", Json::Int(1)), ("refused", refused)]).line());
    }
    let (code, exit) = match e.class() {
        Class::Input => (Code::EditRefused, Exit::Usage),
        Class::Judged => (Code::EditRefused, Exit::Negative),
        Class::Person => (Code::EditVoids, Exit::Person),
    };
    out::card_with(code, &e.to_string(), e.remedy());
    exit
}
