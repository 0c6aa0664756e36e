//! The client gate: what five TUF clients would say about a set of metadata
//! files. One bad root blocks every client below it for ever, so each client's
//! own acceptance rules are modelled, one file a client, each rule with the
//! place in the client's source that it stands for (facts/clients.md and
//! facts/tuf.md 2). The models are held against the real clients by
//! `tests/client_models.rs`. They are no second verifier of ours: that is
//! `workflow`, which is stricter than any of them.

mod bytes;
mod go_tuf;
mod keys;
mod loaded;
mod profile;
mod python_tuf;
mod read;
mod rust_tuf;
mod stamp;
mod tough;
mod tuf_js;
mod value;
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::base::{Instant, shown};

pub use profile::Profile;

/// A client implementation whose acceptance rules are modelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Client {
    /// theupdateframework/python-tuf, `tuf.ngclient`.
    PythonTuf,
    /// awslabs/tough, `RepositoryLoader`.
    Tough,
    /// theupdateframework/tuf-js, `Updater`.
    TufJs,
    /// theupdateframework/go-tuf, `metadata/updater`.
    GoTuf,
    /// theupdateframework/rust-tuf, `Client`.
    RustTuf,
}

/// What a client does with a set of files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "kebab-case")]
pub enum Verdict {
    /// It takes them.
    Accepts,
    /// It does not, or it stays for ever on an older root than the newest.
    Refuses(Refusal),
    /// The model does not know, and says so.
    Unsure {
        /// What it does not know.
        why: String,
    },
}

/// Why a client refuses.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// A stable code.
    pub code: String,
    /// The file, and the path in it where there is one: `2.root.json: signed.keys`.
    pub at: String,
    /// What the client meets, safe to show.
    pub why: String,
    /// What to change.
    pub remedy: String,
}

/// What one client says, as records and reports carry it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Which client.
    pub client: Client,
    /// The release that the model stands for.
    pub version: String,
    /// The root that it starts from; 0: one file was judged by itself.
    pub from: u64,
    /// What it says.
    #[serde(flatten)]
    pub verdict: Verdict,
}

impl Judged {
    /// The verdict of today's model, from the root that it was found at.
    #[must_use]
    pub fn new(client: Client, (from, verdict): (u64, Verdict)) -> Judged {
        Judged {
            client,
            version: client.version().to_owned(),
            from,
            verdict,
        }
    }
}

/// The files of a repository and where a client starts.
#[derive(Debug, Clone, Copy)]
pub struct Repository<'a> {
    /// Name to bytes: every `N.root.json`, and timestamp, snapshot and targets
    /// files by the names that clients ask for. What is absent of the last
    /// three is not judged: the online side adds it.
    pub files: &'a BTreeMap<String, Vec<u8>>,
    /// The version of the root that the client was shipped with.
    pub trusted: u64,
}

/// The role of a single file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Root,
    Timestamp,
    Snapshot,
    Targets,
}

impl Client {
    /// All five.
    pub const ALL: &[Client] = &[
        Client::PythonTuf,
        Client::Tough,
        Client::TufJs,
        Client::GoTuf,
        Client::RustTuf,
    ];

    /// The word in records and reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Client::PythonTuf => "python-tuf",
            Client::Tough => "tough",
            Client::TufJs => "tuf-js",
            Client::GoTuf => "go-tuf",
            Client::RustTuf => "rust-tuf",
        }
    }

    /// The release that the model was compared with.
    #[must_use]
    pub fn version(self) -> &'static str {
        match self {
            Client::PythonTuf => "7.0.1",
            Client::Tough => "0.24.0",
            Client::TufJs => "5.0.1",
            Client::GoTuf => "2.4.2",
            Client::RustTuf => "0.3.0-beta14",
        }
    }

    /// How many roots it follows in one update; `None`: any number.
    #[must_use]
    pub fn rotations(self) -> Option<u64> {
        self.rules().limits().rotations
    }

    fn rules(self) -> &'static dyn read::Rules {
        match self {
            Client::PythonTuf => &python_tuf::PythonTuf,
            Client::Tough => &tough::Tough,
            Client::TufJs => &tuf_js::TufJs,
            Client::GoTuf => &go_tuf::GoTuf,
            Client::RustTuf => &rust_tuf::RustTuf,
        }
    }
}

impl fmt::Display for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Verdict {
    /// Whether the client takes the files.
    #[must_use]
    pub fn accepts(&self) -> bool {
        *self == Verdict::Accepts
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Verdict::Accepts => f.write_str("accepts"),
            Verdict::Refuses(r) => write!(f, "refuses {} at {}: {}", r.code, r.at, r.why),
            Verdict::Unsure { why } => write!(f, "unsure: {why}"),
        }
    }
}

/// What `client`, shipped with root version `repository.trusted`, does with
/// the files at the instant `at` (TUF 5.3 to 5.6).
#[must_use]
pub fn judge(client: Client, repository: &Repository<'_>, at: Instant) -> Verdict {
    walk::walk(client, repository, at).map_or_else(Stop::into_verdict, |()| Verdict::Accepts)
}

/// [`judge`] from every root that a client may have been shipped with: the
/// first start that is not accepted, or `Accepts` (facts/tuf.md 5, W13).
#[must_use]
pub fn judge_from_every_root(
    client: Client,
    files: &BTreeMap<String, Vec<u8>>,
    at: Instant,
) -> (u64, Verdict) {
    let starts: BTreeSet<u64> = walk::roots(files).collect();
    let Some(first) = starts.first().copied() else {
        return (1, judge(client, &Repository { files, trusted: 1 }, at));
    };
    for trusted in starts {
        let verdict = judge(client, &Repository { files, trusted }, at);
        if !verdict.accepts() {
            return (trusted, verdict);
        }
    }
    (first, Verdict::Accepts)
}

/// What `client` would say about one file by itself: form, keys, sizes, and,
/// for a root, its own threshold. `role` is `root`, `timestamp`, `snapshot`;
/// every other name is a targets role.
#[must_use]
pub fn lint_file(client: Client, role: &str, bytes: &[u8]) -> Verdict {
    let kind = Kind::of(role);
    walk::one(client, kind, &format!("{}.json", shown(role, 80)), bytes)
        .map_or_else(Stop::into_verdict, |()| Verdict::Accepts)
}

impl Kind {
    fn of(role: &str) -> Kind {
        match role {
            "root" => Kind::Root,
            "timestamp" => Kind::Timestamp,
            "snapshot" => Kind::Snapshot,
            _ => Kind::Targets,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Kind::Root => "root",
            Kind::Timestamp => "timestamp",
            Kind::Snapshot => "snapshot",
            Kind::Targets => "targets",
        }
    }
}

/// Why a model stops.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Stop {
    Refused(Broken),
    Unsure(String),
}

/// A rule that is broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Broken {
    code: &'static str,
    at: String,
    why: String,
    remedy: &'static str,
}

/// The outcome of one rule.
type Check = Result<(), Stop>;

impl Stop {
    fn into_verdict(self) -> Verdict {
        match self {
            Stop::Unsure(why) => Verdict::Unsure { why },
            Stop::Refused(broken) => Verdict::Refuses(Refusal {
                code: broken.code.to_owned(),
                at: broken.at,
                why: broken.why,
                remedy: broken.remedy.to_owned(),
            }),
        }
    }

    /// The same stop, found in `file`.
    fn within(self, file: &str) -> Stop {
        match self {
            Stop::Unsure(why) => Stop::Unsure(format!("{file}: {why}")),
            Stop::Refused(broken) => Stop::Refused(Broken {
                at: if broken.at.is_empty() {
                    file.to_owned()
                } else {
                    format!("{file}: {}", broken.at)
                },
                ..broken
            }),
        }
    }
}

/// A refusal at a path of the file that is being read.
fn refuse(code: &'static str, at: &str, why: impl Into<String>, remedy: &'static str) -> Stop {
    Stop::Refused(Broken {
        code,
        at: at.to_owned(),
        why: why.into(),
        remedy,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// facts/tuf.md 2.4: the golden minimal root; all four roles are one Ed25519 key.
    const ROOT: &str = r#"{"signatures":[{"keyid":"74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916","sig":"a4134ce3e99767838c9ee44971498e321598b1ecb96ca3ae11a73f7cf6e772f0a03a60d31502f0253a43a32d4aa018d016c8d1f104c51752eb9fe20f2c90600f"}],"signed":{"_type":"root","consistent_snapshot":true,"expires":"2030-01-01T00:00:00Z","keys":{"74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916":{"keytype":"ed25519","keyval":{"public":"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"},"scheme":"ed25519"}},"roles":{"root":R,"snapshot":R,"targets":R,"timestamp":R},"spec_version":"1.0.0","version":1}}"#;

    fn root() -> String {
        let role = r#"{"keyids":["74c181c7ad8a0855d4b55e44d2ba87aabdddb196832571f15f92fece332e4916"],"threshold":1}"#;
        ROOT.replace(":R", &format!(":{role}"))
    }

    fn code(client: Client, text: &str) -> String {
        match lint_file(client, "root", text.as_bytes()) {
            Verdict::Refuses(refusal) => refusal.code,
            other => other.to_string(),
        }
    }

    #[test]
    fn the_golden_root_is_accepted_and_a_change_of_it_by_nobody() {
        for client in Client::ALL {
            assert_eq!(code(*client, &root()), "accepts", "{client}");
            let other = root().replace("2030", "2031");
            assert_eq!(code(*client, &other), "SIGNATURES", "{client}");
        }
    }

    #[test]
    fn from_its_expiry_on_it_is_refused_by_those_who_say_so() {
        let files = BTreeMap::from([("1.root.json".to_owned(), root().into_bytes())]);
        let at = Instant::parse("2030-01-01T00:00:00Z").unwrap();
        for client in Client::ALL {
            let (_, verdict) = judge_from_every_root(*client, &files, at);
            let last_second_is_good = matches!(client, Client::Tough | Client::GoTuf);
            assert_eq!(verdict.accepts(), last_second_is_good, "{client}: {verdict}");
        }
    }

    #[test]
    fn a_foreign_key_ends_the_reading_for_two_clients() {
        let foreign =
            r#""keys":{"00":{"keytype":"frobnicate","scheme":"frobnicate","keyval":{"public":""}},"#;
        let text = root().replacen(r#""keys":{"#, foreign, 1);
        assert_eq!(code(Client::PythonTuf, &text), "KEY_KIND");
        assert_eq!(code(Client::Tough, &text), "KEY_KIND");
        assert_eq!(code(Client::TufJs, &text), "SIGNATURES");
    }

    #[test]
    fn a_root_behind_a_gap_reaches_nobody() {
        let files = BTreeMap::from([
            ("1.root.json".to_owned(), root().into_bytes()),
            ("3.root.json".to_owned(), root().into_bytes()),
        ]);
        let at = Instant::parse("2029-01-01T00:00:00Z").unwrap();
        for client in Client::ALL {
            let verdict = judge(
                *client,
                &Repository {
                    files: &files,
                    trusted: 1,
                },
                at,
            );
            assert!(verdict.to_string().contains("STALE_ROOT"), "{client}: {verdict}");
        }
    }
}
