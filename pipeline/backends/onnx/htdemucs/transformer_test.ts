import assert from "node:assert/strict";
import { embedMoments, embedPlane } from "./transformer.ts";

Deno.test("embedMoments() has cosines, then sines, from period 2π to the longest", () => {
  const { shape, data } = embedMoments(3, 4, 10_000, 1);
  assert.deepEqual(shape, [3, 4]);
  const expected = [0, 1, 2].flatMap((p) => [
    Math.cos(p),
    Math.cos(p / 10_000),
    Math.sin(p),
    Math.sin(p / 10_000),
  ]);
  assert.deepEqual(data, Float32Array.from(expected));
});

Deno.test("embedPlane() has frames in the first half of the channels and frequencies in the second", () => {
  const { shape, data } = embedPlane(2, 3, 4, 10_000, 2);
  assert.deepEqual(shape, [6, 4]);
  const expected = [0, 1].flatMap((row) =>
    [0, 1, 2].flatMap((frame) => [frame, row].flatMap((p) => [2 * Math.sin(p), 2 * Math.cos(p)]))
  );
  assert.deepEqual(data, Float32Array.from(expected));
});
