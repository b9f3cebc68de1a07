/**
 * Unfinished files of calls that were killed.
 *
 * @module
 */

import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { UNFINISHED_NAME } from "../core/files.ts";

/** Time in milliseconds without a write after which an unfinished file belongs to no call that runs. */
const ABANDONED_MILLISECONDS = 60_000;

/**
 * Removes unfinished files that no call is writing: those that have not changed for a minute, or since `before`.
 *
 * @param folders folders that a call writes to; those that do not exist are passed over
 * @param before unfinished files that an earlier call of this function returned
 * @returns the paths of the unfinished files that are left, with the time of their last change
 */
export async function removeLeftovers(
  folders: Iterable<string>,
  before: ReadonlyMap<string, number> = new Map(),
): Promise<Map<string, number>> {
  const left = new Map<string, number>();
  for (const folder of new Set(folders)) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((name) => UNFINISHED_NAME.test(name))) {
      const path = join(folder, name);
      const changed = await stat(path).then(({ mtimeMs }) => mtimeMs, () => undefined);
      if (changed === undefined) continue;
      const isAbandoned = Date.now() - changed > ABANDONED_MILLISECONDS ||
        before.get(path) === changed;
      if (isAbandoned) await rm(path, { force: true });
      else left.set(path, changed);
    }
  }
  return left;
}

/**
 * Returns the folders of kept stems, `DIRECTORY/DEMIXER/TRACK`.
 *
 * @param directory folder of all kept stems; none is returned where it does not exist
 */
export async function stemsFolders(directory: string): Promise<string[]> {
  const demixers = await foldersIn(directory);
  return (await Promise.all(demixers.map(foldersIn))).flat();
}

async function foldersIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(directory, name));
}
