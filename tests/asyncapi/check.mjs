// Prints what the official AsyncAPI parser says of each document named in the arguments, as a list in JSON.
import { readFileSync } from "node:fs";
import { Parser } from "@asyncapi/parser";

const answers = [];
for (const path of process.argv.slice(2)) {
  const { document, diagnostics } = await new Parser().parse(readFileSync(path, "utf8"));
  const found = diagnostics.map(({ severity, code, message, path }) => ({ severity, code, message, path: path.join(".") }));
  answers.push({ accepted: document !== undefined, diagnostics: found });
}
console.log(JSON.stringify(answers));
