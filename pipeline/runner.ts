/**
 * Runs stages as soon as their inputs are there, and times them.
 *
 * @module
 */

import { type SeamName, type Seams, type Stage, type StageContext, STAGES } from "./stages.ts";

/** When a stage ran. */
export interface StageTiming {
  /** Name of the stage. */
  readonly stage: string;
  /** Seconds since the run's origin. */
  readonly start: number;
  /** Seconds since the run's origin. */
  readonly end: number;
  /** What it ran on. */
  readonly device: string;
  /** Who computed it instead, where a guard found that the fast way strays. */
  readonly fallback?: string;
}

/** What everything runs on but the networks of ONNX Runtime, which run on the device of the context. */
export const DEVICE = "cpu";

/** What the runner tells while it works. */
export interface RunObserver {
  /** A stage has all its inputs and starts. */
  onStart?(stage: string): void;
  /** A part of a stage is done. */
  onProgress?(stage: string, done: number, total: number): void;
  /** A stage is done. */
  onTiming?(timing: StageTiming): void;
}

/**
 * Measures one piece of work on the clock of a run.
 *
 * @param origin `performance.now()` at the origin of the run, in milliseconds
 * @param stage name for the record
 * @param observer is told the timing when the work succeeds
 * @param work what to do
 * @param device what it runs on
 * @returns the result of `work`
 */
export async function timed<Result>(
  origin: number,
  stage: string,
  observer: RunObserver,
  work: () => Promise<Result>,
  device = DEVICE,
): Promise<Result> {
  observer.onStart?.(stage);
  const start = (performance.now() - origin) / 1000;
  const result = await work();
  observer.onTiming?.({ stage, start, end: (performance.now() - origin) / 1000, device });
  return result;
}

/**
 * The stages that can run.
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
 * Runs every stage whose inputs are given or made by another stage. Stages that do not need each
 * other run at the same time.
 *
 * @param given seams to start from, such as `stems16`
 * @param context what varies besides the seams
 * @param observer is told of starts, progress and timings
 * @param origin `performance.now()` at the origin of the timings
 * @param stages the stages to choose from
 * @returns the given seams and all that could be made from them
 * @throws whatever the first failing stage threw
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
      const onProgress = (done: number, total: number): void =>
        observer.onProgress?.(stage.name, done, total);
      const work = (): Promise<Partial<Seams>> =>
        stage.run(seams as Seams, { ...context, onProgress });
      const device = stage.isNetwork ? context.device : DEVICE;
      Object.assign(seams, await timed(origin, stage.name, observer, work, device));
    })();
    for (const output of stage.outputs) makers.set(output, made);
  }
  await Promise.all(makers.values());
  return seams;
}
