/**
 * Selects the runs that a run is compared with: runs of one machine, with the same settings and the same audio.
 *
 * @module
 */

import type { BaselineKind, RegressionSettings } from "./regression_settings.ts";
import type { Machine, RunReport, RunTrack } from "./run_report.ts";
import { type StageSamples, stageSamples } from "./stage_figures.ts";
import { median } from "./statistics.ts";

/** A run and its samples. */
export interface SampledRun {
  /** The run. */
  readonly run: RunReport;
  /** Samples of all its variants and stages. */
  readonly samples: readonly StageSamples[];
}

/** One stage of one run. */
export interface SampledStage {
  /** The run. */
  readonly run: RunReport;
  /** Samples of the stage, as in {@linkcode StageSamples}. */
  readonly seconds: readonly number[];
  /** Median of the samples. */
  readonly median: number;
}

/** Runs whose samples are known: over a history, each run is compared with every later one. */
const sampled = new WeakMap<RunReport, SampledRun>();

/** Returns a run with its samples of seconds. */
export function sampledRun(run: RunReport): SampledRun {
  const known = sampled.get(run) ?? { run, samples: stageSamples(run) };
  sampled.set(run, known);
  return known;
}

/** Returns a run with its samples of instructions; it has none of stages that were not counted. */
export function countedRun(run: RunReport): SampledRun {
  return { run, samples: stageSamples(run, "instructions") };
}

/** The runs before a run, oldest first. */
export interface EarlierSamples {
  /** Comparable runs. */
  readonly runs: readonly SampledRun[];
  /** Number of runs that are not comparable. */
  readonly notComparable: number;
  /** All runs of the same machine; figures that do not depend on settings compare with them. */
  readonly sameMachine: readonly RunReport[];
}

/**
 * Returns the runs before a run.
 *
 * @param run the run
 * @param history runs in any order; the run itself and later ones are ignored
 */
export function earlierSamples(run: RunReport, history: readonly RunReport[]): EarlierSamples {
  const before = history
    .filter(({ id, startedAt }) => id !== run.id && startedAt < run.startedAt)
    .sort((a, b) => a.startedAt < b.startedAt ? -1 : a.startedAt > b.startedAt ? 1 : 0);
  const comparable = before.filter((other) => whyNotComparable(run, other) === null);
  return {
    runs: comparable.map(sampledRun),
    notComparable: before.length - comparable.length,
    sameMachine: before.filter(({ machine }) => machine.fingerprint === run.machine.fingerprint),
  };
}

/**
 * Returns one stage of those runs that have it, computed in the same way.
 *
 * @param run the run that has the variant
 * @param others comparable runs
 * @param of names of the variant and the stage
 */
export function stageOfRuns(
  run: RunReport,
  others: readonly SampledRun[],
  { variant, stage }: Pick<StageSamples, "variant" | "stage">,
): SampledStage[] {
  return others.flatMap(({ run: other, samples }) => {
    const found = samples.find((one) => one.variant === variant && one.stage === stage);
    if (found === undefined || whyNotComparableVariant(run, other, variant) !== null) return [];
    return [{ run: other, seconds: found.seconds, median: median(found.seconds) }];
  });
}

/** The baseline of a decision. */
export interface Baseline {
  /** Kind of the baseline, as in the settings. */
  readonly kind: BaselineKind;
  /** Runs of the baseline, oldest first; empty if none is comparable. */
  readonly runs: readonly SampledRun[];
  /** Reason why the pinned run is not comparable; null in every other case. */
  readonly whyNot: string | null;
}

/**
 * Chooses the runs of the baseline.
 *
 * @param run the run to be compared
 * @param earlier comparable runs before it, oldest first
 * @param settings kind and size of the baseline
 * @param pinned the pinned run; absent if none is pinned
 * @throws {Error} if the kind is `pinned` and no run is pinned
 */
export function chooseBaseline(
  run: RunReport,
  earlier: readonly SampledRun[],
  { baseline: kind, nights }: RegressionSettings,
  pinned: RunReport | undefined,
): Baseline {
  if (kind === "previous") return { kind, runs: earlier.slice(-1), whyNot: null };
  if (kind === "rolling") return { kind, runs: earlier.slice(-nights), whyNot: null };
  if (pinned === undefined) {
    throw new Error(
      "The baseline is a pinned run, but there is none in the history: pin one, or choose another " +
        "baseline in regression.toml",
    );
  }
  const whyNot = whyNotComparable(run, pinned);
  return { kind, runs: whyNot === null ? [sampledRun(pinned)] : [], whyNot };
}

/**
 * Returns the reason why the times of two runs cannot be compared.
 *
 * The number of rounds and their order may differ: neither changes the time of a round.
 *
 * @param run the run to be compared
 * @param other the run that it would be compared with
 * @returns the difference, as `another machine: …`; null if they are comparable
 */
export function whyNotComparable(run: RunReport, other: RunReport): string | null {
  if (run.machine.fingerprint !== other.machine.fingerprint) {
    return `another machine: ${machineWords(other.machine)}, not ${machineWords(run.machine)}`;
  }
  for (const [key, what] of Object.entries(COMPARED_SETTINGS)) {
    const [mine, theirs] = [run, other].map(({ settings }) => settings[key as ComparedSetting]);
    if (mine !== theirs) return `${what}: ${theirs}, not ${mine}`;
  }
  return whyOtherTracks(run.tracks, other.tracks);
}

/**
 * Returns the reason why a variant of two comparable runs cannot be compared.
 *
 * @param run the run to be compared, which has the variant
 * @param other the run that it would be compared with
 * @param variant name of the variant
 * @returns the difference; null if the variant is comparable
 */
export function whyNotComparableVariant(
  run: RunReport,
  other: RunReport,
  variant: string,
): string | null {
  const [mine, theirs] = [run, other].map(({ variants }) =>
    variants.find(({ name }) => name === variant)
  );
  if (mine === undefined || theirs === undefined) return `no variant ${variant}`;
  if (mine.backend === theirs.backend && mine.threads === theirs.threads) return null;
  return `another variant of the name ${variant}: ${theirs.backend} on ${theirs.threads} threads, ` +
    `not ${mine.backend} on ${mine.threads}`;
}

/** Settings that must be equal, and the message if they are not. */
const COMPARED_SETTINGS = {
  pipeline: "another pipeline",
  model: "another model",
  demixer: "another demixer",
  weightsSha256: "other weights",
} as const;

type ComparedSetting = keyof typeof COMPARED_SETTINGS;

/**
 * Returns a description of a machine. It includes the start of the fingerprint, because machines can differ only in
 * processor flags.
 */
function machineWords({ cpu, cores, memoryGiB, fingerprint }: Machine): string {
  return `${cpu}, ${cores} cores, ${memoryGiB} GiB (${fingerprint.slice(0, 8)})`;
}

function whyOtherTracks(tracks: readonly RunTrack[], others: readonly RunTrack[]): string | null {
  const hashes = new Map(tracks.map(({ name, sha256 }) => [name, sha256]));
  for (const { name, sha256 } of others) {
    const mine = hashes.get(name);
    if (mine === undefined) return `other tracks: with ${name}`;
    if (mine !== sha256) return `other tracks: other audio in ${name}`;
    hashes.delete(name);
  }
  const [missing] = hashes.keys();
  return missing === undefined ? null : `other tracks: without ${missing}`;
}
