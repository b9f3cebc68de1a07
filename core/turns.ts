/**
 * Work that is done in turn.
 *
 * @module
 */

import { orAborted } from "./abort.ts";

/** Runs one piece of work at a time, in the order in which they were asked for. */
export class Turns {
  #last: Promise<void> = Promise.resolve();

  /**
   * Waits for the turn, and does the work.
   *
   * @param work the work; the next one begins when it has ended, also where it fails
   * @param signal ends the waiting; the work has to watch it by itself
   * @returns the result of the work
   * @throws what the work throws; the reason of a signal that is aborted while the work waits
   */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    const before = this.#last;
    const { promise: ended, resolve } = Promise.withResolvers<void>();
    this.#last = before.then(() => ended);
    try {
      await orAborted(before, signal);
      return await work();
    } finally {
      resolve();
    }
  }
}
