#!/usr/bin/env bash
# uuid7 0.1.0 (PyPI): its ids say version 7 and have another clock in them than RFC 9562.
#
# Guess: a package called uuid7 makes version 7 as in RFC 9562, whose first 48 bits are milliseconds since 1970.
# Seen: the first 36 bits are whole seconds (an early draft), while version and variant are those of the RFC. Read by
# the RFC, an id made now lies two centuries ahead, and every one of them sorts behind all that others make.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" &&
    "$folder/v/bin/pip" install -q --disable-pip-version-check uuid7==0.1.0 uuid_utils==1.2.0; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import datetime
import sys
from importlib.metadata import version

import uuid_extensions
import uuid_utils

draft, standard = uuid_extensions.uuid7(), uuid_utils.uuid7()


def year(uuid):
    return (datetime.datetime(1970, 1, 1) + datetime.timedelta(milliseconds=uuid.int >> 80)).year


this_year = datetime.datetime.now(datetime.UTC).year
ahead = year(draft) - this_year
print("uuid7", version("uuid7"), "says version", draft.version, "and, by RFC 9562, lies", ahead, "years ahead;")
print("uuid_utils", version("uuid_utils"), "says version", standard.version, "and lies", year(standard) - this_year)
sys.exit(not (draft.version == standard.version == 7 and ahead > 100 and year(standard) == this_year))
PY
