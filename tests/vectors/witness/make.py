#!/usr/bin/env python3
"""Makes the witness vectors with Python's standard library and `cryptography`: run once, the output is committed.

    python3 make.py [FOLDER of transparency-dev/merkle's testdata/consistency]

Recursive as RFC 6962 section 2.1 states it; src/transcript/consistency.rs is iterative. The test keys are no secret."""
import base64, hashlib, json, pathlib, sys
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

here = pathlib.Path(__file__).parent
b64 = lambda data: base64.b64encode(data).decode()
sha = lambda data: hashlib.sha256(data).digest()

def root(d):
    if not d: return sha(b"")
    if len(d) == 1: return sha(b"\0" + d[0])
    k = 1 << (len(d) - 1).bit_length() - 1
    return sha(b"\1" + root(d[:k]) + root(d[k:]))

def proof(m, d):  # RFC 6962 2.1.2
    def sub(m, d, b):
        if m == len(d): return [] if b else [root(d)]
        k = 1 << (len(d) - 1).bit_length() - 1
        return sub(m, d[:k], b) + [root(d[k:])] if m <= k else sub(m - k, d[k:], False) + [root(d[:k])]
    return sub(m, d, True) if m else []

# Consistency: the eight leaves of the Certificate Transparency implementations, every pair of sizes.
leaves = [bytes.fromhex(h) for h in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")]
cases = []
for n in range(1, 9):
    for m in range(0, n + 1):
        cases.append(("good", m, root(leaves[:m]), n, root(leaves[:n]), proof(m, leaves[:n])))
        if proof(m, leaves[:n]):
            cases.append(("bad", m, root(leaves[:m]), n, root(leaves[:n]), proof(m, leaves[:n])[::-1] + [sha(b"x")]))
            cases.append(("bad", m, root(leaves[:m]), n, root(leaves[:n]), []))
text = ["# verdict, old size, old root, new size, new root, proof; made by make.py"]
text += [" ".join([v, str(m), r.hex(), str(n), q.hex(), *(p.hex() for p in path)]) for v, m, r, n, q, path in cases]
if len(sys.argv) > 1:
    text.append("# transparency-dev/merkle (Apache-2.0), testdata/consistency")
    for path in sorted(pathlib.Path(sys.argv[1]).rglob("*.json")):
        case = json.loads(path.read_text())
        hexed = lambda name: base64.b64decode(case[name] or "").hex()
        nodes = [base64.b64decode(p).hex() for p in case["proof"] or []]
        if all(len(h) == 64 for h in [hexed("root1"), hexed("root2"), *nodes]):
            text.append(" ".join(["bad" if case["wantErr"] else "good", str(case["size1"]), hexed("root1"), str(case["size2"]), hexed("root2"), *nodes]))
(here / "consistency.txt").write_text("\n".join(dict.fromkeys(text)) + "\n")

# A witness that has cosigned 10 lines is asked for 23.
origin = "rehearsal/example/vienna/" + sha(b"a record").hex()
lines = [b"line %d" % n for n in range(23)]
def vkey(name, kind, key):
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    keyid = sha(name.encode() + b"\n" + bytes([kind]) + raw)[:4]
    return keyid, f"{name}+{keyid.hex()}+{b64(bytes([kind]) + raw)}"
log, witness = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (1, 2))
(log_id, log_vkey), (own_id, own_vkey) = vkey(origin, 1, log), vkey("w1.example", 4, witness)
def body(size): return f"{origin}\n{size}\n{b64(root(lines[:size]))}\n"
def by_log(size): return f"\u2014 {origin} {b64(log_id + log.sign(body(size).encode()))}\n"
def by_witness(size, time):
    signed = witness.sign(f"cosignature/v1\ntime {time}\n{body(size)}".encode())
    return f"\u2014 w1.example {b64(own_id + time.to_bytes(8, 'big') + signed)}\n"
def state(size, time):
    text = f"tuf-ceremony witness state v0\nwitness {own_vkey}\nlog {log_vkey}\nsize {size}\nroot {b64(root(lines[:size]))}\n"
    text += by_log(size) + by_witness(size, time)
    return text + f"sha256 {sha(text.encode()).hex()}\n"
old = "".join(f"{b64(node)}\n" for node in proof(10, lines))
for name, text in (("add-checkpoint", f"old 10\n{old}\n{body(23)}\n{by_log(23)}"), ("cosignature", by_witness(23, 1795000000)),
                   ("before", state(10, 1794999000)), ("after", state(23, 1795000000)),
                   ("log.vkey", log_vkey + "\n"), ("witness.vkey", own_vkey + "\n")):
    (here / name).write_text(text)
