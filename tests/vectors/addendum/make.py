#!/usr/bin/env python3
"""Makes the vectors of docs/addendum-format.md with Python's standard library and openssl, and no code of the program. Run
here; the output is committed. Keys follow from names, so that a second run gives the same bytes."""
import base64, hashlib, os, pathlib, subprocess, tempfile

PKCS8, SPKI = bytes.fromhex("302e020100300506032b657004220420"), bytes.fromhex("302a300506032b6570032100")  # RFC 8410


class Seat:
    def __init__(self, name):
        self.name, self.der = name, PKCS8 + hashlib.sha256(name.encode()).digest()
        self.raw = self.openssl("pkey", "-inform", "DER", "-in", "KEY", "-pubout", "-outform", "DER")[len(SPKI):]
        self.id = hashlib.sha256(name.encode() + b"\n\1" + self.raw).digest()[:4]

    def openssl(self, *args, data=b""):
        with tempfile.TemporaryDirectory() as folder:
            for name, content in ("KEY", self.der), ("TEXT", data):
                pathlib.Path(folder, name).write_bytes(content)
            return subprocess.run(("openssl", *args), cwd=folder, check=True, capture_output=True).stdout

    def vkey(self):
        return f"{self.name}+{self.id.hex()}+{base64.b64encode(bytes([1]) + self.raw).decode()}"

    def line(self, text):
        signature = self.openssl("pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", "KEY", "-in", "TEXT", data=text.encode())
        return f"\u2014 {self.name} {base64.b64encode(self.id + signature).decode()}\n"


olga, otto, mallory = Seat("example/audit-olga"), Seat("example/audit-otto"), Seat("example/mallory")
head = "example/vienna/2bce959ad639afd39c5929f37c7d489579c808eadbcad5ba74c55fdc70f0dd06 52 Y+h8RomaGxwo9v3L7+xynxHLytf1p0IgkZN5rsCgLOk="
scan, video = b"a scan of the paper script, with initials\n", b"a video of the room\n" * 40
bound = lambda name, data: f"file {len(data)} {hashlib.sha256(data).hexdigest()} {name}\n"
files = bound("paper-script.pdf", scan) + bound("room-camera-1.mkv", video)
text = f"tuf-ceremony addendum v1\ncheckpoint {head}\n{files}"
both = lambda text: text + "\n" + olga.line(text) + otto.line(text)
notes = {
    "good--both-seats": both(text),
    "good--one-seat": text + "\n" + otto.line(text),
    "good--and-somebody-unknown": text + "\n" + olga.line(text) + mallory.line(text),
    "addendum-unsigned--nobody": text + "\n",
    "addendum-unsigned--somebody-unknown": text + "\n" + mallory.line(text),
    "addendum-other-record--another-size": both(text.replace(" 52 ", " 51 ")),
    "addendum-other-record--another-ceremony": both(text.replace("2bce", "2bcf")),
    "file-swapped--another-scan": both(text.replace(bound("paper-script.pdf", scan), bound("paper-script.pdf", scan + b"?"))),
    "file-added--one-not-bound": both(text.replace(bound("room-camera-1.mkv", video), "")),
    "signature-forged--over-other-text": text + "\n" + olga.line(text) + otto.line(text.replace("52", "53")),
    "signature-forged--otto-for-olga": text + "\n" + otto.line(text) + f"\u2014 {olga.name} {base64.b64encode(olga.id + bytes(64)).decode()}\n",
    "addendum-form--v2": both(text.replace(" v1\n", " v2\n")),
    "addendum-form--another-order": both(text.replace(files, bound("room-camera-1.mkv", video) + bound("paper-script.pdf", scan))),
    "addendum-form--a-name-twice": both(text.replace(files, bound("paper-script.pdf", scan) * 2)),
    "addendum-form--a-name-twice-in-upper-case": both(text.replace(files, bound("PAPER-SCRIPT.pdf", scan) + bound("paper-script.pdf", scan))),
    "addendum-form--a-path": both(text.replace("paper-script.pdf", "../paper-script.pdf")),
    "addendum-form--a-hidden-name": both(text.replace("paper-script.pdf", ".paper-script.pdf")),
    "addendum-form--a-turned-name": both(text.replace("paper-script.pdf", "paper-\u202efdp.exe")),
    "addendum-form--an-empty-file": both(text.replace(bound("paper-script.pdf", scan), bound("paper-script.pdf", b""))),
    "addendum-form--no-file": both(text.replace(files, "")),
    "addendum-form--a-line-more": both(text + "note he was late\n"),
    "addendum-form--crlf": both(text).replace("\n", "\r\n"),
    "addendum-form--no-empty-line": text,
    "addendum-form--one-line-twice": text + "\n" + olga.line(text) * 2,
    "addendum-form--nothing": "",
}
for old in pathlib.Path(".").glob("*.addendum"):
    old.unlink()
for name, note in notes.items():
    pathlib.Path(name + ".addendum").write_text(note, encoding="utf-8", newline="")
pathlib.Path("checkpoint").write_text(head + "\n")
pathlib.Path("olga.vkey").write_text(olga.vkey() + "\n")
pathlib.Path("otto.vkey").write_text(otto.vkey() + "\n")
os.makedirs("beside", exist_ok=True)
pathlib.Path("beside/paper-script.pdf").write_bytes(scan)
pathlib.Path("beside/room-camera-1.mkv").write_bytes(video)
