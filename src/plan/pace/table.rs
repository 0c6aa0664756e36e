//! The one table of human times. Sources: Card, Moran and Newell, "The Psychology
//! of Human-Computer Interaction", 1983 (keystroke-level model); Brysbaert, "How many
//! words do we read per minute?", 2019. What no source gives is said to be assumed,
//! on the slow side: a room full of people is slower than one who practises.

/// A thing that people do, and how long it takes.
#[derive(Debug, PartialEq, Eq)]
pub struct Measure {
    /// What.
    pub what: &'static str,
    /// Milliseconds each time.
    pub ms: u64,
    /// Characters typed each time.
    pub characters: u32,
    /// Where the number comes from.
    pub source: &'static str,
}

impl Measure {
    /// Seconds with two decimals.
    #[must_use]
    pub fn seconds(&self) -> String {
        let (whole, part) = (self.ms.div_euclid(1000), self.ms.rem_euclid(1000).div_euclid(10));
        format!("{whole}.{part:02}")
    }
}

macro_rules! measures {
    ($($name:ident: $what:literal, $ms:literal ms, $characters:literal typed, $source:literal;)*) => {
        $(#[doc = $what] pub(super) static $name: Measure = Measure {
            what: $what, ms: $ms, characters: $characters, source: $source,
        };)*
        /// Every measure, in the order in which `plan` prints them.
        pub static TABLE: &[&Measure] = &[$(&$name),*];
    };
}

measures! {
    SCREEN: "read a question's screen and make up one's mind", 12_000 ms, 0 typed,
        "about 45 words at 238 words a minute, Brysbaert 2019";
    PLAIN: "type a character of a word or name", 280 ms, 1 typed,
        "40 words a minute, Card, Moran and Newell 1983";
    CODE: "type a character of a number, serial, PIN or password", 750 ms, 1 typed,
        "complex codes, Card, Moran and Newell 1983";
    SPOKEN: "find a numbered word elsewhere and say it aloud", 4_000 ms, 0 typed, "assumed";
    COPY: "write a character of a secret on paper, and check it", 1_500 ms, 0 typed,
        "assumed: twice the time of plain handwriting";
    DIE: "roll a die and read it out", 2_500 ms, 0 typed, "assumed";
    LOOK: "look at a thing that a line of a checklist is about", 20_000 ms, 0 typed, "assumed";
    LABEL: "take a bag or seal and find its number", 15_000 ms, 0 typed, "assumed";
    WATCH: "read another clock", 10_000 ms, 0 typed, "assumed";
    SHEET: "write 32 words on paper", 150_000 ms, 0 typed, "assumed";
    PAYLOAD: "read a payload from beginning to end", 180_000 ms, 0 typed,
        "assumed: about 350 words aloud, and the digest's";
    FETCH: "take a device, show its serial, connect it", 45_000 ms, 0 typed, "assumed";
    COME: "another role comes to the keyboard", 15_000 ms, 0 typed, "assumed";
    SET_UP: "the device is set up", 15_000 ms, 0 typed, "assumed; devices differ";
    MAKE: "the device makes a key", 10_000 ms, 0 typed, "assumed; devices differ";
    SIGN: "the device signs", 3_000 ms, 0 typed, "assumed; devices differ";
    MEDIA: "the media is written, taken out, put back, read", 60_000 ms, 0 typed, "assumed";
}
