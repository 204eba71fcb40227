#!/usr/bin/env bash
# duckdb 2.0.1: whether a column of Jalali days is of dates or of text depends on who was served on 31 Ordibehesht.
#
# Guess: the sniffer of CSV files takes 1405/09/09 for text, or, at worst, always for a date of the year 1405.
# Seen: a DATE as long as every day in the file exists in the Gregorian month of that number too, and VARCHAR as soon as
# one does not (the 31st of the second, fourth or sixth month, the 30th of the second). So the month of Azar is loaded
# six centuries off, the month of Ordibehesht is loaded as text, and neither says a word.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check duckdb==2.0.1; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
printf 'request,day\n1,1405/09/09\n2,1405/09/30\n' >"$folder/azar.csv"
printf 'request,day\n1,1405/02/09\n2,1405/02/31\n' >"$folder/ordibehesht.csv"
"$folder/v/bin/python" - "$folder" <<'PY'
import sys

import duckdb

seen = []
for month in ("azar", "ordibehesht"):
    table = duckdb.sql(f"SELECT day FROM '{sys.argv[1]}/{month}.csv' ORDER BY 1")
    seen.append((str(table.types[0]), str(table.fetchall()[0][0])))
print("duckdb", duckdb.__version__, seen)
sys.exit(seen != [("DATE", "1405-09-09"), ("VARCHAR", "1405/02/09")])
PY
