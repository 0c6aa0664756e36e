#!/usr/bin/env python3
"""What python-tuf says of target paths: patterns, hash bins, and the search.

    targets.py ASK.json

ASK.json holds "patterns" [[pattern, path]], "prefixes" [[[prefix ..], path]],
"succinct" [[bit_length, name_prefix, path]] and "find" {folder, at, paths}.
Prints one JSON object with the answers in the same order; a search answers
with the roles that the real Updater loads for it, in order, and whether it found.
"""

import json
import sys
import tempfile
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from batch import Folder
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import DelegatedRole, SuccinctRoles
from tuf.ngclient import Updater


def search(folder, at, path):
    loaded = []
    with tempfile.TemporaryDirectory() as cache:
        updater = Updater(
            metadata_dir=cache, metadata_base_url="http://folder/metadata/", target_dir=cache,
            target_base_url="http://folder/targets/", fetcher=Folder(folder),
            bootstrap=(folder / "metadata" / "1.root.json").read_bytes(),
        )
        updater._trusted_set.reference_time = at
        updater.refresh()
        load = updater._load_targets

        def watched(role, parent):
            loaded.append(role)
            return load(role, parent)

        updater._load_targets = watched
        try:
            found = updater.get_targetinfo(path) is not None
        except RepositoryError as error:
            return [loaded, type(error).__name__]
    return [loaded, found]


def main():
    ask = json.loads(Path(sys.argv[1]).read_text())
    answer = {
        "patterns": [DelegatedRole._is_target_in_pathpattern(path, pattern) for pattern, path in ask["patterns"]],
        "prefixes": [
            DelegatedRole("r", [], 1, True, path_hash_prefixes=prefixes).is_delegated_path(path)
            for prefixes, path in ask["prefixes"]
        ],
        "succinct": [
            SuccinctRoles([], 1, bits, prefix).get_role_for_target(path) for bits, prefix, path in ask["succinct"]
        ],
    }
    if "find" in ask:
        find = ask["find"]
        at = datetime.strptime(find["at"], "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
        answer["find"] = [search(Path(find["folder"]), at, path) for path in find["paths"]]
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
