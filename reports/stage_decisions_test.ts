import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { type Baseline, sampledRun } from "./baseline.ts";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import { stageDecisions } from "./stage_decisions.ts";
import { SYNTHETIC_NOISE, syntheticHistory, type SyntheticOptions } from "./synthetic.ts";

/** Returns the verdict on the network in the last run, compared with the ten runs before it. */
function verdict(options: Omit<SyntheticOptions, "seed">, some = settings): string {
  const runs = syntheticHistory({ seed: 8, ...options }).map(sampledRun);
  const earlier = runs.slice(0, -1);
  const baseline: Baseline = { kind: "rolling", runs: earlier.slice(-10), whyNot: null };
  return stageDecisions(runs.at(-1)!, earlier, baseline, some)
    .find(({ stage }) => stage === "network")!.verdict;
}

/** Returns options of a history with a slowdown in the last run. */
function slower(days: number, ratio: number): Omit<SyntheticOptions, "seed"> {
  return { days, changes: [{ stage: "network", day: days - 1, ratio }] };
}

Deno.test("stageDecisions() detects a slowdown although the level changed in earlier runs", () => {
  const { changes = [] } = slower(40, 1.1);
  const before = { stage: "network", day: 25, ratio: 1.3 };
  equal(verdict({ days: 40, changes: [before, ...changes] }), "suspect");
});

Deno.test("stageDecisions() does not suspect a slowdown within the noise between runs", () => {
  const wild = { ...SYNTHETIC_NOISE, machine: 0.06 };
  equal(verdict(slower(40, 1.1)), "suspect");
  equal(verdict({ ...slower(40, 1.1), noise: wild }), "same");
  const trusting = { ...settings, spread: { ...settings.spread, nights: 1 } };
  equal(verdict({ ...slower(40, 1.15), noise: wild }, trusting), "suspect");
});

Deno.test("stageDecisions() uses the assumed deviation in the second run", () => {
  equal(verdict(slower(2, 1.3)), "suspect");
  const assumed = (deviation: number): typeof settings => ({
    ...settings,
    spread: { ...settings.spread, assumed: deviation },
  });
  equal(verdict(slower(2, 1.3), assumed(0.1)), "same");
  equal(
    verdict(slower(2, 1.3), { ...assumed(0.1), spread: { ...assumed(0.1).spread, weight: 0 } }),
    "suspect",
  );
});

Deno.test("stageDecisions() returns the baseline, the ratio and the stage's own minimum", () => {
  const runs = syntheticHistory({ seed: 8, days: 3 }).map(sampledRun);
  const baseline: Baseline = { kind: "previous", runs: runs.slice(1, 2), whyNot: null };
  const all = stageDecisions(runs[2]!, runs.slice(0, 2), baseline, settings);
  const [weights, demix] = ["weights", "demix"].map((stage) =>
    all.find((one) => one.stage === stage)
  );
  equal([weights!.minimum, demix!.minimum], [0.15, 0.05]);
  equal(demix!.ratio, demix!.median / demix!.baseline!);
  ok(demix!.pValue! > 0 && demix!.pValue! < 1);
});
