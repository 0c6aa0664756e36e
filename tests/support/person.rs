//! A person at a pseudo-terminal with the program in it, outside the full screen.
#![allow(
    dead_code,
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects
)]

use std::sync::Arc;

/// A pseudo-terminal with the program in it.
pub struct Person {
    child: Box<dyn portable_pty::Child + Send + Sync>,
    writer: Box<dyn std::io::Write + Send>,
    seen: Arc<std::sync::Mutex<Vec<u8>>>,
    _master: Box<dyn portable_pty::MasterPty + Send>,
    asked: usize,
}

impl Person {
    /// Starts the program with these arguments.
    pub fn at(binary: &str, args: &[&str]) -> Person {
        use std::io::Read as _;
        let size = portable_pty::PtySize {
            rows: 60,
            cols: 200,
            pixel_width: 0,
            pixel_height: 0,
        };
        let pair = portable_pty::native_pty_system().openpty(size).unwrap();
        let mut command = portable_pty::CommandBuilder::new(binary);
        command.args(args);
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
        let to = seen.clone();
        std::thread::spawn(move || {
            let mut bytes = [0u8; 1024];
            while let Ok(n) = reader.read(&mut bytes) {
                if n == 0 {
                    break;
                }
                to.lock().unwrap().extend_from_slice(&bytes[..n]);
            }
        });
        Person {
            child,
            writer: pair.master.take_writer().unwrap(),
            seen,
            _master: pair.master,
            asked: 0,
        }
    }

    pub fn seen(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()).into_owned()
    }

    /// A guard against hanging, not a measure.
    pub fn wait(&self, what: &str) {
        for _ in 0..6000 {
            if self.seen().contains(what) {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("never came to {what}: {}", self.seen());
    }

    /// The number of the word that is asked for next.
    pub fn asked(&mut self) -> usize {
        self.asked += 1;
        for _ in 0..6000 {
            let seen = self.seen();
            if let Some(rest) = seen.split("word ").nth(self.asked)
                && let Some((number, _)) = rest.split_once(": ")
            {
                return number.parse().unwrap();
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        panic!("no word {} was asked: {}", self.asked, self.seen());
    }

    pub fn type_line(&mut self, text: &str) {
        self.writer.write_all(format!("{text}\r").as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    pub fn end(&mut self) -> u32 {
        self.child.wait().unwrap().exit_code()
    }
}
