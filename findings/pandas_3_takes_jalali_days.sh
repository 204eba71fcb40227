#!/usr/bin/env bash
# pandas 3.1.1: Jalali days are Gregorian ones of the fifteenth century; pandas 2 refused them.
#
# Guess: `to_datetime` refuses 1405/09/09, as everybody's pipeline has relied on: before 1677 there is no timestamp.
# Seen: that was the limit of nanoseconds. pandas 3 counts microseconds unless told otherwise, so the same call, and
# `read_csv(parse_dates=…)`, return 1405-09-09, six centuries off and without a warning; with `errors="coerce"` the
# days that the Gregorian month lacks (31 Ordibehesht) become NaT one by one, where all of them did before.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
for release in 2.3.3 3.1.1; do
    { python3 -m venv "$folder/$release" &&
        "$folder/$release/bin/pip" install -q --disable-pip-version-check "pandas==$release"; } \
        >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
done
cat >"$folder/days.py" <<'PY'
import io
import warnings

import pandas

warnings.simplefilter("ignore")
days = ["1405/09/09", "1405/01/20"]
try:
    read = str(pandas.to_datetime(days)[0].date())
except pandas.errors.OutOfBoundsDatetime:
    read = "refused"
column = pandas.read_csv(io.StringIO("day\n" + "\n".join(days) + "\n"), parse_dates=["day"]).day
kept = int(pandas.to_datetime([*days, "1405/02/31"], errors="coerce").notna().sum())
print(read, "date" if column.dtype.kind == "M" else "text", kept)
PY
old=$("$folder/2.3.3/bin/python" "$folder/days.py") || exit 1
new=$("$folder/3.1.1/bin/python" "$folder/days.py") || exit 1
printf 'to_datetime, read_csv, coerced of three: pandas 2.3.3: %s; pandas 3.1.1: %s\n' "$old" "$new"
[ "$old" = "refused text 0" ] && [ "$new" = "1405-09-09 date 2" ]
