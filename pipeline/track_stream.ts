/**
 * The spectrogram of a track whose seams before it are not asked for: its audio is used up while it is decoded.
 *
 * @module
 */

import { orAborted } from "../core/abort.ts";
import { printable } from "../core/printable.ts";
import { PROGRAM } from "../core/program.ts";
import { OVERLAP } from "../kernels/mod.ts";
import {
  demixFolder,
  type DemixRecord,
  ensureSpaceForStems,
  keepDemixed,
  readDemixedDigests,
  stemPaths,
} from "./demix_files.ts";
import type { Demixer } from "./demix.ts";
import {
  type MeasuredMix,
  measureMix,
  type MixFile,
  mustMeasure,
  openMixFile,
  streamMix,
  streamMixAlone,
} from "./mix_stream.ts";
import { CPU, type RunObserver } from "./runner.ts";
import type { Separated, SeparationOptions, StemsRun, Track } from "./separated.ts";
import { BANDS, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { ensureSpaceForSpectrogram, readSpectrogram } from "./spectrogram_files.ts";
import { streamStems } from "./stem_stream.ts";
import { hashOfDigests } from "./stems_hash.ts";
import { release, type Tensor, tensor } from "../core/tensor.ts";

/** Stages that run at the same time, and the busy time of each in seconds. */
type BusySeconds = Readonly<Partial<Record<"decode" | "demix" | "spectrogram", number>>>;

/**
 * Runs stages at the same time and reports the busy time of each, from the common start on.
 *
 * @param origin `performance.now()` at the origin of the run, in milliseconds
 * @param stages the stages
 * @param observer receives starts and timings
 * @param work the work, whose result has the busy times in seconds
 * @param device device of the networks
 */
export async function timedStream<Result extends { readonly seconds: BusySeconds }>(
  origin: number,
  stages: readonly (keyof BusySeconds)[],
  observer: RunObserver,
  work: () => Promise<Result>,
  device: string = CPU,
): Promise<Result> {
  for (const stage of stages) observer.onStart?.(stage, stage !== stages[0]);
  const start = (performance.now() - origin) / 1000;
  const result = await work();
  for (const stage of stages) {
    const end = start + (result.seconds[stage] ?? 0);
    observer.onTiming?.({ stage, start, end, device: stage === "demix" ? device : CPU });
  }
  return result;
}

/**
 * Separates a mix, or uses the stems or the spectrogram that an earlier run kept, as `separate()`, and keeps no samples
 * in memory.
 *
 * @param track the mix, which is a file
 * @param options how it is separated, in a single pass
 * @param run observer and settings
 * @throws {ModelError | KernelError} if the weights are missing, or the mix cannot be read
 */
export async function separateStream(
  track: Track,
  options: SeparationOptions,
  run: StemsRun,
): Promise<Separated> {
  const { audio, spectrogramAt } = run;
  const [loading, opening] = [
    orAborted(options.demixer, audio.signal),
    openMixFile(track.path, audio),
  ];
  // Reports missing weights first, even if decoding fails earlier.
  const [demixer, file] = await Promise.allSettled([loading, opening]);
  if (demixer.status === "rejected") {
    if (file.status === "fulfilled") file.value.close();
    throw demixer.reason;
  }
  if (file.status === "rejected") throw file.reason;
  const separation = { track, options, run, demixer: demixer.value, file: file.value };
  try {
    const keepsSome = (options.keepIn ?? spectrogramAt) !== undefined;
    return await (keepsSome ? separateKept(separation) : separateOnce(separation));
  } finally {
    file.value.close();
  }
}

interface Separation {
  readonly track: Track;
  readonly options: SeparationOptions;
  readonly run: StemsRun;
  readonly demixer: Demixer;
  readonly file: MixFile;
}

/** What the separation of a mix tells, but for the stems. */
type Common = Omit<Separated, "seams" | "sha256">;

async function separateOnce(separation: Separation): Promise<Separated> {
  const { run, demixer, file } = separation;
  const streamed = await streamedMix(
    separation,
    () => mustMeasure(run.audio, demixer) ? measureMix(file, demixer, false) : undefined,
  );
  return { ...commonOf(separation, streamed), ...madeOf(streamed) };
}

/** Uses what an earlier run kept, and keeps what is asked for. */
async function separateKept(separation: Separation): Promise<Separated> {
  const { track, options, run, demixer, file } = separation;
  const { keepIn } = options;
  const { context, spectrogramAt } = run;
  const { name, sha256: weights, backend, rhythmOf } = demixer;
  // Kept stems are all separated, so that they are of use elsewhere too.
  const separator = keepIn === undefined ? demixer : rhythmOf ?? demixer;
  const measured = await measureMix(file, demixer, true);
  const common = commonOf(separation, measured);
  const record: DemixRecord = {
    path: track.path,
    mixture_sha256: measured.mixtureSha256 ?? "",
    program: PROGRAM,
    demixer: separator.name,
    weights_sha256: weights,
    backend,
    device: context.compute?.device ?? CPU,
    shifts: weights === null ? null : options.shifts,
    ...overlapOf(separation),
    ...(demixer.precision === "bf16" && { precision: demixer.precision }),
    ...(measured.gain !== null && { gain_db: measured.gain.db }),
  };
  const noted = (...notes: string[]): Pick<Separated, "notes"> => ({
    notes: [...measured.notes, ...notes.map((note) => printable(`${track.path}: ${note}`))],
  });
  const folder = keepIn === undefined ? undefined : demixFolder(keepIn, separator.name, track);
  const toKeep = spectrogramAt === undefined ? undefined : {
    path: spectrogramAt,
    record: { path: track.path, program: PROGRAM, demix: { ...record, demixer: name } },
  };
  const made = { ...common, ...(toKeep && { toKeep }) };
  const keptSpectrogram = toKeep && !options.isAnew && !options.isSpectrogramAnew
    ? await readSpectrogram(toKeep.path, toKeep.record)
    : undefined;
  const ofSpectrogram = `spectrogram of an earlier run, ${toKeep?.path}.npy`;
  if (folder === undefined) {
    if (keptSpectrogram === undefined) {
      return { ...made, ...madeOf(await streamedMix(separation, () => measured)) };
    }
    const { spectrogram, stemsSha256 } = keptSpectrogram;
    const sha256 = Promise.resolve(stemsSha256);
    return { ...common, seams: { spectrogram }, sha256, ...noted(ofSpectrogram) };
  }
  const kept = options.isAnew ? undefined : await readDemixedDigests(folder, record);
  if (kept === undefined) {
    await ensureSpaceForStems(folder, measured.samples);
    if (toKeep) {
      const frames = Math.ceil(measured.samples / HOP_SAMPLES);
      await ensureSpaceForSpectrogram(toKeep.path, frames);
    }
    const streamed = await keepDemixed(
      folder,
      record,
      (files) => streamedMix(separation, () => measured, files),
    );
    return { ...made, ...madeOf(streamed) };
  }
  const note = `stems of an earlier run, ${folder}`;
  const { digests, mix } = await analysedStems(separation, kept, measured);
  const sha256 = Promise.resolve(hashOfDigests(digests));
  if (keptSpectrogram !== undefined && keptSpectrogram.stemsSha256 === await sha256) {
    const { spectrogram } = keptSpectrogram;
    return { ...common, seams: { spectrogram }, sha256, ...noted(note, ofSpectrogram) };
  }
  const stems = await timedStream(
    run.origin,
    ["spectrogram"],
    run.observer,
    () => streamStems(stemPaths(folder).slice(0, mix === undefined ? 4 : 2), signalOf(run)),
  );
  const spectrogram = mix === undefined ? stems.spectrogram : withMix(stems.spectrogram, mix);
  return { ...made, seams: { spectrogram }, sha256, ...noted(note) };
}

/** Returns the digests of the stems that are analysed, and the spectrogram of the mix where it is two of them. */
async function analysedStems(
  { demixer, file }: Separation,
  kept: readonly Uint8Array[],
  measured: MeasuredMix,
): Promise<{ readonly digests: readonly Uint8Array[]; readonly mix?: Float32Array }> {
  if (demixer.rhythmOf === undefined) return { digests: kept };
  const { rows, digest } = await streamMixAlone(file, measured.gain);
  return { digests: [...kept.slice(0, 2), digest, digest], mix: rows };
}

/** Puts the spectrogram of the mix behind those of bass and drums, twice, and releases all three. */
function withMix({ shape, data }: Tensor<"f32">, mix: Float32Array): Tensor<"f32"> {
  const [, frames = 0] = shape;
  const all = new Float32Array(4 * frames * BANDS);
  all.set(data);
  release({ data });
  all.set(mix, 2 * frames * BANDS);
  all.set(mix, 3 * frames * BANDS);
  release({ data: mix });
  return tensor("f32", [4, frames, BANDS], all);
}

/** Runs the stages of a mix, after it was measured where it must be. */
async function streamedMix(
  { options, run, demixer, file }: Separation,
  measure: () => Promise<MeasuredMix> | MeasuredMix | undefined,
  files?: readonly string[],
): ReturnType<typeof streamMix> {
  const { origin, observer, context, audio } = run;
  const { shifts, overlap } = options;
  const work = async (): ReturnType<typeof streamMix> => {
    const measured = await measure();
    return await streamMix(file, demixer, {
      shift: shifts[0] ?? null,
      ...(overlap !== undefined && { overlap }),
      ...(files && { files }),
      ...(measured && { gain: measured.gain }),
      onProgress: (done, total) => observer.onProgress?.("demix", done, total),
    });
  };
  const { device } = context.compute ?? {};
  const stages = ["decode", "demix", "spectrogram"] as const;
  const timed = (): ReturnType<typeof streamMix> =>
    timedStream(origin, stages, observer, work, device);
  return await (context.turns?.run(timed, audio.signal) ?? timed());
}

function madeOf(
  { spectrogram, sha256 }: { readonly spectrogram: Tensor<"f32">; readonly sha256: string },
): Pick<Separated, "seams" | "sha256"> {
  return { seams: { spectrogram }, sha256: Promise.resolve(sha256) };
}

function commonOf(separation: Separation, measured: MeasuredMix): Common {
  const { options, demixer: { name, sha256, backend, precision } } = separation;
  const { samples, source, gain, warnings, notes } = measured;
  return {
    durationSeconds: samples / SAMPLE_RATE_HZ,
    provenance: {
      demixer: name,
      demixer_weights: sha256,
      demix_shifts: sha256 === null ? null : options.shifts,
      ...(overlapOf(separation).overlap !== undefined && { demix_overlap: options.overlap }),
      ...(precision === "bf16" && { demix_precision: precision }),
      mix: source,
      stems: [],
      decoder: source.decoder,
      gain,
    },
    backends: { demix: backend },
    warnings,
    notes,
  };
}

/** The default is not recorded, so that what was kept before there was a choice can be used. */
function overlapOf({ options: { overlap }, demixer }: Separation): { readonly overlap?: number } {
  if (demixer.sha256 === null || overlap === undefined || overlap === OVERLAP) return {};
  return { overlap };
}

function signalOf({ audio: { signal } }: StemsRun): { readonly signal?: AbortSignal } {
  return signal === undefined ? {} : { signal };
}
