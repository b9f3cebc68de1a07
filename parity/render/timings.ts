/**
 * Times of processes as rows of tables.
 *
 * @module
 */

import { median } from "../../core/median.ts";
import type { Timings } from "../report.ts";
import { figure } from "./figures.ts";

const HEAD: readonly string[] = [
  ...["implementation", "piece", "mode", "stage", "median s", "min s", "max s", "x real time"],
  ...["CPU s", "peak MB"],
];

/** Returns the head of the table; instructions have a column where they were counted. */
export function timingHead(timings: Pick<Timings, "stages">): string[] {
  return isCounted(timings) ? [...HEAD, "instructions"] : [...HEAD];
}

/** Returns the number of rounds and their order, and why no instructions were counted where they were not. */
export function timingNote({ rounds, seed, noWork }: Omit<Timings, "stages" | "order">): string {
  const order = `${rounds === 1 ? "1 round" : `${rounds} rounds`} in random order, seed ${seed}`;
  return noWork === undefined ? order : `${order}; ${firstLower(noWork)}`;
}

/** Returns whether a column holds numbers. */
export function isTimingNumber(column: number): boolean {
  return column >= 4;
}

/** Returns one row for each stage; an unknown figure is blank. */
export function timingRows(timings: Pick<Timings, "stages">): string[][] {
  return timings.stages.map((stage) => {
    const { implementation, piece, mode, seconds, audioSeconds, cpuSeconds, peakBytes, work } =
      stage;
    const middle = median(seconds);
    const instructions = work?.map((counts) => counts.instructions);
    return [
      ...[implementation, piece, mode, stage.stage, figure(middle)],
      ...[figure(Math.min(...seconds)), figure(Math.max(...seconds))],
      audioSeconds === null || middle === 0 ? "" : figure(audioSeconds / middle),
      cpuSeconds === undefined ? "" : figure(median(cpuSeconds)),
      peakBytes === undefined ? "" : figure(peakBytes / 1e6),
      ...(isCounted(timings)
        ? [instructions === undefined ? "" : median(instructions).toExponential(3)]
        : []),
    ];
  });
}

function isCounted({ stages }: Pick<Timings, "stages">): boolean {
  return stages.some(({ work }) => work !== undefined);
}

function firstLower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
