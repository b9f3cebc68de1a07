import { match, ok } from "node:assert/strict";
import { workCounts } from "./counters.ts";

Deno.test("workCounts() grows with work, or says why there are no counters", () => {
  const before = workCounts();
  if (typeof before === "string") return match(before, /^No hardware counters: \S/);
  let sum = 0;
  for (let at = 0; at < 1e6; at++) sum += at;
  const after = workCounts();
  ok(typeof after !== "string" && after.instructions - before.instructions > 1e6, String(sum));
});
