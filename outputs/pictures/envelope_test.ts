import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { tensor } from "../../core/tensor.ts";
import {
  envelope,
  isSameEnvelope,
  largestOf,
  levelsOf,
  meansOf,
  spectralEnvelope,
} from "./envelope.ts";

Deno.test("envelope() has the extremes and the power of all channels in frames of 441 samples", () => {
  const samples = new Float32Array(2 * 1000);
  samples[5] = -0.5;
  samples[1000 + 900] = 0.25;
  const { peak, power } = envelope(samples, 2);
  equal([...peak], [0.5, 0, 0.25]);
  ok(Math.abs(power[0]! - 0.25 / 882) < 1e-9);
  ok(Math.abs(power[2]! - 0.0625 / (2 * 118)) < 1e-9, "the last frame is shorter");
  const whole = envelope(Int16Array.from(samples, (value) => value * 32768), 2);
  ok(isSameEnvelope(whole, { peak, power }));
  equal(isSameEnvelope(whole, envelope(new Float32Array(2000), 2)), false);
});

Deno.test("levelsOf() keeps every extreme when it divides a long signal into parts", () => {
  const peak = new Float32Array(360_000);
  peak[123_457] = 1;
  const { peak: levels, rms } = levelsOf({ peak, power: new Float32Array(360_000) }, 1000);
  equal([levels.length, levels.findIndex((value) => value === 1)], [1000, 342]);
  equal(Math.max(...rms), 0);
});

Deno.test("a signal of fewer frames than parts has one part a frame", () => {
  equal(largestOf(Float32Array.of(1, 3, 2), 10), [1, 3, 2]);
  equal(largestOf(Float32Array.of(9, 1, 3, 2, 4), 2, 1, 4), [3, 4]);
  equal(meansOf(Float32Array.of(9, 1, 3, 2, 4), 2, 1, 4), [2, 3]);
  equal(levelsOf({ peak: new Float32Array(), power: new Float32Array() }, 5), {
    peak: [],
    rms: [],
  });
});

Deno.test("spectralEnvelope() is the mean magnitude of one stem", () => {
  const data = new Float32Array(2 * 3 * 81).fill(1, 3 * 81, 4 * 81);
  const { peak } = spectralEnvelope(tensor("f32", [2, 3, 81], data), 1);
  equal([...peak], [1, 0, 0]);
});
