//! The port, spoken to a worker. What comes back is taken as text from a
//! stranger: kinds, lengths and characters are checked here; whether a key or a
//! signature is the right one is checked by the engine, with other code (law 8).

use std::time::Duration;

use super::process::{Limits, Part, Worker, WorkerCommand};
use super::protocol::{Answer, KEYS_MAX, MESSAGE_MAX, Request, encode};
use super::{frame, protocol};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation,
    Statement,
};
use crate::base::{Algorithm, Id, PublicKey, Secret};
use crate::signer::fault::{asks, check_order, fault};
use crate::signer::pkcs11::quirks;
use crate::signer::{Grant, KeyMade, KeyRef, Pins, Provider, Provisioning, Secrets, Token};

/// Devices behind a worker: a process for every look and one for every device
/// that is open, so that one device's crash is no other's.
#[derive(Debug)]
pub struct WorkerProvider {
    command: WorkerCommand,
}

impl WorkerProvider {
    pub(crate) fn new(command: WorkerCommand) -> WorkerProvider {
        WorkerProvider { command }
    }
}

impl Provider for WorkerProvider {
    fn list(&mut self) -> Result<Vec<DeviceCard>, DeviceFault> {
        let mut link = Link::start(&self.command)?;
        match link.ask(Operation::Find, &Request::List)? {
            Answer::Cards { cards } if cards.iter().all(card_is_plain) => Ok(cards),
            _ => Err(link.strange(Operation::Find)),
        }
    }

    fn open(&mut self, serial: &str) -> Result<Box<dyn Token>, DeviceFault> {
        let mut link = Link::start(&self.command)?;
        let request = Request::Open {
            serial: serial.to_owned(),
        };
        let card = link.card(Operation::Find, &request, Vec::new())?;
        if card.serial != serial {
            return Err(link.strange(Operation::Find));
        }
        link.waits = Waits::of(&card);
        Ok(Box::new(WorkerToken { link }))
    }
}

/// One device behind a worker of its own.
struct WorkerToken {
    link: Link,
}

struct Link {
    worker: Worker,
    waits: Waits,
}

/// What a device may wait for before it answers, and the worker with it.
#[derive(Clone, Copy, Default)]
struct Waits {
    /// A PIN that is typed on the device.
    pin_pad: bool,
    /// A touch before it signs.
    touch: Duration,
}

impl Waits {
    fn of(card: &DeviceCard) -> Waits {
        Waits {
            pin_pad: card.pin_pad,
            touch: Duration::from_secs(quirks::profile(card).touch_seconds.unwrap_or(0)),
        }
    }

    /// How long a call may take: a device that waits for a person is not hanging.
    fn limit(self, limits: &Limits, op: Operation, rsa: bool) -> Duration {
        let plain = match op {
            Operation::Generate if rsa => limits.generate_rsa,
            Operation::Generate => limits.generate,
            Operation::Initialise => limits.initialise,
            Operation::Sign => limits.call.saturating_add(self.touch),
            _ => limits.call,
        };
        if self.pin_pad && !asks(op) {
            plain.saturating_add(limits.person)
        } else {
            plain
        }
    }
}

impl Link {
    fn start(command: &WorkerCommand) -> Result<Link, DeviceFault> {
        Ok(Link {
            worker: Worker::start(command)?,
            waits: Waits::default(),
        })
    }

    fn ask(&mut self, op: Operation, request: &Request) -> Result<Answer, DeviceFault> {
        self.tell(op, request, Vec::new())
    }

    /// Sends a request and what follows it; a fault from the other side is a fault.
    fn tell(&mut self, op: Operation, request: &Request, more: Vec<Part>) -> Result<Answer, DeviceFault> {
        let Some(head) = encode(request) else {
            return Err(fault(
                op,
                DeviceCode::Unsupported,
                Changed::No,
                "the request is too long",
            ));
        };
        let mut parts = vec![Part::Frame(head)];
        parts.extend(more);
        let rsa = matches!(request, Request::Generate { order } if order.algorithm.modulus_bits().is_some());
        let limit = self.waits.limit(&self.worker.limits, op, rsa);
        match self.worker.call(op, limit, parts)? {
            Answer::Fault { fault } if fault.operation == op && is_plain(&fault.meaning, 2000) => Err(fault),
            Answer::Fault { .. } => Err(self.strange(op)),
            answer => Ok(answer),
        }
    }

    fn strange(&mut self, op: Operation) -> DeviceFault {
        self.worker
            .refuse(op, "the worker's answer is not one to this question")
    }

    fn card(&mut self, op: Operation, request: &Request, more: Vec<Part>) -> Result<DeviceCard, DeviceFault> {
        match self.tell(op, request, more)? {
            Answer::Card { card } if card_is_plain(&card) => Ok(card),
            _ => Err(self.strange(op)),
        }
    }

    fn done(&mut self, op: Operation, request: &Request, more: Vec<Part>) -> Result<(), DeviceFault> {
        match self.tell(op, request, more)? {
            Answer::Done => Ok(()),
            _ => Err(self.strange(op)),
        }
    }
}

fn is_plain(text: &str, max: usize) -> bool {
    text.len() <= max && text.bytes().all(|b| (0x20..=0x7e).contains(&b))
}

fn card_is_plain(card: &DeviceCard) -> bool {
    [
        &card.vendor,
        &card.model,
        &card.serial,
        &card.label,
        &card.firmware,
        &card.quirks,
    ]
    .iter()
    .all(|text| is_plain(text, 400))
}

fn key_is_plain(key: &KeyFound) -> bool {
    is_plain(&key.label, 1200) && key.id.len() <= 128 && key.id.bytes().all(|b| b.is_ascii_hexdigit())
}

fn secret_part(op: Operation, secret: &Secret) -> Result<Part, DeviceFault> {
    Secret::copy_of(secret.expose())
        .map(Part::Secret)
        .map_err(|error| fault(op, DeviceCode::PinForm, Changed::No, &error.to_string()))
}

impl Token for WorkerToken {
    fn identity(&mut self) -> Result<DeviceCard, DeviceFault> {
        self.link
            .card(Operation::Identity, &Request::Identity, Vec::new())
    }

    fn keys(&mut self) -> Result<Vec<KeyFound>, DeviceFault> {
        let op = Operation::Keys;
        let mut all: Vec<KeyFound> = Vec::new();
        loop {
            match self.link.ask(op, &Request::Keys { from: all.len() })? {
                Answer::Keys { keys, more }
                    if keys.iter().all(key_is_plain)
                        && keys.len() <= protocol::PAGE
                        && !(more && keys.is_empty()) =>
                {
                    all.extend(keys);
                    if !more {
                        return Ok(all);
                    }
                }
                _ => return Err(self.link.strange(op)),
            }
            if all.len() > KEYS_MAX {
                return Err(self.link.worker.refuse(op, "more keys than a device can hold"));
            }
        }
    }

    fn unlock(&mut self, role: Credential, pin: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::Unlock;
        let parts = vec![secret_part(op, pin)?];
        self.link.done(op, &Request::Unlock { role }, parts)
    }

    fn generate(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        check_order(order)?;
        let request = Request::Generate { order: order.clone() };
        match self.link.ask(op, &request)? {
            Answer::Made { public, attributes } if public.algorithm() == order.algorithm => {
                Ok(made(public, attributes))
            }
            _ => Err(self.link.strange(op)),
        }
    }

    fn attest(&mut self, _key: &KeyRef) -> Result<Option<Statement>, DeviceFault> {
        Ok(None) // PKCS#11 has no call for it
    }

    fn sign(&mut self, grant: Grant) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        let algorithm = grant.key.public.algorithm();
        // CKM_ECDSA takes the digest (CKM_ECDSA_SHA256 is missing on many tokens),
        // CKM_EDDSA and RSA-PSS the whole message.
        let message = algorithm.prehashed(grant.payload.bytes());
        if message.len() > MESSAGE_MAX {
            return Err(fault(
                op,
                DeviceCode::Unsupported,
                Changed::No,
                "the message is too long",
            ));
        }
        let request = Request::Sign {
            name: grant.key.name.clone(),
            operation: grant.key.operation,
            public: grant.key.public.clone(),
            length: message.len(),
        };
        let parts = message
            .chunks(frame::FRAME_MAX)
            .map(|chunk| Part::Frame(chunk.to_vec()))
            .collect();
        let Answer::Signature { hex } = self.link.tell(op, &request, parts)? else {
            return Err(self.link.strange(op));
        };
        signature(algorithm, &hex).ok_or_else(|| {
            self.link.worker.refuse(
                op,
                "expected a signature of the key's length and range, got something else",
            )
        })
    }

    fn lock(&mut self) -> Result<(), DeviceFault> {
        self.link.done(Operation::Lock, &Request::Lock, Vec::new())
    }

    fn provisioning(&mut self) -> Option<&mut dyn Provisioning> {
        Some(self)
    }

    fn pins(&mut self) -> Option<&mut dyn Pins> {
        Some(self)
    }
}

impl Pins for WorkerToken {
    fn change(&mut self, which: Credential, old: &Secret, new: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::ChangePin;
        let parts = vec![secret_part(op, old)?, secret_part(op, new)?];
        self.link.done(op, &Request::Change { which }, parts)
    }

    fn unblock(&mut self, so_pin: &Secret, new_pin: &Secret) -> Result<(), DeviceFault> {
        let op = Operation::ChangePin;
        let parts = vec![secret_part(op, so_pin)?, secret_part(op, new_pin)?];
        self.link.done(op, &Request::Unblock, parts)
    }
}

impl Provisioning for WorkerToken {
    fn credentials(&self) -> &'static [Credential] {
        Credential::PINS
    }

    fn initialise(&mut self, label: &Id, secrets: &Secrets) -> Result<DeviceCard, DeviceFault> {
        let op = Operation::Initialise;
        let (so_pin, pin) = (secrets.get(Credential::SoPin)?, secrets.get(Credential::UserPin)?);
        let parts = vec![secret_part(op, so_pin)?, secret_part(op, pin)?];
        let request = Request::Initialise { label: label.clone() };
        let card = self.link.card(op, &request, parts)?;
        self.link.waits = Waits::of(&card);
        Ok(card)
    }
}

fn made(public: PublicKey, attributes: KeyAttributes) -> KeyMade {
    KeyMade { public, attributes }
}

/// Devices give r and s (or R and S) in fixed width. For ECDSA they become ASN.1
/// DER with minimal integers (SEC 1 C.8), which is what TUF clients read; zero
/// or too large r and s are refused on the way. RSA gives as many bytes as its modulus.
fn signature(algorithm: Algorithm, hex: &str) -> Option<Vec<u8>> {
    let expected = match algorithm {
        Algorithm::Ed25519 | Algorithm::EcdsaP256 => 64,
        Algorithm::EcdsaP384 => 96,
        _ => algorithm.modulus_bits()? / 8,
    };
    let raw = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?;
    if raw.len() != expected {
        return None;
    }
    match algorithm {
        Algorithm::EcdsaP384 => p384::ecdsa::Signature::from_slice(&raw)
            .ok()
            .map(|s| s.to_der().as_bytes().to_vec()),
        Algorithm::EcdsaP256 => p256::ecdsa::Signature::from_slice(&raw)
            .ok()
            .map(|s| s.to_der().as_bytes().to_vec()),
        _ => Some(raw),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_64_bytes_in_range_become_a_signature() {
        let hex = |r: &str, s: &str| format!("{r:0>64}{s:0>64}");
        let der = signature(Algorithm::EcdsaP256, &hex("01", "80")).unwrap();
        assert_eq!(der, [0x30, 7, 2, 1, 1, 2, 2, 0, 0x80], "minimal integers");
        let ff = "f".repeat(64);
        for bad in [hex("0", "1"), hex("1", "0"), hex(&ff, "1"), hex("1", &ff)] {
            assert!(signature(Algorithm::EcdsaP256, &bad).is_none(), "{bad}");
        }
        for len in [0, 1, 63, 65, 70_000] {
            assert!(signature(Algorithm::Ed25519, &"00".repeat(len)).is_none());
        }
        assert!(signature(Algorithm::Ed25519, &"zz".repeat(64)).is_none());
    }

    #[test]
    fn other_algorithms_have_their_own_lengths() {
        let one = |bytes: usize| format!("{:0>1$}", "1", bytes * 2).repeat(2);
        assert!(signature(Algorithm::EcdsaP384, &one(48)).is_some());
        assert!(signature(Algorithm::EcdsaP384, &one(32)).is_none());
        for (algorithm, bytes) in [
            (Algorithm::RsaPss2048, 256),
            (Algorithm::RsaPss3072, 384),
            (Algorithm::RsaPss4096, 512),
        ] {
            let hex = |n: usize| "5a".repeat(n);
            assert_eq!(signature(algorithm, &hex(bytes)).unwrap().len(), bytes);
            assert!(signature(algorithm, &hex(bytes - 1)).is_none());
            assert!(signature(algorithm, &hex(bytes + 1)).is_none());
        }
    }

    #[test]
    fn a_device_that_waits_for_a_person_is_given_the_time() {
        let limits = Limits::default();
        let plain = Waits::default();
        let touch = Waits {
            touch: Duration::from_secs(15),
            ..plain
        };
        let pad = Waits {
            pin_pad: true,
            ..plain
        };
        for (waits, op, rsa, expected) in [
            (plain, Operation::Sign, false, limits.call),
            (
                touch,
                Operation::Sign,
                false,
                limits.call + Duration::from_secs(15),
            ),
            (touch, Operation::Unlock, false, limits.call),
            (pad, Operation::Unlock, false, limits.call + limits.person),
            (pad, Operation::ChangePin, false, limits.call + limits.person),
            (pad, Operation::Keys, false, limits.call),
            (
                pad,
                Operation::Initialise,
                false,
                limits.initialise + limits.person,
            ),
            (plain, Operation::Generate, false, limits.generate),
            (plain, Operation::Generate, true, limits.generate_rsa),
        ] {
            assert_eq!(waits.limit(&limits, op, rsa), expected, "{op:?}");
        }
    }
}
