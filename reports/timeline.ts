/**
 * Stages on a common axis of time.
 *
 * @module
 */

/** One execution of a stage, on an axis that begins at 0 seconds. */
export interface TimedStage {
  /** Name of the stage. */
  readonly stage: string;
  /** Start, seconds after the start of the axis. */
  readonly start: number;
  /** End, seconds after the start of the axis. */
  readonly end: number;
  /** Track of the stage; null if unknown or the same for all. */
  readonly track: string | null;
}

/** Bars on a common axis that begins at 0 seconds. */
export interface Timeline {
  /** End of the axis. */
  readonly seconds: number;
  /** Rows in the order of their start. */
  readonly rows: readonly TimelineRow[];
}

/** One row of a timeline. */
export interface TimelineRow {
  /** Name of the stage. */
  readonly stage: string;
  /** The stage that this one is a part of; null for none. */
  readonly parent: string | null;
  /** Executions in the order of their start. */
  readonly bars: readonly TimedStage[];
}

/** Stages that have parts, as all-in-one-mlx names them. */
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
 * Returns one row for each stage, in the order of their start; the parts of a stage follow it.
 *
 * @param records executions in any order
 * @param seconds end of the axis, if later than the last stage
 */
export function timelineOf(records: readonly TimedStage[], seconds = 0): Timeline {
  const bars = new Map<string, TimedStage[]>();
  for (const record of records.toSorted((a, b) => a.start - b.start)) {
    const { stage, start, end, track } = record;
    bars.set(stage, [...bars.get(stage) ?? [], { stage, start, end, track }]);
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

/** Sums of a timeline. */
export interface TimelineSums {
  /** Seconds of all stages, one after the other, without their parts. */
  readonly stages: number;
  /** Seconds in which at least one stage ran. */
  readonly covered: number;
}

/** Returns the sums of a timeline. Parts do not count, because their stage includes their time. */
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
