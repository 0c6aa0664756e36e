//! Reads a metadata file where it stands: one strict pass, borrowed slices, no
//! tree. Canonical bytes come straight from the text, and *are* the text where
//! it already is canonical. [`crate::tuf::Metadata`] starts here too, so a file
//! has one reader. For targets of a million files, whose tree would take ten
//! times the file ([`TargetsView`]).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::canonical::write_string;
use super::fields::{path, shape};
use super::metadata::{Signature, read_signatures};
use super::refused::Refused;
use super::role::RoleName;
use super::targets::{TargetFile, Targets, check_path};
use crate::base::json::{Cursor, Kind, NotJson, Text, text};
use crate::base::{Json, shown};

/// The most signatures of one file. Beyond it nobody signs and somebody
/// attacks (CVE-2020-6173; facts/security.md V18).
pub const MAX_SIGNATURES: usize = 512;

/// A metadata file, read but not verified (TUF 4.2).
#[derive(Debug, Clone)]
pub struct Document<'a> {
    /// In the order of the file; each keyid once.
    pub signatures: Vec<Signature>,
    signed: &'a str,
}

impl<'a> Document<'a> {
    /// Reads the envelope, and proves every byte of the file strict JSON.
    ///
    /// # Errors
    /// [`Refused`]: not strict JSON, no envelope, bad or too many signatures.
    pub fn read(bytes: &'a [u8]) -> Result<Document<'a>, Refused> {
        let mut cursor = Cursor::new(text(bytes)?);
        if cursor.kind()? != Kind::Object {
            return Err(other("", "an object", cursor.skip()?));
        }
        cursor.object()?;
        let (mut signed, mut signatures) = (None, None);
        while let Some(key) = cursor.key()? {
            match &*key.decoded() {
                "signed" => signed = Some(cursor.skip()?),
                "signatures" => signatures = Some(count(&mut cursor)?),
                // Members beside these two are not signed; clients ignore them, so do we.
                _ => {
                    cursor.skip()?;
                }
            }
        }
        cursor.end()?;
        let signed = signed.ok_or_else(|| missing("signed"))?;
        let signatures = signatures.ok_or_else(|| missing("signatures"))?;
        let Json::Array(items) = Json::next(&mut Cursor::new(signatures))? else {
            return Err(other("signatures", "an array", signatures));
        };
        Ok(Document {
            signatures: read_signatures(&items)?,
            signed,
        })
    }

    /// The `signed` part as it stands: strict JSON.
    #[must_use]
    pub fn signed(&self) -> &'a str {
        self.signed
    }

    /// Whose metadata it says it is.
    ///
    /// # Errors
    /// [`Refused`] when `_type` is missing or unknown.
    pub fn role(&self) -> Result<RoleName, Refused> {
        let mut cursor = Cursor::new(self.signed);
        if cursor.kind()? != Kind::Object {
            return Err(other("signed", "an object", self.signed));
        }
        cursor.object()?;
        while let Some(key) = cursor.key()? {
            let value = cursor.skip()?;
            if key.decoded() == "_type" {
                let Json::Str(kind) = Json::next(&mut Cursor::new(value))? else {
                    return Err(other("signed._type", "a string", value));
                };
                return RoleName::parse(&kind).ok_or_else(|| Refused::Type {
                    expected: "root, targets, snapshot or timestamp",
                    got: shown(&kind, 80),
                });
            }
        }
        Err(missing("signed._type"))
    }

    /// The bytes that the signatures are over; borrowed from the file if its
    /// `signed` part is canonical as it stands.
    ///
    /// # Errors
    /// None for a document that [`Document::read`] gave.
    pub fn canonical(&self) -> Result<Cow<'a, [u8]>, Refused> {
        Ok(canonical_text(self.signed)?)
    }

    /// The targets in it.
    ///
    /// # Errors
    /// [`Refused`] exactly where [`Targets::from_json`] refuses.
    pub fn targets(&self) -> Result<TargetsView<'a>, Refused> {
        TargetsView::read(self.signed)
    }
}

/// Canonical bytes of one JSON text, without a tree ([`super::canonical()`] says what they are).
///
/// # Errors
/// [`NotJson`] where the text is not strict.
pub fn canonical_text(text: &str) -> Result<Cow<'_, [u8]>, NotJson> {
    let mut cursor = Cursor::new(text);
    let mut writer = Writer {
        source: text.as_bytes(),
        same: 0,
        out: None,
        members: Vec::new(),
    };
    writer.value(&mut cursor)?;
    cursor.end()?;
    Ok(match writer.out {
        Some(out) => Cow::Owned(out),
        None => Cow::Borrowed(writer.source.get(..writer.same).unwrap_or_default()),
    })
}

/// Targets metadata whose entries stay in the text: sixteen bytes a reference
/// instead of a map a file. Every entry has been checked as [`Targets`] checks it.
#[derive(Debug, Clone)]
pub struct TargetsView<'a> {
    /// All but the target files: its `targets` is empty.
    pub rest: Targets,
    /// By code point of the path.
    entries: Vec<(Text<'a>, &'a str)>,
}

impl<'a> TargetsView<'a> {
    /// Reads a `signed` part.
    ///
    /// # Errors
    /// [`Refused`] exactly where [`Targets::from_json`] refuses.
    pub fn read(signed: &'a str) -> Result<TargetsView<'a>, Refused> {
        let mut cursor = Cursor::new(signed);
        if cursor.kind()? != Kind::Object {
            return Err(other("signed", "an object", signed));
        }
        cursor.object()?;
        let mut rest = std::collections::BTreeMap::new();
        let mut entries = Vec::new();
        while let Some(key) = cursor.key()? {
            let name = key.decoded();
            let value = if name == "targets" && cursor.kind()? == Kind::Object {
                entries = read_entries(&mut cursor)?;
                Json::Object(std::collections::BTreeMap::new())
            } else {
                Json::next(&mut cursor)?
            };
            rest.insert(name.into_owned(), value);
        }
        cursor.end()?;
        // Everything else is judged by the model itself, so that the two cannot differ.
        let rest = Targets::from_json(&Json::Object(rest))?;
        if !entries.is_sorted_by(|a, b| a.0.order(b.0) == Ordering::Less) {
            entries.sort_unstable_by(|a, b| a.0.order(b.0));
        }
        Ok(TargetsView { rest, entries })
    }

    /// How many target files there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What is said of the file at `path`.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<TargetFile> {
        let found = self
            .entries
            .binary_search_by(|(name, _)| (*name.decoded()).cmp(path))
            .ok()?;
        let (_, value) = self.entries.get(found)?;
        read_file(value, path).ok()
    }

    /// The paths, by code point.
    pub fn paths(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.entries.iter().map(|(name, _)| name.decoded())
    }
}

fn read_entries<'a>(cursor: &mut Cursor<'a>) -> Result<Vec<(Text<'a>, &'a str)>, Refused> {
    cursor.object()?;
    let mut entries = Vec::new();
    while let Some(key) = cursor.key()? {
        let name = key.decoded();
        check_path(&name)?;
        cursor.kind()?;
        let start = cursor.position();
        let good = surely_good(cursor)?;
        let value = cursor.since(start);
        if !good {
            read_file(value, &name)?;
        }
        entries.push((key, value));
    }
    Ok(entries)
}

fn read_file(value: &str, name: &str) -> Result<TargetFile, Refused> {
    let value = Json::next(&mut Cursor::new(value))?;
    TargetFile::from_json(&value, &path("signed.targets", name))
}

/// Reads an entry: whether it has a length and sha256 or sha512 hashes of the
/// right form. `false` is "look again, slowly", never a refusal.
fn surely_good(cursor: &mut Cursor<'_>) -> Result<bool, NotJson> {
    if cursor.kind()? != Kind::Object {
        cursor.skip()?;
        return Ok(false);
    }
    cursor.object()?;
    let (mut length, mut hashes) = (false, false);
    while let Some(key) = cursor.key()? {
        match key.plain() {
            Some("length") if cursor.kind()? == Kind::Int => length = cursor.integer()? >= 0,
            Some("hashes") if cursor.kind()? == Kind::Object => hashes = surely_hashes(cursor)?,
            // Of another type, or spelt with escapes: both stay unproven.
            _ => {
                cursor.skip()?;
            }
        }
    }
    Ok(length && hashes)
}

fn surely_hashes(cursor: &mut Cursor<'_>) -> Result<bool, NotJson> {
    cursor.object()?;
    let (mut good, mut any) = (true, false);
    while let Some(key) = cursor.key()? {
        any = true;
        let digits = match key.plain() {
            Some("sha256") => 64,
            Some("sha512") => 128,
            _ => 0,
        };
        if digits == 0 || cursor.kind()? != Kind::Str {
            good = false;
            cursor.skip()?;
            continue;
        }
        let hex = cursor.string()?.plain().unwrap_or_default();
        good &= hex.len() == digits && hex.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    }
    Ok(good && any)
}

/// Passes over `signatures` and refuses a flood of them before one is built.
fn count<'a>(cursor: &mut Cursor<'a>) -> Result<&'a str, Refused> {
    if cursor.kind()? == Kind::Array {
        let mut ahead = cursor.clone();
        ahead.array()?;
        let mut got = 0_usize;
        while ahead.item()? {
            got = got.saturating_add(1);
            if got > MAX_SIGNATURES {
                return Err(Refused::SignatureFlood {
                    limit: MAX_SIGNATURES,
                });
            }
            ahead.skip()?;
        }
    }
    Ok(cursor.skip()?)
}

fn missing(at: &str) -> Refused {
    Refused::Missing { at: at.to_owned() }
}

fn other(at: &str, expected: &'static str, got: &str) -> Refused {
    match Json::next(&mut Cursor::new(got)) {
        Ok(got) => shape(at, expected, &got),
        Err(not) => Refused::NotJson(not),
    }
}

/// Writes canonical bytes. As long as they equal the source, it only counts.
struct Writer<'a> {
    source: &'a [u8],
    same: usize,
    out: Option<Vec<u8>>,
    /// Of the objects that are open: each key, and where it starts in what is written.
    members: Vec<(Text<'a>, usize)>,
}

impl<'a> Writer<'a> {
    fn len(&self) -> usize {
        self.out.as_ref().map_or(self.same, Vec::len)
    }

    fn owned(&mut self) -> &mut Vec<u8> {
        self.out.get_or_insert_with(|| {
            // Never longer than its source: white space goes, escapes shrink.
            let mut out = Vec::with_capacity(self.source.len());
            out.extend_from_slice(self.source.get(..self.same).unwrap_or_default());
            out
        })
    }

    #[inline]
    fn put(&mut self, piece: &[u8]) {
        if let Some(out) = &mut self.out {
            out.extend_from_slice(piece);
        } else {
            let end = self.same.saturating_add(piece.len());
            if self.source.get(self.same..end) == Some(piece) {
                self.same = end;
            } else {
                self.owned().extend_from_slice(piece);
            }
        }
    }

    fn text(&mut self, text: Text<'a>) {
        match text.plain() {
            Some(_) => self.put(text.quoted().as_bytes()),
            None => {
                let mut quoted = Vec::new();
                write_string(&mut quoted, &text.decoded());
                self.put(&quoted);
            }
        }
    }

    fn value(&mut self, cursor: &mut Cursor<'a>) -> Result<(), NotJson> {
        match cursor.kind()? {
            // A strict integer has one spelling, the canonical one.
            Kind::Null | Kind::Bool | Kind::Int => self.put(cursor.skip()?.as_bytes()),
            Kind::Str => {
                let text = cursor.string()?;
                self.text(text);
            }
            Kind::Array => {
                cursor.array()?;
                self.put(b"[");
                let mut first = true;
                while cursor.item()? {
                    if !std::mem::take(&mut first) {
                        self.put(b",");
                    }
                    self.value(cursor)?;
                }
                self.put(b"]");
            }
            Kind::Object => self.object(cursor)?,
        }
        Ok(())
    }

    fn object(&mut self, cursor: &mut Cursor<'a>) -> Result<(), NotJson> {
        cursor.object()?;
        self.put(b"{");
        let base = self.members.len();
        let mut sorted = true;
        while let Some(key) = cursor.key()? {
            let before = self.members.get(base..).and_then(<[_]>::last);
            if let Some((before, _)) = before {
                sorted &= before.order(key) == Ordering::Less;
                self.put(b",");
            }
            self.members.push((key, self.len()));
            self.text(key);
            self.put(b":");
            self.value(cursor)?;
        }
        if !sorted {
            self.sort(base);
        }
        self.members.truncate(base);
        self.put(b"}");
        Ok(())
    }

    /// Puts the members of the innermost object in order.
    fn sort(&mut self, base: usize) {
        let Some((_, start)) = self.members.get(base).copied() else {
            return;
        };
        let end = self.len();
        let next = self.members.iter().skip(base).skip(1).map(|(_, at)| *at);
        let ends = next.map(|at| at.saturating_sub(1)).chain([end]);
        let mut spans: Vec<_> = self
            .members
            .iter()
            .skip(base)
            .zip(ends)
            .map(|((key, from), to)| (*key, from.saturating_sub(start), to.saturating_sub(start)))
            .collect();
        spans.sort_unstable_by(|a, b| a.0.order(b.0));
        let out = self.owned();
        let unsorted = out.get(start..).unwrap_or_default().to_vec();
        out.truncate(start);
        for (i, (_, from, to)) in spans.into_iter().enumerate() {
            if i > 0 {
                out.push(b',');
            }
            out.extend_from_slice(unsorted.get(from..to).unwrap_or_default());
        }
    }
}
