/**
 * Synthetic histories with changes at known places, and trials of the decision on them.
 *
 * A sample of a stage is its seconds times four factors: one of the run for the whole machine, one of the run for the
 * stage, noise within the run, and occasionally a disturbance.
 *
 * @module
 */

import { CounterRandom } from "../core/counter_random.ts";
import type { Measurement, RunReport, StageMeasurement, WorkCounts } from "./run_report.ts";
import { decide, needsRerun } from "./decide.ts";
import type { RegressionSettings } from "./regression_settings.ts";

/** Noise of the times; deviations are of logarithms, 0.02 for 2 %. */
export interface SyntheticNoise {
  /** Deviation from one round to another. */
  readonly within: number;
  /** Deviation of the whole machine from one run to another. */
  readonly machine: number;
  /** Deviation of a single stage from one run to another. */
  readonly stage: number;
  /** Share of disturbed samples, 0 to 1. */
  readonly disturbed: number;
  /** Smallest and largest factor of a disturbance. */
  readonly disturbance: readonly [least: number, most: number];
}

/**
 * Default noise: 2 % within a run, 3 % of the samples disturbed, and 1 % between runs. Half of the variance between
 * runs is that of the machine.
 */
export const SYNTHETIC_NOISE: SyntheticNoise = {
  within: 0.02,
  machine: 0.01 * Math.SQRT1_2,
  stage: 0.01 * Math.SQRT1_2,
  disturbed: 0.03,
  disturbance: [1.1, 1.6],
};

/** A stage that becomes slower or faster. */
export interface SyntheticChange {
  /** Name of the stage. */
  readonly stage: string;
  /** First run of the change, from 0. */
  readonly day: number;
  /** Time after the change divided by the time before it. */
  readonly ratio: number;
  /** Number of runs over which the change grows, in equal parts; 1 by default. */
  readonly over?: number;
}

/** Options of a synthetic history. */
export interface SyntheticOptions {
  /** Seed of the history; the same seed gives the same history. */
  readonly seed: number;
  /** Number of days, one run a day. */
  readonly days: number;
  /** Rounds of each run; 5 by default. */
  readonly rounds?: number;
  /** Noise of the times; {@linkcode SYNTHETIC_NOISE} by default. */
  readonly noise?: SyntheticNoise;
  /** Share of days without a run, 0 to 1; 0 by default. */
  readonly missing?: number;
  /** Changes of stages; none by default. */
  readonly changes?: readonly SyntheticChange[];
  /** Numbers of the runs, from 0, of a machine half as fast. */
  readonly otherMachine?: readonly number[];
  /** Deviation of counted instructions from one round to another; absent for a machine without counters. */
  readonly countedWithin?: number;
}

/** Seconds of each stage for a second of audio, in the order in which they run. */
const SECONDS: Readonly<Record<string, number>> = {
  start: 0.0012,
  "demixer weights": 0.00005,
  weights: 0.0006,
  decode: 0.0025,
  demix: 0.012,
  spectrogram: 0.0022,
  network: 0.02,
  activations: 0.0002,
  metrical: 0.0027,
  functional: 0.0003,
  write: 0.00008,
};

/** Instructions in a second of a stage. */
const INSTRUCTIONS_A_SECOND = 5e9;

const TRACKS = [
  { name: "four_four", seconds: 97.5, sha256: "4f".repeat(32) },
  { name: "three_four", seconds: 57, sha256: "3a".repeat(32) },
];

const VARIANT = { name: "native, 2 threads", backend: "native", threads: 2 };

/** Smallest tolerances that pass, about those of the embedded model. */
const SEAMS = [
  ["spectrogram", "spectrogram", 2.2e-7],
  ["network", "logits.beat", 6.1e-7],
  ["network", "logits.downbeat", 5.4e-7],
  ["network", "logits.section", 4.2e-7],
  ["network", "logits.function", 6.6e-7],
  ["activations", "activations.beat", 6e-8],
  ["metrical", "beats", 0],
  ["functional", "boundaries", 0],
] as const;

const MILLISECONDS_A_DAY = 86_400_000;

/**
 * Generates a history.
 *
 * @returns the runs, oldest first
 */
export function syntheticHistory(options: SyntheticOptions): RunReport[] {
  const { days, seed, missing = 0 } = options;
  const random = new CounterRandom(`synthetic/${seed}/missing`);
  return Array.from({ length: days }, (_, day) => day)
    .filter(() => random.uniform() >= missing)
    .map((day) => syntheticRun(options, day));
}

/**
 * Generates one run of a history, or its rerun. A rerun shares the noise of the machine and the stages with the run,
 * but not that of the rounds.
 *
 * @param options options of the history
 * @param day number of the run, from 0; also one that is missing or after the last
 * @param attempt 0 for the run itself, 1 for its rerun
 */
export function syntheticRun(options: SyntheticOptions, day: number, attempt = 0): RunReport {
  const { seed, rounds = 5, otherMachine = [] } = options;
  const key = `synthetic/${seed}/${day}`;
  const started = Date.UTC(2026, 0, 1, 2) + day * MILLISECONDS_A_DAY + attempt * 3_600_000;
  const isOther = otherMachine.includes(day);
  return {
    format: 1,
    id: uuid(new CounterRandom(`${key}/id/${attempt}`)),
    startedAt: new Date(started).toISOString(),
    finishedAt: new Date(started + 1_800_000).toISOString(),
    program: {
      version: "0.1.0",
      commit: hexadecimal(new CounterRandom(`${key}/commit`), 40),
      isModified: false,
    },
    machine: {
      fingerprint: isOther ? "0b".repeat(32) : "0a".repeat(32),
      cpu: isOther ? "Synthetic 1000" : "Synthetic 2000",
      cores: 2,
      memoryGiB: 8,
      os: "linux",
      architecture: "x86_64",
      cpuFlags: ["avx2"],
    },
    versions: { deno: "2.9.6" },
    settings: {
      model: "embedded",
      demixer: "hpss",
      weightsSha256: "5e".repeat(32),
      warmUps: 1,
      rounds,
      seed: day,
    },
    tracks: TRACKS,
    variants: [VARIANT],
    measurements: measurements(options, day, attempt),
    parity: SEAMS.map(([stage, seam, needs]) => ({
      suite: "embedded",
      piece: "four_four",
      mode: "isolated",
      stage,
      seam,
      verdict: "pass",
      needs,
      allowed: 1e-6,
      upstream: null,
    })),
    quality: [
      { system: "hpss/embedded", measure: "beat_f", value: 0.958, tracks: 40 },
      { system: "hpss/embedded", measure: "downbeat_f", value: 0.953, tracks: 40 },
    ],
  };
}

function measurements(options: SyntheticOptions, day: number, attempt: number): Measurement[] {
  const { seed, rounds = 5, noise = SYNTHETIC_NOISE, otherMachine = [], changes = [] } = options;
  const { countedWithin } = options;
  const ofRun = new CounterRandom(`synthetic/${seed}/${day}/night`);
  const ofRounds = new CounterRandom(`synthetic/${seed}/${day}/rounds/${attempt}`);
  const ofCounts = new CounterRandom(`synthetic/${seed}/${day}/counts/${attempt}`);
  const machine = Math.exp(noise.machine * ofRun.normal()) *
    (otherMachine.includes(day) ? 2 : 1);
  const levels = Object.entries(SECONDS).map(([stage, seconds]) => ({
    stage,
    level: seconds * machine * Math.exp(noise.stage * ofRun.normal()) *
      change(changes, stage, day),
  }));
  return Array.from({ length: rounds }, (_, round) => {
    // One factor for all tracks: between tracks the noise would average out.
    const stages = levels.map(({ stage, level }) => ({
      stage,
      seconds: level * roundFactor(noise, ofRounds),
      ...(countedWithin !== undefined && {
        instructions: INSTRUCTIONS_A_SECOND * SECONDS[stage]! * change(changes, stage, day) *
          Math.exp(countedWithin * ofCounts.normal()),
      }),
    }));
    return TRACKS.map(({ name, seconds }) => measurement(name, round, seconds, stages));
  }).flat();
}

function change(changes: readonly SyntheticChange[], stage: string, day: number): number {
  return changes.filter((one) => one.stage === stage).reduce(
    (product, { day: first, ratio, over = 1 }) =>
      product * ratio ** Math.min(Math.max((day - first + 1) / over, 0), 1),
    1,
  );
}

/**
 * Returns the time of one round in relation to its run: noise, and occasionally a disturbance.
 *
 * @param noise noise of the times
 * @param random source of random numbers
 */
export function roundFactor(
  { within, disturbed, disturbance }: SyntheticNoise,
  random: { normal(): number; uniform(): number },
): number {
  const factor = Math.exp(within * random.normal());
  const [least, most] = disturbance;
  return random.uniform() < disturbed
    ? factor * (least + (most - least) * random.uniform())
    : factor;
}

/** Figures of a stage for a second of audio. */
interface StageLevel {
  readonly stage: string;
  readonly seconds: number;
  /** Absent for a machine without counters. */
  readonly instructions?: number;
}

/** Returns a measurement whose stages run one after another. */
function measurement(
  track: string,
  round: number,
  trackSeconds: number,
  levels: readonly StageLevel[],
): Measurement {
  let end = 0;
  const stages = levels.map(({ stage, seconds, instructions }): StageMeasurement => {
    const start = end;
    end += seconds * trackSeconds;
    return {
      ...{ stage, start, end, cpuSeconds: 1.7 * (end - start), peakBytes: 400e6, bytesRead: 3e6 },
      ...(instructions !== undefined && { work: workOf(instructions * trackSeconds) }),
    };
  });
  const counted = levels.every(({ instructions }) => instructions !== undefined)
    ? levels.reduce((sum, { instructions = 0 }) => sum + instructions * trackSeconds, 0)
    : undefined;
  return {
    variant: VARIANT.name,
    track,
    round,
    seconds: end,
    cpuSeconds: 1.7 * end,
    peakBytes: 400e6,
    bytesRead: 30e6,
    ...(counted === undefined ? {} : { work: workOf(counted) }),
    stages,
  };
}

function workOf(instructions: number): WorkCounts {
  return { instructions, cycles: instructions / 2, cacheMisses: instructions / 1000 };
}

function hexadecimal(random: CounterRandom, digits: number): string {
  return Array.from({ length: digits }, () => random.below(16).toString(16)).join("");
}

/** Returns a random UUID of version 4. */
function uuid(random: CounterRandom): string {
  const digits = hexadecimal(random, 32);
  const parts = [digits.slice(0, 8), digits.slice(8, 12), `4${digits.slice(13, 16)}`];
  return [...parts, `8${digits.slice(17, 20)}`, digits.slice(20)].join("-");
}

/** Alerts of one run. */
export interface RunAlerts {
  /** Number of the run, from 0. */
  readonly day: number;
  /** Stages that are slower than the baseline. */
  readonly slower: readonly string[];
  /** Stages with a new change point. */
  readonly changePoints: readonly string[];
}

/** Runs to decide. */
export interface TrialOptions {
  /** Number of the first run to decide, from 0. */
  readonly from: number;
  /** Number of the run that is pinned if the settings require one; it must be before the first run to decide. */
  readonly pinned: number;
}

/**
 * Decides on the runs in order, each given all runs before it, with a rerun if the decision needs one.
 *
 * @param options options of the history, in which no run is missing or of another machine
 * @param settings thresholds of the decision
 * @param trial runs to decide
 * @returns the runs that alert; a run is decided when the iterator reaches it
 */
export function* trialAlerts(
  options: SyntheticOptions,
  settings: RegressionSettings,
  { from, pinned }: TrialOptions,
): Generator<RunAlerts> {
  const history = syntheticHistory(options);
  const pin = settings.baseline === "pinned" ? { pinned: history[pinned]!.id } : {};
  for (const [day, run] of history.entries()) {
    if (day < from) continue;
    const before = history.slice(0, day);
    const first = decide(run, before, settings, pin);
    if (!needsRerun(first)) continue;
    const confirmation = syntheticRun(options, day, 1);
    const decision = decide(run, before, settings, { ...pin, confirmation });
    const { verdict, stages, steps: changePoints } = decision;
    if (verdict === "quiet") continue;
    yield {
      day,
      slower: stages.filter((one) => one.verdict === "slower").map(({ stage }) => stage),
      changePoints: changePoints.filter(({ isAlert }) => isAlert).map(({ stage }) => stage),
    };
  }
}
