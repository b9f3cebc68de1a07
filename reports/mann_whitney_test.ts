import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { mannWhitney } from "./mann_whitney.ts";
import scipy from "./testdata/mann_whitney.json" with { type: "json" };

/** Returns whether a p-value equals that of scipy, also far in the tail. */
function isSame(actual: number, expected: number): boolean {
  return Math.abs(actual - expected) <= 1e-8 * expected;
}

Deno.test("mannWhitney() equals scipy on both sides, exact and approximate, with ties and without", () => {
  ok(scipy.cases.length > 40);
  for (const { name, a, b, greater, less } of scipy.cases) {
    const figures = [mannWhitney(a, b, "greater"), mannWhitney(a, b, "less")];
    ok(isSame(figures[0]!, greater) && isSame(figures[1]!, less), `${name}: ${figures}`);
  }
});

Deno.test("the comparison with scipy fails on a damaged case", () => {
  for (const name of ["5 and 50, shifted by 0", "30 and 30, shifted by 0", "5 and 50, ties"]) {
    const { a, b, greater } = scipy.cases.find((one) => one.name === name)!;
    ok(!isSame(mannWhitney(a.map((value) => value + 0.7), b, "greater"), greater), name);
  }
});

Deno.test("mannWhitney() of an empty sample or NaN is NaN, of equal values 1", () => {
  equal(mannWhitney([], [1], "greater"), NaN);
  equal(mannWhitney([1], [], "less"), NaN);
  equal(mannWhitney([1, NaN], [2, 3], "greater"), NaN);
  equal(mannWhitney([1, 1], [1, 1, 1], "greater"), 1);
});
