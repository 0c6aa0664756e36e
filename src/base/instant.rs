//! Points in time as evidence: whole seconds of UTC written
//! `YYYY-MM-DDTHH:MM:SSZ`, the one form that every TUF client accepts
//! (TUF 4.2.1; python-tuf refuses fractions, tough re-serialises offsets).
//! This file reads no clock: an instant always comes in from outside.

use std::fmt;

use serde::{Deserialize, Serialize};
use time::{Date, Month, OffsetDateTime, PrimitiveDateTime, Time};

/// A whole second of UTC between the years 1970 and 9999.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

/// Why a text is not an [`Instant`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected UTC as YYYY-MM-DDTHH:MM:SSZ, got {got}")]
pub struct NotAnInstant {
    got: String,
}

/// The wall clock (a claim of this machine) and CLOCK_BOOTTIME in milliseconds
/// at the same moment; every input of the engine carries one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// What this machine's clock says.
    pub wall: Instant,
    /// Milliseconds since this machine booted; goes on while it sleeps.
    pub mono_ms: u64,
}

const MAX: i64 = 253_402_300_799; // 9999-12-31T23:59:59Z

impl Instant {
    /// 1970-01-01T00:00:00Z.
    pub const EPOCH: Instant = Instant(0);

    /// Seconds since 1970-01-01T00:00:00Z.
    ///
    /// # Errors
    /// [`NotAnInstant`] outside the years 1970 to 9999.
    pub fn from_unix(seconds: i64) -> Result<Instant, NotAnInstant> {
        if (0..=MAX).contains(&seconds) {
            Ok(Instant(seconds))
        } else {
            Err(NotAnInstant {
                got: format!("{seconds} s"),
            })
        }
    }

    /// Seconds since 1970-01-01T00:00:00Z.
    #[must_use]
    pub fn unix(self) -> i64 {
        self.0
    }

    /// Reads `YYYY-MM-DDTHH:MM:SSZ`, 20 bytes, nothing more and nothing less.
    ///
    /// # Errors
    /// [`NotAnInstant`], also for dates that no calendar has.
    pub fn parse(text: &str) -> Result<Instant, NotAnInstant> {
        read(text, "dddd-dd-ddTdd:dd:ddZ").ok_or_else(|| NotAnInstant {
            got: crate::base::shown(text, 40),
        })
    }

    /// Reads what a person types from a clock on the wall: `YYYY-MM-DD HH:MM`, UTC.
    ///
    /// # Errors
    /// [`NotAnInstant`].
    pub fn parse_typed(text: &str) -> Result<Instant, NotAnInstant> {
        read(text.trim(), "dddd-dd-dd dd:dd").ok_or_else(|| NotAnInstant {
            got: crate::base::shown(text, 40),
        })
    }

    /// This instant plus whole days, if it still fits the calendar.
    #[must_use]
    pub fn plus_days(self, days: u32) -> Option<Instant> {
        let seconds = i64::from(days).checked_mul(86_400)?;
        Instant::from_unix(self.0.checked_add(seconds)?).ok()
    }

    /// Seconds from `earlier` to `self`; negative when `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Instant) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// The English name of the day, for a second look at a date.
    #[must_use]
    pub fn weekday(self) -> &'static str {
        use time::Weekday as W;
        match self.date_time().map(OffsetDateTime::weekday) {
            Some(W::Monday) => "Monday",
            Some(W::Tuesday) => "Tuesday",
            Some(W::Wednesday) => "Wednesday",
            Some(W::Thursday) => "Thursday",
            Some(W::Friday) => "Friday",
            Some(W::Saturday) => "Saturday",
            Some(W::Sunday) => "Sunday",
            None => "?",
        }
    }

    fn date_time(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp(self.0).ok()
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(t) = self.date_time() else {
            return f.write_str("?");
        };
        write!(
            f,
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z",
            t.year(),
            u8::from(t.month()),
            t.day(),
            t.hour(),
            t.minute(),
            t.second()
        )
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        Instant::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// Walks `text` against `form` (`d` is a digit, all else itself) and gathers
/// the six numbers in order; missing ones (seconds) are zero.
fn read(text: &str, form: &str) -> Option<Instant> {
    if text.len() != form.len() {
        return None;
    }
    let mut numbers: Vec<u32> = vec![0];
    for (c, f) in text.chars().zip(form.chars()) {
        if f == 'd' {
            let last = numbers.last_mut()?;
            *last = last.checked_mul(10)?.checked_add(c.to_digit(10)?)?;
        } else if c == f {
            numbers.push(0);
        } else {
            return None;
        }
    }
    let n = |i: usize| numbers.get(i).copied().unwrap_or(0);
    let month = Month::try_from(u8::try_from(n(1)).ok()?).ok()?;
    let date = Date::from_calendar_date(i32::try_from(n(0)).ok()?, month, u8::try_from(n(2)).ok()?).ok()?;
    let time = Time::from_hms(
        u8::try_from(n(3)).ok()?,
        u8::try_from(n(4)).ok()?,
        u8::try_from(n(5)).ok()?,
    )
    .ok()?;
    Instant::from_unix(PrimitiveDateTime::new(date, time).assume_utc().unix_timestamp()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_back_what_it_writes() {
        for text in [
            "1970-01-01T00:00:00Z",
            "2024-02-29T23:59:59Z",
            "2106-02-07T06:28:16Z",
            "9999-12-31T23:59:59Z",
        ] {
            assert_eq!(Instant::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(
            Instant::parse("2026-11-22T00:00:00Z").unwrap().weekday(),
            "Sunday"
        );
        assert_eq!(
            Instant::parse_typed(" 2026-11-22 15:30 ").unwrap().to_string(),
            "2026-11-22T15:30:00Z"
        );
    }

    #[test]
    fn refuses_every_other_spelling() {
        for text in [
            "2026-11-22T00:00:00+00:00",
            "2026-11-22T00:00:00.5Z",
            "2026-11-22t00:00:00z",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-11-22T24:00:00Z",
            "2026-11-22T00:00:60Z",
            "1969-12-31T23:59:59Z",
            "+026-11-22T00:00:00Z",
            "2026-11-22 00:00:00Z",
            "",
        ] {
            assert!(Instant::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn days_are_added_across_a_leap_day() {
        let t = Instant::parse("2024-02-28T12:00:00Z").unwrap();
        assert_eq!(t.plus_days(2).unwrap().to_string(), "2024-03-01T12:00:00Z");
        assert!(
            Instant::parse("9999-12-31T00:00:00Z")
                .unwrap()
                .plus_days(1)
                .is_none()
        );
    }
}
