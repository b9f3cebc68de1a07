/**
 * Tables as plain text.
 *
 * @module
 */

/**
 * Pads every column to its widest cell.
 *
 * @param rows cells, as many in each row
 * @param isNumber whether what stands in a column are numbers, which stand to the right
 */
export function columns(
  rows: readonly (readonly string[])[],
  isNumber: (column: number) => boolean,
): string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  );
  return rows.map((row) =>
    row.map((cell, column) => {
      const width = widths[column] ?? 0;
      return isNumber(column) ? cell.padStart(width) : cell.padEnd(width);
    }).join("  ").trimEnd()
  );
}
