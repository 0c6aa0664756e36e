//! What a device stores: objects keyed by type and id, with capabilities,
//! domains and a sequence number that survives deletion, and how much of the
//! storage they take.

use serde::{Deserialize, Serialize};

use crate::codes::{Code, algorithm, object_type as kind};
use crate::frame::Args;

/// Records that a device holds at most.
pub const MAX_OBJECTS: u16 = 256;
/// Pages of storage in all, and the bytes of one.
pub const PAGES: u16 = 1024;
/// Bytes of one page.
pub const PAGE: u16 = 126;

/// One stored object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Object {
    /// 1 to 0xFFFE.
    pub id: u16,
    /// [`kind`].
    pub kind: u8,
    /// Capability bits of the object itself.
    pub capabilities: u64,
    /// What it may grant (authentication and wrap keys).
    pub delegated: u64,
    /// Domain bits.
    pub domains: u16,
    /// [`algorithm`].
    pub algorithm: u8,
    /// How often this type and id was written before, modulo 256.
    pub sequence: u8,
    /// [`crate::codes::origin`].
    pub origin: u8,
    /// 40 bytes, zero padded.
    #[serde(with = "hex_bytes")]
    pub label: Vec<u8>,
    /// Key or data: `enc‖mac`, EC scalar, Ed25519 seed, RSA `p‖q`, AES or HMAC key, opaque data.
    #[serde(with = "hex_bytes")]
    pub body: Vec<u8>,
}

/// What every put and generate command begins with: id, label, domains, capabilities, algorithm.
#[derive(Debug, Clone)]
pub struct Header {
    /// 0 = the device chooses.
    pub id: u16,
    /// 40 bytes.
    pub label: Vec<u8>,
    /// Domain bits.
    pub domains: u16,
    /// Capability bits.
    pub capabilities: u64,
    /// Algorithm.
    pub algorithm: u8,
}

impl Header {
    /// Reads one.
    ///
    /// # Errors
    /// `WrongLength`.
    pub fn read(args: &mut Args<'_>) -> Result<Self, Code> {
        Ok(Self {
            id: args.u16()?,
            label: args.take(40)?.to_vec(),
            domains: args.u16()?,
            capabilities: args.u64()?,
            algorithm: args.u8()?,
        })
    }

    /// The object that this header and body make.
    #[must_use]
    pub fn object(self, kind: u8, delegated: u64, origin: u8, body: Vec<u8>) -> Object {
        Object {
            id: self.id,
            kind,
            capabilities: self.capabilities,
            delegated,
            domains: self.domains,
            algorithm: self.algorithm,
            sequence: 0,
            origin,
            label: self.label,
            body,
        }
    }
}

impl Object {
    /// The stored length a device reports: delegated sets, public parts and CRT numbers count.
    #[must_use]
    pub fn length(&self) -> u16 {
        let body = self.body.len();
        let length = match (self.kind, self.algorithm) {
            (kind::AUTHENTICATION_KEY | kind::WRAP_KEY | kind::PUBLIC_WRAP_KEY, _) => body + 8,
            (_, algorithm::RSA_2048..=algorithm::RSA_4096) => body / 2 * 7,
            (kind::ASYMMETRIC_KEY, _) => body * 3,
            _ => body,
        };
        u16::try_from(length).unwrap_or(u16::MAX)
    }

    fn pages(&self) -> u16 {
        self.length().div_ceil(PAGE).max(1)
    }

    /// The info record (big endian): capabilities, id, length, domains, type, algorithm,
    /// sequence, origin, label, delegated capabilities.
    #[must_use]
    pub fn info(&self) -> Vec<u8> {
        let mut out = self.capabilities.to_be_bytes().to_vec();
        out.extend_from_slice(&self.id.to_be_bytes());
        out.extend_from_slice(&self.length().to_be_bytes());
        out.extend_from_slice(&self.domains.to_be_bytes());
        out.extend_from_slice(&[self.kind, self.algorithm, self.sequence, self.origin]);
        out.extend_from_slice(&self.label);
        out.extend_from_slice(&self.delegated.to_be_bytes());
        out
    }

    /// The label without its padding.
    #[must_use]
    pub fn trimmed_label(&self) -> &[u8] {
        let end = self
            .label
            .iter()
            .rposition(|byte| *byte != 0)
            .map_or(0, |last| last + 1);
        &self.label[..end]
    }
}

/// All objects, and how often each type and id was written.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Store {
    objects: Vec<Object>,
    written: Vec<(u8, u16, u8)>,
}

impl Store {
    /// The object of this type and id that shares a domain with `domains`.
    ///
    /// # Errors
    /// `ObjectNotFound`: one in foreign domains looks absent.
    pub fn get(&self, kind: u8, id: u16, domains: u16) -> Result<&Object, Code> {
        self.objects
            .iter()
            .find(|object| object.kind == kind && object.id == id && object.domains & domains != 0)
            .ok_or(Code::ObjectNotFound)
    }

    /// As [`Store::get`], to change it.
    ///
    /// # Errors
    /// As [`Store::get`].
    pub fn get_mut(&mut self, kind: u8, id: u16, domains: u16) -> Result<&mut Object, Code> {
        self.objects
            .iter_mut()
            .find(|object| object.kind == kind && object.id == id && object.domains & domains != 0)
            .ok_or(Code::ObjectNotFound)
    }

    /// Whether this type and id is taken, in any domain.
    #[must_use]
    pub fn taken(&self, kind: u8, id: u16) -> bool {
        self.objects
            .iter()
            .any(|object| object.kind == kind && object.id == id)
    }

    /// Objects and pages in use.
    #[must_use]
    pub fn used(&self) -> (u16, u16) {
        let objects = u16::try_from(self.objects.len()).unwrap_or(u16::MAX);
        (objects, self.objects.iter().map(Object::pages).sum())
    }

    /// Stores `object` under its id and counts its sequence up.
    ///
    /// # Errors
    /// `InvalidId`, `ObjectExists`, or `StorageFailed` where there is no room.
    pub fn add(&mut self, mut object: Object) -> Result<u16, Code> {
        if object.id == 0 || object.id == u16::MAX {
            return Err(Code::InvalidId);
        }
        if self.taken(object.kind, object.id) {
            return Err(Code::ObjectExists);
        }
        let (objects, pages) = self.used();
        if objects >= MAX_OBJECTS || pages.saturating_add(object.pages()) > PAGES {
            return Err(Code::StorageFailed);
        }
        let key = (object.kind, object.id);
        match self.written.iter_mut().find(|(kind, id, _)| (*kind, *id) == key) {
            Some((_, _, sequence)) => {
                *sequence = sequence.wrapping_add(1);
                object.sequence = *sequence;
            }
            None => {
                object.sequence = 0;
                self.written.push((object.kind, object.id, 0));
            }
        }
        let id = object.id;
        self.objects.push(object);
        Ok(id)
    }

    /// Removes one object; its sequence is remembered.
    pub fn remove(&mut self, kind: u8, id: u16) {
        self.objects
            .retain(|object| (object.kind, object.id) != (kind, id));
    }

    /// Every object, in the order of storage.
    #[must_use]
    pub fn all(&self) -> &[Object] {
        &self.objects
    }

    /// The list record (id, type, sequence) of every object in `domains` that passes all filters.
    ///
    /// # Errors
    /// `InvalidData` for an unknown filter, `WrongLength` for a cut one.
    pub fn list(&self, mut filters: Args<'_>, domains: u16) -> Result<Vec<u8>, Code> {
        let mut hits: Vec<&Object> = self
            .objects
            .iter()
            .filter(|object| object.domains & domains != 0)
            .collect();
        while !filters.0.is_empty() {
            match filters.u8()? {
                1 => {
                    let id = filters.u16()?;
                    hits.retain(|object| object.id == id);
                }
                2 => {
                    let kind = filters.u8()?;
                    hits.retain(|object| object.kind == kind);
                }
                3 => {
                    let wanted = filters.u16()?;
                    hits.retain(|object| object.domains & wanted != 0);
                }
                4 => {
                    let wanted = filters.u64()?;
                    hits.retain(|object| object.capabilities & wanted != 0);
                }
                5 => {
                    let wanted = filters.u8()?;
                    hits.retain(|object| object.algorithm == wanted);
                }
                6 => {
                    let wanted = filters.take(40)?;
                    hits.retain(|object| object.label == wanted);
                }
                _ => return Err(Code::InvalidData),
            }
        }
        let mut out = Vec::new();
        for object in hits {
            out.extend_from_slice(&object.id.to_be_bytes());
            out.extend_from_slice(&[object.kind, object.sequence]);
        }
        Ok(out)
    }
}

/// Bytes as hexadecimal text in the state file.
pub(crate) mod hex_bytes {
    use serde::{Deserialize, Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        super::unhex(&text).ok_or_else(|| serde::de::Error::custom("not hexadecimal"))
    }
}

/// The bytes of hexadecimal text.
pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || !text.is_ascii() {
        return None;
    }
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(&text[at..at + 2], 16).ok())
        .collect()
}
