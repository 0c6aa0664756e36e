//! What a page is made of: a cover and blocks, without a word about how they
//! look. Texts here are the story's: printable ASCII, not yet escaped for HTML.

use crate::base::Digest;
use crate::base::shown::counted;
use crate::transcript::Class;

/// A page.
pub(super) struct Page {
    pub(super) cover: Cover,
    pub(super) blocks: Vec<Block>,
}

/// What stands at the head.
pub(super) struct Cover {
    /// `rehearsal`, `production` or `unknown`: decides the frame.
    pub(super) kind: &'static str,
    /// The kind in large words, with what it means for the keys.
    pub(super) banner: (&'static str, String),
    pub(super) title: String,
    /// The verdict in large words, and its meaning.
    pub(super) verdict: (String, String),
    /// Whether the verdict is a good one.
    pub(super) good: bool,
    /// Why it is not more.
    pub(super) because: Vec<String>,
    pub(super) facts: Vec<Row>,
    /// What this page is, and what it is not.
    pub(super) standing: Vec<String>,
    /// How to verify: what to do, and the command.
    pub(super) verify: Vec<(&'static str, String)>,
    /// Digests to compare: name, what it is of, the digest, what the QR code holds.
    pub(super) heads: Vec<HeadOf>,
    /// Each class with what it means.
    pub(super) classes: Vec<(Class, &'static str)>,
}

/// A digest that people compare.
pub(super) struct HeadOf {
    pub(super) name: &'static str,
    pub(super) what: String,
    pub(super) digest: Digest,
    /// The text of the QR code.
    pub(super) code: Option<String>,
}

/// A block.
pub(super) enum Block {
    Section(String),
    Sub(String),
    Para(String),
    /// Names with values.
    Facts(Vec<Row>),
    Table(Table),
    /// Lines of fixed width that may be long.
    Lines(Vec<String>),
    /// What follows begins on a new sheet of paper.
    Page,
    /// A step of a plan.
    Card(Card),
    /// A table to be filled in by hand.
    Form(Form),
    /// Numbered places for 32 words, under a caption.
    Blanks(String),
    /// A digest with its words.
    Digest(HeadOf),
}

/// A step on paper.
pub(super) struct Card {
    pub(super) id: String,
    pub(super) headline: String,
    pub(super) who: String,
    pub(super) minutes: String,
    /// Names with sentences.
    pub(super) facts: Vec<(&'static str, String)>,
    /// What is confirmed one by one, and the word to type.
    pub(super) ticks: Vec<(String, String)>,
    /// What has a number that people read.
    pub(super) numbers: Vec<String>,
    /// Whose words are compared or written down here.
    pub(super) words: Option<String>,
}

/// A table to be filled in by hand.
pub(super) struct Form {
    pub(super) columns: Vec<(&'static str, u8)>,
    /// An empty cell is a place to write.
    pub(super) rows: Vec<Vec<String>>,
    /// Whether there is room for a sentence in each row.
    pub(super) tall: bool,
}

/// A name with a value and what stands behind it.
pub(super) struct Row {
    pub(super) name: String,
    pub(super) cell: Cell,
    pub(super) class: Option<Class>,
    pub(super) record: Option<u64>,
}

/// A table.
pub(super) struct Table {
    /// The look of each column: its heading and its share of the width in per cent.
    pub(super) columns: Vec<(&'static str, u8)>,
    pub(super) rows: Vec<Line>,
}

/// A row of a table.
pub(super) enum Line {
    /// One text over all columns: a step, a date.
    Group(String),
    Cells(Vec<Cell>),
    /// A digest's words over all columns.
    Words(Digest),
}

/// A value.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) face: Face,
}

/// How a value is set.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Face {
    Plain,
    /// Digests, names of files.
    Mono,
    Strong,
    /// Something that must not be overlooked.
    Alarm,
    /// What stands behind a fact.
    Class(Class),
}

impl Page {
    pub(super) fn new(cover: Cover) -> Page {
        Page {
            cover,
            blocks: Vec::new(),
        }
    }

    pub(super) fn section(&mut self, title: impl Into<String>) {
        self.blocks.push(Block::Section(title.into()));
    }

    pub(super) fn sub(&mut self, title: impl Into<String>) {
        self.blocks.push(Block::Sub(title.into()));
    }

    pub(super) fn para(&mut self, text: impl Into<String>) {
        self.blocks.push(Block::Para(text.into()));
    }

    pub(super) fn facts(&mut self, rows: Vec<Row>) {
        if !rows.is_empty() {
            self.blocks.push(Block::Facts(rows));
        }
    }

    pub(super) fn table(&mut self, columns: &[(&'static str, u8)], rows: Vec<Line>) {
        self.blocks.push(Block::Table(Table {
            columns: columns.to_vec(),
            rows,
        }));
    }

    pub(super) fn lines(&mut self, lines: Vec<String>) {
        self.blocks.push(Block::Lines(lines));
    }
}

impl Row {
    pub(super) fn new(name: impl Into<String>, cell: Cell) -> Row {
        Row {
            name: name.into(),
            cell,
            class: None,
            record: None,
        }
    }

    pub(super) fn of(mut self, class: Class, record: Option<u64>) -> Row {
        self.class = Some(class);
        self.record = record;
        self
    }
}

pub(super) fn plain(text: impl Into<String>) -> Cell {
    faced(text, Face::Plain)
}

pub(super) fn mono(text: impl Into<String>) -> Cell {
    faced(text, Face::Mono)
}

pub(super) fn strong(text: impl Into<String>) -> Cell {
    faced(text, Face::Strong)
}

pub(super) fn alarm(text: impl Into<String>) -> Cell {
    faced(text, Face::Alarm)
}

pub(super) fn stands(class: Class) -> Cell {
    faced(class.as_str(), Face::Class(class))
}

/// The number of a record, or nothing.
pub(super) fn seq(record: Option<u64>) -> Cell {
    plain(record.map(|r| format!("#{r}")).unwrap_or_default())
}

fn faced(text: impl Into<String>, face: Face) -> Cell {
    Cell {
        text: text.into(),
        face,
    }
}

/// 64 hexadecimal characters in groups of four; any other text as it is.
pub(super) fn grouped(hex: &str) -> String {
    Digest::parse(hex).map_or_else(|_| hex.to_owned(), |d| d.grouped())
}

/// `no things`, `1 thing`, `2 things`.
pub(super) fn count(n: usize, thing: &str) -> String {
    match n {
        0 => format!("no {thing}s"),
        _ => counted(n, thing),
    }
}
