import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { countsBetween, hardwareCounter } from "./_work_counter.ts";

const counts = (
  instructions: number,
): { instructions: number; cycles: number; cacheMisses: number } => ({
  ...{ instructions, cycles: 2 * instructions, cacheMisses: instructions / 10 },
});

Deno.test("countsBetween() subtracts counts, and keeps the reason why there are none", () => {
  equal(countsBetween(counts(10), counts(30)), { work: counts(20) });
  equal(countsBetween("none here", counts(30)), { noWork: "none here" });
  equal(countsBetween(counts(10), "stopped"), { noWork: "stopped" });
});

Deno.test("hardwareCounter() counts, or says why not", async () => {
  const counter = await hardwareCounter();
  const found = counter();
  ok(typeof found === "string" ? /counters/i.test(found) : found.instructions >= 0);
});
