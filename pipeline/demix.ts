/**
 * Stage: a mixture to four stems, by HTDemucs.
 *
 * @module
 */

import {
  openSeparation,
  SEGMENT_SAMPLES,
  SEGMENT_SPECTRUM,
  type Separation,
} from "../kernels/kernels.ts";
import type { Backend } from "./backends/backend.ts";
import type { DemixSession } from "./backends/demix_session.ts";
import { elementCount, type Tensor, tensor } from "./tensor.ts";

/** A separation network that is ready to run. */
export interface Demixer {
  /** Name in the registry, such as `htdemucs`. */
  readonly name: string;
  /** SHA-256 of the weights. */
  readonly sha256: string;
  /** Who computes the network. */
  readonly backend: Backend;
  /** The network for one segment. */
  readonly session: DemixSession;
}

/** How the stage runs. */
export interface DemixOptions {
  /**
   * For each pass over the mixture the samples, 0 to 22050, that upstream draws at random, or null
   * for no shift at all; the stems are the mean of the passes.
   */
  readonly shifts: readonly (number | null)[];
  /**
   * What is wanted of the stems: `floats` as well as 16 bit stereo, `stereo` only, or `mono`, which is
   * all that the spectrogram needs. Floats are kept on the way for all but `mono`, 85 MB a minute; a
   * mixture whose stems turn out too loud for 16 bit is separated twice for it.
   */
  readonly stems: "floats" | "stereo" | "mono";
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
 * Separates a mixture, segment by segment: while the network runs on one, the kernels prepare the
 * next and join the one before.
 *
 * @param demixer the network
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
  const { session } = demixer;
  if (options.stems === "mono" && options.shifts.length === 1) {
    return { stems16: await demixToMono(session, mixture, options) };
  }
  const separation = await openSeparation(samplesOf(mixture), options.shifts);
  try {
    await runSegments(separation, session, options.onProgress);
    return await takeStems(separation, mixture.shape, options.stems === "floats");
  } finally {
    separation.close();
  }
}

/** Separates, and once more where a stem's peak asks for a divisor. */
async function demixToMono(
  session: DemixSession,
  mixture: Tensor<"f32">,
  { shifts, onProgress }: DemixOptions,
): Promise<Tensor<"i16">> {
  const samples = mixture.shape[1] ?? 0;
  const stems16 = new Int16Array(4 * samples);
  let divisors = [1, 1, 1, 1];
  for (;;) {
    const separation = await openSeparation(samplesOf(mixture), shifts, divisors);
    try {
      await runSegments(separation, session, onProgress);
      const needed: number[] = [];
      for (let stem = 0; stem < divisors.length; stem++) {
        const mono = stems16.subarray(stem * samples, (stem + 1) * samples);
        needed.push(await separation.mono(stem, mono));
      }
      if (needed.every((divisor, stem) => divisor === divisors[stem])) {
        return tensor("i16", [4, 1, samples], stems16);
      }
      divisors = needed;
    } finally {
      separation.close();
    }
  }
}

function samplesOf({ data }: Tensor<"f32">): Float32Array<ArrayBuffer> {
  return data as Float32Array<ArrayBuffer>;
}

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
  separation: Separation,
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
