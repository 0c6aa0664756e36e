//! Alphabets without look-alikes, and the dice tables that follow from them. A
//! table is computed, never typed in (T5: a misprinted one gave one letter
//! three times and went unnoticed). Sizes divide a power of six, so a fixed
//! number of rolls gives every character equally often.

/// Characters of which a credential is made.
#[derive(Debug, PartialEq, Eq)]
pub struct Alphabet {
    symbols: &'static str,
    rolls: usize,
}

/// 27 characters = 3^3, three rolls each: lower case, without `0 o`, `1 l i`,
/// `2 z`, `5 s`.
pub static TEXT: Alphabet = Alphabet {
    symbols: "abcdefghjkmnpqrtuvwxy346789",
    rolls: 3,
};

/// 8 digits = 2^3, three rolls each: without `0` and `1`.
pub static DIGITS: Alphabet = Alphabet {
    symbols: "23456789",
    rolls: 3,
};

/// 16 hexadecimal digits = 2^4, four rolls each. `0` and `1` are in it, the
/// letters that look like them are not.
pub static HEX: Alphabet = Alphabet {
    symbols: "0123456789abcdef",
    rolls: 4,
};

impl Alphabet {
    /// The characters, ASCII.
    #[must_use]
    pub fn symbols(&self) -> &'static str {
        self.symbols
    }

    /// How many rolls of a die one character takes.
    #[must_use]
    pub fn rolls(&self) -> usize {
        self.rolls
    }

    /// Whole bits of `length` characters, rounded down: exact, by long
    /// multiplication of the number of outcomes.
    #[must_use]
    pub fn bits(&self, length: usize) -> u32 {
        let size = u64::try_from(self.symbols.len()).unwrap_or(0);
        let mut words = vec![1u64];
        for _ in 0..length {
            let mut carry = 0u64;
            for word in &mut words {
                // 32-bit digits in 64-bit words: no overflow below 2^32 symbols.
                let product = word.saturating_mul(size).saturating_add(carry);
                *word = product & 0xffff_ffff;
                carry = product >> 32;
            }
            if carry > 0 {
                words.push(carry);
            }
        }
        let top = words.last().copied().unwrap_or(1).max(1).ilog2();
        let below = u32::try_from(words.len()).unwrap_or(u32::MAX).saturating_sub(1);
        below.saturating_mul(32).saturating_add(top)
    }

    /// The fewest characters with at least `bits` bits.
    #[must_use]
    pub fn length_for(&self, bits: u32) -> usize {
        (0..).find(|n| self.bits(*n) >= bits).unwrap_or(usize::MAX)
    }

    /// The character of a random byte; `None` for the bytes above the last
    /// multiple of the alphabet's size, which would favour its beginning.
    #[must_use]
    pub fn of_byte(&self, byte: u8) -> Option<char> {
        let size = self.symbols.len();
        let even = 256usize.checked_div(size)?.checked_mul(size)?;
        let byte = usize::from(byte);
        if byte >= even {
            return None;
        }
        self.at(byte.checked_rem(size)?)
    }

    /// The character of one group of rolls, the digits `1` to `6`.
    #[must_use]
    pub fn of_rolls(&self, rolls: &[u8]) -> Option<char> {
        if rolls.len() != self.rolls {
            return None;
        }
        let mut number = 0usize;
        for face in rolls {
            let value = usize::from(face.checked_sub(b'1').filter(|v| *v < 6)?);
            number = number.checked_mul(6)?.checked_add(value)?;
        }
        self.at(number.checked_rem(self.symbols.len())?)
    }

    /// The whole dice table, in the order of the rolls, for print.
    pub fn table(&'static self) -> impl Iterator<Item = (String, char)> {
        let exponent = u32::try_from(self.rolls).unwrap_or(0);
        (0..6usize.saturating_pow(exponent)).filter_map(move |mut number| {
            let mut faces = vec![b'1'; self.rolls];
            for face in faces.iter_mut().rev() {
                *face = face.saturating_add(u8::try_from(number.checked_rem(6)?).ok()?);
                number = number.checked_div(6)?;
            }
            let symbol = self.of_rolls(&faces)?;
            Some((String::from_utf8(faces).ok()?, symbol))
        })
    }

    fn at(&self, place: usize) -> Option<char> {
        self.symbols.as_bytes().get(place).copied().map(char::from)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn all() -> [&'static Alphabet; 3] {
        [&TEXT, &DIGITS, &HEX]
    }

    #[test]
    fn no_character_is_there_twice_or_looks_like_another() {
        for alphabet in all() {
            let mut seen: Vec<char> = alphabet.symbols().chars().collect();
            seen.sort_unstable();
            seen.dedup();
            assert_eq!(seen.len(), alphabet.symbols().len());
            assert!(alphabet.symbols().is_ascii());
            assert_eq!(alphabet.symbols(), alphabet.symbols().to_ascii_lowercase());
            for alike in ["0o", "1li", "5s", "2z"] {
                let there = alike.chars().filter(|c| alphabet.symbols().contains(*c)).count();
                assert!(there <= 1, "{alike} in {}", alphabet.symbols());
            }
        }
        assert!(!TEXT.symbols().contains(['0', 'o', '1', 'l', 'i']));
    }

    #[test]
    fn every_table_gives_every_character_equally_often() {
        for (alphabet, rows, each) in [(&TEXT, 216, 8), (&DIGITS, 216, 27), (&HEX, 1296, 81)] {
            let mut count: BTreeMap<char, u32> = BTreeMap::new();
            let mut keys = Vec::new();
            for (rolls, symbol) in alphabet.table() {
                *count.entry(symbol).or_default() += 1;
                keys.push(rolls);
            }
            assert_eq!(keys.len(), rows);
            assert!(keys.windows(2).all(|w| w[0] < w[1]), "in order, none twice");
            assert_eq!(count.len(), alphabet.symbols().len());
            assert!(count.values().all(|n| *n == each), "{count:?}");
        }
    }

    #[test]
    fn random_bytes_favour_no_character() {
        for (alphabet, each) in [(&TEXT, 9), (&DIGITS, 32), (&HEX, 16)] {
            let mut count: BTreeMap<char, u32> = BTreeMap::new();
            for symbol in (0..=255).filter_map(|b| alphabet.of_byte(b)) {
                *count.entry(symbol).or_default() += 1;
            }
            assert_eq!(count.len(), alphabet.symbols().len());
            assert!(count.values().all(|n| *n == each), "{count:?}");
        }
        // What plain `byte % 27` would do: the first thirteen come ten times.
        let folded = (0..=255usize).filter(|b| b % 27 == 0).count();
        assert_eq!(folded, 10);
    }

    #[test]
    fn bits_are_exact() {
        for n in 0..=128 {
            assert_eq!(HEX.bits(n), u32::try_from(4 * n).unwrap());
            assert_eq!(DIGITS.bits(n), u32::try_from(3 * n).unwrap());
            let float = (27f64.log2() * f64::from(u32::try_from(n).unwrap())).floor();
            assert!((f64::from(TEXT.bits(n)) - float).abs() < 0.5, "{n}");
        }
        assert_eq!((TEXT.length_for(128), TEXT.bits(26)), (27, 123));
    }

    #[test]
    fn only_whole_groups_of_faces_are_read() {
        assert_eq!(TEXT.of_rolls(b"111"), Some('a'));
        assert_eq!(TEXT.of_rolls(b"666"), Some('9'));
        for bad in [&b"11"[..], b"1111", b"107", b"11 ", b"aaa"] {
            assert_eq!(TEXT.of_rolls(bad), None);
        }
    }
}
