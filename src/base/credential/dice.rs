//! The dice tables as a page to print (`docs/dice.md`): what people roll can be
//! turned into a secret by hand, and so compared with what the screen shows. The
//! page is made from the same table that the program uses (T5).

use std::fmt::Write as _;

use super::{Alphabet, DIGITS, HEX, TEXT};

/// The page, in Markdown.
#[must_use]
pub fn tables() -> String {
    let mut out = String::from(HEAD);
    for (name, alphabet) in [
        ("Passwords, passphrases, PINs of letters and digits", &TEXT),
        ("PINs of digits only", &DIGITS),
        ("SO PINs of hexadecimal digits (SmartCard-HSM)", &HEX),
    ] {
        table(&mut out, name, alphabet);
    }
    out
}

fn table(out: &mut String, name: &str, alphabet: &'static Alphabet) {
    let (characters, rolls) = (alphabet.symbols().len(), alphabet.rolls());
    // Writing to a string cannot fail.
    let _ = write!(
        out,
        "\n## {name}\n\n{characters} characters, {rolls} rolls each: `{}`.\n\n| first rolls | 1 | 2 | 3 | 4 | 5 | 6 |\n|---|---|---|---|---|---|---|\n",
        alphabet.symbols()
    );
    for (at, (faces, symbol)) in alphabet.table().enumerate() {
        if at.checked_rem(6) == Some(0) {
            let first = faces.get(..faces.len().saturating_sub(1)).unwrap_or_default();
            let _ = write!(out, "| {first}");
        }
        let _ = write!(out, " | {symbol}");
        if at.checked_rem(6) == Some(5) {
            out.push_str(" |\n");
        }
    }
}

const HEAD: &str = "# Dice tables

Made by the program from the tables that it uses. Roll a die as often as the screen says and type the digits from
left to right; each group of rolls gives one character. The last roll of a group chooses the column. Every character
comes from equally many groups, so each is equally likely; what two groups share is no fault of the table.

To check the program: roll, find the characters here, and compare them with what the screen shows. Burn the notes.

| secret | characters | rolls |
|---|---|---|
| password of a YubiHSM 2 role | 27 | 81 |
| passphrase of key files | 17 | 51 |
| SO PIN | 14 | 42 |
| SO PIN of a SmartCard-HSM | 16 | 64 |
| user PIN | 12 | 36 |
";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::credential::{Form, Limits, Recipe};
    use crate::base::device::Credential;

    #[test]
    fn the_counts_on_the_page_are_those_of_the_recipes() {
        let limits = Limits {
            min: 4,
            max: 64,
            form: Form::Text,
        };
        for (credential, quirks, name) in [
            (Credential::Signer, "", "password of a YubiHSM 2 role"),
            (Credential::Passphrase, "", "passphrase of key files"),
            (Credential::SoPin, "", "SO PIN"),
            (Credential::SoPin, "opensc-sc-hsm", "SO PIN of a SmartCard-HSM"),
            (Credential::UserPin, "", "user PIN"),
        ] {
            let recipe = Recipe::for_device(credential, quirks, limits).unwrap();
            let row = format!("| {name} | {} | {} |\n", recipe.length(), recipe.rolls_needed());
            assert!(HEAD.contains(&row), "{row}");
        }
        // 36, 36 and 216 rows of six, under a heading of two lines.
        let rows = tables().lines().filter(|l| l.matches(" | ").count() == 6).count();
        assert_eq!(rows, 36 + 36 + 216 + 3);
    }
}
