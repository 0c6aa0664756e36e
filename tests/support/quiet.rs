//! A private network namespace for the shipped binary: production runs in it on a
//! machine that has interfaces up. Nothing of the product is switched off: the
//! program looks as everywhere, and sees a network with nothing but loopback.
#![allow(dead_code)]

use std::ffi::OsStr;
use std::process::Command;
use std::sync::OnceLock;

use super::program::BINARY;

/// Runs before the program: its own network, and a sysfs that shows it.
const ENTER: &str = "mount -t sysfs sysfs /sys && exec \"$0\" \"$@\"";

/// The words before the binary. A shell script may do more before it (bring an
/// interface up, for example).
pub fn prefix(script: &str) -> Vec<String> {
    let own: &[&str] = if rustix_is_root() { &[] } else { &["-r"] };
    let mut words = vec!["unshare"];
    words.extend(own);
    words.extend(["-n", "-m", "sh", "-c", script]);
    words.into_iter().map(str::to_owned).collect()
}

/// The binary in a network of its own, before its arguments; `None`, with a visible
/// skip, where that is not allowed or something else of the machine refuses.
pub fn words() -> Option<Vec<String>> {
    static READY: OnceLock<Result<(), String>> = OnceLock::new();
    let ready = READY.get_or_init(|| {
        let looked = wrapped(ENTER, &["machine"]);
        if looked.code == 0 {
            return Ok(());
        }
        Err(format!("{}{}", looked.out, looked.err))
    });
    if let Err(why) = ready {
        println!("SKIPPED: no quiet machine can be made here: {why}");
        return None;
    }
    let mut words = prefix(ENTER);
    words.push(BINARY.clone());
    Some(words)
}

/// A command of the program in the quiet place.
pub fn command(args: &[&OsStr]) -> Option<Command> {
    let words = words()?;
    let mut command = Command::new(&words[0]);
    command.args(&words[1..]).args(args);
    Some(command)
}

/// The program after a script of its own, in a network of its own.
pub fn wrapped(script: &str, args: &[&str]) -> super::program::Ran {
    let words = prefix(script);
    super::program::ran(Command::new(&words[0]).args(&words[1..]).arg(&*BINARY).args(args))
}

fn rustix_is_root() -> bool {
    rustix::process::geteuid().is_root()
}
