//! A person who answers one program's questions at a pseudo terminal, line by
//! line: passphrases and words, which no argument and no pipe can give.
#![allow(dead_code, clippy::unwrap_used, clippy::panic)]

use std::io::{Read as _, Write as _};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use portable_pty::{CommandBuilder, PtySize, native_pty_system};

use super::program::{BINARY, Ran};

/// A guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(120);

fn command(args: &[&str]) -> CommandBuilder {
    let mut command = CommandBuilder::new(&*BINARY);
    command.args(args);
    command
}

const SIZE: PtySize = PtySize {
    rows: 40,
    cols: 400,
    pixel_width: 0,
    pixel_height: 0,
};

/// Runs the program. `answer` gets the number of the answers so far and what has
/// come since the last one, without carriage returns; `Some`: typed with Enter.
pub fn typed(args: &[&str], mut answer: impl FnMut(usize, &str) -> Option<String>) -> Ran {
    let pair = native_pty_system().openpty(SIZE).unwrap();
    let mut child = pair.slave.spawn_command(command(args)).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let (send, bytes) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0u8; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let (start, mut out, mut since, mut count) = (Instant::now(), String::new(), 0, 0);
    let code = loop {
        assert!(start.elapsed() < PATIENCE, "{args:?} hangs:\n{out}");
        match bytes.recv_timeout(Duration::from_millis(20)) {
            Ok(more) => out.push_str(&String::from_utf8_lossy(&more).replace('\r', "")),
            Err(mpsc::RecvTimeoutError::Disconnected) => break child.wait().unwrap().exit_code(),
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if let Some(status) = child.try_wait().unwrap() {
                    while let Ok(more) = bytes.recv_timeout(Duration::from_millis(50)) {
                        out.push_str(&String::from_utf8_lossy(&more).replace('\r', ""));
                    }
                    break status.exit_code();
                }
            }
        }
        if out[since..].ends_with(": ")
            && let Some(text) = answer(count, &out[since..])
        {
            since = out.len();
            count += 1;
            writer.write_all(format!("{text}\r").as_bytes()).unwrap();
            writer.flush().unwrap();
        }
    };
    Ran {
        code: i32::try_from(code).unwrap(),
        err: String::new(),
        out,
    }
}

/// Runs the program, types the passphrase, and kills it so long after.
pub fn killed(args: &[&str], passphrase: &str, after: Duration) {
    let pair = native_pty_system().openpty(SIZE).unwrap();
    let mut child = pair.slave.spawn_command(command(args)).unwrap();
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().unwrap();
    let mut writer = pair.master.take_writer().unwrap();
    let mut out = Vec::new();
    let mut byte = [0u8; 1];
    while !out.ends_with(b"(not shown): ") {
        match reader.read(&mut byte) {
            Ok(1..) => out.extend_from_slice(&byte),
            _ => panic!("ended early: {}", String::from_utf8_lossy(&out)),
        }
    }
    writer.write_all(format!("{passphrase}\r").as_bytes()).unwrap();
    writer.flush().unwrap();
    std::thread::sleep(after);
    // A signal that this program does not handle: it ends where it stands.
    let _ = child.kill();
    child.wait().unwrap();
}
