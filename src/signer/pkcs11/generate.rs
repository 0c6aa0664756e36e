//! Making a key pair and reading it back (PKCS#11 v3.1 5.18.2, C_GenerateKeyPair).
//! Sensitive, never extractable, for signatures only (V31: no other use may be
//! left open). Nothing is believed before it was read back in another login.

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, ObjectClass};
use cryptoki::types::Ulong;

use super::module::{Access, Module, refuse};
use super::quirks::Quirks;
use super::{error, objects, point, rsa};
use crate::base::Algorithm;
use crate::base::device::{Changed, DeviceCode, DeviceFault, KeyOrder, Operation};
use crate::signer::KeyMade;
use crate::signer::fault::fault;

impl Module {
    /// Makes the pair; the first spelling of the parameters that is taken wins.
    pub(super) fn make(&mut self, order: &KeyOrder) -> Result<(), DeviceFault> {
        let op = Operation::Generate;
        let failed = |e| error::of(op, &e);
        let quirks = self.opened(op)?.quirks;
        if quirks.pss_by_decrypting && order.algorithm.modulus_bits().is_some() {
            return Err(refuse(
                op,
                DeviceCode::Unsupported,
                &format!(
                    "{} signs RSA-PSS only with keys that may also decrypt, which are refused",
                    quirks.of
                ),
            ));
        }
        let (slot, _) = self.present(op)?;
        let session = self.session(op, slot, Access::Write)?;
        let mechanism = match order.algorithm {
            Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Mechanism::EccKeyPairGen,
            Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
                Mechanism::RsaPkcsKeyPairGen
            }
            Algorithm::Ed25519 => Mechanism::EccEdwardsKeyPairGen,
        };
        let id = Attribute::Id(order.operation.as_bytes().to_vec());
        let label = Attribute::Label(order.operation.label(&order.name).into_bytes());
        let private = [
            Attribute::Token(true),
            Attribute::Private(true),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Sign(true),
            id.clone(),
            label.clone(),
        ];
        let nothing_else = [
            Attribute::Decrypt(false),
            Attribute::Unwrap(false),
            Attribute::Derive(false),
            Attribute::SignRecover(false), // SoftHSM's default is true
        ];
        let strict = [private.as_slice(), &nothing_else].concat();
        let mut last = None;
        for kind in kinds(order.algorithm) {
            // No CKA_VERIFY: tpm2-pkcs11 refuses it, and we verify in software.
            let common = [
                Attribute::Token(true),
                Attribute::Private(false),
                id.clone(),
                label.clone(),
            ];
            let public = [common.as_slice(), &kind].concat();
            for template in [strict.as_slice(), &private] {
                if objects::is_taken(&session, order).map_err(failed)? {
                    return Err(refuse(
                        op,
                        DeviceCode::KeyExists,
                        "a key object with that id or label is already there",
                    ));
                }
                match session.generate_key_pair(&mechanism, &public, template) {
                    Ok(_) => return Ok(()),
                    Err(e) => {
                        let said = refused(quirks, &e);
                        // Whatever it says: a key that is there now was made by this call.
                        let changed = match objects::is_taken(&session, order) {
                            Ok(true) => Changed::Yes,
                            Ok(false) => said.changed,
                            Err(_) => Changed::Unknown,
                        };
                        let said = fault(op, said.code, changed, &said.meaning);
                        let again = matches!(&e, Error::Pkcs11(rv, _) if error::refuses_template(*rv));
                        if !again || changed != Changed::No {
                            return Err(said);
                        }
                        last = Some(said);
                    }
                }
            }
        }
        Err(last.unwrap_or_else(|| refuse(op, DeviceCode::Unsupported, "no such algorithm")))
    }

    /// Reads a new key in a session that had no part in making it.
    pub(super) fn read_back(&mut self, order: &KeyOrder) -> Result<KeyMade, DeviceFault> {
        let op = Operation::Generate;
        let quirks = self.opened(op)?.quirks;
        let pin = self.opened(op)?.login.take().map(|login| login.pin);
        self.restart(op)?;
        if let Some(pin) = pin {
            self.log_in(op, pin)?;
        }
        let session = &self.login(op)?.session;
        let failed = |e| error::of(op, &e);
        let place = self.place(session);
        let find = |class| objects::named(place, class, &order.operation, &order.name).map_err(failed);
        let (private, public) = (find(ObjectClass::PRIVATE_KEY)?, find(ObjectClass::PUBLIC_KEY)?);
        let ([private], [] | [_]) = (private.as_slice(), public.as_slice()) else {
            return Err(refuse(
                op,
                DeviceCode::KeyNotUnique,
                &format!(
                    "expected one private and one public object, got {} and {}",
                    private.len(),
                    public.len()
                ),
            ));
        };
        if !objects::type_fits(place, *private, order.algorithm).map_err(failed)? {
            return Err(refuse(
                op,
                DeviceCode::AnswerRefused,
                "the new key is of another type",
            ));
        }
        // Some modules keep no public object; an RSA private key tells its modulus.
        let public = objects::public(place, *public.first().unwrap_or(private))
            .map_err(failed)?
            .filter(|key| key.algorithm() == order.algorithm)
            .ok_or_else(|| refuse(op, DeviceCode::AnswerRefused, "the public key cannot be read"))?;
        Ok(KeyMade {
            public,
            attributes: objects::attributes(place, *private, quirks).map_err(failed)?,
        })
    }
}

/// What makes a key one of this algorithm, in every spelling that is tried.
fn kinds(algorithm: Algorithm) -> Vec<Vec<Attribute>> {
    if let Some(bits) = algorithm.modulus_bits() {
        return Ulong::try_from(bits)
            .map(|bits| {
                vec![vec![
                    Attribute::ModulusBits(bits),
                    Attribute::PublicExponent(rsa::EXPONENT.to_vec()),
                ]]
            })
            .unwrap_or_default();
    }
    point::params(algorithm)
        .iter()
        .map(|params| vec![Attribute::EcParams(params.to_vec())])
        .collect()
}

/// The fault of a generation; where the profile knows what the module means, it says so.
fn refused(quirks: &Quirks, e: &Error) -> DeviceFault {
    let mut fault = error::of(Operation::Generate, e);
    if quirks.taken_is_general_error && matches!(e, Error::Pkcs11(RvError::GeneralError, _)) {
        fault
            .meaning
            .push_str("; this module says so when the id is taken by an object that it does not show");
    }
    fault
}

#[cfg(test)]
mod tests {
    use cryptoki::context::Function;

    use super::*;
    use crate::signer::pkcs11::quirks;

    #[test]
    fn every_algorithm_has_a_spelling_and_ed25519_two() {
        for algorithm in Algorithm::ALL {
            let expected = if *algorithm == Algorithm::Ed25519 { 2 } else { 1 };
            assert_eq!(kinds(*algorithm).len(), expected, "{algorithm:?}");
        }
    }

    #[test]
    fn a_general_error_is_explained_where_the_profile_knows_it() {
        let error = Error::Pkcs11(RvError::GeneralError, Function::GenerateKeyPair);
        let by = |name| refused(quirks::ALL.iter().find(|q| q.name == name).unwrap(), &error);
        assert!(by("opensc-sc-hsm").meaning.contains("the id is taken"));
        assert!(!by("generic").meaning.contains("taken"));
        assert_eq!(
            by("opensc-sc-hsm").code,
            DeviceCode::DeviceError,
            "a guess changes no code"
        );
    }
}
