// Usage: node structured.mjs page.html ...; prints {"page.html": [{"severity", "issueMessage", "path"}, ...]}.
// Run from the folder of the installed packages. Judges by the rules for rich results that the validator carries.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const require = createRequire(`${process.cwd()}/`);
const load = async (name) => (await import(pathToFileURL(require.resolve(name)))).default;
const WebAutoExtractor = await load("@marbec/web-auto-extractor");
const Validator = await load("@adobe/structured-data-validator");

const found = {};
for (const page of process.argv.slice(2)) {
  const html = readFileSync(page, "utf8");
  const data = new WebAutoExtractor({ addLocation: true, embedSource: ["rdfa", "microdata"] }).parse(html);
  found[page] = await new Validator().validate(data);
}
console.log(JSON.stringify(found));
