//! The key files of sigstore's `cosign`: JSON around a NaCl secret box under a
//! key from scrypt. The box is sealed, so a wrong passphrase is told for sure;
//! inside is PKCS#8. Its costs pass the same bounds as PBES2's.

use crypto_secretbox::aead::generic_array::GenericArray;
use crypto_secretbox::{AeadInPlace, KeyInit, Tag, XSalsa20Poly1305};
use data_encoding::BASE64;
use serde::Deserialize;
use zeroize::Zeroizing;

use super::{ForeignError, REWRAP, cost, der};
use crate::base::{Json, Secret};
use crate::signer::file::softkey::SoftKey;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Boxed {
    kdf: Kdf,
    cipher: Cipher,
    ciphertext: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Kdf {
    name: String,
    params: Params,
    salt: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Params {
    #[serde(rename = "N")]
    n: u64,
    r: u64,
    p: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Cipher {
    name: String,
    nonce: String,
}

/// Opens the JSON of one key.
pub(super) fn open(json: &[u8], old: Option<&Secret>) -> Result<SoftKey, ForeignError> {
    let form = ForeignError::Form;
    let boxed: Boxed = Json::parse(json)
        .and_then(|json| json.read())
        .map_err(|_| form("not the JSON of a sigstore key, or cut"))?;
    if boxed.kdf.name != "scrypt" || boxed.cipher.name != "nacl/secretbox" {
        return Err(ForeignError::Kind {
            what: "a sigstore key that is not scrypt and nacl/secretbox",
            remedy: REWRAP,
        });
    }
    let Params { n, r, p } = boxed.kdf.params;
    let log2 = cost::scrypt_log2(n, r, p)?;
    let base64 = |text: &str| BASE64.decode(text.as_bytes()).map_err(|_| form("not base64"));
    let (salt, nonce) = (base64(&boxed.kdf.salt)?, base64(&boxed.cipher.nonce)?);
    let nonce = <[u8; 24]>::try_from(nonce).map_err(|_| form("a nonce that has not 24 bytes"))?;
    let mut sealed = Zeroizing::new(base64(&boxed.ciphertext)?);
    let (tag, text) = sealed
        .split_at_mut_checked(16)
        .ok_or(form("a box shorter than its seal"))?;
    let old = old.ok_or(ForeignError::NoPassphrase)?;
    let small = |v: u64| u32::try_from(v).map_err(|_| form("scrypt parameters that are none"));
    let params = scrypt::Params::new(log2, small(r)?, small(p)?, 32)
        .map_err(|_| form("scrypt parameters that are none"))?;
    let mut key = Zeroizing::new([0u8; 32]);
    scrypt::scrypt(old.expose(), &salt, &params, key.as_mut_slice())
        .map_err(|_| form("scrypt parameters that are none"))?;
    XSalsa20Poly1305::new(GenericArray::from_slice(key.as_slice()))
        .decrypt_in_place_detached(GenericArray::from_slice(&nonce), b"", text, Tag::from_slice(tag))
        .map_err(|_| ForeignError::Passphrase)?;
    der::pkcs8(text)?.key()
}
