//! Expiries as people read them: absolute, with the weekday, and relative to a
//! clock that is named (facts/security.md requirement 15; facts/tuf.md W23).

use crate::base::Instant;

const DAY: i64 = 86_400;

/// Whole days from `now` to `at`, rounded towards the past; negative if it is over.
#[must_use]
pub fn days_until(at: Instant, now: Instant) -> i64 {
    at.since(now).div_euclid(DAY)
}

/// `in 365 days`, `in 7 hours`, `12 days ago`.
#[must_use]
pub fn relative(at: Instant, now: Instant) -> String {
    let seconds = at.since(now);
    let size = seconds.saturating_abs();
    let (number, unit) = if size >= DAY {
        (size.div_euclid(DAY), "day")
    } else {
        (size.div_euclid(3_600), "hour")
    };
    let s = if number == 1 { "" } else { "s" };
    if seconds < 0 {
        format!("{number} {unit}{s} ago")
    } else {
        format!("in {number} {unit}{s}")
    }
}

/// `2027-11-20T10:00:00Z, a Saturday (nobody is at work)`.
#[must_use]
pub fn shown_date(at: Instant) -> String {
    let day = at.weekday();
    // An expiry that is missed is missed on the day when nobody looks.
    let note = if matches!(day, "Saturday" | "Sunday") {
        " (nobody is at work)"
    } else {
        ""
    };
    format!("{at}, a {day}{note}")
}

/// `2027-11-22T10:00:00Z, a Monday, in 365 days`.
#[must_use]
pub fn shown_expiry(at: Instant, now: Instant) -> String {
    format!("{}, {}", shown_date(at), relative(at, now))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_shown_absolute_and_relative() {
        let now = Instant::parse("2026-11-22T10:00:00Z").unwrap();
        let shown = |text| shown_expiry(Instant::parse(text).unwrap(), now);
        assert_eq!(
            shown("2027-11-22T10:00:00Z"),
            "2027-11-22T10:00:00Z, a Monday, in 365 days"
        );
        assert_eq!(
            shown("2027-11-22T09:59:59Z"),
            "2027-11-22T09:59:59Z, a Monday, in 364 days"
        );
        assert_eq!(
            shown("2026-11-23T10:00:00Z"),
            "2026-11-23T10:00:00Z, a Monday, in 1 day"
        );
        assert_eq!(
            shown("2026-11-22T13:30:00Z"),
            "2026-11-22T13:30:00Z, a Sunday (nobody is at work), in 3 hours"
        );
        assert_eq!(
            shown("2026-11-20T10:00:00Z"),
            "2026-11-20T10:00:00Z, a Friday, 2 days ago"
        );
        assert_eq!(
            days_until(Instant::parse("2026-11-22T09:59:59Z").unwrap(), now),
            -1
        );
    }
}
