//! Checkpoints (C2SP tlog-checkpoint): three lines that say which record, how
//! many lines and which root; signed as a note. No extension lines: witnesses
//! would sign what nobody can check. Any C2SP witness can cosign these.

use std::fmt;

use data_encoding::BASE64;

use crate::base::{Digest, Id, Payload, Purpose, shown};
use crate::note::name_is_good;

use super::merkle::Tree;

/// The head of a record at one size.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    origin: String,
    size: u64,
    root: Digest,
}

/// Why a text is not a checkpoint.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotACheckpoint {
    /// Not three lines with a final LF.
    #[error("expected the three lines origin, size and root, got {0}")]
    Lines(String),
    /// The origin cannot name a log key.
    #[error("expected an origin of 1 to 255 printable ASCII characters without space and plus, got {0}")]
    Origin(String),
    /// The size has another spelling.
    #[error("expected a decimal size without leading zeroes, got {0}")]
    Size(String),
    /// The root is not 32 bytes in base64.
    #[error("expected the base64 of 32 bytes, got {0}")]
    Root(String),
}

/// The origin of a ceremony's record: `<organisation>/<site>/<id>`, under
/// `rehearsal/` for a rehearsal, so that no rehearsal is taken for production.
#[must_use]
pub fn origin(rehearsal: bool, organisation: &Id, site: &Id, ceremony: &Digest) -> String {
    format!("{}{ceremony}", of_site(rehearsal, organisation, site))
}

/// What the origins of all records of a site start with; the ceremony's id follows.
#[must_use]
pub fn of_site(rehearsal: bool, organisation: &Id, site: &Id) -> String {
    let prefix = if rehearsal { REHEARSAL } else { "" };
    format!("{prefix}{organisation}/{site}/")
}

/// What a rehearsal's origin starts with. (An organisation of that name has no
/// fourth part, so the two never meet.)
const REHEARSAL: &str = "rehearsal/";

impl Checkpoint {
    /// The checkpoint of `tree`.
    ///
    /// # Errors
    /// [`NotACheckpoint::Origin`].
    pub fn of(origin: &str, tree: &Tree) -> Result<Checkpoint, NotACheckpoint> {
        Checkpoint::new(origin, tree.size(), tree.root())
    }

    /// A checkpoint from its parts.
    ///
    /// # Errors
    /// [`NotACheckpoint::Origin`].
    pub fn new(origin: &str, size: u64, root: Digest) -> Result<Checkpoint, NotACheckpoint> {
        // The origin is the name of the log's key as well, so it obeys that rule.
        if !name_is_good(origin) {
            return Err(NotACheckpoint::Origin(shown(origin, 80)));
        }
        Ok(Checkpoint {
            origin: origin.to_owned(),
            size,
            root,
        })
    }

    /// Reads the text of a checkpoint note.
    ///
    /// # Errors
    /// [`NotACheckpoint`]; also for extension lines.
    pub fn parse(text: &str) -> Result<Checkpoint, NotACheckpoint> {
        let lines = || NotACheckpoint::Lines(shown(text, 200));
        let body = text.strip_suffix('\n').ok_or_else(lines)?;
        let mut parts = body.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(lines());
        };
        let number = size.parse::<u64>().ok().filter(|n| n.to_string() == size);
        let number = number.ok_or_else(|| NotACheckpoint::Size(shown(size, 40)))?;
        let bytes = BASE64.decode(root.as_bytes()).ok();
        let bytes = bytes.and_then(|b| <[u8; 32]>::try_from(b).ok());
        let bytes = bytes.ok_or_else(|| NotACheckpoint::Root(shown(root, 60)))?;
        Checkpoint::new(origin, number, Digest::from_bytes(bytes))
    }

    /// Which record.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// In one line: origin, size and root, a space between them.
    #[must_use]
    pub fn in_line(&self) -> String {
        self.to_string().trim_end().replace('\n', " ")
    }

    /// How many lines.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The Merkle root over them.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.root
    }

    /// What an attester's audit key signs: the text, as the log's key does. TUF's
    /// signed bytes start with `{` and a proof of possession has a space in its first
    /// line; an origin has neither, so that no signature passes for another kind.
    #[must_use]
    pub fn payload(&self) -> Payload {
        Payload::mint(Purpose::Checkpoint, self.to_string().as_bytes())
    }

    /// Whether `tree` has this size and root.
    #[must_use]
    pub fn fits(&self, tree: &Tree) -> bool {
        self.size == tree.size() && self.root == tree.root()
    }

    /// Whether the record is a rehearsal's.
    #[must_use]
    pub fn is_rehearsal(&self) -> bool {
        self.origin.starts_with(REHEARSAL) && self.origin.split('/').count() == 4
    }
}

/// The three lines: the text of the note.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64.encode(self.root.as_bytes());
        write!(f, "{}\n{}\n{root}\n", self.origin, self.size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example of the specification.
    const EXAMPLE: &str =
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";

    #[test]
    fn the_example_of_the_specification_reads_back() {
        let c = Checkpoint::parse(EXAMPLE).unwrap();
        assert_eq!(c.to_string(), EXAMPLE);
        assert_eq!(
            (c.origin(), c.size()),
            ("example.com/behind-the-sofa", 20_852_163)
        );
        let empty = Checkpoint::of("a/b/c", &Tree::new()).unwrap();
        assert_eq!(Checkpoint::parse(&empty.to_string()).unwrap(), empty);
        assert!(empty.fits(&Tree::new()) && !empty.fits(&["x"].iter().collect()));
    }

    #[test]
    fn one_checkpoint_has_one_spelling() {
        let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
        for (sin, text) in [
            ("no final LF", format!("a\n1\n{root}")),
            ("an extension line", format!("a\n1\n{root}\nx\n")),
            ("an empty line", format!("a\n1\n{root}\n\n")),
            ("no root", "a\n1\n".to_owned()),
            ("a leading zero", format!("a\n01\n{root}\n")),
            ("a plus sign", format!("a\n+1\n{root}\n")),
            ("a minus sign", format!("a\n-1\n{root}\n")),
            (
                "a size beyond 64 bits",
                format!("a\n18446744073709551616\n{root}\n"),
            ),
            ("no size", format!("a\n\n{root}\n")),
            ("no origin", format!("\n1\n{root}\n")),
            ("a space in the origin", format!("a b\n1\n{root}\n")),
            ("CRLF", format!("a\r\n1\r\n{root}\r\n")),
            ("a short root", "a\n1\nCsUYag==\n".to_owned()),
            (
                "loose last bits",
                format!("a\n1\n{}\n", root.replace("2I=", "2J=")),
            ),
        ] {
            assert!(Checkpoint::parse(&text).is_err(), "{sin}");
        }
    }

    #[test]
    fn a_rehearsal_is_never_taken_for_production() {
        let (org, site) = (Id::parse("example").unwrap(), Id::parse("vienna").unwrap());
        let id = Digest::of(b"first line");
        let real = origin(false, &org, &site, &id);
        assert_eq!(real, format!("example/vienna/{id}"));
        let odd = origin(false, &Id::parse("rehearsal").unwrap(), &site, &id);
        for (text, expected) in [
            (real.clone(), false),
            (odd, false),
            (origin(true, &org, &site, &id), true),
        ] {
            assert_eq!(
                Checkpoint::of(&text, &Tree::new()).unwrap().is_rehearsal(),
                expected
            );
        }
    }
}
