/**
 * The folder in which a worker keeps the audio of its tracks, and the removal of those that killed workers have left.
 *
 * @module
 */

import { readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { type HeldLock, tryLockFile } from "../core/file_lock.ts";
import { interruptible } from "../core/interruption.ts";

const PREFIX = "tactus-worker-";

/** Of a folder that other workers do not look at: one that has no lock yet, or is being removed. */
const HIDDEN_PREFIX = "tactus-hidden-";

/** Name of the file whose lock shows that the worker lives. */
const LOCK = "lock";

/**
 * Makes the folder of a worker, and removes it when the work or the program ends.
 *
 * @param work receives the path of the folder
 * @param parent folder that it is made in; the temporary folder of the system by default
 * @returns the result of `work`
 */
export async function withWorkerFolder<Result>(
  work: (folder: string) => Promise<Result>,
  parent: string = tmpdir(),
): Promise<Result> {
  await removeAbandoned(parent);
  const hidden = await Deno.makeTempDir({ dir: parent, prefix: HIDDEN_PREFIX });
  const lock = await tryLockFile(join(hidden, LOCK));
  // A worker that starts takes a folder of this name without a lock for abandoned.
  const folder = join(parent, `${PREFIX}${basename(hidden).slice(HIDDEN_PREFIX.length)}`);
  await Deno.rename(hidden, folder);
  const remove = (): void => {
    Deno.renameSync(folder, hidden);
    Deno.removeSync(hidden, { recursive: true });
  };
  try {
    return await interruptible(remove, () => work(folder));
  } finally {
    remove();
    await lock?.release();
  }
}

/** Removes the folders of workers that have ended without doing so. */
async function removeAbandoned(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(PREFIX)) continue;
    const folder = join(parent, name);
    let lock: HeldLock | null;
    try {
      // The system releases the lock of a process that has ended.
      lock = await tryLockFile(join(folder, LOCK));
    } catch {
      // The folder of another user, or one that is just removed.
      continue;
    }
    if (lock === null) continue;
    await rm(folder, { recursive: true, force: true }).catch(() => {});
    await lock.release();
  }
}
