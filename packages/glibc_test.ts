import { deepStrictEqual as equal } from "node:assert/strict";
import { neededGlibc } from "./glibc.ts";

Deno.test("neededGlibc() finds the newest version by its numbers", () => {
  const library = new TextEncoder().encode(
    "\x7fELF GLIBC_2.9\0GLIBC_2.28\0GLIBC_2.2.5\0GLIBC_PRIVATE\0",
  );
  equal(neededGlibc(library), "2.28");
  equal(neededGlibc(new TextEncoder().encode("MZ")), undefined);
});
