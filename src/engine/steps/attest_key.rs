//! `attest-key`: what the device itself says about a key, judged field by field
//! down from the pinned root, and the attested key must be the recorded one:
//! the PSF's own verifier compared neither (facts/hsm.md 5.5, V26, V27). The
//! auditor's machine comes to the same report from the bytes in the record.

use data_encoding::HEXLOWER;

use super::device_log::{self, OnYubihsm};
use crate::attestation::{Firmware, Outcome as Check, Pin, Report, Verdict, Waiver, yubihsm};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, Retry, Statement, StatementKind};
use crate::base::{Algorithm, Digest, Id};
use crate::engine::state::{KeyState, Sure, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What};
use crate::plan::Plan;
use crate::script::{Rank, Verb};
use crate::transcript::Kind;

pub(super) fn ready(turn: &mut Turn) {
    let Some(Verb::AttestKey { on, key }) = turn.verb() else {
        return;
    };
    let Some(state) = turn.state.keys.get(key) else {
        return;
    };
    let what = What::Attest {
        token: on.clone(),
        serial: turn.serial(on),
        key: key.clone(),
        operation: state.operation,
        public: state.public.clone(),
    };
    turn.work(what);
}

pub(super) fn attested(turn: &mut Turn, key: &Id, statement: Option<&Statement>) -> Result<(), Refusal> {
    let Some(state) = turn.state.keys.get(key).cloned() else {
        return Err(Refusal::new(
            "other-outcome",
            "a key of this record",
            "another",
            "no such key is being attested",
        ));
    };
    let Some(statement) = statement else {
        stop(turn, "the device made no statement about the key");
        return Ok(());
    };
    // Made is made, whatever it is worth.
    device_log::done(
        turn,
        &state.token,
        OnYubihsm::Attest(statement.object),
        Sure::Done,
    );
    let serial = turn.serial(&state.token);
    let report = match judge(turn.plan, &serial, key, &state, statement) {
        Ok(report) => report,
        Err(why) => {
            stop(turn, &why);
            return Ok(());
        }
    };
    let verdict = report.verdict();
    let named = |outcome| report.names(outcome).join(" ");
    turn.derive(
        Kind::Attested,
        [
            ("key", key.as_str().into()),
            ("verdict", verdict.as_str().into()),
            ("passed", named(Check::Pass).into()),
            ("waived", named(Check::Waived).into()),
            ("failed", named(Check::Fail).into()),
            ("open", named(Check::Ask).into()),
            ("firmware", told(&report, "firmware").into()),
        ],
    );
    // What the script pins leaves nothing for a person to compare.
    if !matches!(verdict, Verdict::Good | Verdict::Rehearsal) {
        let names = format!("{} {}", named(Check::Fail), named(Check::Ask));
        stop(
            turn,
            &format!("the device's statement was refused: {}", names.trim()),
        );
        return Ok(());
    }
    if let Some(state) = turn.state.keys.get_mut(key) {
        state.attested = Some(verdict.as_str().to_owned());
        state.object = statement.object;
        state.statement = Some(std::sync::Arc::new(statement.clone()));
    }
    turn.finish(false);
    Ok(())
}

/// The report over a statement about a key of this record.
///
/// # Errors
/// Why there is none: another kind of statement, or certificates that are missing.
pub fn judge(
    plan: &Plan,
    serial: &str,
    name: &Id,
    key: &KeyState,
    statement: &Statement,
) -> Result<Report, String> {
    if statement.kind != StatementKind::Yubihsm {
        return Err("expected a YubiHSM 2 attestation, got a statement of another kind".to_owned());
    }
    let der: Vec<Vec<u8>> = statement
        .certificates
        .iter()
        .map(|hex| HEXLOWER.decode(hex.as_bytes()).map_err(|e| e.to_string()))
        .collect::<Result<_, _>>()?;
    let [attestation, device] = der.as_slice() else {
        return Err(format!("expected two certificates, got {}", der.len()));
    };
    let authorities: Vec<&[u8]> = plan.certificates().iter().map(Vec::as_slice).collect();
    let mut expected = yubihsm::Expected::new(pin(plan));
    expected.serial = serial.parse().ok();
    expected.public_key = Some(key.public.to_spki_der());
    expected.label = Some(key.operation.label(name));
    expected.domains = Some(1);
    expected.object_id = statement.object;
    expected.accepted_authorities = authorities.iter().map(|der| Digest::of(der)).collect();
    expected.firmware_waiver = plan
        .token(&key.token)
        .and_then(|t| t.firmware_waiver.as_deref())
        .and_then(Waiver::new);
    let evidence = yubihsm::Evidence {
        attestation,
        device,
        authorities: &authorities,
    };
    Ok(yubihsm::judge(&evidence, &expected))
}

/// The vendor's root; in a rehearsal that names one, the simulator's.
fn pin(plan: &Plan) -> Pin {
    let practice = plan
        .script()
        .certificates
        .iter()
        .find(|c| c.rank == Rank::Rehearsal);
    practice
        .and_then(|c| {
            let file = plan.files().iter().find(|f| f.name == c.file)?;
            let der = crate::attestation::certificates(&file.bytes).ok()?;
            Some(Pin::Rehearsal {
                name: c.id.to_string(),
                sha256: Digest::of(der.first()?),
            })
        })
        .unwrap_or(Pin::Vendor)
}

fn told(report: &Report, check: &str) -> String {
    report.check(check).map(|c| c.got.clone()).unwrap_or_default()
}

fn stop(turn: &mut Turn, meaning: &str) {
    super::trouble(
        turn,
        Trouble::Device(DeviceFault {
            operation: Operation::Attest,
            code: DeviceCode::AttestationRefused,
            meaning: crate::base::shown(meaning, 300),
            changed: Changed::No,
            retry: Retry::AskHuman,
        }),
    );
}

/// YSA-2024-03: ECDSA on a YubiHSM 2 below firmware 2.4.0 leaks its key to whoever
/// holds the device; the device says its version before any key is made.
pub(super) fn firmware_floor(turn: &mut Turn, token: &Id, firmware: &str) -> bool {
    let ecdsa = turn.plan.steps().iter().any(|s| {
        matches!(&s.step.verb, Verb::GenerateKey { on, algorithm, .. }
            if on == token && *algorithm != Algorithm::Ed25519)
    });
    if !ecdsa || parse(firmware).is_some_and(|f| f >= yubihsm::FIRMWARE_FLOOR) {
        return true;
    }
    let waiver = turn.plan.token(token).and_then(|t| t.firmware_waiver.clone());
    let Some(reason) = waiver else {
        super::trouble(
            turn,
            Trouble::Device(DeviceFault {
                operation: Operation::Identity,
                code: DeviceCode::FirmwareOld,
                meaning: format!(
                    "expected firmware {} or newer, got {}",
                    yubihsm::FIRMWARE_FLOOR,
                    crate::base::shown(firmware, 20)
                ),
                changed: Changed::No,
                retry: Retry::Never,
            }),
        );
        return false;
    };
    turn.derive(
        Kind::Waived,
        [
            ("claim", "firmware-floor".into()),
            ("token", token.as_str().into()),
            ("firmware", crate::base::shown(firmware, 20).into()),
            ("because", reason.into()),
        ],
    );
    true
}

pub(super) fn parse(firmware: &str) -> Option<Firmware> {
    let mut parts = firmware.split('.').map(|p| p.parse::<u8>().ok());
    let version = Firmware(parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}
