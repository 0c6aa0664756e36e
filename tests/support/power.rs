//! A whole ceremony in process, over a disk in memory and devices that outlive
//! the power: everything that the model of crashes needs. Disk and devices hang
//! on one counter, so that a cut can fall before a device acts, after it, and
//! between any two operations of the disk.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use ed25519_dalek::{Signer as _, SigningKey};
use tuf_ceremony::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation,
    PinState, Retry, Statement,
};
use tuf_ceremony::base::{Algorithm, Digest, Id, Instant, PublicKey, Secret, Stamp};
use tuf_ceremony::engine::{FrontEnd, Program, SecretsPath};
use tuf_ceremony::headless::{self, Ending};
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::runner::{self, Clock, Failure, Ports, Resumed, Run, Running};
use tuf_ceremony::script::{Answers, Script};
use tuf_ceremony::signer::{Grant, KeyMade, KeyRef, Provider, Provisioning, Secrets, Token};
use tuf_ceremony::store::Memory;

pub const SERIAL: &str = "MEMORY-0001";
/// Keys that the script makes: three of root, two of targets.
pub const KEYS: [&str; 5] = ["root-a", "root-b", "root-c", "targets-a", "targets-b"];
/// Signatures that the script orders: two of root, one of targets.
pub const SIGNATURES: usize = 3;
/// Frozen payloads.
pub const FILES: usize = 2;

pub const RECORD: &str = "/disk/record";
pub const MIRROR: &str = "/stick/mirror";
pub const MEDIA: &str = "/media";

// ------------------------------------------------------------------ devices

/// A key in a device.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    pub label: String,
    pub id: String,
    seed: [u8; 32],
}

impl Held {
    pub fn public(&self) -> PublicKey {
        let key = SigningKey::from_bytes(&self.seed).verifying_key();
        PublicKey::from_raw(Algorithm::Ed25519, key.as_bytes()).unwrap()
    }
}

/// The one device, as it is with and without power.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Device {
    pub label: String,
    pins: Option<(Vec<u8>, Vec<u8>)>,
    pub keys: Vec<Held>,
    /// Keys that a set-up destroyed.
    pub destroyed: usize,
    made: u8,
}

pub type Shared = Arc<Mutex<Device>>;

struct Plug {
    device: Shared,
    power: Memory,
}

struct Session {
    device: Shared,
    power: Memory,
    open: bool,
}

fn fault(operation: Operation, code: DeviceCode, meaning: &str) -> DeviceFault {
    DeviceFault {
        operation,
        code,
        meaning: meaning.to_owned(),
        changed: Changed::Unknown,
        retry: Retry::AskHuman,
    }
}

fn tick(power: &Memory, operation: Operation, when: &str) -> Result<(), DeviceFault> {
    power
        .tick(&format!("device {operation:?}, {when}"))
        .map_err(|e| fault(operation, DeviceCode::Removed, &e.to_string()))
}

fn attributes() -> KeyAttributes {
    KeyAttributes {
        sensitive: Some(true),
        always_sensitive: Some(true),
        extractable: Some(false),
        never_extractable: Some(true),
        local: Some(true),
        sign: Some(true),
        always_authenticate: Some(false),
        other_uses: Some(false),
    }
}

impl Device {
    fn card(&self) -> DeviceCard {
        DeviceCard {
            vendor: "tests".to_owned(),
            model: "Device in memory".to_owned(),
            serial: SERIAL.to_owned(),
            label: self.label.clone(),
            firmware: "1.0".to_owned(),
            initialised: self.pins.is_some(),
            pin: if self.pins.is_some() {
                PinState::Left(3)
            } else {
                PinState::Unset
            },
            pin_limits: (6, 64),
            pin_pad: false,
            quirks: "rehearsal".to_owned(),
        }
    }
}

impl Provider for Plug {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        Ok(vec![self.device.lock().unwrap().card()])
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        assert_eq!(serial, SERIAL);
        Ok(Box::new(Session {
            device: self.device.clone(),
            power: self.power.clone(),
            open: false,
        }))
    }
}

impl Session {
    /// Something that changes the device: power may go before and after it.
    fn act<T>(
        &mut self,
        operation: Operation,
        work: impl FnOnce(&mut Device, bool) -> Result<T, DeviceFault>,
    ) -> Result<T, DeviceFault> {
        tick(&self.power, operation, "before")?;
        let done = work(&mut self.device.lock().unwrap(), self.open);
        tick(&self.power, operation, "after")?;
        done
    }
}

fn logged_in(operation: Operation, open: bool) -> Result<(), DeviceFault> {
    if open {
        return Ok(());
    }
    Err(fault(operation, DeviceCode::NotUnlocked, "nobody is logged in"))
}

impl Token for Session {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        Ok(self.device.lock().unwrap().card())
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        let device = self.device.lock().unwrap();
        let keys = device.keys.iter().map(|held| KeyFound {
            label: held.label.clone(),
            id: held.id.clone(),
            public: Some(held.public()),
            attributes: attributes(),
        });
        Ok(keys.collect())
    }

    fn unlock(&mut self, role: Credential, secret: &Secret) -> Result<(), DeviceFault> {
        assert_eq!(role, Credential::UserPin);
        let right = self.act(Operation::Unlock, |device, _| {
            let pins = device.pins.as_ref();
            Ok(pins.is_some_and(|(_, pin)| pin == secret.expose()))
        })?;
        self.open = right;
        if right {
            return Ok(());
        }
        Err(fault(Operation::Unlock, DeviceCode::PinWrong, "wrong"))
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        self.act(op, |device, open| {
            logged_in(op, open)?;
            let label = order.operation.label(&order.name);
            let id = data_encoding::HEXLOWER.encode(order.operation.as_bytes());
            if device.keys.iter().any(|k| k.id == id || k.label == label) {
                return Err(fault(op, DeviceCode::KeyExists, "there is one"));
            }
            device.made += 1;
            let seed = *Digest::of_parts(&[b"seed", &[device.made]]).as_bytes();
            let held = Held { label, id, seed };
            let public = held.public();
            device.keys.push(held);
            Ok(KeyMade {
                public,
                attributes: attributes(),
            })
        })
    }

    fn attest(&mut self, _: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        Ok(None)
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        self.act(op, |device, open| {
            logged_in(op, open)?;
            let id = data_encoding::HEXLOWER.encode(grant.key.operation.as_bytes());
            let held = device.keys.iter().find(|k| k.id == id).unwrap();
            let key = SigningKey::from_bytes(&held.seed);
            Ok(key.sign(grant.payload.bytes()).to_bytes().to_vec())
        })
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.open = false;
        Ok(())
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }
}

impl Provisioning for Session {
    fn credentials(&self) -> &'static [Credential] {
        Credential::PINS
    }

    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let so = secrets.get(Credential::SoPin)?.expose().to_vec();
        let pin = secrets.get(Credential::UserPin)?.expose().to_vec();
        self.act(Operation::Initialise, |device, _| {
            device.destroyed += device.keys.len();
            device.keys.clear();
            device.label = label.to_string();
            device.pins = Some((so, pin));
            Ok(device.card())
        })
    }
}

// ---------------------------------------------------------------- the world

/// What there is when the power is off.
#[derive(Debug, Clone)]
pub struct World {
    pub disk: Memory,
    pub device: Shared,
    /// The record's folder.
    pub record: &'static str,
    /// Its mirror's.
    pub mirror: Option<&'static str>,
}

impl World {
    /// Empty media and a device from the factory; with a mirror or without.
    pub fn new(mirror: Option<&'static str>) -> World {
        let disk = Memory::new();
        for folder in ["/disk", "/stick", MEDIA] {
            disk.put(&Path::new(folder).join("label"), b"medium").unwrap();
        }
        World {
            disk,
            device: Shared::default(),
            record: RECORD,
            mirror,
        }
    }

    /// The same room with another disk and another device.
    pub fn with(&self, disk: Memory, device: Device) -> World {
        World {
            disk,
            device: Arc::new(Mutex::new(device)),
            ..self.clone()
        }
    }

    fn ports(&self) -> Ports {
        let plug = Plug {
            device: self.device.clone(),
            power: self.disk.clone(),
        };
        Ports {
            bench: [(Id::parse("hsm-a").unwrap(), Box::new(plug) as Box<dyn Provider>)].into(),
            disk: Arc::new(self.disk.clone()),
            mirror: self.mirror.map(PathBuf::from),
            media: Some(PathBuf::from(MEDIA)),
            clock: Box::new(Ticks(AtomicU64::new(0))),
            machine: Box::new(Quiet),
        }
    }

    /// A new ceremony, driven by the answers until it ends or stops.
    pub fn run(&self) -> Result<Ending, Failure> {
        let running = runner::open(plan(), Path::new(self.record), self.ports(), &drill())?;
        Ok(driven(running))
    }

    /// Goes on with it. A record that was closed and lacked its seal is closed now.
    pub fn resume(&self) -> Result<Ending, Failure> {
        match runner::resume(Path::new(self.record), self.ports(), &drill())? {
            Resumed::Running(running) => Ok(driven(*running)),
            Resumed::Sealed(sealed) => Ok(Ending::Closed {
                sealed,
                clients: Vec::new(),
            }),
        }
    }
}

fn driven(running: Running) -> Ending {
    let (handle, msgs, first, threads) = running.split();
    let ending = headless::run(handle, &msgs, first, answers(), &AtomicBool::new(false));
    drop(msgs);
    threads.finish();
    ending
}

/// One second a look, from noon on the day of the ceremony.
#[derive(Debug)]
struct Ticks(AtomicU64);

impl Clock for Ticks {
    fn now(&self) -> Stamp {
        let n = self.0.fetch_add(1, Ordering::Relaxed);
        let noon = Instant::parse("2026-11-22T12:00:00Z").unwrap();
        Stamp {
            wall: Instant::from_unix(noon.unix() + i64::try_from(n).unwrap()).unwrap(),
            mono_ms: n * 1000,
        }
    }
}

pub fn drill() -> Run {
    Run {
        program: Program {
            version: "0".to_owned(),
            sha256: Digest::ZERO,
            lock: Digest::ZERO,
            released: None,
            features: Vec::new(),
        },
        front_end: FrontEnd::Headless,
        secrets: SecretsPath::AnswersFile,
        modules: Vec::new(),
        drill: None,
    }
}

fn online() -> Vec<u8> {
    let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
    let public = PublicKey::from_raw(Algorithm::Ed25519, key.as_bytes()).unwrap();
    public.to_pem().into_bytes()
}

pub fn plan() -> Plan {
    static PLAN: std::sync::LazyLock<Plan> = std::sync::LazyLock::new(|| {
        let script = Script::parse(script().as_bytes()).unwrap_or_else(|e| panic!("{e}"));
        let mut inputs = Inputs::default();
        inputs.0.insert("online.pem".to_owned(), online().into());
        Plan::build(script, &inputs).unwrap_or_else(|e| panic!("{e}"))
    });
    PLAN.clone()
}

fn answers() -> Answers {
    Answers::parse(
        br#"schema = 1
[people]
officer = ["Olga", "Otto", "absent: late"]
administrator = ["Ada"]
[confirm]
begin = true
clock = "machine"
checklist = true
review = true
words = "simulated"
device = true
export = true
close = true
recover = true
[[token]]
id = "hsm-a"
serial = "MEMORY-0001"
so_pin = "so-pin-a"
pin = "user-pin-a"
"#,
    )
    .unwrap_or_else(|e| panic!("{e}"))
}

/// One device, five keys, root 2 of 3, targets 1 of 2, the online key elsewhere.
fn script() -> String {
    let mut text = format!(
        r#"schema = 1
kind = "rehearsal"
profile = "hardware-default"
organisation = "example"
site = "vienna"
ceremony = "power-cut"
title = "A ceremony without power"

[trust]
genesis = true

[[source]]
id = "second"
kind = "simulated"

[[role]]
id = "administrator"
seats = 1
quorum = 1

[[role]]
id = "officer"
seats = 3
quorum = 2

[[token]]
id = "hsm-a"
backend = "embedded"
serial = "{SERIAL}"

[[key]]
id = "online"
public = {{ file = "online.pem", sha256 = "{}" }}
proof_of_possession = "waived"
"#,
        Digest::of(&online())
    );
    for (role, threshold, keys, made) in [
        ("root", 2, r#""root-a", "root-b", "root-c""#, HERE),
        ("targets", 1, r#""targets-a", "targets-b""#, HERE),
        ("snapshot", 1, r#""online""#, "\"elsewhere\""),
        ("timestamp", 1, r#""online""#, "\"elsewhere\""),
    ] {
        text += &format!(
            "\n[[result]]\nmetadata = \"{role}\"\nthreshold = {threshold}\nkeys = [{keys}]\nmade = {made}\n"
        );
    }
    text += "\n[[act]]\nid = \"all\"\ntitle = \"All of it\"\n";
    for (n, step) in steps().iter().enumerate() {
        text += &format!("\n[[act.step]]\nid = \"all.{n}\"\nby = \"officer\"\nminutes = 1\n{step}\n");
    }
    text
}

const HERE: &str = "\"here\"\nversion = 1\nexpires_in_days = 90";

fn steps() -> Vec<String> {
    let mut steps: Vec<String> = [
        "do = \"roll-call\"",
        "do = \"clock\"",
        "do = \"inventory\"\non = \"hsm-a\"",
        "do = \"provision\"\ncredentials = \"typed\"\non = \"hsm-a\"",
    ]
    .map(str::to_owned)
    .to_vec();
    for key in KEYS {
        steps.push(format!(
            "do = \"generate-key\"\non = \"hsm-a\"\nkey = {{ name = \"{key}\", algorithm = \"ed25519\", extractable = false }}"
        ));
        steps.push(format!(
            "do = \"prove-possession\"\non = \"hsm-a\"\nkey = \"{key}\""
        ));
    }
    for (file, signers) in [("root", &["root-a", "root-b"][..]), ("targets", &["targets-a"])] {
        steps.push(format!("do = \"compose\"\nmetadata = \"{file}\""));
        steps.push(format!("do = \"review\"\nmetadata = \"{file}\""));
        steps.push(format!(
            "do = \"read-back\"\nmetadata = \"{file}\"\nsource = \"second\""
        ));
        for key in signers {
            steps.push(format!(
                "do = \"sign\"\nmetadata = \"{file}\"\non = \"hsm-a\"\nkey = \"{key}\""
            ));
        }
    }
    steps.push("do = \"export\"".to_owned());
    steps.push("do = \"seal\"\nsource = \"second\"".to_owned());
    steps
}

/// A machine around which nothing is.
struct Quiet;

impl tuf_ceremony::runner::Machine for Quiet {
    fn look(&mut self) -> tuf_ceremony::base::machine::Report {
        Default::default()
    }
}
