//! What an auditor brings from outside of the bundle: whose keys count, which
//! checkpoint was read elsewhere, which ceremony came before. Without it a
//! bundle only vouches for itself. The parser is strict and names every bad
//! line at once: an anchor that is misread would make a forgery look sound.

use std::fmt;

use data_encoding::BASE64;

use crate::base::{Digest, shown};
use crate::note::{SignatureType, Vkey};
use crate::transcript::Checkpoint;

/// The first line of the file.
pub const HEAD: &str = "tuf-ceremony anchors v1";
/// The longest file in bytes.
pub const MAX_BYTES: usize = 64 << 10;

/// The ceremony that the judged one must follow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predecessor {
    /// None: it is the site's first.
    Genesis,
    /// The closing checkpoint of the site's last ceremony.
    Closed(Checkpoint),
}

/// The word in the first record: `genesis`, or origin, size and root in one line.
impl fmt::Display for Predecessor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Predecessor::Genesis => f.write_str("genesis"),
            Predecessor::Closed(checkpoint) => f.write_str(&checkpoint.in_line()),
        }
    }
}

/// What is known from outside.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Anchors {
    /// Who may approve a script.
    pub approvers: Vec<Vkey>,
    /// How many of them must have.
    pub approvals: Option<usize>,
    /// Audit keys of seats.
    pub attesters: Vec<Vkey>,
    /// Witnesses' keys, of signature type 0x04.
    pub witnesses: Vec<Vkey>,
    /// How many of them must have cosigned.
    pub quorum: Option<usize>,
    /// Heads of this record that were read elsewhere: from paper words, a
    /// witness machine, an earlier copy.
    pub checkpoints: Vec<Checkpoint>,
    /// What came before.
    pub predecessor: Option<Predecessor>,
    /// The release's `verify.py`.
    pub verifier: Option<Digest>,
    /// The program's executable.
    pub program: Option<Digest>,
    /// Vendors' attestation roots: SHA-256 of the certificate.
    pub attestation_roots: Vec<Digest>,
}

/// What is wrong with one line of an anchors file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: expected {expected}, got {got}")]
pub struct NotAnAnchor {
    /// Counted from 1.
    pub line: usize,
    /// What should stand there.
    pub expected: String,
    /// What stands there, safe to show.
    pub got: String,
}

impl Anchors {
    /// Reads an anchors file: `#` begins a comment line, empty lines are passed over.
    ///
    /// # Errors
    /// Every line that is not understood, in order.
    pub fn parse(bytes: &[u8]) -> Result<Anchors, Vec<NotAnAnchor>> {
        let whole = |expected: &str, got: String| {
            Err(vec![NotAnAnchor {
                line: 1,
                expected: expected.to_owned(),
                got,
            }])
        };
        if bytes.len() > MAX_BYTES {
            return whole("at most 65536 bytes", format!("{} bytes", bytes.len()));
        }
        let Ok(text) = std::str::from_utf8(bytes) else {
            return whole("printable ASCII", "something else".to_owned());
        };
        let Some(body) = text.strip_suffix('\n') else {
            return whole("a last line that ends with LF", "one without".to_owned());
        };
        let mut reader = Reader::default();
        for (number, line) in (1usize..).zip(body.split('\n')) {
            reader.line = number;
            // A control character or a look-alike letter would hide what is trusted.
            if !line.chars().all(|c| matches!(c, ' '..='~')) {
                reader.wrong("printable ASCII", line);
            } else if number == 1 {
                if line != HEAD {
                    reader.wrong(&format!("the first line `{HEAD}`"), line);
                }
            } else if !line.is_empty() && !line.starts_with('#') {
                reader.take(line);
            }
        }
        reader.end()
    }
}

#[derive(Default)]
struct Reader {
    anchors: Anchors,
    line: usize,
    wrong: Vec<NotAnAnchor>,
    /// Lines of `approvals` and `witnesses`, for what is wrong with them at the end.
    approvals_at: usize,
    quorum_at: usize,
}

impl Reader {
    fn wrong(&mut self, expected: &str, got: &str) {
        self.wrong.push(NotAnAnchor {
            line: self.line,
            expected: expected.to_owned(),
            got: shown(got, 120),
        });
    }

    fn take(&mut self, line: &str) {
        let Some((word, rest)) = line.split_once(' ') else {
            return self.wrong("a word, a space and its value", line);
        };
        match word {
            "approver" | "attester" | "witness" => self.key(word, rest),
            "approvals" => {
                self.approvals_at = self.line;
                let before = self.anchors.approvals;
                self.anchors.approvals = self.number(before, rest);
            }
            "witnesses" => {
                self.quorum_at = self.line;
                let before = self.anchors.quorum;
                self.anchors.quorum = self.number(before, rest);
            }
            "checkpoint" => {
                if let Some(checkpoint) = self.checkpoint(rest) {
                    if self.anchors.checkpoints.contains(&checkpoint) {
                        return self.wrong("each checkpoint once", rest);
                    }
                    self.anchors.checkpoints.push(checkpoint);
                }
            }
            "predecessor" => self.predecessor(rest),
            "verifier" => {
                let before = self.anchors.verifier;
                self.anchors.verifier = self.digest(before, rest);
            }
            "program" => {
                let before = self.anchors.program;
                self.anchors.program = self.digest(before, rest);
            }
            "attestation-root" => {
                if let Some(root) = self.digest(None, rest) {
                    if self.anchors.attestation_roots.contains(&root) {
                        return self.wrong("each attestation root once", rest);
                    }
                    self.anchors.attestation_roots.push(root);
                }
            }
            _ => self.wrong(
                "approver, approvals, attester, witness, witnesses, checkpoint, predecessor, verifier, \
                 program or attestation-root",
                line,
            ),
        }
    }

    fn key(&mut self, word: &str, text: &str) {
        let vkey = match Vkey::parse(text) {
            Ok(vkey) => vkey,
            Err(e) => return self.wrong("a vkey that can be used", &e.to_string()),
        };
        let cosigns = vkey.signs() == SignatureType::Cosignature;
        if cosigns != (word == "witness") {
            let expected = match word {
                "witness" => "a witness's key, of signature type 0x04",
                _ => "a key of signature type 0x01 or 0x02",
            };
            return self.wrong(expected, text);
        }
        let anchors = &mut self.anchors;
        // Law 6: what counts is distinct public keys. A witness is nobody who sat in the room.
        let in_room = anchors.approvers.iter().chain(&anchors.attesters);
        let same = |v: &Vkey| v.key() == vkey.key();
        let (list, apart) = match word {
            "witness" => {
                let apart = in_room.clone().any(same);
                (&mut anchors.witnesses, apart)
            }
            "approver" => {
                let apart = anchors.witnesses.iter().any(same);
                (&mut anchors.approvers, apart)
            }
            _ => {
                let apart = anchors.witnesses.iter().any(same);
                (&mut anchors.attesters, apart)
            }
        };
        if apart {
            return self.wrong("a witness's key that is nobody else's", text);
        }
        if list.iter().any(same) {
            return self.wrong("each key once", text);
        }
        list.push(vkey);
    }

    fn number(&mut self, before: Option<usize>, text: &str) -> Option<usize> {
        let number = text.parse::<usize>().ok();
        let number = number.filter(|n| *n > 0 && n.to_string() == text);
        if before.is_some() || number.is_none() {
            self.wrong("one number, from 1, in decimal", text);
            return before;
        }
        number
    }

    fn digest(&mut self, before: Option<Digest>, text: &str) -> Option<Digest> {
        let digest = Digest::parse(text).ok();
        if before.is_some() || digest.is_none() {
            self.wrong("one SHA-256, 64 lowercase hexadecimal characters", text);
            return before;
        }
        digest
    }

    fn checkpoint(&mut self, text: &str) -> Option<Checkpoint> {
        let parsed = checkpoint(text);
        if let Err(why) = &parsed {
            self.wrong("ORIGIN SIZE ROOT_BASE64", why);
        }
        parsed.ok()
    }

    fn predecessor(&mut self, text: &str) {
        let found = if text == "genesis" {
            Some(Predecessor::Genesis)
        } else {
            self.checkpoint(text).map(Predecessor::Closed)
        };
        if self.anchors.predecessor.is_some() {
            return self.wrong("one predecessor", text);
        }
        self.anchors.predecessor = found;
    }

    fn end(mut self) -> Result<Anchors, Vec<NotAnAnchor>> {
        for (number, keys, line, who) in [
            (
                self.anchors.approvals,
                self.anchors.approvers.len(),
                self.approvals_at,
                "approver",
            ),
            (
                self.anchors.quorum,
                self.anchors.witnesses.len(),
                self.quorum_at,
                "witness",
            ),
        ] {
            // A quorum that cannot be met, or that nobody could count, is a mistake.
            if let Some(number) = number.filter(|n| *n > keys) {
                self.line = line;
                self.wrong(
                    &format!("a number of at most the {who} lines, {keys}"),
                    &number.to_string(),
                );
            }
        }
        if self.wrong.is_empty() {
            return Ok(self.anchors);
        }
        self.wrong.sort_by_key(|w| w.line);
        Err(self.wrong)
    }
}

/// A checkpoint in one line.
fn checkpoint(text: &str) -> Result<Checkpoint, String> {
    let mut parts = text.split(' ');
    let (Some(origin), Some(size), Some(root), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(shown(text, 120));
    };
    // Read by the one parser of checkpoints, so that there is one spelling.
    let checkpoint = Checkpoint::parse(&format!("{origin}\n{size}\n{root}\n")).map_err(|e| e.to_string())?;
    if checkpoint.size() == 0 || BASE64.encode(checkpoint.root().as_bytes()) != root {
        return Err(shown(text, 120));
    }
    Ok(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
    const B: &str = "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop";
    const ROOT: &str = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    fn witness() -> String {
        let key = Vkey::parse(B).unwrap().key().clone();
        Vkey::cosigner("w1.example", key).unwrap().to_string()
    }

    fn lines(body: &str) -> Result<Anchors, Vec<usize>> {
        let text = format!("{HEAD}\n{body}");
        Anchors::parse(text.as_bytes()).map_err(|wrong| wrong.iter().map(|w| w.line).collect())
    }

    #[test]
    fn reads_every_kind_of_anchor() {
        let sha = "a".repeat(64);
        let text = format!(
            "# from the paper\n\napprover {A}\napprovals 1\nattester {A}\nwitness {}\nwitnesses 1\n\
             checkpoint a/b/c 9 {ROOT}\npredecessor a/b/d 7 {ROOT}\nverifier {sha}\nprogram {sha}\n\
             attestation-root {sha}\n",
            witness()
        );
        let anchors = lines(&text).unwrap();
        assert_eq!(anchors.approvers[0].to_string(), A);
        assert_eq!((anchors.approvals, anchors.quorum), (Some(1), Some(1)));
        assert_eq!((anchors.attesters.len(), anchors.witnesses.len()), (1, 1));
        assert_eq!(anchors.checkpoints[0].size(), 9);
        let before = anchors.predecessor.unwrap().to_string();
        assert_eq!(before, format!("a/b/d 7 {ROOT}"));
        let genesis = lines("predecessor genesis\n").unwrap().predecessor;
        assert_eq!(genesis, Some(Predecessor::Genesis));
        assert_eq!(lines("").unwrap(), Anchors::default());
    }

    #[test]
    fn every_bad_line_is_named_by_its_number() {
        let sha = "a".repeat(64);
        let w = witness();
        for (sin, body, at) in [
            ("an unknown word", "notary x\n".to_owned(), vec![2]),
            ("a word alone", "approver\n".to_owned(), vec![2]),
            ("a mangled key", format!("approver {}\n", &A[..60]), vec![2]),
            ("a witness who approves", format!("approver {w}\n"), vec![2]),
            ("an approver who witnesses", format!("witness {A}\n"), vec![2]),
            ("a key twice", format!("approver {A}\napprover {A}\n"), vec![3]),
            (
                "a witness from the room",
                format!("attester {B}\nwitness {w}\n"),
                vec![3],
            ),
            (
                "a quorum of more than there are",
                format!("approvals 2\napprover {A}\n"),
                vec![2],
            ),
            ("a quorum without keys", "witnesses 1\n".to_owned(), vec![2]),
            ("no quorum at all", "approvals 0\n".to_owned(), vec![2]),
            (
                "two quorums",
                format!("approver {A}\napprovals 1\napprovals 1\n"),
                vec![4],
            ),
            (
                "a short digest",
                format!("verifier {}\nprogram {}\n", &sha[1..], sha.to_uppercase()),
                vec![2, 3],
            ),
            (
                "two verifiers",
                format!("verifier {sha}\nverifier {sha}\n"),
                vec![3],
            ),
            (
                "no root",
                "checkpoint a/b/c 9\npredecessor a/b/c 9\n".to_owned(),
                vec![2, 3],
            ),
            ("an empty record", format!("checkpoint a/b/c 0 {ROOT}\n"), vec![2]),
            (
                "two predecessors",
                format!("predecessor genesis\npredecessor a/b/c 1 {ROOT}\n"),
                vec![3],
            ),
            ("two spaces", format!("verifier  {sha}\n"), vec![2]),
            ("CRLF", format!("verifier {sha}\r\n"), vec![2]),
            ("a tab", format!("verifier\t{sha}\n"), vec![2]),
            ("no LF at the end", format!("verifier {sha}"), vec![1]),
        ] {
            assert_eq!(lines(&body), Err(at), "{sin}");
        }
        assert!(Anchors::parse(b"").is_err());
        assert!(Anchors::parse(b"tuf-ceremony anchors v2\n").is_err());
        assert!(Anchors::parse(&[b'\n'; MAX_BYTES + 1]).is_err());
        assert!(Anchors::parse(b"\xff\n").is_err());
    }
}
