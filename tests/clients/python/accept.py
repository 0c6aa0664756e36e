#!/usr/bin/env python3
"""Would python-tuf's ngclient take this repository?

    accept.py DIR [--at INSTANT] [--online-key PEM] [--complete-into NEW] [--target PATH ..]

Serves a copy of DIR/metadata (and DIR/targets, if any) on loopback and runs
the real `ngclient.Updater` against it, with DIR/metadata/1.root.json as the
only trust. With --online-key it first plays the repository's ONLINE SIDE:
where timestamp or snapshot are missing it makes and signs them in the copy;
DIR itself is never written. --complete-into keeps that copy for other clients.
Exit 0: accepted; 1: refused; 2: usage.
"""

import argparse
import functools
import http.server
import os
import re
import shutil
import sys
import tempfile
import threading
from datetime import datetime, timedelta, timezone
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from securesystemslib.signer import CryptoSigner
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, MetaFile, Root, Snapshot, Targets, Timestamp
from tuf.api.serialization.json import JSONSerializer
from tuf.ngclient import Updater

VERSIONED = re.compile(r"^([1-9][0-9]*)\.(.+)\.json$")


class Refused(Exception):
    """The online side cannot go on from what it was handed."""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def instant(text):
    return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)


def newest(metadata):
    """Highest version of every role in the folder: {role: (version, path)}."""
    found = {}
    for path in metadata.iterdir():
        match = VERSIONED.match(path.name)
        if match:
            version, role = int(match[1]), match[2]
        elif path.suffix == ".json":
            version, role = 0, path.stem
        else:
            continue
        if role not in found or version > found[role][0]:
            found[role] = (version, path)
    return found


def online_signer(pem, root):
    """A signer whose public key is the one that the root names for the online roles."""
    private = serialization.load_pem_private_key(pem.read_bytes(), password=None)
    signer = CryptoSigner(private)
    for keyid in root.roles[Timestamp.type].keyids:
        key = root.keys[keyid]
        if key.keyval["public"].strip() == signer.public_key.keyval["public"].strip():
            return CryptoSigner(private, key)
    raise Refused("the online key is not among the root's timestamp keys")


def play_online_side(metadata, pem, now):
    """Adds what an online service adds: snapshot, then timestamp. Overwrites nothing."""
    if (metadata / "timestamp.json").exists():
        return []
    roles = newest(metadata)
    if Root.type not in roles or Targets.type not in roles:
        raise Refused("the online side needs a root and a targets file")
    root = Metadata[Root].from_file(str(roles[Root.type][1])).signed
    signer = online_signer(pem, root)
    consistent = root.consistent_snapshot
    serializer = JSONSerializer()
    made = []

    def write(name, document):
        document.sign(signer)
        with open(metadata / name, "xb") as file:
            file.write(document.to_bytes(serializer))
        made.append(name)

    if Snapshot.type in roles:
        snapshot_version = Metadata[Snapshot].from_file(str(roles[Snapshot.type][1])).signed.version
    else:
        snapshot_version = 1
        meta = {}
        for role, (_, path) in sorted(roles.items()):
            if role not in (Root.type, Timestamp.type):
                signed = Metadata[Targets].from_file(str(path)).signed
                meta[f"{role}.json"] = MetaFile.from_data(signed.version, path.read_bytes(), ["sha256"])
        snapshot = Snapshot(version=1, expires=now + timedelta(days=7), meta=meta)
        write("1.snapshot.json" if consistent else "snapshot.json", Metadata(snapshot))
    timestamp = Timestamp(
        version=1, expires=now + timedelta(days=1), snapshot_meta=MetaFile(snapshot_version)
    )
    write("timestamp.json", Metadata(timestamp))
    return made


def refresh(folder, at, targets):
    """Runs the client; returns the accepted versions and the targets it resolved."""
    os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"
    handler = functools.partial(Quiet, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        with tempfile.TemporaryDirectory() as cache:
            updater = Updater(
                metadata_dir=cache,
                metadata_base_url=f"{base}/metadata/",
                target_dir=cache,
                target_base_url=f"{base}/targets/",
                bootstrap=(folder / "metadata" / "1.root.json").read_bytes(),
            )
            trusted = updater._trusted_set  # python-tuf has no public way to set its clock
            if at is not None:
                trusted.reference_time = at
            updater.refresh()
            for name in targets:
                if updater.get_targetinfo(name) is None:
                    raise Refused(f"target {name} is not found")
            return {
                "root": trusted.root.version,
                "timestamp": trusted.timestamp.version,
                "snapshot": trusted.snapshot.version,
                "targets": trusted.targets.version,
            }
    finally:
        server.shutdown()
        server.server_close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("dir", type=Path, help="folder that holds metadata/ (and targets/)")
    parser.add_argument("--at", type=instant, help="judge expiry at this instant, not now")
    parser.add_argument("--online-key", type=Path, help="TEST key (PKCS#8 PEM): play the online side")
    parser.add_argument("--complete-into", type=Path, help="keep the completed copy in this new folder")
    parser.add_argument("--target", action="append", default=[], help="a target that must be found")
    options = parser.parse_args()
    if not (options.dir / "metadata" / "1.root.json").is_file():
        parser.error(f"{options.dir}: no metadata/1.root.json")
    if options.complete_into is not None and options.complete_into.exists():
        parser.error(f"{options.complete_into} exists")

    with tempfile.TemporaryDirectory() as temporary:
        copy = options.complete_into or Path(temporary) / "repository"
        for part in ("metadata", "targets"):
            if (options.dir / part).is_dir():
                shutil.copytree(options.dir / part, copy / part)
        try:
            if options.online_key is not None:
                now = options.at or datetime.now(timezone.utc).replace(microsecond=0)
                for name in play_online_side(copy / "metadata", options.online_key, now):
                    print(f"python-tuf: online side made {name}")
            versions = refresh(copy, options.at, options.target)
        except (RepositoryError, Refused, OSError, ValueError) as error:
            print(f"python-tuf: refused: {type(error).__name__}: {error}", file=sys.stderr)
            return 1
    print("python-tuf: accepted: " + " ".join(f"{role} {version}" for role, version in versions.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
