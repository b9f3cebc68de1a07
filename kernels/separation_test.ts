import { deepStrictEqual as equal, rejects } from "node:assert/strict";
import { openHpss, roundMixture } from "./separation.ts";

const MIXTURE = Float32Array.of(0.5, -2, 1, 1.01);

Deno.test("roundMixture() divides by the peak of both channels, rounds, and averages where one channel is wanted", async () => {
  const [stereo, mono] = [new Int16Array(4), new Int16Array(2)];
  await roundMixture(MIXTURE, stereo);
  await roundMixture(MIXTURE, mono);
  equal([...stereo], [8111, -32444, 16222, 16384]);
  equal([...mono], [Math.trunc((8111 + 16222) / 2), Math.trunc((-32444 + 16384) / 2)]);
});

Deno.test("roundMixture() refuses another length, and a mixture without samples", async () => {
  for (const length of [0, 1, 3, 5]) {
    await rejects(roundMixture(MIXTURE, new Int16Array(length)), /rounded mixture/);
  }
  await rejects(roundMixture(new Float32Array(), new Int16Array()), /no audio/);
});

Deno.test("openHpss() for bass and drums has no other stem to take", async () => {
  const separation = await openHpss(MIXTURE, { samples: 2 }, 2);
  try {
    for (let part = 0; part < separation.parts; part++) await separation.separatePart();
    for (const stem of [0, 1]) await separation.mono(stem, new Int16Array(2));
    for (const stem of [2, 3]) {
      await rejects(separation.mono(stem, new Int16Array(2)), /stem/);
    }
  } finally {
    separation.close();
  }
});
