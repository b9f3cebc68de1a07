/**
 * Finds the tracks that are measured.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { basename, join, parse, relative, resolve, sep } from "node:path";
import { FIXTURES_FOLDER } from "../../core/program.ts";
import type { Track } from "../../pipeline/analyze_track.ts";
import { fixturesRemedy } from "../../core/install_command.ts";
import { freeName } from "../../core/files.ts";
import { reasonOf } from "../../core/reason.ts";
import { CorpusError, scanFolder, type TrackFiles } from "../../pipeline/corpus.ts";
import { findStems } from "../../pipeline/find_stems.ts";
import { STEMS } from "../../pipeline/stems.ts";

/** Demo pieces that come with the program. */
const DEMO_PIECES = ["four_four", "three_four"] as const;

/** A track of the corpus. */
export interface CorpusTrack extends Track {
  /** SHA-256 of the file, or of the four stems one after the other. */
  readonly sha256: string;
}

/**
 * Finds tracks.
 *
 * A file is the mix of a track. A folder with `mix.flac`, or with a mix of another audio format, is a track. A folder
 * with the four stems and no mix is a track with given stems. In any other folder, every audio file is a track, and so
 * is every subfolder with a mix or stems.
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
      found.push({ ...track, name, sha256: await trackSha256(track) });
    }
  }
  return found;
}

function demoPieces(): string[] {
  return DEMO_PIECES.map((piece) => join(FIXTURES_FOLDER, "audio", piece));
}

async function tracksAt(path: string): Promise<Track[]> {
  const found = await stat(path).catch((cause) => {
    throw new CorpusError(`Cannot read ${path}: ${reasonOf(cause)}${fixturesRemedy(path)}`, {
      cause,
    });
  });
  if (!found.isDirectory()) return [{ path, name: parse(path).name }];
  const { itself, files, folders } = await scanFolder(path);
  const whole = folderTrack(itself);
  if (whole !== undefined) return [whole];
  const singles = files.flatMap(({ name, mixes }) => mixes.map((path) => ({ path, name })));
  return [...singles, ...folders.flatMap((folder) => folderTrack(folder) ?? [])]
    .sort((a, b) => entryOf(path, a) < entryOf(path, b) ? -1 : 1);
}

/** Returns the folder as one track, or undefined if it has neither a mix nor all stems. */
function folderTrack({ name, directory = "", mixes, stems }: TrackFiles): Track | undefined {
  const [mix, second] = mixes;
  if (mix !== undefined && second !== undefined) {
    throw new CorpusError(
      `${directory} has two mixes, ${basename(mix)} and ${basename(second)}: remove one`,
    );
  }
  if (mix !== undefined) return { path: mix, name };
  if (stems.length < STEMS.length) return undefined;
  return { path: directory, name, stemsDirectory: directory };
}

/** Returns the name under which a track stands in the folder that was searched. */
function entryOf(folder: string, { path }: Track): string {
  return relative(folder, path).split(sep)[0] ?? "";
}

/** Returns the SHA-256 of an audio file, or of the four stems one after the other. */
export async function trackSha256(
  { path, stemsDirectory }: Pick<Track, "path" | "stemsDirectory">,
): Promise<string> {
  const hash = createHash("sha256");
  for (const file of stemsDirectory === undefined ? [path] : await findStems(stemsDirectory)) {
    hash.update(await readFile(file));
  }
  return hash.digest("hex");
}
