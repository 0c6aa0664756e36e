//! `tuf lint`: what the models of five real clients say about single files, or
//! about a whole repository from every root that a client may have. The exit
//! code speaks for the clients that the profile names; the others are shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::super::{Exit, check, out};
use super::{MAX_FILE, instant, profile, read, refused, unreadable};
use crate::base::{Instant, Json, shown};
use crate::tuf::clients::{Client, Profile, Verdict, judge_from_every_root, lint_file};
use crate::tuf::show::{expired, uncounted};
use crate::tuf::{Document, Refused};

/// The most files that are read of one repository.
const MAX_FILES: usize = 100_000;

#[derive(Debug, Args)]
pub(in crate::cli) struct Lint {
    /// Metadata files, each judged by itself; the role is in its name.
    #[arg(required_unless_present = "repository")]
    files: Vec<PathBuf>,
    /// A folder of published metadata, judged as a client walks it.
    #[arg(long, value_name = "DIR")]
    repository: Option<PathBuf>,
    /// The oldest root that a client still has: older ones are not judged.
    #[arg(long, value_name = "N", requires = "repository", value_parser = clap::value_parser!(u64).range(1..))]
    from: Option<u64>,
    /// Whose verdicts decide: universal, hardware-default, tuf-on-ci, rstuf, pypi-pep458, sigstore.
    #[arg(long, value_name = "NAME", default_value = "hardware-default")]
    profile: String,
    /// Judge expiry at this instant, YYYY-MM-DDTHH:MM:SSZ, not at this machine's clock.
    #[arg(long, value_name = "INSTANT")]
    at: Option<String>,
    /// Stable JSON instead of text.
    #[arg(long)]
    json: bool,
}

/// One client's word on one file or repository.
struct Row {
    of: String,
    client: Client,
    decides: bool,
    verdict: Verdict,
}

/// Files, and what is said of their keys whatever a client thinks.
type Notes = Vec<(String, String)>;

pub(super) fn lint(args: &Lint) -> Exit {
    let profile = match profile(&args.profile) {
        Ok(profile) => profile,
        Err(exit) => return exit,
    };
    let clock = match instant(args.at.as_deref()) {
        Ok(clock) => clock,
        Err(exit) => return exit,
    };
    match rows(args, &profile, clock.0) {
        Ok((rows, notes)) => {
            out::say(&if args.json {
                json(&rows, &notes, &profile, clock)
            } else {
                lines(&rows, &notes, &profile, clock)
            });
            // Fail closed: what a model does not know is no acceptance.
            if rows.iter().all(|row| !row.decides || row.verdict.accepts()) {
                Exit::Good
            } else {
                Exit::Negative
            }
        }
        Err(exit) => exit,
    }
}

fn rows(args: &Lint, profile: &Profile, at: Instant) -> Result<(Vec<Row>, Notes), Exit> {
    let row = |of: String, client: Client, verdict: Verdict| Row {
        of,
        client,
        decides: profile.clients.contains(&client),
        verdict,
    };
    let (mut rows, mut notes) = (Vec::new(), Notes::new());
    // A file by itself may be history, which clients walk through expired (TUF 5.3.10): no verdict hangs on it.
    let mut note = |of: &str, bytes: &[u8], at: Option<Instant>| {
        let lines = uncounted(bytes)
            .into_iter()
            .chain(at.and_then(|at| expired(bytes, at)));
        notes.extend(lines.map(|line| (of.to_owned(), line)));
    };
    for path in &args.files {
        let bytes = read(path, MAX_FILE)?;
        not_flooded(path, &bytes)?;
        note(&check::name(path), &bytes, Some(at));
        let role = role_of(path);
        for client in Client::ALL {
            rows.push(row(check::name(path), *client, lint_file(*client, &role, &bytes)));
        }
    }
    if let Some(folder) = &args.repository {
        let mut files = repository(folder)?;
        let first = args.from.unwrap_or(1);
        // Clients begin at the root that they have, and never ask for an older one (TUF 5.3).
        files.retain(|name, _| root_version(name).is_none_or(|version| version >= first));
        if !files.keys().any(|name| root_version(name) == Some(first)) && args.from.is_some() {
            return Err(unreadable(folder, &format!("no {first}.root.json")));
        }
        for (name, bytes) in &files {
            note(&shown(name, 200), bytes, None);
        }
        for client in Client::ALL {
            let (from, verdict) = judge_from_every_root(*client, &files, at);
            rows.push(row(
                format!("{} from root {from}", check::name(folder)),
                *client,
                verdict,
            ));
        }
    }
    Ok((rows, notes))
}

/// 3 of `3.root.json`.
fn root_version(name: &str) -> Option<u64> {
    name.strip_suffix(".root.json")?.parse().ok()
}

/// More signatures than anybody makes are refused before five models build trees of them (V18).
fn not_flooded(path: &Path, bytes: &[u8]) -> Result<(), Exit> {
    match Document::read(bytes) {
        Err(why @ Refused::SignatureFlood { .. }) => Err(refused(path, &why)),
        // Whatever else is wrong is for the models to say, client by client.
        _ => Ok(()),
    }
}

/// `targets` of `3.targets.json`.
fn role_of(path: &Path) -> String {
    let name = path
        .file_name()
        .map(|n| n.to_string_lossy().into_owned())
        .unwrap_or_default();
    let stem = name.strip_suffix(".json").unwrap_or(&name);
    match stem.split_once('.') {
        Some((version, role)) if version.bytes().all(|b| b.is_ascii_digit()) => role.to_owned(),
        _ => stem.to_owned(),
    }
}

/// The JSON files of the folder, or of its `metadata`.
fn repository(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, Exit> {
    let inner = folder.join("metadata");
    let folder = if inner.is_dir() { &inner } else { folder };
    let entries = std::fs::read_dir(folder).map_err(|e| unreadable(folder, &e.to_string()))?;
    let mut files = BTreeMap::new();
    for entry in entries {
        let entry = entry.map_err(|e| unreadable(folder, &e.to_string()))?;
        let Ok(name) = entry.file_name().into_string() else {
            continue; // no client asks for it
        };
        if !name.ends_with(".json") {
            continue;
        }
        if files.len() >= MAX_FILES {
            return Err(unreadable(folder, &format!("more than {MAX_FILES} files")));
        }
        let bytes = read(&entry.path(), MAX_FILE)?;
        not_flooded(&entry.path(), &bytes)?;
        files.insert(name, bytes);
    }
    if !files.keys().any(|name| name.ends_with(".root.json")) {
        return Err(unreadable(folder, "no N.root.json"));
    }
    Ok(files)
}

/// The instant of a judgement, and where it comes from.
type Clock = (Instant, &'static str);

/// What helps where a model does not know.
const UNSURE: &str = "try it with the client itself; here it counts as refused";

fn lines(rows: &[Row], notes: &Notes, profile: &Profile, clock: Clock) -> String {
    let mut lines = vec![format!("profile {}", profile.name)];
    let (at, from) = clock;
    lines.push(format!("judged at {at}, a {} ({from})", at.weekday()));
    let mut of = "";
    for row in rows {
        if row.of != of {
            of = &row.of;
            lines.push(of.to_owned());
        }
        let mark = match (&row.verdict, row.decides) {
            (Verdict::Accepts, _) => "ok     ",
            (_, true) => "REFUSED",
            (_, false) => "(other)",
        };
        let name = format!("{} {}", row.client, row.client.version());
        lines.push(format!("  {mark} {name:<24} {}", row.verdict));
        match &row.verdict {
            Verdict::Accepts => {}
            Verdict::Refuses(refusal) => lines.push(format!("          do: {}", refusal.remedy)),
            Verdict::Unsure { .. } => lines.push(format!("          do: {UNSURE}")),
        }
    }
    lines.extend(notes.iter().map(|(of, line)| format!("note {of}: {line}")));
    lines.join("\n")
}

fn json(rows: &[Row], notes: &Notes, profile: &Profile, clock: Clock) -> String {
    let one = |row: &Row| {
        let (verdict, reason) = match &row.verdict {
            Verdict::Accepts => ("accepts", vec![]),
            Verdict::Unsure { why } => ("unsure", vec![("why", why.as_str()), ("remedy", UNSURE)]),
            Verdict::Refuses(r) => {
                let parts = vec![
                    ("code", r.code.as_str()),
                    ("at", &r.at),
                    ("why", &r.why),
                    ("remedy", &r.remedy),
                ];
                ("refuses", parts)
            }
        };
        let mut map = BTreeMap::from([
            ("of".to_owned(), Json::from(row.of.as_str())),
            ("client".to_owned(), row.client.name().into()),
            ("version".to_owned(), row.client.version().into()),
            ("decides".to_owned(), Json::Bool(row.decides)),
            ("verdict".to_owned(), verdict.into()),
        ]);
        map.extend(reason.into_iter().map(|(k, v)| (k.to_owned(), v.into())));
        Json::Object(map)
    };
    Json::object([
        ("v", Json::Int(1)),
        ("at", clock.0.to_string().into()),
        ("at_from", clock.1.into()),
        ("profile", profile.name.into()),
        ("verdicts", Json::Array(rows.iter().map(one).collect())),
        (
            "notes",
            Json::Array(
                notes
                    .iter()
                    .map(|(of, text)| {
                        Json::object([("of", of.as_str().into()), ("text", text.as_str().into())])
                    })
                    .collect(),
            ),
        ),
    ])
    .line()
}
