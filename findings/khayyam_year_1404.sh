#!/usr/bin/env bash
# Khayyam 3.0.17 (Jalali dates for Python, a C extension): a year off by one day, and Tehran an hour off.
#
# Guess: a Jalali library agrees with the official calendar for the current years, and Tehran is UTC+03:30 all year,
# since Iran gave up daylight saving time in 2022.
# Seen: every day of 1404 (2025-03-20 to 2026-03-20) and of 1437 is one day early, because its leap years follow another
# arithmetic; its TehranTimezone still adds an hour in summer, 2026 included; and one moment said in two zones is
# unequal to itself, though the difference is zero.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check khayyam==3.0.17 jdatetime==6.1.1 tzdata; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import sys
from datetime import date, timedelta, timezone
from importlib.metadata import version
from zoneinfo import ZoneInfo

import jdatetime
import khayyam

differ = []
day = date(1990, 1, 1)
while day < date(2070, 1, 1):
    ours, theirs = jdatetime.date.fromgregorian(date=day), khayyam.JalaliDate(day)
    if (ours.year, ours.month, ours.day) != (theirs.year, theirs.month, theirs.day):
        differ.append(day)
    day += timedelta(days=1)
first = khayyam.JalaliDate(1404, 1, 1).todate()
summer = khayyam.JalaliDatetime(1405, 4, 1, 12, tzinfo=khayyam.TehranTimezone()).utcoffset()
tehran = khayyam.JalaliDatetime(1405, 9, 9, 3, 30, tzinfo=ZoneInfo("Asia/Tehran"))
utc = khayyam.JalaliDatetime(1405, 9, 9, 0, 0, tzinfo=timezone.utc)
print("khayyam", version("khayyam"))
print("1 Farvardin 1404:", first, "(official: 2025-03-21)")
print("days between 1990 and 2070 that differ from jdatetime:", len(differ), differ[0], "...", differ[-1])
print("offset of its TehranTimezone on 1 Tir 1405:", summer, "(zoneinfo: 3:30:00)")
print("one moment in two zones: equal", tehran == utc, "difference", tehran - utc)
seen = (str(first), len(differ), str(summer), tehran == utc, tehran - utc)
sys.exit(seen != ("2025-03-20", 732, "4:30:00", False, timedelta(0)))
PY
