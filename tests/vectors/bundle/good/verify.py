#!/usr/bin/env python3
"""Second verifier of a key ceremony's bundle: python3 verify.py BUNDLE_DIR (docs/bundle-format.md). Standard library and `openssl` 3
alone; re-executes nothing: `tuf-ceremony verify` does. Run the release's copy of this file, never the one in the bundle."""
import base64, hashlib, json, os, pathlib, re, stat, subprocess, sys, tempfile
ED25519, KEYS = bytes.fromhex("302a300506032b6570032100"), "body boot ceremony prev seq step t_mono_ms t_wall type v who"  # RFC 8410
TYPES = "open resume answer outcome note storage pause abort step intended recovered key credential recorded differed break back superseded waived attested device-log retired composed transition frozen reviewed compared locked proven attester countersigned declined signed complete client-verdicts gate exported gate-failed close machine accepted halted thawed agreed"  # of version 1; another is not passed over
sha, b64 = (lambda data: hashlib.sha256(data).hexdigest()), (lambda data: base64.b64encode(data).decode())
def need(holds, otherwise):
    if not holds: raise ValueError(otherwise)
def load(folder):  # path -> bytes; plain files only, no links
    found = [(path, path.lstat()) for path in pathlib.Path(folder).rglob("*") if path.is_symlink() or not path.is_dir()]
    for path, info in found: need(stat.S_ISREG(info.st_mode) and info.st_nlink == 1 and info.st_size <= 64 << 20, f"{path} is no plain file")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path, _ in found}
def unique(pairs): need(len(dict(pairs)) == len(pairs), "a key twice"); return dict(pairs)  # JSON without that, nor floats (int refuses)
def parse(data): return json.loads(data.decode(), object_pairs_hook=unique, parse_float=int, parse_constant=int)
def verified(spki, message, signature):  # Ed25519; ECDSA in DER on P-256 with SHA-256, P-384 with SHA-384; RSA-PSS with SHA-256
    pss = "-sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:32".split() * (len(spki) > 120)  # RFC 8017 section 8.1
    with tempfile.TemporaryDirectory() as d:
        key, text, sig = names = [os.path.join(d, name) for name in ("key", "text", "sig")]
        for name, data in zip(names, (spki, message, signature)): open(name, "wb").write(data)
        ed = ["pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin", "-in", text, "-sigfile", sig]
        ec = ["dgst", "-sha384" if len(spki) == 120 else "-sha256", *pss, "-keyform", "DER", "-verify", key, "-signature", sig, text]
        return not subprocess.run(["openssl"] + (ed if spki.startswith(ED25519) else ec), capture_output=True).returncode
def merkle(lines):  # RFC 6962 section 2.1; half: the largest power of two below the number of lines
    if len(lines) == 1: return hashlib.sha256(b"\0" + lines[0]).digest()
    half = 1 << (len(lines) - 1).bit_length() - 1; return hashlib.sha256(b"\1" + merkle(lines[:half]) + merkle(lines[half:])).digest()
def note(data):  # C2SP signed-note -> text, {(key name, key id): signature}
    text, _, tail = data.decode().rpartition("\n\n"); found = [re.fullmatch("\u2014 ([!-*,-~]+) ([A-Za-z0-9+/]+=*)", line).groups() for line in tail.removesuffix("\n").split("\n")]
    lines = {(name, base64.b64decode(blob)[:4]): base64.b64decode(blob)[4:] for name, blob in found}
    need(tail.endswith("\n") and len(lines) == len(found) and all(b64(base64.b64decode(blob)) == blob for _, blob in found), "not a signed note"); return text + "\n", lines
def vkey(spki): need(spki[:12] == ED25519, "not an Ed25519 key"); return hashlib.sha256(f"{origin}\n\1".encode() + spki[12:]).digest()[:4]
def head(size): return f"{origin}\n{size}\n{b64(merkle(lines[:size]))}\n"  # C2SP tlog-checkpoint
def canonical():  # the first of the checks: each raises when it does not hold
    for n, (line, record) in enumerate(zip(lines, records)): need(json.dumps(record, sort_keys=True, separators=(",", ":")).encode() == line and len(line) <= 65535 and " ".join(record) == KEYS and repr(record["v"]) == "1" and record["type"] in TYPES.split(" "), f"record {n}")
def chain():
    prev = ceremony = "0" * 64
    for n, (line, record) in enumerate(zip(lines, records)): need(repr([record[key] for key in ("seq", "prev", "ceremony")]) == repr([n, prev, ceremony]), f"record {n}"); prev, ceremony = sha(line), sha(lines[0])
    need([n for n, record in enumerate(records) if record["type"] == "open"] == [0] and not torn, "`open`, or the last LF")
def root():
    need(note(files["checkpoint"])[0] == head(len(lines)), "checkpoint")
    for n, gate in gates: need(gate["size"] == n and gate["root"] == merkle(lines[:n]).hex() and note(gate["note"].encode())[0] == head(n), f"record {n}")  # over exactly the lines before it
def signatures():
    for n, data in [(n, gate["note"].encode()) for n, gate in gates] + [(len(lines), files["checkpoint"])]:
        spki, (text, found) = [key for at, key in runs if at <= n][-1], note(data); need(verified(spki, text.encode(), found.get((origin, vkey(spki)), b"")), f"checkpoint at {n}")
    for path, (text, found) in [(f"checkpoints/{gate['size']}", note(gate["note"].encode())) for _, gate in gates]: need(note(files[path])[0] == text and found.items() <= note(files[path])[1].items(), path)  # cosignatures may come later
def quorum():  # C2SP tlog-policy: the log key of each run, the script's witnesses; who cosigned is counted, a quorum that is missing is said
    section = toml().get("witnesses", {}) if b"[witnesses]" in files["script.toml"] else {}; keys = [key.split("+", 2) for key in section.get("keys", [])]
    group = f"group quorum {section['quorum']} {' '.join(w[0] for w in keys)}\nquorum quorum\n" if keys else "quorum none\n"
    policy = [f"log {origin}+{vkey(spki).hex()}+{b64(bytes([1]) + spki[12:])}\n" for _, spki in runs] + [f"witness {w[0]} {'+'.join(w)}\n" for w in keys]
    need(files["policy"].decode() == "".join(policy) + group and len({w[2] for w in keys}) == len(keys), "policy is not the record's and the script's")
    for path, (text, found) in [(path, note(files[path])) for path in sorted(files)[::-1] if path.startswith("checkpoint")]:  # the final one last
        own = [(base64.b64decode(w[2])[1:], found[w[0], bytes.fromhex(w[1])]) for w in keys if (w[0], bytes.fromhex(w[1])) in found]
        for raw, sig in own: need(verified(ED25519 + raw, f"cosignature/v1\ntime {int.from_bytes(sig[:8], 'big')}\n{text}".encode(), sig[8:]), path)
    return f": {len(own)} of {len(keys)} witnesses cosigned; {group.split()[1]} {group.split()[2]}" if keys else ""
def toml(): import tomllib; return tomllib.loads(files["script.toml"].decode())  # Python 3.11, where there are approvals or witnesses
def close(): need([n for n, record in enumerate(records) if record["type"] == "close"] == [len(lines) - 1], "not closed")
def approvals():  # a signed note over exactly this script, by a quorum of those whom it lists (docs/approval-format.md)
    if kind != "production" and "approvals" not in files and "approvals" not in inputs[0][2]: return  # a rehearsal needs none
    pin, script, (text, found), said = inputs[0][2]["approvals"], files["script.toml"], note(files["approvals"]), toml()
    want = f"ceremony {said['ceremony']}", f"kind {kind}", f"origin {'/'.join(names)}", ""
    listed = [(name, bytes.fromhex(hint), base64.b64decode(key)) for name, hint, key in (line.split("+", 2) for line in said["approvals"]["keys"])]
    keys = {(name, hint): ED25519 * (key[0] == 1) + key[1:] for name, hint, key in listed}
    need(text == "\n".join(("tuf-ceremony approval v1", f"script {sha(script)}", f"length {len(script)}", *want)) and said["kind"] == kind, "over another script"); by = {keys[of] for of, sig in found.items() if verified(keys[of], text.encode(), sig)}
    need((pin["sha256"], pin["len"]) == (sha(files["approvals"]), len(files["approvals"])), "not pinned by the first record"); need(7 + len(by) == files["approvals"].count(b"\n") and len(by) >= said["approvals"]["quorum"] > 0, "not a quorum's signatures")
def bindings():
    exported = {f["path"]: (f["sha256"], f["length"]) for f in [r for r in records if r["type"] == "exported"][-1]["body"]["files"]}; seal = {"SHA256SUMS", "ceremony.jsonl", "checkpoint", "policy"} | {f"checkpoints/{gate['size']}" for _, gate in gates}
    for path in exported | files: need(path in seal or exported.get(path) == (sha(files[path]), len(files[path])), path)
    need(files["SHA256SUMS"].decode() == "".join(f"{sha(files[path])}  {path}\n" for path in sorted(files) if not path.startswith("checkpoint") and path != "SHA256SUMS"), "SHA256SUMS")
def olpc(x):  # the bytes that TUF signatures are over
    if isinstance(x, dict): return "{" + ",".join(olpc(key) + ":" + olpc(x[key]) for key in sorted(x)) + "}"
    return "[" + ",".join(map(olpc, x)) + "]" if isinstance(x, list) else '"' + x.replace("\\", "\\\\").replace('"', '\\"') + '"' if isinstance(x, str) else json.dumps(x)
def count(path, doc, by, role):  # distinct public keys of `role`, listed in `by`, that signed; TUF 1.0.34 sections 5.3.4, 5.6.3
    sigs, keys = {s["keyid"]: s["sig"] for s in doc["signatures"]}, set()
    for keyid in (keyid for keyid in role["keyids"] if sigs.get(keyid)):
        key, text = by["keys"][keyid], by["keys"][keyid]["keyval"]["public"]; spki = ED25519 + bytes.fromhex(text) if key["keytype"] == "ed25519" else base64.b64decode("".join(text.split("\n")[1:-2]))
        need(sha(olpc(key).encode()) == keyid and len(spki) in (44, 91, 120, 294, 422, 550), f"{path}: key {keyid}"); keys.add(spki)
        need(verified(spki, olpc(doc["signed"]).encode(), bytes.fromhex(sigs[keyid])), f"{path}: signature of {keyid}")
    need(len(keys) >= role["threshold"] > 0 and len(sigs) == len(doc["signatures"]), f"{path}: {len(keys)} of {role['threshold']}")
def thresholds():  # of metadata/, by root or by who delegates; what a succession starts from is among the inputs
    given = {f"metadata/{f['path'].split('/')[-1]}": files[f"blobs/{f['sha256']}"] for f in inputs[0][2]["inputs"] if re.search("(^|/)[0-9]+[.][^/]+[.]json$", f["path"]) and sha(files[f"blobs/{f['sha256']}"]) == f["sha256"]}
    docs = {path: parse(data) for path, data in (given | files).items() if path.startswith("metadata/")}
    roots = {doc["signed"]["version"]: doc["signed"] for doc in docs.values() if doc["signed"]["_type"] == "root"}
    down = {path.split(".", 1)[1]: doc["signed"].get("delegations", {}) for path, doc in docs.items()}.values()  # a file made here wins
    for path, doc in [(path, doc) for path, doc in docs.items() if path in files or doc["signed"]["_type"] == "root"]:
        kind, version = doc["signed"]["_type"], doc["signed"]["version"]; at, name = [str(version)] * (kind == "timestamp") + path[9:-5].split(".", 1)
        need(at == str(version) and (name == kind or kind == "targets" and name not in roots[max(roots)]["roles"]), f"{path}: holds {kind} {version}")
        by = [(d, r) for d in down for r in d.get("roles", [d.get("succinct_roles", {})]) if name == r.get("name") or name.startswith(r.get("name_prefix", "/") + "-")]
        if name == kind: by = [(roots[v], roots[v]["roles"][kind]) for v in ([version - 1, version][version == 1 or version == min(roots) and path not in files:] if kind == "root" else [max(roots)])]
        need(by, f"{path}: nobody delegates to it"); [count(path, doc, d, r) for d, r in by]
try:  # the bundle is read once, then every check runs
    files, failed = load(sys.argv[1]), False; *lines, torn = files["ceremony.jsonl"].split(b"\n"); records = [parse(line) for line in lines]
    inputs = [(n, r["type"], r["body"]["input"][r["type"]]) for n, r in enumerate(records) if r["type"] in ("open", "resume", "outcome")]
    runs = [(n, bytes.fromhex(it["log_key"])) for n, kind, it in inputs if kind != "outcome"]
    gates = [(n, it["outcome"]["checkpoint"]) for n, kind, it in inputs if kind == "outcome" and "checkpoint" in it["outcome"]]
    kind, *names = (inputs[0][2][key] for key in ("kind", "organisation", "site")); origin = "/".join(["rehearsal"] * (kind != "production") + names + [sha(lines[0])])
except Exception as why: sys.exit(f"FAIL  the record cannot be read: {str(why)!a}")
for check in canonical, chain, root, signatures, quorum, close, approvals, bindings, thresholds:
    try: print(f"ok    {check.__name__}{check() or ''}")
    except Exception as why: failed = True; print(f"FAIL  {check.__name__}: {str(why)!a}")
print(f"{'NOT GOOD' if failed else 'good'} as far as this goes: {origin}, {len(lines)} records; not re-executed"); sys.exit(failed)
