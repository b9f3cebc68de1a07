/**
 * Analysis of one track through all stages.
 *
 * @module
 */

import { orAborted } from "../core/abort.ts";
import { backendOf, type ComputeOptions } from "./backends/backend.ts";
import type { DecodedMetre } from "../kernels/mod.ts";
import { type AudioOptions, rangeOf } from "./audio_files.ts";
import { guardedStages, type GuardFinding, type GuardOptions } from "./guard.ts";
import { fallbackWarning, guardNotes, guardProvenance } from "./guard_words.ts";
import type { NetworkModel } from "./network.ts";
import { printable } from "../core/printable.ts";
import type { Turns } from "../core/turns.ts";
import { PROGRAM, runtimeVersions } from "../core/program.ts";
import {
  type AnalysisResult,
  analysisResult,
  type FindingOptions,
  findingProvenance,
  type Provenance,
} from "./result.ts";
import { CPU, type RunObserver, runStages } from "./runner.ts";
import { FRAMES_PER_SECOND, HOP_SAMPLES, SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { spectrogramPath, writeSpectrogram } from "./spectrogram_files.ts";
import type { Seams } from "./seams.ts";
import { type Stage, type StageContext, STAGES } from "./stages.ts";
import type { SeparationOptions, StemsRun, Track } from "./separated.ts";
import { readGiven, separate } from "./track_stems.ts";

export type { SeparationOptions, Track };

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
  /** Folder where spectrograms are kept and reused; absent to keep none. */
  readonly keepSpectrogramsIn?: string;
  /**
   * Whether the seam `stems16` is wanted, 21 MB a minute and more while it is made; true by default. Where it is not,
   * decoding, separation and spectrogram of successive parts run at the same time, and no stage holds all samples. The
   * results are the same.
   */
  readonly keepsStems?: boolean;
  /** What is searched for, and how it is told; as allin1 by default. */
  readonly findings?: FindingOptions;
  /** Backend, device and threads of the networks. */
  readonly compute?: ComputeOptions;
  /** Networks of other tracks, which those of this one wait for; absent to begin at once. */
  readonly turns?: Turns;
  /** Guard by second implementations; absent for none. */
  readonly guard?: GuardOptions;
  /** Aborts the analysis. */
  readonly signal?: AbortSignal;
  /** Receives starts, progress and timings. */
  readonly observer?: RunObserver;
  /** `performance.now()` at the origin of the timings; now when absent. */
  readonly origin?: number;
}

/** Outcome of an analysis. */
export interface AnalyzedTrack {
  /** The track. */
  readonly track: Track;
  /** Result, as it is written. */
  readonly result: AnalysisResult;
  /**
   * Every seam from `stems16` on; from `spectrogram` on where `stems16` was not wanted, long stems were given, or a kept
   * spectrogram is used.
   */
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

/** The stages up to the stems. */
const BEFORE_STEMS = STAGES.slice(0, 1 + STAGES.findIndex((s) => s.outputs.includes("stems16")));
const AFTER_STEMS = STAGES.slice(BEFORE_STEMS.length);

/**
 * Analyses one track.
 *
 * @param track path of the mix or of the stems
 * @param options weights and options
 * @throws {StemsError | KernelError} if the audio cannot be decoded or separated
 * @throws the reason of an aborted signal, within a second
 */
export async function analyzeTrack(track: Track, options: TrackOptions): Promise<AnalyzedTrack> {
  const { guard, signal, origin = performance.now() } = options;
  signal?.throwIfAborted();
  const seen = new Map<string, GuardFinding>();
  const observer: RunObserver = {
    onStart: (...start) => options.observer?.onStart?.(...start),
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
    ...(options.turns && { turns: options.turns }),
    ...(signal && { signal }),
  };
  const audio = { ...options.audio, ...(signal && { signal }) };
  const startSeconds = rangeOf(audio).first / SAMPLE_RATE_HZ;
  const run: StemsRun = {
    ...{ context, observer, origin, audio, stages: watched(BEFORE_STEMS) },
    // The guard computes the beginning of the seams anew.
    keepsStems: guard !== undefined || (options.keepsStems ?? true),
    takesUpstreams: options.automatic?.includes("demixer") ?? false,
    ...(options.keepSpectrogramsIn !== undefined && {
      spectrogramAt: spectrogramPath(options.keepSpectrogramsIn, track),
    }),
  };
  const separated = track.stemsDirectory === undefined
    ? await separate(track, options.separation, run)
    : await readGiven(track, track.stemsDirectory, run);
  // A kept spectrogram is not computed again.
  const after = watched(
    AFTER_STEMS.filter(({ outputs }) =>
      outputs.some((output) => separated.seams[output] === undefined)
    ),
  );
  const seams = await runStages(separated.seams, context, observer, origin, after) as Seams;
  if (separated.toKeep !== undefined) {
    const { path, record } = separated.toKeep;
    const { spectrogram } = seams;
    await writeSpectrogram(path, record, { spectrogram, stemsSha256: await separated.sha256 });
  }
  const model = await orAborted(options.model, signal);
  const { program, model: name, weights, automatic, ...shared } = sharedProvenance(model, options);
  const { device, versions, sample_rate, hop, fps, ...searched } = shared;
  const endSeconds = startSeconds + separated.durationSeconds;
  const wantedSeconds = audio.part?.endSeconds ?? Infinity;
  const endsWithTrack = wantedSeconds - endSeconds >= 1 / SAMPLE_RATE_HZ;
  const provenance: Provenance = {
    ...{ program, model: name, weights },
    ...separated.provenance,
    part: audio.part === undefined
      ? null
      : { start: startSeconds, end: endSeconds, ends_with_track: endsWithTrack },
    ...searched,
    automatic,
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
    ...{ device, versions, sample_rate, hop, fps },
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
    notes: [
      ...(separated.notes ?? []),
      ...(endsWithTrack && Number.isFinite(wantedSeconds)
        ? [partNote(track, endSeconds, wantedSeconds)]
        : []),
      ...(guard === undefined ? [] : guardNotes(track, [...seen.values()], guard)),
    ],
  };
}

/** Tells of a part that was to be longer than the track. */
function partNote({ path }: Track, endSeconds: number, wantedSeconds: number): string {
  return printable(path) +
    `: the part ends with the track, at ${endSeconds.toFixed(3)} s rather than ${wantedSeconds} s`;
}

/** The part of the provenance that all tracks of a call share: what a setting adds to it belongs here. */
export type SharedProvenance = Pick<
  Provenance,
  | "program"
  | "model"
  | "weights"
  | "automatic"
  | "device"
  | "versions"
  | "sample_rate"
  | "hop"
  | "fps"
  | "beat_decoder"
  | "bpm_range"
  | "segment_changes"
>;

/**
 * Returns the part of the provenance that all tracks of a call share. A result with another one is not finished, but for
 * `automatic` and `versions`.
 *
 * @param model loaded weights
 * @param options settings of the call
 */
export function sharedProvenance(
  model: NetworkModel,
  { automatic = [], compute, findings = {} }: Pick<
    TrackOptions,
    "automatic" | "compute" | "findings"
  >,
): SharedProvenance {
  return {
    program: PROGRAM,
    model: model.name,
    weights: model.checkpoints.map(({ name, sha256 }) => ({ name, sha256 })),
    automatic,
    device: compute?.device ?? CPU,
    versions: runtimeVersions(),
    sample_rate: SAMPLE_RATE_HZ,
    hop: HOP_SAMPLES,
    fps: FRAMES_PER_SECOND,
    ...findingProvenance(findings),
  };
}
