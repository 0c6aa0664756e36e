//! Which lines of a review text say that something changes, and which stand in
//! its second half only to be complete. For jumping and folding on a screen: what
//! is marked here is never left out of the review itself.

/// Marks by line number, from 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Marks {
    /// For every line: a value that is as it was in the trusted metadata.
    pub same: Vec<bool>,
    /// Lines that say what changes, in order.
    pub changes: Vec<usize>,
}

/// Words of the first half that say a change, as `diff` writes them.
const SAYS: [&str; 7] = [
    "ADDED", "REMOVED", "CHANGED", "RE-KEYED", "(was ", "NOTE [", "NOT ",
];

/// Marks a review text. A text from outside that holds such a word only adds a
/// place to jump to; it cannot make a line fold away: only the second half folds,
/// whose marks stand in the first column.
#[must_use]
pub fn review_marks(lines: &[String]) -> Marks {
    // Only a review against something has this heading (`values::section`), and
    // nothing but values follows it; the last such line is the heading.
    let heading = |line: &String| line.starts_with("every value (") && line.ends_with("- gone)");
    let values = lines.iter().rposition(heading);
    let mut marks = Marks::default();
    for (at, line) in lines.iter().enumerate() {
        let second = values.is_some_and(|from| at > from);
        marks.same.push(second && line.starts_with("  "));
        let says = if second {
            ["+ ", "~ ", "- "].iter().any(|mark| line.starts_with(mark))
        } else {
            values != Some(at) && SAYS.iter().any(|word| line.contains(word))
        };
        if says {
            marks.changes.push(at);
        }
    }
    marks
}

#[cfg(test)]
mod tests {
    use super::review_marks;

    fn lines(text: &[&str]) -> Vec<String> {
        text.iter().map(|line| (*line).to_owned()).collect()
    }

    #[test]
    fn only_values_that_stayed_fold_away_and_changes_are_found() {
        let text = lines(&[
            "root metadata, version 1 -> 2",
            "  key ed25519, ADDED to this role",
            "every value (3; + added, ~ changed, - gone)",
            "  signed._type = \"root\"",
            "~ signed.version = 2 (was 1)",
            "- signed.x = \"ADDED\"",
        ]);
        let marks = review_marks(&text);
        assert_eq!(marks.same, [false, false, false, true, false, false]);
        assert_eq!(marks.changes, [1, 4, 5]);
    }

    #[test]
    fn without_a_trusted_one_nothing_folds() {
        let marks = review_marks(&lines(&["every value (1)", "  signed._type = \"root\""]));
        assert_eq!(marks.same, [false, false]);
        assert!(marks.changes.is_empty());
    }

    /// A value cannot pass itself off as the heading: values start with a mark.
    #[test]
    fn a_value_is_no_heading() {
        let text = lines(&[
            "every value (2; + added, ~ changed, - gone)",
            "+ signed.a = \"every value (0; + added, ~ changed, - gone)\"",
            "  signed.b = \"x\"",
        ]);
        assert_eq!(review_marks(&text).same, [false, false, true]);
    }
}
