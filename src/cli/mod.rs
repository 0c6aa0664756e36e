//! The command line: one file per verb. It builds the ports, hands them over,
//! and turns endings into exit codes; it decides nothing about a ceremony.

mod addendum;
mod approve;
#[cfg(feature = "ceremony")]
mod approve_here;
mod attestation;
mod calendar;
mod check;
#[cfg(feature = "ceremony")]
mod devices;
mod exit;
mod harden;
#[cfg(feature = "tui")]
mod home;
#[cfg(feature = "ceremony")]
mod import_key;
mod key;
#[cfg(feature = "ceremony")]
mod machine;
#[cfg(feature = "ceremony")]
mod machine_check;
mod manual;
mod new_file;
mod out;
mod own;
#[cfg(feature = "ceremony")]
mod places;
mod plan;
#[cfg(feature = "ceremony")]
mod rehearse;
mod replay;
mod report;
#[cfg(feature = "ceremony")]
mod run;
#[cfg(feature = "tui")]
mod theme;
#[cfg(feature = "ceremony")]
mod tokens;
mod tuf;
mod typed;
mod verify;
#[cfg(feature = "tui")]
mod watch;
mod witness;
mod words;

use std::path::PathBuf;
use std::process::ExitCode;

#[cfg(feature = "ceremony")]
use clap::Args;
use clap::{Parser, Subcommand};

pub use exit::Exit;
#[cfg(feature = "tui")]
pub use replay::told;

/// Leads people through offline TUF key ceremonies, and lets anyone re-execute
/// them afterwards. Without a command: the home screen.
#[derive(Debug, Parser)]
#[command(name = "tuf-ceremony", version, disable_help_subcommand = true)]
struct Cli {
    /// How the full screen looks; without it, NO_COLOR chooses mono.
    #[cfg(feature = "tui")]
    #[arg(long, global = true, value_enum, value_name = "THEME")]
    theme: Option<theme::Asked>,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Read a script, walk its plan, say everything that is wrong with it.
    Check {
        /// The ceremony script.
        script: PathBuf,
    },
    /// Print the ordered plan of a script, or the runbook on paper.
    Plan {
        /// The ceremony script.
        script: PathBuf,
        /// A new file to print and write on, with boxes and blanks: HTML where its name ends in .html, otherwise text.
        #[arg(long, value_name = "FILE")]
        paper: Option<PathBuf>,
    },
    /// Practise: the built-in rehearsal, or a rehearsal script of yours.
    #[cfg(feature = "ceremony")]
    Rehearse {
        /// A script with kind = "rehearsal"; without one, the built-in one.
        script: Option<PathBuf>,
        #[command(flatten)]
        places: RehearsalPlaces,
    },
    /// Run a script as a new ceremony with a new record.
    #[cfg(feature = "ceremony")]
    Run {
        /// The ceremony script.
        script: PathBuf,
        /// A new folder for the record.
        #[arg(long)]
        record: PathBuf,
        #[command(flatten)]
        ways: Ways,
    },
    /// Go on with a paused or interrupted ceremony.
    #[cfg(feature = "ceremony")]
    Resume {
        /// The record's folder.
        #[arg(long)]
        record: PathBuf,
        #[command(flatten)]
        ways: Ways,
    },
    /// Say who has approved a script's exact bytes and who is missing; add an approval.
    Approve(approve::Asked),
    /// Judge a bundle, or a record's folder: named checks and a verdict.
    Verify(verify::Asked),
    /// Bind evidence that came after the close to a bundle, in a folder of its own; say who signed it.
    Addendum(addendum::Asked),
    /// Write one page about a ceremony, from its record: HTML to read and print, or plain text.
    Report {
        /// The bundle's or record's folder.
        path: PathBuf,
        /// The new file; one that is there is never written over.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Plain text instead of HTML.
        #[arg(long)]
        text: bool,
        /// What you know from outside of the bundle: keys, heads, digests.
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
    },
    /// Walk a past ceremony screen by screen, with the evidence of each. Changes nothing.
    Replay {
        /// The bundle's or record's folder.
        path: PathBuf,
        /// What you know from outside of the bundle: keys, heads, digests.
        #[arg(long, value_name = "FILE")]
        anchors: Option<PathBuf>,
    },
    /// Judge what devices say about their keys.
    Attestation {
        #[command(subcommand)]
        verb: attestation::Verb,
    },
    /// Read TUF metadata, judge it, draft its next version, lay it out for other tools. Signs nothing.
    Tuf {
        #[command(subcommand)]
        verb: tuf::Verb,
    },
    /// Say when each file of a repository expires, and by when the next ceremony has to be.
    Calendar(calendar::Asked),
    /// Public keys of the online side: what a file holds, and what its holder signs.
    Key {
        #[command(subcommand)]
        verb: key::Verb,
    },
    /// Bring an existing private key into a file token.
    #[cfg(feature = "ceremony")]
    ImportKey(import_key::Import),
    /// Cosign checkpoints on another machine that remembers them; show what a payload says.
    Witness {
        #[command(subcommand)]
        verb: witness::Verb,
    },
    /// Show the words of a file's SHA-256, for reading aloud.
    Words {
        /// The file.
        file: PathBuf,
    },
    /// Show every device and the keys that can be seen without a login. Changes nothing.
    #[cfg(feature = "ceremony")]
    Tokens {
        #[command(flatten)]
        places: tokens::Where,
        /// Stable JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Follow a running ceremony on a second terminal, read-only, in large words. Never a source for comparisons.
    #[cfg(feature = "tui")]
    Watch {
        /// The record's folder; it may not be there yet.
        #[arg(long, value_name = "DIR")]
        record: PathBuf,
    },
    /// Say what is around the program on this machine, and whether production would start here.
    #[cfg(feature = "ceremony")]
    Machine {
        /// Stable JSON instead of text.
        #[arg(long)]
        json: bool,
    },
    /// Print the completion script of a shell.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each command.
    Man {
        /// The folder; a page that is there is never written over.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Serve a vendor module to the program itself.
    #[cfg(feature = "pkcs11")]
    #[command(hide = true)]
    Worker {
        /// The kind of module.
        kind: String,
        /// The module.
        module: PathBuf,
    },
}

/// How a run reaches the world.
#[cfg(feature = "ceremony")]
#[derive(Debug, Clone, Default, Args)]
struct Ways {
    /// The folder of the mounted removable media.
    #[arg(long)]
    media: Option<PathBuf>,
    /// A folder on another medium for a second copy of the record.
    #[arg(long, value_name = "DIR")]
    mirror: Option<PathBuf>,
    /// Answers for a run without a terminal.
    #[arg(long)]
    answers: Option<PathBuf>,
    /// The path of a PKCS#11 module that the script names: NAME=PATH.
    #[arg(long, value_name = "NAME=PATH")]
    module: Vec<String>,
    /// How a YubiHSM 2 is reached: usb, or its connector, http://127.0.0.1:PORT.
    #[arg(long, value_name = "usb|URL")]
    yubihsm: Vec<String>,
    /// Rehearsals only: give up on a device's answer after so many seconds.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u16).range(1..=600))]
    patience: Option<u16>,
}

/// Where a rehearsal keeps its things.
#[cfg(feature = "ceremony")]
#[derive(Debug, Clone, Args)]
struct RehearsalPlaces {
    /// A new folder for the record; without one, a folder named after the time.
    #[arg(long)]
    record: Option<PathBuf>,
    /// The whole built-in ceremony: three tokens, key files, a spare for every key. An hour;
    /// without it the first rehearsal, ten minutes. A drill always takes the whole.
    #[arg(long, conflicts_with = "script")]
    whole: bool,
    /// A drill: what fails on purpose, ID, ID@STEP or kill-at:RECORD; `list` names all.
    #[arg(long, value_name = "ID", long_help = drill_help())]
    fault: Option<String>,
    #[command(flatten)]
    ways: Ways,
}

#[cfg(feature = "ceremony")]
fn drill_help() -> String {
    format!(
        "A drill: what fails on purpose, on embedded tokens only. ID, ID@STEP for another place than the \
         usual one, or kill-at:RECORD. docs/runbooks has a page for each:\n\n{}",
        crate::runner::drill::help()
    )
}

/// Reads the command line and does what it says.
#[must_use]
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    #[cfg(feature = "tui")]
    theme::ask(cli.theme);
    let exit = match cli.verb {
        Some(Verb::Check { script }) => check::check(&script),
        Some(Verb::Plan { script, paper }) => plan::plan(&script, paper.as_deref()),
        Some(Verb::Approve(asked)) => approve::approve(&asked),
        Some(Verb::Verify(asked)) => verify::verify(&asked),
        Some(Verb::Addendum(asked)) => addendum::addendum(&asked),
        Some(Verb::Report {
            path,
            out,
            text,
            anchors,
        }) => report::report(&path, &out, text, anchors.as_deref()),
        Some(Verb::Replay { path, anchors }) => replay::replay(&path, anchors.as_deref()),
        Some(Verb::Attestation { verb }) => attestation::attestation(&verb),
        Some(Verb::Tuf { verb }) => tuf::tuf(&verb),
        Some(Verb::Calendar(asked)) => calendar::calendar(&asked),
        Some(Verb::Key { verb }) => key::key(&verb),
        Some(Verb::Witness { verb }) => witness::witness(&verb),
        Some(Verb::Words { file }) => words::words(&file),
        Some(Verb::Completions { shell }) => manual::completions(shell),
        Some(Verb::Man { out }) => manual::man(&out),
        #[cfg(feature = "ceremony")]
        Some(Verb::Rehearse { script, places }) => rehearse::rehearse(script.as_deref(), places),
        #[cfg(feature = "ceremony")]
        Some(Verb::Run { script, record, ways }) => run::run(&script, &record, &ways),
        #[cfg(feature = "ceremony")]
        Some(Verb::Resume { record, ways }) => run::resume(&record, &ways),
        #[cfg(feature = "ceremony")]
        Some(Verb::Tokens { places, json }) => tokens::tokens(&places, json),
        #[cfg(feature = "ceremony")]
        Some(Verb::Machine { json }) => machine_check::machine(json),
        #[cfg(feature = "ceremony")]
        Some(Verb::ImportKey(asked)) => import_key::import_key(&asked),
        #[cfg(feature = "tui")]
        Some(Verb::Watch { record }) => watch::watch(&record),
        #[cfg(feature = "pkcs11")]
        Some(Verb::Worker { kind, module }) => return worker(&kind, &module),
        #[cfg(feature = "tui")]
        None => home::home(),
        #[cfg(not(feature = "tui"))]
        None => home(),
    };
    exit.into()
}

#[cfg(feature = "pkcs11")]
fn worker(kind: &str, module: &std::path::Path) -> ExitCode {
    if kind == "pkcs11" {
        crate::signer::worker::serve_pkcs11(module)
    } else {
        Exit::Usage.into()
    }
}

#[cfg(not(feature = "tui"))]
fn home() -> Exit {
    out::complain("give a command; tuf-ceremony --help lists them");
    Exit::Usage
}

/// Help and version are good ends; all else is a fault of the call.
fn usage(error: &clap::Error) -> ExitCode {
    let text = error.render().to_string();
    if error.use_stderr() {
        out::complain(text.trim_end());
        Exit::Usage.into()
    } else {
        out::say(text.trim_end());
        Exit::Good.into()
    }
}
