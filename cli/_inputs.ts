/**
 * The audio that a call names: files, folders, patterns, playlists, and lists on standard input.
 *
 * @module
 */

import { glob, readdir, readFile, realpath, stat } from "node:fs/promises";
import { dirname, extname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { reasonOf } from "../core/reason.ts";
import { printable } from "../core/printable.ts";
import { AUDIO_ENDING } from "../pipeline/mod.ts";

/** Audio files that a call names, and arguments that name none. */
export interface Inputs {
  /** Absolute paths, each once, in the order of the arguments; those in a folder in the order of their names. */
  readonly paths: readonly string[];
  /** Arguments and entries of playlists that name no audio file, with the reason. */
  readonly failures: readonly Failure[];
}

/** Something that could not be analysed. */
export interface Failure {
  /** Path of the track, or the argument as it was given. */
  readonly path: string;
  /** Reason, without the path. */
  readonly reason: string;
}

/** How arguments are expanded. */
export interface InputOptions {
  /** Whether folders within folders are searched too. */
  readonly isRecursive: boolean;
  /** Folders that are not searched: those that the program writes to. */
  readonly without: readonly string[];
  /** Reads standard input to its end. */
  readonly standardInput: () => Promise<Uint8Array>;
}

/** The argument that stands for a list on standard input. */
const STANDARD_INPUT = "-";

const PLAYLIST_ENDINGS = [".m3u", ".m3u8"];

/** Characters that make a pattern of an argument that names no file. */
const PATTERN = /[*?[\]{}]/;

/** Endings of audio that the program writes itself, next to the tracks where a call says so. */
const OWN_AUDIO_ENDING = /\.(sonif\.(wav|flac)|cues\.wav)$/i;

/** Returns whether a file that was found, not named, is a track by its name. */
function isTrack(path: string): boolean {
  return AUDIO_ENDING.test(path) && !OWN_AUDIO_ENDING.test(path);
}

function isPlaylist(path: string): boolean {
  return PLAYLIST_ENDINGS.includes(extname(path).toLowerCase());
}

/**
 * Expands arguments to audio files.
 *
 * A file is taken whatever its ending, a playlist (`.m3u`, `.m3u8`) gives its entries, playlists among them, each once, a folder its files with an ending of
 * audio but for click tracks and copies with cues. An argument that names neither is a pattern of `*`, `**`, `?`, `[a-z]`
 * and `{a,b}` if it has one of these characters. `-` stands for a list of paths on standard input, one a line, or
 * separated by NUL. A path that does not exist is a file, whose analysis reports it.
 *
 * @param args the arguments
 * @param options folders within folders, folders to leave out, standard input
 */
export async function expandInputs(
  args: readonly string[],
  options: InputOptions,
): Promise<Inputs> {
  const paths = new Set<string>();
  const failures: Failure[] = [];
  const excluded = new Set(await Promise.all(options.without.map(realpathOrSame)));
  const playlists = new Set<string>();
  const add = async (arg: string, isListed = false): Promise<void> => {
    const path = resolve(arg);
    const kind = await kindOf(path);
    if (kind === "folder") {
      const found = await audioIn(path, options.isRecursive, excluded, failures);
      if (found.length === 0) failures.push({ path: arg, reason: noAudio(options.isRecursive) });
      for (const file of found) paths.add(file);
    } else if (kind === "file") {
      if (isPlaylist(path)) await addPlaylist(path);
      else paths.add(path);
    } else if (!isListed && PATTERN.test(arg)) {
      const matches = (await Array.fromAsync(glob(arg))).sort(byName);
      if (matches.length === 0) failures.push({ path: arg, reason: "No file matches the pattern" });
      const outside = await withoutOwn(matches, arg);
      for (const match of outside) await addMatch(match);
    } else {
      paths.add(path);
    }
  };
  /** Returns the matches of a pattern that are not in a folder that the program writes to, unless it names that folder. */
  const withoutOwn = async (matches: readonly string[], pattern: string): Promise<string[]> => {
    const base = await realpathOrSame(dirname(`${pattern.slice(0, pattern.search(PATTERN))}x`));
    const own = [...excluded].filter((folder) => !isWithin(base, folder));
    const real = await Promise.all(matches.map(realpathOrSame));
    return matches.filter((_, at) => !own.some((folder) => isWithin(real[at]!, folder)));
  };
  /** Adds what a pattern matches; of folders only what holds audio, since `*` matches all. */
  const addMatch = async (path: string): Promise<void> => {
    const kind = await kindOf(path);
    if (kind === "folder") {
      if (!options.isRecursive) return;
      const found = await audioIn(resolve(path), true, excluded, failures);
      for (const file of found) paths.add(file);
    } else if (isTrack(path)) {
      paths.add(resolve(path));
    } else if (isPlaylist(path)) {
      await addPlaylist(resolve(path));
    }
  };
  const addPlaylist = async (path: string): Promise<void> => {
    // A playlist may name another one, which may name the first.
    const real = await realpathOrSame(path);
    if (playlists.has(real)) return;
    playlists.add(real);
    let entries: readonly string[];
    try {
      entries = playlistEntries(await readFile(path));
    } catch (error) {
      failures.push({ path, reason: `Reading the playlist failed: ${reasonOf(error)}` });
      return;
    }
    if (entries.length === 0) failures.push({ path, reason: "The playlist has no entries" });
    for (const entry of entries) {
      const located = await locate(entry, dirname(path));
      if (located === undefined) {
        const reason = `The playlist ${printable(path)} names an address: only files are read`;
        failures.push({ path: entry, reason });
      } else {
        await add(located, true);
      }
    }
  };
  for (const arg of args) {
    if (arg !== STANDARD_INPUT) {
      await add(arg);
      continue;
    }
    const listed = listedPaths(await options.standardInput());
    if (listed.length === 0) failures.push({ path: arg, reason: "Standard input has no paths" });
    for (const path of listed) await add(path);
  }
  return { paths: [...paths], failures };
}

/**
 * Returns the paths of a list: separated by NUL where there is one, as `find -print0` writes it, else one a line.
 *
 * @param bytes the list in UTF-8
 */
export function listedPaths(bytes: Uint8Array): string[] {
  const text = new TextDecoder().decode(bytes);
  return text.split(text.includes("\0") ? "\0" : /\r?\n/).filter((path) => path !== "");
}

/**
 * Returns the entries of a playlist, without comments: in UTF-8 or UTF-16 with its mark, or, where it is neither, in
 * windows-1252.
 *
 * @param bytes content of the M3U or M3U8 file
 */
export function playlistEntries(bytes: Uint8Array): string[] {
  return playlistText(bytes).split(/\r\n|\r|\n/).map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
}

function playlistText(bytes: Uint8Array): string {
  const mark = `${bytes[0]},${bytes[1]}`;
  if (mark === "255,254") return new TextDecoder("utf-16le").decode(bytes);
  if (mark === "254,255") return new TextDecoder("utf-16be").decode(bytes);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}

/** Returns the path of an entry of a playlist; undefined for an address of another scheme than `file`. */
async function locate(entry: string, folder: string): Promise<string | undefined> {
  if (/^file:/i.test(entry)) {
    try {
      return fileURLToPath(entry);
    } catch {
      return undefined;
    }
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(entry)) return undefined;
  const path = resolve(folder, entry);
  const fromWindows = resolve(folder, entry.replaceAll("\\", "/"));
  const isFromWindows = await kindOf(path) === "nothing" && await kindOf(fromWindows) !== "nothing";
  return isFromWindows ? fromWindows : path;
}

/** Returns the audio files of a folder, ordered by name, each folder's own before those of folders within it. */
async function audioIn(
  folder: string,
  isRecursive: boolean,
  excluded: ReadonlySet<string>,
  failures: Failure[],
): Promise<string[]> {
  const seen = new Set(excluded);
  const found: string[] = [];
  const search = async (within: string): Promise<void> => {
    const real = await realpathOrSame(within);
    // A link can lead back to a folder above. A folder that is named itself is searched in any case.
    if (seen.has(real) && within !== folder) return;
    seen.add(real);
    let names: string[];
    try {
      names = await readdir(within);
    } catch (error) {
      failures.push({ path: within, reason: `Reading the folder failed: ${reasonOf(error)}` });
      return;
    }
    const folders: string[] = [];
    // Names with a dot in front are hidden: macOS keeps attributes in `._song.mp3`.
    for (const name of names.filter((name) => !name.startsWith(".")).sort(byName)) {
      const path = join(within, name);
      const kind = await kindOf(path);
      if (kind === "folder") folders.push(path);
      else if (isTrack(name)) found.push(path);
    }
    if (isRecursive) { for (const folder of folders) await search(folder); }
  };
  await search(folder);
  return found;
}

/** Returns whether a path is a folder or in it. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}

function noAudio(isRecursive: boolean): string {
  return "The folder has no audio files" +
    (isRecursive ? "" : "; --recursive searches the folders within it too");
}

async function kindOf(path: string): Promise<"file" | "folder" | "nothing"> {
  try {
    return (await stat(path)).isDirectory() ? "folder" : "file";
  } catch {
    return "nothing";
  }
}

async function realpathOrSame(path: string): Promise<string> {
  return await realpath(path).catch(() => resolve(path));
}

/** Orders names by their characters, whatever the language of the system. */
function byName(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0;
}
