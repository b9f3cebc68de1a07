/**
 * `bench`: how fast whole analyses are.
 *
 * @module
 */

import { findCorpus } from "../reports/measure/corpus.ts";
import type { MeasuredWeights } from "../reports/measure/measure_track.ts";
import { benchRun } from "../reports/measure/bench_run.ts";
import type { TrackBenchOptions } from "../reports/measure/track_bench.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { History } from "../reports/history.ts";
import { reportOfRun } from "../reports/report_of_run.ts";
import { terminalReport } from "../reports/render/terminal.ts";
import { TRACK_OPTIONS, type TracksCall, tracksCall } from "./bench_tracks_call.ts";
import { chosenWeights } from "./chosen_weights.ts";
import { parsedArgs } from "./parsed_args.ts";
import { EXPORT_OPTIONS, exportsOf, writeExports } from "./report_exports.ts";
import { StatusLine } from "./status_line.ts";

const OPTIONS = { ...TRACK_OPTIONS, ...EXPORT_OPTIONS, history: { type: "string" } } as const;

/**
 * Runs the command.
 *
 * @param args what follows `bench`
 * @returns the exit code
 * @throws {UsageError | ModelError | CorpusError | MeasureError | HistoryError} if the call is wrong, or a track cannot
 * be analysed
 */
export async function benchTracks(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsedArgs("bench", {
    args: [...args],
    options: OPTIONS,
    allowPositionals: true,
  });
  const call = tracksCall(values);
  const exports = await exportsOf(values);
  const history = values.history === undefined ? undefined : await History.open(values.history);
  const status = new StatusLine();
  try {
    const run = await withBench(
      call,
      positionals,
      status,
      (options) => benchRun(options, history),
    );
    status.clear();
    const view = reportOfRun(run);
    console.log(terminalReport(view));
    await writeExports(view, exports);
    return 0;
  } finally {
    status.clear();
    history?.close();
  }
}

/**
 * Gets ready to measure: finds the tracks, chooses the weights, makes a folder for what the analyses write.
 *
 * @param call what is to be measured
 * @param paths the tracks; none for the demo pieces
 * @param status told what is measured
 * @param work measures; the folder is removed afterwards
 */
export async function withBench<Result>(
  call: TracksCall,
  paths: readonly string[],
  status: StatusLine,
  work: (options: TrackBenchOptions) => Promise<Result>,
): Promise<Result> {
  const { weightsDir, variants, warmUps, rounds, seed } = call;
  const tracks = await findCorpus(paths);
  const folder = weightsDir === undefined ? {} : { weightsDir };
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  const roles = separates ? ["demixer", "model"] as const : ["model"] as const;
  const { demixer, model } = await chosenWeights(call, folder, roles);
  const weights: MeasuredWeights = { demixer, model, ...folder };
  const onTurn = (text: string): void => status.show(text);
  return await withScratchFolder(
    "tactus_bench_",
    (scratch) => work({ tracks, variants, weights, warmUps, rounds, seed, scratch, onTurn }),
  );
}
