#!/usr/bin/env python3
"""What python-tuf's real ngclient says about many repositories, in one process.

    batch.py FOLDER

FOLDER/cases.json lists the cases; each is FOLDER/<name>/{metadata,targets}. For
each, a fresh Updater starts from 1.root.json, refreshes, loads every delegated
role and downloads every target whose file is there, all through a fetcher that
reads the folder. Prints one line a case: NAME TAB accepts|stale|refuses TAB reason.
"""

import json
import logging
import sys
import tempfile
import warnings
from pathlib import Path
from urllib.parse import unquote, urlparse

from tuf.api.exceptions import DownloadHTTPError
from tuf.ngclient import FetcherInterface, Updater

logging.disable(logging.CRITICAL)
warnings.simplefilter("ignore")


class Folder(FetcherInterface):
    """Files instead of HTTP."""

    def __init__(self, folder):
        self.folder = folder

    def _fetch(self, url):
        path = self.folder / unquote(urlparse(url).path).lstrip("/")
        if not path.is_file():
            raise DownloadHTTPError("not found", 404)
        yield path.read_bytes()


def roles_of(updater, parent, above=()):
    """Each role for each that delegates to it; a search visits none below itself."""
    delegations = updater._trusted_set[parent].delegations
    for role in (delegations.roles or {}) if delegations else {}:
        if f"{role}.json" in updater._trusted_set.snapshot.meta and role not in above:
            updater._load_targets(role, parent)
            yield role
            yield from roles_of(updater, role, (*above, role))


def judge(folder):
    newest = max(int(p.name.split(".")[0]) for p in (folder / "metadata").glob("*.root.json"))
    with tempfile.TemporaryDirectory() as cache:
        try:
            updater = Updater(
                metadata_dir=cache, metadata_base_url="http://folder/metadata/", target_dir=cache,
                target_base_url="http://folder/targets/", fetcher=Folder(folder),
                bootstrap=(folder / "metadata" / "1.root.json").read_bytes(),
            )
            updater.refresh()
            if updater._trusted_set.root.version < newest:
                return "stale", f"root {updater._trusted_set.root.version} of {newest}"
            roles = []
            try:
                roles = list(roles_of(updater, "targets"))
            except DownloadHTTPError:
                pass  # a role that is not published is not needed
            for target in updater._trusted_set.targets.targets.values():
                if (folder / "targets" / target.path).is_file():
                    updater.download_target(target, str(Path(cache) / "target"))
            return "accepts", " ".join(["refreshed", *roles])
        except Exception as error:  # whatever the client dies of, it does not accept
            return "refuses", f"{type(error).__name__}: {error}".replace("\n", " ")[:200]


def main():
    folder = Path(sys.argv[1])
    for case in json.loads((folder / "cases.json").read_text()):
        verdict, reason = judge(folder / case["name"].replace("/", "_"))
        print(f"{case['name']}\t{verdict}\t{reason}", flush=True)


if __name__ == "__main__":
    main()
