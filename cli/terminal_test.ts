import { deepStrictEqual as equal } from "node:assert/strict";
import { escapeOnTerminal, type Printer } from "./terminal.ts";

/** Returns what is printed, as it arrives. */
function printed(isTerminal: boolean): unknown[] {
  const lines: unknown[] = [];
  const printer: Printer = { log: (...v) => lines.push(...v), error: (...v) => lines.push(...v) };
  escapeOnTerminal(printer, { log: isTerminal, error: isTerminal });
  printer.log("name \x1b[2J\nline", 7);
  printer.error("\x9b2J");
  return lines;
}

Deno.test("escapeOnTerminal() escapes control characters on a terminal only", () => {
  equal(printed(true), ["name \\x1b[2J\nline", 7, "\\u009b2J"]);
  equal(printed(false), ["name \x1b[2J\nline", 7, "\x9b2J"]);
});
