//! The script: one rule a line, `FUNCTION WHEN POINT VERB [ARGUMENTS]`, and one
//! line `module PATH`. README.md lists the verbs. A line that cannot be read is
//! an error and no rule: a test must not pass because of a typing mistake.

use std::collections::BTreeSet;

use cryptoki_sys::CK_RV;

use crate::names;

/// Where in a call a rule acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Point {
    /// Before the real module is asked.
    Before,
    /// After the real module has acted.
    After,
    /// In what goes into the real module or comes out of it.
    Lie,
}

/// One rule.
#[derive(Debug, Clone)]
pub struct Rule {
    function: Option<String>,
    first: u64,
    last: u64,
    since: Option<String>,
    /// Where it acts.
    pub point: Point,
    /// What it does.
    pub verb: String,
    /// The rest of the line, escapes already read.
    pub text: Vec<u8>,
}

/// A script.
#[derive(Debug, Default)]
pub struct Script {
    /// The real module.
    pub module: String,
    /// The rules, in their order.
    pub rules: Vec<Rule>,
}

/// What `before` and `after` can do.
const GENERIC: &[&str] = &[
    "return",
    "abort",
    "segv",
    "exit",
    "hang",
    "sleep",
    "stdout",
    "stderr",
    "tty",
    "pipes",
    "descriptors",
    "kill-parent",
    "kill-both",
    "kill-self",
];

/// What `lie` can do, function by function.
const LIES: &[(&str, &[&str])] = &[
    ("C_GetFunctionList", &["null", "missing"]),
    ("C_GetInterface", &["null", "version-3.2"]),
    ("C_GetSlotList", &["none", "twice", "reverse", "count"]),
    (
        "C_GetTokenInfo",
        &[
            "serial",
            "label",
            "manufacturer",
            "model",
            "set",
            "clear",
            "pin-length",
            "garbage",
            "other-slot",
        ],
    ),
    ("C_GetMechanismList", &["none", "count"]),
    ("C_OpenSession", &["other-slot"]),
    ("C_Login", &["pin", "twice", "pad-user", "pad-so"]),
    ("C_InitToken", &["pad"]),
    ("C_InitPIN", &["pad"]),
    (
        "C_FindObjectsInit",
        &["strip", "none", "double", "others", "endless", "many", "zero"],
    ),
    ("C_FindObjects", &["count"]),
    (
        "C_GetAttributeValue",
        &["set", "unavailable", "fails-all", "length", "point"],
    ),
    ("C_SignInit", &["other-key"]),
    (
        "C_Sign",
        &[
            "flip", "zero", "short", "long", "size", "claims", "message", "replay", "der", "r-zero",
            "s-huge", "high-s",
        ],
    ),
    (
        "C_GenerateKeyPair",
        &["twice", "strip", "label-cut", "weak", "curve", "set"],
    ),
    ("C_GenerateRandom", &["zero"]),
];

impl Script {
    /// Reads a script.
    ///
    /// # Errors
    /// The line that is not understood.
    pub fn parse(text: &str) -> Result<Script, String> {
        let mut script = Script::default();
        for line in text.lines().map(str::trim) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(path) = line.strip_prefix("module ") {
                script.module = path.trim().to_owned();
                continue;
            }
            script.rules.push(rule(line).ok_or_else(|| line.to_owned())?);
        }
        Ok(script)
    }
}

impl Rule {
    /// Whether it acts in the call that is the `nth` of `function` and the
    /// `total`th of all, when `done` have succeeded since C_Initialize.
    #[must_use]
    pub fn applies(&self, function: &str, nth: u64, total: u64, done: &BTreeSet<String>) -> bool {
        let count = match &self.function {
            None => total,
            Some(wanted) if wanted == function => nth,
            Some(_) => return false,
        };
        (self.first..=self.last).contains(&count) && self.since.as_ref().is_none_or(|f| done.contains(f))
    }

    /// The text as words.
    #[must_use]
    pub fn words(&self) -> Vec<String> {
        String::from_utf8_lossy(&self.text)
            .split_whitespace()
            .map(str::to_owned)
            .collect()
    }

    /// The first word as a number; 0 where there is none.
    #[must_use]
    pub fn number(&self) -> u64 {
        self.words().first().and_then(|w| number(w)).unwrap_or_default()
    }

    /// The code of a `return`.
    #[must_use]
    pub fn code(&self) -> CK_RV {
        self.words().first().and_then(|w| code(w)).unwrap_or_default()
    }
}

fn rule(line: &str) -> Option<Rule> {
    let (function, rest) = line.split_once(char::is_whitespace)?;
    let (when, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let (point, rest) = rest.trim_start().split_once(char::is_whitespace)?;
    let rest = rest.trim_start();
    let (verb, text) = rest.split_once(char::is_whitespace).unwrap_or((rest, ""));
    let (count, since) = match when.split_once('@') {
        None => (when, None),
        Some((count, since)) => (count, Some(function_name(since)?)),
    };
    let (first, last) = if count == "*" {
        (1, u64::MAX)
    } else if let Some(first) = count.strip_suffix('+') {
        (number(first)?, u64::MAX)
    } else {
        (number(count)?, number(count)?)
    };
    let rule = Rule {
        function: if function == "*" {
            None
        } else {
            Some(function_name(function)?)
        },
        first,
        last,
        since,
        point: match point {
            "before" => Point::Before,
            "after" => Point::After,
            "lie" => Point::Lie,
            _ => return None,
        },
        verb: verb.to_owned(),
        text: unescaped(text)?,
    };
    known(&rule).then_some(rule)
}

fn known(rule: &Rule) -> bool {
    if rule.point != Point::Lie {
        let good = rule.verb != "return" || rule.words().first().is_some_and(|w| code(w).is_some());
        return good && GENERIC.contains(&rule.verb.as_str());
    }
    LIES.iter()
        .any(|(f, verbs)| rule.function.as_deref() == Some(*f) && verbs.contains(&rule.verb.as_str()))
}

fn function_name(text: &str) -> Option<String> {
    let known = crate::FUNCTIONS.contains(&text) || text.starts_with("C_GetInterface");
    known.then(|| text.to_owned())
}

/// A decimal or 0x number.
fn number(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(hex) => u64::from_str_radix(hex, 16).ok(),
        None => text.parse().ok(),
    }
}

fn code(text: &str) -> Option<CK_RV> {
    names::rv(text).or_else(|| number(text))
}

/// `\xNN` is a byte, `\\` a backslash.
fn unescaped(text: &str) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        match (first, tail) {
            (b'\\', [b'\\', more @ ..]) => {
                out.push(b'\\');
                rest = more;
            }
            (b'\\', [b'x', high, low, more @ ..]) => {
                let digits = [*high, *low];
                out.push(u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?);
                rest = more;
            }
            (b'\\', _) => return None,
            _ => out.push(*first),
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rules_act_when_they_say() {
        let text = "module /x.so\n# why\nC_Sign 2 before return CKR_DEVICE_ERROR\n* 7+ after abort\n\
                    C_GetTokenInfo *@C_Login lie label a\\x1b[2J\n";
        let script = Script::parse(text).unwrap();
        assert_eq!(script.module, "/x.so");
        let [sign, all, label] = script.rules.as_slice() else {
            panic!("three rules");
        };
        let none = BTreeSet::new();
        assert_eq!(sign.code(), 0x30);
        assert!(sign.applies("C_Sign", 2, 99, &none) && !sign.applies("C_Sign", 3, 2, &none));
        assert!(!sign.applies("C_Login", 2, 2, &none));
        assert!(all.applies("C_Login", 1, 8, &none) && !all.applies("C_Login", 9, 6, &none));
        assert_eq!(label.text, b"a\x1b[2J");
        assert!(!label.applies("C_GetTokenInfo", 1, 1, &none));
        assert!(label.applies("C_GetTokenInfo", 1, 1, &BTreeSet::from(["C_Login".to_owned()])));
    }

    #[test]
    fn a_typing_mistake_is_no_rule() {
        for bad in [
            "C_Sing 1 before abort",
            "C_Sign x before abort",
            "C_Sign 1 befor abort",
            "C_Sign 1 before abbort",
            "C_Sign 1 before return CKR_NONE",
            "C_Sign 1 lie serial x",
            "C_Sign 1@C_Lgoin lie flip",
            "C_Sign 1 after stderr \\q",
            "C_Sign 1",
        ] {
            assert_eq!(Script::parse(bad).unwrap_err(), bad);
        }
    }
}
