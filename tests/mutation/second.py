#!/usr/bin/env python3
"""The shipped verify.py over many spoiled records, in one process: python3 second.py VERIFY_PY BUNDLE_DIR.

Its code is compiled once and its last statements (read, check, verdict) run anew for each case. Four names are replaced:
`load`, which gives the bundle as it was read at the start, with the record and the sums of the case; `parse` and `verified`,
which work once for each distinct line, and for each distinct key, message and signature (then openssl is asked); and `print`,
which stops at the first FAIL, since a failed check already is the verdict. On standard input, for each case: record and SHA256SUMS, each after its length in four bytes.
On standard output, for each case: a line `accepted`, or `refused` and the check."""
import ast, functools, struct, sys


class Refused(BaseException):  # not an Exception: verify.py goes on after those
    pass


def say(text):
    if text.startswith("FAIL"):
        raise Refused(text.split()[1].rstrip(":"))


def block():
    head = sys.stdin.buffer.read(4)
    if len(head) < 4:
        sys.exit(0)
    return sys.stdin.buffer.read(struct.unpack(">I", head)[0])


path, folder = sys.argv[1:]
with open(path, encoding="utf-8") as source:
    tree = ast.parse(source.read(), path)
first = next(at for at, node in enumerate(tree.body) if isinstance(node, ast.Try))
define = compile(ast.Module(tree.body[:first], []), path, "exec")
judge = compile(ast.Module(tree.body[first:], []), path, "exec")
names = {"__name__": "verify"}
exec(define, names)
whole = names["load"](folder)
names["parse"] = functools.lru_cache(maxsize=4096)(names["parse"])
names["verified"] = functools.lru_cache(maxsize=65536)(names["verified"])
names["print"] = say
while True:
    case = whole | {"ceremony.jsonl": block(), "SHA256SUMS": block()}
    names["load"] = lambda _, case=case: dict(case)
    try:
        exec(judge, names)
        verdict = "refused without a reason"
    except Refused as why:
        verdict = f"refused {why}"
    except SystemExit as end:  # the last statement gives whether a check failed; the first one a text
        verdict = "refused reading" if end.code else "accepted"
    sys.stdout.write(verdict + "\n")
    sys.stdout.flush()
