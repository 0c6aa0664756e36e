//! What every test of a succession in memory shares: the acts of a ceremony in
//! which A and B, who hold keys of the trusted root, sign a root with a new key D.

use std::sync::Arc;

use tuf_ceremony::base::Instant;
use tuf_ceremony::plan::{Inputs, Plan};
use tuf_ceremony::script::{Diagnostics, Script};
use tuf_ceremony::tuf::{Draft, Root, Signed};

use super::rehearsal::Map;

pub fn at(text: &str) -> Instant {
    Instant::parse(text).unwrap()
}

pub fn model(draft: &Draft) -> Root {
    match Signed::from_json(&draft.signed).unwrap() {
        Signed::Root(root) => root,
        _ => panic!("a root"),
    }
}

/// The acts: the end of the script's text.
pub fn acts() -> String {
    let mut text = "\n[[act]]\nid = \"all\"\ntitle = \"All of it\"\n".to_owned();
    let steps = [
        "do = \"roll-call\"",
        "do = \"clock\"",
        "do = \"inventory\"\non = \"token-a\"",
        "do = \"enrol-key\"\non = \"token-a\"\nkey = \"root-a\"",
        "do = \"inventory\"\non = \"token-b\"",
        "do = \"enrol-key\"\non = \"token-b\"\nkey = \"root-b\"",
        "do = \"inventory\"\non = \"token-c\"",
        "do = \"provision\"\ncredentials = \"typed\"\non = \"token-c\"",
        "do = \"generate-key\"\non = \"token-c\"\nkey = { name = \"root-d\", algorithm = \"ed25519\", extractable = false }",
        "do = \"prove-possession\"\non = \"token-c\"\nkey = \"root-d\"",
        "do = \"compose\"\nmetadata = \"root\"",
        "do = \"review\"\nmetadata = \"root\"",
        "do = \"read-back\"\nmetadata = \"root\"\nsource = \"second\"",
        "do = \"sign\"\nmetadata = \"root\"\non = \"token-a\"\nkey = \"root-a\"",
        "do = \"sign\"\nmetadata = \"root\"\non = \"token-b\"\nkey = \"root-b\"",
        "do = \"export\"",
        "do = \"seal\"\nsource = \"second\"",
    ];
    for (n, step) in steps.iter().enumerate() {
        text += &format!("\n[[act.step]]\nid = \"all.{n}\"\nby = \"officer\"\nminutes = 1\n{step}\n");
    }
    text
}

/// The plan of a script and its input files.
pub fn build(text: &str, files: &Map) -> Result<Plan, Diagnostics> {
    let script = Script::parse(text.as_bytes())?;
    let inputs = files
        .iter()
        .map(|(n, b)| (n.clone(), Arc::from(b.as_slice())))
        .collect();
    Plan::build(script, &Inputs(inputs))
}
