/**
 * Prints a table of systems and of their gain over another demixer with the same model, from an exported evaluation: means of
 * beat F, AMLt and downbeat F, and the mean difference of the same tracks with its 95 % bootstrap interval.
 *
 *     deno task evaluate FOLDER --system hpss/embedded --system hpss-mix/embedded --export-json scores.json
 *     deno run -A scripts/system_gain_table.ts scores.json --demixer hpss
 *
 * @module
 */

import { text } from "../cli/argument_types.ts";
import { command, option } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { evaluationSchema, type SystemReport } from "../evaluation/report.ts";
import type { Measure } from "../evaluation/scores.ts";
import { bootstrapInterval } from "../reports/statistics.ts";
import { runScript } from "./run_script.ts";

/** Measures of the table, and their headings. */
const MEASURES = [["beat_f", "beat F"], ["amlt", "AMLt"], ["downbeat_f", "downbeat F"]] as const;

/** Settings of the bootstrap intervals. */
const INTERVAL = { level: 0.95, resamples: 10_000, seed: 0, statistic: mean };

type System = Pick<SystemReport, "name" | "tracks" | "failures">;

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Returns the scores of the tracks that both systems have, in pairs. */
function pairs(one: System, other: System, measure: Measure): [number, number][] {
  return one.tracks.flatMap(({ track, scores }) => {
    const value = scores[measure];
    const base = other.tracks.find((found) => found.track === track)?.scores[measure];
    return typeof value === "number" && typeof base === "number" ? [[value, base]] : [];
  });
}

const signed = (value: number): string => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(3);

/**
 * Returns the lines of the table.
 *
 * @param systems the exported systems
 * @param demixer demixer that the others with the same model are compared with
 */
export function gainTable(systems: readonly System[], demixer: string): string[] {
  const rows = systems.map((system) => {
    const base = systems.find(({ name }) =>
      name === `${demixer}/${system.name.slice(system.name.lastIndexOf("/") + 1)}`
    );
    const figures = MEASURES.map(([measure]) => {
      const values = system.tracks.flatMap(({ scores }) => scores[measure] ?? []);
      const text = mean(values).toFixed(3);
      if (base === undefined || base === system) return text;
      const differences = pairs(system, base, measure).map(([value, other]) => value - other);
      const { low, high } = bootstrapInterval(differences, INTERVAL);
      return `${text}, ${signed(mean(differences))} (${signed(low)} to ${signed(high)})`;
    });
    const { tracks: { length: done }, failures: { length: failed } } = system;
    const tracks = failed === 0 ? `${done}` : `${done} of ${done + failed}`;
    return [system.name, tracks, ...figures];
  });
  return markdownTable([["system", "tracks", ...MEASURES.map(([, heading]) => heading)], ...rows]);
}

/** The script. */
const systemGainTable = command({
  name: "deno run -A scripts/system_gain_table.ts",
  description:
    "Prints a table of systems and of their gain over another demixer with the same model.",
  arguments: { "<scores>": "JSON of deno task evaluate --export-json" },
  options: {
    demixer: option(text("name"), "demixer that the others are compared with").default("hpss"),
  },
  async run({ demixer }, [path = ""]): Promise<number> {
    const { systems } = evaluationSchema.parse(JSON.parse(await Deno.readTextFile(path)));
    console.log(gainTable(systems, demixer).join("\n"));
    return 0;
  },
});

if (import.meta.main) await runScript(systemGainTable);
