#!/usr/bin/env python3
"""python-tuf at the work of `benches/work.rs`: peer.py verify DIR | bins"""
import sys
from datetime import datetime, timezone
from pathlib import Path

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Targets
from tuf.api.serialization.json import JSONSerializer


def verify(folder):
    from tuf.ngclient._internal.trusted_metadata_set import TrustedMetadataSet
    from tuf.ngclient.config import EnvelopeType

    metadata = Path(folder) / "metadata"
    trusted = TrustedMetadataSet((metadata / "1.root.json").read_bytes(), EnvelopeType.METADATA)
    version = 2
    while (path := metadata / f"{version}.root.json").exists():
        trusted.update_root(path.read_bytes())
        version += 1
    trusted.update_timestamp((metadata / "timestamp.json").read_bytes())
    trusted.update_snapshot((metadata / "1.snapshot.json").read_bytes())
    targets = trusted.update_targets((metadata / "1.targets.json").read_bytes())
    print(f"root {version - 1}, targets {len(targets.targets)}")


def bins():
    signer = CryptoSigner.generate_ed25519()
    key = signer.public_key
    roles = {}
    for low in range(0, 65536, 4):
        name = f"{low:04x}-{low + 3:04x}"
        prefixes = [f"{low + i:04x}" for i in range(4)]
        roles[name] = DelegatedRole(name, [key.keyid], 1, True, path_hash_prefixes=prefixes)
    expires = datetime(2030, 1, 1, tzinfo=timezone.utc)
    metadata = Metadata(Targets(1, expires=expires, delegations=Delegations({key.keyid: key}, roles)))
    metadata.sign(signer)
    data = metadata.to_bytes(JSONSerializer(compact=False))
    again = Metadata.from_bytes(data)
    key.verify_signature(again.signatures[key.keyid], again.signed_bytes)
    print(len(data), "bytes")


{"verify": lambda: verify(sys.argv[2]), "bins": bins}[sys.argv[1]]()
