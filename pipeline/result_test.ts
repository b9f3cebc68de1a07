import { deepStrictEqual as equal, match } from "node:assert/strict";
import { analysisResult, type Provenance, type ResultSeams, resultToJson } from "./result.ts";
import { tensor } from "../core/tensor.ts";

const PROVENANCE = { program: "tactus", fps: 100 } as Provenance;

const METRE = { beatsPerBar: 3, bars: 4, disagreeing: 1, confidence: 0.8 };

function seams(bpm: number[]): ResultSeams {
  return {
    beats: tensor("f64", [3], Float64Array.of(0.1, 0.6, 1.1)),
    beat_positions: tensor("i32", [3], Int32Array.of(3, 1, 2)),
    bpm: tensor("i32", [bpm.length], Int32Array.from(bpm)),
    boundaries: tensor("f64", [3], Float64Array.of(0, 0.01, 2)),
    labels: tensor("i32", [2], Int32Array.of(0, 8)),
    "activations.function": tensor("f32", [10, 200], new Float32Array(2000).fill(0.25)),
  };
}

Deno.test("analysisResult() takes the beats at position 1 as downbeats and names the labels", () => {
  const result = analysisResult("/song.wav", seams([120]), METRE, PROVENANCE);
  equal(result.downbeats, [0.6]);
  equal(result.bpm, 120);
  equal(result.metre, { beats_per_bar: 3, disagreement: 0.25, confidence: 0.8 });
  equal(result.segments, [
    { start: 0, end: 0.01, label: "start" },
    { start: 0.01, end: 2, label: "verse" },
  ]);
  equal(result.label_confidence, [0.25, 0.25]);
});

Deno.test("analysisResult() moves the times of a part without errors of binary fractions", () => {
  const later = analysisResult("/song.wav", seams([120]), METRE, PROVENANCE, {}, 0.1);
  const times = [...later.beats, ...later.segments.flatMap(({ start, end }) => [start, end])];
  for (const time of times) equal(`${time}`, `${Number(time.toFixed(9))}`);
  const { beats } = analysisResult("/song.wav", seams([120]), METRE, PROVENANCE);
  equal(later.beats, beats.map((time) => Number((time + 0.1).toFixed(2))));
});

Deno.test("analysisResult() has a null tempo where there is none", () => {
  equal(analysisResult("/song.wav", seams([]), null, PROVENANCE).bpm, null);
  equal(analysisResult("/song.wav", seams([]), null, PROVENANCE).metre, null);
});

Deno.test("resultToJson() puts arrays of numbers on one line without loss", () => {
  const result = analysisResult("/a [1,\n2].wav", seams([120]), METRE, PROVENANCE);
  const json = resultToJson(result);
  match(json, /^ {2}"beats": \[0\.1,0\.6,1\.1\],$/m);
  match(json, /^ {2}"segments": \[$/m);
  equal(JSON.parse(json), result);
});
