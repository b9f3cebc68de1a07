/**
 * Runs several programs at the same work in turn.
 *
 * @module
 */

/** Somebody who does the work. */
export interface Contestant {
  /** Name in the report. */
  readonly name: string;
  /** Does the work once; seconds that it took. */
  run(): Promise<number>;
  /** Frees what it holds. */
  close(): Promise<void>;
}

/** How often. */
export interface ContestOptions {
  /** Rounds that do not count. */
  readonly warmUps: number;
  /** Rounds that count. */
  readonly rounds: number;
  /** Told before each run. */
  readonly onRun?: (name: string, round: number) => void;
}

/**
 * Lets every contestant run once a round, so that whatever else the machine does hits all of them; each
 * round another one begins.
 *
 * @param contestants who runs
 * @param options how often
 * @returns for each contestant the seconds of its runs that count, in order
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

/** One contest: the same work for everybody. */
export interface Bench {
  /** A stage of the pipeline, or `analyze` or `start`. */
  readonly stage: string;
  /** Length of the audio that is worked on; null where there is none. */
  readonly audioSeconds: number | null;
  /** Gets somebody ready; tactus first. */
  readonly contestants: readonly (() => Promise<Contestant>)[];
}

/** Where a Python interpreter is that has a peer. */
export interface PeerPythons {
  /** With demucs 4.0.1, madmom 0.16.1, NATTEN and allin1 1.1.0, as `fixtures/upstream/install.sh` makes it. */
  readonly allin1: string;
  /** With all-in-one-infer, as `fixtures/upstream/install_infer.sh` makes it; absent to go without. */
  readonly infer?: string;
}
