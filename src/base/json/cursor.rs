//! THE reader of JSON: one pass over the text, without building anything, and
//! the only place that decides what is strict JSON. Whoever needs a tree asks
//! [`super::Json::parse`], which walks this cursor; whoever reads a file of a
//! million entries walks it alone. A repeated key is refused at the end of its
//! object whoever walks, so that no caller can forget the check.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::hash::{DefaultHasher, Hasher as _};

use super::{MAX_DEPTH, MAX_INTEGER, NotJson};

/// What stands next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `null`
    Null,
    /// `true` or `false`
    Bool,
    /// An integer.
    Int,
    /// A string.
    Str,
    /// An array.
    Array,
    /// An object.
    Object,
}

/// A string as it stands between its quotes; its escapes are known to be good.
#[derive(Debug, Clone, Copy)]
pub struct Text<'a> {
    quoted: &'a str,
    escaped: bool,
}

impl<'a> Text<'a> {
    /// The text itself if it holds no escape, and so borrows from the input.
    #[must_use]
    #[inline]
    pub fn plain(self) -> Option<&'a str> {
        (!self.escaped).then(|| self.raw())
    }

    /// The string that stands at a byte offset of a text; `None` if none does.
    #[must_use]
    pub fn at(text: &'a str, offset: usize) -> Option<Text<'a>> {
        let mut cursor = Cursor::new(text);
        cursor.jump(offset);
        cursor.string().ok()
    }

    /// As it stands, with its quotes.
    #[must_use]
    pub fn quoted(self) -> &'a str {
        self.quoted
    }

    #[inline]
    fn raw(self) -> &'a str {
        let end = self.quoted.len().saturating_sub(1);
        self.quoted.get(1..end).unwrap_or_default()
    }

    /// The text with its escapes resolved.
    #[must_use]
    pub fn decoded(self) -> Cow<'a, str> {
        if self.escaped {
            Cow::Owned(unescape(self.raw()))
        } else {
            Cow::Borrowed(self.raw())
        }
    }

    /// Compares by code point, after escapes: the order of canonical keys.
    #[must_use]
    pub fn order(self, other: Text<'_>) -> Ordering {
        if self.escaped || other.escaped {
            self.decoded().cmp(&other.decoded())
        } else {
            self.raw().cmp(other.raw())
        }
    }

    /// The same for every spelling of one text.
    fn hash(self) -> u64 {
        let mut hasher = DefaultHasher::new();
        hasher.write(self.decoded().as_bytes());
        hasher.finish()
    }
}

/// An array or object that is being read: where its keys start on the shared stack.
#[derive(Debug, Clone, Copy)]
struct Open<'a> {
    keys: usize,
    last: Option<Text<'a>>,
    sorted: bool,
    first: bool,
}

/// A place in a text. Each method reads one thing and moves behind it.
#[derive(Debug, Clone)]
pub struct Cursor<'a> {
    text: &'a str,
    at: usize,
    open: Vec<Open<'a>>,
    /// Where each key of the open objects stands: eight bytes for a key that may be long.
    keys: Vec<usize>,
}

impl<'a> Cursor<'a> {
    /// At the start of a text.
    #[must_use]
    pub fn new(text: &'a str) -> Cursor<'a> {
        Cursor {
            text,
            at: 0,
            open: Vec::new(),
            keys: Vec::new(),
        }
    }

    /// What stands next; white space is passed over.
    ///
    /// # Errors
    /// [`NotJson`] where no value starts.
    #[inline]
    pub fn kind(&mut self) -> Result<Kind, NotJson> {
        self.space();
        match self.byte() {
            Some(b'n') => Ok(Kind::Null),
            Some(b't' | b'f') => Ok(Kind::Bool),
            Some(b'-' | b'0'..=b'9') => Ok(Kind::Int),
            Some(b'"') => Ok(Kind::Str),
            Some(b'[') => Ok(Kind::Array),
            Some(b'{') => Ok(Kind::Object),
            Some(_) => Err(self.wrong("expected a value")),
            None => Err(self.wrong("the text ends where a value is expected")),
        }
    }

    /// Reads `null`.
    ///
    /// # Errors
    /// [`NotJson`] where it does not stand.
    pub fn null(&mut self) -> Result<(), NotJson> {
        self.word("null")
    }

    /// Reads `true` or `false`.
    ///
    /// # Errors
    /// [`NotJson`] where neither stands.
    pub fn boolean(&mut self) -> Result<bool, NotJson> {
        self.space();
        let value = self.byte() == Some(b't');
        self.word(if value { "true" } else { "false" })?;
        Ok(value)
    }

    /// Reads an integer of at most [`MAX_INTEGER`] in magnitude.
    ///
    /// # Errors
    /// [`NotJson`] for a float, an exponent, `-0`, a leading zero or a larger one.
    #[inline]
    pub fn integer(&mut self) -> Result<i64, NotJson> {
        self.space();
        let negative = self.byte() == Some(b'-');
        if negative {
            self.step();
        }
        let start = self.at;
        let mut value: i64 = 0;
        while let Some(digit @ b'0'..=b'9') = self.byte() {
            // Stops after seventeen digits, however many follow (V18: 5 MB of them).
            value = value.saturating_mul(10).saturating_add(i64::from(digit & 15));
            if value > MAX_INTEGER {
                return Err(self.wrong("an integer beyond 2^53 - 1"));
            }
            self.step();
        }
        let digits = self.at.saturating_sub(start);
        if digits == 0 {
            return Err(self.wrong("expected a digit"));
        }
        if matches!(self.byte(), Some(b'.' | b'e' | b'E')) || (negative && value == 0) {
            return Err(self.wrong("a float, an exponent or -0"));
        }
        if digits > 1 && self.text.as_bytes().get(start) == Some(&b'0') {
            return Err(self.wrong("a leading zero"));
        }
        Ok(if negative { value.saturating_neg() } else { value })
    }

    /// Reads a string.
    ///
    /// # Errors
    /// [`NotJson`] for a raw control character, a bad escape, a lone surrogate.
    pub fn string(&mut self) -> Result<Text<'a>, NotJson> {
        self.space();
        let start = self.at;
        self.mark(b'"')?;
        let mut escaped = false;
        loop {
            let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
            self.at = self.at.saturating_add(plain_run(rest));
            match self.byte() {
                Some(b'"') => break,
                Some(b'\\') => {
                    escaped = true;
                    self.escape()?;
                }
                Some(_) => return Err(self.wrong("a raw control character in a string")),
                None => return Err(self.wrong("the text ends in a string")),
            }
        }
        self.step();
        Ok(Text {
            quoted: self.since(start),
            escaped,
        })
    }

    /// Reads the opening bracket of an array; [`Cursor::item`] follows.
    ///
    /// # Errors
    /// [`NotJson`] where it does not stand, or beyond [`MAX_DEPTH`].
    pub fn array(&mut self) -> Result<(), NotJson> {
        self.enter(b'[')
    }

    /// Whether another item stands next; if not, moves behind the array.
    ///
    /// # Errors
    /// [`NotJson`] where neither a comma nor the end stands.
    pub fn item(&mut self) -> Result<bool, NotJson> {
        if self.leave(b']')? {
            self.open.pop();
            return Ok(false);
        }
        Ok(true)
    }

    /// Reads the opening brace of an object; [`Cursor::key`] follows.
    ///
    /// # Errors
    /// [`NotJson`] where it does not stand, or beyond [`MAX_DEPTH`].
    #[inline]
    pub fn object(&mut self) -> Result<(), NotJson> {
        self.enter(b'{')
    }

    /// Reads the next key with its colon; `None`, behind the object, at its end.
    ///
    /// # Errors
    /// [`NotJson`] where neither stands; at the end also for a key that stands twice.
    #[inline]
    pub fn key(&mut self) -> Result<Option<Text<'a>>, NotJson> {
        if self.leave(b'}')? {
            self.distinct()?;
            return Ok(None);
        }
        self.space();
        let start = self.at;
        let key = self.member(start)?;
        if let Some(open) = self.open.last_mut() {
            open.sorted = open.sorted && open.last.is_none_or(|before| before.order(key) == Ordering::Less);
            open.last = Some(key);
        }
        self.keys.push(start);
        Ok(Some(key))
    }

    /// Reads the key with its colon that stands at `position`, where another pass over
    /// the same text has found it.
    ///
    /// # Errors
    /// [`NotJson`] where it does not stand.
    pub fn member(&mut self, position: usize) -> Result<Text<'a>, NotJson> {
        self.at = position;
        let key = self.string()?;
        self.space();
        self.mark(b':')?;
        Ok(key)
    }

    /// Where the key stands that [`Cursor::key`] gave last in the innermost open object.
    #[must_use]
    pub fn key_position(&self) -> usize {
        self.keys.last().copied().unwrap_or_default()
    }

    /// Reads one value of any kind and gives it as it stands.
    ///
    /// # Errors
    /// [`NotJson`] where it is not strict.
    pub fn skip(&mut self) -> Result<&'a str, NotJson> {
        let kind = self.kind()?;
        let start = self.at;
        match kind {
            Kind::Null => self.null()?,
            Kind::Bool => {
                self.boolean()?;
            }
            Kind::Int => {
                self.integer()?;
            }
            Kind::Str => {
                self.string()?;
            }
            Kind::Array => {
                self.array()?;
                while self.item()? {
                    self.skip()?;
                }
            }
            Kind::Object => {
                self.object()?;
                while self.key()?.is_some() {
                    self.skip()?;
                }
            }
        }
        Ok(self.since(start))
    }

    /// Whether the keys of the innermost open object ascend, as far as they have been read.
    #[must_use]
    pub fn ascending(&self) -> bool {
        self.open.last().is_some_and(|open| open.sorted)
    }

    /// Goes on at `position`, which another pass over the same text found to be behind a value.
    pub fn jump(&mut self, position: usize) {
        self.at = position;
    }

    /// Where the cursor is: a byte offset.
    #[must_use]
    pub fn position(&self) -> usize {
        self.at
    }

    /// The text from an earlier position to here.
    #[must_use]
    pub fn since(&self, position: usize) -> &'a str {
        self.text.get(position..self.at).unwrap_or_default()
    }

    /// The end of the text: nothing but white space may follow.
    ///
    /// # Errors
    /// [`NotJson`] if something does.
    pub fn end(&mut self) -> Result<(), NotJson> {
        self.space();
        match self.byte() {
            None => Ok(()),
            Some(_) => Err(self.wrong("something stands behind the value")),
        }
    }

    /// J01: no key twice. Keys that ascend cannot repeat; others are looked at again.
    fn distinct(&mut self) -> Result<(), NotJson> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        if !open.sorted
            && let Some(key) = self.twice(open.keys)
        {
            let key = crate::base::shown(&key.decoded(), 60);
            return Err(self.wrong(&format!("the key \"{key}\" stands twice")));
        }
        self.keys.truncate(open.keys);
        Ok(())
    }

    /// A key that stands twice among those from `first` on. Hashes are sorted instead of keys:
    /// a million keys, in the order that an attacker chose, cost one pass and no comparison of texts.
    fn twice(&self, first: usize) -> Option<Text<'a>> {
        let places = self.keys.get(first..).unwrap_or_default();
        let keys = || places.iter().filter_map(|at| Text::at(self.text, *at));
        let mut hashes: Vec<u64> = keys().map(Text::hash).collect();
        hashes.sort_unstable();
        let repeated = hashes.windows(2).find_map(|pair| match pair {
            [a, b] if a == b => Some(*a),
            _ => None,
        })?;
        drop(hashes);
        let of_equals = |mut keys: Vec<Text<'a>>| {
            keys.sort_unstable_by(|a, b| a.order(*b));
            keys.windows(2).find_map(|pair| match pair {
                [a, b] if a.order(*b) == Ordering::Equal => Some(*a),
                _ => None,
            })
        };
        // Equal hashes of different keys have to be made on purpose; who does pays with a sort of all.
        of_equals(keys().filter(|key| key.hash() == repeated).collect())
            .or_else(|| of_equals(keys().collect()))
    }

    #[inline]
    fn enter(&mut self, bracket: u8) -> Result<(), NotJson> {
        self.space();
        self.mark(bracket)?;
        if self.open.len() >= MAX_DEPTH {
            return Err(self.wrong(&format!("nested deeper than {MAX_DEPTH} levels")));
        }
        self.open.push(Open {
            keys: self.keys.len(),
            last: None,
            sorted: true,
            first: true,
        });
        Ok(())
    }

    /// Whether the closing bracket stands next; a comma before every other entry but the first.
    #[inline]
    fn leave(&mut self, bracket: u8) -> Result<bool, NotJson> {
        self.space();
        let next = self.byte();
        if next == Some(bracket) {
            self.step();
            return Ok(true);
        }
        let first = self
            .open
            .last_mut()
            .is_some_and(|open| std::mem::take(&mut open.first));
        if !first {
            match next {
                Some(b',') => self.step(),
                Some(_) => return Err(self.wrong("expected a comma or the end")),
                None => return Err(self.wrong("the text ends in an array or object")),
            }
        }
        Ok(false)
    }

    /// Behind a backslash: RFC 8259, 7. Surrogates come in pairs.
    fn escape(&mut self) -> Result<(), NotJson> {
        self.step();
        match self.byte() {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.step();
                Ok(())
            }
            Some(b'u') => {
                self.step();
                let unit = self.unit()?;
                match unit {
                    0xD800..=0xDBFF => {
                        self.mark(b'\\')?;
                        self.mark(b'u')?;
                        match self.unit()? {
                            0xDC00..=0xDFFF => Ok(()),
                            _ => Err(self.wrong("a lone surrogate")),
                        }
                    }
                    0xDC00..=0xDFFF => Err(self.wrong("a lone surrogate")),
                    _ => Ok(()),
                }
            }
            _ => Err(self.wrong("an escape that JSON does not have")),
        }
    }

    fn unit(&mut self) -> Result<u32, NotJson> {
        let end = self.at.saturating_add(4);
        let digits = self.text.get(self.at..end).unwrap_or_default();
        let good = digits.len() == 4 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        match u32::from_str_radix(digits, 16) {
            Ok(unit) if good => {
                self.at = end;
                Ok(unit)
            }
            _ => Err(self.wrong("expected four hexadecimal digits")),
        }
    }

    fn word(&mut self, word: &str) -> Result<(), NotJson> {
        self.space();
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        if !rest.starts_with(word.as_bytes()) {
            return Err(self.wrong("expected null, true or false"));
        }
        self.at = self.at.saturating_add(word.len());
        Ok(())
    }

    #[inline]
    fn mark(&mut self, mark: u8) -> Result<(), NotJson> {
        if self.byte() != Some(mark) {
            return Err(self.wrong(&format!("expected {}", char::from(mark))));
        }
        self.step();
        Ok(())
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    #[inline]
    fn step(&mut self) {
        self.at = self.at.saturating_add(1);
    }

    #[inline]
    fn space(&mut self) {
        while let Some(b' ' | b'\n' | b'\r' | b'\t') = self.byte() {
            self.step();
        }
    }

    #[cold]
    fn wrong(&self, what: &str) -> NotJson {
        let before = self.text.as_bytes().get(..self.at).unwrap_or_default();
        let line = before.iter().filter(|b| **b == b'\n').count().saturating_add(1);
        let column = before.iter().rev().take_while(|b| **b != b'\n').count();
        NotJson(format!(
            "{what} at line {line} column {}",
            column.saturating_add(1)
        ))
    }
}

/// How many bytes come before a quote, a backslash or a control character.
fn plain_run(bytes: &[u8]) -> usize {
    let (words, rest) = bytes.as_chunks::<8>();
    let mut run = 0_usize;
    for word in words {
        let hit = special(u64::from_le_bytes(*word));
        if hit != 0 {
            let inside = usize::try_from(hit.trailing_zeros() / 8).unwrap_or(0);
            return run.saturating_add(inside);
        }
        run = run.saturating_add(8);
    }
    let tail = rest
        .iter()
        .take_while(|b| **b >= 0x20 && !matches!(**b, b'"' | b'\\'));
    run.saturating_add(tail.count())
}

/// Marks the high bit of eight bytes that end a run. A borrow can mark a byte
/// above a true hit as well, never one below it, and only the lowest is used.
fn special(word: u64) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let zero = |x: u64| x.wrapping_sub(ONES) & !x;
    let quote = zero(word ^ 0x2222_2222_2222_2222);
    let backslash = zero(word ^ 0x5C5C_5C5C_5C5C_5C5C);
    let control = word.wrapping_sub(0x2020_2020_2020_2020) & !word;
    (quote | backslash | control) & HIGH
}

/// Resolves escapes that [`Cursor::string`] has found to be good.
fn unescape(raw: &str) -> String {
    let mut out = String::with_capacity(raw.len());
    let mut rest = raw;
    while let Some((before, behind)) = rest.split_once('\\') {
        out.push_str(before);
        let mut chars = behind.chars();
        match chars.next() {
            Some('u') => {
                let (unit, tail) = hex(chars.as_str());
                rest = tail;
                let low = rest.strip_prefix("\\u").filter(|_| unit & 0xFC00 == 0xD800);
                let code = match low.map(hex) {
                    Some((low, tail)) => {
                        rest = tail;
                        0x1_0000_u32.saturating_add(((unit & 0x3FF) << 10) | (low & 0x3FF))
                    }
                    None => unit,
                };
                out.push(char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER));
                continue;
            }
            Some('b') => out.push('\u{8}'),
            Some('f') => out.push('\u{c}'),
            Some('n') => out.push('\n'),
            Some('r') => out.push('\r'),
            Some('t') => out.push('\t'),
            Some(same) => out.push(same),
            None => {}
        }
        rest = chars.as_str();
    }
    out.push_str(rest);
    out
}

fn hex(text: &str) -> (u32, &str) {
    let (digits, rest) = text.split_at_checked(4).unwrap_or((text, ""));
    (u32::from_str_radix(digits, 16).unwrap_or(0xFFFD), rest)
}
