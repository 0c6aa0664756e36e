//! Climbs from a device's certificate to the pinned root. The authorities come
//! in any order and from anywhere; only the root's fingerprint is trusted, and
//! an intermediate that this program does not know is told to people even
//! though it chains (one more signature of the vendor's is not one more proof
//! that it was made for this kind of device).

use der::asn1::ObjectIdentifier;

use super::pin::{Pin, Root};
use super::report::{Outcome, Report};
use super::x509::Certificate;
use crate::base::Digest;

/// How many authorities are looked at.
const MAX_AUTHORITIES: usize = 64;
/// How many may stand above a device's certificate: the longest genuine chain
/// has three (attestation authority, intermediate, root).
const MAX_HEIGHT: usize = 5;

/// What the climb is held to.
pub(super) struct Route<'a> {
    pub pin: &'a Pin,
    pub vendor: &'a [Root],
    /// Intermediates known by fingerprint to issue for this kind of device.
    pub known: &'a [Root],
    /// Intermediates that people have decided to accept.
    pub accepted: &'a [Digest],
}

/// The certificates behind one statement.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// What the device said about the key, DER.
    pub attestation: &'a [u8],
    /// The device's own certificate, DER: of a YubiHSM 2 its opaque object 0, of
    /// a YubiKey slot f9.
    pub device: &'a [u8],
    /// The authorities above it and the root, DER, in any order.
    pub authorities: &'a [&'a [u8]],
}

/// The statement and the device's certificate, with every check of their form, of
/// the way up to the root, and of extensions that nobody here knows. `None`: one of
/// the two cannot be read, and the report says so.
pub(super) fn judge<'a>(
    report: &mut Report,
    evidence: &Evidence<'a>,
    route: &Route<'_>,
    known: &[ObjectIdentifier],
) -> Option<(Certificate<'a>, Certificate<'a>)> {
    let leaf = form(report, "attestation-form", evidence.attestation);
    let device = form(report, "device-form", evidence.device);
    let (leaf, device) = (leaf?, device?);
    climb(report, &leaf, &device, evidence.authorities, route);
    understood(report, &[&leaf, &device], known);
    Some((leaf, device))
}

/// Adds the checks of everything from the attested certificate to the root:
/// `authorities-form names signature-attestation signature-device
/// signature-authorities may-issue root authorities-known`.
fn climb(
    report: &mut Report,
    leaf: &Certificate<'_>,
    device: &Certificate<'_>,
    authorities: &[&[u8]],
    route: &Route<'_>,
) {
    let parsed = parse(authorities);
    report.hold(
        "authorities-form",
        "every authority is a certificate in strict DER",
        parsed
            .as_ref()
            .map(|all| format!("{} authorities", all.len()))
            .map_err(Clone::clone),
    );
    report.hold(
        "signature-attestation",
        "the device signed the statement about the key",
        named_and_signed(leaf, device),
    );
    let above = parsed.as_ref().map_or(
        Path {
            above: Vec::new(),
            broken: None,
        },
        |all| path(device, all, route),
    );
    let issuer = above.above.first();
    report.hold(
        "signature-device",
        "an authority given here signed the device's certificate",
        match issuer {
            Some(issuer) => named_and_signed(device, issuer),
            None => Err(above
                .broken
                .clone()
                .unwrap_or_else(|| "no authority was read".to_owned())),
        },
    );
    report.hold(
        "signature-authorities",
        "each authority is signed by the next, up to a root",
        match &above.broken {
            None if !above.above.is_empty() => Ok(above
                .above
                .iter()
                .map(|c| c.name())
                .collect::<Vec<_>>()
                .join(" <- ")),
            None => Err("no authority was read".to_owned()),
            Some(why) => Err(why.clone()),
        },
    );
    report.hold(
        "may-issue",
        "each issuer is an authority and allows a path of this length",
        issuers_may(device, &above.above),
    );
    root(report, &above, route);
    known(report, &above, route);
}

struct Path<'c, 'a> {
    /// From the device's issuer up to the root, as far as it goes.
    above: Vec<&'c Certificate<'a>>,
    /// Why it does not end at a pinned root, if it does not.
    broken: Option<String>,
}

fn parse<'a>(authorities: &[&'a [u8]]) -> Result<Vec<Certificate<'a>>, String> {
    if authorities.len() > MAX_AUTHORITIES {
        return Err(format!(
            "{} authorities: more than {MAX_AUTHORITIES}",
            authorities.len()
        ));
    }
    authorities
        .iter()
        .enumerate()
        .map(|(i, raw)| {
            Certificate::parse(raw).map_err(|e| format!("authority {}: {e}", i.saturating_add(1)))
        })
        .collect()
}

fn path<'c, 'a>(device: &Certificate<'_>, all: &'c [Certificate<'a>], route: &Route<'_>) -> Path<'c, 'a> {
    let mut above: Vec<&'c Certificate<'a>> = Vec::new();
    loop {
        let next = match above.last() {
            None => find_issuer(device, all),
            Some(last) if route.pin.names(route.vendor, &last.fingerprint()).is_some() => {
                return Path { above, broken: None };
            }
            // A root that signs itself and is not pinned ends the climb.
            Some(last) if last.names_as_issuer(last) => {
                let broken = Some(format!("the chain ends at {}, which is not pinned", last.name()));
                return Path { above, broken };
            }
            Some(last) => find_issuer(last, all),
        };
        match next {
            Err(why) => {
                return Path {
                    above,
                    broken: Some(why),
                };
            }
            Ok(_) if above.len() >= MAX_HEIGHT => {
                let broken = Some(format!("more than {MAX_HEIGHT} authorities in a row"));
                return Path { above, broken };
            }
            Ok(issuer) => above.push(issuer),
        }
    }
}

/// Of the authorities with the issuer's name, the one whose signature holds.
fn find_issuer<'c, 'a>(
    certificate: &Certificate<'_>,
    all: &'c [Certificate<'a>],
) -> Result<&'c Certificate<'a>, String> {
    let mut why = format!(
        "the issuer of {} is not among the authorities",
        certificate.name()
    );
    for candidate in all.iter().filter(|c| certificate.names_as_issuer(c)) {
        match certificate.signed_by(candidate) {
            Ok(()) => return Ok(candidate),
            Err(e) => why = e,
        }
    }
    Err(why)
}

fn named_and_signed(certificate: &Certificate<'_>, issuer: &Certificate<'_>) -> Result<String, String> {
    if !certificate.names_as_issuer(issuer) {
        return Err(format!(
            "{} names another issuer than {}",
            certificate.name(),
            issuer.name()
        ));
    }
    certificate.signed_by(issuer)?;
    Ok(format!("{} <- {}", certificate.name(), issuer.name()))
}

fn issuers_may(device: &Certificate<'_>, above: &[&Certificate<'_>]) -> Result<String, String> {
    // The attested key must never pass as a device: a key on a genuine device
    // could then sign statements of its own. A device is an authority.
    device.may_issue(0)?;
    for (i, authority) in above.iter().enumerate() {
        authority.may_issue(i.saturating_add(1))?;
    }
    Ok("all of them".to_owned())
}

fn root(report: &mut Report, path: &Path<'_, '_>, route: &Route<'_>) {
    let found = path.above.last().map(|top| {
        let fingerprint = top.fingerprint();
        match route.pin.names(route.vendor, &fingerprint) {
            Some(name) => Ok(format!("{name}, SHA-256 {fingerprint}")),
            None => Err(format!("{}, SHA-256 {fingerprint}", top.name())),
        }
    });
    report.hold(
        "root",
        route.pin.wanted(route.vendor),
        found.unwrap_or_else(|| Err("the chain does not reach any root".to_owned())),
    );
}

fn known(report: &mut Report, path: &Path<'_, '_>, route: &Route<'_>) {
    let name = "authorities-known";
    let Some((_, between)) = path.above.split_last().filter(|_| path.broken.is_none()) else {
        report.push(name, Outcome::Fail, "a whole chain", "the chain is broken");
        return;
    };
    let strangers: Vec<String> = between
        .iter()
        .filter(|c| {
            let fingerprint = c.fingerprint();
            let known = route.known.iter().any(|k| k.digest() == fingerprint);
            !known && !route.accepted.contains(&fingerprint)
        })
        .map(|c| format!("{} with SHA-256 {}", c.name(), c.fingerprint()))
        .collect();
    let wanted = "authorities that this program or a recorded decision knows";
    if strangers.is_empty() {
        report.push(name, Outcome::Pass, wanted, format!("{} known", between.len()));
    } else {
        report.push(name, Outcome::Ask, wanted, strangers.join("; "));
    }
}

/// One certificate, and the check that it is one.
fn form<'a>(report: &mut Report, name: &'static str, raw: &'a [u8]) -> Option<Certificate<'a>> {
    let parsed = Certificate::parse(raw);
    report.hold(
        name,
        "a certificate in strict DER",
        parsed
            .as_ref()
            .map(|c| format!("{}, SHA-256 {}", c.name(), c.fingerprint()))
            .map_err(ToString::to_string),
    );
    parsed.ok()
}

/// RFC 5280 4.2: a critical extension that is not understood refuses.
fn understood(report: &mut Report, all: &[&Certificate<'_>], known: &[ObjectIdentifier]) {
    let strangers: Vec<String> = all.iter().flat_map(|c| c.not_understood(known)).collect();
    report.hold(
        "extensions-understood",
        "no critical extension that this program does not know",
        if strangers.is_empty() {
            Ok("none".to_owned())
        } else {
            Err(strangers.join(" "))
        },
    );
}
