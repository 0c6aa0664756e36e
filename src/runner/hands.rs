//! Performs device and media effects, one at a time, on a thread of its own,
//! so that a five-minute key generation leaves screen and clerk alive. Decides
//! nothing: which device, which key, which payload stands in the effect.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use data_encoding::HEXLOWER;

use super::{Cmd, Vault};
use crate::base::device::{Changed, Credential, DeviceCode, DeviceFault, Operation, Retry};
use crate::base::{Id, Payload, Secret, shown};
use crate::bundle::export;
use crate::engine::{FileRef, Outcome, Ticket, What, recipe_of};
use crate::signer::{Grant, KeyRef, Provider, Secrets, Token};
use crate::store::Disk;

/// One effect with what it needs.
#[derive(Debug)]
pub(super) struct Job {
    /// The effect's number.
    pub(super) effect: u64,
    /// What to do.
    pub(super) what: What,
    /// For a signature: the payload.
    pub(super) payload: Option<Payload>,
    /// For an export: the bundle's name and its files.
    pub(super) export: Option<Export>,
}

/// What an export writes.
#[derive(Debug)]
pub(super) struct Export {
    /// The bundle folder's name on the media.
    pub(super) name: String,
    /// Path and bytes.
    pub(super) files: BTreeMap<String, Vec<u8>>,
}

/// The devices that the script names, by token.
pub type Bench = BTreeMap<Id, Box<dyn Provider>>;

/// The thread's state.
pub(super) struct Hands {
    bench: Bench,
    open: BTreeMap<Id, Box<dyn Token>>,
    vault: Arc<Vault>,
    disk: Arc<dyn Disk>,
    media: Option<PathBuf>,
}

impl Hands {
    pub(super) fn new(bench: Bench, vault: Arc<Vault>, disk: Arc<dyn Disk>, media: Option<PathBuf>) -> Hands {
        Hands {
            bench,
            open: BTreeMap::new(),
            vault,
            disk,
            media,
        }
    }

    /// Works until nobody sends jobs any more; then every device is let go.
    pub(super) fn run(mut self, jobs: &Receiver<Job>, done: &Sender<Cmd>) {
        while let Ok(job) = jobs.recv() {
            let effect = job.effect;
            let operation = operation(&job.what);
            let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| self.perform(job)));
            let outcome = result.unwrap_or_else(|_| {
                // The adapter broke: nothing it holds is used again.
                self.open.clear();
                Outcome::Fault(DeviceFault {
                    operation,
                    code: DeviceCode::DeviceError,
                    meaning: "the program's adapter for this device broke".to_owned(),
                    changed: Changed::Unknown,
                    retry: Retry::AskHuman,
                })
            });
            scrub();
            let sent = done.send(Cmd::Outcome {
                effect,
                outcome: Box::new(outcome),
            });
            if sent.is_err() {
                return;
            }
        }
    }

    fn perform(&mut self, job: Job) -> Outcome {
        let Job {
            what,
            payload,
            export,
            ..
        } = job;
        if let What::Export { .. } = what {
            return self.export(export);
        }
        self.on_device(what, payload).unwrap_or_else(Outcome::Fault)
    }

    fn on_device(&mut self, what: What, payload: Option<Payload>) -> Result<Outcome, DeviceFault> {
        match what {
            What::List { token } => Ok(Outcome::Cards(self.provider(&token)?.list()?)),
            What::Identify { token, serial } => {
                // A device that was pulled and put back is another session: look
                // for it anew unless it answers.
                let known = self.open.get_mut(&token).and_then(|t| t.identity().ok());
                if let Some(card) = known.filter(|card| card.serial == serial) {
                    return Ok(Outcome::Card(card));
                }
                self.open.remove(&token);
                Ok(Outcome::Card(self.token(&token, &serial)?.identity()?))
            }
            What::Keys { token, serial } => Ok(Outcome::Keys(self.token(&token, &serial)?.keys()?)),
            What::Lock { token, .. } => {
                // Letting go of the device is a logout too, for one that fails.
                if let Some(mut device) = self.open.remove(&token) {
                    let _ = device.lock();
                }
                Ok(Outcome::Locked)
            }
            What::Initialise {
                token,
                serial,
                secrets,
            } => {
                let mut new = Secrets::new();
                for (credential, ticket) in secrets {
                    new = new.with(credential, self.secret(ticket)?);
                }
                let device = self.token(&token, &serial)?;
                let powers = device
                    .provisioning()
                    .ok_or_else(|| unsupported(Operation::Initialise))?;
                let card = powers.initialise(&token, &new)?;
                // What was open before the set-up is another device now.
                self.open.remove(&token);
                Ok(Outcome::Initialised(card))
            }
            What::Unlock {
                token,
                serial,
                credential,
                secret,
            } => {
                let secret = match secret {
                    Some(ticket) => self.secret(ticket)?,
                    None => Secret::new(), // typed on the device itself
                };
                self.token(&token, &serial)?.unlock(credential, &secret)?;
                Ok(Outcome::Unlocked)
            }
            What::Mint {
                credential,
                limits,
                quirks,
                dice,
                ..
            } => self.mint(credential, limits, &quirks, dice),
            What::Compare { secret, typed } => Ok(Outcome::Compared {
                same: self.vault.same(secret, typed),
            }),
            What::Attest {
                token,
                serial,
                key,
                operation,
                public,
            } => {
                let key = KeyRef {
                    name: key,
                    operation,
                    public,
                };
                let statement = self.token(&token, &serial)?.attest(&key)?;
                Ok(Outcome::Attested { statement })
            }
            What::ReadLog { token, serial } => {
                let device = self.token(&token, &serial)?;
                let log = device.log().ok_or_else(|| unsupported(Operation::ReadLog))?;
                Ok(Outcome::Log(log.read()?))
            }
            What::ClearLog { token, serial, last } => {
                let device = self.token(&token, &serial)?;
                let log = device.log().ok_or_else(|| unsupported(Operation::ClearLog))?;
                log.clear(last)?;
                Ok(Outcome::LogCleared)
            }
            What::Retire { token, serial } => {
                let device = self.token(&token, &serial)?;
                let powers = device
                    .retirement()
                    .ok_or_else(|| unsupported(Operation::Retire))?;
                powers.retire()?;
                Ok(Outcome::Retired)
            }
            What::Generate { token, serial, order } => {
                let made = self.token(&token, &serial)?.generate(&order)?;
                Ok(Outcome::Generated {
                    public: made.public,
                    attributes: made.attributes,
                })
            }
            What::Sign {
                token,
                serial,
                key,
                called,
                operation,
                public,
                ..
            } => {
                let payload = payload.ok_or_else(|| unsupported(Operation::Sign))?;
                let key = KeyRef {
                    name: called.unwrap_or(key),
                    operation,
                    public,
                };
                let signature = self.token(&token, &serial)?.sign(Grant { key, payload })?;
                Ok(Outcome::Signed {
                    signature: HEXLOWER.encode(&signature),
                })
            }
            What::Nonce | What::Checkpoint | What::Seal | What::Export { .. } => {
                Err(unsupported(Operation::Find))
            }
        }
    }

    fn export(&mut self, job: Option<Export>) -> Outcome {
        let fault = |meaning: &str| Outcome::MediaFault {
            meaning: shown(meaning, 400),
        };
        let Some(Export { name, files }) = job else {
            return fault("the export has no files");
        };
        let Some(media) = &self.media else {
            return fault(crate::fault::Code::MediaMissing.card().fact);
        };
        match export::write(&*self.disk, media, &name, &files).map_err(export::on_media) {
            Ok(read_back) => Outcome::Exported {
                files: read_back
                    .iter()
                    .map(|(path, bytes)| FileRef::of(path, bytes))
                    .collect(),
            },
            Err(error) => fault(&format!("{} {}", error.code.card().fact, error.meaning)),
        }
    }

    fn provider(&mut self, token: &Id) -> Result<&mut Box<dyn Provider>, DeviceFault> {
        self.bench
            .get_mut(token)
            .ok_or_else(|| unsupported(Operation::Find))
    }

    fn token(&mut self, token: &Id, serial: &str) -> Result<&mut Box<dyn Token>, DeviceFault> {
        if !self.open.contains_key(token) {
            let device = self.provider(token)?.open(serial)?;
            self.open.insert(token.clone(), device);
        }
        self.open
            .get_mut(token)
            .ok_or_else(|| unsupported(Operation::Find))
    }

    /// A new secret, by the recipe that the engine counted dice for.
    fn mint(
        &self,
        credential: Credential,
        limits: (u32, u32),
        quirks: &str,
        dice: Option<Ticket>,
    ) -> Result<Outcome, DeviceFault> {
        let broken = |meaning: &str| DeviceFault {
            operation: Operation::Initialise,
            code: DeviceCode::PinForm,
            meaning: shown(meaning, 300),
            changed: Changed::No,
            retry: Retry::Safe,
        };
        let recipe = recipe_of(credential, limits, quirks).map_err(|why| broken(&why))?;
        let made = match dice {
            Some(ticket) => match recipe.from_dice(&self.secret(ticket)?) {
                Ok(secret) => secret,
                Err(why) => {
                    return Ok(Outcome::DiceRefused {
                        because: why.to_string(),
                    });
                }
            },
            None => {
                let random =
                    super::vault::random().ok_or_else(|| broken("the system gives no randomness"))?;
                recipe
                    .from_random(&random)
                    .map_err(|why| broken(&why.to_string()))?
            }
        };
        Ok(Outcome::Minted {
            secret: self.vault.deposit(made),
        })
    }

    fn secret(&self, ticket: Ticket) -> Result<Secret, DeviceFault> {
        self.vault.withdraw(ticket).ok_or_else(|| DeviceFault {
            operation: Operation::Unlock,
            code: DeviceCode::PinForm,
            meaning: "the typed secret is gone; nothing was sent to the device".to_owned(),
            changed: Changed::No,
            retry: Retry::Safe,
        })
    }
}

/// Overwrites what the calls before have left on this thread's stack: an
/// optimising compiler moves secrets by value, and leaves copies of buffers that
/// wipe themselves where they ended up.
#[inline(never)]
fn scrub() {
    let mut space = [0u8; 256 * 1024];
    zeroize::Zeroize::zeroize(space.as_mut_slice());
    std::hint::black_box(&space);
}

fn unsupported(operation: Operation) -> DeviceFault {
    DeviceFault {
        operation,
        code: DeviceCode::Unsupported,
        meaning: "this device cannot do that".to_owned(),
        changed: Changed::No,
        retry: Retry::Never,
    }
}

fn operation(what: &What) -> Operation {
    match what {
        What::Identify { .. } => Operation::Identity,
        What::Keys { .. } => Operation::Keys,
        What::Lock { .. } => Operation::Lock,
        What::Initialise { .. } | What::Mint { .. } => Operation::Initialise,
        What::Attest { .. } => Operation::Attest,
        What::ReadLog { .. } => Operation::ReadLog,
        What::ClearLog { .. } => Operation::ClearLog,
        What::Retire { .. } => Operation::Retire,
        What::Unlock { .. } => Operation::Unlock,
        What::Generate { .. } => Operation::Generate,
        What::Sign { .. } => Operation::Sign,
        _ => Operation::Find,
    }
}
