/**
 * Prints the table of docs/embedded.md: beat F, AMLt and downbeat F of each tune with each system, and their means.
 *
 *     deno task evaluate FOLDER --seconds 60 --system hpss-mix/embedded --system hpss-mix/harmonix-all --export-json scores.json
 *     deno run -A scripts/tunes_table.ts scores.json
 *
 * @module
 */

import { command } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { evaluationSchema, type SystemReport } from "../evaluation/report.ts";
import { meanScores, type Scores } from "../evaluation/scores.ts";
import { runScript } from "./run_script.ts";

const MEASURES = ["beat_f", "amlt", "downbeat_f"] as const;

function cell(scores: Scores | undefined, digits: number): string {
  return MEASURES.map((measure) => scores?.[measure]?.toFixed(digits) ?? "-").join(" / ");
}

/**
 * Returns the lines of the table: a row for each tune that any of the systems has, and the means.
 *
 * @param systems the exported systems
 */
export function tunesTable(
  systems: readonly Pick<SystemReport, "name" | "tracks">[],
): string[] {
  const tunes = new Set(systems.flatMap(({ tracks }) => tracks.map(({ track }) => track)));
  const rows = [...tunes].sort().map((tune) => [
    tune,
    ...systems.map(({ tracks }) => cell(tracks.find(({ track }) => track === tune)?.scores, 2)),
  ]);
  const means = systems.map(({ tracks }) =>
    cell(meanScores(tracks.map(({ scores }) => scores)), 3)
  );
  return markdownTable([["tune", ...systems.map(({ name }) => name)], ...rows, ["mean", ...means]]);
}

/** The script. */
const script = command({
  name: "deno run -A scripts/tunes_table.ts",
  description: "Prints beat F, AMLt and downbeat F of each tune with each system.",
  arguments: { "<scores>": "JSON of deno task evaluate --export-json" },
  options: {},
  async run(_options, [path = ""]): Promise<number> {
    const { systems } = evaluationSchema.parse(JSON.parse(await Deno.readTextFile(path)));
    console.log(tunesTable(systems).join("\n"));
    return 0;
  },
});

if (import.meta.main) await runScript(script);
