#!/usr/bin/env bash
# ndjson 0.3.1 (PyPI): `loads` changes what is in a text.
#
# Guess: one line is one JSON value, and only a line feed ends a line; a text that holds U+2028 or U+0085, which JSON
# lets stand as they are, is read as it was written, or is refused.
# Seen: `loads` joins `splitlines()` with commas and reads the whole as one list. A line separator in the middle of a
# text becomes a comma, without an error. `ndjson.reader`, of the same package, and jsonlines read the text rightly.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check ndjson==0.3.1 jsonlines==4.0.0; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import io
import sys
from importlib.metadata import version

import jsonlines
import ndjson

lines = '{"reason":"paper\u2028missing"}\n{"reason":"office\u0085closed"}\n'
loaded = ndjson.loads(lines)
right = [{"reason": "paper\u2028missing"}, {"reason": "office\u0085closed"}]
print("ndjson", version("ndjson"), "loads:", loaded)
print("jsonlines", version("jsonlines"), "reads:", list(jsonlines.Reader(io.StringIO(lines))))
others = (list(ndjson.reader(io.StringIO(lines))), list(jsonlines.Reader(io.StringIO(lines))))
sys.exit((loaded, *others) != ([{"reason": "paper,missing"}, {"reason": "office,closed"}], right, right))
PY
