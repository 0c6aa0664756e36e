//! The words of operations, as a command line gives them: each name takes a
//! fixed number of words, so that several operations can follow one another.
//! A keyid that is given in part has at least 8 characters.

use std::collections::BTreeMap;

use super::{KeyRef, NotEdited, Operation, Target};
use crate::base::{Instant, shown};
use crate::tuf::bins::Style;
use crate::tuf::delegations::{DelegatedName, Scope};
use crate::tuf::manifest::Others;
use crate::tuf::role::RoleName;

/// The shortest part of a keyid that is taken: 32 bits.
const MIN_PREFIX: usize = 8;

/// Reads operations, one after another; `reasons` belong to the `revoke-key`s in their order.
///
/// # Errors
/// [`NotEdited`] of class `Input`.
pub fn parse(words: &[String], reasons: &[String]) -> Result<Vec<Operation>, NotEdited> {
    let mut words = Words { rest: words, of: "" };
    let mut reasons = reasons.iter();
    let mut operations = Vec::new();
    while let Some(operation) = one(&mut words, &mut reasons)? {
        operations.push(operation);
    }
    match reasons.next() {
        None => Ok(operations),
        Some(_) => Err(NotEdited::new("REASON", "more reasons than keys to revoke")),
    }
}

/// The next operation; `None` when no word is left.
fn one<'a>(
    words: &mut Words<'a>,
    reasons: &mut impl Iterator<Item = &'a String>,
) -> Result<Option<Operation>, NotEdited> {
    let Some(name) = words.optional() else {
        return Ok(None);
    };
    words.of = name;
    Ok(Some(match name {
        "add-key" => Operation::AddKey {
            role: words.role()?,
            key: key_ref(words.take("KEYFILE")?),
        },
        "remove-key" => Operation::RemoveKey {
            role: words.role()?,
            keyid: prefix(words.take("KEYID")?)?,
            reason: None,
        },
        "revoke-key" => Operation::RemoveKey {
            role: words.role()?,
            keyid: prefix(words.take("KEYID")?)?,
            reason: Some(reason(reasons.next())?),
        },
        "set-threshold" => Operation::SetThreshold {
            role: words.role()?,
            threshold: whole(words.take("N")?, "THRESHOLD_FORM")?,
        },
        "re-key" => Operation::ReKey {
            keyid: prefix(words.take("KEYID")?)?,
        },
        "set-expires" => Operation::SetExpires(
            Instant::parse(words.take("INSTANT")?)
                .map_err(|e| NotEdited::new("EXPIRES_FORM", e.to_string()))?,
        ),
        "expires-in" => {
            let text = words.take("DAYS")?;
            let days = whole(text, "DAYS")?;
            Operation::ExpiresIn(u32::try_from(days).map_err(|_| NotEdited::new("DAYS", shown(text, 40)))?)
        }
        "bump-version" => Operation::BumpVersion,
        "add-target" => Operation::AddTarget(target(words)?),
        "change-target" => Operation::ChangeTarget(target(words)?),
        "remove-target" => Operation::RemoveTarget {
            path: words.take("PATH")?.to_owned(),
        },
        "from-manifest" => Operation::FromManifest {
            file: words.take("FILE")?.to_owned(),
            others: words.one_of("stay|go", &[("stay", Others::Stay), ("go", Others::Go)])?,
        },
        "set-meta" => Operation::SetMeta {
            file: words.take("FILE")?.to_owned(),
            version: whole(words.take("VERSION")?, "META_VERSION")?,
        },
        other => return delegation(other, words).map(Some),
    }))
}

/// The operations on delegations; lists are separated by commas.
fn delegation(operation: &str, words: &mut Words<'_>) -> Result<Operation, NotEdited> {
    Ok(match operation {
        "add-role" => Operation::AddRole {
            name: name(words.take("NAME")?)?,
            threshold: whole(words.take("THRESHOLD")?, "THRESHOLD_FORM")?,
            terminating: words.terminating()?,
            scope: words.scope()?,
            keys: words.keys()?,
        },
        "remove-role" => Operation::RemoveRole { name: words.name()? },
        "delegation-key" => Operation::DelegationKey {
            name: words.name()?,
            key: key_ref(words.take("KEYFILE")?),
        },
        "drop-delegation-key" => Operation::DropDelegationKey {
            name: words.name()?,
            keyid: prefix(words.take("KEYID")?)?,
        },
        "delegation-threshold" => Operation::DelegationThreshold {
            name: words.name()?,
            threshold: whole(words.take("N")?, "THRESHOLD_FORM")?,
        },
        "delegation-terminating" => Operation::DelegationTerminating {
            name: words.name()?,
            terminating: words.terminating()?,
        },
        "delegation-paths" => Operation::DelegationPaths {
            name: words.name()?,
            scope: words.scope()?,
        },
        "delegation-order" => Operation::DelegationOrder {
            names: list(words.take("NAMES")?)?,
        },
        "bins" => {
            let bits = words.take("BITS")?;
            let number = whole(bits, "BITS")?;
            let number = u8::try_from(number).map_err(|_| NotEdited::new("BITS", shown(bits, 40)))?;
            let succinct = words.one_of("prefixes|succinct", &[("prefixes", false), ("succinct", true)])?;
            // No name starts with a hyphen, so one alone can stand for none.
            let name_prefix = match words.take("NAME_PREFIX")? {
                "-" => String::new(),
                other => other.to_owned(),
            };
            Operation::Bins {
                bits: number,
                style: if succinct {
                    Style::Succinct { name_prefix }
                } else {
                    Style::Prefixes { name_prefix }
                },
                threshold: whole(words.take("THRESHOLD")?, "THRESHOLD_FORM")?,
                keys: words.keys()?,
            }
        }
        other => return Err(NotEdited::new("UNKNOWN_OPERATION", shown(other, 80))),
    })
}

fn name(text: &str) -> Result<DelegatedName, NotEdited> {
    DelegatedName::parse(text).map_err(|e| NotEdited::new("ROLE_NAME", e.to_string()))
}

/// Words with commas between; none is empty.
fn list(text: &str) -> Result<Vec<String>, NotEdited> {
    let items: Vec<String> = text.split(',').map(str::to_owned).collect();
    if items.iter().any(String::is_empty) {
        return Err(NotEdited::new("LIST", shown(text, 200)));
    }
    Ok(items)
}

/// The words that are left, of the operation `of`.
struct Words<'a> {
    rest: &'a [String],
    of: &'a str,
}

impl<'a> Words<'a> {
    fn optional(&mut self) -> Option<&'a str> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn take(&mut self, what: &str) -> Result<&'a str, NotEdited> {
        let of = self.of;
        self.optional()
            .ok_or_else(|| NotEdited::new("MISSING_WORD", format!("{of}: expected {what}, got nothing")))
    }

    fn role(&mut self) -> Result<RoleName, NotEdited> {
        let of = self.of;
        let text = self.take("ROLE")?;
        RoleName::parse(text)
            .ok_or_else(|| NotEdited::new("UNKNOWN_ROLE", format!("{of}: {}", shown(text, 80))))
    }

    /// A role that is there: its name may be older than our rules for names.
    fn name(&mut self) -> Result<String, NotEdited> {
        Ok(self.take("NAME")?.to_owned())
    }

    fn one_of<T: Copy>(&mut self, what: &'static str, known: &[(&str, T)]) -> Result<T, NotEdited> {
        let of = self.of;
        let text = self.take(what)?;
        let found = known.iter().find(|(word, _)| *word == text);
        found
            .map(|(_, value)| *value)
            .ok_or_else(|| NotEdited::new("WORD", format!("{of}: expected {what}, got {}", shown(text, 80))))
    }

    fn terminating(&mut self) -> Result<bool, NotEdited> {
        let known = [("terminating", true), ("not-terminating", false)];
        self.one_of("terminating|not-terminating", &known)
    }

    fn scope(&mut self) -> Result<Scope, NotEdited> {
        let text = self.take("PATHS")?;
        match text.strip_prefix("path_hash_prefixes=") {
            Some(prefixes) => Ok(Scope::HashPrefixes(list(prefixes)?)),
            None => Ok(Scope::Paths(list(text)?)),
        }
    }

    fn keys(&mut self) -> Result<Vec<KeyRef>, NotEdited> {
        let keys = list(self.take("KEYFILES")?)?;
        Ok(keys.iter().map(|key| key_ref(key)).collect())
    }
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}

/// What looks like a keyid is one; a file of such a name is given as `./NAME`.
fn key_ref(text: &str) -> KeyRef {
    if (MIN_PREFIX..=64).contains(&text.len()) && is_hex(text) {
        KeyRef::Known(text.to_owned())
    } else {
        KeyRef::File(text.to_owned())
    }
}

fn prefix(text: &str) -> Result<String, NotEdited> {
    if (MIN_PREFIX..=64).contains(&text.len()) && is_hex(text) {
        return Ok(text.to_owned());
    }
    Err(NotEdited::new("KEYID_PREFIX", shown(text, 80)))
}

/// A whole number of at least 1, without sign or leading zero.
fn whole(text: &str, code: &'static str) -> Result<u64, NotEdited> {
    let plain = text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse()
        .ok()
        .filter(|_| plain)
        .ok_or_else(|| NotEdited::new(code, shown(text, 40)))
}

fn reason(text: Option<&String>) -> Result<String, NotEdited> {
    let text = text.ok_or_else(|| NotEdited::new("REASON", "revoke-key without a reason"))?;
    if (4..=400).contains(&text.len()) && text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return Ok(text.clone());
    }
    Err(NotEdited::new("REASON", shown(text, 80)))
}

fn target(words: &mut Words<'_>) -> Result<Target, NotEdited> {
    let path = words.take("PATH")?.to_owned();
    let length = words.take("LENGTH")?;
    let length = match length {
        "0" => 0,
        other => whole(other, "LENGTH")?,
    };
    let mut hashes = BTreeMap::new();
    loop {
        // An operation's name is never taken for a digest: it has a hyphen.
        let next = words.rest.first().map_or("", String::as_str);
        let algorithm = match (next.len(), is_hex(next)) {
            (64, true) => "sha256",
            (128, true) => "sha512",
            _ => break,
        };
        if hashes.insert(algorithm.to_owned(), next.to_owned()).is_some() {
            return Err(NotEdited::new(
                "HASH",
                format!("{algorithm} twice for {}", shown(&path, 200)),
            ));
        }
        words.optional();
    }
    // TUF 4.5 asks for one hash or more; every client reads SHA-256.
    if !hashes.contains_key("sha256") {
        let got = words
            .rest
            .first()
            .map_or_else(|| "nothing".to_owned(), |w| shown(w, 80));
        return Err(NotEdited::new("HASH", format!("expected a SHA-256, got {got}")));
    }
    Ok(Target { path, length, hashes })
}
