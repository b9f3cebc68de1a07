/**
 * Tracks whose stems are given.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { readdir, readFile, stat } from "node:fs/promises";
import { basename, dirname, join, parse as parsePath, resolve } from "node:path";
import { reasonOf } from "../core/reason.ts";
import { UsageError } from "../core/usage_error.ts";
import type { Track } from "../pipeline/mod.ts";
import type { Values } from "./command.ts";
import { type SourceFile, type SourceName, SOURCES, type STEMS_OPTIONS } from "./_stems_options.ts";

/** Stems that every track needs; the other sources are added to other. */
const NEEDED: readonly SourceName[] = SOURCES.slice(0, 4);

/**
 * Returns the tracks whose stems are given by options.
 *
 * @param values values of the options
 * @param audio names of the tracks
 * @returns undefined where no option gives stems
 * @throws {UsageError} if the options contradict each other, or the file of tracks cannot be read
 */
export async function tracksWithStems(
  values: Values<typeof STEMS_OPTIONS>,
  audio: readonly string[],
): Promise<Track[] | undefined> {
  const { stemsDir: directories = [], stem, stemsPattern, tracks } = values;
  const ways = Object.entries({
    "--stem": stem,
    "--stems-pattern": stemsPattern,
    "--tracks": tracks,
  })
    .flatMap(([name, value]) => value === undefined ? [] : [name]);
  if (ways.length > 1) throw new UsageError(`Expected one of ${ways.join(" and ")}, but got both`);
  if (stem !== undefined) return [oneTrack(stem, directories, audio)];
  if (stemsPattern !== undefined) return await byPattern(stemsPattern, directories, audio);
  if (tracks !== undefined) return await ofFile(tracks, directories, audio);
  return directories.length === 0 ? undefined : await inFolders(directories, audio);
}

/** Returns the track of a mix, or of stems that it names. */
export function trackOf(file: string): Track {
  const path = resolve(file);
  return { path, name: parsePath(path).name };
}

/** One folder for each track, or a folder with a folder of each track's name. */
async function inFolders(
  directories: readonly string[],
  audio: readonly string[],
): Promise<Track[]> {
  const [directory = "", ...others] = directories;
  if (others.length === 0 && audio.length > 0) {
    const tracks = audio.map(trackOf);
    const own = tracks.map(({ name }) => join(directory, name));
    const exist = await Promise.all(own.map(isFolder));
    if (!exist.includes(false)) {
      return tracks.map((track, i) => ({ ...track, stemsDirectory: own[i]! }));
    }
  }
  if (audio.length > 0 && audio.length !== directories.length) {
    throw new UsageError(
      `Expected one AUDIO for each --stems-dir, or none, but got ${audio.length} for ` +
        `${directories.length}`,
    );
  }
  return directories.map((stemsDirectory, i): Track => {
    const named = audio[i];
    if (named !== undefined) return { ...trackOf(named), stemsDirectory };
    const path = resolve(stemsDirectory);
    return { path, name: basename(path), stemsDirectory };
  });
}

async function isFolder(path: string): Promise<boolean> {
  return await stat(path).then((found) => found.isDirectory(), () => false);
}

function oneTrack(
  files: readonly SourceFile[],
  directories: readonly string[],
  audio: readonly string[],
): Track {
  if (directories.length > 0 || audio.length > 1) {
    throw new UsageError("--stem gives the stems of one track: expected one AUDIO or none");
  }
  const paths: Partial<Record<SourceName, string>> = {};
  for (const { name, path } of files) {
    if (paths[name] !== undefined) throw new UsageError(`--stem ${name} was given twice`);
    paths[name] = path;
  }
  const missing = NEEDED.filter((name) => paths[name] === undefined);
  if (missing.length > 0) {
    throw new UsageError(`--stem is missing for ${missing.join(", ")}: each needs a file`);
  }
  return withFiles(trackOf(audio[0] ?? paths.bass!), paths);
}

/** Adds files to a track. */
function withFiles(track: Track, paths: Partial<Record<SourceName, string>>): Track {
  const stems = SOURCES.flatMap((name) => {
    const path = paths[name];
    return path === undefined ? [] : [resolve(path)];
  });
  return { ...track, stemsDirectory: dirname(stems[0]!), stems };
}

async function byPattern(
  pattern: string,
  directories: readonly string[],
  audio: readonly string[],
): Promise<Track[]> {
  const [directory, ...others] = directories;
  if (others.length > 0) throw new UsageError("--stems-pattern needs one --stems-dir, or none");
  if (directory === undefined && audio.length === 0) {
    throw new UsageError("--stems-pattern needs AUDIO or --stems-dir");
  }
  if (!pattern.includes("{track}") && audio.length > 1) {
    throw new UsageError(
      `--stems-pattern ${pattern} has no {track}, so that it names the stems of one track, but got ` +
        `${audio.length} AUDIO`,
    );
  }
  const tracks = audio.length > 0
    ? audio.map(trackOf)
    : pattern.includes("{track}")
    ? (await tracksIn(directory!, pattern)).map((name) => ({
      path: resolve(directory!, name),
      name,
    }))
    : [trackOf(directory!)];
  return tracks.map((track) => {
    const files = SOURCES.map((source): [SourceName, string] => {
      const file = pattern.replaceAll("{track}", () => track.name).replaceAll("{stem}", source);
      return [source, resolve(directory ?? dirname(track.path), file)];
    });
    return withFiles(
      track,
      Object.fromEntries(files.filter(([name, path]) => NEEDED.includes(name) || existsSync(path))),
    );
  });
}

/** Returns the names of the tracks of which a folder has the bass. */
async function tracksIn(directory: string, pattern: string): Promise<string[]> {
  const [folder, file] = [dirname(pattern), basename(pattern)];
  if (folder.includes("{") || file.split("{track}").length !== 2) {
    throw new UsageError(
      `Without AUDIO, --stems-pattern needs {track} once, in the name of the file, but is ${pattern}`,
    );
  }
  const [start = "", end = ""] = file.replaceAll("{stem}", "bass").split("{track}");
  let names: string[];
  try {
    names = await readdir(join(directory, folder));
  } catch (cause) {
    throw new UsageError(`Cannot read the folder of --stems-pattern: ${reasonOf(cause)}`, {
      cause,
    });
  }
  const tracks = names.filter((name) =>
    name.startsWith(start) && name.endsWith(end) && name.length > start.length + end.length
  ).map((name) => name.slice(start.length, name.length - end.length)).sort();
  if (tracks.length > 0) return tracks;
  throw new UsageError(
    `No file in ${join(directory, folder)} follows --stems-pattern ${pattern} with bass as {stem}`,
  );
}

/** A track in the file of `--tracks`. */
interface Entry {
  readonly path: string;
  readonly name?: string | undefined;
  readonly stems?: string | Readonly<Partial<Record<SourceName, string | undefined>>> | undefined;
}

async function ofFile(
  file: string,
  directories: readonly string[],
  audio: readonly string[],
): Promise<Track[]> {
  if (directories.length > 0 || audio.length > 0) {
    throw new UsageError("--tracks names all tracks: expected neither AUDIO nor --stems-dir");
  }
  let content: unknown;
  try {
    content = JSON.parse(await readFile(file, "utf8"));
  } catch (cause) {
    throw new UsageError(`Cannot read the tracks of ${file}: ${reasonOf(cause)}`, { cause });
  }
  const { firstIssue } = await import("../core/schema.ts");
  const { tracksSchema } = await import("./tracks_schema.ts");
  const { data, error } = tracksSchema.safeParse(content);
  if (error !== undefined) {
    throw new UsageError(
      `${file} should have tracks as cli/tracks.schema.json describes them: ${firstIssue(error)}`,
      { cause: error },
    );
  }
  const entries: readonly Entry[] = Array.isArray(data)
    ? data.map((entry) => typeof entry === "string" ? { path: entry } : entry)
    : Object.entries(data).map(([path, stems]) => ({ path, stems }));
  if (entries.length === 0) throw new UsageError(`${file} has no tracks`);
  const from = (path: string): string => resolve(dirname(file), path);
  return entries.map(({ path, name, stems }): Track => {
    const track = { ...trackOf(from(path)), ...(name !== undefined && { name }) };
    if (stems === undefined) return track;
    if (typeof stems === "string") return { ...track, stemsDirectory: from(stems) };
    return withFiles(
      track,
      Object.fromEntries(
        Object.entries(stems).flatMap(([name, path]) =>
          path === undefined ? [] : [[name, from(path)]]
        ),
      ),
    );
  });
}
