//! The mutation corpus: a record of two hundred lines, spoiled in every way that
//! needs no key, each time with `SHA256SUMS` mended around it. Both verifiers
//! judge every one, must agree, and may accept none (facts 4.8, G27). A cut runs
//! always, from a seed that it prints; the whole is docs/contributing.md's.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and its figures must be visible"
)]

#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::ops::Range;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use rehearsal::{Map, Room, script, write};
use tuf_ceremony::audit::{self, Options, Verdict};
use tuf_ceremony::base::Digest;
use tuf_ceremony::bundle::{Files, Sums, layout::Place};
use tuf_ceremony::engine::{Deviation, Expect, InputKind, expects};
use tuf_ceremony::transcript::{self, Code};

/// How many lines the record has at least.
const LINES: u64 = 200;
/// What a plain `cargo test` tries at least; it may only rise.
const CUT: usize = 110;
/// What the whole tries at least, and with one bit of each byte: about nine and two for
/// each byte of the record, which lost some when folders of the machine left it.
const WHOLE: usize = 1_090_000;
const ONE_BIT: usize = 243_000;

/// One way to spoil a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutation {
    /// One bit of one byte.
    Flip { at: usize, bit: u8 },
    /// A line is gone.
    Drop(usize),
    /// A line stands twice, one after the other.
    Double(usize),
    /// A line and the one after it change places.
    Swap(usize),
    /// Only so many lines are left.
    Lines(usize),
    /// Only so many bytes are left, within a line.
    Bytes(usize),
}

impl Mutation {
    fn family(self) -> &'static str {
        match self {
            Mutation::Flip { .. } => "byte flipped",
            Mutation::Drop(_) => "record dropped",
            Mutation::Double(_) => "record doubled",
            Mutation::Swap(_) => "records swapped",
            Mutation::Lines(_) => "cut after a line",
            Mutation::Bytes(_) => "cut within a line",
        }
    }
}

/// A closed bundle, and where its record's lines stand, each with its LF.
struct Whole {
    files: Map,
    lines: Vec<Range<usize>>,
}

static BUNDLE: LazyLock<Whole> = LazyLock::new(|| {
    let mut room = Room::new(&script());
    let mut said = 0;
    while room.go_on() {
        // People explain themselves now and then: the record must be long, not only its end.
        let asked = matches!(expects(&room.state), Expect::Answer(_));
        if asked && said < PADDING && room.tree.size() > (said + 1) * 6 {
            said += 1;
            let note = InputKind::Note(Deviation {
                expected: format!("nothing, number {said}"),
                happened: "the lamp went out".to_owned(),
                decided: "go on".to_owned(),
                by: "officer 1".to_owned(),
            });
            room.feed(note).unwrap();
        }
    }
    assert!(room.tree.size() >= LINES, "{} lines", room.tree.size());
    let files = room.bundle();
    let mut lines = Vec::new();
    for line in files["ceremony.jsonl"].split_inclusive(|b| *b == b'\n') {
        let start = lines.last().map_or(0, |r: &Range<usize>| r.end);
        lines.push(start..start + line.len());
    }
    Whole { files, lines }
});
/// How many notes make the record long enough.
const PADDING: u64 = 30;

impl Whole {
    fn record(&self) -> &[u8] {
        &self.files["ceremony.jsonl"]
    }

    fn line(&self, n: usize) -> &[u8] {
        &self.record()[self.lines[n].clone()]
    }

    fn spoiled(&self, mutation: Mutation) -> Vec<u8> {
        let record = self.record();
        let around = |n: usize, middle: &[&[u8]], skip: usize| {
            let (before, after) = (self.lines[n].start, self.lines[n + skip - 1].end);
            [&record[..before], &middle.concat(), &record[after..]].concat()
        };
        match mutation {
            Mutation::Flip { at, bit } => {
                let mut bytes = record.to_vec();
                bytes[at] ^= 1 << bit;
                bytes
            }
            Mutation::Drop(n) => around(n, &[], 1),
            Mutation::Double(n) => around(n, &[self.line(n), self.line(n)], 1),
            Mutation::Swap(n) => around(n, &[self.line(n + 1), self.line(n)], 2),
            Mutation::Lines(n) => record[..self.lines[n].start].to_vec(),
            Mutation::Bytes(n) => record[..n].to_vec(),
        }
    }

    /// Every mutation, with so many bits of each byte.
    fn all(&self, bits: usize, seed: u64) -> Vec<Mutation> {
        let mut random = Random(seed);
        let count = self.lines.len();
        let starts: Vec<usize> = self.lines.iter().map(|l| l.start).collect();
        let mut all: Vec<Mutation> = Vec::new();
        for n in 0..count {
            all.extend([Mutation::Drop(n), Mutation::Double(n), Mutation::Lines(n)]);
            if n + 1 < count {
                all.push(Mutation::Swap(n));
            }
        }
        for at in 0..self.record().len() {
            let first = random.below(8);
            all.extend((0..bits).map(|n| Mutation::Flip {
                at,
                bit: u8::try_from((first + n) % 8).unwrap(),
            }));
            if starts.binary_search(&at).is_err() {
                all.push(Mutation::Bytes(at));
            }
        }
        all
    }

    /// A few of each family, spread over the record by a seed.
    fn cut(&self, seed: u64) -> Vec<Mutation> {
        let mut random = Random(seed);
        let (count, bytes) = (self.lines.len(), self.record().len());
        let mut cut = Vec::new();
        for n in 0..50 {
            let at = random.below(bytes / 50) + n * (bytes / 50);
            let bit = u8::try_from(random.below(8)).unwrap();
            cut.push(Mutation::Flip { at, bit });
        }
        let step = count / 12;
        for n in 0..12 {
            let mut line = || random.below(step) + n * step;
            cut.push(Mutation::Drop(line()));
            cut.push(Mutation::Double(line()));
            cut.push(Mutation::Swap(line().min(count - 2)));
            cut.push(Mutation::Lines(line()));
            let at = self.lines[line()].clone();
            cut.push(Mutation::Bytes(at.start + 1 + random.below(at.len() - 1)));
        }
        cut
    }
}

/// SplitMix64: what is drawn follows from the seed.
struct Random(u64);

impl Random {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % u64::try_from(most).unwrap()).unwrap()
    }
}

/// Both verifiers, ready to judge one record after the other.
struct Judges {
    files: Files,
    sums: BTreeMap<String, Digest>,
    python: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    _folder: tempfile::TempDir,
}

/// Each verdict: `accepted`, or the first check that fails.
type Verdicts = (String, String);

impl Judges {
    fn new() -> Judges {
        let files = Files::from_map(BUNDLE.files.clone());
        let summed = |path: &str| Place::of(path).is_some_and(Place::is_summed);
        let sums = files
            .known
            .iter()
            .filter(|(path, _)| summed(path))
            .map(|(path, bytes)| (path.clone(), Digest::of(bytes)))
            .collect();
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &BUNDLE.files);
        let mut python = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/mutation/second.py"))
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/src/bundle/verify.py"))
            .arg(folder.path())
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (to, from) = (python.stdin.take().unwrap(), python.stdout.take().unwrap());
        Judges {
            files,
            sums,
            python,
            to,
            from: BufReader::new(from),
            _folder: folder,
        }
    }

    /// Both verdicts. Not `whole`: ours stops where the reader of lines finds a problem,
    /// which the checks `canonical` and `chain` report; only then all checks run.
    fn judge(&mut self, record: Vec<u8>, whole: bool) -> Verdicts {
        let lines = if whole { None } else { first_problem(&record) };
        self.sums.insert("ceremony.jsonl".to_owned(), Digest::of(&record));
        // With the sums mended: they prove nothing against a forger.
        let sums = Sums(self.sums.clone()).to_string().into_bytes();
        for block in [&record, &sums] {
            let length = u32::try_from(block.len()).unwrap().to_be_bytes();
            self.to.write_all(&length).unwrap();
            self.to.write_all(block).unwrap();
        }
        self.to.flush().unwrap();
        let ours = lines.unwrap_or_else(|| {
            self.files.known.insert("ceremony.jsonl".to_owned(), record);
            self.files.known.insert("SHA256SUMS".to_owned(), sums);
            let judgement = audit::judge(&self.files, &Options::default());
            // Of the checks that this corpus is for; others may fail before them.
            let about = ["canonical", "chain", "root"].map(|name| judgement.check(name).unwrap());
            let failed = about.iter().find(|c| c.verdict == Verdict::Fail);
            match (failed, judgement.good()) {
                (Some(check), false) => check.name.to_owned(),
                (None, false) => judgement.failed().concat(),
                (_, true) => "accepted".to_owned(),
            }
        });
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let second = line.trim_end();
        let second = second.strip_prefix("refused ").unwrap_or(second);
        assert!(!second.is_empty(), "the second verifier is gone");
        (ours, second.to_owned())
    }

    fn end(mut self) {
        drop(self.to);
        assert!(self.python.wait().unwrap().success());
    }
}

/// The check that a problem of the lines fails.
fn first_problem(record: &[u8]) -> Option<String> {
    let problems = transcript::read(record).problems;
    let of_chain = |code: Code| {
        use Code::{AfterClose, Ceremony, Empty, MissingLf, Open, Prev, Seq, TornTail};
        matches!(
            code,
            AfterClose | Ceremony | Empty | MissingLf | Open | Prev | Seq | TornTail
        )
    };
    // In the order of the report, as the whole judgement names them.
    let canonical = problems.iter().any(|p| !of_chain(p.code));
    (!problems.is_empty()).then(|| if canonical { "canonical" } else { "chain" }.to_owned())
}

/// Judges them all, so many at a time, and says what came of each family. Each
/// `stride`-th one goes through all checks of ours.
fn refused(mutations: &[Mutation], jobs: usize, stride: usize) -> usize {
    let next = AtomicUsize::new(0);
    let work = || {
        let mut judges = Judges::new();
        let mut wrong: Vec<(Mutation, Verdicts)> = Vec::new();
        let mut table: BTreeMap<(&str, String, String), usize> = BTreeMap::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(mutation) = mutations.get(at) else {
                break;
            };
            if at > 0 && at.is_multiple_of(10_000) {
                println!("tried {at} of {}", mutations.len());
            }
            let record = BUNDLE.spoiled(*mutation);
            let quick = first_problem(&record);
            let whole = at.is_multiple_of(stride);
            let (ours, second) = judges.judge(record, whole);
            // What the reader of lines finds is what the checks report.
            assert!(!whole || quick.is_none_or(|quick| quick == ours), "{mutation:?}");
            if ours == "accepted" || second == "accepted" {
                wrong.push((*mutation, (ours.clone(), second.clone())));
            }
            *table.entry((mutation.family(), ours, second)).or_default() += 1;
        }
        judges.end();
        (wrong, table)
    };
    let mut wrong = Vec::new();
    let mut table: BTreeMap<(&str, String, String), usize> = BTreeMap::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..jobs).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (bad, counted) = worker.join().unwrap();
            wrong.extend(bad);
            for (row, count) in counted {
                *table.entry(row).or_default() += count;
            }
        }
    });
    for ((family, ours, second), count) in &table {
        println!("{count:>7} {family}: ours at {ours}, verify.py at {second}");
    }
    let (of, refused) = (mutations.len(), mutations.len() - wrong.len());
    println!("mutations refused {refused}/{of}, both verifiers agree");
    assert!(wrong.is_empty(), "{wrong:#?}");
    refused
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |text| text.parse().unwrap())
}

#[test]
fn both_accept_the_record_that_nobody_spoiled() {
    let mut judges = Judges::new();
    let record = BUNDLE.record().to_vec();
    // Again at the end: a case leaves nothing behind that would judge the next one.
    let spoiled = BUNDLE.spoiled(Mutation::Drop(1));
    for _ in 0..2 {
        let both = judges.judge(record.clone(), true);
        assert_eq!(both, ("accepted".to_owned(), "accepted".to_owned()));
        let (ours, second) = judges.judge(spoiled.clone(), true);
        assert!(ours != "accepted" && second != "accepted");
    }
    judges.end();
}

#[test]
fn a_cut_of_the_corpus_is_refused_by_both() {
    let seed = number("TUF_CEREMONY_SEED", 6);
    let (lines, bytes) = (BUNDLE.lines.len(), BUNDLE.record().len());
    println!("TUF_CEREMONY_SEED={seed}: a record of {lines} lines, {bytes} bytes");
    assert!(refused(&BUNDLE.cut(seed), 2, 2) >= CUT);
}

/// Every bit of every byte, every line dropped, doubled and swapped, every cut.
/// `TUF_CEREMONY_BITS=N`: so many bits of each byte, from the seed.
#[test]
#[ignore = "most of an hour: see docs/contributing.md"]
fn the_whole_corpus_is_refused_by_both() {
    let jobs = usize::try_from(number("TUF_CEREMONY_JOBS", 2)).unwrap();
    let bits = usize::try_from(number("TUF_CEREMONY_BITS", 8)).unwrap();
    let seed = number("TUF_CEREMONY_SEED", 6);
    println!("TUF_CEREMONY_SEED={seed} TUF_CEREMONY_BITS={bits}");
    let all = BUNDLE.all(bits, seed);
    let refused = refused(&all, jobs, 1_000);
    assert!(bits < 8 || refused >= WHOLE);
    assert!(refused >= ONE_BIT);
}
