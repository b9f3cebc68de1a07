/**
 * Separation of a mixture into stems.
 *
 * @module
 */

import { close, type Handle, invoke } from "./binding.ts";
import { OVERLAP } from "./overlap.ts";

/** Length of a segment of the separation network, samples at 44.1 kHz. */
export const SEGMENT_SAMPLES = 343_980;

/** Shape of a segment's spectrum for one channel part: bins, frames. */
export const SEGMENT_SPECTRUM: readonly [bins: number, frames: number] = [2048, 336];

/** The stem of each source of the published network, drums, bass, other and vocals: 0 to 3 are bass, drums, other, vocals. */
export const SOURCE_STEMS: readonly number[] = [1, 0, 2, 3];

/** A mixture that is being separated, which the kernels hold until it is closed. */
export interface SeparatedStems {
  /**
   * Takes a finished stem from a separation that keeps floats, and frees it.
   *
   * @param stem 0 to 3: bass, drums, other, vocals
   * @param rounded receives `[2, samples]` i16 as upstream saves them: divided by 1.01 times the
   * stem's peak where that is above full scale, then rounded half to even and saturated
   * @param exact receives `[2, samples]` f32, full scale 1.0
   * @throws {KernelError} if a part is missing or the stem was taken before
   */
  stem(
    stem: number,
    rounded: Int16Array,
    exact?: Float32Array,
  ): Promise<void>;
  /**
   * Takes a finished stem from a separation for mono stems, and frees it.
   *
   * @param stem 0 to 3: bass, drums, other, vocals
   * @param mono receives `[samples]` i16, as many as are wanted: the mean of left and right, rounded as for
   * {@linkcode SeparatedStems.stem}
   * @throws {KernelError} if a part is missing or the stem was taken before
   */
  mono(stem: number, mono: Int16Array): Promise<TakenMono>;
  /** Frees the memory. */
  close(): void;
}

/** Request for 16-bit mono stems only, which take a quarter of the memory. */
export interface MonoStems {
  /** Number of samples, from the first on. */
  readonly samples: number;
  /** Divisor of each stem before rounding, if an earlier separation of the same mixture has found it. */
  readonly divisors?: readonly number[];
}

/** Properties of a mono stem that was taken from a separation. */
export interface TakenMono {
  /** Divisor of the stem before rounding: 1.01 times its peak, and at least 1. */
  readonly divisor: number;
  /**
   * Number of samples, from the first on, that were rounded before the peak was known and are wrong: separate them
   * again, with the divisors.
   */
  readonly stale: number;
}

/** A separation without a network. */
export interface HpssSeparation extends SeparatedStems {
  /** Number of calls of `separatePart` that separate the whole mixture. */
  readonly parts: number;
  /** Separates the next part of the mixture. */
  separatePart(): Promise<void>;
}

/** A separation with the network. */
export interface Separation extends SeparatedStems {
  /** Number of segments that the network must run. */
  readonly segments: number;
  /**
   * Computes the network's inputs for one segment.
   *
   * @param index the segment
   * @param wave receives `[2, 343980]` f32, normalised
   * @param spectrum receives `[4, 2048, 336]` f32, normalised; real and imaginary part of left, right
   */
  input(
    index: number,
    wave: Float32Array,
    spectrum: Float32Array,
  ): Promise<void>;
  /**
   * Joins the network's outputs for one segment to the stems, in the order of the segments.
   *
   * @param index the segment, whose input was computed before
   * @param wave `[sources, 2, 343980]` f32; of the published network drums, bass, other, vocals
   * @param spectrum `[sources, 4, 2048, 336]` f32
   */
  output(
    index: number,
    wave: Float32Array,
    spectrum: Float32Array,
  ): Promise<void>;
}

/** How a mixture is passed through the network. */
export interface Passes {
  /**
   * For each pass over the mixture the samples, 0 to 22050, by which upstream's random shift moves the segments, or
   * null for none; the stems are the mean of the passes.
   */
  readonly shifts: readonly (number | null)[];
  /** Share of a segment that overlaps the next one, 0 to 0.99; {@linkcode OVERLAP} by default. */
  readonly overlap?: number;
  /** Stem that each source of the network is added to; {@linkcode SOURCE_STEMS} by default. */
  readonly sourceStems?: readonly number[];
}

/**
 * Prepares the separation of a mixture with the network.
 *
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz, in C order; must not change before the separation is
 * closed
 * @param passes shifts, overlap and sources
 * @param mono requests mono stems instead of floats, for a single pass
 * @returns the separation, to be closed by the caller
 * @throws {KernelError} if there are no samples, the overlap is out of its range, or a stem has no source
 */
export async function openSeparation(
  mixture: Float32Array,
  { shifts, overlap = OVERLAP, sourceStems = SOURCE_STEMS }: Passes,
  mono?: MonoStems,
): Promise<Separation> {
  const offsets = Int32Array.from(shifts, (shift) => shift ?? -1);
  const numbers = new BigUint64Array(2);
  const stems = Uint8Array.from(sourceStems);
  const request = monoArguments(mono);
  await invoke(
    "tactus_separation_open",
    mixture,
    offsets,
    overlap,
    stems,
    ...request,
    numbers,
  );
  const [handle = 0n, segments = 0n] = numbers;
  return {
    segments: Number(segments),
    input: (index, wave, spectrum) =>
      invoke("tactus_separation_input", handle, index, mixture, wave, spectrum),
    output: (index, wave, spectrum) =>
      invoke("tactus_separation_output", handle, index, wave, spectrum),
    ...stemsOf(handle),
  };
}

/**
 * Prepares the separation of a mixture without a network, by median filters.
 *
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz; must not change before the separation is closed
 * @param mono requests mono stems instead of floats
 * @param stems stems that are separated: 4, or 2 for bass and drums only
 * @returns the separation, to be closed by the caller
 * @throws {KernelError} if there are no samples
 */
export async function openHpss(
  mixture: Float32Array,
  mono?: MonoStems,
  stems: 2 | 4 = 4,
): Promise<HpssSeparation> {
  const numbers = new BigUint64Array(2);
  const open = stems === 4 ? "tactus_hpss_open" : "tactus_hpss_open_rhythm";
  await invoke(open, mixture, ...monoArguments(mono), numbers);
  const [handle = 0n, parts = 0n] = numbers;
  return {
    parts: Number(parts),
    separatePart: () => invoke("tactus_hpss_step", handle, mixture),
    ...stemsOf(handle),
  };
}

/**
 * Rounds a mixture to 16 bit as a stem is rounded: divided by 1.01 times its peak where that is above full scale, then
 * half to even and saturated.
 *
 * @param mixture `[2, samples]` f32, full scale 1.0
 * @param rounded receives `[2, samples]` i16; or `[samples]` i16, the mean of both channels truncated toward zero
 * @throws {KernelError} if there are no samples or `rounded` has another length
 */
export async function roundMixture(mixture: Float32Array, rounded: Int16Array): Promise<void> {
  await invoke("tactus_round_mixture", mixture, rounded);
}

/** The request for mono stems as the kernels take it: 0 samples for floats, and no divisors where none are known. */
function monoArguments(mono: MonoStems | undefined): [samples: number, divisors: Float64Array] {
  return [mono?.samples ?? 0, Float64Array.from(mono?.divisors ?? [])];
}

function stemsOf(handle: Handle): SeparatedStems {
  return {
    stem: (stem, rounded, exact = new Float32Array()) =>
      invoke("tactus_separation_stem", handle, stem, rounded, exact),
    async mono(stem, mono): Promise<TakenMono> {
      const numbers = new Float64Array(2);
      await invoke("tactus_separation_mono", handle, stem, mono, numbers);
      const [divisor = NaN, stale = NaN] = numbers;
      return { divisor, stale };
    },
    close: () => close("tactus_separation_close", handle),
  };
}
