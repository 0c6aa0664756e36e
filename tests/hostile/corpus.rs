//! Texts that were made to hurt, by family. Generated, so that a family grows by a
//! line; every one is different. Bytes that are no UTF-8 are a list of their own:
//! they reach only what reads bytes (file names, labels of devices, files).

use std::collections::BTreeSet;

/// A text and the family that it is of.
pub type Hostile = (&'static str, String);

/// Every text, without doubles.
pub fn texts() -> Vec<Hostile> {
    let mut all: Vec<Hostile> = Vec::new();
    let mut add = |family: &'static str, text: String| all.push((family, text));
    // ECMA-48: every final byte of a control sequence, in both spellings of CSI.
    for last in '@'..='~' {
        add("csi", format!("x\u{1b}[{last}y"));
        add("csi-8bit", format!("x\u{9b}7{last}y"));
    }
    for params in [
        "2J", "H", "1;1H", "999;999H", "?25l", "?1049h", "6n", "5n", "c", ">c", "=c", "0x", "21t", "?2026h",
        "8m", "30;40m", "38;5;0m", "!p", "3g", "r", "s", "u", "?1000h", "?2004h", "4h", "20h", "1;5r",
        "100A", "100D", "1000@", "12l",
    ] {
        add("csi", format!("ok\u{1b}[{params}ok"));
    }
    // Other escapes: charsets, keypad, reset, save and restore, locking shifts.
    for rest in [
        "(0lqk\u{1b}(B",
        ")0",
        "*A",
        "%G",
        "%@",
        "#8",
        "7",
        "8",
        "=",
        ">",
        "c",
        "D",
        "E",
        "M",
        "H",
        "N",
        "O",
        "Z",
        "n",
        "o",
        "|",
        "}",
        "~",
        " F",
        "l",
        "m",
    ] {
        add("escape", format!("a\u{1b}{rest}b"));
    }
    // Strings: OSC, DCS, APC, PM, SOS, ended by ST, BEL, nothing.
    for (open, body) in [
        ("]", "0;title"),
        ("]", "2;title"),
        ("]", "4;1;?"),
        ("]", "8;;http://a.example"),
        ("]", "10;?"),
        ("]", "52;c;QUJD"),
        ("]", "52;c;?"),
        ("]", "104"),
        ("]", "1337;File=name=QQ==:AAAA"),
        ("]", "P0000000"),
        ("]", "R"),
        ("P", "$qm"),
        ("P", "+q544e"),
        ("P", "1000p{}"),
        ("P", "q#0;2;0;0;0"),
        ("_", "Gf=24;AAAA"),
        ("^", "x"),
        ("X", "x"),
        ("k", "name"),
    ] {
        for close in ["\u{1b}\\", "\u{7}", "\u{9c}", ""] {
            add("string", format!("s\u{1b}{open}{body}{close}e"));
        }
        if let Some(c1) = match open {
            "]" => Some('\u{9d}'),
            "P" => Some('\u{90}'),
            "_" => Some('\u{9f}'),
            "^" => Some('\u{9e}'),
            "X" => Some('\u{98}'),
            _ => None,
        } {
            add("string-8bit", format!("s{c1}{body}\u{9c}e"));
        }
    }
    for c in (0u32..0x20).chain(0x7f..0xa0).filter_map(char::from_u32) {
        add(if c < ' ' { "c0" } else { "c1" }, format!("left{c}right"));
        add("control-run", c.to_string().repeat(9));
    }
    for c in "\u{61c}\u{200e}\u{200f}\u{202a}\u{202b}\u{202c}\u{202d}\u{202e}\u{2066}\u{2067}\u{2068}\u{2069}"
        .chars()
    {
        add("bidi", format!("good{c}lave"));
        add("bidi", format!("{c}keyid 9f2c"));
        add("bidi", format!("a{c}b{c}c{c}"));
    }
    for c in "\u{ad}\u{34f}\u{115f}\u{1160}\u{17b4}\u{180b}\u{180e}\u{200b}\u{200c}\u{200d}\u{2060}\u{2061}\u{2062}\u{2063}\u{2064}\u{206a}\u{206f}\u{3164}\u{fe00}\u{fe0e}\u{fe0f}\u{feff}\u{ffa0}\u{fff9}\u{fffa}\u{fffb}\u{fffc}\u{fffd}\u{e0001}\u{e0020}\u{e0041}\u{e007f}\u{e0100}\u{1d173}".chars() {
        add("invisible", format!("ro{c}ot"));
        add("invisible", format!("{c}{c}root-a{c}"));
    }
    for c in "\u{300}\u{301}\u{303}\u{308}\u{327}\u{335}\u{336}\u{338}\u{489}\u{5bf}\u{64b}\u{93c}\u{e31}\u{1ab0}\u{20d0}\u{20dd}\u{20e3}\u{fe20}".chars() {
        add("combining", format!("e{c}"));
        add("combining", format!("{c}at the start"));
        add("combining", format!("z{}", c.to_string().repeat(40)));
    }
    for (fake, true_one) in [
        ("\u{430}dmin", "admin"),
        ("r\u{43e}\u{43e}t", "root"),
        ("\u{3bf}fficer", "officer"),
        ("targ\u{435}ts", "targets"),
        ("\u{455}napshot", "snapshot"),
        ("timest\u{251}mp", "timestamp"),
        ("\u{ff52}\u{ff4f}\u{ff4f}\u{ff54}", "root"),
        ("9f2\u{441}", "9f2c"),
        ("\u{ff10}\u{ff11}\u{ff12}", "012"),
        ("\u{1d7ce}\u{1d7cf}", "01"),
        ("\u{b2}\u{b9}\u{b3}", "213"),
        ("\u{660}\u{661}", "01"),
        ("\u{6f0}\u{6f1}", "01"),
        ("\u{966}", "0"),
        ("\u{399}", "I"),
        ("\u{406}", "I"),
        ("\u{4c0}", "l"),
        ("\u{1d5cb}oot", "root"),
        ("\u{24e1}oot", "root"),
        ("\u{13a1}", "R"),
        ("\u{212f}", "e"),
        ("\u{2113}", "l"),
        ("\u{2170}", "i"),
        ("PRODUCTI\u{41e}N", "PRODUCTION"),
        ("RE\u{2010}HEARSAL", "RE-HEARSAL"),
        ("a\u{2215}b", "a/b"),
        ("a\u{2044}b", "a/b"),
        ("a\u{ff0f}b", "a/b"),
        ("a\u{a0}b", "a b"),
        ("a\u{2007}b", "a b"),
        ("a\u{3000}b", "a b"),
        ("a\u{2003}b", "a b"),
        ("\u{2018}a\u{2019}", "'a'"),
        ("\u{201c}a\u{201d}", "\"a\""),
        ("a\u{ff1a}b", "a:b"),
        ("a\u{a789}b", "a:b"),
        ("\u{2024}\u{2024}", ".."),
        ("\u{ff0e}\u{ff0e}\u{ff0f}", "../"),
        ("\u{fe68}", "\\"),
        ("\u{ff3c}", "\\"),
        ("\u{2500}\u{2502}\u{250c}", "-|+"),
        ("\u{2588}\u{2588}", "  "),
    ] {
        add("confusable", fake.to_owned());
        add("confusable", format!("{fake} is not {true_one}"));
    }
    for text in [
        "\u{65e5}\u{672c}\u{8a9e}",
        "\u{ff21}\u{ff22}\u{ff23}",
        "\u{ac00}\u{b098}",
        "\u{1100}\u{1161}\u{11a8}",
        "\u{3042}\u{3044}",
        "\u{1f525}\u{1f525}",
        "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}",
        "\u{1f1e6}\u{1f1f9}",
        "\u{1f44d}\u{1f3fd}",
        "\u{2764}\u{fe0f}",
        "1\u{fe0f}\u{20e3}",
        "\u{fdfd}",
        "\u{1242b}",
        "\u{2e3b}",
        "\u{12031}",
        "\u{fdfa}",
        "\u{a9c5}",
        "\u{0bcc}",
    ] {
        add("wide", text.to_owned());
        add("wide", format!("{}|", text.repeat(30)));
        add("wide", format!("col {text} umn"));
    }
    for c in [
        0xe000u32, 0xf8ff, 0xf0000, 0xffffd, 0x10_0000, 0x10_fffd, 0xfdd0, 0xfdef, 0xfffe, 0xffff, 0x1_fffe,
        0x10_ffff, 0x378, 0x2fe0, 0x2028, 0x2029, 0x85,
    ] {
        if let Some(c) = char::from_u32(c) {
            add("no character", format!("p{c}q"));
            add("no character", format!("{c}"));
        }
    }
    for n in [79usize, 80, 81, 200, 279, 4_000, 60_000] {
        add("long", "A".repeat(n));
        add("long", format!("{}{}", "\u{1b}[2J", "B".repeat(n)));
        add("long", "w w ".repeat(n / 4));
        add("long", "\u{202e}".repeat(n.min(5_000)));
    }
    for text in [
        "a\nb",
        "a\r\nb",
        "a\rb",
        "\r\r\r",
        "a\tb",
        "\t\t\t\t\t\t\t\t\t\t\t",
        "a\u{8}\u{8}\u{8}b",
        "\u{8}",
        "password: \u{8}\u{8}\u{8}\u{8}",
        "a\u{b}b",
        "a\u{c}b",
        "\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
        "good\r\nFORGED verdict: accepted",
        "x\u{0}y",
        "\u{0}",
        "\u{1a}",
        "\u{4}",
        "error[none]: ok\nFORGED changed?  no",
    ] {
        add("line", text.to_owned());
        add("line", format!("{text}{text}end"));
    }
    for text in [
        "<script>alert(1)</script>",
        "</script><script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "<svg/onload=alert(1)>",
        "\"><b>",
        "'><b>",
        "\" onmouseover=\"alert(1)",
        "' onfocus='x",
        "</style><script>x</script>",
        "</title><h1>",
        "<!-- ",
        "-->",
        "<![CDATA[",
        "]]>",
        "<?php ?>",
        "&lt;b&gt;",
        "&#60;b&#62;",
        "&amp;lt;",
        "&#x202e;",
        "&NewLine;",
        "javascript:alert(1)",
        "data:text/html,<b>",
        "<a href=\"javascript:x\">",
        "<base href=//a.example>",
        "<meta http-equiv=refresh content=0>",
        "<link rel=stylesheet href=//a>",
        "<iframe src=//a>",
        "<form action=//a><input>",
        "<table><td>",
        "</td></tr></table>",
        "</main></body></html>",
        "<plaintext>",
        "<xmp>",
        "<textarea>",
        "<noscript><p title=\"</noscript><b>\">",
        "<math><mi//xlink:href=x>",
        "{{7*7}}",
        "${7*7}",
        "<%= 7 %>",
        "}*{display:none",
        "\\3c b\\3e",
        "expression(alert(1))",
        "url(http://a.example)",
        "@import 'a'",
        "<\u{0}script>",
        "<scr\u{ad}ipt>",
        "<\u{ff53}cript>",
        "\u{ff1c}script\u{ff1e}",
        "<IMG SRC=&#x6A;>",
        "<body onload=x>",
        "<style>@page{}</style>",
        "<p class=claimed>",
        "<span class=\"class device-signed\">device-signed</span>",
    ] {
        add("html", text.to_owned());
    }
    for text in [
        "# heading",
        "**bold**",
        "`code`",
        "[a](javascript:x)",
        "![a](http://a.example/x)",
        "| a | b |",
        "---",
        "> quote",
        "1. one",
        "<http://a.example>",
        "~~~\nx\n~~~",
        "```\n```",
        "[x]: http://a",
        "- [x] done",
        "$(touch x)",
        "`touch x`",
        "; rm -rf x",
        "| sh",
        "&& x",
        "%s%s%n",
        "%00",
        "../../../etc/passwd",
        "..\\..\\x",
        "/etc/passwd",
        "~root",
        "-rf",
        "--out=x",
        "C:\\x",
        "file:///etc/passwd",
        "CON",
        "a\\u{202e}b",
        "\\u{001b}[2J",
        "\\x1b[2J",
        "\\033[2J",
        "\\e[2J",
        "^[[2J",
        "\\",
        "\\\\",
        "\\n",
        "\"",
        "'",
        "null",
        "true",
        "NaN",
        "-0",
        "1e999",
        "0x10",
        "record lines: 0",
        "SAFE TO UNPLUG",
        "== REHEARSAL ==",
        "## PRODUCTION ##",
        "verdict: accepted",
        "(40 more)",
        "... (9 more)",
        " > PIN: _",
    ] {
        add("plain deceit", text.to_owned());
    }
    let mut seen = BTreeSet::new();
    all.retain(|(_, text)| seen.insert(text.clone()));
    all
}

/// Bytes that are no UTF-8, without `/` and NUL, so that they can name a file.
pub fn bytes() -> Vec<Vec<u8>> {
    let mut all: Vec<Vec<u8>> = (0x80u8..=0xff).step_by(5).map(|b| vec![b'n', b, b'm']).collect();
    for odd in [
        &b"\x9b2J"[..],
        b"\x9d0;t\x9c",
        b"\x90q\x9c",
        b"a\xc0\xaeb",
        b"\xe2\x80",
        b"\xed\xa0\x80",
        b"\xf4\x90\x80\x80",
        b"\xf8\x88\x80\x80\x80",
        b"\xff\xfea",
        b"\xfe\xff",
        b"ok\xe2\x80\xae\xff",
        b"\x1b[2J\xff",
        b"\xc2",
        b"\xf0\x9f\x94",
        b"\x80\x81\x82\x83",
    ] {
        all.push(odd.to_vec());
    }
    all
}
