#!/usr/bin/env python3
"""What verify.py's own checks of lines (canonical, chain, close) say of each file: python3 second.py VERIFY_PY FILE..
A line for each: `good`, or the first check that does not hold, `reading` where a line is no JSON."""
import ast, sys

path, *files = sys.argv[1:]
with open(path, encoding="utf-8") as source:
    tree = ast.parse(source.read(), path)
first = next(at for at, node in enumerate(tree.body) if isinstance(node, ast.Try))
names = {"__name__": "verify"}
exec(compile(ast.Module(tree.body[:first], []), path, "exec"), names)
for file in files:
    with open(file, "rb") as record:
        *lines, torn = record.read().split(b"\n")
    try:
        names |= {"lines": lines, "torn": torn, "records": [names["parse"](line) for line in lines]}
    except Exception:
        print("reading")
        continue
    for check in "canonical", "chain", "close":
        try:
            names[check]()
        except Exception:
            print(check)
            break
    else:
        print("good")
