/**
 * Computes the figures of every stage of a run.
 *
 * @module
 */

import {
  type Measurement,
  type RunReport,
  type StageTimes,
  TOTAL,
  type WorkCounts,
} from "./run_report.ts";
import {
  bootstrapInterval,
  type BootstrapOptions,
  type Interval,
  median,
  medianAbsoluteDeviation,
  outliers,
} from "./statistics.ts";

/** Figures of one stage of one variant. */
export interface StageFigures {
  /** Name of the variant. */
  readonly variant: string;
  /** Name of the stage, or `total`. */
  readonly stage: string;
  /** Seconds of a pass over all tracks, one sample for each round. */
  readonly samples: readonly number[];
  /** Median of the samples, in seconds. */
  readonly median: number;
  /** Median absolute deviation of the samples, scaled to the standard deviation of normal values. */
  readonly medianAbsoluteDeviation: number;
  /** Interval of the median with 95 % confidence; null for too few samples. */
  readonly interval: Interval | null;
  /** Outliers among the samples. */
  readonly outliers: readonly number[];
  /** Processor seconds of a pass, median over the rounds. */
  readonly cpuSeconds: number | null;
  /** Highest memory of all measurements. */
  readonly peakBytes: number | null;
  /** Bytes read in a pass, median over the rounds; null if unknown. */
  readonly bytesRead: number | null;
  /** Hardware counts of a pass, medians over the rounds; null without counters. */
  readonly work: WorkCounts | null;
}

/** Smallest number of samples for an interval; that of fewer contains the median far less often than its level. */
const FEWEST_SAMPLES = 5;

const INTERVAL: BootstrapOptions = { level: 0.95, resamples: 1000, seed: 0 };

/**
 * Returns the total of each variant and after it its stages, in the order in which they end.
 *
 * @param run measurements
 */
export function stageFigures(run: RunReport): StageFigures[] {
  const all = stageSamples(run);
  return run.variants.flatMap(({ name }) => {
    const ofVariant = all.filter(({ variant }) => variant === name);
    const isTotal = ({ stage }: StageSamples): boolean => stage === TOTAL;
    return [...ofVariant.filter(isTotal), ...ofVariant.filter((one) => !isTotal(one))]
      .map((samples) => figuresOf(samples, run));
  });
}

function figuresOf({ variant, stage, seconds }: StageSamples, run: RunReport): StageFigures {
  const taken = run.measurements.filter((one) => one.variant === variant)
    .flatMap((measurement) => {
      const { round, track } = measurement;
      return parts(measurement, stage).map((part) => ({ ...part, round, track }));
    });
  const rounds = [...Map.groupBy(taken, ({ round }) => round).values()]
    .filter((parts) => new Set(parts.map(({ track }) => track)).size === run.tracks.length);
  return {
    variant,
    stage,
    samples: seconds,
    median: median(seconds),
    medianAbsoluteDeviation: medianAbsoluteDeviation(seconds),
    interval: intervalOf(seconds),
    outliers: outliers(seconds).map((at) => seconds[at]!),
    cpuSeconds: taken.some(({ cpuSeconds }) => cpuSeconds === null)
      ? null
      : median(rounds.map((parts) => sum(parts.map(({ cpuSeconds }) => cpuSeconds ?? 0)))),
    peakBytes: taken.some(({ peakBytes }) => peakBytes === null)
      ? null
      : taken.reduce((most, { peakBytes }) => Math.max(most, peakBytes ?? 0), 0),
    bytesRead: taken.some(({ bytesRead }) => bytesRead === null)
      ? null
      : median(rounds.map((parts) => sum(parts.map(({ bytesRead }) => bytesRead ?? 0)))),
    work: workOf(rounds),
  };
}

function workOf(
  rounds: readonly (readonly Pick<Measurement, "work">[])[],
): WorkCounts | null {
  if (rounds.length === 0 || rounds.flat().some(({ work }) => work === undefined)) return null;
  const of = (count: keyof WorkCounts): number =>
    median(rounds.map((parts) => sum(parts.map(({ work }) => work![count]))));
  return {
    instructions: of("instructions"),
    cycles: of("cycles"),
    cacheMisses: of("cacheMisses"),
  };
}

function parts(
  measurement: Measurement,
  stage: string,
): readonly Pick<Measurement, "cpuSeconds" | "peakBytes" | "bytesRead" | "work">[] {
  return stage === TOTAL
    ? [measurement]
    : measurement.stages.filter((part) => part.stage === stage);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function intervalOf(samples: readonly number[]): Interval | null {
  return samples.length < FEWEST_SAMPLES ? null : bootstrapInterval(samples, INTERVAL);
}

/** What a sample measures: seconds, or instructions where the machine counts them. */
export type SampledMeasure = "seconds" | "instructions";

/** Samples of one stage of one variant. */
export interface StageSamples {
  /** Name of the variant. */
  readonly variant: string;
  /** Name of the stage, or `total`. */
  readonly stage: string;
  /** Seconds or instructions of the stage, summed over all tracks: one for each complete round, in order. */
  readonly seconds: readonly number[];
}

/**
 * Returns the samples of every variant and stage.
 *
 * A round counts for a variant if it measured every track, and for a stage if the stage ran for every track: sums over
 * some of the tracks would look like a faster stage.
 *
 * @param report measurements
 * @param measure what the samples are; a round without instructions has none
 * @returns variants in the order of the report, stages in the order in which they end, `total` last; a stage without any
 * complete round is left out
 */
export function stageSamples(
  report: RunReport,
  measure: SampledMeasure = "seconds",
): StageSamples[] {
  return report.variants.flatMap(({ name }) => {
    const rounds = completeRounds(report, name);
    const stages = [...new Set(rounds.flat().flatMap(stageNames)), TOTAL];
    return stages.map((stage) => ({
      variant: name,
      stage,
      seconds: samples(rounds, stage, measure),
    }))
      .filter(({ seconds }) => seconds.length > 0);
  });
}

/**
 * Returns the times of a run by stage: those of stages that were timed by themselves, or the samples of whole analyses.
 *
 * @param run measurements
 * @returns stages in the order of {@linkcode stageSamples}
 */
export function stageTimes(run: RunReport): readonly StageTimes[] {
  if (run.benches !== undefined) return run.benches;
  const audioSeconds = corpusSeconds(run);
  const stages = Map.groupBy(stageSamples(run), ({ stage }) => stage);
  return [...stages].map(([stage, samples]) => ({
    stage,
    audioSeconds,
    seconds: Object.fromEntries(samples.map(({ variant, seconds }) => [variant, seconds])),
  }));
}

/** Returns the length of all tracks together, in seconds; null where that of one is not known. */
export function corpusSeconds({ tracks }: RunReport): number | null {
  const lengths = tracks.flatMap(({ seconds }) => seconds ?? []);
  return lengths.length < tracks.length ? null : lengths.reduce((sum, length) => sum + length, 0);
}

/** Returns the measurements of each complete round, in the order of the rounds. */
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

/** Returns the samples of a stage: one of each round in which it ran, and was measured, for all tracks. */
function samples(
  rounds: readonly (readonly Measurement[])[],
  stage: string,
  measure: SampledMeasure,
): number[] {
  return rounds.flatMap((round) => {
    let sum = 0;
    for (const measurement of round) {
      const value = measure === "seconds"
        ? secondsOf(measurement, stage)
        : instructionsOf(measurement, stage);
      if (value === null) return [];
      sum += value;
    }
    return [sum];
  });
}

/** Returns the seconds of all executions of a stage; null if it did not run. */
function secondsOf({ seconds, stages }: Measurement, stage: string): number | null {
  if (stage === TOTAL) return seconds;
  const parts = stages.filter((part) => part.stage === stage);
  return parts.length === 0 ? null : sum(parts.map(({ start, end }) => end - start));
}

/** Returns the instructions of all executions of a stage; null if it did not run, or they were not counted. */
function instructionsOf(measurement: Measurement, stage: string): number | null {
  const found = parts(measurement, stage).map(({ work }) => work?.instructions);
  return found.length === 0 || found.includes(undefined) ? null : sum(found as number[]);
}
