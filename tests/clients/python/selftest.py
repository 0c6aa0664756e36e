#!/usr/bin/env python3
"""Shows that both client harnesses can say yes and no.

    selftest.py TOUGH_ACCEPT

Makes small repositories with python-tuf's Metadata API (P-256 root and targets
keys with a threshold of two, the Ed25519 online test key) and asks python-tuf
(accept.py) and tough (TOUGH_ACCEPT, the built binary) about each.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import Metadata, Root, TargetFile, Targets

HERE = Path(__file__).resolve().parent
ONLINE_KEY = HERE.parent / "online-test-key.pem"
AT = "2031-06-01T00:00:00Z"
EXPIRES = datetime(2032, 6, 1, tzinfo=timezone.utc)
AFTER = "2032-06-01T00:00:01Z"


def make_repository(folder):
    """Two root versions (the second admits a new key) and a targets file; nothing online."""
    metadata = folder / "metadata"
    metadata.mkdir(parents=True)
    first, second, third = (CryptoSigner.generate_ecdsa() for _ in range(3))
    pem = serialization.load_pem_private_key(ONLINE_KEY.read_bytes(), password=None)
    online = CryptoSigner(pem)

    root = Root(version=1, expires=EXPIRES, consistent_snapshot=True)
    for role in ("root", "targets"):
        for signer in (first, second):
            root.add_key(signer.public_key, role)
        root.roles[role].threshold = 2
    for role in ("snapshot", "timestamp"):
        root.add_key(online.public_key, role)
    write(metadata / "1.root.json", Metadata(root), (first, second))
    root.version = 2
    root.revoke_key(second.public_key.keyid, "root")
    root.add_key(third.public_key, "root")
    write(metadata / "2.root.json", Metadata(root), (first, second, third))

    targets = Targets(version=1, expires=EXPIRES)
    targets.targets["hello.txt"] = TargetFile.from_data("hello.txt", b"hello\n", ["sha256"])
    write(metadata / "1.targets.json", Metadata(targets), (first, second))
    return first


def write(path, document, signers):
    for signer in signers:
        document.sign(signer, append=True)
    path.write_bytes(document.to_bytes())


def digests(folder):
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def damage(path, change):
    document = json.loads(path.read_bytes())
    change(document)
    path.write_text(json.dumps(document, indent=1, sort_keys=True))


def drop_signature(document):
    document["signatures"].pop()


def alter_expiry(document):
    document["signed"]["expires"] = "2033-06-01T00:00:00Z"


def main():
    tough = sys.argv[1]
    results = []

    def ask(what, expected, command):
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
        said = (done.stdout + done.stderr).strip().splitlines() or ["(nothing)"]
        ok = done.returncode == expected
        results.append(ok)
        print(f"{'ok    ' if ok else 'FAILED'} {what}: {said[-1]}")

    accept = [sys.executable, HERE / "accept.py"]
    with tempfile.TemporaryDirectory() as temporary:
        temporary = Path(temporary)
        offline, whole = temporary / "offline", temporary / "whole"
        make_repository(offline)
        before = digests(offline)
        online = ["--online-key", ONLINE_KEY, "--complete-into", whole]
        ask("offline files and the online side", 0, [*accept, offline, "--at", AT, *online])
        results.append(digests(offline) == before)
        print(f"{'ok    ' if results[-1] else 'FAILED'} the files handed in are byte for byte as before")

        ask("no timestamp: python-tuf refuses", 1, [*accept, offline, "--at", AT])
        ask("no timestamp: tough refuses", 1, [tough, offline, "--at", AT])
        found = ["--target", "hello.txt"]
        ask("whole repository: python-tuf accepts", 0, [*accept, whole, "--at", AT, *found])
        ask("whole repository: tough accepts", 0, [tough, whole, "--at", AT])
        ask("a target that is not there", 1, [*accept, whole, "--at", AT, "--target", "no.txt"])
        ask("expired: python-tuf refuses", 1, [*accept, whole, "--at", AFTER])
        ask("expired: tough refuses", 1, [tough, whole, "--at", AFTER])
        for name, sin, change in (
            ("2.root.json", "one signature short", drop_signature),
            ("2.root.json", "edited after signing", alter_expiry),
            ("1.targets.json", "one signature short", drop_signature),
            ("timestamp.json", "edited after signing", alter_expiry),
        ):
            bad = temporary / "bad"
            shutil.copytree(whole, bad)
            damage(bad / "metadata" / name, change)
            ask(f"{name} {sin}: python-tuf refuses", 1, [*accept, bad, "--at", AT])
            ask(f"{name} {sin}: tough refuses", 1, [tough, bad, "--at", AT])
            shutil.rmtree(bad)

    print(f"client harness: {sum(results)} passed, {len(results) - sum(results)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
