//! A YubiHSM 2 in software, for tests: the frames, the secure channel, objects
//! with capabilities and domains, the audit log, attestation, wrapping, and
//! faults on demand, behind a connector's HTTP endpoint on loopback.
//!
//! It is no device and protects nothing: keys lie open in memory and in its
//! state file. What it is judged by is in its README.
//!
//! ```
//! use yubihsm_sim::{Config, Fault, Rule, Simulator, codes::command};
//!
//! let simulator = Simulator::start(Config::default()).expect("a free port");
//! println!("http://127.0.0.1:{}", simulator.port());
//! simulator.device().arm(Rule::at(2, command::SIGN_ECDSA, Fault::DropAfter));
//! ```

pub mod attestation;
pub mod codes;
mod commands;
pub mod curve;
pub mod der;
pub mod device;
pub mod faults;
pub mod frame;
pub mod http;
pub mod keys;
pub mod log;
mod machine;
pub mod objects;
pub mod rsa_ops;
pub mod scp03;
pub mod session;
pub mod state;
pub mod wrap;

use std::io;
use std::path::PathBuf;
use std::time::Duration;

pub use attestation::Chain;
pub use device::{Answer, Device, Seen};
pub use faults::{Fault, Rule};

/// What a simulator is started with.
#[derive(Debug, Clone)]
pub struct Config {
    /// Serial number; where the state file exists, its own serial counts.
    pub serial: u32,
    /// Firmware, e.g. `(2, 1, 2)`, `(2, 2, 0)`, `(2, 4, 0)`; where the state file exists, its own counts.
    pub firmware: (u8, u8, u8),
    /// File that the state outlives the process in; None keeps it in memory.
    pub state: Option<PathBuf>,
    /// TCP port on 127.0.0.1; 0 takes a free one.
    pub port: u16,
    /// Fault rules from the start.
    pub faults: Vec<Rule>,
    /// File of fault rules, read again whenever its text changes (replacing all rules).
    pub control: Option<PathBuf>,
    /// Print a line `struck RULE` on standard output for every rule that strikes.
    pub announce: bool,
    /// Idle time after which a session ends; a device's is 30 s.
    pub idle: Duration,
    /// Longest message for EdDSA. 2019 is the documented limit, kept for every firmware: whether the
    /// larger frames of 2.4 lift it on a device is not known.
    pub eddsa_limit: usize,
    /// The second page of device info (firmware 2.4).
    pub part_number: String,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            serial: 99_000_001,
            firmware: (2, 4, 0),
            state: None,
            port: 0,
            faults: Vec::new(),
            control: None,
            announce: false,
            idle: Duration::from_secs(30),
            eddsa_limit: 2019,
            part_number: "SIMULATED".to_owned(),
        }
    }
}

/// A device behind its connector; stops when dropped.
#[derive(Debug)]
pub struct Simulator {
    device: Device,
    server: http::Server,
}

impl Simulator {
    /// Starts one.
    ///
    /// # Errors
    /// Where the state file is unusable or the port is taken.
    pub fn start(config: Config) -> io::Result<Self> {
        let device = Device::new(&config)?;
        let server = http::Server::start(device.clone(), config.port)?;
        Ok(Self { device, server })
    }

    /// The connector's port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.server.port()
    }

    /// The device, to look at and to disturb.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device.clone()
    }

    /// Serves until the process ends.
    pub fn wait(self) {
        self.server.wait();
    }
}
