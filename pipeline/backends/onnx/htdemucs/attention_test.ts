import assert from "node:assert/strict";
import { tilesOf } from "./attention.ts";

Deno.test("tilesOf() keeps the scores of the published network within 64 MiB", () => {
  for (const [queries, keys] of [[2688, 2688], [2688, 1344], [1344, 2688], [1344, 1344]] as const) {
    const tiles = tilesOf(queries, 8 * keys);
    assert.equal(tiles[0]![0], 0);
    assert.equal(tiles.at(-1)![1], queries);
    for (const [at, [start, end]] of tiles.entries()) {
      assert.equal(start, tiles[at - 1]?.[1] ?? 0);
      assert.ok(end > start && 4 * (end - start) * 8 * keys <= 64 * 2 ** 20);
    }
  }
  assert.deepEqual(tilesOf(3, 100, 1), [[0, 1], [1, 2], [2, 3]]);
});
