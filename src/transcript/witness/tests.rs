//! The witness's rules, request and memory, without a disk; also against what
//! `tests/vectors/witness/make.py` made, which shares no code with them.

use ed25519_dalek::{Signer as _, SigningKey};

use super::*;
use crate::base::{Algorithm, Digest, PublicKey};

const ORIGIN: &str =
    "rehearsal/example/vienna/0dd41a0f9849e1cafd2cb5bddfd1d6913d84180325e13f83272764b5a4e0e360";

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn public(seed: u8) -> PublicKey {
    PublicKey::from_raw(Algorithm::Ed25519, key(seed).verifying_key().as_bytes()).unwrap()
}

fn log(seed: u8) -> Vkey {
    Vkey::new(ORIGIN, public(seed)).unwrap()
}

fn witness(seed: u8) -> Vkey {
    Vkey::cosigner("w1.example", public(seed)).unwrap()
}

fn lines(count: usize) -> Vec<String> {
    (0..count).map(|n| format!("line {n}")).collect()
}

fn fork(count: usize, at: usize) -> Vec<String> {
    let mut lines = lines(count);
    lines[at] = "another".to_owned();
    lines
}

fn note(lines: &[String], by: u8) -> Note {
    let text = Checkpoint::of(ORIGIN, &lines.iter().collect())
        .unwrap()
        .to_string();
    Note::signed(&text, &log(by), |bytes| key(by).sign(bytes).to_vec()).unwrap()
}

fn request(lines: &[String], old: usize, by: u8) -> Request {
    let proof = consistency::prove(lines, old).unwrap();
    Request::new(old as u64, proof, note(lines, by)).unwrap()
}

/// A witness that knows the log key 1.
fn told() -> Memory {
    Memory::new(witness(9)).unwrap().told(log(1)).unwrap()
}

fn ask(memory: &Memory, request: &Request, time: u64) -> Result<Answer, Refused> {
    answer(memory, request, time, |bytes| key(9).sign(bytes).to_vec())
}

/// A witness that has cosigned the first `size` lines at the time 1000.
fn seen(size: usize) -> Memory {
    ask(&told(), &request(&lines(size), 0, 1), 1000).unwrap().memory
}

fn code(result: &Result<Answer, Refused>) -> &'static str {
    result.as_ref().map_or_else(Refused::code, |_| "cosigned")
}

#[test]
fn a_growing_record_is_cosigned_at_every_size() {
    let mut memory = told();
    let mut old = 0;
    for (time, size) in (1000..).zip([1, 2, 7, 8, 31, 32, 52]) {
        let request = request(&lines(size), old, 1);
        let text = request.to_string();
        assert_eq!(Request::parse(text.as_bytes()).unwrap(), request);
        let got = ask(&memory, &request, time).unwrap();
        let mut note = request.note().clone();
        note.add(got.line.clone()).unwrap();
        assert!(note.verified_by(&witness(9)), "{size}");
        assert_eq!(time_of(&got.line), Some(time));
        assert_eq!(
            parse_answer(format!("{}\n", got.line).as_bytes()).unwrap(),
            [got.line]
        );
        let last = got.memory.log(ORIGIN).unwrap().last().unwrap();
        assert_eq!(last.checkpoint(), request.checkpoint());
        assert_eq!(last.note(), &note, "the evidence is whole");
        memory = got.memory;
        old = size;
        assert_eq!(Memory::parse(memory.to_string().as_bytes()).unwrap(), memory);
    }
}

#[test]
fn the_same_checkpoint_again_has_the_same_answer_and_signs_nothing() {
    let memory = seen(10);
    let first = memory.log(ORIGIN).unwrap().last().unwrap().line().clone();
    for old in [0, 3, 10] {
        let request = request(&lines(10), old, 1);
        let got = answer(&memory, &request, 1, |_| panic!("nothing is signed")).unwrap();
        assert_eq!(
            (got.line, got.memory),
            (first.clone(), memory.clone()),
            "from {old}"
        );
    }
}

#[test]
fn every_fork_and_rollback_is_refused() {
    for known in 1..14 {
        let memory = seen(known);
        for size in 1..18usize {
            // Rollback, of the true record and of another one.
            if size < known {
                for lines in [lines(size), fork(size, size - 1)] {
                    for old in [0, size] {
                        let got = ask(&memory, &request(&lines, old, 1), 2000);
                        assert_eq!(code(&got), "rollback", "{size} after {known}");
                    }
                }
                continue;
            }
            for at in 0..known.min(size) {
                let forked = fork(size, at);
                let got = ask(&memory, &request(&forked, known, 1), 2000);
                let expected = if size == known { "fork" } else { "not-consistent" };
                assert_eq!(code(&got), expected, "{size} after {known}, forked at {at}");
                assert!(got.unwrap_err().is_evidence());
                // With the proof of the true record.
                let proof = consistency::prove(&lines(size), known).unwrap();
                let mixed = Request::new(known as u64, proof, note(&forked, 1)).unwrap();
                assert_eq!(code(&ask(&memory, &mixed, 2000)), expected);
            }
        }
    }
}

#[test]
fn a_wrong_old_size_is_refused_with_the_right_one() {
    let memory = seen(10);
    for old in (0..=20).filter(|old| *old != 10) {
        let got = ask(&memory, &request(&lines(20), old, 1), 2000);
        assert_eq!(code(&got), "old-size", "{old}");
        assert!(got.unwrap_err().to_string().contains("--old 10"));
    }
    let got = ask(&told(), &request(&lines(20), 10, 1), 2000);
    assert_eq!(got, Err(Refused::OldSize { known: 0, got: 10 }));
    assert_eq!(code(&ask(&memory, &request(&lines(20), 10, 1), 2000)), "cosigned");
}

#[test]
fn every_changed_byte_of_a_request_is_refused_or_asks_the_same() {
    let memory = seen(10);
    let good = request(&lines(23), 10, 1).to_string();
    for i in 0..good.len() {
        for mask in [1, 4, 0x20, 0x80] {
            let mut bytes = good.as_bytes().to_vec();
            bytes[i] ^= mask;
            if let Ok(request) = Request::parse(&bytes) {
                assert!(ask(&memory, &request, 2000).is_err(), "byte {i} mask {mask}");
            }
        }
        assert!(Request::parse(&good.as_bytes()[..i]).is_err(), "cut at {i}");
    }
}

#[test]
fn a_record_or_a_key_that_no_person_told_is_refused() {
    let nobody = Memory::new(witness(9)).unwrap();
    assert_eq!(
        code(&ask(&nobody, &request(&lines(5), 0, 1), 1)),
        "unknown-origin"
    );
    assert_eq!(
        code(&ask(&told(), &request(&lines(5), 0, 2), 1)),
        "unknown-log-key"
    );
    // A resumed run has a new key: a person says so, and the old one is over.
    let memory = seen(10);
    assert_eq!(
        code(&ask(&memory, &request(&lines(20), 10, 2), 2000)),
        "unknown-log-key"
    );
    let resumed = memory.told(log(2)).unwrap();
    assert_eq!(
        resumed.log(ORIGIN).unwrap().last(),
        memory.log(ORIGIN).unwrap().last()
    );
    assert_eq!(
        code(&ask(&resumed, &request(&lines(20), 10, 2), 2000)),
        "cosigned"
    );
    assert_eq!(
        code(&ask(&resumed, &request(&lines(20), 10, 1), 2000)),
        "unknown-log-key"
    );
    assert_eq!(
        code(&ask(&resumed, &request(&fork(20, 4), 10, 2), 2000)),
        "not-consistent"
    );
    assert_eq!(code(&ask(&told(), &request(&lines(0), 0, 1), 1)), "empty");
    assert_eq!(Memory::parse(resumed.to_string().as_bytes()).unwrap(), resumed);
}

#[test]
fn a_clock_that_goes_back_and_a_key_of_another_are_refused() {
    let memory = seen(10);
    let request = request(&lines(20), 10, 1);
    assert_eq!(code(&ask(&memory, &request, 999)), "clock-behind");
    assert_eq!(code(&ask(&memory, &request, 1000)), "cosigned");
    let other = answer(&memory, &request, 1000, |bytes| key(8).sign(bytes).to_vec());
    assert_eq!(code(&other), "wrong-key");
}

#[test]
fn keys_that_no_log_has_are_refused() {
    let memory = seen(10);
    for (sin, vkey) in [
        ("the same key", log(1)),
        (
            "the same key under another name",
            Vkey::new("another", public(1)).unwrap(),
        ),
        ("the witness's own", Vkey::new(ORIGIN, public(9)).unwrap()),
        ("a witness's", Vkey::cosigner(ORIGIN, public(3)).unwrap()),
    ] {
        assert!(memory.told(vkey).is_err(), "{sin}");
    }
    assert!(Memory::new(log(1)).is_err());
}

#[test]
fn a_torn_or_altered_memory_is_no_memory() {
    let good = seen(10).told(log(2)).unwrap().to_string();
    for i in 0..good.len() {
        assert!(Memory::parse(&good.as_bytes()[..i]).is_err(), "cut at {i}");
        let mut bytes = good.as_bytes().to_vec();
        bytes[i] ^= 1;
        assert!(Memory::parse(&bytes).is_err(), "byte {i}");
    }
    // With the digest made anew: size and root stand under the witness's own signature.
    let summed = |text: &str| {
        let body = text.split_inclusive('\n').filter(|l| !l.starts_with("sha256 "));
        let body: String = body.collect();
        format!("{body}sha256 {}\n", Digest::of(body.as_bytes()))
    };
    assert_eq!(summed(&good), good);
    for (sin, text) in [
        ("a smaller size", good.replace("size 10", "size 9")),
        ("a size with a zero", good.replace("size 10", "size 010")),
        ("no first line", good.split_once('\n').unwrap().1.to_owned()),
        ("another version", good.replace(" v0", " v1")),
        (
            "another witness",
            good.replace(&witness(9).to_string(), &witness(8).to_string()),
        ),
        ("no log's line", good.replacen("\u{2014} rehearsal", "", 1)),
        ("a line more", format!("{good}x\n")),
    ] {
        assert!(Memory::parse(summed(&text).as_bytes()).is_err(), "{sin}");
    }
}

#[test]
fn refuses_requests_that_it_would_not_write() {
    let good = request(&lines(20), 10, 1).to_string();
    let (head, note) = good.split_once("\n\n").unwrap();
    let digest = head.lines().nth(1).unwrap();
    let many = format!("{digest}\n").repeat(64);
    for (sin, text) in [
        ("nothing", String::new()),
        ("no old size", good.replacen("old 10\n", "", 1)),
        ("a leading zero", good.replacen("old 10", "old 010", 1)),
        ("a sign", good.replacen("old 10", "old +10", 1)),
        (
            "a size above the checkpoint's",
            good.replacen("old 10", "old 21", 1),
        ),
        ("a short digest", good.replacen(digest, &digest[..40], 1)),
        ("64 digests", format!("old 10\n{many}\n{note}")),
        ("no blank line", good.replacen("\n\n", "\n", 1)),
        ("two blank lines", good.replacen("\n\n", "\n\n\n", 1)),
        ("an extension line", good.replacen("\n20\n", "\n20\nx\n", 1)),
        ("CRLF", good.replace('\n', "\r\n")),
        ("no signature", good.rsplit_once("\n\n").unwrap().0.to_owned()),
    ] {
        assert!(Request::parse(text.as_bytes()).is_err(), "{sin}");
    }
    assert!(Request::parse(&vec![b'\n'; MAX_REQUEST + 1]).is_err(), "too long");
}

/// Made by `tests/vectors/witness/make.py`, which shares no code with this.
#[test]
fn a_request_and_cosignatures_that_python_made() {
    let request = Request::parse(include_bytes!("../../../tests/vectors/witness/add-checkpoint")).unwrap();
    let vkey = |text: &str| Vkey::parse(text.trim_end()).unwrap();
    let log = vkey(include_str!("../../../tests/vectors/witness/log.vkey"));
    let own = vkey(include_str!("../../../tests/vectors/witness/witness.vkey"));
    let before = include_bytes!("../../../tests/vectors/witness/before");
    let memory = Memory::parse(before).unwrap();
    assert_eq!(
        (memory.vkey(), memory.log(log.name()).unwrap().newest()),
        (&own, &log)
    );
    let answered = include_bytes!("../../../tests/vectors/witness/cosignature");
    let [line] = parse_answer(answered).unwrap().try_into().unwrap();
    assert!(own.verifies(&request.checkpoint().to_string(), line.signature()));
    // The same seed, time and bytes give the same signature, and the same memory.
    let got = answer(&memory, &request, time_of(&line).unwrap(), |bytes| {
        SigningKey::from_bytes(&[2; 32]).sign(bytes).to_vec()
    });
    let got = got.unwrap();
    assert_eq!(got.line, line);
    let after = include_str!("../../../tests/vectors/witness/after");
    assert_eq!(got.memory.to_string(), after);
}
