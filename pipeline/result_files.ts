/**
 * Writing what an analysis made, whole or not at all.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import process from "node:process";
import { writeNpy } from "../parity/npy.ts";
import { writeNpz } from "../parity/npz.ts";
import type { AnalyzedTrack } from "./analyze_track.ts";
import { resultToJson } from "./result.ts";

/** Files that are being written at this moment, to be removed when the program is interrupted. */
const unfinished = new Set<string>();

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
 * The name of a track's result without its ending: that of the track's file. Where another track of
 * the same name has its result in the folder already, a hash of the path is added.
 *
 * @param path absolute path of the track
 * @param directory the output folder
 */
export function resultName(path: string, directory: string): string {
  const name = basename(path, extname(path)) || "track";
  if (isFreeFor(join(directory, `${name}.json`), path)) return name;
  return `${name}.${createHash("sha256").update(path).digest("hex").slice(0, 8)}`;
}

/** Whether there is no result at `file`, or one of the same track. */
function isFreeFor(file: string, path: string): boolean {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ENOENT";
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
 * @param track what came of the track
 * @param options where to and what
 * @returns path of the JSON file
 * @throws if the folder or a file cannot be written
 */
export async function writeResultFiles(
  track: AnalyzedTrack,
  options: ResultFilesOptions,
): Promise<string> {
  const { result, seams } = track;
  await mkdir(options.directory, { recursive: true });
  const stem = join(options.directory, resultName(result.path, options.directory));
  if (options.activations) {
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

/**
 * Writes a file under another name in the same folder and renames it.
 *
 * @param path where the file is to be
 * @param content all of it
 */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.unfinished`);
  unfinished.add(temporary);
  try {
    await writeFile(temporary, content);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    unfinished.delete(temporary);
  }
}

/** Removes what is being written; for use when the program is interrupted. */
export function removeUnfinished(): void {
  for (const path of unfinished) {
    try {
      Deno.removeSync(path);
    } catch {
      // It was renamed or never made.
    }
  }
}
