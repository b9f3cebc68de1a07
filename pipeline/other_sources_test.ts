import { deepStrictEqual as equal } from "node:assert/strict";
import { addSamples } from "./other_sources.ts";

Deno.test("addSamples() limits sums to 16 bits and counts them", () => {
  const stem = Int16Array.of(1, -5, 32_767, -32_768, 32_767, 20_000);
  const limited = addSamples(stem, Int16Array.of(2, 5, 0, 0, 1, 20_000));
  equal([...stem], [3, 0, 32_767, -32_768, 32_767, 32_767]);
  equal(limited, 2);
});
