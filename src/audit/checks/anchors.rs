//! `anchors`: what was brought from outside of the bundle agrees with it: the
//! heads that were read elsewhere, the ceremony before, the release's verifier
//! and program, the vendors' roots, and the signature lines in the names of
//! known keys. How far that carries is the verdict's, not this check's.

use crate::attestation::yubihsm::ROOTS;
use crate::base::Digest;
use crate::base::shown::counted;
use crate::transcript::{Checkpoint, Kind};

use super::super::anchors::Anchors;
use super::super::codes::{
    CEREMONY_DROPPED, CUT, FORKED, OTHER_CEREMONY, PROGRAM_SWAPPED, ROOT_UNKNOWN, SIGNATURE_FORGED,
    TRUNCATED, VERIFIER_SWAPPED,
};
use super::super::{Found, signers};
use super::{Case, Finding};

pub(super) fn check(case: &Case<'_>) -> Finding {
    let Some(anchors) = &case.options.anchors else {
        return Finding::not_applicable("nothing was brought from outside of the bundle (--anchors)");
    };
    let mut failures: Vec<Found> = Vec::new();
    let sizes: Vec<u64> = anchors.checkpoints.iter().map(Checkpoint::size).collect();
    let roots = case.roots(&sizes);
    for checkpoint in &anchors.checkpoints {
        failures.extend(head(case, checkpoint, roots.get(&checkpoint.size())));
    }
    opening(case, anchors, &mut failures);
    attestation_roots(case, anchors, &mut failures);
    let forged = signers::forged(case, anchors);
    failures.extend(forged.into_iter().map(|why| (SIGNATURE_FORGED, why).into()));
    let what = format!(
        "{} read elsewhere, {} of people and witnesses: the record contradicts none",
        counted(anchors.checkpoints.len(), "checkpoint"),
        counted(
            anchors
                .approvers
                .len()
                .saturating_add(anchors.attesters.len())
                .saturating_add(anchors.witnesses.len()),
            "known key"
        )
    );
    Finding::of(what, failures).at(case.opening.as_ref().map(|_| 0))
}

/// A head that was read elsewhere must be one of this record.
fn head(case: &Case<'_>, seen: &Checkpoint, root: Option<&Digest>) -> Option<Found> {
    let origin = case.origin.as_deref().unwrap_or("no origin that can be read");
    let text = seen.in_line();
    if seen.origin() != origin {
        let why = format!("{text}: read elsewhere; this record is {origin}");
        return Some((OTHER_CEREMONY, why).into());
    }
    match root {
        Some(root) if *root == seen.root() => None,
        Some(root) => {
            let why = format!(
                "{text}: read elsewhere; the first {} lines here have the root {root}",
                seen.size()
            );
            Some((FORKED, why).into())
        }
        None => {
            let code = if case.chain.is_closed() { CUT } else { TRUNCATED };
            let why = format!(
                "{text}: read elsewhere; there are only {} lines",
                case.chain.tree.size()
            );
            Some((code, why).into())
        }
    }
}

/// What the first record pins.
fn opening(case: &Case<'_>, anchors: &Anchors, failures: &mut Vec<Found>) {
    let Some(open) = &case.opening else { return };
    if let Some(before) = &anchors.predecessor
        && before.to_string() != open.predecessor
    {
        let got = crate::base::shown(&open.predecessor, 200);
        let why = format!("expected to follow {before}, got {got}: a ceremony between them is missing");
        failures.push((CEREMONY_DROPPED, why).into());
    }
    for (code, name, expected, got) in [
        (
            VERIFIER_SWAPPED,
            "verify.py",
            anchors.verifier,
            open.verifier.sha256,
        ),
        (
            PROGRAM_SWAPPED,
            "the program",
            anchors.program,
            open.program.sha256,
        ),
    ] {
        if let Some(expected) = expected.filter(|e| *e != got) {
            let why = format!("{name}: expected {expected} from outside, record 0 pins {got}");
            failures.push((code, why).into());
        }
    }
}

/// Where devices attested keys, every root at which this program lets a chain end
/// is one that the auditor knows. (Devices that attest here are YubiHSM 2.)
fn attestation_roots(case: &Case<'_>, anchors: &Anchors, failures: &mut Vec<Found>) {
    let attests = case.lines.iter().any(|l| l.record.kind == Kind::Attested);
    if anchors.attestation_roots.is_empty() || !attests {
        return;
    }
    for digest in ROOTS.iter().map(|root| root.digest()) {
        if !anchors.attestation_roots.contains(&digest) {
            let why = format!("{digest}: this program pins it, and the anchors do not name it");
            failures.push((ROOT_UNKNOWN, why).into());
        }
    }
}
