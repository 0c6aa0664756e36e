//! Level L4 of the crash tests (facts/security.md 5.6): at one call that reaches
//! a token one thing goes wrong, the ceremony is resumed until it ends, and then
//! everything is looked at. What a token is, and what can go wrong with it, is
//! the caller's ([`Bench`]): tests/crash_pkcs11.rs, tests/crash_yubihsm.rs.
#![allow(dead_code)]

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::Mutex;

use crate::program::{Ran, Room, lines, run, verifiers_accept};

/// How often a person resumes before giving up.
const PATIENCE: usize = 8;

/// A room with tokens, one of which will misbehave once.
pub trait Bench {
    fn room(&self) -> &Room;
    /// `run` or `resume`.
    fn go(&self, verb: &str) -> Ran;
    /// Whether the fault has struck.
    fn struck(&self) -> bool;
    /// What a person does at the bench before resuming; `said` is the program's last word.
    fn tend(&self, said: &Ran);
    /// Names of the key pairs on the tokens, in order.
    fn keys(&self) -> Vec<String>;
    /// Key pairs that the tokens were made to make.
    fn made(&self) -> usize;
    /// Logins that reached a token.
    fn logins(&self) -> usize;
    /// Whether the answers order a step to be tried again at once.
    fn orders_again(&self) -> bool;
    /// Whether the call that was struck was a login with somebody's secret.
    fn struck_login(&self) -> bool;
    /// Logins before the fault struck, that one with them.
    fn logins_until_struck(&self) -> usize;
}

/// What is to be found at the end.
pub struct Plan {
    /// Names of the planned keys, in order.
    pub keys: &'static [&'static str],
}

/// What became of it, if anything was struck.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Survived {
    /// A key was adopted.
    pub adopted: bool,
    /// Runs of the program.
    pub runs: usize,
}

/// Runs, resumes, looks. `None`: the ceremony made fewer calls than that.
pub fn survives(bench: &dyn Bench, what: &str, plan: &Plan) -> Option<Survived> {
    let mut got = bench.go("run");
    if !bench.struck() {
        assert_eq!(got.code, 0, "{what}: not struck: {}{}", got.out, got.err);
        return None;
    }
    if got.code != 0 && !bench.orders_again() && bench.struck_login() {
        // Whatever became of its answer, nothing types the PIN again by itself (W3).
        assert_eq!(
            bench.logins(),
            bench.logins_until_struck(),
            "{what}: a login was tried again in silence"
        );
    }
    let mut runs = 1;
    while got.code != 0 {
        // Killed, or paused after a failure that is named, or where no device answered.
        let unseen =
            got.code == 3 && (got.err.contains("no device that answers") || got.err.contains("(Inventory"));
        assert!(
            got.code == -1 || got.code == 4 || unseen,
            "{what}: exit {}: {}{}",
            got.code,
            got.out,
            got.err
        );
        assert!(runs < PATIENCE, "{what}: still not done: {}{}", got.out, got.err);
        let before = lines(&bench.room().record());
        bench.tend(&got);
        got = bench.go("resume");
        let after = lines(&bench.room().record());
        assert_eq!(
            after.get(..before.len()),
            Some(&before[..]),
            "{what}: nothing is taken back"
        );
        runs += 1;
    }
    verifiers_accept(&bench.room().bundle());
    let keys = bench.keys();
    assert_eq!(keys, plan.keys, "{what}: no key is lost or doubled");
    assert_eq!(bench.made(), keys.len(), "{what}: no key was made and deleted");
    let record = lines(&bench.room().record());
    every_intent_is_settled(&record, what);
    Some(Survived {
        adopted: record.iter().any(|l| l.contains("\"adopted\":true")),
        runs,
    })
}

/// Each act has an outcome, or a record says that it was recovered.
fn every_intent_is_settled(record: &[String], what: &str) {
    let mut open = BTreeSet::new();
    for line in record {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let body = &line["body"];
        match line["type"].as_str().unwrap() {
            "intended" => {
                open.insert(body["effect"]["id"].as_u64().unwrap());
            }
            "outcome" => {
                open.remove(&body["input"]["outcome"]["effect"].as_u64().unwrap());
            }
            "recovered" => {
                open.remove(&body["effect"].as_u64().unwrap());
            }
            _ => {}
        }
    }
    assert!(open.is_empty(), "{what}: acts without an end: {open:?}");
}

/// The `nth` key was ordered once, and nothing is said of it yet.
pub fn no_key_was_settled(bench: &dyn Bench, nth: usize) {
    let record = lines(&bench.room().record());
    let count = |what: &str| record.iter().filter(|l| l.contains(what)).count();
    assert_eq!(count("{\"generate\":{\"order\""), nth, "ordered once");
    assert_eq!(count("\"type\":\"key\""), nth - 1);
    assert_eq!(count("\"type\":\"recovered\""), 0);
    record_is_sound(bench.room(), "an order that is open");
}

/// The record is one that re-executes, whatever is missing at its end.
pub fn record_is_sound(room: &Room, what: &str) {
    let judged = run(&["verify", room.record().to_str().unwrap()]);
    let failed: Vec<&str> = judged.out.lines().filter(|l| l.starts_with("FAIL")).collect();
    assert!(
        failed.iter().all(|l| l.contains("close")),
        "{what}: {}{}",
        judged.out,
        judged.err
    );
}

/// How many ceremonies at a time; `TUF_CEREMONY_JOBS` says otherwise.
fn jobs() -> usize {
    std::env::var("TUF_CEREMONY_JOBS")
        .ok()
        .and_then(|n| n.parse().ok())
        .unwrap_or(2)
}

/// Tries every point. Prints `kill-points survived N/M` and what failed; `None`
/// from `one` means that the point does not exist.
pub fn all<P: Send + std::fmt::Display>(
    points: Vec<P>,
    one: impl Fn(&P) -> Option<Survived> + Sync,
) -> Tally {
    let todo = Mutex::new(points.into_iter().rev().collect::<Vec<P>>());
    let tally = Mutex::new(Tally::default());
    std::thread::scope(|scope| {
        for _ in 0..jobs() {
            scope.spawn(|| {
                loop {
                    let Some(point) = todo.lock().unwrap().pop() else {
                        return;
                    };
                    let tried = catch_unwind(AssertUnwindSafe(|| one(&point)));
                    let mut tally = tally.lock().unwrap();
                    match tried {
                        Ok(None) => tally.absent += 1,
                        Ok(Some(survived)) => {
                            if tally.struck % 50 == 49 {
                                println!("{} so far, last {point}", tally.struck + 1);
                            }
                            tally.struck += 1;
                            tally.survived += 1;
                            tally.adopted += usize::from(survived.adopted);
                        }
                        Err(why) => {
                            tally.struck += 1;
                            let text = why
                                .downcast_ref::<String>()
                                .cloned()
                                .or_else(|| why.downcast_ref::<&str>().map(|s| (*s).to_owned()));
                            println!("DIED {point}: {}", text.clone().unwrap_or_default());
                            tally
                                .faults
                                .push(format!("{point}: {}", text.unwrap_or_default()));
                        }
                    }
                }
            });
        }
    });
    let tally = tally.into_inner().unwrap();
    println!(
        "kill-points survived {}/{} ({} adopted a key, {} points were never reached)",
        tally.survived, tally.struck, tally.adopted, tally.absent
    );
    tally
}

/// What came of all points.
#[derive(Debug, Default)]
pub struct Tally {
    pub survived: usize,
    pub struck: usize,
    pub adopted: usize,
    pub absent: usize,
    pub faults: Vec<String>,
}

impl Tally {
    /// Everything survived, and no less was tried than ever before.
    pub fn holds(&self, floor: usize) {
        assert!(self.faults.is_empty(), "{}", self.faults.join("\n\n"));
        assert!(
            self.struck >= floor,
            "{} points were struck, there were {floor} once: the floor only rises",
            self.struck
        );
    }
}

/// The calls to strike: those of the whole matrix, or a slice of it that
/// `TUF_CEREMONY_CALLS=FIRST-LAST` names.
pub fn calls(of: usize) -> std::ops::RangeInclusive<usize> {
    std::env::var("TUF_CEREMONY_CALLS")
        .ok()
        .and_then(|text| {
            let (first, last) = text.split_once('-')?;
            Some(first.parse().ok()?..=last.parse::<usize>().ok()?.min(of))
        })
        .unwrap_or(1..=of)
}

/// The floor of a whole matrix; none where only a slice is tried.
pub fn whole(floor: usize) -> usize {
    match std::env::var_os("TUF_CEREMONY_CALLS") {
        None => floor,
        Some(_) => 0,
    }
}

/// Which of the faults each call gets: one, or all with `TUF_CEREMONY_TURNS=all`,
/// or the one that a number names.
pub fn turns(of: usize) -> std::ops::Range<usize> {
    match std::env::var("TUF_CEREMONY_TURNS").as_deref() {
        Ok("all") => 0..of,
        Ok(n) => n.parse().map_or(0..1, |n: usize| n..n + 1),
        Err(_) => 0..1,
    }
}

/// Writes a text beside the record.
pub fn beside(room: &Room, name: &str, text: &str) -> PathBuf {
    let path = room.dir.path().join(name);
    std::fs::write(&path, text).unwrap();
    path
}
