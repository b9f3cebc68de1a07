/**
 * The guard compares two implementations of each stage on the first seconds of a track.
 *
 * @module
 */

import { FRAMES_PER_SECOND, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { type SeamDescription, type SeamName, SEAMS, type Seams } from "./seams.ts";
import { type Allowance, allowance } from "./single_precision.ts";
import type { Stage, StageAlternative, StageContext } from "./stages.ts";
import { snrDecibels } from "../core/snr.ts";
import { slice, type Tensor } from "../core/tensor.ts";

/** Options of the guard. */
export interface GuardOptions {
  /** Length of the beginning that both implementations compute. */
  readonly seconds: number;
  /**
   * Tolerance of float seams: an element x may differ by tolerance · (1 + |x|). The tolerance of the
   * second implementation is added, of stems that of their level, where it is more. Discrete seams must be equal.
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
  /** Why more than the ordinary tolerance was allowed; absent where it was not. */
  readonly raised?: {
    /** Allowed tolerance, as `needs`. */
    readonly allowed: number;
    /** Largest magnitude of the seam, which gave it. */
    readonly peak: number;
    /** Signal-to-noise ratio of the seam in dB; infinity where both are equal. */
    readonly snrDecibels: number;
  };
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
  let worst: Judged = { needs: 0, seam: stage.outputs[0]!, differs: false };
  for (const seam of stage.outputs) {
    // Rounded samples may differ by one step; the floats before rounding are compared.
    if (expected[seam] === undefined || SEAMS[seam].judgement === "steps") continue;
    const judged = judgedSeam(seam, expected[seam], actual[seam], tolerance, alternative.tolerance);
    if (judged.differs === worst.differs ? judged.needs > worst.needs : judged.differs) {
      worst = judged;
    }
  }
  const { differs, ...figures } = worst;
  const { leastSnrDecibels } = alternative;
  if (leastSnrDecibels === undefined) return { ...named, ...figures, fellBack: differs };
  const ratios = stage.outputs
    .filter((seam) => expected[seam] !== undefined && SEAMS[seam].judgement === "float")
    .map((seam) => signalToNoise(expected[seam]!, actual[seam]));
  const snr = Math.min(...ratios);
  const { needs, seam } = worst;
  // Not so for NaN either.
  return { ...named, needs, seam, snrDecibels: snr, fellBack: !(snr >= leastSnrDecibels) };
}

/** Judgement of one seam. */
interface Judged extends Pick<GuardFinding, "needs" | "seam" | "raised"> {
  /** Whether the two implementations differ by more than allowed. */
  readonly differs: boolean;
}

function judgedSeam(
  seam: SeamName,
  expected: Tensor,
  actual: Tensor | undefined,
  tolerance: number,
  ownTolerance: number,
): Judged {
  const needs = smallestTolerance(SEAMS[seam], expected, actual);
  // In double precision, the second implementation has no error that could grow with the level.
  const { absolute, peak, leastSnrDecibels }: Allowance = ownTolerance === 0
    ? { absolute: 0 }
    : allowance(seam, expected, ownTolerance);
  const allowed = tolerance + absolute;
  if (peak === undefined || needs <= tolerance + ownTolerance) {
    return { seam, needs, differs: needs > allowed };
  }
  const snrDecibels = signalToNoise(expected, actual);
  const differs = needs > allowed || !(snrDecibels >= leastSnrDecibels!);
  return { seam, needs, differs, raised: { allowed, peak, snrDecibels } };
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
