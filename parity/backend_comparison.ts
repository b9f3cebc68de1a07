/**
 * Compares the backends of the networks on the same input.
 *
 * @module
 */

import { DeviceError } from "../pipeline/backends/devices.ts";
import { reachableStages } from "../pipeline/runner.ts";
import { type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import type { BackendRunner } from "./backend_runners.ts";
import { compare } from "./compare.ts";
import { type FloatTolerance, floatTolerance } from "./judge.ts";
import type { Comparison, Tolerance } from "./report.ts";

/** One seam of one backend, compared with the first backend. */
export interface BackendSeam {
  /** Name of the seam. */
  readonly seam: SeamName;
  /** `first` marks the backend that the others are compared with. */
  readonly verdict: "first" | "pass" | "fail";
  /** Allowed error of an element. */
  readonly tolerance: Tolerance;
  /** Difference from the first backend; null for the first backend itself. */
  readonly comparison: Comparison | null;
}

/** One stage on one backend. */
export interface BackendResult {
  /** Name of the stage. */
  readonly stage: string;
  /** Name of the backend. */
  readonly backend: string;
  /** Reason why the stage did not run; absent where it ran. */
  readonly notRun?: string;
  /** Seconds from the inputs to the outputs; null where the stage did not run. */
  readonly durationSeconds: number | null;
  /** Seams that the stage computed; none where it did not run. */
  readonly seams: readonly BackendSeam[];
}

/** All stages on all backends. */
export interface BackendReport {
  /** Changes whenever a field changes its meaning. */
  readonly format: 1;
  /** One entry for each stage and backend. */
  readonly results: readonly BackendResult[];
}

/** Stages and tolerance. */
export interface BackendOptions {
  /** Names of the networks' stages to compare. */
  readonly stages: readonly string[];
  /** Tolerance of float seams, 1e-6 by default. */
  readonly floats?: FloatTolerance;
  /** Receives a description of each stage before it runs. */
  readonly onStage?: (description: string) => void;
}

/**
 * Runs the networks' stages on every backend. All backends get the seams that the first one computed.
 *
 * @param given seams to start from
 * @param runners the backends; the others are compared with the first
 * @param options stages and tolerance
 * @returns one entry for each stage and backend; a backend on a missing device did not run
 * @throws {RangeError} if there is no backend
 * @throws any error of a backend whose device exists
 */
export async function compareBackends(
  given: Partial<Seams>,
  runners: readonly BackendRunner[],
  { stages: named, floats = {}, onStage = () => {} }: BackendOptions,
): Promise<BackendReport> {
  const [first, ...others] = runners;
  if (first === undefined) throw new RangeError("Expected a backend to compare with, but got none");
  const last = STAGES.findLastIndex(({ name }) => named.includes(name));
  const seams: Partial<Seams> = { ...given };
  const results: BackendResult[] = [];
  for (const stage of reachableStages(Object.keys(given), STAGES.slice(0, last + 1))) {
    onStage(`${stage.name}, ${first.name}`);
    const reference = await timedRun(first, stage, seams);
    Object.assign(seams, reference.outputs);
    if (!stage.isNetwork || !named.includes(stage.name)) continue;
    const outputs = stage.outputs.filter((seam) => reference.outputs[seam] !== undefined);
    results.push({
      stage: stage.name,
      backend: first.name,
      durationSeconds: reference.seconds,
      seams: outputs.map((seam) => ({
        ...{ seam, verdict: "first" },
        ...{ tolerance: floatTolerance(SEAMS[seam].judgement, floats), comparison: null },
      })),
    });
    for (const runner of others) {
      onStage(`${stage.name}, ${runner.name}`);
      results.push(await comparedRun(reference.outputs, outputs, runner, stage, seams, floats));
    }
  }
  return { format: 1, results };
}

async function comparedRun(
  expected: Partial<Seams>,
  outputs: readonly SeamName[],
  runner: BackendRunner,
  stage: Stage,
  seams: Partial<Seams>,
  floats: FloatTolerance,
): Promise<BackendResult> {
  const own = { stage: stage.name, backend: runner.name };
  try {
    const { outputs: actual, seconds } = await timedRun(runner, stage, seams);
    const compared = outputs.map((seam) => {
      const tolerance = floatTolerance(SEAMS[seam].judgement, floats);
      const comparison = compare(actual[seam], expected[seam], tolerance);
      const verdict = comparison.passed ? "pass" as const : "fail" as const;
      return { seam, verdict, tolerance, comparison };
    });
    return { ...own, durationSeconds: seconds, seams: compared };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { ...own, notRun: error.message, durationSeconds: null, seams: [] };
  }
}

async function timedRun(
  runner: BackendRunner,
  stage: Stage,
  seams: Partial<Seams>,
): Promise<{ outputs: Partial<Seams>; seconds: number }> {
  const prepared = await runner.prepare(stage);
  try {
    const start = performance.now();
    const outputs = await prepared.run(seams as Seams);
    return { outputs, seconds: (performance.now() - start) / 1000 };
  } finally {
    await prepared.release();
  }
}

/** Returns whether at least one backend was compared with the first, and all results are within tolerance. */
export function backendsAgree({ results }: BackendReport): boolean {
  const verdicts = results.flatMap(({ seams }) => seams.map(({ verdict }) => verdict));
  return verdicts.includes("pass") && !verdicts.includes("fail");
}
