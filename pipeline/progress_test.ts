import { deepStrictEqual as equal, ok } from "node:assert/strict";
import { type Progress, progressOf } from "./progress.ts";
import { STAGES } from "./stages.ts";

Deno.test("the fraction grows with each stage and part, and stays below 1 until the end", () => {
  const reports: Progress[] = [];
  const { onStart, onProgress } = progressOf((progress) => reports.push(progress));
  onStart!("decode");
  for (const { name } of STAGES) {
    onStart!(name);
    onProgress!(name, 1, 2);
  }
  ok(reports.every(({ fraction }, at) => fraction >= (reports[at - 1]?.fraction ?? 0)));
  equal(new Set(reports.map(({ fraction }) => fraction)).size, reports.length);
  ok(reports.at(-1)!.fraction < 1);
  equal({ ...reports[2], fraction: 0 }, { stage: "demix", done: 1, total: 2, fraction: 0 });
});

Deno.test("a stage that starts late does not lower the fraction", () => {
  const fractions: number[] = [];
  const { onStart } = progressOf(({ fraction }) => fractions.push(fraction));
  onStart!("functional");
  onStart!("metrical");
  equal(fractions[0], fractions[1]);
});
