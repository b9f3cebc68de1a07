/**
 * Tables of the verdicts.
 *
 * @module
 */

import type { FileResult } from "./compare_file.ts";
import { FAILURES, type Verdict, VERDICTS } from "./verdict.ts";

/** Returns rows with the number of files by verdict, one row for each container and codec, and a last row of sums. */
export function verdictTable(results: readonly FileResult[]): string[][] {
  const used = VERDICTS.filter((verdict) => results.some((result) => result.verdict === verdict));
  const keys = [...new Set(results.map(keyOf))].toSorted();
  const counts = (of: readonly FileResult[]): string[] => [
    String(of.length),
    ...used.map((verdict) => count(of, verdict)),
  ];
  return [
    ["container", "codec", "files", ...used],
    ...keys.map((key) => [
      ...key.split(" "),
      ...counts(results.filter((result) => keyOf(result) === key)),
    ]),
    ["all", "", ...counts(results)],
  ];
}

const keyOf = ({ container, codec }: FileResult): string => `${container} ${codec}`;

function count(results: readonly FileResult[], verdict: Verdict): string {
  const files = results.filter((result) => result.verdict === verdict).length;
  return files === 0 ? "" : String(files);
}

/** Returns one line for each file that fails the run. */
export function failureLines(results: readonly FileResult[]): string[] {
  return results.filter(({ verdict }) => FAILURES.has(verdict)).map(resultLine);
}

/** Returns a result on one line. */
function resultLine(result: FileResult): string {
  const { path, container, codec, verdict, agreement, ours, theirs, warnings } = result;
  const figures = agreement === undefined ? "" : ` offset ${agreement.offsetSamples}, ` +
    `extra ${agreement.extraSamples}, largest ${agreement.largestDifference.toExponential(1)}, ` +
    `rms ${agreement.relativeRms.toExponential(1)};`;
  const warned = warnings.length === 0 ? "" : ` | warned: ${warnings.join("; ")}`;
  return `${path}: ${container} ${codec}: ${verdict};${figures} ours: ${ours}${warned} | ffmpeg: ${theirs}`;
}
