/**
 * `bench`: how fast whole analyses are.
 *
 * @module
 */

import { findCorpus } from "../reports/measure/corpus.ts";
import type { MeasuredWeights } from "../reports/measure/measure_track.ts";
import { measureRounds, type TrackBenchOptions, warmUp } from "../reports/measure/track_bench.ts";
import { interruptible } from "../core/interruption.ts";
import { History } from "../reports/history.ts";
import { reportOfRun } from "../reports/report_of_run.ts";
import type { Measurement, RunReport } from "../reports/run_report.ts";
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
    const run = await withBench(call, positionals, status, async (options) => {
      const header = { ...await warmUp(options), ...newIdentity() };
      history?.begin(header);
      const measurements: Measurement[] = [];
      await measureRounds(options, [], (measurement) => {
        history?.addMeasurement(header.id, measurement);
        measurements.push(measurement);
      });
      const finishedAt = new Date().toISOString();
      history?.finish(header.id, finishedAt);
      return { ...header, finishedAt, measurements, parity: [], quality: [] } satisfies RunReport;
    });
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

/** What a new run is called, and when it started. */
export function newIdentity(): Pick<RunReport, "id" | "startedAt"> {
  return { id: crypto.randomUUID(), startedAt: new Date().toISOString() };
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
  const scratch = await Deno.makeTempDir({ prefix: "tactus_bench_" });
  const remove = (): void => Deno.removeSync(scratch, { recursive: true });
  try {
    const options = { tracks, variants, weights, warmUps, rounds, seed, scratch };
    const onTurn = (text: string): void => status.show(text);
    return await interruptible(remove, () => work({ ...options, onTurn }));
  } finally {
    remove();
  }
}
