//! What the suite found: one outcome for every obligation, never a bare "ok".
//! An obligation that a device does not promise, or that was not reached because
//! an earlier one failed, says so; neither is counted as kept.

use std::fmt;

use crate::base::shown;

/// Longest text of an expectation or an answer, in characters.
const SHOWN: usize = 300;

macro_rules! obligations {
    ($($name:ident $word:literal $says:literal,)*) => {
        /// What every backend owes. The order is the order in which they are tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Obligation {
            $(#[doc = $says] $name,)*
        }

        impl Obligation {
            /// Every obligation.
            pub const ALL: &[Obligation] = &[$(Obligation::$name,)*];

            /// Its word in reports.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Obligation::$name => $word,)* }
            }

            /// What it asks for, as a sentence.
            #[must_use]
            pub fn says(self) -> &'static str {
                match self { $(Obligation::$name => $says,)* }
            }
        }
    };
}

obligations! {
    Listed "listed" "A new provider lists the device once, under its serial.",
    UnknownSerial "unknown-serial" "A serial that no device has is not found.",
    FactoryState "factory-state" "A new device says that it is not set up and has no PIN.",
    LookingChangesNothing "looking-changes-nothing" "Identity and key list are the same when asked again.",
    UnlockBeforeSetUp "unlock-before-set-up" "A device that is not set up cannot be unlocked.",
    SetUpForm "set-up-form" "A missing or malformed secret stops the set-up before anything is changed.",
    SetUp "set-up" "Setting up gives the device its label, and the card it then shows.",
    SerialStable "serial-stable" "A device that had a serial before it was set up keeps it.",
    ListedAfterSetUp "listed-after-set-up" "A new provider lists the same card.",
    LoginNeeded "login-needed" "Without a login no key is made.",
    WrongRole "wrong-role" "A credential that the device does not have is refused.",
    SecretForm "secret-form" "An empty secret is refused and spends no try.",
    WrongSecret "wrong-secret" "A wrong secret is refused, spends exactly one try where tries are counted, and is not tried again.",
    RightSecret "right-secret" "The right secret unlocks, and gives back the tries that wrong ones spent.",
    WrongSecretEndsLogin "wrong-secret-ends-login" "A wrong secret ends the login that was there.",
    Generate "generate" "A sound key of each promised algorithm is made.",
    Attributes "attributes" "A new key has the promised attributes, read back.",
    Attest "attest" "The promised kind of statement about a key is made, or none.",
    FoundAgain "found-again" "A new key is listed under exactly its label and id, with the same public key and attributes.",
    OtherAlgorithms "other-algorithms" "An algorithm that is not promised is refused as unsupported with nothing changed, or gives a sound key of exactly that kind.",
    LongName "long-name" "A name of more than 13 characters is refused.",
    NoSecondKey "no-second-key" "A second key with an id that is taken is refused.",
    RefusalsMakeNoKeys "refusals-make-no-keys" "After every refusal the device holds the keys that it held before.",
    Sign "sign" "A signature verifies with code that shares nothing with the signer, and over no other message.",
    UnknownKey "unknown-key" "A key that is not there does not sign.",
    OtherKey "other-key" "A key that is not the recorded one does not sign.",
    Lock "lock" "Logging out twice is no error.",
    LockedSigns "locked-signs-nothing" "Nothing is signed after logging out.",
    Reopened "reopened" "A new provider finds the same device with the same keys.",
    TwoHandles "two-handles" "Two handles on one device work at the same time, and each sees what the other made.",
    ChangePins "change-pins" "A secret is changed by its old one only; then the old one is refused and the new one unlocks.",
    Unblock "unblock" "The SO PIN, and no other, gives a new user PIN; the old one is refused, and the keys stay.",
    ReadLog "read-log" "The device's log is read whole, entry by entry.",
    ClearLog "clear-log" "Only entries that were read can be cleared; then the device has forgotten them, and what comes next stays.",
    Retire "retire" "After retirement the device makes no key, and signs as before.",
    SetUpAgain "set-up-again" "A second set-up destroys every key and asks for the SO PIN first, or is refused and keeps them all.",
    PlainFaults "plain-faults" "Every fault names its call, in printable ASCII, and contains no secret.",
}

/// What became of one obligation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Kept, each time it was tried.
    Pass,
    /// Broken; the first time counts.
    Fail {
        /// What is owed.
        expected: String,
        /// What came.
        got: String,
    },
    /// The backend does not promise it (`Promises`).
    NotPromised,
    /// An earlier failure ended the run.
    NotReached,
}

/// One obligation and its outcome.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    /// The obligation.
    pub obligation: Obligation,
    /// Its outcome.
    pub outcome: Outcome,
}

/// Every obligation, in the order of [`Obligation::ALL`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    checks: Vec<Check>,
}

impl Report {
    pub(super) fn new() -> Report {
        let checks = Obligation::ALL.iter().map(|obligation| Check {
            obligation: *obligation,
            outcome: Outcome::NotReached,
        });
        Report {
            checks: checks.collect(),
        }
    }

    /// Every obligation with its outcome.
    #[must_use]
    pub fn checks(&self) -> &[Check] {
        &self.checks
    }

    /// The outcome of one obligation.
    #[must_use]
    pub fn outcome(&self, of: Obligation) -> &Outcome {
        let found = self.checks.iter().find(|check| check.obligation == of);
        found.map_or(&Outcome::NotReached, |check| &check.outcome)
    }

    /// The obligations that were broken.
    pub fn failed(&self) -> impl Iterator<Item = Obligation> {
        let broken = |check: &&Check| matches!(check.outcome, Outcome::Fail { .. });
        self.checks.iter().filter(broken).map(|check| check.obligation)
    }

    /// Whether every obligation was kept, or is not promised.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.checks
            .iter()
            .all(|check| matches!(check.outcome, Outcome::Pass | Outcome::NotPromised))
    }

    /// Kept once more; a failure stays one.
    pub(super) fn pass(&mut self, obligation: Obligation) {
        self.set(obligation, Outcome::Pass);
    }

    pub(super) fn fail(&mut self, obligation: Obligation, expected: &str, got: &str) {
        let (expected, got) = (shown(expected, SHOWN), shown(got, SHOWN));
        self.set(obligation, Outcome::Fail { expected, got });
    }

    pub(super) fn not_promised(&mut self, obligation: Obligation) {
        self.set(obligation, Outcome::NotPromised);
    }

    fn set(&mut self, obligation: Obligation, outcome: Outcome) {
        let mut checks = self.checks.iter_mut();
        if let Some(check) = checks.find(|check| check.obligation == obligation)
            && !matches!(check.outcome, Outcome::Fail { .. })
        {
            check.outcome = outcome;
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for Check { obligation, outcome } in &self.checks {
            let word = match outcome {
                Outcome::Pass => "pass",
                Outcome::Fail { .. } => "FAIL",
                Outcome::NotPromised => "not promised",
                Outcome::NotReached => "NOT REACHED",
            };
            writeln!(f, "{word:<12}  {:<24} {}", obligation.name(), obligation.says())?;
            if let Outcome::Fail { expected, got } = outcome {
                writeln!(f, "{:14}expected {expected}\n{:14}got {got}", "", "")?;
            }
        }
        let verdict = if self.is_good() {
            "honours the port"
        } else {
            "does not honour the port"
        };
        writeln!(f, "{verdict}")
    }
}
