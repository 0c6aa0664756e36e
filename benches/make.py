#!/usr/bin/env python3
"""Writes the repositories that benches/compare.py lets three clients verify.

    make.py FOLDER [NAME ..]      chain-ed25519 chain-p256 targets-100000 targets-1000000 bins

Everything is signed by python-tuf's own library with keys made here; nobody trusts them.
"""
import hashlib, json, sys
from datetime import datetime, timezone
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import (
    DelegatedRole, Delegations, Metadata, MetaFile, Role, Root, Snapshot, TargetFile, Targets, Timestamp)
from tuf.api.serialization.json import JSONSerializer

EXPIRES = datetime(2030, 1, 1, tzinfo=timezone.utc)


def write(path, metadata, signers, compact=False):
    metadata.signatures.clear()
    for signer in signers:
        metadata.sign(signer, append=True)
    path.write_bytes(metadata.to_bytes(JSONSerializer(compact=compact)))


def root(version, signers, threshold, online):
    made = Root(version, expires=EXPIRES, consistent_snapshot=True)
    for signer in signers:
        made.add_key(signer.public_key, "root")
        made.add_key(signer.public_key, "targets")
    for role in ("snapshot", "timestamp"):
        made.add_key(online.public_key, role)
    made.roles["root"].threshold = threshold
    return Metadata(made)


def rest(folder, online, targets, targets_signers, compact):
    write(folder / "1.targets.json", Metadata(targets), targets_signers, compact)
    snapshot = Snapshot(1, expires=EXPIRES)
    for name in targets.delegations.roles if targets.delegations else []:
        snapshot.meta[f"{name}.json"] = MetaFile(1)
    write(folder / "1.snapshot.json", Metadata(snapshot), [online], True)
    write(folder / "timestamp.json", Metadata(Timestamp(1, expires=EXPIRES)), [online])


def chain(folder, make, versions=1000):
    """Each version is signed by three of five keys; the oldest key makes way every tenth version."""
    online = CryptoSigner.generate_ed25519()
    keys = [make() for _ in range(5)]
    before = []
    for version in range(1, versions + 1):
        if version % 10 == 0:
            keys = keys[1:] + [make()]
        signers = keys[:3]
        need = {s.public_key.keyid: s for s in signers + [s for s in before if s in keys][:3]}
        write(folder / f"{version}.root.json", root(version, keys, 3, online), need.values())
        before = signers
    rest(folder, online, Targets(1, expires=EXPIRES), keys[:1], False)


def many(folder, count, compact):
    online = CryptoSigner.generate_ed25519()
    signer = CryptoSigner.generate_ed25519()
    write(folder / "1.root.json", root(1, [signer], 1, online), [signer])
    files = {}
    for i in range(count):
        path = f"packages/project-{i % 9973}/project_{i}-1.0-py3-none-any.whl"
        digest = hashlib.sha256(path.encode()).hexdigest()
        files[path] = TargetFile(1000 + i, {"sha256": digest}, path)
    rest(folder, online, Targets(1, expires=EXPIRES, targets=files), [signer], compact)


def bins(folder):
    online = CryptoSigner.generate_ed25519()
    signer = CryptoSigner.generate_ed25519()
    write(folder / "1.root.json", root(1, [signer], 1, online), [signer])
    roles = {}
    for low in range(0, 65536, 4):
        name = f"{low:04x}-{low + 3:04x}"
        prefixes = [f"{low + i:04x}" for i in range(4)]
        roles[name] = DelegatedRole(name, [online.public_key.keyid], 1, True, path_hash_prefixes=prefixes)
    delegations = Delegations({online.public_key.keyid: online.public_key}, roles)
    targets = Targets(1, expires=EXPIRES, delegations=delegations)
    rest(folder, online, targets, [signer], True)


MAKERS = {
    "chain-ed25519": lambda f: chain(f, CryptoSigner.generate_ed25519),
    "chain-p256": lambda f: chain(f, CryptoSigner.generate_ecdsa),
    "targets-100000": lambda f: many(f, 100_000, False),
    "targets-100000-compact": lambda f: many(f, 100_000, True),
    "targets-1000000": lambda f: many(f, 1_000_000, False),
    "bins": bins,
}

if __name__ == "__main__":
    base = Path(sys.argv[1])
    for name in sys.argv[2:] or MAKERS:
        folder = base / name / "metadata"
        if (folder / "timestamp.json").exists():
            continue
        folder.mkdir(parents=True, exist_ok=True)
        (base / name / "targets").mkdir(exist_ok=True)
        MAKERS[name](folder)
        size = sum(p.stat().st_size for p in folder.iterdir())
        print(f"{name}: {size} bytes, {hashlib.sha256((folder / '1.targets.json').read_bytes()).hexdigest()[:8]}")
