import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { hash32 } from "../core/counter_random.ts";
import { demixShifts } from "./shifts.ts";

Deno.test("demixShifts() draws the same offsets for the same seed, within half a second", () => {
  equal(demixShifts(1, 5), [hash32(5) % 22_051]);
  equal(demixShifts(3, 5), [5, 6, 7].map((seed) => hash32(seed) % 22_051));
  const many = demixShifts(1000, 0);
  ok(many.every((shift) => shift !== null && shift >= 0 && shift <= 22_050));
  ok(new Set(many).size > 900);
});

Deno.test("demixShifts() of no shift is one pass without a shift", () => {
  equal(demixShifts(0, 5), [null]);
});
