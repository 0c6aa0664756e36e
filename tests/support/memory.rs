//! Looks for secrets in the memory of a running program and of every process
//! below it, as a thief with a memory image would: raw, in hexadecimal, base64
//! and UTF-16, and spread out one character per element, as queues of key
//! presses hold them.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::io::{Read, Seek, SeekFrom};

/// Characters that make a hit: parts of a secret count.
const WINDOW: usize = 8;
/// Distances between the characters of a spread secret, in bytes.
const STRIDES: [usize; 12] = [2, 4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64];

/// A planted secret by its name.
pub type Canary = (&'static str, &'static str);

struct Pattern {
    name: &'static str,
    how: String,
    bytes: Vec<u8>,
    stride: usize,
}

fn patterns(canaries: &[Canary]) -> Vec<Pattern> {
    let mut all = Vec::new();
    for (name, text) in canaries {
        let mut add = |how: &str, bytes: &[u8], window: usize, stride: usize| {
            for bytes in bytes.windows(window).step_by(4) {
                all.push(Pattern {
                    name,
                    how: format!("{how} {:?}", String::from_utf8_lossy(bytes)),
                    bytes: bytes.to_vec(),
                    stride,
                });
            }
        };
        let raw = text.as_bytes();
        assert!(raw.len() >= 12, "a canary has twelve characters at least");
        add("raw", raw, WINDOW, 1);
        for stride in STRIDES {
            add(&format!("every {stride} bytes"), raw, WINDOW, stride);
        }
        add(
            "hex",
            data_encoding::HEXLOWER.encode(raw).as_bytes(),
            2 * WINDOW,
            1,
        );
        add(
            "hex",
            data_encoding::HEXUPPER.encode(raw).as_bytes(),
            2 * WINDOW,
            1,
        );
        for skip in 0..3 {
            let text = data_encoding::BASE64.encode(&raw[skip..skip + (raw.len() - skip) / 3 * 3]);
            add("base64", text.as_bytes(), 12, 1);
        }
    }
    all
}

/// The program and everything that it started.
pub fn family(pid: u32) -> Vec<u32> {
    let mut all = vec![pid];
    let mut at = 0;
    while let Some(parent) = all.get(at).copied() {
        at += 1;
        let Ok(threads) = std::fs::read_dir(format!("/proc/{parent}/task")) else {
            continue;
        };
        for thread in threads.flatten() {
            let children = std::fs::read_to_string(thread.path().join("children")).unwrap_or_default();
            all.extend(children.split_whitespace().filter_map(|p| p.parse::<u32>().ok()));
        }
    }
    all
}

/// What was found where; `None` where the system does not let us look (the
/// program forbids it to everybody but root).
pub fn residue(pid: u32, canaries: &[Canary]) -> Option<BTreeSet<String>> {
    let patterns = patterns(canaries);
    let mut by_first: Vec<Vec<&Pattern>> = (0..256).map(|_| Vec::new()).collect();
    for pattern in &patterns {
        by_first[usize::from(pattern.bytes[0])].push(pattern);
    }
    let mut found = BTreeSet::new();
    for pid in family(pid) {
        let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).ok()?;
        let mut memory = std::fs::File::open(format!("/proc/{pid}/mem")).ok()?;
        for line in maps.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if !fields[1].contains('w') {
                continue;
            }
            let (from, to) = fields[0].split_once('-').unwrap();
            let from = u64::from_str_radix(from, 16).unwrap();
            let to = u64::from_str_radix(to, 16).unwrap();
            let place = fields.get(5).copied().unwrap_or("anonymous");
            let mut bytes = vec![0; usize::try_from(to - from).unwrap()];
            memory.seek(SeekFrom::Start(from)).unwrap();
            // A guard page or a page that went away holds nothing.
            if memory.read_exact(&mut bytes).is_err() {
                continue;
            }
            search(&bytes, &by_first, |pattern, at| {
                let kind = if place.starts_with('[') { place } else { "mapping" };
                if std::env::var_os("CANARY_CONTEXT").is_some() {
                    let near = &bytes[at.saturating_sub(96)..(at + 160).min(bytes.len())];
                    println!(
                        "{} {} {kind} {:x}:\n  {}",
                        pattern.name,
                        pattern.how,
                        from + at as u64,
                        near.escape_ascii()
                    );
                }
                found.insert(format!("{} in {kind}: {}", pattern.name, pattern.how));
            });
        }
    }
    Some(found)
}

fn search(bytes: &[u8], by_first: &[Vec<&Pattern>], mut hit: impl FnMut(&Pattern, usize)) {
    for (at, first) in bytes.iter().enumerate() {
        for pattern in &by_first[usize::from(*first)] {
            let there = |i: usize| bytes.get(at + i * pattern.stride) == Some(&pattern.bytes[i]);
            if there(1) && (2..pattern.bytes.len()).all(there) {
                hit(pattern, at);
            }
        }
    }
}
