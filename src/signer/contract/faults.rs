//! Modules that misbehave (facts: T12, V29-V31, G31): SoftHSM2 behind
//! `tests/support/pkcs11-fault`, which does on demand what bad modules do. One
//! row of `fault_rows` is one misbehaviour: what our side of the port must answer,
//! and after each of them: no PIN try spent, no key doubled, nothing in our
//! process, on our output or on our terminal, and the token works again.
//! The module is built by `cargo build -p pkcs11-fault`.

mod deaths;

use std::path::PathBuf;
use std::time::Duration;

use super::fault_rows::{Row, Verb};
use super::workers::{SOFTHSM, executable};
use super::*;
use crate::base::device::{DeviceFault, KeyFound, Retry};
use crate::signer::pkcs11::Pkcs11Provider;
use crate::signer::worker::{Limits, WorkerCommand};

/// The bad module; `None`, and said so, where it cannot be had.
fn bad_module() -> Option<PathBuf> {
    let path = executable().parent()?.parent()?.join("libpkcs11_fault.so");
    if path.is_file() && Path::new(SOFTHSM).is_file() {
        return Some(path);
    }
    assert!(
        std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_none_or(|v| v != "1"),
        "softhsm2 and `cargo build -p pkcs11-fault` are required: {}",
        path.display()
    );
    #[allow(clippy::print_stdout, reason = "a skipped suite must be seen")]
    {
        println!("SKIPPED: softhsm2 or {} is not there", path.display());
    }
    None
}

/// Two initialised tokens with the same PIN, three keys on the first; every row
/// gets a copy of its own.
pub(super) struct Bench {
    module: PathBuf,
    good: tempfile::TempDir,
    serials: [String; 2],
    keys: Vec<KeyRef>,
}

/// With no rule in its script the module forwards, and is as good as what it
/// stands before: what a row finds is the row's.
#[test]
fn without_a_rule_it_honours_the_port() {
    let (Some(module), Some(mut backend)) = (bad_module(), super::workers::softhsm()) else {
        return;
    };
    let mut promises = backend.promises();
    promises.algorithms.push(Algorithm::EcdsaP384);
    promises.algorithms.push(Algorithm::RsaPss2048);
    let bad = backend.temp.path().join("bad.so");
    std::fs::copy(module, &bad).unwrap();
    std::fs::write(
        backend.temp.path().join("pkcs11-fault.conf"),
        format!("module {SOFTHSM}\n"),
    )
    .unwrap();
    let conf = backend.temp.path().join("softhsm2.conf");
    backend.provider = Box::new(move || {
        let command = WorkerCommand::new(&executable()).env("SOFTHSM2_CONF", &conf);
        Box::new(Pkcs11Provider::new(command, &bad))
    });
    let report = backend.on_trial(promises);
    assert!(report.is_good(), "\n{report}");
    as_documented("SoftHSM2", &report);
    no_pin_lies_around(backend.temp.path());
}

/// One row's tokens and its own copy of the bad module.
pub(super) struct Place {
    folder: tempfile::TempDir,
}

fn token_folder(folder: &Path) -> PathBuf {
    std::fs::create_dir(folder.join("tokens")).unwrap();
    let conf = format!(
        "directories.tokendir = {}\nobjectstore.backend = file\nlog.level = ERROR\n",
        folder.join("tokens").display()
    );
    std::fs::write(folder.join("softhsm2.conf"), conf).unwrap();
    folder.join("tokens")
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            std::fs::create_dir(&target).unwrap();
            copy_folder(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

fn provider(folder: &Path, module: &Path, limits: Limits) -> Pkcs11Provider {
    let command = WorkerCommand::new(&executable())
        .env("SOFTHSM2_CONF", folder.join("softhsm2.conf"))
        .log(&folder.join("worker.log"))
        .limits(limits);
    Pkcs11Provider::new(command, module)
}

impl Bench {
    pub(super) fn new() -> Option<Bench> {
        let module = bad_module()?;
        let good = tempfile::tempdir().unwrap();
        token_folder(good.path());
        let mut new = provider(good.path(), Path::new(SOFTHSM), Limits::default());
        let mut serials = Vec::new();
        let mut keys = Vec::new();
        for label in ["token-a", "token-b"] {
            let mut token = new.open("").unwrap();
            let card = token
                .provisioning()
                .unwrap()
                .initialise(&id(label), &secrets(SO_PIN, PIN))
                .unwrap();
            serials.push(card.serial);
            if label == "token-a" {
                token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
                for (name, algorithm) in [
                    ("root-a", Algorithm::EcdsaP256),
                    ("root-b", Algorithm::EcdsaP256),
                    ("ed-a", Algorithm::Ed25519),
                ] {
                    let order = order(name, algorithm, 1);
                    let made = token.generate(&order).unwrap();
                    keys.push(reference(&order, &made));
                }
            }
        }
        Some(Bench {
            module,
            good,
            serials: serials.try_into().unwrap(),
            keys,
        })
    }

    pub(super) fn place(&self) -> Place {
        let folder = tempfile::tempdir().unwrap();
        copy_folder(&self.good.path().join("tokens"), &token_folder(folder.path()));
        std::fs::copy(&self.module, folder.path().join("bad.so")).unwrap();
        let place = Place { folder };
        place.script("");
        place
    }

    /// Serials as A and B: they differ from run to run.
    fn named(&self, serial: &str) -> String {
        let at = self.serials.iter().position(|s| s == serial);
        at.map_or(serial.to_owned(), |at| ["A", "B"][at].to_owned())
    }

    fn card(&self, card: &DeviceCard) -> String {
        format!("{}/{}/{:?}", self.named(&card.serial), card.label, card.pin)
    }

    /// What the verb answers, in a few words.
    fn run(&self, row: &Row, place: &Place) -> String {
        let hangs = row.expect.starts_with("ModuleHangs");
        // A busy machine is no hanging module.
        let limit = Duration::from_secs(if hangs { 3 } else { 120 });
        let limits = Limits {
            call: limit,
            initialise: limit,
            generate: limit,
            generate_rsa: limit,
            person: Duration::ZERO,
        };
        let mut bad = provider(place.path(), &place.module(), limits);
        let serial = &self.serials[0];
        let script = row.script.replace("{A}", serial);
        if matches!(row.verb, Verb::List | Verb::Open) {
            place.script(&script);
            return match row.verb {
                Verb::List => answer(bad.list(), |cards| {
                    cards
                        .iter()
                        .map(|card| self.card(card))
                        .collect::<Vec<_>>()
                        .join(" ")
                }),
                _ => answer(bad.open(serial), |_| "opened".to_owned()),
            };
        }
        let mut token = bad.open(serial).unwrap();
        let locked = [Verb::Identity, Verb::Unlock, Verb::WrongPin, Verb::Initialise];
        if !locked.contains(&row.verb) {
            token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
        }
        if matches!(row.verb, Verb::Sign | Verb::SignEd) {
            // A good signature first: it can be replayed, and what goes wrong then is the script's.
            token.sign(grant(&self.keys[0], b"honest")).unwrap();
        }
        place.script(&script);
        let done = |()| "done".to_owned();
        match row.verb {
            Verb::List | Verb::Open => unreachable!(),
            Verb::Identity => answer(token.identity(), |card| self.card(&card)),
            Verb::Keys => answer(token.keys(), |keys| self.listed(&keys)),
            Verb::Unlock => answer(token.unlock(Credential::UserPin, &secret(PIN)), done),
            Verb::WrongPin => answer(
                token.unlock(Credential::UserPin, &secret("incorrect horse")),
                done,
            ),
            Verb::Lock => answer(token.lock(), done),
            Verb::Initialise => {
                let power = token.provisioning().unwrap();
                let new = secrets(SO_PIN, PIN);
                answer(power.initialise(&id("token-c"), &new), |card| self.card(&card))
            }
            Verb::Sign | Verb::SignEd => {
                let key = &self.keys[if row.verb == Verb::Sign { 0 } else { 2 }];
                let message = b"what everybody agreed to";
                answer(token.sign(grant(key, message)), |signature| {
                    let good = key.public.verifies(message, &signature);
                    if good { "verifies" } else { "does not verify" }.to_owned()
                })
            }
            Verb::Generate => {
                let order = order("targets-a", Algorithm::EcdsaP256, 1);
                let made = token.generate(&order);
                drop(token);
                place.script("");
                answer(made, |made| self.judged(place, &order, &made))
            }
        }
    }

    /// A generated key against what a good module shows of it.
    fn judged(&self, place: &Place, order: &KeyOrder, made: &KeyMade) -> String {
        let label = order.operation.label(&order.name);
        let (_, keys) = place.truth(&self.serials[0]);
        let truth = keys.iter().find(|key| key.label == label);
        let key = match truth {
            None => "no key there",
            Some(truth) if truth.public.as_ref() == Some(&made.public) => "true key",
            Some(_) => "another key",
        };
        let told = &made.attributes;
        let sound = told.sensitive == Some(true)
            && told.extractable == Some(false)
            && told.never_extractable == Some(true)
            && told.local == Some(true)
            && told.other_uses == Some(false);
        let honest = truth.is_some_and(|truth| truth.attributes == *told);
        format!(
            "{key}, {}, {}",
            if sound { "sound" } else { "not sound" },
            if honest { "honest" } else { "lied" }
        )
    }

    fn listed(&self, keys: &[KeyFound]) -> String {
        let pin = data_encoding::HEXLOWER.encode(PIN.as_bytes());
        assert!(
            !keys
                .iter()
                .any(|key| key.id.contains(&pin) || key.label.contains(PIN))
        );
        let ours = |key: &&KeyFound| {
            self.keys
                .iter()
                .any(|own| Some(&own.public) == key.public.as_ref())
        };
        let sensitive = keys
            .iter()
            .filter(|key| key.attributes.sensitive == Some(true))
            .count();
        format!(
            "{} keys, {} ours, {} sensitive",
            keys.len(),
            keys.iter().filter(ours).count(),
            sensitive
        )
    }

    /// One row with everything that must hold after it; what does not hold.
    pub(super) fn check(&self, row: &Row) -> Vec<String> {
        let place = self.place();
        let mut wrong = Vec::new();
        let mut expect = |what: &str, expected: &str, got: &str| {
            if expected != got {
                wrong.push(format!(
                    "{}: {what}: expected `{expected}`, got `{got}`",
                    row.name
                ));
            }
        };
        expect("answer", row.expect, &self.run(row, &place));
        place.script("");
        let log = std::fs::read_to_string(place.path().join("pkcs11-fault.log")).unwrap();
        expect(
            "script",
            "",
            log.lines().find(|l| l.contains("BAD SCRIPT")).unwrap_or(""),
        );
        // What only the session that made a key is told must never be read.
        let never = row.script.contains("@C_GenerateKeyPair");
        let acted = [" do ", " lie "].iter().any(|word| log.contains(word)) != never;
        expect("misbehaved", "true", &acted.to_string());

        // One C_Login for an unlock, one more to read a new key back, none for the rest.
        let logins = log
            .lines()
            .filter(|l| l.contains(" C_Login ") && l.ends_with(" enter"))
            .count();
        let most = match row.verb {
            Verb::List | Verb::Open | Verb::Identity => 0,
            Verb::Generate => 2,
            _ => 1,
        };
        expect("logins", "true", &(logins <= most).to_string());
        let spent = log
            .lines()
            .filter(|l| l.contains(" C_Login ") && l.ends_with("acted real=0xa0"))
            .count();
        // A module that knows the PIN needs no try.
        let wanted = usize::from(row.verb == Verb::WrongPin && !row.script.contains("lie pin"));
        expect("PIN tries spent", &wanted.to_string(), &spent.to_string());

        // As an honest module sees the tokens now.
        let serial = &self.serials[0];
        let (card, keys) = place.truth(serial);
        let pin = if wanted == 0 { "Ready" } else { "Low" };
        if row.keys > 0 {
            expect("PIN state", pin, &format!("{:?}", card.pin));
        }
        expect("keys", &row.keys.to_string(), &keys.len().to_string());
        if row.keys >= self.keys.len() {
            let mut token = provider(place.path(), &place.module(), Limits::default())
                .open(serial)
                .unwrap();
            token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
            let key = &self.keys[0];
            let signature = token.sign(grant(key, b"after")).unwrap();
            expect(
                "afterwards",
                "true",
                &key.public.verifies(b"after", &signature).to_string(),
            );
        }
        std::fs::remove_file(place.module()).unwrap(); // large, and no place for a PIN
        no_pin_lies_around(place.path());
        wrong
    }
}

impl Place {
    pub(super) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn module(&self) -> PathBuf {
        self.path().join("bad.so")
    }

    pub(super) fn script(&self, rules: &str) {
        let text = format!("module {SOFTHSM}\n{rules}\n");
        let part = self.path().join("script.part");
        std::fs::write(&part, text).unwrap();
        // In one step: a worker may be reading it.
        std::fs::rename(part, self.path().join("pkcs11-fault.conf")).unwrap();
        let counts = self.path().join("pkcs11-fault.counts");
        if !rules.is_empty() && counts.exists() {
            std::fs::remove_file(counts).unwrap(); // "the first" means: from here on
        }
    }

    /// The first token and its keys, seen by SoftHSM itself.
    fn truth(&self, serial: &str) -> (DeviceCard, Vec<KeyFound>) {
        let mut honest = provider(self.path(), Path::new(SOFTHSM), Limits::default());
        let mut token = honest.open(serial).unwrap();
        let card = token.identity().unwrap();
        if card.initialised {
            token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
        }
        (card, token.keys().unwrap())
    }
}

fn answer<T>(result: Result<T, DeviceFault>, good: impl FnOnce(T) -> String) -> String {
    match result {
        Ok(value) => format!("ok: {}", good(value)),
        Err(fault) => {
            assert!(
                fault.changed == Changed::No || fault.retry != Retry::Safe,
                "{fault}"
            );
            assert!(
                fault.meaning.bytes().all(|b| (0x20..=0x7e).contains(&b)),
                "{fault}"
            );
            format!("{:?} {:?}", fault.code, fault.changed)
        }
    }
}

/// Rows of the verbs; what does not hold, all together.
fn rows(verbs: &[Verb]) {
    let Some(bench) = Bench::new() else { return };
    let rows = super::fault_rows::ROWS
        .iter()
        .filter(|row| verbs.contains(&row.verb));
    let wrong: Vec<String> = rows.flat_map(|row| bench.check(row)).collect();
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn bad_modules_are_found_out_when_tokens_are_looked_for() {
    rows(&[Verb::List, Verb::Open, Verb::Identity]);
}

#[test]
fn bad_modules_show_no_key_that_is_not_there() {
    rows(&[Verb::Keys]);
}

#[test]
fn bad_modules_spend_no_try_and_open_nothing() {
    rows(&[Verb::Unlock, Verb::WrongPin, Verb::Lock, Verb::Initialise]);
}

#[test]
fn bad_modules_double_no_key() {
    rows(&[Verb::Generate]);
}

#[test]
fn bad_modules_sign_nothing_unseen() {
    rows(&[Verb::Sign, Verb::SignEd]);
}

#[test]
fn what_a_module_prints_stays_with_it() {
    let Some(bench) = Bench::new() else { return };
    let place = bench.place();
    let noise = "C_GetSlotList 1 before stdout NOISE-1\nC_GetSlotList 1 before stderr NOISE-2\n\
                 C_GetSlotList 1 before tty NOISE-3\nC_GetSlotList 1 before descriptors";
    place.script(noise);
    // A careless application: a descriptor that a child inherits.
    let stray = rustix::fs::open(
        place.path().join("softhsm2.conf"),
        rustix::fs::OFlags::RDONLY,
        rustix::fs::Mode::empty(),
    )
    .unwrap();
    let mut bad = provider(place.path(), &place.module(), Limits::default());
    assert_eq!(bad.list().unwrap().len(), 3);
    drop(stray);
    let log = std::fs::read_to_string(place.path().join("pkcs11-fault.log")).unwrap();
    let line = log.lines().find(|l| l.contains(" descriptors ")).unwrap();
    assert!(line.ends_with("tty=false"), "{line}");
    for word in line
        .split_whitespace()
        .filter(|w| w.starts_with("/proc/self/fd/"))
    {
        let (number, target) = word.trim_start_matches("/proc/self/fd/").split_once('=').unwrap();
        match number {
            "0" | "1" => assert_eq!(target, "/dev/null"),
            "2" => assert_eq!(Path::new(target), place.path().join("worker.log")),
            // Our two pipes, of which we hold the other ends.
            "3" | "4" if target.starts_with("pipe:") => {}
            _ => panic!("{line}"),
        }
    }
    let printed = std::fs::read_to_string(place.path().join("worker.log")).unwrap();
    assert_eq!(printed.matches("NOISE").count(), 1);
    assert!(printed.contains("NOISE-2"));
}

/// A device whose PINs are typed on itself: nothing is asked of us, nothing sent.
#[test]
fn a_pin_pad_is_given_no_secret_from_set_up_to_signature() {
    let Some(bench) = Bench::new() else { return };
    let place = bench.place();
    place.script(&format!(
        "C_GetTokenInfo * lie set CKF_PROTECTED_AUTHENTICATION_PATH\nC_Login * lie pad-user {PIN}\n\
         C_Login * lie pad-so {SO_PIN}\nC_InitToken * lie pad {SO_PIN}\nC_InitPIN * lie pad {PIN}"
    ));
    let none = || secret("");
    let mut pad = provider(place.path(), &place.module(), Limits::default());
    let mut token = pad.open("").unwrap();
    assert!(token.identity().unwrap().pin_pad);
    let sent = token
        .provisioning()
        .unwrap()
        .initialise(&id("token-p"), &secrets(SO_PIN, PIN))
        .unwrap_err();
    assert_eq!((sent.code, sent.changed), (DeviceCode::PinForm, Changed::No));
    let card = token
        .provisioning()
        .unwrap()
        .initialise(&id("token-p"), &secrets("", ""))
        .unwrap();
    assert!(card.pin_pad && card.initialised);
    let sent = token.unlock(Credential::UserPin, &secret(PIN)).unwrap_err();
    assert_eq!((sent.code, sent.changed), (DeviceCode::PinForm, Changed::No));
    token.unlock(Credential::UserPin, &none()).unwrap();
    let order = order("root-a", Algorithm::EcdsaP256, 1);
    let key = reference(&order, &token.generate(&order).unwrap());
    let signature = token.sign(grant(&key, b"typed on the device")).unwrap();
    assert!(key.public.verifies(b"typed on the device", &signature));
    token.lock().unwrap();
    drop(token);
    let log = std::fs::read_to_string(place.path().join("pkcs11-fault.log")).unwrap();
    let seen = |what: &str| log.lines().filter(|l| l.ends_with(what)).count();
    // The SO's login, the unlock, and one more to read the new key back.
    assert_eq!((seen("lie pad-so"), seen("lie pad-user")), (1, 2));
    assert_eq!(seen("lie pad"), 2, "C_InitToken and C_InitPIN");
    assert_eq!(seen("said=0x7"), 0, "CKR_ARGUMENTS_BAD: a PIN was sent");
    // The device's own PINs are in its script only.
    place.script("");
    std::fs::remove_file(place.module()).unwrap();
    no_pin_lies_around(place.path());
}
