/**
 * Where in time and frequency an error lies.
 *
 * @module
 */

/** The largest errors over a grid. */
export interface Picture {
  /** What runs down, the lowest index last; null where there is only time. */
  readonly rowAxis: string | null;
  /** What runs across. */
  readonly columnAxis: string;
  /** The largest error of each cell, row by row from the lowest index; null where no element was looked at. */
  readonly cells: readonly (readonly (number | null)[])[];
}

const MOST_ROWS = 12;
const MOST_COLUMNS = 60;

/** Elements that a cell is to have on average, so that few stay empty. */
const ELEMENTS_A_CELL = 4;

/** Names of axes that are time, and of axes that are as good as frequency, the best first. */
const TIMES: readonly (number | string)[] = ["frames", "samples"];
const FREQUENCIES: readonly (number | string)[] = [
  ...["frequencies", "bands", "taps", "channels", "classes", "logits"],
];

const SHADES = ".:-=+*#%@";

/** Decades below the largest error that have a shade. */
const DECADES = 3;

/**
 * Draws errors.
 *
 * @param shape length of each axis
 * @param axes their names
 * @param errors index along each axis, and error, of every element that was looked at
 * @returns the picture; undefined where no axis is time
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

/**
 * The picture in characters, the highest index on top: from `.` for a thousandth of the largest error and less to
 * `@`; a blank where no element was looked at.
 *
 * @returns lines without a final newline
 */
export function pictureText({ rowAxis, columnAxis, cells }: Picture): string {
  const largest = Math.max(...cells.flat().map((cell) => cell ?? 0));
  const legend = `error over ${columnAxis} (across)` +
    `${rowAxis === null ? "" : ` and ${rowAxis} (up)`}, @ is ${largest.toExponential(2)}`;
  const lines = cells.toReversed().map((row) => row.map((cell) => shade(cell, largest)).join(""));
  return [legend, ...lines.map((line) => `  |${line}|`)].join("\n");
}

function shade(error: number | null, largest: number): string {
  if (error === null) return " ";
  if (error === 0) return SHADES[0]!;
  const level = SHADES.length - 1 + Math.log10(error / largest) * (SHADES.length - 1) / DECADES;
  return SHADES[Math.max(0, Math.round(level))]!;
}
