//! What to do next about metadata that is refused: one sentence for each stable
//! code, whoever found it: the parser ([`super::Refused`]), the chain or a
//! command. A refusal without a next action leaves a person alone with a code.

/// The next action for a code; for one that is unknown here, where it is explained.
#[must_use]
pub fn remedy(code: &str) -> &'static str {
    match code {
        "NOT_JSON" => "Fetch the file again. If it is as its maker wrote it, have it made again.",
        "SHAPE" | "MISSING_FIELD" | "TYPE" | "EXPIRES_FORM" | "VERSION" | "KEYID_FORM" => {
            "Have its maker write the named field as expected, and sign the file again."
        }
        "SPEC_VERSION" => "Have its maker write spec_version 1.0.0, and sign the file again.",
        "THRESHOLD_NOT_POSITIVE" | "THRESHOLD_UNREACHABLE" => {
            "Have its maker set a threshold from 1 to the number of the role's keys."
        }
        "KEYID_MISMATCH" => "Make the next version with the right keyid: tuf edit FILE re-key KEYID.",
        "KEY_ALIAS" => "Make the next version with one keyid for each public key: tuf edit FILE remove-key.",
        "KEYID_TWICE" => "Have its maker list each keyid once.",
        "KEY_ABSENT" => "Make the next version with the key, or without its keyid.",
        "KEY_UNUSED" => "Make the next version without the key.",
        "EXTRA_ROLE" | "MISSING_ROLE" => {
            "Make the next version with root, targets, snapshot and timestamp alone."
        }
        "SIG_DUP_KEYID" => "Keep one signature for each keyid: tuf merge drops what does not verify.",
        "SIG_FLOOD" => "Take the file from another source: nobody signs this often.",
        "DELEGATED_NAME" | "DELEGATED_TWICE" => "Have its maker give each delegated role a name of its own.",
        "DELEGATED_SCOPE" => "Have its maker give each delegated role either paths or path_hash_prefixes.",
        "DELEGATIONS_KIND" => "Have its maker write either roles or succinct_roles.",
        "TOO_LARGE" => "Take the file from another source; no client of its role reads one of this size.",
        "TARGET_PATH" => "Have its maker list the file under a relative path without '..'.",
        "TOO_MANY_KEYS" => "Take the root from another source: no root needs so many.",
        "NO_TRUSTED_ROOT" => {
            "Add the first root of the chain, or name the one that is trusted with --from N."
        }
        "ROOT_GAP" => "Add the version that is missing: clients fetch every one.",
        "TOO_MANY_ROOTS" => "Ship clients a newer root, and judge from it with --from N.",
        "FORK" => "Find out which of the two was published; the other one must not be.",
        "OTHER_ROLE" | "OTHER_VERSION" => "Put the file under its own name, and the right one in its place.",
        "PREVIOUS_UNREADABLE" => "Repair the version before first, or start behind it with --from N.",
        "OLD_THRESHOLD" => "Have keys of the version before sign this one, until its threshold is reached.",
        "THRESHOLD" => "Have keys of this version sign it, until its threshold is reached.",
        "KEY_WEAK" => "Make the next version without the key: a stranger's signature could verify.",
        "EXPIRES_OFFSET" | "EXPIRES_FRACTION" => {
            "Write whole seconds with Z in the next version; for reading history: --historic."
        }
        "CONSISTENT_SNAPSHOT_MISSING" => {
            "Write consistent_snapshot out in the next version; for reading history: --historic."
        }
        "KEY_HEX_POINT" | "KEY_PEM_FORM" | "KEY_FORM" => {
            "Write the key as PEM in the next version: tuf edit FILE re-key KEYID; for reading history: --historic."
        }
        "KEY_KIND" | "KEY_IDENTITY" | "KEY_POST_QUANTUM" => {
            "Make the next version with Ed25519, ECDSA or RSA keys alone; for reading history: --historic."
        }
        "SIG_HEX_CASE" => "Write signatures in lowercase; for reading history: --historic.",
        _ => "Look the code up in docs/tuf.md.",
    }
}

#[cfg(test)]
mod tests {
    use super::remedy;
    use crate::tuf::chain::{CODES, Weight};

    #[test]
    fn whatever_refuses_says_what_to_do() {
        for (code, weight, _) in CODES {
            let unknown = remedy(code) == remedy("?");
            assert_eq!(unknown, *weight == Weight::Note, "{code}");
        }
        // The parser's own, as they stand in `refused.rs`.
        let source = include_str!("refused.rs");
        let codes: Vec<&str> = source
            .lines()
            .filter_map(|line| line.split_once("=> \"")?.1.strip_suffix("\","))
            .collect();
        assert!(codes.len() >= 25, "{codes:?}");
        for code in codes {
            assert_ne!(remedy(code), remedy("?"), "{code}");
        }
    }
}
