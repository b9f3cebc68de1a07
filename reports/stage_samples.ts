/**
 * What a run says of each stage: one sample a round.
 *
 * @module
 */

import { type Measurement, type RunReport, TOTAL } from "./run_report.ts";

/** Times of one stage of one variant. */
export interface StageSamples {
  /** Name of the variant. */
  readonly variant: string;
  /** A stage, or `total`. */
  readonly stage: string;
  /** Seconds of the stage, summed over all tracks: one for each complete round, in order. */
  readonly seconds: readonly number[];
}

/**
 * The samples of every variant and stage.
 *
 * A round counts for a variant when it measured every track, and for a stage when the stage ran for every track: sums
 * over some of the tracks would look like a faster stage.
 *
 * @param report the run
 * @returns variants in the order of the report, stages in the order in which they end, `total` last; a stage without any
 * complete round is left out
 */
export function stageSamples(report: RunReport): StageSamples[] {
  return report.variants.flatMap(({ name }) => {
    const rounds = completeRounds(report, name);
    const stages = [...new Set(rounds.flat().flatMap(stageNames)), TOTAL];
    return stages.map((stage) => ({ variant: name, stage, seconds: samples(rounds, stage) }))
      .filter(({ seconds }) => seconds.length > 0);
  });
}

/** Length of all tracks together, in seconds: through it, a stage's seconds are its real-time factor. */
export function corpusSeconds({ tracks }: RunReport): number {
  return tracks.reduce((sum, { seconds }) => sum + seconds, 0);
}

/** The measurements of each round that has one of every track, in the order of the rounds. */
function completeRounds({ measurements, tracks }: RunReport, variant: string): Measurement[][] {
  const rounds = new Map<number, Map<string, Measurement>>();
  for (const measurement of measurements) {
    if (measurement.variant !== variant) continue;
    let round = rounds.get(measurement.round);
    if (round === undefined) rounds.set(measurement.round, round = new Map());
    round.set(measurement.track, measurement);
  }
  return [...rounds].sort(([a], [b]) => a - b)
    .map(([, round]) => tracks.flatMap(({ name }) => round.get(name) ?? []))
    .filter((round) => round.length === tracks.length && round.length > 0);
}

function stageNames({ stages }: Measurement): string[] {
  return stages.map(({ stage }) => stage);
}

/** The stage's seconds in each round in which it ran for all tracks. */
function samples(rounds: readonly (readonly Measurement[])[], stage: string): number[] {
  return rounds.flatMap((round) => {
    let sum = 0;
    for (const measurement of round) {
      const seconds = stage === TOTAL ? measurement.seconds : stageSeconds(measurement, stage);
      if (seconds === null) return [];
      sum += seconds;
    }
    return [sum];
  });
}

/** All the time that a stage ran, in whatever number of parts; null where it did not run. */
function stageSeconds({ stages }: Measurement, stage: string): number | null {
  let sum: number | null = null;
  for (const part of stages) {
    if (part.stage === stage) sum = (sum ?? 0) + part.end - part.start;
  }
  return sum;
}
