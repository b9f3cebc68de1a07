import { equal } from "node:assert/strict";
import { cliReference, REFERENCE } from "./cli_reference.ts";

Deno.test("docs/cli.md matches the declarations of the commands", async () => {
  equal(await Deno.readTextFile(REFERENCE), await cliReference());
});
