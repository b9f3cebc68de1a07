/**
 * Tables as text for a terminal and as Markdown.
 *
 * @module
 */

import { printable } from "./printable.ts";

/** Whether a column holds numbers, which are aligned to the right. */
export type IsNumber = (column: number) => boolean;

/**
 * Returns a table as text: every column is as wide as its widest cell.
 *
 * @param rows cells, the same number in each row; the first row is the head
 * @param isNumber columns of numbers
 * @returns lines without trailing spaces; control characters in cells are escaped
 */
export function textTable(
  rows: readonly (readonly string[])[],
  isNumber: IsNumber = () => false,
): string[] {
  const shown = rows.map((row) => row.map(printable));
  const widths = (shown[0] ?? []).map((_, column) =>
    Math.max(...shown.map((row) => row[column]?.length ?? 0))
  );
  return shown.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
}

/**
 * Returns a table as Markdown.
 *
 * @param rows cells, the same number in each row; the first row is the head. Text is escaped; a cell that is Markdown
 * already is given as an object.
 * @param isNumber columns of numbers
 * @returns lines
 */
export function markdownTable(
  rows: readonly (readonly (string | { readonly markdown: string })[])[],
  isNumber: IsNumber = () => false,
): string[] {
  const [head = [], ...body] = rows.map((row) =>
    row.map((cell) => typeof cell === "string" ? markdownText(cell) : cell.markdown)
  );
  const rule = head.map((_, column) => isNumber(column) ? "---:" : "---");
  return [head, rule, ...body].map((cells) => `| ${cells.join(" | ")} |`);
}

/** Returns text on one line in which nothing is Markdown; underscores within words are none. */
export function markdownText(text: string): string {
  return text.replaceAll(/\s+/g, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(/[\\`*{}[\]|~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, "\\$&");
}
