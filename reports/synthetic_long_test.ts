/** Tests the rates of alerts that docs/regression.md states, on histories without and with a change. */

import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import { type RunAlerts, trialAlerts } from "./synthetic.ts";

/** Largest share of histories without a change that may alert, as docs/regression.md states. */
const STATED_RATE = 0.01;

/** Smallest share of changes of 10 % that must be found within 3 runs, as docs/regression.md states. */
const STATED_POWER = 0.94;

/** Returns a count that a number of tries with a given rate does not exceed with a probability of at least 99.9 %. */
function most(tries: number, rate: number): number {
  let [probability, sum, count] = [(1 - rate) ** tries, 0, 0];
  while ((sum += probability) < 0.999) {
    probability *= (tries - count) / (count + 1) * rate / (1 - rate);
    count++;
  }
  return count;
}

/** Returns the alerts of the three runs after a slowdown of the network at run 30. */
function alertsAfterChange(seed: number, ratio: number): Iterable<RunAlerts> {
  const changes = [{ stage: "network", day: 30, ratio }];
  return trialAlerts({ seed, days: 33, changes }, settings, { from: 30, pinned: 0 });
}

function isFound(seed: number, ratio: number): boolean {
  for (const { slower, changePoints } of alertsAfterChange(seed, ratio)) {
    if ([...slower, ...changePoints].includes("network")) return true;
  }
  return false;
}

Deno.test("histories without a change alert no more often than stated", () => {
  let alerting = 0;
  for (let seed = 50_000; seed < 50_100; seed++) {
    const [first] = trialAlerts({ seed, days: 60 }, settings, { from: 1, pinned: 0 });
    if (first !== undefined) alerting++;
  }
  equal(most(100, STATED_RATE), 5);
  ok(alerting <= 5, `${alerting} of 100`);
});

Deno.test("a change of 10 % is found within 3 runs as often as stated", () => {
  let missed = 0;
  for (let seed = 0; seed < 50; seed++) if (!isFound(2_000_000 + seed, 1.1)) missed++;
  ok(missed <= most(50, 1 - STATED_POWER), `missed ${missed} of 50`);
});

Deno.test("the trial detects settings that alert too often and settings that find nothing", () => {
  const lax = {
    ...settings,
    alpha: 0.5,
    minimum: 0,
    spread: { ...settings.spread, factor: 0 },
  };
  const alerting = Array.from({ length: 10 }, (_, seed) => {
    const [first] = trialAlerts({ seed, days: 20 }, lax, { from: 1, pinned: 0 });
    return first !== undefined;
  });
  equal(alerting.filter(Boolean).length, 10);
  ok(!isFound(1, 1));
});
