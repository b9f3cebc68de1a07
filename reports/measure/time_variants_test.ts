import { deepStrictEqual as equal } from "node:assert/strict";
import { type BenchVariant, timeVariants } from "./time_variants.ts";

/** Returns a variant whose n-th run takes n seconds, and which records its turns. */
function variant(name: string, turns: string[]): BenchVariant {
  let runs = 0;
  return {
    ...{ name, backend: "native" },
    run: () => {
      turns.push(name);
      return Promise.resolve(++runs);
    },
    close: () => Promise.resolve(),
  };
}

Deno.test("timeVariants() runs all once a round, each round with another one first, and leaves out warm-ups", async () => {
  const turns: string[] = [];
  const variants = ["a", "b", "c"].map((name) => variant(name, turns));
  const times = await timeVariants(variants, { warmUps: 1, rounds: 2 });
  equal(turns.join(""), "abcbcacab");
  equal([...times], [["a", [2, 3]], ["b", [2, 3]], ["c", [2, 3]]]);
});
