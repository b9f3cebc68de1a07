/**
 * Times several variants of the same work in turn.
 *
 * @module
 */

import type { RunTrack } from "../run_report.ts";

/** One variant of the work: a backend of tactus, or another program. */
export interface Contestant {
  /** Name of the variant in the report. */
  readonly name: string;
  /** Backend or program, as in the variants of a run. */
  readonly backend: string;
  /** SHA-256 of its files of weights; absent for a peer, and without weights. */
  readonly weights?: readonly string[];
  /** Does the work once and returns its seconds. */
  run(): Promise<number>;
  /** Releases its resources. */
  close(): Promise<void>;
}

/** Numbers of rounds. */
export interface ContestOptions {
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Called before each run. */
  readonly onRun?: (name: string, round: number) => void;
}

/**
 * Runs every contestant once a round, so that other work of the machine affects all of them equally. Each round starts
 * with another contestant.
 *
 * @param contestants variants of the work
 * @param options numbers of rounds
 * @returns seconds of the runs that count, in order, by contestant
 */
export async function contest(
  contestants: readonly Contestant[],
  { warmUps, rounds, onRun }: ContestOptions,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUps + rounds; round++) {
    for (let turn = 0; turn < contestants.length; turn++) {
      const contestant = contestants[(round + turn) % contestants.length]!;
      onRun?.(contestant.name, round - warmUps);
      const seconds = await contestant.run();
      if (round >= warmUps) times.get(contestant.name)!.push(seconds);
    }
  }
  return times;
}

/** One contest: the same work for all variants. */
export interface Bench {
  /** A stage of the pipeline, or `analyze` or `start`. */
  readonly stage: string;
  /** The audio; null without audio. */
  readonly track: RunTrack | null;
  /** Functions that prepare a contestant each; tactus first. */
  readonly contestants: readonly (() => Promise<Contestant>)[];
}

/** Python interpreters of the peers. */
export interface PeerPythons {
  /**
   * Interpreter with demucs 4.0.1, madmom 0.16.1, NATTEN and allin1 1.1.0, as `fixtures/upstream/install.sh` installs
   * it.
   */
  readonly allin1: string;
  /**
   * Interpreter with all-in-one-infer, as `fixtures/upstream/install_infer.sh` installs it; absent to skip this peer.
   */
  readonly infer?: string;
}
