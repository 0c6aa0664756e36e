//! A rehearsal that somebody would show as a production ceremony: whichever of
//! the three places is changed, with chain, checkpoints and seal rebuilt around it,
//! the check `kind` itself fails (DESIGN 5).
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/audit.rs"]
mod audit;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use audit::{forged, judge, set, summed};
use rehearsal::{Key, Room, script_small};
use tuf_ceremony::audit::{Level, Verdict};
use tuf_ceremony::base::{Algorithm, Json};

#[test]
fn a_rehearsal_cannot_be_relabelled() {
    let room = Room::closed(&script_small());
    let good = judge(&room.bundle());
    assert_eq!(good.check("kind").unwrap().verdict, Verdict::Pass);
    let own = Key::new("log 1", Algorithm::Ed25519);
    let opens = |field: &str, value: Json| {
        forged(&room, &own, |lines| {
            set(
                &mut lines[0].record.body,
                &["input", "open", field],
                value.clone(),
            );
        })
    };
    let mut scripted = room.bundle();
    let text = String::from_utf8(scripted["script.toml"].clone()).unwrap();
    let other = text.replacen("\"rehearsal\"", "\"production\"", 1);
    assert_ne!(text, other);
    scripted.insert("script.toml".to_owned(), other.into_bytes());
    for (sin, files) in [
        ("the record says production", opens("kind", "production".into())),
        ("the record says something else", opens("kind", "exercise".into())),
    ] {
        let judgement = judge(&files);
        let failed = judgement.failed();
        assert!(failed.contains(&"kind"), "{sin}: {failed:?}");
        assert_eq!(judgement.verdict, Level::Refused, "{sin}");
    }
    // The script alone is another one than the record pins, whatever it says.
    let judgement = judge(&summed(scripted));
    assert!(judgement.failed().contains(&"script"), "{:?}", judgement.failed());
    assert_eq!(judgement.verdict, Level::Refused);
}
