/**
 * The list of the tracks that failed: a playlist, which is an argument of the next call.
 *
 * @module
 */

import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { writeWhole } from "../core/files.ts";
import { printable } from "../core/printable.ts";
import type { Failure } from "./_inputs.ts";

/** Name of the list, in the folder of the results. */
export const FAILURES_FILE = "failures.m3u8";

/**
 * Writes the list of a call, and removes it where no track is left in it.
 *
 * @param directory folder of the results
 * @param failures what failed in this call
 * @param keeps returns whether a track that an earlier call listed stays in the list
 */
export async function updateFailures(
  directory: string,
  failures: readonly Failure[],
  keeps: (path: string) => boolean,
): Promise<void> {
  const list = join(directory, FAILURES_FILE);
  const isNew = ({ path }: Failure): boolean => failures.every((failure) => failure.path !== path);
  const earlier = (await readFailures(directory) ?? []).filter((failure) =>
    isNew(failure) && keeps(failure.path)
  );
  const all = [...earlier, ...failures];
  if (all.length === 0) await rm(list, { force: true });
  else await writeWhole(list, failureList(all));
}

/** Returns what the list of an earlier call has; undefined where there is none. */
export async function readFailures(directory: string): Promise<Failure[] | undefined> {
  const text = await readFile(join(directory, FAILURES_FILE), "utf8").catch(() => undefined);
  if (text === undefined) return undefined;
  const failures: Failure[] = [];
  let reason = "";
  for (const line of text.split("\n").filter((line) => line !== "" && line !== "#EXTM3U")) {
    if (line.startsWith("#")) {
      reason = line.slice(1).trim();
    } else {
      failures.push({ path: pathOf(line), reason });
      reason = "";
    }
  }
  return failures;
}

/** Returns a playlist of tracks, with the reasons as comments. */
function failureList(failures: readonly Failure[]): string {
  const lines = failures.map(({ path, reason }) => `# ${printable(reason)}\n${entryOf(path)}\n`);
  return `#EXTM3U\n${lines.join("")}`;
}

/** Returns a path as an entry of a playlist: an address where a line cannot hold it. */
function entryOf(path: string): string {
  const fits = path === path.trim() && !/[\r\n]/.test(path) && !path.startsWith("#");
  return fits ? path : pathToFileURL(path).href;
}

function pathOf(entry: string): string {
  try {
    return entry.startsWith("file:") ? fileURLToPath(entry) : entry;
  } catch {
    return entry;
  }
}
