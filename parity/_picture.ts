/**
 * Heat maps of errors over time and frequency.
 *
 * @module
 */

import { elementCount } from "../core/tensor.ts";
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

/** A heat map over time and, where there is one, an axis that is or resembles frequency. */
export class ErrorMap {
  readonly #axes: { readonly row: string | null; readonly column: string };
  readonly #cells: (number | null)[][];
  readonly #rowOf: (at: number) => number;
  readonly #columnOf: (at: number) => number;

  private constructor(
    shape: readonly number[],
    axes: readonly (number | string)[],
    { row, column }: { readonly row: number; readonly column: number },
    count: number,
  ) {
    const rows = row < 0 ? 1 : Math.min(MOST_ROWS, shape[row] ?? 1);
    const fitting = Math.max(1, Math.floor(count / ELEMENTS_A_CELL / rows));
    const columns = Math.min(MOST_COLUMNS, shape[column] ?? 1, fitting);
    const partOf = (axis: number, parts: number): (at: number) => number => {
      const [length, stride] = [shape[axis] ?? 1, elementCount(shape.slice(axis + 1))];
      return (at) => Math.floor((Math.floor(at / stride) % length) * parts / length);
    };
    this.#axes = { row: row < 0 ? null : String(axes[row]), column: String(axes[column]) };
    this.#cells = Array.from({ length: rows }, () => Array<number | null>(columns).fill(null));
    this.#rowOf = row < 0 ? () => 0 : partOf(row, rows);
    this.#columnOf = partOf(column, columns);
  }

  /**
   * Starts without errors.
   *
   * @param shape length of each axis
   * @param axes names of the axes
   * @param count number of elements that will be added
   * @returns the heat map; undefined where no axis is time
   */
  static over(
    shape: readonly number[],
    axes: readonly (number | string)[],
    count: number,
  ): ErrorMap | undefined {
    const column = firstAxis(TIMES, axes);
    if (column < 0) return undefined;
    return new ErrorMap(shape, axes, { row: firstAxis(FREQUENCIES, axes), column }, count);
  }

  /**
   * Adds an element.
   *
   * @param at its index in C order
   * @param error its absolute error
   */
  add(at: number, error: number): void {
    const line = this.#cells[this.#rowOf(at)]!;
    const place = this.#columnOf(at);
    line[place] = Math.max(line[place] ?? 0, error);
  }

  /** Returns the largest error of each cell. */
  picture(): Picture {
    return { rowAxis: this.#axes.row, columnAxis: this.#axes.column, cells: this.#cells };
  }
}

function firstAxis(
  names: readonly (number | string)[],
  axes: readonly (number | string)[],
): number {
  const found = names.find((name) => axes.includes(name));
  return found === undefined ? -1 : axes.indexOf(found);
}
