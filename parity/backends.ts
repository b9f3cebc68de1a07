/**
 * Everybody who can compute a network, on the same input, side by side.
 *
 * @module
 */

import { DeviceError } from "../pipeline/backends/devices.ts";
import { reachableStages } from "../pipeline/runner.ts";
import { type SeamName, SEAMS, type Seams } from "../pipeline/seams.ts";
import { type Stage, STAGES } from "../pipeline/stages.ts";
import { textTable } from "../core/table.ts";
import { compare, type Comparison, type Tolerance } from "./compare.ts";
import type { DiffTolerance } from "./diff.ts";
import { TOLERANCES } from "./judge.ts";
import { allowed, error, neededBy } from "./render/report.ts";

/** A stage that is ready to run. */
export interface PreparedStage {
  /** Makes the outputs from the inputs. */
  run(seams: Seams): Promise<Partial<Seams>>;
  /** Frees what it took. */
  release(): Promise<void>;
}

/** Somebody who can compute networks. */
export interface StageComputer {
  /** Name in the report, such as `onnx on webgpu`. */
  readonly name: string;
  /**
   * Makes a stage ready.
   *
   * @throws {DeviceError} if it is on a device that the machine does not have
   */
  prepare(stage: Stage): Promise<PreparedStage>;
}

/** One seam as somebody makes it, beside what the first makes. */
export interface BackendSeam {
  /** Name of the seam. */
  readonly seam: SeamName;
  /** `first` is what the others are compared with. */
  readonly verdict: "first" | "pass" | "fail";
  /** What an element may be off. */
  readonly tolerance: Tolerance;
  /** How it differs from the first; null of the first itself. */
  readonly comparison: Comparison | null;
}

/** One stage, computed by somebody. */
export interface BackendResult {
  /** Name of the stage. */
  readonly stage: string;
  /** Who computed it. */
  readonly backend: string;
  /** Why not; absent where it was computed. */
  readonly notRun?: string;
  /** Seconds from the inputs to the outputs; null where it was not computed. */
  readonly durationSeconds: number | null;
  /** Every seam that the stage made; none where it was not computed. */
  readonly seams: readonly BackendSeam[];
}

/** Everybody side by side. */
export interface BackendReport {
  /** Changes whenever a field changes its meaning. */
  readonly format: 1;
  /** Every stage, by everybody. */
  readonly results: readonly BackendResult[];
}

/** What to compare. */
export interface BackendOptions {
  /** Names of the networks' stages that are compared. */
  readonly stages: readonly string[];
  /** What floats may be off, 1e-6 by default. */
  readonly floats?: DiffTolerance;
  /** Told before each stage. */
  readonly onStage?: (description: string) => void;
}

/**
 * Runs the networks' stages with everybody. Whatever a stage needs is what the first made, so that all are fed
 * the same.
 *
 * @param given seams to start from
 * @param computers everybody, the one whom the others are compared with first
 * @param options which stages, what may be off
 * @returns one entry for each stage and computer; who is on a device that the machine does not have did not run
 * @throws whatever a computer throws that is there
 */
export async function compareBackends(
  given: Partial<Seams>,
  computers: readonly StageComputer[],
  { stages: named, floats = {}, onStage = () => {} }: BackendOptions,
): Promise<BackendReport> {
  const [first, ...others] = computers;
  if (first === undefined) throw new RangeError("Expected somebody who computes, but got nobody");
  const last = STAGES.findLastIndex(({ name }) => named.includes(name));
  const seams: Partial<Seams> = { ...given };
  const results: BackendResult[] = [];
  for (const stage of reachableStages(Object.keys(given), STAGES.slice(0, last + 1))) {
    onStage(`${stage.name}, ${first.name}`);
    const made = await timedRun(first, stage, seams);
    Object.assign(seams, made.outputs);
    if (!stage.isNetwork || !named.includes(stage.name)) continue;
    const outputs = stage.outputs.filter((seam) => made.outputs[seam] !== undefined);
    results.push({
      stage: stage.name,
      backend: first.name,
      durationSeconds: made.seconds,
      seams: outputs.map((seam) => ({
        seam,
        verdict: "first",
        tolerance: toleranceOf(seam, floats),
        comparison: null,
      })),
    });
    for (const computer of others) {
      onStage(`${stage.name}, ${computer.name}`);
      results.push(await beside(made.outputs, outputs, computer, stage, seams, floats));
    }
  }
  return { format: 1, results };
}

async function beside(
  expected: Partial<Seams>,
  outputs: readonly SeamName[],
  computer: StageComputer,
  stage: Stage,
  seams: Partial<Seams>,
  floats: DiffTolerance,
): Promise<BackendResult> {
  const own = { stage: stage.name, backend: computer.name };
  try {
    const { outputs: actual, seconds } = await timedRun(computer, stage, seams);
    const compared = outputs.map((seam) => {
      const tolerance = toleranceOf(seam, floats);
      const comparison = compare(actual[seam], expected[seam], tolerance);
      return {
        seam,
        verdict: comparison.passed ? "pass" as const : "fail" as const,
        tolerance,
        comparison,
      };
    });
    return { ...own, durationSeconds: seconds, seams: compared };
  } catch (error) {
    if (!(error instanceof DeviceError)) throw error;
    return { ...own, notRun: error.message, durationSeconds: null, seams: [] };
  }
}

async function timedRun(
  computer: StageComputer,
  stage: Stage,
  seams: Partial<Seams>,
): Promise<{ outputs: Partial<Seams>; seconds: number }> {
  const prepared = await computer.prepare(stage);
  try {
    const start = performance.now();
    const outputs = await prepared.run(seams as Seams);
    return { outputs, seconds: (performance.now() - start) / 1000 };
  } finally {
    await prepared.release();
  }
}

function toleranceOf(seam: SeamName, { absolute, relative }: DiffTolerance): Tolerance {
  const { judgement } = SEAMS[seam];
  const rule = TOLERANCES[judgement];
  if (judgement !== "float") return rule;
  return { absolute: absolute ?? rule.absolute, relative: relative ?? rule.relative };
}

/** Whether nobody is further off the first than may be, and somebody ran besides it. */
export function backendsAgree({ results }: BackendReport): boolean {
  const verdicts = results.flatMap(({ seams }) => seams.map(({ verdict }) => verdict));
  return verdicts.includes("pass") && !verdicts.includes("fail");
}

/** Everybody as text: one row for each seam of each, below it what failed, and who did not run. */
export function backendTable({ results }: BackendReport): string {
  const rows = results.flatMap(({ stage, backend, durationSeconds, seams }) =>
    seams.map(({ seam, verdict, tolerance, comparison }) => [
      ...[stage, seam, backend],
      comparison === null ? "" : error(comparison.maxAbsolute),
      comparison === null ? "" : neededBy({ comparison, tolerance }),
      allowed(tolerance),
      durationSeconds?.toFixed(2) ?? "",
      verdict,
    ])
  );
  const head = ["stage", "seam", "backend", "max error", "needs", "allowed", "stage s", "verdict"];
  const failed = results.flatMap(({ stage, backend, seams }) =>
    seams.filter(({ verdict }) => verdict === "fail").map(({ seam, comparison }) =>
      `fail: ${stage}, ${seam}, ${backend}: ${comparison?.reason}`
    )
  );
  const verdicts = results.flatMap(({ seams }) => seams.map(({ verdict }) => verdict));
  const count = (verdict: string): number => verdicts.filter((one) => one === verdict).length;
  return [
    ...textTable([head, ...rows], (column) => column >= 3 && column <= 6),
    ...results.flatMap(({ stage, backend, notRun }) =>
      notRun === undefined ? [] : [`${stage}, ${backend}: not run: ${notRun}`]
    ),
    ...failed,
    `${count("pass")} seams passed, ${count("fail")} failed`,
  ].join("\n");
}
