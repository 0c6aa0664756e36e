//! What stands before and behind the steps: cover, people, devices, what the
//! ceremony is for; then deviations, the close, the pace, the words.

use crate::base::Digest;
use crate::plan::glossary::{GLOSSARY, ON_PAPER};
use crate::plan::pace::{self, TABLE};
use crate::plan::{self, Plan};
use crate::report::page::{Block, Form, HeadOf, Row, Table, mono, plain, strong};
use crate::report::page::{Cell, Line};
use crate::script::{Backend, SerialSpec};

use super::Printer;

pub(super) fn cover(plan: &Plan, printer: &Printer) -> Vec<Block> {
    let script = plan.script();
    let place = format!(
        "{}, held by {} at {}",
        script.ceremony, script.organisation, script.site
    );
    let size = format!(
        "{} acts, {} steps; the script allows {} minutes",
        script.acts.len(),
        plan.steps().len(),
        plan.minutes()
    );
    let digest = |digest: &Digest| match *digest == Digest::ZERO {
        true => plain("not known: the file could not be read"),
        false => mono(digest.grouped()),
    };
    let rows = vec![
        Row::new("ceremony", strong(place)),
        Row::new("size", plain(size)),
        Row::new(
            "prompts",
            plain(format!("{} if nothing goes wrong", pace::total(plan).words())),
        ),
        Row::new("clients", plain(format!("profile {}", script.profile.name))),
        Row::new(
            "program",
            plain(format!("tuf-ceremony {}, SHA-256 of its file:", printer.version)),
        ),
        Row::new("", digest(&printer.sha256)),
        Row::new(
            "verifier",
            plain("verify.py of this release; never run a bundle's own copy"),
        ),
        Row::new("", digest(&printer.verifier)),
    ];
    let head = HeadOf {
        name: "Digest of the script",
        what: "SHA-256 of the exact bytes that are approved and run. Compare the words with another copy, aloud, \
               before anybody begins."
            .to_owned(),
        digest: script.sha256,
        code: Some(format!("{}  script.toml\n", script.sha256)),
    };
    let form = Form {
        columns: vec![
            ("date (UTC)", 20),
            ("copy of copies", 16),
            ("kept by", 34),
            ("clock read from", 30),
        ],
        rows: vec![vec![String::new(); 4]],
        tall: false,
    };
    vec![
        Block::Facts(rows),
        Block::Digest(head),
        Block::Form(form),
        Block::Para(
            "How to use it: one person keeps this copy. Tick a box when it is done and not before; write UTC from a \
             clock on the wall, and initials. Never write a PIN, a password or a passphrase here: each has a paper of \
             its own. What is crossed out stays readable. The record is the evidence; where this paper and the \
             record differ, note a deviation."
                .to_owned(),
        ),
    ]
}

pub(super) fn people(plan: &Plan, all: &mut Vec<Block>) {
    let script = plan.script();
    all.push(Block::Section("People".to_owned()));
    let mut rows = Vec::new();
    for role in &script.roles {
        for seat in 1..=role.seats {
            rows.push(vec![
                format!("{} {seat}", role.id),
                String::new(),
                String::new(),
                String::new(),
                String::new(),
            ]);
        }
        all.push(Block::Para(format!(
            "{}: {} of {} must be here.",
            role.id, role.quorum, role.seats
        )));
    }
    all.push(Block::Form(Form {
        columns: vec![
            ("seat", 18),
            ("name for the record", 27),
            ("signature", 31),
            ("from", 12),
            ("until", 12),
        ],
        rows,
        tall: false,
    }));
    all.push(Block::Para(
        "The record is published with the names as they are typed; a pseudonym is enough, and who it stands for is on a \
         list of its own."
            .to_owned(),
    ));
}

pub(super) fn devices(plan: &Plan, all: &mut Vec<Block>) {
    let script = plan.script();
    all.push(Block::Section("Devices, bags and seals".to_owned()));
    let mut rows: Vec<Vec<String>> = script
        .tokens
        .iter()
        .map(|token| {
            let how = match &token.backend {
                Backend::Embedded => "played by the program".to_owned(),
                Backend::File => "key files".to_owned(),
                Backend::Yubihsm => "YubiHSM 2".to_owned(),
                Backend::Pkcs11 { module } => format!("PKCS#11, {module}"),
            };
            let serial = match &token.serial {
                SerialSpec::Known(serial) => serial.clone(),
                SerialSpec::AtInventory => String::new(),
            };
            let mut row = vec![format!("{} ({how})", token.id), serial];
            row.extend(std::iter::repeat_n(String::new(), 5));
            row
        })
        .collect();
    rows.push(
        [plan::RECORD_MEDIA, "", "", "", "", "", ""]
            .map(str::to_owned)
            .to_vec(),
    );
    all.push(Block::Form(Form {
        columns: vec![
            ("device", 23),
            ("serial", 17),
            ("came in bag", 13),
            ("seal", 11),
            ("leaves in bag", 13),
            ("seal", 11),
            ("kept by", 12),
        ],
        rows,
        tall: false,
    }));
}

pub(super) fn purpose(plan: &Plan, all: &mut Vec<Block>) {
    all.push(Block::Section("What this ceremony does".to_owned()));
    all.push(Block::Lines(plan::summary(plan)));
}

pub(super) fn deviations(all: &mut Vec<Block>) {
    all.push(Block::Page);
    all.push(Block::Section("Deviations".to_owned()));
    all.push(Block::Para(
        "Everything that was not as this paper says; each is noted on the screen as well (F2), in the same words."
            .to_owned(),
    ));
    all.push(Block::Form(Form {
        columns: vec![
            ("UTC", 8),
            ("step", 9),
            ("expected", 23),
            ("what happened", 25),
            ("what was decided", 22),
            ("by, initials", 13),
        ],
        rows: vec![vec![String::new(); 6]; 9],
        tall: true,
    }));
}

pub(super) fn closing(plan: &Plan, all: &mut Vec<Block>) {
    all.push(Block::Page);
    all.push(Block::Section("Close".to_owned()));
    all.push(Block::Para(
        "From the last screen, and again from the verifier on another computer. The two must be the same."
            .to_owned(),
    ));
    all.push(Block::Form(Form {
        columns: vec![
            ("closed at (UTC)", 25),
            ("record, lines", 25),
            ("deviations", 25),
            ("media, serial", 25),
        ],
        rows: vec![vec![String::new(); 4]],
        tall: false,
    }));
    all.push(Block::Blanks(
        "Words of the record's root, as the last checkpoint has it".to_owned(),
    ));
    all.push(Block::Form(Form {
        columns: vec![("verified with", 46), ("verdict", 28), ("by, initials", 26)],
        rows: vec![
            vec![
                "tuf-ceremony verify BUNDLE --anchors FILE".to_owned(),
                String::new(),
                String::new(),
            ],
            vec![
                "python3 verify.py BUNDLE (the release's)".to_owned(),
                String::new(),
                String::new(),
            ],
        ],
        tall: false,
    }));
    all.push(Block::Para(
        "I was in the room from the time to the time beside my name; what I saw is what this paper and the record say, \
         with the deviations that are noted."
            .to_owned(),
    ));
    let seats = plan.script().roles.iter().flat_map(|role| {
        (1..=role.seats).map(move |seat| {
            vec![
                format!("{} {seat}", role.id),
                String::new(),
                String::new(),
                String::new(),
            ]
        })
    });
    all.push(Block::Form(Form {
        columns: vec![("seat", 18), ("name", 30), ("signature", 34), ("UTC", 18)],
        rows: seats.collect(),
        tall: false,
    }));
}

pub(super) fn pace(plan: &Plan, all: &mut Vec<Block>) {
    all.push(Block::Page);
    all.push(Block::Section(
        "Prompts and minutes, if nothing goes wrong".to_owned(),
    ));
    let row = |name: String, tally: &pace::Tally| -> Vec<Cell> {
        vec![
            plain(name),
            plain(tally.prompts.to_string()),
            plain(tally.characters.to_string()),
            plain(tally.minutes().to_string()),
        ]
    };
    let mut rows = Vec::new();
    for (token, tally) in pace::by_token(plan) {
        let name = token.map_or("about no device".to_owned(), |t| format!("device {t}"));
        rows.push(Line::Cells(row(name, &tally)));
    }
    for (role, tally) in pace::by_role(plan) {
        let name = role.map_or("the briefing".to_owned(), |r| format!("role {r}"));
        rows.push(Line::Cells(row(name, &tally)));
    }
    rows.push(Line::Cells(row("in all".to_owned(), &pace::total(plan))));
    all.push(Block::Table(Table {
        columns: vec![("of", 46), ("prompts", 16), ("characters", 19), ("minutes", 19)],
        rows,
    }));
    all.push(Block::Sub("The pace by which they are reckoned".to_owned()));
    let rows = TABLE.iter().map(|m| {
        Line::Cells(vec![
            plain(m.what),
            plain(format!("{} s", m.seconds())),
            plain(m.source),
        ])
    });
    all.push(Block::Table(Table {
        columns: vec![
            ("what people do", 46),
            ("each time", 12),
            ("where the number comes from", 42),
        ],
        rows: rows.collect(),
    }));
}

pub(super) fn glossary(all: &mut Vec<Block>) {
    all.push(Block::Section("Words".to_owned()));
    let printed = GLOSSARY.iter().filter(|(word, _)| ON_PAPER.contains(word));
    let rows = printed.map(|(word, text)| Row::new(*word, plain(*text)));
    all.push(Block::Facts(rows.collect()));
}
