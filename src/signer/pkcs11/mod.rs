//! PKCS#11 tokens (OASIS PKCS#11 v2.40 and v3.x) through `cryptoki`, the only
//! place that names it. Our process never loads a vendor module: the provider
//! here starts a worker, and the worker runs [`module`]. facts/hsm.md 1 says
//! which answers of real modules made which lines necessary.

mod card;
mod error;
mod generate;
mod initialise;
mod module;
mod objects;
mod pins;
mod point;
pub mod quirks;
mod raw;
mod rsa;
mod sign;
pub mod uri;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::fault::fault;
use super::worker::{self, WorkerCommand, WorkerProvider};
use super::{Provider, Token};
use crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, Operation};

/// The tokens that one vendor module reaches.
#[derive(Debug)]
pub struct Pkcs11Provider {
    module: PathBuf,
    workers: WorkerProvider,
}

impl Pkcs11Provider {
    /// Tokens behind `module`, a shared library. The worker is called with the
    /// arguments `worker pkcs11 MODULE` and must end up in [`serve_pkcs11`].
    #[must_use]
    pub fn new(command: WorkerCommand, module: &Path) -> Pkcs11Provider {
        // Absolute: a bare name would make the loader search its path.
        let module = std::path::absolute(module).unwrap_or_else(|_| module.to_owned());
        let command = command.arg("worker").arg("pkcs11").arg(&module);
        Pkcs11Provider {
            module,
            workers: WorkerProvider::new(command),
        }
    }

    fn check(&self) -> Result<(), DeviceFault> {
        if self.module.is_file() {
            return Ok(());
        }
        Err(fault(
            Operation::Find,
            DeviceCode::ModuleUnusable,
            Changed::No,
            &format!("{}: no such file", self.module.display()),
        ))
    }
}

impl Provider for Pkcs11Provider {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        self.check()?;
        self.workers.list()
    }

    /// An empty serial opens the one token that has none, as factory-new
    /// SoftHSM tokens do; it gets its serial when it is initialised.
    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        self.check()?;
        self.workers.open(serial)
    }
}

/// What a worker process does: loads the module, answers on stdout until stdin
/// closes. To be called first thing in `main`, before anything reads, prints or
/// opens a file: whatever is open above stderr is closed, for a vendor's code has
/// no business with what our parent had open (T12).
#[must_use]
pub fn serve_pkcs11(module: &Path) -> ExitCode {
    if raw::close_inherited().is_err() {
        return ExitCode::FAILURE;
    }
    worker::serve(|| module::Module::load(module))
}
