//! Sessions: sixteen slots, thirty seconds of idleness, symmetric and (from
//! firmware 2.3 on) asymmetric opening.

use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use crate::codes::{Code, algorithm, object_type as kind};
use crate::curve::curve;
use crate::frame::Args;
use crate::keys::random;
use crate::objects::Object;
use crate::scp03::{Channel, Key, cmac};
use crate::state::State;

/// Sessions at one time.
pub const MAX_SESSIONS: usize = 16;

/// What a session may do: inherited from its authentication key when it was opened.
#[derive(Debug, Clone, Copy)]
pub struct Rights {
    /// Id of the authentication key.
    pub key: u16,
    /// Capability bits.
    pub capabilities: u64,
    /// What it may grant.
    pub delegated: u64,
    /// Domain bits.
    pub domains: u16,
}

/// One session.
#[derive(Debug, Clone)]
pub struct Session {
    /// What it may do.
    pub rights: Rights,
    /// Its keys and chain.
    pub channel: Channel,
    /// The same before the message at hand.
    before: Option<Channel>,
    context: Vec<u8>,
    open: bool,
    used: Instant,
}

/// All slots.
#[derive(Debug)]
pub struct Sessions {
    slots: [Option<Session>; MAX_SESSIONS],
    /// Idle time after which a session ends.
    pub idle: Duration,
}

impl Sessions {
    /// No session yet.
    #[must_use]
    pub fn new(idle: Duration) -> Self {
        Self {
            slots: Default::default(),
            idle,
        }
    }

    /// Ends all, as a reset or a power cut does.
    pub fn clear(&mut self) {
        self.slots = Default::default();
    }

    /// Ends one.
    pub fn close(&mut self, sid: u8) {
        if let Some(slot) = self.slots.get_mut(usize::from(sid)) {
            *slot = None;
        }
    }

    /// Forgets the message at hand: the device never saw it.
    pub fn rewind(&mut self, sid: u8) {
        if let Ok(session) = self.get(sid)
            && let Some(before) = session.before.take()
        {
            session.channel = before;
        }
    }

    /// Ends those that were idle too long.
    pub fn expire(&mut self) {
        let idle = self.idle;
        for slot in &mut self.slots {
            if slot.as_ref().is_some_and(|session| session.used.elapsed() > idle) {
                *slot = None;
            }
        }
    }

    /// Slots in use.
    #[must_use]
    pub fn count(&self) -> usize {
        self.slots.iter().flatten().count()
    }

    /// The authenticated session of this number.
    ///
    /// # Errors
    /// `InvalidSession`.
    pub fn get(&mut self, sid: u8) -> Result<&mut Session, Code> {
        let session = self.slots.get_mut(usize::from(sid)).and_then(Option::as_mut);
        let session = session
            .filter(|session| session.open)
            .ok_or(Code::InvalidSession)?;
        session.used = Instant::now();
        Ok(session)
    }

    /// The plain inner frame of a session message, and what its session may do. A message that
    /// fails its MAC ends the session.
    ///
    /// # Errors
    /// `InvalidSession`, `SessionFailed`, `WrongLength`.
    pub fn open(&mut self, message: &[u8]) -> Result<(u8, Rights, Vec<u8>), Code> {
        let sid = *message.first().ok_or(Code::WrongLength)?;
        let session = self.get(sid)?;
        session.before = Some(session.channel.clone());
        let rights = session.rights;
        let inner = session.channel.open(message).inspect_err(|_| self.close(sid))?;
        Ok((sid, rights, inner))
    }

    fn place(&mut self, key: &Object, channel: Channel, context: Vec<u8>, open: bool) -> Result<u8, Code> {
        let free = self
            .slots
            .iter()
            .position(Option::is_none)
            .ok_or(Code::SessionsFull)?;
        let rights = Rights {
            key: key.id,
            capabilities: key.capabilities,
            delegated: key.delegated,
            domains: key.domains,
        };
        self.slots[free] = Some(Session {
            rights,
            channel,
            before: None,
            context,
            open,
            used: Instant::now(),
        });
        u8::try_from(free).map_err(|_| Code::SessionsFull)
    }

    /// Create-session: the answer, and the authentication key's id for the log.
    ///
    /// # Errors
    /// `ObjectNotFound`, `SessionsFull`, `WrongLength`, `InvalidData`.
    pub fn create(&mut self, state: &State, data: &[u8], target: &mut u16) -> Result<Vec<u8>, Code> {
        let mut args = Args(data);
        *target = args.u16()?;
        let key = state.store.get(kind::AUTHENTICATION_KEY, *target, u16::MAX)?;
        let challenge = args.rest();
        match (key.algorithm, challenge.len()) {
            (algorithm::AES128_AUTH, 8) => {
                let card = random(8);
                let channel = Channel::new(half(key, 0), half(key, 16), challenge, &card);
                let context = [challenge, &card].concat();
                let cryptogram = channel.card_cryptogram(&context);
                let sid = self.place(key, channel, context, false)?;
                Ok([&[sid], &card[..], &cryptogram].concat())
            }
            (algorithm::EC_P256_AUTH, 65) => self.create_asymmetric(state, key, challenge),
            (algorithm::AES128_AUTH | algorithm::EC_P256_AUTH, _) => Err(Code::WrongLength),
            _ => Err(Code::InvalidData),
        }
    }

    /// SCP11-like: two P-256 agreements, X9.63 KDF, a receipt under the first of four keys.
    fn create_asymmetric(&mut self, state: &State, key: &Object, host: &[u8]) -> Result<Vec<u8>, Code> {
        let curve = curve(algorithm::EC_P256).ok_or(Code::InvalidData)?;
        let ephemeral = curve.generate();
        let card = [&[4], &curve.public(&ephemeral)?[..]].concat();
        let shared = [
            curve.exchange(&ephemeral, &host[1..])?,
            curve.exchange(&state.device_key, &key.body)?,
        ]
        .concat();
        let mut keys = Vec::new();
        for counter in 1..=2u32 {
            let block = Sha256::new()
                .chain_update(&shared)
                .chain_update(counter.to_be_bytes());
            keys.extend_from_slice(&block.chain_update([0x3c, 0x88, 0x10]).finalize());
        }
        let part = |at: usize| -> Key { keys[at..at + 16].try_into().expect("64 bytes of keys") };
        let receipt = cmac(&part(0), &[&card, host]);
        let channel = Channel::from_session_keys(part(16), part(32), part(48), receipt);
        let sid = self.place(key, channel, Vec::new(), true)?;
        Ok([&[sid], &card[..], &receipt].concat())
    }

    /// Authenticate-session; the slot is freed where it fails.
    ///
    /// # Errors
    /// `InvalidSession`, `AuthenticationFailed`, `WrongLength`.
    pub fn authenticate(&mut self, data: &[u8], target: &mut u16) -> Result<Vec<u8>, Code> {
        let (sid, rest) = data.split_first().ok_or(Code::WrongLength)?;
        let slot = self
            .slots
            .get_mut(usize::from(*sid))
            .ok_or(Code::InvalidSession)?;
        let session = slot
            .as_mut()
            .filter(|session| !session.open)
            .ok_or(Code::InvalidSession)?;
        *target = session.rights.key;
        let context = std::mem::take(&mut session.context);
        if let Err(code) = session.channel.authenticate(*sid, rest, &context) {
            *slot = None;
            return Err(code);
        }
        session.open = true;
        session.used = Instant::now();
        Ok(Vec::new())
    }
}

fn half(key: &Object, at: usize) -> &Key {
    key.body[at..at + 16]
        .try_into()
        .expect("an authentication key has 32 bytes")
}
