/**
 * Figures as text, the same in every report; what is not known is blank.
 *
 * @module
 */

/**
 * Seconds with three decimals, or with three significant digits where three decimals would say less.
 *
 * @param seconds what to write; null where it is not known
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
  // Rounded first: what is a hair below 0.01 is written like 0.01.
  const size = Number(Math.abs(seconds).toPrecision(3));
  return size > 0 && size < 0.1
    ? seconds.toFixed(Math.min(9, 2 - Math.floor(Math.log10(size))))
    : seconds.toFixed(3);
}

/** A ratio with three decimals; blank for null. */
export function ratioFigure(ratio: number | null): string {
  return ratio === null ? "" : ratio.toFixed(3);
}

/** A factor with three significant digits, or whole where it is large; blank for null. */
export function factorFigure(factor: number | null): string {
  if (factor === null) return "";
  return factor >= 100 ? factor.toFixed(0) : String(Number(factor.toPrecision(3)));
}

/** MiB, whole from 10 on and with two decimals below; blank for null. */
export function mebibytesFigure(bytes: number | null): string {
  if (bytes === null) return "";
  return (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 2 : 0);
}

/** An error or a tolerance with three significant digits; blank for null. */
export function errorFigure(error: number | null): string {
  if (error === null) return "";
  return error === 0 ? "0" : error.toExponential(2);
}

/** The share of what is allowed, in percent with the digits of a factor; blank for null. */
export function percentFigure(share: number | null): string {
  return factorFigure(share === null ? null : 100 * share);
}

/**
 * A change in percent with its sign.
 *
 * @param ratio after through before
 */
export function changeFigure(ratio: number): string {
  const percent = (100 * (ratio - 1)).toFixed(1);
  return `${ratio >= 1 ? "+" : ""}${percent} %`;
}

/** The minute of an ISO 8601 time, in UTC: `2026-11-23 02:00 UTC`. */
export function minuteFigure(time: string): string {
  return `${new Date(time).toISOString().slice(0, 16).replace("T", " ")} UTC`;
}

/** The first ten digits of a commit; `unknown` for null. */
export function commitFigure(commit: string | null): string {
  return commit?.slice(0, 10) ?? "unknown";
}
