#!/usr/bin/env bash
# iso-3166-2 1.0.0 (npm): IR-28, North Khorasan, is Qazvin to it.
#
# Guess: codes of provinces do not change; an old table lacks the newest province and has the others.
# Seen: Iran's codes were given anew in 2020, and the package has those from before. IR-28 is a province to both, and
# another one: what one program writes as North Khorasan the other reads as Qazvin. Only what is in neither is noticed.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check pycountry==26.2.16 &&
    cd "$folder" && npm init -y && npm install --silent iso-3166-2@1.0.0; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
cat >"$folder/old.js" <<'JS'
const iso = require("iso-3166-2");
const found = {};
for (let number = 0; number < 40; number++) {
    const code = `IR-${String(number).padStart(2, "0")}`;
    const place = iso.subdivision(code);
    if (place) found[code] = place.name;
}
console.log(JSON.stringify(found));
JS
node "$folder/old.js" >"$folder/old.json" || exit 1
"$folder/v/bin/python" - "$folder/old.json" <<'PY'
import json
import sys
from importlib.metadata import version

import pycountry

old = json.load(open(sys.argv[1], encoding="utf-8"))
new = {place.code: place.name for place in pycountry.subdivisions.get(country_code="IR")}
print("iso-3166-2 1.0.0:", len(old), "provinces, IR-28 is", old.get("IR-28"), "and IR-31", old.get("IR-31"))
print("pycountry", version("pycountry") + ":", len(new), "provinces, IR-28 is", new.get("IR-28"))
both = sorted(old.keys() & new.keys())
print("codes that both have:", len(both))
swapped = old.get("IR-28", "").startswith("Qazv") and new.get("IR-28", "").startswith("Khor")
sys.exit(not (swapped and len(both) > 20))
PY
