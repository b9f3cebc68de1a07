import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { sparklineRange } from "./stage_table.tsx";

Deno.test("sparklineRange() keeps small differences small, and fits large ones", () => {
  const { low, range } = sparklineRange(1, 1.004);
  // Two runs 0.4 % apart take a twenty-fifth of the height, near its middle.
  ok(Math.abs((1.004 - 1) / range - 0.04) < 1e-3 && Math.abs((1 - low) / range - 0.48) < 1e-3);
  equal(sparklineRange(1, 3), { low: 1, range: 2 });
  equal(sparklineRange(0, 0), { low: -0.5, range: 1 });
});
