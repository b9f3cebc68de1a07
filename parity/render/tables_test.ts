import { deepStrictEqual as equal, match } from "node:assert/strict";
import { tensor } from "../../core/tensor.ts";
import { compare, refused } from "../compare.ts";
import { TOLERANCES } from "../tolerances.ts";
import { differenceStatistics } from "./tables.ts";

Deno.test("differenceStatistics() shows shares of floats by units in the last place, and blanks without a comparison", () => {
  const f32 = (...values: number[]) => tensor("f32", [4], Float32Array.from(values));
  const ulp = 2 ** -23;
  const comparison = compare(f32(1, 1, 1 + ulp, 1 + 100 * ulp), f32(1, 1, 1, 1), TOLERANCES.float);
  const seam = { seam: "a", verdict: "pass" as const, tolerance: TOLERANCES.float, comparison };
  const missing = { ...seam, seam: "b", comparison: refused("the output is missing") };
  const text = differenceStatistics({
    format: 1,
    expected: "",
    actual: "",
    seams: [seam, missing],
  });
  const [head, a, b] = text.split("\n");
  match(head!, /0 ulp +1 ulp +2 ulp +3-4 ulp +5-8 ulp +9-16 ulp +more +max ulp$/);
  match(a!, / 0\.168 +50 +25 +0 +0 +0 +0 +25 +100$/);
  equal(b, "b");
});
