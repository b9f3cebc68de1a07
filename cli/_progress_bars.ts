/**
 * Bars of progress on a terminal: one for each track that is being analysed, and one for all.
 *
 * @module
 */

import process from "node:process";
import { printable } from "../core/printable.ts";
import type { Progress } from "../pipeline/mod.ts";

/** Time between two drawings in milliseconds. */
const INTERVAL_MILLISECONDS = 100;

/** Width of the drawn part of a bar, characters. */
const BAR_WIDTH = 20;

/** Fraction of the whole call below which the time left is not told. */
const LEAST_FRACTION = 0.01;

/** A terminal whose last lines are drawn again and again. */
export interface Screen {
  /** Replaces the lines that were drawn last. */
  (text: string): void;
  /** Removes them. */
  clear(): void;
}

/** Progress of a call. */
export interface BatchState {
  /** Names and progress of the tracks that are being analysed. */
  readonly running: readonly { readonly name: string; readonly progress: Progress }[];
  /** Tracks that are done. */
  readonly done: number;
  /** Tracks that failed. */
  readonly failed: number;
  /** Tracks to analyse. */
  readonly total: number;
  /** Seconds since the start. */
  readonly seconds: number;
}

/** Progress bars; where stderr is no terminal, only messages are printed. */
export class ProgressBars {
  readonly #screen: Screen | undefined;
  readonly #running = new Map<unknown, { name: string; progress: Progress }>();
  readonly #startedAt = performance.now();
  readonly #total: number;
  readonly #timer: ReturnType<typeof setInterval> | undefined;
  #done = 0;
  #failed = 0;

  private constructor(total: number, screen: Screen | undefined) {
    this.#total = total;
    this.#screen = screen;
    if (screen !== undefined) {
      this.#timer = setInterval(() => this.#draw(screen), INTERVAL_MILLISECONDS);
    }
  }

  /**
   * Begins.
   *
   * @param total number of tracks to analyse
   */
  static async begin(total: number): Promise<ProgressBars> {
    if (!process.stderr.isTTY) return new ProgressBars(total, undefined);
    // Loaded only where it is needed, so that the program starts sooner.
    const { createLogUpdate } = await import("log-update");
    return new ProgressBars(total, createLogUpdate(process.stderr, { showCursor: true }));
  }

  /** Shows the progress of a track, which `key` stands for. */
  show(key: unknown, name: string, progress: Progress): void {
    this.#running.set(key, { name, progress });
  }

  /** Removes the bar of a track that is done or failed. */
  end(key: unknown, outcome: "done" | "failed"): void {
    this.#running.delete(key);
    if (outcome === "done") this.#done++;
    else this.#failed++;
  }

  /** Prints in place of the bars, which follow it. */
  above(print: () => unknown): void {
    this.#screen?.clear();
    print();
  }

  /** Removes the bars. */
  close(): void {
    clearInterval(this.#timer);
    this.#screen?.clear();
  }

  #draw(screen: Screen): void {
    const width = process.stderr.columns || 80;
    screen(
      barLines({
        running: [...this.#running.values()],
        ...{ done: this.#done, failed: this.#failed, total: this.#total },
        seconds: (performance.now() - this.#startedAt) / 1000,
      }, width).join("\n"),
    );
  }
}

/**
 * Returns the lines of the bars.
 *
 * @param state progress of the call
 * @param width width of the terminal in characters
 */
export function barLines(state: BatchState, width: number): string[] {
  const { running, done, failed, total, seconds } = state;
  const lines = running.map(({ name, progress: { stage, fraction } }) =>
    line(fraction, `${stage.padEnd(11)}  ${printable(name)}`, width)
  );
  if (total < 2) return lines;
  const fraction = (done + failed + running.reduce((sum, one) => sum + one.progress.fraction, 0)) /
    total;
  const left = fraction < LEAST_FRACTION ? "" : `, ${duration(seconds / fraction - seconds)} left`;
  const failures = failed === 0 ? "" : `, ${failed} failed`;
  return [...lines, line(fraction, `${done + failed} of ${total} tracks${failures}${left}`, width)];
}

function line(fraction: number, text: string, width: number): string {
  const filled = Math.round(BAR_WIDTH * Math.min(1, fraction));
  const bar = "█".repeat(filled) + "░".repeat(BAR_WIDTH - filled);
  const percent = `${Math.floor(100 * fraction)}`.padStart(3);
  return [...`${bar} ${percent} %  ${text}`].slice(0, width - 1).join("");
}

/** Formats seconds as `0:07` or `1:02:03`. */
function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return hours === 0
    ? `${minutes}:${two(whole % 60)}`
    : `${hours}:${two(minutes)}:${two(whole % 60)}`;
}
