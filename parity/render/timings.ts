/**
 * Times of processes as rows of tables.
 *
 * @module
 */

import { median } from "../../core/median.ts";
import type { Timings } from "../report.ts";
import { figure } from "./figures.ts";

/** Head of the table. */
export const TIMING_HEAD: readonly string[] = [
  ...["implementation", "piece", "mode", "stage", "median s", "min s", "max s", "x real time"],
  ...["CPU s", "peak MB"],
];

/** Returns the number of rounds and their order. */
export function timingNote({ rounds, seed }: Pick<Timings, "rounds" | "seed">): string {
  return `${rounds === 1 ? "1 round" : `${rounds} rounds`} in random order, seed ${seed}`;
}

/** Returns whether a column holds numbers. */
export function isTimingNumber(column: number): boolean {
  return column >= 4;
}

/** Returns one row for each stage; an unknown figure is blank. */
export function timingRows({ stages }: Timings): string[][] {
  return stages.map(
    ({ implementation, piece, mode, stage, seconds, audioSeconds, cpuSeconds, peakBytes }) => {
      const middle = median(seconds);
      return [
        ...[implementation, piece, mode, stage, figure(middle)],
        ...[figure(Math.min(...seconds)), figure(Math.max(...seconds))],
        audioSeconds === null || middle === 0 ? "" : figure(audioSeconds / middle),
        cpuSeconds === undefined ? "" : figure(median(cpuSeconds)),
        peakBytes === undefined ? "" : figure(peakBytes / 1e6),
      ];
    },
  );
}
