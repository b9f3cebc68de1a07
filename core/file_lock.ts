/**
 * One process at a time, however many want to.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";

const POLL_MILLISECONDS = 200;

/** A lock that is held. */
export interface HeldLock {
  /** Gives it up and removes its file. */
  readonly release: () => Promise<void>;
}

/**
 * Takes an exclusive lock, waiting for whoever has it. The system gives it up when its process ends, however that happens.
 *
 * @param path the lock's own file; it is made and, at the end, removed
 * @param onWait called once, if there is somebody to wait for
 * @throws if the file cannot be made or locked
 */
export async function lockFile(path: string, onWait: () => void = () => {}): Promise<HeldLock> {
  for (let waited = false;; waited = true) {
    const lock = await tryLockFile(path);
    if (lock !== null) return lock;
    if (!waited) onWait();
    await sleep(POLL_MILLISECONDS);
  }
}

/**
 * Takes an exclusive lock, if nobody has it; otherwise as {@linkcode lockFile}.
 *
 * @param path the lock's own file
 * @returns null if somebody has it
 * @throws if the file cannot be made or locked
 */
export async function tryLockFile(path: string): Promise<HeldLock | null> {
  for (;;) {
    const file = await Deno.open(path, { create: true, write: true });
    try {
      if (!await file.tryLock(true)) {
        file.close();
        return null;
      }
      // Whoever had it may have removed the file between our opening and locking it.
      if (await isAt(file, path)) return held(file, path);
    } catch (error) {
      file.close();
      throw error;
    }
    file.close();
  }
}

async function isAt(file: Deno.FsFile, path: string): Promise<boolean> {
  try {
    const [own, there] = [await file.stat(), await Deno.stat(path)];
    return own.ino === there.ino && own.dev === there.dev;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function held(file: Deno.FsFile, path: string): HeldLock {
  return {
    release: async () => {
      try {
        await Deno.remove(path);
      } catch {
        // It is empty and taken again as it is.
      } finally {
        file.close();
      }
    },
  };
}
