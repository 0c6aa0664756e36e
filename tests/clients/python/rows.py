"""Cases for the rows of the measured matrices that no other case stands for
(`tests/clients/rows.txt` names the row of each). Used by generate.py.
"""

import copy
import hashlib
import json
from urllib.parse import quote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import mldsa, rsa, utils

N_P256 = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def add(g):
    """Adds them to `g`, the module generate.py."""
    keys(g)
    formats(g)
    paths(g)
    delegations(g)
    chains(g)
    attacks(g)


def keys(g):
    def replaced(name, private, keytype, scheme, sign=None):
        """One key for every role of every root."""
        def change(s):
            key = private()
            s.private, s.kind = key, scheme
            s.list_as({"keytype": keytype, "scheme": scheme, "keyval": {"public": g.pem(key.public_key())}})
            if sign:
                s.sign = lambda message, **_: sign(key, message)
        g.simple("rows", name, lambda r: r.relist(change), n=1, roots=3)

    for bits in (3072, 4096):
        made = []
        def fresh(bits=bits, made=made):
            made or made.append(rsa.generate_private_key(65537, bits))
            return made[0]
        replaced(f"rsa-{bits}", fresh, "rsa", "rsassa-pss-sha256")
    for level, kind in ((44, mldsa.MLDSA44PrivateKey), (65, mldsa.MLDSA65PrivateKey), (87, mldsa.MLDSA87PrivateKey)):
        replaced(f"ml-dsa-{level}", lambda kind=kind: kind.from_seed_bytes(bytes(32)), "ml-dsa", f"ml-dsa-{level}/1",
                 lambda key, message: key.sign(message).hex())

    def mixed_ml(r):
        public = g.pem(mldsa.MLDSA65PrivateKey.from_seed_bytes(bytes(32)).public_key())
        key = {"keytype": "ml-dsa", "scheme": "ml-dsa-65/1", "keyval": {"public": public}}
        r.signed[r.root]["keys"][g.keyid_of(key)] = key
        r.signed[r.root]["roles"]["root"]["keyids"].append(g.keyid_of(key))
    g.simple("rows", "mixed-ml-dsa-65", mixed_ml)

    for pair in ((0, 1, 2), (0, 1), (0, 2), (1, 2)):
        def three(r, pair=pair):
            signers = [g.Signer(kind, 50) for kind in ("ed25519", "p256", "rsassa-pss-sha256")]
            root = r.signed[r.root]
            root["keys"] |= {s.keyid: s.key for s in signers}
            root["roles"]["root"] = {"keyids": [s.keyid for s in signers], "threshold": 2}
            r.by[r.root] = r.generations[-2]["root"] + [signers[i] for i in pair]
        g.simple("rows", f"three-kinds-{''.join(map(str, pair))}", three)

    def needed(kind):
        def change(r):
            other, root = g.Signer(kind, 51), r.signed[r.root]
            first = r.generations[-1]["root"][0]
            root["keys"][other.keyid] = other.key
            root["roles"]["root"]["keyids"] = [first.keyid, other.keyid]
            r.by[r.root] = r.generations[-2]["root"] + [first, other]
        return change
    def mixed_spare(r):
        spare = g.Signer("p384", 52)
        r.signed[r.root]["keys"][spare.keyid] = spare.key
        r.signed[r.root]["roles"]["root"]["keyids"].append(spare.keyid)
    for kind in ("p256", "p384"):
        g.simple("rows", f"needed-{kind}", needed(kind))

    g.simple("rows", "p256-with-p384-spare", mixed_spare, kind="p256")

    def high_s(s):
        sign = s.sign
        def high(message, **_):
            r, t = utils.decode_dss_signature(bytes.fromhex(sign(message)))
            return utils.encode_dss_signature(r, max(t, N_P256 - t)).hex()
        s.sign = high
    g.simple("rows", "p256-high-s", lambda r: r.relist(high_s), kind="p256")

    def pkcs1(s):
        form = serialization.PublicFormat.PKCS1
        text = s.private.public_key().public_bytes(serialization.Encoding.PEM, form).decode()
        s.list_as(s.key | {"keyval": {"public": text}})
    g.simple("rows", "rsa-pkcs1-pem", lambda r: r.relist(pkcs1), kind="rsassa-pss-sha256", n=1)


def formats(g):
    def raw(name, edit, **options):
        def make(folder):
            g.Repository(**options).write(folder, raw=lambda _, data: edit(json.loads(data)))
        g.CASES.append(("rows", name, make))
    raw("json-canonical", lambda d: g.canonical(d).encode(), roots=3)
    raw("json-final-newline", lambda d: json.dumps(d, indent=2).encode() + b"\n", roots=3)
    raw("json-reversed", lambda d: json.dumps(dict(reversed(d.items())), separators=(",", ":")).encode(), roots=3)

    def not_ascii(folder):
        r = g.Repository()
        for body in r.signed.values():
            body["x-note"] = "\u00fc"
        r.write(folder, raw=lambda _, data: json.dumps(json.loads(data), ensure_ascii=False).encode())
    g.CASES.append(("rows", "json-not-ascii-raw", not_ascii))

    def everywhere(r):
        for name, body in r.signed.items():
            body["x-a"] = {"b": [1]}
            for part in [*body.get("roles", {}).values(), *body.get("meta", {}).values()]:
                part["x-b"] = "c"
    g.simple("rows", "extra-everywhere", everywhere)
    g.spoiled("rows", "extra-in-signature", lambda r, d: [s.update({"x-a": 1}) for f in d.values() for s in f["signatures"]])

    def listed(name, sig):
        def change(r, documents):
            for role in g.ROLES:
                document = documents[r.file(role)]
                document["signatures"].append({"keyid": spare.keyid, "sig": sig})
        spare = g.Signer("ed25519", 60)
        def make(folder):
            r = g.Repository()
            root = r.signed[r.root]
            root["keys"][spare.keyid] = spare.key
            for role in g.ROLES:
                root["roles"][role]["keyids"].append(spare.keyid)
            r.write(folder, after=lambda documents: change(r, documents))
        g.CASES.append(("rows", name, make))
    listed("listed-key-empty-signature", "")
    listed("listed-key-wrong-signature", "00" * 64)
    for role in g.ROLES:
        g.simple("rows", f"expires-2039-{role}", lambda r, role=role: r.signed[r.file(role)].update(
            expires="2039-01-01T00:00:00Z"))
        g.simple("rows", f"version-2^32-{role}", lambda r, role=role: r.signed[r.file(role)].update(version=2**32))
    for name, length, more in (("target-empty", 0, {}), ("target-256-KiB", 262144, {}),
                               ("target-blake2b", 6, {"blake2b-256": "00" * 32})):
        g.simple("rows", name, lambda r, length=length, more=more: r.signed[r.targets]["targets"].update(
            {"other.bin": {"length": length, "hashes": {"sha256": hashlib.sha256(b"").hexdigest()} | more}}))
    g.simple("rows", "target-blake2b-only", lambda r: r.signed[r.targets]["targets"].update(
        {"other.bin": {"length": 0, "hashes": {"blake2b-256": "00" * 32}}}))


def paths(g):
    for name, path in {
        "percent": "50%25.txt", "plus": "c+d.txt", "query": "x?y=z&w.txt", "hash": "x#y.txt", "dot-file": ".hidden",
        "leading-dash": "-y", "long-name": "n" * 180, "subdirectory": "dir/sub/app.bin",
        "subdirectory-space": "my dir/a b.txt", "double-slash": "a//b.txt", "subdirectory-deep": "/".join(
            f"d{i}" for i in range(30)), "empty": "", "dot-dot-alone": "..",
    }.items():
        for consistent in (True, False):
            if consistent or name.startswith("subdirectory"):
                g.simple("rows", f"path-{name}{'' if consistent else '-flat'}", lambda r, path=path: r.signed[r.targets][
                    "targets"].update({path: copy.deepcopy(r.signed[r.targets]["targets"]["hello.txt"])}),
                    consistent=consistent)


class Roles:
    """Delegated roles: the files of a tree of them."""

    def __init__(self, g, r):
        self.g, self.r, self.serial = g, r, 500

    def add(self, parent, name, targets=(), file=None, n=1, threshold=1, publish=True, signer=None, **fields):
        g, r = self.g, self.r
        self.serial += n
        signers = signer or [g.Signer("ed25519", self.serial - i) for i in range(n)]
        where = r.signed[parent].setdefault("delegations", {"keys": {}, "roles": []})
        where["keys"] |= {s.keyid: s.key for s in signers}
        one = {"name": name, "keyids": [s.keyid for s in signers], "threshold": threshold, "terminating": False}
        one |= fields or {"paths": [f"{name}/*"]}
        where["roles"].append(one)
        made = f"1.{file or name}.json"
        if publish and file is None and name != quote(name, safe=""):
            # python-tuf asks for the escaped name, tough for a file whose own name is escaped
            r.signed[f"1.{quote(name, safe='')}.json"], r.by[f"1.{quote(name, safe='')}.json"] = r.common(
                "targets") | {"targets": {}}, signers
        if publish and made not in r.signed:
            entry = r.signed[r.targets]["targets"]["hello.txt"]
            r.signed[made] = r.common("targets") | {"targets": {path: copy.deepcopy(entry) for path in targets}}
            r.by[made] = signers
            r.signed[r.snapshot]["meta"][f"{name}.json"] = {"version": 1}
        return made


def bins(g, r, count, prefix_digits, publish=True):
    roles, per = Roles(g, r), 16**prefix_digits // count
    signer = [g.Signer("ed25519", 700)]
    for i in range(count):
        digits = [format(v, f"0{prefix_digits}x") for v in range(i * per, (i + 1) * per)]
        name = f"{digits[0]}-{digits[-1]}" if len(digits) > 1 else f"bin-{digits[0]}"
        roles.add(r.targets, name, path_hash_prefixes=digits, publish=publish, signer=signer)


def delegations(g):
    def tree(name, build, after=None):
        def make(folder):
            r = g.Repository()
            build(Roles(g, r), r)
            r.write(folder, after=(lambda d: after(r, d)) if after else None)
        g.CASES.append(("rows", name, make))

    g.simple("rows", "bins-16", lambda r: bins(g, r, 16, 1))
    g.simple("rows", "bins-4-long-prefixes", lambda r: bins(g, r, 4, 3))
    g.simple("rows", "bins-256", lambda r: bins(g, r, 256, 2))
    g.simple("rows", "bins-16384-not-yet-signed", lambda r: bins(g, r, 16384, 4, publish=False))

    def succinct(r, bits, publish):
        signer = g.Signer("ed25519", 701)
        r.signed[r.targets]["delegations"] = {"keys": {signer.keyid: signer.key}, "succinct_roles": {
            "keyids": [signer.keyid], "threshold": 1, "bit_length": bits, "name_prefix": "b"}}
        width = len(format(2**bits - 1, "x"))
        for i in range(2**bits if publish else 0):
            name = f"b-{i:0{width}x}"
            r.signed[f"1.{name}.json"], r.by[f"1.{name}.json"] = r.common("targets") | {"targets": {}}, [signer]
            r.signed[r.snapshot]["meta"][f"{name}.json"] = {"version": 1}
    g.simple("rows", "succinct-16", lambda r: succinct(r, 4, True))
    g.simple("rows", "succinct-16384-not-yet-signed", lambda r: succinct(r, 14, False))

    for name, role, file in (("space", "my role", None), ("slash", "org/team", "org%2Fteam"),
                             ("dots", "../evil", "..%2Fevil"), ("unicode", "r\u00f4le", None),
                             ("percent", "a%2fb", None), ("digit-dot", "2.root", "2.root"),
                             ("top-level", "snapshot", "snapshot-of-another")):
        tree(f"role-name-{name}", lambda t, r, role=role, file=file: t.add(r.targets, role, file=file))
    for name, pattern, path in (("star", "r-*", "r-x.txt"), ("question-mark", "r-?.txt", "r-x.txt"),
                                ("slash", "r/*", "r/s/x.txt"), ("exact", "r.txt", "r.txt"),
                                ("outside", "a-x.txt", "b-x.txt"), ("directory", "dir/", "dir/x"),
                                ("bracket", "a/[!b]", "a/c"), ("brace", "{a,b}/*", "a/x"), ("negated", "!a", "b"),
                                ("dot-file", "a/*", "a/.b"), ("two-stars", "a/**", "a/b/c"),
                                ("caret", "a/[^b]", "a/c"), ("bad-bracket", "a[", "a["), ("backslash", "a\\*", "a*")):
        tree(f"pattern-{name}", lambda t, r, pattern=pattern, path=path: t.add(
            r.targets, "a", targets=[path], paths=[pattern]))
    tree("terminating-first", lambda t, r: (t.add(r.targets, "a", paths=["x/*"], terminating=True),
                                            t.add(r.targets, "b", targets=["x/y"], paths=["x/*"])))
    tree("not-terminating-first", lambda t, r: (t.add(r.targets, "a", paths=["x/*"]),
                                                t.add(r.targets, "b", targets=["x/y"], paths=["x/*"])))

    def hundred(t, r):
        for i in range(100):
            t.add(r.targets, f"r{i:02}", targets=[f"r{i:02}/x"])
    tree("delegations-100", hundred)

    def nested(depth, spoil=None):
        def build(t, r):
            parent = r.targets
            for i in range(depth):
                parent = t.add(parent, f"n{i}", targets=["x/y"], paths=["x/*"])
            if spoil:
                spoil(t, r, parent)
        return build
    for depth in (2, 3, 8, 9, 10):
        tree(f"nested-{depth}", nested(depth))
    tree("nested-2-expired", nested(2, lambda t, r, last: r.signed[last].update(expires=g.PAST)))
    tree("nested-2-other-version", nested(2, lambda t, r, last: r.signed[last].update(version=2)))
    tree("nested-2-wrong-signer", nested(2, lambda t, r, last: r.by.update({last: [g.Signer("ed25519", 2)]})))
    tree("nested-2-outside-the-inner", nested(2, lambda t, r, last: r.signed[last]["targets"].update(
        {"z": copy.deepcopy(r.signed[r.targets]["targets"]["hello.txt"])})))
    tree("nested-2-wider-than-its-parent", lambda t, r: t.add(t.add(
        r.targets, "a", paths=["a/*"]), "b", targets=["b/x"], paths=["b/*"]))
    tree("nested-2-absent", nested(2, lambda t, r, last: r.signed.pop(last)))
    tree("nested-2-one-name", lambda t, r: t.add(t.add(r.targets, "a"), "a"))

    def shared(t, r):
        signer = [g.Signer("ed25519", 702)]
        first, second = t.add(r.targets, "a"), t.add(r.targets, "b")
        t.add(first, "c", signer=signer, paths=["a/*"])
        t.add(second, "c", signer=signer, paths=["b/*"])
    tree("nested-one-role-of-two", shared)

    def two_masters(t, r):
        first, second = t.add(r.targets, "a"), t.add(r.targets, "b")
        t.add(first, "c", paths=["a/*"])
        t.add(second, "c", paths=["b/*"])
    tree("nested-one-role-of-two-other-keys", two_masters)

    flip = lambda d: [s.update(sig=s["sig"][:-2] + format(int(s["sig"][-2:], 16) ^ 1, "02x")) for s in d["signatures"]]
    plain = lambda t, r: t.add(r.targets, "a", targets=["a/x"], n=2, threshold=2)
    tree("delegated-plain-2-of-2", plain)
    tree("delegated-bad-signature", plain, lambda r, d: flip(d["1.a.json"]))
    tree("delegated-one-short", plain, lambda r, d: d["1.a.json"]["signatures"].pop())
    tree("delegated-changed", plain, lambda r, d: d["1.a.json"]["signed"].update({"x-a": 1}))
    for name, length, spoilt in (("right", 0, False), ("wrong", 0, True), ("long", 1, False)):
        def hashed(r, d, length=length, spoilt=spoilt):
            data = json.dumps(d["1.a.json"], indent=1, sort_keys=True).encode()
            digest = hashlib.sha256(data + (b"x" if spoilt else b"")).hexdigest()
            r.signed[r.snapshot]["meta"]["a.json"] = {
                "version": 1, "length": len(data) + length, "hashes": {"sha256": digest}}
            d[r.snapshot] = r.document(r.snapshot)
        tree(f"delegated-hash-{name}", plain, hashed)
    tree("delegated-unlisted-in-snapshot", plain, lambda r, d: (
        r.signed[r.snapshot]["meta"].pop("a.json"), d.update({r.snapshot: r.document(r.snapshot)})))
    tree("delegated-one-key-two-keyids", lambda t, r: twins(g, t, r))
    for kind in ("ed25519", "p256"):
        tree(f"delegation-extra-in-key{'' if kind == 'ed25519' else '-' + kind}", lambda t, r, kind=kind: t.add(
            r.targets, "a", signer=[owned(g.Signer(kind, 704))]))
    tree("delegated-key-absent", lambda t, r: (
        t.add(r.targets, "a"), r.signed[r.targets]["delegations"]["roles"][0]["keyids"].append("cd" * 32)))


def owned(signer):
    return signer.list_as(signer.key | {"x-owner": "a"})


def twins(g, t, r):
    one = g.Signer("ed25519", 703)
    two = copy.copy(one).list_as(one.key | {"x-twin": "1"})
    t.add(r.targets, "a", threshold=2, signer=[one, two])


def chains(g):
    g.simple("rows", "chain-33", lambda r: None, roots=33, n=1)
    for roots in (1023, 1024, 1025, 1026):
        g.simple("rows", f"chain-{roots}", lambda r: None, roots=roots, n=1)

    def fifty(r):
        signers = [g.Signer("ed25519", 800 + i) for i in range(50)]
        root = r.signed[r.root]
        root["keys"] |= {s.keyid: s.key for s in signers}
        root["roles"]["root"] = {"keyids": [s.keyid for s in signers], "threshold": 40}
        r.by[r.root] = r.generations[-2]["root"] + signers[:40]
    g.simple("rows", "root-50-keys", fifty, roots=3)
    g.simple("rows", "root-more-signatures", lambda r: r.by["2.root.json"].extend(r.generations[2]["root"]), roots=3)

    def raised(r):
        more = g.Signer("ed25519", 850)
        root = r.signed[r.root]
        root["keys"][more.keyid] = more.key
        root["roles"]["root"] = {"keyids": [*root["roles"]["root"]["keyids"], more.keyid], "threshold": 3}
        r.by[r.root].append(more)
    g.simple("rows", "threshold-raised", raised, roots=3)

    def one_key(r):
        key = g.Signer("ed25519", 851)
        for keys in r.generations:
            for role in keys:
                keys[role] = [key]
        r.build(len(r.generations))
    g.simple("rows", "one-key-many-roles", one_key, roots=3)

    def unused(r):
        key = g.Signer("ed25519", 852)
        r.signed[r.root]["keys"][key.keyid] = key.key
    g.simple("rows", "unused-key", unused)
    g.simple("rows", "consistent-snapshot-turned-on", lambda r: r.signed["1.root.json"].update(
        consistent_snapshot=False), roots=3)
    for role, size in (("snapshot", 2_500_000), ("targets", 6_000_000), ("targets", 11_000_000)):
        def stated(folder, role=role, size=size):
            r = g.Repository(n=1)
            r.signed[r.file(role)]["x-pad"] = "p" * size
            def after(d):
                data = json.dumps(d[r.file(role)], indent=1, sort_keys=True).encode()
                holder = "timestamp.json" if role == "snapshot" else r.snapshot
                r.signed[holder]["meta"][f"{role}.json"]["length"] = len(data)
                d[holder] = r.document(holder)
            r.write(folder, after=after)
        g.CASES.append(("rows", f"stated-{role}-{size}", stated))


def attacks(g):
    flip = lambda d: [s.update(sig=s["sig"][:-2] + format(int(s["sig"][-2:], 16) ^ 1, "02x")) for s in d["signatures"]]
    for n in (1, 2, 3):
        g.spoiled("rows", f"bad-signature-root-{n}", lambda r, d, n=n: flip(d[f"{n}.root.json"]), roots=3)
    g.spoiled("rows", "changed-after-signing-root-2", lambda r, d: d["2.root.json"]["signed"].update({"x-a": 1}), roots=3)
    g.spoiled("rows", "root-1-one-short", lambda r, d: d["1.root.json"]["signatures"].pop(), roots=3)

    def less(which):
        def change(r, d):
            gone = r.generations[which]["root"][0].keyid
            d["2.root.json"]["signatures"] = [s for s in d["2.root.json"]["signatures"] if s["keyid"] != gone]
        return change
    g.spoiled("rows", "root-2-one-old-key-short", less(0), roots=3)
    g.spoiled("rows", "root-2-one-new-key-short", less(1), roots=3)
    g.simple("rows", "timestamp-by-revoked-key", lambda r: r.by.update({"timestamp.json": r.generations[0]["timestamp"]}))
    g.simple("rows", "targets-by-online-keys", lambda r: r.by.update(
        {r.targets: r.generations[-1]["snapshot"] + r.generations[-1]["timestamp"]}))
    g.spoiled("rows", "root-rollback", lambda r, d: d.update({"3.root.json": d["2.root.json"]}), roots=3)
    g.simple("rows", "root-version-back", lambda r: r.signed["3.root.json"].update(version=1), roots=3)
    g.spoiled("rows", "duplicate-signature-alone", lambda r, d: d[r.targets].update(
        signatures=[d[r.targets]["signatures"][0]] * 2))

    def listed_twice(r):
        role = r.signed[r.root]["roles"]["targets"]
        role["keyids"] = [role["keyids"][0]] * 2
        r.by[r.targets] = r.generations[-1]["targets"][:1] * 2
    g.simple("rows", "keyid-twice-signed-twice", listed_twice)

    def zero(r):
        r.signed[r.root]["roles"]["targets"]["threshold"] = 0
        r.by[r.targets] = []
    g.simple("rows", "threshold-zero-unsigned", zero)

    def timestamp_as_snapshot(r, d):
        signed = r.signed["timestamp.json"]
        message = g.canonical(signed).encode()
        signer = r.generations[-1]["snapshot"][0]
        d[r.snapshot] = {"signatures": [{"keyid": signer.keyid, "sig": signer.sign(message)}], "signed": signed}
    g.spoiled("rows", "snapshot-is-a-timestamp", timestamp_as_snapshot)
