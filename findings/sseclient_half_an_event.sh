#!/usr/bin/env bash
# sseclient-py 1.9.0: when a stream is cut, the half that has arrived is handed out as a whole event, with its id.
#
# Guess: an event counts when its empty line is there; what a closed connection leaves over is discarded (WHATWG HTML:
# "discard any pending data"), and is sent again to a reader that resumes with Last-Event-ID.
# Seen: it is handed out. Of an event with two lines of data a reader gets the first line under the event's own id, and
# resumes behind it: the rest is lost without a word. httpx-sse and eventsource-parser (npm) discard it.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ python3 -m venv "$folder/v" &&
    "$folder/v/bin/pip" install -q --disable-pip-version-check sseclient-py==1.9.0 httpx==0.28.1 httpx-sse==0.4.3; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
"$folder/v/bin/python" - <<'PY'
import sys
from importlib.metadata import version

import httpx
import httpx_sse
import sseclient

cut = b"id: 7\ndata: whole\n\nid: 8\ndata: first line\n"  # the connection ends before `data: second line` and the empty line
seen = [(event.id, event.data) for event in sseclient.SSEClient(iter([cut])).events()]
transport = httpx.MockTransport(lambda _: httpx.Response(200, headers={"content-type": "text/event-stream"}, content=cut))
with httpx.Client(transport=transport) as client:
    with httpx_sse.connect_sse(client, "GET", "http://localhost/") as source:
        other = [(event.id, event.data) for event in source.iter_sse()]
print("sseclient-py", version("sseclient-py"), seen)
print("httpx-sse", version("httpx-sse"), other)
sys.exit((seen, other) != ([("7", "whole"), ("8", "first line")], [("7", "whole")]))
PY
