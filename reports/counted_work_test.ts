/** The decision on instructions, on synthetic histories whose seconds vary by 30 % and whose instructions by 1 %. */

import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { decide, needsRerun } from "./decide.ts";
import { parseRegressionSettings } from "./regression_settings.ts";
import type { Decision } from "./run_report.ts";
import { syntheticHistory, type SyntheticOptions, syntheticRun } from "./synthetic.ts";
import { stageFigures } from "./stage_figures.ts";
import { markdownReport } from "./render/markdown.ts";
import { terminalReport } from "./render/terminal.ts";
import { reportPage } from "./render/page.tsx";
import { reportOfRun } from "./report_view.ts";
import { counterWords, workCells, workHead } from "./work_columns.ts";

const byInstructions = parseRegressionSettings('decide_by = "instructions"');
const bySeconds = parseRegressionSettings("");

/** A shared machine: seconds vary by 30 % within a run, and by 10 % from run to run. */
const SHARED = {
  ...{ within: 0.3, machine: 0.1, stage: 0, disturbed: 0.1 },
  disturbance: [1.1, 3],
} as const;

const counted = (more: Partial<SyntheticOptions> & { days: number }): SyntheticOptions => ({
  ...{ seed: 3, rounds: 10, noise: SHARED, countedWithin: 0.01 },
  ...more,
});

/** Decides on the last run, with a rerun if the decision needs one. */
function last(options: SyntheticOptions, settings = byInstructions): Decision {
  const history = syntheticHistory(options);
  const run = history.at(-1)!;
  const first = decide(run, history, settings);
  if (!needsRerun(first)) return first;
  const confirmation = syntheticRun(options, options.days - 1, 1);
  return decide(run, history, settings, { confirmation });
}

Deno.test("the decision on instructions finds a slowdown of 3 % in one run, on a machine whose seconds vary by 30 %", () => {
  for (let seed = 0; seed < 20; seed++) {
    const options = counted({
      seed,
      days: 12,
      changes: [{ stage: "network", day: 11, ratio: 1.03 }],
    });
    const decision = last(options);
    equal(decision.verdict, "regression", `seed ${seed}`);
    const slower = decision.stages.filter(({ verdict }) => verdict === "slower");
    ok(slower.some(({ stage }) => stage === "network"), `seed ${seed}`);
    match(
      decision.sentence,
      /takes \d(\.\d)? % more instructions than the median of the last 10 runs/,
    );
    equal(last(options, bySeconds).verdict, "quiet", `by seconds, seed ${seed}`);
  }
});

Deno.test("the decision on instructions gives no alert in 100 unchanged runs", () => {
  const history = syntheticHistory(counted({ days: 112 }));
  for (const [day, run] of history.entries()) {
    if (day < 12) continue;
    const before = history.slice(0, day);
    const first = decide(run, before, byInstructions);
    if (!needsRerun(first)) continue;
    const confirmation = syntheticRun(counted({ days: 112 }), day, 1);
    equal(decide(run, before, byInstructions, { confirmation }).verdict, "quiet", `day ${day}`);
  }
});

Deno.test("a decision on instructions keeps seconds as figures and says what decided", () => {
  const decision = last(counted({ days: 12 }));
  match(decision.sentence, /decided by instructions$/);
  for (const { median, baseline, ratio, instructions } of decision.stages) {
    ok(
      instructions !== undefined &&
        Math.abs(instructions.median / instructions.baseline - ratio!) < 1e-9,
    );
    ok(median < 10 && baseline! < 10);
  }
});

Deno.test("stages that were not counted, now or before, are decided by seconds", () => {
  const { countedWithin: _, ...uncounted } = counted({ days: 12 });
  match(last(uncounted).sentence, /decided by seconds, since instructions were not counted$/);
  const [...history] = syntheticHistory(uncounted);
  const run = syntheticHistory(counted({ days: 12 })).at(-1)!;
  const decision = decide(run, history.slice(0, -1), byInstructions);
  ok(decision.stages.every(({ instructions }) => instructions === undefined));
  equal(last(counted({ days: 12 }), bySeconds).sentence.includes("instructions"), false);
});

Deno.test("every report has instructions, cycles and cache misses of a machine that counts them", () => {
  const [run] = syntheticHistory(counted({ days: 1 }));
  const [total] = stageFigures(run!);
  const { instructions, cycles, cacheMisses } = total!.work!;
  ok(Math.abs(2 * cycles / instructions - 1) < 1e-9);
  ok(Math.abs(1000 * cacheMisses / instructions - 1) < 1e-9);
  const view = reportOfRun(run!, null, []);
  for (const report of [terminalReport(view), markdownReport(view), reportPage(view)]) {
    match(report, /instructions/);
    match(report, /cache misses/);
    ok(report.includes(instructions.toExponential(2)));
  }
  const { countedWithin: _, ...options } = counted({ days: 1 });
  const [uncounted] = syntheticHistory(options);
  ok(!terminalReport(reportOfRun(uncounted!, null, [])).includes("instructions"));
});

Deno.test("work columns are there where a stage was counted", () => {
  const work = { instructions: 12, cycles: 3.4e9, cacheMisses: 0 };
  const stages = [{ work }, { work: null }];
  equal(workHead(stages), ["instructions", "cycles", "cache misses"]);
  equal(stages.map((stage) => workCells(stage, stages).map(({ text }) => text)), [
    ["12", "3.40e+9", "0"],
    ["", "", ""],
  ]);
  equal([workHead([{ work: null }]), workCells({ work: null }, [{ work: null }])], [[], []]);
  const [run] = syntheticHistory(counted({ days: 1 }));
  equal(counterWords(run!), "instructions, cycles, cache misses");
  const { work: _, ...measured } = run!.measurements[0]!;
  equal(counterWords({ measurements: [{ ...measured, noWork: "none here" }] }), "none here");
});
