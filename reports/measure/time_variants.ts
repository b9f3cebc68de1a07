/**
 * Times several variants of the same work in turn.
 *
 * @module
 */

import type { RunTrack } from "../run_report.ts";

/** One variant of the work: a backend of tactus, or another program. */
export interface BenchVariant {
  /** Name of the variant in the report. */
  readonly name: string;
  /** Backend or program, as in the variants of a run. */
  readonly backend: string;
  /** Device of ONNX Runtime; absent for the CPU. */
  readonly device?: string;
  /** SHA-256 of its files of weights; absent for a peer, and without weights. */
  readonly weights?: readonly string[];
  /** Does the work once and returns its seconds. */
  run(): Promise<number>;
  /** Releases its resources. */
  close(): Promise<void>;
}

/** Numbers of rounds. */
export interface RoundOptions {
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Called before each run. */
  readonly onRun?: (name: string, round: number) => void;
}

/**
 * Runs every variant once a round, so that other work of the machine affects all of them equally. Each round starts with
 * another variant.
 *
 * @param variants the variants
 * @param options numbers of rounds
 * @returns seconds of the runs that count, in order, by variant
 */
export async function timeVariants(
  variants: readonly BenchVariant[],
  { warmUps, rounds, onRun }: RoundOptions,
): Promise<Map<string, number[]>> {
  const times = new Map<string, number[]>(variants.map(({ name }) => [name, []]));
  for (let round = 0; round < warmUps + rounds; round++) {
    for (let turn = 0; turn < variants.length; turn++) {
      const variant = variants[(round + turn) % variants.length]!;
      onRun?.(variant.name, round - warmUps);
      const seconds = await variant.run();
      if (round >= warmUps) times.get(variant.name)!.push(seconds);
    }
  }
  return times;
}

/** The same work for several variants. */
export interface Bench {
  /** A stage of the pipeline, or `analyze` or `start`. */
  readonly stage: string;
  /** The audio; null without audio. */
  readonly track: RunTrack | null;
  /** Functions that prepare a variant each; tactus first. */
  readonly variants: readonly (() => Promise<BenchVariant>)[];
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
  /**
   * Interpreter with today's demucs, demucs-infer and demucs-onnx, as `fixtures/upstream/install_today.sh` installs them;
   * absent to skip these peers.
   */
  readonly today?: string;
}
