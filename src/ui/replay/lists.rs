//! The lists of the desk: whom, which device and which type of record to filter
//! by; the checks, and the records that one rests on; every record.

use super::desk::Desk;
use super::evidence;
use super::filters::{Who, kinds, people};
use super::list::{Go, Item, List};
use super::past::Holds;
use crate::ui::theme::Tone;
use crate::ui::widgets::text::len;
use crate::ui::wording::{self, replay as words};

/// The most findings of a check that its page names.
const FINDINGS: usize = 8;
/// Columns up to which names push the counts beside them to the right.
const WIDEST: usize = 48;

impl Desk {
    pub(super) fn people(&self) -> List {
        let name = |who: &Who| match who {
            Who::Acts(role) => {
                let all = self.walk.people().iter();
                let names: Vec<&str> = all.filter(|(r, _)| r == role).map(|(_, n)| n.as_str()).collect();
                words::acting(role, &names)
            }
            Who::Named(name) => words::named(name),
        };
        let all = people(&self.past);
        let acting = all.iter().filter(|(who, _)| matches!(who, Who::Acts(_)));
        let width = acting.map(|(who, _)| len(&name(who))).max().unwrap_or(0);
        let entry = |(who, times): (Who, usize)| {
            let text = match &who {
                Who::Acts(_) => words::counted(&name(&who), width.min(WIDEST), times),
                Who::Named(_) => name(&who),
            };
            item(text, Go::Person(Some(who)))
        };
        let all = all.into_iter().map(entry);
        let any = item(words::ANYBODY.to_owned(), Go::Person(None));
        list(
            words::TITLE_PERSON,
            words::PERSON_SAY,
            std::iter::once(any).chain(all),
        )
    }

    pub(super) fn tokens(&self) -> List {
        let all = self.past.plan.script().tokens.iter();
        let all = all.map(|t| item(t.id.to_string(), Go::Token(Some(t.id.to_string()))));
        let any = item(words::ANY_TOKEN.to_owned(), Go::Token(None));
        list(
            words::TITLE_TOKEN,
            words::TOKEN_SAY,
            std::iter::once(any).chain(all),
        )
    }

    pub(super) fn kinds(&self) -> List {
        let all = kinds(&self.past).into_iter().map(|(kind, times)| {
            let text = words::counted(kind.as_str(), 16, times);
            item(text, Go::Kind(Some(kind)))
        });
        let any = item(words::ANY_KIND.to_owned(), Go::Kind(None));
        list(
            words::TITLE_KIND,
            words::KIND_SAY,
            std::iter::once(any).chain(all),
        )
    }

    pub(super) fn checks(&self) -> List {
        let all = self.past.judged.checks.iter().enumerate().map(|(number, check)| {
            let (tone, word) = evidence::holds(check.holds);
            let text = format!("{word:<5} {:<11} {}", check.name, check.what);
            Item {
                tone,
                text: wording::safe(&text),
                go: Go::Check(number),
            }
        });
        List {
            enter: words::LIST_OPEN,
            ..list(words::TITLE_CHECKS, words::CHECKS_SAY, all)
        }
    }

    /// One check, and the records that it rests on.
    pub(super) fn check(&self, number: usize) -> Option<List> {
        let check = self.past.judged.checks.get(number)?;
        let (tone, word) = evidence::holds(check.holds);
        let mut say = vec![(tone, format!("{word}: {}", check.what))];
        say.push((Tone::Quiet, words::rests_on(&check.rests_on)));
        say.push((Tone::Quiet, words::falsified_by(&check.falsified_by)));
        let bad = if check.holds == Holds::No {
            Tone::Bad
        } else {
            Tone::Plain
        };
        let found = check.found.iter().take(FINDINGS);
        say.extend(found.map(|text| (bad, format!("  {text}"))));
        let more = check.found.len().saturating_sub(FINDINGS);
        if more > 0 {
            say.push((Tone::Quiet, words::more_findings(more)));
        }
        let lines: Vec<usize> = if check.records.is_empty() && check.every {
            say.push((Tone::Plain, words::CHECK_EVERY.to_owned()));
            (0..self.past.lines.len()).collect()
        } else {
            check
                .records
                .iter()
                .filter_map(|seq| self.past.line_of(*seq))
                .collect()
        };
        if lines.is_empty() {
            say.push((Tone::Plain, words::CHECK_NO_RECORDS.to_owned()));
        }
        Some(List {
            title: format!("Check: {}", check.name),
            say: say
                .into_iter()
                .map(|(tone, text)| (tone, wording::safe(&text)))
                .collect(),
            items: lines
                .into_iter()
                .map(|at| item(String::new(), Go::Line(at)))
                .collect(),
            enter: words::LIST_GO,
            cursor: 0,
        })
    }

    /// Every record whose screen fits the filters.
    pub(super) fn records(&self) -> List {
        let fits = |line: &usize| {
            let at = self.walk.moment_of(*line);
            match &self.fits {
                None => true,
                Some(fits) => at.is_some_and(|at| fits.binary_search(&at).is_ok()),
            }
        };
        let lines: Vec<usize> = (0..self.past.lines.len()).filter(fits).collect();
        let from = self.walk.moments().get(self.at).map(|m| m.from);
        let here = self.line.or(from).unwrap_or(usize::MAX);
        let cursor = lines.iter().rposition(|line| *line <= here).unwrap_or(0);
        List {
            cursor,
            enter: words::LIST_GO,
            ..list(
                words::TITLE_RECORDS,
                words::RECORDS_SAY,
                lines.into_iter().map(|at| item(String::new(), Go::Line(at))),
            )
        }
    }
}

fn item(text: String, go: Go) -> Item {
    Item {
        tone: Tone::Plain,
        text,
        go,
    }
}

fn list(title: &str, say: &str, items: impl Iterator<Item = Item>) -> List {
    List {
        title: title.to_owned(),
        say: vec![(Tone::Strong, say.to_owned())],
        enter: words::LIST_CHOOSE,
        items: items.collect(),
        cursor: 0,
    }
}
