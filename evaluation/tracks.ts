/**
 * Tracks to evaluate: their audio, their truth, and results stored for them.
 *
 * @module
 */

import { readdir } from "node:fs/promises";
import { basename, extname, join, parse, resolve } from "node:path";
import { z } from "zod";
import { reasonOf } from "../core/reason.ts";
import { scanFolder, type TrackFiles } from "../pipeline/corpus.ts";
import { AnnotationError } from "./annotation.ts";
import { readJson } from "./read_annotation.ts";

/** The key of a result that names its track. */
const WithPath = z.object({ path: z.string() });

/** Endings of annotation files. */
const TRUTH_ENDINGS = [".json", ".jams"] as const;

/** Files of a track to evaluate. */
export interface EvaluationTrack {
  /** Name in the tables. */
  readonly name: string;
  /** Audio files of the mix; more than one is an error. */
  readonly mixes: readonly string[];
  /** Folder that may hold the stems. */
  readonly stemsDirectory?: string;
  /** Files with the truth; more than one is an error. */
  readonly truths: readonly string[];
}

/**
 * Finds tracks: `NAME.flac` (or another audio file) next to `NAME.json` or `NAME.jams`, and folders with `mix.flac`
 * and `truth.json` or `truth.jams`, which may also hold the stems. The folder itself may be such a track.
 *
 * Audio without truth is included, so that the missing truth is reported; other files are ignored.
 *
 * @param folder folder to search, with its direct subfolders
 * @param needsAudio whether truth without audio is ignored
 * @returns tracks sorted by name
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
 * Returns the only file of a list.
 *
 * @param files candidates that were found
 * @param what kind of file, for the message
 * @throws {AnnotationError} if there is no file or more than one
 */
export function onlyFile(files: readonly string[], what: string): string {
  const [file, second] = files;
  if (file === undefined) throw new AnnotationError(`There is no ${what}`);
  if (second === undefined) return file;
  throw new AnnotationError(
    `There are two files for the ${what}, ${basename(file)} and ${basename(second)}: remove one`,
  );
}

/** Selects the mix, the stems folder and the truth among the files of a track. */
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

/** A folder of results that `analyze` or allin1 wrote. */
export class StoredResults {
  /** Path of the folder. */
  readonly directory: string;
  readonly #names: ReadonlySet<string>;
  #byPath: Promise<ReadonlyMap<string, string>> | undefined;

  private constructor(directory: string, names: readonly string[]) {
    this.directory = directory;
    this.#names = new Set(names.filter((name) => name.endsWith(".json")));
  }

  /**
   * Lists the files of a folder.
   *
   * @param directory path of the folder
   * @throws {AnnotationError} if the folder cannot be read
   */
  static async open(directory: string): Promise<StoredResults> {
    try {
      return new StoredResults(directory, await readdir(directory));
    } catch (cause) {
      throw new AnnotationError(
        `Cannot read the results folder ${directory}: ${reasonOf(cause)}`,
        { cause },
      );
    }
  }

  /**
   * Returns the file with the result of a track: `NAME.json`, otherwise the file whose `path` is the track's mix or folder.
   *
   * @throws {AnnotationError} if no file belongs to the track
   */
  async fileOf({ name, mixes, stemsDirectory = "" }: EvaluationTrack): Promise<string> {
    if (this.#names.has(`${name}.json`)) return join(this.directory, `${name}.json`);
    this.#byPath ??= this.#readPaths();
    const byPath = await this.#byPath;
    for (const path of [...mixes, stemsDirectory]) {
      const file = byPath.get(resolve(path));
      if (path !== "" && file !== undefined) return file;
    }
    throw new AnnotationError(`There is no ${name}.json in ${this.directory}`);
  }

  async #readPaths(): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    for (const name of this.#names) {
      const file = join(this.directory, name);
      const { data } = WithPath.safeParse(await readJson(file).catch(() => undefined));
      if (data !== undefined) files.set(data.path, file);
    }
    return files;
  }
}
