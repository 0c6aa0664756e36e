//! A relay on loopback between the crate and a connector. The crate's HTTP
//! reader puts every segment at the *start* of its buffer, so that an answer in
//! two segments is garbled (facts/hsm.md 3.3, point 1; still so upstream). The
//! relay reads answers properly and hands each on in one write. It connects to
//! 127.0.0.1 and nowhere else, and passes on nothing but frames.

use std::io::{self, Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Longest head or body: a frame has at most 3136 bytes.
const MAX: usize = 8 * 1024;
/// The crate waits 20 s; the relay gives up before.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);
const BETWEEN: &[u8] = b"\r\n\r\n";

/// The relay; it stops when dropped.
#[derive(Debug)]
pub(super) struct Relay {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
}

impl Relay {
    /// Starts one in front of the connector on `upstream`, whose answers may take
    /// as long as `patience`, and never longer than [`PATIENCE`].
    pub(super) fn start(upstream: u16, patience: Duration) -> io::Result<Relay> {
        let patience = patience.min(PATIENCE);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let address = listener.local_addr()?;
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = Arc::clone(&stop);
        let body = move || {
            for client in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                if let Ok(client) = client {
                    let serve = move || {
                        // An end for whatever reason closes the connection, which the crate reports.
                        let _ = serve(client, upstream, patience);
                    };
                    let _ = std::thread::Builder::new()
                        .name("yubihsm-http".to_owned())
                        .spawn(serve);
                }
            }
        };
        std::thread::Builder::new()
            .name("yubihsm-relay".to_owned())
            .spawn(body)?;
        Ok(Relay { address, stop })
    }

    /// Where the crate connects to.
    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes it from `accept`.
        drop(TcpStream::connect_timeout(&self.address, Duration::from_secs(1)));
    }
}

/// One connection of the crate: a request, an answer, and so on.
fn serve(mut client: TcpStream, upstream: u16, patience: Duration) -> io::Result<()> {
    client.set_nodelay(true)?;
    loop {
        let (_, frame) = message(&mut client)?;
        let answer = forward(&frame, upstream, patience)?;
        let mut whole = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", answer.len()).into_bytes();
        whole.extend_from_slice(&answer);
        client.write_all(&whole)?;
    }
}

/// One frame to the connector, on a connection of its own.
fn forward(frame: &[u8], port: u16, patience: Duration) -> io::Result<Vec<u8>> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let mut server = TcpStream::connect_timeout(&address, patience)?;
    server.set_read_timeout(Some(patience))?;
    server.set_write_timeout(Some(patience))?;
    let mut request = format!(
        "POST /connector/api HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/octet-stream\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n",
        frame.len()
    )
    .into_bytes();
    request.extend_from_slice(frame);
    server.write_all(&request)?;
    let (head, body) = message(&mut server)?;
    let status = head.split(' ').nth(1);
    if status == Some("200") {
        Ok(body)
    } else {
        Err(refused(&format!("the connector answered {head}")))
    }
}

/// One HTTP message: its first line and its body, however many segments it comes in.
fn message(stream: &mut impl Read) -> io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let at = loop {
        if let Some(at) = bytes.windows(BETWEEN.len()).position(|w| w == BETWEEN) {
            break at;
        }
        if bytes.len() > MAX {
            return Err(refused("a head of more than 8 KiB"));
        }
        more(stream, &mut bytes)?;
    };
    let head = String::from_utf8_lossy(bytes.get(..at).unwrap_or_default()).into_owned();
    let length = length(&head)?;
    let from = at.saturating_add(BETWEEN.len());
    let to = from.saturating_add(length);
    while bytes.len() < to {
        more(stream, &mut bytes)?;
    }
    if bytes.len() > to {
        return Err(refused("more bytes than were announced"));
    }
    let first = head.lines().next().unwrap_or_default().to_owned();
    Ok((first, bytes.get(from..to).unwrap_or_default().to_vec()))
}

fn length(head: &str) -> io::Result<usize> {
    let value = |wanted: &str| {
        head.lines().skip(1).find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.trim().eq_ignore_ascii_case(wanted).then(|| value.trim())
        })
    };
    if value("transfer-encoding").is_some() {
        return Err(refused("a body in chunks"));
    }
    value("content-length")
        .and_then(|text| text.parse().ok())
        .filter(|length| *length <= MAX)
        .ok_or_else(|| refused("no length, or one of more than 8 KiB"))
}

fn more(stream: &mut impl Read, bytes: &mut Vec<u8>) -> io::Result<()> {
    let mut buffer = [0; 4096];
    let got = stream.read(&mut buffer)?;
    if got == 0 {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    bytes.extend_from_slice(buffer.get(..got).unwrap_or_default());
    Ok(())
}

fn refused(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives its bytes in pieces of this size.
    struct Pieces<'a>(&'a [u8], usize);

    impl Read for Pieces<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let n = self.1.min(self.0.len());
            buffer[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    #[test]
    fn an_answer_in_any_pieces_is_the_same_answer() {
        let whole = b"HTTP/1.1 200 OK\r\ncontent-length: 5\r\nServer: x\r\n\r\n\x86\0\x02ab";
        for piece in 1..whole.len() {
            let (head, body) = message(&mut Pieces(whole, piece)).unwrap();
            assert_eq!(
                (head.as_str(), body.as_slice()),
                ("HTTP/1.1 200 OK", &b"\x86\0\x02ab"[..])
            );
        }
    }

    #[test]
    fn what_is_no_plain_answer_is_refused() {
        for bad in [
            "HTTP/1.1 200 OK\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nx",
            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxy",
        ] {
            assert!(message(&mut Pieces(bad.as_bytes(), 4096)).is_err(), "{bad}");
        }
        assert!(message(&mut Pieces(&[b'x'; 3 * MAX], 4096)).is_err());
    }
}
