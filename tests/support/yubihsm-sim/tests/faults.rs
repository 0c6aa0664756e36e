//! Every fault, seen from the host: it strikes where it was armed, and the
//! device acted or did not act as the fault says.

mod host;

use std::time::Duration;

use host::{Host, Trouble, header, plain, post};
use yubihsm_sim::codes::{algorithm, capability, command, origin};
use yubihsm_sim::{Config, Fault, Rule, Simulator, attestation};

const KEY: [u8; 2] = [0, 3];

fn started() -> (Simulator, Host) {
    let simulator = Simulator::start(Config {
        serial: 13_200_460,
        ..Config::default()
    })
    .expect("a port");
    let mut host = Host::open(simulator.port(), 1, "password").expect("the default key");
    let key = header(3, "root", 1, capability::SIGN_ECDSA, algorithm::EC_P256);
    host.send(command::GENERATE_ASYMMETRIC_KEY, &key).expect("a key");
    (simulator, host)
}

fn sign(host: &mut Host) -> Result<Vec<u8>, Trouble> {
    host.send(command::SIGN_ECDSA, &[&KEY[..], &[7; 32]].concat())
}

fn signatures(simulator: &Simulator) -> usize {
    let seen = simulator.device().seen();
    seen.iter()
        .filter(|seen| seen.command == command::SIGN_ECDSA && seen.result == Some(0xd6))
        .count()
}

fn strike(simulator: &Simulator, fault: Fault) {
    simulator.device().arm(Rule::at(1, command::SIGN_ECDSA, fault));
}

#[test]
fn the_connection_breaks_before_or_after_the_device_acted() {
    let (simulator, mut host) = started();
    strike(&simulator, Fault::DropBefore);
    assert_eq!(sign(&mut host), Err(Trouble::Transport));
    assert_eq!(signatures(&simulator), 0, "it never acted");
    // It never saw the message either: the same one may come again.
    host.forget_last();
    assert!(sign(&mut host).is_ok());
    strike(&simulator, Fault::DropAfter);
    assert_eq!(sign(&mut host), Err(Trouble::Transport));
    assert_eq!(signatures(&simulator), 2, "it acted");
}

#[test]
fn a_session_survives_an_answer_that_was_lost() {
    let (simulator, mut host) = started();
    strike(&simulator, Fault::DropAfter);
    assert_eq!(sign(&mut host), Err(Trouble::Transport));
    assert_eq!(
        simulator.device().sessions(),
        1,
        "the slot stays taken until it idles out"
    );
}

#[test]
fn an_answer_comes_whole_or_split() {
    let (simulator, mut host) = started();
    sign(&mut host).expect("a signature");
    assert_ne!(host.first_read, 0, "head and body in one segment");
    strike(&simulator, Fault::Split);
    sign(&mut host).expect("a signature all the same");
    assert_eq!(host.first_read, 0, "the head alone");
}

#[test]
fn the_mac_is_wrong_once() {
    let (simulator, mut host) = started();
    strike(&simulator, Fault::WrongMac);
    assert_eq!(sign(&mut host), Err(Trouble::Mac));
    assert!(sign(&mut host).is_ok());
}

#[test]
fn a_closed_session_stays_closed() {
    let (simulator, mut host) = started();
    strike(&simulator, Fault::CloseSession);
    assert_eq!(sign(&mut host), Err(Trouble::Device(3)));
    assert_eq!(sign(&mut host), Err(Trouble::Device(3)));
    assert_eq!(simulator.device().sessions(), 0);
}

#[test]
fn refused_without_acting_or_denied_after_acting() {
    let (simulator, mut host) = started();
    strike(&simulator, Fault::Refuse(7));
    assert_eq!(sign(&mut host), Err(Trouble::Device(7)));
    assert_eq!(signatures(&simulator), 0);
    strike(&simulator, Fault::Deny(10));
    assert_eq!(sign(&mut host), Err(Trouble::Device(10)));
    assert_eq!(signatures(&simulator), 1);
}

#[test]
fn signatures_can_be_flipped_foreign_or_short_and_frames_cut() {
    let (simulator, mut host) = started();
    let seed = header(5, "ed", 1, capability::SIGN_EDDSA, algorithm::ED25519);
    host.send(command::PUT_ASYMMETRIC_KEY, &[seed, vec![1; 32]].concat())
        .expect("an Ed25519 key");
    let mut eddsa = || {
        host.send(command::SIGN_EDDSA, &[0, 5, b'm'])
            .expect("a signature")
    };
    let right = eddsa();
    let mut strike = |fault| {
        simulator.device().arm(Rule::at(1, command::SIGN_EDDSA, fault));
        eddsa()
    };
    let flipped = strike(Fault::Flip);
    assert_eq!((&flipped[..63], flipped[63]), (&right[..63], right[63] ^ 1));
    let foreign = strike(Fault::ForeignSignature);
    assert_eq!(foreign.len(), 64);
    assert_ne!(foreign[..32], right[..32]);
    assert_eq!(strike(Fault::Short(10)), right[..10]);
    simulator
        .device()
        .arm(Rule::at(1, command::SIGN_EDDSA, Fault::Cut(9)));
    assert_eq!(host.send(command::SIGN_EDDSA, &[0, 5, b'm']), Err(Trouble::Shape));
}

#[test]
fn a_slow_answer_comes_and_a_hung_one_does_not() {
    let (simulator, mut host) = started();
    strike(&simulator, Fault::Slow(Duration::from_millis(30)));
    assert!(sign(&mut host).is_ok());
    strike(&simulator, Fault::HangAfter);
    // Five seconds of silence are the host's patience here.
    assert_eq!(sign(&mut host), Err(Trouble::Transport));
    assert_eq!(signatures(&simulator), 2);
}

#[test]
fn power_is_cut_and_another_device_sits_in_the_slot() {
    let (simulator, mut host) = started();
    let boots = |simulator: &Simulator| {
        simulator
            .device()
            .log()
            .iter()
            .filter(|entry| entry.command() == 0)
            .count()
    };
    strike(&simulator, Fault::Reboot);
    assert_eq!(sign(&mut host), Err(Trouble::Transport));
    assert_eq!((boots(&simulator), simulator.device().sessions()), (2, 0));
    let mut host = Host::open(simulator.port(), 1, "password").expect("a new session");
    strike(&simulator, Fault::Swap(13_200_461));
    assert_eq!(sign(&mut host), Err(Trouble::Transport));
    let info = plain(simulator.port(), command::DEVICE_INFO, &[]).expect("info");
    assert_eq!(info[3..7], 13_200_461u32.to_be_bytes());
}

#[test]
fn attestations_by_another_key_or_of_another_device() {
    let (simulator, mut host) = started();
    let mut attest = |fault: Option<Fault>| {
        let rule = fault.map(|fault| Rule::at(1, command::SIGN_ATTESTATION, fault));
        rule.into_iter().for_each(|rule| simulator.device().arm(rule));
        host.send(command::SIGN_ATTESTATION, &[0, 3, 0, 0])
            .expect("an attestation")
    };
    let has = |der: &[u8], text: &[u8]| der.windows(text.len()).any(|window| window == text);
    let verifies = |der: &[u8], serial: u32| attestation::signed_by_device(der, serial);
    let right = attest(None);
    assert!(has(&right, b"(13200460)") && verifies(&right, 13_200_460));
    let wrong = attest(Some(Fault::AttestWrongKey));
    assert!(has(&wrong, b"(13200460)") && !verifies(&wrong, 13_200_460));
    let foreign = attest(Some(Fault::AttestForeign(13_200_461)));
    assert!(has(&foreign, b"(13200461)") && verifies(&foreign, 13_200_461));
    assert_eq!(
        simulator.device().objects().last().expect("the key").origin,
        origin::GENERATED
    );
}

#[test]
fn unknown_numbers_in_device_info_and_log() {
    let (simulator, mut host) = started();
    simulator.device().add_algorithms(&[200, 201]);
    let info = plain(simulator.port(), command::DEVICE_INFO, &[]).expect("info");
    assert!(info.ends_with(&[54, 55, 200, 201]));
    strike(&simulator, Fault::UnknownLogEntry);
    sign(&mut host).expect("a signature");
    assert!(
        simulator
            .device()
            .log()
            .iter()
            .any(|entry| entry.command() == 0xf0)
    );
}

#[test]
fn a_frame_that_lies_about_its_length_or_is_too_long_is_refused() {
    let (simulator, _host) = started();
    assert_eq!(
        post(simulator.port(), &[1, 0, 9, 0]).expect("an answer").0,
        [0x7f, 0, 1, 8]
    );
    assert_eq!(
        plain(simulator.port(), command::ECHO, &[0; 3133]).map(|data| data.len()),
        Ok(3133)
    );
    assert_eq!(
        plain(simulator.port(), command::ECHO, &[0; 3134]),
        Err(Trouble::Device(8))
    );
}
