//! Who was there, what the clocks said, which devices and keys; each row with what
//! stands behind it, for a device's word about itself is no signature.

use crate::audit::story::{Device, KeyTold, Story};
use crate::transcript::Class;

use super::page::{Line, Page, Row, alarm, count, grouped, mono, plain, seq, stands, strong};

pub(super) fn people(story: &Story, page: &mut Page) {
    page.section("People");
    if story.seats.is_empty() {
        page.para("Nobody answered a roll call.");
        return;
    }
    page.para("Names are what people typed at the roll call. Who a pseudonym stands for is in no file of the bundle.");
    let row = |s: &crate::audit::story::Seat| {
        let seat = match &s.role {
            Some(role) => format!("{role} {}", s.seat),
            None => "a seat".to_owned(),
        };
        let who = match &s.name {
            Some(name) => strong(name.clone()),
            None => plain(format!("empty: {}", s.reason)),
        };
        let (record, at) = s.said.unzip();
        let at = at.map(|a| a.to_string()).unwrap_or_default();
        Line::Cells(vec![plain(seat), who, plain(at), seq(record), stands(s.class)])
    };
    page.table(
        &[
            ("seat", 22),
            ("who", 32),
            ("at the roll call (UTC)", 24),
            ("record", 8),
            ("stands on", 14),
        ],
        story.seats.iter().map(row).collect(),
    );
}

pub(super) fn clock(story: &Story, page: &mut Page) {
    page.section("Clock");
    if story.clocks.is_empty() {
        page.para("No clock was compared.");
        return;
    }
    let row = |c: &crate::audit::story::ClockRead| {
        // A person reads whole minutes.
        let off = c.difference.map(|d| match d {
            -59..=59 => "< 1 min".to_owned(),
            _ => format!("{d} s"),
        });
        let off = off.unwrap_or_default();
        let verdict = if c.agrees {
            plain("agrees")
        } else {
            alarm("DOES NOT AGREE")
        };
        Line::Cells(vec![
            plain(c.machine.clone()),
            plain(format!("{} (by {})", c.typed, c.by)),
            plain(off),
            verdict,
            seq(Some(c.record)),
            stands(c.class),
        ])
    };
    page.table(
        &[
            ("this machine", 22),
            ("a person read", 32),
            ("apart", 8),
            ("verdict", 16),
            ("record", 8),
            ("stands on", 14),
        ],
        story.clocks.iter().map(row).collect(),
    );
}

pub(super) fn devices(story: &Story, page: &mut Page) {
    page.section("Devices");
    if story.devices.is_empty() {
        page.para("No device was used.");
    }
    for device in &story.devices {
        page.sub(format!("{}: serial {}", device.id, device.serial));
        page.facts(device_rows(device));
    }
}

fn device_rows(device: &Device) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut say = |name: &str, text: String| {
        if !text.is_empty() {
            rows.push(Row::new(name, plain(text)).of(device.class, None));
        }
    };
    if let Some([vendor, model, firmware, label]) = &device.card {
        let label = if label.is_empty() { "none" } else { label };
        say(
            "says of itself",
            format!("{vendor}, {model}, firmware {firmware}, label {label}"),
        );
    }
    say("reached as", device.backend.clone());
    let mut here = Vec::new();
    if device.set_up {
        here.push("set up in this ceremony".to_owned());
    }
    if device.retired {
        here.push("can make no more keys".to_owned());
    }
    if device.wrong_pins > 0 {
        let tries = usize::try_from(device.wrong_pins).unwrap_or(usize::MAX);
        here.push(count(tries, "wrong PIN"));
    }
    say("done here", here.join("; "));
    if device.record.is_some() {
        let text = "the serial was typed from its body";
        rows.push(Row::new("inventory", plain(text)).of(device.class, device.record));
    }
    for statement in &device.statements {
        let mut text = format!("{}: {}", statement.key, statement.verdict);
        if !statement.firmware.is_empty() {
            text.push_str(&format!(", firmware {}", statement.firmware));
        }
        let fields = statement.fields.iter();
        let fields = fields.filter(|(name, value)| !value.is_empty() && *name != "firmware");
        let fields: Vec<String> = fields.map(|(name, value)| format!("{name}: {value}")).collect();
        if !fields.is_empty() {
            text.push_str(&format!("\n{}", fields.join("\n")));
        }
        for (word, names) in ["passed", "waived", "FAILED", "open"]
            .iter()
            .zip(&statement.checks)
        {
            if !names.is_empty() {
                text.push_str(&format!("\n{word}: {}", names.join(", ")));
            }
        }
        rows.push(Row::new("attests", plain(text)).of(statement.class, Some(statement.record)));
    }
    if let Some((record, commands, entries)) = device.log {
        let text = format!("{commands} commands, {entries} entries");
        rows.push(Row::new("its log", plain(text)).of(device.class, Some(record)));
    }
    if !device.unexplained.is_empty() {
        rows.push(Row::new("unexplained", alarm(device.unexplained.clone())));
    }
    rows
}

pub(super) fn keys(story: &Story, page: &mut Page) {
    page.section("Keys");
    if story.keys.is_empty() {
        page.para("No key was made, enrolled or named.");
    }
    for key in &story.keys {
        page.sub(key.name.clone());
        page.facts(key_rows(key, story.not_replayed.is_none()));
    }
}

/// Its proof shows that its holder has the key; only a device's statement shows
/// that the device made it. What the root lets it sign is derived.
fn key_rows(key: &KeyTold, replayed: bool) -> Vec<Row> {
    let mut rows = Vec::new();
    let place = match key.token.as_str() {
        "" => key.usage.words().to_owned(),
        token => format!("on {token}; {}", key.usage.words()),
    };
    let what = format!("{}; {place}", key.algorithm);
    let made = match &key.attested {
        Some((verdict, _)) if verdict == "good" => key.class,
        _ => Class::Claimed,
    };
    rows.push(Row::new("what", plain(what)).of(made, key.record));
    let signs = match key.roles.join(", ") {
        roles if roles.is_empty() => "no top-level role of the newest root".to_owned(),
        roles => roles,
    };
    let derived = if replayed { Class::Derived } else { Class::Claimed };
    rows.push(Row::new("may sign", strong(signs)).of(derived, None));
    if let Some(print) = key.fingerprint {
        rows.push(Row::new("fingerprint", mono(print.grouped())));
    }
    for id in &key.keyids {
        rows.push(Row::new("keyid", mono(grouped(id))));
    }
    let mut shown = Vec::new();
    if let Some(record) = key.proven {
        shown.push(("its holder signed a challenge".to_owned(), record));
    }
    if let Some((verdict, record)) = &key.attested {
        shown.push((format!("its device's statement: {verdict}"), *record));
    }
    for (metadata, record) in &key.signed {
        shown.push((format!("it signed {metadata}"), *record));
    }
    if shown.is_empty() {
        let text = "nothing that was signed here";
        rows.push(Row::new("shown by", plain(text)).of(Class::Claimed, None));
    }
    for (text, record) in shown {
        rows.push(Row::new("shown by", plain(text)).of(key.class, Some(record)));
    }
    let said = |what: bool| -> String {
        let of = key.attributes.iter().filter(|(_, value)| *value == Some(what));
        of.map(|(name, _)| *name).collect::<Vec<_>>().join(", ")
    };
    if key.attributes.iter().any(|(_, value)| value.is_some()) {
        let text = format!("yes: {}; no: {}", said(true), said(false));
        rows.push(Row::new("attributes", plain(text)).of(Class::Claimed, key.record));
    }
    rows
}
