//! SmartCard-HSM and Nitrokey HSM 2: when such a device makes a key it signs a
//! request for it with its device key, and that key's certificate chains through
//! a device issuer to the scheme's root. Card-verifiable certificates, not X.509.
//!
//! Genuine devices use brainpoolP256r1, for which no kept crate of our
//! generation verifies signatures (`bp256` 0.6 marks its arithmetic as not to be
//! used): such a chain is read, compared and then refused by the curve's name.
//! Whole chains can be judged on P-256, as practice cards and tests make them.

mod form;

use crate::base::{Digest, shown, shown_bytes};

use self::form::{Certificate, Curve, Request};
use super::pin::{Pin, Root};
use super::report::{Kind, Outcome, Report};
use super::x509::NotACertificate;

/// The scheme's root, by the SHA-256 of its card-verifiable certificate
/// (holder `DESRCACC100001`).
pub const ROOTS: &[Root] = &[Root {
    name: "CardContact Scheme Root CA DESRCACC100001",
    sha256: [
        0x45, 0x3a, 0x39, 0x10, 0x15, 0xc5, 0xfb, 0xb6, 0x01, 0x16, 0xc8, 0x38, 0xed, 0x61, 0x35, 0x91, 0x82,
        0x8b, 0xf6, 0x2a, 0xc8, 0xa1, 0xac, 0xa2, 0x76, 0xce, 0x4e, 0x60, 0x52, 0x5e, 0xc3, 0xe3,
    ],
}];

/// What not even a good verdict proves.
pub const DOES_NOT_PROVE: &[&str] = &[
    "when it was made: a request carries no nonce and no time",
    "that the key exists only in this device: if the device was set up with key shares (DKEK), the key and this request can be carried to another device",
    "what the key may be used for, its label and its id: the request says nothing of them",
    "which firmware the device runs: neither the request nor the certificate says it",
    "where the device is, and who holds it or knows its PIN",
    "that no signature was made with the key besides those recorded: the device keeps no log",
    "that the maker's keys and chips are sound, or that a certificate was not revoked: nothing is published to check",
    "that the certificates are within their dates: no clock is asked",
];

/// The elements.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The authenticated request (`67`) that the device left for the key.
    pub request: &'a [u8],
    /// The device's own certificate (`7F21`, first element of its file 2F02).
    pub device: &'a [u8],
    /// The device issuer's certificate and the root's, in any order.
    pub authorities: &'a [&'a [u8]],
}

/// What must be found. `None`: nobody said; the report then asks a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// The root.
    pub pin: Pin,
    /// The serial printed on the device, such as `DENK0200473`.
    pub serial: Option<String>,
    /// The key that enters the metadata, SubjectPublicKeyInfo DER.
    pub public_key: Option<Vec<u8>>,
    /// Device issuers that people decided to accept, by SHA-256.
    pub accepted_authorities: Vec<Digest>,
}

impl Expected {
    /// Nothing said but the root.
    #[must_use]
    pub fn new(pin: Pin) -> Expected {
        Expected {
            pin,
            serial: None,
            public_key: None,
            accepted_authorities: Vec::new(),
        }
    }
}

/// The elements of a file, one after another (file 2F02 holds two).
///
/// # Errors
/// [`NotACertificate`]: something that is neither `7F21` nor `67`, or a length
/// that does not fit.
pub fn elements(file: &[u8]) -> Result<Vec<&[u8]>, NotACertificate> {
    form::elements(file).map_err(NotACertificate)
}

/// Judges one authenticated request. Reads no clock and no file: the same bytes
/// and expectations give the same report on any machine.
#[must_use]
pub fn judge(evidence: &Evidence<'_>, expected: &Expected) -> Report {
    let mut report = Report::new(Kind::Cvc, expected.pin.is_rehearsal());
    let request = Request::parse(evidence.request);
    report.hold(
        "attestation-form",
        "an authenticated request",
        request
            .as_ref()
            .map(|r| format!("{}, SHA-256 {}", r.inner.name(), r.fingerprint()))
            .map_err(Clone::clone),
    );
    let device = Certificate::parse(evidence.device);
    report.hold("device-form", "a card-verifiable certificate", named(&device));
    let (Ok(request), Ok(device)) = (request, device) else {
        return report;
    };
    let chain = Chain::climb(&mut report, &device, evidence.authorities, expected);
    statement(&mut report, &request, &device, chain.device_curve);
    chain.checks(&mut report, &device, expected);
    serial(&mut report, &device, expected);
    let curve = request.inner.key.curve;
    match request.inner.key.spki(curve) {
        Ok(spki) => report.key(expected.public_key.as_ref(), &spki),
        Err(why) => report.push("public-key", Outcome::Fail, "an ECDSA key on P-256", why),
    }
    report
}

/// 1.3.6.1.4.1.24991.3.1.1, the SmartCard-HSM's type of authorisation.
const ROLE: &[u8] = &[0x2b, 0x06, 0x01, 0x04, 0x01, 0x81, 0xc3, 0x1f, 0x03, 0x01, 0x01];
/// TR-03110 C.1.5: the two highest bits are the role.
const ROLE_MASK: u8 = 0xc0;
const ROLE_ROOT: u8 = 0xc0;
const ROLE_ISSUER: u8 = 0x80;
const ROLE_DEVICE: u8 = 0x00;

/// A holder's reference ends in a sequence number of five characters.
const SEQUENCE: usize = 5;

fn named(parsed: &Result<Certificate<'_>, String>) -> Result<String, String> {
    parsed
        .as_ref()
        .map(|c| format!("{}, SHA-256 {}", c.name(), c.fingerprint()))
        .map_err(Clone::clone)
}

/// What the device and the new key say.
fn statement(report: &mut Report, request: &Request<'_>, device: &Certificate<'_>, curve: Option<Curve>) {
    let by_device = if request.authority == device.holder {
        curve
            .ok_or_else(|| form::not_supported(None))
            .and_then(|curve| request.authenticated_by(&device.key, curve))
            .map(|()| format!("{} <- {}", request.inner.name(), device.name()))
    } else {
        Err(format!(
            "the request names {} and not {}",
            shown_bytes(request.authority, 32),
            device.name()
        ))
    };
    report.hold(
        "signature-attestation",
        "the device signed the request for the key",
        by_device,
    );
    let inner = &request.inner;
    // An RSA key states no curve and needs none.
    let own = inner.key.curve.unwrap_or(Curve::Other("not stated"));
    report.hold(
        "proof-of-possession",
        "the new key signed its own request",
        inner.signed_by(&inner.key, own).map(|()| inner.name()),
    );
}

fn serial(report: &mut Report, device: &Certificate<'_>, expected: &Expected) {
    let found = device
        .holder
        .split_last_chunk::<SEQUENCE>()
        .and_then(|(serial, _)| std::str::from_utf8(serial).ok())
        .map(str::to_owned);
    report.same("serial", expected.serial.as_ref(), found.as_ref(), |s| {
        shown(s, 32)
    });
}

/// The device's issuer and the root above it.
struct Chain<'a> {
    issuer: Option<Certificate<'a>>,
    root: Option<Certificate<'a>>,
    device_curve: Option<Curve>,
    issuer_curve: Option<Curve>,
    root_curve: Option<Curve>,
}

impl<'a> Chain<'a> {
    fn climb(
        report: &mut Report,
        device: &Certificate<'_>,
        authorities: &[&'a [u8]],
        expected: &Expected,
    ) -> Chain<'a> {
        let parsed: Result<Vec<Certificate<'a>>, String> = if authorities.len() > 64 {
            Err(format!("{} authorities: more than 64", authorities.len()))
        } else {
            authorities.iter().map(|raw| Certificate::parse(raw)).collect()
        };
        report.hold(
            "authorities-form",
            "every authority is a card-verifiable certificate",
            parsed
                .as_ref()
                .map(|all| format!("{} authorities", all.len()))
                .map_err(Clone::clone),
        );
        let mut all = parsed.unwrap_or_default();
        // The root is found by its fingerprint, never by its name.
        let root = all
            .iter()
            .position(|c| expected.pin.names(ROOTS, &c.fingerprint()).is_some())
            .map(|at| all.swap_remove(at));
        // TR-03110 D.3.3: a certificate without parameters has its issuer's.
        let root_curve = root.as_ref().and_then(|c| c.key.curve);
        // Of several with the name, the one whose signature holds; else the first.
        let named = |c: &Certificate<'_>| device.authority == Some(c.holder);
        let signs = |c: &Certificate<'_>| {
            let curve = c.key.curve.or(root_curve);
            curve.is_some_and(|curve| device.signed_by(&c.key, curve).is_ok())
        };
        let issuer = all
            .iter()
            .position(|c| named(c) && signs(c))
            .or_else(|| all.iter().position(named))
            .map(|at| all.swap_remove(at));
        let issuer_curve = issuer.as_ref().and_then(|c| c.key.curve).or(root_curve);
        Chain {
            device_curve: device.key.curve.or(issuer_curve),
            issuer,
            root,
            issuer_curve,
            root_curve,
        }
    }

    fn checks(&self, report: &mut Report, device: &Certificate<'_>, expected: &Expected) {
        report.hold(
            "signature-device",
            "a device issuer given here signed the device's certificate",
            signed(device, self.issuer.as_ref(), self.issuer_curve),
        );
        report.hold(
            "signature-authorities",
            "the root signed the device issuer's certificate",
            match &self.issuer {
                Some(issuer) => signed(issuer, self.root.as_ref(), self.root_curve),
                None => Err("no device issuer was read".to_owned()),
            },
        );
        report.hold(
            "may-issue",
            "root, issuer and device each in its role",
            self.roles(device),
        );
        let root = match &self.root {
            Some(root) => {
                let fingerprint = root.fingerprint();
                let name = expected.pin.names(ROOTS, &fingerprint).unwrap_or_default();
                Ok(format!("{name}, SHA-256 {fingerprint}"))
            }
            None => Err("the root is not among the authorities".to_owned()),
        };
        report.hold("root", expected.pin.wanted(ROOTS), root);
        let wanted = "a device issuer that a recorded decision knows";
        match &self.issuer {
            Some(issuer) if expected.accepted_authorities.contains(&issuer.fingerprint()) => {
                report.push("authorities-known", Outcome::Pass, wanted, issuer.name());
            }
            // The scheme does not publish its issuers: a person decides.
            Some(issuer) => report.push(
                "authorities-known",
                Outcome::Ask,
                wanted,
                format!("{} with SHA-256 {}", issuer.name(), issuer.fingerprint()),
            ),
            None => report.push("authorities-known", Outcome::Fail, wanted, "no device issuer"),
        }
    }

    fn roles(&self, device: &Certificate<'_>) -> Result<String, String> {
        let all = [
            (self.root.as_ref(), ROLE_ROOT),
            (self.issuer.as_ref(), ROLE_ISSUER),
            (Some(device), ROLE_DEVICE),
        ];
        for (certificate, role) in all {
            let Some(certificate) = certificate else {
                return Err("the chain is not whole".to_owned());
            };
            match certificate.role {
                Some((ROLE, bits)) if bits & ROLE_MASK == role => {}
                _ => return Err(format!("{} has another role", certificate.name())),
            }
        }
        Ok("all of them".to_owned())
    }
}

fn signed(
    certificate: &Certificate<'_>,
    issuer: Option<&Certificate<'_>>,
    curve: Option<Curve>,
) -> Result<String, String> {
    let names = certificate
        .authority
        .map_or_else(|| "nobody".to_owned(), |a| shown_bytes(a, 32));
    let issuer = issuer
        .filter(|issuer| certificate.authority == Some(issuer.holder))
        .ok_or_else(|| format!("{} names {names}, which is not there", certificate.name()))?;
    let curve = curve.ok_or_else(|| form::not_supported(None))?;
    certificate.signed_by(&issuer.key, curve)?;
    Ok(format!("{} <- {}", certificate.name(), issuer.name()))
}
