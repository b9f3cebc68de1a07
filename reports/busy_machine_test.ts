/** The decision on seconds of a busy machine, whose passes vary by as much as its runs. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { decide, needsRerun } from "./decide.ts";
import { parseRegressionSettings } from "./regression_settings.ts";
import { syntheticHistory, syntheticRun } from "./synthetic.ts";

/** As measured with 20 to 30 processes on two cores: 10 % from pass to pass, and as much from run to run. */
const BUSY = {
  ...{ within: 0.1, machine: 0.07, stage: 0.07, disturbed: 0.1 },
  disturbance: [1.1, 1.6],
} as const;

const settings = parseRegressionSettings("");
const without = parseRegressionSettings("spread = { of_passes = 0 }");

/** Returns how many of the runs of a history alert. */
function alerts(seed: number, some: typeof settings): number {
  const options = { seed, days: 20, rounds: 5, noise: BUSY };
  const history = syntheticHistory(options);
  return history.filter((run, day) => {
    const first = decide(run, history.slice(0, day), some);
    if (!needsRerun(first)) return false;
    const confirmation = syntheticRun(options, day, 1);
    return decide(run, history.slice(0, day), some, { confirmation }).verdict !== "quiet";
  }).length;
}

Deno.test("unchanged runs of a busy machine hardly alert, because the passes show how much it varies", () => {
  const seeds = Array.from({ length: 20 }, (_, seed) => seed);
  const sum = (some: typeof settings): number =>
    seeds.map((seed) => alerts(seed, some)).reduce((a, b) => a + b);
  const [found, before] = [sum(settings), sum(without)];
  // Of 400 runs with twelve stages each.
  ok(found <= 4, `${found}`);
  ok(before >= 5 * Math.max(found, 1), `${before}`);
});

Deno.test("a stage that takes 2.5 times as long is found on a busy machine", () => {
  for (let seed = 0; seed < 5; seed++) {
    const changes = [{ stage: "network", day: 19, ratio: 2.5 }];
    const options = { seed, days: 20, rounds: 5, noise: BUSY, changes };
    const history = syntheticHistory(options);
    const confirmation = syntheticRun(options, 19, 1);
    const { stages } = decide(history.at(-1)!, history, settings, { confirmation });
    equal(stages.find(({ stage }) => stage === "network")?.verdict, "slower", `seed ${seed}`);
  }
});
