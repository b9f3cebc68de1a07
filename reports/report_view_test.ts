import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { historyRun, reportOfRun } from "./report_view.ts";
import { testMeasurement, testRun } from "./testdata/test_runs.ts";
import { exampleDecision, exampleHistory, exampleRun } from "./testdata/example.ts";

const rounds = (values: readonly number[]): ReturnType<typeof testMeasurement>[] =>
  values.flatMap((seconds, round) => [
    testMeasurement("one", round, [["demix", seconds], ["network", 2 * seconds]]),
    testMeasurement("two", round, [["demix", 2 * seconds], ["network", 2 * seconds]]),
  ]);

Deno.test("reportOfRun() has the total first and sums a stage over all tracks", () => {
  const { stages, corpusSeconds } = reportOfRun(
    testRun({ measurements: rounds([1, 1.05, 1.1, 1.2, 1.3]) }),
  );
  equal(stages.map(({ stage }) => stage), ["total", "demix", "network"]);
  const demix = stages[1]!;
  ok(Math.abs(demix.median - 3.3) < 1e-9);
  equal(demix.realTimeFactor, corpusSeconds! / demix.median);
  equal(corpusSeconds, 30.5);
  ok(demix.interval!.low >= 3 - 1e-9 && demix.interval!.high <= 3.9 + 1e-9);
});

Deno.test("reportOfRun() has no interval of fewer than five samples", () => {
  const interval = (values: readonly number[]): unknown =>
    reportOfRun(testRun({ measurements: rounds(values) })).stages[0]!.interval;
  equal(interval([1, 1.1, 1.2, 1.3]), null);
  ok(interval([1, 1.1, 1.2, 1.3, 1.4]) !== null);
});

Deno.test("reportOfRun() does not warn of samples near the median, nor of short stages", () => {
  const near = testRun({ measurements: rounds([1, 1.001, 0.999, 1.002, 1.05]) });
  ok(reportOfRun(near).stages[0]!.outliers.length > 0);
  equal(reportOfRun(near).warnings, []);
  const short = (wild: number): readonly string[] =>
    reportOfRun(testRun({
      measurements: [1, 1.01, 0.99, 1.02, wild].flatMap((seconds, round) =>
        ["one", "two"].map((track) =>
          testMeasurement(track, round, [["demix", 50], ["write", seconds]])
        )
      ),
    })).warnings;
  equal(short(5), []);
  ok(short(200).length > 0);
});

Deno.test("reportOfRun() sums the bytes that all tracks read; the sum is null if one is unknown", () => {
  const reading = rounds([1, 1.1, 1.3]).map((one) => ({
    ...one,
    bytesRead: 10,
    stages: one.stages.map((stage) => ({ ...stage, bytesRead: stage.stage === "demix" ? 4 : 5 })),
  }));
  const read = (measurements: typeof reading): (number | null)[] =>
    reportOfRun(testRun({ measurements })).stages.map(({ bytesRead }) => bytesRead);
  equal(read(reading), [20, 8, 10]);
  const [first, ...more] = reading;
  const [demix, network] = first!.stages;
  const partly = {
    ...first!,
    stages: [{ ...demix!, bytesRead: null as unknown as number }, network!],
  };
  equal(read([partly, ...more]), [20, null, 10]);
});

Deno.test("reportOfRun() warns of outliers, of an unfinished run and of modified files", () => {
  const steady = testRun({ measurements: rounds([1, 1.01, 0.99, 1.02, 1]) });
  equal(reportOfRun(steady).warnings, []);
  const wild = testRun({
    measurements: rounds([1, 1.01, 0.99, 1.02, 5]),
    finishedAt: null,
    program: { version: "1", commit: "00", isModified: true },
  });
  const [unfinished, outlying, modified] = reportOfRun(wild).warnings;
  match(unfinished!, /rounds are missing; run it again/);
  match(
    outlying!,
    /^native: .* in total \(1 of 5\), demix \(1 of 5\), network \(1 of 5\); stop other programs/,
  );
  match(modified!, /commit them and measure again/);
});

Deno.test("reportOfRun() takes ratio and verdict from the decision, null without one", () => {
  const run = exampleRun();
  const decision = exampleDecision(run);
  const decided = reportOfRun(run, decision).stages;
  for (const { variant, stage, ratio, verdict } of decided) {
    const one = decision.stages.find((one) => one.variant === variant && one.stage === stage)!;
    equal([ratio, verdict], [one.ratio, one.verdict]);
  }
  ok(decided.some(({ verdict }) => verdict === "slower"));
  ok(reportOfRun(run).stages.every(({ ratio, verdict }) => ratio === null && verdict === null));
});

Deno.test("reportOfRun() orders the runs, adds its own, and leaves out what was not measured", () => {
  const run = exampleRun();
  const runs = exampleHistory(12).toReversed();
  const [latest, ...others] = runs;
  const without = { ...latest!, stages: latest!.stages.filter(({ stage }) => stage !== "demix") };
  const { history } = reportOfRun(run, null, [without, ...others]);
  const times = history.map(({ startedAt }) => startedAt);
  equal(times, times.toSorted());
  equal(history.at(-1)!.run, run.id);
  const demix = history.map(({ stages }) => stages.find(({ stage }) => stage === "demix"));
  equal(demix.length, runs.length + 1);
  equal(demix.at(-2), undefined);
  ok(demix.at(-1)!.median > 0);
  const again = reportOfRun(run, null, [...runs, historyRun(run, true)]).history;
  equal(again.length, history.length);
});

Deno.test("reportOfRun() puts failed seams first, then those nearest their limit, reported last", () => {
  const { parity } = reportOfRun(exampleRun());
  const kinds = parity.map(({ verdict }) => verdict);
  equal(kinds.slice(0, 3), ["fail", "fail", "pass"]);
  equal(kinds.lastIndexOf("pass") < kinds.indexOf("reported"), true);
  equal(parity[0]!.margin, null);
  equal(parity[1]!.margin, parity[1]!.needs! / parity[1]!.allowed);
  const passed = parity.filter(({ verdict }) => verdict === "pass").map(({ margin }) => margin!);
  equal(passed, passed.toSorted((a, b) => b - a));
});

Deno.test("reportOfRun() shows the median measurement of the longest track for each variant", () => {
  const { timelines } = reportOfRun(exampleRun());
  equal(timelines.map(({ measurement }) => measurement.track), ["four_four", "four_four"]);
  const [first] = timelines;
  const seconds = exampleRun().measurements
    .filter(({ variant, track }) => variant === first!.measurement.variant && track === "four_four")
    .map(({ seconds }) => seconds).toSorted((a, b) => a - b);
  equal(first!.timeline.seconds, seconds[3]);
});
