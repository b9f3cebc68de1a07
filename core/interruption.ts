/**
 * Clean-up on interruption of the program.
 *
 * @module
 */

/** Pending clean-ups in the order in which the work began. */
const cleanUps = new Set<() => void>();

/**
 * Runs work with a clean-up that is called if the program is interrupted meanwhile.
 *
 * @param cleanUp synchronous clean-up; it is not called if the work ends by itself
 * @param work work to run
 * @returns result of the work
 */
export async function interruptible<Result>(
  cleanUp: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  cleanUps.add(cleanUp);
  try {
    return await work();
  } finally {
    cleanUps.delete(cleanUp);
  }
}

/** Calls all pending clean-ups, the last one first; for use when the program is interrupted. */
export function cleanUpInterrupted(): void {
  for (const cleanUp of [...cleanUps].reverse()) {
    try {
      cleanUp();
    } catch {
      // A failure must not prevent the remaining clean-ups.
    }
  }
}
