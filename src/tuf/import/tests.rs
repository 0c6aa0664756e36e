//! Key files in every form: one fingerprint each, private keys by name, and
//! every sin refused with its code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test: to panic is how it fails"
)]

use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use proptest::prelude::*;

use super::*;

fn vector(name: &str) -> PublicKey {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/keys");
    PublicKey::from_pem(&std::fs::read_to_string(folder.join(name)).unwrap()).unwrap()
}

fn ed(seed: u8) -> PublicKey {
    let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
    PublicKey::from_raw(Algorithm::Ed25519, key.as_bytes()).unwrap()
}

fn p256(scalar: [u8; 32]) -> Option<PublicKey> {
    use p256::elliptic_curve::sec1::ToEncodedPoint as _;
    let secret = p256::SecretKey::from_slice(&scalar).ok()?;
    let point = secret.public_key().to_encoded_point(false);
    PublicKey::from_raw(Algorithm::EcdsaP256, point.as_bytes()).ok()
}

fn b64(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

fn jwk_of(key: &PublicKey) -> String {
    let raw = key.raw();
    match key.algorithm() {
        Algorithm::Ed25519 => format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#, b64(raw)),
        Algorithm::EcdsaP256 | Algorithm::EcdsaP384 => {
            let (x, y) = raw[1..].split_at(raw.len() / 2);
            let crv = if x.len() == 32 { "P-256" } else { "P-384" };
            format!(
                r#"{{"kty":"EC","crv":"{crv}","x":"{}","y":"{}"}}"#,
                b64(x),
                b64(y)
            )
        }
        _ => {
            let n = &raw[9..raw.len() - 5];
            format!(r#"{{"kty":"RSA","n":"{}","e":"AQAB","alg":"PS256"}}"#, b64(n))
        }
    }
}

/// Every form that can hold the key.
fn spellings(key: &PublicKey) -> Vec<(Form, Vec<u8>)> {
    let mut all = vec![
        (Form::Pem, key.to_pem().into_bytes()),
        (Form::Der, key.to_spki_der()),
        (Form::Jwk, jwk_of(key).into_bytes()),
        (Form::Tuf, Key::of(key).to_json().line().into_bytes()),
    ];
    let hex = HEXLOWER.encode(key.raw());
    match key.algorithm() {
        Algorithm::Ed25519 => all.push((Form::HexEd25519, (hex + "\n").into_bytes())),
        Algorithm::EcdsaP256 => {
            let sign = if key.raw()[64].is_multiple_of(2) {
                "02"
            } else {
                "03"
            };
            let compressed = format!("{sign}{}", &hex[2..66]);
            all.push((Form::HexP256, hex.into_bytes()));
            all.push((Form::HexP256, compressed.into_bytes()));
        }
        _ => {}
    }
    all
}

fn every_form_gives(key: &PublicKey) {
    for (form, bytes) in spellings(key) {
        let read = read_public(&bytes, Some(form)).unwrap();
        assert_eq!(
            (read.0, read.1.fingerprint()),
            (form, key.fingerprint()),
            "{form:?}"
        );
        let found = read_public(&bytes, None);
        if matches!(form, Form::HexEd25519 | Form::HexP256) {
            assert_eq!(found, Err(NotRead::HexUnnamed));
        } else {
            assert_eq!(found.unwrap(), read);
        }
        for also in Form::ALL.into_iter().filter(|f| *f != form) {
            let other = read_public(&bytes, Some(also));
            assert!(other.is_err(), "{form:?} is also {also:?}");
        }
        for tail in [&b"\n\n"[..], b"x", b"{}", &[0]] {
            let long = [bytes.as_slice(), tail].concat();
            // White space after JSON says nothing and is no second document.
            let json = matches!(form, Form::Jwk | Form::Tuf) && tail == b"\n\n";
            assert_eq!(read_public(&long, Some(form)).is_ok(), json, "{form:?} {tail:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]
    #[test]
    fn each_form_of_one_key_has_one_fingerprint(seed: u8, scalar: [u8; 32]) {
        every_form_gives(&ed(seed));
        if let Some(key) = p256(scalar) {
            every_form_gives(&key);
        }
    }

    #[test]
    fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        for form in Form::ALL {
            let _ = read_public(&bytes, Some(form));
        }
        let _ = read_public(&bytes, None);
    }
}

#[test]
fn the_larger_keys_keep_their_fingerprint_in_each_form() {
    every_form_gives(&vector("ecdsa-p384.pem"));
    // Looking for weak moduli takes a second without optimisation: once for each form.
    let forms = ["rsa-pss-2048.pem", "rsa-pss-3072.pem", "rsa-pss-4096.pem"].map(vector);
    for (key, also) in forms.iter().zip([Form::Tuf, Form::Der, Form::Pem]) {
        for (form, bytes) in spellings(key) {
            if form == Form::Jwk || form == also {
                assert_eq!(read_public(&bytes, None).unwrap(), (form, key.clone()));
            }
        }
    }
}

#[test]
fn a_private_key_is_refused_by_name_in_every_disguise() {
    let jwk = jwk_of(&ed(1));
    let with = |member: &str| jwk.replace('}', &format!(r#","{member}":"AAAA"}}"#));
    let object = Key::of(&ed(1)).to_json().line();
    let secret = object.replace(r#""public""#, r#""private":"00","public""#);
    let mut cases: Vec<Vec<u8>> = vec![
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n".to_vec(),
        b"-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n".to_vec(),
        b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA".to_vec(),
        b"-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\nAAAA".to_vec(),
        // A public key first, and the private one behind it.
        [ed(1).to_pem().as_bytes(), b"-----BEGIN PRIVATE KEY-----\nAA"].concat(),
        // PKCS#8 of RFC 8410 10.3, SEC1, an encrypted PKCS#8.
        HEXLOWER
            .decode(
                b"302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842",
            )
            .unwrap(),
        HEXLOWER.decode(b"3008020101040301020300").unwrap()[..10].to_vec(),
        HEXLOWER.decode(b"30093004060203010401aa").unwrap(),
        secret.into_bytes(),
        br#"{"kty":"oct","k":"AAAA"}"#.to_vec(),
    ];
    cases.extend(["d", "p", "q", "dp", "dq", "qi", "oth", "priv"].map(|m| with(m).into_bytes()));
    for bytes in cases {
        let got = read_public(&bytes, None).unwrap_err();
        assert_eq!(
            got.code(),
            "input-private-key",
            "{got}: {}",
            String::from_utf8_lossy(&bytes)
        );
        for form in [Form::Pem, Form::Jwk, Form::Tuf] {
            assert!(read_public(&bytes, Some(form)).is_err());
        }
    }
    let both = HEXLOWER.encode(&[7; 64]);
    let scalar = HEXLOWER.encode(&[7; 32]);
    for (form, text) in [(Form::HexEd25519, both), (Form::HexP256, scalar)] {
        let got = read_public(text.as_bytes(), Some(form)).unwrap_err();
        assert_eq!(got.code(), "input-private-key", "{form:?}");
    }
}

#[test]
fn keys_that_are_never_produced_are_refused_by_name() {
    // SubjectPublicKeyInfo of RFC 9881: 2.16.840.1.101.3.4.3.17 to 19.
    for (arc, name) in [(0x11, "ML-DSA-44"), (0x12, "ML-DSA-65"), (0x13, "ML-DSA-87")] {
        let head = [
            0x30, 0x0b, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03, arc,
        ];
        let der = [&[0x30, 17][..], &head, &[0x03, 2, 0, 1]].concat();
        let pem = format!(
            "-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n",
            data_encoding::BASE64.encode(&der)
        );
        let jwk = format!(r#"{{"kty":"AKP","alg":"{name}","pub":"AAAA"}}"#);
        let scheme = name.to_lowercase();
        let object = format!(r#"{{"keytype":"ml-dsa","scheme":"{scheme}/1","keyval":{{"public":"x"}}}}"#);
        for bytes in [der, pem.into_bytes(), jwk.into_bytes(), object.into_bytes()] {
            let got = read_public(&bytes, None).unwrap_err();
            assert_eq!(got.code(), "input-key-never-produced", "{got}");
            assert!(got.to_string().contains(name), "{got}");
        }
    }
    let oidc =
        br#"{"keytype":"sigstore-oidc","scheme":"Fulcio","keyval":{"identity":"a@b","issuer":"https://c"}}"#;
    let got = read_public(oidc, None).unwrap_err();
    assert_eq!(got.code(), "input-key-never-produced");
    assert!(got.to_string().contains("sigstore-oidc"));
}

#[test]
fn each_sin_of_a_key_file_is_refused() {
    let jwk = jwk_of(&ed(1));
    let ec = jwk_of(&p256([9; 32]).unwrap());
    let object = Key::of(&p256([9; 32]).unwrap()).to_json().line();
    let mut raw = p256([9; 32]).unwrap().raw().to_vec();
    raw[64] ^= 1;
    let off = jwk_of(&PublicKey::from_raw(Algorithm::EcdsaP256, &raw).unwrap());
    let refused: Vec<(&str, String, &str)> = vec![
        ("padded", jwk.replace("\"}", "=\"}"), "input-not-a-key"),
        (
            "two of one member",
            jwk.replace('{', r#"{"kty":"OKP","#),
            "input-not-a-key",
        ),
        (
            "unknown curve",
            jwk.replace("Ed25519", "Ed448"),
            "input-not-a-key",
        ),
        ("X25519", jwk.replace("Ed25519", "X25519"), "input-not-a-key"),
        ("unknown type", jwk.replace("OKP", "XYZ"), "input-not-a-key"),
        (
            "for encryption",
            jwk.replace('}', r#","use":"enc"}"#),
            "input-not-a-key",
        ),
        (
            "another algorithm",
            jwk.replace('}', r#","alg":"ES256"}"#),
            "input-not-a-key",
        ),
        (
            "certificates",
            jwk.replace('}', r#","x5c":[]}"#),
            "input-not-a-key",
        ),
        ("a set", format!(r#"{{"keys":[{jwk}]}}"#), "input-not-a-key"),
        (
            "both",
            jwk.replace('}', r#","keytype":"ed25519"}"#),
            "input-not-a-key",
        ),
        (
            "short coordinate",
            ec.replace(r#""x":""#, r#""x":"AAAA"#),
            "input-not-a-key",
        ),
        (
            "legacy keytype",
            object.replace(r#""ecdsa""#, r#""ecdsa-sha2-nistp256""#),
            "input-not-a-key",
        ),
        (
            "an owner",
            object.replace('{', r#"{"x-tuf-on-ci-keyowner":"@a","#).replacen(
                r#""keyval":{"x-tuf-on-ci-keyowner":"@a","#,
                r#""keyval":{"#,
                1,
            ),
            "input-not-a-key",
        ),
        (
            "certificate",
            "-----BEGIN CERTIFICATE-----\nAA\n".into(),
            "input-not-a-key",
        ),
        ("CRLF", ed(1).to_pem().replace('\n', "\r\n"), "input-not-a-key"),
        ("two keys", ed(1).to_pem() + &ed(2).to_pem(), "input-not-a-key"),
        ("nothing", String::new(), "input-not-a-key"),
        ("too large", " ".repeat(MAX_KEY_FILE + 1), "input-key-too-large"),
    ];
    for (sin, text, code) in refused {
        let got = read_public(text.as_bytes(), None).unwrap_err();
        assert_eq!(got.code(), code, "{sin}: {got}");
    }
    assert_eq!(
        read_public(off.as_bytes(), None).unwrap_err().code(),
        "input-weak-key"
    );
    let small = "0100000000000000000000000000000000000000000000000000000000000000";
    let got = read_public(small.as_bytes(), Some(Form::HexEd25519)).unwrap_err();
    assert_eq!(got.code(), "input-weak-key");
    let upper = HEXLOWER.encode(ed(1).raw()).to_uppercase();
    assert!(read_public(upper.as_bytes(), Some(Form::HexEd25519)).is_err());
    // RSA of another exponent, and with a leading zero octet.
    let rsa = jwk_of(&vector("rsa-pss-2048.pem"));
    assert!(read_public(rsa.replace("AQAB", "Aw").as_bytes(), None).is_err());
    assert!(read_public(rsa.replace(r#""n":""#, r#""n":"AAAA"#).as_bytes(), None).is_err());
    assert!(read_public(rsa.replace("PS256", "RS256").as_bytes(), None).is_err());
}
