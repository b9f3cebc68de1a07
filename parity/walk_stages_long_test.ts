/** Walks through the separation at full size, correct and with one value of the weights changed. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { seededHtdemucs } from "../models/htdemucs/seeded.ts";
import { BACKENDS } from "../pipeline/backends/backend.ts";
import { damaged, walked } from "../tests/support/walks.ts";

for (const backend of BACKENDS) {
  Deno.test(`${backend}: every inner seam of the separation is within the float32 error of demucs`, async () => {
    const walk = await walked("demix", { compute: { backend, threads: 2 } });
    equal(walk.steps.filter(({ verdict }) => verdict === "fail"), []);
    equal(walk.first, null);
    equal(walk.steps.length, 24);
  });
}

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
