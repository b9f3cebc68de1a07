/**
 * Stems of a track: given, separated, or kept by an earlier run.
 *
 * @module
 */

import { join } from "node:path";
import { orAborted } from "../core/abort.ts";
import { OVERLAP } from "../kernels/mod.ts";
import { printable } from "../core/printable.ts";
import { PROGRAM } from "../core/program.ts";
import { reasonOf } from "../core/reason.ts";
import type { Tensor } from "../core/tensor.ts";
import { withMixture } from "./demix.ts";
import {
  areStemsOf,
  demixFolder,
  type DemixRecord,
  ensureSpaceForStems,
  readDemixed,
  sha256Of,
  upstreamFolder,
  writeDemixed,
} from "./demix_files.ts";
import { findStems } from "./find_stems.ts";
import { readMixture } from "./mixture.ts";
import { CPU, runStages, timed } from "./runner.ts";
import type { Seams } from "./seams.ts";
import { HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { ensureSpaceForSpectrogram, readSpectrogram } from "./spectrogram_files.ts";
import type { Separated, SeparationOptions, StemsRun, Track } from "./separated.ts";
import { readStemsOrSpectrogram, streamStems } from "./stem_stream.ts";
import { STEMS } from "./stems.ts";
import { sha256OfStems } from "./stems_hash.ts";
import { separateStream, timedStream } from "./track_stream.ts";

/**
 * Reads given stems.
 *
 * @param track the track
 * @param directory folder of the stems
 * @param run stages, observer and settings
 * @throws {StemsError | KernelError} if a stem is missing or cannot be read
 */
export async function readGiven(
  track: Track,
  directory: string,
  run: StemsRun,
): Promise<Separated> {
  const files = track.stems ?? await findStems(directory);
  const isStream = !run.keepsStems && files.length === STEMS.length;
  const read = isStream
    ? await timedStream(
      run.origin,
      ["decode", "spectrogram"],
      run.observer,
      () => streamStems(files, run.audio),
    )
    : await timed(
      run.origin,
      "decode",
      run.observer,
      () => readStemsOrSpectrogram(files, run.audio),
    );
  // Further sources are added to other.
  const stems = read.sources.map((source, at) => ({ name: STEMS[at] ?? "other", ...source }));
  const path = run.audio.part === undefined ? run.spectrogramAt : undefined;
  return {
    ...(path !== undefined && {
      toKeep: { path, record: { path: track.path, program: PROGRAM, demix: null } },
    }),
    ...("stems16" in read ? stemsOf(read.stems16) : {
      seams: { spectrogram: read.spectrogram },
      sha256: Promise.resolve(read.sha256),
    }),
    durationSeconds: read.durationSeconds,
    provenance: {
      demixer: "external",
      demixer_weights: null,
      demix_shifts: null,
      mix: null,
      stems,
      decoder: [...new Set(stems.map(({ decoder }) => decoder))].join(", "),
      gain: read.gain,
      ...(read.paddingSeconds > 0 && { stems_padding: read.paddingSeconds }),
    },
    warnings: read.warnings,
    notes: read.notes,
  };
}

/**
 * Separates a mix, or reads the stems or the spectrogram that an earlier run kept; frees the mixture afterwards.
 *
 * @param track the mix
 * @param options how it is separated
 * @param stemsRun stages, observer and settings
 * @throws {ModelError | KernelError} if the weights are missing, or the mix cannot be read
 */
export async function separate(
  track: Track,
  options: SeparationOptions | undefined,
  stemsRun: StemsRun,
): Promise<Separated> {
  const { path } = track;
  const { context, observer, origin, audio, stages, spectrogramAt } = stemsRun;
  if (options === undefined) throw new Error(`${path} has no stems, and no demixer is given`);
  const keepsSome = (options.keepIn ?? spectrogramAt) !== undefined;
  if (keepsSome && audio.part !== undefined) {
    throw new Error(`${path}: stems of a part are not kept, since those of the whole may be`);
  }
  // Samples in memory, and the mean of several passes, need arrays as long as the track.
  const isStream = !stemsRun.keepsStems && track.samples === undefined &&
    options.shifts.length === 1 && !mayUseUpstreams(track, options);
  if (isStream) return await separateStream(track, options, stemsRun);
  const decoding = timed(
    origin,
    "decode",
    observer,
    () => readMixture(track.samples ?? path, audio),
  );
  // Reports missing weights first, even if decoding fails earlier.
  const [demixer, read] = await bothOf(orAborted(options.demixer, audio.signal), decoding);
  const { name, sha256, backend, precision, rhythmOf } = demixer;
  // The default is not recorded, so that what was kept before there was a choice can be used.
  const isOther = sha256 !== null && (options.overlap ?? OVERLAP) !== OVERLAP;
  const overlap = isOther ? { demix_overlap: options.overlap } : {};
  const upstreams = await readUpstreams(track, options, name, read.mixture, stemsRun);
  if (typeof upstreams === "object") return upstreams;
  const common: Omit<Separated, "seams" | "sha256"> = {
    durationSeconds: (read.mixture.shape[1] ?? 0) / SAMPLE_RATE_HZ,
    provenance: {
      demixer: name,
      demixer_weights: sha256,
      demix_shifts: sha256 === null ? null : options.shifts,
      ...overlap,
      ...(precision === "bf16" && { demix_precision: precision }),
      mix: read.source,
      stems: [],
      decoder: read.source.decoder,
      gain: read.gain,
    },
    backends: { demix: backend },
    warnings: [...read.warnings, ...(upstreams === undefined ? [] : [upstreams])],
    notes: read.notes,
  };
  // Kept stems are all separated, so that they are of use elsewhere too.
  const separator = options.keepIn === undefined ? demixer : rhythmOf ?? demixer;
  const separated = async (): Promise<Tensor<"i16">> => {
    // Mono takes a quarter of the memory and suffices where stems are not kept.
    const stems = options.keepIn === undefined ? "mono" as const : "stereo" as const;
    const separation = {
      demixer: Promise.resolve(separator),
      shifts: options.shifts,
      ...(options.overlap !== undefined && { overlap: options.overlap }),
      stems,
      releaseMixture: true,
      ...(options.loadFallback && { loadFallback: options.loadFallback }),
    };
    const given = { mixture: read.mixture };
    const full = { ...context, separation };
    const seams = await runStages(given, full, observer, origin, stages) as Seams;
    return seams.stems16;
  };
  const { keepIn } = options;
  if (!keepsSome) return { ...stemsOf(await separated()), ...common };
  const record: DemixRecord = {
    path: track.path,
    mixture_sha256: await sha256Of(read.mixture),
    program: PROGRAM,
    demixer: separator.name,
    weights_sha256: sha256,
    backend,
    device: context.compute?.device ?? CPU,
    shifts: sha256 === null ? null : options.shifts,
    ...(isOther && { overlap: options.overlap }),
    ...(precision === "bf16" && { precision }),
    ...(read.gain !== null && { gain_db: read.gain.db }),
  };
  const noted = (...notes: string[]): Pick<Separated, "notes"> => ({
    notes: [...read.notes, ...notes.map((note) => printable(`${track.path}: ${note}`))],
  });
  const folder = keepIn === undefined ? undefined : demixFolder(keepIn, separator.name, track);
  const toKeep = spectrogramAt === undefined ? undefined : {
    path: spectrogramAt,
    record: { path: track.path, program: PROGRAM, demix: { ...record, demixer: name } },
  };
  const keptSpectrogram = toKeep && !options.isAnew && !options.isSpectrogramAnew
    ? await readSpectrogram(toKeep.path, toKeep.record)
    : undefined;
  const ofSpectrogram = `spectrogram of an earlier run, ${toKeep?.path}.npy`;
  const made = { ...common, ...(toKeep && { toKeep }) };
  if (folder === undefined) {
    if (keptSpectrogram === undefined) return { ...made, ...stemsOf(await separated()) };
    const { spectrogram, stemsSha256 } = keptSpectrogram;
    const seams = { seams: { spectrogram }, sha256: Promise.resolve(stemsSha256) };
    return { ...common, ...seams, ...noted(ofSpectrogram) };
  }
  const analysed = async (stems16: Tensor<"i16">): Promise<Tensor<"i16">> =>
    rhythmOf === undefined ? stems16 : (await withMixture({ stems16 }, read.mixture)).stems16;
  const kept = options.isAnew ? undefined : await readDemixed(folder, record);
  if (kept !== undefined) {
    const { seams, sha256 } = stemsOf(await analysed(kept));
    const note = `stems of an earlier run, ${folder}`;
    if (keptSpectrogram === undefined || keptSpectrogram.stemsSha256 !== await sha256) {
      return { ...made, seams, sha256, ...noted(note) };
    }
    const { spectrogram } = keptSpectrogram;
    return { ...common, seams: { ...seams, spectrogram }, sha256, ...noted(note, ofSpectrogram) };
  }
  const [, samples = 0] = read.mixture.shape;
  await ensureSpaceForStems(folder, samples);
  if (toKeep) await ensureSpaceForSpectrogram(toKeep.path, Math.ceil(samples / HOP_SAMPLES));
  const stems16 = await separated();
  await writeDemixed(folder, record, stems16);
  return { ...made, ...stemsOf(await analysed(stems16)) };
}

/**
 * Reads the stems that allin1 or demucs have kept of a mix.
 *
 * @returns undefined where there are none; a warning where they are of another track
 */
async function readUpstreams(
  track: Track,
  { keepIn, isAnew }: SeparationOptions,
  demixer: string,
  mixture: Tensor<"f32">,
  run: StemsRun,
): Promise<Separated | string | undefined> {
  if (keepIn === undefined || isAnew || (demixer !== "htdemucs" && !run.takesUpstreams)) {
    return undefined;
  }
  const folder = upstreamFolder(keepIn, track);
  if (folder === undefined) return undefined;
  const stems = STEMS.map((stem) => join(folder, `${stem}.wav`));
  const named = printable(`${track.path}: `);
  let read: Separated;
  try {
    // The samples tell whether they are of this mix.
    read = await readGiven({ ...track, stems }, folder, { ...run, keepsStems: true });
  } catch (error) {
    return `${named}the stems in ${printable(folder)} are not used: ${reasonOf(error)}`;
  }
  const { stems16 } = read.seams;
  const fits = stems16 === undefined
    ? Math.abs(read.durationSeconds - (mixture.shape[1] ?? 0) / SAMPLE_RATE_HZ) < 0.02
    : areStemsOf(stems16, mixture);
  if (!fits) {
    return `${named}the stems in ${printable(folder)} are of another track: they are not used`;
  }
  const note = `${named}stems that another program has kept, ${printable(folder)}`;
  return { ...read, notes: [...read.notes ?? [], note] };
}

/** Returns stems with their hash. */
function stemsOf(stems16: Tensor<"i16">): Pick<Separated, "seams" | "sha256"> {
  return { seams: { stems16 }, sha256: Promise.resolve(sha256OfStems(stems16)) };
}

/** Returns whether there may be stems that allin1 or demucs have kept of a mix. */
function mayUseUpstreams(
  track: Track,
  { keepIn, isAnew }: SeparationOptions,
): boolean {
  return keepIn !== undefined && !isAnew && upstreamFolder(keepIn, track) !== undefined;
}

/** Waits for two results; where both fail, throws the error of the first. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
