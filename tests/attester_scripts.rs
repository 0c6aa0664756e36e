//! Scripts about seats that sign the record: every sin is refused by name, and the
//! script that differs from it in one text is accepted.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    reason = "a test fails by panicking"
)]

#[path = "support/rehearsal.rs"]
mod rehearsal;

use rehearsal::Key;
use tuf_ceremony::base::Algorithm;
use tuf_ceremony::note::Vkey;
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::Script;

fn script() -> String {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ceremony-scripts/rehearsal/root-keygen-attested.toml"
    );
    std::fs::read_to_string(path).unwrap()
}

/// The script with texts put in the place of others that stand there once.
fn edited(edits: &[(&str, &str)]) -> String {
    let mut text = script();
    for (from, to) in edits {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        text = text.replace(from, to);
    }
    text
}

fn refused(text: &str) -> Vec<String> {
    let script = match Script::parse(text.as_bytes()) {
        Ok(script) => script,
        Err(found) => {
            return found
                .0
                .into_iter()
                .map(|d| format!("{}: {}", d.code, d.message))
                .collect();
        }
    };
    match Plan::build(script, &Inputs::default()) {
        Ok(_) => Vec::new(),
        Err(found) => found
            .0
            .into_iter()
            .map(|d| format!("{}: {}", d.code, d.message))
            .collect(),
    }
}

#[test]
fn every_sin_about_attesters_is_refused_by_name() {
    assert!(refused(&script()).is_empty());
    let olga = "by   = \"officer\"\nseat = 1\non   = \"card-olga\"\nkey  = \"made-here\"";
    let vkey = |name: &str, algorithm| Vkey::new(name, Key::new(name, algorithm).public()).unwrap();
    let known = olga.replace(
        "made-here",
        &vkey("olga.example", Algorithm::EcdsaP256).to_string(),
    );
    let cosigner = Vkey::cosigner("w", Key::new("w", Algorithm::Ed25519).public()).unwrap();
    let cosigner = olga.replace("made-here", &cosigner.to_string());
    let word = olga.replace("made-here", "found");
    let (seat, same_seat) = (
        olga.replace("seat = 1", "seat = 4"),
        olga.replace("seat = 1", "seat = 2"),
    );
    let role = olga.replace("officer", "notary");
    let token = olga.replace("card-olga", "card-nobody");
    let shared = olga.replace("card-olga", "file-otto");
    let made = "{ name = \"audit-olga\", algorithm = \"ecdsa-p256\", extractable = false }";
    let p384 = made.replace("p256", "p384");
    let elsewhere = format!("on      = \"card-olga\"\nkey     = {made}");
    let on_token_a = elsewhere.replace("card-olga", "token-a");
    let proof = "do      = \"prove-possession\"\nby      = \"officer\"\nminutes = 1\non      = \"card-olga\"\nkey     = \"audit-olga\"";
    let no_proof = "do      = \"checklist\"\nby      = \"officer\"\nminutes = 1\nitems   = [\"x\"]";
    let by_witness = "do      = \"countersign\"\nby      = \"witness\"\nminutes = 1";
    let by_administrator = by_witness.replace("witness", "administrator");
    let roots = "keys            = [\"root-a\", \"root-b\", \"root-c\"]";
    let with_audit = "keys            = [\"root-a\", \"root-b\", \"root-c\", \"audit-olga\"]";
    for (sin, from, to, because) in [
        (
            "audit-key-of-root",
            roots,
            with_audit,
            "plan-attester: attester audit-olga: its key is a key of root",
        ),
        (
            "named-as-a-root-key",
            "id   = \"audit-olga\"",
            "id   = \"root-a\"",
            "plan-attester: attester root-a: its key is a key of root",
        ),
        ("no-such-seat", olga, &seat, "there is no seat 4 of officer"),
        ("no-such-role", olga, &role, "there is no seat 1 of notary"),
        (
            "seat-twice",
            olga,
            &same_seat,
            "officer 2 has an attester already",
        ),
        (
            "no-such-token",
            olga,
            &token,
            "no [[token]] is called card-nobody",
        ),
        (
            "token-of-two-seats",
            olga,
            &shared,
            "holds another seat's audit key",
        ),
        (
            "never-countersigns",
            by_witness,
            no_proof,
            "no `countersign` step is by witness",
        ),
        (
            "countersigns-without-keys",
            by_witness,
            &by_administrator,
            "no seat of administrator has an audit key",
        ),
        ("not-proven", proof, no_proof, "not proven: audit-olga"),
        ("p384", made, &p384, "ecdsa-p384 keys sign no notes"),
        (
            "on-another-token",
            &elsewhere,
            &on_token_a,
            "the audit key audit-olga is on card-olga",
        ),
        ("exists-and-is-made", olga, &known, "audit-olga exists already"),
        ("witness-key", olga, &cosigner, "script-wrong-value"),
        ("no-key", olga, &word, "script-wrong-value"),
        (
            "two-of-a-name",
            "id   = \"audit-otto\"",
            "id   = \"audit-olga\"",
            "script-duplicate-id",
        ),
    ] {
        let found = refused(&edited(&[(from, to)]));
        assert!(found.iter().any(|f| f.contains(because)), "{sin}: {found:#?}");
    }
}
