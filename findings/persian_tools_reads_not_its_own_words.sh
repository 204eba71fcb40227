#!/usr/bin/env bash
# @persian-tools/persian-tools 4.0.4: four hundred and seven, in its own words, is one hundred and eleven.
#
# Guess: `wordsToNumber` reads back what `numberToWords` of the same package writes.
# Seen: four hundred is written in two words (چهار صد), which the reader adds up: 4 + 100. So 400 to 499 come back as
# 104 and so on, silently, in every place of a large amount; all other hundreds come back as they were.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ cd "$folder" && npm init -y && npm install --silent @persian-tools/persian-tools@4.0.4; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log" | cut -c1-300; exit 77; }
cat >"$folder/words.mjs" <<'JS'
import { numberToWords, wordsToNumber } from "@persian-tools/persian-tools";
const wrong = [];
for (let number = 1; number < 1000; number++) {
    if (wordsToNumber(numberToWords(number)) !== number) wrong.push(number);
}
const words = numberToWords(407);
console.log("persian-tools 4.0.4:", words, "is read as", wordsToNumber(words));
console.log("below 1000 wrong:", wrong.length, "in", [...new Set(wrong.map((n) => Math.floor(n / 100) * 100))]);
process.exit(words === "چهار صد و هفت" && wordsToNumber(words) === 111 && wrong.length === 100 ? 0 : 1);
JS
timeout 60 node "$folder/words.mjs" 2>&1 | cut -c1-400
exit "${PIPESTATUS[0]}"
