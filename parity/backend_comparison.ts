/**
 * Compares the backends of the networks on the same input.
 *
 * @module
 */

import { z } from "zod";
import type { JsonOf } from "../core/schema.ts";
import type { Tensor } from "../core/tensor.ts";
import { DeviceError } from "../pipeline/backends/devices.ts";
import { reachableStages } from "../pipeline/runner.ts";
import type { SeamName, Seams } from "../pipeline/seams.ts";
import { allowance } from "../pipeline/single_precision.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import type { BackendRunner } from "./backend_runners.ts";
import { type Implementation, runTurn } from "./implementation.ts";
import type { Piece } from "./judge.ts";
import { isolatedStages, timedRun } from "./own_implementation.ts";
import { ownPipeline } from "./own_pipeline.ts";
import type { PipelineDescription } from "./pipeline_description.ts";
import { comparisonSchema, seamNameSchema, toleranceSchema } from "./report.ts";
import type { FloatTolerance } from "./tolerances.ts";

const backendSeam = z.strictObject({
  seam: seamNameSchema,
  verdict: z.enum(["first", "pass", "fail"])
    .describe("first marks the backend that the others are compared with"),
  tolerance: toleranceSchema,
  comparison: comparisonSchema.nullable()
    .describe("Difference from the first backend; null for the first backend itself"),
  peak: z.number().min(0).exactOptional().describe(
    "Largest magnitude of the seam, where it gave the tolerance: single precision holds no 1e-6 of such an array",
  ),
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
  /**
   * Tolerance of float seams, 1e-6 by default; of loud stems then what single precision holds of them, and an absolute
   * tolerance that is given holds for them too.
   */
  readonly floats?: FloatTolerance;
  /** Receives a description of each stage before it runs. */
  readonly onStage?: (description: string) => void;
}

/**
 * Runs the networks' stages on every backend. All backends get the seams that the first one computed.
 *
 * @param start seams to start from
 * @param runners the backends; the others are compared with the first
 * @param options stages and tolerance
 * @returns one entry for each stage and backend; a backend on a missing device did not run
 * @throws {RangeError} if there is no backend
 * @throws any error of a backend whose device exists
 */
export async function compareBackends(
  start: Partial<Seams>,
  runners: readonly BackendRunner[],
  { stages: named, floats = {}, onStage = () => {} }: BackendOptions,
): Promise<BackendReport> {
  const [first, ...others] = runners;
  if (first === undefined) throw new RangeError("Expected a backend to compare with, but got none");
  const last = STAGES.findLastIndex(({ name }) => named.includes(name));
  const ordinary = ownPipeline(floats);
  const seams: Partial<Seams> = { ...start };
  const results: BackendResult[] = [];
  for (const stage of reachableStages(Object.keys(start), STAGES.slice(0, last + 1))) {
    onStage(`${stage.name}, ${first.name}`);
    const reference = await timedRun((one) => first.prepare(one), stage, seams as Seams);
    const given = { ...seams };
    Object.assign(seams, reference.outputs);
    if (!stage.isNetwork || !named.includes(stage.name)) continue;
    const outputs = stage.outputs.filter((seam) => reference.outputs[seam] !== undefined);
    const { pipeline, peaks } = withLevels(ordinary, reference.outputs, floats);
    results.push({
      stage: stage.name,
      backend: first.name,
      durationSeconds: reference.seconds,
      seams: outputs.map((seam) => ({
        ...{ seam, verdict: "first", tolerance: pipeline.seams[seam]!.tolerance, comparison: null },
        ...peaks[seam],
      })),
    });
    for (const runner of others) {
      onStage(`${stage.name}, ${runner.name}`);
      results.push(await comparedRun(reference.outputs, runner, stage, given, pipeline, peaks));
    }
  }
  return { format: 1, results };
}

/** Largest magnitude of the seams whose tolerance it gave. */
type Peaks = { readonly [Seam in SeamName]?: { readonly peak: number } };

/** Returns the rules of the seams, in which loud stems may have the errors that single precision has of them. */
function withLevels(
  pipeline: PipelineDescription,
  outputs: Partial<Seams>,
  { absolute }: FloatTolerance,
): { readonly pipeline: PipelineDescription; readonly peaks: Peaks } {
  if (absolute !== undefined) return { pipeline, peaks: {} };
  const raised = Object.keys(outputs).flatMap((name) => {
    const seam = name as SeamName;
    const { tolerance } = pipeline.seams[seam]!;
    const { peak, ...own } = allowance(seam, outputs[seam]!, tolerance.absolute);
    return peak === undefined ? [] : [{ seam, peak, tolerance: { ...tolerance, ...own } }];
  });
  return {
    pipeline: {
      ...pipeline,
      seams: {
        ...pipeline.seams,
        ...Object.fromEntries(
          raised.map(({ seam, tolerance }) => [seam, { ...pipeline.seams[seam]!, tolerance }]),
        ),
      },
    },
    peaks: Object.fromEntries(raised.map(({ seam, peak }) => [seam, { peak }])),
  };
}

async function comparedRun(
  expected: Partial<Seams>,
  runner: BackendRunner,
  stage: Stage,
  seams: Partial<Seams>,
  pipeline: PipelineDescription,
  peaks: Peaks,
): Promise<BackendResult> {
  const own = { stage: stage.name, backend: runner.name };
  const outputs = Object.entries(expected).filter(([seam]) =>
    stage.outputs.some((one) => one === seam)
  );
  const piece: Piece = {
    ...{ suite: own.backend, name: own.stage, given: seams as Record<string, Tensor> },
    references: new Map(
      outputs.map(([seam, array]) => [seam, { path: seam, array, upstreamFloat32: null }]),
    ),
  };
  const implementation: Implementation = {
    ...{ name: runner.name, isolates: () => true },
    run: (turn) => isolatedStages((stage) => runner.prepare(stage), turn),
  };
  try {
    const turn = { piece, mode: "isolated", stages: [stage] } as const;
    const results = await runTurn(pipeline, implementation, turn);
    const compared = results.map(({ seam, verdict, tolerance, comparison }) => {
      return {
        ...{ seam: seam as SeamName, verdict: verdict as "pass" | "fail", tolerance, comparison },
        ...peaks[seam as SeamName],
      };
    });
    const durationSeconds = results[0]?.durationSeconds ?? null;
    return { ...own, durationSeconds, seams: compared };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { ...own, notRun: error.message, durationSeconds: null, seams: [] };
  }
}

/** Returns whether at least one backend was compared with the first, and all results are within tolerance. */
export function backendsAgree({ results }: BackendReport): boolean {
  const verdicts = results.flatMap(({ seams }) => seams.map(({ verdict }) => verdict));
  return verdicts.includes("pass") && !verdicts.includes("fail");
}
