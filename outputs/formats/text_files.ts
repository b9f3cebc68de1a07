/**
 * Formats of plain text: a line for each beat or segment.
 *
 * @module
 */

import type { FormatResult } from "./format_result.ts";

/**
 * Encodes beats as `time TAB position in the bar`, without a heading.
 *
 * @param result the analysis
 *
 * Source: `save_beat_tsv` of Beat This!, which Sonic Visualiser imports as a time instants layer.
 */
export function encodeBeats(result: FormatResult): string {
  return lines(beatRows(result).map((row) => row.join("\t")));
}

/** Encodes the beats as CSV with the columns `time` and `position`. */
export function encodeBeatsCsv(result: FormatResult): string {
  return csv([["time", "position"], ...beatRows(result)]);
}

/** Encodes the segments as CSV with the columns `start`, `end` and `label`. */
export function encodeSegmentsCsv(result: FormatResult): string {
  return csv([["start", "end", "label"], ...segmentRows(result)]);
}

/** Encodes the beats as TSV with the columns `time` and `position`. */
export function encodeBeatsTsv(result: FormatResult): string {
  return tsv([["time", "position"], ...beatRows(result)]);
}

/** Encodes the segments as TSV with the columns `start`, `end` and `label`. */
export function encodeSegmentsTsv(result: FormatResult): string {
  return tsv([["start", "end", "label"], ...segmentRows(result)]);
}

/**
 * Encodes the segments as `start end label`, separated by tabs.
 *
 * Source: mir_eval 0.8, `io.load_labeled_intervals`.
 */
export function encodeLab(result: FormatResult): string {
  return tsv(segmentRows(result));
}

/**
 * Encodes the beats as point labels of an Audacity label track; the text is the position in the bar.
 *
 * Source: the Audacity manual, "Importing and Exporting Labels".
 */
export function encodeAudacityBeats(result: FormatResult): string {
  return tsv(
    beatRows(result).map(([time, position]) => [time.toFixed(6), time.toFixed(6), position]),
  );
}

/** Encodes the segments as region labels of an Audacity label track. */
export function encodeAudacitySegments(result: FormatResult): string {
  return tsv(
    segmentRows(result).map(([start, end, label]) => [start.toFixed(6), end.toFixed(6), label]),
  );
}

function beatRows({ beats, beat_positions }: FormatResult): [number, number][] {
  return beats.map((time, beat) => [time, beat_positions[beat] ?? 0]);
}

function segmentRows({ segments }: FormatResult): [number, number, string][] {
  return segments.map(({ start, end, label }) => [start, end, label]);
}

/**
 * Encodes rows as CSV.
 *
 * @param rows fields of each row
 *
 * Source: RFC 4180; lines end with LF, which the W3C's "Model for Tabular Data" allows.
 */
export function csv(rows: readonly (readonly (string | number)[])[]): string {
  const field = (value: string | number): string => {
    const text = String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return lines(rows.map((row) => row.map(field).join(",")));
}

/**
 * Encodes rows as TSV. The format has no way to write a tab or a line end in a field: they become spaces.
 *
 * @param rows fields of each row
 *
 * Source: IANA, `text/tab-separated-values`.
 */
export function tsv(rows: readonly (readonly (string | number)[])[]): string {
  const field = (value: string | number): string => String(value).replace(/[\t\r\n]/g, " ");
  return lines(rows.map((row) => row.map(field).join("\t")));
}

function lines(rows: readonly string[]): string {
  return rows.map((row) => `${row}\n`).join("");
}
