import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { readNpy } from "../../core/npy.ts";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import { addClicks, type Audible, metronome, transitions } from "./click_track.ts";

const FOLDER = join(FIXTURES_FOLDER, "references", "click_track");

/** Half of the last bit of a 16-bit sample, and the tolerance of float seams. */
const TOLERANCE = 1e-6;

Deno.test("the clicks, risers and drops are upstream's at upstream's samples", async () => {
  const { samples, stride, parts, sums, sha256, ...result } = JSON.parse(
    await Deno.readTextFile(join(FOLDER, "case.json")),
  ) as Audible & {
    samples: number;
    stride: number;
    parts: [number, number][];
    sums: [number, number][];
    sha256: string;
  };
  const bytes = await Deno.readFile(join(FOLDER, "signals.npy"));
  equal(createHash("sha256").update(bytes).digest("hex"), sha256);
  const { data, shape } = readNpy(bytes);
  const expected = data as Float32Array;
  const kept = Array.from({ length: samples }, (_, i) => i).filter((i) =>
    i % stride === 0 || parts.some(([start, end]) => i >= start && i < end)
  );
  equal(shape, [2, kept.length]);
  const signals = [metronome(result, samples), transitions(result.segments, samples)];
  for (const [row, signal] of signals.entries()) {
    for (const [at, i] of kept.entries()) {
      const difference = Math.abs(signal[i]! - expected[row * kept.length + at]!);
      ok(difference <= TOLERANCE, `Signal ${row} differs by ${difference} at sample ${i}`);
    }
    const [sum = NaN, power = NaN] = sums[row]!;
    ok(Math.abs(signal.reduce((all, value) => all + value, 0) - sum) < 1e-3);
    ok(Math.abs(signal.reduce((all, value) => all + value * value, 0) - power) < 1e-3);
  }
});

Deno.test("a beat within 30 ms of a downbeat is heard as the downbeat only", () => {
  const one = metronome({ beats: [0.5, 1], downbeats: [0.5], segments: [] }, 88_200);
  const near = metronome({ beats: [0.529, 1], downbeats: [0.5], segments: [] }, 88_200);
  const far = metronome({ beats: [0.531, 1], downbeats: [0.5], segments: [] }, 88_200);
  ok(one.every((value, i) => value === near[i]));
  ok(far.some((value, i) => value !== one[i]));
});

Deno.test("addClicks() changes all channels alike, and nothing without beats and segments", () => {
  const channels = [new Float32Array(44_100), new Float32Array(44_100).fill(0.25)];
  addClicks(channels, { beats: [], downbeats: [], segments: [] });
  ok(channels[0]!.every((value) => value === 0));
  addClicks(channels, { beats: [0.5], downbeats: [], segments: [] });
  ok(channels[0]!.some((value) => value !== 0));
  ok(channels[0]!.every((value, i) => Math.abs(value - (channels[1]![i]! - 0.25)) < 1e-6));
});

Deno.test("what lies beyond the end or before the start of a track is cut", () => {
  const segments = [{ start: 0.1, end: 0.3, label: "verse" }, {
    start: 0.3,
    end: 9,
    label: "solo",
  }];
  const length = Math.round(0.35 * 44_100);
  equal(transitions(segments, length).length, length);
  equal(metronome({ beats: [0.34, 7], downbeats: [8], segments: [] }, length).length, length);
});
