#!/usr/bin/env bash
# persiantools 6.2.0: a JalaliDateTime equals the standard library's datetime of its moment, but not its hash.
#
# Guess: what compares equal has one hash, so that moments of both kinds can be keys of one dict.
# Seen: `==` is true and the hashes differ: a look-up finds nothing, and a set keeps one moment twice. The datetime of
# jdatetime 6.1.1 compares equal too, and has the same hash.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check persiantools==6.2.0 jdatetime==6.1.1 tzdata; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import sys
from datetime import datetime
from importlib.metadata import version
from zoneinfo import ZoneInfo

import jdatetime
from persiantools.jdatetime import JalaliDateTime

tehran = ZoneInfo("Asia/Tehran")
moment = datetime(2026, 11, 30, 3, 30, tzinfo=tehran)
jalali = JalaliDateTime(moment)
other = jdatetime.datetime.fromgregorian(datetime=moment)
print("persiantools", version("persiantools"), "equal", jalali == moment, "found", moment in {jalali: 1}, "kept", len({jalali, moment}))
print("jdatetime", version("jdatetime"), "equal", other == moment, "found", moment in {other: 1}, "kept", len({other, moment}))
sys.exit((jalali == moment, moment in {jalali: 1}, len({jalali, moment})) != (True, False, 2))
PY
