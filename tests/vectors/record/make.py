#!/usr/bin/env python3
"""Makes the vectors of docs/transcript-format.md, with nothing but Python's standard library: a whole record in which every
type stands at least once, and records with one sin each, named by the code that a reader gives it. Around every sin number
and chain are made anew, so that it is the only one, unless the sin is in the chain itself. Run here; the output is committed.
Bodies are examples of their family, not a ceremony that happened: who re-executes them finds that."""
import hashlib, json, pathlib

ROOT = "25de" * 16
BODIES = [
    ("open", "", "machine", {"input": {"open": {"engine": 1, "kind": "rehearsal"}}}),
    ("answer", "", "administrator", {"input": {"answer": {"begin": {"typed": "begin"}}}}),
    ("step", "open.1", "engine", {"do": "roll-call", "headline": "Roll call"}),
    ("compared", "open.2", "engine", {"agrees": True, "difference_s": 0, "machine": "2027-03-01T09:12:14Z", "typed": "2027-03-01T09:12:00Z", "what": "clock"}),
    ("outcome", "open.2", "machine", {"input": {"outcome": {"effect": 1, "outcome": {"cards": []}}}}),
    ("credential", "set.1", "engine", {"credential": "signer password", "proven": True, "token": "yubi-a"}),
    ("intended", "make.1", "engine", {"effect": {"id": 2, "what": {"lock": {"token": "token-a"}}}}),
    ("recovered", "make.1", "engine", {"effect": 2, "found": "nothing"}),
    ("waived", "make.1", "engine", {"because": "a rehearsal of the old drawer", "claim": "firmware-floor", "firmware": "2.1.2", "token": "yubi-a"}),
    ("key", "make.1", "engine", {"accepted": True, "algorithm": "ecdsa-p256", "name": "root-a", "token": "token-a"}),
    ("attested", "make.2", "engine", {"failed": "", "firmware": "2.4.0", "key": "root-a", "open": "", "passed": "public-key", "verdict": "rehearsal", "waived": ""}),
    ("proven", "make.3", "engine", {"key": "root-a"}),
    ("attester", "make.4", "engine", {"attester": "audit-olga", "person": "Olga", "role": "officer", "seat": 1, "token": "card-olga", "vkey": "example/audit-olga+70a5743a+AjBZ"}),
    ("declined", "make.5", "engine", {"absent": False, "attester": "audit-wim", "because": "he wants to read it at leisure", "person": "Wim", "role": "witness", "seat": 1, "what": "enrolment"}),
    ("countersigned", "make.6", "engine", {"attester": "audit-olga", "line": "\u2014 example/audit-olga cKV0OjBG", "root": ROOT, "size": 15}),
    ("recorded", "bag.1", "engine", {"item": "token-a", "number": "TEB 5101", "person": "Olga"}),
    ("break", "rest.1", "engine", {"items": [{"item": "token-a", "number": "TEB 5101", "person": "Olga"}], "root": ROOT, "size": 17, "source": "paper"}),
    ("resume", "rest.1", "machine", {"input": {"resume": {"engine": 1}}}),
    ("differed", "rest.2", "engine", {"because": "the bag tore", "by": "officer", "found": "TEB 6666", "item": "token-a", "quorum": 2, "recorded": "TEB 5101"}),
    ("back", "rest.2", "engine", {"deviations": 1, "people": 4}),
    ("superseded", "root.1", "engine", {"because": "the machine was lost", "by": "officer", "earlier": ROOT, "metadata": "root", "payload": ROOT, "quorum": 2, "version": 3}),
    ("composed", "root.1", "engine", {"length": 2706, "metadata": "root", "payload": ROOT}),
    ("transition", "root.1", "engine", {"changes": [{"change": "refresh", "reason": ""}], "notes": [], "trusted": 2}),
    ("frozen", "root.1", "engine", {"metadata": "root", "payload": ROOT}),
    ("reviewed", "root.2", "engine", {"metadata": "root", "payload": ROOT}),
    ("locked", "root.3", "engine", {"metadata": "root", "what": "words"}),
    ("note", "root.3", "administrator", {"input": {"note": {"by": "Olga", "decided": "go on", "expected": "the words", "happened": "she misheard: \"b\u00e9ryl\" \u2260 beryl \U0001f50a"}}}),
    ("signed", "root.4", "engine", {"have": 1, "keyid": ROOT, "metadata": "root", "need": 1, "payload": ROOT}),
    ("complete", "root.4", "engine", {"metadata": "root", "payload": ROOT}),
    ("device-log", "log.1", "engine", {"boots": 1, "commands": 19, "entries": 19, "missing": "", "token": "yubi-a", "unexplained": ""}),
    ("retired", "log.2", "engine", {"token": "yubi-a"}),
    ("storage", "log.2", "machine", {"input": {"storage": {"code": "storage-failed", "copy": "mirror", "meaning": "writing ceremony.jsonl: Input/output error (os error 5)"}}}),
    ("client-verdicts", "out.1", "engine", {"about": [], "clients": [], "phase": "signed", "profile": "hardware-default"}),
    ("gate-failed", "out.1", "engine", {"verdict": "refused"}),
    ("abort", "out.1", "administrator", {"input": {"abort": {"why": "a client refuses"}}}),
    ("pause", "out.1", "administrator", {"input": {"pause": {"why": "lunch"}}}),
    ("gate", "out.2", "engine", {"summary": "1.root.json", "verdict": "accepted"}),
    ("exported", "out.2", "engine", {"files": [{"length": 2706, "path": "metadata/1.root.json", "sha256": ROOT}], "mounted": "anew", "read": "direct", "released": "unmounted"}),
    ("agreed", "out.2", "engine", {"keys": "root-a targets-a", "payloads": ROOT + " " + ROOT, "steps": "sign.1 sign.2"}),
    ("machine", "out.2", "machine", {"input": {"machine": {"devices": [{"id": "046d:c31c", "kind": "input", "name": "USB Keyboard", "place": "usb 1-2"}], "findings": []}}}),
    ("halted", "out.2", "engine", {"because": ["unlisted-device: input 046d:c31c at usb 1-2 (USB Keyboard)"]}),
    ("accepted", "out.2", "witness", {"input": {"accept": {"by": "Wim", "device": "046d:c31c", "why": "the old keyboard broke"}}}),
    ("thawed", "out.2", "engine", {}),
    ("close", "out.3", "engine", {"records": 44}),
]


def dumps(record):
    return json.dumps(record, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def envelope(kind, step, who, body):
    return {"v": 1, "boot": "00112233445566778899aabbccddeeff", "type": kind, "step": step, "who": who, "body": body}


def chained(records, number=True, spell=dumps):
    """Lines with number, chain and times around these records."""
    prev = ceremony = "0" * 64
    lines = []
    for seq, record in enumerate(records):
        stamp = {"prev": prev, "ceremony": ceremony, "seq": seq, "t_mono_ms": 1000 * seq, "t_wall": "2027-03-01T09:%02d:%02dZ" % divmod(seq, 60)}
        line = spell(stamp | record) if number else dumps(record | stamp)
        lines.append(line)
        prev = hashlib.sha256(line.encode()).hexdigest()
        ceremony = prev if seq == 0 else ceremony
    return lines


def at(n, change, records=None):
    """The record with one record changed, and the chain made anew."""
    records = [dict(r) for r in records or SHORT]
    change(records[n])
    return chained(records)


def spelled(n, change):
    """The record with one line spelled in another way, and the chain made anew."""
    def spell(record):
        return change(dumps(record)) if record["seq"] == n else dumps(record)
    return chained(SHORT, spell=spell)


GOOD = [envelope(*row) for row in BODIES]
assert len({row[0] for row in BODIES}) == len(BODIES)
SHORT = GOOD[:6] + [GOOD[26], GOOD[-1]]
LINES = chained(SHORT)
WHOLE = "".join(line + "\n" for line in LINES)


def text(lines):
    return "".join(line + "\n" for line in lines)


FILES = {
    "good--every-type": text(chained(GOOD)),
    "good--two-lines": text(chained([GOOD[0], GOOD[-1]])),
    "line-version--v0": text(at(3, lambda r: r.update(v=0))),
    "line-version--v2": text(at(3, lambda r: r.update(v=2))),
    "line-version--text": text(at(3, lambda r: r.update(v="1"))),
    "line-version--true": text(at(3, lambda r: r.update(v=True))),
    "line-version--none": text(at(3, lambda r: r.pop("v"))),
    "line-type--of-tomorrow": text(at(3, lambda r: r.update(type="witnessed"))),
    "line-type--upper-case": text(at(3, lambda r: r.update(type="Compared"))),
    "line-type--empty": text(at(3, lambda r: r.update(type=""))),
    "line-keys--one-more": text(at(3, lambda r: r.update(note="x"))),
    "line-keys--one-less": text(at(3, lambda r: r.pop("who"))),
    "line-keys--an-array": text(spelled(3, lambda line: "[1]")),
    "line-not-json--key-twice": text(spelled(3, lambda line: line.replace('"agrees":true', '"agrees":false,"agrees":true'))),
    "line-not-json--float": text(spelled(3, lambda line: line.replace('"difference_s":0', '"difference_s":0.0'))),
    "line-not-json--cut": text(spelled(3, lambda line: line[:-1])),
    "line-not-json--empty-line": text(LINES[:3] + [""] + LINES[3:]),
    "line-not-canonical--space": text(spelled(3, lambda line: line.replace(":", ": ", 1))),
    "line-not-canonical--order": text(spelled(3, lambda line: '{"who"' + line.split(',"who"')[1][:-1] + "," + line.split(',"who"')[0][1:] + "}")),
    "line-not-canonical--escape": text(spelled(6, lambda line: line.replace("go on", "go\\u0020on"))),
    "line-not-canonical--hex": text(spelled(6, lambda line: line.replace("\\u00e9", "\\u00E9"))),
    "line-not-ascii--raw": text(spelled(6, lambda line: line.replace("\\u00e9", "\u00e9"))),
    "line-not-ascii--crlf": text([line + "\r" for line in LINES]),
    "line-too-long--body": text(at(6, lambda r: r.update(body={"text": "x" * 65535}))),
    "seq-gap--dropped": text(LINES[:5] + LINES[6:]),
    "seq-gap--swapped": text(LINES[:5] + [LINES[6], LINES[5]] + LINES[7:]),
    "seq-gap--doubled": text(LINES[:6] + LINES[5:]),
    "prev-mismatch--edited": text(LINES[:5] + [LINES[5].replace("yubi-a", "yubi-b")] + LINES[6:]),
    "ceremony-mismatch--another": text(LINES[:2] + [LINES[2].replace(json.loads(LINES[2])["ceremony"], "0" * 64)]),
    "open-misplaced--twice": text(chained([GOOD[0], GOOD[0], GOOD[-1]])),
    "open-misplaced--not-first": text(chained([GOOD[1], GOOD[-1]])),
    "line-after-close--a-note": text(chained([GOOD[0], GOOD[-1], SHORT[6]])),
    "missing-lf--at-the-end": WHOLE[:-1],
    "torn-tail--cut": WHOLE[:-40],
    "record-empty--nothing": "",
}
for old in pathlib.Path(".").glob("*.jsonl"):
    old.unlink()
for name, whole in FILES.items():
    pathlib.Path(name + ".jsonl").write_text(whole, encoding="utf-8", newline="")
