//! `tokens`: what every device says of itself, with nobody logged in. It looks,
//! and changes nothing; a place that fails is a card of its own and the others
//! are shown all the same. Two devices with one serial are refused by name: the
//! program could not tell them apart later (docs/tokens.md describes the JSON).

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::{Exit, devices, machine, out};
use crate::base::device::{DeviceCard, DeviceCode, DeviceFault, KeyFound, StatementKind};
use crate::base::inventory::{Device, Inventory, Place, key_facts};
use crate::base::shown;
use crate::signer::embedded::EmbeddedProvider;
use crate::signer::file::FileProvider;
use crate::signer::{Provider, inventory};

/// Where to look.
#[derive(Debug, Clone, Default, Args)]
pub(super) struct Where {
    /// A PKCS#11 module: NAME=PATH. May be given more than once.
    #[arg(long, value_name = "NAME=PATH")]
    pub(super) module: Vec<String>,
    /// A YubiHSM 2: usb, or its connector, http://127.0.0.1:PORT.
    #[arg(long, value_name = "usb|URL")]
    pub(super) yubihsm: Vec<String>,
    /// The folder of rehearsal tokens and key files, beside a record.
    #[arg(long, value_name = "DIR")]
    pub(super) devices: Vec<PathBuf>,
}

impl Where {
    /// As typed on the home screen: places with blanks between them, each of the
    /// kind that it looks like.
    #[cfg(feature = "tui")]
    pub(super) fn parse(text: &str) -> Where {
        let mut places = Where::default();
        for word in text.split_whitespace() {
            if word == "usb" || word.starts_with("http") {
                places.yubihsm.push(word.to_owned());
            } else if word.contains('=') {
                places.module.push(word.to_owned());
            } else {
                places.devices.push(PathBuf::from(word));
            }
        }
        places
    }
}

/// One place, understood; a provider can be made for it again and again.
struct Spot {
    title: String,
    kind: Kind,
}

enum Kind {
    Module(PathBuf),
    Yubihsm(String),
    Rehearsal(PathBuf),
    Files(PathBuf),
}

pub(super) fn tokens(places: &Where, json: bool) -> Exit {
    let found = match spots(places).and_then(|spots| look(&spots)) {
        Ok(found) => found,
        Err(exit) => return exit,
    };
    if json {
        match serde_json::to_string(&Json::of(&found)) {
            Ok(text) => out::say(&text),
            Err(error) => {
                out::complain(&error.to_string());
                return Exit::Fault;
            }
        }
    } else {
        out::say(&text(&found));
    }
    if found.is_good() { Exit::Good } else { Exit::Fault }
}

/// Looks again and again, from a screen on which nothing else may print: every
/// place is understood, and a provider made for it, before it opens.
#[cfg(feature = "tui")]
pub(super) fn looker(places: &Where) -> Result<crate::ui::tokens::Look, Exit> {
    let spots = spots(places)?;
    for spot in &spots {
        spot.provider()?;
    }
    Ok(std::sync::Arc::new(move || look(&spots).unwrap_or_default()))
}

fn look(spots: &[Spot]) -> Result<Inventory, Exit> {
    let mut providers = Vec::new();
    for spot in spots {
        providers.push((spot.title.clone(), spot.provider()?));
    }
    Ok(inventory::look(providers))
}

/// Every place that was named.
fn spots(places: &Where) -> Result<Vec<Spot>, Exit> {
    let mut spots = Vec::new();
    let mut add = |title: String, kind| spots.push(Spot { title, kind });
    for (name, path) in devices::modules(&places.module)? {
        add(format!("module {name} ({})", path.display()), Kind::Module(path));
    }
    for connector in &places.yubihsm {
        add(format!("yubihsm {connector}"), Kind::Yubihsm(connector.clone()));
    }
    for folder in &places.devices {
        let (rehearsal, files) = (folder.join("embedded"), folder.join("files"));
        if !rehearsal.is_dir() && !files.is_dir() {
            let name = shown(&folder.display().to_string(), 200);
            out::complain(&format!(
                "--devices {name}: expected a folder with embedded/ or files/ in it, as a run makes beside its record"
            ));
            return Err(Exit::Usage);
        }
        if rehearsal.is_dir() {
            add(
                format!("rehearsal tokens ({})", rehearsal.display()),
                Kind::Rehearsal(rehearsal),
            );
        }
        if files.is_dir() {
            add(format!("key files ({})", files.display()), Kind::Files(files));
        }
    }
    if spots.is_empty() {
        out::complain("nowhere to look: name a place with --module NAME=PATH, --yubihsm or --devices DIR");
        return Err(Exit::Usage);
    }
    Ok(spots)
}

impl Spot {
    fn provider(&self) -> Result<Box<dyn Provider>, Exit> {
        Ok(match &self.kind {
            Kind::Module(path) => devices::pkcs11(path, &machine::executable(), None)?,
            Kind::Yubihsm(connector) => devices::yubihsm(std::slice::from_ref(connector), None)?,
            Kind::Rehearsal(folder) => Box::new(EmbeddedProvider::new(folder)),
            Kind::Files(folder) => Box::new(FileProvider::new(folder)),
        })
    }
}

// ---------------------------------------------------------------- text

fn text(found: &Inventory) -> String {
    let mut lines = Vec::new();
    for place in &found.places {
        lines.push(place.name.clone());
        match (&place.fault, place.devices.as_slice()) {
            (Some(fault), _) => lines.extend(fault_lines(fault, "  ")),
            (None, []) => lines.push("  no device".to_owned()),
            (None, devices) => {
                for device in devices {
                    lines.extend(device_lines(device));
                }
            }
        }
        lines.push(String::new());
    }
    for serial in found.alike() {
        let card = DeviceCode::TwoAlike.card();
        lines.push(format!("REFUSED: {} Serial {serial}:", card.fact));
        for (place, device) in found.devices().filter(|(_, d)| d.card.serial == serial) {
            let DeviceCard { label, model, .. } = &device.card;
            lines.push(format!("  {model}, label {label:?}, at {}", place.name));
        }
        lines.push(format!("  {} {}", card.meaning, card.remedy));
        lines.push(String::new());
    }
    lines.push(
        "Nothing was changed and no PIN was tried. All of this is what devices say of themselves.".to_owned(),
    );
    lines.join("\n")
}

fn device_lines(device: &Device) -> Vec<String> {
    let mut lines = vec![String::new()];
    let line = |(name, text): &(&str, String)| format!("  {name:<12}{text}");
    lines.extend(device.facts().iter().map(line));
    match &device.fault {
        Some(fault) => lines.extend(fault_lines(fault, "    ")),
        None if device.keys.is_empty() => {
            lines.push("  keys        none can be seen without a login".to_owned())
        }
        None => {}
    }
    for key in &device.keys {
        let mut facts = key_facts(key).into_iter();
        lines.extend(facts.next().map(|fact| line(&fact)));
        lines.extend(facts.map(|(name, text)| format!("    {name:<12}{text}")));
    }
    lines
}

fn fault_lines(fault: &DeviceFault, indent: &str) -> Vec<String> {
    let card = fault.code.card();
    vec![
        format!("{indent}FAULT     {}", card.fact),
        format!("{indent}found     {}", fault.meaning),
        format!("{indent}meaning   {}", card.meaning),
        format!("{indent}do        {}", remedy(fault.code)),
    ]
}

/// The cards of `fault` speak to people in a ceremony; here nothing is paused.
fn remedy(code: DeviceCode) -> &'static str {
    if code == DeviceCode::ModuleUnusable {
        "Name the path of the vendor's PKCS#11 module: --module NAME=PATH."
    } else {
        code.card().remedy
    }
}

// ---------------------------------------------------------------- JSON

/// Version 1; fields are only ever added.
#[derive(Serialize)]
struct Json<'i> {
    v: u32,
    good: bool,
    alike: Vec<&'i str>,
    places: Vec<JsonPlace<'i>>,
}

#[derive(Serialize)]
struct JsonPlace<'i> {
    place: &'i str,
    devices: Vec<JsonDevice<'i>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'i DeviceFault>,
}

#[derive(Serialize)]
struct JsonDevice<'i> {
    card: &'i DeviceCard,
    #[serde(skip_serializing_if = "Option::is_none")]
    can: Option<JsonPowers>,
    keys: Vec<JsonKey<'i>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<&'i DeviceFault>,
}

#[derive(Serialize)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "a list of yes and no for other programs"
)]
struct JsonPowers {
    #[serde(skip_serializing_if = "Option::is_none")]
    attest: Option<StatementKind>,
    set_up: bool,
    change_pins: bool,
    log: bool,
    retire: bool,
}

#[derive(Serialize)]
struct JsonKey<'i> {
    label: &'i str,
    id: &'i str,
    #[serde(skip_serializing_if = "Option::is_none")]
    algorithm: Option<&'static str>,
    /// SHA-256 of the SubjectPublicKeyInfo.
    #[serde(skip_serializing_if = "Option::is_none")]
    fingerprint: Option<String>,
}

impl<'i> Json<'i> {
    fn of(found: &'i Inventory) -> Json<'i> {
        Json {
            v: 1,
            good: found.is_good(),
            alike: found.alike(),
            places: found.places.iter().map(JsonPlace::of).collect(),
        }
    }
}

impl<'i> JsonPlace<'i> {
    fn of(place: &'i Place) -> JsonPlace<'i> {
        JsonPlace {
            place: &place.name,
            devices: place.devices.iter().map(JsonDevice::of).collect(),
            fault: place.fault.as_ref(),
        }
    }
}

impl<'i> JsonDevice<'i> {
    fn of(device: &'i Device) -> JsonDevice<'i> {
        let powers = &device.powers;
        JsonDevice {
            card: &device.card,
            can: device.fault.is_none().then_some(JsonPowers {
                attest: powers.attests,
                set_up: powers.set_up,
                change_pins: powers.pins,
                log: powers.log,
                retire: powers.retirement,
            }),
            keys: device.keys.iter().map(JsonKey::of).collect(),
            fault: device.fault.as_ref(),
        }
    }
}

impl<'i> JsonKey<'i> {
    fn of(key: &'i KeyFound) -> JsonKey<'i> {
        let public = key.public.as_ref();
        JsonKey {
            label: &key.label,
            id: &key.id,
            algorithm: public.map(|public| public.algorithm().name()),
            fingerprint: public.map(|public| public.fingerprint().hex()),
        }
    }
}
