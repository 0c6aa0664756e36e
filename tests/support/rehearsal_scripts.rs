//! The scripts that the rehearsals in memory run: from the smallest that has a
//! bundle to one that also signs snapshot and timestamp.

use tuf_ceremony::base::{Algorithm, Digest};

use super::Key;

/// Root and targets 2 of 3 on three embedded tokens, P-256 for root, Ed25519
/// for targets; the online key lives elsewhere and comes as a file.
pub fn script() -> String {
    let online = Key::new("online", Algorithm::EcdsaP256).public().to_pem();
    let mut text = format!(
        "{HEAD}
[[key]]
id = \"online\"
public = {{ file = \"online.pem\", sha256 = \"{}\" }}
proof_of_possession = \"waived\"
{}",
        Digest::of(online.as_bytes()),
        results(None, None)
    );
    text += &acts(&["hsm-a", "hsm-b", "hsm-c"], &["root", "targets"]);
    text
}

/// The same with an Ed25519 online key as JWK, whose holder signed beforehand.
pub fn script_proven() -> String {
    let script = script();
    let start = script.find("public = { file = \"online.pem\"").unwrap();
    let end = start + script[start..].find("proof_of_possession").unwrap();
    let (jwk, proof) = (online_file("online.jwk"), online_file("online.proof"));
    let public = format!(
        "public = {{ file = \"online.jwk\", sha256 = \"{}\", form = \"jwk\" }}\n",
        Digest::of(&jwk)
    );
    let proven = format!(
        "proof_of_possession = {{ file = \"online.proof\", sha256 = \"{}\" }}",
        Digest::of(&proof)
    );
    [&script[..start], &public, &script[end..]]
        .concat()
        .replace("proof_of_possession = \"waived\"", &proven)
}

/// The online side's files, by the names that the scripts give them.
pub fn online_file(name: &str) -> Vec<u8> {
    let key = Key::new("online", Algorithm::Ed25519);
    match name {
        "online.jwk" => format!(
            r#"{{"kty":"OKP","crv":"Ed25519","x":"{}"}}"#,
            data_encoding::BASE64URL_NOPAD.encode(key.public().raw())
        )
        .into_bytes(),
        "online.proof" => key.sign(
            format!(
                "tuf-ceremony possession of a key elsewhere v1\norganisation {}\nsite {}\nceremony {}\nkey online\nfingerprint {}\n",
                head("organisation"),
                head("site"),
                head("ceremony"),
                key.public().fingerprint()
            )
            .as_bytes(),
        ),
        _ => Key::new("online", Algorithm::EcdsaP256).public().to_pem().into_bytes(),
    }
}

/// What the head of the scripts says.
fn head(field: &str) -> &'static str {
    let line = HEAD.lines().find(|line| line.starts_with(field)).unwrap();
    line.split('"').nth(1).unwrap()
}

/// The smallest that a plan allows: one token, P-256 alone, root 2 of 3,
/// targets 1 of 2. For tests that judge a bundle many times.
pub fn script_small() -> String {
    let mut text = script();
    let start = text.find("\n[[token]]\nid = \"hsm-b\"").unwrap();
    let end = text.find("\n[[key]]").unwrap();
    text.replace_range(start..end, "\n");
    let text = text.replace(
        r#"threshold = 2
keys = ["targets-a", "targets-b", "targets-c"]"#,
        r#"threshold = 1
keys = ["targets-a", "targets-b"]"#,
    );
    let acts = text.find("\n[[act]]").unwrap();
    let mut steps: Vec<String> = [
        "do = \"roll-call\"",
        "do = \"clock\"",
        "do = \"inventory\"\non = \"hsm-a\"",
        "do = \"provision\"\ncredentials = \"typed\"\non = \"hsm-a\"",
    ]
    .map(str::to_owned)
    .to_vec();
    for key in ["root-a", "root-b", "root-c", "targets-a", "targets-b"] {
        steps.push(format!(
            "do = \"generate-key\"\non = \"hsm-a\"\nkey = {{ name = \"{key}\", algorithm = \"ecdsa-p256\", extractable = false }}"
        ));
        steps.push(format!(
            "do = \"prove-possession\"\non = \"hsm-a\"\nkey = \"{key}\""
        ));
    }
    for (file, signers) in [("root", &["root-a", "root-b"][..]), ("targets", &["targets-a"])] {
        steps.push(format!("do = \"compose\"\nmetadata = \"{file}\""));
        steps.push(format!("do = \"review\"\nmetadata = \"{file}\""));
        steps.push(format!(
            "do = \"read-back\"\nmetadata = \"{file}\"\nsource = \"second\""
        ));
        for key in signers {
            steps.push(format!(
                "do = \"sign\"\nmetadata = \"{file}\"\non = \"hsm-a\"\nkey = \"{key}\""
            ));
        }
    }
    text[..acts].to_owned() + &act(steps)
}

/// As [`script`], and a fourth token holds the online key: snapshot and
/// timestamp are made too, so the bundle is a complete repository.
pub fn script_complete() -> String {
    let mut text = format!("{HEAD}{FILE_TOKEN}{}", results(Some(7), Some(1)));
    text += &acts(
        &["hsm-a", "hsm-b", "hsm-c", "online-file"],
        &["root", "targets", "snapshot", "timestamp"],
    );
    text
}

const HEAD: &str = r#"schema = 1
kind = "rehearsal"
profile = "hardware-default"
organisation = "example"
site = "vienna"
ceremony = "root-2026-1"
title = "Generate root and targets keys"

[trust]
genesis = true

[[source]]
id = "second"
kind = "simulated"

[[role]]
id = "administrator"
seats = 1
quorum = 1

[[role]]
id = "officer"
seats = 3
quorum = 2

[[token]]
id = "hsm-a"
backend = "embedded"
serial = "REHEARSAL-0001"

[[token]]
id = "hsm-b"
backend = "embedded"
serial = "REHEARSAL-0002"

[[token]]
id = "hsm-c"
backend = "embedded"
serial = "REHEARSAL-0003"
"#;

const FILE_TOKEN: &str = r#"
[[token]]
id = "online-file"
backend = "file"
serial = "ONLINE-0001"
"#;

/// `made` of snapshot and timestamp: `None` for elsewhere, or days to live.
fn results(snapshot: Option<u32>, timestamp: Option<u32>) -> String {
    let one = |role: &str, threshold: u32, keys: &str, days: Option<u32>| {
        let made = match days {
            Some(days) => format!("\"here\"\nversion = 1\nexpires_in_days = {days}"),
            None => "\"elsewhere\"".to_owned(),
        };
        format!(
            "\n[[result]]\nmetadata = \"{role}\"\nthreshold = {threshold}\nkeys = [{keys}]\nmade = {made}\n"
        )
    };
    [
        one("root", 2, r#""root-a", "root-b", "root-c""#, Some(365)),
        one("targets", 2, r#""targets-a", "targets-b", "targets-c""#, Some(90)),
        one("snapshot", 1, r#""online""#, snapshot),
        one("timestamp", 1, r#""online""#, timestamp),
    ]
    .concat()
}

fn acts(tokens: &[&str], files: &[&str]) -> String {
    let mut steps: Vec<String> = ["roll-call", "clock"]
        .iter()
        .map(|verb| format!("do = \"{verb}\""))
        .collect();
    steps.push("do = \"checklist\"\nitems = [\"The room is locked\", \"The camera runs\"]".to_owned());
    for token in tokens {
        steps.push(format!("do = \"inventory\"\non = \"{token}\""));
        steps.push(format!(
            "do = \"provision\"\ncredentials = \"typed\"\non = \"{token}\""
        ));
        let mut keys = vec![("online".to_owned(), "ed25519")];
        // The online key lives in a file, which can be copied.
        let extractable = !token.starts_with("hsm-");
        if let Some(letter) = token.strip_prefix("hsm-") {
            keys = vec![
                (format!("root-{letter}"), "ecdsa-p256"),
                (format!("targets-{letter}"), "ed25519"),
            ];
        }
        for (key, algorithm) in keys {
            steps.push(format!(
                "do = \"generate-key\"\non = \"{token}\"\nkey = {{ name = \"{key}\", algorithm = \"{algorithm}\", extractable = {extractable} }}"
            ));
            steps.push(format!(
                "do = \"prove-possession\"\non = \"{token}\"\nkey = \"{key}\""
            ));
        }
    }
    for file in files {
        steps.push(format!("do = \"compose\"\nmetadata = \"{file}\""));
        steps.push(format!("do = \"review\"\nmetadata = \"{file}\""));
        steps.push(format!(
            "do = \"read-back\"\nmetadata = \"{file}\"\nsource = \"second\""
        ));
        let signers: Vec<(String, String)> = match *file {
            "root" | "targets" => ["a", "b"]
                .iter()
                .map(|l| (format!("hsm-{l}"), format!("{file}-{l}")))
                .collect(),
            _ => vec![("online-file".to_owned(), "online".to_owned())],
        };
        for (token, key) in signers {
            steps.push(format!(
                "do = \"sign\"\nmetadata = \"{file}\"\non = \"{token}\"\nkey = \"{key}\""
            ));
        }
    }
    act(steps)
}

/// One act of these steps, then export and seal.
fn act(mut steps: Vec<String>) -> String {
    steps.push("do = \"export\"".to_owned());
    steps.push("do = \"seal\"\nsource = \"second\"".to_owned());
    let mut text = String::from("\n[[act]]\nid = \"all\"\ntitle = \"All of it\"\n");
    for (n, step) in steps.iter().enumerate() {
        text += &format!("\n[[act.step]]\nid = \"all.{n}\"\nby = \"officer\"\nminutes = 1\n{step}\n");
    }
    text
}
