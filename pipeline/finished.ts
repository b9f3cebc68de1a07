/**
 * Whether a result that is there is the one that an analysis would find.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { basename, join } from "node:path";
import { OVERLAP } from "../kernels/mod.ts";
import { isDeepStrictEqual } from "node:util";
import { sharedProvenance, type Track, type TrackOptions } from "./analyze_track.ts";
import type { Demixer } from "./demix.ts";
import { type AudioOptions, rangeOf } from "./audio_files.ts";
import { hasDemixed, upstreamFolder } from "./demix_files.ts";
import { backendOf } from "./backends/backend.ts";
import { isUnchanged } from "./file_identity.ts";
import { type Gain, STEMS_PADDING_SECONDS } from "./levels.ts";
import type { NetworkModel } from "./network.ts";
import type { AnalysisResult, AudioFile, Provenance } from "./result.ts";
import { resultSchema } from "./result_schema.ts";
import { SAMPLE_RATE_HZ } from "./spectrogram.ts";
import { findStems } from "./find_stems.ts";
import { spectrogramPath } from "./spectrogram_files.ts";
import { STEMS } from "./stems.ts";

/** Weights and settings of an analysis. */
export interface FinishedSettings
  extends Pick<TrackOptions, "automatic" | "audio" | "compute" | "findings" | "guard"> {
  /** Loaded weights. */
  readonly model: NetworkModel;
  /** Loaded demixer; null where the stems of all tracks are given. */
  readonly demixer: Demixer | null;
  /** Shift of each pass of the demixer. */
  readonly shifts: readonly (number | null)[];
  /** Share of a segment that overlaps the next one; a quarter by default. */
  readonly overlap?: number;
  /** Folder where stems are kept; absent to keep none. */
  readonly keepIn?: string;
  /** Folder where spectrograms are kept; absent to keep none. */
  readonly keepSpectrogramsIn?: string;
}

/**
 * Returns why a result does not count as that of a track.
 *
 * @param track the track
 * @param json text of the result
 * @param settings weights and settings that the track would be analysed with
 * @returns the reason, or undefined for a finished track
 */
export async function whyUnfinished(
  track: Track,
  json: string,
  settings: FinishedSettings,
): Promise<string | undefined> {
  let result: AnalysisResult;
  try {
    result = resultSchema.parse(JSON.parse(json));
  } catch {
    return "its result is damaged or of another version";
  }
  const { provenance } = result;
  const shared = sharedProvenance(settings.model, settings);
  if (provenance.program !== shared.program) return `its result is of ${provenance.program}`;
  if (!isDeepStrictEqual(provenance.weights, shared.weights)) {
    return `its result is of other weights (${provenance.model})`;
  }
  const { automatic: _, versions: _versions, ...rest } = shared;
  const settingsFound = rest as Readonly<Record<string, unknown>>;
  for (const [key, expected] of Object.entries(settingsFound)) {
    if (!isDeepStrictEqual(provenance[key as keyof Provenance], expected)) {
      return `its result is of another setting (${key})`;
    }
  }
  if (track.samples !== undefined) return "its samples are in memory";
  // Stems that allin1 has kept take the place of a separation.
  const stemsOfAllin1 = keptByAllin1(track, provenance, settings);
  const areGiven = track.stemsDirectory !== undefined || stemsOfAllin1 !== undefined;
  const separation = areGiven ? undefined : otherSeparation(track, provenance, settings);
  if (separation !== undefined) return separation;
  if (areGiven && provenance.demixer !== "external") {
    return `its result is of another demixer (${provenance.demixer})`;
  }
  const { keepSpectrogramsIn } = settings;
  if (keepSpectrogramsIn !== undefined) {
    const kept = `${spectrogramPath(keepSpectrogramsIn, track)}.npy`;
    if (!existsSync(kept)) return "its spectrogram is not kept";
  }
  if (!isBackend(provenance, "network", backendOf(settings.compute))) {
    return "its result is of another backend";
  }
  if (!isGain(provenance.gain, settings.audio?.gain)) return "its result is of another gain";
  const { stemsPaddingSeconds = STEMS_PADDING_SECONDS } = settings.audio ?? {};
  if ((provenance.stems_padding ?? 0) > stemsPaddingSeconds) {
    return `its stems needed ${
      provenance.stems_padding?.toFixed(3)
    } s of silence, more than --stems-padding`;
  }
  if (!isPart(provenance.part, settings.audio)) return "its result is of another part";
  const { guard } = settings;
  if (guard !== undefined) {
    const { seconds, tolerance } = provenance.guard ?? {};
    if (seconds !== guard.seconds || tolerance !== guard.tolerance) {
      return "its result is of another guard";
    }
  }
  const isSame = stemsOfAllin1 === undefined
    ? isSameAudio(track, provenance)
    : areSame(stemsOfAllin1, provenance.stems);
  return await isSame ? undefined : "its audio has changed";
}

function otherSeparation(
  track: Track,
  provenance: Provenance,
  { demixer, shifts, overlap, keepIn }: FinishedSettings,
): string | undefined {
  if (provenance.demixer !== demixer?.name) {
    return `its result is of another demixer (${provenance.demixer})`;
  }
  if (provenance.demixer_weights !== demixer.sha256) return "its result is of other weights";
  const expected = demixer.sha256 === null ? null : shifts;
  if (!isDeepStrictEqual(provenance.demix_shifts, expected)) return "its result is of other shifts";
  const ownOverlap = demixer.sha256 === null ? OVERLAP : overlap ?? OVERLAP;
  if ((provenance.demix_overlap ?? OVERLAP) !== ownOverlap) {
    return "its result is of another overlap";
  }
  if ((provenance.demix_precision ?? "f32") !== (demixer.precision ?? "f32")) {
    return "its result is of another precision";
  }
  if (!isBackend(provenance, "demix", demixer.backend)) return "its result is of another backend";
  const separator = demixer.rhythmOf ?? demixer;
  return keepIn === undefined || hasDemixed(keepIn, separator.name, track)
    ? undefined
    : "its stems are not kept";
}

/** Returns whether a stage ran on a backend, or a guard replaced that. */
function isBackend({ backends, guard }: Provenance, stage: string, backend: string): boolean {
  return backends[stage] === backend ||
    guard !== null && guard.stages.some((one) => one.stage === stage && one.fell_back);
}

function isGain(found: Provenance["gain"], gain: Gain | undefined): boolean {
  if (found === null || gain === undefined) return found === null && gain === undefined;
  return gain === "normalize" ? found.normalized : !found.normalized && found.db === gain;
}

/** Returns whether a part is the one that is asked for; any end behind the track asks for the same part. */
export function isPart(found: Provenance["part"], audio: AudioOptions = {}): boolean {
  if (found === null || audio.part === undefined) return found === null && audio.part === undefined;
  const { first, end } = rangeOf(audio);
  const sampleAt = (seconds: number): number => Math.round(seconds * SAMPLE_RATE_HZ);
  const foundEnd = sampleAt(found.end);
  return sampleAt(found.start) === first &&
    (foundEnd === end || found.ends_with_track && end > foundEnd);
}

async function isSameAudio(track: Track, { mix, stems }: Provenance): Promise<boolean> {
  if (track.stemsDirectory === undefined) return mix !== null && await isSame(track.path, mix);
  return await areSame(
    track.stems ?? await findStems(track.stemsDirectory).catch(() => []),
    stems,
  );
}

/** Returns the files of stems that allin1 has kept of a mix, where a result was made from them. */
function keptByAllin1(
  track: Track,
  { demixer, mix }: Provenance,
  { keepIn }: FinishedSettings,
): string[] | undefined {
  if (track.stemsDirectory !== undefined || keepIn === undefined) return undefined;
  if (demixer !== "external" || mix !== null) return undefined;
  const folder = upstreamFolder(keepIn, track);
  return folder === undefined ? undefined : STEMS.map((stem) => join(folder, `${stem}.wav`));
}

async function areSame(paths: readonly string[], files: readonly AudioFile[]): Promise<boolean> {
  if (paths.length === 0 || paths.length !== files.length) return false;
  for (const [at, path] of paths.entries()) {
    if (basename(path) !== files[at]!.file || !await isSame(path, files[at]!)) return false;
  }
  return true;
}

async function isSame(path: string, { identity }: AudioFile): Promise<boolean> {
  return identity !== null && await isUnchanged(path, identity);
}
