/**
 * What a run found, as text.
 *
 * @module
 */

import type { TargetReport } from "./fuzz_target.ts";

const HEAD = [
  "target",
  "cases",
  "rejected",
  "accepted",
  "slowest case (ms)",
  "its number",
  "peak memory (MiB)",
  "findings",
];
const MIB = 2 ** 20;

/**
 * One row a target. Rejected are cases that the reader refused with an error of its own type; a
 * finding stands for all cases that failed at the same place.
 *
 * @param reports what was found in each target
 * @returns lines without a final newline
 */
export function fuzzTable(reports: readonly TargetReport[]): string {
  const rows = reports.map(({ target, cases, tally, findings }) => [
    target,
    String(cases),
    String(tally.rejected),
    String(tally.accepted),
    tally.slowestCase < 0 ? "" : (1000 * tally.slowestSeconds).toFixed(1),
    tally.slowestCase < 0 ? "" : String(tally.slowestCase),
    tally.peakBytes === 0 ? "" : (tally.peakBytes / MIB).toFixed(0),
    String(findings.length),
  ]);
  const table = [HEAD, ...rows];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  return table.map((row) =>
    row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)
    ).join("  ")
  ).join("\n");
}
