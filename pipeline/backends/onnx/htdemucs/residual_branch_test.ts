import assert from "node:assert/strict";
import { cholesky } from "./residual_branch.ts";

Deno.test("cholesky() returns a triangular matrix whose square is the matrix", () => {
  const matrix = Float64Array.of(4, 2, -2, 2, 10, 5, -2, 5, 9);
  const lower = cholesky(matrix, 3);
  assert.deepEqual([lower[1], lower[2], lower[5]], [0, 0, 0]);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      const square = [0, 1, 2].reduce((sum, k) => sum + lower[3 * i + k]! * lower[3 * j + k]!, 0);
      assert.ok(Math.abs(square - matrix[3 * i + j]!) < 1e-12);
    }
  }
});

Deno.test("cholesky() returns zero columns for vanishing pivots of a singular matrix", () => {
  assert.deepEqual([...cholesky(Float64Array.of(1, 2, 2, 4), 2)], [1, 0, 2, 0]);
  assert.deepEqual([...cholesky(new Float64Array(4), 2)], [0, 0, 0, 0]);
});
