//! Digests as spoken words: the PGP word list (Juola and Zimmermann, 1995),
//! two syllables for bytes at even offsets, three at odd ones, so that a word
//! dropped or swapped with its neighbour is heard. All 32 words always: a
//! digest is never shortened. People compare actively, by typing the words at
//! positions drawn for that one comparison (DESIGN section 5).

use crate::base::Digest;

use super::words_list::{EVEN, ODD};

/// How many words a digest has.
pub const COUNT: usize = 32;

/// The 32 words of a digest.
#[must_use]
pub fn words(digest: &Digest) -> [&'static str; COUNT] {
    let mut out = [""; COUNT];
    for (i, (to, byte)) in out.iter_mut().zip(digest.as_bytes()).enumerate() {
        *to = word(i, *byte).unwrap_or("?");
    }
    out
}

/// The 32 words in rows of four, each with its number, as people read them aloud.
#[must_use]
pub fn numbered(digest: &Digest) -> Vec<String> {
    let row = |(row, words): (usize, &[&str])| {
        let line: Vec<String> = words
            .iter()
            .enumerate()
            .map(|(i, word)| {
                let number = row.saturating_mul(4).saturating_add(i).saturating_add(1);
                format!("{number:>2} {word:<12}")
            })
            .collect();
        line.join(" ").trim_end().to_owned()
    };
    words(digest).chunks(4).enumerate().map(row).collect()
}

/// What a typed text is at a place from 0, whatever digest it is compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// A word of the list for such places.
    Fits,
    /// A word of the other list: the number was misread.
    Elsewhere,
    /// No word: misspelt.
    NoWord,
}

/// Looks a typed text up in the list for this place, and in the other one.
#[must_use]
pub fn typed_at(place: usize, typed: &str) -> Typed {
    let (here, other) = if place.is_multiple_of(2) {
        (&EVEN, &ODD)
    } else {
        (&ODD, &EVEN)
    };
    let has = |list: &[&str]| list.iter().any(|word| matches(typed, word));
    if has(here) {
        Typed::Fits
    } else if has(other) {
        Typed::Elsewhere
    } else {
        Typed::NoWord
    }
}

/// The word of one byte at one place: `Some`, since both lists have 256 words.
#[must_use]
pub fn word(place: usize, byte: u8) -> Option<&'static str> {
    let list = if place.is_multiple_of(2) { &EVEN } else { &ODD };
    list.get(usize::from(byte)).copied()
}

/// `count` distinct positions from 0 to 31 (at most all 32), ascending, which
/// is the order in which they are asked. Every set is equally likely when
/// `nonce` is 32 random bytes; it is recorded, so an auditor draws the same.
#[must_use]
pub fn positions(nonce: &Digest, count: usize) -> Vec<usize> {
    let mut out = Vec::new();
    // 2^32 blocks never run out; the bound is there so that the loop ends.
    for block in 0..=u32::MAX {
        let stream = Digest::of_parts(&[
            b"tuf-ceremony word positions v1\0",
            nonce.as_bytes(),
            &block.to_be_bytes(),
        ]);
        for byte in stream.as_bytes() {
            if out.len() >= count.min(COUNT) {
                out.sort_unstable();
                return out;
            }
            // 32 divides 256, so the low five bits are uniform; a position
            // that was drawn already is thrown away, never mapped to another.
            let position = usize::from(byte & 31);
            if !out.contains(&position) {
                out.push(position);
            }
        }
    }
    out
}

/// Whether what a person typed is the expected word: capitals and white space
/// around it do not count, anything else does.
#[must_use]
pub fn matches(typed: &str, expected: &str) -> bool {
    !expected.is_empty() && typed.trim().eq_ignore_ascii_case(expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_example() {
        // The fingerprint by which the list is commonly explained.
        let hex = "e58294f2e9a227486e8b061b31cc528fd7fa3f19";
        let words = words(&Digest::parse(&format!("{hex:0<64}")).unwrap());
        let expected = "topmost Istanbul Pluto vagabond treadmill Pacific brackish dictator goldfish Medusa \
                        afflict bravado chatter revolver Dupont midsummer stopwatch whimsical cowbell bottomless";
        assert_eq!(words[..20].join(" "), expected);
        assert_eq!(words[20..22], ["aardvark", "adroitness"]);
    }

    #[test]
    fn the_lists_are_the_ones_that_were_compared() {
        let all: Vec<&str> = EVEN.iter().chain(&ODD).copied().collect();
        assert_eq!(
            Digest::of(all.join("\n").as_bytes()).hex(),
            "e9b7b0052233a74aa56724ed3f79c272036aed68d8f4c0856e833c8043b9ac62"
        );
        let mut folded: Vec<String> = all.iter().map(|w| w.to_ascii_lowercase()).collect();
        folded.sort();
        folded.dedup();
        assert_eq!(folded.len(), 512, "no word stands twice");
    }

    #[test]
    fn positions_are_distinct_ascending_and_even() {
        let mut seen = [0u32; COUNT];
        for n in 0..3200u32 {
            let drawn = positions(&Digest::of(&n.to_be_bytes()), 6);
            assert_eq!(drawn.len(), 6);
            assert!(drawn.is_sorted_by(|a, b| a < b));
            for p in drawn {
                seen[p] += 1;
            }
        }
        // 600 expected for each; the spread is about 22, so this is six of it.
        assert!(seen.iter().all(|n| (468..=732).contains(n)), "{seen:?}");
        let all: Vec<usize> = (0..COUNT).collect();
        assert_eq!(positions(&Digest::ZERO, 99), all);
        assert!(positions(&Digest::ZERO, 0).is_empty());
    }

    #[test]
    fn a_word_stands_at_every_second_place_only() {
        assert_eq!(typed_at(0, "topmost"), Typed::Fits);
        assert_eq!(typed_at(1, " Topmost "), Typed::Elsewhere);
        assert_eq!(typed_at(31, "istanbul"), Typed::Fits);
        assert_eq!(typed_at(30, "Istanbul"), Typed::Elsewhere);
        for typed in ["", "topmos", "topmost Istanbul"] {
            assert_eq!(typed_at(0, typed), Typed::NoWord, "{typed:?}");
        }
    }

    #[test]
    fn typing_is_forgiving_only_where_it_is_safe() {
        assert!(matches(" istanbul\n", "Istanbul"));
        for typed in ["", "Istanbu", "Istanbull", "Ist anbul", "\u{130}stanbul"] {
            assert!(!matches(typed, "Istanbul"), "{typed:?}");
        }
        assert!(!matches("", ""));
    }
}
