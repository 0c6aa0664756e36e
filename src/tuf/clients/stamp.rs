//! The spellings of `expires`. The specification's is `YYYY-MM-DDTHH:MM:SSZ`;
//! real roots have had fractions and offsets, and clients differ on each.

use crate::base::Instant;

/// An instant in one of the spellings of RFC 3339.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamp {
    /// Whole seconds since 1970, the offset applied.
    pub(super) unix: i64,
    /// The digits after the point.
    pub(super) fraction: Option<String>,
    /// What stands at the end.
    pub(super) zone: Zone,
    /// Second 60.
    pub(super) leap: bool,
}

/// What stands at the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zone {
    /// `Z`
    Z,
    /// `z`
    LowerZ,
    /// `+HH:MM`
    Offset,
}

impl Stamp {
    /// Exactly the specification's spelling.
    pub(super) fn plain(&self) -> bool {
        self.fraction.is_none() && self.zone == Zone::Z && !self.leap
    }

    pub(super) fn parse(text: &str) -> Option<Stamp> {
        let (whole, rest) = text.split_at_checked(19)?;
        let (whole, leap) = match whole.strip_suffix("60") {
            Some(head) => (format!("{head}59"), true),
            None => (whole.to_owned(), false),
        };
        let base = Instant::parse(&format!("{whole}Z")).ok()?;
        let (fraction, zone) = match rest.strip_prefix('.') {
            Some(tail) => {
                let digits: String = tail.chars().take_while(char::is_ascii_digit).collect();
                (Some(digits.clone()), tail.strip_prefix(digits.as_str())?)
            }
            None => (None, rest),
        };
        if fraction.as_deref() == Some("") {
            return None;
        }
        let (zone, shift) = match zone {
            "Z" => (Zone::Z, 0),
            "z" => (Zone::LowerZ, 0),
            other => (Zone::Offset, offset(other)?),
        };
        Some(Stamp {
            unix: base.unix().checked_sub(shift)?,
            fraction,
            zone,
            leap,
        })
    }
}

/// Seconds of `+HH:MM` or `-HH:MM`.
fn offset(text: &str) -> Option<i64> {
    let (sign, rest) = match text.split_at_checked(1)? {
        ("+", rest) => (1i64, rest),
        ("-", rest) => (-1i64, rest),
        _ => return None,
    };
    let (hours, minutes) = rest.split_once(':')?;
    if hours.len() != 2 || minutes.len() != 2 {
        return None;
    }
    let minutes: i64 = hours
        .parse::<i64>()
        .ok()?
        .checked_mul(60)?
        .checked_add(minutes.parse().ok()?)?;
    minutes.checked_mul(60)?.checked_mul(sign)
}
