import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { edgeCaseFloats, edgeCaseList } from "../../fixtures/edge_cases.ts";
import { decodeBeats } from "../../kernels/mod.ts";
import { CounterRandom } from "../../core/counter_random.ts";
import { naiveBeats } from "./beat_decoder.ts";

interface DecoderCase {
  readonly first_frame: number;
  readonly frame_count: number;
  readonly results: readonly { readonly threshold: number; readonly beats?: readonly number[] }[];
}

Deno.test("naiveBeats() and the fast search agree on the stored edge cases", async () => {
  const inputs = (await edgeCaseFloats("decoder_inputs.npy")).data;
  const cases = await edgeCaseList<DecoderCase>("decoder.json");
  const short = cases.filter(({ frame_count }) => frame_count <= 400);
  ok(short.length > 10);
  for (const { first_frame, frame_count, results } of short) {
    const activations = inputs.slice(2 * first_frame, 2 * (first_frame + frame_count));
    for (const { threshold } of results) {
      const [naive, fast] = [
        naiveBeats(activations, threshold),
        await decodeBeats(activations, threshold),
      ];
      equal([...naive.times], [...fast.times]);
      equal([...naive.positions], [...fast.positions]);
    }
  }
});

Deno.test("naiveBeats() and the fast search agree on random activations", async () => {
  const random = new CounterRandom("plain beats");
  for (let trial = 0; trial < 5; trial++) {
    const frames = 200 + random.below(600);
    const activations = Float32Array.from({ length: 2 * frames }, () => {
      const value = random.below(1_000_000) / 1_000_000;
      return 0.49 * value ** 6;
    });
    const [naive, fast] = [naiveBeats(activations, 0.05), await decodeBeats(activations, 0.05)];
    ok(fast.times.length > 2);
    equal([...naive.times], [...fast.times]);
    equal([...naive.positions], [...fast.positions]);
  }
});
