//! Proof of possession: a new key signs a text that names the ceremony, the
//! operation, the key's name and the key itself, so that nobody enrols another
//! one's key and no proof is used again elsewhere. The only place that mints
//! such a payload. TUF's signed bytes start with `{`, these never do, so a
//! proof can never be passed off as metadata.

use crate::base::device::OperationId;
use crate::base::{Digest, Id, Payload, PublicKey, Purpose};

/// What the key signs. Every value has its own line, and none can hold an LF.
#[must_use]
pub fn challenge(ceremony: &Digest, operation: &OperationId, name: &Id, key: &PublicKey) -> Payload {
    let text = format!(
        "tuf-ceremony proof of possession v1\nceremony {ceremony}\noperation {}\nname {name}\nkey {}\n",
        operation.base32(),
        key.fingerprint(),
    );
    Payload::mint(Purpose::ProofOfPossession, text.as_bytes())
}

/// Whether `signature` proves that the holder of `key` answered this challenge.
#[must_use]
pub fn proves(
    ceremony: &Digest,
    operation: &OperationId,
    name: &Id,
    key: &PublicKey,
    signature: &[u8],
) -> bool {
    key.verifies(challenge(ceremony, operation, name, key).bytes(), signature)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Algorithm;
    use ed25519_dalek::Signer as _;

    #[test]
    fn a_proof_holds_for_one_ceremony_operation_name_and_key() {
        let signer = ed25519_dalek::SigningKey::from_bytes(&[7; 32]);
        let key = PublicKey::from_raw(Algorithm::Ed25519, signer.verifying_key().as_bytes()).unwrap();
        let other = PublicKey::from_raw(Algorithm::Ed25519, &[7; 32]).unwrap();
        let (c, name) = (Digest::of(b"c"), Id::parse("root-a").unwrap());
        let op = OperationId::new(&c, &name, 1);
        let payload = challenge(&c, &op, &name, &key);
        let text = String::from_utf8(payload.bytes().to_vec()).unwrap();
        assert_eq!(
            text,
            format!(
                "tuf-ceremony proof of possession v1\nceremony {c}\noperation {op:?}\nname root-a\nkey {}\n",
                key.fingerprint()
            )
        );
        assert_eq!(payload.purpose(), Purpose::ProofOfPossession);
        let sig = signer.sign(payload.bytes()).to_bytes();
        assert!(proves(&c, &op, &name, &key, &sig));
        assert!(!proves(&Digest::of(b"d"), &op, &name, &key, &sig));
        assert!(!proves(&c, &OperationId::new(&c, &name, 2), &name, &key, &sig));
        assert!(!proves(&c, &op, &Id::parse("root-b").unwrap(), &key, &sig));
        assert!(!proves(&c, &op, &name, &other, &sig));
    }
}
