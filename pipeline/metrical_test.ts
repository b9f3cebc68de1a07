import { deepStrictEqual as equal, notDeepStrictEqual as notEqual } from "node:assert/strict";
import { edgeCaseFloats, edgeCaseList } from "../fixtures/edge_cases.ts";
import { createHash } from "node:crypto";
import { decodeBeats } from "../kernels/mod.ts";
import { hash32 } from "../core/counter_random.ts";
import { decoderInput, metrical } from "./metrical.ts";
import { tensor } from "../core/tensor.ts";

interface DecoderCase {
  readonly input: { readonly name: string };
  readonly first_frame: number;
  readonly frame_count: number;
  readonly results: readonly {
    readonly threshold: number;
    readonly beats: readonly number[];
    readonly beat_positions: readonly number[];
    readonly raises?: string;
  }[];
}

/** SHA-256 of what upstream feeds its decoder for the values of the last test. */
const UPSTREAM_INPUT = "25dfe4b2fcb91ceaad019d1fcdc33654c0d489d131b4e685224fca0abbe4d7f3";

const inputs = await edgeCaseFloats("decoder_inputs.npy");
const cases = await edgeCaseList<DecoderCase>("decoder.json");

function activationsOf(one: DecoderCase): Float32Array<ArrayBuffer> {
  const start = 2 * one.first_frame;
  return new Float32Array(inputs.data.subarray(start, start + 2 * one.frame_count));
}

for (const one of cases) {
  Deno.test(`decodeBeats() equals madmom's on ${one.input.name}`, async () => {
    for (const expected of one.results) {
      const { times, positions } = await decodeBeats(activationsOf(one), expected.threshold);
      // Where no path is possible madmom raises an error and we find no beats.
      equal([...times], expected.beats ?? []);
      equal([...positions], expected.beat_positions ?? []);
    }
  });
}

Deno.test("decodeBeats() sees activations that are shifted by one frame", async () => {
  const one = cases.find(({ results }) => (results[0]?.beats.length ?? 0) > 8) as DecoderCase;
  const activations = activationsOf(one);
  activations.copyWithin(2, 0, activations.length - 2);
  const { times } = await decodeBeats(activations, 0);
  notEqual([...times], one.results[0]?.beats);
});

Deno.test("metrical() is empty on silence", async () => {
  const silence = tensor("f32", [500], new Float32Array(500).fill(1e-6));
  const { beats, beat_positions, bpm } = await metrical(
    { "activations.beat": silence, "activations.downbeat": silence },
    0.24,
  );
  equal([beats.shape, beat_positions.shape, bpm.shape], [[0], [0], [0]]);
});

Deno.test("decoderInput() equals upstream's float32 arithmetic bit for bit", () => {
  // torch 2.4.1, as in allin1's metrical.py, on the same values: noise, ties, extremes, and
  // downbeats above beats.
  const value = (i: number): number => (hash32(i) >>> 8) / 2 ** 24;
  const beat = Float32Array.from({ length: 1000 }, (_, i) => value(i));
  const downbeat = Float32Array.from({ length: 1000 }, (_, i) => value(1000 + i));
  for (let i = 0; i < 1000; i++) {
    if (i % 10 === 0) downbeat[i] = beat[i]!;
    if (i % 10 === 1) downbeat[i] = 1e-6;
    if (i % 10 === 2) beat[i] = 1;
    if (i % 50 === 3) beat[i] = downbeat[i] = 1;
    if (i % 50 === 4) beat[i] = 0;
  }
  const input = decoderInput(beat, downbeat);
  equal(createHash("sha256").update(new Uint8Array(input.buffer)).digest("hex"), UPSTREAM_INPUT);
});
