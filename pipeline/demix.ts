/**
 * Stage: a mixture to four stems, by HTDemucs or without a network.
 *
 * @module
 */

import {
  type MonoStems,
  openHpss,
  openSeparation,
  SEGMENT_SAMPLES,
  SEGMENT_SPECTRUM,
  type SeparatedStems,
  type Separation,
  type TakenMono,
} from "../kernels/kernels.ts";
import type { Backend } from "./backends/backend.ts";
import type { DemixSession } from "./backends/demix_session.ts";
import { elementCount, type Tensor, tensor } from "../core/tensor.ts";

/** Somebody who is ready to separate. */
export interface Demixer {
  /** Name in the registry, such as `htdemucs`. */
  readonly name: string;
  /** SHA-256 of the weights; null where there are none. */
  readonly sha256: string | null;
  /** Who computes it. */
  readonly backend: Backend;
  /** The network for one segment; null for a separation by median filters. */
  readonly session: DemixSession | null;
}

/** How the stage runs. */
export interface DemixOptions {
  /**
   * For each pass over the mixture the samples, 0 to 22050, that upstream draws at random, or null
   * for no shift at all; the stems are the mean of the passes. Of no meaning without a network.
   */
  readonly shifts: readonly (number | null)[];
  /**
   * What is wanted of the stems: `floats` as well as 16 bit stereo, `stereo` only, or `mono`, which is
   * all that the spectrogram needs. Floats are kept on the way for all but `mono`, 85 MB a minute; for
   * `mono`, what comes before a stem is first too loud for 16 bit is separated twice.
   */
  readonly stems: "floats" | "stereo" | "mono";
  /**
   * Whether nobody needs the mixture any more: its memory, 21 MB a minute, is then freed as soon as mono stems are made,
   * and it is empty. Otherwise it is left as it is.
   */
  readonly letGo?: boolean;
  /** Called when a segment is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** What the stage makes: bass, drums, other, vocals. */
export interface DemixedStems {
  /** `[4, 2, samples]` f32, full scale 1.0. */
  readonly stems?: Tensor<"f32">;
  /** `[4, 2, samples]` i16, as upstream saves stems to files; `[4, 1, samples]`, their mean, for mono. */
  readonly stems16: Tensor<"i16">;
}

/**
 * Separates a mixture.
 *
 * @param demixer who does it
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @param options shifts, what is wanted, progress
 * @throws {KernelError} if there are no samples
 *
 * Source: demucs 4.0.1, `separate.py`, `apply.py`, `audio.py`.
 */
export async function demix(
  demixer: Demixer,
  mixture: Tensor<"f32">,
  options: DemixOptions,
): Promise<DemixedStems> {
  if (options.stems === "mono" && (demixer.session === null || options.shifts.length === 1)) {
    return { stems16: await demixToMono(demixer, mixture, options) };
  }
  const separation = await separate(demixer, mixture, options);
  try {
    return await takeStems(separation, mixture.shape, options.stems === "floats");
  } finally {
    separation.close();
  }
}

/** Separates, and what comes before a stem is first too loud for 16 bit once more, when its peak is known. */
async function demixToMono(
  demixer: Demixer,
  mixture: Tensor<"f32">,
  options: DemixOptions,
): Promise<Tensor<"i16">> {
  const samples = mixture.shape[1] ?? 0;
  const stems16 = new Int16Array(4 * samples);
  const take = async (mono: MonoStems): Promise<TakenMono[]> => {
    const separation = await separate(demixer, mixture, options, mono);
    try {
      const taken: TakenMono[] = [];
      for (let stem = 0; stem < 4; stem++) {
        const [start, end] = [stem * samples, stem * samples + mono.samples];
        taken.push(await separation.mono(stem, stems16.subarray(start, end)));
      }
      return taken;
    } finally {
      separation.close();
    }
  };
  const taken = await take({ samples });
  const stale = Math.max(...taken.map((stem) => stem.stale));
  if (stale > 0) {
    await take({ samples: stale, divisors: taken.map(({ divisor }) => divisor) });
  }
  // Whoever collects garbage would do it later.
  if (options.letGo) (mixture.data.buffer as ArrayBuffer).transfer(0);
  return tensor("i16", [4, 1, samples], stems16);
}

/** Separates what is wanted of the mixture; its stems are to be taken out and it is to be closed. */
async function separate(
  { session }: Demixer,
  mixture: Tensor<"f32">,
  { shifts, onProgress }: DemixOptions,
  mono?: MonoStems,
): Promise<SeparatedStems> {
  const samples = mixture.data as Float32Array<ArrayBuffer>;
  if (session === null) {
    const separation = await openHpss(samples, mono);
    return await closedOnFailure(separation, async () => {
      for (let step = 0; step < separation.steps; step++) {
        await separation.step();
        onProgress?.(step + 1, separation.steps);
      }
    });
  }
  const separation = await openSeparation(samples, shifts, mono);
  return await closedOnFailure(separation, () => runSegments(separation, session, onProgress));
}

/** The separation when the work is done. */
async function closedOnFailure(
  separation: SeparatedStems,
  work: () => Promise<void>,
): Promise<SeparatedStems> {
  try {
    await work();
    return separation;
  } catch (error) {
    separation.close();
    throw error;
  }
}

/** Segment by segment: while the network runs on one, the kernels prepare the next and join the one before. */
async function runSegments(
  separation: Separation,
  session: DemixSession,
  onProgress: DemixOptions["onProgress"],
): Promise<void> {
  // Two sets of inputs: the network reads one while the kernels fill the other.
  const inputs = [0, 1].map(() => ({
    wave: new Float32Array(2 * SEGMENT_SAMPLES),
    spectrum: new Float32Array(4 * elementCount(SEGMENT_SPECTRUM)),
  }));
  const prepare = async (index: number): Promise<void> => {
    const input = inputs[index % 2];
    if (input === undefined || index >= separation.segments) return;
    await separation.input(index, input.wave, input.spectrum);
  };
  let joining = Promise.resolve();
  let preparing = prepare(0);
  try {
    for (let index = 0; index < separation.segments; index++) {
      await preparing;
      preparing = prepare(index + 1);
      const input = inputs[index % 2]!;
      const output = await session.run(input.wave, input.spectrum);
      await joining;
      joining = separation.output(index, output.wave, output.spectrum);
      onProgress?.(index + 1, separation.segments);
    }
    await joining;
  } finally {
    await Promise.allSettled([preparing, joining]);
  }
}

async function takeStems(
  separation: SeparatedStems,
  shape: readonly number[],
  floats: boolean,
): Promise<DemixedStems> {
  const length = elementCount(shape);
  const stems16 = new Int16Array(4 * length);
  const stems = floats ? new Float32Array(4 * length) : undefined;
  // One after the other, so that each is freed before the next is made.
  for (let stem = 0; stem < 4; stem++) {
    const [start, end] = [stem * length, (stem + 1) * length];
    await separation.stem(stem, stems16.subarray(start, end), stems?.subarray(start, end));
  }
  return {
    stems16: tensor("i16", [4, ...shape], stems16),
    ...(stems && { stems: tensor("f32", [4, ...shape], stems) }),
  };
}
