//! What opening a foreign key may cost, looked at before any of it is spent
//! (V50), and PBES2 (RFC 8018) within these bounds: scrypt (RFC 7914) or PBKDF2
//! with HMAC-SHA-2, AES-CBC. The bounds are wider than for files of our own, as
//! others write other costs, and the key is encrypted anew anyway.

use pkcs8::EncryptedPrivateKeyInfo;
use pkcs8::pkcs5::EncryptionScheme;
use pkcs8::pkcs5::pbes2::{Kdf, Pbkdf2Prf};
use zeroize::Zeroizing;

use super::{ForeignError, REWRAP, der};
use crate::base::Secret;
use crate::signer::file::softkey::SoftKey;

/// Memory for scrypt: 128 N r bytes. What sigstore's present files need.
const SCRYPT_MEMORY: u64 = 64 * 1024 * 1024;
/// Work of scrypt: N r p. Four times what fills that memory once.
const SCRYPT_WORK: u64 = 4 * 512 * 1024;
/// r times p: a small N with a huge r or p is as bad as a huge N.
const SCRYPT_WIDTH: u64 = 1024;
/// Iterations of PBKDF2: three times what is recommended in 2023.
const PBKDF2_WORK: u32 = 2_000_000;
/// Longest salt in bytes.
const SALT_MAX: usize = 64;

/// More work than is ever done for a key file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TooCostly {
    /// scrypt.
    #[error("the key asks for scrypt with N={n}, r={r}, p={p}: more than is ever worked off")]
    Scrypt {
        /// Cost.
        n: u64,
        /// Block size.
        r: u64,
        /// Parallelisation.
        p: u64,
    },
    /// PBKDF2.
    #[error("the key asks for {0} iterations of PBKDF2, at most {PBKDF2_WORK} are worked off")]
    Pbkdf2(u32),
}

/// Whether scrypt may run with these parameters; gives log2 of N.
pub(super) fn scrypt_log2(n: u64, r: u64, p: u64) -> Result<u8, ForeignError> {
    let within = |product: Option<u64>, most: u64| product.is_some_and(|value| value <= most);
    let width = r.checked_mul(p);
    let ok = within(n.checked_mul(r).and_then(|v| v.checked_mul(128)), SCRYPT_MEMORY)
        && within(width.and_then(|v| v.checked_mul(n)), SCRYPT_WORK)
        && within(width, SCRYPT_WIDTH);
    if !ok {
        return Err(TooCostly::Scrypt { n, r, p }.into());
    }
    // RFC 7914 section 2: N is a power of two above 1; r and p are positive.
    if n < 2 || !n.is_power_of_two() || r == 0 || p == 0 {
        return Err(ForeignError::Form("scrypt parameters that are none"));
    }
    u8::try_from(n.ilog2()).map_err(|_| ForeignError::Form("scrypt parameters that are none"))
}

/// Opens an `EncryptedPrivateKeyInfo`.
pub(super) fn open(der: &[u8], old: Option<&Secret>) -> Result<SoftKey, ForeignError> {
    let info = EncryptedPrivateKeyInfo::try_from(der).map_err(|_| {
        // The parser knows PBES2 with AES and SHA-2 only; anything else fails in it.
        ForeignError::Kind {
            what: "an encryption other than PBES2 with scrypt or PBKDF2-HMAC-SHA-2 and AES-CBC (or a cut file)",
            remedy: REWRAP,
        }
    })?;
    let EncryptionScheme::Pbes2(scheme) = &info.encryption_algorithm else {
        return Err(ForeignError::Kind {
            what: "the old password encryption PBES1",
            remedy: REWRAP,
        });
    };
    let salt = match &scheme.kdf {
        Kdf::Scrypt(kdf) => {
            scrypt_log2(
                kdf.cost_parameter,
                kdf.block_size.into(),
                kdf.parallelization.into(),
            )?;
            kdf.salt
        }
        Kdf::Pbkdf2(kdf) => {
            if kdf.iteration_count > PBKDF2_WORK {
                return Err(TooCostly::Pbkdf2(kdf.iteration_count).into());
            }
            if kdf.iteration_count == 0 {
                return Err(ForeignError::Form("PBKDF2 with no iterations"));
            }
            if kdf.prf == Pbkdf2Prf::HmacWithSha1 {
                return Err(ForeignError::Kind {
                    what: "PBKDF2 with SHA-1",
                    remedy: REWRAP,
                });
            }
            kdf.salt
        }
        _ => return Err(ForeignError::Form("an unknown key derivation")),
    };
    if salt.len() > SALT_MAX {
        return Err(ForeignError::Form("a salt longer than 64 bytes"));
    }
    let old = old.ok_or(ForeignError::NoPassphrase)?;
    let mut buffer = Zeroizing::new(info.encrypted_data.to_vec());
    let plain = scheme
        .decrypt_in_place(old.expose(), buffer.as_mut_slice())
        .map_err(|_| ForeignError::Passphrase)?;
    // CBC has no seal: what does not parse was opened with a wrong passphrase.
    der::pkcs8(plain).map_err(|_| ForeignError::Passphrase)?.key()
}
