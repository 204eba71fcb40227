#!/usr/bin/env bash
# ical.js 2.2.1: a rule on the first of each Jalali month is played on the first of each Gregorian month.
#
# Guess: RSCALE=PERSIAN (RFC 7529) is supported, or the rule is refused.
# Seen: the part is dropped in silence, the rule is played as Gregorian, and written back without it. rrule (npm) and
# python-dateutil refuse the same rule.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ cd "$folder" && npm init -y && npm install --silent ical.js@2.2.1 rrule@2.8.1; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
cat >"$folder/rule.mjs" <<'JS'
import { createRequire } from "node:module";
import ICAL from "ical.js";
const { rrulestr } = createRequire(import.meta.url)("rrule");
const text = "RSCALE=PERSIAN;FREQ=MONTHLY;BYMONTHDAY=1;COUNT=3;SKIP=BACKWARD";
const rule = ICAL.Recur.fromString(text);
const days = [];
const next = rule.iterator(ICAL.Time.fromDateString("2026-03-21"));
for (let day = next.next(); day; day = next.next()) days.push(day.toString());
let other = "accepted";
try {
    rrulestr(`DTSTART:20260321T000000Z\nRRULE:${text}`);
} catch (error) {
    other = error.message;
}
console.log("ical.js 2.2.1:", days.join(" "), "written back as", rule.toString());
console.log("rrule 2.8.1:", other);
const same = days.join() === "2026-04-01,2026-05-01,2026-06-01" && !rule.toString().includes("RSCALE");
process.exit(same && other.includes("RSCALE") ? 0 : 1);
JS
node "$folder/rule.mjs"
