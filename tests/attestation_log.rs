//! The YubiHSM 2's log: the chain over readings, and what the record explains of
//! it. The log is made here, as the device's protocol describes it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

use proptest::prelude::*;
use sha2::{Digest as _, Sha256};
use tuf_ceremony::attestation::log::{
    Batch, Entry, LogFault, Reconciliation, Sent, command_code, from_reset, join, reconcile,
};

/// A device that logs: numbers, ticks, digests; entries since the last index.
struct Device {
    entries: Vec<[u8; 32]>,
    tick: u32,
}

impl Device {
    /// Fresh from a reset: the marker, then a start.
    fn new() -> Device {
        let mut device = Device {
            entries: Vec::new(),
            tick: 0,
        };
        let mut first = [0xff; 32];
        first[..2].copy_from_slice(&1_u16.to_be_bytes());
        first[16..].copy_from_slice(&[0xa5; 16]);
        device.entries.push(first);
        device.raw(0x00, 0xffff, 0, 0);
        device
    }

    fn raw(&mut self, command: u8, key: u16, target: u16, result: u8) {
        let last = self.entries.last().unwrap();
        let number = u16::from_be_bytes([last[0], last[1]]).wrapping_add(1);
        let length: u16 = if command == 0 { 0 } else { 11 };
        let mut entry = Vec::new();
        entry.extend(number.to_be_bytes());
        entry.push(command);
        for n in [length, key, target, 0xffff] {
            entry.extend(n.to_be_bytes());
        }
        entry.push(result);
        entry.extend(self.tick.to_be_bytes());
        self.tick += 3;
        let digest = Sha256::new()
            .chain_update(&entry)
            .chain_update(&last[16..])
            .finalize();
        entry.extend(&digest[..16]);
        self.entries.push(entry.try_into().unwrap());
    }

    fn did(&mut self, name: &str, target: u16) {
        let command = command_code(name).unwrap();
        self.raw(command, 1, target, command | 0x80);
    }

    fn answer(&self, range: std::ops::Range<usize>) -> Vec<u8> {
        let entries = &self.entries[range];
        let mut out = vec![0, 0, 0, 0, u8::try_from(entries.len()).unwrap()];
        out.extend(entries.concat());
        out
    }

    fn batch(&self, range: std::ops::Range<usize>) -> Batch {
        Batch::parse(&self.answer(range)).unwrap()
    }

    fn log(&self) -> Vec<Entry> {
        join(&[self.batch(0..self.entries.len())]).unwrap()
    }
}

/// A small ceremony: two keys, their attestations, three signatures.
fn ceremony() -> (Device, Vec<Sent>) {
    let mut device = Device::new();
    let mut sent = vec![Sent::named("initialised").unwrap(), Sent::named("boot").unwrap()];
    let commands = [
        ("generate-asymmetric-key", 3),
        ("sign-attestation-certificate", 3),
        ("generate-asymmetric-key", 4),
        ("sign-attestation-certificate", 4),
        ("sign-ecdsa", 3),
        ("sign-ecdsa", 4),
        ("sign-ecdsa", 3),
    ];
    for (name, target) in commands {
        device.did(name, target);
        sent.push(Sent::named(name).unwrap().about(target));
    }
    (device, sent)
}

#[test]
fn an_entry_is_its_bytes() {
    let (device, _) = ceremony();
    for raw in &device.entries {
        assert_eq!(Entry::parse(raw).bytes(), *raw);
    }
    let log = device.log();
    assert!(log[0].is_initialised() && log[1].is_boot());
    assert!(log.iter().all(Entry::worked));
    assert!(
        log[2].line().contains("generate-asymmetric-key"),
        "{}",
        log[2].line()
    );
}

#[test]
fn readings_join_where_the_index_was_advanced_and_where_it_was_not() {
    let (device, _) = ceremony();
    let all = device.log();
    for cut in 1..device.entries.len() {
        for again in 0..cut {
            let joined = join(&[device.batch(0..cut), device.batch(again..device.entries.len())]);
            assert_eq!(joined.unwrap(), all, "cut {cut}, again from {again}");
        }
    }
    // An empty reading adds nothing; nothing at all is not a log.
    assert_eq!(join(&[device.batch(0..9), device.batch(0..0)]).unwrap(), all);
    assert_eq!(join(&[]), Err(LogFault::Empty));
}

#[test]
fn the_numbers_go_round() {
    let mut device = Device::new();
    device.entries[1][..2].copy_from_slice(&0xfffe_u16.to_be_bytes());
    device.entries.remove(0);
    for _ in 0..5 {
        device.did("sign-ecdsa", 3);
    }
    let log = device.log();
    assert_eq!(
        log.iter().map(|e| e.number).collect::<Vec<_>>(),
        [0xfffe, 0xffff, 0, 1, 2, 3]
    );
}

#[test]
fn a_reading_left_out_or_changed_is_named() {
    let (device, _) = ceremony();
    assert_eq!(
        join(&[device.batch(0..4), device.batch(5..9)]),
        Err(LogFault::Gap { expected: 5, got: 6 })
    );
    // Swapped readings do not follow either.
    assert!(matches!(
        join(&[device.batch(4..9), device.batch(0..4)]),
        Err(LogFault::Gap { .. })
    ));
    // The same number with other content: the device was reset in between.
    let mut other = Device::new();
    other.did("sign-ecdsa", 9);
    assert_eq!(
        join(&[device.batch(0..5), other.batch(2..3)]),
        Err(LogFault::Rewritten { number: 3 })
    );
    // Bytes that are not a whole answer.
    let answer = device.answer(0..9);
    for bad in [
        &answer[..4],
        &answer[..answer.len() - 1],
        &[answer.as_slice(), &[0]].concat(),
    ] {
        assert!(matches!(Batch::parse(bad), Err(LogFault::Length { .. })));
    }
    let mut many = vec![0, 0, 0, 0, 63];
    many.extend(vec![0; 63 * 32]);
    assert_eq!(Batch::parse(&many), Err(LogFault::TooMany { got: 63 }));
}

#[test]
fn what_the_device_could_not_log_is_refused() {
    let (device, _) = ceremony();
    for at in 0..4 {
        let mut answer = device.answer(0..9);
        answer[at] = 1;
        let batch = Batch::parse(&answer).unwrap();
        assert!(
            matches!(join(&[batch]), Err(LogFault::Unlogged { .. })),
            "counter byte {at}"
        );
    }
}

#[test]
fn every_command_has_its_entry_and_every_entry_its_command() {
    let (device, sent) = ceremony();
    let found = reconcile(&sent, &device.log());
    assert!(found.holds());
    assert_eq!(
        found.sentence(),
        "9 commands, 9 entries, 0 unexplained, 0 missing"
    );
    assert_eq!(Reconciliation::signatures(&device.log(), 3), 2);
    assert_eq!(Reconciliation::signatures(&device.log(), 4), 1);
    assert!(!reconcile(&[], &[]).holds(), "nothing explains nothing");
}

#[test]
fn one_signature_more_is_named_wherever_it_stands() {
    let (_, sent) = ceremony();
    for place in 2..=sent.len() {
        let mut device = Device::new();
        for (i, command) in sent.iter().enumerate().skip(2) {
            if i == place {
                device.did("sign-ecdsa", 0x99);
            }
            device.raw(
                command.command,
                1,
                command.target.unwrap(),
                command.command | 0x80,
            );
        }
        if place == sent.len() {
            device.did("sign-ecdsa", 0x99);
        }
        let found = reconcile(&sent, &device.log());
        assert!(!found.holds());
        assert_eq!(found.unexplained.len(), 1, "place {place}");
        assert_eq!(found.unexplained[0].target, 0x99);
        assert!(found.missing.is_empty());
        assert!(found.lines()[1].contains("unexplained"), "{:?}", found.lines());
    }
}

#[test]
fn a_command_without_an_entry_and_a_second_boot_are_named() {
    let (mut device, mut sent) = ceremony();
    sent.push(Sent::named("sign-ecdsa").unwrap().about(4));
    let found = reconcile(&sent, &device.log());
    assert_eq!((found.unexplained.len(), found.missing.len()), (0, 1));
    assert_eq!(found.missing[0].target, Some(4));
    device.raw(0x00, 0xffff, 0, 0);
    let found = reconcile(&sent[..9], &device.log());
    assert!(found.unexplained[0].is_boot());
    // A command that the device refused is not one that worked.
    let (mut device, mut sent) = ceremony();
    let sign = command_code("sign-ecdsa").unwrap();
    device.raw(sign, 1, 3, 0x09);
    sent.push(Sent::named("sign-ecdsa").unwrap().about(3));
    assert!(!reconcile(&sent, &device.log()).holds());
    sent.last_mut().unwrap().worked = Some(false);
    assert!(reconcile(&sent, &device.log()).holds());
    // Nor one of another authentication key.
    sent.last_mut().unwrap().session_key = Some(2);
    assert!(!reconcile(&sent, &device.log()).holds());
}

#[test]
fn a_log_begins_at_a_reset_and_has_one_start() {
    let (mut device, _) = ceremony();
    let log = device.log();
    assert_eq!(from_reset(&log), Ok(()));
    assert_eq!(from_reset(&log[1..]), Err(LogFault::NotFromReset { number: 2 }));
    assert_eq!(from_reset(&log[..1]), Err(LogFault::Boots { got: 0 }));
    assert_eq!(from_reset(&[]), Err(LogFault::Empty));
    device.raw(0x00, 0xffff, 0, 0);
    assert_eq!(from_reset(&device.log()), Err(LogFault::Boots { got: 2 }));
}

#[test]
fn far_too_much_is_not_compared() {
    let sent = vec![Sent::named("echo").unwrap(); 5000];
    let found = reconcile(&sent, &[]);
    assert!(found.too_long && !found.holds());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_change_of_a_chained_entry_passes(at in 0_usize..8 * 32 + 16, bits in 1_u8..=255) {
        let (device, _) = ceremony();
        let mut answer = device.answer(0..9);
        // From the second entry on: the first is taken as it is, but its digest
        // is what the second hangs on.
        answer[5 + 16 + at] ^= bits;
        prop_assert!(join(&[Batch::parse(&answer).unwrap()]).is_err());
    }

    #[test]
    fn any_bytes_parse_or_are_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(batch) = Batch::parse(&bytes) {
            let _ = join(&[batch]);
        }
    }

    #[test]
    fn leftovers_are_what_was_added_and_taken(
        codes in proptest::collection::vec(0_u16..4, 0..30),
        add in proptest::collection::vec((0_usize..30, 4_u16..6), 0..5),
    ) {
        // Commands over few targets; strangers have targets that no command has.
        let sent: Vec<Sent> = codes.iter().map(|t| Sent::named("sign-ecdsa").unwrap().about(*t)).collect();
        let mut targets = codes.clone();
        for (at, target) in &add {
            targets.insert(at % (targets.len() + 1), *target);
        }
        let mut device = Device::new();
        for target in &targets {
            device.did("sign-ecdsa", *target);
        }
        let log = &device.log()[2..];
        let found = reconcile(&sent, log);
        prop_assert_eq!(found.unexplained.len(), add.len());
        prop_assert!(found.missing.is_empty());
        // And the other way round: entries taken away are missing commands.
        let few: Vec<Entry> = log.iter().filter(|e| e.target > 1).copied().collect();
        let found = reconcile(&sent, &few);
        prop_assert_eq!(found.missing.len(), codes.iter().filter(|t| **t <= 1).count());
    }
}
