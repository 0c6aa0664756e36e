//! The adapter of `examples/outside-token.rs` passes the suite, as
//! docs/token-adapter.md says it does, and has read no more than the public API.

#![cfg(feature = "ceremony")]

#[allow(dead_code, reason = "its main is cargo's")]
#[path = "../examples/outside-token.rs"]
mod outside;

#[test]
fn an_adapter_from_outside_honours_the_port() {
    let report = outside::trial();
    assert!(report.is_good(), "\n{report}");
    let told = report.to_string();
    assert!(told.contains("honours the port"), "{told}");
    assert!(told.contains("not promised  change-pins"), "{told}");
}
