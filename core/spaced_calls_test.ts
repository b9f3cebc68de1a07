import { deepStrictEqual as equal } from "node:assert/strict";
import { spacedCalls } from "./spaced_calls.ts";

Deno.test("spacedCalls() passes the first call on, and later ones after the time", () => {
  const passed: number[] = [];
  const rare = spacedCalls(1e9, (value: number) => passed.push(value));
  const all = spacedCalls(0, (value: number) => passed.push(-value));
  for (const value of [1, 2, 3]) {
    rare(value);
    all(value);
  }
  equal(passed, [1, -1, -2, -3]);
});
