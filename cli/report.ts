/**
 * `report`: what a run found, once more, and the timeline of a timings file.
 *
 * @module
 */

import { stat } from "node:fs/promises";
import { History } from "../reports/history.ts";
import { readRegressionSettings } from "../reports/regression_settings.ts";
import type { RunReport } from "../reports/run_report.ts";
import { terminalReport } from "../reports/render/terminal.ts";
import { parsedArgs } from "./parsed_args.ts";
import { DEFAULT_SETTINGS } from "./nightly_call.ts";
import { decideRun, nightView } from "../reports/night_view.ts";
import { EXPORT_OPTIONS, EXPORT_OPTIONS_HELP, exportsOf, writeExports } from "./report_exports.ts";
import { UsageError } from "../core/usage_error.ts";

/** What `report --help` prints. */
export const REPORT_HELP = `Usage: deno task report [RUN] [options]
       deno task report timings FILE.jsonl [options] (takes --help)

Shows a run of a history beside the nights before it, the newest one unless told.

      --history FILE       which history (default: ./nightly/history.sqlite)
      --settings FILE      what counts as a regression (default: the repository's regression.toml)
${EXPORT_OPTIONS_HELP}
  -h, --help               print this

Exit codes: 0 done, 2 the call was wrong or could not run`;

const OPTIONS = {
  ...EXPORT_OPTIONS,
  history: { type: "string", default: "./nightly/history.sqlite" },
  settings: { type: "string", default: DEFAULT_SETTINGS },
  help: { type: "boolean", short: "h", default: false },
} as const;

/**
 * Runs the command.
 *
 * @param args what follows `report` on the command line
 * @returns the exit code
 * @throws {UsageError | HistoryError} if the call is wrong, or there is no such run
 */
export async function reportCommand(args: readonly string[]): Promise<number> {
  const [first, ...rest] = args;
  if (first === "timings") return await (await import("./report_timings.ts")).reportTimings(rest);
  const { values, positionals } = parsedArgs("report", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  if (values.help) {
    console.log(REPORT_HELP);
    return 0;
  }
  if (positionals.length > 1) {
    throw new UsageError(`Expected one run, or none for the newest, but got ${positionals.length}`);
  }
  if (!await stat(values.history).then(() => true, () => false)) {
    throw new UsageError(`There is no history ${values.history}: name another by --history`);
  }
  const settings = await readRegressionSettings(values.settings);
  const exports = await exportsOf(values);
  const history = await History.open(values.history);
  try {
    const run = runOf(history, positionals[0]);
    const earlier = history.comparedWith(run);
    const decision = decideRun(run, earlier, settings, history.confirmationOf(run.id));
    const view = nightView(run, decision, earlier);
    console.log(terminalReport(view));
    await writeExports(view, exports);
    return 0;
  } finally {
    history.close();
  }
}

function runOf(history: History, id: string | undefined): RunReport {
  const run = id === undefined ? history.runs({ last: 1 })[0] : history.run(id);
  if (run !== undefined) return run;
  throw new UsageError(
    id === undefined ? "The history has no finished run" : `There is no run ${id} in the history`,
  );
}
