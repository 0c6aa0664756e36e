//! Bad inputs: each in a process of its own that prints the code of the refusal,
//! its time, and how far memory rose above what the input itself takes.

use tuf_ceremony::tuf::{Document, Limits, Metadata};

/// The names and texts; [`one`] makes only the one it is asked for.
const ALL: [&str; 14] = [
    "duplicate-key",
    "duplicate-among-a-million",
    "float",
    "depth-100000",
    "digits-5-mb",
    "signatures-million",
    "signatures-million-empty",
    "keys-million",
    "string-64-mb",
    "not-utf8",
    "wrong-types",
    "targets-million-bad-last",
    "unclosed-million",
    "escapes-5-mb",
];

const HEAD: &str = r#"{"signatures":[],"signed":{"_type":"targets","expires":"2030-01-01T00:00:00Z","spec_version":"1.0.31","targets":{"#;
const FILE: &str =
    r#"{"hashes":{"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},"length":3}"#;

fn input(name: &str) -> Vec<u8> {
    let signed = |members: &str| format!(r#"{{"signatures":[],"signed":{{{members}}}}}"#);
    let many = |n: usize, entry: &dyn Fn(usize) -> String| {
        let mut out = String::new();
        for i in 0..n {
            out.push_str(if i > 0 { "," } else { "" });
            out.push_str(&entry(i));
        }
        out
    };
    match name {
        "duplicate-key" => signed(r#""_type":"root","_type":"root""#),
        "duplicate-among-a-million" => signed(&many(1_000_000, &|i| format!("\"{}\":0", i * 7 % 999_999))),
        "float" => signed(r#""version":1.0"#),
        "depth-100000" => signed(&format!(r#""x":{}"#, "[".repeat(100_000))),
        "digits-5-mb" => signed(&format!(r#""version":{}"#, "7".repeat(4_900_000))),
        "signatures-million" => {
            let sigs = many(1_000_000, &|i| {
                format!(r#"{{"keyid":"{i:064x}","sig":"{i:0128x}"}}"#)
            });
            format!(r#"{{"signatures":[{sigs}],"signed":{{}}}}"#)
        }
        "signatures-million-empty" => {
            format!(
                r#"{{"signatures":[{}],"signed":{{}}}}"#,
                many(1_000_000, &|_| "{}".into())
            )
        }
        "keys-million" => signed(&many(1_000_000, &|i| format!("\"k{i:07}\":0"))),
        "string-64-mb" => signed(&format!(r#""_type":"{}""#, "a".repeat(64_000_000))),
        "not-utf8" => return [signed("").as_bytes(), b"\xff"].concat(),
        "wrong-types" => signed(r#""_type":["root"],"version":{}"#),
        "targets-million-bad-last" => {
            let files = many(1_000_000, &|i| format!("\"f{i:07}\":{FILE}"));
            format!("{HEAD}{files},\"/z\":{FILE}}},\"version\":1}}}}")
        }
        "unclosed-million" => signed(&"[{},".repeat(1_000_000)),
        "escapes-5-mb" => signed(&format!(r#""x":"{}\ud800""#, "\\u0041".repeat(800_000))),
        other => panic!("no such input: {other}"),
    }
    .into_bytes()
}

fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Processor time of this thread, ms: a busy machine does not move it much.
fn spent() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split_whitespace().next().unwrap().parse::<f64>().unwrap() / 1e6
}

pub fn one(name: &str, whole: bool) {
    let bytes = input(name);
    // From here on the peak is this process's own work: 5 resets it.
    std::fs::write("/proc/self/clear_refs", "5").unwrap();
    let (before, since) = (peak(), spent());
    // `whole`: without the size limits of clients, read in place.
    let verdict = match whole {
        false => Metadata::parse_within(&bytes, &Limits::default()).map(|_| ()),
        true => Document::read(&bytes).and_then(|document| match document.role()? {
            tuf_ceremony::tuf::RoleName::Targets => document.targets().map(|_| ()),
            _ => Metadata::parse(&bytes).map(|_| ()),
        }),
    };
    let code = verdict.map_or_else(|refused| refused.code(), |()| "ACCEPTED");
    let took = spent() - since;
    let rose = peak().saturating_sub(before);
    println!(
        "{name:28} {code:14} {:9} bytes {:8.1} ms {:8.1} MiB more",
        bytes.len(),
        took,
        rose as f64 / 1024.0
    );
}

pub fn all() {
    let me = std::env::current_exe().unwrap();
    for word in ["bad", "bad-whole"] {
        println!("{word}:");
        for name in ALL {
            std::process::Command::new(&me)
                .args([word, name])
                .status()
                .unwrap();
        }
    }
}
