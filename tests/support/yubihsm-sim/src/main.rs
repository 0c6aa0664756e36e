//! `yubihsm-sim serve`: a device in a process of its own, so that a test can
//! kill it and start it again. Prints `port N` once it listens, then a line
//! `struck RULE` for every fault rule that strikes.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use yubihsm_sim::{Config, Simulator, attestation, faults};

const USAGE: &str = "\
usage: yubihsm-sim serve [--state FILE] [--serial N] [--firmware X.Y.Z] [--port N]
                         [--faults FILE] [--rule 'NTH COMMAND FAULT']... [--idle SECONDS]
       yubihsm-sim chain --serial N --out FOLDER    root.pem, sub.pem, device.pem and the
                                                    fingerprint to pin on standard output";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("yubihsm-sim: {error}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let (verb, options) = arguments.split_first().ok_or("expected a verb")?;
    let (pairs, []) = options.as_chunks::<2>() else {
        return Err("every option takes a value".to_owned());
    };
    let mut config = Config::default();
    let mut out = None;
    for [name, value] in pairs {
        let wrong = || format!("{name}: cannot read `{value}`");
        match name.as_str() {
            "--state" => config.state = Some(value.into()),
            "--serial" => config.serial = value.parse().map_err(|_| wrong())?,
            "--firmware" => config.firmware = firmware(value).ok_or_else(wrong)?,
            "--port" => config.port = value.parse().map_err(|_| wrong())?,
            "--faults" => config.control = Some(value.into()),
            "--rule" => config.faults.push(value.parse()?),
            "--idle" => config.idle = Duration::from_secs(value.parse().map_err(|_| wrong())?),
            "--out" => out = Some(value),
            _ => return Err(format!("no option `{name}`")),
        }
    }
    match (verb.as_str(), out) {
        ("serve", None) => serve(Config {
            announce: true,
            ..config
        }),
        ("chain", Some(folder)) => chain(config.serial, Path::new(folder)),
        _ => Err(format!("cannot do `{verb}` like this")),
    }
}

fn firmware(text: &str) -> Option<(u8, u8, u8)> {
    let mut parts = text.split('.').map(|part| part.parse().ok());
    let version = (parts.next()??, parts.next()??, parts.next()??);
    parts.next().is_none().then_some(version)
}

fn serve(config: Config) -> Result<(), String> {
    if let Some(path) = &config.control {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        faults::rules(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    let simulator = Simulator::start(config).map_err(|error| error.to_string())?;
    println!("port {}", simulator.port());
    std::io::stdout().flush().map_err(|error| error.to_string())?;
    simulator.wait();
    Ok(())
}

fn chain(serial: u32, folder: &Path) -> Result<(), String> {
    let chain = attestation::chain(serial);
    for (name, text) in [
        ("root.pem", chain.root_pem()),
        ("sub.pem", chain.sub_pem()),
        ("device.pem", chain.device_pem()),
    ] {
        std::fs::write(folder.join(name), text).map_err(|error| error.to_string())?;
    }
    let fingerprint: String = chain
        .root_fingerprint()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    println!("{fingerprint}");
    Ok(())
}
