/**
 * This program's stages as an implementation of its pipeline.
 *
 * @module
 */

import type { Tensor } from "../core/tensor.ts";
import { type RunObserver, runStages } from "../pipeline/runner.ts";
import type { Seams } from "../pipeline/seams.ts";
import { type Stage, type StageContext, STAGES } from "../pipeline/stages.ts";
import type { Implementation, Turn } from "./implementation.ts";
import type { StageOutcome } from "./judge.ts";

/** A stage whose network is loaded. */
export interface PreparedStage {
  /** Computes the outputs from the inputs. */
  run(seams: Seams): Promise<Partial<Seams>>;
  /** Releases the network. */
  release(): Promise<void>;
}

/** Loads the network of a stage. */
export type Prepare = (stage: Stage) => Promise<PreparedStage>;

/**
 * Returns this program as an implementation.
 *
 * @param name backend of the networks, `native` or `onnx`
 * @param context weights and options
 */
export function ownImplementation(name: string, context: StageContext): Implementation {
  const prepare: Prepare = (stage) =>
    Promise.resolve({
      run: (seams) => stage.run(seams, context),
      release: () => Promise.resolve(),
    });
  return {
    ...{ name, isolates: () => true },
    run: (turn) =>
      turn.mode === "isolated" ? isolatedStages(prepare, turn) : chainedStages(context, turn),
  };
}

/**
 * Runs each stage on the references of its inputs.
 *
 * @param prepare loads the network of a stage
 * @param turn piece and stages
 */
export async function* isolatedStages(
  prepare: Prepare,
  { piece, stages, onStage }: Turn,
): AsyncGenerator<StageOutcome> {
  const inputs: Record<string, Tensor> = { ...piece.given };
  for (const [seam, { array, sample }] of piece.references) {
    if ("data" in array && sample === undefined) inputs[seam] = array;
  }
  for (const { name } of stages) {
    onStage?.(`${piece.suite}, ${piece.name}, isolated: ${name}`);
    const { outputs: seams, seconds } = await timedRun(prepare, stageNamed(name), inputs as Seams);
    yield { stage: name, seams, durationSeconds: seconds };
  }
}

/**
 * Runs a stage once, without the time that its network takes to load.
 *
 * @param prepare loads the network of the stage
 * @param stage the stage
 * @param seams its inputs
 */
export async function timedRun(
  prepare: Prepare,
  stage: Stage,
  seams: Seams,
): Promise<{ readonly outputs: Partial<Seams>; readonly seconds: number }> {
  const prepared = await prepare(stage);
  try {
    const start = performance.now();
    const outputs = await prepared.run(seams);
    return { outputs, seconds: (performance.now() - start) / 1000 };
  } finally {
    await prepared.release();
  }
}

async function* chainedStages(
  context: StageContext,
  { piece, stages, onStage }: Turn,
): AsyncGenerator<StageOutcome> {
  const durations = new Map<string, number>();
  const observer: RunObserver = {
    onStart: (stage) => onStage?.(`${piece.suite}, ${piece.name}, chained: ${stage}`),
    onTiming: ({ stage, start, end }) => durations.set(stage, end - start),
  };
  const names = stages.map(({ name }) => name);
  const last = STAGES.findLastIndex(({ name }) => names.includes(name));
  const needed = STAGES.slice(0, last + 1);
  const given = piece.given as Partial<Seams>;
  const seams = await runStages(given, context, observer, performance.now(), needed);
  for (const stage of names) {
    yield { stage, seams, durationSeconds: durations.get(stage) ?? null };
  }
}

function stageNamed(name: string): Stage {
  const stage = STAGES.find((one) => one.name === name);
  if (stage === undefined) throw new RangeError(`This program has no stage ${name}`);
  return stage;
}
