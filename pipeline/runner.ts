/**
 * Runs stages as soon as their inputs exist, and times them.
 *
 * @module
 */

import type { JsonOf } from "../core/schema.ts";
import type { SeamName, Seams } from "./seams.ts";
import { type Stage, type StageContext, STAGES } from "./stages.ts";
import type { TimingSchemas } from "./timing_schema.ts";

/** Time span of a stage. */
export interface StageTiming {
  /** Name of the stage. */
  readonly stage: string;
  /** Seconds since the run's origin. */
  readonly start: number;
  /** Seconds since the run's origin. */
  readonly end: number;
  /** Device that it ran on. */
  readonly device: string;
  /** Implementation that computed it instead, where a guard found an error. */
  readonly fallback?: string;
}

/** Line of a file of timings. */
export type TimingLine = JsonOf<TimingSchemas["timing"]>;

/** Name of the CPU as a device. Only the networks of ONNX Runtime run on other devices. */
export const CPU = "cpu";

/** Callbacks of a run. */
export interface RunObserver {
  /**
   * Called when a stage has all its inputs and starts; `isBeside` tells that it runs at the same time as an earlier one, on
   * what that one has made so far.
   */
  onStart?(stage: string, isBeside?: boolean): void;
  /** Called when a part of a stage is done. */
  onProgress?(stage: string, done: number, total: number): void;
  /** Called when a stage is done. */
  onTiming?(timing: StageTiming): void;
}

/**
 * Runs a piece of work and reports its time span on the clock of a run.
 *
 * @param origin `performance.now()` at the origin of the run, in milliseconds
 * @param stage name of the stage
 * @param observer receives the timing when the work succeeds
 * @param work the work
 * @param device device that it runs on
 * @returns the result of `work`
 */
export async function timed<Result>(
  origin: number,
  stage: string,
  observer: RunObserver,
  work: () => Promise<Result>,
  device = CPU,
): Promise<Result> {
  observer.onStart?.(stage);
  const start = (performance.now() - origin) / 1000;
  const result = await work();
  observer.onTiming?.({ stage, start, end: (performance.now() - origin) / 1000, device });
  return result;
}

/**
 * Returns the stages that can run.
 *
 * @param given seams to start from
 * @param stages the stages to choose from, in the order of the data
 * @returns those whose inputs are given or made by another of them
 */
export function reachableStages(
  given: Iterable<string>,
  stages: readonly Stage[] = STAGES,
): Stage[] {
  const available = new Set<string>(given);
  return stages.filter(({ inputs, outputs }) => {
    const isReachable = inputs.every((input) => available.has(input));
    if (isReachable) { for (const output of outputs) available.add(output); }
    return isReachable;
  });
}

/**
 * Runs every stage whose inputs are given or made by another stage. Independent stages run at the
 * same time.
 *
 * @param given seams to start from, such as `stems16`
 * @param context weights and options
 * @param observer receives starts, progress and timings
 * @param origin `performance.now()` at the origin of the timings
 * @param stages the stages to choose from
 * @returns the given seams and all that could be made from them
 * @throws the error of the first stage that fails; the reason of the context's signal where it is aborted
 */
export async function runStages(
  given: Partial<Seams>,
  context: StageContext,
  observer: RunObserver = {},
  origin: number = performance.now(),
  stages: readonly Stage[] = STAGES,
): Promise<Partial<Seams>> {
  const seams: Partial<Seams> = { ...given };
  const makers = new Map<SeamName, Promise<void>>();
  for (const stage of reachableStages(Object.keys(given), stages)) {
    const made = (async (): Promise<void> => {
      await Promise.all(stage.inputs.map((input) => makers.get(input)));
      context.signal?.throwIfAborted();
      const onProgress = (done: number, total: number): void =>
        observer.onProgress?.(stage.name, done, total);
      const work = (): Promise<Partial<Seams>> =>
        stage.run(seams as Seams, { ...context, onProgress });
      const device = stage.isNetwork ? context.compute?.device : CPU;
      const step = (): Promise<Partial<Seams>> => timed(origin, stage.name, observer, work, device);
      const inTurn = stage.isNetwork && context.turns?.run(step, context.signal);
      Object.assign(seams, await (inTurn || step()));
    })();
    for (const output of stage.outputs) makers.set(output, made);
  }
  await Promise.all(makers.values());
  return seams;
}
