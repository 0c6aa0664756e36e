//! Reads Rust source as text: what is left when comments, literals and unit
//! tests are blanked, and which paths that code names. Not a parser; it knows
//! as much of the language as the rules in `tests/house.rs` need.

/// The public files of the contract suite; every other one beside them is a
/// test, and `tests/house.rs` looks whether it is declared as one.
pub const CONTRACT: [&str; 5] = ["keys", "powers", "report", "session", "set_up"];

pub struct Source {
    pub path: String,
    pub text: String,
    /// `None` for `src/main.rs` and `src/lib.rs`.
    pub room: Option<String>,
    /// Every path named, without unit tests; empty for a file that is one.
    pub product: Vec<Name>,
    /// Every path named.
    pub all: Vec<Name>,
    /// How many modules deep the file stands below the crate.
    depth: usize,
}

/// A path as the code names it: `["std", "fs"]`. One leaf of a `use` tree each.
pub struct Name {
    line: usize,
    segments: Vec<String>,
    imported: bool,
    pub bang: bool,
}

impl Name {
    pub fn has(&self, words: &[&str]) -> bool {
        self.segments.windows(words.len()).any(|window| window == words)
    }

    pub fn text(&self) -> String {
        self.segments.join("::")
    }
}

impl Source {
    pub fn new(path: &str, text: &str) -> Source {
        let inside = path.strip_prefix("src/").unwrap().strip_suffix(".rs").unwrap();
        let mut modules: Vec<&str> = inside.split('/').collect();
        if modules.last() == Some(&"mod") {
            modules.pop();
        }
        let room = modules.first().filter(|_| !matches!(inside, "main" | "lib"));
        let code = strip(text);
        let is_test = modules.iter().skip(1).any(|module| *module == "tests")
            || matches!(modules.as_slice(), ["signer", "contract", file, ..] if !CONTRACT.contains(file));
        Source {
            path: path.to_owned(),
            text: text.to_owned(),
            room: room.map(|&room| room.to_owned()),
            product: if is_test {
                Vec::new()
            } else {
                names(&without_tests(&code))
            },
            all: names(&code),
            depth: modules.len(),
        }
    }

    pub fn at(&self, name: &Name) -> String {
        format!("{}:{}", self.path, name.line)
    }

    /// The room that a path leads to, if it starts at the crate or climbs out of this room.
    pub fn target(&self, name: &Name) -> Option<String> {
        let first = name.segments.first()?.as_str();
        if matches!(first, "crate" | "tuf_ceremony") {
            return name.segments.get(1).cloned();
        }
        let climbed = name.segments.iter().filter(|segment| *segment == "super").count();
        if climbed < self.depth {
            return None;
        }
        name.segments
            .iter()
            .find(|segment| !matches!(segment.as_str(), "super" | "self"))
            .cloned()
    }

    /// Does the path start at this crate, rather than at a module of the same name?
    pub fn names_crate(&self, name: &Name, krate: &str) -> bool {
        let starts = |other: &Name| other.segments.first().is_some_and(|first| first == krate);
        let ours = self.all.iter().any(|other| {
            other.imported && !starts(other) && other.segments.last().is_some_and(|last| last == krate)
        });
        starts(name) && (name.imported || name.segments.len() > 1) && !ours
    }
}

/// Every path in stripped code; the leaves of `use` trees and the names of
/// modules declared here (as `mod::name`) count as imported.
fn names(code: &str) -> Vec<Name> {
    let mut reader = Reader {
        chars: code.chars().collect(),
        at: 0,
        line: 1,
    };
    let mut found = Vec::new();
    while let Some(c) = reader.peek() {
        if !(c.is_alphabetic() || c == '_') {
            reader.next();
            continue;
        }
        let line = reader.line;
        let mut segments = vec![reader.word()];
        if segments[0] == "use" {
            reader.tree(&[], &mut found);
            continue;
        }
        if segments[0] == "mod" {
            reader.blanks();
            segments.push(reader.word());
            found.push(Name {
                line,
                segments,
                imported: true,
                bang: false,
            });
            continue;
        }
        while reader.eat("::") {
            match reader.word() {
                word if word.is_empty() => break,
                word => segments.push(word),
            }
        }
        let bang = reader.peek() == Some('!') && reader.chars.get(reader.at + 1) != Some(&'=');
        found.push(Name {
            line,
            segments,
            imported: false,
            bang,
        });
    }
    found
}

struct Reader {
    chars: Vec<char>,
    at: usize,
    line: usize,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn next(&mut self) {
        self.line += usize::from(self.peek() == Some('\n'));
        self.at += 1;
    }

    fn blanks(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }

    fn eat(&mut self, token: &str) -> bool {
        self.blanks();
        let here = self.chars[self.at.min(self.chars.len())..].iter().copied();
        let found = here.take(token.len()).eq(token.chars());
        if found {
            self.at += token.len();
            self.blanks();
        }
        found
    }

    fn word(&mut self) -> String {
        let mut word = String::new();
        while let Some(c) = self
            .peek()
            .filter(|c| c.is_alphanumeric() || *c == '_' || *c == '#')
        {
            word.push(c);
            self.next();
        }
        word.strip_prefix("r#").map(str::to_owned).unwrap_or(word)
    }

    /// One `use` tree: `a::b`, `a::{b, c::d as e}`, `a::*`.
    fn tree(&mut self, before: &[String], found: &mut Vec<Name>) {
        self.eat("::");
        let mut segments = before.to_vec();
        loop {
            self.blanks();
            let line = self.line;
            if self.eat("{") {
                while self.peek().is_some_and(|c| c != '}') {
                    self.tree(&segments, found);
                    self.eat(",");
                }
                self.eat("}");
                return;
            }
            match self.word() {
                word if !word.is_empty() => segments.push(word),
                _ if self.eat("*") => segments.push("*".to_owned()),
                _ => return self.next(), // not a use tree: go on behind it
            }
            if !self.eat("::") {
                if self.chars[self.at..].starts_with(&['a', 's', ' ']) {
                    self.eat("as");
                    self.word();
                    self.blanks();
                }
                found.push(Name {
                    line,
                    segments,
                    imported: true,
                    bang: false,
                });
                return;
            }
        }
    }
}

/// Blanks comments and the insides of literals; keeps every line break.
fn strip(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    let rest = |at: usize, token: &str| chars[at..].iter().copied().take(token.len()).eq(token.chars());
    while at < chars.len() {
        let start = at;
        let after_word = at > 0 && (chars[at - 1].is_alphanumeric() || chars[at - 1] == '_');
        let hashes = chars[at + 1..].iter().take_while(|c| **c == '#').count();
        if rest(at, "//") {
            at += chars[at..].iter().take_while(|c| **c != '\n').count();
        } else if rest(at, "/*") {
            let mut open = 0;
            while at < chars.len() {
                match (rest(at, "/*"), rest(at, "*/")) {
                    (true, _) => (open, at) = (open + 1, at + 2),
                    (_, true) => (open, at) = (open - 1, at + 2),
                    _ => at += 1,
                }
                if open == 0 {
                    break;
                }
            }
        } else if chars[at] == 'r'
            && !after_word_but_b(&chars, at)
            && chars.get(at + 1 + hashes) == Some(&'"')
        {
            let close = format!("\"{}", "#".repeat(hashes));
            at += 2 + hashes;
            while at < chars.len() && !rest(at, &close) {
                at += 1;
            }
            at += close.len();
        } else if chars[at] == '"' {
            at += 1;
            while at < chars.len() && chars[at] != '"' {
                at += if chars[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if chars[at] == '\'' && !after_word && chars.get(at + 1) == Some(&'\\') {
            at += 3
                + chars[(at + 3).min(chars.len())..]
                    .iter()
                    .take_while(|c| **c != '\'')
                    .count()
                + 1;
        } else if chars[at] == '\'' && chars.get(at + 2) == Some(&'\'') {
            at += 3;
        } else {
            out.push(chars[at]);
            at += 1;
            continue;
        }
        at = at.min(chars.len());
        out.extend(
            chars[start..at]
                .iter()
                .map(|c| if *c == '\n' { '\n' } else { ' ' }),
        );
    }
    out
}

/// Is the `r` at this place the end of a word, other than the prefix `br`?
fn after_word_but_b(chars: &[char], at: usize) -> bool {
    let word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric() || *c == '_');
    at > 0 && word(at - 1) && !(chars[at - 1] == 'b' && (at < 2 || !word(at - 2)))
}

/// Blanks every item behind `#[cfg(test)]`, up to its closing brace or semicolon.
fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for attribute in ["#[cfg(test)]", "#[cfg(all(test,"] {
        while let Some(start) = out.find(attribute) {
            let mut open = 0_i32;
            let mut end = out.len();
            for (at, c) in out[start..].char_indices() {
                match c {
                    '{' | '[' | '(' => open += 1,
                    '}' | ']' | ')' => open -= 1,
                    _ => {}
                }
                if open <= 0 && matches!(c, '}' | ';') {
                    end = start + at + c.len_utf8();
                    break;
                }
            }
            let blank: String = out[start..end]
                .chars()
                .map(|c| if c == '\n' { '\n' } else { ' ' })
                .collect();
            out.replace_range(start..end, &blank);
        }
    }
    out
}
