/**
 * Any stage of the table as a contest, from its inputs in memory to its outputs in memory.
 *
 * @module
 */

import { join } from "node:path";
import { writeNpy } from "../../core/npy.ts";
import { type Backend, BACKENDS } from "../../pipeline/backends/backend.ts";
import { runStages } from "../../pipeline/runner.ts";
import type { Seams } from "../../pipeline/seams.ts";
import { type Stage, type StageContext, STAGES } from "../../pipeline/stages.ts";
import type { Tensor } from "../../core/tensor.ts";
import type { Bench } from "./bench.ts";
import type { Contestant } from "./contest.ts";

/** Stages from the stems on that `fixtures/upstream/peer_stages.py` knows too. */
const PEER_STAGES = ["spectrogram", "network", "metrical"];

/** What a stage is timed with. */
export interface StageBenchOptions {
  /** Weights and threads. */
  readonly context: StageContext;
  /** Who computes networks. */
  readonly backends: readonly Backend[];
  /** Starts the peers for a stage; absent to go without. */
  readonly peers?: (stage: string) => readonly (() => Promise<Contestant>)[];
}

/**
 * Makes the inputs of stages, once for all contests.
 *
 * @param stems16 `[4, 2, samples]` i16
 * @param stages which will be timed
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
 * @param folder where `SEAM.npy` go
 * @param stage the stage
 * @param seams its inputs
 */
export async function writeInputs(folder: string, stage: Stage, seams: Seams): Promise<void> {
  for (const seam of stage.inputs) {
    await Deno.writeFile(join(folder, `${seam}.npy`), writeNpy(seams[seam]));
  }
}

/**
 * A stage that comes after the stems.
 *
 * @param stage the stage
 * @param seams its inputs
 * @param audioSeconds length of the track
 * @param options weights, threads, backends, peers
 */
export function stageBench(
  stage: Stage,
  seams: Seams,
  audioSeconds: number,
  { context, backends, peers }: StageBenchOptions,
): Bench {
  const own = stage.isNetwork ? BACKENDS.filter((name) => backends.includes(name)) : [undefined];
  return {
    stage: stage.name,
    audioSeconds,
    contestants: [
      ...own.map((backend) => () => Promise.resolve(tactusStage(stage, seams, context, backend))),
      ...(PEER_STAGES.includes(stage.name) ? peers?.(stage.name) ?? [] : []),
    ],
  };
}

function tactusStage(
  stage: Stage,
  seams: Seams,
  context: StageContext,
  backend: Backend | undefined,
): Contestant {
  return {
    name: `tactus, ${backend ?? stage.backend}`,
    async run(): Promise<number> {
      const start = performance.now();
      await stage.run(seams, {
        ...context,
        ...(backend && { compute: { ...context.compute, backend } }),
      });
      return (performance.now() - start) / 1000;
    },
    close: () => Promise.resolve(),
  };
}
