//! Path patterns of delegations (TUF 4.5, PATHPATTERN), in the subset that all
//! clients read alike: literals, `*` and `?`, neither of which matches `/`
//! (facts/tuf.md 2.8). Outside it one client matches and another does not, so
//! nothing here answers yes or no there. tough lets wildcards cross `/`: what
//! that widens is asked for by name, never left out.

use std::collections::{BTreeSet, VecDeque};

use crate::base::shown;

/// Characters that some client's matcher gives a meaning of its own.
const SPECIAL: &str = "[]{}!#()+@\\,\"";
/// The longest pattern or target path, in bytes.
pub const MAX_LENGTH: usize = 1_024;
/// How many states [`wider_than_parent`] looks at before it fails closed.
const MAX_STATES: usize = 5_000;

/// A pattern that every client reads alike.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern(String);

/// Why a text is no safe pattern or target path.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("expected {expected}, got {got}")]
pub struct NotAPattern {
    /// What the rule asks for.
    pub expected: &'static str,
    /// What was found, safe to show.
    pub got: String,
}

/// How far wildcards reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// Not across `/`: the specification, python-tuf, go-tuf and tuf-js.
    Segment,
    /// Across `/`: tough.
    Tough,
}

impl Pattern {
    /// Reads a pattern that every client reads alike.
    ///
    /// # Errors
    /// [`NotAPattern`] with the rule.
    pub fn parse(text: &str) -> Result<Pattern, NotAPattern> {
        check_relative(text)?;
        if text.contains(|c| SPECIAL.contains(c)) {
            return refuse("a pattern of literals, '*' and '?' alone", text);
        }
        // One segment's `**` means `*` to three clients and a whole tree to the reader.
        if text.contains("**") {
            return refuse("no '**'", text);
        }
        Ok(Pattern(text.to_owned()))
    }

    /// The text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the target path is matched.
    #[must_use]
    pub fn matches(&self, path: &str) -> bool {
        glob(self.0.as_bytes(), path.as_bytes(), Reach::Segment)
    }

    /// Whether wildcards make it match more in tough than elsewhere.
    #[must_use]
    pub fn has_wildcard(&self) -> bool {
        self.0.contains(['*', '?'])
    }
}

/// Whether a pattern as it stands in a file matches a path; `None` where
/// clients disagree: characters outside the subset, or a segment that starts
/// with a dot under a wildcard (tuf-js skips it).
#[must_use]
pub fn matches(pattern: &str, path: &str) -> Option<bool> {
    let pattern = Pattern::parse(pattern).ok()?;
    let hit = pattern.matches(path);
    let hidden = path.split('/').any(|segment| segment.starts_with('.'));
    (!hit || !hidden || !pattern.has_wildcard()).then_some(hit)
}

/// Whether a pattern of literals, `*` and `?` matches where both cross `/`, as in tough.
pub(super) fn glob_across(pattern: &str, path: &str) -> bool {
    glob(pattern.as_bytes(), path.as_bytes(), Reach::Tough)
}

/// A target path that every client reads alike, when we write it.
///
/// # Errors
/// [`NotAPattern`] with the rule.
pub fn check_target_path(path: &str) -> Result<(), NotAPattern> {
    check_relative(path)?;
    if path.contains(['"', '\\']) {
        return refuse("a path without '\"' and '\\'", path); // R5
    }
    if path.bytes().all(|b| b.is_ascii_digit()) {
        return refuse("a path that is not a number", path); // R7
    }
    Ok(())
}

/// Whether some path matches both.
#[must_use]
pub fn overlaps(a: &Pattern, b: &Pattern, reach: Reach) -> bool {
    let (a, b) = (a.0.as_bytes(), b.0.as_bytes());
    let width = b.len().saturating_add(1);
    let mut seen = vec![false; a.len().saturating_add(1).saturating_mul(width)];
    let mut open = vec![(0usize, 0usize)];
    while let Some((i, j)) = open.pop() {
        match seen.get_mut(i.saturating_mul(width).saturating_add(j)) {
            Some(seen) if !*seen => *seen = true,
            _ => continue,
        }
        let (x, y) = (a.get(i), b.get(j));
        let (next_i, next_j) = (i.saturating_add(1), j.saturating_add(1));
        match (x, y) {
            (None, None) => return true,
            _ if x == Some(&b'*') || y == Some(&b'*') => {
                // The star ends here, or it eats what the other one asks for.
                if x == Some(&b'*') {
                    open.push((next_i, j));
                    if y.is_some_and(|y| *y == b'*' || takes(b'?', *y, reach)) {
                        open.push((i, next_j));
                    }
                }
                if y == Some(&b'*') {
                    open.push((i, next_j));
                    if x.is_some_and(|x| *x == b'*' || takes(b'?', *x, reach)) {
                        open.push((next_i, j));
                    }
                }
            }
            (Some(x), Some(y)) if takes(*x, *y, reach) || takes(*y, *x, reach) => {
                open.push((next_i, next_j));
            }
            _ => {}
        }
    }
    false
}

/// Whether `child` matches a path that no pattern of `parent` matches: what
/// is delegated there is never found (TUF 4.5: the delegating role's own paths
/// bound it), and tough refuses a file that lists it. Fails closed: patterns
/// too tangled to decide count as wider.
#[must_use]
pub fn wider_than_parent(child: &Pattern, parent: &[Pattern]) -> bool {
    let child = child.0.as_bytes();
    let mut letters: BTreeSet<u8> = child.iter().copied().collect();
    letters.extend(parent.iter().flat_map(|p| p.0.bytes()));
    // Every other character behaves like this one.
    letters.insert(0);
    letters.insert(b'/');
    letters.retain(|c| !matches!(c, b'*' | b'?'));

    type Places = BTreeSet<(usize, usize)>;
    let start: Places = (0..parent.len()).map(|n| (n, 0)).collect();
    let mut seen: BTreeSet<(usize, Places)> = BTreeSet::new();
    let mut open = VecDeque::from([(0usize, start)]);
    while let Some((at, places)) = open.pop_front() {
        let places = closed(&places, parent);
        if !seen.insert((at, places.clone())) {
            continue;
        }
        if seen.len() > MAX_STATES {
            return true;
        }
        let next = at.saturating_add(1);
        let Some(token) = child.get(at) else {
            let ends = |(n, i): &(usize, usize)| parent.get(*n).is_some_and(|p| p.0.len() == *i);
            if !places.iter().any(ends) {
                return true;
            }
            continue;
        };
        if *token == b'*' {
            open.push_back((next, places.clone()));
        }
        for letter in letters.iter().filter(|c| takes(*token, **c, Reach::Segment)) {
            let stepped = places.iter().filter_map(|(n, i)| {
                let here = *parent.get(*n)?.0.as_bytes().get(*i)?;
                let stay = if here == b'*' { *i } else { i.saturating_add(1) };
                takes(here, *letter, Reach::Segment).then_some((*n, stay))
            });
            let after = if *token == b'*' { at } else { next };
            open.push_back((after, stepped.collect()));
        }
    }
    false
}

/// With every star also passed over.
fn closed(places: &BTreeSet<(usize, usize)>, patterns: &[Pattern]) -> BTreeSet<(usize, usize)> {
    let mut all = places.clone();
    for (n, i) in places {
        let bytes = patterns.get(*n).map_or(&[][..], |p| p.0.as_bytes());
        let mut i = *i;
        while bytes.get(i) == Some(&b'*') {
            i = i.saturating_add(1);
            all.insert((*n, i));
        }
    }
    all
}

/// Whether the token `pattern` takes the character `c`.
fn takes(pattern: u8, c: u8, reach: Reach) -> bool {
    match pattern {
        b'*' | b'?' => c != b'/' || reach == Reach::Tough,
        literal => literal == c,
    }
}

/// The textbook two-pointer match; a star never needs to be tried twice.
fn glob(pattern: &[u8], path: &[u8], reach: Reach) -> bool {
    let (mut p, mut c) = (0usize, 0usize);
    let mut retry: Option<(usize, usize)> = None;
    while let Some(letter) = path.get(c) {
        match pattern.get(p) {
            Some(b'*') => {
                p = p.saturating_add(1);
                retry = Some((p, c));
                continue;
            }
            Some(token) if takes(*token, *letter, reach) => {
                (p, c) = (p.saturating_add(1), c.saturating_add(1));
                continue;
            }
            _ => {}
        }
        // The last star takes one character more, if it may.
        match retry {
            Some((after, from)) if path.get(from).is_some_and(|l| takes(b'*', *l, reach)) => {
                let from = from.saturating_add(1);
                (p, c, retry) = (after, from, Some((after, from)));
            }
            _ => return false,
        }
    }
    pattern.iter().skip(p).all(|token| *token == b'*')
}

/// What patterns and target paths have in common.
fn check_relative(text: &str) -> Result<(), NotAPattern> {
    if text.is_empty() || text.len() > MAX_LENGTH {
        return refuse("1 to 1024 characters", text);
    }
    // R3, R4: printable ASCII is its own NFC, and hides nothing from the eye.
    if !text.bytes().all(|b| matches!(b, b' '..=b'~')) {
        return refuse("printable ASCII", text);
    }
    if text.starts_with(' ') || text.ends_with(' ') {
        return refuse("no space at either end", text);
    }
    for segment in text.split('/') {
        if segment.is_empty() {
            return refuse("no '/' at either end, and no '//'", text);
        }
        // tuf-js skips dotfiles under a wildcard; `.` and `..` leave the place.
        if segment.starts_with('.') {
            return refuse("no segment that starts with a dot", text);
        }
    }
    Ok(())
}

fn refuse<T>(expected: &'static str, got: &str) -> Result<T, NotAPattern> {
    Err(NotAPattern {
        expected,
        got: shown(got, 120),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn p(text: &str) -> Pattern {
        Pattern::parse(text).unwrap()
    }

    #[test]
    fn the_matrix_of_the_facts() {
        // facts/tuf.md 2.8: pattern, path, what all clients but tough say.
        for (pattern, path, expected) in [
            ("*", "a/b", Some(false)),
            ("a/*", "a/b/c", Some(false)),
            ("a?b", "a/b", Some(false)),
            ("a/*", "a/b", Some(true)),
            ("*.txt", "x.txt", Some(true)),
            ("r-?.txt", "r-1.txt", Some(true)),
            ("*a*b*", "xaxbx", Some(true)),
            ("*a*b", "xaxbc", Some(false)),
            ("a/*", "A/b", Some(false)),
            ("a/*", "a/.b", None),
            ("*.txt", ".txt", None),
            ("{a,b}/*", "a/x", None),
            ("!a", "b", None),
            ("a/[!b]", "a/c", None),
            ("a/[^b]", "a/c", None),
            ("+(a)", "aa", None),
            ("**", "a", None),
            ("/a", "a", None),
            ("../a", "a", None),
            (".a/*", "b", None),
        ] {
            assert_eq!(matches(pattern, path), expected, "{pattern} {path}");
        }
        assert!(glob(b"a/*", b"a/b/c", Reach::Tough));
    }

    #[test]
    fn overlap_is_a_path_that_both_match() {
        for (a, b, segment, tough) in [
            ("a/*", "a/b", true, true),
            ("a/*", "a/b/*", false, true),
            ("a*", "*b", true, true),
            ("a?", "?b", true, true),
            ("a/*", "b/*", false, false),
            ("*", "a/b", false, true),
            ("x-*.whl", "x-1*", true, true),
            ("abc", "abd", false, false),
        ] {
            for (a, b) in [(a, b), (b, a)] {
                assert_eq!(overlaps(&p(a), &p(b), Reach::Segment), segment, "{a} {b}");
                assert_eq!(overlaps(&p(a), &p(b), Reach::Tough), tough, "{a} {b}");
            }
        }
    }

    #[test]
    fn wider_is_a_path_that_no_pattern_of_the_parent_matches() {
        for (child, parent, wider) in [
            ("a/b", &["a/*"][..], false),
            ("a/*", &["a/*"], false),
            ("a/*", &["a/b"], true),
            ("*", &["a*", "b*"], true),
            ("a/*/c", &["a/*"], true),
            ("a/*", &["*/*"], false),
            ("?x", &["*x"], false),
            ("*x", &["?x"], true),
            ("a", &[], true),
            ("x*y", &["x*", "q"], false),
            ("*x*", &["*"], false),
        ] {
            let parent: Vec<_> = parent.iter().map(|t| p(t)).collect();
            assert_eq!(wider_than_parent(&p(child), &parent), wider, "{child} {parent:?}");
        }
    }

    #[test]
    fn a_target_path_keeps_its_place_and_hides_nothing() {
        for bad in [
            "",
            "/a",
            "a/",
            "a//b",
            "../a",
            "a/./b",
            "a/.b",
            "a\u{301}",
            "a\u{202e}b",
            "a\"b",
            "12",
            " a",
        ] {
            assert!(check_target_path(bad).is_err(), "{bad}");
        }
        for good in ["a", "a/b-1.0+x.whl", "1a", "a b"] {
            assert!(check_target_path(good).is_ok(), "{good}");
        }
    }
}
