/**
 * Result files of an analysis, written atomically.
 *
 * @module
 */

import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { freeName, NAME_BYTES, writeWhole } from "../core/files.ts";
import { writeNpy } from "../core/npy.ts";
import type { AnalyzedTrack, Track } from "../pipeline/analyze_track.ts";
import type { AudioOptions } from "../pipeline/audio_files.ts";
import { resultToJson } from "../pipeline/result.ts";
import { formatResult } from "./formats/format_result.ts";
import { type Format, type FormatName, type FormatResult, FORMATS } from "./formats/mod.ts";
import {
  clickTrackPath,
  LONGEST_TRACK_FILE_ENDING,
  pathsFromSeams,
  type TrackFilesOptions,
  writeClickTrack,
  writeTrackFiles,
} from "./track_files.ts";

/** A kind of result file. */
interface ResultFile {
  /** Ending that follows the name of the track. */
  readonly ending: string;
  /** Whether it has a folder of its own where one is given for arrays. */
  readonly isArray?: true;
  /** Returns the content of the file. */
  encode(analyzed: AnalyzedTrack): string | Uint8Array | Iterable<Uint8Array> | Promise<Uint8Array>;
}

/**
 * Every kind of result file, in the order of writing. The JSON comes first: it gives the track its name, and a file that is
 * older than it belongs to an earlier result.
 */
const RESULT_FILES = {
  json: { ending: ".json", encode: ({ result }) => resultToJson(result) },
  activations: {
    ending: ".activ.npz",
    isArray: true,
    async encode({ seams }): Promise<Uint8Array> {
      const { writeNpz } = await import("../core/npz.ts");
      return writeNpz([
        ["beat", seams["activations.beat"]],
        ["downbeat", seams["activations.downbeat"]],
        ["segment", seams["activations.section"]],
        ["label", seams["activations.function"]],
      ]);
    },
  },
  embeddings: {
    ending: ".embed.npy",
    isArray: true,
    encode: ({ seams }) => writeNpy(seams.embeddings),
  },
} as const satisfies Readonly<Record<string, ResultFile>>;

/** Endings of all files of a track. */
const ENDINGS: readonly string[] = [
  ...Object.values(RESULT_FILES),
  ...Object.values<Format>(FORMATS).flatMap(({ files }) => files),
].map(({ ending }) => ending);

/** Endings of the files that may have a folder of their own. */
const ARRAY_ENDINGS = Object.values<ResultFile>(RESULT_FILES).filter(({ isArray }) => isArray)
  .map(({ ending }) => ending);

/** Bytes that the name of a track may have in front of each ending. */
const ROOM_BYTES = NAME_BYTES -
  Math.max(LONGEST_TRACK_FILE_ENDING.length, ...ENDINGS.map((ending) => ending.length));

type ResultFileName = keyof typeof RESULT_FILES;

/** Options for result files. */
export interface ResultFilesOptions {
  /** Output folder; created if it is missing. */
  readonly directory: string;
  /** Folder of activations and embeddings; the output folder by default. */
  readonly arrayDirectory?: string;
  /** Whether to write `NAME.activ.npz` with `beat`, `downbeat`, `segment` and `label`. */
  readonly activations: boolean;
  /** Whether to write `NAME.embed.npy`. */
  readonly embeddings: boolean;
  /** Formats of other programs to write; none by default. */
  readonly formats?: readonly FormatName[];
  /** How audio is read for formats that copy it. */
  readonly audio?: AudioOptions;
  /** Plots, player page and click track; absent for none. */
  readonly trackFiles?: TrackFilesOptions;
}

/**
 * Returns the name of a track's result files without their ending. If another track or other files use the track's name,
 * or it is too long, a hash of the path is appended.
 *
 * @param track track of the results
 * @param directory output folder
 * @param arrays folder of activations and embeddings; the output folder by default
 */
export function resultName(track: Track, directory: string, arrays: string = directory): string {
  return resultNames([track], directory, arrays)[0]!;
}

/**
 * Returns the names of the result files of several tracks, of which no two are equal, also where the file system does not
 * distinguish upper and lower case: see {@linkcode resultName}.
 *
 * @param tracks tracks of the results; an earlier one keeps its own name
 * @param directory output folder
 * @param arrays folder of activations and embeddings; the output folder by default
 */
export function resultNames(
  tracks: readonly Track[],
  directory: string,
  arrays: string = directory,
): string[] {
  const taken = new Set<string>();
  return tracks.map((track) => {
    const isFree = (name: string): boolean =>
      !taken.has(folded(name)) && isFreeFor(name, [directory, arrays], track.path);
    const name = freeName(track, isFree, ROOM_BYTES);
    taken.add(folded(name));
    return name;
  });
}

/** Returns a name as file systems compare it that ignore case and the composition of characters. */
function folded(name: string): string {
  return name.normalize("NFC").toLowerCase();
}

/**
 * Returns the path of the JSON file of a result.
 *
 * @param name name of the result files without their ending
 * @param directory output folder
 */
export function resultPath(name: string, directory: string): string {
  return join(directory, `${name}${RESULT_FILES.json.ending}`);
}

/**
 * Returns the first file that is missing next to the JSON file of a result, or is of an earlier result, but for those that
 * can be written from it: formats of other programs, and the click track.
 *
 * @param track the track, with the name of its result files
 * @param options output folder and kinds of files
 * @param ofAllin1 whether the result is allin1's, which writes arrays before the JSON: their time then tells nothing
 * @returns its path and what is wrong with it, or undefined where all are there
 */
export function missingFile(
  { name }: Track,
  options: ResultFilesOptions,
  ofAllin1: boolean,
): { readonly path: string; readonly why: string } | undefined {
  const { directory, arrayDirectory = directory, trackFiles, ...kinds } = options;
  const wanted: Readonly<Record<ResultFileName, boolean>> = { ...kinds, json: false };
  const files = (Object.keys(RESULT_FILES) as ResultFileName[])
    .filter((kind) => wanted[kind])
    .map((kind) => pathOf(name, RESULT_FILES[kind], [directory, arrayDirectory]));
  const others = trackFiles === undefined ? [] : pathsFromSeams(name, trackFiles);
  const written = ofAllin1 ? 0 : timeOf(resultPath(name, directory)) ?? 0;
  for (const file of [...files, ...others]) {
    const time = timeOf(file);
    if (time === undefined) return { path: file, why: "is missing" };
    if (time < written) return { path: file, why: "is of an earlier result" };
  }
  return undefined;
}

/** Returns the time of the last change of a file in milliseconds, or undefined where there is none. */
function timeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs;
}

/** The output folder, and that of arrays. */
type Folders = readonly [directory: string, arrays: string];

/**
 * Returns the name of a track's results where its own name is too long for them.
 *
 * @param track track of the results
 * @returns the shortened name, or undefined where the name fits
 */
export function shortenedName(track: Track): string | undefined {
  const name = freeName(track, () => true, ROOM_BYTES);
  return name === track.name ? undefined : name;
}

/** Returns the path of a result file. */
function pathOf(
  name: string,
  { ending, isArray }: ResultFile,
  [directory, arrays]: Folders,
): string {
  return join(isArray ? arrays : directory, `${name}${ending}`);
}

/** Returns the text of a file, or undefined where it cannot be read. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

/**
 * Returns the path of the track that a result belongs to.
 *
 * @param path path of the JSON file
 * @returns `unknown` for a file that names no track, undefined where there is no file
 */
export function ownerOfResult(path: string): string | undefined {
  const text = textOf(path);
  if (text === undefined) return existsSync(path) ? "unknown" : undefined;
  const owner: unknown = ownerOf(text);
  return typeof owner === "string" ? owner : "unknown";
}

/** Returns whether a name is not used, or used by the result of the same track. */
function isFreeFor(name: string, folders: Folders, path: string): boolean {
  let text: string;
  try {
    text = readFileSync(pathOf(name, RESULT_FILES.json, folders), "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
    const [directory, arrays] = folders;
    return ENDINGS.every((ending) => !existsSync(join(directory, `${name}${ending}`))) &&
      ARRAY_ENDINGS.every((ending) => !existsSync(join(arrays, `${name}${ending}`)));
  }
  // An empty file is what is left of a result on a disk that was full.
  if (text.trim() === "") return true;
  const owner = ownerOf(text);
  return owner === path || owner === realPathOf(path);
}

/** Returns the path of the track that a result belongs to, also where the result is cut off. */
function ownerOf(json: string): string | undefined {
  const [, path] = /^\s*\{\s*"path":\s*("(?:[^"\\]|\\.)*")/.exec(json) ?? [];
  try {
    return path === undefined ? JSON.parse(json).path : JSON.parse(path);
  } catch {
    return undefined;
  }
}

/** Returns the path that allin1 puts into its results, in which links are resolved. */
function realPathOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/**
 * Writes the result of a track, the JSON first; a JSON of the same content stays. Each file is renamed into place when it is
 * complete.
 *
 * @param analyzed analysis of the track
 * @param options output folder and kinds of files
 * @returns path of the JSON file
 * @throws if the folder or a file cannot be written
 */
export async function writeResultFiles(
  analyzed: AnalyzedTrack,
  options: ResultFilesOptions,
): Promise<string> {
  const { directory, arrayDirectory = directory, formats = [], audio, trackFiles, ...kinds } =
    options;
  const folders = [directory, arrayDirectory] as const;
  await mkdir(directory, { recursive: true });
  const name = resultName(analyzed.track, ...folders);
  const wanted: Readonly<Record<ResultFileName, boolean>> = { ...kinds, json: true };
  for (const kind of Object.keys(RESULT_FILES) as ResultFileName[]) {
    if (!wanted[kind]) continue;
    const file: ResultFile = RESULT_FILES[kind];
    const path = pathOf(name, file, folders);
    const content = await file.encode(analyzed);
    // The other files of an equal result still belong to it.
    if (kind === "json" && content === textOf(path)) continue;
    await writeWhole(path, content);
  }
  if (trackFiles !== undefined) await writeTrackFiles(analyzed, name, trackFiles);
  await writeFormats(analyzed.result, join(directory, name), formats, audio);
  return pathOf(name, RESULT_FILES.json, folders);
}

/**
 * Writes a result in formats of other programs.
 *
 * @param result the result, which may come from the JSON of an earlier run
 * @param stem path of the files without their endings
 * @param formats names of the formats
 * @param audio how audio is read for formats that copy it
 * @throws if a file cannot be written, or the audio not be read
 */
export async function writeFormats(
  result: FormatResult,
  stem: string,
  formats: readonly FormatName[],
  audio: AudioOptions = {},
): Promise<void> {
  for (const name of new Set(formats)) {
    const { files }: Format = FORMATS[name];
    for (const { ending, encode } of files) {
      await writeWhole(`${stem}${ending}`, await encode(result, audio));
    }
  }
}

/**
 * Returns the formats of which a file is missing next to the JSON file of a result, or is of an earlier result.
 *
 * @param stem path of the files without their endings
 * @param formats names of the formats
 */
export function missingFormats(stem: string, formats: readonly FormatName[]): FormatName[] {
  const written = timeOf(`${stem}${RESULT_FILES.json.ending}`) ?? 0;
  return [...new Set(formats)].filter((name) => {
    const { files }: Format = FORMATS[name];
    return files.some(({ ending }) => (timeOf(`${stem}${ending}`) ?? -1) < written);
  });
}

/** Files that can be written from a result alone. */
export interface FilesFromResult {
  /** Formats of other programs. */
  readonly formats: readonly FormatName[];
  /** Whether the click track is one of them. */
  readonly clicks: boolean;
}

/**
 * Returns the files that a finished track lacks and that its result suffices for.
 *
 * @param track the track, with the name of its result files
 * @param result its result
 * @param options output folder and kinds of files
 */
export function missingFromResult(
  { path, name }: Track,
  { provenance }: FormatResult,
  { directory, formats = [], trackFiles }: ResultFilesOptions,
): FilesFromResult {
  const stem = join(directory, name);
  const clicks = trackFiles && clickTrackPath(path, name, trackFiles);
  // allin1 writes click tracks before or after the JSON: their time tells nothing.
  const written = provenance === undefined ? 0 : timeOf(resultPath(name, directory)) ?? 0;
  return {
    formats: missingFormats(stem, formats),
    clicks: clicks !== undefined && (timeOf(clicks) ?? -1) < written,
  };
}

/**
 * Writes the files that a finished track lacks and that its result suffices for.
 *
 * @param track the track, with the name of its result files
 * @param result its result
 * @param options output folder and kinds of files
 * @throws if the audio cannot be read, or a file cannot be written
 */
export async function writeFromResult(
  track: Track,
  result: FormatResult,
  options: ResultFilesOptions,
): Promise<void> {
  const { directory, audio, trackFiles } = options;
  const { formats, clicks } = missingFromResult(track, result, options);
  await writeFormats(result, join(directory, track.name), formats, audio);
  if (trackFiles !== undefined && clicks) {
    const startSeconds = result.provenance?.part?.start ?? 0;
    await writeClickTrack({ track, result, startSeconds }, track.name, trackFiles);
  }
}

/**
 * Writes the formats that have one file for all tracks of a call, replacing that of an earlier call.
 *
 * @param results paths of the JSON files of the tracks, in the order of the collection
 * @param directory output folder
 * @param formats names of the formats; those without such a file are passed over
 * @returns paths of the written files
 * @throws if a JSON file cannot be read, or a file not be written
 */
export async function writeCollections(
  results: readonly string[],
  directory: string,
  formats: readonly FormatName[],
): Promise<string[]> {
  const written: string[] = [];
  for (const name of new Set(formats)) {
    const { collection }: Format = FORMATS[name];
    if (collection === undefined) continue;
    const read = [...new Set(results)].map((path) => formatResult(readFileSync(path, "utf8")));
    const path = join(directory, collection.name);
    await writeWhole(path, await collection.encode(read));
    written.push(path);
  }
  return written;
}
