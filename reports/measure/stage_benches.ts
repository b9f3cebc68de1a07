/**
 * Benches of single stages: their preparation and their rounds.
 *
 * @module
 */

import { basename, join, resolve } from "node:path";
import { type LoadOptions, modelsFolder } from "../../models/models_folder.ts";
import { loadModel } from "../../models/registry.ts";
import type { Precision } from "../../kernels/mod.ts";
import type { AudioOptions } from "../../pipeline/audio_files.ts";
import type { Backend } from "../../pipeline/backends/backend.ts";
import { networkModel } from "../../pipeline/network.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import { type StageContext, STAGES } from "../../pipeline/stages.ts";
import type { RunReport, RunTrack, StageTimes, Variant } from "../run_report.ts";
import { type Bench, type BenchVariant, type PeerPythons, timeVariants } from "./time_variants.ts";
import { trackSha256 } from "./corpus.ts";
import { newIdentity, newRun } from "./new_run.ts";
import {
  computesOf,
  demixBench,
  modelWeights,
  stageBench,
  stageInputs,
  writeInputs,
} from "./stage_bench.ts";
import { stagePeers, writeCheckpoints } from "./peers.ts";
import { analyzeBench, startBench } from "./process_bench.ts";
import { longStems, writeStems } from "./track.ts";

/** Number of warm-up rounds: the first round includes loading. */
const WARM_UPS = 1;

/** Stages to time, with their input, weights and compute options. */
export interface StageBenchesOptions extends LoadOptions {
  /** Names of stages, `analyze` for the whole program, `start` for its start. */
  readonly stages: readonly string[];
  /** Backends of the networks. */
  readonly backends: readonly Backend[];
  /** Devices of the backend onnx: `cpu` and others. */
  readonly devices: readonly string[];
  /** Precisions of the separation network on the backend native. */
  readonly precisions: readonly Precision[];
  /** Python interpreters of the original programs; absent to time tactus only. */
  readonly peers?: PeerPythons;
  /** Folder with the stems of the track. */
  readonly stemsDirectory: string;
  /** How the stems are read. */
  readonly audio?: AudioOptions;
  /** Length that the track is repeated to. */
  readonly seconds: number;
  /** Name of the model. */
  readonly model: string;
  /** Name of the demixer. */
  readonly demixer: string;
  /** Segments of the demo mix that the demixer separates. */
  readonly segments: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Threads of the networks and of the original programs. */
  readonly threads: number;
  /** Folder for inputs and results. */
  readonly scratch: string;
  /** Receives the name of the current work. */
  readonly onProgress: (text: string) => void;
}

/**
 * Times stages, one bench after the other.
 *
 * @param options stages, input, weights and compute options
 * @returns a run whose variants are the backends of tactus and the peers
 * @throws {ModelError | StemsError | PeerError} if a variant cannot run
 */
export async function stageRun(options: StageBenchesOptions): Promise<RunReport> {
  const identity = newIdentity();
  const benches: StageTimes[] = [];
  const tracks = new Map<string, RunTrack>();
  const variants = new Map<string, Variant>();
  const weights: string[] = [];
  for (const bench of await benchesOf(options)) {
    const { seconds, timed } = await timeBench(bench, options);
    const { stage, track } = bench;
    benches.push({ stage, audioSeconds: track?.seconds ?? null, seconds });
    if (track !== null) tracks.set(track.name, track);
    for (const { name, backend, device, weights: own = [] } of timed) {
      const on = device === undefined ? {} : { device };
      variants.set(name, { name, backend, ...on, threads: options.threads });
      weights.push(...own);
    }
  }
  const { model, demixer, rounds } = options;
  const header = await newRun({
    settings: { model, demixer, warmUps: WARM_UPS, rounds, seed: 0 },
    ...{ weights, tracks: [...tracks.values()], variants: [...variants.values()] },
  });
  return {
    ...{ ...header, ...identity, finishedAt: new Date().toISOString() },
    ...{ measurements: [], benches, parity: [], quality: [] },
  };
}

async function timeBench(
  { stage, variants: starts }: Bench,
  { rounds, onProgress }: StageBenchesOptions,
): Promise<{ seconds: StageTimes["seconds"]; timed: readonly BenchVariant[] }> {
  const variants: BenchVariant[] = [];
  try {
    for (const start of starts) {
      onProgress(`${stage}: preparing`);
      variants.push(await start());
    }
    const onRun = (name: string, round: number): void =>
      onProgress(`${stage}, ${round < 0 ? "warm-up" : `round ${round + 1} of ${rounds}`}: ${name}`);
    const seconds = await timeVariants(variants, { warmUps: WARM_UPS, rounds, onRun });
    return { seconds: Object.fromEntries(seconds), timed: variants };
  } finally {
    await Promise.all(variants.map((variant) => variant.close()));
  }
}

/** Prepares the benches, with their files in the scratch folder. */
async function benchesOf(options: StageBenchesOptions): Promise<Bench[]> {
  const { threads, peers, scratch } = options;
  const computes = computesOf(options.backends, options.devices);
  const benches: Bench[] = [];
  if (options.stages.includes("demix")) {
    const { segments, demixer, precisions } = options;
    const given = { segments, demixer, threads, computes, precisions, ...(peers && { peers }) };
    benches.push(await demixBench(given));
  }
  const stages = STAGES.filter(({ name }) => name !== "demix" && options.stages.includes(name));
  const analyzes = options.stages.includes("analyze");
  if (stages.length > 0 || analyzes) {
    options.onProgress("preparing the track");
    const stems16 = await longStems(options.stemsDirectory, options.seconds, options.audio);
    const track: RunTrack = {
      name: `${basename(resolve(options.stemsDirectory))}, stems`,
      seconds: (stems16.shape[2] ?? 0) / SAMPLE_RATE_HZ,
      sha256: await trackSha256({ path: "", stemsDirectory: options.stemsDirectory }),
    };
    const published = options.model.startsWith("harmonix") ? modelsFolder(options) : undefined;
    if (peers) await writeCheckpoints(peers.allin1, scratch, published);
    const peersAt = (stage: string): (() => Promise<BenchVariant>)[] =>
      peers ? stagePeers(peers, stage, scratch, threads) : [];
    const model = networkModel(options.model, await loadModel(options.model, options));
    const context: StageContext = {
      model: Promise.resolve(model),
      embeddings: false,
      compute: { threads },
    };
    const seams = await stageInputs(stems16, stages, context);
    for (const stage of stages) {
      if (peers) await writeInputs(scratch, stage, seams);
      benches.push(stageBench(stage, seams, track, { context, computes, peers: peersAt }));
    }
    if (analyzes) {
      await writeStems(join(scratch, "demix", "htdemucs", "track"), stems16);
      const args = ["-m", options.model, "--threads", String(threads)];
      if (published !== undefined) args.push("--weights-dir", published);
      const weights = modelWeights(model);
      benches.push(analyzeBench(scratch, track, args, weights, peersAt("analyze")));
    }
  }
  if (options.stages.includes("start")) benches.push(await startBench(scratch));
  return benches;
}
