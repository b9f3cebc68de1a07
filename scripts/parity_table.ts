/**
 * Prints the parity table of the documentation from an exported report: one row for each seam between two stages, over all
 * pieces.
 *
 *     deno task parity --weights-dir WEIGHTS_DIR --export-json report.json
 *     deno run -A scripts/parity_table.ts report.json
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { stepsText } from "../parity/render/figures.ts";
import { isSeamName } from "../parity/own_pipeline.ts";
import type { SeamResult } from "../parity/report.ts";
import { readParityReport } from "../parity/report_document.ts";
import { runScript } from "./run_script.ts";

/** Returns the largest of some figures; blank where there is none. */
function largest(figures: readonly number[]): string {
  const value = Math.max(...figures);
  if (figures.length === 0 || !Number.isFinite(value)) return "";
  return value === 0 ? "0" : value.toExponential(1);
}

/** Returns the tolerance that a seam needs; blank where nothing was compared. */
function needs(results: readonly SeamResult[]): string {
  const compared = results.flatMap(({ comparison }) => {
    const { elements, differing, maxAbsolute, smallestTolerance } = comparison;
    if (maxAbsolute === null || smallestTolerance === null) return [];
    return [{ share: differing / elements, maxAbsolute, smallestTolerance }];
  });
  const inSteps = results.some(({ tolerance }) => tolerance.differing !== undefined);
  if (!inSteps) return largest(compared.map(({ smallestTolerance }) => smallestTolerance));
  const steps = Math.max(...compared.map(({ maxAbsolute }) => maxAbsolute));
  const share = Math.max(...compared.map(({ share }) => share));
  return compared.length === 0 ? "" : stepsText(steps, share);
}

/** Returns the tolerance that upstream's own float32 needs; blank where unknown. */
function needsUpstream(results: readonly SeamResult[]): string {
  const known = results.flatMap(({ upstreamFloat32 }) => upstreamFloat32 ?? []);
  const shares = known.flatMap(({ differing }) => differing ?? []);
  if (shares.length === 0) return largest(known.map(({ minTolerance }) => minTolerance));
  return stepsText(Math.max(...known.map(({ maxAbs }) => maxAbs)), Math.max(...shares));
}

function row(seam: string, results: readonly SeamResult[]): string[] {
  const of = (mode: string): readonly SeamResult[] => results.filter((one) => one.mode === mode);
  const verdicts = new Set(of("isolated").map(({ verdict }) => verdict));
  const verdict = verdicts.size === 1 && verdicts.has("pass") ? "pass" : "fail";
  return [seam, needs(of("isolated")), needsUpstream(results), verdict, needs(of("chained"))];
}

/** The script. */
const parityTable = command({
  name: "deno run -A scripts/parity_table.ts",
  description:
    "Prints the parity table of the documentation: one row for each seam, over all pieces.",
  arguments: { "<report>": "JSON of deno task parity --export-json" },
  async run(_values, [path = ""]): Promise<number> {
    const report = readParityReport(await Deno.readTextFile(path));
    for (const { suite, results } of report.suites) {
      console.log(`\nSuite \`${suite}\`:\n`);
      const seams = new Set(results.map((result) => result.seam).filter(isSeamName));
      const rows = [...seams].map((seam) =>
        row(seam, results.filter((result) => result.seam === seam))
      );
      const head = ["seam", "needs", "upstream", "verdict", "needs, chained"];
      console.log(markdownTable([head, ...rows]).join("\n"));
    }
    return 0;
  },
});

if (import.meta.main) await runScript(parityTable);
