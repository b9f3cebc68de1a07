/**
 * Compares the backends of the networks on the same input.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";
import { DeviceError } from "../pipeline/backends/devices.ts";
import { reachableStages } from "../pipeline/runner.ts";
import { type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import type { BackendRunner } from "./backend_runners.ts";
import { compare } from "./compare.ts";
import { type FloatTolerance, floatTolerance } from "./judge.ts";
import { comparisonSchema, seamNameSchema, toleranceSchema } from "./report.ts";

const backendSeam = z.strictObject({
  seam: seamNameSchema,
  verdict: z.enum(["first", "pass", "fail"])
    .describe("first marks the backend that the others are compared with"),
  tolerance: toleranceSchema,
  comparison: comparisonSchema.nullable()
    .describe("Difference from the first backend; null for the first backend itself"),
}).meta({ id: "backendSeam", description: "One seam of one backend" });

const backendResult = z.strictObject({
  stage: z.string().describe("Name of the stage"),
  backend: z.string().describe("Name of the backend"),
  notRun: z.string().describe("Reason why the stage did not run; absent where it ran")
    .exactOptional(),
  durationSeconds: z.number().min(0).nullable()
    .describe("Seconds from the inputs to the outputs; null where the stage did not run"),
  seams: z.array(backendSeam)
    .describe("Seams that the stage computed; none where it did not run"),
}).meta({ id: "backendResult", description: "One stage on one backend" });

/**
 * Schema of {@linkcode BackendReport}, as `parity backends --export-json` writes it.
 *
 * @internal
 */
export const backendReportSchema = z.strictObject({
  format: z.literal(1).describe("Changes whenever a field changes its meaning"),
  results: z.array(backendResult).describe("One entry for each stage and backend"),
});

const SCHEMAS = { result: backendResult, report: backendReportSchema };

/** @internal */
type Schemas = typeof SCHEMAS;

/** One stage on one backend, its seams compared with those of the first backend. */
export type BackendResult = JsonOf<Schemas["result"]>;

/** All stages on all backends. */
export type BackendReport = JsonOf<Schemas["report"]>;

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
