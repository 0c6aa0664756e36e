//! The connector: `POST /connector/api` carries one frame each way,
//! `GET /connector/status` says that it is there. Loopback only, a thread a
//! connection, every answer in one single write: the `yubihsm` crate's reader
//! corrupts answers that arrive in more (which is what the split fault is for).

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::device::{Answer, Device};

const LARGEST_REQUEST: usize = 64 * 1024;
/// How often a waiting connection looks whether the simulator stops.
const LOOK: Duration = Duration::from_millis(25);
/// Between the two segments of a split answer: long enough that they are not merged.
const GAP: Duration = Duration::from_millis(40);

/// A running server.
#[derive(Debug)]
pub struct Server {
    port: u16,
    stop: Arc<AtomicBool>,
    listener: Option<JoinHandle<()>>,
}

impl Server {
    /// Listens on 127.0.0.1; port 0 takes a free one.
    ///
    /// # Errors
    /// Where the port is taken.
    pub fn start(device: Device, port: u16) -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", port))?;
        let port = listener.local_addr()?.port();
        let stop = Arc::new(AtomicBool::new(false));
        let stopping = Arc::clone(&stop);
        let listener = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopping.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(stream) = stream {
                    let (device, stop) = (device.clone(), Arc::clone(&stopping));
                    // A connection that ends badly ends alone.
                    thread::spawn(move || {
                        drop(
                            Connection {
                                stream,
                                device,
                                port,
                                stop,
                            }
                            .serve(),
                        )
                    });
                }
            }
        });
        Ok(Self {
            port,
            stop,
            listener: Some(listener),
        })
    }

    /// The port it listens on.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the end of the listener, which is never.
    pub fn wait(mut self) {
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the listener, which then sees the flag.
        drop(TcpStream::connect(("127.0.0.1", self.port)));
        if let Some(listener) = self.listener.take() {
            drop(listener.join());
        }
    }
}

struct Connection {
    stream: TcpStream,
    device: Device,
    port: u16,
    stop: Arc<AtomicBool>,
}

impl Connection {
    fn serve(mut self) -> io::Result<()> {
        self.stream.set_nodelay(true)?;
        self.stream.set_read_timeout(Some(LOOK))?;
        while let Some((line, body)) = self.request()? {
            let mut words = line.split_whitespace();
            match (words.next(), words.next()) {
                (Some("POST"), Some("/connector/api")) => match self.device.transceive(&body) {
                    Answer::Reply { bytes, split, delay } => {
                        thread::sleep(delay);
                        self.respond("200 OK", "application/octet-stream", &bytes, split)?;
                    }
                    Answer::Drop => return self.stream.shutdown(Shutdown::Both),
                    Answer::Hang => return self.hang(),
                    Answer::Status(status) => {
                        self.respond(&format!("{status} Failure"), "text/plain", b"", false)?;
                    }
                },
                (Some("GET"), Some("/connector/status")) => {
                    let serial = self.device.serial();
                    let text = format!(
                        "status=OK\nserial={serial}\nversion=3.0.4\npid={}\naddress=127.0.0.1\nport={}\n",
                        std::process::id(),
                        self.port
                    );
                    self.respond("200 OK", "text/plain", text.as_bytes(), false)?;
                }
                _ => self.respond("404 Not Found", "text/plain", b"not found\n", false)?,
            }
        }
        Ok(())
    }

    fn respond(&mut self, status: &str, kind: &str, body: &[u8], split: bool) -> io::Result<()> {
        let head = format!(
            "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
            body.len()
        );
        if split {
            self.stream.write_all(head.as_bytes())?;
            thread::sleep(GAP);
            return self.stream.write_all(body);
        }
        self.stream.write_all(&[head.as_bytes(), body].concat())
    }

    /// Reads until the client gives up or the simulator stops.
    fn hang(&mut self) -> io::Result<()> {
        let mut sink = [0; 64];
        loop {
            match self.read(&mut sink)? {
                0 => return Ok(()),
                _ => continue,
            }
        }
    }

    /// Bytes of the client; 0 where it or the simulator ended.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while !self.stop.load(Ordering::SeqCst) {
            match self.stream.read(into) {
                Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                other => return other,
            }
        }
        Ok(0)
    }

    /// The request line and body of the next request; None at the end of the connection.
    fn request(&mut self) -> io::Result<Option<(String, Vec<u8>)>> {
        let mut bytes = Vec::new();
        let mut chunk = [0; 4096];
        let mut told = false;
        loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
                let value = |name: &str| {
                    let mut lines = head.lines().filter_map(|line| line.split_once(':'));
                    lines
                        .find(|(key, _)| key.eq_ignore_ascii_case(name))
                        .map(|(_, value)| value.trim().to_owned())
                };
                let length = value("content-length")
                    .and_then(|text| text.parse().ok())
                    .unwrap_or(0);
                if length > LARGEST_REQUEST {
                    return Ok(None);
                }
                if bytes.len() >= end + 4 + length {
                    let line = head.lines().next().unwrap_or_default().to_owned();
                    return Ok(Some((line, bytes[end + 4..end + 4 + length].to_vec())));
                }
                if !told && value("expect").is_some() {
                    told = true;
                    self.stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                }
            } else if bytes.len() > LARGEST_REQUEST {
                return Ok(None);
            }
            match self.read(&mut chunk)? {
                0 => return Ok(None),
                count => bytes.extend_from_slice(&chunk[..count]),
            }
        }
    }
}
