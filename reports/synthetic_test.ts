import { deepStrictEqual as equal, notDeepStrictEqual, ok } from "node:assert/strict";
import { whyNotComparable } from "./baseline.ts";
import { stageSamples } from "./stage_figures.ts";
import { STAGE_NAMES } from "./regression_settings.ts";
import { median, medianAbsoluteDeviation } from "./statistics.ts";
import { syntheticHistory, type SyntheticOptions, syntheticRun } from "./synthetic.ts";

/** Returns the median of a stage in each run. */
function medians(options: SyntheticOptions, stage: string): number[] {
  return syntheticHistory(options).map((run) =>
    median(stageSamples(run).find((one) => one.stage === stage)!.seconds)
  );
}

Deno.test("syntheticHistory() has every row of a report, the same times for a seed and others for another", () => {
  const history = syntheticHistory({ seed: 1, days: 3 });
  equal(stageSamples(history[0]!).map(({ stage }) => stage), STAGE_NAMES);
  equal(syntheticHistory({ seed: 1, days: 3 }), history);
  notDeepStrictEqual(
    medians({ seed: 2, days: 3 }, "network"),
    medians({ seed: 1, days: 3 }, "network"),
  );
  equal(new Set(history.map(({ id }) => id)).size, 3);
});

Deno.test("syntheticHistory() varies by 1 % between runs and by 2 % within a run, with 3 % disturbed", () => {
  const noise = {
    within: 0,
    machine: 0.006,
    stage: 0.008,
    disturbed: 0,
    disturbance: [1, 1],
  } as const;
  const between = medians({ seed: 3, days: 400, rounds: 1, noise }, "network").map(Math.log);
  ok(Math.abs(medianAbsoluteDeviation(between) - 0.01) < 0.0015);
  const [run] = syntheticHistory({ seed: 3, days: 1, rounds: 1000 });
  const { seconds } = stageSamples(run!).find(({ stage }) => stage === "decode")!;
  ok(Math.abs(medianAbsoluteDeviation(seconds.map(Math.log)) - 0.02) < 0.002);
  const disturbed = seconds.filter((value) => value > 1.095 * median(seconds)).length / 1000;
  ok(Math.abs(disturbed - 0.03) < 0.015, `${disturbed} disturbed`);
});

Deno.test("syntheticHistory() changes a stage from a given run on, at once or over several runs", () => {
  const plain = { seed: 4, days: 20 };
  const ratios = (over: number, stage = "network"): number[] => {
    const changes = [{ stage: "network", day: 10, ratio: 1.21, over }];
    const before = medians(plain, stage);
    return medians({ ...plain, changes }, stage).map((value, at) =>
      Number((value / before[at]!).toFixed(6))
    );
  };
  equal(ratios(1).slice(9, 12), [1, 1.21, 1.21]);
  equal(ratios(2).slice(9, 13), [1, 1.1, 1.21, 1.21]);
  equal(new Set(ratios(1, "demix")), new Set([1]));
});

Deno.test("syntheticHistory() leaves out missing runs and does not change the others", () => {
  const all = syntheticHistory({ seed: 5, days: 100 });
  const some = syntheticHistory({ seed: 5, days: 100, missing: 0.2 });
  ok(some.length > 65 && some.length < 95, `${some.length} days`);
  equal(some, all.filter(({ id }) => some.some((run) => run.id === id)));
});

Deno.test("syntheticHistory() can have another machine for some runs", () => {
  const history = syntheticHistory({ seed: 6, days: 3, otherMachine: [1] });
  equal(whyNotComparable(history[0]!, history[2]!), null);
  ok(whyNotComparable(history[0]!, history[1]!)?.startsWith("another machine"));
});

Deno.test("syntheticRun() of a rerun keeps the noise of the run and draws other rounds", () => {
  const noise = { within: 0, machine: 0.1, stage: 0.1, disturbed: 0, disturbance: [1, 1] } as const;
  const options = { seed: 7, days: 1 };
  const times = (noisy: Partial<SyntheticOptions>, attempt: number): number[] =>
    syntheticRun({ ...options, ...noisy }, 0, attempt).measurements.map(({ seconds }) => seconds);
  equal(times({ noise }, 1), times({ noise }, 0));
  notDeepStrictEqual(times({}, 1), times({}, 0));
});
