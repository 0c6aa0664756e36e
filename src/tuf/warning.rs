//! What patterns of delegations do to each other and to their parent's: what
//! no rule forbids, and a reviewer must see before signing (facts/tuf.md 5.3).
//! Nothing here refuses.

use std::fmt;

use super::delegations::{Delegated, DelegatedRole, Delegations, Scope};
use super::pattern::{Pattern, Reach, overlaps, wider_than_parent};
use crate::base::shown;

/// Beyond so many patterns they are not compared in pairs, and that is said.
pub const MAX_PATTERNS: usize = 400;
/// The same for their characters: a file of a stranger takes no minutes.
pub const MAX_CHARACTERS: usize = 10_000;

/// Something to look at. Names and patterns are safe to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Warning {
    /// Two roles may sign for one path; the first is asked first.
    Overlap {
        /// The role that is asked first, and its pattern or prefix.
        first: (String, String),
        /// The role that is asked next, or never, and its pattern or prefix.
        second: (String, String),
        /// Whether the first ends the search, so that the second is never asked.
        terminating: bool,
        /// Whether they overlap in tough alone, whose wildcards cross `/`.
        tough_only: bool,
    },
    /// A pattern that takes every path of its depth.
    MatchesAll {
        /// The role.
        role: String,
        /// The pattern.
        pattern: String,
    },
    /// A pattern that its parent cannot reach, or not wholly.
    Unreachable {
        /// The role.
        role: String,
        /// The pattern.
        pattern: String,
        /// Whether some of its paths can be reached.
        partly: bool,
    },
    /// A pattern that covers sub-folders in tough.
    WiderInTough {
        /// The role.
        role: String,
        /// The pattern.
        pattern: String,
    },
    /// A pattern that clients read differently.
    NotAlike {
        /// The role.
        role: String,
        /// The pattern.
        pattern: String,
    },
    /// A role that signs for no path at all.
    NoPaths {
        /// The role.
        role: String,
    },
    /// Too many patterns to compare them in pairs.
    NotCompared {
        /// How many.
        patterns: usize,
    },
}

/// The warnings over delegations, in their order. `parent` is what the
/// delegating role itself may sign for; `None` for the top level, which may
/// sign for everything.
#[must_use]
pub fn warnings(delegations: &Delegations, parent: Option<&Scope>) -> Vec<Warning> {
    let Delegated::Roles(roles) = &delegations.roles else {
        return Vec::new();
    };
    let mut out = Vec::new();
    let mut safe: Vec<(&DelegatedRole, Pattern)> = Vec::new();
    for role in roles {
        let name = shown(&role.name, 80);
        let Scope::Paths(patterns) = &role.scope else {
            continue;
        };
        if patterns.is_empty() {
            out.push(Warning::NoPaths { role: name.clone() });
        }
        for text in patterns {
            let (role_name, pattern) = (name.clone(), shown(text, 120));
            let Ok(read) = Pattern::parse(text) else {
                out.push(Warning::NotAlike {
                    role: role_name,
                    pattern,
                });
                continue;
            };
            single(role_name, pattern, &read, parent, &mut out);
            safe.push((role, read));
        }
    }
    let characters: usize = safe.iter().map(|(_, p)| p.as_str().len()).sum();
    if safe.len() > MAX_PATTERNS || characters > MAX_CHARACTERS {
        let patterns = safe.len();
        out.push(Warning::NotCompared { patterns });
    } else {
        pairs(&safe, &mut out);
    }
    prefixes(roles, &mut out);
    out
}

fn single(role: String, pattern: String, read: &Pattern, parent: Option<&Scope>, out: &mut Vec<Warning>) {
    if read.as_str().split('/').all(|segment| segment == "*") {
        out.push(Warning::MatchesAll {
            role: role.clone(),
            pattern: pattern.clone(),
        });
    } else if read.has_wildcard() {
        out.push(Warning::WiderInTough {
            role: role.clone(),
            pattern: pattern.clone(),
        });
    }
    let Some(Scope::Paths(parents)) = parent else {
        return;
    };
    // A parent's pattern that clients read differently reaches nothing for sure.
    let parents: Vec<_> = parents.iter().filter_map(|p| Pattern::parse(p).ok()).collect();
    if wider_than_parent(read, &parents) {
        let partly = parents.iter().any(|p| overlaps(p, read, Reach::Segment));
        out.push(Warning::Unreachable {
            role,
            pattern,
            partly,
        });
    }
}

fn pairs(safe: &[(&DelegatedRole, Pattern)], out: &mut Vec<Warning>) {
    for (n, (first, a)) in safe.iter().enumerate() {
        for (second, b) in safe.iter().skip(n.saturating_add(1)) {
            if first.name == second.name || !overlaps(a, b, Reach::Tough) {
                continue;
            }
            out.push(Warning::Overlap {
                first: (shown(&first.name, 80), shown(a.as_str(), 120)),
                second: (shown(&second.name, 80), shown(b.as_str(), 120)),
                terminating: first.terminating,
                tough_only: !overlaps(a, b, Reach::Segment),
            });
        }
    }
}

/// Prefixes overlap where one starts the other: neighbours, once sorted.
fn prefixes(roles: &[DelegatedRole], out: &mut Vec<Warning>) {
    let mut all: Vec<(&str, usize, &DelegatedRole)> = Vec::new();
    for (n, role) in roles.iter().enumerate() {
        if let Scope::HashPrefixes(list) = &role.scope {
            if list.is_empty() {
                let role = shown(&role.name, 80);
                out.push(Warning::NoPaths { role });
            }
            all.extend(list.iter().map(|p| (p.as_str(), n, role)));
        }
    }
    all.sort_by_key(|(prefix, n, _)| (*prefix, *n));
    // The shortest prefix that may still start what follows.
    let mut open: Option<(&str, usize, &DelegatedRole)> = None;
    for (prefix, n, role) in all {
        match open {
            Some((start, m, other)) if prefix.starts_with(start) => {
                if m != n {
                    let (first, second) = if m < n {
                        ((other, start), (role, prefix))
                    } else {
                        ((role, prefix), (other, start))
                    };
                    out.push(Warning::Overlap {
                        first: (shown(&first.0.name, 80), first.1.to_owned()),
                        second: (shown(&second.0.name, 80), second.1.to_owned()),
                        terminating: first.0.terminating,
                        tough_only: false,
                    });
                }
            }
            _ => open = Some((prefix, n, role)),
        }
    }
}

impl Warning {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Warning::Overlap { .. } => "OVERLAP",
            Warning::MatchesAll { .. } => "MATCHES_ALL",
            Warning::Unreachable { .. } => "UNREACHABLE",
            Warning::WiderInTough { .. } => "WIDER_IN_TOUGH",
            Warning::NotAlike { .. } => "NOT_ALIKE",
            Warning::NoPaths { .. } => "NO_PATHS",
            Warning::NotCompared { .. } => "NOT_COMPARED",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Warning::Overlap {
                first,
                second,
                terminating,
                tough_only,
            } => {
                let what = if *terminating {
                    "ends the search, the second is never asked for these paths"
                } else {
                    "is asked first, then the second: both can sign for these paths"
                };
                let where_ = if *tough_only { " in tough" } else { "" };
                write!(
                    f,
                    "{} ({}) and {} ({}) overlap{where_}: the first {what}",
                    first.0, first.1, second.0, second.1
                )
            }
            Warning::MatchesAll { role, pattern } => {
                write!(
                    f,
                    "{role}: {pattern} matches every path of its depth, in tough of any depth"
                )
            }
            Warning::Unreachable {
                role,
                pattern,
                partly,
            } => {
                let how = if *partly { "partly" } else { "wholly" };
                write!(
                    f,
                    "{role}: {pattern} is {how} outside what its parent may sign for: nobody finds that"
                )
            }
            Warning::WiderInTough { role, pattern } => {
                write!(f, "{role}: wildcards of {pattern} also match '/' in tough")
            }
            Warning::NotAlike { role, pattern } => {
                write!(f, "{role}: clients match {pattern} differently")
            }
            Warning::NoPaths { role } => write!(f, "{role}: signs for no path"),
            Warning::NotCompared { patterns } => {
                write!(
                    f,
                    "{patterns} patterns: too many to compare each with each; overlaps are not shown"
                )
            }
        }
    }
}
