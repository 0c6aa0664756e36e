//! The adapter of `examples/outside-token.rs` passes the contract suite, has read no
//! more than the public API, and is as short as docs/token-adapter.md says.
//! `cargo test --test outside_token -- --nocapture` prints the suite's report.

#![cfg(feature = "ceremony")]
#![allow(clippy::print_stdout, reason = "a report is read by a person")]

#[path = "../examples/outside-token.rs"]
mod outside;

use tuf_ceremony::base::device::Credential;
use tuf_ceremony::base::{Algorithm, Digest};
use tuf_ceremony::signer::contract::{Candidate, Promises, run};
use tuf_ceremony::transcript::proof;

#[test]
fn an_adapter_from_outside_honours_the_port() {
    let device = outside::Outside::default();
    let report = run(&Candidate {
        provider: &|| Box::new(device.clone()),
        serial: "OUTSIDE-1",
        secrets: &[(Credential::Passphrase, "correct horse 7")],
        wrong: "incorrect horse",
        malformed: "short",
        // An outsider cannot sign bytes of his own choice: only what the ceremony signs.
        payload: &|key, n| {
            let about = Digest::of(&[u8::try_from(n).unwrap_or(0)]);
            proof::challenge(&about, &key.operation, &key.name, &key.public)
        },
        promises: Promises {
            two_handles: true,
            ..Promises::of(&[Algorithm::Ed25519])
        },
    });
    println!("{report}");
    assert!(report.is_good(), "\n{report}");
    let told = report.to_string();
    assert!(told.contains("honours the port"), "{told}");
    assert!(told.contains("not promised  change-pins"), "{told}");
}

#[test]
fn the_adapter_is_as_short_as_the_page_says() {
    let lines = include_str!("../examples/outside-token.rs").lines().count();
    assert!(lines < 150, "{lines} lines");
    let page = include_str!("../docs/token-adapter.md");
    assert!(
        page.contains(&format!("{lines} lines")),
        "docs/token-adapter.md: {lines} lines"
    );
}
