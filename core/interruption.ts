/**
 * Clean-up on interruption of the program.
 *
 * @module
 */

/** Work that can end by itself, and whether that was asked for. */
const stoppable = new Map<() => void, boolean>();

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

/**
 * Runs work that can end early by itself, and does so when the program is first interrupted.
 *
 * @param stop asks the work to end soon
 * @param work work to run
 * @returns result of the work
 */
export async function untilStopped<Result>(
  stop: () => void,
  work: () => Promise<Result>,
): Promise<Result> {
  stoppable.set(stop, false);
  try {
    return await work();
  } finally {
    stoppable.delete(stop);
  }
}

/**
 * Asks all work that can end by itself to do so; for use when the program is interrupted.
 *
 * @returns false where there is none, or all of it was asked before: the program is to end at once
 */
export function stopGently(): boolean {
  let isAsked = false;
  for (const [stop, wasAsked] of stoppable) {
    if (wasAsked) continue;
    stoppable.set(stop, true);
    stop();
    isAsked = true;
  }
  return isAsked;
}
