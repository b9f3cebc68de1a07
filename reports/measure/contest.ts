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
