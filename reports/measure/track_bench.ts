/**
 * Measures whole analyses of a corpus.
 *
 * @module
 */

import { join } from "node:path";
import type { AudioOptions } from "../../pipeline/audio_files.ts";
import type { Measurement, RunReport, RunTrack, Variant } from "../run_report.ts";
import { type History, measurementKey, type NewRun } from "../history.ts";
import type { CorpusTrack } from "./corpus.ts";
import { type MeasuredAnalysis, type MeasuredWeights, measureTrack } from "./measure_track.ts";
import { newIdentity, newRun } from "./new_run.ts";
import { CounterRandom } from "../../core/counter_random.ts";

/** Tracks, variants and rounds of a benchmark. */
export interface TrackBenchOptions {
  /** Analysed tracks. */
  readonly tracks: readonly CorpusTrack[];
  /** Ways to compute. */
  readonly variants: readonly Variant[];
  /** Demixer and model. */
  readonly weights: MeasuredWeights;
  /** How the tracks are read. */
  readonly audio?: AudioOptions;
  /** Rounds that do not count, at least one: they give the length of the tracks and the hash of the weights. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Seed of the order of each round. */
  readonly seed: number;
  /** Folder for the results of the analyses, which are not used. */
  readonly scratch: string;
  /** Called before each measurement. */
  readonly onTurn?: (text: string) => void;
  /** Measures one analysis; by default in a process of its own. */
  readonly measure?: typeof measureTrack;
}

/**
 * Runs the rounds that do not count.
 *
 * @param options tracks, variants and rounds
 * @returns the run at its start
 * @throws {MeasureError} if a track cannot be analysed
 */
export async function warmUp(options: TrackBenchOptions): Promise<NewRun> {
  const learned: MeasuredAnalysis[] = [];
  for (const turn of turns(options).filter(({ round }) => round < 0)) {
    learned[turn.track] = await measureTurn(turn, options);
  }
  return await newTrackRun(options, learned);
}

/**
 * Runs the rounds that count.
 *
 * @param options tracks, variants and rounds
 * @param before earlier measurements, which are not repeated
 * @param onMeasurement receives each measurement as soon as it is made
 * @throws {MeasureError} if a track cannot be analysed
 */
export async function measureRounds(
  options: TrackBenchOptions,
  before: readonly Measurement[],
  onMeasurement: (measurement: Measurement) => void,
): Promise<void> {
  const done = new Set(before.map(measurementKey));
  for (const turn of turns(options).filter(({ round }) => round >= 0)) {
    const named = {
      variant: options.variants[turn.variant]!.name,
      track: options.tracks[turn.track]!.name,
      round: turn.round,
    };
    if (done.has(measurementKey(named))) continue;
    const { audioSeconds: _, weights: __, cpuFlags: ___, governor: ____, ...figures } =
      await measureTurn(
        turn,
        options,
      );
    onMeasurement({ ...named, ...figures });
  }
}

function turns({ tracks, variants, warmUps, rounds, seed }: TrackBenchOptions): Turn[] {
  const counts = { tracks: tracks.length, variants: variants.length };
  return turnsOf({ ...counts, warmUps, rounds, seed });
}

async function measureTurn(turn: Turn, options: TrackBenchOptions): Promise<MeasuredAnalysis> {
  const { tracks, variants, weights, audio, rounds, scratch, onTurn } = options;
  const { measure = measureTrack } = options;
  const [track, variant] = [tracks[turn.track]!, variants[turn.variant]!];
  const when = turn.round < 0 ? "warm-up" : `round ${turn.round + 1} of ${rounds}`;
  onTurn?.(`${when}: ${track.name}, ${variant.name}`);
  return await measure(track, variant, weights, join(scratch, "struct"), audio);
}

async function newTrackRun(
  { tracks, variants, weights, warmUps, rounds, seed }: TrackBenchOptions,
  learned: readonly MeasuredAnalysis[],
): Promise<NewRun> {
  const separates = tracks.some(({ stemsDirectory }) => stemsDirectory === undefined);
  return await newRun({
    settings: {
      model: weights.model,
      demixer: separates ? weights.demixer : "external",
      ...{ warmUps, rounds, seed },
    },
    weights: learned.flatMap(({ weights }) => weights),
    ...(learned[0] && { cpuFlags: learned[0].cpuFlags, governor: learned[0].governor }),
    tracks: tracks.map(({ name, sha256 }, at): RunTrack => ({
      name,
      seconds: learned[at]?.audioSeconds ?? NaN,
      sha256,
    })),
    variants,
  });
}

/** One measurement that is to be made. */
export interface Turn {
  /** Number of the round; negative for a warm-up. */
  readonly round: number;
  /** Index of the track. */
  readonly track: number;
  /** Index of the variant. */
  readonly variant: number;
}

/** Counts of tracks, variants and rounds, and the seed. */
export interface OrderOptions {
  /** Number of tracks. */
  readonly tracks: number;
  /** Number of variants. */
  readonly variants: number;
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Seed of the order. */
  readonly seed: number;
}

/**
 * Returns the order of the measurements. Each round has every track with every variant once, in a new random order.
 * Other load of the machine then affects all of them equally, and none always follows the same one.
 *
 * @param options counts and seed
 * @returns turns, warm-ups first
 */
export function turnsOf({ tracks, variants, warmUps, rounds, seed }: OrderOptions): Turn[] {
  const turns: Turn[] = [];
  for (let round = -warmUps; round < rounds; round++) {
    const random = new CounterRandom(`${seed}/${round}`);
    const order = Array.from({ length: tracks * variants }, (_, at) => at);
    for (let at = order.length - 1; at > 0; at--) {
      const other = random.below(at + 1);
      [order[at], order[other]] = [order[other]!, order[at]!];
    }
    for (const at of order) {
      turns.push({ round, track: at % tracks, variant: Math.floor(at / tracks) });
    }
  }
  return turns;
}

/**
 * Measures whole analyses.
 *
 * @param options tracks, variants, weights, rounds
 * @param history history that receives each measurement as soon as it is made; absent to keep none
 * @throws {MeasureError} if a track cannot be analysed
 */
export async function benchRun(options: TrackBenchOptions, history?: History): Promise<RunReport> {
  const header = { ...await warmUp(options), ...newIdentity() };
  history?.begin(header);
  const measurements: Measurement[] = [];
  await measureRounds(options, [], (measurement) => {
    history?.addMeasurement(header.id, measurement);
    measurements.push(measurement);
  });
  const finishedAt = new Date().toISOString();
  history?.finish(header.id, finishedAt);
  return { ...header, finishedAt, measurements, parity: [], quality: [] };
}
