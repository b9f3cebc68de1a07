/**
 * Facts about a track that several formats need.
 *
 * @module
 */

import { basename } from "node:path";
import type { FormatResult } from "./format_result.ts";
import { AUDIO_ENDING } from "../../pipeline/find_stems.ts";

/** Returns the name of the track: its file's name without the ending. */
export function titleOf({ path }: Pick<FormatResult, "path">): string {
  const name = basename(path);
  return name.replace(AUDIO_ENDING, "") || name;
}

/** Returns whether the result is of the whole track, and not of the part of `--start` and `--end`. */
export function isWhole({ provenance }: FormatResult): boolean {
  return (provenance?.part ?? null) === null;
}

/** Returns the end of the track, or of its analysed part, in seconds: the end of the last frame, at most 10 ms after that of the audio. */
export function durationOf({ segments, beats }: FormatResult): number {
  return Math.max(segments.at(-1)?.end ?? 0, beats.at(-1) ?? 0);
}
