/**
 * Text that is printed in the order of the tracks, in whatever order they are done.
 *
 * @module
 */

import type { ProgressBars } from "./_progress_bars.ts";

/** Prints the texts of the tracks in their order. */
export class OrderedOutput {
  readonly #waiting = new Map<number, () => unknown>();
  readonly #bars: ProgressBars;
  #next = 0;

  /**
   * Begins.
   *
   * @param bars bars of progress, which the texts are printed above
   */
  constructor(bars: ProgressBars) {
    this.#bars = bars;
  }

  /** Prints the text of a track, or keeps it until those of the tracks before are printed. */
  put(index: number, print: () => unknown): void {
    this.#waiting.set(index, print);
    for (let ready = this.#waiting.get(this.#next); ready !== undefined;) {
      this.#waiting.delete(this.#next);
      this.#bars.above(ready);
      ready = this.#waiting.get(++this.#next);
    }
  }

  /** Prints what waits for tracks that were not analysed. */
  close(): void {
    for (const [, print] of [...this.#waiting].sort(([one], [other]) => one - other)) print();
    this.#waiting.clear();
  }
}
