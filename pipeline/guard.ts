/**
 * A guard over a run: the first seconds go through another, plainer way to compute each stage too.
 *
 * @module
 */

import { FRAMES_PER_SECOND, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import {
  type SeamDescription,
  type SeamName,
  SEAMS,
  type Seams,
  type Stage,
  type StageContext,
  type StageJudge,
} from "./stages.ts";
import { arrayConstructor, type Tensor, tensor } from "../core/tensor.ts";

/** What the guard allows. */
export interface GuardOptions {
  /** How much of the beginning goes through both. */
  readonly seconds: number;
  /**
   * An element x of a float seam may be off by (1 + |x|) times as much. Where the judge itself may be off, the two may differ
   * by both together. Discrete seams must be equal.
   */
  readonly tolerance: number;
}

/** What the guard saw of one stage. */
export interface GuardFinding {
  /** Name of the stage. */
  readonly stage: string;
  /** Who judged. */
  readonly judge: string;
  /** Smallest tolerance that passes; infinity where the two cannot be compared or discrete values differ. */
  readonly needs: number;
  /** The seam that differs most. */
  readonly seam: SeamName;
  /** Whether the judge computed the whole run, because the fast way strayed. */
  readonly fellBack: boolean;
}

/**
 * The same stages under guard. Each compares itself with its judge on the first seconds before it runs; where the two differ
 * by more than is allowed, or the stage fails where the judge does not, the judge computes the run.
 *
 * @param stages the stages; those without a judge are left as they are
 * @param options what is allowed
 * @param onFinding told what was seen of each stage that has a judge
 */
export function guardedStages(
  stages: readonly Stage[],
  options: GuardOptions,
  onFinding: (finding: GuardFinding) => void,
): Stage[] {
  return stages.map((stage) => {
    if (stage.judge === undefined) return stage;
    const run = async (seams: Seams, context: StageContext): Promise<Partial<Seams>> => {
      const judge = await stage.judge?.(context);
      if (!judge) return await stage.run(seams, context);
      try {
        const finding = await compared(stage, judge, seams, context, options);
        onFinding(finding);
        return await (finding.fellBack ? judge : stage).run(seams, context);
      } finally {
        await judge.release();
      }
    };
    return { ...stage, run };
  });
}

async function compared(
  stage: Stage,
  judge: StageJudge,
  seams: Seams,
  context: StageContext,
  { seconds, tolerance }: GuardOptions,
): Promise<GuardFinding> {
  const { onProgress: _, separation, ...rest } = context;
  // Float stems of a copy, whatever the run itself wants of the mixture.
  const beginning: StageContext = {
    ...rest,
    // Those of single folds stray further, in upstream as well.
    embeddings: false,
    ...(separation && { separation: { ...separation, stems: "floats", letGo: false } }),
  };
  const inputs = Object.fromEntries(
    stage.inputs.map((name) => [name, firstSeconds(name, seams[name], seconds)]),
  ) as unknown as Seams;
  const expected = await judge.run(inputs, beginning);
  let actual: Partial<Seams> = {};
  try {
    actual = await stage.run(inputs, beginning);
  } catch {
    // Then it strays altogether.
  }
  const named = { stage: stage.name, judge: judge.backend };
  let worst = { needs: 0, seam: stage.outputs[0]! };
  for (const seam of stage.outputs) {
    // What rounds to 16 bits may end one step apart; the floats before it are compared.
    if (expected[seam] === undefined || SEAMS[seam].judgement === "steps") continue;
    const needs = smallestTolerance(SEAMS[seam], expected[seam], actual[seam]);
    if (needs > worst.needs) worst = { needs, seam };
  }
  return { ...named, ...worst, fellBack: worst.needs > tolerance + judge.tolerance };
}

/** The beginning along the axis of time. */
function firstSeconds(name: SeamName, whole: Tensor, seconds: number): Tensor {
  const axes: readonly (number | string)[] = SEAMS[name].axes;
  const axis = axes.findIndex((axis) => axis === "samples" || axis === "frames");
  const rate = axes[axis] === "samples" ? SAMPLE_RATE_HZ : FRAMES_PER_SECOND;
  const length = whole.shape[axis] ?? 0;
  const kept = Math.min(length, Math.round(seconds * rate));
  const inner = whole.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const outer = whole.shape.slice(0, axis).reduce((product, size) => product * size, 1);
  const data = new (arrayConstructor(whole.dtype))(outer * kept * inner);
  for (let row = 0; row < outer; row++) {
    const from = row * length * inner;
    data.set(whole.data.subarray(from, from + kept * inner) as never, row * kept * inner);
  }
  return tensor(whole.dtype, whole.shape.with(axis, kept), data as never);
}

/** Infinity where the two cannot be the same: another shape, no number, another discrete value. */
function smallestTolerance(
  { judgement }: SeamDescription,
  expected: Tensor,
  actual: Tensor | undefined,
): number {
  if (actual === undefined || actual.shape.join() !== expected.shape.join()) return Infinity;
  let needs = 0;
  for (const [at, element] of expected.data.entries()) {
    const value = Number(element);
    const need = Math.abs(value - Number(actual.data[at])) / (1 + Math.abs(value));
    if (!(need <= needs)) needs = Number.isNaN(need) ? Infinity : need;
  }
  return judgement === "float" || needs === 0 ? needs : Infinity;
}
