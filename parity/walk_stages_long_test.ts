/** Walks through the separation at full size, correct and with one value of the weights changed. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { elementCount, type Tensor, tensor } from "../core/tensor.ts";
import { openSeparation, SEGMENT_SAMPLES, SEGMENT_SPECTRUM } from "../kernels/mod.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { damaged, walked } from "../tests/support/walks.ts";
import { firstSegment } from "./inner_seams/demix.ts";

for (const backend of BACKENDS) {
  Deno.test(`${backend}: every inner seam of the separation is within the float32 error of demucs`, async () => {
    const walk = await walked("demix", { compute: { backend, threads: 2 } });
    equal(walk.steps.filter(({ verdict }) => verdict === "fail"), []);
    equal(walk.first, null);
    equal(walk.steps.length, 24);
  });
}

/** Separates noise where the network returns silence, and one value in the wave of the second segment. */
async function joined(value: number): Promise<Tensor<"f32">> {
  const samples = 340_000;
  const noise = Float32Array.from({ length: 2 * samples }, (_, at) => Math.sin(at * at));
  const separation = await openSeparation(noise, { shifts: [0] });
  const stems = new Float32Array(4 * 2 * samples);
  try {
    const [wave, spectrum] = [2 * SEGMENT_SAMPLES, 4 * elementCount(SEGMENT_SPECTRUM)];
    for (let index = 0; index < separation.segments; index++) {
      await separation.input(index, new Float32Array(wave), new Float32Array(spectrum));
      const output = new Float32Array(4 * wave).fill(index === 1 ? value : 0);
      await separation.output(index, output, new Float32Array(4 * spectrum));
    }
    for (let stem = 0; stem < 4; stem++) {
      const exact = stems.subarray(stem * 2 * samples, (stem + 1) * 2 * samples);
      await separation.stem(stem, new Int16Array(2 * samples), exact);
    }
  } finally {
    separation.close();
  }
  return tensor("f32", [4, 2, samples], stems);
}

Deno.test("the inner seam segment ends where the second segment begins", async () => {
  const [without, changed] = [await joined(0), await joined(1)];
  const { shape: [, , length = 0] } = firstSegment(without, 0);
  const first = without.data.findIndex((sample, at) => sample !== changed.data[at]);
  equal([length, first], [235_935, 235_935]);
});

for (
  const [parameter, seam] of [
    ["encoder.2.conv.bias", "encoder.2"],
    ["crosstransformer.layers_t.4.linear2.bias", "crosstransformer.wave"],
    ["tdecoder.1.conv_tr.bias", "tdecoder.1"],
  ] as const
) {
  Deno.test(`the first wrong seam of a separation with a damaged ${parameter} is ${seam}`, async () => {
    const weights = { demix: damaged(seededHtdemucs(), parameter) };
    const walk = await walked("demix", { weights });
    equal(walk.first?.seam, seam);
    ok(walk.first!.picture!.cells.flat().some((cell) => cell !== null && cell > 1e-6));
  });
}
