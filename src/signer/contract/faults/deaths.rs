//! The module, or the whole application, dies in the middle of a call (T12, I3):
//! what is on the token afterwards is found by its id, and never doubled.

use super::*;

/// Whichever call of a generation the module dies in, before or after the device
/// has acted: a key is there or none, and never two after the order was given again.
#[test]
fn a_module_that_dies_in_any_call_of_a_generation_doubles_no_key() {
    let Some(bench) = Bench::new() else { return };
    let serial = &bench.serials[0];
    let order = order("targets-a", Algorithm::EcdsaP256, 1);
    for point in ["before", "after"] {
        let mut call = 0;
        loop {
            call += 1;
            let place = bench.place();
            let mut bad = provider(place.path(), &place.module(), Limits::default());
            let mut token = bad.open(serial).unwrap();
            token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
            place.script(&format!("* {call} {point} kill-self"));
            let made = token.generate(&order);
            drop(token);
            let Err(fault) = made else {
                assert!(call > 20, "so few calls?");
                break;
            };
            let told = format!("{point} {call}: {fault}");
            assert_eq!(
                (fault.code, fault.changed),
                (DeviceCode::ModuleCrashed, Changed::Unknown),
                "{told}"
            );
            place.script("");
            let (card, keys) = place.truth(serial);
            assert_eq!(card.pin, PinState::Ready, "{told}");
            let label = order.operation.label(&order.name);
            let there = keys.iter().filter(|key| key.label == label).count();
            let log = std::fs::read_to_string(place.path().join("pkcs11-fault.log")).unwrap();
            let acted = log.contains(" C_GenerateKeyPair 1 acted");
            assert_eq!(there, usize::from(acted), "{told}");
            let mut token = bad.open(serial).unwrap();
            token.unlock(Credential::UserPin, &secret(PIN)).unwrap();
            match token.generate(&order) {
                Ok(_) => assert_eq!(there, 0, "{told}"),
                Err(again) => assert_eq!((again.code, there), (DeviceCode::KeyExists, 1), "{told}"),
            }
        }
    }
}

/// For the tests of crash safety: the application can be killed before and after
/// the device has acted, in any call.
#[test]
fn the_application_can_be_killed_at_any_call() {
    use std::os::unix::process::ExitStatusExt;
    let Some(bench) = Bench::new() else { return };
    for (when, killed, acted) in [
        ("C_Initialize 1 before kill-both", true, false),
        ("C_Initialize 1 after kill-both", true, true),
        ("C_Initialize 1 before kill-parent", true, true),
        ("* 4 after kill-both", true, true),
        ("C_Initialize 1 before kill-self", false, false),
    ] {
        let place = bench.place();
        place.script(when);
        let application = std::process::Command::new("sh")
            .args(["-c", "\"$1\" worker pkcs11 \"$2\"; exit 3", "sh"])
            .args([executable(), place.module()])
            .env_clear()
            .env("SOFTHSM2_CONF", place.path().join("softhsm2.conf"))
            .stdin(std::process::Stdio::null())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .status()
            .unwrap();
        let signal = if killed { Some(9) } else { None };
        assert_eq!(application.signal(), signal, "{when}");
        // The worker may outlive the application for a moment.
        let log = (0..1000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(10));
            let log = std::fs::read_to_string(place.path().join("pkcs11-fault.log")).ok()?;
            (log.contains("C_Initialize 1 acted") == acted).then_some(log)
        });
        assert!(log.unwrap().contains(" kill-"), "{when}");
    }
}
