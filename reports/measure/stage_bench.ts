/**
 * Times any stage of the table, from its inputs in memory to its outputs in memory.
 *
 * @module
 */

import { join } from "node:path";
import { writeNpy } from "../../core/npy.ts";
import { type Precision, PRECISIONS } from "../../kernels/mod.ts";
import { type Backend, BACKENDS, type ComputeOptions } from "../../pipeline/backends/backend.ts";
import { runStages } from "../../pipeline/runner.ts";
import type { Seams } from "../../pipeline/seams.ts";
import { type Stage, type StageContext, STAGES } from "../../pipeline/stages.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { RunTrack } from "../run_report.ts";
import type { Bench, BenchVariant, PeerPythons } from "./time_variants.ts";
import { trackSha256 } from "./corpus.ts";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import { loadDemixer } from "../../pipeline/backends/demixers.ts";
import { demix, releaseDemixer } from "../../pipeline/demix.ts";
import { excerpt, readMixture } from "../../pipeline/mixture.ts";
import type { NetworkModel } from "../../pipeline/network.ts";
import { SAMPLE_RATE_HZ } from "../../pipeline/spectrogram.ts";
import { demucsPeer, todaysPeers } from "./peers.ts";

/** Stages after the separation that `fixtures/upstream/peer_stages.py` also supports. */
const PEER_STAGES = ["spectrogram", "network", "metrical"];

/** A backend, and the device of ONNX Runtime; absent for the CPU. */
export type Compute = Required<Pick<ComputeOptions, "backend">> & Pick<ComputeOptions, "device">;

/**
 * Returns the ways to compute a network: each backend on the CPU, then ONNX Runtime on each other device.
 *
 * @param backends the backends; without `onnx` there are no other devices
 * @param devices `cpu` for the backends, and other devices
 */
export function computesOf(backends: readonly Backend[], devices: readonly string[]): Compute[] {
  const named = BACKENDS.filter((name) => backends.includes(name));
  const others = named.includes("onnx") ? devices.filter((device) => device !== "cpu") : [];
  return [
    ...(devices.includes("cpu") ? named.map((backend) => ({ backend })) : []),
    ...others.map((device) => ({ backend: "onnx" as const, device })),
  ];
}

function variantName({ backend, device }: Compute): string {
  return device === undefined ? `tactus, ${backend}` : `tactus, ${backend} on ${device}`;
}

/** Options of the bench of a stage. */
export interface StageBenchOptions {
  /** Weights and threads. */
  readonly context: StageContext;
  /** Ways to compute a network. */
  readonly computes: readonly Compute[];
  /** Returns functions that start the peers for a stage; absent without peers. */
  readonly peers?: (stage: string) => readonly (() => Promise<BenchVariant>)[];
}

/**
 * Computes the inputs of stages, once for all benches.
 *
 * @param stems16 `[4, 2, samples]` i16
 * @param stages stages to time
 * @param context weights and threads
 * @returns every seam that one of them reads
 */
export async function stageInputs(
  stems16: Tensor<"i16">,
  stages: readonly Stage[],
  context: StageContext,
): Promise<Seams> {
  const wanted = new Set(stages.flatMap(({ inputs }) => inputs));
  const needed: Stage[] = [];
  for (const stage of STAGES.toReversed()) {
    if (!stage.outputs.some((output) => wanted.has(output)) || stage.name === "demix") continue;
    needed.unshift(stage);
    for (const input of stage.inputs) wanted.add(input);
  }
  return await runStages({ stems16 }, context, {}, undefined, needed) as Seams;
}

/**
 * Writes the inputs of a stage for the peers.
 *
 * @param folder output folder of the files `SEAM.npy`
 * @param stage the stage
 * @param seams its inputs
 */
export async function writeInputs(folder: string, stage: Stage, seams: Seams): Promise<void> {
  for (const seam of stage.inputs) {
    await Deno.writeFile(join(folder, `${seam}.npy`), writeNpy(seams[seam]));
  }
}

/**
 * Returns the bench of a stage after the separation.
 *
 * @param stage the stage
 * @param seams its inputs
 * @param track the track
 * @param options weights, threads, ways to compute, peers
 */
export function stageBench(
  stage: Stage,
  seams: Seams,
  track: RunTrack,
  { context, computes, peers }: StageBenchOptions,
): Bench {
  const own = stage.isNetwork ? computes : [undefined];
  return {
    stage: stage.name,
    track,
    variants: [
      ...own.map((compute) => () => tactusStage(stage, seams, context, compute)),
      ...(PEER_STAGES.includes(stage.name) ? peers?.(stage.name) ?? [] : []),
    ],
  };
}

async function tactusStage(
  stage: Stage,
  seams: Seams,
  context: StageContext,
  chosen: Compute | undefined,
): Promise<BenchVariant> {
  const compute = chosen ?? { backend: stage.backend };
  return {
    ...{ name: variantName(compute as Compute), ...compute },
    ...(stage.isNetwork && { weights: modelWeights(await context.model) }),
    async run(): Promise<number> {
      const start = performance.now();
      await stage.run(seams, {
        ...context,
        ...(chosen && { compute: { ...context.compute, ...chosen } }),
      });
      return (performance.now() - start) / 1000;
    },
    close: () => Promise.resolve(),
  };
}

/** Returns the SHA-256 of the files of a model. */
export function modelWeights({ checkpoints }: NetworkModel): string[] {
  return checkpoints.map(({ sha256 }) => sha256);
}

/** The demo piece whose beginning is separated. */
const PIECE = "four_four";
const MIX = join(FIXTURES_FOLDER, "audio", PIECE, "mix.flac");

/** Samples between the starts of two segments, and samples by which the first one starts early. */
const [STRIDE, LEAD] = [257_985, 22_050];

/** Clip, network and threads of the separation, the same for all variants. */
export interface DemixBenchOptions {
  /** Number of segments of the clip. */
  readonly segments: number;
  /** Demixer, as in `loadDemixer()`. */
  readonly demixer: string;
  /** Number of threads. */
  readonly threads: number;
  /** Ways to compute the network. */
  readonly computes: readonly Compute[];
  /** Precisions of the products of the backend native. */
  readonly precisions: readonly Precision[];
  /** Interpreters of the peers; absent to skip them. */
  readonly peers?: Pick<PeerPythons, "allin1" | "today">;
}

/**
 * Returns the bench of the separation, from the mixture in memory to the stems in memory. The stems are 16 bit for
 * tactus and floats for demucs.
 *
 * @param options clip, network, threads, ways to compute, precisions and peers
 */
export async function demixBench(options: DemixBenchOptions): Promise<Bench> {
  const { segments, demixer, threads, computes, precisions, peers } = options;
  const samples = STRIDE * segments - LEAD;
  const { allin1, today } = peers ?? {};
  return {
    stage: "demix",
    track: {
      name: `${PIECE}, mix`,
      seconds: samples / SAMPLE_RATE_HZ,
      sha256: await trackSha256({ path: MIX }),
    },
    variants: [
      ...computes.flatMap((compute) =>
        (compute.backend === "native" ? precisions : [PRECISIONS[0]!]).map((precision) => () =>
          tactusDemix({ ...compute, precision, threads }, samples, demixer)
        )
      ),
      ...(allin1 === undefined ? [] : [() => demucsPeer(allin1, PIECE, samples, demixer, threads)]),
      // They have the seeded weights only.
      ...(today === undefined || demixer !== "seeded-htdemucs"
        ? []
        : todaysPeers(today, PIECE, samples, threads)),
    ],
  };
}

async function tactusDemix(
  compute: ComputeOptions,
  samples: number,
  name: string,
): Promise<BenchVariant> {
  const { mixture } = await readMixture(MIX);
  const clip = excerpt(mixture, 0, samples);
  const demixer = await loadDemixer(name, { compute });
  const precision = demixer.precision === "bf16" ? ", bf16" : "";
  const { device } = compute;
  const own = { backend: demixer.backend, ...(device !== undefined && { device }) };
  return {
    ...{ name: variantName(own) + precision, ...own },
    ...(demixer.sha256 !== null && { weights: [demixer.sha256] }),
    async run(): Promise<number> {
      const start = performance.now();
      await demix(demixer, clip, { shifts: [0], stems: "stereo" });
      return (performance.now() - start) / 1000;
    },
    close: () => releaseDemixer(demixer),
  };
}
