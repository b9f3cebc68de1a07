import { deepStrictEqual as equal } from "node:assert/strict";
import { benchmarkJson, measurementsCsv } from "./exports.ts";
import { exampleReport, exampleRun } from "../testdata/example.ts";

/** Parses CSV as RFC 4180 defines it. */
function parsed(text: string): string[][] {
  const cell = /("(?:[^"]|"")*"|[^",\n]*)(,|\n)/g;
  const rows: string[][] = [[]];
  for (const [, value, end] of text.matchAll(cell)) {
    rows.at(-1)!.push(value!.startsWith('"') ? value!.slice(1, -1).replaceAll('""', '"') : value!);
    if (end === "\n") rows.push([]);
  }
  return rows.slice(0, -1);
}

Deno.test("measurementsCsv() has a row for the total and each stage of every measurement", () => {
  const run = exampleRun(2);
  const [head, ...rows] = parsed(measurementsCsv(run));
  const column = (name: string): number => head!.indexOf(name);
  const expected = run.measurements.flatMap(({ variant, track, round, seconds, stages }) => [
    [variant, track, String(round), "total", "0", String(seconds)],
    ...stages.map((
      { stage, start, end },
    ) => [variant, track, String(round), stage, String(start), String(end)]),
  ]);
  const names = ["variant", "track", "round", "stage", "start_seconds", "end_seconds"];
  equal(rows.map((row) => names.map((name) => row[column(name)])), expected);
});

Deno.test("measurementsCsv() quotes cells where necessary and leaves unknown ones blank", () => {
  const run = exampleRun(1);
  const [first] = run.measurements;
  const odd = { ...first!, track: 'a "b",\nc', bytesRead: null };
  const [, total] = parsed(measurementsCsv({ ...run, measurements: [odd] }));
  equal(total![4], odd.track);
  equal([total![5], total![12]], ["", ""]);
});

Deno.test("benchmarkJson() has the median of every stage, with the fields that the action reads", () => {
  const report = exampleReport({ days: 0 });
  const figures: Record<string, unknown>[] = JSON.parse(benchmarkJson(report));
  equal(
    figures.map(({ name, unit, value }) => [name, unit, value]),
    report.stages.map(({ variant, stage, median }) => [`${variant}: ${stage}`, "s", median]),
  );
  for (const figure of figures) {
    equal(Object.keys(figure), ["name", "unit", "value", "range", "extra"]);
    equal([typeof figure.value, typeof figure.range, typeof figure.extra], [
      "number",
      "string",
      "string",
    ]);
  }
  equal(new Set(figures.map(({ name }) => name)).size, figures.length);
});
