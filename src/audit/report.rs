//! A judgement as text and as JSON. The JSON's members are stable and listed in
//! `docs/bundle-format.md`; the text is for people. Both show what stands
//! behind each fact, and neither is ever evidence.

use crate::base::{Json, shown};

use crate::transcript::words;

use super::{Anchor, Anchored, Check, Fact, Judgement, NOTE, Publish, Today, Verdict};

/// The version of the JSON.
const VERSION: i64 = 1;
/// The most records of one check that the text names; the JSON names all.
const NAMED: usize = 12;

impl Judgement {
    /// Lines for people, each without LF and safe to show.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let what = if self.is_bundle { "bundle" } else { "record" };
        // Tired people read the first screen of it: the verdict stands there, and
        // again at the end, where a terminal stops.
        let mut out = self.verdict_lines();
        out.push(String::new());
        if let Some((at, from)) = self.at {
            out.push(format!("judged at {at}, a {} ({from})", at.weekday()));
        }
        out.push(format!("checks of this {what}"));
        for check in &self.checks {
            out.push(format!(
                "  {:<4}  {:<11} {}",
                mark(check.verdict),
                check.name,
                check.what
            ));
            for found in &check.found {
                let code = match found.code {
                    NOTE => String::new(),
                    code => format!("[{code}] "),
                };
                out.push(format!("{:20}{code}{}", "", found.text));
            }
            out.push(format!(
                "{:20}rests on {}{}; supports {}",
                "",
                check.rests_on,
                records(&check.records),
                check.claims.join(" ")
            ));
            out.push(format!("{:20}falsified by {}", "", check.falsified_by));
        }
        out.push(String::new());
        out.push("what the record says: fact, what stands behind it, where it is anchored".to_owned());
        for fact in &self.facts {
            let record = fact.record.map(|r| format!(" [record {r}]")).unwrap_or_default();
            let behind = format!("{}, {}", fact.class.as_str(), fact.anchor.as_str());
            out.push(format!(
                "  {:<16}  {behind:<28}  {}{record}",
                fact.name, fact.value
            ));
        }
        out.push(String::new());
        out.push("anchors: where each comes from".to_owned());
        for anchored in &self.anchored {
            out.push(format!(
                "  {:<16}  {:<13}  {}",
                anchored.name,
                anchored.anchor.as_str(),
                anchored.what
            ));
        }
        if let Some(today) = &self.today {
            out.push(String::new());
            out.extend(today_lines(today));
        }
        if let Some(publish) = &self.publish {
            out.push(String::new());
            out.extend(publish_lines(publish));
        }
        out.extend(self.last_lines());
        out.push(String::new());
        out.extend(self.verdict_lines());
        // The belt: a check that repeats a word of the record unescaped moves no cursor.
        out.iter().map(|text| shown::line(text)).collect()
    }

    /// What fits one screen: the verdict, each check in a line, the whole of those that
    /// fail, and what people wrote down. Nothing that fails is ever left out.
    #[must_use]
    pub fn short_lines(&self) -> Vec<String> {
        let mut out = self.verdict_lines();
        out.push(String::new());
        for (verdict, heading) in [
            (Verdict::Fail, "failed"),
            (Verdict::Pass, "held"),
            (Verdict::NotApplicable, "not applicable"),
        ] {
            let of: Vec<&Check> = self.checks.iter().filter(|c| c.verdict == verdict).collect();
            if of.is_empty() {
                continue;
            }
            let names: Vec<&str> = of.iter().map(|c| c.name).collect();
            out.push(format!("{heading}, {}: {}", of.len(), names.join(", ")));
            let failing = of.iter().filter(|_| verdict == Verdict::Fail);
            for found in failing.flat_map(|check| &check.found) {
                out.push(format!("  [{}] {}", found.code, found.text));
            }
        }
        let weak: Vec<&str> = self
            .anchored
            .iter()
            .filter(|a| a.anchor == Anchor::SelfAsserted)
            .map(|a| a.name)
            .collect();
        if !weak.is_empty() {
            out.push(format!(
                "not compared with anything from outside (--anchors): {}",
                weak.join(", ")
            ));
        }
        if let Some(publish) = &self.publish {
            out.push(String::new());
            out.extend(publish_lines(publish));
        }
        out.extend(self.last_lines());
        out.push(String::new());
        out.push("in full, with the records behind each check: without --short".to_owned());
        out.iter().map(|text| shown::line(text)).collect()
    }

    /// The words that people compare with their paper, under a heading.
    fn last_lines(&self) -> Vec<String> {
        let Some(last) = &self.last else {
            return Vec::new();
        };
        let heading = "the record's last line in words, to compare with those on paper";
        let words = words::numbered(last).into_iter().map(|line| format!("  {line}"));
        [String::new(), heading.to_owned()]
            .into_iter()
            .chain(words)
            .collect()
    }

    fn verdict_lines(&self) -> Vec<String> {
        let mut out = vec![format!(
            "verdict: {} ({})",
            self.verdict_words(),
            self.verdict.meaning()
        )];
        out.extend(self.because.iter().map(|b| format!("  because {b}")));
        out.extend(
            self.failed()
                .into_iter()
                .map(|name| format!("  because {name} failed")),
        );
        out
    }

    /// The whole judgement.
    #[must_use]
    pub fn json(&self) -> Json {
        let texts = |list: &[String]| Json::Array(list.iter().map(|t| t.as_str().into()).collect());
        Json::object([
            ("v", Json::Int(VERSION)),
            ("what", if self.is_bundle { "bundle" } else { "record" }.into()),
            ("at", self.at.map_or(Json::Null, |(at, _)| at.to_string().into())),
            ("at_from", self.at.map_or(Json::Null, |(_, from)| from.into())),
            ("verdict", self.verdict.as_str().into()),
            ("good", Json::Bool(self.good())),
            ("because", texts(&self.because)),
            (
                "checks",
                Json::Array(self.checks.iter().map(check_json).collect()),
            ),
            ("facts", Json::Array(self.facts.iter().map(fact_json).collect())),
            (
                "anchors",
                Json::Array(self.anchored.iter().map(anchored_json).collect()),
            ),
            (
                "witnesses",
                self.witnessed.map_or(Json::Null, |w| {
                    Json::object([
                        ("signed", count(w.signed)),
                        ("known", count(w.known)),
                        ("needed", count(w.needed)),
                    ])
                }),
            ),
            ("last", self.last.map_or(Json::Null, |digest| digest.hex().into())),
            ("today", self.today.as_ref().map_or(Json::Null, today_json)),
            ("publish", self.publish.as_ref().map_or(Json::Null, publish_json)),
            (
                "codes",
                Json::Array(self.codes().into_iter().map(Json::from).collect()),
            ),
        ])
    }
}

fn mark(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Pass => "ok",
        Verdict::Fail => "FAIL",
        Verdict::NotApplicable => "-",
    }
}

fn records(records: &[u64]) -> String {
    if records.is_empty() {
        return String::new();
    }
    let named: Vec<String> = records.iter().take(NAMED).map(u64::to_string).collect();
    let more = records.len().saturating_sub(NAMED);
    let more = if more > 0 {
        format!(" and {more} more")
    } else {
        String::new()
    };
    format!(" (here {}{more})", named.join(" "))
}

fn today_lines(today: &Today) -> Vec<String> {
    let strict = match &today.refuses {
        None => "accepts the metadata".to_owned(),
        Some(why) => format!("does not accept: {why}"),
    };
    let mut out = vec![format!(
        "today, {}, a {} (changes no verdict): the strict client {strict}",
        today.at,
        today.at.weekday()
    )];
    for (client, said) in &today.clients {
        out.push(format!(
            "  today's model (client models {}) of {client}: {said}",
            today.models
        ));
    }
    out
}

fn publish_lines(publish: &Publish) -> Vec<String> {
    let may = if publish.refused.is_empty() {
        "it may be published"
    } else {
        "do NOT publish it"
    };
    let mut out = vec![format!("for publishing: {may}; {}", publish.what)];
    out.extend(publish.refused.iter().map(|why| format!("  because {why}")));
    out
}

fn anchored_json(anchored: &Anchored) -> Json {
    Json::object([
        ("name", anchored.name.into()),
        ("anchor", anchored.anchor.as_str().into()),
        ("what", anchored.what.as_str().into()),
    ])
}

fn today_json(today: &Today) -> Json {
    let clients = today.clients.iter().map(|(client, said)| {
        Json::object([("client", client.as_str().into()), ("says", said.as_str().into())])
    });
    Json::object([
        ("at", today.at.to_string().into()),
        ("models", Json::Int(i64::from(today.models))),
        ("accepts", Json::Bool(today.refuses.is_none())),
        ("refuses", today.refuses.as_deref().map_or(Json::Null, Json::from)),
        ("clients", Json::Array(clients.collect())),
    ])
}

fn publish_json(publish: &Publish) -> Json {
    let refused = publish.refused.iter().map(|w| w.as_str().into()).collect();
    Json::object([
        ("good", Json::Bool(publish.refused.is_empty())),
        ("what", publish.what.as_str().into()),
        ("refused", Json::Array(refused)),
    ])
}

fn count(n: usize) -> Json {
    number(u64::try_from(n).unwrap_or(u64::MAX))
}

fn check_json(check: &Check) -> Json {
    let records = check.records.iter().map(|r| number(*r)).collect();
    let found = check
        .found
        .iter()
        .map(|f| Json::object([("code", f.code.into()), ("text", f.text.as_str().into())]));
    let claims = check.claims.iter().map(|c| Json::from(*c)).collect();
    Json::object([
        ("name", check.name.into()),
        ("verdict", check.verdict.as_str().into()),
        ("what", check.what.as_str().into()),
        ("rests_on", check.rests_on.into()),
        ("records", Json::Array(records)),
        ("claims", Json::Array(claims)),
        ("falsified_by", check.falsified_by.into()),
        ("found", Json::Array(found.collect())),
    ])
}

fn fact_json(fact: &Fact) -> Json {
    let json = Json::object([
        ("name", fact.name.into()),
        ("value", fact.value.as_str().into()),
        ("class", fact.class.as_str().into()),
        ("anchor", fact.anchor.as_str().into()),
    ]);
    match (json, fact.record) {
        (Json::Object(mut map), Some(record)) => {
            map.insert("record".to_owned(), number(record));
            Json::Object(map)
        }
        (json, _) => json,
    }
}

fn number(n: u64) -> Json {
    Json::Int(i64::try_from(n).unwrap_or(i64::MAX))
}
