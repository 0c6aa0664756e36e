//! The worker's own side: reads requests, asks the module, answers, until the
//! pipe closes. It runs in the process that a vendor module may crash, hang or
//! take over, so it holds nothing but the PIN of the device that is unlocked.

use std::fs::File;
use std::process::ExitCode;

use super::frame;
use super::process::take_pipes;
use super::protocol::{Answer, HELLO, MESSAGE_MAX, PAGE, Request, decode, encode};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyFound, KeyOrder, Operation,
};
use crate::base::{Id, Secret};
use crate::signer::fault::fault;
use crate::signer::{KeyMade, KeyRef};

/// A module as a worker drives it: the port, for one device at a time, with the
/// bytes to be signed in place of a grant. The grant was consumed on our side;
/// only there can payloads be minted.
pub(crate) trait Served {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault>;
    fn open(&mut self, serial: &str) -> Result<DeviceCard, DeviceFault>;
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault>;
    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault>;
    fn unlock(&mut self, role: Credential, pin: Secret) -> Result<(), DeviceFault>;
    fn initialise(&mut self, label: &Id, so_pin: &Secret, pin: &Secret) -> Result<DeviceCard, DeviceFault>;
    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault>;
    /// The signature as the device gives it.
    fn sign(&mut self, key: &KeyRef, message: &[u8]) -> Result<Vec<u8>, DeviceFault>;
    fn change(&mut self, which: Credential, old: &Secret, new: &Secret) -> Result<(), DeviceFault>;
    fn unblock(&mut self, so_pin: &Secret, new: &Secret) -> Result<(), DeviceFault>;
    fn lock(&mut self) -> Result<(), DeviceFault>;
}

/// Serves what `load` loads. Exit code 0 after a closed pipe, 4 when the module
/// could not be loaded, 2 when the other side does not speak our protocol.
pub(crate) fn serve<M: Served>(load: impl FnOnce() -> Result<M, DeviceFault>) -> ExitCode {
    // A core file of this process would hold a PIN.
    let quiet = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    // Away from the terminal: no Ctrl-C in the middle of a signature, and a module
    // cannot prompt or paint on a screen that is not its own.
    let _ = rustix::process::setsid();
    let (Ok(()), Ok((mut input, mut output))) = (quiet, take_pipes()) else {
        return ExitCode::from(2);
    };
    let mut module = match load() {
        Ok(module) => module,
        Err(fault) => {
            let _ = answer(&mut output, &Answer::Fault { fault });
            return ExitCode::from(4);
        }
    };
    let version = HELLO.to_owned();
    if answer(&mut output, &Answer::Hello { version }).is_none() {
        return ExitCode::from(2);
    }
    let mut listed = Vec::new();
    while let Ok(bytes) = frame::read(&mut input) {
        let given = decode::<Request>(&bytes)
            .and_then(|request| perform(&mut module, request, &mut input, &mut listed))
            .and_then(|given| answer(&mut output, &given));
        if given.is_none() {
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn answer(output: &mut File, answer: &Answer) -> Option<()> {
    frame::write(output, &encode(answer)?).ok()
}

/// `None`: the request's own frames are not there. `listed` holds the keys between
/// their pages: pages of two readings could hide a key or show one twice.
fn perform(
    module: &mut impl Served,
    request: Request,
    input: &mut File,
    listed: &mut Vec<KeyFound>,
) -> Option<Answer> {
    let done = match request {
        Request::List => module.list().map(|cards| Answer::Cards { cards }),
        Request::Open { serial } => module.open(&serial).map(|card| Answer::Card { card }),
        Request::Identity => module.identity().map(|card| Answer::Card { card }),
        Request::Keys { from: 0 } => module.keys().map(|keys| {
            *listed = keys;
            page(listed, 0)
        }),
        Request::Keys { from } => Ok(page(listed, from)),
        Request::Unlock { role } => {
            let pin = frame::read_secret(input).ok()?;
            module.unlock(role, pin).map(|()| Answer::Done)
        }
        Request::Initialise { label } => {
            let so_pin = frame::read_secret(input).ok()?;
            let pin = frame::read_secret(input).ok()?;
            module
                .initialise(&label, &so_pin, &pin)
                .map(|card| Answer::Card { card })
        }
        Request::Change { which } => {
            let old = frame::read_secret(input).ok()?;
            let new = frame::read_secret(input).ok()?;
            module.change(which, &old, &new).map(|()| Answer::Done)
        }
        Request::Unblock => {
            let so_pin = frame::read_secret(input).ok()?;
            let new = frame::read_secret(input).ok()?;
            module.unblock(&so_pin, &new).map(|()| Answer::Done)
        }
        Request::Generate { order } => module.generate(&order).map(|made| Answer::Made {
            public: made.public,
            attributes: made.attributes,
        }),
        Request::Sign {
            name,
            operation,
            public,
            length,
        } => {
            let message = message(input, length)?;
            let key = KeyRef {
                name,
                operation,
                public,
            };
            sign(module, &key, &message)
        }
        Request::Lock => module.lock().map(|()| Answer::Done),
    };
    Some(done.unwrap_or_else(|fault| Answer::Fault { fault }))
}

fn page(keys: &[KeyFound], from: usize) -> Answer {
    let more = keys.len() > from.saturating_add(PAGE);
    Answer::Keys {
        keys: keys.iter().skip(from).take(PAGE).cloned().collect(),
        more,
    }
}

fn message(input: &mut File, length: usize) -> Option<Vec<u8>> {
    let mut message = Vec::new();
    while message.len() < length.min(MESSAGE_MAX) {
        message.extend(frame::read(input).ok()?);
    }
    (message.len() == length).then_some(message)
}

fn sign(module: &mut impl Served, key: &KeyRef, message: &[u8]) -> Result<Answer, DeviceFault> {
    let raw = module.sign(key, message)?;
    if raw.len() > 1024 {
        return Err(fault(
            Operation::Sign,
            DeviceCode::AnswerRefused,
            Changed::Unknown,
            &format!("a signature of {} bytes", raw.len()),
        ));
    }
    Ok(Answer::Signature {
        hex: data_encoding::HEXLOWER.encode(&raw),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::device::KeyAttributes;

    #[test]
    fn the_largest_page_fits_a_frame_and_pages_lose_no_key() {
        let key = |n: usize| KeyFound {
            label: format!("{}{n:04}", "\\u{10ffff}".repeat(64)),
            id: "f".repeat(128),
            public: None,
            attributes: KeyAttributes {
                sensitive: Some(false),
                ..KeyAttributes::default()
            },
        };
        let all: Vec<KeyFound> = (0..70).map(key).collect();
        let mut got = Vec::new();
        loop {
            let answer = page(&all, got.len());
            assert!(encode(&answer).is_some());
            let Answer::Keys { keys, more } = answer else {
                panic!("not keys");
            };
            got.extend(keys);
            if !more {
                break;
            }
        }
        assert_eq!(got, all);
    }
}
