/**
 * The file of `--timings-path`.
 *
 * @module
 */

import { appendFile, mkdir } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { StageTiming, TimingLine } from "../pipeline/mod.ts";

/** Orders stages by their start. */
export function byStart(a: StageTiming, b: StageTiming): number {
  return a.start - b.start;
}

/**
 * Appends one JSON object a line, in the format of all-in-one-mlx.
 *
 * @param path path of the file
 * @param timings time spans of the stages
 * @param model name of the model
 * @param track path of the track
 */
export async function appendTimings(
  path: string,
  timings: readonly StageTiming[],
  model: string,
  track: string,
): Promise<void> {
  const lines = timings.map(({ stage, start, end, device, fallback }): TimingLine => ({
    ...{ stage, start, end, duration: end - start, device, model, track },
    ...(fallback !== undefined && { fallback }),
  }));
  await mkdir(dirname(resolve(path)), { recursive: true });
  await appendFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
}
