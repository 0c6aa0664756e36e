//! The machine check: the reader on trees of `/sys` and `/proc` made for each
//! finding (refused and accepted), the verb, and the shipped binary in a network
//! namespace of its own.
#![cfg(feature = "ceremony")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]

#[path = "support/approvers.rs"]
mod approvers;
#[path = "support/program.rs"]
mod program;
#[path = "support/quiet.rs"]
mod quiet;
#[path = "support/rehearsal.rs"]
mod rehearsal;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use program::{BINARY, ran};
use tuf_ceremony::base::Json;
use tuf_ceremony::base::machine::{DeviceKind, FindingCode, Report, Weight};
use tuf_ceremony::runner::machine::Core;
use tuf_ceremony::runner::{Machine as _, System};

/// What a process allows of core dumps.
type Limits = fn() -> Core;

const SAFE: Limits = || Core {
    limited: true,
    undumpable: true,
};

/// A quiet machine: loopback, an empty PCI and USB bus, no swap.
struct Tree(tempfile::TempDir);

impl Tree {
    fn new() -> Tree {
        let tree = Tree(tempfile::tempdir().unwrap());
        tree.interface("lo", "0x9", "772");
        tree.put("proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
        tree.put("proc/sys/kernel/core_pattern", "core\n");
        tree.put("proc/cpuinfo", "processor\t: 0\nflags\t\t: fpu vme sse2\n");
        for folder in [
            "sys/bus/pci/devices",
            "sys/bus/usb/devices",
            "sys/class/input",
            "sys/block",
        ] {
            std::fs::create_dir_all(tree.0.path().join(folder)).unwrap();
        }
        tree
    }

    fn put(&self, path: &str, text: &str) -> &Tree {
        let path = self.0.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
        self
    }

    fn gone(&self, path: &str) -> &Tree {
        let path = self.0.path().join(path);
        std::fs::remove_file(&path)
            .or_else(|_| std::fs::remove_dir_all(&path))
            .unwrap();
        self
    }

    /// A link below the tree to another place below it.
    fn link(&self, at: &str, to: &str) -> &Tree {
        let (at, to) = (self.0.path().join(at), self.0.path().join(to));
        std::fs::create_dir_all(&to).unwrap();
        std::fs::create_dir_all(at.parent().unwrap()).unwrap();
        std::os::unix::fs::symlink(to, at).unwrap();
        self
    }

    /// In both lists of interfaces.
    fn interface(&self, name: &str, flags: &str, kind: &str) -> &Tree {
        self.listed(name, flags, kind);
        let path = self.0.path().join("proc/net/dev");
        let before = std::fs::read_to_string(&path).unwrap_or_else(|_| {
            "Inter-|   Receive  |  Transmit\n face |bytes packets|bytes packets\n".to_owned()
        });
        self.put("proc/net/dev", &format!("{before}  {name}: 0 0 0 0\n"))
    }

    /// In sysfs alone.
    fn listed(&self, name: &str, flags: &str, kind: &str) -> &Tree {
        self.put(&format!("sys/class/net/{name}/flags"), &format!("{flags}\n"));
        self.put(&format!("sys/class/net/{name}/type"), &format!("{kind}\n"))
    }

    fn pci(&self, class: &str, driver: Option<&str>) -> &Tree {
        let at = "sys/bus/pci/devices/0000:00:1f.6";
        self.put(&format!("{at}/class"), &format!("{class}\n"));
        self.driven(at, "pci", driver)
    }

    /// A USB device `1-2` with one interface of this class.
    fn usb(&self, number: u8, class: &str, driver: Option<&str>) -> &Tree {
        let device = "sys/bus/usb/devices/1-2";
        self.put(&format!("{device}/idVendor"), "1050\n");
        self.put(&format!("{device}/idProduct"), "0407\n");
        self.put(&format!("{device}/manufacturer"), "Some\u{1b}[2J\n");
        self.put(&format!("{device}/product"), "Thing\n");
        let at = format!("{device}:1.{number}");
        self.put(&format!("{at}/bInterfaceClass"), &format!("{class}\n"));
        self.driven(&at, "usb", driver)
    }

    fn driven(&self, at: &str, bus: &str, driver: Option<&str>) -> &Tree {
        if let Some(driver) = driver {
            self.link(
                &format!("{at}/driver"),
                &format!("sys/bus/{bus}/drivers/{driver}"),
            );
        }
        self
    }

    fn look(&self) -> Report {
        let report = System::at(self.0.path(), SAFE).look();
        assert!(report.is_tidy(), "{report:?}");
        report
    }
}

fn words(report: &Report) -> Vec<&'static str> {
    report.findings.iter().map(|f| f.code.word()).collect()
}

fn has(report: &Report, code: FindingCode, about: &str) {
    assert!(
        report
            .findings
            .iter()
            .any(|f| f.code == code && f.about.contains(about)),
        "{code:?} {about}: {report:?}"
    );
}

#[test]
fn a_quiet_machine_is_accepted() {
    let report = Tree::new().look();
    assert_eq!(report, Report::default());
    // Kernels without USB or PCI have nothing on them that works.
    let tree = Tree::new();
    tree.gone("sys/bus/usb")
        .gone("sys/bus/pci")
        .put("sys/bus/platform/x", "");
    assert_eq!(tree.look(), Report::default());
}

#[test]
fn interfaces_are_seen_in_both_lists() {
    let tree = Tree::new();
    tree.interface("eth0", "0x1003", "1")
        .interface("wlan0", "0x1002", "1");
    let report = tree.look();
    assert_eq!(words(&report), ["interface-up", "interface-down"]);
    has(&report, FindingCode::InterfaceUp, "eth0");
    has(&report, FindingCode::InterfaceDown, "wlan0");
    // Called lo, and none.
    let tree = Tree::new();
    tree.put("sys/class/net/lo/type", "1\n");
    has(&tree.look(), FindingCode::InterfaceUp, "lo");
    let tree = Tree::new();
    tree.put("sys/class/net/lo/flags", "0x1\n");
    has(&tree.look(), FindingCode::InterfaceUp, "lo");
    // One list is covered up: either way.
    let tree = Tree::new();
    tree.listed("eth0", "0x1002", "1");
    has(&tree.look(), FindingCode::InterfacesDiffer, "eth0");
    let tree = Tree::new();
    tree.interface("eth0", "0x1003", "1").gone("sys/class/net/eth0");
    let report = tree.look();
    has(&report, FindingCode::InterfacesDiffer, "eth0");
    assert_eq!(report.refusing().count(), 1);
    // The first process sees more: a network of its own, shown.
    let tree = Tree::new();
    let own = std::fs::read_to_string(tree.0.path().join("proc/net/dev")).unwrap();
    tree.put("proc/1/net/dev", &own);
    assert_eq!(tree.look(), Report::default());
    tree.put("proc/1/net/dev", &format!("{own}  eth0: 1 1\n"));
    let report = tree.look();
    has(&report, FindingCode::OtherNetwork, "eth0");
    assert_eq!(report.refusing().count(), 0);
}

#[test]
fn network_hardware_is_shown_and_a_driven_radio_refuses() {
    use FindingCode::{NetworkCard, NetworkDriver, NetworkUsb};
    for (class, driver, code) in [
        ("0x020000", None, NetworkCard),
        ("0x020000", Some("e1000e"), NetworkCard),
        ("0x028000", Some("iwlwifi"), NetworkCard),
        ("0x0d1100", None, NetworkCard),
        ("0x0d1100", Some("btintel"), NetworkDriver),
    ] {
        let tree = Tree::new();
        let report = tree.pci(class, driver).look();
        has(&report, code, driver.unwrap_or("no driver"));
        assert_eq!(report.findings.len(), 1, "{report:?}");
    }
    assert_eq!(
        Tree::new().pci("0x030000", Some("i915")).look(),
        Report::default()
    );
    for class in ["02", "0a", "e0", "ef", "EF"] {
        for (driver, code) in [(None, NetworkUsb), (Some("cdc_ether"), NetworkDriver)] {
            let tree = Tree::new();
            let report = tree.usb(0, class, driver).look();
            has(&report, code, "1-2");
            assert_eq!(report.devices[0].kind, DeviceKind::Network);
        }
    }
}

#[test]
fn what_can_type_or_hold_files_is_listed_and_a_reader_is_not() {
    for (class, kind) in [("03", DeviceKind::Input), ("08", DeviceKind::Storage)] {
        let tree = Tree::new();
        let report = tree.usb(0, class, None).look();
        assert!(report.findings.is_empty());
        let [device] = report.devices.as_slice() else {
            panic!("{report:?}")
        };
        assert_eq!((device.kind, device.id.as_str()), (kind, "1050:0407"));
        assert_eq!((device.place.as_str(), device.token), ("usb 1-2", false));
        assert_eq!(
            device.name, "Some\\u{001b}[2J Thing",
            "it cannot drive a terminal"
        );
    }
    // A card reader; a YubiHSM: they neither type nor hold files.
    for class in ["0b", "ff", "0e"] {
        assert_eq!(
            Tree::new().usb(0, class, None).look(),
            Report::default(),
            "{class}"
        );
    }
    let tree = Tree::new();
    let report = tree
        .usb(0, "03", None)
        .usb(1, "0b", None)
        .usb(2, "08", None)
        .look();
    assert!(
        report.devices.len() == 2 && report.devices.iter().all(|d| d.token),
        "{report:?}"
    );
    // What the kernel made of other buses.
    let tree = Tree::new();
    let at = "sys/devices/platform/i8042/serio0/input/input3";
    tree.put(&format!("{at}/name"), "AT Set 2 keyboard\n");
    tree.put(&format!("{at}/phys"), "isa0060/serio0/input0\n");
    tree.link(&format!("{at}/device"), "sys/devices/platform/i8042/serio0");
    tree.link("sys/class/input/input3", at);
    let hid = "sys/devices/platform/i2c/0018:04F3:3087.0007/input/input9";
    tree.put(&format!("{hid}/name"), "Touchpad\n");
    tree.link(
        &format!("{hid}/device"),
        "sys/devices/platform/i2c/0018:04F3:3087.0007",
    );
    tree.link("sys/class/input/input9", hid);
    let radio = "sys/devices/virtual/misc/uhid/0005:046D:B342.0003/input/input12";
    tree.put(&format!("{radio}/name"), "Keyboard of the room\n");
    tree.put(&format!("{radio}/phys"), "aa:bb:cc:dd:ee:ff\n");
    tree.link(
        &format!("{radio}/device"),
        "sys/devices/virtual/misc/uhid/0005:046D:B342.0003",
    );
    tree.link("sys/class/input/input12", radio);
    tree.link("sys/class/input/mice", "sys/devices/virtual/input/mice");
    tree.link(
        "sys/block/sda",
        "sys/devices/pci0000:00/ata1/host0/target/0:0:0:0/block/sda",
    );
    tree.link("sys/block/loop0", "sys/devices/virtual/block/loop0");
    let report = tree.look();
    let ids: Vec<&str> = report.devices.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(
        ids,
        ["0005:046D:B342", "0018:04F3:3087", "serio0", "sda"],
        "{report:?}"
    );
    assert_eq!(report.devices[0].place, "bluetooth", "an address stays here");
    // On USB they are listed once, and a disk of a vendor's own class is listed too.
    let tree = Tree::new();
    tree.usb(0, "08", Some("usb-storage"));
    tree.link(
        "sys/block/sdb",
        "sys/devices/pci0000:00/usb1/1-2/1-2:1.0/host6/block/sdb",
    );
    tree.link(
        "sys/block/sdc",
        "sys/devices/pci0000:00/usb1/1-7/1-7:1.0/host7/block/sdc",
    );
    let report = tree.look();
    let ids: Vec<&str> = report.devices.iter().map(|d| d.id.as_str()).collect();
    assert_eq!(ids, ["1050:0407", "sdc"], "{report:?}");
}

#[test]
fn swap_and_core_dumps_refuse() {
    let tree = Tree::new();
    tree.put(
        "proc/swaps",
        "Filename\tType\tSize\tUsed\tPriority\n/dev/sda2  partition 8 0 -2\n",
    );
    has(&tree.look(), FindingCode::SwapOn, "/dev/sda2");
    let tree = Tree::new();
    tree.gone("proc/swaps").put("proc/meminfo", "MemTotal: 1 kB\n");
    assert_eq!(tree.look(), Report::default(), "a kernel without swap");
    tree.put("proc/meminfo", "MemTotal: 1 kB\nSwapTotal:  2048 kB\n");
    assert_eq!(words(&tree.look()), ["unread"]);
    for pattern in ["|/usr/share/apport/apport %p", "| x"] {
        let tree = Tree::new();
        tree.put("proc/sys/kernel/core_pattern", pattern);
        assert_eq!(words(&tree.look()), ["core-helper"]);
    }
    let open: [(Limits, &str); 2] = [
        (
            || Core {
                limited: false,
                undumpable: true,
            },
            "RLIMIT_CORE",
        ),
        (
            || Core {
                limited: true,
                undumpable: false,
            },
            "dumpable",
        ),
    ];
    for (core, says) in open {
        let tree = Tree::new();
        has(
            &System::at(tree.0.path(), core).look(),
            FindingCode::CoreDumps,
            says,
        );
    }
    let tree = Tree::new();
    tree.put("proc/cpuinfo", "flags\t: fpu hypervisor lm\n");
    let report = tree.look();
    assert_eq!(words(&report), ["hypervisor"]);
    assert_eq!(report.refusing().count(), 0);
}

/// Law 7: each part that cannot be read refuses.
#[test]
fn what_cannot_be_read_refuses() {
    for part in [
        "proc/net/dev",
        "proc/swaps",
        "proc/sys/kernel/core_pattern",
        "proc/cpuinfo",
        "sys/class/net",
        "sys/class/net/lo/flags",
        "sys/class/net/lo/type",
        "sys/bus",
        "sys/class",
        "sys/bus/pci/devices",
        "sys/bus/usb/devices",
    ] {
        let tree = Tree::new();
        let report = tree.gone(part).look();
        assert!(report.refusing().next().is_some(), "{part}: {report:?}");
    }
    for (part, text) in [
        ("proc/net/dev", ""),
        ("proc/net/dev", "a\nb\nno colon\n"),
        ("proc/swaps", "nothing like it"),
        ("sys/class/net/lo/flags", "up"),
        ("sys/bus/pci/devices/0000:00:01.0/class", ""),
    ] {
        let tree = Tree::new();
        let report = tree.put(part, text).look();
        assert!(report.refusing().next().is_some(), "{part} {text:?}: {report:?}");
    }
    // A folder where a file must be.
    let tree = Tree::new();
    tree.gone("proc/swaps").put("proc/swaps/x", "");
    assert_eq!(words(&tree.look()), ["unread"]);
    assert!(
        System::at(Path::new("/nonexistent"), SAFE)
            .look()
            .refusing()
            .count()
            > 3
    );
}

/// The verb says of this machine what the library sees, and its exit code says the same.
#[test]
fn the_verb_says_what_stands_and_whether_production_would_start() {
    let json = ran(Command::new(&*BINARY).args(["machine", "--json"]));
    let parsed = Json::parse(json.out.trim().as_bytes()).unwrap();
    let findings = match parsed.get("findings") {
        Some(Json::Array(findings)) => findings.clone(),
        other => panic!("{other:?}"),
    };
    let text = ran(Command::new(&*BINARY).arg("machine"));
    let mut refuses = false;
    for finding in &findings {
        let word = finding.get("code").and_then(Json::as_str).unwrap();
        let code = FindingCode::ALL.iter().find(|c| c.word() == word).unwrap();
        let weight = finding.get("weight").and_then(Json::as_str).unwrap();
        assert_eq!(weight == "refuses", code.weight() == Weight::Refuses);
        refuses |= weight == "refuses";
        assert!(text.out.contains(&format!("{weight}: {word}: ")), "{}", text.out);
        assert_ne!(word, "core-dumps", "the program has switched its own off");
    }
    assert_eq!(json.code, i32::from(refuses), "{json:?}");
    assert_eq!(parsed.get("ready"), Some(&Json::Bool(!refuses)));
    assert_eq!(text.code, json.code);
}

/// In a network of its own: accepted with nothing but loopback; refused, by the
/// verb and by an approved production script, with one interface up.
#[test]
fn an_interface_that_comes_up_refuses_and_goes_away_again() {
    if quiet::words().is_none() {
        return;
    }
    let mount = "mount -t sysfs sysfs /sys";
    let tap =
        "ip tuntap add dev wire0 mode tap || ip link add wire0 type dummy || ip link add wire0 type bridge";
    let start = "exec \"$0\" \"$@\"";
    let down = quiet::wrapped(&format!("{mount}; {tap}; {start}"), &["machine"]);
    if !down.out.contains("wire0") {
        println!("SKIPPED: no interface can be made here: {}", down.err);
        return;
    }
    assert_eq!(down.code, 0, "{down:?}");
    assert!(down.out.contains("warns: interface-down: wire0"), "{}", down.out);
    let up = format!("{mount}; {tap}; ip link set wire0 up; {start}");
    let refused = quiet::wrapped(&up, &["machine"]);
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.out.contains("refuses: interface-up: wire0"),
        "{}",
        refused.out
    );
    let again = quiet::wrapped(
        &format!("{mount}; {tap}; ip link set wire0 up; ip link set wire0 down; {start}"),
        &["machine"],
    );
    assert_eq!(again.code, 0, "{again:?}");
    // Without its own sysfs the two lists differ, or the host's interfaces show.
    let covered = quiet::wrapped(&format!("mount -t tmpfs none /sys; {start}"), &["machine"]);
    assert_eq!(covered.code, 1, "an empty /sys hides nothing: {covered:?}");

    let desk = approvers::Desk::new();
    let signed = desk.signed(&[approvers::olga(), approvers::otto()]);
    std::fs::write(desk.note(), signed).unwrap();
    let args = desk.run_args();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let run = quiet::wrapped(&up, &args);
    assert_eq!(run.code, 3, "{run:?}");
    assert!(
        run.err.contains("error[machine-not-ready]") && run.err.contains("interface-up (wire0)"),
        "{run:?}"
    );
    assert!(!desk.path("record").exists(), "nothing was started");
    let run = quiet::wrapped(&format!("{mount}; {start}"), &args);
    assert!(run.err.contains("the briefing needs a person"), "{run:?}");
    let record = std::fs::read_to_string(desk.path("record/ceremony.jsonl")).unwrap();
    assert!(
        record.lines().next().unwrap().contains("\"machine\":{"),
        "{record}"
    );
    // It is not gone on with, either.
    let before = std::fs::read(desk.path("record/ceremony.jsonl")).unwrap();
    let resume: Vec<String> = desk.resume_args();
    let resume: Vec<&str> = resume.iter().map(String::as_str).collect();
    let refused = quiet::wrapped(&up, &resume);
    assert_eq!(refused.code, 3, "{refused:?}");
    assert!(refused.err.contains("error[machine-not-ready]"), "{refused:?}");
    assert_eq!(std::fs::read(desk.path("record/ceremony.jsonl")).unwrap(), before);
}

/// Nothing of the command line, the environment or a file speaks of it.
#[test]
fn nothing_switches_the_machine_check_off() {
    for verb in ["run", "resume", "rehearse", "machine"] {
        let help = ran(Command::new(&*BINARY).args([verb, "--help"]));
        let options = help
            .out
            .split("Options:")
            .nth(1)
            .unwrap_or_default()
            .to_lowercase();
        for word in [
            "interface",
            "network",
            "swap",
            "no-machine",
            "ignore",
            "force",
            "skip",
        ] {
            assert!(!options.contains(word), "{verb}: {word}: {options}");
        }
    }
    for flag in ["--force", "--ignore-machine", "--no-machine-check"] {
        let ran = ran(Command::new(&*BINARY).args(["run", "x.toml", "--record", "r", flag]));
        assert_eq!(ran.code, 2, "{flag}: {ran:?}");
    }
}

/// A figure, not a limit: what one look costs on this machine.
#[test]
fn a_look_is_measured() {
    let mut system = System::new();
    system.look();
    let began = Instant::now();
    for _ in 0..100 {
        system.look();
    }
    println!("one look: {} us", began.elapsed().as_micros() / 100);
}
