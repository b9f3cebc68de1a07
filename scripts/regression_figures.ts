/**
 * Prints the error rates of the nightly decision: how often histories without a change alert, and how soon changes are
 * found.
 *
 *     deno run -A scripts/regression_figures.ts [--histories N] [--baseline NAME]
 *
 * @module
 */

import { join } from "node:path";
import { oneOf, wholeNumber } from "../cli/argument_types.ts";
import { command, option } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { readRegressionSettings, type RegressionSettings } from "../reports/regression_settings.ts";
import {
  type RunAlerts,
  SYNTHETIC_NOISE,
  type SyntheticChange,
  trialAlerts,
} from "../reports/synthetic.ts";
import { runScript } from "./run_script.ts";

/** Number of runs of a history without a change. */
const NULL_DAYS = 60;

/** First seed; the settings were chosen with other seeds. */
const FIRST_SEED = 10_000;

/** Number of runs before a change. */
const DAYS_BEFORE = 30;

const STAGE = "network";

const BASELINES = ["rolling", "previous", "pinned"] as const;

function share(count: number, of: number): string {
  return `${Number((100 * count / of).toPrecision(3))} %`;
}

/**
 * Returns the shares of histories without a change that alert, by each rule, and the share of their runs that alert.
 */
function nullRow(settings: RegressionSettings, histories: number): string[] {
  let [any, slower, changed, runs] = [0, 0, 0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + histories; seed++) {
    const options = { seed, days: NULL_DAYS };
    const alerts = [...trialAlerts(options, settings, { from: 1, pinned: 0 })];
    if (alerts.length > 0) any++;
    if (alerts.some((run) => run.slower.length > 0)) slower++;
    if (alerts.some((run) => run.changePoints.length > 0)) changed++;
    runs += alerts.length;
  }
  return [
    settings.baseline,
    share(any, histories),
    share(slower, histories),
    share(changed, histories),
    share(runs, histories * (NULL_DAYS - 1)),
  ];
}

/** Returns whether the changed stage alerted, by any rule. */
function names({ slower, changePoints }: RunAlerts): boolean {
  return slower.includes(STAGE) || changePoints.includes(STAGE);
}

/** Returns the number of the first run that alerts for the stage; infinity if none does. */
function firstAlert(alerts: Iterable<RunAlerts>): number {
  for (const alert of alerts) if (names(alert)) return alert.day;
  return Infinity;
}

/** Returns the shares of histories with a changed stage that alert for it within numbers of runs. */
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
      days: DAYS_BEFORE + Math.max(...within),
      changes: [{ stage: STAGE, day: DAYS_BEFORE, ratio, over }],
    };
    const trial = { from: DAYS_BEFORE, pinned: DAYS_BEFORE - 10 };
    const day = firstAlert(trialAlerts(options, settings, trial));
    within.forEach((days, at) => {
      if (day < DAYS_BEFORE + days) found[at]!++;
    });
  }
  return [settings.baseline, ...found.map((count) => share(count, histories))];
}

/** Returns the shares of histories with more noise that alert without a change, and for a changed stage. */
function noisyRow(settings: RegressionSettings, histories: number, times: number): string[] {
  const { machine, stage } = SYNTHETIC_NOISE;
  const noise = { ...SYNTHETIC_NOISE, machine: machine * times, stage: stage * times };
  let [alerting, found] = [0, 0];
  for (let seed = FIRST_SEED; seed < FIRST_SEED + histories; seed++) {
    const still = trialAlerts({ seed, days: NULL_DAYS, noise }, settings, {
      from: 1,
      pinned: 0,
    });
    if (!still.next().done) alerting++;
    const days = DAYS_BEFORE + 3;
    const changes = [{ stage: STAGE, day: DAYS_BEFORE, ratio: 1.1 }];
    const trial = { from: DAYS_BEFORE, pinned: 0 };
    const day = firstAlert(trialAlerts({ seed, days, noise, changes }, settings, trial));
    if (day < days) found++;
  }
  return [`${times} %`, share(alerting, histories), share(found, histories)];
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return markdownTable([head, ...rows], (column) => column > 0).join("\n");
}

/** The script. */
const regressionFigures = command({
  name: "deno run -A scripts/regression_figures.ts",
  description:
    "Prints the error rates of the nightly decision: how often histories without a change alert, and how " +
    "soon changes are found.",
  options: {
    histories: option(wholeNumber(1, 1_000_000), "number of histories of each figure").default(
      1000,
    ),
    baseline: option(oneOf("name", BASELINES), "only this baseline"),
  },
  async run({ histories, baseline: wanted }): Promise<number> {
    const path = join(import.meta.dirname ?? ".", "..", "regression.toml");
    const settings = await readRegressionSettings(path);
    const all = BASELINES.filter((baseline) => wanted === undefined || wanted === baseline)
      .map((baseline) => ({ ...settings, baseline }));
    const start = performance.now();
    console.log(`${histories} histories of ${NULL_DAYS} runs without a change:\n`);
    console.log(table(
      [
        "baseline",
        "histories that alert",
        "by the baseline",
        "by a change point",
        "runs that alert",
      ],
      all.map((one) => nullRow(one, histories)),
    ));
    for (const ratio of [1.1, 1.07]) {
      const percent = Math.round(100 * ratio - 100);
      console.log(
        `\n${histories} histories, ${STAGE} ${percent} % slower after ${DAYS_BEFORE} runs:\n`,
      );
      console.log(table(
        ["baseline", "1 run", "2 runs", "3 runs", "7 runs"],
        all.map((one) => foundRow(one, histories, { ratio }, [1, 2, 3, 7])),
      ));
    }
    console.log(`\n${histories} histories, ${STAGE} 0.3 % slower each run, for 40 runs:\n`);
    console.log(table(
      ["baseline", "10 runs", "15 runs", "20 runs", "30 runs"],
      all.map((one) =>
        foundRow(one, histories, { ratio: 1.003 ** 40, over: 40 }, [10, 15, 20, 30])
      ),
    ));
    if (wanted === undefined || wanted === "rolling") {
      const rolling = { ...settings, baseline: "rolling" } as const;
      console.log(`\n${histories} histories by the deviation between runs, rolling:\n`);
      console.log(table(
        [
          "deviation between runs",
          "histories without a change that alert",
          "10 % found within 3 runs",
        ],
        [1, 2, 3].map((times) => noisyRow(rolling, histories, times)),
      ));
    }
    console.error(`${((performance.now() - start) / 1000).toFixed(0)} s`);
    return 0;
  },
});

if (import.meta.main) await runScript(regressionFigures);
