import { deepStrictEqual as equal, match, throws } from "node:assert/strict";
import { readTimings, TimingsFileError } from "./timings_file.ts";

/** Records of one call of this program: loading first, then the stages in the order in which they end. */
const OURS = [
  ["weights", 0.0012, 0.31],
  ["demixer weights", 0.0013, 0.92],
  ["decode", 0.0016, 0.0473],
  ["mixture", 0.0474, 0.0612],
  ["demix", 0.93, 12.4],
  ["network", 12.5, 14.25],
] as const;

/**
 * Records of all-in-one-mlx: an arbitrary clock, hundredths of a second, loading written late, parts after their stage.
 */
const MLX = [
  ["demix: demucs-mlx", 81234.51, 81238.52],
  ["spectrogram", 81238.52, 81238.92],
  ["model_load", 81234.51, 81235.73],
  ["nn", 81238.95, 81239.95],
  ["spec_load", 81238.93, 81238.95],
  ["postprocess", 81239.95, 81240.64],
  ["metrical_prep", 81239.95, 81239.95],
  ["metrical_dbn", 81239.95, 81240.61],
  ["functional_probs", 81240.61, 81240.61],
  ["save", 81240.64, 81240.65],
] as const;

type Row = readonly [stage: string, start: number, end: number];

function lines(rows: readonly Row[], track: string | null, offset = 0): string {
  return rows.map(([stage, start, end]) =>
    JSON.stringify({
      stage,
      start: start + offset,
      end: end + offset,
      duration: end - start,
      device: "cpu",
      model: "harmonix-all",
      ...(track !== null && { track }),
    }) + "\n"
  ).join("");
}

const counts = (text: string): number[] => readTimings(text).map(({ records }) => records.length);

Deno.test("readTimings() reads a run of this program", () => {
  const [run, ...others] = readTimings(lines(OURS, "/music/a.flac"));
  equal(others, []);
  equal(run!.records.map(({ stage }) => stage), OURS.map(([stage]) => stage));
  equal([run!.models, run!.devices, run!.tracks], [["harmonix-all"], ["cpu"], ["/music/a.flac"]]);
  equal([run!.records[0]!.start, run!.isRounded], [0, false]);
});

Deno.test("readTimings() reads a run of all-in-one-mlx, whose clock has an arbitrary start", () => {
  const [run, ...others] = readTimings(lines(MLX, "a.wav"));
  equal(others, []);
  equal(run!.records.length, MLX.length);
  equal(run!.isRounded, true);
  equal(Math.min(...run!.records.map(({ start }) => start)), 0);
});

Deno.test("readTimings() splits where time goes back, also with other tracks", () => {
  const { length } = OURS;
  equal(counts(lines(OURS, "a") + lines(OURS, "a", 0.0004)), [length, length]);
  equal(counts(lines(OURS, "a") + lines(OURS, "b", -0.0003)), [length, length]);
  equal(counts(lines(MLX, "a") + lines(MLX, "a", -81000)), [MLX.length, MLX.length]);
  equal(counts(lines(OURS, "a") + lines(OURS, "a")), [length, length]);
});

Deno.test("readTimings() splits after a long idle time and keeps tracks of one run together", () => {
  equal(counts(lines(MLX, "a") + lines(MLX, "a", 3600)), [MLX.length, MLX.length]);
  const second = lines(OURS.slice(2), "b", 14.5);
  const [run, ...others] = readTimings(lines(OURS, "a") + second);
  equal([run!.tracks, others.length], [["a", "b"], 0]);
});

Deno.test("readTimings() keeps a batch, whose tracks have the same times, in one run", () => {
  const batch: Row[] = [["nn", 5, 6.25]];
  equal(counts(lines(batch, "a") + lines(batch, "b") + lines([["save", 6.25, 6.26]], "a")), [3]);
  equal(counts(lines(batch, "a") + lines(batch, "a")), [1, 1]);
});

Deno.test("readTimings() names the invalid line and the expected content", () => {
  const good = lines(OURS, "a");
  const after = OURS.length + 1;
  for (
    const [line, expected] of [
      ['{"stage": "nn", "start"', "a JSON object, but got"],
      ["[1]", "a JSON object"],
      ['{"start": 1, "end": 2}', "stage to be text, but got nothing"],
      ['{"stage": "nn", "start": "1", "end": 2}', 'start to be seconds, but got "1"'],
      ['{"stage": "nn", "start": 3, "end": 2}', "end not to be before start, 3, but got 2"],
      ['{"stage": "nn", "start": 1, "end": 2, "duration": 5}', "duration to be end minus start, 1"],
      ['{"stage": "nn", "start": 1, "end": 2, "track": 5}', "track to be text, but got 5"],
    ] as const
  ) {
    throws(() => readTimings(good + line), (error: Error) => {
      equal(error.name, "TimingsFileError");
      match(error.message, new RegExp(`^Reading timings, line ${after}: expected `));
      equal(error.message.includes(expected), true, error.message);
      return true;
    });
  }
});

Deno.test("readTimings() ignores blank lines, and rejects a file without a record", () => {
  equal(counts(`\n${lines(OURS, "a").replaceAll("\n", "\r\n\r\n")}`), [OURS.length]);
  throws(() => readTimings("\n \n"), TimingsFileError);
});
