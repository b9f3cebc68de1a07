import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { DEFAULT_REGRESSION_SETTINGS as settings } from "./regression_settings.ts";
import { type NightAlerts, trialAlerts } from "./regression_trial.ts";

/** Of docs/regression.md: the largest share of histories without a change that may alert. */
const STATED_RATE = 0.01;

/** Of docs/regression.md: the least share of steps of 10 % that must be found within 3 nights. */
const STATED_POWER = 0.94;

/** The largest count of so many tries that is not rarer than once in a thousand times at a rate. */
function most(tries: number, rate: number): number {
  let [probability, sum, count] = [(1 - rate) ** tries, 0, 0];
  while ((sum += probability) < 0.999) {
    probability *= (tries - count) / (count + 1) * rate / (1 - rate);
    count++;
  }
  return count;
}

/** Alerts of a history whose network is slower from night 30 on, on the three nights after. */
function alertsAfterStep(seed: number, ratio: number): Iterable<NightAlerts> {
  const changes = [{ stage: "network", night: 30, ratio }];
  return trialAlerts({ seed, nights: 33, changes }, settings, { from: 30, pinned: 0 });
}

function isFound(seed: number, ratio: number): boolean {
  for (const { slower, steps } of alertsAfterStep(seed, ratio)) {
    if ([...slower, ...steps].includes("network")) return true;
  }
  return false;
}

Deno.test("histories without a change alert no more often than stated", () => {
  let alerting = 0;
  for (let seed = 50_000; seed < 50_100; seed++) {
    const [first] = trialAlerts({ seed, nights: 60 }, settings, { from: 1, pinned: 0 });
    if (first !== undefined) alerting++;
  }
  equal(most(100, STATED_RATE), 5);
  ok(alerting <= 5, `${alerting} of 100`);
});

Deno.test("a step of 10 % is found within 3 nights as often as stated", () => {
  let missed = 0;
  for (let seed = 0; seed < 50; seed++) if (!isFound(2_000_000 + seed, 1.1)) missed++;
  ok(missed <= most(50, 1 - STATED_POWER), `missed ${missed} of 50`);
});

Deno.test("the trial sees settings that alert too often, and ones that find nothing", () => {
  const lax = {
    ...settings,
    alpha: 0.5,
    minimum: 0,
    spread: { ...settings.spread, factor: 0 },
  };
  const alerting = Array.from({ length: 10 }, (_, seed) => {
    const [first] = trialAlerts({ seed, nights: 20 }, lax, { from: 1, pinned: 0 });
    return first !== undefined;
  });
  equal(alerting.filter(Boolean).length, 10);
  ok(!isFound(1, 1));
});
