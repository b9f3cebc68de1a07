/**
 * Output on a terminal.
 *
 * @module
 */

import { printableLines } from "../core/printable.ts";

/** The functions through which a program prints. */
export type Printer = Pick<Console, "log" | "error">;

/**
 * Escapes control characters in all that is printed on a terminal: a message or a table may quote the name of a file,
 * which must not move the cursor. What goes to a file or a pipe stays as it is.
 *
 * @param printer the functions, which are replaced
 * @param isTerminal whether each of them prints on a terminal
 */
export function escapeOnTerminal(
  printer: Printer,
  isTerminal: { readonly log: boolean; readonly error: boolean },
): void {
  for (const name of ["log", "error"] as const) {
    if (!isTerminal[name]) continue;
    const print = printer[name].bind(printer);
    printer[name] = (...values) =>
      print(...values.map((value) => typeof value === "string" ? printableLines(value) : value));
  }
}
