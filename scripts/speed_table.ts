/**
 * Prints the README's table of stage times: medians over fresh processes, with the machine.
 *
 *     deno run -A scripts/speed_table.ts [--runs N] -- ANALYZE_ARGUMENTS...
 *
 * @module
 */

import { cpus } from "node:os";
import { join } from "node:path";
import { wholeNumber } from "../cli/argument_types.ts";
import { command, option } from "../cli/command.ts";
import { markdownTable } from "../core/table.ts";
import { resultSchema } from "../pipeline/result_schema.ts";
import type { TimingLine } from "../pipeline/runner.ts";
import { timingSchema } from "../pipeline/timing_schema.ts";
import { median } from "../reports/statistics.ts";
import { runScript } from "./run_script.ts";

/** Analyses the track in a process of its own; returns the times of each stage and the seconds in total. */
async function measure(
  args: readonly string[],
): Promise<{ rows: TimingLine[]; wholeSeconds: number }> {
  const folder = await Deno.makeTempDir();
  const timings = join(folder, "timings.jsonl");
  const main = join(import.meta.dirname ?? ".", "..", "main.ts");
  const start = performance.now();
  const { code } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, "analyze", ...args, "-o", folder, "--timings-path", timings],
    stdout: "null",
    stderr: "inherit",
  }).output();
  const wholeSeconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`analyze exited with ${code}`);
  const lines = (await Deno.readTextFile(timings)).trimEnd().split("\n");
  await Deno.remove(folder, { recursive: true });
  return { rows: lines.map((line) => timingSchema.parse(JSON.parse(line))), wholeSeconds };
}

/** Returns the length of the track, which is the end of its last segment. */
async function lengthOf(args: readonly string[]): Promise<number> {
  const folder = await Deno.makeTempDir();
  const main = join(import.meta.dirname ?? ".", "..", "main.ts");
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", main, "analyze", ...args, "-o", folder, "--json"],
    stderr: "inherit",
  }).output();
  await Deno.remove(folder, { recursive: true });
  const result = resultSchema.parse(JSON.parse(new TextDecoder().decode(stdout)));
  return result.segments.at(-1)?.end ?? 0;
}

/** The script. */
const speedTable = command({
  name: "deno run -A scripts/speed_table.ts",
  description: "Prints the table of stage times: medians over fresh processes, with the machine.",
  arguments: { "[analyze...]": "arguments of analyze, after --" },
  options: { runs: option(wholeNumber(1, 1000), "number of processes").default(5) },
  async run({ runs: count }, args): Promise<number> {
    // The first run only warms the caches of the file system.
    const length = await lengthOf(args);
    const runs = [];
    for (let run = 0; run < count; run++) runs.push(await measure(args));
    const row = (name: string, values: readonly number[]): string[] => [
      name,
      median(values).toFixed(2),
      `${Math.min(...values).toFixed(2)} - ${Math.max(...values).toFixed(2)}`,
      (length / median(values)).toFixed(0),
    ];
    console.log(
      `${length} s of audio, ${runs.length} runs; ${cpus().length} × ${cpus()[0]?.model}`,
    );
    const timings = runs.flatMap(({ rows }) => rows);
    const rows = [
      ["stage", "median, s", "range, s", "times real time"],
      ...[...Map.groupBy(timings, ({ stage }) => stage)].map(([stage, timed]) =>
        row(stage, timed.map(({ duration }) => duration))
      ),
      row("whole process", runs.map(({ wholeSeconds }) => wholeSeconds)),
    ];
    console.log(`\n${markdownTable(rows).join("\n")}`);
    return 0;
  },
});

if (import.meta.main) await runScript(speedTable);
