/**
 * Notes about results whose name is not that of their track.
 *
 * @module
 */

import { NAME_BYTES } from "../core/files.ts";
import { printable } from "../core/printable.ts";
import { ownerOfResult, resultPath, shortenedName } from "../outputs/mod.ts";
import type { Track } from "../pipeline/mod.ts";

/**
 * Returns a note for each track whose results have another name, with the reason.
 *
 * @param tracks the tracks, with their own names
 * @param names names of their results
 * @param directory folder of the results
 */
export function nameNotes(
  tracks: readonly Track[],
  names: readonly string[],
  directory: string,
): string[] {
  return tracks.flatMap((track, at) => {
    const reason = reasonOfName(track, names, at, directory);
    if (reason === undefined) return [];
    return [`${printable(track.path)}: ${reason}; its results are named ${printable(names[at]!)}`];
  });
}

function reasonOfName(
  track: Track,
  names: readonly string[],
  at: number,
  directory: string,
): string | undefined {
  if (shortenedName(track) !== undefined) {
    return `its name is too long for the names of its results, which may have ${NAME_BYTES} bytes`;
  }
  if (names[at] === track.name) return undefined;
  const path = resultPath(track.name, directory);
  const owner = ownerOfResult(path);
  return owner === "unknown"
    ? `${printable(path)} is no result of a track, and stays as it is`
    : "another track has its name";
}
