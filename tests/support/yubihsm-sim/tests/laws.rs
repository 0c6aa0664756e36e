//! The device's own laws, where the vendor's suite does not look: the audit
//! log that stops work, options that stay fixed, domains and delegation,
//! sixteen sessions, and a state that outlives its process.

mod host;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, ChildStdout, Command, Stdio};

use host::{Host, Trouble, header, plain};
use yubihsm_sim::codes::{algorithm, capability, command};
use yubihsm_sim::log::CAPACITY;
use yubihsm_sim::scp03::password_keys;
use yubihsm_sim::{Config, Simulator};

const LOG_FULL: u8 = 0x0a;
const FORBIDDEN: u8 = 9;

fn started(firmware: (u8, u8, u8)) -> (Simulator, Host) {
    let simulator = Simulator::start(Config {
        firmware,
        ..Config::default()
    })
    .expect("a port");
    let host = Host::open(simulator.port(), 1, "password").expect("the default key");
    (simulator, host)
}

fn set_option(host: &mut Host, option: u8, value: &[u8]) -> Result<Vec<u8>, Trouble> {
    let length = u8::try_from(value.len()).expect("short");
    host.send(command::SET_OPTION, &[&[option, 0, length], value].concat())
}

fn authentication_key(id: u16, domains: u16, may: u64, grants: u64, password: &str) -> Vec<u8> {
    let (enc, mac) = password_keys(password.as_bytes());
    let mut out = header(id, "key", domains, may, algorithm::AES128_AUTH);
    out.extend_from_slice(&grants.to_be_bytes());
    out.extend_from_slice(&enc);
    out.extend_from_slice(&mac);
    out
}

#[test]
fn with_force_audit_a_full_log_stops_work_until_it_is_read_and_acknowledged() {
    let (simulator, mut host) = started((2, 2, 0));
    set_option(&mut host, 1, &[1]).expect("force audit");
    simulator.device().fill_log();
    assert_eq!(
        host.send(command::STORAGE_INFO, &[]),
        Err(Trouble::Device(LOG_FULL))
    );
    // A session still opens, and a boot still happens: both are counted instead of logged.
    Host::open(simulator.port(), 1, "password").expect("a session");
    simulator.device().reboot();
    let mut host = Host::open(simulator.port(), 1, "password").expect("a session");
    let answer = host.send(command::GET_LOG_ENTRIES, &[]).expect("the log");
    assert_eq!(
        answer[..5],
        [0, 1, 0, 2, 62],
        "one boot, two authentications, 62 entries"
    );
    let last = &answer[5 + 32 * (CAPACITY - 1)..][..2];
    host.send(command::SET_LOG_INDEX, last).expect("acknowledged");
    host.send(command::STORAGE_INFO, &[]).expect("work goes on");
    let answer = host.send(command::GET_LOG_ENTRIES, &[]).expect("the log");
    assert_eq!(
        answer[..5],
        [0, 0, 0, 0, 2],
        "the index itself and the storage info"
    );
}

#[test]
fn without_force_audit_a_full_log_gives_way() {
    let (simulator, mut host) = started((2, 2, 0));
    simulator.device().fill_log();
    host.send(command::STORAGE_INFO, &[]).expect("work goes on");
    let log = simulator.device().log();
    assert_eq!((log.len(), log[61].command()), (CAPACITY, command::STORAGE_INFO));
}

#[test]
fn command_audit_is_off_by_default_from_2_3_1_on() {
    for (firmware, audited) in [((2, 2, 0), true), ((2, 4, 0), false)] {
        let (simulator, mut host) = started(firmware);
        host.send(command::STORAGE_INFO, &[]).expect("an answer");
        let last = simulator.device().log().last().expect("an entry").command();
        assert_eq!(last == command::STORAGE_INFO, audited, "{firmware:?}");
    }
}

#[test]
fn a_fixed_option_yields_only_to_a_reset() {
    let (_simulator, mut host) = started((2, 4, 0));
    let pair = |setting| [command::SIGN_ECDSA, setting];
    set_option(&mut host, 3, &pair(2)).expect("fixed");
    set_option(&mut host, 1, &[2]).expect("fixed");
    assert_eq!(set_option(&mut host, 3, &pair(0)), Err(Trouble::Device(2)));
    assert_eq!(set_option(&mut host, 1, &[1]), Err(Trouble::Device(2)));
    host.send(command::RESET_DEVICE, &[]).expect("a reset");
    let mut host = Host::open(_simulator.port(), 1, "password").expect("the default key again");
    assert_eq!(host.send(command::GET_OPTION, &[1]).as_deref(), Ok(&[0][..]));
}

#[test]
fn a_key_is_used_where_session_object_and_domain_allow_it() {
    let (simulator, mut host) = started((2, 4, 0));
    let sign = capability::SIGN_ECDSA;
    let keys = [(3, 1, sign), (4, 1, 0), (5, 2, sign)];
    for (id, domains, may) in keys {
        let key = header(id, "key", domains, may, algorithm::EC_P256);
        host.send(command::GENERATE_ASYMMETRIC_KEY, &key).expect("a key");
    }
    host.send(
        command::PUT_AUTHENTICATION_KEY,
        &authentication_key(7, 1, sign, 0, "seven"),
    )
    .expect("a key");
    let mut seven = Host::open(simulator.port(), 7, "seven").expect("a session");
    let mut use_key = |id: u8| {
        seven
            .send(command::SIGN_ECDSA, &[&[0, id][..], &[1; 32]].concat())
            .map(drop)
    };
    assert_eq!(use_key(3), Ok(()));
    assert_eq!(use_key(4), Err(Trouble::Device(FORBIDDEN)), "the object may not");
    assert_eq!(
        use_key(5),
        Err(Trouble::Device(0x0b)),
        "another domain looks empty"
    );
    assert_eq!(
        seven.send(command::GET_LOG_ENTRIES, &[]),
        Err(Trouble::Device(FORBIDDEN))
    );
    assert_eq!(
        seven
            .send(command::LIST_OBJECTS, &[2, 3])
            .map(|list| list.len() / 4),
        Ok(2)
    );
}

#[test]
fn nobody_grants_more_than_was_delegated() {
    let (simulator, mut host) = started((2, 4, 0));
    let (make, sign) = (capability::PUT_AUTHENTICATION_KEY, capability::SIGN_ECDSA);
    let key = authentication_key(7, 1, make, sign, "seven");
    host.send(command::PUT_AUTHENTICATION_KEY, &key).expect("a key");
    let mut seven = Host::open(simulator.port(), 7, "seven").expect("a session");
    let mut put = |domains, may| {
        let key = authentication_key(8, domains, may, 0, "eight");
        seven.send(command::PUT_AUTHENTICATION_KEY, &key).map(drop)
    };
    assert_eq!(put(1, sign | make), Err(Trouble::Device(FORBIDDEN)));
    assert_eq!(
        put(3, sign),
        Err(Trouble::Device(2)),
        "a domain that is not its own"
    );
    assert_eq!(put(1, sign), Ok(()));
}

#[test]
fn the_seventeenth_session_finds_no_slot_and_idle_ones_end() {
    let (simulator, _host) = started((2, 4, 0));
    for _ in 1..16 {
        plain(
            simulator.port(),
            command::CREATE_SESSION,
            &[0, 1, 0, 0, 0, 0, 0, 0, 0, 0],
        )
        .expect("a slot");
    }
    assert_eq!(
        Host::open(simulator.port(), 1, "password").err(),
        Some(Trouble::Device(5))
    );
    simulator.device().expire_sessions();
    assert!(Host::open(simulator.port(), 1, "password").is_ok());
}

#[test]
fn a_wrong_password_frees_its_slot_once_it_is_shown() {
    let (simulator, _host) = started((2, 2, 0));
    // The host notices by itself and never authenticates: the slot stays half open.
    assert_eq!(Host::open(simulator.port(), 1, "wrong").err(), Some(Trouble::Mac));
    assert_eq!(simulator.device().sessions(), 2);
    let shown = [&[1][..], &[0; 16]].concat();
    let refused = plain(simulator.port(), command::AUTHENTICATE_SESSION, &shown);
    assert_eq!(
        (refused, simulator.device().sessions()),
        (Err(Trouble::Device(4)), 1)
    );
    let last = simulator.device().log().last().expect("logged").bytes()[2..12].to_vec();
    assert_eq!(last, [4, 0, 17, 0xff, 0xff, 0, 1, 0xff, 0xff, 4]);
}

#[test]
fn full_storage_refuses_and_deleted_ids_count_up() {
    let (simulator, mut host) = started((2, 4, 0));
    let opaque = [header(9, "data", 1, 0, algorithm::OPAQUE_DATA), vec![1]].concat();
    for sequence in 0..2 {
        host.send(command::PUT_OPAQUE, &opaque).expect("room");
        let list = host.send(command::LIST_OBJECTS, &[2, 1]).expect("a list");
        assert_eq!(list, [0, 9, 1, sequence]);
        host.send(command::DELETE_OBJECT, &[0, 9, 1]).expect("deleted");
    }
    simulator.device().fill_storage();
    assert_eq!(host.send(command::PUT_OPAQUE, &opaque), Err(Trouble::Device(7)));
    assert_eq!(host.send(command::STORAGE_INFO, &[]).expect("info")[2..4], [0, 0]);
}

fn line(out: &mut impl BufRead) -> String {
    let mut line = String::new();
    out.read_line(&mut line).expect("a line");
    line
}

fn serve(arguments: &[&str]) -> (Child, u16, BufReader<ChildStdout>) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_yubihsm-sim"))
        .arg("serve")
        .args(arguments)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program");
    let mut out = BufReader::new(child.stdout.take().expect("piped"));
    let first = line(&mut out);
    let port = first
        .trim()
        .strip_prefix("port ")
        .and_then(|text| text.parse().ok())
        .expect("a port");
    (child, port, out)
}

fn end(mut child: Child) {
    child.kill().expect("it runs");
    child.wait().expect("it ends");
}

#[test]
fn a_killed_device_comes_back_with_all_but_its_sessions() {
    let folder = std::env::temp_dir().join(format!("yubihsm-sim-{}", std::process::id()));
    fs::create_dir_all(&folder).expect("a folder");
    let (state, faults) = (folder.join("device.json"), folder.join("faults.txt"));
    let (state, control) = (state.to_str().expect("a path"), faults.to_str().expect("a path"));
    let arguments = [
        "--state",
        state,
        "--serial",
        "77",
        "--firmware",
        "2.2.0",
        "--faults",
        control,
    ];
    let (child, port, mut out) = serve(&arguments);
    let mut host = Host::open(port, 1, "password").expect("a session");
    let key = header(3, "root", 1, capability::SIGN_ECDSA, algorithm::EC_P256);
    host.send(command::GENERATE_ASYMMETRIC_KEY, &key).expect("a key");
    let public = host.send(command::GET_PUBLIC_KEY, &[0, 3]).expect("a public key");
    fs::write(&faults, "1 sign-ecdsa drop-after\n").expect("written");
    let sign = [&[0, 3][..], &[7; 32]].concat();
    assert_eq!(host.send(command::SIGN_ECDSA, &sign), Err(Trouble::Transport));
    assert!(line(&mut out).starts_with("struck Rule { command: Some(86), nth: 1"));
    end(child);
    fs::write(&faults, "").expect("written");

    // Serial and firmware of the file count, whatever the arguments say.
    let (child, port, _out) = serve(&["--state", state, "--serial", "78"]);
    assert_eq!(
        host.send(command::ECHO, b"x"),
        Err(Trouble::Transport),
        "the old port is gone"
    );
    let info = plain(port, command::DEVICE_INFO, &[]).expect("info");
    assert_eq!(info[..7], [2, 2, 0, 0, 0, 0, 77]);
    let mut host = Host::open(port, 1, "password").expect("a session");
    assert_eq!(host.send(command::GET_PUBLIC_KEY, &[0, 3]), Ok(public));
    let log = host.send(command::GET_LOG_ENTRIES, &[]).expect("the log");
    let commands: Vec<u8> = log[5..].chunks(32).map(|entry| entry[2]).collect();
    let until_sign = commands
        .iter()
        .position(|code| *code == command::SIGN_ECDSA)
        .expect("it acted");
    assert_eq!(commands[until_sign + 1], 0, "then the boot");
    end(child);
    fs::remove_dir_all(&folder).expect("removed");
}
