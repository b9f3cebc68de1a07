/**
 * Stages on a common axis of time.
 *
 * @module
 */

import type { Timeline, TimelineBar, TimelineRow } from "./report_view.ts";

/** One stage that ran, on an axis that begins at 0. */
export interface TimedStage extends TimelineBar {
  /** Name of the stage. */
  readonly stage: string;
}

/** Stages that have others within them, as all-in-one-mlx names them. */
const PARTS: ReadonlyMap<string, readonly string[]> = new Map([
  ["postprocess", [
    "metrical_prep",
    "metrical_dbn",
    "functional_probs",
    "functional_local_maxima",
    "functional_boundaries",
  ]],
]);

/**
 * One row a stage, in the order in which the stages began; the parts of a stage follow it.
 *
 * @param records what ran, in any order
 * @param seconds where the axis ends, if later than the last stage
 */
export function timelineOf(records: readonly TimedStage[], seconds = 0): Timeline {
  const bars = new Map<string, TimelineBar[]>();
  for (const { stage, start, end, track } of records.toSorted((a, b) => a.start - b.start)) {
    bars.set(stage, [...bars.get(stage) ?? [], { start, end, track }]);
  }
  const row = (stage: string, parent: string | null): TimelineRow => ({
    stage,
    parent,
    bars: bars.get(stage)!,
  });
  const partsOf = (stage: string): string[] =>
    [...bars.keys()].filter((part) => PARTS.get(stage)?.includes(part));
  const parts = new Set([...bars.keys()].flatMap(partsOf));
  return {
    seconds: records.reduce((latest, { end }) => Math.max(latest, end), seconds),
    rows: [...bars.keys()].filter((stage) => !parts.has(stage)).flatMap((stage) => [
      row(stage, null),
      ...partsOf(stage).map((part) => row(part, stage)),
    ]),
  };
}

/** How the stages share the time. */
export interface TimelineSums {
  /** Seconds of all stages, one after the other; what is part of another counts once. */
  readonly stages: number;
  /** Seconds in which at least one ran. */
  readonly covered: number;
}

/** Adds up a timeline; parts are left out, since what they are part of has their time. */
export function timelineSums({ rows }: Timeline): TimelineSums {
  const bars = rows.filter(({ parent }) => parent === null).flatMap(({ bars }) => bars)
    .toSorted((a, b) => a.start - b.start);
  let stages = 0;
  let covered = 0;
  let until = 0;
  for (const { start, end } of bars) {
    stages += end - start;
    covered += Math.max(0, end - Math.max(start, until));
    until = Math.max(until, end);
  }
  return { stages, covered };
}
