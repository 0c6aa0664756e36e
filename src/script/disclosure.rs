//! What a script will publish about people (ADR 0007): names that are typed where no
//! pseudonyms are listed, and addresses or handles in its own text. Warnings for
//! whoever writes it; nothing is refused, since it is theirs to decide.

use super::diagnostic::{Diagnostic, position};
use super::{Kind, Script};
use crate::base::shown;

/// Each thing that would point at a person, in the order of the script's text.
#[must_use]
pub fn disclosures(script: &Script) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    // A rehearsal is played under any name and kept by those who played it.
    if script.kind == Kind::Production {
        for role in script.roles.iter().filter(|role| role.pseudonyms.is_empty()) {
            found.push(Diagnostic::at(
                place(&script.text, role.id.as_str()),
                "names-published",
                format!(
                    "role `{}` lists no pseudonyms: whatever name is typed at the roll call is published with the record",
                    role.id
                ),
                "add `pseudonyms = [..]`, one for each seat; who they stand for stays on paper",
            ));
        }
    }
    let mut offset = 0usize;
    for line in script.text.split_inclusive('\n') {
        for word in line.split(|c: char| !(c.is_alphanumeric() || "@._+-".contains(c))) {
            if let Some(what) = points_at(word) {
                let at = offset_of(&script.text, offset, word);
                found.push(Diagnostic::at(
                    position(&script.text, at),
                    "person-named",
                    format!(
                        "`{}` looks like {what}; the script is published with the record",
                        shown(word, 80)
                    ),
                    "name seats and pseudonyms only",
                ));
            }
        }
        offset = offset.saturating_add(line.len());
    }
    found
}

/// The line of a role's `id`, or the first one.
fn place(text: &str, role: &str) -> (usize, usize) {
    let section = text.find("[[role]]").unwrap_or(0);
    let quoted = format!("\"{role}\"");
    let at = text
        .get(section..)
        .and_then(|rest| rest.find(&quoted))
        .map_or(section, |found| section.saturating_add(found));
    position(text, at)
}

fn offset_of(text: &str, from: usize, word: &str) -> usize {
    let found = text.get(from..).and_then(|rest| rest.find(word));
    found.map_or(from, |at| from.saturating_add(at))
}

/// What kind of name a word is, if any.
fn points_at(word: &str) -> Option<&'static str> {
    let word = word.trim_matches(['.', '-', '_', '+']);
    let (before, behind) = word.split_once('@')?;
    let label =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "-_".contains(c));
    if before.is_empty() {
        return label(behind).then_some("a handle");
    }
    let host: Vec<&str> = behind.split('.').collect();
    (host.len() > 1 && host.iter().all(|part| label(part))).then_some("an e-mail address")
}

#[cfg(test)]
mod tests {
    use super::points_at;

    #[test]
    fn addresses_and_handles_are_told_from_other_words() {
        for (word, what) in [
            ("ada@example.org", Some("an e-mail address")),
            ("ada.l+tuf@mail.example.org.", Some("an e-mail address")),
            ("@ada-l", Some("a handle")),
            ("@ada_l.", Some("a handle")),
            ("ada", None),
            ("a@b", None),
            ("@", None),
            ("@@x", None),
            ("x@y@example.org", None),
            ("olga.example+55d4f864+AWKt7KuMTyNC", None),
            ("", None),
        ] {
            assert_eq!(points_at(word), what, "{word}");
        }
    }
}
