//! The host's end of the protocol, written apart from the device's: as little
//! of it as the tests need.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use aes::Aes128;
use aes::cipher::block_padding::Iso7816;
use aes::cipher::{BlockDecryptMut, BlockEncrypt, BlockEncryptMut, KeyInit, KeyIvInit};
use cmac::{Cmac, Mac};
use yubihsm_sim::scp03::password_keys;

/// What a client can meet.
#[derive(Debug, PartialEq, Eq)]
pub enum Trouble {
    /// An error code of the device.
    Device(u8),
    /// The connection ended or gave nothing in time.
    Transport,
    /// The answer's MAC is wrong.
    Mac,
    /// The answer is not as long as it says, or of another command.
    Shape,
}

fn cmac(key: &[u8; 16], parts: &[&[u8]]) -> [u8; 16] {
    let mut mac = <Cmac<Aes128> as Mac>::new(key.into());
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

fn kdf(key: &[u8; 16], constant: u8, bits: u8, context: &[u8]) -> [u8; 16] {
    cmac(key, &[&[0; 11], &[constant, 0, 0, bits, 1], context])
}

/// One POST on a connection of its own; the second value is what the first read held.
pub fn post(port: u16, body: &[u8]) -> Result<(Vec<u8>, usize), Trouble> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).map_err(|_| Trouble::Transport)?;
    stream
        .set_read_timeout(Some(Duration::from_secs(5)))
        .expect("a socket");
    let head = format!(
        "POST /connector/api HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream
        .write_all(&[head.as_bytes(), body].concat())
        .map_err(|_| Trouble::Transport)?;
    let (mut answer, mut chunk, mut first) = (Vec::new(), [0; 8192], 0);
    loop {
        let count = stream.read(&mut chunk).map_err(|_| Trouble::Transport)?;
        if count == 0 {
            return Err(Trouble::Transport);
        }
        first = if answer.is_empty() { count } else { first };
        answer.extend_from_slice(&chunk[..count]);
        let Some(end) = answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let head = String::from_utf8_lossy(&answer[..end]).into_owned();
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.and_then(|text| text.parse().ok()).expect("a length");
        if answer.len() == end + 4 + length {
            let first = first.saturating_sub(end + 4);
            return Ok((answer.split_off(end + 4), first));
        }
    }
}

fn data(frame: &[u8], command: u8) -> Result<Vec<u8>, Trouble> {
    match frame {
        [0x7f, 0, 1, code, ..] => Err(Trouble::Device(*code)),
        [code, high, low, data @ ..] => {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            if *code != command | 0x80 || data.len() < length {
                return Err(Trouble::Shape);
            }
            Ok(data[..length].to_vec())
        }
        _ => Err(Trouble::Shape),
    }
}

/// A command outside a session.
pub fn plain(port: u16, command: u8, argument: &[u8]) -> Result<Vec<u8>, Trouble> {
    let (answer, _) = post(port, &yubihsm_sim::frame::join(command, argument))?;
    data(&answer, command)
}

/// A session as the host holds it.
pub struct Host {
    port: u16,
    pub sid: u8,
    enc: [u8; 16],
    mac: [u8; 16],
    rmac: [u8; 16],
    chain: [u8; 16],
    before: [u8; 16],
    counter: u128,
    /// How much of the last answer's body came in its first segment.
    pub first_read: usize,
}

impl Host {
    /// Opens a session under an authentication key's password.
    pub fn open(port: u16, key: u16, password: &str) -> Result<Self, Trouble> {
        let (static_enc, static_mac) = password_keys(password.as_bytes());
        let challenge = [9; 8];
        let answer = plain(port, 3, &[&key.to_be_bytes()[..], &challenge].concat())?;
        let (sid, context) = (answer[0], [&challenge, &answer[1..9]].concat());
        let (enc, mac) = (
            kdf(&static_enc, 4, 0x80, &context),
            kdf(&static_mac, 6, 0x80, &context),
        );
        let rmac = kdf(&static_mac, 7, 0x80, &context);
        if kdf(&mac, 0, 0x40, &context)[..8] != answer[9..] {
            return Err(Trouble::Mac);
        }
        let mut message = vec![4, 0, 17, sid];
        message.extend_from_slice(&kdf(&mac, 1, 0x40, &context)[..8]);
        let chain = cmac(&mac, &[&[0; 16], &message]);
        message.extend_from_slice(&chain[..8]);
        data(&post(port, &message)?.0, 4)?;
        Ok(Self {
            port,
            sid,
            enc,
            mac,
            rmac,
            chain,
            before: chain,
            counter: 1,
            first_read: 0,
        })
    }

    /// Steps back over a command that never arrived.
    pub fn forget_last(&mut self) {
        self.chain = self.before;
        self.counter -= 1;
    }

    /// Sends one command in the session.
    pub fn send(&mut self, command: u8, argument: &[u8]) -> Result<Vec<u8>, Trouble> {
        let mut iv = self.counter.to_be_bytes().into();
        Aes128::new(&self.enc.into()).encrypt_block(&mut iv);
        let inner = yubihsm_sim::frame::join(command, argument);
        let cipher =
            cbc::Encryptor::<Aes128>::new(&self.enc.into(), &iv).encrypt_padded_vec_mut::<Iso7816>(&inner);
        let length = u16::try_from(cipher.len() + 9).expect("short").to_be_bytes();
        let mut message = vec![5, length[0], length[1], self.sid];
        message.extend_from_slice(&cipher);
        let chain = cmac(&self.mac, &[&self.chain, &message]);
        message.extend_from_slice(&chain[..8]);
        (self.before, self.chain, self.counter) = (self.chain, chain, self.counter + 1);
        let (answer, first) = post(self.port, &message)?;
        self.first_read = first;
        let body = data(&answer, 5)?;
        let signed = answer.len() - 8;
        if cmac(&self.rmac, &[&self.chain, &answer[..signed]])[..8] != answer[signed..] {
            return Err(Trouble::Mac);
        }
        let inner = cbc::Decryptor::<Aes128>::new(&self.enc.into(), &iv)
            .decrypt_padded_vec_mut::<Iso7816>(&body[1..body.len() - 8])
            .map_err(|_| Trouble::Shape)?;
        data(&inner, command)
    }
}

/// Id, label, domains, capabilities, algorithm: what put and generate begin with.
pub fn header(id: u16, label: &str, domains: u16, capabilities: u64, algorithm: u8) -> Vec<u8> {
    let mut out = id.to_be_bytes().to_vec();
    out.extend_from_slice(label.as_bytes());
    out.resize(42, 0);
    out.extend_from_slice(&domains.to_be_bytes());
    out.extend_from_slice(&capabilities.to_be_bytes());
    out.push(algorithm);
    out
}
