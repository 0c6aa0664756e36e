//! Signing: exactly one private key, the mechanism that TUF's scheme means, and
//! one answer into a buffer of our size. Nothing is tried twice, but a mechanism
//! that a token says it does not have (nothing has been signed then).

use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::eddsa::{EddsaParams, EddsaSignatureScheme};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{ObjectClass, ObjectHandle};
use cryptoki::session::{Session, UserType};
use sha2::Digest as _;

use super::module::{Access, Module, refuse};
use super::quirks::AlwaysAuthenticate;
use super::{card, error, objects};
use crate::base::Algorithm;
use crate::base::device::{DeviceCode, DeviceFault, Operation};
use crate::signer::KeyRef;

impl Module {
    /// One signature under exactly the recorded key. `message` is what
    /// [`Algorithm::prehashed`] makes of it.
    pub(super) fn sign_once(&mut self, key: &KeyRef, message: &[u8]) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        let failed = |e| error::of(op, &e);
        let quirks = self.opened(op)?.quirks;
        let session = &self.login(op)?.session;
        let place = self.place(session);
        let find = |class| objects::named(place, class, &key.operation, &key.name).map_err(failed);
        let private = find(ObjectClass::PRIVATE_KEY)?;
        let [handle] = private.as_slice() else {
            return Err(refuse(
                op,
                DeviceCode::KeyNotUnique,
                &format!(
                    "expected one private key with that id and label, got {}",
                    private.len()
                ),
            ));
        };
        // A public object that tells another key stops us; a missing one does not:
        // the signature decides.
        for public in find(ObjectClass::PUBLIC_KEY)? {
            let told = objects::public(place, public).map_err(failed)?;
            if told.is_some_and(|told| told != key.public) {
                return Err(refuse(
                    op,
                    DeviceCode::KeyDiffers,
                    "the token holds another key under that id and label",
                ));
            }
        }
        let always = objects::attributes(place, *handle, quirks)
            .map_err(failed)?
            .always_authenticate;
        if always == Some(true) && quirks.always_authenticate != AlwaysAuthenticate::Ignored {
            return self.sign_authenticated(*handle, key.public.algorithm(), message);
        }
        begin(session, *handle, key.public.algorithm(), message)
            .and_then(|data| self.raw.sign(session, &data))
            .map_err(failed)
    }

    /// A key that wants a login for each signature (PKCS#11 v3.1 4.9
    /// CKA_ALWAYS_AUTHENTICATE): C_SignInit, the context login, C_Sign, in a
    /// session of its own, because one that fails halfway stays busy.
    fn sign_authenticated(
        &mut self,
        handle: ObjectHandle,
        algorithm: Algorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, DeviceFault> {
        let op = Operation::Sign;
        let failed = |e| error::of(op, &e);
        let (slot, info) = self.present(op)?;
        let session = self.session(op, slot, Access::Read)?;
        let data = begin(&session, handle, algorithm, message).map_err(failed)?;
        // The PIN that was right at `unlock`; never a second time if it is not now.
        let pin = card::auth(card::checked(op, &self.login(op)?.pin, &info)?);
        session
            .login(UserType::ContextSpecific, pin.as_ref())
            .map_err(failed)?;
        self.raw.sign(&session, &data).map_err(failed)
    }
}

/// C_SignInit; what C_Sign is to be given then.
fn begin(
    session: &Session,
    handle: ObjectHandle,
    algorithm: Algorithm,
    message: &[u8],
) -> Result<Vec<u8>, Error> {
    let mechanism = match algorithm {
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => Mechanism::Ecdsa,
        Algorithm::Ed25519 => Mechanism::Eddsa(EddsaParams::new(EddsaSignatureScheme::Ed25519)),
        Algorithm::RsaPss2048 | Algorithm::RsaPss3072 | Algorithm::RsaPss4096 => {
            return begin_pss(session, handle, message);
        }
    };
    session.sign_init(&mechanism, handle)?;
    Ok(message.to_vec())
}

/// RSASSA-PSS with SHA-256, MGF1 with SHA-256 and a salt of 32 bytes (RFC 8017
/// 8.1; TUF's rsassa-pss-sha256), over the message where the token hashes, over
/// its digest where it says that it does not. The mechanism list is not asked:
/// tpm2-pkcs11 signs by mechanisms that its list leaves out.
fn begin_pss(session: &Session, handle: ObjectHandle, message: &[u8]) -> Result<Vec<u8>, Error> {
    let params = PkcsPssParams {
        hash_alg: MechanismType::SHA256,
        mgf: PkcsMgfType::MGF1_SHA256,
        s_len: 32.into(),
    };
    match session.sign_init(&Mechanism::Sha256RsaPkcsPss(params), handle) {
        Ok(()) => Ok(message.to_vec()),
        Err(Error::Pkcs11(RvError::MechanismInvalid | RvError::FunctionNotSupported, _)) => {
            session.sign_init(&Mechanism::RsaPkcsPss(params), handle)?;
            Ok(sha2::Sha256::digest(message).to_vec())
        }
        Err(e) => Err(e),
    }
}
