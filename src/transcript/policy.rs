//! The `policy` file (C2SP tlog-policy): which log keys may sign this record's
//! checkpoints, one `log` line for each run of the ceremony, and how many of
//! which witnesses have to cosign them: a `witness` line each, one group of all
//! of them, and it as the quorum; or `quorum none`. Of that syntax only the one
//! spelling that we write is read.

use std::collections::BTreeSet;
use std::fmt;

use crate::base::shown;
use crate::note::{NotAVkey, Note, SignatureType, Vkey};

/// The most log lines: a ceremony with more runs than this is another problem.
pub const MAX_LOGS: usize = 256;
/// The most witnesses: a checkpoint carries their lines beside the others.
pub const MAX_WITNESSES: usize = 16;
const NONE: &str = "quorum none\n";
/// The one group, and the quorum.
const GROUP: &str = "quorum";

/// The log keys, in the order of their runs, and the witnesses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    logs: Vec<Vkey>,
    witnesses: Vec<Vkey>,
    quorum: usize,
}

/// Why a text is not a policy that this version reads.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotAPolicy {
    /// No final `quorum`, or not one that the witnesses can meet.
    #[error("expected {expected}, got {got}")]
    Quorum {
        /// What should stand there.
        expected: String,
        /// What stands there, safe to show.
        got: String,
    },
    /// A line of another kind.
    #[error("expected `log <vkey>` or `witness <name> <vkey>` in line {line}, got {got}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// What stands there.
        got: String,
    },
    /// A vkey that does not parse.
    #[error("line {line}: {because}")]
    Vkey {
        /// Counted from 1.
        line: usize,
        /// Why not.
        because: NotAVkey,
    },
    /// A key of another signature type.
    #[error("expected {expected}, got {got}")]
    Kind {
        /// Which key stands there.
        expected: &'static str,
        /// The vkey.
        got: String,
    },
    /// tlog-policy, Public key representation: no public key stands twice, under
    /// whatever name (facts/security.md V06).
    #[error("expected each public key once, got {0} again")]
    Twice(String),
    /// A witness's name that is another one's, or the group's.
    #[error("expected a name of its own for each witness, neither `none` nor `{GROUP}`, got {0}")]
    Name(String),
    /// Too many lines.
    #[error("expected at most {limit} {of}, got {got}")]
    TooMany {
        /// The limit.
        limit: usize,
        /// Of what.
        of: &'static str,
        /// How many.
        got: usize,
    },
}

impl Policy {
    /// The policy that accepts these log keys, without a witness.
    ///
    /// # Errors
    /// [`NotAPolicy::Kind`], [`NotAPolicy::Twice`] or [`NotAPolicy::TooMany`].
    pub fn new(logs: Vec<Vkey>) -> Result<Policy, NotAPolicy> {
        Policy::witnessed(logs, Vec::new(), 0)
    }

    /// The policy that also asks for cosignatures of `quorum` of these witnesses,
    /// in the order of their lines; 0 of none.
    ///
    /// # Errors
    /// As [`Policy::new`]; [`NotAPolicy::Name`], [`NotAPolicy::Quorum`].
    pub fn witnessed(logs: Vec<Vkey>, witnesses: Vec<Vkey>, quorum: usize) -> Result<Policy, NotAPolicy> {
        let bounds = [
            (MAX_LOGS, "logs", logs.len()),
            (MAX_WITNESSES, "witnesses", witnesses.len()),
        ];
        if let Some((limit, of, got)) = bounds.into_iter().find(|(limit, _, got)| got > limit) {
            return Err(NotAPolicy::TooMany { limit, of, got });
        }
        // A log's key dies with its run: it is born as Ed25519 and never as another.
        let kind = |vkeys: &[Vkey], signs, expected| match vkeys.iter().find(|v| v.signs() != signs) {
            Some(other) => Err(NotAPolicy::Kind {
                expected,
                got: other.to_string(),
            }),
            None => Ok(()),
        };
        kind(&logs, SignatureType::Ed25519, "an Ed25519 key of a log")?;
        kind(
            &witnesses,
            SignatureType::Cosignature,
            "a key of a witness (0x04)",
        )?;
        // Nor may one key be log and witness: it would vouch for itself.
        let mut seen = BTreeSet::new();
        if let Some(twice) = logs.iter().chain(&witnesses).find(|v| !seen.insert(v.key())) {
            return Err(NotAPolicy::Twice(twice.to_string()));
        }
        let mut names = BTreeSet::from([GROUP, "none"]);
        if let Some(name) = witnesses.iter().map(Vkey::name).find(|name| !names.insert(name)) {
            return Err(NotAPolicy::Name(name.to_owned()));
        }
        // tlog-policy, Defining a witness group: 1 <= k <= n.
        let least = usize::from(!witnesses.is_empty());
        if !(least..=witnesses.len()).contains(&quorum) {
            return Err(NotAPolicy::Quorum {
                expected: format!("a quorum of {least} to {} witnesses", witnesses.len()),
                got: quorum.to_string(),
            });
        }
        Ok(Policy {
            logs,
            witnesses,
            quorum,
        })
    }

    /// Reads a policy file.
    ///
    /// # Errors
    /// [`NotAPolicy`]; also for comments, spare white space and URLs.
    pub fn parse(text: &str) -> Result<Policy, NotAPolicy> {
        let last = || NotAPolicy::Quorum {
            expected: format!("a last line `quorum none`, or `group {GROUP} ..` and `quorum {GROUP}`"),
            got: shown(text.lines().last().unwrap_or(""), 60),
        };
        if !text.ends_with('\n') {
            return Err(last());
        }
        let (mut logs, mut witnesses, mut quorum) = (Vec::new(), Vec::new(), None);
        for (line, content) in (1..).zip(text.split_terminator('\n')) {
            let read = |vkey| Vkey::parse(vkey).map_err(|because| NotAPolicy::Vkey { line, because });
            let mut words = content.split(' ');
            match (words.next(), words.next(), words.next()) {
                (Some("log"), Some(vkey), None) => logs.push(read(vkey)?),
                (Some("witness"), Some(_), Some(vkey)) => witnesses.push(read(vkey)?),
                (Some("group"), Some(_), Some(k)) => quorum = Some(k.parse().map_err(|_| last())?),
                (Some("quorum"), Some(name), None) if (name == GROUP) == quorum.is_some() => {
                    quorum = quorum.or(Some(0));
                }
                _ => {
                    let got = shown(content, 60);
                    return Err(NotAPolicy::Line { line, got });
                }
            }
        }
        let policy = Policy::witnessed(logs, witnesses, quorum.ok_or_else(last)?)?;
        // Whatever else may stand in such a file: there is one spelling.
        if policy.to_string() != text {
            return Err(last());
        }
        Ok(policy)
    }

    /// The log keys.
    #[must_use]
    pub fn logs(&self) -> &[Vkey] {
        &self.logs
    }

    /// The witnesses, in the order of their lines.
    #[must_use]
    pub fn witnesses(&self) -> &[Vkey] {
        &self.witnesses
    }

    /// How many of them have to cosign; 0 without witnesses.
    #[must_use]
    pub fn quorum(&self) -> usize {
        self.quorum
    }

    /// The first log key whose signature the note carries; `None` if there is none.
    #[must_use]
    pub fn signer_of(&self, note: &Note) -> Option<&Vkey> {
        self.logs.iter().find(|log| note.verified_by(log))
    }

    /// The witnesses that cosigned the note. They have distinct public keys, so
    /// their number is what a quorum counts (law 6).
    #[must_use]
    pub fn cosigners_of(&self, note: &Note) -> Vec<&Vkey> {
        let cosigned = self.witnesses.iter().filter(|w| note.verified_by(w));
        cosigned.collect()
    }
}

/// The file's text.
impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for log in &self.logs {
            writeln!(f, "log {log}")?;
        }
        if self.witnesses.is_empty() {
            return f.write_str(NONE);
        }
        for witness in &self.witnesses {
            writeln!(f, "witness {} {witness}", witness.name())?;
        }
        write!(f, "group {GROUP} {}", self.quorum)?;
        for witness in &self.witnesses {
            write!(f, " {}", witness.name())?;
        }
        writeln!(f, "\nquorum {GROUP}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Algorithm, PublicKey};

    const A: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const B: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";

    #[test]
    fn reads_what_it_writes_and_finds_the_signer() {
        for text in [
            "quorum none\n".to_owned(),
            format!("log {A}\nquorum none\n"),
            format!("log {B}\nlog {A}\nquorum none\n"),
        ] {
            assert_eq!(Policy::parse(&text).unwrap().to_string(), text);
        }
        let note = Note::parse(include_bytes!("../../tests/vectors/note/peter-neumann.note")).unwrap();
        let policy = Policy::parse(&format!("log {B}\nlog {A}\nquorum none\n")).unwrap();
        assert_eq!(policy.signer_of(&note).unwrap().name(), "PeterNeumann");
        let policy = Policy::parse(&format!("log {B}\nquorum none\n")).unwrap();
        assert_eq!(policy.signer_of(&note), None);
    }

    fn witness(name: &str, seed: u8) -> Vkey {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let key = PublicKey::from_raw(Algorithm::Ed25519, key.as_bytes()).unwrap();
        Vkey::cosigner(name, key).unwrap()
    }

    #[test]
    fn witnesses_have_lines_a_group_and_a_quorum() {
        let (one, two) = (witness("w1.example", 1), witness("w2.example", 2));
        let policy = Policy::witnessed(vec![Vkey::parse(A).unwrap()], vec![one.clone(), two.clone()], 2);
        let policy = policy.unwrap();
        let text = format!(
            "log {A}\nwitness w1.example {one}\nwitness w2.example {two}\n\
             group quorum 2 w1.example w2.example\nquorum quorum\n"
        );
        assert_eq!(policy.to_string(), text);
        assert_eq!(Policy::parse(&text).unwrap(), policy);
        assert_eq!((policy.quorum(), policy.witnesses().len()), (2, 2));
        for (sin, other) in [
            (
                "the same key under two names",
                text.replace(&two.to_string(), &witness("w2.example", 1).to_string()),
            ),
            ("the same name twice", text.replace("w2.example", "w1.example")),
            ("a quorum of none", text.replace("quorum 2", "quorum 0")),
            ("a quorum of three", text.replace("quorum 2", "quorum 3")),
            ("a quorum with a zero", text.replace("quorum 2", "quorum 02")),
            ("any", text.replace("quorum 2", "quorum any")),
            (
                "another name than the key's",
                text.replacen("witness w1.example", "witness w1", 1),
            ),
            (
                "a group without one of them",
                text.replace("2 w1.example w2", "2 w2"),
            ),
            (
                "a group in another order",
                text.replace("2 w1.example w2.example", "2 w2.example w1.example"),
            ),
            (
                "quorum none beside witnesses",
                text.replace("\nquorum quorum", "\nquorum none"),
            ),
            (
                "no group",
                text.replace("group quorum 2 w1.example w2.example\n", ""),
            ),
            (
                "two groups",
                text.replace("quorum quorum\n", "group quorum 1 w1.example\nquorum quorum\n"),
            ),
            (
                "a witness before the logs",
                format!(
                    "witness w1.example {one}\n{}",
                    text.replace(&format!("witness w1.example {one}\n"), "")
                ),
            ),
            ("a log's key as a witness's", text.replace(&one.to_string(), A)),
            (
                "a URL",
                text.replace(&format!("{one}\n"), &format!("{one} https://w1.example/\n")),
            ),
            ("no final LF", text.trim_end().to_owned()),
        ] {
            assert!(Policy::parse(&other).is_err(), "{sin}");
        }
        let log = Vkey::new("log", one.key().clone()).unwrap();
        assert!(
            Policy::witnessed(vec![log], vec![one], 1).is_err(),
            "a witness of itself"
        );
        for name in ["quorum", "none"] {
            assert!(
                Policy::witnessed(vec![], vec![witness(name, 3)], 1).is_err(),
                "{name}"
            );
        }
        assert!(
            Policy::witnessed(vec![], vec![], 1).is_err(),
            "a quorum of nobody"
        );
    }

    #[test]
    fn refuses_what_it_would_not_write() {
        for (sin, text) in [
            ("nothing", String::new()),
            ("no quorum", format!("log {A}\n")),
            ("two quorums", "quorum none\nquorum none\n".to_owned()),
            ("another quorum", format!("log {A}\nquorum any\n")),
            ("no final LF", "quorum none".to_owned()),
            ("the key twice", format!("log {A}\nlog {A}\nquorum none\n")),
            ("a witness", format!("witness w {A}\nquorum none\n")),
            ("a comment", "# x\nquorum none\n".to_owned()),
            (
                "a smartcard's key as a log's",
                format!(
                    "log {}\nquorum none\n",
                    include_str!("../../tests/vectors/note/card.vkey").trim_end()
                ),
            ),
            ("an empty line", "\nquorum none\n".to_owned()),
            ("a URL", format!("log {A} https://example.com/\nquorum none\n")),
            ("two spaces", format!("log  {A}\nquorum none\n")),
            ("glued", format!("log {A}quorum none\n")),
            ("CRLF", format!("log {A}\r\nquorum none\n")),
        ] {
            assert!(Policy::parse(&text).is_err(), "{sin}");
        }
    }
}
