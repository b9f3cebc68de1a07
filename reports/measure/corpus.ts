/**
 * The tracks that are measured.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join, parse, resolve } from "node:path";
import { fixturesDirectory } from "../../parity/manifest.ts";
import type { Track } from "../../pipeline/analyze_track.ts";
import { freeName } from "../../core/files.ts";
import { AUDIO_ENDING, findStems, STEMS } from "../../pipeline/stems.ts";

/** The pieces that come with the program. */
const DEMO_PIECES = ["four_four", "three_four"] as const;

/** A track of the corpus. */
export interface CorpusTrack extends Track {
  /** SHA-256 of the file, or of the four stems one after the other. */
  readonly sha256: string;
}

/** The corpus cannot be had; the message says which path and what was expected of it. */
export class CorpusError extends Error {
  /** The class's name, for those who read errors as text. */
  override name = "CorpusError";
}

/**
 * Finds tracks.
 *
 * A file is the mix of a track. A folder with `mix.flac` (or another ending of audio) is a track, one with
 * the four stems and no mix is a track whose stems are given, and in any other folder every audio file is
 * a track, and every folder in it that is one.
 *
 * @param paths files and folders; none for the demo pieces
 * @returns tracks with unique names, in the order of the paths, those of a folder by name
 * @throws {CorpusError} if a path cannot be read or has no track
 */
export async function findCorpus(paths: readonly string[]): Promise<CorpusTrack[]> {
  const given = paths.length > 0 ? paths : demoPieces();
  const found: CorpusTrack[] = [];
  const names = new Set<string>();
  for (const path of given) {
    const tracks = await tracksAt(resolve(path));
    if (tracks.length === 0) {
      throw new CorpusError(
        `There is no track in ${path}: expected audio files, or folders with a mix or the stems ` +
          STEMS.join(", "),
      );
    }
    for (const track of tracks) {
      const name = freeName(track, (name) => !names.has(name));
      if (names.has(name)) throw new CorpusError(`${track.path} was given twice`);
      names.add(name);
      found.push({ ...track, name, sha256: await sha256(track) });
    }
  }
  return found;
}

function demoPieces(): string[] {
  return DEMO_PIECES.map((piece) => join(fixturesDirectory, "audio", piece));
}

async function tracksAt(path: string): Promise<Track[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [{ path, name: parse(path).name }];
    const itself = await trackFolder(path);
    if (itself !== undefined) return [itself];
    const names = (await readdir(path)).filter((name) => !name.startsWith(".")).sort();
    const inside = await Promise.all(names.map(async (name): Promise<Track | undefined> => {
      const inner = join(path, name);
      if ((await stat(inner)).isDirectory()) return await trackFolder(inner);
      return AUDIO_ENDING.test(name) ? { path: inner, name: parse(name).name } : undefined;
    }));
    return inside.filter((track) => track !== undefined);
  } catch (cause) {
    if (cause instanceof CorpusError) throw cause;
    throw new CorpusError(`Cannot read ${path}: ${(cause as Error).message}`, { cause });
  }
}

/** The folder as one track; undefined where it is none. */
async function trackFolder(path: string): Promise<Track | undefined> {
  const audio = (await readdir(path)).filter((name) => AUDIO_ENDING.test(name));
  const named = (wanted: string): string[] =>
    audio.filter((name) => parse(name).name.toLowerCase() === wanted);
  const [mix, second] = named("mix");
  if (second !== undefined) {
    throw new CorpusError(`${path} has two mixes, ${mix} and ${second}: remove one`);
  }
  const name = basename(path);
  if (mix !== undefined) return { path: join(path, mix), name };
  const hasStems = STEMS.every((stem) => named(stem).length > 0);
  return hasStems ? { path, name, stemsDirectory: path } : undefined;
}

async function sha256({ path, stemsDirectory }: Track): Promise<string> {
  const hash = createHash("sha256");
  for (const file of stemsDirectory === undefined ? [path] : await findStems(stemsDirectory)) {
    hash.update(await readFile(file));
  }
  return hash.digest("hex");
}
