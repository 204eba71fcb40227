// Prints what the official AsyncAPI parser says of the document in the first argument, as JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const { document, diagnostics } = await new Parser().parse(readFileSync(process.argv[2], "utf8"));
const found = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
console.log(JSON.stringify({ accepted: document !== undefined, diagnostics: found }));
