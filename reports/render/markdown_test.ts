import { deepStrictEqual as equal, match, ok } from "node:assert/strict";
import { markdownReport } from "./markdown.ts";
import { reportOfRun } from "../report_view.ts";
import { exampleReport, exampleRun } from "../testdata/example.ts";

/** Returns the cells of a line of a table; an escaped bar does not end a cell. */
function cells(line: string): string[] {
  return line.split(/(?<!\\)\|/).slice(1, -1).map((cell) => cell.trim());
}

Deno.test("markdownReport() begins with the verdict and has one row for each stage", () => {
  const report = exampleReport({ days: 3 });
  const lines = markdownReport(report).split("\n");
  match(lines[0]!, /^## ▲ Regression: One stage became slower/);
  const first = lines.findIndex((line) => line.startsWith("| variant"));
  const rows = lines.slice(first + 2, first + 2 + report.stages.length).map(cells);
  equal(
    rows.map(([variant, stage, , , verdict]) => [variant, stage, verdict]),
    report.stages.map(({ variant, stage, verdict }) => [variant, stage, verdict]),
  );
});

Deno.test("markdownReport() lists the findings besides the stages", () => {
  const text = markdownReport(exampleReport({ days: 3 }));
  match(text, /\n- seeded, four_four, isolated, logits\.beat is outside its tolerance/);
  match(text, /\n- hpss\/embedded, downbeatF fell from 0\.421 to 0\.399/);
  match(text, /\n- Warning: .* or take more rounds/);
  match(text, /<summary>Parity margins<\/summary>[^]*26 more need less/);
  match(text, /- native, 2 threads, demix: -18\.0 % since 2026-11-03/);
});

Deno.test("markdownReport() escapes names that would end a cell or become markup", () => {
  const run = exampleRun(1);
  const [variant] = run.variants;
  const odd = { ...variant!, name: "a|b <script>\n*c*" };
  const text = markdownReport(reportOfRun({
    ...run,
    variants: [odd],
    measurements: run.measurements.filter((one) => one.variant === variant!.name)
      .map((one) => ({ ...one, variant: odd.name })),
  }));
  const rows = text.split("\n").filter((line) => line.startsWith("| a"));
  ok(rows.length > 0);
  for (const row of rows) equal(cells(row)[0], "a\\|b &lt;script> \\*c\\*");
  equal(new Set(rows.map((row) => cells(row).length)), new Set([10]));
});

Deno.test("markdownReport() has no section without content", () => {
  const text = markdownReport(reportOfRun({ ...exampleRun(1), parity: [], quality: [] }));
  match(text, /^## ● Measured/);
  equal(text.match(/Parity|Change points|NaN|null|undefined|\n\n\n/), null);
});
