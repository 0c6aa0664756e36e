//! Reads a metadata file where it stands: one strict pass, borrowed slices, no
//! tree. Canonical bytes come straight from the text, and *are* the text where
//! it already is canonical. [`crate::tuf::Metadata`] starts here too, so a file
//! has one reader. For targets of a million files, whose tree would take ten
//! times the file ([`TargetsView`]).

use std::borrow::Cow;

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
    signed: Scan<'a>,
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
                "signed" => signed = Some(Scan::read(&mut cursor)?),
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
        self.signed.text
    }

    /// Whose metadata it says it is.
    ///
    /// # Errors
    /// [`Refused`] when `_type` is missing or unknown.
    pub fn role(&self) -> Result<RoleName, Refused> {
        if !self.signed.object {
            return Err(other("signed", "an object", self.signed.text));
        }
        let value = self.signed.kind.ok_or_else(|| missing("signed._type"))?;
        let Json::Str(kind) = Json::next(&mut Cursor::new(value))? else {
            return Err(other("signed._type", "a string", value));
        };
        RoleName::parse(&kind).ok_or_else(|| Refused::Type {
            expected: "root, targets, snapshot or timestamp",
            got: shown(&kind, 80),
        })
    }

    /// The bytes that the signatures are over; borrowed from the file if its
    /// `signed` part is canonical as it stands.
    ///
    /// # Errors
    /// None for a document that [`Document::read`] gave.
    pub fn canonical(&self) -> Result<Cow<'a, [u8]>, Refused> {
        Ok(canonical_text(self.signed.text)?)
    }

    /// The targets in it.
    ///
    /// # Errors
    /// [`Refused`] exactly where [`Targets::from_json`] refuses.
    pub fn targets(&self) -> Result<TargetsView<'a>, Refused> {
        TargetsView::of(&self.signed)
    }
}

/// What one pass over a `signed` part leaves: the pass that proves it strict JSON
/// also looks at target files, because each pass over a hundred megabytes shows.
#[derive(Debug, Clone, Default)]
struct Scan<'a> {
    text: &'a str,
    object: bool,
    /// The value of `_type`.
    kind: Option<&'a str>,
    /// The value of `targets`, if that is an object: from here to there.
    targets: Option<(usize, usize)>,
    /// Where each path in it stands, in the order of the file.
    entries: Vec<usize>,
    ascending: bool,
    /// Those of them that need a closer look.
    unsure: Vec<usize>,
}

impl<'a> Scan<'a> {
    fn read(outer: &mut Cursor<'a>) -> Result<Scan<'a>, NotJson> {
        let mut scan = Scan::default();
        let kind = outer.kind()?;
        let start = outer.position();
        if kind != Kind::Object {
            scan.text = outer.skip()?;
            return Ok(scan);
        }
        scan.object = true;
        outer.object()?;
        while let Some(key) = outer.key()? {
            match &*key.decoded() {
                "_type" => scan.kind = Some(outer.skip()?),
                "targets" if outer.kind()? == Kind::Object => scan.entries(outer, start)?,
                _ => {
                    outer.skip()?;
                }
            }
        }
        scan.text = outer.since(start);
        Ok(scan)
    }

    fn entries(&mut self, cursor: &mut Cursor<'a>, start: usize) -> Result<(), NotJson> {
        let here = |cursor: &Cursor<'_>| cursor.position().saturating_sub(start);
        let from = here(cursor);
        cursor.object()?;
        self.ascending = true;
        while let Some(key) = cursor.key()? {
            let at = cursor.key_position().saturating_sub(start);
            let safe = key.plain().is_some_and(|name| check_path(name).is_ok());
            self.ascending = cursor.ascending();
            if !surely_good(cursor)? || !safe {
                self.unsure.push(at);
            }
            self.entries.push(at);
        }
        self.targets = Some((from, here(cursor)));
        Ok(())
    }
}

/// Canonical bytes of one JSON text, without a tree ([`super::canonical()`] says what they are).
///
/// # Errors
/// [`NotJson`] where the text is not strict.
pub fn canonical_text(text: &str) -> Result<Cow<'_, [u8]>, NotJson> {
    let mut cursor = Cursor::new(text);
    let mut writer = Writer {
        source: text,
        same: 0,
        out: None,
        members: Vec::new(),
    };
    writer.value(&mut cursor)?;
    cursor.end()?;
    Ok(match writer.out {
        Some(out) => Cow::Owned(out),
        None => Cow::Borrowed(writer.source.as_bytes().get(..writer.same).unwrap_or_default()),
    })
}

/// Targets metadata whose entries stay in the text: eight bytes each instead
/// of a map a file. Every entry has been checked as [`Targets`] checks it.
#[derive(Debug, Clone)]
pub struct TargetsView<'a> {
    /// All but the target files: its `targets` is empty.
    pub rest: Targets,
    signed: &'a str,
    /// Where each path stands; by code point of the path.
    entries: Vec<usize>,
}

impl<'a> TargetsView<'a> {
    /// Reads a `signed` part.
    ///
    /// # Errors
    /// [`Refused`] exactly where [`Targets::from_json`] refuses.
    pub fn read(signed: &'a str) -> Result<TargetsView<'a>, Refused> {
        let mut cursor = Cursor::new(signed);
        let scan = Scan::read(&mut cursor)?;
        cursor.end()?;
        TargetsView::of(&scan)
    }

    fn of(scan: &Scan<'a>) -> Result<TargetsView<'a>, Refused> {
        if !scan.object {
            return Err(other("signed", "an object", scan.text));
        }
        for at in &scan.unsure {
            let (key, value) = entry(scan.text, *at)?;
            let name = key.decoded();
            check_path(&name)?;
            read_file(value, &name)?;
        }
        let mut cursor = Cursor::new(scan.text);
        cursor.object()?;
        let mut rest = std::collections::BTreeMap::new();
        while let Some(key) = cursor.key()? {
            cursor.kind()?;
            let value = match scan.targets {
                Some((from, to)) if from == cursor.position() => {
                    cursor.jump(to);
                    Json::Object(std::collections::BTreeMap::new())
                }
                _ => Json::next(&mut cursor)?,
            };
            rest.insert(key.decoded().into_owned(), value);
        }
        // Everything else is judged by the model itself, so that the two cannot differ.
        let rest = Targets::from_json(&Json::Object(rest))?;
        let mut entries = scan.entries.clone();
        if !scan.ascending {
            entries.sort_by_cached_key(|at| name_at(scan.text, *at));
        }
        Ok(TargetsView {
            rest,
            signed: scan.text,
            entries,
        })
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
        let name = |at: &usize| name_at(self.signed, *at);
        let found = self.entries.binary_search_by(|at| (*name(at)).cmp(path)).ok()?;
        let (_, value) = entry(self.signed, *self.entries.get(found)?).ok()?;
        read_file(value, path).ok()
    }

    /// The paths, by code point.
    pub fn paths(&self) -> impl Iterator<Item = Cow<'a, str>> + '_ {
        self.entries.iter().map(|at| name_at(self.signed, *at))
    }
}

fn name_at(signed: &str, at: usize) -> Cow<'_, str> {
    Text::at(signed, at).map(Text::decoded).unwrap_or_default()
}

/// A path and its value, where a pass has found them to stand.
fn entry(signed: &str, at: usize) -> Result<(Text<'_>, &str), NotJson> {
    let mut cursor = Cursor::new(signed);
    let key = cursor.member(at)?;
    Ok((key, cursor.skip()?))
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
        // Every byte is looked at, because that takes less time than to stop at a bad one.
        let hexadecimal = |good, b| good & matches!(b, b'0'..=b'9' | b'a'..=b'f');
        good &= hex.len() == digits && hex.bytes().fold(true, hexadecimal);
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
    source: &'a str,
    same: usize,
    out: Option<Vec<u8>>,
    /// Of the objects that are open: where each key stands, and where it starts in what is written.
    members: Vec<(usize, usize)>,
}

impl<'a> Writer<'a> {
    fn len(&self) -> usize {
        self.out.as_ref().map_or(self.same, Vec::len)
    }

    fn owned(&mut self) -> &mut Vec<u8> {
        self.out.get_or_insert_with(|| {
            // Never longer than its source: white space goes, escapes shrink.
            let mut out = Vec::with_capacity(self.source.len());
            out.extend_from_slice(self.source.as_bytes().get(..self.same).unwrap_or_default());
            out
        })
    }

    #[inline]
    fn put(&mut self, piece: &[u8]) {
        if let Some(out) = &mut self.out {
            out.extend_from_slice(piece);
        } else {
            let end = self.same.saturating_add(piece.len());
            if self.source.as_bytes().get(self.same..end) == Some(piece) {
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
            sorted = cursor.ascending();
            if self.members.len() > base {
                self.put(b",");
            }
            self.members.push((cursor.key_position(), self.len()));
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
            .filter_map(|((key, from), to)| {
                let key = Text::at(self.source, *key)?;
                Some((key, from.saturating_sub(start), to.saturating_sub(start)))
            })
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
