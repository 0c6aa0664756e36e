//! A judgement as text and as JSON. The JSON's members are stable and listed in
//! `docs/bundle-format.md`; the text is for people. Both show what stands
//! behind each fact, and neither is ever evidence.

use crate::base::Json;

use super::{Check, Fact, Judgement, Verdict};

/// The version of the JSON.
const VERSION: i64 = 0;

impl Judgement {
    /// Lines for people, each without LF and safe to show.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let what = if self.is_bundle { "bundle" } else { "record" };
        let mut out = Vec::new();
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
            out.extend(check.found.iter().map(|f| format!("{:20}{f}", "")));
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
        out.push(format!(
            "verdict: {} ({})",
            self.verdict.as_str(),
            self.verdict.meaning()
        ));
        out.extend(self.because.iter().map(|b| format!("  because {b}")));
        for name in self.failed() {
            out.push(format!("  because {name} failed"));
        }
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

fn check_json(check: &Check) -> Json {
    let records = check.records.iter().map(|r| number(*r)).collect();
    let found = check.found.iter().map(|f| f.as_str().into()).collect();
    Json::object([
        ("name", check.name.into()),
        ("verdict", check.verdict.as_str().into()),
        ("what", check.what.as_str().into()),
        ("records", Json::Array(records)),
        ("found", Json::Array(found)),
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
