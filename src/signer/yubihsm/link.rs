//! What the thread of a device holds: the crate's connector and client, who is
//! logged in, and what was sent. Every command goes through [`Link::tell`],
//! which names it, so that the record can say what the device's log must show.
//! Questions before login are asked outside of any session, in frames of our
//! own: the crate would need a password for them.

use std::time::{Duration, Instant};

use yubihsm::authentication::Credentials;
use yubihsm::command::Code;
use yubihsm::device::SerialNumber;
use yubihsm::{Client, Connector, HttpConfig, UsbConfig, Uuid};

use super::error;
use super::relay::{PATIENCE, Relay};
use super::roles::FACTORY_KEY;
use super::usb::Claim;
use crate::base::device::{Changed, Credential, DeviceCard, DeviceCode, DeviceFault, Operation, PinState};
use crate::base::shown;
use crate::signer::fault::{asks, fault};

/// The device has 16 sessions and frees one after 30 s of silence; the crate
/// never closes one. One is left for somebody else.
const SESSIONS: usize = 15;
const SESSION_ENDS: Duration = Duration::from_secs(31);

/// Where a device is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Reach {
    Usb(SerialNumber),
    /// A port of 127.0.0.1.
    Http(u16),
}

impl Reach {
    /// The quirk profile: over USB there is only hardware; behind a connector on
    /// loopback there may be a simulator, which a rehearsal may reset.
    fn quirks(self) -> &'static str {
        match self {
            Reach::Usb(_) => "yubihsm2-usb",
            Reach::Http(_) => "yubihsm2-http",
        }
    }
}

/// What a device says of itself outside of a session (command 06).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Info {
    pub(super) serial: String,
    pub(super) firmware: String,
    pub(super) log_used: u8,
}

struct Wire {
    connector: Connector,
    /// Held for as long as the connector lives.
    _relay: Option<Relay>,
    claim: Option<Claim>,
}

struct Session {
    role: Credential,
    client: Client,
    /// Entries in the log at the last tick, and how often it grew without us.
    log_used: Option<u8>,
    spoiled: bool,
}

/// See above.
pub(super) struct Link {
    reach: Reach,
    wire: Option<Wire>,
    session: Option<Session>,
    opened: Vec<Instant>,
    expected: Option<(String, String)>,
    /// How long an answer may take over HTTP.
    pub(super) patience: Duration,
    /// Number and digest of the last entry that was cleared from the log.
    pub(super) cleared: Option<(u16, [u8; 16])>,
    /// The same of every entry of the last reading.
    pub(super) read: Vec<(u16, [u8; 16])>,
}

impl Link {
    pub(super) fn new(reach: Reach) -> Link {
        Link {
            reach,
            wire: None,
            session: None,
            opened: Vec::new(),
            expected: None,
            patience: PATIENCE,
            cleared: None,
            read: Vec::new(),
        }
    }

    /// Throws everything away that talks to the device.
    pub(super) fn discard(&mut self) {
        self.session = None;
        self.wire = None;
    }

    /// From now on this device must answer, and no other.
    pub(super) fn expect(&mut self, serial: &str, firmware: &str) {
        self.expected = Some((serial.to_owned(), firmware.to_owned()));
    }

    pub(super) fn role(&self) -> Option<Credential> {
        self.session.as_ref().map(|s| s.role)
    }

    /// After a reset the log begins anew, and there are no sessions.
    pub(super) fn forget_past(&mut self) {
        self.opened.clear();
        self.read.clear();
        self.cleared = None;
    }

    fn connect(&mut self, operation: Operation) -> Result<Connector, DeviceFault> {
        if let Some(wire) = &self.wire {
            return Ok(wire.connector.clone());
        }
        let (connector, relay, claim) = match self.reach {
            Reach::Usb(serial) => {
                let claim = Claim::take(operation)?;
                let config = UsbConfig {
                    serial: Some(serial),
                    timeout_ms: UsbConfig::DEFAULT_TIMEOUT_MILLIS,
                };
                (Connector::usb(&config), None, Some(claim))
            }
            Reach::Http(port) => {
                let relay = Relay::start(port, self.patience).map_err(|e| {
                    let text = format!("no relay on loopback: {e}");
                    fault(operation, DeviceCode::DeviceError, Changed::No, &text)
                })?;
                let config = HttpConfig {
                    addr: "127.0.0.1".to_owned(),
                    port: relay.port(),
                    ..HttpConfig::default()
                };
                (Connector::http(&config), Some(relay), None)
            }
        };
        let wire = self.wire.insert(Wire {
            connector,
            _relay: relay,
            claim,
        });
        Ok(wire.connector.clone())
    }

    /// One frame outside of any session; its answer with the head taken off.
    fn plain(
        &mut self,
        operation: Operation,
        code: Code,
        data: &[u8],
    ) -> Result<Result<Vec<u8>, u8>, DeviceFault> {
        let connector = self.connect(operation)?;
        let length = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
        let frame = [&[code.to_u8()], &length[..], data].concat();
        let answer = connector.send_message(Uuid::nil(), frame.into());
        let answer = match answer {
            Ok(bytes) => Vec::<u8>::from(bytes),
            Err(e) => {
                self.discard();
                return Err(error::of_connector(operation, &e));
            }
        };
        let refuse = |text: &str| {
            fault(
                operation,
                DeviceCode::AnswerRefused,
                unless_asked(operation),
                text,
            )
        };
        let [head, l0, l1, body @ ..] = answer.as_slice() else {
            return Err(refuse("an answer of fewer than three bytes"));
        };
        if usize::from(u16::from_be_bytes([*l0, *l1])) != body.len() {
            return Err(refuse("an answer that is not as long as it says"));
        }
        match (*head, body) {
            (0x7f, [code]) => Ok(Err(*code)),
            (head, body) if head == code.to_u8() | 0x80 => Ok(Ok(body.to_vec())),
            _ => Err(refuse("the answer to another command")),
        }
    }

    /// Device info, read whole (the crate drops the algorithms of newer firmware).
    pub(super) fn info(&mut self, operation: Operation) -> Result<Info, DeviceFault> {
        let refuse = |text: &str| {
            fault(
                operation,
                DeviceCode::AnswerRefused,
                unless_asked(operation),
                text,
            )
        };
        let body = match self.plain(operation, Code::DeviceInfo, &[])? {
            Ok(body) => body,
            Err(code) => return Err(refuse(&format!("device info was refused with code {code}"))),
        };
        let [
            major,
            minor,
            build,
            s0,
            s1,
            s2,
            s3,
            _capacity,
            log_used,
            algorithms @ ..,
        ] = body.as_slice()
        else {
            return Err(refuse("a device info of fewer than nine bytes"));
        };
        if algorithms.is_empty() {
            return Err(refuse("a device info without algorithms"));
        }
        Ok(Info {
            // Ten digits, as printed on the device.
            serial: format!("{:010}", u32::from_be_bytes([*s0, *s1, *s2, *s3])),
            firmware: format!("{major}.{minor}.{build}"),
            log_used: *log_used,
        })
    }

    /// Whether an authentication key with this id is there: asks for a session
    /// with it and goes no further. Independent of domains. Where the key is
    /// there, the attempt holds one of the 16 sessions for 30 s.
    pub(super) fn has_auth_key(&mut self, operation: Operation, id: u16) -> Result<bool, DeviceFault> {
        let challenge = [0_u8; 8];
        let data = [&id.to_be_bytes()[..], &challenge].concat();
        self.wait_for_session();
        match self.plain(operation, Code::CreateSession, &data)? {
            Ok(_) => {
                self.opened.push(Instant::now());
                Ok(true)
            }
            Err(code) => match yubihsm::device::ErrorKind::from_u8(code) {
                yubihsm::device::ErrorKind::ObjectNotFound => Ok(false),
                // Only a key that is there can lack a session.
                kind => {
                    let (code, _) = error::said(operation, kind);
                    let text = format!("asked for authentication key {id}, the device answered: {kind}");
                    Err(fault(operation, code, unless_asked(operation), &text))
                }
            },
        }
    }

    /// The device card. Nobody needs to be logged in for it.
    pub(super) fn card(&mut self, operation: Operation) -> Result<DeviceCard, DeviceFault> {
        let result = self.card_now(operation);
        if self.session.is_none() {
            self.discard(); // USB is held only while somebody is logged in
        }
        result
    }

    fn card_now(&mut self, operation: Operation) -> Result<DeviceCard, DeviceFault> {
        let info = self.info(operation)?;
        let initialised = !self.has_auth_key(operation, FACTORY_KEY)?;
        let card = DeviceCard {
            vendor: "Yubico".to_owned(),
            model: "YubiHSM 2".to_owned(),
            serial: info.serial,
            label: String::new(),
            firmware: info.firmware,
            initialised,
            pin: if initialised {
                PinState::Ready
            } else {
                PinState::Unset
            },
            pin_limits: (20, 64),
            pin_pad: false,
            quirks: self.reach.quirks().to_owned(),
        };
        if let Some(claim) = self.wire.as_ref().and_then(|w| w.claim.as_ref()) {
            claim.shows(&card);
        }
        Ok(card)
    }

    /// The device that was opened answers, with the firmware that it had.
    pub(super) fn check_same(&mut self, operation: Operation) -> Result<Info, DeviceFault> {
        let info = self.info(operation)?;
        let Some((serial, firmware)) = &self.expected else {
            return Ok(info);
        };
        if info.serial == *serial && info.firmware == *firmware {
            return Ok(info);
        }
        let text = format!(
            "expected serial {serial} with firmware {firmware}, {} with {} answers",
            shown(&info.serial, 20),
            shown(&info.firmware, 20)
        );
        self.discard();
        Err(fault(operation, DeviceCode::Removed, Changed::No, &text))
    }

    /// Waits until one of the 16 sessions must be free again. Only machines are
    /// ever that fast; nothing was sent, so nothing is tried twice.
    fn wait_for_session(&mut self) {
        let now = Instant::now();
        self.opened
            .retain(|at| now.saturating_duration_since(*at) < SESSION_ENDS);
        if let Some(wait) = free_in(&self.opened, now) {
            std::thread::sleep(wait);
        }
    }

    /// Opens a session; the caller owns its client.
    pub(super) fn open(
        &mut self,
        operation: Operation,
        credentials: Credentials,
    ) -> Result<Client, DeviceFault> {
        self.wait_for_session();
        let connector = self.connect(operation)?;
        // `false`: the crate keeps no credentials and opens nothing by itself.
        let opened = Client::open(connector, credentials, false).map_err(|e| error::of(operation, &e));
        // A wrong password takes a session as well; a key that is not there takes none.
        if !matches!(&opened, Err(told) if told.code == DeviceCode::NotInitialised) {
            self.opened.push(Instant::now());
        }
        opened
    }

    /// Logs in, in place of whoever was.
    pub(super) fn log_in(&mut self, role: Credential, credentials: Credentials) -> Result<(), DeviceFault> {
        self.session = None;
        let result = self.log_in_now(role, credentials);
        if result.is_err() {
            self.discard();
        }
        result
    }

    fn log_in_now(&mut self, role: Credential, credentials: Credentials) -> Result<(), DeviceFault> {
        // USB: whoever lists meanwhile sees this card.
        if self.wire.is_none() && matches!(self.reach, Reach::Usb(_)) {
            self.card_now(Operation::Unlock)?;
        }
        self.check_same(Operation::Unlock)?;
        let client = self.open(Operation::Unlock, credentials)?;
        self.keep(role, client);
        Ok(())
    }

    /// Takes over a session.
    pub(super) fn keep(&mut self, role: Credential, client: Client) {
        self.session = Some(Session {
            role,
            client,
            log_used: None,
            spoiled: false,
        });
    }

    /// One command in the session. An error that is not the device's own word
    /// ends the session here as well.
    pub(super) fn tell<T>(
        &mut self,
        operation: Operation,
        code: Code,
        command: impl FnOnce(&Client) -> Result<T, yubihsm::client::Error>,
    ) -> Result<T, DeviceFault> {
        let Some(session) = &mut self.session else {
            return Err(fault(
                operation,
                DeviceCode::NotUnlocked,
                Changed::No,
                "nobody is logged in, or the session has ended",
            ));
        };
        session.log_used = None;
        let client = session.client.clone();
        self.tell_by(operation, code, &client, command)
    }

    /// The same in a session of the caller's.
    pub(super) fn tell_by<T>(
        &mut self,
        operation: Operation,
        code: Code,
        client: &Client,
        command: impl FnOnce(&Client) -> Result<T, yubihsm::client::Error>,
    ) -> Result<T, DeviceFault> {
        command(client).map_err(|e| {
            if !error::session_survives(&e) {
                self.discard();
            }
            let mut told = error::of(operation, &e);
            // Which of a call's commands failed: a call is often several.
            told.meaning = shown(&format!("{code:?}: {}", told.meaning), 300);
            if told.code == DeviceCode::NotUnlocked
                && let Some(role) = self.role()
            {
                told.meaning = format!("the {} does not open this: {}", role.name(), told.meaning);
            }
            told
        })
    }

    /// Ten seconds of silence: keeps the session alive with a command that is
    /// never logged. On a device that logs it all the same the log would fill,
    /// so there the session is left to end.
    pub(super) fn tick(&mut self) {
        let Some(session) = &mut self.session else {
            return;
        };
        if session.spoiled {
            return;
        }
        let Ok(info) = session.client.device_info() else {
            self.discard();
            return;
        };
        session.spoiled = session
            .log_used
            .is_some_and(|before| info.log_store_used > before);
        session.log_used = Some(info.log_store_used);
    }
}

/// How long until a session can be opened; `None`: at once. `opened` is in order
/// and holds those of the last 31 s.
fn free_in(opened: &[Instant], now: Instant) -> Option<Duration> {
    let surplus = opened.len().checked_sub(SESSIONS)?;
    let age = now.saturating_duration_since(*opened.get(surplus)?);
    Some(SESSION_ENDS.saturating_sub(age))
}

fn unless_asked(operation: Operation) -> Changed {
    if asks(operation) {
        Changed::No
    } else {
        Changed::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_is_bridged_unless_the_device_logs_it() {
        let simulator = yubihsm_sim::Simulator::start(yubihsm_sim::Config::default()).unwrap();
        let device = simulator.device();
        let mut link = Link::new(Reach::Http(simulator.port()));
        link.log_in(Credential::Signer, Credentials::default()).unwrap();
        let asked = || {
            let seen = device.seen();
            seen.iter()
                .filter(|c| c.command == Code::DeviceInfo.to_u8() && c.session_key == 1)
                .count()
        };
        link.tick();
        link.tick();
        assert_eq!(asked(), 2);
        // Our own commands may be logged between two ticks.
        device.log_command(0x56);
        link.tell(Operation::Keys, Code::ListObjects, |c| c.list_objects(&[]))
            .unwrap();
        link.tick();
        link.tick();
        assert_eq!(asked(), 4);
        device.log_command(Code::DeviceInfo.to_u8());
        link.tick();
        link.tick();
        assert_eq!(asked(), 5, "a device that logs device-info is left in peace");
        drop(simulator);
        let mut link = Link::new(Reach::Http(1));
        link.tick();
        assert!(link.role().is_none());
    }

    #[test]
    fn the_sixteenth_session_waits_for_the_first_to_end() {
        let now = Instant::now() + Duration::from_secs(100);
        let ago = |secs: u64| now - Duration::from_secs(secs);
        let mut opened: Vec<Instant> = (0..14).map(|i| ago(30 - i)).collect();
        assert_eq!(free_in(&opened, now), None);
        opened.push(ago(10));
        assert_eq!(free_in(&opened, now), Some(Duration::from_secs(1)));
        opened.push(ago(9));
        assert_eq!(
            free_in(&opened, now),
            Some(Duration::from_secs(2)),
            "two must end"
        );
    }
}
