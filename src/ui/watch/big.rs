//! Words that are read from the back of a room: letters of five by seven points,
//! drawn from full and half blocks, which every console font of the facts has.
//! Upper case, digits and four signs; a text with any other character is not
//! drawn large, so that a name is never shown with a letter missing.

use crate::ui::widgets::text::{len, wrap};

/// Points across; one point stands between two letters.
const MASKS: [u8; 5] = [0b10000, 0b01000, 0b00100, 0b00010, 0b00001];
/// Points down.
const DOWN: usize = 7;

/// Letters up to which a text is spaced: a longer one is slower to read so, and
/// its hyphens are lost among the blanks.
const SPACED: usize = 20;

/// How large a text is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Size {
    /// Two columns and one row for a point: twelve columns a letter, seven rows.
    Twice,
    /// One column and half a row for a point: six columns a letter, four rows.
    Once,
    /// A blank between any two letters; short texts only.
    Spaced,
    /// As it is, wrapped.
    Plain,
}

impl Size {
    /// From the largest.
    pub const ALL: [Size; 4] = [Size::Twice, Size::Once, Size::Spaced, Size::Plain];
}

/// The text as large as `width` and `rows` allow; at least as itself, wrapped.
#[must_use]
pub fn fit(text: &str, width: usize, rows: usize) -> Vec<String> {
    let text = text.to_ascii_uppercase();
    Size::ALL
        .into_iter()
        .filter_map(|size| draw(&text, size, width))
        .find(|drawn| drawn.len() <= rows)
        .unwrap_or_else(|| wrap(&text, width))
}

/// The text at one size; `None` where it has no such letters, or is too wide or long.
#[must_use]
pub fn draw(text: &str, size: Size, width: usize) -> Option<Vec<String>> {
    let lines = match size {
        Size::Plain => return Some(wrap(text, width)),
        Size::Spaced if len(text) > SPACED => return None,
        Size::Spaced => vec![text.chars().flat_map(|c| [c, ' ']).collect()],
        Size::Once => halves(&points(text)?),
        Size::Twice => full(&points(text)?),
    };
    let lines: Vec<String> = lines.into_iter().map(|l| l.trim_end().to_owned()).collect();
    lines.iter().all(|l| len(l) <= width).then_some(lines)
}

/// Rows of points, from the top.
fn points(text: &str) -> Option<Vec<Vec<bool>>> {
    let mut rows = vec![Vec::new(); DOWN];
    for c in text.chars() {
        let letter = letter(c)?;
        for (row, bits) in rows.iter_mut().zip(letter) {
            row.extend(MASKS.map(|mask| bits & mask != 0));
            row.push(false);
        }
    }
    Some(rows)
}

fn full(rows: &[Vec<bool>]) -> Vec<String> {
    rows.iter()
        .map(|row| row.iter().map(|on| if *on { "██" } else { "  " }).collect())
        .collect()
}

fn halves(rows: &[Vec<bool>]) -> Vec<String> {
    rows.chunks(2)
        .map(|pair| {
            let upper = pair.first().map_or(&[][..], Vec::as_slice);
            let lower = pair.get(1).map_or(&[][..], Vec::as_slice);
            upper
                .iter()
                .enumerate()
                .map(|(at, up)| half(*up, lower.get(at).copied().unwrap_or_default()))
                .collect()
        })
        .collect()
}

/// The character for an upper and a lower point.
#[must_use]
pub fn half(upper: bool, lower: bool) -> char {
    match (upper, lower) {
        (true, true) => '█',
        (true, false) => '▀',
        (false, true) => '▄',
        (false, false) => ' ',
    }
}

/// Seven rows of five points, the leftmost in the highest bit.
fn letter(c: char) -> Option<[u8; DOWN]> {
    Some(match c {
        ' ' => [0; DOWN],
        'A' => [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'B' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110],
        'C' => [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110],
        'D' => [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110],
        'E' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111],
        'F' => [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000],
        'G' => [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01110],
        'H' => [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001],
        'I' => [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        'J' => [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100],
        'K' => [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001],
        'L' => [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111],
        'M' => [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001],
        'N' => [0b10001, 0b11001, 0b11001, 0b10101, 0b10011, 0b10011, 0b10001],
        'O' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'P' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000],
        'Q' => [0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101],
        'R' => [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001],
        'S' => [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110],
        'T' => [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100],
        'U' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110],
        'V' => [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100],
        'W' => [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001],
        'X' => [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001],
        'Y' => [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100],
        'Z' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111],
        '0' => [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110],
        '1' => [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110],
        '2' => [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111],
        '3' => [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110],
        '4' => [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010],
        '5' => [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110],
        '6' => [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110],
        '7' => [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000],
        '8' => [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110],
        '9' => [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100],
        '-' => [0, 0, 0, 0b11111, 0, 0, 0],
        '.' => [0, 0, 0, 0, 0, 0b01100, 0b01100],
        '/' => [0b00001, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b10000],
        ':' => [0, 0b01100, 0b01100, 0, 0b01100, 0b01100, 0],
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_as_large_as_its_place_allows() {
        let of = |width, rows| fit("officer", width, rows).len();
        assert_eq!(
            (of(119, 7), of(78, 7), of(78, 4), of(78, 1), of(10, 9)),
            (7, 4, 4, 1, 1)
        );
        assert_eq!(fit("officer", 20, 4), ["O F I C E R".replace("F I", "F F I")]);
        assert_eq!(fit("officer", 7, 4), ["OFFICER"]);
        let long = "sign root with root-a on token-a";
        assert_eq!(fit(long, 78, 1), [long.to_ascii_uppercase()]);
        for width in 8..130 {
            for line in fit("token-a 2/3", width, 7) {
                assert!(len(&line) <= width, "{width}: {line}");
            }
        }
    }

    #[test]
    fn a_letter_without_a_drawing_makes_the_word_small() {
        assert_eq!(fit("a_b", 78, 7), ["A _ B"]);
        assert!(draw("A_B", Size::Once, 78).is_none() && draw("A-B", Size::Once, 78).is_some());
    }

    #[test]
    fn no_two_letters_look_alike() {
        let all: Vec<char> = ('A'..='Z').chain('0'..='9').chain("-./:".chars()).collect();
        for (at, a) in all.iter().enumerate() {
            assert!(letter(*a).unwrap().iter().all(|bits| *bits < 32));
            for b in &all[at + 1..] {
                assert_ne!(letter(*a), letter(*b), "{a} {b}");
            }
        }
    }
}
