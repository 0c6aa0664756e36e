//! Process isolation for vendor modules (DESIGN.md section 3; T12): the same
//! binary, executed again, loads the module and answers over a small pipe
//! protocol. A module that crashes, hangs, prints or lies can take its own
//! process with it, never the transcript. What it cannot prevent: a hostile
//! module knows the PIN, and it can use the device as long as it is unlocked.

mod frame;
mod process;
mod protocol;
mod remote;
mod serve;

pub use process::{ENVIRONMENT, Limits, WorkerCommand};
pub use remote::WorkerProvider;

pub use super::pkcs11::serve_pkcs11;

pub(super) use serve::{Served, serve};
