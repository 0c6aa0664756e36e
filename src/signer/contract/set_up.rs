//! Obligations about set-up and secrets: which states a device goes through,
//! what it refuses before it changes anything, and what a wrong secret costs
//! (law: no code path tries a PIN twice).

use super::session::{Session, Stop};
use super::{Obligation, SetUpAgain};
use crate::base::Algorithm;
use crate::base::device::{
    Changed, Credential, DeviceCard, DeviceCode, DeviceFault, Operation, PinState, Retry,
};
use crate::signer::{Secrets, Token};

/// Every credential that there is; a device has some of them.
const ROLES: [Credential; 6] = [
    Credential::SoPin,
    Credential::UserPin,
    Credential::Passphrase,
    Credential::Provisioner,
    Credential::Signer,
    Credential::Auditor,
];

const LABEL: &str = "token-a";

impl Session<'_> {
    /// From factory state to a device with a label and secrets.
    pub(super) fn set_up(&mut self) -> Result<(DeviceCard, Box<dyn Token>), Stop> {
        let serial = self.candidate.serial.to_owned();
        let factory = self.listed(Obligation::Listed, &serial)?;
        let got = (self.candidate.provider)().open("no-such-serial-0");
        self.refused(
            Obligation::UnknownSerial,
            Operation::Find,
            &[DeviceCode::NotFound],
            Some(Changed::No),
            got,
        );
        let mut token = self.open(Obligation::Listed, &serial)?;
        for _ in 0..2 {
            let now = self.identity(Obligation::LookingChangesNothing, token.as_mut())?;
            self.same(Obligation::LookingChangesNothing, &factory, &now);
        }
        let Some(provisioning) = token.provisioning() else {
            self.holds(
                Obligation::SetUp,
                false,
                "the power to set up a device",
                "it has none",
            );
            return Err(Stop);
        };
        self.roles = provisioning.credentials();
        if !self.candidate.promises.set_up {
            return self.set_up_elsewhere(factory, token);
        }
        let state = (factory.initialised, factory.pin);
        self.same(Obligation::FactoryState, &(false, PinState::Unset), &state);

        let role = Credential::needed(self.roles, Operation::Sign);
        let secret = self.right(role)?;
        let early = token.unlock(role, &secret);
        self.refused(
            Obligation::UnlockBeforeSetUp,
            Operation::Unlock,
            &[DeviceCode::NotInitialised],
            Some(Changed::No),
            early,
        );
        self.bad_forms_are_refused(token.as_mut(), role)?;
        let now = self.identity(Obligation::SetUpForm, token.as_mut())?;
        self.same(Obligation::SetUpForm, &factory, &now);

        let card = self.initialise(token.as_mut())?;
        let label = if self.candidate.promises.labelled {
            LABEL
        } else {
            ""
        };
        self.same(Obligation::SetUp, &label, &card.label.as_str());
        self.holds(
            Obligation::SetUp,
            card.initialised && !card.serial.is_empty() && card.pin != PinState::Unset,
            "a card of a device that is set up and has a serial",
            &format!("{card:?}"),
        );
        let now = self.identity(Obligation::SetUp, token.as_mut())?;
        self.same(Obligation::SetUp, &card, &now);
        if factory.serial.is_empty() {
            self.not_promised(Obligation::SerialStable);
        } else {
            self.same(Obligation::SerialStable, &factory.serial, &card.serial);
        }
        if self.candidate.promises.found_by_serial {
            let listed = self.listed(Obligation::ListedAfterSetUp, &card.serial)?;
            self.same(Obligation::ListedAfterSetUp, &card, &listed);
        } else {
            self.not_promised(Obligation::ListedAfterSetUp);
        }
        Ok((card, token))
    }

    /// A device that another tool has set up: this program refuses to, and says so.
    fn set_up_elsewhere(
        &mut self,
        card: DeviceCard,
        mut token: Box<dyn Token>,
    ) -> Result<(DeviceCard, Box<dyn Token>), Stop> {
        let of = Obligation::SetUp;
        let got = self.try_set_up(token.as_mut())?;
        if let Some(got) = got {
            let codes = [DeviceCode::Unsupported];
            self.refused(of, Operation::Initialise, &codes, Some(Changed::No), got);
        }
        let now = self.identity(of, token.as_mut())?;
        self.same(of, &card, &now);
        self.holds(of, card.initialised, "a device that is set up", "it is not");
        for none in [
            Obligation::FactoryState,
            Obligation::UnlockBeforeSetUp,
            Obligation::SetUpForm,
            Obligation::SerialStable,
            Obligation::ListedAfterSetUp,
            of,
        ] {
            self.not_promised(none);
        }
        Ok((card, token))
    }

    /// With the right secrets; `None`: the power is gone.
    fn try_set_up(&mut self, token: &mut dyn Token) -> Result<Option<Result<DeviceCard, DeviceFault>>, Stop> {
        let role = Credential::needed(self.roles, Operation::Sign);
        let secret = self.right(role)?;
        let secrets = self.all_secrets_but(role)?.with(role, secret);
        let label = self.id(LABEL)?;
        Ok(token.provisioning().map(|p| p.initialise(&label, &secrets)))
    }

    fn bad_forms_are_refused(&mut self, token: &mut dyn Token, role: Credential) -> Result<(), Stop> {
        let malformed = self.secret(self.candidate.malformed)?;
        let short = self.all_secrets_but(role)?.with(role, malformed);
        let missing = self.all_secrets_but(role)?;
        let label = self.id(LABEL)?;
        for bad in [short, missing] {
            if let Some(provisioning) = token.provisioning() {
                let got = provisioning.initialise(&label, &bad);
                self.refused(
                    Obligation::SetUpForm,
                    Operation::Initialise,
                    &[DeviceCode::PinForm],
                    Some(Changed::No),
                    got,
                );
            }
        }
        Ok(())
    }

    fn all_secrets_but(&mut self, left_out: Credential) -> Result<Secrets, Stop> {
        let mut secrets = Secrets::new();
        for role in self.roles.iter().copied().filter(|role| *role != left_out) {
            let secret = self.right(role)?;
            secrets = secrets.with(role, secret);
        }
        Ok(secrets)
    }

    /// With the right secrets.
    fn initialise(&mut self, token: &mut dyn Token) -> Result<DeviceCard, Stop> {
        let Some(got) = self.try_set_up(token)? else {
            return Err(Stop);
        };
        self.must(Obligation::SetUp, Operation::Initialise, got)
    }

    pub(super) fn secrets_are_asked_for(&mut self, token: &mut dyn Token) -> Result<(), Stop> {
        let fresh = self.identity(Obligation::LookingChangesNothing, token)?;
        self.generate_is_locked(Obligation::LoginNeeded, token)?;
        let role = Credential::needed(self.roles, Operation::Sign);
        let secret = self.right(role)?;
        for foreign in ROLES.into_iter().filter(|role| !self.roles.contains(role)) {
            let got = token.unlock(foreign, &secret);
            let codes = [DeviceCode::Unsupported];
            self.refused(
                Obligation::WrongRole,
                Operation::Unlock,
                &codes,
                Some(Changed::No),
                got,
            );
        }
        let empty = self.try_in(token, "")?;
        self.refused(
            Obligation::SecretForm,
            Operation::Unlock,
            &[DeviceCode::PinForm],
            Some(Changed::No),
            empty,
        );
        let now = self.identity(Obligation::SecretForm, token)?;
        self.same(Obligation::SecretForm, &fresh.pin, &now.pin);

        let (counts, after) = {
            let promises = &self.candidate.promises;
            (promises.counts, promises.after_one_wrong)
        };
        let changed = if counts { Changed::Yes } else { Changed::No };
        let wrong = self.try_in(token, self.candidate.wrong)?;
        let of = Obligation::WrongSecret;
        let fault = self.refused(
            of,
            Operation::Unlock,
            &[DeviceCode::PinWrong],
            Some(changed),
            wrong,
        );
        if let Some(fault) = fault {
            self.same(of, &Retry::AskHuman, &fault.retry);
        }
        // One try, spent once: nothing is tried again by itself.
        let now = self.identity(of, token)?;
        self.same(of, &after, &now.pin);

        self.log_in(token, Operation::Sign)?;
        let now = self.identity(Obligation::RightSecret, token)?;
        self.same(Obligation::RightSecret, &fresh.pin, &now.pin);
        self.log_in(token, Operation::Generate)?;
        let wrong = self.try_in(token, self.candidate.wrong)?;
        self.refused(of, Operation::Unlock, &[DeviceCode::PinWrong], None, wrong);
        self.generate_is_locked(Obligation::WrongSecretEndsLogin, token)
    }

    fn generate_is_locked(&mut self, of: Obligation, token: &mut dyn Token) -> Result<(), Stop> {
        let algorithm = self.candidate.promises.algorithms.first().copied();
        let order = self.order("root-a", algorithm.unwrap_or(Algorithm::Ed25519), 1)?;
        let got = token.generate(&order);
        let codes = [DeviceCode::NotUnlocked];
        self.refused(of, Operation::Generate, &codes, Some(Changed::No), got);
        Ok(())
    }

    /// The last trial: it may destroy everything.
    pub(super) fn set_up_again(&mut self, token: &mut dyn Token, card: &DeviceCard) -> Result<(), Stop> {
        let of = Obligation::SetUpAgain;
        self.log_in(token, Operation::Sign)?;
        let before = self.key_list(of, token)?;
        let label = self.id(LABEL)?;
        let promises = &self.candidate.promises;
        // Where it is refused anyway, the SO PIN is not even looked at.
        let asks = promises.set_up && promises.set_up_again == SetUpAgain::Destroys;
        if self.roles.contains(&Credential::SoPin) && asks {
            let wrong = self.secret(self.candidate.wrong)?;
            let bad = self
                .all_secrets_but(Credential::SoPin)?
                .with(Credential::SoPin, wrong);
            let got = token.provisioning().map(|p| p.initialise(&label, &bad));
            if let Some(got) = got {
                let codes = [DeviceCode::PinWrong];
                self.refused(of, Operation::Initialise, &codes, None, got);
            }
            self.log_in(token, Operation::Sign)?;
            let now = self.key_list(of, token)?;
            self.same(of, &before, &now);
        }
        match self.candidate.promises.set_up_again {
            SetUpAgain::Destroys => {
                let again = self.initialise(token)?;
                self.holds(of, again.initialised, "a device that is set up", "it is not");
                self.log_in(token, Operation::Sign)?;
                let left = self.key_list(of, token)?;
                self.same(of, &Vec::new(), &left);
            }
            SetUpAgain::Refused => {
                if let Some(got) = self.try_set_up(token)? {
                    let codes = [DeviceCode::Unsupported, DeviceCode::NotClean];
                    self.refused(of, Operation::Initialise, &codes, Some(Changed::No), got);
                }
                let mut other;
                let seen = if self.candidate.promises.found_by_serial {
                    other = self.open(of, &card.serial)?;
                    other.as_mut()
                } else {
                    token
                };
                self.log_in(seen, Operation::Sign)?;
                let now = self.key_list(of, seen)?;
                self.same(of, &before, &now);
            }
        }
        Ok(())
    }
}
