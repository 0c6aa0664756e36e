//! Obligations about keys: made once, with the promised attributes, found again
//! under exactly the name and id that were ordered, signing only what they are
//! asked to and only under the public key that the record holds.

use std::collections::BTreeSet;

use super::Obligation;
use super::session::{Made, Session, Stop};
use crate::base::Algorithm;
use crate::base::device::{
    Changed, DeviceCard, DeviceCode, DeviceFault, KeyAttributes, KeyFound, KeyOrder, Operation, OperationId,
    Statement,
};
use crate::base::{Digest, PublicKey};
use crate::signer::{KeyRef, Token};

impl Session<'_> {
    pub(super) fn keys_are_made(&mut self, token: &mut dyn Token) -> Result<Vec<Made>, Stop> {
        self.log_in(token, Operation::Generate)?;
        let mut all = Vec::new();
        // Names as long as a name can be: label and operation id fill 40 bytes.
        for (n, algorithm) in self.candidate.promises.algorithms.iter().enumerate() {
            let order = self.order(&format!("targets-{n:0>5}"), *algorithm, 1)?;
            let got = token.generate(&order);
            let made = self.must(Obligation::Generate, Operation::Generate, got)?;
            self.is_sound(Obligation::Generate, *algorithm, &made.public);
            self.has_attributes(&made.attributes);
            all.push(Made { order, made });
        }
        if all.is_empty() {
            self.holds(Obligation::Generate, false, "a promised algorithm", "none");
            return Err(Stop);
        }
        let mut publics = BTreeSet::new();
        let distinct = all.iter().all(|key| publics.insert(key.made.public.clone()));
        self.holds(
            Obligation::Generate,
            distinct,
            "a new key for every order",
            "one key twice",
        );
        let able = self.candidate.promises.statement;
        self.same(Obligation::Attest, &able, &token.attests());
        for key in &all {
            let got = token.attest(&key.key());
            self.is_promised_statement(key.order.algorithm, got)?;
        }

        self.log_in(token, Operation::Sign)?;
        let listed = self.key_list(Obligation::FoundAgain, token)?;
        self.same(Obligation::FoundAgain, &all.len(), &listed.len());
        for key in &all {
            let label = key.order.operation.label(&key.order.name);
            let expected = KeyFound {
                id: data_encoding::HEXLOWER.encode(key.order.operation.as_bytes()),
                public: Some(key.made.public.clone()),
                attributes: key.made.attributes.clone(),
                label,
            };
            let found = listed.iter().find(|found| found.label == expected.label);
            self.same(Obligation::FoundAgain, &Some(&expected), &found);
        }
        let again = self.key_list(Obligation::LookingChangesNothing, token)?;
        self.same(Obligation::LookingChangesNothing, &listed, &again);
        self.orders_are_kept_apart(token, &all)?;
        Ok(all)
    }

    fn is_sound(&mut self, of: Obligation, algorithm: Algorithm, public: &PublicKey) {
        self.same(of, &algorithm, &public.algorithm());
        let sound = public.check_sound();
        self.holds(of, sound.is_ok(), "a sound public key", &format!("{sound:?}"));
    }

    fn has_attributes(&mut self, got: &KeyAttributes) {
        let wanted = &self.candidate.promises.attributes;
        let all = |a: &KeyAttributes| {
            [
                ("sensitive", a.sensitive),
                ("always sensitive", a.always_sensitive),
                ("extractable", a.extractable),
                ("never extractable", a.never_extractable),
                ("local", a.local),
                ("sign", a.sign),
                ("always authenticate", a.always_authenticate),
                ("other uses", a.other_uses),
            ]
        };
        for ((what, wanted), (_, got)) in all(wanted).into_iter().zip(all(got)) {
            let text = |value: Option<bool>| format!("{what}: {value:?}");
            let right = wanted.is_none() || wanted == got;
            self.holds(Obligation::Attributes, right, &text(wanted), &text(got));
        }
    }

    fn is_promised_statement(
        &mut self,
        algorithm: Algorithm,
        got: Result<Option<Statement>, DeviceFault>,
    ) -> Result<(), Stop> {
        let of = Obligation::Attest;
        let statement = self.must(of, Operation::Attest, got)?;
        let promises = &self.candidate.promises;
        let promised = promises
            .statement
            .filter(|_| !promises.unattested.contains(&algorithm));
        self.same(of, &promised, &statement.as_ref().map(|s| s.kind));
        let Some(statement) = statement else {
            return Ok(());
        };
        let hex = |text: &String| {
            data_encoding::HEXLOWER
                .decode(text.as_bytes())
                .is_ok_and(|der| !der.is_empty())
        };
        let good = !statement.certificates.is_empty() && statement.certificates.iter().all(hex);
        self.holds(
            of,
            good,
            "certificates in lowercase hexadecimal",
            &format!("{:?}", statement.certificates),
        );
        Ok(())
    }

    fn orders_are_kept_apart(&mut self, token: &mut dyn Token, all: &[Made]) -> Result<(), Stop> {
        self.log_in(token, Operation::Generate)?;
        self.others_are_refused(token)?;
        let before = self.key_list(Obligation::RefusalsMakeNoKeys, token)?;
        let taken = [DeviceCode::KeyExists];
        for Made { order, .. } in all {
            let renamed = KeyOrder {
                name: self.id("another")?,
                ..order.clone()
            };
            for order in [order, &renamed] {
                let got = token.generate(order);
                let of = Obligation::NoSecondKey;
                self.refused(of, Operation::Generate, &taken, Some(Changed::No), got);
            }
            let long = self.order("targets-abcdef", order.algorithm, 1)?;
            let got = token.generate(&long);
            let codes = [DeviceCode::Unsupported];
            self.refused(
                Obligation::LongName,
                Operation::Generate,
                &codes,
                Some(Changed::No),
                got,
            );
        }
        let now = self.key_list(Obligation::RefusalsMakeNoKeys, token)?;
        self.same(Obligation::RefusalsMakeNoKeys, &before, &now);
        Ok(())
    }

    fn others_are_refused(&mut self, token: &mut dyn Token) -> Result<(), Stop> {
        let of = Obligation::OtherAlgorithms;
        let promised = &self.candidate.promises.algorithms;
        let mut tried = false;
        for (n, algorithm) in Algorithm::ALL.iter().enumerate() {
            if promised.contains(algorithm) {
                continue;
            }
            tried = true;
            let order = self.order(&format!("other-{n}"), *algorithm, 1)?;
            match token.generate(&order) {
                Ok(made) => self.is_sound(of, *algorithm, &made.public),
                refused => {
                    let codes = [DeviceCode::Unsupported];
                    self.refused(of, Operation::Generate, &codes, Some(Changed::No), refused);
                    // A device may well end the login over it.
                    self.log_in(token, Operation::Generate)?;
                }
            }
        }
        if !tried {
            self.not_promised(of);
        }
        Ok(())
    }

    pub(super) fn key_list(&mut self, of: Obligation, token: &mut dyn Token) -> Result<Vec<KeyFound>, Stop> {
        let got = token.keys();
        self.must(of, Operation::Keys, got)
    }

    pub(super) fn keys_sign(&mut self, token: &mut dyn Token, all: &[Made]) -> Result<(), Stop> {
        let of = Obligation::Sign;
        self.log_in(token, Operation::Sign)?;
        for made in all {
            let key = made.key();
            for n in 0..3 {
                self.signs(of, token, &key, n)?;
            }
        }
        if let [first, ..] = all {
            let absent = KeyRef {
                operation: OperationId::new(&Digest::of(b"contract"), &first.order.name, 9),
                ..first.key()
            };
            self.sign_is_refused(Obligation::UnknownKey, token, &absent, DeviceCode::KeyNotUnique);
        }
        Ok(())
    }

    pub(super) fn signs(
        &mut self,
        of: Obligation,
        token: &mut dyn Token,
        key: &KeyRef,
        n: usize,
    ) -> Result<(), Stop> {
        let grant = self.grant(key, n);
        let payload = grant.payload.clone();
        let got = token.sign(grant);
        let signature = self.must(of, Operation::Sign, got)?;
        let good = key.public.verifies(payload.bytes(), &signature);
        let expected = format!("a signature of {}", key.public.algorithm().name());
        self.holds(
            of,
            good,
            &expected,
            &format!("{} bytes that do not verify", signature.len()),
        );
        let strange = key.public.verifies(b"another message", &signature);
        self.holds(of, !strange, "a signature of one message", "it fits another");
        Ok(())
    }

    /// Out, and in again as a new process: the same device with the same keys.
    pub(super) fn again_by_another_handle(
        &mut self,
        mut token: Box<dyn Token>,
        card: &DeviceCard,
        all: &[Made],
    ) -> Result<Box<dyn Token>, Stop> {
        let Some(first) = all.first() else {
            return Err(Stop);
        };
        for _ in 0..2 {
            let got = token.lock();
            self.must(Obligation::Lock, Operation::Lock, got)?;
        }
        let code = DeviceCode::NotUnlocked;
        self.sign_is_refused(Obligation::LockedSigns, token.as_mut(), &first.key(), code);
        let mut one = if self.candidate.promises.found_by_serial {
            drop(token);
            self.reopened(card, all)?
        } else {
            self.not_promised(Obligation::Reopened);
            token
        };

        // Another key than the recorded one: refused.
        self.log_in(one.as_mut(), Operation::Generate)?;
        let order = self.order("second", first.order.algorithm, 2)?;
        let got = one.generate(&order);
        let second = self.must(Obligation::OtherKey, Operation::Generate, got)?;
        let mixed = KeyRef {
            public: second.public.clone(),
            ..first.key()
        };
        self.log_in(one.as_mut(), Operation::Sign)?;
        self.sign_is_refused(Obligation::OtherKey, one.as_mut(), &mixed, DeviceCode::KeyDiffers);
        self.log_in(one.as_mut(), Operation::Sign)?;
        if self.candidate.promises.two_handles && self.candidate.promises.found_by_serial {
            let made = Made { order, made: second };
            return self.two_at_once(one, card, &first.key(), &made);
        }
        self.not_promised(Obligation::TwoHandles);
        Ok(one)
    }

    fn reopened(&mut self, card: &DeviceCard, all: &[Made]) -> Result<Box<dyn Token>, Stop> {
        let of = Obligation::Reopened;
        let mut one = self.open(of, &card.serial)?;
        let now = self.identity(of, one.as_mut())?;
        self.same(of, &card.serial, &now.serial);
        self.log_in(one.as_mut(), Operation::Sign)?;
        let listed = self.key_list(of, one.as_mut())?;
        for made in all {
            let found = listed
                .iter()
                .any(|key| key.public.as_ref() == Some(&made.made.public));
            self.holds(of, found, "every key that was made", "one is missing");
        }
        Ok(one)
    }

    fn two_at_once(
        &mut self,
        mut one: Box<dyn Token>,
        card: &DeviceCard,
        key: &KeyRef,
        made: &Made,
    ) -> Result<Box<dyn Token>, Stop> {
        let of = Obligation::TwoHandles;
        let mut two = self.open(of, &card.serial)?;
        self.log_in(two.as_mut(), Operation::Sign)?;
        let listed = self.key_list(of, two.as_mut())?;
        let seen = listed
            .iter()
            .any(|found| found.public.as_ref() == Some(&made.made.public));
        self.holds(of, seen, "the key that the other handle made", "it is not listed");
        let grants: Vec<_> = (0..3).map(|n| self.grant(key, n)).collect();
        let payloads: Vec<_> = grants.iter().map(|grant| grant.payload.clone()).collect();
        let other = std::thread::spawn(move || grants.into_iter().map(|g| two.sign(g)).collect::<Vec<_>>());
        for n in 0..3 {
            self.signs(of, one.as_mut(), key, n)?;
        }
        let Ok(signatures) = other.join() else {
            self.holds(of, false, "three signatures", "the other handle panicked");
            return Err(Stop);
        };
        for (payload, signature) in payloads.iter().zip(signatures) {
            let signature = self.must(of, Operation::Sign, signature)?;
            let good = key.public.verifies(payload.bytes(), &signature);
            self.holds(of, good, "a signature by the other handle", "it does not verify");
        }
        Ok(one)
    }
}
