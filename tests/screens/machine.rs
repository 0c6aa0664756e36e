//! Screens of the machine check: the light, the frozen ceremony, the check itself.

use tuf_ceremony::base::machine::{Device, DeviceKind, Finding, FindingCode, Report};
use tuf_ceremony::engine::{Effect, InputKind, Phase, Question, What};
use tuf_ceremony::runner::{Cmd, Msg};
use tuf_ceremony::ui::keymap::Intent;
use tuf_ceremony::ui::machine::{MachineCheck, draw};
use tuf_ceremony::ui::{Event, Model, Out, Theme, update};

use crate::show::{LARGE, SMALL, enter, golden, model, plain, press, render, screen, shot, type_in};
use crate::stage::{self, Stage};

fn production() -> Stage {
    let text = stage::script("production", "pkcs11\"\nmodule = \"opensc");
    let text = text.replace("seats = 2\nquorum = 1", "seats = 3\nquorum = 2");
    let mut stage = Stage::with(&text);
    stage.until(|q| matches!(q, Question::Seat { seat: 2, .. }));
    stage
}

fn found(codes: &[(FindingCode, &str)]) -> Vec<Finding> {
    codes
        .iter()
        .map(|(code, about)| Finding::of(*code, about))
        .collect()
}

fn keyboard() -> Device {
    Device {
        kind: DeviceKind::Input,
        id: "046d:c31c".to_owned(),
        place: "usb 1-2".to_owned(),
        name: "Logitech USB Keyboard".to_owned(),
        token: false,
    }
}

fn beside(stage: &mut Stage, report: Report) {
    stage.put(InputKind::Machine(report)).unwrap();
}

fn up() -> Report {
    let codes = [
        (FindingCode::InterfaceUp, "eth0"),
        (FindingCode::SwapOn, "/dev/sda2"),
    ];
    Report::new(found(&codes), Vec::new())
}

fn production_screen(name: &str, stage: &Stage, prepare: impl Fn(&mut Model)) {
    for size in [SMALL, LARGE] {
        let mut model = model(stage, size);
        prepare(&mut model);
        let text = shot(&model);
        assert!(
            text.starts_with("## PRODUCTION ## PRODUCTION"),
            "{name}: no banner"
        );
        assert!(text.lines().all(|l| l.chars().count() <= usize::from(size.0)));
        golden(name, size, &text);
    }
}

#[test]
fn a_frozen_ceremony_says_what_stands_and_what_to_do() {
    let mut stage = production();
    beside(&mut stage, up());
    production_screen("frozen", &stage, plain);
    production_screen("frozen-help", &stage, |m| {
        press(m, Intent::Help);
    });
    production_screen("frozen-overview", &stage, |m| {
        press(m, Intent::Overview);
        press(m, Intent::Bottom);
        press(m, Intent::PageUp);
    });
    let mut stage = production();
    beside(&mut stage, Report::new(Vec::new(), vec![keyboard()]));
    production_screen("frozen-device", &stage, |m| {
        enter(m, "046d:c31c");
        type_in(m, "Person officer 1");
    });
    let mut working = production();
    working.state.phase = Phase::Working(Effect {
        id: 77,
        what: What::Export { files: Vec::new() },
    });
    beside(&mut working, up());
    production_screen("frozen-working", &working, plain);
}

#[test]
fn the_light_says_in_words_what_the_machine_is() {
    let mut stage = production();
    let codes = [
        (FindingCode::Hypervisor, "cpu flag"),
        (FindingCode::NetworkCard, "PCI x"),
    ];
    beside(&mut stage, Report::new(found(&codes), Vec::new()));
    production_screen("machine-warned", &stage, plain);
    let mut rehearsal = Stage::open();
    beside(&mut rehearsal, up());
    screen("machine-rehearsal", &rehearsal, plain);
    screen("machine-rehearsal-overview", &rehearsal, |m| {
        press(m, Intent::Overview);
        press(m, Intent::Bottom);
        press(m, Intent::PageUp);
    });
}

/// Whoever plugged something in may have typed: nothing half typed survives, in
/// either direction, and no key answers the question behind the frozen screen.
#[test]
fn freezing_and_thawing_wipe_what_was_typed() {
    let quiet = production();
    let mut frozen = quiet.clone();
    beside(&mut frozen, Report::new(Vec::new(), vec![keyboard()]));
    let mut thawed = frozen.clone();
    beside(&mut thawed, Report::default());
    for size in [SMALL, LARGE] {
        let mut model = model(&quiet, size);
        type_in(&mut model, "Mallory");
        update(&mut model, Event::Engine(Msg::Snapshot(frozen.snapshot())));
        assert!(!shot(&model).contains("Mallory") && shot(&model).contains("FROZEN"));
        assert!(press(&mut model, Intent::Enter).is_empty(), "Enter alone");
        for text in ["046d:c31c", "Person lead 1"] {
            assert!(enter(&mut model, text).is_empty());
        }
        let out = enter(&mut model, "the old one broke");
        assert!(
            matches!(out.as_slice(), [Out::Say(Cmd::Accept(a))] if a.device == "046d:c31c" && a.by == "Person lead 1"),
            "{out:?}"
        );
        update(&mut model, Event::Engine(Msg::Snapshot(thawed.snapshot())));
        let text = shot(&model);
        assert!(
            !text.contains("FROZEN") && text.contains("as it should be again"),
            "{text}"
        );
        assert!(!text.contains("the old one"), "{text}");
        golden("thawed", size, &text);
        // An interface asks nothing: there is no field at all.
        let mut up_now = thawed.clone();
        beside(&mut up_now, up());
        update(&mut model, Event::Engine(Msg::Snapshot(up_now.snapshot())));
        for c in "begin".chars() {
            assert!(press(&mut model, Intent::Char(c)).is_empty());
        }
        assert!(press(&mut model, Intent::Enter).is_empty());
        // A note and a pause are possible.
        press(&mut model, Intent::Note);
        assert!(shot(&model).contains("Deviation note"));
        press(&mut model, Intent::Back);
        press(&mut model, Intent::Leave);
        assert!(shot(&model).contains("Pause or abort"));
    }
}

#[test]
fn the_machine_check_looks_as_it_did() {
    let stick = Device {
        kind: DeviceKind::Storage,
        id: "0951:1666".to_owned(),
        place: "usb 1-3".to_owned(),
        name: "Kingston DataTraveler 3.0".to_owned(),
        token: false,
    };
    let warns = [(FindingCode::NetworkCard, "PCI 0000:00:1f.6 (no driver)")];
    let ready = Report::new(found(&warns), vec![keyboard(), stick]);
    let mut all = found(&warns);
    all.extend(up().findings);
    let refused = Report::new(all, vec![keyboard()]);
    for size in [SMALL, LARGE] {
        for (name, report) in [
            ("machine-check", &ready),
            ("machine-check-refused", &refused),
            ("machine-check-nothing", &Report::default()),
        ] {
            let mut check = MachineCheck {
                report: report.clone(),
                scroll: 0,
                size,
                theme: Theme::Mono,
            };
            golden(name, size, &render(size, |f| draw(&check, f)));
            assert!(!check.on(Intent::Bottom) && !check.on(Intent::Char('x')) && !check.on(Intent::Enter));
            let end = render(size, |f| draw(&check, f));
            assert!(report.devices.is_empty() || end.contains("046d:c31c"), "{end}");
            assert!(check.on(Intent::Back));
        }
    }
}
