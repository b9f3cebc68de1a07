/**
 * Exclusive locks between processes.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";

const POLL_MILLISECONDS = 200;

/** A held lock. */
export interface HeldLock {
  /** Releases the lock and removes its file. */
  readonly release: () => Promise<void>;
}

/**
 * Takes an exclusive lock and waits while another process holds it. The system releases it when its process ends.
 *
 * @param path file of the lock; it is created, and removed at the end
 * @param onWait called once if another process holds the lock
 * @throws if the file cannot be created or locked
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
 * Takes an exclusive lock if it is free.
 *
 * @param path file of the lock
 * @returns the lock, or null if another process holds it
 * @throws if the file cannot be created or locked
 */
export async function tryLockFile(path: string): Promise<HeldLock | null> {
  for (;;) {
    const file = await Deno.open(path, { create: true, write: true });
    try {
      if (!await file.tryLock(true)) {
        file.close();
        return null;
      }
      // The previous holder may have removed the file between opening and locking it.
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
        // The file is empty, and the next lock reuses it.
      } finally {
        file.close();
      }
    },
  };
}
