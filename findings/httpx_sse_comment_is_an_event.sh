#!/usr/bin/env bash
# httpx-sse 0.4.3: a keep-alive comment is an event, once any event had an id.
#
# Guess: lines that begin with a colon are ignored, as in every reader of server-sent events; an empty line behind them
# dispatches nothing, for there is no data (WHATWG HTML, "dispatch the event").
# Seen: before the first id that holds. After it, every `: keep-alive` with its empty line is a message with empty data
# and the last id again, so a reader that parses each message as JSON fails on the first keep-alive. eventsource-parser
# (npm) gives none for the same bytes.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" && "$folder/v/bin/pip" install -q --disable-pip-version-check httpx==0.28.1 httpx-sse==0.4.3 &&
    cd "$folder" && npm init -y && npm install --silent eventsource-parser@3.1.1; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
printf ': keep-alive\n\nid: 1\ndata: {"number":1}\n\n: keep-alive\n\n: keep-alive\n\nid: 2\ndata: {"number":2}\n\n' >"$folder/stream"
cat >"$folder/parse.mjs" <<'JS'
import { readFileSync } from "node:fs";
import { createParser } from "eventsource-parser";
const seen = [];
createParser({ onEvent: (event) => seen.push([event.id, event.data]) }).feed(readFileSync(process.argv[2], "utf8"));
console.log(JSON.stringify(seen));
JS
other=$(node "$folder/parse.mjs" "$folder/stream") || exit 1
"$folder/v/bin/python" - "$folder/stream" "$other" <<'PY'
import json
import sys
from importlib.metadata import version

import httpx
import httpx_sse

body = open(sys.argv[1], "rb").read()
transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"content-type": "text/event-stream"}, content=body))
with httpx.Client(transport=transport) as client:
    with httpx_sse.connect_sse(client, "GET", "http://localhost/") as source:
        seen = [[event.id, event.data] for event in source.iter_sse()]
print("httpx-sse", version("httpx-sse"), seen)
print("eventsource-parser 3.1.1", json.loads(sys.argv[2]))
one, two = ["1", '{"number":1}'], ["2", '{"number":2}']
sys.exit((seen, json.loads(sys.argv[2])) != ([one, ["1", ""], ["1", ""], two], [one, two]))
PY
