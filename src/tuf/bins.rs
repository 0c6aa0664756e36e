//! Hash bins (PEP 458): delegated roles that share all target paths by the
//! first bits of SHA-256 of the path; as `path_hash_prefixes`, or as TAP 15's
//! `succinct_roles`. A set of bins is its parameters: nobody reads 16,384
//! entries, so they are made again from the parameters and compared byte for
//! byte (DESIGN 6). go-tuf through 2.4.2 finds nothing behind prefixes, tough
//! and rust-tuf read no `succinct_roles` (facts/tuf.md 2.8, 2.11).

use std::collections::BTreeMap;

use super::delegations::{
    Delegated, DelegatedName, DelegatedRole, Delegations, NotAName, Scope, path_digest,
};
use super::fields::{Fields, joined, number, shape};
use super::key::{Key, KeyId};
use super::refused::Refused;
use super::role::Role;
use crate::base::{Digest, Json, shown};

/// The most bins that we compose: 16 bits, 65,536.
pub const MAX_BITS: u8 = 16;

/// TAP 15's `succinct_roles`, as it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SuccinctRoles {
    /// Who may sign every bin; its `unrecognized` are the object's.
    pub role: Role,
    /// 1 to 32: there are 2^bit_length bins.
    pub bit_length: u8,
    /// What stands before the `-` in each bin's name.
    pub name_prefix: String,
}

impl SuccinctRoles {
    /// Reads the object; `at` is its path, for errors.
    ///
    /// # Errors
    /// [`Refused`] with the rule that is broken.
    pub fn from_json(value: &Json, at: &str) -> Result<SuccinctRoles, Refused> {
        let mut fields = Fields::of(value, "succinct_roles")?;
        let mut role = Role::take(&mut fields, "succinct_roles")?;
        fields.rename(at);
        let bits = fields.take("bit_length")?;
        let bit_length = bits
            .as_int()
            .and_then(|n| u8::try_from(n).ok())
            .filter(|n| (1..=32).contains(n))
            .ok_or_else(|| shape(&fields.path("bit_length"), "an integer from 1 to 32", bits))?;
        let name_prefix = fields.text("name_prefix")?;
        if name_prefix.is_empty() {
            let got = name_prefix.as_str().into();
            return Err(shape(
                &fields.path("name_prefix"),
                "a prefix that is not empty",
                &got,
            ));
        }
        role.unrecognized = fields.rest();
        Ok(SuccinctRoles {
            role,
            bit_length,
            name_prefix,
        })
    }

    /// The object, with every field that it came with.
    #[must_use]
    pub fn to_json(&self) -> Json {
        let role = self.role.to_json();
        let Json::Object(rest) = role else { return role };
        joined(
            &rest,
            [
                ("bit_length", number(u64::from(self.bit_length))),
                ("name_prefix", self.name_prefix.as_str().into()),
            ],
        )
    }

    /// The bin that is asked for a path.
    #[must_use]
    pub fn bin_of(&self, target: &str) -> String {
        self.name(index(target, self.bit_length))
    }

    /// The name of a bin by its number.
    #[must_use]
    pub fn name(&self, index: u32) -> String {
        let width = hex_digits(self.bit_length);
        format!("{}-{index:0width$x}", self.name_prefix)
    }

    /// The number of a bin by its name.
    #[must_use]
    pub fn index_of(&self, name: &str) -> Option<u32> {
        let digits = name.strip_prefix(&self.name_prefix)?.strip_prefix('-')?;
        let index = u32::from_str_radix(digits, 16).ok()?;
        let fits = u64::from(index) < 1u64.checked_shl(u32::from(self.bit_length))?;
        (fits && self.name(index) == name).then_some(index)
    }
}

/// The parameters of a set of bins that we compose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bins {
    bits: u8,
    style: Style,
    keys: Vec<Key>,
    threshold: u64,
}

/// How the set is written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Style {
    /// One role for each bin, with `path_hash_prefixes`; the prefix stands before each name.
    Prefixes {
        /// Empty for PEP 458's own names, `0000-0003` to `fffc-ffff`.
        name_prefix: String,
    },
    /// `succinct_roles`.
    Succinct {
        /// The `name_prefix`.
        name_prefix: String,
    },
}

/// Why parameters give no bins.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotBins {
    /// A number of bits out of range.
    #[error("expected 1 to {MAX_BITS} bits (2 to 65536 bins), got {got}")]
    Bits {
        /// What was asked for.
        got: u8,
    },
    /// A name that a bin would have is none.
    #[error("name of a bin: {0}")]
    Name(#[from] NotAName),
    /// No such number of keys.
    #[error("expected a threshold of 1 to {keys}, its keys, got {threshold}")]
    Threshold {
        /// How many keys.
        keys: usize,
        /// The threshold.
        threshold: u64,
    },
}

/// The verdict on a set that came from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Compared {
    /// Byte for byte the same.
    Equal {
        /// How many bytes.
        bytes: usize,
        /// SHA-256 of them.
        digest: Digest,
    },
    /// Not the same.
    Different {
        /// Where the first difference is.
        offset: usize,
        /// SHA-256 of what the parameters give.
        expected: Digest,
        /// SHA-256 of what was given.
        got: Digest,
    },
}

impl Bins {
    /// PEP 458's number of bins: 2^14.
    pub const PEP_458_BITS: u8 = 14;

    /// A set of 2^`bits` bins, all signed by `threshold` of `keys`.
    ///
    /// # Errors
    /// [`NotBins`]: bits, names (hexadecimal digits alone may be a number, so
    /// some counts need a prefix), or threshold out of range.
    pub fn new(bits: u8, style: Style, keys: Vec<Key>, threshold: u64) -> Result<Bins, NotBins> {
        if !(1..=MAX_BITS).contains(&bits) {
            return Err(NotBins::Bits { got: bits });
        }
        let count = keys.len();
        if threshold == 0 || !usize::try_from(threshold).is_ok_and(|t| t <= count) {
            return Err(NotBins::Threshold {
                keys: count,
                threshold,
            });
        }
        let bins = Bins {
            bits,
            style,
            keys,
            threshold,
        };
        for index in 0..bins.count() {
            DelegatedName::parse(&bins.name(index))?;
        }
        Ok(bins)
    }

    /// How many bins.
    #[must_use]
    pub fn count(&self) -> u32 {
        1u32.checked_shl(u32::from(self.bits)).unwrap_or(u32::MAX)
    }

    /// The name of a bin by its number.
    #[must_use]
    pub fn name(&self, index: u32) -> String {
        let width = hex_digits(self.bits);
        match &self.style {
            Style::Succinct { name_prefix } => format!("{name_prefix}-{index:0width$x}"),
            Style::Prefixes { name_prefix } => {
                let (low, high) = self.range(index);
                if low == high {
                    format!("{name_prefix}{low:0width$x}")
                } else {
                    format!("{name_prefix}{low:0width$x}-{high:0width$x}")
                }
            }
        }
    }

    /// The number of the bin that a path belongs to.
    #[must_use]
    pub fn index_of(&self, target: &str) -> u32 {
        index(target, self.bits)
    }

    /// The name of the bin that a path belongs to.
    #[must_use]
    pub fn bin_of(&self, target: &str) -> String {
        self.name(self.index_of(target))
    }

    /// The `path_hash_prefixes` of a bin.
    #[must_use]
    pub fn prefixes(&self, index: u32) -> Vec<String> {
        let (width, (low, high)) = (hex_digits(self.bits), self.range(index));
        (low..=high).map(|n| format!("{n:0width$x}")).collect()
    }

    /// The `delegations` object that the parameters give.
    #[must_use]
    pub fn delegations(&self) -> Delegations {
        let role = self.role();
        let roles = match &self.style {
            Style::Succinct { name_prefix } => Delegated::Succinct(SuccinctRoles {
                role,
                bit_length: self.bits,
                name_prefix: name_prefix.clone(),
            }),
            Style::Prefixes { .. } => Delegated::Roles(
                (0..self.count())
                    .map(|n| DelegatedRole {
                        name: self.name(n),
                        role: role.clone(),
                        terminating: true, // each path has one bin: nobody else is to be asked
                        scope: Scope::HashPrefixes(self.prefixes(n)),
                    })
                    .collect(),
            ),
        };
        Delegations {
            keys: self.keys.iter().map(|k| (k.keyid(), k.clone())).collect(),
            roles,
            unrecognized: BTreeMap::new(),
        }
    }

    /// The parameters, in one line, for a review: every other set gives another line.
    #[must_use]
    pub fn describe(&self) -> String {
        let last = self.count().saturating_sub(1);
        let form = match &self.style {
            Style::Succinct { .. } => "succinct_roles".to_owned(),
            Style::Prefixes { .. } => format!(
                "{} path_hash_prefixes of {} hexadecimal digits each, terminating",
                self.prefixes(0).len(),
                hex_digits(self.bits)
            ),
        };
        let keyids: Vec<_> = self.keyids().iter().map(KeyId::to_string).collect();
        format!(
            "{} bins, prefix length {} bits, names {} to {}, {form}, threshold {} of {}: {}",
            self.count(),
            self.bits,
            shown(&self.name(0), 80),
            shown(&self.name(last), 80),
            self.threshold,
            self.keys.len(),
            keyids.join(" ")
        )
    }

    /// The parameters behind delegations, if some give exactly these: then, and
    /// only then, [`Bins::describe`] says all that `roles` says.
    #[must_use]
    pub fn recognise(delegations: &Delegations) -> Option<Bins> {
        let (bits, style, role) = match &delegations.roles {
            Delegated::Succinct(s) => (
                s.bit_length,
                Style::Succinct {
                    name_prefix: s.name_prefix.clone(),
                },
                &s.role,
            ),
            Delegated::Roles(roles) => {
                let bits = u8::try_from(roles.len().checked_ilog2()?).ok()?;
                let first = roles.first()?;
                let width = hex_digits(bits);
                let name_prefix = first.name.split_once(&"0".repeat(width))?.0.to_owned();
                (bits, Style::Prefixes { name_prefix }, &first.role)
            }
        };
        let keys: Option<Vec<Key>> = role
            .keyids
            .iter()
            .map(|id| delegations.keys.get(id).cloned())
            .collect();
        let bins = Bins::new(bits, style, keys?, role.threshold).ok()?;
        (bins.delegations().roles == delegations.roles).then_some(bins)
    }

    fn role(&self) -> Role {
        Role {
            keyids: self.keyids(),
            threshold: self.threshold,
            unrecognized: BTreeMap::new(),
        }
    }

    fn keyids(&self) -> Vec<KeyId> {
        self.keys.iter().map(Key::keyid).collect()
    }

    /// The first and the last prefix of a bin, as numbers.
    fn range(&self, index: u32) -> (u32, u32) {
        // 2^bits bins share the 16^width prefixes of `width` digits evenly.
        let spare = hex_digits(self.bits)
            .saturating_mul(4)
            .saturating_sub(usize::from(self.bits));
        let size = 1u32.checked_shl(u32::try_from(spare).unwrap_or(0)).unwrap_or(1);
        let low = index.saturating_mul(size);
        (low, low.saturating_add(size.saturating_sub(1)))
    }
}

/// What was made again against what was given.
#[must_use]
pub fn compare(regenerated: &[u8], given: &[u8]) -> Compared {
    if regenerated == given {
        return Compared::Equal {
            bytes: given.len(),
            digest: Digest::of(given),
        };
    }
    let same = regenerated.iter().zip(given).take_while(|(a, b)| a == b).count();
    Compared::Different {
        offset: same,
        expected: Digest::of(regenerated),
        got: Digest::of(given),
    }
}

impl std::fmt::Display for Compared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Compared::Equal { bytes, digest } => {
                write!(
                    f,
                    "regenerated: equal, byte for byte ({bytes} bytes, SHA-256 {digest})"
                )
            }
            Compared::Different {
                offset,
                expected,
                got,
            } => write!(
                f,
                "regenerated: DIFFERENT from byte {offset} on: expected SHA-256 {expected}, got {got}"
            ),
        }
    }
}

/// How many hexadecimal digits the highest of 2^bits numbers has.
fn hex_digits(bits: u8) -> usize {
    usize::from(bits.div_ceil(4))
}

/// TAP 15: the first `bits` bits (1 to 32) of SHA-256 of the path.
fn index(target: &str, bits: u8) -> u32 {
    let digest = path_digest(target);
    let head = digest.as_bytes().first_chunk::<4>().copied().unwrap_or_default();
    u32::from_be_bytes(head)
        .checked_shr(32u32.saturating_sub(u32::from(bits)))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Algorithm, PublicKey};

    fn key() -> Key {
        let raw = data_encoding::HEXLOWER
            .decode(b"d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
            .unwrap();
        Key::of(&PublicKey::from_raw(Algorithm::Ed25519, &raw).unwrap())
    }

    fn classic(bits: u8, prefix: &str) -> Result<Bins, NotBins> {
        let style = Style::Prefixes {
            name_prefix: prefix.into(),
        };
        Bins::new(bits, style, vec![key()], 1)
    }

    fn succinct(bits: u8) -> Bins {
        let style = Style::Succinct {
            name_prefix: "bins".into(),
        };
        Bins::new(bits, style, vec![key()], 1).unwrap()
    }

    #[test]
    fn the_bins_of_the_facts() {
        // facts/tuf.md 2.11, python-tuf's manual_repo example and SuccinctRoles.
        let (prefixes, succinct) = (classic(14, "").unwrap(), succinct(14));
        for (path, one, other) in [
            ("file1.txt", "55ac-55af", "bins-156b"),
            (
                "requests/requests-2.31.0-py3-none-any.whl",
                "e020-e023",
                "bins-3808",
            ),
            ("bar", "fcdc-fcdf", "bins-3f37"),
            ("repo_example/hashed_bin_delegation.py", "85e0-85e3", "bins-2178"),
        ] {
            assert_eq!((&*prefixes.bin_of(path), &*succinct.bin_of(path)), (one, other));
            for bins in [&prefixes, &succinct] {
                let found = bins.delegations().entrusted(path).unwrap();
                assert_eq!((found.len(), &found[0].name), (1, &bins.bin_of(path)));
            }
        }
        assert_eq!(prefixes.count(), 16_384);
        assert_eq!(prefixes.prefixes(0), ["0000", "0001", "0002", "0003"]);
        assert_eq!(prefixes.name(16_383), "fffc-ffff");
    }

    #[test]
    fn suffixes_have_tap_15s_width() {
        for (bits, width) in [(1, 1), (5, 2), (10, 3), (14, 4), (32, 8)] {
            assert_eq!(hex_digits(bits), width);
        }
        let roles = succinct(5).delegations();
        let Delegated::Succinct(roles) = roles.roles else {
            panic!()
        };
        assert_eq!(roles.index_of("bins-1f"), Some(31));
        for no in ["bins-20", "bins-1F", "bins-01f", "bins-+1", "bin-1f", "bins"] {
            assert_eq!(roles.index_of(no), None, "{no}");
        }
    }

    #[test]
    fn names_that_would_be_numbers_need_a_prefix() {
        assert!(matches!(classic(4, ""), Err(NotBins::Name(_))));
        assert_eq!(classic(4, "bin-").unwrap().name(10), "bin-a");
        assert_eq!(classic(5, "").unwrap().name(1), "08-0f");
        assert!(matches!(classic(0, ""), Err(NotBins::Bits { got: 0 })));
        assert!(matches!(classic(17, ""), Err(NotBins::Bits { got: 17 })));
    }

    #[test]
    fn a_set_is_recognised_by_being_made_again() {
        for bins in [classic(14, "").unwrap(), classic(6, "b.").unwrap(), succinct(14)] {
            let mut delegations = bins.delegations();
            assert_eq!(Bins::recognise(&delegations), Some(bins.clone()));
            match &mut delegations.roles {
                Delegated::Roles(roles) => roles[5].terminating = false,
                Delegated::Succinct(s) => s.role.unrecognized = [("x".to_owned(), Json::Null)].into(),
            }
            assert_eq!(Bins::recognise(&delegations), None, "{}", bins.describe());
        }
        assert_eq!(Bins::recognise(&Delegations::empty()), None);
        assert!(compare(b"abc", b"abd").to_string().contains("from byte 2"));
    }
}
