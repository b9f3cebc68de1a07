/**
 * The tracks of a folder and their truth.
 *
 * @module
 */

import { readdir, stat } from "node:fs/promises";
import { basename, extname, join, parse, resolve } from "node:path";
import { AUDIO_ENDING, STEMS } from "../pipeline/stems.ts";
import { AnnotationError } from "./annotation.ts";

/** What annotation files end in. */
const TRUTH_ENDINGS = [".json", ".jams"] as const;

/** A track to be evaluated. */
export interface EvaluationTrack {
  /** Its name in the tables. */
  readonly name: string;
  /** Audio files of the mix: one, if all is well. */
  readonly mixes: readonly string[];
  /** Folder that may hold the stems. */
  readonly stemsDirectory?: string;
  /** Files with the truth: one, if all is well. */
  readonly truths: readonly string[];
}

/**
 * Finds tracks: `NAME.flac` (or another audio file) with `NAME.json` or `NAME.jams` beside it, and folders with
 * `mix.flac` and `truth.json` or `truth.jams`, where the stems may be as well. The folder may be such a one itself.
 *
 * Audio without truth is a track, so that its lack can be reported; other files are ignored.
 *
 * @param folder where to look, no deeper than its subfolders
 * @param needsAudio whether truth without audio is ignored
 * @returns tracks by name
 * @throws {AnnotationError} if the folder cannot be read
 */
export async function findTracks(folder: string, needsAudio: boolean): Promise<EvaluationTrack[]> {
  const { files, folders } = await listing(folder);
  const itself = trackFolder(folder, files);
  const hasMusic = itself.mixes.length > 0 || files.some(isStem);
  if (itself.truths.length > 0 && (hasMusic || !needsAudio)) return [itself];
  const pairs = pairsOf(folder, files).filter(({ mixes }) => mixes.length > 0 || !needsAudio);
  const inside = await Promise.all(
    folders.map(async (path) => trackFolder(path, (await listing(path)).files)),
  );
  return [
    ...pairs,
    ...inside.filter(({ mixes, truths }) => mixes.length + truths.length > 0),
  ].sort((a, b) => a.name < b.name ? -1 : 1);
}

/**
 * The only one of the files that could be meant.
 *
 * @param files what was found
 * @param what is looked for, for the message
 * @throws {AnnotationError} if there is none, or more than one
 */
export function onlyFile(files: readonly string[], what: string): string {
  const [file, second] = files;
  if (file === undefined) throw new AnnotationError(`There is no ${what}`);
  if (second === undefined) return file;
  throw new AnnotationError(
    `There are two files for the ${what}, ${basename(file)} and ${basename(second)}: remove one`,
  );
}

async function listing(folder: string): Promise<{ files: string[]; folders: string[] }> {
  try {
    const files: string[] = [];
    const folders: string[] = [];
    for (const name of (await readdir(folder)).sort()) {
      if (name.startsWith(".")) continue;
      const path = join(folder, name);
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory()) folders.push(path);
      if (found?.isFile()) files.push(path);
    }
    return { files, folders };
  } catch (cause) {
    throw new AnnotationError(`Cannot read the folder ${folder}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function trackFolder(folder: string, files: readonly string[]): EvaluationTrack {
  return {
    name: basename(resolve(folder)),
    mixes: files.filter((path) => isAudio(path) && stemOf(path).toLowerCase() === "mix"),
    stemsDirectory: folder,
    truths: files.filter((path) => isTruth(path) && stemOf(path) === "truth"),
  };
}

function pairsOf(folder: string, files: readonly string[]): EvaluationTrack[] {
  const names = new Set(files.filter((path) => isAudio(path) || isTruth(path)).map(stemOf));
  return [...names].map((name) => {
    const own = files.filter((path) => path === join(folder, name + extname(path)));
    return { name, mixes: own.filter(isAudio), truths: own.filter(isTruth) };
  });
}

function isAudio(path: string): boolean {
  return AUDIO_ENDING.test(path);
}

function isTruth(path: string): boolean {
  return TRUTH_ENDINGS.some((ending) => extname(path).toLowerCase() === ending);
}

function isStem(path: string): boolean {
  return isAudio(path) && STEMS.some((stem) => stemOf(path).toLowerCase() === stem);
}

function stemOf(path: string): string {
  return parse(path).name;
}
