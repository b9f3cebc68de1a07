/**
 * Progress on one line of stderr, which is overwritten.
 *
 * @module
 */

import process from "node:process";
import { clearLine, cursorTo } from "node:readline";
import { printable } from "../core/printable.ts";

/** One line on stderr; nothing is shown where stderr is not a terminal. */
export class StatusLine {
  readonly #stream = process.stderr;
  #shown = false;

  /** Replaces the line, cut to the width of the terminal. */
  show(message: string): void {
    if (!this.#stream.isTTY) return;
    const text = printable(message);
    const width = (this.#stream.columns || 80) - 1;
    const cut = text.length > width ? `…${text.slice(text.length - width + 1)}` : text;
    this.clear();
    this.#stream.write(cut);
    this.#shown = true;
  }

  /** Prints a message on stderr in place of the line. */
  print(message: string): void {
    this.clear();
    console.error(message);
  }

  /** Prints warnings on stderr in place of the line. */
  warn(...warnings: readonly string[]): void {
    for (const warning of warnings) this.print(`Warning: ${warning}`);
  }

  /** Removes the line, so that other output starts on a new one. */
  clear(): void {
    if (!this.#shown) return;
    cursorTo(this.#stream, 0);
    clearLine(this.#stream, 0);
    this.#shown = false;
  }
}
