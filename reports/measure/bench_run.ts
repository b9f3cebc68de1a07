/**
 * A benchmark run of whole analyses, from the warm-up to the report.
 *
 * @module
 */

import type { History } from "../history.ts";
import type { Measurement, RunReport } from "../run_report.ts";
import { measureRounds, type TrackBenchOptions, warmUp } from "./track_bench.ts";

/** Returns the identifier and the start time of a new run. */
export function newIdentity(): Pick<RunReport, "id" | "startedAt"> {
  return { id: crypto.randomUUID(), startedAt: new Date().toISOString() };
}

/**
 * Measures whole analyses.
 *
 * @param options tracks, variants, weights, rounds
 * @param history history that receives each measurement as soon as it is made; absent to keep none
 * @throws {MeasureError} if a track cannot be analysed
 */
export async function benchRun(options: TrackBenchOptions, history?: History): Promise<RunReport> {
  const header = { ...await warmUp(options), ...newIdentity() };
  history?.begin(header);
  const measurements: Measurement[] = [];
  await measureRounds(options, [], (measurement) => {
    history?.addMeasurement(header.id, measurement);
    measurements.push(measurement);
  });
  const finishedAt = new Date().toISOString();
  history?.finish(header.id, finishedAt);
  return { ...header, finishedAt, measurements, parity: [], quality: [] };
}
