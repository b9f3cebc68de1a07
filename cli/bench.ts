/**
 * `bench`: how fast whole analyses are, or stages by themselves beside other programs.
 *
 * @module
 */

import { benchStages } from "./bench_stages.ts";
import { BENCH_STAGES_HELP } from "./bench_stages_call.ts";
import { benchTracks } from "./bench_tracks.ts";
import { TRACK_OPTIONS_HELP } from "./bench_tracks_call.ts";
import { EXPORT_OPTIONS_HELP } from "./report_exports.ts";

/** What `bench --help` prints. */
export const BENCH_HELP = `Usage: deno task bench [TRACK...] [options]
       deno task bench --stage NAME | --peers [options]

Analyses tracks over and over, each time in a fresh process, in rounds of another random order, and
shows for each stage how long it took, how sure that is, and how much processor and memory it used.
A TRACK is an audio file, a folder with a mix or with four stems, or a folder of such; without one
the demo pieces are taken.

${TRACK_OPTIONS_HELP}
      --history FILE       also keep everything in this history (an SQLite file)
${EXPORT_OPTIONS_HELP}

${BENCH_STAGES_HELP}
  -h, --help               print this

Exit codes: 0 done, 2 the call was wrong or could not run`;

/** Options that ask for stages by themselves. */
const STAGES_ASKED = /^--(stage|peers)(=|$)/;

/**
 * Runs the command.
 *
 * @param args what follows `bench` on the command line
 * @returns the exit code
 * @throws {UsageError | ModelError | StemsError | PeerError | CorpusError | MeasureError} if the call is wrong, or somebody
 * cannot run
 */
export async function benchCommand(args: readonly string[]): Promise<number> {
  if (args.includes("--help") || args.includes("-h")) {
    console.log(BENCH_HELP);
    return 0;
  }
  return await (args.some((arg) => STAGES_ASKED.test(arg)) ? benchStages : benchTracks)(args);
}
