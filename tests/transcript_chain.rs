//! Whoever holds a record's size, root and head notices every change to it:
//! flipped bytes, dropped, doubled and swapped lines, every truncation. And
//! whatever is not at the very end is noticed by the chain alone.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test file"
)]

use proptest::prelude::*;
use tuf_ceremony::base::{Digest, Instant, Json, Stamp};
use tuf_ceremony::transcript::{Chain, Kind, Record, Writer, read};

/// What an outsider knows: the checkpoint's size and root, and the head.
#[derive(PartialEq)]
struct Head {
    size: u64,
    root: Digest,
    head: Digest,
}

fn log(lines: u64) -> Vec<u8> {
    let mut writer = Writer::new();
    let mut out = Vec::new();
    for n in 0..lines {
        let kind = match n {
            0 => Kind::Open,
            n if n + 1 == lines => Kind::Close,
            _ => Kind::Answer,
        };
        let record = Record {
            kind,
            step: "admit.1".to_owned(),
            who: "officer-a".to_owned(),
            body: Json::object([("same", "body".into())]),
        };
        let at = Stamp {
            wall: Instant::from_unix(1_795_000_000).unwrap(),
            mono_ms: 7,
        };
        out.extend_from_slice(writer.next(&record, &"0".repeat(32), at).unwrap().as_bytes());
        out.push(b'\n');
    }
    out
}

fn head(bytes: &[u8]) -> Head {
    head_of(&read(bytes))
}

fn head_of(chain: &Chain) -> Head {
    Head {
        size: chain.tree.size(),
        root: chain.tree.root(),
        head: chain.head,
    }
}

/// Whether someone who holds `expected` notices.
fn noticed(bytes: &[u8], expected: &Head) -> bool {
    let chain = read(bytes);
    !chain.is_intact() || head_of(&chain) != *expected
}

fn lines(bytes: &[u8]) -> Vec<&[u8]> {
    bytes.split_inclusive(|b| *b == b'\n').collect()
}

#[test]
fn the_record_itself_is_intact() {
    let bytes = log(60);
    assert!(!noticed(&bytes, &head(&bytes)));
    assert_eq!(head(&bytes).size, 60);
}

#[test]
fn every_flipped_bit_of_a_short_record() {
    let bytes = log(2);
    let expected = head(&bytes);
    for i in 0..bytes.len() {
        for bit in 0..8 {
            let mut changed = bytes.clone();
            changed[i] ^= 1 << bit;
            assert!(noticed(&changed, &expected), "byte {i} bit {bit}");
        }
    }
}

#[test]
fn bytes_all_over_sixty_lines() {
    flip(53);
}

#[test]
#[ignore = "minutes without optimisation; the sample above runs always"]
fn every_byte_of_sixty_lines() {
    flip(1);
}

/// Changes every `step`th byte, each with another mask.
fn flip(step: usize) {
    let bytes = log(60);
    let expected = head(&bytes);
    let last = bytes.len() - lines(&bytes)[59].len();
    let mut changed = bytes.clone();
    for i in (0..bytes.len()).step_by(step) {
        let mask = u8::try_from(i % 255).unwrap() + 1;
        changed[i] ^= mask;
        let chain = read(&changed);
        assert!(
            !chain.is_intact() || head_of(&chain) != expected,
            "byte {i} ^ {mask:#x}"
        );
        assert!(
            i >= last || !chain.is_intact(),
            "byte {i}: the chain alone notices"
        );
        changed[i] ^= mask;
    }
}

#[test]
fn every_dropped_doubled_and_swapped_line() {
    let bytes = log(60);
    let expected = head(&bytes);
    let lines = lines(&bytes);
    for i in 0..lines.len() {
        let mut dropped = lines.clone();
        dropped.remove(i);
        assert!(noticed(&dropped.concat(), &expected), "without line {i}");
        assert_eq!(
            read(&dropped.concat()).is_intact(),
            i == 59,
            "only the last leaves no gap"
        );
        let mut doubled = lines.clone();
        doubled.insert(i, lines[i]);
        assert!(!read(&doubled.concat()).is_intact(), "line {i} twice");
        for j in (i + 1..lines.len()).step_by(7) {
            let mut swapped = lines.clone();
            swapped.swap(i, j);
            assert!(!read(&swapped.concat()).is_intact(), "lines {i} and {j}");
        }
    }
}

#[test]
fn every_truncation() {
    let bytes = log(60);
    let expected = head(&bytes);
    let ends: Vec<usize> = lines(&bytes)
        .iter()
        .scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        })
        .collect();
    for end in &ends[..59] {
        for cut in end - 2..=end + 2 {
            assert!(noticed(&bytes[..cut], &expected), "cut at {cut}");
            // Whole lines are a record of their own: only the size tells.
            assert_eq!(read(&bytes[..cut]).is_intact(), cut == *end, "cut at {cut}");
        }
    }
    for cut in 0..ends[0] {
        assert!(noticed(&bytes[..cut], &expected), "cut at {cut}");
    }
}

#[test]
fn a_resumed_writer_goes_on_where_the_record_ends() {
    let whole = log(60);
    let cut: Vec<u8> = lines(&whole)[..30].concat();
    let mut torn = cut.clone();
    torn.extend_from_slice(b"{\"body\":{},\"bo");
    let chain = read(&torn);
    assert_eq!(chain.tail.start, cut.len());
    let chain = read(&torn[..chain.tail.start]);
    let mut writer = Writer::after(&chain).unwrap();
    assert_eq!(
        (writer.seq(), writer.head(), writer.ceremony()),
        (30, chain.head, chain.ceremony)
    );
    let (line, _) = read(&whole).lines[30].clone();
    let next = writer.next(&line.record, &line.boot, line.at).unwrap();
    assert_eq!(next.as_bytes(), lines(&whole)[30].strip_suffix(b"\n").unwrap());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]

    #[test]
    fn any_change_at_all(at in any::<prop::sample::Index>(), len in 0usize..40, put in prop::collection::vec(any::<u8>(), 0..40)) {
        let bytes = log(60);
        let at = at.index(bytes.len());
        let end = (at + len).min(bytes.len());
        let mut changed = bytes.clone();
        changed.splice(at..end, put);
        prop_assume!(changed != bytes);
        prop_assert!(noticed(&changed, &head(&bytes)));
    }

    #[test]
    fn any_truncation(cut in any::<prop::sample::Index>()) {
        let bytes = log(60);
        prop_assert!(noticed(&bytes[..cut.index(bytes.len())], &head(&bytes)));
    }
}
