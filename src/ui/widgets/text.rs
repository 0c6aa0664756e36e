//! Text in columns. Everything on a screen is one column a character wide
//! (`theme::glyph` sees to it), so counting characters is measuring.

/// Breaks `text` at spaces so that no line is wider than `width`; a longer
/// word is broken hard, never cut. Lines that start with spaces keep their
/// indent, and what follows hangs two columns further in.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let indent = text.chars().take_while(|c| *c == ' ').count();
    let hang = if indent == 0 { 0 } else { indent.saturating_add(2) };
    // An indent that leaves no room for words is given up.
    let hang = if hang.saturating_add(8) > width { 0 } else { hang };
    let mut out: Vec<String> = Vec::new();
    let mut line = " ".repeat(indent.min(width));
    let mut empty = true;
    for word in text.split(' ').filter(|w| !w.is_empty()) {
        let gap = usize::from(!empty);
        if !empty && len(&line).saturating_add(gap).saturating_add(len(word)) > width {
            out.push(std::mem::replace(&mut line, " ".repeat(hang)));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        for c in word.chars() {
            if len(&line) >= width.max(1) {
                out.push(std::mem::replace(&mut line, " ".repeat(hang)));
            }
            line.push(c);
        }
        empty = false;
    }
    if !empty || out.is_empty() {
        out.push(line);
    }
    out
}

/// Columns that a text takes.
#[must_use]
pub fn len(text: &str) -> usize {
    text.chars().count()
}

/// The text in at most `width` columns; two dots say that some is not shown.
#[must_use]
pub fn fit(text: &str, width: usize) -> String {
    if len(text) <= width {
        return text.to_owned();
    }
    let keep = width.saturating_sub(2);
    let mut out: String = text.chars().take(keep).collect();
    out.push_str(if width >= 2 { ".." } else { "" });
    out
}

/// The last `width` columns of a text that is being typed.
#[must_use]
pub fn tail(text: &str, width: usize) -> String {
    let skip = len(text).saturating_sub(width);
    text.chars().skip(skip).collect()
}

/// The text, filled with spaces up to `width`.
#[must_use]
pub fn pad(text: &str, width: usize) -> String {
    let mut out = text.to_owned();
    out.push_str(&" ".repeat(width.saturating_sub(len(text))));
    out
}

/// `left` and `right` at the two ends of a line; `left` gives way.
#[must_use]
pub fn ends(left: &str, right: &str, width: usize) -> String {
    let room = width.saturating_sub(len(right)).saturating_sub(2);
    let left = fit(left, room);
    let gap = width.saturating_sub(len(&left)).saturating_sub(len(right));
    format!("{left}{}{right}", " ".repeat(gap))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_cut_by_wrapping() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap("", 10), [""]);
        assert_eq!(
            wrap("  key one two three four", 14),
            ["  key one two", "    three four"]
        );
        let long = "x".repeat(200);
        assert_eq!(wrap(&long, 78).concat(), long);
    }

    #[test]
    fn ends_keep_the_right_one_whole() {
        assert_eq!(ends("title", "clock", 14), "title    clock");
        assert_eq!(ends("a long title", "clock", 14), "a lon..  clock");
        assert_eq!(fit("abc", 3), "abc");
        assert_eq!(tail("abcdef", 3), "def");
    }
}
