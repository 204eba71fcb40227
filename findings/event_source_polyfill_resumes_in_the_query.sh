#!/usr/bin/env bash
# event-source-polyfill 1.0.31 (npm): it resumes with ?lastEventId=, and sends no Last-Event-ID.
#
# Guess: what stands in for EventSource, and is taken because it can send an Authorization header, resumes as
# EventSource does: with the header Last-Event-ID.
# Seen: the id is put into the query of the address, and the header is missing. A server that knows the header alone
# begins anew, or at the end, and the reader loses or repeats what lay between. eventsource (npm) sends the header.
set -uo pipefail
folder=$(mktemp -d) && trap 'rm -rf "$folder"' EXIT
{ cd "$folder" && npm init -y && npm install --silent event-source-polyfill@1.0.31 eventsource@4.1.1; } \
    >"$folder/log" 2>&1 || { tail -3 "$folder/log"; exit 77; }
cat >"$folder/resume.mjs" <<'JS'
import http from "node:http";
import { createRequire } from "node:module";
import { EventSource } from "eventsource";
const { EventSourcePolyfill } = createRequire(import.meta.url)("event-source-polyfill");

async function second(open) {
    let seen = 0;
    const resumed = {};
    const server = http.createServer((request, response) => {
        seen += 1;
        if (seen === 2) resumed.is = [request.url, request.headers["last-event-id"] ?? null];
        response.writeHead(200, { "content-type": "text/event-stream" });
        response.end("retry: 50\n\nid: 41\ndata: {}\n\n");
    });
    await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
    const source = open(`http://127.0.0.1:${server.address().port}/feed`);
    while (!resumed.is) await new Promise((passed) => setTimeout(passed, 20));
    source.close();
    return resumed.is;
}

const polyfill = await second((address) => new EventSourcePolyfill(address, { headers: { authorization: "Bearer x" } }));
const other = await second((address) => new EventSource(address));
console.log("event-source-polyfill 1.0.31:", JSON.stringify(polyfill));
console.log("eventsource 4.1.1:", JSON.stringify(other));
const as = (got, wanted) => JSON.stringify(got) === JSON.stringify(wanted);
process.exit(as(polyfill, ["/feed?lastEventId=41", null]) && as(other, ["/feed", "41"]) ? 0 : 1);
JS
timeout 60 node "$folder/resume.mjs"
