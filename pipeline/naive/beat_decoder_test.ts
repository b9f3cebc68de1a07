import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { edgeCaseFloats, edgeCaseList } from "../../fixtures/edge_cases.ts";
import { decodeBeats, type DecodedMetre, type DecoderOptions } from "../../kernels/mod.ts";
import { CounterRandom } from "../../core/counter_random.ts";
import { naiveBeats } from "./beat_decoder.ts";

interface DecoderCase {
  readonly first_frame: number;
  readonly frame_count: number;
  readonly results: readonly { readonly threshold: number; readonly beats?: readonly number[] }[];
}

/** Options of madmom's processor, and its beats for pulses of one tempo and metre. */
interface OptionsCase {
  readonly options: {
    readonly min_bpm: number;
    readonly max_bpm: number;
    readonly beats_per_bar: readonly number[];
    readonly transition_lambda: number;
  };
  readonly pulses: readonly Pulses[];
}

interface Pulses {
  readonly bpm: number;
  readonly metre: number;
  readonly frames: number;
  readonly period_hundredths: number;
  readonly beats: readonly number[];
  readonly beat_positions: readonly number[];
}

function decoderOptions({ options }: OptionsCase): DecoderOptions {
  return {
    minBpm: options.min_bpm,
    maxBpm: options.max_bpm,
    beatsPerBar: options.beats_per_bar,
    transitionLambda: options.transition_lambda,
  };
}

/** Returns the same activations as `fixtures/upstream/decoder_options.py`. */
function pulseActivations({ frames, metre, period_hundredths }: Pulses): Float32Array {
  const activations = new Float32Array(2 * frames).fill(2 ** -10);
  for (let pulse = 0;; pulse++) {
    const frame = 11 + Math.floor(pulse * period_hundredths / 100);
    if (frame >= frames) return activations;
    const at = 2 * frame + Number(pulse % metre === 0);
    activations[at] = (activations[at] ?? 0) + 0.5;
  }
}

function nearMetre(actual: DecodedMetre | null, expected: DecodedMetre | null): void {
  ok(actual !== null && expected !== null);
  ok(Math.abs(actual.confidence - expected.confidence) < 1e-9);
  equal({ ...actual, confidence: 0 }, { ...expected, confidence: 0 });
}

const optionsCases = await edgeCaseList<OptionsCase>("decoder_options.json");

for (const one of optionsCases) {
  const { min_bpm, max_bpm, beats_per_bar, transition_lambda } = one.options;
  const named = `${min_bpm} to ${max_bpm} bpm, bars of ${beats_per_bar}, ${transition_lambda}`;
  Deno.test(`decodeBeats() and naiveBeats() equal madmom's with ${named}`, async () => {
    ok(one.pulses.length > 0);
    for (const pulses of one.pulses) {
      const activations = pulseActivations(pulses);
      const fast = await decodeBeats(activations, 0, decoderOptions(one));
      equal([...fast.times], pulses.beats);
      equal([...fast.positions], pulses.beat_positions);
      // Every state in every frame: shortened for the wide ranges.
      const short = activations.subarray(0, 2 * Math.min(pulses.frames, 500));
      const naive = naiveBeats(short, 0, decoderOptions(one));
      const fastShort = await decodeBeats(short, 0, decoderOptions(one));
      equal([...naive.times], [...fastShort.times]);
      equal([...naive.positions], [...fastShort.positions]);
      nearMetre(fastShort.metre, naive.metre);
    }
  });
}

Deno.test("decodeBeats() finds 50 and 240 bpm and bars of 5 and 7 with options that allow them", async () => {
  const found = async (bpm: number, metre: number): Promise<unknown> => {
    const one = optionsCases.find(({ options, pulses }) =>
      pulses.some((pulses) => pulses.bpm === bpm && pulses.metre === metre) &&
      options.min_bpm <= bpm && options.max_bpm >= bpm && options.beats_per_bar.includes(metre)
    );
    ok(one !== undefined);
    const pulses = one.pulses.find((pulses) => pulses.bpm === bpm && pulses.metre === metre)!;
    const { times, positions, metre: bars } = await decodeBeats(
      ...[pulseActivations(pulses), 0, decoderOptions(one)] as const,
    );
    const periods = (times.at(-1)! - times[0]!) * bpm / 60;
    return [Math.round(periods) === times.length - 1, bars?.beatsPerBar, Math.max(...positions)];
  };
  equal(await found(50, 4), [true, 4, 4]);
  equal(await found(240, 4), [true, 4, 4]);
  equal(await found(120, 5), [true, 5, 5]);
  equal(await found(120, 7), [true, 7, 7]);
});

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
    nearMetre(fast.metre, naive.metre);
    equal([...naive.times], [...fast.times]);
    equal([...naive.positions], [...fast.positions]);
  }
});
