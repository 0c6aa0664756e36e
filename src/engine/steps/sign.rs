//! `sign`: one key, one payload, one signature. Each signature is verified in
//! software, by code that shares nothing with the signer's, before it counts
//! (law 8); thresholds are `tuf::threshold`'s alone.

use data_encoding::HEXLOWER;

use super::confirm;
use super::countersign;
use super::device;
use super::device_log::{self, OnYubihsm};
use crate::base::device::{Changed, DeviceCode, DeviceFault, Operation, Retry};
use crate::base::{Id, Json, Purpose};
use crate::engine::state::{Confirm, Question, Sure, Trouble};
use crate::engine::turn::Turn;
use crate::engine::{Refusal, What, files, succession};
use crate::script::Verb;
use crate::transcript::Kind;
use crate::tuf::{Meter, RoleName};

pub(super) fn ready(turn: &mut Turn) {
    if confirm::agreed(turn) {
        go(turn);
    } else {
        turn.ask(Question::Confirm { what: Confirm::Sign });
    }
}

pub(super) fn go(turn: &mut Turn) {
    let Some(Verb::Sign { metadata, on, key }) = turn.verb() else {
        return;
    };
    if let Some(file) = turn.state.files.get(metadata) {
        let payload = file.draft.payload();
        device::order_signature(turn, on, key, &payload);
    }
}

/// A signature came back, for a payload or for a challenge.
pub(super) fn signed(turn: &mut Turn, what: &What, signature: &str) -> Result<(), Refusal> {
    let What::Sign {
        key, public, purpose, ..
    } = what
    else {
        return Err(Refusal::new(
            "other-outcome",
            "a signature's effect",
            "another",
            "no signature was asked for",
        ));
    };
    let bytes = HEXLOWER.decode(signature.as_bytes()).map_err(|_| {
        Refusal::new(
            "input-form",
            "lowercase hexadecimal",
            "another text",
            "the signature cannot be read",
        )
    })?;
    let payload = files::payload(turn.plan, &turn.state, what).ok_or_else(|| {
        Refusal::new(
            "other-outcome",
            "a known payload",
            "another",
            "no such payload was to be signed",
        )
    })?;
    signed_on_device(turn, key, Sure::Done);
    if !public.verifies(payload.bytes(), &bytes) {
        wrong(turn, key);
        return Ok(());
    }
    match purpose {
        Purpose::ProofOfPossession => {
            if let Some(state) = turn.state.keys.get_mut(key) {
                state.proven = true;
            }
            turn.derive(
                Kind::Proven,
                [
                    ("key", key.as_str().into()),
                    ("challenge", payload.digest().hex().into()),
                    ("fingerprint", public.fingerprint().hex().into()),
                ],
            );
            countersign::enrolled(turn, key, public)?;
            turn.finish(false);
        }
        Purpose::Checkpoint => countersign::signed(turn, key, &bytes),
        Purpose::TufMetadata => count(turn, public, signature)?,
    }
    Ok(())
}

/// What came back is no signature of the key over the bytes.
pub(super) fn wrong(turn: &mut Turn, key: &Id) {
    super::trouble(
        turn,
        Trouble::Device(DeviceFault {
            operation: Operation::Sign,
            code: DeviceCode::SignatureWrong,
            meaning: format!("the signature of {key} does not verify in software; it was thrown away"),
            changed: Changed::No,
            retry: Retry::AskHuman,
        }),
    );
}

/// One more signature of this key stands in its device's log, or may stand there.
pub(super) fn signed_on_device(turn: &mut Turn, key: &Id, sure: Sure) {
    let Some(state) = turn.state.keys.get(key) else {
        return;
    };
    let (holder, what) = (
        state.token.clone(),
        OnYubihsm::Sign(state.algorithm, state.object),
    );
    device_log::done(turn, &holder, what, sure);
}

fn count(turn: &mut Turn, public: &crate::base::PublicKey, signature: &str) -> Result<(), Refusal> {
    let Some(Verb::Sign { metadata, .. }) = turn.verb() else {
        return Err(Refusal::new(
            "other-outcome",
            "a signing step",
            "another",
            "no payload is being signed",
        ));
    };
    // One signature counts under every id that the new and the trusted root have for
    // the key; what is re-keyed signs once (facts/tuf.md 5, W12).
    let keyids = succession::keyids(turn.plan, &turn.state, metadata, public);
    let listed: Vec<String> = keyids.iter().map(ToString::to_string).collect();
    let mut complete_now = false;
    let mut digest = crate::base::Digest::ZERO;
    if let Some(file) = turn.state.files.get_mut(metadata) {
        let new = listed.iter().map(|id| (id.clone(), signature.to_owned()));
        file.signatures.extend(new);
        file.signatures.sort();
        digest = file.draft.digest;
    }
    let meter = files::meter(turn.plan, &turn.state, metadata);
    let old = match metadata.top() {
        Some(RoleName::Root) => succession::old_meter(turn.plan, &turn.state),
        _ => None,
    };
    if let (Some(m), Some(file)) = (&meter, turn.state.files.get_mut(metadata)) {
        // TUF 5.3.4: a new root needs both thresholds.
        let complete = m.complete() && old.as_ref().is_none_or(Meter::complete);
        complete_now = complete && !file.complete;
        file.complete = complete;
    }
    let number = |n: u64| Json::Int(i64::try_from(n).unwrap_or(i64::MAX));
    let have = |m: Option<&Meter>| number(m.map_or(0, |m| u64::try_from(m.distinct).unwrap_or(u64::MAX)));
    let need = |m: Option<&Meter>| number(m.map_or(0, |m| m.threshold));
    let body = [
        ("metadata", metadata.as_str().into()),
        ("payload", digest.hex().into()),
        ("keyid", listed.join(" ").into()),
        ("have", have(meter.as_ref())),
        ("need", need(meter.as_ref())),
    ];
    match &old {
        None => turn.derive(Kind::Signed, body),
        Some(old) => {
            let [a, b, c, d, e] = body;
            let (f, g) = (("old_have", have(Some(old))), ("old_need", need(Some(old))));
            turn.derive(Kind::Signed, [a, b, c, d, e, f, g]);
        }
    }
    if complete_now {
        turn.derive(
            Kind::Complete,
            [
                ("metadata", metadata.as_str().into()),
                ("payload", digest.hex().into()),
            ],
        );
    }
    turn.finish(complete_now);
    Ok(())
}
