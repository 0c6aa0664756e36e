//! What the tests of every adapter use: secrets, orders and grants in one
//! spelling, and a backend with one device to be set up. [`honours_the_port`]
//! hands it to the public suite, as an outsider would, and then looks where an
//! outsider cannot: into the device's folder.

use std::path::Path;

use super::{Candidate, Promises, SetUpAgain, run};
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyOrder, Operation,
    OperationId, PinState,
};
use crate::base::{Algorithm, Digest, Id, Payload, Purpose, Secret};
use crate::signer::{Grant, KeyMade, KeyRef, Provider, Secrets, Token};

pub(super) const PIN: &str = "correct horse 7";
pub(super) const SO_PIN: &str = "87654321";

/// Every credential's test value; what signs has [`PIN`].
pub(super) const SECRETS: [(Credential, &str); 6] = [
    (Credential::SoPin, SO_PIN),
    (Credential::UserPin, PIN),
    (Credential::Passphrase, PIN),
    (Credential::Provisioner, "provisioner horse 7"),
    (Credential::Signer, PIN),
    (Credential::Auditor, "auditor horse 7"),
];

pub(super) fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes()).unwrap()
}

pub(super) fn id(text: &str) -> Id {
    Id::parse(text).unwrap()
}

/// New secrets for any backend that has a main one and perhaps an SO PIN.
pub(super) fn secrets(so_pin: &str, pin: &str) -> Secrets {
    Secrets::new()
        .with(Credential::SoPin, secret(so_pin))
        .with(Credential::UserPin, secret(pin))
        .with(Credential::Passphrase, secret(pin))
}

/// Logs in with the credential that signs.
pub(super) fn open(token: &mut dyn Token, pin: &Secret) -> Result<(), DeviceFault> {
    let roles = token.provisioning().unwrap().credentials();
    token.unlock(Credential::needed(roles, Operation::Sign), pin)
}

pub(super) fn order(name: &str, algorithm: Algorithm, attempt: u32) -> KeyOrder {
    KeyOrder {
        name: id(name),
        operation: OperationId::new(&Digest::of(b"ceremony"), &id(name), attempt),
        algorithm,
    }
}

pub(super) fn reference(order: &KeyOrder, made: &KeyMade) -> KeyRef {
    KeyRef {
        name: order.name.clone(),
        operation: order.operation,
        public: made.public.clone(),
    }
}

pub(super) fn grant(key: &KeyRef, message: &[u8]) -> Grant {
    Grant {
        key: key.clone(),
        payload: Payload::mint(Purpose::TufMetadata, message),
    }
}

/// Nothing, something short, and longer than a frame.
pub(super) fn payload(_: &KeyRef, n: usize) -> Payload {
    let message = match n {
        0 => Vec::new(),
        1 => b"signed".to_vec(),
        _ => vec![b'm'; 70_001],
    };
    Payload::mint(Purpose::TufMetadata, &message)
}

/// One backend with one uninitialised device.
pub(super) struct Backend {
    pub(super) provider: Box<dyn Fn() -> Box<dyn Provider>>,
    pub(super) factory_serial: String,
    /// Whether the device counts wrong PINs and tells.
    pub(super) counts: bool,
    pub(super) hardware_like: bool,
    pub(super) temp: tempfile::TempDir,
}

impl Backend {
    /// The backend's promises: what the fields tell, and the powers that the
    /// device offers (so a test that cares which they are says so itself).
    pub(super) fn promises(&self) -> Promises {
        let hardware = self.hardware_like;
        let mut token = (self.provider)().open(&self.factory_serial).unwrap();
        Promises {
            algorithms: vec![Algorithm::EcdsaP256, Algorithm::Ed25519],
            attributes: KeyAttributes {
                sensitive: Some(true),
                sign: Some(true),
                other_uses: Some(false),
                never_extractable: Some(hardware),
                extractable: Some(!hardware),
                ..KeyAttributes::default()
            },
            set_up: true,
            labelled: true,
            found_by_serial: true,
            counts: self.counts,
            after_one_wrong: match (self.counts, self.factory_serial.is_empty()) {
                (true, true) => PinState::Low, // SoftHSM
                (true, false) => PinState::Left(2),
                (false, _) => PinState::Ready,
            },
            two_handles: true,
            statement: token.attests(),
            unattested: Vec::new(),
            pins: token.pins().is_some(),
            unblock: token.pins().is_some(),
            log: token.log().is_some(),
            retirement: token.retirement().is_some(),
            set_up_again: if hardware {
                SetUpAgain::Destroys
            } else {
                SetUpAgain::Refused
            },
        }
    }

    /// The backend, as the public suite takes it.
    pub(super) fn on_trial(&self, promises: Promises) -> super::Report {
        run(&Candidate {
            provider: &*self.provider,
            serial: &self.factory_serial,
            secrets: &SECRETS,
            wrong: "incorrect horse",
            malformed: "123",
            payload: &payload,
            promises,
        })
    }

    /// Sets the device up, with [`SO_PIN`] and [`PIN`].
    #[allow(dead_code, reason = "the adapters that use it are behind features")]
    pub(super) fn initialised(&self) -> (DeviceCard, Box<dyn Token>) {
        let mut token = (self.provider)().open(&self.factory_serial).unwrap();
        let early = open(token.as_mut(), &secret(PIN)).unwrap_err();
        assert_eq!(
            (early.code, early.changed),
            (DeviceCode::NotInitialised, Changed::No)
        );
        let provisioning = token.provisioning().unwrap();
        let card = provisioning
            .initialise(&id("token-a"), &secrets(SO_PIN, PIN))
            .unwrap();
        (card, token)
    }
}

/// The whole public suite, its column in docs/tokens.md, then no PIN on the disk.
pub(super) fn honours_the_port(name: &str, backend: &Backend) {
    let report = backend.on_trial(backend.promises());
    assert!(report.is_good(), "\n{report}");
    as_documented(name, &report);
    no_pin_lies_around(backend.temp.path());
}

/// The table in docs/tokens.md says of this backend what the suite has found;
/// with UPDATE_GOLDEN=1 it is made to.
pub(super) fn as_documented(backend: &str, report: &super::Report) {
    static ONE_AT_A_TIME: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _held = ONE_AT_A_TIME.lock().unwrap();
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/tokens.md");
    let text = std::fs::read_to_string(&page).unwrap();
    let cells = |line: &str| -> Vec<String> { line.split('|').map(|c| c.trim().to_owned()).collect() };
    let head = text.lines().find(|l| l.starts_with("| obligation |")).unwrap();
    let column = cells(head).iter().position(|c| c == backend).unwrap();
    let mut now = text.clone();
    for check in report.checks() {
        let start = format!("| `{}` |", check.obligation.name());
        let line = text.lines().find(|l| l.starts_with(&start)).expect(&start);
        let word = match check.outcome {
            super::Outcome::Pass => "yes",
            super::Outcome::NotPromised => "-",
            _ => "NO",
        };
        let mut changed = cells(line);
        word.clone_into(&mut changed[column]);
        let changed = changed.join(" | ");
        now = now.replace(&format!("{line}\n"), &format!("{}\n", changed.trim()));
    }
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&page, &now).unwrap();
    }
    let drift = text.lines().zip(now.lines()).find(|(is, should)| is != should);
    assert!(
        text == now || std::env::var_os("UPDATE_GOLDEN").is_some(),
        "docs/tokens.md: {drift:?}"
    );
}

/// No backend writes a PIN anywhere below its folder.
pub(super) fn no_pin_lies_around(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            no_pin_lies_around(&path);
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        for pin in [PIN, SO_PIN] {
            let found = bytes.windows(pin.len()).any(|w| w == pin.as_bytes());
            assert!(!found, "{}", path.display());
        }
    }
}
