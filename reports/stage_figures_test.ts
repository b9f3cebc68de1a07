import { deepStrictEqual as equal } from "node:assert/strict";
import { corpusSeconds, stageSamples } from "./stage_figures.ts";
import { testMeasurement, testRun } from "./testdata/test_runs.ts";

Deno.test("stageSamples() sums each stage over the tracks, one sample a round in order, total last", () => {
  const measurements = [
    testMeasurement("two", 1, [["decode", 8], ["network", 16]]),
    testMeasurement("one", 0, [["decode", 1], ["network", 2]]),
    testMeasurement("two", 0, [["decode", 0.25], ["network", 0.5]]),
    testMeasurement("one", 1, [["decode", 32], ["network", 64]]),
  ];
  equal(stageSamples(testRun({ measurements })), [
    { variant: "native", stage: "decode", seconds: [1.25, 40] },
    { variant: "native", stage: "network", seconds: [2.5, 80] },
    { variant: "native", stage: "total", seconds: [3.75, 120] },
  ]);
});

Deno.test("stageSamples() leaves out a round that lacks a track, and a stage that is missing in one", () => {
  const measurements = [
    testMeasurement("one", 0, [["decode", 1], ["write", 1]]),
    testMeasurement("two", 0, [["decode", 1]]),
    testMeasurement("one", 1, [["decode", 2], ["write", 2]]),
    testMeasurement("two", 1, [["decode", 2], ["write", 2]]),
    testMeasurement("one", 2, [["decode", 4], ["write", 4]]),
  ];
  equal(stageSamples(testRun({ measurements })), [
    { variant: "native", stage: "decode", seconds: [2, 4] },
    { variant: "native", stage: "write", seconds: [4] },
    { variant: "native", stage: "total", seconds: [3, 8] },
  ]);
});

Deno.test("stageSamples() keeps variants apart and adds the parts of a stage up", () => {
  const variants = ["a", "b"].map((name) => ({ name, backend: "native", threads: 1 }));
  const tracks = [{ name: "one", seconds: 1, sha256: "11" }];
  const measurements = [
    testMeasurement("one", 0, [["demix", 1], ["demix", 2]], "b"),
    testMeasurement("one", 0, [["demix", 4]], "a"),
  ];
  equal(stageSamples(testRun({ variants, tracks, measurements })), [
    { variant: "a", stage: "demix", seconds: [4] },
    { variant: "a", stage: "total", seconds: [4] },
    { variant: "b", stage: "demix", seconds: [3] },
    { variant: "b", stage: "total", seconds: [3] },
  ]);
});

Deno.test("stageSamples() is empty for a run without measurements or tracks", () => {
  equal(stageSamples(testRun()), []);
  equal(stageSamples(testRun({ tracks: [] })), []);
});

Deno.test("corpusSeconds() is the length of all tracks", () => {
  equal(corpusSeconds(testRun()), 30.5);
});
