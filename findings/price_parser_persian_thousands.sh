#!/usr/bin/env bash
# price-parser 0.5.1: ۱٬۲۵۰٬۰۰۰ ریال is one rial.
#
# Guess: a parser that knows the rial, Persian digits and separators of many countries reads Persian's own separator of
# thousands (U+066C), as every Persian keyboard and CLDR write it; or else finds no amount.
# Seen: the amount ends at the separator and the currency is right, without any sign that something was left over. With
# Latin separators, or with Persian digits and none, the same sum is read rightly.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check price-parser==0.5.1; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import sys
from importlib.metadata import version

from price_parser import Price

texts = ("1,250,000 ریال", "۱۲۵۰۰۰۰ ریال", "۱٬۲۵۰٬۰۰۰ ریال", "۳۰٬۰۰۰ تومان")
seen = [(str(price.amount), price.currency) for price in map(Price.fromstring, texts)]
print("price-parser", version("price-parser"), dict(zip(texts, seen)))
sys.exit(seen != [("1250000", "ریال"), ("1250000", "ریال"), ("1", "ریال"), ("30", "تومان")])
PY
