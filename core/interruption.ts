/**
 * What is put in order when the program is interrupted.
 *
 * @module
 */

/** In the order in which the work began. */
const cleanUps = new Set<() => void>();

/**
 * Works, with something that is to be put in order if the program is interrupted meanwhile.
 *
 * @param cleanUp puts it in order; must not wait, and is not called when the work ends by itself
 * @param work what is done
 * @returns what the work returns
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

/** Puts everything in order, what began last first; for use when the program is interrupted. */
export function cleanUpInterrupted(): void {
  for (const cleanUp of [...cleanUps].reverse()) {
    try {
      cleanUp();
    } catch {
      // It is gone already; what is left is tried all the same.
    }
  }
}
