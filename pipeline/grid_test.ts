import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { gridOfFew, isOnGrid, nearestIndex, nearestPosition, refineGrid } from "./grid.ts";

function near(actual: number, expected: number): void {
  ok(Math.abs(actual - expected) < 1e-9, `${actual}, not ${expected}`);
}

Deno.test("a time lies on a grid up to 0.03 s from a position, before the origin as well", () => {
  const grid = { origin: 0.25, period: 0.5 };
  equal([0.25, 0.279, 0.221, 0.281, 0.5, 10.78, -0.25].map((time) => isOnGrid(grid, time)), [
    ...[true, true, true, false, false, true, true],
  ]);
  equal([nearestIndex(grid, -0.3), nearestPosition(grid, -0.3)], [-1, -0.25]);
});

Deno.test("gridOfFew() counts missing beats and not added ones", () => {
  const { origin, period } = gridOfFew([1, 1.5, 2, 2.24, 2.5, 4, 4.5]);
  near(period, 0.5);
  near(origin, 1);
});

Deno.test("refineGrid() fits the beats near a grid, whatever the others are", () => {
  const beats = Array.from(
    { length: 50 },
    (_, beat) => 3 + 0.4 * beat + (beat % 10 === 0 ? 0.15 : 0),
  );
  const { origin, period } = refineGrid({ origin: 3.01, period: 0.4004 }, beats);
  near(period, 0.4);
  near(nearestPosition({ origin, period }, 3), 3);
});
