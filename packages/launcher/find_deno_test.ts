import { deepStrictEqual as equal } from "node:assert/strict";
import { isNewEnough } from "./find_deno.ts";

Deno.test("a Deno on the PATH must have version 2.9", () => {
  const versions = ["1.46.3", "2.2.0", "2.8.12", "2.9.0", "2.9.6+abc", "2.10.0", "3.0.0"];
  equal(versions.filter(isNewEnough), ["2.9.0", "2.9.6+abc", "2.10.0", "3.0.0"]);
});
