import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { tensor } from "../core/tensor.ts";
import { readManifest } from "../parity/manifest.ts";
import { readReference } from "../parity/references.ts";
import { SEAMS } from "./seams.ts";
import { allowance } from "./single_precision.ts";

const stems = (...values: number[]): ReturnType<typeof tensor<"f32">> =>
  tensor("f32", [1, 1, values.length], Float32Array.from(values));

Deno.test("allowance() grows with the level of the stems, and with no other seam", () => {
  const loud = allowance("stems", stems(0.5, -2), 1e-6);
  equal([loud.absolute, loud.peak, loud.leastSnrDecibels], [4.6e-6, 2, 109]);
  equal(allowance("stems", stems(0.25, -0.4), 1e-6), { absolute: 1e-6 });
  equal(allowance("stems", stems(), 1e-6), { absolute: 1e-6 });
  equal(allowance("stems", stems(Infinity), 1e-6), { absolute: 1e-6 });
  equal(allowance("logits.beat", tensor("f32", [1], Float32Array.of(20)), 1e-6), {
    absolute: 1e-6,
  });
});

Deno.test("the share is half of what upstream's float32 needs of the peak, the median of the six clips", async () => {
  const { suites } = await readManifest();
  const clips = Object.values(suites["clips"]!.separation!.clips);
  const shares = await Promise.all(clips.map(async (entries) => {
    const entry = entries.find(({ seam }) => seam === "stems")!;
    const stored = (await readReference(entry)).data as Float32Array;
    return entry.upstreamFloat32!.maxAbs /
      stored.reduce((peak, x) => Math.max(peak, Math.abs(x)), 0);
  }));
  equal(shares.length, 6);
  const [, , low = NaN, high = NaN] = shares.toSorted((a, b) => a - b);
  const { shareOfPeak } = SEAMS.stems.singlePrecision;
  ok(Math.abs(shareOfPeak / ((low + high) / 4) - 1) < 0.02, `${(low + high) / 4}`);
});
