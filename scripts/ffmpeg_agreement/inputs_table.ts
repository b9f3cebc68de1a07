/**
 * Prints the tables of docs/inputs.md from results of the comparison: agreement by container and codec from the matrix of
 * formats, and the verdicts on files of others.
 *
 *     deno run -A scripts/ffmpeg_agreement/write_matrix.ts MATRIX_FOLDER
 *     deno run -A scripts/ffmpeg_agreement/main.ts --results matrix.jsonl MATRIX_FOLDER
 *     deno run -A scripts/ffmpeg_agreement/main.ts --results others.jsonl OTHERS_FOLDER
 *     deno run --allow-read scripts/ffmpeg_agreement/inputs_table.ts matrix.jsonl others.jsonl
 *
 * @module
 */

import { markdownTable } from "../../core/table.ts";
import type { FileResult } from "./compare_file.ts";
import { agreementTable, verdictTable } from "./tables.ts";

/** Files that ffmpeg opens as no container. */
const UNKNOWN = "(unknown)";

/** Reads results, one a line. */
async function readResults(path: string): Promise<FileResult[]> {
  const lines = (await Deno.readTextFile(path)).split("\n").filter((line) => line !== "");
  return lines.map((line) => JSON.parse(line));
}

if (import.meta.main) {
  const [matrix, others] = Deno.args;
  if (matrix === undefined || others === undefined) {
    console.error("Expected two files of results: of the matrix, and of files of others");
    Deno.exit(2);
  }
  const table = agreementTable(await readResults(matrix));
  console.log(markdownTable(table, (column) => column >= 3).join("\n"));
  const byContainer = (await readResults(others)).map((result) => ({
    ...result,
    container: result.container.startsWith(".") ? UNKNOWN : result.container,
    codec: "",
  }));
  const verdicts = verdictTable(byContainer).map(([container = "", , ...counts]) => [
    container,
    ...counts,
  ]);
  console.log(`\n${markdownTable(verdicts, (column) => column >= 1).join("\n")}`);
}
