//! The binary: the command line and nothing else. Everything it can do is in
//! the library, where tests and other programs reach it.

/// Memory is wiped when it is freed: a passphrase that was drawn on the screen
/// has been in texts that nobody can wipe by hand (facts/security.md G33). The
/// auditor's build meets no secret and does without.
#[cfg(feature = "ceremony")]
#[global_allocator]
static WIPED: zeroizing_alloc::ZeroAlloc<std::alloc::System> = zeroizing_alloc::ZeroAlloc(std::alloc::System);

fn main() -> std::process::ExitCode {
    tuf_ceremony::cli::main()
}
