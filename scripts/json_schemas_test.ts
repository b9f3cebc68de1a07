import { deepStrictEqual as equal } from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { JSON_SCHEMAS } from "./json_schemas.ts";

for (const [path, text] of JSON_SCHEMAS) {
  Deno.test(`${path} is as scripts/json_schemas.ts writes it`, async () => {
    equal(await readFile(new URL(`../${path}`, import.meta.url), "utf8"), text);
  });
}
