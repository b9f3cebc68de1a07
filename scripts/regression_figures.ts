/**
 * Prints how sure the nightly report is: how often histories without a change alert, and how soon changes are found.
 *
 *     deno run --allow-read scripts/regression_figures.ts HISTORIES [BASELINE]
 *
 * @module
 */

import { join } from "node:path";
import { markdownTable } from "../core/table.ts";
import { readRegressionSettings, type RegressionSettings } from "../reports/regression_settings.ts";
import {
  type NightAlerts,
  SYNTHETIC_NOISE,
  type SyntheticChange,
  trialAlerts,
} from "../reports/synthetic.ts";

/** Length of a history without a change. */
const NULL_NIGHTS = 60;

/** Seeds from here on: the settings were chosen with others. */
const FIRST_SEED = 10_000;

/** Nights before a change. */
const NIGHTS_BEFORE = 30;

const STAGE = "network";

const BASELINES = ["rolling", "previous", "pinned"] as const;

function share(count: number, of: number): string {
  return `${Number((100 * count / of).toPrecision(3))} %`;
}

/** Histories in which nothing changes: how many alert at all, by what, and on how many nights. */
function nullRow(settings: RegressionSettings, histories: number): string[] {
  let [any, slower, steps, nights] = [0, 0, 0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + histories; seed++) {
    const options = { seed, nights: NULL_NIGHTS };
    const alerts = [...trialAlerts(options, settings, { from: 1, pinned: 0 })];
    if (alerts.length > 0) any++;
    if (alerts.some((night) => night.slower.length > 0)) slower++;
    if (alerts.some((night) => night.steps.length > 0)) steps++;
    nights += alerts.length;
  }
  return [
    settings.baseline,
    share(any, histories),
    share(slower, histories),
    share(steps, histories),
    share(nights, histories * (NULL_NIGHTS - 1)),
  ];
}

/** Whether a stage alerted, by whatever rule. */
function names({ slower, steps }: NightAlerts): boolean {
  return slower.includes(STAGE) || steps.includes(STAGE);
}

/** The first night that alerts for the stage; infinite where none does. */
function firstAlert(alerts: Iterable<NightAlerts>): number {
  for (const alert of alerts) if (names(alert)) return alert.night;
  return Infinity;
}

/** Histories in which a stage changes: how many alert for it within so many nights. */
function foundRow(
  settings: RegressionSettings,
  histories: number,
  { ratio, over = 1 }: Pick<SyntheticChange, "ratio" | "over">,
  within: readonly number[],
): string[] {
  const found = within.map(() => 0);
  for (let seed = FIRST_SEED; seed < FIRST_SEED + histories; seed++) {
    const options = {
      seed,
      nights: NIGHTS_BEFORE + Math.max(...within),
      changes: [{ stage: STAGE, night: NIGHTS_BEFORE, ratio, over }],
    };
    const trial = { from: NIGHTS_BEFORE, pinned: NIGHTS_BEFORE - 10 };
    const night = firstAlert(trialAlerts(options, settings, trial));
    within.forEach((nights, at) => {
      if (night < NIGHTS_BEFORE + nights) found[at]!++;
    });
  }
  return [settings.baseline, ...found.map((count) => share(count, histories))];
}

/** Histories of machines whose nights vary more: how many alert without a change, and where a stage changes. */
function noisyRow(settings: RegressionSettings, histories: number, times: number): string[] {
  const { machine, stage } = SYNTHETIC_NOISE;
  const noise = { ...SYNTHETIC_NOISE, machine: machine * times, stage: stage * times };
  let [alerting, found] = [0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + histories; seed++) {
    const still = trialAlerts({ seed, nights: NULL_NIGHTS, noise }, settings, {
      from: 1,
      pinned: 0,
    });
    if (!still.next().done) alerting++;
    const nights = NIGHTS_BEFORE + 3;
    const changes = [{ stage: STAGE, night: NIGHTS_BEFORE, ratio: 1.1 }];
    const trial = { from: NIGHTS_BEFORE, pinned: 0 };
    const night = firstAlert(trialAlerts({ seed, nights, noise, changes }, settings, trial));
    if (night < nights) found++;
  }
  return [`${times} %`, share(alerting, histories), share(found, histories)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable([head, ...rows], (column) => column > 0).join("\n");
}

if (import.meta.main) {
  const histories = Number(Deno.args[0] ?? "1000");
  if (!Number.isInteger(histories) || histories < 1) {
    throw new Error(`Expected a number of histories, but got ${Deno.args[0]}`);
  }
  const path = join(import.meta.dirname ?? ".", "..", "regression.toml");
  const settings = await readRegressionSettings(path);
  const wanted = Deno.args[1];
  const all = BASELINES.filter((baseline) => wanted === undefined || wanted === baseline)
    .map((baseline) => ({ ...settings, baseline }));
  const start = performance.now();
  console.log(`${histories} histories of ${NULL_NIGHTS} nights without a change:\n`);
  console.log(table(
    ["baseline", "histories that alert", "by the baseline", "by a step", "nights that alert"],
    all.map((one) => nullRow(one, histories)),
  ));
  for (const ratio of [1.1, 1.07]) {
    const percent = Math.round(100 * ratio - 100);
    console.log(
      `\n${histories} histories, ${STAGE} ${percent} % slower after ${NIGHTS_BEFORE} nights:\n`,
    );
    console.log(table(
      ["baseline", "1 night", "2 nights", "3 nights", "7 nights"],
      all.map((one) => foundRow(one, histories, { ratio }, [1, 2, 3, 7])),
    ));
  }
  console.log(`\n${histories} histories, ${STAGE} 0.3 % slower each night, for 40 nights:\n`);
  console.log(table(
    ["baseline", "10 nights", "15 nights", "20 nights", "30 nights"],
    all.map((one) => foundRow(one, histories, { ratio: 1.003 ** 40, over: 40 }, [10, 15, 20, 30])),
  ));
  if (wanted === undefined || wanted === "rolling") {
    const rolling = { ...settings, baseline: "rolling" } as const;
    console.log(`\n${histories} histories by how much nights vary, rolling:\n`);
    console.log(table(
      ["nights vary by", "histories without a change that alert", "10 % found within 3 nights"],
      [1, 2, 3].map((times) => noisyRow(rolling, histories, times)),
    ));
  }
  console.error(`${((performance.now() - start) / 1000).toFixed(0)} s`);
}
