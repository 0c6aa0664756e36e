//! The watching view over real records: it follows a record that grows, is torn,
//! is cut, is replaced, goes away or is damaged; it writes and locks nothing; no
//! canary of a ceremony's secrets reaches it; and in a pseudo-terminal it follows
//! a rehearsal that a person types through.
#![cfg(feature = "tui")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/operator.rs"]
mod operator;
#[path = "support/program.rs"]
mod program;

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use operator::Operator;
use portable_pty::CommandBuilder;
use program::{BINARY, Room, run, script};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use tuf_ceremony::engine::{Phase, Question};
use tuf_ceremony::runner::{Follower, Sight, Snapshot};
use tuf_ceremony::store::{Real, Record};
use tuf_ceremony::transcript::words::words;
use tuf_ceremony::ui::Theme;
use tuf_ceremony::ui::watch::{Watch, draw};

const LABEL: &str = "FOLLOWS THE RECORD - not a source for comparisons";
const CANARIES: [&str; 4] = [
    "canary-pin-7261",
    "canary-so-pin-9927",
    "canary-passphrase-5512",
    "canary-wrong-pin-1183",
];

/// A whole ceremony with secrets that can be looked for; run once.
fn ceremony() -> &'static Path {
    static ONCE: OnceLock<Room> = OnceLock::new();
    let room = ONCE.get_or_init(|| {
        let room = Room::new();
        let mut text = std::fs::read_to_string(script("root-keygen.answers.toml")).unwrap();
        for (from, to) in [
            ("\"pin-for-a\"", CANARIES[0]),
            ("\"so-pin-for-a\"", CANARIES[1]),
            ("\"correct-horse-battery-staple\"", CANARIES[2]),
            ("\"not-the-pin\"", CANARIES[3]),
        ] {
            assert!(text.contains(from), "{from}");
            text = text.replace(from, &format!("\"{to}\""));
        }
        let answers = room.dir.path().join("answers.toml");
        std::fs::write(&answers, text).unwrap();
        let done = room.run(&script("root-keygen.toml"), &answers);
        assert_eq!(done.code, 0, "{}{}", done.out, done.err);
        room
    });
    static RECORD: OnceLock<PathBuf> = OnceLock::new();
    RECORD.get_or_init(|| room.record())
}

/// A copy of the ceremony's folder with other lines.
struct Copy {
    dir: tempfile::TempDir,
    bytes: Vec<u8>,
}

impl Copy {
    fn new() -> Copy {
        let dir = tempfile::tempdir().unwrap();
        copy(ceremony(), dir.path());
        let bytes = std::fs::read(ceremony().join("ceremony.jsonl")).unwrap();
        let copy = Copy { dir, bytes };
        copy.write(&[]);
        copy
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("ceremony.jsonl")
    }

    fn write(&self, bytes: &[u8]) {
        std::fs::write(self.path(), bytes).unwrap();
    }

    fn append(&self, bytes: &[u8]) {
        let mut file = OpenOptions::new().append(true).open(self.path()).unwrap();
        file.write_all(bytes).unwrap();
    }

    /// Another file in its place, as from a mirror.
    fn replace(&self, bytes: &[u8]) {
        let other = self.dir.path().join("other");
        std::fs::write(&other, bytes).unwrap();
        std::fs::rename(other, self.path()).unwrap();
    }

    /// Where each line ends.
    fn ends(&self) -> Vec<usize> {
        let lf = self.bytes.iter().enumerate().filter(|(_, b)| **b == b'\n');
        lf.map(|(at, _)| at + 1).collect()
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            std::fs::create_dir(&to).unwrap();
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn seen(sight: &Sight) -> &Arc<Snapshot> {
    match sight {
        Sight::Follows { seen, .. } => seen,
        other => panic!("not followed: {other:?}"),
    }
}

fn fresh(folder: &Path) -> Sight {
    Follower::new(folder).look().unwrap()
}

fn shot(sight: &Sight, size: (u16, u16)) -> String {
    let now = match sight {
        Sight::Follows { seen, .. } => seen.state.last.unwrap(),
        _ => tuf_ceremony::base::Stamp {
            wall: tuf_ceremony::base::Instant::parse("2031-05-04T09:30:12Z").unwrap(),
            mono_ms: 1,
        },
    };
    let mut watch = Watch::new(now, size, Theme::Mono, "record".to_owned());
    watch.see(sight.clone());
    let mut terminal = Terminal::new(TestBackend::new(size.0, size.1)).unwrap();
    terminal.draw(|frame| draw(&watch, frame)).unwrap();
    let buffer = terminal.backend().buffer();
    let rows = buffer.content.chunks(usize::from(size.0));
    let text: Vec<String> = rows.map(|r| r.iter().map(|c| c.symbol()).collect()).collect();
    text.join("\n")
}

#[test]
fn a_growing_record_is_followed_to_its_close() {
    let copy = Copy::new();
    let mut follower = Follower::new(copy.dir.path());
    assert_eq!(follower.look(), Some(Sight::Empty));
    assert_eq!(follower.look(), None, "nothing has changed");
    let ends = copy.ends();
    let (mut at, mut turn, mut records) = (0usize, 0usize, 0u64);
    let mut last = None;
    while at < copy.bytes.len() {
        // Writes of every length: whole lines, parts of lines, many lines.
        let step = [1, 900, 17, 4096, 333, 60][turn % 6];
        let end = (at + step).min(copy.bytes.len());
        copy.append(&copy.bytes[at..end]);
        (at, turn) = (end, turn + 1);
        let Some(sight) = follower.look() else { continue };
        if let Sight::Follows { seen, torn } = &sight {
            assert!(seen.records >= records, "it never goes back");
            records = seen.records;
            let whole = ends[usize::try_from(records).unwrap() - 1];
            assert_eq!(usize::try_from(*torn).unwrap(), at - whole);
            if turn.is_multiple_of(20) {
                assert_eq!(sight, fresh(copy.dir.path()), "as if read at once");
            }
        } else {
            assert_eq!(sight, Sight::Empty);
        }
        last = Some(sight);
    }
    let last = last.unwrap();
    assert_eq!(last, fresh(ceremony()));
    assert_eq!(seen(&last).state.phase, Phase::Closed);
    assert_eq!(records, ends.len() as u64);
    assert!(
        seen(&last).note.as_deref().unwrap().contains("\u{2014} "),
        "the newest signed note"
    );
}

#[test]
fn a_record_that_is_cut_replaced_or_gone_is_read_anew() {
    let copy = Copy::new();
    let ends = copy.ends();
    let (third, half) = (ends[ends.len() / 3], ends[ends.len() / 2]);
    let mut follower = Follower::new(copy.dir.path());
    copy.write(&copy.bytes[..half]);
    let at_half = follower.look().unwrap();
    assert_eq!(at_half, fresh(copy.dir.path()));
    // Cut back, as a resumption cuts what was torn, or further.
    let file = OpenOptions::new().write(true).open(copy.path()).unwrap();
    file.set_len(third as u64).unwrap();
    let at_third = follower.look().unwrap();
    assert_eq!(at_third, fresh(copy.dir.path()));
    assert!(seen(&at_third).records < seen(&at_half).records);
    // Its mirror takes its place.
    copy.replace(&copy.bytes);
    let whole = follower.look().unwrap();
    assert_eq!(seen(&whole).state.phase, Phase::Closed);
    // The medium is pulled out, and comes back.
    std::fs::remove_file(copy.path()).unwrap();
    assert_eq!(follower.look(), Some(Sight::Absent));
    assert_eq!(follower.look(), None);
    copy.write(&copy.bytes[..half]);
    assert_eq!(follower.look(), Some(at_half));
    std::fs::remove_dir_all(copy.dir.path()).unwrap();
    assert_eq!(follower.look(), Some(Sight::Absent));
}

#[test]
fn what_does_not_follow_is_said_and_not_shown() {
    let copy = Copy::new();
    let ends = copy.ends();
    for (line, sin) in [
        (3usize, "flipped"),
        (40, "left-out"),
        (60, "twice"),
        (80, "no-line"),
    ] {
        let (from, to) = (ends[line - 1], ends[line]);
        let mut bytes = copy.bytes.clone();
        match sin {
            "flipped" => bytes[from + 10] ^= 1,
            "left-out" => drop(bytes.drain(from..to)),
            "twice" => {
                let again = bytes[from..to].to_vec();
                drop(bytes.splice(from..from, again));
            }
            _ => drop(bytes.splice(from..from, b"hello\n".iter().copied())),
        }
        let mut follower = Follower::new(copy.dir.path());
        copy.write(&copy.bytes[..from]);
        assert!(matches!(follower.look(), Some(Sight::Follows { .. })));
        copy.append(&bytes[from..]);
        let sight = follower.look().unwrap();
        let Sight::Lost { line: at, .. } = &sight else {
            panic!("{sin}: {sight:?}")
        };
        let at = usize::try_from(*at).unwrap();
        assert!((line..=line + 2).contains(&at), "{sin}: line {line}, said {at}");
        let text = shot(&sight, (80, 24));
        assert!(
            text.contains(LABEL) && text.contains("This view stopped at line"),
            "{text}"
        );
        // It is mended in place: followed again.
        copy.write(&copy.bytes);
        assert!(matches!(follower.look(), Some(Sight::Follows { .. })), "{sin}");
    }
    // A link is not followed.
    std::fs::remove_file(copy.path()).unwrap();
    std::os::unix::fs::symlink(ceremony().join("ceremony.jsonl"), copy.path()).unwrap();
    assert!(matches!(fresh(copy.dir.path()), Sight::Lost { line: 0, .. }));
}

/// Names, sizes and all three times of everything in a folder.
fn state(folder: &Path) -> Vec<(PathBuf, u64, [i64; 6])> {
    let mut out = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let meta = path.symlink_metadata().unwrap();
        let record = path.ends_with("ceremony.jsonl");
        out.push((
            path.clone(),
            meta.len(),
            [
                meta.mtime(),
                meta.mtime_nsec(),
                meta.ctime(),
                meta.ctime_nsec(),
                if record { meta.atime() } else { 0 },
                if record { meta.atime_nsec() } else { 0 },
            ],
        ));
        if path.is_dir() {
            out.extend(state(&path));
        }
    }
    out.sort();
    out
}

#[test]
fn it_locks_nothing_and_writes_nothing() {
    let copy = Copy::new();
    copy.write(&copy.bytes);
    let before = state(copy.dir.path());
    let mut follower = Follower::new(copy.dir.path());
    assert!(matches!(follower.look(), Some(Sight::Follows { .. })));
    assert_eq!(state(copy.dir.path()), before);
    // The one who writes takes its lock while somebody follows.
    let (record, _) = Record::open(Arc::new(Real), copy.dir.path(), None).unwrap();
    copy.append(b"{");
    let torn = follower.look().unwrap();
    assert!(matches!(torn, Sight::Follows { torn: 1, .. }), "{torn:?}");
    drop(record);
}

#[test]
fn no_secret_and_no_word_under_comparison_reaches_the_view() {
    let copy = Copy::new();
    let mut follower = Follower::new(copy.dir.path());
    let mut start = 0;
    let (mut views, mut compared) = (0, 0);
    for end in copy.ends() {
        copy.append(&copy.bytes[start..end]);
        start = end;
        let Some(sight) = follower.look() else { continue };
        let asked = match &sight {
            Sight::Follows { seen, .. } => match &seen.state.phase {
                Phase::Asking(Question::Words { digest, .. }) => Some((*digest, seen.head)),
                _ => None,
            },
            _ => None,
        };
        for size in [(80, 24), (160, 50)] {
            let text = shot(&sight, size);
            assert!(text.contains(LABEL), "{text}");
            for canary in CANARIES {
                assert!(!text.contains(canary), "{canary}\n{text}");
            }
            if let Some((digest, head)) = asked {
                for digest in [digest, head] {
                    let shown = words(&digest).iter().filter(|w| text.contains(**w)).count();
                    assert!(shown < 3, "{text}");
                }
                compared += 1;
            }
            views += 1;
        }
        // Nor anything that the view is drawn from.
        let held = format!("{sight:?}");
        for canary in CANARIES {
            assert!(!held.contains(canary), "{canary}");
        }
    }
    assert!(views > 200 && compared >= 4, "{views} {compared}");
}

fn terminal(command: &[&str], record: &Path, columns: u16, rows: u16) -> Operator {
    let mut builder = CommandBuilder::new(&*BINARY);
    builder.args(command);
    builder.arg("--record");
    builder.arg(record);
    builder.env("TERM", "xterm");
    builder.cwd(record.parent().unwrap());
    Operator::start(builder, columns, rows)
}

#[test]
fn a_second_terminal_follows_a_rehearsal() {
    let room = Room::new();
    // Before the ceremony: it waits.
    let mut wall = terminal(&["watch"], &room.record(), 120, 40);
    wall.wait_for("There is no record here");
    let mut ada = terminal(&["rehearse", "--whole"], &room.record(), 80, 24);
    for token in ["token-a", "token-b", "token-c"] {
        let papers = (format!("so-of-{token}"), format!("pin-of-{token}"));
        ada.pins.insert(token.to_owned(), papers);
    }
    let phrase = "correct-horse-battery".to_owned();
    ada.pins
        .insert("online-file".to_owned(), (phrase.clone(), phrase));
    ada.wait_for("Type begin");
    let view = wall.wait_for("Everybody reads the briefing");
    assert!(
        view.starts_with("== REHEARSAL == ") && view.contains(LABEL),
        "{view}"
    );
    ada.play("type its user PIN");
    let view = wall.wait_for("Look away from the keyboard");
    assert!(view.contains("token-a"), "{view}");
    ada.play("Read all of 1.root.json");
    let view = wall.wait_for("The whole payload of root is read aloud");
    assert!(
        view.contains("The bytes of 1.root.json that are to be signed"),
        "{view}"
    );
    ada.play("words of the root payload");
    let asked = ada.text();
    let view = wall.wait_for("they are being compared");
    assert!(
        !view.contains("in 32 words:") && view.contains(LABEL),
        "{asked}\n{view}"
    );
    // A small terminal beside it, and a resize on the way.
    let mut small = terminal(&["watch"], &room.record(), 80, 24);
    small.wait_for("they are being compared");
    wall.resize(80, 24);
    wall.resize(160, 50);
    ada.play("Sign root with");
    let view = wall.wait_for("Signatures:");
    assert!(view.contains("0 of 2 signed, 2 more needed"), "{view}");
    ada.play("Type end");
    wall.wait_for("The record is closed.");
    let view = small.wait_for("The record is closed.");
    for secret in ["pin-of-token", "so-of-token", "correct-horse"] {
        for other in [&wall, &small] {
            let raw = other.raw.lock().unwrap();
            assert!(!raw.windows(secret.len()).any(|w| w == secret.as_bytes()));
        }
    }
    assert!(view.contains(LABEL), "{view}");
    ada.enter("end");
    assert_eq!(ada.end(), 0);
    // The folder is carried away while it is watched.
    std::fs::rename(room.record(), room.dir.path().join("bagged")).unwrap();
    wall.wait_for("There is no record here");
    wall.press("x");
    wall.press("q");
    assert_eq!(wall.end(), 0);
    let told = std::process::Command::new("kill")
        .args(["-TERM", &small.pid().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    assert_eq!(small.end(), 0);
    // It gave the terminal back: the shell's screen and its cursor.
    assert!(small.sent(b"\x1b[?1049l") && small.sent(b"\x1b[?25h"));
}

#[test]
fn without_a_terminal_it_says_so() {
    let told = run(&["watch", "--record", "/nowhere"]);
    assert_eq!(told.code, 2, "{}", told.err);
    assert!(told.err.contains("error["), "{}", told.err);
}
