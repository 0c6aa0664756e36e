//! Builds the bench: for every token of a plan, the provider that reaches it.
//! Rehearsal tokens and key files live in their own folder beside the record.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Exit, out};
use crate::engine::FileRef;
use crate::fault::Code;
use crate::plan::Plan;
use crate::runner::Bench;
use crate::script::{Backend, SerialSpec, TokenSpec};
use crate::signer::Provider;
use crate::signer::embedded::{EmbeddedProvider, veteran};
use crate::signer::file::FileProvider;

/// Modules by name, as the command line gives them.
pub(super) type Modules = BTreeMap<String, PathBuf>;

pub(super) fn modules(given: &[String]) -> Result<Modules, Exit> {
    let mut modules = Modules::new();
    for text in given {
        match text.split_once('=') {
            Some((name, path)) if !name.is_empty() && !path.is_empty() => {
                if modules.insert(name.to_owned(), PathBuf::from(path)).is_some() {
                    let name = crate::base::shown(name, 100);
                    out::complain(&format!("--module: {name} is given twice"));
                    return Err(Exit::Usage);
                }
            }
            _ => {
                out::card(
                    Code::ModuleNotNamed,
                    &format!("--module {}", crate::base::shown(text, 100)),
                );
                return Err(Exit::Usage);
            }
        }
    }
    Ok(modules)
}

/// Where devices are reached, as the command line says.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// PKCS#11 modules.
    pub(super) modules: Modules,
    /// YubiHSM 2: `usb`, or connectors on this machine.
    pub(super) yubihsm: Vec<String>,
    /// How long any answer of a device may take; `None`: what each call is worth.
    pub(super) patience: Option<Duration>,
}

/// The providers, and what the record says of the modules.
pub(super) fn bench(
    plan: &Plan,
    devices: &Path,
    places: &Places,
    executable: &Path,
) -> Result<(Bench, Vec<FileRef>), Exit> {
    let mut bench = Bench::new();
    let mut used = BTreeMap::new();
    for token in &plan.script().tokens {
        let provider: Box<dyn Provider> = match &token.backend {
            Backend::Embedded => {
                let folder = made(&devices.join("embedded"))?;
                let mut provider = EmbeddedProvider::new(&folder);
                if let Some(serial) = missing(token, &folder) {
                    // A succession's old tokens have keys; what a genesis calls alike is new.
                    let old = plan.trusted().and_then(|_| veteran::of(serial));
                    let made = match old {
                        Some(veteran) => provider.enlist(veteran),
                        None => provider.manufacture(serial),
                    };
                    made.map(drop).map_err(device)?;
                }
                Box::new(provider)
            }
            Backend::File => {
                let folder = made(&devices.join("files"))?;
                let mut provider = FileProvider::new(&folder);
                if let Some(serial) = missing(token, &folder) {
                    provider.create(serial).map(drop).map_err(device)?;
                }
                Box::new(provider)
            }
            Backend::Yubihsm => {
                if places.yubihsm.is_empty() {
                    out::card(Code::ConnectorNotNamed, "the script has a YubiHSM 2");
                    return Err(Exit::Usage);
                }
                yubihsm(&places.yubihsm, places.patience)?
            }
            Backend::Pkcs11 { module } => {
                let Some(path) = places.modules.get(module.as_str()) else {
                    out::card(
                        Code::ModuleNotNamed,
                        &format!("the script's module is called {module}"),
                    );
                    return Err(Exit::Usage);
                };
                used.insert(module.as_str().to_owned(), path.clone());
                pkcs11(path, executable, places.patience)?
            }
        };
        bench.insert(token.id.clone(), provider);
    }
    let named = used
        .iter()
        .map(|(name, path)| FileRef {
            path: name.clone(),
            sha256: super::machine::digest_of_file(path),
            len: std::fs::metadata(path).map_or(0, |m| m.len()),
        })
        .collect();
    Ok((bench, named))
}

/// The serial of a folder token that does not exist yet.
fn missing<'t>(token: &'t TokenSpec, folder: &Path) -> Option<&'t str> {
    match &token.serial {
        SerialSpec::Known(serial) if !folder.join(serial).exists() => Some(serial),
        _ => None,
    }
}

fn made(folder: &Path) -> Result<PathBuf, Exit> {
    use std::os::unix::fs::DirBuilderExt;
    std::fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(|e| {
            out::card(
                Code::StorageReadOnly,
                &format!("{}: {e}", crate::base::shown(&folder.display().to_string(), 200)),
            );
            Exit::Fault
        })?;
    Ok(folder.to_owned())
}

fn device(fault: crate::base::device::DeviceFault) -> Exit {
    out::card(Code::StorageFailed, &fault.to_string());
    Exit::Fault
}

/// YubiHSM 2 devices by `usb`, or by connectors on this machine (`http://127.0.0.1:PORT`).
#[cfg(feature = "yubihsm")]
pub(super) fn yubihsm(connectors: &[String], patience: Option<Duration>) -> Result<Box<dyn Provider>, Exit> {
    use crate::signer::yubihsm::{Connector, YubihsmProvider};
    let mut reached = Vec::new();
    for connector in connectors {
        let port = connector
            .strip_prefix("http://127.0.0.1:")
            .and_then(|port| port.parse::<u16>().ok())
            .filter(|port| *port != 0);
        reached.push(match (connector.as_str(), port) {
            ("usb", _) => Connector::Usb,
            (_, Some(port)) => Connector::Http { port },
            _ => {
                out::complain(&format!(
                    "--yubihsm {}: expected usb or http://127.0.0.1:PORT",
                    crate::base::shown(connector, 100)
                ));
                return Err(Exit::Usage);
            }
        });
    }
    let provider = YubihsmProvider::new(reached);
    Ok(Box::new(match patience {
        Some(patience) => provider.patience(patience),
        None => provider,
    }))
}

#[cfg(not(feature = "yubihsm"))]
pub(super) fn yubihsm(
    _connectors: &[String],
    _patience: Option<Duration>,
) -> Result<Box<dyn Provider>, Exit> {
    out::complain("this build has no YubiHSM 2: build it with the feature yubihsm");
    Err(Exit::Usage)
}

#[cfg(feature = "pkcs11")]
pub(super) fn pkcs11(
    module: &Path,
    executable: &Path,
    patience: Option<Duration>,
) -> Result<Box<dyn Provider>, Exit> {
    use crate::signer::worker::{ENVIRONMENT, Limits, WorkerCommand};
    let mut command = WorkerCommand::new(executable);
    if let Some(patience) = patience {
        command = command.limits(Limits::all(patience));
    }
    for name in ENVIRONMENT {
        if let Some(value) = std::env::var_os(name) {
            command = command.env(name, value);
        }
    }
    Ok(Box::new(crate::signer::pkcs11::Pkcs11Provider::new(
        command, module,
    )))
}

#[cfg(not(feature = "pkcs11"))]
pub(super) fn pkcs11(
    _module: &Path,
    _executable: &Path,
    _patience: Option<Duration>,
) -> Result<Box<dyn Provider>, Exit> {
    out::complain("this build has no PKCS#11: build it with the feature pkcs11");
    Err(Exit::Usage)
}
