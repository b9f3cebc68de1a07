import { deepStrictEqual as equal } from "node:assert/strict";
import { historyCsv, measurementsCsv } from "./csv.ts";
import { exampleReport, exampleRun } from "../testdata/example.ts";

/** Reads RFC 4180. */
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

Deno.test("measurementsCsv() quotes what needs it and leaves blank what is not known", () => {
  const run = exampleRun(1);
  const [first] = run.measurements;
  const odd = { ...first!, track: 'a "b",\nc', bytesRead: null };
  const [, total] = parsed(measurementsCsv({ ...run, measurements: [odd] }));
  equal(total![4], odd.track);
  equal([total![5], total![12]], ["", ""]);
});

Deno.test("historyCsv() has a row where something was measured and none where not", () => {
  const { history } = exampleReport({ nights: 20 });
  const rows = parsed(historyCsv(history)).slice(1);
  equal(rows.length, history.nights.length * history.series.length);
  const [first, ...others] = history.series;
  const gap = {
    ...first!,
    median: first!.median.map((value, night) => night === 1 ? null : value),
  };
  const fewer = parsed(historyCsv({ ...history, series: [gap, ...others] })).slice(1);
  equal(fewer.length, rows.length - 1);
  equal(rows[0]!.slice(4, 7), [first!.variant, first!.stage, String(first!.median[0])]);
});
