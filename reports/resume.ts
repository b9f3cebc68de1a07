/**
 * Going on with a run that was ended before its time.
 *
 * @module
 */

import type { NewRun } from "./history.ts";
import type { RunReport } from "./run_report.ts";

/** A night that was ended longer ago is not gone on with: the machine may have changed. */
const LONGEST_PAUSE_MILLISECONDS = 24 * 60 * 60 * 1000;

/**
 * The newest run that was ended before its time and measured the very same.
 *
 * The seed may differ, since it only orders measurements. Where files differ from the commit nobody knows whether they
 * are still the same, so that such a run is not gone on with.
 *
 * @param runs all that are known
 * @param wanted what is to be measured now
 * @param confirms as of the wanted run
 * @param now milliseconds since 1970
 */
export function resumable(
  runs: readonly RunReport[],
  wanted: NewRun,
  confirms: string | undefined,
  now: number,
): RunReport | undefined {
  if (wanted.program.isModified === true) return undefined;
  return runs.findLast((run) =>
    run.finishedAt === null && run.confirms === confirms &&
    now - Date.parse(run.startedAt) < LONGEST_PAUSE_MILLISECONDS &&
    identity(run) === identity(wanted)
  );
}

function identity(run: NewRun): string {
  const { seed: _, ...settings } = run.settings;
  const { program, machine, versions, tracks, variants } = run;
  return JSON.stringify([program, machine.fingerprint, versions, settings, tracks, variants]);
}
