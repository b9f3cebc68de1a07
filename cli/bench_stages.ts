/**
 * `bench --stage` and `bench --peers`: how fast the stages are by themselves, beside other programs.
 *
 * @module
 */

import { join } from "node:path";
import type { Bench } from "../reports/measure/bench.ts";
import { contest, type Contestant } from "../reports/measure/contest.ts";
import { demixBench } from "../reports/measure/demix_bench.ts";
import { stagePeers, writeCheckpoints } from "../reports/measure/peers.ts";
import { analyzeBench, startBench } from "../reports/measure/process_bench.ts";
import { benchTables, type BenchTimes } from "../reports/measure/report.ts";
import { stageBench, stageInputs, writeInputs } from "../reports/measure/stage_bench.ts";
import { longStems, writeStems } from "../reports/measure/track.ts";
import { modelsFolder } from "../models/models_folder.ts";
import { loadModel } from "../models/registry.ts";
import { networkModel } from "../pipeline/network.ts";
import { writeWhole } from "../core/files.ts";
import { SAMPLE_RATE_HZ } from "../pipeline/spectrogram.ts";
import { type StageContext, STAGES } from "../pipeline/stages.ts";
import { type BenchStagesCall, understandBenchStages } from "./bench_stages_call.ts";
import { thisMachine } from "../reports/machine.ts";
import { StatusLine } from "./status_line.ts";
import { ensureFile } from "./writable.ts";

/** The first round loads what is loaded once. */
const WARM_UPS = 1;

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
  const folder = await Deno.makeTempDir({ prefix: "tactus_bench_" });
  const status = new StatusLine();
  const benches: BenchTimes[] = [];
  try {
    for (const bench of await benchesOf(call, folder, status)) {
      benches.push(await run(bench, call.rounds, status));
    }
  } finally {
    status.clear();
    await Deno.remove(folder, { recursive: true });
  }
  const report = { format: 3 as const, threads: call.threads, machine: thisMachine(), benches };
  console.log(benchTables(report));
  if (call.exportJson !== undefined) {
    await writeWhole(call.exportJson, JSON.stringify(report, null, 2) + "\n");
  }
  return 0;
}

async function run(bench: Bench, rounds: number, status: StatusLine): Promise<BenchTimes> {
  const { stage, audioSeconds } = bench;
  const contestants: Contestant[] = [];
  try {
    for (const start of bench.contestants) {
      status.show(`${stage}: getting ready`);
      contestants.push(await start());
    }
    const onRun = (name: string, round: number): void =>
      status.show(
        `${stage}, ${round < 0 ? "warm-up" : `round ${round + 1} of ${rounds}`}: ${name}`,
      );
    const seconds = await contest(contestants, { warmUps: WARM_UPS, rounds, onRun });
    return { stage, audioSeconds, seconds: Object.fromEntries(seconds) };
  } finally {
    await Promise.all(contestants.map((contestant) => contestant.close()));
  }
}

/** Prepares in `folder` what the contests that were asked for need. */
async function benchesOf(
  call: BenchStagesCall,
  folder: string,
  status: StatusLine,
): Promise<Bench[]> {
  const { threads, backends, peers } = call;
  const benches: Bench[] = [];
  if (call.stages.includes("demix")) {
    const { segments, demixer } = call;
    const python = peers && { python: peers.allin1 };
    benches.push(demixBench({ segments, demixer, threads, backends, ...python }));
  }
  const stages = STAGES.filter(({ name }) => name !== "demix" && call.stages.includes(name));
  const analyzes = call.stages.includes("analyze");
  if (stages.length > 0 || analyzes) {
    status.show("preparing the track");
    const stems16 = await longStems(call.stemsDirectory, call.seconds);
    const audioSeconds = (stems16.shape[2] ?? 0) / SAMPLE_RATE_HZ;
    const published = call.model.startsWith("harmonix") ? modelsFolder(call) : undefined;
    if (peers) await writeCheckpoints(peers.allin1, folder, published);
    const peersAt = (stage: string): (() => Promise<Contestant>)[] =>
      peers ? stagePeers(peers, stage, folder, threads) : [];
    const model = networkModel(call.model, await loadModel(call.model, call));
    const context: StageContext = { model: Promise.resolve(model), embeddings: false, threads };
    const seams = await stageInputs(stems16, stages, context);
    for (const stage of stages) {
      if (peers) await writeInputs(folder, stage, seams);
      benches.push(stageBench(stage, seams, audioSeconds, { context, backends, peers: peersAt }));
    }
    if (analyzes) {
      await writeStems(join(folder, "demix", "htdemucs", "track"), stems16);
      const options = ["-m", call.model, "--threads", String(threads)];
      if (published !== undefined) options.push("--weights-dir", published);
      benches.push(analyzeBench(folder, audioSeconds, options, peersAt("analyze")));
    }
  }
  if (call.stages.includes("start")) benches.push(await startBench(folder));
  if (peers && peers.infer === undefined && (stages.length > 0 || analyzes)) {
    status.clear();
    console.error(
      "Without all-in-one-infer: fixtures/upstream/install_infer.sh makes a Python that has it",
    );
  }
  return benches;
}
