/**
 * Values of annotation files, checked before they are used.
 *
 * @module
 */

import type { Segment } from "../pipeline/result.ts";
import { AnnotationError } from "./annotation.ts";

/** Times beyond this are no seconds, as mir_eval has it. */
const MAX_SECONDS = 30_000;

/** How far a segment may reach into the next, seconds: sums of starts and durations are not exact. */
const OVERLAP_SECONDS = 1e-3;

/** A JSON object whose values are not known yet. */
export type Fields = Readonly<Record<string, unknown>>;

/** Whether a value is a JSON object. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Times of events.
 *
 * @param value should be an array of seconds, ascending
 * @param what names it in messages
 * @throws {AnnotationError} if it is something else
 */
export function checkedTimes(value: unknown, what: string): number[] {
  const times = checkedArray(value, what).map((time, at) => checkedTime(time, `${what}[${at}]`));
  const unsorted = times.findIndex((time, at) => at > 0 && time < times[at - 1]!);
  if (unsorted > 0) {
    throw new AnnotationError(
      `${what} are not in order: ${times[unsorted]} s follows ${times[unsorted - 1]} s`,
    );
  }
  return times;
}

/**
 * Segments; those without length are left out.
 *
 * @param segments in order
 * @param what names them in messages
 * @throws {AnnotationError} if one starts before the one before it ends, or ends before it starts
 */
export function checkedSegments(segments: readonly Segment[], what: string): Segment[] {
  for (const [at, { start, end }] of segments.entries()) {
    if (start < 0 || end < start) {
      throw new AnnotationError(`${what}[${at}] lasts from ${start} s to ${end} s`);
    }
    const before = segments[at - 1];
    if (before !== undefined && start < before.end - OVERLAP_SECONDS) {
      throw new AnnotationError(
        `${what} are not in order, or overlap: one starts at ${start} s, the one before it ends at ` +
          `${before.end} s`,
      );
    }
  }
  return segments.filter(({ start, end }) => end > start);
}

/**
 * An array.
 *
 * @throws {AnnotationError} if it is something else
 */
export function checkedArray(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new AnnotationError(`${what} should be an array, but is ${shown(value)}`);
}

/**
 * A time.
 *
 * @throws {AnnotationError} if it is no number of seconds
 */
export function checkedTime(value: unknown, what: string): number {
  if (typeof value !== "number" || !Number.isFinite(value)) {
    throw new AnnotationError(`${what} should be a time in seconds, but is ${shown(value)}`);
  }
  if (Math.abs(value) <= MAX_SECONDS) return value;
  throw new AnnotationError(`${what} is ${value}: times should be in seconds`);
}

/**
 * A label.
 *
 * @throws {AnnotationError} if it is no text
 */
export function checkedLabel(value: unknown, what: string): string {
  if (typeof value === "string") return value;
  throw new AnnotationError(`${what} should be a text, but is ${shown(value)}`);
}

/**
 * A tempo.
 *
 * @throws {AnnotationError} if it is no positive number
 */
export function checkedTempo(value: unknown, what: string): number {
  if (typeof value === "number" && Number.isFinite(value) && value > 0) return value;
  throw new AnnotationError(`${what} should be a tempo in beats a minute, but is ${shown(value)}`);
}

/** A value for a message, cut where it is long. */
function shown(value: unknown): string {
  if (value === undefined) return "missing";
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 40)}…` : text;
}
