import { deepStrictEqual as equal, ok, throws } from "node:assert/strict";
import { CounterRandom } from "../core/counter_random.ts";
import type { FittedTempo } from "./result.ts";
import { tempo } from "./tempo.ts";
import { type BpmRange, fitTempo } from "./tempo_fit.ts";

/** Times in whole frames, as the decoder finds them. */
function frames(times: readonly number[]): number[] {
  return times.map((time) => Math.round(time * 100) / 100);
}

/** `count` beats of a click track that begins at `start` seconds. */
function clicks(bpm: number, count: number, start = 0.5): number[] {
  return frames(Array.from({ length: count }, (_, beat) => start + beat * 60 / bpm));
}

/** Fits the tempo to beats in bars of four from the first beat on. */
function fit(beats: readonly number[], range?: BpmRange): FittedTempo {
  const found = fitTempo(beats, beats.map((_, at) => 1 + at % 4), range);
  ok(found);
  return found;
}

function near(actual: number, expected: number, within: number, what = "value"): void {
  ok(Math.abs(actual - expected) <= within, `${what} ${actual}, not ${expected} ± ${within}`);
}

for (const bpm of [55, 87.3, 120, 128, 133.33, 174, 200, 215]) {
  Deno.test(`fitTempo() finds ${bpm} bpm in beats of whole frames`, () => {
    const beats = clicks(bpm, 400, 0.123);
    const found = fit(beats);
    near(found.bpm, bpm, 0.01, "tempo");
    near(found.anchor, 0.123, 0.006, "anchor");
    equal([found.constant, found.octaves, found.curve.length], [true, 0, 1]);
    ok(found.deviation.percentile_95 <= 0.006, String(found.deviation.percentile_95));
    near(found.confidence, 1, 1e-9, "confidence");
  });
}

Deno.test("fitTempo() finds 174 bpm where the most frequent whole tempo is another", () => {
  const beats = clicks(174, 300);
  equal(tempo(Float64Array.from(beats)), 176);
  equal(fit(beats).bpm.toFixed(2), "174.00");
});

Deno.test("fitTempo() is not moved by missing beats, added ones, double tempo and a long gap", () => {
  const all = clicks(126, 400);
  const damaged = [
    ...all.slice(0, 60).filter((_, at) => at % 7 !== 3),
    ...all.slice(60, 100),
    // Half a beat after each: forty beats of double tempo.
    ...all.slice(100, 140).flatMap((beat) => [beat, beat + 0.24]),
    ...all.slice(140, 200),
    ...all.slice(250, 300),
    ...all.slice(300).filter((_, at) => at % 2 === 0),
    all.at(-1)! + 0.1,
  ];
  const found = fit(frames(damaged));
  near(found.bpm, 126, 0.01, "tempo");
  near(found.anchor, 0.5, 0.005, "anchor");
  ok(found.confidence < 0.9, String(found.confidence));
});

Deno.test("fitTempo() keeps its grid where four beats take the place of three, or five of six", () => {
  const beats = clicks(94.5, 400);
  const replaced = (at: number, from: number, to: number): number[] => {
    const [start, end] = [beats[at]!, beats[at + from]!];
    return Array.from({ length: to }, (_, beat) => start + (end - start) * beat / to);
  };
  const found = fit(frames([
    ...[...beats.slice(0, 130), ...replaced(130, 3, 4), ...beats.slice(133, 200)],
    ...[...replaced(200, 6, 5), ...beats.slice(206, 300), ...replaced(300, 3, 4)],
    ...beats.slice(303),
  ]));
  near(found.bpm, 94.5, 0.005, "tempo");
  equal([found.constant, found.curve.length], [true, 1]);
  ok(found.confidence > 0.95 && found.confidence < 1, String(found.confidence));
});

Deno.test("fitTempo() gives a part at two thirds of the tempo its own tempo", () => {
  const middle = clicks(100, 80, 40.5);
  const found = fit([
    ...[...clicks(150, 100), ...middle],
    ...clicks(150, 100, middle.at(-1)! + 0.6),
  ]);
  equal(found.curve.map(({ bpm }) => Math.round(bpm)), [150, 100, 150]);
  near(found.curve[1]!.start, 40.5, 0.61, "start of the middle");
});

Deno.test("fitTempo() is not moved by a stray first beat", () => {
  const found = fit([0.2, ...clicks(120, 100)]);
  near(found.bpm, 120, 0.01, "tempo");
  ok(found.constant);
  near(found.anchor % 0.5, 0, 0.005, "anchor");
});

Deno.test("fitTempo() finds the tempo of beats that stray by two frames", () => {
  const random = new CounterRandom("strayed beats");
  const beats = clicks(140, 300).map((beat) => beat + (random.below(5) - 2) / 100);
  const found = fit(beats);
  near(found.bpm, 140, 0.02, "tempo");
  ok(found.constant);
  near(found.deviation.median, 0.01, 0.005, "median");
  near(found.deviation.percentile_95, 0.02, 0.005, "95 %");
});

Deno.test("fitTempo() gives a change of tempo two pieces that begin where it changes", () => {
  const first = clicks(100, 80, 0.3);
  const second = clicks(132, 120, first.at(-1)! + 0.6);
  const found = fit([...first, ...second]);
  equal(found.constant, false);
  equal(found.curve.map(({ bpm }) => bpm.toFixed(1)), ["100.0", "132.0"]);
  near(found.curve[0]!.start, 0.3, 0.005, "start");
  near(found.curve[1]!.start, second[0]!, 0.61, "change");
  // The median over the time: 48 s at 100 bpm, 54 s at 132.
  near(found.bpm, 132, 0.05, "tempo");
  ok(found.confidence > 0.97, String(found.confidence));
});

Deno.test("fitTempo() begins a piece of the same tempo where time jumps", () => {
  const first = clicks(120, 100, 0.3);
  const second = clicks(120, 60, first.at(-1)! + 0.7);
  const found = fit([...first, ...second]);
  equal(found.constant, false);
  equal(found.curve.map(({ bpm }) => bpm.toFixed(2)), ["120.00", "120.00"]);
  near(found.curve[1]!.start, second[0]!, 0.005, "jump");
  ok(found.deviation.percentile_95 < 0.006, String(found.deviation.percentile_95));
});

Deno.test("fitTempo() follows a tempo that rises", () => {
  const beats: number[] = [0];
  while (beats.at(-1)! < 180) beats.push(beats.at(-1)! + 60 / (100 + beats.at(-1)! / 9));
  const found = fit(frames(beats));
  equal(found.constant, false);
  ok(found.curve.length >= 4 && found.curve.length <= 20, `${found.curve.length} pieces`);
  for (const [at, { start, bpm }] of found.curve.entries()) {
    const end = found.curve[at + 1]?.start ?? 180;
    near(bpm, 100 + (start + end) / 18, 1, `tempo from ${start} to ${end}`);
  }
  near(found.bpm, 110, 1.5, "tempo");
  ok(found.deviation.percentile_95 <= 0.035, String(found.deviation.percentile_95));
});

Deno.test("fitTempo() has no confidence in times without a beat", () => {
  const random = new CounterRandom("no beats");
  let time = 0;
  const beats = Array.from({ length: 200 }, () => time += 0.28 + random.below(800) / 1000);
  const found = fit(frames(beats));
  equal(found.constant, false);
  ok(found.confidence < 0.4, String(found.confidence));
});

Deno.test("fitTempo() needs two beats, of which it is not confident", () => {
  equal(fitTempo([], []), null);
  equal(fitTempo([1], [1]), null);
  const { bpm, anchor, constant, confidence } = fit([1, 1.5]);
  equal({ bpm, anchor, constant, confidence }, {
    ...{ bpm: 120, anchor: 1, constant: true, confidence: 0 },
  });
});

Deno.test("fitTempo() has its anchor at the first downbeat that is on the grid", () => {
  const beats = clicks(120, 40);
  near(fitTempo(beats, beats.map((_, at) => 1 + (at + 2) % 4))!.anchor, 1.5, 1e-6);
  // A downbeat that is 0.1 s late does not count.
  const late = beats.with(2, beats[2]! + 0.1);
  near(fitTempo(late, beats.map((_, at) => 1 + (at + 2) % 4))!.anchor, 3.5, 1e-3);
  near(fitTempo(beats, beats.map(() => 2))!.anchor, 0.5, 1e-6);
});

Deno.test("fitTempo() does not put its anchor before the audio", () => {
  // Beats in whole frames, of which the first is 4 ms late, at 0.
  const beats = clicks(174, 200, -0.004).map((beat) => Math.max(0, beat));
  ok(fit(beats).anchor >= 0);
});

Deno.test("fitTempo() moves tempo and curve into a range by octaves, and not the grid", () => {
  const beats = clicks(174, 200);
  const kept = fit(beats, [90, 180]);
  equal([kept.octaves, kept.bpm], [0, fit(beats).bpm]);
  const halved = fit(beats, [60, 120]);
  equal([halved.octaves, halved.bpm, halved.curve[0]!.bpm], [-1, kept.bpm / 2, kept.bpm / 2]);
  equal([halved.deviation, halved.anchor], [kept.deviation, kept.anchor]);
  equal(fit(clicks(60, 200), [90, 180]).octaves, 1);
  equal(fit(clicks(60, 200), [400, 800]).octaves, 3);
  throws(() => fit(beats, [90, 120]), RangeError);
});

Deno.test("fitTempo() gives tempi and times without the errors of its sums", () => {
  for (const bpm of [60, 75, 96, 100, 120, 125, 150, 160, 200]) {
    for (const first of [0, 0.01, 0.37, 7.77]) {
      for (const count of [8, 61, 500]) {
        const beats = Array.from({ length: count }, (_, at) => first + at * 60 / bpm);
        const positions = beats.map((_, at) => 1 + at % 4);
        const halved = fitTempo(beats, positions, [bpm / 2, bpm * 0.999])!;
        equal([halved.bpm, halved.curve[0]!.bpm, halved.octaves], [bpm / 2, bpm / 2, -1]);
        const { anchor, deviation, curve, ...kept } = fitTempo(beats, positions, [bpm, 2 * bpm])!;
        equal([kept.bpm, kept.octaves, anchor, curve], [bpm, 0, first, [{ start: first, bpm }]]);
        equal(deviation, { median: 0, percentile_95: 0 });
      }
    }
  }
});
