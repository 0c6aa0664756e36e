//! The page about a ceremony: golden as text, harmless as HTML, the same bytes
//! for the same folder, loud where the verdict is bad, and never a panic,
//! whatever the folder holds.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::path::{Path, PathBuf};
use std::process::Command;

use audit::{forged, set, summed};
use rehearsal::{Key, Map, Room, script_complete, script_small, write};
use tuf_ceremony::audit::story::{Sort, Story, Use, tell};
use tuf_ceremony::audit::{Level, Options};
use tuf_ceremony::base::{Algorithm, Digest};
use tuf_ceremony::bundle::Files;
use tuf_ceremony::engine::{Deviation, InputKind};
use tuf_ceremony::report::{html, text};
use tuf_ceremony::transcript::{Class, Kind, words};

const HOSTILE: &str =
    "<script>alert('1')</script>\"><img src=http://a.example/x onerror=x>&amp;\u{202e}gnp\u{1b}[2J\u{0}";

fn story(files: &Map) -> Story {
    tell(&Files::from_map(files.clone()), &Options::default())
}

/// Ed25519 signatures alone: the same record each time.
fn steady() -> Room {
    Room::closed(&script_complete().replace("ecdsa-p256", "ed25519"))
}

/// Nothing in it can run, load or deceive.
fn is_harmless(page: &str) {
    assert!(page.bytes().all(|b| b == b'\n' || (0x20..=0x7e).contains(&b)));
    let policy = "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\"";
    assert_eq!(page.matches(policy).count(), 1);
    let tags: Vec<&str> = page
        .split('<')
        .skip(1)
        .map(|t| t.split('>').next().unwrap())
        .collect();
    for tag in &tags {
        let name = tag.trim_start_matches('/').split([' ', '\n']).next().unwrap();
        assert!(KNOWN.contains(&name), "<{tag}>");
        for word in [
            "src=",
            "href=",
            "url(",
            " on",
            "http:",
            "https:",
            "javascript:",
            "@import",
        ] {
            assert!(!tag.to_lowercase().contains(word), "<{tag}>");
        }
    }
    let style = page
        .split("<style>")
        .nth(1)
        .unwrap()
        .split("</style>")
        .next()
        .unwrap();
    for word in ["url(", "@import", "http", "expression", "\\"] {
        assert!(!style.contains(word), "{word}");
    }
}

const KNOWN: [&str; 45] = [
    "!DOCTYPE",
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "header",
    "main",
    "section",
    "p",
    "strong",
    "span",
    "small",
    "div",
    "h1",
    "h2",
    "h3",
    "h4",
    "table",
    "thead",
    "tbody",
    "colgroup",
    "col",
    "tr",
    "th",
    "td",
    "dl",
    "dt",
    "dd",
    "code",
    "figure",
    "figcaption",
    "svg",
    "path",
    "ol",
    "li",
    "br",
    "",
    "",
    "",
    "",
    "",
    "",
    "",
];

#[test]
fn the_text_of_a_rehearsal_is_golden_and_the_same_each_time() {
    let (one, other) = (steady().bundle(), steady().bundle());
    let page = text(&story(&one));
    assert_eq!(page, text(&story(&other)));
    assert_eq!(html(&story(&one)), html(&story(&other)));
    assert!(
        page.is_ascii() && page.lines().all(|l| l.len() <= 100),
        "a line is too long"
    );
    let golden = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/report/rehearsal.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&golden, &page).unwrap();
    }
    let stands = std::fs::read_to_string(&golden).unwrap_or_default();
    assert!(
        stands == page,
        "UPDATE_GOLDEN=1 cargo test --test report, and read the difference"
    );
}

#[test]
fn a_page_says_at_its_head_what_it_is_and_what_it_is_not() {
    let room = steady();
    let story = story(&room.bundle());
    assert_eq!(story.judgement.verdict, Level::Rehearsal);
    for page in [html(&story), text(&story)] {
        let head = &page[..page.find("At a glance").unwrap()];
        for words in [
            "REHEARSAL",
            "keys must never be trusted",
            "It is not evidence",
            "generated from the record by tuf-ceremony",
            env!("CARGO_PKG_VERSION"),
            "tuf-ceremony verify BUNDLE",
            "python3 verify.py BUNDLE",
            "device-signed",
        ] {
            let flat = head.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(flat.contains(words), "{words}");
        }
        // At every heading, for a page that is read alone.
        let sections = page.matches("REHEARSAL").count();
        assert!(sections > 12, "{sections}");
        assert!(!page.contains("PRODUCTION"));
    }
    is_harmless(&html(&story));
}

#[test]
fn everybody_and_everything_of_the_room_is_on_the_page() {
    let room = steady();
    let story = story(&room.bundle());
    let page = text(&story);
    let flat = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for person in &room.state.people {
        assert!(page.contains(person.name.as_deref().unwrap_or(&person.reason)));
    }
    for (id, token) in &room.state.bench {
        assert!(page.contains(&format!("{id}: serial {}", token.serial.as_deref().unwrap())));
    }
    for (id, key) in &room.state.keys {
        assert!(page.contains(id.as_str()));
        assert!(flat.contains(&key.public.fingerprint().grouped()), "{id}");
    }
    assert_eq!(story.papers.len(), room.state.files.len());
    assert_eq!(story.gates.len(), room.gates.len());
    for gate in &story.gates {
        assert_eq!(gate.words().len(), 32);
        assert!(flat.contains(&gate.root.unwrap().grouped()));
    }
    for file in &story.files {
        assert!(
            page.contains(&file.path) || file.path.starts_with("blobs/"),
            "{}",
            file.path
        );
    }
    for check in &story.judgement.checks {
        assert!(page.contains(check.name));
    }
    assert!(
        story
            .keys
            .iter()
            .all(|k| k.class == Class::DeviceSigned && k.proven.is_some())
    );
    for word in words::words(&story.root) {
        assert!(flat.contains(word));
    }
}

#[test]
fn a_deviation_is_told_with_who_decided() {
    let mut room = Room::new(&script_small());
    room.go_until(|s| s.clock.is_some());
    room.feed(InputKind::Note(Deviation {
        expected: "three officers".to_owned(),
        happened: "one left <early>".to_owned(),
        decided: "go on".to_owned(),
        by: "Ada".to_owned(),
    }))
    .unwrap();
    room.go_on();
    let story = story(&room.folder());
    let told: Vec<&str> = story.of(Sort::Deviation).map(|m| m.what.as_str()).collect();
    let wanted = "expected: three officers; happened: one left <early>; decided: go on; by Ada";
    assert!(told.contains(&wanted), "{told:?}");
    let page = html(&story);
    assert!(page.contains("one left &lt;early&gt;") && page.contains("INCOMPLETE"));
    is_harmless(&page);
}

/// Every text of every record, in the reach of whoever writes a record.
#[test]
fn hostile_texts_stay_texts() {
    let room = Room::closed(&script_small());
    let log = Key::new("log 1", Algorithm::Ed25519);
    let bundle = forged(&room, &log, |lines| {
        for line in lines.iter_mut() {
            poison(&mut line.record.body, line.record.kind == Kind::Open);
        }
    });
    let story = story(&bundle);
    assert_eq!(story.judgement.verdict, Level::Refused);
    let page = html(&story);
    is_harmless(&page);
    assert!(page.contains("&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;"));
    assert!(page.contains("\\u{202e}gnp\\u{001b}[2J\\u{0000}"));
    let plain = text(&story);
    let stray: Vec<&str> = plain
        .lines()
        .filter(|l| !l.bytes().all(|b| (0x20..=0x7e).contains(&b)))
        .collect();
    assert!(stray.is_empty(), "{stray:?}");
    // Not the renderers alone: what others show of a story is safe, too.
    let said = story.judgement.lines().join(" ");
    assert!(said.bytes().all(|b| (0x20..=0x7e).contains(&b)), "{said}");
}

/// Every text becomes hostile; digests, keys and words that say which kind of
/// thing a record is stay, so that it is read as far as possible.
fn poison(json: &mut tuf_ceremony::base::Json, opening: bool) {
    use tuf_ceremony::base::Json;
    match json {
        Json::Object(map) => {
            for (name, value) in map.iter_mut() {
                let keep = [
                    "log_key",
                    "kind",
                    "site",
                    "organisation",
                    "front_end",
                    "secrets",
                    "boot",
                    "note",
                    "root",
                ];
                let keep =
                    keep.contains(&name.as_str()) || name == "sha256" || name == "lock" || name == "what";
                match value {
                    Json::Str(text) if !(keep || opening && text.len() == 64) => *text = HOSTILE.to_owned(),
                    Json::Str(_) => {}
                    other => poison(other, opening),
                }
            }
        }
        Json::Array(all) => {
            for one in all {
                if let Json::Str(text) = one {
                    *text = HOSTILE.to_owned();
                } else {
                    poison(one, opening);
                }
            }
        }
        _ => {}
    }
}

#[test]
fn a_forged_production_never_looks_like_one() {
    let room = Room::closed(&script_small());
    let log = Key::new("log 1", Algorithm::Ed25519);
    let bundle = forged(&room, &log, |lines| {
        set(
            &mut lines[0].record.body,
            &["input", "open", "kind"],
            "production".into(),
        );
    });
    for page in [html(&story(&bundle)), text(&story(&bundle))] {
        let head = &page[..page.find("At a glance").unwrap()];
        assert!(
            head.contains("PRODUCTION CLAIMED") && head.contains("REFUSED"),
            "{head}"
        );
    }
}

/// Without a re-execution nothing is derived and no signature was looked at.
#[test]
fn what_was_not_re_executed_is_only_claimed() {
    let room = Room::closed(&script_small());
    let whole = story(&room.bundle());
    assert!(whole.not_replayed.is_none());
    assert!(whole.timeline.iter().any(|m| m.class == Class::DeviceSigned));
    let mut without = room.bundle();
    without.remove("script.toml");
    let story = story(&summed(without));
    assert!(story.not_replayed.is_some());
    assert!(story.timeline.iter().all(|m| m.class == Class::Claimed));
    assert!(story.keys.iter().all(|k| k.class == Class::Claimed));
    // What the record says is told all the same; a key elsewhere stands in the script alone.
    let made = whole.keys.iter().filter(|k| k.usage != Use::Elsewhere).count();
    assert_eq!(story.keys.len(), made);
    assert_eq!(story.papers.len(), whole.papers.len());
    assert!(!story.seats.is_empty() && !story.devices.is_empty());
    let page = html(&story);
    assert!(page.contains("NOT re-executed"));
    // Once: in the legend.
    assert_eq!(page.matches("class device-signed").count(), 1);
}

/// The codes are read back from the drawing, as a phone would.
#[test]
fn the_qr_codes_hold_the_checkpoint_and_the_digest_of_the_bundle() {
    let bundle = steady().bundle();
    let page = html(&story(&bundle));
    let read: Vec<String> = page.split("<svg ").skip(1).map(decode).collect();
    let checkpoint = String::from_utf8(bundle["checkpoint"].clone()).unwrap();
    let sums = Digest::of(&bundle["SHA256SUMS"]);
    assert_eq!(read.len(), 2);
    assert_eq!(
        read[0],
        checkpoint.split("\n\n").next().unwrap().to_owned() + "\n"
    );
    assert_eq!(read[1], format!("{sums}  SHA256SUMS\n"));
}

fn decode(svg: &str) -> String {
    let width: usize = svg.split(['"', ' ']).nth(3).unwrap().parse().unwrap();
    let path = svg.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
    let mut dark = vec![false; width * width];
    for run in path.split('M').skip(1) {
        let (at, rest) = run.split_once('h').unwrap();
        let (x, y) = at.split_once(' ').unwrap();
        let n: usize = rest.split('v').next().unwrap().parse().unwrap();
        let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
        dark[y * width + x..y * width + x + n].fill(true);
    }
    let scale = 4;
    let side = width * scale;
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(side, side, |x, y| {
        if dark[y / scale * width + x / scale] {
            0
        } else {
            255
        }
    });
    let grids = image.detect_grids();
    assert_eq!(grids.len(), 1, "one code");
    grids[0].decode().unwrap().1
}

fn program(args: &[&str]) -> (i32, String) {
    let out = Command::new(env!("CARGO_BIN_EXE_tuf-ceremony"))
        .args(args)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&[out.stdout, out.stderr].concat()).into_owned();
    (out.status.code().unwrap(), said)
}

fn path(of: &Path) -> &str {
    of.to_str().unwrap()
}

#[test]
fn the_command_writes_once_and_its_exit_code_is_the_verdict() {
    let room = Room::closed(&script_small());
    let dir = tempfile::tempdir().unwrap();
    let (good, bad) = (dir.path().join("good"), dir.path().join("bad"));
    write(&good, &room.bundle());
    let mut tampered = room.bundle();
    tampered.get_mut("metadata/1.root.json").unwrap().push(b' ');
    write(&bad, &tampered);

    let page = dir.path().join("page.html");
    let (code, said) = program(&["report", path(&good), "--out", path(&page)]);
    assert_eq!(code, 0, "{said}");
    assert!(said.contains("verdict: rehearsal"), "{said}");
    let first = std::fs::read(&page).unwrap();
    assert_eq!(first, html(&story(&room.bundle())).into_bytes());

    // Anchors are read before anything is written, and change what the page says.
    let anchors = dir.path().join("anchors");
    let anchored = dir.path().join("anchored.html");
    let ask = [
        "report",
        path(&good),
        "--out",
        path(&anchored),
        "--anchors",
        path(&anchors),
    ];
    std::fs::write(&anchors, "nothing that is known\n").unwrap();
    let (code, said) = program(&ask);
    assert!(code == 2 && !anchored.exists(), "{code} {said}");
    let verifier = Digest::of(include_bytes!("../src/bundle/verify.py"));
    std::fs::write(
        &anchors,
        format!("tuf-ceremony anchors v1\nverifier {}\n", verifier.hex()),
    )
    .unwrap();
    let (code, said) = program(&ask);
    assert_eq!(code, 0, "{said}");
    assert_ne!(std::fs::read(&anchored).unwrap(), first);

    // Never over a file that is there.
    let (code, said) = program(&["report", path(&bad), "--out", path(&page)]);
    assert!(code > 1 && said.contains("output-exists"), "{code} {said}");
    assert_eq!(std::fs::read(&page).unwrap(), first);

    // A refused bundle has its page, too.
    let refused = dir.path().join("refused.txt");
    let (code, said) = program(&["report", path(&bad), "--out", path(&refused), "--text"]);
    assert_eq!(code, 1, "{said}");
    let page = std::fs::read_to_string(&refused).unwrap();
    assert!(page.contains("VERDICT: REFUSED") && page.contains("failed: sums, bindings"));
    assert!(page.contains("OTHER BYTES"));

    // What is no folder has none.
    let nothing = dir.path().join("nothing.html");
    let (code, _) = program(&[
        "report",
        path(&dir.path().join("absent")),
        "--out",
        path(&nothing),
    ]);
    assert!(code > 1 && !nothing.exists());
}

#[test]
fn no_folder_makes_it_panic() {
    let bundle = Room::closed(&script_small()).bundle();
    let names: Vec<&String> = bundle.keys().collect();
    // Knuth's MMIX generator: the same tries each time.
    let mut seed = 20_261_123u64;
    let mut below = |n: usize| {
        seed = seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % n.max(1)
    };
    let mut tries = vec![Map::new()];
    for _ in 0..200 {
        let mut files = bundle.clone();
        for _ in 0..=below(3) {
            let name = names[below(names.len())].clone();
            let Some(bytes) = files.get_mut(&name) else {
                continue;
            };
            let at = below(bytes.len());
            match below(5) {
                0 => drop(files.remove(&name)),
                1 => bytes.truncate(at),
                2 if !bytes.is_empty() => bytes[at] ^= 1 << below(8),
                3 => bytes.insert(at, u8::try_from(below(256)).unwrap()),
                _ => {
                    let other = bundle[names[below(names.len())]].clone();
                    files.insert(name, other);
                }
            }
        }
        tries.push(files);
    }
    for files in &tries {
        let story = story(files);
        let page = html(&story);
        is_harmless(&page);
        assert!(text(&story).contains("VERDICT: "));
        if !story.judgement.good() {
            assert!(page.contains("class=\"verdict bad\""));
        }
    }
}
