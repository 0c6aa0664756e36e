//! Stands in for the hidden `worker` verb of the real binary, so that the tests
//! of `signer` have a process to talk to: `worker pkcs11 MODULE`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut args = std::env::args_os().skip(1);
    match (args.next(), args.next(), args.next()) {
        (Some(verb), Some(kind), Some(module)) if verb == "worker" && kind == "pkcs11" => {
            tuf_ceremony::signer::worker::serve_pkcs11(std::path::Path::new(&module))
        }
        _ => ExitCode::from(2),
    }
}
