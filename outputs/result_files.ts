/**
 * Result files of an analysis, written atomically.
 *
 * @module
 */

import { existsSync, readFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeNpy } from "../core/npy.ts";
import type { AnalyzedTrack, Track } from "../pipeline/analyze_track.ts";
import { freeName, writeWhole } from "../core/files.ts";
import { resultToJson } from "../pipeline/result.ts";

/** Options for result files. */
export interface ResultFilesOptions {
  /** Output folder; created if it is missing. */
  readonly directory: string;
  /** Whether to write `NAME.activ.npz` with `beat`, `downbeat`, `segment` and `label`. */
  readonly activations: boolean;
  /** Whether to write `NAME.embed.npy`. */
  readonly embeddings: boolean;
}

/**
 * Returns the name of a track's result files without their ending. If another track or other files use the track's name,
 * a hash of the path is appended.
 *
 * @param track track of the results
 * @param directory output folder
 */
export function resultName(track: Track, directory: string): string {
  return freeName(track, (name) => isFreeFor(join(directory, name), track.path));
}

/** Returns whether a name is not used, or used by the result of the same track. */
function isFreeFor(stem: string, path: string): boolean {
  let text: string;
  try {
    text = readFileSync(`${stem}.json`, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") return false;
    return !existsSync(`${stem}.activ.npz`) && !existsSync(`${stem}.embed.npy`);
  }
  try {
    return JSON.parse(text).path === path;
  } catch {
    return false;
  }
}

/**
 * Writes the result of a track, the JSON last. Each file is renamed into place when it is complete.
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
  const { result, seams } = analyzed;
  await mkdir(options.directory, { recursive: true });
  const stem = join(options.directory, resultName(analyzed.track, options.directory));
  if (options.activations) {
    const { writeNpz } = await import("../core/npz.ts");
    const arrays = [
      ["beat", seams["activations.beat"]],
      ["downbeat", seams["activations.downbeat"]],
      ["segment", seams["activations.section"]],
      ["label", seams["activations.function"]],
    ] as const;
    await writeWhole(`${stem}.activ.npz`, writeNpz(arrays));
  }
  if (options.embeddings) await writeWhole(`${stem}.embed.npy`, writeNpy(seams.embeddings));
  await writeWhole(`${stem}.json`, resultToJson(result));
  return `${stem}.json`;
}
