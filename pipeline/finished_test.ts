import { equal } from "node:assert/strict";
import { isPart } from "./finished.ts";

Deno.test("isPart() tells the part of a result from every other one, also from one to the end of the track", () => {
  const cut = { start: 1, end: 2, ends_with_track: false };
  const rest = { start: 1, end: 4, ends_with_track: true };
  const from = (startSeconds: number, endSeconds?: number): Parameters<typeof isPart>[1] => ({
    part: { startSeconds, ...(endSeconds !== undefined && { endSeconds }) },
  });
  equal(isPart(null), true);
  equal(isPart(cut), false);
  equal(isPart(null, from(1, 2)), false);
  equal(isPart(cut, from(1, 2)), true);
  for (const other of [from(1), from(1, 3), from(0, 2)]) equal(isPart(cut, other), false);
  for (const same of [from(1), from(1, 4), from(1, 99)]) equal(isPart(rest, same), true);
  for (const other of [from(1, 3), from(0), from(2, 4)]) equal(isPart(rest, other), false);
});
