//! What stands behind a screen: the records that led to it and the one that
//! followed, each with its class, its digest and the checks that rest on it.
//! Every text of a record is spelled in printable ASCII here, however long it is.

use super::past::{Holds, Past, leaves};
use crate::base::shown;
use crate::engine::{Answer, InputKind};
use crate::transcript::{Line, words as spoken};
use crate::ui::theme::Tone;
use crate::ui::widgets::card;
use crate::ui::widgets::rows::{Row, fact, para};
use crate::ui::wording::{replay as words, safe};

/// How much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Much {
    /// A column beside the screen: the beginnings.
    Column,
    /// All of it; what is cut is said.
    Whole,
}

impl Much {
    /// Values of a record, and characters of one.
    fn limits(self) -> (usize, usize) {
        match self {
            Much::Column => (4, 90),
            Much::Whole => (400, 4_000),
        }
    }
}

/// Whether an answer held a secret.
#[must_use]
pub fn has_secret(line: &Line) -> bool {
    let kind = line
        .record
        .body
        .get("input")
        .and_then(|i| i.read::<InputKind>().ok());
    match kind {
        Some(InputKind::Answer(answer)) => match answer {
            Answer::Pin { secret } => secret.is_some(),
            Answer::NewSecrets { secrets, .. } => !secrets.is_empty(),
            Answer::Dice { .. } | Answer::Copied { .. } => true,
            _ => false,
        },
        _ => false,
    }
}

/// A record with what stands behind it; `here`: the one that was asked for.
#[must_use]
pub fn record(past: &Past, at: usize, here: bool, much: Much, width: usize) -> Vec<Row> {
    let Some(line) = past.lines.get(at) else {
        return Vec::new();
    };
    let (most, longest) = much.limits();
    let mark = if here { ">" } else { " " };
    let mut rows = para(
        Tone::Strong,
        &format!("{mark}{} {}", line.seq, line.record.kind.as_str()),
        width,
    );
    let mut say = |tone: Tone, text: &str| rows.extend(fact("", 2, tone, text, width));
    let at_text = line.at.wall.to_string().replace('T', " ").replace('Z', "");
    say(
        Tone::Quiet,
        &words::when(&at_text, &line.record.who, &line.record.step),
    );
    if let Some(told) = past.judged.told.get(&line.seq) {
        say(Tone::Plain, &cut(told, longest));
    }
    let values = leaves(&line.record.body);
    let more = values.len().saturating_sub(most);
    let secret = has_secret(line);
    for (path, value) in values.into_iter().take(most) {
        // What stands there for a secret is the number of a place in a vault that is gone.
        let value = match value.parse::<u64>() {
            Ok(ticket) if secret => words::ticket(ticket),
            _ => cut(&readable(&value), longest),
        };
        say(Tone::Plain, &format!("{}: {value}", safe(&path)));
    }
    if more > 0 {
        say(Tone::Quiet, &words::more_values(more));
    }
    if secret {
        say(Tone::Warn, words::SECRET);
    }
    let class = past.class(line.record.kind);
    say(
        Tone::Strong,
        match much {
            Much::Column => words::class_short(class),
            Much::Whole => words::class(class),
        },
    );
    for told in past.judged.facts.iter().filter(|f| f.record == line.seq) {
        if much == Much::Whole {
            let text = words::fact(&told.name, &told.value, told.class, &told.anchor);
            say(Tone::Plain, &text);
        }
    }
    for check in past
        .judged
        .checks
        .iter()
        .filter(|c| c.records.contains(&line.seq))
    {
        let (tone, word) = holds(check.holds);
        say(tone, &format!("check {}: {word}", check.name));
    }
    // A few words of it in the column would prove nothing.
    if much == Much::Whole {
        let digest = past.digest(at);
        say(Tone::Quiet, &format!("SHA-256 {}", digest.grouped()));
        say(
            Tone::Quiet,
            &format!("words {}", spoken::words(&digest).join(" ")),
        );
    }
    rows.push(Row::blank());
    rows
}

/// What a check came to.
#[must_use]
pub fn holds(holds: Holds) -> (Tone, &'static str) {
    match holds {
        Holds::Yes => (Tone::Good, "ok"),
        Holds::No => (Tone::Bad, "FAIL"),
        Holds::Neither => (Tone::Plain, "-"),
    }
}

/// The checks that rest on every record alike.
#[must_use]
pub fn of_every_record(past: &Past, width: usize) -> Vec<Row> {
    let mut rows = vec![Row::of(Tone::Strong, words::EVERY)];
    let all = past.judged.checks.iter().filter(|c| c.every);
    for (came, word) in [
        (Holds::No, words::EVERY_FAIL),
        (Holds::Yes, words::EVERY_HOLD),
        (Holds::Neither, words::EVERY_NEITHER),
    ] {
        let names: Vec<&str> = all
            .clone()
            .filter(|c| c.holds == came)
            .map(|c| c.name.as_str())
            .collect();
        if !names.is_empty() {
            let text = format!("{word}: {}", names.join(", "));
            rows.extend(fact("", 2, holds(came).0, &text, width));
        }
    }
    if !past.judged.replayed {
        rows.extend(para(Tone::Bad, words::NOT_REPLAYED, width));
    }
    rows
}

/// A text of a record, spelled in printable ASCII; what is cut is said.
#[must_use]
pub fn cut(text: &str, most: usize) -> String {
    let more = text.chars().count().saturating_sub(most);
    let kept: String = text.chars().take(most).collect();
    let plain = kept.chars().all(|c| matches!(c, ' '..='~'));
    let mut out = if plain { kept } else { shown(&kept, most) };
    if more > 0 {
        out.push_str(&words::more_characters(more));
    }
    out
}

/// A long hexadecimal value in groups, as digests stand everywhere.
#[must_use]
pub fn readable(value: &str) -> String {
    let digits = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    if value.len() >= 32 && value.chars().all(digits) {
        card::grouped(value)
    } else {
        value.to_owned()
    }
}
