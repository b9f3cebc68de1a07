/**
 * Prints the README's table of stage times: medians over fresh processes, with the machine.
 *
 *     deno run -A scripts/speed_table.ts RUNS ANALYZE_ARGUMENTS...
 *
 * @module
 */

import { cpus } from "node:os";
import { join } from "node:path";
import { markdownTable } from "../core/table.ts";
import { median } from "../reports/statistics.ts";

interface Row {
  readonly stage: string;
  readonly start: number;
  readonly end: number;
  readonly duration: number;
}

/** Analyses the track in a process of its own; returns the times of each stage and the seconds in total. */
async function measure(args: readonly string[]): Promise<{ rows: Row[]; wholeSeconds: number }> {
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
  return { rows: lines.map((line) => JSON.parse(line)), wholeSeconds };
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
  return JSON.parse(new TextDecoder().decode(stdout)).segments.at(-1).end;
}

if (import.meta.main) {
  const [count = "5", ...args] = Deno.args;
  // The first run only warms the caches of the file system.
  const length = await lengthOf(args);
  const runs = [];
  for (let run = 0; run < Number(count); run++) runs.push(await measure(args));
  const row = (name: string, values: readonly number[]): string[] => [
    name,
    median(values).toFixed(2),
    `${Math.min(...values).toFixed(2)} - ${Math.max(...values).toFixed(2)}`,
    (length / median(values)).toFixed(0),
  ];
  console.log(`${length} s of audio, ${runs.length} runs; ${cpus().length} × ${cpus()[0]?.model}`);
  const timings = runs.flatMap(({ rows }) => rows);
  const rows = [
    ["stage", "median, s", "range, s", "times real time"],
    ...[...Map.groupBy(timings, ({ stage }) => stage)].map(([stage, timed]) =>
      row(stage, timed.map(({ duration }) => duration))
    ),
    row("whole process", runs.map(({ wholeSeconds }) => wholeSeconds)),
  ];
  console.log(`\n${markdownTable(rows).join("\n")}`);
}
