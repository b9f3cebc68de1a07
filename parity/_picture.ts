/**
 * Heat maps of errors over time and frequency.
 *
 * @module
 */

import type { Picture } from "./report.ts";

const MOST_ROWS = 12;
const MOST_COLUMNS = 60;

/** Average number of elements in a cell, so that few cells are empty. */
const ELEMENTS_A_CELL = 4;

/** Names of time axes, and of axes that are or resemble frequency, in order of preference. */
const TIMES: readonly (number | string)[] = ["frames", "samples"];
const FREQUENCIES: readonly (number | string)[] = [
  ...["frequencies", "bands", "taps", "channels", "classes", "logits"],
];

/**
 * Builds a heat map.
 *
 * @param shape length of each axis
 * @param axes names of the axes
 * @param errors index along each axis, and error, of every element that was compared
 * @returns the heat map; undefined where no axis is time
 */
export function picture(
  shape: readonly number[],
  axes: readonly (number | string)[],
  errors: readonly { readonly index: readonly number[]; readonly error: number }[],
): Picture | undefined {
  const column = firstAxis(TIMES, axes);
  if (column < 0) return undefined;
  const row = firstAxis(FREQUENCIES, axes);
  const rows = row < 0 ? 1 : Math.min(MOST_ROWS, shape[row] ?? 1);
  const fitting = Math.max(1, Math.floor(errors.length / ELEMENTS_A_CELL / rows));
  const columns = Math.min(MOST_COLUMNS, shape[column] ?? 1, fitting);
  const cells = Array.from({ length: rows }, () => Array<number | null>(columns).fill(null));
  const cellOf = (axis: number, count: number, index: readonly number[]): number =>
    axis < 0 ? 0 : Math.floor((index[axis] ?? 0) * count / (shape[axis] ?? 1));
  for (const { index, error } of errors) {
    const line = cells[cellOf(row, rows, index)]!;
    const at = cellOf(column, columns, index);
    line[at] = Math.max(line[at] ?? 0, error);
  }
  return { rowAxis: row < 0 ? null : String(axes[row]), columnAxis: String(axes[column]), cells };
}

function firstAxis(
  names: readonly (number | string)[],
  axes: readonly (number | string)[],
): number {
  const found = names.find((name) => axes.includes(name));
  return found === undefined ? -1 : axes.indexOf(found);
}
