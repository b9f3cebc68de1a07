import { deepStrictEqual as equal, ok } from "node:assert/strict";
import type { HistoryChange } from "./run_report.ts";
import { sampledRun } from "./baseline.ts";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import { stageChanges } from "./stage_changes.ts";
import { type SyntheticChange, syntheticHistory, syntheticRun } from "./synthetic.ts";

/** Returns the change points of a stage at the last run of a history. */
function changes(
  days: number,
  changes: readonly SyntheticChange[],
  { stage = "network", some = settings, rerun = changes } = {},
): HistoryChange[] {
  const all = syntheticHistory({ seed: 3, days, changes }).map(sampledRun);
  const again = sampledRun(syntheticRun({ seed: 3, days, changes: rerun }, days - 1, 1));
  return stageChanges(all.at(-1)!, all.slice(0, -1), some, again)
    .filter((found) => found.stage === stage);
}

const change = { stage: "network", day: 40, ratio: 1.1 };

Deno.test("stageChanges() names the first run after a change and the time of its start", () => {
  const [found, ...others] = changes(45, [change]);
  equal(others, []);
  const run = syntheticRun({ seed: 3, days: 45 }, 40);
  equal([found!.run, found!.startedAt, found!.isAlert], [run.id, run.startedAt, true]);
  ok(Math.abs(found!.ratio - 1.1) < 0.02);
});

Deno.test("stageChanges() alerts while a change is new, and lists it afterwards", () => {
  equal(changes(47, [change]).map(({ isAlert }) => isAlert), [true]);
  equal(changes(60, [change]).map(({ isAlert }) => isAlert), [false]);
});

Deno.test("stageChanges() does not alert for a stage that became faster", () => {
  const [found] = changes(45, [{ ...change, ratio: 0.9 }]);
  ok(found!.ratio < 1 && !found!.isAlert);
});

Deno.test("stageChanges() does not alert for less than the stage's minimum, nor for short stages", () => {
  const alerts = (some: typeof settings): boolean =>
    changes(45, [change], { some }).some(({ isAlert }) => isAlert);
  ok(alerts(settings));
  ok(!alerts({ ...settings, changePoints: { ...settings.changePoints, minimum: 0.2 } }));
  ok(!alerts({ ...settings, minimums: { network: 0.2 } }));
  ok(!alerts({ ...settings, minimumSeconds: 100 }));
});

Deno.test("stageChanges() does not alert for a change that was undone", () => {
  const isAlert = (days: number): boolean[] =>
    changes(days, [{ ...change, day: 80 }, { ...change, day: 86, ratio: 1 / 1.1 }])
      .map((found) => found.isAlert);
  equal(isAlert(86), [true]);
  equal(isAlert(89), [false]);
});

Deno.test("stageChanges() does not alert if the rerun does not show the change", () => {
  const short = { ...change, day: 41 };
  ok(changes(45, [short]).some(({ isAlert }) => isAlert));
  const rerun = [{ ...change, day: 0, ratio: 0.5 }];
  equal(changes(45, [short], { rerun }).filter(({ isAlert }) => isAlert), []);
});

Deno.test("stageChanges() alerts for a drift once it is large enough, while that is new", () => {
  const drift = [{ stage: "network", day: 30, ratio: 1.04, over: 60 }];
  const all = syntheticHistory({ seed: 3, days: 110, changes: drift }).map(sampledRun);
  const alerts = all.flatMap((run, at) =>
    stageChanges(run, all.slice(0, at), settings)
      .filter(({ stage, isAlert }) => stage === "network" && isAlert)
      .map(({ run }) => ({ at, age: at - all.findIndex((one) => one.run.id === run) }))
  );
  const [{ at, age } = { at: NaN, age: NaN }] = alerts;
  ok(age > settings.changePoints.newNights, `${age} days old`);
  // Some runs in between may be fast by chance.
  ok(alerts.length > settings.changePoints.newNights / 2, `on ${alerts.length} days`);
  ok(alerts.every((alert) => alert.at - at < settings.changePoints.newNights));
});
