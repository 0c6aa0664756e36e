//! A person at a pseudo-terminal: types key by key into the shipped binary and
//! reads the screen through a terminal model, as eyes would. Words and serials
//! are read from the simulated second machine's page (F3), never from the
//! question's own screen.
#![allow(dead_code)]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long a screen may take to come; a guard against hanging, not a measure.
const PATIENCE: Duration = Duration::from_secs(20);

/// End of a synchronized update: the program marks each frame with it.
const END_OF_FRAME: &[u8] = b"\x1b[?2026l";

pub const F1: &str = "\x1bOP";
pub const F2: &str = "\x1bOQ";
pub const F3: &str = "\x1bOR";
pub const F4: &str = "\x1bOS";
pub const F5: &str = "\x1b[15~";
pub const ESC: &str = "\x1b";
pub const ENTER: &str = "\r";
pub const PAGE_DOWN: &str = "\x1b[6~";
pub const CTRL_C: &str = "\x03";

pub struct Operator {
    master: Box<dyn MasterPty + Send>,
    writer: Box<dyn Write + Send>,
    child: Box<dyn Child + Send + Sync>,
    screen: Arc<Mutex<vt100::Parser>>,
    frame: Arc<Mutex<String>>,
    /// Every byte that the program wrote to the terminal.
    pub raw: Arc<Mutex<Vec<u8>>>,
    /// What the papers say: SO PIN and PIN by token.
    pub pins: BTreeMap<String, (String, String)>,
    /// Serials on the bodies, where F3 does not know them before inventory.
    pub serials: BTreeMap<String, String>,
    /// Wrong PINs to type first, once each.
    pub wrong_pins: Vec<String>,
    /// Who fills the next seat.
    pub names: Vec<String>,
    /// Called with each question's screen before it is answered.
    pub seen: Vec<String>,
    /// Secrets that the program made, by device and name, as they stand on paper.
    pub paper: BTreeMap<(String, String), String>,
    /// Each dice entry that was typed.
    pub dice: Vec<String>,
    /// What is typed wrongly once, on purpose: `copy`, `dice`, `pin`.
    pub slips: Vec<&'static str>,
    /// Answers by device; under an empty name those about no device. Second:
    /// how many of them only because of a slip.
    pub prompts: BTreeMap<String, (usize, usize)>,
    /// The devices of the script.
    pub tokens: Vec<String>,
    /// Seconds that a person would have needed so far, at the pace of [`Pace`].
    pub seconds: f64,
    /// Lines that were read before.
    known: std::collections::BTreeSet<String>,
    since: Instant,
}

/// A person's pace, stated so that it can be argued with: careful reading (200 words
/// a minute, of the question's page), slow typing (two characters a second), block letters on paper, a die
/// rolled and its digit typed, a device or a sheet fetched and looked at.
struct Pace;

impl Pace {
    const READ_WORD: f64 = 0.3;
    /// Of that, for a line that stood on an earlier screen word by word.
    const GLANCE: f64 = 0.25;
    const TYPE: f64 = 0.5;
    const WRITE: f64 = 1.5;
    const DIE: f64 = 3.0;
    const FETCH: f64 = 20.0;
}

impl Operator {
    pub fn start(command: CommandBuilder, columns: u16, rows: u16) -> Operator {
        let pair = native_pty_system()
            .openpty(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().unwrap();
        let writer = pair.master.take_writer().unwrap();
        let screen = Arc::new(Mutex::new(vt100::Parser::new(rows, columns, 0)));
        let raw = Arc::new(Mutex::new(Vec::new()));
        let frame = Arc::new(Mutex::new(String::new()));
        let (to, copy, whole) = (screen.clone(), raw.clone(), frame.clone());
        std::thread::spawn(move || {
            let mut bytes = [0u8; 4096];
            while let Ok(n) = reader.read(&mut bytes) {
                if n == 0 {
                    break;
                }
                let mut raw = copy.lock().unwrap();
                // Byte by byte, so that the end of a frame is never missed.
                for byte in &bytes[..n] {
                    raw.push(*byte);
                    let mut screen = to.lock().unwrap();
                    screen.process(&[*byte]);
                    if raw.ends_with(END_OF_FRAME) {
                        *whole.lock().unwrap() = screen.screen().contents();
                    }
                }
            }
        });
        Operator {
            master: pair.master,
            writer,
            child,
            screen,
            frame,
            raw,
            pins: BTreeMap::new(),
            serials: BTreeMap::new(),
            wrong_pins: Vec::new(),
            names: ["Ada", "Olga", "Otto", "Oona", "Wim"].map(str::to_owned).to_vec(),
            seen: Vec::new(),
            paper: BTreeMap::new(),
            dice: Vec::new(),
            slips: Vec::new(),
            prompts: BTreeMap::new(),
            tokens: Vec::new(),
            seconds: 0.0,
            known: std::collections::BTreeSet::new(),
            since: Instant::now(),
        }
    }

    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// The last whole frame: eyes do not read half a one.
    pub fn text(&self) -> String {
        std::thread::sleep(Duration::from_millis(2));
        self.frame.lock().unwrap().clone()
    }

    pub fn press(&mut self, keys: &str) {
        self.writer.write_all(keys.as_bytes()).unwrap();
        self.writer.flush().unwrap();
    }

    /// One key at a time, like fingers.
    pub fn type_in(&mut self, text: &str) {
        self.seconds += Pace::TYPE * text.chars().count() as f64;
        for c in text.chars() {
            self.press(&c.to_string());
        }
    }

    pub fn enter(&mut self, text: &str) {
        self.type_in(text);
        self.press(ENTER);
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.screen.lock().unwrap().screen_mut().set_size(rows, columns);
        self.master
            .resize(PtySize {
                rows,
                cols: columns,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
    }

    /// Waits until the screen shows what `there` wants.
    pub fn wait(&mut self, what: &str, there: impl Fn(&str) -> bool) -> String {
        let start = Instant::now();
        loop {
            let text = self.text();
            if there(&text) {
                return text;
            }
            assert!(
                start.elapsed() < PATIENCE,
                "waited for {what}; the screen shows:\n{text}"
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub fn wait_for(&mut self, what: &str) -> String {
        self.wait(what, |text| text.contains(what))
    }

    /// The program's exit code.
    pub fn end(&mut self) -> u32 {
        let start = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(
                start.elapsed() < PATIENCE,
                "the program does not end:\n{}",
                self.text()
            );
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Whether the program sent these bytes; its last ones may still be on
    /// their way when it has ended.
    pub fn sent(&self, bytes: &[u8]) -> bool {
        let start = Instant::now();
        loop {
            if self.raw.lock().unwrap().windows(bytes.len()).any(|w| w == bytes) {
                return true;
            }
            if start.elapsed() > PATIENCE {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// Answers question after question until the screen shows `until`.
    pub fn play(&mut self, until: &str) {
        let mut start = Instant::now();
        while !self.text().contains(until) {
            assert!(
                start.elapsed() < PATIENCE,
                "never came to {until}:\n{}",
                self.text()
            );
            if self.text().contains("What the devices say about their keys") {
                // A device's statement was judged: read to its end, then back.
                let page = self.text();
                self.reads(&page);
                self.seen.push(page);
                self.read_on();
                self.press(ESC);
                self.wait("the question or the work behind it", |t| {
                    !t.contains("What the devices say about their keys")
                });
                start = Instant::now();
            } else if let Some(step) = self.question() {
                // The frame may have come between the two looks.
                if self.text().contains(until) {
                    return;
                }
                self.seen.push(self.text());
                self.count();
                self.answer();
                self.settle(&step, until);
                start = Instant::now();
            } else {
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }

    /// Books the time that the reading of a screen takes.
    fn reads(&mut self, screen: &str) {
        for line in page(screen) {
            let words = line.split_whitespace().count() as f64;
            let again = !self.known.insert(line.trim().to_owned());
            let part = if again { Pace::GLANCE } else { 1.0 };
            self.seconds += Pace::READ_WORD * words * part;
        }
    }

    /// Books the open question on its device, and the reading of its page.
    fn count(&mut self) {
        let text = self.text();
        self.reads(&text);
        let head = text.lines().find(|l| l.contains("(step")).unwrap_or_default();
        let of = self.tokens.iter().find(|t| {
            head.split(|c: char| c != '-' && !c.is_alphanumeric())
                .any(|w| w == **t)
        });
        self.prompts.entry(of.cloned().unwrap_or_default()).or_default().0 += 1;
        if std::env::var_os("OPERATOR_TALKS").is_some() {
            let prompt = text.lines().find(|l| l.starts_with(" > ")).unwrap_or_default();
            println!("{:?} {} |{prompt}", self.since.elapsed(), head.trim());
        }
    }

    /// A slip of the finger, once; the question that it brings back is booked.
    fn slip(&mut self, what: &str) -> bool {
        let Some(at) = self.slips.iter().position(|s| *s == what) else {
            return false;
        };
        self.slips.remove(at);
        let text = self.text();
        let head = text.lines().find(|l| l.contains("(step")).unwrap_or_default();
        let of = self.tokens.iter().find(|t| head.contains(t.as_str()));
        self.prompts.entry(of.cloned().unwrap_or_default()).or_default().1 += 1;
        true
    }

    /// Looks at a new secret, writes it down, hides it, types it from the paper.
    fn copy(&mut self) {
        let hidden = self.text();
        let (_, say) = hidden
            .split_once("Press F5 to see the ")
            .or_else(|| hidden.split_once("Type the "))
            .unwrap_or_else(|| panic!("{hidden}"));
        let (name, rest) = say.split_once(" of ").unwrap();
        let (name, token) = (name.to_lowercase(), after(rest, ""));
        self.press(F5);
        let open = self.wait_for("write this down");
        assert!(
            open.lines().all(|l| !l.starts_with(" > ")),
            "nothing is typed beside it:\n{open}"
        );
        let secret: String = open
            .lines()
            .skip_while(|l| !l.contains("write this down"))
            .skip(1)
            .take_while(|l| !l.contains('└'))
            .map(|l| l.split('│').nth(1).unwrap().replace(' ', ""))
            .collect();
        assert!(secret.len() >= 6, "{open}");
        self.seconds += Pace::FETCH + Pace::WRITE * secret.len() as f64;
        self.press(ESC);
        let closed = self.wait("the shutter", |t| t.lines().any(|l| l.starts_with(" > ")));
        assert!(!closed.contains(&secret[..4]), "{closed}");
        let typed = if self.slip("copy") {
            secret.chars().rev().collect()
        } else {
            secret.clone()
        };
        self.paper.insert((token, name), secret);
        self.enter(&typed);
    }

    fn roll(&mut self) {
        let text = self.text();
        let rolls: usize = after(&text, "roll a die ").parse().unwrap();
        // Dice of this room only: the numbers differ from entry to entry.
        let seed = self.dice.len() + 1;
        let mut digits: String = (0..rolls)
            .map(|i| char::from(b'1' + u8::try_from((i * i * seed + i / 3 + seed) % 6).unwrap()))
            .collect();
        if self.slip("dice") {
            digits.pop();
        }
        self.dice.push(digits.clone());
        self.seconds += Pace::FETCH + Pace::DIE * digits.len() as f64;
        self.enter(&digits);
    }

    /// The line of the prompt that waits for keys.
    pub fn question(&self) -> Option<String> {
        let text = self.text();
        let prompt = text.lines().find(|l| l.starts_with(" > "))?;
        // A frame may still show what was typed, on its way to the engine.
        if !is_empty(prompt) {
            return None;
        }
        Some(format!("{prompt} record lines: {}", records(&text)?))
    }

    /// Until the answered question is gone: the record has grown.
    pub fn settle(&mut self, before: &str, until: &str) {
        let old = before
            .rsplit(" record lines: ")
            .next()
            .and_then(|l| l.split_whitespace().next().map(str::to_owned));
        self.wait("the answer to be taken", |text| {
            text.contains(until)
                || records(text).is_some_and(|new| Some(new) != old) && !text.contains("WORKING")
        });
    }

    /// Answers the open question as a person would.
    pub fn answer(&mut self) {
        let text = self.text();
        let prompt = text
            .lines()
            .find(|l| l.starts_with(" > "))
            .unwrap()
            .trim_start_matches(" > ")
            .to_owned();
        if prompt.starts_with("Type begin") {
            self.enter("begin");
        } else if prompt.starts_with("Name for the record") {
            let name = self.names.remove(0);
            self.enter(&name);
        } else if prompt.starts_with("UTC, as") {
            let page = self.second_machine();
            let line = page.lines().find(|l| l.contains("Its clock")).unwrap();
            let words: Vec<&str> = line.split_whitespace().collect();
            let at = words.iter().position(|w| *w == "clock").unwrap();
            self.enter(&format!("{} {}", words[at + 1], words[at + 2]));
        } else if prompt.starts_with("Type yes") {
            self.enter("yes");
        } else if prompt.starts_with("Serial on the body") {
            self.seconds += Pace::FETCH;
            let token = after(&text, "on the body of ");
            let serial = self.serial(&token);
            self.enter(&serial);
        } else if prompt.starts_with("From the paper") {
            self.copy();
        } else if prompt.contains(" digits, each 1 to 6") {
            self.roll();
        } else if prompt.starts_with("SO PIN, ") || prompt.starts_with("Passphrase, new") {
            let token = after(&text, "Set up device ");
            let (so_pin, pin) = self.pins[&token].clone();
            let serial = self.serial(&token);
            if prompt.starts_with("SO PIN") {
                self.enter(&so_pin);
                self.enter(&so_pin);
            }
            if !prompt.starts_with("SO PIN") || text.contains("User PIN, new") {
                self.enter(&pin);
                self.enter(&pin);
            }
            self.enter(&serial[serial.len() - 4..]);
        } else if text.contains(" Unlock ") {
            let token = after(&text, "Unlock ").trim_end_matches(':').to_owned();
            let name = text.split("type its ").nth(1).unwrap().split('.').next().unwrap();
            let name = name.to_lowercase();
            let right = match self.paper.get(&(token.clone(), name)) {
                Some(paper) => paper.clone(),
                None => self.pins[&token].1.clone(),
            };
            let pin = if !self.wrong_pins.is_empty() {
                self.wrong_pins.remove(0)
            } else if self.slip("pin") {
                right.chars().rev().collect()
            } else {
                right
            };
            self.seconds += Pace::FETCH;
            self.enter(&pin);
        } else if prompt.starts_with("Last 4 of the serial") {
            self.seconds += Pace::FETCH;
            self.read_on();
            let line = text.lines().find(|l| l.contains("(step")).unwrap();
            let headline = line.split("(step").next().unwrap();
            let token = headline.split_whitespace().last().unwrap().to_owned();
            let serial = self.serial(&token);
            self.enter(&serial[serial.len() - 4..]);
        } else if prompt.starts_with("Type read") {
            self.read_on();
            self.enter("read");
        } else if prompt.starts_with("word ") {
            self.words();
        } else if prompt.starts_with("To try once more") {
            self.enter("again");
        } else if let Some(word) = prompt.strip_prefix("Type ") {
            // "Type export:", "Type close:", "Type end:"
            let word = word.split(':').next().unwrap().to_owned();
            self.enter(&word);
        } else {
            panic!("no answer to {prompt}:\n{text}");
        }
    }

    /// Reads a page that is longer than the screen to its end.
    fn read_on(&mut self) {
        while self.text().contains("PgDn: there is more") {
            let before = self.text();
            self.press(PAGE_DOWN);
            let text = self.wait("the next page", |t| t != before);
            self.reads(&text);
        }
    }

    fn serial(&mut self, token: &str) -> String {
        if let Some(serial) = self.serials.get(token) {
            return serial.clone();
        }
        let page = self.second_machine();
        page.lines()
            .find_map(|l| {
                let mut words = l.split_whitespace();
                (words.next() == Some(token)).then(|| words.next().unwrap().to_owned())
            })
            .unwrap_or_else(|| panic!("no serial of {token}:\n{page}"))
    }

    /// Reads the second machine's page, then comes back to the question.
    fn second_machine(&mut self) -> String {
        self.press(F3);
        let page = self.wait_for("SIMULATED SECOND MACHINE - ");
        assert!(
            !page.lines().any(|l| l.starts_with(" > ")),
            "never beside the question:\n{page}"
        );
        let mut whole = page.clone();
        let mut last = page;
        while last.contains("there is more") {
            self.press(PAGE_DOWN);
            let before = last.clone();
            last = self.wait("the next page", |t| t != before);
            whole.push('\n');
            whole.push_str(&last);
        }
        self.press(ESC);
        self.wait("the question", |t| t.lines().any(|l| l.starts_with(" > ")));
        whole
    }

    pub fn words(&mut self) {
        let asked: Vec<usize> = self
            .text()
            .lines()
            .filter_map(|l| {
                let l = l.trim_start_matches(" > ").trim_start();
                l.strip_prefix("word ")?
                    .trim_start()
                    .split(' ')
                    .next()?
                    .parse()
                    .ok()
            })
            .collect();
        let page = self.second_machine();
        let mut words = BTreeMap::new();
        for line in page.lines().skip_while(|l| !l.contains("The 32 words")).skip(1) {
            let tokens: Vec<&str> = line.split_whitespace().collect();
            for pair in tokens.chunks(2) {
                if let [number, word] = pair
                    && let Ok(number) = number.parse::<usize>()
                    && word.chars().all(|c| c.is_ascii_alphabetic())
                {
                    words.entry(number).or_insert_with(|| (*word).to_owned());
                }
            }
        }
        for at in asked {
            self.seconds += Pace::FETCH / 2.0;
            let word = words
                .get(&at)
                .unwrap_or_else(|| panic!("no word {at}:\n{page}"))
                .clone();
            self.enter(&word);
        }
    }
}

impl Drop for Operator {
    /// A failed test leaves no program behind.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Lines of the question's page: what stands between the heading and the status.
fn page(screen: &str) -> Vec<&str> {
    let rule = |line: &str| line.starts_with("───");
    let lines: Vec<&str> = screen.lines().collect();
    let last = lines.iter().rposition(|l| rule(l)).unwrap_or(lines.len());
    let first = lines.iter().skip(3).position(|l| rule(l)).map_or(0, |at| at + 4);
    // What lies over a question has no heading of its own.
    let first = if first > last { 3 } else { first };
    lines.get(first..last).unwrap_or_default().to_vec()
}

/// How many lines the record has, by the status row; a narrow one says it in short.
fn records(text: &str) -> Option<String> {
    text.lines().find_map(|line| {
        let long = line.strip_prefix(" record lines: ");
        let short = || line.split_once(" lines ").map(|(count, _)| count);
        let count = long.or_else(short)?.split_whitespace().next()?;
        count
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| count.to_owned())
    })
}

/// Whether a prompt's line waits with nothing typed.
fn is_empty(prompt: &str) -> bool {
    let field = prompt.split('│').next().unwrap_or_default().trim_end();
    field
        .strip_suffix('_')
        .is_some_and(|label| label.trim_end().ends_with(':'))
}

/// The word that follows a text on the screen.
fn after(screen: &str, what: &str) -> String {
    let at = screen
        .find(what)
        .unwrap_or_else(|| panic!("no \"{what}\":\n{screen}"));
    screen[at + what.len()..]
        .split([' ', '\n', '?', '.'])
        .next()
        .unwrap()
        .to_owned()
}
