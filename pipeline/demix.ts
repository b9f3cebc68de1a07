/**
 * Stage: a mixture to four stems, by HTDemucs or without a network; the mixture itself can be two of them.
 *
 * @module
 */

import {
  type MonoStems,
  openHpss,
  openSeparation,
  type Precision,
  roundMixture,
  SEGMENT_SAMPLES,
  SEGMENT_SPECTRUM,
  type SeparatedStems,
  type Separation,
  SOURCE_STEMS,
  type TakenMono,
} from "../kernels/mod.ts";
import type { Backend } from "./backends/backend.ts";
import type { DemixSession, SegmentOutput } from "./backends/demix_session.ts";
import { elementCount, release, type Tensor, tensor } from "../core/tensor.ts";

/** A network of a demixer. */
export interface DemixNetwork {
  /** The network for one segment. */
  readonly session: DemixSession;
  /** Stem that each source of the network is added to: 0 to 3 are bass, drums, other, vocals. */
  readonly sourceStems: readonly number[];
  /** Stems that are taken from its separation. */
  readonly stems: readonly number[];
}

/** Indices of all stems. */
export const ALL_STEMS: readonly number[] = [0, 1, 2, 3];

/**
 * Returns the network of a demixer that separates all stems with it, from the sources of the published network.
 *
 * @param session the network
 */
export function wholeNetwork(session: DemixSession): DemixNetwork {
  return { session, sourceStems: SOURCE_STEMS, stems: ALL_STEMS };
}

/** A loaded demixer. */
export interface Demixer {
  /** Name in the registry, such as `htdemucs`. */
  readonly name: string;
  /** SHA-256 of the weights, of several files that of their SHA-256 in order; null where there are none. */
  readonly sha256: string | null;
  /** Backend of the networks. */
  readonly backend: Backend;
  /** Precision of the products of the networks; absent for `f32`. */
  readonly precision?: Precision;
  /** The networks: one, or one for each stem of a bag, which run in turn; none for a separation by median filters. */
  readonly networks: readonly DemixNetwork[];
  /**
   * Demixer whose bass and drums are used, with the mixture itself as other and as vocals; absent where all
   * stems are separated. It also makes the stems that are kept as files.
   */
  readonly rhythmOf?: Demixer;
}

/** Options of the stage. */
export interface DemixOptions {
  /**
   * For each pass over the mixture the samples, 0 to 22050, that upstream draws at random, or null
   * for no shift at all; the stems are the mean of the passes. Of no meaning without a network.
   */
  readonly shifts: readonly (number | null)[];
  /** Share of a segment that overlaps the next one; a quarter by default. */
  readonly overlap?: number;
  /**
   * Form of the stems: `floats` as well as 16-bit stereo, `stereo` only, or `mono`, which is all that
   * the spectrogram needs. All but `mono` keep floats, 85 MB a minute. For `mono`, the part before the
   * first sample that is too loud for 16 bit is separated twice.
   */
  readonly stems: "floats" | "stereo" | "mono";
  /**
   * Whether to free the memory of the mixture, 21 MB a minute, as soon as mono stems are made; its
   * tensor is then empty.
   */
  readonly releaseMixture?: boolean;
  /** Aborts the separation. */
  readonly signal?: AbortSignal;
  /** Called when a segment is done. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Separated stems: bass, drums, other, vocals. */
export interface DemixedStems {
  /** `[4, 2, samples]` f32, full scale 1.0. */
  readonly stems?: Tensor<"f32">;
  /** `[4, 2, samples]` i16, as upstream saves stems to files; `[4, 1, samples]`, their mean, for mono. */
  readonly stems16: Tensor<"i16">;
}

/**
 * Separates a mixture.
 *
 * @param demixer the loaded demixer
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @param options shifts, form of the stems, signal, progress
 * @throws {KernelError} if there are no samples
 *
 * Source: demucs 4.0.1, `separate.py`, `apply.py`, `audio.py`.
 */
export async function demix(
  demixer: Demixer,
  mixture: Tensor<"f32">,
  options: DemixOptions,
): Promise<DemixedStems> {
  const { networks, rhythmOf } = demixer;
  if (options.stems === "mono" && (networks.length === 0 || options.shifts.length === 1)) {
    return { stems16: await demixToMono(demixer, mixture, options) };
  }
  if (rhythmOf !== undefined) {
    return await withMixture(await demix(rhythmOf, mixture, options), mixture);
  }
  const length = elementCount(mixture.shape);
  const stems16 = new Int16Array(4 * length);
  const floats = options.stems === "floats" ? new Float32Array(4 * length) : undefined;
  for (const part of partsOf(demixer, options)) {
    const separation = await separate(part, mixture, options);
    try {
      // In turn, so that each stem is freed before the next is made.
      for (const stem of part.stems) {
        const [start, end] = [stem * length, (stem + 1) * length];
        await separation.stem(stem, stems16.subarray(start, end), floats?.subarray(start, end));
      }
    } finally {
      separation.close();
    }
    await part.network?.session.rest?.();
  }
  return {
    stems16: tensor("i16", [4, ...mixture.shape], stems16),
    ...(floats && { stems: tensor("f32", [4, ...mixture.shape], floats) }),
  };
}

/** Releases the networks of a demixer; none where there is no demixer. */
export async function releaseDemixer(demixer: Demixer | undefined): Promise<void> {
  for (const { session } of demixer?.networks ?? []) await session.release();
}

/** A separation of the whole mixture, from which some stems are taken. */
interface Part extends Pick<DemixNetwork, "stems"> {
  /** The network; absent for median filters. */
  readonly network?: DemixNetwork;
  /** Receives the progress of the part as that of all parts. */
  readonly onProgress: (done: number, total: number) => void;
}

/** Returns the separations of a demixer, one for each network. */
function partsOf(
  { networks, rhythmOf }: Demixer,
  { onProgress }: Pick<DemixOptions, "onProgress">,
): Part[] {
  const parts = networks.length === 0
    ? [{ stems: rhythmOf === undefined ? ALL_STEMS : ALL_STEMS.slice(0, RHYTHM_STEMS) }]
    : networks.map((network) => ({ network, stems: network.stems }));
  return parts.map((part, at) => ({
    ...part,
    onProgress: (done, total) => onProgress?.(at * total + done, parts.length * total),
  }));
}

/**
 * Replaces other and vocals by the mixture, which is rounded as a stem is.
 *
 * @param stems bass, drums, other, vocals
 * @param mixture `[2, samples]` f32, full scale 1.0, 44.1 kHz
 * @returns stems of the same form; the given arrays are changed
 * @throws {KernelError} if there are no samples
 */
export async function withMixture(
  stems: DemixedStems,
  { data }: Tensor<"f32">,
): Promise<DemixedStems> {
  await takeMixture(data, stems.stems16.data);
  const floats = stems.stems?.data;
  for (const stem of [2, 3]) floats?.set(data, stem * data.length);
  return stems;
}

/** Stems that are separated where the mixture is the rest: bass and drums. */
const RHYTHM_STEMS = 2;

/** Rounds the mixture to other and vocals of `[4, channels, samples]`. */
async function takeMixture(mixture: Tensor<"f32">["data"], stems16: Int16Array): Promise<void> {
  const length = stems16.length / 4;
  await roundMixture(
    mixture,
    stems16.subarray(RHYTHM_STEMS * length, (RHYTHM_STEMS + 1) * length),
  );
  stems16.copyWithin(3 * length, RHYTHM_STEMS * length, 3 * length);
}

/** Separates to mono; separates the part before the first too loud sample again, with the known divisor. */
async function demixToMono(
  demixer: Demixer,
  mixture: Tensor<"f32">,
  options: DemixOptions,
): Promise<Tensor<"i16">> {
  const samples = mixture.shape[1] ?? 0;
  const stems16 = new Int16Array(4 * samples);
  for (const part of partsOf(demixer, options)) {
    const take = async (mono: MonoStems): Promise<ReadonlyMap<number, TakenMono>> => {
      const separation = await separate(part, mixture, options, mono);
      try {
        const taken = new Map<number, TakenMono>();
        for (const stem of part.stems) {
          const [start, end] = [stem * samples, stem * samples + mono.samples];
          taken.set(stem, await separation.mono(stem, stems16.subarray(start, end)));
        }
        return taken;
      } finally {
        separation.close();
      }
    };
    const taken = await take({ samples });
    const stale = Math.max(...[...taken.values()].map((stem) => stem.stale));
    if (stale > 0) {
      const divisors = ALL_STEMS.map((stem) => taken.get(stem)?.divisor ?? 1);
      await take({ samples: stale, divisors });
    }
    await part.network?.session.rest?.();
  }
  if (demixer.rhythmOf !== undefined) await takeMixture(mixture.data, stems16);
  // The garbage collector would free it later.
  if (options.releaseMixture) release(mixture);
  return tensor("i16", [4, 1, samples], stems16);
}

/** Separates the mixture; the caller takes the stems out and closes the separation. */
async function separate(
  { network, stems, onProgress }: Part,
  mixture: Tensor<"f32">,
  { shifts, overlap, signal }: DemixOptions,
  mono?: MonoStems,
): Promise<SeparatedStems> {
  const samples = mixture.data as Float32Array<ArrayBuffer>;
  if (network === undefined) {
    const separation = await openHpss(
      samples,
      mono,
      stems.length === RHYTHM_STEMS ? RHYTHM_STEMS : 4,
    );
    return await closedOnFailure(separation, async () => {
      for (let part = 0; part < separation.parts; part++) {
        signal?.throwIfAborted();
        await separation.separatePart();
        onProgress(part + 1, separation.parts);
      }
    });
  }
  const { session, sourceStems } = network;
  const passes = { shifts, sourceStems, ...(overlap !== undefined && { overlap }) };
  const separation = await openSeparation(samples, passes, mono);
  return await closedOnFailure(
    separation,
    () => runSegments(separation, session, signal, onProgress),
  );
}

/** Returns the separation after the work, and closes it if the work fails. */
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

/**
 * Runs the segments in turn: during each, the kernels prepare the next and join the previous one.
 *
 * @param separation the segments
 * @param session the network
 * @param signal aborts the run
 * @param onProgress called when a segment is done
 */
export async function runSegments(
  separation: Pick<Separation, "segments" | "input" | "output">,
  session: Pick<DemixSession, "run">,
  signal: AbortSignal | undefined,
  onProgress: (done: number, total: number) => void,
): Promise<void> {
  // Two sets of inputs: the network reads one while the kernels fill the other. Likewise two of outputs.
  const outputs: SegmentOutput[] = [];
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
      const into = outputs[index % 2];
      const output = await session.run(input.wave, input.spectrum, {
        ...(into && { into }),
        ...(signal && { signal }),
      });
      outputs[index % 2] = output;
      await joining;
      joining = separation.output(index, output.wave, output.spectrum);
      onProgress(index + 1, separation.segments);
    }
    await joining;
  } finally {
    await Promise.allSettled([preparing, joining]);
  }
}
