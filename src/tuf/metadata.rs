//! The envelope of every metadata file (TUF 4.2): `signed` and `signatures`.
//! It keeps the bytes that came in: they are what is hashed, stored and
//! exported, never a re-serialisation (law 4).

use std::collections::BTreeSet;
use std::sync::Arc;

use data_encoding::HEXLOWER;

use super::canonical::canonical;
use super::fields::{Fields, joined, number, shape};
use super::in_place::Document;
use super::key::KeyId;
use super::refused::Refused;
use super::role::RoleName;
use super::root::Root;
use super::snapshot::Snapshot;
use super::targets::Targets;
use super::timestamp::Timestamp;
use super::workflow::Limits;
use crate::base::json::Cursor;
use crate::base::{Instant, Json, shown};

/// A parsed metadata file. Parsed is not verified: see [`super::threshold`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// In the order of the file; each keyid once.
    pub signatures: Vec<Signature>,
    /// The model.
    pub signed: Signed,
    /// The `signed` part as it stood, for canonical bytes.
    pub signed_json: Json,
    /// The file.
    pub bytes: Arc<[u8]>,
}

/// One entry of `signatures`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    /// Under which keyid.
    pub keyid: KeyId,
    /// The signature; empty for the placeholder that tuf-on-ci writes.
    pub sig: Vec<u8>,
}

/// The `signed` part of one of the four kinds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// Root metadata.
    Root(Root),
    /// Targets metadata.
    Targets(Targets),
    /// Snapshot metadata.
    Snapshot(Snapshot),
    /// Timestamp metadata.
    Timestamp(Timestamp),
}

/// What all four kinds have (TUF 4.3).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Common {
    /// `1.0` or `1.0.N`.
    pub spec_version: String,
    /// 1 to 2^53 - 1.
    pub version: u64,
    /// Whole seconds, `Z`.
    pub expires: Instant,
}

impl Metadata {
    /// Parses a file.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn parse(bytes: &[u8]) -> Result<Metadata, Refused> {
        Metadata::of(Document::read(bytes)?, bytes)
    }

    fn of(document: Document<'_>, bytes: &[u8]) -> Result<Metadata, Refused> {
        let signed_json = Json::next(&mut Cursor::new(document.signed()))?;
        Ok(Metadata {
            signatures: document.signatures,
            signed: Signed::from_json(&signed_json)?,
            signed_json,
            bytes: bytes.into(),
        })
    }

    /// Parses a file from outside, and builds nothing of one that is larger
    /// than a client reads (facts/tuf.md 2.10).
    ///
    /// # Errors
    /// [`Refused::TooLarge`], else as [`Metadata::parse`].
    pub fn parse_within(bytes: &[u8], limits: &Limits) -> Result<Metadata, Refused> {
        let most = RoleName::ALL.map(|role| limits.bytes(role)).into_iter().max();
        let fits = |limit: usize| match bytes.len() <= limit {
            true => Ok(()),
            false => Err(Refused::TooLarge {
                limit,
                got: bytes.len(),
            }),
        };
        fits(most.unwrap_or(0))?;
        let document = Document::read(bytes)?;
        fits(limits.bytes(document.role()?))?;
        Metadata::of(document, bytes)
    }

    /// The bytes that the signatures are over.
    #[must_use]
    pub fn canonical(&self) -> Vec<u8> {
        canonical(&self.signed_json)
    }
}

impl Signed {
    /// Reads a `signed` part of whatever kind its `_type` says.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(signed: &Json) -> Result<Signed, Refused> {
        let kind = Fields::of(signed, "signed")?.text("_type")?;
        match RoleName::parse(&kind) {
            Some(RoleName::Root) => Root::from_json(signed).map(Signed::Root),
            Some(RoleName::Targets) => Targets::from_json(signed).map(Signed::Targets),
            Some(RoleName::Snapshot) => Snapshot::from_json(signed).map(Signed::Snapshot),
            Some(RoleName::Timestamp) => Timestamp::from_json(signed).map(Signed::Timestamp),
            None => Err(Refused::Type {
                expected: "root, targets, snapshot or timestamp",
                got: shown(&kind, 80),
            }),
        }
    }

    /// The `signed` part again; its canonical bytes are those that were read.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Signed::Root(root) => root.to_json(),
            Signed::Targets(targets) => targets.to_json(),
            Signed::Snapshot(snapshot) => snapshot.to_json(),
            Signed::Timestamp(timestamp) => timestamp.to_json(),
        }
    }

    /// Which kind it is.
    #[must_use]
    pub fn role(&self) -> RoleName {
        match self {
            Signed::Root(_) => RoleName::Root,
            Signed::Targets(_) => RoleName::Targets,
            Signed::Snapshot(_) => RoleName::Snapshot,
            Signed::Timestamp(_) => RoleName::Timestamp,
        }
    }

    /// What all kinds have.
    #[must_use]
    pub fn common(&self) -> &Common {
        match self {
            Signed::Root(root) => &root.common,
            Signed::Targets(targets) => &targets.common,
            Signed::Snapshot(snapshot) => &snapshot.common,
            Signed::Timestamp(timestamp) => &timestamp.common,
        }
    }

    /// `version`.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.common().version
    }

    /// `expires`.
    #[must_use]
    pub fn expires(&self) -> Instant {
        self.common().expires
    }
}

impl Common {
    pub(super) fn take(fields: &mut Fields<'_>, role: RoleName) -> Result<Common, Refused> {
        let kind = fields.text("_type")?;
        if kind != role.as_str() {
            return Err(Refused::Type {
                expected: role.as_str(),
                got: shown(&kind, 80),
            });
        }
        let spec_version = fields.text("spec_version")?;
        if !is_spec_1_0(&spec_version) {
            return Err(Refused::SpecVersion {
                got: shown(&spec_version, 40),
            });
        }
        Ok(Common {
            spec_version,
            version: fields.version()?,
            expires: Instant::parse(&fields.text("expires")?).map_err(Refused::Expires)?,
        })
    }

    pub(super) fn write(&self, signed: Json, role: RoleName) -> Json {
        let Json::Object(rest) = signed else {
            return signed;
        };
        joined(
            &rest,
            [
                ("_type", role.as_str().into()),
                ("spec_version", self.spec_version.as_str().into()),
                ("version", number(self.version)),
                ("expires", self.expires.to_string().into()),
            ],
        )
    }
}

/// TUF 4.3: clients read what has their own major version. `1.0` is what
/// sigstore and python-securesystemslib wrote.
pub(super) fn is_spec_1_0(text: &str) -> bool {
    match text.strip_prefix("1.0") {
        Some("") => true,
        Some(rest) => rest.strip_prefix('.').is_some_and(|n| {
            (1..=4).contains(&n.len())
                && n.bytes().all(|b| b.is_ascii_digit())
                && (n == "0" || !n.starts_with('0'))
        }),
        None => false,
    }
}

pub(super) fn read_signatures(items: &[Json]) -> Result<Vec<Signature>, Refused> {
    let mut seen = BTreeSet::new();
    let mut signatures = Vec::with_capacity(items.len());
    for item in items {
        let mut fields = Fields::of(item, "signatures")?;
        let keyid = KeyId::parse(&fields.text("keyid")?, "signatures.keyid")?;
        let text = fields.text("sig")?;
        // facts/tuf.md 2.5: uppercase is refused by rust-tuf; empty is a placeholder.
        let sig = HEXLOWER
            .decode(text.as_bytes())
            .map_err(|_| shape("signatures.sig", "lowercase hexadecimal", &text.as_str().into()))?;
        // TUF 4.2: keyids MUST be unique in `signatures` (V01).
        if !seen.insert(keyid) {
            return Err(Refused::SignatureTwice { keyid });
        }
        signatures.push(Signature { keyid, sig });
    }
    Ok(signatures)
}
