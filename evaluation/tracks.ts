/**
 * The tracks of a folder and their truth.
 *
 * @module
 */

import { basename, extname, parse } from "node:path";
import { scanFolder, type TrackFiles } from "../pipeline/corpus.ts";
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
 * @throws {CorpusError} if the folder cannot be read
 */
export async function findTracks(folder: string, needsAudio: boolean): Promise<EvaluationTrack[]> {
  const { itself, files, folders } = await scanFolder(folder);
  const whole = evaluationTrack(itself);
  const hasMusic = itself.mixes.length > 0 || itself.stems.length > 0;
  if (whole.truths.length > 0 && (hasMusic || !needsAudio)) return [whole];
  const pairs = files.map(evaluationTrack)
    .filter(({ mixes }) => mixes.length > 0 || !needsAudio);
  return [...pairs, ...folders.map(evaluationTrack)]
    .filter(({ mixes, truths }) => mixes.length + truths.length > 0)
    .sort((a, b) => a.name < b.name ? -1 : 1);
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

/** Joins the files of a track with its truth. */
function evaluationTrack({ name, directory, files, mixes }: TrackFiles): EvaluationTrack {
  const truths = files.filter(isTruth);
  if (directory === undefined) return { name, mixes, truths };
  return {
    name,
    mixes,
    stemsDirectory: directory,
    truths: truths.filter((path) => parse(path).name === "truth"),
  };
}

function isTruth(path: string): boolean {
  return TRUTH_ENDINGS.some((ending) => extname(path).toLowerCase() === ending);
}
