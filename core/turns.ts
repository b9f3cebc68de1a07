/**
 * Work that is done in turn.
 *
 * @module
 */

import { orAborted } from "./abort.ts";

/** Runs a limited number of pieces of work at a time, in the order in which they were asked for. */
export class Turns {
  #free: number;
  readonly #waiting: (() => void)[] = [];

  /**
   * Begins without work.
   *
   * @param places number of pieces at the same time, at least 1
   */
  constructor(places = 1) {
    this.#free = places;
  }

  /**
   * Waits for the turn, and does the work.
   *
   * @param work the work; the next one begins when it has ended, also where it fails
   * @param signal ends the waiting; the work has to watch it by itself
   * @returns the result of the work
   * @throws what the work throws; the reason of a signal that is aborted while the work waits
   */
  async run<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    await this.#turn(signal);
    try {
      return await work();
    } finally {
      this.#pass();
    }
  }

  async #turn(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    if (this.#free > 0) {
      this.#free--;
      return;
    }
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push(resolve);
    try {
      await orAborted(promise, signal);
    } catch (reason) {
      const at = this.#waiting.indexOf(resolve);
      // The turn may have come together with the abortion.
      if (at < 0) this.#pass();
      else this.#waiting.splice(at, 1);
      throw reason;
    }
  }

  /** Passes the place on. */
  #pass(): void {
    const next = this.#waiting.shift();
    if (next === undefined) this.#free++;
    else next();
  }
}
