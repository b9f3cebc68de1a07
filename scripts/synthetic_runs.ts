/**
 * Generates synthetic runs before a real one, for `docs/report.png`. Their times are those of the real run with
 * the noise of `reports/synthetic.ts`, and with two changes of the network at known places.
 *
 *     deno run -A scripts/synthetic_runs.ts nightly/report.json > runs.jsonl
 *     deno task history import runs.jsonl
 *     deno task report --export-html report.html
 *     chromium --headless --hide-scrollbars --window-size=1200,1976 --virtual-time-budget=10000 \
 *       --screenshot=docs/report.png report.html
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { CounterRandom } from "../core/counter_random.ts";
import { type Measurement, roundFactor, type RunReport, SYNTHETIC_NOISE } from "../reports/mod.ts";
import { documentSchema } from "../reports/run_report.ts";
import { runScript } from "./run_script.ts";

const DAYS = 60;
const MILLISECONDS_A_DAY = 86_400_000;

/** Numbers of the runs with a slower network: `from` up to the one before `until`. */
const SLOWER = { stage: "network", from: 18, until: 41, ratio: 1.12 };

/** Returns a run before the real one; the first has the number 0. */
function runBefore(real: RunReport, day: number): RunReport {
  const shift = (day - DAYS) * MILLISECONDS_A_DAY;
  const moved = (time: string): string => new Date(Date.parse(time) + shift).toISOString();
  const random = new CounterRandom(`made up/${day}`);
  const { machine, stage: ofStage } = SYNTHETIC_NOISE;
  const whole = Math.exp(machine * random.normal());
  const levels = new Map<string, number>();
  const level = (stage: string): number => {
    const known = levels.get(stage) ?? whole * Math.exp(ofStage * random.normal());
    levels.set(stage, known);
    const { from, until, ratio } = SLOWER;
    return stage === SLOWER.stage && day >= from && day < until ? known * ratio : known;
  };
  return {
    ...real,
    id: `made-up-${day}`,
    startedAt: moved(real.startedAt),
    finishedAt: moved(real.finishedAt ?? real.startedAt),
    program: { ...real.program, commit: null },
    measurements: real.measurements.map((one) => slowed(one, level, random)),
  };
}

/** Returns a measurement whose stages are slower by the factors of the run and the round. */
function slowed(
  measurement: Measurement,
  level: (stage: string) => number,
  random: CounterRandom,
): Measurement {
  const stages = measurement.stages.map((stage) => {
    const ratio = level(stage.stage) * roundFactor(SYNTHETIC_NOISE, random);
    return { ...stage, end: stage.start + (stage.end - stage.start) * ratio };
  });
  const longer = stages.reduce(
    (sum, { end }, at) => sum + end - (measurement.stages[at]?.end ?? end),
    0,
  );
  return { ...measurement, seconds: measurement.seconds + longer, stages };
}

/** The script. */
const syntheticRuns = command({
  name: "deno run -A scripts/synthetic_runs.ts",
  description: "Prints synthetic runs before a real one, one a line.",
  arguments: { "<report>": "report.json of a real run" },
  async run(_values, [path = ""]): Promise<number> {
    const { run } = documentSchema.parse(JSON.parse(await Deno.readTextFile(path)));
    for (let day = 0; day < DAYS; day++) console.log(JSON.stringify(runBefore(run, day)));
    return 0;
  },
});

if (import.meta.main) await runScript(syntheticRuns);
