//! Every shape of key that other programs write, made by them where they are
//! here; hostile costs and hostile DER.

use std::io::Write;
use std::process::{Command, Stdio};

use pkcs8::pkcs5::pbes2::{EncryptionScheme as Aes, Kdf, Parameters, Pbkdf2Params, Pbkdf2Prf, ScryptParams};
use pkcs8::{EncryptedPrivateKeyInfo, LineEnding, SecretDocument};
use proptest::prelude::*;

use super::*;
use crate::base::PublicKey;

/// Runs `openssl`, its input given, and returns what it wrote.
fn openssl(args: &[&str], input: &[u8]) -> Vec<u8> {
    let mut child = Command::new("openssl")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let out = child.wait_with_output().unwrap();
    assert!(out.status.success(), "openssl {args:?}");
    out.stdout
}

fn public_of(pem: &[u8]) -> PublicKey {
    let text = openssl(&["pkey", "-pubout"], pem);
    PublicKey::from_pem(std::str::from_utf8(&text).unwrap()).unwrap()
}

fn ed25519() -> Vec<u8> {
    openssl(&["genpkey", "-algorithm", "ed25519"], b"")
}

fn p256() -> Vec<u8> {
    openssl(
        &[
            "genpkey",
            "-algorithm",
            "EC",
            "-pkeyopt",
            "ec_paramgen_curve:P-256",
        ],
        b"",
    )
}

fn secret(text: &str) -> Secret {
    Secret::copy_of(text.as_bytes()).unwrap()
}

fn reads(pem: &[u8], old: Option<&str>) -> Result<PublicKey, ForeignError> {
    read(pem, old.map(secret).as_ref()).map(|key| key.public().unwrap())
}

fn named(pem: &[u8]) -> String {
    match reads(pem, Some("old")).unwrap_err() {
        ForeignError::Kind { what, remedy } => {
            assert!(!remedy.is_empty());
            what.to_owned()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn plain_keys_of_openssl_come_in() {
    for key in [ed25519(), p256()] {
        assert!(!is_encrypted(&key).unwrap());
        assert_eq!(reads(&key, None).unwrap(), public_of(&key));
        // A passphrase that nobody needs is no error.
        assert_eq!(reads(&key, Some("unused")).unwrap(), public_of(&key));
    }
    let sec1 = openssl(&["ecparam", "-name", "prime256v1", "-genkey"], b"");
    assert!(sec1.starts_with(b"-----BEGIN EC PARAMETERS"));
    assert_eq!(reads(&sec1, None).unwrap(), public_of(&sec1));
    let compressed = openssl(&["ec", "-conv_form", "compressed"], &sec1);
    assert_eq!(reads(&compressed, None).unwrap(), public_of(&sec1));
    let bare = openssl(&["ec", "-no_public"], &sec1);
    assert_eq!(reads(&bare, None).unwrap(), public_of(&sec1));
    let dos = String::from_utf8(sec1.clone()).unwrap().replace('\n', "\r\n");
    assert_eq!(reads(dos.as_bytes(), None).unwrap(), public_of(&sec1));
}

#[test]
fn encrypted_keys_of_openssl_come_in_with_their_passphrase_only() {
    for key in [ed25519(), p256()] {
        for form in [
            &["-scrypt"][..],
            &["-v2", "aes-256-cbc"],
            &["-v2", "aes-128-cbc", "-v2prf", "hmacWithSHA512"],
            &["-v2", "aes-192-cbc", "-iter", "100000"],
        ] {
            let args = [&["pkcs8", "-topk8", "-passout", "pass:old"], form].concat();
            let pem = openssl(&args, &key);
            assert!(is_encrypted(&pem).unwrap());
            assert_eq!(reads(&pem, Some("old")).unwrap(), public_of(&key), "{form:?}");
            assert_eq!(reads(&pem, Some("new")).unwrap_err(), ForeignError::Passphrase);
            assert_eq!(reads(&pem, None).unwrap_err(), ForeignError::NoPassphrase);
        }
    }
}

#[test]
fn ring_keys_of_both_versions_come_in() {
    use ring::signature::{Ed25519KeyPair, KeyPair};
    let random = ring::rand::SystemRandom::new();
    let der = Ed25519KeyPair::generate_pkcs8(&random).unwrap();
    let pair = Ed25519KeyPair::from_pkcs8(der.as_ref()).unwrap();
    let pem = |der: &[u8]| armour("PRIVATE KEY", der);
    let public = reads(&pem(der.as_ref()), None).unwrap();
    assert_eq!(public.raw(), pair.public_key().as_ref());
    // As ring before 0.17 has it: [1] explicit.
    let mut implicit = der.as_ref().to_vec();
    let at = implicit.len() - 35;
    assert_eq!(implicit[at..at + 3], [0x81, 0x21, 0x00]);
    let mut explicit = implicit.clone();
    explicit.splice(at..at + 3, [0xa1, 0x23, 0x03, 0x21, 0x00]);
    explicit[1] += 2;
    assert_eq!(reads(&pem(&explicit), None).unwrap(), public);
    // Another key's public half.
    let last = implicit.len() - 1;
    implicit[last] ^= 1;
    assert_eq!(reads(&pem(&implicit), None).unwrap_err(), ForeignError::Halves);
    let rng = &random;
    let alg = &ring::signature::ECDSA_P256_SHA256_ASN1_SIGNING;
    let der = ring::signature::EcdsaKeyPair::generate_pkcs8(alg, rng).unwrap();
    let pair = ring::signature::EcdsaKeyPair::from_pkcs8(alg, der.as_ref(), rng).unwrap();
    assert_eq!(
        reads(&pem(der.as_ref()), None).unwrap().raw(),
        pair.public_key().as_ref()
    );
    let mut halves = der.as_ref().to_vec();
    let last = halves.len() - 1;
    halves[last] ^= 1;
    assert_eq!(reads(&pem(&halves), None).unwrap_err(), ForeignError::Halves);
}

#[test]
fn keys_of_python_come_in() {
    let Some(python) = std::env::var_os("TUF_CLIENT_PYTHON") else {
        println!("SKIPPED: python-cryptography (TUF_CLIENT_PYTHON)");
        return;
    };
    const MAKE: &str = r"
import sys
from cryptography.hazmat.primitives import serialization as s
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from securesystemslib.signer import CryptoSigner
for make in (CryptoSigner.generate_ed25519, CryptoSigner.generate_ecdsa):
    signer = make()
    key = signer._private_key
    for lock in (s.NoEncryption(), s.BestAvailableEncryption(b'old')):
        sys.stdout.buffer.write(key.private_bytes(s.Encoding.PEM, s.PrivateFormat.PKCS8, lock))
    sys.stdout.buffer.write(key.public_key().public_bytes(s.Encoding.PEM, s.PublicFormat.SubjectPublicKeyInfo))
";
    let out = Command::new(python).args(["-c", MAKE]).output().unwrap();
    assert!(out.status.success(), "{}", String::from_utf8_lossy(&out.stderr));
    let text = String::from_utf8(out.stdout).unwrap();
    let blocks: Vec<String> = text
        .split_inclusive("KEY-----\n")
        .collect::<Vec<_>>()
        .chunks(2)
        .map(|pair| pair.concat())
        .collect();
    assert_eq!(blocks.len(), 6);
    for set in blocks.chunks(3) {
        let public = PublicKey::from_pem(&set[2]).unwrap();
        assert_eq!(reads(set[0].as_bytes(), None).unwrap(), public);
        assert_eq!(reads(set[1].as_bytes(), Some("old")).unwrap(), public);
        assert_eq!(
            reads(set[1].as_bytes(), Some("odl")).unwrap_err(),
            ForeignError::Passphrase
        );
    }
}

/// A key as `cosign generate-key-pair` writes it.
fn cosign(label: &str, key: &[u8], n: u64, pass: &str) -> Vec<u8> {
    use crypto_secretbox::aead::generic_array::GenericArray;
    use crypto_secretbox::{AeadInPlace, KeyInit, XSalsa20Poly1305};
    use data_encoding::BASE64;
    let der = openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], key);
    let mut box_key = [0u8; 32];
    let params = scrypt::Params::new(u8::try_from(n.ilog2()).unwrap(), 8, 1, 32).unwrap();
    scrypt::scrypt(pass.as_bytes(), &[7; 32], &params, &mut box_key).unwrap();
    let mut text = der;
    let tag = XSalsa20Poly1305::new(GenericArray::from_slice(&box_key))
        .encrypt_in_place_detached(GenericArray::from_slice(&[9; 24]), b"", &mut text)
        .unwrap();
    let sealed = [tag.as_slice(), &text].concat();
    sigstore(label, &n.to_string(), &BASE64.encode(&sealed))
}

fn sigstore(label: &str, n: &str, sealed: &str) -> Vec<u8> {
    use data_encoding::BASE64;
    let json = format!(
        r#"{{"kdf":{{"name":"scrypt","params":{{"N":{n},"r":8,"p":1}},"salt":"{}"}},"cipher":{{"name":"nacl/secretbox","nonce":"{}"}},"ciphertext":"{sealed}"}}"#,
        BASE64.encode(&[7; 32]),
        BASE64.encode(&[9; 24]),
    );
    armour(label, json.as_bytes())
}

fn armour(label: &str, bytes: &[u8]) -> Vec<u8> {
    let text = data_encoding::BASE64.encode(bytes);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
        lines.join("\n")
    )
    .into_bytes()
}

#[test]
fn sigstore_keys_come_in() {
    for label in ["ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY"] {
        let key = p256();
        let pem = cosign(label, &key, 32_768, "old");
        assert!(is_encrypted(&pem).unwrap());
        assert_eq!(reads(&pem, Some("old")).unwrap(), public_of(&key));
        assert_eq!(reads(&pem, Some("new")).unwrap_err(), ForeignError::Passphrase);
        assert_eq!(reads(&pem, None).unwrap_err(), ForeignError::NoPassphrase);
    }
    let label = "ENCRYPTED SIGSTORE PRIVATE KEY";
    for n in ["1073741824", "18446744073709551615"] {
        let pem = sigstore(label, n, "AAAA");
        assert!(!matches!(
            reads(&pem, Some("old")),
            Ok(_) | Err(ForeignError::Passphrase)
        ));
    }
    assert!(matches!(
        reads(&sigstore(label, "1073741824", &"A".repeat(64)), Some("old")),
        Err(ForeignError::TooCostly(_))
    ));
    assert!(matches!(
        reads(&sigstore(label, "32768", "AAAA"), Some("old")),
        Err(ForeignError::Form(_))
    ));
}

fn encrypted(kdf: Kdf<'_>) -> Vec<u8> {
    let scheme = Parameters {
        kdf,
        encryption: Aes::Aes256Cbc { iv: &[2; 16] },
    };
    let info = EncryptedPrivateKeyInfo {
        encryption_algorithm: scheme.into(),
        encrypted_data: &[3; 64],
    };
    let document = SecretDocument::try_from(&info).unwrap();
    document
        .to_pem("ENCRYPTED PRIVATE KEY", LineEnding::LF)
        .unwrap()
        .as_bytes()
        .to_vec()
}

#[test]
fn costs_are_refused_before_they_are_spent() {
    // Each of these would take minutes to years, or more memory than there is.
    for (n, r, p) in [
        (1 << 30, 8, 1),
        (1 << 62, 1, 1),
        (1 << 17, 8, 1),
        (1 << 14, u16::MAX, 1),
        (1 << 14, 8, u16::MAX),
        (2, u16::MAX, u16::MAX),
        (1 << 16, 8, 5),
        (1 << 16, 9, 1),
    ] {
        let pem = encrypted(Kdf::Scrypt(ScryptParams {
            salt: &[1; 16],
            cost_parameter: n,
            block_size: r,
            parallelization: p,
            key_length: None,
        }));
        assert!(
            matches!(reads(&pem, Some("old")), Err(ForeignError::TooCostly(_))),
            "{n} {r} {p}"
        );
        // Nobody is even asked for a passphrase.
        assert!(matches!(reads(&pem, None), Err(ForeignError::TooCostly(_))));
    }
    for (n, r, p) in [
        (0, 8, 1),
        (1, 8, 1),
        (3, 8, 1),
        (16_385, 8, 1),
        (16, 0, 1),
        (16, 8, 0),
    ] {
        assert!(
            matches!(cost::scrypt_log2(n, r, p), Err(ForeignError::Form(_))),
            "{n} {r} {p}"
        );
    }
    assert_eq!(cost::scrypt_log2(65_536, 8, 1).unwrap(), 16);
    let pbkdf2 = |iteration_count, prf| {
        encrypted(Kdf::Pbkdf2(Pbkdf2Params {
            salt: &[1; 16],
            iteration_count,
            key_length: None,
            prf,
        }))
    };
    for count in [2_000_001, u32::MAX] {
        assert_eq!(
            reads(&pbkdf2(count, Pbkdf2Prf::HmacWithSha256), Some("old")).unwrap_err(),
            ForeignError::TooCostly(TooCostly::Pbkdf2(count))
        );
    }
    assert!(matches!(
        reads(&pbkdf2(0, Pbkdf2Prf::HmacWithSha256), Some("old")),
        Err(ForeignError::Form(_))
    ));
    assert_eq!(named(&pbkdf2(1, Pbkdf2Prf::HmacWithSha1)), "PBKDF2 with SHA-1");
    let salt = [1; 65];
    let long = encrypted(Kdf::Scrypt(ScryptParams {
        salt: &salt,
        cost_parameter: 16_384,
        block_size: 8,
        parallelization: 1,
        key_length: None,
    }));
    assert!(matches!(reads(&long, Some("old")), Err(ForeignError::Form(_))));
}

#[test]
fn other_keys_are_refused_by_name() {
    let ec = |curve: &str| {
        let option = format!("ec_paramgen_curve:{curve}");
        openssl(&["genpkey", "-algorithm", "EC", "-pkeyopt", &option], b"")
    };
    assert_eq!(named(&ec("P-384")), "an ECDSA P-384 key");
    assert_eq!(named(&ec("P-521")), "an ECDSA P-521 key");
    assert_eq!(named(&ec("secp256k1")), "an ECDSA secp256k1 key");
    let make = |algorithm| openssl(&["genpkey", "-algorithm", algorithm], b"");
    assert_eq!(named(&make("ed448")), "an Ed448 key");
    assert_eq!(named(&make("x25519")), "a key for key exchange");
    let rsa = make("RSA");
    assert_eq!(named(&rsa), "an RSA key");
    let wrapped = openssl(&["pkcs8", "-topk8", "-scrypt", "-passout", "pass:old"], &rsa);
    assert_eq!(named(&wrapped), "an RSA key");
    assert_eq!(named(&openssl(&["rsa", "-traditional"], &rsa)), "an RSA key");
    let old = openssl(&["ec", "-aes256", "-passout", "pass:old"], &p256());
    assert!(named(&old).contains("old OpenSSL encryption"));
    let des = openssl(
        &["pkcs8", "-topk8", "-v2", "des3", "-passout", "pass:old"],
        &p256(),
    );
    assert!(named(&des).contains("other than PBES2"));
    assert!(named(&openssl(&["pkey", "-pubout"], &p256())).contains("public key"));
    assert!(named(&openssl(&["pkey", "-outform", "DER"], &p256())).contains("DER"));
    assert!(named(&armour("OPENSSH PRIVATE KEY", b"x")).contains("OpenSSH"));
    assert!(named(b"aa@@@@100000@@@@bb@@@@cc@@@@dd").contains("securesystemslib"));
    assert!(named(br#"{"keytype": "ed25519", "keyval": {}}"#).contains("securesystemslib"));
    for text in [&b""[..], b"hello", b"\xff\xfe"] {
        assert!(matches!(reads(text, None), Err(ForeignError::Form(_))));
    }
}

#[test]
fn malformed_files_are_refused() {
    let key = ed25519();
    let twice = [key.clone(), p256()].concat();
    assert!(matches!(reads(&twice, None), Err(ForeignError::Form(_))));
    for end in 0..key.len() - 5 {
        assert!(reads(&key[..end], None).is_err(), "cut at {end}");
    }
    let long = vec![b'x'; FOREIGN_MAX + 1];
    assert_eq!(
        reads(&long, None).unwrap_err(),
        ForeignError::Long(FOREIGN_MAX + 1)
    );
    let der = |bytes: &[u8]| reads(&armour("PRIVATE KEY", bytes), None);
    // A length of four gigabytes, an endless nest, a scalar of zero, one above the order.
    assert!(der(&[0x30, 0x84, 0xff, 0xff, 0xff, 0xff, 0x02]).is_err());
    assert!(der(&[0x30, 0x80].repeat(4000)).is_err());
    let good = openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], &p256());
    assert!(der(&good).is_ok());
    for scalar in [[0u8; 32], [0xff; 32]] {
        let mut bad = good.clone();
        bad[36..68].copy_from_slice(&scalar);
        assert!(matches!(der(&bad), Err(ForeignError::Form(_))));
    }
    let trailing = [good.as_slice(), &[0]].concat();
    assert!(matches!(der(&trailing), Err(ForeignError::Form(_))));
    // RFC 5915 alone, without a curve.
    let mut bare = vec![0x30, 0x25, 2, 1, 1, 4, 32];
    bare.extend([7; 32]);
    assert_eq!(
        reads(&armour("EC PRIVATE KEY", &bare), None).unwrap_err(),
        ForeignError::Form("the EC key does not name its curve")
    );
}

/// `openssl` is asked once; the property below alters what it gave.
static GOOD: std::sync::LazyLock<Vec<Vec<u8>>> = std::sync::LazyLock::new(|| {
    [ed25519(), p256()]
        .iter()
        .map(|key| openssl(&["pkcs8", "-topk8", "-nocrypt", "-outform", "DER"], key))
        .collect()
});

proptest! {
    #[test]
    fn hostile_der_never_panics_and_never_gives_a_key_with_a_wrong_half(
        which in 0usize..2, at in 0usize..140, to in any::<u8>(), cut in 0usize..140,
    ) {
        let mut der = GOOD[which].clone();
        let at = at % der.len();
        der[at] = to;
        if cut < der.len() { der.truncate(der.len() - cut % 3); }
        for label in ["PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY"] {
            if let Ok(key) = reads(&armour(label, &der), Some("old")) {
                prop_assert!(key.check_sound().is_ok());
                // P-256 keys carry their public half: only an unaltered key passes.
                if which == 1 { prop_assert_eq!(&der, &GOOD[1]); }
            }
        }
    }

    #[test]
    fn any_text_is_refused_calmly(text in "(-----(BEGIN|END) (EC |ENCRYPTED )?PRIVATE KEY-----\n|[A-Za-z0-9+/=: \n]{0,40}){0,8}") {
        prop_assert!(reads(text.as_bytes(), Some("old")).is_err());
    }

    #[test]
    fn any_sigstore_json_is_refused_calmly(n in any::<u64>(), r in any::<u64>(), p in any::<u64>()) {
        if let Ok(log2) = cost::scrypt_log2(n, r, p) {
            prop_assert!(log2 <= 20 && 128 * n * r <= 64 << 20 && r * p <= 1024);
        }
    }
}
