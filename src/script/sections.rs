//! The sections of a script, read from top to bottom. Names are checked here
//! (unique, declared before use); whether the steps can work is `plan`'s.

use std::collections::BTreeSet;
use std::ops::Range;

use toml::de::DeTable;

use super::attester;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::predecessor;
use super::reader::{Faults, Table};
use super::targets::{self, TargetsSpec};
use super::trust::{self, Trust};
use super::verb::{Verb, metadata};
use super::{
    Act, Backend, Certificate, Expires, ExternalKey, Kind, Made, Possession, Profile, Rank, ResultSpec, Role,
    Script, SerialSpec, Source, SourceKind, Step, TokenSpec,
};
use crate::attestation::Waiver;
use crate::base::{Digest, Id, is_plain};
use crate::tuf::import::Form;

pub(super) fn read(text: &str) -> Result<Script, Diagnostics> {
    let mut faults = Faults::new(text);
    let (document, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        for error in &errors {
            let span = error.span().unwrap_or(0..0);
            let message = error.message().replace('\n', " ");
            faults.add(
                &span,
                "script-syntax",
                message,
                "mend the TOML; see docs/script-reference.md",
            );
        }
        return Err(Diagnostics(faults.into_sorted()));
    }
    let script = read_document(text, document.get_ref(), &mut faults);
    let found = faults.into_sorted();
    match script {
        Some(script) if found.is_empty() => Ok(script),
        _ if found.is_empty() => Err(Diagnostics(vec![unread()])),
        _ => Err(Diagnostics(found)),
    }
}

/// A section that yields nothing has always said why; this is the belt.
fn unread() -> Diagnostic {
    Diagnostic {
        line: 1,
        column: 1,
        code: "script-syntax",
        message: "the script could not be read".to_owned(),
        help: "compare it with ceremony-scripts/templates/".to_owned(),
    }
}

fn read_document(text: &str, map: &DeTable, faults: &mut Faults) -> Option<Script> {
    let mut top = Table::new(map, 0..0, "the script");
    let schema = top.number(faults, "schema", 1..2);
    let kind = top.word(
        faults,
        "kind",
        &[("production", Kind::Production), ("rehearsal", Kind::Rehearsal)],
    );
    let profile = top.word(
        faults,
        "profile",
        &Profile::ALL.iter().map(|p| (p.name, *p)).collect::<Vec<_>>(),
    );
    let organisation = top.id(faults, "organisation");
    let site = top.id(faults, "site");
    let ceremony = top.id(faults, "ceremony");
    let title = top.line(faults, "title");
    let predecessor = predecessor::read(&mut top, faults, kind);
    let trust = top.table(faults, "trust", "[trust]").and_then(|mut table| {
        let trust = trust::read(&mut table, faults);
        table.finish(faults);
        trust
    });
    // What only a succession has is read as one where the trust cannot be read.
    let succeeds = trust != Some(Trust::Genesis);
    let mut names = Names::default();
    let sources = each(&mut top, faults, "source", "[[source]]", |t, f| {
        read_source(t, f, &mut names)
    });
    let roles = each(&mut top, faults, "role", "[[role]]", |t, f| {
        read_role(t, f, &mut names)
    });
    let tokens = each(&mut top, faults, "token", "[[token]]", |t, f| {
        read_token(t, f, &mut names)
    });
    let approvals = if top.has("approvals") {
        top.table(faults, "approvals", "[approvals]")
            .and_then(|mut table| {
                let approvals = super::approvals::read(&mut table, faults);
                table.finish(faults);
                approvals
            })
    } else {
        None
    };
    let witnesses = super::witnesses::section(&mut top, faults, text);
    let attesters = each(&mut top, faults, "attester", "[[attester]]", |t, f| {
        // Audit keys and others have one list of names: none is two things.
        let id = named(t, f, "key", &mut names);
        attester::read(t, f, id)
    });
    let mut trusted_keys = Vec::new();
    let keys = each(&mut top, faults, "key", "[[key]]", |t, f| {
        if succeeds && t.has("trusted") {
            let id = named(t, f, "key", &mut names)?;
            trusted_keys.extend(trust::read_key(t, f, id));
            return None;
        }
        read_key(t, f, &mut names)
    });
    let changes = if succeeds {
        each(&mut top, faults, "change", "[[change]]", trust::read_change)
    } else {
        Vec::new()
    };
    let targets = TargetsSpec {
        manifests: each(&mut top, faults, "manifest", "[[manifest]]", |t, f| {
            let id = named(t, f, "manifest", &mut names)?;
            targets::read_manifest(t, f, id)
        }),
        targets: each(&mut top, faults, "target", "[[target]]", targets::read_target),
        delegations: each(
            &mut top,
            faults,
            "delegation",
            "[[delegation]]",
            targets::read_delegation,
        ),
    };
    let certificates = each(&mut top, faults, "certificate", "[[certificate]]", |t, f| {
        read_certificate(t, f, &mut names)
    });
    let results = each(&mut top, faults, "result", "[[result]]", |t, f| {
        read_result(t, f, &mut names, succeeds)
    });
    let waivers = each(&mut top, faults, "waiver", "[[waiver]]", super::waiver::read);
    let acts = each(&mut top, faults, "act", "[[act]]", |t, f| {
        read_act(t, f, &mut names)
    });
    top.finish(faults);
    schema?;
    Some(Script {
        sha256: Digest::of(text.as_bytes()),
        text: text.into(),
        kind: kind?,
        profile: profile?,
        organisation: organisation?,
        site: site?,
        ceremony: ceremony?,
        title: title?,
        predecessor: predecessor?,
        trust: trust?,
        sources,
        roles,
        tokens,
        approvals,
        witnesses,
        attesters,
        keys,
        trusted_keys,
        changes,
        targets,
        certificates,
        results,
        waivers,
        acts,
    })
}

/// Names seen so far, per kind of thing.
#[derive(Default)]
struct Names(BTreeSet<(&'static str, String)>);

impl Names {
    fn new_one(&mut self, faults: &mut Faults, kind: &'static str, name: &str, span: &Range<usize>) {
        if !self.0.insert((kind, name.to_owned())) {
            faults.add(
                span,
                "script-duplicate-id",
                format!("there are two of {kind} `{name}`"),
                "give each its own name",
            );
        }
    }
}

fn each<T>(
    top: &mut Table,
    faults: &mut Faults,
    field: &'static str,
    name: &'static str,
    mut read: impl FnMut(&mut Table, &mut Faults) -> Option<T>,
) -> Vec<T> {
    let mut items = Vec::new();
    for mut table in top.tables(faults, field, name) {
        let item = read(&mut table, faults);
        table.finish(faults);
        items.extend(item);
    }
    items
}

fn named(table: &mut Table, faults: &mut Faults, kind: &'static str, names: &mut Names) -> Option<Id> {
    let id = table.id(faults, "id")?;
    names.new_one(faults, kind, id.as_str(), &table.span_of("id"));
    Some(id)
}

fn read_source(table: &mut Table, faults: &mut Faults, names: &mut Names) -> Option<Source> {
    let id = named(table, faults, "source", names);
    let kind = table.word(
        faults,
        "kind",
        &[
            ("paper", SourceKind::Paper),
            ("second-machine", SourceKind::SecondMachine),
            ("witness-machine", SourceKind::WitnessMachine),
            ("simulated", SourceKind::Simulated),
        ],
    );
    Some(Source { id: id?, kind: kind? })
}

fn read_role(table: &mut Table, faults: &mut Faults, names: &mut Names) -> Option<Role> {
    let id = named(table, faults, "role", names);
    let seats = table.number(faults, "seats", 1..33);
    let quorum = table.number(faults, "quorum", 1..33);
    if let (Some(seats), Some(quorum)) = (seats, quorum)
        && quorum > seats
    {
        faults.add(
            &table.span_of("quorum"),
            "script-quorum-above-seats",
            format!("a quorum of {quorum} cannot be met by {seats} seats"),
            "lower `quorum` or raise `seats`",
        );
    }
    let pseudonyms = read_pseudonyms(table, faults, names, seats);
    Some(Role {
        id: id?,
        seats: seats?,
        quorum: quorum?,
        pseudonyms,
    })
}

/// At least one for each seat; nobody else in the script has the same.
fn read_pseudonyms(table: &mut Table, faults: &mut Faults, names: &mut Names, seats: Option<u32>) -> Vec<Id> {
    if !table.has("pseudonyms") {
        return Vec::new();
    }
    let what = "a list of lowercase words, at least one for each seat";
    let listed = table.list(faults, "pseudonyms", what, |s| Id::parse(s).ok());
    let listed = listed.unwrap_or_default();
    let span = table.span_of("pseudonyms");
    for name in &listed {
        names.new_one(faults, "pseudonym", name.as_str(), &span);
    }
    if seats.is_some_and(|seats| u32::try_from(listed.len()).is_ok_and(|n| 0 < n && n < seats)) {
        faults.add(
            &span,
            "script-wrong-value",
            format!(
                "`pseudonyms` of [[role]] needs one for each seat, and has {}",
                listed.len()
            ),
            "write one for each seat, or more",
        );
    }
    listed
}

fn read_token(table: &mut Table, faults: &mut Faults, names: &mut Names) -> Option<TokenSpec> {
    #[derive(Clone, Copy)]
    enum Word {
        Embedded,
        File,
        Pkcs11,
        Yubihsm,
    }
    let id = named(table, faults, "token", names);
    let word = table.word(
        faults,
        "backend",
        &[
            ("embedded", Word::Embedded),
            ("file", Word::File),
            ("pkcs11", Word::Pkcs11),
            ("yubihsm", Word::Yubihsm),
        ],
    );
    let backend = match word? {
        Word::Embedded => Backend::Embedded,
        Word::File => Backend::File,
        Word::Yubihsm => Backend::Yubihsm,
        Word::Pkcs11 => Backend::Pkcs11 {
            module: table.id(faults, "module")?,
        },
    };
    let serial = table.line(faults, "serial")?;
    let serial = if serial == "at-inventory" {
        SerialSpec::AtInventory
    } else {
        if !is_plain(&serial) || serial.len() < 4 || serial.len() > 40 {
            faults.add(
                &table.span_of("serial"),
                "script-wrong-value",
                "`serial` is 4 to 40 printable ASCII characters".to_owned(),
                "copy the serial from the device's body, or write \"at-inventory\"",
            );
        }
        names.new_one(faults, "serial", &serial, &table.span_of("serial"));
        SerialSpec::Known(serial)
    };
    let folder_like = matches!(backend, Backend::Embedded | Backend::File);
    if folder_like && serial == SerialSpec::AtInventory {
        faults.add(
            &table.span_of("serial"),
            "script-serial-needed",
            "an embedded or file token has the serial that the script gives it".to_owned(),
            "write a serial, for example \"REHEARSAL-0001\"",
        );
    }
    if let SerialSpec::Known(serial) = &serial
        && folder_like
        && !serial.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
    {
        faults.add(
            &table.span_of("serial"),
            "script-wrong-value",
            "the serial of an embedded or file token is its folder's name".to_owned(),
            "use letters, digits and '-' only",
        );
    }
    let firmware_waiver = if table.has("firmware_waiver") && backend == Backend::Yubihsm {
        let reason = table.line(faults, "firmware_waiver")?;
        if Waiver::new(&reason).is_none() {
            faults.add(
                &table.span_of("firmware_waiver"),
                "script-wrong-value",
                "`firmware_waiver` is a reason in 8 to 400 printable ASCII characters".to_owned(),
                "say why a firmware below the floor is accepted, or leave the line out",
            );
        }
        Some(reason)
    } else {
        None
    };
    Some(TokenSpec {
        id: id?,
        backend,
        serial,
        firmware_waiver,
    })
}

fn read_certificate(table: &mut Table, faults: &mut Faults, names: &mut Names) -> Option<Certificate> {
    let at = faults.place(&table.span);
    let id = named(table, faults, "certificate", names);
    let rank = table.word(
        faults,
        "of",
        &[("vendor", Rank::Vendor), ("rehearsal-root", Rank::Rehearsal)],
    );
    let file = table.file(faults, "file");
    let sha256 = table.digest(faults, "sha256");
    Some(Certificate {
        id: id?,
        rank: rank?,
        file: file?,
        sha256: sha256?,
        at,
    })
}

fn read_key(table: &mut Table, faults: &mut Faults, names: &mut Names) -> Option<ExternalKey> {
    let id = named(table, faults, "key", names);
    let public = public_file(table, faults);
    let possession = possession(table, faults);
    let (file, sha256, form, fingerprint) = public?;
    Some(ExternalKey {
        id: id?,
        file,
        sha256,
        form,
        fingerprint,
        possession: possession?,
    })
}

type PublicFile = (String, Digest, Form, Option<Digest>);

fn public_file(table: &mut Table, faults: &mut Faults) -> Option<PublicFile> {
    let mut inner = table.table(faults, "public", "`public`")?;
    let file = inner.file(faults, "file");
    let sha256 = inner.digest(faults, "sha256");
    // The one thing that a script may leave out: every script before the other
    // forms meant PEM, their approvals stand, and no file of another form can be
    // read as PEM, so nothing is guessed.
    let form = if inner.has("form") {
        let words = Form::ALL.map(|form| (form.name(), form));
        inner.word(faults, "form", &words)
    } else {
        Some(Form::Pem)
    };
    let fingerprint = if inner.has("fingerprint") {
        inner.digest(faults, "fingerprint").map(Some)
    } else {
        Some(None)
    };
    inner.finish(faults);
    Some((file?, sha256?, form?, fingerprint?))
}

/// Its private half cannot prove itself in this room: either it has done so
/// beforehand, or the bytes that people approve say that it has not.
fn possession(table: &mut Table, faults: &mut Faults) -> Option<Possession> {
    if !table.has_table("proof_of_possession") {
        return table
            .word(faults, "proof_of_possession", &[("waived", ())])
            .map(|()| Possession::Waived);
    }
    let mut inner = table.table(faults, "proof_of_possession", "`proof_of_possession`")?;
    let file = inner.file(faults, "file");
    let sha256 = inner.digest(faults, "sha256");
    inner.finish(faults);
    Some(Possession::Proof {
        file: file?,
        sha256: sha256?,
    })
}

fn read_result(
    table: &mut Table,
    faults: &mut Faults,
    names: &mut Names,
    succeeds: bool,
) -> Option<ResultSpec> {
    let at = faults.place(&table.span);
    let role = metadata(table, faults)?;
    names.new_one(
        faults,
        "result for metadata",
        role.as_str(),
        &table.span_of("metadata"),
    );
    let threshold = table.number(faults, "threshold", 1..1025);
    let keys = table.list(faults, "keys", "a list of key names", |s| Id::parse(s).ok());
    let here = table.word(faults, "made", &[("here", true), ("elsewhere", false)])?;
    let made = if here {
        // A genesis begins at 1; what follows a version is the plan's to say.
        let versions = if succeeds { 1..u32::MAX } else { 1..2 };
        let version = table.number(faults, "version", versions);
        let expires = if table.has("expires") {
            table.instant(faults, "expires").map(Expires::At)
        } else {
            table
                .number(faults, "expires_in_days", 1..3654)
                .map(Expires::InDays)
        };
        Made::Here {
            version: u64::from(version?),
            expires: expires?,
        }
    } else {
        if role.delegated().is_some() {
            faults.add(
                &table.span_of("made"),
                "script-wrong-value",
                format!("the result for {role}, a delegated role, says that it is made elsewhere"),
                "delete it: who delegates names its keys; a result is for a file that is made here",
            );
        }
        Made::Elsewhere
    };
    let (threshold, keys) = (threshold?, keys?);
    let distinct: BTreeSet<&Id> = keys.iter().collect();
    if distinct.len() != keys.len() {
        faults.add(
            &table.span_of("keys"),
            "script-duplicate-id",
            format!("the keys of {} name one key twice", role.as_str()),
            "name each key once",
        );
    }
    if usize::try_from(threshold).is_ok_and(|t| t > distinct.len()) {
        faults.add(
            &table.span_of("threshold"),
            "script-threshold-above-keys",
            format!(
                "a threshold of {threshold} cannot be met by {} key(s) of {}",
                distinct.len(),
                role.as_str()
            ),
            "lower `threshold` or name more keys",
        );
    }
    Some(ResultSpec {
        metadata: role,
        threshold,
        keys,
        made,
        at,
    })
}

fn read_act(table: &mut Table, faults: &mut Faults, names: &mut Names) -> Option<Act> {
    let id = named(table, faults, "act", names);
    let title = table.line(faults, "title");
    let mut steps = Vec::new();
    for mut step in table.tables(faults, "step", "[[act.step]]") {
        let at = faults.place(&step.span);
        let id = named(&mut step, faults, "step", names);
        let by = step.id(faults, "by");
        let minutes = step.number(faults, "minutes", 1..241);
        let verb = Verb::read(&mut step, faults);
        step.finish(faults);
        if let (Some(id), Some(by), Some(minutes), Some(verb)) = (id, by, minutes, verb) {
            steps.push(Step {
                id,
                verb,
                by,
                minutes,
                at,
            });
        }
    }
    Some(Act {
        id: id?,
        title: title?,
        steps,
    })
}
