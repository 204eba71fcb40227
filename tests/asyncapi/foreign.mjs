// A client in another language that believes only the exported document: it composes messages from the examples, asks ajv
// whether each fits, and prints them with that verdict, as JSON. Argument: the exported document, as JSON.
import { readFileSync } from "node:fs";
import { randomUUID } from "node:crypto";
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";

const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const ajv = new Ajv2020({ strict: false });
addFormats(ajv);
ajv.addSchema({ $id: "https://example.org/document", components: document.components });
const absolute = (schema) => JSON.parse(JSON.stringify(schema).replaceAll('"#/components/', '"https://example.org/document#/components/'));

// Every schema must be one that this validator understands, and every example must fit its own.
const unfit = Object.entries(document.components.messages).filter(([, message]) => {
  const [ofHeaders, ofPayload] = [ajv.compile(absolute(message.headers)), ajv.compile(absolute(message.payload))];
  return (message.examples ?? []).some((shown) => !(ofHeaders(shown.headers) && ofPayload(shown.payload)));
});

const { headers, payload, examples, bindings } = document.components.messages.RequestSubmitted;
const fitsHeaders = ajv.compile(absolute(headers));
const fitsPayload = ajv.compile(absolute(payload));
const fitsKey = ajv.compile(absolute(bindings.kafka.key));

// Each changes a good message in place; what is deleted is not sent.
const defects = {
  "as it is": () => {},
  "unknown field": (m) => (m.payload.added_in_a_newer_minor = { anything: [1, null] }),
  "no time": (m) => delete m.headers.ce_time,
  "no content type": (m) => delete m.headers["content-type"],
  "charset": (m) => (m.headers["content-type"] = "application/json; charset=utf-8"),
  "capitals in the content type": (m) => (m.headers["content-type"] = 'Application/JSON;Charset="UTF-8"'),
  "data schema": (m) => (m.headers.ce_dataschema = "urn:pishkhan:event:ir.pishkhan.RequestSubmitted.v1"),
  "unknown header": (m) => (m.headers["x-trace"] = "00-1"),
  "null office": (m) => (m.payload.office = null),
  "text as content type": (m) => (m.headers["content-type"] = "text/plain"),
  "another charset": (m) => (m.headers["content-type"] = "application/json; charset=utf-16"),
  "structured mode": (m) => (m.headers["content-type"] = "application/cloudevents+json"),
  "another type as an attribute": (m) => (m.headers.ce_datacontenttype = "application/xml"),
  "no subject": (m) => delete m.headers.ce_subject,
  "empty subject": (m) => (m.headers.ce_subject = ""),
  "no id": (m) => delete m.headers.ce_id,
  "long id": (m) => (m.headers.ce_id = "x".repeat(129)),
  "line break in the id": (m) => (m.headers.ce_id = "a\nb"),
  "no source": (m) => delete m.headers.ce_source,
  "no type": (m) => delete m.headers.ce_type,
  "other version of CloudEvents": (m) => (m.headers.ce_specversion = "0.3"),
  "time without zone": (m) => (m.headers.ce_time = "2026-11-25T08:30:00"),
  "time that is none": (m) => (m.headers.ce_time = "yesterday"),
  "no key": (m) => delete m.key,
  "no city": (m) => delete m.payload.city,
  "city is a number": (m) => (m.payload.city = 5),
  "unknown origin": (m) => (m.payload.origin = "of_a_newer_minor"),
  "request id that is none": (m) => (m.payload.request_id = "17"),
  "form of a list of numbers": (m) => (m.payload.form = { note: [1] }),
  "key of the form in capitals": (m) => (m.payload.form = { Note: "a" }),
  "fraction in the form": (m) => (m.payload.form = { note: 1.5 }),
  "body is a list": (m) => (m.payload = []),
};

const messages = Object.entries(defects).map(([name, change]) => {
  const message = structuredClone({ headers: examples[0].headers, payload: examples[0].payload });
  message.payload.request_id = randomUUID();
  message.headers.ce_id = randomUUID();
  message.headers.ce_subject = message.key = message.payload.request_id;
  change(message);
  const fits = fitsHeaders(message.headers) && fitsPayload(message.payload) && fitsKey(message.key);
  return { name, fits, ...message };
});
console.log(JSON.stringify({ unfit: unfit.map(([name]) => name), messages }));
