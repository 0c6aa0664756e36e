#!/usr/bin/env python3
"""Makes python.jsonl: a record written by nothing but Python's standard library.

Run once; the output is committed. tests/transcript_lines.rs reads it and writes
every line again. The texts are chosen to be hard for an encoder."""
import hashlib, json, random

rng = random.Random(6962)
TEXTS = ["", "plain", "\"\\/", "\b\f\n\r\t", "\x00\x1f\x7f", "\u00e9\u20ac\ud7ff\ue000", "\U0001f600\U0010ffff",
         "\u2028\u2029\u202e", "</script>", "a" * 300]
KINDS = ["resume", "answer", "outcome", "note", "pause", "abort", "step", "intended", "key", "composed", "frozen",
         "reviewed", "compared", "locked", "proven", "signed", "complete", "gate", "exported", "gate-failed"]

def value(depth):
    pick = rng.randrange(6 if depth else 3)
    if pick == 0:
        return rng.choice(TEXTS)
    if pick == 1:
        return rng.choice([0, 1, -1, 10, 2**53 - 1, -(2**53 - 1), rng.randrange(2**53)])
    if pick == 2:
        return rng.random() < 0.5
    if pick < 5:
        return body(depth - 1)
    return [value(depth - 1) for _ in range(rng.randrange(4))]

def body(depth):
    keys = ["a", "b_2", "0", "_", "z" * 32, "aa", "a_", "a0"]
    return {k: value(depth) for k in rng.sample(keys, rng.randrange(5))}

def dumps(obj):
    return json.dumps(obj, sort_keys=True, separators=(",", ":"), ensure_ascii=True)

prev = ceremony = "0" * 64
kinds = ["open"] + KINDS + [rng.choice(KINDS) for _ in range(30)] + ["close"]
with open("python.jsonl", "w", encoding="ascii", newline="\n") as out:
    for seq, kind in enumerate(kinds):
        line = dumps({
            "v": 1, "seq": seq, "prev": prev, "ceremony": ceremony, "boot": "00112233445566778899aabbccddeeff",
            "t_wall": "2026-11-22T15:%02d:%02dZ" % divmod(seq, 60), "t_mono_ms": seq * 1234567, "type": kind,
            "step": rng.choice(["", "admit.1", "say \"yes\""]), "who": rng.choice(["", "officer-a"]), "body": body(4)})
        out.write(line + "\n")
        prev = hashlib.sha256(line.encode()).hexdigest()
        ceremony = prev if seq == 0 else ceremony
def root(leaves):
    if len(leaves) == 1:
        return hashlib.sha256(b"\0" + leaves[0]).digest()
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()
lines = open("python.jsonl", "rb").read().split(b"\n")[:-1]
with open("python.head", "w", encoding="ascii", newline="\n") as out:
    out.write("%d\n%s\n%s\n%s\n" % (len(lines), root(lines).hex(), prev, ceremony))
