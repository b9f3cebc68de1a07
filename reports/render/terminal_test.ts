import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { secondsFigure } from "../figures.ts";
import { reportOfRun } from "../report_view.ts";
import { terminalReport } from "./terminal.ts";
import { exampleReport, exampleRun } from "../testdata/example.ts";

Deno.test("terminalReport() begins with the verdict and has one row for each stage", () => {
  const report = exampleReport({ days: 3 });
  const lines = terminalReport(report).split("\n");
  match(lines[0]!, /^Regression: One stage became slower/);
  match(lines[2]!, /^variant +stage +median s +low s/);
  const rows = lines.slice(3, 3 + report.stages.length);
  for (const [nth, { variant, stage, median, verdict }] of report.stages.entries()) {
    ok(rows[nth]!.startsWith(variant), rows[nth]);
    ok(rows[nth]!.includes(` ${stage} `) && rows[nth]!.includes(` ${secondsFigure(median)} `));
    ok(rows[nth]!.endsWith(verdict!));
  }
});

Deno.test("terminalReport() lists findings, remedies and the machine", () => {
  const text = terminalReport(exampleReport({ days: 3 }));
  match(text, /logits\.beat is outside its tolerance: it needs 1\.80e-6, before 6\.10e-7/);
  match(text, /Warning: .* outliers in .*; stop other programs on the machine/);
  match(text, /2026-11-23 02:00 UTC, commit 74e51a0000, .*; rolling baseline of 2 runs, 1 run not/);
});

Deno.test("terminalReport() leaves unknown cells blank", () => {
  const text = terminalReport(reportOfRun(exampleRun(1)));
  match(text, /^Measured: 2 variants were measured; nothing was compared\n/);
  equal(text.match(/NaN|null|undefined|Infinity/), null);
  match(text, /no baseline$/);
});
