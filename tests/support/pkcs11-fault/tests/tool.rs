//! The module as another program sees it: what the product's adapter never asks
//! (random numbers, mechanisms), and that without a script nothing is altered.

use std::path::{Path, PathBuf};
use std::process::Command;

const SOFTHSM: &str = "/usr/lib/softhsm/libsofthsm2.so";

struct Place(PathBuf);

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Place {
    fn new(name: &str) -> Option<Place> {
        let own = std::env::current_exe().unwrap();
        let built = own.parent().unwrap().join("libpkcs11_fault.so");
        let tool = Command::new("pkcs11-tool").arg("--help").output().is_ok();
        if !tool || !built.is_file() || !Path::new(SOFTHSM).is_file() {
            let required = std::env::var_os("TUF_CEREMONY_REQUIRE_SOFTHSM").is_some_and(|v| v == "1");
            assert!(
                !required,
                "softhsm2, pkcs11-tool and {} are required",
                built.display()
            );
            println!(
                "SKIPPED: softhsm2, pkcs11-tool or {} is not there",
                built.display()
            );
            return None;
        }
        let folder = std::env::temp_dir().join(format!("pkcs11-fault-{name}-{}", std::process::id()));
        std::fs::create_dir_all(folder.join("tokens")).unwrap();
        let conf = format!("directories.tokendir = {}\n", folder.join("tokens").display());
        std::fs::write(folder.join("softhsm2.conf"), conf).unwrap();
        std::fs::copy(built, folder.join("bad.so")).unwrap();
        Some(Place(folder))
    }

    fn run(&self, rules: &str, args: &[&str]) -> String {
        let script = format!("module {SOFTHSM}\n{rules}\n");
        std::fs::write(self.0.join("pkcs11-fault.conf"), script).unwrap();
        let out = Command::new("pkcs11-tool")
            .env("SOFTHSM2_CONF", self.0.join("softhsm2.conf"))
            .arg("--module")
            .arg(self.0.join("bad.so"))
            .args(args)
            .output()
            .unwrap();
        let text = [out.stdout, out.stderr].concat();
        String::from_utf8_lossy(&text).into_owned()
    }
}

#[test]
fn mechanisms_and_random_numbers_lie_when_told_to() {
    let Some(place) = Place::new("tool") else { return };
    place.run(
        "",
        &[
            "--init-token",
            "--slot-index",
            "0",
            "--label",
            "t",
            "--so-pin",
            "87654321",
        ],
    );
    let honest = place.run("", &["-M"]);
    assert!(honest.contains("ECDSA"), "{honest}");
    let none = place.run("C_GetMechanismList * lie none", &["-M"]);
    assert!(!none.contains("ECDSA"), "{none}");
    let refused = place.run("C_GetMechanismList * before return CKR_DEVICE_ERROR", &["-M"]);
    assert!(refused.contains("CKR_DEVICE_ERROR"), "{refused}");
    let random = ["--generate-random", "16"];
    let zeros = "\0".repeat(16);
    assert!(!place.run("", &random).contains(&zeros));
    assert!(place.run("C_GenerateRandom * lie zero", &random).contains(&zeros));
}

#[test]
fn a_script_with_a_mistake_stops_everything() {
    let Some(place) = Place::new("mistake") else {
        return;
    };
    let out = place.run("C_Sign 1 befor abort", &["-L"]);
    assert!(!out.contains("Available slots"), "{out}");
    let log = std::fs::read_to_string(place.0.join("pkcs11-fault.log")).unwrap();
    assert!(log.contains("BAD SCRIPT C_Sign 1 befor abort"), "{log}");
}
