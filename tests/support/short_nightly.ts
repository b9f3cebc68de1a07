/**
 * Nightly runs that take seconds, for tests.
 *
 * @module
 */

import { join } from "node:path";
import { History } from "../../reports/history.ts";
import { repository } from "./program.ts";

const TRACK = join(repository, "fixtures", "audio", "formats", "flac_16.flac");

/** Options of a nightly run of one short track, without parity and evaluation. */
export const SHORT: readonly string[] = [
  ...["--demixer", "hpss", "--model", "embedded", "--skip", "parity", "--skip", "evaluate"],
  ...["--threads", "1", TRACK],
];

/** Returns the number of measurements in a history, those of unfinished runs included. */
export async function measurementsIn(path: string): Promise<number> {
  const history = await History.open(path);
  try {
    return history.runs({ all: true })
      .reduce((sum, { measurements }) => sum + measurements.length, 0);
  } finally {
    history.close();
  }
}
