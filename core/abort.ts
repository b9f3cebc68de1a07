/**
 * Waiting that a signal ends.
 *
 * @module
 */

/**
 * Waits for work, or for the abortion of a signal, whichever is first. The work itself goes on.
 *
 * @param work the work
 * @param signal signal that ends the waiting; absent to wait for the work
 * @returns result of the work
 * @throws the reason of the signal when it is aborted; the error of the work
 */
export async function orAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal | undefined,
): Promise<Result> {
  if (signal === undefined) return await work;
  // Nothing waits for work that fails after the abortion.
  work.catch(() => {});
  signal.throwIfAborted();
  let stop = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    stop = (): void => reject(signal.reason);
    signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
