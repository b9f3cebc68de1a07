/**
 * Analysis of one track through all stages.
 *
 * @module
 */

import { backendOf, type ComputeOptions } from "./backends/backend.ts";
import {
  demixFolder,
  type DemixRecord,
  ensureSpaceForStems,
  readDemixed,
  sha256Of,
  writeDemixed,
} from "./demix_files.ts";
import type { DecodedMetre } from "../kernels/mod.ts";
import { type AudioOptions, rangeOf } from "./audio_files.ts";
import { withMixture } from "./demix.ts";
import { guardedStages, type GuardFinding, type GuardOptions } from "./guard.ts";
import { readMixture } from "./mixture.ts";
import type { NetworkModel } from "./network.ts";
import { printable } from "../core/printable.ts";
import { PROGRAM, RUNTIME_VERSIONS } from "../core/program.ts";
import {
  type AnalysisResult,
  analysisResult,
  type FindingOptions,
  findingProvenance,
  type GuardProvenance,
  type Provenance,
} from "./result.ts";
import { CPU, type RunObserver, runStages, timed } from "./runner.ts";
import { FRAMES_PER_SECOND, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import type { Seams } from "./seams.ts";
import { type SeparationContext, type Stage, type StageContext, STAGES } from "./stages.ts";
import { findStems, readStemsOrSpectrogram, STEMS } from "./stems.ts";
import type { Tensor } from "../core/tensor.ts";

/** A track: a mix to separate, or a track whose stems are given. */
export interface Track {
  /** Absolute path of the track in the result; the mix, where no stems are given. */
  readonly path: string;
  /** Name of its result files. */
  readonly name: string;
  /** Folder with the four stems; absent for a mix. */
  readonly stemsDirectory?: string;
}

/** Options of an analysis. */
export interface TrackOptions {
  /** Weights of the network, which may still be loading. */
  readonly model: Promise<NetworkModel>;
  /** Roles whose weights the program chose; absent for none. */
  readonly automatic?: readonly ("demixer" | "model")[];
  /** Whether embeddings are made. */
  readonly embeddings: boolean;
  /** Part of the track, gain, limit of the padding of stems, and whether ffmpeg may be used. */
  readonly audio?: AudioOptions;
  /** How a mix is separated. */
  readonly separation?: SeparationOptions;
  /** What is searched for, and how it is told; as allin1 by default. */
  readonly findings?: FindingOptions;
  /** Backend, device and threads of the networks. */
  readonly compute?: ComputeOptions;
  /** Guard by second implementations; absent for none. */
  readonly guard?: GuardOptions;
  /** Receives starts, progress and timings. */
  readonly observer?: RunObserver;
  /** `performance.now()` at the origin of the timings; now when absent. */
  readonly origin?: number;
}

/** How a mix is separated. */
export interface SeparationOptions
  extends Pick<SeparationContext, "demixer" | "loadFallback" | "shifts"> {
  /** Folder where stems are kept and reused; absent to keep none. */
  readonly keepIn?: string;
}

/** Outcome of an analysis. */
export interface AnalyzedTrack {
  /** The track. */
  readonly track: Track;
  /** Result, as it is written. */
  readonly result: AnalysisResult;
  /** Every seam from `stems16` on; from `spectrogram` on where long stems were given. */
  readonly seams: Seams;
  /** Time in the track at which the seams begin; the result has times of the track. */
  readonly startSeconds: number;
  /** Length of the longest stem, or of the part of it that was analysed. */
  readonly durationSeconds: number;
  /** Warnings for the user, each naming the track. */
  readonly warnings: readonly string[];
  /** Notes for the user, each naming the track. */
  readonly notes: readonly string[];
}

/** Stems of a track and their provenance. */
interface Separated {
  /** `stems16`, or `spectrogram` of long stems. */
  readonly seams: Partial<Seams>;
  /** SHA-256 of the seam `stems16`. */
  readonly sha256: Promise<string>;
  readonly durationSeconds: number;
  readonly provenance: Pick<
    Provenance,
    "demixer" | "demixer_weights" | "demix_shifts" | "mix" | "stems" | "decoder" | "gain"
  >;
  /** Backend of the separation, where one was needed. */
  readonly backends?: Readonly<Record<string, string>>;
  readonly warnings: readonly string[];
  readonly notes?: readonly string[];
}

/** The stages up to the stems. */
const BEFORE_STEMS = STAGES.slice(0, 1 + STAGES.findIndex((s) => s.outputs.includes("stems16")));
const AFTER_STEMS = STAGES.slice(BEFORE_STEMS.length);

/**
 * Analyses one track.
 *
 * @param track path of the mix or of the stems
 * @param options weights and options
 * @throws {StemsError | KernelError} if the audio cannot be decoded or separated
 */
export async function analyzeTrack(track: Track, options: TrackOptions): Promise<AnalyzedTrack> {
  const { guard, origin = performance.now() } = options;
  const seen = new Map<string, GuardFinding>();
  const observer: RunObserver = {
    onStart: (stage) => options.observer?.onStart?.(stage),
    onProgress: (...progress) => options.observer?.onProgress?.(...progress),
    onTiming: (timing) => {
      const found = seen.get(timing.stage);
      options.observer?.onTiming?.({
        ...timing,
        ...(found?.fellBack && { fallback: found.alternative }),
      });
    },
  };
  const watched = (stages: readonly Stage[]): readonly Stage[] =>
    guard === undefined
      ? stages
      : guardedStages(stages, guard, (finding) => seen.set(finding.stage, finding));
  const { findings = {} } = options;
  let metre: DecodedMetre | null = null;
  const context: StageContext = {
    model: options.model,
    embeddings: options.embeddings,
    metrical: {
      ...(findings.decoder && { decoder: findings.decoder }),
      onMetre: (found) => metre = found,
    },
    ...(options.compute && { compute: options.compute }),
  };
  const { audio = {} } = options;
  const startSeconds = rangeOf(audio).first / SAMPLE_RATE_HZ;
  const run = { context, observer, origin, audio, stages: watched(BEFORE_STEMS) };
  const separated = track.stemsDirectory === undefined
    ? await separate(track, options.separation, run)
    : await readGiven(track.stemsDirectory, run);
  const after = watched(AFTER_STEMS);
  const seams = await runStages(separated.seams, context, observer, origin, after) as Seams;
  const model = await options.model;
  const provenance: Provenance = {
    program: PROGRAM,
    model: model.name,
    weights: model.checkpoints.map(({ name, sha256 }) => ({ name, sha256 })),
    ...separated.provenance,
    part: audio.part === undefined
      ? null
      : { start: startSeconds, end: startSeconds + separated.durationSeconds },
    ...findingProvenance(findings),
    automatic: options.automatic ?? [],
    stems16_sha256: await separated.sha256,
    backends: {
      ...separated.backends,
      ...Object.fromEntries(
        AFTER_STEMS.map(({ name, backend, isNetwork }) => [
          name,
          isNetwork ? backendOf(options.compute) : backend,
        ]),
      ),
      ...Object.fromEntries(
        [...seen.values()].filter(({ fellBack }) => fellBack)
          .map(({ stage, alternative }) => [stage, alternative]),
      ),
    },
    guard: guard === undefined
      ? null
      : { ...guard, stages: [...seen.values()].map(guardProvenance) },
    device: options.compute?.device ?? CPU,
    versions: RUNTIME_VERSIONS,
    sample_rate: SAMPLE_RATE_HZ,
    hop: HOP_SAMPLES,
    fps: FRAMES_PER_SECOND,
  };
  return {
    track,
    result: analysisResult(track.path, seams, metre, provenance, findings, startSeconds),
    seams,
    startSeconds,
    durationSeconds: separated.durationSeconds,
    warnings: [
      ...separated.warnings,
      ...[...seen.values()].filter(({ fellBack }) => fellBack).map((finding) =>
        fallbackWarning(track, finding)
      ),
    ],
    notes: separated.notes ?? [],
  };
}

function guardProvenance(finding: GuardFinding): GuardProvenance {
  const { stage, alternative, seam, needs, fellBack } = finding;
  return {
    ...{ stage, judge: alternative, seam },
    needs: Number.isFinite(needs) ? needs : null,
    fell_back: fellBack,
  };
}

function fallbackWarning({ path }: Track, finding: GuardFinding): string {
  const { stage, alternative, seam, needs } = finding;
  const difference = Number.isFinite(needs) ? `by ${needs.toExponential(1)}` : "in kind";
  return `${
    printable(path)
  }: ${stage} differs from ${alternative} in ${seam} ${difference}: ${alternative} computed it instead`;
}

interface RunOptions {
  readonly context: StageContext;
  readonly observer: RunObserver;
  readonly origin: number;
  readonly audio: AudioOptions;
  /** Stages up to the stems. */
  readonly stages: readonly Stage[];
}

async function readGiven(directory: string, run: RunOptions): Promise<Separated> {
  const files = await findStems(directory);
  const read = await timed(
    run.origin,
    "decode",
    run.observer,
    () => readStemsOrSpectrogram(files, run.audio),
  );
  const stems = read.sources.map((source, at) => ({ name: STEMS[at] ?? "", ...source }));
  return {
    ...("stems16" in read ? { seams: { stems16: read.stems16 }, sha256: sha256Of(read.stems16) } : {
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
    },
    warnings: read.warnings,
    notes: read.notes,
  };
}

/** Separates a mix, or reads the stems that an earlier run kept; frees the mixture afterwards. */
async function separate(
  { path, ...track }: Track,
  options: SeparationOptions | undefined,
  { context, observer, origin, audio, stages }: RunOptions,
): Promise<Separated> {
  if (options === undefined) throw new Error(`${path} has no stems, and no demixer is given`);
  if (options.keepIn !== undefined && audio.part !== undefined) {
    throw new Error(`${path}: stems of a part are not kept, since those of the whole may be`);
  }
  const decoding = timed(origin, "decode", observer, () => readMixture(path, audio));
  // Reports missing weights first, even if decoding fails earlier.
  const [demixer, read] = await bothOf(options.demixer, decoding);
  const { name, sha256, backend, rhythmOf } = demixer;
  const from = (stems16: Tensor<"i16">): Pick<Separated, "seams" | "sha256"> => ({
    seams: { stems16 },
    sha256: sha256Of(stems16),
  });
  const separated: Omit<Separated, "seams" | "sha256"> = {
    durationSeconds: (read.mixture.shape[1] ?? 0) / SAMPLE_RATE_HZ,
    provenance: {
      demixer: name,
      demixer_weights: sha256,
      demix_shifts: sha256 === null ? null : options.shifts,
      mix: read.source,
      stems: [],
      decoder: read.source.decoder,
      gain: read.gain,
    },
    backends: { demix: backend },
    warnings: read.warnings,
    notes: read.notes,
  };
  // Kept stems are all separated, so that they are of use elsewhere too.
  const separator = options.keepIn === undefined ? demixer : rhythmOf ?? demixer;
  const run = async (): Promise<Tensor<"i16">> => {
    // Mono takes a quarter of the memory and suffices where stems are not kept.
    const stems = options.keepIn === undefined ? "mono" as const : "stereo" as const;
    const separation = {
      demixer: Promise.resolve(separator),
      shifts: options.shifts,
      stems,
      releaseMixture: true,
      ...(options.loadFallback && { loadFallback: options.loadFallback }),
    };
    const given = { mixture: read.mixture };
    const full = { ...context, separation };
    const seams = await runStages(given, full, observer, origin, stages) as Seams;
    return seams.stems16;
  };
  if (options.keepIn === undefined) return { ...from(await run()), ...separated };
  const analysed = async (stems16: Tensor<"i16">): Promise<Tensor<"i16">> =>
    rhythmOf === undefined ? stems16 : (await withMixture({ stems16 }, read.mixture)).stems16;
  const folder = demixFolder(options.keepIn, separator.name, { path, ...track });
  const record: DemixRecord = {
    path,
    mixture_sha256: await sha256Of(read.mixture),
    program: PROGRAM,
    demixer: separator.name,
    weights_sha256: sha256,
    backend,
    device: context.compute?.device ?? CPU,
    shifts: sha256 === null ? null : options.shifts,
    ...(read.gain !== null && { gain_db: read.gain.db }),
  };
  const kept = await readDemixed(folder, record);
  if (kept !== undefined) {
    const note = printable(`${path}: stems of an earlier run, ${folder}`);
    return { ...from(await analysed(kept)), ...separated, notes: [...read.notes, note] };
  }
  await ensureSpaceForStems(folder, read.mixture.shape[1] ?? 0);
  const stems16 = await run();
  await writeDemixed(folder, record, stems16);
  return { ...from(await analysed(stems16)), ...separated };
}

/** Waits for two results; where both fail, throws the error of the first. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([first, second]);
  return [await first, await second];
}
