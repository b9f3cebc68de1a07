/**
 * The plan of a call: which tracks are analysed, why, and which are finished.
 *
 * @module
 */

import { readFile, stat } from "node:fs/promises";
import { missingFile, type ResultFilesOptions, resultNames, resultPath } from "../outputs/mod.ts";
import type { Analyzer, Track } from "../pipeline/mod.ts";
import { printable } from "../core/printable.ts";
import { AUTO } from "./_options.ts";
import type { OverwritePart } from "./_overwrite.ts";

/** A track and what is to be done with it. */
export interface PlannedTrack {
  /** The track, with the name of its result files. */
  readonly track: Track;
  /** Path of the JSON file. */
  readonly file: string;
  /** Why the track is analysed; absent for one that is finished. */
  readonly why?: string;
  /** Whether there is a result, and it is not `--overwrite` that asks for another one. */
  readonly isAgain: boolean;
}

/** Settings of a plan. */
export interface PlanOptions {
  /** Analyses the tracks; knows what a finished result looks like. */
  readonly analyzer: Pick<Analyzer, "whyUnfinished">;
  /** Files that are written from a result. */
  readonly files: ResultFilesOptions;
  /** Parts that are done anew. */
  readonly overwrite: readonly OverwritePart[];
  /** Model and demixer as the call names them. */
  readonly names: { readonly model: string; readonly demixer: string };
  /** Whether the call has settings that change a result and that allin1 does not have, or needs keys of ours. */
  readonly isOwn: boolean;
}

/**
 * Names tracks, and decides which of them are to be analysed.
 *
 * @param tracks the tracks
 * @param options what makes a track a finished one
 * @returns the tracks in their order
 * @throws {ModelError | DeviceError} if there are earlier results and the weights cannot be loaded
 */
export async function planTracks(
  tracks: readonly Track[],
  options: PlanOptions,
): Promise<PlannedTrack[]> {
  const { directory } = options.files;
  const names = resultNames(tracks, directory, options.files.arrayDirectory);
  const planned: PlannedTrack[] = [];
  for (const [at, given] of tracks.entries()) {
    const track = { ...given, name: names[at]! };
    const file = resultPath(track.name, directory);
    const json = await readFile(file, "utf8").catch(() => undefined);
    const why = json === undefined ? "it has no result" : await whyAnew(track, file, json, options);
    const isAgain = json !== undefined && why !== undefined && options.overwrite.length === 0;
    planned.push({ track, file, isAgain, ...(why !== undefined && { why }) });
  }
  return planned;
}

async function whyAnew(
  track: Track,
  file: string,
  json: string,
  { analyzer, files, overwrite, names, isOwn }: PlanOptions,
): Promise<string | undefined> {
  if (overwrite.length > 0) return `--overwrite ${overwrite.join(",")}`;
  const ofAllin1 = isOfAllin1(json);
  const missing = missingFile(track, files, ofAllin1);
  if (missing !== undefined) {
    return `${printable(missing.path)} ${missing.why}, and only an analysis makes it`;
  }
  if (ofAllin1 && isOwn) return "its result is of allin1 with other settings";
  if (ofAllin1) return await whyNotAllin1(track, file, names);
  return await analyzer.whyUnfinished(track, json);
}

/** Keys of a result of allin1, which tells nothing of its weights and settings, in the order of the alphabet. */
const ALLIN1_KEYS = ["beat_positions", "beats", "bpm", "downbeats", "path", "segments"];

/** Returns whether a result is allin1's own. */
export function isOfAllin1(json: string): boolean {
  try {
    return Object.keys(JSON.parse(json)).sort().join() === ALLIN1_KEYS.join();
  } catch {
    return false;
  }
}

/** Returns why a result of allin1 does not count: it has its default weights, and must be newer than the audio. */
async function whyNotAllin1(
  track: Track,
  file: string,
  { model, demixer }: PlanOptions["names"],
): Promise<string | undefined> {
  const isDefault = [AUTO, "harmonix-all"].includes(model) && [AUTO, "htdemucs"].includes(demixer);
  if (!isDefault || track.stemsDirectory !== undefined) {
    return "its result is of allin1 with other weights";
  }
  const [audio, result] = await Promise.all(
    [stat(track.path), stat(file)].map((one) => one.then(({ mtimeMs }) => mtimeMs, () => NaN)),
  );
  return result! >= audio! ? undefined : "its audio is newer than its result of allin1";
}
