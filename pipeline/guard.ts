/**
 * The guard compares two implementations of each stage on the first seconds of a track.
 *
 * @module
 */

import { FRAMES_PER_SECOND, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { type SeamDescription, type SeamName, SEAMS, type Seams } from "./seams.ts";
import type { Stage, StageAlternative, StageContext } from "./stages.ts";
import { snrDecibels } from "../core/snr.ts";
import { slice, type Tensor } from "../core/tensor.ts";

/** Options of the guard. */
export interface GuardOptions {
  /** Length of the beginning that both implementations compute. */
  readonly seconds: number;
  /**
   * Tolerance of float seams: an element x may differ by tolerance · (1 + |x|). The tolerance of the
   * second implementation is added. Discrete seams must be equal.
   */
  readonly tolerance: number;
}

/** Finding of the guard for one stage. */
export interface GuardFinding {
  /** Name of the stage. */
  readonly stage: string;
  /** Backend of the second implementation. */
  readonly alternative: string;
  /** Smallest tolerance that passes; infinity where discrete values, shapes or finiteness differ. */
  readonly needs: number;
  /** Seam with the largest difference. */
  readonly seam: SeamName;
  /** Whether the second implementation computed the whole run, because the difference was too large. */
  readonly fellBack: boolean;
  /** Least signal-to-noise ratio of a seam, where it decides; NaN for a seam that is missing or has NaN. */
  readonly snrDecibels?: number;
}

/**
 * Returns stages that compare their two implementations on the first seconds before they run. Where
 * these differ by more than the tolerance, or only the first one fails, the second computes the run.
 *
 * @param stages the stages; those without a second implementation are returned as they are
 * @param options seconds and tolerance
 * @param onFinding receives the finding for each stage that has a second implementation
 */
export function guardedStages(
  stages: readonly Stage[],
  options: GuardOptions,
  onFinding: (finding: GuardFinding) => void,
): Stage[] {
  return stages.map((stage) => {
    if (stage.alternative === undefined) return stage;
    const run = async (seams: Seams, context: StageContext): Promise<Partial<Seams>> => {
      const alternative = await stage.alternative?.(context);
      if (!alternative) return await stage.run(seams, context);
      try {
        const finding = await compareBeginning(stage, alternative, seams, context, options);
        onFinding(finding);
        return await (finding.fellBack ? alternative : stage).run(seams, context);
      } finally {
        await alternative.release();
      }
    };
    return { ...stage, run };
  });
}

async function compareBeginning(
  stage: Stage,
  alternative: StageAlternative,
  seams: Seams,
  context: StageContext,
  { seconds, tolerance }: GuardOptions,
): Promise<GuardFinding> {
  const { onProgress: _, separation, ...rest } = context;
  // The comparison needs float stems, and the run still needs the mixture.
  const beginning: StageContext = {
    ...rest,
    // Embeddings hold single folds, whose errors are larger, in upstream as well.
    embeddings: false,
    ...(separation && { separation: { ...separation, stems: "floats", releaseMixture: false } }),
  };
  const inputs = Object.fromEntries(
    stage.inputs.map((name) => [name, firstSeconds(name, seams[name], seconds)]),
  ) as unknown as Seams;
  const expected = await alternative.run(inputs, beginning);
  let actual: Partial<Seams> = {};
  try {
    actual = await stage.run(inputs, beginning);
  } catch {
    // Every expected seam is then missing.
  }
  const named = { stage: stage.name, alternative: alternative.backend };
  let worst = { needs: 0, seam: stage.outputs[0]! };
  for (const seam of stage.outputs) {
    // Rounded samples may differ by one step; the floats before rounding are compared.
    if (expected[seam] === undefined || SEAMS[seam].judgement === "steps") continue;
    const needs = smallestTolerance(SEAMS[seam], expected[seam], actual[seam]);
    if (needs > worst.needs) worst = { needs, seam };
  }
  const { leastSnrDecibels } = alternative;
  if (leastSnrDecibels === undefined) {
    return { ...named, ...worst, fellBack: worst.needs > tolerance + alternative.tolerance };
  }
  const ratios = stage.outputs
    .filter((seam) => expected[seam] !== undefined && SEAMS[seam].judgement === "float")
    .map((seam) => signalToNoise(expected[seam]!, actual[seam]));
  const snr = Math.min(...ratios);
  // Not so for NaN either.
  return { ...named, ...worst, snrDecibels: snr, fellBack: !(snr >= leastSnrDecibels) };
}

/** Returns the beginning of a seam along its axis of time. */
function firstSeconds(name: SeamName, whole: Tensor, seconds: number): Tensor {
  const axes: readonly (number | string)[] = SEAMS[name].axes;
  const axis = axes.findIndex((axis) => axis === "samples" || axis === "frames");
  const rate = axes[axis] === "samples" ? SAMPLE_RATE_HZ : FRAMES_PER_SECOND;
  return slice(whole, axis, 0, Math.min(whole.shape[axis] ?? 0, Math.round(seconds * rate)));
}

/** Returns the ratio in decibels; NaN for a seam that is missing or has another shape. */
function signalToNoise(expected: Tensor, actual: Tensor | undefined): number {
  if (actual?.shape.join() !== expected.shape.join()) return NaN;
  // Without a signal and without an error, nothing differs.
  return snrDecibels(actual.data as Float32Array, expected.data as Float32Array);
}

/** Returns the smallest tolerance that passes; infinity for another shape, NaN or another discrete value. */
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
