/**
 * `evaluate`: tracks and their truth in, figures out.
 *
 * @module
 */

import { Evaluation } from "../evaluation/evaluation.ts";
import { evaluationJson, evaluationTables } from "../evaluation/report.ts";
import { LoadedSystems, type System, systemName } from "../evaluation/systems.ts";
import { findTracks, StoredResults } from "../evaluation/tracks.ts";
import type { LoadOptions } from "../models/models_folder.ts";
import { writeWhole } from "../core/files.ts";
import { chosenWeights } from "./chosen_weights.ts";
import { EVALUATE_HELP, understandEvaluate } from "./evaluate_call.ts";
import { StatusLine } from "./status_line.ts";
import { warnOfUntrained } from "./untrained.ts";
import { UsageError } from "../core/usage_error.ts";
import { ensureFile } from "./writable.ts";

/**
 * Runs the command.
 *
 * @param args what follows `evaluate` on the command line
 * @returns the exit code: 0, or 1 when a track failed
 * @throws {UsageError | ModelError | AnnotationError} if the call is wrong or the weights cannot be had
 */
export async function evaluateCommand(args: readonly string[]): Promise<number> {
  const understood = understandEvaluate(args);
  if (understood === null) {
    console.log(EVALUATE_HELP);
    return 0;
  }
  const { exportJson, weightsDirectory, threads } = understood;
  if (exportJson !== undefined) await ensureFile(exportJson, "--export-json");
  const tracks = await findTracks(understood.folder, understood.systems.length > 0);
  if (tracks.length === 0) {
    throw new UsageError(
      `There are no tracks in ${understood.folder}: expected NAME.flac (or another audio file) with ` +
        "NAME.json or NAME.jams, or folders with mix.flac and truth.json",
    );
  }
  const folder = weightsDirectory === undefined ? {} : { weightsDir: weightsDirectory };
  const call = { ...understood, systems: await chosenSystems(understood.systems, folder) };
  warnOfUntrained(call.systems.flatMap(({ demixer, model }) => [demixer, model]));
  const results = await Promise.all(call.results.map((directory) => StoredResults.open(directory)));
  const systems = await LoadedSystems.load(call.systems, {
    ...folder,
    ...(threads !== undefined && { compute: { threads } }),
  });
  const status = new StatusLine();
  const printError = (text: string): void => {
    status.clear();
    console.error(text);
  };
  const evaluation = new Evaluation(systems, {
    ...call,
    results,
    onProgress: (text) => status.show(text),
    onWarning: (warning) => printError(`Warning: ${warning}`),
    onFailure: printError,
  });
  try {
    for (const [at, track] of tracks.entries()) {
      await evaluation.track(track, `${at + 1} of ${tracks.length}`);
      // What is there is kept, should the run be ended.
      if (exportJson !== undefined) {
        await writeWhole(exportJson, evaluationJson(evaluation.report));
      }
    }
  } finally {
    status.clear();
    await systems.close();
  }
  console.log(evaluationTables(evaluation.report));
  return evaluation.report.systems.every(({ failures }) => failures.length === 0) ? 0 : 1;
}

/** The systems, each once, with names for `auto`. */
async function chosenSystems(systems: readonly System[], folder: LoadOptions): Promise<System[]> {
  const chosen = new Map<string, System>();
  for (const system of systems) {
    const { demixer, model } = await chosenWeights(system, folder);
    chosen.set(systemName({ demixer, model }), { demixer, model });
  }
  return [...chosen.values()];
}
