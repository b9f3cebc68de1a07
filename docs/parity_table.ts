/**
 * Prints the README's parity table from an exported report: one row a seam, over all pieces.
 *
 *     deno task parity --weights-dir WEIGHTS_DIR --export-json report.json
 *     deno run --allow-read docs/parity_table.ts report.json
 *
 * @module
 */

import type { ParityReport, SeamResult } from "../parity/mod.ts";

/** The largest of some figures, blank where there is none. */
function largest(figures: readonly number[]): string {
  const value = Math.max(...figures);
  if (figures.length === 0 || !Number.isFinite(value)) return "";
  return value === 0 ? "0" : value.toExponential(1);
}

function row(seam: string, results: readonly SeamResult[]): string {
  const of = (mode: string): readonly SeamResult[] => results.filter((one) => one.mode === mode);
  const needs = (mode: string): string =>
    largest(of(mode).map(({ comparison }) => comparison.smallestTolerance));
  const upstream = largest(
    results.flatMap(({ upstreamFloat32 }) => upstreamFloat32?.minTolerance ?? []),
  );
  const verdicts = new Set(of("isolated").map(({ verdict }) => verdict));
  const verdict = verdicts.size === 1 && verdicts.has("pass") ? "pass" : "fail";
  return `| ${seam} | ${needs("isolated")} | ${upstream} | ${verdict} | ${needs("chained")} |`;
}

if (import.meta.main) {
  const report: ParityReport = JSON.parse(await Deno.readTextFile(Deno.args[0] ?? ""));
  for (const { suite, results } of report.suites) {
    console.log(`\nSuite \`${suite}\`:\n`);
    console.log("| seam | needs | upstream | verdict | needs, chained |");
    console.log("| --- | --- | --- | --- | --- |");
    for (const seam of new Set(results.map((result) => result.seam))) {
      console.log(row(seam, results.filter((result) => result.seam === seam)));
    }
  }
}
