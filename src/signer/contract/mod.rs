//! What every backend promises, as one suite that anybody can run on an adapter
//! of their own (docs/token-adapter.md): the caller describes a device that may
//! be used up, the suite tries every obligation on it and reports. It judges
//! answers only; what lies on a disk, and processes that hang or crash, are for
//! an adapter's own tests. It mints nothing: what is signed comes from the caller.

mod keys;
mod powers;
mod report;
mod session;
mod set_up;

#[cfg(test)]
mod backends;
#[cfg(feature = "pkcs11")]
#[cfg(test)]
mod fault_rows;
#[cfg(feature = "pkcs11")]
#[cfg(test)]
mod faults;
#[cfg(feature = "pkcs11")]
#[cfg(test)]
mod pkcs11;
#[cfg(test)]
mod sins;
#[cfg(test)]
mod support;
#[cfg(feature = "pkcs11")]
#[cfg(test)]
mod workers;
#[cfg(feature = "yubihsm")]
#[cfg(test)]
mod yubihsm;

use super::{KeyRef, Provider};
use crate::base::device::{Credential, KeyAttributes, PinState, StatementKind};
use crate::base::{Algorithm, Payload};

pub use report::{Check, Obligation, Outcome, Report};

#[cfg(test)]
#[allow(
    unused_imports,
    reason = "what the tests beside this file find through `super::*`"
)]
use {
    super::{Grant, KeyMade, Secrets, Token, embedded::EmbeddedProvider, file::FileProvider},
    crate::base::device::{Changed, DeviceCard, DeviceCode, DeviceFault, KeyOrder, Operation, OperationId},
    crate::base::{Digest, Id, Purpose, Secret},
    std::path::Path,
    support::{
        Backend, PIN, SO_PIN, as_documented, grant, honours_the_port, id, no_pin_lies_around, open, order,
        reference, secret, secrets,
    },
};

/// A device on trial. It is set up, given keys and set up again: everything
/// on it is lost.
pub struct Candidate<'c> {
    /// Makes a provider as a new process would: nothing may be remembered in it.
    pub provider: &'c dyn Fn() -> Box<dyn Provider>,
    /// The serial of a device in factory state; empty where devices get theirs
    /// when they are set up. (Where `promises.set_up` is false: of one that is set up.)
    pub serial: &'c str,
    /// A secret for every credential that the device's set-up asks for. Test
    /// values: they are compared with every text that the adapter gives out.
    pub secrets: &'c [(Credential, &'c str)],
    /// A secret of good form that is none of them.
    pub wrong: &'c str,
    /// A secret that the device refuses for its form alone, at set-up.
    pub malformed: &'c str,
    /// What `key` signs, the `n`th time (0, 1, 2): different each time, and as
    /// different in length as the caller can make it.
    /// `transcript::proof::challenge` makes one.
    pub payload: &'c dyn Fn(&KeyRef, usize) -> Payload,
    /// What this backend promises beyond the port.
    pub promises: Promises,
}

/// What backends differ in, as data.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promises {
    /// The algorithms of which keys are made. At least one.
    pub algorithms: Vec<Algorithm>,
    /// What a new key's attributes are; `None`: nothing is promised about it.
    pub attributes: KeyAttributes,
    /// Whether this program sets the device up. If not, the candidate's device was
    /// set up by its own tool, and a set-up is refused as unsupported.
    pub set_up: bool,
    /// Whether the card shows the label that the set-up gave.
    pub labelled: bool,
    /// Whether a device that is set up is found by its serial. If not, two of them
    /// look alike, and the suite goes on with the handle that it has.
    pub found_by_serial: bool,
    /// Whether a wrong secret spends a try (the fault then says: changed).
    pub counts: bool,
    /// What the card says of the PIN after one wrong secret.
    pub after_one_wrong: PinState,
    /// Whether one device can be used through two handles at the same time.
    pub two_handles: bool,
    /// The kind of statement about a key; `None`: the device makes none.
    pub statement: Option<StatementKind>,
    /// The algorithms of whose keys a device that makes statements makes none.
    pub unattested: Vec<Algorithm>,
    /// Whether PINs can be changed.
    pub pins: bool,
    /// Whether the SO PIN gives a new user PIN. Asked only where `pins` is promised.
    pub unblock: bool,
    /// Whether the device keeps a log, and forgets entries that were read.
    pub log: bool,
    /// Whether the power to make keys can be given up.
    pub retirement: bool,
    /// What a second set-up does.
    pub set_up_again: SetUpAgain,
}

impl Promises {
    /// The least that a backend can promise: these algorithms, private keys that
    /// sign and do nothing else, no counter, no optional power, a second set-up
    /// that destroys every key.
    #[must_use]
    pub fn of(algorithms: &[Algorithm]) -> Promises {
        Promises {
            algorithms: algorithms.to_vec(),
            attributes: KeyAttributes::signs_only(),
            set_up: true,
            labelled: true,
            found_by_serial: true,
            counts: false,
            after_one_wrong: PinState::Ready,
            two_handles: false,
            statement: None,
            unattested: Vec::new(),
            pins: false,
            unblock: false,
            log: false,
            retirement: false,
            set_up_again: SetUpAgain::Destroys,
        }
    }
}

/// What setting up a device does that has been set up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetUpAgain {
    /// It destroys every key.
    Destroys,
    /// It is refused; every key stays.
    Refused,
}

/// Tries every obligation on the candidate's device.
#[must_use]
pub fn run(candidate: &Candidate<'_>) -> Report {
    let mut session = session::Session::new(candidate);
    // A Stop has been reported where it arose; what follows stays "not reached".
    let _ = session.trial();
    session.report()
}
