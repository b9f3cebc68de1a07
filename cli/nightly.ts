/**
 * `nightly`: parity, bench and evaluate, beside the nights before.
 *
 * @module
 */

import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { type HeldLock, tryLockFile } from "../core/file_lock.ts";
import { UsageError } from "../core/usage_error.ts";
import { History } from "../reports/history.ts";
import { nightlyRun } from "../reports/nightly_run.ts";
import { readRegressionSettings } from "../reports/regression_settings.ts";
import { terminalReport } from "../reports/render/terminal.ts";
import { withBench } from "./bench_tracks.ts";
import { NIGHTLY_HELP, understandNightly } from "./nightly_call.ts";
import { exportsIn, writeExports } from "./report_exports.ts";
import { StatusLine } from "./status_line.ts";

/**
 * Runs the command.
 *
 * @param args what follows `nightly` on the command line
 * @returns the exit code: 0, or 1 where something became worse
 * @throws if the call is wrong or something could not run; what was measured so far is kept
 */
export async function nightlyCommand(args: readonly string[]): Promise<number> {
  const call = await understandNightly(args);
  if (call === null) {
    console.log(NIGHTLY_HELP);
    return 0;
  }
  const settings = await readRegressionSettings(call.settings);
  const lock = await lockOf(call.history);
  const status = new StatusLine();
  try {
    const history = await History.open(call.history);
    try {
      return await withBench(call, call.paths, status, async (bench) => {
        const view = await nightlyRun(history, {
          ...call,
          ...{ bench, settings },
          onPart: (name) => status.show(name),
          onResume: ({ startedAt }) => {
            status.clear();
            console.error(`Going on with the run of ${startedAt}, which was ended before its time`);
          },
        });
        await writeExports(view, exportsIn(call.outputDirectory));
        history.finish(view.run.id, view.run.finishedAt!);
        status.clear();
        console.log(terminalReport(view));
        return view.decision?.verdict === "quiet" ? 0 : 1;
      });
    } finally {
      history.close();
    }
  } finally {
    status.clear();
    await lock.release();
  }
}

/** @throws {UsageError} if another night is measured with this history */
async function lockOf(history: string): Promise<HeldLock> {
  await mkdir(dirname(history), { recursive: true });
  const lock = await tryLockFile(`${history}.lock`);
  if (lock !== null) return lock;
  throw new UsageError(
    `Another process measures a night with ${history}: wait until it is done, or name another --history`,
  );
}
