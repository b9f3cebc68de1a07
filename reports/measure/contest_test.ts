import { deepStrictEqual as equal } from "node:assert/strict";
import { contest, type Contestant } from "./contest.ts";

/** Returns a contestant whose n-th run takes n seconds, and which records its turns. */
function contestant(name: string, turns: string[]): Contestant {
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

Deno.test("contest() runs all once a round, each round with another one first, and leaves out warm-ups", async () => {
  const turns: string[] = [];
  const contestants = ["a", "b", "c"].map((name) => contestant(name, turns));
  const times = await contest(contestants, { warmUps: 1, rounds: 2 });
  equal(turns.join(""), "abcbcacab");
  equal([...times], [["a", [2, 3]], ["b", [2, 3]], ["c", [2, 3]]]);
});
