//! The binary: the command line and nothing else. Everything it can do is in
//! the library, where tests and other programs reach it.

fn main() -> std::process::ExitCode {
    tuf_ceremony::cli::main()
}
