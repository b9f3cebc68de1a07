/**
 * The figures of every stage of a run.
 *
 * @module
 */

import type { StageView } from "./report_view.ts";
import { type Measurement, type RunReport, TOTAL } from "./run_report.ts";
import { type StageSamples, stageSamples } from "./stage_samples.ts";
import {
  bootstrapInterval,
  type BootstrapOptions,
  type Interval,
  median,
  medianAbsoluteDeviation,
  outliers,
} from "./statistics.ts";

/** What the measurements alone say of a stage. */
export type StageFigures = Omit<StageView, "realTimeFactor" | "baseline" | "ratio" | "verdict">;

/** Fewer samples have no interval: it would hold the median far less often than it says. */
const FEWEST_SAMPLES = 5;

const INTERVAL: BootstrapOptions = { level: 0.95, resamples: 1000, seed: 0 };

/**
 * The total of each variant and below it its stages, in the order in which they end.
 *
 * @param run what was measured
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
    cpuSeconds: median(rounds.map((parts) => sum(parts.map(({ cpuSeconds }) => cpuSeconds)))),
    peakBytes: taken.reduce((most, { peakBytes }) => Math.max(most, peakBytes), 0),
    bytesRead: taken.some(({ bytesRead }) => bytesRead === null)
      ? null
      : median(rounds.map((parts) => sum(parts.map(({ bytesRead }) => bytesRead ?? 0)))),
  };
}

function parts(
  measurement: Measurement,
  stage: string,
): readonly Pick<Measurement, "cpuSeconds" | "peakBytes" | "bytesRead">[] {
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
