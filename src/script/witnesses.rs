//! `[witnesses]`, as a script writes it: who cosigns the record's checkpoints on
//! machines of their own, and how many must. The keys stand in the approved
//! bytes, so nobody swaps a witness later. Distinct *public keys* count: one key
//! under two names is refused (law 6; C2SP tlog-policy; facts/security.md V06).

use std::collections::BTreeSet;

use super::reader::{Faults, Table};
use crate::base::shown;
use crate::note::{SignatureType, Vkey};

/// The most witnesses.
pub const MAX_WITNESSES: usize = 16;

/// Who cosigns, and how many of them have to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnesses {
    /// How many, 1 to all of them.
    pub quorum: usize,
    /// Their keys, in the order of the script.
    pub keys: Vec<Vkey>,
}

/// The section, where there is one.
pub(super) fn section(top: &mut Table, faults: &mut Faults, text: &str) -> Option<Witnesses> {
    if !top.has("witnesses") {
        return None;
    }
    let mut table = top.table(faults, "witnesses", "[witnesses]")?;
    // `verify.py` finds the section by this line, on Pythons that read no TOML.
    if !text.lines().any(|line| line == "[witnesses]") {
        let help = "write it as a section: a line [witnesses], then quorum and keys";
        let message = "the witnesses stand in no section of their own".to_owned();
        faults.add(&table.span, "script-wrong-value", message, help);
    }
    let read = read(&mut table, faults);
    if let Some(witnesses) = &read {
        let plain = |vkey: &Vkey| text.contains(&format!("\"{vkey}\""));
        let number = text.get(table.span_of("quorum"));
        if !witnesses.keys.iter().all(plain) || number != Some(witnesses.quorum.to_string().as_str()) {
            let help = "write keys in double quotes, and the quorum in digits alone";
            let message = "`keys` or `quorum` stands in an unusual spelling".to_owned();
            faults.add(&table.span_of("keys"), "script-wrong-value", message, help);
        }
    }
    table.finish(faults);
    read
}

fn read(table: &mut Table, faults: &mut Faults) -> Option<Witnesses> {
    let most = u32::try_from(MAX_WITNESSES).unwrap_or(u32::MAX).saturating_add(1);
    let quorum = table.number(faults, "quorum", 1..most);
    let what = "a list of texts, each the key of a witness: name+hex8+base64";
    let texts = table.list(faults, "keys", what, |text| Some(text.to_owned()))?;
    let span = table.span_of("keys");
    let mut wrong = |code, message: String, help| faults.add(&span, code, message, help);
    let mut keys: Vec<Vkey> = Vec::new();
    let mut names = BTreeSet::from(["none".to_owned(), "quorum".to_owned()]);
    for (number, text) in (1..).zip(&texts) {
        let vkey = match Vkey::parse(text) {
            Ok(vkey) => vkey,
            Err(because) => {
                let message = format!("key {number} of `keys` is no key of a witness: {because}");
                wrong(
                    "script-wrong-value",
                    message,
                    "copy it from `witness show`, whole",
                );
                continue;
            }
        };
        let name = shown(vkey.name(), 60);
        if vkey.signs() != SignatureType::Cosignature {
            wrong(
                "script-wrong-value",
                format!(
                    "`{name}` is a key of type 0x{:02x}, a witness has 0x04",
                    vkey.signs().byte()
                ),
                "copy the key from `witness show` on the witness's machine",
            );
        }
        if !vkey
            .name()
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
        {
            wrong(
                "script-wrong-value",
                format!("`{name}` is no name that a policy can hold"),
                "a witness's name has letters, digits, '.', '_', '/' and '-', like w1.example",
            );
        }
        if let Some(other) = keys.iter().find(|k| k.key() == vkey.key()) {
            wrong(
                "script-duplicate-key",
                format!("`{name}` and `{}` are one public key", shown(other.name(), 60)),
                "each witness has a key of its own: distinct public keys count",
            );
        }
        if !names.insert(vkey.name().to_owned()) {
            wrong(
                "script-duplicate-id",
                format!("`{name}` is another witness's name, or has a meaning of its own"),
                "give each witness its own name, neither `none` nor `quorum`",
            );
        }
        keys.push(vkey);
    }
    if texts.len() > MAX_WITNESSES {
        wrong(
            "script-wrong-value",
            format!("{} witnesses, at most {MAX_WITNESSES}", texts.len()),
            "name fewer",
        );
    }
    let quorum = usize::try_from(quorum?).ok()?;
    if quorum > texts.len() {
        faults.add(
            &table.span_of("quorum"),
            "script-quorum-above-seats",
            format!("a quorum of {quorum} cannot be met by {} witnesses", texts.len()),
            "lower `quorum` or name more witnesses",
        );
    }
    Some(Witnesses { quorum, keys })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::{Algorithm, PublicKey};
    use crate::script::Script;

    const TEMPLATE: &str = include_str!("../../ceremony-scripts/rehearsal/root-keygen.toml");

    fn vkey(name: &str, seed: u8) -> String {
        let key = ed25519_dalek::SigningKey::from_bytes(&[seed; 32]).verifying_key();
        let key = PublicKey::from_raw(Algorithm::Ed25519, key.as_bytes()).unwrap();
        Vkey::cosigner(name, key).unwrap().to_string()
    }

    fn script(section: &str) -> String {
        let at = TEMPLATE.find("[[result]]").unwrap();
        format!("{}{section}\n{}", &TEMPLATE[..at], &TEMPLATE[at..])
    }

    #[test]
    fn a_script_names_its_witnesses() {
        let (one, two) = (vkey("w1.example", 1), vkey("w2.example/w", 2));
        let text = script(&format!(
            "[witnesses]\nquorum = 2\nkeys = [\"{one}\", \"{two}\"]\n"
        ));
        let script = Script::parse(text.as_bytes()).unwrap();
        let (keys, quorum) = script.witnesses();
        assert_eq!(quorum, 2);
        assert_eq!(keys.iter().map(Vkey::to_string).collect::<Vec<_>>(), [one, two]);
        let without = Script::parse(TEMPLATE.as_bytes()).unwrap();
        assert_eq!(without.witnesses(), (&[][..], 0));
    }

    #[test]
    fn each_sin_has_its_code_and_its_line() {
        let (one, two) = (vkey("w1.example", 1), vkey("w2.example", 2));
        let log = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW".to_owned();
        let section = |quorum: &str, keys: &[&String]| {
            let keys: Vec<String> = keys.iter().map(|k| format!("\"{k}\"")).collect();
            format!("[witnesses]\nquorum = {quorum}\nkeys = [{}]\n", keys.join(", "))
        };
        let many: Vec<String> = (1..18).map(|n| vkey(&format!("w{n}"), n)).collect();
        for (sin, code, line, text) in [
            (
                "one key under two names",
                "script-duplicate-key",
                2,
                section("1", &[&one, &vkey("w9.example", 1)]),
            ),
            (
                "one name for two keys",
                "script-duplicate-id",
                2,
                section("1", &[&one, &vkey("w1.example", 2)]),
            ),
            (
                "a name that is the group's",
                "script-duplicate-id",
                2,
                section("1", &[&vkey("quorum", 3)]),
            ),
            (
                "the same key twice",
                "script-duplicate-key",
                2,
                section("1", &[&one, &one]),
            ),
            ("a log's key", "script-wrong-value", 2, section("1", &[&log])),
            (
                "a cut key",
                "script-wrong-value",
                2,
                section("1", &[&one[..40].to_owned()]),
            ),
            (
                "a name with a hash sign",
                "script-wrong-value",
                2,
                section("1", &[&vkey("w#1", 1)]),
            ),
            ("a quorum of none", "script-wrong-value", 1, section("0", &[&one])),
            (
                "a quorum of three",
                "script-quorum-above-seats",
                1,
                section("3", &[&one, &two]),
            ),
            ("no keys", "script-wrong-value", 2, section("1", &[])),
            (
                "17 keys",
                "script-wrong-value",
                2,
                section("1", &many.iter().collect::<Vec<_>>()),
            ),
            (
                "no quorum",
                "script-missing-field",
                0,
                format!("[witnesses]\nkeys = [\"{one}\"]\n"),
            ),
            (
                "a field more",
                "script-unknown-field",
                1,
                format!("[witnesses]\nwhy = \"x\"\nquorum = 1\nkeys = [\"{one}\"]\n"),
            ),
            (
                "keys in single quotes",
                "script-wrong-value",
                2,
                section("1", &[&one]).replace('"', "'"),
            ),
            (
                "a quorum with a sign",
                "script-wrong-value",
                2,
                section("+1", &[&one]),
            ),
            (
                "two sections",
                "script-syntax",
                3,
                format!("{0}{0}", section("1", &[&one])),
            ),
            (
                "a header with blanks",
                "script-wrong-value",
                0,
                section("1", &[&one]).replace("[witnesses]", "[ witnesses ]"),
            ),
        ] {
            let text = script(&text);
            let at = text
                .lines()
                .position(|l| l.contains("witnesses ]") || l == "[witnesses]")
                .unwrap()
                + 1;
            let found = Script::parse(text.as_bytes()).unwrap_err();
            let hit = found.0.iter().find(|d| d.code == code);
            let hit = hit.unwrap_or_else(|| panic!("{sin}: {found:?}"));
            assert_eq!(hit.line, at + line, "{sin}: {hit}");
        }
    }
}
