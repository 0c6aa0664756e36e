//! Every claim of the policy, held against the shipped binary: a script that
//! `check` refuses by that claim's code, and its nearest neighbour that it
//! accepts. Then waivers: which are refused, and a ceremony with one from the
//! script to the auditor's verdict. A claim without both fixtures fails.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::print_stdout,
    reason = "a test fails by panicking, and a skip must be visible"
)]
#![cfg(feature = "ceremony")]

#[path = "support/program.rs"]
mod program;

use std::path::PathBuf;

use program::{Ran, Room, lines, root, run, script};
use tuf_ceremony::tuf::policy::Claim;

/// The script that is edited.
#[derive(Clone, Copy)]
enum Base {
    /// A production script: three PKCS#11 tokens, 2 of 3.
    Production,
    /// A rehearsal that also makes snapshot (30 days) and timestamp (7 days).
    Rehearsal,
    /// A rehearsal on three YubiHSM 2 and three PKCS#11 tokens, 3 of 6.
    Mix,
}

impl Base {
    fn path(self) -> PathBuf {
        let folder = root().join("ceremony-scripts");
        match self {
            Base::Production => folder.join("templates/root-keygen.toml"),
            Base::Rehearsal => folder.join("rehearsal/root-keygen.toml"),
            Base::Mix => folder.join("rehearsal/pypi-mix.toml"),
        }
    }
}

/// From, to; the first must stand in the script.
type Edit = (&'static str, &'static str);

/// A claim, its base, a sinful edit, and its nearest neighbour without the sin.
type Case = (Claim, Base, &'static [Edit], &'static [Edit]);

const ROOT: &str = "threshold       = 2\nkeys            = [\"root-a\", \"root-b\", \"root-c\"]";
const TARGETS: &str = "threshold       = 2\nkeys            = [\"targets-a\", \"targets-b\", \"targets-c\"]";
const ONLINE: &str = "[[key]]                            # <- yours";
const SECOND_NAME: &str = "[[key]]
id                  = \"again\"
public              = { file = \"again.pub.pem\", sha256 = \"26f6621e4eaa171e0f92653f75f5544bc25ce66d10d15226d892c6e63e92cdb7\" }
proof_of_possession = \"waived\"

[[key]] # <- yours";
const TOKEN_A: &str = "backend = \"pkcs11\"\nmodule  = \"opensc\"                 # a name; run with --module opensc=PATH\nserial  = \"DENK0100001\"";
const FILE_A: &str = "backend = \"file\"\nserial  = \"DENK0100001\"";
const ROOT_A: &str = "name = \"root-a\", algorithm = \"ecdsa-p256\", extractable = false";
const TARGETS_A: &str = "name = \"targets-a\", algorithm = \"ecdsa-p256\", extractable = false";
/// Steps keys.5 and keys.6 make root-b; here they use token-a.
const ROOT_B_ON_B: &str = "on      = \"token-b\"\nkey     = { name = \"root-b\"";
const ROOT_B_ON_A: &str = "on      = \"token-a\"\nkey     = { name = \"root-b\"";
const PROVE_ON_B: &str = "on      = \"token-b\"\nkey     = \"root-b\"";
const PROVE_ON_A: &str = "on      = \"token-a\"\nkey     = \"root-b\"";
const SIGN_ON_B: &str = "on       = \"token-b\"\nkey      = \"root-b\"";
const SIGN_ON_C: &str = "on       = \"token-c\"\nkey      = \"root-c\"";
const SIGN_B_ON_A: &str = "on       = \"token-a\"\nkey      = \"root-b\"";

const CASES: &[Case] = &[
    (
        Claim::RootThreshold,
        Base::Production,
        &[(
            ROOT,
            "threshold       = 1\nkeys            = [\"root-a\", \"root-b\", \"root-c\"]",
        )],
        &[],
    ),
    (
        Claim::LossTolerance,
        Base::Production,
        &[(
            TARGETS,
            "threshold       = 3\nkeys            = [\"targets-a\", \"targets-b\", \"targets-c\"]",
        )],
        &[],
    ),
    (
        Claim::OneKeyADevice,
        Base::Production,
        // root-b stands beside root-a; root is signed by a and c.
        &[
            (ROOT_B_ON_B, ROOT_B_ON_A),
            (PROVE_ON_B, PROVE_ON_A),
            (SIGN_ON_B, SIGN_ON_C),
        ],
        &[(SIGN_ON_B, SIGN_ON_C)],
    ),
    (
        Claim::DeviceThreshold,
        Base::Production,
        // token-a holds two root keys, and two are enough.
        &[
            (ROOT_B_ON_B, ROOT_B_ON_A),
            (PROVE_ON_B, PROVE_ON_A),
            (SIGN_ON_B, SIGN_B_ON_A),
        ],
        &[],
    ),
    (
        Claim::RoleSeparation,
        Base::Production,
        &[(
            "metadata  = \"timestamp\"\nmade      = \"elsewhere\"\nthreshold = 1\nkeys      = [\"online\"]",
            "metadata  = \"timestamp\"\nmade      = \"elsewhere\"\nthreshold = 1\nkeys      = [\"root-a\"]",
        )],
        &[],
    ),
    (
        Claim::OneRoleAKey,
        Base::Production,
        &[(
            TARGETS,
            "threshold       = 2\nkeys            = [\"root-a\", \"targets-a\", \"targets-b\", \"targets-c\"]",
        )],
        &[],
    ),
    (
        Claim::DistinctKeys,
        Base::Production,
        &[
            (ONLINE, SECOND_NAME),
            (
                "metadata  = \"snapshot\"\nmade      = \"elsewhere\"\nthreshold = 1\nkeys      = [\"online\"]",
                "metadata  = \"snapshot\"\nmade      = \"elsewhere\"\nthreshold = 1\nkeys      = [\"again\"]",
            ),
        ],
        &[],
    ),
    (
        Claim::Possession,
        Base::Production,
        &[(
            TARGETS,
            "threshold       = 2\nkeys            = [\"targets-a\", \"targets-b\", \"targets-c\", \"online\"]",
        )],
        &[],
    ),
    (
        Claim::NotExtractable,
        Base::Production,
        &[
            (TOKEN_A, FILE_A),
            (
                ROOT_A,
                "name = \"root-a\", algorithm = \"ecdsa-p256\", extractable = true",
            ),
            (
                TARGETS_A,
                "name = \"targets-a\", algorithm = \"ecdsa-p256\", extractable = true",
            ),
        ],
        &[],
    ),
    (
        Claim::Algorithm,
        Base::Production,
        &[(
            ROOT_A,
            "name = \"root-a\", algorithm = \"ecdsa-p384\", extractable = false",
        )],
        &[(
            ROOT_A,
            "name = \"root-a\", algorithm = \"ecdsa-p384\", extractable = false, refused_by = [\"tough\", \"tuf-js\"]",
        )],
    ),
    (
        Claim::KeyStrength,
        Base::Production,
        &[(
            ROOT_A,
            "name = \"root-a\", algorithm = \"rsa-pss-2048\", extractable = false",
        )],
        &[(
            ROOT_A,
            "name = \"root-a\", algorithm = \"rsa-pss-3072\", extractable = false",
        )],
    ),
    (
        Claim::ExpiryWindow,
        Base::Production,
        &[("expires_in_days = 365", "expires_in_days = 403")],
        &[("expires_in_days = 365", "expires_in_days = 402")],
    ),
    (
        Claim::ExpiryOrder,
        Base::Rehearsal,
        &[("expires_in_days = 180", "expires_in_days = 366")],
        &[("expires_in_days = 180", "expires_in_days = 365")],
    ),
    (
        Claim::PayloadLimit,
        Base::Mix,
        &[
            (
                "name = \"root-a\", algorithm = \"ecdsa-p256\"",
                "name = \"root-a\", algorithm = \"ed25519\"",
            ),
            (
                "[[act.step]]\nid      = \"yubi-a.5\"\ndo      = \"attest-key\"\nby      = \"officer\"\nminutes = 1\non      = \"yubi-a\"\nkey     = \"root-a\"\n\n",
                "",
            ),
        ],
        // Ed25519 on a PKCS#11 token has no such limit.
        &[(
            "name = \"root-d\", algorithm = \"ecdsa-p256\"",
            "name = \"root-d\", algorithm = \"ed25519\"",
        )],
    ),
    (
        Claim::PeopleSpare,
        Base::Production,
        &[("seats  = 3\nquorum = 2", "seats  = 3\nquorum = 3")],
        &[("seats  = 3\nquorum = 2", "seats  = 4\nquorum = 3")],
    ),
    (
        Claim::IndependentReview,
        Base::Production,
        &[(
            "do      = \"review\"\nby      = \"officer\"",
            "do      = \"review\"\nby      = \"administrator\"",
        )],
        &[(
            "do      = \"review\"\nby      = \"officer\"",
            "do      = \"review\"\nby      = \"witness\"",
        )],
    ),
    (
        Claim::Witness,
        Base::Production,
        &[(
            "do      = \"read-back\"\nby      = \"witness\"",
            "do      = \"read-back\"\nby      = \"officer\"",
        )],
        &[(
            "do      = \"read-back\"\nby      = \"witness\"",
            "do      = \"read-back\"\nby      = \"administrator\"",
        )],
    ),
];

/// Writes the edited script beside the files that it names.
fn edited(room: &Room, base: Base, edits: &[Edit]) -> PathBuf {
    let path = base.path();
    let mut text = std::fs::read_to_string(&path).unwrap();
    for (from, to) in edits {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    for entry in std::fs::read_dir(path.parent().unwrap()).unwrap() {
        let file = entry.unwrap().path();
        if file.extension().is_some_and(|e| e == "pem") {
            std::fs::copy(&file, room.dir.path().join(file.file_name().unwrap())).unwrap();
        }
    }
    // One key under two names comes in two files.
    std::fs::copy(
        path.with_file_name("online.pub.pem"),
        room.dir.path().join("again.pub.pem"),
    )
    .unwrap();
    let out = room.dir.path().join("script.toml");
    std::fs::write(&out, text).unwrap();
    out
}

fn check(base: Base, edits: &[Edit]) -> Ran {
    let room = Room::new();
    let path = edited(&room, base, edits);
    run(&["check", path.to_str().unwrap()])
}

/// The codes of all diagnostics.
fn codes(ran: &Ran) -> Vec<String> {
    let code = |line: &str| Some(line.split_once(": error[")?.1.split_once(']')?.0.to_owned());
    ran.err.lines().filter_map(code).collect()
}

#[test]
fn every_claim_refuses_and_accepts() {
    for claim in Claim::ALL {
        let cases: Vec<&Case> = CASES.iter().filter(|c| c.0 == *claim).collect();
        assert!(!cases.is_empty(), "{claim} has no fixtures");
        for (_, base, sin, neighbour) in cases {
            let refused = check(*base, sin);
            assert_eq!(refused.code, 2, "{claim}: {}{}", refused.out, refused.err);
            assert!(
                codes(&refused).contains(&claim.code().to_owned()),
                "{claim}: {}",
                refused.err
            );
            assert!(refused.err.contains(claim.remedy()), "{claim}: {}", refused.err);
            let accepted = check(*base, neighbour);
            assert_eq!(accepted.code, 0, "{claim}: {}{}", accepted.out, accepted.err);
        }
    }
}

#[test]
fn ids_codes_and_texts_are_well_formed() {
    for claim in Claim::ALL {
        assert_eq!(Claim::parse(claim.id()), Some(*claim));
        assert_eq!(claim.code(), format!("policy-{}", claim.id()));
        assert!(
            claim.text().ends_with('.') && !claim.remedy().ends_with('.'),
            "{claim}"
        );
        assert!(claim.source().contains("facts/"), "{claim}");
    }
}

/// A finding stands at the line of what it is about.
#[test]
fn a_finding_names_its_place() {
    let refused = check(Base::Production, CASES[0].2);
    let text = std::fs::read_to_string(Base::Production.path()).unwrap();
    let line = text.lines().position(|l| l.starts_with("[[result]]")).unwrap() + 1;
    assert!(
        refused
            .err
            .contains(&format!("script.toml:{line}:1: error[policy-root-threshold]: ")),
        "{}",
        refused.err
    );
}

/// Stand-ins of a rehearsal do not stop it, and are named all the same.
#[test]
fn a_rehearsal_says_what_production_would_refuse() {
    let said = check(
        Base::Rehearsal,
        &[(
            "do      = \"review\"\nby      = \"officer\"",
            "do      = \"review\"\nby      = \"administrator\"",
        )],
    );
    assert_eq!(said.code, 0, "{}{}", said.out, said.err);
    assert!(
        said.out
            .contains("in production this is refused: independent-review: step root.2"),
        "{}",
        said.out
    );
}

// ---------------------------------------------------------------- waivers

const WAIVER: &str = "[[waiver]]
claim  = \"expiry-window\"
role   = \"targets\"
reason = \"the next ceremony is in two years; ticket 12\"
by     = \"officer\"

[[act]]
id    = \"open\"";

const WAIVE: &str = "[[act.step]]
id      = \"open.3\"
do      = \"waive\"
by      = \"witness\"
minutes = 2
claim   = \"expiry-window\"
role    = \"targets\"

[[act.step]]
id      = \"open.4\"";

const ACT: Edit = ("[[act]]\nid    = \"open\"", WAIVER);
const STEP: Edit = ("[[act.step]]\nid      = \"open.3\"", WAIVE);
const SHORT: Edit = ("expires_in_days = 180", "expires_in_days = 40");

#[test]
fn a_waiver_is_accepted_where_it_waives_and_people_confirm_it() {
    for base in [Base::Production, Base::Rehearsal] {
        let ran = check(base, &[ACT, STEP, SHORT]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(
            ran.out
                .contains("waived: expiry-window: targets expires 40 days after the confirmed clock"),
            "{}",
            ran.out
        );
    }
}

#[test]
fn every_other_waiver_is_refused_by_name() {
    let cases: &[(&str, &[Edit], &str, &str)] = &[
        ("waives nothing", &[ACT, STEP], "policy-waiver", "waives nothing"),
        (
            "of another role",
            &[ACT, STEP, ("expires_in_days = 365", "expires_in_days = 59")],
            "policy-expiry-window",
            "root expires",
        ),
        (
            "not waivable",
            &[
                ACT,
                STEP,
                SHORT,
                ("claim  = \"expiry-window\"", "claim  = \"root-threshold\""),
            ],
            "script-not-waivable",
            "root-threshold",
        ),
        (
            "no such claim",
            &[
                ACT,
                STEP,
                SHORT,
                ("claim  = \"expiry-window\"", "claim  = \"everything\""),
            ],
            "script-wrong-value",
            "claim",
        ),
        (
            "no reason",
            &[
                ACT,
                STEP,
                SHORT,
                ("the next ceremony is in two years; ticket 12", "why not"),
            ],
            "script-wrong-value",
            "reason",
        ),
        (
            "nobody confirms",
            &[ACT, SHORT],
            "plan-precondition",
            "nobody has confirmed",
        ),
        (
            "confirms itself",
            &[
                ACT,
                STEP,
                SHORT,
                (
                    "do      = \"waive\"\nby      = \"witness\"",
                    "do      = \"waive\"\nby      = \"officer\"",
                ),
            ],
            "plan-precondition",
            "waives and confirms",
        ),
        (
            "by nobody",
            &[
                ACT,
                STEP,
                SHORT,
                (
                    "ticket 12\"\nby     = \"officer\"",
                    "ticket 12\"\nby     = \"friends\"",
                ),
            ],
            "policy-waiver",
            "friends",
        ),
        (
            "a step without its waiver",
            &[STEP],
            "plan-precondition",
            "no [[waiver]]",
        ),
    ];
    for (sin, edits, code, says) in cases {
        let ran = check(Base::Production, edits);
        assert_eq!(ran.code, 2, "{sin}: {}", ran.out);
        assert!(codes(&ran).contains(&(*code).to_owned()), "{sin}: {}", ran.err);
        assert!(ran.err.contains(says), "{sin}: {}", ran.err);
    }
}

fn answers(room: &Room, waive: bool) -> PathBuf {
    let text = std::fs::read_to_string(script("root-keygen.answers.toml")).unwrap();
    let path = room.dir.path().join("answers.toml");
    let line = if waive {
        "checklist = true\nwaive     = true"
    } else {
        "checklist = true"
    };
    std::fs::write(&path, text.replace("checklist = true", line)).unwrap();
    path
}

#[test]
fn a_ceremony_with_a_waiver_is_recorded_and_judged_again() {
    let room = Room::new();
    let path = edited(&room, Base::Rehearsal, &[ACT, STEP, SHORT]);
    // An answers file that does not speak of waivers waives none.
    let paused = room.run(&path, &answers(&room, false));
    assert_eq!(paused.code, 3, "{}{}", paused.out, paused.err);
    assert!(
        format!("{}{}", paused.out, paused.err).contains("open.3"),
        "{}{}",
        paused.out,
        paused.err
    );
    let ran = room.resume(&answers(&room, true));
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);

    let bundle = room.bundle();
    let lines = lines(&bundle);
    let waived: Vec<&String> = lines
        .iter()
        .filter(|l| l.contains("\"type\":\"waived\""))
        .collect();
    assert_eq!(waived.len(), 1);
    for part in [
        "\"because\":\"the next ceremony is in two years; ticket 12\"",
        "\"by\":\"officer\"",
        "\"claim\":\"expiry-window\"",
        "\"quorum\":2",
        "\"role\":\"targets\"",
        "\"second\":\"witness\"",
    ] {
        assert!(waived[0].contains(part), "{part}: {}", waived[0]);
    }
    // Three people typed the claim's name: two officers, then the witness.
    let typed = lines
        .iter()
        .filter(|l| l.contains("\"typed\":\"expiry-window\""))
        .count();
    assert_eq!(typed, 3);
    for composed in lines.iter().filter(|l| l.contains("\"type\":\"composed\"")) {
        assert!(composed.contains("\"expiry-window waived\""), "{composed}");
        assert!(composed.contains("\"root-threshold holds\""), "{composed}");
    }
    let verdict = run(&["verify", bundle.to_str().unwrap()]);
    assert_eq!(verdict.code, 0, "{}{}", verdict.out, verdict.err);
    assert!(
        verdict.out.contains("waived expiry-window: targets expires")
            && verdict.out.contains("because: the next ceremony is in two years"),
        "{}",
        verdict.out
    );
}
