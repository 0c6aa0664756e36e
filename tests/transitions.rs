//! Root transitions N -> N+1: the shipped succession rehearsals through the
//! shipped binary, judged by both verifiers and the real clients; and what is
//! refused, by name: by the plan, by the engine, by the gate.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "ceremony")]

#[path = "support/program.rs"]
mod program;
#[path = "support/veterans.rs"]
mod veterans;

#[test]
fn the_rehearsals_chain_is_what_the_veterans_sign() {
    let temp = tempfile::tempdir().unwrap();
    let folder = veterans::root().join("ceremony-scripts/rehearsal/chain");
    for (name, bytes) in veterans::chain(temp.path()) {
        let path = folder.join(&name);
        if std::env::var_os("UPDATE_GOLDEN").is_some() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &bytes).unwrap();
        }
        let committed = std::fs::read(&path).unwrap_or_default();
        assert!(committed == bytes, "{name}: UPDATE_GOLDEN=1 writes it anew");
    }
}
