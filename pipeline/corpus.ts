/**
 * Tracks in a folder: single audio files, and folders with the mix or the stems of one track.
 *
 * @module
 */

import { readdir, stat } from "node:fs/promises";
import { basename, join, parse, resolve } from "node:path";
import { undecodedName } from "../core/files.ts";
import { reasonOf } from "../core/reason.ts";
import { AUDIO_ENDING } from "./find_stems.ts";
import { STEMS } from "./stems.ts";

/** Thrown when a folder of tracks cannot be used; the message names the path and what was expected. */
export class CorpusError extends Error {
  /** Class name, as in a stack trace. */
  override name = "CorpusError";
}

/** A candidate for a track: a folder, or the files of one name. */
export interface TrackFiles {
  /** Name of the folder, or of the files without their ending. */
  readonly name: string;
  /** Folder of the track; absent for single files. */
  readonly directory?: string;
  /** All files of the track, sorted by name. */
  readonly files: readonly string[];
  /** Audio files of the mix: `mix.*` in a folder, otherwise all audio files of the name. */
  readonly mixes: readonly string[];
  /** Names of the stems that the folder has; empty for single files. */
  readonly stems: readonly string[];
}

/** The candidates that a folder holds. */
export interface TrackFolder {
  /** The folder taken as one track. */
  readonly itself: TrackFiles;
  /** Its files, those of one name together. */
  readonly files: readonly TrackFiles[];
  /** Its subfolders. */
  readonly folders: readonly TrackFiles[];
}

/**
 * Lists the candidates for tracks in a folder and in its direct subfolders; hidden entries are skipped.
 *
 * @param folder path of the folder
 * @returns candidates sorted by name, also those without audio
 * @throws {CorpusError} if a folder cannot be read
 */
export async function scanFolder(folder: string): Promise<TrackFolder> {
  const { files, folders } = await listing(folder);
  const names = new Set(files.map((path) => parse(path).name));
  return {
    itself: trackFolder(folder, files),
    files: [...names].map((name): TrackFiles => {
      const own = files.filter((path) => parse(path).name === name);
      return { name, files: own, mixes: own.filter(isAudio), stems: [] };
    }),
    folders: await Promise.all(
      folders.map(async (path) => trackFolder(path, (await listing(path)).files)),
    ),
  };
}

/** Returns whether a path ends like an audio file. */
function isAudio(path: string): boolean {
  return AUDIO_ENDING.test(path);
}

function trackFolder(folder: string, files: readonly string[]): TrackFiles {
  const audio = files.filter(isAudio);
  const named = (wanted: string): string[] =>
    audio.filter((path) => parse(path).name.toLowerCase() === wanted);
  return {
    name: basename(resolve(folder)),
    directory: folder,
    files,
    mixes: named("mix"),
    stems: STEMS.filter((stem) => named(stem).length > 0),
  };
}

async function listing(folder: string): Promise<{ files: string[]; folders: string[] }> {
  try {
    const files: string[] = [];
    const folders: string[] = [];
    for (const name of (await readdir(folder)).sort()) {
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      const undecoded = await undecodedName(path);
      if (undecoded !== undefined) throw new Error(undecoded);
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory()) folders.push(path);
      if (found?.isFile()) files.push(path);
    }
    return { files, folders };
  } catch (cause) {
    throw new CorpusError(`Cannot read the folder ${folder}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}
