/**
 * Formats figures in the same way in every report; an unknown figure is blank.
 *
 * @module
 */

/**
 * Formats seconds with three decimals, or with three significant digits where that shows more digits.
 *
 * @param seconds time; null if unknown
 * @returns digits without a unit
 *
 * @example
 * ```ts
 * import { ok } from "node:assert/strict";
 * import { secondsFigure } from "./figures.ts";
 * ok(secondsFigure(61.23456) === "61.235" && secondsFigure(0.0021049) === "0.00210");
 * ```
 */
export function secondsFigure(seconds: number | null): string {
  if (seconds === null) return "";
  // Rounded first, so that a value just below 0.01 is formatted like 0.01.
  const size = Number(Math.abs(seconds).toPrecision(3));
  return size > 0 && size < 0.1
    ? seconds.toFixed(Math.min(9, 2 - Math.floor(Math.log10(size))))
    : seconds.toFixed(3);
}

/** Formats a ratio with three decimals; blank for null. */
export function ratioFigure(ratio: number | null): string {
  return ratio === null ? "" : ratio.toFixed(3);
}

/** Formats a factor with three significant digits, or as an integer where it is large; blank for null. */
export function factorFigure(factor: number | null): string {
  if (factor === null) return "";
  return factor >= 100 ? factor.toFixed(0) : String(Number(factor.toPrecision(3)));
}

/** Formats bytes in MiB: an integer from 10 on, two decimals below; blank for null. */
export function mebibytesFigure(bytes: number | null): string {
  if (bytes === null) return "";
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 2 : 0);
}

/** Formats a count of many digits with three significant ones, `1.23e+9`; blank for null. */
export function countFigure(count: number | null): string {
  if (count === null) return "";
  return count < 1000 ? count.toFixed(0) : count.toExponential(2);
}

/** Formats an error or a tolerance with three significant digits; blank for null. */
export function errorFigure(error: number | null): string {
  if (error === null) return "";
  return error === 0 ? "0" : error.toExponential(2);
}

/** Formats a share of the tolerance in percent, with the digits of a factor; blank for null. */
export function percentFigure(share: number | null): string {
  return factorFigure(share === null ? null : 100 * share);
}

/**
 * Formats a change in percent with its sign.
 *
 * @param ratio new value divided by the old one
 */
export function changeFigure(ratio: number): string {
  const percent = (100 * (ratio - 1)).toFixed(1);
  return `${ratio >= 1 ? "+" : ""}${percent} %`;
}

/** Formats an ISO 8601 time to the minute, in UTC: `2026-11-23 02:00 UTC`. */
export function minuteFigure(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** Returns the first ten digits of a commit; `unknown` for null. */
export function commitFigure(commit: string | null): string {
  return commit?.slice(0, 10) ?? "unknown";
}
