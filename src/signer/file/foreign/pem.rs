//! Which kind of key a PEM file holds. More forgiving than RFC 7468 about line
//! widths and blanks, which programs disagree about, and strict about content:
//! one key, one base64 text, nothing that is skipped unseen.

use data_encoding::BASE64;
use zeroize::Zeroizing;

use super::{ForeignError, OTHER_KEY, REWRAP};

/// Kinds that are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// `PRIVATE KEY` (RFC 5208, 5958).
    Pkcs8,
    /// `ENCRYPTED PRIVATE KEY` (RFC 5958).
    EncryptedPkcs8,
    /// `EC PRIVATE KEY` (RFC 5915).
    Sec1,
    /// `ENCRYPTED SIGSTORE PRIVATE KEY`, `ENCRYPTED COSIGN PRIVATE KEY`: JSON.
    Sigstore,
}

/// The one block.
pub(super) struct Block {
    pub(super) kind: Kind,
    pub(super) bytes: Zeroizing<Vec<u8>>,
}

/// Reads a file of one key; `EC PARAMETERS` before it, which `openssl ecparam`
/// writes, only repeat what is in the key.
pub(super) fn read(file: &[u8]) -> Result<Block, ForeignError> {
    let text = std::str::from_utf8(file).map_err(|_| not_pem(file))?;
    let mut found: Option<Block> = None;
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let Some(label) = boundary(line, "BEGIN ") else {
            continue;
        };
        let bytes = body(&mut lines, label, file.len())?;
        if label == "EC PARAMETERS" {
            continue;
        }
        if found.is_some() {
            return Err(ForeignError::Form("expected one key, the file holds more"));
        }
        found = Some(Block {
            kind: kind(label)?,
            bytes,
        });
    }
    found.ok_or_else(|| not_pem(file))
}

fn boundary<'a>(line: &'a str, word: &str) -> Option<&'a str> {
    line.strip_prefix("-----")?
        .strip_prefix(word)?
        .strip_suffix("-----")
}

fn body<'a>(
    lines: &mut impl Iterator<Item = &'a str>,
    label: &str,
    room: usize,
) -> Result<Zeroizing<Vec<u8>>, ForeignError> {
    // Reserved once: a growing vector would leave copies of a key behind.
    let mut base64 = Zeroizing::new(Vec::with_capacity(room));
    for line in lines {
        if let Some(end) = boundary(line, "END ") {
            if end != label {
                return Err(ForeignError::Form("a PEM block ends with another name"));
            }
            return decode(&base64);
        }
        // RFC 1421 headers: the old OpenSSL encryption, one round of MD5.
        if line.contains(':') {
            return Err(ForeignError::Kind {
                what: "the old OpenSSL encryption of a PEM file (Proc-Type, DEK-Info)",
                remedy: REWRAP,
            });
        }
        base64.extend_from_slice(line.as_bytes());
    }
    Err(ForeignError::Form("the PEM block has no end: the file is cut"))
}

fn decode(base64: &[u8]) -> Result<Zeroizing<Vec<u8>>, ForeignError> {
    let bad = ForeignError::Form("the PEM block is not base64");
    let room = BASE64.decode_len(base64.len()).map_err(|_| bad.clone())?;
    let mut bytes = Zeroizing::new(vec![0; room]);
    let len = BASE64.decode_mut(base64, &mut bytes).map_err(|_| bad)?;
    bytes.truncate(len);
    Ok(bytes)
}

fn kind(label: &str) -> Result<Kind, ForeignError> {
    let refused = |what, remedy| Err(ForeignError::Kind { what, remedy });
    match label {
        "PRIVATE KEY" => Ok(Kind::Pkcs8),
        "ENCRYPTED PRIVATE KEY" => Ok(Kind::EncryptedPkcs8),
        "EC PRIVATE KEY" => Ok(Kind::Sec1),
        "ENCRYPTED SIGSTORE PRIVATE KEY" | "ENCRYPTED COSIGN PRIVATE KEY" => Ok(Kind::Sigstore),
        "RSA PRIVATE KEY" => refused("an RSA key", OTHER_KEY),
        "DSA PRIVATE KEY" => refused("a DSA key", OTHER_KEY),
        "OPENSSH PRIVATE KEY" => refused(
            "an OpenSSH key file",
            "convert a P-256 key with ssh-keygen -p -m PKCS8; Ed25519 keys there have no such way",
        ),
        "PUBLIC KEY" | "CERTIFICATE" => refused("a public key or certificate", "the private key is needed"),
        _ => refused("this kind of PEM block", REWRAP),
    }
}

/// A name for what is not PEM at all.
fn not_pem(file: &[u8]) -> ForeignError {
    let remedy = "convert it to PKCS#8 PEM with the program that made it";
    let has = |what: &[u8]| file.windows(what.len()).any(|w| w == what);
    let what = if has(b"@@@@") {
        "an encrypted key file of an old securesystemslib"
    } else if file.trim_ascii_start().starts_with(b"{") && has(b"\"keytype\"") {
        "a JSON key file of an old securesystemslib"
    } else if file.first() == Some(&0x30) {
        return ForeignError::Kind {
            what: "a key in DER",
            remedy: "convert it first: openssl pkey -inform DER -in OLD -out NEW",
        };
    } else {
        return ForeignError::Form("no PEM block was found");
    };
    ForeignError::Kind { what, remedy }
}
