//! Faults on demand: "at the k-th command of code C do F". A rule counts only
//! the commands that it names, from the moment it is armed; the command inside
//! a session message counts, not the message.

use std::str::FromStr;
use std::time::Duration;

use crate::codes::{Code, command_named};

/// What goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The connection breaks before the device saw the command.
    DropBefore,
    /// The device acts; the connection breaks before the answer.
    DropAfter,
    /// The answer comes in two TCP segments.
    Split,
    /// The answer's MAC is wrong (session messages only).
    WrongMac,
    /// The session is gone: the device answers `invalid session`.
    CloseSession,
    /// The device refuses with this error code and does not act.
    Refuse(u8),
    /// The device acts and answers with this error code all the same.
    Deny(u8),
    /// One bit of the last byte of the answer is flipped (signatures, public keys).
    Flip,
    /// A signature by a fresh key of the same kind.
    ForeignSignature,
    /// The answer's data is cut to this many bytes.
    Short(usize),
    /// The whole answer, MAC and all, is cut to this many bytes.
    Cut(usize),
    /// The answer to a session message comes as one to `create session`, which
    /// has no MAC (session messages only).
    Unsealed,
    /// The answer waits this long.
    Slow(Duration),
    /// No answer ever, and the device did not act.
    HangBefore,
    /// No answer ever, but the device acted.
    HangAfter,
    /// The application is killed ([`crate::Device::on_kill`]) before the device saw the command.
    KillBefore,
    /// The device acts; the application is killed before the answer leaves.
    KillAfter,
    /// The connector answers with this HTTP status, and the device never saw the command.
    Http(u16),
    /// The device acts; the connector answers with this HTTP status and nothing else.
    HttpAfter(u16),
    /// Power is cut: sessions are lost, the connection breaks, the device did not act.
    Reboot,
    /// Another device with this serial (and its own attestation key) sits in the slot from now
    /// on; what is stored stays, sessions are lost, the connection breaks.
    Swap(u32),
    /// The attestation is signed by the key of another device, under this device's name.
    AttestWrongKey,
    /// The attestation is that of the device with this serial: its name, serial and key.
    AttestForeign(u32),
    /// Entry of a command that no client knows (0xF0) precedes the command in the log.
    UnknownLogEntry,
}

/// When it goes wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// The command, or any.
    pub command: Option<u8>,
    /// The how-manieth of these since the rule was armed, from 1.
    pub nth: u32,
    /// Whether every later one is struck too.
    pub repeat: bool,
    /// What goes wrong.
    pub fault: Fault,
}

impl Rule {
    /// The `nth` command of this code, once.
    #[must_use]
    pub fn at(nth: u32, command: u8, fault: Fault) -> Self {
        Self {
            command: Some(command),
            nth,
            repeat: false,
            fault,
        }
    }

    /// The `nth` command whatever it is, once.
    #[must_use]
    pub fn at_any(nth: u32, fault: Fault) -> Self {
        Self {
            command: None,
            nth,
            repeat: false,
            fault,
        }
    }

    /// From the `nth` on, every time.
    #[must_use]
    pub fn and_later(mut self) -> Self {
        self.repeat = true;
        self
    }
}

/// `NTH[+] COMMAND FAULT[=ARGUMENT]`; COMMAND is `*`, a name or a number.
impl FromStr for Rule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        let [nth, command, fault] = words[..] else {
            return Err(format!("expected `NTH COMMAND FAULT`, got `{text}`"));
        };
        let (nth, repeat) = nth.strip_suffix('+').map_or((nth, false), |nth| (nth, true));
        let command = match command {
            "*" => None,
            name => Some(command_named(name).ok_or_else(|| format!("no command `{name}`"))?),
        };
        let nth = nth
            .parse()
            .map_err(|_| format!("expected a count, got `{nth}`"))?;
        Ok(Self {
            command,
            nth,
            repeat,
            fault: fault.parse()?,
        })
    }
}

impl FromStr for Fault {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        fn number<T: FromStr>(text: &str) -> Result<T, String> {
            text.parse()
                .map_err(|_| format!("expected a number, got `{text}`"))
        }
        let (name, argument) = text.split_once('=').unwrap_or((text, ""));
        Ok(match name {
            "drop-before" => Self::DropBefore,
            "drop-after" => Self::DropAfter,
            "split" => Self::Split,
            "wrong-mac" => Self::WrongMac,
            "close-session" => Self::CloseSession,
            "log-full" => Self::Refuse(Code::LogFull as u8),
            "storage-full" => Self::Refuse(Code::StorageFailed as u8),
            "refuse" => Self::Refuse(number(argument)?),
            "deny" => Self::Deny(number(argument)?),
            "flip" => Self::Flip,
            "foreign-signature" => Self::ForeignSignature,
            "short" => Self::Short(number(argument)?),
            "cut" => Self::Cut(number(argument)?),
            "unsealed" => Self::Unsealed,
            "slow" => Self::Slow(Duration::from_millis(number(argument)?)),
            "hang-before" => Self::HangBefore,
            "hang-after" => Self::HangAfter,
            "kill-before" => Self::KillBefore,
            "kill-after" => Self::KillAfter,
            "http" => Self::Http(number(argument)?),
            "http-after" => Self::HttpAfter(number(argument)?),
            "reboot" => Self::Reboot,
            "swap" => Self::Swap(number(argument)?),
            "attest-wrong-key" => Self::AttestWrongKey,
            "attest-foreign" => Self::AttestForeign(number(argument)?),
            "unknown-log-entry" => Self::UnknownLogEntry,
            _ => return Err(format!("no fault `{name}`")),
        })
    }
}

/// The rules in force, and how many commands each has seen.
#[derive(Debug, Default)]
pub struct Faults {
    rules: Vec<(Rule, u32)>,
    struck: Vec<Rule>,
}

impl Faults {
    /// Adds a rule; its count begins now.
    pub fn arm(&mut self, rule: Rule) {
        self.rules.push((rule, 0));
    }

    /// Forgets all rules.
    pub fn disarm(&mut self) {
        self.rules.clear();
    }

    /// The rules that struck, in order.
    #[must_use]
    pub fn struck(&self) -> &[Rule] {
        &self.struck
    }

    /// Counts one command; the faults of the rules that it hits, in the order of arming.
    pub fn hits(&mut self, command: u8) -> Vec<Fault> {
        let mut hits = Vec::new();
        for (rule, seen) in &mut self.rules {
            if rule.command.is_none_or(|wanted| wanted == command) {
                *seen += 1;
                if *seen == rule.nth || rule.repeat && *seen > rule.nth {
                    hits.push(rule.fault.clone());
                    self.struck.push(rule.clone());
                }
            }
        }
        hits
    }
}

/// The rules of a text: one a line, `#` begins a comment.
///
/// # Errors
/// A line that is no rule, by number.
pub fn rules(text: &str) -> Result<Vec<Rule>, String> {
    text.lines()
        .enumerate()
        .map(|(at, line)| (at + 1, line.split('#').next().unwrap_or("").trim()))
        .filter(|(_, line)| !line.is_empty())
        .map(|(at, line)| line.parse().map_err(|error| format!("line {at}: {error}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codes::command;

    #[test]
    fn a_rule_strikes_at_its_count_of_its_command_only() {
        let mut faults = Faults::default();
        faults.arm(Rule::at(2, command::SIGN_ECDSA, Fault::DropAfter));
        faults.arm(Rule::at_any(3, Fault::Split).and_later());
        assert_eq!(faults.hits(command::SIGN_ECDSA), []);
        assert_eq!(faults.hits(command::ECHO), []);
        assert_eq!(faults.hits(command::SIGN_ECDSA), [Fault::DropAfter, Fault::Split]);
        assert_eq!(faults.hits(command::SIGN_ECDSA), [Fault::Split]);
        assert_eq!(faults.struck().len(), 3);
    }

    #[test]
    fn rules_are_read_from_text_and_bad_lines_are_named() {
        let text = "# first\n2 sign-ecdsa drop-after\n1+ * slow=250  # all\n3 0x64 attest-foreign=7\n";
        let rules = rules(text).expect("good rules");
        assert_eq!(rules[0], Rule::at(2, command::SIGN_ECDSA, Fault::DropAfter));
        assert_eq!(
            rules[1],
            Rule::at_any(1, Fault::Slow(Duration::from_millis(250))).and_later()
        );
        assert_eq!(
            rules[2],
            Rule::at(3, command::SIGN_ATTESTATION, Fault::AttestForeign(7))
        );
        assert_eq!(
            super::rules("\n1 sing-ecdsa split").unwrap_err(),
            "line 2: no command `sing-ecdsa`"
        );
        assert!(super::rules("1 echo explode").is_err());
    }
}
