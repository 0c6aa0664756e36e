//! Names that a script gives to its people, tokens, keys and steps. An id is
//! safe as a file name, in a log line and on a screen, so nothing downstream
//! has to escape one.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A script's name for a thing: `[a-z0-9]` first, then `[a-z0-9.-]`, 1 to 32
/// characters, no two dots in a row, no dot at the end.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Id(String);

/// Why a text is not an [`Id`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("an id is 1 to 32 characters of a-z, 0-9, '.' and '-', and starts with a letter or digit")]
pub struct NotAnId;

impl Id {
    /// Reads an id.
    ///
    /// # Errors
    /// [`NotAnId`] when the text breaks the rule above.
    pub fn parse(text: &str) -> Result<Id, NotAnId> {
        let ok_char = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-';
        let first_ok = text
            .chars()
            .next()
            .is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if first_ok
            && text.len() <= 32
            && text.chars().all(ok_char)
            && !text.contains("..")
            && !text.ends_with('.')
        {
            Ok(Id(text.to_owned()))
        } else {
            Err(NotAnId)
        }
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::borrow::Borrow<str> for Id {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Id::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_can_never_leave_its_folder_or_its_line() {
        for good in ["a", "token-a", "admit.1", "0x", &"a".repeat(32)] {
            assert!(Id::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "a..b",
            "A",
            "-rf",
            "a/b",
            "a b",
            "a\u{0}",
            "é",
            "a.",
            &"a".repeat(33),
        ] {
            assert!(Id::parse(bad).is_err(), "{bad:?}");
        }
    }
}
