/**
 * `bench --stage` and `bench --peers`: how fast the stages are by themselves, beside other programs.
 *
 * @module
 */

import { writeWhole } from "../core/files.ts";
import { withScratchFolder } from "../core/scratch_folder.ts";
import { thisMachine } from "../reports/machine.ts";
import { benchTables } from "../reports/measure/bench_report.ts";
import { timeStages } from "../reports/measure/stage_benches.ts";
import { understandBenchStages } from "./bench_stages_call.ts";
import { StatusLine } from "./status_line.ts";
import { ensureFile } from "./writable.ts";

/**
 * Runs the command.
 *
 * @param args what follows `bench` on the command line
 * @returns the exit code
 * @throws {UsageError | ModelError | StemsError | PeerError} if the call is wrong, or somebody cannot run
 */
export async function benchStages(args: readonly string[]): Promise<number> {
  const call = understandBenchStages(args);
  if (call.exportJson !== undefined) await ensureFile(call.exportJson, "--export-json");
  const needsTrack = call.stages.some((stage) => stage !== "demix" && stage !== "start");
  if (call.peers && call.peers.infer === undefined && needsTrack) {
    console.error(
      "Without all-in-one-infer: fixtures/upstream/install_infer.sh makes a Python that has it",
    );
  }
  const status = new StatusLine();
  const benches = await withScratchFolder(
    "tactus_bench_",
    (scratch) => timeStages({ ...call, scratch, onProgress: (text) => status.show(text) }),
  ).finally(() => status.clear());
  const report = { format: 3 as const, threads: call.threads, machine: thisMachine(), benches };
  console.log(benchTables(report));
  if (call.exportJson !== undefined) {
    await writeWhole(call.exportJson, JSON.stringify(report, null, 2) + "\n");
  }
  return 0;
}
