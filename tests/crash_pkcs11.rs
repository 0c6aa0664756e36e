//! A PKCS#11 token fails at every call that reaches it, in every way that the
//! module that misbehaves on demand (tests/support/pkcs11-fault) knows: the
//! application is killed before the device acted or after it and before the
//! answer came, the answer is lost, late, of the wrong length or an error, a
//! signature is wrong. The ceremony is resumed, and ends with one bundle that
//! verifies and exactly the planned keys. The device behind it is SoftHSM2.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "pkcs11")]

#[path = "support/kills.rs"]
mod kills;
#[path = "support/program.rs"]
mod program;

use std::fmt;
use std::path::PathBuf;

use kills::{Bench, Plan, Survived, all, beside, calls, survives};
use program::{Ran, Room, SOFTHSM, ran, script, verifiers_accept};

/// Calls of a ceremony that nothing disturbs, at least; the figure may only grow, but
/// where a ceremony asks for less: since a device stays logged in after its set-up.
const CALLS: usize = 640;

const KEYS: &[(&str, &str)] = &[
    ("root-a", "ecdsa-p256"),
    ("root-b", "ed25519"),
    ("root-c", "ecdsa-p256"),
    ("targets-a", "ecdsa-p256"),
    ("targets-b", "ed25519"),
];
const PLAN: Plan = Plan {
    keys: &["root-a", "root-b", "root-c", "targets-a", "targets-b"],
};

/// One token with everything on it: a ceremony in small.
fn small() -> String {
    let whole = std::fs::read_to_string(script("root-keygen-softhsm.toml")).unwrap();
    let head =
        &whole[whole.find("schema ").unwrap()..whole.find("[[token]]\nid      = \"token-b\"").unwrap()];
    let online = &whole[whole.find("[[key]]").unwrap()..whole.find("[[result]]").unwrap()];
    let mut text = format!("{head}{online}");
    for (role, threshold, keys) in [
        ("root", 2, r#""root-a", "root-b", "root-c""#),
        ("targets", 1, r#""targets-a", "targets-b""#),
    ] {
        text += &format!(
            "[[result]]\nmetadata = \"{role}\"\nmade = \"here\"\nversion = 1\nthreshold = {threshold}\nkeys = [{keys}]\nexpires_in_days = 90\n\n"
        );
    }
    for role in ["snapshot", "timestamp"] {
        text += &format!(
            "[[result]]\nmetadata = \"{role}\"\nmade = \"elsewhere\"\nthreshold = 1\nkeys = [\"online\"]\n\n"
        );
    }
    text += "[[act]]\nid = \"all\"\ntitle = \"All of it\"\n";
    for (n, step) in steps().iter().enumerate() {
        text += &format!("\n[[act.step]]\nid = \"all.{n}\"\nby = \"officer\"\nminutes = 1\n{step}\n");
    }
    text
}

fn steps() -> Vec<String> {
    let on = |verb: &str| format!("do = \"{verb}\"\non = \"token-a\"");
    let mut steps = vec!["do = \"roll-call\"".to_owned(), "do = \"clock\"".to_owned()];
    steps.push(on("inventory"));
    steps.push(on("provision") + "\ncredentials = \"typed\"");
    for (key, algorithm) in KEYS {
        steps.push(format!(
            "{}\nkey = {{ name = \"{key}\", algorithm = \"{algorithm}\", extractable = false }}",
            on("generate-key")
        ));
    }
    for (key, _) in KEYS {
        steps.push(format!("{}\nkey = \"{key}\"", on("prove-possession")));
    }
    for (file, signers) in [("root", &["root-a", "root-b"][..]), ("targets", &["targets-a"])] {
        steps.push(format!("do = \"compose\"\nmetadata = \"{file}\""));
        steps.push(format!("do = \"review\"\nmetadata = \"{file}\""));
        steps.push(format!(
            "do = \"read-back\"\nmetadata = \"{file}\"\nsource = \"second-machine\""
        ));
        for key in signers {
            steps.push(format!("{}\nmetadata = \"{file}\"\nkey = \"{key}\"", on("sign")));
        }
    }
    steps.push("do = \"export\"".to_owned());
    steps.push("do = \"seal\"\nsource = \"second-machine\"".to_owned());
    steps
}

/// The answers of the three tokens' ceremony, without its wrong PIN; `again`: how
/// often a step is tried again in one run.
fn answers(again: u32) -> String {
    let text = std::fs::read_to_string(script("root-keygen-softhsm.answers.toml")).unwrap();
    let text = text.replace("wrong  = [\"00000000\"]\n", "");
    let end = text.find("[[token]]\nid     = \"token-b\"").unwrap();
    let text = text[..end].trim_end().to_owned() + "\n";
    match again {
        0 => text,
        n => text.replace("recover   = true", &format!("again = {n}\nrecover   = true")),
    }
}

fn bad_module() -> Option<PathBuf> {
    let me = std::env::current_exe().unwrap();
    let built = me.parent()?.parent()?.join("libpkcs11_fault.so");
    if built.is_file() {
        return Some(built);
    }
    assert!(
        std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_none_or(|v| v != "1"),
        "cargo build -p pkcs11-fault first"
    );
    println!("SKIPPED: the misbehaving module is not built: cargo build -p pkcs11-fault");
    None
}

struct Lab {
    room: Room,
    conf: PathBuf,
    module: PathBuf,
    again: u32,
}

impl Lab {
    /// A room whose token breaks this one rule.
    fn new(rule: &str, again: u32) -> Option<Lab> {
        let built = bad_module()?;
        let room = Room::new();
        let conf = room.softhsm_tokens(&["a"])?;
        let place = room.dir.path().join("module");
        std::fs::create_dir(&place).unwrap();
        let module = place.join("pkcs11-fault.so");
        std::fs::copy(built, &module).unwrap();
        let lab = Lab {
            room,
            conf,
            module,
            again,
        };
        std::fs::write(lab.file("conf"), format!("module {SOFTHSM}\n{rule}\n")).unwrap();
        Some(lab)
    }

    fn file(&self, extension: &str) -> PathBuf {
        self.module.with_extension(extension)
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.file("log")).unwrap_or_default()
    }

    /// Lines of the log that end so, for one function.
    fn count(&self, function: &str, what: &str) -> usize {
        self.log()
            .lines()
            .filter(|l| l.split(' ').nth(2) == Some(function) && l.contains(what))
            .count()
    }
}

/// What a line of the log says that a rule did.
fn is_strike(line: &str) -> bool {
    let mut words = line.split(' ').skip(4);
    matches!(words.next(), Some("do" | "lie"))
}

impl Bench for Lab {
    fn room(&self) -> &Room {
        &self.room
    }

    fn go(&self, verb: &str) -> Ran {
        let mut command = self.room.command(verb);
        // Only where it hangs: a busy machine is slow, and no test is to depend on that.
        let hangs = std::fs::read_to_string(self.file("conf"))
            .unwrap()
            .contains(" hang");
        let patience = hangs.then_some("--patience=6");
        if verb == "run" {
            // The files that the script names lie beside it.
            let online = script("online.pub.pem");
            std::fs::copy(online, self.room.dir.path().join("online.pub.pem")).unwrap();
            command.arg(beside(&self.room, "script.toml", &small()));
        }
        ran(command
            .env("SOFTHSM2_CONF", &self.conf)
            .args(patience)
            .arg("--answers")
            .arg(beside(&self.room, "answers.toml", &answers(self.again)))
            .arg("--module")
            .arg(format!("softhsm={}", self.module.display())))
    }

    fn struck(&self) -> bool {
        self.log().lines().any(is_strike)
    }

    fn tend(&self, _: &Ran) {}

    fn keys(&self) -> Vec<String> {
        // SoftHSM2 keeps each object in a file. A public key's label stands in it as
        // it is, a private key's is encrypted.
        let (mut names, mut private) = (Vec::new(), 0);
        for token in std::fs::read_dir(self.room.dir.path().join("softhsm")).unwrap() {
            for entry in std::fs::read_dir(token.unwrap().path()).unwrap() {
                let path = entry.unwrap().path();
                let name = path.file_name().unwrap().to_str().unwrap();
                if name.ends_with(".object") && name != "token.object" {
                    let bytes = std::fs::read(&path).unwrap();
                    let text = String::from_utf8_lossy(&bytes).into_owned();
                    match KEYS.iter().find(|(k, _)| text.contains(&format!("{k}:"))) {
                        Some((known, _)) => names.push((*known).to_owned()),
                        None => private += 1,
                    }
                }
            }
        }
        names.sort();
        assert_eq!(names.len(), private, "half a pair");
        names
    }

    fn made(&self) -> usize {
        self.count("C_GenerateKeyPair", "acted real=0x0")
    }

    fn logins(&self) -> usize {
        self.count("C_Login", "enter")
    }

    fn orders_again(&self) -> bool {
        self.again > 0
    }

    fn struck_login(&self) -> bool {
        let log = self.log();
        let struck = log.lines().find(|l| is_strike(l));
        struck.is_some_and(|l| l.split(' ').nth(2) == Some("C_Login"))
    }

    fn logins_until_struck(&self) -> usize {
        let log = self.log();
        log.lines()
            .take_while(|l| !is_strike(l))
            .filter(|l| l.contains(" C_Login ") && l.ends_with(" enter"))
            .count()
    }
}

/// One rule, and how often the step is tried again in one run.
struct Point {
    rule: String,
    again: u32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`, again {}", self.rule, self.again)
    }
}

fn tried(point: &Point) -> Option<Survived> {
    let lab = Lab::new(&point.rule, point.again)?;
    survives(&lab, &point.to_string(), &PLAN)
}

fn killed(k: usize) -> [Point; 2] {
    ["before", "after"].map(|side| Point {
        rule: format!("* {k} {side} kill-both"),
        again: 0,
    })
}

/// What else can go wrong at any call.
const FAULTS: [&str; 12] = [
    "before return CKR_DEVICE_REMOVED",
    "after return CKR_DEVICE_REMOVED",
    "before return CKR_DEVICE_ERROR",
    "after return CKR_DEVICE_ERROR",
    "before return CKR_SESSION_HANDLE_INVALID",
    "after return CKR_SESSION_HANDLE_INVALID",
    "before return CKR_PIN_LOCKED",
    "after return CKR_PIN_LOCKED",
    "before kill-self",
    "after kill-self",
    "before hang",
    "after hang",
];

/// At call `k` one of them, another with each call and each turn; every other
/// time the step is tried again at once, otherwise after a pause.
fn failed(k: usize, turn: usize) -> Point {
    let fault = FAULTS[(k + turn) % FAULTS.len()];
    let again = if (k / FAULTS.len() + turn).is_multiple_of(2) {
        3
    } else {
        0
    };
    Point {
        rule: format!("* {k} {fault}"),
        again,
    }
}

/// Answers of the wrong length, and signatures that are not the key's.
fn lies() -> Vec<Point> {
    let mut points = Vec::new();
    let mut add = |function: &str, nth: std::ops::RangeInclusive<usize>, lies: &[&str]| {
        for k in nth {
            for lie in lies {
                points.push(Point {
                    rule: format!("{function} {k} lie {lie}"),
                    again: 0,
                });
            }
        }
    };
    add(
        "C_Sign",
        1..=6,
        &["flip", "zero", "short 63", "short 0", "claims 9999", "long 200"],
    );
    add("C_FindObjects", 1..=12, &["count 77"]);
    add("C_GetSlotList", 1..=12, &["none", "count 4000"]);
    add("C_GetMechanismList", 1..=4, &["none", "count 4000"]);
    add(
        "C_GetAttributeValue",
        1..=24,
        &["length CKA_ID 3", "length CKA_LABEL 400"],
    );
    points
}

/// How many calls a ceremony makes that nothing disturbs.
fn undisturbed() -> usize {
    let lab = Lab::new("", 0).unwrap();
    let done = lab.go("run");
    assert_eq!(done.code, 0, "{}{}", done.out, done.err);
    let log = lab.log();
    let calls = log.lines().filter(|l| l.ends_with(" enter")).count();
    assert!(calls >= CALLS, "{calls}: the floor only rises");
    println!("a ceremony makes {calls} calls");
    calls
}

/// Kills, faults and lies here and there: what a change must survive.
#[test]
fn a_ceremony_survives_a_token_that_fails_now_and_then() {
    if bad_module().is_none() {
        return;
    }
    let mut points = Vec::new();
    for k in (9..CALLS).step_by(97) {
        points.extend(killed(k));
        points.push(failed(k, 0));
    }
    for (function, nth) in [
        ("C_InitToken", 1),
        ("C_InitPIN", 1),
        ("C_GenerateKeyPair", 1),
        ("C_Login", 2),
        ("C_Sign", 6),
    ] {
        for side in ["before", "after"] {
            points.push(Point {
                rule: format!("{function} {nth} {side} kill-both"),
                again: 0,
            });
        }
    }
    points.extend(lies().into_iter().step_by(23));
    all(points, tried).holds(20);
}

/// 5.3: two objects under one operation id are nothing that a plan can bring
/// about. The ceremony stops, and stays stopped however often it is resumed.
#[test]
fn two_keys_under_one_operation_id_stop_the_ceremony() {
    let Some(lab) = Lab::new(
        "C_GenerateKeyPair 1 lie twice\nC_GenerateKeyPair 1 after kill-both",
        0,
    ) else {
        return;
    };
    assert_eq!(lab.go("run").code, -1);
    for _ in 0..2 {
        let got = lab.go("resume");
        assert_eq!(got.code, 4, "{}{}", got.out, got.err);
        assert!(got.err.contains("key-not-unique"), "{}", got.err);
    }
    kills::no_key_was_settled(&lab, 1);
    assert_eq!(lab.count("C_GenerateKeyPair", "enter"), 1);
}

/// 5.3: a device that cannot be asked leaves the order open, and no other key is
/// ordered for that slot; when it is back, the key is adopted.
#[test]
fn a_token_that_is_away_leaves_the_order_open() {
    let Some(lab) = Lab::new("C_GenerateKeyPair 2 after kill-both", 0) else {
        return;
    };
    assert_eq!(lab.go("run").code, -1);
    let (here, away) = (
        lab.room.dir.path().join("softhsm"),
        lab.room.dir.path().join("in-the-safe"),
    );
    std::fs::rename(&here, &away).unwrap();
    std::fs::create_dir(&here).unwrap();
    for _ in 0..2 {
        let got = lab.go("resume");
        assert_eq!(got.code, 4, "{}{}", got.out, got.err);
        assert!(got.err.contains("not-found"), "{}", got.err);
        kills::no_key_was_settled(&lab, 2);
    }
    std::fs::remove_dir(&here).unwrap();
    std::fs::rename(&away, &here).unwrap();
    let got = lab.go("resume");
    assert_eq!(got.code, 0, "{}{}", got.out, got.err);
    verifiers_accept(&lab.room.bundle());
    assert_eq!(lab.keys(), PLAN.keys);
    assert_eq!(lab.made(), PLAN.keys.len(), "it was adopted");
}

/// A key was made, and what came after failed: what the token shows to nobody is
/// half a key, and was once taken for a bad one, so that another was made.
#[test]
fn a_key_that_was_made_before_a_failure_is_adopted_in_a_new_login() {
    let points = ["CKR_DEVICE_REMOVED", "CKR_DEVICE_ERROR", "CKR_PIN_LOCKED"]
        .into_iter()
        .flat_map(|code| {
            [0, 3].map(|again| Point {
                rule: format!("C_Initialize *@C_GenerateKeyPair after return {code}"),
                again,
            })
        });
    let tally = all(points.collect(), tried);
    tally.holds(0);
    assert_eq!(tally.adopted, tally.struck);
}

/// The whole: `cargo test --test crash_pkcs11 -- --ignored --nocapture`.
#[test]
#[ignore = "tens of minutes: the whole matrix, see docs/contributing.md"]
fn a_ceremony_survives_being_killed_at_every_call() {
    if bad_module().is_none() {
        return;
    }
    let points = calls(undisturbed()).flat_map(killed).collect();
    all(points, tried).holds(kills::whole(2 * CALLS));
}

#[test]
#[ignore = "tens of minutes: the whole matrix, see docs/contributing.md"]
fn a_ceremony_survives_every_call_that_fails() {
    if bad_module().is_none() {
        return;
    }
    let turns = kills::turns(FAULTS.len());
    let mut points: Vec<Point> = calls(undisturbed())
        .flat_map(|k| turns.clone().map(move |turn| failed(k, turn)))
        .collect();
    points.extend(lies());
    all(points, tried).holds(kills::whole(CALLS));
}
