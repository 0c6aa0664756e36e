#!/usr/bin/env python3
"""Writes repositories that TUF clients disagree about: one folder a case.

    generate.py NEW_FOLDER

Each case is a small sin against, or a corner of, the format: key kinds, keyids,
signatures, dates, versions, numbers, names, chains, limits. Keys come from
fixed seeds, RSA from a checked-in test key, so that a case is the same on every
run (salts of RSA-PSS excepted). Shares no code with tuf-ceremony: canonical
JSON, keyids and signatures are written here once more.
cases.json lists {"name", "group"} in order.
"""

import copy
import hashlib
import json
import sys
from pathlib import Path

import rows
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils

HERE = Path(__file__).resolve().parent
FAR, PAST = "2099-01-01T00:00:00Z", "2020-01-01T00:00:00Z"
CONTENT = b"hello\n"
ROLES = ("root", "timestamp", "snapshot", "targets")


def canonical(value):
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, (int, float)):
        return json.dumps(value)
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, list):
        return "[" + ",".join(canonical(v) for v in value) + "]"
    return "{" + ",".join(canonical(k) + ":" + canonical(value[k]) for k in sorted(value)) + "}"


def keyid_of(key):
    return hashlib.sha256(canonical(key).encode()).hexdigest()


def pem(public):
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return public.public_bytes(serialization.Encoding.PEM, form).decode()


class Signer:
    """A key, the object that a root lists for it, and how it signs."""

    def __init__(self, kind, seed):
        self.kind = kind
        number = int.from_bytes(hashlib.sha256(f"{kind} {seed}".encode()).digest(), "big")
        if kind == "ed25519":
            raw = number.to_bytes(32, "big")
            self.private = ed25519.Ed25519PrivateKey.from_private_bytes(raw)
            public = self.private.public_key().public_bytes_raw().hex()
            self.key = {"keytype": "ed25519", "scheme": "ed25519", "keyval": {"public": public}}
        elif kind in ("p256", "p384", "p521"):
            curve = {"p256": ec.SECP256R1(), "p384": ec.SECP384R1(), "p521": ec.SECP521R1()}[kind]
            self.private = ec.derive_private_key(number >> 8, curve)
            scheme = f"ecdsa-sha2-nist{kind}"
            self.key = {"keytype": "ecdsa", "scheme": scheme, "keyval": {"public": pem(self.private.public_key())}}
        else:
            text = (HERE.parent / f"rsa-test-key-{seed % 2}.pem").read_bytes()
            self.private = serialization.load_pem_private_key(text, password=None)
            self.key = {"keytype": "rsa", "scheme": kind, "keyval": {"public": pem(self.private.public_key())}}
        self.keyid = keyid_of(self.key)

    def list_as(self, key, keyid=None):
        self.key, self.keyid = key, keyid or keyid_of(key)
        return self

    def sign(self, message, salt=None, raw=False):
        if isinstance(self.private, ed25519.Ed25519PrivateKey):
            return self.private.sign(message).hex()
        if isinstance(self.private, rsa.RSAPrivateKey):
            hash_ = {"256": hashes.SHA256(), "384": hashes.SHA384(), "512": hashes.SHA512()}[self.kind[-3:]]
            if "pkcs1" in self.kind:
                return self.private.sign(message, padding.PKCS1v15(), hash_).hex()
            salt = hash_.digest_size if salt is None else salt
            return self.private.sign(message, padding.PSS(padding.MGF1(hash_), salt), hash_).hex()
        hash_ = {"p256": hashes.SHA256(), "p384": hashes.SHA384(), "p521": hashes.SHA512()}[self.kind]
        der = self.private.sign(message, ec.ECDSA(hash_, deterministic_signing=True))
        if raw:
            r, s = utils.decode_dss_signature(der)
            return (r.to_bytes(32, "big") + s.to_bytes(32, "big")).hex()
        return der.hex()


class Repository:
    """A good repository of `roots` roots (all keys change each time), to be spoiled."""

    def __init__(self, kind="ed25519", roots=2, n=2, consistent=True):
        self.consistent, self.signed, self.by, self.files = consistent, {}, {}, {}
        self.how = {}  # file -> arguments of sign
        self.generations = []
        for g in range(1, roots + 1):
            keys = {role: [Signer(kind, g * 100 + i * 10 + j) for j in range(n)] for i, role in enumerate(ROLES)}
            for role in ("timestamp", "snapshot"):
                keys[role] = keys[role][:1]
            self.generations.append(keys)
        self.build(roots)

    def build(self, roots):
        last = self.generations[-1]
        for g, keys in enumerate(self.generations, 1):
            body = {role: {"keyids": [s.keyid for s in keys[role]], "threshold": len(keys[role])} for role in ROLES}
            listed = {s.keyid: s.key for role in ROLES for s in keys[role]}
            name = f"{g}.root.json"
            self.signed[name] = {
                "_type": "root", "spec_version": "1.0.0", "version": g, "expires": FAR,
                "consistent_snapshot": self.consistent, "keys": listed, "roles": body,
            }
            before = self.generations[g - 2]["root"] if g > 1 else []
            self.by[name] = list({s.keyid: s for s in [*before, *keys["root"]]}.values())
        digest = hashlib.sha256(CONTENT).hexdigest()
        entry = {"length": len(CONTENT), "hashes": {"sha256": digest}}
        self.targets = self.name("targets")
        self.snapshot = self.name("snapshot")
        self.root = f"{roots}.root.json"
        self.signed[self.targets] = self.common("targets") | {"targets": {"hello.txt": entry}}
        self.signed[self.snapshot] = self.common("snapshot") | {"meta": {"targets.json": {"version": 1}}}
        self.signed["timestamp.json"] = self.common("timestamp") | {"meta": {"snapshot.json": {"version": 1}}}
        self.by |= {self.targets: last["targets"], self.snapshot: last["snapshot"], "timestamp.json": last["timestamp"]}

    def name(self, role):
        return f"1.{role}.json" if self.consistent else f"{role}.json"

    def common(self, role):
        return {"_type": role, "spec_version": "1.0.0", "version": 1, "expires": FAR}

    def file(self, role):
        return {"root": self.root, "timestamp": "timestamp.json"}.get(role) or self.name(role)

    def relist(self, change):
        """Changes every key object of every generation: `change(signer)`."""
        for keys in self.generations:
            for signers in keys.values():
                for signer in signers:
                    change(signer)
        self.build(len(self.generations))

    def document(self, name):
        message = canonical(self.signed[name]).encode()
        signatures = [{"keyid": s.keyid, "sig": s.sign(message, **self.how.get(name, {}))} for s in self.by[name]]
        return {"signatures": signatures, "signed": self.signed[name]}

    def write(self, folder, after=None, raw=None):
        metadata, targets = folder / "metadata", folder / "targets"
        metadata.mkdir(parents=True)
        targets.mkdir()
        documents = {name: self.document(name) for name in self.signed}
        if after:
            after(documents)
        for name, document in documents.items():
            data = json.dumps(document, indent=1, sort_keys=True).encode()
            (metadata / name).write_bytes(raw(name, data) if raw else data)
        for algorithm in ("sha256", "sha512"):
            digest = hashlib.new(algorithm, CONTENT).hexdigest()
            (targets / f"{digest}.hello.txt").write_bytes(CONTENT)
        (targets / "hello.txt").write_bytes(CONTENT)


CASES = []


def case(group, name):
    def keep(make):
        CASES.append((group, name, make))
        return make
    return keep


def simple(group, name, change, **options):
    """A case that changes the signed parts before they are signed."""
    def make(folder):
        repository = Repository(**options)
        change(repository)
        repository.write(folder)
    CASES.append((group, name, make))


def spoiled(group, name, change, **options):
    """A case that changes documents after they were signed."""
    def make(folder):
        repository = Repository(**options)
        repository.write(folder, after=lambda documents: change(repository, documents))
    CASES.append((group, name, make))


KINDS = ["ed25519", "p256", "p384", "p521", "rsassa-pss-sha256", "rsassa-pss-sha384", "rsassa-pss-sha512",
         "rsa-pkcs1v15-sha256"]


def key_cases():
    for kind in KINDS:
        for roots in (1, 2, 3):
            for consistent in (True, False):
                n = 2 if kind in ("ed25519", "p256", "p384", "p521") else 1
                simple("key type", f"{kind}-{roots}-roots{'' if consistent else '-flat'}", lambda r: None,
                       kind=kind, roots=roots, n=n, consistent=consistent)

    def mixed(kind, role):
        def change(r):
            spare = Signer(kind, 7)
            root = r.signed[r.root]
            root["keys"][spare.keyid] = spare.key
            if role:
                root["roles"][role]["keyids"].append(spare.keyid)
        return change
    for kind in KINDS[1:]:
        for role in (None, *ROLES):
            simple("mixed keys", f"mixed-{kind}-in-{role or 'keys-only'}", mixed(kind, role))

    def unknown(role):
        def change(r):
            key = {"keytype": "frobnicate", "scheme": "frobnicate", "keyval": {"public": "00"}}
            r.signed[r.root]["keys"][keyid_of(key)] = key
            if role:
                r.signed[r.root]["roles"][role]["keyids"].append(keyid_of(key))
        return change
    for role in (None, *ROLES):
        simple("mixed keys", f"unknown-keytype-in-{role or 'keys-only'}", unknown(role))

    def form(name, change, kinds=("p256",)):
        for kind in kinds:
            simple("key form", f"{kind}-{name}", lambda r: r.relist(change), kind=kind)
    form("old-keytype", lambda s: s.list_as(s.key | {"keytype": s.key["scheme"]}), ("p256", "p384"))
    public = lambda s, text: s.list_as(s.key | {"keyval": {"public": text}})
    point = lambda s: s.private.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint).hex()
    form("hex-point", lambda s: public(s, point(s)))
    form("old-keytype-hex-point", lambda s: public(s.list_as(s.key | {"keytype": s.key["scheme"]}), point(s)))
    form("no-final-newline", lambda s: public(s, s.key["keyval"]["public"].strip()))
    form("crlf", lambda s: public(s, s.key["keyval"]["public"].replace("\n", "\r\n")))
    def one_line(s):
        head, *body, foot = s.key["keyval"]["public"].strip().split("\n")
        public(s, "\n".join([head, "".join(body), foot, ""]))
    form("one-line", one_line)
    form("pem", lambda s: public(s, pem(s.private.public_key())), ("ed25519",))
    form("upper-case", lambda s: public(s, s.key["keyval"]["public"].upper()), ("ed25519",))
    form("empty", lambda s: public(s, ""), ("ed25519", "p256"))
    form("short", lambda s: public(s, s.key["keyval"]["public"][:-2]), ("ed25519",))
    form("garbage", lambda s: public(s, "garbage"), ("ed25519", "p256"))
    form("other-scheme", lambda s: s.list_as(s.key | {"scheme": "ecdsa-sha2-nistp384"}))
    form("keyval-extra", lambda s: s.list_as(s.key | {"keyval": s.key["keyval"] | {"x-a": "b"}}), ("ed25519", "p256"))

    both = ("ed25519", "p256")
    ids = {
        "other-hash": lambda s: s.list_as(s.key, hashlib.sha256(b"x" + s.keyid.encode()).hexdigest()),
        "short-hex": lambda s: s.list_as(s.key, s.keyid[:16]),
        "not-hex": lambda s: s.list_as(s.key, "key-" + s.keyid[:8]),
        "upper-case": lambda s: s.list_as(s.key, s.keyid.upper()),
        "extra-field-not-in-keyid": lambda s: s.list_as(s.key | {"x-owner": "a"}, s.keyid),
        "extra-field-in-keyid": lambda s: s.list_as(s.key | {"x-owner": "a"}),
        "hash-algorithms-not-in-keyid": lambda s: s.list_as(
            s.key | {"keyid_hash_algorithms": ["sha256", "sha512"]}, s.keyid),
        "hash-algorithms-in-keyid": lambda s: s.list_as(s.key | {"keyid_hash_algorithms": ["sha256", "sha512"]}),
        "not-ascii-extra": lambda s: s.list_as(s.key | {"x-owner": "\u00e9"}),
    }
    for name, change in ids.items():
        form(f"keyid-{name}", change, both)

    def how(**arguments):
        return lambda r: r.how.update({name: arguments for name in r.signed})
    simple("signature", "raw-r-s", how(raw=True), kind="p256")
    for salt in (0, 20, 32, 48, 222):
        simple("signature", f"pss-salt-{salt}", how(salt=salt), kind="rsassa-pss-sha256", n=1)


def role_cases():
    for role in ROLES:
        for kind in ("ed25519", "p256"):
            def each(group, name, change, role=role, kind=kind):
                spoiled(group, f"{name}-{role}-{kind}", lambda r, d: change(d[r.file(role)]), kind=kind)

            def signed(group, name, change, role=role, kind=kind):
                simple(group, f"{name}-{role}-{kind}", lambda r: change(r.signed[r.file(role)]), kind=kind)

            def flip(d):
                for s in d["signatures"]:
                    s["sig"] = s["sig"][:-2] + format(int(s["sig"][-2:], 16) ^ 1, "02x")
            each("attack", "bad-signature", flip)
            each("attack", "changed-after-signing", lambda d: d["signed"].update({"x-more": 1}))
            each("attack", "no-signature", lambda d: d["signatures"].clear())
            each("attack", "one-signature-short", lambda d: d["signatures"].pop())
            each("signature", "doubled", lambda d: d["signatures"].append(dict(d["signatures"][0])))
            each("signature", "upper-case", lambda d: [s.update(sig=s["sig"].upper()) for s in d["signatures"]])
            each("signature", "unknown-key", lambda d: d["signatures"].append({"keyid": "ab" * 32, "sig": "00" * 64}))
            each("signature", "not-hex", lambda d: d["signatures"].append({"keyid": "ab" * 32, "sig": "zz"}))
            each("signature", "empty", lambda d: d["signatures"].append({"keyid": "ab" * 32, "sig": ""}))
            each("format", "extra-envelope", lambda d: d.update({"x-note": "a"}))
            if kind != "ed25519":
                continue
            signed("format", "extra-signed", lambda s: s.update({"x-note": {"a": [1, "b", None, True]}}))
            signed("format", "extra-not-ascii", lambda s: s.update({"x-note": "\u00fc"}))
            signed("format", "extra-control", lambda s: s.update({"x-note": "a\tb\n"}))
            signed("format", "extra-quote", lambda s: s.update({'x-"q\\': "a\"b"}))
            signed("format", "extra-float", lambda s: s.update({"x-note": 1.5}))
            signed("format", "extra-prefix-names", lambda s: s.update({"x-a": 1, "x-a b": 2, "x-a!": 3}))
            for v in ("1.0", "1.0.31", "1.0.99", "1.1.0", "1.99.0", "2.0.0", "1", "1.0.0.0", "1.x.0", ""):
                signed("format", f"spec-version-{v or 'empty'}", lambda s, v=v: s.update({"spec_version": v}))
            signed("format", "version-text", lambda s: s.update({"version": "1"}))
            signed("format", "version-zero", lambda s: s.update({"version": 0}))
            signed("format", "version-other", lambda s: s.update({"version": 9}))
            for name, text in (("fraction", "2099-01-01T00:00:00.250Z"), ("fraction-zero", "2099-01-01T00:00:00.000Z"),
                               ("fraction-short", "2099-01-01T00:00:00.5Z"), ("offset", "2099-01-01T00:00:00+00:00"),
                               ("lower", "2099-01-01T00:00:00z"), ("9999", "9999-12-31T23:59:59Z"),
                               ("9999-30", "9999-12-30T22:00:00Z"), ("leap", "2098-12-31T23:59:60Z"),
                               ("no-zone", "2099-01-01T00:00:00"), ("date", "2099-01-01"), ("expired", PAST),
                               ("space", "2099-01-01 00:00:00Z"), ("month-13", "2099-13-01T00:00:00Z")):
                signed("expires", f"expires-{name}", lambda s, text=text: s.update({"expires": text}))
            each("attack", "wrong-type", lambda d: None)
            for field in ("_type", "spec_version", "version", "expires"):
                signed("format", f"no-{field}", lambda s, field=field: s.pop(field))
            def raw(name, kind, edit, role=role):
                def make(folder):
                    r = Repository(kind=kind)
                    r.write(folder, raw=lambda n, data: edit(data) if n == r.file(role) else data)
                CASES.append(("format", f"{name}-{role}", make))
            raw("bom", kind, lambda data: b"\xef\xbb\xbf" + data)
            raw("doubled-member", kind, lambda data: data.replace(b'"version"', b'"version": 1,\n  "version"', 1))
            raw("cut", kind, lambda data: data[:-2])
            raw("trailing", kind, lambda data: data + b"\n{}")
            raw("compact", kind, lambda data: json.dumps(json.loads(data), separators=(",", ":")).encode())


def root_cases():
    last = lambda r: r.signed[r.root]
    simple("root", "no-consistent-snapshot", lambda r: last(r).pop("consistent_snapshot"), consistent=False)
    simple("root", "mirrors-role", lambda r: last(r)["roles"].update(
        mirrors={"keyids": last(r)["roles"]["root"]["keyids"], "threshold": 1}))
    for role in ROLES:
        simple("root", f"missing-role-{role}", lambda r, role=role: last(r)["roles"].pop(role))
        simple("root", f"threshold-zero-{role}", lambda r, role=role: last(r)["roles"][role].update(threshold=0))
        simple("root", f"threshold-too-high-{role}", lambda r, role=role: last(r)["roles"][role].update(threshold=5))
        simple("root", f"keyid-twice-{role}",
               lambda r, role=role: last(r)["roles"][role]["keyids"].append(last(r)["roles"][role]["keyids"][0]))
        simple("root", f"absent-key-{role}", lambda r, role=role: last(r)["roles"][role]["keyids"].append("cd" * 32))
        simple("root", f"extra-in-role-{role}", lambda r, role=role: last(r)["roles"][role].update({"x-a": 1}))
    simple("root", "one-key-two-keyids", two_ids)
    spoiled("chain", "gap", lambda r, d: d.pop("2.root.json"), roots=3)
    simple("chain", "expired-1", lambda r: r.signed["1.root.json"].update(expires=PAST))
    simple("chain", "expired-1-2", lambda r: [r.signed[f"{n}.root.json"].update(expires=PAST) for n in (1, 2)], roots=3)
    for n in (1, 2, 3):
        spoiled("chain", f"old-keys-only-{n}", lambda r, d, n=n: keep_signatures(r, d, n, 0), roots=3)
        spoiled("chain", f"new-keys-only-{n}", lambda r, d, n=n: keep_signatures(r, d, n, 1), roots=3)
        simple("chain", f"version-jump-{n}", lambda r, n=n: r.signed[f"{n}.root.json"].update(version=n + 1), roots=3)
    spoiled("chain", "same-file-again", lambda r, d: d.update({"2.root.json": d["1.root.json"]}))
    for roots in (32, 257, 258):
        simple("limits", f"chain-{roots}", lambda r: None, roots=roots, n=1)
    for role, sizes in (("root", (500_000, 600_000, 1_100_000)), ("timestamp", (15_000, 20_000, 1_100_000)),
                        ("snapshot", (900_000, 1_100_000, 2_500_000)), ("targets", (4_500_000, 6_000_000, 11_000_000))):
        for size in sizes:
            simple("limits", f"size-{role}-{size}", lambda r, role=role, size=size: r.signed[r.file(role)].update(
                {"x-pad": "p" * size}), n=1)


def two_ids(r):
    root, signer = r.signed[r.root], r.generations[-1]["targets"][0]
    twin = copy.copy(signer).list_as(signer.key | {"x-twin": "1"})
    root["keys"][twin.keyid] = twin.key
    root["roles"]["targets"]["keyids"] = [signer.keyid, twin.keyid]
    r.by[r.targets] = [signer, twin]


def keep_signatures(r, documents, n, which):
    group = r.generations[max(0, n - 2 + which)]["root"]
    document = documents[f"{n}.root.json"]
    document["signatures"] = [s for s in document["signatures"] if s["keyid"] in {k.keyid for k in group}]


def meta_cases():
    def stated(role, **change):
        def after(r, d):
            holder, inner = (("timestamp.json", "snapshot") if role == "snapshot" else (r.snapshot, "targets"))
            data = json.dumps(d[r.file(inner)], indent=1, sort_keys=True).encode()
            entry = r.signed[holder]["meta"][f"{inner}.json"]
            entry["length"] = len(data) + change.get("more", 0)
            algorithms = change.get("hashes", ["sha256"])
            entry["hashes"] = {a: hashlib.new(a, data).hexdigest() for a in algorithms}
            if change.get("upper"):
                entry["hashes"] = {a: h.upper() for a, h in entry["hashes"].items()}
            if change.get("wrong"):
                entry["hashes"] = {a: "0" * len(h) for a, h in entry["hashes"].items()}
            if change.get("unknown"):
                entry["hashes"]["frob"] = "00"
            if change.get("zero"):
                entry["length"] = 0
            if change.get("bare"):
                del entry["hashes"], entry["length"]
            entry.update(change.get("extra", {}))
            d[holder] = r.document(holder)
            if holder == r.snapshot and r.signed["timestamp.json"]["meta"]["snapshot.json"].get("length"):
                raise AssertionError
        return after
    for role in ("snapshot", "targets"):
        for name, change in {
            "right": {}, "both-hashes": {"hashes": ["sha256", "sha512"]}, "sha512-only": {"hashes": ["sha512"]},
            "longer": {"more": 1}, "shorter": {"more": -1}, "upper": {"upper": True}, "wrong": {"wrong": True},
            "unknown": {"unknown": True}, "no-hash": {"hashes": []}, "length-zero": {"zero": True},
            "extra": {"extra": {"x-a": 1}}, "other-version": {"extra": {"version": 2}, "bare": True},
            "version-zero": {"extra": {"version": 0}, "bare": True},
        }.items():
            spoiled("meta", f"{name}-{role}", stated(role, **change))
        spoiled("meta", f"missing-{role}", lambda r, d, role=role: d.pop(r.file(role)))
    simple("meta", "timestamp-more", lambda r: r.signed["timestamp.json"]["meta"].update({"x.json": {"version": 1}}))
    simple("meta", "timestamp-none", lambda r: r.signed["timestamp.json"].update(meta={}))
    simple("meta", "snapshot-none", lambda r: r.signed[r.snapshot].update(meta={}))
    simple("meta", "snapshot-more", lambda r: r.signed[r.snapshot]["meta"].update({"x.json": {"version": 1}}))


def targets_cases():
    entry = lambda r: r.signed[r.targets]["targets"]["hello.txt"]
    sha512 = hashlib.sha512(CONTENT).hexdigest()
    for name, change in {
        "sha512-only": lambda e: e.update(hashes={"sha512": sha512}),
        "both": lambda e: e["hashes"].update(sha512=sha512),
        "unknown-hash": lambda e: e["hashes"].update(frob="00"),
        "upper-case-hash": lambda e: e["hashes"].update(sha256=e["hashes"]["sha256"].upper()),
        "no-hashes": lambda e: e.update(hashes={}),
        "no-hashes-field": lambda e: e.pop("hashes"),
        "no-length": lambda e: e.pop("length"),
        "custom": lambda e: e.update(custom={"a": {"b": [1, None, "c\u0001\n"]}, "n": 2**53 - 1}),
        "custom-empty": lambda e: e.update(custom={}),
        "custom-plain": lambda e: e.update(custom={"a": "b"}),
        "custom-list": lambda e: e.update(custom=["a"]),
        "custom-2^53+1": lambda e: e.update(custom={"n": 2**53 + 1}),
        "custom-2^63": lambda e: e.update(custom={"n": 2**63}),
        "custom-2^64": lambda e: e.update(custom={"n": 2**64}),
        "custom--2^63-1": lambda e: e.update(custom={"n": -(2**63) - 1}),
        "custom-float": lambda e: e.update(custom={"n": 0.5}),
        "extra": lambda e: e.update({"x-a": "b"}),
        "other-bytes": lambda e: e["hashes"].update(sha256="0" * 64),
    }.items():
        simple("targets", f"target-{name}", lambda r, change=change: change(entry(r)))
    for name, paths in {
        "space": ["a b.txt"], "prefix": ["foo", "foo bar", "foo!"], "nfc": ["caf\u00e9"], "nfd": ["cafe\u0301"],
        "emoji": ["\U0001f511"], "utf16-order": ["\uff5e", "\U0001f511"], "leading-slash": ["/a"], "dots": ["a/../b"],
        "dot": ["a/./b"], "colon": ["a:b"], "backslash": ["a\\b"], "digits": ["10", "2"], "quote": ['a"b'],
        "deep": ["a/b/c/d"], "cjk": ["\u65e5\u672c"],
    }.items():
        simple("paths", f"path-{name}", lambda r, paths=paths: r.signed[r.targets]["targets"].update(
            {p: copy.deepcopy(entry(r)) for p in paths}))

    def delegate(r, names=("a",), role=None, **options):
        signer = Signer(options.get("kind", "ed25519"), 900)
        roles = []
        for name in names:
            one = {"name": name, "keyids": [signer.keyid], "threshold": 1, "terminating": False, "paths": [f"{name}/*"]}
            (role or (lambda x: None))(one)
            roles.append(one)
            body = r.common("targets") | {"targets": {}}
            body.update(options.get("body", {}))
            file = f"1.{options.get('file', name)}.json"
            r.signed[file], r.by[file] = body, options.get("by", [signer])
            r.signed[r.snapshot]["meta"][f"{name}.json"] = {"version": 1}
        r.signed[r.targets]["delegations"] = {"keys": {signer.keyid: signer.key}, "roles": roles}
        options.get("after", lambda d: None)(r.signed[r.targets]["delegations"])
        if options.get("absent"):
            del r.signed[file]

    def d(name, **options):
        simple("delegation", f"delegation-{name}", lambda r: delegate(r, **options))
    d("plain")
    d("extra-in-role", role=lambda x: x.update({"x-a": 1}))
    d("extra-in-delegations", after=lambda x: x.update({"x-a": 1}))
    d("extra-in-key-not-in-keyid", after=lambda x: next(iter(x["keys"].values())).update({"x-a": "b"}))
    d("prefixes", role=lambda x: (x.pop("paths"), x.update(path_hash_prefixes=["0", "1"])))
    d("both", role=lambda x: x.update(path_hash_prefixes=["0"]))
    d("neither", role=lambda x: x.pop("paths"))
    d("empty-paths", role=lambda x: x.update(paths=[]))
    d("no-terminating", role=lambda x: x.pop("terminating"))
    d("terminating", role=lambda x: x.update(terminating=True))
    d("two", names=("a", "b"))
    d("role-twice", names=("a", "a"))
    d("digits", names=("10", "2"))
    d("digits-in-order", names=("2", "10"))
    d("empty-name", names=("",))
    d("threshold-zero", role=lambda x: x.update(threshold=0))
    d("threshold-high", role=lambda x: x.update(threshold=2))
    d("keyid-twice", role=lambda x: x["keyids"].append(x["keyids"][0]))
    d("expired", body={"expires": PAST})
    d("wrong-version", body={"version": 2})
    d("wrong-signer", by=[Signer("ed25519", 901)])
    d("unsigned", by=[])
    d("absent", absent=True)
    d("empty", names=())
    d("slash-name", names=("org/team",), file="org%2Fteam", absent=True)
    for kind in KINDS[1:]:
        d(f"key-{kind}", kind=kind)
    simple("delegation", "delegation-succinct", lambda r: r.signed[r.targets].update(delegations={
        "keys": {}, "succinct_roles": {"keyids": [], "threshold": 1, "bit_length": 4, "name_prefix": "b"}}))
    simple("delegation", "delegation-nothing", lambda r: r.signed[r.targets].update(delegations={"keys": {}}))


def main():
    out = Path(sys.argv[1])
    out.mkdir()
    for make in (key_cases, role_cases, root_cases, meta_cases, targets_cases):
        make()
    rows.add(sys.modules[__name__])
    names = [name for _, name, _ in CASES]
    assert len(names) == len(set(names)), [n for n in names if names.count(n) > 1]
    listed = []
    for group, name, make in CASES:
        make(out / name.replace("/", "_"))
        listed.append({"group": group, "name": name})
    (out / "cases.json").write_text(json.dumps(listed, indent=1))
    print(f"{len(listed)} cases")


if __name__ == "__main__":
    main()
