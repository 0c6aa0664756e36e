//! One encrypted key file: PKCS#8 `EncryptedPrivateKeyInfo` (RFC 5958) in PEM,
//! PBES2 with scrypt N=16384 r=8 p=1 (RFC 7914 section 7) and AES-256-CBC (RFC
//! 8018), which `openssl pkey` opens. Salt and IV are new for every file (V40).
//! CBC carries no seal: a wrong passphrase and an altered file look alike here,
//! and the caller compares the public key. Limit: `pkcs5` does not wipe the AES
//! key that it derives.

use pkcs8::pkcs5::pbes2::{EncryptionScheme as Cipher, Kdf, Parameters, ScryptParams};
use pkcs8::{EncryptedPrivateKeyInfo, LineEnding, SecretDocument, pkcs5};
use rand_core::{OsRng, RngCore};
use zeroize::Zeroizing;

use super::softkey::SoftKey;
use crate::base::Secret;

const LABEL: &str = "ENCRYPTED PRIVATE KEY";
/// scrypt's N: the cost that is written, and the highest that is ever worked off.
const COST: u64 = 16_384;

/// Why a key file cannot be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum KeyFileError {
    /// Not the form that we write.
    #[error("expected an encrypted PKCS#8 key (PBES2, scrypt, AES-256-CBC): {0}")]
    Form(&'static str),
    /// The work factor would stall or exhaust the machine.
    #[error("the key file asks for {0} rounds of scrypt, at most {COST} are worked off")]
    TooCostly(u64),
    /// Wrong passphrase, or an altered file.
    #[error("the passphrase does not open the key file")]
    Passphrase,
    /// No random bytes, or the key could not be encoded.
    #[error("the key could not be made: {0}")]
    Making(&'static str),
}

/// Encrypts a key under a passphrase, with a new salt and IV.
pub(crate) fn encrypt(key: &SoftKey, passphrase: &Secret) -> Result<String, KeyFileError> {
    let mut salt = [0u8; 16];
    let mut iv = [0u8; 16];
    for part in [&mut salt, &mut iv] {
        OsRng
            .try_fill_bytes(part)
            .map_err(|_| KeyFileError::Making("no random bytes"))?;
    }
    let der = key.to_pkcs8().ok_or(KeyFileError::Making("encoding"))?;
    let scheme = Parameters {
        kdf: Kdf::Scrypt(ScryptParams {
            salt: &salt,
            cost_parameter: COST,
            block_size: 8,
            parallelization: 1,
            key_length: None,
        }),
        encryption: Cipher::Aes256Cbc { iv: &iv },
    };
    let encrypted_data = scheme
        .encrypt(passphrase.expose(), &der)
        .map_err(|_| KeyFileError::Making("encryption"))?;
    let info = EncryptedPrivateKeyInfo {
        encryption_algorithm: scheme.into(),
        encrypted_data: &encrypted_data,
    };
    SecretDocument::try_from(&info)
        .ok()
        .and_then(|document| document.to_pem(LABEL, LineEnding::LF).ok())
        .map(|pem| pem.as_str().to_owned())
        .ok_or(KeyFileError::Making("encoding"))
}

/// Opens a key file. The cost is looked at before any of it is spent.
pub(crate) fn decrypt(file: &[u8], passphrase: &Secret) -> Result<SoftKey, KeyFileError> {
    let text = std::str::from_utf8(file).map_err(|_| KeyFileError::Form("not text"))?;
    let (label, document) =
        SecretDocument::from_pem(text).map_err(|_| KeyFileError::Form("not PEM, or cut"))?;
    if label != LABEL {
        return Err(KeyFileError::Form("another kind of PEM"));
    }
    let info = EncryptedPrivateKeyInfo::try_from(document.as_bytes())
        .map_err(|_| KeyFileError::Form("not DER of that type"))?;
    let pkcs5::EncryptionScheme::Pbes2(scheme) = &info.encryption_algorithm else {
        return Err(KeyFileError::Form("not PBES2"));
    };
    let Kdf::Scrypt(kdf) = &scheme.kdf else {
        return Err(KeyFileError::Form("not scrypt"));
    };
    if kdf.cost_parameter > COST {
        return Err(KeyFileError::TooCostly(kdf.cost_parameter));
    }
    // Weaker is refused as well: no file of ours is.
    let ours = kdf.cost_parameter == COST
        && kdf.block_size == 8
        && kdf.parallelization == 1
        && kdf.key_length.is_none_or(|n| n == 32)
        && (16..=64).contains(&kdf.salt.len())
        && matches!(scheme.encryption, Cipher::Aes256Cbc { .. });
    if !ours {
        return Err(KeyFileError::Form("other parameters"));
    }
    let mut buffer = Zeroizing::new(info.encrypted_data.to_vec());
    let der = scheme
        .decrypt_in_place(passphrase.expose(), buffer.as_mut_slice())
        .map_err(|_| KeyFileError::Passphrase)?;
    SoftKey::from_pkcs8(der).ok_or(KeyFileError::Passphrase)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::base::Algorithm;

    const PASS: &[u8] = b"correct horse battery";

    fn both() -> [SoftKey; 2] {
        [Algorithm::Ed25519, Algorithm::EcdsaP256].map(|a| SoftKey::generate(a).unwrap())
    }

    #[test]
    fn openssl_opens_our_key_files() {
        let temp = tempfile::tempdir().unwrap();
        for key in both() {
            let path = temp.path().join("key.pem");
            std::fs::write(&path, encrypt(&key, &Secret::copy_of(PASS).unwrap()).unwrap()).unwrap();
            for (pass, good) in [(PASS, true), (b"another passphrase".as_slice(), false)] {
                let mut child = Command::new("openssl")
                    .args(["pkey", "-passin", "stdin", "-pubout", "-in"])
                    .arg(&path)
                    .stdin(Stdio::piped())
                    .stdout(Stdio::piped())
                    .stderr(Stdio::null())
                    .spawn()
                    .unwrap();
                let mut stdin = child.stdin.take().unwrap();
                stdin.write_all(&[pass, b"\n"].concat()).unwrap();
                drop(stdin);
                let out = child.wait_with_output().unwrap();
                assert_eq!(out.status.success(), good);
                if good {
                    let pem = String::from_utf8(out.stdout).unwrap();
                    assert_eq!(pem, key.public().unwrap().to_pem());
                }
            }
        }
    }

    #[test]
    fn every_file_has_its_own_salt_and_iv() {
        let [key, _] = both();
        let pass = Secret::copy_of(PASS).unwrap();
        let lines = |pem: &str| pem.lines().map(str::to_owned).collect::<Vec<_>>();
        let (a, b) = (encrypt(&key, &pass).unwrap(), encrypt(&key, &pass).unwrap());
        let same = lines(&a)
            .into_iter()
            .zip(lines(&b))
            .filter(|(x, y)| x == y && !x.starts_with("---"))
            .count();
        assert_eq!(same, 0);
        assert_eq!(decrypt(a.as_bytes(), &pass).unwrap().public(), key.public());
    }

    #[test]
    fn cut_costly_and_foreign_files_are_refused_before_any_work() {
        let [key, _] = both();
        let pass = Secret::copy_of(PASS).unwrap();
        let pem = encrypt(&key, &pass).unwrap();
        for end in [0, 1, 30, 100, pem.len() - 30] {
            assert!(matches!(
                decrypt(&pem.as_bytes()[..end], &pass),
                Err(KeyFileError::Form(_))
            ));
        }
        let public = key.public().unwrap().to_pem();
        assert!(matches!(
            decrypt(public.as_bytes(), &pass),
            Err(KeyFileError::Form(_))
        ));
        for (cost, size) in [(1 << 30, 8), (1 << 62, 8), (32_768, 8), (16, 8), (COST, 1000)] {
            let scheme = Parameters {
                kdf: Kdf::Scrypt(ScryptParams {
                    salt: &[1; 16],
                    cost_parameter: cost,
                    block_size: size,
                    parallelization: 1,
                    key_length: None,
                }),
                encryption: Cipher::Aes256Cbc { iv: &[2; 16] },
            };
            let info = EncryptedPrivateKeyInfo {
                encryption_algorithm: scheme.into(),
                encrypted_data: &[3; 64],
            };
            let pem = SecretDocument::try_from(&info)
                .unwrap()
                .to_pem(LABEL, LineEnding::LF)
                .unwrap();
            let error = decrypt(pem.as_bytes(), &pass).err().unwrap();
            if cost > COST {
                assert_eq!(error, KeyFileError::TooCostly(cost));
            } else {
                assert!(matches!(error, KeyFileError::Form(_)));
            }
        }
    }

    #[test]
    fn a_wrong_passphrase_never_yields_a_key() {
        let pass = Secret::copy_of(PASS).unwrap();
        for key in both() {
            let pem = encrypt(&key, &pass).unwrap();
            let wrong = Secret::copy_of(b"correct horse batterz").unwrap();
            assert_eq!(
                decrypt(pem.as_bytes(), &wrong).err(),
                Some(KeyFileError::Passphrase)
            );
        }
    }
}
