import { ok } from "node:assert/strict";
import { CounterRandom } from "../../core/counter_random.ts";
import { spectrogram } from "../spectrogram.ts";
import { type Tensor, tensor } from "../../core/tensor.ts";
import { naiveSpectrogram } from "./spectrogram.ts";

/** Noise of very different loudness, with a length that is not a multiple of a hop. */
function noise(): Tensor<"i16"> {
  const random = new CounterRandom("plain spectrogram");
  const samples = 10_007;
  const data = Int16Array.from(
    { length: 2 * 2 * samples },
    (_, at) => (random.below(65_536) - 32_768) / (1 + (at % 5000)),
  );
  return tensor("i16", [2, 2, samples], data);
}

Deno.test("naiveSpectrogram() and the fast one agree", async () => {
  const stems = noise();
  const [naive, fast] = [naiveSpectrogram(stems), await spectrogram(stems)];
  ok(naive.data.length === fast.data.length && naive.data.length > 3000);
  for (const [at, value] of naive.data.entries()) {
    ok(Math.abs(value - fast.data[at]!) <= 2e-7, `${value} and ${fast.data[at]} at ${at}`);
  }
});
