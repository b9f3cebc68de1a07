/**
 * `report`: shows a run of a history, or draws the timeline of a timings file.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { writeWhole } from "../core/files.ts";
import { CALL } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import type { History, RunReport } from "../reports/mod.ts";
import { OUTPUT_FILE, seconds } from "./argument_types.ts";
import { type Command, command, option } from "./command.ts";
import { ensureHistory, HISTORY, SETTINGS } from "./_options.ts";
import { EXPORT_OPTIONS, writeExports } from "./_report_files.ts";
import { ensureFile } from "./_writable.ts";

/** The command `report timings`. */
const timings = command({
  name: `${CALL} report timings`,
  description:
    `Draws when each stage ran, as a self-contained page. The file comes from analyze --timings-path or from
all-in-one-mlx, and may hold several runs, one after the other.`,
  arguments: { "<file>": "timings, one JSON object a line" },
  options: {
    out: option(OUTPUT_FILE, "the page").short("o").shownDefault("FILE.html"),
    seconds: option(seconds(), "length of each track, for times real time"),
  },
  async run(values, [file = ""]): Promise<number> {
    const { seconds, out = `${file}.html` } = values;
    await ensureFile(out, "--out");
    const { readTimings, timingsPage } = await import("../reports/mod.ts");
    const runs = readTimings(await textOf(file));
    const tracks = runs.flatMap(({ tracks }) => tracks);
    const page = timingsPage(runs, {
      title: basename(file),
      ...(seconds !== undefined && {
        trackSeconds: new Map(tracks.map((track) => [track, seconds])),
      }),
    });
    await writeWhole(out, page);
    console.log(out);
    return 0;
  },
});

/** The command `report`. */
export const report: Command = command({
  name: `${CALL} report`,
  description: "Shows a run of a history compared with the runs before it.",
  arguments: { "[run]": "identifier of the run; without it the newest one" },
  options: { history: HISTORY, settings: SETTINGS, ...EXPORT_OPTIONS },
  commands: {
    timings: { summary: "draw the timeline of a timings file", load: () => timings },
  },
  async run(values, [id]): Promise<number> {
    await ensureHistory(values.history);
    const reports = await import("../reports/mod.ts");
    const history = await reports.History.open(values.history);
    try {
      const run = runOf(history, id);
      const settings = await reports.readRegressionSettings(values.settings, stagesOf(run));
      const earlier = history.comparedWith(run);
      const decision = reports.decideRun(run, earlier, settings, history.confirmationOf(run.id));
      const view = reports.comparedReport(run, decision, earlier);
      console.log(reports.terminalReport(view));
      await writeExports(view, values);
      return 0;
    } finally {
      history.close();
    }
  },
});

function runOf(history: History, id: string | undefined): RunReport {
  const run = id === undefined ? history.runs({ last: 1 })[0] : history.run(id);
  if (run !== undefined) return run;
  throw new UsageError(
    id === undefined ? "The history has no finished run" : `There is no run ${id} in the history`,
  );
}

/** Returns the names of the timed stages of a run, which are those of its pipeline. */
function stagesOf({ measurements }: RunReport): string[] {
  return [...new Set(measurements.flatMap(({ stages }) => stages.map(({ stage }) => stage)))];
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    throw new UsageError(`Cannot read ${file}: ${reasonOf(cause)}`, { cause });
  }
}
