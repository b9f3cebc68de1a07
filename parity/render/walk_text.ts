/**
 * Walks through failing stages as text.
 *
 * @module
 */

import { textTable } from "../../core/table.ts";
import { elementCount } from "../../core/tensor.ts";
import type { InnerSeamResult, Picture, Walk, WalkFinding } from "../report.ts";
import { error, worstText } from "./figures.ts";

/** Returns a walk as text: a table of all steps, then the first wrong one and its errors. */
export function walkText({ stage, subject, steps, first }: Walk): string {
  const rows = steps.map(({ seam, shape, elements, failing, needs, allowed, verdict }) => [
    ...[seam, `[${shape.join(", ")}]`, String(elements), String(failing)],
    ...[error(needs), error(allowed), verdict],
  ]);
  const head = ["step", "shape", "elements", "failing", "needs", "allowed", "verdict"];
  return [
    `walk: ${stage}: ${subject}`,
    ...textTable([head, ...rows], (column) => column >= 2 && column <= 5),
    ...(first === null
      ? [
        `${stage}: all ${steps.length} steps are correct; the failure comes from a part that the walk ` +
        "does not cover: another input, other weights, or a reference",
      ]
      : [findingText({ first, steps })]),
  ].join("\n");
}

/** Returns the first wrong step, its worst element and its heat map, without a final newline. */
export function findingText({ first: finding, steps }: Pick<Walk, "steps"> & Found): string {
  const { seam, inputs, shape, worst, reason, picture } = finding;
  const before = inputs.length === 0
    ? "computed from the stage's input"
    : `while ${listed(inputs)} ${inputs.length > 1 ? "are" : "is"} correct` +
      (steps.some((step) => inputs.includes(step.seam) && isSampled(step)) ? " where sampled" : "");
  return [
    `first wrong: ${seam} [${shape.join(", ")}], ${before}`,
    ...(reason === undefined ? [] : [reason]),
    ...(worst === undefined ? [] : [worstText(worst)]),
    ...(picture === undefined ? [] : [pictureText(picture)]),
  ].join("\n");
}

/** A walk that has found a wrong step. */
interface Found {
  /** The first wrong step. */
  readonly first: WalkFinding;
}

/** Returns whether not all elements of a step were compared. */
function isSampled({ elements, shape }: InnerSeamResult): boolean {
  return elements < elementCount(shape);
}

/** Returns names as a list; many of them as the first and the last. */
function listed(names: readonly string[]): string {
  if (names.length < 4) return names.join(" and ");
  return `${names[0]} and ${names.length - 1} more, to ${names.at(-1)},`;
}

const SHADES = ".:-=+*#%@";

/** Decades below the largest error that have a shade. */
const DECADES = 3;

/**
 * Returns a heat map in characters, the highest index on top: from `.` for a thousandth of the largest error
 * or less to `@`; a blank where no element was compared.
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
