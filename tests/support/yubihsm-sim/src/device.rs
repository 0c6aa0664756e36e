//! A device as a test holds it: one frame in, one answer out, and all that a
//! test may look at or disturb.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::Config;
use crate::attestation::{self, Chain};
use crate::codes::{Code, algorithm, command, object_type};
use crate::faults::{Faults, Rule};
use crate::log::{CAPACITY, Entry};
use crate::machine::{Killer, Machine};
use crate::objects::Object;
use crate::session::Sessions;
use crate::state::State;

/// An object id that played no part.
pub(crate) const NO_KEY: u16 = 0xffff;

/// What the transport must do with a frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// Send these bytes.
    Reply {
        /// The response frame.
        bytes: Vec<u8>,
        /// In two segments.
        split: bool,
        /// After this long.
        delay: Duration,
    },
    /// Close the connection without an answer.
    Drop,
    /// Keep the connection and never answer.
    Hang,
    /// The connector's own failure: this HTTP status and no body.
    Status(u16),
}

/// One command that a device saw: the inner one of a session message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// Command code.
    pub command: u8,
    /// Session key's id, 0xFFFF outside a session.
    pub session_key: u16,
    /// `command | 0x80`, an error code, or None where it never acted.
    pub result: Option<u8>,
}

/// A handle on the device of a simulator; clones are the same device.
#[derive(Debug, Clone)]
pub struct Device(Arc<Mutex<Machine>>);

impl Device {
    /// The device of this configuration: as its state file left it (which counts as a power-up), or
    /// fresh from the factory.
    ///
    /// # Errors
    /// Where the state file cannot be read or written.
    pub fn new(config: &Config) -> io::Result<Self> {
        let kept = config.state.as_deref().map(State::load).transpose()?.flatten();
        let booted = kept.is_some();
        let state = kept.unwrap_or_else(|| State::fresh(config.serial, config.firmware));
        let mut machine = Machine {
            state,
            path: config.state.clone(),
            control: config.control.clone().map(|path| (path, String::new())),
            sessions: Sessions::new(config.idle),
            faults: Faults::default(),
            seen: Vec::new(),
            tick: 0,
            announce: config.announce,
            part_number: config.part_number.clone(),
            eddsa_limit: config.eddsa_limit,
            more_algorithms: Vec::new(),
            killer: None,
        };
        if booted {
            machine.boot();
        }
        machine.save()?;
        config
            .faults
            .iter()
            .cloned()
            .for_each(|rule| machine.faults.arm(rule));
        Ok(Self(Arc::new(Mutex::new(machine))))
    }

    fn lock(&self) -> MutexGuard<'_, Machine> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, with: impl FnOnce(&mut Machine)) {
        let mut machine = self.lock();
        with(&mut machine);
        machine.save().expect("the state file can be written");
    }

    /// Answers one frame; the state file is up to date before this returns.
    #[must_use]
    pub fn transceive(&self, request: &[u8]) -> Answer {
        self.lock().transceive(request)
    }

    /// Adds a fault rule; it counts commands from now on.
    pub fn arm(&self, rule: Rule) {
        self.lock().faults.arm(rule);
    }

    /// Forgets all fault rules.
    pub fn disarm(&self) {
        self.lock().faults.disarm();
    }

    /// What `kill-before` and `kill-after` do; without it they only break the connection. The
    /// application must be dead, or as good as, when it returns.
    pub fn on_kill(&self, kill: impl Fn() + Send + 'static) {
        self.lock().killer = Some(Killer(Box::new(kill)));
    }

    /// The rules that struck so far, in order.
    #[must_use]
    pub fn struck(&self) -> Vec<Rule> {
        self.lock().faults.struck().to_vec()
    }

    /// Every command that reached the device, in order.
    #[must_use]
    pub fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// Serial number.
    #[must_use]
    pub fn serial(&self) -> u32 {
        self.lock().state.serial
    }

    /// The certificates of this device: root and sub-CA are those of every simulator.
    #[must_use]
    pub fn chain(&self) -> Chain {
        attestation::chain(self.serial())
    }

    /// All stored objects, keys included: a test may look where no client can.
    #[must_use]
    pub fn objects(&self) -> Vec<Object> {
        self.lock().state.store.all().to_vec()
    }

    /// The log as it stands.
    #[must_use]
    pub fn log(&self) -> Vec<Entry> {
        self.lock().state.log.entries().to_vec()
    }

    /// Sessions in use, half-open ones included.
    #[must_use]
    pub fn sessions(&self) -> usize {
        let mut machine = self.lock();
        machine.sessions.expire();
        machine.sessions.count()
    }

    /// Ends all sessions, as thirty idle seconds would.
    pub fn expire_sessions(&self) {
        self.lock().sessions.clear();
    }

    /// Cuts power and restores it: sessions are lost, a boot is logged.
    pub fn reboot(&self) {
        self.change(Machine::boot);
    }

    /// What a person does who holds its rim for ten seconds while plugging it in: everything on
    /// it is gone, and its log begins anew.
    pub fn reset_by_hand(&self) {
        self.change(|machine| {
            let (serial, firmware) = (machine.state.serial, machine.state.firmware);
            machine.state = State::fresh(serial, firmware);
            machine.sessions.clear();
            machine.tick = 0;
        });
    }

    /// Puts another device in the slot: this serial and its attestation key from now on; what is
    /// stored stays.
    pub fn swap(&self, serial: u32) {
        self.change(|machine| {
            machine.state.serial = serial;
            machine.boot();
        });
    }

    /// Device info lists these algorithm ids besides its own.
    pub fn add_algorithms(&self, ids: &[u8]) {
        self.lock().more_algorithms.extend_from_slice(ids);
    }

    /// Logs a command by its number, one that no client knows perhaps.
    pub fn log_command(&self, code: u8) {
        self.change(|machine| machine.record(code, 0, NO_KEY, (NO_KEY, NO_KEY), code | 0x80));
    }

    /// Fills the log to its last entry.
    pub fn fill_log(&self) {
        self.change(|machine| {
            while machine.state.log.entries().len() < CAPACITY {
                machine.record(command::BLINK_DEVICE, 1, 1, (NO_KEY, NO_KEY), 0xeb);
            }
        });
    }

    /// Fills the storage to its last record with one-byte opaque objects from id 0x8000 on.
    pub fn fill_storage(&self) {
        self.change(|machine| {
            let mut id = 0x8000;
            let mut room = true;
            while room && id < 0xfffe {
                id += 1;
                let object = Object {
                    id,
                    kind: object_type::OPAQUE,
                    capabilities: 0,
                    delegated: 0,
                    domains: u16::MAX,
                    algorithm: algorithm::OPAQUE_DATA,
                    sequence: 0,
                    origin: 2,
                    label: vec![0; 40],
                    body: vec![0],
                };
                room = machine.state.store.add(object) != Err(Code::StorageFailed);
            }
        });
    }

    /// Flips one bit of the stored private key of an asymmetric object, so that the device itself
    /// now signs wrongly.
    pub fn corrupt_key(&self, id: u16) {
        self.change(|machine| {
            let key = machine
                .state
                .store
                .get_mut(object_type::ASYMMETRIC_KEY, id, u16::MAX);
            if let Some(last) = key.expect("the key is there").body.last_mut() {
                *last ^= 2;
            }
        });
    }
}
