/**
 * Writing what an analysis made, whole or not at all.
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

/** What is written besides the result. */
export interface ResultFilesOptions {
  /** The output folder; made when it is missing. */
  readonly directory: string;
  /** Whether to write `NAME.activ.npz` with `beat`, `downbeat`, `segment` and `label`. */
  readonly activations: boolean;
  /** Whether to write `NAME.embed.npy`. */
  readonly embeddings: boolean;
}

/**
 * The name of a track's result files without their ending: the track's own, and where that is taken
 * in the folder by another track or by files that are no results, with a hash of the path added.
 *
 * @param track the track
 * @param directory the output folder
 */
export function resultName(track: Track, directory: string): string {
  return freeName(track, (name) => isFreeFor(join(directory, name), track.path));
}

/** Whether there are no files of this name, or the result of the same track. */
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
 * Writes the result of a track, the JSON last, each file under its final name only when it is whole.
 *
 * @param analyzed what came of the track
 * @param options where to and what
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
