import { equal } from "node:assert/strict";
import { cliReference, REFERENCE } from "./cli_reference.ts";

Deno.test("docs/cli.md is what the declarations of the commands give", async () => {
  equal(await Deno.readTextFile(REFERENCE), await cliReference());
});
