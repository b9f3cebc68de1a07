/** Tests the comparison of two decodings. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { CounterRandom } from "../../core/counter_random.ts";
import { BEYOND, comparePcm, type Pcm } from "./compare_pcm.ts";

function noise(samples: number): Float32Array {
  const random = new CounterRandom("noise");
  return Float32Array.from({ length: samples }, () => 2 * random.uniform() - 1);
}

const stereo = (...channels: Float32Array[]): Pcm => ({
  sampleRateHz: 44_100,
  channelCount: channels.length,
  channels,
});

/** Returns the samples from `first` on, after `silence` zeros. */
function moved(samples: Float32Array, silence: number, first: number): Float32Array {
  const output = new Float32Array(silence + samples.length - first);
  output.set(samples.subarray(first), silence);
  return output;
}

Deno.test("comparePcm() finds no difference between equal decodings", () => {
  const pcm = stereo(noise(5000), noise(4999).map((sample) => -sample));
  const none = { offsetSamples: 0, extraSamples: 0, largestDifference: 0, relativeRms: 0 };
  equal(comparePcm(pcm, pcm, 0), none);
});

Deno.test("comparePcm() gives the sign and the size of an offset, and the difference after it", () => {
  const samples = noise(9_000);
  const late = comparePcm(stereo(moved(samples, 1105, 0)), stereo(samples), 1e-4);
  equal([late.offsetSamples, late.extraSamples, late.largestDifference], [1105, 1105, 0]);
  const early = comparePcm(stereo(moved(samples, 0, 529)), stereo(samples), 1e-4);
  equal([early.offsetSamples, early.extraSamples, early.largestDifference], [-529, -529, 0]);
});

Deno.test("comparePcm() reports no offset for audio that is merely different", () => {
  const samples = noise(20_000);
  const other = samples.map((sample, i) => i > 10_000 ? 0 : sample);
  const { offsetSamples, largestDifference } = comparePcm(stereo(other), stereo(samples), 1e-4);
  equal(offsetSamples, 0);
  ok(largestDifference > 0.9);
});

Deno.test("comparePcm() counts NaN as a difference beyond all others", () => {
  const samples = noise(5000);
  const broken = samples.slice();
  broken[77] = NaN;
  equal(comparePcm(stereo(broken), stereo(samples), 1e-4).largestDifference, BEYOND);
});

Deno.test("comparePcm() compares the second channel, and a single channel with both", () => {
  const samples = noise(5000);
  const quiet = samples.map((sample) => sample / 2);
  ok(comparePcm(stereo(samples, quiet), stereo(samples, samples), 0).largestDifference > 0.4);
  equal(comparePcm(stereo(samples), stereo(samples, samples), 0).largestDifference, 0);
});

Deno.test("comparePcm() compares silence and decodings without samples", () => {
  const silence = stereo(new Float32Array(9000));
  equal(comparePcm(silence, silence, 0).largestDifference, 0);
  equal(comparePcm(stereo(noise(9000)), silence, 0).relativeRms, BEYOND);
  equal(comparePcm(stereo(new Float32Array()), silence, 0).extraSamples, -9000);
});
