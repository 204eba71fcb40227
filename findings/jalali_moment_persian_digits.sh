#!/usr/bin/env bash
# jalali-moment 3.3.11 (npm): a Jalali date in Persian digits is read as a day of the year 621, without an error.
#
# Guess: a Persian calendar library reads ۱۴۰۵/۰۹/۰۹ as it reads 1405/09/09.
# Seen: the day is 0621-03-21, whatever the digits say; in Latin digits it is read rightly.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
command -v npm >/dev/null || exit 77
cd "$folder" && npm init -y >/dev/null && npm install --silent --no-fund --no-audit jalali-moment@3.3.11 >log 2>&1 || { tail -3 log; exit 77; }
node - <<'JS'
const moment = require('jalali-moment');
const read = (text) => moment(text, 'jYYYY/jMM/jDD').format('YYYY-MM-DD');
const seen = [read('1405/09/09'), read('۱۴۰۵/۰۹/۰۹'), read('۱۴۰۴/۰۱/۰۱')];
console.log('jalali-moment', require('jalali-moment/package.json').version, JSON.stringify(seen));
process.exit(JSON.stringify(seen) === JSON.stringify(
  ['2026-11-30', '0621-03-21', '0621-03-21']) ? 0 : 1);
JS
